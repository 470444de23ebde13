// Report: one HTML page with plots as SVG, nothing from the network, no script. Light and dark; each figure has its
// numbers in a table below it. Everything given is escaped; NaN and infinite values are left out of a plot.
#pragma once
#include "base/base.h"
#include <math.h>

typedef struct {
    const char *name;
    const double *y;    // n values
    const double *half; // half-widths of intervals, or NULL
} ReportSeries;
typedef struct {
    const char *title, *x_name, *y_name; // names with their units
    const char *const *x_label;          // n labels, or NULL: 0, 1, 2, ...
    uint32_t n;
} ReportAxes;
void report_begin(Buf *b, const char *title);
void report_end(Buf *b);
void report_heading(Buf *b, const char *text);
void report_text(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void report_code(Buf *b, const char *text);
void report_table_begin(Buf *b, const char *const *columns, uint32_t n);
void report_row(Buf *b, const char *const *cells, uint32_t n); // the first is the name
void report_table_end(Buf *b);
void report_lines(Buf *b, const ReportAxes *a, const ReportSeries *s,
                  uint32_t n); // with a band where there are intervals
void report_bars(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n); // grouped, with error bars
// Rounds up to 1, 2 or 5 times a power of ten, so that at most `most` steps reach from 0 to `top`.
double report_step(double top, uint32_t most);

// Report: one HTML page with plots as SVG, nothing from the network, no script. Light and dark by the reader's choice,
// colours of Okabe and Ito 2008, lines that differ by dashes too. A plot scrolls sideways on a small screen; below it
// are its numbers as a table. The page is well-formed XML behind its DOCTYPE.
// Everything given is escaped; bytes that are no UTF-8 become U+FFFD. Values that are not finite, or beyond 1e300,
// are left out of a plot and are "-" in its table. Nothing fails here: a page over the buffer's ceiling is cut, see
// Buf.overflow. Pointers are borrowed for the call.
#pragma once
#include "base/base.h"
#include <math.h>

typedef struct {
    const char *name;
    const double *y;    // n values
    const double *half; // half-widths of intervals, or NULL; those not finite are left out
} ReportSeries;
typedef struct {
    const char *title, *x_name, *y_name; // names with their units
    const char *const *x_label;          // n labels, or NULL: 0, 1, 2, ...
    uint32_t n;
    const double *x;        // report_lines: n values that rise, to scale; or NULL: evenly spaced
    const char *note;       // what there is to see, below the title; or NULL
    const char *bound_name; // a line across at `bound`, in the unit of y; or NULL: none
    double bound;
} ReportAxes;
void report_begin(Buf *b, const char *title);
void report_end(Buf *b);
void report_heading(Buf *b, const char *text);
void report_text(Buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3))); // at most 4,000 bytes
void report_code(Buf *b, const char *text);

// ---- tables of texts, and of values with units and intervals
void report_table_begin(Buf *b, const char *const *columns, uint32_t n);
void report_row(Buf *b, const char *const *cells, uint32_t n); // the first is the name
void report_table_end(Buf *b);
typedef struct {
    const char *name, *unit; // unit: "" when there is none
    int digits;              // behind the point; -1: four that matter
} ReportColumn;
typedef struct {
    double value, half; // half: 0 or not finite: no interval
} ReportCell;
// c[0] names the rows, c[1] .. c[n] have the cells [row * n + i].
void report_table(Buf *b, const char *caption, const ReportColumn *c, uint32_t n, const char *const *names,
                  const ReportCell *cells, uint32_t rows);

// ---- plots
void report_lines(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n);   // a band where there are intervals
void report_bars(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n);    // grouped, with error bars
void report_stacked(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n); // values below 0 are left out
// Lying bars from 0, the longest first: x_label names the rows, y_name is the unit of the bars.
void report_tornado(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n);
// A quantile for each probability p[i] in [0, 1) that rises; the scale of p is -log10(1 - p), so that the tail is seen.
void report_percentiles(Buf *b, const ReportAxes *a, const double *p, const ReportSeries *s, uint32_t n);
// rows x a->n cells [row * a->n + i], dark where there is much; row_name: what a row is.
void report_heat(Buf *b, const ReportAxes *a, const char *row_name, const char *const *row_label, const double *v,
                 uint32_t rows);

// Rounds up to 1, 2 or 5 times a power of ten, so that at most `most` steps reach from 0 to `top`.
double report_step(double top, uint32_t most);
// A scale that covers lo .. hi in at most `most` (>= 2) steps of 1, 2 or 5 times a power of ten; ticks are whole
// numbers of steps. Bounds that are equal are moved apart, those beyond 1e300 are brought back.
typedef struct {
    double lo, hi, step;
    uint32_t n; // steps
} ReportTicks;
ReportTicks report_ticks(double lo, double hi, uint32_t most);

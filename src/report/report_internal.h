// What the plots share: the frame with axes, legend and the table of numbers. Lengths in SVG units: 720 across.
#pragma once
#include "report.h"

#define PLOT_W     720.0
#define PLOT_RIGHT 14.0
#define GLYPH      6.9 // width of a character of 12.5 units, on the wide side
#define COLOURS    6
#define HUGE_VALUE 1e300
#define TEXT_CELL  40

typedef struct {
    Buf *b;
    const ReportAxes *a;
    const ReportSeries *s;
    uint32_t n;
    double left, top, bottom, height; // of the drawing area: from the left edge, from the top edge, top + ..., whole
    ReportTicks y, x;                 // x.n = 0: places, no numbers
    const double *p;                  // probabilities, for their scale
    bool bars;                        // places have a width
} Plot;

static inline bool plot_usable(double v) {
    return isfinite(v) && fabs(v) <= HUGE_VALUE;
}
static inline double plot_half(const ReportSeries *s, uint32_t i) { // 0: no interval
    return s->half && plot_usable(s->half[i]) && s->half[i] > 0 ? s->half[i] : 0;
}
static inline double plot_width(const Plot *p) {
    return PLOT_W - PLOT_RIGHT - p->left;
}
void report_escaped(Buf *b, const char *z);
void report_shortened(Buf *b, const char *z, uint32_t glyphs); // escaped, with an ellipsis when it was longer
uint32_t report_glyphs(const char *z);
void report_number(char to[TEXT_CELL], double v, int digits); // digits: -1 four that matter
void report_tick(char to[TEXT_CELL], const ReportTicks *t, uint32_t i);
double report_tick_at(const ReportTicks *t, uint32_t i);

const char *plot_label(const Plot *p, uint32_t i, char to[TEXT_CELL]);
void plot_range(const Plot *p, bool stacked, double *ret_lo, double *ret_hi); // with 0, intervals and the bound
void plot_head(const Plot *p, const char *kind); // figure, caption, svg with title and description; before: geometry
double plot_legend_height(const Plot *p, double from);
void plot_legend(const Plot *p, double from); // from: left edge
void plot_tip(const Plot *p, uint32_t k, uint32_t i);
void plot_tail(const Plot *p); // closes svg, the numbers
void plot_frame(Plot *p, bool stacked, const char *kind);
double plot_y(const Plot *p, double v);
double plot_x(const Plot *p, uint32_t i); // middle of place i

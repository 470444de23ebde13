// Lines, bars, stacked bars, percentiles.
#include "report_internal.h"

#define DOTS_MOST 64 // more points have no dot each
static const char *const dash[COLOURS] = {"", "7 3", "2 3", "9 3 2 3", "4 2", "12 4"};

static bool shown(const ReportSeries *s, uint32_t i) {
    return plot_usable(s->y[i]);
}
static void band_piece(const Plot *p, uint32_t k, uint32_t from, uint32_t to) { // from .. to - 1 have intervals
    const ReportSeries *s = &p->s[k];
    buf_c(p->b, "<path d=\"");
    for (uint32_t i = from; i < to; i++)
        buf_printf(p->b, "%c%.1f %.1f", i == from ? 'M' : 'L', plot_x(p, i), plot_y(p, s->y[i] + plot_half(s, i)));
    for (uint32_t i = to; i-- > from;)
        buf_printf(p->b, "L%.1f %.1f", plot_x(p, i), plot_y(p, s->y[i] - plot_half(s, i)));
    buf_printf(p->b, "Z\" fill=\"var(--c%u)\" opacity=\".2\"/>\n", k % COLOURS);
}
static bool in_band(const ReportSeries *s, uint32_t i) {
    return shown(s, i) && s->half && plot_usable(s->half[i]);
}
static void error_bar(const Plot *p, double x, double v, double half) {
    double y0 = plot_y(p, v - half), y1 = plot_y(p, v + half);
    buf_printf(p->b, "<path d=\"M%.1f %.1fV%.1fM%.1f %.1fh6M%.1f %.1fh6\" stroke=\"var(--fg)\" fill=\"none\"/>\n", x,
               y0, y1, x - 3, y0, x - 3, y1);
}
static void band(const Plot *p, uint32_t k) {
    const ReportSeries *s = &p->s[k];
    for (uint32_t i = 0, to; i < p->a->n; i = to + 1) {
        for (to = i; to < p->a->n && in_band(s, to);) to++;
        if (to > i + 1) band_piece(p, k, i, to);
        if (to == i + 1 && plot_half(s, i) > 0) error_bar(p, plot_x(p, i), s->y[i], plot_half(s, i)); // no area
    }
}
static void line(const Plot *p, uint32_t k) {
    const ReportSeries *s = &p->s[k];
    bool pen = false;
    buf_c(p->b, "<path d=\"");
    for (uint32_t i = 0; i < p->a->n; i++) {
        if (shown(s, i)) buf_printf(p->b, "%c%.1f %.1f", pen ? 'L' : 'M', plot_x(p, i), plot_y(p, s->y[i]));
        pen = shown(s, i);
    }
    buf_printf(p->b, "\" fill=\"none\" stroke=\"var(--c%u)\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>\n",
               k % COLOURS, dash[k % COLOURS]);
    for (uint32_t i = 0; i < p->a->n; i++) {
        bool alone = shown(s, i) && (i == 0 || !shown(s, i - 1)) && (i + 1 == p->a->n || !shown(s, i + 1));
        if (!shown(s, i) || (p->a->n > DOTS_MOST && !alone)) continue;
        buf_printf(p->b, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"var(--c%u)\">", plot_x(p, i),
                   plot_y(p, s->y[i]), k % COLOURS);
        plot_tip(p, k, i), buf_c(p->b, "</circle>\n");
    }
}
void report_lines(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n};
    plot_frame(&p, false, "Line chart");
    for (uint32_t k = 0; k < n; k++) band(&p, k);
    for (uint32_t k = 0; k < n; k++) line(&p, k);
    plot_tail(&p);
}
void report_percentiles(Buf *b, const ReportAxes *a, const double *probability, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n, .p = probability};
    plot_frame(&p, false, "Percentiles");
    for (uint32_t k = 0; k < n; k++) band(&p, k);
    for (uint32_t k = 0; k < n; k++) line(&p, k);
    plot_tail(&p);
}
static void bar(const Plot *p, uint32_t k, uint32_t i, double x, double wide, double from, double to) {
    double y0 = plot_y(p, from), y1 = plot_y(p, to);
    buf_printf(p->b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"var(--c%u)\">", x, MIN(y0, y1),
               wide, fabs(y0 - y1), k % COLOURS);
    plot_tip(p, k, i), buf_c(p->b, "</rect>\n");
}
void report_bars(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n, .bars = true};
    plot_frame(&p, false, "Bar chart");
    double room = plot_width(&p) / MAX(a->n, 1u), wide = MIN(room * 0.8 / MAX(n, 1u), 48.0);
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < n; k++) {
            double v = s[k].y[i], x = plot_x(&p, i) + wide * (k - n / 2.0);
            if (!plot_usable(v)) continue;
            bar(&p, k, i, x, wide * 0.94, 0, v);
            if (plot_half(&s[k], i) > 0) error_bar(&p, x + wide * 0.47, v, plot_half(&s[k], i));
        }
    plot_tail(&p);
}
void report_stacked(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n, .bars = true};
    plot_frame(&p, true, "Stacked bar chart");
    double room = plot_width(&p) / MAX(a->n, 1u), wide = MIN(room * 0.86, 64.0);
    for (uint32_t i = 0; i < a->n; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < n; k++) {
            double v = s[k].y[i];
            if (!plot_usable(v) || v <= 0) continue;
            bar(&p, k, i, plot_x(&p, i) - wide / 2, wide, sum, sum + v);
            sum += v;
        }
    }
    plot_tail(&p);
}

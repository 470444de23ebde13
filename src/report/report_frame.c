#include "report_internal.h"

const char *plot_label(const Plot *p, uint32_t i, char to[TEXT_CELL]) {
    if (p->a->x_label) return p->a->x_label[i];
    if (p->p)
        (void)snprintf(to, TEXT_CELL, "%.6g %%", p->p[i] * 100);
    else if (p->a->x)
        report_number(to, p->a->x[i], -1);
    else
        (void)snprintf(to, TEXT_CELL, "%u", i);
    return to;
}
static void widen(double v, double *lo, double *hi) {
    if (v < *lo) *lo = v;
    if (v > *hi) *hi = v;
}
void plot_range(const Plot *p, bool stacked, double *ret_lo, double *ret_hi) {
    double lo = 0, hi = 0;
    for (uint32_t i = 0; i < p->a->n; i++) {
        double sum = 0;
        for (uint32_t k = 0; k < p->n; k++) {
            double v = p->s[k].y[i], h = stacked ? 0 : plot_half(&p->s[k], i);
            if (!plot_usable(v)) continue;
            sum += MAX(v, 0.0);
            if (!stacked) widen(v - h, &lo, &hi), widen(v + h, &lo, &hi);
        }
        if (stacked) widen(sum, &lo, &hi);
    }
    if (p->a->bound_name && plot_usable(p->a->bound)) widen(p->a->bound, &lo, &hi);
    *ret_lo = lo, *ret_hi = hi;
}
static double fraction(const ReportTicks *t, double v) {
    return (v / 2 - t->lo / 2) / (t->hi / 2 - t->lo / 2); // halves: hi - lo may be beyond a double
}
double plot_y(const Plot *p, double v) {
    double f = fraction(&p->y, v);
    return p->top + (p->bottom - p->top) * (1 - MIN(MAX(f, 0.0), 1.0));
}
static double tail_scale(double probability) {
    return -log10(1 - MIN(MAX(probability, 0.0), 0.9999999));
}
double plot_x(const Plot *p, uint32_t i) {
    double w = plot_width(p), n = p->a->n;
    if (p->p) {
        double last = tail_scale(p->p[p->a->n - 1]);
        return p->left + (last > 0 ? w * tail_scale(p->p[i]) / last : 0);
    }
    if (p->x.n) return p->left + w * MIN(MAX(fraction(&p->x, p->a->x[i]), 0.0), 1.0);
    if (p->bars) return p->left + w * (i + 0.5) / n;
    return p->left + (n > 1 ? w * i / (n - 1) : w / 2);
}

// ---- head and tail
void plot_head(const Plot *p, const char *kind) {
    Buf *b = p->b;
    buf_c(b, "<figure><figcaption>"), report_escaped(b, p->a->title);
    if (p->a->note) buf_c(b, "<span>"), report_escaped(b, p->a->note), buf_c(b, "</span>");
    buf_printf(b,
               "</figcaption><div class=\"scroll\"><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
               "xmlns=\"http://www.w3.org/2000/svg\"><title>",
               PLOT_W, p->height);
    report_escaped(b, p->a->title);
    buf_c(b, "</title><desc>"), buf_c(b, kind), buf_c(b, ": "), report_escaped(b, p->a->y_name), buf_c(b, " by "),
        report_escaped(b, p->a->x_name);
    for (uint32_t k = 0; k < p->n; k++) buf_c(b, k ? ", " : "; "), report_escaped(b, p->s[k].name);
    buf_c(b, ". The numbers are in the table below.</desc>\n");
}
static void value_with_interval(const Plot *p, uint32_t k, uint32_t i) {
    char t[TEXT_CELL];
    report_number(t, p->s[k].y[i], -1), buf_c(p->b, t);
    if (!plot_usable(p->s[k].y[i]) || plot_half(&p->s[k], i) <= 0) return;
    report_number(t, plot_half(&p->s[k], i), -1), buf_c(p->b, " ± "), buf_c(p->b, t);
}
void plot_tip(const Plot *p, uint32_t k, uint32_t i) {
    char t[TEXT_CELL];
    buf_c(p->b, "<title>"), report_escaped(p->b, p->s[k].name), buf_c(p->b, ", "),
        report_escaped(p->b, plot_label(p, i, t)), buf_c(p->b, ": "), value_with_interval(p, k, i),
        buf_c(p->b, "</title>");
}
void plot_tail(const Plot *p) {
    Buf *b = p->b;
    buf_c(b, "</svg></div><details><summary>numbers</summary><div class=\"scroll\"><table><thead><tr>");
    buf_c(b, "<th scope=\"col\">"), report_escaped(b, p->a->x_name), buf_c(b, "</th>");
    for (uint32_t k = 0; k < p->n; k++)
        buf_c(b, "<th scope=\"col\">"), report_escaped(b, p->s[k].name), buf_c(b, "<br/><small>"),
            report_escaped(b, p->a->y_name), buf_c(b, "</small></th>");
    buf_c(b, "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < p->a->n; i++) {
        char t[TEXT_CELL];
        buf_c(b, "<tr><th scope=\"row\">"), report_escaped(b, plot_label(p, i, t)), buf_c(b, "</th>");
        for (uint32_t k = 0; k < p->n; k++) buf_c(b, "<td>"), value_with_interval(p, k, i), buf_c(b, "</td>");
        buf_c(b, "</tr>\n");
    }
    buf_c(b, "</tbody></table></div></details></figure>\n");
}

// ---- legend: as many rows as it needs
#define LEGEND_MOST 48 // characters of a name
static double entry_width(const char *name) {
    return 34 + GLYPH * MIN(report_glyphs(name), LEGEND_MOST);
}
static double place(const char *name, double from, double *x, double *y) { // moves on, returns where the entry begins
    double w = entry_width(name), at = *x;
    if (at > from && at + w > PLOT_W - PLOT_RIGHT) at = from, *y += 18;
    *x = at + w;
    return at;
}
double plot_legend_height(const Plot *p, double from) {
    double x = from, y = 20;
    if (p->n < 2) return 0;
    for (uint32_t k = 0; k < p->n; k++) (void)place(p->s[k].name, from, &x, &y);
    return y;
}
void plot_legend(const Plot *p, double from) {
    double x = from, y = 14;
    for (uint32_t k = 0; k < p->n && p->n > 1; k++) {
        double at = place(p->s[k].name, from, &x, &y);
        buf_printf(p->b,
                   "<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"9\" rx=\"2\" fill=\"var(--c%u)\"/>"
                   "<text x=\"%.1f\" y=\"%.1f\">",
                   at, y - 9, k % COLOURS, at + 19, y);
        report_shortened(p->b, p->s[k].name, LEGEND_MOST), buf_c(p->b, "</text>\n");
    }
}

// ---- axes
#define LABEL_MOST 22 // characters of a label at an axis; the table has it whole
static uint32_t widest_label(const Plot *p) {
    uint32_t most = 1;
    for (uint32_t i = 0; i < p->a->n; i++) {
        char t[TEXT_CELL];
        most = MAX(most, report_glyphs(plot_label(p, i, t)));
    }
    return MIN(most, (uint32_t)LABEL_MOST);
}
static uint32_t every(const Plot *p) { // how many places a label, by the clock where there are hours
    static const uint32_t hours[] = {1, 2, 3, 4, 6, 12, 24};
    double fit = plot_width(p) / (GLYPH * widest_label(p) + 8);
    if (p->a->n <= fit) return 1;
    for (uint32_t i = 0; p->a->n % 24 == 0 && i < ARRAY_LEN(hours); i++)
        if (p->a->n / hours[i] <= fit) return hours[i];
    return (uint32_t)MAX(report_step(p->a->n, (uint32_t)MAX(fit, 1.0)), 1.0);
}
static bool slanted(const Plot *p) { // names must not be left out, numbers may
    return p->bars && p->a->x_label && p->a->n <= 40 && p->a->n % 24 != 0 && every(p) > 1;
}
static void tick_text(const Plot *p, double x, const char *t) {
    buf_printf(p->b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x, p->bottom + 17);
    report_shortened(p->b, t, LABEL_MOST), buf_c(p->b, "</text>\n");
}
static void x_places(const Plot *p) {
    uint32_t step = slanted(p) ? 1 : every(p);
    for (uint32_t i = 0; i < p->a->n; i += step) {
        char t[TEXT_CELL];
        if (!slanted(p)) {
            tick_text(p, plot_x(p, i), plot_label(p, i, t));
            continue;
        }
        buf_printf(p->b, "<text transform=\"translate(%.1f %.1f) rotate(-35)\" text-anchor=\"end\">", plot_x(p, i) + 4,
                   p->bottom + 14);
        report_shortened(p->b, plot_label(p, i, t), LABEL_MOST), buf_c(p->b, "</text>\n");
    }
}
static void x_numbers(const Plot *p) {
    for (uint32_t i = 0; i <= p->x.n; i++) {
        char t[TEXT_CELL];
        report_tick(t, &p->x, i);
        tick_text(p, p->left + plot_width(p) * i / p->x.n, t);
    }
}
static void x_probabilities(const Plot *p) {
    static const double at[] = {0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999};
    double last = p->a->n ? tail_scale(p->p[p->a->n - 1]) : 0, free_from = 0;
    for (uint32_t i = 0; i < ARRAY_LEN(at) && last > 0; i++) {
        char t[TEXT_CELL];
        double x = p->left + plot_width(p) * tail_scale(at[i]) / last;
        if (tail_scale(at[i]) > last + 1e-9 || x < free_from) continue;
        (void)snprintf(t, sizeof t, "%.6g %%", at[i] * 100);
        buf_printf(p->b, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--grid)\"/>", x, x, p->top,
                   p->bottom);
        tick_text(p, MIN(x, PLOT_W - 24), t), free_from = x + 52;
    }
}
static void y_axis(const Plot *p) {
    for (uint32_t i = 0; i <= p->y.n; i++) {
        char t[TEXT_CELL];
        double y = p->bottom - (p->bottom - p->top) * i / p->y.n;
        bool zero = fabs(report_tick_at(&p->y, i)) < p->y.step / 2;
        report_tick(t, &p->y, i);
        buf_printf(p->b,
                   "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(%s)\"/><text x=\"%.1f\" "
                   "y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                   p->left, PLOT_W - PLOT_RIGHT, y, y, zero ? "--dim" : "--grid", p->left - 7, y + 4, t);
    }
    double mid = (p->top + p->bottom) / 2;
    buf_printf(p->b, "<text x=\"14\" y=\"%.1f\" text-anchor=\"middle\" transform=\"rotate(-90 14 %.1f)\">", mid, mid);
    report_shortened(p->b, p->a->y_name, 34), buf_c(p->b, "</text>\n");
}
static void bound(const Plot *p) {
    if (!p->a->bound_name || !plot_usable(p->a->bound)) return;
    double y = plot_y(p, p->a->bound);
    buf_printf(p->b,
               "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--fg)\" stroke-dasharray=\"5 "
               "4\"/><text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">",
               p->left, PLOT_W - PLOT_RIGHT, y, y, PLOT_W - PLOT_RIGHT - 4, y - 5);
    report_shortened(p->b, p->a->bound_name, 60), buf_c(p->b, "</text>\n");
}
static bool rising(const double *x, uint32_t n) {
    for (uint32_t i = 0; i < n; i++)
        if (!plot_usable(x[i]) || (i && x[i] < x[i - 1])) return false;
    return n > 0;
}
void plot_frame(Plot *p, bool stacked, const char *kind) {
    double lo, hi;
    plot_range(p, stacked, &lo, &hi);
    p->y = report_ticks(lo, hi, 6);
    if (p->a->x && !p->bars && !p->p && rising(p->a->x, p->a->n))
        p->x = report_ticks(p->a->x[0], p->a->x[p->a->n - 1], 10);
    uint32_t longest = 1;
    for (uint32_t i = 0; i <= p->y.n; i++) {
        char t[TEXT_CELL];
        report_tick(t, &p->y, i), longest = MAX(longest, (uint32_t)strlen(t));
    }
    p->left = 36 + GLYPH * longest;
    p->top = 14 + plot_legend_height(p, p->left);
    p->bottom = p->top + 220;
    double labels = slanted(p) ? 14 + GLYPH * 0.58 * widest_label(p) : 20;
    p->height = p->bottom + labels + 26;
    plot_head(p, kind), y_axis(p);
    if (p->p)
        x_probabilities(p);
    else if (p->x.n)
        x_numbers(p);
    else
        x_places(p);
    buf_printf(p->b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", p->left + plot_width(p) / 2, p->height - 8);
    report_shortened(p->b, p->a->x_name, 80), buf_c(p->b, "</text>\n");
    plot_legend(p, p->left), bound(p);
}

// Plots whose rows lie: tornado and heat strip.
#include "report_internal.h"

#define NAME_MOST 28 // characters of a row's name; the table has it whole
static double names_width(const char *const *names, uint32_t n) {
    uint32_t most = 2;
    for (uint32_t i = 0; i < n && names; i++) most = MAX(most, report_glyphs(names[i]));
    return 16 + GLYPH * MIN(most, (uint32_t)NAME_MOST);
}
static double x_at(const Plot *p, double v) {
    double f = (v / 2 - p->y.lo / 2) / (p->y.hi / 2 - p->y.lo / 2);
    return p->left + plot_width(p) * MIN(MAX(f, 0.0), 1.0);
}

// ---- tornado
static double longest(const Plot *p, uint32_t i) {
    double most = -1;
    for (uint32_t k = 0; k < p->n; k++)
        if (plot_usable(p->s[k].y[i])) most = MAX(most, fabs(p->s[k].y[i]));
    return most;
}
static uint32_t *by_length(const Plot *p) { // owned by the caller; rows as long as each other keep their order
    uint32_t *order = calloc(p->a->n + 1u, sizeof *order);
    CK_ASSERT(order);
    for (uint32_t i = 0; i < p->a->n; i++) {
        uint32_t k = i;
        for (; k > 0 && longest(p, order[k - 1]) < longest(p, i); k--) order[k] = order[k - 1];
        order[k] = i;
    }
    return order;
}
static void tornado_axis(const Plot *p) {
    for (uint32_t i = 0; i <= p->y.n; i++) {
        char t[TEXT_CELL];
        double x = p->left + plot_width(p) * i / p->y.n;
        bool zero = fabs(report_tick_at(&p->y, i)) < p->y.step / 2;
        report_tick(t, &p->y, i);
        buf_printf(p->b,
                   "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(%s)\"/><text x=\"%.1f\" "
                   "y=\"%.1f\" text-anchor=\"middle\">%s</text>\n",
                   x, x, p->top, p->bottom, zero ? "--dim" : "--grid", x, p->bottom + 17, t);
    }
    buf_printf(p->b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", p->left + plot_width(p) / 2,
               p->bottom + 38);
    report_shortened(p->b, p->a->y_name, 80), buf_c(p->b, "</text>\n");
}
static void lying_bar(const Plot *p, uint32_t k, uint32_t i, double y, double high) {
    double v = p->s[k].y[i], h = plot_half(&p->s[k], i), x0 = x_at(p, 0), x1 = x_at(p, v), mid = y + high / 2;
    if (!plot_usable(v)) return;
    buf_printf(p->b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"var(--c%u)\">", MIN(x0, x1), y,
               fabs(x1 - x0), high, k % COLOURS);
    plot_tip(p, k, i), buf_c(p->b, "</rect>");
    if (h > 0)
        buf_printf(p->b, "<path d=\"M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6\" stroke=\"var(--fg)\" fill=\"none\"/>",
                   x_at(p, v - h), mid, x_at(p, v + h), x_at(p, v - h), mid - 3, x_at(p, v + h), mid - 3);
    buf_c(p->b, "\n");
}
void report_tornado(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n};
    double lo, hi, high = n > 1 ? 11 : 15, row = high * MAX(n, 1u) + 9;
    plot_range(&p, false, &lo, &hi);
    p.y = report_ticks(lo, hi, 8);
    p.left = names_width(a->x_label, a->n);
    p.top = 10 + plot_legend_height(&p, 8), p.bottom = p.top + row * MAX(a->n, 1u), p.height = p.bottom + 48;
    plot_head(&p, "Tornado chart"), plot_legend(&p, 8), tornado_axis(&p);
    uint32_t *order = by_length(&p);
    for (uint32_t r = 0; r < a->n; r++) {
        char t[TEXT_CELL];
        double y = p.top + row * r + 4;
        buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", p.left - 8, y + high * n / 2.0 + 4);
        report_shortened(b, plot_label(&p, order[r], t), NAME_MOST), buf_c(b, "</text>");
        for (uint32_t k = 0; k < n; k++) lying_bar(&p, k, order[r], y + high * k, high);
    }
    free(order);
    plot_tail(&p);
}

// ---- heat strip
typedef struct {
    Plot plot;
    const double *v;
    const char *const *row_label;
    const char *row_name;
    uint32_t rows;
    double lo, hi;
} Heat;
static void heat_range(Heat *h) {
    bool any = false;
    for (uint32_t i = 0; i < h->rows * h->plot.a->n; i++) {
        if (!plot_usable(h->v[i])) continue;
        h->lo = any ? MIN(h->lo, h->v[i]) : MIN(h->v[i], 0.0), h->hi = any ? MAX(h->hi, h->v[i]) : h->v[i];
        any = true;
    }
}
static const char *heat_row(const Heat *h, uint32_t r, char to[TEXT_CELL]) {
    if (h->row_label) return h->row_label[r];
    (void)snprintf(to, TEXT_CELL, "%u", r);
    return to;
}
static void heat_cell(const Heat *h, uint32_t r, uint32_t i, double x, double y, double wide, double high) {
    Buf *b = h->plot.b;
    char t[TEXT_CELL], number[TEXT_CELL], name[TEXT_CELL];
    double v = h->v[r * h->plot.a->n + i], span = h->hi / 2 - h->lo / 2,
           much = span > 0 ? (v / 2 - h->lo / 2) / span : 0;
    report_number(number, v, -1);
    buf_printf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" ", x, y, wide, high);
    if (plot_usable(v))
        buf_printf(b, "fill=\"var(--c0)\" fill-opacity=\"%.2f\">", 0.04 + 0.96 * much);
    else
        buf_c(b, "fill=\"none\" stroke=\"var(--grid)\" stroke-dasharray=\"2 2\">");
    buf_c(b, "<title>"), report_escaped(b, heat_row(h, r, name)), buf_c(b, ", "),
        report_escaped(b, plot_label(&h->plot, i, t)), buf_c(b, ": "), buf_c(b, number), buf_c(b, "</title></rect>\n");
}
static void heat_scale(const Heat *h) { // from little to much
    Buf *b = h->plot.b;
    char lo[TEXT_CELL], hi[TEXT_CELL];
    double y = h->plot.height - 16, x = h->plot.left;
    report_number(lo, h->lo, -1), report_number(hi, h->hi, -1);
    buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>", x - 8, y + 10, lo);
    for (uint32_t i = 0; i < 10; i++)
        buf_printf(b,
                   "<rect x=\"%.1f\" y=\"%.1f\" width=\"16\" height=\"11\" fill=\"var(--c0)\" fill-opacity=\"%.2f\"/>",
                   x + 16 * i, y, 0.04 + 0.96 * i / 9);
    buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\">%s ", x + 168, y + 10, hi);
    report_shortened(b, h->plot.a->y_name, 60), buf_c(b, "</text>\n");
}
static void heat_table(const Heat *h) {
    Buf *b = h->plot.b;
    char t[TEXT_CELL];
    buf_c(b,
          "</svg></div><details><summary>numbers</summary><div class=\"scroll\"><table><thead><tr><th scope=\"col\">");
    report_escaped(b, h->row_name), buf_c(b, "</th>");
    for (uint32_t i = 0; i < h->plot.a->n; i++)
        buf_c(b, "<th scope=\"col\">"), report_escaped(b, plot_label(&h->plot, i, t)), buf_c(b, "</th>");
    buf_c(b, "</tr></thead><tbody>\n");
    for (uint32_t r = 0; r < h->rows; r++) {
        buf_c(b, "<tr><th scope=\"row\">"), report_escaped(b, heat_row(h, r, t)), buf_c(b, "</th>");
        for (uint32_t i = 0; i < h->plot.a->n; i++)
            report_number(t, h->v[r * h->plot.a->n + i], -1), buf_c(b, "<td>"), buf_c(b, t), buf_c(b, "</td>");
        buf_c(b, "</tr>\n");
    }
    buf_c(b, "</tbody></table></div></details></figure>\n");
}
void report_heat(Buf *b, const ReportAxes *a, const char *row_name, const char *const *row_label, const double *v,
                 uint32_t rows) {
    Heat h = {.plot = {.b = b, .a = a}, .v = v, .row_label = row_label, .row_name = row_name, .rows = rows};
    heat_range(&h);
    Plot *p = &h.plot;
    p->left = names_width(row_label, rows), p->top = 10, p->bottom = p->top + 26.0 * MAX(rows, 1u);
    p->height = p->bottom + 72;
    plot_head(p, "Heat strip");
    double wide = plot_width(p) / MAX(a->n, 1u);
    for (uint32_t r = 0; r < rows; r++) {
        char t[TEXT_CELL];
        buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", p->left - 8, p->top + 26.0 * r + 17);
        report_shortened(b, heat_row(&h, r, t), NAME_MOST), buf_c(b, "</text>\n");
        for (uint32_t i = 0; i < a->n; i++)
            heat_cell(&h, r, i, p->left + wide * i, p->top + 26.0 * r, MAX(wide - 1.5, 0.5), 24);
    }
    uint32_t step = a->n > 30 ? (uint32_t)MAX(report_step(a->n, 15), 1.0) : a->n > 16 ? 2 : 1;
    for (uint32_t i = 0; i < a->n; i += step) {
        char t[TEXT_CELL];
        buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", p->left + wide * (i + 0.5),
                   p->bottom + 15);
        report_shortened(b, plot_label(p, i, t), 8), buf_c(b, "</text>\n");
    }
    buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", p->left + plot_width(p) / 2, p->bottom + 35);
    report_shortened(b, a->x_name, 80), buf_c(b, "</text>\n");
    heat_scale(&h), heat_table(&h);
}

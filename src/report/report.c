#include "report.h"

#define W       720.0
#define H       260.0
#define LEFT    56.0
#define RIGHT   12.0
#define TOP     12.0
#define BOTTOM  46.0
#define COLOURS 6 // of Okabe and Ito 2008, told apart by colour-blind readers too; lines differ by dashes as well
static const char *const dash[COLOURS] = {"", "6 3", "2 3", "8 3 2 3", "1 2", "10 4"};

static void escaped(Buf *b, const char *z) {
    for (; *z; z++) switch (*z) {
        case '<': buf_c(b, "&lt;"); break;
        case '>': buf_c(b, "&gt;"); break;
        case '&': buf_c(b, "&amp;"); break;
        case '"': buf_c(b, "&quot;"); break;
        default: buf_char(b, (unsigned char)*z < 0x20 ? ' ' : *z);
        }
}
void report_begin(Buf *b, const char *title) {
    buf_c(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/><meta name=\"viewport\" "
             "content=\"width=device-width, initial-scale=1\"/><title>");
    escaped(b, title);
    buf_c(b, "</"
             "title><style>\n:root{--bg:#fff;--fg:#1b1f24;--dim:#6a737d;--grid:#e3e6ea;--c0:#0072b2;--c1:#d55e00;--c2:#"
             "009e73;--c3:#cc79a7;--c4:#a0700a;--c5:#56b4e9}\n"
             "@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ed;--dim:#98a2ad;--grid:#2b323a;--c0:#"
             "56b4e9;--c1:#ff8c42;--c2:#2fd0a0;--c3:#e6a3c6;--c4:#e6b23a;--c5:#8fc7ff}}\n"
             "body{font:15px/1.5 system-ui,sans-serif;margin:1.5rem auto;max-width:60rem;padding:0 "
             "1rem;background:var(--bg);color:var(--fg)}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\n"
             "figure{margin:1rem "
             "0;overflow-x:auto}figcaption{font-weight:600;margin-bottom:.3rem}svg{min-width:560px;width:100%;height:"
             "auto}svg text{fill:var(--dim);font:12px system-ui,sans-serif}\n"
             ".scroll{overflow-x:auto}table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:."
             "2rem .7rem;text-align:right;border-bottom:1px solid var(--grid);white-space:nowrap}\n"
             "th:first-child,td:first-child{text-align:left}th{color:var(--dim);font-weight:600}details "
             "summary{color:var(--dim);cursor:pointer;font-size:.85rem}code{background:var(--grid);padding:.1rem "
             ".3rem;border-radius:3px;overflow-wrap:anywhere}\n"
             "</style></head><body><h1>");
    escaped(b, title);
    buf_c(b, "</h1>\n");
}
void report_end(Buf *b) {
    buf_c(b, "</body></html>\n");
}
void report_heading(Buf *b, const char *text) {
    buf_c(b, "<h2>"), escaped(b, text), buf_c(b, "</h2>\n");
}
void report_text(Buf *b, const char *fmt, ...) {
    char text[2000];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_c(b, "<p>"), escaped(b, text), buf_c(b, "</p>\n");
}
void report_code(Buf *b, const char *text) {
    buf_c(b, "<p><code>"), escaped(b, text), buf_c(b, "</code></p>\n");
}
void report_table_begin(Buf *b, const char *const *columns, uint32_t n) {
    buf_c(b, "<div class=\"scroll\"><table><thead><tr>");
    for (uint32_t i = 0; i < n; i++) buf_c(b, "<th>"), escaped(b, columns[i]), buf_c(b, "</th>");
    buf_c(b, "</tr></thead><tbody>\n");
}
void report_row(Buf *b, const char *const *cells, uint32_t n) {
    buf_c(b, "<tr>");
    for (uint32_t i = 0; i < n; i++) buf_c(b, "<td>"), escaped(b, cells[i]), buf_c(b, "</td>");
    buf_c(b, "</tr>\n");
}
void report_table_end(Buf *b) {
    buf_c(b, "</tbody></table></div>\n");
}
double report_step(double top, uint32_t most) {
    double raw = top / MAX(most, 1u), power = pow(10, floor(log10(raw)));
    double f = raw / power;
    return power * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10);
}

// ---- plots
typedef struct {
    Buf *b;
    const ReportAxes *a;
    const ReportSeries *s;
    uint32_t n;
    double lo, hi, step;
} Plot;
static double y_at(const Plot *p, double v) {
    return TOP + (H - TOP - BOTTOM) * (1 - (v - p->lo) / (p->hi - p->lo));
}
static void range(Plot *p) {
    double lo = 0, hi = 0;
    for (uint32_t k = 0; k < p->n; k++)
        for (uint32_t i = 0; i < p->a->n; i++) {
            double v = p->s[k].y[i], h = p->s[k].half && isfinite(p->s[k].half[i]) ? p->s[k].half[i] : 0;
            if (!isfinite(v)) continue;
            lo = MIN(lo, v - h), hi = MAX(hi, v + h);
        }
    if (!(hi > lo)) hi = lo + 1;
    p->step = report_step(MAX(hi, -lo), 5);
    p->hi = ceil(hi / p->step) * p->step, p->lo = lo < 0 ? floor(lo / p->step) * p->step : 0;
}
static const char *label(const Plot *p, uint32_t i, char buf[16]) {
    if (p->a->x_label) return p->a->x_label[i];
    (void)snprintf(buf, 16, "%u", i);
    return buf;
}
static void frame(Plot *p, bool bars) {
    Buf *b = p->b;
    range(p);
    buf_c(b, "<figure><figcaption>"), escaped(b, p->a->title), buf_c(b, "</figcaption>");
    buf_printf(b, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\"><title>", W, H);
    escaped(b, p->a->title), buf_c(b, "</title><desc>"), escaped(b, p->a->y_name), buf_c(b, " by "),
        escaped(b, p->a->x_name), buf_c(b, "</desc>\n");
    for (double v = p->lo; v <= p->hi + p->step / 2; v += p->step) {
        double y = y_at(p, v);
        buf_printf(b,
                   "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--grid)\"/><text x=\"%.1f\" "
                   "y=\"%.1f\" text-anchor=\"end\">%g</text>\n",
                   LEFT, W - RIGHT, y, y, LEFT - 6, y + 4, fabs(v) < p->step / 1e6 ? 0 : v);
    }
    uint32_t every = p->a->n > 26 ? p->a->n / 13 : 1;
    double room = (W - LEFT - RIGHT) / MAX(p->a->n, 1u);
    for (uint32_t i = 0; i < p->a->n; i += every) {
        char t[16];
        double x = bars ? LEFT + room * (i + 0.5) : LEFT + (p->a->n > 1 ? (W - LEFT - RIGHT) * i / (p->a->n - 1) : 0);
        buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", x, H - BOTTOM + 16),
            escaped(b, label(p, i, t)), buf_c(b, "</text>\n");
    }
    buf_printf(b, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">", (LEFT + W - RIGHT) / 2, H - BOTTOM + 34),
        escaped(b, p->a->x_name), buf_c(b, "</text>\n");
    buf_printf(b, "<text x=\"12\" y=\"%.1f\" text-anchor=\"middle\" transform=\"rotate(-90 12 %.1f)\">", H / 2 - 10,
               H / 2 - 10),
        escaped(b, p->a->y_name), buf_c(b, "</text>\n");
}
static void legend(const Plot *p) {
    if (p->n < 2) return;
    double x = LEFT + 8;
    for (uint32_t k = 0; k < p->n; k++) {
        buf_printf(
            p->b,
            "<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"4\" fill=\"var(--c%u)\"/><text x=\"%.1f\" y=\"%.1f\">",
            x, TOP + 2, k % COLOURS, x + 17, TOP + 8);
        escaped(p->b, p->s[k].name), buf_c(p->b, "</text>\n");
        x += 34 + 6.6 * (double)strlen(p->s[k].name);
    }
}
static void table(const Plot *p) { // the numbers
    buf_c(p->b, "</svg><details><summary>numbers</summary><div class=\"scroll\"><table><thead><tr><th>"),
        escaped(p->b, p->a->x_name), buf_c(p->b, "</th>");
    for (uint32_t k = 0; k < p->n; k++) buf_c(p->b, "<th>"), escaped(p->b, p->s[k].name), buf_c(p->b, "</th>");
    buf_c(p->b, "</tr></thead><tbody>\n");
    for (uint32_t i = 0; i < p->a->n; i++) {
        char t[16];
        buf_c(p->b, "<tr><td>"), escaped(p->b, label(p, i, t)), buf_c(p->b, "</td>");
        for (uint32_t k = 0; k < p->n; k++) {
            double v = p->s[k].y[i];
            if (!isfinite(v))
                buf_c(p->b, "<td>-</td>");
            else if (p->s[k].half && isfinite(p->s[k].half[i]))
                buf_printf(p->b, "<td>%.4g ± %.2g</td>", v, p->s[k].half[i]);
            else
                buf_printf(p->b, "<td>%.4g</td>", v);
        }
        buf_c(p->b, "</tr>\n");
    }
    buf_c(p->b, "</tbody></table></div></details></figure>\n");
}
static double x_of(const Plot *p, uint32_t i) {
    return LEFT + (p->a->n > 1 ? (W - LEFT - RIGHT) * i / (p->a->n - 1) : (W - LEFT - RIGHT) / 2);
}
static void band(const Plot *p, uint32_t k) {
    const ReportSeries *s = &p->s[k];
    if (!s->half) return;
    buf_c(p->b, "<path d=\"");
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->a->n; i++)
        if (isfinite(s->y[i]) && isfinite(s->half[i]))
            buf_printf(p->b, "%c%.1f %.1f", n++ ? 'L' : 'M', x_of(p, i), y_at(p, s->y[i] + s->half[i]));
    for (uint32_t i = p->a->n; i-- > 0;)
        if (isfinite(s->y[i]) && isfinite(s->half[i]))
            buf_printf(p->b, "L%.1f %.1f", x_of(p, i), y_at(p, s->y[i] - s->half[i]));
    buf_printf(p->b, "%s\" fill=\"var(--c%u)\" opacity=\".18\"/>\n", n ? "Z" : "", k % COLOURS);
}
void report_lines(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n};
    frame(&p, false);
    for (uint32_t k = 0; k < n; k++) {
        band(&p, k);
        buf_c(b, "<path d=\"");
        bool pen = false;
        for (uint32_t i = 0; i < a->n; i++) {
            if (isfinite(s[k].y[i])) buf_printf(b, "%c%.1f %.1f", pen ? 'L' : 'M', x_of(&p, i), y_at(&p, s[k].y[i]));
            pen = isfinite(s[k].y[i]);
        }
        buf_printf(b, "\" fill=\"none\" stroke=\"var(--c%u)\" stroke-width=\"2\" stroke-dasharray=\"%s\"/>\n",
                   k % COLOURS, dash[k % COLOURS]);
    }
    legend(&p), table(&p);
}
void report_bars(Buf *b, const ReportAxes *a, const ReportSeries *s, uint32_t n) {
    Plot p = {.b = b, .a = a, .s = s, .n = n};
    frame(&p, true);
    double room = (W - LEFT - RIGHT) / MAX(a->n, 1u), wide = room * 0.8 / MAX(n, 1u);
    for (uint32_t i = 0; i < a->n; i++)
        for (uint32_t k = 0; k < n; k++) {
            double v = s[k].y[i], x = LEFT + room * (i + 0.1) + wide * k, zero = y_at(&p, 0);
            if (!isfinite(v)) continue;
            buf_printf(b, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"var(--c%u)\"/>\n", x,
                       MIN(y_at(&p, v), zero), wide * 0.92, fabs(y_at(&p, v) - zero), k % COLOURS);
            if (!s[k].half || !isfinite(s[k].half[i])) continue;
            double mid = x + wide * 0.46;
            buf_printf(b, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"var(--fg)\"/>\n", mid, mid,
                       y_at(&p, v - s[k].half[i]), y_at(&p, v + s[k].half[i]));
        }
    legend(&p), table(&p);
}

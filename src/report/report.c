#include "report_internal.h"

// ---- text
static size_t sequence(const char *z) { // bytes of the character at z, 0 when it is none
    unsigned char c = (unsigned char)*z;
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    if (strnlen(z, n) < n || !utf8_valid((Str){z, n})) return 0;
    if (n == 3 && c == 0xef && (unsigned char)z[1] == 0xbf && (unsigned char)z[2] >= 0xbe) return 0; // not in XML
    return n;
}
static const char *one(Buf *b, const char *z) { // writes the character at z, returns what follows
    size_t n = sequence(z);
    switch (*z) {
    case '<': buf_c(b, "&lt;"); break;
    case '>': buf_c(b, "&gt;"); break;
    case '&': buf_c(b, "&amp;"); break;
    case '"': buf_c(b, "&quot;"); break;
    default:
        if (!n)
            buf_c(b, "\xef\xbf\xbd");
        else if (n == 1 && (unsigned char)*z < 0x20)
            buf_char(b, ' ');
        else
            buf_put(b, z, n);
    }
    return z + MAX(n, 1u);
}
void report_escaped(Buf *b, const char *z) {
    while (*z) z = one(b, z);
}
uint32_t report_glyphs(const char *z) {
    uint32_t n = 0;
    for (; *z; z++) n += ((unsigned char)*z & 0xc0) != 0x80;
    return n;
}
void report_shortened(Buf *b, const char *z, uint32_t glyphs) {
    bool cut = report_glyphs(z) > glyphs;
    for (uint32_t i = 0; *z && i + cut < glyphs; i++) z = one(b, z);
    if (cut) buf_c(b, "…");
}
void report_number(char to[TEXT_CELL], double v, int digits) {
    double m = fabs(v);
    if (!plot_usable(v))
        (void)snprintf(to, TEXT_CELL, "-");
    else if (m >= 1e15 || (m < 1e-4 && m > 0 && digits < 0))
        (void)snprintf(to, TEXT_CELL, "%.3e", v);
    else if (digits < 0)
        (void)snprintf(to, TEXT_CELL, m >= 1000 ? "%.0f" : "%.4g", v);
    else
        (void)snprintf(to, TEXT_CELL, "%.*f", MIN(digits, 12), v);
}

// ---- the page
static const char style[] =
    ":root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#59626d;--grid:#dfe3e8;"
    "--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#b5588f;--c4:#8f6300;--c5:#3d95c9}\n"
    "@media(prefers-color-scheme:dark){:root{--bg:#14181d;--fg:#e6e9ed;--dim:#a3adb8;--grid:#2d353e;"
    "--c0:#56b4e9;--c1:#ff8c42;--c2:#2fd0a0;--c3:#e6a3c6;--c4:#e6b23a;--c5:#a9b8ff}}\n"
    "body{font:16px/1.5 system-ui,sans-serif;margin:1.5rem auto;max-width:60rem;padding:0 1rem;background:var(--bg);"
    "color:var(--fg)}h1{font-size:1.5rem;line-height:1.25}h2{font-size:1.2rem;margin-top:2rem}\n"
    "figure{margin:1.2rem 0}figcaption,caption{text-align:left;font-weight:600;margin-bottom:.3rem}"
    "figcaption span{display:block;font-weight:400;color:var(--dim);font-size:.9rem}\n"
    "svg{display:block;min-width:680px;width:100%;height:auto}svg text{fill:var(--dim);font:12.5px system-ui,"
    "sans-serif}.scroll{overflow-x:auto;max-width:100%}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}th,td{padding:.2rem .7rem;text-align:right;"
    "border-bottom:1px solid var(--grid);white-space:nowrap}th:first-child,td:first-child{text-align:left}"
    "thead th{color:var(--dim);font-weight:600}tbody th{font-weight:400}th small{font-weight:400}\n"
    "summary{color:var(--dim);cursor:pointer;font-size:.9rem;padding:.2rem 0}code{background:var(--grid);"
    "padding:.1rem .3rem;border-radius:3px;overflow-wrap:anywhere}@media print{figure,tr{break-inside:avoid}}\n";
void report_begin(Buf *b, const char *title) {
    buf_c(b, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/><title>");
    report_escaped(b, title);
    buf_c(b, "</title><style>\n"), buf_c(b, style), buf_c(b, "</style></head><body><main><h1>");
    report_escaped(b, title);
    buf_c(b, "</h1>\n");
}
void report_end(Buf *b) {
    buf_c(b, "</main></body></html>\n");
}
void report_heading(Buf *b, const char *text) {
    buf_c(b, "<h2>"), report_escaped(b, text), buf_c(b, "</h2>\n");
}
void report_text(Buf *b, const char *fmt, ...) {
    char text[4000];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    buf_c(b, "<p>"), report_escaped(b, text), buf_c(b, "</p>\n");
}
void report_code(Buf *b, const char *text) {
    buf_c(b, "<p><code>"), report_escaped(b, text), buf_c(b, "</code></p>\n");
}

// ---- tables
void report_table_begin(Buf *b, const char *const *columns, uint32_t n) {
    buf_c(b, "<div class=\"scroll\"><table><thead><tr>");
    for (uint32_t i = 0; i < n; i++) buf_c(b, "<th scope=\"col\">"), report_escaped(b, columns[i]), buf_c(b, "</th>");
    buf_c(b, "</tr></thead><tbody>\n");
}
void report_row(Buf *b, const char *const *cells, uint32_t n) {
    buf_c(b, "<tr>");
    for (uint32_t i = 0; i < n; i++)
        buf_c(b, i ? "<td>" : "<th scope=\"row\">"), report_escaped(b, cells[i]), buf_c(b, i ? "</td>" : "</th>");
    buf_c(b, "</tr>\n");
}
void report_table_end(Buf *b) {
    buf_c(b, "</tbody></table></div>\n");
}
static void value_cell(Buf *b, const ReportCell *c, int digits) {
    char t[TEXT_CELL];
    report_number(t, c->value, digits);
    buf_c(b, "<td>"), buf_c(b, t);
    if (plot_usable(c->value) && plot_usable(c->half) && c->half > 0)
        report_number(t, c->half, digits < 0 ? -1 : digits), buf_c(b, " ± "), buf_c(b, t);
    buf_c(b, "</td>");
}
void report_table(Buf *b, const char *caption, const ReportColumn *c, uint32_t n, const char *const *names,
                  const ReportCell *cells, uint32_t rows) {
    buf_c(b, "<div class=\"scroll\"><table><caption>"), report_escaped(b, caption);
    buf_c(b, "</caption><thead><tr>");
    for (uint32_t i = 0; i <= n; i++) {
        buf_c(b, "<th scope=\"col\">"), report_escaped(b, c[i].name);
        if (*c[i].unit) buf_c(b, " <small>"), report_escaped(b, c[i].unit), buf_c(b, "</small>");
        buf_c(b, "</th>");
    }
    buf_c(b, "</tr></thead><tbody>\n");
    for (uint32_t r = 0; r < rows; r++) {
        buf_c(b, "<tr><th scope=\"row\">"), report_escaped(b, names[r]), buf_c(b, "</th>");
        for (uint32_t i = 0; i < n; i++) value_cell(b, &cells[r * n + i], c[i + 1].digits);
        buf_c(b, "</tr>\n");
    }
    report_table_end(b);
}

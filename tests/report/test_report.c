// The page as a reader's program takes it: parsed as XML behind its DOCTYPE, then looked at as a tree; scales as
// properties over random ranges.
#include "prop.h"
#include "report/report.h"
#include <libxml/parser.h>
#include <libxml/tree.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define PAGE_MAX (4u << 20)
#define SVG_NS   "http://www.w3.org/2000/svg"
static Buf page_begin(const char *title) {
    Buf b;
    buf_init(&b, PAGE_MAX);
    report_begin(&b, title);
    return b;
}
static xmlDoc *page_parse(Str page) { // NULL when it is not well formed
    static const char doctype[] = "<!DOCTYPE html>\n";
    if (page.n < sizeof doctype || memcmp(page.p, doctype, sizeof doctype - 1) != 0) return NULL;
    const char *rest = page.p + sizeof doctype - 1;
    return xmlReadMemory(rest, (int)(page.n - sizeof doctype + 1), "page", NULL,
                         XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
}
static xmlDoc *page_end(Buf *b) { // the page, ended, as a tree
    report_end(b);
    assert_false(b->overflow);
    xmlDoc *d = page_parse(buf_view(b));
    if (!d) print_message("%s\n", xmlGetLastError() ? xmlGetLastError()->message : "no DOCTYPE");
    assert_non_null(d);
    return d;
}

// ---- looking at the tree
typedef void Visit(const xmlNode *n, void *ctx);
static void each(const xmlNode *n, Visit *f, void *ctx) {
    for (; n; n = n->next) {
        if (n->type == XML_ELEMENT_NODE) f(n, ctx);
        each(n->children, f, ctx);
    }
}
typedef struct {
    const char *name;
    uint32_t n;
    const xmlNode *last;
} Wanted;
static void want(const xmlNode *n, void *ctx) {
    Wanted *w = ctx;
    if (strcmp((const char *)n->name, w->name) == 0) w->n++, w->last = n;
}
static Wanted find(xmlDoc *d, const char *name) {
    Wanted w = {.name = name};
    each(xmlDocGetRootElement(d), want, &w);
    return w;
}
static void assert_text(const xmlNode *n, const char *expected) {
    assert_non_null(n);
    xmlChar *t = xmlNodeGetContent(n);
    assert_string_equal((const char *)t, expected);
    xmlFree(t);
}
typedef struct {
    const char *name, *text;
    bool found;
} Said;
static void say(const xmlNode *n, void *ctx) {
    Said *s = ctx;
    if (strcmp((const char *)n->name, s->name) != 0) return;
    xmlChar *t = xmlNodeGetContent(n);
    s->found |= strcmp((const char *)t, s->text) == 0;
    xmlFree(t);
}
static bool has(xmlDoc *d, const char *name, const char *text) { // is there such an element with this text?
    Said s = {name, text, false};
    each(xmlDocGetRootElement(d), say, &s);
    return s.found;
}
static bool contains(Str page, const char *z) {
    return memmem(page.p, page.n, z, strlen(z)) != NULL;
}

// Nothing from the network, nothing that runs; every number of a drawing is one, and lies within it.
static void safe_attribute(const xmlNode *n, const xmlAttr *a, const char *v) {
    static const char *const within[] = {"x", "x1", "x2", "cx", "y", "y1", "y2", "cy", "width", "height"};
    assert_true(strcmp((const char *)a->name, "href") && strcmp((const char *)a->name, "src"));
    assert_true(strncmp((const char *)a->name, "on", 2) != 0);
    assert_null(strstr(v, "url("));
    assert_null(strstr(v, "nan")), assert_null(strstr(v, "inf"));
    if (strcmp((const char *)n->name, "svg") == 0) return;
    for (size_t i = 0; i < ARRAY_LEN(within); i++) {
        if (strcmp((const char *)a->name, within[i]) != 0) continue;
        double x = strtod(v, NULL), most = i < 4 ? 720 : 100000;
        if (x < -1e-9 || x > most) print_message("%s %s=%s\n", (const char *)n->name, (const char *)a->name, v);
        assert_true(x >= -1e-9 && x <= most);
    }
}
static void safe(const xmlNode *n, void *ctx) {
    static const char *const never[] = {"script", "link", "img", "image", "iframe", "object", "embed", "use", "a"};
    (void)ctx;
    for (size_t i = 0; i < ARRAY_LEN(never); i++) assert_string_not_equal((const char *)n->name, never[i]);
    for (const xmlAttr *a = n->properties; a; a = a->next) {
        xmlChar *v = xmlNodeGetContent((const xmlNode *)a);
        safe_attribute(n, a, (const char *)v);
        xmlFree(v);
    }
    for (const xmlNs *ns = n->nsDef; ns; ns = ns->next) assert_string_equal((const char *)ns->href, SVG_NS);
}
static void assert_alone(xmlDoc *d, Str page) { // title texts of ours have no links: each "http" is the namespace
    each(xmlDocGetRootElement(d), safe, NULL);
    for (const char *p = page.p, *end = page.p + page.n; (p = memmem(p, (size_t)(end - p), "http", 4)) != NULL; p++)
        assert_true((size_t)(end - p) > strlen(SVG_NS) && !memcmp(p, SVG_NS "\"", strlen(SVG_NS) + 1));
    assert_false(contains(page, "@import")), assert_false(contains(page, "url("));
}

// ---- text
static void everything_given_is_escaped(void **state) {
    (void)state;
    static const char nasty[] = "</h1><script>alert('1')</script> & \"x\" &lt; ]]> <!--";
    const char *cells[] = {nasty, nasty};
    const double y[] = {1, 2};
    const ReportColumn columns[] = {{nasty, "", 0}, {nasty, nasty, -1}};
    ReportAxes a = {.title = nasty,
                    .x_name = nasty,
                    .y_name = nasty,
                    .x_label = cells,
                    .n = 2,
                    .note = nasty,
                    .bound_name = nasty,
                    .bound = 1};
    ReportSeries s[] = {{nasty, y, NULL}, {nasty, y, y}};
    Buf b = page_begin(nasty);
    report_heading(&b, nasty), report_text(&b, "%s", nasty), report_code(&b, nasty);
    report_table_begin(&b, cells, 2), report_row(&b, cells, 2), report_table_end(&b);
    report_table(&b, nasty, columns, 1, cells, &(ReportCell){1, 0}, 1);
    report_lines(&b, &a, s, 2), report_bars(&b, &a, s, 2), report_stacked(&b, &a, s, 2), report_tornado(&b, &a, s, 2);
    report_percentiles(&b, &a, (const double[]){0.5, 0.9}, s, 2);
    report_heat(&b, &a, nasty, cells, (const double[]){1, 2, 3, 4}, 2);
    xmlDoc *d = page_end(&b);
    assert_text(find(d, "h1").last, nasty), assert_text(find(d, "h2").last, nasty);
    assert_text(find(d, "code").last, nasty);
    assert_true(has(d, "p", nasty)), assert_true(has(d, "td", nasty)), assert_true(has(d, "caption", nasty));
    assert_true(has(d, "small", nasty)), assert_true(has(d, "span", nasty));
    assert_int_equal(find(d, "svg").n, 6);
    assert_alone(d, buf_view(&b));
    xmlFreeDoc(d), buf_deinit(&b);
}
static void invalid_bytes_become_replacements(void **state) {
    (void)state;
    static const struct {
        const char *given, *seen;
    } rows[] = {{"Hữu Nghị 友谊", "Hữu Nghị 友谊"},
                {"a\x80z", "a\xef\xbf\xbdz"}, // continues nothing
                {"a\xc3", "a\xef\xbf\xbd"},   // cut short
                {"\xe4\xb8", "\xef\xbf\xbd\xef\xbf\xbd"},
                {"\xc0\xaf", "\xef\xbf\xbd\xef\xbf\xbd"},                 // longer than needed
                {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // half of a pair
                {"\xef\xbf\xbe", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, // U+FFFE is not in XML
                {"\xf4\x90\x80\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
                {"\xff\xfe", "\xef\xbf\xbd\xef\xbf\xbd"},
                {"a\x01\x1f\tb", "a   b"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Buf b = page_begin("t");
        report_heading(&b, rows[i].given);
        xmlDoc *d = page_end(&b);
        assert_text(find(d, "h2").last, rows[i].seen);
        xmlFreeDoc(d), buf_deinit(&b);
    }
}
static void any_bytes_give_a_page(void **state) {
    (void)state;
    Prng r = {7};
    for (uint64_t i = 0; i < prop_seeds(3000); i++) {
        char t[24];
        size_t n = prng_below(&r, sizeof t);
        for (size_t k = 0; k < n; k++) t[k] = (char)(1 + prng_below(&r, 255));
        t[n] = 0;
        const char *labels[] = {t, "b"};
        const double y[] = {1, 2};
        ReportAxes a = {.title = t, .x_name = t, .y_name = t, .x_label = labels, .n = 2};
        Buf b = page_begin(t);
        report_text(&b, "%s", t), report_bars(&b, &a, &(ReportSeries){t, y, NULL}, 1);
        xmlDoc *d = page_end(&b);
        xmlFreeDoc(d), buf_deinit(&b);
    }
}
static void long_texts_are_cut(void **state) {
    (void)state;
    char *z = malloc(12001);
    assert_non_null(z);
    for (int i = 0; i < 4000; i++) memcpy(z + 3L * i, "友", 3);
    z[12000] = 0;
    const double y[] = {1, 2};
    ReportAxes a = {.title = z, .x_name = z, .y_name = z, .n = 2, .bound_name = z, .bound = 1};
    Buf b = page_begin("t");
    report_text(&b, "%s", z); // 4,000 bytes end within a character
    report_lines(&b, &a, (ReportSeries[]){{z, y, NULL}, {z, y, NULL}}, 2);
    xmlDoc *d = page_end(&b);
    xmlChar *t = xmlNodeGetContent(find(d, "p").last);
    assert_in_range(strlen((char *)t), 3000, 4002);
    xmlFree(t);
    t = xmlNodeGetContent(find(d, "text").last); // shortened in the drawing
    assert_in_range(strlen((char *)t), 30, 3 * 100);
    xmlFree(t), xmlFreeDoc(d), buf_deinit(&b), free(z);
}

// ---- values
static void no_values_and_one(void **state) {
    (void)state;
    static const double one[] = {3}, p[] = {0.5};
    const char *const name[] = {"a"};
    for (uint32_t n = 0; n <= 1; n++)
        for (uint32_t k = 0; k <= 1; k++) {
            ReportAxes a = {.title = "t", .x_name = "x", .y_name = "y", .x_label = name, .n = n, .x = one};
            ReportSeries s = {"s", one, one};
            const ReportColumn c[] = {{"a", "", 0}, {"b", "h", -1}};
            Buf b = page_begin("t");
            report_lines(&b, &a, &s, k), report_bars(&b, &a, &s, k), report_stacked(&b, &a, &s, k);
            report_tornado(&b, &a, &s, k), report_percentiles(&b, &a, p, &s, k);
            report_heat(&b, &a, "row", name, one, k);
            report_table(&b, "c", c, 1, name, &(ReportCell){1, 2}, n);
            xmlDoc *d = page_end(&b);
            assert_int_equal(find(d, "svg").n, 6);
            assert_int_equal(find(d, "circle").n, 2 * n * k); // the point of the line and of the percentiles
            assert_int_equal(find(d, "figure").n, 6);
            assert_alone(d, buf_view(&b));
            xmlFreeDoc(d), buf_deinit(&b);
        }
}
static void what_is_no_number_is_a_dash(void **state) {
    (void)state;
    const double y[] = {1, NAN, INFINITY, -INFINITY, 2e300, 5}, half[] = {NAN, 1, 1, 1, 1, INFINITY};
    ReportAxes a = {.title = "t", .x_name = "x", .y_name = "y", .n = 6};
    Buf b = page_begin("t");
    report_bars(&b, &a, &(ReportSeries){"s", y, half}, 1);
    xmlDoc *d = page_end(&b);
    assert_int_equal(find(d, "rect").n, 2); // 1 and 5
    assert_int_equal(find(d, "path").n, 0); // no interval
    assert_int_equal(find(d, "td").n, 6);
    assert_true(has(d, "td", "1") && has(d, "td", "5") && has(d, "td", "-"));
    assert_alone(d, buf_view(&b));
    xmlFreeDoc(d), buf_deinit(&b);
    const ReportColumn c[] = {{"n", "", 0}, {"v", "", 1}};
    const ReportCell cells[] = {{NAN, 1}, {2.25, NAN}, {2.25, 0.5}};
    const char *const names[] = {"a", "b", "c"};
    b = page_begin("t");
    report_table(&b, "c", c, 1, names, cells, 3);
    d = page_end(&b);
    assert_true(has(d, "td", "-") && has(d, "td", "2.2") && has(d, "td", "2.2 ± 0.5"));
    xmlFreeDoc(d), buf_deinit(&b);
}
static void bars_are_as_long_as_their_values(void **state) {
    (void)state;
    const double y[] = {1, 2, 4};
    ReportAxes a = {.title = "t", .x_name = "x", .y_name = "y", .n = 3};
    Buf b = page_begin("t");
    report_bars(&b, &a, &(ReportSeries){"s", y, NULL}, 1);
    xmlDoc *d = page_end(&b);
    double height[3], n = 0;
    for (const char *p = b.p; n < 3 && (p = strstr(p, "<rect")); p++)
        height[(int)n++] = strtod(strstr(p, "height=\"") + 8, NULL);
    assert_true(n == 3 && height[0] > 10);
    assert_true(fabs(height[1] - 2 * height[0]) < 0.3 && fabs(height[2] - 4 * height[0]) < 0.5);
    xmlFreeDoc(d), buf_deinit(&b);
}
static void what_is_left_out_and_what_is_not(void **state) {
    (void)state;
    const double y[] = {1, -1, 0, 2};
    double many[70];
    for (int i = 0; i < 70; i++) many[i] = i == 0 || i == 5 || i == 6 || i == 69 ? 1 : NAN;
    ReportAxes a = {.title = "t", .x_name = "x", .y_name = "y", .n = 4}, b70 = a;
    b70.n = 70;
    Buf b = page_begin("t");
    report_stacked(&b, &a, &(ReportSeries){"s", y, NULL}, 1),
        report_lines(&b, &b70, &(ReportSeries){"s", many, NULL}, 1);
    xmlDoc *d = page_end(&b);
    assert_int_equal(find(d, "rect").n, 2);   // 1 and 2 of the stacked ones
    assert_int_equal(find(d, "circle").n, 2); // points alone would not be seen; those in a line have none among so many
    assert_true(has(d, "td", "-1") && has(d, "td", "0"));
    xmlFreeDoc(d), buf_deinit(&b);
}
static double any_value(Prng *r) {
    static const double odd[] = {0,     1,      -1,   NAN,    INFINITY, -INFINITY, 1e300,   -1e300,
                                 2e300, 1e-300, -0.0, 5e-324, 1e15,     0.1 + 0.2, 1.7e308, 1e-5};
    if (prng_chance(r, 40)) return odd[prng_below(r, ARRAY_LEN(odd))];
    return ((double)prng_below(r, 2000001) - 1e6) * pow(10, (double)prng_below(r, 20) - 12);
}
static void any_values_give_a_drawing(void **state) {
    (void)state;
    static double y[6][80], half[6][80], x[80], p[80];
    Prng r = {3};
    for (uint64_t i = 0; i < prop_seeds(400); i++) {
        uint32_t n = (uint32_t)prng_below(&r, i % 10 ? 12 : 80), k = (uint32_t)prng_below(&r, 7);
        ReportSeries s[6];
        for (uint32_t j = 0; j < 6; j++) {
            for (uint32_t m = 0; m < 80; m++) y[j][m] = any_value(&r), half[j][m] = any_value(&r);
            s[j] = (ReportSeries){"series", y[j], prng_chance(&r, 50) ? half[j] : NULL};
        }
        for (uint32_t m = 0; m < 80; m++) x[m] = prng_chance(&r, 2) ? any_value(&r) : m * 0.37 - 5, p[m] = m / 81.0;
        ReportAxes a = {.title = "t",
                        .x_name = "x",
                        .y_name = "y",
                        .n = n,
                        .x = prng_chance(&r, 50) ? x : NULL,
                        .bound_name = prng_chance(&r, 50) ? "b" : NULL,
                        .bound = any_value(&r)};
        Buf b = page_begin("t");
        report_lines(&b, &a, s, k), report_bars(&b, &a, s, k), report_stacked(&b, &a, s, k);
        report_tornado(&b, &a, s, k), report_percentiles(&b, &a, p, s, k);
        report_heat(&b, &a, "row", NULL, y[0], n ? (uint32_t)prng_below(&r, 480 / n + 1) : 0);
        xmlDoc *d = page_end(&b);
        assert_alone(d, buf_view(&b));
        xmlFreeDoc(d), buf_deinit(&b);
    }
}
static void over_the_ceiling_it_is_cut(void **state) {
    (void)state;
    const double y[] = {1, 2, 3};
    ReportAxes a = {.title = "t", .x_name = "x", .y_name = "y", .n = 3};
    size_t whole = 0;
    for (size_t ceiling = 40000; ceiling > 0; ceiling = ceiling > 400 ? ceiling - 397 : ceiling - 1) {
        Buf b;
        buf_init(&b, ceiling);
        report_begin(&b, "t"), report_lines(&b, &a, &(ReportSeries){"s", y, y}, 1), report_end(&b);
        if (!whole) whole = b.n;
        assert_true(b.n <= ceiling && b.overflow == (ceiling < whole));
        if (!b.overflow) assert_int_equal(b.n, whole);
        buf_deinit(&b);
    }
    assert_in_range(whole, 2000, 20000);
}

// ---- scales
static bool one_two_five(double step, double *ret_below) { // a step of the kind, and the next smaller one
    int power = (int)floor(log10(step) + 1e-9);
    double f = step / pow(10, power), lead = round(f);
    *ret_below = step * (lead == 5 ? 0.4 : 0.5);
    return fabs(f - lead) < 1e-9 && (lead == 1 || lead == 2 || lead == 5);
}
static double wide_number(Prng *r) {
    double m = (double)(prng_next(r) >> 11) / 9007199254740992.0 + 1e-9;
    return m * pow(10, (double)prng_below(r, 24) - 12);
}
static void steps_are_round_and_no_larger_than_needed(void **state) {
    (void)state;
    Prng r = {11};
    for (uint64_t i = 0; i < prop_seeds(20000); i++) {
        uint32_t most = 1 + (uint32_t)prng_below(&r, 30);
        double top = wide_number(&r), step = report_step(top, most), below;
        assert_true(one_two_five(step, &below));
        assert_true(step * most >= top * (1 - 1e-9));
        assert_true(below * most < top * (1 + 1e-9));
    }
    assert_true(report_step(10, 10) == 1 && report_step(11, 10) == 2 && report_step(21, 10) == 5);
    assert_true(fabs(report_step(0.51, 1) - 1) < 1e-12 && report_step(7, 0) == 10);
}
static void ticks_cover_their_range(void **state) {
    (void)state;
    Prng r = {13};
    for (uint64_t i = 0; i < prop_seeds(20000); i++) {
        uint32_t most = 2 + (uint32_t)prng_below(&r, 12);
        double a = wide_number(&r) * (prng_chance(&r, 50) ? 1 : -1), below;
        double b = prng_chance(&r, 20) ? 0 : a + wide_number(&r) * (prng_chance(&r, 50) ? 1 : -1);
        ReportTicks t = report_ticks(a, b, most);
        double lo = MIN(a, b), hi = MAX(a, b), big = MAX(fabs(lo), fabs(hi));
        assert_true(one_two_five(t.step, &below));
        assert_true(t.n >= 1 && t.n <= most && t.hi > t.lo);
        assert_true(t.lo <= lo + t.step * 1e-6 && t.hi >= hi - t.step * 1e-6);
        assert_true(fabs((t.hi - t.lo) / t.step - t.n) < 1e-6);
        assert_true(fabs(t.lo / t.step - round(t.lo / t.step)) < 1e-6);
        if (hi - lo < big * 1e-6) continue; // moved apart
        double fewest = ceil(hi / below - 1e-9) - floor(lo / below + 1e-9);
        assert_true(fewest > most + 0.5 || below * most < (hi - lo) * (1 + 1e-6));
        assert_true(lo - t.lo < t.step && t.hi - hi < t.step); // no empty step at the ends
    }
}
static void ticks_of_odd_bounds(void **state) {
    (void)state;
    const double odd[] = {0,   1,    -1,     5,        -5,        1e300,  -1e300, 1.7e308, -1.7e308,
                          NAN, 1e-5, 5e-324, INFINITY, -INFINITY, 1e-300, 1e15,   1e15 + 1};
    for (size_t i = 0; i < ARRAY_LEN(odd); i++)
        for (size_t k = 0; k < ARRAY_LEN(odd); k++)
            for (uint32_t most = 2; most < 12; most += 3) {
                ReportTicks t = report_ticks(odd[i], odd[k], most);
                assert_true(isfinite(t.lo) && isfinite(t.hi) && t.step > 0 && isfinite(t.step));
                assert_true(t.hi > t.lo && t.n >= 1 && t.n <= most);
                if (isfinite(odd[i]) && fabs(odd[i]) <= 1e300)
                    assert_true(t.lo <= odd[i] + t.step && t.hi >= odd[i] - t.step);
            }
    ReportTicks t = report_ticks(0, 10, 5);
    assert_true(t.lo == 0 && t.hi == 10 && t.step == 2 && t.n == 5);
    t = report_ticks(10, 0, 5);
    assert_true(t.lo == 0 && t.hi == 10 && t.n == 5);
    t = report_ticks(0, 0, 5);
    assert_true(t.lo == 0 && t.hi == 1);
    t = report_ticks(-3, 7, 5);
    assert_true(t.lo <= -3 && t.hi >= 7 && t.step == 5);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(everything_given_is_escaped),
                                       cmocka_unit_test(invalid_bytes_become_replacements),
                                       cmocka_unit_test(any_bytes_give_a_page),
                                       cmocka_unit_test(long_texts_are_cut),
                                       cmocka_unit_test(no_values_and_one),
                                       cmocka_unit_test(what_is_no_number_is_a_dash),
                                       cmocka_unit_test(bars_are_as_long_as_their_values),
                                       cmocka_unit_test(what_is_left_out_and_what_is_not),
                                       cmocka_unit_test(any_values_give_a_drawing),
                                       cmocka_unit_test(over_the_ceiling_it_is_cut),
                                       cmocka_unit_test(steps_are_round_and_no_larger_than_needed),
                                       cmocka_unit_test(ticks_cover_their_range),
                                       cmocka_unit_test(ticks_of_odd_bounds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

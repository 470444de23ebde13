// JSON imports, and what every format shares: defaults, filling, limits, files that are something else.
#include "cm.h"
#include "prop.h"
#include "import_log.h"

#define GOODS            "\"goods\":[{\"hs\":\"081060\",\"origin\":\"vn\",\"net_kg\":18000}]"
#define TRUCK            "\"direction\":\"export\",\"mode\":\"through\",\"plate\":\"12c-123.45\","
#define DECLARATION(lrn) "{\"lrn\":\"" lrn "\"," TRUCK GOODS "}"

static void one_object(void **state) {
    (void)state;
    ImportLog log = import_log_run(
        STR("\xef\xbb\xbf {\"lrn\":\"A1\"," TRUCK "\"container\":\"csqu 305438-3\",\"slot\":null," GOODS "}"), "",
        NULL);
    assert_int_equal(log.e, OK);
    assert_int_equal(log.sum.format, IMPORT_JSON);
    assert_int_equal(log.sum.good, 1);
    char *text = json_dumps(log.good, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text, "[{\"container\":\"CSQU3054383\",\"direction\":\"export\",\"goods\":[{\"hs\":\"081060\",\"net_kg\":18000,"
              "\"origin\":\"VN\"}],\"lrn\":\"A1\",\"mode\":\"through\",\"plate\":\"12C12345\"}]");
    free(text);
    import_log_free(&log);
}
static void half_good_array(void **state) {
    (void)state;
    ImportLog log = import_log_run(
        STR("[" DECLARATION("A1") ",\n{\"lrn\":\"A2\",\"lrn\":\"A3\"},\n{\"lrn\": oops},\n7,\n" DECLARATION("A4") "]"),
        "x.json", NULL);
    assert_int_equal(log.e, OK);
    assert_int_equal(log.sum.format, IMPORT_JSON_ARRAY);
    assert_int_equal(log.sum.good, 2);
    assert_int_equal(log.sum.bad, 3);
    assert_true(import_log_has(&log, "good 1 A1"));
    assert_true(import_log_has(&log, "bad 2 "));
    assert_true(import_log_has(&log, "duplicate object key"));
    assert_true(import_log_has(&log, "bad 3 "));
    assert_true(import_log_has(&log, "bad 4 "));
    assert_true(import_log_has(&log, "good 5 A4"));
    import_log_free(&log);
}
static void half_good_lines(void **state) {
    (void)state;
    ImportLog log = import_log_run(STR(DECLARATION("A1") "\r\n{\"lrn\":\n\n" DECLARATION("A2") "\n"), "", NULL);
    assert_int_equal(log.sum.format, IMPORT_JSON_LINES);
    assert_int_equal(log.sum.good, 2);
    assert_int_equal(log.sum.bad, 1);
    assert_true(import_log_has(&log, "good 4 A2"));
    import_log_free(&log);
}

// Each broken member, and words that must be in the report.
static const struct {
    const char *json, *want;
} broken[] = {
    {"{" TRUCK GOODS "}", "lrn: it is missing"},
    {"{\"lrn\":\"A\",\"direction\":\"out\",\"mode\":\"through\",\"plate\":\"12C12345\"," GOODS "}",
     "use one of export, import"},
    {"{\"lrn\":\"A\",\"palte\":\"12C12345\"," TRUCK GOODS "}",
     "palte: a declaration has no such member -> did you mean \"plate\"?"},
    {"{\"lrn\":\"A\",\"direction\":\"export\",\"mode\":\"swap\",\"plate\":\"05C12345\"," GOODS "}",
     "area code (11 to 99)"},
    {"{\"lrn\":\"A\",\"container\":\"CSQU3054384\"," TRUCK GOODS "}", "the ten characters before it ask for 3"},
    {"{\"lrn\":\"A\",\"container\":\"CSQX3054383\"," TRUCK GOODS "}", "U (container)"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[{\"hs\":\"081099\"}]}",
     "goods[0].hs: heading 0810 exists, subheading 081099 does not"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[{\"hs\":\"81060\"}]}", "add the leading zero"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[{\"hs\":\"081060\",\"net_kg\":1.5}]}",
     "goods[0].net_kg: it is not a whole number"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[{\"hs\":\"081060\",\"net_kg\":-1}]}", "-1 is not between 0"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[{\"hs\":\"081060\",\"origin\":\"VNM\"}]}", "ISO 3166"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[{\"hs\":\"081060\",\"currency\":\"dong\"}]}", "ISO 4217"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":7}", "goods: it is not a list"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[7]}", "goods[0]: it is not an object"},
    {"{\"lrn\":\"A\"," TRUCK "\"goods\":[]}", "no goods are declared"},
    {"{\"lrn\":\"A\",\"empty\":true," TRUCK GOODS "}", "an empty vehicle carries no goods"},
    {"{\"lrn\":\"A\",\"empty\":\"yes\"," TRUCK GOODS "}", "neither true nor false"},
    {"{\"lrn\":\"A\",\"slot\":\"tomorrow\"," TRUCK GOODS "}", "is not a date and time"},
    {"{\"lrn\":\"A\",\"seals\":\"S1\"," TRUCK GOODS "}", "seals: it is not a list"},
    {"{\"lrn\":\"A\",\"seals\":[1]," TRUCK GOODS "}", "seals[0]: a seal number must be a text"},
    {"{\"lrn\":\"A\",\"certificates\":[{\"kind\":\"paper\"}]," TRUCK GOODS "}",
     "certificates[0].number: it is missing"},
    {"{\"lrn\":\"A\",\"direction\":\"export\",\"mode\":\"unmanned\"," GOODS "}",
     "an unmanned passage carries a container"},
    {"{\"lrn\":\"A\",\"direction\":\"export\",\"mode\":\"through\"," GOODS "}", "plate: it is missing"},
    {"{\"lrn\":7," TRUCK GOODS "}", "lrn: it must be a text"},
    {"{\"lrn\":\"\"," TRUCK GOODS "}", "lrn: it is empty"},
    {"{\"lrn\":\"A\\nB\"," TRUCK GOODS "}", "control characters"},
    {"{\"lrn\":\"123456789012345678901234567890123456\"," TRUCK GOODS "}", "at most 35"},
    {"{\"lrn\":\"\xff\"," TRUCK GOODS "}", "save the file as UTF-8"},
    {"{\"lrn\":\"A\",\"lrn\":\"B\"," TRUCK GOODS "}", "keep one of the two members"},
    {"{\"a\":[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]}", "nested too deeply"},
    {"[", "the file seems cut short"},
    {"[] x", "text follows the end of the list"},
};
static void broken_members(void **state) {
    (void)state;
    HsSet *hs = import_log_hs();
    assert_non_null(hs);
    ImportDefaults defaults = {.hs = hs};
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        ImportLog log = import_log_run(str_c(broken[i].json), "", &defaults);
        if (log.sum.good || log.sum.bad != 1 || !import_log_has(&log, broken[i].want))
            fail_msg("case %zu wants: %s\n%s", i, broken[i].want, log.text.p);
        import_log_free(&log);
    }
    hs_free(hs);
}
static void many_problems(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 1u << 20);
    buf_c(&b, "{\"lrn\":\"A\"," TRUCK "\"goods\":[");
    for (int i = 0; i < 99; i++) buf_c(&b, i ? ",{\"hs\":\"x\"}" : "{\"hs\":\"x\"}");
    buf_c(&b, "]}");
    ImportLog log = import_log_run(buf_view(&b), "", NULL);
    assert_int_equal(log.sum.bad, 1);
    assert_true(import_log_has(&log, "goods[31]"));
    assert_false(import_log_has(&log, "goods[32]"));
    assert_true(import_log_has(&log, "and more"));
    import_log_free(&log);
    buf_deinit(&b);
}
static void too_many_goods(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 1u << 20);
    buf_c(&b, "{\"lrn\":\"A\"," TRUCK "\"goods\":[");
    for (int i = 0; i < 100; i++) buf_c(&b, i ? ",{\"hs\":\"081060\"}" : "{\"hs\":\"081060\"}");
    buf_c(&b, "]}");
    ImportLog log = import_log_run(buf_view(&b), "", NULL);
    assert_true(import_log_has(&log, "there are 100 lines, at most 99"));
    import_log_free(&log);
    buf_deinit(&b);
}
static void too_many_rows(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 8u << 20);
    buf_char(&b, '[');
    for (uint32_t i = 0; i < IMPORT_ROWS_MAX + 10; i++) buf_c(&b, "1,");
    buf_c(&b, "1]");
    ImportLog log = import_log_run(buf_view(&b), "", NULL);
    assert_int_equal(log.e, ERR_LIMIT);
    assert_int_equal(log.sum.bad, IMPORT_ROWS_MAX + 1);
    assert_true(import_log_has(&log, "the rest was not read"));
    import_log_free(&log);
    buf_deinit(&b);
}
static void repeated_reference(void **state) {
    (void)state;
    ImportLog log = import_log_run(STR("[" DECLARATION("A1") ",\n" DECLARATION("A1") "]"), "", NULL);
    assert_int_equal(log.sum.good, 1);
    assert_true(import_log_has(&log, "\"A1\" was used before, at line 1"));
    import_log_free(&log);
}

static json_t *fill(void *ctx, size_t row) {
    assert_ptr_equal(ctx, broken);
    return json_pack("{s:o}", "plate", json_sprintf("12C-%05zu", row + 10000));
}
static void defaults_fill(void **state) {
    (void)state;
    json_t *members = json_pack("{s:s, s:s, s:s}", "direction", "import", "mode", "swap", "plate", "14C99999");
    ImportDefaults defaults = {.members = members, .fill = fill, .ctx = (void *)(uintptr_t)broken};
    ImportLog log = import_log_run(
        STR("[{\"lrn\":\"A1\",\"mode\":\"through\"," GOODS "},{\"lrn\":\"A2\",\"plate\":null," GOODS "}]"), "",
        &defaults);
    assert_int_equal(log.sum.good, 2);
    const char *mode, *plate, *direction;
    assert_int_equal(json_unpack(json_array_get(log.good, 0), "{s:s,s:s,s:s}", "mode", &mode, "plate", &plate,
                                 "direction", &direction),
                     0);
    assert_string_equal(mode, "through");     // the source goes first
    assert_string_equal(plate, "12C10000");   // then fill
    assert_string_equal(direction, "import"); // then the members
    assert_int_equal(json_unpack(json_array_get(log.good, 1), "{s:s}", "plate", &plate), 0);
    assert_string_equal(plate, "12C10001");
    assert_string_equal(json_string_value(json_object_get(members, "plate")), "14C99999");
    json_decref(members);
    import_log_free(&log);
}
static bool stop(void *ctx, const ImportItem *item) {
    (void)item;
    return ++*(int *)ctx < 2;
}
static void stopped(void **state) {
    (void)state;
    int n = 0;
    ImportSummary sum;
    assert_int_equal(declaration_import(STR("[1,2,3,4]"), STR_EMPTY, NULL, stop, &n, &sum), OK);
    assert_int_equal(n, 2);
    assert_true(sum.stopped);
}
static void other_files(void **state) {
    (void)state;
    static const struct {
        const char *text, *want;
    } cases[] = {
        {"", "the file is empty"},
        {" \n\t", "the file is empty"},
        {"PK\x03\x04rest", "a spreadsheet or an archive"},
        {"%PDF-1.7", "a PDF document"},
        {"\xff\xfe<", "UTF-16"},
        {"UNB+UNOA:2+A+B", "UN/EDIFACT"},
        {"hello world", "names no known column"},
        {"{\"lrn\":", "line 1, column"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ImportLog log = import_log_run(str_c(cases[i].text), "", NULL);
        assert_int_equal(log.e, ERR_PARSE);
        if (!import_log_has(&log, cases[i].want)) fail_msg("case %zu wants %s\n%s", i, cases[i].want, log.text.p);
        import_log_free(&log);
    }
}

static void put_random(Prng *r, Buf *b, uint64_t no) {
    buf_printf(b, "{\"lrn\":\"R%u\"," TRUCK "\"tare_kg\":%u,\"seals\":[\"S%u\"],\"goods\":[", (unsigned)no,
               (unsigned)prng_below(r, 20000), (unsigned)prng_below(r, 99));
    uint64_t lines = 1 + prng_below(r, 5);
    for (uint64_t i = 0; i < lines; i++)
        buf_printf(b, "%s{\"hs\":\"%08u\",\"net_kg\":%u,\"description\":\"\\u6842 %u\"}", i ? "," : "",
                   (unsigned)prng_below(r, 99999999), (unsigned)prng_below(r, 30000), (unsigned)i);
    buf_c(b, "]}");
}
// What came out goes in again, in every JSON shape, and comes out the same.
static void round_trip(void **state) {
    (void)state;
    for (uint64_t seed = 0, n = prop_seeds(200); seed < n; seed++) {
        Prng r = {seed};
        Buf b, lines;
        buf_init(&b, 1u << 20);
        buf_init(&lines, 1u << 20);
        buf_char(&b, '[');
        uint64_t count = 1 + prng_below(&r, 6);
        for (uint64_t i = 0; i < count; i++) {
            if (i) buf_char(&b, ',');
            put_random(&r, &b, i);
        }
        buf_char(&b, ']');
        ImportLog first = import_log_run(buf_view(&b), "", NULL);
        assert_int_equal(first.sum.good, count);
        char *array = json_dumps(first.good, prng_chance(&r, 50) ? JSON_INDENT(2) : 0);
        size_t i;
        json_t *d;
        json_array_foreach(first.good, i, d) {
            char *line = json_dumps(d, JSON_COMPACT);
            buf_printf(&lines, "%s\n", line);
            free(line);
        }
        ImportLog second = import_log_run(str_c(array), "", NULL),
                  third = import_log_run(buf_view(&lines), "x.jsonl", NULL);
        assert_true(json_equal(first.good, second.good));
        assert_true(json_equal(first.good, third.good));
        free(array);
        import_log_free(&first), import_log_free(&second), import_log_free(&third);
        buf_deinit(&b), buf_deinit(&lines);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_object),     cmocka_unit_test(half_good_array),    cmocka_unit_test(half_good_lines),
        cmocka_unit_test(broken_members), cmocka_unit_test(many_problems),      cmocka_unit_test(too_many_goods),
        cmocka_unit_test(too_many_rows),  cmocka_unit_test(repeated_reference), cmocka_unit_test(defaults_fill),
        cmocka_unit_test(stopped),        cmocka_unit_test(other_files),        cmocka_unit_test(round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

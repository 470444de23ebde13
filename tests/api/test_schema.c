// The validator: every keyword, all problems at once, pointers, normal forms, parameters, speed.
#include "api/api_route.h"
#include "io/io_clock.h"
#include <setjmp.h>
#include <cmocka.h>

// A schema of its own, so that each keyword is met without the rest.
enum { N_ROOT, N_NAME, N_COUNT, N_FLAG, N_LIST, N_WORD, N_CODE, N_TIME, N_ENTRY };
static const SchemaAtom code_atoms[] = {{{0, 0x7fffffe}, 2, 3}, {{0x3ff000000000000u, 0}, 1, 1}};
static const SchemaPattern patterns[] = {{"^[A-Z]{2,3}[0-9]$", 2, code_atoms}};
static const SchemaWord words[] = {{"red", 3}, {"green", 5}};
static const SchemaProp props[] = {{"a/b~c", 5, N_NAME, false}, {"code", 4, N_CODE, false}, {"count", 5, N_COUNT, true},
                                   {"flag", 4, N_FLAG, false},  {"list", 4, N_LIST, false}, {"time", 4, N_TIME, false},
                                   {"word", 4, N_WORD, false},  {"plate", 5, N_NAME, true}};
static const SchemaNode nodes[] = {
    [N_ROOT] = {SCHEMA_OBJECT, FORMAT_NONE, -1, 0, 7, 0, 0, 0},
    [N_NAME] = {SCHEMA_STRING, FORMAT_NONE, -1, 0, 0, 0, 2, 4},
    [N_COUNT] = {SCHEMA_INTEGER, FORMAT_NONE, -1, 0, 0, 0, -5, 10},
    [N_FLAG] = {SCHEMA_BOOLEAN, FORMAT_NONE, -1, 0, 0, 0, 0, 0},
    [N_LIST] = {SCHEMA_ARRAY, FORMAT_NONE, -1, 0, 0, N_ENTRY, 1, 3},
    [N_WORD] = {SCHEMA_STRING, FORMAT_NONE, -1, 0, 2, 0, 0, 4096},
    [N_CODE] = {SCHEMA_STRING, FORMAT_NONE, 0, 0, 0, 0, 0, 4096},
    [N_TIME] = {SCHEMA_STRING, FORMAT_DATE_TIME, -1, 0, 0, 0, 0, 4096},
    [N_ENTRY] = {SCHEMA_OBJECT, FORMAT_NONE, -1, 7, 1, 0, 0, 0},
};
static const SchemaSet small = {nodes, props, words, patterns, NULL, {"HN", 2}};
static SchemaSet real(void) {
    return (SchemaSet){schema_nodes, schema_props, schema_words, schema_patterns, NULL, STR("HN")};
}

static Json *parse(Arena *a, const char *text) { // any value: the reader itself wants an object or an array
    Buf b;
    Json *list;
    Str why;
    buf_init(&b, 65536);
    buf_printf(&b, "[%s]", text);
    assert_int_equal(wire_parse_json(arena_str(a, buf_view(&b)), 8, a, &list, &why), OK);
    buf_deinit(&b);
    return list->first;
}
static void said(const SchemaSet *s, uint32_t node, const char *text, const char *expected) {
    Arena a;
    arena_init(&a, 1u << 20);
    ApiIssues issues = {.arena = &a};
    schema_check(s, node, parse(&a, text), &issues);
    Buf b;
    buf_init(&b, 65536);
    for (uint32_t i = 0; i < MIN(issues.n, (uint32_t)API_ISSUES_MAX); i++) {
        if (i) buf_char(&b, ' ');
        buf_str(&b, issues.items[i].pointer);
        buf_char(&b, '=');
        buf_c(&b, api_code_name(issues.items[i].code));
    }
    buf_char(&b, 0);
    assert_string_equal(b.p, expected);
    buf_deinit(&b);
    arena_deinit(&a);
}
static void keywords(void **state) {
    (void)state;
    said(&small, N_ROOT, "{\"count\":1}", "");
    said(&small, N_ROOT, "[]", "=WRONG_TYPE");
    said(&small, N_ROOT, "{}", "/count=REQUIRED");
    said(&small, N_ROOT, "{\"count\":1,\"more\":2}", "/more=UNKNOWN_MEMBER");
    said(&small, N_ROOT, "{\"count\":\"1\"}", "/count=WRONG_TYPE");
    said(&small, N_ROOT, "{\"count\":1.0}", "/count=WRONG_TYPE");
    said(&small, N_ROOT, "{\"count\":null}", "/count=WRONG_TYPE");
    said(&small, N_ROOT, "{\"count\":-6}", "/count=TOO_SMALL");
    said(&small, N_ROOT, "{\"count\":-5}", "");
    said(&small, N_ROOT, "{\"count\":10}", "");
    said(&small, N_ROOT, "{\"count\":11}", "/count=TOO_LARGE");
    said(&small, N_ROOT, "{\"count\":1,\"flag\":0}", "/flag=WRONG_TYPE");
    said(&small, N_ROOT, "{\"count\":1,\"flag\":false}", "");
    said(&small, N_ROOT, "{\"count\":1,\"word\":\"blue\"}", "/word=NOT_IN_LIST");
    said(&small, N_ROOT, "{\"count\":1,\"word\":\"gree\"}", "/word=NOT_IN_LIST");
    said(&small, N_ROOT, "{\"count\":1,\"word\":\"green\"}", "");
    said(&small, N_ROOT, "{\"count\":1,\"code\":\"AB1\"}", "");
    said(&small, N_ROOT, "{\"count\":1,\"code\":\"ABC1\"}", "");
    said(&small, N_ROOT, "{\"count\":1,\"code\":\"ABCD1\"}", "/code=WRONG_PATTERN");
    said(&small, N_ROOT, "{\"count\":1,\"code\":\"A1\"}", "/code=WRONG_PATTERN");
    said(&small, N_ROOT, "{\"count\":1,\"code\":\"AB12\"}", "/code=WRONG_PATTERN");
    said(&small, N_ROOT, "{\"count\":1,\"code\":\"\"}", "/code=WRONG_PATTERN");
    said(&small, N_ROOT, "{\"count\":1,\"time\":\"2026-13-01T00:00:00Z\"}", "/time=WRONG_FORMAT");
    said(&small, N_ROOT, "{\"count\":1,\"list\":[]}", "/list=TOO_FEW");
    said(&small, N_ROOT, "{\"count\":1,\"list\":[1,2,3,4]}", "/list=TOO_MANY");
    said(&small, N_ROOT, "{\"count\":1,\"list\":[{\"plate\":\"abc\"},7]}", "/list/1=WRONG_TYPE");
}
static void lengths_count_characters(void **state) {
    (void)state;
    said(&small, N_NAME, "\"a\"", "=TOO_SHORT");
    said(&small, N_NAME, "\"Đ\"", "=TOO_SHORT"); // two bytes, one character
    said(&small, N_NAME, "\"桂Đ桂Đ\"", "");
    said(&small, N_NAME, "\"abcde\"", "=TOO_LONG");
    said(&small, N_NAME, "\"桂桂桂桂桂\"", "=TOO_LONG");
}
static void pointers_are_escaped_and_all_are_told(void **state) {
    (void)state;
    said(&small, N_ROOT, "{\"a/b~c\":\"x\",\"x/y~z\":1,\"list\":[{\"plate\":\"x\"},{}],\"flag\":3}",
         "/a~1b~0c=TOO_SHORT /x~1y~0z=UNKNOWN_MEMBER /list/0/plate=TOO_SHORT /list/1/plate=REQUIRED /flag=WRONG_TYPE "
         "/count=REQUIRED");
}
static void many_problems_are_bounded(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 4u << 20);
    ApiIssues issues = {.arena = &a};
    Json *v = jn_new(&a, JN_OBJECT);
    for (int i = 0; i < 1000; i++) {
        char key[16];
        int n = snprintf(key, sizeof key, "k%d", i);
        assert_true(jn_put(&a, v, arena_str(&a, (Str){key, (size_t)n}), jn_new(&a, JN_NULL)));
    }
    schema_check(&small, N_ROOT, v, &issues);
    assert_int_equal(issues.n, 1001);
    assert_string_equal(issues.items[API_ISSUES_MAX - 1].pointer.p, "/k63");
    arena_deinit(&a);
}
static void formats(void **state) {
    (void)state;
    static const struct {
        SchemaFormat f;
        const char *text, *normal; // NULL: refused
    } all[] = {
        {FORMAT_HS, "0810.60.00", "08106000"},
        {FORMAT_HS, "08106", NULL},
        {FORMAT_HS, "abc", NULL},
        {FORMAT_ISO6346, "csqu 305438-3", "CSQU3054383"},
        {FORMAT_ISO6346, "CSQU3054384", NULL},
        {FORMAT_PLATE, "12C-123.45", "12C12345"},
        {FORMAT_PLATE, "12I-123.45", NULL},
        {FORMAT_SHA256_HEX, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", ""},
        {FORMAT_SHA256_HEX, "E3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", NULL},
        {FORMAT_SHA256_HEX, "e3", NULL},
        {FORMAT_COUNTRY2, "VN", ""},
        {FORMAT_COUNTRY2, "vn", NULL},
        {FORMAT_COUNTRY2, "VNM", NULL},
        {FORMAT_CURRENCY3, "USD", ""},
        {FORMAT_CURRENCY3, "US", NULL},
        {FORMAT_PASS_REF, "HN-000042-6", NULL},
        {FORMAT_CUSTOMS_NO, "105123456789", ""},
        {FORMAT_CUSTOMS_NO, "1 2", NULL},
        {FORMAT_DATE_TIME, "2026-11-22T02:35:04Z", ""},
        {FORMAT_DATE_TIME, "soon", NULL},
    };
    SchemaSet s = real();
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        FormatResult r;
        bool good = schema_format_check(&s, all[i].f, str_c(all[i].text), &r);
        if (good != (all[i].normal != NULL)) fail_msg("%s: %s", all[i].text, good ? "taken" : "refused");
        if (good) assert_true(str_eq_c((Str){r.normal, r.normal_n}, all[i].normal));
    }
    char ref[PASS_REF_MAX];
    FormatResult r;
    size_t n = pass_ref_format(STR("HN"), 42, ref);
    assert_true(schema_format_check(&s, FORMAT_PASS_REF, (Str){ref, n}, &r));
}
static const ApiRoute *route(ApiOp op) {
    return &api_routes[op];
}
static char *declaration(void) {
    Buf b;
    buf_init(&b, 65536);
    buf_c(&b,
          "{\"lrn\":\"HN-2026/"
          "000123\",\"trader\":\"VN0312345678\",\"direction\":\"export\",\"mode\":\"transhipment\",\"regime\":"
          "\"ordinary\","
          "\"destination\":\"inland\",\"customs_no\":\"105123456789\",\"road\":\"hn\",\"plate\":\"12C-123.45\","
          "\"trailer\":\"12R-012.34\","
          "\"driver_id\":\"D-7788\",\"driver_name\":\"Nguyễn Văn "
          "A\",\"driver_country\":\"VN\",\"container\":\"CSQU3054383\",\"container_type\":\"45R1\","
          "\"empty\":false,\"tare_kg\":14500,\"slot\":\"2026-11-22T09:30:00+07:00\",\"seals\":[\"SEAL-1\",\"SEAL-2\"],"
          "\"certificates\":[{\"kind\":\"phytosanitary\",\"number\":\"PC-1\",\"valid_until\":\"2026-12-01T00:00:00Z\"},"
          "{\"kind\":\"origin\",\"number\":\"CO-9\"}],\"goods\":[");
    for (int i = 0; i < 3; i++)
        buf_printf(
            &b,
            "%s{\"hs\":\"081060\",\"description\":\"Fresh "
            "durian\",\"origin\":\"VN\",\"currency\":\"USD\",\"net_kg\":8000,\"gross_kg\":8200,"
            "\"value\":250000,\"packages\":400,\"growing_area\":\"VN-LD-0123\",\"packing_house\":\"VN-LD-PH-1\"}",
            i ? "," : "");
    buf_c(&b, "]}");
    buf_char(&b, 0);
    return b.p;
}
static void a_declaration_is_checked_and_normalised_fast(void **state) {
    (void)state;
    char *text = declaration();
    SchemaSet s = real();
    uint32_t node = (uint32_t)route(OP_DECLARE)->body;
    said(&s, node, text, "");
    Arena a;
    arena_init(&a, 1u << 20);
    ApiIssues issues = {.arena = &a};
    Json *v = parse(&a, text);
    schema_check(&s, node, v, &issues);
    assert_true(str_eq(jn_text(jn_get(v, "plate")), STR("12C12345")));
    enum { ROUNDS = 20000 };
    int64_t best = INT64_MAX;
    for (int k = 0; k < 5; k++) {
        int64_t from = io_mono_us();
        for (int i = 0; i < ROUNDS / 5; i++) schema_check(&s, node, v, &issues);
        best = MIN(best, io_mono_us() - from);
    }
    assert_int_equal(issues.n, 0);
    print_message("schema: %zu bytes in %.2f us\n", strlen(text), (double)best / (ROUNDS / 5));
#ifdef __OPTIMIZE__
#ifndef __SANITIZE_ADDRESS__
    assert_true(best / (ROUNDS / 5) < 80); // ten times the aim: only a gross fault fails on a busy machine
#endif
#endif
    arena_deinit(&a);
    free(text);
}
static void parameters(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 1u << 20);
    ApiIssues issues = {.arena = &a};
    Json v = {.type = JN_NULL};
    schema_check_text(&small, N_COUNT, STR("7"), STR("n"), &issues, &v);
    assert_int_equal(v.type, JN_INT);
    assert_int_equal(v.i, 7);
    static const char *const bad[] = {"", "7x", "0x7", "1e1", "--1", "99999999999999999999", " 7", "11"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        v.type = JN_NULL;
        schema_check_text(&small, N_COUNT, str_c(bad[i]), STR("n"), &issues, &v);
        assert_int_equal(v.type, JN_NULL);
        assert_int_equal(issues.n, i + 1);
        assert_string_equal(issues.items[i].parameter.p, "n");
    }
    issues.n = 0;
    schema_check_text(&small, N_FLAG, STR("true"), STR("f"), &issues, &v);
    assert_true(v.type == JN_BOOL && v.b);
    v.type = JN_NULL;
    schema_check_text(&small, N_FLAG, STR("yes"), STR("f"), &issues, &v);
    schema_check_text(&small, N_NAME, (Str){"\xff\xfe", 2}, STR("f"), &issues, &v);
    assert_int_equal(v.type, JN_NULL);
    assert_int_equal(issues.n, 2);
    arena_deinit(&a);
}
// What the schema lets through, the kernel's tables must know, and the other way round.
static void schema_and_field_tables_agree(void **state) {
    (void)state;
    for (int op = 0; op < OP_COUNT; op++) {
        const ApiRoute *r = route((ApiOp)op);
        if (r->input == IN_NONE || r->input == IN_LINK) continue; // tests/peer/test_peer_ask.c
        const FieldTable *t = gate_input_fields((InputKind)r->input);
        const SchemaNode *n = &schema_nodes[r->body];
        uint32_t found = 0;
        for (uint32_t f = 0; f < t->n; f++) {
            bool known = false;
            for (uint32_t i = 0; i < n->n; i++) known |= strcmp(schema_props[n->from + i].name, t->fields[f].name) == 0;
            found += known;
            for (uint32_t i = 0; i < r->params_n; i++)
                known |= strcmp(api_params[r->params_from + i].name, t->fields[f].name) == 0;
            if (!known) fail_msg("%s: the API cannot set %s", r->id, t->fields[f].name);
        }
        if (found != n->n) fail_msg("%s: the schema has a member that the kernel does not know", r->id);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(keywords),
                                       cmocka_unit_test(lengths_count_characters),
                                       cmocka_unit_test(pointers_are_escaped_and_all_are_told),
                                       cmocka_unit_test(many_problems_are_bounded),
                                       cmocka_unit_test(formats),
                                       cmocka_unit_test(a_declaration_is_checked_and_normalised_fast),
                                       cmocka_unit_test(parameters),
                                       cmocka_unit_test(schema_and_field_tables_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

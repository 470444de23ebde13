// Texts in three languages, arguments, the choice of the language, the form of problems.
#include "api/api_problem.h"
#include <setjmp.h>
#include <cmocka.h>

static uint32_t brackets(const char *z, char open) {
    uint32_t n = 0;
    for (; *z; z++) n += *z == open;
    return n;
}
static void check_text(const char *what, const char *z) {
    if (!z || !*z) fail_msg("%s: a text is missing", what);
    if (!utf8_valid(str_c(z))) fail_msg("%s: not UTF-8", what);
    if (brackets(z, '[') != brackets(z, ']')) fail_msg("%s: brackets", what);
}
static void no_text_is_missing(void **state) {
    (void)state;
    for (int l = 0; l < LANG_COUNT; l++) {
        for (int r = 0; r < REFUSE_COUNT; r++) {
            check_text(Refuse_names.names[r], api_refuse_text((Refuse)r, (Lang)l));
            check_text(Refuse_names.names[r], api_refuse_cure((Refuse)r, (Lang)l));
            if (l != LANG_EN)
                assert_string_not_equal(api_refuse_text((Refuse)r, (Lang)l), api_refuse_text((Refuse)r, LANG_EN));
        }
        for (int c = 0; c < API_CODE_COUNT; c++) {
            check_text(api_code_name((ApiCode)c), api_code_text((ApiCode)c, (Lang)l));
            assert_in_range(api_code_http((ApiCode)c), 200, 599);
        }
    }
}
static void writes(const char *text, const Str *args, uint32_t n, const char *expected) {
    Buf b;
    buf_init(&b, 1024);
    api_text_write(&b, text, args, n);
    buf_char(&b, 0);
    assert_string_equal(b.p, expected);
    buf_deinit(&b);
}
static void arguments(void **state) {
    (void)state;
    Str two[] = {STR("A"), STR("B")}, gap[] = {STR_EMPTY, STR("B")};
    writes("x[: {0}][ of {1}] y", two, 2, "x: A of B y");
    writes("x[: {0}][ of {1}] y", two, 1, "x: A y");
    writes("x[: {0}][ of {1}] y", NULL, 0, "x y");
    writes("x[: {0} {1}] y", two, 1, "x y");
    writes("x[: {0}][ of {1}]", gap, 2, "x of B");
    writes("{1}{0}{9}", two, 2, "BA");
    writes("[{0}]", &(Str){"[x]", 3}, 1, "[x]");
}
static void languages(void **state) {
    (void)state;
    static const struct {
        const char *accept;
        Lang lang;
    } all[] = {{"", LANG_EN},
               {"vi", LANG_VI},
               {"zh-CN,zh;q=0.9", LANG_ZH},
               {"fr", LANG_EN},
               {"fr, vi;q=0.3", LANG_VI},
               {"en;q=0.2, zh;q=0.8", LANG_ZH},
               {"vi;q=0, en;q=0.1", LANG_EN},
               {"VI-vn", LANG_VI},
               {"vietnamese", LANG_EN},
               {",,;q=,", LANG_EN},
               {"en, vi", LANG_EN}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) assert_int_equal(api_lang(str_c(all[i].accept)), all[i].lang);
}
static void a_refusal_says_why_and_what_helps(void **state) {
    (void)state;
    json_error_t why;
    json_t *event =
        json_loads("{\"kind\":\"REFUSED\",\"data\":{\"findings\":["
                   "{\"code\":\"WEIGHT_MISMATCH\",\"field\":\"/weight_kg\",\"rule\":\"weight\",\"basis\":\"Circular "
                   "38\",\"args\":[\"42000\",\"40000\"]},"
                   "{\"code\":\"MISSING_SEAL\",\"field\":\"/seals\"}]}}",
                   0, &why);
    Buf b;
    buf_init(&b, 65536);
    assert_int_equal(api_problem_refused(&b, event, NULL, LANG_EN, STR("/v1/x")), 409);
    json_t *p = json_loadb(b.p, b.n, 0, &why);
    assert_non_null(p);
    assert_string_equal(json_string_value(json_object_get(p, "type")), "urn:cuakhau:problem:WEIGHT_MISMATCH");
    assert_string_equal(json_string_value(json_object_get(p, "code")), "WEIGHT_MISMATCH");
    assert_int_equal(json_integer_value(json_object_get(p, "status")), 409);
    const json_t *errors = json_object_get(p, "errors"), *first = json_array_get(errors, 0);
    assert_int_equal(json_array_size(errors), 2);
    assert_non_null(
        strstr(json_string_value(json_object_get(first, "detail")), "measured 42000 kg, declared 40000 kg"));
    assert_string_equal(json_string_value(json_object_get(first, "basis")), "Circular 38");
    assert_string_equal(json_string_value(json_object_get(first, "pointer")), "/weight_kg");
    assert_non_null(json_string_value(json_object_get(json_array_get(errors, 1), "cure")));
    json_decref(p);
    json_decref(event);
    buf_deinit(&b);
}
static void a_problem_is_json_whatever_comes_in(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 65536);
    Arena a;
    arena_init(&a, 65536);
    ApiIssues issues = {.arena = &a};
    api_issue_add(&issues, API_REQUIRED)->pointer = STR("/\"x\"");
    api_problem(&b, API_BODY_INVALID, LANG_VI, (Str){"\xff", 1}, STR("a\"b\\c\n"), &issues);
    json_error_t why;
    json_t *p = json_loadb(b.p, b.n, 0, &why);
    assert_non_null(p);
    assert_null(json_object_get(p, "instance"));
    assert_string_equal(json_string_value(json_object_get(json_array_get(json_object_get(p, "errors"), 0), "pointer")),
                        "/\"x\"");
    json_decref(p);
    buf_deinit(&b);
    arena_deinit(&a);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_text_is_missing), cmocka_unit_test(arguments),
                                       cmocka_unit_test(languages), cmocka_unit_test(a_refusal_says_why_and_what_helps),
                                       cmocka_unit_test(a_problem_is_json_whatever_comes_in)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

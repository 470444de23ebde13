#include "cm.h"
#include "prop.h"
#include "read_file.h"
#include "wire/wire_hs.h"

static HsSet *set;
static int load(void **state) {
    (void)state;
    size_t n;
    char *text = read_file(CK_SCHEMA_DIR "/hs2022.txt", &n);
    if (!text) return -1;
    Err e = hs_parse((Str){text, n}, &set, NULL);
    free(text);
    return e == OK ? 0 : -1;
}
static int unload(void **state) {
    (void)state;
    hs_free(set);
    return 0;
}

static void golden(void **state) {
    (void)state;
    assert_int_equal(hs_count(set), 5612);
    assert_true(hs_known(set, STR("081060")));   // durian
    assert_true(hs_known(set, STR("08106000"))); // its national line
    assert_true(hs_known(set, STR("0810600000")));
    assert_true(hs_known(set, STR("851713")));  // smartphones, new in 2022
    assert_false(hs_known(set, STR("851712"))); // their code until 2021
    assert_false(hs_known(set, STR("999999")));
    assert_false(hs_known(set, STR("0810")));
    assert_false(hs_known(set, STR("08106000001")));
    assert_false(hs_known(set, STR("08106x")));
}
static void explained(void **state) {
    (void)state;
    static const struct {
        const char *hs;
        HsProblem problem;
        const char *text;
    } cases[] = {
        {"081099", HS_SUBHEADING, "heading 0810 exists, subheading 081099 does not (HS 2022)"},
        {"081500", HS_HEADING, "chapter 08 exists, heading 0815 does not (HS 2022)"},
        {"770000", HS_CHAPTER, "there is no chapter 77 in HS 2022"},
        {"81060", HS_FORM, "an HS code has 6 to 10 digits; 081060, if a leading zero was lost"},
        {"durian", HS_FORM, "an HS code has 6 to 10 digits"},
        {"081060", HS_KNOWN, "subheading 081060 exists"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char text[HS_EXPLAIN_MAX];
        assert_int_equal(hs_check(set, str_c(cases[i].hs)), cases[i].problem);
        hs_explain(set, str_c(cases[i].hs), text);
        assert_string_equal(text, cases[i].text);
    }
}
static void normalised(void **state) {
    (void)state;
    char hs[HS_DIGITS_MAX + 1] = "kept";
    assert_false(hs_normalise(STR("0810"), hs));
    assert_false(hs_normalise(STR("08106000000"), hs));
    assert_false(hs_normalise(STR("0810-60"), hs));
    assert_string_equal(hs, "kept");
    assert_true(hs_normalise(STR("0810.60.00"), hs));
    assert_string_equal(hs, "08106000");
}
static void broken_lists(void **state) {
    (void)state;
    HsSet *none = NULL;
    uint32_t line = 0;
    assert_int_equal(hs_parse(STR("# only a comment\n"), &none, &line), ERR_PARSE);
    assert_int_equal(hs_parse(STR("010121\n01012\n"), &none, &line), ERR_PARSE);
    assert_int_equal(line, 2);
    assert_int_equal(hs_parse(STR("010121\r\n01012a"), &none, &line), ERR_PARSE);
    assert_null(none);
}
// A set of random codes knows those and no others.
static void round_trip(void **state) {
    (void)state;
    for (uint64_t seed = 0, n = prop_seeds(20); seed < n; seed++) {
        Prng r = {seed};
        uint32_t codes[50];
        Buf b;
        buf_init(&b, 4096);
        for (size_t i = 0; i < ARRAY_LEN(codes); i++)
            buf_printf(&b, "%06u\n", codes[i] = (uint32_t)prng_below(&r, 1000000));
        HsSet *few = NULL;
        assert_int_equal(hs_parse(buf_view(&b), &few, NULL), OK);
        uint32_t known = 0;
        for (uint32_t v = 0; v < 1000000; v++) {
            char hs[8];
            snprintf(hs, sizeof hs, "%06u", v);
            known += hs_known(few, (Str){hs, 6});
        }
        assert_int_equal(known, hs_count(few));
        for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
            char hs[8];
            snprintf(hs, sizeof hs, "%06u", codes[i]);
            assert_true(hs_known(few, (Str){hs, 6}));
        }
        hs_free(few);
        buf_deinit(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden), cmocka_unit_test(explained),
                                       cmocka_unit_test(normalised), cmocka_unit_test(broken_lists),
                                       cmocka_unit_test(round_trip)};
    return cmocka_run_group_tests(tests, load, unload);
}

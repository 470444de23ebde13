#include "cm.h"
#include "prop.h"
#include "wire/wire_iso6346.h"

static void golden(void **state) {
    (void)state;
    static const char *const good[] = {"CSQU3054383", "TEXU3070079", "MSKU6011672", "CMAU5110875"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        char n[ISO6346_LEN + 1];
        assert_int_equal(iso6346_parse(str_c(good[i]), n).problem, ISO6346_OK);
        assert_string_equal(n, good[i]);
    }
}
static void written_by_people(void **state) {
    (void)state;
    static const char *const ways[] = {"csqu3054383", "CSQU 305438 3", "CSQU-305438-3", "csqu 305438/3",
                                       " CSQU3054383\t"};
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        char n[ISO6346_LEN + 1];
        assert_int_equal(iso6346_parse(str_c(ways[i]), n).problem, ISO6346_OK);
        assert_string_equal(n, "CSQU3054383");
    }
}
static void refused(void **state) {
    (void)state;
    static const struct {
        const char *text;
        Iso6346Problem problem;
        char expected;
    } cases[] = {
        {"", ISO6346_LENGTH, 0},
        {"CSQU305438", ISO6346_LENGTH, 0},
        {"CSQU30543833", ISO6346_LENGTH, 0},
        {"C5QU3054383", ISO6346_OWNER, 0},
        {"CSQX3054383", ISO6346_CATEGORY, 0},
        {"CSQU30S4383", ISO6346_DIGITS, 0},
        {"CSQU3054384", ISO6346_CHECK, '3'},
        {"CSQU3045383", ISO6346_CHECK, '1'},
        {"\xc4\x90SQU305438", ISO6346_OWNER, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char n[ISO6346_LEN + 1] = "untouched";
        Iso6346Result r = iso6346_parse(str_c(cases[i].text), n);
        if (r.problem != cases[i].problem) print_message("case %zu: %s\n", i, iso6346_problem_text(r.problem));
        assert_int_equal(r.problem, cases[i].problem);
        assert_int_equal(r.expected, cases[i].expected);
        assert_string_equal(n, "untouched");
    }
}
static void make(Prng *r, char n[ISO6346_LEN + 1]) {
    for (int i = 0; i < 3; i++) n[i] = (char)('A' + prng_below(r, 26));
    n[3] = "UJZ"[prng_below(r, 3)];
    for (int i = 4; i < 10; i++) n[i] = (char)('0' + prng_below(r, 10));
    n[10] = iso6346_check_digit(n);
    n[11] = 0;
}
// Every number made with its check digit is accepted; the digit that a wrong one is told to have makes it right.
static void round_trip(void **state) {
    (void)state;
    for (uint64_t seed = 0, n = prop_seeds(2000); seed < n; seed++) {
        Prng r = {seed};
        char a[ISO6346_LEN + 1], b[ISO6346_LEN + 1];
        make(&r, a);
        assert_int_equal(iso6346_parse(str_c(a), b).problem, ISO6346_OK);
        assert_string_equal(a, b);
        a[10] = (char)('0' + (a[10] - '0' + 1 + (int)prng_below(&r, 9)) % 10);
        Iso6346Result bad = iso6346_parse(str_c(a), b);
        assert_int_equal(bad.problem, ISO6346_CHECK);
        a[10] = bad.expected;
        assert_int_equal(iso6346_parse(str_c(a), b).problem, ISO6346_OK);
    }
}
// The code finds every single wrong digit, except where the remainder 10 is written as 0.
static void single_errors(void **state) {
    (void)state;
    size_t missed = 0, tried = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        Prng r = {seed};
        char a[ISO6346_LEN + 1], b[ISO6346_LEN + 1];
        make(&r, a);
        size_t at = 4 + prng_below(&r, 6);
        a[at] = (char)('0' + (a[at] - '0' + 1 + (int)prng_below(&r, 9)) % 10);
        tried++;
        missed += iso6346_parse(str_c(a), b).problem == ISO6346_OK;
    }
    assert_true(missed * 20 < tried);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden), cmocka_unit_test(written_by_people),
                                       cmocka_unit_test(refused), cmocka_unit_test(round_trip),
                                       cmocka_unit_test(single_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Times and pass references.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/field.h"
#include "prop.h"

static int64_t parsed(const char *text) {
    int64_t t = -1;
    if (!iso8601_parse(str_c(text), &t)) fail_msg("%s was not understood", text);
    return t;
}
static void every_day(void **state) { // a calendar counted on day by day, from 1900 to 2399
    (void)state;
    int64_t t = parsed("1900-01-01");
    assert_true(t == -25567 * DAY_MS);
    for (int y = 1900; y < 2400; y++)
        for (int m = 1; m <= 12; m++) {
            bool leap = (y % 4 == 0 && y % 100) || y % 400 == 0;
            int days = m == 2 ? 28 + leap : m == 4 || m == 6 || m == 9 || m == 11 ? 30 : 31;
            for (int d = 1; d <= days; d++, t += DAY_MS) {
                char want[40], got[ISO8601_LEN + 1];
                snprintf(want, sizeof want, "%04d-%02d-%02dT00:00:00.000Z", y, m, d);
                iso8601_format(t, got);
                assert_string_equal(got, want);
                int64_t back;
                assert_true(iso8601_parse((Str){want, 10}, &back) && back == t);
            }
            char bad[40];
            int64_t none = 5;
            snprintf(bad, sizeof bad, "%04d-%02d-%02d", y, m, days + 1);
            assert_false(iso8601_parse(str_c(bad), &none));
            assert_int_equal(none, 5);
        }
}
static void round_trip(void **state) {
    (void)state;
    Prng r = {1};
    for (int i = 0; i < 200000; i++) {
        int64_t t = (int64_t)prng_below(&r, 250000000000000) - 60000000000000, back; // years 68 to 9892
        char text[ISO8601_LEN + 1];
        iso8601_format(t, text);
        assert_true(iso8601_parse((Str){text, ISO8601_LEN}, &back) && back == t);
    }
}
static void offsets(void **state) {
    (void)state;
    int64_t t = parsed("2026-11-22T02:35:04.123Z");
    assert_true(parsed("2026-11-22T09:35:04.123+07:00") == t && parsed("2026-11-21T21:05:04.123-05:30") == t &&
                parsed("2026-11-22t02:35:04.1239z") == t);
    assert_true(parsed("2026-11-22 02:35:04Z") == t - 123 && parsed("2026-11-22T02:35:04.1Z") == t - 23);
    static const char *const bad[] = {"",
                                      "2026",
                                      "2026-11",
                                      "2026-11-22T",
                                      "2026-11-22T02:35",
                                      "2026-11-22T02:35:04",
                                      "2026-11-22T24:00:00Z",
                                      "2026-11-22T02:60:00Z",
                                      "2026-11-22T02:35:60Z",
                                      "2026-11-22T02:35:04.Z",
                                      "2026-11-22T02:35:04.1234567890Z",
                                      "2026-11-22T02:35:04+7:00",
                                      "2026-11-22T02:35:04+24:00",
                                      "2026-11-22T02:35:04+07:60",
                                      "2026-11-22T02:35:04Zx",
                                      "2026-13-01",
                                      "2026-00-01",
                                      "2026-01-00",
                                      " 2026-01-01",
                                      "-026-01-01"};
    int64_t none = 5;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (iso8601_parse(str_c(bad[i]), &none)) fail_msg("%s was taken", bad[i]);
    assert_int_equal(none, 5);
}
static void pass_refs(void **state) {
    (void)state;
    Prng r = {2};
    for (int i = 0; i < 20000; i++) {
        uint32_t no = i < 2000 ? (uint32_t)i + 1 : (uint32_t)(prng_next(&r) >> (32 + prng_below(&r, 20))) | 1, back = 0;
        char ref[PASS_REF_MAX], bad[PASS_REF_MAX];
        size_t n = pass_ref_format(STR("HN"), no, ref);
        assert_true(pass_ref_parse(STR("HN"), (Str){ref, n}, &back) && back == no);
        for (size_t k = 3; k < n; k++) {
            if (ref[k] == '-') continue;
            for (char c = '0'; c <= '9'; c++) { // any one digit wrong
                memcpy(bad, ref, n);
                bad[k] = c;
                assert_int_equal(pass_ref_parse(STR("HN"), (Str){bad, n}, &back), c == ref[k]);
            }
            size_t next = k + 1 < n && ref[k + 1] == '-' ? k + 2 : k + 1;
            if (next >= n || ref[k] == ref[next]) continue; // neighbours swapped, the check digit among them
            memcpy(bad, ref, n);
            bad[k] = ref[next], bad[next] = ref[k];
            assert_false(pass_ref_parse(STR("HN"), (Str){bad, n}, &back));
        }
    }
    uint32_t no = 5;
    char ref[PASS_REF_MAX], spoken[PASS_REF_MAX + 8];
    pass_ref_format(STR("HN"), 42, ref);
    snprintf(spoken, sizeof spoken, "hn %.6s %c", ref + 3, ref[10]);
    assert_true(pass_ref_parse(STR("HN"), str_c(spoken), &no) && no == 42);
    assert_false(pass_ref_parse(STR("MC"), str_c(ref), &no) || pass_ref_parse(STR("HN"), STR("HN-000000-0"), &no) ||
                 pass_ref_parse(STR("HN"), STR("HN"), &no));
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_day), cmocka_unit_test(round_trip),
                                       cmocka_unit_test(offsets), cmocka_unit_test(pass_refs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cm.h"
#include "prop.h"
#include "wire/wire_plate.h"

typedef struct {
    const char *raw, *text;
    PlateCountry country;
    PlateKind kind;
    const char *province;
} Good;
static const Good goods[] = {
    {"12C-123.45", "12C12345", PLATE_VN, PLATE_KIND_VEHICLE, "12"},
    {"14c 1234", "14C1234", PLATE_VN, PLATE_KIND_VEHICLE, "14"},
    {"29Đ-123.45", "29Đ12345", PLATE_VN, PLATE_KIND_VEHICLE, "29"},
    {"29đ12345", "29Đ12345", PLATE_VN, PLATE_KIND_VEHICLE, "29"},
    {"29Ð12345", "29Đ12345", PLATE_VN, PLATE_KIND_VEHICLE, "29"},
    {"12R-012.34", "12R01234", PLATE_VN, PLATE_KIND_TRAILER, "12"},
    {"15RM-012.34", "15RM01234", PLATE_VN, PLATE_KIND_TRAILER, "15"},
    {"15RM1234", "15RM1234", PLATE_VN, PLATE_KIND_TRAILER, "15"},
    {"T12-345.67", "T1234567", PLATE_VN, PLATE_KIND_TEMPORARY, ""},
    {"80-NG-123.45", "80NG12345", PLATE_VN, PLATE_KIND_FOREIGN, "80"},
    {"80-123-NG-45", "80123NG45", PLATE_VN, PLATE_KIND_FOREIGN, "80"},
    {"30LD-123.45", "30LD12345", PLATE_VN, PLATE_KIND_SPECIAL, "30"},
    {"12DA12345", "12DA12345", PLATE_VN, PLATE_KIND_SPECIAL, "12"},
    {"桂F·12345", "桂F12345", PLATE_CN, PLATE_KIND_CN_NORMAL, "桂"},
    {"桂f a1b2c", "桂FA1B2C", PLATE_CN, PLATE_KIND_CN_NORMAL, "桂"},
    {"桂Ｆ１２３４５", "桂F12345", PLATE_CN, PLATE_KIND_CN_NORMAL, "桂"},
    {"桂F1234挂", "桂F1234挂", PLATE_CN, PLATE_KIND_CN_TRAILER, "桂"},
    {"粤Z1234港", "粤Z1234港", PLATE_CN, PLATE_KIND_CN_SPECIAL, "粤"},
    {"京A1234警", "京A1234警", PLATE_CN, PLATE_KIND_CN_SPECIAL, "京"},
    {"桂AD12345", "桂AD12345", PLATE_CN, PLATE_KIND_CN_ENERGY, "桂"},
    {"桂P·12345D", "桂P12345D", PLATE_CN, PLATE_KIND_CN_ENERGY, "桂"},
    {"桂AFA1234", "桂AFA1234", PLATE_CN, PLATE_KIND_CN_ENERGY, "桂"},
};
static void golden(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(goods); i++) {
        Plate p;
        PlateProblem problem = plate_parse(str_c(goods[i].raw), &p);
        if (problem != PLATE_OK) print_message("%s: %s\n", goods[i].raw, plate_problem_text(problem));
        assert_int_equal(problem, PLATE_OK);
        assert_string_equal(p.text, goods[i].text);
        assert_int_equal(p.n, strlen(p.text));
        assert_int_equal(p.country, goods[i].country);
        assert_string_equal(plate_kind_name(p.kind), plate_kind_name(goods[i].kind));
        assert_string_equal(p.province, goods[i].province);
    }
}
static void refused(void **state) {
    (void)state;
    static const struct {
        const char *raw;
        PlateProblem problem;
    } cases[] = {
        {"", PLATE_EMPTY},
        {" - . ", PLATE_EMPTY},
        {"桂F123456789", PLATE_LENGTH},
        {"12C#12345", PLATE_CHARACTER},
        {"漢F12345", PLATE_CHARACTER},
        {"12C\xff", PLATE_CHARACTER},
        {"05C12345", PLATE_PROVINCE},
        {"10C12345", PLATE_PROVINCE},
        {"ABC1234", PLATE_PROVINCE},
        {"挂F12345", PLATE_PROVINCE},
        {"12O12345", PLATE_LETTER},
        {"12W12345", PLATE_LETTER},
        {"桂O12345", PLATE_LETTER},
        {"桂F1I3456", PLATE_LETTER},
        {"桂F1I34", PLATE_DIGITS},
        {"桂F1I345挂", PLATE_LETTER},
        {"12C123", PLATE_DIGITS},
        {"12C123456", PLATE_DIGITS},
        {"30LD1234", PLATE_DIGITS},
        {"T123456", PLATE_DIGITS},
        {"桂F1234", PLATE_DIGITS},
        {"12345678", PLATE_SHAPE},
        {"12AB1234", PLATE_SHAPE},
        {"桂112345", PLATE_SHAPE},
        {"12C12A45", PLATE_SHAPE},
        {"桂F12挂45", PLATE_SHAPE},
        {"桂AZ12345", PLATE_LETTER},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Plate p = {.n = 77};
        PlateProblem problem = plate_parse(str_c(cases[i].raw), &p);
        if (problem != cases[i].problem) print_message("%s: %s\n", cases[i].raw, plate_problem_text(problem));
        assert_int_equal(problem, cases[i].problem);
        assert_int_equal(p.n, 77); // untouched
    }
}
static void all_provinces(void **state) {
    (void)state;
    static const char all[] = "京沪津渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼";
    assert_int_equal(sizeof all - 1, 31 * 3);
    for (size_t i = 0; i < sizeof all - 1; i += 3) {
        char raw[] = "...A12345";
        memcpy(raw, all + i, 3);
        Plate p;
        assert_int_equal(plate_parse(str_c(raw), &p), PLATE_OK);
        assert_memory_equal(p.province, all + i, 3);
    }
}
// Separators anywhere and lower case change nothing; what comes out goes in again unchanged.
static void round_trip(void **state) {
    (void)state;
    static const char *const separators[] = {"", " ", ".", "-", "·", "　"};
    for (uint64_t seed = 0, n = prop_seeds(2000); seed < n; seed++) {
        Prng r = {seed};
        const Good *g = &goods[prng_below(&r, ARRAY_LEN(goods))];
        char raw[128];
        size_t len = 0;
        for (const char *c = g->text; *c; c++) {
            if ((*c & 0xc0) != 0x80) {
                Str sep = str_c(separators[prng_below(&r, ARRAY_LEN(separators))]);
                memcpy(raw + len, sep.p, sep.n);
                len += sep.n;
            }
            raw[len++] = *c >= 'A' && *c <= 'Z' && prng_chance(&r, 50) ? (char)(*c + 32) : *c;
        }
        Plate p, again;
        assert_int_equal(plate_parse((Str){raw, len}, &p), PLATE_OK);
        assert_string_equal(p.text, g->text);
        assert_int_equal(plate_parse(str_c(p.text), &again), PLATE_OK);
        assert_string_equal(again.text, p.text);
        assert_int_equal(again.kind, g->kind);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden), cmocka_unit_test(refused),
                                       cmocka_unit_test(all_provinces), cmocka_unit_test(round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

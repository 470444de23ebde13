#include "cm.h"
#include "prop.h"
#include "wire/wire_csv.h"

static CsvRow row;
static void start(Csv *c, const char *text) {
    csv_init(c, str_c(text));
}
static void expect(Csv *c, uint32_t line, uint32_t count, const char *const *fields) {
    assert_true(csv_next(c, &row));
    assert_int_equal(row.problem, CSV_OK);
    assert_int_equal(row.line, line);
    assert_int_equal(row.count, count);
    for (uint32_t i = 0; i < count; i++)
        if (!str_eq_c(row.fields[i], fields[i])) fail_msg("field %u is " STR_F, i, STR_A(row.fields[i]));
}
#define EXPECT(c, line, ...) expect(c, line, ARRAY_LEN(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__})
static void expect_problem(Csv *c, uint32_t line, CsvProblem p) {
    assert_true(csv_next(c, &row));
    assert_string_equal(csv_problem_text(row.problem), csv_problem_text(p));
    assert_int_equal(row.line, line);
}

static void golden(void **state) {
    (void)state;
    Csv c;
    start(&c, "\xef\xbb\xbfname,text\r\na,\"x, \"\"y\"\"\r\nz\"\r\n\r\nb,\n,\"\"\rlast,one");
    EXPECT(&c, 1, "name", "text");
    EXPECT(&c, 2, "a", "x, \"y\"\r\nz");
    EXPECT(&c, 5, "b", "");
    EXPECT(&c, 6, "", "");
    EXPECT(&c, 7, "last", "one");
    assert_false(csv_next(&c, &row));
    csv_deinit(&c);
}
static void separators(void **state) {
    (void)state;
    static const struct {
        const char *text;
        char separator;
    } cases[] = {{"a,b;c,d", ','}, {"a;b;c,d", ';'}, {"a\tb\tc,d", '\t'}, {"\"a;b;c\",d", ','}, {"alone", ','}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Csv c;
        start(&c, cases[i].text);
        assert_int_equal(c.separator, cases[i].separator);
        csv_deinit(&c);
    }
}
static void damaged(void **state) {
    (void)state;
    Csv c;
    start(&c, "a,b\n1,\"x\"y\n2,z\n3,5\" pipe\n4,\xff\n5,\"never closed\n6,fine\n");
    EXPECT(&c, 1, "a", "b");
    expect_problem(&c, 2, CSV_QUOTE_AFTER);
    EXPECT(&c, 3, "2", "z");
    expect_problem(&c, 4, CSV_QUOTE_INSIDE);
    expect_problem(&c, 5, CSV_ENCODING);
    assert_int_equal(row.count, 2); // its fields are there, to tell which row it is
    expect_problem(&c, 6, CSV_QUOTE_OPEN);
    EXPECT(&c, 7, "6", "fine");
    assert_false(csv_next(&c, &row));
    csv_deinit(&c);
}
static void limits(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 1u << 20);
    for (int i = 0; i < CSV_COLUMNS_MAX; i++) buf_c(&b, i ? ",x" : "x");
    buf_c(&b, "\n");
    for (int i = 0; i <= CSV_COLUMNS_MAX; i++) buf_c(&b, i ? ",x" : "x");
    buf_c(&b, "\n");
    for (uint32_t i = 0; i <= CSV_FIELD_MAX; i++) buf_char(&b, 'y');
    buf_c(&b, "\nok");
    Csv c;
    csv_init(&c, buf_view(&b));
    assert_true(csv_next(&c, &row) && row.problem == CSV_OK && row.count == CSV_COLUMNS_MAX);
    expect_problem(&c, 2, CSV_COLUMNS);
    expect_problem(&c, 3, CSV_FIELD_LONG);
    EXPECT(&c, 4, "ok");
    csv_deinit(&c);
    buf_deinit(&b);
}

static Str random_field(Prng *r, char *room) {
    static const char *const pieces[] = {"a", ",", ";", "\"", "\n", "\r\n", " ", "Đ", "桂", "\t"};
    size_t n = 0;
    for (uint64_t k = prng_below(r, 8); k; k--) {
        Str piece = str_c(pieces[prng_below(r, ARRAY_LEN(pieces))]);
        memcpy(room + n, piece.p, piece.n);
        n += piece.n;
    }
    return (Str){room, n};
}
// Whatever is written with csv_put_field comes back.
static void round_trip(void **state) {
    (void)state;
    static char room[6][8][64];
    for (uint64_t seed = 0, n = prop_seeds(1000); seed < n; seed++) {
        Prng r = {seed};
        char separator = ",;\t"[prng_below(&r, 3)];
        uint32_t width = 2 + (uint32_t)prng_below(&r, 6);
        Str fields[6][8];
        Buf b;
        buf_init(&b, 65536);
        for (uint32_t i = 0; i < width; i++) buf_char(&b, 'h'), buf_char(&b, i + 1 < width ? separator : '\n');
        for (uint32_t y = 0; y < 6; y++)
            for (uint32_t x = 0; x < width; x++) {
                fields[y][x] = x ? random_field(&r, room[y][x]) : STR("k");
                csv_put_field(&b, fields[y][x], separator);
                if (x + 1 < width)
                    buf_char(&b, separator);
                else
                    buf_c(&b, y % 2 ? "\n" : "\r\n");
            }
        Csv c;
        csv_init(&c, buf_view(&b));
        assert_true(csv_next(&c, &row));
        for (uint32_t y = 0; y < 6; y++) {
            assert_true(csv_next(&c, &row));
            assert_int_equal(row.problem, CSV_OK);
            assert_int_equal(row.count, width);
            for (uint32_t x = 0; x < width; x++) assert_true(str_eq(row.fields[x], fields[y][x]));
        }
        assert_false(csv_next(&c, &row));
        csv_deinit(&c);
        buf_deinit(&b);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden), cmocka_unit_test(separators),
                                       cmocka_unit_test(damaged), cmocka_unit_test(limits),
                                       cmocka_unit_test(round_trip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

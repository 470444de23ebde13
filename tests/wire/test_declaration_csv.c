#include "cm.h"
#include "import_log.h"

static json_t *good(const ImportLog *log, size_t i, const char *lrn) {
    json_t *d = json_array_get(log->good, i);
    assert_non_null(d);
    assert_string_equal(json_string_value(json_object_get(d, "lrn")), lrn);
    return d;
}

static void full_table(void **state) {
    (void)state;
    ImportLog log = import_log_run(
        STR("\xef\xbb\xbfLRN;Direction;mode;plate;seals;certificates;empty;goods.hs;Net kg;packages;description\r\n"
            "A1;export;through;12C-123.45;S1|S2;phytosanitary:PC "
            "7:2026-12-01T00:00:00Z|origin:C9;;0810.60;1200.5;10;\"durian; fresh\"\r\n"
            "A1;export;;;;;;081070;0.2;;\r\n"
            "A2;import;swap;桂F12345;;;yes;;;;\r\n"),
        "x.csv", NULL);
    assert_int_equal(log.e, OK);
    assert_int_equal(log.sum.format, IMPORT_CSV);
    if (log.sum.good != 2) fail_msg("%s", log.text.p);
    char *text = json_dumps(good(&log, 0, "A1"), JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text,
        "{\"certificates\":[{\"kind\":\"phytosanitary\",\"number\":\"PC 7\",\"valid_until\":\"2026-12-01T00:00:00Z\"},"
        "{\"kind\":\"origin\",\"number\":\"C9\"}],\"direction\":\"export\",\"goods\":[{\"description\":\"durian; "
        "fresh\","
        "\"hs\":\"081060\",\"net_kg\":1201,\"packages\":10},{\"hs\":\"081070\",\"net_kg\":1}],\"lrn\":\"A1\","
        "\"mode\":\"through\",\"plate\":\"12C12345\",\"seals\":[\"S1\",\"S2\"]}");
    free(text);
    assert_true(json_is_true(json_object_get(good(&log, 1, "A2"), "empty")));
    import_log_free(&log);
}
#define HEAD     "lrn,direction,mode,plate,hs,net_kg\n"
#define ROW(lrn) lrn ",export,through,12C12345,081060,5\n"
static void half_good(void **state) {
    (void)state;
    ImportLog log = import_log_run(
        STR(HEAD ROW("A1") "A2,export,through,12C12345,081060,heavy\n" ROW(
            "A3") "A4,export,through,12C\xff,081060,5\n" ROW("A5") "A6,export,through,00X1,081060,5\n" ROW("A7")),
        "", NULL);
    assert_int_equal(log.e, OK);
    assert_int_equal(log.sum.good, 4);
    assert_int_equal(log.sum.bad, 3);
    assert_true(import_log_has(&log, "bad 3 A2\n  net_kg: line 3: \"heavy\" is not a number"));
    assert_true(import_log_has(&log, "bad 5 A4\n  : line 5: the line is not valid UTF-8"));
    assert_true(import_log_has(&log, "bad 7 A6\n  plate: \"00X1\""));
    import_log_free(&log);
}
// What a spreadsheet makes of figures and codes.
static void traps(void **state) {
    (void)state;
    ImportLog log = import_log_run(STR(HEAD "A1,export,through,12C12345,081060,18.000\n"
                                            "A2,export,through,12C12345,8106000,5\n"
                                            "A3,export,through,12C12345,081060,18.5\n"),
                                   "", NULL);
    assert_int_equal(log.sum.good, 1);
    assert_true(import_log_has(&log, "net_kg: line 2: \"18.000\" may mean thousands"));
    assert_true(import_log_has(&log, "hs: line 3: \"8106000\" has an odd number of digits"));
    import_log_free(&log);
}
// A declaration must not be sent without one of its goods lines.
static void damaged_goods_line(void **state) {
    (void)state;
    ImportLog log = import_log_run(STR(HEAD ROW("A1") "A1,export,\"through\"x\n" ROW("A1") ROW("A2")), "", NULL);
    assert_int_equal(log.sum.good, 1);
    assert_true(import_log_has(&log, "bad 2 A1\n  : line 3: characters follow a closing quote"));
    import_log_free(&log);
    log = import_log_run(STR(HEAD ROW("A0") ROW("A1") "\"A1\"x,,\n" ROW("A2") ROW("A3")), "", NULL);
    assert_int_equal(log.sum.good, 2);
    assert_true(import_log_has(&log, "bad 3 A1\n  : line 4 behind it cannot be read"));
    assert_true(import_log_has(&log, "bad 5 A2\n  : line 4 before it cannot be read"));
    import_log_free(&log);
}
static void contradiction(void **state) {
    (void)state;
    ImportLog log = import_log_run(STR(HEAD ROW("A1") "A1,import,through,12C12345,081060,5\n"), "", NULL);
    assert_int_equal(log.sum.bad, 1);
    assert_true(import_log_has(&log, "direction: line 3 differs from line 2"));
    import_log_free(&log);
}
static void columns(void **state) {
    (void)state;
    ImportLog log = import_log_run(
        STR("lrn,direction,mode,palte,plate,hs,hs,remarks,net_kgs\nA1,export,through,x,12C12345,081060,7,y,z\n"), "",
        NULL);
    assert_int_equal(log.sum.good, 1);
    assert_int_equal(log.sum.warnings, 1);
    assert_true(import_log_has(&log, "palte: no column has this name -> did you mean \"plate\"?"));
    assert_true(import_log_has(&log, "net_kgs: no column has this name -> did you mean \"net_kg\"?"));
    assert_true(import_log_has(&log, "remarks: no column has this name"));
    assert_true(import_log_has(&log, "hs: the column is there twice"));
    import_log_free(&log);
    log = import_log_run(STR(HEAD "A1,export,through,12C12345\nA2,export,through,12C12345,081060,5,6\n" ROW("A3")), "",
                         NULL);
    assert_int_equal(log.sum.good, 1);
    assert_true(import_log_has(&log, "line 2 has 4 fields, the header has 6"));
    assert_true(import_log_has(&log, "line 3 has 7 fields, the header has 6"));
    import_log_free(&log);
}
static void too_many_lines(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 1u << 20);
    buf_c(&b, HEAD);
    for (int i = 0; i < 150; i++) buf_c(&b, ROW("A1"));
    buf_c(&b, ROW("A2"));
    ImportLog log = import_log_run(buf_view(&b), "", NULL);
    assert_int_equal(log.sum.good, 1);
    assert_true(import_log_has(&log, "at most 99 are allowed"));
    import_log_free(&log);
    buf_deinit(&b);
}
static json_t *vehicle(void *ctx, size_t row) {
    (void)ctx;
    return json_pack("{s:s,s:o}", "mode", "through", "plate", json_sprintf("12C%05zu", row));
}
static void customs_table(void **state) {
    (void)state;
    ImportDefaults defaults = {.fill = vehicle};
    ImportLog log = import_log_run(STR("Declaration ID,Date,Office ID,HS6 Code,Country of Departure,Country of "
                                       "Origin,Tax Rate,Net Mass,Item Price,Fraud\n"
                                       "97061800,2020-01-01,30,440890,BE,BE,0.0,108.4,372254.5,0\n"
                                       "85945189,2020-01-01,40,690722,CN,CN,8.0,0.0,1.0,0\n"),
                                   "", &defaults);
    assert_int_equal(log.sum.format, IMPORT_CSV_CUSTOMS);
    assert_int_equal(log.sum.warnings, 0);
    if (log.sum.good != 2) fail_msg("%s", log.text.p);
    char *text = json_dumps(good(&log, 0, "97061800"), JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, "{\"direction\":\"import\",\"goods\":[{\"currency\":\"KRW\",\"description\":\"HS 440890 "
                              "goods\",\"hs\":\"440890\","
                              "\"net_kg\":108,\"origin\":\"BE\",\"value\":372255}],\"lrn\":\"97061800\",\"mode\":"
                              "\"through\",\"plate\":\"12C00000\"}");
    free(text);
    json_t *line = json_array_get(json_object_get(good(&log, 1, "85945189"), "goods"), 0);
    assert_int_equal(json_integer_value(json_object_get(line, "net_kg")), 0); // kept: the gate explains it
    import_log_free(&log);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(full_table),     cmocka_unit_test(half_good),
                                       cmocka_unit_test(traps),          cmocka_unit_test(damaged_goods_line),
                                       cmocka_unit_test(contradiction),  cmocka_unit_test(columns),
                                       cmocka_unit_test(too_many_lines), cmocka_unit_test(customs_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "cm.h"
#include "prop.h"
#include "wire/wire_edifact.h"

#define UNB  "UNB+UNOC:3+A+B+270101:0005+1'"
#define BODY "UNH+1+CODECO:D:00B:UN'BGM+36'UNT+3+1'"
#define UNZ  "UNZ+1+1'"

static Err read_text(const char *text, Arena *a, Edifact *e, Str *what) {
    arena_init(a, 4u << 20);
    return edi_read(str_c(text), a, e, what);
}
static void assert_str(Str s, const char *z) {
    char *have = strndup(s.p, s.n);
    assert_string_equal(have, z);
    free(have);
}

static void reads_what_it_should(void **state) {
    (void)state;
    Arena a;
    Edifact e;
    Str what;
    assert_int_equal(
        read_text("UNA:+.? '\r\nUNB+UNOC:3+SND:ZZ+RCV+270101:0005+REF9++++++1'\r\n"
                  "UNH+7+CODECO:D:95B:UN:ITG14'\nBGM+34+a?+b??c?'d?:e+9'\nMEA+AAE+G+KGM:24000.0'\nUNT+4+7'\n"
                  "UNH+8+CUSRES:D:00B:UN'BGM++::x'UNT+3+8'UNZ+2+REF9'\n",
                  &a, &e, &what),
        OK);
    assert_str(e.syntax, "UNOC"), assert_int_equal(e.version, 3);
    assert_str(e.sender, "SND"), assert_str(e.recipient, "RCV"), assert_str(e.control, "REF9");
    assert_true(e.test), assert_int_equal(e.decimal, '.'), assert_int_equal(e.n, 2);
    const EdiMessage *m = e.message;
    assert_str(m->reference, "7"), assert_str(m->type, "CODECO"), assert_str(m->release, "95B");
    assert_str(m->agency, "UN"), assert_str(m->association, "ITG14"), assert_int_equal(m->n, 2);
    assert_string_equal(m->segment[0].tag, "BGM"), assert_int_equal(m->segment[0].no, 3);
    assert_str(edi_data(&m->segment[0], 1, 0), "a+b?c'd:e");
    assert_str(edi_data(&m->segment[1], 2, 1), "24000.0");
    assert_str(edi_data(&m->segment[1], 9, 0), ""), assert_str(edi_data(&m->segment[1], 0, 9), "");
    assert_str(edi_data(&e.message[1].segment[0], 1, 2), "x");
    arena_deinit(&a);
}
static void reads_other_service_characters_and_sets(void **state) {
    (void)state;
    static const struct {
        const char *text, *data;
    } cases[] = {
        {"UNA|*,! ~UNB*UNOB|1*A*B*270101|0005*1~UNH*1*CODECO|D|00B|UN~BGM*36*x!*y+z'~UNT*3*1~UNZ*1*1~", "x*y+z'"},
        {"UNB+UNOC:3+A+B+270101:0005+1'UNH+1+CODECO:D:00B:UN'BGM+36+\xe9\xdf'UNT+3+1'UNZ+1+1'", "éß"},
        {"UNB+UNOW:4+A+B+20270101:0005+1'UNH+1+CODECO:D:00B:UN'BGM+36+桂F1?*2'UNT+3+1'UNZ+1+1'", "桂F1*2"},
        {"UNA:+.  'UNB+UNOA:2+A+B+270101:0005+1'UNH+1+CODECO:D:00B:UN'BGM+36+WHY?'UNT+3+1'UNZ+1+1'", "WHY?"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Arena a;
        Edifact e;
        Str what = STR_EMPTY;
        if (read_text(cases[i].text, &a, &e, &what)) fail_msg("case %zu: " STR_F, i, STR_A(what));
        assert_str(edi_data(&e.message[0].segment[0], 1, 0), cases[i].data);
        arena_deinit(&a);
    }
}

static const struct {
    const char *text, *what;
} wrong[] = {
    {"", "UNB: an interchange begins with it -> send the whole interchange, from UNB to UNZ"},
    {BODY, "UNB: an interchange begins with it -> send the whole interchange, from UNB to UNZ"},
    {"UNA:+.?", "UNA: it is cut off -> give the six service characters behind it"},
    {"UNA:A.? '" UNB, "UNA: service character 2 cannot be one -> use UNA:+.? '"},
    {"UNA::.? '" UNB, "UNA: one character has two meanings -> use UNA:+.? '"},
    {"UNA:+;? '" UNB, "UNA: the decimal mark is neither point nor comma -> use UNA:+.? '"},
    {"UNB+UNOY:3+A+B+270101:0005+1'" BODY UNZ,
     "UNB: its character set is not read -> use UNOA, UNOB, UNOC or UNOW (UTF-8)"},
    {"UNB+UNOA:3+\xe9+B+270101:0005+1'" BODY UNZ,
     "UNB: the characters are not those of UNOA or UNOB -> say UNOC or UNOW there"},
    {"UNB+UNOW:4+\xe9+B+270101:0005+1'" BODY UNZ, "UNB: UNOW is not valid UTF-8 -> write it as UTF-8"},
    {"UNB+UNOC:5+A+B+270101:0005+1'" BODY UNZ,
     "segment 1 (UNB): the syntax version is none of 1 to 4 -> write for instance UNOC:3"},
    {"UNB+UNOC:3++B+270101:0005+1'" BODY UNZ, "segment 1 (UNB): sender or recipient (0004, 0010) is missing or too "
                                              "long -> give both, at most 35 characters each"},
    {"UNB+UNOC:3+A+B+2701:0005+1'" BODY UNZ,
     "segment 1 (UNB): no date and time of preparation (S004) -> write YYMMDD:HHMM"},
    {"UNB+UNOC:3+A+B+270101:0005'" BODY UNZ,
     "segment 1 (UNB): the control reference (0020) is missing or too long -> give 1 to 14 characters"},
    {UNB BODY "UNZ+2+1'",
     "segment 5 (UNZ): it does not count the 1 that are there -> something was lost, ask for it again"},
    {UNB BODY "UNZ+1+2'", "segment 5 (UNZ): its reference is not that of UNB -> write the same in both"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36'UNT+4+1'" UNZ,
     "segment 4 (UNT): it does not count the 3 that are there -> something was lost, ask for it again"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36'UNT+2+1'" UNZ,
     "segment 4 (UNT): it does not count the 3 that are there -> something was lost, ask for it again"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36'UNT+3+9'" UNZ,
     "segment 4 (UNT): its reference is not that of UNH -> write the same in both"},
    {UNB "UNH+1+CODECO'UNT+2+1'" UNZ,
     "segment 2 (UNH): it does not say its type -> write for instance CODECO:D:00B:UN"},
    {UNB "UNH++CODECO:D:00B:UN'UNT+2'" UNZ,
     "segment 2 (UNH): the message reference (0062) is missing or too long -> give 1 to 14 characters"},
    {UNB BODY, "segment 4 (UNT): the interchange does not end with UNZ -> send all of it"},
    {UNB "UNZ+0+1'", "segment 2 (UNZ): there is no message in the interchange -> put one in"},
    {UNB "BGM+36'" UNZ, "segment 2 (BGM): it stands outside of a message -> begin it with UNH"},
    {UNB "UNG+CODECO'" BODY "UNE+1+1'" UNZ, "segment 2 (UNG): functional groups are not read -> leave UNG and UNE out"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36'" UNZ, "segment 3 (BGM): the last message has no UNT -> close each message"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36'" BODY UNZ,
     "segment 4 (UNH): the message before it has no UNT -> close each message"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36",
     "segment 3 (BGM): it has no terminator: the interchange was cut off -> ask for it again"},
    {UNB BODY UNZ "x", "segment 6 (?): it has no terminator: the interchange was cut off -> ask for it again"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+36?'UNT+3+1'" UNZ,
     "segment 3 (BGM): the last message has no UNT -> close each message"},
    {UNB "UNH+1+CODECO:D:00B:UN'bgm+36'UNT+3+1'" UNZ,
     "segment 3 (?): a segment begins with a tag of three capitals -> check terminators and releases"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+3\t6'UNT+3+1'" UNZ,
     "segment 3 (BGM): a control character in the data -> take it out"},
    {"UNA:+.?*'" UNB "UNH+1+CODECO:D:00B:UN'BGM+3*6'UNT+3+1'" UNZ,
     "segment 3 (BGM): a repeated data element is not read -> repeat the segment"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+:::::::::::::::::::::'UNT+3+1'" UNZ,
     "segment 3 (BGM): it has more elements than any segment -> write it as its directory says"},
    {UNB "UNH+1+CODECO:D:00B:UN'BGM+++++++++++++++++++++++++++++++++++++++++++++++++++++++'UNT+3+1'" UNZ,
     "segment 3 (BGM): it has more elements than any segment -> write it as its directory says"},
};
static void says_what_is_wrong(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        Arena a;
        Edifact e;
        Str what = STR_EMPTY;
        Err err = read_text(wrong[i].text, &a, &e, &what);
        if (err != ERR_PARSE && err != ERR_LIMIT) fail_msg("case %zu was taken", i);
        if (!str_eq_c(what, wrong[i].what)) fail_msg("case %zu: " STR_F, i, STR_A(what));
        arena_deinit(&a);
    }
}
static void keeps_its_limits(void **state) {
    (void)state;
    Arena a;
    Edifact e;
    Str what;
    Buf b;
    buf_init(&b, 1u << 20);
    buf_c(&b, UNB "UNH+1+CODECO:D:00B:UN'");
    for (int i = 0; i < EDI_SEGMENTS_MAX; i++) buf_c(&b, "CNT+1'");
    arena_init(&a, 4u << 20);
    assert_int_equal(edi_read(buf_view(&b), &a, &e, &what), ERR_LIMIT);
    assert_str(what, "segment 1000 (?): more than 999 segments -> split it");
    buf_clear(&b);
    buf_c(&b, UNB "UNH+1+CODECO:D:00B:UN'BGM+");
    for (int i = 0; i < EDI_DATA_MAX + 1; i++) buf_char(&b, 'x');
    buf_c(&b, "'UNT+3+1'" UNZ);
    assert_int_equal(edi_read(buf_view(&b), &a, &e, &what), ERR_LIMIT);
    assert_str(what, "segment 3 (BGM): a data element has more than 512 bytes -> shorten it");
    while (b.n <= EDI_BYTES_MAX) buf_c(&b, "\n");
    assert_int_equal(edi_read(buf_view(&b), &a, &e, &what), ERR_LIMIT);
    assert_str(what, "the interchange has more than 65536 bytes -> split it");
    buf_clear(&b);
    buf_c(&b, UNB);
    for (int i = 0; i <= EDI_MESSAGES_MAX; i++) buf_c(&b, BODY);
    buf_c(&b, "UNZ+100+1'");
    assert_int_equal(edi_read(buf_view(&b), &a, &e, &what), ERR_LIMIT);
    assert_str(what, "segment 299 (UNH): more than 99 messages -> split the interchange");
    arena_deinit(&a);
    for (size_t room = 0; room < 4000; room += 16) { // no room is said, whatever was to be kept in it
        arena_init(&a, room);
        Err err = edi_read(str_c(UNB BODY UNZ), &a, &e, &what);
        assert_true(err == OK || (err == ERR_LIMIT && what.n > 0));
        arena_deinit(&a);
    }
    buf_deinit(&b);
}

static void times(void **state) {
    (void)state;
    static const struct {
        const char *text, *iso;
    } good[] = {{"20270101000400UTC", "2027-01-01T00:04:00.000Z"}, {"20270101000400Z", "2027-01-01T00:04:00.000Z"},
                {"20270101000400GMT", "2027-01-01T00:04:00.000Z"}, {"20270101070400+07", "2027-01-01T00:04:00.000Z"},
                {"20261231200400-04", "2027-01-01T00:04:00.000Z"}, {"20240229235959UTC", "2024-02-29T23:59:59.000Z"}};
    static const char *const bad[] = {"",
                                      "20270101000400",
                                      "20270101000400CST",
                                      "20270101000400+7",
                                      "20270101000400+0700",
                                      "20230229000000UTC",
                                      "20270101240000UTC",
                                      "2027010100040aUTC",
                                      "20270101000400 UTC"};
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        int64_t t;
        char iso[ISO8601_LEN + 1], back[EDI_TIME_MAX];
        assert_true(edi_time_parse(str_c(good[i].text), &t));
        iso8601_format(t, iso);
        assert_string_equal(iso, good[i].iso);
        edi_time_format(t, back);
        int64_t again;
        assert_true(edi_time_parse(str_c(back), &again) && again == t);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        int64_t t;
        if (edi_time_parse(str_c(bad[i]), &t)) fail_msg("taken: %s", bad[i]);
    }
}

// ---- what is written reads back the same: any data in any place
static Str random_data(Prng *r, Arena *a, bool wide) {
    static const char *const pieces[] = {"'", "+", ":", "?", "*", " ", "a", "B7", "??", "''", "é", "桂F", "ạ"};
    Buf b;
    buf_init(&b, 200);
    size_t n = prng_below(r, 6);
    for (size_t i = 0; i < n; i++) buf_c(&b, pieces[prng_below(r, wide ? ARRAY_LEN(pieces) : ARRAY_LEN(pieces) - 3)]);
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s;
}
static void round_trip(uint64_t seed) {
    Prng r = {seed};
    Arena a;
    Buf b;
    EdiWriter w;
    Str data[20][6][4], what = STR_EMPTY;
    uint32_t segments = (uint32_t)prng_below(&r, 20);
    bool wide = prng_chance(&r, 50);
    arena_init(&a, 1u << 20), buf_init(&b, EDI_BYTES_MAX);
    edi_begin(&w, &b, &(EdiHeader){wide, STR("o'n?e"), STR("tw+o"), STR("c:1"), 1798761900000, "CODECO", "00B"});
    for (uint32_t i = 0; i < segments; i++) {
        edi_open(&w, "ABC");
        for (uint32_t k = 0; k < 6; k++)
            for (uint32_t c = 0; c < 4; c++) {
                data[i][k][c] = random_data(&r, &a, wide);
                c ? edi_more(&w, data[i][k][c]) : edi_put(&w, data[i][k][c]);
            }
        edi_close(&w);
    }
    edi_end(&w);
    Edifact e;
    Err err = edi_read(buf_view(&b), &a, &e, &what);
    if (err) fail_msg("seed %llu: " STR_F, (unsigned long long)seed, STR_A(what));
    assert_true(str_eq_c(e.sender, "o'n?e") && str_eq_c(e.recipient, "tw+o") && str_eq_c(e.control, "c:1"));
    assert_true(e.n == 1 && e.message[0].n == segments && str_eq_c(e.syntax, wide ? "UNOW" : "UNOC"));
    for (uint32_t i = 0; i < segments; i++)
        for (uint32_t k = 0; k < 6; k++)
            for (uint32_t c = 0; c < 4; c++)
                assert_true(str_eq(edi_data(&e.message[0].segment[i], k, c), data[i][k][c]));
    buf_deinit(&b), arena_deinit(&a);
}
static void what_is_written_reads_back(void **state) {
    (void)state;
    for (uint64_t seed = 1, n = prop_seeds(2000); seed <= n; seed++) round_trip(seed);
}
static void trailing_separators_are_left_out(void **state) {
    (void)state;
    Buf b;
    EdiWriter w;
    buf_init(&b, 4096);
    edi_begin(&w, &b, &(EdiHeader){false, STR("A"), STR("B"), STR("17"), 1798761900000, "CODECO", "00B"});
    edi_open(&w, "EQD"), edi_put(&w, STR("CN")), edi_more(&w, STR_EMPTY), edi_put(&w, STR_EMPTY),
        edi_more(&w, STR("x"));
    edi_more(&w, STR_EMPTY), edi_put(&w, STR_EMPTY), edi_close(&w);
    edi_end(&w);
    assert_str(buf_view(&b), "UNA:+.? '\nUNB+UNOC:3+A+B+270101:0005+17'\nUNH+1+CODECO:D:00B:UN'\nEQD+CN+:x'\nUNT+3+1'\n"
                             "UNZ+1+17'\n");
    buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_it_should),
        cmocka_unit_test(reads_other_service_characters_and_sets),
        cmocka_unit_test(says_what_is_wrong),
        cmocka_unit_test(keeps_its_limits),
        cmocka_unit_test(times),
        cmocka_unit_test(what_is_written_reads_back),
        cmocka_unit_test(trailing_separators_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

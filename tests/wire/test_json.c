// The JSON reader: golden vectors with every error, bounds, the tree's edits, and the same verdict as jansson on random
// and spoilt texts.
#include "cm.h"
#include "json_compare.h"
#include "prop.h"

static Arena arena;
static int setup(void **state) {
    (void)state;
    arena_init(&arena, 8u << 20);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}
static Json *read_good(Str text) {
    Json *v = NULL;
    Str what = STR_EMPTY;
    Err e = wire_parse_json(text, 8, &arena, &v, &what);
    if (e != OK) fail_msg(STR_F ": " STR_F, STR_A(text), STR_A(what));
    return v;
}
static const char *written(const Json *v) {
    Buf b;
    buf_init(&b, 1u << 20);
    jn_write(&b, v);
    const char *z = arena_cstr(&arena, buf_view(&b));
    buf_deinit(&b);
    return z;
}

static void values(void **state) {
    (void)state;
    static const struct {
        const char *text, *written;
    } all[] = {
        {"{}", "{}"},
        {" [ ] ", "[]"},
        {"\t{\r\n\"a\" : 1 , \"b\":[true,false,null]}\n", "{\"a\":1,\"b\":[true,false,null]}"},
        {"[0,-0,7,-7,9223372036854775807,-9223372036854775808]", "[0,0,7,-7,9223372036854775807,-9223372036854775808]"},
        {"[0.5,-1e5,1E+2,12.25e-3,1e-400]", "[0.5,-1e5,1E+2,12.25e-3,1e-400]"},
        {"[\"\",\"a\",\"12345678\",\"123456789\",\"Nguyễn 桂 😀\"]",
         "[\"\",\"a\",\"12345678\",\"123456789\",\"Nguyễn 桂 😀\"]"},
        {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", "[\"\\\"\\\\/\\u0008\\u000c\\u000a\\u000d\\u0009\"]"},
        {"[\"\\u0041\\u00e9\\u6842\\ud83d\\ude00\\uD83D\\uDE00 tail\"]", "[\"Aé桂😀😀 tail\"]"},
        {"{\"\":{\"\\u0061\":[[[]]]}}", "{\"\":{\"a\":[[[]]]}}"},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        assert_string_equal(written(read_good(str_c(all[i].text))), all[i].written);
}
static void texts_without_escapes_are_borrowed(void **state) {
    (void)state;
    static const char text[] = "{\"plate\":\"12C12345\",\"note\":\"a\\tb\"}";
    const Json *v = read_good(STR("{}"));
    v = read_good((Str){text, sizeof text - 1});
    const Json *plate = jn_get(v, "plate"), *note = jn_get(v, "note");
    assert_ptr_equal(plate->key, text + 2);
    assert_ptr_equal(plate->p, text + 10);
    assert_true(note->p < text || note->p > text + sizeof text);
    assert_true(str_eq(jn_text(note), STR("a\tb")));
}
static const struct {
    const char *text;
    size_t n; // 0: to the NUL
    const char *what;
} every[] = {
    {"", 0, "line 1, column 1: { or [ is expected, at the end of the text"},
    {"  \n ", 0, "line 2, column 2: { or [ is expected, at the end of the text"},
    {"\"a\"", 0, "line 1, column 1: { or [ is expected, at '\"'"},
    {"\xef\xbb\xbf{}", 0, "line 1, column 1: { or [ is expected"},
    {"{", 0, "line 1, column 2: a member name in quotes is expected, at the end of the text"},
    {"{1:2}", 0, "line 1, column 2: a member name in quotes is expected, at '1'"},
    {"{\"a\":1,}", 0, "line 1, column 8: a member name in quotes is expected, at '}'"},
    {"{\"a\" 1}", 0, "line 1, column 6: a colon is expected, at '1'"},
    {"{\"a\":}", 0, "line 1, column 6: a value is expected, at '}'"},
    {"{\"a\":1 \"b\":2}", 0, "line 1, column 8: a comma or } is expected, at '\"'"},
    {"{\"a\":1]", 0, "line 1, column 7: a comma or } is expected, at ']'"},
    {"[1,]", 0, "line 1, column 4: a value is expected, at ']'"},
    {"[1 2]", 0, "line 1, column 4: a comma or ] is expected, at '2'"},
    {"[1", 0, "line 1, column 3: a comma or ] is expected, at the end of the text"},
    {"[tru]", 0, "line 1, column 2: a value is expected, at 't'"},
    {"[True]", 0, "line 1, column 2: a value is expected, at 'T'"},
    {"[nul", 0, "line 1, column 2: a value is expected, at 'n'"},
    {"[+1]", 0, "line 1, column 2: a value is expected, at '+'"},
    {"[NaN]", 0, "line 1, column 2: a value is expected, at 'N'"},
    {"[01]", 0, "line 1, column 3: a number does not begin with 0, at '1'"},
    {"[-]", 0, "line 1, column 3: a digit is expected, at ']'"},
    {"[1.]", 0, "line 1, column 4: a digit is expected, at ']'"},
    {"[.5]", 0, "line 1, column 2: a value is expected, at '.'"},
    {"[1e]", 0, "line 1, column 4: a digit is expected, at ']'"},
    {"[1e+]", 0, "line 1, column 5: a digit is expected, at ']'"},
    {"[9223372036854775808]", 0, "line 1, column 2: the whole number does not fit 64 bits, at '9'"},
    {"[-9223372036854775809]", 0, "line 1, column 2: the whole number does not fit 64 bits, at '-'"},
    {"[99999999999999999999999]", 0, "line 1, column 2: the whole number does not fit 64 bits, at '9'"},
    {"[1e400]", 0, "line 1, column 2: the number is too large, at '1'"},
    {"[\"a]", 0, "line 1, column 5: the text has no closing quote, at the end of the text"},
    {"[\"a\\", 0, "line 1, column 5: the text has no closing quote, at the end of the text"},
    {"[\"abcdefgh\\\"]", 0, "line 1, column 14: the text has no closing quote, at the end of the text"},
    {"[\"a\nb\"]", 0, "line 1, column 4: a control character in a text must be escaped"},
    {"[\"a\0b\"]", 7, "line 1, column 4: a control character in a text must be escaped"},
    {"[\"\\x\"]", 0, "line 1, column 3: no such escape, at '\\'"},
    {"[\"\\u12g4\"]", 0, "line 1, column 3: \\u needs four hexadecimal digits, at '\\'"},
    {"[\"\\u12\"]", 0, "line 1, column 3: \\u needs four hexadecimal digits, at '\\'"},
    {"[\"\\u0000\"]", 0, "line 1, column 3: \\u0000 is not allowed, at '\\'"},
    {"[\"\\ud800\"]", 0, "line 1, column 3: half of a surrogate pair, at '\\'"},
    {"[\"\\ud800\\u0041\"]", 0, "line 1, column 3: half of a surrogate pair, at '\\'"},
    {"[\"\\udc00\"]", 0, "line 1, column 3: half of a surrogate pair, at '\\'"},
    {"[\"桂\xc3(\"]", 0, "line 1, column 4: invalid UTF-8"},
    {"[\"12345678\x80\"]", 0, "line 1, column 11: invalid UTF-8"},
    {"[\"\xed\xa0\x80\"]", 0, "line 1, column 3: invalid UTF-8"},
    {"[\"\xc0\xaf\"]", 0, "line 1, column 3: invalid UTF-8"},
    {"[\"\xf5\x80\x80\x80\"]", 0, "line 1, column 3: invalid UTF-8"},
    {"[\"\\n\xff\"]", 0, "line 1, column 5: invalid UTF-8"},
    {"{\"a\":1,\n \"a\":2}", 0, "line 2, column 2: the member name is there twice, at '\"'"},
    {"{\"a\":1,\"\\u0061\":2}", 0, "line 1, column 8: the member name is there twice, at '\"'"},
    {"{\"\":1,\"\":2}", 0, "line 1, column 7: the member name is there twice, at '\"'"},
    {"{} {}", 0, "line 1, column 4: nothing may follow the value, at '{'"},
    {"[]]", 0, "line 1, column 3: nothing may follow the value, at ']'"},
    {"[]\0", 3, "line 1, column 3: nothing may follow the value"},
    {"[[[[[[[[[]]]]]]]]]", 0, "line 1, column 9: nested deeper than 8, at '['"},
};
static void every_error(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(every); i++) {
        Json *v = NULL;
        Str what = STR_EMPTY, text = {every[i].text, every[i].n ? every[i].n : strlen(every[i].text)};
        assert_int_equal(wire_parse_json(text, 8, &arena, &v, &what), ERR_PARSE);
        assert_null(v);
        if (!str_eq_c(what, every[i].what))
            fail_msg("%s: \"" STR_F "\", not \"%s\"", every[i].text, STR_A(what), every[i].what);
    }
}
static void objects_with_many_members(void **state) {
    (void)state;
    for (int n = 60; n < 70; n++)
        for (int twice = -1; twice < n; twice++) { // the last name is that of an earlier member
            Buf b;
            buf_init(&b, 65536);
            buf_char(&b, '{');
            for (int i = 0; i < n; i++) buf_printf(&b, "\"%s%d\":%d,", i % 3 ? "k" : "\\u006b", i, i);
            buf_printf(&b, "\"k%d\":0}", twice < 0 ? n : twice);
            Json *v;
            Str what;
            Err e = wire_parse_json(buf_view(&b), 8, &arena, &v, &what);
            assert_int_equal(e, twice < 0 ? OK : ERR_PARSE);
            if (e)
                assert_true(what.n > 40 && strstr(what.p, "there twice"));
            else
                assert_int_equal(jn_get(v, "k65") ? jn_get(v, "k65")->i : 65, n == 65 ? 0 : 65);
            buf_deinit(&b);
            arena_reset(&arena);
        }
}
static void half_of_the_arena_at_most(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 4u << 20);
    buf_char(&b, '[');
    for (int i = 0; i < 500000; i++) buf_c(&b, "1,");
    buf_c(&b, "1]");
    Json *v = NULL;
    Str what = STR_EMPTY;
    arena_reset(&arena);
    assert_int_equal(wire_parse_json(buf_view(&b), 8, &arena, &v, &what), ERR_LIMIT);
    assert_null(v);
    assert_true(strstr(what.p, "too many values") != NULL);
    assert_true(arena.used <= arena.ceiling / 2 + 1024);
    buf_deinit(&b);
}
static void edits(void **state) {
    (void)state;
    Json *o = read_good(STR("{\"a\":1,\"b\":[1,2],\"c\":\"x\"}")), *more = read_good(STR("[3,{\"d\":4}]"));
    assert_true(jn_put(&arena, o, STR("a"), jn_get(o, "c")));
    assert_true(jn_put(&arena, o, STR("e"), &(Json){.type = JN_INT, .i = -5}));
    jn_extend(jn_get(o, "b"), more);
    assert_string_equal(written(o), "{\"a\":\"x\",\"b\":[1,2,3,{\"d\":4}],\"c\":\"x\",\"e\":-5}");
    assert_int_equal(jn_entry(jn_get(o, "b"), 2)->i, 3);
    assert_null(jn_entry(jn_get(o, "b"), 4));
    assert_null(jn_entry(o, 0));
    assert_null(jn_get(jn_get(o, "b"), "d"));
    assert_null(jn_get(NULL, "d"));
    assert_int_equal(jn_text(jn_get(o, "e")).n, 0);
    jn_take_out(o, "a");
    jn_take_out(o, "nothing");
    jn_take_out(o, "e");
    assert_string_equal(written(o), "{\"b\":[1,2,3,{\"d\":4}],\"c\":\"x\"}");
    jn_extend(more, jn_get(o, "b"));
    assert_string_equal(written(o), "{\"b\":[],\"c\":\"x\"}");
    assert_int_equal(more->n, 4);
}

// ---- against jansson
static void put_random_text(Buf *b, Prng *r) {
    static const char *const bits[] = {"a", "plate", "12345678", "\\n",  "\\u00e9", "\\ud83d\\ude00", "桂",  "é", "😀",
                                       " ", "/",     "\\/",      "\\\\", "\\\"",    "goods_kg",       "\x7f"};
    buf_char(b, '"');
    for (uint64_t n = prng_below(r, 5); n; n--) buf_c(b, bits[prng_below(r, ARRAY_LEN(bits))]);
    buf_char(b, '"');
}
static void put_random(Buf *b, Prng *r, int depth) {
    static const char *const words[] = {
        "0",   "-1",   "true", "false", "null", "9223372036854775807", "-9223372036854775808",
        "1.5", "1e10", "2E-7", "0.0",   "-0"};
    uint64_t what = prng_below(r, depth > 4 ? 2 : 4), n = prng_below(r, 6);
    if (what == 0) return buf_c(b, words[prng_below(r, ARRAY_LEN(words))]);
    if (what == 1) return put_random_text(b, r);
    buf_char(b, what == 2 ? '[' : '{');
    for (uint64_t i = 0; i < n; i++) {
        if (i) buf_c(b, prng_chance(r, 50) ? "," : " ,\n");
        if (what == 3) put_random_text(b, r), buf_c(b, prng_chance(r, 50) ? ":" : " : ");
        put_random(b, r, depth + 1);
    }
    buf_char(b, what == 2 ? ']' : '}');
}
static void spoil(Buf *b, Prng *r) {
    static const char marks[] = "{}[]\",:\\u0dDeE+-. \n\t\x01\x80\xc3\xe6\xf0\xff";
    for (uint64_t n = prng_below(r, 4); n && b->n > 1; n--) {
        size_t i = prng_below(r, b->n);
        char c = marks[prng_below(r, sizeof marks)]; // the NUL too
        switch (prng_below(r, 4)) {
        case 0: b->p[i] = c; break;
        case 1: memmove(b->p + i, b->p + i + 1, b->n - i - 1), b->n--; break;
        case 2: b->n = i; break;
        default: buf_char(b, 0), memmove(b->p + i + 1, b->p + i, b->n - i - 1), b->p[i] = c; break;
        }
    }
}
static void as_jansson(void **state) {
    (void)state;
    uint64_t seeds = prop_seeds(20000), taken = 0;
    for (uint64_t s = 1; s <= seeds; s++) {
        Prng r = {s * 7919};
        Buf b;
        buf_init(&b, 1u << 20);
        buf_c(&b, prng_chance(&r, 50) ? "[" : "{\"top\":");
        char close = b.p[0] == '[' ? ']' : '}';
        put_random(&b, &r, 0);
        buf_char(&b, close);
        if (prng_chance(&r, 60)) spoil(&b, &r);
        char *exact = malloc(b.n ? b.n : 1),
             what[256]; // of its very size: a byte read behind it is a fault under the sanitizer
        assert_non_null(exact);
        if (b.n) memcpy(exact, b.p, b.n);
        json_t *j = json_loadb(exact, b.n, JSON_REJECT_DUPLICATES, NULL);
        taken += j != NULL;
        json_decref(j);
        if (!json_compare((Str){exact, b.n}, what))
            fail_msg("seed %llu: %s\n" STR_F, (unsigned long long)s, what, STR_A(buf_view(&b)));
        free(exact);
        buf_deinit(&b);
    }
    print_message("%llu of %llu texts taken\n", (unsigned long long)taken, (unsigned long long)seeds);
    assert_true(taken > seeds / 5 && taken < seeds * 4 / 5);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(values),
                                       cmocka_unit_test(texts_without_escapes_are_borrowed),
                                       cmocka_unit_test(every_error),
                                       cmocka_unit_test(objects_with_many_members),
                                       cmocka_unit_test(half_of_the_arena_at_most),
                                       cmocka_unit_test(edits),
                                       cmocka_unit_test(as_jansson)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

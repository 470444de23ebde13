// Arena, buffer, JSON text, UTF-8 and field tables.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/field.h"
#include "prop.h"

static void arenas(void **state) {
    (void)state;
    Arena a;
    arena_init(&a, 100000);
    for (uint32_t i = 0; i < 1000; i++) {
        unsigned char *p = arena_alloc(&a, 1 + i % 60);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p & 15, 0);
        for (uint32_t k = 0; k < 1 + i % 60; k++) assert_int_equal(p[k], 0);
        memset(p, 0xff, 1 + i % 60);
        if (i == 500) arena_reset(&a); // what is given out again is zeroed again
    }
    assert_null(arena_alloc(&a, 100001));
    arena_reset(&a);
    assert_non_null(arena_alloc(&a, 99000));
    assert_null(arena_alloc(&a, 2000));
    assert_null(arena_str(&a, (Str){"x", 2000}).p);
    assert_true(str_eq_c(arena_str(&a, STR("abc")), "abc"));
    assert_null(arena_alloc(&a, SIZE_MAX - 3));
    arena_deinit(&a);
}
static void buffers(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 10);
    buf_c(&b, "12345678");
    buf_c(&b, "abc"); // over the ceiling: dropped, and remembered
    assert_true(b.overflow && str_eq_c(buf_view(&b), "12345678"));
    buf_char(&b, 'x');
    assert_int_equal(b.n, 8);
    buf_clear(&b);
    buf_char(&b, 'x');
    assert_true(!b.overflow && str_eq_c(buf_view(&b), "x"));
    buf_deinit(&b);
    buf_init(&b, 5000);
    buf_i64(&b, INT64_MIN), buf_char(&b, ' '), buf_u64(&b, UINT64_MAX), buf_char(&b, ' '), buf_i64(&b, 0);
    assert_true(str_eq_c(buf_view(&b), "-9223372036854775808 18446744073709551615 0"));
    buf_clear(&b);
    buf_printf(&b, "%0600d", 7); // longer than what is tried on the stack
    assert_int_equal(b.n, 600);
    assert_int_equal(b.p[599], '7');
    buf_deinit(&b);
}
static void json(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 5000);
    json_open(&b, '{');
    json_key(&b, "a"), json_int(&b, -5);
    json_key(&b, "b"), json_open(&b, '['), json_bool(&b, true), json_bool(&b, false), json_time(&b, 0),
        json_close(&b, ']');
    json_key(&b, "c"), json_str(&b, (Str){"q\"b\\n\n\x01\x1f"
                                          "end",
                                          11});
    json_key(&b, "d"), json_open(&b, '{'), json_close(&b, '}');
    json_key(&b, "e"), json_time(&b, 1000);
    json_key(&b, "f"), json_raw(&b, STR("[1]")), json_key(&b, "g"), json_c(&b, "Đường 友");
    json_close(&b, '}');
    assert_true(str_eq_c(buf_view(&b),
                         "{\"a\":-5,\"b\":[true,false,null],\"c\":\"q\\\"b\\\\n\\u000a\\u0001\\u001fend\",\"d\":{},"
                         "\"e\":\"1970-01-01T00:00:01.000Z\",\"f\":[1],\"g\":\"Đường 友\"}"));
    buf_deinit(&b);
}
// Eight bytes are looked at together: every byte at every place must be escaped or not as it is alone.
static void json_bytes(void **state) {
    (void)state;
    for (unsigned c = 1; c < 256; c++)
        for (size_t at = 0; at < 20; at++) {
            char text[20], want[64] = "\"";
            memset(text, 'z', sizeof text);
            text[at] = (char)c;
            for (size_t i = 0; i < sizeof text; i++) {
                size_t n = strlen(want);
                unsigned char x = (unsigned char)text[i];
                if (x == '"' || x == '\\')
                    snprintf(want + n, sizeof want - n, "\\%c", x);
                else if (x < 0x20)
                    snprintf(want + n, sizeof want - n, "\\u%04x", x);
                else
                    want[n] = (char)x, want[n + 1] = 0;
            }
            size_t end = strlen(want);
            want[end] = '"', want[end + 1] = 0;
            Buf b;
            buf_init(&b, 1000);
            json_str(&b, (Str){text, sizeof text});
            assert_true(str_eq_c(buf_view(&b), want));
            buf_deinit(&b);
        }
}
// A second decoder, by the definition: shortest form, at most U+10FFFF, no surrogates.
static bool utf8_by_value(const unsigned char *p, size_t n) {
    for (size_t i = 0; i < n;) {
        unsigned lead = p[i], len = lead < 0x80       ? 1
                                    : lead >> 5 == 6  ? 2
                                    : lead >> 4 == 14 ? 3
                                    : lead >> 3 == 30 ? 4
                                                      : 0;
        if (!len || i + len > n) return false;
        uint32_t v = len == 1 ? lead : lead & (0x7fu >> len);
        for (unsigned k = 1; k < len; k++) {
            if (p[i + k] >> 6 != 2) return false;
            v = v << 6 | (p[i + k] & 63);
        }
        static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
        if (v < least[len] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000)) return false;
        i += len;
    }
    return true;
}
static void utf8(void **state) {
    (void)state;
    static const unsigned char edge[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf,
                                         0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xec, 0xed, 0xee,
                                         0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xf8, 0xfc, 0xff};
    const size_t k = ARRAY_LEN(edge);
    for (size_t i = 0; i < k * k * k * k; i++) {
        unsigned char t[5] = {edge[i % k], edge[i / k % k], edge[i / k / k % k], edge[i / k / k / k], 'x'};
        for (size_t n = 1; n <= 5; n++)
            if (utf8_valid((Str){(char *)t, n}) != utf8_by_value(t, n))
                fail_msg("%02x %02x %02x %02x, %zu bytes", t[0], t[1], t[2], t[3], n);
    }
    assert_true(utf8_valid(STR_EMPTY));
}

typedef struct {
    bool yes;
    uint8_t small, pick, dyn;
    uint32_t set, number, ref;
    int64_t big, when;
    Str text;
    StrList texts;
    List list;
} Sample;
static const char *const names_list[] = {"", "one", "two"};
static const Names names = {names_list, 3};
static const Field inner_f[] = {{"big", FIELD_I64, 0, offsetof(Sample, big), NULL}};
static const FieldTable inner_t = {"inner", sizeof(Sample), 1, inner_f};
static const Field sample_f[] = {
    {"yes", FIELD_BOOL, 0, offsetof(Sample, yes), NULL},     {"small", FIELD_U8, 0, offsetof(Sample, small), NULL},
    {"pick", FIELD_ENUM, 0, offsetof(Sample, pick), &names}, {"dyn", FIELD_DYN, 1, offsetof(Sample, dyn), NULL},
    {"set", FIELD_SET, 0, offsetof(Sample, set), &names},    {"number", FIELD_U32, 0, offsetof(Sample, number), NULL},
    {"ref", FIELD_REF, 0, offsetof(Sample, ref), NULL},      {"big", FIELD_I64, 0, offsetof(Sample, big), NULL},
    {"when", FIELD_TIME, 0, offsetof(Sample, when), NULL},   {"text", FIELD_STR, 0, offsetof(Sample, text), NULL},
    {"texts", FIELD_STRS, 0, offsetof(Sample, texts), NULL}, {"list", FIELD_LIST, 0, offsetof(Sample, list), &inner_t}};
static const FieldTable sample_t = {"sample", sizeof(Sample), ARRAY_LEN(sample_f), sample_f};
static void fields(void **state) {
    (void)state;
    static const Str dyn_names[] = {{"H1", 2}, {"H2", 2}};
    DynNames dyn = {.ref_prefix = STR("HN")};
    dyn.set[1].names = dyn_names, dyn.set[1].n = 2;
    Str two[] = {STR("x"), STR("y")};
    Sample in[2] = {{.big = 1, .dyn = DYN_NONE}, {.big = 2, .dyn = DYN_NONE}};
    Sample s = {.yes = true,
                .small = 7,
                .pick = 2,
                .dyn = 1,
                .set = 6,
                .number = 9,
                .ref = 42,
                .big = -1,
                .when = 1,
                .text = STR("t"),
                .texts = {two, 2},
                .list = {in, 2}};
    Buf b;
    buf_init(&b, 5000);
    json_open(&b, '{'), field_write(&b, &sample_t, &s, &dyn), json_close(&b, '}');
    char ref[PASS_REF_MAX], want[500];
    pass_ref_format(STR("HN"), 42, ref);
    snprintf(want, sizeof want,
             "{\"yes\":true,\"small\":7,\"pick\":\"two\",\"dyn\":\"H2\",\"set\":[\"one\",\"two\"],\"number\":9,\"ref\":"
             "\"%s\",\"big\":-1,"
             "\"when\":\"1970-01-01T00:00:00.001Z\",\"text\":\"t\",\"texts\":[\"x\",\"y\"],\"list\":[{\"big\":1},{"
             "\"big\":2}]}",
             ref);
    assert_true(str_eq_c(buf_view(&b), want));
    buf_clear(&b);
    field_write(&b, &sample_t, &(Sample){.dyn = DYN_NONE}, &dyn); // nothing of what is empty
    assert_int_equal(b.n, 0);
    buf_deinit(&b);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arenas), cmocka_unit_test(buffers),
                                       cmocka_unit_test(json),   cmocka_unit_test(json_bytes),
                                       cmocka_unit_test(utf8),   cmocka_unit_test(fields)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

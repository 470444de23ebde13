#include "app_lif_text.h"

#define LEAD     "cuakhau: "
#define BETWEEN  "; "
#define TEXT_MAX (1u << 20)

// ---- writing
void lif_text_init(LifText *t, Arena *a) {
    *t = (LifText){.a = a};
    buf_init(&t->b, TEXT_MAX);
}
void lif_text_deinit(LifText *t) {
    buf_deinit(&t->b);
}
void lif_text_key(LifText *t, const char *key) {
    buf_c(&t->b, t->b.n ? BETWEEN : LEAD);
    buf_c(&t->b, key);
    t->valued = false;
}
static bool is_special(char c) {
    return (unsigned char)c < 0x20 || c == '%' || c == ';' || c == '=' || c == ',';
}
void lif_text_value(LifText *t, Str value) {
    buf_char(&t->b, t->valued ? ',' : '=');
    t->valued = true;
    for (size_t i = 0; i < value.n; i++)
        if (is_special(value.p[i]))
            buf_printf(&t->b, "%%%02X", (unsigned)value.p[i]);
        else
            buf_char(&t->b, value.p[i]);
}
void lif_text_number(LifText *t, uint32_t value) {
    char digits[16];
    int n = snprintf(digits, sizeof digits, "%u", value);
    lif_text_value(t, (Str){digits, (size_t)n});
}
Str lif_text_take(LifText *t) {
    Str s = {NULL, 0};
    if (t->b.n) s = arena_str(t->a, buf_view(&t->b));
    t->full |= t->b.overflow || (t->b.n && !s.p);
    buf_clear(&t->b);
    return s;
}

// ---- reading
bool lif_text_ours(Str description, Arena *a, LifReader *ret) {
    if (!str_starts(description, STR(LEAD))) return false;
    size_t lead = sizeof LEAD - 1;
    *ret = (LifReader){.a = a, .rest = {description.p + lead, description.n - lead}};
    return true;
}
static int hex(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}
static bool plain(Arena *a, Str s, Str *ret) { // %XX to bytes
    if (!s.n || !memchr(s.p, '%', s.n)) {
        *ret = s;
        return true;
    }
    char *to = arena_alloc(a, s.n);
    size_t n = 0;
    for (size_t i = 0; to && i < s.n; i++) {
        if (s.p[i] != '%') {
            to[n++] = s.p[i];
            continue;
        }
        int hi = i + 2 < s.n ? hex(s.p[i + 1]) : -1, lo = i + 2 < s.n ? hex(s.p[i + 2]) : -1;
        if (hi < 0 || lo < 0 || !is_special((char)(hi << 4 | lo)) || (hi | lo) == 0) return false;
        to[n++] = (char)(hi << 4 | lo);
        i += 2;
    }
    *ret = (Str){to, n};
    return to != NULL;
}
static Str until(Str *s, const char *mark) { // what is before it; s goes behind it
    size_t k = strlen(mark);
    for (size_t i = 0; i + k <= s->n; i++) {
        if (memcmp(s->p + i, mark, k) != 0) continue;
        Str before = {s->p, i};
        *s = (Str){s->p + i + k, s->n - i - k};
        return before;
    }
    Str all = *s;
    *s = STR_EMPTY;
    return all;
}
bool lif_text_next(LifReader *r, LifPair *ret) {
    if (!r->rest.n || r->bad) return false;
    Str pair = until(&r->rest, BETWEEN);
    bool valued = memchr(pair.p, '=', pair.n) != NULL;
    LifPair p = {.key = until(&pair, "=")};
    r->bad = !p.key.n;
    while (valued && !r->bad) {
        bool more = pair.n && memchr(pair.p, ',', pair.n);
        if (p.n == LIF_VALUES_MAX || !plain(r->a, until(&pair, ","), &p.value[p.n++])) r->bad = true;
        if (!more) break;
    }
    if (!r->bad) *ret = p;
    return !r->bad;
}
bool lif_text_u32(Str value, uint32_t *ret) {
    uint64_t v = 0;
    if (!value.n || value.n > 10) return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') return false;
        v = v * 10 + (uint64_t)(value.p[i] - '0');
    }
    *ret = (uint32_t)v;
    return v <= UINT32_MAX;
}

#include "base.h"

void buf_init(Buf *b, size_t ceiling) {
    *b = (Buf){.p = NULL, .n = 0, .cap = 0, .ceiling = ceiling, .overflow = false};
}
void buf_deinit(Buf *b) {
    free(b->p);
    buf_init(b, b->ceiling);
}
void buf_clear(Buf *b) {
    b->n = 0;
    b->overflow = false;
}
static bool buf_room(Buf *b, size_t n) {
    if (b->overflow) return false;
    if (b->cap - b->n >= n) return true;
    size_t want = MAX(b->n + n, MIN(b->cap * 2, b->ceiling));
    want = MAX(want, MIN((size_t)1024, b->ceiling));
    if (n > b->ceiling || b->n + n > b->ceiling) {
        b->overflow = true;
        return false;
    }
    char *p = realloc(b->p, want);
    CK_ASSERT(p != NULL);
    b->p = p;
    b->cap = want;
    return true;
}
void buf_put(Buf *b, const void *p, size_t n) {
    if (n == 0 || !buf_room(b, n)) return;
    memcpy(b->p + b->n, p, n);
    b->n += n;
}
void buf_str(Buf *b, Str s) {
    buf_put(b, s.p, s.n);
}
void buf_c(Buf *b, const char *z) {
    buf_put(b, z, strlen(z));
}
void buf_char(Buf *b, char c) {
    buf_put(b, &c, 1);
}
void buf_u64(Buf *b, uint64_t v) {
    char t[20];
    size_t i = sizeof t;
    do t[--i] = (char)('0' + v % 10);
    while (v /= 10);
    buf_put(b, t + i, sizeof t - i);
}
void buf_i64(Buf *b, int64_t v) {
    if (v < 0) buf_char(b, '-');
    buf_u64(b, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}
void buf_printf(Buf *b, const char *fmt, ...) {
    char small[512];
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(small, sizeof small, fmt, ap);
    va_end(ap);
    CK_ASSERT(n >= 0);
    if ((size_t)n < sizeof small) {
        buf_put(b, small, (size_t)n);
    } else if (buf_room(b, (size_t)n + 1)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}
Str buf_view(const Buf *b) {
    return b->n ? (Str){b->p, b->n} : STR_EMPTY;
}

// A comma is due unless the value opens the text, a bracket, a member or a line.
static void json_sep(Buf *b) {
    if (b->n == 0) return;
    char last = b->p[b->n - 1];
    if (last != '{' && last != '[' && last != ':' && last != '\n') buf_char(b, ',');
}
void json_open(Buf *b, char bracket) {
    json_sep(b);
    buf_char(b, bracket);
}
void json_close(Buf *b, char bracket) {
    buf_char(b, bracket);
}
// Eight bytes at once: does one of them need an escape (below 0x20, a quote, a backslash)? Bytes from 0x80 up never do.
#define ONES 0x0101010101010101u
static bool plain8(const char *p) {
    uint64_t w;
    memcpy(&w, p, 8);
    uint64_t quote = w ^ (ONES * '"'), back = w ^ (ONES * '\\');
    uint64_t low = (w - ONES * 0x20) & ~w, q = (quote - ONES) & ~quote, b = (back - ONES) & ~back;
    return ((low | q | b) & (ONES * 0x80)) == 0;
}
static void json_escape(Buf *b, unsigned char c) {
    static const char hex[] = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        char two[2] = {'\\', (char)c};
        buf_put(b, two, 2);
    } else {
        char esc[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
        buf_put(b, esc, 6);
    }
}
static void json_quote(Buf *b, Str s) {
    buf_char(b, '"');
    size_t from = 0, i = 0;
    while (i < s.n) {
        if (s.n - i >= 8 && plain8(s.p + i)) {
            i += 8;
            continue;
        }
        unsigned char c = (unsigned char)s.p[i++];
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        buf_put(b, s.p + from, i - 1 - from);
        from = i;
        json_escape(b, c);
    }
    buf_put(b, s.p + from, s.n - from);
    buf_char(b, '"');
}
void json_key(Buf *b, const char *key) {
    json_sep(b);
    buf_char(b, '"');
    buf_c(b, key);
    buf_put(b, "\":", 2);
}
void json_str(Buf *b, Str s) {
    json_sep(b);
    json_quote(b, s);
}
void json_c(Buf *b, const char *z) {
    json_str(b, str_c(z));
}
void json_int(Buf *b, int64_t v) {
    json_sep(b);
    buf_i64(b, v);
}
void json_bool(Buf *b, bool v) {
    json_sep(b);
    buf_c(b, v ? "true" : "false");
}
void json_raw(Buf *b, Str json) {
    json_sep(b);
    buf_str(b, json);
}
void json_time(Buf *b, int64_t t_ms) {
    if (t_ms == 0 || t_ms == TIME_NEVER) {
        json_raw(b, STR("null"));
        return;
    }
    char t[ISO8601_LEN + 1];
    iso8601_format(t_ms, t);
    json_str(b, (Str){t, ISO8601_LEN});
}

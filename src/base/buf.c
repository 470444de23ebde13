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
static bool buf_grow(Buf *b, size_t n) {
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
static inline bool buf_room(Buf *b, size_t n) {
    if (b->overflow) return false;
    return b->cap - b->n >= n || buf_grow(b, n);
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
    if (buf_room(b, 1)) b->p[b->n++] = c;
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
static inline bool comma_due(const Buf *b) {
    if (b->n == 0) return false;
    char last = b->p[b->n - 1];
    return last != '{' && last != '[' && last != ':' && last != '\n';
}
static void json_sep(Buf *b) {
    if (comma_due(b)) buf_char(b, ',');
}
void json_open(Buf *b, char bracket) {
    json_sep(b);
    buf_char(b, bracket);
}
void json_close(Buf *b, char bracket) {
    buf_char(b, bracket);
}
static inline bool needs_escape(char c) {
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
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
static void json_escaped(Buf *b, Str s) {
    size_t from = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (!needs_escape(s.p[i])) continue;
        buf_put(b, s.p + from, i - from);
        from = i + 1;
        json_escape(b, (unsigned char)s.p[i]);
    }
    buf_put(b, s.p + from, s.n - from);
}
void json_key(Buf *b, const char *key) {
    size_t n = strlen(key), comma = comma_due(b);
    if (!buf_room(b, n + 3 + comma)) return;
    char *to = b->p + b->n;
    if (comma) *to++ = ',';
    *to++ = '"';
    memcpy(to, key, n);
    to += n;
    *to++ = '"';
    *to = ':';
    b->n += n + 3 + comma;
}
// Room once, then eight bytes at a time; most texts have nothing to escape.
void json_str(Buf *b, Str s) {
    size_t comma = comma_due(b), i = 0;
    if (!buf_room(b, s.n + 2 + comma)) return;
    char *to = b->p + b->n;
    if (comma) *to++ = ',';
    *to++ = '"';
    for (uint64_t w; s.n - i >= 8 && !json_stop8(s.p + i, &w); i += 8) memcpy(to + i, &w, 8);
    for (; i < s.n && !needs_escape(s.p[i]); i++) to[i] = s.p[i];
    to += i;
    if (i == s.n) *to++ = '"';
    b->n = (size_t)(to - b->p);
    if (i == s.n) return;
    json_escaped(b, (Str){s.p + i, s.n - i});
    buf_char(b, '"');
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

// JSON objects of a journal, read in place: an event LINK has 2 kB of which six members are wanted, a day has 40,000 of
// them. Strict (RFC 8259): what is skipped is looked at as well, no wanted member may come twice, no name has an
// escape.
#include "verify.h"

typedef struct {
    const char *p, *end;
} Scan;
static void blanks(Scan *s) {
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r')) s->p++;
}
static bool next_is(Scan *s, char c) {
    blanks(s);
    if (s->p >= s->end || *s->p != c) return false;
    s->p++;
    return true;
}
static bool hex4(const char *p, unsigned *ret) {
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char c = (unsigned char)p[i], low = c | 0x20;
        if (c >= '0' && c <= '9')
            v = v * 16 + (unsigned)(c - '0');
        else if (low >= 'a' && low <= 'f')
            v = v * 16 + (unsigned)(low - 'a' + 10);
        else
            return false;
    }
    *ret = v;
    return true;
}
static bool skip_escape(Scan *s) { // behind the backslash
    unsigned v;
    if (s->p >= s->end) return false;
    char c = *s->p++;
    if (c == 'u') {
        if (s->end - s->p < 4 || !hex4(s->p, &v)) return false;
        s->p += 4;
        return true;
    }
    return c && strchr("\"\\/bfnrt", c);
}
static bool skip_string(Scan *s) { // behind its first quote
    while (s->p < s->end) {
        unsigned char c = (unsigned char)*s->p++;
        if (c == '"') return true;
        if (c < 0x20 || (c == '\\' && !skip_escape(s))) return false;
    }
    return false;
}
static bool skip_digits(Scan *s) {
    const char *from = s->p;
    while (s->p < s->end && *s->p >= '0' && *s->p <= '9') s->p++;
    return s->p > from;
}
static bool skip_number(Scan *s) {
    if (s->p < s->end && *s->p == '-') s->p++;
    const char *from = s->p;
    if (!skip_digits(s) || (*from == '0' && s->p - from > 1)) return false;
    if (s->p < s->end && *s->p == '.') {
        s->p++;
        if (!skip_digits(s)) return false;
    }
    if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
        s->p++;
        if (s->p < s->end && (*s->p == '+' || *s->p == '-')) s->p++;
        return skip_digits(s);
    }
    return true;
}
static bool skip_word(Scan *s) {
    static const char *const words[] = {"true", "false", "null"};
    for (size_t i = 0; i < COUNT_OF(words); i++) {
        size_t n = strlen(words[i]);
        if ((size_t)(s->end - s->p) < n || memcmp(s->p, words[i], n) != 0) continue;
        s->p += n;
        return true;
    }
    return false;
}
static bool skip_value(Scan *s, int depth) {
    enum { DEPTH_MAX = 32 };
    blanks(s);
    if (s->p >= s->end || depth > DEPTH_MAX) return false;
    char c = *s->p;
    if (c == '"') {
        s->p++;
        return skip_string(s);
    }
    if (c != '{' && c != '[') return c == '-' || (c >= '0' && c <= '9') ? skip_number(s) : skip_word(s);
    char close = c == '{' ? '}' : ']';
    s->p++;
    if (next_is(s, close)) return true;
    do {
        if (c == '{' && (!next_is(s, '"') || !skip_string(s) || !next_is(s, ':'))) return false;
        if (!skip_value(s, depth + 1)) return false;
    } while (next_is(s, ','));
    return next_is(s, close);
}
static bool member(Scan *s, const char *const *names, size_t n, Text *ret) {
    if (!next_is(s, '"')) return false;
    const char *from = s->p;
    if (!skip_string(s)) return false;
    Text name = {from, (size_t)(s->p - from) - 1};
    if (memchr(name.p, '\\', name.n) || !next_is(s, ':')) return false;
    blanks(s);
    from = s->p;
    if (!skip_value(s, 1)) return false;
    for (size_t i = 0; i < n; i++) {
        if (!text_is(name, names[i])) continue;
        if (ret[i].p) return false;
        ret[i] = (Text){from, (size_t)(s->p - from)};
    }
    return true;
}
bool scan_members(Text object, const char *const *names, size_t n, Text *ret) {
    Scan s = {object.p, object.p + object.n};
    memset(ret, 0, n * sizeof *ret);
    if (!next_is(&s, '{')) return false;
    if (!next_is(&s, '}')) {
        do
            if (!member(&s, names, n, ret)) return false;
        while (next_is(&s, ','));
        if (!next_is(&s, '}')) return false;
    }
    blanks(&s);
    return s.p == s.end;
}

// ---- values
static char *put_utf8(char *to, unsigned v) {
    if (v < 0x80) {
        *to++ = (char)v;
        return to;
    }
    if (v < 0x800) {
        *to++ = (char)(0xc0 | v >> 6);
    } else {
        if (v < 0x10000) {
            *to++ = (char)(0xe0 | v >> 12);
        } else {
            *to++ = (char)(0xf0 | v >> 18);
            *to++ = (char)(0x80 | (v >> 12 & 0x3f));
        }
        *to++ = (char)(0x80 | (v >> 6 & 0x3f));
    }
    *to++ = (char)(0x80 | (v & 0x3f));
    return to;
}
static const char *escape(const char *p, const char *end, char **to) { // behind the backslash; NULL: half a pair
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    unsigned v, low;
    char c = *p++;
    if (c != 'u') {
        *(*to)++ = into[strchr(from, c) - from];
        return p;
    }
    (void)hex4(p, &v);
    p += 4;
    if (v >= 0xdc00 && v < 0xe000) return NULL;
    if (v >= 0xd800 && v < 0xdc00) {
        if (end - p < 6 || p[0] != '\\' || p[1] != 'u' || !hex4(p + 2, &low) || low < 0xdc00 || low >= 0xe000)
            return NULL;
        v = 0x10000 + ((v - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    }
    *to = put_utf8(*to, v);
    return p;
}
bool scan_text(Text value, char *room, Text *ret) {
    if (!value.p || value.n < 2 || value.p[0] != '"') return false;
    const char *p = value.p + 1, *end = value.p + value.n - 1;
    char *to = room;
    while (p < end) {
        const char *stop = memchr(p, '\\', (size_t)(end - p));
        size_t n = (size_t)((stop ? stop : end) - p);
        memcpy(to, p, n);
        to += n, p += n;
        if (stop && !(p = escape(p + 1, end, &to))) return false;
    }
    *ret = (Text){room, (size_t)(to - room)};
    return true;
}
bool scan_number(Text value, int64_t *ret) {
    int64_t v = 0;
    if (!value.p || value.n == 0 || value.n > 18) return false;
    for (size_t i = 0; i < value.n; i++) {
        if (value.p[i] < '0' || value.p[i] > '9') return false;
        v = v * 10 + (value.p[i] - '0');
    }
    *ret = v;
    return true;
}
static Text inside(Text value) { // of a string without escapes, as hashes and times are
    if (!value.p || value.n < 2 || value.p[0] != '"') return (Text){"", 0};
    return (Text){value.p + 1, value.n - 2};
}
bool scan_hash(Text value, Hash *ret) {
    return hash_read(inside(value), ret);
}
bool scan_moment(Text value, int64_t *ret) {
    return time_read(inside(value), ret);
}

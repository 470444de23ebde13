#include "wire_json.h"
#include <math.h>

#define NODES_AT_ONCE 32u
#define BLOOM_MAX     64u // members of an object that are compared as they come; more are sorted at its end

typedef struct {
    const char *begin, *at, *end;
    Arena *a;
    size_t budget; // bytes of the arena
    Json *spare;
    uint32_t spare_n;
    int depth, depth_max;
    Err err;
    const char *wrong_at, *why;
    char why_text[48];
} Reader;

static bool wrong_at(Reader *r, const char *at, const char *why) {
    r->err = ERR_PARSE;
    r->wrong_at = at;
    r->why = why;
    return false;
}
static bool wrong(Reader *r, const char *why) {
    return wrong_at(r, r->at, why);
}
static void *take(Reader *r, size_t n) {
    void *p = n <= r->budget ? arena_alloc(r->a, n) : NULL;
    if (p) {
        r->budget -= n;
        return p;
    }
    (void)wrong(r, "the text holds too many values");
    r->err = ERR_LIMIT;
    return NULL;
}
static Json *node_new(Reader *r) {
    if (r->spare_n == 0) {
        r->spare = take(r, NODES_AT_ONCE * sizeof(Json));
        if (!r->spare) return NULL;
        r->spare_n = NODES_AT_ONCE;
    }
    r->spare_n--;
    return r->spare++;
}
static inline void skip(Reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == '\n' || *r->at == '\r' || *r->at == '\t')) r->at++;
}
static inline bool next_is(const Reader *r, char c) {
    return r->at < r->end && *r->at == c;
}

// ---- texts
static int hex4(const char *p, const char *end) { // -1: not four hexadecimal digits
    int v = 0;
    if (end - p < 4) return -1;
    for (int i = 0; i < 4; i++) {
        char c = p[i], l = (char)(c | 0x20);
        int d = c >= '0' && c <= '9' ? c - '0' : l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
        if (d < 0) return -1;
        v = v << 4 | d;
    }
    return v;
}
static size_t put_utf8(char *to, unsigned c) {
    if (c < 0x80) return to[0] = (char)c, 1;
    if (c < 0x800) return to[0] = (char)(0xc0 | c >> 6), to[1] = (char)(0x80 | (c & 63)), 2;
    if (c < 0x10000) {
        to[0] = (char)(0xe0 | c >> 12), to[1] = (char)(0x80 | (c >> 6 & 63)), to[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    to[0] = (char)(0xf0 | c >> 18), to[1] = (char)(0x80 | (c >> 12 & 63)), to[2] = (char)(0x80 | (c >> 6 & 63)),
    to[3] = (char)(0x80 | (c & 63));
    return 4;
}
// `p` is behind "\u". A character beyond U+FFFF comes as two: RFC 8259 7.
static bool read_unicode(Reader *r, const char **p, char **to) {
    const char *from = *p - 2;
    int c = hex4(*p, r->end);
    if (c < 0) return wrong_at(r, from, "\\u needs four hexadecimal digits");
    *p += 4;
    if (c == 0) return wrong_at(r, from, "\\u0000 is not allowed");
    if (c >= 0xdc00 && c <= 0xdfff) return wrong_at(r, from, "half of a surrogate pair");
    if (c >= 0xd800 && c <= 0xdbff) {
        int low = r->end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u' ? hex4(*p + 2, r->end) : -1;
        if (low < 0xdc00 || low > 0xdfff) return wrong_at(r, from, "half of a surrogate pair");
        *p += 6;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    *to += put_utf8(*to, (unsigned)c);
    return true;
}
static bool decode(Reader *r, Str raw, const char **ret, uint32_t *ret_n) { // never longer than it was written
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    char *to = take(r, raw.n), *begin = to;
    if (!to) return false;
    for (const char *p = raw.p, *end = raw.p + raw.n; p < end;) {
        if (*p != '\\') {
            *to++ = *p++;
            continue;
        }
        char c = p[1]; // there is one: the text does not end in a backslash
        const char *known = c ? strchr(from, c) : NULL;
        p += 2;
        if (c == 'u') {
            if (!read_unicode(r, &p, &to)) return false;
        } else if (known) {
            *to++ = into[known - from];
        } else {
            return wrong_at(r, p - 2, "no such escape");
        }
    }
    *ret = begin;
    *ret_n = (uint32_t)(to - begin);
    return true;
}
static bool wrong_utf8(Reader *r, Str s) { // finds the place
    size_t i = 0;
    while (i < s.n) {
        unsigned char c = (unsigned char)s.p[i];
        size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
        if (n > s.n - i || !utf8_valid((Str){s.p + i, n})) break;
        i += n;
    }
    return wrong_at(r, s.p + i, "invalid UTF-8");
}
// r->at is at the opening quote.
static bool read_text(Reader *r, const char **ret, uint32_t *ret_n) {
    const char *p = r->at + 1, *from = p;
    bool escapes = false;
    uint64_t high = 0;
    for (;;) {
        while (r->end - p >= 8) {
            uint64_t w, stop = json_stop8(p, &w);
            if (stop) {
                int ahead = __builtin_ctzll(stop) & ~7; // bits of the plain bytes before it
                high |= w & ((1ull << ahead) - 1);
                p += ahead / 8;
                break;
            }
            high |= w;
            p += 8;
        }
        if (p == r->end) return wrong_at(r, p, "the text has no closing quote");
        if (*p == '"') break;
        if (*p == '\\') {
            escapes = true;
            p += 2;
            if (p > r->end) return wrong_at(r, r->end, "the text has no closing quote");
        } else if ((unsigned char)*p < 0x20) {
            return wrong_at(r, p, "a control character in a text must be escaped");
        } else {
            high |= (unsigned char)*p++;
        }
    }
    Str raw = {from, (size_t)(p - from)};
    if ((high & 0x8080808080808080u || escapes) && !utf8_valid(raw)) return wrong_utf8(r, raw);
    if (escapes) {
        if (!decode(r, raw, ret, ret_n)) return false;
    } else {
        *ret = raw.p;
        *ret_n = (uint32_t)raw.n;
    }
    r->at = p + 1;
    return true;
}

// ---- numbers
static inline bool digit_at(const Reader *r, const char *p) {
    return p < r->end && *p >= '0' && *p <= '9';
}
// A real number keeps its text: nothing at the gate is measured in one. It must still be one that a double can hold.
static bool read_real(Reader *r, Json *v, const char *p) {
    const char *from = r->at;
    if (*p == '.') {
        if (!digit_at(r, ++p)) return wrong_at(r, p, "a digit is expected");
        while (digit_at(r, p)) p++;
    }
    if (p < r->end && (*p == 'e' || *p == 'E')) {
        p++;
        if (p < r->end && (*p == '+' || *p == '-')) p++;
        if (!digit_at(r, p)) return wrong_at(r, p, "a digit is expected");
        while (digit_at(r, p)) p++;
    }
    size_t n = (size_t)(p - from);
    char *z = take(r, n + 1);
    if (!z) return false;
    memcpy(z, from, n);
    if (isinf(strtod(z, NULL))) return wrong(r, "the number is too large");
    v->type = JN_REAL;
    v->p = z;
    v->n = (uint32_t)n;
    r->at = p;
    return true;
}
static bool read_number(Reader *r, Json *v) {
    const char *p = r->at;
    bool minus = *p == '-', over = false;
    uint64_t u = 0;
    p += minus;
    if (!digit_at(r, p)) return wrong_at(r, p, "a digit is expected");
    if (*p == '0') {
        if (digit_at(r, ++p)) return wrong_at(r, p, "a number does not begin with 0");
    }
    for (; digit_at(r, p); p++)
        over |= __builtin_mul_overflow(u, 10u, &u) | __builtin_add_overflow(u, (uint64_t)(*p - '0'), &u);
    if (p < r->end && (*p == '.' || *p == 'e' || *p == 'E')) return read_real(r, v, p);
    if (over || u > (uint64_t)INT64_MAX + minus) return wrong(r, "the whole number does not fit 64 bits");
    v->type = JN_INT;
    v->i = (int64_t)(minus ? 0 - u : u);
    r->at = p;
    return true;
}

// ---- lists
static bool read_value(Reader *r, Json *v);

static bool enter(Reader *r) {
    if (r->depth == r->depth_max) {
        snprintf(r->why_text, sizeof r->why_text, "nested deeper than %d", r->depth_max);
        return wrong(r, r->why_text);
    }
    r->depth++;
    r->at++;
    skip(r);
    return true;
}
static bool leave(Reader *r) {
    r->depth--;
    r->at++;
    return true;
}
static bool read_array(Reader *r, Json *v) {
    Json **tail = &v->first;
    v->type = JN_ARRAY;
    if (!enter(r)) return false;
    if (next_is(r, ']')) return leave(r);
    for (;; r->at++) {
        Json *e = node_new(r);
        if (!e || !read_value(r, e)) return false;
        *tail = e;
        tail = &e->next;
        v->n++;
        skip(r);
        if (next_is(r, ',')) continue;
        return next_is(r, ']') ? leave(r) : wrong(r, "a comma or ] is expected");
    }
}
static int by_key(const void *x, const void *y) {
    const Json *a = *(const Json *const *)x, *b = *(const Json *const *)y;
    if (a->key_n != b->key_n) return a->key_n < b->key_n ? -1 : 1;
    return memcmp(a->key, b->key, a->key_n);
}
static bool all_differ(Reader *r, const Json *obj) {
    const Json **all = take(r, obj->n * sizeof *all);
    if (!all) return false;
    uint32_t n = 0;
    for (const Json *m = obj->first; m; m = m->next) all[n++] = m;
    qsort(all, n, sizeof *all, by_key);
    for (uint32_t i = 1; i < n; i++) {
        const Json *m = all[i];
        if (!str_eq(jn_key(m), jn_key(all[i - 1]))) continue;
        bool borrowed = m->key >= r->begin && m->key < r->end;
        return wrong_at(r, borrowed ? m->key - 1 : r->at, "the member name is there twice");
    }
    return true;
}
// Sixty-four marks tell most new names from those before without looking at them.
static bool is_new(const Json *obj, const Json *m, uint64_t *marks) {
    uint32_t h = m->key_n;
    if (h) h += (unsigned char)m->key[0] * 5u + (unsigned char)m->key[h - 1] * 19u + (unsigned char)m->key[h / 2] * 11u;
    uint64_t mark = 1ull << (h & 63);
    bool maybe = *marks & mark;
    *marks |= mark;
    for (const Json *e = maybe ? obj->first : NULL; e; e = e->next)
        if (e->key_n == m->key_n && memcmp(e->key, m->key, m->key_n) == 0) return false;
    return true;
}
static bool read_member(Reader *r, Json *obj, Json *m, uint64_t *marks) {
    skip(r);
    if (!next_is(r, '"')) return wrong(r, "a member name in quotes is expected");
    const char *from = r->at;
    if (!read_text(r, &m->key, &m->key_n)) return false;
    if (obj->n < BLOOM_MAX && !is_new(obj, m, marks)) return wrong_at(r, from, "the member name is there twice");
    skip(r);
    if (!next_is(r, ':')) return wrong(r, "a colon is expected");
    r->at++;
    return read_value(r, m);
}
static bool read_object(Reader *r, Json *v) {
    Json **tail = &v->first;
    uint64_t marks = 0;
    v->type = JN_OBJECT;
    if (!enter(r)) return false;
    if (next_is(r, '}')) return leave(r);
    for (;; r->at++) {
        Json *m = node_new(r);
        if (!m || !read_member(r, v, m, &marks)) return false;
        *tail = m;
        tail = &m->next;
        v->n++;
        skip(r);
        if (next_is(r, ',')) continue;
        if (!next_is(r, '}')) return wrong(r, "a comma or } is expected");
        return leave(r) && (v->n <= BLOOM_MAX || all_differ(r, v));
    }
}
static bool read_word(Reader *r, Json *v, Str word, JsonType type, bool b) {
    if ((size_t)(r->end - r->at) < word.n || memcmp(r->at, word.p, word.n) != 0) return wrong(r, "a value is expected");
    r->at += word.n;
    v->type = (uint8_t)type;
    v->b = b;
    return true;
}
static bool read_value(Reader *r, Json *v) {
    skip(r);
    char c = r->at < r->end ? *r->at : 0;
    switch (c) {
    case '"': v->type = JN_TEXT; return read_text(r, &v->p, &v->n);
    case '{': return read_object(r, v);
    case '[': return read_array(r, v);
    case 't': return read_word(r, v, STR("true"), JN_BOOL, true);
    case 'f': return read_word(r, v, STR("false"), JN_BOOL, false);
    case 'n': return read_word(r, v, STR("null"), JN_NULL, false);
    default: return c == '-' || (c >= '0' && c <= '9') ? read_number(r, v) : wrong(r, "a value is expected");
    }
}

// ---- a whole text
static Str explain(const Reader *r) {
    unsigned line = 1, column = 1;
    for (const char *p = r->begin; p < r->wrong_at; p++) {
        if (*p == '\n')
            line++, column = 1;
        else if (((unsigned char)*p & 0xc0) != 0x80)
            column++;
    }
    char text[160];
    int n = snprintf(text, sizeof text, "line %u, column %u: %s", line, column, r->why);
    if (r->wrong_at == r->end)
        n += snprintf(text + n, sizeof text - (size_t)n, ", at the end of the text");
    else if (*r->wrong_at > ' ' && *r->wrong_at <= '~')
        n += snprintf(text + n, sizeof text - (size_t)n, ", at '%c'", *r->wrong_at);
    Str s = arena_str(r->a, (Str){text, (size_t)n});
    return s.p ? s : STR("too large");
}
static bool read_all(Reader *r, Json *root) {
    skip(r);
    if (!next_is(r, '{') && !next_is(r, '[')) return wrong(r, "{ or [ is expected");
    if (!read_value(r, root)) return false;
    skip(r);
    return r->at == r->end || wrong(r, "nothing may follow the value");
}
Err wire_parse_json(Str text, int depth_max, Arena *a, Json **ret, Str *ret_what) {
    CK_ASSERT(depth_max > 0 && depth_max <= JSON_DEPTH_MAX && text.n <= UINT32_MAX);
    Reader r = {.begin = text.p,
                .at = text.p,
                .end = text.p + text.n,
                .a = a,
                .budget = (a->ceiling - a->used) / 2,
                .depth_max = depth_max};
    Json *root = node_new(&r);
    if (root && read_all(&r, root)) {
        *ret = root;
        return OK;
    }
    *ret_what = explain(&r);
    return r.err;
}

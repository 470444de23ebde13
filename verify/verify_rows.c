// The lines of an export. The writer keeps members in one order and writes no blanks, so the reader takes nothing else:
// what is hashed is the body's bytes as they stand.
#include "verify.h"

void lines_from(Lines *l, FILE *file, const char *name) {
    *l = (Lines){.file = file, .name = name, .cap = 1u << 20};
    l->buf = take_memory(l->cap, 1);
}
bool lines_open(Lines *l, const char *name) {
    FILE *f = fopen(name, "rb");
    if (!f) return false;
    setvbuf(f, NULL, _IONBF, 0); // large reads into a buffer of our own
    lines_from(l, f, name);
    return true;
}
void lines_close(Lines *l) {
    if (l->file) fclose(l->file);
    free(l->buf);
    *l = (Lines){.file = NULL};
}
static LineAnswer more(Lines *l) {
    if (l->at > 0) memmove(l->buf, l->buf + l->at, l->end - l->at);
    l->end -= l->at, l->at = 0;
    if (l->end == l->cap) {
        if (l->cap >= LINE_MAX_BYTES) return LINE_LONG;
        l->buf = realloc(l->buf, l->cap *= 2);
        if (!l->buf) return LINE_FAILED;
    }
    size_t n = fread(l->buf + l->end, 1, l->cap - l->end, l->file);
    l->end += n;
    if (n == 0) return ferror(l->file) ? LINE_FAILED : LINE_NONE;
    return LINE_READ;
}
LineAnswer lines_next(Lines *l, Text *ret) {
    size_t looked = 0;
    for (;;) {
        char *from = l->buf + l->at;
        char *end = l->end > l->at + looked ? memchr(from + looked, '\n', l->end - l->at - looked) : NULL;
        if (end) {
            *ret = (Text){from, (size_t)(end - from)};
            l->at += ret->n + 1;
            l->line++;
            return LINE_READ;
        }
        looked = l->end - l->at;
        LineAnswer a = more(l);
        if (a == LINE_READ) continue;
        if (a == LINE_NONE && l->end > l->at) { // the last line has no end: a file that was cut
            *ret = (Text){l->buf + l->at, l->end - l->at};
            l->at = l->end;
            l->line++;
            return LINE_READ;
        }
        if (a != LINE_NONE) l->line++;
        return a;
    }
}

// ---- one row
typedef struct {
    const char *p, *end;
    char *room;
    const char *wrong; // what was expected where reading stopped
} Scan;
static bool expect(Scan *s, const char *z) {
    size_t n = strlen(z);
    if (s->wrong) return false;
    if ((size_t)(s->end - s->p) < n || memcmp(s->p, z, n) != 0) {
        s->wrong = z;
        return false;
    }
    s->p += n;
    return true;
}
static int64_t number(Scan *s, const char *before) {
    if (!expect(s, before)) return 0;
    bool minus = s->p < s->end && *s->p == '-';
    const char *from = s->p + minus;
    const char *p = from;
    uint64_t v = 0;
    for (; p < s->end && *p >= '0' && *p <= '9' && p - from < 19; p++) v = v * 10 + (uint64_t)(*p - '0');
    if (p == from || (*from == '0' && (p - from > 1 || minus)) || v > INT64_MAX) {
        s->wrong = "a whole number";
        return 0;
    }
    s->p = p;
    return minus ? -(int64_t)v : (int64_t)v;
}
static bool four(const char *p, unsigned *ret) {
    unsigned v = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        if (c >= '0' && c <= '9')
            v = v * 16 + (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f')
            v = v * 16 + (unsigned)(c - 'a' + 10);
        else
            return false;
    }
    *ret = v;
    return true;
}
// The writer escapes quote, backslash and control characters; all else stands as it is (UTF-8).
static bool escape(Scan *s, char **to) {
    static const char *const from = "\"\\/bfnrt", *const into = "\"\\/\b\f\n\r\t";
    const char *at = s->p < s->end ? strchr(from, *s->p) : NULL;
    unsigned v;
    if (s->p < s->end && *s->p && at) {
        *(*to)++ = into[at - from];
        s->p++;
        return true;
    }
    if (s->end - s->p < 5 || *s->p != 'u' || !four(s->p + 1, &v) || v >= 0x80) return false;
    *(*to)++ = (char)v;
    s->p += 5;
    return true;
}
static Text text(Scan *s, const char *before) {
    if (!expect(s, before) || !expect(s, "\"")) return (Text){"", 0};
    const char *from = s->p;
    while (s->p < s->end && *s->p != '"' && *s->p != '\\' && (unsigned char)*s->p >= 0x20) s->p++;
    if (s->p < s->end && *s->p == '"') {
        Text t = {from, (size_t)(s->p - from)};
        s->p++;
        return t;
    }
    char *to = s->room, *start = s->room;
    memcpy(to, from, (size_t)(s->p - from));
    to += s->p - from;
    while (s->p < s->end && *s->p != '"') {
        char c = *s->p++;
        bool good = (unsigned char)c >= 0x20;
        if (good && c == '\\')
            good = escape(s, &to);
        else if (good)
            *to++ = c;
        if (!good) {
            s->wrong = "a JSON string";
            return (Text){"", 0};
        }
    }
    s->room = to;
    (void)expect(s, "\"");
    return (Text){start, (size_t)(to - start)};
}
static void hash(Scan *s, const char *before, Hash *ret) {
    if (!expect(s, before)) return;
    if (s->end - s->p < HEX_LEN + 1 || !hash_read((Text){s->p, HEX_LEN}, ret) || s->p[HEX_LEN] != '"')
        s->wrong = "64 hexadecimal digits";
    else
        s->p += HEX_LEN + 1;
}
static void body(Scan *s, Text *ret) {
    static const char raw[] = ",\"body\":{", close[] = "}}";
    if (s->wrong) return;
    if ((size_t)(s->end - s->p) < sizeof raw - 1 || memcmp(s->p, raw, sizeof raw - 1) != 0) {
        *ret = text(s, ",\"text\":");
        (void)expect(s, "}");
        if (!s->wrong && s->p != s->end) s->wrong = "the end of the line";
        return;
    }
    const char *from = s->p + sizeof raw - 2; // with its bracket
    if (s->end - from < 3 || memcmp(s->end - 2, close, 2) != 0)
        s->wrong = "\"}}\" at the end of the line";
    else
        *ret = (Text){from, (size_t)(s->end - 1 - from)};
}
const char *row_read(Text line, char *room, Row *ret) {
    Scan s = {line.p, line.p + line.n, room, NULL};
    memset(ret, 0, sizeof *ret);
    ret->input = line.n > 8 && memcmp(line.p, "{\"input\"", 8) == 0;
    if (ret->input) {
        ret->no = number(&s, "{\"input\":");
        ret->t_ms = number(&s, ",\"t\":");
        ret->role = text(&s, ",\"role\":"), ret->actor = text(&s, ",\"actor\":");
        ret->kind = text(&s, ",\"kind\":"), ret->idem = text(&s, ",\"idem\":");
        hash(&s, ",\"body_hash\":\"", &ret->body_hash);
        ret->first_event = number(&s, ",\"first_event\":"), ret->events = number(&s, ",\"events\":");
    } else {
        ret->no = number(&s, "{\"event\":");
        ret->of_input = number(&s, ",\"input\":");
        ret->t_ms = number(&s, ",\"t\":");
        ret->kind = text(&s, ",\"kind\":");
    }
    ret->passage = number(&s, ",\"passage\":");
    hash(&s, ",\"hash\":\"", &ret->hash);
    body(&s, &ret->body);
    return s.wrong;
}

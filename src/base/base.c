#include "base.h"

_Noreturn void ck_panic(const char *what, const char *file, int line) {
    fprintf(stderr, "{\"level\":\"fatal\",\"module\":\"base\",\"text\":\"assertion failed: %s\",\"at\":\"%s:%d\"}\n",
            what, file, line);
    abort();
}

static const struct {
    const char *name, *text;
    int exit;
} errs[] = {
#define X(sym, exit, text) {#sym, text, exit},
    ERR_TABLE(X)
#undef X
};
const char *err_text(Err e) {
    CK_ASSERT(e < ERR_COUNT);
    return errs[e].text;
}
const char *err_name(Err e) {
    CK_ASSERT(e < ERR_COUNT);
    return errs[e].name;
}
int err_exit(Err e) {
    CK_ASSERT(e < ERR_COUNT);
    return errs[e].exit;
}

Str str_c(const char *z) {
    return z ? (Str){z, strlen(z)} : STR_EMPTY;
}
bool str_eq(Str a, Str b) {
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}
bool str_eq_c(Str a, const char *z) {
    return str_eq(a, str_c(z));
}
bool str_starts(Str s, Str prefix) {
    return s.n >= prefix.n && (prefix.n == 0 || memcmp(s.p, prefix.p, prefix.n) == 0);
}

static uint64_t mix64(uint64_t x) { // the finaliser of SplitMix64 (Steele, Lea, Flood 2014)
    x ^= x >> 30;
    x *= 0xbf58476d1ce4e5b9u;
    x ^= x >> 27;
    x *= 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
uint64_t str_hash(uint64_t seed, Str s) {
    uint64_t h = mix64(seed + 0x9e3779b97f4a7c15u * (s.n + 1));
    size_t i = 0;
    for (; i + 8 <= s.n; i += 8) {
        uint64_t w;
        memcpy(&w, s.p + i, 8);
        h = mix64(h ^ w) + 0x9e3779b97f4a7c15u;
    }
    uint64_t w = 0;
    if (i < s.n) memcpy(&w, s.p + i, s.n - i);
    return mix64(h ^ w);
}

bool utf8_valid(Str s) {
    const unsigned char *p = (const unsigned char *)s.p;
    for (size_t i = 0; i < s.n;) {
        unsigned c = p[i];
        size_t more = c < 0x80 ? 0 : c < 0xc2 ? 9 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 9;
        if (more == 9 || i + more >= s.n + (more == 0)) return false;
        for (size_t k = 1; k <= more; k++)
            if ((p[i + k] & 0xc0) != 0x80) return false;
        if (c == 0xe0 && p[i + 1] < 0xa0) return false;
        if (c == 0xed && p[i + 1] > 0x9f) return false;
        if (c == 0xf0 && p[i + 1] < 0x90) return false;
        if (c == 0xf4 && p[i + 1] > 0x8f) return false;
        i += more + 1;
    }
    return true;
}

LogLevel log_level = LOG_INFO;
void log_line(LogLevel level, const char *module, const char *fmt, ...) {
    static const char *names[] = {"debug", "info", "warn", "error"};
    if (level < log_level) return;
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    Buf b;
    buf_init(&b, 4096);
    json_open(&b, '{');
    json_key(&b, "level"), json_c(&b, names[level]);
    json_key(&b, "module"), json_c(&b, module);
    json_key(&b, "text"), json_str(&b, (Str){text, n < 0 ? 0 : MIN((size_t)n, sizeof text - 1)});
    json_close(&b, '}');
    buf_char(&b, '\n');
    fwrite(b.p, 1, b.n, stderr);
    buf_deinit(&b);
}

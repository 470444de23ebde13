#include "verify.h"
#include <stdarg.h>

Text text_of(const char *z) {
    return (Text){z, strlen(z)};
}
bool text_is(Text t, const char *z) {
    return strlen(z) == t.n && memcmp(t.p, z, t.n) == 0;
}
void *take_memory(size_t n, size_t of) {
    void *p = calloc(n ? n : 1, of);
    if (!p) {
        fputs("cuakhau-verify: no memory\n", stderr);
        exit(STATUS_ENVIRONMENT);
    }
    return p;
}
void *grow(void *p, size_t n, size_t *cap, size_t of) {
    if (n < *cap) return p;
    size_t next = *cap ? *cap * 2 : 64;
    void *q = next <= SIZE_MAX / of ? realloc(p, next * of) : NULL;
    if (!q) {
        fputs("cuakhau-verify: no memory\n", stderr);
        exit(STATUS_ENVIRONMENT);
    }
    *cap = next;
    return q;
}
char *keep_text(Text t) {
    char *p = take_memory(t.n + 1, 1);
    if (t.n) memcpy(p, t.p, t.n);
    return p;
}
int bad_input(const char *file, uint64_t line, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    if (line)
        fprintf(stderr, "cuakhau-verify: %s:%llu: ", file, (unsigned long long)line);
    else
        fprintf(stderr, "cuakhau-verify: %s: ", file);
    vfprintf(stderr, fmt, ap);
    fputc('\n', stderr);
    va_end(ap);
    return STATUS_INPUT;
}

// ---- times: days of the civil calendar counted from 1970-01-01
static int64_t days_of(int64_t y, int64_t m, int64_t d) {
    int64_t before = y - 1;
    static const int upto[12] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    return before * 365 + before / 4 - before / 100 + before / 400 + upto[m - 1] + (leap && m > 2) + d - 719163;
}
static int64_t days_in(int64_t y, int64_t m) {
    return (m == 12 ? days_of(y + 1, 1, 1) : days_of(y, m + 1, 1)) - days_of(y, m, 1);
}
static bool digits(const char *p, int n, int64_t *ret) {
    int64_t v = 0;
    for (int i = 0; i < n; i++) {
        if (p[i] < '0' || p[i] > '9') return false;
        v = v * 10 + (p[i] - '0');
    }
    *ret = v;
    return true;
}
bool time_read(Text t, int64_t *ret_ms) {
    int64_t y, mo, d, h, mi, s, ms = 0;
    const char *p = t.p;
    if (t.n < 20 || t.n > TIME_LEN || p[4] != '-' || p[7] != '-' || p[10] != 'T' || p[13] != ':' || p[16] != ':' ||
        p[t.n - 1] != 'Z')
        return false;
    if (!digits(p, 4, &y) || !digits(p + 5, 2, &mo) || !digits(p + 8, 2, &d) || !digits(p + 11, 2, &h) ||
        !digits(p + 14, 2, &mi) || !digits(p + 17, 2, &s))
        return false;
    if (t.n > 20) {
        int n = (int)t.n - 21;
        if (p[19] != '.' || n < 1 || !digits(p + 20, n, &ms)) return false;
        for (; n < 3; n++) ms *= 10;
    }
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > days_in(y, mo) || h > 23 || mi > 59 || s > 59) return false;
    *ret_ms = (((days_of(y, mo, d) * 24 + h) * 60 + mi) * 60 + s) * 1000 + ms;
    return true;
}
const char *time_text(int64_t t_ms, char room[TIME_LEN + 1]) {
    const int64_t day_ms = 86400000, last = 253402300799999; // 9999-12-31
    int64_t t = t_ms < 0 ? 0 : t_ms > last ? last : t_ms;
    int64_t days = t / day_ms, rest = t % day_ms, y = 1970 + days / 366, m = 1;
    while (days_of(y + 1, 1, 1) <= days) y++;
    while (m < 12 && days_of(y, m + 1, 1) <= days) m++;
    int64_t d = days - days_of(y, m, 1) + 1;
    char long_one[96]; // the compiler does not know that each number is short
    snprintf(long_one, sizeof long_one, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", (int)y, (int)m, (int)d,
             (int)(rest / 3600000), (int)(rest / 60000 % 60), (int)(rest / 1000 % 60), (int)(rest % 1000));
    memcpy(room, long_one, TIME_LEN);
    room[TIME_LEN] = 0;
    return room;
}

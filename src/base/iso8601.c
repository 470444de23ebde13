#include "base.h"

// Days from civil and back: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
static int64_t days_from_civil(int64_t y, unsigned m, unsigned d) {
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    unsigned yoe = (unsigned)(y - era * 400);
    unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
    unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + (int64_t)doe - 719468;
}
static void civil_from_days(int64_t z, int64_t *y, unsigned *m, unsigned *d) {
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    unsigned doe = (unsigned)(z - era * 146097);
    unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    unsigned mp = (5 * doy + 2) / 153;
    *d = doy - (153 * mp + 2) / 5 + 1;
    *m = mp < 10 ? mp + 3 : mp - 9;
    *y = (int64_t)yoe + era * 400 + (*m <= 2);
}
static void put2(char *p, unsigned v) {
    p[0] = (char)('0' + v / 10 % 10);
    p[1] = (char)('0' + v % 10);
}
void iso8601_format(int64_t t_ms, char ret[ISO8601_LEN + 1]) {
    int64_t days = t_ms / DAY_MS - (t_ms % DAY_MS < 0), y;
    unsigned ms = (unsigned)(t_ms - days * DAY_MS), m, d, s = ms / 1000;
    civil_from_days(days, &y, &m, &d);
    put2(ret, (unsigned)(y / 100)), put2(ret + 2, (unsigned)(y % 100));
    ret[4] = '-', put2(ret + 5, m), ret[7] = '-', put2(ret + 8, d), ret[10] = 'T';
    put2(ret + 11, s / 3600), ret[13] = ':', put2(ret + 14, s / 60 % 60), ret[16] = ':', put2(ret + 17, s % 60);
    ret[19] = '.', ret[20] = (char)('0' + ms % 1000 / 100), put2(ret + 21, ms % 100), ret[23] = 'Z', ret[24] = 0;
}
static bool digits(const char **p, const char *end, int n, unsigned *ret) {
    if (end - *p < n) return false;
    unsigned v = 0;
    for (int i = 0; i < n; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9') return false;
        v = v * 10 + (unsigned)(c - '0');
    }
    *p += n;
    *ret = v;
    return true;
}
static bool lit(const char **p, const char *end, const char *any) {
    if (*p == end || !**p || !strchr(any, **p)) return false;
    (*p)++;
    return true;
}
static bool zone(const char **p, const char *end, int64_t *ret_ms) {
    if (lit(p, end, "Zz")) {
        *ret_ms = 0;
        return true;
    }
    bool minus = *p < end && **p == '-';
    unsigned oh, om;
    if (!lit(p, end, "+-") || !digits(p, end, 2, &oh) || !lit(p, end, ":") || !digits(p, end, 2, &om)) return false;
    if (oh > 23 || om > 59) return false;
    *ret_ms = (minus ? -1 : 1) * (oh * HOUR_MS + om * MINUTE_MS);
    return true;
}
bool iso8601_parse(Str s, int64_t *ret_ms) {
    const char *p = s.p, *end = s.p + s.n;
    unsigned y, mo, d, h, mi, se, frac = 0, mdays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (!digits(&p, end, 4, &y) || !lit(&p, end, "-") || !digits(&p, end, 2, &mo) || !lit(&p, end, "-") ||
        !digits(&p, end, 2, &d))
        return false;
    if (mo < 1 || mo > 12) return false;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d < 1 || d > mdays[mo - 1] + (mo == 2 && leap)) return false;
    int64_t t = days_from_civil(y, mo, d) * DAY_MS, offset;
    if (p == end) {
        *ret_ms = t;
        return true;
    }
    if (!lit(&p, end, "Tt ") || !digits(&p, end, 2, &h) || !lit(&p, end, ":") || !digits(&p, end, 2, &mi) ||
        !lit(&p, end, ":") || !digits(&p, end, 2, &se))
        return false;
    if (h > 23 || mi > 59 || se > 59) return false;
    if (lit(&p, end, ".")) {
        unsigned digit, scale = 100, n = 0;
        for (; p < end && digits(&p, end, 1, &digit); n++, scale /= 10) frac += digit * scale;
        if (n == 0 || n > 9) return false;
    }
    if (!zone(&p, end, &offset) || p != end) return false;
    *ret_ms = t + h * HOUR_MS + mi * MINUTE_MS + se * SECOND_MS + frac - offset;
    return true;
}

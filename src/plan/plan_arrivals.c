#include "plan_arrivals.h"
#include "des/des_dist.h"
#include "des/des_stat.h"

typedef struct { // one clock hour of the record
    double seen, hours;
    uint8_t hour, weekday;
} Cell;
static int64_t floor_div(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}
static uint32_t cells_of(int64_t from, int64_t to, Cell *ret) { // local times
    uint32_t n = 0;
    for (int64_t h = floor_div(from, HOUR_MS); h * HOUR_MS < to; h++, n++) {
        int64_t lo = MAX(from, h * HOUR_MS), hi = MIN(to, (h + 1) * HOUR_MS), day = floor_div(h, 24);
        ret[n] = (Cell){.hours = (double)(hi - lo) / (double)HOUR_MS,
                        .hour = (uint8_t)(h - day * 24),
                        .weekday = (uint8_t)((day + 3) - floor_div(day + 3, 7) * 7)}; // day 0 was a Thursday
    }
    return n;
}
static bool covers_week(const Cell *c, uint32_t n) { // every weekday for at least twelve hours
    double hours[7] = {0};
    bool all = true;
    for (uint32_t i = 0; i < n; i++) hours[c[i].weekday] += c[i].hours;
    for (uint32_t w = 0; w < 7; w++) all &= hours[w] >= 12;
    return all;
}
static void fit_hours(const Cell *c, uint32_t n, PlanArrivals *r) {
    memset(r->seen, 0, sizeof r->seen), memset(r->hours, 0, sizeof r->hours);
    double weighted[24] = {0};
    for (uint32_t i = 0; i < n; i++) {
        r->seen[c[i].hour] += c[i].seen, r->hours[c[i].hour] += c[i].hours;
        weighted[c[i].hour] += c[i].hours * r->weekday[c[i].weekday];
    }
    for (uint32_t h = 0; h < 24; h++) {
        double k = r->seen[h], e = weighted[h];
        r->rate[h] = r->lo[h] = r->hi[h] = NAN;
        if (!(e > 0)) continue;
        DesDist below = {.kind = DES_GAMMA, .a = k, .b = 1 / sqrt(k)};
        DesDist above = {.kind = DES_GAMMA, .a = k + 1, .b = 1 / sqrt(k + 1)};
        r->rate[h] = k / e, r->lo[h] = k > 0 ? des_dist_quantile(&below, 0.025) / e : 0;
        r->hi[h] = des_dist_quantile(&above, 0.975) / e;
    }
}
static double fit_weekdays(const Cell *c, uint32_t n, PlanArrivals *r) { // returns the greatest change
    double seen[7] = {0}, expected[7] = {0}, sum = 0, change = 0;
    for (uint32_t i = 0; i < n; i++) {
        seen[c[i].weekday] += c[i].seen;
        expected[c[i].weekday] += c[i].hours * r->rate[c[i].hour];
    }
    for (uint32_t w = 0; w < 7; w++) sum += expected[w] > 0 ? seen[w] / expected[w] : 1;
    for (uint32_t w = 0; w < 7; w++) {
        double f = sum > 0 ? 7 * (expected[w] > 0 ? seen[w] / expected[w] : 1) / sum : 1;
        change = MAX(change, fabs(f - r->weekday[w]));
        r->weekday[w] = f;
    }
    return change;
}
static void disperse(const Cell *c, uint32_t n, PlanArrivals *r) {
    double x2 = 0;
    uint32_t cells = 0, used = 0;
    for (uint32_t h = 0; h < 24; h++) used += r->seen[h] > 0;
    if (r->by_weekday)
        for (uint32_t w = 0; w < 7; w++) used += w && r->weekday[w] > 0;
    for (uint32_t i = 0; i < n; i++) {
        double m = r->rate[c[i].hour] * r->weekday[c[i].weekday] * c[i].hours;
        if (!(m > 0)) continue;
        x2 += (c[i].seen - m) * (c[i].seen - m) / m;
        cells++;
    }
    r->dispersion = r->dispersion_p = NAN;
    r->df = cells > used ? cells - used : 0;
    if (!r->df) return;
    double below = des_gamma_p(r->df / 2.0, x2 / 2);
    r->dispersion = x2 / r->df, r->dispersion_p = MIN(1.0, 2 * MIN(below, 1 - below));
}
static void sum_day(PlanArrivals *r) {
    double variance = 0;
    r->whole = true, r->per_day = 0;
    for (uint32_t h = 0; h < 24; h++) {
        r->whole &= r->hours[h] > 0, r->per_day += r->rate[h];
        if (r->seen[h] > 0) variance += r->rate[h] * r->rate[h] / r->seen[h];
    }
    r->per_day_half = r->whole ? 1.959963984540054 * sqrt(variance) : NAN;
}
Err plan_arrivals(const int64_t *at_ms, uint32_t n, int64_t from_ms, int64_t to_ms, int32_t utc_offset_min,
                  PlanArrivals *ret) {
    if (to_ms <= from_ms) return ERR_INVALID;
    if (to_ms - from_ms > 36525 * DAY_MS) return ERR_LIMIT;
    for (uint32_t i = 0; i < n; i++)
        if (at_ms[i] < from_ms || at_ms[i] > to_ms) return ERR_INVALID;
    int64_t from = from_ms + utc_offset_min * MINUTE_MS, to = to_ms + utc_offset_min * MINUTE_MS;
    int64_t first = floor_div(from, HOUR_MS);
    Cell *c = calloc((size_t)(floor_div(to, HOUR_MS) - first + 1), sizeof *c);
    CK_ASSERT(c != NULL);
    uint32_t cells = cells_of(from, to, c);
    for (uint32_t i = 0; i < n; i++) {
        int64_t at = floor_div(at_ms[i] + utc_offset_min * MINUTE_MS, HOUR_MS) - first;
        c[MIN(at, (int64_t)cells - 1)].seen++;
    }
    PlanArrivals r = {.n = n, .days = (double)(to_ms - from_ms) / (double)DAY_MS};
    for (uint32_t w = 0; w < 7; w++) r.weekday[w] = 1;
    r.by_weekday = n > 0 && covers_week(c, cells);
    fit_hours(c, cells, &r);
    for (int i = 0; r.by_weekday && i < 200; i++) {
        double change = fit_weekdays(c, cells, &r);
        fit_hours(c, cells, &r);
        if (change < 1e-12) break;
    }
    disperse(c, cells, &r);
    sum_day(&r);
    free(c);
    *ret = r;
    return OK;
}
PlanArrivalVerdict plan_arrivals_verdict(const PlanArrivals *a) {
    if (!a->df) return PLAN_UNTESTED;
    if (a->dispersion_p > 0.05) return PLAN_POISSON;
    return a->dispersion > 1 ? PLAN_BUNCHED : PLAN_EVEN;
}

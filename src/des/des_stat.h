// Statistics of a simulation: what customers saw (tally), what was there over time (level), intervals for means and
// quantiles, the end of the warm-up.
#pragma once
#include "base/base.h"
#include <math.h>

// ---- tally: count, mean, variance (Welford 1962) and a histogram with 64 buckets an octave from 2^-20 to 2^28
// (relative width 1.1 %; quantiles interpolate within). Values at or below zero have a bucket of their own, larger ones
// the last.
#define DES_OCTAVES 48
#define DES_LOWEST  (-20)
#define DES_BUCKETS (DES_OCTAVES * 64 + 2)
typedef struct {
    uint64_t n;
    double mean, m2, min, max;
    uint32_t bucket[DES_BUCKETS];
} DesTally;
static inline uint32_t des_bucket(double x) {
    uint64_t bits;
    memcpy(&bits, &x, 8);
    int64_t i = (int64_t)(bits >> 46) - ((int64_t)(1023 + DES_LOWEST) << 6);
    return !(x > 0) || i < 0 ? 0 : i >= DES_OCTAVES * 64 ? DES_BUCKETS - 1 : (uint32_t)i + 1;
}
static inline void des_tally_add(DesTally *t, double x) {
    t->n++;
    double d = x - t->mean;
    t->mean += d / (double)(int64_t)t->n;
    t->m2 += d * (x - t->mean);
    if (t->n == 1 || x < t->min) t->min = x;
    if (t->n == 1 || x > t->max) t->max = x;
    t->bucket[des_bucket(x)]++;
}
void des_tally_reset(DesTally *t);
double des_tally_sd(const DesTally *t);
double des_tally_quantile(const DesTally *t, double p); // 0 when empty
void des_tally_merge(DesTally *t, const DesTally *from);

// ---- level: a number over time
typedef struct {
    double value, since, area, start, max;
} DesLevel;
static inline void des_level_set(DesLevel *l, double t, double value) {
    l->area += l->value * (t - l->since);
    l->since = t, l->value = value;
    if (value > l->max) l->max = value;
}
static inline void des_level_add(DesLevel *l, double t, double by) {
    des_level_set(l, t, l->value + by);
}
void des_level_reset(DesLevel *l, double t); // forgets the past, keeps the value
double des_level_area(const DesLevel *l, double t);
double des_level_mean(const DesLevel *l, double t);

// ---- intervals
typedef struct {
    double mean, half; // half: half-width; INFINITY when n < 2
    uint32_t n;
} DesInterval;
DesInterval des_interval(const double *x, uint32_t n, double confidence); // independent values: Student's t
// One long run: means of batches, joined until the lag-1 correlation of the batches is under its bound (von Neumann);
// `batches` at the end (at least 10). Law, Simulation modeling and analysis, 9.5.
DesInterval des_batch_means(const double *x, uint32_t n, double confidence, uint32_t *ret_batches);
// Where the transient ends: the truncation that minimises the standard error of batches of five (MSER-5, White 1997);
// at most half of the series. Returns a number of values to drop.
uint32_t des_mser5(const double *x, uint32_t n);
double des_normal_cdf(double x);
double des_normal_quantile(double p); // 0 < p < 1
double des_t_quantile(double p, double df);
double des_gamma_p(double a, double x);                            // regularised lower incomplete gamma function
double des_quantile_sorted(const double *x, uint32_t n, double p); // linear between order statistics

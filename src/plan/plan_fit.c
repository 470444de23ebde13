#include "plan_fit.h"

#define SHAPE_MAX        1e4
#define PHASES_MAX       1000.0
#define LOG_VARIANCE_MAX 9.0 // cv 90: a DesDist takes no more than 100

static double average(const double *x, uint32_t n) {
    double m = 0;
    for (uint32_t i = 0; i < n; i++) m += (x[i] - m) / (i + 1);
    return m;
}
// ---- likelihood
static double digamma(double x) { // recurrence, then the asymptotic series (Abramowitz and Stegun 6.3.18)
    double r = 0;
    for (; x < 10; x++) r -= 1 / x;
    double f = 1 / (x * x);
    return r + log(x) - 0.5 / x - f * (1.0 / 12 - f * (1.0 / 120 - f * (1.0 / 252 - f * (1.0 / 240 - f / 132))));
}
static double trigamma(double x) { // 6.4.12
    double r = 0;
    for (; x < 10; x++) r += 1 / (x * x);
    double f = 1 / (x * x);
    return r + 1 / x + f / 2 + f / x * (1.0 / 6 - f * (1.0 / 30 - f * (1.0 / 42 - f / 30)));
}
typedef struct { // all that the likelihoods of a sample need
    double mean, log_mean, min, max, n;
} Sums;
static Sums sums(const double *x, uint32_t n) {
    Sums s = {.mean = average(x, n), .min = x[0], .max = x[0], .n = n};
    for (uint32_t i = 0; i < n; i++) {
        s.log_mean += (log(x[i]) - s.log_mean) / (i + 1);
        s.min = MIN(s.min, x[i]), s.max = MAX(s.max, x[i]);
    }
    return s;
}
static double gamma_shape(const Sums *v) {
    double s = log(v->mean) - v->log_mean; // over 0 by Jensen, but for rounding
    if (!(s > 0.5 / SHAPE_MAX)) return SHAPE_MAX;
    double k = (3 - s + sqrt((s - 3) * (s - 3) + 24 * s)) / (12 * s); // within 1.5 % of the answer
    for (int i = 0; i < 20; i++) {
        double step = (log(k) - digamma(k) - s) / (1 / k - trigamma(k));
        k = step < k ? k - step : k / 2;
        if (fabs(step) < 1e-12 * k) break;
    }
    return MIN(k, SHAPE_MAX);
}
static double gamma_loglik(const Sums *s, double k) { // at scale mean / k
    return s->n * ((k - 1) * s->log_mean - k - k * log(s->mean / k) - lgamma(k));
}
static void erlang(const Sums *s, PlanCandidate *c) {
    double k = floor(gamma_shape(s));
    if (k < 1 || gamma_loglik(s, k + 1) > gamma_loglik(s, k)) k++;
    c->dist.b = MIN(k, PHASES_MAX), c->loglik = gamma_loglik(s, c->dist.b);
}
static bool lognormal(const Sums *s, const double *x, uint32_t n, PlanCandidate *c) {
    double seen = 0;
    for (uint32_t i = 0; i < n; i++) seen += (log(x[i]) - s->log_mean) * (log(x[i]) - s->log_mean) / n;
    double v = MIN(seen, LOG_VARIANCE_MAX);
    if (!(v > 0)) return false;
    c->dist.a = exp(s->log_mean + v / 2), c->dist.b = sqrt(expm1(v));
    c->loglik = -s->n * (s->log_mean + 0.5 * log(2 * M_PI * v) + seen / v / 2);
    return true;
}
static bool uniform(const Sums *s, PlanCandidate *c) {
    double out = (s->max - s->min) / (s->n - 1);
    if (!(out > 0)) return false;
    c->dist.a = MAX(0.0, s->min - out), c->dist.b = s->max + out;
    c->loglik = -s->n * log(c->dist.b - c->dist.a);
    return true;
}
bool plan_fit_one(DesDistKind kind, const double *x, uint32_t n, PlanCandidate *ret) {
    CK_ASSERT(n >= 2);
    Sums s = sums(x, n);
    PlanCandidate c = {.dist = {.kind = (uint8_t)kind, .a = s.mean}};
    bool can = true;
    double k;
    switch (kind) {
    case DES_EXP: c.loglik = -s.n * (log(s.mean) + 1); break;
    case DES_ERLANG: erlang(&s, &c); break;
    case DES_GAMMA: k = gamma_shape(&s), c.dist.b = 1 / sqrt(k), c.loglik = gamma_loglik(&s, k); break;
    case DES_LOGNORMAL: can = lognormal(&s, x, n, &c); break;
    case DES_UNIFORM: can = uniform(&s, &c); break;
    case DES_DET:
    case DES_TRIANGULAR:
    case DES_EMPIRICAL:
    case DES_DIST_COUNT: can = false;
    }
    c.aic = 2 * (kind == DES_EXP ? 1 : 2) - 2 * c.loglik;
    if (can) *ret = c;
    return can;
}

// ---- tests
static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static void statistics(const DesDist *d, double *x, uint32_t n, PlanGoodness *ret) { // sorts x
    qsort(x, n, sizeof *x, rising);
    double *f = malloc(n * sizeof *f), sum = 0;
    CK_ASSERT(f != NULL);
    ret->d = 0;
    for (uint32_t i = 0; i < n; i++) {
        f[i] = MIN(MAX(des_dist_cdf(d, x[i]), 1e-15), 1 - 1e-15);
        double gap = MAX((i + 1.0) / n - f[i], f[i] - (double)i / n);
        if (gap > ret->d) ret->d = gap, ret->gap_at = x[i];
    }
    for (uint32_t i = 0; i < n; i++) sum += (2 * i + 1.0) / n * (log(f[i]) + log1p(-f[n - 1 - i]));
    ret->a2 = -(double)n - sum;
    free(f);
}
static void tail(const DesDist *d, const double *x, uint32_t n, PlanGoodness *ret) {
    double far = des_dist_quantile(d, 0.95);
    uint32_t beyond = 0;
    for (uint32_t i = 0; i < n; i++) beyond += x[i] > far;
    ret->beyond = (double)beyond / n;
    ret->beyond_z = (ret->beyond - 0.05) / sqrt(0.05 * 0.95 / n);
}
void plan_fit_test(const DesDist *d, const double *x, uint32_t n, const PlanFitOptions *o, PlanGoodness *ret) {
    uint32_t m = MIN(n, PLAN_FIT_TEST_MAX), b = o->resamples ? o->resamples : PLAN_FIT_RESAMPLES, more_d = 0,
             more_a = 0;
    CK_ASSERT(b >= 19);
    double *v = malloc(m * sizeof *v);
    CK_ASSERT(v != NULL);
    PlanGoodness g = {.tested = m, .resamples = b};
    for (uint32_t i = 0; i < m; i++) v[i] = x[(uint64_t)i * n / m];
    PlanCandidate own = {.dist = *d};
    if (m < n && !plan_fit_one((DesDistKind)d->kind, v, m, &own)) own.dist = *d; // estimated from what is looked at
    statistics(&own.dist, v, m, &g);
    tail(d, x, n, &g);
    for (uint32_t r = 0; r < b; r++) {
        DesStream s = des_stream(o->seed, o->stream, r, 0);
        PlanGoodness again = {0};
        PlanCandidate c;
        for (uint32_t i = 0; i < m; i++) v[i] = MAX(des_draw(&own.dist, &s), 1e-300);
        CK_ASSERT(plan_fit_one((DesDistKind)d->kind, v, m, &c));
        statistics(&c.dist, v, m, &again);
        more_d += again.d >= g.d, more_a += again.a2 >= g.a2;
    }
    g.d_p = (1.0 + more_d) / (1.0 + b), g.a2_p = (1.0 + more_a) / (1.0 + b);
    *ret = g;
    free(v);
}

// ---- all of it
static void choose(const double *x, uint32_t n, PlanFit *f) {
    static const DesDistKind kinds[PLAN_FIT_FAMILIES] = {DES_EXP, DES_ERLANG, DES_GAMMA, DES_LOGNORMAL, DES_UNIFORM};
    for (uint32_t i = 0; i < PLAN_FIT_FAMILIES; i++) {
        PlanCandidate c;
        if (!plan_fit_one(kinds[i], x, n, &c) || (kinds[i] == DES_ERLANG && c.dist.b < 2))
            continue; // k = 1: exponential
        uint32_t at = f->candidates++;
        for (; at > 0 && f->candidate[at - 1].aic > c.aic; at--) f->candidate[at] = f->candidate[at - 1];
        f->candidate[at] = c;
    }
    for (uint32_t i = 1; i < f->candidates && f->candidate[0].dist.kind == DES_GAMMA; i++) {
        PlanCandidate c = f->candidate[i];
        if (c.dist.kind != DES_ERLANG || c.aic > f->candidate[0].aic + 2) continue;
        for (uint32_t k = i; k > 0; k--) f->candidate[k] = f->candidate[k - 1];
        f->candidate[0] = c;
    }
}
Err plan_fit(const double *x, uint32_t n, const PlanFitOptions *o, PlanFit *ret) {
    if (n < PLAN_FIT_MIN) return ERR_INVALID;
    for (uint32_t i = 0; i < n; i++)
        if (!(x[i] > 0) || !isfinite(x[i])) return ERR_INVALID;
    PlanFit f = {.n = n, .min = x[0], .max = x[0]};
    f.mean = o->dependent ? des_batch_means(x, n, 0.95, NULL) : des_interval(x, n, 0.95);
    f.mean.n = n;
    double mean = average(x, n);
    for (uint32_t i = 0; i < n; i++) {
        f.min = MIN(f.min, x[i]), f.max = MAX(f.max, x[i]);
        f.sd += (x[i] - mean) * (x[i] - mean) / (n - 1);
    }
    f.sd = sqrt(f.sd);
    if (f.max - f.min <= o->resolution) {
        f.candidates = 1, f.candidate[0] = (PlanCandidate){.dist = {.kind = DES_DET, .a = mean}};
        f.good = (PlanGoodness){.d_p = 1, .a2_p = 1, .tested = n};
    } else {
        choose(x, n, &f);
        plan_fit_test(&f.candidate[0].dist, x, n, o, &f.good);
    }
    *ret = f;
    return OK;
}
PlanVerdict plan_fit_verdict(const PlanFit *f) {
    const PlanGoodness *g = &f->good;
    if (g->d_p > 0.025 && g->a2_p > 0.025) return PLAN_FITS;
    if (g->d <= PLAN_NEAR_D) return PLAN_NEAR;
    return g->beyond_z > 3 ? PLAN_HEAVY_TAIL : g->beyond_z < -3 ? PLAN_LIGHT_TAIL : PLAN_OTHER_SHAPE;
}

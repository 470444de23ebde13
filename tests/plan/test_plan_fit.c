// Fitting: known parameters come back, the tests keep their level and see a wrong family, intervals cover.
#include "plan/plan_arrivals.h"
#include "plan/plan_fit.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define MANY 20000
static double *draw(const DesDist *d, uint32_t n, uint32_t replication) {
    double *x = malloc(n * sizeof *x);
    assert_non_null(x);
    DesStream s = des_stream(20261116, 7, replication, 0);
    for (uint32_t i = 0; i < n; i++) x[i] = des_draw(d, &s);
    return x;
}
static const PlanFitOptions options = {.seed = 1};
static PlanFit fit(const DesDist *d, uint32_t n) {
    double *x = draw(d, n, 0);
    PlanFit f;
    assert_int_equal(plan_fit(x, n, &options, &f), OK);
    free(x);
    return f;
}
static void near(double got, double want, double within) {
    if (fabs(got - want) > within) fail_msg("%.6g, should be within %.3g of %.6g", got, within, want);
}
// ---- parameters: three standard errors of the maximum likelihood estimates
static void recovers(void **state) {
    (void)state;
    PlanFit f = fit(&(DesDist){.kind = DES_EXP, .a = 90}, MANY);
    assert_int_equal(f.candidate[0].dist.kind, DES_EXP);
    near(f.candidate[0].dist.a, 90, 3 * 90 / sqrt(MANY));
    f = fit(&(DesDist){.kind = DES_ERLANG, .a = 40, .b = 4}, MANY);
    assert_int_equal(f.candidate[0].dist.kind, DES_ERLANG);
    assert_true(f.candidate[0].dist.b == 4);
    near(f.candidate[0].dist.a, 40, 3 * 40 / sqrt(4.0 * MANY));
    double k = 2.5, trigamma = 0.490357756; // of 2.5: pi^2 / 2 - 4 (1 + 1 / 9)
    f = fit(&(DesDist){.kind = DES_GAMMA, .a = 300, .b = 1 / sqrt(k)}, MANY);
    assert_int_equal(f.candidate[0].dist.kind, DES_GAMMA);
    near(f.candidate[0].dist.a, 300, 3 * 300 / sqrt(k * MANY));
    near(1 / (f.candidate[0].dist.b * f.candidate[0].dist.b), k, 3 * sqrt(k / (MANY * (k * trigamma - 1))));
    DesDist log_normal = {.kind = DES_LOGNORMAL, .a = 420, .b = 0.6};
    double s2 = log1p(0.36), se_s2 = s2 * sqrt(2.0 / MANY);
    f = fit(&log_normal, MANY);
    assert_int_equal(f.candidate[0].dist.kind, DES_LOGNORMAL);
    near(log1p(f.candidate[0].dist.b * f.candidate[0].dist.b), s2, 3 * se_s2);
    near(log(f.candidate[0].dist.a), log(420), 3 * sqrt(s2 / MANY + se_s2 * se_s2 / 4));
    f = fit(&(DesDist){.kind = DES_UNIFORM, .a = 30, .b = 60}, MANY);
    assert_int_equal(f.candidate[0].dist.kind, DES_UNIFORM);
    near(f.candidate[0].dist.a, 30, 8 * 30.0 / MANY), near(f.candidate[0].dist.b, 60, 8 * 30.0 / MANY);
    double same[6] = {5, 5.001, 5, 5.001, 5, 5};
    PlanFitOptions o = {.resolution = 0.002};
    assert_int_equal(plan_fit(same, 6, &o, &f), OK);
    assert_int_equal(f.candidate[0].dist.kind, DES_DET);
    near(f.candidate[0].dist.a, 5, 0.001);
}
static double loglik(const DesDist *d, const double *x, uint32_t n) { // by the slope of the distribution function
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        double h = 1e-5 * x[i];
        sum += log((des_dist_cdf(d, x[i] + h) - des_dist_cdf(d, x[i] - h)) / (2 * h));
    }
    return sum;
}
static void likelihoods(void **state) { // the formulas agree with the densities, and nothing near is more likely
    (void)state;
    double *x = draw(&(DesDist){.kind = DES_GAMMA, .a = 10, .b = 0.6}, 500, 3);
    static const DesDistKind kinds[] = {DES_EXP, DES_ERLANG, DES_GAMMA, DES_LOGNORMAL, DES_UNIFORM};
    for (uint32_t i = 0; i < ARRAY_LEN(kinds); i++) {
        PlanCandidate c;
        assert_true(plan_fit_one(kinds[i], x, 500, &c));
        near(c.loglik, loglik(&c.dist, x, 500), 1e-3);
        near(c.aic, (kinds[i] == DES_EXP ? 2 : 4) - 2 * c.loglik, 1e-9);
        if (kinds[i] == DES_UNIFORM) continue;
        for (int step = -1; step <= 1; step += 2) {
            DesDist a = c.dist, b = c.dist;
            a.a *= 1 + 0.01 * step;
            b.b = kinds[i] == DES_ERLANG ? b.b + step : b.b * (1 + 0.01 * step);
            assert_true(loglik(&a, x, 500) < c.loglik);
            if (kinds[i] != DES_EXP) assert_true(loglik(&b, x, 500) < c.loglik);
        }
    }
    free(x);
}
// ---- tests: 200 samples; under the null the number rejected is binomial(200, 0.05), 99.9 % of it within 2 and 21
#define SAMPLES 200
static void rejected(const DesDist *from, DesDistKind as, uint32_t n, uint32_t *ret_ks, uint32_t *ret_ad,
                     double *ret_mean_p) {
    *ret_ks = *ret_ad = 0, *ret_mean_p = 0;
    for (uint32_t r = 0; r < SAMPLES; r++) {
        double *x = draw(from, n, 100 + r);
        PlanFitOptions o = {.seed = 77, .stream = r};
        PlanCandidate c;
        PlanGoodness g;
        assert_true(plan_fit_one(as, x, n, &c));
        plan_fit_test(&c.dist, x, n, &o, &g);
        assert_int_equal(g.tested, n), assert_int_equal(g.resamples, PLAN_FIT_RESAMPLES);
        *ret_ks += g.d_p <= 0.05, *ret_ad += g.a2_p <= 0.05;
        *ret_mean_p += (g.d_p + g.a2_p) / (2 * SAMPLES);
        free(x);
    }
}
static void level(void **state) {
    (void)state;
    static const DesDist from[] = {{.kind = DES_EXP, .a = 20},
                                   {.kind = DES_ERLANG, .a = 20, .b = 3},
                                   {.kind = DES_GAMMA, .a = 20, .b = 0.7},
                                   {.kind = DES_LOGNORMAL, .a = 20, .b = 0.5},
                                   {.kind = DES_UNIFORM, .a = 10, .b = 30}};
    for (uint32_t i = 0; i < ARRAY_LEN(from); i++) {
        uint32_t ks, ad;
        double p;
        rejected(&from[i], (DesDistKind)from[i].kind, 80, &ks, &ad, &p);
        if (ks < 2 || ks > 21 || ad < 2 || ad > 21) fail_msg("%u: %u and %u of 200 rejected", from[i].kind, ks, ad);
        near(p, 0.5, 3.3 * sqrt(1.0 / 12 / SAMPLES)); // as p is uniform
    }
}
static void power(void **state) {
    (void)state;
    static const struct {
        DesDist from;
        DesDistKind as;
        uint32_t n;
    } wrong[] = {{{.kind = DES_LOGNORMAL, .a = 20, .b = 0.5}, DES_EXP, 80},
                 {{.kind = DES_EXP, .a = 20}, DES_LOGNORMAL, 200},
                 {{.kind = DES_UNIFORM, .a = 10, .b = 30}, DES_GAMMA, 200},
                 {{.kind = DES_LOGNORMAL, .a = 20, .b = 2}, DES_GAMMA, 200},
                 {{.kind = DES_GAMMA, .a = 20, .b = 0.6}, DES_UNIFORM, 80}};
    for (uint32_t i = 0; i < ARRAY_LEN(wrong); i++) {
        uint32_t ks, ad;
        double p;
        rejected(&wrong[i].from, wrong[i].as, wrong[i].n, &ks, &ad, &p);
        if (MAX(ks, ad) < 180) fail_msg("case %u: only %u and %u of 200 rejected", i, ks, ad);
    }
}
static void statistics(void **state) { // by hand: uniform fitted to 1 2 3 4 5 is 0 .. 6, F = 1/6 .. 5/6
    (void)state;
    double x[5] = {3, 1, 5, 2, 4}, sum = 0;
    PlanCandidate c;
    PlanGoodness g, again;
    assert_true(plan_fit_one(DES_UNIFORM, x, 5, &c));
    assert_true(c.dist.a == 0 && c.dist.b == 6);
    plan_fit_test(&c.dist, x, 5, &options, &g);
    near(g.d, 1.0 / 6, 1e-12);
    for (int i = 1; i <= 5; i++) sum += (2 * i - 1) / 5.0 * (log(i / 6.0) + log(1 - (6 - i) / 6.0));
    near(g.a2, -5 - sum, 1e-12);
    double *y = draw(&(DesDist){.kind = DES_EXP, .a = 3}, 60, 5);
    assert_true(plan_fit_one(DES_EXP, y, 60, &c));
    plan_fit_test(&c.dist, y, 60, &options, &g), plan_fit_test(&c.dist, y, 60, &options, &again);
    assert_memory_equal(&g, &again, sizeof g); // the same seed
    plan_fit_test(&c.dist, y, 60, &(PlanFitOptions){.seed = 2}, &again);
    assert_true(again.d == g.d && (again.d_p != g.d_p || again.a2_p != g.a2_p));
    free(y);
}
static void verdicts(void **state) {
    (void)state;
    PlanFit f = fit(&(DesDist){.kind = DES_LOGNORMAL, .a = 60, .b = 0.4}, 1000);
    assert_int_equal(plan_fit_verdict(&f), PLAN_FITS);
    double x[600];
    DesStream s = des_stream(3, 3, 0, 0);
    for (uint32_t i = 0; i < 600; i++) x[i] = i % 12 ? 50 + 10 * des_uniform(&s) : 400 * des_exp(&s); // a few that last
    assert_int_equal(plan_fit(x, 600, &options, &f), OK);
    assert_true(plan_fit_verdict(&f) > PLAN_NEAR);
    for (uint32_t i = 0; i < 600; i++) x[i] = fmod(10 * des_exp(&s), 20); // nothing over 20
    assert_int_equal(plan_fit(x, 600, &options, &f), OK);
    assert_int_equal(plan_fit_verdict(&f), PLAN_LIGHT_TAIL);
    f.good = (PlanGoodness){.d = 0.03, .d_p = 0.005, .a2_p = 0.005};
    assert_int_equal(plan_fit_verdict(&f), PLAN_NEAR);
    f.good.d = 0.2;
    assert_int_equal(plan_fit_verdict(&f), PLAN_OTHER_SHAPE);
    f.good.beyond_z = 4;
    assert_int_equal(plan_fit_verdict(&f), PLAN_HEAVY_TAIL);
}
static void covers(void **state) { // 400 intervals of 95 %: between 92 and 98 % hold the mean
    (void)state;
    DesDist d = {.kind = DES_GAMMA, .a = 50, .b = 0.5};
    uint32_t in = 0;
    for (uint32_t r = 0; r < 400; r++) {
        double *x = draw(&d, 100, 1000 + r);
        PlanFit f;
        assert_int_equal(plan_fit(x, 100, &(PlanFitOptions){.resamples = 19}, &f), OK);
        in += fabs(f.mean.mean - 50) <= f.mean.half;
        free(x);
    }
    if (in < 368 || in > 392) fail_msg("%u of 400 cover", in);
}
static void refusals(void **state) {
    (void)state;
    PlanFit f;
    double few[4] = {1, 2, 3, 4}, zero[6] = {1, 2, 0, 3, 4, 5}, bad[6] = {1, 2, NAN, 3, 4, 5},
           minus[6] = {1, -2, 3, 4, 5, 6};
    assert_int_equal(plan_fit(few, 4, &options, &f), ERR_INVALID);
    assert_int_equal(plan_fit(zero, 6, &options, &f), ERR_INVALID);
    assert_int_equal(plan_fit(bad, 6, &options, &f), ERR_INVALID);
    assert_int_equal(plan_fit(minus, 6, &options, &f), ERR_INVALID);
    PlanCandidate c;
    assert_false(plan_fit_one(DES_TRIANGULAR, few, 4, &c));
    assert_false(plan_fit_one(DES_LOGNORMAL, (double[]){2, 2}, 2, &c));
    PlanArrivals a;
    int64_t at[2] = {5, 10};
    assert_int_equal(plan_arrivals(at, 2, 6, 20, 0, &a), ERR_INVALID);
    assert_int_equal(plan_arrivals(at, 2, 0, 9, 0, &a), ERR_INVALID);
    assert_int_equal(plan_arrivals(at, 0, 9, 9, 0, &a), ERR_INVALID);
    assert_int_equal(plan_arrivals(at, 0, 0, 40000 * DAY_MS, 0, &a), ERR_LIMIT);
}

// ---- arrivals
#define MONDAY (1794787200000LL - 7 * HOUR_MS) // 2026-11-16T00:00 at UTC+7
static double shape(int hour) {
    return hour < 6 ? 2 : hour < 12 ? 12 : hour < 22 ? 7 : 0;
}
static int64_t *arrive(uint32_t days, uint32_t replication, double sunday, double swing, uint32_t *ret_n) {
    static int64_t at[100000];
    DesStream s = des_stream(9, 9, replication, 0);
    uint32_t n = 0;
    for (uint32_t h = 0; h < days * 24; h++) {
        double rate = shape((int)(h % 24)) * (h / 24 % 7 == 6 ? sunday : 1) *
                      (1 + (h % 2 ? swing : -swing) * (h / 24 % 2 ? 1 : -1));
        if (!(rate > 0)) continue;
        for (double t = des_exp(&s) / rate; t < 1; t += des_exp(&s) / rate)
            at[n++] = MONDAY + h * HOUR_MS + (int64_t)(t * (double)HOUR_MS);
    }
    *ret_n = n;
    return at;
}
static void arrivals(void **state) {
    (void)state;
    PlanArrivals a;
    uint32_t n, in = 0, looked = 0, poisson = 0;
    for (uint32_t r = 0; r < 40; r++) {
        int64_t *at = arrive(14, r, 0.5, 0, &n);
        assert_int_equal(plan_arrivals(at, n, MONDAY, MONDAY + 14 * DAY_MS, 420, &a), OK);
        assert_true(a.whole && a.by_weekday && a.n == n && a.days == 14);
        assert_int_equal(a.df, 14 * 22 - 22 - 6);
        for (int h = 0; h < 22; h++, looked++) in += a.lo[h] <= shape(h) * 6.5 / 7 && shape(h) * 6.5 / 7 <= a.hi[h];
        for (int h = 22; h < 24; h++) assert_true(a.rate[h] == 0 && a.lo[h] == 0 && a.hi[h] > 0 && a.hi[h] < 0.5);
        poisson += plan_arrivals_verdict(&a) == PLAN_POISSON;
        near(a.weekday[6] / a.weekday[0], 0.5, 0.16);
    }
    if (in < 0.93 * looked || in > 0.99 * looked) fail_msg("%u of %u rates covered", in, looked);
    if (poisson < 33) fail_msg("only %u of 40 Poisson processes pass", poisson);
    int64_t *at = arrive(7, 0, 1, 0.9, &n);
    assert_int_equal(plan_arrivals(at, n, MONDAY, MONDAY + 7 * DAY_MS, 420, &a), OK);
    assert_int_equal(plan_arrivals_verdict(&a), PLAN_BUNCHED);
    assert_true(a.dispersion > 1.5);
}
static void clockwork(void **state) { // four an hour, evenly; a record that begins and ends within an hour
    (void)state;
    int64_t at[400];
    PlanArrivals a;
    for (int i = 0; i < 400; i++) at[i] = MONDAY + i * 15 * MINUTE_MS;
    assert_int_equal(plan_arrivals(at, 192, MONDAY, MONDAY + 2 * DAY_MS, 420, &a), OK);
    assert_int_equal(plan_arrivals_verdict(&a), PLAN_EVEN);
    assert_false(a.by_weekday);
    assert_int_equal(a.df, 24);
    near(a.per_day, 96, 1e-9), near(a.dispersion, 0, 1e-12);
    near(a.per_day_half, 1.96 * sqrt(192) / 2, 0.01);
    // Garwood's limits of 8 events: 3.4538 and 15.7632
    near(a.lo[5], 3.4538 / 2, 1e-4), near(a.hi[5], 15.7632 / 2, 1e-4);
    assert_int_equal(plan_arrivals(at + 2, 6, MONDAY + 30 * MINUTE_MS, MONDAY + 2 * HOUR_MS, 420, &a), OK);
    assert_int_equal(plan_arrivals_verdict(&a), PLAN_UNTESTED);
    near(a.rate[0], 4, 1e-12), near(a.hours[0], 0.5, 1e-12), near(a.rate[1], 4, 1e-12);
    assert_true(isnan(a.rate[2]) && !a.whole && isnan(a.per_day_half));
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(recovers),   cmocka_unit_test(likelihoods),
                                       cmocka_unit_test(statistics), cmocka_unit_test(level),
                                       cmocka_unit_test(power),      cmocka_unit_test(verdicts),
                                       cmocka_unit_test(covers),     cmocka_unit_test(refusals),
                                       cmocka_unit_test(arrivals),   cmocka_unit_test(clockwork)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

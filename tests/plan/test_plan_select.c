// Ranking and selection against its promises: known means, many macro-replications of the whole choice.
#include "des/des_random.h"
#include "plan/plan_select.h"
#include "prop.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

typedef struct {
    double mean[PLAN_SYSTEMS_MAX], sd[PLAN_SYSTEMS_MAX];
    double common; // share of the variance that all systems have from the same draw
    uint64_t seed;
    uint32_t taken[PLAN_SYSTEMS_MAX]; // replications asked for, in order
} Systems;
static double sample(void *ctx, uint32_t system, uint32_t replication) {
    Systems *f = ctx;
    assert_int_equal(replication, f->taken[system]); // each once, in order
    f->taken[system]++;
    DesStream own = des_stream(f->seed, 1 + system, replication, 0), all = des_stream(f->seed, 0, replication, 0);
    double z = sqrt(1 - f->common) * des_normal(&own) + sqrt(f->common) * des_normal(&all);
    return f->mean[system] + f->sd[system] * z;
}
static void slippage(Systems *f, uint32_t k, uint32_t best, double delta, double sd) { // all others worse by just delta
    *f = (Systems){.seed = 0};
    for (uint32_t i = 0; i < k; i++) f->mean[i] = i == best ? 10 : 10 + delta, f->sd[i] = sd;
}
typedef struct {
    uint32_t right, decided;
    double samples; // in the mean
} Tally;
static Tally choose(PlanSelect *p, Systems *f, uint32_t best, uint32_t times) {
    Tally t = {0};
    PlanChoice c;
    for (uint32_t m = 0; m < times; m++) {
        f->seed = 1000 + m;
        memset(f->taken, 0, sizeof f->taken);
        p->sample = sample, p->ctx = f;
        plan_select(p, &c);
        uint64_t taken = 0;
        for (uint32_t i = 0; i < p->systems; i++) taken += f->taken[i];
        assert_int_equal(c.samples, taken);
        assert_false(c.out[c.best]);
        t.right += c.best == best, t.decided += c.left == 1, t.samples += (double)taken / times;
    }
    return t;
}
// At least 1 - alpha of the choices are right, within three standard deviations of a binomial.
static void promised(const char *name, uint32_t k, uint32_t best, double sd_of_best, double common, double alpha) {
    enum { TIMES = 500 };
    Systems f;
    slippage(&f, k, best, 1, 2);
    f.sd[best] = sd_of_best, f.common = common;
    PlanSelect p = {.systems = k, .first_stage = 10, .alpha = alpha, .delta = 1, .replications_max = 100000};
    Tally t = choose(&p, &f, best, TIMES);
    double least = 1 - alpha - 3 * sqrt(alpha * (1 - alpha) / TIMES);
    print_message("%-34s right %.3f, promised %.3f; %.0f samples\n", name, (double)t.right / TIMES, 1 - alpha,
                  t.samples);
    assert_int_equal(t.decided, TIMES);
    assert_true((double)t.right / TIMES >= least);
}
static void right_as_often_as_promised(void **state) {
    (void)state;
    promised("KN, 2 systems, alpha .1", 2, 1, 2, 0, 0.1);
    promised("KN, 2 systems, alpha .4", 2, 0, 2, 0, 0.4);
    promised("KN, 5 systems, alpha .05", 5, 2, 2, 0, 0.05);
    promised("KN, 5 systems, unequal variances", 5, 4, 5, 0, 0.05);
    promised("KN, 10 systems, common numbers", 10, 9, 2, 0.6, 0.1);
}
static void not_dearer_than_it_must_be(void **state) { // a choice that never drops anyone would be right, too
    (void)state;
    enum { TIMES = 100 };
    Systems f;
    PlanSelect p = {.systems = 5, .first_stage = 10, .alpha = 0.05, .delta = 1, .replications_max = 100000};
    slippage(&f, 5, 2, 1, 2);
    double near = choose(&p, &f, 2, TIMES).samples;
    f.common = 0.9;
    double common = choose(&p, &f, 2, TIMES).samples;
    f.common = 0;
    for (uint32_t i = 0; i < 5; i++) f.mean[i] = i == 2 ? 10 : 20; // far apart
    double far = choose(&p, &f, 2, TIMES).samples;
    p.alpha = 0.3, slippage(&f, 5, 2, 1, 2);
    double lax = choose(&p, &f, 2, TIMES).samples;
    print_message("samples: %.0f; with common numbers %.0f; far apart %.0f; alpha .3 %.0f\n", near, common, far, lax);
    assert_true(near < 250); // all five to the end of the triangle, h2 S2 / delta2 = 91 each, would be 457
    assert_true(common < near / 3);
    assert_true(far < 5 * 10 + 15);
    assert_true(lax < near * 0.7);
}
static void what_is_out_is_asked_no_more(void **state) {
    (void)state;
    Systems f = {.mean = {0, 100, 0.2, 100}, .sd = {1, 1, 1, 1}, .seed = 5};
    PlanSelect p = {.systems = 4,
                    .first_stage = 10,
                    .alpha = 0.05,
                    .delta = 0.1,
                    .replications_max = 50,
                    .sample = sample,
                    .ctx = &f};
    PlanChoice c;
    plan_select(&p, &c);
    assert_true(c.out[1] && c.out[3] && f.taken[1] == 10 && f.taken[3] == 10);
    assert_true(!c.out[0] && !c.out[2] && c.left == 2); // the limit comes first: no guarantee, and it says so
    assert_int_equal(c.replications, 50);
    assert_int_equal(f.taken[0], 50), assert_int_equal(f.taken[2], 50);
    assert_int_equal(c.best, c.mean[0] < c.mean[2] ? 0 : 2);
    assert_true(fabs(c.mean[1] - 100) < 1.5 && fabs(c.mean[0]) < 0.6);
}
static void one_system_and_no_variance(void **state) {
    (void)state;
    Systems f = {.mean = {7, 8}, .sd = {0, 0}};
    PlanSelect p = {.systems = 1, .first_stage = 2, .alpha = 0.05, .delta = 1, .sample = sample, .ctx = &f};
    PlanChoice c;
    plan_select(&p, &c);
    assert_true(c.best == 0 && c.left == 1 && c.samples == 2 && c.mean[0] == 7);
    memset(f.taken, 0, sizeof f.taken);
    p.systems = 2, p.replications_max = 1000;
    plan_select(&p, &c);
    assert_true(c.best == 0 && c.left == 1 && c.samples == 4);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(right_as_often_as_promised), cmocka_unit_test(not_dearer_than_it_must_be),
        cmocka_unit_test(what_is_out_is_asked_no_more), cmocka_unit_test(one_system_and_no_variance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

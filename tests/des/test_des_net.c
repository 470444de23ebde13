// The table of known answers: for each row one long run whose error must be small, and many short experiments whose 95
// % intervals must cover the answer 90 to 98 % of the time. CUAKHAU_LONG=1: 0.5 % on long runs; else 1.5 % on shorter
// ones. CUAKHAU_QUICK=1: a look whether it runs, for builds that watch memory.
#include "des/des_net.h"
#include "des/des_run.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define EXP(m) ((DesDist){.kind = DES_EXP, .a = (m)})
typedef struct {
    NetStation s[4];
    NetClass *k;
    Net n;
} Model;
static NetStation station(const char *id, uint32_t servers, DesDist service) {
    return (NetStation){.id = id, .servers = servers, .room = DES_NO_LIMIT, .service = service};
}
static Model *model(uint32_t stations, uint32_t classes) {
    Model *m = calloc(1, sizeof *m);
    assert_non_null(m);
    m->k = calloc(classes, sizeof *m->k);
    assert_non_null(m->k);
    m->n = (Net){.station = m->s, .klass = m->k, .stations = stations, .classes = classes};
    return m;
}
static void poisson(NetClass *k, double rate) {
    k->arrivals = NET_RENEWAL, k->gap = EXP(1 / rate);
}
static void model_free(Model *m) {
    free(m->k), free(m);
}

enum { WAIT, WAIT_P95, TIME, LOSS, THROUGH, NUMBER, CLASS0_WAIT, CLASS1_WAIT };
static double figure(const NetOut *o, int what) {
    switch (what) {
    case WAIT: return o->total.wait;
    case WAIT_P95: return o->total.wait_q[2];
    case TIME: return o->total.time;
    case LOSS: return o->total.loss;
    case THROUGH: return o->station[0].through;
    case NUMBER: return o->total.number;
    case CLASS0_WAIT: return o->klass[0].wait;
    default: return o->klass[1].wait;
    }
}
typedef struct {
    const char *name;
    double answer;
    int what;
    double warmup, length; // of a replication of the coverage
    uint32_t replications, experiments;
    double long_length;
    uint32_t long_replications;
} Row;
typedef struct {
    const Net *n;
    uint64_t seed;
    int what;
} Job;
static void one(void *ctx, uint32_t replication, void *out) {
    const Job *j = ctx;
    NetOut *o = calloc(1, sizeof *o);
    net_run(j->n, j->seed, replication, o);
    *(double *)out = figure(o, j->what);
    free(o);
}
static DesInterval experiment(const Net *n, uint64_t seed, int what, uint32_t replications) {
    double *x = calloc(replications, sizeof *x);
    Job j = {n, seed, what};
    DesReplicate r = {.n = replications, .one = one, .ctx = &j, .outs = x, .out_size = sizeof *x};
    assert_int_equal(des_replicate(&r), replications);
    DesInterval v = des_interval(x, replications, 0.95);
    free(x);
    return v;
}
static bool quick(void) {
    return getenv("CUAKHAU_QUICK") != NULL;
}
static void check(Model *m, const Row *row) {
    bool thorough = getenv("CUAKHAU_LONG") != NULL;
    Net n = m->n;
    if (!n.first_customers) n.warmup = row->warmup, n.length = row->length;
    uint32_t experiments = quick() ? 20 : thorough ? row->experiments : 100, covered = 0;
    for (uint32_t i = 0; i < experiments; i++) {
        DesInterval v = experiment(&n, 1000 + i, row->what, row->replications);
        covered += fabs(v.mean - row->answer) <= v.half;
    }
    if (!n.first_customers && n.warmup > 0)
        n.length = thorough ? row->long_length * 8 : row->long_length / (quick() ? 20 : 2);
    DesInterval v = experiment(&n, 7, row->what,
                               thorough && (n.first_customers || n.warmup <= 0) ? row->long_replications * 8
                                                                                : row->long_replications);
    double error = (v.mean - row->answer) / row->answer, share = 100.0 * covered / experiments;
    print_message("%-34s answer %10.6f  long run %10.6f (%+.3f %%, interval ±%.3f %%)  coverage %5.1f %% of %u\n",
                  row->name, row->answer, v.mean, error * 100, v.half / row->answer * 100, share, experiments);
    assert_true(fabs(error) < (thorough ? 0.005 : quick() ? 0.1 : 0.02));
    assert_true(share >= (quick() ? 75 : thorough ? 90 : 88) && share <= (thorough ? 98 : 100));
}
static void check_analytic(const Model *m, int what, double answer) {
    NetOut *o = calloc(1, sizeof *o);
    net_analytic(&m->n, o);
    double v = figure(o, what);
    free(o);
    assert_true(fabs(v - answer) < 1e-5 * answer);
}
static void single(const char *name, double lambda, uint32_t c, DesDist service, double answer, int what) {
    Model *m = model(1, 1);
    m->s[0] = station("s", c, service);
    poisson(&m->k[0], lambda);
    if (what == WAIT) check_analytic(m, what, answer);
    check(m, &(Row){name, answer, what, 3000, 12000, 10, 200, 1000000, 8});
    model_free(m);
}
static void mm1(void **state) {
    (void)state;
    single("M/M/1 rho .9 wait", 0.9, 1, EXP(1), 9, WAIT);
    single("M/M/1 rho .9 time", 0.9, 1, EXP(1), 10, TIME);
    single("M/M/1 rho .9 wait P95", 0.9, 1, EXP(1), 28.9037, WAIT_P95);
}
static void mmc(void **state) {
    (void)state;
    single("M/M/2 rho .9 wait", 1.8, 2, EXP(1), 4.263158, WAIT);
    single("M/M/4 rho .9 wait", 3.6, 4, EXP(1), 1.969383, WAIT);
    single("M/M/8 rho .9 wait", 7.2, 8, EXP(1), 0.876916, WAIT);
}
static void mg1(void **state) {
    (void)state;
    single("M/D/1 rho .9 wait", 0.9, 1, (DesDist){.kind = DES_DET, .a = 1}, 4.5, WAIT);
    single("M/E2/1 rho .9 wait", 0.9, 1, (DesDist){.kind = DES_ERLANG, .a = 1, .b = 2}, 6.75, WAIT);
}
static void from_empty(void **state) {
    (void)state;
    Model *m = model(1, 1);
    m->s[0] = station("s", 1, EXP(1));
    poisson(&m->k[0], 0.9);
    m->n.first_customers = 25;
    check_analytic(m, WAIT, 2.360544);
    check(m, &(Row){"M/M/1 from empty, first 25", 2.360544, WAIT, 0, 0, 200, 300, 0, 100000});
    model_free(m);
}
static void jackson(void **state) {
    (void)state;
    Model *m = model(3, 1);
    m->s[0] = station("a", 2, EXP(1 / 0.6)), m->s[1] = station("b", 1, EXP(1 / 1.25)),
    m->s[2] = station("c", 3, EXP(1 / 0.4));
    poisson(&m->k[0], 1);
    m->k[0].route[0][1] = m->k[0].route[1][2] = 1;
    check_analytic(m, TIME, 15.465781);
    check(m, &(Row){"Jackson tandem time", 15.465781, TIME, 1500, 8000, 10, 200, 500000, 8});
    model_free(m);
}
static void cobham(void **state) {
    (void)state;
    Model *m = model(1, 2);
    m->s[0] = station("s", 1, EXP(1));
    poisson(&m->k[0], 0.3), poisson(&m->k[1], 0.5);
    m->k[1].priority = 1;
    check_analytic(m, CLASS0_WAIT, 1.142857), check_analytic(m, CLASS1_WAIT, 5.714286);
    check(m, &(Row){"Cobham, first class", 1.142857, CLASS0_WAIT, 500, 8000, 10, 200, 1000000, 8});
    check(m, &(Row){"Cobham, second class", 5.714286, CLASS1_WAIT, 500, 8000, 10, 200, 1000000, 8});
    model_free(m);
}
static void erlang(void **state) {
    (void)state;
    Model *m = model(1, 1);
    m->s[0] = station("bays", 100, EXP(1));
    m->s[0].room = 0;
    poisson(&m->k[0], 90);
    check_analytic(m, LOSS, 0.02695738);
    check(m, &(Row){"Erlang-B 100 slots, 90 erlang", 0.02695738, LOSS, 20, 200, 10, 200, 15000, 8});
    model_free(m);
}
static void closed(void **state) {
    (void)state;
    Model *m = model(3, 1);
    m->s[0] = station("crane", 1, EXP(4)), m->s[1] = station("gate", 1, EXP(2)),
    m->s[2] = station("travel", NET_INFINITE, EXP(10));
    m->k[0].circulating = 5;
    m->k[0].route[0][1] = m->k[0].route[1][2] = m->k[0].route[2][0] = 1;
    check_analytic(m, THROUGH, 0.215135);
    check(m, &(Row){"closed loop, 5 vehicles", 0.215135, THROUGH, 500, 10000, 10, 200, 1000000, 8});
    model_free(m);
}
static void varying(void **state) {
    (void)state;
    Model *m = model(1, 1);
    m->s[0] = station("lanes", 6, EXP(1 / 40.0));
    m->k[0] = (NetClass){.arrivals = NET_FORMULA, .mean = 3500 / 24.0, .amplitude = 0.6, .shift = 6, .period = 24};
    m->n.length = 24;
    check_analytic(m, NUMBER, 7.17393);
    check(m, &(Row){"M_t/M/6 over a day", 7.17393, NUMBER, 0, 24, 100, 200, 24, 20000});
    model_free(m);
}

static bool answered(const Model *m) { // is anything said to be exact of the whole, or of the only station?
    NetOut *o = calloc(1, sizeof *o);
    net_analytic(&m->n, o);
    bool any = isfinite(o->total.wait) || isfinite(o->total.time) || isfinite(o->total.number) ||
               isfinite(o->total.loss) || isfinite(o->total.through) || isfinite(o->total.time_q[0]) ||
               isfinite(o->station[0].wait) || isfinite(o->station[0].used);
    free(o);
    return any;
}
static void silent_where_theory_is(void **state) { // an answer that does not fit is worse than none
    (void)state;
    DesDist slow = EXP(2);
    Model *m = model(1, 1);
    m->s[0] = station("s", 1, EXP(1));
    poisson(&m->k[0], 0.9);
    assert_true(answered(m));
    poisson(&m->k[0], 1); // never steady
    assert_false(answered(m));
    poisson(&m->k[0], 0.4), m->k[0].service = &slow;
    assert_false(answered(m));
    m->n.first_customers = 5;
    assert_false(answered(m));
    m->k[0].service = NULL;
    assert_true(answered(m));
    m->n.warmup = 1;
    assert_false(answered(m));
    m->n.warmup = 0, m->n.first_customers = 1u << 30; // would never be computed
    assert_false(answered(m));
    m->n.first_customers = 0, m->s[0].room = 0;
    assert_true(answered(m));
    m->s[0].up = 10, m->s[0].down = 10; // Erlang knows no breakdowns
    assert_false(answered(m));
    m->s[0].up = 0, m->s[0].room = DES_NO_LIMIT, m->k[0].arrivals = NET_NONE;
    m->k[0].circulating = 3, m->k[0].route[0][0] = 1;
    assert_true(answered(m));
    m->k[0].service = &slow;
    assert_false(answered(m));
    m->k[0] = (NetClass){.arrivals = NET_FORMULA, .mean = 0.5, .period = 24}, m->n.length = 24;
    assert_true(answered(m));
    m->n.customers = 5; // it may end before
    assert_false(answered(m));
    m->n.customers = 0, m->k[0].mean = 100, m->s[0].service = EXP(0.1); // thousands wait in the end
    assert_false(answered(m));
    m->k[0].mean = 0.5, m->n.length = 1e9;
    assert_false(answered(m));
    model_free(m);
}
static void feedback(void **state) { // a visit and the whole stay are not the same: two visits in the mean
    (void)state;
    Model *m = model(1, 1);
    m->s[0] = station("s", 1, EXP(1));
    poisson(&m->k[0], 0.4);
    m->k[0].route[0][0] = 0.5;
    NetOut *o = calloc(1, sizeof *o);
    net_analytic(&m->n, o);
    assert_true(fabs(o->station[0].time - 5) < 1e-9 && fabs(o->total.time - 10) < 1e-9);
    assert_true(fabs(o->station[0].through - 0.8) < 1e-9 && fabs(o->total.through - 0.4) < 1e-9);
    assert_true(fabs(o->total.number - 4) < 1e-9 && !isfinite(o->total.wait_q[2]));
    free(o), model_free(m);
}
// ---- what has no formula
static void blocking(void **state) { // two stations that feed each other, no room: a deadlock is found and named
    (void)state;
    Model *m = model(2, 1);
    m->s[0] = station("yard", 1, EXP(1)), m->s[1] = station("dock", 1, EXP(1));
    m->s[0].room = m->s[1].room = 0, m->s[0].block = m->s[1].block = true;
    m->k[0].circulating = 1;
    m->k[0].route[0][1] = m->k[0].route[1][0] = 1;
    m->n.length = 1000;
    NetOut *o = calloc(1, sizeof *o);
    net_run(&m->n, 1, 0, o);
    assert_false(o->deadlock);
    Model *two = model(2, 2);
    memcpy(two->s, m->s, sizeof m->s);
    two->k[0] = m->k[0], two->k[1] = m->k[0];
    two->k[1].first = 1;
    two->n.length = 1000;
    net_run(&two->n, 1, 0, o);
    assert_true(o->deadlock);
    assert_string_equal(o->cycle, "yard, dock");
    // a tandem with a bound between: 1/mu for both, no room: throughput of a saturated two-station line is 2/3
    // (Hillier, Boling 1967)
    Model *line = model(2, 1);
    line->s[0] = station("first", 1, EXP(1)), line->s[1] = station("second", 1, EXP(1));
    line->s[1].room = 0, line->s[1].block = true;
    poisson(&line->k[0], 5);
    line->k[0].route[0][1] = 1;
    line->n.warmup = 100, line->n.length = 200000;
    net_run(&line->n, 3, 0, o);
    assert_false(o->deadlock);
    assert_true(fabs(o->total.through - 2.0 / 3) < 0.01);
    free(o), model_free(m), model_free(two), model_free(line);
}
static void reneging(void **state) { // M/M/1+M: the share that leaves follows from the stationary distribution
    (void)state;
    Model *m = model(1, 1);
    m->s[0] = station("s", 1, EXP(1));
    m->s[0].reneges = true, m->s[0].patience = EXP(2);
    poisson(&m->k[0], 1.2);
    m->n.warmup = 100, m->n.length = 300000;
    double p[200] = {1}, sum = 1, idle;
    for (int i = 1; i < 200; i++) p[i] = p[i - 1] * 1.2 / (1 + (i - 1) / 2.0), sum += p[i];
    idle = p[0] / sum;
    NetOut *o = calloc(1, sizeof *o);
    net_run(&m->n, 5, 0, o);
    assert_true(fabs(o->total.reneged - (1 - (1 - idle) / 1.2)) < 0.005);
    assert_true(fabs(o->station[0].used - (1 - idle)) < 0.005);
    free(o), model_free(m);
}
static void calendar_and_breakdowns(void **state) {
    (void)state;
    Model *m = model(1, 1);
    NetPiece day[] = {{0, 12, 1}, {12, 24, 3}};
    m->s[0] = station("s", 1, EXP(0.1));
    m->s[0].calendar = day, m->s[0].calendar_n = 2, m->s[0].period = 24;
    poisson(&m->k[0], 4);
    m->n.warmup = 24, m->n.length = 24000;
    NetOut *o = calloc(1, sizeof *o);
    net_run(&m->n, 5, 0, o);
    assert_true(fabs(o->station[0].used - 0.4 / 2) < 0.01); // 2 servers in the mean
    m->s[0].calendar_n = 0, m->s[0].up = 30, m->s[0].down = 10;
    net_run(&m->n, 5, 0, o);
    assert_true(fabs(o->station[0].used - 0.4 / 0.75) < 0.02); // there three quarters of the time
    free(o), model_free(m);
}
static void same_on_any_number_of_threads(void **state) {
    (void)state;
    Model *m = model(1, 1);
    m->s[0] = station("s", 1, EXP(1));
    poisson(&m->k[0], 0.9);
    m->n.warmup = 10, m->n.length = 2000;
    double x[3][16];
    Job j = {&m->n, 9, WAIT};
    const uint32_t threads[3] = {1, 2, 5};
    for (int i = 0; i < 3; i++) {
        DesReplicate r = {
            .n = 16, .threads = threads[i], .one = one, .ctx = &j, .outs = x[i], .out_size = sizeof(double)};
        assert_int_equal(des_replicate(&r), 16);
    }
    assert_memory_equal(x[0], x[1], sizeof x[0]);
    assert_memory_equal(x[0], x[2], sizeof x[0]);
    assert_true(x[0][0] != x[0][1]);
    model_free(m);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(mm1),
                                       cmocka_unit_test(mmc),
                                       cmocka_unit_test(mg1),
                                       cmocka_unit_test(from_empty),
                                       cmocka_unit_test(jackson),
                                       cmocka_unit_test(cobham),
                                       cmocka_unit_test(erlang),
                                       cmocka_unit_test(closed),
                                       cmocka_unit_test(varying),
                                       cmocka_unit_test(silent_where_theory_is),
                                       cmocka_unit_test(feedback),
                                       cmocka_unit_test(blocking),
                                       cmocka_unit_test(reneging),
                                       cmocka_unit_test(calendar_and_breakdowns),
                                       cmocka_unit_test(same_on_any_number_of_threads)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

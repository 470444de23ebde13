// The engine's parts: random numbers, calendar against a naive one, distributions, statistics, stations.
#include "des/des_net.h"
#include "prop.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

static void philox(void **state) { // known answers of Random123 (Salmon et al. 2011)
    (void)state;
    static const uint32_t v[3][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                      {~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                      {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
                                       0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};
    for (int i = 0; i < 3; i++) {
        uint32_t out[4];
        des_philox(v[i], v[i] + 4, out);
        assert_memory_equal(out, v[i] + 6, sizeof out);
    }
}
static void streams(void **state) { // what is drawn ahead in vectors is what the blocks say one by one
    (void)state;
    DesStream s = des_stream(0x123456789abcdef0, 7, 11, 13), twin = s, e = s;
    for (uint32_t block = 0; block < 1000; block++) {
        uint32_t ctr[4] = {block, 13, 11, 0x12345678}, key[2] = {0x9abcdef0, 7}, out[4];
        des_philox(ctr, key, out);
        assert_int_equal(des_u64(&s), (uint64_t)out[3] << 32 | out[2]);
        assert_int_equal(des_u64(&s), (uint64_t)out[1] << 32 | out[0]);
    }
    double worst = 0;
    for (int i = 0; i < 1000000; i++) worst = MAX(worst, fabs(des_exp(&e) + log(des_uniform(&twin))));
    assert_true(worst < 8e-15);
    DesStream edge = {.left = 2, .out = {~(uint64_t)0, 0}}; // the least and the largest uniform
    assert_true(fabs(des_exp(&edge) - 53 * log(2)) < 1e-14);
    double least = des_exp(&edge);
    assert_true(least >= 0 && least < 1e-15);
}
// ---- calendar
typedef struct {
    double t;
    uint64_t id;
    DesEvent handle;
    bool live;
} Naive;
static uint64_t happened[4096];
static uint32_t happened_n;
static void note(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)ctx;
    happened[happened_n++ % 4096] = arg;
}
static void calendar(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        Prng p = {seed};
        Des *d = des_new(100000);
        static Naive n[3000];
        uint32_t count = 0;
        happened_n = 0;
        for (int op = 0; op < 2000; op++) {
            uint64_t what = prng_next(&p) % 10, pick = count ? prng_next(&p) % count : 0;
            double t = des_now(d) + (double)(prng_next(&p) % 50);
            if (what < 5) {
                n[count] = (Naive){t, count, des_at(d, t, note, NULL, count), true};
                count++;
            } else if (what < 6 && count) {
                assert_int_equal(des_cancel(d, n[pick].handle), n[pick].live);
                n[pick].live = false;
            } else if (what < 7 && count && n[pick].live) { // as if scheduled anew: behind those of the same time
                n[pick].live = false;
                n[count] = (Naive){t, n[pick].id, des_move(d, n[pick].handle, t), true};
                count++;
            } else {
                uint32_t best = UINT32_MAX;
                for (uint32_t i = 0; i < count; i++)
                    if (n[i].live && (best == UINT32_MAX || n[i].t < n[best].t)) best = i;
                uint32_t before = happened_n;
                assert_int_equal(des_step(d), best != UINT32_MAX);
                if (best == UINT32_MAX) continue;
                assert_int_equal(happened_n, before + 1);
                assert_int_equal(happened[before % 4096], n[best].id);
                n[best].live = false;
            }
            uint32_t live = 0;
            for (uint32_t i = 0; i < count; i++) live += n[i].live;
            assert_int_equal(des_pending(d), live);
        }
        des_free(d);
    }
}
static void distributions(void **state) {
    (void)state;
    static const double values[] = {1, 2, 2, 5, 10};
    const DesDist all[] = {{.kind = DES_EXP, .a = 3},
                           {.kind = DES_ERLANG, .a = 3, .b = 4},
                           {.kind = DES_GAMMA, .a = 3, .b = 0.7},
                           {.kind = DES_GAMMA, .a = 3, .b = 1.5},
                           {.kind = DES_LOGNORMAL, .a = 3, .b = 0.8},
                           {.kind = DES_UNIFORM, .a = 1, .b = 4},
                           {.kind = DES_TRIANGULAR, .a = 1, .b = 2, .c = 6},
                           {.kind = DES_EMPIRICAL, .n = 5, .values = values},
                           {.kind = DES_DET, .a = 2}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        assert_null(des_dist_check(&all[i]));
        DesStream s = des_stream(11, (uint32_t)i, 0, 0);
        DesTally t = {0};
        double below = 0;
        double median = des_dist_quantile(&all[i], 0.5);
        for (int k = 0; k < 200000; k++) {
            double x = des_draw(&all[i], &s);
            des_tally_add(&t, x), below += x <= median;
        }
        double m = des_dist_mean(&all[i]), sd = m * sqrt(des_dist_cv2(&all[i]));
        assert_true(fabs(t.mean - m) < 5 * sd / sqrt(200000.0) + 1e-9);
        assert_true(fabs(des_tally_sd(&t) - sd) < 0.03 * sd + 1e-9);
        if (all[i].kind == DES_DET || all[i].kind == DES_EMPIRICAL) continue;
        assert_true(fabs(below / 200000 - 0.5) < 0.006);
        for (double p = 0.01; p < 1; p += 0.07)
            assert_true(fabs(des_dist_cdf(&all[i], des_dist_quantile(&all[i], p)) - p) < 1e-8);
        for (double p = 0.05; p < 1; p += 0.09)
            assert_true(fabs(des_tally_quantile(&t, p) - des_dist_quantile(&all[i], p)) <
                        0.02 * des_dist_quantile(&all[i], p) + 0.02);
    }
    const DesDist bad[] = {{.kind = DES_EXP, .a = 0},   {.kind = DES_ERLANG, .a = 1, .b = 1.5},
                           {.kind = DES_GAMMA, .a = 1}, {.kind = DES_UNIFORM, .a = 3, .b = 1},
                           {.kind = DES_DET, .a = -1},  {.kind = 99},
                           {.kind = DES_EMPIRICAL}};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) assert_non_null(des_dist_check(&bad[i]));
}
static void statistics(void **state) {
    (void)state;
    assert_true(fabs(des_normal_quantile(0.975) - 1.959963984540054) < 1e-12);
    assert_true(fabs(des_t_quantile(0.975, 9) - 2.262157162740992) < 1e-8);
    assert_true(fabs(des_t_quantile(0.95, 1) - 6.313751514675043) < 1e-7);
    assert_true(fabs(des_gamma_p(2, 3) - 0.8008517265285442) < 1e-12);
    const double x[] = {1, 2, 3, 4, 5};
    DesInterval v = des_interval(x, 5, 0.95);
    assert_true(fabs(v.mean - 3) < 1e-12 && fabs(v.half - 1.963243161) < 1e-6);
    double y[1000];
    DesStream s = des_stream(5, 0, 0, 0);
    for (int i = 0; i < 1000; i++) y[i] = des_normal(&s) + (i < 150 ? 8 * exp(-i / 40.0) : 0);
    uint32_t cut = des_mser5(y, 1000);
    assert_true(cut >= 60 && cut <= 250);
    uint32_t batches;
    double z = 0, w[20000];
    for (int i = 0; i < 20000; i++) w[i] = z = 0.95 * z + des_normal(&s);
    DesInterval naive = des_interval(w, 20000, 0.95), good = des_batch_means(w, 20000, 0.95, &batches);
    assert_true(batches >= 10 && good.half > 3 * naive.half); // the dependence is seen
    assert_true(fabs(good.mean) < 3 * good.half);
    DesLevel l = {0};
    des_level_set(&l, 2, 3), des_level_set(&l, 4, 1);
    assert_true(fabs(des_level_mean(&l, 8) - (2 * 3 + 4 * 1) / 8.0) < 1e-12);
    DesTally a = {0}, b = {0}, c = {0};
    for (int i = 1; i <= 1000; i++) des_tally_add(i % 2 ? &a : &b, i), des_tally_add(&c, i);
    des_tally_merge(&a, &b);
    assert_int_equal(a.n, 1000);
    assert_true(fabs(a.mean - c.mean) < 1e-9 && fabs(des_tally_sd(&a) - des_tally_sd(&c)) < 1e-9 && a.max == 1000);
    assert_true(fabs(des_tally_quantile(&a, 0.95) - 950) < 10);
}
// ---- stations
typedef struct {
    Des *d;
    uint64_t order[64];
    double at[64];
    uint32_t n, reneged;
    bool keep;
    uint32_t kept;
} Seen;
static bool done(void *ctx, uint32_t id, uint64_t job, uint32_t entry) {
    Seen *s = ctx;
    (void)id;
    s->order[s->n] = job, s->at[s->n++] = des_now(s->d);
    s->kept = entry;
    return s->keep;
}
static void reneged(void *ctx, uint32_t id, uint64_t job) {
    Seen *s = ctx;
    (void)id, (void)job;
    s->reneged++;
}
static DesStation *new_station(Seen *s, DesStationOptions o) {
    *s = (Seen){.d = des_new(1000)};
    o.ctx = s, o.done = done, o.reneged = reneged;
    if (!o.room) o.room = DES_NO_LIMIT;
    return des_station_new(s->d, &o);
}
static void finish(Seen *s, DesStation *st, const char *order) {
    des_run(s->d, 1000);
    assert_int_equal(s->n, strlen(order));
    for (uint32_t i = 0; i < s->n; i++) assert_int_equal(s->order[i], order[i]);
    des_station_free(st), des_free(s->d);
}
static void stations(void **state) {
    (void)state;
    Seen s;
    DesStation *st = new_station(&s, (DesStationOptions){.servers = 1}); // strict classes
    des_station_arrive(st, 'a', 1, 2, INFINITY), des_station_arrive(st, 'b', 1, 2, INFINITY),
        des_station_arrive(st, 'c', 0, 2, INFINITY);
    finish(&s, st, "acb");
    st = new_station(&s, (DesStationOptions){.servers = 1, .aging = true, .bonus = {5, 0}}); // class 0 counts 5 earlier
    des_station_arrive(st, 'x', 0, 10, INFINITY), des_station_arrive(st, 'a', 1, 1, INFINITY);
    des_run(s.d, 4), des_station_arrive(st, 'b', 0, 1, INFINITY); // 4 - 5 < 0: before a
    des_run(s.d, 6), des_station_arrive(st, 'c', 0, 1, INFINITY); // 6 - 5 > 0: behind it
    finish(&s, st, "xbac");
    st = new_station(&s, (DesStationOptions){.servers = 1, .preempt = true});
    des_station_arrive(st, 'a', 1, 10, INFINITY);
    des_run(s.d, 4), des_station_arrive(st, 'b', 0, 3, INFINITY);
    des_run(s.d, 900);
    assert_true(s.at[0] == 7 && s.at[1] == 13); // b at once, then the six that were left
    finish(&s, st, "ba");
    st = new_station(&s, (DesStationOptions){.servers = 1, .preempt = true, .restart = true});
    des_station_arrive(st, 'a', 1, 10, INFINITY);
    des_run(s.d, 4), des_station_arrive(st, 'b', 0, 3, INFINITY);
    des_run(s.d, 900);
    assert_true(s.at[1] == 17);
    finish(&s, st, "ba");
    st = new_station(&s, (DesStationOptions){.servers = 1, .room = 2}); // reneging and a full room
    des_station_arrive(st, 'a', 0, 10, INFINITY), des_station_arrive(st, 'b', 0, 1, 5),
        des_station_arrive(st, 'c', 0, 1, INFINITY);
    assert_int_equal(des_station_arrive(st, 'd', 0, 1, INFINITY), DES_NO_ENTRY);
    des_run(s.d, 900);
    assert_int_equal(s.reneged, 1);
    finish(&s, st, "ac");
    st = new_station(&s, (DesStationOptions){.servers = 2}); // servers come and go; who is in service finishes
    for (int i = 0; i < 4; i++) des_station_arrive(st, (uint64_t)('a' + i), 0, 2 + i, INFINITY);
    des_station_set_servers(st, 1);
    des_run(s.d, 900);
    assert_true(s.at[0] == 2 && s.at[1] == 3 && s.at[2] == 7 && s.at[3] == 12);
    finish(&s, st, "abcd");
    st = new_station(&s, (DesStationOptions){.servers = 1}); // a kept server
    s.keep = true;
    des_station_arrive(st, 'a', 0, 1, INFINITY), des_station_arrive(st, 'b', 0, 1, INFINITY);
    des_run(s.d, 50);
    assert_int_equal(s.n, 1);
    s.keep = false, des_station_finish(st, s.kept);
    assert_true(fabs(des_station_utilisation(st) - 1) < 1e-12);
    finish(&s, st, "ab");
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(philox),     cmocka_unit_test(streams),
                                       cmocka_unit_test(calendar),   cmocka_unit_test(distributions),
                                       cmocka_unit_test(statistics), cmocka_unit_test(stations)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The twin with a real other side: two whole gates, Huu Nghi and Youyiguan, in one process, joined by a link in memory;
// one gate whose other side the test plays; a world that plays the other side itself as ever.
#include "two_gates.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define MONDAY_MS 1794762000000 // 00:00 at Huu Nghi
static AppTwin data[2];         // Huu Nghi, Youyiguan

static TwinConfig config(int side, uint64_t seed, bool peer) {
    TwinConfig c = {.site = data[side].site,
                    .doc = data[side].doc,
                    .seed = seed * 2 + (uint64_t)side,
                    .start_ms = MONDAY_MS,
                    .passages_max = 20000,
                    .peer = peer};
    twin_layout_init(&c.layout);
    return c;
}

// ---- two gates
typedef struct {
    uint64_t digest[2];
    LooseStats s;
} Days;
static void two_sides(uint64_t seed, bool troubles, Days *ret) {
    TwoGates t;
    TwinConfig c[2] = {config(0, seed, true), config(1, seed, true)};
    LooseLink *l = loose_link_new(&t, seed, MONDAY_MS);
    two_gates_start(&t, c, 2, loose_link_port(l));
    for (int h = 2; h <= 24; h += 2) {
        two_gates_run(&t, MONDAY_MS + h * HOUR_MS);
        if (troubles && h % 6 == 4) loose_link_cut(l, t.now_ms + 40 * MINUTE_MS);
        if (troubles && h % 8 == 6) two_gates_restart(&t, h / 8 % 2);
    }
    two_gates_quiet(&t);
    two_gates_run(&t, MONDAY_MS + 12 * DAY_MS);
    assert_int_equal(loose_link_stuck(l, true), 0);
    loose_link_stats(l, &ret->s);
    for (int i = 0; i < 2; i++) ret->digest[i] = t.side[i].digest;
    two_gates_end(&t);
    loose_link_free(l);
}
static void say(const char *what, uint64_t seed, const LooseStats *s) {
    print_message("%s, seed %llu: %u announced, %u crossed, %u signed back, %u home, %u given up, %u refused there\n",
                  what, (unsigned long long)seed, s->notices, s->crossed, s->back, s->home, s->given_up, s->refused);
}
static void each_truck_on_one_side_and_home_again(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        Days o;
        two_sides(seed, seed == 3, &o);
        say(seed == 3 ? "cuts and restarts" : "two gates", seed, &o.s);
        assert_true(o.s.crossed > 2500 && o.s.back > 1800 && o.s.home == o.s.back);
    }
}
static void same_seed_same_two_days(void **state) {
    (void)state;
    Days a, b;
    two_sides(7, true, &a), two_sides(7, true, &b);
    assert_memory_equal(a.digest, b.digest, sizeof a.digest);
    assert_memory_equal(&a.s, &b.s, sizeof a.s);
}

static int open_data(void **state) {
    (void)state;
    int status = app_twin_open(&data[0], CK_SITES_DIR "/huu-nghi", "2027", CK_SITES_DIR "/demo/tariff.json");
    return status ? status : app_twin_open(&data[1], CK_SITES_DIR "/youyiguan", "2027", NULL);
}
static int close_data(void **state) {
    (void)state;
    app_twin_close(&data[0]), app_twin_close(&data[1]);
    return 0;
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_truck_on_one_side_and_home_again),
                                       cmocka_unit_test(same_seed_same_two_days)};
    return cmocka_run_group_tests(tests, open_data, close_data);
}

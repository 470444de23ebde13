// The twin with a real other side: two whole gates, Huu Nghi and Youyiguan, in one process, joined by a link in memory;
// one gate whose other side the test plays; a world that plays the other side itself as ever.
#include "prop.h"
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
    for (uint64_t seed = 1; seed <= prop_seeds(3); seed++) {
        Days o;
        two_sides(seed, seed % 3 == 0, &o);
        say(seed % 3 == 0 ? "cuts and restarts" : "two gates", seed, &o.s);
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

// ---- one gate, the other side played
static void one_side(uint64_t seed, bool peer, bool restart, int days, FarStats *ret, TwinStats *ret_twin) {
    TwoGates t;
    TwinConfig c = config(0, seed, peer);
    FarSide *f = far_side_new(&t, seed, MONDAY_MS, peer ? 1200 : 0);
    two_gates_start(&t, &c, 1, far_side_port(f));
    for (int h = 3; h <= 24; h += 3) {
        two_gates_run(&t, MONDAY_MS + h * HOUR_MS);
        if (restart && h % 6 == 0) two_gates_restart(&t, 0);
    }
    two_gates_quiet(&t);
    two_gates_run(&t, MONDAY_MS + days * DAY_MS);
    far_side_stats(f, ret);
    twin_stats(t.side[0].twin, ret_twin);
    if (!restart) assert_true(ret_twin->declared == ret_twin->closed + ret_twin->turned_back + ret_twin->open);
    two_gates_end(&t);
    far_side_free(f);
}
static void all_get_through_with_the_other_side_played(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= prop_seeds(3) * 2; seed++) {
        FarStats s;
        TwinStats w;
        one_side(seed, true, seed % 2 == 0, 12, &s, &w);
        print_message(
            "seed %llu: in %u announced, %u entered, %u closed, %u turned back; out %u crossed (%u sent back at the "
            "line), %u signed back, %u returned; open %u\n",
            (unsigned long long)seed, s.announced, s.entered, s.closed, s.turned_back, s.crossed, s.bounced,
            s.signed_back, s.returned, w.open);
        assert_true(s.announced == 1200 && s.entered == 1200 && s.closed + s.turned_back == 1200);
        assert_true(s.turned_back < 12 && s.crossed > 800 && s.bounced > 0);
        assert_true(s.returned == s.signed_back && s.returned > 300);
        assert_int_equal(w.open, 0);
        assert_int_equal(s.own[DIRECTION_IMPORT], 0);
    }
}
// What the link said was in a batch that the journal does not hold: it has not been said.
static void a_step_that_was_lost_brings_nobody_home(void **state) {
    (void)state;
    TwoGates t;
    TwinConfig c = config(0, 4, true);
    FarSide *f = far_side_new(&t, 4, MONDAY_MS, 0);
    two_gates_start(&t, &c, 1, far_side_port(f));
    two_gates_run(&t, MONDAY_MS + 12 * HOUR_MS);
    Buf b;
    buf_init(&b, 256u << 20);
    gate_save(t.side[0].gate, &b);
    const Passage *p;
    uint32_t said = 0;
    for (uint32_t at = gate_passages(t.side[0].gate, 0, &p); p; at = gate_passages(t.side[0].gate, at, &p)) {
        if (p->place != PLACE_DELIVERED && p->place != PLACE_WITH_PEER) continue;
        Input in = {.kind = IN_LINK, .role = ROLE_PEER, .actor = STR("cn-yyg"), .passage = p->no};
        in.u.link = (InLink){.item_kind = STR("truck"), .role = STR("taker"), .state = STR("arrived")};
        assert_true(two_gates_submit(&t, 0, &in));
        said++;
    }
    assert_true(said > 50);
    two_gates_take_back(&t, 0, buf_view(&b));
    two_gates_quiet(&t);
    two_gates_run(&t, MONDAY_MS + 12 * DAY_MS); // the other side looks: none returns before it says so again
    FarStats s;
    far_side_stats(f, &s);
    assert_true(s.returned == s.signed_back && s.returned > 300);
    two_gates_end(&t), far_side_free(f);
    buf_deinit(&b);
}
// Inputs of others come between the things of the world: what they begin takes its time from then on.
static int64_t came_at[PLACE_COUNT];
static void note(void *ctx, int side, const Gate *g, const Event *e) {
    (void)ctx, (void)side, (void)g;
    if (e->kind == EV_MOVED) came_at[e->u.moved.to] = e->t_ms;
}
static int64_t never(void *ctx) {
    (void)ctx;
    return TIME_NEVER;
}
static void the_corridor_takes_its_time(void **state) {
    (void)state;
    TwoGates t;
    TwinConfig c = config(0, 1, true);
    for (uint32_t i = 0; i < TWIN_FLOWS_MAX; i++) c.layout.per_day[i] = 0;
    two_gates_start(&t, &c, 1, (GateLink){NULL, note, never, NULL, NULL});
    two_gates_run(&t, MONDAY_MS + 10 * MINUTE_MS);
    GoodsLine line = {.hs = STR("85340090"), .net_kg = 9000};
    Input in = {.kind = IN_DECLARE, .role = ROLE_PEER, .actor = STR("cn-yyg")};
    in.u.declare = (Declaration){.direction = DIRECTION_IMPORT,
                                 .mode = MODE_THROUGH,
                                 .regime = REGIME_ORDINARY,
                                 .road = STR("hn"),
                                 .plate = STR("桂FA1234"),
                                 .vehicle_country = STR("CN"),
                                 .tare_kg = 15000,
                                 .goods = {&line, 1}};
    t.now_ms += 30 * MINUTE_MS; // nothing happens there meanwhile
    assert_true(two_gates_submit(&t, 0, &in));
    in = (Input){.kind = IN_MOVE, .role = ROLE_PEER, .actor = STR("cn-yyg"), .passage = t.declared};
    in.u.move = (InMove){.move = MOVE_PEER_EXIT, .lane = DYN_NONE, .yard = DYN_NONE};
    assert_true(two_gates_submit(&t, 0, &in));
    two_gates_run(&t, t.now_ms + 2 * HOUR_MS);
    int64_t s = (came_at[PLACE_ENTERED] - came_at[PLACE_APPROACHING]) / SECOND_MS;
    assert_true(s >= 60 && s <= 240);
    two_gates_end(&t);
}
static void the_same_trucks_go_out(void **state) { // whoever is over there
    (void)state;
    FarStats with, without;
    TwinStats w;
    one_side(9, true, false, 2, &with, &w), one_side(9, false, false, 2, &without, &w);
    assert_true(without.own[DIRECTION_IMPORT] > 2000);
    assert_true(with.own[DIRECTION_IMPORT] == 0 && with.own[DIRECTION_EXPORT] > 800);
    assert_true(with.trucks == without.trucks);
}

static int open_data(void **state) {
    (void)state;
    int status = app_twin_open(&data[0], CK_SITES_DIR "/huu-nghi", "2027", CK_SITES_DIR "/demo/tariff.json");
    return status ? status
                  : app_twin_open(&data[1], CK_SITES_DIR "/youyiguan", "2027", CK_SITES_DIR "/demo/tariff.json");
}
static int close_data(void **state) {
    (void)state;
    app_twin_close(&data[0]), app_twin_close(&data[1]);
    return 0;
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_truck_on_one_side_and_home_again),
                                       cmocka_unit_test(same_seed_same_two_days),
                                       cmocka_unit_test(all_get_through_with_the_other_side_played),
                                       cmocka_unit_test(a_step_that_was_lost_brings_nobody_home),
                                       cmocka_unit_test(the_corridor_takes_its_time),
                                       cmocka_unit_test(the_same_trucks_go_out)};
    return cmocka_run_group_tests(tests, open_data, close_data);
}

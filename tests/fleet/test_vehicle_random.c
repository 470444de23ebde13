// Random masters and bad luck: the vehicle never leaves its base, never breaks a speed limit, always says what the
// schema allows, does not depend on how its time is cut, and comes to its end once nothing hinders it.
#include "cm.h"
#include "prop.h"
#include "rig.h"
#include <math.h>

typedef struct {
    Rig rig;
    Prng r;
    uint32_t orders, update, base, last, instants; // of the order that the master believes in
    VdaAction tail;                                // of the last base node
    bool has_tail;
    char id[16], tail_id[16];
    uint32_t taken, stitched; // updates taken, of these behind a node with an action
    double driven;
    bool began; // the order was taken
} World;

static void add_action(World *w, VdaOrder *o, uint32_t i, bool tail) {
    static const char *const types[] = {"pick",          "drop",        "horn", "detectObject", "finePositioning",
                                        "startCharging", "stopCharging"};
    VdaBlocking blocking = (VdaBlocking)(1 + prng_below(&w->r, w->rig.version >= VDA_3_0 ? 4 : 3));
    Str id = rig_text(&w->rig, "a%u", w->instants++);
    VdaAction *a =
        rig_add(&w->rig, &o->nodes.items[i].actions, types[prng_below(&w->r, ARRAY_LEN(types))], id.p, blocking);
    if (w->rig.version >= VDA_3_0 && prng_chance(&w->r, 30)) a->retriable = VDA_TRUE;
    if (!tail) return;
    w->tail = *a, w->has_tail = true;
    snprintf(w->tail_id, sizeof w->tail_id, STR_F, STR_A(id));
    w->tail.id = str_c(w->tail_id);
}
static void send(World *w, uint32_t first, bool stitched) {
    uint32_t base = first + (uint32_t)prng_below(&w->r, 4), last = base + (uint32_t)prng_below(&w->r, 3);
    VdaOrder o = rig_order(&w->rig, w->id, w->update, first, base, last);
    for (uint32_t i = 0; i + 1 < o.nodes.n; i++) {
        if (prng_chance(&w->r, 30)) o.edges.items[i].max_speed = VDA_NUM(1 + (double)prng_below(&w->r, 5));
        if (prng_chance(&w->r, 20)) o.edges.items[i].length = VDA_NUM((double)prng_below(&w->r, 150));
    }
    if (stitched && w->has_tail) {
        VdaAction *a = rig_add(&w->rig, &o.nodes.items[0].actions, "x", "x", VDA_BLOCK_NONE);
        *a = w->tail;
        a->id = arena_str(&w->rig.scratch, a->id);
    }
    bool keep = stitched && base == first, tailed = w->has_tail;
    if (!keep) w->has_tail = false;
    for (uint32_t i = 1; i < o.nodes.n; i++)
        if (prng_chance(&w->r, 25)) add_action(w, &o, i, first + i == base);
    if (prng_chance(&w->r, 3) && o.nodes.n > 1)
        o.nodes.items[1].sequence_id += 2 * (uint32_t)prng_below(&w->r, 2); // a bad one
    rig_send_order(&w->rig, &o);
    if (!str_eq_c(w->rig.state.order_id, w->id) || w->rig.state.update_id != w->update) return;
    w->base = base, w->last = last;
    w->began = true, w->taken += stitched, w->stitched += stitched && tailed;
}
static void master(World *w) {
    const VdaState *s = &w->rig.state;
    VehicleView v = vehicle_view(w->rig.v, w->rig.now);
    if (v.idle || prng_chance(&w->r, 5)) {
        uint32_t at = 0;
        if (s->last_node_id.n > 1) at = (uint32_t)strtoul(s->last_node_id.p + 1, NULL, 10);
        snprintf(w->id, sizeof w->id, "o%u", ++w->orders);
        w->update = 0, w->has_tail = w->began = false;
        send(w, at > 10000 ? 0 : at, false);
    } else if (v.nodes_left == 0 || s->new_base_request == VDA_TRUE || prng_chance(&w->r, 20)) {
        w->update++;
        send(w, w->base, true);
    }
}
static void heal(World *w) { // whatever hinders it goes
    VirtualVehicle *v = w->rig.v;
    int64_t now = w->rig.now;
    vehicle_obstacle(v, 0, now), vehicle_slow(v, 1, now), vehicle_e_stop(v, VDA_ESTOP_NONE, now);
    vehicle_mode(v, VDA_MODE_AUTOMATIC, now), vehicle_charge(v, 90, now), vehicle_go(v, now);
    if (w->rig.state.last_node_id.n > 0) return;
    rig_instant(&w->rig, "cancelOrder", rig_text(&w->rig, "i%u", w->instants++).p);
    VdaParameter par[] = {{STR("x"), {.type = VDA_VALUE_NUMBER, .number = 100}},
                          {STR("lastNodeId"), {.type = VDA_VALUE_TEXT, .text = STR("N1")}}};
    VdaAction init = {.type = STR("initPosition"),
                      .id = rig_text(&w->rig, "i%u", w->instants++),
                      .blocking = VDA_BLOCK_NONE,
                      .parameters = {par, 2}};
    rig_instant_action(&w->rig, &init);
}
static void luck(World *w) {
    VirtualVehicle *v = w->rig.v;
    int64_t now = w->rig.now;
    static const char *const instants[] = {"cancelOrder",   "startPause",       "stopPause",
                                           "stateRequest",  "factsheetRequest", "initPosition",
                                           "startCharging", "stopCharging",     "what"};
    Str id = rig_text(&w->rig, "i%u", w->instants++);
    switch (prng_below(&w->r, 14)) {
    case 0: vehicle_obstacle(v, now + (int64_t)prng_below(&w->r, 60000), now); break;
    case 1: vehicle_slow(v, 0.1 + 0.9 * (double)prng_below(&w->r, 10) / 10, now); break;
    case 2: vehicle_fail_next(v, STR("pick"), now); break;
    case 3: vehicle_e_stop(v, (VdaEStop)(1 + prng_below(&w->r, 4)), now); break;
    case 4: vehicle_mode(v, (VdaMode)(1 + prng_below(&w->r, 7)), now); break;
    case 5: vehicle_lose_position(v, now); break;
    case 6: vehicle_charge(v, (double)prng_below(&w->r, 101), now); break;
    case 7:
        vehicle_break(v, now), vehicle_advance(v, now + 5000), w->rig.now += 5000, vehicle_connect(v, w->rig.now);
        break;
    case 8:
        vehicle_kill(v, now), vehicle_advance(v, now + 5000), w->rig.now += 5000, vehicle_revive(v, w->rig.now);
        break;
    default: rig_instant(&w->rig, instants[prng_below(&w->r, ARRAY_LEN(instants))], id.p);
    }
}
static void check(const World *w) {
    const VdaState *s = &w->rig.state;
    VehicleView v = vehicle_view(w->rig.v, w->rig.now);
    assert_true(v.speed >= 0 && v.speed <= 5.0001 && isfinite(v.x) && isfinite(v.y) && v.charge >= 0 &&
                v.charge <= 100);
    assert_true(vehicle_next_ms(w->rig.v) >= w->rig.now);
    for (uint32_t i = 1; i < s->node_states.n; i++) // the base first, in order
        assert_true(s->node_states.items[i].sequence_id == s->node_states.items[i - 1].sequence_id + 2 &&
                    (!s->node_states.items[i].released || s->node_states.items[i - 1].released));
    assert_int_equal(s->node_states.n, s->edge_states.n);
    bool base_left = s->node_states.n > 0 && s->node_states.items[0].released;
    assert_true(!v.driving || base_left); // never without a released edge
    assert_true(!s->battery.charging || !s->driving);
    if (str_eq_c(s->order_id, w->id) && s->update_id == w->update && w->began)
        assert_true(v.x <= 100.0 * w->base + 0.001);
}
static uint64_t run(VdaVersion version, uint64_t seed, int64_t cut_ms, World *sum) {
    World *w = calloc(1, sizeof *w);
    VehicleConfig c = rig_config(version);
    c.battery_kwh = 30, c.init_ms = seed % 2 ? 500 : 0, c.visualization_ms = seed % 3 ? 0 : 7000;
    rig_init(&w->rig, &c);
    w->r = (Prng){seed};
    for (int i = 0; i < 120; i++) {
        arena_reset(&w->rig.scratch);
        int64_t until = w->rig.now + (int64_t)prng_below(&w->r, prng_chance(&w->r, 20) ? 200000 : 20000);
        while (cut_ms && w->rig.now + cut_ms < until) {
            w->rig.now += cut_ms;
            vehicle_advance(w->rig.v, w->rig.now);
        }
        w->rig.now = until;
        vehicle_advance(w->rig.v, until);
        check(w);
        if (prng_chance(&w->r, 70))
            master(w);
        else if (prng_chance(&w->r, 50))
            luck(w);
        else
            heal(w);
        check(w);
    }
    heal(w);
    w->rig.now += 3600 * 1000;
    vehicle_advance(w->rig.v, w->rig.now);
    check(w);
    rig_instant(&w->rig, "cancelOrder", "the end");
    w->rig.now += 3600 * 1000;
    vehicle_advance(w->rig.v, w->rig.now);
    VehicleView end = vehicle_view(w->rig.v, w->rig.now);
    if (!end.idle) {
        Buf b;
        buf_init(&b, VDA_TEXT_MAX);
        vda_encode_state(&b, version, &w->rig.state);
        print_error("version %d, seed %llu: " STR_F "\n", version, (unsigned long long)seed, STR_A(buf_view(&b)));
        buf_deinit(&b);
    }
    assert_true(end.idle); // it can always be got rid of its order
    uint64_t digest = w->rig.digest;
    sum->taken += w->taken, sum->stitched += w->stitched, sum->driven += vehicle_view(w->rig.v, w->rig.now).odometer_m;
    rig_deinit(&w->rig);
    free(w);
    return digest;
}
static void test_random(void **state) {
    (void)state;
    uint64_t seeds = prop_seeds(100);
    for (VdaVersion v = 0; v < VDA_VERSION_COUNT; v++) {
        World *sum = calloc(1, sizeof *sum);
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            uint64_t whole = run(v, seed, 0, sum);
            if (whole != run(v, seed, 777, sum)) print_error("version %d, seed %llu\n", v, (unsigned long long)seed);
            assert_true(whole == run(v, seed, 777, sum)); // however its time is cut
        }
        assert_true(sum->taken > seeds && sum->stitched > seeds / 4 &&
                    sum->driven > (double)seeds * 300); // it was no idle play
        free(sum);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// The fleet control with virtual vehicles in virtual time: boxes between two yards, an independent look at the bodies,
// bad luck by seed, the same bits again. CUAKHAU_SEEDS: how many seeds with bad luck.
#include "prop.h"
#include "twin/twin_fleet.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
// cmocka last
#include <cmocka.h>

#define START 1794762000000
typedef struct {
    Arena a;
    RouteMap *map;
} Ground;
static Ground ground(uint32_t lanes, uint32_t cranes, uint32_t parks) {
    Ground g;
    MapPlan p = map_plan_usual;
    MapDoc *d;
    MapProblems ps;
    const char *why;
    p.lanes = lanes, p.cranes = cranes, p.parks = parks, p.chargers = parks / 3;
    arena_init(&g.a, 64u << 20);
    assert_int_equal(route_map_make(&p, STR("test"), STR("hn"), &g.a, &d, &why), OK);
    assert_int_equal(route_map_new(d, &g.map, &ps), OK);
    return g;
}
static void ground_free(Ground *g) {
    route_map_free(g->map);
    arena_deinit(&g->a);
}
static FleetWorldConfig config(uint64_t seed, uint32_t vehicles, double crossings_h) {
    FleetWorldConfig c = {.seed = seed,
                          .vehicles = vehicles,
                          .start_ms = START,
                          .crossings_h = crossings_h,
                          .params = fleet_params_usual,
                          .mixed = true,
                          .check_s = 1};
    c.params.power_cap_kw = 6000;
    return c;
}

// ---- what the control says of each job, in order
typedef struct {
    uint8_t step[4096];
    uint32_t out_of_order, twice;
} Book;
static void note(void *ctx, const FleetEvent *e) {
    Book *b = ctx;
    static const uint8_t after[STEP_COUNT] = {[STEP_ASSIGNED] =
                                                  1u << STEP_WAITING | 1u << STEP_PICKING | 1u << STEP_WITHDRAWN,
                                              [STEP_PICKING] = 1u << STEP_ASSIGNED,
                                              [STEP_CARRYING] = 1u << STEP_PICKING | 1u << STEP_SETTING,
                                              [STEP_SETTING] = 1u << STEP_CARRYING,
                                              [STEP_DONE] = 1u << STEP_SETTING | 1u << STEP_CARRYING,
                                              [STEP_WITHDRAWN] = 0x7f};
    if (e->kind != FLEET_EVENT_STEP || e->job >= sizeof b->step) return;
    if (b->step[e->job] == STEP_DONE) b->twice++;
    if (!(after[e->step] & 1u << b->step[e->job])) b->out_of_order++;
    b->step[e->job] = e->step;
}
typedef struct {
    FleetWorld *w;
    Book book;
    uint32_t go[4096], cross[4096], go_n, cross_n;
} Gate;
static void gate_hears(void *ctx, const FleetEvent *e) {
    Gate *g = ctx;
    note(&g->book, e);
    if (e->kind == FLEET_EVENT_CRANE) fleet_world_crane(g->w, e->job, e->vehicle, e->lift);
    if (e->kind == FLEET_EVENT_ASK_GO) g->go[g->go_n++ % 4096] = e->job;
    if (e->kind == FLEET_EVENT_ASK_LINE) g->cross[g->cross_n++ % 4096] = e->job;
}
// Jobs from outside; the gate answers a minute late and not at all for every tenth, until asked once more by hand.
static void asked_gate(void **s) {
    (void)s;
    Ground r = ground(2, 4, 12);
    FleetWorldConfig c = config(3, 8, 0);
    Gate *g = calloc(1, sizeof *g);
    g->w = fleet_world_new(r.map, &c);
    fleet_world_listen(g->w, gate_hears, g);
    Fleet *f = fleet_world_fleet(g->w);
    for (uint32_t id = 1; id <= 24; id++) {
        FleetJob j = {.id = id, .from = id % 2 ? OWNER_OWN : OWNER_PEER, .box = STR("CSQU3054383")};
        assert_int_equal(fleet_job(f, &j, START), FLEET_OK);
        assert_int_equal(fleet_job(f, &j, START), FLEET_REFUSE_TWICE);
    }
    uint32_t went = 0, crossed = 0;
    for (int64_t t = START; t < START + 5 * HOUR_MS; t += MINUTE_MS) {
        for (; went < g->go_n; went++) fleet_go(f, g->go[went]);
        for (; crossed < g->cross_n; crossed++) {
            assert_int_equal(fleet_step_of(f, g->cross[crossed]), STEP_CARRYING);
            fleet_cross(f, g->cross[crossed]);
        }
        fleet_world_run(g->w, t);
    }
    for (uint32_t id = 1; id <= 24; id++) assert_int_equal(g->book.step[id], STEP_DONE);
    assert_int_equal(g->go_n, 24), assert_int_equal(g->cross_n, 24);
    assert_int_equal(g->book.out_of_order + g->book.twice, 0);
    FleetWorldStats st;
    fleet_world_stats(g->w, &st);
    assert_int_equal(st.collisions, 0);
    fleet_world_free(g->w), free(g);
    ground_free(&r);
}
static bool on_wrong_side(const Gate *g, const RouteMap *m, uint32_t v) { // laden, and not on its box's side
    FleetView x;
    fleet_view(fleet_world_fleet(g->w), v, &x);
    return x.laden && x.node != MAP_NONE && m->node[x.node].owner != (x.job % 2 ? OWNER_OWN : OWNER_PEER);
}
// Without an answer every box stays on its side of the line; when it is refused it is brought back, also by who stands
// before the line already.
static void not_let_over(uint32_t lanes) {
    Ground r = ground(lanes, 4, 12);
    FleetWorldConfig c = config(4, 8, 0);
    Gate *g = calloc(1, sizeof *g);
    g->w = fleet_world_new(r.map, &c);
    fleet_world_listen(g->w, gate_hears, g);
    Fleet *f = fleet_world_fleet(g->w);
    for (uint32_t id = 1; id <= 6; id++) {
        FleetJob j = {.id = id, .from = id % 2 ? OWNER_OWN : OWNER_PEER};
        assert_int_equal(fleet_job(f, &j, START), FLEET_OK);
    }
    for (int64_t t = START; t < START + 4 * HOUR_MS; t += MINUTE_MS) {
        for (uint32_t i = 0; i < g->go_n; i++) fleet_go(f, g->go[i]);
        fleet_world_run(g->w, t);
        for (uint32_t v = 0; v < c.vehicles; v++) assert_false(on_wrong_side(g, r.map, v));
        for (uint32_t id = 1; id <= 6 && t > START + 2 * HOUR_MS; id++) // asked again on its way back: nothing new
            assert_true(fleet_withdraw(f, id, STR("refused"), t) == (fleet_step_of(f, id) != STEP_COUNT));
        if (t != START + 2 * HOUR_MS) continue;
        assert_true(g->cross_n >= (lanes > 1 ? 2 : 1)); // some wait before the line, on both sides of it
        for (uint32_t id = 1; id <= 6; id++) assert_true(fleet_withdraw(f, id, STR("refused"), t));
    }
    FleetWorldStats st;
    fleet_world_stats(g->w, &st);
    for (uint32_t id = 1; id <= 6; id++) assert_int_equal(g->book.step[id], STEP_WITHDRAWN);
    for (uint32_t v = 0; v < c.vehicles; v++) {
        FleetView x;
        fleet_view(f, v, &x);
        assert_false(x.laden || x.alarms);
    }
    assert_true(st.picked >= 4 && st.picked == st.set_down && st.collisions == 0);
    FleetStats fs;
    fleet_stats(f, fleet_world_now(g->w), &fs);
    assert_true(fs.cancels <= 6); // one for each box at most
    fleet_world_free(g->w), free(g);
    ground_free(&r);
}
static void nobody_crosses_unasked(void **s) {
    (void)s;
    not_let_over(1), not_let_over(2), not_let_over(4);
}

// ---- a closed line, a stopped fleet, weather
// Every third box is dangerous: while one is on the border stretch nobody else is, and all come over.
static bool on_line(const RouteMap *m, const Fleet *f, uint32_t v) {
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    uint32_t n = traffic_here(fleet_traffic(f), v) ? traffic_trail(fleet_traffic(f), v, trail) : 0;
    for (uint32_t i = 0; i < n; i++)
        if (m->node[trail[i]].owner == OWNER_LINE) return true;
    return false;
}
static void dangerous_goods_alone(void **s) {
    (void)s;
    Ground r = ground(2, 8, 16);
    FleetWorldConfig c = config(9, 14, 0);
    Gate *g = calloc(1, sizeof *g);
    g->w = fleet_world_new(r.map, &c);
    Fleet *f = fleet_world_fleet(g->w);
    uint32_t alone = 0, together = 0, done = 0;
    for (uint32_t id = 1; id <= 60; id++) {
        FleetJob j = {.id = id, .from = id % 2 ? OWNER_OWN : OWNER_PEER, .fit = id % 3 ? 0 : 1u << FIT_DANGEROUS};
        assert_int_equal(fleet_job(f, &j, START), FLEET_OK);
    }
    for (int64_t t = START; t < START + 6 * HOUR_MS; t += SECOND_MS) {
        uint32_t there = 0, dangerous = 0;
        fleet_world_run(g->w, t);
        for (uint32_t v = 0; v < c.vehicles; v++) {
            FleetView view;
            fleet_view(f, v, &view);
            bool line = on_line(r.map, f, v);
            there += line;
            dangerous +=
                line && view.job != FLEET_NONE && view.job % 3 == 0 && fleet_step_of(f, view.job) == STEP_CARRYING;
        }
        if (dangerous) assert_int_equal(there, 1);
        alone += dangerous, together += there > 1;
    }
    for (uint32_t id = 1; id <= 60; id++) done += fleet_step_of(f, id) == STEP_COUNT;
    assert_int_equal(done, 60);
    assert_true(alone > 20 * 10 && together > 100); // seconds: it happened, and others went side by side
    FleetWorldStats st;
    fleet_world_stats(g->w, &st);
    assert_int_equal(st.collisions, 0);
    fleet_world_free(g->w), free(g);
    ground_free(&r);
}
// Everybody is hungry and the site has power for two chargers: never more charge at once, and all come to it.
static void power_cap(void **s) {
    (void)s;
    Ground r = ground(2, 4, 18);
    FleetWorldConfig c = config(12, 8, 0);
    c.params.low_pct = 90, c.params.full_pct = 95, c.params.charger_kw = 120, c.params.power_cap_kw = 240;
    FleetWorld *w = fleet_world_new(r.map, &c);
    uint32_t most = 0, came = 0;
    for (int64_t t = START; t < START + 6 * HOUR_MS; t += 10 * SECOND_MS) {
        uint32_t n = 0;
        fleet_world_run(w, t);
        for (uint32_t v = 0; v < c.vehicles; v++) {
            FleetView x;
            fleet_view(fleet_world_fleet(w), v, &x);
            n += x.status == FLEET_CHARGING;
            came |= x.battery_pct > 92 ? 1u << v : 0;
        }
        assert_true(n <= 2);
        most = MAX(most, n);
    }
    assert_int_equal(most, 2);
    assert_int_equal(came, (1u << c.vehicles) - 1);
    fleet_world_free(w);
    ground_free(&r);
}
// The gate lets nobody go: who has a reefer on it waits at a plug, others elsewhere; without a plug there is an alarm.
static void plugs(void **s) {
    (void)s;
    Ground r = ground(2, 4, 16);
    FleetWorldConfig c = config(11, 6, 0);
    Gate *g = calloc(1, sizeof *g);
    c.params.reefer_off_min = 30;
    g->w = fleet_world_new(r.map, &c);
    fleet_world_listen(g->w, gate_hears, g);
    Fleet *f = fleet_world_fleet(g->w);
    for (uint32_t id = 1; id <= 4; id++) {
        FleetJob j = {.id = id, .from = OWNER_OWN, .fit = id <= 2 ? 1u << FIT_REEFER : 0};
        assert_int_equal(fleet_job(f, &j, START), FLEET_OK);
    }
    fleet_world_run(g->w, START + 50 * MINUTE_MS);
    uint32_t plugged = 0, others = 0;
    for (uint32_t v = 0; v < c.vehicles; v++) {
        FleetView x;
        fleet_view(f, v, &x);
        if (!x.laden) continue;
        bool plug = r.map->node[x.node].fit & 1u << FIT_REEFER;
        assert_int_equal(x.alarms, 0);
        if (x.job <= 2)
            plugged += plug;
        else
            others += !plug;
    }
    assert_int_equal(plugged, 2), assert_int_equal(others, 2);
    FleetStats st;
    fleet_stats(f, fleet_world_now(g->w), &st);
    assert_true(st.reefer_off_s_max > 10 && st.reefer_off_s_max < 15 * 60);
    for (uint32_t i = 0; i < r.map->nodes; i++) r.map->node[i].fit &= ~(1u << FIT_REEFER); // the power is off
    fleet_world_run(g->w, START + 85 * MINUTE_MS);
    for (uint32_t v = 0; v < c.vehicles; v++) {
        FleetView x;
        fleet_view(f, v, &x);
        bool reefer = x.laden && x.job <= 2;
        assert_int_equal(x.alarms, reefer ? 1u << FLEET_ALARM_REEFER : 0);
    }
    fleet_world_free(g->w), free(g);
    ground_free(&r);
}
static void closed_and_stopped(void **s) {
    (void)s;
    Ground r = ground(2, 4, 12);
    FleetWorldConfig c = config(5, 8, 14);
    FleetWorld *w = fleet_world_new(r.map, &c);
    Fleet *f = fleet_world_fleet(w);
    uint32_t line = 2;
    assert_true(str_eq_c(r.map->zone[line].id, "line"));
    fleet_world_run(w, START + HOUR_MS);
    fleet_close_zone(f, line, true);
    fleet_world_run(w, START + HOUR_MS + 5 * MINUTE_MS); // who was on it clears it
    for (uint32_t v = 0; v < 8; v++) {
        FleetView x;
        fleet_view(f, v, &x);
        assert_true(x.node == MAP_NONE || r.map->node[x.node].zone != line);
    }
    fleet_close_zone(f, line, false);
    fleet_stop_zone(f, MAP_NONE, fleet_world_now(w));
    fleet_world_run(w, START + HOUR_MS + 7 * MINUTE_MS);
    FleetStats a, b;
    fleet_stats(f, fleet_world_now(w), &a);
    fleet_world_run(w, START + HOUR_MS + 12 * MINUTE_MS);
    fleet_stats(f, fleet_world_now(w), &b);
    assert_true(b.driven_m == a.driven_m);
    assert_false(fleet_resume(f, MAP_NONE, STR_EMPTY, fleet_world_now(w))); // nobody acknowledged
    assert_true(fleet_resume(f, MAP_NONE, STR("officer-3"), fleet_world_now(w)));
    fleet_weather(f, 500);
    fleet_world_run(w, START + 4 * HOUR_MS);
    fleet_world_stop_jobs(w);
    fleet_world_run(w, START + 7 * HOUR_MS);
    FleetWorldStats st;
    fleet_world_stats(w, &st);
    assert_int_equal(st.collisions, 0);
    assert_int_equal(st.done, st.asked);
    fleet_world_free(w);
    ground_free(&r);
}

// ---- the busiest day asked for: 330 boxes an hour on four lanes; here its second hour
static void busy(void **s) {
    (void)s;
    if (getenv("CUAKHAU_QUICK")) skip(); // it is about figures
    Ground r = ground(4, 34, 124);
    FleetWorldConfig c = config(1, 190, 330);
    c.params.power_cap_kw = 12000;
    FleetWorld *w = fleet_world_new(r.map, &c);
    FleetWorldStats a, b;
    FleetStats f;
    fleet_world_run(w, START + HOUR_MS);
    fleet_world_stats(w, &a);
    fleet_world_run(w, START + 2 * HOUR_MS);
    fleet_world_stats(w, &b);
    fleet_stats(fleet_world_fleet(w), fleet_world_now(w), &f);
    assert_int_equal(b.collisions, 0);
    assert_int_equal(b.looks, 7200);
    assert_true((double)(b.done - a.done) >= 0.93 * (double)(b.asked - a.asked));
    assert_true(b.wait_s_max < 45 * 60 && f.jobs_waiting < 10);
    // what it took
    double hours = 0, stood = 0, done = (double)f.done;
    for (uint32_t i = 0; i < FLEET_STATUS_COUNT; i++) hours += f.status_s[i] / 3600;
    for (uint32_t i = 0; i < r.map->nodes; i++) stood += fleet_stood_s(fleet_world_fleet(w), i);
    for (uint32_t i = 0; i < TRAFFIC_COUNT; i++) stood -= f.wait_cause_s[i];
    assert_true(fabs(hours - 2 * 190) < 1 && fabs(stood) < 1);
    assert_true(f.trips.laden_m / done > 3500 && f.trips.laden_m + f.trips.empty_m < f.driven_m);
    assert_true(f.battery_pct_min > c.params.critical_pct / 2.0); // never below the reserve
    assert_true(f.trips.kwh / done > 5 && f.trips.kwh / done < 15 && f.trips.kwh < f.kwh);
    fleet_world_free(w);
    ground_free(&r);
}

// ---- one vehicle paused, jobs withdrawn wherever their vehicles happen to be, messages lost as well
static bool is_back(uint32_t id, uint32_t back) {
    return id % 4 == 0 && back & 1u << id / 4;
}
static void take_back(Gate *g, const RouteMap *m, int64_t t, uint32_t *back) { // each fourth job, some on the way to it
    Fleet *f = fleet_world_fleet(g->w);
    for (uint32_t v = 0; v < 8; v++) {
        FleetView x;
        fleet_view(f, v, &x);
        if (x.job == FLEET_NONE || x.job % 4 || is_back(x.job, *back)) continue;
        bool comes = x.status == FLEET_DRIVING && fleet_step_of(f, x.job) == STEP_ASSIGNED && x.goal != MAP_NONE &&
                     m->node[x.goal].spot == SPOT_CRANE;
        if (x.job % 8 ? t - START < x.job * MINUTE_MS : !comes) continue;
        if (!x.laden) assert_false(fleet_box_on(f, x.job, t)); // it feels none
        *back |= 1u << x.job / 4;
        assert_true(fleet_withdraw(f, x.job, STR("asked for"), t));
    }
}
static void paused_and_withdrawn(void **s) {
    (void)s;
    Ground r = ground(2, 4, 12);
    FleetWorldConfig c = config(6, 8, 0);
    c.faults = (FleetFaults){.loss_permille = 50, .twice_permille = 50, .delay_min_ms = 20, .delay_max_ms = 400};
    Gate *g = calloc(1, sizeof *g);
    g->w = fleet_world_new(r.map, &c);
    fleet_world_listen(g->w, gate_hears, g);
    Fleet *f = fleet_world_fleet(g->w);
    uint32_t back = 0, went = 0, crossed = 0, paused = FLEET_NONE;
    for (uint32_t id = 1; id <= 24; id++) {
        FleetJob j = {.id = id, .from = id % 2 ? OWNER_OWN : OWNER_PEER};
        assert_int_equal(fleet_job(f, &j, START), FLEET_OK);
    }
    assert_false(fleet_withdraw(f, 99, STR("none such"), START));
    double stood = 0;
    FleetView x;
    for (int64_t t = START; t < START + 5 * HOUR_MS; t += 15 * SECOND_MS) {
        for (; went < g->go_n; went++) fleet_go(f, g->go[went]);
        for (; crossed < g->cross_n; crossed++) fleet_cross(f, g->cross[crossed]);
        fleet_world_run(g->w, t);
        take_back(g, r.map, t, &back);
        if (t == START + 4 * MINUTE_MS) { // some vehicle that drives
            for (uint32_t v = 0; v < 8; v++) {
                fleet_view(f, v, &x);
                if (x.status == FLEET_DRIVING) paused = v;
            }
            assert_true(paused != FLEET_NONE);
            fleet_pause(f, paused, t);
        }
        if (paused != FLEET_NONE) fleet_view(f, paused, &x);
        if (t == START + 6 * MINUTE_MS) stood = x.driven_m;
        if (t == START + 20 * MINUTE_MS) {
            assert_true(x.driven_m == stood);
            assert_false(fleet_go_on(f, paused, STR_EMPTY, t)); // nobody acknowledged
            assert_true(fleet_go_on(f, paused, STR("officer-3"), t));
        }
    }
    FleetStats st;
    FleetWorldStats w;
    fleet_stats(f, fleet_world_now(g->w), &st);
    fleet_world_stats(g->w, &w);
    for (uint32_t id = 1; id <= 24; id++) {
        if (is_back(id, back))
            assert_int_equal(g->book.step[id], STEP_WITHDRAWN);
        else
            assert_int_equal(g->book.step[id], STEP_DONE);
    }
    assert_true(st.cancels > 0 && back && w.picked == w.set_down && w.picked >= st.done);
    assert_int_equal(w.collisions, 0);
    assert_int_equal(g->book.twice, 0);
    fleet_world_free(g->w), free(g);
    ground_free(&r);
}

// ---- the vehicle of a job that is to be fetched has a box already, and somebody saw it there
static void hears_nothing(void *ctx, uint32_t v, VdaTopic topic, const void *msg) {
    (void)ctx, (void)v, (void)topic, (void)msg;
}
static void box_on(void **s) {
    (void)s;
    Ground r = ground(2, 4, 12);
    Book *b = calloc(1, sizeof *b);
    Fleet *f = fleet_new(r.map, &fleet_params_usual, (FleetPort){b, hears_nothing, note});
    assert_int_equal(fleet_add(f, STR("igv-1"), STR("cuakhau"), STR("igv-1"), VDA_2_0), 0);
    FleetJob j = {.id = 1, .from = OWNER_OWN};
    assert_int_equal(fleet_job_again(f, &j, FLEET_NONE, STEP_PICKING, START), FLEET_REFUSE_UNKNOWN); // who has it?
    assert_int_equal(fleet_job_again(f, &j, 0, STEP_PICKING, START), FLEET_OK);
    static VdaLoad load = {.id = STR("CSQU3054383")};
    const MapNode *n = &r.map->node[0];
    VdaPosition here = {.x = n->x, .y = n->y, .map_id = r.map->id, .initialized = true};
    VdaState state = {.h = {1, START, STR("2.0.0"), STR("cuakhau"), STR("igv-1")},
                      .last_node_id = n->id,
                      .mode = VDA_MODE_AUTOMATIC,
                      .position = &here,
                      .battery = {.charge = 80},
                      .safety = {.e_stop = VDA_ESTOP_NONE}};
    state.loads.items = &load;
    fleet_state(f, 0, &state, START);
    assert_false(fleet_box_on(f, 1, START)); // it feels none
    state.h.header_id = 2, state.loads.n = 1;
    fleet_state(f, 0, &state, START + 1000);
    b->step[1] = STEP_PICKING;
    assert_true(fleet_box_on(f, 1, START + 1000));
    assert_int_equal(fleet_step_of(f, 1), STEP_CARRYING);
    assert_int_equal(b->out_of_order, 0);
    assert_false(fleet_box_on(f, 1, START + 1000));
    fleet_free(f), free(b);
    ground_free(&r);
}

// ---- bad luck
static void where_it_stands(const RouteMap *m, const Fleet *f, int64_t now) {
    for (uint32_t v = 0; v < fleet_vehicles(f); v++) {
        FleetView x;
        fleet_view(f, v, &x);
        if (x.job == FLEET_NONE) continue;
        print_error("vehicle %u, %s, %s, job %u %s, at " STR_F " to " STR_F ": %s by %d for %lld s, alarms %x\n", v,
                    FleetStatus_names.names[x.status], x.laden ? "laden" : "empty", x.job,
                    FleetStep_names.names[fleet_step_of(f, x.job)],
                    STR_A(x.node == MAP_NONE ? STR("nowhere") : m->node[x.node].id),
                    STR_A(x.goal == MAP_NONE ? STR("nowhere") : m->node[x.goal].id),
                    TrafficAnswer_names.names[x.waits.answer], (int)x.waits.vehicle,
                    (long long)(now - x.waits_since_ms) / 1000, x.alarms);
    }
}
static void luckless(uint64_t seed, FleetWorldStats *ret) {
    static const uint32_t lanes[] = {4, 2, 1};
    Ground r = ground(lanes[seed % 3], 7, 20);
    FleetWorldConfig c = config(seed, 16, 30);
    c.faults = fleet_faults_usual;
    FleetWorld *w = fleet_world_new(r.map, &c);
    fleet_world_run(w, START + 3 * HOUR_MS);
    fleet_world_stop_jobs(w), fleet_world_calm(w);
    fleet_world_run(w, START + 7 * HOUR_MS);
    FleetStats f;
    fleet_world_stats(w, ret);
    fleet_stats(fleet_world_fleet(w), fleet_world_now(w), &f);
    bool bad = ret->collisions || f.jobs_waiting || f.jobs_under_way || ret->done != ret->asked;
    if (bad) where_it_stands(r.map, fleet_world_fleet(w), fleet_world_now(w));
    if (bad)
        fail_msg("seed %llu: %llu collisions, %llu of %llu done, %u waiting, %u under way", (unsigned long long)seed,
                 (unsigned long long)ret->collisions, (unsigned long long)ret->done, (unsigned long long)ret->asked,
                 f.jobs_waiting, f.jobs_under_way);
    fleet_world_free(w);
    ground_free(&r);
}
static void bad_luck(void **s) {
    (void)s;
    uint64_t faults = 0;
    for (uint64_t seed = 1; seed <= prop_seeds(8); seed++) {
        FleetWorldStats st;
        luckless(seed, &st);
        faults += st.faults;
        assert_true(st.looks > 20000);
    }
    assert_true(faults > 100);
}
// ---- the controller is killed again and again, at its steps; nobody has to look for a box
static void luckless_controller(uint64_t seed, uint32_t delay_ms, FleetWorldStats *ret) {
    Ground r = ground(seed % 2 ? 2 : 1, 5, 12);
    FleetWorldConfig c = config(seed, 10, 20);
    c.faults = (FleetFaults){.loss_permille = 10,
                             .twice_permille = 10,
                             .delay_min_ms = 20,
                             .delay_max_ms = delay_ms,
                             .obstacle_h = 3,
                             .dead_h = seed % 3 ? 20 : 0,
                             .silent_h = 10,
                             .controller_h = 0.1};
    FleetWorld *w = fleet_world_new(r.map, &c);
    fleet_world_run(w, START + 2 * HOUR_MS);
    fleet_world_stop_jobs(w), fleet_world_calm(w);
    fleet_world_run(w, START + 5 * HOUR_MS);
    FleetStats f;
    fleet_world_stats(w, ret);
    fleet_stats(fleet_world_fleet(w), fleet_world_now(w), &f);
    if (ret->collisions || f.jobs_waiting || f.jobs_under_way || ret->done != ret->asked || ret->picked != ret->done ||
        ret->set_down != ret->done || ret->found)
        fail_msg("seed %llu: %llu met (%u and %u at %lld s), %llu of %llu done, %llu picked, %llu set down, %llu "
                 "looked for, %u waiting, %u under way",
                 (unsigned long long)seed, (unsigned long long)ret->collisions, ret->first_a, ret->first_b,
                 (long long)(ret->first_ms - START) / 1000, (unsigned long long)ret->done,
                 (unsigned long long)ret->asked, (unsigned long long)ret->picked, (unsigned long long)ret->set_down,
                 (unsigned long long)ret->found, f.jobs_waiting, f.jobs_under_way);
    fleet_world_free(w);
    ground_free(&r);
}
static void killed_controller(void **s) {
    (void)s;
    uint64_t restarts = 0;
    for (uint64_t seed = 1; seed <= prop_seeds(10); seed++) {
        FleetWorldStats st;
        luckless_controller(seed, 400, &st);
        restarts += st.restarts;
        assert_true(st.restarts > 5 && st.done > 10);
    }
    print_message("%llu controllers killed\n", (unsigned long long)restarts);
}
// Slow air: what the new control says comes when the vehicle has begun at the crane already (seeds 16, 50), or was
// switched off just behind a node (58).
static void killed_controller_far(void **s) {
    static const uint64_t seeds[] = {16, 50, 58};
    FleetWorldStats st;
    (void)s;
    for (size_t i = 0; i < ARRAY_LEN(seeds); i++) luckless_controller(seeds[i], 1500, &st);
}
static void the_same_again(void **s) {
    (void)s;
    FleetWorldStats a, b;
    luckless(2, &a), luckless(2, &b);
    assert_memory_equal(&a, &b, sizeof a);
}
// The checker sees what it should: two vehicles told to stand on each other's ground.
static void the_checker_sees(void **s) {
    (void)s;
    Ground r = ground(2, 2, 4);
    double a[3] = {0, 0, 0}, b[3] = {15.5, 0, 0}, c[3] = {16.5, 0, 0}, d[3] = {9, 9, 1.5708}, e[3] = {9, 10, 1.5708};
    assert_true(route_bodies_meet(r.map, a, b, 0));
    assert_false(route_bodies_meet(r.map, a, c, 0));
    assert_true(route_bodies_meet(r.map, a, c, 1));
    assert_true(route_bodies_meet(r.map, a, d, 0) != route_bodies_meet(r.map, a, e, 0));
    ground_free(&r);
}

// ---- assignment against all permutations
static double best_of(const double *cost, uint32_t n, uint32_t m, uint32_t row, uint32_t used) {
    double best = INFINITY;
    if (row == n) return 0;
    for (uint32_t j = 0; j < m; j++)
        if (!(used & 1u << j)) best = fmin(best, cost[row * m + j] + best_of(cost, n, m, row + 1, used | 1u << j));
    return best;
}
static void assignment(void **s) {
    (void)s;
    Prng x = {11};
    for (int i = 0; i < 2000; i++) {
        uint32_t n = 1 + (uint32_t)prng_below(&x, 5), m = n + (uint32_t)prng_below(&x, 3), ret[8], seen = 0;
        double cost[64], turned[64], sum = 0;
        for (uint32_t k = 0; k < n * m; k++) cost[k] = (double)prng_below(&x, 50);
        fleet_assign(cost, n, m, ret);
        for (uint32_t k = 0; k < n; k++) {
            assert_true(ret[k] < m && !(seen & 1u << ret[k]));
            seen |= 1u << ret[k], sum += cost[k * m + ret[k]];
        }
        assert_true(fabs(sum - best_of(cost, n, m, 0, 0)) < 1e-9);
        for (uint32_t a = 0; a < n; a++)
            for (uint32_t b = 0; b < m; b++) turned[b * n + a] = cost[a * m + b];
        fleet_assign(turned, m, n, ret); // more rows than columns
        double again = 0;
        for (uint32_t k = 0; k < m; k++)
            if (ret[k] != UINT32_MAX) again += turned[k * n + ret[k]];
        assert_true(fabs(again - sum) < 1e-9);
    }
    double never[2] = {INFINITY, 3};
    uint32_t ret[2];
    fleet_assign(never, 2, 1, ret);
    assert_true(ret[0] == UINT32_MAX && ret[1] == 0);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(assignment),
                                       cmocka_unit_test(the_checker_sees),
                                       cmocka_unit_test(asked_gate),
                                       cmocka_unit_test(nobody_crosses_unasked),
                                       cmocka_unit_test(dangerous_goods_alone),
                                       cmocka_unit_test(plugs),
                                       cmocka_unit_test(power_cap),
                                       cmocka_unit_test(closed_and_stopped),
                                       cmocka_unit_test(paused_and_withdrawn),
                                       cmocka_unit_test(box_on),
                                       cmocka_unit_test(busy),
                                       cmocka_unit_test(the_same_again),
                                       cmocka_unit_test(bad_luck),
                                       cmocka_unit_test(killed_controller),
                                       cmocka_unit_test(killed_controller_far)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

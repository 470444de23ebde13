// Roads and ground: lay-outs made and refused, envelopes against bodies, random fleets without collision or stand-off.
#include "prop.h"
#include "route/route_traffic.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
// cmocka last
#include <cmocka.h>

typedef struct {
    Arena a;
    MapDoc *doc;
    RouteMap *map;
} Roads;
static Roads roads(MapPlan p) {
    Roads r = {0};
    const char *why;
    MapProblems ps;
    arena_init(&r.a, 64u << 20);
    assert_int_equal(route_map_make(&p, STR("test"), STR("hn"), &r.a, &r.doc, &why), OK);
    if (route_map_new(r.doc, &r.map, &ps)) fail_msg("%s: %s", ps.p[0].where, ps.p[0].what);
    return r;
}
static void roads_free(Roads *r) {
    route_map_free(r->map);
    arena_deinit(&r->a);
}
static MapPlan plan_of(uint32_t lanes, uint32_t cranes, uint32_t parks) {
    MapPlan p = map_plan_usual;
    p.lanes = lanes, p.cranes = cranes, p.parks = parks, p.chargers = parks / 3;
    return p;
}

// ---- lay-outs
static void made(void **s) {
    (void)s;
    for (uint32_t lanes = 1; lanes <= 4; lanes *= 2) {
        Roads r = roads(plan_of(lanes, 5, 13));
        uint32_t spots[SPOT_COUNT] = {0}, stretch = 0;
        for (uint32_t i = 0; i < r.map->nodes; i++) spots[r.map->node[i].spot]++;
        for (uint32_t i = 0; i < r.map->edges; i++) stretch += r.map->edge[i].stretch != MAP_NO_STRETCH;
        assert_int_equal(spots[SPOT_CRANE], 10);
        assert_int_equal(spots[SPOT_PARK] + spots[SPOT_CHARGER], 26);
        assert_int_equal(spots[SPOT_CHARGER], 8);
        assert_true((stretch > 0) == (lanes == 1));
        bool second = route_map_node(r.map, STR("v2c1")) != MAP_NONE; // an aisle a pair of lanes
        assert_true(second == (lanes == 4) && r.map->zones == (second ? 7 : 5));
        roads_free(&r);
    }
    const char *why;
    MapDoc *d;
    Arena a;
    arena_init(&a, 1u << 20);
    MapPlan bad = plan_of(3, 5, 13);
    assert_int_equal(route_map_make(&bad, STR("x"), STR("hn"), &a, &d, &why), ERR_INVALID);
    assert_non_null(strstr(why, "lanes"));
    bad = plan_of(2, 5, 13), bad.aisles = 2;
    assert_int_equal(route_map_make(&bad, STR("x"), STR("hn"), &a, &d, &why), ERR_INVALID);
    assert_non_null(strstr(why, "aisle"));
    arena_deinit(&a);
    MapPlan one = plan_of(4, 8, 16);
    one.aisles = 1;
    for (uint32_t aisles = 1; aisles <= 2; one.aisles = ++aisles) { // places for dangerous goods are not lost
        Roads r = roads(one);
        uint32_t dangerous = 0;
        for (uint32_t i = 0; i < r.map->nodes; i++) dangerous += (r.map->node[i].fit & 1u << FIT_DANGEROUS) != 0;
        assert_int_equal(dangerous, 2);
        roads_free(&r);
    }
}
static void refused_with(Roads *r, const char *where, const char *what) {
    RouteMap *m;
    MapProblems ps;
    assert_int_equal(route_map_new(r->doc, &m, &ps), ERR_INVALID);
    assert_null(m);
    for (uint32_t i = 0; i < MIN(ps.n, MAP_PROBLEMS_MAX); i++)
        if (strstr(ps.p[i].where, where) && strstr(ps.p[i].what, what)) return;
    fail_msg("expected %s: %s, found %s: %s", where, what, ps.p[0].where, ps.p[0].what);
}
static void refused(void **s) {
    (void)s;
    Roads r = roads(plan_of(2, 3, 6));
    MapNodeDoc *n = r.doc->nodes.items;
    MapEdgeDoc *e = r.doc->edges.items;
    uint32_t nodes = r.doc->nodes.n, crane = route_map_node(r.map, STR("vc2"));
    assert_true(crane != MAP_NONE && r.map->node[crane].spot == SPOT_CRANE);
    MapNodeDoc keep = n[crane];
    n[crane].x_mm -= 9000; // into its neighbour
    refused_with(&r, "vc", "in the way of another place");
    n[crane] = keep, n[crane].zone = STR("nowhere");
    refused_with(&r, "vc2", "no such zone");
    n[crane] = keep, n[crane].id = STR("vc1");
    refused_with(&r, "vc1", "twice");
    n[crane] = keep, n[crane].x_mm = INT64_MAX;
    refused_with(&r, "vc2", "100 km");
    n[crane] = keep;
    MapEdgeDoc first = e[0];
    e[0].to = STR("gone");
    refused_with(&r, "e1", "from one node to another");
    e[0] = first;
    uint32_t edges = r.doc->edges.n;
    for (uint32_t i = 0; i < edges; i++) // the only way out of a crane place
        if (str_eq_c(e[i].from, "vc2")) {
            MapEdgeDoc last = e[i];
            e[i] = e[edges - 1], e[edges - 1] = last, r.doc->edges.n = edges - 1;
            break;
        }
    refused_with(&r, "", "no way leads here from vc2");
    r.doc->edges.n = edges, r.doc->nodes.n = 0;
    refused_with(&r, "/nodes", "1 to");
    r.doc->nodes.n = nodes, r.doc->vehicle->length_mm = 90000;
    refused_with(&r, "/vehicle", "length");
    roads_free(&r);
}
// Whatever two vehicles hold, their bodies are apart: random points of cells that do not exclude each other.
static void envelopes_of(uint32_t lanes) {
    Roads r = roads(plan_of(lanes, 4, 8));
    const RouteMap *m = r.map;
    Prng x = {7};
    uint32_t compared = 0;
    for (uint32_t i = 0; i < 400000; i++) {
        uint32_t a = (uint32_t)prng_below(&x, m->edges), b = (uint32_t)prng_below(&x, m->edges);
        if (fabs(m->node[m->edge[a].from].x - m->node[m->edge[b].from].x) > 60) continue;
        if (route_map_conflict(m, map_cell_of_edge(m, a), map_cell_of_edge(m, b))) continue;
        double at[2][3];
        for (int k = 0; k < 2; k++) {
            const MapEdge *e = &m->edge[k ? b : a];
            double f = (double)prng_below(&x, 1001) / 1000;
            at[k][0] = m->node[e->from].x + f * (m->node[e->to].x - m->node[e->from].x);
            at[k][1] = m->node[e->from].y + f * (m->node[e->to].y - m->node[e->from].y);
            at[k][2] = e->heading;
        }
        assert_false(route_bodies_meet(m, at[0], at[1], 0));
        compared++;
    }
    assert_true(compared > 3000);
    roads_free(&r);
}
static void envelopes(void **s) {
    (void)s;
    envelopes_of(1), envelopes_of(4);
}

// ---- ground
typedef struct {
    RouteTraffic *t;
    const RouteMap *m;
    Prng x;
    uint32_t n, spot[1000], spots;
    uint64_t arrived;
    bool dead[64];
} Fleet;
static void no_two(const Fleet *f) { // an independent look at who holds what
    for (uint32_t c = 0; c < f->m->cells; c++) {
        uint32_t who = traffic_holder(f->t, c);
        if (who == TRAFFIC_NOBODY) continue;
        for (uint32_t k = f->m->conf_begin[c]; k < f->m->conf_begin[c + 1]; k++) {
            uint32_t other = traffic_holder(f->t, f->m->conf[k]);
            assert_true(other == TRAFFIC_NOBODY || other == who);
        }
    }
}
static bool act(Fleet *f, uint32_t v) { // true: it got on
    const uint16_t *path;
    uint16_t trail[TRAFFIC_TRAIL_MAX], way[TRAFFIC_PATH_MAX];
    if (f->dead[v]) return false;
    uint32_t trail_n = traffic_trail(f->t, v, trail), left = traffic_path(f->t, v, &path);
    if (!left && trail_n == 1) {
        uint32_t to = f->spot[prng_below(&f->x, f->spots)];
        if (traffic_booker(f->t, to) != TRAFFIC_NOBODY) return false;
        uint32_t n = traffic_find(f->t, v, trail[0], to, MAP_NONE, way);
        if (!n || traffic_send(f->t, v, to, way, n).answer != TRAFFIC_GRANTED) return false;
        f->arrived++;
        return true;
    }
    bool on = false;
    if (trail_n > 1 && prng_chance(&f->x, 60)) {
        assert_true(traffic_passed(f->t, v, trail[1]));
        on = true, trail_n--;
    }
    if (trail_n < 5) on |= traffic_extend(f->t, v).answer == TRAFFIC_GRANTED;
    return on;
}
static void random_fleet(uint64_t seed, uint32_t lanes, uint32_t vehicles, bool deaths) {
    Roads r = roads(plan_of(lanes, 4, vehicles / 2 + 4));
    Fleet f = {.m = r.map, .x = {seed}, .n = vehicles, .t = traffic_new(r.map, vehicles)};
    for (uint32_t i = 0; i < r.map->nodes; i++)
        if (r.map->node[i].spot) f.spot[f.spots++] = i;
    for (uint32_t v = 0; v < vehicles; v++)
        while (traffic_enter(f.t, v, f.spot[prng_below(&f.x, f.spots)]).answer != TRAFFIC_GRANTED) {
        }
    uint32_t still = 0;
    for (uint32_t step = 0; step < 1500; step++) {
        bool on = false;
        for (uint32_t k = 0; k < vehicles; k++) on |= act(&f, (uint32_t)prng_below(&f.x, vehicles));
        still = on ? 0 : still + 1;
        if (still > 60) fail_msg("seed %llu: a stand-off at step %u", (unsigned long long)seed, step);
        if (step % 50 == 0) no_two(&f);
        if (step % 100 == 0 && !deaths) assert_true(traffic_safe(f.t));
        if (deaths && step == 300) f.dead[1] = true, traffic_stop(f.t, 1, true);
        if (deaths && step == 700) f.dead[1] = false, traffic_stop(f.t, 1, false);
    }
    assert_true(f.arrived > vehicles * 2);
    for (uint32_t v = 0; v < vehicles; v++) traffic_leave(f.t, v); // all is free again
    for (uint32_t c = 0; c < r.map->cells; c++) assert_true(traffic_holder(f.t, c) == TRAFFIC_NOBODY);
    traffic_free(f.t);
    roads_free(&r);
}
static void fleets(void **s) {
    (void)s;
    for (uint64_t seed = 1; seed <= prop_seeds(6); seed++)
        for (uint32_t lanes = 1; lanes <= 4; lanes *= 2) random_fleet(seed, lanes, 20 + (uint32_t)seed % 3 * 10, false);
}
static void one_dies(void **s) { // who stands in the way of none goes on; afterwards everybody does
    (void)s;
    for (uint64_t seed = 1; seed <= prop_seeds(4); seed++) random_fleet(seed, 2, 16, true);
}
// Two that want through the one-lane stretch against each other: one waits, with the reason, and comes through after
// it.
static void turns(void **s) {
    (void)s;
    Roads r = roads(plan_of(1, 2, 4));
    const RouteMap *m = r.map;
    RouteTraffic *t = traffic_new(m, 2);
    uint16_t way[TRAFFIC_PATH_MAX];
    uint32_t from[2] = {route_map_node(m, STR("vc1")), route_map_node(m, STR("cc1"))};
    uint32_t to[2] = {route_map_node(m, STR("cc2")), route_map_node(m, STR("vc2"))};
    for (uint32_t v = 0; v < 2; v++) {
        assert_int_equal(traffic_enter(t, v, from[v]).answer, TRAFFIC_GRANTED);
        uint32_t n = traffic_find(t, v, from[v], to[v], MAP_NONE, way);
        assert_true(n > 20);
        assert_int_equal(traffic_send(t, v, to[v], way, n).answer, TRAFFIC_GRANTED);
    }
    assert_int_equal(traffic_send(t, 0, to[1], way, 0).answer, TRAFFIC_NO_WAY);
    bool turn = false, home[2] = {false, false};
    for (uint32_t step = 0; step < 1000; step++)
        for (uint32_t v = 0; v < 2; v++) {
            uint16_t trail[TRAFFIC_TRAIL_MAX];
            TrafficReason why = traffic_extend(t, v);
            turn |= why.answer == TRAFFIC_TURN;
            assert_true(why.answer != TRAFFIC_UNSAFE); // the turn is asked before its mouth
            if (traffic_trail(t, v, trail) > 2) (void)traffic_passed(t, v, trail[1]);
            if (why.answer == TRAFFIC_AT_END && traffic_trail(t, v, trail) > 1) (void)traffic_passed(t, v, to[v]);
            home[v] = traffic_last(t, v) == to[v];
        }
    assert_true(turn && home[0] && home[1]);
    traffic_free(t);
    roads_free(&r);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(made),      cmocka_unit_test(refused),
                                       cmocka_unit_test(envelopes), cmocka_unit_test(fleets),
                                       cmocka_unit_test(one_dies),  cmocka_unit_test(turns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

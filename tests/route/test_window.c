// Windows on road graphs: whatever comes is looked at by an independent checker, and fleets go on for a long time.
#include "route/route_map.h"
#include "route_check.h"
#include <time.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

static double now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}
// ---- random directed graphs with random exclusions
typedef struct {
    RouteGraph g;
    uint32_t begin[65], out[64 * 4], conf_begin[65], conf[64 * 64];
    uint16_t cost[64 * 4];
} Wild;
static void wild(Prng *r, Wild *w) {
    uint32_t n = 4 + (uint32_t)prng_below(r, 60), edges = 0, conf = 0;
    static bool near[64][64];
    memset(near, 0, sizeof near);
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = 0; v < u; v++) near[u][v] = near[v][u] = prng_chance(r, 2);
    for (uint32_t u = 0; u < n; u++) {
        w->begin[u] = edges, w->conf_begin[u] = conf;
        for (uint32_t d = 1 + (uint32_t)prng_below(r, 4); d; d--) {
            uint32_t v = prng_chance(r, 70) ? (u + d) % n : (uint32_t)prng_below(r, n);
            if (v != u) w->cost[edges] = (uint16_t)(1 + prng_below(r, 5)), w->out[edges++] = v;
        }
        for (uint32_t v = 0; v < n; v++)
            if (near[u][v]) w->conf[conf++] = v;
    }
    w->begin[n] = edges, w->conf_begin[n] = conf;
    w->g = (RouteGraph){.n = n, .out_begin = w->begin, .out = w->out, .cost = prng_chance(r, 50) ? w->cost : NULL};
    if (prng_chance(r, 80)) w->g.conf_begin = w->conf_begin, w->g.conf = w->conf;
    w->g.follow = prng_chance(r, 30);
    assert_null(route_graph_fault(&w->g));
}
static uint32_t place(Prng *r, const RouteGraph *g, RouteAgent *a, uint32_t most) {
    uint32_t n = 0;
    for (uint32_t tries = 0; tries < most * 2; tries++) {
        uint32_t v = (uint32_t)prng_below(r, g->n), i = 0;
        while (i < n && !check_excludes(g, a[i].at, v)) i++;
        if (i < n) continue;
        a[n++] = (RouteAgent){v, (uint32_t)prng_below(r, g->n), (int32_t)prng_below(r, 20) - 5, prng_chance(r, 10)};
    }
    return n;
}
static void any_graph(void **state) {
    (void)state;
    static Wild w;
    static uint32_t steps[33 * 128], again[33 * 128];
    for (uint64_t seed = 1; seed <= prop_seeds(1500); seed++) {
        Prng r = {seed};
        RouteAgent a[128];
        wild(&r, &w);
        uint32_t n = place(&r, &w.g, a, (uint32_t)prng_below(&r, 40)), window = 1 + (uint32_t)prng_below(&r, 32);
        RoutePlanner *p = route_planner_new(&w.g, 128, seed), *q = route_planner_new(&w.g, 128, seed);
        for (int call = 0; call < 4; call++) {
            RouteWindowInfo info;
            uint32_t iterations = (uint32_t)prng_below(&r, 100);
            assert_int_equal(route_window(p, a, n, window, iterations, steps, &info), OK);
            assert_string_equal("", check_steps(&w.g, steps, window, n) ?: "");
            assert_true(info.score <= info.score_first);
            assert_int_equal(route_window(q, a, n, window, iterations, again, NULL), OK);
            assert_memory_equal(steps, again, (window + 1) * n * sizeof *steps);
            uint32_t go = (uint32_t)prng_below(&r, window + 1);
            for (uint32_t i = 0; i < n; i++) {
                assert_int_equal(steps[i], a[i].at);
                for (uint32_t t = 0; t <= window; t++) assert_true(!a[i].fixed || steps[t * n + i] == a[i].at);
                a[i].at = steps[go * n + i];
                if (prng_chance(&r, 20)) a[i].goal = (uint32_t)prng_below(&r, w.g.n);
            }
        }
        route_planner_free(p), route_planner_free(q);
    }
}
// Roads of two yards, as `cuakhau roads make` makes them.
typedef struct {
    Arena a;
    RouteMap *map;
    RouteMapGraph g;
    uint32_t *place, places; // nodes
} Roads;
static Roads roads(uint32_t lanes, uint32_t cranes, uint32_t parks) {
    Roads r = {0};
    MapPlan p = map_plan_usual;
    MapDoc *d;
    MapProblems ps;
    const char *why;
    p.lanes = lanes, p.cranes = cranes, p.parks = parks, p.chargers = parks / 3;
    arena_init(&r.a, 64u << 20);
    assert_int_equal(route_map_make(&p, STR("test"), STR("hn"), &r.a, &d, &why), OK);
    assert_int_equal(route_map_new(d, &r.map, &ps), OK);
    route_map_graph(r.map, &r.g);
    assert_null(route_graph_fault(&r.g.graph));
    r.place = calloc(r.map->nodes, sizeof *r.place);
    for (uint32_t v = 0; v < r.map->nodes; v++)
        if (r.map->node[v].spot) r.place[r.places++] = v;
    return r;
}
static void roads_free(Roads *r) {
    route_map_graph_deinit(&r->g), route_map_free(r->map), free(r->place), arena_deinit(&r->a);
}
static void as_roads(void **state) { // the graph says what the roads say
    (void)state;
    Roads r = roads(4, 4, 9);
    const RouteMap *m = r.map;
    assert_true(r.g.graph.n == m->nodes && r.g.out_begin[m->nodes] == m->edges && !r.g.graph.follow);
    for (uint32_t u = 0; u < m->nodes; u++) {
        for (uint32_t e = r.g.out_begin[u]; e < r.g.out_begin[u + 1]; e++) {
            const MapEdge *edge = &m->edge[route_map_edge(m, u, r.g.out[e])];
            assert_true(m->node[edge->to].spot ? r.g.cost[e] > 400 : r.g.cost[e] < 20);
        }
        for (uint32_t v = 0; v < m->nodes; v++)
            assert_int_equal(check_excludes(&r.g.graph, u, v), route_map_conflict(m, u, v));
    }
    roads_free(&r);
}
static void refused(void **state) {
    (void)state;
    Roads r = roads(2, 2, 5);
    RoutePlanner *p = route_planner_new(&r.g.graph, 2, 1);
    uint32_t steps[64], u = 0;
    while (r.g.conf_begin[u] == r.g.conf_begin[u + 1]) u++;
    RouteAgent same[2] = {{3, 4, 0, false}, {3, 5, 0, false}}, off[1] = {{0, r.g.graph.n, 0, false}},
               close[2] = {{u, 4, 0, false}, {r.g.conf[r.g.conf_begin[u]], 5, 0, false}}, three[3] = {0};
    assert_int_equal(route_window(p, same, 2, 5, 0, steps, NULL), ERR_INVALID);
    assert_int_equal(route_window(p, close, 2, 5, 0, steps, NULL), ERR_INVALID);
    assert_int_equal(route_window(p, off, 1, 5, 0, steps, NULL), ERR_INVALID);
    assert_int_equal(route_window(p, three, 3, 5, 0, steps, NULL), ERR_LIMIT);
    assert_int_equal(route_window(p, same, 1, 0, 0, steps, NULL), ERR_LIMIT);
    assert_int_equal(route_window(p, same, 1, ROUTE_WINDOW_MAX + 1, 0, steps, NULL), ERR_LIMIT);
    assert_int_equal(route_window(p, same, 0, 5, 10, steps, NULL), OK);
    assert_int_equal(route_window(p, same, 1, 5, 10, steps, NULL), OK); // and it still works
    route_planner_free(p), roads_free(&r);
}
static void distances(void **state) { // against Bellman and Ford
    (void)state;
    static Wild w;
    for (uint64_t seed = 1; seed <= prop_seeds(100); seed++) {
        Prng r = {seed};
        wild(&r, &w);
        RoutePlanner *p = route_planner_new(&w.g, 1, 1);
        for (uint32_t goal = 0; goal < w.g.n; goal++) {
            uint32_t d[64];
            for (uint32_t v = 0; v < w.g.n; v++) d[v] = v == goal ? 0 : ROUTE_FAR;
            for (uint32_t round = 0; round < w.g.n; round++)
                for (uint32_t u = 0; u < w.g.n; u++)
                    for (uint32_t e = w.begin[u]; e < w.begin[u + 1]; e++)
                        if (d[w.out[e]] != ROUTE_FAR) d[u] = MIN(d[u], d[w.out[e]] + (w.g.cost ? w.cost[e] : 1u));
            for (uint32_t v = 0; v < w.g.n; v++) assert_int_equal(route_distance(p, v, goal), d[v]);
        }
        route_planner_free(p);
    }
}
// ---- what a rollout by priority alone does not solve
static void out_of_a_dead_end(void **state) { // one wants in, the other out, and the road before it is the only way
    (void)state;
    // 0 - 1 - 2 - 3 - 4, with 5 beside 1
    static const uint32_t begin[] = {0, 1, 4, 6, 8, 9, 10}, out[] = {1, 0, 2, 5, 1, 3, 2, 4, 3, 1};
    RouteGraph g = {.n = 6, .out_begin = begin, .out = out};
    for (uint64_t seed = 1; seed <= 20; seed++) {
        RouteAgent a[2] = {{3, 4, 0, false}, {4, 0, 0, false}};
        RoutePlanner *p = route_planner_new(&g, 2, seed);
        uint32_t steps[26 * 2], t = 0;
        for (; t < 60 && (a[0].at != 4 || a[1].at != 0); t++) {
            a[0].urgency = seed % 2 ? 5 : 0;
            assert_int_equal(route_window(p, a, 2, 25, 200, steps, NULL), OK);
            assert_string_equal("", check_steps(&g, steps, 25, 2) ?: "");
            a[0].at = steps[2], a[1].at = steps[3];
        }
        assert_true(t < 60);
        route_planner_free(p);
    }
}
// ---- fleets for a long time
typedef struct {
    uint64_t reached, wait_longest;
    double ms_max, ms_sum;
} Life;
static Life live(const Roads *r, uint32_t n, uint32_t window, uint32_t iterations, uint32_t calls, uint64_t seed) {
    Prng rng = {seed};
    RouteAgent *a = calloc(n, sizeof *a);
    uint32_t *steps = calloc((window + 1) * n, sizeof *steps), *since = calloc(n, sizeof *since),
             *place = calloc(r->places, sizeof *place);
    uint8_t *wanted = calloc(r->g.graph.n, 1);
    RoutePlanner *p = route_planner_new(&r->g.graph, n, seed);
    Life life = {0};
    memcpy(place, r->place, r->places * sizeof *place);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = i + (uint32_t)prng_below(&rng, r->places - i), x = place[i];
        place[i] = place[k], place[k] = x;
        a[i] = (RouteAgent){.at = place[i], .goal = place[i]};
        wanted[place[i]] = 1;
    }
    for (uint32_t c = 0; c < calls; c++) {
        for (uint32_t i = 0; i < n; i++) {
            if (a[i].at != a[i].goal) {
                life.wait_longest = MAX(life.wait_longest, c - since[i]);
                continue;
            }
            uint32_t goal = r->place[prng_below(&rng, r->places)];
            if (wanted[goal]) continue;
            wanted[a[i].goal] = 0, wanted[goal] = 1, a[i].goal = goal, since[i] = c;
        }
        double start = now_ms();
        assert_int_equal(route_window(p, a, n, window, iterations, steps, NULL), OK);
        double ms = now_ms() - start;
        life.ms_max = MAX(life.ms_max, ms), life.ms_sum += ms;
        if (c % 50 == 0) assert_string_equal("", check_steps(&r->g.graph, steps, window, n) ?: "");
        for (uint32_t i = 0; i < n; i++) {
            life.reached += a[i].at != a[i].goal && steps[n + i] == a[i].goal;
            a[i].at = steps[n + i];
        }
    }
    route_planner_free(p);
    free(a), free(steps), free(since), free(place), free(wanted);
    return life;
}
static void lifelong(void **state) {
    (void)state;
    static const struct {
        uint32_t lanes, cranes, parks, n, calls, iterations;
    } c[] = {
        {2, 3, 9, 10, 1000, 20}, {4, 8, 30, 40, 1500, 50}, {2, 20, 78, 100, 1500, 50}, {4, 30, 120, 150, 1500, 50}};
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        Roads r = roads(c[i].lanes, c[i].cranes, c[i].parks);
        Life l = live(&r, c[i].n, 20, c[i].iterations, c[i].calls, 1);
        print_message(
            "%u nodes, %u places, %u vehicles: %.3f goals a step, longest way %llu steps, window %.2f ms mean, "
            "%.2f ms most\n",
            r.map->nodes, r.places, c[i].n, (double)l.reached / c[i].calls, (unsigned long long)l.wait_longest,
            l.ms_sum / c[i].calls, l.ms_max);
        assert_true(l.reached > c[i].n && l.wait_longest < 900); // nobody starves
        roads_free(&r);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_graph),         cmocka_unit_test(as_roads),
                                       cmocka_unit_test(refused),           cmocka_unit_test(distances),
                                       cmocka_unit_test(out_of_a_dead_end), cmocka_unit_test(lifelong)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

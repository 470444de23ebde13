// Plans from start to goal: puzzles that PIBT alone does not solve, random maps, what has no plan, determinism.
#include "route_check.h"
#include <time.h>
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

static int64_t now_us(void *ctx) {
    (void)ctx;
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
// ---- puzzles: where the letters stand and where they must go
typedef struct {
    const char *name;
    const char *from[12], *to[12];
} Puzzle;
static const Puzzle puzzles[] = {
    {"tree", // branches one cell wide; those at the leaves and those at the stem change over
     {"a@b@c@d", ".@.@.@.", ".......", "@@@.@@@", "@@@e@@@", "@@@f@@@"},
     {"d@c@f@e", ".@.@.@.", ".......", "@@@.@@@", "@@@a@@@", "@@@b@@@"}},
    {"tunnel", // the order in a tunnel with one pocket is reversed
     {"abcd.....", "@@@@.@@@@"},
     {"dcba.....", "@@@@.@@@@"}},
    {"string", // a string with two bulges, two trains head-on
     {"@@@@@.@@@@.@@@@@", "abcd........efgh", "@@@@@.@@@@.@@@@@"},
     {"@@@@@.@@@@.@@@@@", "hgfe........dcba", "@@@@@.@@@@.@@@@@"}},
    {"corners", // into dead-end corners past each other
     {"ae@@fb", "......", "@....@", "@....@", "......", "cg@@hd"},
     {"dh@@gc", "......", "@....@", "@....@", "......", "bf@@ea"}},
    {"connector", // two rooms change over through a passage of one cell
     {"abc@@@efg", ".d.....h.", "...@@@..."},
     {"gfe@@@cba", ".h.....d.", "...@@@..."}},
    {"loop-chain", // loops in a chain, joined at single cells
     {"abc@f..", "d@e.g@h", "...@.i."},
     {"ihg@cba", ".@f.e@d", "...@..."}},
};
typedef struct {
    RouteGrid g;
    uint32_t n, starts[128], goals[128];
} Case;
static void puzzle_open(const Puzzle *p, Case *ret) {
    Buf b;
    RouteFault f;
    uint32_t h = 0;
    *ret = (Case){0};
    buf_init(&b, 1u << 16);
    while (h < 12 && p->from[h]) h++;
    uint32_t w = (uint32_t)strlen(p->from[0]);
    buf_printf(&b, "type octile\nheight %u\nwidth %u\nmap\n", h, w);
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x <= w; x++) buf_char(&b, x == w ? '\n' : p->from[y][x] == '@' ? '@' : '.');
    assert_int_equal(route_grid_parse(buf_view(&b), &ret->g, &f), OK);
    for (char c = 'a'; c <= 'z'; c++)
        for (uint32_t y = 0, found = 0; y < h; y++)
            for (uint32_t x = 0; x < w; x++) {
                if (p->from[y][x] == c) ret->starts[ret->n] = y * w + x, found++;
                if (p->to[y][x] == c) ret->goals[ret->n] = y * w + x, found++;
                if (found == 2) found = 0, ret->n++;
            }
    buf_deinit(&b);
}
static void solve_puzzles(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(puzzles); i++)
        for (uint64_t seed = 1; seed <= prop_seeds(3); seed++) {
            Case c;
            puzzle_open(&puzzles[i], &c);
            assert_true(c.n >= 4);
            RouteSolveOptions o = {.seed = seed, .threads = 1, .iterations = 300};
            int64_t start = now_us(NULL);
            RoutePlan p;
            assert_int_equal(route_solve(&c.g.graph, c.starts, c.goals, c.n, &o, &p), OK);
            double s = (double)(now_us(NULL) - start) / 1e6;
            print_message("%-10s seed %llu: %u agents, %.3f s, %llu configurations, loss %llu -> %llu, makespan %u\n",
                          puzzles[i].name, (unsigned long long)seed, c.n, s, (unsigned long long)p.nodes,
                          (unsigned long long)p.first_loss, (unsigned long long)p.loss, p.makespan);
            assert_int_equal(p.outcome, ROUTE_SOLVED);
            assert_string_equal("", check_plan(&c.g.graph, &p, c.starts, c.goals) ?: "");
            route_plan_deinit(&p);
            route_grid_deinit(&c.g);
        }
}
static void none_exists(void **state) { // the search says so itself
    (void)state;
    static const Puzzle none[] = {
        {"swap in a corridor", {"a...b"}, {"b...a"}},
        {"ring full to the last place", {"ab", "dc"}, {"ba", "dc"}},
        {"three in a corridor", {"ab.c."}, {"b.a.c"}},
        {"apart", {"a.@.b"}, {"..@ab"}},
    };
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        Case c;
        puzzle_open(&none[i], &c);
        RouteSolveOptions o = {.seed = 1, .threads = 1, .iterations = 10};
        RoutePlan p;
        assert_int_equal(route_solve(&c.g.graph, c.starts, c.goals, c.n, &o, &p), OK);
        assert_int_equal(p.outcome, ROUTE_NONE_EXISTS);
        assert_null(p.steps);
        route_grid_deinit(&c.g);
    }
}
// ---- random maps
static void random_case(Prng *r, uint32_t w, uint32_t h, unsigned walls, uint32_t n, Case *ret) {
    Buf b;
    RouteFault f;
    *ret = (Case){0};
    buf_init(&b, 1u << 20);
    buf_printf(&b, "type octile\nheight %u\nwidth %u\nmap\n", h, w);
    for (uint32_t y = 0; y < h; y++)
        for (uint32_t x = 0; x <= w; x++) buf_char(&b, x == w ? '\n' : (x || y) && prng_chance(r, walls) ? 'T' : '.');
    assert_int_equal(route_grid_parse(buf_view(&b), &ret->g, &f), OK);
    buf_deinit(&b);
    uint32_t *reach = calloc(w * h, sizeof *reach), tail = 1; // those that the first cell reaches
    uint8_t *seen = calloc(w * h, 1);
    const RouteGraph *g = &ret->g.graph;
    seen[0] = 1;
    for (uint32_t head = 0; head < tail; head++)
        for (uint32_t e = g->out_begin[reach[head]]; e < g->out_begin[reach[head] + 1]; e++)
            if (!seen[g->out[e]]++) reach[tail++] = g->out[e];
    ret->n = MIN(n, (tail + 1) / 2);
    for (int goals = 0; goals < 2; goals++)
        for (uint32_t i = 0; i < ret->n; i++) {
            uint32_t k = i + (uint32_t)prng_below(r, tail - i), x = reach[i];
            reach[i] = reach[k], reach[k] = x;
            (goals ? ret->goals : ret->starts)[i] = reach[i];
        }
    free(reach), free(seen);
}
static void random_maps(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= prop_seeds(60); seed++) {
        Prng r = {seed};
        Case c;
        uint32_t w = 3 + (uint32_t)prng_below(&r, 20), h = 3 + (uint32_t)prng_below(&r, 20);
        random_case(&r, w, h, 20, MIN(100u, 1 + w * h / 4), &c);
        RouteSolveOptions o = {.seed = seed, .threads = 1, .iterations = 200, .memory_max = 64u << 20};
        RoutePlan p, q;
        assert_int_equal(route_solve(&c.g.graph, c.starts, c.goals, c.n, &o, &p), OK);
        if (p.outcome == ROUTE_SOLVED) {
            assert_string_equal("", check_plan(&c.g.graph, &p, c.starts, c.goals) ?: "");
            assert_int_equal(route_solve(&c.g.graph, c.starts, c.goals, c.n, &o, &q), OK); // the same once more
            assert_int_equal(p.makespan, q.makespan);
            assert_memory_equal(p.steps, q.steps, (p.makespan + 1) * (size_t)c.n * sizeof *p.steps);
            route_plan_deinit(&q);
        }
        route_plan_deinit(&p);
        route_grid_deinit(&c.g);
    }
}
// Both searches for one agent, on bits and A*, lead to plans that hold: a graph whose nodes are numbered at random is
// no grid to the first.
static void any_graph(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= prop_seeds(20); seed++) {
        Prng r = {seed};
        Case c;
        random_case(&r, 12, 12, 15, 40, &c);
        uint32_t n = c.g.graph.n, name[144], *begin = calloc(n + 1, sizeof *begin), *out = calloc(4 * n, sizeof *out),
                 at = 0;
        for (uint32_t i = 0; i < n; i++) name[i] = i;
        for (uint32_t i = n; i > 1; i--) {
            uint32_t k = (uint32_t)prng_below(&r, i), x = name[k];
            name[k] = name[i - 1], name[i - 1] = x;
        }
        for (uint32_t v = 0; v < n; v++) {
            uint32_t old = 0;
            while (name[old] != v) old++;
            for (uint32_t e = c.g.graph.out_begin[old]; e < c.g.graph.out_begin[old + 1]; e++)
                out[at++] = name[c.g.graph.out[e]];
            begin[v + 1] = at;
        }
        for (uint32_t i = 0; i < c.n; i++) c.starts[i] = name[c.starts[i]], c.goals[i] = name[c.goals[i]];
        RouteGraph g = {.n = n, .out_begin = begin, .out = out, .follow = true};
        RouteSolveOptions o = {.seed = seed, .threads = 1, .iterations = 200};
        RoutePlan p;
        assert_int_equal(route_solve(&g, c.starts, c.goals, c.n, &o, &p), OK);
        assert_true(p.outcome == ROUTE_SOLVED || c.n < 10);
        if (p.outcome == ROUTE_SOLVED) assert_string_equal("", check_plan(&g, &p, c.starts, c.goals) ?: "");
        assert_true(p.loss < p.first_loss || c.n < 10);
        route_plan_deinit(&p);
        route_grid_deinit(&c.g);
        free(begin), free(out);
    }
}
static void two_threads(void **state) { // within a time limit, and what they agree on holds
    (void)state;
    Prng r = {7};
    Case c;
    random_case(&r, 16, 16, 20, 100, &c);
    for (uint64_t seed = 1; seed <= 3; seed++) {
        RouteSolveOptions o = {.seed = seed, .threads = 2, .deadline = {now_us, NULL, now_us(NULL) + 300000, NULL}};
        RoutePlan p;
        assert_int_equal(route_solve(&c.g.graph, c.starts, c.goals, c.n, &o, &p), OK);
        assert_int_equal(p.outcome, ROUTE_SOLVED);
        assert_string_equal("", check_plan(&c.g.graph, &p, c.starts, c.goals) ?: "");
        assert_true(p.loss < p.first_loss);
        route_plan_deinit(&p);
    }
    route_grid_deinit(&c.g);
}
static void refused(void **state) {
    (void)state;
    static const Puzzle one = {"one", {"ab."}, {".ab"}};
    Case c;
    puzzle_open(&one, &c);
    RouteSolveOptions o = {.seed = 1, .threads = 1};
    RoutePlan p;
    uint32_t same[2] = {0, 0}, far[2] = {0, 99}, good[2] = {0, 1};
    assert_int_equal(route_solve(&c.g.graph, same, good, 2, &o, &p), ERR_INVALID);
    assert_int_equal(route_solve(&c.g.graph, good, far, 2, &o, &p), ERR_INVALID);
    assert_int_equal(route_solve(&c.g.graph, good, good, 0, &o, &p), ERR_LIMIT);
    RouteGraph road = c.g.graph;
    road.follow = false;
    assert_int_equal(route_solve(&road, good, good, 2, &o, &p), ERR_INVALID);
    o.memory_max = 1;
    assert_int_equal(route_solve(&c.g.graph, good, good, 2, &o, &p), ERR_LIMIT);
    route_grid_deinit(&c.g);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(solve_puzzles), cmocka_unit_test(none_exists),
                                       cmocka_unit_test(random_maps),   cmocka_unit_test(any_graph),
                                       cmocka_unit_test(two_threads),   cmocka_unit_test(refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

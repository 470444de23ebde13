// The planner. route: a first plan for N agents on a 32x32 grid with 20 % obstacles, distance tables included, in steps
// of agents a CPU second. Baseline: the shortest ways of the same agents, each as if it were alone. Beside it the sum
// of loss one second later. route-window: a fleet of N on the roads of two yards, planned again after every step.
// Baseline: each vehicle as if it were alone.
#include "app_bench.h"
#include "io/io_clock.h"
#include "route/route_grid.h"
#include "route/route_map.h"

static int64_t mono_us(void *ctx) {
    (void)ctx;
    return io_mono_us();
}
static uint64_t random_of(uint64_t *seed, uint64_t n) { // SplitMix64
    uint64_t x = (*seed += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u, x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (x ^ (x >> 31)) % n;
}

// ---- from start to goal
#define SIDE    32u
#define PERCENT 20u // of a grid's cells are obstacles
typedef struct {
    uint32_t n, starts[800], goals[800];
    RouteGrid grid;
} Instance;
static uint32_t fill(const RouteGraph *g, uint32_t from, uint32_t *label, uint32_t no, uint32_t *queue) {
    uint32_t head = 0, tail = 0;
    queue[tail++] = from, label[from] = no;
    while (head < tail) {
        uint32_t v = queue[head++];
        for (uint32_t e = g->out_begin[v]; e < g->out_begin[v + 1]; e++)
            if (!label[g->out[e]]) label[g->out[e]] = no, queue[tail++] = g->out[e];
    }
    return tail;
}
static uint32_t largest(const RouteGrid *g, uint32_t ret[SIDE * SIDE]) { // the nodes of the largest part
    uint32_t label[SIDE * SIDE] = {0}, best = 0, best_no = 0, no = 0, count = 0;
    for (uint32_t v = 0; v < g->graph.n; v++)
        if (g->open[v] && !label[v]) {
            uint32_t size = fill(&g->graph, v, label, ++no, ret);
            if (size > best) best = size, best_no = no;
        }
    for (uint32_t v = 0; v < g->graph.n; v++)
        if (best && label[v] == best_no) ret[count++] = v;
    return count;
}
// Random obstacles, and agents on the largest part that hangs together, each with a start and a goal of its own.
static bool instance(uint64_t seed, Instance *x) {
    uint32_t node[SIDE * SIDE];
    RouteFault f;
    Buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "type octile\nheight %u\nwidth %u\nmap\n", SIDE, SIDE);
    for (uint32_t i = 0; i < SIDE * (SIDE + 1); i++)
        buf_char(&b, i % (SIDE + 1) == SIDE ? '\n' : random_of(&seed, 100) < PERCENT ? '@' : '.');
    bool good = !b.overflow && route_grid_parse(buf_view(&b), &x->grid, &f) == OK;
    buf_deinit(&b);
    if (!good) return false;
    uint32_t n = largest(&x->grid, node);
    for (int goals = 0; n >= x->n && goals < 2; goals++) {
        for (uint32_t i = n; i > 1; i--) {
            uint32_t k = (uint32_t)random_of(&seed, i), v = node[k];
            node[k] = node[i - 1], node[i - 1] = v;
        }
        memcpy(goals ? x->goals : x->starts, node, x->n * sizeof *node);
    }
    if (n < x->n) route_grid_deinit(&x->grid);
    return n >= x->n;
}
static uint32_t step_down(const RouteGraph *g, const uint32_t *dist, uint32_t at) {
    for (uint32_t e = g->out_begin[at]; e < g->out_begin[at + 1]; e++)
        if (dist[g->out[e]] < dist[at]) return g->out[e];
    return at;
}
static double alone(const Instance *x, uint64_t *ret_steps) { // seconds
    const RouteGraph *g = &x->grid.graph;
    uint32_t *dist = malloc(g->n * sizeof *dist), *queue = malloc(g->n * sizeof *queue);
    CK_ASSERT(dist && queue);
    *ret_steps = 0;
    double start = bench_cpu();
    for (uint32_t i = 0; i < x->n; i++) {
        uint32_t head = 0, tail = 0;
        for (uint32_t v = 0; v < g->n; v++) dist[v] = UINT32_MAX;
        dist[x->goals[i]] = 0, queue[tail++] = x->goals[i];
        while (head < tail) {
            uint32_t v = queue[head++];
            for (uint32_t e = g->out_begin[v]; e < g->out_begin[v + 1]; e++)
                if (dist[g->out[e]] == UINT32_MAX) dist[g->out[e]] = dist[v] + 1, queue[tail++] = g->out[e];
        }
        for (uint32_t at = x->starts[i]; at != x->goals[i]; ++*ret_steps) at = step_down(g, dist, at);
    }
    double spent = bench_cpu() - start;
    free(dist), free(queue);
    return spent;
}
static bool first_plan(const Instance *x, uint64_t seed, double *ret_s, RoutePlan *ret) {
    RouteSolveOptions o = {.seed = seed, .threads = 1};
    double start = bench_cpu();
    if (route_solve(&x->grid.graph, x->starts, x->goals, x->n, &o, ret) || ret->outcome != ROUTE_SOLVED) return false;
    *ret_s = bench_cpu() - start;
    return true;
}
int bench_route(const BenchOpts *o, Bench *ret) {
    static Instance x;
    uint64_t steps, loss_sum = 0, first_sum = 0, bound_sum = 0;
    double ms = 0;
    x.n = (uint32_t)(o->n ? MIN(o->n, ARRAY_LEN(x.starts)) : 400);
    *ret = (Bench){.name = "route", .unit = "agent-steps/CPU-s", .baseline = "shortest ways, each agent alone"};
    for (; ret->runs < o->runs; ret->runs++) {
        uint64_t seed = (uint64_t)ret->runs + 1;
        double s;
        RoutePlan p, better;
        if (!instance(seed, &x)) {
            fprintf(stderr, "cuakhau: bench route: no room for %u agents on 32x32\n", x.n);
            return 2;
        }
        ret->base[ret->runs] = alone(&x, &steps), ret->base[ret->runs] = (double)steps / ret->base[ret->runs];
        if (!first_plan(&x, seed, &s, &p)) return 1;
        ret->value[ret->runs] = (double)x.n * p.makespan / s, ms = MAX(ms, s * 1e3);
        RouteSolveOptions more = {
            .seed = seed, .threads = 2, .deadline = {mono_us, NULL, io_mono_us() + 1000000, NULL}};
        if (route_solve(&x.grid.graph, x.starts, x.goals, x.n, &more, &better)) return 1;
        first_sum += better.first_loss, loss_sum += better.loss, bound_sum += better.bound;
        route_plan_deinit(&p), route_plan_deinit(&better), route_grid_deinit(&x.grid);
    }
    snprintf(ret->extra, sizeof ret->extra,
             ",\"agents\":%u,\"first_ms_max\":%.2f,\"loss_to_bound_first\":%.3f,\"loss_to_bound_1s\":%.3f", x.n, ms,
             (double)first_sum / (double)bound_sum, (double)loss_sum / (double)bound_sum);
    return 0;
}

// ---- windows
#define WINDOW     20u
#define CALLS      300u
#define ITERATIONS 1000u
typedef struct {
    Arena a;
    RouteMap *map;
    RouteMapGraph graph;
    uint32_t *place, places; // nodes
} Roads;
typedef struct {
    const Roads *r;
    RoutePlanner *p;
    RouteAgent *a;
    uint8_t *wanted;
    uint32_t n, *steps;
    uint64_t seed, reached;
} Fleet;
static bool roads_open(Roads *r, uint32_t n) { // two yards with room for `n` vehicles, four lanes over the line
    MapPlan p = map_plan_usual;
    MapDoc *d;
    MapProblems ps;
    const char *why;
    p.lanes = 4, p.cranes = MIN(n / 6 + 4, 60u), p.parks = MIN(n * 7 / 10 + 8, 400u), p.chargers = p.parks / 3;
    *r = (Roads){0};
    arena_init(&r->a, 64u << 20);
    bool good =
        route_map_make(&p, STR("bench"), STR("hn"), &r->a, &d, &why) == OK && route_map_new(d, &r->map, &ps) == OK;
    if (!good) return false;
    route_map_graph(r->map, &r->graph);
    r->place = calloc(r->map->nodes, sizeof *r->place);
    for (uint32_t v = 0; r->place && v < r->map->nodes; v++)
        if (r->map->node[v].spot) r->place[r->places++] = v;
    return r->places > n && route_graph_fault(&r->graph.graph) == NULL;
}
static void roads_close(Roads *r) {
    route_map_graph_deinit(&r->graph), route_map_free(r->map), free(r->place), arena_deinit(&r->a);
}
static bool fleet_open(Fleet *f, const Roads *r, uint32_t n, uint64_t seed) { // all on places
    const RouteGraph *g = &r->graph.graph;
    *f = (Fleet){.r = r, .n = n, .seed = seed, .p = route_planner_new(g, n, seed)};
    f->a = calloc(n, sizeof *f->a), f->wanted = calloc(g->n, 1);
    f->steps = calloc((size_t)(WINDOW + 1) * n, sizeof *f->steps);
    if (!f->p || !f->a || !f->wanted || !f->steps) return false;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v;
        do v = r->place[random_of(&f->seed, r->places)];
        while (f->wanted[v]);
        f->wanted[v] = 1, f->a[i] = (RouteAgent){.at = v, .goal = v};
    }
    return true;
}
static void fleet_close(Fleet *f) {
    route_planner_free(f->p);
    free(f->a), free(f->wanted), free(f->steps);
}
static void new_goals(Fleet *f) {
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t v = f->r->place[random_of(&f->seed, f->r->places)];
        if (f->a[i].at != f->a[i].goal || f->wanted[v]) continue;
        f->wanted[f->a[i].goal] = 0, f->wanted[v] = 1, f->a[i].goal = v;
    }
}
static double fleet_alone(Fleet *f) { // seconds for a window of all, as if each were alone
    const RouteGraph *g = &f->r->graph.graph;
    double start = bench_cpu();
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t at = f->a[i].at, goal = f->a[i].goal;
        for (uint32_t t = 0; t <= WINDOW; t++) {
            f->steps[t * f->n + i] = at;
            uint32_t best = at, least = ROUTE_FAR;
            for (uint32_t e = g->out_begin[at]; at != goal && e < g->out_begin[at + 1]; e++) {
                uint32_t far = route_distance(f->p, g->out[e], goal);
                if (far != ROUTE_FAR && far + g->cost[e] < least) best = g->out[e], least = far + g->cost[e];
            }
            at = best;
        }
    }
    return bench_cpu() - start;
}
static int by_size(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}
static bool live(Fleet *f, double *ret_alone, double ret_ms[CALLS]) {
    *ret_alone = 0;
    for (uint32_t c = 0; c < CALLS; c++) {
        new_goals(f);
        *ret_alone += fleet_alone(f);
        double start = bench_now();
        if (route_window(f->p, f->a, f->n, WINDOW, ITERATIONS, f->steps, NULL)) return false;
        ret_ms[c] = (bench_now() - start) * 1e3;
        for (uint32_t i = 0; i < f->n; i++) {
            uint32_t to = f->steps[f->n + i];
            f->reached += f->a[i].at != f->a[i].goal && to == f->a[i].goal;
            f->a[i].at = to;
        }
    }
    qsort(ret_ms, CALLS, sizeof *ret_ms, by_size);
    return true;
}
int bench_route_window(const BenchOpts *o, Bench *ret) {
    uint32_t n = (uint32_t)(o->n ? MIN(o->n, 600u) : 200);
    Roads r;
    double ms[CALLS], p50 = 0, p99 = 0, most = 0, goals = 0;
    if (!roads_open(&r, n)) return 3;
    *ret = (Bench){.name = "route-window", .unit = "windows/s", .baseline = "each vehicle alone"};
    for (; ret->runs < o->runs; ret->runs++) {
        Fleet f;
        double each_alone, sum = 0;
        bool good = fleet_open(&f, &r, n, (uint64_t)ret->runs + 1) && live(&f, &each_alone, ms);
        for (uint32_t c = 0; good && c < CALLS; c++) sum += ms[c];
        goals += (double)f.reached / CALLS / o->runs;
        fleet_close(&f);
        if (!good) return 3;
        ret->value[ret->runs] = CALLS / sum * 1e3, ret->base[ret->runs] = CALLS / each_alone;
        p50 = MAX(p50, ms[CALLS / 2]), p99 = MAX(p99, ms[CALLS * 99 / 100]), most = MAX(most, ms[CALLS - 1]);
    }
    snprintf(
        ret->extra, sizeof ret->extra,
        ",\"vehicles\":%u,\"nodes\":%u,\"window\":%u,\"iterations\":%u,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,"
        "\"goals_a_step\":%.3f",
        n, r.map->nodes, WINDOW, ITERATIONS, p50, p99, most, goals);
    roads_close(&r);
    return 0;
}

// The planner. route: a first plan for N agents on a 32x32 grid with 20 % obstacles, distance tables included, in steps
// of agents a CPU second. Baseline: the shortest ways of the same agents, each as if it were alone. Beside it the sum
// of loss one second later. route-window: a fleet of N on the roads of two yards, planned again after every step.
// Baseline: each vehicle as if it were alone.
#include "app_bench.h"
#include "io/io_clock.h"
#include "route/route_make.h"

static int64_t mono_us(void *ctx) {
    (void)ctx;
    return io_mono_us();
}
// ---- from start to goal
typedef struct {
    uint32_t n, starts[800], goals[800];
    RouteGrid grid;
} Instance;
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
        if (route_make_grid(seed, 32, 32, 20, x.n, &x.grid, x.starts, x.goals)) {
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
    const RouteRoads *r;
    RoutePlanner *p;
    RouteAgent *a;
    uint8_t *wanted;
    uint32_t n, *steps;
    uint64_t seed, reached;
} Fleet;
static uint64_t random_of(Fleet *f, uint64_t n) { // SplitMix64
    uint64_t x = (f->seed += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u, x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return (x ^ (x >> 31)) % n;
}
static bool fleet_open(Fleet *f, const RouteRoads *r, uint32_t n, uint64_t seed) {
    *f = (Fleet){.r = r, .n = n, .seed = seed, .p = route_planner_new(&r->graph, n, seed)};
    f->a = calloc(n, sizeof *f->a), f->wanted = calloc(r->graph.n, 1);
    f->steps = calloc((size_t)(WINDOW + 1) * n, sizeof *f->steps);
    if (!f->p || !f->a || !f->wanted || !f->steps) return false;
    for (uint32_t i = 0; i < n; i++) { // in bays, then on nodes that nothing excludes
        uint32_t v, k;
        do {
            v = i < r->bays * 3 / 4 ? r->bay[random_of(f, r->bays)] : (uint32_t)random_of(f, r->graph.n);
            k = f->wanted[v] || r->conf_begin[v] != r->conf_begin[v + 1];
        } while (k);
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
        uint32_t v = f->r->bay[random_of(f, f->r->bays)];
        if (f->a[i].at != f->a[i].goal || f->wanted[v]) continue;
        f->wanted[f->a[i].goal] = 0, f->wanted[v] = 1, f->a[i].goal = v;
    }
}
static double fleet_alone(Fleet *f) { // seconds for a window of all, as if each were alone
    double start = bench_cpu();
    for (uint32_t i = 0; i < f->n; i++) {
        uint32_t at = f->a[i].at;
        for (uint32_t t = 0; t <= WINDOW; t++) {
            f->steps[t * f->n + i] = at;
            uint32_t best = at, d = route_distance(f->p, at, f->a[i].goal);
            for (uint32_t e = f->r->out_begin[at]; e < f->r->out_begin[at + 1]; e++)
                if (route_distance(f->p, f->r->out[e], f->a[i].goal) < d)
                    best = f->r->out[e], d = route_distance(f->p, best, f->a[i].goal);
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
    uint32_t n = (uint32_t)(o->n ? MIN(o->n, 1000u) : 200);
    RouteRoads r;
    double ms[CALLS], p50 = 0, p99 = 0, most = 0, goals = 0;
    if (route_make_roads(n > 300 ? 18 : 12, n > 300 ? 25 : 21, &r)) return 3;
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
        n, r.graph.n, WINDOW, ITERATIONS, p50, p99, most, goals);
    route_roads_deinit(&r);
    return 0;
}

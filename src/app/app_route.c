// cuakhau route: paths without conflicts for many agents on a grid.
#include "app.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "route/route_grid.h"
#include <signal.h>
#include <unistd.h>

#define MAP_MAX (32u << 20)
static volatile int stop;
static void on_signal(int sig) {
    (void)sig;
    stop = 1;
}
static int64_t mono_us(void *ctx) {
    (void)ctx;
    return io_mono_us();
}
static void progress(void *ctx, uint64_t loss, uint64_t iterations) {
    int64_t *last = ctx, now = io_mono_us();
    if (now - *last < 200000) return;
    *last = now;
    fprintf(stderr, "\rloss %llu after %llu neighbourhoods ", (unsigned long long)loss, (unsigned long long)iterations);
}
typedef struct {
    RouteGrid grid;
    uint32_t n, *starts, *goals;
    RoutePlan plan;
    const char *map, *scenario;
    double seconds;
    uint64_t seed;
} Job;

// ---- input
static Err read_text(const char *path, Arena *a, Str *ret) {
    Err e = io_file_read(path, MAP_MAX, a, ret);
    if (e) app_fail(e, "%s", path);
    return e;
}
static Err say_fault(const char *path, const RouteFault *f, Err e) {
    if (f->line)
        fprintf(stderr, "cuakhau: %s: line %u: %s\n", path, f->line, f->what);
    else
        fprintf(stderr, "cuakhau: %s: %s\n", path, f->what);
    return e;
}
static Err load(Job *j, Arena *a) {
    Str map, scenario;
    RouteFault f = {0};
    Err e = read_text(j->map, a, &map);
    if (!e && (e = route_grid_parse(map, &j->grid, &f))) return say_fault(j->map, &f, e);
    if (!e) e = read_text(j->scenario, a, &scenario);
    if (e) return e;
    if (j->n > j->grid.open_n) {
        fprintf(stderr, "cuakhau: --agents %u: the map has room for %u\n", j->n, j->grid.open_n);
        return ERR_LIMIT;
    }
    e = route_scenario_parse(scenario, &j->grid, j->n, j->starts, j->goals, &f);
    return e ? say_fault(j->scenario, &f, e) : OK;
}

// ---- output
// What is printed as solved has been looked at once more, step by step.
static bool holds(const Job *j) {
    const RouteGraph *g = &j->grid.graph;
    uint32_t n = j->n, *at = calloc(g->n * 2u, sizeof *at), *was = at + g->n; // by node: agent + 1
    bool good = at != NULL;
    for (uint32_t t = 0; good && t <= j->plan.makespan; t++) {
        const uint32_t *s = j->plan.steps + (size_t)t * n, *before = s - n;
        memcpy(was, at, g->n * sizeof *at), memset(at, 0, g->n * sizeof *at);
        for (uint32_t i = 0; good && i < n; i++) {
            good = !at[s[i]] && (t || s[i] == j->starts[i]) && (t < j->plan.makespan || s[i] == j->goals[i]);
            at[s[i]] = i + 1;
        }
        for (uint32_t i = 0; good && t && i < n; i++) {
            bool next = s[i] == before[i];
            for (uint32_t e = g->out_begin[before[i]]; e < g->out_begin[before[i] + 1]; e++) next |= g->out[e] == s[i];
            good = next && !(was[s[i]] && was[s[i]] != i + 1 && at[before[i]] == was[s[i]]);
        }
    }
    free(at);
    return good;
}
static Err write_paths(const Job *j, const char *path) {
    Buf b;
    buf_init(&b, 1u << 30);
    for (uint32_t t = 0; t <= j->plan.makespan; t++) {
        for (uint32_t i = 0; i < j->n; i++) {
            uint32_t c = j->plan.steps[(size_t)t * j->n + i];
            buf_char(&b, '('), buf_u64(&b, c % j->grid.width), buf_char(&b, ',');
            buf_u64(&b, c / j->grid.width), buf_c(&b, "),");
        }
        buf_char(&b, '\n');
    }
    Err e = b.overflow ? ERR_LIMIT : io_file_write(path, buf_view(&b));
    buf_deinit(&b);
    if (e) app_fail(e, "%s", path);
    return e;
}
static const char *outcome_name(RouteOutcome o) {
    return o == ROUTE_SOLVED ? "solved" : o == ROUTE_NONE_EXISTS ? "no plan exists" : "no plan found in time";
}
static void print_json(const Job *j) {
    const RoutePlan *p = &j->plan;
    Buf b;
    buf_init(&b, 1u << 16);
    json_open(&b, '{');
    json_key(&b, "solved"), json_bool(&b, p->outcome == ROUTE_SOLVED);
    json_key(&b, "outcome"), json_c(&b, outcome_name(p->outcome));
    json_key(&b, "agents"), json_int(&b, j->n);
    json_key(&b, "seed"), json_int(&b, (int64_t)j->seed);
    if (p->outcome == ROUTE_SOLVED) {
        char ms[32];
        int n = snprintf(ms, sizeof ms, "%.3f", (double)p->first_us / 1e3);
        json_key(&b, "first_ms"), json_raw(&b, (Str){ms, (size_t)n});
        json_key(&b, "first_sum_of_loss"), json_int(&b, (int64_t)p->first_loss);
        json_key(&b, "sum_of_loss"), json_int(&b, (int64_t)p->loss);
        json_key(&b, "makespan"), json_int(&b, p->makespan);
        json_key(&b, "configurations"), json_int(&b, (int64_t)p->nodes);
        json_key(&b, "iterations"), json_int(&b, (int64_t)p->iterations);
        json_key(&b, "accepted"), json_int(&b, (int64_t)p->accepted);
    }
    json_key(&b, "lower_bound"), json_int(&b, (int64_t)p->bound);
    json_close(&b, '}');
    printf(STR_F "\n", STR_A(buf_view(&b)));
    buf_deinit(&b);
}
static void print_text(const Job *j) {
    const RoutePlan *p = &j->plan;
    printf("%s: %u agents, seed %llu\n", outcome_name(p->outcome), j->n, (unsigned long long)j->seed);
    if (p->outcome == ROUTE_SOLVED)
        printf("first plan   %.1f ms, sum of loss %llu, %llu configurations\n"
               "sum of loss  %llu after %llu neighbourhoods, %llu accepted\n"
               "makespan     %u\n",
               (double)p->first_us / 1e3, (unsigned long long)p->first_loss, (unsigned long long)p->nodes,
               (unsigned long long)p->loss, (unsigned long long)p->iterations, (unsigned long long)p->accepted,
               p->makespan);
    printf("lower bound  %llu (sum of the shortest ways)\n", (unsigned long long)p->bound);
}
static int run(Job *j, RouteSolveOptions *o, const char *paths, bool json) {
    int64_t last = io_mono_us();
    if (isatty(2)) o->progress = progress, o->progress_ctx = &last;
    signal(SIGINT, on_signal), signal(SIGTERM, on_signal);
    o->deadline.now_us = j->seconds > 0 ? mono_us : NULL;
    o->deadline.until_us = io_mono_us() + (int64_t)(j->seconds * 1e6), o->deadline.stop = &stop;
    Err e = route_solve(&j->grid.graph, j->starts, j->goals, j->n, o, &j->plan);
    if (o->progress) fprintf(stderr, "\r\033[K");
    if (e) return app_fail(e, "route: %u agents on %u cells", j->n, j->grid.graph.n);
    bool solved = j->plan.outcome == ROUTE_SOLVED;
    CK_ASSERT(!solved || holds(j));
    e = solved && paths ? write_paths(j, paths) : OK;
    if (!e && json) print_json(j);
    if (!e && !json) print_text(j);
    route_plan_deinit(&j->plan);
    return e ? err_exit(e) : solved ? 0 : 1;
}
static bool seconds_of(const char *text, double *ret) {
    char *end = NULL;
    double v = strtod(text, &end);
    if (!*text || *end || !(v >= 0.001 && v <= 86400)) return false;
    *ret = v;
    return true;
}
int app_route(int argc, char **argv) {
    static const char usage[] =
        "route MAP SCENARIO --agents N (--seconds S | --iterations K) [--paths FILE] [--seed S] "
        "[--threads 1|2] [--json]";
    const char *agents = NULL, *seconds = NULL, *iterations = NULL, *paths = NULL, *seed = NULL, *threads = NULL,
               *json = NULL;
    const AppOption options[] = {
        {"agents", &agents, false}, {"seconds", &seconds, false}, {"iterations", &iterations, false},
        {"paths", &paths, false},   {"seed", &seed, false},       {"threads", &threads, false},
        {"json", &json, true}};
    AppArgs rest;
    uint64_t n = 0, k = 0, th = 2;
    Job j = {.seed = 1};
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    bool good = rest.n == 2 && app_number(agents, ROUTE_AGENTS_MAX, &n) && n && !seconds != !iterations &&
                (!seconds || seconds_of(seconds, &j.seconds)) &&
                (!iterations || app_number(iterations, UINT32_MAX, &k)) &&
                (!seed || app_number(seed, INT64_MAX, &j.seed)) && (!threads || (app_number(threads, 2, &th) && th));
    if (!good) {
        fprintf(stderr,
                "usage: cuakhau %s\n  agents 1-%u, seconds 0.001-86400; with --iterations the result depends on the "
                "seed alone\n",
                usage, ROUTE_AGENTS_MAX);
        return 2;
    }
    Arena a;
    arena_init(&a, 2 * (MAP_MAX + 4096u));
    j.map = rest.arg[0], j.scenario = rest.arg[1], j.n = (uint32_t)n;
    j.starts = calloc(n * 2, sizeof *j.starts), j.goals = j.starts + n;
    CK_ASSERT(j.starts != NULL);
    RouteSolveOptions o = {.seed = j.seed, .iterations = (uint32_t)k, .threads = iterations ? 1 : (uint32_t)th};
    Err e = load(&j, &a);
    int status = e ? err_exit(e) : run(&j, &o, paths, json != NULL);
    if (e == ERR_NOT_FOUND) status = 2; // a file that is not there is bad input
    route_grid_deinit(&j.grid);
    free(j.starts);
    arena_deinit(&a);
    return status;
}

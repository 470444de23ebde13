#include "route_internal.h"

#define MEMORY_MAX  ((size_t)1 << 30)
#define HORIZON_MAX 60000u
static bool all_different(const uint32_t *v, uint32_t n, uint32_t nodes) {
    uint8_t *seen = calloc(nodes, 1);
    bool good = seen != NULL;
    for (uint32_t i = 0; good && i < n; i++) good = v[i] < nodes && !seen[v[i]]++;
    free(seen);
    return good;
}
static bool undirected(const RouteGraph *g) {
    for (uint32_t u = 0; u < g->n; u++)
        for (uint32_t e = g->out_begin[u]; e < g->out_begin[u + 1]; e++) {
            uint32_t v = g->out[e], b = g->out_begin[v];
            while (b < g->out_begin[v + 1] && g->out[b] != u) b++;
            if (b == g->out_begin[v + 1]) return false;
        }
    return true;
}
static Err distances(RouteTask *k, size_t memory_max, uint64_t *ret_bound, bool *ret_reachable) {
    size_t bytes = (size_t)k->n * k->g->n * sizeof *k->dist;
    if (bytes > memory_max / 2) return ERR_LIMIT;
    RouteBack b;
    k->dist = malloc(bytes);
    if (!k->dist || !route_back_init(&b, k->g)) return ERR_LIMIT;
    *ret_bound = 0, *ret_reachable = true;
    for (uint32_t i = 0; i < k->n; i++) {
        route_back_from(&b, k->goals[i], k->dist + (size_t)i * k->g->n);
        uint16_t d = task_dist(k, i, k->starts[i]);
        if (d == NO_WAY) *ret_reachable = false;
        *ret_bound += d;
    }
    route_back_deinit(&b);
    return OK;
}
static int64_t clock_us(const RouteDeadline *d) {
    return d->now_us ? d->now_us(d->ctx) : 0;
}
// The neighbourhood search, if its tables (two of them) fit.
static void refine(const RouteTask *k, const RouteSolveOptions *o, size_t memory, RouteSteps *s, RoutePlan *ret) {
    uint32_t horizon = s->makespan + s->makespan / 4 + 8;
    size_t cells = ((size_t)horizon + 1) * k->g->n;
    size_t bytes = 2 * cells * (2 + 8) + ((size_t)horizon + 1) * k->n * 12;
    if (horizon > HORIZON_MAX || bytes > memory) return;
    Lns *l = lns_new(k, s->steps, s->makespan, horizon);
    RouteSteps better;
    if (!l) return;
    lns_run(l, o);
    lns_counts(l, &ret->iterations, &ret->accepted);
    if (lns_loss(l) <= ret->loss && lns_steps(l, &better)) {
        free(s->steps);
        *s = better, ret->loss = lns_loss(l);
    }
    lns_free(l);
}
static Err solve(RouteTask *k, const RouteSolveOptions *o, RoutePlan *ret) {
    int64_t start = clock_us(&o->deadline);
    size_t memory = o->memory_max ? o->memory_max : MEMORY_MAX;
    bool reachable;
    RouteSteps s = {0};
    Pibt p;
    Err e = distances(k, memory, &ret->bound, &reachable);
    if (e) return e;
    ret->outcome = ROUTE_NONE_EXISTS;
    if (!reachable) return OK;
    if (!pibt_init(&p, k, o->seed)) return ERR_LIMIT;
    ret->outcome = lacam_find(k, &p, memory / 2, &o->deadline, o->seed, &s);
    ret->first_us = clock_us(&o->deadline) - start;
    pibt_deinit(&p);
    if (ret->outcome != ROUTE_SOLVED) return OK;
    ret->nodes = s.nodes;
    ret->first_loss = ret->loss = route_loss(k, s.steps, s.makespan);
    if (ret->loss > ret->bound) refine(k, o, memory, &s, ret);
    ret->steps = s.steps, ret->makespan = s.makespan;
    return OK;
}
Err route_solve(const RouteGraph *g, const uint32_t *starts, const uint32_t *goals, uint32_t n,
                const RouteSolveOptions *o, RoutePlan *ret) {
    if (route_graph_fault(g) || !g->follow || g->conf_begin || g->cost || !undirected(g)) return ERR_INVALID;
    if (!n || n > ROUTE_AGENTS_MAX) return ERR_LIMIT;
    if (!all_different(starts, n, g->n) || !all_different(goals, n, g->n)) return ERR_INVALID;
    RouteTask k = {.g = g, .n = n, .starts = starts, .goals = goals};
    RoutePlan plan = {.agents = n};
    Err e = solve(&k, o, &plan);
    free(k.dist);
    if (!e) *ret = plan;
    return e;
}
void route_plan_deinit(RoutePlan *plan) {
    free(plan->steps);
    plan->steps = NULL;
}

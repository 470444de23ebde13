// An independent look at plans: it knows the graph and the rules, nothing of the planner's inside. NULL: the plan
// holds.
#pragma once
#include "prop.h"
#include "route/route_grid.h"

static inline bool check_edge(const RouteGraph *g, uint32_t u, uint32_t v) {
    for (uint32_t e = g->out_begin[u]; e < g->out_begin[u + 1]; e++)
        if (g->out[e] == v) return true;
    return false;
}
static inline bool check_excludes(const RouteGraph *g, uint32_t u, uint32_t v) {
    if (u == v) return true;
    for (uint32_t e = g->conf_begin ? g->conf_begin[u] : 0; g->conf_begin && e < g->conf_begin[u + 1]; e++)
        if (g->conf[e] == v) return true;
    return false;
}
// Steps t = 0..last of n agents each, row by row.
static inline const char *check_steps(const RouteGraph *g, const uint32_t *steps, uint32_t last, uint32_t n) {
    for (uint32_t t = 0; t <= last; t++) {
        const uint32_t *at = steps + (size_t)t * n, *was = t ? at - n : at;
        for (uint32_t i = 0; i < n; i++) {
            if (at[i] >= g->n) return "no node";
            if (at[i] != was[i] && !check_edge(g, was[i], at[i])) return "a jump";
            for (uint32_t j = 0; j < n; j++) {
                if (j == i) continue;
                if (check_excludes(g, at[i], at[j])) return "two on one node or on nodes that exclude each other";
                if (at[i] == was[j] && at[j] == was[i]) return "two change places";
                if (!g->follow && at[i] != was[i] && check_excludes(g, at[i], was[j])) return "into what was not free";
            }
        }
    }
    return NULL;
}
static inline uint64_t check_loss(const uint32_t *steps, uint32_t last, uint32_t n, const uint32_t *goals) {
    uint64_t loss = 0;
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t t = 0; t < last; t++)
            if (steps[(size_t)t * n + i] != goals[i] || steps[(size_t)(t + 1) * n + i] != goals[i]) loss++;
    return loss;
}
static inline const char *check_plan(const RouteGraph *g, const RoutePlan *p, const uint32_t *starts,
                                     const uint32_t *goals) {
    if (memcmp(p->steps, starts, p->agents * sizeof *starts) != 0) return "not from the starts";
    if (memcmp(p->steps + (size_t)p->makespan * p->agents, goals, p->agents * sizeof *goals) != 0)
        return "not to the goals";
    if (check_loss(p->steps, p->makespan, p->agents, goals) != p->loss) return "another sum of loss";
    if (p->loss > p->first_loss || p->loss < p->bound) return "worse than the first, or better than can be";
    return check_steps(g, p->steps, p->makespan, p->agents);
}

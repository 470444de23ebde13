// A neighbourhood of a windowed plan, planned anew one after the other against the rest.
#include "route_window_internal.h"

// The sum over steps of the distance still to go; the last step counts for what comes after the window.
#define LAST_COUNTS 8u
uint64_t window_score(const RoutePlanner *p, uint32_t agent, const uint32_t *steps) {
    const uint16_t *dist = p->dist[agent];
    uint64_t sum = (uint64_t)LAST_COUNTS * dist[steps[(size_t)p->window * p->n + agent]];
    for (uint32_t t = 1; t <= p->window; t++) sum += dist[steps[(size_t)t * p->n + agent]];
    return sum * p->weight[agent];
}
// What `agent` in best keeps from others: +1 puts it in, -1 takes it out.
static void put(RoutePlanner *p, uint32_t agent, int by) {
    const RouteGraph *g = p->g;
    for (uint32_t t = 0; t <= p->window; t++) {
        uint32_t v = p->best[(size_t)t * p->n + agent];
        uint8_t *block = p->block + (size_t)t * g->n;
        for (uint32_t k = 0; k <= blocked_end(g, v); k++) {
            uint8_t *b = &block[blocked_by(g, v, k)];
            *b = (uint8_t)(*b + by);
        }
        p->at[(size_t)t * g->n + v] = by > 0 ? (uint16_t)agent : NO_AGENT;
    }
}
void window_tables(RoutePlanner *p) {
    size_t cells = ((size_t)p->window + 1) * p->g->n;
    memset(p->block, 0, cells), memset(p->at, 0xff, cells * sizeof *p->at);
    p->total = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        put(p, i, 1);
        p->score[i] = window_score(p, i, p->best);
        p->total += p->score[i];
    }
}
bool window_late(const RoutePlanner *p, uint32_t agent, uint32_t t) {
    const uint32_t *s = p->best + (size_t)t * p->n + agent;
    const uint16_t *dist = p->dist[agent];
    return dist[s[0]] && dist[s[0]] != NO_WAY && dist[s[p->n]] >= dist[s[0]];
}

// ---- one agent against those in the tables
static bool may_go(const RoutePlanner *p, uint32_t t, uint32_t u, uint32_t v) { // from u at t to v at t + 1
    size_t n = p->g->n;
    const uint8_t *now = p->block + t * n, *next = now + n;
    if (next[v] || (!p->g->follow && (next[u] || (u != v && now[v])))) return false;
    if (!p->g->follow || u == v) return true;
    uint16_t j = p->at[t * n + v];
    return j == NO_AGENT || p->at[(t + 1) * n + u] != j;
}
static uint32_t reach(RoutePlanner *p, uint32_t agent, uint32_t t, const uint32_t *from, uint32_t from_n,
                      uint32_t *to) {
    const RouteGraph *g = p->g;
    const uint16_t *dist = p->dist[agent];
    uint32_t count = 0, *cost = p->cost + (size_t)t * g->n, *next_cost = cost + g->n,
             *prev = p->prev + (size_t)(t + 1) * g->n;
    p->tick++;
    for (uint32_t f = 0; f < from_n; f++) {
        uint32_t u = from[f];
        for (uint32_t e = g->out_begin[u]; e <= g->out_begin[u + 1]; e++) {
            uint32_t v = e < g->out_begin[u + 1] ? g->out[e] : u;
            uint32_t c = cost[u] + dist[v] * (t + 1 == p->window ? 1 + LAST_COUNTS : 1);
            if (p->mark[v] == p->tick && next_cost[v] <= c) continue;
            if (!may_go(p, t, u, v)) continue;
            if (p->mark[v] != p->tick) to[count++] = v, p->mark[v] = p->tick;
            next_cost[v] = c, prev[v] = u;
        }
    }
    return count;
}
// Into best; false: no way at all (best unchanged).
static bool search(RoutePlanner *p, uint32_t agent) {
    uint32_t n = 1, w = p->window, least = UINT32_MAX, at = 0;
    p->list[0][0] = p->best[agent], p->cost[p->best[agent]] = 0;
    for (uint32_t t = 0; t < w && n; t++) n = reach(p, agent, t, p->list[t % 2], n, p->list[(t + 1) % 2]);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = p->list[w % 2][i], c = p->cost[(size_t)w * p->g->n + v];
        if (c < least) least = c, at = v;
    }
    if (least == UINT32_MAX) return false;
    for (uint32_t t = w; t; t--) {
        p->best[(size_t)t * p->n + agent] = at;
        at = p->prev[(size_t)t * p->g->n + at];
    }
    return true;
}

// ---- neighbourhoods
static void add(RoutePlanner *p, uint32_t agent) {
    if (agent == NO_AGENT || p->seen[agent] == p->round || p->agents[agent].fixed) return;
    p->seen[agent] = p->round, p->group[p->group_n++] = agent;
}
// Those on the node that `agent` would like to have at time t, or on what excludes it, now or a step later.
static void add_blockers(RoutePlanner *p, uint32_t agent, uint32_t t, uint32_t size) {
    const RouteGraph *g = p->g;
    uint32_t u = p->best[(size_t)t * p->n + agent], wish = u;
    for (uint32_t e = g->out_begin[u]; e < g->out_begin[u + 1]; e++)
        if (p->dist[agent][g->out[e]] < p->dist[agent][wish]) wish = g->out[e];
    for (uint32_t k = 0; k <= blocked_end(g, wish); k++)
        for (uint32_t z = t; z <= MIN(t + 1, p->window); z++)
            if (p->group_n < size) add(p, p->at[(size_t)z * g->n + blocked_by(g, wish, k)]);
}
static bool pick(RoutePlanner *p) { // false: nobody is late
    uint32_t w = p->window, from = rng_below(&p->rng, p->n), late = NO_NODE, time = 0;
    for (uint32_t i = 0; i < p->n && late == NO_NODE; i++) {
        uint32_t a = (from + i) % p->n, first = rng_below(&p->rng, w);
        if (p->agents[a].fixed || p->dist[a][p->best[a]] == 0) continue;
        for (uint32_t z = 0; z < w && late == NO_NODE; z++)
            if (window_late(p, a, (first + z) % w)) late = a, time = (first + z) % w;
    }
    if (late == NO_NODE) return false;
    uint32_t size = 2 + rng_below(&p->rng, WINDOW_GROUP_MAX - 2);
    p->round++, p->group_n = 0;
    add(p, late);
    for (uint32_t i = 0; i < p->group_n && p->group_n < size; i++) add_blockers(p, p->group[i], time, size);
    if (rng_below(&p->rng, 2)) rng_shuffle(&p->rng, p->group, p->group_n);
    return true;
}
static void copy_path(uint32_t *to, size_t to_step, const uint32_t *from, size_t from_step, uint32_t window) {
    for (uint32_t t = 0; t <= window; t++) to[t * to_step] = from[t * from_step];
}
bool window_improve(RoutePlanner *p) {
    uint64_t old = 0, new = 0;
    uint32_t done = 0, n = p->n, row = p->window + 1;
    if (!pick(p)) return false;
    for (uint32_t i = 0; i < p->group_n; i++) {
        uint32_t a = p->group[i];
        old += p->score[a];
        copy_path(p->saved + i * row, 1, p->best + a, n, p->window);
        put(p, a, -1);
    }
    for (; done < p->group_n && new <= old &&search(p, p->group[done]); done++) {
        put(p, p->group[done], 1);
        new += window_score(p, p->group[done], p->best);
    }
    bool better = done == p->group_n && new <= old;
    for (uint32_t i = 0; !better && i < done; i++) put(p, p->group[i], -1);
    for (uint32_t i = 0; i < p->group_n; i++) {
        uint32_t a = p->group[i];
        if (better) p->score[a] = window_score(p, a, p->best);
        if (better) continue;
        copy_path(p->best + a, n, p->saved + i * row, 1, p->window);
        put(p, a, 1);
    }
    if (better) p->total = p->total - old + new;
    return better && new < old;
}

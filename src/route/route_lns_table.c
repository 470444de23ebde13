#include "route_lns_internal.h"

#define OPEN_MAX (1u << 24)
bool lns_table_init(LnsTable *x, const RouteTask *k, uint32_t horizon, LnsTable *ball_of) {
    size_t row = horizon + 1, cells = row * k->g->n;
    *x = (LnsTable){.k = k, .horizon = horizon, .row = row, .open_cap = 1u << 12};
    x->at = malloc(cells * sizeof *x->at);
    x->path = malloc(row * k->n * sizeof *x->path), x->cost = calloc(k->n, sizeof *x->cost);
    x->state = calloc(cells, sizeof *x->state), x->open = malloc(x->open_cap * sizeof *x->open);
    x->bucket = malloc((row + 1) * sizeof *x->bucket);
    if (!x->at || !x->path || !x->cost || !x->state || !x->open || !x->bucket) {
        lns_table_deinit(x);
        return false;
    }
    x->bits = lns_bits_new(k, horizon, ball_of ? ball_of->bits : NULL);
    lns_clear(x);
    memset(x->bucket, 0xff, (row + 1) * sizeof *x->bucket);
    return true;
}
void lns_table_deinit(LnsTable *x) {
    lns_bits_free(x->bits);
    free(x->at), free(x->path), free(x->cost), free(x->state), free(x->open), free(x->bucket);
    *x = (LnsTable){0};
}
void lns_clear(LnsTable *x) {
    memset(x->at, 0xff, x->row * x->k->g->n * sizeof *x->at);
    if (x->bits) lns_bits_clear(x->bits);
}
void lns_put(LnsTable *x, uint32_t agent, const uint32_t *path) {
    size_t n = x->k->g->n;
    uint16_t *at = x->at;
    for (uint32_t t = 0; t <= x->horizon; t++, at += n) at[path[t]] = (uint16_t)agent;
    if (x->bits) lns_bits_flip(x->bits, path);
}
void lns_take(LnsTable *x, uint32_t agent, const uint32_t *path) {
    size_t n = x->k->g->n;
    uint16_t *at = x->at;
    (void)agent;
    for (uint32_t t = 0; t <= x->horizon; t++, at += n) at[path[t]] = NO_AGENT;
    if (x->bits) lns_bits_flip(x->bits, path);
}
bool lns_free_for(const LnsTable *x, const uint32_t *path) {
    size_t n = x->k->g->n;
    const uint16_t *at = x->at;
    if (at[path[0]] != NO_AGENT) return false;
    for (uint32_t t = 0; t < x->horizon; t++, at += n) {
        if (at[n + path[t + 1]] != NO_AGENT) return false;
        uint16_t j = at[path[t + 1]];
        if (j != NO_AGENT && at[n + path[t]] == j) return false;
    }
    return true;
}
uint32_t lns_cost(const LnsTable *x, uint32_t agent, const uint32_t *path) {
    uint32_t goal = x->k->goals[agent], cost = 0;
    for (uint32_t t = 0; t < x->horizon; t++) cost += path[t] != goal || path[t + 1] != goal;
    return cost;
}

// ---- one agent: A* over time and place; waiting at the goal is free
static bool open_push(LnsTable *x, uint32_t f, uint32_t at, uint32_t t) {
    if (x->open_n == x->open_cap) {
        LnsOpen *grown = x->open_cap < OPEN_MAX ? realloc(x->open, x->open_cap * 2 * sizeof *grown) : NULL;
        if (!grown) return false;
        x->open = grown, x->open_cap *= 2;
    }
    x->open[x->open_n] = (LnsOpen){at, x->bucket[f], (uint16_t)t};
    x->bucket[f] = x->open_n++;
    return true;
}
typedef struct {
    uint32_t agent, goal, limit;
    const uint16_t *dist;
    uint16_t stamp;
} Search;
// To `to` at t + 1, coming from `at`; false: out of memory.
static inline bool relax(LnsTable *x, const Search *s, uint32_t at, uint32_t t, uint32_t to, uint32_t cost) {
    uint32_t d = s->dist[to], f;
    size_t n = x->k->g->n, cell = (t + 1) * n + to;
    cost += at != s->goal || to != s->goal, f = cost + d;
    if (f > s->limit || t + 1 + d > x->horizon || x->at[cell] != NO_AGENT) return true;
    LnsState *y = &x->state[cell];
    if (y->stamp == s->stamp && y->cost <= cost) return true;
    uint16_t j = x->at[cell - n];
    if (j != NO_AGENT && x->at[(t + 1) * n + at] == j) return true;
    *y = (LnsState){at, (uint16_t)cost, s->stamp};
    return open_push(x, f, to, t + 1);
}
static bool expand(LnsTable *x, const Search *s, RouteRng *r, uint32_t at, uint32_t t, uint32_t cost) {
    const RouteGraph *g = x->k->g;
    uint32_t first = g->out_begin[at], n = g->out_begin[at + 1] - first;
    bool good = relax(x, s, at, t, at, cost);
    for (uint32_t i = 0, e = n ? rng_below(r, n) : 0; i < n; i++, e = e + 1 == n ? 0 : e + 1)
        good = relax(x, s, at, t, g->out[first + e], cost) && good;
    return good;
}
static uint32_t free_from(const LnsTable *x, uint32_t node) { // the time from which nobody stands on it
    uint32_t t = x->horizon + 1;
    while (t && x->at[(size_t)(t - 1) * x->k->g->n + node] == NO_AGENT) t--;
    return t;
}
bool lns_search(LnsTable *x, RouteRng *r, uint32_t agent, uint32_t limit, uint32_t *ret) {
    const RouteTask *k = x->k;
    size_t n = k->g->n;
    Search s = {agent, k->goals[agent], MIN(limit, x->horizon), k->dist + agent * n, 0};
    uint32_t start = k->starts[agent], free_t = free_from(x, s.goal), f = s.dist[start], t = 0, at = start;
    if (free_t > x->horizon || f > s.limit) return false;
    if (x->bits) return lns_bits_search(x->bits, k, r, agent, limit, free_t, ret);
    if (++x->stamp == 0) memset(x->state, 0, x->row * n * sizeof *x->state), x->stamp = 1;
    s.stamp = x->stamp, x->open_n = 0;
    x->state[start] = (LnsState){start, 0, s.stamp};
    bool good = open_push(x, f, start, 0), found = false;
    for (uint32_t b = f; good && !found && b <= s.limit; b++)
        while (good && x->bucket[b] != UINT32_MAX) {
            const LnsOpen *o = &x->open[x->bucket[b]];
            at = o->at, t = o->t, x->bucket[b] = o->next;
            uint32_t cost = b - s.dist[at];
            if (x->state[t * n + at].cost != cost) continue;
            if ((found = at == s.goal && t >= free_t)) break;
            good = expand(x, &s, r, at, t, cost);
        }
    for (uint32_t b = f; b <= s.limit; b++) x->bucket[b] = UINT32_MAX;
    if (!found) return false;
    for (uint32_t z = t; z <= x->horizon; z++) ret[z] = at;
    for (; t; t--) ret[t - 1] = at = x->state[t * n + at].prev;
    return true;
}

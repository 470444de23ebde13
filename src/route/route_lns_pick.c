// Which agents to plan anew together (MAPF-LNS: Li et al., IJCAI 2021): those in the way of one that is late, those
// around it at some moment, those that pass a place, any.
#include "route_lns_internal.h"

bool lns_pick_init(LnsPick *p, const RouteTask *k) {
    *p = (LnsPick){.seen = calloc(k->n, sizeof(uint32_t)),
                   .ring = calloc(k->g->n, sizeof(uint32_t)),
                   .marks = calloc(k->g->n, sizeof(uint32_t))};
    if (p->seen && p->ring && p->marks) return true;
    lns_pick_deinit(p);
    return false;
}
void lns_pick_deinit(LnsPick *p) {
    free(p->seen), free(p->ring), free(p->marks);
    *p = (LnsPick){0};
}
static void add(LnsPick *p, uint32_t agent) {
    if (agent == NO_AGENT || p->seen[agent] == p->round) return;
    p->seen[agent] = p->round, p->agent[p->n++] = agent;
}
static uint32_t late_one(const LnsTable *x, RouteRng *r) { // the latest of a few, or any
    uint32_t best = rng_below(r, x->k->n), delay = 0;
    for (int i = 0; i < 3; i++) {
        uint32_t a = rng_below(r, x->k->n), d = x->cost[a] - task_dist(x->k, a, x->k->starts[a]);
        if (d > delay) best = a, delay = d;
    }
    return best;
}
// Walks from a place of the path on towards the goal, faster than the path does, and takes those met.
static void walk(LnsPick *p, const LnsTable *x, RouteRng *r, uint32_t size) {
    const RouteGraph *g = x->k->g;
    uint32_t a = late_one(x, r);
    add(p, a);
    for (uint32_t tries = 0; tries < 10 && p->n < size; tries++) {
        uint32_t t = rng_below(r, x->cost[a] + 1), at = lns_path(x, a)[t];
        for (; t < x->horizon && p->n < size; t++) {
            uint32_t to[DEGREE_MAX + 1], n = 0;
            for (uint32_t e = g->out_begin[at]; e <= g->out_begin[at + 1]; e++) {
                uint32_t v = e < g->out_begin[at + 1] ? g->out[e] : at;
                if (t + 1 + task_dist(x->k, a, v) < x->cost[a]) to[n++] = v;
            }
            if (!n) break;
            uint32_t v = to[rng_below(r, n)];
            uint16_t j = x->at[(t + 1) * (size_t)g->n + v], h = x->at[t * (size_t)g->n + v];
            add(p, j);
            if (p->n < size && h != NO_AGENT && x->at[(t + 1) * (size_t)g->n + at] == h) add(p, h);
            at = v;
        }
    }
}
// Outwards from a node, those there at time t; `all`: at any time from a random one on.
static void outwards(LnsPick *p, const LnsTable *x, RouteRng *r, uint32_t from, uint32_t t, bool all, uint32_t size) {
    const RouteGraph *g = x->k->g;
    uint32_t head = 0, tail = 0;
    p->ring[tail++] = from, p->marks[from] = ++p->mark;
    while (head < tail && p->n < size) {
        uint32_t v = p->ring[head++], end = all ? MIN(t + 8, x->horizon) : t;
        for (uint32_t z = t; z <= end && p->n < size; z++) add(p, x->at[z * (size_t)g->n + v]);
        uint32_t n = degree(g, v), e = n ? rng_below(r, n) : 0;
        for (uint32_t i = 0; i < n; i++, e = e + 1 == n ? 0 : e + 1) {
            uint32_t u = g->out[g->out_begin[v] + e];
            if (p->marks[u] != p->mark) p->marks[u] = p->mark, p->ring[tail++] = u;
        }
    }
}
void lns_pick(LnsPick *p, const LnsTable *x, RouteRng *r, uint32_t kind, uint32_t size) {
    uint32_t n = x->k->n, a;
    size = MIN(MIN(size, LNS_SIZE_MAX), n);
    p->n = 0, p->round++;
    switch (kind) {
    case LNS_WALK: walk(p, x, r, size); break;
    case LNS_AROUND: {
        a = late_one(x, r);
        uint32_t t = rng_below(r, x->cost[a] + 1);
        add(p, a), outwards(p, x, r, lns_path(x, a)[t], t, false, size);
        break;
    }
    case LNS_PLACE: {
        uint32_t node = rng_below(r, x->k->g->n);
        outwards(p, x, r, node, rng_below(r, x->horizon), true, size);
        break;
    }
    default: break;
    }
    while (p->n < MIN(size, 2u) || (kind == LNS_ANY && p->n < size)) add(p, rng_below(r, n));
}

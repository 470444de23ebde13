// Priority inheritance with backtracking (Okumura et al., AIJ 2022) with the swap operation of LaCAM* (Okumura, IJCAI
// 2023): where two agents must exchange their places in a narrow passage, the one in front pulls the other after it to
// a node with room.
#include "route_internal.h"

bool pibt_init(Pibt *p, const RouteTask *k, uint64_t seed) {
    *p = (Pibt){.k = k, .rng = {seed}};
    p->now = malloc(k->g->n * sizeof *p->now), p->next = malloc(k->g->n * sizeof *p->next);
    if (!p->now || !p->next) {
        pibt_deinit(p);
        return false;
    }
    memset(p->now, 0xff, k->g->n * sizeof *p->now), memset(p->next, 0xff, k->g->n * sizeof *p->next);
    return true;
}
void pibt_deinit(Pibt *p) {
    free(p->now), free(p->next);
    p->now = p->next = NULL;
}
// Nodes at which one could get out of a passage: neither where one came from nor a dead end with an agent at its goal.
static uint32_t ways_on(const Pibt *p, uint32_t at, uint32_t came, uint32_t *ret_one) {
    const RouteGraph *g = p->k->g;
    uint32_t ways = 0;
    for (uint32_t e = g->out_begin[at]; e < g->out_begin[at + 1]; e++) {
        uint32_t u = g->out[e];
        if (u == came || (degree(g, u) == 1 && p->now[u] != NO_AGENT && p->k->goals[p->now[u]] == u)) continue;
        ways++, *ret_one = u;
    }
    return ways;
}
// Walks on as if the pusher drove the puller before it: do they get into each other's way in the end?
static bool swap_required(const Pibt *p, uint32_t pusher, uint32_t puller, uint32_t pusher_at, uint32_t puller_at) {
    const RouteTask *k = p->k;
    uint32_t on = 0;
    while (task_dist(k, pusher, puller_at) < task_dist(k, pusher, pusher_at)) {
        uint32_t ways = ways_on(p, puller_at, pusher_at, &on);
        if (ways >= 2) return false;
        if (ways == 0) break;
        pusher_at = puller_at, puller_at = on;
    }
    return task_dist(k, puller, pusher_at) < task_dist(k, puller, puller_at) &&
           (task_dist(k, pusher, pusher_at) == 0 || task_dist(k, pusher, puller_at) < task_dist(k, pusher, pusher_at));
}
// Walks the other way: is there a node with room for both?
static bool swap_possible(const Pibt *p, uint32_t pusher_at, uint32_t puller_at) {
    uint32_t first = pusher_at, on = 0;
    for (uint32_t steps = 0; puller_at != first && steps < p->k->g->n; steps++) {
        uint32_t ways = ways_on(p, puller_at, pusher_at, &on);
        if (ways >= 2) return true;
        if (ways == 0) return false;
        pusher_at = puller_at, puller_at = on;
    }
    return false;
}
static uint16_t swap_partner(const Pibt *p, uint32_t i, uint32_t wish) {
    const RouteGraph *g = p->k->g;
    uint32_t at = p->from[i];
    if (wish == at) return NO_AGENT;
    uint16_t j = p->now[wish];
    if (j != NO_AGENT && p->to[j] == NO_NODE && swap_required(p, i, j, at, wish) && swap_possible(p, wish, at))
        return j;
    for (uint32_t e = g->out_begin[at]; e < g->out_begin[at + 1]; e++) {
        uint16_t h = p->now[g->out[e]];
        if (h == NO_AGENT || g->out[e] == wish) continue;
        if (swap_required(p, h, i, at, wish) && swap_possible(p, wish, at)) return h;
    }
    return NO_AGENT;
}
static uint32_t candidates(Pibt *p, uint32_t i, uint32_t at, uint32_t *ret) {
    const RouteGraph *g = p->k->g;
    const uint16_t *dist = p->k->dist + (size_t)i * g->n;
    uint32_t key[DEGREE_MAX + 1], n = 1;
    uint64_t random = rng_next(&p->rng);
    key[0] = (uint32_t)dist[at] << 8 | (uint32_t)(random >> 56), ret[0] = at;
    for (uint32_t e = g->out_begin[at]; e < g->out_begin[at + 1]; e++, random = random >> 8 | random << 56) {
        uint32_t v = g->out[e], x = (uint32_t)dist[v] << 8 | (random & 255), pos = n++;
        for (; pos && key[pos - 1] > x; pos--) key[pos] = key[pos - 1], ret[pos] = ret[pos - 1];
        key[pos] = x, ret[pos] = v;
    }
    return n;
}
static bool push(Pibt *p, uint32_t i) {
    uint32_t to[DEGREE_MAX + 1], at = p->from[i], n = candidates(p, i, at, to);
    uint16_t swap = swap_partner(p, i, to[0]);
    if (swap != NO_AGENT)
        for (uint32_t a = 0, b = n - 1; a < b; a++, b--) {
            uint32_t x = to[a];
            to[a] = to[b], to[b] = x;
        }
    for (uint32_t c = 0; c < n; c++) {
        uint32_t u = to[c];
        uint16_t j = p->now[u];
        if (p->next[u] != NO_AGENT || (j != NO_AGENT && p->to[j] == at)) continue;
        p->next[u] = (uint16_t)i, p->to[i] = u;
        if (j != NO_AGENT && u != at && p->to[j] == NO_NODE && !push(p, j)) continue;
        if (c == 0 && swap != NO_AGENT && p->to[swap] == NO_NODE && p->next[at] == NO_AGENT)
            p->to[swap] = at, p->next[at] = swap;
        return true;
    }
    p->next[at] = (uint16_t)i, p->to[i] = at;
    return false;
}
static bool constrain(Pibt *p, const uint16_t *who, const uint32_t *where, uint32_t fixed) {
    for (uint32_t c = 0; c < fixed; c++) {
        uint32_t i = who[c], v = where[c];
        uint16_t j = p->now[v];
        if (p->next[v] != NO_AGENT || (j != NO_AGENT && j != i && p->to[j] == p->from[i])) return false;
        p->to[i] = v, p->next[v] = (uint16_t)i;
    }
    return true;
}
bool pibt_step(Pibt *p, const uint32_t *from, const uint16_t *order, const uint16_t *who, const uint32_t *where,
               uint32_t fixed, uint32_t *to) {
    uint32_t n = p->k->n;
    p->from = from, p->to = to;
    for (uint32_t i = 0; i < n; i++) p->now[from[i]] = (uint16_t)i, to[i] = NO_NODE;
    bool good = constrain(p, who, where, fixed);
    for (uint32_t o = 0; good && o < n; o++)
        if (to[order[o]] == NO_NODE && !push(p, order[o])) good = false;
    for (uint32_t i = 0; i < n; i++) {
        p->now[from[i]] = NO_AGENT;
        if (to[i] != NO_NODE) p->next[to[i]] = NO_AGENT;
    }
    // An agent that was pushed in vain may have left its mark on a node that another one holds.
    return good;
}

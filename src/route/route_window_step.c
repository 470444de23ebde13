// One step of a fleet by priority (PIBT) on a road graph: nodes exclude each other, edges are directed, and without
// `follow` a node must have been free before it is entered. Then the one with priority waits for its node while those
// on it, or on what excludes it, are driven away with its priority; in the next step it goes first. If they cannot
// leave, because their only way out is where it stands, they go before it from then on, and it is driven away itself.
#include "route_window_internal.h"

static uint32_t wishes(RoutePlanner *p, uint32_t i, uint32_t avoid, uint32_t ret[DEGREE_MAX + 1]) {
    const RouteGraph *g = p->g;
    const uint16_t *dist = p->dist[i];
    uint32_t key[DEGREE_MAX + 1], n = 1, at = p->from[i];
    uint64_t random = rng_next(&p->rng);
    key[0] = (uint32_t)dist[at] << 8 | 0x80, ret[0] = at;
    for (uint32_t e = g->out_begin[at]; e < g->out_begin[at + 1]; e++, random = random >> 8 | random << 56) {
        uint32_t v = g->out[e], pos = n++,
                 x = (uint32_t)dist[v] << 8 | (random & 0x3f) | (p->now[v] != NO_AGENT ? 0x40 : 0);
        for (uint32_t k = 0; avoid != NO_NODE && k <= blocked_end(g, avoid); k++)
            if (blocked_by(g, avoid, k) == v) x += 4u << 8;
        for (; pos && key[pos - 1] > x; pos--) key[pos] = key[pos - 1], ret[pos] = ret[pos - 1];
        key[pos] = x, ret[pos] = v;
    }
    return n;
}
static bool reserved(const RoutePlanner *p, uint32_t i, uint32_t v) { // somebody will stand there or exclude it
    for (uint32_t k = 0; k <= blocked_end(p->g, v); k++) {
        uint16_t j = p->next[blocked_by(p->g, v, k)];
        if (j != NO_AGENT && j != i) return true;
    }
    return false;
}
static bool occupied(const RoutePlanner *p, uint32_t i, uint32_t v) {
    for (uint32_t k = 0; k <= blocked_end(p->g, v); k++) {
        uint16_t j = p->now[blocked_by(p->g, v, k)];
        if (j != NO_AGENT && j != i) return true;
    }
    return false;
}
static void decide(RoutePlanner *p, uint32_t i, uint32_t v) {
    if (p->to[i] != NO_NODE && p->next[p->to[i]] == i) p->next[p->to[i]] = NO_AGENT;
    p->to[i] = v;
    if (v != NO_NODE) p->next[v] = (uint16_t)i;
}
static bool push(RoutePlanner *p, uint32_t i, uint32_t avoid);
// Drives away those that stand on v or exclude it. False: one of them stays.
static bool drive_away(RoutePlanner *p, uint32_t i, uint32_t v) {
    bool good = true;
    for (uint32_t k = 0; k <= blocked_end(p->g, v); k++) {
        uint16_t j = p->now[blocked_by(p->g, v, k)];
        if (j == NO_AGENT || j == i) continue;
        if (p->to[j] != NO_NODE) {
            good = good && p->to[j] != p->from[j]; // it leaves by itself
        } else if (!push(p, j, v)) {
            good = false;
            if (!p->dist[j][p->from[j]] || p->key[j] >= p->key[i]) continue;
            if (p->remember) p->memory[j].lift += p->key[i] - p->key[j] + 1;
            p->key[j] = p->key[i] + 1;
        }
    }
    return good;
}
// Grids: into what is left in this step. Not where nodes exclude each other: of several that must leave the last may
// fail, when the first has already been given the place of the one that drives them.
static bool try_follow(RoutePlanner *p, uint32_t i, uint32_t v) {
    uint16_t j = p->now[v];
    if (p->to[j] == p->from[i]) return false; // head-on
    decide(p, i, v);
    return p->to[j] != NO_NODE || push(p, j, v);
}
// Decides for i, which somebody wants away from where `avoid` is blocked (NO_NODE: nobody). True: it moves or will.
static bool push(RoutePlanner *p, uint32_t i, uint32_t avoid) {
    uint32_t to[DEGREE_MAX + 1], at = p->from[i], n = wishes(p, i, avoid, to);
    for (uint32_t c = 0; c < n; c++) {
        uint32_t v = to[c];
        if (v == at) {
            if (avoid != NO_NODE) continue;
            break;
        }
        if ((p->dist[i][v] == NO_WAY && p->dist[i][at] != NO_WAY) || reserved(p, i, v)) continue;
        if (!occupied(p, i, v)) {
            decide(p, i, v);
            return true;
        }
        if (p->g->follow && !p->g->conf_begin) {
            if (try_follow(p, i, v)) return true;
            decide(p, i, NO_NODE);
            continue;
        }
        decide(p, i, at); // until v is free
        if (drive_away(p, i, v)) return true;
        decide(p, i, NO_NODE);
    }
    decide(p, i, at);
    return avoid == NO_NODE;
}
void window_sort(RoutePlanner *p) { // few change their places from step to step
    for (uint32_t o = 1; o < p->n; o++) {
        uint32_t i = p->order[o], at = o;
        for (; at && p->key[p->order[at - 1]] < p->key[i]; at--) p->order[at] = p->order[at - 1];
        p->order[at] = i;
    }
}
void window_step(RoutePlanner *p, const uint32_t *from, uint32_t *to) {
    p->from = from, p->to = to;
    for (uint32_t i = 0; i < p->n; i++) p->now[from[i]] = (uint16_t)i, to[i] = NO_NODE;
    for (uint32_t i = 0; i < p->n; i++)
        if (p->agents[i].fixed) decide(p, i, from[i]);
    for (uint32_t o = 0; o < p->n; o++)
        if (to[p->order[o]] == NO_NODE) (void)push(p, p->order[o], NO_NODE);
    for (uint32_t i = 0; i < p->n; i++) p->now[from[i]] = NO_AGENT;
    for (uint32_t i = 0; i < p->n; i++) p->next[to[i]] = NO_AGENT;
}

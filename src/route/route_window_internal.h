// What the files of route_window() share.
#pragma once
#include "route_internal.h"

#define WINDOW_GROUP_MAX 12u
typedef struct {
    uint32_t goal; // of the agent with this index in the call before; NO_NODE: none
    uint32_t age;  // calls since it has this goal, without being there
    int64_t lift;  // it goes before those that stood in its way for good
} WindowMemory;
struct RoutePlanner {
    const RouteGraph *g;
    uint32_t agents_max;
    RouteRng rng;
    RouteDeadline deadline;
    RouteBack back;
    // distance tables by goal
    uint16_t **row;    // by slot
    uint32_t *slot_of; // by node: its slot + 1, 0: none
    uint32_t *node_of; // by slot
    uint64_t *used;    // by slot: the call it served last
    uint32_t slots, slots_max;
    uint64_t call;
    WindowMemory *memory; // by agent
    // one call
    const RouteAgent *agents;
    uint32_t n, window, window_max; // the last: what the tables hold
    const uint16_t **dist;          // by agent
    uint32_t *weight;               // by agent
    // steps by priority
    int64_t *key;         // by agent
    bool remember;        // lifts, beyond this call
    uint32_t *order;      // agents, those with the highest key first
    uint16_t *now, *next; // by node: the agent there, NO_AGENT
    const uint32_t *from;
    uint32_t *to;
    // the plan: steps[t * n + i] of the caller is `best`; work is a second one
    uint32_t *best, *work;
    uint64_t total;                      // score of best
    uint32_t *last, last_n, last_window; // the plan of the call before
    uint8_t *block;                      // by time and node: how many agents exclude others from it
    uint16_t *at;                        // by time and node: the agent there
    uint64_t *score;                     // by agent
    uint32_t *seen;                      // by agent: the neighbourhood it was in last
    uint32_t round, group[WINDOW_GROUP_MAX], group_n;
    uint32_t *saved; // paths of a neighbourhood
    // one agent through time and place
    uint32_t *prev, *cost;    // by time and node
    uint32_t *list[2], *mark; // nodes reached; by node: the time it was reached last
    uint32_t tick;
};
static inline uint32_t blocked_end(const RouteGraph *g, uint32_t v) {
    return g->conf_begin ? g->conf_begin[v + 1] - g->conf_begin[v] : 0;
}
// The k-th node that cannot be taken while `v` is: itself, then its conf.
static inline uint32_t blocked_by(const RouteGraph *g, uint32_t v, uint32_t k) {
    return k ? g->conf[g->conf_begin[v] + k - 1] : v;
}
// One step of all by key: p->from to p->to.
void window_step(RoutePlanner *p, const uint32_t *from, uint32_t *to);
void window_sort(RoutePlanner *p); // p->order by p->key
uint64_t window_score(const RoutePlanner *p, uint32_t agent, const uint32_t *steps);
void window_tables(RoutePlanner *p);                                 // block, at, score, total from best
bool window_late(const RoutePlanner *p, uint32_t agent, uint32_t t); // it does not get nearer in step t of best
// Plans a neighbourhood anew; true: better, and in best.
bool window_improve(RoutePlanner *p);

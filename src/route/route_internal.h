// What the files of src/route share.
#pragma once
#include "route.h"
#include <pthread.h>

#define NO_AGENT   UINT16_MAX
#define NO_NODE    UINT32_MAX
#define NO_WAY     UINT16_MAX // a distance: not reachable
#define DEGREE_MAX 16u        // edges out of a node

// ---- random numbers: SplitMix64
typedef struct {
    uint64_t s;
} RouteRng;
static inline uint64_t rng_next(RouteRng *r) {
    uint64_t x = (r->s += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline uint32_t rng_below(RouteRng *r, uint32_t n) { // 0..n-1
    return (uint32_t)((rng_next(r) >> 32) * n >> 32);
}
void rng_shuffle(RouteRng *r, uint32_t *v, uint32_t n);

bool route_past(const RouteDeadline *d);

// ---- distances to one node, over the edges backwards
typedef struct {
    const RouteGraph *g;
    uint32_t *in_begin, *in; // edges backwards
    uint16_t *in_cost;       // NULL: all 1
    uint32_t *queue;         // scratch: n nodes, or a heap of edges
    uint64_t *heap;
} RouteBack;
bool route_back_init(RouteBack *b, const RouteGraph *g); // false: no memory
void route_back_deinit(RouteBack *b);
void route_back_from(RouteBack *b, uint32_t goal, uint16_t *ret_row); // NO_WAY where there is none; saturates below it

// ---- an instance from start to goal
typedef struct {
    const RouteGraph *g;
    uint32_t n; // agents
    const uint32_t *starts, *goals;
    uint16_t *dist; // n rows of g->n
} RouteTask;
static inline uint16_t task_dist(const RouteTask *k, uint32_t agent, uint32_t node) {
    return k->dist[(size_t)agent * k->g->n + node];
}
static inline uint32_t degree(const RouteGraph *g, uint32_t u) {
    return g->out_begin[u + 1] - g->out_begin[u];
}

// ---- PIBT: one step of all agents by priority, with the swap operation
typedef struct {
    const RouteTask *k;
    uint16_t *now, *next; // by node: the agent there, NO_AGENT
    const uint32_t *from; // by agent
    uint32_t *to;         // by agent, NO_NODE: not decided yet
    RouteRng rng;
} Pibt;
bool pibt_init(Pibt *p, const RouteTask *k, uint64_t seed);
void pibt_deinit(Pibt *p);
// One configuration after `from`: agents in `order`, the first `fixed` of which (who[], where[]) are constrained.
// False when there is none with these constraints.
bool pibt_step(Pibt *p, const uint32_t *from, const uint16_t *order, const uint16_t *who, const uint32_t *where,
               uint32_t fixed, uint32_t *ret_to);

// ---- LaCAM: the search for a first plan
typedef struct {
    uint32_t *steps; // owned; row t of n nodes
    uint32_t makespan;
    uint64_t nodes;
} RouteSteps;
RouteOutcome lacam_find(const RouteTask *k, Pibt *p, size_t memory_max, const RouteDeadline *d, uint64_t seed,
                        RouteSteps *ret);
uint64_t route_loss(const RouteTask *k, const uint32_t *steps, uint32_t makespan);

// ---- neighbourhood search over a plan, at most two threads on it
typedef struct Lns Lns;
Lns *lns_new(const RouteTask *k, const uint32_t *steps, uint32_t makespan, uint32_t horizon); // NULL: no memory
void lns_free(Lns *l);
void lns_run(Lns *l, const RouteSolveOptions *o);
uint64_t lns_loss(const Lns *l);
void lns_counts(const Lns *l, uint64_t *ret_iterations, uint64_t *ret_accepted);
bool lns_steps(const Lns *l, RouteSteps *ret); // false: no memory

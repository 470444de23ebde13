// Parts of the neighbourhood search: the plan as a table of time and place, and the search for one agent in it.
#pragma once
#include "route_internal.h"

// ---- sets of nodes as bits, for small grids
#define LNS_DIRS_MAX       4u
#define LNS_BITS_NODES_MAX (1u << 14)
#define LNS_BITS_BYTES_MAX ((size_t)256 << 20)
typedef struct {
    uint16_t waits, lo, hi; // free waits at the goal so far; the words that are not empty
} LnsLayer;
typedef struct {
    uint32_t words, dirs, horizon, radii, sets_max, pad;
    int32_t offset[LNS_DIRS_MAX];
    uint64_t *rows; // by time: the nodes taken; by direction: whence one would not meet another head-on
    uint64_t *edge; // by direction: the nodes that have such an edge
    uint64_t *ball; // by agent and radius: the nodes that are no farther from its goal
    uint64_t *sets, *scratch;
    LnsLayer *layers;
    uint32_t *first; // by time: its first layer
    bool borrowed;   // `ball`
    bool near;       // a grid less than 64 wide, `offset` -w, -1, 1, w
} LnsBits;
LnsBits *lns_bits_new(const RouteTask *k, uint32_t horizon, LnsBits *ball_of); // NULL: no memory, or not such a graph
void lns_bits_free(LnsBits *b);
void lns_bits_clear(LnsBits *b);
void lns_bits_flip(LnsBits *b, const uint32_t *path);
bool lns_bits_search(LnsBits *b, const RouteTask *k, RouteRng *r, uint32_t agent, uint32_t limit, uint32_t free_t,
                     uint32_t *ret);

typedef struct {
    uint32_t at, next;
    uint16_t t;
} LnsOpen;
typedef struct {
    uint32_t prev;
    uint16_t cost, stamp;
} LnsState;
typedef struct {
    const RouteTask *k;
    uint32_t horizon; // all are at their goals there
    size_t row;       // horizon + 1
    uint16_t *at;     // by time and node: the agent there; horizon + 1 rows of g->n
    uint32_t *path;   // by agent: its nodes, horizon + 1 each
    uint32_t *cost;   // by agent: steps that count
    uint64_t loss;
    LnsBits *bits; // NULL: the search is A*
    // the search for one
    LnsState *state; // by time and node
    uint16_t stamp;
    LnsOpen *open;
    uint32_t open_n, open_cap;
    uint32_t *bucket; // by cost from start to goal over a state: the first of a list in `open`
} LnsTable;

bool lns_table_init(LnsTable *x, const RouteTask *k, uint32_t horizon, LnsTable *ball_of);
void lns_clear(LnsTable *x);
void lns_table_deinit(LnsTable *x);
void lns_put(LnsTable *x, uint32_t agent, const uint32_t *path);
void lns_take(LnsTable *x, uint32_t agent, const uint32_t *path);
bool lns_free_for(const LnsTable *x, const uint32_t *path); // no conflict with those in the table
uint32_t lns_cost(const LnsTable *x, uint32_t agent, const uint32_t *path);
// The cheapest path for `agent`, which is not in the table, against those that are; false: none up to `limit`.
bool lns_search(LnsTable *x, RouteRng *r, uint32_t agent, uint32_t limit, uint32_t *ret_path);
static inline uint32_t *lns_path(const LnsTable *x, uint32_t agent) {
    return x->path + agent * x->row;
}

// ---- neighbourhoods
#define LNS_SIZE_MAX 32u
enum { LNS_WALK, LNS_AROUND, LNS_PLACE, LNS_ANY, LNS_KINDS };
typedef struct {
    uint32_t *seen; // by agent: the round it was taken in
    uint32_t round;
    uint32_t *ring, *marks; // by node: scratch for going outwards
    uint32_t mark;
    uint32_t agent[LNS_SIZE_MAX], n;
} LnsPick;
bool lns_pick_init(LnsPick *p, const RouteTask *k);
void lns_pick_deinit(LnsPick *p);
void lns_pick(LnsPick *p, const LnsTable *x, RouteRng *r, uint32_t kind, uint32_t size); // at least one agent

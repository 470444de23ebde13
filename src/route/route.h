// The multi-vehicle planner. Pure: time comes in as a function, randomness as a seed. Two ways to ask:
// route_solve() plans from start to goal for all at once (grid benchmarks), route_window() plans the next steps of a
// fleet on a road graph, again and again.
#pragma once
#include "base/base.h"

#define ROUTE_NODES_MAX  (1u << 22)
#define ROUTE_AGENTS_MAX 16384u
#define ROUTE_WINDOW_MAX 256u
#define ROUTE_FAR        UINT32_MAX // not reachable

// A directed graph in CSR form, borrowed by the planner; it must not change while a planner lives.
typedef struct {
    uint32_t n;                        // nodes
    const uint32_t *out_begin, *out;   // directed edges u -> v: out[out_begin[u] .. out_begin[u + 1]); a wait is always
                                       // possible and is no edge
    const uint32_t *conf_begin, *conf; // nodes whose occupancy excludes this one's (symmetric, without itself), in the
                                       // same form; NULL: none
    const uint16_t *cost; // of each edge in steps of planning (>= 1), beside `out`; NULL: 1. Used for distances only
    bool follow; // true (grids): a node may be entered in the step in which it is left (swaps excluded); false (roads):
                 // only a node that was free, with all its conf, at the beginning of the step
} RouteGraph;
// NULL: sound. Otherwise what is wrong: an index out of range, conf not symmetric, a cost of 0, too many nodes.
const char *route_graph_fault(const RouteGraph *g);

// When to stop at the latest. now_us NULL: never. `stop` may be set by a signal handler or another thread; NULL: none.
typedef struct {
    int64_t (*now_us)(void *ctx); // a steady clock
    void *ctx;
    int64_t until_us;
    const volatile int *stop;
} RouteDeadline;

// ---- windows
typedef struct RoutePlanner RoutePlanner; // owns distance tables (cached by goal, bounded) and scratch memory
// `g` must be sound. NULL: not enough memory.
RoutePlanner *route_planner_new(const RouteGraph *g, uint32_t agents_max, uint64_t seed);
void route_planner_free(RoutePlanner *p);
void route_planner_deadline(RoutePlanner *p, RouteDeadline d); // of the next calls of route_window()

typedef struct {
    uint32_t at, goal;
    int32_t urgency; // higher goes first
    bool fixed;      // stays where it is for the whole window: broken down, being loaded
} RouteAgent;
typedef struct {
    uint64_t score_first, score; // sum over agents and steps of the weighted distance still to go: of the first plan
                                 // found and of the plan returned; less is better
    uint32_t iterations;         // improvements tried
    uint32_t accepted;           // of these, better
    uint32_t stuck;              // agents not at their goals that do not move in the whole window
    bool deadline;               // it stopped the search
} RouteWindowInfo;
// From the agents' present nodes up to `window` steps ahead. ret_steps[t * n + i] is agent i's node after step t (t = 0
// is now), t = 0..window. Always a sequence without conflicts: the worst is that all wait. `iterations` bounds the
// neighbourhood search after the first plan; with a number of them and no deadline the plan is a function of the
// planner's seed and the calls before. ERR_INVALID: two agents stand on one node or on nodes that exclude each other,
// or a node is out of range; ERR_LIMIT: n or window too large. Agents keep their index from call to call where they
// can: how long one has been on its way counts for its turn.
Err route_window(RoutePlanner *p, const RouteAgent *agents, uint32_t n, uint32_t window, uint32_t iterations,
                 uint32_t *ret_steps, RouteWindowInfo *ret_info) MUST_USE;
uint32_t route_distance(RoutePlanner *p, uint32_t from, uint32_t to); // steps, ROUTE_FAR: not reachable

// ---- from start to goal
typedef struct {
    uint64_t seed;
    uint32_t iterations;                                             // of the refinement, when there is no deadline
    uint32_t threads;                                                // 1 or 2: of the refinement
    size_t memory_max;                                               // bytes for the search and the tables; 0: 1 GiB
    RouteDeadline deadline;                                          // also ends the search for a first plan
    void (*progress)(void *ctx, uint64_t loss, uint64_t iterations); // NULL: none; called from one thread
    void *progress_ctx;
} RouteSolveOptions;
typedef enum { ROUTE_SOLVED, ROUTE_NONE_FOUND, ROUTE_NONE_EXISTS } RouteOutcome;
typedef struct {
    RouteOutcome outcome;
    uint32_t agents, makespan; // steps[t * agents + i], t = 0..makespan
    uint32_t *steps;           // owned
    uint64_t first_loss, loss; // sum over agents and steps of 1 unless the agent is at its goal before and after
    uint64_t bound;            // sum of the distances: no plan is better
    int64_t first_us;          // time to the first plan, distance tables included; 0 without a clock
    uint64_t nodes;            // configurations generated for the first plan
    uint64_t iterations, accepted;
} RoutePlan;
// Undirected graphs with `follow`, without conf and cost. Starts differ, goals differ. ERR_LIMIT: the tables would be
// larger than memory_max; ERR_INVALID: not such a graph, or starts or goals that are no nodes or not different.
Err route_solve(const RouteGraph *g, const uint32_t *starts, const uint32_t *goals, uint32_t n,
                const RouteSolveOptions *o, RoutePlan *ret) MUST_USE;
void route_plan_deinit(RoutePlan *plan);

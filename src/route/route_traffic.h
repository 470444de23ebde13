// Who may drive where: the ground is given out cell by cell (route_map.h), each cell to one vehicle at a time, and only
// while everybody can still come to the end of his way. Three rules, each enough to say no, each says why:
//
//   held    nobody gets a cell that meets a cell of another: no collision, whatever anyone plans or however late he is;
//   safe    after the grant there is an order in which all come to their places one after the other (Dijkstra 1965,
//           the banker's algorithm, on cells): no stand-off;
//   turn    over a one-lane stretch one direction goes, a batch at most while the other waits: no starvation.
//
// On top of them a plan may order two vehicles (traffic_after): an action-dependency graph. A place is booked by one
// vehicle at a time; it is off all other ways (route_map checks that), so who stands there is in nobody's way.
// Pure; bounded; everything by index: vehicles 0..max-1, nodes, edges and cells of the map.
#pragma once
#include "route_map.h"

#define TRAFFIC_PATH_MAX  1024u
#define TRAFFIC_TRAIL_MAX 64u // nodes of a base not yet left behind
#define TRAFFIC_NOBODY    UINT32_MAX

#define TRAFFIC_TABLE(X)                                                                                               \
    X(TRAFFIC_GRANTED, "granted")                                                                                      \
    X(TRAFFIC_AT_END, "at_end")   /* the way ends here */                                                              \
    X(TRAFFIC_HELD, "held")       /* another holds ground that meets it */                                             \
    X(TRAFFIC_UNSAFE, "unsafe")   /* a stand-off could follow */                                                       \
    X(TRAFFIC_TURN, "turn")       /* the other direction has the one-lane stretch */                                   \
    X(TRAFFIC_ORDER, "order")     /* the plan lets another go first */                                                 \
    X(TRAFFIC_CLOSED, "closed")   /* a zone is closed */                                                               \
    X(TRAFFIC_STOPPED, "stopped") /* the vehicle is held: broken down, by hand, an emergency stop */                   \
    X(TRAFFIC_TRAIL, "trail")     /* its base is as long as it may be */                                               \
    X(TRAFFIC_NO_WAY, "no_way")                                                                                        \
    X(TRAFFIC_BOOKED, "booked") /* another has the place */
typedef enum { TRAFFIC_TABLE(MAP_ENUM_SYM) TRAFFIC_COUNT } TrafficAnswer;
extern const Names TrafficAnswer_names;
typedef struct {
    TrafficAnswer answer;
    uint32_t vehicle, cell; // who is in the way (TRAFFIC_NOBODY: nobody in particular), where
} TrafficReason;

typedef struct RouteTraffic RouteTraffic;
RouteTraffic *traffic_new(const RouteMap *m, uint32_t vehicles_max);
void traffic_free(RouteTraffic *t);
const RouteMap *traffic_map(const RouteTraffic *t);

// Puts a vehicle on a node: it holds it from now on. HELD when another is in the way, then nothing changes. Who had
// booked the place loses it and his way (traffic_booked: MAP_NONE).
TrafficReason traffic_enter(RouteTraffic *t, uint32_t v, uint32_t node);
void traffic_leave(RouteTraffic *t, uint32_t v); // it was taken off the road: all it held and booked is free
bool traffic_here(const RouteTraffic *t, uint32_t v);
uint32_t traffic_base_end(const RouteTraffic *t, uint32_t v); // the last node it was granted
uint32_t traffic_last(const RouteTraffic *t, uint32_t v);     // the last node it passed
uint32_t traffic_trail(const RouteTraffic *t, uint32_t v,
                       uint16_t ret_nodes[TRAFFIC_TRAIL_MAX]);   // from the last passed
void traffic_stop(RouteTraffic *t, uint32_t v, bool stopped);    // it cannot be counted on to drive
void traffic_close(RouteTraffic *t, uint32_t zone, bool closed); // nobody enters; who is inside clears it
bool traffic_closed(const RouteTraffic *t, uint32_t zone);

// ---- places and ways
uint32_t traffic_booked(const RouteTraffic *t, uint32_t v);     // where it goes or stands; MAP_NONE
uint32_t traffic_booker(const RouteTraffic *t, uint32_t place); // who goes there or is to stay there; TRAFFIC_NOBODY
// Books the place and takes the way from its base end to it; edges in order. All or nothing: BOOKED, UNSAFE, NO_WAY
// leave place and way as they were. The place where it stands is free to be booked from now on: it will come away from
// it.
TrafficReason traffic_send(RouteTraffic *t, uint32_t v, uint32_t place, const uint16_t *edges, uint32_t n);
uint32_t traffic_path(const RouteTraffic *t, uint32_t v, const uint16_t **ret_edges); // what is left of it
// The quickest way by time and by who else is on it, never through other places; 0: none. `ret` holds
// TRAFFIC_PATH_MAX edges. `avoid`: a cell not to use (MAP_NONE).
uint32_t traffic_find(RouteTraffic *t, uint32_t v, uint32_t from, uint32_t to, uint32_t avoid, uint16_t *ret);
double traffic_seconds(RouteTraffic *t, uint32_t from, uint32_t to); // of the empty road; INFINITY: no way

// ---- driving
TrafficReason traffic_extend(RouteTraffic *t, uint32_t v);       // the next edge and node of its way
bool traffic_passed(RouteTraffic *t, uint32_t v, uint32_t node); // it is on `node` of its base or beyond: what lies
                                                                 // behind is free; false: no such node ahead
// It stands on the last node it passed and its order is cancelled: the base ahead is given back.
void traffic_retract(RouteTraffic *t, uint32_t v);
// After a restart: it has this next node in its base whatever we think of it. HELD: another is there too, say so.
TrafficReason traffic_force(RouteTraffic *t, uint32_t v, uint32_t node);
// Looks whether anybody is stuck by what happened to vehicles (enter, leave, retract, force): until nobody is, grants
// are measured by who is stuck already. To be called once a cycle.
void traffic_settle(RouteTraffic *t);
void traffic_after_clear(RouteTraffic *t);
// By the plan, v may only be granted `node` when `first` has passed `of`. Dropped with traffic_after_clear.
void traffic_after(RouteTraffic *t, uint32_t v, uint32_t node, uint32_t first, uint32_t of);
bool traffic_safe(RouteTraffic *t); // nobody is stuck: for tests
uint32_t traffic_holder(const RouteTraffic *t, uint32_t cell);
uint64_t traffic_checks(const RouteTraffic *t); // full safety checks so far

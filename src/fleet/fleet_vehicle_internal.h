// What the files of the virtual vehicle share. Times are milliseconds with fractions: a node is passed when it is
// passed.
#pragma once
#include "fleet_vehicle.h"
#include <math.h>

#define NEVER 1e300
#define EPS_M 1e-6 // lengths below are none

typedef struct {
    uint8_t n;
    char s[VEHICLE_ID_MAX];
} Id;
typedef struct {
    Id id;
    uint32_t seq;
    bool released, placed;
    double x, y;
} Stop;
typedef struct { // between stop i and stop i + 1
    Id id;
    uint32_t seq;
    double length, cap;
} Leg;
typedef struct {
    Id id, type, load;
    uint32_t seq; // of its node or edge
    VdaBlocking blocking;
    VdaActionStatus status;
    bool triggered, retriable;
    uint64_t hash;      // of what a repeat must not change
    double until, left; // of the present status; left: when it is paused
    const char *result;
} Action;
typedef struct {
    Id id, type;
    VdaActionStatus status;
    const char *result;
} Instant;
typedef struct {
    const char *type, *text, *key[2];
    Id value[2];
    VdaErrorLevel level;
    bool lasting; // until its cause is gone, not until a new order
} Fault;

struct VirtualVehicle {
    VehicleConfig c;
    Id manufacturer, serial, map_id;
    VehicleSend send;
    void *ctx;
    int64_t now;
    uint32_t header_id[VDA_TOPIC_COUNT];
    // what it is
    VdaMode mode;
    VdaEStop e_stop;
    bool online, dead, localized, paused, pausing, charging, flat, stuck; // stuck: an action failed
    double obstacle_until, slow, kwh, odometer;
    Id fail_next, loads[VEHICLE_LOADS_MAX];
    uint32_t loads_n;
    // the order
    Id order_id, last_node_id;
    uint32_t update_id, last_seq;
    bool has_order, cancelled; // cancelled: updates of it are refused
    uint32_t at, stops_n;      // stop[at] is the last one passed
    Stop stop[VEHICLE_NODES_MAX];
    Leg leg[VEHICLE_NODES_MAX];
    Action action[VEHICLE_ACTIONS_MAX];
    uint32_t actions_n;
    Id cancel_id; // of the running cancelOrder
    bool cancelling;
    uint32_t cancel_seq; // the node at which it can stop
    Instant instant[VEHICLE_INSTANT_MAX];
    uint32_t instants_n;
    Fault fault[VEHICLE_ERRORS_MAX];
    uint32_t faults_n;
    // motion: since t0, from s0 on the leg with v0 and acc, until t1 (there: s1, v1)
    double t0, s0, v0, acc, t1, s1, v1;
    double x, y, theta; // where s is 0 or there is no leg
    bool driving, base_request;
    // messages
    double state_due, visualization_due, next;
    bool dirty;
};

static inline Str id_str(const Id *i) {
    return (Str){i->s, i->n};
}
static inline bool id_set(Id *i, Str s) { // false: too long
    if (s.n > VEHICLE_ID_MAX) return false;
    i->n = (uint8_t)s.n;
    if (s.n) memcpy(i->s, s.p, s.n);
    return true;
}
static inline bool id_is(const Id *i, Str s) {
    return str_eq(id_str(i), s);
}
static inline bool is_over(VdaActionStatus s) {
    return s == VDA_ACTION_FINISHED || s == VDA_ACTION_FAILED;
}
static inline bool stands_for(const Action *a) { // it may not drive meanwhile
    return a->blocking == VDA_BLOCK_SOFT || a->blocking == VDA_BLOCK_HARD;
}

// move
double vehicle_speed_at(const VirtualVehicle *v, double t);
double vehicle_s_at(const VirtualVehicle *v, double t);
void vehicle_place_at(const VirtualVehicle *v, double t, double *ret_x, double *ret_y, double *ret_theta);
void vehicle_settle(VirtualVehicle *v, double t); // t0 becomes t
void vehicle_plan(VirtualVehicle *v);             // how it goes on from t0
bool vehicle_may_move(const VirtualVehicle *v);
bool vehicle_under_way(const VirtualVehicle *v); // between two nodes
// order
bool vehicle_active(const VirtualVehicle *v); // nodes to go or actions to do
void vehicle_pass(VirtualVehicle *v);         // the next node is reached
void vehicle_clear(VirtualVehicle *v);        // the order is gone
void vehicle_fault(VirtualVehicle *v, const char *type, VdaErrorLevel level, const char *text, const char *key,
                   Str value);
void vehicle_fault_clear(VirtualVehicle *v, const char *type); // NULL: all that do not last
const char *vehicle_word(const VirtualVehicle *v, const char *before_3, const char *from_3);
// action
void vehicle_think(VirtualVehicle *v);            // starts, ends, finishes what can be
void vehicle_timers(VirtualVehicle *v, double t); // actions whose time is up
double vehicle_timer_next(const VirtualVehicle *v);
void vehicle_trigger(VirtualVehicle *v, uint32_t seq);
void vehicle_end_edge(VirtualVehicle *v, uint32_t seq); // its actions are over
bool vehicle_knows_action(Str type);
void vehicle_pause(VirtualVehicle *v, bool on);
// say
void vehicle_say(VirtualVehicle *v, VdaTopic t, double now);
void vehicle_say_connection(VirtualVehicle *v, VdaConnectionState s, double now);
void vehicle_after(VirtualVehicle *v, double t); // thinks, plans, says what has changed

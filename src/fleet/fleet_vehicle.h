// A virtual VDA 5050 vehicle: the other end of the fleet control, in the twin and in tests. A pure state machine: time
// comes in, messages go out as structs through a callback (vda_encode makes them text). It drives the straight lines or
// given lengths of released edges with continuous speed, does actions, keeps the rules of orders (2.0.0 and 2.1.0 6.6
// to 6.10, 3.0 6.1, 6.2, 6.6), and has the faults that a fleet control must survive.
#pragma once
#include "wire/wire_vda.h"

#define VEHICLE_NODES_MAX   64u // of the order at once, from the last one passed
#define VEHICLE_ACTIONS_MAX 64u // of the order at once
#define VEHICLE_INSTANT_MAX 16u // instant actions remembered
#define VEHICLE_ERRORS_MAX  8u
#define VEHICLE_LOADS_MAX   4u
#define VEHICLE_ID_MAX      47u // bytes of an id

typedef struct VirtualVehicle VirtualVehicle;
typedef struct {
    VdaVersion version;
    Str manufacturer, serial, map_id;             // copied; at most VEHICLE_ID_MAX bytes
    double x, y, theta;                           // where it stands
    Str node_id;                                  // on this node; empty: not known
    double speed_max, acceleration, deceleration; // m/s, m/s2
    double length, width, height;                 // m
    double deviation;                             // m: an order may begin at a node this near
    double base_request;                          // m of base left at which it asks for more
    double battery_kwh, charge, low_charge;       // charge and its warning in per cent
    double drive_kwh_km, idle_kw, charge_kw;
    uint32_t loads_max;                           // 1 to VEHICLE_LOADS_MAX
    uint32_t init_ms, pick_ms, drop_ms, other_ms; // of actions: INITIALIZING, then RUNNING
    bool laden;                                   // when it begins, with `load`, which may be empty
    Str load;
    uint32_t state_ms, visualization_ms; // at least so often; visualization 0: never
} VehicleConfig;
VehicleConfig vehicle_config(VdaVersion v, Str serial); // a container carrier of 15 m; change what is to differ

// `msg` is the topic's struct of wire_vda.h, borrowed for the call. It must not call back into the vehicle.
typedef void (*VehicleSend)(void *ctx, VirtualVehicle *v, VdaTopic t, const void *msg);
// Times are milliseconds since 1970; they never go back. Silent until vehicle_connect().
VirtualVehicle *vehicle_new(const VehicleConfig *c, VehicleSend send, void *ctx, int64_t now_ms);
void vehicle_free(VirtualVehicle *v);

// ---- time. Each call below that takes `now_ms` first advances to it.
void vehicle_advance(VirtualVehicle *v, int64_t now_ms); // all that happens up to now, each thing at its own time
int64_t vehicle_next_ms(const VirtualVehicle *v); // the earliest time at which anything happens by itself; TIME_NEVER

// ---- messages in. What is refused comes back as errors in its state, or as FAILED.
void vehicle_order(VirtualVehicle *v, const VdaOrder *o, int64_t now_ms);
void vehicle_instant(VirtualVehicle *v, const VdaInstantActions *a, int64_t now_ms);
void vehicle_malformed(VirtualVehicle *v, Str what,
                       int64_t now_ms); // a message that could not be read: an error in its state
void vehicle_receive(VirtualVehicle *v, VdaTopic t, Str json, Arena *scratch,
                     int64_t now_ms); // any of these, from text

// ---- what a person or bad luck does
void vehicle_connect(VirtualVehicle *v, int64_t now_ms);    // ONLINE, factsheet, state
void vehicle_disconnect(VirtualVehicle *v, int64_t now_ms); // OFFLINE in good order
void vehicle_break(VirtualVehicle *v, int64_t now_ms); // the broker says CONNECTION_BROKEN for it; it drives on, silent
void vehicle_kill(VirtualVehicle *v, int64_t now_ms);  // stands at once, sends nothing, hears nothing
void vehicle_revive(VirtualVehicle *v, int64_t now_ms); // switched on again: no order, position as it was, ONLINE
// MANUAL, SERVICE, TEACH_IN and STARTUP clear the order; the last three, and MANUAL between nodes, the last node too.
// False: the version does not have the mode.
bool vehicle_mode(VirtualVehicle *v, VdaMode m, int64_t now_ms);
void vehicle_fail_next(VirtualVehicle *v, Str action_type, int64_t now_ms); // the next action of this type will fail
void vehicle_obstacle(VirtualVehicle *v, int64_t until_ms,
                      int64_t now_ms); // stands until then, field violation; until <= now: gone
void vehicle_slow(VirtualVehicle *v, double factor, int64_t now_ms); // of its speed, above 0 to 1
void vehicle_charge(VirtualVehicle *v, double per_cent, int64_t now_ms);
void vehicle_lose_position(VirtualVehicle *v, int64_t now_ms);         // stands until initPosition
void vehicle_e_stop(VirtualVehicle *v, VdaEStop kind, int64_t now_ms); // VDA_ESTOP_NONE: released
void vehicle_brake(VirtualVehicle *v,
                   int64_t now_ms); // a button on the vehicle: as startPause; vehicle_go as stopPause
void vehicle_go(VirtualVehicle *v, int64_t now_ms);

// ---- looks
typedef struct {
    double x, y, theta, speed, charge, odometer_m; // charge in per cent
    Str order_id, last_node_id;                    // borrowed until the next call
    uint32_t update_id, last_sequence_id, nodes_left, loads;
    bool driving, charging, idle; // idle: no active order
    VdaMode mode;
} VehicleView;
VehicleView vehicle_view(const VirtualVehicle *v, int64_t now_ms); // now_ms up to vehicle_next_ms(); does not advance

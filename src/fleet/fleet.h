// Fleet control: which unmanned vehicle fetches which box, on which way, and what it is told over VDA 5050. Pure: time
// comes in with each call, messages come in decoded and leave as structs through the port (fleet_mqtt.h and the twin
// are shells). One fleet a lay-out. Job list > instruction > order (TIC 4.0): a job is a box from one yard to the
// other, its legs are orders of a vehicle.
//
// Bounded: FLEET_VEHICLES_MAX vehicles, FLEET_JOBS_MAX jobs. Times in ms since 1970 UTC.
#pragma once
#include "route/route_traffic.h"
#include "wire/wire_vda.h"

#define FLEET_VEHICLES_MAX 512u
#define FLEET_JOBS_MAX     4096u
#define FLEET_ID_MAX       16u // bytes of a vehicle's name with its NUL, as the kernel keeps it
#define FLEET_NONE         UINT32_MAX

typedef struct Fleet Fleet;

// ---- parameters: site data
typedef struct {
    uint32_t low_pct, critical_pct, full_pct;       // to the charger when idle; at once; enough
    uint32_t power_cap_kw, charger_kw;              // of all chargers together; of one
    uint32_t resend_ms;                             // no state with the new update: the order is sent again
    uint32_t silent_ms;                             // no state for so long: the vehicle is lost
    uint32_t relieve_s;                             // a vehicle out of reach on its way to a box is relieved of it
    uint32_t wait_max_s;                            // a job that has waited so long goes before all younger ones
    uint32_t tries_max;                             // places tried before a job is given back
    uint32_t service_km, service_h, service_errors; // maintenance is due after
    uint32_t speed_permille;                        // of the roads' speeds: weather
    uint32_t plan_window, plan_iterations;          // of the planner; 0: ways only
    uint32_t reefer_off_min;                        // a laden reefer may be without power for so long
    bool dangerous_alone;                           // a box of dangerous goods has the border stretch for itself
    uint32_t empty_wh_km, laden_wh_km, idle_w;      // of a vehicle, for the energy of a box
} FleetParams;
extern const FleetParams fleet_params_usual;
extern const FieldTable fleet_params_fields;

// ---- what a vehicle is doing. X(symbol, word)
#define FLEET_STATUS_TABLE(X)                                                                                          \
    X(FLEET_UNSEEN, "unseen")     /* no connection, no state yet */                                                    \
    X(FLEET_LOST, "lost")         /* silent or connection broken: drives to the end of its base; that stays its */     \
    X(FLEET_ISOLATED, "isolated") /* speaks nonsense: nothing is sent to it */                                         \
    X(FLEET_MANUAL, "manual")     /* in other hands */                                                                 \
    X(FLEET_ASTRAY, "astray")     /* does not know where it is, or nowhere on the map */                               \
    X(FLEET_BROKEN, "broken")     /* fatal error or emergency stop */                                                  \
    X(FLEET_IDLE, "idle") X(FLEET_DRIVING, "driving") X(FLEET_HANDLING, "handling") X(FLEET_CHARGING, "charging")
typedef enum { FLEET_STATUS_TABLE(MAP_ENUM_SYM) FLEET_STATUS_COUNT } FleetStatus;
extern const Names FleetStatus_names;

#define FLEET_ALARM_TABLE(X)                                                                                           \
    X(FLEET_ALARM_MESSAGE, "message")     /* not valid by its schema */                                                \
    X(FLEET_ALARM_VERSION, "version")     /* a version that we do not speak */                                         \
    X(FLEET_ALARM_DUPLICATE, "duplicate") /* two vehicles under one serial number */                                   \
    X(FLEET_ALARM_UNKNOWN_ORDER, "unknown_order")                                                                      \
    X(FLEET_ALARM_REJECTED, "rejected") /* it does not take an order */                                                \
    X(FLEET_ALARM_BATTERY, "battery")   /* absurd, or below the reserve */                                             \
    X(FLEET_ALARM_POSITION, "position") /* off the map, off its way, or where another is */                            \
    X(FLEET_ALARM_LOST, "lost")                                                                                        \
    X(FLEET_ALARM_UNPLACED, "unplaced") /* after a start: nobody knows where it stands, nobody drives */               \
    X(FLEET_ALARM_CLOCK, "clock")       /* its clock is more than a minute off */                                      \
    X(FLEET_ALARM_FATAL, "fatal")                                                                                      \
    X(FLEET_ALARM_ESTOP, "estop")                                                                                      \
    X(FLEET_ALARM_HANDOVER, "handover")                                                                                \
    X(FLEET_ALARM_LOAD, "load")       /* carries what it should not, or not what it should */                          \
    X(FLEET_ALARM_REEFER, "reefer")   /* its reefer has been without power for too long */                             \
    X(FLEET_ALARM_SERVICE, "service") /* maintenance is due */                                                         \
    X(FLEET_ALARM_STANDS, "stands")   /* nobody moves although there is work */
typedef enum { FLEET_ALARM_TABLE(MAP_ENUM_SYM) FLEET_ALARM_COUNT } FleetAlarm;
extern const Names FleetAlarm_names;

// ---- jobs
#define FLEET_STEP_TABLE(X)                                                                                            \
    X(STEP_WAITING, "waiting")   /* no vehicle yet */                                                                  \
    X(STEP_ASSIGNED, "assigned") /* a vehicle goes for it */                                                           \
    X(STEP_PICKING, "picking")                                                                                         \
    X(STEP_CARRYING, "carrying") X(STEP_SETTING, "setting") X(STEP_DONE, "done") X(STEP_WITHDRAWN, "withdrawn")
typedef enum { FLEET_STEP_TABLE(MAP_ENUM_SYM) STEP_COUNT } FleetStep;
extern const Names FleetStep_names;
typedef struct {
    uint32_t id;         // the caller's: the number of the passage
    uint8_t from;        // Owner of the yard where it stands: OWNER_OWN or OWNER_PEER; it goes to the other
    uint32_t fit;        // bits of Fit: a plug, a place for dangerous goods
    uint32_t priority;   // more is sooner
    int64_t deadline_ms; // 0: none
    Str box;             // container number, or empty
} FleetJob;
// X(symbol, word): why a job is not taken or nothing is done for it.
typedef enum {
    FLEET_OK,
    FLEET_REFUSE_TWICE,
    FLEET_REFUSE_FULL,
    FLEET_REFUSE_NO_PLACE,
    FLEET_REFUSE_UNKNOWN
} FleetRefusal;

// What a box took on its vehicles since it was given to one: for the emissions report. Energy by way and time.
typedef struct {
    double empty_m, laden_m, seconds, kwh;
} FleetTrip;

// ---- what leaves
typedef enum {
    FLEET_EVENT_STEP,     // a job came to `step`; node: where
    FLEET_EVENT_ASK_GO,   // laden, ready to leave the place: may it? fleet_go()
    FLEET_EVENT_ASK_LINE, // before the line: may it cross? fleet_cross()
    FLEET_EVENT_OVER,     // it has left the line on the other side
    FLEET_EVENT_CRANE,    // the vehicle stands still at `node` and holds its brake: lift on (`lift`) or off
    FLEET_EVENT_ALARM     // `alarm` came or went (`on`)
} FleetEventKind;
typedef struct {
    FleetEventKind kind;
    uint32_t job, vehicle; // job: its id, or FLEET_NONE
    uint8_t step, alarm;
    bool lift, on;
    uint16_t node;  // MAP_NONE
    Str reason;     // why a step went back; what the alarm is about
    FleetTrip trip; // of a step: so far
} FleetEvent;
typedef struct {
    void *ctx;
    void (*send)(void *ctx, uint32_t vehicle, VdaTopic topic, const void *msg); // VDA_ORDER or VDA_INSTANT_ACTIONS
    void (*event)(void *ctx, const FleetEvent *e);                              // must not call back into the fleet
} FleetPort;

// ---- life. A new control gives no ground before it knows where all its vehicles stand.
Fleet *fleet_new(const RouteMap *m, const FleetParams *p, FleetPort port);
void fleet_free(Fleet *f);
// A vehicle of the site. The name is unique; FLEET_NONE when it is not, or the fleet is full.
uint32_t fleet_add(Fleet *f, Str name, Str manufacturer, Str serial, VdaVersion version);
uint32_t fleet_find(const Fleet *f, Str manufacturer, Str serial); // FLEET_NONE
uint32_t fleet_named(const Fleet *f, Str name);                    // FLEET_NONE

// ---- what comes in from vehicles
void fleet_connection(Fleet *f, uint32_t v, const VdaConnection *c, int64_t now_ms);
void fleet_state(Fleet *f, uint32_t v, const VdaState *s, int64_t now_ms);
void fleet_factsheet(Fleet *f, uint32_t v, const VdaFactsheet *s, int64_t now_ms);
void fleet_nonsense(Fleet *f, uint32_t v, Str what, int64_t now_ms); // a message that does not decode
void fleet_other_version(Fleet *f, uint32_t v, int64_t now_ms);      // a message of a major version that is not its own
void fleet_broker(Fleet *f, bool up, int64_t now_ms);                // nothing can be sent while it is down

// ---- what comes in from the gate
FleetRefusal fleet_job(Fleet *f, const FleetJob *j, int64_t now_ms);
// A job that was under way when the controller went down: `vehicle` had it in hand. UNKNOWN: it is not of this fleet,
// and nobody else may go for the box.
FleetRefusal fleet_job_again(Fleet *f, const FleetJob *j, uint32_t vehicle, FleetStep step, int64_t now_ms);
// Laden: it is brought back to a place here. On the way to the box: its order is cancelled, and the job is over when
// the vehicle has said that it stands without a box.
bool fleet_withdraw(Fleet *f, uint32_t job, Str reason, int64_t now_ms);
void fleet_go(Fleet *f, uint32_t job);
void fleet_cross(Fleet *f, uint32_t job);
typedef enum { CRANE_DONE, CRANE_CANNOT_LIFT, CRANE_CANNOT_SET, CRANE_BLOCKED } FleetCrane;
void fleet_crane(Fleet *f, uint32_t job, FleetCrane result, int64_t now_ms); // the answer to FLEET_EVENT_CRANE

// ---- operators
void fleet_stop_zone(Fleet *f, uint32_t zone, int64_t now_ms);       // MAP_NONE: all; vehicles there are paused
bool fleet_resume(Fleet *f, uint32_t zone, Str who, int64_t now_ms); // acknowledged by somebody, else false
// One vehicle; nothing is sent to it until somebody lets it go on. False: nobody acknowledged, or its zone is stopped.
void fleet_pause(Fleet *f, uint32_t v, int64_t now_ms);
bool fleet_go_on(Fleet *f, uint32_t v, Str who, int64_t now_ms);
void fleet_close_zone(Fleet *f, uint32_t zone, bool closed);
void fleet_weather(Fleet *f, uint32_t speed_permille);
bool fleet_accept(Fleet *f, uint32_t v, int64_t now_ms);   // an isolated vehicle is trusted again
void fleet_take_off(Fleet *f, uint32_t v, int64_t now_ms); // towed away: its ground is free, its box is handed over
void fleet_serviced(Fleet *f, uint32_t v);
// Somebody looked: the vehicle of this job does not carry the box, it stands in the yard of `owner`. False: no such job
// in a vehicle's hand.
bool fleet_box_found(Fleet *f, uint32_t job, uint8_t owner, int64_t now_ms);
// Somebody looked: the box of a job that is to be fetched is on its vehicle already. False: not such a job, or the
// vehicle feels none.
bool fleet_box_on(Fleet *f, uint32_t job, int64_t now_ms);
// Somebody looked where it stands: initPosition. It stands on that node, as the road runs there.
uint32_t fleet_node_behind(const Fleet *f, uint32_t v); // by its road or by where it says it is; MAP_NONE
void fleet_localise(Fleet *f, uint32_t v, uint32_t node, int64_t now_ms);

// ---- the cycle: assigns, plans, extends bases, sends, resends. Call it every second or so and after events.
void fleet_cycle(Fleet *f, int64_t now_ms);

// ---- what people see
typedef struct {
    Str name, manufacturer, serial;
    VdaVersion version;
    uint8_t status;
    double x, y, theta, battery_pct;
    uint16_t node, goal; // last passed, booked; MAP_NONE
    uint32_t job;        // FLEET_NONE
    bool laden;
    TrafficReason waits; // why it is not given more road, when it is not
    int64_t waits_since_ms, state_ms;
    uint32_t alarms; // bits of FleetAlarm
    double driven_m, laden_m;
    uint32_t errors;
} FleetView;
uint32_t fleet_vehicles(const Fleet *f);
void fleet_view(const Fleet *f, uint32_t v, FleetView *ret);
typedef struct {
    uint32_t jobs_waiting, jobs_under_way;
    uint64_t done, withdrawn, moves;  // moves: lifts on and off
    double cycle_s_mean, cycle_s_max; // assigned to done
    double wait_s_mean, wait_s_max;   // asked to assigned
    double driven_m, laden_m, kwh;
    double battery_pct_min;              // the lowest that was believed
    double reefer_off_s_max;             // that a reefer was without power on a vehicle
    FleetTrip trips;                     // of all boxes carried
    double wait_cause_s[TRAFFIC_COUNT];  // vehicle seconds without road, by why
    double status_s[FLEET_STATUS_COUNT]; // vehicle seconds in each; driving: with those without road
    uint64_t orders, updates, resends, cancels, messages_in;
    int64_t moved_ms;   // when any vehicle last got on
    int64_t longest_ms; // that a job now waiting has waited
} FleetStats;
void fleet_stats(const Fleet *f, int64_t now_ms, FleetStats *ret);
double fleet_stood_s(const Fleet *f, uint32_t node); // vehicle seconds without road there
const RouteTraffic *fleet_traffic(const Fleet *f);
FleetStep fleet_step_of(const Fleet *f, uint32_t job); // STEP_COUNT: no such job

// ---- assignment (Kuhn 1955; shortest augmenting paths, Jonker and Volgenant 1987): rows to columns, each at most
// once, all of the smaller side, the least sum. cost[r * cols + c], INFINITY: never. ret[r]: column or UINT32_MAX.
void fleet_assign(const double *cost, uint32_t rows, uint32_t cols, uint32_t *ret);

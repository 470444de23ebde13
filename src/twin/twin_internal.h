#pragma once
#include "twin.h"

#define STATION_NONE 255 // a step without a resource
#define STATION_LANE 254 // the booth of the lane that the gate gave
#define LANE_ANY     253 // of the shortest lane that leads home
#define WORKS_EACH   4
// What a job is about: a task, a movement, or something that people do on their own
enum {
    WHAT_MOVE = TASKS_MAX,
    WHAT_RESOLVE = WHAT_MOVE + MOVE_COUNT,
    WHATS = WHAT_RESOLVE, // those that may have a work of their own
    WHAT_AMEND = WHAT_RESOLVE + TASKS_MAX,
    WHAT_RENEW,
    WHAT_GIVE_UP,
    WHAT_BREAK,
    WHAT_REPAIR,
    WHAT_REACT
};

typedef struct {
    uint8_t station[ROADS_MAX];
    bool keep, give, timed;
    DesDist time; // ms
} Step;
typedef struct {
    const TwinWork *src;
    uint32_t kinds, modes;
    uint8_t steps;
    Step step[TWIN_STEPS_MAX];
} Work;
typedef struct {
    DesStation *st;
    const TwinStation *src; // NULL for a lane without data
    uint8_t lane;           // DYN_NONE: a station of the data
    uint32_t servers;       // of the lay-out
    uint32_t there, broken; // of the shift; out of order now
    uint32_t failures;
    double repair_ms; // of the next failure
    Str id;           // of the data or of the lane
    Str actor;
} Station;
typedef struct {
    const TwinFlow *src;
    uint8_t road, kind[2];
    double per_ms[24]; // by hour of an even day
    double weekday[7], month[12];
    uint32_t per_day;
    uint32_t made;   // entities so far
    int64_t next_ms; // the arrival at the border that was drawn last
    DesDist lead, run_up;
    double ahead_ms; // arrivals are drawn so long before they stand at the border
    uint32_t cargo[TWIN_CARGO_MAX], cargo_n;
} Flow;

enum {
    TRUCK_MOVING = 1,
    TRUCK_DIRTY = 2,
    TRUCK_BREAKS = 4,
    TRUCK_NO_SHOW = 8,
    TRUCK_LATE = 16,
    TRUCK_LEAVING = 32,
    TRUCK_SEEN = 64, // it has passed: waiting no longer counts
    TRUCK_RENEWING = 128,
    TRUCK_STUCK = 256,     // a move was refused; tried again later
    TRUCK_REPAIRING = 512, // the tow is under way
    TRUCK_CARRIED = 1024,  // its box is in a vehicle's hand: it does not wait
    TRUCK_COMING = 2048    // a real other side has signed it back: on its way home
};
typedef struct {
    uint32_t no; // its passage; 0 = a free place
    uint32_t entity;
    uint16_t flags;
    uint8_t flow, busy, attempt;
    uint8_t delays;          // drawn for it so far
    uint8_t channel;         // that customs will give
    uint8_t kept;            // the station whose server goes along, STATION_NONE
    int16_t weight_permille; // how far the scale will differ
    uint32_t kept_entry;
    uint32_t working;                   // tasks in work
    uint32_t put_off;                   // of them: refused, tried again later
    uint32_t faulted;                   // tasks where something was found already
    DesEvent patience;                  // when its trader gives up; 0: no longer
    double idle_since, waited, arrived; // ms since the start, below 0: before it
} Truck;
#define NOT_YET (-INFINITY)
static inline bool truck_arrived(const Truck *t) {
    return t->arrived > NOT_YET;
}
typedef struct { // what a truck is like: drawn from its own stream, again whenever it is needed
    uint8_t cargo, mode, channel;
    bool foreign, empty, to_yard, no_show, late, paper_error, breaks;
    int16_t weight_permille;
    uint32_t net_kg, tare_kg;
    bool container;
    double lead, run_up; // ms
} TruckPlan;

#define FRESH_MAX 512
struct Twin {
    TwinConfig c;
    TwinPort port;
    const Gate *gate;
    Des *des;
    Arena arena; // lives as long as the twin
    uint32_t flows, stations, works;
    Flow flow[TWIN_FLOWS_MAX];
    Station station[TWIN_STATIONS_MAX + LANES_MAX];
    uint8_t lane_station[LANES_MAX];
    Work *work; // all of them
    uint8_t work_n[KIND_COUNT][WHATS];
    uint16_t work_at[KIND_COUNT][WHATS][WORKS_EACH];
    Truck *truck; // by the kernel's slot
    uint32_t trucks, *dirty, dirty_n;
    bool refused, arrivals_off, halted;
    uint8_t refusal;   // Refuse of the last submit
    uint32_t declared; // passage of the last submit
    DesDist retry, resolve, amend, pay, repair;
    uint32_t road_closed[ROADS_MAX];    // closures in force
    struct Carrier *carrier[ROADS_MAX]; // NULL: none of the twin's own
    bool carried[ROADS_MAX];            // by a fleet control; else stations carry the boxes
    uint32_t peer_tasks;                // bits of tasks that a real other side decides; 0: the world plays it
    uint32_t receipts, closures, epoch;
    struct {
        uint32_t no, entity;
        uint8_t flow;
    } fresh[FRESH_MAX]; // declared, and not yet durable
    uint32_t fresh_n;
    // ---- statistics
    DesTally *task_wait, *task_time, *place_time, *flow_wait, *flow_stay;
    DesTally wait, stay, *day_wait, *day_stay, day_all_wait, day_all_stay;
    TwinDay *day, today;
    uint32_t days, days_cap;
    DesLevel waiting_level[ROADS_MAX];
    double hour_area[ROADS_MAX][24], hour_time[24], hour_since;
    int64_t day_since, ticked_ms;
    TwinStats total;
    const TwinEmission *emission;
};

// ---- twin.c
double twin_ms(const Twin *w);              // since the start
int64_t twin_wall(const Twin *w);           // UTC
bool twin_submit(Twin *w, Input *in);       // false: refused, see w->refusal
void twin_touch(Twin *w, const Passage *p); // it will be looked at
void twin_react_all(Twin *w);               // after whatever happened
Truck *truck_at(Twin *w, uint32_t slot);
const Passage *truck_passage(const Twin *w, const Truck *t);
DesStream twin_stream(const Twin *w, uint32_t stream, uint32_t entity);
DesDist twin_dist(const TwinTime *t);               // in ms; NULL: 0
uint32_t twin_hour(const Twin *w, int64_t t_ms);    // of the day, local
int64_t twin_midnight(const Twin *w, int64_t t_ms); // the last local one

// ---- twin_build.c
void twin_build(Twin *w);
bool twin_phase_has(const Twin *w, StrList phases);

// ---- twin_truck.c: who comes
void flows_start(Twin *w);
void truck_plan(const Twin *w, uint8_t flow, uint32_t entity, int64_t at_ms, TruckPlan *ret);
bool truck_declare(Twin *w, uint8_t flow, uint32_t entity, const TruckPlan *p, uint32_t amends, bool good); // the input
void truck_adopt(Twin *w, Truck *t, const Passage *p);
double truck_delay(const Twin *w, uint8_t flow, uint32_t entity, uint8_t what, uint8_t n, const DesDist *d); // ms
void truck_again(Twin *w, uint8_t flow, uint32_t entity); // its declaration got lost: it is sent anew
#define ENTITY_ADOPTED 0x80000000u                        // no declaration of its own to show again

// ---- twin_work.c: jobs go through their steps
DesStation *work_station_new(Twin *w, uint32_t station, uint32_t servers);
DesEvent work_start(Twin *w, uint32_t slot, uint8_t what, double delay_ms);
void work_give_back(Twin *w, Truck *t); // the server that was kept
void busy_begin(Twin *w, Truck *t);
void busy_end(Twin *w, Truck *t);

// ---- twin_people.c: what people decide at the end of a work, and what they see to do
void people_finish(Twin *w, uint32_t slot, uint8_t what, const Work *k, Str actor);
void people_take(Twin *w, uint32_t slot, uint8_t what, Str actor);
void people_react(Twin *w, uint32_t slot);

// ---- twin_day.c: shifts, breakdowns, closures, tides
uint32_t day_staff(const Twin *w, uint32_t station, uint32_t hour); // who should be there: stations of the data
void day_start(Twin *w);
void day_road_opened(Twin *w, uint8_t road);

// ---- twin_carry.c: the fleets of unmanned vehicles
void carry_start(Twin *w);
void carry_free(Twin *w);
void carry_event(Twin *w, const Event *e);
bool carry_does(const Twin *w, const Passage *p, Move m); // a fleet's business, not people's
void carry_restart(Twin *w);                              // of the statistics
void carry_lost(Twin *w);                                 // the gate has restarted
void carry_hour(Twin *w);                                 // energy of the hour

// ---- twin_peer.c: a real other side
void peer_start(Twin *w);
bool peer_does(const Twin *w, const MovementRow *r);  // the link makes this move, not people
bool peer_sends(const Twin *w, const Flow *f);        // what the link declares: no arrivals of the world's own
void peer_event(Twin *w, const Event *e);             // a step of the link
void peer_adopt(Twin *w, Truck *t, const Passage *p); // somebody else has declared it just now
bool peer_sent_back(const Twin *w, const Passage *p); // at the line, to the yard it came from
double peer_corridor(const Twin *w, DesStream *s);    // ms from the line to the gate

// ---- twin_stat.c
void stat_energy(Twin *w, double igv_kwh);
void stat_init(Twin *w);
void stat_deinit(Twin *w);
void stat_event(Twin *w, const Gate *g, const Event *e);
void stat_waiting(Twin *w, const Truck *t, int by); // trucks that wait, by road
void stat_arrived(Twin *w, const Truck *t);
void stat_passed(Twin *w, const Truck *t, double waited_ms, double stay_ms);
void stat_turned_back(Twin *w, const Truck *t);
void stat_driven(Twin *w, uint32_t distance_m, bool box);
void stat_hour(Twin *w); // called at each full hour

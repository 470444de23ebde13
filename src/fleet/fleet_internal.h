#pragma once
#include "fleet.h"

#define SENT_MAX (TRAFFIC_TRAIL_MAX + 16u) // nodes of one order message
#define HORIZON  8u                        // nodes shown beyond the base

typedef enum { NOT_ALONE, PAUSED_ALONE, FOUND_PAUSED } Alone; // FOUND_PAUSED: when it was first seen
typedef enum { LEG_NONE, LEG_PICK, LEG_DROP, LEG_PARK, LEG_CHARGE } Leg;
typedef struct {                 // an order as it was sent last: sent again to the letter when it got lost
    uint32_t first_seq, n, base; // base: how many of the n are released
    uint16_t node[SENT_MAX], edge[SENT_MAX];
    Leg action; // of the last node of the leg, when it is among them; LEG_NONE: no action yet
} Sent;
typedef struct {
    char name[FLEET_ID_MAX], manufacturer[VDA_PART_MAX + 1], serial[VDA_PART_MAX + 1];
    VdaVersion version;
    // ---- what it said
    bool seen, online, driving, charging, localized, fatal, e_stop, laden, loads_known, standing;
    uint8_t mode, paused; // paused: VdaFlag
    int64_t state_ms;     // when its last state came
    uint32_t header_id;
    double x, y, theta, since_m, battery_pct;
    char said_order[64]; // orderId of its last state
    uint32_t said_update, said_seq, node_states;
    uint8_t action; // status of the leg's action
    uint8_t cancel; // of the last cancelOrder
    // ---- limits of its factsheet
    uint32_t nodes_max;
    double speed_max, interval_min_s;
    // ---- our order
    uint32_t orders, update_id, seq_last; // orders: numbers of its orders; seq_last: of the last node passed
    bool heard, off;                      // a connection message came from it; it was taken off the road
    bool nowhere;                         // it does not know where it is
    bool ordered, acked, cancelling, isolated, held, stopping_charge;
    uint8_t alone;      // Alone: held for itself, not by a zone
    bool resuming;      // told to go on, and it has not shown it yet
    int64_t pause_ms;   // when it was told last
    uint32_t cancel_no; // number of the first cancelOrder of this cancelling, sent in this second:
    int64_t cancel_s;
    Leg leg;
    Sent sent;
    int64_t sent_ms, cancel_ms, asked_ms, leg_ms, crane_ms;
    int64_t away_ms; // since when it cannot be sent; 0: it can
    uint32_t resends;
    bool crane_asked, crane_done;
    uint32_t header_out[2]; // order, instantActions
    bool restarted;         // it came online: its header ids may begin anew
    uint32_t strikes;       // header ids that went back although it did not restart, within a minute
    int64_t strike_ms;
    double battery_was;
    int64_t battery_ms;
    // ---- work
    uint32_t job; // index; FLEET_NONE
    TrafficReason waits;
    int64_t waits_since_ms, cycle_ms;
    uint32_t alarms;
    bool service_due;
    double driven_m, laden_m, km_service, h_service;
    uint32_t errors, errors_service;
    uint16_t over_from; // the last node's owner, to see it leave the line
    bool over;
} Unit;
typedef struct {
    bool used, go, go_asked, cross, cross_asked, withdrawn;
    bool adopted; // from before a restart of the controller, and its vehicle has had no order since
    FleetJob j;
    char box[16];
    uint8_t step;
    uint8_t side; // where the box is, or where it is carried to when it is back
    uint32_t vehicle, tries;
    uint16_t avoid; // the place that did not do
    double off_s;   // a reefer on its vehicle: without power since it was at a plug
    int64_t asked_ms, assigned_ms;
    FleetTrip trip;
} Job;
struct Fleet {
    const RouteMap *map;
    double x0, y0, x1, y1; // the ground that the map shows
    FleetParams p;
    FleetPort port;
    RouteTraffic *traffic;
    Unit v[FLEET_VEHICLES_MAX];
    uint32_t vehicles;
    Job *job;
    uint32_t jobs_used;    // highest index + 1
    uint32_t alone;        // the vehicle for which the border stretch is kept free; FLEET_NONE
    uint32_t zone_stopped; // bits; all: ALL_STOPPED
    bool broker_up;
    bool known;       // where all stand
    int64_t start_ms; // when it could first hear them
    uint32_t actions; // numbers of our actions
    Arena arena;      // of one message
    FleetStats stats;
    double cycle_sum, wait_sum;
    double *stood_s;  // by node: vehicle seconds without road
    int64_t moved_ms; // when anybody last got on
    RoutePlanner *planner;
    struct FleetPlan *plan;
    float *seconds;       // [place * nodes + node]: by the empty road
    uint16_t *place;      // nodes where one may stand
    uint16_t *next_crane; // beside place: the nearest crane place of its side
    uint8_t *aisle;       // [node * OWNER_COUNT + owner]: zone of that side's nearest place
    uint32_t places;
    int64_t crowded[OWNER_COUNT]; // when somebody last found no room to wait there
};

static inline Str vehicle_name(const Unit *v) {
    return str_c(v->name);
}
static inline Unit *vehicle_at(Fleet *f, uint32_t v) {
    CK_ASSERT(v < f->vehicles);
    return &f->v[v];
}
// ---- fleet.c
void alarm_set(Fleet *f, uint32_t v, FleetAlarm a, bool on, Str what);
FleetStatus status_of(const Fleet *f, const Unit *k);
bool may_be_sent(const Fleet *f, const Unit *k);                // takes orders now
uint32_t edge_at(const Fleet *f, const Unit *k, uint32_t from); // on which it stands, from this node or any; MAP_NONE
bool off_node(const Fleet *f, const Unit *k, uint32_t node, double *ret_m); // it stands between this node and another
// ---- fleet_kpi.c
void kpi_moved(Fleet *f, uint32_t v, double m); // it drove so far
void kpi_carried(Fleet *f, const FleetTrip *t);
void kpi_reefer(Fleet *f, uint32_t v, double s);
void kpi_seconds(Fleet *f, uint32_t v, double s); // so long in its status
// ---- fleet_order.c
void order_begin(Fleet *f, uint32_t v, Leg leg, int64_t now_ms); // from where its base ends, to its booked place
void order_update(Fleet *f, uint32_t v, int64_t now_ms);         // what traffic granted since
void order_resend(Fleet *f, uint32_t v, int64_t now_ms);
void order_cancel(Fleet *f, uint32_t v, int64_t now_ms);
void order_instant(Fleet *f, uint32_t v, const char *type, int64_t now_ms);
void order_localise(Fleet *f, uint32_t v, uint32_t node, double theta, int64_t now_ms);
void order_id_format(const Unit *k, char ret[64]);
// ---- fleet_session.c: messages in
// ---- fleet_drive.c
void drive_all(Fleet *f, int64_t now_ms);
bool drive_to(Fleet *f, uint32_t v, uint32_t place, Leg leg, int64_t now_ms); // books, finds a way, begins an order
// ---- fleet_job.c
void jobs_assign(Fleet *f, int64_t now_ms);
void job_step(Fleet *f, Job *j, FleetStep step, uint16_t node, Str reason);
void job_arrived(Fleet *f, uint32_t v, int64_t now_ms); // the leg is at its end
void job_leg_failed(Fleet *f, uint32_t v, Str why, int64_t now_ms);
uint32_t place_for(Fleet *f, uint32_t v, uint32_t from, uint8_t owner, uint32_t spots, uint32_t fit, uint16_t avoid);
double seconds_between(Fleet *f, uint32_t from, uint32_t to);
// ---- fleet_plan.c
void plan_cycle(Fleet *f, int64_t now_ms);
void plan_free(Fleet *f);

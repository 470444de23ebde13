// The ground of the unmanned vehicles in virtual time: virtual vehicles (fleet_vehicle.h), cranes, the air between them
// and the fleet control, faults by seed. The fleet control is the real one; it sees nothing but messages. An
// independent checker looks at the bodies of all vehicles as they really stand.
#pragma once
#include "des/des_dist.h"
#include "fleet/fleet_book.h"

typedef struct {
    uint32_t loss_permille, twice_permille; // of messages, each way
    uint32_t delay_min_ms, delay_max_ms;    // delay_max 0: states come at once, orders after a millisecond
    // mean hours of driving of one vehicle between; 0: never
    double obstacle_h, dead_h, manual_h, silent_h, estop_h, slow_h;
    uint32_t crane_fail_permille, action_fail_permille;
    double cycle_s; // of the fleet control; 0: 1
    // Mean hours between kills of the controller; 0: never. Each comes when it has just said something: its book
    // knows, what it sent with that is lost. Some seconds later the next takes over with the book and the broker's
    // retained messages; until then nobody hears anything.
    double controller_h;
} FleetFaults;
extern const FleetFaults fleet_faults_usual; // a bad day, for tests
typedef struct {
    uint64_t seed;
    uint32_t replication, vehicles;
    int64_t start_ms;
    double crossings_h; // of boxes, both directions together; 0: jobs come from outside
    FleetFaults faults;
    FleetParams params;
    const bool *laden; // by vehicle: has a box on it when the world begins; NULL: none
    bool mixed;        // versions 2.0, 2.1 and 3.0 in turn; else 2.1
    double check_s;    // seconds between looks at the bodies; 0: never
    uint32_t state_ms; // vehicles say their state at least so often; 0: as they like
} FleetWorldConfig;
typedef struct FleetWorld FleetWorld;
FleetWorld *fleet_world_new(const RouteMap *m, const FleetWorldConfig *c);
void fleet_world_free(FleetWorld *w);
void fleet_world_run(FleetWorld *w, int64_t until_ms);
int64_t fleet_world_next(const FleetWorld *w);
int64_t fleet_world_now(const FleetWorld *w);
Fleet *fleet_world_fleet(FleetWorld *w); // another one after each kill
// What the fleet control says goes here instead: the gate's leave and the beginning of a crane are then the listener's
// business. Within it fleet_* may not be called.
void fleet_world_listen(FleetWorld *w, void (*event)(void *ctx, const FleetEvent *e), void *ctx);
void fleet_world_crane(FleetWorld *w, uint32_t job, uint32_t vehicle, bool lift); // it begins; fleet_crane() at its end
// Each text before the control takes it; its time is not the control's.
void fleet_world_tap(FleetWorld *w, void (*tap)(void *ctx, VdaTopic topic, Str text), void *ctx);
void fleet_world_stop_jobs(FleetWorld *w);
void fleet_world_calm(FleetWorld *w); // no more bad luck

typedef struct {
    uint64_t asked, done, withdrawn, looks, collisions, states, orders;
    uint32_t first_a, first_b; // who met first
    int64_t first_ms;
    double wait_s_mean, wait_s_p95, wait_s_max;       // asked to done, less nothing
    double messages_s;                                // CPU of taking messages: read, checked, understood; with a clock
    double cycle_ms_mean, cycle_ms_p99, cycle_ms_max; // CPU of one cycle of the control, when a clock was given
    double kwh;                                       // driven by all vehicles
    uint64_t events, restarts, faults;
    uint64_t picked, set_down; // as vehicles felt it
    uint64_t found;            // boxes that somebody had to look for
} FleetWorldStats;
void fleet_world_stats(const FleetWorld *w, FleetWorldStats *ret);
void fleet_world_clock(FleetWorld *w, double (*cpu_s)(void)); // to measure cycles

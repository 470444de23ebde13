// The twin: people, trucks and machines of a gate in virtual time. They act only through the inputs that real people
// and devices send and see only what happened; every rule is the kernel's.
//
//   a port takes an input and lets it happen: the kernel in memory (TwinGate), or a ledger with its journal;
//   twin_sink is given every event; twin_run feeds the port up to a time.
//
// Times are milliseconds since 1970 UTC; inside the engine, milliseconds since the start as double (exact).
// Deterministic: (site, data, seed, replication, lay-out) give the same inputs, bit for bit.
#pragma once
#include "des/des.h"
#include "des/des_dist.h"
#include "des/des_stat.h"
#include "des/des_station.h"
#include "gate/gate.h"
#include "route/route_map.h"
#include "twin_doc.h"

typedef struct Twin Twin;
#define TWIN_AS_DATA UINT32_MAX // "as the site's data says" in a lay-out
typedef struct {
    uint32_t servers[TWIN_STATIONS_MAX];                // by station of the data, in its order
    uint32_t per_day[TWIN_FLOWS_MAX];                   // by flow
    uint32_t staff[TWIN_STATIONS_MAX][TWIN_SHIFTS_MAX]; // there in each shift of the data, at most `servers`
    const TwinTide *tides;                              // instead of the data's, when not NULL
    uint32_t tides_n;
    // Unmanned vehicles of a road under the real fleet control (src/fleet) on these roads, borrowed; map NULL: the
    // stations igv, crane and peer_crane of the data instead, with the times of its works.
    struct {
        bool outside; // a fleet control that is not the twin's carries the boxes: people leave them alone
        const RouteMap *map;
        uint32_t vehicles; // more than 0, fewer than the lay-out has places
        bool faults;       // fleet_faults_usual: messages get lost, vehicles stop, go silent, are driven by hand
    } fleet[ROADS_MAX];
} TwinLayout;
typedef struct {
    const Site *site;   // borrowed, with its phase
    const TwinDoc *doc; // borrowed
    TwinLayout layout;
    uint64_t seed;
    uint32_t replication;
    int64_t start_ms;
    uint32_t passages_max; // open at once
    Str from;              // gate_save() of a live gate with this site, and the world goes on there; empty: a new gate
    uint64_t first_id;     // plates, customs numbers and the like are made from here on
    // The other side is a real centre behind the link: it declares what comes in and makes its own moves (peer_exit,
    // peer_receive, deliver ...) and decisions (task `peer`); the world makes none of them, and no boxes. False: the
    // world plays the other side too.
    bool peer;
} TwinConfig;
void twin_layout_init(TwinLayout *l); // all as the data says

typedef struct {
    Str where, what;
} TwinProblem;
#define TWIN_PROBLEMS_MAX 16
// Checks data and site together: every task of every procedure has its work, names resolve, lanes connect, shares add
// up.
uint32_t twin_check(const Site *s, const TwinDoc *d, Arena *a, TwinProblem ret[TWIN_PROBLEMS_MAX]);

// What takes the inputs. `submit` runs the input to its end and gives each event to twin_sink(twin, ...).
typedef struct {
    void *ctx;
    void (*submit)(void *ctx, const Input *in);
} TwinPort;
Twin *twin_new(const TwinConfig *c, TwinPort port); // asserts on data that twin_check finds fault with
void twin_free(Twin *w);
// The gate whose state the people look at: after the site was adopted, and again after a restart. Takes every open
// passage into the world as it stands; what was in work begins anew.
void twin_attach(Twin *w, const Gate *g);
void twin_no_answer(Twin *w);             // within submit: the input was lost on its way; it will be tried again
void twin_halt(Twin *w);                  // within submit: the gate is gone; nobody looks at it until twin_attach
void twin_committed(Twin *w);             // all that it has seen so far is durable: nobody will have to send it again
GateSink twin_sink;                       // ctx: the Twin
void twin_run(Twin *w, int64_t until_ms); // all that happens up to then, deadlines of the kernel among it
int64_t twin_next(const Twin *w);         // when something happens next
int64_t twin_now(const Twin *w);
void twin_stop_arrivals(Twin *w); // nobody new comes: to see the gate run empty
// With a real other side: it has signed the truck of this export back over the line (a hand-over that is `arrived` here
// as taker), so it drives home. Seen by itself in the event LINK; after each twin_attach, whose state does not say it,
// to be called again for all such hand-overs. More than once is as once; a passage that has ended is passed over.
void twin_coming_back(Twin *w, uint32_t passage);

// A kernel in memory as a port.
typedef struct {
    void *memory;
    Gate *gate;
    Arena arena;
    Twin *twin;
    uint64_t inputs, events;
} TwinGate;
Twin *twin_gate_new(TwinGate *tg, const TwinConfig *c); // kernel, world and adoption of the site in one
void twin_gate_free(TwinGate *tg);

// ---- what was seen. Waiting: time at the gate during which nobody and nothing works on the truck and it does not
// drive.
typedef struct {
    uint32_t arrived, passed, turned_back, no_show;
    double wait_mean, wait_p50, wait_p95, wait_p99; // minutes, of those that passed this day
    double stay_mean, stay_p95;                     // minutes from arrival to having passed
} TwinDayFlow;
typedef struct {
    TwinDayFlow flow[TWIN_FLOWS_MAX], all;
    double queue_max[ROADS_MAX]; // trucks waiting, the most
    double co2_idle_kg, co2_move_kg, co2_igv_kg, nox_kg, pm_kg, igv_kwh, fuel_idle_l;
    int64_t fees_vnd;
    uint32_t alarms;
} TwinDay;
typedef struct {
    uint32_t days; // whole days seen
    const TwinDay *day;
    const DesTally *task_wait, *task_time; // by task: opened to taken, opened to decided; minutes
    const DesTally *place_time;            // [kind * PLACE_COUNT + place]: minutes
    const DesTally *wait, *stay;           // of all that passed; minutes
    const DesTally *flow_wait, *flow_stay; // by flow
    double waiting[ROADS_MAX];             // now
    double hour_queue[ROADS_MAX][24];      // mean number waiting in that hour of the day
    uint64_t alarms[ALARM_COUNT], refusals[REFUSE_COUNT];
    uint64_t inputs, events, declared, closed, turned_back, effects,
        turned_away; // turned away: no room in the gate's memory
    uint32_t open;
} TwinStats;
void twin_stats(const Twin *w, TwinStats *ret); // pointers borrowed until the next run
void twin_stats_restart(Twin *w);               // forget what was seen so far: the end of the warm-up
typedef struct {
    Str id, road;
    uint8_t kind;
    uint32_t servers;
    double wait_mean, wait_p95, wait_p99; // minutes
    double queue_mean, queue_max, utilisation, served;
} TwinStationStats;
uint32_t twin_stations(const Twin *w); // lanes among them
void twin_station(const Twin *w, uint32_t i, TwinStationStats *ret);
double twin_cost_day(const Twin *w); // of the lay-out, thousand VND
// The fleet of a road since the last twin_stats_restart; false: it has none.
typedef struct {
    uint32_t vehicles;
    uint64_t done, withdrawn, collisions;
    double cycle_min_mean, wait_min_mean, longest_min; // given to set down; asked to given; longest now waiting
    double driven_km, laden_km, kwh;
    uint64_t inputs, refused;
} TwinFleetStats;
bool twin_fleet(const Twin *w, uint8_t road, TwinFleetStats *ret);

// The twin's data: who comes, how long each thing takes, how many there are, what fails, what it costs and emits. Site
// data like the rules (sites/<gate>/twin.json and what it uses; schema/twin.schema.json), bound by field tables.
// Every number says its unit; every figure says its source: [S] published, [K] to be calibrated, [I] inferred.
#pragma once
#include "gate/gate_site.h"

#define TWIN_STATIONS_MAX 64
#define TWIN_SHIFTS_MAX   4
#define TWIN_STEPS_MAX    8
#define TWIN_FLOWS_MAX    16
#define TWIN_CARGO_MAX    64

#define TWIN_DIST_TABLE(X)                                                                                             \
    X(TWIN_FIXED, "fixed")                                                                                             \
    X(TWIN_EXPONENTIAL, "exponential")                                                                                 \
    X(TWIN_ERLANG, "erlang")                                                                                           \
    X(TWIN_GAMMA, "gamma") X(TWIN_LOGNORMAL, "lognormal") X(TWIN_UNIFORM, "uniform") X(TWIN_TRIANGULAR, "triangular")
ENUM_DECLARE(TwinDistKind, TWIN_DIST_TABLE, TWIN_DIST_COUNT)
typedef struct {
    uint8_t is;         // TwinDistKind
    uint32_t mean_s, k; // k: phases of an Erlang
    uint32_t cv_permille;
    uint32_t min_s, mode_s, max_s;
} TwinTime;
typedef struct {
    uint32_t from, to; // hours 0-24, weekdays 1-7 (Monday first), months 1-12; `to` exclusive for hours
    uint32_t permille; // of the mean
} TwinPiece;
typedef struct {
    Str id;
    List hours, weekdays, months; // TwinPiece; empty = even
    Str source;
} TwinProfile;
typedef struct {
    Str phase; // empty: all that are not named
    uint32_t n;
    Str profile; // of arrivals in this phase, where it differs
} TwinPhase;
typedef struct {
    uint8_t mode;
    uint32_t permille;
} TwinModeShare;
typedef struct {
    Str id, road;
    uint8_t direction;
    bool unmanned;
    List per_day; // TwinPhase: vehicles (containers) a day, mean over the year
    Str profile;
    uint32_t foreign_permille, empty_permille, to_yard_permille; // to_yard: imports whose goods stay in the yard
    List modes;                                                  // TwinModeShare of trucks; boxes are unmanned
    TwinTime *lead;                                              // from the declaration until it leaves for the border
    TwinTime *run_up;                                            // from there until it stands in the queue
    uint32_t no_show_permille, late_permille, paper_error_permille, weight_error_permille, breakdown_permille;
    uint32_t green_permille, yellow_permille; // channels; the rest is red
    Str source;
} TwinFlow;
typedef struct {
    Str id, hs, description;
    uint8_t direction;
    uint32_t permille; // share within its direction
    List months;       // TwinPiece: season
    uint32_t net_kg_min, net_kg_max, vnd_kg;
    uint32_t container_permille;
    Str container_type;
    bool unmanned; // may go on an unmanned vehicle
    bool growing_area;
    uint32_t certificates; // bits of Cert
} TwinCargo;
typedef struct {
    uint32_t from, to; // hours of the day
    uint32_t permille; // of the servers that are there then
} TwinShift;
#define TWIN_STATION_TABLE(X)                                                                                          \
    X(TWIN_OFFICER, "officer") X(TWIN_DEVICE, "device") X(TWIN_PLACE, "place") X(TWIN_VEHICLE, "vehicle")
ENUM_DECLARE(TwinStationKind, TWIN_STATION_TABLE, TWIN_STATION_COUNT)
typedef struct {
    Str id, road; // road empty: serves all roads
    Text *name;
    uint8_t kind;
    List servers;                      // TwinPhase
    List shifts;                       // TwinShift; empty = all, always
    uint32_t absent_permille;          // of the servers of a shift
    uint32_t mtbf_h, mttr_min;         // of one server; 0 = never fails
    uint32_t servers_min, servers_max; // the planner's range
    uint32_t cost_day;                 // thousand VND for one server and day of 24 h (officers: all their shifts)
    Str source;
} TwinStation;
typedef struct {
    Str station;    // empty: a delay without a resource; "lane": the booth of the lane that the gate gave
    TwinTime *time; // absent: none
    bool keep;      // the server stays with it until a step gives it back
    bool give;
} TwinStep;
typedef struct {
    Str task;                                                 // the decision, or
    uint8_t move;                                             // the movement that comes at the end
    uint32_t kinds, modes;                                    // bits of Kind, Mode; 0 = all
    StrList phases;                                           // empty = all
    bool foreign, home;                                       // only such vehicles
    List steps;                                               // TwinStep
    uint32_t hold_permille, rework_permille, refuse_permille; // what the officer finds instead
    uint32_t distance_m;                                      // driven under way, for the emissions
    Str source;
} TwinWork;
typedef struct {
    Str id, road; // road empty: all
    uint8_t cause;
    uint32_t every_h; // mean time between beginnings; 0: by the clock
    TwinTime *time;
    List months;       // TwinPiece
    uint32_t from, to; // hours of each day when it is closed by the clock
    StrList phases;    // in which it holds; empty = all
    Str source;
} TwinClosure;
typedef struct {
    Str lane;
    uint32_t from, to; // hours of the day
    uint8_t way;
} TwinTide;
typedef struct {
    Str id;
    int64_t from_ms; // in force from
    uint32_t idle_co2_g_h, idle_nox_g_h, idle_fuel_ml_h;
    uint32_t idling_permille; // of the waiting time with the engine on (reefers and queues that creep)
    uint32_t co2_g_km, nox_mg_km, pm_mg_km;
    uint32_t igv_wh_km, grid_g_kwh;
    uint32_t igv_trip_m; // one crossing, one way
    Str source;
} TwinEmission;
typedef struct {
    uint32_t lane_day, yard_place_day; // thousand VND
    Str source;
} TwinCost;
typedef struct {
    uint32_t utc_offset_min;
    TwinTime *retry;   // after a refusal that passes by itself
    TwinTime *resolve; // a hold, by those who may
    TwinTime *amend;   // a trader puts papers right
    TwinTime *pay;
    TwinTime *repair;   // of a truck that broke down
    uint32_t give_up_h; // a trader withdraws after so long before the border
    Str source;
} TwinParams;
typedef struct {
    TwinParams *params;
    TwinCost *costs;
    List flows, profiles, cargo, stations, works, closures, tides, emissions;
} TwinDoc;
extern const FieldTable twin_doc_fields;
const TwinPhase *twin_phase(List numbers, Str phase); // its own, else the one for all that are not named; NULL: neither
uint32_t twin_phase_number(List numbers, Str phase, uint32_t otherwise);

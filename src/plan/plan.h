// Plan: experiments on the twin. A lay-out is what a gate consists of beyond the site's data: lanes, stations, yard
// places, vehicles. Replication r of every lay-out sees the same trucks (common random numbers).
#pragma once
#include "des/des_run.h"
#include "twin/twin.h"

#define PLAN_STATIONS_MAX (TWIN_STATIONS_MAX + LANES_MAX)
enum { PLAN_OUT, PLAN_IN, PLAN_TIDAL };
typedef struct {
    TwinLayout twin;
    uint32_t lanes[ROADS_MAX][3]; // truck lanes of a road: out, in, tidal; TWIN_AS_DATA
    uint32_t yard[YARDS_MAX];     // places
} PlanLayout;
void plan_layout_init(PlanLayout *l);

typedef struct {
    const SiteDoc *doc; // borrowed, with its phase
    const TwinDoc *twin;
    uint64_t seed;
    int64_t start_ms;
    uint32_t days, warmup_days;
    uint32_t passages_max;
} PlanCase;
// The site with the lay-out's lanes and yards; lives in `a`. ERR_INVALID with the problem in *ret_what.
Err plan_site(const PlanCase *c, const PlanLayout *l, Arena *a, Site **ret, Str *ret_what) MUST_USE;

// What one replication saw, per day where it says so.
typedef struct {
    double passed, arrived, wait_mean, wait_p50, wait_p95, wait_p99, stay_mean, stay_p95; // passed, arrived: a day
} PlanFlow;
typedef struct {
    double n, utilisation, wait_mean, wait_p95, queue_mean, queue_max, served;
} PlanStation;
typedef struct {
    PlanFlow flow[TWIN_FLOWS_MAX], road[ROADS_MAX], all;
    PlanStation station[PLAN_STATIONS_MAX];
    double task_wait[TASKS_MAX][2], task_time[TASKS_MAX][2]; // mean, P95 in minutes
    double place_time[KIND_COUNT * PLACE_COUNT][2];
    double hour_queue[ROADS_MAX][24];
    double alarms[ALARM_COUNT], refusals[REFUSE_COUNT], turned_back, no_show; // a day
    double fees_vnd, co2_idle_kg, co2_move_kg, co2_igv_kg, nox_kg, pm_kg, igv_kwh, fuel_idle_l;
    double days, inputs, events, open, cost_day;
    struct { // of a road's unmanned vehicles under the real fleet control; boxes and km a day; 0 vehicles: none
        double vehicles, done, withdrawn, cycle_min, wait_min, longest_min, km, laden_share, kwh, collisions;
    } fleet[ROADS_MAX];
} PlanOut;
void plan_once(const PlanCase *c, const Site *site, const PlanLayout *l, uint32_t replication, PlanOut *ret);
// Replications first .. first + n - 1 on all cores.
typedef struct {
    void (*say)(void *ctx, uint32_t done, uint32_t n);
    void *ctx;
    volatile int *stop;
    uint32_t threads;
} PlanProgress;
uint32_t plan_replicate(const PlanCase *c, const Site *site, const PlanLayout *l, uint32_t first, uint32_t n,
                        const PlanProgress *p, PlanOut *outs);
// The interval of one figure over replications: `offset` is that of a double in PlanOut.
DesInterval plan_interval(const PlanOut *outs, uint32_t n, size_t offset);
#define PLAN_AT(member) offsetof(PlanOut, member)

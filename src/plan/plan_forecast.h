// Forecast: the next hours of a live gate. Each replication begins with the kernel's state as it is now, takes every
// passage into the world as it stands (what is in work begins anew), and goes on with arrivals of its own.
#pragma once
#include "plan.h"

#define PLAN_HOURS_MAX 72
typedef struct {
    const Site *site; // the one in force in `state`
    const TwinDoc *twin;
    Str state; // gate_save
    const TwinLayout *layout;
    uint64_t seed, first_id; // TwinConfig
    int64_t start_ms;        // now
    uint32_t hours, passages_max;
} PlanForecast;
typedef struct {
    double waiting, passed, wait_mean, wait_p95; // at the end of the hour; within it; minutes, of those that passed
} PlanHour;
typedef struct {
    PlanHour hour[PLAN_HOURS_MAX][ROADS_MAX];
    double passed[ROADS_MAX], wait_p95[ROADS_MAX]; // over all hours
    double used[PLAN_STATIONS_MAX], queue[PLAN_STATIONS_MAX];
    double begun[ROADS_MAX]; // waiting now
} PlanAhead;
// Replications 0 .. n - 1 on all cores; returns how many there are.
uint32_t plan_forecast(const PlanForecast *f, uint32_t n, const PlanProgress *p, PlanAhead *outs);

// Arrivals as a non-homogeneous Poisson process, constant within each hour of the local day, times a factor for the
// weekday where the record covers a week:
//
//   rate(h, w) = rate[h] weekday[w], the mean of weekday[] is 1
//
// by maximum likelihood of the log-linear Poisson model (proportional fitting, Deming and Stephan 1940, Ann. Math.
// Stat. 11). Intervals of a rate: exact Poisson limits (Garwood 1936, Biometrika 28), the weekday factors taken as
// known. Dispersion: sum over clock hours of (seen - expected)^2 / expected against chi squared; sparse hours make it
// conservative (Haldane 1937, Biometrika 29). Its mean over the degrees of freedom is variance to mean: 1 for a Poisson
// process, more for arrivals in bunches or days that differ, less for appointments.
#pragma once
#include "base/base.h"
#include <math.h>

typedef struct {
    uint32_t n;
    double days;                     // of record
    double seen[24], hours[24];      // arrivals in this hour of the day, hours of record
    double rate[24], lo[24], hi[24]; // an hour; 95 %; NAN where there is no record
    bool by_weekday;
    double weekday[7];               // Monday first; 1 unless by_weekday
    bool whole;                      // every hour of the day has a record
    double per_day, per_day_half;    // of an average day, 95 %; NAN unless whole
    double dispersion, dispersion_p; // p on both sides; NAN when df is 0
    uint32_t df;                     // 0: no hour of the day came twice
} PlanArrivals;
typedef enum { PLAN_POISSON, PLAN_BUNCHED, PLAN_EVEN, PLAN_UNTESTED } PlanArrivalVerdict;

// at_ms: n times within [from_ms, to_ms], any order, borrowed. Local time is UTC + utc_offset_min. ERR_INVALID: a time
// outside, or no record (to_ms <= from_ms); ERR_LIMIT: a record of more than 100 years.
Err plan_arrivals(const int64_t *at_ms, uint32_t n, int64_t from_ms, int64_t to_ms, int32_t utc_offset_min,
                  PlanArrivals *ret) MUST_USE;
PlanArrivalVerdict plan_arrivals_verdict(const PlanArrivals *a); // at the 5 % level

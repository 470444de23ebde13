// Ranking and selection: the system with the smallest mean among k, with probability 1 - alpha when it is better than
// the others by at least delta. KN (Kim and Nelson 2001, ACM TOMACS 11), fully sequential, valid under common random
// numbers: replication r of all systems still in play is taken together.
#pragma once
#include "des/des_stat.h"

#define PLAN_SYSTEMS_MAX 64
typedef struct {
    uint32_t systems, first_stage; // first_stage: n0, at least 2
    double alpha, delta;
    uint32_t replications_max;
    double (*sample)(void *ctx, uint32_t system, uint32_t replication);
    void *ctx;
} PlanSelect;
typedef struct {
    uint32_t best, left;   // left: systems still in play at the end; 1 = the guarantee holds
    uint32_t replications; // of the last stage
    uint64_t samples;      // taken in all
    double mean[PLAN_SYSTEMS_MAX];
    bool out[PLAN_SYSTEMS_MAX];
} PlanChoice;
void plan_select(const PlanSelect *s, PlanChoice *ret);

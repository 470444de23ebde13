// The cheapest lay-out of one road that lets `target` vehicles a day pass with a P95 wait of at most `wait_max_min`,
// with 95 % confidence.
//   1 size         one run with plenty of everything gives the load of each resource; that load in the peak hour is
//                  the start
//   2 grow         while the wait is over half of the bound, one more of what the most vehicles wait for; when nothing
//                  on the way from there can be proved, over a quarter, an eighth
//   3 shrink       a step of each in turn, what costs most first, as long as the target still holds, until nothing can
//                  go: a way of ever cheaper lay-outs, by the mean of a few replications
//   4 prove        bisects that way with more replications: a lay-out is taken when the upper end of its interval is
//                  within the bound, thrown out when the lower end is beyond. The confidence of each look is divided by
//                  the number of looks (Bonferroni), so the whole choice errs with at most 5 %.
//   5 tides        the timetable of the tidal lanes by KN selection (plan_select.h); the proof must hold with it too
//   6 sensitivity  one more and one fewer of each resource under common random numbers, with paired intervals
#pragma once
#include "plan.h"
#include "plan_select.h"

#define PLAN_VARS_MAX 64
enum { PLAN_VAR_STATION, PLAN_VAR_LANE, PLAN_VAR_SHIFT, PLAN_VAR_YARD };
typedef struct {
    uint8_t kind, index, way; // way: of a lane; the shift of a station
    uint32_t min, max;
    uint32_t as_data; // of a shift: permille of the station's number; of a yard: places
    double cost;      // thousand VND a day for one
    char name[64];
} PlanVar;
typedef struct {
    PlanCase c;
    uint8_t road;
    uint32_t target;      // vehicles a day
    double wait_max_min;  // P95
    uint32_t first, most; // replications of a first look and at most
    volatile int *stop;
    void (*say)(void *ctx, const char *what);
    void *ctx;
    uint32_t threads;
} PlanGoal;
typedef struct {
    PlanLayout layout;
    double cost;
    DesInterval p95, passed, arrived, wait; // minutes, vehicles a day
    double p95_bound;                       // upper end with the confidence of a proof; INFINITY when not proved
    uint32_t replications;
    bool feasible;
    double glimpse;              // P95 over the first two replications
    double queue[PLAN_VARS_MAX]; // mean number that waits for each resource
    double used[PLAN_VARS_MAX];
} PlanPoint;
typedef struct {
    PlanVar var;
    uint32_t n;
    DesInterval more, fewer; // change of the P95 wait in minutes with one more, one fewer; n = 0: not possible
} PlanSensitivity;
typedef struct {
    PlanVar var[PLAN_VARS_MAX];
    uint32_t vars;
    PlanPoint best;                // feasible, or the nearest to it
    bool found, stopped, hopeless; // hopeless: not even the most of everything seems to do
    uint32_t evaluations, lay_outs;
    PlanSensitivity sensitivity[PLAN_VARS_MAX];
    uint32_t
        bottleneck;   // index of a variable: what one more of helps most, or when none surely helps, what most wait for
    bool sure;        // one more of it helps, with 95 % over all resources together
    const char *tide; // the timetable that was chosen
    PlanChoice tide_choice;
} PlanAnswer;
uint32_t plan_var_get(const PlanVar *v, const PlanLayout *l);
void plan_var_set(const PlanVar *v, PlanLayout *l, uint32_t n);
void plan_vars(const PlanGoal *g, PlanAnswer *a); // what the road has: stations, lanes, quieter shifts, yards
Err plan_search(const PlanGoal *g, PlanAnswer *ret, Arena *a,
                Str *ret_what) MUST_USE; // ERR_INVALID: what is wrong with the goal

// The parts of cuakhau plan.
#pragma once
#include "app_sim.h"
#include "plan/plan_search.h"

typedef struct {
    const char *site, *phase, *phases, *target, *wait, *road, *days, *seed, *replications, *threads, *tariff, *report,
        *from, *hours, *with, *calibrate;
    bool json;
} PlanOptions;
volatile int *plan_stop(void);                           // set by SIGINT and SIGTERM once asked for: say what there is
bool plan_parse_wait(const char *text, double *ret_min); // 30, 30min, 90s, 1h
int plan_compare(const PlanOptions *o);                  // all return an exit status
int plan_forecast_app(const PlanOptions *o);
int plan_calibrate(const PlanOptions *o);

typedef struct {
    const AppTwin *t;
    const PlanGoal *g;
    const PlanAnswer *a;
    char command[1024];
    double seconds;
} PlanResult;
void plan_text(const PlanResult *r, FILE *to);
void plan_json(const PlanResult *r, Buf *b);
void plan_html(const PlanResult *r, Buf *b);

// What a journal tells about service times and arrivals: cuakhau plan --calibrate.
#pragma once
#include "app_plan.h"
#include "plan/plan_arrivals.h"
#include "plan/plan_fit.h"

// What the journal's times are:
//   service  an officer took the task and decided it: nothing is waited for
//   delay    from when it could begin to its end, and by the twin's data it needs no station: nothing is waited for
//   demand   from when it could begin to its end, through stations: the journal cannot tell waiting from service
typedef enum { CAL_SERVICE, CAL_DELAY, CAL_DEMAND, CAL_MEASURES } CalMeasure;
typedef struct { // seconds of one kind of work, in the order of their ends
    char name[160];
    CalMeasure measure;
    const TwinWork *work;  // of the twin's data, or NULL
    const TwinTime *param; // of its params, or NULL
    double *x;
    uint32_t n, cap;
    uint32_t left_out; // broken off by refusals, incidents and the like
    uint32_t zero;     // took no time
    uint32_t open;     // not ended when the journal does
    bool fitted;
    PlanFit fit;
} CalGroup;
enum { CAL_DECLARED, CAL_ARRIVED, CAL_STREAMS };
typedef struct {
    const TwinFlow *flow;
    int64_t *at;
    uint32_t n, cap, skip; // skip: before the hours that are asked for
    PlanArrivals fit;
} CalStream;
typedef struct { // what the gate does not keep of a passage
    uint32_t no;
    uint32_t refused; // bits of tasks whose decision was refused: they took longer than the work
    uint32_t fees;    // assessed so often
    int64_t fee_ms, broken_ms;
    bool troubled; // a movement was refused or an incident came since it is where it is
} CalTruck;
typedef struct {
    AppTwin t; // the twin's data that the times are set beside
    const char *journal;
    char site[64], phase[32]; // of the journal
    uint64_t events, seen, seed;
    int64_t from_ms, to_ms;
    uint32_t declared, groups, streams;
    uint32_t last_hours; // whose arrivals count; 0: all
    CalGroup *group;     // 3 a work, then params, then 3 a task that the data do not know
    CalStream stream[TWIN_FLOWS_MAX][CAL_STREAMS];
    CalTruck *truck; // by the passage's place in the gate
    int64_t reopened_ms[ROADS_MAX];
} Calibration;
enum { CAL_RESOLVE, CAL_AMEND, CAL_PAY, CAL_REPAIR, CAL_PARAMS };
extern const char *const cal_param_names[CAL_PARAMS];
GateSink cal_sink; // ctx: Calibration; before and after each event of the journal

double cal_data_mean(const CalGroup *g); // seconds, of the service alone; NAN when the data say nothing
bool cal_pure(const CalGroup *g);        // service or delay, enough of them, hardly any cut off by the journal's end
void cal_text(const Calibration *c, FILE *to);
Err cal_json(Calibration *c, Buf *b) MUST_USE; // with the fragment for twin.json
void cal_html(const Calibration *c, Buf *b);
void cal_verdict(const CalGroup *g, char *ret, size_t max);
void cal_dist(const DesDist *d, char *ret, size_t max);
const char *cal_arrival_verdict(const PlanArrivals *a);
extern const char *const cal_measure_names[CAL_MEASURES];
extern const char *const cal_stream_names[CAL_STREAMS];
Err cal_fragment(Calibration *c, Buf *b) MUST_USE; // app_plan_calibrate_twin.c
void cal_time_json(Buf *b, const DesDist *d);      // as a time of twin.json

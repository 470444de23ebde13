// What sim and plan say of runs of the twin: as text, JSON and an HTML report.
#pragma once
#include "app_twin.h"
#include "plan/plan.h"

typedef struct {
    const AppTwin *t;
    const Site *site; // of the lay-out
    const PlanCase *c;
    const PlanOut *outs;
    uint32_t n;          // replications
    const char *command; // that gives these figures again
    double seconds;      // it took; 0 = not to be said
} SimResult;
DesInterval sim_at(const SimResult *r, size_t offset);
uint32_t sim_stations(const SimResult *r);
Str sim_station_name(const SimResult *r, uint32_t i, char *buf, size_t max); // "booth hn", "lane H1"
void sim_text(const SimResult *r, FILE *to);
void sim_json(const SimResult *r, Buf *b); // one object
void sim_html(const SimResult *r, Buf *b); // a whole page, nothing from the network
typedef struct {
    const char *file, *site, *phase, *tariff;
    uint32_t days;
    uint64_t seed;
} SimJournal;
int app_sim_journal(const SimJournal *j); // the exit status
#define SIM_PASSAGES_MAX 60000u
// The twin's week begins on Monday, 16 November 2026.
#define SIM_START_MS 1794762000000LL // 2026-11-15T17:00Z: midnight in Viet Nam

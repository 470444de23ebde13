// What must outlive the controller: the jobs and how far each is. Pure, in memory; the shell makes it durable
// (app_fleet_file, the product's journal), the twin kills controllers and gives the book to the next.
#pragma once
#include "fleet.h"

typedef struct {
    FleetJob job; // its box stands in `box`
    char box[16], vehicle[FLEET_ID_MAX];
    uint8_t step;
    bool withdrawn; // somebody asked for it; over when `step` says so
    int64_t asked_ms;
} FleetEntry;
typedef struct {
    FleetEntry *entry; // in the order of asking
    uint32_t n, max;
    uint32_t last, open; // the highest id; jobs not over
} FleetBook;
void fleet_book_init(FleetBook *b, uint32_t max);
void fleet_book_deinit(FleetBook *b);
FleetEntry *fleet_book_find(const FleetBook *b, uint32_t job); // NULL
static inline bool fleet_over(uint8_t step) {
    return step == STEP_DONE || step == STEP_WITHDRAWN;
}
// False: what cannot follow is not taken. A job that is known already, or one too many; a job that is not known or is
// over.
bool fleet_book_job(FleetBook *b, const FleetJob *j, int64_t at_ms);
bool fleet_book_step(FleetBook *b, uint32_t job, FleetStep step, Str vehicle);
bool fleet_book_withdraw(FleetBook *b, uint32_t job);
// The step that an event tells, for the book: back from a vehicle is told as withdrawn, and the job still waits.
FleetStep fleet_book_told(const Fleet *f, const FleetEvent *e);
// Gives the jobs that are not over to a control that has its vehicles and no jobs. False: *ret_entry is one that it
// does not take, and the job's vehicle is not among the fleet's when it is UNKNOWN.
bool fleet_book_give(const FleetBook *b, Fleet *f, int64_t now_ms, const FleetEntry **ret_entry, FleetRefusal *ret);

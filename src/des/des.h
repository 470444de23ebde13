// Des: a calendar of events for discrete-event simulation. Time is a double in the user's unit; events at the same time
// happen in the order in which they were scheduled. A 4-ary heap of 16-byte nodes; an event scheduled while another one
// runs takes its place at the root, so the usual step costs one sift. Cancelled events leave their node behind until it
// comes up or half of the heap is such nodes.
#pragma once
#include "base/base.h"
#include <math.h>

typedef struct Des Des;
typedef void DesFn(Des *d, void *ctx, uint64_t arg);
typedef uint64_t DesEvent; // 0 = none; a handle whose event has happened is recognised

Des *des_new(uint32_t events_max); // grows up to so many pending events; asserts when there are more or memory ends
void des_free(Des *d);
typedef struct {
    double now;
} DesClock; // a Des begins with it
static inline double des_now(const Des *d) {
    return ((const DesClock *)d)->now;
}
DesEvent des_at(Des *d, double t, DesFn *fn, void *ctx, uint64_t arg); // t not before now (asserted)
bool des_cancel(Des *d, DesEvent e);                                   // false when it has happened already
DesEvent des_move(Des *d, DesEvent e, double t); // to another time, as if scheduled anew; 0 when it has happened
double des_next(const Des *d);                   // INFINITY when empty
bool des_step(Des *d);                           // the earliest; false when empty
uint64_t des_run(Des *d, double until);          // all with t <= until, then now = until; returns how many happened
void des_halt(Des *d);                           // des_run returns after this event
uint32_t des_pending(const Des *d);

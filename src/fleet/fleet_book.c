#include "fleet_book.h"

void fleet_book_init(FleetBook *b, uint32_t max) {
    *b = (FleetBook){.entry = calloc(max, sizeof *b->entry), .max = max};
    CK_ASSERT(b->entry != NULL);
}
void fleet_book_deinit(FleetBook *b) {
    free(b->entry);
    *b = (FleetBook){0};
}
FleetEntry *fleet_book_find(const FleetBook *b, uint32_t job) { // newest first: that is whom one asks for
    if (job > b->last) return NULL;
    for (uint32_t i = b->n; i > 0; i--)
        if (b->entry[i - 1].job.id == job) return &b->entry[i - 1];
    return NULL;
}
static void keep(char *to, size_t size, Str s) {
    memset(to, 0, size);
    if (s.n) memcpy(to, s.p, MIN(s.n, size - 1));
}
bool fleet_book_job(FleetBook *b, const FleetJob *j, int64_t at_ms) {
    if (b->n == b->max || fleet_book_find(b, j->id)) return false;
    FleetEntry *e = &b->entry[b->n++];
    *e = (FleetEntry){.job = *j, .step = STEP_WAITING, .asked_ms = at_ms};
    keep(e->box, sizeof e->box, j->box);
    e->job.box = str_c(e->box);
    b->last = MAX(b->last, j->id), b->open++;
    return true;
}
bool fleet_book_step(FleetBook *b, uint32_t job, FleetStep step, Str vehicle) {
    FleetEntry *e = fleet_book_find(b, job);
    if (!e || fleet_over(e->step)) return false;
    e->step = (uint8_t)step;
    keep(e->vehicle, sizeof e->vehicle, vehicle);
    b->open -= fleet_over(e->step);
    return true;
}
bool fleet_book_withdraw(FleetBook *b, uint32_t job) {
    FleetEntry *e = fleet_book_find(b, job);
    if (!e || fleet_over(e->step)) return false;
    e->withdrawn = true;
    return true;
}
FleetStep fleet_book_told(const Fleet *f, const FleetEvent *e) {
    bool back = e->step == STEP_WITHDRAWN && fleet_step_of(f, e->job) != STEP_COUNT;
    return back ? STEP_WAITING : (FleetStep)e->step;
}
bool fleet_book_give(const FleetBook *b, Fleet *f, int64_t now_ms, const FleetEntry **ret_entry, FleetRefusal *ret) {
    for (uint32_t i = 0; i < b->n; i++) {
        const FleetEntry *e = &b->entry[i];
        if (fleet_over(e->step)) continue;
        FleetRefusal r = fleet_job_again(f, &e->job, fleet_named(f, str_c(e->vehicle)), (FleetStep)e->step, now_ms);
        if (r != FLEET_OK) {
            *ret_entry = e, *ret = r;
            return false;
        }
        if (e->withdrawn) CK_ASSERT(fleet_withdraw(f, e->job.id, STR("withdrawn before a restart"), now_ms));
    }
    return true;
}

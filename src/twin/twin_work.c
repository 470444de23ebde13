// Jobs go through the steps of their work: a delay, or a station with its line. A truck that has a job in a service or
// a delay is busy; when it has none, it waits.
#include "twin_internal.h"

#define STREAM_WORK 256 // + what * steps + step

// A job: its truck's place and passage, what it is about, the step it is at.
typedef struct {
    uint32_t slot, no;
    uint8_t what, step;
    uint16_t epoch;
} Job;
#define EPOCHS 512u // restarts of the gate until a job of long ago could be taken for one of now
static uint64_t job_pack(Job j) {
    CK_ASSERT(j.slot < 1u << 20 && j.what < 128 && j.step < 16);
    return (uint64_t)(j.no & 0xffffff) << 40 | (uint64_t)(j.epoch % EPOCHS) << 31 | (uint64_t)j.slot << 11 |
           (uint64_t)j.what << 4 | j.step;
}
static Job job_unpack(uint64_t v) {
    return (Job){.no = (uint32_t)(v >> 40),
                 .slot = (uint32_t)(v >> 11) & 0xfffff,
                 .epoch = (uint16_t)(v >> 31) % EPOCHS,
                 .what = (uint8_t)(v >> 4 & 127),
                 .step = (uint8_t)(v & 15)};
}
static bool job_alive(const Twin *w, Job j) { // its passage has not ended, the gate has not restarted meanwhile
    return !w->halted && j.epoch == w->epoch % EPOCHS && (w->truck[j.slot].no & 0xffffff) == j.no &&
           w->truck[j.slot].no != 0;
}
void busy_begin(Twin *w, Truck *t) {
    if (t->busy++ || !truck_arrived(t) || (t->flags & TRUCK_SEEN)) return;
    t->waited += twin_ms(w) - t->idle_since;
    stat_waiting(w, t, -1);
}
void busy_end(Twin *w, Truck *t) {
    CK_ASSERT(t->busy > 0);
    if (--t->busy || !truck_arrived(t) || (t->flags & TRUCK_SEEN)) return;
    t->idle_since = twin_ms(w);
    stat_waiting(w, t, 1);
}

static const Work *work_of(const Twin *w, const Passage *p, uint8_t what) {
    if (what >= WHATS) return NULL;
    for (uint32_t i = 0; i < w->work_n[p->kind][what]; i++) {
        const Work *k = &w->work[w->work_at[p->kind][what][i]];
        if (!(k->modes & BIT(p->mode)) || (k->src->foreign && !p->foreign) || (k->src->home && p->foreign)) continue;
        return k;
    }
    return NULL;
}
static double draw_time(const Twin *w, const Truck *t, Job j, const Step *s) {
    if (!s->timed) return 0;
    DesStream st = twin_stream(w, STREAM_WORK + (uint32_t)j.what * TWIN_STEPS_MAX + j.step,
                               t->entity * TWIN_FLOWS_MAX + t->flow + (uint32_t)t->attempt * 0x9e3779b9u);
    bool home = w->c.peer && j.what == WHAT_MOVE + MOVE_RETURN && j.step == 0 && (t->flags & TRUCK_COMING);
    return home ? peer_corridor(w, &st) : des_draw(&s->time, &st); // over the line already
}
// The lane that the gate gave; else the shortest one that leads where it wants to go.
static uint8_t lane_of(const Twin *w, const Passage *p, uint8_t what) {
    if (p->lane != DYN_NONE) return p->lane;
    const MovementRow *r = what >= WHAT_MOVE ? movement_find(p, (Move)(what - WHAT_MOVE)) : NULL;
    bool box = p->kind == KIND_BOX_EXPORT || p->kind == KIND_BOX_IMPORT, import = p->direction == DIRECTION_IMPORT;
    bool out = r && (r->point == POINT_KM0_OUT || (r->point == POINT_KM0_BACK && import));
    uint8_t best = DYN_NONE;
    uint32_t least = UINT32_MAX;
    for (uint8_t l = 0; l < w->c.site->lanes; l++) {
        const SiteLane *sl = &w->c.site->lane[l];
        LaneState ls = gate_lane(w->gate, l);
        if (w->lane_station[l] == STATION_NONE || w->c.site->lane_road[l] != p->road || !ls.open ||
            sl->kind != (box ? LANE_UNMANNED : LANE_TRUCK) || ls.way != (out ? LANE_WAY_OUT : LANE_WAY_IN))
            continue;
        uint32_t n = des_station_present(w->station[w->lane_station[l]].st);
        if (n < least) best = l, least = n;
    }
    return best;
}
static void run_step(Twin *w, Job j);
static void finish(Twin *w, Job j, const Work *k, uint8_t station) {
    people_finish(w, j.slot, j.what, k, station < STATION_LANE ? w->station[station].actor : STR_EMPTY);
}
static void next_step(Twin *w, Job j) {
    j.step++;
    run_step(w, j);
}
static void delay_over(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    Twin *w = ctx;
    Job j = job_unpack(arg);
    if (!job_alive(w, j)) return;
    busy_end(w, &w->truck[j.slot]);
    next_step(w, j);
}
static void take_back(Des *d, void *ctx, uint64_t arg) { // lane shut just now: ask again
    (void)d;
    Job j = job_unpack(arg);
    if (job_alive(ctx, j)) run_step(ctx, j);
}
static uint8_t station_of(Twin *w, const Passage *p, Job j, const Step *s) {
    uint8_t st = s->station[p->road];
    if (st != STATION_LANE) return st;
    uint8_t lane = lane_of(w, p, j.what);
    return lane == DYN_NONE ? STATION_LANE : w->lane_station[lane];
}
static void run_step(Twin *w, Job j) {
    Truck *t = &w->truck[j.slot];
    const Passage *p = truck_passage(w, t);
    CK_ASSERT(p != NULL);
    const Work *k = work_of(w, p, j.what);
    if (!k || j.step >= k->steps) {
        finish(w, j, k, k && k->steps ? station_of(w, p, j, &k->step[k->steps - 1]) : STATION_NONE);
        return;
    }
    const Step *s = &k->step[j.step];
    uint8_t st = station_of(w, p, j, s);
    if (s->give) work_give_back(w, t);
    if (st == STATION_LANE) {
        des_at(w->des, twin_ms(w) + 60e3, take_back, w, job_pack(j));
    } else if (st == STATION_NONE || s->give) {
        busy_begin(w, t);
        des_at(w->des, twin_ms(w) + draw_time(w, t, j, s), delay_over, w, job_pack(j));
    } else {
        des_station_arrive(w->station[st].st, job_pack(j), 0, draw_time(w, t, j, s), INFINITY);
    }
}

// ---- stations
static void on_start(void *ctx, uint32_t station, uint64_t job, uint32_t entry, double waited) {
    Twin *w = ctx;
    Job j = job_unpack(job);
    (void)waited, (void)entry;
    if (!job_alive(w, j)) return;
    Truck *t = &w->truck[j.slot];
    const Station *s = &w->station[station];
    busy_begin(w, t);
    if (j.what < WHAT_MOVE && j.step == 0 && s->src && s->src->kind == TWIN_OFFICER)
        people_take(w, j.slot, j.what, s->actor);
}
static bool on_done(void *ctx, uint32_t station, uint64_t job, uint32_t entry) {
    Twin *w = ctx;
    Job j = job_unpack(job);
    if (!job_alive(w, j)) return false;
    Truck *t = &w->truck[j.slot];
    const Work *k = work_of(w, truck_passage(w, t), j.what);
    bool keep = k && j.step < k->steps && k->step[j.step].keep && t->kept == STATION_NONE;
    if (keep) t->kept = (uint8_t)station, t->kept_entry = entry;
    busy_end(w, t);
    des_at(w->des, twin_ms(w), take_back, w, job_pack((Job){j.slot, j.no, j.what, (uint8_t)(j.step + 1), j.epoch}));
    return keep;
}
DesStation *work_station_new(Twin *w, uint32_t station, uint32_t servers) {
    DesStationOptions o = {
        .servers = servers, .room = DES_NO_LIMIT, .id = station, .ctx = w, .start = on_start, .done = on_done};
    return des_station_new(w->des, &o);
}
void work_give_back(Twin *w, Truck *t) {
    if (t->kept == STATION_NONE) return;
    uint8_t s = t->kept;
    t->kept = STATION_NONE;
    des_station_finish(w->station[s].st, t->kept_entry);
}
DesEvent work_start(Twin *w, uint32_t slot, uint8_t what, double delay_ms) {
    Job j = {.slot = slot, .no = w->truck[slot].no & 0xffffff, .what = what, .epoch = (uint16_t)(w->epoch % EPOCHS)};
    return des_at(w->des, twin_ms(w) + delay_ms, take_back, w, job_pack(j));
}

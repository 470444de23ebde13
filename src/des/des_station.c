#include "des_station.h"

#define NONE DES_NO_ENTRY
enum { FREE, WAITING, SERVED, KEPT };
typedef struct {
    uint64_t job;
    double service, arrived, started;
    DesEvent event; // its end, or the end of its patience
    uint32_t prev, next;
    uint8_t class_, state, began; // began: was in service before
} Entry;
typedef struct {
    uint32_t head, tail;
} Line;
struct DesStation {
    Des *des;
    DesStationOptions o;
    Entry *entry;
    uint32_t cap, free_head, servers, busy, waiting;
    Line line[DES_CLASSES], in_service;
    bool dispatching;
    DesTally wait;
    DesLevel queue_level, busy_level, server_level;
    uint64_t arrived, started, served, lost, reneged;
};

static void grow(DesStation *s) {
    uint32_t cap = s->cap ? s->cap * 2 : 16;
    s->entry = realloc(s->entry, cap * sizeof *s->entry);
    CK_ASSERT(s->entry != NULL && cap < NONE);
    for (uint32_t i = cap; i-- > s->cap;) s->entry[i] = (Entry){.next = s->free_head}, s->free_head = i;
    s->cap = cap;
}
DesStation *des_station_new(Des *d, const DesStationOptions *o) {
    DesStation *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    s->des = d, s->o = *o, s->servers = o->servers, s->free_head = NONE;
    for (int c = 0; c < DES_CLASSES; c++) s->line[c] = (Line){NONE, NONE};
    s->in_service = (Line){NONE, NONE};
    grow(s);
    des_station_stats_reset(s);
    des_level_set(&s->server_level, des_now(d), o->servers);
    return s;
}
void des_station_free(DesStation *s) {
    if (!s) return;
    free(s->entry), free(s);
}
static void append(DesStation *s, Line *l, uint32_t i) {
    s->entry[i].prev = l->tail, s->entry[i].next = NONE;
    *(l->tail == NONE ? &l->head : &s->entry[l->tail].next) = i;
    l->tail = i;
}
static void prepend(DesStation *s, Line *l, uint32_t i) {
    s->entry[i].prev = NONE, s->entry[i].next = l->head;
    *(l->head == NONE ? &l->tail : &s->entry[l->head].prev) = i;
    l->head = i;
}
static void unlink_entry(DesStation *s, Line *l, uint32_t i) {
    Entry *e = &s->entry[i];
    *(e->prev == NONE ? &l->head : &s->entry[e->prev].next) = e->next;
    *(e->next == NONE ? &l->tail : &s->entry[e->next].prev) = e->prev;
}
static void release(DesStation *s, uint32_t i) {
    s->entry[i].state = FREE, s->entry[i].event = 0;
    s->entry[i].next = s->free_head;
    s->free_head = i;
}
static void dispatch(DesStation *s);
static void on_end(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    DesStation *s = ctx;
    uint32_t i = (uint32_t)arg;
    s->served++;
    s->entry[i].state = KEPT, s->entry[i].event = 0;
    if (s->o.done && s->o.done(s->o.ctx, s->o.id, s->entry[i].job, i)) return;
    des_station_finish(s, i);
}
static inline void busy_changed(DesStation *s, double now) {
    if (s->busy_level.value != s->busy) des_level_set(&s->busy_level, now, s->busy);
}
static void begin(DesStation *s, uint32_t i) {
    Entry *e = &s->entry[i];
    double now = des_now(s->des);
    e->state = SERVED, e->started = now;
    if (s->o.preempt) append(s, &s->in_service, i);
    s->busy++;
    busy_changed(s, now);
    e->event = des_at(s->des, now + e->service, on_end, s, i);
    if (e->began) return; // it had to make way and goes on
    e->began = 1;
    s->started++;
    des_tally_add(&s->wait, now - e->arrived);
    if (s->o.start) s->o.start(s->o.ctx, s->o.id, e->job, i, now - e->arrived);
}
void des_station_finish(DesStation *s, uint32_t i) {
    CK_ASSERT(i < s->cap && s->entry[i].state == KEPT);
    if (s->o.preempt) unlink_entry(s, &s->in_service, i);
    release(s, i);
    s->busy--;
    dispatch(s); // mostly the next one takes the server, and as many are busy as before
    busy_changed(s, des_now(s->des));
}
static uint32_t choose(const DesStation *s) {
    uint32_t best = NONE;
    double least = INFINITY;
    for (int c = 0; c < DES_CLASSES; c++) {
        uint32_t h = s->line[c].head;
        if (h == NONE) continue;
        if (!s->o.aging) return h;
        double key = s->entry[h].arrived - s->o.bonus[c];
        if (key < least) least = key, best = h;
    }
    return best;
}
static void leave_line(DesStation *s, uint32_t i) {
    Entry *e = &s->entry[i];
    unlink_entry(s, &s->line[e->class_], i);
    s->waiting--;
    des_level_set(&s->queue_level, des_now(s->des), s->waiting);
    if (e->event) des_cancel(s->des, e->event), e->event = 0;
}
static void dispatch(DesStation *s) {
    if (s->dispatching) return; // a callback of begin() came back: the loop goes on there
    s->dispatching = true;
    while (s->waiting && s->busy < s->servers) {
        uint32_t i = choose(s);
        leave_line(s, i);
        begin(s, i);
    }
    s->dispatching = false;
}
static void on_renege(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    DesStation *s = ctx;
    uint32_t i = (uint32_t)arg;
    uint64_t job = s->entry[i].job;
    s->entry[i].event = 0;
    leave_line(s, i);
    release(s, i);
    s->reneged++;
    if (s->o.reneged) s->o.reneged(s->o.ctx, s->o.id, job);
}
static bool make_way(DesStation *s, uint8_t class_) { // the last begun of the lowest class under this one goes back
    uint32_t victim = NONE;
    for (uint32_t i = s->in_service.head; i != NONE; i = s->entry[i].next)
        if (s->entry[i].state == SERVED && s->entry[i].class_ > class_ &&
            (victim == NONE || s->entry[i].class_ >= s->entry[victim].class_))
            victim = i;
    if (victim == NONE) return false;
    Entry *e = &s->entry[victim];
    double now = des_now(s->des);
    unlink_entry(s, &s->in_service, victim);
    des_cancel(s->des, e->event);
    e->event = 0, e->state = WAITING;
    if (!s->o.restart) e->service -= now - e->started;
    des_level_set(&s->busy_level, now, --s->busy);
    prepend(s, &s->line[e->class_], victim);
    des_level_set(&s->queue_level, now, ++s->waiting);
    return true;
}
uint32_t des_station_arrive(DesStation *s, uint64_t job, uint8_t class_, double service, double patience) {
    CK_ASSERT(class_ < DES_CLASSES && service >= 0);
    bool direct = s->busy < s->servers && !s->waiting && !s->dispatching;
    s->arrived++;
    if (!direct && !(s->o.preempt && s->servers && s->busy >= s->servers && make_way(s, class_)) &&
        s->waiting >= s->o.room) {
        s->lost++;
        return NONE;
    }
    if (s->free_head == NONE) grow(s);
    uint32_t i = s->free_head;
    Entry *e = &s->entry[i];
    s->free_head = e->next;
    *e = (Entry){.job = job, .service = service, .arrived = des_now(s->des), .class_ = class_, .state = WAITING};
    if (direct) {
        begin(s, i);
        return i;
    }
    append(s, &s->line[class_], i);
    s->waiting++;
    des_level_set(&s->queue_level, e->arrived, s->waiting);
    if (patience < INFINITY) e->event = des_at(s->des, e->arrived + patience, on_renege, s, i);
    dispatch(s);
    return i;
}
void des_station_withdraw(DesStation *s, uint32_t i) {
    CK_ASSERT(i < s->cap && s->entry[i].state != FREE);
    Entry *e = &s->entry[i];
    if (e->state == WAITING) {
        leave_line(s, i);
        release(s, i);
        return;
    }
    if (e->event) des_cancel(s->des, e->event);
    e->state = KEPT;
    des_station_finish(s, i);
}
void des_station_set_servers(DesStation *s, uint32_t n) {
    s->servers = n;
    des_level_set(&s->server_level, des_now(s->des), n);
    dispatch(s);
}
uint32_t des_station_servers(const DesStation *s) {
    return s->servers;
}
uint32_t des_station_waiting(const DesStation *s) {
    return s->waiting;
}
uint32_t des_station_busy(const DesStation *s) {
    return s->busy;
}
uint32_t des_station_present(const DesStation *s) {
    return s->waiting + s->busy;
}
bool des_station_has_room(const DesStation *s) {
    return (s->busy < s->servers && !s->waiting) || s->waiting < s->o.room;
}
void des_station_stats(const DesStation *s, DesStationStats *ret) {
    *ret = (DesStationStats){&s->wait,   s->queue_level, s->busy_level, s->server_level, s->arrived,
                             s->started, s->served,      s->lost,       s->reneged};
}
void des_station_stats_reset(DesStation *s) {
    double now = des_now(s->des);
    des_tally_reset(&s->wait);
    des_level_reset(&s->queue_level, now), des_level_reset(&s->busy_level, now), des_level_reset(&s->server_level, now);
    s->arrived = s->started = s->served = s->lost = s->reneged = 0;
}
double des_station_utilisation(const DesStation *s) {
    double now = des_now(s->des), there = des_level_area(&s->server_level, now);
    return there > 0 ? des_level_area(&s->busy_level, now) / there : 0;
}

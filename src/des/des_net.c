#include "des_net.h"

enum { STREAM_GAP = 1000, STREAM_SERVICE = 2000, STREAM_ROUTE = 3000, STREAM_PATIENCE = 4000, STREAM_FAIL = 5000 };
typedef struct {
    uint8_t klass;
    bool measured;
    uint32_t at, entry, next; // next: of the free ones, or of those that are blocked by a station
    double born, came, waited;
} Job;
typedef struct {
    DesTally wait, time;
    DesLevel number;
    uint64_t came, lost, reneged, left;
} Seen;
typedef struct {
    const Net *n;
    uint64_t seed;
    uint32_t replication;
    Des *des;
    DesStation *st[NET_STATIONS_MAX];
    DesStream gap[NET_CLASSES_MAX], service[NET_STATIONS_MAX], route[NET_STATIONS_MAX], patience[NET_STATIONS_MAX],
        fail[NET_STATIONS_MAX];
    uint32_t broken[NET_STATIONS_MAX], blocked_head[NET_STATIONS_MAX], blocked_tail[NET_STATIONS_MAX],
        blocked_here[NET_STATIONS_MAX];
    double table_at[NET_CLASSES_MAX];
    Job *job;
    uint32_t jobs, free_job;
    uint64_t made, done_first, left;
    Seen *seen, *kind, all; // by station, by class, of the whole network
    double start;
    NetOut *out;
    bool over;
} Run;
#define NO UINT32_MAX

static uint32_t job_new(Run *r) {
    if (r->free_job == NO) {
        uint32_t n = r->jobs ? r->jobs * 2 : 64;
        r->job = realloc(r->job, n * sizeof *r->job);
        CK_ASSERT(r->job != NULL);
        for (uint32_t i = n; i-- > r->jobs;) r->job[i].next = r->free_job, r->free_job = i;
        r->jobs = n;
    }
    uint32_t j = r->free_job;
    r->free_job = r->job[j].next;
    return j;
}
static void job_free(Run *r, uint32_t j) {
    r->job[j].next = r->free_job;
    r->free_job = j;
}
static void enter(Run *r, uint32_t j, uint32_t station);
static void stop(Run *r) {
    r->over = true;
    des_halt(r->des);
}
static void count_done(Run *r, const Job *j) {
    const Net *n = r->n;
    if (n->first_customers && j->measured && ++r->done_first == n->first_customers) stop(r);
}
static void leave(Run *r, uint32_t i, bool served) {
    Job *j = &r->job[i];
    double now = des_now(r->des);
    des_level_add(&r->all.number, now, -1), des_level_add(&r->kind[j->klass].number, now, -1);
    if (served) {
        if (j->measured)
            des_tally_add(&r->all.time, now - j->born), des_tally_add(&r->all.wait, j->waited),
                des_tally_add(&r->kind[j->klass].time, now - j->born),
                des_tally_add(&r->kind[j->klass].wait, j->waited);
        r->all.left++, r->kind[j->klass].left++, r->left++;
        if (r->n->customers && r->left >= r->n->customers && r->start >= 0) stop(r);
    }
    count_done(r, j);
    job_free(r, i);
}

// ---- blocking after service
static bool stuck(const Run *r, const bool *moves, uint32_t s) {
    if (r->blocked_here[s] < des_station_servers(r->st[s]) || moves[s]) return false;
    for (uint32_t t = 0; t < r->n->stations; t++)
        for (uint32_t j = r->blocked_head[t]; j != NO; j = r->job[j].next)
            if (r->job[j].at == s && moves[t]) return false;
    return true;
}
static void
find_deadlock(Run *r) { // stations whose servers are all kept by jobs that wait for stations of the same kind
    bool moves[NET_STATIONS_MAX] = {false}, changed = true;
    uint32_t bad = 0;
    while (changed) {
        changed = false;
        for (uint32_t s = 0; s < r->n->stations; s++)
            if (!moves[s] && !stuck(r, moves, s)) moves[s] = changed = true;
    }
    for (uint32_t s = 0; s < r->n->stations; s++) {
        if (moves[s]) continue;
        size_t n = strlen(r->out->cycle);
        snprintf(r->out->cycle + n, sizeof r->out->cycle - n, "%s%s", bad++ ? ", " : "", r->n->station[s].id);
    }
    if (bad) r->out->deadlock = true, stop(r);
}
static void block(Run *r, uint32_t j, uint32_t target) {
    r->job[j].next = NO;
    *(r->blocked_tail[target] == NO ? &r->blocked_head[target] : &r->job[r->blocked_tail[target]].next) = j;
    r->blocked_tail[target] = j;
    r->blocked_here[r->job[j].at]++;
    find_deadlock(r);
}
static void unblock(Des *d, void *ctx, uint64_t arg) { // a place came free at a station
    (void)d;
    Run *r = ctx;
    uint32_t t = (uint32_t)arg, j = r->blocked_head[t];
    if (j == NO || !des_station_has_room(r->st[t])) return;
    r->blocked_head[t] = r->job[j].next;
    if (r->blocked_head[t] == NO) r->blocked_tail[t] = NO;
    uint32_t from = r->job[j].at, entry = r->job[j].entry;
    r->blocked_here[from]--;
    enter(r, j, t);
    des_station_finish(r->st[from], entry);
    if (r->blocked_head[from] != NO) des_at(r->des, des_now(r->des), unblock, r, from);
    if (r->blocked_head[t] != NO) des_at(r->des, des_now(r->des), unblock, r, t);
}
static void room_came(Run *r, uint32_t s) {
    if (r->blocked_head[s] != NO) des_at(r->des, des_now(r->des), unblock, r, s);
}

// ---- stations
static void on_start(void *ctx, uint32_t s, uint64_t job, uint32_t entry, double waited) {
    Run *r = ctx;
    Job *j = &r->job[job];
    (void)entry;
    j->waited += waited;
    if (j->measured) des_tally_add(&r->seen[s].wait, waited);
    room_came(r, s);
}
static bool on_done(void *ctx, uint32_t s, uint64_t job, uint32_t entry) {
    Run *r = ctx;
    Job *j = &r->job[job];
    const NetClass *k = &r->n->klass[j->klass];
    const double *row = k->route[s];
    double u = des_uniform(&r->route[s]);
    uint32_t to = 0;
    while (to < r->n->stations && u >= row[to]) u -= row[to++];
    if (to < r->n->stations && r->n->station[to].block && !des_station_has_room(r->st[to])) {
        j->entry = entry;
        block(r, (uint32_t)job, to);
        return true;
    }
    double now = des_now(r->des);
    if (j->measured) des_tally_add(&r->seen[s].time, now - j->came);
    des_level_add(&r->seen[s].number, now, -1);
    r->seen[s].left++;
    if (to < r->n->stations) {
        j->at = NO;
        enter(r, (uint32_t)job, to);
    } else {
        leave(r, (uint32_t)job, true);
    }
    room_came(r, s);
    return false;
}
static void on_renege(void *ctx, uint32_t s, uint64_t job) {
    Run *r = ctx;
    r->seen[s].reneged++, r->kind[r->job[job].klass].reneged++, r->all.reneged++;
    des_level_add(&r->seen[s].number, des_now(r->des), -1);
    leave(r, (uint32_t)job, false);
    room_came(r, s);
}
static void enter(Run *r, uint32_t i, uint32_t s) {
    Job *j = &r->job[i];
    const NetStation *st = &r->n->station[s];
    const NetClass *k = &r->n->klass[j->klass];
    double now = des_now(r->des);
    if (j->at != NO && j->at != s) { // it was blocked before: now it leaves the station where it stood
        if (j->measured) des_tally_add(&r->seen[j->at].time, now - j->came);
        des_level_add(&r->seen[j->at].number, now, -1);
        r->seen[j->at].left++;
    }
    uint8_t klass = j->klass;
    j->at = s, j->came = now;
    r->seen[s].came++;
    double time = des_draw(k->service ? &k->service[s] : &st->service, &r->service[s]);
    double patience = st->reneges ? des_draw(&st->patience, &r->patience[s]) : INFINITY;
    des_level_add(&r->seen[s].number, now, 1);
    if (des_station_arrive(r->st[s], i, k->priority, time, patience) != DES_NO_ENTRY) return;
    des_level_add(&r->seen[s].number, now, -1);
    r->seen[s].lost++, r->kind[klass].lost++, r->all.lost++;
    leave(r, i, false);
}

// ---- arrivals
static void born(Run *r, uint32_t klass) {
    uint32_t j = job_new(r);
    double now = des_now(r->des);
    r->job[j] = (Job){.klass = (uint8_t)klass,
                      .at = NO,
                      .born = now,
                      .measured = !r->n->first_customers || r->made < r->n->first_customers};
    r->made++;
    r->all.came++, r->kind[klass].came++;
    des_level_add(&r->all.number, now, 1), des_level_add(&r->kind[klass].number, now, 1);
    enter(r, j, r->n->klass[klass].first);
}
static double rate_of(const NetClass *k, double t, double *ret_most) {
    if (k->arrivals == NET_FORMULA) {
        *ret_most = k->mean * (1 + fabs(k->amplitude));
        return MAX(0.0, k->mean * (1 + k->amplitude * sin(2 * M_PI * (t - k->shift) / k->period)));
    }
    double at = fmod(t, k->period), rate = 0;
    *ret_most = 0;
    for (uint32_t i = 0; i < k->table_n; i++) {
        *ret_most = MAX(*ret_most, k->table[i].value);
        if (at >= k->table[i].from && at < k->table[i].to) rate = k->table[i].value;
    }
    return rate;
}
static double next_gap(Run *r, uint32_t klass) {
    const NetClass *k = &r->n->klass[klass];
    if (k->arrivals == NET_RENEWAL) return des_draw(&k->gap, &r->gap[klass]);
    double t = des_now(r->des), most;
    rate_of(k, t, &most); // thinning (Lewis and Shedler 1979)
    for (;;) {
        t += des_exp(&r->gap[klass]) / most;
        if (des_uniform(&r->gap[klass]) * most < rate_of(k, t, &most)) return t - des_now(r->des);
    }
}
static void arrival(Des *d, void *ctx, uint64_t arg) {
    Run *r = ctx;
    double t = des_now(d) + next_gap(r, (uint32_t)arg);
    born(r, (uint32_t)arg);
    des_at(d, t, arrival, r, arg);
}

// ---- calendars and breakdowns
static void set_servers(Run *r, uint32_t s) {
    const NetStation *st = &r->n->station[s];
    uint32_t n = st->servers;
    double at = st->calendar_n ? fmod(des_now(r->des) + st->period * 1e-12, st->period) : 0;
    for (uint32_t i = 0; i < st->calendar_n; i++)
        if (at >= st->calendar[i].from && at < st->calendar[i].to) n = (uint32_t)st->calendar[i].value;
    n -= MIN(n, r->broken[s]);
    if (n != des_station_servers(r->st[s])) des_station_set_servers(r->st[s], n);
    room_came(r, s);
}
static void calendar(Des *d, void *ctx, uint64_t arg) {
    Run *r = ctx;
    const NetStation *st = &r->n->station[arg];
    double now = des_now(d), at = fmod(now + st->period * 1e-12, st->period), next = st->period;
    set_servers(r, (uint32_t)arg);
    for (uint32_t i = 0; i < st->calendar_n; i++) {
        if (st->calendar[i].from > at) next = MIN(next, st->calendar[i].from);
        if (st->calendar[i].to > at) next = MIN(next, st->calendar[i].to);
    }
    des_at(d, now + MAX(next - at, st->period * 1e-9), calendar, r, arg);
}
static void fails(Des *d, void *ctx, uint64_t arg);
static void repaired(Des *d, void *ctx, uint64_t arg) {
    Run *r = ctx;
    uint32_t s = (uint32_t)arg;
    r->broken[s]--;
    set_servers(r, s);
    des_at(d, des_now(d) + r->n->station[s].up * des_exp(&r->fail[s]), fails, r, arg);
}
static void fails(Des *d, void *ctx, uint64_t arg) { // one such chain for each server
    Run *r = ctx;
    uint32_t s = (uint32_t)arg;
    r->broken[s]++;
    set_servers(r, s);
    des_at(d, des_now(d) + r->n->station[s].down * des_exp(&r->fail[s]), repaired, r, arg);
}

// ---- a run
static void warm(Des *d, void *ctx, uint64_t arg) { // the transient is over
    (void)arg;
    Run *r = ctx;
    double now = des_now(d);
    for (uint32_t i = 0; i < r->n->stations + r->n->classes + 1; i++) {
        Seen *s = i < r->n->stations                   ? &r->seen[i]
                  : i < r->n->stations + r->n->classes ? &r->kind[i - r->n->stations]
                                                       : &r->all;
        des_tally_reset(&s->wait), des_tally_reset(&s->time), des_level_reset(&s->number, now);
        s->came = s->lost = s->reneged = s->left = 0;
    }
    for (uint32_t s = 0; s < r->n->stations; s++) des_station_stats_reset(r->st[s]);
    r->left = 0, r->start = now;
}
static void build(Run *r) {
    const Net *n = r->n;
    for (uint32_t s = 0; s < n->stations; s++) {
        const NetStation *st = &n->station[s];
        DesStationOptions o = {.servers = st->servers,
                               .room = st->room,
                               .aging = st->aging,
                               .preempt = st->preempt,
                               .restart = st->restart,
                               .id = s,
                               .ctx = r,
                               .start = on_start,
                               .done = on_done,
                               .reneged = on_renege};
        memcpy(o.bonus, st->bonus, sizeof o.bonus);
        r->st[s] = des_station_new(r->des, &o);
        r->blocked_head[s] = r->blocked_tail[s] = NO;
        r->service[s] = des_stream(r->seed, STREAM_SERVICE, r->replication, s),
        r->route[s] = des_stream(r->seed, STREAM_ROUTE, r->replication, s);
        r->patience[s] = des_stream(r->seed, STREAM_PATIENCE, r->replication, s),
        r->fail[s] = des_stream(r->seed, STREAM_FAIL, r->replication, s);
        if (st->calendar_n) calendar(r->des, r, s);
        for (uint32_t i = 0; st->up > 0 && i < MIN(st->servers, 1000u); i++)
            des_at(r->des, st->up * des_exp(&r->fail[s]), fails, r, s);
    }
    for (uint32_t k = 0; k < n->classes; k++) {
        r->gap[k] = des_stream(r->seed, STREAM_GAP, r->replication, k);
        if (n->klass[k].arrivals) des_at(r->des, next_gap(r, k), arrival, r, k);
        for (uint32_t i = 0; i < n->klass[k].circulating; i++) born(r, k);
    }
}
static void figures(const Seen *s, double now, double start, NetFigures *f) {
    static const double p[4] = {0.5, 0.9, 0.95, 0.99};
    f->wait = s->wait.mean, f->time = s->time.mean, f->number = des_level_mean(&s->number, now);
    for (int i = 0; i < 4; i++)
        f->wait_q[i] = des_tally_quantile(&s->wait, p[i]), f->time_q[i] = des_tally_quantile(&s->time, p[i]);
    f->loss = s->came ? (double)s->lost / (double)s->came : 0,
    f->reneged = s->came ? (double)s->reneged / (double)s->came : 0;
    f->through = now > start ? (double)s->left / (now - start) : 0;
}
static void collect(Run *r) {
    double now = des_now(r->des), start = MAX(r->start, 0.0);
    NetOut *o = r->out;
    for (uint32_t s = 0; s < r->n->stations; s++) {
        DesStationStats st;
        des_station_stats(r->st[s], &st);
        figures(&r->seen[s], now, start, &o->station[s]);
        o->station[s].queue = des_level_mean(&st.queue, now), o->total.queue += o->station[s].queue;
        double busy = des_level_mean(&st.busy, now);
        o->station[s].used = r->n->station[s].servers >= NET_INFINITE ? busy : des_station_utilisation(r->st[s]);
    }
    double queue = o->total.queue;
    for (uint32_t k = 0; k < r->n->classes; k++) figures(&r->kind[k], now, start, &o->klass[k]);
    figures(&r->all, now, start, &o->total);
    o->total.queue = queue, o->time = now - start, o->customers = r->all.left;
    if (r->n->classes && r->n->klass[0].circulating && !r->all.left)
        o->total.through = o->station[r->n->klass[0].first].through;
}
void net_run(const Net *n, uint64_t seed, uint32_t replication, NetOut *ret) {
    Run *r = calloc(1, sizeof *r);
    CK_ASSERT(r != NULL && n->stations <= NET_STATIONS_MAX && n->classes <= NET_CLASSES_MAX);
    *r = (Run){.n = n,
               .seed = seed,
               .replication = replication,
               .des = des_new(1u << 24),
               .free_job = NO,
               .out = ret,
               .start = n->warmup > 0 ? -1 : 0};
    r->seen = calloc(n->stations + n->classes, sizeof *r->seen);
    CK_ASSERT(r->seen != NULL);
    r->kind = r->seen + n->stations;
    memset(ret, 0, sizeof *ret);
    build(r);
    if (n->warmup > 0) des_at(r->des, n->warmup, warm, r, 0);
    if (!r->over) des_run(r->des, n->length > 0 ? n->warmup + n->length : INFINITY);
    collect(r);
    for (uint32_t s = 0; s < n->stations; s++) des_station_free(r->st[s]);
    des_free(r->des);
    free(r->seen), free(r->job), free(r);
}

// What the day brings: shifts and absences, failures and repairs, closed roads, lanes that turn with the tide.
#include "twin_internal.h"

#define STREAM_FAIL   4
#define STREAM_CLOSE  5
#define STREAM_ABSENT 6
#define STREAM_DAY    7
#define STREAM_LENGTH 8

static void hourly(Des *d, void *ctx, uint64_t arg);

// ---- how many are there
static void set_servers(Twin *w, Station *s) {
    bool road_shut = s->lane != DYN_NONE && w->road_closed[w->c.site->lane_road[s->lane]];
    uint32_t n = s->there > s->broken && !road_shut ? s->there - s->broken : 0;
    if (n != des_station_servers(s->st)) des_station_set_servers(s->st, n);
}
uint32_t day_staff(const Twin *w, uint32_t i, uint32_t hour) {
    const Station *s = &w->station[i];
    const TwinShift *p = s->src->shifts.items;
    for (uint32_t k = 0; k < s->src->shifts.n; k++) {
        bool now = p[k].from <= p[k].to ? hour >= p[k].from && hour < p[k].to : hour >= p[k].from || hour < p[k].to;
        if (!now) continue;
        uint32_t asked = w->c.layout.staff[i][k];
        return asked != TWIN_AS_DATA ? MIN(asked, s->servers) : (s->servers * p[k].permille + 500) / 1000;
    }
    return s->src->shifts.n ? 0 : s->servers;
}
static void staff(Twin *w, uint32_t i, uint32_t hour) {
    Station *s = &w->station[i];
    if (s->lane != DYN_NONE || !s->src) return;
    uint32_t n = day_staff(w, i, hour), absent = 0;
    DesStream r = twin_stream(w, STREAM_ABSENT,
                              (uint32_t)(twin_ms(w) / (double)(8 * HOUR_MS)) * 64 + i); // drawn anew each shift of 8 h
    for (uint32_t k = 0; k < n && s->src->absent_permille; k++) absent += des_below(&r, 1000) < s->src->absent_permille;
    s->there = n > absent ? n - absent : n ? 1 : 0; // a post is never left empty by absence alone
    set_servers(w, s);
}

// ---- failures: of each server alone, so the station fails n times as often
static void fail(Des *d, void *ctx, uint64_t arg);
static void next_failure(Twin *w, uint32_t i) {
    Station *s = &w->station[i];
    if (!s->src || !s->src->mtbf_h || !s->servers) return;
    DesStream r = twin_stream(w, STREAM_FAIL, i << 20 | s->failures++);
    double hours = s->src->mtbf_h / (double)s->servers * des_exp(&r);
    s->repair_ms = MAX(1.0, s->src->mttr_min * 60e3 * des_exp(&r));
    des_at(w->des, twin_ms(w) + hours * (double)HOUR_MS, fail, w, i);
}
static bool set_lane(Twin *w, uint8_t lane, LaneWay way, bool open, Cause cause, const char *why) {
    Input in = {.kind = IN_LANE, .role = ROLE_BOARD, .actor = STR("board")};
    in.u.lane = (InLane){.lane = lane,
                         .way = (uint8_t)way,
                         .open = open,
                         .cause = (uint8_t)(open ? CAUSE_NONE : cause),
                         .reason = str_c(why)};
    return twin_submit(w, &in);
}
static void repaired(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    Twin *w = ctx;
    Station *s = &w->station[arg];
    s->broken--;
    set_servers(w, s);
    if (s->lane != DYN_NONE) set_lane(w, s->lane, LANE_WAY_NONE, true, CAUSE_NONE, "barrier repaired");
}
static void fail(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    Twin *w = ctx;
    Station *s = &w->station[arg];
    if (s->broken < s->servers) {
        s->broken++;
        set_servers(w, s);
        if (s->lane != DYN_NONE) set_lane(w, s->lane, LANE_WAY_NONE, false, CAUSE_MAINTENANCE, "barrier out of order");
        des_at(w->des, twin_ms(w) + s->repair_ms, repaired, w, arg);
    }
    next_failure(w, (uint32_t)arg);
}

// ---- roads
static void set_road(Twin *w, uint8_t road, bool open, Cause cause, Str why) {
    uint32_t before = w->road_closed[road];
    w->road_closed[road] = open ? before - (before > 0) : before + 1;
    if (open ? w->road_closed[road] != 0 || !before : before != 0) return; // others keep it shut
    Input in = {.kind = IN_ROAD, .role = ROLE_CENTRE, .actor = STR("centre")};
    in.u.road = (InRoad){.road = road, .open = open, .cause = (uint8_t)(open ? CAUSE_NONE : cause), .reason = why};
    twin_submit(w, &in);
    for (uint32_t i = 0; i < w->stations; i++)
        if (w->station[i].lane != DYN_NONE && w->c.site->lane_road[w->station[i].lane] == road)
            set_servers(w, &w->station[i]);
}
static void set_roads(Twin *w, const TwinClosure *k, bool open) {
    for (uint8_t r = 0; r < w->c.site->roads; r++)
        if (!k->road.n || str_eq(k->road, w->c.site->road[r].id)) set_road(w, r, open, (Cause)k->cause, k->id);
}
void day_road_opened(Twin *w, uint8_t road) { // everybody who stood still looks again
    const Passage *p;
    for (uint32_t at = gate_passages(w->gate, 0, &p); p; at = gate_passages(w->gate, at, &p))
        if (p->road == road) twin_touch(w, p);
}
static void closure_begins(Des *d, void *ctx, uint64_t arg);
static double month_factor(const TwinClosure *k, int64_t t_ms) {
    char iso[ISO8601_LEN + 1];
    iso8601_format(t_ms, iso);
    uint32_t month = (uint32_t)(iso[5] - '0') * 10 + (uint32_t)(iso[6] - '0');
    const TwinPiece *p = k->months.items;
    for (uint32_t i = 0; i < k->months.n; i++)
        if (month >= p[i].from && month <= p[i].to) return p[i].permille / 1e3;
    return 1;
}
static void next_closure(Twin *w, uint32_t i, double after_ms) {
    const TwinClosure *k = (const TwinClosure *)w->c.doc->closures.items + i;
    DesStream r = twin_stream(w, STREAM_CLOSE, i << 20 | w->closures++);
    double factor = month_factor(k, twin_wall(w)), hours = k->every_h * des_exp(&r) / MAX(factor, 0.02);
    des_at(w->des, twin_ms(w) + after_ms + hours * (double)HOUR_MS, closure_begins, w, i);
}
static void closure_ends(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    Twin *w = ctx;
    set_roads(w, (const TwinClosure *)w->c.doc->closures.items + arg, true);
}
static void closure_begins(Des *d, void *ctx, uint64_t arg) {
    Twin *w = ctx;
    const TwinClosure *k = (const TwinClosure *)w->c.doc->closures.items + arg;
    DesDist time = twin_dist(k->time);
    DesStream r = twin_stream(w, STREAM_LENGTH, (uint32_t)arg << 20 | w->closures);
    double ms = des_draw(&time, &r);
    set_roads(w, k, false);
    des_at(d, twin_ms(w) + ms, closure_ends, w, arg);
    next_closure(w, (uint32_t)arg, ms);
}
static bool by_the_clock(const TwinClosure *k, uint32_t hour) {
    return k->from <= k->to ? hour >= k->from && hour < k->to : hour >= k->from || hour < k->to;
}
static void clock_closures(Twin *w, uint32_t hour, bool first) {
    const TwinClosure *k = w->c.doc->closures.items;
    for (uint32_t i = 0; i < w->c.doc->closures.n; i++) {
        if (k[i].every_h || !twin_phase_has(w, k[i].phases)) continue;
        bool shut = by_the_clock(&k[i], hour), was = !first && by_the_clock(&k[i], (hour + 23) % 24);
        if (shut != was) set_roads(w, &k[i], !shut);
    }
}

// ---- tides: a lane is emptied before it is turned
static void turn(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    Twin *w = ctx;
    uint8_t lane = (uint8_t)arg, way = (uint8_t)(arg >> 8);
    LaneState now = gate_lane(w->gate, lane);
    if (now.way == way || w->station[w->lane_station[lane]].broken) return;
    if (now.occupied) {
        if (now.open) set_lane(w, lane, LANE_WAY_NONE, false, CAUSE_SCHEDULE, "emptied before it turns");
        des_at(w->des, twin_ms(w) + 2.0 * (double)MINUTE_MS, turn, w, arg);
        return;
    }
    set_lane(w, lane, (LaneWay)way, true, CAUSE_NONE, "turned by the timetable");
}
static void tides(Twin *w, uint32_t hour) {
    if (w->halted) return; // the next hour will do
    const TwinTide *t = w->c.layout.tides ? w->c.layout.tides : w->c.doc->tides.items;
    uint32_t n = w->c.layout.tides ? w->c.layout.tides_n : w->c.doc->tides.n;
    for (uint32_t i = 0; i < n; i++) {
        bool on = t[i].from <= t[i].to ? hour >= t[i].from && hour < t[i].to : hour >= t[i].from || hour < t[i].to;
        uint8_t lane = site_find(w->c.site, DYN_LANE, t[i].lane);
        if (!on || lane == DYN_NONE || w->lane_station[lane] == STATION_NONE ||
            gate_lane(w->gate, lane).way == t[i].way)
            continue;
        turn(w->des, w, (uint64_t)t[i].way << 8 | lane);
    }
}
// What the centre ordered and the gate does not show got lost on its way: ordered again.
static void order_again(Twin *w) {
    if (w->halted) return;
    for (uint8_t r = 0; r < w->c.site->roads; r++) {
        bool open = w->road_closed[r] == 0;
        if (gate_road(w->gate, r).open == open) continue;
        Input in = {.kind = IN_ROAD, .role = ROLE_CENTRE, .actor = STR("centre")};
        in.u.road = (InRoad){
            .road = r, .open = open, .cause = open ? CAUSE_NONE : CAUSE_INCIDENT, .reason = STR("ordered again")};
        twin_submit(w, &in);
    }
    for (uint32_t i = 0; i < w->stations; i++) {
        const Station *s = &w->station[i];
        if (s->lane == DYN_NONE || w->c.site->lane[s->lane].way == LANE_WAY_TIDAL) continue;
        if (gate_lane(w->gate, s->lane).open != (s->broken == 0))
            set_lane(w, s->lane, LANE_WAY_NONE, s->broken == 0, CAUSE_MAINTENANCE, "ordered again");
    }
}
static void each_hour(Twin *w, bool first) {
    uint32_t hour = twin_hour(w, twin_wall(w));
    for (uint32_t i = 0; i < w->stations; i++) staff(w, i, hour);
    clock_closures(w, hour, first);
    if (!first) order_again(w);
    tides(w, hour);
    int64_t next = twin_midnight(w, twin_wall(w)) + (hour + 1) * HOUR_MS;
    des_at(w->des, (double)(next - w->c.start_ms), hourly, w, 0);
}
static void hourly(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    stat_hour(ctx);
    each_hour(ctx, false);
}
void day_start(Twin *w) {
    each_hour(w, true);
    for (uint32_t i = 0; i < w->stations; i++) next_failure(w, i);
    const TwinClosure *k = w->c.doc->closures.items;
    for (uint32_t i = 0; i < w->c.doc->closures.n; i++)
        if (k[i].every_h && twin_phase_has(w, k[i].phases)) next_closure(w, i, 0);
}

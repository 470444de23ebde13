#include "plan.h"

void plan_layout_init(PlanLayout *l) {
    memset(l, 0, sizeof *l);
    twin_layout_init(&l->twin);
    for (uint32_t r = 0; r < ROADS_MAX; r++)
        for (int w = 0; w < 3; w++) l->lanes[r][w] = TWIN_AS_DATA;
    for (uint32_t y = 0; y < YARDS_MAX; y++) l->yard[y] = TWIN_AS_DATA;
}

// ---- the site of a lay-out
static bool in_phase(const SiteDoc *d, StrList phases) {
    for (uint32_t i = 0; i < phases.n; i++)
        if (str_eq(phases.items[i], d->phase)) return true;
    return phases.n == 0;
}
static uint8_t way_of(int w) {
    return w == PLAN_OUT ? LANE_WAY_OUT : w == PLAN_IN ? LANE_WAY_IN : LANE_WAY_TIDAL;
}
typedef struct {
    SiteLane lane[LANES_MAX];
    uint32_t n;
    Arena *a;
} Lanes;
static bool add_lanes(Lanes *to, Str road, uint32_t r, int w, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        if (to->n == LANES_MAX) return false;
        char id[32];
        int len = snprintf(id, sizeof id, STR_F "-%s-%u", STR_A(road),
                           w == PLAN_OUT  ? "out"
                           : w == PLAN_IN ? "in"
                                          : "tidal",
                           i + 1);
        (void)r;
        to->lane[to->n++] = (SiteLane){
            .id = arena_str(to->a, (Str){id, (size_t)len}), .road = road, .kind = LANE_TRUCK, .way = way_of(w)};
    }
    return true;
}
static bool lay_lanes(const PlanCase *c, const PlanLayout *l, Lanes *to) {
    const SiteLane *have = c->doc->lanes.items;
    const SiteRoad *road = c->doc->roads.items;
    for (uint32_t r = 0; r < c->doc->roads.n; r++)
        for (int w = 0; w < 3; w++) {
            uint32_t left = l->lanes[r][w];
            for (uint32_t i = 0; i < c->doc->lanes.n && left; i++) {
                if (!str_eq(have[i].road, road[r].id) || have[i].kind != LANE_TRUCK || have[i].way != way_of(w) ||
                    !in_phase(c->doc, have[i].phases))
                    continue;
                if (to->n == LANES_MAX) return false;
                to->lane[to->n] = have[i];
                to->lane[to->n++].phases = (StrList){0};
                if (left != TWIN_AS_DATA) left--;
            }
            if (left != TWIN_AS_DATA && !add_lanes(to, road[r].id, r, w, left)) return false;
        }
    for (uint32_t i = 0; i < c->doc->lanes.n; i++)
        if (have[i].kind != LANE_TRUCK && in_phase(c->doc, have[i].phases)) {
            if (to->n == LANES_MAX) return false;
            to->lane[to->n] = have[i];
            to->lane[to->n++].phases = (StrList){0};
        }
    return true;
}
Err plan_site(const PlanCase *c, const PlanLayout *l, Arena *a, Site **ret, Str *ret_what) {
    Lanes *lanes = arena_alloc(a, sizeof *lanes);
    SiteDoc *d = arena_alloc(a, sizeof *d);
    SiteYard *yards = arena_alloc(a, (c->doc->yards.n + 1) * sizeof *yards);
    if (!lanes || !d || !yards) return ERR_LIMIT;
    *d = *c->doc;
    lanes->a = a;
    if (!lay_lanes(c, l, lanes)) {
        *ret_what = STR("more lanes than a site may have");
        return ERR_INVALID;
    }
    d->lanes = (List){lanes->lane, lanes->n};
    memcpy(yards, c->doc->yards.items, c->doc->yards.n * sizeof *yards);
    for (uint32_t y = 0; y < c->doc->yards.n; y++)
        if (l->yard[y] != TWIN_AS_DATA) yards[y].places = l->yard[y];
    d->yards = (List){yards, c->doc->yards.n};
    SiteProblem p[SITE_PROBLEMS_MAX];
    uint32_t n = 0;
    Err e = site_compile(d, STR("{}"), a, ret, p, &n);
    if (e == ERR_INVALID) *ret_what = n ? p[0].what : STR("the site");
    return e;
}

// ---- one replication
static void flow_out(PlanFlow *f, const DesTally *wait, const DesTally *stay, double days) {
    f->passed = (double)wait->n / days;
    f->wait_mean = wait->mean, f->wait_p50 = des_tally_quantile(wait, 0.5),
    f->wait_p95 = des_tally_quantile(wait, 0.95), f->wait_p99 = des_tally_quantile(wait, 0.99);
    f->stay_mean = stay->mean, f->stay_p95 = des_tally_quantile(stay, 0.95);
}
static void by_day(const TwinStats *s, uint32_t flows, PlanOut *o) {
    double d = MAX(s->days, 1u);
    for (uint32_t i = 0; i < s->days; i++) {
        const TwinDay *t = &s->day[i];
        for (uint32_t f = 0; f < flows; f++) o->flow[f].arrived += t->flow[f].arrived / d;
        o->all.arrived += t->all.arrived / d, o->no_show += t->all.no_show / d, o->fees_vnd += (double)t->fees_vnd / d;
        o->co2_idle_kg += t->co2_idle_kg / d, o->co2_move_kg += t->co2_move_kg / d, o->co2_igv_kg += t->co2_igv_kg / d;
        o->nox_kg += t->nox_kg / d, o->pm_kg += t->pm_kg / d, o->igv_kwh += t->igv_kwh / d,
            o->fuel_idle_l += t->fuel_idle_l / d;
    }
}
static void roads_out(const PlanCase *c, const Site *site, const TwinStats *s, PlanOut *o) {
    DesTally *wait = calloc(2, sizeof *wait), *stay = wait + 1;
    CK_ASSERT(wait != NULL);
    const TwinFlow *f = c->twin->flows.items;
    for (uint8_t r = 0; r < site->roads; r++) {
        des_tally_reset(wait), des_tally_reset(stay);
        for (uint32_t i = 0; i < c->twin->flows.n; i++) {
            if (!str_eq(f[i].road, site->road[r].id)) continue;
            des_tally_merge(wait, &s->flow_wait[i]), des_tally_merge(stay, &s->flow_stay[i]);
            o->road[r].arrived += o->flow[i].arrived;
        }
        flow_out(&o->road[r], wait, stay, o->days);
    }
    free(wait);
}
static void pair(double to[2], const DesTally *t) {
    to[0] = t->mean, to[1] = des_tally_quantile(t, 0.95);
}
static void collect(const PlanCase *c, const Site *site, const Twin *w, PlanOut *o) {
    TwinStats s;
    twin_stats(w, &s);
    memset(o, 0, sizeof *o);
    o->days = c->days;
    by_day(&s, c->twin->flows.n, o);
    for (uint32_t i = 0; i < c->twin->flows.n; i++) flow_out(&o->flow[i], &s.flow_wait[i], &s.flow_stay[i], o->days);
    flow_out(&o->all, s.wait, s.stay, o->days);
    roads_out(c, site, &s, o);
    for (uint32_t i = 0; i < twin_stations(w) && i < PLAN_STATIONS_MAX; i++) {
        TwinStationStats t;
        twin_station(w, i, &t);
        o->station[i] = (PlanStation){t.servers,    t.utilisation, t.wait_mean,       t.wait_p95,
                                      t.queue_mean, t.queue_max,   t.served / o->days};
    }
    for (uint32_t i = 0; i < TASKS_MAX; i++)
        pair(o->task_wait[i], &s.task_wait[i]), pair(o->task_time[i], &s.task_time[i]);
    for (uint32_t i = 0; i < KIND_COUNT * PLACE_COUNT; i++) pair(o->place_time[i], &s.place_time[i]);
    memcpy(o->hour_queue, s.hour_queue, sizeof o->hour_queue);
    for (uint32_t i = 0; i < ALARM_COUNT; i++) o->alarms[i] = (double)s.alarms[i] / o->days;
    for (uint32_t i = 0; i < REFUSE_COUNT; i++) o->refusals[i] = (double)s.refusals[i] / o->days;
    for (uint8_t r = 0; r < site->roads; r++) {
        TwinFleetStats t;
        if (!twin_fleet(w, r, &t)) continue;
        double laden = t.driven_km > 0 ? t.laden_km / t.driven_km : 0, d = o->days;
        o->fleet[r].vehicles = t.vehicles, o->fleet[r].collisions = (double)t.collisions;
        o->fleet[r].done = (double)t.done / d, o->fleet[r].withdrawn = (double)t.withdrawn / d;
        o->fleet[r].cycle_min = t.cycle_min_mean, o->fleet[r].wait_min = t.wait_min_mean;
        o->fleet[r].longest_min = t.longest_min, o->fleet[r].laden_share = laden;
        o->fleet[r].km = t.driven_km / d, o->fleet[r].kwh = t.kwh / d;
    }
    o->turned_back = (double)s.turned_back / o->days;
    o->inputs = (double)s.inputs, o->events = (double)s.events, o->open = s.open, o->cost_day = twin_cost_day(w);
}
void plan_once(const PlanCase *c, const Site *site, const PlanLayout *l, uint32_t replication, PlanOut *ret) {
    TwinConfig tc = {.site = site,
                     .doc = c->twin,
                     .layout = l->twin,
                     .seed = c->seed,
                     .replication = replication,
                     .start_ms = c->start_ms,
                     .passages_max = c->passages_max};
    TwinGate tg;
    Twin *w = twin_gate_new(&tg, &tc);
    twin_run(w, c->start_ms + c->warmup_days * DAY_MS);
    twin_stats_restart(w);
    twin_run(w, c->start_ms + (int64_t)(c->warmup_days + c->days) * DAY_MS);
    collect(c, site, w, ret);
    twin_gate_free(&tg);
}
typedef struct {
    const PlanCase *c;
    const Site *site;
    const PlanLayout *l;
    const PlanProgress *p;
} Crew;
static void one(void *ctx, uint32_t replication, void *out) {
    const Crew *k = ctx;
    plan_once(k->c, k->site, k->l, replication, out);
}
static void progress(void *ctx, uint32_t done, uint32_t n) {
    const Crew *k = ctx;
    if (k->p && k->p->say) k->p->say(k->p->ctx, done, n);
}
uint32_t plan_replicate(const PlanCase *c, const Site *site, const PlanLayout *l, uint32_t first, uint32_t n,
                        const PlanProgress *p, PlanOut *outs) {
    Crew k = {c, site, l, p};
    DesReplicate r = {.first = first,
                      .n = n,
                      .one = one,
                      .ctx = &k,
                      .outs = outs,
                      .out_size = sizeof *outs,
                      .progress = progress,
                      .stop = p ? p->stop : NULL,
                      .threads = p ? p->threads : 0};
    return des_replicate(&r);
}
DesInterval plan_interval(const PlanOut *outs, uint32_t n, size_t offset) {
    double *x = malloc((n + 1) * sizeof *x);
    CK_ASSERT(x != NULL);
    for (uint32_t i = 0; i < n; i++) memcpy(&x[i], (const char *)&outs[i] + offset, sizeof *x);
    DesInterval r = des_interval(x, n, 0.95);
    free(x);
    return r;
}

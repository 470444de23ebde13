// From data to the world: names become indices, times become distributions; what does not fit is said.
#include "twin_internal.h"

typedef struct {
    const Site *site;
    const TwinDoc *doc;
    Arena *a;
    TwinProblem *p;
    uint32_t n;
} Check;
static void say(Check *c, const char *list, Str id, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void say(Check *c, const char *list, Str id, const char *fmt, ...) {
    if (c->n >= TWIN_PROBLEMS_MAX) return;
    Buf b;
    buf_init(&b, 1024);
    buf_printf(&b, "%s " STR_F, list, STR_A(id));
    c->p[c->n].where = arena_str(c->a, buf_view(&b));
    buf_clear(&b);
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    c->p[c->n++].what = arena_str(c->a, str_c(text));
    buf_deinit(&b);
}
#define EACH(T, x, list) for (const T *x = (list).items, *x##_end = x + (list).n; x < x##_end; x++)

static bool one_of(StrList phases, Str phase) {
    for (uint32_t i = 0; i < phases.n; i++)
        if (str_eq(phases.items[i], phase)) return true;
    return phases.n == 0;
}
static bool station_known(const TwinDoc *d, Str id, Str road) {
    EACH(TwinStation, s, d->stations)
    if (str_eq(s->id, id) && (!s->road.n || str_eq(s->road, road))) return true;
    return false;
}

// ---- what is wrong with the data
static void check_time(Check *c, const char *list, Str id, const TwinTime *t) {
    if (!t) return;
    DesDist d = twin_dist(t);
    const char *why = des_dist_check(&d);
    if (why) say(c, list, id, "its time: %s", why);
}
static void check_pieces(Check *c, const char *list, Str id, List l, uint32_t from, uint32_t to) {
    EACH(TwinPiece, p, l)
    if (p->from < from || p->to > to || p->from > p->to) {
        say(c, list, id, "a piece from %u to %u: must lie within %u and %u", p->from, p->to, from, to);
        return;
    }
}
static void check_hours(Check *c, const char *list, Str id, uint32_t from, uint32_t to) { // of a day; may pass midnight
    if (from > 24 || to > 24) say(c, list, id, "hours from %u to %u: must lie within 0 and 24", from, to);
}
static void check_params(Check *c, const TwinParams *p) {
    const struct {
        const char *id;
        const TwinTime *time;
    } all[] = {
        {"retry", p->retry}, {"resolve", p->resolve}, {"amend", p->amend}, {"pay", p->pay}, {"repair", p->repair}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        DesDist d = twin_dist(all[i].time);
        check_time(c, "params", str_c(all[i].id), all[i].time);
        if (!(des_dist_mean(&d) > 0)) // who tries again at once would do so for ever
            say(c, "params", str_c(all[i].id), "its time must be over 0");
    }
}
static bool profile_known(const TwinDoc *d, Str id) {
    bool known = !id.n;
    EACH(TwinProfile, p, d->profiles) known |= str_eq(p->id, id);
    return known;
}
static void check_flow(Check *c, const TwinFlow *f) {
    if (site_find(c->site, DYN_ROAD, f->road) == DYN_NONE) say(c, "flow", f->id, "its road is not one of the site");
    if (!f->direction) say(c, "flow", f->id, "needs a direction");
    if (!profile_known(c->doc, f->profile)) say(c, "flow", f->id, "there is no profile " STR_F, STR_A(f->profile));
    EACH(TwinPhase, n, f->per_day)
    if (!profile_known(c->doc, n->profile)) say(c, "flow", f->id, "there is no profile " STR_F, STR_A(n->profile));
    uint32_t sum = 0, cargo = 0;
    EACH(TwinModeShare, m, f->modes) sum += m->permille;
    if (f->modes.n && sum != 1000) say(c, "flow", f->id, "the shares of its modes add up to %u, must be 1000", sum);
    if (!f->unmanned && !f->modes.n) say(c, "flow", f->id, "needs modes");
    EACH(TwinCargo, k, c->doc->cargo)
    cargo += k->direction == f->direction && (k->unmanned || !f->unmanned) ? k->permille : 0;
    if (!cargo) say(c, "flow", f->id, "there is no cargo for it");
    if (f->green_permille + f->yellow_permille > 1000)
        say(c, "flow", f->id, "green and yellow channels are over 1000 permille");
    check_time(c, "flow", f->id, f->lead), check_time(c, "flow", f->id, f->run_up);
}
static bool lane_connects(const Check *c, uint8_t road, LaneKind kind, LaneWay way) {
    for (uint8_t l = 0; l < c->site->lanes; l++) {
        const SiteLane *s = &c->site->lane[l];
        if (c->site->lane_built[l] && c->site->lane_road[l] == road && s->kind == kind &&
            (s->way == way || s->way == LANE_WAY_TIDAL))
            return true;
    }
    return false;
}
static void check_connects(Check *c, const TwinFlow *f) {
    uint8_t road = site_find(c->site, DYN_ROAD, f->road);
    if (road == DYN_NONE || !twin_phase_number(f->per_day, c->site->doc->phase, 0)) return;
    LaneKind kind = f->unmanned ? LANE_UNMANNED : LANE_TRUCK;
    bool out = lane_connects(c, road, kind, LANE_WAY_OUT), in = lane_connects(c, road, kind, LANE_WAY_IN);
    bool both = !f->unmanned; // trucks come back
    if ((both || f->direction == DIRECTION_EXPORT) && !out)
        say(c, "flow", f->id, "road " STR_F " has no lane out for it in phase " STR_F, STR_A(f->road),
            STR_A(c->site->doc->phase));
    if ((both || f->direction == DIRECTION_IMPORT) && !in)
        say(c, "flow", f->id, "road " STR_F " has no lane in for it in phase " STR_F, STR_A(f->road),
            STR_A(c->site->doc->phase));
}
static void check_work(Check *c, const TwinWork *k) {
    Str id = k->task.n ? k->task : str_c(Move_names.names[k->move]);
    if (k->task.n && k->move) say(c, "work", id, "is for a task or for a move, not for both");
    if (!k->task.n && !k->move) say(c, "work", id, "needs a task or a move");
    if (k->task.n && site_find(c->site, DYN_TASK, k->task) == DYN_NONE) say(c, "work", id, "is not a task of the site");
    if (k->steps.n > TWIN_STEPS_MAX) say(c, "work", id, "has more than %d steps", TWIN_STEPS_MAX);
    if (k->hold_permille + k->rework_permille + k->refuse_permille > 1000)
        say(c, "work", id, "findings are over 1000 permille");
    EACH(TwinStep, s, k->steps) {
        check_time(c, "work", id, s->time);
        if (!s->station.n || str_eq_c(s->station, "lane")) continue;
        for (uint32_t r = 0; r < c->site->roads; r++)
            if (!station_known(c->doc, s->station, c->site->road[r].id))
                say(c, "work", id, "there is no station " STR_F " for road " STR_F, STR_A(s->station),
                    STR_A(c->site->road[r].id));
    }
}
static bool has_kind(const Check *c, const TwinWork *k, uint32_t kind) {
    return one_of(k->phases, c->site->doc->phase) && (!k->kinds || (k->kinds & BIT(kind)));
}
static void check_ways(Check *c, const TwinWork *k) { // how many works before it are for the same
    for (uint32_t kind = 0; kind < KIND_COUNT; kind++) {
        uint32_t n = 0;
        for (const TwinWork *o = c->doc->works.items; o <= k && has_kind(c, k, kind); o++)
            n += has_kind(c, o, kind) && o->move == k->move && str_eq(o->task, k->task);
        if (n <= WORKS_EACH) continue;
        say(c, "work", k->task.n ? k->task : str_c(Move_names.names[k->move]), "more than %d for one kind of passage",
            WORKS_EACH);
        return;
    }
}
static void check_procedures(Check *c) { // a task without a work would never be decided
    EACH(Procedure, pr, c->site->doc->procedures)
    EACH(ProcedureTask, t, pr->tasks) {
        uint8_t task = site_find(c->site, DYN_TASK, t->task);
        if (task == DYN_NONE || c->site->task[task].kind == TASK_AUTO || c->site->task[task].kind == TASK_FEE) continue;
        uint32_t kinds = 0;
        EACH(TwinWork, k, c->doc->works)
        if (str_eq(k->task, t->task) && one_of(k->phases, c->site->doc->phase))
            kinds |= k->kinds ? k->kinds : UINT32_MAX;
        if (pr->kinds & ~kinds) say(c, "procedure", pr->id, "nobody in the data does its task " STR_F, STR_A(t->task));
    }
}
uint32_t twin_check(const Site *s, const TwinDoc *d, Arena *a, TwinProblem ret[TWIN_PROBLEMS_MAX]) {
    Check c = {s, d, a, ret, 0};
    if (!d->params || !d->params->retry || !d->params->resolve || !d->params->amend || !d->params->pay ||
        !d->params->repair)
        say(&c, "params", STR_EMPTY, "retry, resolve, amend, pay and repair are needed");
    if (!d->flows.n || d->flows.n > TWIN_FLOWS_MAX) say(&c, "flows", STR_EMPTY, "1 to %d are needed", TWIN_FLOWS_MAX);
    if (d->stations.n > TWIN_STATIONS_MAX) say(&c, "stations", STR_EMPTY, "at most %d", TWIN_STATIONS_MAX);
    if (d->cargo.n > TWIN_CARGO_MAX) say(&c, "cargo", STR_EMPTY, "at most %d", TWIN_CARGO_MAX);
    if (!d->emissions.n || !d->costs) say(&c, "emissions, costs", STR_EMPTY, "are needed");
    if (c.n) return c.n;
    check_params(&c, d->params);
    EACH(TwinFlow, f, d->flows) check_flow(&c, f), check_connects(&c, f);
    EACH(TwinCargo, k, d->cargo) {
        if (site_goods_of(s, k->hs) == DYN_NONE)
            say(&c, "cargo", k->id, "the site has no goods kind for HS " STR_F, STR_A(k->hs));
        if (!k->net_kg_min || k->net_kg_min > k->net_kg_max)
            say(&c, "cargo", k->id, "net_kg_min must be over 0 and at most net_kg_max");
        check_pieces(&c, "cargo", k->id, k->months, 1, 12);
    }
    EACH(TwinProfile, p, d->profiles) {
        check_pieces(&c, "profile", p->id, p->hours, 0, 24), check_pieces(&c, "profile", p->id, p->weekdays, 1, 7);
        check_pieces(&c, "profile", p->id, p->months, 1, 12);
    }
    EACH(TwinStation, t, d->stations) {
        if (t->road.n && site_find(s, DYN_ROAD, t->road) == DYN_NONE)
            say(&c, "station", t->id, "its road is not one of the site");
        EACH(TwinShift, f, t->shifts) check_hours(&c, "station", t->id, f->from, f->to);
    }
    EACH(TwinClosure, k, d->closures) {
        if (k->road.n && site_find(s, DYN_ROAD, k->road) == DYN_NONE)
            say(&c, "closure", k->id, "its road is not one of the site");
        if (k->every_h && !k->time) say(&c, "closure", k->id, "needs a time");
        check_time(&c, "closure", k->id, k->time), check_hours(&c, "closure", k->id, k->from, k->to);
        check_pieces(&c, "closure", k->id, k->months, 1, 12);
    }
    EACH(TwinTide, t, d->tides) {
        if (site_find(s, DYN_LANE, t->lane) == DYN_NONE) say(&c, "tide", t->lane, "is not a lane of the site");
        check_hours(&c, "tide", t->lane, t->from, t->to);
    }
    EACH(TwinWork, k, d->works) check_work(&c, k), check_ways(&c, k);
    check_procedures(&c);
    return c.n;
}

// ---- building
static void pieces(List l, double *to, uint32_t n, uint32_t first, bool to_included) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) to[i] = 1;
    EACH(TwinPiece, p, l)
    for (uint32_t i = p->from; i < p->to + to_included; i++) to[i - first] = p->permille / 1e3;
    for (uint32_t i = 0; i < n; i++) sum += to[i];
    for (uint32_t i = 0; i < n && sum > 0; i++) to[i] *= n / sum; // their mean is one
}
static void build_flow(Twin *w, const TwinFlow *f) {
    Flow *to = &w->flow[w->flows];
    const Site *s = w->c.site;
    *to = (Flow){
        .src = f, .road = site_find(s, DYN_ROAD, f->road), .lead = twin_dist(f->lead), .run_up = twin_dist(f->run_up)};
    to->ahead_ms = des_dist_quantile(&to->lead, 0.9999) + des_dist_quantile(&to->run_up, 0.9999);
    uint32_t asked = w->c.layout.per_day[w->flows];
    to->per_day = asked != TWIN_AS_DATA ? asked : twin_phase_number(f->per_day, s->doc->phase, 0);
    double hours[24];
    List none = {0}, h = none, d = none, m = none;
    const TwinPhase *now = twin_phase(f->per_day, s->doc->phase);
    Str profile = now && now->profile.n ? now->profile : f->profile;
    EACH(TwinProfile, p, w->c.doc->profiles)
    if (str_eq(p->id, profile)) h = p->hours, d = p->weekdays, m = p->months;
    pieces(h, hours, 24, 0, false), pieces(d, to->weekday, 7, 1, true), pieces(m, to->month, 12, 1, true);
    for (int i = 0; i < 24; i++) to->per_ms[i] = to->per_day * hours[i] / (double)DAY_MS;
    uint32_t at = 0;
    EACH(TwinCargo, k, w->c.doc->cargo) {
        if (k->direction == f->direction && (k->unmanned || !f->unmanned) && k->permille) to->cargo[to->cargo_n++] = at;
        at++;
    }
    w->flows++;
}
static void add_station(Twin *w, const TwinStation *src, uint8_t lane, uint32_t servers) {
    Station *s = &w->station[w->stations];
    *s = (Station){.src = src, .lane = lane, .servers = servers, .there = servers};
    s->id = lane == DYN_NONE ? src->id : w->c.site->lane[lane].id;
    Buf b;
    buf_init(&b, 200);
    buf_printf(&b, STR_F "%s" STR_F, STR_A(s->id), src && src->road.n ? "-" : "",
               STR_A(src && src->road.n ? src->road : STR_EMPTY));
    s->actor = arena_str(&w->arena, buf_view(&b));
    buf_deinit(&b);
    s->st = work_station_new(w, w->stations, servers);
    if (lane != DYN_NONE) w->lane_station[lane] = (uint8_t)w->stations;
    w->stations++;
}
static uint8_t find_station(const Twin *w, Str id, uint8_t road) {
    uint8_t found = STATION_NONE;
    for (uint32_t i = 0; i < w->stations; i++) {
        const Station *s = &w->station[i];
        if (s->lane != DYN_NONE || !str_eq(s->id, id)) continue;
        if (s->src->road.n && !str_eq(s->src->road, w->c.site->road[road].id)) continue;
        if (found == STATION_NONE || s->src->road.n) found = (uint8_t)i; // a road's own before the common one
    }
    return found;
}
static void build_work(Twin *w, const TwinWork *k, Work *to, uint16_t at) {
    *to = (Work){.src = k, .kinds = k->kinds ? k->kinds : UINT32_MAX, .modes = k->modes ? k->modes : UINT32_MAX};
    EACH(TwinStep, s, k->steps) {
        Step *st = &to->step[to->steps++];
        *st = (Step){.keep = s->keep, .give = s->give, .timed = s->time != NULL, .time = twin_dist(s->time)};
        for (uint8_t r = 0; r < ROADS_MAX; r++)
            st->station[r] = !s->station.n                  ? STATION_NONE
                             : str_eq_c(s->station, "lane") ? STATION_LANE
                             : r < w->c.site->roads         ? find_station(w, s->station, r)
                                                            : STATION_NONE;
    }
    if (!twin_phase_has(w, k->phases)) return; // it keeps its place in the list
    uint8_t what = k->task.n ? site_find(w->c.site, DYN_TASK, k->task) : (uint8_t)(WHAT_MOVE + k->move);
    for (uint32_t kind = 0; kind < KIND_COUNT; kind++) {
        if (!(to->kinds & BIT(kind))) continue;
        CK_ASSERT(w->work_n[kind][what] < WORKS_EACH);
        w->work_at[kind][what][w->work_n[kind][what]++] = at;
    }
}
void twin_build(Twin *w) {
    const TwinDoc *d = w->c.doc;
    const Site *s = w->c.site;
    EACH(TwinFlow, f, d->flows) build_flow(w, f);
    uint32_t at = 0;
    const TwinStation *lane_data = NULL;
    EACH(TwinStation, t, d->stations) {
        uint32_t asked = w->c.layout.servers[at++];
        if (str_eq_c(t->id, "lane")) lane_data = t;
        add_station(w, t, DYN_NONE, asked != TWIN_AS_DATA ? asked : twin_phase_number(t->servers, s->doc->phase, 1));
    }
    for (uint8_t l = 0; l < s->lanes; l++) {
        w->lane_station[l] = STATION_NONE;
        if (s->lane_built[l]) add_station(w, lane_data, l, 1);
    }
    w->works = d->works.n;
    w->work = calloc(w->works + 1, sizeof *w->work);
    CK_ASSERT(w->work != NULL && w->works < UINT16_MAX);
    at = 0;
    EACH(TwinWork, k, d->works) build_work(w, k, &w->work[at], (uint16_t)at), at++;
    EACH(TwinEmission, e, d->emissions)
    if (e->from_ms <= w->c.start_ms || !w->emission) w->emission = e;
}
bool twin_phase_has(const Twin *w, StrList phases) {
    return one_of(phases, w->c.site->doc->phase);
}
double twin_cost_day(const Twin *w) {
    const TwinCost *k = w->c.doc->costs;
    const Site *s = w->c.site;
    double sum = 0;
    for (uint8_t l = 0; l < s->lanes; l++) sum += s->lane_built[l] ? k->lane_day : 0;
    for (uint8_t y = 0; y < s->yards; y++) sum += s->yard_built[y] ? (double)k->yard_place_day * s->yard[y].places : 0;
    for (uint32_t i = 0; i < w->stations; i++)
        for (uint32_t h = 0; h < 24 && w->station[i].lane == DYN_NONE; h++)
            sum += w->station[i].src->cost_day / 24.0 * day_staff(w, i, h);
    return sum;
}

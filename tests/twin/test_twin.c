// The twin with the kernel in memory: determinism, common random numbers, conservation, closures, arrivals against
// their profile, staff; the check of its data against planted faults. The data are those of Hữu Nghị.
#include "app/app_roads.h"
#include "app/app_twin.h"
#include "twin/twin.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define MONDAY_MS 1794762000000 // 00:00 at the gate
static AppTwin data;            // opened once; whoever changes it puts it back
#define AT(T, list, i) (&((T *)(list).items)[i])

// ---- changes that are taken back
static struct {
    void *at;
    size_t n;
    unsigned char was[sizeof(List)];
} kept[64];
static uint32_t kept_n;
static void keep(void *at, size_t n) {
    assert_true(kept_n < ARRAY_LEN(kept) && n <= sizeof kept->was);
    kept[kept_n].at = at, kept[kept_n].n = n;
    memcpy(kept[kept_n++].was, at, n);
}
static int restore(void **state) {
    (void)state;
    while (kept_n) kept_n--, memcpy(kept[kept_n].at, kept[kept_n].was, kept[kept_n].n);
    return 0;
}
#define SET(lvalue, v) (keep(&(lvalue), sizeof(lvalue)), (lvalue) = (v))
static TwinFlow *flow_of(const char *id) {
    for (uint32_t i = 0; i < data.doc->flows.n; i++)
        if (str_eq_c(AT(TwinFlow, data.doc->flows, i)->id, id)) return AT(TwinFlow, data.doc->flows, i);
    fail();
    return NULL;
}
static TwinConfig config(uint64_t seed) {
    TwinConfig c = {.site = data.site, .doc = data.doc, .seed = seed, .start_ms = MONDAY_MS, .passages_max = 20000};
    twin_layout_init(&c.layout);
    return c;
}

// ---- a kernel in memory that is watched
#define DAYS_SEEN     64
#define ENTITIES_SEEN 32768 // of each flow
typedef struct {
    void *memory;
    Gate *gate;
    Arena arena;
    Twin *twin;
    uint32_t flows, declared[DAYS_SEEN][TWIN_FLOWS_MAX]; // sent for the first time, by day and flow
    uint32_t hour[24], weekday[7], each_hour[DAYS_SEEN * 24];
    uint64_t trucks; // what they are like and when they come, as one number
    bool seen[TWIN_FLOWS_MAX][ENTITIES_SEEN];
    uint32_t crossed[ROADS_MAX][24], arrived, decided[TASKS_MAX], taken[TASKS_MAX];
} Watched;
static uint32_t hour_of(int64_t t_ms) {
    return (uint32_t)((t_ms - MONDAY_MS) / HOUR_MS);
}
static void see_declaration(Watched *w, const Input *in) {
    const Declaration *d = &in->u.declare;
    uint64_t id = 0;
    for (size_t i = 2; i < d->lrn.n; i++) id = id * 10 + (uint64_t)(d->lrn.p[i] - '0');
    uint32_t flow = (uint32_t)(id % w->flows), h = hour_of(in->t_ms);
    uint64_t entity = id / w->flows;
    assert_true(entity < ENTITIES_SEEN);
    if (w->seen[flow][entity]) return; // again, after its papers were put right
    w->seen[flow][entity] = true;
    assert_true(h / 24 < DAYS_SEEN);
    w->declared[h / 24][flow]++, w->hour[h % 24]++, w->weekday[h / 24 % 7]++, w->each_hour[h]++;
    const uint64_t what[] = {(uint64_t)in->t_ms, id, d->mode, (uint64_t)d->tare_kg, d->empty};
    w->trucks += str_hash(str_hash(1, (Str){(const char *)what, sizeof what}), d->plate);
}
static void submit(void *ctx, const Input *in);
static void sink(void *ctx, const Gate *g, const Event *e, bool after) {
    Watched *w = ctx;
    if (after && e->kind == EV_MOVED) {
        const Passage *p = gate_find(g, e->passage);
        uint32_t border = BIT(POINT_KM0_OUT) | BIT(POINT_KM0_BACK) | BIT(POINT_KM0_IN);
        if (p && (BIT(e->u.moved.point) & border)) w->crossed[p->road][hour_of(e->t_ms) % 24]++;
        w->arrived += e->u.moved.to == PLACE_INLAND && e->u.moved.from != PLACE_CALLED;
    }
    if (after && e->kind == EV_TASK_DECIDED) w->decided[e->u.decided.task]++;
    if (after && e->kind == EV_TASK_TAKEN) w->taken[e->u.taken.task]++;
    twin_sink(w->twin, g, e, after);
}
static void submit(void *ctx, const Input *in) {
    Watched *w = ctx;
    if (in->kind == IN_DECLARE) see_declaration(w, in);
    arena_reset(&w->arena);
    gate_apply(w->gate, in, &w->arena, sink, w);
}
static Watched *watch(const TwinConfig *c) {
    GateLimits l = {.passages_max = c->passages_max};
    Watched *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->memory = aligned_alloc(64, (gate_size(l) + 63) & ~(size_t)63);
    assert_non_null(w->memory);
    w->gate = gate_init(w->memory, l), w->flows = c->doc->flows.n;
    arena_init(&w->arena, 64u << 20);
    w->twin = twin_new(c, (TwinPort){w, submit});
    Input in = {.t_ms = c->start_ms, .kind = IN_SITE, .role = ROLE_SYSTEM, .actor = STR("site")};
    in.u.site = (InSite){.bundle = c->site->json, .site = c->site};
    gate_apply(w->gate, &in, &w->arena, NULL, NULL);
    twin_attach(w->twin, w->gate);
    return w;
}
static void watch_end(Watched *w) {
    twin_free(w->twin), arena_deinit(&w->arena), free(w->memory), free(w);
}
static uint32_t sum_of(const uint32_t *n, uint32_t from, uint32_t to) {
    uint32_t sum = 0;
    for (uint32_t i = from; i < to; i++) sum += n[i];
    return sum;
}

// ---- the same again
typedef struct {
    TwinStats s;
    TwinDay day[3];
    double queue[ROADS_MAX][24];
    DesTally wait, stay;
} Totals;
static void run(const TwinConfig *c, Totals *t) {
    TwinGate g;
    memset(t, 0, sizeof *t);
    Twin *w = twin_gate_new(&g, c);
    twin_run(w, c->start_ms + 3 * DAY_MS);
    twin_stats(w, &t->s);
    assert_int_equal(t->s.days, 3);
    memcpy(t->day, t->s.day, sizeof t->day), memcpy(t->queue, t->s.hour_queue, sizeof t->queue);
    t->wait = *t->s.wait, t->stay = *t->s.stay;
    assert_true(t->s.wait->n > 5000);
    twin_gate_free(&g);
}
static bool same_days(const Totals *a, const Totals *b) { // bit for bit
    for (int i = 0; i < 3; i++)
        if (memcmp(&a->day[i], &b->day[i], offsetof(TwinDay, alarms)) || a->day[i].alarms != b->day[i].alarms)
            return false;
    return !memcmp(&a->wait, &b->wait, sizeof a->wait) && !memcmp(&a->stay, &b->stay, sizeof a->stay) &&
           !memcmp(a->queue, b->queue, sizeof a->queue);
}
static void same_seed_same_totals(void **state) {
    (void)state;
    static Totals a, b, c, d;
    TwinConfig k = config(1);
    run(&k, &a), run(&k, &b);
    assert_true(same_days(&a, &b));
    assert_true(a.s.inputs == b.s.inputs && a.s.events == b.s.events && a.s.declared == b.s.declared);
    assert_true(a.s.closed == b.s.closed && a.s.open == b.s.open && a.s.effects == b.s.effects);
    assert_memory_equal(a.s.alarms, b.s.alarms, sizeof a.s.alarms);
    assert_memory_equal(a.s.refusals, b.s.refusals, sizeof a.s.refusals);
    k.seed = 2, run(&k, &c);
    k.seed = 1, k.replication = 1, run(&k, &d);
    assert_false(same_days(&a, &c)), assert_false(same_days(&a, &d)), assert_false(same_days(&c, &d));
    assert_true(a.s.declared != c.s.declared && a.s.declared != d.s.declared);
    for (int i = 1; i < 3; i++) // of the same size all the same
        assert_true(fabs((double)a.day[i].all.arrived - c.day[i].all.arrived) < 6 * sqrt(2.0 * a.day[i].all.arrived));
}
static void same_trucks_whatever_the_layout(void **state) {
    (void)state;
    TwinConfig as_data = config(7), other = config(7), seed = config(8);
    TwinTide none = {.lane = STR("H3"), .from = 0, .to = 24, .way = LANE_WAY_IN};
    for (uint32_t i = 0; i < data.doc->stations.n; i++) other.layout.servers[i] = 1 + i % 3;
    other.layout.tides = &none, other.layout.tides_n = 1;
    Watched *a = watch(&as_data), *b = watch(&other), *c = watch(&seed);
    twin_run(a->twin, MONDAY_MS + 2 * DAY_MS), twin_run(b->twin, MONDAY_MS + 2 * DAY_MS);
    twin_run(c->twin, MONDAY_MS + 2 * DAY_MS);
    assert_memory_equal(a->declared, b->declared, sizeof a->declared);
    assert_true(a->trucks == b->trucks && a->trucks != c->trucks);
    assert_true(memcmp(a->declared, c->declared, sizeof a->declared) != 0);
    for (uint32_t f = 0; f < a->flows; f++) assert_true(a->declared[1][f] > 20);
    TwinStats sa, sb;
    twin_stats(a->twin, &sa), twin_stats(b->twin, &sb);
    assert_true(sb.wait->mean > 2 * sa.wait->mean); // fewer people: it does make a difference
    watch_end(a), watch_end(b), watch_end(c);
}

// ---- nothing is lost
static void conserved(const Twin *w, uint64_t open_before) {
    TwinStats s;
    twin_stats(w, &s);
    assert_true(s.declared + open_before == s.closed + s.turned_back + s.open);
    uint64_t passed = 0, back = 0;
    for (uint32_t i = 0; i < s.days; i++) passed += s.day[i].all.passed, back += s.day[i].all.turned_back;
    assert_true(passed <= s.wait->n && back <= s.turned_back);
}
static void declared_is_closed_turned_back_or_open(void **state) {
    (void)state;
    TwinConfig c = config(3);
    TwinGate g;
    TwinStats s;
    Twin *w = twin_gate_new(&g, &c);
    for (int h = 6; h <= 72; h += 6) twin_run(w, MONDAY_MS + h * HOUR_MS), conserved(w, 0);
    twin_stats(w, &s);
    assert_true(s.closed > 5000 && s.turned_back > 10 && s.open > 100);
    uint32_t open = s.open;
    twin_stats_restart(w); // the end of a warm-up
    conserved(w, open);
    twin_run(w, MONDAY_MS + 84 * HOUR_MS), conserved(w, open);
    twin_stop_arrivals(w);
    twin_run(w, MONDAY_MS + 14 * DAY_MS), conserved(w, open);
    twin_stats(w, &s);
    print_message("open a fortnight later: %u of %llu\n", s.open, (unsigned long long)s.declared);
    assert_true(s.open < 20);
    twin_gate_free(&g);
}
static void full_gate_turns_away(void **state) {
    (void)state;
    TwinConfig c = config(3);
    c.passages_max = 100;
    TwinGate g;
    TwinStats s;
    Twin *w = twin_gate_new(&g, &c);
    twin_run(w, MONDAY_MS + DAY_MS);
    twin_stats(w, &s);
    assert_true(s.open <= 100 && s.turned_away > 100 && s.declared > 100);
    conserved(w, 0);
    twin_gate_free(&g);
}

// ---- closures, staff
static void closed_road_lets_nobody_cross(void **state) {
    (void)state;
    TwinClosure shut = {.id = STR("noon"), .road = STR("hn"), .cause = CAUSE_INCIDENT, .from = 9, .to = 17};
    SET(data.doc->closures, ((List){&shut, 1}));
    TwinConfig c = config(5);
    Watched *w = watch(&c);
    twin_run(w->twin, MONDAY_MS + 3 * DAY_MS);
    uint8_t hn = site_find(data.site, DYN_ROAD, STR("hn")), tt = site_find(data.site, DYN_ROAD, STR("tt"));
    assert_int_equal(sum_of(w->crossed[hn], 9, 17), 0);
    assert_true(sum_of(w->crossed[hn], 0, 9) > 100 && sum_of(w->crossed[hn], 17, 24) > 500);
    assert_true(sum_of(w->crossed[tt], 9, 17) > 500);
    conserved(w->twin, 0);
    watch_end(w);
    shut.from = 0, shut.to = 24, shut.road = STR_EMPTY; // all roads, always
    w = watch(&c);
    twin_run(w->twin, MONDAY_MS + DAY_MS);
    TwinStats s;
    twin_stats(w->twin, &s);
    assert_int_equal(sum_of(w->crossed[hn], 0, 24) + sum_of(w->crossed[tt], 0, 24), 0);
    assert_true(s.declared > 2000 && w->arrived > 200 && s.closed == 0 && s.wait->n == 0);
    watch_end(w);
}
static bool by_officers(uint8_t task) { // all its works begin with an officer
    uint32_t works = 0, with = 0;
    for (uint32_t i = 0; i < data.doc->works.n; i++) {
        const TwinWork *k = AT(TwinWork, data.doc->works, i);
        if (!k->task.n || site_find(data.site, DYN_TASK, k->task) != task) continue;
        works++;
        Str first = k->steps.n ? AT(TwinStep, k->steps, 0)->station : STR_EMPTY;
        for (uint32_t s = 0; s < data.doc->stations.n; s++)
            if (str_eq(AT(TwinStation, data.doc->stations, s)->id, first) &&
                AT(TwinStation, data.doc->stations, s)->kind == TWIN_OFFICER) {
                with++;
                break;
            }
    }
    return works && works == with;
}
static uint32_t decided_by_officers(const Watched *w, uint32_t *ret_taken) {
    uint32_t n = 0;
    *ret_taken = 0;
    for (uint8_t t = 0; t < data.site->tasks; t++)
        if (by_officers(t)) n += w->decided[t], *ret_taken += w->taken[t];
    return n;
}
static void without_staff_no_decisions(void **state) {
    (void)state;
    TwinShift never = {.from = 0, .to = 24, .permille = 0};
    TwinConfig c = config(6);
    uint32_t decided[3], taken[3];
    for (int how = 0; how < 3; how++) { // as it is; nobody employed; nobody on shift
        for (uint32_t i = 0; i < data.doc->stations.n; i++) {
            TwinStation *s = AT(TwinStation, data.doc->stations, i);
            if (s->kind != TWIN_OFFICER) continue;
            c.layout.servers[i] = how == 1 ? 0 : TWIN_AS_DATA;
            if (how == 2) SET(s->shifts, ((List){&never, 1}));
        }
        Watched *w = watch(&c);
        twin_run(w->twin, MONDAY_MS + DAY_MS);
        decided[how] = decided_by_officers(w, &taken[how]);
        conserved(w->twin, 0);
        watch_end(w);
    }
    assert_true(decided[0] > 3000 && taken[0] > 3000);
    assert_int_equal(decided[1] + taken[1], 0);
    assert_int_equal(decided[2] + taken[2], 0);
}

// ---- arrivals: 60 days against the profile, computed here from the data
static void weights(List pieces, double *to, uint32_t first, uint32_t n, uint32_t included) { // mean one
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) {
        to[i] = 1;
        for (uint32_t k = 0; k < pieces.n; k++) {
            const TwinPiece *p = AT(TwinPiece, pieces, k);
            if (first + i >= p->from && first + i < p->to + included) to[i] = p->permille / 1e3;
        }
        sum += to[i];
    }
    for (uint32_t i = 0; i < n; i++) to[i] *= n / sum;
}
static void expect(const TwinFlow *f, uint32_t a_day, uint32_t hours_n, double *ret) { // arrivals in each hour
    double hours[24], weekdays[7], months[12];
    const TwinProfile *p = data.doc->profiles.items;
    while (!str_eq(p->id, f->profile)) p++;
    weights(p->hours, hours, 0, 24, 0), weights(p->weekdays, weekdays, 1, 7, 1), weights(p->months, months, 1, 12, 1);
    for (uint32_t i = 0; i < hours_n; i++) {
        char iso[ISO8601_LEN + 1];
        iso8601_format(MONDAY_MS + i * HOUR_MS + 7 * HOUR_MS, iso); // the clock at the gate
        ret[i] = a_day / 24.0 * hours[i % 24] * weekdays[i / 24 % 7] * months[strtoul(iso + 5, NULL, 10) - 1];
    }
}
static double chi2(const uint32_t *seen, const double *expected, uint32_t n) {
    double sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
    return sum;
}
static void usual(const char *name, double chi, double df, double sds) { // neither too far off nor too regular
    print_message("%-10s chi-square %.1f of %.0f\n", name, chi, df);
    assert_true(fabs(chi - df) < sds * sqrt(2 * df));
}
static void arrivals_follow_their_profile(void **state) {
    (void)state;
    enum { DAYS = 60, A_DAY = 300 };
    TwinFlow *f = flow_of("hn-import");
    SET(f->lead, NULL), SET(f->run_up, NULL); // declared at the very moment when it stands at the border
    TwinConfig c = config(9);
    for (uint32_t i = 0; i < data.doc->flows.n; i++)
        c.layout.per_day[i] = AT(TwinFlow, data.doc->flows, i) == f ? A_DAY : 0;
    Watched *w = watch(&c);
    twin_run(w->twin, MONDAY_MS + DAYS * DAY_MS);
    double hour[24] = {0}, weekday[7] = {0}, each[DAYS * 24], total = 0;
    expect(f, A_DAY, DAYS * 24, each);
    for (uint32_t i = 0; i < DAYS * 24; i++) hour[i % 24] += each[i], weekday[i / 24 % 7] += each[i], total += each[i];
    usual("hours", chi2(w->hour, hour, 24), 24, 4), usual("weekdays", chi2(w->weekday, weekday, 7), 7, 4);
    usual("each hour", chi2(w->each_hour, each, DAYS * 24), DAYS * 24, 4);
    assert_true(fabs(sum_of(w->hour, 0, 24) - total) < 4 * sqrt(total));
    watch_end(w);
}
static void arrivals_come_after_lead_and_run_up(void **state) { // the queue sees the profile, not the declarations
    (void)state;
    TwinFlow *f = flow_of("hn-export");
    SET(f->no_show_permille, 0), SET(f->paper_error_permille, 0);
    TwinConfig c = config(10);
    for (uint32_t i = 0; i < data.doc->flows.n; i++)
        c.layout.per_day[i] = AT(TwinFlow, data.doc->flows, i) == f ? 200 : 0;
    Watched *w = watch(&c);
    twin_run(w->twin, MONDAY_MS + 3 * DAY_MS);
    uint32_t before = w->arrived;
    twin_run(w->twin, MONDAY_MS + 24 * DAY_MS);
    double each[24 * 24], expected = 0;
    expect(f, 200, 24 * 24, each);
    for (uint32_t i = 3 * 24; i < 24 * 24; i++) expected += each[i];
    print_message("arrived inland %u, expected %.0f\n", w->arrived - before, expected);
    assert_true(fabs(w->arrived - before - expected) < 4 * sqrt(expected));
    watch_end(w);
}
// ---- the check of the data
#define LIST(T, list, i, member) (AT(T, data.doc->list, i)->member)
static TwinWork *work_of(const char *task) {
    for (uint32_t i = 0; i < data.doc->works.n; i++)
        if (str_eq_c(LIST(TwinWork, works, i, task), task)) return AT(TwinWork, data.doc->works, i);
    fail();
    return NULL;
}
static TwinTime reversed = {.is = TWIN_UNIFORM, .min_s = 900, .max_s = 60}, zero = {.is = TWIN_EXPONENTIAL},
                crooked = {.is = TWIN_TRIANGULAR, .min_s = 60, .mode_s = 30, .max_s = 90}, at_once = {.is = TWIN_FIXED};
static TwinPiece night = {.from = 20, .to = 26, .permille = 500}, month_13 = {.from = 12, .to = 13, .permille = 1};
static void no_station(void) {
    SET(AT(TwinStep, work_of("weight")->steps, 0)->station, STR("weighbrige"));
}
static void shares(void) {
    SET(AT(TwinModeShare, flow_of("hn-export")->modes, 0)->permille, 400);
}
static void time_reversed(void) {
    SET(flow_of("hn-import")->run_up, &reversed);
}
static void time_empty(void) {
    SET(AT(TwinStep, work_of("scan")->steps, 0)->time, &zero);
}
static void time_crooked(void) {
    SET(AT(TwinStep, work_of("scan")->steps, 1)->time, &crooked);
}
static void nobody_does_it(void) {
    SET(work_of("physical")->task, STR("scan"));
}
static void lane_unbuilt(void) {
    for (uint8_t l = 0; l < data.site->lanes; l++)
        if (data.site->lane[l].kind == LANE_TRUCK && str_eq_c(data.site->road[data.site->lane_road[l]].id, "tt"))
            SET(data.site->lane_built[l], false);
}
static void no_road(void) {
    SET(flow_of("tt-import")->road, STR("ttt"));
}
static void no_profile(void) {
    SET(flow_of("tt-import")->profile, STR("weekend"));
}
static void channels(void) {
    SET(flow_of("tt-export")->green_permille, 700);
}
static void cargo_unknown(void) {
    SET(LIST(TwinCargo, cargo, 0, hs), STR("99999999"));
}
static void cargo_light(void) {
    SET(LIST(TwinCargo, cargo, 1, net_kg_min), LIST(TwinCargo, cargo, 1, net_kg_max) + 1);
}
static void hour_26(void) {
    SET(LIST(TwinProfile, profiles, 2, hours), ((List){&night, 1}));
}
static void station_road(void) {
    SET(LIST(TwinStation, stations, 0, road), STR("tn"));
}
static void tide_lane(void) {
    SET(LIST(TwinTide, tides, 1, lane), STR("H99"));
}
static void closure_time(void) {
    SET(LIST(TwinClosure, closures, 1, time), NULL);
}
static void findings(void) {
    SET(work_of("plant")->hold_permille, 1001);
}
static void neither(void) {
    SET(work_of("scan")->task, STR_EMPTY);
}
static void no_params(void) {
    SET(data.doc->params->retry, NULL);
}
static void no_emissions(void) {
    SET(data.doc->emissions.n, 0);
}
static void params_reversed(void) {
    SET(data.doc->params->resolve, &reversed);
}
static void retry_at_once(void) {
    SET(data.doc->params->retry, &at_once);
}
static void closure_month(void) {
    SET(LIST(TwinClosure, closures, 1, months), ((List){&month_13, 1}));
}
static void closure_hour(void) {
    SET(LIST(TwinClosure, closures, 0, to), 25);
}
static void tide_hour(void) {
    SET(LIST(TwinTide, tides, 0, from), 99);
}
static void shift_hour(void) {
    for (uint32_t i = 0; i < data.doc->stations.n; i++)
        if (LIST(TwinStation, stations, i, shifts).n && str_eq_c(LIST(TwinStation, stations, i, id), "gang"))
            SET(AT(TwinShift, LIST(TwinStation, stations, i, shifts), 0)->to, 30);
}
static void five_ways(void) {
    for (uint32_t i = 0; i < 5; i++)
        SET(LIST(TwinWork, works, i, kinds), 0), SET(LIST(TwinWork, works, i, task), STR("data_match"));
}
static const struct {
    void (*plant)(void);
    const char *where, *what;
} faults[] = {{no_station, "work weight", "no station weighbrige"},
              {shares, "flow hn-export", "1050, must be 1000"},
              {time_reversed, "flow hn-import", "max must be over min"},
              {time_empty, "work scan", "mean must be over 0"},
              {time_crooked, "work scan", "must rise"},
              {nobody_does_it, "procedure", "does its task physical"},
              {lane_unbuilt, "flow tt-export", "no lane out"},
              {no_road, "flow tt-import", "not one of the site"},
              {no_profile, "flow tt-import", "no profile weekend"},
              {channels, "flow tt-export", "over 1000 permille"},
              {cargo_unknown, "cargo durian", "HS 99999999"},
              {cargo_light, "cargo dragon-fruit", "net_kg_min"},
              {hour_26, "profile even", "20 to 26"},
              {station_road, "station booth", "not one of the site"},
              {tide_lane, "tide H99", "not a lane"},
              {closure_time, "closure storm", "needs a time"},
              {findings, "work plant", "over 1000 permille"},
              {neither, "work ", "needs a task or a move"},
              {no_params, "params", "are needed"},
              {no_emissions, "emissions", "are needed"},
              {params_reversed, "params resolve", "max must be over min"},
              {retry_at_once, "params retry", "must be over 0"},
              {closure_month, "closure storm", "12 to 13"},
              {closure_hour, "closure night", "hours"},
              {tide_hour, "tide H3", "hours"},
              {shift_hour, "station gang", "hours"},
              {five_ways, "work data_match", "more than 4"}};
static void each_planted_fault_is_found(void **state) {
    TwinProblem p[TWIN_PROBLEMS_MAX];
    assert_int_equal(twin_check(data.site, data.doc, &data.arena, p), 0);
    uint32_t missed = 0;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        bool found = false;
        faults[i].plant();
        uint32_t n = twin_check(data.site, data.doc, &data.arena, p);
        for (uint32_t k = 0; k < n; k++)
            found |= str_starts(p[k].where, str_c(faults[i].where)) &&
                     memmem(p[k].what.p, p[k].what.n, faults[i].what, strlen(faults[i].what));
        if (!found)
            print_message("missed %s: %s; said %u: " STR_F " " STR_F "\n", faults[i].where, faults[i].what, n,
                          STR_A(n ? p[0].where : STR_EMPTY), STR_A(n ? p[0].what : STR_EMPTY));
        missed += !found;
        restore(state);
        assert_int_equal(twin_check(data.site, data.doc, &data.arena, p), 0);
    }
    assert_int_equal(missed, 0);
}
static int open_data(void **state) {
    (void)state;
    return app_twin_open(&data, CK_SITES_DIR "/huu-nghi", "2027", CK_SITES_DIR "/demo/tariff.json");
}
static int close_data(void **state) {
    (void)state;
    app_twin_close(&data);
    return 0;
}
// ---- boxes under the real fleet control
static void with_fleets(TwinConfig *c, uint32_t vehicles) {
    static RouteMap *roads[ROADS_MAX];
    for (uint32_t r = 0; r < data.site->roads; r++) {
        char file[512];
        (void)snprintf(file, sizeof file, CK_SITES_DIR "/huu-nghi/roads-" STR_F ".json", STR_A(data.site->road[r].id));
        if (!roads[r]) assert_int_equal(app_roads_open(file, &data.arena, NULL, &roads[r]), 0);
        c->layout.fleet[r].map = roads[r], c->layout.fleet[r].vehicles = vehicles;
    }
}
static uint32_t boxes_on_vehicles(const Gate *g, const char *also_at) { // all, or only those there
    const Passage *p;
    uint32_t n = 0;
    for (uint32_t at = gate_passages(g, 0, &p); p; at = gate_passages(g, at, &p))
        n += p->mission >= MISSION_ASSIGNED && p->mission <= MISSION_SETTING &&
             (!also_at || strcmp(Place_names.names[p->place], also_at) == 0);
    return n;
}
static void carried_by_a_fleet(void **state) {
    (void)state;
    TwinConfig c = config(5);
    TwinGate g;
    TwinStats s;
    with_fleets(&c, 12);
    Twin *w = twin_gate_new(&g, &c);
    twin_run(w, MONDAY_MS + 12 * HOUR_MS);
    twin_stop_arrivals(w);
    twin_run(w, MONDAY_MS + 60 * HOUR_MS);
    twin_stats(w, &s);
    assert_true(s.closed > 0 && boxes_on_vehicles(g.gate, NULL) == 0);
    for (uint8_t r = 0; r < data.site->roads; r++) {
        TwinFleetStats f;
        assert_true(twin_fleet(w, r, &f));
        assert_true(f.done > 50 && f.collisions == 0 && f.refused == 0 && f.withdrawn == 0);
        assert_true(f.laden_km > f.driven_km * 0.4 && f.kwh > f.driven_km);
    }
    const DesTally *way = &s.place_time[KIND_BOX_IMPORT * PLACE_COUNT + PLACE_PEER_YARD];
    assert_true(way->n > 50 && des_tally_quantile(way, 0.95) < 30); // minutes until a vehicle has fetched it
    twin_gate_free(&g);
}
// The same gate in a new process: every box that was on a vehicle is found on it, and comes to its end.
static void boxes_on_vehicles_are_found_again(void **state) {
    (void)state;
    TwinConfig c = config(6);
    TwinGate g, again;
    with_fleets(&c, 12);
    Twin *w = twin_gate_new(&g, &c);
    twin_run(w, MONDAY_MS + 10 * HOUR_MS);
    while (!boxes_on_vehicles(g.gate, "dispatched") || !boxes_on_vehicles(g.gate, "peer_gate") ||
           !boxes_on_vehicles(g.gate, "entered")) // a moment with a box at each stage of its way
        twin_run(w, twin_now(w) + MINUTE_MS);
    Buf b;
    buf_init(&b, 256u << 20);
    gate_save(g.gate, &b);
    c.from = buf_view(&b), c.start_ms = twin_now(w), c.first_id = 1u << 20;
    Twin *w2 = twin_gate_new(&again, &c);
    twin_stop_arrivals(w2);
    twin_run(w2, c.start_ms + 48 * HOUR_MS);
    assert_int_equal(boxes_on_vehicles(again.gate, NULL), 0);
    const Passage *p;
    for (uint32_t at = gate_passages(again.gate, 0, &p); p; at = gate_passages(again.gate, at, &p))
        assert_true(p->kind == KIND_TRUCK_EXPORT || p->kind == KIND_TRUCK_IMPORT || p->place == PLACE_DECLARED ||
                    p->place == PLACE_YARD || p->place == PLACE_PEER_YARD);
    twin_gate_free(&again), twin_gate_free(&g);
    buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_seed_same_totals),
                                       cmocka_unit_test(same_trucks_whatever_the_layout),
                                       cmocka_unit_test(declared_is_closed_turned_back_or_open),
                                       cmocka_unit_test(full_gate_turns_away),
                                       cmocka_unit_test_teardown(closed_road_lets_nobody_cross, restore),
                                       cmocka_unit_test_teardown(without_staff_no_decisions, restore),
                                       cmocka_unit_test_teardown(arrivals_follow_their_profile, restore),
                                       cmocka_unit_test_teardown(arrivals_come_after_lead_and_run_up, restore),
                                       cmocka_unit_test(carried_by_a_fleet),
                                       cmocka_unit_test(boxes_on_vehicles_are_found_again),
                                       cmocka_unit_test_teardown(each_planted_fault_is_found, restore)};
    return cmocka_run_group_tests(tests, open_data, close_data);
}

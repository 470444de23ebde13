#include "plan_search.h"

#define LOOKS_MAX 8 // of one lay-out in the proof
#define PATH_MAX  512
#define PEAK      1.6 // the busiest hour over the mean, for the first guess
typedef struct {
    const PlanGoal *g;
    PlanAnswer *ans;
    PlanOut *outs;
    PlanPoint *path;
    uint32_t path_n;
    double confidence; // of a look, so that all looks together err with at most 5 %
    Arena arena;
} Search;

static void say(Search *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(Search *s, const char *fmt, ...) {
    char t[256];
    va_list ap;
    if (!s->g->say) return;
    va_start(ap, fmt);
    (void)vsnprintf(t, sizeof t, fmt, ap);
    va_end(ap);
    s->g->say(s->g->ctx, t);
}
static bool stopped(const Search *s) {
    return s->g->stop && *s->g->stop;
}

static void empty_others(const PlanGoal *g, PlanLayout *l, Str road) { // they cost nothing and do nothing
    const TwinStation *st = g->c.twin->stations.items;
    const SiteYard *y = g->c.doc->yards.items;
    for (uint32_t i = 0; i < g->c.twin->stations.n; i++)
        if (st[i].road.n && !str_eq(st[i].road, road)) l->twin.servers[i] = 0;
    for (uint32_t i = 0; i < g->c.doc->yards.n; i++)
        if (!str_eq(y[i].road, road)) l->yard[i] = 0;
    for (uint32_t r = 0; r < g->c.doc->roads.n; r++)
        for (int w = 0; w < 3 && r != g->road; w++) l->lanes[r][w] = 0;
}
static void only_this_road(const PlanGoal *g, PlanLayout *l) { // its flows make up the target
    const TwinFlow *f = g->c.twin->flows.items;
    const SiteRoad *road = (const SiteRoad *)g->c.doc->roads.items + g->road;
    double sum = 0;
    uint32_t n[TWIN_FLOWS_MAX] = {0};
    empty_others(g, l, road->id);
    for (uint32_t i = 0; i < g->c.twin->flows.n; i++) {
        n[i] = twin_phase_number(f[i].per_day, g->c.doc->phase, 0);
        if (str_eq(f[i].road, road->id)) sum += n[i];
    }
    for (uint32_t i = 0; i < g->c.twin->flows.n; i++)
        l->twin.per_day[i] =
            sum > 0 && str_eq(f[i].road, road->id) ? (uint32_t)(n[i] * (double)g->target / sum + 0.5) : 0;
}

// ---- looking at a lay-out
static void measure(Search *s, PlanPoint *p, uint32_t n) {
    size_t road = PLAN_AT(road) + s->g->road * sizeof(PlanFlow);
    p->p95 = plan_interval(s->outs, n, road + offsetof(PlanFlow, wait_p95)),
    p->wait = plan_interval(s->outs, n, road + offsetof(PlanFlow, wait_mean));
    p->passed = plan_interval(s->outs, n, road + offsetof(PlanFlow, passed)),
    p->arrived = plan_interval(s->outs, n, road + offsetof(PlanFlow, arrived));
    p->cost = s->outs[0].cost_day;
    p->replications = n;
    for (uint32_t v = 0; v < s->ans->vars; v++) p->queue[v] = p->used[v] = 0;
}
static void loads(Search *s, PlanPoint *p, const Site *site, uint32_t n) { // who waits for what
    for (uint32_t v = 0; v < s->ans->vars; v++) {
        const PlanVar *var = &s->ans->var[v];
        uint32_t at = s->g->c.twin->stations.n, lanes = 0;
        for (uint8_t l = 0; l < site->lanes; l++) {
            if (!site->lane_built[l]) continue;
            bool mine = var->kind == PLAN_VAR_LANE && site->lane_road[l] == var->index &&
                        site->lane[l].kind == LANE_TRUCK &&
                        site->lane[l].way == (var->way == PLAN_OUT ? LANE_WAY_OUT : LANE_WAY_IN);
            if (mine) {
                p->queue[v] +=
                    plan_interval(s->outs, n,
                                  PLAN_AT(station) + at * sizeof(PlanStation) + offsetof(PlanStation, queue_mean))
                        .mean;
                p->used[v] +=
                    plan_interval(s->outs, n,
                                  PLAN_AT(station) + at * sizeof(PlanStation) + offsetof(PlanStation, utilisation))
                        .mean;
                lanes++;
            }
            at++;
        }
        if (lanes) p->used[v] /= lanes;
        if (var->kind != PLAN_VAR_STATION) continue;
        size_t st = PLAN_AT(station) + var->index * sizeof(PlanStation);
        p->queue[v] = plan_interval(s->outs, n, st + offsetof(PlanStation, queue_mean)).mean;
        p->used[v] = plan_interval(s->outs, n, st + offsetof(PlanStation, utilisation)).mean;
    }
}
static bool within(const Search *s, const PlanPoint *p, double share) { // by the mean of what was seen
    return p->p95.mean <= s->g->wait_max_min * share && p->passed.mean >= 0.97 * p->arrived.mean &&
           p->arrived.mean >= 0.9 * s->g->target;
}
static Err look(Search *s, PlanPoint *p, uint32_t first,
                uint32_t n) { // replications first .. first + n - 1 join those before
    Site *site = NULL;
    Str what;
    arena_reset(&s->arena);
    Err e = plan_site(&s->g->c, &p->layout, &s->arena, &site, &what);
    if (e) return e;
    PlanProgress pr = {.threads = s->g->threads};
    plan_replicate(&s->g->c, site, &p->layout, first, n, &pr, s->outs + first);
    s->ans->evaluations += n;
    measure(s, p, first + n);
    loads(s, p, site, first + n);
    p->feasible = within(s, p, 1);
    s->ans->lay_outs += first == 0;
    return OK;
}
// The first look, cut short when it is hopeless: `than` holds the target, and this is far worse with the same trucks.
static Err glance(Search *s, PlanPoint *p, const PlanPoint *than) {
    Err e = look(s, p, 0, 2);
    p->glimpse = p->p95.mean;
    if (e || (than && p->glimpse > 2 * s->g->wait_max_min && p->glimpse > 2 * than->glimpse)) return e;
    return look(s, p, 2, s->g->first - 2);
}
static void keep(Search *s, const PlanPoint *p) { // the way from plenty to the cheapest: each cheaper than the last
    while (s->path_n && s->path[s->path_n - 1].cost <= p->cost) s->path_n--;
    if (s->path_n < PATH_MAX) s->path[s->path_n++] = *p;
}

// ---- the steps
static Err size_up(Search *s, PlanPoint *p) {
    PlanPoint plenty = *p;
    for (uint32_t v = 0; v < s->ans->vars; v++) plan_var_set(&s->ans->var[v], &plenty.layout, s->ans->var[v].max);
    Err e = glance(s, &plenty, NULL);
    if (e) return e;
    for (uint32_t v = 0; v < s->ans->vars; v++) {
        const PlanVar *var = &s->ans->var[v];
        double load = plenty.used[v] * var->max;
        if (var->kind > PLAN_VAR_LANE) continue; // as the data says
        plan_var_set(var, &p->layout, MIN(var->max, MAX(var->min, (uint32_t)ceil(load * PEAK))));
    }
    if (plenty.feasible) keep(s, &plenty);
    s->ans->best = plenty;
    return OK;
}
static Err grow(Search *s, PlanPoint *p, double share) { // until the wait is within that share of the bound
    for (uint32_t round = 0; round < 200 && !stopped(s); round++) {
        Err e = glance(s, p, NULL);
        if (e) return e;
        say(s, "growing: %u lay-outs, P95 wait %.1f min at %.0f thousand VND a day", s->ans->lay_outs, p->p95.mean,
            p->cost);
        if (within(s, p, share)) return OK;
        uint32_t most = UINT32_MAX;
        for (uint32_t v = 0; v < s->ans->vars; v++)
            if (s->ans->var[v].kind <= PLAN_VAR_LANE &&
                plan_var_get(&s->ans->var[v], &p->layout) < s->ans->var[v].max &&
                (most == UINT32_MAX || p->queue[v] > p->queue[most]))
                most = v;
        if (most == UINT32_MAX) return OK;
        uint32_t n = plan_var_get(&s->ans->var[most], &p->layout);
        plan_var_set(&s->ans->var[most], &p->layout, MIN(s->ans->var[most].max, n + MAX(n / 8, 1u)));
    }
    return OK;
}
static void by_cost(const Search *s, const PlanPoint *p, uint32_t order[PLAN_VARS_MAX]) { // what costs most, first
    double cost[PLAN_VARS_MAX];
    for (uint32_t i = 0; i < s->ans->vars; i++) {
        const PlanVar *v = &s->ans->var[i];
        uint32_t k = i;
        cost[i] = v->cost * plan_var_get(v, &p->layout);
        for (; k > 0 && cost[order[k - 1]] < cost[i]; k--) order[k] = order[k - 1];
        order[k] = i;
    }
}
static Err try_fewer(Search *s, PlanPoint *p, const PlanVar *v, uint32_t *step) {
    uint32_t n = plan_var_get(v, &p->layout);
    PlanPoint q = *p;
    if (n < v->min + *step) {
        *step /= 2;
        return OK;
    }
    plan_var_set(v, &q.layout, n - *step);
    Err e = glance(s, &q, p);
    if (e) return e;
    say(s, "shrinking: %u lay-outs, %s %u: P95 wait %.1f min at %.0f thousand VND a day", s->ans->lay_outs, v->name,
        n - *step, q.p95.mean, q.cost);
    if (q.feasible)
        *p = q, keep(s, p);
    else
        *step /= 2;
    return OK;
}
static Err shrink(Search *s, PlanPoint *p) { // a step of each in turn, so that all come down together
    uint32_t order[PLAN_VARS_MAX], step[PLAN_VARS_MAX];
    by_cost(s, p, order);
    for (uint32_t i = 0; i < s->ans->vars; i++) step[i] = MAX(plan_var_get(&s->ans->var[i], &p->layout) / 6, 1u);
    for (bool more = true; more;) {
        more = false;
        for (uint32_t i = 0; i < s->ans->vars; i++) {
            uint32_t v = order[i];
            if (!step[v] || stopped(s)) continue;
            Err e = try_fewer(s, p, &s->ans->var[v], &step[v]);
            if (e) return e;
            more = true;
        }
    }
    return OK;
}
static double upper(const Search *s, uint32_t n, double confidence, double *ret_lower) {
    double x[512];
    n = MIN(n, (uint32_t)ARRAY_LEN(x));
    for (uint32_t i = 0; i < n; i++) x[i] = s->outs[i].road[s->g->road].wait_p95;
    DesInterval v = des_interval(x, n, confidence);
    *ret_lower = v.mean - v.half;
    return v.mean + v.half;
}
static Err prove_one(Search *s, PlanPoint *p, bool *ret) {
    uint32_t n = 0, add = MAX(s->g->most / LOOKS_MAX, 4u);
    *ret = false;
    while (n < s->g->most && !stopped(s)) {
        Err e = look(s, p, n, add);
        if (e) return e;
        n += add;
        double lower, up = upper(s, n, s->confidence, &lower);
        say(s, "proving: %.0f thousand VND a day, P95 wait %.1f min, at most %.1f, after %u replications", p->cost,
            p->p95.mean, up, n);
        if (up <= s->g->wait_max_min && p->feasible) {
            p->p95_bound = up;
            *ret = true;
            return OK;
        }
        if (lower > s->g->wait_max_min) return OK;
    }
    return OK;
}
static Err prove(Search *s) { // bisects the way: the cheapest that holds
    uint32_t lo = 0, hi = s->path_n, tried = 1;
    for (uint32_t n = s->path_n; n > 1; n /= 2) tried++;
    s->confidence = 1 - 2 * 0.05 / (LOOKS_MAX * tried + 1); // one-sided; the last look is for the tides
    while (lo < hi && !stopped(s)) {
        uint32_t mid = lo + (hi - lo) / 2;
        bool good;
        PlanPoint p = s->path[mid];
        Err e = prove_one(s, &p, &good);
        if (e) return e;
        if (good || !s->ans->found) s->ans->best = p; // so far, or the last that came to nothing
        if (good)
            s->ans->found = true, lo = mid + 1;
        else
            hi = mid;
    }
    return OK;
}

// ---- one more, one fewer
#define SENSITIVITY_MIN 8
typedef struct {
    double base[64], least; // least: the upper end of the surest gain so far
    uint32_t n;
} Pairs;
static void paired(Search *s, const Pairs *k, DesInterval *ret, double *ret_sure) {
    double d[64];
    for (uint32_t i = 0; i < k->n; i++) d[i] = s->outs[i].road[s->g->road].wait_p95 - k->base[i];
    *ret = des_interval(d, k->n, 0.95);
    DesInterval all =
        des_interval(d, k->n, 1 - 0.05 / s->ans->vars); // that one of many looks good by chance is allowed for
    *ret_sure = all.mean + all.half;
}
static Err one_more_one_fewer(Search *s, uint32_t v, Pairs *k) {
    const PlanVar *var = &s->ans->var[v];
    PlanSensitivity *to = &s->ans->sensitivity[v];
    *to = (PlanSensitivity){.var = *var, .n = plan_var_get(var, &s->ans->best.layout)};
    if (var->kind == PLAN_VAR_YARD) return OK; // one place of hundreds is not to be seen
    for (int by = -1; by <= 1; by += 2) {
        if (by < 0 ? to->n <= 1 : to->n >= var->max + 4) continue;
        PlanPoint q = s->ans->best;
        double sure;
        plan_var_set(var, &q.layout, to->n + (uint32_t)by);
        Err e = look(s, &q, 0, k->n);
        if (e) return e;
        paired(s, k, by < 0 ? &to->fewer : &to->more, &sure);
        if (by > 0 && sure < k->least) k->least = sure, s->ans->bottleneck = v, s->ans->sure = true;
    }
    return OK;
}
static Err sensitivity(Search *s) {
    Pairs k = {.n = MIN(MAX(s->g->first, (uint32_t)SENSITIVITY_MIN), 64u)};
    PlanPoint p = s->ans->best;
    Err e = look(s, &p, 0, k.n);
    for (uint32_t i = 0; i < k.n; i++) k.base[i] = s->outs[i].road[s->g->road].wait_p95;
    for (uint32_t v = 0; v < s->ans->vars; v++) // unless a gain is sure: what most wait for
        if (p.queue[v] > p.queue[s->ans->bottleneck]) s->ans->bottleneck = v;
    for (uint32_t v = 0; v < s->ans->vars && !e && !stopped(s); v++) {
        e = one_more_one_fewer(s, v, &k);
        say(s, "sensitivity: %u of %u resources", v + 1, s->ans->vars);
    }
    memcpy(s->ans->best.queue, p.queue, sizeof p.queue);
    return e;
}

// ---- the timetable of the tidal lanes
static const struct {
    const char *name;
    uint32_t in_from, in_to;
} timetables[] = {{"always out", 0, 0},
                  {"in 06-16, else out", 6, 16},
                  {"in 08-12, else out", 8, 12},
                  {"in 06-22, else out", 6, 22},
                  {"always in", 0, 24}};
typedef struct {
    Search *s;
    TwinTide tide[ARRAY_LEN(timetables)][2 * LANES_MAX];
    uint32_t n[ARRAY_LEN(timetables)];
    Err err;
} Tides;
static double tide_sample(void *ctx, uint32_t system, uint32_t replication) {
    Tides *t = ctx;
    Search *s = t->s;
    PlanLayout l = s->ans->best.layout;
    Site *site = NULL;
    Str what;
    l.twin.tides = t->tide[system], l.twin.tides_n = t->n[system];
    arena_reset(&s->arena);
    if (t->err || (t->err = plan_site(&s->g->c, &l, &s->arena, &site, &what)) != OK || stopped(s)) return 0;
    plan_once(&s->g->c, site, &l, replication, &s->outs[0]);
    s->ans->evaluations++;
    return s->outs[0].road[s->g->road].wait_p95;
}
static Err tides(Search *s, Arena *a) {
    Tides *t = arena_alloc(a, sizeof *t);
    if (!t) return ERR_LIMIT;
    t->s = s;
    const SiteLane *lane = s->g->c.doc->lanes.items;
    const SiteRoad *road = (const SiteRoad *)s->g->c.doc->roads.items + s->g->road;
    for (uint32_t k = 0; k < ARRAY_LEN(timetables); k++)
        for (uint32_t i = 0; i < s->g->c.doc->lanes.n; i++) {
            if (lane[i].way != LANE_WAY_TIDAL || !str_eq(lane[i].road, road->id)) continue;
            uint32_t from = timetables[k].in_from, to = timetables[k].in_to;
            if (to > from) t->tide[k][t->n[k]++] = (TwinTide){lane[i].id, from, to, LANE_WAY_IN};
            if (to - from < 24)
                t->tide[k][t->n[k]++] = (TwinTide){lane[i].id, to % 24, to > from ? from : 24, LANE_WAY_OUT};
        }
    if (!t->n[0]) return OK; // the road has none
    say(s, "choosing the timetable of the tidal lanes");
    PlanSelect p = {.systems = ARRAY_LEN(timetables),
                    .first_stage = 6,
                    .alpha = 0.05,
                    .delta = MAX(s->g->wait_max_min / 10, 0.5),
                    .replications_max = 24,
                    .sample = tide_sample,
                    .ctx = t};
    plan_select(&p, &s->ans->tide_choice);
    if (t->err || stopped(s)) return t->err;
    uint32_t b = s->ans->tide_choice.best;
    PlanPoint q = s->ans->best;
    double lower;
    q.layout.twin.tides = t->tide[b], q.layout.twin.tides_n = t->n[b];
    Err e = look(s, &q, 0, s->ans->best.replications);
    if (e || stopped(s)) return e;
    q.p95_bound = upper(s, q.replications, s->confidence, &lower);
    bool good = q.feasible && q.p95_bound <= s->g->wait_max_min; // the proof must hold with it too
    s->ans->tide = good ? timetables[b].name : "as in the site's data";
    if (good) s->ans->best = q;
    return OK;
}
static bool proved_some(const Search *s) { // something cheaper than plenty
    return s->ans->found && s->ans->best.cost < s->path[0].cost;
}
static Err all_steps(Search *s, Arena *a) {
    PlanPoint p = {.p95_bound = INFINITY};
    plan_layout_init(&p.layout);
    only_this_road(s->g, &p.layout);
    Err e = size_up(s, &p);
    for (double share = 0.5; share > 0.1 && !e && s->path_n && !proved_some(s) && !stopped(s); share /= 2) {
        e = grow(s, &p, share); // with something to spare: a few replications see little of the bad days
        PlanPoint q = p;
        s->path_n = 1;
        if (!e && q.feasible) keep(s, &q);
        if (!e && q.feasible) e = shrink(s, &q);
        if (!e) e = prove(s);
    }
    s->ans->hopeless = s->path_n == 0;
    if (!e && s->ans->found) e = tides(s, a);
    if (!e && !stopped(s)) e = sensitivity(s);
    s->ans->stopped = stopped(s);
    return e;
}
Err plan_search(const PlanGoal *g, PlanAnswer *ret, Arena *a, Str *ret_what) {
    memset(ret, 0, sizeof *ret);
    plan_vars(g, ret);
    PlanLayout l;
    plan_layout_init(&l);
    only_this_road(g, &l);
    uint64_t sum = 0;
    for (uint32_t i = 0; i < g->c.twin->flows.n; i++) sum += l.twin.per_day[i];
    if (!sum) {
        *ret_what = STR("the data has no vehicles for this road in this phase");
        return ERR_INVALID;
    }
    Search s = {.g = g, .ans = ret};
    s.outs = calloc(MAX(g->most, 64u) + 8, sizeof *s.outs);
    s.path = calloc(PATH_MAX, sizeof *s.path);
    CK_ASSERT(s.outs && s.path);
    arena_init(&s.arena, 256u << 20);
    Err e = all_steps(&s, a);
    arena_deinit(&s.arena);
    free(s.outs), free(s.path);
    return e;
}

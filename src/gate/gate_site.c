#include "gate_site.h"

typedef struct {
    Arena *a;
    SiteProblem *p;
    uint32_t n;
} Check;

static void problem(Check *c, const char *where, Str id, const char *what, Str arg) {
    if (c->n < SITE_PROBLEMS_MAX) {
        Buf b;
        buf_init(&b, 400);
        buf_c(&b, where);
        if (id.n) buf_printf(&b, "[" STR_F "]", STR_A(id));
        Str w = arena_str(c->a, buf_view(&b));
        buf_clear(&b);
        buf_c(&b, what);
        if (arg.n) buf_printf(&b, ": " STR_F, STR_A(arg));
        c->p[c->n] = (SiteProblem){w, arena_str(c->a, buf_view(&b))};
        buf_deinit(&b);
    }
    c->n++;
}

// ---- HS codes
static bool hs_digits(Str s, size_t from, size_t n, uint32_t *ret) {
    uint32_t v = 0;
    for (size_t i = from; i < from + n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    }
    *ret = v;
    return true;
}
// "07" -> 070000..079999; "0801-0810" -> 080100..081099
static bool hs_range(Str s, uint32_t *ret_from, uint32_t *ret_to) {
    static const uint32_t scale[] = {1000000, 100000, 10000, 1000, 100, 10, 1};
    size_t dash = 0;
    while (dash < s.n && s.p[dash] != '-') dash++;
    uint32_t from, to;
    size_t tail = dash < s.n ? s.n - dash - 1 : dash;
    if (dash < 2 || dash > 6 || tail < 2 || tail > 6 || !hs_digits(s, 0, dash, &from)) return false;
    if (!hs_digits(s, dash < s.n ? dash + 1 : 0, tail, &to)) return false;
    from *= scale[dash];
    to = to * scale[tail] + scale[tail] - 1;
    if (from > to) return false;
    *ret_from = from;
    *ret_to = to;
    return true;
}
static bool hs_number(Str hs, uint32_t *ret) {
    return hs.n >= 6 && hs_digits(hs, 0, 6, ret);
}
bool site_hs_matches(Str pattern, Str hs) {
    uint32_t from, to, v;
    return hs_range(pattern, &from, &to) && hs_number(hs, &v) && v >= from && v <= to;
}
uint8_t site_goods_of(const Site *s, Str hs) {
    uint32_t v;
    if (!hs_number(hs, &v)) return DYN_NONE;
    uint32_t chapter = v / 10000;
    for (uint32_t i = s->chapter_from[chapter]; i < s->chapter_from[chapter + 1]; i++)
        if (v >= s->range[i].from && v <= s->range[i].to) return s->range[i].goods;
    return DYN_NONE;
}
static int range_order(const void *x, const void *y) {
    const HsRange *a = x, *b = y;
    uint32_t ca = a->from / 10000, cb = b->from / 10000, wa = a->to - a->from, wb = b->to - b->from;
    if (ca != cb) return ca < cb ? -1 : 1;
    if (wa != wb) return wa < wb ? -1 : 1;
    return a->from < b->from ? -1 : a->from > b->from;
}
static void add_range(Check *c, Site *s, uint8_t goods, Str text) {
    uint32_t from, to;
    if (!hs_range(text, &from, &to)) {
        problem(c, "/goods", s->good[goods].id, "not an HS prefix or range", text);
        return;
    }
    for (uint32_t ch = from / 10000; ch <= to / 10000; ch++) { // one piece a chapter
        if (s->ranges == HS_RANGES_MAX) {
            problem(c, "/goods", s->good[goods].id, "too many HS ranges", STR_EMPTY);
            return;
        }
        s->range[s->ranges++] =
            (HsRange){.from = MAX(from, ch * 10000), .to = MIN(to, ch * 10000 + 9999), .goods = goods};
    }
}
static void compile_goods(Check *c, Site *s) {
    for (uint32_t g = 0; g < s->goods; g++)
        for (uint32_t i = 0; i < s->good[g].hs.n; i++) add_range(c, s, (uint8_t)g, s->good[g].hs.items[i]);
    qsort(s->range, s->ranges, sizeof *s->range, range_order);
    for (uint32_t i = 1; i < s->ranges; i++)
        if (s->range[i].from == s->range[i - 1].from && s->range[i].to == s->range[i - 1].to)
            problem(c, "/goods", s->good[s->range[i].goods].id, "two goods kinds claim the same HS range", STR_EMPTY);
    uint32_t i = 0;
    for (uint32_t ch = 0; ch <= 100; ch++) {
        while (i < s->ranges && s->range[i].from / 10000 < ch) i++;
        s->chapter_from[ch] = (uint16_t)i;
    }
}

// ---- lists
uint8_t site_find(const Site *s, int dyn_set, Str id) {
    for (uint32_t i = 0; i < s->dyn.set[dyn_set].n; i++)
        if (str_eq(s->dyn.set[dyn_set].names[i], id)) return (uint8_t)i;
    return DYN_NONE;
}
static void list_names(Check *c, Site *s, int set, const List *l, size_t size, uint32_t max, const char *where) {
    Str *names = arena_alloc(c->a, MAX(1, l->n) * sizeof *names);
    CK_ASSERT(names != NULL);
    if (l->n > max) problem(c, where, STR_EMPTY, "too many members", STR_EMPTY);
    for (uint32_t i = 0; i < l->n; i++) {
        names[i] = *(const Str *)((const char *)l->items + i * size); // every listed struct begins with its id
        if (names[i].n == 0) problem(c, where, STR_EMPTY, "a member without an id", STR_EMPTY);
        for (uint32_t k = 0; k < i; k++)
            if (str_eq(names[k], names[i])) problem(c, where, names[i], "the id is given twice", STR_EMPTY);
    }
    s->dyn.set[set].names = names;
    s->dyn.set[set].n = MIN(l->n, max);
}
static bool in_phase(const SiteDoc *d, const StrList *phases) {
    if (phases->n == 0 || d->phase.n == 0) return true;
    for (uint32_t i = 0; i < phases->n; i++)
        if (str_eq(phases->items[i], d->phase)) return true;
    return false;
}
static void compile_places(Check *c, Site *s) {
    for (uint32_t i = 0; i < s->lanes; i++) {
        s->lane_road[i] = site_find(s, DYN_ROAD, s->lane[i].road);
        s->lane_built[i] = in_phase(s->doc, &s->lane[i].phases);
        if (s->lane_road[i] == DYN_NONE) problem(c, "/lanes", s->lane[i].id, "unknown road", s->lane[i].road);
        if (s->lane[i].way == LANE_WAY_NONE)
            problem(c, "/lanes", s->lane[i].id, "way is missing: out, in or tidal", STR_EMPTY);
    }
    for (uint32_t i = 0; i < s->yards; i++) {
        s->yard_road[i] = site_find(s, DYN_ROAD, s->yard[i].road);
        s->yard_built[i] = in_phase(s->doc, &s->yard[i].phases);
        if (s->yard_road[i] == DYN_NONE) problem(c, "/yards", s->yard[i].id, "unknown road", s->yard[i].road);
    }
    for (uint32_t i = 0; i < s->roads; i++)
        if (s->road[i].inside_max == 0) problem(c, "/roads", s->road[i].id, "inside_max must be above 0", STR_EMPTY);
}

// ---- procedures
static uint32_t task_bits(Check *c, const Site *s, Str where, const StrList *names) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < names->n; i++) {
        uint8_t t = site_find(s, DYN_TASK, names->items[i]);
        if (t == DYN_NONE)
            problem(c, "/procedures", where, "unknown task", names->items[i]);
        else
            bits |= BIT(t);
    }
    return bits;
}
static void check_cycle(Check *c, const CompiledProcedure *p) {
    uint32_t done = 0;
    for (uint32_t round = 0; round < TASKS_MAX; round++)
        for (uint32_t t = 0; t < TASKS_MAX; t++)
            if ((p->tasks & BIT(t)) && (p->task[t].after & p->tasks & ~done) == 0) done |= BIT(t);
    if (done != p->tasks) problem(c, "/procedures", p->src->id, "tasks wait for each other in a circle", STR_EMPTY);
}
static void compile_procedure(Check *c, Site *s, const Procedure *src, CompiledProcedure *p) {
    p->src = src;
    if (src->kinds == 0) problem(c, "/procedures", src->id, "kinds is empty", STR_EMPTY);
    if (src->valid_to_ms && src->valid_to_ms <= src->valid_from_ms)
        problem(c, "/procedures", src->id, "valid_to is not after valid_from", STR_EMPTY);
    const ProcedureTask *pt = src->tasks.items;
    for (uint32_t i = 0; i < src->tasks.n; i++) {
        uint8_t t = site_find(s, DYN_TASK, pt[i].task);
        if (t == DYN_NONE || p->task[t].used) {
            problem(c, "/procedures", src->id, t == DYN_NONE ? "unknown task" : "task given twice", pt[i].task);
            continue;
        }
        if (pt[i].basis.n == 0) problem(c, "/procedures", src->id, "task without a legal basis", pt[i].task);
        p->tasks |= BIT(t);
        p->task[t] = (CompiledTask){.used = true,
                                    .after = task_bits(c, s, src->id, &pt[i].after),
                                    .at = pt[i].at,
                                    .limit_ms = pt[i].limit_min * MINUTE_MS,
                                    .src = &pt[i]};
    }
    check_cycle(c, p);
    const ProcedurePoint *pp = src->points.items;
    for (uint32_t i = 0; i < src->points.n; i++) {
        p->needs[pp[i].point] = task_bits(c, s, src->id, &pp[i].needs);
        p->point_basis[pp[i].point] = pp[i].basis;
        for (uint32_t round = 0; round < TASKS_MAX; round++) // a clearance taken back counts also behind the one named
            for (uint32_t t = 0; t < TASKS_MAX; t++)
                if (p->needs[pp[i].point] & BIT(t)) p->needs[pp[i].point] |= p->task[t].after;
        if (p->needs[pp[i].point] & ~p->tasks)
            problem(c, "/procedures", src->id, "a gate point needs a task the procedure does not have",
                    str_c(Point_names.names[pp[i].point]));
    }
}
const CompiledProcedure *site_procedure(const Site *s, Kind kind, int64_t t_ms) {
    const CompiledProcedure *best = NULL;
    for (uint32_t i = 0; i < s->procedures; i++) {
        const Procedure *p = s->procedure[i].src;
        if (!(p->kinds & BIT(kind)) || p->valid_from_ms > t_ms || (p->valid_to_ms && p->valid_to_ms <= t_ms)) continue;
        if (!best || p->valid_from_ms > best->src->valid_from_ms) best = &s->procedure[i];
    }
    return best;
}
int64_t site_next_change(const Site *s, int64_t after_ms) {
    int64_t next = TIME_NEVER;
    for (uint32_t i = 0; i < s->procedures; i++) {
        const Procedure *p = s->procedure[i].src;
        if (p->valid_from_ms > after_ms) next = MIN(next, p->valid_from_ms);
        if (p->valid_to_ms > after_ms) next = MIN(next, p->valid_to_ms);
    }
    const Tariff *t = s->doc->tariffs.items;
    for (uint32_t i = 0; i < s->doc->tariffs.n; i++) {
        if (t[i].valid_from_ms > after_ms) next = MIN(next, t[i].valid_from_ms);
        if (t[i].valid_to_ms > after_ms) next = MIN(next, t[i].valid_to_ms);
    }
    return next;
}

// ---- rules that name goods, tasks or bands
static void check_patterns(Check *c, const char *where, Str id, const StrList *hs) {
    uint32_t from, to;
    for (uint32_t i = 0; i < hs->n; i++)
        if (!hs_range(hs->items[i], &from, &to)) problem(c, where, id, "not an HS prefix or range", hs->items[i]);
}
static void check_tariff(Check *c, const Site *s, const Tariff *t) {
    const TariffCell *cell = t->cells.items;
    const TariffBand *band = t->bands.items;
    for (uint32_t i = 0; i < t->cells.n; i++) {
        bool known = false;
        for (uint32_t k = 0; k < t->bands.n; k++) known |= str_eq(band[k].id, cell[i].band);
        if (!known) problem(c, "/tariffs", t->id, "a cell names an unknown band", cell[i].band);
        if (site_find(s, DYN_GOODS, cell[i].goods) == DYN_NONE)
            problem(c, "/tariffs", t->id, "a cell names an unknown goods kind", cell[i].goods);
        if (cell[i].vnd <= 0) problem(c, "/tariffs", t->id, "a cell must cost more than nothing", cell[i].goods);
    }
    const TariffFactor *f = t->factors.items;
    for (uint32_t i = 0; i < t->factors.n; i++)
        if (f[i].percent == 0 || f[i].percent > 10000) problem(c, "/tariffs", t->id, "a factor out of range", f[i].id);
}
static void check_rules(Check *c, const Site *s) {
    const Requirement *r = s->doc->requirements.items;
    for (uint32_t i = 0; i < s->doc->requirements.n; i++) {
        check_patterns(c, "/requirements", r[i].id, &r[i].hs);
        if (r[i].basis.n == 0) problem(c, "/requirements", r[i].id, "no legal basis", STR_EMPTY);
    }
    const Embargo *e = s->doc->embargoes.items;
    for (uint32_t i = 0; i < s->doc->embargoes.n; i++)
        check_patterns(c, "/embargoes", e[i].id, &(StrList){(Str *)&e[i].hs, 1});
    const Quota *q = s->doc->quotas.items;
    for (uint32_t i = 0; i < s->doc->quotas.n; i++)
        if (site_find(s, DYN_ROAD, q[i].road) == DYN_NONE || q[i].window_min == 0)
            problem(c, "/quotas", q[i].id, "unknown road, or no window", q[i].road);
    if (s->doc->embargoes.n > EMBARGOES_MAX / 2) problem(c, "/embargoes", STR_EMPTY, "too many", STR_EMPTY);
    if (s->doc->quotas.n > QUOTAS_MAX / 2) problem(c, "/quotas", STR_EMPTY, "too many", STR_EMPTY);
    const Tariff *t = s->doc->tariffs.items;
    for (uint32_t i = 0; i < s->doc->tariffs.n; i++) check_tariff(c, s, &t[i]);
}
static void check_params(Check *c, const SiteDoc *d) {
    const SiteParams *p = d->params;
    if (!p) {
        problem(c, "/params", STR_EMPTY, "missing", STR_EMPTY);
        return;
    }
    if (!p->validity_h || !p->stay_h || !p->stay_two_way_h || !p->call_window_min)
        problem(c, "/params", STR_EMPTY, "validity_h, stay_h, stay_two_way_h and call_window_min must be above 0",
                STR_EMPTY);
    if (p->validity_h > 24 * 40) problem(c, "/params", STR_EMPTY, "validity_h above 40 days", STR_EMPTY);
    if (d->prefix.n == 0 || d->prefix.n > 8) problem(c, "/prefix", STR_EMPTY, "1 to 8 letters", d->prefix);
    bool known = d->phases.n == 0;
    for (uint32_t i = 0; i < d->phases.n; i++) known |= str_eq(d->phases.items[i], d->phase);
    if (!known) problem(c, "/phase", STR_EMPTY, "the site has no such phase", d->phase);
}

Err site_compile(const SiteDoc *doc, Str json, Arena *a, Site **ret, SiteProblem problems[SITE_PROBLEMS_MAX],
                 uint32_t *ret_n) {
    Check c = {a, problems, 0};
    Site *s = arena_alloc(a, sizeof *s);
    if (!s) return ERR_LIMIT;
    *ret_n = 0;
    s->doc = doc, s->json = json, s->dyn.ref_prefix = doc->prefix, s->params = doc->params;
    s->road = doc->roads.items, s->lane = doc->lanes.items, s->yard = doc->yards.items, s->good = doc->goods.items,
    s->task = doc->tasks.items;
    list_names(&c, s, DYN_ROAD, &doc->roads, sizeof(SiteRoad), ROADS_MAX, "/roads");
    list_names(&c, s, DYN_LANE, &doc->lanes, sizeof(SiteLane), LANES_MAX, "/lanes");
    list_names(&c, s, DYN_YARD, &doc->yards, sizeof(SiteYard), YARDS_MAX, "/yards");
    list_names(&c, s, DYN_GOODS, &doc->goods, sizeof(SiteGoods), GOODS_MAX, "/goods");
    list_names(&c, s, DYN_TASK, &doc->tasks, sizeof(SiteTask), TASKS_MAX, "/tasks");
    s->roads = s->dyn.set[DYN_ROAD].n, s->lanes = s->dyn.set[DYN_LANE].n, s->yards = s->dyn.set[DYN_YARD].n,
    s->goods = s->dyn.set[DYN_GOODS].n, s->tasks = s->dyn.set[DYN_TASK].n;
    s->procedures = MIN(doc->procedures.n, PROCEDURES_MAX);
    if (doc->procedures.n > PROCEDURES_MAX) problem(&c, "/procedures", STR_EMPTY, "too many", STR_EMPTY);
    if (!s->roads || !s->lanes || !s->tasks || !s->procedures)
        problem(&c, "/", STR_EMPTY, "a site needs roads, lanes, tasks and procedures", STR_EMPTY);
    check_params(&c, doc);
    compile_places(&c, s);
    compile_goods(&c, s);
    for (uint32_t i = 0; i < s->procedures; i++)
        compile_procedure(&c, s, (const Procedure *)doc->procedures.items + i, &s->procedure[i]);
    check_rules(&c, s);
    *ret_n = MIN(c.n, SITE_PROBLEMS_MAX);
    if (c.n) return ERR_INVALID;
    *ret = s;
    return OK;
}

bool site_extends(const Site *old, const Site *next, Arena *a, Str *ret_why) {
    static const char *const names[] = {"tasks", "roads", "lanes", "yards", "goods"};
    Buf b;
    buf_init(&b, 300);
    for (int set = 0; set < DYN_SETS && b.n == 0; set++)
        for (uint32_t i = 0; i < old->dyn.set[set].n && b.n == 0; i++)
            if (i >= next->dyn.set[set].n || !str_eq(old->dyn.set[set].names[i], next->dyn.set[set].names[i]))
                buf_printf(&b, "/%s/%u must stay " STR_F, names[set], i, STR_A(old->dyn.set[set].names[i]));
    if (b.n == 0 && !str_eq(old->dyn.ref_prefix, next->dyn.ref_prefix)) buf_c(&b, "/prefix must stay as it is");
    bool same = b.n == 0;
    if (!same) *ret_why = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return same;
}

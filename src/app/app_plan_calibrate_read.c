// The samples: each event of the journal is looked at beside the state it meets.
#include "app_plan_calibrate.h"

static CalTruck *truck_of(Calibration *c, const Gate *g, const Passage *p) {
    CalTruck *t = &c->truck[gate_slot(g, p)];
    if (t->no != p->no) *t = (CalTruck){.no = p->no};
    return t;
}
static bool has_phase(StrList phases, Str phase) {
    for (uint32_t i = 0; i < phases.n; i++)
        if (str_eq(phases.items[i], phase)) return true;
    return phases.n == 0;
}
// The work of the twin's data for this task (or move): the first that asks for no other kind, mode or phase.
static uint32_t work_of(const Calibration *c, const Gate *g, const Passage *p, Str task, uint8_t move) {
    const TwinWork *w = c->t.doc->works.items;
    uint32_t n = c->t.doc->works.n;
    for (uint32_t i = 0; i < n; i++) {
        bool same = task.n ? str_eq(w[i].task, task) : !w[i].task.n && w[i].move == move;
        if (!same || (w[i].kinds && !(w[i].kinds & BIT(p->kind))) || (w[i].modes && !(w[i].modes & BIT(p->mode))) ||
            (w[i].foreign && !p->foreign) || (w[i].home && p->foreign) ||
            !has_phase(w[i].phases, gate_site(g)->doc->phase))
            continue;
        return i;
    }
    return n;
}
static bool no_station(const TwinWork *w) {
    return w->steps.n == 1 && !((const TwinStep *)w->steps.items)->station.n;
}
static void words(char *to, size_t max, const Names *names, uint32_t bits) {
    for (; bits; bits &= bits - 1) {
        size_t n = strlen(to);
        snprintf(to + n, max - n, "%s%s", n ? ", " : "", names->names[__builtin_ctz(bits)]);
    }
}
static void name_work(CalGroup *g) {
    char of[100] = "";
    const TwinWork *w = g->work;
    words(of, sizeof of, &Kind_names, w->kinds), words(of, sizeof of, &Mode_names, w->modes);
    snprintf(g->name, sizeof g->name, STR_F "%s%s%s", STR_A(w->task.n ? w->task : str_c(Move_names.names[w->move])),
             *of ? " (" : "", of, *of ? ")" : "");
}
static CalGroup *task_group(Calibration *c, const Gate *g, const Passage *p, uint8_t task, bool taken) {
    Str id = gate_site(g)->task[task].id;
    uint32_t works = c->t.doc->works.n, w = work_of(c, g, p, id, MOVE_NONE);
    if (w == works) { // the data do not know it
        CalMeasure m = taken ? CAL_SERVICE : CAL_DEMAND;
        CalGroup *k = &c->group[works * CAL_MEASURES + CAL_PARAMS + (uint32_t)task * CAL_MEASURES + m];
        if (!*k->name) snprintf(k->name, sizeof k->name, STR_F, STR_A(id)), k->measure = m;
        return k;
    }
    const TwinWork *work = (const TwinWork *)c->t.doc->works.items + w;
    return &c->group[w * CAL_MEASURES + (taken ? CAL_SERVICE : no_station(work) ? CAL_DELAY : CAL_DEMAND)];
}
static CalGroup *move_group(const Calibration *c, const Gate *g, const Passage *p, uint8_t move) {
    uint32_t w = work_of(c, g, p, STR_EMPTY, move);
    bool travels = p->place == PLACE_DECLARED || p->place == PLACE_EN_ROUTE; // not yet at the gate
    if (w == c->t.doc->works.n || travels) return NULL;
    const TwinWork *work = (const TwinWork *)c->t.doc->works.items + w;
    return &c->group[w * CAL_MEASURES + (no_station(work) ? CAL_DELAY : CAL_DEMAND)];
}
static CalGroup *param_group(const Calibration *c, uint32_t param) {
    return &c->group[c->t.doc->works.n * CAL_MEASURES + param];
}
static void add(CalGroup *k, int64_t from_ms, int64_t to_ms, bool good) {
    if (!good || !from_ms || to_ms < from_ms) {
        k->left_out++;
    } else if (to_ms == from_ms) {
        k->zero++;
    } else {
        if (k->n == k->cap) {
            k->cap = k->cap ? k->cap * 2 : 256;
            k->x = realloc(k->x, k->cap * sizeof *k->x);
            CK_ASSERT(k->x != NULL);
        }
        k->x[k->n++] = (double)(to_ms - from_ms) / 1e3;
    }
}

// ---- tasks
static void see_decided(Calibration *c, const Gate *g, const Passage *p, const Event *e) {
    const EvDecided *d = &e->u.decided;
    const SiteTask *st = &gate_site(g)->task[d->task];
    CalTruck *t = truck_of(c, g, p);
    uint32_t bit = BIT(d->task);
    bool good = !(t->refused & bit);
    t->refused &= ~bit;
    if (st->kind == TASK_AUTO || st->kind == TASK_FEE) return;
    if (p->held & bit)
        add(param_group(c, CAL_RESOLVE), passage_time(p, p->decided_at[d->task]), e->t_ms, good);
    else if ((p->open & bit) && e->role != ROLE_SYSTEM)
        add(task_group(c, g, p, d->task, d->taken != 0), d->taken ? d->taken : d->since, e->t_ms, good);
}
static void see_amended(Calibration *c, const Passage *p, int64_t t_ms) {
    int64_t since = 0;
    for (uint32_t left = p->rework; left; left &= left - 1)
        since = MAX(since, passage_time(p, p->decided_at[__builtin_ctz(left)]));
    if (p->rework) add(param_group(c, CAL_AMEND), since, t_ms, true);
}
static void see_incident(Calibration *c, CalTruck *t, const Event *e) {
    t->troubled = true;
    if (e->u.incident.incident != INCIDENT_BREAKDOWN) return;
    if (e->u.incident.clear) add(param_group(c, CAL_REPAIR), t->broken_ms, e->t_ms, true);
    t->broken_ms = e->u.incident.clear ? 0 : e->t_ms;
}

// ---- movement
// When the last thing that a gate point asks for was there, and the road open.
static int64_t free_to_go(const Calibration *c, const Gate *g, const Passage *p, Move m) {
    const MovementRow *r = movement_find(p, m);
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    int64_t t = p->place_since_ms;
    if (!r || !r->point || !pr) return t;
    for (uint32_t left = pr->needs[r->point] & p->needed; left; left &= left - 1)
        t = MAX(t, passage_time(p, p->decided_at[__builtin_ctz(left)]));
    return MAX(t, c->reopened_ms[p->road]);
}
static CalStream *stream_of(Calibration *c, const Gate *g, const Passage *p, int which) {
    bool box = p->kind == KIND_BOX_EXPORT || p->kind == KIND_BOX_IMPORT;
    for (uint32_t i = 0; i < c->streams; i++) {
        const TwinFlow *f = c->stream[i][which].flow;
        if (str_eq(f->road, gate_site(g)->road[p->road].id) && f->direction == p->direction && f->unmanned == box)
            return &c->stream[i][which];
    }
    return NULL;
}
static void come(CalStream *s, int64_t t_ms) {
    if (!s) return;
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1024;
        s->at = realloc(s->at, s->cap * sizeof *s->at);
        CK_ASSERT(s->at != NULL);
    }
    s->at[s->n++] = t_ms;
}
static void see_moved(Calibration *c, const Gate *g, const Passage *p, const Event *e) {
    uint8_t m = e->u.moved.move;
    bool first = p->place == PLACE_DECLARED && (m == MOVE_PEER_EXIT || m == MOVE_ENTER || m == MOVE_GATE_IN);
    CalTruck *t = truck_of(c, g, p);
    CalGroup *k = move_group(c, g, p, m);
    if (m == MOVE_ARRIVE || first) come(stream_of(c, g, p, CAL_ARRIVED), e->t_ms);
    if (k) add(k, free_to_go(c, g, p, (Move)m), e->t_ms, !t->troubled);
    t->troubled = p->incidents != 0;
}
static void see_refused(Calibration *c, const Gate *g, const Passage *p, const Event *e) {
    CalTruck *t = truck_of(c, g, p);
    const EvRefused *r = &e->u.refused;
    if (r->input == IN_MOVE) t->troubled = true;
    if (r->input == IN_DECIDE && r->task < TASKS_MAX) t->refused |= BIT(r->task);
}
static void see_paid(Calibration *c, const Gate *g, const Passage *p, const Event *e) {
    const CalTruck *t = truck_of(c, g, p);
    bool good = t->fees == 1 && !(p->held & BIT(e->u.paid.task));
    add(param_group(c, CAL_PAY), MAX(t->fee_ms, e->u.paid.since), e->t_ms, good);
}
static void see(Calibration *c, const Gate *g, const Event *e) { // before it is evolved
    const Passage *p = e->passage ? gate_find(g, e->passage) : NULL;
    if (e->kind == EV_ROAD && e->u.road.open) c->reopened_ms[e->u.road.road] = e->t_ms;
    if (!p) return;
    CalTruck *t = truck_of(c, g, p);
    if (e->kind == EV_TASK_DECIDED) see_decided(c, g, p, e);
    if (e->kind == EV_AMENDED) see_amended(c, p, e->t_ms);
    if (e->kind == EV_INCIDENT) see_incident(c, t, e);
    if (e->kind == EV_MOVED) see_moved(c, g, p, e);
    if (e->kind == EV_REFUSED) see_refused(c, g, p, e);
    if (e->kind == EV_FEE_ASSESSED) t->fees++, t->fee_ms = e->t_ms;
    if (e->kind == EV_FEE_PAID) see_paid(c, g, p, e);
}

// ---- the end
static void see_open(Calibration *c, const Gate *g, const Passage *p) {
    for (uint32_t left = p->open; left; left &= left - 1) {
        uint8_t task = (uint8_t)__builtin_ctz(left);
        const SiteTask *st = &gate_site(g)->task[task];
        if (st->kind == TASK_FEE && p->fee_known) param_group(c, CAL_PAY)->open++;
        if (st->kind != TASK_FEE && st->kind != TASK_AUTO) task_group(c, g, p, task, p->taken & BIT(task))->open++;
    }
    if (p->held) param_group(c, CAL_RESOLVE)->open++;
    if (p->rework) param_group(c, CAL_AMEND)->open++;
    if (p->incidents & BIT(INCIDENT_BREAKDOWN)) param_group(c, CAL_REPAIR)->open++;
    for (uint8_t m = 1; m < MOVE_COUNT; m++) {
        const MovementRow *r = movement_find(p, (Move)m);
        CalGroup *k = r ? move_group(c, g, p, m) : NULL;
        if (k && (!r->point || !gate_missing(gate_site(g), gate_procedure_of(g, p), p, (Point)r->point))) k->open++;
    }
}
static void see_end(Calibration *c, const Gate *g) {
    const Site *s = gate_site(g);
    if (!s) return;
    const Passage *p;
    for (uint32_t at = gate_passages(g, 0, &p); at; at = gate_passages(g, at, &p)) see_open(c, g, p);
    snprintf(c->site, sizeof c->site, STR_F, STR_A(s->doc->id));
    snprintf(c->phase, sizeof c->phase, STR_F, STR_A(s->doc->phase));
    for (uint32_t i = 0; i < c->t.doc->works.n * CAL_MEASURES; i++) name_work(&c->group[i]);
}
void cal_sink(void *ctx, const Gate *g, const Event *e, bool after) {
    Calibration *c = ctx;
    if (!after) {
        if (!c->seen++) c->from_ms = e->t_ms;
        c->to_ms = e->t_ms;
        see(c, g, e);
        return;
    }
    if (e->kind == EV_DECLARED) {
        c->declared++;
        come(stream_of(c, g, gate_find(g, e->passage), CAL_DECLARED), e->t_ms);
    }
    if (c->seen == c->events) see_end(c, g);
}

// Clearances: which tasks a passage needs, which of them are open, and what an officer's decision does.
#include "gate_internal.h"

static bool asked(const Condition *c, const Passage *p, uint32_t task, const uint64_t *random) {
    if (!c) return true;
    if (c->attrs_any && !(p->attrs & c->attrs_any)) return false;
    if (p->attrs & c->attrs_none) return false;
    if (c->modes && !(c->modes & BIT(p->mode))) return false;
    if (c->regimes && !(c->regimes & BIT(p->regime))) return false;
    if (c->channels && !(c->channels & BIT(p->channel))) return false;
    if (c->sample_permille) {
        if (!random) return p->needed & BIT(task); // drawn at the declaration, never again
        uint64_t draw = str_hash(*random + task, (Str){(const char *)&p->no, sizeof p->no}) % 1000;
        return draw < c->sample_permille;
    }
    return true;
}
uint32_t tasks_asked(const CompiledProcedure *pr, const Passage *p, const uint64_t *random) {
    uint32_t bits = 0;
    for (uint32_t left = pr->tasks; left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        if (asked(pr->task[t].src->when, p, t, random)) bits |= BIT(t);
    }
    return bits;
}
// Open: needed, undecided, everything before it granted, and the passage where the task can be done.
uint32_t tasks_open(const CompiledProcedure *pr, const Passage *p) {
    if (!pr || p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK || p->refused) return 0;
    uint32_t bits = 0, waiting = p->needed & ~p->granted;
    for (uint32_t left = waiting & ~(p->held | p->rework) & pr->tasks; left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        const CompiledTask *ct = &pr->task[t];
        if ((ct->after & waiting) == 0 && (ct->at == 0 || (ct->at & BIT(p->place)))) bits |= BIT(t);
    }
    return bits;
}
// Not yet over the border: the declaration's validity still runs.
bool before_border(const Passage *p) {
    uint32_t out = BIT(PLACE_DECLARED) | BIT(PLACE_EN_ROUTE) | BIT(PLACE_INLAND) | BIT(PLACE_CALLED) | BIT(PLACE_YARD) |
                   BIT(PLACE_LINE) | BIT(PLACE_ON_VEHICLE) | BIT(PLACE_DISPATCHED);
    uint32_t in = BIT(PLACE_DECLARED) | BIT(PLACE_APPROACHING) | BIT(PLACE_PEER_YARD);
    return (BIT(p->place) & (p->direction == DIRECTION_EXPORT ? out : in)) != 0;
}
static int64_t next_timer(const Gate *g, const Passage *p) {
    const SiteParams *sp = g->site->params;
    int64_t t = TIME_NEVER;
    if (before_border(p) && !p->expired) {
        bool warned = p->alarms & BIT(ALARM_VALIDITY_SOON);
        t = MIN(t, p->valid_until_ms - (warned ? 0 : sp->validity_warn_min * MINUTE_MS));
    }
    if (p->stay_until_ms && !p->overstay) {
        bool warned = p->alarms & BIT(ALARM_STAY_SOON);
        t = MIN(t, p->stay_until_ms - (warned ? 0 : sp->stay_warn_min * MINUTE_MS));
    }
    if (p->call_until_ms) t = MIN(t, p->call_until_ms);
    for (uint32_t left = p->open & ~p->late; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        if (p->due_at[i]) t = MIN(t, passage_time(p, p->due_at[i]));
    }
    return t;
}
void timers_refresh(Gate *g) {
    for (uint32_t i = 0; i < g->s.slots_used; i++) {
        Passage *p = &g->slot[i];
        if (p->no && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK) timer_set(g, p, next_timer(g, p));
    }
}
static void alarm_when(Passage *p, Alarm a, bool on) {
    p->alarms = on ? p->alarms | BIT(a) : p->alarms & ~BIT(a);
}
void tasks_refresh(Gate *g, Passage *p, int64_t t_ms) {
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    uint32_t open = tasks_open(pr, p);
    for (uint32_t left = open & ~p->open; left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        p->opened_at[t] = offset_of(p, t_ms);
        p->taken_at[t] = p->taken_by[t] = 0;
        p->taken &= ~BIT(t), p->late &= ~BIT(t);
        p->due_at[t] = pr->task[t].limit_ms ? offset_of(p, t_ms + pr->task[t].limit_ms) : 0;
    }
    p->open = open;
    p->late &= open;
    p->taken &= open | p->held;
    alarm_when(p, ALARM_HELD, p->held != 0);
    alarm_when(p, ALARM_INCIDENT, p->incidents != 0);
    alarm_when(p, ALARM_TASK_LATE, p->late != 0);
    if (!before_border(p) || p->expired) alarm_when(p, ALARM_VALIDITY_SOON, false);
    alarm_when(p, ALARM_EXPIRED, p->expired && before_border(p));
    if (!p->stay_until_ms || p->overstay) alarm_when(p, ALARM_STAY_SOON, false);
    alarm_when(p, ALARM_OVERSTAY, p->overstay && p->stay_until_ms);
    if (p->place != PLACE_INLAND) alarm_when(p, ALARM_CALL_LAPSED, false);
    bool ended = p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK;
    if (ended) p->alarms = 0;
    timer_set(g, p, ended ? TIME_NEVER : next_timer(g, p));
}

// ---- decisions
static bool task_ok(const Gate *g, const Input *in, const Passage *p, uint8_t task, Findings *f) {
    Str name = task < g->site->tasks ? g->site->task[task].id : STR("?");
    if (task >= g->site->tasks || !(p->needed & BIT(task))) {
        find_add(f, REFUSE_TASK_UNKNOWN, "/task", name, STR_EMPTY, name, END);
        return false;
    }
    const SiteTask *st = &g->site->task[task];
    bool own = in->role == st->agency || ((p->held & BIT(task)) && (st->held_by & BIT(in->role)));
    bool device = in->role == ROLE_DEVICE && st->kind == TASK_WEIGH;
    if (!own && !device) {
        find_add(f, REFUSE_WRONG_ROLE, "", name, STR_EMPTY, str_c(Role_names.names[in->role]),
                 str_c(Role_names.names[st->agency]), name, END);
        return false;
    }
    return true;
}
static Str basis_of(const CompiledProcedure *pr, uint8_t task) {
    return pr && pr->task[task].used ? pr->task[task].src->basis : STR_EMPTY;
}
static Str missing_before(const Gate *g, const CompiledProcedure *pr, const Passage *p, uint8_t task, Arena *a) {
    Buf b;
    buf_init(&b, 400);
    uint32_t waiting = pr && pr->task[task].used ? pr->task[task].after & p->needed & ~p->granted : 0;
    for (; waiting; waiting &= waiting - 1)
        buf_printf(&b, "%s" STR_F, b.n ? ", " : "", STR_A(g->site->task[__builtin_ctz(waiting)].id));
    if (!b.n) buf_printf(&b, "%s", Place_names.names[p->place]);
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s;
}
void decide_take(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    uint8_t task = in->u.take.task;
    if (task_ok(g, in, p, task, &f)) {
        const CompiledProcedure *pr = gate_procedure_of(g, p);
        uint32_t me = (uint32_t)key_of(KEY_ACTOR, in->actor);
        if (!((p->open | p->held) & BIT(task)))
            find_add(&f, REFUSE_TASK_NOT_OPEN, "/task", g->site->task[task].id, basis_of(pr, task),
                     g->site->task[task].id, missing_before(g, pr, p, task, a), END);
        else if ((p->taken & BIT(task)) && p->taken_by[task] != me)
            find_add(&f, REFUSE_TASK_TAKEN_BY_OTHER, "/task", g->site->task[task].id, basis_of(pr, task),
                     g->site->task[task].id, text_time(a, passage_time(p, p->taken_at[task])), END);
    }
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_TASK_TAKEN, p->no)->u.taken = in->u.take;
}
static void check_decision(const Gate *g, const Input *in, const Passage *p, Findings *f) {
    const InDecide *d = &in->u.decide;
    const SiteTask *st = &g->site->task[d->task];
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    uint32_t bit = BIT(d->task);
    bool take_back = (p->granted & bit) && d->outcome != OUTCOME_GRANT && (before_border(p) || p->place == PLACE_YARD);
    if (!((p->open | p->held | p->rework) & bit) && !take_back)
        find_add(f, REFUSE_TASK_NOT_OPEN, "/task", st->id, basis_of(pr, d->task), st->id,
                 missing_before(g, pr, p, d->task, f->a), END);
    if (d->outcome == OUTCOME_NONE) find_add(f, REFUSE_REASON_REQUIRED, "/outcome", st->id, STR_EMPTY, st->id, END);
    if (st->kind == TASK_FEE && p->fee_paid)
        find_add(f, REFUSE_FEE_PAID_ALREADY, "/task", st->id, STR_EMPTY, END);
    else if (st->kind == TASK_FEE && d->outcome == OUTCOME_GRANT)
        find_add(f, REFUSE_FEE_NOT_DUE, "/outcome", st->id, STR_EMPTY, END); // fees are paid, not waved through
    if (d->outcome != OUTCOME_GRANT && d->reason.n == 0)
        find_add(f, REFUSE_REASON_REQUIRED, "/reason", st->id, STR_EMPTY, st->id, END);
    if ((p->held & bit) && d->outcome == OUTCOME_GRANT && d->reason.n == 0)
        find_add(f, REFUSE_REASON_REQUIRED, "/reason", st->id, STR_EMPTY, st->id, END);
    if (d->outcome != OUTCOME_GRANT) return;
    if (st->kind == TASK_WEIGH && d->weight_kg <= 0 && !p->weighed_kg)
        find_add(f, REFUSE_WEIGHT_MISSING, "/weight_kg", st->id, g->site->params->weight_basis, END);
    if (st->kind == TASK_CHANNEL && !d->channel && !p->channel)
        find_add(f, REFUSE_CHANNEL_MISSING, "/channel", st->id, basis_of(pr, d->task), END);
    if (st->kind == TASK_TRANSFER && !d->plate.n && !d->driver_id.n)
        find_add(f, REFUSE_TRANSFER_MISSING, "/plate", st->id, basis_of(pr, d->task), END);
}
// Measured minus tare against the declared gross mass. Parameters of the site: the larger of a share and a fixed
// allowance.
static void weigh(const Gate *g, const Passage *p, EvDecided *d, Arena *a) {
    const SiteParams *sp = g->site->params;
    int64_t net = d->weight_kg - p->tare_kg; // of the load
    int64_t diff = net > p->gross_kg ? net - p->gross_kg : p->gross_kg - net;
    int64_t allow = MAX((int64_t)sp->weight_tolerance_kg, p->gross_kg * sp->weight_tolerance_permille / 1000);
    d->declared_kg = p->gross_kg + p->tare_kg;
    if (diff <= allow) return;
    d->outcome = OUTCOME_HOLD;
    d->code = REFUSE_WEIGHT_MISMATCH;
    d->reason = text_fmt(a, "measured %lld kg, declared %lld kg, allowed difference %lld kg", (long long)d->weight_kg,
                         (long long)d->declared_kg, (long long)allow);
}
void decide_decide(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InDecide *d = &in->u.decide;
    if (p->refused) find_add(&f, REFUSE_PASSAGE_REFUSED, "", STR_EMPTY, STR_EMPTY, END);
    if (task_ok(g, in, p, d->task, &f)) check_decision(g, in, p, &f);
    if (refuse_all(&f, in, out)) return;
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    EvDecided *e = &event_add(out, in, EV_TASK_DECIDED, p->no)->u.decided;
    uint32_t bit = BIT(d->task);
    *e = (EvDecided){.task = d->task,
                     .outcome = d->outcome,
                     .channel = d->channel,
                     .weight_kg = d->weight_kg,
                     .since = passage_time(p, p->opened_at[d->task]),
                     .reason = d->reason,
                     .plate = d->plate,
                     .taken = (p->taken & bit) ? passage_time(p, p->taken_at[d->task]) : 0,
                     .driver_id = d->driver_id,
                     .basis = d->basis.n ? d->basis : basis_of(pr, d->task),
                     .evidence = d->evidence};
    TaskKind kind = (TaskKind)g->site->task[d->task].kind;
    // Those who may overrule a hold do so by their reason; the weigher itself cannot: the last measured mass is
    // compared again.
    bool overruled =
        (p->held & bit) && d->weight_kg <= 0 && in->role != g->site->task[d->task].agency && in->role != ROLE_DEVICE;
    if (kind == TASK_WEIGH && d->outcome == OUTCOME_GRANT && !overruled) {
        if (e->weight_kg <= 0) e->weight_kg = p->weighed_kg;
        weigh(g, p, e, a);
    }
    if (kind == TASK_CHANNEL && d->outcome == OUTCOME_GRANT && pr) {
        if (!e->channel) e->channel = p->channel;
        Passage as = *p;
        as.channel = e->channel;
        e->added = tasks_asked(pr, &as, NULL) & ~p->needed;
    }
}
void decide_pay(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InPay *pay = &in->u.pay;
    uint8_t task = DYN_NONE;
    for (uint8_t t = 0; t < g->site->tasks; t++)
        if (g->site->task[t].kind == TASK_FEE && (p->needed & BIT(t))) task = t;
    uint32_t at;
    if (p->refused)
        find_add(&f, REFUSE_PASSAGE_REFUSED, "", STR_EMPTY, STR_EMPTY, END);
    else if (p->fee_paid)
        find_add(&f, REFUSE_FEE_PAID_ALREADY, "", STR_EMPTY, STR_EMPTY, END);
    else if (task == DYN_NONE || !p->fee_known || !((p->open | p->held) & BIT(task))) // paying ends a hold on it
        find_add(&f, REFUSE_FEE_NOT_DUE, "", STR_EMPTY, STR_EMPTY, END);
    else if (pay->vnd != p->fee_vnd)
        find_add(&f, REFUSE_FEE_AMOUNT, "/vnd", STR_EMPTY, STR_EMPTY, text_int(a, pay->vnd), text_int(a, p->fee_vnd),
                 END);
    if (!pay->receipt.n) find_add(&f, REFUSE_REASON_REQUIRED, "/receipt", STR_EMPTY, STR_EMPTY, STR("receipt"), END);
    if (map_first(g, key_of(KEY_RECEIPT, pay->receipt), &at))
        find_add(&f, REFUSE_RECEIPT_USED, "/receipt", STR_EMPTY, STR_EMPTY, pay->receipt, END);
    if (refuse_all(&f, in, out)) return;
    event_add(out, in, EV_FEE_PAID, p->no)->u.paid = (EvPaid){.vnd = pay->vnd,
                                                              .receipt = pay->receipt,
                                                              .method = pay->method,
                                                              .task = task,
                                                              .since = passage_time(p, p->opened_at[task])};
}

// Dispatch of inputs, the policies that follow, and the loop that runs an input to its end.
#include "gate_internal.h"

static void decide_site(const Gate *g, const Input *in, Arena *a, EventList *out) {
    Str why;
    if (g->site && !site_extends(g->site, in->u.site.site, a, &why)) {
        Findings f = {.a = a};
        find_add(&f, REFUSE_SITE_CHANGED_ORDER, "", in->u.site.site->doc->id, STR_EMPTY, why, END);
        refuse_all(&f, in, out);
        return;
    }
    event_add(out, in, EV_SITE_ADOPTED, 0)->u.site = in->u.site;
}
static void decide_renew(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    if (!before_border(p)) {
        refuse_one(in, a, out, REFUSE_NOT_OPEN, str_c(Place_names.names[p->place]));
        return;
    }
    event_add(out, in, EV_RENEWED, p->no)->u.renewed =
        (EvRenewed){.valid_until = in->t_ms + g->site->params->validity_h * HOUR_MS,
                    .reason = in->u.reason.reason,
                    .basis = g->site->params->validity_basis};
}
static void decide_slot(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    uint32_t early = BIT(PLACE_DECLARED) | BIT(PLACE_EN_ROUTE) | BIT(PLACE_INLAND);
    if (p->kind != KIND_TRUCK_EXPORT || !(BIT(p->place) & early))
        find_add(&f, REFUSE_NOT_QUEUED, "", str_c(Place_names.names[p->place]), STR_EMPTY, END);
    if (in->u.slot.slot && in->u.slot.slot < in->t_ms)
        find_add(&f, REFUSE_SLOT_PAST, "/slot", STR("slot"), g->site->params->queue_basis,
                 text_time(a, in->u.slot.slot), END);
    if (refuse_all(&f, in, out)) return;
    Event *e = event_add(out, in, EV_QUEUED, p->no);
    e->u.queued = queue_reckon(g, p, p->queued ? p->arrived_ms : in->t_ms, in->u.slot.slot, p->queue_shift_ms);
    e->u.queued.reason = in->u.slot.reason;
}
static void decide_shift(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    if (!p->queued) find_add(&f, REFUSE_NOT_QUEUED, "", str_c(Place_names.names[p->place]), STR_EMPTY, END);
    if (!in->u.queue_shift.reason.n)
        find_add(&f, REFUSE_REASON_REQUIRED, "/reason", STR_EMPTY, STR_EMPTY, STR("queue_shift"), END);
    if (refuse_all(&f, in, out)) return;
    const InQueueShift *q = &in->u.queue_shift;
    int64_t shift = p->queue_shift_ms + (q->earlier ? -1 : 1) * (int64_t)q->minutes * MINUTE_MS,
            most = UINT32_MAX * MINUTE_MS;
    shift = MAX(-most, MIN(shift, most)); // as the event can say it
    Event *e = event_add(out, in, EV_QUEUED, p->no);
    e->u.queued = queue_reckon(g, p, p->arrived_ms, p->slot_ms, shift);
    e->u.queued.reason = q->reason;
}
static void decide_incident(const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InIncident *i = &in->u.incident;
    if (!i->reason.n || !i->incident)
        find_add(&f, REFUSE_REASON_REQUIRED, i->incident ? "/reason" : "/incident", STR_EMPTY, STR_EMPTY,
                 STR("incident"), END);
    if (i->clear && !(p->incidents & BIT(i->incident)))
        find_add(&f, REFUSE_NOT_OPEN, "/incident", str_c(Incident_names.names[i->incident]), STR_EMPTY,
                 str_c(Incident_names.names[i->incident]), END);
    if (i->incident == INCIDENT_EMBARGO) // rules raise and clear it, see follow_replan
        find_add(&f, REFUSE_WRONG_ROLE, "/incident", STR("embargo"), STR_EMPTY, str_c(Role_names.names[in->role]),
                 STR("system"), STR("embargo"), END);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_INCIDENT, p->no)->u.incident = *i;
}
static void decide_ack(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    uint32_t alarms = p ? p->alarms : g->s.alarms;
    Str name = str_c(Alarm_names.names[in->u.alarm_ack.alarm]);
    if (!(alarms & BIT(in->u.alarm_ack.alarm)) || !in->u.alarm_ack.alarm)
        refuse_one(in, a, out, REFUSE_NOT_OPEN, name);
    else
        event_add(out, in, EV_ALARM_ACKED, in->passage)->u.alarm_ack = in->u.alarm_ack;
}
// src/custody has decided already: what it did is a fact, what it could not do for a person is a refusal.
static void decide_link(const Gate *g, const Input *in, Arena *a, EventList *out) {
    const InLink *k = &in->u.link;
    if (k->refused) {
        bool unknown = str_eq_c(k->reason, "handover_unknown"), role = str_eq_c(k->reason, "wrong_role");
        Refuse code = unknown ? REFUSE_HANDOVER_UNKNOWN : role ? REFUSE_WRONG_ROLE : REFUSE_LINK_REFUSED;
        Str arg = unknown ? k->handover : role ? str_c(Role_names.names[in->role]) : k->reason;
        Findings f = {.a = a};
        find_add(&f, code, "", k->reason, STR_EMPTY, arg, END);
        refuse_all(&f, in, out);
        return;
    }
    event_add(out, in, EV_LINK, in->passage)->u.link = *k;
    if (k->alarm && !(g->s.alarms & BIT(ALARM_PEER)))
        event_system(out, in->t_ms, EV_ALARM, 0)->u.alarm = (EvAlarm){.alarm = ALARM_PEER, .task = DYN_NONE};
}
static bool owns(const Input *in, const Passage *p) {
    if (in->role == ROLE_TRADER) return p->trader_key == key_of(KEY_TRADER, in->actor);
    if (in->role == ROLE_PEER && in->kind == IN_AMEND) return p->trader_key == key_of(KEY_TRADER, in->actor);
    if (in->role == ROLE_DRIVER) return p->driver_key == key_of(KEY_ACTOR, in->actor);
    return true;
}
static void decide_on_passage(const Gate *g, const Input *in, Arena *a, EventList *out) {
    const Passage *p = gate_find(g, in->passage);
    bool open = p && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK;
    if (!open) {
        refuse_one(in, a, out, REFUSE_UNKNOWN_PASSAGE, STR_EMPTY);
        return;
    }
    if (!owns(in, p)) {
        refuse_one(in, a, out, REFUSE_NOT_YOURS, STR_EMPTY);
        return;
    }
    switch ((InputKind)in->kind) {
    case IN_AMEND: decide_declare(g, in, p, a, out); break;
    case IN_RENEW: decide_renew(g, in, p, a, out); break;
    case IN_SLOT: decide_slot(g, in, p, a, out); break;
    case IN_MOVE: decide_move(g, in, p, a, out); break;
    case IN_TAKE: decide_take(g, in, p, a, out); break;
    case IN_DECIDE: decide_decide(g, in, p, a, out); break;
    case IN_PAY: decide_pay(g, in, p, a, out); break;
    case IN_INCIDENT: decide_incident(in, p, a, out); break;
    case IN_MISSION: decide_mission(in, p, a, out); break;
    case IN_QUEUE_SHIFT: decide_shift(g, in, p, a, out); break;
    case IN_ALARM_ACK: decide_ack(g, in, p, a, out); break;
    case IN_NONE:
    case IN_SITE:
    case IN_TICK:
    case IN_DECLARE:
    case IN_LANE:
    case IN_ROAD:
    case IN_YARD:
    case IN_QUOTA:
    case IN_EMBARGO:
    case IN_EFFECT_DONE:
    case IN_LINK:
    case INPUT_COUNT: CK_ASSERT(!"not an input on a passage");
    }
}
void gate_decide(const Gate *g, const Input *in, Arena *a, EventList *out) {
    if (!g->site && in->kind != IN_SITE) {
        if (in->kind != IN_TICK) refuse_one(in, a, out, REFUSE_NO_SITE, STR_EMPTY);
        return;
    }
    switch ((InputKind)in->kind) {
    case IN_SITE: decide_site(g, in, a, out); break;
    case IN_DECLARE: decide_declare(g, in, NULL, a, out); break;
    case IN_LANE: decide_lane(g, in, a, out); break;
    case IN_ROAD: decide_road(g, in, a, out); break;
    case IN_YARD: decide_yard(g, in, a, out); break;
    case IN_QUOTA: decide_quota(g, in, a, out); break;
    case IN_EMBARGO: decide_embargo(g, in, a, out); break;
    case IN_EFFECT_DONE: event_add(out, in, EV_EFFECT_DONE, 0)->u.effect_done = in->u.effect_done; break;
    case IN_LINK: decide_link(g, in, a, out); break;
    case IN_ALARM_ACK:
        if (in->passage)
            decide_on_passage(g, in, a, out);
        else
            decide_ack(g, in, NULL, a, out);
        break;
    case IN_NONE:
    case IN_TICK:
    case INPUT_COUNT: break;
    case IN_AMEND:
    case IN_RENEW:
    case IN_SLOT:
    case IN_MOVE:
    case IN_TAKE:
    case IN_DECIDE:
    case IN_PAY:
    case IN_INCIDENT:
    case IN_MISSION:
    case IN_QUEUE_SHIFT: decide_on_passage(g, in, a, out); break;
    }
}

// ---- policies
static void follow_timer(const Gate *g, int64_t t_ms, Arena *a, EventList *out) {
    if (!g->s.heap_n || g->slot[g->heap[0]].timer_ms > t_ms) return;
    const Passage *p = &g->slot[g->heap[0]];
    if (p->call_until_ms && p->call_until_ms <= t_ms) {
        Input in = {.t_ms = t_ms, .kind = IN_MOVE, .role = ROLE_SYSTEM, .actor = STR("gate"), .passage = p->no};
        in.u.move = (InMove){.move = MOVE_CALL_LAPSE,
                             .lane = DYN_NONE,
                             .yard = DYN_NONE,
                             .reason = STR("not at the gate within the call window")};
        decide_move(g, &in, p, a, out);
        return;
    }
    EvAlarm al = {.task = DYN_NONE};
    if (before_border(p) && !p->expired && p->valid_until_ms <= t_ms)
        al.alarm = ALARM_EXPIRED, al.due = p->valid_until_ms;
    else if (p->stay_until_ms && !p->overstay && p->stay_until_ms <= t_ms)
        al.alarm = ALARM_OVERSTAY, al.due = p->stay_until_ms;
    for (uint32_t left = al.alarm ? 0 : p->open & ~p->late; left; left &= left - 1) {
        uint8_t i = (uint8_t)__builtin_ctz(left);
        int64_t due = passage_time(p, p->due_at[i]);
        if (due && due <= t_ms && (!al.alarm || due < al.due))
            al = (EvAlarm){.alarm = ALARM_TASK_LATE, .task = i, .due = due};
    }
    const SiteParams *sp = g->site->params;
    if (!al.alarm && before_border(p) && !p->expired && !(p->alarms & BIT(ALARM_VALIDITY_SOON)) &&
        p->valid_until_ms - sp->validity_warn_min * MINUTE_MS <= t_ms)
        al.alarm = ALARM_VALIDITY_SOON, al.due = p->valid_until_ms;
    if (!al.alarm) al.alarm = ALARM_STAY_SOON, al.due = p->stay_until_ms;
    CK_ASSERT(al.due > 0); // a timer without a reason would never end
    event_system(out, t_ms, EV_ALARM, p->no)->u.alarm = al;
}
// An embargo in force marks what it hits and has not crossed; the mark goes when it no longer hits.
static void follow_embargo(const Gate *g, const Passage *p, int64_t t_ms, EventList *out) {
    bool marked = p->incidents & BIT(INCIDENT_EMBARGO);
    const EmbargoState *hit = before_border(p) ? embargo_hits(g, p, t_ms) : NULL;
    if ((hit != NULL) == marked) return;
    event_system(out, t_ms, EV_INCIDENT, p->no)->u.incident =
        (InIncident){.incident = INCIDENT_EMBARGO,
                     .clear = !hit,
                     .reason = hit ? str_c(hit->id) : STR("no embargo applies any more")};
}
static void follow_fee(const Gate *g, const Passage *p, int64_t t_ms, Arena *a, EventList *out) {
    if (p->fee_known) return;
    for (uint8_t t = 0; t < g->site->tasks; t++) {
        bool held = p->held & BIT(t), open = p->open & BIT(t);
        if (g->site->task[t].kind != TASK_FEE || (!open && !held)) continue;
        FeeQuestion q = fee_question(p);
        Fee fee = site_fee(g->site, &q, t_ms, a);
        if (fee.known) {
            event_system(out, t_ms, EV_FEE_ASSESSED, p->no)->u.fee =
                (EvFee){.vnd = fee.vnd, .cell = fee.cell, .factors = fee.factors, .basis = fee.basis};
        } else if (open) {
            event_system(out, t_ms, EV_TASK_DECIDED, p->no)->u.decided =
                (EvDecided){.task = t,
                            .outcome = OUTCOME_HOLD,
                            .code = REFUSE_FEE_CELL_UNKNOWN,
                            .reason = fee.cell,
                            .since = passage_time(p, p->opened_at[t])};
        }
        return;
    }
}
static void replan_one(const Gate *g, const Passage *p, int64_t t_ms, Arena *a, EventList *out) {
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    uint32_t asked = pr ? tasks_asked(pr, p, NULL) : p->needed;
    if (pr && (asked != p->needed || tasks_open(pr, p) != p->open))
        event_system(out, t_ms, EV_REPLANNED, p->no)->u.replanned = (EvReplanned){.added = asked & ~p->needed,
                                                                                  .removed = p->needed & ~asked,
                                                                                  .procedure = pr->src->id,
                                                                                  .basis = pr->src->basis};
    follow_embargo(g, p, t_ms, out);
    if (!out->n) follow_fee(g, p, t_ms, a, out); // the tariff may have the cell now
}
static void follow_replan(const Gate *g, GateTrace *t, Arena *a, EventList *out) {
    while (t->replan_from != NO_SLOT && !out->n) {
        const Passage *p;
        uint32_t next = gate_passages(g, t->replan_from, &p);
        t->replan_from = p ? next : NO_SLOT;
        if (p) replan_one(g, p, t->in->t_ms, a, out);
    }
}
static void follow_move(const Gate *g, const Passage *p, Move move, const char *why, int64_t t_ms, Arena *a,
                        EventList *out) {
    Input in = {.t_ms = t_ms, .kind = IN_MOVE, .role = ROLE_SYSTEM, .actor = STR("gate"), .passage = p->no};
    in.u.move = (InMove){.move = (uint8_t)move, .lane = DYN_NONE, .yard = DYN_NONE, .reason = str_c(why)};
    const MovementRow *r = movement_find(p, move);
    if (!r) return;
    if (move == MOVE_CLOSE) {
        const CompiledProcedure *pr = gate_procedure_of(g, p);
        if (!pr || gate_missing(g->site, pr, p, POINT_CLOSE) || p->incidents || p->refused) return;
        decide_move(g, &in, p, a, out);
        return;
    }
    if (gate_missing(g->site, gate_procedure_of(g, p), p, (Point)r->point))
        return; // never over a gate point without its clearances
    event_system(out, t_ms, EV_MOVED, p->no)->u.moved = (EvMoved){.move = r->move,
                                                                  .from = r->from,
                                                                  .to = r->to,
                                                                  .point = r->point,
                                                                  .lane = DYN_NONE,
                                                                  .yard = DYN_NONE,
                                                                  .since = p->place_since_ms,
                                                                  .reason = in.u.move.reason};
}
// The other leg of a two-way trip comes home when this leg crosses the border.
static void follow_linked(const Gate *g, const Passage *p, int64_t t_ms, Arena *a, EventList *out) {
    if (!p->linked || (p->place != PLACE_ENTERED && p->place != PLACE_ABROAD)) return;
    const Passage *other = gate_find(g, p->linked);
    if (other && other->direction != p->direction && other->declared_ms <= p->declared_ms)
        follow_move(g, other, MOVE_RETURN, "came back on the other leg of its two-way trip", t_ms, a, out);
}
static void follow_calls(const Gate *g, const GateTrace *t, Arena *a, EventList *out) {
    for (uint8_t r = 0; r < g->site->roads && !out->n; r++)
        if (t->in->kind == IN_TICK || (t->roads & BIT(r))) queue_call(g, r, t->in->t_ms, a, out);
}
void gate_follow(const Gate *g, GateTrace *t, Arena *a, EventList *out) {
    if (!g->site) return;
    int64_t now = t->in->t_ms;
    if (t->in->kind == IN_TICK && rules_next_change(g) <= now) {
        event_system(out, now, EV_RULES_CHANGED, 0);
        return;
    }
    for (uint32_t i = 0; i < t->passages && !out->n; i++) {
        const Passage *p = gate_find(g, t->passage[i]);
        if (!p || p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK) continue;
        follow_embargo(g, p, now, out);
        if (!out->n) follow_fee(g, p, now, a, out);
        if (!out->n) follow_linked(g, p, now, a, out);
        if (!out->n) follow_move(g, p, MOVE_CLOSE, "all is done", now, a, out);
    }
    if (!out->n && t->replan_from != NO_SLOT) follow_replan(g, t, a, out);
    if (!out->n && t->in->kind == IN_TICK) follow_timer(g, now, a, out);
    if (!out->n) follow_calls(g, t, a, out);
}
void gate_trace(GateTrace *t, const Gate *g, const Event *e) {
    const Passage *p = e->passage ? gate_find(g, e->passage) : NULL;
    bool rules = e->kind == EV_SITE_ADOPTED || e->kind == EV_RULES_CHANGED || e->kind == EV_EMBARGO;
    if (rules) t->replan_from = 0;
    if (rules || e->kind == EV_LANE || e->kind == EV_ROAD || e->kind == EV_QUOTA) t->roads = UINT32_MAX;
    if (!p || e->kind == EV_REFUSED) return;
    t->roads |= BIT(p->road);
    for (uint32_t i = 0; i < t->passages; i++)
        if (t->passage[i] == e->passage) return;
    if (t->passages == ARRAY_LEN(t->passage)) { // the oldest has been seen to
        memmove(t->passage, t->passage + 1, sizeof t->passage - sizeof t->passage[0]);
        t->passages--;
    }
    t->passage[t->passages++] = e->passage;
}
// Time never goes back in the journal: an input that does is taken at the time of the last one, with an alarm.
#define CLOCK_BACK_MAX_MS 1000
static void check_clock(const Gate *g, Input *in, EventList *list) {
    if (in->t_ms >= g->s.now_ms) return;
    if (in->t_ms < g->s.now_ms - CLOCK_BACK_MAX_MS && !(g->s.alarms & BIT(ALARM_CLOCK)))
        event_system(list, g->s.now_ms, EV_ALARM, 0)->u.alarm =
            (EvAlarm){.alarm = ALARM_CLOCK, .task = DYN_NONE, .due = in->t_ms};
    in->t_ms = g->s.now_ms;
}
uint32_t gate_apply(Gate *g, const Input *input, Arena *a, GateSink *sink, void *ctx) {
    Input copy = *input, *in = &copy;
    GateTrace trace = {.in = in, .replan_from = NO_SLOT};
    EventList list;
    list.n = 0;
    uint32_t total = 0;
    check_clock(g, in, &list);
    gate_decide(g, in, a, &list);
    for (uint32_t round = 0; list.n || round == 0; round++) {
        for (uint32_t i = 0; i < list.n; i++) {
            if (sink) sink(ctx, g, &list.ev[i], false);
            gate_evolve(g, &list.ev[i]);
            gate_trace(&trace, g, &list.ev[i]);
            if (sink) sink(ctx, g, &list.ev[i], true);
        }
        total += list.n;
        bool refused = list.n && list.ev[list.n - 1].kind == EV_REFUSED;
        list.n = 0;
        if (refused || (round >= FOLLOW_ROUNDS_MAX && trace.replan_from == NO_SLOT))
            break; // the rest comes with the next tick
        gate_follow(g, &trace, a, &list);
    }
    return total;
}

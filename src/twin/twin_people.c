// What people see to do when they look at a passage, and what they send when a work is done. They look at what anyone
// with their role may see: the place, the open tasks, what is held. A second look never starts a thing twice.
#include "twin_internal.h"

static Move next_move(const Twin *w, const Passage *p, const Truck *t) {
    bool handed = p->foreign && (p->mode == MODE_TRANSHIPMENT || p->mode == MODE_SWAP);
    switch ((Place)p->place) {
    case PLACE_DECLARED:
        if (t->flags & TRUCK_NO_SHOW) return MOVE_NONE;
        if (p->kind == KIND_BOX_IMPORT && w->carried[p->road]) return MOVE_PEER_READY;
        return p->direction == DIRECTION_IMPORT ? MOVE_PEER_EXIT
               : p->kind == KIND_BOX_EXPORT     ? MOVE_GATE_IN
                                                : MOVE_DEPART;
    case PLACE_PEER_YARD: return MOVE_PEER_EXIT;
    case PLACE_EN_ROUTE: return MOVE_ARRIVE;
    case PLACE_CALLED: return MOVE_GATE_IN;
    case PLACE_YARD:
        if (peer_sent_back(w, p)) return MOVE_NONE;
        if (p->kind == KIND_TRUCK_EXPORT) return MOVE_LINE_UP;
        if (p->kind == KIND_BOX_EXPORT) return MOVE_LIFT_ON;
        return handed ? MOVE_RETURN : MOVE_YARD_OUT;
    case PLACE_LINE:
    case PLACE_DISPATCHED: return MOVE_CROSS_OUT;
    case PLACE_ABROAD: return p->kind == KIND_BOX_EXPORT ? MOVE_PEER_GATE : MOVE_PEER_RECEIVE;
    case PLACE_WITH_PEER: return t->flags & TRUCK_COMING ? MOVE_RETURN : MOVE_DELIVER;
    case PLACE_DELIVERED: return !w->c.peer || (t->flags & TRUCK_COMING) ? MOVE_RETURN : MOVE_NONE;
    case PLACE_APPROACHING: return MOVE_ENTER;
    case PLACE_ENTERED: return p->kind == KIND_BOX_IMPORT ? MOVE_LIFT_OFF : MOVE_YARD_IN;
    case PLACE_GOODS_IN_YARD: return MOVE_YARD_OUT;
    case PLACE_LEFT: return MOVE_RETURN;
    case PLACE_ON_VEHICLE: return MOVE_DISPATCH;
    case PLACE_PEER_GATE: return MOVE_LIFT_OFF;
    case PLACE_LIFTED_OFF: return MOVE_PEER_RECEIVE;
    case PLACE_NONE:
    case PLACE_INLAND:
    case PLACE_RECEIVED:
    case PLACE_RETURNED:
    case PLACE_CLOSED:
    case PLACE_TURNED_BACK:
    case PLACE_COUNT: break;
    }
    return MOVE_NONE;
}
static bool over(const Passage *p) {
    return p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK;
}
static bool early(const Passage *p) { // not yet over the border on its way out, nor on its way in
    uint32_t out = BIT(PLACE_DECLARED) | BIT(PLACE_EN_ROUTE) | BIT(PLACE_INLAND) | BIT(PLACE_CALLED),
             in = BIT(PLACE_DECLARED) | BIT(PLACE_APPROACHING) | BIT(PLACE_PEER_YARD);
    return BIT(p->place) & (p->direction == DIRECTION_EXPORT ? out : in);
}
static bool at_gate(const Passage *p) { // stands somewhere between its arrival and its passing
    uint32_t away = BIT(PLACE_DECLARED) | BIT(PLACE_EN_ROUTE) | BIT(PLACE_APPROACHING) | BIT(PLACE_PEER_YARD);
    return !(BIT(p->place) & away);
}
static bool passed(const Passage *p) {
    uint32_t out = BIT(PLACE_ABROAD) | BIT(PLACE_WITH_PEER) | BIT(PLACE_DELIVERED) | BIT(PLACE_PEER_GATE) |
                   BIT(PLACE_LIFTED_OFF) | BIT(PLACE_RECEIVED) | BIT(PLACE_RETURNED) | BIT(PLACE_CLOSED);
    uint32_t in = BIT(PLACE_LEFT) | BIT(PLACE_RETURNED) | BIT(PLACE_CLOSED);
    return BIT(p->place) & (p->direction == DIRECTION_EXPORT ? out : in);
}

// ---- looking
static void start_after(Twin *w, uint32_t slot, uint8_t what, const DesDist *after) { // NULL: at once
    Truck *t = truck_at(w, slot);
    double ms = after ? truck_delay(w, t->flow, t->entity, what, t->delays++, after) : 0;
    (void)work_start(w, slot, what, ms);
}
static void see_tasks(Twin *w, uint32_t slot, Truck *t, const Passage *p) {
    for (uint32_t left = p->open & ~t->working & ~w->peer_tasks; left; left &= left - 1) {
        uint8_t task = (uint8_t)__builtin_ctz(left);
        bool fee = w->c.site->task[task].kind == TASK_FEE;
        if (fee && (!p->fee_known || p->fee_paid)) continue;
        t->working |= BIT(task);
        start_after(w, slot, task, fee ? &w->pay : NULL);
    }
    for (uint32_t left = p->held & ~t->working & ~w->peer_tasks; left; left &= left - 1) {
        uint8_t task = (uint8_t)__builtin_ctz(left);
        if (w->c.site->task[task].kind == TASK_FEE) continue; // an unknown cell of the tariff: the Board must say
        t->working |= BIT(task);
        start_after(w, slot, (uint8_t)(WHAT_RESOLVE + task), &w->resolve);
    }
    for (uint32_t left = p->rework & ~t->working; left; left &= left - 1) {
        t->working |= p->rework;
        start_after(w, slot, t->entity & ENTITY_ADOPTED ? WHAT_GIVE_UP : WHAT_AMEND, &w->amend);
    }
}
static void see_troubles(Twin *w, uint32_t slot, Truck *t, const Passage *p) {
    uint32_t stale = BIT(ALARM_VALIDITY_SOON) | BIT(ALARM_EXPIRED);
    if ((p->alarms & stale) && !(t->flags & (TRUCK_NO_SHOW | TRUCK_RENEWING)) && !p->refused) {
        t->flags |= TRUCK_RENEWING;
        start_after(w, slot, WHAT_RENEW, &w->amend);
    }
    if ((p->refused || peer_sent_back(w, p)) && !(t->flags & TRUCK_LEAVING)) {
        t->flags |= TRUCK_LEAVING;
        start_after(w, slot, WHAT_GIVE_UP, &w->resolve);
    }
    if ((p->incidents & BIT(INCIDENT_BREAKDOWN)) && !(t->flags & TRUCK_REPAIRING)) {
        t->flags |= TRUCK_REPAIRING;
        start_after(w, slot, WHAT_REPAIR, &w->repair);
    }
    if (p->place == PLACE_YARD && (t->flags & TRUCK_BREAKS)) {
        t->flags &= (uint16_t)~TRUCK_BREAKS;
        start_after(w, slot, WHAT_BREAK, &w->retry);
    }
}
static void see_time(Twin *w, uint32_t slot, Truck *t, const Passage *p) {
    if (early(p) && !t->patience) {
        double left = (double)(p->declared_ms + w->c.doc->params->give_up_h * HOUR_MS - twin_wall(w));
        t->patience = work_start(w, slot, WHAT_GIVE_UP, MAX(left, 0.0));
    } else if (!early(p) && t->patience) {
        des_cancel(w->des, t->patience);
        t->patience = 0;
    }
}
// How long until it comes. An export first leaves, then comes to the queue; all others are seen when they come. What is
// found on its way when the world begins has, of all that it may need, longer than it has needed already.
static double until_it_comes(const Twin *w, const Truck *t, const Passage *p) {
    double since = (double)(twin_wall(w) - (p->place == PLACE_EN_ROUTE ? p->place_since_ms : p->declared_ms)), need = 0;
    for (uint32_t redraw = 0; redraw < 8; redraw++) {
        TruckPlan plan;
        truck_plan(w, t->flow, t->entity ^ redraw << 24, twin_wall(w), &plan);
        need = p->place == PLACE_EN_ROUTE     ? plan.run_up
               : p->kind == KIND_TRUCK_EXPORT ? plan.lead
                                              : plan.lead + plan.run_up;
        if (need > since || !(t->entity & ENTITY_ADOPTED)) break;
    }
    return MAX(need - since, 0.0);
}
static void see_way(Twin *w, uint32_t slot, Truck *t, const Passage *p) {
    if ((t->flags & TRUCK_MOVING) || p->incidents || p->refused) return;
    Move m = next_move(w, p, t);
    const MovementRow *r = m ? movement_find(p, m) : NULL;
    if (!r || carry_does(w, p, m) || peer_does(w, r)) return;
    if (r->point && (gate_missing(w->c.site, gate_procedure_of(w->gate, p), p, (Point)r->point) ||
                     !gate_road(w->gate, p->road).open))
        return;
    if (m == MOVE_CROSS_OUT && p->kind == KIND_TRUCK_EXPORT && p->lane == DYN_NONE) return;
    double late = m == MOVE_GATE_IN && p->place == PLACE_CALLED && (t->flags & TRUCK_LATE)
                      ? (double)w->c.site->params->call_window_min * 60e3
                      : 0;
    if (late > 0) t->flags &= (uint16_t)~TRUCK_LATE;
    if (p->place == PLACE_DECLARED || p->place == PLACE_EN_ROUTE) late += until_it_comes(w, t, p);
    t->flags |= TRUCK_MOVING;
    work_start(w, slot, (uint8_t)(WHAT_MOVE + m), late);
}
static void see_carried(Twin *w, Truck *t, const Passage *p) {
    bool now = w->carried[p->road] && p->mission >= MISSION_PICKING && p->mission <= MISSION_SETTING && !over(p);
    if (now == ((t->flags & TRUCK_CARRIED) != 0)) return;
    t->flags ^= TRUCK_CARRIED;
    if (now)
        busy_begin(w, t);
    else
        busy_end(w, t);
}
static void see_place(Twin *w, Truck *t, const Passage *p) {
    double now = twin_ms(w);
    if (!truck_arrived(t) && at_gate(p) && !over(p)) {
        t->arrived = t->idle_since = now;
        stat_arrived(w, t);
        if (!t->busy) stat_waiting(w, t, 1);
    }
    bool gone = over(p), through = passed(p);
    if (!truck_arrived(t) || (t->flags & TRUCK_SEEN) || (!gone && !through)) return;
    if (!t->busy) t->waited += now - t->idle_since, stat_waiting(w, t, -1);
    t->flags |= TRUCK_SEEN;
    if (through && p->place != PLACE_TURNED_BACK) stat_passed(w, t, t->waited, now - t->arrived);
}
void people_react(Twin *w, uint32_t slot) {
    if (w->halted) return;
    Truck *t = truck_at(w, slot);
    const Passage *p = truck_passage(w, t);
    if (!p) return;
    if (t->flow == 255 && !over(p)) {
        if (!w->c.peer) return; // declared this very moment: looked at again when its truck is known
        peer_adopt(w, t, p);
    }
    see_carried(w, t, p);
    see_place(w, t, p);
    if (over(p)) {
        if (p->place == PLACE_TURNED_BACK) stat_turned_back(w, t);
        work_give_back(w, t);
        des_cancel(w->des, t->patience);
        t->no = 0;
        return;
    }
    see_time(w, slot, t, p);
    see_tasks(w, slot, t, p);
    see_troubles(w, slot, t, p);
    see_way(w, slot, t, p);
}

// ---- doing
static uint8_t role_for(uint32_t roles) { // who of those that may usually does it
    static const uint8_t usual[] = {ROLE_YARD,   ROLE_GUARD, ROLE_CUSTOMS, ROLE_PEER,
                                    ROLE_CENTRE, ROLE_BOARD, ROLE_DEVICE};
    for (uint32_t i = 0; i < ARRAY_LEN(usual); i++)
        if (roles & BIT(usual[i])) return usual[i];
    return ROLE_SYSTEM;
}
static Str who(Str actor, uint8_t role) {
    return actor.n ? actor : str_c(Role_names.names[role]);
}
static void look_again(Twin *w, uint32_t slot, const DesDist *after) {
    start_after(w, slot, WHAT_REACT, after);
}
static void do_move(Twin *w, uint32_t slot, Truck *t, const Passage *p, Move m, const Work *k, Str actor) {
    t->flags &= (uint16_t)~TRUCK_MOVING;
    const MovementRow *r = movement_find(p, m);
    if (r) {
        Input in = {.kind = IN_MOVE, .role = role_for(r->roles), .passage = p->no};
        in.actor = who(actor, in.role);
        in.u.move = (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE};
        bool box = p->kind == KIND_BOX_EXPORT || p->kind == KIND_BOX_IMPORT;
        if (!twin_submit(w, &in)) {
            t->flags |= TRUCK_MOVING | TRUCK_STUCK;
            look_again(w, slot, &w->retry);
        } else if (k && k->src->distance_m) {
            stat_driven(w, k->src->distance_m, box);
        }
    }
    people_react(w, slot);
}
static uint8_t finding(Twin *w, Truck *t, uint8_t task, const Work *k) {
    if (!k || (t->faulted & BIT(task))) return OUTCOME_GRANT;
    DesStream s = twin_stream(w, 3, t->entity * TWIN_FLOWS_MAX + t->flow + (uint32_t)task * 0x9e3779b9u);
    uint32_t d = des_below(&s, 1000), hold = k->src->hold_permille, rework = hold + k->src->rework_permille,
             refuse = rework + k->src->refuse_permille;
    uint8_t o = d < hold ? OUTCOME_HOLD : d < rework ? OUTCOME_REWORK : d < refuse ? OUTCOME_REFUSE : OUTCOME_GRANT;
    // Its papers are with those who declared it, beyond the link: customs settle it with them.
    if (o == OUTCOME_REWORK && w->c.peer && (t->entity & ENTITY_ADOPTED)) o = OUTCOME_HOLD;
    if (o != OUTCOME_GRANT) t->faulted |= BIT(task);
    return o;
}
static void fill_decision(Twin *w, Truck *t, const Passage *p, InDecide *d) {
    int64_t mass = p->gross_kg + p->tare_kg;
    switch ((TaskKind)w->c.site->task[d->task].kind) {
    case TASK_WEIGH: d->weight_kg = mass + p->gross_kg * t->weight_permille / 1000; break;
    case TASK_CHANNEL: d->channel = t->channel ? t->channel : (uint8_t)CHANNEL_GREEN; break;
    case TASK_TRANSFER: d->driver_id = STR("relief-driver"); break;
    case TASK_DECISION:
    case TASK_AUTO:
    case TASK_FEE:
    case TASK_KIND_COUNT: break;
    }
}
static void do_task(Twin *w, uint32_t slot, Truck *t, const Passage *p, uint8_t task, const Work *k, Str actor) {
    t->working &= ~BIT(task);
    if (!((p->open | p->held) & BIT(task))) return;
    const SiteTask *st = &w->c.site->task[task];
    char receipt[24];
    Input in = {.kind = IN_DECIDE, .role = st->agency, .passage = p->no};
    in.actor = who(actor, in.role);
    if (st->kind == TASK_FEE) {
        int n = snprintf(receipt, sizeof receipt, "TW%llu-%u", (unsigned long long)w->c.first_id, ++w->receipts);
        in.kind = IN_PAY;
        in.u.pay = (InPay){.vnd = p->fee_vnd, .receipt = {receipt, (size_t)n}, .method = STR("bank")};
    } else {
        in.u.decide = (InDecide){.task = task, .outcome = finding(w, t, task, k)};
        if (in.u.decide.outcome != OUTCOME_GRANT) in.u.decide.reason = STR("found at the inspection");
        fill_decision(w, t, p, &in.u.decide);
    }
    if (!twin_submit(w, &in)) {
        t->working |= BIT(task), t->put_off |= BIT(task);
        look_again(w, slot, &w->retry);
    }
    people_react(w, slot);
}
static void do_resolve(Twin *w, uint32_t slot, Truck *t, const Passage *p, uint8_t task) {
    t->working &= ~BIT(task);
    if (!(p->held & BIT(task))) return;
    const SiteTask *st = &w->c.site->task[task];
    Input in = {
        .kind = IN_DECIDE, .role = st->held_by ? (uint8_t)__builtin_ctz(st->held_by) : st->agency, .passage = p->no};
    in.actor = who(STR_EMPTY, in.role);
    in.u.decide = (InDecide){.task = task, .outcome = OUTCOME_GRANT, .reason = STR("checked, in order")};
    if (st->kind == TASK_CHANNEL) in.u.decide.channel = t->channel;
    if (st->kind == TASK_TRANSFER) in.u.decide.driver_id = STR("relief-driver");
    if (st->kind == TASK_WEIGH && in.role == st->agency) in.u.decide.weight_kg = p->gross_kg + p->tare_kg;
    if (!twin_submit(w, &in)) t->working |= BIT(task), t->put_off |= BIT(task);
    look_again(w, slot, &w->retry);
    people_react(w, slot);
}
static void do_amend(Twin *w, uint32_t slot, Truck *t, const Passage *p) {
    t->working &= ~p->rework;
    t->attempt++;
    if (!p->rework) return;
    TruckPlan plan;
    truck_plan(w, t->flow, t->entity, twin_wall(w), &plan);
    if (!truck_declare(w, t->flow, t->entity, &plan, p->no, true))
        t->working |= p->rework, t->put_off |= p->rework, look_again(w, slot, &w->amend);
    people_react(w, slot);
}
static void do_incident(Twin *w, uint32_t slot, Truck *t, const Passage *p, bool clear) {
    Input in = {.kind = IN_INCIDENT, .role = ROLE_BOARD, .actor = STR("tow-1"), .passage = p->no};
    in.u.incident = (InIncident){.incident = INCIDENT_BREAKDOWN,
                                 .clear = clear,
                                 .reason = clear ? STR("repaired") : STR("engine does not start")};
    if (!clear && p->place != PLACE_YARD) return;
    if (clear) t->flags &= (uint16_t)~TRUCK_REPAIRING;
    (void)twin_submit(w, &in); // refused or lost: seen at the next look
    people_react(w, slot);
}
static void do_give_up(Twin *w, uint32_t slot, Truck *t, const Passage *p) {
    bool adopted = (t->entity & ENTITY_ADOPTED) && p->rework;
    bool sent_back = peer_sent_back(w, p);
    if (!p->refused && !adopted && !sent_back && !early(p)) return;
    Input in = {.kind = IN_MOVE, .role = ROLE_BOARD, .actor = STR("board"), .passage = p->no};
    in.u.move = (InMove){.move = MOVE_TURN_BACK,
                         .lane = DYN_NONE,
                         .yard = DYN_NONE,
                         .reason = p->refused  ? STR("refused by an agency")
                                   : sent_back ? STR("sent back by the other side")
                                               : STR("did not come, or waited too long")};
    if (!movement_find(p, MOVE_TURN_BACK) || !twin_submit(w, &in)) start_after(w, slot, WHAT_GIVE_UP, &w->resolve);
    people_react(w, slot);
}
void people_finish(Twin *w, uint32_t slot, uint8_t what, const Work *k, Str actor) {
    Truck *t = truck_at(w, slot);
    const Passage *p = truck_passage(w, t);
    if (!p || over(p)) return;
    if (what < WHAT_MOVE) {
        do_task(w, slot, t, p, what, k, actor);
    } else if (what < WHAT_RESOLVE) {
        do_move(w, slot, t, p, (Move)(what - WHAT_MOVE), k, actor);
    } else if (what < WHAT_AMEND) {
        do_resolve(w, slot, t, p, (uint8_t)(what - WHAT_RESOLVE));
    } else if (what == WHAT_AMEND) {
        do_amend(w, slot, t, p);
    } else if (what == WHAT_RENEW) {
        Input in = {.kind = IN_RENEW, .role = ROLE_BOARD, .actor = STR("board"), .passage = p->no};
        in.u.reason.reason = STR("still waiting at the gate");
        t->flags &= (uint16_t)~TRUCK_RENEWING;
        (void)twin_submit(w, &in);
        people_react(w, slot);
    } else if (what == WHAT_GIVE_UP) {
        do_give_up(w, slot, t, p);
    } else if (what == WHAT_BREAK || what == WHAT_REPAIR) {
        do_incident(w, slot, t, p, what == WHAT_REPAIR);
    } else { // look again: what was put off may be tried anew
        if (t->flags & TRUCK_STUCK) t->flags &= (uint16_t) ~(TRUCK_MOVING | TRUCK_STUCK);
        t->working &= ~t->put_off;
        t->put_off = 0;
        people_react(w, slot);
    }
}
void people_take(Twin *w, uint32_t slot, uint8_t what, Str actor) {
    const Passage *p = truck_passage(w, truck_at(w, slot));
    if (!p || !(p->open & BIT(what)) || w->c.site->task[what].kind == TASK_FEE) return;
    Input in = {.kind = IN_TAKE, .role = w->c.site->task[what].agency, .actor = actor, .passage = p->no};
    in.u.take.task = what;
    (void)twin_submit(w, &in);
}

// The read models: what the screens and lists show, written in the transaction of the events. Everything here follows
// from the events and the kernel's state after them, so that it can be dropped and rebuilt.
#include "ledger_internal.h"

#define TRY(l, call)                                                                                                   \
    do {                                                                                                               \
        if ((l)->err == OK) (l)->err = (call);                                                                         \
    } while (0)

static Str word(const Names *names, uint8_t i) {
    return str_c(names->names[i]);
}
static Touched *touched(Ledger *l, uint32_t no) {
    for (uint32_t i = 0; i < l->touched_n; i++)
        if (l->touched[i].before.no == no) return &l->touched[i];
    return NULL;
}
void project_before(Ledger *l, const Event *e) {
    if (!l->projecting || !e->passage || e->kind == EV_REFUSED || e->kind == EV_LINK || touched(l, e->passage)) return;
    if (l->touched_n == TOUCHED_MAX) project_finish(l);
    Touched *t = &l->touched[l->touched_n++];
    const Passage *p = gate_find(l->gate, e->passage);
    t->fresh = p == NULL;
    if (p)
        t->before = *p;
    else
        t->before = (Passage){.no = e->passage};
}

// ---- passages
static Str status_of(const Site *s, const Passage *p) {
    Side side = gate_side(p);
    return side ? str_c(Side_names.names[side]) : gate_step(s, p);
}
static Str goods_of(const Site *s, const Passage *p) { // the class for reports: the first kind, or empty / mixed
    if (!p->goods) return STR("empty");
    return p->goods & (p->goods - 1) ? STR("mixed") : s->good[__builtin_ctz(p->goods)].id;
}
static void changing_part(const Ledger *l, const Passage *p, StorePassage *row) {
    row->no = p->no;
    row->place = word(&Place_names, p->place);
    row->status = status_of(gate_site(l->gate), p);
    row->open = p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK;
    row->changed_seq = l->seq;
    row->state = (Str){(const char *)p, sizeof *p};
}
static void put_declared(Ledger *l, const Event *e) {
    const Declaration *d = e->u.declared.doc.obj;
    const Passage *p = gate_find(l->gate, e->passage);
    CK_ASSERT(p != NULL);
    const Site *s = gate_site(l->gate);
    Str doc = e->u.declared.doc.json;
    if (!doc.n) {
        buf_clear(&l->scratch);
        json_open(&l->scratch, '{');
        field_write(&l->scratch, &declaration_fields, d, &s->dyn);
        json_close(&l->scratch, '}');
        doc = buf_view(&l->scratch);
    }
    StorePassage row = {.trader = d->trader,
                        .plate = d->plate,
                        .trailer = d->trailer,
                        .container = d->container,
                        .customs_no = d->customs_no,
                        .direction = word(&Direction_names, p->direction),
                        .kind = word(&Kind_names, p->kind),
                        .mode = word(&Mode_names, p->mode),
                        .goods = goods_of(s, p),
                        .declared_ms = p->declared_ms,
                        .doc = doc};
    changing_part(l, p, &row);
    TRY(l, store_put_passage(l->store, &row));
    ledger_owner_keep(l, e->passage, d->trader);
}

// ---- worklists: open tasks at their agency, held ones too, work sent back at the trader
static uint32_t listed(const Passage *p) {
    return p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK ? 0 : p->open | p->held | p->rework;
}
static void put_task(Ledger *l, const Passage *p, uint8_t t, Str taken_by) {
    const SiteTask *st = &gate_site(l->gate)->task[t];
    bool open = p->open & BIT(t);
    StoreTask row = {.passage = p->no,
                     .task = t,
                     .name = st->id,
                     .agency = p->rework & BIT(t) ? STR("trader") : word(&Role_names, st->agency),
                     .since_ms = passage_time(p, open ? p->opened_at[t] : p->decided_at[t]),
                     .due_ms = open && p->due_at[t] ? passage_time(p, p->due_at[t]) : TIME_NEVER,
                     .taken_by = taken_by};
    TRY(l, store_put_task(l->store, &row));
}
static void diff_tasks(Ledger *l, const Touched *was, const Passage *p) {
    const Passage *b = &was->before;
    uint32_t before = was->fresh ? 0 : listed(b), after = listed(p);
    for (uint32_t left = before & ~after; left; left &= left - 1)
        TRY(l, store_drop_task(l->store, p->no, (uint8_t)__builtin_ctz(left)));
    for (uint32_t left = after; left; left &= left - 1) {
        uint8_t t = (uint8_t)__builtin_ctz(left);
        uint32_t bit = BIT(t);
        bool same = (before & bit) && (b->open & bit) == (p->open & bit) && (b->rework & bit) == (p->rework & bit) &&
                    b->opened_at[t] == p->opened_at[t] && b->due_at[t] == p->due_at[t] &&
                    b->decided_at[t] == p->decided_at[t];
        if (!same) put_task(l, p, t, STR_EMPTY);
    }
}

// ---- alarms and queue
// Since when, from the passage itself: an acknowledgement must not make an old alarm look new.
static int64_t earliest(const Passage *p, uint32_t tasks, const uint32_t at[TASKS_MAX]) {
    int64_t t = TIME_NEVER;
    for (; tasks; tasks &= tasks - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(tasks);
        if (at[i]) t = MIN(t, passage_time(p, at[i]));
    }
    return t;
}
static int64_t alarm_since(const Ledger *l, const Passage *p, uint8_t alarm) {
    const SiteParams *sp = gate_site(l->gate)->params;
    int64_t now = gate_now(l->gate), t = now;
    if (alarm == ALARM_EXPIRED) t = p->valid_until_ms;
    if (alarm == ALARM_VALIDITY_SOON) t = p->valid_until_ms - sp->validity_warn_min * MINUTE_MS;
    if (alarm == ALARM_OVERSTAY) t = p->stay_until_ms;
    if (alarm == ALARM_STAY_SOON) t = p->stay_until_ms - sp->stay_warn_min * MINUTE_MS;
    if (alarm == ALARM_TASK_LATE) t = earliest(p, p->late, p->due_at);
    if (alarm == ALARM_HELD) t = earliest(p, p->held, p->decided_at);
    if (alarm == ALARM_CALL_LAPSED) t = p->place_since_ms;
    return MIN(t, now);
}
static void put_alarm(Ledger *l, const Passage *p, uint8_t alarm, Str acked_by) {
    Buf b;
    buf_init(&b, 1024);
    json_open(&b, '{');
    if (alarm == ALARM_EXPIRED || alarm == ALARM_VALIDITY_SOON) json_key(&b, "due"), json_time(&b, p->valid_until_ms);
    if (alarm == ALARM_OVERSTAY || alarm == ALARM_STAY_SOON) json_key(&b, "due"), json_time(&b, p->stay_until_ms);
    uint32_t tasks = alarm == ALARM_HELD ? p->held : alarm == ALARM_TASK_LATE ? p->late : 0;
    if (tasks) {
        json_key(&b, "tasks"), json_open(&b, '[');
        for (; tasks; tasks &= tasks - 1) json_str(&b, gate_site(l->gate)->task[__builtin_ctz(tasks)].id);
        json_close(&b, ']');
    }
    if (alarm == ALARM_INCIDENT) {
        json_key(&b, "incidents"), json_open(&b, '[');
        for (uint32_t x = p->incidents; x; x &= x - 1) json_str(&b, word(&Incident_names, (uint8_t)__builtin_ctz(x)));
        json_close(&b, ']');
    }
    json_close(&b, '}');
    StoreAlarm row = {.passage = p->no,
                      .kind = word(&Alarm_names, alarm),
                      .since_ms = alarm_since(l, p, alarm),
                      .acked_by = acked_by,
                      .body = buf_view(&b)};
    TRY(l, store_put_alarm(l->store, &row));
    buf_deinit(&b);
}
// What an alarm is about may change while it stands: then it is shown anew, and has to be acknowledged anew.
static uint32_t changed_alarms(const Passage *b, const Passage *p) {
    uint32_t bits = 0;
    if (p->held & ~b->held) bits |= BIT(ALARM_HELD);
    if (p->incidents & ~b->incidents) bits |= BIT(ALARM_INCIDENT);
    if (p->late & ~b->late) bits |= BIT(ALARM_TASK_LATE);
    return bits & p->alarms;
}
static void diff_alarms(Ledger *l, const Touched *was, const Passage *p) {
    uint32_t before = was->fresh ? 0 : was->before.alarms, ended = before & ~p->alarms, begun = p->alarms & ~before;
    if (!was->fresh) begun |= changed_alarms(&was->before, p);
    for (; ended; ended &= ended - 1)
        TRY(l, store_drop_alarm(l->store, p->no, word(&Alarm_names, (uint8_t)__builtin_ctz(ended))));
    for (; begun; begun &= begun - 1) put_alarm(l, p, (uint8_t)__builtin_ctz(begun), STR_EMPTY);
}
static void put_queue(Ledger *l, const Event *e) {
    const Passage *p = gate_find(l->gate, e->passage);
    if (!p || !p->queued) return;
    const Site *s = gate_site(l->gate);
    Buf b;
    buf_init(&b, 4096);
    json_open(&b, '{');
    field_write(&b, gate_event_fields(EV_QUEUED), &e->u.queued, &s->dyn);
    json_close(&b, '}');
    StoreQueue row = {.passage = p->no, .road = s->road[p->road].id, .key_ms = p->queue_key_ms, .why = buf_view(&b)};
    TRY(l, store_put_queue(l->store, &row));
    buf_deinit(&b);
}

// ---- stages of the time release study
static void put_stage(Ledger *l, const Passage *p, Str stage, Str agency, int64_t waiting, int64_t working,
                      int64_t at) {
    StoreStage row = {.passage = p->no,
                      .stage = stage,
                      .agency = agency,
                      .direction = word(&Direction_names, p->direction),
                      .goods = goods_of(gate_site(l->gate), p),
                      .mode = word(&Mode_names, p->mode),
                      .waiting_ms = MAX(waiting, 0),
                      .working_ms = MAX(working, 0),
                      .ended_ms = at};
    TRY(l, store_put_stage(l->store, &row));
}
static void stage_task(Ledger *l, const Event *e, uint8_t task, int64_t since, int64_t taken) {
    const Passage *p = gate_find(l->gate, e->passage);
    if (!p || !since || e->role == ROLE_SYSTEM) return;
    const SiteTask *st = &gate_site(l->gate)->task[task];
    put_stage(l, p, st->id, word(&Role_names, st->agency), (taken ? taken : e->t_ms) - since,
              taken ? e->t_ms - taken : 0, e->t_ms);
}
static void stage_move(Ledger *l, const Event *e) {
    const Passage *p = gate_find(l->gate, e->passage);
    const EvMoved *m = &e->u.moved;
    if (!p) return;
    put_stage(l, p, word(&Place_names, m->from), STR("movement"), e->t_ms - m->since, 0, e->t_ms);
    if (m->to == PLACE_CLOSED || m->to == PLACE_TURNED_BACK)
        put_stage(l, p, STR("total"), word(&Place_names, m->to), e->t_ms - p->declared_ms, 0, e->t_ms);
}

// ---- lanes, roads, yards, quotas, embargoes
static void put_resource(Ledger *l, const char *kind, Str id, const Event *e) {
    Buf b;
    buf_init(&b, 8192);
    const Site *s = gate_site(l->gate);
    json_open(&b, '{');
    field_write(&b, gate_event_fields((EventKind)e->kind), &e->u, &s->dyn);
    json_key(&b, "by"), json_str(&b, e->actor);
    json_key(&b, "since"), json_time(&b, e->t_ms);
    json_close(&b, '}');
    StoreResource row = {.kind = str_c(kind), .id = id, .body = buf_view(&b)};
    TRY(l, store_put_resource(l->store, &row));
    buf_deinit(&b);
}
static void put_load(Ledger *l, const char *kind, Str id, uint32_t n, uint32_t of) {
    Buf b, name;
    buf_init(&b, 256), buf_init(&name, 256);
    buf_printf(&name, "%s:" STR_F, kind, STR_A(id));
    json_open(&b, '{');
    json_key(&b, "used"), json_int(&b, n);
    if (of) json_key(&b, "of"), json_int(&b, of);
    json_close(&b, '}');
    StoreResource row = {.kind = STR("load"), .id = buf_view(&name), .body = buf_view(&b)};
    TRY(l, store_put_resource(l->store, &row));
    buf_deinit(&b), buf_deinit(&name);
}
static void put_lane_state(Ledger *l, uint8_t lane) {
    if (lane == DYN_NONE) return;
    put_load(l, "lane", gate_site(l->gate)->lane[lane].id, gate_lane(l->gate, lane).occupied, 0);
}
static void put_yard_state(Ledger *l, uint8_t yard) {
    if (yard == DYN_NONE) return;
    YardState y = gate_yard(l->gate, yard);
    put_load(l, "yard", gate_site(l->gate)->yard[yard].id, y.used, y.places);
}
static void diff_loads(Ledger *l, const Touched *was, const Passage *p) {
    const Passage *b = &was->before;
    if (was->fresh) return;
    if (b->lane != p->lane) put_lane_state(l, b->lane), put_lane_state(l, p->lane);
    if (b->yard != p->yard) put_yard_state(l, b->yard), put_yard_state(l, p->yard);
    const SiteRoad *r = &gate_site(l->gate)->road[p->road];
    if (b->place != p->place) put_load(l, "road", r->id, gate_road(l->gate, p->road).inside, r->inside_max);
}
static void put_resources(Ledger *l, const Event *e) {
    const Site *s = gate_site(l->gate);
    switch ((EventKind)e->kind) {
    case EV_LANE: put_resource(l, "lane", s->lane[e->u.lane.lane].id, e); break;
    case EV_ROAD: put_resource(l, "road", s->road[e->u.road.road].id, e); break;
    case EV_YARD:
        put_resource(l, "yard", s->yard[e->u.yard.yard].id, e);
        put_yard_state(l, e->u.yard.yard);
        break;
    case EV_QUOTA: put_resource(l, "quota", e->u.quota.id, e); break;
    case EV_EMBARGO:
        if (e->u.embargo.lift)
            TRY(l, store_drop_resource(l->store, STR("embargo"), e->u.embargo.embargo->id));
        else
            put_resource(l, "embargo", e->u.embargo.embargo->id, e);
        break;
    case EV_NONE:
    case EV_SITE_ADOPTED:
    case EV_RULES_CHANGED:
    case EV_DECLARED:
    case EV_AMENDED:
    case EV_REPLANNED:
    case EV_RENEWED:
    case EV_MOVED:
    case EV_QUEUED:
    case EV_TASK_TAKEN:
    case EV_TASK_DECIDED:
    case EV_FEE_ASSESSED:
    case EV_FEE_PAID:
    case EV_INCIDENT:
    case EV_MISSION:
    case EV_ALARM:
    case EV_ALARM_ACKED:
    case EV_EFFECT_DONE:
    case EV_LINK:
    case EV_REFUSED:
    case EVENT_COUNT: break;
    }
}

// ---- outbox
static void put_effects(Ledger *l, const Event *e, uint64_t seq) {
    Effect ef[EFFECTS_MAX];
    uint32_t n = gate_effects(l->gate, e, ef);
    for (uint32_t i = 0; i < n; i++) {
        Buf b;
        buf_init(&b, 512);
        json_open(&b, '{');
        json_key(&b, "move"), json_str(&b, ef[i].what);
        json_close(&b, '}');
        StoreEffect row = {.id = seq * 16 + i,
                           .t_ms = e->t_ms,
                           .kind = word(&EffectKind_names, ef[i].kind),
                           .target = ef[i].target,
                           .passage = e->passage,
                           .body = buf_view(&b)};
        TRY(l, store_put_effect(l->store, &row));
        buf_deinit(&b);
    }
}
// The link to the other side: open hand-overs, items, its position, what no receipt covers yet (peer.h).
static void put_part(Ledger *l, const char *kind, Str id, Str body) {
    StoreResource row = {.kind = str_c(kind), .id = id, .body = body};
    if (body.n) TRY(l, store_put_resource(l->store, &row));
}
// Where the steps of a hand-over stand in the journal: found by its key, forgotten with it.
static void put_link_steps(Ledger *l, const InLink *k, uint64_t seq) {
    char kind[64], id[24];
    int n = snprintf(kind, sizeof kind, "link " STR_F, STR_A(k->gone));
    if (k->gone.n) TRY(l, store_drop_resources(l->store, (Str){kind, MIN((size_t)n, sizeof kind - 1)}, STR("~")));
    if (!k->handover.n) return;
    (void)snprintf(kind, sizeof kind, "link " STR_F, STR_A(k->handover));
    n = snprintf(id, sizeof id, "%020llu", (unsigned long long)seq);
    put_part(l, kind, (Str){id, (size_t)n}, STR("{}"));
}
// Reconciliation (peer_shift.h): a shift as it is now; lines of the other side until they are compared; what differs.
static void put_shift(Ledger *l, const InLink *k, uint64_t seq) {
    char kind[96], id[24];
    int n = snprintf(id, sizeof id, "%020llu", (unsigned long long)seq);
    if (!k->shift.n) return;
    put_part(l, "shift", k->shift, k->shift_record);
    (void)snprintf(kind, sizeof kind, "shift_page " STR_F, STR_A(k->shift));
    put_part(l, kind, (Str){id, (size_t)n}, k->shift_page);
    if (k->listed) TRY(l, store_drop_resources(l->store, str_c(kind), STR("~")));
    (void)snprintf(kind, sizeof kind, "shift_difference " STR_F, STR_A(k->shift));
    put_part(l, kind, k->handover, k->difference);
}
static void put_link(Ledger *l, const InLink *k, uint64_t seq) {
    char id[96];
    put_shift(l, k, seq);
    put_link_steps(l, k, seq);
    int n = snprintf(id, sizeof id, "%020lld", (long long)k->out_seq);
    put_part(l, "peer_out", (Str){id, (size_t)n}, k->out);
    n = snprintf(id, sizeof id, "%020lld", (long long)k->acked);
    if (k->acked) TRY(l, store_drop_resources(l->store, STR("peer_out"), (Str){id, (size_t)n}));
    if (k->gone.n) TRY(l, store_drop_resource(l->store, STR("handover"), k->gone));
    if (k->gone_item.n) TRY(l, store_drop_resource(l->store, STR("custody"), k->gone_item));
    if (k->handover.n) put_part(l, "handover", k->handover, k->record);
    put_part(l, "peer", STR("link"), k->position);
    put_part(l, "peer_head", STR("told"), k->told);
    put_part(l, "peer_head", STR("seen"), k->seen);
    n = snprintf(id, sizeof id, STR_F " " STR_F, STR_A(k->item_kind), STR_A(k->item));
    Str item = {id, MIN((size_t)n, sizeof id - 1)};
    if (k->holding.n) put_part(l, "custody", item, k->holding);
    if (k->left) TRY(l, store_drop_resource(l->store, STR("custody"), item));
}
static void gate_alarm(Ledger *l, const Event *e) { // alarms of the whole gate
    if (e->kind == EV_ALARM) {
        StoreAlarm row = {.kind = word(&Alarm_names, e->u.alarm.alarm), .since_ms = e->t_ms, .body = STR("{}")};
        TRY(l, store_put_alarm(l->store, &row));
    } else {
        TRY(l, store_drop_alarm(l->store, 0, word(&Alarm_names, e->u.alarm_ack.alarm)));
    }
}
static void ack_alarm(Ledger *l, const Event *e) {
    const Passage *p = gate_find(l->gate, e->passage);
    if (p && (p->alarms & BIT(e->u.alarm_ack.alarm))) put_alarm(l, p, e->u.alarm_ack.alarm, e->actor);
}
void project_after(Ledger *l, const Event *e, uint64_t seq) {
    if (!l->projecting) return;
    put_effects(l, e, seq);
    put_resources(l, e);
    if (e->kind == EV_DECLARED || e->kind == EV_AMENDED) put_declared(l, e);
    if (e->kind == EV_MOVED) stage_move(l, e);
    if (e->kind == EV_TASK_DECIDED) stage_task(l, e, e->u.decided.task, e->u.decided.since, e->u.decided.taken);
    if (e->kind == EV_FEE_PAID) stage_task(l, e, e->u.paid.task, e->u.paid.since, 0);
    if (e->kind == EV_TASK_TAKEN) put_task(l, gate_find(l->gate, e->passage), e->u.taken.task, e->actor);
    if (e->kind == EV_QUEUED) put_queue(l, e);
    if (e->kind == EV_EFFECT_DONE && !e->u.effect_done.failed)
        TRY(l, store_drop_effect(l->store, (uint64_t)e->u.effect_done.effect));
    if (e->kind == EV_LINK) put_link(l, &e->u.link, seq);
    if (e->kind == EV_ALARM_ACKED && e->passage) ack_alarm(l, e);
    if ((e->kind == EV_ALARM || e->kind == EV_ALARM_ACKED) && !e->passage) gate_alarm(l, e);
}
void project_finish(Ledger *l) {
    for (uint32_t i = 0; i < l->touched_n; i++) {
        const Touched *was = &l->touched[i];
        const Passage *p = gate_find(l->gate, was->before.no);
        CK_ASSERT(p != NULL); // the ring keeps it
        StorePassage row = {0};
        changing_part(l, p, &row);
        if (!was->fresh) TRY(l, store_update_passage(l->store, &row));
        diff_tasks(l, was, p);
        diff_alarms(l, was, p);
        diff_loads(l, was, p);
        if (!was->fresh && was->before.queued && !p->queued) TRY(l, store_drop_queue(l->store, p->no));
    }
    l->touched_n = 0;
}

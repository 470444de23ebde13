// The only writer of the state. It takes facts and cannot fail.
#include "gate_internal.h"

static uint32_t hs6(Str hs) {
    uint32_t v = 0;
    for (size_t i = 0; i < 6 && i < hs.n; i++) v = v * 10 + (uint32_t)(hs.p[i] - '0') % 10;
    return v;
}
static void keep_hs(Passage *p, const Declaration *d) {
    const GoodsLine *l = d->goods.items;
    memset(p->hs, 0, sizeof p->hs), memset(p->chapters, 0, sizeof p->chapters);
    p->hs_n = 0;
    for (uint32_t i = 0; i < d->goods.n; i++) {
        uint32_t v = hs6(l[i].hs), k = 0;
        p->chapters[v / 10000 / 64 & 1] |= 1ull << (v / 10000 % 64);
        while (k < MIN(p->hs_n, HS_MAX) && p->hs[k] != v) k++;
        if (k < MIN(p->hs_n, HS_MAX)) continue;
        if (p->hs_n < HS_MAX) p->hs[p->hs_n] = v;
        p->hs_n++;
    }
}
static void set_keys(Gate *g, Passage *p, const Declaration *d) {
    char lrn[512];
    int n = snprintf(lrn, sizeof lrn, STR_F "\n" STR_F, STR_A(d->trader), STR_A(d->lrn));
    for (int k = 0; k < KEYS_MAX; k++) map_remove(g, p->keys[k], p->no);
    p->keys[PK_PLATE] = key_of(KEY_PLATE, d->plate);
    p->keys[PK_TRAILER] = key_of(KEY_TRAILER, d->trailer);
    p->keys[PK_CONTAINER] = key_of(KEY_CONTAINER, d->container);
    p->keys[PK_CUSTOMS_NO] = key_of(KEY_CUSTOMS_NO, d->customs_no);
    p->keys[PK_LRN] = d->lrn.n ? key_of(KEY_LRN, (Str){lrn, MIN((size_t)n, sizeof lrn - 1)}) : 0;
    for (int k = 0; k < KEYS_MAX; k++) map_add(g, p->keys[k], p->no, slot_of(g, p));
    p->trader_key = key_of(KEY_TRADER, d->trader);
    p->driver_key = key_of(KEY_ACTOR, d->driver_id);
    p->seals_n = (uint8_t)MIN(d->seals.n, SEALS_MAX);
    for (int i = 0; i < p->seals_n; i++) p->seals[i] = key_of(KEY_SEAL, d->seals.items[i]);
}
static uint32_t container_ft_of(const Declaration *d) { // ISO 6346 size code, first character
    if (!d->container.n || !d->container_type.n) return d->container.n ? 40 : 0;
    char c = d->container_type.p[0];
    return c == '2' ? 20 : c == 'L' || c == '9' ? 45 : 40;
}
void take_declaration(Passage *p, const Declaration *d) {
    p->mode = d->mode, p->direction = d->direction;
    p->regime = d->regime ? d->regime : REGIME_ORDINARY;
    p->destination = d->destination ? d->destination : DESTINATION_INLAND;
    p->tare_kg = d->tare_kg, p->slot_ms = d->slot;
    p->container_ft = container_ft_of(d);
    keep_hs(p, d);
}
static void set_declared(Gate *g, Passage *p, const EvDeclared *e) {
    const Declaration *d = e->doc.obj;
    take_declaration(p, d);
    p->kind = e->kind, p->road = e->road;
    p->attrs = e->attrs, p->goods = e->goods, p->gross_kg = e->gross_kg;
    p->foreign = (e->attrs & BIT(ATTR_FOREIGN)) != 0;
    p->needed = e->needed, p->granted = e->granted;
    p->held = p->rework = 0;
    p->valid_until_ms = e->valid_until;
    if (!p->channel) p->channel = d->channel;
    set_keys(g, p, d);
}
static void link_two_way(Gate *g, Passage *p, uint32_t first_no, int64_t t_ms) {
    Passage *first = passage_of(g, first_no);
    if (!first || first->place == PLACE_CLOSED || first->place == PLACE_TURNED_BACK) return;
    const SiteParams *sp = g->site->params;
    p->linked = first_no;
    if (first->linked == p->no) return;
    first->linked = p->no;
    if (first->stay_until_ms && !(first->attrs & BIT(ATTR_TWO_WAY)) && sp->stay_two_way_h > sp->stay_h) {
        first->stay_until_ms += (sp->stay_two_way_h - sp->stay_h) * HOUR_MS;
        first->alarms &= ~BIT(ALARM_STAY_SOON);
        if (first->stay_until_ms > t_ms) first->overstay = 0;
    }
    first->attrs |= BIT(ATTR_TWO_WAY);
    tasks_refresh(g, first, t_ms); // its deadline has moved
}
static void on_declared(Gate *g, const Event *e, bool amended) {
    Passage *p = amended ? passage_of(g, e->passage) : passage_new(g, e->passage);
    CK_ASSERT(p != NULL);
    if (!amended) {
        p->declared_ms = p->place_since_ms = e->t_ms;
        p->place = PLACE_DECLARED;
        p->places_seen = BIT(PLACE_DECLARED);
    }
    uint32_t before = p->granted;
    set_declared(g, p, &e->u.declared);
    for (uint32_t t = 0; t < TASKS_MAX; t++) {
        if ((p->granted & ~before) & BIT(t)) p->decided_at[t] = offset_of(p, e->t_ms);
        if (before & ~p->granted & BIT(t)) p->decided_at[t] = 0;
    }
    if (amended && !p->fee_paid) p->fee_known = 0, p->fee_vnd = 0;
    p->open = 0; // what is open again starts anew
    const Declaration *d = e->u.declared.doc.obj;
    if (d->two_way_of) link_two_way(g, p, d->two_way_of, e->t_ms);
    tasks_refresh(g, p, e->t_ms);
}

// ---- movement
static bool is_inside(const Passage *p) {
    return p->kind == KIND_TRUCK_EXPORT &&
           (p->place == PLACE_CALLED || p->place == PLACE_YARD || p->place == PLACE_LINE);
}
static void move_lane(Gate *g, Passage *p, const EvMoved *m) {
    bool holds = m->to == PLACE_LINE || m->to == PLACE_ENTERED;
    if (p->lane != DYN_NONE) {
        CK_ASSERT(g->s.lane[p->lane].occupied > 0);
        g->s.lane[p->lane].occupied--;
        p->lane = DYN_NONE;
    }
    if (holds && m->lane != DYN_NONE) {
        CK_ASSERT(g->s.lane[m->lane].occupied < UINT8_MAX);
        p->lane = m->lane;
        g->s.lane[m->lane].occupied++;
    }
}
static void move_yard(Gate *g, Passage *p, const EvMoved *m) {
    bool keeps = m->to == PLACE_YARD || m->to == PLACE_LINE || m->to == PLACE_GOODS_IN_YARD;
    if (p->yard != DYN_NONE && !keeps) {
        CK_ASSERT(g->s.yard[p->yard].used > 0);
        g->s.yard[p->yard].used--;
        p->yard = DYN_NONE;
    }
    if (p->yard == DYN_NONE && m->yard != DYN_NONE && m->to == PLACE_YARD) {
        p->yard = m->yard;
        g->s.yard[m->yard].used++;
    }
}
static void move_quota(Gate *g, const Passage *p, int64_t t_ms) {
    for (uint32_t i = 0; i < g->s.quota_n; i++) {
        QuotaState *q = &g->s.quota[i];
        if (q->road != p->road || (q->attrs && !(p->attrs & q->attrs)) || t_ms < q->from_ms) continue;
        if (t_ms >= q->window_start_ms + q->window_ms) {
            q->window_start_ms = t_ms / q->window_ms * q->window_ms;
            q->used = 0;
        }
        q->used++;
    }
}
static void move_deadlines(Gate *g, Passage *p, const EvMoved *m, int64_t t_ms) {
    const SiteParams *sp = g->site->params;
    bool goes_abroad =
        !p->foreign && p->mode != MODE_TRANSHIPMENT && p->kind == KIND_TRUCK_EXPORT && m->to == PLACE_ABROAD;
    bool comes_in = p->foreign && p->kind == KIND_TRUCK_IMPORT && m->to == PLACE_ENTERED;
    uint32_t hours = p->attrs & BIT(ATTR_TWO_WAY) ? sp->stay_two_way_h : sp->stay_h;
    if (goes_abroad || comes_in) p->stay_until_ms = t_ms + hours * HOUR_MS;
    uint32_t home = BIT(PLACE_RETURNED) | BIT(PLACE_GOODS_IN_YARD) | BIT(PLACE_CLOSED) | BIT(PLACE_TURNED_BACK);
    if ((BIT(m->to) & home) || m->move == MOVE_PEER_RETURN) p->stay_until_ms = 0, p->overstay = 0;
    p->call_until_ms = m->to == PLACE_CALLED ? t_ms + sp->call_window_min * MINUTE_MS : 0;
}
static void on_moved(Gate *g, const Event *e) {
    const EvMoved *m = &e->u.moved;
    Passage *p = passage_of(g, e->passage);
    CK_ASSERT(p && p->place == m->from);
    bool was_inside = is_inside(p);
    queue_drop(g, p);
    move_lane(g, p, m);
    move_yard(g, p, m);
    move_deadlines(g, p, m, e->t_ms);
    if (m->move == MOVE_CALL) move_quota(g, p, e->t_ms);
    p->place = m->to;
    p->place_since_ms = e->t_ms;
    p->places_seen |= BIT(m->to);
    if (m->move == MOVE_CALL_LAPSE) {
        if (p->lapses < UINT8_MAX) p->lapses++;
        p->alarms |= BIT(ALARM_CALL_LAPSED);
    }
    if (was_inside && !is_inside(p)) g->s.road[p->road].inside--;
    if (!was_inside && is_inside(p)) g->s.road[p->road].inside++;
    tasks_refresh(g, p, e->t_ms);
    Passage *other = p->place == PLACE_TURNED_BACK && p->linked ? passage_of(g, p->linked) : NULL;
    if (other && other->linked == p->no) other->linked = 0; // the first leg may take another second one
    if (p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK) passage_close(g, p);
}

// ---- clearances
static void on_decided(Gate *g, const Event *e) {
    const EvDecided *d = &e->u.decided;
    Passage *p = passage_of(g, e->passage);
    CK_ASSERT(p && d->task < TASKS_MAX);
    uint32_t bit = BIT(d->task);
    p->granted &= ~bit, p->held &= ~bit, p->rework &= ~bit, p->refused &= ~bit;
    if (d->outcome == OUTCOME_GRANT) p->granted |= bit;
    if (d->outcome == OUTCOME_HOLD) p->held |= bit;
    if (d->outcome == OUTCOME_REWORK) p->rework |= bit;
    if (d->outcome == OUTCOME_REFUSE) p->refused |= bit;
    p->taken &= ~bit;
    p->decided_at[d->task] = offset_of(p, e->t_ms);
    p->needed |= d->added;
    if (d->weight_kg > 0 && g->site->task[d->task].kind == TASK_WEIGH) {
        if (d->weight_kg != p->weighed_kg && !p->fee_paid) p->fee_known = 0, p->fee_vnd = 0; // another band, perhaps
        p->weighed_kg = d->weight_kg;
    }
    if (d->channel && d->outcome == OUTCOME_GRANT) p->channel = d->channel;
    if (d->plate.n && g->site->task[d->task].kind == TASK_TRANSFER) {
        map_remove(g, p->keys[PK_TRANSFER], p->no);
        p->keys[PK_TRANSFER] = key_of(KEY_TRANSFER, d->plate);
        map_add(g, p->keys[PK_TRANSFER], p->no, slot_of(g, p));
    }
    tasks_refresh(g, p, e->t_ms);
}
static void on_taken(Gate *g, const Event *e) {
    Passage *p = passage_of(g, e->passage);
    uint8_t t = e->u.taken.task;
    CK_ASSERT(p && t < TASKS_MAX);
    p->taken |= BIT(t);
    p->taken_by[t] = (uint32_t)key_of(KEY_ACTOR, e->actor);
    p->taken_at[t] = offset_of(p, e->t_ms);
}
static void on_fee(Gate *g, const Event *e) {
    Passage *p = passage_of(g, e->passage);
    CK_ASSERT(p != NULL);
    p->fee_vnd = e->u.fee.vnd;
    p->fee_known = 1;
    for (uint32_t t = 0; t < g->site->tasks; t++)
        if (g->site->task[t].kind == TASK_FEE) p->held &= ~BIT(t);
    tasks_refresh(g, p, e->t_ms);
}
static void on_paid(Gate *g, const Event *e) {
    const EvPaid *x = &e->u.paid;
    Passage *p = passage_of(g, e->passage);
    CK_ASSERT(p && !p->fee_paid && x->task < TASKS_MAX);
    p->fee_paid = 1;
    p->granted |= BIT(x->task), p->held &= ~BIT(x->task);
    p->decided_at[x->task] = offset_of(p, e->t_ms);
    used_add(g, key_of(KEY_RECEIPT, x->receipt));
    tasks_refresh(g, p, e->t_ms);
}
static void on_replanned(Gate *g, const Event *e) {
    Passage *p = passage_of(g, e->passage);
    CK_ASSERT(p != NULL);
    uint32_t gone = e->u.replanned.removed;
    p->needed = (p->needed | e->u.replanned.added) & ~gone;
    p->granted &= ~gone, p->held &= ~gone, p->rework &= ~gone, p->refused &= ~gone;
    for (uint32_t t = 0; t < g->site->tasks; t++) // nobody could decide what the system grants
        if (g->site->task[t].kind == TASK_AUTO && (e->u.replanned.added & BIT(t)))
            p->granted |= BIT(t), p->decided_at[t] = offset_of(p, e->t_ms);
    tasks_refresh(g, p, e->t_ms);
}
static void on_alarm(Gate *g, const Event *e) {
    const EvAlarm *x = &e->u.alarm;
    Passage *p = e->passage ? passage_of(g, e->passage) : NULL;
    if (!p) {
        g->s.alarms |= BIT(x->alarm);
        return;
    }
    p->alarms |= BIT(x->alarm);
    if (x->alarm == ALARM_EXPIRED) p->expired = 1;
    if (x->alarm == ALARM_OVERSTAY) p->overstay = 1;
    if (x->alarm == ALARM_TASK_LATE && x->task < TASKS_MAX) p->late |= BIT(x->task);
    tasks_refresh(g, p, e->t_ms);
}
static void on_passage_fact(Gate *g, const Event *e) { // renewed, incident, mission, queued
    Passage *p = passage_of(g, e->passage);
    CK_ASSERT(p != NULL);
    if (e->kind == EV_RENEWED) {
        p->valid_until_ms = e->u.renewed.valid_until;
        p->expired = 0;
        p->alarms &= ~BIT(ALARM_VALIDITY_SOON);
    } else if (e->kind == EV_INCIDENT) {
        uint32_t bit = BIT(e->u.incident.incident);
        p->incidents = e->u.incident.clear ? p->incidents & ~bit : p->incidents | bit;
    } else if (e->kind == EV_MISSION) {
        evolve_mission(p, &e->u.mission);
    } else {
        const EvQueued *q = &e->u.queued;
        p->arrived_ms = q->arrived, p->slot_ms = q->slot, p->klass = q->klass;
        p->queue_shift_ms = (q->later ? 1 : -1) * (int64_t)q->shift_min * MINUTE_MS;
        queue_drop(g, p);
        if (p->place == PLACE_INLAND)
            queue_put(g, p, q->key);
        else
            p->queue_key_ms = q->key;
    }
    tasks_refresh(g, p, e->t_ms);
}

// ---- the site and its resources
static EmbargoState *embargo_slot(Gate *g, Str id) {
    for (uint32_t i = 0; i < g->s.embargo_n; i++)
        if (str_eq_c(id, g->s.embargo[i].id)) return &g->s.embargo[i];
    CK_ASSERT(g->s.embargo_n < EMBARGOES_MAX);
    return &g->s.embargo[g->s.embargo_n++];
}
static void set_embargo(Gate *g, const Embargo *e, bool from_site) {
    EmbargoState *x = embargo_slot(g, e->id);
    memset(x, 0, sizeof *x);
    copy_text(x->id, sizeof x->id, e->id);
    copy_text(x->basis, sizeof x->basis, e->basis);
    copy_text(x->hs, sizeof x->hs, e->hs);
    x->direction = e->direction, x->from_site = from_site, x->from_ms = e->from_ms, x->to_ms = e->to_ms;
    rules_look_ahead(g);
}
static void drop_embargo(Gate *g, uint32_t i) {
    g->s.embargo[i] = g->s.embargo[--g->s.embargo_n];
    memset(&g->s.embargo[g->s.embargo_n], 0, sizeof(EmbargoState));
    rules_look_ahead(g);
}
static void set_quota(Gate *g, const Quota *q, bool from_site) {
    uint32_t i = 0;
    while (i < g->s.quota_n && !str_eq_c(q->id, g->s.quota[i].id)) i++;
    CK_ASSERT(i < QUOTAS_MAX);
    QuotaState *x = &g->s.quota[i];
    if (i == g->s.quota_n) {
        memset(x, 0, sizeof *x);
        g->s.quota_n++;
        copy_text(x->id, sizeof x->id, q->id);
    }
    x->road = site_find(g->site, DYN_ROAD, q->road), x->from_site = from_site, x->attrs = q->attrs_any;
    x->releases = q->releases, x->window_ms = q->window_min * MINUTE_MS, x->from_ms = q->from_ms, x->to_ms = q->to_ms;
}
static bool site_has_quota(const Site *s, const char *id) {
    for (uint32_t i = 0; i < s->doc->quotas.n; i++)
        if (str_eq_c(((const Quota *)s->doc->quotas.items)[i].id, id)) return true;
    return false;
}
static void site_rules(Gate *g) {
    for (uint32_t i = g->s.embargo_n; i-- > 0;)
        if (g->s.embargo[i].from_site) drop_embargo(g, i);
    for (uint32_t i = g->s.quota_n; i-- > 0;)
        if (g->s.quota[i].from_site && !site_has_quota(g->site, g->s.quota[i].id)) { // one that stays keeps its count
            g->s.quota[i] = g->s.quota[--g->s.quota_n];
            memset(&g->s.quota[g->s.quota_n], 0, sizeof(QuotaState));
        }
    for (uint32_t i = 0; i < g->site->doc->embargoes.n; i++)
        if (g->s.embargo_n < EMBARGOES_MAX) set_embargo(g, (const Embargo *)g->site->doc->embargoes.items + i, true);
    for (uint32_t i = 0; i < g->site->doc->quotas.n; i++)
        if (g->s.quota_n < QUOTAS_MAX) set_quota(g, (const Quota *)g->site->doc->quotas.items + i, true);
}
static void on_site(Gate *g, const Event *e) {
    const Site *old = g->site, *s = e->u.site.site;
    CK_ASSERT(s != NULL);
    for (uint32_t l = 0; l < s->lanes; l++) {
        bool fresh = !old || l >= old->lanes, was = !fresh && old->lane_built[l];
        if (fresh) g->s.lane[l].way = s->lane[l].way == LANE_WAY_TIDAL ? LANE_WAY_OUT : s->lane[l].way;
        if (fresh || was != s->lane_built[l]) {
            g->s.lane[l].open = s->lane_built[l];
            g->s.lane[l].cause = s->lane_built[l] ? CAUSE_NONE : CAUSE_NOT_BUILT;
        }
    }
    for (uint32_t r = 0; r < s->roads; r++)
        if (!old || r >= old->roads) g->s.road[r].open = 1;
    for (uint32_t y = 0; y < s->yards; y++) {
        uint32_t places = s->yard_built[y] ? s->yard[y].places : 0;
        uint32_t before = !old || y >= old->yards ? UINT32_MAX : old->yard_built[y] ? old->yard[y].places : 0;
        if (places != before) g->s.yard[y].places = places;
    }
    g->site = s;
    site_rules(g);
    rules_choose(g, e->t_ms);
    timers_refresh(g);
}
static void on_lane(Gate *g, const InLane *l) {
    LaneState *x = &g->s.lane[l->lane];
    x->open = l->open, x->way = l->way, x->cause = l->open ? CAUSE_NONE : l->cause,
    x->until_ms = l->open ? 0 : l->until;
}
static void on_road(Gate *g, const InRoad *r) {
    RoadState *x = &g->s.road[r->road];
    x->open = r->open, x->cause = r->open ? CAUSE_NONE : r->cause, x->until_ms = r->open ? 0 : r->until;
}
static void on_embargo(Gate *g, const InEmbargo *x) {
    if (!x->lift) {
        set_embargo(g, x->embargo, false);
        return;
    }
    for (uint32_t i = 0; i < g->s.embargo_n; i++)
        if (str_eq_c(x->embargo->id, g->s.embargo[i].id)) {
            drop_embargo(g, i);
            return;
        }
}

void gate_evolve(Gate *g, const Event *e) {
    g->s.now_ms = MAX(g->s.now_ms, e->t_ms);
    switch ((EventKind)e->kind) {
    case EV_SITE_ADOPTED: on_site(g, e); break;
    case EV_RULES_CHANGED: rules_choose(g, e->t_ms); break;
    case EV_DECLARED: on_declared(g, e, false); break;
    case EV_AMENDED: on_declared(g, e, true); break;
    case EV_REPLANNED: on_replanned(g, e); break;
    case EV_MOVED: on_moved(g, e); break;
    case EV_TASK_TAKEN: on_taken(g, e); break;
    case EV_TASK_DECIDED: on_decided(g, e); break;
    case EV_FEE_ASSESSED: on_fee(g, e); break;
    case EV_FEE_PAID: on_paid(g, e); break;
    case EV_RENEWED:
    case EV_QUEUED:
    case EV_INCIDENT:
    case EV_MISSION: on_passage_fact(g, e); break;
    case EV_ALARM: on_alarm(g, e); break;
    case EV_LANE: on_lane(g, &e->u.lane); break;
    case EV_ROAD: on_road(g, &e->u.road); break;
    case EV_YARD: g->s.yard[e->u.yard.yard].places = e->u.yard.places; break;
    case EV_QUOTA: set_quota(g, &e->u.quota, false); break;
    case EV_EMBARGO: on_embargo(g, &e->u.embargo); break;
    case EV_ALARM_ACKED:
        if (!e->passage) g->s.alarms &= ~BIT(e->u.alarm_ack.alarm);
        break;
    case EV_EFFECT_DONE:
    case EV_LINK:
    case EV_REFUSED:
    case EV_NONE:
    case EVENT_COUNT: break;
    }
}

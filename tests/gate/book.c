#include "book.h"

void book_wrong(Book *b, const char *f, ...) {
    if (b->why[0]) return;
    va_list ap;
    va_start(ap, f);
    vsnprintf(b->why, sizeof b->why, f, ap);
    va_end(ap);
}
#define EXPECT(x, ...) ((x) ? (void)0 : book_wrong(b, __VA_ARGS__))

// ---- what the procedure in force asks for at a point, from the text of the site, not from the compiled masks
static const Procedure *procedure_at(const Site *s, uint8_t kind, int64_t t_ms) {
    const Procedure *p = s->doc->procedures.items, *best = NULL;
    for (uint32_t i = 0; i < s->doc->procedures.n; i++) {
        bool valid =
            (p[i].kinds & BIT(kind)) && p[i].valid_from_ms <= t_ms && (!p[i].valid_to_ms || t_ms < p[i].valid_to_ms);
        if (valid && (!best || p[i].valid_from_ms > best->valid_from_ms)) best = &p[i];
    }
    return best;
}
static uint32_t with_all_before(const Site *s, const Procedure *p, uint32_t bits, const StrList *names) {
    const ProcedureTask *t = p->tasks.items;
    for (uint32_t i = 0; i < names->n; i++) {
        uint8_t at = site_find(s, DYN_TASK, names->items[i]);
        if (bits & BIT(at)) continue;
        bits |= BIT(at);
        for (uint32_t k = 0; k < p->tasks.n; k++)
            if (str_eq(t[k].task, names->items[i])) bits = with_all_before(s, p, bits, &t[k].after);
    }
    return bits;
}
static uint32_t needs_at(const Site *s, const Procedure *p, uint8_t point) {
    const ProcedurePoint *pp = p->points.items;
    for (uint32_t i = 0; i < p->points.n; i++)
        if (pp[i].point == point) return with_all_before(s, p, 0, &pp[i].needs);
    return 0;
}

// ---- events
static void on_declared(World *w, Book *b, const Event *ev, Entry *e) {
    const EvDeclared *d = &ev->u.declared;
    const Declaration *doc = d->doc.obj;
    if (ev->kind == EV_DECLARED) {
        EXPECT(ev->passage == b->last + 1, "passage %u came after %u", ev->passage, b->last);
        EXPECT(!e->known, "passage %u was declared twice", ev->passage);
        *e = (Entry){.known = true, .place = PLACE_DECLARED, .lane = DYN_NONE, .yard = DYN_NONE};
        b->last = ev->passage;
    } else if (!e->paid) {
        e->fee = 0;
    }
    e->kind = d->kind, e->road = d->road, e->mode = doc->mode, e->needed = d->needed, e->granted = d->granted;
    e->foreign = doc->vehicle_country.n && !str_eq(doc->vehicle_country, w->site->doc->country);
    e->attrs = d->attrs, e->slot = doc->slot, e->valid_until = d->valid_until, e->held = e->rework = 0;
}
static bool agency_may(const World *w, const Entry *e, const EvDecided *d, uint8_t role) {
    const SiteTask *t = &w->site->task[d->task];
    if (role == ROLE_SYSTEM && t->kind == TASK_FEE)
        return d->outcome == OUTCOME_HOLD && d->code == REFUSE_FEE_CELL_UNKNOWN;
    if (role == ROLE_DEVICE && t->kind == TASK_WEIGH) return true;
    return role == t->agency || ((e->held & BIT(d->task)) && (t->held_by & BIT(role)));
}
static void check_weight(const World *w, Book *b, const Event *ev, const EvDecided *d) {
    const SiteParams *sp = w->site->params;
    if (w->site->task[d->task].kind != TASK_WEIGH || d->outcome != OUTCOME_GRANT || d->weight_kg <= 0) return;
    const Passage *p = gate_find(w->g, ev->passage);
    int64_t diff = d->weight_kg - d->declared_kg,
            allow = MAX((int64_t)sp->weight_tolerance_kg, p->gross_kg * sp->weight_tolerance_permille / 1000);
    EXPECT((diff < 0 ? -diff : diff) <= allow, "passage %u: weight off by %lld kg was granted", ev->passage,
           (long long)diff);
}
static void on_decided(World *w, Book *b, const Event *ev, Entry *e) {
    const EvDecided *d = &ev->u.decided;
    uint32_t bit = BIT(d->task);
    EXPECT(e->needed & bit, "passage %u: task %u decided but not needed", ev->passage, d->task);
    EXPECT(agency_may(w, e, d, ev->role), "passage %u: %s decided task %u", ev->passage, Role_names.names[ev->role],
           d->task);
    EXPECT(!(w->site->task[d->task].kind == TASK_FEE && d->outcome == OUTCOME_GRANT), "passage %u: fee waved through",
           ev->passage);
    check_weight(w, b, ev, d);
    e->granted &= ~bit, e->held &= ~bit, e->rework &= ~bit;
    if (d->outcome == OUTCOME_GRANT) e->granted |= bit;
    if (d->outcome == OUTCOME_HOLD) e->held |= bit;
    if (d->outcome == OUTCOME_REWORK) e->rework |= bit;
    if (d->outcome == OUTCOME_REFUSE) e->refused |= bit;
    e->needed |= d->added;
}
static void on_paid(World *w, Book *b, const Event *ev, Entry *e) {
    const EvPaid *p = &ev->u.paid;
    EXPECT(!e->paid, "passage %u paid twice", ev->passage);
    EXPECT(p->vnd > 0 && p->vnd == e->fee, "passage %u paid %lld, assessed %lld", ev->passage, (long long)p->vnd,
           (long long)e->fee);
    EXPECT(w->site->task[p->task].kind == TASK_FEE, "passage %u: a payment granted task %u", ev->passage, p->task);
    for (uint32_t i = 0; i < b->receipts_n; i++)
        EXPECT(!str_eq_c(p->receipt, b->receipts[i]), "receipt %s was used twice", b->receipts[i]);
    if (b->receipts_n < BOOK_MAX) copy_text(b->receipts[b->receipts_n++], sizeof b->receipts[0], p->receipt);
    e->paid = true, e->granted |= BIT(p->task), e->held &= ~BIT(p->task);
    b->paid++;
}
static void check_crossing(World *w, Book *b, const Event *ev, const Entry *e) { // before it is evolved
    const EvMoved *m = &ev->u.moved;
    bool by_link =
        ev->role == ROLE_SYSTEM && m->move == MOVE_RETURN; // its vehicle stands at the line with the other leg
    if (!m->point) return;
    const Procedure *pr = procedure_at(w->site, e->kind, b->rules_ms);
    uint32_t missing = pr ? needs_at(w->site, pr, m->point) & e->needed & ~e->granted : 0;
    EXPECT(!missing, "passage %u passed %s without tasks %x", ev->passage, Point_names.names[m->point], missing);
    EXPECT(!e->refused || by_link, "passage %u passed %s although refused", ev->passage, Point_names.names[m->point]);
    EXPECT(!e->incidents || by_link, "passage %u passed %s in an incident", ev->passage, Point_names.names[m->point]);
    EXPECT(by_link || m->point == POINT_CLOSE || gate_road(w->g, e->road).open, "passage %u passed on a closed road",
           ev->passage);
}
static void check_places(World *w, Book *b, const Event *ev,
                         const Entry *e) { // lane and yard given to it, before it is evolved
    const EvMoved *m = &ev->u.moved;
    if (m->lane != DYN_NONE) {
        LaneState l = gate_lane(w->g, m->lane);
        bool out = m->point == POINT_LINE || m->point == POINT_KM0_OUT ||
                   (m->point == POINT_KM0_BACK && e->kind == KIND_TRUCK_IMPORT);
        bool unmanned = e->kind == KIND_BOX_EXPORT || e->kind == KIND_BOX_IMPORT;
        EXPECT(l.open && l.way == (out ? LANE_WAY_OUT : LANE_WAY_IN), "passage %u on lane %u: closed or wrong way",
               ev->passage, m->lane);
        EXPECT((w->site->lane[m->lane].kind == LANE_UNMANNED) == unmanned, "passage %u on a lane of the wrong kind",
               ev->passage);
        EXPECT(str_eq(w->site->lane[m->lane].road, w->site->road[e->road].id), "passage %u on another road's lane",
               ev->passage);
    }
    if (m->yard != DYN_NONE && m->to == PLACE_YARD) {
        YardState y = gate_yard(w->g, m->yard);
        EXPECT(y.used < y.places, "passage %u into the full yard %u", ev->passage, m->yard);
        EXPECT(str_eq(w->site->yard[m->yard].road, w->site->road[e->road].id), "passage %u into another road's yard",
               ev->passage);
    }
}
static bool may_be_called(World *w, const Book *b,
                          const Entry *x) { // by what the book knows; quotas are left out by the caller
    const Procedure *pr = procedure_at(w->site, x->kind, b->rules_ms);
    int64_t t = gate_now(w->g);
    bool early = x->slot && t < x->slot - w->site->params->slot_early_min * MINUTE_MS;
    return pr && !x->refused && !x->held && !x->rework && !x->incidents && !early && t < x->valid_until &&
           !(needs_at(w->site, pr, POINT_CALL) & x->needed & ~x->granted);
}
static void check_call(World *w, Book *b, const Event *ev, const Entry *c) {
    const SiteParams *sp = w->site->params;
    int64_t most = (180 + sp->no_slot_min) * MINUTE_MS; // the greatest bonus of the shipped sites
    b->calls++;
    for (uint32_t no = 1; no <= b->last; no++) {
        const Entry *x = &b->e[no];
        bool waits = x->known && !x->ended && x->place == PLACE_INLAND && x->road == c->road && no != ev->passage;
        if (!waits || x->slot || x->shifted || c->shifted || w->g->s.quota_n || !may_be_called(w, b, x)) continue;
        EXPECT(c->arrived <= x->arrived + most, "passage %u was called before %u, which came so much earlier",
               ev->passage, no);
        EXPECT(c->key <= x->key, "passage %u was called before %u, which stands before it", ev->passage, no);
    }
}
static void on_moved(World *w, Book *b, const Event *ev, Entry *e, bool after) {
    const EvMoved *m = &ev->u.moved;
    if (!after) {
        EXPECT(e->known && !e->ended, "passage %u moved but is not open", ev->passage);
        EXPECT(m->from == e->place, "passage %u moved from %s, is at %s", ev->passage, Place_names.names[m->from],
               Place_names.names[e->place]);
        check_crossing(w, b, ev, e);
        check_places(w, b, ev, e);
        if (m->move == MOVE_CALL && str_eq_c(ev->actor, "gate")) check_call(w, b, ev, e);
        return;
    }
    e->place = m->to;
    bool lined = m->to == PLACE_LINE || m->to == PLACE_ENTERED,
         parked = m->to == PLACE_YARD || m->to == PLACE_LINE || m->to == PLACE_GOODS_IN_YARD;
    e->lane = lined ? m->lane : DYN_NONE;
    if (m->yard != DYN_NONE && m->to == PLACE_YARD && e->yard == DYN_NONE) e->yard = m->yard;
    if (!parked) e->yard = DYN_NONE;
    if (m->to == PLACE_ENTERED && e->foreign && e->kind == KIND_TRUCK_IMPORT) e->stay_from = ev->t_ms;
    if (m->to == PLACE_ABROAD && !e->foreign && e->kind == KIND_TRUCK_EXPORT && e->mode != MODE_TRANSHIPMENT)
        e->stay_from = ev->t_ms;
    if (m->to == PLACE_RETURNED || m->to == PLACE_GOODS_IN_YARD || m->move == MOVE_PEER_RETURN) e->stay_from = 0;
    if (m->to != PLACE_CLOSED && m->to != PLACE_TURNED_BACK) return;
    e->ended = true;
    b->closed += m->to == PLACE_CLOSED;
}
static void on_queued(World *w, Book *b, const Event *ev, Entry *e) {
    const EvQueued *q = &ev->u.queued;
    const SiteParams *sp = w->site->params;
    const Passage *p = gate_find(w->g, ev->passage);
    int64_t from = q->slot ? MAX(q->arrived, q->slot - sp->slot_early_min * MINUTE_MS) : q->arrived;
    int64_t shift = (q->later ? 1 : -1) * (int64_t)q->shift_min * MINUTE_MS;
    EXPECT(q->key == from + q->no_slot_min * MINUTE_MS - q->bonus_min * MINUTE_MS + shift,
           "passage %u: key is not its parts", ev->passage);
    uint32_t bonus = p->attrs & BIT(ATTR_PERISHABLE) ? 180
                     : p->attrs & BIT(ATTR_TWO_WAY)  ? 120
                     : p->attrs & BIT(ATTR_EMPTY)    ? 60
                                                     : 0;
    EXPECT(q->bonus_min == bonus, "passage %u: bonus %u instead of %u", ev->passage, q->bonus_min, bonus);
    EXPECT(q->no_slot_min == (q->slot ? 0 : sp->no_slot_min), "passage %u: wrong part for the slot", ev->passage);
    e->key = q->key, e->arrived = q->arrived, e->slot = q->slot, e->shifted = q->shift_min > 0;
}
// 1 on its way, 2 under the crane, 3 with the box, 4 setting it down, 5 done, 6 taken away
static void on_mission(Book *b, const Event *ev, Entry *e) {
    static const char *const after[7] = {"1", "26", "136", "46", "356", "1", "1"};
    uint32_t step = ev->u.mission.step;
    EXPECT(step && step < 7 && strchr(after[e->mission], (int)('0' + step)), "passage %u: mission %u after %u",
           ev->passage, step, e->mission);
    EXPECT(ev->u.mission.vehicle.n, "passage %u: a mission of no vehicle", ev->passage);
    e->mission = step;
}
static void on_passage(World *w, Book *b, const Event *ev, Entry *e) {
    EXPECT(e->known || ev->kind == EV_DECLARED, "an event of passage %u, which nobody declared", ev->passage);
    if (ev->kind == EV_DECLARED || ev->kind == EV_AMENDED) on_declared(w, b, ev, e);
    if (ev->kind == EV_TASK_DECIDED) on_decided(w, b, ev, e);
    if (ev->kind == EV_MISSION) on_mission(b, ev, e);
    if (ev->kind == EV_FEE_PAID) on_paid(w, b, ev, e);
    if (ev->kind == EV_QUEUED) on_queued(w, b, ev, e);
    if (ev->kind == EV_RENEWED) e->valid_until = ev->u.renewed.valid_until;
    if (ev->kind == EV_INCIDENT && ev->u.incident.clear)
        e->incidents &= ~BIT(ev->u.incident.incident);
    else if (ev->kind == EV_INCIDENT)
        e->incidents |= BIT(ev->u.incident.incident);
    if (ev->kind == EV_FEE_ASSESSED) {
        EXPECT(!e->paid && ev->u.fee.vnd > 0, "passage %u: fee of %lld assessed", ev->passage,
               (long long)ev->u.fee.vnd);
        e->fee = ev->u.fee.vnd;
        for (uint32_t t = 0; t < w->site->tasks; t++)
            if (w->site->task[t].kind == TASK_FEE) e->held &= ~BIT(t);
    }
    if (ev->kind == EV_REPLANNED) {
        uint32_t gone = ev->u.replanned.removed;
        e->needed = (e->needed | ev->u.replanned.added) & ~gone;
        e->granted &= ~gone, e->held &= ~gone, e->rework &= ~gone, e->refused &= ~gone;
    }
}
void book_watch(World *w, const Event *ev, bool after) {
    Book *b = w->watcher;
    if (ev->kind == EV_REFUSED) {
        b->refusals += after;
        return;
    }
    if (after && (ev->kind == EV_SITE_ADOPTED || ev->kind == EV_RULES_CHANGED)) b->rules_ms = ev->t_ms;
    if (after && ev->kind == EV_SITE_ADOPTED) w->site = ev->u.site.site;
    if (!ev->passage || ev->passage >= BOOK_MAX) return;
    Entry *e = &b->e[ev->passage];
    if (ev->kind == EV_MOVED)
        on_moved(w, b, ev, e, after);
    else if (after)
        on_passage(w, b, ev, e);
}

// ---- the state against the book
static void check_passage(World *w, Book *b, uint32_t no, bool was_tick) {
    const Entry *e = &b->e[no];
    const Passage *p = gate_find(w->g, no);
    EXPECT(p != NULL, "passage %u is lost", no);
    if (!p) return;
    EXPECT(p->no == no && p->place == e->place, "passage %u is at %s, the book says %s", no,
           Place_names.names[p->place], Place_names.names[e->place]);
    EXPECT(p->needed == e->needed && p->granted == e->granted, "passage %u: clearances differ from the events", no);
    EXPECT(p->held == e->held && p->rework == e->rework && p->refused == e->refused,
           "passage %u: held or refused differ", no);
    EXPECT(p->fee_paid == e->paid && (!e->paid || p->fee_vnd == e->fee), "passage %u: fee differs", no);
    EXPECT(p->incidents == e->incidents, "passage %u: incidents differ", no);
    EXPECT(p->mission == e->mission && (p->vehicle[0] != 0) == (e->mission != 0), "passage %u: missions differ", no);
    EXPECT((p->stay_until_ms != 0) == (e->stay_from != 0), "passage %u: stay limit %s", no,
           e->stay_from ? "missing" : "not cleared");
    EXPECT(!(p->open & (p->granted | p->held | p->rework)), "passage %u: a decided task is open", no);
    for (uint32_t left = p->taken; left; left &= left - 1)
        EXPECT(p->taken_by[__builtin_ctz(left)] && p->taken_at[__builtin_ctz(left)],
               "passage %u: a task is taken by nobody", no);
    if (!was_tick) return;
    int64_t now = gate_now(w->g);
    EXPECT(!before_border(p) || now < e->valid_until || p->expired, "passage %u: its validity is over, unnoticed", no);
    EXPECT(!e->stay_from || now < e->stay_from + HOURS(36) || p->overstay, "passage %u: stays too long, unnoticed", no);
    EXPECT(!p->overstay || now >= e->stay_from + HOURS(24), "passage %u: overstay too early", no);
    EXPECT(e->place != PLACE_CALLED || now < p->place_since_ms + 90 * MINUTE_MS, "passage %u: its call has not lapsed",
           no);
    for (uint32_t left = p->open; left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        const Procedure *pr = procedure_at(w->site, p->kind, b->rules_ms);
        const ProcedureTask *pt = pr ? pr->tasks.items : NULL;
        for (uint32_t i = 0; pr && i < pr->tasks.n; i++) {
            if (!pt[i].limit_min || site_find(w->site, DYN_TASK, pt[i].task) != t) continue;
            bool over = now >= passage_time(p, p->opened_at[t]) + pt[i].limit_min * MINUTE_MS;
            EXPECT(over == ((p->late & BIT(t)) != 0), "passage %u: task %u late %d, marked %d", no, t, over, !over);
        }
    }
}
static void check_queues(World *w, Book *b) {
    uint32_t waiting[ROADS_MAX] = {0};
    for (uint32_t no = 1; no <= b->last; no++)
        if (b->e[no].known && b->e[no].place == PLACE_INLAND) waiting[b->e[no].road]++;
    for (uint8_t r = 0; r < w->site->roads; r++) {
        uint32_t n = gate_queue_length(w->g, r);
        EXPECT(n == waiting[r], "queue of road %u: %u of %u", r, n, waiting[r]);
        for (uint32_t i = 0; i < n && !b->why[0]; i++) {
            uint32_t no = gate_queue_at(w->g, r, i), next = gate_queue_at(w->g, r, i + 1);
            const Entry *e = &b->e[no];
            EXPECT(e->known && e->place == PLACE_INLAND && e->road == r, "passage %u stands in a queue, not inland",
                   no);
            EXPECT(passage(w, no)->queue_key_ms == e->key, "passage %u: its key is not the one explained", no);
            EXPECT(!next || e->key < b->e[next].key || (e->key == b->e[next].key && no < next),
                   "queue of road %u is not sorted", r);
        }
    }
}
static void check_resources(World *w, Book *b) {
    uint32_t lanes[LANES_MAX] = {0}, yards[YARDS_MAX] = {0}, inside[ROADS_MAX] = {0};
    for (uint32_t no = 1; no <= b->last; no++) {
        const Entry *e = &b->e[no];
        if (!e->known || e->ended) continue;
        if (e->lane != DYN_NONE) lanes[e->lane]++;
        if (e->yard != DYN_NONE) yards[e->yard]++;
        if (e->kind == KIND_TRUCK_EXPORT)
            inside[e->road] += e->place == PLACE_CALLED || e->place == PLACE_YARD || e->place == PLACE_LINE;
    }
    for (uint8_t i = 0; i < LANES_MAX; i++)
        EXPECT(gate_lane(w->g, i).occupied == lanes[i], "lane %u: %u, counted %u", i, gate_lane(w->g, i).occupied,
               lanes[i]);
    for (uint8_t i = 0; i < YARDS_MAX; i++)
        EXPECT(gate_yard(w->g, i).used == yards[i], "yard %u: %u, counted %u", i, gate_yard(w->g, i).used, yards[i]);
    for (uint8_t i = 0; i < ROADS_MAX; i++)
        EXPECT(gate_road(w->g, i).inside == inside[i], "road %u: %u inside, counted %u", i, gate_road(w->g, i).inside,
               inside[i]);
}
static void check_calls_made(World *w, Book *b) { // after a tick nobody waits who could be called
    for (uint8_t r = 0; r < w->site->roads; r++) {
        bool out = false;
        for (uint8_t l = 0; l < w->site->lanes; l++)
            out |= str_eq(w->site->lane[l].road, w->site->road[r].id) && gate_lane(w->g, l).open &&
                   gate_lane(w->g, l).way == LANE_WAY_OUT && w->site->lane[l].kind == LANE_TRUCK;
        if (!out || !gate_road(w->g, r).open || gate_road(w->g, r).inside >= w->site->road[r].inside_max ||
            w->g->s.quota_n)
            continue;
        for (uint32_t i = 0; i < gate_queue_length(w->g, r); i++)
            EXPECT(!may_be_called(w, b, &b->e[gate_queue_at(w->g, r, i)]), "passage %u waits although there is room",
                   gate_queue_at(w->g, r, i));
    }
}
static void check_timers(World *w, Book *b, bool was_tick) {
    const Gate *g = w->g;
    uint32_t timed = 0;
    for (uint32_t i = 0; i < g->s.slots_used; i++) timed += g->slot[i].timer_at != 0;
    EXPECT(timed == g->s.heap_n, "%u passages with a timer, %u timers", timed, g->s.heap_n);
    for (uint32_t i = 0; i < g->s.heap_n; i++) {
        const Passage *p = &g->slot[g->heap[i]], *up = &g->slot[g->heap[i ? (i - 1) / 4 : 0]];
        EXPECT(p->timer_at == i + 1, "timer %u is not where its passage says", i);
        EXPECT(up->timer_ms <= p->timer_ms, "timers are not in order");
    }
    if (was_tick) EXPECT(!g->s.heap_n || g->slot[g->heap[0]].timer_ms > g->s.now_ms, "a deadline has not fired");
    if (was_tick) EXPECT(rules_next_change(g) > g->s.now_ms, "a change of rules has not been made");
}
static void check_map(World *w, Book *b) { // every entry has its owner and every owner its entry
    const Gate *g = w->g;
    uint32_t have = 0, want = 0, numbers = 0, passages = 0;
    for (uint32_t i = 0; i <= g->map_mask; i++) have += g->map[i].no != 0;
    for (uint32_t i = 0; i <= g->no_mask; i++) numbers += g->by_no[i] != 0;
    for (uint32_t i = 0; i < g->s.slots_used; i++) {
        const Passage *p = &g->slot[i];
        passages += p->no != 0;
        EXPECT(!p->no || gate_find(g, p->no) == p, "passage %u is not found by its number", p->no);
        bool open = p->no && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK;
        for (int k = 0; open && k < KEYS_MAX; k++) {
            uint32_t at;
            const MapEntry *m = map_first(g, p->keys[k], &at);
            while (m && m->no != p->no) m = map_next(g, p->keys[k], &at);
            EXPECT(!p->keys[k] || (m && m->slot == i), "passage %u: key %d is not in the map", p->no, k);
            want += p->keys[k] != 0;
        }
    }
    want += MIN(g->s.used_n, USED_RING);
    EXPECT(numbers == passages, "%u numbers for %u passages", numbers, passages);
    EXPECT(have == want, "the map has %u entries, %u are owned", have, want);
}
void book_check(World *w, Book *b, bool was_tick, bool deep) {
    uint32_t open = 0, walked = 0, at = 0;
    const Passage *p;
    for (uint32_t no = 1; no <= b->last; no++) {
        if (!b->e[no].known || b->e[no].ended) continue;
        open++;
        check_passage(w, b, no, was_tick);
    }
    while ((at = gate_passages(w->g, at, &p)) != 0) walked++;
    EXPECT(open == gate_open_count(w->g) && open == walked, "open: %u in the book, %u counted, %u walked", open,
           gate_open_count(w->g), walked);
    EXPECT(b->last == gate_last_no(w->g), "last number %u, the book says %u", gate_last_no(w->g), b->last);
    if (b->why[0]) return;
    check_queues(w, b);
    check_resources(w, b);
    check_timers(w, b, was_tick);
    if (was_tick) check_calls_made(w, b);
    if (deep) check_map(w, b);
}

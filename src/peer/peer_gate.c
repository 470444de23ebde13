// Between the gate's passages and the hand-overs. It looks at states: each passage is compared with the hand-overs of
// what it is made of (truck, trailer, container), and what makes the two agree is done, in the batch of what led to it.
// After a restart or a lost batch everything is looked at again. The gate is asked first what it would say.
#include "peer_gate.h"

static const uint32_t gone_out = 1u << PLACE_ABROAD | 1u << PLACE_WITH_PEER | 1u << PLACE_DELIVERED |
                                 1u << PLACE_PEER_GATE | 1u << PLACE_LIFTED_OFF | 1u << PLACE_RECEIVED;
static bool at(const Passage *p, uint32_t places) {
    return (1u << p->place) & places;
}
static bool is_export(const Passage *p) {
    return p->kind == KIND_TRUCK_EXPORT || p->kind == KIND_BOX_EXPORT;
}
static const Gate *gate_of(const Peer *p) {
    return ledger_gate(p->ledger);
}

// ---- asking the gate
bool peer_would(Peer *p, const Input *in) {
    PeerGate *g = p->gate;
    arena_reset(&g->ask);
    g->list.n = 0;
    gate_decide(gate_of(p), in, &g->ask, &g->list);
    return g->list.n && g->list.ev[g->list.n - 1].kind != EV_REFUSED;
}
bool peer_input(Peer *p, Input *in) {
    LedgerReply reply = {0};
    if (p->err || !peer_would(p, in)) return false;
    return peer_submit(p, in, &reply) == OK && !reply.refused;
}
bool peer_move(Peer *p, const Passage *x, Move m, int64_t now_ms) {
    if (!x || !movement_find(x, m)) return false;
    Input in = {.t_ms = now_ms, .kind = IN_MOVE, .role = ROLE_PEER, .actor = peer_other(p), .passage = x->no};
    in.u.move = (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE};
    return peer_input(p, &in);
}

// ---- what a passage is made of, and what of it is on the move
typedef struct {
    Arena a;
    Thing thing[3];
    uint32_t n;
} Things;
static void add(Things *t, CustodyItemKind kind, Str id) {
    if (id.n && id.n <= CUSTODY_KEY_MAX) t->thing[t->n++] = (Thing){kind, id};
}
static void things_of(Peer *p, const Passage *x, Things *ret) {
    StorePassage row;
    ret->n = 0;
    arena_init(&ret->a, 256u << 10);
    if (store_get_passage(ledger_store(p->ledger), x->no, &ret->a, &row) != OK) return;
    if (x->kind == KIND_TRUCK_EXPORT || x->kind == KIND_TRUCK_IMPORT) {
        add(ret, ITEM_TRUCK, row.plate);
        add(ret, ITEM_TRAILER, row.trailer);
    }
    add(ret, ITEM_CONTAINER, row.container);
}
static bool seen(const Passage *x, Place place) {
    return x->places_seen & 1u << place;
}
static bool came_in(const Passage *x) { // an import that was here
    return !is_export(x) && seen(x, PLACE_ENTERED);
}
static bool has_gone(const Passage *x) { // over the line, away from here
    if (is_export(x))
        return at(x, gone_out) || (x->place == PLACE_CLOSED && seen(x, PLACE_ABROAD) && !seen(x, PLACE_RETURNED));
    if (x->kind != KIND_TRUCK_IMPORT) return false;
    if (x->place == PLACE_TURNED_BACK) return came_in(x); // whosever it is
    return x->foreign && at(x, 1u << PLACE_GOODS_IN_YARD | 1u << PLACE_RETURNED | 1u << PLACE_CLOSED) && came_in(x);
}
static bool stays(const Passage *x, CustodyItemKind kind) { // its way ends here
    return !is_export(x) && kind == ITEM_CONTAINER && x->place != PLACE_TURNED_BACK;
}
static uint32_t peer_task(const Passage *x, const Gate *g) { // bit of the task that is the other side's to grant
    const Site *s = gate_site(g);
    uint32_t bits = 0;
    for (uint32_t left = x->needed; left; left &= left - 1) {
        uint32_t i = (uint32_t)__builtin_ctz(left);
        if (s->task[i].agency == ROLE_PEER) bits |= 1u << i;
    }
    return bits;
}
static bool cleared(const Gate *g, const Passage *x, Point point) { // all but the other side's word
    return (gate_missing(gate_site(g), gate_procedure_of(g, x), x, point) & ~peer_task(x, g)) == 0;
}
static bool will_go(const Gate *g, const Passage *x) { // it is about to
    switch ((int)x->kind) {
    case KIND_TRUCK_EXPORT: return at(x, 1u << PLACE_LINE) || (at(x, 1u << PLACE_YARD) && cleared(g, x, POINT_KM0_OUT));
    case KIND_BOX_EXPORT:
        return at(x, 1u << PLACE_DISPATCHED) || (at(x, 1u << PLACE_ON_VEHICLE) && cleared(g, x, POINT_KM0_OUT));
    case KIND_TRUCK_IMPORT:
        return x->foreign && (at(x, 1u << PLACE_LEFT) ||
                              (at(x, 1u << PLACE_YARD) && x->mode != MODE_THROUGH && cleared(g, x, POINT_KM0_BACK)));
    default: return false;
    }
}
static const HandOver *last_of(const Peer *p, const CustodyItem *x) { // NULL: none that is still known
    const CustodyBook *b = &p->side.book;
    if (!x || !x->handover) return NULL;
    const HandOver *h = &b->h[x->handover - 1];
    return h->used && &b->item[h->item] == x ? h : NULL;
}

static bool failed(const HandOver *h) {
    return h->state == HS_REJECTED || h->state == HS_WITHDRAWN;
}
static bool is_home(const Passage *x, const HandOver *last) { // what went out with this passage was handed back
    return is_export(x) && last && last->role == CUSTODY_TAKER && last->passage == x->no && !failed(last);
}

// It went with this passage already: the book may have lost the item since, inland or to make place.
static bool handed(const Peer *p, const Passage *x, const Thing *t) {
    const CustodyBook *b = &p->side.book;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        const HandOver *h = &b->h[i];
        if (h->passage == x->no && h->item_kind == t->kind && !failed(h) && str_eq_c(t->id, h->item_id)) return true;
    }
    return false;
}

// ---- this side gives
static void act(Peer *p, CustodyActKind kind, Str handover, const Passage *x, const CustodyBody *say, int64_t now_ms) {
    CustodyReason why = REASON_NONE;
    CustodyAct a = {.act = (uint8_t)kind, .handover = handover, .passage = x ? x->no : 0};
    if (say) a.say = *say;
    if (peer_act(p, &a, ROLE_SYSTEM, STR("link"), now_ms, &why) != OK || !why || why == REASON_BUSY) return;
    log_line(LOG_WARN, "peer", "%s of " STR_F ": %s", CustodyAct_names.names[kind], STR_A(handover),
             custody_reason_text(why));
}
// An offer that was rejected or ran out is made again: soon at first, then by a quarter of the time that it stands
// there.
#define RETRY_MS (2 * MINUTE_MS)
static int64_t retry_at(int64_t stands_ms, const HandOver *last) {
    return last->since_ms + MAX(RETRY_MS, stands_ms ? (last->since_ms - stands_ms) / 4 : HOUR_MS);
}
static void offer(Peer *p, const Passage *x, CustodyItemKind kind, Str id, const HandOver *last, int64_t now_ms) {
    CustodyBody say = {.item_kind = (uint8_t)kind, .item = id};
    bool again = last && last->role == CUSTODY_GIVER && failed(last);
    int64_t stands_ms = x ? x->place_since_ms : 0;
    if (again && now_ms < retry_at(stands_ms, last)) return peer_gate_later(p->gate, retry_at(stands_ms, last));
    int64_t kg = !x ? 0 : x->weighed_kg ? x->weighed_kg : x->gross_kg + x->tare_kg;
    if (kind == ITEM_TRUCK && x && is_export(x) && kg > 0 && kg <= UINT32_MAX) say.weight_kg = (uint32_t)kg;
    act(p, ACT_OFFER, STR_EMPTY, x, &say, now_ms);
}
// What is over the line and still held here: offered until it is agreed to, then signed away with the time it crossed.
// The passage may be closed and forgotten by then.
static void give_gone(Peer *p, const CustodyItem *item, int64_t now_ms) {
    const HandOver *h = last_of(p, item);
    const Passage *x = item->passage ? gate_find(gate_of(p), item->passage) : NULL;
    if (item->open && h && h->state == HS_AGREED)
        act(p, ACT_CROSS, str_c(h->key), x, &(CustodyBody){.at = item->gone_ms}, now_ms);
    else if (!item->open)
        offer(p, x, (CustodyItemKind)item->kind, str_c(item->id), h, now_ms);
}
static void give(Peer *p, const Passage *x, const Thing *t, int64_t now_ms) {
    bool gone = has_gone(x), held = false;
    const CustodyItem *item = custody_item_find(&p->side.book, t->kind, t->id);
    const HandOver *h = last_of(p, item);
    bool open = h && !custody_over((CustodyState)h->state) && h->role == CUSTODY_GIVER;
    if (!gone && open && (h->state == HS_OFFERED || h->state == HS_AGREED) && at(x, 1u << PLACE_TURNED_BACK)) {
        act(p, ACT_WITHDRAW, str_c(h->key), x, &(CustodyBody){.reason = REASON_DOCUMENTS}, now_ms);
    } else if (!is_home(x, h) && (gone || (!(item && item->open) && will_go(gate_of(p), x)))) {
        if (gone && item && !item->holds) return; // signed away
        if (!item && !is_export(x)) return;       // what came in is the other side's until it is handed over
        if (!item && gone && handed(p, x, t)) return;
        if (peer_item_in(p, t->kind, t->id, x->no, now_ms, &held) != OK || !held) return;
        if (!gone) return offer(p, x, t->kind, t->id, h, now_ms);
        bool known = item && item->gone_ms;
        if (!known && peer_item_gone(p, t->kind, t->id, x->place_since_ms, x->no, now_ms) != OK) return;
        give_gone(p, custody_item_find(&p->side.book, t->kind, t->id), now_ms);
    }
}
// The other side's word as a clearance: given when it has agreed to all that goes.
static void grant(Peer *p, const Passage *x, const Things *t, int64_t now_ms) {
    uint32_t task = peer_task(x, gate_of(p)) & x->open;
    bool all = t->n > 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const HandOver *h = last_of(p, custody_item_find(&p->side.book, t->thing[i].kind, t->thing[i].id));
        all = all && h && h->role == CUSTODY_GIVER && h->state == HS_AGREED;
    }
    if (!task || !all) return;
    Input in = {.t_ms = now_ms, .kind = IN_DECIDE, .role = ROLE_PEER, .actor = peer_other(p), .passage = x->no};
    in.u.decide = (InDecide){.task = (uint8_t)__builtin_ctz(task), .outcome = OUTCOME_GRANT};
    (void)peer_input(p, &in);
}
static void leave(Peer *p, const Passage *x, const Things *t,
                  int64_t now_ms) { // inland: no business of the link any more
    for (uint32_t i = 0; i < t->n && !p->err; i++) {
        const CustodyItem *item = custody_item_find(&p->side.book, t->thing[i].kind, t->thing[i].id);
        bool goes = has_gone(x) && !stays(x, t->thing[i].kind) && !is_home(x, last_of(p, item));
        if (goes) continue; // it is to be handed over yet
        if (item && item->holds && !item->open && !item->gone_ms)
            (void)peer_item_out(p, t->thing[i].kind, t->thing[i].id, x->no, now_ms);
    }
}

// ---- this side takes
static const Passage *passage_of_item(const Peer *p, CustodyItemKind kind, Str id) {
    static const GateBy by[ITEM_KIND_COUNT] = {
        [ITEM_TRUCK] = GATE_BY_PLATE, [ITEM_TRAILER] = GATE_BY_TRAILER, [ITEM_CONTAINER] = GATE_BY_CONTAINER};
    uint32_t no[2] = {0};
    if (kind == ITEM_IGV) return NULL;
    uint32_t n = gate_by(gate_of(p), by[kind], id, no);
    const Passage *first = n ? gate_find(gate_of(p), no[0]) : NULL,
                  *other = n > 1 ? gate_find(gate_of(p), no[1]) : NULL;
    if (other && at(other, gone_out)) return other;
    return first;
}
// A passage that has ended without this item being handed over for it: the truck was faster than the messages. NULL:
// none.
typedef struct {
    const Peer *p;
    CustodyItemKind kind;
    Str id;
    const Passage *x;
} Ended;
static bool one_ended(void *ctx, const StorePassage *row) {
    Ended *e = ctx;
    Str what = e->kind == ITEM_TRUCK ? row->plate : e->kind == ITEM_TRAILER ? row->trailer : row->container;
    if (!str_eq(what, e->id)) return true;
    e->x = gate_find(gate_of(e->p), row->no);
    return false; // the newest
}
static const Passage *ended_passage(const Peer *p, CustodyItemKind kind, Str id) {
    const CustodyBook *b = &p->side.book;
    Ended e = {.p = p, .kind = kind, .id = id};
    StorePassageFilter f = {.text = id, .open = 0, .max = 16};
    if (kind == ITEM_IGV || store_each_passage(ledger_store(p->ledger), &f, one_ended, &e) != OK || !e.x) return NULL;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        const HandOver *h = &b->h[i];
        const CustodyItem *item = &b->item[h->item];
        bool taken = h->role == CUSTODY_TAKER && h->passage == e.x->no && !failed(h);
        if (taken && item->kind == kind && str_eq_c(id, item->id)) return NULL;
    }
    return e.x;
}
static bool welcome(Peer *p, const Passage *x) {
    const Gate *g = gate_of(p);
    if (is_export(x)) return at(x, gone_out) || has_gone(x); // its own truck comes home
    if (came_in(x)) return true;                             // it is here, or was: custody follows it
    Side side = gate_side(x);
    bool good = side == SIDE_NONE || side == SIDE_OVERSTAY;
    return at(x, 1u << PLACE_DECLARED | 1u << PLACE_PEER_YARD | 1u << PLACE_APPROACHING) && good &&
           gate_road(g, x->road).open && gate_missing(gate_site(g), gate_procedure_of(g, x), x, POINT_KM0_IN) == 0;
}
#define UNKNOWN_MS (60 * SECOND_MS) // the pre-arrival notice or the declaration may be on its way
static void consider(Peer *p, const HandOver *h, const Passage *x, int64_t now_ms) {
    const CustodyItem *item = &p->side.book.item[h->item];
    if (!x) x = ended_passage(p, (CustodyItemKind)item->kind, str_c(item->id));
    if (x && welcome(p, x)) {
        act(p, ACT_ACCEPT, str_c(h->key), x, NULL, now_ms);
    } else if (h->item_kind == ITEM_IGV) {
        return; // may come without a passage: people decide, or the agreed time to answer does
    } else if (!x && now_ms >= h->since_ms + UNKNOWN_MS) {
        act(p, ACT_REJECT, str_c(h->key), NULL, &(CustodyBody){.reason = REASON_DOCUMENTS}, now_ms);
    } else if (!x) {
        peer_gate_later(p->gate, h->since_ms + UNKNOWN_MS);
    }
}
static bool looked_at(const Passage *x) { // it stands here, and the scale has spoken or is not asked
    if (is_export(x)) return at(x, 1u << PLACE_RETURNED | 1u << PLACE_CLOSED | 1u << PLACE_YARD);
    if (at(x, 1u << PLACE_TURNED_BACK)) return came_in(x);
    if (at(x, 1u << PLACE_LEFT | 1u << PLACE_GOODS_IN_YARD | 1u << PLACE_RETURNED | 1u << PLACE_CLOSED)) return true;
    return at(x, 1u << PLACE_YARD) && x->weighed_kg > 0;
}
static void receive(Peer *p, const HandOver *h, const Passage *x, int64_t now_ms) {
    CustodyBody say = {.at = now_ms};
    if (!x) return;
    if (!is_export(x)) (void)peer_move(p, x, MOVE_PEER_EXIT, now_ms);
    if (x->place == PLACE_TURNED_BACK && !came_in(x)) // at the line
        act(p, ACT_RETURN, str_c(h->key), x, &(CustodyBody){.at = now_ms, .reason = REASON_DOCUMENTS}, now_ms);
    if (is_export(x) && (x->foreign || x->mode == MODE_TRANSHIPMENT)) // it is back: the goods must be there
        (void)peer_move(p, x, MOVE_DELIVER, now_ms);
    if (!looked_at(x)) return;
    const CustodyItem *item = &p->side.book.item[h->item];
    if (item->kind == ITEM_TRUCK && h->weight_kg && x->weighed_kg > 0) say.weight_kg = (uint32_t)x->weighed_kg;
    act(p, ACT_RECEIVE, str_c(h->key), x, &say, now_ms);
    if (!p->err && h->state != HS_ARRIVED && came_in(x) && (seen(x, PLACE_LEFT) || x->place == PLACE_CLOSED))
        peer_notice_delivered(p, h, x, now_ms); // when the goods went there was no hand-over to name
}

// ---- one hand-over
static void report(Peer *p, const HandOver *h, const Passage *x, int64_t now_ms) { // the other side has it
    static const uint8_t box[] = {MOVE_PEER_GATE, MOVE_LIFT_OFF, MOVE_PEER_RECEIVE};
    uint8_t kind = p->side.book.item[h->item].kind;
    if (!x || !is_export(x)) return;
    if (kind == ITEM_TRUCK && x->place == PLACE_ABROAD) (void)peer_move(p, x, MOVE_PEER_RECEIVE, now_ms);
    for (uint32_t i = 0; kind == ITEM_CONTAINER && x->kind == KIND_BOX_EXPORT && i < ARRAY_LEN(box); i++)
        if (at(x, gone_out)) (void)peer_move(p, x, (Move)box[i], now_ms);
}
static void look_handover(Peer *p, const HandOver *h, int64_t now_ms) {
    const CustodyItem *item = &p->side.book.item[h->item];
    if (h->role == CUSTODY_GIVER && item->used && item->holds && item->gone_ms && last_of(p, item) == h)
        give_gone(p, item, now_ms);
    if (custody_over((CustodyState)h->state) || p->err) return;
    const Passage *x = h->passage ? gate_find(gate_of(p), h->passage) : NULL;
    if (!x) x = passage_of_item(p, (CustodyItemKind)item->kind, str_c(item->id));
    switch ((int)h->state) {
    case HS_CONSIDERING: consider(p, h, x, now_ms); break;
    case HS_ARRIVED: receive(p, h, x, now_ms); break;
    case HS_DISPUTED: // about what it is like; it is there
        if (h->role == CUSTODY_GIVER) report(p, h, x, now_ms);
        break;
    case HS_REPORTED:
        report(p, h, x, now_ms);
        act(p, ACT_CLOSE, str_c(h->key), x, NULL, now_ms);
        break;
    case HS_BACK:
        act(p, ACT_CLOSE, str_c(h->key), x, NULL, now_ms);
        if (x && item->kind != ITEM_TRAILER) (void)peer_move(p, x, MOVE_PEER_RETURN, now_ms);
        break;
    default: break;
    }
}
static void look_passage(Peer *p, const Passage *x, int64_t now_ms) {
    Things t;
    bool going = is_export(x) || (x->kind == KIND_TRUCK_IMPORT && (x->foreign || x->place == PLACE_TURNED_BACK));
    things_of(p, x, &t);
    for (uint32_t i = 0; i < t.n && !p->err; i++) {
        const CustodyItem *item = custody_item_find(&p->side.book, t.thing[i].kind, t.thing[i].id);
        const HandOver *h = last_of(p, item);
        if (h && h->role == CUSTODY_TAKER) look_handover(p, h, now_ms);
        if (going && !stays(x, t.thing[i].kind) && !p->err) give(p, x, &t.thing[i], now_ms);
    }
    if (going && !p->err) grant(p, x, &t, now_ms);
    if (!p->err) peer_notice_recognise(p, x, now_ms);
    if (x->place == PLACE_CLOSED && !p->err) leave(p, x, &t, now_ms);
    arena_deinit(&t.a);
}

// ---- what has to be looked at
PeerGate *peer_gate_new(void) {
    PeerGate *g = calloc(1, sizeof *g);
    CK_ASSERT(g != NULL);
    arena_init(&g->ask, 8u << 20), arena_init(&g->keep, 32u << 20);
    g->all = true;
    return g;
}
void peer_gate_free(PeerGate *g) {
    arena_deinit(&g->ask), arena_deinit(&g->keep);
    free(g);
}
void peer_gate_forget(PeerGate *g) {
    g->all = true, g->n = g->keys_n = g->notes_n = g->told_n = 0;
    arena_reset(&g->keep);
}
void peer_gate_later(PeerGate *g, int64_t at_ms) { // at all that is open: rare, and nothing to keep
    g->later_ms = MIN(g->later_ms ? g->later_ms : TIME_NEVER, at_ms);
}
static void touch(PeerGate *g, uint32_t passage) {
    for (uint32_t i = g->n; i > 0 && i + 8 > g->n; i--)
        if (g->passage[i - 1] == passage) return;
    if (g->n == PEER_TOUCHED_MAX)
        g->all = true;
    else
        g->passage[g->n++] = passage;
}
static void touch_key(PeerGate *g, Str key) {
    if (g->keys_n == PEER_TOUCHED_MAX || key.n > CUSTODY_KEY_MAX) {
        g->all = true;
        return;
    }
    memcpy(g->key[g->keys_n], key.p, key.n);
    g->key[g->keys_n++][key.n] = 0;
}
void peer_gate_event(PeerGate *g, const Event *e) {
    if (e->kind == EV_LINK && e->u.link.handover.n) touch_key(g, e->u.link.handover);
    if (e->passage && e->kind != EV_REFUSED) touch(g, e->passage);
    if (e->kind == EV_ROAD) g->all = true; // what waited for it
    peer_notice_event(g, e);
}
static void look_all(Peer *p, int64_t now_ms) {
    const Passage *x;
    const CustodyBook *b = &p->side.book;
    p->gate->all = false;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used && !p->err; i++) {
        look_handover(p, &b->h[i], now_ms);
        // What has ended is not among the passages; held still, it is to go on.
        const CustodyItem *item = &b->item[b->h[i].item];
        bool same = item->kind == b->h[i].item_kind && strcmp(item->id, b->h[i].item_id) == 0; // not another by now
        x = b->h[i].passage && same && item->holds && !item->open ? gate_find(gate_of(p), b->h[i].passage) : NULL;
        if (x && !p->err && at(x, 1u << PLACE_CLOSED | 1u << PLACE_TURNED_BACK)) look_passage(p, x, now_ms);
    }
    for (uint32_t i = 0; i < b->limits.items && !p->err; i++)
        if (b->item[i].used && b->item[i].holds && b->item[i].gone_ms) give_gone(p, &b->item[i], now_ms);
    for (uint32_t s = gate_passages(gate_of(p), 0, &x); s && !p->err; s = gate_passages(gate_of(p), s, &x))
        look_passage(p, x, now_ms);
}
#define ROUNDS_MAX 64
Err peer_settle(Peer *p, int64_t now_ms) {
    PeerGate *g = p->gate;
    if (g->later_ms && now_ms >= g->later_ms) g->later_ms = 0, g->all = true;
    for (uint32_t round = 0; round < ROUNDS_MAX && !p->err &&
                             (g->all || g->n || g->keys_n || g->told_n || g->notes_n || now_ms >= g->capacity_ms);
         round++) {
        peer_notice_run(p, now_ms);
        if (g->all) look_all(p, now_ms);
        uint32_t n = g->n, keys = g->keys_n;
        for (uint32_t i = 0; i < keys && !p->err; i++) {
            const HandOver *h = custody_find(&p->side.book, str_c(g->key[i]));
            if (h) look_handover(p, h, now_ms);
            if (h && h->passage) touch(g, h->passage);
        }
        for (uint32_t i = 0; i < n && !p->err; i++) {
            const Passage *x = gate_find(gate_of(p), g->passage[i]);
            if (x) look_passage(p, x, now_ms);
        }
        memmove(g->passage, g->passage + n, (g->n - n) * sizeof *g->passage), g->n -= n;
        memmove(g->key, g->key + keys, (g->keys_n - keys) * sizeof *g->key), g->keys_n -= keys;
    }
    return p->err;
}
int64_t peer_gate_next(const PeerGate *g) {
    return MIN(g->later_ms ? g->later_ms : TIME_NEVER, g->capacity_ms);
}

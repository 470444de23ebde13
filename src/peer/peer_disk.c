// Custody's disk is the gate's journal: a change becomes one input and its event LINK, whose parts the ledger keeps as
// read models (ledger_project.c), from which a restart loads the side.
#include "peer_gate.h"

Err peer_submit(Peer *p, Input *in, LedgerReply *ret) {
    LedgerRequest rq = {.in = *in};
    LedgerReply none;
    if (p->err) return p->err;
    rq.in.t_ms = MAX(in->t_ms, gate_now(ledger_gate(p->ledger)));
    rq.in.random = p->draw ? p->draw(p->draw_ctx) : 0;
    memset(&none, 0, sizeof none);
    arena_reset(&p->step);
    const PeerAsked *by = p->asked;
    p->asked = NULL;
    if (by) rq.idem = by->rq->idem, memcpy(rq.body_hash, by->rq->body_hash, sizeof rq.body_hash);
    p->err = ledger_step(p->ledger, &rq, by ? by->a : &p->step, by ? by->reply : ret ? ret : &none);
    return p->err;
}
static Str word(const Names *names, uint32_t i) {
    return str_c(names->names[i]);
}
typedef struct { // texts of one step
    Buf record, position, holding;
    char sig[2 * CUSTODY_SIG_LEN + 1], gone_item[CUSTODY_KEY_MAX + 16];
} Texts;
static void put_step(Peer *p, const CustodyStep *s, InLink *k, Texts *t) {
    const CustodyBook *b = &p->side.book;
    const HandOver *was = &b->h[s->slot];
    k->handover = str_c(s->h.key), k->role = s->role == CUSTODY_GIVER ? STR("giver") : STR("taker");
    k->state = word(&CustodyState_names, s->to);
    custody_write_handover(&t->record, p->side.agreement, &s->h, s->slot, s->item_slot);
    k->record = buf_view(&t->record);
    if (was->used && strcmp(was->key, s->h.key) != 0) k->gone = str_c(was->key);
    const CustodyItem *x = custody_over((CustodyState)s->from) ? &b->item[s->h.item] : &s->item;
    k->item_kind = word(&CustodyItem_names, x->kind), k->item = str_c(x->id);
    if (custody_over((CustodyState)s->from)) return;
    const CustodyItem *old = &b->item[s->item_slot];
    if (old->used && (old->kind != x->kind || strcmp(old->id, x->id) != 0)) {
        int n = snprintf(t->gone_item, sizeof t->gone_item, "%s %s", CustodyItem_names.names[old->kind], old->id);
        k->gone_item = (Str){t->gone_item, (size_t)n};
    }
    custody_write_item(&t->holding, x, s->item_slot);
    k->holding = buf_view(&t->holding);
}
static void put_sig(Texts *t, const uint8_t *sig, InLink *k) {
    custody_hex_n(sig, CUSTODY_SIG_LEN, t->sig);
    k->signature = (Str){t->sig, 2 * CUSTODY_SIG_LEN};
}
static bool alarming(const CustodyChange *c) {
    if (c->why || c->kind == MSG_REFUSED || c->kind == MSG_INCIDENT) return true;
    return c->step && c->step->record && c->step->to == HS_DISPUTED && c->step->from != HS_DISPUTED;
}
static void begin(Texts *t) {
    buf_init(&t->record, 8192), buf_init(&t->position, 4096), buf_init(&t->holding, 1024);
}
static void end(Texts *t) {
    buf_deinit(&t->record), buf_deinit(&t->position), buf_deinit(&t->holding);
}
bool peer_put(void *ctx, const CustodyChange *c) {
    Peer *p = ctx;
    const CustodyStep *s = c->step;
    Texts t;
    if (c->why) p->refusals[0][c->why]++;
    begin(&t);
    bool heard = c->in_bytes.n > 0; // its kind may be none that is known here
    Input in = {.t_ms = p->now_ms, .kind = IN_LINK, .role = heard ? ROLE_PEER : p->role, .passage = p->passage};
    in.actor = heard ? peer_other(p) : p->actor;
    InLink *k = &in.u.link;
    if (s && s->record) put_step(p, s, k, &t);
    if (c->told) in.passage = peer_notice_passage(p, (CustodyMsg)c->kind, c->told);
    if (s && s->record && s->h.passage) in.passage = s->h.passage;
    if (s && s->on_act) k->act = word(&CustodyAct_names, s->on_act);
    if (s && s->send && !s->on_act && !heard) k->act = STR("tell"), k->message = word(&CustodyMsg_names, s->send);
    if (c->kind) k->message = word(&CustodyMsg_names, c->kind);
    if (c->why) k->reason = word(&CustodyReason_names, c->why);
    k->heard = c->in_bytes, k->acked = c->drop_upto, k->out_seq = c->put_seq, k->out = c->put_core;
    if (c->in_sig) put_sig(&t, c->in_sig, k);
    custody_write_link(&t.position, c->link, s ? s->own_no : p->side.book.own_no,
                       s ? s->peer_no : p->side.book.peer_no);
    k->position = buf_view(&t.position), k->alarm = alarming(c);
    CK_ASSERT(!t.record.overflow && !t.position.overflow && !t.holding.overflow);
    bool good = peer_submit(p, &in, NULL) == OK;
    end(&t);
    if (good && c->told) peer_gate_told(p, (CustodyMsg)c->kind, c->told);
    return good;
}
typedef struct {
    Buf *core;
    int64_t seq;
    bool there;
} Look;
static void out_id(int64_t seq, char id[24]) {
    (void)snprintf(id, 24, "%020lld", (long long)seq);
}
static bool one_out(void *ctx, const StoreResource *r) {
    Look *l = ctx;
    char id[24];
    out_id(l->seq, id);
    l->there = str_eq_c(r->id, id);
    if (l->there) buf_str(l->core, r->body);
    return false;
}
bool peer_get(void *ctx, int64_t seq, Buf *core) {
    Peer *p = ctx;
    Look l = {core, seq, false};
    char before[24];
    out_id(seq - 1, before);
    return store_each_resource_after(ledger_store(p->ledger), STR("peer_out"), str_c(before), 1, one_out, &l) == OK &&
           l.there;
}

// ---- items that come and go without a hand-over
static Err put_item(Peer *p, const char *act, const CustodyItem *x, uint32_t slot, uint32_t passage, int64_t now_ms) {
    Texts t;
    begin(&t);
    Input in = {.t_ms = now_ms, .kind = IN_LINK, .role = ROLE_SYSTEM, .actor = STR("link"), .passage = passage};
    InLink *k = &in.u.link;
    k->act = str_c(act), k->item_kind = word(&CustodyItem_names, x->kind), k->item = str_c(x->id);
    k->left = strcmp(act, "out") == 0;
    if (!k->left) custody_write_item(&t.holding, x, slot);
    k->holding = buf_view(&t.holding);
    Err e = peer_submit(p, &in, NULL);
    end(&t);
    return e;
}
Err peer_item_in(Peer *p, CustodyItemKind kind, Str id, uint32_t passage, int64_t now_ms, bool *ret_held) {
    const CustodyItem *x = custody_item_find(&p->side.book, kind, id);
    *ret_held = x && x->holds;
    if (x || p->err) return p->err;
    if (!custody_item_in(&p->side.book, kind, id)) return OK; // no place: looked at again
    x = custody_item_find(&p->side.book, kind, id);
    uint32_t slot = (uint32_t)(x - p->side.book.item);
    *ret_held = true;
    p->side.book.item[slot].since_ms = now_ms;
    return put_item(p, "in", x, slot, passage, now_ms);
}
Err peer_item_out(Peer *p, CustodyItemKind kind, Str id, uint32_t passage, int64_t now_ms) {
    const CustodyItem *x = custody_item_find(&p->side.book, kind, id);
    if (!x || p->err) return p->err;
    CustodyItem was = *x;
    if (!custody_item_out(&p->side.book, kind, id)) return OK;
    return put_item(p, "out", &was, 0, passage, now_ms);
}
Err peer_item_gone(Peer *p, CustodyItemKind kind, Str id, int64_t at_ms, uint32_t passage, int64_t now_ms) {
    if (p->err || !custody_item_gone(&p->side.book, kind, id, at_ms, passage)) return p->err;
    const CustodyItem *x = custody_item_find(&p->side.book, kind, id);
    return put_item(p, "gone", x, (uint32_t)(x - p->side.book.item), passage, now_ms);
}

// ---- after a restart
typedef struct {
    Peer *p;
    Arena a;
    Err err;
    Err (*read)(CustodySide *s, Str json, Arena *a);
} Load;
static bool load_one(void *ctx, const StoreResource *r) {
    Load *l = ctx;
    arena_reset(&l->a);
    l->err = l->read(&l->p->side, r->body, &l->a);
    if (l->err) log_line(LOG_ERROR, "peer", STR_F " " STR_F ": %s", STR_A(r->kind), STR_A(r->id), err_text(l->err));
    return !l->err;
}
Err peer_load(Peer *p) {
    static const struct {
        const char *kind;
        Err (*read)(CustodySide *s, Str json, Arena *a);
    } parts[] = {{"peer", custody_read_link}, {"custody", custody_read_item}, {"handover", custody_read_handover}};
    Load l = {.p = p};
    arena_reset(&p->arena);
    arena_init(&l.a, 64u << 10);
    p->side.link = (CustodyLink){0};
    Err e = custody_book_init(&p->side.book, p->handovers_max, p->items_max, &p->arena);
    for (uint32_t i = 0; i < ARRAY_LEN(parts) && !e; i++) {
        l.read = parts[i].read;
        e = store_each_resource(ledger_store(p->ledger), str_c(parts[i].kind), load_one, &l);
        if (!e) e = l.err;
    }
    if (!e) custody_book_index(&p->side.book);
    if (!e) e = peer_heads_load(p);
    if (!e) e = peer_shifts_load(p);
    arena_deinit(&l.a);
    return e;
}

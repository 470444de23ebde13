// What must hold after every step, by what is durable: between two batches the links' books are that.
#include "peer_sim.h"

static uint32_t under_way(const Sim *s, uint32_t from, uint32_t item) { // signed releases that were not taken yet
    uint32_t n = 0;
    const Centre *d = &s->side[from];
    for (int64_t q = s->side[1 - from].peer->side.link.in_seq + 1; q <= d->made_n; q++) n += d->made[q].item == item;
    return n;
}
static const char *state_of(const Centre *d, const Item *x) { // of its last hand-over there
    const CustodyBook *b = &d->peer->side.book;
    const CustodyItem *c = custody_item_find(b, (CustodyItemKind)x->kind, str_c(x->id));
    if (!c || !c->handover) return "none";
    return CustodyState_names.names[b->h[c->handover - 1].state];
}
static void one_holder(Sim *s) {
    for (uint32_t i = 0; i < s->items && !s->wrong[0]; i++) {
        const Item *x = &s->item[i];
        uint32_t claims = 0, way = 0;
        for (uint32_t k = 0; k < 2; k++) {
            const CustodyItem *c =
                custody_item_find(&s->side[k].peer->side.book, (CustodyItemKind)x->kind, str_c(x->id));
            claims += c && c->holds;
            way += under_way(s, k, i);
        }
        if (claims + way != x->durable)
            sim_broke(s, "%s %s: %u claims, %u releases under way, and it is %s; hand-overs %s, %s",
                      CustodyItem_names.names[x->kind], x->id, claims, way, x->durable ? "inside" : "inland",
                      state_of(&s->side[0], x), state_of(&s->side[1], x));
    }
}
// A truck's procedure does not make the barrier wait for the other side, so the truck may stand on the line before its
// hand-over is agreed. But nobody lets in what was not signed away.
static void truly_there(Sim *s) {
    for (uint32_t i = 0; i < s->items && !s->wrong[0]; i++) {
        const Item *x = &s->item[i];
        if (x->body == SIM_BODIES || !x->durable) continue;
        const Body *b = &s->body[x->body];
        for (uint32_t k = 0; k < 2; k++) {
            const CustodyItem *c = custody_item_find(&s->side[k].peer->side.book, ITEM_TRUCK, str_c(x->id));
            bool holds = c && c->holds;
            if (holds && b->durable == 1 - k)
                sim_broke(s, "side %u holds %s, which is on the other side; hand-overs %s, %s", k, x->id,
                          state_of(&s->side[0], x), state_of(&s->side[1], x));
        }
    }
}
static void links(Sim *s) {
    for (uint32_t k = 0; k < 2 && !s->wrong[0]; k++) {
        const Centre *d = &s->side[k], *o = &s->side[1 - k];
        const CustodyLink *l = &d->peer->side.link, *there = &o->peer->side.link;
        if (l->in_seq > o->made_n)
            sim_broke(s, "side %u has heard %lld messages, %lld were made", k, (long long)l->in_seq,
                      (long long)o->made_n);
        else if (memcmp(l->in_hash, o->made[l->in_seq].hash, CUSTODY_HASH_LEN) != 0)
            sim_broke(s, "side %u has heard another message %lld than was made", k, (long long)l->in_seq);
        if (l->out_seq != d->made_n || memcmp(l->out_hash, d->made[d->made_n].hash, CUSTODY_HASH_LEN) != 0)
            sim_broke(s, "side %u is at message %lld, durable are %lld", k, (long long)l->out_seq,
                      (long long)d->made_n);
        if (l->out_acked > there->in_seq)
            sim_broke(s, "side %u has receipts up to %lld, the other side has taken %lld", k, (long long)l->out_acked,
                      (long long)there->in_seq);
    }
}
static bool count(void *ctx, const StoreResource *r) {
    (void)r;
    ++*(int64_t *)ctx;
    return true;
}
static void outbox_rows(Centre *d) { // what no receipt covers is there, and no more
    int64_t n = 0, want = d->peer->side.link.out_seq - d->peer->side.link.out_acked;
    if (store_each_resource(ledger_store(d->l), STR("peer_out"), count, &n) || n != want)
        sim_broke(d->sim, "side %u: the outbox holds %lld messages, %lld have no receipt", d->me, (long long)n,
                  (long long)want);
}

// ---- the journal says the same as the memory
static void text_of(const Peer *p, Buf *b) {
    const CustodyBook *k = &p->side.book;
    custody_write_link(b, &p->side.link, k->own_no, k->peer_no);
    for (uint32_t i = 0; i < k->limits.handovers; i++)
        if (k->h[i].used) custody_write_handover(b, p->side.agreement, &k->h[i], i, k->h[i].item);
    for (uint32_t i = 0; i < k->limits.items; i++)
        if (k->item[i].used) custody_write_item(b, &k->item[i], i);
}
static void no_item_twice(const Centre *d) {
    const CustodyBook *k = &d->peer->side.book;
    for (uint32_t i = 0; i < k->limits.items; i++)
        for (uint32_t j = 0; j < i && k->item[i].used; j++)
            if (k->item[j].used && k->item[i].kind == k->item[j].kind && strcmp(k->item[i].id, k->item[j].id) == 0)
                sim_broke(d->sim, "side %u: %s is twice in the book", d->me, k->item[i].id);
}
void check_reload(Centre *d) {
    Peer *fresh = NULL;
    Buf here, there;
    PeerOpts o = {.files = &d->files, .handovers_max = SIM_HANDOVERS, .items_max = SIM_BOOK_ITEMS};
    buf_init(&here, 4u << 20), buf_init(&there, 4u << 20);
    if (peer_new(&o, d->l, &fresh) != OK) {
        sim_broke(d->sim, "side %u: the link's state does not load", d->me);
    } else {
        text_of(d->peer, &here), text_of(fresh, &there);
        if (!str_eq(buf_view(&here), buf_view(&there)))
            sim_broke(d->sim, "side %u: the journal has another link than the memory", d->me);
    }
    peer_free(fresh);
    no_item_twice(d);
    buf_deinit(&here), buf_deinit(&there);
}
void check_all(Sim *s, Centre *d) {
    if (!s->side[0].peer || !s->side[1].peer) return; // it did not come up, and that has been said
    links(s);
    one_holder(s);
    truly_there(s);
    if (!s->wrong[0] && prng_below(&s->p, 8) == 0) outbox_rows(d);
    if (!s->wrong[0] && prng_below(&s->p, 64) == 0) check_reload(d);
}

// ---- when all is quiet
static void tell_handovers(const Centre *d, const char *plate) { // --verbose
    const CustodyBook *b = &d->peer->side.book;
    for (uint32_t i = 0; i < b->limits.handovers; i++) {
        const HandOver *h = &b->h[i];
        if (h->used && strcmp(b->item[h->item].id, plate) == 0)
            log_line(LOG_INFO, "sim", "side %u: %s %s %s %s passage %u since %lld", d->me, plate, h->key,
                     h->role == CUSTODY_GIVER ? "gives" : "takes", CustodyState_names.names[h->state], h->passage,
                     (long long)h->since_ms);
    }
}
static void stuck(Sim *s, Centre *d) {
    const Passage *x;
    uint32_t n = 0;
    gate_passages(ledger_gate(d->l), 0, &x);
    for (uint32_t at = gate_passages(ledger_gate(d->l), 0, &x); x; at = gate_passages(ledger_gate(d->l), at, &x)) n++;
    gate_passages(ledger_gate(d->l), 0, &x);
    if (!x) return;
    const Body *b = d->body_of[x->no] ? &s->body[d->body_of[x->no] - 1] : NULL;
    const HandOver *h = NULL;
    const CustodyBook *k = &d->peer->side.book;
    for (uint32_t c = 0; b && c < 2; c++) tell_handovers(&s->side[c], b->plate);
    for (uint32_t i = 0; i < k->limits.handovers; i++)
        if (k->h[i].used && k->h[i].passage == x->no) h = &k->h[i];
    sim_broke(s,
              "side %u: %u passages never came out; passage %u (%s, mode %u) stands at %s, truck %s at %u, missing %x "
              "held %x refused %x incidents %x, hand-over %s %s",
              d->me, n, x->no, Kind_names.names[x->kind], x->mode, Place_names.names[x->place], b ? b->plate : "-",
              b ? b->where : 9u, x->open, x->held, x->refused, x->incidents, h ? h->key : "-",
              h ? CustodyState_names.names[h->state] : "-");
}
static void over(Sim *s, Centre *d) {
    const CustodyBook *k = &d->peer->side.book;
    for (uint32_t i = 0; i < k->limits.handovers; i++)
        if (k->h[i].used && !custody_over((CustodyState)k->h[i].state))
            sim_broke(s, "side %u: hand-over %s of %s is for ever %s", d->me, k->h[i].key, k->item[k->h[i].item].id,
                      CustodyState_names.names[k->h[i].state]);
    for (uint32_t i = 0; i < k->limits.items; i++)
        if (k->item[i].used && k->item[i].holds && k->item[i].gone_ms)
            sim_broke(s, "side %u: %s is gone and held here for ever", d->me, k->item[i].id);
    if (d->peer->side.link.out_acked != d->made_n)
        sim_broke(s, "side %u: %lld messages made, receipts for %lld", d->me, (long long)d->made_n,
                  (long long)d->peer->side.link.out_acked);
}
void check_end(Sim *s) {
    for (uint32_t k = 0; k < 2 && !s->wrong[0]; k++) {
        Centre *d = &s->side[k];
        uint8_t here[STORE_HASH_LEN];
        ReplayReply replay;
        StoreVerdict v;
        stuck(s, d), over(s, d);
        check_reload(d), outbox_rows(d);
        ledger_digest(ledger_gate(d->l), here);
        Err e = ledger_replay(ledger_store(d->l), (GateLimits){SIM_OPEN_MAX}, &replay);
        if (e || memcmp(here, replay.digest, sizeof here) != 0)
            sim_broke(s, "side %u: the journal replays to another state", k);
        if (store_verify(ledger_store(d->l), NULL, NULL, &v))
            sim_broke(s, "side %u: the journal does not verify: %s", k, v.reason);
    }
}

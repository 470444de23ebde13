// At the end one side turns liar: with its true key, the next in its chain. What it says must be refused by name, move
// no custody, and a tree head that contradicts the one before must not be kept. Then the other side's journal still
// holds what it held.
#include "peer_sim.h"

typedef struct {
    Centre *from, *to;
    int64_t seq;
    char prev[CUSTODY_HEX_MAX + 1];
} Lie;
static void tell(Lie *l, CustodyMsg kind, const char *version, const CustodyBody *body) {
    Centre *d = l->from;
    Sim *s = d->sim;
    Buf core, bytes, frame;
    uint8_t sig[CUSTODY_SIG_LEN], hash[CUSTODY_HASH_LEN];
    CustodyReason why;
    int64_t issued = side_clock(d);
    CustodyEnvelope e = {.from = str_c(sim_agreement.side[d->me]),
                         .to = str_c(sim_agreement.side[1 - d->me]),
                         .agreement = str_c(sim_agreement.name),
                         .version = str_c(version ? version : sim_agreement.version[0].version),
                         .prev = str_c(l->prev),
                         .seq = ++l->seq,
                         .kind = (uint8_t)kind,
                         .body = *body};
    buf_init(&core, CUSTODY_TEXT_MAX), buf_init(&bytes, 2 * CUSTODY_TEXT_MAX), buf_init(&frame, 3 * CUSTODY_TEXT_MAX);
    custody_envelope_core(&core, &e);
    custody_envelope_write(&bytes, str_c(d->issuer.key_id), issued, issued + MINUTE_MS, buf_view(&core));
    d->issuer.crypto.sign(d->issuer.crypto.ctx, buf_view(&bytes), sig);
    custody_frame_write(&frame, buf_view(&bytes), sig);
    d->issuer.crypto.hash(d->issuer.crypto.ctx, buf_view(&core), hash);
    custody_hex(hash, l->prev);
    Err err = ledger_begin(l->to->l);
    if (!err) err = peer_hear(l->to->peer, buf_view(&frame), side_clock(l->to), &why);
    if (!err) err = peer_settle(l->to->peer, side_clock(l->to));
    if (!err) err = ledger_commit(l->to->l);
    if (err || why) sim_broke(s, "the liar's message is not taken: %s", CustodyReason_names.names[why]);
    buf_deinit(&core), buf_deinit(&bytes), buf_deinit(&frame);
}
static void book_text(const Centre *d, Buf *b) {
    const CustodyBook *k = &d->peer->side.book;
    buf_clear(b);
    for (uint32_t i = 0; i < k->limits.handovers; i++)
        if (k->h[i].used) custody_write_handover(b, &sim_agreement, &k->h[i], i, k->h[i].item);
    for (uint32_t i = 0; i < k->limits.items; i++)
        if (k->item[i].used) custody_write_item(b, &k->item[i], i);
}
typedef struct {
    char body[400];
} Head;
static bool seen_head(void *ctx, const StoreResource *r) {
    Head *h = ctx;
    if (str_eq_c(r->id, "seen")) (void)snprintf(h->body, sizeof h->body, STR_F, STR_A(r->body));
    return true;
}
static bool first_handover(const Centre *d, char key[CUSTODY_KEY_MAX + 1]) {
    const CustodyBook *b = &d->peer->side.book;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++)
        if (b->h[i].role == CUSTODY_TAKER) {
            memcpy(key, b->h[i].key, CUSTODY_KEY_MAX + 1);
            return true;
        }
    return false;
}
void net_liar(Sim *s) {
    static const char *const nobody = "00000000000000000000000000000000000000000000000000000000000000ff";
    Lie l = {.from = &s->side[0], .to = &s->side[1], .seq = s->side[0].made_n};
    const CustodyLink *link = &l.to->peer->side.link;
    char key[CUSTODY_KEY_MAX + 1] = "vn-hn-900000";
    Head before = {{0}}, after = {{0}};
    Buf was, is;
    buf_init(&was, 4u << 20), buf_init(&is, 4u << 20);
    net_take_keys(l.from, 1);
    custody_hex(l.from->made[l.seq].hash, l.prev);
    book_text(l.to, &was);
    (void)!store_each_resource(ledger_store(l.to->l), STR("peer_head"), seen_head, &before);
    int64_t alarms = link->alarms;
    (void)first_handover(l.to, key);
    CustodyBody crossed = {.handover = str_c(key), .at = s->now_ms, .consent = str_c(nobody)};
    tell(&l, MSG_CROSSED, "9.9", &crossed);
    tell(&l, MSG_CROSSED, NULL, &crossed);
    if (link->alarms != alarms + 2) sim_broke(s, "of two lies %lld were refused", (long long)(link->alarms - alarms));
    book_text(l.to, &is);
    if (!str_eq(buf_view(&was), buf_view(&is))) sim_broke(s, "a lie changed who holds what");
    CustodyBody head = {.upto = 1, .hash = str_c(nobody), .at = s->now_ms}; // the tree was longer
    s->lying = true;
    tell(&l, MSG_TREE_HEAD, NULL, &head);
    s->lying = false;
    (void)!store_each_resource(ledger_store(l.to->l), STR("peer_head"), seen_head, &after);
    if (before.body[0] && (strcmp(before.body, after.body) != 0 || !s->heads_refused))
        sim_broke(s, "a tree head that contradicts the one before is kept: %s", after.body);
    buf_deinit(&was), buf_deinit(&is);
}

// The network, the link's sender as src/peer/peer_link.c has it, and the hostile peer: loss, doubles, reorder, delay,
// cuts of one way or both, spoiled bytes, frames cut and glued, replays, forgeries.
#include "peer_sim.h"

#define PACKET_BYTES (1u << 20)
#define BATCH_MAX    24

static Packet *slot_of(Sim *s) {
    for (uint32_t i = 0; i < SIM_PACKETS; i++)
        if (!s->packet[i].used) return &s->packet[i];
    return NULL;
}
static Packet *put_packet(Sim *s, uint32_t to, Str bytes, bool answer) { // NULL: full
    Packet *p = slot_of(s);
    if (!p) return NULL;
    Buf b = p->bytes;
    *p = (Packet){.used = true, .answer = answer, .to = (uint8_t)to, .bytes = b};
    p->at_ms = s->now_ms + 20 + (int64_t)prng_below(&s->p, s->calm ? 200 : 1 + s->delay_ms);
    if (!p->bytes.p) buf_init(&p->bytes, PACKET_BYTES);
    buf_clear(&p->bytes), buf_str(&p->bytes, bytes);
    return p;
}
static void spoil(Sim *s, Buf *b) {
    switch (prng_below(&s->p, 4)) {
    case 0: b->n = (size_t)prng_below(&s->p, b->n); break;
    case 1: b->p[prng_below(&s->p, b->n)] ^= (char)(1u << prng_below(&s->p, 8)); break;
    case 2: // the end of one behind another
        for (uint32_t i = 0; i < SIM_PACKETS; i++)
            if (s->packet[i].used && s->packet[i].bytes.n && &s->packet[i].bytes != b) {
                buf_str(b, buf_view(&s->packet[i].bytes));
                break;
            }
        break;
    default: { // twice in one
        Buf once;
        buf_init(&once, PACKET_BYTES);
        buf_str(&once, buf_view(b));
        buf_str(b, buf_view(&once));
        buf_deinit(&once);
    }
    }
}
static void post(Sim *s, uint32_t to, Str bytes, bool answer) {
    s->stats.packets++;
    if (!s->calm && prng_chance(&s->p, s->loss)) return;
    Packet *p = put_packet(s, to, bytes, answer);
    if (p && bytes.n && !s->calm && prng_chance(&s->p, s->harm)) spoil(s, &p->bytes);
    if (!s->calm && prng_chance(&s->p, s->doubles)) (void)put_packet(s, to, bytes, answer);
}

// ---- the outbox
static int64_t number(Str id) {
    int64_t n = 0;
    for (size_t i = 0; i < id.n; i++) n = n * 10 + (id.p[i] - '0');
    return n;
}
static bool one_core(void *ctx, const StoreResource *r) {
    Centre *d = ctx;
    buf_clear(&d->core), buf_str(&d->core, r->body);
    d->core_seq = number(r->id);
    return true;
}
static bool issuer_get(void *ctx, int64_t seq, Buf *core) {
    Centre *d = ctx;
    if (seq != d->core_seq) return false;
    buf_str(core, buf_view(&d->core));
    return true;
}
void net_take_keys(Centre *d, uint32_t which) {
    const PeerOwnKey *k = &d->files.own[which];
    if (strcmp(d->issuer.key_id, k->id) == 0) return;
    custody_openssl_free(d->keys);
    d->keys = custody_openssl_new(k->seed);
    CK_ASSERT(d->keys != NULL);
    d->issuer = (CustodySide){.me = d->me,
                              .agreement = &d->files.agreement,
                              .crypto = custody_openssl_port(d->keys),
                              .disk = {.ctx = d, .get = issuer_get}};
    memcpy(d->issuer.key_id, k->id, sizeof k->id);
}
typedef struct {
    Centre *d;
    Buf body;
    int64_t upto;
    uint32_t n;
} Batch;
static bool add_frame(void *ctx, const StoreResource *r) {
    Batch *b = ctx;
    Centre *d = b->d;
    uint8_t sig[CUSTODY_SIG_LEN];
    Buf message;
    (void)one_core(d, r);
    if (d->core_seq != b->upto + 1) {
        sim_broke(d->sim, "side %u: message %lld is gone from the outbox", d->me, (long long)b->upto + 1);
        return false;
    }
    buf_init(&message, CUSTODY_TEXT_MAX);
    CK_ASSERT(custody_side_message(&d->issuer, d->core_seq, side_clock(d), &message, sig));
    custody_frame_write(&b->body, buf_view(&message), sig);
    b->upto = d->core_seq, b->n++;
    buf_deinit(&message);
    return true;
}
static void out_id(int64_t seq, char id[24]) {
    (void)snprintf(id, 24, "%020lld", (long long)seq);
}
void net_sender(Centre *d) {
    Sim *s = d->sim;
    Batch b = {.d = d};
    char after[24];
    const PeerOwnKey *k = peer_own_key(&d->files, side_clock(d));
    if (k) net_take_keys(d, (uint32_t)(k - d->files.own));
    bool asks = d->sent < 0 && prng_chance(&s->p, 50);
    if (!asks) d->sent = MAX(d->sent, d->peer->side.link.out_acked); // an old receipt came late
    b.upto = d->sent;
    buf_init(&b.body, PACKET_BYTES);
    out_id(d->sent, after);
    uint32_t most = 1 + (uint32_t)prng_below(&s->p, BATCH_MAX);
    if (!asks) (void)!store_each_resource_after(ledger_store(d->l), STR("peer_out"), str_c(after), most, add_frame, &b);
    if (asks || b.n) post(s, 1 - d->me, buf_view(&b.body), false);
    if (!asks) d->sent = b.upto;
    d->send_ms = TIME_NEVER, d->retry_ms = s->now_ms + d->pause_ms;
    d->pause_ms = MIN(d->pause_ms * 2, s->calm ? MINUTE_MS : 5 * MINUTE_MS);
    buf_deinit(&b.body);
}
// After a commit: what it made. Numbers without holes, each with the hash of the one before.
static uint32_t item_in(const Sim *s, const CustodyItem *x) {
    for (uint32_t i = 0; i < s->items; i++)
        if (s->item[i].kind == x->kind && strcmp(s->item[i].id, x->id) == 0) return i;
    return SIM_NO_ITEM;
}
static bool read_core(void *ctx, const StoreResource *r) {
    Centre *d = ctx;
    Sim *s = d->sim;
    if (d->made_n + 1 == SIM_CORES) {
        sim_broke(s, "side %u never stops talking: %d messages", d->me, SIM_CORES);
        return false;
    }
    Arena a;
    CustodyEnvelope e;
    Buf message;
    char prev[CUSTODY_HEX_MAX + 1];
    arena_init(&a, 256u << 10);
    buf_init(&message, 2 * CUSTODY_TEXT_MAX);
    custody_envelope_write(&message, STR("k"), 1, 2, r->body);
    CK_ASSERT(custody_envelope_read(buf_view(&message), &a, &e) == REASON_NONE);
    custody_hex(d->made[d->made_n].hash, prev); // of number 0: zeros
    if (number(r->id) != d->made_n + 1 || e.seq != d->made_n + 1 || !str_eq_c(e.prev, prev))
        sim_broke(s, "side %u: message %lld stands where %lld should", d->me, (long long)e.seq,
                  (long long)d->made_n + 1);
    if (e.content) sim_broke(s, "side %u: it made what it would not take: %.200s", d->me, r->body.p);
    Core *c = &d->made[++d->made_n];
    *c = (Core){.kind = e.kind, .item = SIM_NO_ITEM};
    d->peer->side.crypto.hash(d->peer->side.crypto.ctx, r->body, c->hash);
    const CustodyBook *b = &d->peer->side.book;
    const HandOver *h = custody_find(b, e.body.handover);
    if (e.kind == MSG_CROSSED || e.kind == MSG_RETURN) {
        c->item = h ? item_in(s, &b->item[h->item]) : SIM_NO_ITEM;
        if (c->item == SIM_NO_ITEM) sim_broke(s, "side %u: a release of nothing: %.200s", d->me, r->body.p);
        const Item *x = s->wrong[0] ? NULL : &s->item[c->item];
        if (x && x->body != SIM_BODIES && s->body[x->body].durable == d->me)
            sim_broke(s, "side %u: %s is signed away and stands here", d->me, x->id);
        s->stats.crossed += e.kind == MSG_CROSSED, s->stats.returned += e.kind == MSG_RETURN;
    }
    buf_deinit(&message), arena_deinit(&a);
    return !s->wrong[0];
}
void net_read_outbox(Centre *d) {
    char after[24];
    out_id(d->made_n, after);
    if (store_each_resource_after(ledger_store(d->l), STR("peer_out"), str_c(after), 100000, read_core, d))
        sim_broke(d->sim, "side %u: the outbox cannot be read", d->me);
    if (d->made_n != d->peer->side.link.out_seq)
        sim_broke(d->sim, "side %u: %lld messages made, the outbox has them up to %lld", d->me,
                  (long long)d->peer->side.link.out_seq, (long long)d->made_n);
    if (d->sent >= 0 && d->made_n > d->sent && d->send_ms == TIME_NEVER)
        d->send_ms = d->sim->now_ms + (int64_t)prng_below(&d->sim->p, 500);
}

// ---- answers
void net_answer(Centre *d, const Packet *p) {
    Buf b;
    buf_init(&b, 2 * CUSTODY_TEXT_MAX);
    peer_receipt(d->peer, p->why, side_clock(d), &b);
    post(d->sim, 1 - d->me, buf_view(&b), true);
    buf_deinit(&b);
}
void net_heard(Centre *d, const Packet *p) { // from where to go on; a lie costs only messages sent again
    Str rest = buf_view(&p->bytes), bytes;
    uint8_t sig[CUSTODY_SIG_LEN];
    CustodyEnvelope e;
    Arena a;
    arena_init(&a, 256u << 10);
    bool good = custody_frame_next(&rest, &bytes, sig) == REASON_NONE &&
                custody_envelope_read(bytes, &a, &e) == REASON_NONE && e.kind == MSG_RECEIPT && !e.content;
    d->sent = good ? e.body.upto : -1;
    if (good && !e.body.reason) {
        d->pause_ms = 30000;
        d->send_ms = d->made_n > d->sent ? d->sim->now_ms : TIME_NEVER;
    }
    arena_deinit(&a);
}

// ---- what arrives
static int64_t sender_due(const Centre *d) {
    if (d->down) return TIME_NEVER;
    bool waits = d->made_n > d->peer->side.link.out_acked;
    return MIN(d->send_ms, waits ? d->retry_ms : TIME_NEVER);
}
int64_t net_due(const Sim *s) {
    int64_t due = MIN(sender_due(&s->side[0]), sender_due(&s->side[1]));
    for (uint32_t i = 0; i < SIM_PACKETS; i++) {
        const Packet *p = &s->packet[i];
        bool room = s->side[p->to].inbox_n < SIM_INBOX;
        if (p->used && (room || s->side[p->to].down)) due = MIN(due, p->at_ms);
    }
    return due;
}
static void arrive(Sim *s, Packet *p) {
    Centre *d = &s->side[p->to];
    if (d->down || s->now_ms < d->cut_until) {
        p->used = false;
        return;
    }
    if (d->inbox_n == SIM_INBOX) return;
    Packet *in = &d->inbox[d->inbox_n++];
    Buf was = in->bytes;
    *in = *p;
    p->bytes = was, p->used = false;
}
void net_deliver(Sim *s) {
    uint32_t first = (uint32_t)prng_below(&s->p, SIM_PACKETS);
    for (uint32_t k = 0; k < SIM_PACKETS; k++) {
        Packet *p = &s->packet[(first + k) % SIM_PACKETS];
        if (p->used && p->at_ms <= s->now_ms) arrive(s, p);
    }
    for (uint32_t i = 0; i < 2 && !s->wrong[0]; i++) {
        Centre *d = &s->side[i];
        if (sender_due(d) > s->now_ms) continue;
        if (d->send_ms > s->now_ms) d->sent = -1; // no answer
        net_sender(d);
    }
}
void net_clear(Sim *s) {
    for (uint32_t i = 0; i < SIM_PACKETS; i++) s->packet[i].used = false;
}

// ---- the hostile peer
static bool one_frame(Sim *s, const Packet *p, Buf *bytes, uint8_t sig[CUSTODY_SIG_LEN]) {
    Str rest = buf_view(&p->bytes), one = STR_EMPTY, last = STR_EMPTY;
    uint8_t last_sig[CUSTODY_SIG_LEN];
    while (rest.n && custody_frame_next(&rest, &one, last_sig) == REASON_NONE) {
        last = one;
        memcpy(sig, last_sig, CUSTODY_SIG_LEN);
        if (prng_chance(&s->p, 40)) break;
    }
    buf_str(bytes, last);
    return last.n > 0;
}
static void put_frame(Sim *s, uint32_t to, const Buf *bytes, const uint8_t *sig, bool answer, int64_t stale_ms) {
    Buf b;
    buf_init(&b, PACKET_BYTES);
    custody_frame_write(&b, buf_view(bytes), sig);
    Packet *p = put_packet(s, to, buf_view(&b), answer);
    if (p && stale_ms) p->stale = true, p->at_ms = s->now_ms + stale_ms;
    if (p && !stale_ms) p->hostile = true;
    s->stats.hostile++;
    buf_deinit(&b);
}
static void replace(Buf *b, const char *what, const char *with) { // the first; the same length
    char *at = memmem(b->p, b->n, what, strlen(what));
    if (at && strlen(what) == strlen(with)) memcpy(at, with, strlen(with));
}
// With the other side's true key, and never the next one of its chain.
static void liar(Sim *s, uint32_t from) {
    static const char *const other_prev = "ff00000000000000000000000000000000000000000000000000000000000000";
    Centre *d = &s->side[from];
    const PeerOwnKey *k = peer_own_key(&d->files, side_clock(d));
    uint8_t sig[CUSTODY_SIG_LEN];
    int64_t way = (int64_t)prng_below(&s->p, 5), issued = side_clock(d), next = d->made_n + 1;
    char hash[CUSTODY_HEX_MAX + 1];
    if (!k) return;
    net_take_keys(d, (uint32_t)(k - d->files.own));
    custody_hex(d->made[d->made_n].hash, hash);
    CustodyBody body = {.handover = STR("vn-hn-1"), .at = issued, .consent = str_c(hash)};
    CustodyEnvelope e = {.from = str_c(sim_agreement.side[from]),
                         .to = str_c(sim_agreement.side[1 - from]),
                         .agreement = str_c(sim_agreement.name),
                         .version = str_c(sim_agreement.version[0].version),
                         .prev = str_c(other_prev),
                         .seq = next,
                         .kind = MSG_CROSSED,
                         .body = body};
    if (way == 0) e.seq = next + 1 + (int64_t)prng_below(&s->p, 100);
    if (way == 1) e.seq = MAX(1, d->made_n - (int64_t)prng_below(&s->p, 3)); // its own number again
    if (way == 2) e.version = STR("9.9");
    if (way == 3) e.prev = str_c(hash), e.to = STR("xx-yy");
    if (way == 4) e.prev = str_c(hash), issued += 30 * MINUTE_MS;
    Buf core, bytes;
    buf_init(&core, CUSTODY_TEXT_MAX), buf_init(&bytes, 2 * CUSTODY_TEXT_MAX);
    custody_envelope_core(&core, &e);
    custody_envelope_write(&bytes, str_c(d->issuer.key_id), issued, issued + 10 * MINUTE_MS, buf_view(&core));
    d->issuer.crypto.sign(d->issuer.crypto.ctx, buf_view(&bytes), sig);
    put_frame(s, 1 - from, &bytes, sig, false, 0);
    buf_deinit(&core), buf_deinit(&bytes);
}
static void change(Sim *s, const Packet *from, Buf *bytes, uint8_t *sig) {
    uint32_t to = from->to;
    int64_t stale = 0;
    bool answer = from->answer;
    switch (prng_below(&s->p, 8)) {
    case 0: bytes->p[prng_below(&s->p, bytes->n)] ^= 1; break;
    case 1: sig[prng_below(&s->p, CUSTODY_SIG_LEN)] ^= 1; break;
    case 2:
        while (bytes->n <= CUSTODY_TEXT_MAX) buf_char(bytes, ' ');
        break;
    case 3: { // another number, signed by a key that is not the peer's
        char *at = memmem(bytes->p, bytes->n, "\"seq\":", 6);
        Centre *d = &s->side[to];
        if (at) at[6] = (char)('1' + prng_below(&s->p, 9));
        net_take_keys(d, 0);
        d->issuer.crypto.sign(d->issuer.crypto.ctx, buf_view(bytes), sig);
        if (!at) bytes->p[bytes->n - 1] ^= 1;
        break;
    }
    case 4: to = 1 - to; break; // back to its sender
    case 5:
        replace(bytes, "\"vn-2026-a\"", "\"vn-1999-a\""), replace(bytes, "\"cn-2026-a\"", "\"cn-1999-a\"");
        replace(bytes, "\"vn-2027-a\"", "\"vn-1999-a\""), replace(bytes, "\"cn-2027-a\"", "\"cn-1999-a\"");
        break;
    default: // kept, and brought when its time is over
        stale = sim_agreement.version[0].ttl_ms + 2 * sim_agreement.version[0].skew_ms + 30 * MINUTE_MS;
    }
    put_frame(s, to, bytes, sig, answer, stale);
}
void net_hostile(Sim *s) {
    const Packet *from = &s->packet[prng_below(&s->p, SIM_PACKETS)];
    uint8_t sig[CUSTODY_SIG_LEN];
    Buf bytes;
    if (prng_chance(&s->p, 20)) {
        liar(s, (uint32_t)prng_below(&s->p, 2));
        return;
    }
    if (!from->used || from->hostile || from->stale || !from->bytes.n) return;
    buf_init(&bytes, PACKET_BYTES);
    Packet copy = *from;
    if (one_frame(s, from, &bytes, sig)) change(s, &copy, &bytes, sig);
    buf_deinit(&bytes);
}

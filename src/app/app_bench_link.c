#include "app_bench_link.h"
#include "custody/custody_record.h"

static Str name_of(const Names *names, uint32_t i) {
    return i < names->n && names->names[i] ? str_c(names->names[i]) : STR_EMPTY;
}
typedef struct {
    Buf record, position, holding;
    char signature[2 * CUSTODY_SIG_LEN + 1];
} Texts;
static void of_step(const LinkEnd *e, const CustodyStep *st, InLink *k, Texts *t) {
    if (!st || !st->record) return;
    const Agreement *ag = e->s.agreement;
    bool stays = st->item.used;
    const CustodyItem *item = stays ? &st->item : &e->s.book.item[st->item_slot];
    k->act = st->on_act ? name_of(&CustodyAct_names, st->on_act) : STR_EMPTY;
    k->handover = str_c(st->h.key);
    k->role = st->role == CUSTODY_GIVER ? STR("giver") : STR("taker");
    k->state = name_of(&CustodyState_names, st->to);
    k->item_kind = name_of(&CustodyItem_names, item->kind), k->item = str_c(item->id);
    custody_write_handover(&t->record, ag, &st->h, st->slot, st->item_slot);
    if (stays) custody_write_item(&t->holding, &st->item, st->item_slot);
    k->record = buf_view(&t->record), k->holding = buf_view(&t->holding), k->left = !stays;
}
static bool commit(void *ctx, const CustodyChange *c) {
    LinkEnd *e = ctx;
    Texts t;
    LedgerReply reply;
    LedgerRequest rq = {.in = {.kind = IN_LINK, .role = ROLE_SYSTEM, .t_ms = e->now_ms, .actor = STR("peer")}};
    InLink *k = &rq.in.u.link;
    buf_init(&t.record, 4096), buf_init(&t.position, 4096), buf_init(&t.holding, 4096);
    *k = (InLink){.message = name_of(&CustodyMsg_names, c->kind),
                  .reason = name_of(&CustodyReason_names, c->why),
                  .acked = c->drop_upto,
                  .out_seq = c->put_seq,
                  .heard = c->in_bytes,
                  .out = c->put_core,
                  .alarm = c->why != REASON_NONE};
    of_step(e, c->step, k, &t);
    if (c->in_sig) custody_hex_n(c->in_sig, CUSTODY_SIG_LEN, t.signature);
    if (c->in_sig) k->signature = (Str){t.signature, sizeof t.signature - 1};
    uint32_t own = c->step ? c->step->own_no : e->s.book.own_no, peer = c->step ? c->step->peer_no : e->s.book.peer_no;
    custody_write_link(&t.position, c->link, own, peer);
    k->position = buf_view(&t.position);
    Err err = ledger_step(e->l, &rq, &e->step, &reply);
    CK_ASSERT(err == OK && !reply.refused);
    if (c->put_seq) {
        CK_ASSERT((size_t)c->put_seq == e->cores + 1);
        if (e->cores == e->cap) {
            e->core = realloc(e->core, (e->cap = e->cap ? 2 * e->cap : 64) * sizeof *e->core);
            CK_ASSERT(e->core);
        }
        e->core[e->cores++] = strndup(c->put_core.p, c->put_core.n);
    }
    buf_deinit(&t.record), buf_deinit(&t.position), buf_deinit(&t.holding);
    arena_reset(&e->step);
    e->steps++;
    return true;
}
static bool get(void *ctx, int64_t seq, Buf *core) {
    const LinkEnd *e = ctx;
    if (seq < 1 || (size_t)seq > e->cores) return false;
    buf_c(core, e->core[seq - 1]);
    return true;
}
Err link_end_open(LinkEnd *e, const LinkEndOpts *o) {
    uint8_t seed[32];
    SiteReply site;
    memset(e, 0, sizeof *e);
    memset(seed, o->seed, sizeof seed);
    arena_init(&e->book, 1u << 30), arena_init(&e->step, 64u << 20);
    e->now_ms = o->t_ms;
    e->keys = custody_openssl_new(seed);
    CK_ASSERT(e->keys && strlen(o->key_id) <= CUSTODY_ID_MAX);
    e->s = (CustodySide){.me = o->me, .crypto = custody_openssl_port(e->keys), .disk = {e, commit, get}};
    memcpy(e->s.key_id, o->key_id, strlen(o->key_id) + 1);
    bool agreed = custody_book_init(&e->s.book, o->handovers, o->items, &e->book) == OK &&
                  custody_side_agree(&e->s, o->agreement);
    CK_ASSERT(agreed);
    LedgerOpts lo = {.store = {.path = o->path}, .limits = {.passages_max = o->passages}, .snapshot_every = 1u << 30};
    Err err = ledger_open(&lo, &e->l);
    if (!err) err = ledger_adopt_site(e->l, o->bundle, o->t_ms, &e->step, &site);
    arena_reset(&e->step);
    return err ? err : ledger_begin(e->l);
}
void link_end_meet(LinkEnd *a, LinkEnd *b) {
    LinkEnd *end[2] = {a, b};
    for (int i = 0; i < 2; i++) {
        CustodySide *s = &end[i]->s;
        CustodyKey *k = &s->peer_key[s->peer_keys++];
        *k = (CustodyKey){.until_ms = TIME_NEVER};
        memcpy(k->id, end[1 - i]->s.key_id, sizeof k->id);
        custody_openssl_public(end[1 - i]->keys, k->pub);
    }
}
Err link_end_commit(LinkEnd *e) {
    Err err = ledger_commit(e->l);
    e->steps = 0;
    return err ? err : ledger_begin(e->l);
}
Err link_end_close(LinkEnd *e) {
    Err err = e->l ? ledger_commit(e->l) : OK;
    ledger_close(e->l);
    custody_openssl_free(e->keys);
    for (size_t i = 0; i < e->cores; i++) free(e->core[i]);
    free(e->core);
    arena_deinit(&e->book), arena_deinit(&e->step);
    return err;
}
CustodyReason link_end_carry(LinkEnd *from, LinkEnd *to, int64_t seq) {
    uint8_t sig[CUSTODY_SIG_LEN];
    bool receipt;
    Buf b;
    buf_init(&b, CUSTODY_TEXT_MAX);
    bool there = custody_side_message(&from->s, seq, from->now_ms, &b, sig);
    CK_ASSERT(there && !b.overflow);
    CustodyReason r = custody_side_hear(&to->s, buf_view(&b), sig, to->now_ms, &receipt);
    buf_deinit(&b);
    return r;
}
void link_end_receipt(LinkEnd *from, LinkEnd *to) {
    uint8_t sig[CUSTODY_SIG_LEN];
    bool receipt;
    Buf b;
    buf_init(&b, CUSTODY_TEXT_MAX);
    custody_side_receipt(&to->s, REASON_NONE, to->now_ms, &b, sig);
    CustodyReason r = custody_side_hear(&from->s, buf_view(&b), sig, from->now_ms, &receipt);
    CK_ASSERT(r == REASON_NONE && receipt);
    buf_deinit(&b);
}

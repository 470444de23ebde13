// Two sides in one process: a disk in memory that keeps what was committed, real signatures with fixed keys.
#pragma once
#include "custody/custody_openssl.h"

#define FIX_OUTBOX   400
#define FIX_SLOTS    6
#define FIX_ITEMS    6
#define FIX_START_MS 1798761600000 // 2027-01-01
typedef struct {                   // what survives a crash
    CustodyLink link;
    CustodyBook book;
    HandOver h[FIX_SLOTS];
    CustodyItem item[FIX_ITEMS];
    char *core[FIX_OUTBOX];
    uint32_t commits, fail; // fail: so many commits are refused
    bool lies;              // planted bug: says durable and is not
    bool dies;              // it is durable, but that is never told
} FixDisk;
typedef struct {
    CustodySide s;
    FixDisk disk;
    CustodyOpenssl *keys;
    Arena a;
} FixSide;

static inline bool fix_commit(void *ctx, const CustodyChange *c) {
    FixDisk *d = ctx;
    if (d->fail) {
        d->fail--;
        return false;
    }
    d->commits++;
    if (d->lies) return true;
    d->link = *c->link;
    if (c->step) custody_evolve(&d->book, c->step);
    if (c->put_seq) {
        CK_ASSERT(c->put_seq < FIX_OUTBOX);
        free(d->core[c->put_seq]);
        d->core[c->put_seq] = strndup(c->put_core.p, c->put_core.n);
    }
    return !d->dies; // the outbox keeps what may go: a late copy of it is part of the trouble
}
static inline bool fix_get(void *ctx, int64_t seq, Buf *core) {
    FixDisk *d = ctx;
    if (seq < 1 || seq >= FIX_OUTBOX || !d->core[seq]) return false;
    buf_c(core, d->core[seq]);
    return true;
}
static inline void fix_restart(FixSide *f) { // from what is durable
    f->s.link = f->disk.link;
    f->s.book.own_no = f->disk.book.own_no, f->s.book.peer_no = f->disk.book.peer_no;
    memcpy(f->s.book.h, f->disk.h, sizeof f->disk.h);
    memcpy(f->s.book.item, f->disk.item, sizeof f->disk.item);
    custody_book_index(&f->s.book);
}
static inline void fix_item(FixSide *f, CustodyItemKind kind, Str id) {
    CK_ASSERT(custody_item_in(&f->s.book, kind, id) && custody_item_in(&f->disk.book, kind, id));
}
static inline void fix_open(FixSide f[2], const Agreement *ag) {
    static const char *const id[2] = {"vn-2026-a", "cn-2026-a"};
    for (uint32_t i = 0; i < 2; i++) {
        uint8_t seed[32];
        memset(seed, (int)(1 + i), sizeof seed);
        memset(&f[i], 0, sizeof f[i]);
        arena_init(&f[i].a, 1u << 20);
        f[i].keys = custody_openssl_new(seed);
        f[i].s = (CustodySide){
            .me = i, .crypto = custody_openssl_port(f[i].keys), .disk = {&f[i].disk, fix_commit, fix_get}};
        CK_ASSERT(custody_book_init(&f[i].s.book, FIX_SLOTS, FIX_ITEMS, &f[i].a) == OK);
        CK_ASSERT(custody_book_init(&f[i].disk.book, FIX_SLOTS, FIX_ITEMS, &f[i].a) == OK);
        CK_ASSERT(custody_side_agree(&f[i].s, ag));
        f[i].disk.book.h = f[i].disk.h, f[i].disk.book.item = f[i].disk.item;
        memcpy(f[i].s.key_id, id[i], strlen(id[i]) + 1);
    }
    for (uint32_t i = 0; i < 2; i++) {
        CustodyKey *k = &f[i].s.peer_key[f[i].s.peer_keys++];
        *k = (CustodyKey){.until_ms = TIME_NEVER};
        memcpy(k->id, id[1 - i], strlen(id[1 - i]) + 1);
        custody_openssl_public(f[1 - i].keys, k->pub);
    }
}
static inline void fix_close(FixSide f[2]) {
    for (uint32_t i = 0; i < 2; i++) {
        custody_openssl_free(f[i].keys);
        arena_deinit(&f[i].a);
        for (uint32_t k = 0; k < FIX_OUTBOX; k++) free(f[i].disk.core[k]);
    }
}
static inline Str fix_file(const char *path, Arena *a) {
    FILE *file = fopen(path, "rb");
    char *p = arena_alloc(a, 65536);
    CK_ASSERT(file && p);
    size_t n = fread(p, 1, 65536, file);
    (void)fclose(file);
    return (Str){p, n};
}

// A message that `from` never made, signed with its true key: the next in its chain unless *change says otherwise.
typedef struct {
    int64_t seq, issued_ms, expires_ms; // 0: as they should be
    const char *prev, *key, *side, *version, *agreement, *core;
    bool not_known; // a body member that the protocol does not know
} FixForge;
static inline void fix_forge(FixSide *from, CustodyMsg kind, const CustodyBody *body, int64_t now_ms, const FixForge *x,
                             Buf *bytes, uint8_t sig[CUSTODY_SIG_LEN]) {
    char prev[CUSTODY_HEX_MAX + 1];
    const Agreement *ag = from->s.agreement;
    custody_hex(from->s.link.out_hash, prev);
    CustodyEnvelope e = {.from = str_c(x->side ? x->side : ag->side[from->s.me]),
                         .to = str_c(ag->side[1 - from->s.me]),
                         .agreement = str_c(x->agreement ? x->agreement : ag->name),
                         .version = str_c(x->version ? x->version : ag->version[0].version),
                         .prev = str_c(x->prev ? x->prev : prev),
                         .seq = x->seq ? x->seq : from->s.link.out_seq + 1,
                         .kind = (uint8_t)kind,
                         .body = *body};
    Buf core;
    buf_init(&core, 65536), buf_init(bytes, 65536);
    custody_envelope_core(&core, &e);
    if (x->not_known) core.n -= 2, buf_c(&core, ",\"driver\":\"a name\"}}");
    Str text = x->core ? str_c(x->core) : buf_view(&core);
    custody_envelope_write(bytes, str_c(x->key ? x->key : from->s.key_id), x->issued_ms ? x->issued_ms : now_ms,
                           x->expires_ms ? x->expires_ms : now_ms + MINUTE_MS, text);
    from->s.crypto.sign(from->s.crypto.ctx, buf_view(bytes), sig);
    buf_deinit(&core);
}
// Everything that is in the outboxes reaches the other side; with receipts. How many refusals came.
static inline uint32_t fix_flow(FixSide f[2], int64_t now_ms) {
    uint32_t refused = 0;
    for (uint32_t round = 0; round < 4; round++)
        for (uint32_t i = 0; i < 2; i++)
            while (f[1 - i].s.link.in_seq < f[i].s.link.out_seq) {
                Buf b;
                uint8_t sig[CUSTODY_SIG_LEN];
                bool receipt;
                buf_init(&b, CUSTODY_TEXT_MAX);
                CK_ASSERT(custody_side_message(&f[i].s, f[1 - i].s.link.in_seq + 1, now_ms, &b, sig));
                refused += custody_side_hear(&f[1 - i].s, buf_view(&b), sig, now_ms, &receipt) != REASON_NONE;
                buf_clear(&b);
                custody_side_receipt(&f[1 - i].s, REASON_NONE, now_ms, &b, sig);
                refused += custody_side_hear(&f[i].s, buf_view(&b), sig, now_ms, &receipt) != REASON_NONE;
                buf_deinit(&b);
            }
    return refused;
}

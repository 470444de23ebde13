// The reader of envelopes, and what stands behind it: a side of the link that hears any bytes, rightly signed or not,
// never takes them for another message, and what is read writes and reads back the same. The first byte: odd, the bytes
// are an agreement.
#include "custody/custody_side.h"

static void hash(void *ctx, Str bytes, uint8_t ret[CUSTODY_HASH_LEN]) {
    (void)ctx;
    memset(ret, 0, CUSTODY_HASH_LEN);
    for (size_t i = 0; i < bytes.n; i++)
        ret[i % CUSTODY_HASH_LEN] = (uint8_t)(ret[i % CUSTODY_HASH_LEN] * 31 + bytes.p[i]);
}
static bool verify(void *ctx, const uint8_t pub[CUSTODY_PUB_LEN], Str bytes, const uint8_t sig[CUSTODY_SIG_LEN]) {
    (void)ctx, (void)pub, (void)bytes, (void)sig;
    return true;
}
static bool commit(void *ctx, const CustodyChange *c) {
    (void)ctx;
    CK_ASSERT(c->link && c->put_core.n <= CUSTODY_TEXT_MAX);
    return true;
}
static bool get(void *ctx, int64_t seq, Buf *core) {
    (void)ctx, (void)seq, (void)core;
    return false;
}
static void sign(void *ctx, Str bytes, uint8_t ret[CUSTODY_SIG_LEN]) {
    (void)ctx, (void)bytes;
    memset(ret, 0, CUSTODY_SIG_LEN);
}
static void hear(Str bytes, Arena *a) {
    static Agreement ag = {.name = "a", .side = {"cn", "vn"}, .versions = 1};
    CustodyTerms *t = &ag.version[0];
    memcpy(t->version, "1", 2), t->from_ms = 1, t->until_ms = t->skew_ms = TIME_NEVER / 4, t->ttl_ms = 1000;
    for (int s = 0; s < 2; s++)
        for (uint32_t m = 1; m < MSG_COUNT; m++)
            t->listed[s][m] = true, t->fields[s][m] = custody_needs((CustodyMsg)m) | custody_may((CustodyMsg)m);
    CustodySide s = {.me = 1, .peer_keys = 1, .crypto = {NULL, hash, sign, verify}, .disk = {NULL, commit, get}};
    CK_ASSERT(custody_book_init(&s.book, 2, 2, a) == OK && custody_side_agree(&s, &ag));
    s.peer_key[0] = (CustodyKey){.id = "k", .until_ms = TIME_NEVER};
    bool receipt;
    uint8_t sig[CUSTODY_SIG_LEN] = {0};
    int64_t before = s.link.in_seq;
    CustodyReason r = custody_side_hear(&s, bytes, sig, 1798761600000, &receipt);
    CK_ASSERT(r < REASON_COUNT && r != REASON_BUSY);
    bool taken = !receipt && (r == REASON_NONE || custody_reason_class(r) != CUSTODY_CLASS_LINK);
    CK_ASSERT(s.link.in_seq == before + taken);
    for (uint32_t i = 0; i < 2; i++)
        CK_ASSERT(!s.book.item[i].holds); // no message makes a holder of who consented to nothing
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    CustodyEnvelope e, back;
    Arena a;
    if (n == 0) return 0;
    arena_init(&a, 4u << 20);
    Str text = {(const char *)p + 1, n - 1};
    if (p[0] & 1) {
        Agreement *ag = arena_alloc(&a, sizeof *ag);
        Str what;
        Err err = custody_agreement_parse(text, &a, ag, &what);
        CK_ASSERT(err == OK || what.n > 0);
    } else if (custody_envelope_read(text, &a, &e) == REASON_NONE) {
        hear(text, &a);
        Buf core, whole;
        buf_init(&core, 65536), buf_init(&whole, 65536);
        if (!e.content) {
            custody_envelope_core(&core, &e);
            custody_envelope_write(&whole, e.key, e.issued, e.expires, buf_view(&core));
            if (whole.n <= CUSTODY_TEXT_MAX) {
                CK_ASSERT(custody_envelope_read(buf_view(&whole), &a, &back) == REASON_NONE && !back.content);
                CK_ASSERT(back.kind == e.kind && back.seq == e.seq &&
                          custody_fields_of(&back.body) == custody_fields_of(&e.body));
            }
        }
        buf_deinit(&core), buf_deinit(&whole);
    }
    arena_deinit(&a);
    return 0;
}

#include "custody_side.h"

static CustodyContext context_of(const CustodySide *s, int64_t now_ms) {
    return (CustodyContext){s->agreement, s->me, now_ms, s->terms};
}
// A hand-over's version in another agreement, by its name; -1: dropped, or with other terms.
static int32_t version_in(const CustodySide *s, const HandOver *h, const Agreement *other,
                          char (*terms)[CUSTODY_HEX_MAX + 1]) {
    int32_t i = custody_version_find(other, str_c(s->agreement->version[h->version].version));
    return i >= 0 && strcmp(terms[i], s->terms[h->version]) == 0 ? i : -1;
}
bool custody_side_agree(CustodySide *s, const Agreement *agreement) {
    char terms[CUSTODY_VERSIONS_MAX][CUSTODY_HEX_MAX + 1];
    uint8_t hash[CUSTODY_HASH_LEN];
    for (uint32_t i = 0; i < agreement->versions; i++) {
        Buf b;
        buf_init(&b, 65536);
        custody_terms_text(&b, agreement, i);
        CK_ASSERT(!b.overflow);
        s->crypto.hash(s->crypto.ctx, buf_view(&b), hash);
        custody_hex(hash, terms[i]);
        buf_deinit(&b);
    }
    HandOver *h = s->book.h;
    for (uint32_t i = 0; i < s->book.limits.handovers; i++)
        if (h[i].used && !custody_over((CustodyState)h[i].state) && version_in(s, &h[i], agreement, terms) < 0)
            return false;
    for (uint32_t i = 0; i < s->book.limits.handovers; i++) // what is over keeps no terms
        if (h[i].used) h[i].version = (uint8_t)MAX(version_in(s, &h[i], agreement, terms), 0);
    s->agreement = agreement;
    memcpy(s->terms, terms, sizeof terms);
    return true;
}
static CustodyEnvelope envelope_of(const CustodySide *s) {
    return (CustodyEnvelope){.from = str_c(s->agreement->side[s->me]),
                             .to = str_c(s->agreement->side[1 - s->me]),
                             .agreement = str_c(s->agreement->name)};
}
// One commit: the step (NULL: none), its message, the link's position. In memory it is only after it is durable.
static CustodyReason commit(CustodySide *s, CustodyStep *step, CustodyLink *link, CustodyChange *change) {
    Buf core;
    char prev[CUSTODY_HEX_MAX + 1];
    buf_init(&core, CUSTODY_TEXT_MAX);
    if (step && step->send) {
        CustodyEnvelope e = envelope_of(s);
        custody_hex(link->out_hash, prev);
        e.version = str_c(s->agreement->version[step->version].version);
        e.seq = ++link->out_seq, e.prev = str_c(prev), e.kind = (uint8_t)step->send, e.body = step->say;
        custody_envelope_core(&core, &e);
        CK_ASSERT(!core.overflow);
        s->crypto.hash(s->crypto.ctx, buf_view(&core), link->out_hash);
        if (step->send == MSG_OFFER || step->send == MSG_ACCEPT)
            memcpy(step->h.own_consent, link->out_hash, CUSTODY_HASH_LEN);
        change->put_seq = link->out_seq, change->put_core = buf_view(&core);
    }
    change->link = link, change->step = step;
    bool durable = s->disk.commit(s->disk.ctx, change);
    if (durable) {
        s->link = *link;
        if (step) custody_evolve(&s->book, step);
    }
    buf_deinit(&core);
    return durable ? REASON_NONE : REASON_BUSY;
}
CustodyReason custody_side_act(CustodySide *s, const CustodyAct *act, int64_t now_ms) {
    CustodyStep step;
    CustodyLink link = s->link;
    CustodyContext c = context_of(s, now_ms);
    custody_act(&s->book, &c, act, &step);
    if (step.refused) return step.refused;
    CustodyReason r = step.send
                          ? custody_allowed(s->agreement, step.version, s->me, step.send, custody_fields_of(&step.say))
                          : REASON_NONE;
    if (r) return r; // it never leaves
    return commit(s, &step, &link, &(CustodyChange){0});
}
CustodyReason custody_side_tell(CustodySide *s, CustodyMsg kind, const CustodyBody *say, int64_t now_ms) {
    CK_ASSERT(custody_is_notice(kind));
    int32_t version = custody_version_at(s->agreement, now_ms);
    CustodyLink link = s->link;
    if (version < 0) return REASON_AGREEMENT;
    if (!custody_body_good(say)) return REASON_FIELD_VALUE;
    CustodyStep step = {.own_no = s->book.own_no, .peer_no = s->book.peer_no, .send = kind, .say = *say};
    step.version = (uint8_t)version;
    CustodyReason r = custody_allowed(s->agreement, step.version, s->me, kind, custody_fields_of(say));
    return r ? r : commit(s, &step, &link, &(CustodyChange){0}); // what is not allowed never leaves
}
uint32_t custody_side_tick(CustodySide *s, int64_t now_ms) {
    Str key;
    uint32_t n = 0;
    while (custody_next_due(&s->book, &key) <= now_ms) {
        CustodyAct act = {.act = ACT_TIMEOUT, .handover = key};
        if (custody_side_act(s, &act, now_ms)) break; // the disk: later
        n++;
    }
    return n;
}

// ---- what comes in
static CustodyReason check_sender(const CustodySide *s, const CustodyEnvelope *e, Str bytes, const uint8_t *sig,
                                  int64_t now_ms) {
    const CustodyKey *k = NULL;
    for (uint32_t i = 0; i < s->peer_keys; i++)
        if (str_eq_c(e->key, s->peer_key[i].id)) k = &s->peer_key[i];
    if (!k) return REASON_UNKNOWN_KEY;
    if (!s->crypto.verify(s->crypto.ctx, k->pub, bytes, sig)) return REASON_BAD_SIGNATURE;
    if (k->revoked || now_ms < k->from_ms || now_ms >= k->until_ms) return REASON_KEY_NOT_VALID;
    if (!str_eq_c(e->from, s->agreement->side[1 - s->me]) || !str_eq_c(e->to, s->agreement->side[s->me]))
        return REASON_WRONG_PARTY;
    return REASON_NONE;
}
static int64_t skew_of(const CustodySide *s) { // the widest of the versions
    int64_t skew = 0;
    for (uint32_t i = 0; i < s->agreement->versions; i++) skew = MAX(skew, s->agreement->version[i].skew_ms);
    return skew;
}
static CustodyReason check_time(const CustodySide *s, const CustodyEnvelope *e, int64_t now_ms) {
    if (e->issued - skew_of(s) > now_ms) return REASON_AHEAD;
    return now_ms > e->expires + skew_of(s) ? REASON_EXPIRED : REASON_NONE;
}
static CustodyReason check_order(const CustodySide *s, const CustodyEnvelope *e, const uint8_t hash[CUSTODY_HASH_LEN]) {
    char prev[CUSTODY_HEX_MAX + 1];
    if (e->seq == 0) return REASON_MALFORMED;
    if (e->seq == s->link.in_seq && memcmp(hash, s->link.in_hash, CUSTODY_HASH_LEN) != 0) return REASON_SEQ_REUSED;
    if (e->seq <= s->link.in_seq) return REASON_DUPLICATE;
    if (e->seq > s->link.in_seq + 1) return REASON_GAP;
    custody_hex(s->link.in_hash, prev);
    return str_eq_c(e->prev, prev) ? REASON_NONE : REASON_PREVIOUS;
}
static CustodyReason check_content(const CustodySide *s, const CustodyEnvelope *e, uint32_t *ret_version) {
    int32_t version = custody_version_find(s->agreement, e->version);
    if (!str_eq_c(e->agreement, s->agreement->name) || version < 0) return REASON_AGREEMENT;
    *ret_version = (uint32_t)version;
    if (e->content) return e->content;
    return custody_allowed(s->agreement, *ret_version, 1 - s->me, (CustodyMsg)e->kind, custody_fields_of(&e->body));
}
static CustodyReason hear_receipt(CustodySide *s, const CustodyEnvelope *e, Str bytes, const uint8_t *sig) {
    uint8_t hash[CUSTODY_HASH_LEN] = {0};
    char hex[CUSTODY_HEX_MAX + 1];
    Buf core;
    if (e->content || e->seq != 0 ||
        custody_allowed(s->agreement, 0, 1 - s->me, MSG_RECEIPT, custody_fields_of(&e->body)))
        return REASON_MALFORMED;
    int64_t upto = e->body.upto;
    if (upto > s->link.out_seq) return REASON_RECEIPT_WRONG;
    if (e->body.reason && s->disk.refused) s->disk.refused(s->disk.ctx, (CustodyReason)e->body.reason);
    if (upto <= s->link.out_acked) return REASON_NONE; // an old one
    buf_init(&core, CUSTODY_TEXT_MAX);
    bool there = s->disk.get(s->disk.ctx, upto, &core);
    if (there) s->crypto.hash(s->crypto.ctx, buf_view(&core), hash);
    buf_deinit(&core);
    custody_hex(hash, hex);
    if (!there || !str_eq_c(e->body.hash, hex)) return REASON_RECEIPT_WRONG;
    CustodyLink link = s->link;
    link.out_acked = upto;
    return commit(s, NULL, &link,
                  &(CustodyChange){.drop_upto = upto, .kind = MSG_RECEIPT, .in_bytes = bytes, .in_sig = sig});
}
// The refusal is said in the newest version in force, or the one that is known best: it carries no goods' data.
static void refuse(const CustodySide *s, const CustodyEnvelope *e, CustodyReason why, const char *hex, int64_t now_ms,
                   CustodyStep *ret) {
    int32_t version = custody_version_at(s->agreement, now_ms), named = custody_version_find(s->agreement, e->version);
    memset(ret, 0, sizeof *ret);
    ret->own_no = s->book.own_no, ret->peer_no = s->book.peer_no;
    ret->on_msg = e->kind;
    if (e->kind == MSG_REFUSED) return; // no refusal of a refusal
    ret->send = MSG_REFUSED;
    ret->version = (uint8_t)(named >= 0 ? named : MAX(version, 0));
    ret->say = (CustodyBody){.refused = str_c(hex), .reason = (uint8_t)why};
    if (s->agreement->version[ret->version].fields[s->me][MSG_REFUSED] & CUSTODY_BIT(CF_handover))
        ret->say.handover = e->body.handover.n <= CUSTODY_KEY_MAX ? e->body.handover : STR_EMPTY;
}
static CustodyReason take(CustodySide *s, const CustodyEnvelope *e, const uint8_t hash[CUSTODY_HASH_LEN],
                          int64_t now_ms, CustodyChange *change) {
    CustodyStep step;
    CustodyContext c = context_of(s, now_ms);
    CustodyLink link = s->link;
    char hex[CUSTODY_HEX_MAX + 1];
    uint32_t version = 0;
    CustodyReason why = check_content(s, e, &version);
    bool notice = custody_is_notice((CustodyMsg)e->kind);
    if (!why && notice)
        step = (CustodyStep){.own_no = s->book.own_no, .peer_no = s->book.peer_no}, change->told = &e->body;
    if (!why && !notice) {
        custody_hear(&s->book, &c, (CustodyMsg)e->kind, version, &e->body, hash, &step);
        why = step.refused;
    }
    custody_hex(hash, hex);
    if (why) refuse(s, e, why, hex, now_ms, &step), link.alarms++;
    change->kind = e->kind, change->why = (uint8_t)why;
    link.in_seq = e->seq;
    memcpy(link.in_hash, hash, CUSTODY_HASH_LEN);
    CustodyReason r = commit(s, &step, &link, change);
    return r ? r : why;
}
CustodyReason custody_side_hear(CustodySide *s, Str bytes, const uint8_t sig[CUSTODY_SIG_LEN], int64_t now_ms,
                                bool *ret_receipt) {
    CustodyEnvelope e;
    Arena a;
    uint8_t hash[CUSTODY_HASH_LEN];
    arena_init(&a, 256u << 10);
    CustodyReason r = custody_envelope_read(bytes, &a, &e);
    if (!r) r = check_sender(s, &e, bytes, sig, now_ms);
    if (!r) r = check_time(s, &e, now_ms);
    *ret_receipt = !r && e.kind == MSG_RECEIPT;
    if (*ret_receipt) {
        r = hear_receipt(s, &e, bytes, sig);
    } else if (!r) {
        s->crypto.hash(s->crypto.ctx, e.core, hash);
        r = check_order(s, &e, hash);
        if (!r) r = take(s, &e, hash, now_ms, &(CustodyChange){.in_bytes = bytes, .in_sig = sig});
    }
    arena_deinit(&a);
    return r;
}

// ---- what goes out
static void issue(CustodySide *s, Str core, int64_t now_ms, Buf *bytes, uint8_t ret_sig[CUSTODY_SIG_LEN]) {
    int32_t version = custody_version_at(s->agreement, now_ms);
    int64_t ttl = s->agreement->version[MAX(version, 0)].ttl_ms;
    custody_envelope_write(bytes, str_c(s->key_id), now_ms, now_ms + ttl, core);
    s->crypto.sign(s->crypto.ctx, buf_view(bytes), ret_sig);
}
bool custody_side_message(CustodySide *s, int64_t seq, int64_t now_ms, Buf *bytes, uint8_t ret_sig[CUSTODY_SIG_LEN]) {
    Buf core;
    buf_init(&core, CUSTODY_TEXT_MAX);
    bool there = s->disk.get(s->disk.ctx, seq, &core);
    if (there) issue(s, buf_view(&core), now_ms, bytes, ret_sig);
    buf_deinit(&core);
    return there;
}
void custody_side_receipt(CustodySide *s, CustodyReason reason, int64_t now_ms, Buf *bytes,
                          uint8_t ret_sig[CUSTODY_SIG_LEN]) {
    Buf core;
    char hex[CUSTODY_HEX_MAX + 1];
    CustodyEnvelope e = envelope_of(s);
    custody_hex(s->link.in_hash, hex);
    e.kind = MSG_RECEIPT;
    e.body = (CustodyBody){.upto = s->link.in_seq, .hash = str_c(hex), .reason = (uint8_t)reason};
    buf_init(&core, CUSTODY_TEXT_MAX);
    custody_envelope_core(&core, &e);
    issue(s, buf_view(&core), now_ms, bytes, ret_sig);
    buf_deinit(&core);
}

#include "peer_gate.h"

// ---- keys
static void choose_key(Peer *p) {
    const PeerOwnKey *k = peer_own_key(p->files, p->now_ms);
    if (!k || strcmp(k->id, p->key_id) == 0)
        return; // with none in force the last one goes on: the other side refuses it
    CustodyOpenssl *fresh = custody_openssl_new(k->seed);
    CK_ASSERT(fresh != NULL);
    custody_openssl_free(p->crypto);
    p->crypto = fresh;
    p->side.crypto = custody_openssl_port(fresh);
    memcpy(p->key_id, k->id, sizeof p->key_id), memcpy(p->side.key_id, k->id, sizeof p->side.key_id);
}
static void take_keys(Peer *p) {
    memcpy(p->side.peer_key, p->files->peer, sizeof p->side.peer_key);
    p->side.peer_keys = p->files->peer_n;
}
Str peer_other(const Peer *p) {
    return str_c(p->side.agreement->side[1 - p->side.me]);
}

static void refused_there(void *ctx, CustodyReason why);

// ---- life
Err peer_new(const PeerOpts *opts, Ledger *l, Peer **ret) {
    static const uint8_t none[32];
    Peer *p = calloc(1, sizeof *p);
    CK_ASSERT(p != NULL);
    p->files = opts->files, p->ledger = l;
    p->handovers_max = opts->handovers_max ? opts->handovers_max : PEER_HANDOVERS_MAX;
    p->items_max = opts->items_max ? opts->items_max : PEER_ITEMS_MAX;
    p->draw = opts->draw, p->draw_ctx = opts->ctx;
    arena_init(&p->arena, SIZE_MAX / 2), arena_init(&p->step, 8u << 20);
    p->crypto = custody_openssl_new(none); // until a key is in force: it signs nothing that the other side takes
    CK_ASSERT(p->crypto != NULL);
    p->side = (CustodySide){.me = p->files->me,
                            .agreement = &p->files->agreement,
                            .crypto = custody_openssl_port(p->crypto),
                            .disk = {p, peer_put, peer_get, refused_there}};
    (void)snprintf(p->side.key_id, sizeof p->side.key_id, "none");
    p->gate = peer_gate_new(), p->heads = peer_heads_new();
    p->shifts = peer_shifts_new(opts->shift_ms);
    take_keys(p);
    bool agreed =
        custody_side_agree(&p->side, &p->files->agreement); // before the hand-overs: none has terms to compare
    CK_ASSERT(agreed);
    Err e = peer_load(p);
    if (e)
        peer_free(p);
    else
        *ret = p;
    return e;
}
void peer_free(Peer *p) {
    if (!p) return;
    peer_gate_free(p->gate), peer_heads_free(p->heads), peer_shifts_free(p->shifts);
    custody_openssl_free(p->crypto);
    arena_deinit(&p->arena), arena_deinit(&p->step);
    free(p);
}
bool peer_reload(Peer *p, const PeerFiles *files) {
    if (files->me != p->side.me || !custody_side_agree(&p->side, &files->agreement)) return false;
    p->files = files;
    take_keys(p);
    return true;
}
void peer_lost(Peer *p) {
    p->err = OK, p->keyless = false;
    Err e = peer_load(p);
    if (e) log_line(LOG_ERROR, "peer", "the link's state cannot be read again: %s", err_text(e));
    CK_ASSERT(e == OK); // end, and recover from the journal
    peer_gate_forget(p->gate);
}
const CustodySide *peer_side(const Peer *p) {
    return &p->side;
}
uint64_t peer_refusals(const Peer *p, bool there, CustodyReason why) {
    return p->refusals[there][why];
}
int64_t peer_out_seq(const Peer *p) {
    return p->side.link.out_seq;
}
int64_t peer_out_acked(const Peer *p) {
    return p->side.link.out_acked;
}
int64_t peer_next(const Peer *p) {
    Str key;
    return MIN(custody_next_due(&p->side.book, &key),
               MIN(peer_gate_next(p->gate), MIN(peer_heads_next(p->heads), peer_shifts_next(p->shifts))));
}

// ---- what comes in
static Err refusal(Peer *p, PeerRefusals *r, const char *act, CustodyReason why) {
    int64_t now_ms = p->now_ms;
    if (now_ms < r->since_ms || now_ms >= r->since_ms + MINUTE_MS) {
        uint32_t more = r->n > PEER_REFUSALS_MINUTE ? r->n - PEER_REFUSALS_MINUTE : 0;
        if (more) log_line(LOG_WARN, "peer", "%u more refusals: %s", more, CustodyReason_names.names[why]);
        *r = (PeerRefusals){.since_ms = now_ms};
    }
    if (++r->n > PEER_REFUSALS_MINUTE) return OK;
    log_line(LOG_WARN, "peer", "%s: %s", act, custody_reason_text(why));
    Input in = {.t_ms = now_ms, .kind = IN_LINK, .role = ROLE_SYSTEM, .actor = STR("link")};
    in.u.link.act = str_c(act), in.u.link.reason = str_c(CustodyReason_names.names[why]), in.u.link.alarm = true;
    return peer_submit(p, &in, NULL);
}
Err peer_link_change(Peer *p, bool down, int64_t now_ms) {
    peer_shifts_link(p->shifts, down, now_ms);
    Input in = {.t_ms = now_ms, .kind = IN_LINK, .role = ROLE_SYSTEM, .actor = STR("link")};
    in.u.link.act = down ? STR("link down") : STR("link up"), in.u.link.alarm = down;
    return peer_submit(p, &in, NULL);
}
Err peer_refused(Peer *p, CustodyReason why, int64_t now_ms) {
    p->now_ms = now_ms, p->refusals[0][why]++;
    return refusal(p, &p->refused[why], "refused", why);
}
static void refused_there(void *ctx, CustodyReason why) {
    Peer *p = ctx;
    p->refusals[1][why]++;
    (void)!refusal(p, &p->refused_there[why], "refused there", why);
}
static CustodyReason hear_one(Peer *p, Str *rest, int64_t now_ms) {
    Str bytes;
    uint8_t sig[CUSTODY_SIG_LEN];
    bool receipt;
    CustodyReason why = custody_frame_next(rest, &bytes, sig);
    return why ? why : custody_side_hear(&p->side, bytes, sig, now_ms, &receipt);
}
Err peer_hear(Peer *p, Str frames, int64_t now_ms, CustodyReason *ret_why) {
    *ret_why = REASON_NONE, p->now_ms = now_ms;
    while (frames.n && !p->err) {
        p->passage = 0;
        CustodyReason why = hear_one(p, &frames, now_ms);
        if (p->err) return p->err;
        if (peer_gate_full(p->gate) && peer_settle(p, now_ms) != OK) return p->err;
        if (custody_reason_class(why) != CUSTODY_CLASS_LINK) continue;
        *ret_why = why;
        return peer_refused(p, why, now_ms);
    }
    return p->err;
}
static Err tell_keyless(Peer *p, int64_t now_ms) { // once: this side can say nothing that the other would take
    bool none = !peer_own_key(p->files, now_ms);
    if (none == p->keyless) return p->err;
    p->keyless = none;
    if (!none) return p->err;
    log_line(LOG_ERROR, "peer", "no signing key is in force: make one with: cuakhau peer key");
    Input in = {.t_ms = now_ms, .kind = IN_LINK, .role = ROLE_SYSTEM, .actor = STR("link")};
    in.u.link.act = STR("no key"), in.u.link.alarm = true;
    in.u.link.reason = str_c(CustodyReason_names.names[REASON_KEY_NOT_VALID]);
    return peer_submit(p, &in, NULL);
}
Err peer_run(Peer *p, int64_t now_ms) {
    p->now_ms = now_ms;
    if (tell_keyless(p, now_ms) != OK) return p->err;
    p->role = ROLE_SYSTEM, p->actor = STR("link"), p->passage = 0;
    (void)custody_side_tick(&p->side, now_ms);
    Err e = peer_heads_run(p, now_ms);
    return e ? e : peer_shifts_run(p, now_ms);
}
void peer_observe(Peer *p, const Event *e) {
    peer_gate_event(p->gate, e);
}

// ---- what is done here
Err peer_act(Peer *p, const CustodyAct *act, Role role, Str actor, int64_t now_ms, CustodyReason *ret_why) {
    p->role = (uint8_t)role, p->actor = actor, p->passage = act->passage, p->now_ms = now_ms;
    CustodyReason why = custody_side_act(&p->side, act, now_ms);
    *ret_why = why;
    return p->err;
}
Err peer_tell(Peer *p, CustodyMsg kind, const CustodyBody *say, uint32_t passage, int64_t now_ms,
              CustodyReason *ret_why) {
    p->role = ROLE_SYSTEM, p->actor = STR("link"), p->passage = passage, p->now_ms = now_ms;
    *ret_why = custody_side_tell(&p->side, kind, say, now_ms);
    return p->err;
}
void peer_receipt(Peer *p, CustodyReason why, int64_t now_ms, Buf *frame) {
    uint8_t sig[CUSTODY_SIG_LEN];
    Buf b;
    buf_init(&b, CUSTODY_TEXT_MAX);
    p->now_ms = now_ms;
    choose_key(p);
    custody_side_receipt(&p->side, why, now_ms, &b, sig);
    custody_frame_write(frame, buf_view(&b), sig);
    buf_deinit(&b);
}

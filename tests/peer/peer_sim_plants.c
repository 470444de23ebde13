// Planted bugs, put between the files of link, custody, ledger and store by the linker: each must be found.
#include "peer/peer_gate.h"
#include "peer_sim.h"

void __real_peer_lost(Peer *p);
void __wrap_peer_lost(Peer *p);
Err __real_peer_settle(Peer *p, int64_t now_ms);
Err __wrap_peer_settle(Peer *p, int64_t now_ms);
void __real_custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret);
void __wrap_custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret);
CustodyReason __real_custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret);
CustodyReason __wrap_custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret);
Err __real_store_drop_resources(Store *s, Str kind, Str upto);
Err __wrap_store_drop_resources(Store *s, Str kind, Str upto);
Err __real_store_put_resource(Store *s, const StoreResource *r);
Err __wrap_store_put_resource(Store *s, const StoreResource *r);
Err __real_store_commit(Store *s);
Err __wrap_store_commit(Store *s);

static bool strikes(Plant p, uint64_t one_in) {
    static uint64_t n;
    return plant == p && sim_running && n++ % one_in == one_in - 1;
}
void __wrap_peer_lost(Peer *p) {
    if (plant != PLANT_NOT_RELOADED) {
        __real_peer_lost(p);
        return;
    }
    p->err = OK;
    peer_gate_forget(p->gate);
}
Err __wrap_peer_settle(Peer *p, int64_t now_ms) {
    const CustodyBook *b = &p->side.book;
    for (uint32_t i = 0; plant == PLANT_CROSS_EARLY && i < b->limits.handovers && b->h[i].used; i++) {
        const HandOver *h = &b->h[i];
        const Passage *x = gate_find(ledger_gate(p->ledger), h->passage);
        if (h->state != HS_AGREED || !x || x->place != PLACE_LINE) continue;
        CustodyReason why;
        CustodyAct a = {
            .act = ACT_CROSS, .handover = str_c(h->key), .say = {.at = MIN(now_ms, h->cross_by)}, .passage = x->no};
        Err e = peer_act(p, &a, ROLE_SYSTEM, STR("link"), now_ms, &why);
        if (e) return e;
    }
    for (uint32_t i = 0; plant == PLANT_RECEIVE_EARLY && i < b->limits.handovers && b->h[i].used; i++)
        if (b->h[i].state == HS_BOUND)
            (void)peer_move(p, gate_find(ledger_gate(p->ledger), b->h[i].passage), MOVE_PEER_EXIT, now_ms);
    return __real_peer_settle(p, now_ms);
}
void __wrap_custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret) {
    __real_custody_act(b, c, act, ret);
    if (plant == PLANT_CLAIMED && !ret->refused && ret->to == HS_BOUND) ret->item.holds = true;
}
CustodyReason __wrap_custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret) {
    static char prev[CUSTODY_HEX_MAX + 1];
    CustodyReason r = __real_custody_envelope_read(bytes, a, ret);
    if (r || !sim_running || !ret->seq) return r;
    const Centre *d = &sim_running->side[str_eq_c(ret->to, sim_agreement.side[1])];
    if (!d->in_batch) return r;
    const CustodyLink *l = &d->peer->side.link;
    bool again = plant == PLANT_TWICE && ret->seq <= l->in_seq, hole = plant == PLANT_GAP && ret->seq > l->in_seq + 1;
    if (again || hole) custody_hex(l->in_hash, prev), ret->prev = str_c(prev), ret->seq = l->in_seq + 1;
    if (plant == PLANT_NO_EXPIRY) ret->expires = ret->issued + 40 * DAY_MS;
    return r;
}
Err __wrap_store_drop_resources(Store *s, Str kind, Str upto) {
    char id[24];
    int64_t n = 0;
    if (plant != PLANT_OUTBOX_DROPPED || !str_eq_c(kind, "peer_out")) return __real_store_drop_resources(s, kind, upto);
    for (size_t i = 0; i < upto.n; i++) n = n * 10 + (upto.p[i] - '0');
    (void)snprintf(id, sizeof id, "%020lld", (long long)n + 1);
    return __real_store_drop_resources(s, kind, str_c(id));
}
Err __wrap_store_put_resource(Store *s, const StoreResource *r) {
    if (str_eq_c(r->kind, "handover") && strikes(PLANT_HANDOVER_LOST, 40)) return OK;
    return __real_store_put_resource(s, r);
}
Err __wrap_store_commit(Store *s) {
    if (!strikes(PLANT_COMMIT_LIES, 100)) return __real_store_commit(s);
    store_rollback(s);
    return OK;
}

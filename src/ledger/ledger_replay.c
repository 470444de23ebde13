// Offline work: the state from the journal alone, and the read models from the journal alone.
#include "ledger_internal.h"

static void offline(Ledger *l, Store *s, GateLimits limits) { // a kernel of its own, from nothing
    *l = (Ledger){.opts = {.limits = limits}, .store = s};
    l->memory = block_alloc(gate_size(limits));
    l->gate = gate_init(l->memory, limits);
}
static void offline_end(Ledger *l) {
    ledger_sites_free(&l->sites);
    arena_deinit(&l->work);
    free(l->memory);
}
Err ledger_replay(Store *s, GateLimits limits, ReplayReply *ret) {
    Ledger l;
    offline(&l, s, limits);
    ReplayReply reply = {.events = store_head(s).seq, .inputs = store_head(s).input_no};
    Err e = ledger_replay_all(&l);
    if (!e) {
        ledger_digest(l.gate, reply.digest);
        reply.open = gate_open_count(l.gate);
        *ret = reply;
    }
    offline_end(&l);
    return e;
}
typedef struct {
    Ledger *l;
    GateSink *sink;
    void *ctx;
    Err err;
} Watch;
static bool watch_row(void *ctx, const StoreEvent *row) {
    Watch *w = ctx;
    Event e;
    if ((w->err = ledger_event_read(w->l, row, &e)) != OK) return false;
    w->sink(w->ctx, w->l->gate, &e, false);
    gate_evolve(w->l->gate, &e);
    w->sink(w->ctx, w->l->gate, &e, true);
    return true;
}
Err ledger_replay_each(Store *s, GateLimits limits, GateSink *sink, void *ctx) {
    Ledger l;
    offline(&l, s, limits);
    arena_init(&l.work, LEDGER_ARENA_MAX);
    Watch w = {.l = &l, .sink = sink, .ctx = ctx};
    Err e = store_each_event(s, 1, 0, watch_row, &w);
    offline_end(&l);
    return e ? e : w.err;
}

typedef struct {
    Ledger *l;
    uint64_t input;
    Err err;
} Rebuild;
static bool rebuild_row(void *ctx, const StoreEvent *row) {
    Rebuild *r = ctx;
    Ledger *l = r->l;
    if (row->input_no != r->input) { // the projection goes input by input, as when it ran
        project_finish(l);
        r->input = row->input_no;
    }
    Event e;
    if ((r->err = ledger_event_read(l, row, &e)) != OK) return false;
    project_before(l, &e);
    gate_evolve(l->gate, &e);
    l->seq = row->seq;
    project_after(l, &e, row->seq);
    return l->err == OK;
}
Err ledger_rebuild(Ledger *l, uint8_t ret_digest[STORE_HASH_LEN]) {
    Err e = ledger_begin(l);
    if (e) return e;
    l->gate = gate_init(l->memory, l->opts.limits);
    l->touched_n = 0, l->err = OK, l->projecting = true;
    Rebuild r = {.l = l};
    e = store_drop_read_models(l->store);
    if (!e) e = store_each_event(l->store, 1, 0, rebuild_row, &r);
    project_finish(l);
    if (!e) e = r.err ? r.err : l->err;
    if (e) return ledger_fail(l, e);
    if ((e = store_commit(l->store)) != OK) return ledger_lost(l, e);
    l->fatal |= store_fatal(l->store);
    return store_read_model_digest(l->store, ret_digest);
}

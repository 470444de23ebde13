#include "ledger_internal.h"
#include "wire/wire_plate.h"
#include <openssl/evp.h>

static void digest_of(const void *p, size_t n, uint8_t ret[STORE_HASH_LEN]) {
    unsigned len = STORE_HASH_LEN;
    CK_ASSERT(EVP_Digest(p, n, ret, &len, EVP_sha256(), NULL) == 1);
}
void ledger_digest(const Gate *g, uint8_t ret[STORE_HASH_LEN]) {
    Buf b;
    buf_init(&b, SIZE_MAX / 2);
    gate_save(g, &b);
    digest_of(b.p, b.n, ret);
    buf_deinit(&b);
}

// ---- snapshot bytes: length of the site bundle, the bundle, the gate
static Err put_snapshot(Ledger *l) {
    Buf b;
    buf_init(&b, SIZE_MAX / 2);
    const Site *s = gate_site(l->gate);
    uint64_t n = s ? s->json.n : 0;
    buf_put(&b, &n, sizeof n);
    if (s) buf_str(&b, s->json);
    gate_save(l->gate, &b);
    StoreHead h = store_head(l->store);
    StoreSnapshot snap = {.seq = h.seq, .input_no = h.input_no, .state = buf_view(&b)};
    Err e = store_put_snapshot(l->store, &snap);
    buf_deinit(&b);
    if (!e) l->snapshot_seq = h.seq;
    return e;
}
static Err load_snapshot(Ledger *l, uint64_t *ret_seq) {
    Arena a;
    arena_init(&a, SIZE_MAX / 2);
    StoreSnapshot snap;
    Err e = store_get_snapshot(l->store, &a, &snap);
    uint64_t n = 0;
    Site *site = NULL;
    if (!e && (snap.state.n < sizeof n || (memcpy(&n, snap.state.p, sizeof n), n > snap.state.n - sizeof n)))
        e = ERR_CORRUPT;
    if (!e && n) {
        SiteReply reply = {0};
        e = ledger_site_new(&l->sites, (Str){snap.state.p + sizeof n, n}, &site, &reply) ? ERR_CORRUPT : OK;
    }
    if (!e) e = gate_load(l->gate, (Str){snap.state.p + sizeof n + n, snap.state.n - sizeof n - n}, site);
    if (!e) *ret_seq = snap.seq;
    arena_deinit(&a);
    return e;
}

// ---- replay of the tail
typedef struct {
    Ledger *l;
    Err err;
} Tail;
Err ledger_event_read(Ledger *l, const StoreEvent *row, Event *ret) {
    arena_reset(&l->work);
    Err e = ledger_event_parse(&l->sites, l->gate, row, &l->work, ret);
    if (e) {
        log_line(LOG_ERROR, "ledger", "event %llu cannot be read back", (unsigned long long)row->seq);
        return e;
    }
    if (ret->kind != EV_DECLARED || gate_open_count(l->gate) < l->opts.limits.passages_max) return OK;
    log_line(LOG_ERROR, "ledger", "the journal holds more than %u open passages", l->opts.limits.passages_max);
    return ERR_LIMIT;
}
static bool replay_row(void *ctx, const StoreEvent *row) {
    Tail *t = ctx;
    Event e;
    if ((t->err = ledger_event_read(t->l, row, &e)) != OK) return false;
    gate_evolve(t->l->gate, &e);
    return true;
}
Err ledger_reload(Ledger *l) {
    uint64_t seq = 0;
    ledger_sites_free(&l->sites);
    l->gate = gate_init(l->memory, l->opts.limits);
    Err e = load_snapshot(l, &seq);
    if (e && e != ERR_NOT_FOUND) {
        log_line(LOG_WARN, "ledger", "snapshot not usable (%s): replaying from the first event", err_name(e));
        if (e == ERR_LIMIT) return e;
        l->gate = gate_init(l->memory, l->opts.limits);
        seq = 0;
    }
    Tail t = {.l = l};
    e = store_each_event(l->store, seq + 1, 0, replay_row, &t);
    l->snapshot_seq = seq;
    l->seq = store_head(l->store).seq;
    return e ? e : t.err;
}
Err ledger_replay_all(Ledger *l) {
    arena_init(&l->work, LEDGER_ARENA_MAX);
    Tail t = {.l = l};
    Err e = store_each_event(l->store, 1, 0, replay_row, &t);
    return e ? e : t.err;
}
static Err open_with(Err (*store)(const StoreOpts *, Store **), const LedgerOpts *opts, Ledger **ret) {
    Ledger *l = calloc(1, sizeof *l);
    CK_ASSERT(l != NULL);
    l->opts = *opts;
    if (!l->opts.snapshot_every) l->opts.snapshot_every = SNAPSHOT_EVERY;
    arena_init(&l->work, LEDGER_ARENA_MAX);
    buf_init(&l->bodies, LEDGER_BODY_MAX);
    buf_init(&l->published, LEDGER_BODY_MAX);
    buf_init(&l->scratch, LEDGER_BODY_MAX), buf_init(&l->doc, LEDGER_BODY_MAX);
    l->memory = block_alloc(gate_size(opts->limits));
    Err e = store(&opts->store, &l->store);
    if (!e) e = ledger_reload(l);
    if (e)
        ledger_close(l);
    else
        *ret = l;
    return e;
}
Err ledger_open(const LedgerOpts *opts, Ledger **ret) {
    return open_with(store_open, opts, ret);
}
Err ledger_open_reader(const LedgerOpts *opts, Ledger **ret) {
    return open_with(store_open_reader, opts, ret);
}
void ledger_close(Ledger *l) {
    if (!l) return;
    if (l->store) store_close(l->store);
    ledger_sites_free(&l->sites);
    arena_deinit(&l->work);
    buf_deinit(&l->bodies);
    buf_deinit(&l->published), buf_deinit(&l->scratch), buf_deinit(&l->doc);
    free(l->rows);
    free(l->memory);
    free(l);
}
const Gate *ledger_gate(const Ledger *l) {
    return l->gate;
}
Store *ledger_store(Ledger *l) {
    return l->store;
}
bool ledger_fatal(const Ledger *l) {
    return l->fatal;
}
void ledger_listen(Ledger *l, LedgerListener *fn, void *ctx) {
    l->listener = fn;
    l->listener_ctx = ctx;
}
void ledger_observe(Ledger *l, LedgerObserver *fn, void *ctx) {
    CK_ASSERT(l->observers < ARRAY_LEN(l->observer));
    l->observer[l->observers].fn = fn;
    l->observer[l->observers++].ctx = ctx;
}
void ledger_unobserve(Ledger *l) {
    l->observers = 0;
}

// ---- one input
static void observe(Ledger *l, const Gate *g, const Event *e, bool after, uint64_t seq) {
    for (uint32_t i = 0; i < l->observers; i++) l->observer[i].fn(l->observer[i].ctx, g, e, after, seq);
}
static void sink(void *ctx, const Gate *g, const Event *e, bool after) {
    Ledger *l = ctx;
    if (!after) {
        project_before(l, e);
        observe(l, g, e, false, 0);
        return;
    }
    if (l->rows_n == l->rows_cap) {
        l->rows_cap = MAX(256, l->rows_cap * 2);
        l->rows = realloc(l->rows, l->rows_cap * sizeof *l->rows);
        CK_ASSERT(l->rows != NULL);
    }
    size_t at = l->bodies.n;
    if (at) buf_char(&l->bodies, '\n'); // keeps the JSON writer from putting a comma
    at = l->bodies.n;
    ledger_event_json(&l->bodies, g, e);
    l->rows[l->rows_n++] =
        (LedgerRow){.at = at, .n = l->bodies.n - at, .kind = e->kind, .passage = e->passage, .t_ms = e->t_ms};
    project_after(l, e, ++l->seq);
    observe(l, g, e, true, l->seq);
}
static Str row_body(const Ledger *l, const LedgerRow *r) {
    return (Str){l->bodies.p + r->at, r->n};
}
// A reply names the first 64 events; a long body (the declaration that the caller has just sent) is left to /history.
#define REPLY_BODY_MAX 700
static void reply_head(Buf *b, const LedgerRow *r, uint64_t seq) {
    json_open(b, '{');
    json_key(b, "seq"), json_int(b, (int64_t)seq);
    json_key(b, "kind"), json_c(b, EventKind_names.names[r->kind]);
    json_key(b, "at"), json_time(b, r->t_ms);
    json_close(b, '}');
}
static void reply_events(Ledger *l, uint64_t first, Arena *a, LedgerReply *ret) {
    Buf *b = &l->scratch;
    buf_clear(b);
    json_open(b, '[');
    for (uint32_t i = 0; i < l->rows_n && i < 64; i++) {
        const LedgerRow *r = &l->rows[i];
        if (r->n > REPLY_BODY_MAX && r->kind != EV_REFUSED) {
            reply_head(b, r, first + i);
            continue;
        }
        json_open(b, '{');
        json_key(b, "seq"), json_int(b, (int64_t)(first + i));
        buf_char(b, ',');
        buf_put(b, l->bodies.p + r->at + 1, r->n - 1);
    }
    json_close(b, ']');
    ret->events = arena_str(a, buf_view(b));
}
static Str input_body(Ledger *l, const LedgerRequest *rq) {
    static const DynNames none;
    const Site *s = gate_site(l->gate);
    if ((rq->in.kind == IN_DECLARE || rq->in.kind == IN_AMEND) && rq->in.u.declare.json.n) return rq->in.u.declare.json;
    buf_clear(&l->scratch);
    json_open(&l->scratch, '{');
    field_write(&l->scratch, gate_input_fields((InputKind)rq->in.kind), &rq->in.u, s ? &s->dyn : &none);
    json_close(&l->scratch, '}');
    return buf_view(&l->scratch);
}
static Err write_rows(Ledger *l, const LedgerRequest *rq, uint64_t first, uint32_t passage) {
    StoreInput in = {.no = store_head(l->store).input_no + 1,
                     .t_ms = l->rows[0].t_ms,
                     .role = str_c(Role_names.names[rq->in.role]),
                     .actor = rq->in.actor,
                     .kind = str_c(InputKind_names.names[rq->in.kind]),
                     .idem = rq->idem,
                     .first_seq = first,
                     .events = l->rows_n,
                     .passage = passage,
                     .body = input_body(l, rq)};
    memcpy(in.body_hash, rq->body_hash, STORE_HASH_LEN);
    Err e = store_put_input(l->store, &in);
    for (uint32_t i = 0; i < l->rows_n && !e; i++) {
        StoreEvent ev = {.seq = first + i,
                         .input_no = in.no,
                         .t_ms = l->rows[i].t_ms,
                         .passage = l->rows[i].passage,
                         .kind = str_c(EventKind_names.names[l->rows[i].kind]),
                         .body = row_body(l, &l->rows[i])};
        e = store_put_event(l->store, &ev);
    }
    return e;
}
static uint16_t kind_of(Str name) {
    for (uint16_t k = 0; k < EVENT_COUNT; k++)
        if (str_eq_c(name, EventKind_names.names[k])) return k;
    return EV_NONE;
}
static bool gather(void *ctx, const StoreEvent *row) {
    Ledger *l = ctx;
    if (l->bodies.n) buf_char(&l->bodies, '\n');
    size_t at = l->bodies.n;
    buf_str(&l->bodies, row->body);
    l->rows[l->rows_n++] =
        (LedgerRow){.at = at, .n = row->body.n, .passage = row->passage, .t_ms = row->t_ms, .kind = kind_of(row->kind)};
    return l->rows_n < 64;
}
static uint8_t code_in(Str body, Arena *a) { // of a REFUSED event's first finding
    Json *j;
    Str what;
    if (wire_parse_json(body, 32, a, &j, &what)) return REFUSE_REASON_NONE;
    Str name = jn_text(jn_get(jn_entry(jn_get(jn_get(j, "data"), "findings"), 0), "code"));
    for (uint8_t i = 0; i < Refuse_names.n; i++)
        if (str_eq_c(name, Refuse_names.names[i])) return i;
    return REFUSE_REASON_NONE;
}
static Err replayed(Ledger *l, const LedgerRequest *rq, const StoreInput *was, Arena *a, LedgerReply *ret) {
    *ret = (LedgerReply){.replayed = true,
                         .passage = was->passage,
                         .first_seq = was->first_seq,
                         .last_seq = was->first_seq + was->events - 1,
                         .events = STR("[]")};
    if (memcmp(was->body_hash, rq->body_hash, STORE_HASH_LEN) != 0) {
        *ret = (LedgerReply){.key_reused = true, .events = STR("[]")};
        return OK;
    }
    Err e = store_each_event(l->store, was->first_seq, MIN(was->events, 64u), gather, l);
    if (e) return e;
    for (uint32_t i = 0; i < l->rows_n; i++)
        if (l->rows[i].kind == EV_REFUSED) ret->refused = true, ret->code = code_in(row_body(l, &l->rows[i]), &l->work);
    reply_events(l, was->first_seq, a, ret);
    return OK;
}
// The batch is gone: the kernel goes back to what the journal holds.
Err ledger_lost(Ledger *l, Err e) {
    l->fatal |= store_fatal(l->store);
    buf_clear(&l->published);
    memset(l->owner, 0, sizeof l->owner); // of passages that never came to be
    if (!l->fatal && ledger_reload(l) != OK) l->fatal = true;
    return e;
}
Err ledger_fail(Ledger *l, Err e) {
    store_rollback(l->store);
    return ledger_lost(l, e);
}
Err ledger_begin(Ledger *l) {
    if (l->fatal) return ERR_IO;
    buf_clear(&l->published);
    return store_begin(l->store);
}
static void publish(Ledger *l, uint64_t first) { // [LedgerRow][body] pairs until the commit
    if (!l->listener) return;
    for (uint32_t i = 0; i < l->rows_n; i++) {
        LedgerRow r = l->rows[i];
        uint64_t seq = first + i;
        buf_put(&l->published, &seq, sizeof seq);
        buf_put(&l->published, &r, sizeof r);
        buf_put(&l->published, l->bodies.p + r.at, r.n);
    }
}
// The declaration goes into the input, the event and the read model: made into JSON once.
static void encode_declaration(Ledger *l, LedgerRequest *rq) {
    Declaration *d = &rq->in.u.declare;
    const Site *s = gate_site(l->gate);
    if ((rq->in.kind != IN_DECLARE && rq->in.kind != IN_AMEND) || !s) return;
    if (!d->trader.n) d->trader = rq->in.actor;
    Plate plate; // the plate says where the vehicle is registered: stay limits and the way home follow from it
    if (d->plate.n && plate_parse(d->plate, &plate) == PLATE_OK)
        d->vehicle_country = str_c(plate_country_code(plate.country));
    buf_clear(&l->doc);
    json_open(&l->doc, '{');
    field_write(&l->doc, &declaration_fields, d, &s->dyn);
    json_close(&l->doc, '}');
    d->json = buf_view(&l->doc);
}
Err ledger_seen(Ledger *l, const LedgerRequest *rq, Arena *a, LedgerReply *ret, bool *ret_seen) {
    StoreInput was;
    *ret_seen = false;
    arena_reset(&l->work);
    buf_clear(&l->bodies);
    l->rows_n = 0, l->touched_n = 0, l->err = OK, l->projecting = true;
    if (!l->rows) l->rows = malloc((l->rows_cap = 256) * sizeof *l->rows);
    CK_ASSERT(l->rows != NULL);
    if (!rq->idem.n) return OK;
    Err e = store_find_idem(l->store, rq->in.actor, rq->idem, &l->work, &was);
    if (e == ERR_NOT_FOUND) return OK;
    if (!e) e = replayed(l, rq, &was, a, ret);
    *ret_seen = !e;
    return e ? ledger_fail(l, e) : OK;
}
Err ledger_step(Ledger *l, const LedgerRequest *request, Arena *a, LedgerReply *ret) {
    LedgerRequest copy = *request, *rq = &copy;
    bool seen;
    Err e = ledger_seen(l, rq, a, ret, &seen);
    if (e || seen) return e;
    encode_declaration(l, rq);
    uint64_t first = store_head(l->store).seq + 1;
    l->seq = first - 1;
    gate_apply(l->gate, &rq->in, &l->work, sink, l);
    project_finish(l);
    *ret = (LedgerReply){.passage = rq->in.passage, .events = STR("[]")};
    if (l->rows_n == 0) return l->err ? ledger_fail(l, l->err) : OK;
    for (uint32_t i = 0; i < l->rows_n; i++) {
        if (l->rows[i].kind == EV_REFUSED) ret->refused = true, ret->code = code_in(row_body(l, &l->rows[i]), &l->work);
        if (l->rows[i].kind == EV_DECLARED) ret->passage = l->rows[i].passage;
    }
    e = l->err ? l->err : l->bodies.overflow ? ERR_LIMIT : write_rows(l, rq, first, ret->passage);
    if (e) return ledger_fail(l, e);
    ret->first_seq = first, ret->last_seq = first + l->rows_n - 1;
    if (rq->in.kind != IN_TICK && rq->in.kind != IN_SITE) reply_events(l, first, a, ret);
    publish(l, first);
    return OK;
}
void ledger_owner_keep(Ledger *l, uint32_t passage, Str trader) {
    PassageOwner *o = &l->owner[passage % OWNERS];
    o->no = passage, o->n = (uint8_t)MIN(trader.n, sizeof o->trader);
    if (o->n) memcpy(o->trader, trader.p, o->n);
}
static Str owner_of(Ledger *l, uint32_t passage) {
    if (!passage) return STR_EMPTY;
    PassageOwner *o = &l->owner[passage % OWNERS];
    if (o->no == passage) return (Str){o->trader, o->n};
    StorePassage p;
    arena_reset(&l->work);
    if (store_get_passage(l->store, passage, &l->work, &p) != OK)
        return STR_EMPTY; // a refusal may name one that never was
    ledger_owner_keep(l, passage, p.trader);
    return (Str){o->trader, o->n};
}
static void announce(Ledger *l) {
    size_t at = 0;
    while (l->listener && at < l->published.n) {
        uint64_t seq;
        LedgerRow r;
        memcpy(&seq, l->published.p + at, sizeof seq), at += sizeof seq;
        memcpy(&r, l->published.p + at, sizeof r), at += sizeof r;
        StoreEvent e = {.seq = seq,
                        .t_ms = r.t_ms,
                        .kind = str_c(EventKind_names.names[r.kind]),
                        .passage = r.passage,
                        .body = {l->published.p + at, r.n}};
        at += r.n;
        l->listener(l->listener_ctx, &e, owner_of(l, r.passage));
    }
    buf_clear(&l->published);
}
Err ledger_commit(Ledger *l) {
    uint64_t due = MAX(l->opts.snapshot_every, gate_open_count(l->gate));
    Err e = l->seq - l->snapshot_seq >= due ? put_snapshot(l) : OK;
    if (e) return ledger_fail(l, e);
    if ((e = store_commit(l->store)) != OK) return ledger_lost(l, e); // it has rolled back itself
    l->fatal |= store_fatal(l->store);                                // a failed checkpoint after a good commit
    announce(l);
    return OK;
}

// The journal: inputs and events in one hash chain, the idempotency keys, and the verification from genesis.
#include "store_internal.h"
#include <inttypes.h>

// ---- the chain
static void hash_input(Hasher *h, const uint8_t prev[STORE_HASH_LEN], const StoreInput *r,
                       uint8_t ret[STORE_HASH_LEN]) {
    hash_start(h);
    hash_raw(h, prev, STORE_HASH_LEN);
    hash_raw(h, "I", 1);
    hash_int(h, (int64_t)r->no);
    hash_int(h, r->t_ms);
    hash_str(h, r->role);
    hash_str(h, r->actor);
    hash_str(h, r->kind);
    hash_str(h, r->idem);
    hash_str(h, (Str){(const char *)r->body_hash, STORE_HASH_LEN});
    hash_int(h, (int64_t)r->first_seq);
    hash_int(h, r->events);
    hash_int(h, r->passage);
    hash_str(h, r->body);
    hash_end(h, ret);
}
static void hash_event(Hasher *h, const uint8_t prev[STORE_HASH_LEN], const StoreEvent *r,
                       uint8_t ret[STORE_HASH_LEN]) {
    hash_start(h);
    hash_raw(h, prev, STORE_HASH_LEN);
    hash_raw(h, "E", 1);
    hash_int(h, (int64_t)r->seq);
    hash_int(h, (int64_t)r->input_no);
    hash_int(h, r->t_ms);
    hash_str(h, r->kind);
    hash_int(h, r->passage);
    hash_str(h, r->body);
    hash_end(h, ret);
}
static Str hash_view(const uint8_t h[STORE_HASH_LEN]) {
    return (Str){(const char *)h, STORE_HASH_LEN};
}

// ---- head
static bool hash_copy(Str from, uint8_t ret[STORE_HASH_LEN]) {
    if (from.n != STORE_HASH_LEN) return false;
    memcpy(ret, from.p, STORE_HASH_LEN);
    return true;
}
Err store_load_head(Store *s) {
    Stmt q = stmt_open(s, SQL_GET_META);
    StoreHead h = {.seq = 0};
    bool good = false;
    if (stmt_next(&q)) {
        h = (StoreHead){.seq = col_uint(&q, 0), .input_no = col_uint(&q, 1), .t_ms = col_int(&q, 2)};
        good = hash_copy(col_str(&q, 3), h.hash);
    }
    Err e = stmt_close(&q);
    if (e || !good) return e ? e : ERR_CORRUPT;
    s->head = h;
    return OK;
}
Err store_check_tail(Store *s) {
    uint64_t no = 0, seq_end = 0, seq = 0, seq_input = 0;
    uint32_t events = 0;
    int64_t t_ms = 0;
    uint8_t last[STORE_HASH_LEN] = {0}, event[STORE_HASH_LEN] = {0};
    bool good = true;
    Stmt q = stmt_open(s, SQL_LAST_INPUT);
    if (stmt_next(&q)) {
        no = col_uint(&q, 0), events = col_u32(&q, 2), t_ms = col_int(&q, 4);
        seq_end = col_uint(&q, 1) + events - 1;
        good = hash_copy(col_str(&q, 3), last);
    }
    Err e = stmt_close(&q);
    if (e) return e;
    q = stmt_open(s, SQL_LAST_EVENT);
    if (stmt_next(&q)) {
        seq = col_uint(&q, 0), seq_input = col_uint(&q, 1);
        good = hash_copy(col_str(&q, 2), event) && good;
    }
    e = stmt_close(&q);
    if (e) return e;
    if (events > 0) {
        memcpy(last, event, sizeof last);
        good = good && seq_input == no;
    }
    const StoreHead *h = &s->head;
    good = good && h->input_no == no && h->seq == seq && seq == seq_end && h->t_ms == t_ms;
    return good && memcmp(h->hash, last, sizeof last) == 0 ? OK : ERR_CORRUPT;
}

// ---- writing
Err store_put_input(Store *s, const StoreInput *r) {
    STORE_WRITE_GUARD(s);
    CK_ASSERT(r->no == s->head.input_no + 1 && r->first_seq == s->head.seq + 1);
    CK_ASSERT(s->events_due == 0);
    uint8_t hash[STORE_HASH_LEN];
    hash_input(&s->hash, s->head.hash, r, hash);
    Stmt q = stmt_open(s, SQL_PUT_INPUT);
    stmt_uint(&q, r->no);
    stmt_int(&q, r->t_ms);
    stmt_str(&q, r->role);
    stmt_str(&q, r->actor);
    stmt_str(&q, r->kind);
    if (r->idem.n)
        stmt_str(&q, r->idem);
    else
        stmt_null(&q);
    stmt_blob(&q, hash_view(r->body_hash));
    stmt_uint(&q, r->first_seq);
    stmt_int(&q, r->events);
    stmt_int(&q, r->passage);
    stmt_str(&q, r->body);
    stmt_blob(&q, hash_view(hash));
    Err e = stmt_run(&q);
    if (e) return e;
    s->head.input_no = r->no;
    s->head.t_ms = r->t_ms;
    memcpy(s->head.hash, hash, sizeof hash);
    s->events_due = r->events;
    return OK;
}
Err store_put_event(Store *s, const StoreEvent *r) {
    STORE_WRITE_GUARD(s);
    CK_ASSERT(r->seq == s->head.seq + 1 && r->input_no == s->head.input_no);
    CK_ASSERT(s->events_due > 0);
    uint8_t hash[STORE_HASH_LEN];
    hash_event(&s->hash, s->head.hash, r, hash);
    Stmt q = stmt_open(s, SQL_PUT_EVENT);
    stmt_uint(&q, r->seq);
    stmt_uint(&q, r->input_no);
    stmt_int(&q, r->t_ms);
    stmt_str(&q, r->kind);
    stmt_int(&q, r->passage);
    stmt_str(&q, r->body);
    stmt_blob(&q, hash_view(hash));
    Err e = stmt_run(&q);
    if (e) return e;
    s->head.seq = r->seq;
    memcpy(s->head.hash, hash, sizeof hash);
    s->events_due--;
    return OK;
}

// ---- reading
static bool read_input(const Stmt *q, StoreInput *ret) { // false: the body hash has a wrong length
    *ret = (StoreInput){.no = col_uint(q, 0),
                        .t_ms = col_int(q, 1),
                        .role = col_str(q, 2),
                        .actor = col_str(q, 3),
                        .kind = col_str(q, 4),
                        .idem = col_str(q, 5),
                        .first_seq = col_uint(q, 7),
                        .events = col_u32(q, 8),
                        .passage = col_u32(q, 9),
                        .body = col_str(q, 10)};
    return hash_copy(col_str(q, 6), ret->body_hash);
}
static StoreEvent read_event(const Stmt *q) {
    return (StoreEvent){.seq = col_uint(q, 0),
                        .input_no = col_uint(q, 1),
                        .t_ms = col_int(q, 2),
                        .kind = col_str(q, 3),
                        .passage = col_u32(q, 4),
                        .body = col_str(q, 5)};
}
static int64_t limit_of(uint64_t max) {
    return max == 0 || max > INT64_MAX ? -1 : (int64_t)max;
}
static uint64_t from_of(uint64_t from) {
    return MIN(from, (uint64_t)INT64_MAX);
}

Err store_find_idem(Store *s, Str actor, Str idem, Arena *a, StoreInput *ret) {
    Stmt q = stmt_open(s, SQL_FIND_IDEM);
    stmt_str(&q, actor);
    stmt_str(&q, idem);
    StoreInput row;
    Err e = ERR_NOT_FOUND;
    if (stmt_next(&q)) {
        e = read_input(&q, &row) ? OK : ERR_CORRUPT;
        bool room = copy_str(a, &row.role) && copy_str(a, &row.actor) && copy_str(a, &row.kind) &&
                    copy_str(a, &row.idem) && copy_str(a, &row.body);
        if (!e && !room) e = ERR_LIMIT;
    }
    Err closed = stmt_close(&q);
    if (closed) return closed;
    if (!e) *ret = row;
    return e;
}

static Err each_event(Stmt *q, uint64_t from_seq, uint64_t max, StoreEventFn *fn, void *ctx) {
    stmt_uint(q, from_of(from_seq));
    stmt_int(q, limit_of(max));
    while (stmt_next(q)) {
        StoreEvent row = read_event(q);
        if (!fn(ctx, &row)) break;
    }
    return stmt_close(q);
}
Err store_each_event(Store *s, uint64_t from_seq, uint64_t max, StoreEventFn *fn, void *ctx) {
    Stmt q = stmt_open(s, SQL_EACH_EVENT);
    return each_event(&q, from_seq, max, fn, ctx);
}
Err store_each_passage_event(Store *s, uint32_t passage, uint64_t from_seq, uint64_t max, StoreEventFn *fn, void *ctx) {
    Stmt q = stmt_open(s, SQL_EACH_PASSAGE_EVENT);
    stmt_int(&q, passage);
    return each_event(&q, from_seq, max, fn, ctx);
}
Err store_each_trader_event(Store *s, Str trader, uint64_t from_seq, uint64_t max, StoreEventFn *fn, void *ctx) {
    // Near the end (a live stream) walking the journal is cheapest; far from it, the trader's own passages are.
    enum { SCAN_ROWS_MAX = 10000 };
    bool near_end = from_seq + SCAN_ROWS_MAX >= s->head.seq;
    Stmt q = stmt_open(s, near_end ? SQL_EACH_TRADER_EVENT_SCAN : SQL_EACH_TRADER_EVENT_SORT);
    stmt_str(&q, trader);
    return each_event(&q, from_seq, max, fn, ctx);
}
Err store_each_input(Store *s, uint64_t from_no, uint64_t max, StoreInputFn *fn, void *ctx) {
    Stmt q = stmt_open(s, SQL_EACH_INPUT);
    stmt_uint(&q, from_of(from_no));
    stmt_int(&q, limit_of(max));
    bool good = true;
    while (stmt_next(&q)) {
        StoreInput row;
        good = read_input(&q, &row);
        if (!good || !fn(ctx, &row)) break;
    }
    Err e = stmt_close(&q);
    return !e && !good ? ERR_CORRUPT : e;
}

static bool each_of_input(Stmt *events, const StoreInput *in, StoreChainFn *fn, void *ctx, bool *good) {
    for (uint32_t i = 0; i < in->events && stmt_next(events); i++) {
        StoreEvent e = read_event(events);
        Str hash = col_str(events, 6);
        *good = hash.n == STORE_HASH_LEN && e.seq == in->first_seq + i;
        if (!*good || !fn(ctx, NULL, &e, (const uint8_t *)hash.p)) return false;
    }
    return true;
}
Err store_each_chained(Store *s, uint64_t from_no, uint64_t to_no, StoreChainFn *fn, void *ctx) {
    Stmt inputs = stmt_open(s, SQL_EACH_INPUT), events = {.s = s};
    stmt_uint(&inputs, from_of(from_no));
    stmt_int(&inputs, -1);
    bool good = true, more = true;
    while (good && more && stmt_next(&inputs)) {
        StoreInput in;
        Str hash = col_str(&inputs, 11);
        good = read_input(&inputs, &in) && hash.n == STORE_HASH_LEN;
        if (!good || in.no > to_no) break;
        if (!events.p) {
            events = stmt_open(s, SQL_EACH_EVENT);
            stmt_uint(&events, from_of(in.first_seq));
            stmt_int(&events, -1);
        }
        more = fn(ctx, &in, NULL, (const uint8_t *)hash.p) && each_of_input(&events, &in, fn, ctx, &good);
    }
    Err e = events.p || events.rc ? stmt_close(&events) : OK, e2 = stmt_close(&inputs);
    e = e ? e : e2;
    return !e && !good ? ERR_CORRUPT : e;
}
Err store_input_of(Store *s, uint64_t seq, uint64_t *ret) {
    Stmt q = stmt_open(s, SQL_EACH_EVENT);
    stmt_uint(&q, from_of(seq));
    stmt_int(&q, 1);
    bool there = stmt_next(&q) && col_uint(&q, 0) == seq;
    uint64_t no = there ? col_uint(&q, 1) : 0;
    Err e = stmt_close(&q);
    if (!e && there) *ret = no;
    return !e && !there ? ERR_NOT_FOUND : e;
}

// ---- verification
typedef struct {
    Store *s;
    Stmt inputs, events;
    uint8_t hash[STORE_HASH_LEN];
    int64_t t_ms;
    uint64_t done, total;
    void (*progress)(void *ctx, uint64_t done, uint64_t total);
    void *ctx;
    StoreVerdict v;
} Walk;

static bool bad(Walk *w, uint64_t input, uint64_t seq, const char *reason) {
    w->v.bad_input = input;
    w->v.bad_seq = seq;
    snprintf(w->v.reason, sizeof w->v.reason, "%s", reason);
    return false;
}
// The storage classes of a row, one letter a column: I integer, U integer of 32 bits, T text, N text or NULL, H hash.
static bool types_good(const Stmt *q, const char *types) {
    for (int i = 0; types[i]; i++) {
        int t = sqlite3_column_type(q->p, i), n = sqlite3_column_bytes(q->p, i);
        bool good = false;
        switch (types[i]) {
        case 'I': good = t == SQLITE_INTEGER; break;
        case 'U': good = t == SQLITE_INTEGER && col_int(q, i) >= 0 && col_int(q, i) <= UINT32_MAX; break;
        case 'T': good = t == SQLITE_TEXT; break;
        case 'N': good = t == SQLITE_NULL || (t == SQLITE_TEXT && n > 0); break;
        case 'H': good = t == SQLITE_BLOB && n == STORE_HASH_LEN; break;
        default: break;
        }
        if (!good) return false;
    }
    return true;
}
static void walk_tick(Walk *w) {
    enum { PROGRESS_ROWS = 4096 };
    if (++w->done % PROGRESS_ROWS == 0 && w->progress) w->progress(w->ctx, w->done, MAX(w->done, w->total));
}
static bool walk_event(Walk *w, uint64_t input_no) {
    uint64_t want = w->v.events + 1;
    if (!stmt_next(&w->events)) return bad(w, input_no, want, "an event of this input is missing");
    if (col_uint(&w->events, 0) != want) return bad(w, input_no, want, "the sequence has a gap here");
    if (!types_good(&w->events, "IIITUTH")) return bad(w, input_no, want, "a column of the event has a wrong type");
    StoreEvent row = read_event(&w->events);
    if (row.input_no != input_no) return bad(w, input_no, want, "the event names another input");
    hash_event(&w->s->hash, w->hash, &row, w->hash);
    if (!str_eq(hash_view(w->hash), col_str(&w->events, 6)))
        return bad(w, input_no, want, "the event does not match its hash");
    w->v.events++;
    walk_tick(w);
    return true;
}
static bool walk_input(Walk *w) { // the inputs statement stands on a row
    uint64_t want = w->v.inputs + 1;
    if (col_uint(&w->inputs, 0) != want) return bad(w, want, 0, "the input numbers have a gap here");
    if (!types_good(&w->inputs, "IITTTNHIUUTH")) return bad(w, want, 0, "a column of the input has a wrong type");
    StoreInput row;
    bool read = read_input(&w->inputs, &row);
    CK_ASSERT(read); // the length of its hash was just looked at
    if (row.first_seq != w->v.events + 1) return bad(w, want, 0, "the input names a wrong first event");
    hash_input(&w->s->hash, w->hash, &row, w->hash);
    if (!str_eq(hash_view(w->hash), col_str(&w->inputs, 11)))
        return bad(w, want, 0, "the input does not match its hash");
    w->v.inputs++;
    w->t_ms = row.t_ms;
    walk_tick(w);
    uint32_t events = row.events;
    for (uint32_t i = 0; i < events; i++)
        if (!walk_event(w, want)) return false;
    return true;
}
static bool walk_end(Walk *w) {
    if (w->inputs.rc != SQLITE_OK || w->events.rc != SQLITE_OK) return true; // told as damage by the caller
    if (stmt_next(&w->events)) return bad(w, 0, col_uint(&w->events, 0), "an event belongs to no input");
    const StoreHead *h = &w->s->head;
    if (h->input_no != w->v.inputs)
        return bad(w, MIN(h->input_no, w->v.inputs) + 1, 0, "the head names another last input");
    if (h->seq != w->v.events) return bad(w, 0, MIN(h->seq, w->v.events) + 1, "the head names another last event");
    if (h->t_ms != w->t_ms) return bad(w, w->v.inputs, 0, "the head names another time");
    if (memcmp(h->hash, w->hash, STORE_HASH_LEN) != 0)
        return bad(w, w->v.inputs, w->v.events, "the head has another hash");
    return true;
}
static Err walk_all(Walk *w) {
    w->inputs = stmt_open(w->s, SQL_EACH_INPUT);
    stmt_int(&w->inputs, INT64_MIN); // also rows with a number that cannot be
    stmt_int(&w->inputs, -1);
    w->events = stmt_open(w->s, SQL_EACH_EVENT);
    stmt_int(&w->events, INT64_MIN);
    stmt_int(&w->events, -1);
    bool good = true;
    while (good && stmt_next(&w->inputs)) good = walk_input(w);
    if (good) good = walk_end(w);
    memcpy(w->v.head, w->hash, STORE_HASH_LEN);
    Err e = stmt_close(&w->inputs), e2 = stmt_close(&w->events);
    e = e ? e : e2;
    if (e == ERR_CORRUPT) bad(w, w->v.inputs + 1, w->v.events + 1, "the file cannot be read here");
    return !e && !good ? ERR_CORRUPT : e;
}
Err store_verify(Store *s, void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx, StoreVerdict *ret) {
    CK_ASSERT(!s->in_tx);
    // One read transaction: rows and head of the same moment.
    Err e = store_map(s, sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL));
    if (e) return e;
    Walk w = {.s = s, .progress = progress, .ctx = ctx};
    e = store_load_head(s);
    if (e == ERR_CORRUPT) bad(&w, 0, 0, "the head cannot be read");
    w.total = s->head.input_no + s->head.seq;
    if (!e) e = walk_all(&w);
    if (!sqlite3_get_autocommit(s->db)) (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (!e && progress) progress(ctx, w.done, w.done);
    if (e == OK || e == ERR_CORRUPT) *ret = w.v;
    return e;
}

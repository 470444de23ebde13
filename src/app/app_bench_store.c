// Store: durable events a second through the store (hash chain, read models) against a bare SQLite loop that writes the
// same rows in the same batches. The rows are those of real declarations, made by the whole gate first.
#include "app_bench_rows.h"

#define BATCH 64u
static void tell(Err e, const char *what) {
    if (!e) return;
    fprintf(stderr, "cuakhau: bench: %s: %s\n", what, err_text(e));
    exit(3);
}
static void make_rows(const BenchOpts *o, const char *path, uint64_t inputs) {
    Arena a;
    Str bundle;
    SiteReply site;
    LedgerReply reply;
    Ledger *l;
    Input story[STORY_MAX];
    arena_init(&a, 1u << 30);
    bench_unlink(path);
    LedgerOpts lo = {
        .store = {.path = path}, .limits = {.passages_max = (uint32_t)inputs + 1}, .snapshot_every = 1u << 30};
    tell(bench_site(o, &a, &bundle), "site");
    tell(ledger_open(&lo, &l), path);
    tell(ledger_adopt_site(l, bundle, 1795000000000, &a, &site), "site");
    for (uint32_t i = 1; i <= inputs; i++) {
        if (i % 256 == 1) tell(ledger_begin(l), "begin");
        bench_story(gate_site(ledger_gate(l)), &a, i, i % 2, 1795000001000 + i * 10, story);
        LedgerRequest rq = {.in = story[0], .idem = story[0].u.declare.lrn};
        tell(ledger_step(l, &rq, &a, &reply), "step");
        CK_ASSERT(!reply.refused);
        if (i % 256 == 0 || i == inputs) tell(ledger_commit(l), "commit");
    }
    ledger_close(l);
    arena_deinit(&a);
}
static Str text(sqlite3_value *v) {
    const char *p = (const char *)sqlite3_value_blob(v);
    return p ? (Str){p, (size_t)sqlite3_value_bytes(v)} : STR_EMPTY;
}
static int64_t num(sqlite3_value *v) {
    return sqlite3_value_int64(v);
}
static void put_row(Store *s, const BenchRow *r) {
    sqlite3_value *const *v = r->v;
    if (r->table == ROWS_INPUT) {
        StoreInput in = {.no = (uint64_t)num(v[0]),
                         .t_ms = num(v[1]),
                         .role = text(v[2]),
                         .actor = text(v[3]),
                         .kind = text(v[4]),
                         .idem = text(v[5]),
                         .first_seq = (uint64_t)num(v[7]),
                         .events = (uint32_t)num(v[8]),
                         .passage = (uint32_t)num(v[9]),
                         .body = text(v[10])};
        memcpy(in.body_hash, text(v[6]).p, STORE_HASH_LEN);
        tell(store_put_input(s, &in), "input");
    } else if (r->table == ROWS_JOURNAL) {
        StoreEvent e = {.seq = (uint64_t)num(v[0]),
                        .input_no = (uint64_t)num(v[1]),
                        .t_ms = num(v[2]),
                        .kind = text(v[3]),
                        .passage = (uint32_t)num(v[4]),
                        .body = text(v[5])};
        tell(store_put_event(s, &e), "event");
    } else if (r->table == ROWS_TASK) {
        StoreTask t = {.passage = (uint32_t)num(v[0]),
                       .task = (uint8_t)num(v[1]),
                       .name = text(v[2]),
                       .agency = text(v[3]),
                       .since_ms = num(v[4]),
                       .due_ms = num(v[5]),
                       .taken_by = text(v[6])};
        tell(store_put_task(s, &t), "task");
    }
}
static void put_passage(Store *s, const BenchRow *r, const BenchRow *doc) {
    sqlite3_value *const *v = r->v;
    StorePassage p = {.no = (uint32_t)num(v[0]),
                      .trader = text(v[1]),
                      .plate = text(v[2]),
                      .trailer = text(v[3]),
                      .container = text(v[4]),
                      .customs_no = text(v[5]),
                      .direction = text(v[6]),
                      .kind = text(v[7]),
                      .mode = text(v[8]),
                      .goods = text(v[9]),
                      .declared_ms = num(v[10]),
                      .place = text(v[11]),
                      .status = text(v[12]),
                      .open = num(v[13]) != 0,
                      .changed_seq = (uint64_t)num(v[14]),
                      .state = text(v[15]),
                      .doc = text(doc->v[1])};
    tell(store_put_passage(s, &p), "passage");
}
static size_t store_input(Store *s, const BenchRows *r, size_t at) {
    uint64_t input = r->row[at].input;
    for (; at < r->n && r->row[at].input == input; at++) {
        if (r->row[at].table == ROWS_PASSAGE)
            put_passage(s, &r->row[at], &r->row[at + 1]), at++;
        else
            put_row(s, &r->row[at]);
    }
    return at;
}
static double run_store(const BenchRows *r, const char *path) {
    Store *s;
    StoreOpts so = {.path = path};
    bench_unlink(path);
    tell(store_open(&so, &s), path);
    double start = bench_now();
    for (size_t at = 0; at < r->n;) {
        tell(store_begin(s), "begin");
        for (uint32_t i = 0; i < BATCH && at < r->n; i++) at = store_input(s, r, at);
        tell(store_commit(s), "commit");
    }
    double spent = bench_now() - start;
    store_close(s);
    return spent;
}
static double run_bare(const BenchRows *r, const char *path) {
    BareWriter w;
    tell(bare_open(path, &w), path);
    double start = bench_now();
    for (size_t at = 0; at < r->n;) {
        bare_begin(&w);
        for (uint32_t i = 0; i < BATCH && at < r->n; i++) at = bare_put_input(&w, r, at);
        bare_commit(&w);
    }
    double spent = bench_now() - start;
    bare_close(&w);
    return spent;
}
int bench_store(const BenchOpts *o, Bench *ret) {
    char path[4096];
    uint64_t inputs = o->n ? o->n : 10000;
    BenchRows rows;
    snprintf(path, sizeof path, "%s/bench-store.db", o->dir);
    make_rows(o, path, inputs);
    tell(bench_rows_load(path, &rows), path);
    *ret = (Bench){.name = "store", .unit = "durable events/s", .baseline = "bare SQLite, same rows, batches of 64"};
    for (; ret->runs < o->runs; ret->runs++) {
        ret->value[ret->runs] = (double)rows.events / run_store(&rows, path);
        ret->base[ret->runs] = (double)rows.events / run_bare(&rows, path);
    }
    snprintf(ret->extra, sizeof ret->extra, ",\"rows\":%zu,\"inputs\":%llu,\"events\":%llu", rows.n,
             (unsigned long long)rows.inputs, (unsigned long long)rows.events);
    bench_rows_free(&rows);
    bench_unlink(path);
    return 0;
}

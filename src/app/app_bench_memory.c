// Memory: the resident size of a process that holds many open passages. Start: opening a journal of a million events
// that has a snapshot. The baselines are the bounds that the project has set itself.
#include "app_bench_rows.h"
#include <unistd.h>

#define BATCH 1024u
static void tell(Err e, const char *what) {
    if (!e) return;
    fprintf(stderr, "cuakhau: bench: %s: %s\n", what, err_text(e));
    exit(3);
}
static double resident_mb(void) { // proc(5): statm, second field, pages
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2) resident = 0;
    if (f) fclose(f);
    return (double)resident * (double)sysconf(_SC_PAGESIZE) / 1e6;
}
typedef struct {
    Ledger *l;
    Arena strings, reply;
    uint32_t in_batch;
    uint64_t inputs, events;
} Feed;
static void feed_open(const BenchOpts *o, const char *path, uint32_t passages_max, Feed *ret) {
    Arena a;
    Str bundle;
    SiteReply site;
    *ret = (Feed){0};
    arena_init(&a, 64u << 20), arena_init(&ret->strings, 16u << 20), arena_init(&ret->reply, 64u << 20);
    bench_unlink(path);
    LedgerOpts lo = {.store = {.path = path}, .limits = {.passages_max = passages_max}};
    tell(bench_site(o, &a, &bundle), "site");
    tell(ledger_open(&lo, &ret->l), path);
    tell(ledger_adopt_site(ret->l, bundle, 1795000000000, &a, &site), "site");
    arena_deinit(&a);
}
static void feed_one(Feed *f, const Input *in) {
    LedgerReply reply;
    LedgerRequest rq = {.in = *in};
    arena_reset(&f->reply);
    if (f->in_batch == 0) tell(ledger_begin(f->l), "begin");
    tell(ledger_step(f->l, &rq, &f->reply, &reply), "step");
    CK_ASSERT(!reply.refused);
    f->events = reply.last_seq;
    f->inputs++;
    if (++f->in_batch < BATCH) return;
    tell(ledger_commit(f->l), "commit");
    f->in_batch = 0;
}
static void feed_passage(Feed *f, bool whole, int64_t t_ms) {
    Input story[STORY_MAX];
    arena_reset(&f->strings);
    uint32_t no = gate_last_no(ledger_gate(f->l)) + 1;
    uint32_t n = bench_story(gate_site(ledger_gate(f->l)), &f->strings, no, no % 2, t_ms, story);
    for (uint32_t i = 0; i < (whole ? n : 1); i++) feed_one(f, &story[i]);
}
static void feed_close(Feed *f) {
    if (f->in_batch) tell(ledger_commit(f->l), "commit");
    ledger_close(f->l);
    arena_deinit(&f->strings), arena_deinit(&f->reply);
}
int bench_memory(const BenchOpts *o, Bench *ret) {
    char path[4096];
    Feed f;
    uint64_t n = o->n ? o->n : 100000;
    snprintf(path, sizeof path, "%s/bench-memory.db", o->dir);
    feed_open(o, path, (uint32_t)n, &f);
    for (uint64_t i = 0; i < n; i++) feed_passage(&f, false, 1795000001000 + (int64_t)i);
    if (f.in_batch) tell(ledger_commit(f.l), "commit");
    f.in_batch = 0;
    *ret = (Bench){.name = "memory",
                   .unit = "MB resident",
                   .baseline = "bound: 200 MB at 100,000 open passages",
                   .runs = 1,
                   .base = {200.0 * (double)n / 100000}};
    ret->value[0] = resident_mb();
    snprintf(ret->extra, sizeof ret->extra, ",\"open\":%u,\"bytes_a_passage\":%zu", gate_open_count(ledger_gate(f.l)),
             sizeof(Passage));
    feed_close(&f);
    bench_unlink(path);
    return ret->value[0] < ret->base[0] ? 0 : 1;
}
int bench_start(const BenchOpts *o, Bench *ret) {
    char path[4096];
    Feed f;
    uint64_t n = o->n ? o->n : 1000000;
    snprintf(path, sizeof path, "%s/bench-start.db", o->dir);
    feed_open(o, path, 20000, &f);
    int64_t t = 1795000001000;
    for (uint32_t i = 0; i < 5000; i++, t += 1000) feed_passage(&f, false, t); // a busy gate: they stay open
    for (; f.events < n; t += 1000) feed_passage(&f, true, t);
    feed_close(&f);
    *ret = (Bench){.name = "start", .unit = "s", .baseline = "bound: 3 s at 1,000,000 events"};
    LedgerOpts lo = {.store = {.path = path}, .limits = {.passages_max = 20000}};
    uint32_t open = 0;
    for (; ret->runs < o->runs; ret->runs++) {
        Ledger *l;
        double start = bench_now();
        tell(ledger_open(&lo, &l), path);
        ret->value[ret->runs] = bench_now() - start;
        ret->base[ret->runs] = 3.0;
        open = gate_open_count(ledger_gate(l));
        ledger_close(l);
    }
    snprintf(ret->extra, sizeof ret->extra, ",\"events\":%llu,\"open\":%u", (unsigned long long)f.events, open);
    bench_unlink(path);
    return 0;
}

// Kernel: inputs decided and evolved a second on one core, over whole export and import passages, a few hundred of them
// interleaved. Baseline: the least that any keeper of this state does for each input: find the passage by its number
// and copy the event away.
#include "app_bench.h"
#include "ledger/ledger.h"

#define INTERLEAVED 100u
typedef struct {
    Site *site;
    SiteHold *holds;
    Arena strings, work;
    Input *in; // of one round, passage by passage
    uint32_t *in_n;
    void *memory;
    Gate *gate;
    uint64_t inputs, events, refused;
} KernelBench;

static void say_refused(const Gate *g, const Event *e) { // a script that is refused measures nothing
    Buf b;
    buf_init(&b, 1u << 20);
    ledger_event_json(&b, g, e);
    fprintf(stderr, "cuakhau: bench: refused: %.*s\n", (int)b.n, b.p);
    buf_deinit(&b);
}
static void count(void *ctx, const Gate *g, const Event *e, bool after) {
    KernelBench *k = ctx;
    if (!after) return;
    k->events++;
    if (e->kind == EV_REFUSED && k->refused++ == 0) say_refused(g, e);
}
static void prepare(KernelBench *k, uint32_t first_no, int64_t t_ms) {
    arena_reset(&k->strings);
    for (uint32_t i = 0; i < INTERLEAVED; i++) {
        k->in_n[i] = bench_story(k->site, &k->strings, first_no + i, i % 2, t_ms, &k->in[i * STORY_MAX]);
        for (uint32_t s = 0; s < k->in_n[i]; s++) k->in[i * STORY_MAX + s].t_ms = t_ms + s * INTERLEAVED + i;
    }
}
static double run_round(KernelBench *k) { // step by step over all trucks, as they come in life
    double start = bench_now();
    for (uint32_t s = 0; s < STORY_MAX; s++)
        for (uint32_t i = 0; i < INTERLEAVED; i++) {
            if (s >= k->in_n[i]) continue;
            arena_reset(&k->work);
            gate_apply(k->gate, &k->in[i * STORY_MAX + s], &k->work, count, k);
            k->inputs++;
        }
    return bench_now() - start;
}
static double bare_round(KernelBench *k, Event *log) {
    double start = bench_now();
    for (uint32_t s = 0; s < STORY_MAX; s++)
        for (uint32_t i = 0; i < INTERLEAVED; i++) {
            if (s >= k->in_n[i]) continue;
            const Input *in = &k->in[i * STORY_MAX + s];
            const Passage *p = gate_find(k->gate, in->passage);
            Event *e = &log[(s * INTERLEAVED + i) % 1024];
            e->t_ms = in->t_ms, e->passage = p ? p->no : 0, e->actor = in->actor;
            memcpy(&e->u, &in->u, sizeof e->u);
        }
    return bench_now() - start;
}
static Err open_site(KernelBench *k, Str bundle) {
    SiteReply r = {0};
    Err e = ledger_site_new(&k->holds, bundle, &k->site, &r);
    if (e) return e;
    GateLimits limits = {.passages_max = 4096};
    k->memory = block_alloc(gate_size(limits));
    k->gate = gate_init(k->memory, limits);
    Input in = {.t_ms = 1795000000000, .kind = IN_SITE, .actor = STR("bench")};
    in.u.site = (InSite){.bundle = k->site->json, .site = k->site};
    gate_apply(k->gate, &in, &k->work, NULL, NULL);
    return OK;
}
int bench_kernel(const BenchOpts *o, Bench *ret) {
    KernelBench k = {0};
    Arena a;
    Str bundle;
    arena_init(&a, 64u << 20), arena_init(&k.strings, 64u << 20), arena_init(&k.work, 16u << 20);
    k.in = calloc(INTERLEAVED * STORY_MAX, sizeof *k.in);
    k.in_n = calloc(INTERLEAVED, sizeof *k.in_n);
    Event *log = calloc(1024, sizeof *log);
    CK_ASSERT(k.in && k.in_n && log);
    Err e = bench_site(o, &a, &bundle);
    if (!e) e = open_site(&k, bundle);
    if (e) return app_fail(e, "the site");
    *ret = (Bench){.name = "kernel", .unit = "inputs/s", .baseline = "find the passage and copy the event"};
    uint64_t rounds = o->n ? o->n : 100;
    int64_t t = 1795000001000;
    for (ret->runs = 0; ret->runs < o->runs; ret->runs++) {
        double spent = 0, bare = 0;
        k.inputs = 0;
        for (uint64_t r = 0; r < rounds; r++, t += 10000) {
            prepare(&k, gate_last_no(k.gate) + 1, t);
            spent += run_round(&k);
            bare += bare_round(&k, log);
        }
        ret->value[ret->runs] = (double)k.inputs / spent;
        ret->base[ret->runs] = (double)k.inputs / bare;
    }
    snprintf(ret->extra, sizeof ret->extra, ",\"events\":%llu,\"refused\":%llu,\"open_left\":%u",
             (unsigned long long)k.events, (unsigned long long)k.refused, gate_open_count(k.gate));
    int status = k.refused || gate_open_count(k.gate) ? 1 : 0; // every passage must have come to its end
    ledger_sites_free(&k.holds);
    arena_deinit(&a), arena_deinit(&k.strings), arena_deinit(&k.work);
    free(k.in), free(k.in_n), free(k.memory), free(log);
    return status;
}

// The twin alive behind the real API: its people send their inputs through the writer's own batches; its devices
// confirm what the gate asks of them.
#include "app_serve.h"
#include "api/api.h"
#include "io/io_clock.h"

#define INPUTS_A_BATCH 256
#define DONE_MAX       1024
#define WARM_MS        (8 * HOUR_MS) // a living gate that is new has been at work for so long when it opens
#define WARM_AIR_MS    (3 * HOUR_MS) // with vehicles behind a broker, which come only then
struct ServeTwin {
    AppTwin files;
    Ledger *ledger;
    Twin *twin;
    Arena arena;
    Err err;
    uint32_t inputs;
    int64_t done[DONE_MAX]; // effects to confirm
    uint32_t done_n;
    ApiActor actor;
    TwinLayout layout;
    ServeFleet *fleet; // beside it; NULL: none
    bool peer;
};
static void observe(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq) {
    ServeTwin *s = ctx;
    if (!after) return;
    twin_sink(s->twin, g, e, true);
    if (s->fleet) serve_fleet_event(s->fleet, e);
    Effect ef[EFFECTS_MAX];
    uint32_t n = gate_effects(g, e, ef);
    for (uint32_t i = 0; i < n && s->done_n < DONE_MAX; i++) s->done[s->done_n++] = (int64_t)(seq * 16 + i);
}
static void step(ServeTwin *s, const Input *in) {
    if (s->err) {
        twin_halt(s->twin);
        return;
    }
    LedgerRequest rq = {.in = *in};
    LedgerReply reply;
    rq.in.t_ms = MAX(in->t_ms, gate_now(ledger_gate(s->ledger))); // others may have been a moment earlier
    arena_reset(&s->arena);
    s->err = ledger_step(s->ledger, &rq, &s->arena, &reply);
    if (s->err) twin_halt(s->twin);
    s->inputs++;
}
static void submit(void *ctx, const Input *in) {
    step(ctx, in);
}
static void confirm(ServeTwin *s) { // the other side and the barriers, by the ids of their effects
    uint32_t n = s->done_n;
    for (uint32_t i = 0; i < n; i++) {
        Input in = {
            .t_ms = twin_now(s->twin), .kind = IN_EFFECT_DONE, .role = ROLE_DEVICE, .actor = STR("twin-device")};
        in.u.effect_done.effect = s->done[i];
        step(s, &in);
    }
    s->done_n = 0;
}
static int64_t next_ms(void *ctx) {
    ServeTwin *s = ctx;
    return s->done_n ? twin_now(s->twin) : twin_next(s->twin);
}
static Err run(void *ctx, int64_t now_ms) {
    ServeTwin *s = ctx;
    s->err = OK, s->inputs = 0;
    twin_committed(s->twin); // what it saw before is durable now
    confirm(s);
    for (int64_t t = twin_next(s->twin); t <= now_ms && s->inputs < INPUTS_A_BATCH && !s->err; t = twin_next(s->twin))
        twin_run(s->twin, MAX(t, twin_now(s->twin)));
    return s->err;
}
static void lost(void *ctx) {
    ServeTwin *s = ctx;
    s->done_n = 0;
    twin_attach(s->twin, ledger_gate(s->ledger));
}
int serve_twin_open(const char *dir, const char *phase, const char *tariff, ServeTwin **ret) {
    ServeTwin *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    *ret = s;
    arena_init(&s->arena, 64u << 20);
    twin_layout_init(&s->layout);
    return app_twin_open(&s->files, dir, phase, tariff);
}
int serve_twin_fleet(ServeTwin *s, const char *text) {
    return app_twin_fleet(&s->files, text, &s->layout);
}
void serve_twin_beside(ServeTwin *s, uint8_t road, ServeFleet *f) {
    s->fleet = f, s->layout.fleet[road].outside = true;
}
void serve_twin_peer(ServeTwin *s) {
    s->peer = true;
}
void serve_twin_coming_back(ServeTwin *s, uint32_t passage) {
    twin_coming_back(s->twin, passage);
}
int64_t serve_twin_warm_ms(const ServeTwin *s, bool air) {
    return s->peer ? 0 : air ? WARM_AIR_MS : WARM_MS;
}
const ApiActor *serve_twin_start(ServeTwin *s, Ledger *l, uint32_t passages_max, int64_t start_ms, uint64_t seed) {
    const Gate *g = ledger_gate(l);
    TwinConfig c = {.site = gate_site(g),
                    .doc = s->files.doc,
                    .layout = s->layout,
                    .seed = seed,
                    .start_ms = start_ms,
                    .peer = s->peer,
                    .passages_max = passages_max,
                    .first_id = (uint64_t)gate_last_no(g) * 16};
    s->ledger = l;
    s->twin = twin_new(&c, (TwinPort){s, submit});
    s->actor = (ApiActor){.ctx = s, .next_ms = next_ms, .run = run, .lost = lost};
    return &s->actor;
}
Err serve_twin_catch_up(ServeTwin *s, int64_t until_ms) {
    while (twin_next(s->twin) <= until_ms || s->done_n) {
        Err e = ledger_begin(s->ledger);
        if (!e) e = run(s, until_ms);
        if (!e) e = ledger_commit(s->ledger);
        if (e) return e;
    }
    return OK;
}
Err serve_twin_attach(ServeTwin *s, int64_t until_ms) { // within a batch of its own: it acts at once
    Err e = ledger_begin(s->ledger);
    if (e) return e;
    ledger_observe(s->ledger, observe, s);
    twin_attach(s->twin, ledger_gate(s->ledger));
    e = s->err ? s->err : ledger_commit(s->ledger);
    return e ? e : serve_twin_catch_up(s, until_ms);
}
const Site *serve_twin_site(const ServeTwin *s) {
    return s->files.site;
}
void serve_twin_stop(ServeTwin *s) {
    if (s->ledger) ledger_unobserve(s->ledger);
    s->ledger = NULL;
}
void serve_twin_close(ServeTwin **twin) {
    ServeTwin *s = *twin;
    *twin = NULL;
    if (!s) return;
    serve_twin_stop(s);
    twin_free(s->twin);
    app_twin_close(&s->files);
    arena_deinit(&s->arena);
    free(s);
}

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include "two_gates.h"

static void sink(void *ctx, const Gate *g, const Event *e, bool after) {
    GateSide *s = ctx;
    TwoGates *t = s->all;
    twin_sink(s->twin, g, e, after);
    if (!after) return;
    const uint64_t what[] = {(uint64_t)e->t_ms, e->kind, e->role, e->passage, e->kind == EV_MOVED ? e->u.moved.to : 0};
    s->digest = str_hash(s->digest, (Str){(const char *)what, sizeof what});
    if (e->kind == EV_REFUSED && t->linking) {
        const Finding *f = e->u.refused.findings.items;
        t->refused = true, t->refusal = e->u.refused.findings.n ? f->code : 0;
        t->rule = e->u.refused.findings.n ? f->rule : STR_EMPTY;
    }
    if (e->kind == EV_DECLARED) t->declared = e->passage;
    // What is the other side's to do comes from the link and from nowhere else.
    if (e->role == ROLE_PEER && s->c.peer) assert_true(t->linking);
    t->link.event(t->link.ctx, s->at, g, e);
}
static void port(void *ctx, const Input *in) {
    GateSide *s = ctx;
    arena_reset(&s->all->arena);
    gate_apply(s->gate, in, &s->all->arena, sink, s);
}
static void wake(GateSide *s) {
    GateLimits l = {.passages_max = s->c.passages_max};
    s->memory = aligned_alloc(64, (gate_size(l) + 63) & ~(size_t)63);
    assert_non_null(s->memory);
    s->gate = gate_init(s->memory, l);
    s->twin = twin_new(&s->c, (TwinPort){s, port});
    Input in = {.t_ms = s->c.start_ms, .kind = IN_SITE, .role = ROLE_SYSTEM, .actor = STR("site")};
    in.u.site = (InSite){.bundle = s->c.site->json, .site = s->c.site};
    if (s->c.from.n)
        assert_int_equal(gate_load(s->gate, s->c.from, s->c.site), OK);
    else
        gate_apply(s->gate, &in, &s->all->arena, NULL, NULL);
    twin_attach(s->twin, s->gate);
}
void two_gates_start(TwoGates *t, const TwinConfig *c, int sides, GateLink link) {
    *t = (TwoGates){.sides = sides, .link = link, .now_ms = c->start_ms};
    arena_init(&t->arena, 64u << 20);
    for (int i = 0; i < sides; i++) {
        t->side[i] = (GateSide){.c = c[i], .all = t, .at = i};
        wake(&t->side[i]);
    }
}
void two_gates_end(TwoGates *t) {
    for (int i = 0; i < t->sides; i++) twin_free(t->side[i].twin), free(t->side[i].memory);
    arena_deinit(&t->arena);
}
void two_gates_take_back(TwoGates *t, int side, Str saved) {
    GateSide *s = &t->side[side];
    s->gate = gate_init(s->memory, (GateLimits){.passages_max = s->c.passages_max});
    assert_int_equal(gate_load(s->gate, saved, s->c.site), OK);
    twin_attach(s->twin, s->gate);
    t->link.restarted(t->link.ctx, side);
}
void two_gates_restart(TwoGates *t, int side) {
    GateSide *s = &t->side[side];
    Buf b;
    buf_init(&b, 256u << 20);
    gate_save(s->gate, &b);
    twin_free(s->twin), free(s->memory);
    s->c.from = buf_view(&b), s->c.start_ms = t->now_ms, s->c.first_id += 1u << 20;
    wake(s);
    s->c.from = STR_EMPTY;
    buf_deinit(&b);
    t->link.restarted(t->link.ctx, side);
}
bool two_gates_submit(TwoGates *t, int side, Input *in) {
    in->t_ms = t->now_ms;
    t->linking = true, t->refused = false, t->declared = 0;
    port(&t->side[side], in);
    t->linking = false;
    return !t->refused;
}
void two_gates_quiet(TwoGates *t) {
    for (int i = 0; i < t->sides; i++) twin_stop_arrivals(t->side[i].twin);
}
void two_gates_run(TwoGates *t, int64_t until_ms) {
    for (;;) {
        int64_t at = t->link.next(t->link.ctx);
        for (int i = 0; i < t->sides; i++) at = MIN(at, twin_next(t->side[i].twin));
        if (at > until_ms) break;
        t->now_ms = MAX(at, t->now_ms);
        for (int i = 0; i < t->sides; i++) twin_run(t->side[i].twin, t->now_ms);
        if (t->link.next(t->link.ctx) <= t->now_ms) t->link.run(t->link.ctx, t->now_ms);
    }
    t->now_ms = until_ms;
    for (int i = 0; i < t->sides; i++) twin_run(t->side[i].twin, until_ms);
}

// The other side of one gate, as src/peer and all that is behind it would act: by inputs of the role peer and steps of
// the link, each after its time.
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include "two_gates.h"

#define PASSAGES_MAX 65536u
typedef enum { ANNOUNCES, EXITS, RECEIVES, DELIVERS, SIGNS_BACK, BOUNCES } Doing;
struct FarSide {
    TwoGates *t;
    Des *des;
    DesStream random;
    int64_t start_ms;
    bool announced[PASSAGES_MAX], signed_back[PASSAGES_MAX], sent_back[PASSAGES_MAX];
    FarStats s;
};
static void act(Des *d, void *ctx, uint64_t arg);
static void later(FarSide *f, uint32_t passage, Doing what, uint32_t min_s, uint32_t max_s) {
    double now = (double)(f->t->now_ms - f->start_ms), s = min_s + (double)des_below(&f->random, max_s - min_s);
    des_at(f->des, now + s * 1e3, act, f, (uint64_t)passage << 8 | what);
}
static bool submit(FarSide *f, Input *in) {
    in->role = ROLE_PEER, in->actor = STR("cn-yyg");
    return two_gates_submit(f->t, 0, in);
}
static void move(FarSide *f, uint32_t passage, Move m) {
    Input in = {.kind = IN_MOVE, .passage = passage};
    in.u.move = (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE};
    assert_true(submit(f, &in));
}
static void announce(FarSide *f, uint32_t i) {
    static const struct {
        Str hs;
        uint8_t cert;
    } goods[] = {{STR("85340090"), 0}, {STR("84798939"), 0}, {STR("07031019"), CERT_PHYTO}, {STR("72104919"), 0}};
    static const uint8_t modes[] = {MODE_THROUGH, MODE_TRANSHIPMENT, MODE_DRIVER_CHANGE, MODE_SWAP};
    const uint32_t k = des_below(&f->random, ARRAY_LEN(goods)), home = des_below(&f->random, 100) < 15;
    char plate[24];
    (void)snprintf(plate, sizeof plate, home ? "29C%05u" : "桂F%05u", i);
    GoodsLine line = {.hs = goods[k].hs, .net_kg = 9000, .gross_kg = 9300};
    Certificate cert = {.kind = goods[k].cert, .number = STR("P-1")};
    Input in = {.kind = IN_DECLARE};
    in.u.declare = (Declaration){.direction = DIRECTION_IMPORT,
                                 .mode = modes[des_below(&f->random, ARRAY_LEN(modes))],
                                 .regime = REGIME_ORDINARY,
                                 .destination = DESTINATION_INLAND,
                                 .road = des_below(&f->random, 3) ? STR("hn") : STR("tt"),
                                 .plate = str_c(plate),
                                 .vehicle_country = home ? STR("VN") : STR("CN"),
                                 .tare_kg = 15000,
                                 .certificates = {&cert, goods[k].cert != 0},
                                 .goods = {&line, 1}};
    assert_true(submit(f, &in));
    f->announced[f->t->declared] = true, f->s.announced++;
    later(f, f->t->declared, EXITS, 600, 3 * 3600);
}
static void sign_back(FarSide *f, uint32_t passage) {
    Input in = {.kind = IN_LINK, .passage = passage};
    in.u.link = (InLink){.item_kind = STR("truck"), .role = STR("taker"), .state = STR("arrived")};
    f->signed_back[passage] = true, f->s.signed_back++;
    assert_true(submit(f, &in));
}
static void act(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    FarSide *f = ctx;
    uint32_t no = (uint32_t)(arg >> 8);
    const Passage *p = gate_find(f->t->side[0].gate, no);
    switch ((Doing)(arg & 0xff)) {
    case ANNOUNCES: announce(f, no); break;
    case EXITS: move(f, no, MOVE_PEER_EXIT); break;
    case RECEIVES: {
        bool home = !p->foreign && p->mode != MODE_TRANSHIPMENT;
        move(f, no, MOVE_PEER_RECEIVE);
        if (!home || des_below(&f->random, 2)) later(f, no, DELIVERS, 1800, 7200);
        if (home) later(f, no, SIGNS_BACK, 7200, 12 * 3600);
        break;
    }
    case DELIVERS: move(f, no, MOVE_DELIVER); break;
    case SIGNS_BACK: sign_back(f, no); break;
    case BOUNCES: move(f, no, MOVE_PEER_RETURN); break;
    }
}

static void moved(FarSide *f, const Event *e) {
    const EvMoved *m = &e->u.moved;
    f->sent_back[e->passage] |= m->move == MOVE_PEER_RETURN;
    if (m->move == MOVE_CROSS_OUT) {
        assert_false(f->sent_back[e->passage]); // it has gone home
        bool bounces = des_below(&f->random, 50) == 0;
        f->s.crossed++, f->s.bounced += bounces;
        later(f, e->passage, bounces ? BOUNCES : RECEIVES, 30, 600);
    }
    if (f->announced[e->passage]) {
        f->s.entered += m->move == MOVE_ENTER;
        f->s.closed += m->to == PLACE_CLOSED, f->s.turned_back += m->to == PLACE_TURNED_BACK;
    } else if (m->move == MOVE_RETURN && f->t->side[0].c.peer) {
        assert_true(f->signed_back[e->passage]);
        f->s.returned++;
    }
}
static void event(void *ctx, int side, const Gate *g, const Event *e) {
    (void)side, (void)g;
    FarSide *f = ctx;
    assert_true(e->passage < PASSAGES_MAX);
    if (e->kind == EV_DECLARED && e->role != ROLE_PEER) {
        const Declaration *d = e->u.declared.doc.obj;
        f->s.own[d->direction]++;
        if (e->u.declared.kind == KIND_TRUCK_EXPORT) f->s.trucks += str_hash((uint64_t)d->tare_kg, d->plate);
    }
    if (e->kind == EV_MOVED && f->t->side[0].c.peer) moved(f, e);
}
static int64_t next(void *ctx) {
    FarSide *f = ctx;
    double d = des_next(f->des);
    return d > 9e15 ? TIME_NEVER : f->start_ms + (int64_t)d;
}
static void run(void *ctx, int64_t now_ms) {
    FarSide *f = ctx;
    des_run(f->des, (double)(now_ms - f->start_ms));
}
static void restarted(void *ctx, int side) {
    FarSide *f = ctx;
    for (uint32_t i = 0; i < PASSAGES_MAX; i++)
        if (f->signed_back[i]) twin_coming_back(f->t->side[side].twin, i);
}

FarSide *far_side_new(TwoGates *t, uint64_t seed, int64_t start_ms, uint32_t imports) {
    FarSide *f = calloc(1, sizeof *f);
    assert_non_null(f);
    f->t = t, f->start_ms = start_ms, f->des = des_new(1u << 16), f->random = des_stream(seed, 2, 0, 0);
    for (uint32_t i = 0; i < imports; i++)
        des_at(f->des, (double)des_below(&f->random, (uint32_t)DAY_MS), act, f, (uint64_t)i << 8 | ANNOUNCES);
    return f;
}
void far_side_free(FarSide *f) {
    des_free(f->des);
    free(f);
}
GateLink far_side_port(FarSide *f) {
    return (GateLink){f, event, next, run, restarted};
}
void far_side_stats(const FarSide *f, FarStats *ret) {
    *ret = f->s;
}

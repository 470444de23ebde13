// A link in memory: notices and hand-overs of trucks as messages that take their time, in order each way. It plays both
// sides' part of the policy between hand-overs and passages, and watches where each truck really is.
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include "two_gates.h"

#define TRIPS_MAX    16384u
#define PASSAGES_MAX 65536u
#define ON_THE_LINE  2
typedef enum { M_NOTICE, M_GIVEN_UP, M_CROSSED, M_RECEIVED, M_DELIVERED, M_BACK, M_BOUNCED } Message;
typedef struct { // more than the notice of the agreement says: net mass and kinds of certificates
    char plate[24], container[16], type[8], seal[24], hs[16], country[4], road[16];
    uint8_t mode;
    bool empty;
    int64_t tare_kg, net_kg, gross_kg;
    uint32_t certificates; // bits of Cert
} Notice;
typedef struct {
    Notice n;
    int giver, where; // a side, or ON_THE_LINE
    uint32_t out, in; // its passages; 0: none yet
    bool told, signed_back, over_there, ended;
} Trip;
struct LooseLink {
    TwoGates *t;
    Des *des;
    DesStream random;
    int64_t start_ms, cut_until;
    double last_ms[2]; // arrival of the last message to that side
    Trip *trip;
    uint32_t trips, *of[2]; // by passage: its trip + 1
    LooseStats s;
};
static const char *const actor[2] = {"vn-hn", "cn-yyg"};

static void copy(char *to, size_t max, Str s) {
    assert_true(s.n < max);
    memcpy(to, s.p ? s.p : "", s.n), to[s.n] = 0;
}
static Trip *trip_of(LooseLink *l, int side, uint32_t passage) {
    assert_true(passage < PASSAGES_MAX);
    return l->of[side][passage] ? &l->trip[l->of[side][passage] - 1] : NULL;
}

// ---- messages
static void arrives(Des *d, void *ctx, uint64_t arg);
static void tell(LooseLink *l, const Trip *k, Message m) {
    bool out = m == M_NOTICE || m == M_GIVEN_UP || m == M_CROSSED;
    int to = out ? !k->giver : k->giver;
    double now = (double)(l->t->now_ms - l->start_ms), at = now + 50 + (double)des_below(&l->random, 4000);
    at = MAX(at, (double)(l->cut_until - l->start_ms)), at = MAX(at, l->last_ms[to]);
    l->last_ms[to] = at;
    des_at(l->des, at, arrives, l, (uint64_t)(k - l->trip) << 8 | m);
}
static void must(LooseLink *l, int side, Input *in, const char *what) {
    if (two_gates_submit(l->t, side, in)) return;
    const Passage *p = in->passage ? gate_find(l->t->side[side].gate, in->passage) : NULL;
    print_message("side %d: %s refused: %s " STR_F ", passage %u at %s\n", side, what,
                  Refuse_names.names[l->t->refusal], STR_A(l->t->rule), in->passage,
                  p ? Place_names.names[p->place] : "-");
    fail();
}
static void move(LooseLink *l, int side, uint32_t passage, Role role, Move m) {
    Input in = {.kind = IN_MOVE, .role = (uint8_t)role, .actor = str_c(actor[!side]), .passage = passage};
    in.u.move =
        (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE, .reason = STR("the other side says so")};
    must(l, side, &in, Move_names.names[m]);
}
static void declare(LooseLink *l, Trip *k) {
    const Notice *n = &k->n;
    int side = !k->giver;
    Str seal = str_c(n->seal);
    GoodsLine line = {.hs = str_c(n->hs), .net_kg = n->net_kg, .gross_kg = n->gross_kg};
    Certificate cert[CERT_COUNT];
    uint32_t certs = 0;
    for (uint32_t left = n->certificates; left; left &= left - 1)
        cert[certs++] = (Certificate){.kind = (uint8_t)__builtin_ctz(left), .number = STR("by the link")};
    Input in = {.kind = IN_DECLARE, .role = ROLE_PEER, .actor = str_c(actor[k->giver])};
    in.u.declare = (Declaration){.direction = DIRECTION_IMPORT,
                                 .mode = n->mode,
                                 .regime = REGIME_ORDINARY,
                                 .destination = DESTINATION_INLAND,
                                 .road = str_c(n->road),
                                 .plate = str_c(n->plate),
                                 .vehicle_country = str_c(n->country),
                                 .container = str_c(n->container),
                                 .container_type = str_c(n->type),
                                 .empty = n->empty,
                                 .tare_kg = n->tare_kg,
                                 .seals = {&seal, seal.n > 0},
                                 .certificates = {cert, certs},
                                 .goods = {&line, !n->empty}};
    must(l, side, &in, n->plate);
    k->in = l->t->declared;
    assert_true(k->in > 0 && k->in < PASSAGES_MAX);
    l->of[side][k->in] = (uint32_t)(k - l->trip) + 1;
}
static void signed_back(LooseLink *l, Trip *k) {
    const Passage *p = gate_find(l->t->side[k->giver].gate, k->out);
    bool open = p && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK;
    l->s.back++;
    k->signed_back = true;
    if (!open) { // its passage ended when the goods were delivered: a transhipment
        k->where = k->giver, l->s.home++;
        return;
    }
    Input in = {.kind = IN_LINK, .role = ROLE_PEER, .actor = str_c(actor[!k->giver]), .passage = k->out};
    in.u.link = (InLink){.message = STR("CROSSED"),
                         .item_kind = STR("truck"),
                         .item = str_c(k->n.plate),
                         .role = STR("taker"),
                         .state = STR("arrived")};
    must(l, k->giver, &in, "arrived");
    bool comes = !p->foreign && p->mode != MODE_TRANSHIPMENT;
    if (comes) return;
    move(l, k->giver, k->out, ROLE_PEER, MOVE_DELIVER); // refused there: the kernel has no other end for it
    k->where = k->giver, l->s.home++;
}
static void arrives(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    LooseLink *l = ctx;
    Trip *k = &l->trip[arg >> 8];
    const Passage *out = gate_find(l->t->side[k->giver].gate, k->out);
    switch ((Message)(arg & 0xff)) {
    case M_NOTICE: declare(l, k); break;
    case M_CROSSED: move(l, !k->giver, k->in, ROLE_PEER, MOVE_PEER_EXIT); break;
    case M_GIVEN_UP: { // in the name of the trader who declared it there: the sender of the notice
        Input in = {.kind = IN_MOVE, .role = ROLE_TRADER, .actor = str_c(actor[k->giver]), .passage = k->in};
        in.u.move = (InMove){.move = MOVE_TURN_BACK, .lane = DYN_NONE, .yard = DYN_NONE, .reason = STR("given up")};
        must(l, !k->giver, &in, "given up");
        break;
    }
    case M_RECEIVED: move(l, k->giver, k->out, ROLE_PEER, MOVE_PEER_RECEIVE); break;
    case M_DELIVERED:
        if (out && out->place == PLACE_WITH_PEER) move(l, k->giver, k->out, ROLE_PEER, MOVE_DELIVER);
        break;
    case M_BACK: signed_back(l, k); break;
    case M_BOUNCED: move(l, k->giver, k->out, ROLE_PEER, MOVE_PEER_RETURN), k->where = k->giver; break;
    }
}

// ---- what the gates say
static void new_trip(LooseLink *l, int side, const Gate *g, const Event *e) {
    const Declaration *d = e->u.declared.doc.obj;
    const Passage *p = gate_find(g, e->passage);
    if (p->kind != KIND_TRUCK_EXPORT) return;
    assert_true(l->trips < TRIPS_MAX && e->passage < PASSAGES_MAX);
    Trip *k = &l->trip[l->trips++];
    *k = (Trip){.giver = side, .where = side, .out = e->passage};
    const GoodsLine *line = d->goods.items;
    Notice *n = &k->n;
    n->mode = d->mode, n->empty = d->empty, n->tare_kg = d->tare_kg;
    if (d->goods.n) n->net_kg = line->net_kg, n->gross_kg = line->gross_kg, copy(n->hs, sizeof n->hs, line->hs);
    copy(n->plate, sizeof n->plate, d->plate), copy(n->country, sizeof n->country, d->vehicle_country);
    copy(n->container, sizeof n->container, d->container), copy(n->type, sizeof n->type, d->container_type);
    copy(n->road, sizeof n->road, d->road);
    if (d->seals.n) copy(n->seal, sizeof n->seal, d->seals.items[0]);
    for (uint32_t i = 0; i < d->certificates.n; i++)
        n->certificates |= BIT(((const Certificate *)d->certificates.items)[i].kind);
    l->of[side][e->passage] = l->trips;
}
static void giver_moved(LooseLink *l, Trip *k, const EvMoved *m) {
    if (m->move == MOVE_GATE_IN && !k->told) k->told = true, l->s.notices++, tell(l, k, M_NOTICE);
    if (m->move == MOVE_CROSS_OUT) {
        assert_int_equal(k->where, k->giver);
        assert_true(k->told);
        k->where = ON_THE_LINE, l->s.crossed++, tell(l, k, M_CROSSED);
    }
    if (m->move == MOVE_RETURN) { // never before it was signed back
        assert_true(k->signed_back && k->where == ON_THE_LINE);
        k->where = k->giver, l->s.home++;
    }
    k->ended |= m->to == PLACE_CLOSED || m->to == PLACE_TURNED_BACK;
    if (m->to == PLACE_TURNED_BACK) {
        l->s.given_up++;
        if (k->told && !k->over_there) tell(l, k, M_GIVEN_UP);
    }
}
static void taker_moved(LooseLink *l, Trip *k, const EvMoved *m) {
    int side = !k->giver;
    if (m->move == MOVE_ENTER) {
        assert_int_equal(k->where, ON_THE_LINE);
        k->where = side, tell(l, k, M_RECEIVED);
    }
    if (m->to == PLACE_LEFT || m->to == PLACE_GOODS_IN_YARD) tell(l, k, M_DELIVERED);
    if (m->move == MOVE_RETURN || (m->to == PLACE_TURNED_BACK && k->where == side)) {
        assert_int_equal(k->where, side);
        l->s.refused += m->to == PLACE_TURNED_BACK;
        k->where = ON_THE_LINE, tell(l, k, M_BACK);
    }
    k->over_there |= m->to == PLACE_CLOSED || m->to == PLACE_TURNED_BACK;
    if (m->move == MOVE_TURN_BACK && m->from == PLACE_APPROACHING) l->s.bounced++, tell(l, k, M_BOUNCED);
}
static bool here(const TwoGates *t, int side, uint32_t no, bool giver) { // as the passage says
    const Passage *p = no ? gate_find(t->side[side].gate, no) : NULL;
    uint32_t away = BIT(PLACE_ABROAD) | BIT(PLACE_WITH_PEER) | BIT(PLACE_DELIVERED),
             there = BIT(PLACE_ENTERED) | BIT(PLACE_YARD) | BIT(PLACE_LEFT);
    if (!p || p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK) return false;
    return giver ? !(away & BIT(p->place)) : (there & BIT(p->place)) != 0;
}
static void event(void *ctx, int side, const Gate *g, const Event *e) {
    LooseLink *l = ctx;
    if (e->kind == EV_DECLARED) new_trip(l, side, g, e);
    if (e->kind != EV_MOVED) return;
    Trip *k = trip_of(l, side, e->passage);
    if (!k) return;
    if (k->giver == side && k->out == e->passage)
        giver_moved(l, k, &e->u.moved);
    else
        taker_moved(l, k, &e->u.moved);
    assert_false(here(l->t, k->giver, k->out, true) && here(l->t, !k->giver, k->in, false));
}
static int64_t next(void *ctx) {
    LooseLink *l = ctx;
    double d = des_next(l->des);
    return d > 9e15 ? TIME_NEVER : l->start_ms + (int64_t)d;
}
static void run(void *ctx, int64_t now_ms) {
    LooseLink *l = ctx;
    des_run(l->des, (double)(now_ms - l->start_ms));
}
static void restarted(void *ctx, int side) {
    LooseLink *l = ctx;
    for (uint32_t i = 0; i < l->trips; i++)
        if (l->trip[i].giver == side && l->trip[i].signed_back)
            twin_coming_back(l->t->side[side].twin, l->trip[i].out),
                twin_coming_back(l->t->side[side].twin, l->trip[i].out);
}

LooseLink *loose_link_new(TwoGates *t, uint64_t seed, int64_t start_ms) {
    LooseLink *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->t = t, l->start_ms = start_ms, l->des = des_new(1u << 16), l->random = des_stream(seed, 1, 0, 0);
    l->trip = calloc(TRIPS_MAX, sizeof *l->trip);
    for (int i = 0; i < 2; i++) l->of[i] = calloc(PASSAGES_MAX, sizeof **l->of);
    assert_true(l->trip && l->of[0] && l->of[1]);
    return l;
}
void loose_link_free(LooseLink *l) {
    des_free(l->des);
    free(l->trip), free(l->of[0]), free(l->of[1]), free(l);
}
GateLink loose_link_port(LooseLink *l) {
    return (GateLink){l, event, next, run, restarted};
}
void loose_link_cut(LooseLink *l, int64_t until_ms) {
    l->cut_until = until_ms;
}
void loose_link_stats(const LooseLink *l, LooseStats *ret) {
    *ret = l->s;
}
uint32_t loose_link_stuck(const LooseLink *l, bool say) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < l->trips; i++) {
        const Trip *k = &l->trip[i];
        if (k->ended && (!k->in || k->over_there) && k->where != ON_THE_LINE) continue;
        n++;
        if (!say || n > 20) continue;
        const Passage *a = gate_find(l->t->side[k->giver].gate, k->out),
                      *b = k->in ? gate_find(l->t->side[!k->giver].gate, k->in) : NULL;
        print_message("of side %d: %s, mode %u, %s: %u %s there %u %s, where %d\n", k->giver, k->n.plate, k->n.mode,
                      k->n.country, k->out, a ? Place_names.names[a->place] : "-", k->in,
                      b ? Place_names.names[b->place] : "-", k->where);
    }
    return n;
}

// What people see, derived from movement and clearances; and the effects of an event.
#include "gate_internal.h"

static const char *place_step(const Passage *p) {
    static const char *const truck_out[PLACE_COUNT] = {
        [PLACE_DECLARED] = "DECLARED",   [PLACE_EN_ROUTE] = "EN_ROUTE",
        [PLACE_INLAND] = "HELD_INLAND",  [PLACE_CALLED] = "CALLED",
        [PLACE_YARD] = "GATE_IN",        [PLACE_LINE] = "LINED_UP",
        [PLACE_ABROAD] = "KM0_OUT",      [PLACE_WITH_PEER] = "PEER_RECEIVED",
        [PLACE_DELIVERED] = "DELIVERED", [PLACE_RETURNED] = "RETURNED",
        [PLACE_CLOSED] = "CLOSED",       [PLACE_TURNED_BACK] = "TURNED_BACK"};
    static const char *const truck_in[PLACE_COUNT] = {[PLACE_DECLARED] = "PRE_DECLARED",
                                                      [PLACE_APPROACHING] = "PEER_EXITED",
                                                      [PLACE_ENTERED] = "KM0_IN",
                                                      [PLACE_YARD] = "YARD_IN",
                                                      [PLACE_GOODS_IN_YARD] = "TRANSFERRED",
                                                      [PLACE_LEFT] = "YARD_OUT",
                                                      [PLACE_RETURNED] = "RETURNED",
                                                      [PLACE_CLOSED] = "CLOSED",
                                                      [PLACE_TURNED_BACK] = "TURNED_BACK"};
    static const char *const box[PLACE_COUNT] = {
        [PLACE_DECLARED] = "BOOKED",         [PLACE_APPROACHING] = "PEER_EXITED",
        [PLACE_ENTERED] = "KM0_IN",          [PLACE_YARD] = "GATE_IN",
        [PLACE_ON_VEHICLE] = "LIFTED_ON",    [PLACE_DISPATCHED] = "DISPATCHED",
        [PLACE_ABROAD] = "CROSSED",          [PLACE_PEER_GATE] = "PEER_GATE",
        [PLACE_LIFTED_OFF] = "LIFTED_OFF",   [PLACE_RECEIVED] = "RECEIVED",
        [PLACE_LEFT] = "YARD_OUT",           [PLACE_CLOSED] = "CLOSED",
        [PLACE_TURNED_BACK] = "TURNED_BACK", [PLACE_PEER_YARD] = "PEER_READY"};
    const char *s = (p->kind == KIND_TRUCK_EXPORT   ? truck_out
                     : p->kind == KIND_TRUCK_IMPORT ? truck_in
                                                    : box)[p->place];
    return s ? s : Place_names.names[p->place];
}
// The newest milestone: the place, or the clearance granted last after coming there.
Str gate_step(const Site *s, const Passage *p) {
    int64_t newest = p->place_since_ms;
    Str step = str_c(place_step(p));
    if (p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK) return step;
    for (uint32_t left = p->granted; left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        int64_t at = passage_time(p, p->decided_at[t]);
        if (t < s->tasks && at >= newest && s->task[t].step.n) newest = at, step = s->task[t].step;
    }
    return step;
}
Side gate_side(const Passage *p) {
    if (p->place == PLACE_TURNED_BACK) return SIDE_TURNED_BACK;
    if (p->place == PLACE_CLOSED) return SIDE_NONE;
    if (p->refused) return SIDE_REFUSED;
    if (p->incidents) return SIDE_INCIDENT;
    if (p->overstay) return SIDE_OVERSTAY;
    if (p->expired && before_border(p)) return SIDE_EXPIRED;
    if (p->held) return SIDE_HOLD;
    return p->rework ? SIDE_REWORK : SIDE_NONE;
}

static void add(Effect *ret, uint32_t *n, EffectKind kind, Str target, const char *what) {
    CK_ASSERT(*n < EFFECTS_MAX);
    ret[(*n)++] = (Effect){.kind = (uint8_t)kind, .target = target, .what = str_c(what)};
}
static void moved_effects(const Gate *g, const EvMoved *m, Effect *ret, uint32_t *n) {
    if (m->lane != DYN_NONE)
        add(ret, n, EFFECT_OPEN_BARRIER, g->site->lane[m->lane].id, Move_names.names[m->move]);
    else if (m->point == POINT_GATE_IN || m->point == POINT_YARD_IN || m->point == POINT_YARD_OUT)
        add(ret, n, EFFECT_OPEN_BARRIER, str_c(Point_names.names[m->point]), Move_names.names[m->move]);
    if (m->to == PLACE_ABROAD || m->to == PLACE_RETURNED || m->to == PLACE_GOODS_IN_YARD)
        add(ret, n, EFFECT_PEER_NOTICE, STR("peer"), Move_names.names[m->move]);
}
uint32_t gate_effects(const Gate *g, const Event *e, Effect ret[EFFECTS_MAX]) {
    uint32_t n = 0;
    if (e->kind == EV_MOVED) moved_effects(g, &e->u.moved, ret, &n);
    return n;
}

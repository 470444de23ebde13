// The mission of an unmanned vehicle for a box: assigned - picking - carrying - setting - done (job list > instruction
// > order, TIC 4.0). Where the box is stays the movement's business; a mission says which vehicle has it in hand, so
// that after a restart every vehicle and every box are found again.
#include "gate_internal.h"

static const uint8_t may_follow[MISSION_COUNT] = {
    [MISSION_NONE] = BIT(MISSION_ASSIGNED),
    [MISSION_ASSIGNED] = BIT(MISSION_PICKING) | BIT(MISSION_WITHDRAWN),
    // the crane cannot lift, or another place: it is sent there
    [MISSION_PICKING] = BIT(MISSION_CARRYING) | BIT(MISSION_ASSIGNED) | BIT(MISSION_WITHDRAWN),
    // the vehicle broke down with the box on it: the box is taken over
    [MISSION_CARRYING] = BIT(MISSION_SETTING) | BIT(MISSION_WITHDRAWN),
    // cannot set, place blocked: another place
    [MISSION_SETTING] = BIT(MISSION_DONE) | BIT(MISSION_CARRYING) | BIT(MISSION_WITHDRAWN),
    [MISSION_DONE] = BIT(MISSION_ASSIGNED), // back, or to another place
    [MISSION_WITHDRAWN] = BIT(MISSION_ASSIGNED)};

static Str needed(uint8_t now, Arena *a) {
    Buf b;
    buf_init(&b, 256);
    for (uint32_t left = may_follow[now]; left; left &= left - 1)
        buf_printf(&b, "%s%s", b.n ? ", " : "", Mission_names.names[__builtin_ctz(left)]);
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s;
}
void decide_mission(const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InMission *m = &in->u.mission;
    Str step = str_c(Mission_names.names[m->step]), vehicle = str_c(p->vehicle);
    if (p->kind != KIND_BOX_EXPORT && p->kind != KIND_BOX_IMPORT)
        find_add(&f, REFUSE_OUT_OF_ORDER, "", step, STR_EMPTY, str_c(Kind_names.names[p->kind]),
                 STR("an unmanned vehicle"), END);
    else if (!(may_follow[p->mission] & BIT(m->step)))
        find_add(&f, REFUSE_OUT_OF_ORDER, "/step", step, STR_EMPTY, str_c(Mission_names.names[p->mission]),
                 needed(p->mission, a), END);
    if (!m->vehicle.n || m->vehicle.n >= sizeof p->vehicle ||
        (m->step != MISSION_ASSIGNED && !str_eq(m->vehicle, vehicle)))
        find_add(&f, REFUSE_NOT_THIS_VEHICLE, "/vehicle", m->vehicle, STR_EMPTY, vehicle, END);
    bool back = m->step == MISSION_WITHDRAWN || (p->mission == MISSION_SETTING && m->step == MISSION_CARRYING) ||
                (p->mission == MISSION_PICKING && m->step == MISSION_ASSIGNED);
    if (back && !m->reason.n) find_add(&f, REFUSE_REASON_REQUIRED, "/reason", STR_EMPTY, STR_EMPTY, step, END);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_MISSION, p->no)->u.mission = *m;
}
void evolve_mission(Passage *p, const InMission *m) {
    CK_ASSERT(m->vehicle.n < sizeof p->vehicle);
    char name[sizeof p->vehicle] = {0}; // m may name the vehicle by p's own text
    memcpy(name, m->vehicle.p, m->vehicle.n);
    memcpy(p->vehicle, name, sizeof name);
    p->mission = m->step;
}

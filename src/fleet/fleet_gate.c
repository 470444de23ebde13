// Compares passages with jobs and makes them agree: one input, one answer or one job at a time.
#include "fleet_gate.h"

#define TOUCHED_MAX 256u
#define LOOK_MS     60000 // at least so often at all of them
#define KEEP_MS     60000 // a trip that is over stays for so long: its batch may yet be taken back
#define AT_HOME     255u
#define ACTS_MAX    24u // for one passage in one look

typedef struct {
    uint32_t passage, vehicle;
    uint8_t step; // FleetStep
    uint8_t at;   // owner of the ground where the last step was; AT_HOME: where it came from
    bool job;     // the fleet has it
    bool go, line, over, crane, lift;
    bool no_place;   // the lay-out has none that is fit for it: told once, on the passage
    uint32_t raised; // bits of Incident that the vehicle's alarms have raised
    int64_t over_ms; // when nothing was left to do; 0: there is
    char reason[64];
} Trip;
struct FleetGate {
    Fleet *fleet;
    const RouteMap *map;
    uint8_t road;
    bool closed;
    FleetGatePort port;
    Trip *trip;
    uint32_t trips, touched[TOUCHED_MAX], touched_n;
    bool all;
    int64_t look_ms;
    Arena arena;
    EventList list;
    FleetGateStats s;
};

FleetGate *fleet_gate_new(Fleet *f, const RouteMap *m, uint8_t road, FleetGatePort port) {
    FleetGate *l = calloc(1, sizeof *l);
    CK_ASSERT(l != NULL);
    l->fleet = f, l->map = m, l->road = road, l->port = port, l->all = true;
    l->trip = calloc(FLEET_JOBS_MAX, sizeof *l->trip);
    CK_ASSERT(l->trip != NULL);
    arena_init(&l->arena, 4u << 20);
    return l;
}
void fleet_gate_free(FleetGate *l) {
    if (!l) return;
    arena_deinit(&l->arena);
    free(l->trip), free(l);
}
static Trip *trip_of(FleetGate *l, uint32_t passage) {
    for (uint32_t i = 0; i < l->trips; i++)
        if (l->trip[i].passage == passage) return &l->trip[i];
    return NULL;
}
static Trip *trip_new(FleetGate *l, uint32_t passage) {
    if (l->trips == FLEET_JOBS_MAX) return NULL;
    Trip *t = &l->trip[l->trips++];
    *t = (Trip){.passage = passage, .vehicle = FLEET_NONE, .step = STEP_WAITING, .at = AT_HOME};
    return t;
}
void fleet_gate_touch(FleetGate *l, uint32_t passage) {
    for (uint32_t i = 0; i < l->touched_n; i++)
        if (l->touched[i] == passage) return;
    if (!passage || l->touched_n == TOUCHED_MAX)
        l->all = true;
    else
        l->touched[l->touched_n++] = passage;
}
void fleet_gate_event(FleetGate *l, const Event *e) {
    bool all = e->kind == EV_ROAD || e->kind == EV_LANE || e->kind == EV_SITE_ADOPTED || e->kind == EV_RULES_CHANGED ||
               e->kind == EV_EMBARGO || e->kind == EV_YARD;
    if (e->kind != EV_REFUSED && (e->passage || all)) fleet_gate_touch(l, e->passage);
}
void fleet_gate_heard(FleetGate *l, const FleetEvent *e) {
    Trip *t = e->job == FLEET_NONE ? NULL : trip_of(l, e->job);
    if (!t) return;
    if (e->kind == FLEET_EVENT_STEP) {
        t->step = e->step, t->vehicle = e->vehicle == FLEET_NONE ? t->vehicle : e->vehicle, t->over_ms = 0;
        bool known = e->node < l->map->nodes;
        if (known || e->step == STEP_WITHDRAWN) t->at = known ? l->map->node[e->node].owner : AT_HOME;
        if (e->step != STEP_PICKING && e->step != STEP_SETTING) t->crane = false;
        size_t n = MIN(e->reason.n, sizeof t->reason - 1);
        memcpy(t->reason, e->reason.p ? e->reason.p : "", n), t->reason[n] = 0;
    }
    t->go |= e->kind == FLEET_EVENT_ASK_GO, t->line |= e->kind == FLEET_EVENT_ASK_LINE;
    t->over |= e->kind == FLEET_EVENT_OVER;
    if (e->kind == FLEET_EVENT_CRANE) t->crane = true, t->lift = e->lift;
    fleet_gate_touch(l, e->job);
}

// ---- asking the gate
static bool would(FleetGate *l, const Gate *g, const Input *in) {
    arena_reset(&l->arena);
    l->list.n = 0;
    gate_decide(g, in, &l->arena, &l->list);
    return l->list.n && l->list.ev[l->list.n - 1].kind != EV_REFUSED;
}
static Input move_input(const FleetGate *l, const Trip *t, const Passage *p, Move m, int64_t now_ms) {
    static const Role usual[] = {ROLE_DEVICE, ROLE_PEER};
    const MovementRow *r = movement_find(p, m);
    Input in = {.t_ms = now_ms, .kind = IN_MOVE, .role = ROLE_DEVICE, .actor = STR("fleet"), .passage = p->no};
    for (size_t i = ARRAY_LEN(usual); r && i-- > 0;)
        if (r->roles & 1u << usual[i]) in.role = (uint8_t)usual[i];
    in.u.move = (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE};
    if (t->vehicle < fleet_vehicles(l->fleet)) {
        FleetView v;
        fleet_view(l->fleet, t->vehicle, &v);
        in.u.move.vehicle = v.name;
        if (v.node < l->map->nodes) in.u.move.position = l->map->node[v.node].id;
    }
    return in;
}
static bool may_move(FleetGate *l, const Gate *g, const Trip *t, const Passage *p, Move m, int64_t now_ms) {
    Input in = move_input(l, t, p, m, now_ms);
    return would(l, g, &in);
}
static bool submit(FleetGate *l, const Gate *g, Input *in) {
    if (!would(l, g, in)) return false;
    bool taken = l->port.submit(l->port.ctx, in);
    l->s.inputs++, l->s.refused += !taken;
    if (!taken) fleet_gate_touch(l, in->passage); // lost on its way: again at the next look
    return taken;
}

// ---- the mission on the passage follows the job's step
static Mission mission_of(FleetStep s) {
    static const uint8_t m[STEP_COUNT] = {
        [STEP_ASSIGNED] = MISSION_ASSIGNED, [STEP_PICKING] = MISSION_PICKING, [STEP_CARRYING] = MISSION_CARRYING,
        [STEP_SETTING] = MISSION_SETTING,   [STEP_DONE] = MISSION_DONE,       [STEP_WITHDRAWN] = MISSION_WITHDRAWN};
    return (Mission)m[s];
}
static bool in_hand(uint8_t mission) {
    return mission >= MISSION_ASSIGNED && mission <= MISSION_SETTING;
}
static Mission next_mission(const Passage *p, Mission want, Str vehicle) { // MISSION_NONE: it is as it should be
    bool same = str_eq_c(vehicle, p->vehicle);
    if (want == MISSION_WITHDRAWN) return in_hand(p->mission) ? MISSION_WITHDRAWN : MISSION_NONE;
    if (!in_hand(p->mission)) {
        bool done = want == MISSION_DONE && p->mission == MISSION_DONE;
        return done ? MISSION_NONE : MISSION_ASSIGNED;
    }
    if (!same) return MISSION_WITHDRAWN; // another vehicle has it now
    if (p->mission == want) return MISSION_NONE;
    if (p->mission < want) return (Mission)(p->mission + 1);
    bool back = p->mission == want + 1 && want != MISSION_PICKING;
    return back ? want : MISSION_WITHDRAWN;
}
static bool mission_input(const FleetGate *l, const Trip *t, const Passage *p, int64_t now_ms, Input *ret) {
    Mission want = mission_of(t->step == STEP_WAITING ? STEP_WITHDRAWN : (FleetStep)t->step);
    FleetView v = {.name = str_c(p->vehicle)};
    if (t->vehicle < fleet_vehicles(l->fleet)) fleet_view(l->fleet, t->vehicle, &v);
    Mission next = next_mission(p, want, v.name);
    if (next == MISSION_NONE) return false;
    *ret = (Input){.t_ms = now_ms, .kind = IN_MISSION, .role = ROLE_DEVICE, .actor = STR("fleet"), .passage = p->no};
    ret->u.mission = (InMission){.step = (uint8_t)next,
                                 .vehicle = next == MISSION_ASSIGNED ? v.name : str_c(p->vehicle),
                                 .reason = str_c(t->reason)};
    if (v.node < l->map->nodes) ret->u.mission.place = l->map->node[v.node].id;
    if (next <= p->mission || next == MISSION_WITHDRAWN)
        if (!t->reason[0]) ret->u.mission.reason = STR("the vehicle no longer has it in hand");
    return true;
}

// ---- the movement follows the vehicle
static bool put_back(const Trip *t) { // nobody carries it, or no longer
    return t->step == STEP_WITHDRAWN || t->step < STEP_CARRYING;
}
static Move next_move_out(const Trip *t, const Passage *p) {
    bool there = t->at == OWNER_PEER, back = put_back(t) && !there;
    bool set = t->step == STEP_DONE || (t->step == STEP_WITHDRAWN && there);
    bool beyond = set || (t->step == STEP_SETTING && there);
    switch ((int)p->place) {
    case PLACE_YARD: return (t->step >= STEP_CARRYING && t->step <= STEP_DONE) ? MOVE_LIFT_ON : MOVE_NONE;
    case PLACE_ON_VEHICLE: return back ? MOVE_LIFT_OFF : t->go || t->line || beyond ? MOVE_DISPATCH : MOVE_NONE;
    case PLACE_DISPATCHED: return back ? MOVE_RECALL : t->line || beyond ? MOVE_CROSS_OUT : MOVE_NONE;
    case PLACE_ABROAD: return t->over || beyond ? MOVE_PEER_GATE : MOVE_NONE;
    case PLACE_PEER_GATE: return set ? MOVE_LIFT_OFF : MOVE_NONE;
    default: return MOVE_NONE;
    }
}
static Move next_move_in(const Trip *t, const Passage *p) {
    bool here = t->at == OWNER_OWN, set = t->step == STEP_DONE, beyond = set || (t->step == STEP_SETTING && here);
    switch ((int)p->place) {
    case PLACE_PEER_YARD: return t->go || t->line || beyond ? MOVE_PEER_EXIT : MOVE_NONE;
    case PLACE_APPROACHING: return put_back(t) && !here ? MOVE_RECALL : t->line || beyond ? MOVE_ENTER : MOVE_NONE;
    case PLACE_ENTERED: return set ? MOVE_LIFT_OFF : MOVE_NONE;
    default: return MOVE_NONE;
    }
}
static bool away(const Passage *p) { // has left the crane with the gate's leave
    uint32_t out = 1u << PLACE_DISPATCHED | 1u << PLACE_ABROAD | 1u << PLACE_PEER_GATE,
             in = 1u << PLACE_APPROACHING | 1u << PLACE_ENTERED;
    return (1u << p->place) & (p->kind == KIND_BOX_EXPORT ? out : in);
}
static bool across(const Passage *p) {
    uint32_t out = 1u << PLACE_ABROAD | 1u << PLACE_PEER_GATE, in = 1u << PLACE_ENTERED;
    return (1u << p->place) & (p->kind == KIND_BOX_EXPORT ? out : in);
}
// It leaves the yard only when it would be let over the line: before the line there may be no way back, and whoever
// waits there is in the way of others.
static bool line_open(FleetGate *l, const Gate *g, const Trip *t, const Passage *p, int64_t now_ms) {
    return across(p) || may_move(l, g, t, p, p->kind == KIND_BOX_EXPORT ? MOVE_CROSS_OUT : MOVE_ENTER, now_ms);
}
static void answer(FleetGate *l, const Gate *g, Trip *t, const Passage *p, int64_t now_ms) {
    if (t->go && away(p) && line_open(l, g, t, p, now_ms)) t->go = false, fleet_go(l->fleet, t->passage);
    if (t->line && across(p)) t->line = false, fleet_go(l->fleet, t->passage), fleet_cross(l->fleet, t->passage);
}

// ---- the vehicle's troubles are the passage's
static uint32_t incidents_of(const FleetView *v) {
    uint32_t a = v->alarms, fatal = 1u << FLEET_ALARM_FATAL | 1u << FLEET_ALARM_ESTOP;
    return (a & 1u << FLEET_ALARM_LOST ? 1u << INCIDENT_COMMS_LOST : 0) | (a & fatal ? 1u << INCIDENT_SAFE_STOP : 0);
}
static bool incident_input(FleetGate *l, Trip *t, const Passage *p, int64_t now_ms, Input *ret) {
    FleetView v = {0};
    bool held = t->vehicle < fleet_vehicles(l->fleet) && t->step > STEP_WAITING && t->step < STEP_DONE;
    if (held) fleet_view(l->fleet, t->vehicle, &v);
    uint32_t now = held ? incidents_of(&v) : 0, come = now & ~p->incidents, gone = t->raised & ~now & p->incidents;
    t->raised |= now;
    uint32_t one = come ? come : gone;
    if (!one) return false;
    *ret = (Input){.t_ms = now_ms, .kind = IN_INCIDENT, .role = ROLE_DEVICE, .actor = STR("fleet"), .passage = p->no};
    ret->u.incident = (InIncident){.incident = (uint8_t)__builtin_ctz(one),
                                   .clear = !come,
                                   .reason = come ? STR("the vehicle that carries it says so")
                                                  : STR("the vehicle that carries it is well again")};
    return true;
}

// ---- jobs
static uint32_t urgency(const Gate *g, const Passage *p) { // by the bonus that the site gives in its queue
    const QueueBonus *b = gate_site(g)->params->bonuses.items;
    uint32_t most = 0;
    for (uint32_t i = 0; i < gate_site(g)->params->bonuses.n; i++)
        if (p->attrs & 1u << b[i].attr) most = MAX(most, b[i].minutes);
    return 1 + most;
}
static bool wanted(FleetGate *l, const Gate *g, const Trip *t, const Passage *p, int64_t now_ms) {
    bool lifted = p->mission == MISSION_CARRYING || p->mission == MISSION_SETTING;
    if (lifted) return t->job;
    if (p->kind == KIND_BOX_EXPORT) return p->place == PLACE_YARD && may_move(l, g, t, p, MOVE_LIFT_ON, now_ms);
    return p->place == PLACE_PEER_YARD && !p->incidents && !p->refused && gate_road(g, p->road).open &&
           !gate_missing(gate_site(g), gate_procedure_of(g, p), p, POINT_KM0_IN);
}
static FleetJob job_of(const Gate *g, const Passage *p) {
    return (FleetJob){.id = p->no,
                      .from = p->kind == KIND_BOX_EXPORT ? OWNER_OWN : OWNER_PEER,
                      .priority = urgency(g, p),
                      .deadline_ms = p->valid_until_ms,
                      .fit = (p->attrs & 1u << ATTR_REEFER ? 1u << FIT_REEFER : 0) |
                             (p->attrs & 1u << ATTR_DANGEROUS ? 1u << FIT_DANGEROUS : 0)};
}
static void ask_job(FleetGate *l, const Gate *g, Trip *t, const Passage *p, int64_t now_ms) {
    FleetJob j = job_of(g, p);
    FleetRefusal r = fleet_job(l->fleet, &j, now_ms);
    if (r == FLEET_REFUSE_NO_PLACE && j.fit == 1u << FIT_REEFER) // better without a plug than not at all
        j.fit = 0, r = fleet_job(l->fleet, &j, now_ms);
    if (r == FLEET_REFUSE_NO_PLACE && !t->no_place) {
        Input in = {.t_ms = now_ms, .kind = IN_INCIDENT, .role = ROLE_DEVICE, .actor = STR("fleet"), .passage = p->no};
        in.u.incident = (InIncident){
            .incident = INCIDENT_HOLD,
            .reason = STR("no crane place of the unmanned lay-out is fit for these goods: they must go by truck")};
        t->no_place = submit(l, g, &in);
        l->s.no_place += t->no_place;
    }
    if (r != FLEET_OK) return;
    l->s.asked++;
    t->job = true, t->step = STEP_WAITING, t->vehicle = FLEET_NONE, t->over_ms = 0;
    t->go = t->line = t->over = t->crane = false;
}
static void begin_crane(FleetGate *l, const Gate *g, Trip *t, const Passage *p, int64_t now_ms) {
    bool out = p->kind == KIND_BOX_EXPORT, ours = t->lift == out;
    Move m = t->lift ? MOVE_LIFT_ON : MOVE_LIFT_OFF;
    if (ours && t->at == OWNER_OWN && !may_move(l, g, t, p, m, now_ms)) {
        if (!t->lift) return; // no room in the yard, or a hold: it waits under the crane
        t->crane = false;
        fleet_crane(l->fleet, t->passage, CRANE_CANNOT_LIFT, now_ms);
        return;
    }
    t->crane = false;
    l->port.crane(l->port.ctx, t->passage, t->vehicle, t->lift);
}
// What the gate took back is not fetched, and what was refused is brought back.
static void take_back(FleetGate *l, const Gate *g, Trip *t, const Passage *p, int64_t now_ms) {
    bool lifted = t->step == STEP_CARRYING || t->step == STEP_SETTING;
    if (!t->job || t->step >= STEP_DONE) return;
    if (!lifted && t->step != STEP_PICKING && !wanted(l, g, t, p, now_ms))
        (void)fleet_withdraw(l->fleet, t->passage, STR("the gate takes its leave back"), now_ms);
    else if (lifted && p->refused && !across(p))
        (void)fleet_withdraw(l->fleet, t->passage, STR("refused by an agency"), now_ms);
}

// ---- one look
// The vehicle's last box is not yet out of its hand by the journal: that comes first.
static bool hand_full(FleetGate *l, const Gate *g, const Trip *t, const Passage *p) {
    for (uint32_t i = 0; i < l->trips; i++) {
        const Trip *o = &l->trip[i];
        const Passage *q = o == t || o->vehicle != t->vehicle ? NULL : gate_find(g, o->passage);
        if (!q || !in_hand(q->mission) || in_hand(p->mission) || o->vehicle == FLEET_NONE) continue;
        FleetView v;
        fleet_view(l->fleet, o->vehicle, &v);
        if (!str_eq_c(v.name, q->vehicle)) continue;
        fleet_gate_touch(l, o->passage), fleet_gate_touch(l, t->passage);
        return true;
    }
    return false;
}
typedef enum { LOOK_AGREED, LOOK_AGAIN, LOOK_WAITS } Look;
static Look act(FleetGate *l, const Gate *g, Trip *t, const Passage *p, int64_t now_ms) {
    Input in;
    bool first = incident_input(l, t, p, now_ms, &in);
    if (!first && mission_input(l, t, p, now_ms, &in)) {
        if (in.u.mission.step == MISSION_ASSIGNED && hand_full(l, g, t, p)) return LOOK_WAITS;
        first = true;
    }
    if (!first) {
        Move m = p->kind == KIND_BOX_EXPORT ? next_move_out(t, p) : next_move_in(t, p);
        if (!m) return LOOK_AGREED;
        in = move_input(l, t, p, m, now_ms);
    }
    return submit(l, g, &in) ? LOOK_AGAIN : LOOK_WAITS;
}
static bool ours(const FleetGate *l, const Passage *p) {
    return p && p->road == l->road && (p->kind == KIND_BOX_EXPORT || p->kind == KIND_BOX_IMPORT);
}
static bool over(const Passage *p) {
    return p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK;
}
static void look(FleetGate *l, const Gate *g, uint32_t passage, int64_t now_ms) {
    const Passage *p = gate_find(g, passage);
    if (!ours(l, p)) return; // most are trucks
    Trip *t = trip_of(l, passage), fresh = {.passage = passage, .vehicle = FLEET_NONE, .at = AT_HOME};
    if (over(p)) {
        if (t && t->job && t->step < STEP_DONE)
            (void)fleet_withdraw(l->fleet, passage, STR("the passage has ended"), now_ms);
        if (t) t->over_ms = now_ms;
        return;
    }
    if (!t && !wanted(l, g, &fresh, p, now_ms)) return;
    if (!t) t = trip_new(l, passage);
    if (!t) return; // too many at once: at one of the next looks
    if (t->step == STEP_WITHDRAWN && fleet_step_of(l->fleet, passage) == STEP_WAITING) t->step = STEP_WAITING;
    Look now = LOOK_AGAIN;
    for (uint32_t i = 0; i < ACTS_MAX && now == LOOK_AGAIN; i++)
        now = act(l, g, t, p, now_ms), answer(l, g, t, p, now_ms);
    if (t->crane && p->mission == mission_of((FleetStep)t->step)) begin_crane(l, g, t, p, now_ms);
    take_back(l, g, t, p, now_ms);
    if (t->step >= STEP_DONE) t->job = t->job && fleet_step_of(l->fleet, passage) != STEP_COUNT;
    if (!t->job && !in_hand(p->mission) && wanted(l, g, t, p, now_ms)) ask_job(l, g, t, p, now_ms);
    t->over_ms = t->job || now != LOOK_AGREED ? 0 : t->over_ms ? t->over_ms : now_ms;
}
static void forget(FleetGate *l, const Gate *g, int64_t now_ms) {
    for (uint32_t i = 0; i < l->trips; i++) {
        const Trip *t = &l->trip[i];
        const Passage *p = gate_find(g, t->passage);
        if (!t->over_ms || now_ms - t->over_ms < KEEP_MS || (p && in_hand(p->mission))) continue;
        l->trip[i--] = l->trip[--l->trips];
    }
}
static void close_line(FleetGate *l, bool closed) { // who is on the border stretch clears it
    if (l->closed == closed) return;
    l->closed = closed;
    for (uint32_t z = 0; z < l->map->zones; z++)
        if (l->map->zone[z].owner == OWNER_LINE) fleet_close_zone(l->fleet, z, closed);
}
void fleet_gate_run(FleetGate *l, const Gate *g, int64_t now_ms) {
    close_line(l, !gate_road(g, l->road).open);
    if (l->all || now_ms - l->look_ms >= LOOK_MS) {
        const Passage *p;
        l->all = false, l->touched_n = 0, l->look_ms = now_ms;
        for (uint32_t at = gate_passages(g, 0, &p); p; at = gate_passages(g, at, &p)) look(l, g, p->no, now_ms);
        for (uint32_t i = 0; i < l->trips; i++) look(l, g, l->trip[i].passage, now_ms); // those just closed, too
        forget(l, g, now_ms);
    }
    // what the inputs of one look touch is looked at in the next
    uint32_t n = l->touched_n, list[TOUCHED_MAX];
    memcpy(list, l->touched, n * sizeof *list);
    l->touched_n = 0;
    for (uint32_t i = 0; i < n; i++) look(l, g, list[i], now_ms);
}
// Nobody has it in hand any more, and yet it is not where it was set down: that much was not yet said.
static void adopt_rest(FleetGate *l, const Passage *p) {
    bool done = p->mission == MISSION_DONE, back = p->mission == MISSION_WITHDRAWN, beyond = p->place == PLACE_ABROAD;
    uint32_t under_way = 1u << PLACE_ON_VEHICLE | 1u << PLACE_DISPATCHED | 1u << PLACE_ABROAD | 1u << PLACE_PEER_GATE |
                         1u << PLACE_APPROACHING | 1u << PLACE_ENTERED;
    Trip *t = (done || back) && (under_way & 1u << p->place) ? trip_new(l, p->no) : NULL;
    if (!t) return;
    t->step = done ? STEP_DONE : STEP_WITHDRAWN;
    if (beyond || p->place == PLACE_PEER_GATE) t->at = OWNER_PEER;
}
void fleet_gate_adopt(FleetGate *l, const Gate *g, int64_t now_ms) {
    static const uint8_t step[MISSION_COUNT] = {[MISSION_ASSIGNED] = STEP_ASSIGNED,
                                                [MISSION_PICKING] = STEP_PICKING,
                                                [MISSION_CARRYING] = STEP_CARRYING,
                                                [MISSION_SETTING] = STEP_SETTING};
    const Passage *p;
    for (uint32_t at = gate_passages(g, 0, &p); p; at = gate_passages(g, at, &p)) {
        if (!ours(l, p)) continue;
        if (!in_hand(p->mission)) {
            adopt_rest(l, p);
            continue;
        }
        uint32_t v = fleet_named(l->fleet, str_c(p->vehicle));
        if (v == FLEET_NONE && p->mission >= MISSION_CARRYING) continue; // on one that the site no longer has: people
        Trip *t = trip_new(l, p->no);
        if (!t) return;
        FleetJob j = job_of(g, p);
        FleetStep s = v == FLEET_NONE ? STEP_WAITING : (FleetStep)step[p->mission];
        FleetRefusal r = fleet_job_again(l->fleet, &j, v, s, now_ms);
        if (r == FLEET_REFUSE_NO_PLACE) j.fit = 0, r = fleet_job_again(l->fleet, &j, v, s, now_ms);
        t->job = r == FLEET_OK, t->vehicle = v, t->step = (uint8_t)fleet_step_of(l->fleet, p->no);
        if (t->step == STEP_COUNT) t->step = STEP_WAITING;
    }
}
void fleet_gate_stats(const FleetGate *l, FleetGateStats *ret) {
    *ret = l->s;
    ret->trips = l->trips;
}

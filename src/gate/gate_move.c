// Movement: one table a kind. A row over a gate point asks for the clearances that the procedure names for it.
#include "gate_internal.h"

enum { ANY, HOME, FOREIGN, GOES_ABROAD, STAYS_HOME, FOREIGN_HANDED };
const MovementRow movement_rows[] = {
#define MOVEMENT(kind, from, move, to, point, condition, roles) {kind, from, move, to, point, condition, roles},
#include "gate_movement.def"
#undef MOVEMENT
};
const uint32_t movement_rows_n = ARRAY_LEN(movement_rows);
enum { // rows of each kind; they stand together, in the order of the kinds
#define MOVEMENT(kind, ...) +(kind == KIND_TRUCK_EXPORT)
    EXPORTS = 0
#include "gate_movement.def"
    ,
#undef MOVEMENT
#define MOVEMENT(kind, ...) +(kind == KIND_TRUCK_IMPORT)
    IMPORTS = 0
#include "gate_movement.def"
    ,
#undef MOVEMENT
#define MOVEMENT(kind, ...) +(kind == KIND_BOX_EXPORT)
    BOX_EXPORTS = 0
#include "gate_movement.def"
#undef MOVEMENT
};
static const uint32_t rows_from[KIND_COUNT] = {[KIND_TRUCK_IMPORT] = EXPORTS,
                                               [KIND_BOX_EXPORT] = EXPORTS + IMPORTS,
                                               [KIND_BOX_IMPORT] = EXPORTS + IMPORTS + BOX_EXPORTS};

static bool condition_holds(uint8_t condition, const Passage *p) {
    bool abroad = !p->foreign && p->mode != MODE_TRANSHIPMENT;
    bool handed = p->mode == MODE_TRANSHIPMENT || p->mode == MODE_SWAP;
    switch (condition) {
    case HOME: return !p->foreign;
    case FOREIGN: return p->foreign;
    case GOES_ABROAD: return abroad;
    case STAYS_HOME: return !abroad;
    case FOREIGN_HANDED: return p->foreign && handed;
    default: return true;
    }
}
const MovementRow *movement_find(const Passage *p, Move move) {
    for (uint32_t i = rows_from[p->kind]; i < movement_rows_n && movement_rows[i].kind == p->kind; i++) {
        const MovementRow *r = &movement_rows[i];
        if (r->move == move && r->from == p->place && condition_holds(r->condition, p)) return r;
    }
    return NULL;
}
uint32_t gate_missing(const Site *s, const CompiledProcedure *pr, const Passage *p, Point point) {
    (void)s;
    return pr ? pr->needs[point] & p->needed & ~p->granted : 0;
}

static Str moves_from(const Passage *p, Arena *a) {
    Buf b;
    buf_init(&b, 400);
    for (uint32_t i = 0; i < movement_rows_n; i++) {
        const MovementRow *r = &movement_rows[i];
        if (r->kind == p->kind && r->from == p->place && condition_holds(r->condition, p))
            buf_printf(&b, "%s%s", b.n ? ", " : "", Move_names.names[r->move]);
    }
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s;
}
static const char *task_state(const Passage *p, uint32_t task) {
    uint32_t bit = BIT(task);
    return p->refused & bit  ? "refused"
           : p->held & bit   ? "held"
           : p->rework & bit ? "rework"
           : p->open & bit   ? "open"
                             : "waiting";
}
static void check_clearances(const Gate *g, const Passage *p, Point point, Findings *f) {
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    if (!pr) find_add(f, REFUSE_NO_PROCEDURE, "", STR_EMPTY, STR_EMPTY, str_c(Kind_names.names[p->kind]), END);
    for (uint32_t left = gate_missing(g->site, pr, p, point); left; left &= left - 1) {
        uint32_t t = (uint32_t)__builtin_ctz(left);
        const SiteTask *st = &g->site->task[t];
        Str basis = pr->task[t].used ? pr->task[t].src->basis : pr->point_basis[point];
        find_add(f, REFUSE_CLEARANCE_MISSING, "/move", st->id, basis, st->id, str_c(Role_names.names[st->agency]),
                 str_c(task_state(p, t)), str_c(Point_names.names[point]), END);
    }
}
static void check_identity(const Passage *p, const InMove *m, Findings *f) {
    if (m->plate.n) {
        bool known = key_of(KEY_PLATE, m->plate) == p->keys[PK_PLATE] ||
                     key_of(KEY_TRAILER, m->plate) == p->keys[PK_TRAILER] ||
                     key_of(KEY_TRANSFER, m->plate) == p->keys[PK_TRANSFER];
        if (!known) find_add(f, REFUSE_PLATE_MISMATCH, "/plate", STR("identity"), STR_EMPTY, m->plate, END);
    }
    if (m->seal.n && p->seals_n) {
        bool known = false;
        for (int i = 0; i < p->seals_n; i++) known |= key_of(KEY_SEAL, m->seal) == p->seals[i];
        if (!known) find_add(f, REFUSE_SEAL_MISMATCH, "/seal", STR("identity"), STR("ISO 17712"), m->seal, END);
    }
}

// ---- lanes and yards: given out by small policies
static bool lane_fits(const Gate *g, const Passage *p, uint8_t lane, LaneWay way) {
    bool unmanned = p->kind == KIND_BOX_EXPORT || p->kind == KIND_BOX_IMPORT;
    return g->site->lane_road[lane] == p->road && g->s.lane[lane].way == way &&
           g->site->lane[lane].kind == (unmanned ? LANE_UNMANNED : LANE_TRUCK);
}
static uint8_t lane_pick(const Gate *g, const Passage *p, LaneWay way) { // the open lane with the fewest vehicles
    uint8_t best = DYN_NONE;
    for (uint8_t l = 0; l < g->site->lanes; l++)
        if (g->s.lane[l].open && lane_fits(g, p, l, way) && g->s.lane[l].occupied < LANE_VEHICLES_MAX &&
            (best == DYN_NONE || g->s.lane[l].occupied < g->s.lane[best].occupied))
            best = l;
    return best;
}
static uint8_t lane_for(const Gate *g, const Passage *p, const InMove *m, const MovementRow *r, Findings *f) {
    bool back_out =
        r->point == POINT_KM0_BACK && p->direction == DIRECTION_IMPORT; // a foreign truck goes home by a lane out
    LaneWay way = r->point == POINT_LINE || r->point == POINT_KM0_OUT || back_out ? LANE_WAY_OUT : LANE_WAY_IN;
    uint8_t lane = m->lane != DYN_NONE ? m->lane : r->point == POINT_KM0_OUT ? p->lane : DYN_NONE;
    if (lane == DYN_NONE) {
        lane = lane_pick(g, p, way);
        if (lane == DYN_NONE)
            find_add(f, REFUSE_NO_LANE, "/lane", g->site->road[p->road].id, STR_EMPTY, g->site->road[p->road].id,
                     str_c(LaneWay_names.names[way]), END);
        return lane;
    }
    if (lane >= g->site->lanes) {
        find_add(f, REFUSE_LANE_UNKNOWN, "/lane", STR_EMPTY, STR_EMPTY, END);
        return DYN_NONE;
    }
    Str id = g->site->lane[lane].id;
    if (!lane_fits(g, p, lane, way))
        find_add(f, REFUSE_LANE_WRONG_WAY, "/lane", id, STR_EMPTY, id, END);
    else if (!g->s.lane[lane].open)
        find_add(f, REFUSE_LANE_CLOSED, "/lane", id, STR_EMPTY, id, str_c(Cause_names.names[g->s.lane[lane].cause]),
                 END);
    else if (lane != p->lane && g->s.lane[lane].occupied >= LANE_VEHICLES_MAX)
        find_add(f, REFUSE_LANE_OCCUPIED, "/lane", id, STR_EMPTY, id, text_int(f->a, g->s.lane[lane].occupied), END);
    return lane;
}
static bool yard_has_room(const Gate *g, const Passage *p, uint8_t y) {
    return g->site->yard_road[y] == p->road && g->s.yard[y].used < g->s.yard[y].places;
}
// Dangerous goods only in their own yard; reefers want a plug; all others go to standard places.
static uint8_t yard_pick(const Gate *g, const Passage *p) {
    YardKind want = p->attrs & BIT(ATTR_DANGEROUS) ? YARD_DANGEROUS
                    : p->attrs & BIT(ATTR_REEFER)  ? YARD_REEFER
                                                   : YARD_STANDARD;
    uint8_t best = DYN_NONE;
    for (uint8_t y = 0; y < g->site->yards; y++) {
        if (!yard_has_room(g, p, y) || g->site->yard[y].kind != want) continue;
        uint32_t room = g->s.yard[y].places - g->s.yard[y].used;
        if (best == DYN_NONE || room > g->s.yard[best].places - g->s.yard[best].used) best = y;
    }
    for (uint8_t y = 0; best == DYN_NONE && want == YARD_REEFER && y < g->site->yards; y++)
        if (yard_has_room(g, p, y) && g->site->yard[y].kind == YARD_STANDARD)
            best = y; // better without a plug than outside
    return best;
}
static bool wants_yard(const MovementRow *r, const Passage *p) {
    return r->to == PLACE_YARD && p->yard == DYN_NONE;
}
static uint8_t yard_for(const Gate *g, const Passage *p, const InMove *m, Findings *f) {
    uint8_t y = m->yard != DYN_NONE ? m->yard : yard_pick(g, p);
    if (m->yard != DYN_NONE && m->yard >= g->site->yards) {
        find_add(f, REFUSE_YARD_UNKNOWN, "/yard", STR_EMPTY, STR_EMPTY, END);
        return DYN_NONE;
    }
    if (y == DYN_NONE || !yard_has_room(g, p, y))
        find_add(f, REFUSE_YARD_FULL, "/yard", y == DYN_NONE ? STR("yards") : g->site->yard[y].id, STR_EMPTY, END);
    return y;
}

static bool uses_lane(Point pt) {
    return pt == POINT_LINE || pt == POINT_KM0_OUT || pt == POINT_KM0_IN || pt == POINT_KM0_BACK;
}
static void check_forward(const Gate *g, const Passage *p, const MovementRow *r, int64_t t_ms, Findings *f) {
    if (r->point == POINT_NONE) return;
    if (p->refused) find_add(f, REFUSE_PASSAGE_REFUSED, "", STR_EMPTY, STR_EMPTY, END);
    for (uint32_t left = p->incidents; left; left &= left - 1)
        find_add(f, REFUSE_INCIDENT_OPEN, "", str_c(Incident_names.names[__builtin_ctz(left)]), STR_EMPTY,
                 str_c(Incident_names.names[__builtin_ctz(left)]), END);
    if ((p->expired || p->valid_until_ms <= t_ms) && before_border(p)) // also when the tick that says so is late
        find_add(f, REFUSE_DECLARATION_EXPIRED, "", STR("validity"), g->site->params->validity_basis,
                 text_time(f->a, p->valid_until_ms), END);
    if (!g->s.road[p->road].open && r->point != POINT_CLOSE)
        find_add(f, REFUSE_ROAD_CLOSED, "", g->site->road[p->road].id, STR_EMPTY, g->site->road[p->road].id,
                 str_c(Cause_names.names[g->s.road[p->road].cause]), END);
    check_clearances(g, p, (Point)r->point, f);
}
void decide_move(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InMove *m = &in->u.move;
    const MovementRow *r = movement_find(p, (Move)m->move);
    if (!r) {
        find_add(&f, REFUSE_OUT_OF_ORDER, "/move", str_c(Place_names.names[p->place]), STR_EMPTY,
                 str_c(Place_names.names[p->place]), str_c(Move_names.names[m->move]), moves_from(p, a), END);
        refuse_all(&f, in, out);
        return;
    }
    if (!(r->roles & BIT(in->role)))
        find_add(&f, REFUSE_WRONG_ROLE, "", str_c(Move_names.names[m->move]), STR_EMPTY,
                 str_c(Role_names.names[in->role]), STR_EMPTY, str_c(Move_names.names[m->move]), END);
    uint8_t lane = DYN_NONE, yard = DYN_NONE;
    if (m->move == MOVE_TURN_BACK || (m->move == MOVE_CALL && in->role != ROLE_SYSTEM)) {
        if (!m->reason.n)
            find_add(&f, REFUSE_REASON_REQUIRED, "/reason", STR_EMPTY, STR_EMPTY, str_c(Move_names.names[m->move]),
                     END);
    }
    if (m->move != MOVE_TURN_BACK) {
        check_forward(g, p, r, in->t_ms, &f);
        check_identity(p, m, &f);
        if (uses_lane((Point)r->point)) lane = lane_for(g, p, m, r, &f);
        if (wants_yard(r, p)) yard = yard_for(g, p, m, &f);
    }
    if (refuse_all(&f, in, out)) return;
    const CompiledProcedure *pr = gate_procedure_of(g, p);
    event_add(out, in, EV_MOVED, p->no)->u.moved =
        (EvMoved){.move = r->move,
                  .from = r->from,
                  .to = r->to,
                  .point = r->point,
                  .lane = lane,
                  .yard = yard,
                  .since = p->place_since_ms,
                  .plate = m->plate,
                  .seal = m->seal,
                  .vehicle = m->vehicle,
                  .position = m->position,
                  .reason = m->reason,
                  .evidence = m->evidence,
                  .basis = pr && r->point ? pr->point_basis[r->point] : STR_EMPTY};
    bool queues = r->to == PLACE_INLAND;
    if (queues) {
        Event *e = event_add(out, in, EV_QUEUED, p->no);
        e->u.queued = queue_reckon(g, p, in->t_ms, p->slot_ms, m->move == MOVE_CALL_LAPSE ? 0 : p->queue_shift_ms);
    }
}

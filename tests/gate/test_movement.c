// The whole of movement, written down a second time and compared cell by cell: kind x place x move x condition of the
// vehicle x role.
#include "gate_fixture.h"

// kind; from > move > to [at gate point] [for vehicles]; roles. E export truck, I import truck, B box out, C box in
// (unmanned). Vehicles: * any, h home, f foreign, a goes abroad and comes back, s stays, x foreign and its goods go on
// by another vehicle. Roles: d driver t trader b board y yard v device g guard c customs p peer z system n centre
static const char *const listing[] = {
    "E declared depart en_route - * dtbv",
    "E declared arrive_inland inland - * yvbd",
    "E en_route arrive_inland inland - * yvbd",
    "E inland call called call * zb",
    "E called call_lapse inland - * zb",
    "E called gate_in yard gate_in * yvb",
    "E yard line_up line line * yvb",
    "E line line_back yard - * yvbg",
    "E line cross_out abroad km0_out * gv",
    "E abroad peer_receive with_peer - * p",
    "E abroad peer_return yard - * gvp",
    "E with_peer deliver delivered - * p",
    "E with_peer return returned km0_back a gv",
    "E delivered return returned km0_back a gv",
    "E delivered close closed close s zb",
    "E returned close closed close * zb",
    "E declared turn_back turned_back - * bgcnt",
    "E en_route turn_back turned_back - * bgcnt",
    "E inland turn_back turned_back - * bgcnt",
    "E called turn_back turned_back - * bgcnt",
    "E yard turn_back turned_back - * bgcn",
    "I declared peer_exit approaching - * p",
    "I declared enter entered km0_in * gv",
    "I approaching enter entered km0_in * gv",
    "I entered yard_in yard yard_in * yvb",
    "I yard yard_out left yard_out * yvc",
    "I yard return goods_in_yard km0_back x gv",
    "I goods_in_yard yard_out returned yard_out * yvc",
    "I left return returned km0_back f gv",
    "I left close closed close h zb",
    "I returned close closed close * zb",
    "I declared turn_back turned_back - * bgcnt",
    "I approaching turn_back turned_back - * bgcnp",
    "I entered turn_back turned_back - * bgcn",
    "I yard turn_back turned_back - * bgcn",
    "B declared gate_in yard gate_in * yvb",
    "B yard lift_on on_vehicle lift_on * yvn",
    "B on_vehicle lift_off yard - * yvn",
    "B on_vehicle dispatch dispatched dispatch * yvn",
    "B dispatched recall on_vehicle - * yvn",
    "B dispatched cross_out abroad km0_out * gv",
    "B abroad peer_gate peer_gate - * p",
    "B abroad peer_return on_vehicle - * gvp",
    "B peer_gate lift_off lifted_off - * p",
    "B lifted_off peer_receive received - * p",
    "B received close closed close * zb",
    "B declared turn_back turned_back - * bgcnt",
    "B yard turn_back turned_back - * bgcn",
    "C declared peer_ready peer_yard - * p",
    "C peer_yard peer_exit approaching - * p",
    "C approaching recall peer_yard - * yvnp",
    "C peer_yard turn_back turned_back - * bgcntp",
    "C declared peer_exit approaching - * p",
    "C approaching enter entered km0_in * gv",
    "C entered lift_off yard yard_in * yvn",
    "C yard yard_out left yard_out * yvc",
    "C left close closed close * zb",
    "C declared turn_back turned_back - * bgcnt",
    "C approaching turn_back turned_back - * bgcnp",
    "C entered turn_back turned_back - * bgcn",
    "C yard turn_back turned_back - * bgcn",
};
typedef struct {
    uint8_t kind, from, move, to, point;
    char vehicles;
    uint32_t roles;
} Listed;
static Listed rows[ARRAY_LEN(listing)];

static uint8_t named(const Names *names, const char *text) {
    for (uint32_t i = 0; i < names->n; i++)
        if (strcmp(names->names[i], text) == 0) return (uint8_t)i;
    fail_msg("no such name: %s", text);
    return 0;
}
static void read_listing(void) {
    static const struct {
        char c;
        Role role;
    } letters[] = {{'d', ROLE_DRIVER}, {'t', ROLE_TRADER},  {'b', ROLE_BOARD}, {'y', ROLE_YARD},   {'v', ROLE_DEVICE},
                   {'g', ROLE_GUARD},  {'c', ROLE_CUSTOMS}, {'p', ROLE_PEER},  {'z', ROLE_SYSTEM}, {'n', ROLE_CENTRE}};
    for (size_t i = 0; i < ARRAY_LEN(listing); i++) {
        char kind, from[24], move[24], to[24], point[24], vehicles, roles[16];
        assert_int_equal(
            sscanf(listing[i], "%c %23s %23s %23s %23s %c %15s", &kind, from, move, to, point, &vehicles, roles), 7);
        rows[i] = (Listed){.kind = (uint8_t)(strchr("EIBC", kind) - "EIBC"),
                           .from = named(&Place_names, from),
                           .move = named(&Move_names, move),
                           .to = named(&Place_names, to),
                           .point = point[0] == '-' ? 0 : named(&Point_names, point),
                           .vehicles = vehicles};
        for (size_t k = 0; k < ARRAY_LEN(letters); k++)
            if (strchr(roles, letters[k].c)) rows[i].roles |= BIT(letters[k].role);
    }
}
static bool vehicle_fits(char c, bool foreign, uint8_t mode) {
    bool handed = mode == MODE_TRANSHIPMENT || mode == MODE_SWAP, abroad = !foreign && mode != MODE_TRANSHIPMENT;
    return c == '*' || (c == 'h' && !foreign) || (c == 'f' && foreign) || (c == 'a' && abroad) ||
           (c == 's' && !abroad) || (c == 'x' && foreign && handed);
}
static const Listed *expected(const Passage *p, uint8_t move) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].kind == p->kind && rows[i].from == p->place && rows[i].move == move &&
            vehicle_fits(rows[i].vehicles, p->foreign, p->mode))
            return &rows[i];
    return NULL;
}

// ---- a passage put at any place with every clearance, as no story could
static World *w;
static Passage *put(uint32_t no, uint8_t kind, uint8_t place, bool foreign, uint8_t mode) {
    Passage *p = passage_of(w->g, no);
    p->kind = kind, p->place = place, p->foreign = foreign, p->mode = mode, p->refused = p->incidents = 0,
    p->expired = 0;
    p->direction = kind == KIND_TRUCK_EXPORT || kind == KIND_BOX_EXPORT ? DIRECTION_EXPORT : DIRECTION_IMPORT;
    p->needed = w->g->procedure[kind]->tasks;
    p->granted = p->needed;
    return p;
}
static Input moving(uint32_t no, uint8_t move, Role role) {
    Input in = input(w, IN_MOVE, role, no);
    in.u.move = (InMove){.move = move, .lane = DYN_NONE, .yard = DYN_NONE, .reason = STR("by the test")};
    if (role == ROLE_TRADER) in.actor = STR("trader 1");
    return in;
}
static const Event *decided(const Input *in) { // decided only: the state stays where it was put
    static EventList out;
    out.n = 0;
    arena_reset(&w->a);
    gate_decide(w->g, in, &w->a, &out);
    assert_true(out.n >= 1);
    return &out.ev[0];
}
static const Finding *first_finding(const Event *e) {
    assert_int_equal(e->kind, EV_REFUSED);
    return e->u.refused.findings.items;
}
// What a refusal says may follow must be exactly the moves that the listing has there.
static void check_names_what_follows(const Passage *p, Str said) {
    for (uint8_t m = 1; m < MOVE_COUNT; m++) {
        char text[512], *at;
        snprintf(text, sizeof text, ", " STR_F ",", STR_A(said));
        char want[64];
        snprintf(want, sizeof want, ", %s,", Move_names.names[m]);
        at = strstr(text, want);
        assert_int_equal(at != NULL, expected(p, m) != NULL);
    }
}
static void check_cell(uint32_t no, const Passage *p, uint8_t move) {
    const Listed *row = expected(p, move);
    for (uint8_t role = 0; role < ROLE_COUNT; role++) {
        Input in = moving(no, move, (Role)role);
        const Event *e = decided(&in);
        if (!row) {
            const Finding *f = first_finding(e);
            assert_int_equal(f->code, REFUSE_OUT_OF_ORDER);
            assert_int_equal(f->args.n, 3);
            if (role == 0) check_names_what_follows(p, f->args.items[2]);
        } else if (row->roles & BIT(role)) {
            if (e->kind == EV_REFUSED)
                print_message("%s at %s: %s\n", Move_names.names[move], Place_names.names[p->place],
                              Refuse_names.names[first_finding(e)->code]);
            assert_int_equal(e->kind, EV_MOVED);
            assert_true(e->u.moved.from == row->from && e->u.moved.to == row->to && e->u.moved.point == row->point &&
                        e->u.moved.move == move);
        } else {
            assert_int_equal(first_finding(e)->code, REFUSE_WRONG_ROLE);
        }
    }
}
static void every_cell(void **state) {
    (void)state;
    Declaration d = machines(w, 1, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d);
    for (uint8_t kind = 0; kind < KIND_COUNT; kind++)
        for (uint8_t place = 1; place < PLACE_CLOSED; place++)
            for (uint8_t mode = MODE_THROUGH; mode <= MODE_UNMANNED; mode++)
                for (int foreign = 0; foreign < 2; foreign++)
                    for (uint8_t move = 1; move < MOVE_COUNT; move++)
                        check_cell(no, put(no, kind, place, foreign, mode), move);
    put(no, KIND_TRUCK_EXPORT, PLACE_DECLARED, false, MODE_THROUGH);
}
static void every_clearance(void **state) {
    (void)state;
    uint32_t checked = 0;
    Declaration d = machines(w, 2, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!rows[i].point) continue;
        for (uint32_t t = 0; t < w->site->tasks; t++) {
            bool foreign = rows[i].vehicles == 'f' || rows[i].vehicles == 'x' || rows[i].vehicles == 's';
            Passage *p =
                put(no, rows[i].kind, rows[i].from, foreign, rows[i].vehicles == 'x' ? MODE_SWAP : MODE_THROUGH);
            if (!(p->needed & BIT(t))) continue;
            p->granted &= ~BIT(t);
            Input in = moving(no, rows[i].move, (Role)__builtin_ctz(rows[i].roles));
            const Event *e = decided(&in);
            bool needs = w->g->procedure[p->kind]->needs[rows[i].point] & BIT(t);
            assert_int_equal(e->kind == EV_REFUSED, needs);
            if (!needs) continue;
            const Finding *f = first_finding(e);
            assert_int_equal(e->u.refused.findings.n, 1);
            assert_int_equal(f->code, REFUSE_CLEARANCE_MISSING);
            assert_true(str_eq(f->rule, w->site->task[t].id) && f->basis.n > 0);
            checked++;
        }
    }
    assert_true(checked > 40);
    put(no, KIND_TRUCK_EXPORT, PLACE_DECLARED, false, MODE_THROUGH);
}
// From declared every place of the kind can be reached, and from each of them an end.
static void no_dead_end(void **state) {
    (void)state;
    for (uint8_t kind = 0; kind < KIND_COUNT; kind++)
        for (int v = 0; v < 8; v++) {
            uint8_t mode = (uint8_t)(kind >= KIND_BOX_EXPORT ? MODE_UNMANNED : MODE_THROUGH + v / 2);
            uint32_t reached = BIT(PLACE_DECLARED), ends = BIT(PLACE_CLOSED) | BIT(PLACE_TURNED_BACK), used = 0;
            for (int round = 0; round < PLACE_COUNT; round++)
                for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
                    if (rows[i].kind != kind) continue;
                    used |= BIT(rows[i].from) | BIT(rows[i].to);
                    if (!vehicle_fits(rows[i].vehicles, v & 1, mode)) continue;
                    if (reached & BIT(rows[i].from)) reached |= BIT(rows[i].to);
                    if (ends & BIT(rows[i].to)) ends |= BIT(rows[i].from);
                }
            assert_int_equal(reached & ~ends, 0);
            uint32_t optional = BIT(PLACE_RETURNED) | BIT(PLACE_GOODS_IN_YARD); // not on the way of every vehicle
            assert_int_equal(used & ~reached & ~optional, 0);
        }
}
static void same_size(void **state) {
    (void)state;
    assert_int_equal(movement_rows_n, ARRAY_LEN(rows));
}
int main(void) {
    w = world_new("huu-nghi", "2027", 8);
    read_listing();
    const struct CMUnitTest tests[] = {cmocka_unit_test(same_size), cmocka_unit_test(every_cell),
                                       cmocka_unit_test(every_clearance), cmocka_unit_test(no_dead_end)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(w);
    return failed;
}

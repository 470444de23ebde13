// The gate's boxes as jobs of the fleet, step by step: what the fleet says is played by hand, the gate is the real one.
#include "gate_fixture.h"
#include "fleet/fleet_gate.h"

static World *w;
static RouteMap *map;
static Fleet *fleet;
static FleetGate *link;
static Arena arena;
static int serial;
static uint32_t cranes, lost;       // cranes that were begun; inputs still to be lost
static uint32_t refusals, inputs_n; // in the journal since the test began
static void nothing_sent(void *ctx, uint32_t v, VdaTopic t, const void *msg) {
    (void)ctx, (void)v, (void)t, (void)msg;
}
static void heard(void *ctx, const FleetEvent *e) {
    (void)ctx;
    fleet_gate_heard(link, e);
}
static bool to_gate(void *ctx, Input *in) {
    (void)ctx;
    if (lost) return lost--, false;
    inputs_n++;
    in->random = 1;
    Refuse r = run(w, *in);
    refusals += r != REFUSE_REASON_NONE;
    return r == REFUSE_REASON_NONE;
}
static void crane(void *ctx, uint32_t job, uint32_t vehicle, bool lift) {
    (void)ctx, (void)job, (void)vehicle, (void)lift;
    cranes++;
}
static int begin(void **state) {
    MapPlan p = map_plan_usual;
    MapDoc *d;
    MapProblems ps;
    const char *why;
    (void)state;
    w = world_new("huu-nghi", "2030", 200);
    arena_init(&arena, 64u << 20);
    p.lanes = 2, p.cranes = 4, p.parks = 4, p.chargers = 2; // no place for dangerous goods
    assert_int_equal(route_map_make(&p, STR("test"), STR("hn"), &arena, &d, &why), OK);
    assert_int_equal(route_map_new(d, &map, &ps), OK);
    fleet = fleet_new(map, &fleet_params_usual, (FleetPort){NULL, nothing_sent, heard});
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            fleet_add(fleet, i ? STR("igv-2") : STR("igv-1"), STR("maker"), i ? STR("2") : STR("1"), VDA_2_1), i);
    link = fleet_gate_new(fleet, map, 0, (FleetGatePort){NULL, to_gate, crane});
    fleet_gate_adopt(link, w->g, w->now);
    cranes = lost = refusals = inputs_n = 0;
    return 0;
}
static int end(void **state) {
    (void)state;
    fleet_gate_free(link), fleet_free(fleet), route_map_free(map), world_free(w);
    arena_deinit(&arena);
    return 0;
}
static void look(void) {
    w->now += 1000;
    fleet_gate_touch(link, 0);
    fleet_gate_run(link, w->g, w->now);
}
static void clear(uint32_t no) {
    for (uint32_t open = passage(w, no)->open; open; open = passage(w, no)->open) {
        const char *id = task_id(w, (uint8_t)__builtin_ctz(open));
        if (w->site->task[__builtin_ctz(open)].kind == TASK_FEE)
            assert_int_equal(pay(w, no, fmt(w, "R%06d", ++serial).p), REFUSE_REASON_NONE);
        else
            grant(w, no, id);
    }
}
static uint32_t in_yard(Declaration d) {
    uint32_t no = declared(w, &d);
    grant(w, no, "data_match");
    go(w, ROLE_YARD, no, MOVE_GATE_IN);
    return no;
}
static uint32_t node_of(uint8_t owner) { // a crane's
    for (uint32_t i = 0; i < map->nodes; i++)
        if (map->node[i].spot == SPOT_CRANE && map->node[i].owner == owner) return i;
    fail();
    return 0;
}
static void says(uint32_t no, FleetEventKind kind, FleetStep step, uint32_t vehicle, uint8_t owner,
                 const char *reason) {
    fleet_gate_heard(link, &(FleetEvent){.kind = kind,
                                         .job = no,
                                         .vehicle = vehicle,
                                         .step = (uint8_t)step,
                                         .lift = step == STEP_PICKING,
                                         .node = (uint16_t)node_of(owner),
                                         .reason = str_c(reason)});
    look();
}
static void step(uint32_t no, FleetStep s, uint8_t owner) {
    says(no, FLEET_EVENT_STEP, s, 0, owner, "");
}
static void is(uint32_t no, Place place, Mission mission) {
    assert_string_equal(Place_names.names[passage(w, no)->place], Place_names.names[place]);
    assert_string_equal(Mission_names.names[passage(w, no)->mission], Mission_names.names[mission]);
}

static void out_step_by_step(void **state) {
    (void)state;
    uint32_t no = in_yard(box(w, ++serial, DIRECTION_EXPORT));
    look();
    assert_int_equal(fleet_step_of(fleet, no), STEP_COUNT); // not released
    clear(no), look();
    assert_int_equal(fleet_step_of(fleet, no), STEP_WAITING);
    is(no, PLACE_YARD, MISSION_NONE);
    step(no, STEP_ASSIGNED, OWNER_OWN), is(no, PLACE_YARD, MISSION_ASSIGNED);
    assert_string_equal(passage(w, no)->vehicle, "igv-1");
    step(no, STEP_PICKING, OWNER_OWN), is(no, PLACE_YARD, MISSION_PICKING);
    assert_int_equal(cranes, 0);
    says(no, FLEET_EVENT_CRANE, STEP_PICKING, 0, OWNER_OWN, "");
    assert_int_equal(cranes, 1);
    step(no, STEP_CARRYING, OWNER_OWN), is(no, PLACE_ON_VEHICLE, MISSION_CARRYING);
    says(no, FLEET_EVENT_ASK_GO, STEP_CARRYING, 0, OWNER_OWN, "");
    is(no, PLACE_DISPATCHED, MISSION_CARRYING);
    says(no, FLEET_EVENT_ASK_LINE, STEP_CARRYING, 0, OWNER_OWN, "");
    is(no, PLACE_DISPATCHED, MISSION_CARRYING); // the other side has not accepted it
    clear(no), look(), is(no, PLACE_ABROAD, MISSION_CARRYING);
    says(no, FLEET_EVENT_OVER, STEP_CARRYING, 0, OWNER_PEER, ""), is(no, PLACE_PEER_GATE, MISSION_CARRYING);
    step(no, STEP_SETTING, OWNER_PEER), is(no, PLACE_PEER_GATE, MISSION_SETTING);
    step(no, STEP_DONE, OWNER_PEER), is(no, PLACE_LIFTED_OFF, MISSION_DONE);
    go(w, ROLE_PEER, no, MOVE_PEER_RECEIVE);
    is(no, PLACE_CLOSED, MISSION_DONE);
    assert_int_equal(refusals, 0); // it asks before it sends
}
static void in_step_by_step(void **state) {
    (void)state;
    Declaration d = box(w, ++serial, DIRECTION_IMPORT);
    uint32_t no = declared(w, &d);
    look();
    go(w, ROLE_PEER, no, MOVE_PEER_READY), look();
    assert_int_equal(fleet_step_of(fleet, no), STEP_COUNT); // the two centres have not compared their data
    grant(w, no, "data_match"), look();
    assert_int_equal(fleet_step_of(fleet, no), STEP_WAITING);
    step(no, STEP_ASSIGNED, OWNER_PEER), step(no, STEP_PICKING, OWNER_PEER);
    says(no, FLEET_EVENT_CRANE, STEP_PICKING, 0, OWNER_PEER, "");
    step(no, STEP_CARRYING, OWNER_PEER), is(no, PLACE_PEER_YARD, MISSION_CARRYING);
    says(no, FLEET_EVENT_ASK_GO, STEP_CARRYING, 0, OWNER_PEER, ""), is(no, PLACE_APPROACHING, MISSION_CARRYING);
    says(no, FLEET_EVENT_ASK_LINE, STEP_CARRYING, 0, OWNER_PEER, ""), is(no, PLACE_ENTERED, MISSION_CARRYING);
    step(no, STEP_SETTING, OWNER_OWN);
    says(no, FLEET_EVENT_CRANE, STEP_SETTING, 0, OWNER_OWN, "");
    assert_int_equal(cranes, 2);
    step(no, STEP_DONE, OWNER_OWN), is(no, PLACE_YARD, MISSION_DONE);
    assert_int_equal(refusals, 0);
}
static void the_crane_waits_for_room(void **state) { // in our yard
    (void)state;
    Declaration d = box(w, ++serial, DIRECTION_IMPORT);
    uint32_t no = declared(w, &d);
    grant(w, no, "data_match"), go(w, ROLE_PEER, no, MOVE_PEER_READY), look();
    step(no, STEP_ASSIGNED, OWNER_PEER), step(no, STEP_PICKING, OWNER_PEER), step(no, STEP_CARRYING, OWNER_PEER);
    says(no, FLEET_EVENT_ASK_LINE, STEP_CARRYING, 0, OWNER_PEER, "");
    step(no, STEP_SETTING, OWNER_OWN);
    uint32_t places[YARDS_MAX];
    for (uint8_t y = 0; y < w->site->yards; y++) {
        Input in = input(w, IN_YARD, ROLE_YARD, 0);
        places[y] = gate_yard(w->g, y).places;
        in.u.yard = (InYard){.yard = y, .places = 0, .reason = STR("flooded")};
        assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    }
    says(no, FLEET_EVENT_CRANE, STEP_SETTING, 0, OWNER_OWN, "");
    assert_int_equal(cranes, 0);
    for (uint8_t y = 0; y < w->site->yards; y++) {
        Input in = input(w, IN_YARD, ROLE_YARD, 0);
        in.u.yard = (InYard){.yard = y, .places = places[y], .reason = STR("dry again")};
        assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    }
    look();
    assert_int_equal(cranes, 1);
}
static void taken_back(void **state) { // before it was lifted
    (void)state;
    uint32_t no = in_yard(box(w, ++serial, DIRECTION_EXPORT));
    clear(no), look();
    step(no, STEP_ASSIGNED, OWNER_OWN);
    Input in = input(w, IN_INCIDENT, ROLE_CUSTOMS, no);
    in.u.incident = (InIncident){.incident = INCIDENT_HOLD, .reason = STR("a tip")};
    assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    look();
    assert_int_equal(fleet_step_of(fleet, no), STEP_COUNT); // withdrawn
    is(no, PLACE_YARD, MISSION_WITHDRAWN);
    in.u.incident.clear = true;
    assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    look();
    assert_int_equal(fleet_step_of(fleet, no), STEP_WAITING); // and again
}
static void another_vehicle(void **state) {
    (void)state;
    uint32_t no = in_yard(box(w, ++serial, DIRECTION_EXPORT));
    clear(no), look();
    step(no, STEP_ASSIGNED, OWNER_OWN);
    says(no, FLEET_EVENT_STEP, STEP_WITHDRAWN, 0, OWNER_OWN, "its vehicle cannot be reached: another one");
    is(no, PLACE_YARD, MISSION_WITHDRAWN);
    says(no, FLEET_EVENT_STEP, STEP_ASSIGNED, 1, OWNER_OWN, "");
    is(no, PLACE_YARD, MISSION_ASSIGNED);
    assert_string_equal(passage(w, no)->vehicle, "igv-2");
    says(no, FLEET_EVENT_STEP, STEP_PICKING, 1, OWNER_OWN, ""),
        says(no, FLEET_EVENT_STEP, STEP_ASSIGNED, 1, OWNER_OWN, "cannot lift");
    is(no, PLACE_YARD, MISSION_ASSIGNED); // back a step, with its reason
}
static void what_got_lost_comes_again(void **state) {
    (void)state;
    uint32_t no = in_yard(box(w, ++serial, DIRECTION_EXPORT));
    clear(no), look();
    lost = 100, step(no, STEP_ASSIGNED, OWNER_OWN);
    is(no, PLACE_YARD, MISSION_NONE);
    step(no, STEP_PICKING, OWNER_OWN); // steps that nobody heard of are made up in order
    step(no, STEP_CARRYING, OWNER_OWN);
    is(no, PLACE_YARD, MISSION_NONE);
    lost = 0, look();
    is(no, PLACE_ON_VEHICLE, MISSION_CARRYING);
    assert_int_equal(refusals, 0);
}
static void one_vehicle_one_box(void **state) { // the journal must know that the last one is off before the next
    (void)state;
    uint32_t a = in_yard(box(w, ++serial, DIRECTION_EXPORT)), b = in_yard(box(w, ++serial, DIRECTION_EXPORT));
    clear(a), clear(b), look();
    step(a, STEP_ASSIGNED, OWNER_OWN);
    lost = 1000;
    says(a, FLEET_EVENT_STEP, STEP_WITHDRAWN, 0, OWNER_OWN, "test");
    step(b, STEP_ASSIGNED, OWNER_OWN);
    is(a, PLACE_YARD, MISSION_ASSIGNED), is(b, PLACE_YARD, MISSION_NONE);
    lost = 0, look(), look();
    is(a, PLACE_YARD, MISSION_WITHDRAWN), is(b, PLACE_YARD, MISSION_ASSIGNED);
}
static void closed_road(void **state) {
    (void)state;
    for (int open = 0; open < 2; open++) {
        Input in = input(w, IN_ROAD, ROLE_CENTRE, 0);
        in.u.road = (InRoad){.road = 0, .open = open, .cause = open ? CAUSE_NONE : CAUSE_STORM, .reason = STR("storm")};
        assert_int_equal(run(w, in), REFUSE_REASON_NONE);
        look();
        for (uint32_t z = 0; z < map->zones; z++)
            assert_int_equal(traffic_closed(fleet_traffic(fleet), z), !open && map->zone[z].owner == OWNER_LINE);
    }
}
static void no_place_for_dangerous_goods(void **state) {
    (void)state;
    uint32_t no = in_yard(box(w, ++serial, DIRECTION_EXPORT));
    clear(no);
    ((Passage *)(uintptr_t)passage(w, no))->attrs |= BIT(ATTR_DANGEROUS);
    look();
    assert_true(passage(w, no)->incidents & BIT(INCIDENT_HOLD));
    uint32_t sent = inputs_n;
    look(), look();
    assert_int_equal(inputs_n, sent); // once
    assert_int_equal(fleet_step_of(fleet, no), STEP_COUNT);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(out_step_by_step, begin, end),
                                       cmocka_unit_test_setup_teardown(in_step_by_step, begin, end),
                                       cmocka_unit_test_setup_teardown(the_crane_waits_for_room, begin, end),
                                       cmocka_unit_test_setup_teardown(taken_back, begin, end),
                                       cmocka_unit_test_setup_teardown(another_vehicle, begin, end),
                                       cmocka_unit_test_setup_teardown(what_got_lost_comes_again, begin, end),
                                       cmocka_unit_test_setup_teardown(one_vehicle_one_box, begin, end),
                                       cmocka_unit_test_setup_teardown(closed_road, begin, end),
                                       cmocka_unit_test_setup_teardown(no_place_for_dangerous_goods, begin, end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

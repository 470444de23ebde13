// Whole stories, told through inputs, and every refusal at least once.
#include "gate_fixture.h"

static World *w;
static int serial;
static int setup(void **state) {
    (void)state;
    w = world_new("huu-nghi", "2027", 64);
    serial = 100;
    return 0;
}
static int teardown(void **state) {
    (void)state;
    world_free(w);
    return 0;
}
static void later(int64_t ms) {
    int64_t until = w->now + ms;
    // An idle tick leaves no event, so the deadline of a waiting queue stays in the past: the shell and we go on by a
    // minute.
    for (int64_t due; (due = gate_next_deadline(w->g)) <= until && w->now < until;)
        tick(w, due > w->now ? due : MIN(w->now + MINUTE_MS, until));
    tick(w, until);
}
static uint8_t place(uint32_t no) {
    return passage(w, no)->place;
}
static uint32_t to_yard(const Declaration *d) { // an export truck, called and in the yard
    uint32_t no = declared(w, d);
    go(w, ROLE_DRIVER, no, MOVE_DEPART);
    go(w, ROLE_YARD, no, MOVE_ARRIVE);
    assert_int_equal(place(no), PLACE_CALLED); // there is room: called at once
    go(w, ROLE_DEVICE, no, MOVE_GATE_IN);
    return no;
}
static void clear(uint32_t no) { // all that is open, in the order in which it opens
    for (int round = 0; round < 20; round++) {
        const Passage *p = passage(w, no);
        if (!p->open) return;
        uint32_t t = (uint32_t)__builtin_ctz(p->open);
        char receipt[32];
        snprintf(receipt, sizeof receipt, "R-%u", no);
        if (w->site->task[t].kind == TASK_FEE)
            assert_int_equal(pay(w, no, receipt), REFUSE_REASON_NONE);
        else
            grant(w, no, task_id(w, (uint8_t)t));
    }
}
static void over(uint32_t no) {
    go(w, ROLE_YARD, no, MOVE_LINE_UP);
    assert_true(passage(w, no)->lane != DYN_NONE);
    go(w, ROLE_GUARD, no, MOVE_CROSS_OUT);
}
static void check_step(uint32_t no, const char *step) {
    Str s = gate_step(w->site, passage(w, no));
    if (!str_eq_c(s, step)) fail_msg("step " STR_F " instead of %s", STR_A(s), step);
}

static void export_of_durian(void **state) {
    (void)state;
    Declaration d = durian(w, ++serial);
    uint32_t no = to_yard(&d);
    check_step(no, "GATE_IN");
    assert_int_equal(move_by(w, ROLE_YARD, no, MOVE_LINE_UP), REFUSE_CLEARANCE_MISSING);
    assert_int_equal(refused_rule(w, "plant"), REFUSE_CLEARANCE_MISSING);
    clear(no);
    assert_int_equal(passage(w, no)->fee_vnd, 500000);
    check_step(no, "BG_CONFIRMED");
    over(no);
    go(w, ROLE_PEER, no, MOVE_PEER_RECEIVE), go(w, ROLE_PEER, no, MOVE_DELIVER);
    assert_int_equal(place(no), PLACE_DELIVERED); // its own truck must come home first
    go(w, ROLE_GUARD, no, MOVE_RETURN);
    assert_int_equal(place(no), PLACE_CLOSED);
    assert_int_equal(gate_open_count(w->g), 0);
    assert_int_equal(move_by(w, ROLE_GUARD, no, MOVE_RETURN), REFUSE_UNKNOWN_PASSAGE);
}
static uint32_t import_in_yard(Declaration *d, const char *country) {
    d->vehicle_country = str_c(country);
    uint32_t no = declared(w, d);
    go(w, ROLE_PEER, no, MOVE_PEER_EXIT), go(w, ROLE_GUARD, no, MOVE_ENTER);
    assert_int_equal(move_by(w, ROLE_YARD, no, MOVE_YARD_IN), REFUSE_CLEARANCE_MISSING);
    clear(no);
    go(w, ROLE_YARD, no, MOVE_YARD_IN);
    return no;
}
static void import_transhipped(void **state) {
    (void)state;
    for (int goods_first = 0; goods_first < 2; goods_first++) {
        Declaration d = machines(w, ++serial, DIRECTION_IMPORT);
        d.mode = MODE_TRANSHIPMENT;
        uint32_t no = import_in_yard(&d, "CN");
        assert_true(passage(w, no)->stay_until_ms ==
                    w->now - SECOND_MS + HOURS(24)); // from km 0 on, the yard came a second later
        assert_int_equal(move_by(w, ROLE_GUARD, no, MOVE_RETURN),
                         REFUSE_CLEARANCE_MISSING); // not with the goods still on it
        clear(no);
        assert_int_equal(passage(w, no)->fee_vnd, 780000);
        if (goods_first) {
            go(w, ROLE_CUSTOMS, no, MOVE_YARD_OUT);
            assert_int_equal(place(no), PLACE_LEFT);
            go(w, ROLE_GUARD, no, MOVE_RETURN);
        } else {
            go(w, ROLE_GUARD, no, MOVE_RETURN);
            assert_int_equal(place(no), PLACE_GOODS_IN_YARD);
            assert_int_equal(passage(w, no)->stay_until_ms, 0);
            go(w, ROLE_CUSTOMS, no, MOVE_YARD_OUT);
        }
        assert_int_equal(place(no), PLACE_CLOSED);
    }
}
static void other_modes(void **state) {
    (void)state;
    for (uint8_t mode = MODE_DRIVER_CHANGE; mode <= MODE_SWAP; mode++) {
        Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
        d.mode = mode;
        uint32_t no = to_yard(&d);
        clear(no);
        assert_true(passage(w, no)->granted & BIT(task(w, "transfer")));
        over(no);
        go(w, ROLE_PEER, no, MOVE_PEER_RECEIVE), go(w, ROLE_PEER, no, MOVE_DELIVER);
        if (mode != MODE_TRANSHIPMENT) go(w, ROLE_GUARD, no, MOVE_RETURN);
        assert_int_equal(place(no), PLACE_CLOSED);
    }
    Declaration home = machines(w, ++serial, DIRECTION_IMPORT);
    uint32_t no = import_in_yard(&home, "VN");
    clear(no);
    go(w, ROLE_YARD, no, MOVE_YARD_OUT);
    assert_int_equal(place(no), PLACE_CLOSED);
}
static void unmanned(void **state) {
    (void)state;
    Declaration d = box(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d);
    grant(w, no, "data_match");
    go(w, ROLE_YARD, no, MOVE_GATE_IN);
    clear(no);
    go(w, ROLE_YARD, no, MOVE_LIFT_ON), clear(no), go(w, ROLE_CENTRE, no, MOVE_DISPATCH);
    assert_int_equal(move_by(w, ROLE_DEVICE, no, MOVE_CROSS_OUT), REFUSE_CLEARANCE_MISSING);
    assert_int_equal(refused_rule(w, "peer"), REFUSE_CLEARANCE_MISSING);
    clear(no);
    go(w, ROLE_DEVICE, no, MOVE_CROSS_OUT), go(w, ROLE_PEER, no, MOVE_PEER_GATE), go(w, ROLE_PEER, no, MOVE_LIFT_OFF),
        go(w, ROLE_PEER, no, MOVE_PEER_RECEIVE);
    assert_int_equal(place(no), PLACE_CLOSED);
    d = box(w, ++serial, DIRECTION_IMPORT);
    no = declared(w, &d);
    grant(w, no, "data_match");
    go(w, ROLE_PEER, no, MOVE_PEER_EXIT), go(w, ROLE_DEVICE, no, MOVE_ENTER), go(w, ROLE_YARD, no, MOVE_LIFT_OFF);
    clear(no);
    go(w, ROLE_CUSTOMS, no, MOVE_YARD_OUT);
    assert_int_equal(place(no), PLACE_CLOSED);
}
static void two_way_trip(void **state) {
    (void)state;
    Declaration out = machines(w, ++serial, DIRECTION_EXPORT), back = machines(w, serial + 1000, DIRECTION_IMPORT);
    uint32_t a = to_yard(&out);
    clear(a), over(a);
    int64_t single = passage(w, a)->stay_until_ms;
    back.plate = out.plate, back.two_way_of = a;
    uint32_t b = declared(w, &back);
    assert_true(passage(w, a)->stay_until_ms == single + HOURS(12) && (passage(w, a)->attrs & BIT(ATTR_TWO_WAY)));
    later(HOURS(23)); // warned by its own limit, not by the single one
    assert_false(passage(w, a)->alarms & BIT(ALARM_STAY_SOON));
    go(w, ROLE_PEER, a, MOVE_PEER_RECEIVE), go(w, ROLE_PEER, a, MOVE_DELIVER);
    go(w, ROLE_GUARD, b, MOVE_ENTER);
    assert_int_equal(place(a), PLACE_CLOSED); // it came home with the import
    // import first: a foreign truck takes a load home
    Declaration in = machines(w, ++serial, DIRECTION_IMPORT), home = machines(w, serial + 1000, DIRECTION_EXPORT);
    uint32_t c = import_in_yard(&in, "CN");
    clear(c), go(w, ROLE_YARD, c, MOVE_YARD_OUT);
    home.plate = in.plate, home.two_way_of = c, home.vehicle_country = STR("CN");
    uint32_t e = to_yard(&home);
    clear(e), over(e);
    assert_int_equal(place(c), PLACE_CLOSED);
    go(w, ROLE_PEER, e, MOVE_PEER_RECEIVE), go(w, ROLE_PEER, e, MOVE_DELIVER);
    assert_int_equal(place(e), PLACE_CLOSED);
}
static void
second_leg_again(void **state) { // turned back, the second leg may be declared anew; the first may be amended
    (void)state;
    Declaration in = machines(w, ++serial, DIRECTION_IMPORT), home = machines(w, serial + 1000, DIRECTION_EXPORT);
    uint32_t c = import_in_yard(&in, "CN");
    home.plate = in.plate, home.two_way_of = c, home.vehicle_country = STR("CN");
    uint32_t e = declared(w, &home);
    assert_int_equal(decide_by(w, ROLE_CUSTOMS, c, "channel", OUTCOME_REWORK), REFUSE_REASON_NONE);
    Input amend = input(w, IN_AMEND, ROLE_TRADER, c);
    amend.u.declare = in;
    assert_int_equal(run(w, amend), REFUSE_REASON_NONE);
    assert_true(passage(w, c)->attrs & BIT(ATTR_TWO_WAY));
    home.lrn = STR("other"), home.customs_no = STR("other");
    assert_int_equal(declare(w, &home), 0);
    assert_true(refused_with(w, REFUSE_TWO_WAY_LINK));
    go(w, ROLE_BOARD, e, MOVE_TURN_BACK);
    assert_int_not_equal(declare(w, &home), 0);
}
// The foreign truck crosses out with a new load while its import was never handed over: the import must not slip over
// its gate point.
static void link_keeps_the_rules(void **state) {
    (void)state;
    Declaration in = machines(w, ++serial, DIRECTION_IMPORT), home = machines(w, serial + 1000, DIRECTION_EXPORT);
    in.mode = MODE_SWAP;
    uint32_t c = import_in_yard(&in, "CN");
    home.plate = in.plate, home.two_way_of = c, home.vehicle_country = STR("CN");
    uint32_t e = to_yard(&home);
    clear(e), over(e);
    assert_int_equal(place(c), PLACE_YARD);
}

static void weighing(void **state) {
    (void)state;
    Declaration d = durian(w, ++serial); // 20,000 kg declared on a tare of 15,000, 3 % allowed
    uint32_t no = to_yard(&d);
    assert_int_equal(weigh_by(w, ROLE_YARD, no, 0), REFUSE_WEIGHT_MISSING);
    weigh_by(w, ROLE_YARD, no, 35601);
    assert_true(passage(w, no)->held & BIT(task(w, "weight")));
    assert_int_equal(event_of(w, EV_TASK_DECIDED, no)->u.decided.code, REFUSE_WEIGHT_MISMATCH);
    assert_int_equal(gate_side(passage(w, no)), SIDE_HOLD);
    assert_int_equal(weigh_by(w, ROLE_YARD, no, 0), REFUSE_REASON_REQUIRED);
    Input again = input(w, IN_DECIDE, ROLE_YARD, no); // the weigher cannot talk the mismatch away
    again.u.decide = (InDecide){.task = task(w, "weight"), .outcome = OUTCOME_GRANT, .reason = STR("looks right")};
    run(w, again);
    assert_true(passage(w, no)->held & BIT(task(w, "weight")));
    again.u.decide.weight_kg = 35600;
    run(w, again);
    assert_true(passage(w, no)->granted & BIT(task(w, "weight")));
    d = durian(w, ++serial);
    no = to_yard(&d);
    weigh_by(w, ROLE_DEVICE, no, 39000);
    again.passage = no, again.role = ROLE_CUSTOMS, again.u.decide.weight_kg = 0;
    assert_int_equal(run(w, again), REFUSE_REASON_NONE); // customs may
    assert_true(passage(w, no)->granted & BIT(task(w, "weight")));
}
static void weighed_again(void **state) { // the fee follows the mass until it is paid
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    ((GoodsLine *)d.goods.items)->gross_kg = ((GoodsLine *)d.goods.items)->net_kg = 9900;
    uint32_t no = to_yard(&d);
    weigh_by(w, ROLE_YARD, no, 24900);
    int64_t small = passage(w, no)->fee_vnd;
    decide_by(w, ROLE_YARD, no, "weight", OUTCOME_HOLD);
    Input in = input(w, IN_DECIDE, ROLE_YARD, no);
    in.u.decide = (InDecide){
        .task = task(w, "weight"), .outcome = OUTCOME_GRANT, .reason = STR("other scale"), .weight_kg = 25300};
    assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    assert_true(small > 0 && passage(w, no)->fee_vnd > small);
}
static void rework(void **state) {
    (void)state;
    Declaration d = durian(w, ++serial);
    uint32_t no = to_yard(&d);
    Input amend = input(w, IN_AMEND, ROLE_TRADER, no);
    amend.u.declare = d;
    assert_int_equal(run(w, amend), REFUSE_NOT_REWORK);
    grant(w, no, "health"), grant(w, no, "weight");
    Input take = input(w, IN_TAKE, ROLE_PLANT, no);
    take.u.take.task = task(w, "plant");
    run(w, take);
    assert_int_equal(decide_by(w, ROLE_PLANT, no, "plant", OUTCOME_REWORK), REFUSE_REASON_NONE);
    assert_int_equal(gate_side(passage(w, no)), SIDE_REWORK);
    assert_int_equal(run(w, amend), REFUSE_REASON_NONE);
    uint32_t kept = BIT(task(w, "health")) | BIT(task(w, "weight"));
    assert_int_equal(passage(w, no)->granted & kept, kept); // nothing of theirs changed
    assert_true(passage(w, no)->open & BIT(task(w, "plant")));
    take.actor = STR("officer 2");
    assert_int_equal(run(w, take), REFUSE_REASON_NONE); // open anew, so anybody may take it
    take.actor = STR("officer 3");
    assert_int_equal(run(w, take), REFUSE_TASK_TAKEN_BY_OTHER);
    decide_by(w, ROLE_PLANT, no, "plant", OUTCOME_REWORK);
    GoodsLine banana = *(const GoodsLine *)d.goods.items;
    banana.hs = STR("080390"); // the same kind of goods, another commodity: all of it is decided again
    amend.u.declare.goods.items = &banana;
    assert_int_equal(run(w, amend), REFUSE_REASON_NONE);
    assert_int_equal(passage(w, no)->granted & kept, 0);
    decide_by(w, ROLE_PLANT, no, "plant", OUTCOME_HOLD);
    amend.u.declare.mode = MODE_UNMANNED, amend.u.declare.container = STR("MSKU1234567");
    assert_int_equal(run(w, amend), REFUSE_OUT_OF_ORDER);
    amend.u.declare.mode = MODE_THROUGH, amend.u.declare.road = STR("tt");
    assert_int_equal(run(w, amend), REFUSE_OUT_OF_ORDER);
    assert_int_equal(decide_by(w, ROLE_PLANT, no, "plant", OUTCOME_REFUSE), REFUSE_REASON_NONE);
    assert_int_equal(gate_side(passage(w, no)), SIDE_REFUSED);
    assert_int_equal(decide_by(w, ROLE_HEALTH, no, "health", OUTCOME_GRANT), REFUSE_PASSAGE_REFUSED);
    go(w, ROLE_BOARD, no, MOVE_TURN_BACK);
    assert_int_equal(gate_side(passage(w, no)), SIDE_TURNED_BACK);
}
static void amended_in_the_queue(
    void **state) { // the bonus goes with the goods that gave it; the place in the queue stays explained
    (void)state;
    Input road = input(w, IN_ROAD, ROLE_BOARD, 0);
    road.u.road = (InRoad){.road = 1, .cause = CAUSE_STORM, .reason = STR("storm")};
    run(w, road);
    Declaration d = durian(w, ++serial), m = machines(w, serial, DIRECTION_EXPORT);
    d.road = STR("tt");
    uint32_t no = declared(w, &d);
    go(w, ROLE_YARD, no, MOVE_ARRIVE);
    int64_t key = passage(w, no)->queue_key_ms;
    decide_by(w, ROLE_PLANT, no, "plant", OUTCOME_REWORK);
    Input amend = input(w, IN_AMEND, ROLE_TRADER, no);
    amend.u.declare = m; // names no road: it stays on its own
    assert_int_equal(run(w, amend), REFUSE_REASON_NONE);
    assert_int_equal(passage(w, no)->road, 1);
    assert_true(passage(w, no)->queue_key_ms == key + MINUTES(180));
    go(w, ROLE_BOARD, no, MOVE_TURN_BACK);
    assert_int_equal(gate_queue_length(w->g, 1), 0);
}

static Str changed(const char *key, const char *json) { // the bundle with one member replaced
    json_t *j = json_loads(w->bundle.p, 0, NULL);
    json_object_set_new(j, key, json_loads(json, JSON_DECODE_ANY, NULL));
    char *text = json_dumps(j, JSON_COMPACT);
    Str s = arena_str(&w->keep, str_c(text));
    free(text);
    json_decref(j);
    return s;
}
static void fees(void **state) {
    (void)state;
    world_adopt(w, bundle_of(&w->keep, "huu-nghi", "2027", false)); // the public cells only
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = to_yard(&d);
    grant(w, no, "weight");
    assert_true(passage(w, no)->held & BIT(task(w, "fee")));
    assert_true(str_eq_c(event_of(w, EV_TASK_DECIDED, 0)->u.decided.reason, "") ||
                refuse_seen[REFUSE_FEE_CELL_UNKNOWN]);
    assert_int_equal(pay(w, no, "A1"), REFUSE_FEE_NOT_DUE);
    world_adopt(w, w->bundle); // the tariff has it now
    assert_int_equal(events_of(w, EV_FEE_ASSESSED), 1);
    assert_int_equal(passage(w, no)->fee_vnd, 600000);
    assert_int_equal(decide_by(w, ROLE_BOARD, no, "fee", OUTCOME_GRANT), REFUSE_FEE_NOT_DUE);
    Input less = input(w, IN_PAY, ROLE_BOARD, no);
    less.u.pay = (InPay){.vnd = 599999, .receipt = STR("A1")};
    assert_int_equal(run(w, less), REFUSE_FEE_AMOUNT);
    assert_int_equal(decide_by(w, ROLE_BOARD, no, "fee", OUTCOME_HOLD), REFUSE_REASON_NONE);
    assert_int_equal(pay(w, no, "A1"), REFUSE_REASON_NONE); // paying ends the hold
    assert_true(passage(w, no)->granted & BIT(task(w, "fee")));
    assert_int_equal(pay(w, no, "A2"), REFUSE_FEE_PAID_ALREADY);
    assert_int_equal(decide_by(w, ROLE_BOARD, no, "fee", OUTCOME_HOLD), REFUSE_FEE_PAID_ALREADY);
    d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t next = to_yard(&d);
    grant(w, next, "weight");
    assert_int_equal(pay(w, next, "A1"), REFUSE_RECEIPT_USED);
    assert_int_equal(pay(w, next, ""), REFUSE_REASON_REQUIRED);
}
static void tariff_by_date(void **state) { // a tariff that comes into force frees the fee that waited for it
    (void)state;
    json_t *j = json_loads(w->bundle.p, 0, NULL), *demo = json_array_get(json_object_get(j, "tariffs"), 1);
    json_object_set_new(demo, "valid_from", json_string("2026-12-01"));
    char *text = json_dumps(j, JSON_COMPACT);
    world_adopt(w, str_c(text));
    free(text), json_decref(j);
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = to_yard(&d);
    grant(w, no, "weight");
    assert_int_equal(passage(w, no)->fee_known, 0);
    later(HOURS(25));
    assert_int_equal(passage(w, no)->fee_vnd, 600000);
}
static uint32_t mission(uint32_t no, uint8_t step, const char *vehicle, const char *why) {
    Input in = input(w, IN_MISSION, ROLE_DEVICE, no);
    in.u.mission = (InMission){.step = step, .vehicle = str_c(vehicle), .place = STR("crane-1"), .reason = str_c(why)};
    return run(w, in);
}
static void a_mission_goes_its_way(void **state) {
    (void)state;
    Declaration d = box(w, ++serial, DIRECTION_EXPORT), truck = durian(w, ++serial);
    uint32_t no = declared(w, &d), other = declared(w, &truck);
    assert_int_equal(mission(other, MISSION_ASSIGNED, "IGV-1", ""), REFUSE_OUT_OF_ORDER); // not a box
    assert_int_equal(mission(no, MISSION_PICKING, "IGV-1", ""), REFUSE_OUT_OF_ORDER);
    assert_true(refused_with(w, REFUSE_NOT_THIS_VEHICLE));
    assert_int_equal(mission(no, MISSION_ASSIGNED, "a name of 16 by.", ""), REFUSE_NOT_THIS_VEHICLE);
    assert_int_equal(mission(no, MISSION_ASSIGNED, "IGV-1", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_ASSIGNED, "IGV-2", ""), REFUSE_OUT_OF_ORDER); // no double pick
    assert_int_equal(mission(no, MISSION_PICKING, "IGV-2", ""), REFUSE_NOT_THIS_VEHICLE);
    assert_int_equal(mission(no, MISSION_PICKING, "IGV-1", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_ASSIGNED, "IGV-1", ""), REFUSE_REASON_REQUIRED); // cannot lift: why
    assert_int_equal(mission(no, MISSION_ASSIGNED, "IGV-1", "cannot lift"), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_PICKING, "IGV-1", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_CARRYING, "IGV-1", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_WITHDRAWN, "IGV-1", ""), REFUSE_REASON_REQUIRED);
    assert_int_equal(mission(no, MISSION_WITHDRAWN, "IGV-1", "breakdown"), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_ASSIGNED, "IGV-3", ""), REFUSE_REASON_NONE); // another comes for the box
    assert_string_equal(passage(w, no)->vehicle, "IGV-3");
    assert_int_equal(mission(no, MISSION_PICKING, "IGV-3", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_CARRYING, "IGV-3", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_SETTING, "IGV-3", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_CARRYING, "IGV-3", "place blocked"), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_SETTING, "IGV-3", ""), REFUSE_REASON_NONE);
    assert_int_equal(mission(no, MISSION_DONE, "IGV-3", ""), REFUSE_REASON_NONE);
    assert_int_equal(passage(w, no)->mission, MISSION_DONE);
    assert_int_equal(mission(no, MISSION_NONE, "IGV-3", ""), REFUSE_OUT_OF_ORDER);
}
static void incidents_and_embargoes(void **state) {
    (void)state;
    Declaration d = durian(w, ++serial), m = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d), other = declared(w, &m);
    Embargo e = {.id = STR("feast"),
                 .basis = STR("notice 12"),
                 .reason = STR("feast"),
                 .hs = STR("0801-0810"),
                 .to_ms = w->now + HOURS(5)};
    Input in = input(w, IN_EMBARGO, ROLE_CENTRE, 0);
    in.u.embargo.embargo = &e;
    assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    assert_int_equal(passage(w, no)->incidents, BIT(INCIDENT_EMBARGO)); // at once
    assert_int_equal(passage(w, other)->incidents, 0);
    Declaration late = durian(w, ++serial);
    assert_int_equal(declare(w, &late), 0);
    assert_true(refused_with(w, REFUSE_EMBARGO));
    late.slot = w->now + HOURS(6); // for after the embargo it may be declared, but it waits
    uint32_t waits = declared(w, &late);
    assert_int_equal(passage(w, waits)->incidents, BIT(INCIDENT_EMBARGO));
    go(w, ROLE_YARD, no, MOVE_ARRIVE);
    assert_int_equal(place(no), PLACE_INLAND);
    Input clear_it = input(w, IN_INCIDENT, ROLE_CENTRE, no);
    clear_it.u.incident = (InIncident){.incident = INCIDENT_EMBARGO, .clear = true, .reason = STR("please")};
    assert_int_equal(run(w, clear_it), REFUSE_WRONG_ROLE);
    later(HOURS(5));
    assert_int_equal(passage(w, no)->incidents | passage(w, waits)->incidents, 0);
    assert_int_equal(place(no), PLACE_CALLED);
    clear_it.u.incident = (InIncident){.incident = INCIDENT_SEAL_BROKEN, .reason = STR("seal")};
    run(w, clear_it);
    assert_int_equal(move_by(w, ROLE_YARD, no, MOVE_GATE_IN), REFUSE_INCIDENT_OPEN);
    assert_int_equal(gate_side(passage(w, no)), SIDE_INCIDENT);
    clear_it.u.incident.clear = true;
    run(w, clear_it);
    assert_int_equal(run(w, clear_it), REFUSE_NOT_OPEN);
    go(w, ROLE_YARD, no, MOVE_GATE_IN);
    e.hs = STR("9-1");
    assert_int_equal(run(w, in), REFUSE_GOODS_NOT_LISTED);
    e.hs = STR("08");
    in.u.embargo.lift = true;
    assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    assert_int_equal(run(w, in), REFUSE_NOT_OPEN);
}
static void procedure_by_date(void **state) {
    (void)state;
    json_t *j = json_loads(w->bundle.p, 0, NULL), *list = json_object_get(j, "procedures"),
           *p = json_deep_copy(json_array_get(list, 0));
    json_object_set_new(p, "id", json_string("later")), json_object_set_new(p, "valid_from", json_string("2026-12-01"));
    json_array_append_new(json_object_get(p, "tasks"),
                          json_pack("{s:s,s:s,s:[s]}", "task", "peer", "basis", "agreement", "after", "documents"));
    json_array_append_new(json_object_get(json_array_get(json_object_get(p, "points"), 2), "needs"),
                          json_string("peer"));
    json_array_append_new(list, p);
    char *text = json_dumps(j, JSON_COMPACT);
    world_adopt(w, str_c(text));
    free(text), json_decref(j);
    uint32_t no[12];
    for (int i = 0; i < 12; i++) {
        Declaration d = machines(w, ++serial, i == 11 ? DIRECTION_IMPORT : DIRECTION_EXPORT);
        no[i] = declared(w, &d);
    }
    later(HOURS(23));
    tick(w, START + HOURS(24));
    assert_int_equal(events_of(w, EV_REPLANNED), 11); // the import is not touched
    for (int i = 0; i < 11; i++) assert_true(passage(w, no[i])->needed & BIT(task(w, "peer")));
    assert_false(passage(w, no[11])->needed & BIT(task(w, "peer")));
}
static void deadlines(void **state) {
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d);
    later(HOURS(2));
    assert_true(passage(w, no)->late & BIT(task(w, "channel"))); // 120 minutes
    later(HOURS(66));
    assert_true(passage(w, no)->alarms & BIT(ALARM_VALIDITY_SOON));
    assert_false(passage(w, no)->expired);
    later(HOURS(4));
    assert_int_equal(gate_side(passage(w, no)), SIDE_EXPIRED);
    go(w, ROLE_YARD, no, MOVE_ARRIVE);
    assert_int_equal(place(no), PLACE_INLAND); // not called
    assert_int_equal(move_by(w, ROLE_BOARD, no, MOVE_CALL), REFUSE_DECLARATION_EXPIRED);
    Input renew = input(w, IN_RENEW, ROLE_TRADER, no);
    renew.u.reason.reason = STR("queue");
    assert_int_equal(run(w, renew), REFUSE_REASON_NONE);
    assert_int_equal(place(no), PLACE_CALLED);
    later(MINUTES(89));
    assert_int_equal(place(no), PLACE_CALLED);
    later(MINUTES(1)); // lapsed; being alone it is called again at once
    assert_int_equal(passage(w, no)->lapses, 1);
    w->now += HOURS(73); // the tick is late: the move is refused all the same
    assert_int_equal(move_by(w, ROLE_YARD, no, MOVE_GATE_IN), REFUSE_DECLARATION_EXPIRED);
    Declaration f = machines(w, ++serial, DIRECTION_IMPORT);
    uint32_t in = import_in_yard(&f, "CN");
    assert_int_equal(run(w, input(w, IN_RENEW, ROLE_BOARD, in)), REFUSE_NOT_OPEN);
    later(HOURS(22));
    assert_true(passage(w, in)->alarms & BIT(ALARM_STAY_SOON));
    later(HOURS(2));
    assert_int_equal(gate_side(passage(w, in)), SIDE_OVERSTAY);
}
static void shorter_warnings(void **state) { // while the timers run for the longer ones
    (void)state;
    json_t *root = json_loads(w->bundle.p, 0, NULL), *params = json_object_get(root, "params");
    json_object_set_new(params, "validity_warn_min", json_integer(1)),
        json_object_set_new(params, "stay_warn_min", json_integer(1));
    Declaration g = machines(w, ++serial, DIRECTION_EXPORT);
    declared(w, &g);
    char *text = json_dumps(params, JSON_COMPACT);
    uint32_t no = gate_last_no(w->g);
    world_adopt(w, changed("params", text));
    free(text), json_decref(root);
    later(HOURS(72) - MINUTES(2));
    assert_false(passage(w, no)->alarms & BIT(ALARM_VALIDITY_SOON));
    later(MINUTES(1));
    assert_true(passage(w, no)->alarms & BIT(ALARM_VALIDITY_SOON));
}
static void resources(void **state) {
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = to_yard(&d);
    clear(no);
    Input lane = input(w, IN_LANE, ROLE_BOARD, 0), move = input(w, IN_MOVE, ROLE_YARD, no);
    uint8_t h1 = site_find(w->site, DYN_LANE, STR("H1")), h3 = site_find(w->site, DYN_LANE, STR("H3")),
            h4 = site_find(w->site, DYN_LANE, STR("H4"));
    lane.u.lane = (InLane){.lane = h1, .cause = CAUSE_STORM, .reason = STR("storm")};
    run(w, lane);
    move.u.move = (InMove){.move = MOVE_LINE_UP, .lane = h1, .yard = DYN_NONE};
    assert_int_equal(run(w, move), REFUSE_LANE_CLOSED);
    move.u.move.lane = h4;
    assert_int_equal(run(w, move), REFUSE_LANE_WRONG_WAY);
    move.u.move.lane = 200;
    assert_int_equal(run(w, move), REFUSE_LANE_UNKNOWN);
    move.u.move.lane = h3, move.u.move.plate = STR("99X1");
    assert_int_equal(run(w, move), REFUSE_PLATE_MISMATCH);
    move.u.move.plate = STR_EMPTY, move.u.move.seal = STR("X");
    assert_int_equal(run(w, move), REFUSE_SEAL_MISMATCH);
    move.u.move.seal = STR("VN123456");
    assert_int_equal(run(w, move), REFUSE_REASON_NONE);
    lane.u.lane = (InLane){.lane = h3, .way = LANE_WAY_IN, .open = true, .reason = STR("evening")};
    assert_int_equal(run(w, lane), REFUSE_LANE_OCCUPIED);
    go(w, ROLE_GUARD, no, MOVE_CROSS_OUT);
    assert_int_equal(run(w, lane), REFUSE_REASON_NONE);
    lane.u.lane.lane = h4, lane.u.lane.way = LANE_WAY_OUT;
    assert_int_equal(run(w, lane), REFUSE_LANE_FIXED);
    Input road = input(w, IN_ROAD, ROLE_BOARD, 0);
    road.u.road = (InRoad){.road = 0, .cause = CAUSE_OTHER_SIDE, .reason = STR("fog")};
    run(w, road);
    go(w, ROLE_PEER, no, MOVE_PEER_RECEIVE);
    assert_int_equal(move_by(w, ROLE_GUARD, no, MOVE_RETURN), REFUSE_ROAD_CLOSED);
    road.u.road.open = true, run(w, road);
    road.u.road.road = 9;
    assert_int_equal(run(w, road), REFUSE_ROAD_UNKNOWN);
    lane.u.lane = (InLane){.lane = site_find(w->site, DYN_LANE, STR("H9")), .open = true, .reason = STR("now")};
    assert_int_equal(run(w, lane), REFUSE_LANE_CLOSED); // not built in this phase
    for (uint8_t l = 0; l < w->site->lanes; l++)
        lane.u.lane = (InLane){.lane = l, .cause = CAUSE_STORM, .reason = STR("storm")}, run(w, lane);
    assert_int_equal(move_by(w, ROLE_GUARD, no, MOVE_RETURN), REFUSE_NO_LANE);
}
static void yards(void **state) {
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d);
    go(w, ROLE_YARD, no, MOVE_ARRIVE);
    Input yard = input(w, IN_YARD, ROLE_BOARD, 0), move = input(w, IN_MOVE, ROLE_YARD, no);
    yard.u.yard = (InYard){.yard = 0, .places = 0, .reason = STR("works")};
    run(w, yard);
    move.u.move = (InMove){.move = MOVE_GATE_IN, .lane = DYN_NONE, .yard = DYN_NONE};
    assert_int_equal(run(w, move), REFUSE_YARD_FULL);
    move.u.move.yard = 99;
    assert_int_equal(run(w, move), REFUSE_YARD_UNKNOWN);
    yard.u.yard.places = 100000;
    assert_int_equal(run(w, yard), REFUSE_YARD_FULL);
    yard.u.yard = (InYard){.yard = 6, .places = 1, .reason = STR("early")}; // built from 2030 only
    assert_int_equal(run(w, yard), REFUSE_YARD_FULL);
}
static void queue(void **state) {
    (void)state;
    Input quota = input(w, IN_QUOTA, ROLE_BOARD, 0);
    quota.u.quota =
        (Quota){.id = STR("q"), .road = STR("hn"), .reason = STR("other side"), .releases = 1, .window_min = 60};
    assert_int_equal(run(w, quota), REFUSE_REASON_NONE);
    uint32_t no[4];
    for (int i = 0; i < 4; i++) {
        Declaration d = i == 2 ? durian(w, ++serial) : machines(w, ++serial, DIRECTION_EXPORT);
        if (i == 3) d.slot = w->now + HOURS(10);
        no[i] = declared(w, &d);
        go(w, ROLE_YARD, no[i], MOVE_ARRIVE);
        later(MINUTES(1));
    }
    assert_int_equal(place(no[0]), PLACE_CALLED);       // the only one of this hour
    assert_int_equal(gate_queue_at(w->g, 0, 0), no[2]); // perishable, though it came later
    Input shift = input(w, IN_QUEUE_SHIFT, ROLE_BOARD, no[1]);
    shift.u.queue_shift = (InQueueShift){.earlier = true, .minutes = 300};
    assert_int_equal(run(w, shift), REFUSE_REASON_REQUIRED);
    shift.u.queue_shift.reason = STR("sick driver");
    assert_int_equal(run(w, shift), REFUSE_REASON_NONE);
    assert_int_equal(gate_queue_at(w->g, 0, 0), no[1]);
    shift.passage = no[0];
    assert_int_equal(run(w, shift), REFUSE_NOT_QUEUED);
    world_adopt(
        w, changed("quotas", "[{\"id\":\"q\",\"road\":\"hn\",\"releases\":1,\"window_min\":60,\"reason\":\"same\"}]"));
    world_adopt(
        w, changed("quotas", "[{\"id\":\"q\",\"road\":\"hn\",\"releases\":1,\"window_min\":60,\"reason\":\"again\"}]"));
    assert_int_equal(place(no[1]), PLACE_INLAND); // a quota read again keeps its count
    later(HOURS(1));
    assert_int_equal(place(no[1]), PLACE_CALLED);
    later(HOURS(1));
    assert_int_equal(place(no[2]), PLACE_CALLED);
    assert_int_equal(place(no[3]), PLACE_INLAND); // its slot is later
    Input slot = input(w, IN_SLOT, ROLE_TRADER, no[3]);
    slot.u.slot.slot = w->now - 1;
    assert_int_equal(run(w, slot), REFUSE_SLOT_PAST);
    quota.u.quota.road = STR("xx");
    assert_int_equal(run(w, quota), REFUSE_ROAD_UNKNOWN);
}
static void duplicates(void **state) {
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT), b = box(w, ++serial, DIRECTION_EXPORT), x;
    d.trailer = STR("12R00001");
    uint32_t no = to_yard(&d);
    declared(w, &b);
    x = machines(w, ++serial, DIRECTION_EXPORT), x.plate = d.plate;
    assert_true(!declare(w, &x) && refused_with(w, REFUSE_DUPLICATE_VEHICLE));
    x = machines(w, ++serial, DIRECTION_EXPORT), x.trailer = d.trailer;
    assert_true(!declare(w, &x) && refused_with(w, REFUSE_DUPLICATE_VEHICLE));
    x = box(w, ++serial, DIRECTION_EXPORT), x.container = b.container;
    assert_true(!declare(w, &x) && refused_with(w, REFUSE_DUPLICATE_CONTAINER));
    x = machines(w, ++serial, DIRECTION_EXPORT), x.customs_no = d.customs_no;
    assert_true(!declare(w, &x) && refused_with(w, REFUSE_DUPLICATE_CUSTOMS_NO));
    x = machines(w, ++serial, DIRECTION_EXPORT), x.lrn = d.lrn;
    assert_true(!declare(w, &x) && refused_with(w, REFUSE_DUPLICATE_LRN));
    clear(no), over(no), go(w, ROLE_PEER, no, MOVE_PEER_RECEIVE), go(w, ROLE_GUARD, no, MOVE_RETURN);
    x = machines(w, ++serial, DIRECTION_EXPORT),
    x.plate = d.plate; // the truck may come again, its declaration number may not
    declared(w, &x);
    x = machines(w, ++serial, DIRECTION_EXPORT), x.customs_no = d.customs_no;
    assert_true(!declare(w, &x) && refused_with(w, REFUSE_DUPLICATE_CUSTOMS_NO));
}
static void expect_declare(Declaration d, Refuse code) {
    assert_int_equal(declare(w, &d), 0);
    if (!refused_with(w, code)) fail_msg("%s was not said", Refuse_names.names[code]);
}
static void bad_declarations(void **state) {
    (void)state;
    Declaration d = durian(w, ++serial), x;
    GoodsLine l = *(const GoodsLine *)d.goods.items, two[2];
    Certificate c = *(const Certificate *)d.certificates.items;
    x = d, x.certificates.n = 0, expect_declare(x, REFUSE_MISSING_CERTIFICATE);
    x = d, c.valid_until = w->now - 1, x.certificates.items = &c, expect_declare(x, REFUSE_CERTIFICATE_EXPIRED);
    x = d, x.goods.items = &l, l.growing_area = STR_EMPTY, expect_declare(x, REFUSE_MISSING_GROWING_AREA);
    l.packing_house = STR_EMPTY, expect_declare(x, REFUSE_MISSING_PACKING_HOUSE);
    l.net_kg = 0, expect_declare(x, REFUSE_MASS_ZERO);
    l.net_kg = l.gross_kg + 1, expect_declare(x, REFUSE_MASS_ORDER);
    l.hs = STR("990000"), expect_declare(x, REFUSE_GOODS_NOT_LISTED);
    l.hs = STR("9"), expect_declare(x, REFUSE_GOODS_NOT_LISTED);
    x = d, x.goods.n = 0, expect_declare(x, REFUSE_GOODS_MISSING);
    x = d, x.empty = true, expect_declare(x, REFUSE_GOODS_ON_EMPTY);
    x = d, x.tare_kg = 0, expect_declare(x, REFUSE_MASS_ZERO);
    x = d, x.plate = STR_EMPTY, expect_declare(x, REFUSE_VEHICLE_MISSING);
    x = d, x.mode = MODE_UNMANNED, expect_declare(x, REFUSE_CONTAINER_MISSING);
    x = d, x.road = STR("xx"), expect_declare(x, REFUSE_ROAD_UNKNOWN);
    x = d, x.slot = w->now - 1, expect_declare(x, REFUSE_SLOT_PAST);
    x = d, x.container = STR("MSKU1"), x.seals.n = 0, expect_declare(x, REFUSE_MISSING_SEAL);
    x = d, x.two_way_of = 999, expect_declare(x, REFUSE_TWO_WAY_LINK);
    two[0] = two[1] = *(const GoodsLine *)d.goods.items, two[1].hs = STR("080390"), x.goods = (List){two, 2};
    expect_declare(x, REFUSE_MIXED_GOODS);
    two[0].hs = STR("08"), two[1].hs = STR("080390"), expect_declare(x, REFUSE_MIXED_GOODS);
}
static void tasks_and_people(void **state) {
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    d.mode = MODE_SWAP;
    uint32_t no = declared(w, &d);
    Input in = input(w, IN_MOVE, ROLE_TRADER, no);
    in.actor = STR("trader 2"), in.u.move.move = MOVE_DEPART;
    assert_int_equal(run(w, in), REFUSE_NOT_YOURS);
    in = input(w, IN_MOVE, ROLE_DRIVER, no), in.actor = STR("driver 9"), in.u.move.move = MOVE_DEPART;
    assert_int_equal(run(w, in), REFUSE_NOT_YOURS);
    assert_int_equal(decide_by(w, ROLE_YARD, no, "weight", OUTCOME_GRANT), REFUSE_TASK_NOT_OPEN);
    assert_int_equal(decide_by(w, ROLE_HEALTH, no, "weight", OUTCOME_GRANT), REFUSE_WRONG_ROLE);
    assert_int_equal(decide_by(w, ROLE_PLANT, no, "plant", OUTCOME_GRANT), REFUSE_TASK_UNKNOWN);
    assert_int_equal(move_by(w, ROLE_BOARD, no, MOVE_CLOSE), REFUSE_OUT_OF_ORDER);
    in = input(w, IN_DECIDE, ROLE_CUSTOMS, no);
    in.u.decide = (InDecide){.task = task(w, "channel"), .outcome = OUTCOME_GRANT};
    assert_int_equal(run(w, in), REFUSE_CHANNEL_MISSING);
    in.u.decide.channel = CHANNEL_RED;
    run(w, in);
    assert_true(passage(w, no)->needed & BIT(task(w, "physical")));
    in.u.decide.outcome = OUTCOME_NONE;
    run(w, in);
    assert_true(refused_with(w, REFUSE_REASON_REQUIRED));
    go(w, ROLE_YARD, no, MOVE_ARRIVE), go(w, ROLE_YARD, no, MOVE_GATE_IN);
    while (!(passage(w, no)->open & BIT(task(w, "transfer")))) {
        uint32_t open = passage(w, no)->open & ~BIT(task(w, "fee"));
        grant(w, no, task_id(w, (uint8_t)__builtin_ctz(open)));
    }
    in = input(w, IN_DECIDE, ROLE_YARD, no);
    in.u.decide = (InDecide){.task = task(w, "transfer"), .outcome = OUTCOME_GRANT};
    assert_int_equal(run(w, in), REFUSE_TRANSFER_MISSING);
}
// What the other side announces is declared by it; the rules are those for everybody, said by their names.
static void announced_by_the_other_side(void **state) {
    (void)state;
    Input in = input(w, IN_DECLARE, ROLE_PEER, 0);
    in.actor = STR("cn-yyg");
    Declaration d = machines(w, ++serial, DIRECTION_IMPORT);
    d.trader = d.lrn = d.customs_no = STR_EMPTY, d.plate = STR("桂FA1234"), d.vehicle_country = STR("CN");
    in.u.declare = d;
    assert_int_equal(run(w, in), REFUSE_REASON_NONE);
    const EvDeclared *e = &event_of(w, EV_DECLARED, 0)->u.declared;
    assert_true(str_eq_c(((const Declaration *)e->doc.obj)->trader, "cn-yyg"));
    uint32_t no = gate_last_no(w->g);
    assert_true(passage(w, no)->foreign && passage(w, no)->kind == KIND_TRUCK_IMPORT);
    assert_int_equal(run(w, in), REFUSE_DUPLICATE_VEHICLE); // said twice
    go(w, ROLE_PEER, no, MOVE_PEER_EXIT), go(w, ROLE_GUARD, no, MOVE_ENTER);

    in.u.declare = machines(w, ++serial, DIRECTION_EXPORT);
    assert_int_equal(run(w, in), REFUSE_WRONG_ROLE);
    in.u.declare = durian(w, ++serial);
    in.u.declare.direction = DIRECTION_IMPORT, in.u.declare.certificates.n = 0, in.u.declare.tare_kg = 0;
    assert_int_not_equal(run(w, in), REFUSE_REASON_NONE);
    assert_true(refused_with(w, REFUSE_MISSING_CERTIFICATE) && refused_with(w, REFUSE_MASS_ZERO));

    uint32_t other = (d = machines(w, ++serial, DIRECTION_IMPORT), declared(w, &d)); // of a trader of this side
    for (int i = 0; i < 2; i++) {
        Input amend = in;
        amend.kind = IN_AMEND, amend.passage = i ? no : other, amend.u.declare = d;
        assert_int_equal(run(w, amend), i ? REFUSE_NOT_REWORK : REFUSE_NOT_YOURS);
    }
}
static void clock_and_limits(void **state) {
    (void)state;
    Declaration d = machines(w, ++serial, DIRECTION_EXPORT);
    declared(w, &d);
    int64_t now = gate_now(w->g);
    w->now -= HOURS(1);
    d = machines(w, ++serial, DIRECTION_EXPORT);
    uint32_t no = declared(w, &d);
    assert_int_equal(events_of(w, EV_ALARM), 1);
    assert_true(passage(w, no)->declared_ms == now && gate_now(w->g) == now);
    w->now = now;
    Input ack = input(w, IN_ALARM_ACK, ROLE_CENTRE, 0);
    ack.u.alarm_ack.alarm = ALARM_CLOCK;
    assert_int_equal(run(w, ack), REFUSE_REASON_NONE);
    assert_int_equal(run(w, ack), REFUSE_NOT_OPEN);
    while (gate_open_count(w->g) < 64) d = machines(w, ++serial, DIRECTION_EXPORT), declared(w, &d);
    expect_declare(machines(w, ++serial, DIRECTION_EXPORT), REFUSE_GATE_FULL);
    Input quota = input(w, IN_QUOTA, ROLE_BOARD, 0);
    for (int i = 0; i <= QUOTAS_MAX; i++) {
        quota.u.quota =
            (Quota){.id = fmt(w, "q%d", i), .road = STR("tt"), .reason = STR("r"), .releases = 9, .window_min = 9};
        assert_int_equal(run(w, quota), i < QUOTAS_MAX ? REFUSE_REASON_NONE : REFUSE_LIST_FULL);
    }
    world_adopt(w, bundle_of(&w->keep, "mong-cai", "2026", false));
    assert_int_equal(w->finding[0].code, REFUSE_SITE_CHANGED_ORDER);
    world_adopt(w, changed("procedures", "[{\"id\":\"p\",\"kinds\":[\"box_import\"],\"valid_from\":\"2024-01-01\"}]"));
    assert_int_equal(move_by(w, ROLE_GUARD, no, MOVE_DEPART), REFUSE_WRONG_ROLE);
    go(w, ROLE_YARD, no, MOVE_ARRIVE);
    assert_int_equal(move_by(w, ROLE_BOARD, no, MOVE_CALL), REFUSE_NO_PROCEDURE);
    Input link = input(w, IN_LINK, ROLE_CENTRE, 0);
    link.u.link = (InLink){.act = STR("accept"), .handover = STR("vn-hn-9"), .refused = true};
    link.u.link.reason = STR("handover_unknown");
    assert_int_equal(run(w, link), REFUSE_HANDOVER_UNKNOWN);
    link.u.link.reason = STR("out_of_order");
    assert_int_equal(run(w, link), REFUSE_LINK_REFUSED);
    GateLimits one = {1};
    void *memory = aligned_alloc(64, gate_size(one));
    Gate *full = w->g;
    w->g = gate_init(memory, one);
    assert_int_equal(run(w, ack), REFUSE_NO_SITE);
    w->g = full;
    free(memory);
}
static void every_refusal_was_seen(void **state) {
    (void)state;
    uint32_t missing = 0;
    for (int i = 1; i < REFUSE_COUNT; i++)
        if (!refuse_seen[i]) print_message("never said: %s\n", Refuse_names.names[i]), missing++;
    assert_int_equal(missing, 0);
}
int main(void) {
#define STORY(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {STORY(export_of_durian),
                                       STORY(import_transhipped),
                                       STORY(other_modes),
                                       STORY(unmanned),
                                       STORY(two_way_trip),
                                       STORY(second_leg_again),
                                       STORY(link_keeps_the_rules),
                                       STORY(weighing),
                                       STORY(weighed_again),
                                       STORY(rework),
                                       STORY(amended_in_the_queue),
                                       STORY(fees),
                                       STORY(tariff_by_date),
                                       STORY(a_mission_goes_its_way),
                                       STORY(incidents_and_embargoes),
                                       STORY(procedure_by_date),
                                       STORY(deadlines),
                                       STORY(shorter_warnings),
                                       STORY(resources),
                                       STORY(yards),
                                       STORY(queue),
                                       STORY(duplicates),
                                       STORY(bad_declarations),
                                       STORY(tasks_and_people),
                                       STORY(announced_by_the_other_side),
                                       STORY(clock_and_limits),
                                       cmocka_unit_test(every_refusal_was_seen)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// Bad input from vehicles: each gets its named alarm, what cannot be believed changes nothing, the vehicle is set apart
// or sent nowhere, the others go on, and no box is lost: who was to fetch it is relieved.
#include "fleet/fleet.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
// cmocka last
#include <cmocka.h>

#define T0 1795000000000
enum { BAD, GOOD, VEHICLES };
typedef struct {
    Arena a;
    RouteMap *map;
    Fleet *fleet;
    VdaState state[VEHICLES]; // as they speak next
    VdaPosition at[VEHICLES];
    uint32_t orders[VEHICLES], instants[VEHICLES];
    char order_id[VEHICLES][64];
    uint32_t came[VEHICLES], went[VEHICLES]; // bits of alarms that came and went
    char why[VEHICLES][128];
    int64_t now;
} Site;
static VdaNodeState to_come = {.id = STR("later"), .sequence_id = 98, .released = true};
static void on_send(void *ctx, uint32_t v, VdaTopic t, const void *msg) { // they take each order, and stand
    Site *s = ctx;
    *(t == VDA_ORDER ? &s->orders[v] : &s->instants[v]) += 1;
    if (t != VDA_ORDER) return;
    const VdaOrder *o = msg;
    (void)snprintf(s->order_id[v], sizeof s->order_id[0], STR_F, STR_A(o->order_id));
    s->state[v].order_id = str_c(s->order_id[v]), s->state[v].update_id = o->update_id;
    s->state[v].node_states.items = &to_come, s->state[v].node_states.n = 1;
}
static void on_event(void *ctx, const FleetEvent *e) {
    Site *s = ctx;
    if (e->kind != FLEET_EVENT_ALARM) return;
    *(e->on ? &s->came[e->vehicle] : &s->went[e->vehicle]) |= 1u << e->alarm;
    if (e->on) (void)snprintf(s->why[e->vehicle], sizeof s->why[0], STR_F, STR_A(e->reason));
}
static VdaLoad no_load;
static void stands(Site *s, uint32_t v, uint32_t place) {
    const MapNode *n = &s->map->node[place];
    VdaState *st = &s->state[v];
    *st = (VdaState){.h = st->h, .mode = VDA_MODE_AUTOMATIC, .last_node_id = n->id};
    s->at[v] = (VdaPosition){.initialized = true, .x = n->x, .y = n->y, .map_id = s->map->id};
    st->position = &s->at[v], st->battery.charge = 80, st->loads.items = &no_load;
}
static void speaks(Site *s, uint32_t v) {
    s->state[v].h.header_id++, s->state[v].h.timestamp_ms = s->now;
    fleet_state(s->fleet, v, &s->state[v], s->now);
}
static void passes(Site *s, uint32_t seconds) { // both speak each second
    for (uint32_t i = 0; i < seconds; i++) {
        s->now += 1000;
        for (uint32_t v = 0; v < VEHICLES; v++) speaks(s, v);
        fleet_cycle(s->fleet, s->now);
    }
}
static uint32_t place_at(const RouteMap *m, uint8_t spot, uint32_t skip) { // of our yard
    for (uint32_t i = 0; i < m->nodes; i++)
        if (m->node[i].spot == spot && m->node[i].owner == OWNER_OWN && !skip--) return i;
    fail();
    return 0;
}
static FleetView view(const Site *s, uint32_t v) {
    FleetView w;
    fleet_view(s->fleet, v, &w);
    return w;
}
static void begin_with(Site *s, const FleetParams *params) {
    static const Str name[VEHICLES] = {{"bad", 3}, {"good", 4}};
    MapPlan p = map_plan_usual;
    MapDoc *d;
    MapProblems ps;
    const char *why;
    memset(s, 0, sizeof *s);
    arena_init(&s->a, 64u << 20);
    p.lanes = 2, p.cranes = 2, p.parks = 4, p.chargers = 2;
    assert_int_equal(route_map_make(&p, STR("test"), STR("hn"), &s->a, &d, &why), OK);
    assert_int_equal(route_map_new(d, &s->map, &ps), OK);
    s->fleet = fleet_new(s->map, params, (FleetPort){s, on_send, on_event});
    s->now = T0;
    for (uint32_t v = 0; v < VEHICLES; v++) {
        assert_int_equal(fleet_add(s->fleet, name[v], STR("maker"), name[v], VDA_2_1), v);
        stands(s, v, place_at(s->map, SPOT_PARK, v));
        fleet_connection(s->fleet, v, &(VdaConnection){.state = VDA_ONLINE}, s->now);
    }
    passes(s, 3);
    assert_int_equal(view(s, BAD).status, FLEET_IDLE);
    assert_int_equal(s->came[BAD] | s->came[GOOD], 0);
}
static void begin(Site *s) {
    begin_with(s, &fleet_params_usual);
}
static void end(Site *s) {
    assert_int_equal(s->came[GOOD], 0); // the other has nothing to do with it
    fleet_free(s->fleet);
    route_map_free(s->map);
    arena_deinit(&s->a);
}
static void boxes(Site *s, uint32_t n) {
    for (uint32_t i = 1; i <= n; i++)
        assert_int_equal(fleet_job(s->fleet, &(FleetJob){.id = i, .from = OWNER_OWN}, s->now), FLEET_OK);
}
static void alarmed(const Site *s, FleetAlarm a, FleetStatus status, const char *why) {
    assert_true(s->came[BAD] & 1u << a);
    assert_int_equal(view(s, BAD).status, status);
    assert_non_null(strstr(s->why[BAD], why));
}

// ---- what isolates: nothing is sent to it until somebody trusts it again
static void isolated(Site *s, FleetAlarm a, const char *why) {
    uint32_t orders;
    alarmed(s, a, FLEET_ISOLATED, why);
    orders = s->orders[BAD];
    boxes(s, 1);
    s->now += 1000, speaks(s, GOOD), fleet_cycle(s->fleet, s->now);
    assert_int_equal(view(s, GOOD).job, 1);
    assert_int_equal(s->orders[BAD], orders);
    assert_true(fleet_accept(s->fleet, BAD, s->now));
    assert_false(fleet_accept(s->fleet, BAD, s->now));
    stands(s, BAD, place_at(s->map, SPOT_PARK, 0));
    passes(s, 2);
    assert_int_equal(view(s, BAD).status, FLEET_IDLE);
    end(s);
}
static void wrong_json(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"headerId\":1,\"timestamp\":\"2026-11-18T00:00:00Z\",\"versi", // cut off
        "[]", "", "{\"headerId\":\"one\"}",                               // of another form
        "{\"headerId\":1,\"timestamp\":\"2026-11-18T00:00:00Z\",\"version\":\"2.1.0\"}"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        Site s;
        VdaProblems ps = {0};
        begin(&s);
        VdaState *msg = arena_alloc(&s.a, vda_size(VDA_STATE));
        assert_int_not_equal(vda_decode(VDA_2_1, VDA_STATE, str_c(texts[i]), &s.a, msg, &ps), OK);
        fleet_nonsense(s.fleet, BAD, ps.p[0].what, s.now);
        isolated(&s, FLEET_ALARM_MESSAGE, "");
    }
}
static void another_version(void **state) {
    (void)state;
    Site s;
    begin(&s);
    fleet_other_version(s.fleet, BAD, s.now);
    isolated(&s, FLEET_ALARM_VERSION, "another version");
}
static void order_of_nobody(void **state) {
    (void)state;
    Site s;
    VdaNodeState next = {.id = STR("somewhere"), .sequence_id = 2, .released = true};
    begin(&s);
    s.state[BAD].order_id = STR("mine-7"), s.state[BAD].node_states.items = &next, s.state[BAD].node_states.n = 1;
    passes(&s, 1);
    isolated(&s, FLEET_ALARM_UNKNOWN_ORDER, "not ours");
}
static void two_of_one_serial(void **state) {
    (void)state;
    Site s;
    begin(&s);
    for (uint32_t i = 0; i < 8; i++) { // the other counts from elsewhere
        s.now += 1000;
        VdaState other = s.state[BAD];
        other.h.header_id = 900 + i, other.h.timestamp_ms = s.now;
        fleet_state(s.fleet, BAD, &other, s.now);
        s.now += 1000, speaks(&s, BAD), speaks(&s, GOOD);
    }
    isolated(&s, FLEET_ALARM_DUPLICATE, "serial number");
}
static void outside_the_map(void **state) {
    (void)state;
    const double far[] = {1e6, -1e9, NAN, INFINITY};
    for (size_t i = 0; i < ARRAY_LEN(far); i++) {
        Site s;
        begin(&s);
        double was = view(&s, BAD).x;
        s.at[BAD].x = far[i];
        passes(&s, 1);
        assert_true(view(&s, BAD).x == was); // not believed
        isolated(&s, FLEET_ALARM_POSITION, "the map shows nothing");
    }
}

// ---- what passes by itself: it is not sent anywhere meanwhile
static void passes_by(Site *s, FleetAlarm a, const char *why) {
    assert_true(s->came[BAD] & 1u << a);
    assert_non_null(strstr(s->why[BAD], why));
    stands(s, BAD, place_at(s->map, SPOT_PARK, 0));
    passes(s, 2);
    assert_true(s->went[BAD] & 1u << a);
    assert_int_equal(view(s, BAD).alarms, 0);
    end(s);
}
static void absurd_battery(void **state) {
    (void)state;
    const double charge[] = {140, -3, NAN, 20}; // the last: 60 per cent gone within seconds
    for (size_t i = 0; i < ARRAY_LEN(charge); i++) {
        Site s;
        begin(&s);
        s.state[BAD].battery.charge = charge[i];
        passes(&s, 1);
        boxes(&s, 2);
        passes(&s, 3);
        assert_true(view(&s, BAD).battery_pct == 80); // as it was last believed
        assert_int_equal(view(&s, BAD).job, FLEET_NONE);
        assert_int_not_equal(view(&s, GOOD).job, FLEET_NONE);
        assert_int_not_equal(
            fleet_withdraw(s.fleet, 1, STR("test"), s.now) + fleet_withdraw(s.fleet, 2, STR("test"), s.now), 0);
        passes_by(&s, FLEET_ALARM_BATTERY, "cannot be");
    }
}
static void below_the_reserve(void **state) {
    (void)state;
    Site s;
    begin(&s);
    for (double c = 80; c > 6; c -= 20) s.state[BAD].battery.charge = c, passes(&s, 1);
    s.state[BAD].battery.charge = 5;
    passes(&s, 1);
    assert_true(s.came[BAD] & 1u << FLEET_ALARM_BATTERY);
    assert_int_equal(view(&s, BAD).job, FLEET_NONE);
    end(&s);
}
static void unknown_node(void **state) {
    (void)state;
    Site s;
    begin(&s);
    s.state[BAD].last_node_id = STR("nowhere");
    passes(&s, 1);
    boxes(&s, 1);
    passes(&s, 2);
    assert_int_equal(view(&s, BAD).job, FLEET_NONE);
    assert_int_equal(view(&s, GOOD).job, 1);
    assert_true(fleet_withdraw(s.fleet, 1, STR("test"), s.now));
    passes_by(&s, FLEET_ALARM_POSITION, "not on the map");
}
static void clock_off(void **state) {
    (void)state;
    const int64_t off[] = {2 * HOUR_MS, -2 * HOUR_MS};
    for (size_t i = 0; i < ARRAY_LEN(off); i++) {
        Site s;
        begin(&s);
        s.now += 1000;
        s.state[BAD].h.header_id++, s.state[BAD].h.timestamp_ms = s.now + off[i];
        fleet_state(s.fleet, BAD, &s.state[BAD], s.now);
        assert_int_equal(view(&s, BAD).status, FLEET_IDLE); // time stamps order nothing here
        passes_by(&s, FLEET_ALARM_CLOCK, "more than a minute");
    }
}
static void where_another_is(void **state) {
    (void)state;
    Site s;
    begin(&s);
    s.state[BAD].mode = VDA_MODE_MANUAL;
    passes(&s, 1);
    stands(&s, BAD, place_at(s.map, SPOT_PARK, 1)); // the other's place
    s.state[BAD].mode = VDA_MODE_MANUAL;
    passes(&s, 1);
    assert_true(s.came[BAD] & 1u << FLEET_ALARM_POSITION);
    assert_non_null(strstr(s.why[BAD], "where another is"));
    assert_int_equal(view(&s, GOOD).status, FLEET_IDLE);
    end(&s);
}
// ---- and its box: who was to fetch it is relieved after a while
static void box_of_an_isolated_one(void **state) {
    (void)state;
    Site s;
    begin(&s);
    boxes(&s, 2);
    passes(&s, 2);
    uint32_t box = view(&s, BAD).job;
    assert_int_not_equal(box, FLEET_NONE);
    fleet_nonsense(s.fleet, BAD, STR("test"), s.now);
    passes(&s, fleet_params_usual.relieve_s + 5);
    assert_int_equal(view(&s, BAD).job, FLEET_NONE);
    assert_int_equal(fleet_step_of(s.fleet, box), STEP_WAITING);
    end(&s);
}
// ---- maintenance by way, by hours, by errors: it is given no box until somebody has serviced it
static void maintenance(void **state) {
    (void)state;
    for (int by = 0; by < 3; by++) {
        Site s;
        FleetParams p = fleet_params_usual;
        p.service_km = by == 0 ? 1 : 1000, p.service_h = by == 1 ? 1 : 1000, p.service_errors = by == 2 ? 3 : 1000;
        begin_with(&s, &p);
        double x = s.at[BAD].x;
        for (int i = 0; i < (by == 1 ? 3700 : 12); i++) {
            if (by == 0) s.at[BAD].x = x + (i % 2 ? 0 : 100);
            s.state[BAD].driving = by == 1;
            if (by == 2) s.state[BAD].battery.charge = i % 2 ? 80 : 140;
            passes(&s, 1);
        }
        s.at[BAD].x = x, s.state[BAD].driving = false, s.state[BAD].battery.charge = 80;
        passes(&s, 2);
        assert_true(s.came[BAD] & 1u << FLEET_ALARM_SERVICE);
        boxes(&s, 2);
        passes(&s, 3);
        assert_int_equal(view(&s, BAD).job, FLEET_NONE);
        assert_int_not_equal(view(&s, GOOD).job, FLEET_NONE);
        fleet_serviced(s.fleet, BAD);
        passes(&s, 3);
        assert_int_equal(view(&s, BAD).alarms, 0);
        assert_int_not_equal(view(&s, BAD).job, FLEET_NONE);
        end(&s);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_json),
                                       cmocka_unit_test(another_version),
                                       cmocka_unit_test(order_of_nobody),
                                       cmocka_unit_test(two_of_one_serial),
                                       cmocka_unit_test(outside_the_map),
                                       cmocka_unit_test(absurd_battery),
                                       cmocka_unit_test(below_the_reserve),
                                       cmocka_unit_test(unknown_node),
                                       cmocka_unit_test(clock_off),
                                       cmocka_unit_test(where_another_is),
                                       cmocka_unit_test(box_of_an_isolated_one),
                                       cmocka_unit_test(maintenance)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

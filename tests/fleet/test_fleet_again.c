// A control that takes over from one that was killed, message by message: a vehicle that is told to stop and comes to
// its crane first, hand-overs that nobody may interrupt, where somebody stands who does not know it.
#include "fleet/fleet.h"
#include <setjmp.h>
#include <stdarg.h>
// cmocka last
#include <cmocka.h>

#define T0 1795000000000
enum { ONE, OTHER, VEHICLES };
typedef struct {
    Arena a;
    RouteMap *map;
    Fleet *fleet;
    VdaState state[VEHICLES]; // as they speak next
    VdaPosition at[VEHICLES];
    VdaActionState action[2]; // of ONE: of its order, the cancelOrder
    uint32_t orders, cancels; // told to ONE
    char order_id[64], action_id[80], cancel_id[64];
    uint8_t step[8]; // of the job
    uint32_t steps, cranes;
    int64_t now;
} Site;
static VdaNodeState ahead = {.sequence_id = 12, .released = true};
static VdaLoad box = {.id = STR("CSQU3054383")};

static void on_send(void *ctx, uint32_t v, VdaTopic t, const void *msg) {
    Site *s = ctx;
    const VdaInstantActions *in = msg;
    if (v != ONE) return;
    if (t == VDA_ORDER) {
        s->orders++;
        (void)snprintf(s->order_id, sizeof s->order_id, STR_F, STR_A(((const VdaOrder *)msg)->order_id));
    } else if (str_eq_c(in->actions.items[0].type, "cancelOrder") && !s->cancels++) {
        (void)snprintf(s->cancel_id, sizeof s->cancel_id, STR_F, STR_A(in->actions.items[0].id));
    }
}
static void on_event(void *ctx, const FleetEvent *e) {
    Site *s = ctx;
    s->cranes += e->kind == FLEET_EVENT_CRANE;
    if (e->kind != FLEET_EVENT_STEP) return;
    assert_true(s->steps < ARRAY_LEN(s->step));
    s->step[s->steps++] = e->step;
}
static void stands(Site *s, uint32_t v, uint32_t node) {
    const MapNode *n = &s->map->node[node];
    VdaState *st = &s->state[v];
    st->mode = VDA_MODE_AUTOMATIC, st->last_node_id = n->id, st->driving = false, st->node_states.n = 0;
    s->at[v] = (VdaPosition){.initialized = true, .x = n->x, .y = n->y, .map_id = s->map->id};
    st->position = &s->at[v], st->battery.charge = 80, st->loads.items = &box;
}
static void speaks(Site *s, uint32_t v) {
    s->state[v].h.header_id++, s->state[v].h.timestamp_ms = s->now;
    fleet_state(s->fleet, v, &s->state[v], s->now);
}
static void passes(Site *s, uint32_t seconds) { // nobody says anything
    for (uint32_t i = 0; i < seconds; i++) s->now += 1000, fleet_cycle(s->fleet, s->now);
}
static void does(Site *s, const char *type, VdaActionStatus status, VdaActionStatus cancel) { // ONE, in its order
    (void)snprintf(s->action_id, sizeof s->action_id, "%s-%s", s->order_id, type);
    s->action[0] = (VdaActionState){.id = str_c(s->action_id), .type = str_c(type), .status = status};
    s->action[1] = (VdaActionState){.id = str_c(s->cancel_id), .type = STR("cancelOrder"), .status = cancel};
    s->state[ONE].action_states.items = s->action, s->state[ONE].action_states.n = s->cancel_id[0] ? 2 : 1;
}
static uint32_t crane_of(const RouteMap *m, uint8_t owner) {
    for (uint32_t i = 0; i < m->nodes; i++)
        if (m->node[i].spot == SPOT_CRANE && m->node[i].owner == owner) return i;
    fail();
    return 0;
}
static void begin(Site *s, uint32_t vehicles) {
    static const Str name[VEHICLES] = {{"igv-1", 5}, {"igv-2", 5}};
    MapPlan p = map_plan_usual;
    MapDoc *d;
    MapProblems ps;
    const char *why;
    memset(s, 0, sizeof *s);
    arena_init(&s->a, 64u << 20);
    p.lanes = 2, p.cranes = 2, p.parks = 4, p.chargers = 2;
    assert_int_equal(route_map_make(&p, STR("test"), STR("hn"), &s->a, &d, &why), OK);
    assert_int_equal(route_map_new(d, &s->map, &ps), OK);
    s->fleet = fleet_new(s->map, &fleet_params_usual, (FleetPort){s, on_send, on_event});
    s->now = T0;
    for (uint32_t v = 0; v < vehicles; v++)
        assert_int_equal(fleet_add(s->fleet, name[v], STR("cuakhau"), name[v], VDA_2_1), v);
}
static void end(Site *s) {
    fleet_free(s->fleet);
    route_map_free(s->map);
    arena_deinit(&s->a);
}

// ---- The new control sees it on its way to the crane and tells it to stop. It has come there and begun before that
// reaches it, and what runs comes to its end: the box is where it should be, and the crane says so.
static void comes_first(const char *type, bool pick) {
    Site s;
    const FleetJob j = {.id = 1, .from = OWNER_OWN, .box = box.id};
    begin(&s, 1);
    uint32_t crane = crane_of(s.map, pick ? OWNER_OWN : OWNER_PEER);
    const MapNode *n = &s.map->node[s.map->edge[s.map->in[s.map->in_begin[crane]]].from];
    assert_int_equal(fleet_job_again(s.fleet, &j, ONE, pick ? STEP_ASSIGNED : STEP_SETTING, s.now), FLEET_OK);
    fleet_connection(s.fleet, ONE, &(VdaConnection){.state = VDA_ONLINE}, s.now);
    VdaState *st = &s.state[ONE];
    stands(&s, ONE, (uint32_t)(n - s.map->node));
    (void)snprintf(s.order_id, sizeof s.order_id, "igv-1-5");
    st->order_id = str_c(s.order_id), st->update_id = 3, st->last_node_sequence_id = 10, st->loads.n = !pick;
    ahead.id = s.map->node[crane].id;
    st->driving = true, st->node_states.items = &ahead, st->node_states.n = 1;
    speaks(&s, ONE);
    assert_int_equal(s.cancels, 1);
    stands(&s, ONE, crane);
    st->last_node_sequence_id = 12;
    does(&s, type, VDA_ACTION_RUNNING, VDA_ACTION_RUNNING);
    speaks(&s, ONE);
    passes(&s, 4);
    st->loads.n = pick;
    does(&s, type, VDA_ACTION_FINISHED, VDA_ACTION_FINISHED);
    speaks(&s, ONE);
    passes(&s, 30);
    assert_int_equal(s.orders, 0); // a new one would take or set down what is there already
    assert_int_equal(s.cranes, 1);
    fleet_crane(s.fleet, 1, CRANE_DONE, s.now);
    assert_int_equal(s.steps, 2);
    assert_int_equal(s.step[0], pick ? STEP_PICKING : STEP_SETTING);
    assert_int_equal(s.step[1], pick ? STEP_CARRYING : STEP_DONE);
    end(&s);
}
static void drop_comes_first(void **state) {
    (void)state;
    comes_first("drop", false);
}
static void pick_comes_first(void **state) {
    (void)state;
    comes_first("pick", true);
}

// ---- Another says that it stands where ONE has been sent: ONE is told to stop, but it has begun. Or the crane has
// been asked already: then it is not even told.
static void another_says(uint8_t seen) {
    Site s;
    const FleetJob j = {.id = 1, .from = OWNER_OWN, .box = box.id};
    begin(&s, VEHICLES);
    uint32_t crane = crane_of(s.map, OWNER_OWN), park = 0;
    while (s.map->node[park].spot != SPOT_PARK) park++;
    stands(&s, ONE, crane), stands(&s, OTHER, park);
    for (uint32_t v = 0; v < VEHICLES; v++) {
        fleet_connection(s.fleet, v, &(VdaConnection){.state = VDA_ONLINE}, s.now);
        speaks(&s, v);
    }
    assert_int_equal(fleet_job(s.fleet, &j, s.now), FLEET_OK);
    passes(&s, 1);
    assert_int_equal(s.orders, 1); // it stands there already
    VdaState *st = &s.state[ONE];
    st->order_id = str_c(s.order_id);
    if (seen) does(&s, "pick", seen, 0);
    speaks(&s, ONE);
    assert_int_equal(s.cranes, seen == VDA_ACTION_RUNNING);
    s.state[OTHER].mode = VDA_MODE_MANUAL, s.now += 1000, speaks(&s, OTHER);
    stands(&s, OTHER, crane);
    s.state[OTHER].mode = VDA_MODE_MANUAL, s.now += 1000, speaks(&s, OTHER);
    assert_int_equal(s.cancels, seen != VDA_ACTION_RUNNING);
    st->loads.n = 1;
    does(&s, "pick", VDA_ACTION_FINISHED, VDA_ACTION_FINISHED);
    speaks(&s, ONE);
    passes(&s, 10);
    assert_int_equal(s.orders, 1);
    assert_int_equal(s.cranes, 1);
    fleet_crane(s.fleet, 1, CRANE_DONE, s.now);
    assert_int_equal(s.step[s.steps - 1], STEP_CARRYING);
    end(&s);
}
static void another_says_so_first(void **state) {
    (void)state;
    another_says(VDA_ACTION_WAITING);
}
static void another_says_so_too_late(void **state) {
    (void)state;
    another_says(VDA_ACTION_RUNNING);
}

// ---- Switched off a little behind a node, or before it: that node is where it is localised, not the one before.
static void behind_a_node(void **state) {
    (void)state;
    Site s;
    begin(&s, 1);
    uint32_t looked = 0;
    for (uint32_t e = 0; e < s.map->edges; e++) {
        const MapNode *a = &s.map->node[s.map->edge[e].from], *b = &s.map->node[s.map->edge[e].to];
        const double off[] = {0.7 / s.map->edge[e].length_m, 0.5, 1 - 0.7 / s.map->edge[e].length_m};
        for (size_t i = 0; i < ARRAY_LEN(off) && s.map->edge[e].length_m > 3; i++, looked++) {
            stands(&s, ONE, s.map->edge[e].from);
            s.at[ONE] = (VdaPosition){
                .x = a->x + (b->x - a->x) * off[i], .y = a->y + (b->y - a->y) * off[i], .map_id = s.map->id};
            s.state[ONE].last_node_id = STR_EMPTY;
            s.now += 1000, speaks(&s, ONE);
            uint32_t node = fleet_node_behind(s.fleet, ONE);
            assert_true(node != MAP_NONE);
            if (i != 1) assert_int_equal(node, i ? s.map->edge[e].to : s.map->edge[e].from);
        }
    }
    assert_true(looked > 100);
    end(&s);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(drop_comes_first), cmocka_unit_test(pick_comes_first),
                                       cmocka_unit_test(another_says_so_first),
                                       cmocka_unit_test(another_says_so_too_late), cmocka_unit_test(behind_a_node)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

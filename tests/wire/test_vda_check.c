// Rules for orders and updates: a good order, and one change for each fault.
#include "cm.h"
#include "wire/wire_vda.h"

typedef struct {
    VdaOrder o;
    VdaNode node[4];
    VdaEdge edge[3];
    VdaAction action[2];
} Sample;
static void good(Sample *s) { // A =released= B =released= C -horizon- D
    static const char *const ids[] = {"A", "B", "C", "D"};
    memset(s, 0, sizeof *s);
    for (uint32_t i = 0; i < 4; i++)
        s->node[i] = (VdaNode){.id = str_c(ids[i]), .sequence_id = 2 * i, .released = i < 3};
    for (uint32_t i = 0; i < 3; i++)
        s->edge[i] = (VdaEdge){.id = str_c("e"),
                               .sequence_id = 2 * i + 1,
                               .released = i < 2,
                               .start_node_id = s->node[i].id,
                               .end_node_id = s->node[i + 1].id};
    s->action[0] = (VdaAction){.type = STR("pick"), .id = STR("1"), .blocking = VDA_BLOCK_HARD};
    s->action[1] = (VdaAction){.type = STR("horn"), .id = STR("2"), .blocking = VDA_BLOCK_NONE};
    s->node[2].actions.items = &s->action[0], s->node[2].actions.n = 1;
    s->edge[0].actions.items = &s->action[1], s->edge[0].actions.n = 1;
    s->o = (VdaOrder){.order_id = STR("o"), .update_id = 5};
    s->o.nodes.items = s->node, s->o.nodes.n = 4;
    s->o.edges.items = s->edge, s->o.edges.n = 3;
}
static void expect(const Sample *s, VdaFault f, const char *where) {
    char at[VDA_WHERE_MAX];
    VdaFault have = vda_check_order(VDA_2_1, &s->o, at);
    assert_string_equal(vda_fault_name(have), vda_fault_name(f));
    assert_string_equal(at, where);
    assert_int_equal(vda_check_order(VDA_2_1, &s->o, NULL), f);
}
static void test_order(void **state) {
    (void)state;
    Sample s;
    good(&s), expect(&s, VDA_FAULT_NONE, "");
    good(&s), s.o.order_id = STR_EMPTY, expect(&s, VDA_FAULT_NO_ORDER_ID, "");
    good(&s), s.o.nodes.n = 0, s.o.edges.n = 0, expect(&s, VDA_FAULT_NO_NODE, "");
    good(&s), s.o.edges.n = 2, expect(&s, VDA_FAULT_EDGES, "");
    good(&s), s.o.nodes.n = 3, expect(&s, VDA_FAULT_EDGES, "");
    good(&s), s.o.nodes.n = VDA_ORDER_MAX + 1, expect(&s, VDA_FAULT_TOO_LONG, "");
    good(&s), s.node[0].sequence_id = 1, expect(&s, VDA_FAULT_NODE_ODD, "/nodes/0/sequenceId");
    good(&s), s.node[2].sequence_id = 6, expect(&s, VDA_FAULT_SEQUENCE, "/nodes/2/sequenceId");
    good(&s), s.edge[1].sequence_id = 5, expect(&s, VDA_FAULT_SEQUENCE, "/edges/1/sequenceId");
    good(&s), s.edge[1].start_node_id = STR("A"), expect(&s, VDA_FAULT_ENDS, "/edges/1/startNodeId");
    good(&s), s.edge[1].end_node_id = STR("A"), expect(&s, VDA_FAULT_ENDS, "/edges/1/endNodeId");
    assert_int_equal(vda_check_order(VDA_3_0, &s.o, NULL), VDA_FAULT_NONE); // 3.0 has no such members
    good(&s), s.node[0].released = false, expect(&s, VDA_FAULT_FIRST, "/nodes/0/released");
    good(&s), s.node[1].released = false, expect(&s, VDA_FAULT_RELEASE, "/nodes/2/released");
    good(&s), s.edge[0].released = false, expect(&s, VDA_FAULT_EDGE_RELEASE, "/edges/0/released");
    good(&s), s.edge[2].released = true, expect(&s, VDA_FAULT_EDGE_RELEASE, "/edges/2/released");
    good(&s), s.action[1].id = STR("1"), expect(&s, VDA_FAULT_ACTION_ID, "/edges/0/actions");
    good(&s), s.action[0].id = STR_EMPTY, expect(&s, VDA_FAULT_ACTION_ID, "/nodes/2/actions");
    good(&s), s.node[3].sequence_id = UINT32_MAX, expect(&s, VDA_FAULT_NODE_ODD, "/nodes/3/sequenceId");
}
static void test_many_actions(void **state) { // beyond what is compared one by one
    (void)state;
    static VdaAction many[VDA_ACTION_MAX + 1];
    static char ids[VDA_ACTION_MAX + 1][8];
    Sample s;
    for (uint32_t i = 0; i <= VDA_ACTION_MAX; i++) {
        int n = snprintf(ids[i], sizeof ids[i], "%u", i);
        many[i] = (VdaAction){.id = {ids[i], (size_t)n}};
    }
    good(&s), s.edge[0].actions.n = 0;
    s.node[2].actions.items = many, s.node[2].actions.n = VDA_ACTION_MAX, expect(&s, VDA_FAULT_NONE, "");
    s.node[2].actions.n++, expect(&s, VDA_FAULT_TOO_LONG, "");
    s.node[2].actions.n = 100, many[99].id = many[3].id, expect(&s, VDA_FAULT_ACTION_ID, "/nodes/2/actions");
}
static void test_update(void **state) {
    (void)state;
    Sample old, next;
    good(&old);
#define NEXT                                                                                                           \
    good(&next), next.o.update_id = 6, next.o.nodes.items += 2, next.o.nodes.n = 2, next.o.edges.items += 2,           \
                 next.o.edges.n = 1, next.node[3].released = next.edge[2].released = true
    NEXT;
    assert_int_equal(vda_base_end(&old.o), 2);
    assert_int_equal(vda_check_order(VDA_2_1, &next.o, NULL), VDA_FAULT_NONE);
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_NONE);
    NEXT, next.o.order_id = STR("p");
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_OTHER_ORDER);
    NEXT, next.o.update_id = 4;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_OLD_UPDATE);
    NEXT, next.o.update_id = 5;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_SAME_UPDATE);
    NEXT, next.o.update_id = 7;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_SKIPPED);
    NEXT, next.node[2].id = STR("X");
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_STITCH);
    NEXT, next.node[2].sequence_id = 2;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_STITCH);
    NEXT, next.node[2].actions.n = 0;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_STITCH_CHANGED);
    NEXT, next.action[0].blocking = VDA_BLOCK_NONE;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_STITCH_CHANGED);
    VdaParameter par = {STR("k"), {.type = VDA_VALUE_NUMBER, .number = 1}};
    NEXT, next.action[0].parameters.items = &par, next.action[0].parameters.n = 1;
    assert_int_equal(vda_check_update(&old.o, &next.o), VDA_FAULT_STITCH_CHANGED);
}
static void test_names(void **state) {
    (void)state;
    for (VdaFault f = VDA_FAULT_NONE + 1; f < VDA_FAULT_COUNT_; f++) {
        assert_true(strlen(vda_fault_text(f)) > 0 && strncmp(vda_fault_name(f), "VDA_FAULT_", 10) == 0);
        assert_true(strlen(vda_fault_type(f, VDA_2_0)) > 0 && strlen(vda_fault_type(f, VDA_3_0)) > 0);
    }
}
static void over(const VdaLimits *l, const Sample *s, size_t bytes, const char *want) { // "": within
    char what[VDA_WHAT_MAX];
    assert_int_equal(vda_within_limits(l, &s->o, bytes, what), want[0] == 0);
    assert_string_equal(what, want);
}
static void test_limits(void **state) {
    (void)state;
    Sample s;
    VdaLimits none = {0}, l;
    VdaParameter load = {STR("loadId"), {.type = VDA_VALUE_TEXT, .text = STR("BOX-1")}};
    VdaTrajectory t = {.knots = {NULL, 9}, .points = {NULL, 5}};
    good(&s);
    over(NULL, &s, 1u << 30, ""), over(&none, &s, 1u << 30, "");
    s.action[0].parameters.items = &load, s.action[0].parameters.n = 1, s.edge[1].trajectory = &t;
    l = none, l.arrays.order_nodes = VDA_INT(0), over(&l, &s, 1, ""); // 0 is no limit
    l = none, l.arrays.order_nodes = VDA_INT(4), over(&l, &s, 1, "");
    l = none, l.arrays.order_nodes = VDA_INT(3), over(&l, &s, 1, "order.nodes: 4, at most 3");
    l = none, l.arrays.order_edges = VDA_INT(2), over(&l, &s, 1, "order.edges: 3, at most 2");
    l = none, l.strings.message = VDA_INT(100), over(&l, &s, 101, "bytes of the message: 101, at most 100");
    s.node[3].id = STR("long"), l = none, l.strings.id = VDA_INT(3), over(&l, &s, 1, "bytes of an id: 4, at most 3");
    l = none, l.strings.id_numerical_only = VDA_TRUE, over(&l, &s, 1, "ids must be of digits only");
    l = none, l.strings.load_id = VDA_INT(4), over(&l, &s, 1, "bytes of a loadId: 5, at most 4");
    s.action[0].parameters.n = 1, l = none, l.arrays.knots = VDA_INT(8),
    over(&l, &s, 1, "trajectory.knotVector: 9, at most 8");
    l = none, l.arrays.control_points = VDA_INT(4), over(&l, &s, 1, "trajectory.controlPoints: 5, at most 4");
    VdaAction two[2] = {s.action[0], s.action[1]};
    s.node[2].actions.items = two, s.node[2].actions.n = 2;
    l = none, l.arrays.node_actions = VDA_INT(1), over(&l, &s, 1, "node.actions: 2, at most 1");
    l = none, l.arrays.edge_actions = VDA_INT(1), over(&l, &s, 1, "");
}
static void test_can_do(void **state) {
    (void)state;
    VdaActionSpec spec = {.type = STR("pick"), .scopes = 1u << VDA_SCOPE_NODE};
    VdaFeatures features = {.actions = {&spec, 1}};
    VdaFactsheet says = {.features = &features}, silent = {0};
    assert_true(vda_can_do(&says, STR("pick"), VDA_SCOPE_NODE) && !vda_can_do(&says, STR("pick"), VDA_SCOPE_EDGE));
    assert_true(!vda_can_do(&says, STR("drop"), VDA_SCOPE_NODE) && vda_can_do(&silent, STR("drop"), VDA_SCOPE_NODE));
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order),  cmocka_unit_test(test_many_actions),
                                       cmocka_unit_test(test_update), cmocka_unit_test(test_names),
                                       cmocka_unit_test(test_limits), cmocka_unit_test(test_can_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

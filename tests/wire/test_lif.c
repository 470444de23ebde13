// LIF codec: a file with every member, random round trips, what is refused and how it is told, what is let pass.
#include "cm.h"
#include "read_file.h"
#include "vda_random.h"
#include "wire/wire_lif.h"
#include <jansson.h>

static Arena arena;
static int setup(void **state) {
    (void)state;
    arena_init(&arena, 256u << 20);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}
static void decode(Str text, Lif *ret) {
    VdaProblems p;
    Err e = lif_decode(text, &arena, ret, &p);
    if (e) print_error(STR_F ": " STR_F "\n", STR_A(p.p[0].pointer), STR_A(p.p[0].what));
    assert_int_equal(e, OK);
    assert_int_equal(p.unknown, 0);
}
static void golden(void **state) { // nothing is lost or changed, and the struct says what the file says
    (void)state;
    size_t n;
    Lif lif;
    Buf b;
    char *text = read_file(CK_LIF_DIR "/full.json", &n);
    assert_non_null(text);
    arena_reset(&arena);
    decode((Str){text, n}, &lif);
    const LifLayout *y = &lif.layouts.items[0];
    const LifEdgeProperty *p = y->edges.items[0].properties.items;
    assert_true(lif.layouts.n == 2 && y->nodes.n == 2 && y->edges.n == 2 && y->stations.n == 2);
    assert_true(lif.meta.exported_ms % 1000 == 250 && str_eq_c(lif.meta.creator, "Một hãng xe"));
    assert_true(str_eq_c(y->nodes.items[0].map_id, "m1") && !y->nodes.items[1].map_id.p);
    assert_true(y->nodes.items[0].position.x < -12.4 && y->nodes.items[0].properties.n == 2);
    assert_int_equal(y->nodes.items[0].properties.items[0].actions.items[0].requirement, LIF_REQUIRED);
    assert_true(p->max_speed.v > 2.7 && p->trajectory->points.n == 3 && p->load && !p->load->loaded);
    assert_true(p[0].reentry_allowed == VDA_FALSE && !p[1].max_speed.has && p[1].rotation_allowed);
    assert_true(str_eq_c(y->edges.items[1].end_id, "c") && y->stations.items[0].nodes.n == 2);
    buf_init(&b, 1u << 20);
    lif_encode(&b, &lif);
    json_t *want = json_loads(text, 0, NULL), *have = json_loadb(b.p, b.n, 0, NULL);
    assert_true(want && have && json_equal(want, have));
    json_decref(want), json_decref(have);
    buf_deinit(&b);
    free(text);
}
static void round_trip(void **state) {
    (void)state;
    Buf one, two;
    buf_init(&one, 8u << 20), buf_init(&two, 8u << 20);
    for (uint64_t seed = 1; seed <= prop_seeds(300); seed++) {
        Prng r = {seed};
        Lif lif = {0}, again = {0};
        Json *root;
        Str what;
        VdaProblems p = {0};
        arena_reset(&arena), buf_clear(&one), buf_clear(&two);
        VdaRandom x = {&r, &arena, VDA_2_0};
        random_struct(&x, &lif_table, &lif, 0);
        lif_encode(&one, &lif);
        assert_int_equal(wire_parse_json(buf_view(&one), 16, &arena, &root, &what), OK);
        assert_int_equal(vda_read_table(VDA_2_0, &lif_table, root, &arena, &again, &p), OK);
        lif_encode(&two, &again);
        assert_true(!one.overflow && p.unknown == 0 && str_eq(buf_view(&one), buf_view(&two)));
    }
    buf_deinit(&one), buf_deinit(&two);
}

// ---- refused
#define META          "\"metaInformation\":{\"projectIdentification\":\"p\",\"creator\":\"c\",\"exportTimestamp\":" TIME "}"
#define TIME          "\"2026-11-22T00:00:00Z\",\"lifVersion\":\"1.0.0\""
#define FILE_OF(list) "{" META ",\"layouts\":[" list "]}"
#define LAYOUT(n, e, s)                                                                                                \
    "{\"layoutId\":\"L\",\"layoutVersion\":\"1\",\"nodes\":[" n "],\"edges\":[" e "],\"stations\":[" s "]}"
#define OF(n, e, s) FILE_OF(LAYOUT(n, e, s))
#define FOR         "\"vehicleTypeNodeProperties\":[{\"vehicleTypeId\":\"t\"}]"
#define AT          "\"nodePosition\":{\"x\":1,\"y\":2}"
#define NODE(id)    "{\"nodeId\":\"" id "\"," AT "," FOR "}"
#define EDGE_OF(id, from, to, p)                                                                                       \
    "{\"edgeId\":\"" id "\",\"startNodeId\":\"" from "\",\"endNodeId\":\"" to "\",\"vehicleTypeEdgeProperties\":[" p   \
    "]}"
#define DRIVE              "{\"vehicleTypeId\":\"t\",\"rotationAllowed\":false}"
#define EDGE(id, from, to) EDGE_OF(id, from, to, DRIVE)
#define CURVE(knots)                                                                                                   \
    "{\"vehicleTypeId\":\"t\",\"rotationAllowed\":false,\"trajectory\":{\"knotVector\":" knots                         \
    ",\"controlPoints\":[{\"x\":0,\"y\":0},{\"x\":1,\"y\":0}]}}"
static const struct {
    const char *json, *pointer, *what;
} rows[] = {
    {"[]", "", "must be an object"},
    {"{}", "/metaInformation", "is required"},
    {"{" META "}", "/layouts", "is required"},
    {FILE_OF(""), "/layouts", "has too few entries"},
    {"{\"metaInformation\":{\"lifVersion\":\"2.0.0\"},\"origins\":[]}", "/metaInformation/lifVersion",
     "this version of LIF is not known"},
    {"{\"metaInformation\":{\"lifVersion\":\"0.11.0\"}}", "/metaInformation/lifVersion",
     "this version of LIF is not known"},
    {"{\"metaInformation\":{\"projectIdentification\":\"p\",\"creator\":\"c\",\"exportTimestamp\":\"2026-11-22\","
     "\"lifVersion\":\"1.0.0\"},\"layouts\":[" LAYOUT("", "", "") "]}",
     "/metaInformation/exportTimestamp", "must be a time"},
    {FILE_OF(LAYOUT("", "", "") "," LAYOUT("", "", "")), "/layouts/1/layoutId", "is there twice"},
    {OF("{\"nodeId\":\"a\"," FOR "}", "", ""), "/layouts/0/nodes/0/nodePosition", "is required"},
    {OF("{\"nodeId\":\"a\",\"nodePosition\":{\"x\":1}," FOR "}", "", ""), "/layouts/0/nodes/0/nodePosition/y",
     "is required"},
    {OF("{\"nodeId\":\"a\",\"nodePosition\":{\"x\":\"1\",\"y\":2}," FOR "}", "", ""),
     "/layouts/0/nodes/0/nodePosition/x", "must be a number"},
    {OF("{\"nodeId\":\"a\",\"nodePosition\":{\"x\":1e300,\"y\":2}," FOR "}", "", ""),
     "/layouts/0/nodes/0/nodePosition/x", "must be from -1e9 to 1e9"},
    {OF("{\"nodeId\":\"a\"," AT "}", "", ""), "/layouts/0/nodes/0/vehicleTypeNodeProperties", "is required"},
    {OF("{\"nodeId\":\"a\"," AT ",\"vehicleTypeNodeProperties\":[]}", "", ""),
     "/layouts/0/nodes/0/vehicleTypeNodeProperties", "has too few entries"},
    {OF("{\"nodeId\":\"a\"," AT ",\"vehicleTypeNodeProperties\":[{\"vehicleTypeId\":\"t\",\"theta\":90}]}", "", ""),
     "/layouts/0/nodes/0/vehicleTypeNodeProperties/0/theta", "must be from -3.14159265359 to 3.14159265359"},
    {OF("{\"nodeId\":\"a\"," AT ",\"vehicleTypeNodeProperties\":[{\"vehicleTypeId\":\"t\"},{\"vehicleTypeId\":\"t\"}]}",
        "", ""),
     "/layouts/0/nodes/0/vehicleTypeNodeProperties/1/vehicleTypeId", "is there twice"},
    {OF(NODE("a") "," NODE("b") "," NODE("a"), "", ""), "/layouts/0/nodes/2/nodeId", "is there twice"},
    {OF(NODE(""), "", ""), "/layouts/0/nodes/0/nodeId", "must not be empty"},
    {OF(NODE("a") "," NODE("b"), EDGE("e", "a", "b") "," EDGE("e", "b", "a"), ""), "/layouts/0/edges/1/edgeId",
     "is there twice"},
    {OF(NODE("a") "," NODE("b"), EDGE("e", "x", "b"), ""), "/layouts/0/edges/0/startNodeId",
     "there is no such node in this lay-out"},
    {OF(NODE("a") "," NODE("b"), EDGE("e", "a", "x"), ""), "/layouts/0/edges/0/endNodeId", "there is no such node"},
    {OF(NODE("a") "," NODE("b"), EDGE_OF("e", "a", "b", ""), ""), "/layouts/0/edges/0/vehicleTypeEdgeProperties",
     "has too few entries"},
    {OF(NODE("a") "," NODE("b"), EDGE_OF("e", "a", "b", "{\"vehicleTypeId\":\"t\"}"), ""),
     "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/rotationAllowed", "is required"},
    {OF(NODE("a") "," NODE("b"), EDGE_OF("e", "a", "b", DRIVE "," DRIVE), ""),
     "/layouts/0/edges/0/vehicleTypeEdgeProperties/1/vehicleTypeId", "is there twice"},
    {OF(NODE("a") "," NODE("b"), EDGE_OF("e", "a", "b", CURVE("[0,1]")), ""),
     "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/trajectory/knotVector",
     "must have as many entries as control points + degree + 1"},
    {OF(NODE("a") "," NODE("b"), EDGE_OF("e", "a", "b", CURVE("[0,0,2,2]")), ""),
     "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/trajectory/knotVector/2", "must be from 0 to 1"},
    {OF(NODE("a"), "", "{\"stationId\":\"s\",\"interactionNodeIds\":[]}"), "/layouts/0/stations/0/interactionNodeIds",
     "must not be empty"},
    {OF(NODE("a"), "", "{\"stationId\":\"s\",\"interactionNodeIds\":[\"a\",\"b\"]}"),
     "/layouts/0/stations/0/interactionNodeIds/1", "there is no such node"},
    {OF(NODE("a"), "", "{\"stationId\":\"s\",\"interactionNodeIds\":[\"a\"],\"stationHeight\":true}"),
     "/layouts/0/stations/0/stationHeight", "must be a number"},
};
static void refused(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Lif lif, before;
        VdaProblems p;
        memset(&lif, 0x5a, sizeof lif), memset(&before, 0x5a, sizeof before);
        arena_reset(&arena);
        Err e = lif_decode(str_c(rows[i].json), &arena, &lif, &p);
        bool good = e == ERR_INVALID && str_eq_c(p.p[0].pointer, rows[i].pointer) &&
                    str_eq_c(p.p[0].what, rows[i].what) && p.p[0].cure.n > 0;
        if (!good) print_error("row %zu: %d " STR_F " " STR_F "\n", i, e, STR_A(p.p[0].pointer), STR_A(p.p[0].what));
        assert_true(good);
        assert_memory_equal(&lif, &before, sizeof lif); // untouched
    }
}
static void not_json(void **state) {
    (void)state;
    size_t n;
    Lif lif;
    VdaProblems p;
    char *text = read_file(CK_LIF_DIR "/full.json", &n);
    for (size_t cut = 0; cut + 1 < n; cut += 7) {
        arena_reset(&arena);
        assert_int_equal(lif_decode((Str){text, cut}, &arena, &lif, &p), ERR_PARSE);
        assert_true(p.n == 1 && str_starts(p.p[0].what, STR("line ")) && p.p[0].cure.n > 0);
    }
    free(text);
    arena_reset(&arena);
    assert_int_equal(lif_decode(STR("{\"x\":NaN}"), &arena, &lif, &p), ERR_PARSE);
    char *big = calloc(1, LIF_TEXT_MAX + 1);
    assert_int_equal(lif_decode((Str){big, LIF_TEXT_MAX + 1}, &arena, &lif, &p), ERR_LIMIT);
    free(big);
}
static void too_many(void **state) {
    (void)state;
    Buf b;
    Lif lif;
    VdaProblems p;
    buf_init(&b, LIF_TEXT_MAX);
    buf_c(&b, "{" META ",\"layouts\":[{\"layoutId\":\"L\",\"layoutVersion\":\"1\",\"edges\":[],\"nodes\":[");
    for (uint32_t i = 0; i <= LIF_ITEMS_MAX; i++)
        buf_printf(&b, "%s{\"nodeId\":\"%u\"," AT "," FOR "}", i ? "," : "", i);
    buf_c(&b, "]}]}");
    arena_reset(&arena);
    assert_int_equal(lif_decode(buf_view(&b), &arena, &lif, &p), ERR_LIMIT);
    assert_true(str_eq_c(p.p[0].pointer, "/layouts/0/nodes") && !b.overflow);
    buf_deinit(&b);
    Arena small;
    size_t n;
    char *text = read_file(CK_LIF_DIR "/full.json", &n);
    for (size_t room = 256; room < 20000; room += 331) { // whatever does not fit is told
        arena_init(&small, room);
        Err e = lif_decode((Str){text, n}, &small, &lif, &p);
        assert_true(e == ERR_LIMIT ? p.n > 0 : e == OK);
        arena_deinit(&small);
    }
    free(text);
}
static void let_pass(void **state) { // what the guideline's own examples do
    (void)state;
    Lif lif;
    VdaProblems p;
    arena_reset(&arena);
    const char *text = FILE_OF("{\"layoutId\":\"L\",\"layoutVersion\":\"1\",\"nodes\":[" NODE("a") "],\"edges\":[]}");
    assert_int_equal(lif_decode(str_c(text), &arena, &lif, &p), OK); // no stations
    assert_int_equal(lif.layouts.items[0].stations.n, 0);
    text = OF(NODE("a"), "",
              "{\"stationId\":\"s\",\"interactionNodeIds\":[\"a\"],\"stationHeight\":\"0.0\",\"vendor\":1}");
    assert_int_equal(lif_decode(str_c(text), &arena, &lif, &p), OK);
    assert_int_equal(p.unknown, 1);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden),   cmocka_unit_test(round_trip),
                                       cmocka_unit_test(refused),  cmocka_unit_test(not_json),
                                       cmocka_unit_test(too_many), cmocka_unit_test(let_pass)};
    return cmocka_run_group_tests(tests, setup, teardown);
}

// VDA 5050 codecs: golden messages, random round trips, what is refused and how it is told, topics and versions.
#include "cm.h"
#include "read_file.h"
#include "vda_random.h"
#include <jansson.h>

static Arena arena;
static int setup(void **state) {
    (void)state;
    arena_init(&arena, 64u << 20);
    return 0;
}
static int teardown(void **state) {
    (void)state;
    arena_deinit(&arena);
    return 0;
}
static char *golden(VdaVersion v, VdaTopic t, size_t *ret_n) {
    char path[1024];
    const char *text = vda_version_text(v);
    snprintf(path, sizeof path, "%s/%c_%c_%s.json", CK_VDA_DIR, text[0], text[2], vda_topic_text(t));
    return read_file(path, ret_n);
}
#define EACH(v, t)                                                                                                     \
    for (VdaVersion v = 0; v < VDA_VERSION_COUNT; v++)                                                                 \
        for (VdaTopic t = 0; t < VDA_TOPIC_COUNT; t++)                                                                 \
            if (vda_has_topic(v, t))

// Nothing of a golden message is lost or changed: read and written, it is the same JSON.
static void test_golden(void **state) {
    (void)state;
    int seen = 0;
    EACH(v, t) {
        size_t n;
        char *text = golden(v, t, &n);
        assert_non_null(text);
        arena_reset(&arena);
        void *msg = arena_alloc(&arena, vda_size(t));
        VdaProblems problems;
        Err e = vda_decode(v, t, (Str){text, n}, &arena, msg, &problems);
        if (e) print_error(STR_F ": " STR_F "\n", STR_A(problems.p[0].pointer), STR_A(problems.p[0].what));
        assert_int_equal(e, OK);
        assert_int_equal(problems.unknown, 0);
        Buf b;
        buf_init(&b, 1u << 20);
        vda_encode(&b, v, t, msg);
        json_t *want = json_loads(text, JSON_DECODE_ANY, NULL), *have = json_loadb(b.p, b.n, 0, NULL);
        if (!json_equal(want, have)) print_error("%s\n" STR_F "\n", text, STR_A(buf_view(&b)));
        assert_true(json_equal(want, have));
        json_decref(want);
        json_decref(have);
        buf_deinit(&b);
        free(text);
        seen++;
    }
    assert_int_equal(seen, 20);
}
static void test_members(void **state) { // the same place of the struct, whatever a version calls it
    (void)state;
    for (VdaVersion v = 0; v < VDA_VERSION_COUNT; v++) {
        size_t n;
        VdaState s;
        VdaOrder o;
        VdaFactsheet f;
        VdaProblems p;
        char *state_text = golden(v, VDA_STATE, &n);
        assert_int_equal(vda_decode_state(v, (Str){state_text, n}, &arena, &s, &p), OK);
        assert_true(str_eq_c(s.last_node_id, "G2") && s.update_id == 3 && s.h.header_id == 901);
        assert_true(s.battery.charge > 71.4 && s.battery.charge < 71.6 && s.battery.reach.has);
        assert_true(s.position && s.position->initialized && s.position->x > 116.8);
        assert_int_equal(s.safety.e_stop, VDA_ESTOP_NONE);
        assert_int_equal(s.errors.items[0].level, v == VDA_3_0 ? VDA_LEVEL_URGENT : VDA_LEVEL_WARNING);
        assert_int_equal(s.paused, VDA_FALSE);
        assert_int_equal(s.h.timestamp_ms % 1000, 901);
        char *order_text = golden(v, VDA_ORDER, &n);
        assert_int_equal(vda_decode_order(v, (Str){order_text, n}, &arena, &o, &p), OK);
        assert_true(o.edges.items[0].max_speed.has && !o.edges.items[1].max_speed.has);
        assert_true(o.edges.items[0].trajectory->points.n == 2 && o.nodes.items[2].actions.n == 0);
        assert_int_equal(o.edges.items[0].corridor != NULL, v != VDA_2_0);
        const VdaValue *load = vda_parameter(&o.nodes.items[1].actions.items[0], "loadId");
        assert_true(load && load->type == VDA_VALUE_TEXT && str_eq_c(load->text, "CSQU3054383"));
        assert_null(vda_parameter(&o.nodes.items[1].actions.items[0], "nothing"));
        assert_int_equal(vda_check_order(v, &o, NULL), VDA_FAULT_NONE);
        char *sheet = golden(v, VDA_FACTSHEET, &n);
        assert_int_equal(vda_decode_factsheet(v, (Str){sheet, n}, &arena, &f, &p), OK);
        assert_true(f.physical->speed_max > 6.4 && f.limits->arrays.order_nodes.v == 40);
        assert_int_equal(f.features->actions.items[0].scopes & 1u << VDA_SCOPE_NODE, 1u << VDA_SCOPE_NODE);
        assert_true(f.limits->timing.order_interval_min > 0.4);
        free(state_text), free(order_text), free(sheet);
    }
}
static void test_round_trip(void **state) {
    (void)state;
    uint64_t seeds = prop_seeds(200);
    Buf one, two;
    buf_init(&one, 4u << 20), buf_init(&two, 4u << 20);
    EACH(v, t) {
        for (uint64_t seed = 1; seed <= seeds; seed++) {
            Prng r = {seed * 64 + (uint64_t)v * 8 + t};
            arena_reset(&arena), buf_clear(&one), buf_clear(&two);
            vda_encode(&one, v, t, random_message(v, t, &r, &arena));
            void *msg = arena_alloc(&arena, vda_size(t));
            VdaProblems p;
            Err e = vda_decode(v, t, buf_view(&one), &arena, msg, &p);
            if (e) print_error(STR_F ": " STR_F "\n", STR_A(p.p[0].pointer), STR_A(p.p[0].what));
            assert_int_equal(e, OK);
            assert_int_equal(p.unknown, 0);
            vda_encode(&two, v, t, msg);
            assert_false(one.overflow);
            assert_true(str_eq(buf_view(&one), buf_view(&two)));
        }
    }
    buf_deinit(&one), buf_deinit(&two);
}

// ---- refused
#define HEAD                                                                                                           \
    "\"headerId\":1,\"timestamp\":\"2026-11-22T01:30:00Z\",\"version\":\"2.1.0\",\"manufacturer\":\"K\","              \
    "\"serialNumber\":\"1\""
#define NODE         "{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":true,\"actions\":[]}"
#define ORDER(nodes) "{" HEAD ",\"orderId\":\"o\",\"orderUpdateId\":0,\"nodes\":[" nodes "],\"edges\":[]}"
#define ACT(block)   "{\"actionType\":\"pick\",\"actionId\":\"1\",\"blockingType\":" block "}"
#define CONN(word)   "{" HEAD ",\"connectionState\":" word "}"
static void test_refused(void **state) {
    (void)state;
    static const struct {
        VdaVersion v;
        VdaTopic t;
        const char *json, *pointer, *what;
    } rows[] = {
        {VDA_2_1, VDA_ORDER, "[]", "", "must be an object"},
        {VDA_2_1, VDA_ORDER, "{}", "/headerId", "is required"},
        {VDA_2_1, VDA_ORDER, ORDER(NODE ",7"), "/nodes/1", "must be an object"},
        {VDA_2_1, VDA_ORDER, ORDER("{\"sequenceId\":0,\"released\":true,\"actions\":[]}"), "/nodes/0/nodeId",
         "is required"},
        {VDA_2_1, VDA_ORDER, ORDER("{\"nodeId\":null,\"sequenceId\":0,\"released\":true,\"actions\":[]}"),
         "/nodes/0/nodeId", "must be a string"},
        {VDA_2_1, VDA_ORDER, ORDER("{\"nodeId\":\"a\",\"sequenceId\":-2,\"released\":true,\"actions\":[]}"),
         "/nodes/0/sequenceId", "must be from 0 to 4294967295"},
        {VDA_2_1, VDA_ORDER, ORDER("{\"nodeId\":\"a\",\"sequenceId\":0.5,\"released\":true,\"actions\":[]}"),
         "/nodes/0/sequenceId", "must be a whole number"},
        {VDA_2_1, VDA_ORDER, ORDER("{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":\"true\",\"actions\":[]}"),
         "/nodes/0/released", "must be true or false"},
        {VDA_2_1, VDA_ORDER, ORDER("{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":true,\"actions\":{}}"),
         "/nodes/0/actions", "must be an array"},
        {VDA_2_1, VDA_ORDER,
         ORDER("{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":true,\"actions\":[],\"nodePosition\":{\"x\":1,\"y\":2,"
               "\"theta\":4,"
               "\"mapId\":\"m\"}}"),
         "/nodes/0/nodePosition/theta", "must be from -3.14159265359 to 3.14159265359"},
        {VDA_2_1, VDA_ORDER,
         ORDER(
             "{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":true,\"actions\":[],\"nodePosition\":{\"x\":1e10,\"y\":2,"
             "\"mapId\":\"m\"}}"),
         "/nodes/0/nodePosition/x", "must be from -1e9 to 1e9"},
        {VDA_2_1, VDA_ORDER,
         ORDER("{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":true,\"actions\":[" ACT("\"SINGLE\"") "]}"),
         "/nodes/0/actions/0/blockingType", "must be one of NONE, SOFT, HARD"},
        {VDA_3_0, VDA_ORDER,
         ORDER("{\"nodeId\":\"a\",\"sequenceId\":0,\"released\":true,\"actions\":[" ACT("\"MAYBE\"") "]}"),
         "/nodes/0/actions/0/blockingType", "must be one of NONE, SOFT, HARD, SINGLE"},
        {VDA_3_0, VDA_INSTANT_ACTIONS, "{" HEAD ",\"actions\":[" ACT("\"HARD\"") "]}", "/actions/0/blockingType",
         "must be one of NONE"},
        {VDA_2_1, VDA_INSTANT_ACTIONS, "{" HEAD ",\"instantActions\":[]}", "/actions", "is required"},
        {VDA_2_0, VDA_INSTANT_ACTIONS, "{" HEAD "}", "/actions", "is required"},
        {VDA_2_1, VDA_CONNECTION, CONN("\"CONNECTION_BROKEN\""), "/connectionState",
         "must be one of ONLINE, OFFLINE, CONNECTIONBROKEN"},
        {VDA_2_1, VDA_CONNECTION,
         "{\"headerId\":1,\"timestamp\":\"2026-11-22\",\"version\":\"2\",\"manufacturer\":\"K\",\"serialNumber\":"
         "\"1\",\"connectionState\":\"ONLINE\"}",
         "/timestamp", "must be a time"},
        {VDA_3_0, VDA_ZONE_SET,
         "{" HEAD ",\"zoneSet\":{\"mapId\":\"m\",\"zoneSetId\":\"z\",\"zones\":[{\"zoneId\":\"1\",\"zoneType\":\"SPEED_"
         "LIMIT\",\"vertices\":"
         "[{\"x\":0,\"y\":0},{\"x\":0,\"y\":0},{\"x\":0,\"y\":0}]}]}}",
         "/zoneSet/zones/0/maximumSpeed", "is required"},
        {VDA_3_0, VDA_ZONE_SET,
         "{" HEAD ",\"zoneSet\":{\"mapId\":\"m\",\"zoneSetId\":\"z\",\"zones\":[{\"zoneId\":\"1\",\"zoneType\":"
         "\"BLOCKED\",\"vertices\":[]}]}}",
         "/zoneSet/zones/0/vertices", "has too few entries"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char room[2048] = {0};
        VdaProblems p;
        arena_reset(&arena);
        assert_int_equal(vda_decode(rows[i].v, rows[i].t, str_c(rows[i].json), &arena, room, &p), ERR_INVALID);
        bool found =
            str_eq_c(p.p[0].pointer, rows[i].pointer) && str_eq_c(p.p[0].what, rows[i].what) && p.p[0].cure.n > 0;
        if (!found) print_error("row %zu: " STR_F " " STR_F "\n", i, STR_A(p.p[0].pointer), STR_A(p.p[0].what));
        assert_true(found);
        for (size_t k = 0; k < sizeof room; k++) assert_int_equal(room[k], 0); // untouched
    }
}
static void test_not_json(void **state) {
    (void)state;
    char room[2048];
    VdaProblems p;
    size_t n;
    char *text = golden(VDA_2_1, VDA_STATE, &n);
    while (n > 0 && text[n - 1] == '\n') n--;
    for (size_t cut = 0; cut < n; cut++) { // a truncated message is never taken
        arena_reset(&arena);
        assert_int_equal(vda_decode(VDA_2_1, VDA_STATE, (Str){text, cut}, &arena, room, &p), ERR_PARSE);
        assert_true(p.n == 1 && p.p[0].what.n > 0);
    }
    free(text);
    static const char *const bad[] = {"{\"headerId\":1,\"headerId\":2}",
                                      "{\"x\":NaN}",
                                      "{\"x\":1e999}",
                                      "{\"x\":99999999999999999999}",
                                      "{\"x\":01}",
                                      "{} {}",
                                      "\xff",
                                      "{\"a\":[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]}"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(vda_decode(VDA_2_1, VDA_STATE, str_c(bad[i]), &arena, room, &p), ERR_PARSE);
    char *big = calloc(1, VDA_TEXT_MAX + 2);
    memset(big, ' ', VDA_TEXT_MAX + 1);
    assert_int_equal(vda_decode(VDA_2_1, VDA_STATE, (Str){big, VDA_TEXT_MAX + 1}, &arena, room, &p), ERR_LIMIT);
    free(big);
}
static void test_arena_full(void **state) { // at any size: an error, never a half message
    (void)state;
    size_t n;
    char *text = golden(VDA_3_0, VDA_FACTSHEET, &n);
    int good = 0;
    for (size_t ceiling = 256; ceiling < 400000; ceiling = ceiling * 5 / 4) {
        Arena small;
        arena_init(&small, ceiling);
        VdaFactsheet f;
        VdaProblems p;
        Err e = vda_decode_factsheet(VDA_3_0, (Str){text, n}, &small, &f, &p);
        assert_true(e == OK || (e == ERR_LIMIT && p.n > 0));
        good += e == OK;
        arena_deinit(&small);
    }
    assert_true(good > 0);
    free(text);
}
static void test_vendor_members(void **state) { // ignored and counted; many problems are all told
    (void)state;
    char room[2048];
    VdaProblems p;
    assert_int_equal(vda_decode(VDA_2_1, VDA_CONNECTION,
                                STR("{" HEAD ",\"vendor\":{\"a\":1},\"connectionState\":\"ONLINE\",\"z\":null}"),
                                &arena, room, &p),
                     OK);
    assert_int_equal(p.unknown, 2);
    assert_int_equal(vda_decode(VDA_2_1, VDA_STATE, STR("{}"), &arena, room, &p), ERR_INVALID);
    assert_int_equal(p.n, 17);
    assert_int_equal(
        vda_decode(VDA_2_1, VDA_ORDER, STR("{\"a~/b\":1,\"nodes\":[{\"actions\":[{}]}]}"), &arena, room, &p),
        ERR_INVALID);
    assert_int_equal(p.unknown, 1);
}
static void test_quirks(void **state) {
    (void)state;
    VdaInstantActions ia;
    VdaProblems p;
    // 2.0: vehicles know one name or the other, so both are read and both are sent
    assert_int_equal(vda_decode_instant_actions(VDA_2_0, STR("{" HEAD ",\"instantActions\":[" ACT("\"NONE\"") "]}"),
                                                &arena, &ia, &p),
                     OK);
    assert_int_equal(ia.actions.n, 1);
    assert_int_equal(vda_decode_instant_actions(VDA_2_0, STR("{" HEAD ",\"actions\":[]}"), &arena, &ia, &p), OK);
    assert_true(ia.actions.n == 0 && ia.actions.items);
    VdaAction cancel = {.type = STR("cancelOrder"), .id = STR("c"), .blocking = VDA_BLOCK_HARD};
    ia = (VdaInstantActions){.h = {.timestamp_ms = 1000}, .actions = {&cancel, 1}};
    static const char *const want[] = {"\"instantActions\":[{", "\"blockingType\":\"HARD\"",
                                       "\"blockingType\":\"NONE\""};
    for (VdaVersion v = 0; v < VDA_VERSION_COUNT; v++) {
        Buf b;
        buf_init(&b, 4096);
        vda_encode_instant_actions(&b, v, &ia);
        buf_char(&b, 0);
        assert_non_null(strstr(b.p, want[v]));
        assert_non_null(strstr(b.p, "\"actions\":[{"));
        assert_non_null(strstr(b.p, vda_version_text(v)));
        buf_deinit(&b);
    }
    // a missing list of loads is not an empty one
    VdaState s = {.mode = VDA_MODE_AUTOMATIC, .safety.e_stop = VDA_ESTOP_NONE}, back;
    for (int there = 0; there < 2; there++) {
        static VdaLoad none;
        Buf b;
        buf_init(&b, 4096);
        s.loads.items = there ? &none : NULL;
        vda_encode_state(&b, VDA_2_1, &s);
        assert_int_equal(vda_decode_state(VDA_2_1, buf_view(&b), &arena, &back, &p), OK);
        assert_int_equal(back.loads.items != NULL, there);
        assert_int_equal(back.loads.n, 0);
        buf_deinit(&b);
    }
}
static void test_numbers(void **state) { // every double is read back as it was written
    (void)state;
    Prng r = {7};
    for (int i = 0; i < 200000; i++) {
        union {
            uint64_t u;
            double d;
        } x = {prng_next(&r)};
        if (i % 2) x.d = (double)(int64_t)(x.u >> 20) / (i % 4 == 1 ? 1e4 : 1e7);
        if (!isfinite(x.d)) continue;
        VdaParameter par = {STR("k"), {.type = VDA_VALUE_NUMBER, .number = x.d}};
        VdaAction act = {.type = STR("t"), .id = STR("i"), .blocking = VDA_BLOCK_NONE, .parameters = {&par, 1}};
        VdaInstantActions ia = {.actions = {&act, 1}}, back;
        VdaProblems p;
        Buf b;
        buf_init(&b, 4096);
        arena_reset(&arena);
        vda_encode_instant_actions(&b, VDA_2_1, &ia);
        Err e = vda_decode_instant_actions(VDA_2_1, buf_view(&b), &arena, &back, &p);
        assert_true(e == OK && !(back.actions.items[0].parameters.items[0].value.number < x.d) &&
                    !(back.actions.items[0].parameters.items[0].value.number > x.d));
        buf_deinit(&b);
    }
}

// ---- names
static void test_versions(void **state) {
    (void)state;
    static const struct {
        const char *text;
        int v;
    } rows[] = {{"2.0.0", VDA_2_0}, {"2.0", VDA_2_0}, {"2.1.0", VDA_2_1}, {"2.1.9", VDA_2_1}, {"3.0.0", VDA_3_0},
                {"3.1.0", VDA_3_0}, {"", -1},         {"2", -1},          {"1.1.0", -1},      {"2.2.0", -1},
                {"2.0.0.0", -1},    {"v2.0", -1},     {"02.0", -1},       {"2..0", -1},       {"2.1.", -1},
                {"2.1.00", -1},     {"4.0.0", -1},    {"2.1.0 ", -1},     {"-2.1", -1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        VdaVersion v = VDA_VERSION_COUNT;
        assert_int_equal(vda_version_of(str_c(rows[i].text), &v), rows[i].v >= 0);
        assert_int_equal(v, rows[i].v >= 0 ? (VdaVersion)rows[i].v : VDA_VERSION_COUNT);
    }
}
static void test_topics(void **state) {
    (void)state;
    EACH(v, t) {
        Buf b;
        VdaTopicAddress a;
        buf_init(&b, VDA_TOPIC_MAX);
        vda_topic_name(&b, STR("uagv"), v, STR("KIT"), STR("0001"), t);
        assert_true(vda_topic_parse(buf_view(&b), &a));
        assert_true(a.topic == t && a.major == (v == VDA_3_0 ? 3 : 2) && str_eq_c(a.serial, "0001") &&
                    str_eq_c(a.manufacturer, "KIT"));
        buf_deinit(&b);
    }
    static const char *const bad[] = {"",
                                      "/",
                                      "uagv/v2/KIT/0001",
                                      "uagv/v2/KIT/0001/order/x",
                                      "uagv/v2//0001/order",
                                      "uagv/v1/KIT/1/order",
                                      "uagv/2/KIT/1/order",
                                      "uagv/v2/KIT/1/orders",
                                      "uagv/v2/KIT/1/responses",
                                      "uagv/v2/+/1/order",
                                      "uagv/v2/KIT/#/order",
                                      "/uagv/v2/KIT/1/order",
                                      "uagv/v2/KIT/a b/order",
                                      "uagv/v2/K\xc3\xa9/1/order"};
    VdaTopicAddress a;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) assert_false(vda_topic_parse(str_c(bad[i]), &a));
    assert_true(vda_topic_parse(STR("uagv/v3/KIT/1/responses"), &a));
}
// Each row: unique name a version, known words, in the order that tags need.
static void test_tables(void **state) {
    (void)state;
    EACH(v, t) {
        const VdaTable *table = vda_table(t);
        for (uint32_t i = 0; i < table->n; i++) {
            const VdaField *f = &table->fields[i];
            assert_int_equal(f->name_n, strlen(f->name));
            assert_true(strchr("RO-", f->need[v]) != NULL && f->offset < table->size);
            for (uint32_t k = 0; k < i; k++)
                assert_false(f->need[v] != '-' && table->fields[k].need[v] != '-' &&
                             strcmp(f->name, table->fields[k].name) == 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),  cmocka_unit_test(test_members),        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_not_json),       cmocka_unit_test(test_arena_full),
        cmocka_unit_test(test_quirks),  cmocka_unit_test(test_vendor_members), cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_topics),  cmocka_unit_test(test_versions),       cmocka_unit_test(test_tables),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

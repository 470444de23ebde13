// Roads to LIF and back: random lay-outs with random names come back byte for byte, what LIF says wins over our text,
// files of others get sensible defaults, and what cannot be taken over is told with its place.
#include "prop.h"
#include "app/app_lif.h"
#include "app/app_lif_text.h"
#include "app/app_roads.h"
#include <setjmp.h>
#include <stdarg.h>
// cmocka last
#include <cmocka.h>

// ---- there and back
static Str any_text(Prng *r) {
    static const char *const some[] = {"",        "cuakhau: ", "a, b; c=d%", "100 %", "Bằng Tường", "x\"y\\z",
                                       "t\tn\n;", " lead",     "trail ",     "%41",   "zone=own",   "; ; ,,=="};
    return str_c(some[prng_below(r, ARRAY_LEN(some))]);
}
static Str named(Arena *a, Str text, uint32_t i) { // different for each i
    Buf b;
    buf_init(&b, 256);
    buf_printf(&b, STR_F "%u", STR_A(text), i);
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s;
}
// Other names for zones, stretches, nodes and edges, other speeds, places and texts; the roads stay where they are.
static void spoil(Prng *r, Arena *a, MapDoc *d) {
    MapZoneDoc *z = d->zones.items;
    MapStretchDoc *s = d->stretches.items;
    MapNodeDoc *n = d->nodes.items;
    MapEdgeDoc *e = d->edges.items;
    Str zone_was[MAP_ZONES_MAX], node_text = any_text(r);
    d->source = any_text(r), d->road = any_text(r);
    if (prng_chance(r, 20)) d->id = any_text(r);
    for (uint32_t i = 0; i < d->zones.n; i++) {
        zone_was[i] = z[i].id, z[i].id = named(a, any_text(r), i);
        z[i].owner = (uint8_t)prng_below(r, OWNER_COUNT), z[i].speed_mm_s = 500 + (uint32_t)prng_below(r, 9000);
    }
    for (uint32_t i = 0; i < d->stretches.n; i++)
        s[i] = (MapStretchDoc){named(a, any_text(r), i), (uint32_t)prng_below(r, 9)};
    for (uint32_t i = 0; i < d->edges.n; i++) {
        e[i].id = named(a, any_text(r), i);
        if (e[i].stretch.n) e[i].stretch = s[0].id;
        if (prng_chance(r, 20)) e[i].width_mm = 5000 + (uint32_t)prng_below(r, 5000);
        if (prng_chance(r, 30)) e[i].speed_mm_s = 1 + (uint32_t)prng_below(r, 12000);
        e[i].back ^= prng_chance(r, 5);
        for (int end = 0; end < 2; end++) { // made roads name their nodes by pointer to the same text
            Str *id = end ? &e[i].to : &e[i].from;
            uint32_t v = 0;
            while (!str_eq(n[v].id, *id)) v++;
            *id = (Str){(const char *)(uintptr_t)v, 0}; // for now
        }
    }
    for (uint32_t i = 0; i < d->nodes.n; i++) {
        n[i].id = named(a, node_text, i);
        for (uint32_t k = 0; k < d->zones.n; k++)
            if (str_eq(n[i].zone, zone_was[k])) {
                n[i].zone = z[k].id;
                break;
            }
        if (n[i].spot) n[i].spot = (uint8_t)(1 + prng_below(r, SPOT_COUNT - 1));
        n[i].fit = prng_chance(r, 10) ? (uint32_t)prng_below(r, 4) << 1 : n[i].fit;
    }
    for (uint32_t i = 0; i < d->edges.n; i++)
        e[i].from = n[(uintptr_t)e[i].from.p].id, e[i].to = n[(uintptr_t)e[i].to.p].id;
}
static MapDoc *random_roads(Prng *r, Arena *a) {
    static const uint32_t lanes[] = {1, 2, 4};
    MapPlan p = map_plan_usual;
    MapDoc *d;
    const char *why;
    p.lanes = lanes[prng_below(r, 3)], p.cranes = 1 + (uint32_t)prng_below(r, 4);
    p.parks = 1 + (uint32_t)prng_below(r, 6), p.chargers = (uint32_t)prng_below(r, p.parks + 1);
    p.line_m = 50 + (uint32_t)prng_below(r, 100), p.corridor_m = p.line_m + 500 + (uint32_t)prng_below(r, 200);
    p.yard_mm_s = 2000 + (uint32_t)prng_below(r, 5000);
    assert_int_equal(route_map_make(&p, STR("made"), STR("hn"), a, &d, &why), OK);
    if (prng_chance(r, 80)) spoil(r, a, d);
    return d;
}
static void there_and_back(void **state) {
    (void)state;
    Arena a;
    Buf was, is, lif_text;
    arena_init(&a, 256u << 20), buf_init(&was, 16u << 20), buf_init(&is, 16u << 20), buf_init(&lif_text, 16u << 20);
    for (uint64_t seed = 1; seed <= prop_seeds(60); seed++) {
        Prng r = {seed};
        Lif lif, again;
        MapDoc back;
        RouteMap *m;
        MapProblems mp;
        LifImported im;
        VdaProblems ps;
        arena_reset(&a), buf_clear(&was), buf_clear(&is), buf_clear(&lif_text);
        MapDoc *d = random_roads(&r, &a);
        if (route_map_new(d, &m, &mp)) fail_msg("seed %llu: %s", (unsigned long long)seed, mp.p[0].what);
        assert_int_equal(app_lif_export(d, m, &(LifExport){STR("maker.type"), 1}, &a, &lif), OK);
        lif_encode(&lif_text, &lif);
        Err e = lif_decode(buf_view(&lif_text), &a, &again, &ps);
        if (!e) e = app_lif_import(&again, &(LifImport){0}, &a, &back, &im, &ps);
        if (e)
            fail_msg("seed %llu: " STR_F ": " STR_F, (unsigned long long)seed, STR_A(ps.p[0].pointer),
                     STR_A(ps.p[0].what));
        app_roads_write(d, &was), app_roads_write(&back, &is);
        assert_true(!was.overflow && !is.overflow && str_eq(buf_view(&was), buf_view(&is)));
        for (uint32_t i = 0; i < LIF_NOTE_COUNT; i++) assert_int_equal(im.notes[i], 0);
        route_map_free(m);
    }
    buf_deinit(&was), buf_deinit(&is), buf_deinit(&lif_text), arena_deinit(&a);
}
static void texts(void **state) { // pairs come back as they were written, and no text crashes the reader
    (void)state;
    Arena a;
    arena_init(&a, 16u << 20);
    for (uint64_t seed = 1; seed <= prop_seeds(2000); seed++) {
        static const char *const keys[] = {"a", "spot", "zone", "back"};
        Prng r = {seed};
        LifText t;
        LifReader reader;
        LifPair p;
        const char *key[6];
        Str value[6][3];
        uint32_t n = 1 + (uint32_t)prng_below(&r, 6), values[6];
        arena_reset(&a);
        lif_text_init(&t, &a);
        for (uint32_t i = 0; i < n; i++) {
            lif_text_key(&t, key[i] = keys[prng_below(&r, 4)]);
            values[i] = (uint32_t)prng_below(&r, 4);
            for (uint32_t k = 0; k < values[i]; k++) lif_text_value(&t, value[i][k] = any_text(&r));
        }
        Str text = lif_text_take(&t);
        lif_text_deinit(&t);
        assert_true(lif_text_ours(text, &a, &reader));
        for (uint32_t i = 0; i < n; i++) {
            assert_true(lif_text_next(&reader, &p) && str_eq_c(p.key, key[i]) && p.n == values[i]);
            for (uint32_t k = 0; k < p.n; k++) assert_true(str_eq(p.value[k], value[i][k]));
        }
        assert_false(lif_text_next(&reader, &p) || reader.bad);
        char *cut = arena_cstr(&a, text);
        cut[9 + prng_below(&r, text.n - 8)] = (char)('%' + prng_below(&r, 40));
        if (!lif_text_ours((Str){cut, 9 + prng_below(&r, text.n - 8)}, &a, &reader)) continue;
        while (lif_text_next(&reader, &p)) {
        }
    }
    arena_deinit(&a);
}

// ---- files of others
#define FOR(actions) "\"vehicleTypeNodeProperties\":[{\"vehicleTypeId\":\"t\",\"actions\":[" actions "]}]"
#define ACT(type)    "{\"actionType\":\"" type "\",\"blockingType\":\"HARD\"}"
#define NODE(id, x, y, more, actions)                                                                                  \
    "{\"nodeId\":\"" id "\"," more "\"nodePosition\":{\"x\":" x ",\"y\":" y "}," FOR(actions) "}"
#define EDGE(id, from, to, more)                                                                                       \
    "{\"edgeId\":\"" id "\",\"startNodeId\":\"" from "\",\"endNodeId\":\"" to                                          \
    "\",\"vehicleTypeEdgeProperties\":[{\"vehicleTypeId\":\"t\",\"rotationAllowed\":false" more "}]}"
#define STATION(id, node, more) "{\"stationId\":\"" id "\",\"interactionNodeIds\":[\"" node "\"]" more "}"
#define LAYOUT(head, nodes, edges, stations)                                                                           \
    "{\"metaInformation\":{\"projectIdentification\":\"P\",\"creator\":\"C\",\"exportTimestamp\":"                     \
    "\"2026-11-22T00:00:00Z\",\"lifVersion\":\"1.0.0\"},\"layouts\":[{\"layoutId\":\"L\",\"layoutVersion\":\"1\"" head \
    ",\"nodes\":[" nodes "],\"edges\":[" edges "],\"stations\":[" stations "]}]}"
#define NODES                                                                                                          \
    NODE("a", "0", "0", "\"mapId\":\"m\",", ACT("drop"))                                                               \
    "," NODE("b", "50", "0", "\"mapId\":\"m\",",                                                                       \
             ACT("startCharging")) "," NODE("c", "50", "50", "\"mapId\":\"m\",\"nodeDescription\":\"the old one\",",   \
                                            ACT("beep")) "," NODE("d", "0", "50", "\"mapId\":\"m\",", "")
#define STATIONS STATION("1", "a", "") "," STATION("2", "b", "") "," STATION("3", "c", "")
#define WHERE    ",\"vehicleOrientation\":0"
typedef struct {
    Err e;
    MapDoc d;
    LifImported im;
    VdaProblems ps;
} Taken;
static Arena arena;
static Taken taken(const char *text, LifImport o) {
    Taken t = {0};
    Lif lif;
    arena_reset(&arena);
    if (lif_decode(str_c(text), &arena, &lif, &t.ps))
        fail_msg(STR_F ": " STR_F, STR_A(t.ps.p[0].pointer), STR_A(t.ps.p[0].what));
    t.e = app_lif_import(&lif, &o, &arena, &t.d, &t.im, &t.ps);
    assert_true((t.e == OK) == (t.ps.n == 0));
    return t;
}
static void others(void **state) {
    (void)state;
    const char *text =
        LAYOUT("", NODES,
               EDGE("1", "a", "b", WHERE ",\"maxSpeed\":2.5") "," EDGE("2", "b", "c", WHERE ",\"maxSpeed\":4") "," EDGE(
                   "3", "c", "d", WHERE ",\"maxSpeed\":4") "," EDGE("4", "d", "a", WHERE ",\"maxSpeed\":1"),
               STATIONS);
    Taken t = taken(text, (LifImport){0});
    assert_int_equal(t.e, OK);
    const MapNodeDoc *n = t.d.nodes.items;
    const MapEdgeDoc *e = t.d.edges.items;
    const MapZoneDoc *z = t.d.zones.items;
    assert_true(t.d.zones.n == 1 && z->owner == OWNER_OWN && z->speed_mm_s == 4000 && str_eq_c(n[3].zone, "own"));
    assert_true(n[0].spot == SPOT_CRANE && n[1].spot == SPOT_CHARGER && n[2].spot == SPOT_PARK &&
                n[3].spot == SPOT_NONE);
    assert_true(e[0].speed_mm_s == 2500 && e[1].speed_mm_s == 0 && e[3].speed_mm_s == 1000);
    assert_true(n[2].x_mm == 50000 && n[2].y_mm == 50000 && t.d.edges.n == 4);
    assert_true(str_eq_c(t.d.id, "m") && t.d.vehicle->length_mm == 16000 && t.d.vehicle->margin_mm == 800);
    assert_true(str_eq_c(t.d.source, "LIF of C, project P, lay-out L, 2026-11-22T00:00:00.000Z"));
    for (uint32_t i = 0; i < LIF_NOTE_COUNT; i++) assert_int_equal(t.im.notes[i], 0);
    RouteMap *m;
    MapProblems mp;
    assert_int_equal(route_map_new(&t.d, &m, &mp), ERR_INVALID); // 50 m rings are too tight: the same checks for all
    LifImport small = {.id = STR("mine"), .road = STR("hn"), .length_mm = 6000, .width_mm = 2500, .margin_mm = 200};
    text = LAYOUT("", NODES,
                  EDGE("1", "a", "b", WHERE) "," EDGE("2", "b", "c", "") "," EDGE("3", "c", "d", WHERE) "," EDGE(
                      "4", "d", "a", WHERE) "," EDGE("5", "b", "d", ",\"vehicleOrientation\":3.1415926"),
                  STATIONS);
    t = taken(text, small);
    assert_true(t.e == OK && str_eq_c(t.d.id, "mine") && str_eq_c(t.d.road, "hn") && t.d.vehicle->length_mm == 6000);
    assert_true(((MapZoneDoc *)t.d.zones.items)->speed_mm_s == 5600);
    assert_true(t.im.notes[LIF_NOTE_ANYHOW] == 1 && t.im.notes[LIF_NOTE_BACKWARDS] == 1);
}
static void wins(void **state) { // what LIF says, over what our text says
    (void)state;
    const char *ours =
        ",\"layoutDescription\":\"cuakhau: vehicle=15000,3000,500; zone=far,peer,3000; zone=near,own,3000\"";
    char text[8192];
    snprintf(text, sizeof text, LAYOUT("%s", NODES, "%s", STATION("1", "a", ",\"stationDescription\":\"%s\"")), ours,
             EDGE("1", "a", "b", ",\"maxSpeed\":2"), "cuakhau: spot=park");
    Taken t = taken(text, (LifImport){0});
    const MapNodeDoc *n = t.d.nodes.items;
    assert_true(t.e == OK && ((MapEdgeDoc *)t.d.edges.items)->speed_mm_s == 2000 && !t.d.source.n);
    assert_true(n[0].spot == SPOT_PARK && str_eq_c(n[0].zone, "near"));
    static const struct {
        const char *text, *speed;
        uint32_t want;
    } rows[] = {{"cuakhau: speed=9000", "3", 9000},
                {"cuakhau: speed=9000", "2.5", 2500},
                {"cuakhau: speed=3000", "3", 3000},
                {"cuakhau: speed=1000", "7", 0},
                {"fast", "3", 0},
                {"cuakhau: back", "0.5", 500}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char edge[512];
        snprintf(edge, sizeof edge,
                 "{\"edgeDescription\":\"%s\",\"edgeId\":\"1\",\"startNodeId\":\"a\",\"endNodeId\":\"b\","
                 "\"vehicleTypeEdgeProperties\":[{\"vehicleTypeId\":\"t\",\"rotationAllowed\":true,\"maxSpeed\":%s}]}",
                 rows[i].text, rows[i].speed);
        snprintf(text, sizeof text, LAYOUT("%s", NODES, "%s", STATIONS), ours, edge);
        t = taken(text, (LifImport){0});
        assert_true(t.e == OK && t.im.notes[LIF_NOTE_TURNS] == 1);
        assert_int_equal(((MapEdgeDoc *)t.d.edges.items)->speed_mm_s, rows[i].want);
    }
}
static void types_and_layouts(void **state) {
    (void)state;
    static const char two[] =
        "{\"metaInformation\":{\"projectIdentification\":\"P\",\"creator\":\"C\",\"exportTimestamp\":\"2026-"
        "11-22T00:00:00Z\","
        "\"lifVersion\":\"1.0.0\"},\"layouts\":[{\"layoutId\":\"one\",\"layoutVersion\":\"1\",\"nodes\":"
        "[" NODE("a", "0", "0", "", "") "," NODE("b", "9", "0", "", "") "],\"edges\":[" EDGE(
            "e", "a", "b",
            "") "," EDGE("out", "b", "x",
                         "") "],\"stations\":[]},{\"layoutId\":\"two\",\"layoutVersion\":\"1\",\"nodes\":"
                             "[" NODE("x", "0", "0", "",
                                      "") ",{\"nodeId\":\"y\",\"nodePosition\":{\"x\":1,\"y\":1},"
                                          "\"vehicleTypeNodeProperties\":"
                                          "[{\"vehicleTypeId\":\"u\"}]}],\"edges\":[],\"stations\":[]}]}";
    Taken t = taken(two, (LifImport){0});
    assert_true(t.e == OK && t.im.layouts == 2 && str_eq_c(t.im.layout, "one") && str_eq_c(t.d.id, "one"));
    assert_true(t.d.edges.n == 1 && t.im.notes[LIF_NOTE_LEAVES] == 1 && t.im.notes[LIF_NOTE_ANYHOW] == 1);
    t = taken(two, (LifImport){.layout = STR("two")});
    assert_true(t.e == OK && t.d.nodes.n == 1 && t.im.notes[LIF_NOTE_OTHER_TYPE] == 1);
    t = taken(two, (LifImport){.layout = STR("two"), .vehicle_type = STR("u")});
    assert_true(t.e == OK && t.d.nodes.n == 1 && str_eq_c(((MapNodeDoc *)t.d.nodes.items)->id, "y"));
    t = taken(two, (LifImport){.layout = STR("three")});
    assert_true(t.e == ERR_INVALID && str_eq_c(t.ps.p[0].pointer, "/layouts"));
    t = taken(two, (LifImport){.vehicle_type = STR("v")});
    assert_true(t.e == ERR_INVALID && str_eq_c(t.ps.p[0].pointer, "/layouts/0/nodes"));
}
#define OURS(text)       ",\"layoutDescription\":\"cuakhau: " text "\""
#define SAYS(what, text) "\"" what "Description\":\"cuakhau: " text "\","
#define CURVE(y)                                                                                                       \
    ",\"trajectory\":{\"degree\":2,\"knotVector\":[0,0,0,1,1,1],\"controlPoints\":[{\"x\":0,\"y\":0},{\"x\":25,"       \
    "\"y\":" y "},{\"x\":50,\"y\":0}]}"
static void refused(void **state) {
    (void)state;
    static const struct {
        const char *json, *pointer, *what;
    } rows[] = {
        {LAYOUT(OURS("zone=a,own"), NODES, "", ""), "/layouts/0/layoutDescription", "not understood: zone"},
        {LAYOUT(OURS("zone=a,moon,900"), NODES, "", ""), "/layouts/0/layoutDescription", "not understood: zone"},
        {LAYOUT(OURS("vehicle=1,2"), NODES, "", ""), "/layouts/0/layoutDescription", "not understood: vehicle"},
        {LAYOUT(OURS("stretch=a,-1"), NODES, "", ""), "/layouts/0/layoutDescription", "not understood: stretch"},
        {LAYOUT(OURS("wings=2"), NODES, "", ""), "/layouts/0/layoutDescription", "not understood: wings"},
        {LAYOUT(OURS("road=%ZZ"), NODES, "", ""), "/layouts/0/layoutDescription",
         "not understood: what is no key=value"},
        {LAYOUT("", NODE("a", "0", "0", SAYS("node", "zone=x"), ""), "", ""), "/layouts/0/nodes/0/nodeDescription",
         "there is no zone x"},
        {LAYOUT("", NODE("a", "0", "0", SAYS("node", "colour=red"), ""), "", ""), "/layouts/0/nodes/0/nodeDescription",
         "not understood: colour"},
        {LAYOUT("", NODE("a", "0", "100001", "", ""), "", ""), "/layouts/0/nodes/0/nodePosition/y",
         "more than 100 km from the origin"},
        {LAYOUT("", NODES, "", STATION("1", "a", ",\"stationDescription\":\"cuakhau: spot=moon\"")),
         "/layouts/0/stations/0/stationDescription", "not understood: spot"},
        {LAYOUT("", NODE("a", "0", "0", SAYS("node", "zone=own; fit=reefer,wet"), ""), "", ""),
         "/layouts/0/nodes/0/nodeDescription", "not understood: fit"},
        {LAYOUT("", NODES, EDGE("1", "a", "b", ",\"vehicleOrientation\":1.57"), ""),
         "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/vehicleOrientation",
         "the vehicle would stand across its way, turned by 1.57 rad"},
        {LAYOUT("", NODES, EDGE("1", "b", "c", ",\"vehicleOrientation\":0,\"orientationType\":\"GLOBAL\""), ""),
         "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/vehicleOrientation",
         "the vehicle would stand across its way, turned by -1.57 rad"},
        {LAYOUT("", NODES, EDGE("1", "a", "b", ",\"maxSpeed\":0"), ""),
         "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/maxSpeed", "less than 0.001 m/s"},
        {LAYOUT("", NODES, EDGE("1", "a", "b", CURVE("2")), ""),
         "/layouts/0/edges/0/vehicleTypeEdgeProperties/0/trajectory",
         "the curve leaves the straight line by 2.00 m, more than half of the margin"},
        {LAYOUT(
             "", NODES,
             "{\"edgeId\":\"1\",\"startNodeId\":\"a\",\"endNodeId\":\"b\",\"edgeDescription\":\"cuakhau: stretch=s\","
             "\"vehicleTypeEdgeProperties\":[{\"vehicleTypeId\":\"t\",\"rotationAllowed\":false}]}",
             ""),
         "/layouts/0/edges/0/edgeDescription", "there is no stretch s"},
        {LAYOUT("", NODES,
                "{\"edgeId\":\"1\",\"startNodeId\":\"a\",\"endNodeId\":\"b\",\"edgeDescription\":\"cuakhau: back=1\","
                "\"vehicleTypeEdgeProperties\":[{\"vehicleTypeId\":\"t\",\"rotationAllowed\":false}]}",
                ""),
         "/layouts/0/edges/0/edgeDescription", "not understood: back"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        Taken t = taken(rows[i].json, (LifImport){0});
        bool good = t.e == ERR_INVALID && str_eq_c(t.ps.p[0].pointer, rows[i].pointer) &&
                    str_eq_c(t.ps.p[0].what, rows[i].what) && t.ps.p[0].cure.n > 0;
        if (!good) print_error("row %zu: " STR_F ": " STR_F "\n", i, STR_A(t.ps.p[0].pointer), STR_A(t.ps.p[0].what));
        assert_true(good);
    }
    Taken t = taken(LAYOUT("", NODES, EDGE("1", "a", "b", CURVE("2")), ""), (LifImport){.margin_mm = 4000});
    assert_int_equal(t.e, OK); // the cure works
}
static void too_many(void **state) {
    (void)state;
    Buf b;
    Lif lif;
    VdaProblems ps;
    MapDoc d;
    LifImported im;
    buf_init(&b, LIF_TEXT_MAX);
    for (uint32_t i = 0; i <= MAP_NODES_MAX; i++)
        buf_printf(&b, "%s{\"nodeId\":\"%u\",\"nodePosition\":{\"x\":1,\"y\":2}," FOR("") "}", i ? "," : "", i);
    buf_char(&b, 0);
    Buf all;
    buf_init(&all, LIF_TEXT_MAX);
    buf_printf(&all, LAYOUT("", "%s", "", ""), b.p);
    arena_reset(&arena);
    assert_int_equal(lif_decode(buf_view(&all), &arena, &lif, &ps), OK);
    assert_int_equal(app_lif_import(&lif, &(LifImport){0}, &arena, &d, &im, &ps), ERR_INVALID);
    assert_true(str_eq_c(ps.p[0].pointer, "/layouts/0/nodes") && str_eq_c(ps.p[0].what, "4097 nodes, at most 4096"));
    buf_deinit(&b), buf_deinit(&all);
}
static void no_memory(void **state) { // at each size it either works or says so
    (void)state;
    Lif lif;
    VdaProblems ps;
    Arena roomy, small;
    arena_init(&roomy, 16u << 20);
    assert_int_equal(lif_decode(STR(LAYOUT("", NODES, EDGE("1", "a", "b", ""), STATIONS)), &roomy, &lif, &ps), OK);
    for (size_t room = 0; room < 12000; room += 64) {
        MapDoc d;
        LifImported im;
        arena_init(&small, room);
        Err e = app_lif_import(&lif, &(LifImport){0}, &small, &d, &im, &ps);
        assert_true(e == ERR_LIMIT || (e == OK && d.nodes.n == 4));
        arena_deinit(&small);
    }
    arena_deinit(&roomy);
}
int main(void) {
    arena_init(&arena, 256u << 20);
    const struct CMUnitTest tests[] = {cmocka_unit_test(there_and_back),
                                       cmocka_unit_test(texts),
                                       cmocka_unit_test(others),
                                       cmocka_unit_test(wins),
                                       cmocka_unit_test(types_and_layouts),
                                       cmocka_unit_test(refused),
                                       cmocka_unit_test(too_many),
                                       cmocka_unit_test(no_memory)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit(&arena);
    return failed;
}

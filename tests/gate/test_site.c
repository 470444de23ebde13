// Site data: the shipped sites compile in every phase, every problem that can be reported is provoked, goods and fees
// are as published.
#include "gate_fixture.h"

static World *w;
static json_t *fresh(void) {
    return json_loads(w->bundle.p, 0, NULL);
}
static void every_phase(void **state) {
    (void)state;
    static const char *const phases[][2] = {{"huu-nghi", "2024"},    {"huu-nghi", "2027"}, {"huu-nghi", "2030"},
                                            {"huu-nghi", "2030-14"}, {"mong-cai", "2026"}, {"mong-cai", "2030"},
                                            {"youyiguan", "2024"},   {"youyiguan", "2030"}};
    static const uint32_t lanes[] = {10, 16, 16, 22, 8, 10, 16, 18}; // built in that phase
    for (size_t i = 0; i < ARRAY_LEN(phases); i++) {
        World *x = world_new(phases[i][0], phases[i][1], 4);
        uint32_t built = 0;
        for (uint32_t l = 0; l < x->site->lanes; l++) {
            built += x->site->lane_built[l];
            assert_int_equal(gate_lane(x->g, (uint8_t)l).open, x->site->lane_built[l]);
        }
        assert_int_equal(built, lanes[i]);
        for (int k = 0; k < KIND_COUNT; k++) {
            bool none = str_eq_c(x->site->doc->id, "youyiguan") && k >= KIND_BOX_EXPORT; // no boxes there yet
            assert_true((site_procedure(x->site, (Kind)k, START) == NULL) == none);
        }
        world_free(x);
    }
}

// ---- values that are not JSON text themselves
#define TAKEN_AWAY     "(taken away)"
#define MANY_RANGES    "(600 HS numbers)"
#define MANY_MEMBERS   "(40 members)"
#define MANY_EMBARGOES "(40 embargoes)"
#define MANY_QUOTAS    "(40 quotas)"
// ---- problems: a path into the bundle, what to put there, what must be said
typedef struct {
    const char *path, *value, *where, *what;
} Broken;
static const Broken broken[] = {
    {"/roads/0/inside_max", "0", "/roads[hn]", "inside_max must be above 0"},
    {"/roads/1/id", "\"hn\"", "/roads[hn]", "the id is given twice"},
    {"/lanes/0/id", "\"\"", "/lanes", "a member without an id"},
    {"/lanes/0/road", "\"xx\"", "/lanes[H1]", "unknown road: xx"},
    {"/lanes/0/way", TAKEN_AWAY, "/lanes[H1]", "way is missing: out, in or tidal"},
    {"/yards/0/road", "\"xx\"", "/yards[HA]", "unknown road: xx"},
    {"/goods/0/hs/0", "\"1\"", "/goods[live_animals]", "not an HS prefix or range: 1"},
    {"/goods/0/hs/0", "\"02\"", "/goods[meat]", "two goods kinds claim the same HS range"},
    {"/goods/0/hs", MANY_RANGES, "/goods[live_animals]", "too many HS ranges"},
    {"/goods", MANY_MEMBERS, "/goods", "too many members"},
    {"/roads", "[]", "/", "a site needs roads, lanes, tasks and procedures"},
    {"/params", TAKEN_AWAY, "/params", "missing"},
    {"/params/stay_h", "0", "/params", "validity_h, stay_h, stay_two_way_h and call_window_min must be above 0"},
    {"/params/validity_h", "961", "/params", "validity_h above 40 days"},
    {"/prefix", "\"\"", "/prefix", "1 to 8 letters"},
    {"/phase", "\"1999\"", "/phase", "the site has no such phase: 1999"},
    {"/procedures/0/kinds", "[]", "/procedures[truck-export-2024]", "kinds is empty"},
    {"/procedures/0/valid_to", "\"2024-01-01\"", "/procedures[truck-export-2024]", "valid_to is not after valid_from"},
    {"/procedures/0/tasks/1/task", "\"xx\"", "/procedures[truck-export-2024]", "unknown task: xx"},
    {"/procedures/0/tasks/1/task", "\"documents\"", "/procedures[truck-export-2024]", "task given twice: documents"},
    {"/procedures/0/tasks/0/basis", "\"\"", "/procedures[truck-export-2024]", "task without a legal basis: documents"},
    {"/procedures/0/tasks/0/after", "[\"xx\"]", "/procedures[truck-export-2024]", "unknown task: xx"},
    {"/procedures/0/tasks/0/after", "[\"release\"]", "/procedures[truck-export-2024]",
     "tasks wait for each other in a circle"},
    {"/procedures/0/points/0/needs", "[\"entry_check\"]", "/procedures[truck-export-2024]",
     "a gate point needs a task the procedure does not have: call"},
    {"/procedures", MANY_MEMBERS, "/procedures", "too many"},
    {"/requirements/0/hs/0", "\"x\"", "/requirements[fruit-to-china]", "not an HS prefix or range: x"},
    {"/requirements/0/basis", "\"\"", "/requirements[fruit-to-china]", "no legal basis"},
    {"/embargoes", "[{\"id\":\"e\",\"hs\":\"9-\"}]", "/embargoes[e]", "not an HS prefix or range: 9-"},
    {"/embargoes", MANY_EMBARGOES, "/embargoes", "too many"},
    {"/quotas", "[{\"id\":\"q\",\"road\":\"xx\",\"window_min\":5}]", "/quotas[q]", "unknown road, or no window: xx"},
    {"/quotas", MANY_QUOTAS, "/quotas", "too many"},
    {"/tariffs/0/cells/0/band", "\"xx\"", "/tariffs[ls-2025]", "a cell names an unknown band: xx"},
    {"/tariffs/0/cells/0/goods", "\"xx\"", "/tariffs[ls-2025]", "a cell names an unknown goods kind: xx"},
    {"/tariffs/0/cells/0/vnd", "0", "/tariffs[ls-2025]", "a cell must cost more than nothing: vegetable_fruit"},
    {"/tariffs/0/factors/0/percent", "0", "/tariffs[ls-2025]", "a factor out of range: inland"},
};
static json_t *value_of(const char *text) {
    if (strcmp(text, MANY_RANGES) == 0) {
        json_t *a = json_array();
        for (int i = 0; i < 600; i++) json_array_append_new(a, json_sprintf("%06d", 10000 + i));
        return a;
    }
    if (text[0] == '(' && strcmp(text, TAKEN_AWAY) != 0) {
        json_t *a = json_array();
        for (int i = 0; i < 40; i++) {
            json_t *m = json_pack("{s:o}", "id", json_sprintf("m%d", i));
            if (strcmp(text, MANY_EMBARGOES) == 0) json_object_set_new(m, "hs", json_string("01"));
            if (strcmp(text, MANY_QUOTAS) == 0)
                json_object_set_new(m, "road", json_string("hn")),
                    json_object_set_new(m, "window_min", json_integer(5));
            json_array_append_new(a, m);
        }
        return a;
    }
    return strcmp(text, TAKEN_AWAY) == 0 ? NULL : json_loads(text, JSON_DECODE_ANY, NULL);
}
static void put_at(json_t *root, const char *path, json_t *v) {
    char part[64];
    json_t *at = root;
    for (const char *p = path + 1;;) {
        size_t n = strcspn(p, "/");
        snprintf(part, sizeof part, "%.*s", (int)n, p);
        bool last = p[n] == 0;
        size_t i = strtoul(part, NULL, 10);
        if (last && json_is_array(at))
            assert_int_equal(json_array_set_new(at, i, v), 0);
        else if (last && v)
            assert_int_equal(json_object_set_new(at, part, v), 0);
        else if (last)
            assert_int_equal(json_object_del(at, part), 0);
        if (last) return;
        at = json_is_array(at) ? json_array_get(at, i) : json_object_get(at, part);
        assert_non_null(at);
        p += n + 1;
    }
}
static Err compile(json_t *j, Site **ret, SiteReply *reply) {
    char *text = json_dumps(j, JSON_COMPACT);
    Err e = site_from(w, str_c(text), ret, reply);
    free(text);
    json_decref(j);
    return e;
}
static void every_problem(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        json_t *j = fresh();
        put_at(j, broken[i].path, value_of(broken[i].value));
        Site *s = NULL;
        SiteReply reply;
        assert_int_equal(compile(j, &s, &reply), ERR_INVALID);
        assert_null(s);
        bool said = false;
        for (uint32_t k = 0; k < reply.problems; k++)
            said |=
                str_eq_c(reply.problem[k].where, broken[i].where) && str_eq_c(reply.problem[k].what, broken[i].what);
        for (uint32_t k = 0; !said && k < reply.problems; k++)
            print_message(STR_F ": " STR_F "\n", STR_A(reply.problem[k].where), STR_A(reply.problem[k].what));
        if (!said) fail_msg("%s: %s was not said", broken[i].where, broken[i].what);
    }
}
static void growing_lists(void **state) {
    (void)state;
    static const char *const lists[] = {"tasks", "roads", "lanes", "yards", "goods"};
    Arena a;
    arena_init(&a, 1u << 20);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        json_t *grown = fresh(), *list = json_object_get(grown, lists[i]),
               *more = json_deep_copy(json_array_get(list, 0));
        json_object_set_new(more, "id", json_string("new"));
        if (strcmp(lists[i], "goods") == 0) json_object_set_new(more, "hs", json_pack("[s]", "98"));
        json_array_append_new(list, more);
        Site *next = NULL;
        SiteReply reply;
        Str why = STR_EMPTY;
        assert_int_equal(compile(grown, &next, &reply), OK);
        assert_true(site_extends(w->site, next, &a, &why));
        assert_false(site_extends(next, w->site, &a, &why)); // a member lost
        char text[64];
        snprintf(text, sizeof text, "/%s/%u must stay new", lists[i], next->dyn.set[i].n - 1);
        assert_true(str_eq_c(why, text));
        json_t *moved = fresh();
        list = json_object_get(moved, lists[i]);
        json_t *first = json_incref(json_array_get(list, 0));
        json_array_remove(list, 0), json_array_insert_new(list, 1, first);
        assert_int_equal(compile(moved, &next, &reply), OK);
        assert_false(site_extends(w->site, next, &a, &why));
    }
    arena_deinit(&a);
}

// ---- goods
static void hs_codes(void **state) {
    (void)state;
    for (int ch = 1; ch <= 97; ch++) {
        char hs[8];
        if (ch == 77) continue; // kept free by the Harmonized System
        snprintf(hs, sizeof hs, "%02d9999", ch);
        if (ch == 27) memcpy(hs, "271600", 6); // its kinds are given by heading
        uint8_t kind = site_goods_of(w->site, str_c(hs));
        assert_int_equal(kind == DYN_NONE, false);
    }
    assert_true(str_eq_c(w->site->good[site_goods_of(w->site, STR("270112"))].id, "minerals"));
    assert_true(str_eq_c(w->site->good[site_goods_of(w->site, STR("2710190000"))].id, "fuel"));
    assert_int_equal(site_goods_of(w->site, STR("990000")), DYN_NONE);
    assert_int_equal(site_goods_of(w->site, STR("08106")), DYN_NONE);
    assert_int_equal(site_goods_of(w->site, STR("08106x")), DYN_NONE);
    json_t *j = fresh(); // the narrowest pattern wins whatever its place in the list
    put_at(j, "/goods/20/hs", value_of("[\"86-89\",\"0810\"]"));
    put_at(j, "/goods/22/hs", value_of("[\"94-97\",\"081060\"]"));
    Site *s = NULL;
    SiteReply reply;
    assert_int_equal(compile(j, &s, &reply), OK);
    assert_true(str_eq_c(s->good[site_goods_of(s, STR("081060"))].id, "other"));
    assert_true(str_eq_c(s->good[site_goods_of(s, STR("081050"))].id, "vehicles"));
    assert_true(str_eq_c(s->good[site_goods_of(s, STR("080450"))].id, "vegetable_fruit"));
    assert_true(site_hs_matches(STR("0801-0810"), STR("081099")) && !site_hs_matches(STR("0801-0810"), STR("081100")));
}

// ---- fees
static Fee fee_of(const Site *s, Direction dir, Regime regime, Destination to, uint32_t goods, uint32_t kg,
                  uint32_t ft) {
    FeeQuestion q = {.direction = (uint8_t)dir,
                     .regime = (uint8_t)regime,
                     .destination = (uint8_t)to,
                     .goods = goods,
                     .gross_kg = kg,
                     .container_ft = ft};
    return site_fee(s, &q, START, &w->a);
}
static uint32_t goods_bit(const char *id) {
    return BIT(site_find(w->site, DYN_GOODS, str_c(id)));
}
static void known_cells(void **state) {
    (void)state;
    World *x = world_new("huu-nghi", "2024", 2); // with the demo tariff, which keeps the public cells
    uint32_t fruit = goods_bit("vegetable_fruit"), ore = goods_bit("ore"), machines_bit = goods_bit("machinery");
    assert_int_equal(fee_of(x->site, DIRECTION_EXPORT, REGIME_ORDINARY, DESTINATION_INLAND, fruit, 1999, 0).vnd,
                     100000);
    assert_int_equal(fee_of(x->site, DIRECTION_EXPORT, REGIME_REEXPORT, DESTINATION_INLAND, fruit, 20000, 40).vnd,
                     4000000);
    Fee in = fee_of(x->site, DIRECTION_IMPORT, REGIME_ORDINARY, DESTINATION_INLAND, machines_bit, 20000, 40);
    Fee yard = fee_of(x->site, DIRECTION_IMPORT, REGIME_ORDINARY, DESTINATION_YARD, machines_bit, 20000, 40);
    assert_true(in.known && in.vnd == 2000000 * 130 / 100 && in.factors.n > 0);
    assert_true(yard.known && yard.vnd == 2000000 * 30 / 100 && yard.basis.n > 0);
    Fee mixed = fee_of(x->site, DIRECTION_EXPORT, REGIME_ORDINARY, DESTINATION_INLAND, fruit | machines_bit, 20000, 0);
    Fee dear = fee_of(x->site, DIRECTION_EXPORT, REGIME_ORDINARY, DESTINATION_INLAND, machines_bit, 20000, 0);
    assert_true(mixed.known && mixed.vnd == dear.vnd && mixed.vnd > 500000);
    assert_int_equal(fee_of(x->site, DIRECTION_EXPORT, REGIME_ORDINARY, DESTINATION_INLAND, fruit, 2000, 0).vnd,
                     200000); // the next band
    Fee unknown = fee_of(x->site, DIRECTION_EXPORT, REGIME_TRANSIT, DESTINATION_INLAND, ore, 20000, 0);
    assert_false(unknown.known);
    assert_true(str_eq_c(unknown.cell, "demo/export/transit/ore/over_18t"));
    unknown = fee_of(x->site, DIRECTION_EXPORT, REGIME_TRANSIT, DESTINATION_INLAND, fruit | ore, 20000, 0);
    assert_false(unknown.known); // one of two is not enough
    unknown = fee_of(x->site, DIRECTION_EXPORT, REGIME_ORDINARY, DESTINATION_INLAND, 0, 20000, 0);
    assert_false(unknown.known);
    world_free(x);
}
static void no_cell_is_free(void **state) {
    (void)state;
    for (uint32_t g = 0; g < w->site->goods; g++)
        for (int dir = 1; dir < DIRECTION_COUNT; dir++)
            for (int regime = 1; regime < REGIME_COUNT; regime++)
                for (int to = 1; to < DESTINATION_COUNT; to++)
                    for (uint32_t kg = 500; kg < 40000; kg += 4900) {
                        Fee f = fee_of(w->site, (Direction)dir, (Regime)regime, (Destination)to, BIT(g), kg,
                                       kg % 3 ? 0 : 40);
                        assert_true(f.known == (f.vnd > 0) && f.cell.n > 0);
                        arena_reset(&w->a);
                    }
    json_t *j = fresh(); // a factor on a small amount rounds, but not to nothing
    put_at(j, "/tariffs/1/cells/0/vnd", json_integer(1)),
        put_at(j, "/tariffs/1/cells/0/direction", json_string("import"));
    Site *s = NULL;
    SiteReply reply;
    assert_int_equal(compile(j, &s, &reply), OK);
    Fee f = fee_of(s, DIRECTION_IMPORT, REGIME_ORDINARY, DESTINATION_YARD, BIT(0), 500, 0);
    assert_true(f.known && f.vnd == 1);
}
int main(void) {
    w = world_new("huu-nghi", "2027", 4);
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_phase),   cmocka_unit_test(every_problem),
                                       cmocka_unit_test(growing_lists), cmocka_unit_test(hs_codes),
                                       cmocka_unit_test(known_cells),   cmocka_unit_test(no_cell_is_free)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(w);
    return failed;
}

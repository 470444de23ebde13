// Maps and scenarios: what is good is read as it is, what is bad is refused with its line, field and cure.
#include "prop.h"
#include "route/route_grid.h"
// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on

#define MAP "type octile\nheight 3\nwidth 4\nmap\n..@.\nGSTW\n.O..\n"
static void good(void **state) {
    (void)state;
    static const char *const same[] = {MAP, "type octile\r\nwidth 4\r\nheight 3\r\nmap\r\n..@.\r\nGSTW\r\n.O..",
                                       "type octile\nheight 3\nwidth 4\nmap\n..@.\nGSTW\n.O..\n\n"};
    static const uint8_t open[12] = {1, 1, 0, 1, 1, 1, 0, 0, 1, 0, 1, 1};
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        RouteGrid g;
        RouteFault f;
        assert_int_equal(route_grid_parse(str_c(same[i]), &g, &f), OK);
        assert_true(g.width == 4 && g.height == 3 && g.open_n == 8 && g.graph.n == 12 && g.graph.follow);
        assert_memory_equal(g.open, open, sizeof open);
        assert_null(route_graph_fault(&g.graph));
        assert_int_equal(g.graph.out_begin[12],
                         12); // (0,0)-(1,0), (0,1)-(1,1), (0,0)-(0,1)-(0,2), (1,0)-(1,1), (2,2)-(3,2)
        uint32_t s[2], t[2];
        const char *scenario = "version 1\n0\tx.map\t4\t3\t0\t0\t3\t2\t5.5\n\n12 x.map 4 3 3 2 0 0 7\n";
        assert_int_equal(route_scenario_parse(str_c(scenario), &g, 2, s, t, &f), OK);
        assert_true(s[0] == 0 && t[0] == 11 && s[1] == 11 && t[1] == 0);
        route_grid_deinit(&g);
    }
}
static void bad_maps(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint32_t line;
        const char *word;
    } bad[] = {
        {"", 1, "empty"},
        {"type tile\n", 1, "'type tile'"},
        {"type octile\n", 1, "cut off"},
        {"type octile\nheight 3\nmap\n", 3, "width"},
        {"type octile\nheight 0\n", 2, "height"},
        {"type octile\nheight 99999\n", 2, "4096"},
        {"type octile\nheight 4096\nwidth 4096\n", 3, "cells"},
        {"type octile\nheight -1\n", 2, "height"},
        {"type octile\ndepth 3\n", 2, "'depth 3'"},
        {"type octile\nheight 3\nwidth 2\nmap\n..\n..\n", 7, "cut off"},
        {"type octile\nheight 3\nwidth 2\nmap\n..\n...\n", 6, "width says 2"},
        {"type octile\nheight 2\nwidth 2\nmap\n..\n.x\n", 6, "'x'"},
        {"type octile\nheight 2\nwidth 2\nmap\n..\n.\n\n\n", 6, "1 characters"},
        {"type octile\nheight 2\nwidth 2\nmap\n..\n..\n..\n", 7, "after the last row"},
        {"type octile\nheight 2\nwidth 2\nmap\n@@\n@@\n", 0, "no cell"},
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        RouteGrid g;
        RouteFault f = {0};
        assert_int_equal(route_grid_parse(str_c(bad[i].text), &g, &f), ERR_PARSE);
        if (f.line != bad[i].line || !strstr(f.what, bad[i].word)) fail_msg("map %zu: line %u: %s", i, f.line, f.what);
    }
}
static void bad_scenarios(void **state) {
    (void)state;
    static const struct {
        const char *text;
        Err e;
        uint32_t line;
        const char *word;
    } bad[] = {
        {"", ERR_PARSE, 1, "version 1"},
        {"version 2\n", ERR_PARSE, 1, "version 1"},
        {"version 1\n", ERR_LIMIT, 1, "after 0 agents"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t0\t1\n", ERR_LIMIT, 2, "--agents 1"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\n", ERR_PARSE, 2, "7 fields"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t0\t1\t1\n", ERR_PARSE, 2, "10 fields"},
        {"version 1\nx\tm\t4\t3\t0\t0\t1\t0\t1\n", ERR_PARSE, 2, "bucket"},
        {"version 1\n0\tm\t5\t3\t0\t0\t1\t0\t1\n", ERR_INVALID, 2, "width"},
        {"version 1\n0\tm\t4\t9\t0\t0\t1\t0\t1\n", ERR_INVALID, 2, "height"},
        {"version 1\n0\tm\t4\t3\t4\t0\t1\t0\t1\n", ERR_INVALID, 2, "start x"},
        {"version 1\n0\tm\t4\t3\t0\t-1\t1\t0\t1\n", ERR_INVALID, 2, "start y"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t3\t1\n", ERR_INVALID, 2, "goal y"},
        {"version 1\n0\tm\t4\t3\t2\t0\t1\t0\t1\n", ERR_INVALID, 2, "start: (2,0) is an obstacle"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t2\t1\n", ERR_INVALID, 2, "obstacle"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t0\tfar\n", ERR_PARSE, 2, "length"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t0\t1\n0\tm\t4\t3\t0\t0\t0\t1\t1\n", ERR_INVALID, 3,
         "start: the same as in line 2"},
        {"version 1\n0\tm\t4\t3\t0\t0\t1\t0\t1\n0\tm\t4\t3\t0\t1\t1\t0\t1\n", ERR_INVALID, 3,
         "goal: the same as in line 2"},
    };
    RouteGrid g;
    RouteFault f = {0};
    assert_int_equal(route_grid_parse(str_c(MAP), &g, &f), OK);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        uint32_t s[2], t[2];
        Err e = route_scenario_parse(str_c(bad[i].text), &g, 2, s, t, &f);
        if (e != bad[i].e || f.line != bad[i].line || !strstr(f.what, bad[i].word))
            fail_msg("scenario %zu: %s, line %u: %s", i, err_name(e), f.line, f.what);
    }
    route_grid_deinit(&g);
}
static void bad_graphs(void **state) {
    (void)state;
    const uint32_t begin[] = {0, 1, 2}, out[] = {1, 0}, loop[] = {1, 1}, off[] = {1, 2}, half[] = {0, 1, 1};
    const uint16_t free_edge[] = {1, 0};
    RouteGraph g = {.n = 2, .out_begin = begin, .out = out};
    assert_null(route_graph_fault(&g));
    g.conf_begin = begin, g.conf = out;
    assert_null(route_graph_fault(&g));
    g.conf_begin = half;
    assert_non_null(route_graph_fault(&g));
    g = (RouteGraph){.n = 2, .out_begin = begin, .out = loop};
    assert_non_null(route_graph_fault(&g));
    g.out = off;
    assert_non_null(route_graph_fault(&g));
    g.out = out, g.cost = free_edge;
    assert_non_null(route_graph_fault(&g));
    g = (RouteGraph){0};
    assert_non_null(route_graph_fault(&g));
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(good), cmocka_unit_test(bad_maps),
                                       cmocka_unit_test(bad_scenarios), cmocka_unit_test(bad_graphs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

// A map, a NUL, a scenario: whatever is accepted is sound.
#include "route/route_grid.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    const char *text = (const char *)p, *cut = n ? memchr(text, 0, n) : NULL;
    size_t map = cut ? (size_t)(cut - text) : n;
    RouteGrid g;
    RouteFault f = {0};
    if (route_grid_parse((Str){text, map}, &g, &f)) {
        CK_ASSERT(f.what[0] && f.what[sizeof f.what - 1] == 0);
        return 0;
    }
    CK_ASSERT(g.graph.n == g.width * g.height && g.open_n && !route_graph_fault(&g.graph));
    uint32_t starts[4], goals[4], agents = 1 + (uint32_t)(n % 4);
    Str scenario = cut ? (Str){cut + 1, n - map - 1} : STR_EMPTY;
    f = (RouteFault){0};
    if (route_scenario_parse(scenario, &g, agents, starts, goals, &f)) {
        CK_ASSERT(f.what[0]);
    } else {
        for (uint32_t i = 0; i < agents; i++) {
            CK_ASSERT(starts[i] < g.graph.n && goals[i] < g.graph.n && g.open[starts[i]] && g.open[goals[i]]);
            for (uint32_t k = 0; k < i; k++) CK_ASSERT(starts[i] != starts[k] && goals[i] != goals[k]);
        }
    }
    route_grid_deinit(&g);
    return 0;
}

// The roads as route_window() sees them.
#include "route_map.h"

#define STEP_S     3.0 // of a step of planning
#define PLACE_COST 400 // steps: nobody takes a way through a place that is not his goal

static void *take(size_t n) {
    void *p = calloc(n + 1, 1);
    CK_ASSERT(p != NULL);
    return p;
}
void route_map_graph(const RouteMap *m, RouteMapGraph *ret) {
    RouteMapGraph g = {.out_begin = take((m->nodes + 1) * sizeof(uint32_t)),
                       .out = take(m->edges * sizeof(uint32_t)),
                       .conf_begin = take((m->nodes + 1) * sizeof(uint32_t)),
                       .conf = take(m->conf_begin[m->cells] * sizeof(uint32_t)),
                       .cost = take(m->edges * sizeof(uint16_t))};
    for (uint32_t v = 0, n = 0; v < m->nodes; v++) {
        for (uint32_t i = m->out_begin[v]; i < m->out_begin[v + 1]; i++) {
            const MapEdge *e = &m->edge[m->out[i]];
            double steps = e->length_m / e->speed_mps / STEP_S + (m->node[e->to].spot ? PLACE_COST : 0);
            g.out[i] = e->to;
            g.cost[i] = (uint16_t)MIN(1 + steps, UINT16_MAX);
        }
        g.out_begin[v + 1] = m->out_begin[v + 1];
        for (uint32_t k = m->conf_begin[v]; k < m->conf_begin[v + 1]; k++)
            if (m->conf[k] < m->nodes) g.conf[n++] = m->conf[k];
        g.conf_begin[v + 1] = n;
    }
    g.graph = (RouteGraph){m->nodes, g.out_begin, g.out, g.conf_begin, g.conf, g.cost, false};
    *ret = g;
}
void route_map_graph_deinit(RouteMapGraph *g) {
    free(g->out_begin), free(g->out), free(g->conf_begin), free(g->conf), free(g->cost);
    *g = (RouteMapGraph){0};
}

// The planner's part: every few seconds the next steps of all vehicles are planned together (route_window: LaCAM-style
// search with PIBT and neighbourhood search), and where two ways meet the plan says who goes first: an
// action-dependency graph over the next steps. Ground is still given out by traffic alone, so a vehicle that is late,
// or a plan that did not know something, costs time and nothing else.
#include "fleet_internal.h"

#define PLAN_EVERY_MS 2000
struct FleetPlan {
    RouteMapGraph roads;
    uint32_t *steps;
    RouteAgent agent[FLEET_VEHICLES_MAX];
    uint32_t vehicle[FLEET_VEHICLES_MAX];
    int64_t planned_ms;
};
static void *take(size_t n) {
    void *p = calloc(n + 1, 1);
    CK_ASSERT(p != NULL);
    return p;
}
static struct FleetPlan *plan_new(Fleet *f) {
    struct FleetPlan *p = take(sizeof *p);
    p->steps = take((size_t)(f->p.plan_window + 1) * FLEET_VEHICLES_MAX * sizeof(uint32_t));
    route_map_graph(f->map, &p->roads);
    CK_ASSERT(route_graph_fault(&p->roads.graph) == NULL);
    f->planner = route_planner_new(&p->roads.graph, FLEET_VEHICLES_MAX, 1);
    CK_ASSERT(f->planner != NULL);
    return p;
}
static uint32_t agents(Fleet *f, struct FleetPlan *p, int64_t now_ms) {
    uint32_t n = 0;
    for (uint32_t v = 0; v < f->vehicles; v++) {
        const Unit *k = &f->v[v];
        if (!traffic_here(f->traffic, v)) continue;
        const uint16_t *path;
        uint32_t end = traffic_base_end(f->traffic, v), goal = traffic_booked(f->traffic, v);
        bool goes = traffic_path(f->traffic, v, &path) > 0 && may_be_sent(f, k) && k->waits.answer != TRAFFIC_CLOSED &&
                    k->waits.answer != TRAFFIC_TURN;
        int32_t urgency = k->job == FLEET_NONE ? 0 : (int32_t)MIN((now_ms - f->job[k->job].asked_ms) / 60000, 100) + 1;
        p->agent[n] = (RouteAgent){.at = end, .goal = goes ? goal : end, .urgency = urgency, .fixed = !goes};
        p->vehicle[n++] = v;
    }
    return n;
}
// For the next node of each vehicle's way: who enters it, or ground that meets it, earlier in the plan goes first.
static void order(Fleet *f, struct FleetPlan *p, uint32_t n, uint32_t window) {
    traffic_after_clear(f->traffic);
    for (uint32_t i = 0; i < n; i++) {
        const uint16_t *path;
        if (p->agent[i].fixed || !traffic_path(f->traffic, p->vehicle[i], &path)) continue;
        uint32_t node = f->map->edge[path[0]].to, mine = 1;
        while (mine <= window && p->steps[mine * n + i] != node) mine++;
        if (mine > window) continue; // the plan has it wait, or go another way: first come
        for (uint32_t t = 1; t < mine; t++)
            for (uint32_t k = 0; k < n; k++) {
                uint32_t at = p->steps[t * n + k];
                if (k == i || at == p->steps[(t - 1) * n + k] || p->agent[k].fixed) continue;
                if (at == node || route_map_conflict(f->map, node, at))
                    traffic_after(f->traffic, p->vehicle[i], node, p->vehicle[k], at);
            }
    }
}
void plan_cycle(Fleet *f, int64_t now_ms) {
    uint32_t window = MIN(f->p.plan_window, ROUTE_WINDOW_MAX);
    if (!window) return;
    if (!f->plan) f->plan = plan_new(f);
    struct FleetPlan *p = f->plan;
    if (now_ms - p->planned_ms < PLAN_EVERY_MS) return;
    p->planned_ms = now_ms;
    uint32_t n = agents(f, p, now_ms);
    RouteWindowInfo info;
    if (n > 1 && route_window(f->planner, p->agent, n, window, f->p.plan_iterations, p->steps, &info) == OK)
        order(f, p, n, window);
    else
        traffic_after_clear(f->traffic); // two on one ground after a restart: nobody is ordered
}
void plan_free(Fleet *f) {
    struct FleetPlan *p = f->plan;
    route_planner_free(f->planner);
    if (!p) return;
    route_map_graph_deinit(&p->roads);
    free(p->steps), free(p);
}

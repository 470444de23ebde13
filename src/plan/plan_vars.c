// What a plan may change: stations, lanes, staff of the quieter shifts, places of yards.
#include "plan_search.h"

#define LANES_EACH_MAX 10 // of a road and direction
uint32_t plan_var_get(const PlanVar *v, const PlanLayout *l) {
    uint32_t servers = v->kind == PLAN_VAR_SHIFT ? l->twin.servers[v->index] : 0, staff;
    switch (v->kind) {
    case PLAN_VAR_STATION: return l->twin.servers[v->index];
    case PLAN_VAR_LANE: return l->lanes[v->index][v->way];
    case PLAN_VAR_YARD: return l->yard[v->index] == TWIN_AS_DATA ? v->as_data : l->yard[v->index];
    default: break;
    }
    staff = l->twin.staff[v->index][v->way];
    return staff == TWIN_AS_DATA ? (servers * v->as_data + 500) / 1000 : MIN(staff, servers);
}
void plan_var_set(const PlanVar *v, PlanLayout *l, uint32_t n) {
    switch (v->kind) {
    case PLAN_VAR_STATION: l->twin.servers[v->index] = n; return;
    case PLAN_VAR_LANE: l->lanes[v->index][v->way] = n; return;
    case PLAN_VAR_YARD: l->yard[v->index] = n; return;
    default: l->twin.staff[v->index][v->way] = n; return;
    }
}
static PlanVar *add(PlanAnswer *a) {
    CK_ASSERT(a->vars < PLAN_VARS_MAX);
    return &a->var[a->vars++];
}
static void add_shifts(const TwinStation *s, uint8_t index, PlanAnswer *a) { // the fullest one is the station's number
    const TwinShift *p = s->shifts.items;
    uint32_t fullest = 0;
    for (uint32_t k = 1; k < s->shifts.n; k++)
        if (p[k].permille > p[fullest].permille) fullest = k;
    for (uint32_t k = 0; k < s->shifts.n && k < TWIN_SHIFTS_MAX && a->vars < PLAN_VARS_MAX; k++) {
        if (k == fullest) continue;
        uint32_t hours = (p[k].to + 24 - p[k].from) % 24;
        PlanVar *v = add(a);
        *v = (PlanVar){.kind = PLAN_VAR_SHIFT,
                       .index = index,
                       .way = (uint8_t)k,
                       .min = 1,
                       .max = s->servers_max,
                       .as_data = p[k].permille,
                       .cost = s->cost_day * hours / 24.0};
        snprintf(v->name, sizeof v->name, STR_F " %02u-%02u", STR_A(s->id), p[k].from, p[k].to);
    }
}
static void add_yards(const PlanGoal *g, Str road, PlanAnswer *a) {
    const SiteYard *y = g->c.doc->yards.items;
    for (uint32_t i = 0; i < g->c.doc->yards.n && a->vars < PLAN_VARS_MAX; i++) {
        bool built = y[i].phases.n == 0;
        for (uint32_t k = 0; k < y[i].phases.n; k++) built |= str_eq(y[i].phases.items[k], g->c.doc->phase);
        if (!str_eq(y[i].road, road) || !built) continue;
        PlanVar *v = add(a);
        *v = (PlanVar){.kind = PLAN_VAR_YARD,
                       .index = (uint8_t)i,
                       .min = MAX(y[i].places / 10, 2u),
                       .max = y[i].places * 2,
                       .as_data = y[i].places,
                       .cost = g->c.twin->costs->yard_place_day};
        snprintf(v->name, sizeof v->name, "bays " STR_F, STR_A(y[i].id));
    }
}
void plan_vars(const PlanGoal *g, PlanAnswer *a) {
    const TwinStation *st = g->c.twin->stations.items;
    const SiteRoad *road = (const SiteRoad *)g->c.doc->roads.items + g->road;
    for (uint32_t i = 0; i < g->c.twin->stations.n && a->vars + 3 < PLAN_VARS_MAX; i++) {
        if (!str_eq(st[i].road, road->id) || !st[i].cost_day || st[i].servers_max <= st[i].servers_min) continue;
        PlanVar *v = add(a);
        *v = (PlanVar){.kind = PLAN_VAR_STATION,
                       .index = (uint8_t)i,
                       .min = MAX(st[i].servers_min, 1u),
                       .max = st[i].servers_max,
                       .cost = st[i].cost_day};
        snprintf(v->name, sizeof v->name, STR_F, STR_A(st[i].id));
    }
    for (uint8_t w = PLAN_OUT; w <= PLAN_IN; w++) {
        PlanVar *v = add(a);
        *v = (PlanVar){.kind = PLAN_VAR_LANE,
                       .index = g->road,
                       .way = w,
                       .min = 1,
                       .max = LANES_EACH_MAX,
                       .cost = g->c.twin->costs->lane_day};
        snprintf(v->name, sizeof v->name, "lanes %s", w == PLAN_OUT ? "out" : "in");
    }
    for (uint32_t i = 0; i < g->c.twin->stations.n; i++)
        if (str_eq(st[i].road, road->id) && st[i].cost_day) add_shifts(&st[i], (uint8_t)i, a);
    add_yards(g, road->id, a);
}

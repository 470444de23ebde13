// A lay-out compiled and checked.
#include "route_map_internal.h"
#include "base/field_def.h"
#include <math.h>

static const char *const spot_list[] = {SPOT_TABLE(MAP_ENUM_NAME)};
const Names Spot_names = {spot_list, ARRAY_LEN(spot_list)};
static const char *const owner_list[] = {OWNER_TABLE(MAP_ENUM_NAME)};
const Names Owner_names = {owner_list, ARRAY_LEN(owner_list)};
static const char *const fit_list[] = {FIT_TABLE(MAP_ENUM_NAME)};
const Names Fit_names = {fit_list, ARRAY_LEN(fit_list)};

static const Field zone_f[] = {F(MapZoneDoc, id, FIELD_STR), FE(MapZoneDoc, owner, Owner_names),
                               F(MapZoneDoc, speed_mm_s, FIELD_U32)};
static const FieldTable zone_t = TABLE(MapZoneDoc, "zone", zone_f);
static const Field stretch_f[] = {F(MapStretchDoc, id, FIELD_STR), F(MapStretchDoc, batch, FIELD_U32)};
static const FieldTable stretch_t = TABLE(MapStretchDoc, "stretch", stretch_f);
static const Field node_f[] = {F(MapNodeDoc, id, FIELD_STR),     F(MapNodeDoc, zone, FIELD_STR),
                               F(MapNodeDoc, x_mm, FIELD_I64),   F(MapNodeDoc, y_mm, FIELD_I64),
                               FE(MapNodeDoc, spot, Spot_names), FS(MapNodeDoc, fit, Fit_names)};
static const FieldTable node_t = TABLE(MapNodeDoc, "node", node_f);
static const Field edge_f[] = {F(MapEdgeDoc, id, FIELD_STR),       F(MapEdgeDoc, from, FIELD_STR),
                               F(MapEdgeDoc, to, FIELD_STR),       F(MapEdgeDoc, speed_mm_s, FIELD_U32),
                               F(MapEdgeDoc, width_mm, FIELD_U32), F(MapEdgeDoc, stretch, FIELD_STR),
                               F(MapEdgeDoc, back, FIELD_BOOL)};
static const FieldTable edge_t = TABLE(MapEdgeDoc, "edge", edge_f);
static const Field vehicle_f[] = {F(MapVehicleDoc, length_mm, FIELD_U32), F(MapVehicleDoc, width_mm, FIELD_U32),
                                  F(MapVehicleDoc, margin_mm, FIELD_U32)};
static const FieldTable vehicle_t = TABLE(MapVehicleDoc, "vehicle", vehicle_f);
static const Field doc_f[] = {F(MapDoc, id, FIELD_STR),     F(MapDoc, road, FIELD_STR),
                              F(MapDoc, source, FIELD_STR), FO(MapDoc, vehicle, vehicle_t),
                              FL(MapDoc, zones, zone_t),    FL(MapDoc, stretches, stretch_t),
                              FL(MapDoc, nodes, node_t),    FL(MapDoc, edges, edge_t)};
const FieldTable map_doc_fields = TABLE(MapDoc, "roads", doc_f);

static void problem(MapProblems *p, Str where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void problem(MapProblems *p, Str where, const char *fmt, ...) {
    if (p->n++ >= MAP_PROBLEMS_MAX) return;
    MapProblem *m = &p->p[p->n - 1];
    snprintf(m->where, sizeof m->where, STR_F, (int)MIN(where.n, sizeof m->where - 1), where.p);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(m->what, sizeof m->what, fmt, ap);
    va_end(ap);
}

// ---- names
typedef struct {
    uint32_t *at, mask;
} Index;
static Str node_id(const RouteMap *m, uint32_t i) {
    return m->node[i].id;
}
static uint32_t index_find(const Index *x, const RouteMap *m, Str id) {
    for (uint32_t i = (uint32_t)str_hash(1, id) & x->mask; x->at[i]; i = (i + 1) & x->mask)
        if (str_eq(node_id(m, x->at[i] - 1), id)) return x->at[i] - 1;
    return MAP_NONE;
}
static void index_add(Index *x, const RouteMap *m, uint32_t node) {
    uint32_t i = (uint32_t)str_hash(1, node_id(m, node)) & x->mask;
    while (x->at[i]) i = (i + 1) & x->mask;
    x->at[i] = node + 1;
}
uint32_t route_map_node(const RouteMap *m, Str id) {
    for (uint32_t i = 0; i < m->nodes; i++)
        if (str_eq(m->node[i].id, id)) return i;
    return MAP_NONE;
}
uint32_t route_map_edge(const RouteMap *m, uint32_t from, uint32_t to) {
    for (uint32_t i = m->out_begin[from]; i < m->out_begin[from + 1]; i++)
        if (m->edge[m->out[i]].to == to) return m->out[i];
    return MAP_NONE;
}
Str route_map_cell_id(const RouteMap *m, uint32_t cell) {
    return cell < m->nodes ? m->node[cell].id : m->edge[cell - m->nodes].id;
}

// ---- reading the doc
static bool take_zones(RouteMap *m, const MapDoc *d, MapProblems *ps) {
    const MapZoneDoc *z = d->zones.items;
    const MapStretchDoc *s = d->stretches.items;
    if (!d->zones.n || d->zones.n > MAP_ZONES_MAX) problem(ps, STR("/zones"), "1 to %u zones", MAP_ZONES_MAX);
    if (d->stretches.n > MAP_STRETCHES_MAX) problem(ps, STR("/stretches"), "at most %u", MAP_STRETCHES_MAX);
    if (!d->nodes.n || d->nodes.n > MAP_NODES_MAX) problem(ps, STR("/nodes"), "1 to %u nodes", MAP_NODES_MAX);
    if (d->edges.n > MAP_EDGES_MAX) problem(ps, STR("/edges"), "at most %u edges", MAP_EDGES_MAX);
    const MapVehicleDoc *v = d->vehicle;
    if (!v || v->length_mm < 1000 || v->length_mm > 30000 || v->width_mm < 500 || v->width_mm > v->length_mm ||
        v->margin_mm > 5000)
        problem(ps, STR("/vehicle"), "length 1 to 30 m, width 0.5 m to the length, margin at most 5 m");
    if (ps->n) return false;
    m->id = d->id, m->road = d->road;
    m->length_m = v->length_mm / 1e3, m->width_m = v->width_mm / 1e3, m->margin_m = v->margin_mm / 1e3;
    for (uint32_t i = 0; i < d->zones.n; i++) {
        if (z[i].speed_mm_s < 100 || z[i].speed_mm_s > 40000)
            problem(ps, z[i].id, "a zone's speed is 100 to 40000 mm/s");
        m->zone[m->zones++] = (MapZone){z[i].id, z[i].owner, z[i].speed_mm_s / 1e3};
    }
    for (uint32_t i = 0; i < d->stretches.n; i++)
        m->stretch[m->stretches++] = (MapStretch){s[i].id, MAX(s[i].batch, 1u)};
    return true;
}
static uint32_t zone_find(const RouteMap *m, Str id) {
    for (uint32_t i = 0; i < m->zones; i++)
        if (str_eq(m->zone[i].id, id)) return i;
    return MAP_NONE;
}
static void take_nodes(RouteMap *m, const MapDoc *d, Index *x, MapProblems *ps) {
    const MapNodeDoc *n = d->nodes.items;
    for (uint32_t i = 0; i < d->nodes.n; i++) {
        uint32_t zone = zone_find(m, n[i].zone);
        if (!n[i].id.n) problem(ps, STR("/nodes"), "node %u has no id", i);
        if (zone == MAP_NONE) problem(ps, n[i].id, "no such zone: " STR_F, STR_A(n[i].zone));
        if (n[i].x_mm > 100000000 || n[i].x_mm < -100000000 || n[i].y_mm > 100000000 || n[i].y_mm < -100000000)
            problem(ps, n[i].id, "more than 100 km from the origin");
        if (index_find(x, m, n[i].id) != MAP_NONE) problem(ps, n[i].id, "this id is there twice");
        m->node[m->nodes++] = (MapNode){.id = n[i].id,
                                        .x = (double)n[i].x_mm / 1e3,
                                        .y = (double)n[i].y_mm / 1e3,
                                        .spot = n[i].spot,
                                        .fit = n[i].fit,
                                        .zone = (uint8_t)(zone == MAP_NONE ? 0 : zone)};
        m->node[i].owner = m->zone[m->node[i].zone].owner;
        index_add(x, m, i);
    }
}
static void take_edges(RouteMap *m, const MapDoc *d, const Index *x, MapProblems *ps) {
    const MapEdgeDoc *e = d->edges.items;
    for (uint32_t i = 0; i < d->edges.n; i++) {
        uint32_t from = index_find(x, m, e[i].from), to = index_find(x, m, e[i].to), stretch = MAP_NO_STRETCH;
        if (from == MAP_NONE || to == MAP_NONE || from == to) {
            problem(ps, e[i].id, "an edge leads from one node to another: " STR_F " to " STR_F, STR_A(e[i].from),
                    STR_A(e[i].to));
            continue;
        }
        for (uint32_t k = 0; k < m->stretches; k++)
            if (str_eq(m->stretch[k].id, e[i].stretch)) stretch = k;
        if (e[i].stretch.n && stretch == MAP_NO_STRETCH)
            problem(ps, e[i].id, "no such stretch: " STR_F, STR_A(e[i].stretch));
        const MapNode *a = &m->node[from], *b = &m->node[to];
        double dx = b->x - a->x, dy = b->y - a->y, most = m->zone[b->zone].speed_mps;
        MapEdge *me = &m->edge[m->edges++];
        *me = (MapEdge){.id = e[i].id,
                        .from = (uint16_t)from,
                        .to = (uint16_t)to,
                        .zone = b->zone,
                        .stretch = (uint8_t)stretch,
                        .back = e[i].back,
                        .length_m = hypot(dx, dy),
                        .heading = atan2(dy, dx),
                        .speed_mps = e[i].speed_mm_s ? MIN(e[i].speed_mm_s / 1e3, most) : most};
        double needs = (m->width_m + 2 * m->margin_m) * 1e3;
        if (e[i].width_mm && e[i].width_mm < needs)
            problem(ps, e[i].id, "it is %u mm wide, its vehicles need %.0f mm with their margin", e[i].width_mm, needs);
        if (me->length_m < 0.5 || me->length_m > 500) problem(ps, e[i].id, "an edge is 0.5 to 500 m long");
    }
}
static void take_lists(RouteMap *m, bool outward, uint32_t *begin, uint16_t *list) {
    for (uint32_t i = 0; i < m->edges; i++) begin[(outward ? m->edge[i].from : m->edge[i].to) + 1]++;
    for (uint32_t i = 0; i < m->nodes; i++) begin[i + 1] += begin[i];
    for (uint32_t i = m->edges; i-- > 0;) { // filled from behind: begin[] ends where it began
        uint32_t at = outward ? m->edge[i].from : m->edge[i].to;
        list[--begin[at + 1]] = (uint16_t)i;
    }
    for (uint32_t i = 0; i < m->nodes; i++) begin[i] = begin[i + 1];
    begin[m->nodes] = m->edges;
}

// ---- checks
// Marks what can be reached from `start` (against the edges: what leads to it) without going through another place.
static void reach(const RouteMap *m, uint32_t start, bool outward, bool *seen, uint16_t *stack) {
    uint32_t n = 0;
    memset(seen, 0, m->nodes);
    seen[start] = true, stack[n++] = (uint16_t)start;
    while (n) {
        uint32_t v = stack[--n];
        const uint32_t *begin = outward ? m->out_begin : m->in_begin;
        if (v != start && m->node[v].spot) continue;
        for (uint32_t i = begin[v]; i < begin[v + 1]; i++) {
            const MapEdge *e = &m->edge[outward ? m->out[i] : m->in[i]];
            uint32_t to = outward ? e->to : e->from;
            if (!seen[to]) seen[to] = true, stack[n++] = (uint16_t)to;
        }
    }
}
static void check_reach(const RouteMap *m, MapProblems *ps) {
    bool *seen = calloc(m->nodes, 1), *come = calloc(m->nodes, 1), *leave = calloc(m->nodes, 1);
    uint16_t *stack = calloc(m->nodes, sizeof *stack);
    uint32_t places = 0;
    CK_ASSERT(seen && come && leave && stack);
    for (uint32_t p = 0; p < m->nodes; p++) {
        if (!m->node[p].spot) continue;
        places++;
        reach(m, p, true, seen, stack);
        for (uint32_t i = 0; i < m->nodes; i++) {
            come[i] |= seen[i];
            if (m->node[i].spot && !seen[i])
                problem(ps, m->node[i].id, "no way leads here from " STR_F " but through other places",
                        STR_A(m->node[p].id));
        }
        reach(m, p, false, seen, stack);
        for (uint32_t i = 0; i < m->nodes; i++) leave[i] |= seen[i];
    }
    if (places < 2) problem(ps, STR("/nodes"), "two places at least: nodes with spot crane, park or charger");
    for (uint32_t i = 0; i < m->nodes && places > 1; i++)
        if (!leave[i])
            problem(ps, m->node[i].id, "a dead end: no way from here to a place");
        else if (!come[i])
            problem(ps, m->node[i].id, "no way leads here from a place");
    free(seen), free(come), free(leave), free(stack);
}
// A vehicle may stand on a place as long as it likes, so nobody else's way may touch it: only the edges to and from it
// and the nodes at their ends.
static void check_places(const RouteMap *m, MapProblems *ps) {
    for (uint32_t i = 0; i < m->nodes; i++) {
        if (!m->node[i].spot) continue;
        for (uint32_t k = m->conf_begin[i]; k < m->conf_begin[i + 1]; k++) {
            uint32_t c = m->conf[k];
            bool own = c >= m->nodes && (m->edge[c - m->nodes].from == i || m->edge[c - m->nodes].to == i);
            if (own) continue;
            bool place_edge =
                c >= m->nodes && (m->node[m->edge[c - m->nodes].from].spot || m->node[m->edge[c - m->nodes].to].spot);
            problem(ps, m->node[i].id, "who stands here is in the way of %s " STR_F ": move them apart",
                    place_edge || (c < m->nodes && m->node[c].spot) ? "another place," : "others on",
                    STR_A(route_map_cell_id(m, c)));
        }
    }
}

// ---- life
void route_map_free(RouteMap *m) {
    if (!m) return;
    free(m->node), free(m->edge), free(m->out_begin), free(m->in_begin), free(m->out), free(m->in);
    free(m->conf_begin), free(m->conf), free(m);
}
Err route_map_new(const MapDoc *d, RouteMap **ret, MapProblems *ps) {
    RouteMap *m = calloc(1, sizeof *m);
    CK_ASSERT(m != NULL);
    *ps = (MapProblems){0}, *ret = NULL;
    if (take_zones(m, d, ps)) {
        uint32_t cap = 64;
        while (cap < d->nodes.n * 2) cap *= 2;
        Index x = {calloc(cap, sizeof *x.at), cap - 1};
        m->node = calloc(d->nodes.n, sizeof *m->node), m->edge = calloc(d->edges.n + 1, sizeof *m->edge);
        CK_ASSERT(x.at && m->node && m->edge);
        take_nodes(m, d, &x, ps);
        if (!ps->n) take_edges(m, d, &x, ps);
        free(x.at);
    }
    if (!ps->n) {
        m->cells = m->nodes + m->edges;
        m->out_begin = calloc(m->nodes + 1, sizeof *m->out_begin), m->out = calloc(m->edges + 1, sizeof *m->out);
        m->in_begin = calloc(m->nodes + 1, sizeof *m->in_begin), m->in = calloc(m->edges + 1, sizeof *m->in);
        CK_ASSERT(m->out_begin && m->out && m->in_begin && m->in);
        take_lists(m, true, m->out_begin, m->out);
        take_lists(m, false, m->in_begin, m->in);
        map_shape(m);
        check_reach(m, ps);
        check_places(m, ps);
    }
    if (ps->n) {
        route_map_free(m);
        return ERR_INVALID;
    }
    *ret = m;
    return OK;
}

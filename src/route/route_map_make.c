// A lay-out from a few numbers. Each yard is a ring: the road in runs along its far side and turns back into aisle A;
// from A slanting drive-through parking places lead to aisle B, from B slanting drive-through places under the cranes
// to aisle C, which leaves for the line; a way back closes the ring. Whoever waits for a crane stands before it. The
// other side's yard is the same, turned by half.
//
//      in  <--------------------------------------------<---- from the line
//      |                                            ^
//      `--> A ---+-+-+-+-+-+-                       |
//            \    \ \ \ \ \ \  parking               |
//             `-> B ---------------+--+--+--+--.    |
//                                   \  \  \  \   \  |
//                           cranes  C --------------+----> to the line
//
// A yard of two aisles is two such rings, one above the other, each with its own way to its own lanes over the line. At
// the left one can go from the lower road in up to the upper aisle, at the right from the upper road out down to the
// lower ring: every place is reached from every other, and most vehicles stay where they are.
#include "route_map.h"
#include <math.h>

const MapPlan map_plan_usual = {.cranes = 8,
                                .parks = 24,
                                .chargers = 8,
                                .lanes = 2,
                                .corridor_m = 2400,
                                .line_m = 200,
                                .vehicle_mm = 16000,
                                .yard_mm_s = 5600,
                                .corridor_mm_s = 9000,
                                .line_mm_s = 7000};

#define CRANE_PITCH 10000 // mm between places along the aisle
#define PARK_PITCH  6000
#define SLANT       26000 // mm from an aisle to a place and on, along and across
#define AISLE       (2 * SLANT)
#define CELL        25000 // mm between nodes of the long roads
#define FORK        60000 // from where lanes part to the line
#define STOP        20000 // from where one waits for the line to the line
#define AISLES_MAX  2u
#define ABOVE       200000 // from one aisle's ring to the next above it
#define FIT_BIT(f)  (1u << (f))
typedef struct {
    Arena *a;
    const MapPlan *p;
    uint32_t cranes, parks, chargers; // of the aisle
    uint32_t cranes_before;           // in the aisles below
    MapNodeDoc *node;
    MapEdgeDoc *edge;
    uint32_t nodes, edges;
    const char *side; // prefix of names
    Str zone;
    int64_t turn, off_x; // 1 or -1: the other side's yard is turned by half; then moved
    int64_t off_y;
} Make;
static Str name(Make *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static Str name(Make *k, const char *fmt, ...) {
    char t[48];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t, sizeof t, fmt, ap);
    va_end(ap);
    return arena_str(k->a, (Str){t, (size_t)n});
}
static uint32_t node(Make *k, Str id, int64_t x, int64_t y) {
    CK_ASSERT(k->nodes < MAP_NODES_MAX);
    k->node[k->nodes] =
        (MapNodeDoc){.id = id, .zone = k->zone, .x_mm = k->off_x + k->turn * x, .y_mm = k->off_y + k->turn * y};
    return k->nodes++;
}
static MapEdgeDoc *edge(Make *k, uint32_t from, uint32_t to) {
    CK_ASSERT(k->edges < MAP_EDGES_MAX);
    MapEdgeDoc *e = &k->edge[k->edges++];
    *e = (MapEdgeDoc){.id = name(k, "e%u", k->edges), .from = k->node[from].id, .to = k->node[to].id};
    return e;
}
// Nodes from `from` towards (x, y) about CELL apart, the last one there or the given one; returns it.
static uint32_t road_to(Make *k, const char *what, uint32_t from, int64_t x, int64_t y, uint32_t last) {
    int64_t x0 = (k->node[from].x_mm - k->off_x) * k->turn, y0 = (k->node[from].y_mm - k->off_y) * k->turn;
    double len = hypot((double)(x - x0), (double)(y - y0));
    int n = MAX((int)ceil(len / CELL), 1);
    for (int i = 1; i <= n; i++) {
        uint32_t v = i == n && last != MAP_NONE ? last
                                                : node(k, name(k, "%s%s-%u", k->side, what, k->nodes),
                                                       x0 + (x - x0) * i / n, y0 + (y - y0) * i / n);
        edge(k, from, v);
        from = v;
    }
    return from;
}
static uint32_t road(Make *k, const char *what, uint32_t from, int64_t x, int64_t y) {
    return road_to(k, what, from, x, y, MAP_NONE);
}
static uint32_t join(Make *k, const char *what, uint32_t from, uint32_t to) {
    return road_to(k, what, from, (k->node[to].x_mm - k->off_x) * k->turn, (k->node[to].y_mm - k->off_y) * k->turn, to);
}

// ---- a yard
typedef struct {
    uint32_t in, out;          // the nodes where the aisle's ring meets the road from and to the line
    uint32_t ring, left, turn; // from the right: where the way back joins, the far corner, before the aisle
    uint32_t back;             // where the way back leaves
} Yard;
#define SLANT_MM_S 3000
#define LINK_MM_S  1000 // nobody should change over who need not
#define FORK_X     (-40000)
#define TOP        (AISLE + 45000) // of the road in
#define BEND       15000
static int64_t cranes_x(uint32_t parks) { // where the first crane place leaves aisle B
    return (int64_t)parks * PARK_PITCH + 2 * SLANT;
}
static uint32_t share(uint32_t n, uint32_t aisle, uint32_t aisles) {
    return n * (aisle + 1) / aisles - n * aisle / aisles;
}
static int64_t right_x(const MapPlan *p) { // of the longest aisle
    uint32_t n = p->aisles;
    return cranes_x((p->parks + n - 1) / n) + (int64_t)((p->cranes + n - 1) / n) * CRANE_PITCH + 2 * SLANT + 30000;
}
// A place half-way along a slant from an aisle to the next one below; returns the node where it comes out.
static uint32_t place(Make *k, const char *what, uint32_t i, uint32_t from, int64_t x, int64_t y, uint8_t spot,
                      uint32_t fit) {
    uint32_t p = node(k, name(k, "%s%s%u", k->side, what, i + 1), x + SLANT, y - SLANT);
    k->node[p].spot = spot, k->node[p].fit = fit;
    edge(k, from, p)->speed_mm_s = SLANT_MM_S;
    uint32_t out = node(k, name(k, "%s%so%u", k->side, what, i + 1), x + 2 * SLANT, y - AISLE);
    edge(k, p, out)->speed_mm_s = SLANT_MM_S;
    return out;
}
// Along aisle A; `b` is where aisle B begins; returns its end.
static uint32_t parking(Make *k, uint32_t a, uint32_t b) {
    for (uint32_t i = 0; i < k->parks; i++) {
        int64_t x = (int64_t)i * PARK_PITCH;
        uint32_t v = node(k, name(k, "%sa%u", k->side, i + 1), x, AISLE);
        edge(k, a, v);
        a = v;
        // chargers evenly among them; every fourth has a plug for reefers
        bool charger = (i + 1) * k->chargers / k->parks > i * k->chargers / k->parks;
        uint32_t out =
            place(k, "p", i, v, x, AISLE, charger ? SPOT_CHARGER : SPOT_PARK, i % 4 ? 0 : FIT_BIT(FIT_REEFER));
        if (i)
            edge(k, b, out);
        else
            (void)join(k, "b", b, out);
        b = out;
    }
    return b;
}
// Along aisle B; every fourth has a plug, every eighth is for dangerous goods; returns the end of aisle C.
static uint32_t cranes(Make *k, uint32_t b) {
    uint32_t c = MAP_NONE;
    int64_t x = cranes_x(k->parks);
    for (uint32_t i = 0; i < k->cranes; i++, x += CRANE_PITCH) {
        uint32_t v = node(k, name(k, "%sb%u", k->side, i + 1), x, 0);
        edge(k, b, v);
        b = v;
        uint32_t no = k->cranes_before + i;
        uint32_t fit = (no % 4 ? 0 : FIT_BIT(FIT_REEFER)) | (no % 8 == 7 ? FIT_BIT(FIT_DANGEROUS) : 0);
        uint32_t out = place(k, "c", i, v, x, 0, SPOT_CRANE, fit);
        if (i) edge(k, c, out);
        c = out;
    }
    b = road(k, "x", b, x + 20000, 0); // who needs no crane goes by
    uint32_t end = node(k, name(k, "%sx", k->side), x + 20000 + AISLE, -AISLE);
    (void)join(k, "x", b, end), (void)join(k, "x", c, end);
    return end;
}
static Yard ring(Make *k) {
    int64_t right = right_x(k->p);
    Yard y;
    Str yard_zone = k->zone;
    k->zone = k->turn > 0 ? STR("own") : STR("peer");
    y.in = node(k, name(k, "%sin", k->side), right + 60000, TOP);
    y.ring = road(k, "i", y.in, right + 25000, TOP), y.left = road(k, "i", y.ring, FORK_X - 20000, TOP); // the road in
    k->zone = yard_zone;
    uint32_t v = road(k, "i", y.left, FORK_X - 20000 - BEND, TOP - BEND);
    v = road(k, "i", v, FORK_X - 20000 - BEND, AISLE + BEND);
    y.turn = road(k, "i", v, FORK_X - 20000, AISLE);
    uint32_t fork = road(k, "i", y.turn, FORK_X, AISLE);
    uint32_t b = road(k, "b", fork, FORK_X + AISLE, 0);
    v = cranes(k, parking(k, fork, b));
    y.back = road(k, "o", v, right + 40000, -AISLE);
    y.out = node(k, name(k, "%sout", k->side), right + 60000, -AISLE);
    edge(k, y.back, y.out);
    v = road(k, "r", y.back, right + 40000 + BEND, -AISLE + BEND); // the way back closes the ring
    v = road(k, "r", v, right + 40000 + BEND, TOP - BEND);
    (void)join(k, "r", v, y.ring);
    return y;
}
static void link_aisles(Make *k, const Yard *lower, const Yard *upper) { // in the frame of the lower one
    int64_t right = right_x(k->p) + 40000 + BEND, left = FORK_X - 20000 - BEND;
    uint32_t first = k->edges, v = road(k, "u", lower->left, left, TOP + BEND);
    v = road(k, "u", v, left, ABOVE + AISLE - BEND);
    (void)join(k, "u", v, upper->turn);
    v = road(k, "d", upper->back, right, ABOVE - AISLE - BEND);
    v = road(k, "d", v, right, TOP + BEND);
    (void)join(k, "d", v, lower->ring);
    for (uint32_t i = first; i < k->edges; i++) k->edge[i].speed_mm_s = LINK_MM_S;
}
// All aisles of one side, the lowest first in its own frame, which begins at (x, y).
static void yard(Make *k, int64_t x, int64_t y, Yard ret[AISLES_MAX]) {
    const MapPlan *p = k->p;
    const char *const side[2][AISLES_MAX] = {{"v", "v2"}, {"c", "c2"}};
    const Str zone[2][AISLES_MAX] = {{STR("own-yard"), STR("own-yard-2")}, {STR("peer-yard"), STR("peer-yard-2")}};
    for (uint32_t i = 0; i < p->aisles; i++) {
        k->side = side[k->turn < 0][i], k->zone = zone[k->turn < 0][i];
        k->off_x = x, k->off_y = y + k->turn * (int64_t)i * ABOVE;
        k->cranes = share(p->cranes, i, p->aisles), k->parks = share(p->parks, i, p->aisles);
        k->chargers = share(p->chargers, i, p->aisles);
        ret[i] = ring(k);
        k->cranes_before += k->cranes;
    }
    k->off_y = y, k->cranes_before = 0;
    for (uint32_t i = 1; i < p->aisles; i++) link_aisles(k, &ret[i - 1], &ret[i]);
    k->side = "", k->off_x = k->off_y = 0;
}

// ---- the corridor between two yards
// From `from` over the line to `to`, along y; x1 and x2 are the line's two edges in the order of travel. `ret`: where
// one waits before the line, and where one is clear of it beyond, in the lane nearest to the other way's.
typedef struct {
    uint32_t stop, clear;
} Lane;
static void cross(Make *k, const char *what, uint32_t from, uint32_t to, int64_t x1, int64_t x2, int64_t y, uint32_t n,
                  Lane *ret) {
    int64_t way = x2 > x1 ? 1 : -1;
    Str here = way > 0 ? STR("own") : STR("peer"), there = way > 0 ? STR("peer") : STR("own");
    k->zone = here;
    uint32_t fork = road(k, what, from, x1 - way * FORK, y);
    k->zone = there;
    uint32_t merge = node(k, name(k, "%s-%u", what, k->nodes), x2 + way * FORK, y);
    for (uint32_t i = 0; i < n; i++) { // the last one is the nearest
        int64_t yl = y + (n > 1 ? way * (2 * (int64_t)i - 1) * 5000 : 0);
        k->zone = here;
        uint32_t v = ret->stop = road(k, what, fork, x1 - way * STOP, yl);
        k->zone = STR("line");
        v = road(k, what, v, x2, yl);
        k->zone = there;
        v = ret->clear = road(k, what, v, x2 + way * STOP, yl);
        (void)join(k, what, v, merge);
    }
    (void)join(k, what, merge, to);
}
// Before the line there is a way back for who is not let over it: left, and left again into the road home.
static void turn_back(Make *k, const char *what, uint32_t from, uint32_t to, int64_t way) {
    int64_t x = k->node[from].x_mm + way * BEND, y = k->node[from].y_mm, up = k->node[to].y_mm;
    uint32_t first = k->edges, v = road(k, what, from, x, y + way * BEND);
    v = road(k, what, v, x, up - way * BEND);
    (void)join(k, what, v, to);
    for (uint32_t i = first; i < k->edges; i++) k->edge[i].speed_mm_s = LINK_MM_S;
}
// One lane for both ways: a stretch whose edges lead forth and back between the same nodes.
static void cross_in_turn(Make *k, const Yard *own, const Yard *peer, int64_t x1, int64_t x2, int64_t y_out,
                          int64_t y_in) {
    int64_t y = (y_out + y_in) / 2, far = 100000;
    k->zone = STR("own");
    uint32_t west = node(k, STR("line-west"), x1, y), v = road(k, "out", own->out, x1 - far, y_out);
    (void)join(k, "out", v, west);
    k->zone = STR("line");
    uint32_t first = k->nodes, east = road(k, "line", west, x2, y), forth = k->edges - (k->nodes - first);
    for (uint32_t i = forth, n = k->edges; i < n; i++) k->edge[i].stretch = STR("line");
    k->zone = k->node[east].zone = STR("peer"); // at either end there is a way back
    v = road(k, "out", east, x2 + far, y_out);
    (void)join(k, "out", v, peer->in);
    v = road(k, "in", peer->out, x2 + far, y_in);
    (void)join(k, "in", v, east);
    k->zone = STR("line");
    for (uint32_t u = east; u >= first; u--) {
        MapEdgeDoc *e = edge(k, u, u == first ? west : u - 1);
        e->stretch = STR("line"), e->back = true;
    }
    k->zone = STR("own");
    v = road(k, "in", west, x1 - far, y_in);
    (void)join(k, "in", v, own->in);
}
static const char *unfit(const MapPlan *p) {
    if (p->cranes < 1 || p->cranes > 60 || p->parks < 1 || p->parks > 400 || p->chargers > p->parks)
        return "1 to 60 cranes, 1 to 400 parking places, of which the chargers are some";
    if (p->lanes != 1 && p->lanes != 2 && p->lanes != 4) return "1, 2 or 4 lanes over the line";
    if (p->aisles > AISLES_MAX || p->aisles > MAX(p->lanes / 2, 1u) || p->aisles > MIN(p->cranes, p->parks))
        return "an aisle for each pair of lanes at most, and a crane and a parking place for each aisle";
    if (p->line_m < 50 || p->corridor_m < p->line_m + 500 || p->corridor_m > 20000)
        return "a line of 50 m or more, a corridor at least 500 m longer and at most 20 km";
    if (p->vehicle_mm < 6000 || p->vehicle_mm > 18000) return "vehicles of 6 to 18 m";
    if (p->yard_mm_s < 500 || p->corridor_mm_s < 500 || p->line_mm_s < 500 || p->corridor_mm_s > 20000)
        return "speeds from 500 to 20000 mm/s";
    return NULL;
}
static void zones(const MapPlan *p, MapZoneDoc *z) {
    const MapZoneDoc all[] = {
        {STR("own-yard"), OWNER_OWN, p->yard_mm_s},    {STR("own"), OWNER_OWN, p->corridor_mm_s},
        {STR("line"), OWNER_LINE, p->line_mm_s},       {STR("peer"), OWNER_PEER, p->corridor_mm_s},
        {STR("peer-yard"), OWNER_PEER, p->yard_mm_s},  {STR("own-yard-2"), OWNER_OWN, p->yard_mm_s},
        {STR("peer-yard-2"), OWNER_PEER, p->yard_mm_s}};
    memcpy(z, all, sizeof all);
}
static void lay_out(Make *k) {
    const MapPlan *p = k->p;
    Yard own[AISLES_MAX], peer[AISLES_MAX];
    yard(k, 0, 0, own);
    int64_t x0 = k->node[own[0].out].x_mm, y_out = k->node[own[0].out].y_mm, y_in = k->node[own[0].in].y_mm;
    k->turn = -1; // its lowest aisle lies opposite to our highest
    yard(k, 2 * x0 + (int64_t)p->corridor_m * 1000, y_in + y_out + (int64_t)(p->aisles - 1) * ABOVE, peer);
    k->turn = 1;
    int64_t x1 = x0 + (int64_t)(p->corridor_m - p->line_m) * 500, x2 = x1 + (int64_t)p->line_m * 1000;
    if (p->lanes == 1) {
        cross_in_turn(k, &own[0], &peer[0], x1, x2, y_out, y_in);
        return;
    }
    for (uint32_t i = 0; i < p->aisles; i++, y_out += ABOVE, y_in += ABOVE) {
        const Yard *there = &peer[p->aisles - 1 - i];
        Lane out, in;
        cross(k, "out", own[i].out, there->in, x1, x2, y_out, p->lanes / 2 / p->aisles, &out);
        cross(k, "in", there->out, own[i].in, x2, x1, y_in, p->lanes / 2 / p->aisles, &in);
        k->zone = STR("own"), turn_back(k, "tv", out.stop, in.clear, 1);
        k->zone = STR("peer"), turn_back(k, "tc", in.stop, out.clear, -1);
    }
}
Err route_map_make(const MapPlan *plan, Str id, Str road_id, Arena *a, MapDoc **ret, const char **ret_why) {
    MapPlan p = *plan;
    if (!p.aisles) p.aisles = MAX(MIN(MIN(p.lanes / 2, AISLES_MAX), MIN(p.cranes, p.parks)), 1u);
    *ret_why = unfit(&p);
    if (*ret_why) return ERR_INVALID;
    MapDoc *d = arena_alloc(a, sizeof *d);
    MapZoneDoc *z = arena_alloc(a, 7 * sizeof *z);
    MapStretchDoc *st = arena_alloc(a, sizeof *st);
    MapVehicleDoc *v = arena_alloc(a, sizeof *v);
    Make k = {.a = a,
              .p = &p,
              .node = arena_alloc(a, MAP_NODES_MAX * sizeof(MapNodeDoc)),
              .edge = arena_alloc(a, MAP_EDGES_MAX * sizeof(MapEdgeDoc)),
              .turn = 1};
    if (!d || !z || !st || !v || !k.node || !k.edge) return ERR_LIMIT;
    zones(&p, z);
    lay_out(&k);
    *st = (MapStretchDoc){STR("line"), 6};
    *v = (MapVehicleDoc){p.vehicle_mm, 3000, 800};
    *d = (MapDoc){.id = id,
                  .road = road_id,
                  .vehicle = v,
                  .zones = {z, p.aisles > 1 ? 7 : 5},
                  .stretches = {st, p.lanes == 1},
                  .nodes = {k.node, k.nodes},
                  .edges = {k.edge, k.edges},
                  .source = STR("made by cuakhau roads make")};
    *ret = d;
    return OK;
}

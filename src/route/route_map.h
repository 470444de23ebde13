// The roads of unmanned vehicles on one site: nodes, directed edges, zones with their owner, one-lane stretches, and
// which parts of the road exclude each other. A vehicle is a rectangle of its site's length and width that follows the
// straight edges and turns on nodes; the envelope of an edge or node is all the ground that it sweeps there, widened by
// half of the margin. Two cells (nodes, then edges) whose envelopes meet are never held by two vehicles. Pure.
#pragma once
#include "base/field.h"
#include "route.h"

#define MAP_NODES_MAX            4096u
#define MAP_EDGES_MAX            8192u
#define MAP_ZONES_MAX            32u
#define MAP_STRETCHES_MAX        32u
#define MAP_NONE                 UINT16_MAX
#define MAP_NO_STRETCH           255u

#define MAP_ENUM_NAME(sym, word) word,
#define MAP_ENUM_SYM(sym, word)  sym,
#define SPOT_TABLE(X)                                                                                                  \
    X(SPOT_NONE, "")                                                                                                   \
    X(SPOT_CRANE, "crane") /* a box is lifted on and off */                                                            \
    X(SPOT_PARK, "park") X(SPOT_CHARGER, "charger")
typedef enum { SPOT_TABLE(MAP_ENUM_SYM) SPOT_COUNT } Spot;
extern const Names Spot_names;
#define OWNER_TABLE(X) X(OWNER_OWN, "own") X(OWNER_LINE, "line") X(OWNER_PEER, "peer")
typedef enum { OWNER_TABLE(MAP_ENUM_SYM) OWNER_COUNT } Owner;
extern const Names Owner_names;
// What a place is fit for, beyond a box like any other.
#define FIT_TABLE(X) X(FIT_NONE, "") X(FIT_REEFER, "reefer") X(FIT_DANGEROUS, "dangerous")
typedef enum { FIT_TABLE(MAP_ENUM_SYM) FIT_COUNT } Fit;
extern const Names Fit_names;

// ---- as it stands in a site's file. Whole millimetres; x to the east, y to the north.
typedef struct {
    Str id;
    uint8_t owner; // Owner
    uint32_t speed_mm_s;
} MapZoneDoc;
typedef struct {
    Str id;
    uint32_t batch; // vehicles of one direction before the other may go
} MapStretchDoc;
typedef struct {
    Str id, zone;
    int64_t x_mm, y_mm;
    uint8_t spot; // Spot
    uint32_t fit; // bits of Fit: plug for reefers, place for dangerous goods
} MapNodeDoc;
typedef struct {
    Str id, from, to;    // zone: that of `to`
    uint32_t speed_mm_s; // 0: as the zone
    uint32_t width_mm;   // of the road there, at least the vehicle's and its margin on both sides; 0: as wide as that
    Str stretch;
    bool back; // against the direction that the stretch counts as forth
} MapEdgeDoc;
typedef struct {
    uint32_t length_mm, width_mm, margin_mm;
} MapVehicleDoc;
typedef struct {
    Str id, road; // road: of the site
    MapVehicleDoc *vehicle;
    List zones, stretches, nodes, edges;
    Str source;
} MapDoc;
extern const FieldTable map_doc_fields;

// ---- compiled
typedef struct {
    Str id;
    double x, y;
    uint8_t spot, zone, owner;
    uint32_t fit;
} MapNode;
typedef struct {
    Str id;
    uint16_t from, to;
    uint8_t zone, stretch; // MAP_NO_STRETCH
    bool back;
    double length_m, speed_mps, heading; // radians
} MapEdge;
typedef struct {
    Str id;
    uint8_t owner;
    double speed_mps;
} MapZone;
typedef struct {
    Str id;
    uint32_t batch;
} MapStretch;
typedef struct {
    Str id, road;
    double length_m, width_m, margin_m; // of a vehicle
    uint32_t nodes, edges, zones, stretches, cells;
    MapNode *node;
    MapEdge *edge;
    MapZone zone[MAP_ZONES_MAX];
    MapStretch stretch[MAP_STRETCHES_MAX];
    uint32_t *out_begin, *in_begin; // by node, into out and in
    uint16_t *out, *in;             // edges
    uint32_t *conf_begin;           // by cell; cells are nodes, then edges
    uint16_t *conf;                 // cells that exclude this one, without itself
} RouteMap;

// A problem of a lay-out: what, where, how to cure it.
#define MAP_PROBLEMS_MAX 16u
typedef struct {
    char where[64], what[120];
} MapProblem;
typedef struct {
    MapProblem p[MAP_PROBLEMS_MAX];
    uint32_t n; // may exceed the maximum: the rest was dropped
} MapProblems;

// Compiles and checks: names, sizes, edges of no length, places that cannot be reached from each other place, dead
// ends, a place that others' ways lead through or touch. ERR_INVALID with problems; the map is NULL then. Texts are
// borrowed from the doc. route_map_free() when done.
Err route_map_new(const MapDoc *doc, RouteMap **ret, MapProblems *ret_problems) MUST_USE;
void route_map_free(RouteMap *m);
uint32_t route_map_node(const RouteMap *m, Str id); // MAP_NONE: no such node
uint32_t route_map_edge(const RouteMap *m, uint32_t from, uint32_t to);
static inline uint32_t map_cell_of_edge(const RouteMap *m, uint32_t edge) {
    return m->nodes + edge;
}
bool route_map_conflict(const RouteMap *m, uint32_t cell, uint32_t other);
Str route_map_cell_id(const RouteMap *m, uint32_t cell);
// Whether two bodies meet that stand at (x, y) with a heading: an independent check for tests and simulation. `gap`:
// metres that must be between them.
bool route_bodies_meet(const RouteMap *m, const double a[3], const double b[3], double gap);

// The roads as route_window() sees them (route.h): nodes, which of them exclude each other, and what an edge costs in
// steps of 3 s; ways through a place cost more than any way round. Whether route_graph_fault() finds no fault (too many
// nodes that exclude one) is the caller's question. route_map_graph_deinit() when done.
typedef struct {
    RouteGraph graph;
    uint32_t *out_begin, *out, *conf_begin, *conf; // owned, those of `graph`
    uint16_t *cost;
} RouteMapGraph;
void route_map_graph(const RouteMap *m, RouteMapGraph *ret);
void route_map_graph_deinit(RouteMapGraph *g);

// ---- a lay-out from a few numbers: two yards, a corridor, border lanes. The shipped lay-outs are made by it
// (`cuakhau roads make`); tests and benches make theirs. Returns false with a reason when the numbers do not fit.
typedef struct {
    uint32_t cranes, parks, chargers; // of each yard; chargers are among the parks
    uint32_t lanes;                   // over the line: 1 (both ways in turn), 2 or 4
    uint32_t aisles;     // of each yard, each with its share of the places and lanes; 0: one a pair of lanes
    uint32_t corridor_m; // from yard to yard
    uint32_t line_m;     // of the one-lane stretch, or of the lanes that belong to the line
    uint32_t vehicle_mm; // length
    uint32_t yard_mm_s, corridor_mm_s, line_mm_s;
} MapPlan;
extern const MapPlan map_plan_usual;
Err route_map_make(const MapPlan *p, Str id, Str road, Arena *a, MapDoc **ret, const char **ret_why) MUST_USE;

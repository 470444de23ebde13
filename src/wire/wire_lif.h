// Lay-outs of roads as VDMA LIF 1.0.0 (Layout Interchange Format, March 2024), both directions: a project's lay-outs of
// nodes, directed edges and stations, with what each type of vehicle may do there. Conventions and words are those of
// VDA 5050 (wire_vda.h), which LIF builds on. Metres, m/s, radians; one origin for all lay-outs of a file.
//
// Read strictly, with leave where the guideline's own examples need it: `stations` may be missing, `stationHeight` and
// the values of action parameters may be texts or numbers, members that LIF does not have are counted and ignored.
#pragma once
#include "wire_vda.h"

#define LIF_VERSION     "1.0.0"
#define LIF_TEXT_MAX    (16u << 20) // bytes of a file
#define LIF_LAYOUTS_MAX 256u
#define LIF_ITEMS_MAX   65536u // nodes, edges, or stations, of all lay-outs
#define LIF_TYPES_MAX   64u    // types of vehicles on a node or an edge

typedef enum __attribute__((packed)) {
    LIF_REQUIRED = 1, // always to be sent
    LIF_CONDITIONAL,  // by agreement
    LIF_OPTIONAL      // as the fleet control likes
} LifRequirement;
typedef struct {
    Str type, description;
    LifRequirement requirement;
    VdaBlocking blocking; // NONE, SOFT, HARD
    VdaParameters parameters;
} LifAction;
typedef VDA_LIST(LifAction) LifActions;

typedef struct {
    double x, y;
} LifPoint;
typedef struct {
    Str vehicle_type;
    VdaNum theta;
    LifActions actions;
} LifNodeProperty;
typedef struct {
    Str id, name, description, map_id;
    LifPoint position;
    VDA_LIST(LifNodeProperty) properties; // one a type of vehicle that may come here; at least one
} LifNode;

typedef struct {
    bool unloaded, loaded;
    VDA_LIST(Str) load_sets;
} LifLoadRestriction;
typedef struct {
    Str vehicle_type;
    VdaNum orientation;   // of the vehicle on the edge
    Str orientation_type; // GLOBAL, TANGENTIAL; absent: TANGENTIAL
    bool rotation_allowed;
    Str rotation_at_start, rotation_at_end; // NONE, CCW, CW, BOTH; absent: BOTH
    VdaNum max_speed, max_rotation_speed;   // absent: no limit
    VdaNum min_height, max_height;          // of the load handling device; of the vehicle with its load
    LifLoadRestriction *load;               // absent: laden or not
    LifActions actions;
    VdaTrajectory *trajectory; // a curve (NURBS) instead of the straight line
    VdaFlag reentry_allowed;   // absent: yes
} LifEdgeProperty;
typedef struct {
    Str id, name, description;
    Str start_id, end_id; // the end may be a node of another lay-out
    VDA_LIST(LifEdgeProperty) properties;
} LifEdge;

typedef struct {
    double x, y;
    VdaNum theta;
} LifStationPosition;
typedef struct {
    Str id;
    VDA_LIST(Str) nodes; // where it is served from; at least one
    Str name, description;
    VdaValue height; // above 0, metres
    LifStationPosition *position;
} LifStation;

typedef struct {
    Str id, name, version, level_id, description;
    VDA_LIST(LifNode) nodes;
    VDA_LIST(LifEdge) edges;
    VDA_LIST(LifStation) stations;
} LifLayout;
typedef struct {
    Str project, creator;
    int64_t exported_ms;
    Str version; // LIF_VERSION
} LifMeta;
typedef struct {
    LifMeta meta;
    VDA_LIST(LifLayout) layouts; // at least one
} Lif;

// Texts are borrowed from `json` or live in `a`, as lists do; both must outlive `ret`. `ret` is untouched unless OK.
// ERR_PARSE: no JSON; ERR_INVALID: against the format, also where ids are there twice or lead nowhere; ERR_LIMIT: too
// long, or the arena is full. Always with problems, each with its place and its cure.
Err lif_decode(Str json, Arena *a, Lif *ret, VdaProblems *ret_problems) MUST_USE;
void lif_encode(Buf *b, const Lif *lif);

// Our lay-outs of roads (route_map.h) as VDMA LIF and back (docs/fleet.md, "Lay-outs of others"). Pure. What LIF has no
// member for stands in its descriptions as "cuakhau: key=value; key=value"; in values the bytes % ; = , and those below
// a space are written %XX. What LIF itself says wins over our text. Descriptions without "cuakhau: " are others' and
// say nothing to us.
#pragma once
#include "route/route_map.h"
#include "wire/wire_lif.h"

typedef struct {
    Str vehicle_type;
    int64_t exported_ms;
} LifExport;
// `m` is `d` compiled. ERR_LIMIT: the arena is full.
Err app_lif_export(const MapDoc *d, const RouteMap *m, const LifExport *o, Arena *a, Lif *ret) MUST_USE;

// What a lay-out of ours cannot hold; counted, for a person to read.
#define LIF_NOTE_TABLE(X)                                                                                              \
    X(LIF_NOTE_OTHER_TYPE, "nodes or edges are for other types of vehicles: left out (--vehicle-type)")                \
    X(LIF_NOTE_LEAVES, "edges lead to nodes that are not taken over: left out")                                        \
    X(LIF_NOTE_LOAD, "edges are for laden or for empty vehicles only: any may use them here")                          \
    X(LIF_NOTE_HEIGHT, "edges limit the height: see that no vehicle with its box is higher")                           \
    X(LIF_NOTE_BACKWARDS, "edges are to be driven backwards: here all are driven forwards")                            \
    X(LIF_NOTE_ANYHOW, "edges do not say how the vehicle stands on them: forwards is taken")                           \
    X(LIF_NOTE_TURNS, "edges let the vehicle turn while it drives: keep that within the margin")                       \
    X(LIF_NOTE_ACTIONS, "nodes or edges require actions other than pick, drop and charging: none is sent")             \
    X(LIF_NOTE_MAP, "nodes are on another map than the first one: orders name the first one's")                        \
    X(LIF_NOTE_REENTRY, "edges must not be joined under automatic control: keep vehicles from starting there")
typedef enum {
#define X(sym, text) sym,
    LIF_NOTE_TABLE(X)
#undef X
        LIF_NOTE_COUNT
} LifNote;
extern const char *const lif_note_text[LIF_NOTE_COUNT];

#define LIF_CURVE_SHARE 0.5 // of the margin: a curve that leaves the straight line by more is refused
typedef struct {
    Str layout, vehicle_type;                // empty: the first
    Str id, road;                            // empty: as the file says
    uint32_t length_mm, width_mm, margin_mm; // of the vehicle; 0: as the file says, or the usual
} LifImport;
typedef struct {
    Str layout, vehicle_type; // which were taken
    uint32_t layouts;         // in the file
    uint32_t notes[LIF_NOTE_COUNT];
} LifImported;
// Texts are borrowed from `lif` and what it borrows from, or live in `a`. ERR_INVALID with problems, ERR_LIMIT. Whether
// the roads are sound is route_map_new's question.
Err app_lif_import(const Lif *lif, const LifImport *o, Arena *a, MapDoc *ret, LifImported *ret_imported,
                   VdaProblems *ret_problems) MUST_USE;

// Grids and scenarios in the formats of movingai.com (Sturtevant 2012; Stern et al. 2019): "type octile" maps, of which
// '.', 'G' and 'S' may be entered, and scenarios of version 1. Moves go to the four neighbours.
#pragma once
#include "route.h"

#define ROUTE_SIDE_MAX 4096u // cells of a side
typedef struct {
    uint32_t width, height;
    uint32_t open_n;           // cells that may be entered
    uint8_t *open;             // by node: it may be entered
    RouteGraph graph;          // node y * width + x, those of obstacles without edges
    uint32_t *out_begin, *out; // owned, those of `graph`
} RouteGrid;
typedef struct {
    uint32_t line;  // 0: of no line
    char what[200]; // field, what is wrong, cure
} RouteFault;

// ERR_PARSE with ret_fault set.
Err route_grid_parse(Str text, RouteGrid *ret, RouteFault *ret_fault) MUST_USE;
void route_grid_deinit(RouteGrid *g);
// The first `agents` lines as nodes. ERR_PARSE, ERR_INVALID (not on this map, on an obstacle, twice) or ERR_LIMIT
// (fewer lines than agents) with ret_fault set.
Err route_scenario_parse(Str text, const RouteGrid *g, uint32_t agents, uint32_t *ret_starts, uint32_t *ret_goals,
                         RouteFault *ret_fault) MUST_USE;

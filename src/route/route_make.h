// Instances made by seed, for benchmarks and tests: grids with random obstacles, and the roads of two yards.
#pragma once
#include "route_grid.h"

// A grid of obstacles with `percent` of its cells, and agents on its largest part that hangs together, each with a
// start and a goal of its own. ERR_LIMIT: there is no room for so many.
Err route_make_grid(uint64_t seed, uint32_t width, uint32_t height, uint32_t percent, uint32_t agents, RouteGrid *ret,
                    uint32_t *ret_starts, uint32_t *ret_goals) MUST_USE;

// Two yards of aisles with bays, one-way and in turn from left to right and back, between pairs of one-way roads; here
// and there a short cut for both directions; two lanes each way join the yards. Nodes nearer than a vehicle is long
// exclude each other.
typedef struct {
    RouteGraph graph;
    float *x, *y;  // by node, metres
    uint32_t *bay; // nodes
    uint32_t bays;
    uint32_t *out_begin, *out, *conf_begin, *conf; // owned, those of `graph`
} RouteRoads;
Err route_make_roads(uint32_t aisles, uint32_t bays_an_aisle, RouteRoads *ret) MUST_USE;
void route_roads_deinit(RouteRoads *r);

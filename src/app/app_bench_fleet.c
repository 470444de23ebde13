// The fleet control with N vehicles (200) carrying boxes as fast as it can for half an hour of virtual time: CPU time
// of a cycle (assignment, ways, ground, orders). Value: cycles a second at the 99th percentile; baseline: the bound,
// 100 ms up to 200 vehicles, 500 ms beyond.
#include "app_bench.h"
#include "twin/twin_fleet.h"

int bench_fleet(const BenchOpts *o, Bench *ret) {
    uint32_t n = (uint32_t)(o->n ? MIN(o->n, FLEET_VEHICLES_MAX) : 200);
    Arena a;
    MapPlan p = map_plan_usual;
    MapDoc *d;
    RouteMap *m;
    MapProblems ps;
    const char *why;
    p.lanes = 4, p.cranes = MIN(n / 6 + 4, 60u), p.parks = MIN(n * 7 / 10 + 8, 400u), p.chargers = p.parks / 3;
    *ret = (Bench){
        .name = "fleet", .unit = "cycles/s at p99", .baseline = "the bound: 100 ms, 500 ms beyond 200 vehicles"};
    arena_init(&a, 64u << 20);
    if (route_map_make(&p, STR("bench"), STR("hn"), &a, &d, &why) || route_map_new(d, &m, &ps)) return 1;
    FleetWorldStats s = {0};
    for (; ret->runs < o->runs; ret->runs++) {
        FleetWorldConfig c = {.seed = (uint64_t)ret->runs + 1,
                              .vehicles = n,
                              .start_ms = 1794762000000,
                              .crossings_h = n * 3.0,
                              .params = fleet_params_usual,
                              .check_s = 1};
        FleetWorld *w = fleet_world_new(m, &c);
        fleet_world_clock(w, bench_cpu);
        fleet_world_run(w, c.start_ms + 30 * MINUTE_MS);
        fleet_world_stats(w, &s);
        ret->value[ret->runs] = 1e3 / s.cycle_ms_p99, ret->base[ret->runs] = n > 200 ? 2 : 10;
        fleet_world_free(w);
    }
    snprintf(ret->extra, sizeof ret->extra,
             ",\"vehicles\":%u,\"cycle_ms_mean\":%.3f,\"cycle_ms_p99\":%.3f,\"cycle_ms_max\":%.3f,\"done\":%llu,"
             "\"collisions\":%llu",
             n, s.cycle_ms_mean, s.cycle_ms_p99, s.cycle_ms_max, (unsigned long long)s.done,
             (unsigned long long)s.collisions);
    route_map_free(m);
    arena_deinit(&a);
    return s.collisions ? 1 : 0;
}

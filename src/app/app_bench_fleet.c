// The fleet control with N vehicles (200) carrying boxes as fast as it can for half an hour of virtual time: CPU time
// of a cycle (assignment, ways, ground, orders). Value: cycles a second at the 99th percentile; baseline: the bound,
// 100 ms up to 200 vehicles, 500 ms beyond.
#include "app_bench.h"
#include "twin/twin_fleet.h"
#include "wire/wire_json.h"

static RouteMap *bench_map(uint32_t n, Arena *a) {
    MapPlan p = map_plan_usual;
    MapDoc *d;
    RouteMap *m;
    MapProblems ps;
    const char *why;
    p.lanes = 4, p.cranes = MIN(n / 6 + 4, 60u), p.parks = MIN(n * 7 / 10 + 8, 400u), p.chargers = p.parks / 3;
    arena_init(a, 64u << 20);
    return route_map_make(&p, STR("bench"), STR("hn"), a, &d, &why) || route_map_new(d, &m, &ps) ? NULL : m;
}
int bench_fleet(const BenchOpts *o, Bench *ret) {
    uint32_t n = (uint32_t)(o->n ? MIN(o->n, FLEET_VEHICLES_MAX) : 200);
    Arena a;
    RouteMap *m = bench_map(n, &a);
    *ret = (Bench){
        .name = "fleet", .unit = "cycles/s at p99", .baseline = "the bound: 100 ms, 500 ms beyond 200 vehicles"};
    if (!m) return 1;
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

// The messages of N vehicles (500) at work, a state a second each: read, checked, understood, the control's cycle, its
// orders written. Value: how many times faster than the vehicles talk one core does that (5 is 20 % of it); baseline:
// the bare parse of the same texts.
typedef struct {
    Arena a;
    double s;
    uint64_t n, bytes;
} Parse;
static void parse_only(void *ctx, VdaTopic topic, Str text) {
    Parse *p = ctx;
    Json *json;
    Str what;
    (void)topic;
    arena_reset(&p->a);
    double start = bench_cpu();
    CK_ASSERT(wire_parse_json(text, VDA_DEPTH_MAX, &p->a, &json, &what) == OK);
    p->s += bench_cpu() - start;
    p->n++, p->bytes += text.n;
}
int bench_fleet_messages(const BenchOpts *o, Bench *ret) {
    uint32_t n = (uint32_t)(o->n ? MIN(o->n, FLEET_VEHICLES_MAX) : 500), warm = 180, measured = 60;
    Arena a;
    RouteMap *m = bench_map(n, &a);
    *ret = (Bench){
        .name = "fleet-messages", .unit = "x as fast as they talk, one core", .baseline = "wire_parse_json of them"};
    if (!m) return 1;
    Parse p = {0};
    double messages = 0, cycles = 0;
    arena_init(&p.a, 4u << 20);
    for (; ret->runs < o->runs; ret->runs++) {
        FleetWorldConfig c = {.seed = (uint64_t)ret->runs + 1,
                              .vehicles = n,
                              .start_ms = 1794762000000,
                              .crossings_h = n * 20.0, // all are at work soon
                              .params = fleet_params_usual,
                              .faults = {.delay_min_ms = 5, .delay_max_ms = 50},
                              .state_ms = 1000};
        FleetWorld *w = fleet_world_new(m, &c);
        FleetWorldStats before, after;
        fleet_world_run(w, c.start_ms + warm * SECOND_MS);
        fleet_world_clock(w, bench_cpu), fleet_world_tap(w, parse_only, &p);
        fleet_world_stats(w, &before);
        p.s = 0, p.n = p.bytes = 0;
        fleet_world_run(w, c.start_ms + (warm + measured) * SECOND_MS);
        fleet_world_stats(w, &after);
        messages = after.messages_s - before.messages_s, cycles = after.cycle_ms_mean * measured / 1e3;
        ret->value[ret->runs] = measured / (messages + cycles), ret->base[ret->runs] = measured / p.s;
        fleet_world_free(w);
    }
    snprintf(ret->extra, sizeof ret->extra,
             ",\"vehicles\":%u,\"messages_per_s\":%.0f,\"bytes_mean\":%.0f,\"core_pct\":%.2f,\"of_it_cycles_pct\":%.2f,"
             "\"us_per_message\":%.1f",
             n, (double)p.n / measured, p.n ? (double)p.bytes / (double)p.n : 0, (messages + cycles) / measured * 100,
             cycles / measured * 100, p.n ? messages * 1e6 / (double)p.n : 0);
    route_map_free(m);
    arena_deinit(&a), arena_deinit(&p.a);
    return 0;
}

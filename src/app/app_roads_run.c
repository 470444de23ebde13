// cuakhau roads run: hours of the fleet control on a lay-out with virtual vehicles; what it moved, who waited for what,
// and whether two bodies ever met.
#include "app_roads.h"
#include "io/io_clock.h"
#include "twin/twin_fleet.h"
#include <unistd.h>

#define START_MS 1794762000000
typedef struct {
    uint32_t vehicles, hours, crossings_h;
    uint64_t seed;
    bool faults, json;
} Run;
static double steady_s(void) {
    return (double)io_mono_us() / 1e6;
}
static void say_json(const Run *r, const FleetWorldStats *w, const FleetStats *f, bool good) {
    printf(
        "{\"vehicles\":%u,\"hours\":%u,\"crossings_h\":%u,\"seed\":%llu,\"asked\":%llu,\"done\":%llu,\"withdrawn\":%"
        "llu,"
        "\"waiting\":%u,\"under_way\":%u,\"collisions\":%llu,\"looks\":%llu,\"stuck\":%s,\"wait_s_mean\":%.0f,"
        "\"wait_s_p95\":%.0f,\"wait_s_max\":%.0f,\"cycle_s_mean\":%.0f,\"moves\":%llu,\"km\":%.1f,\"laden_share\":%.3f,"
        "\"kwh\":%.0f,\"orders\":%llu,\"resends\":%llu,\"cancels\":%llu,\"faults\":%llu,\"control_ms_mean\":%.3f,"
        "\"control_ms_p99\":%.3f,\"control_ms_max\":%.3f,\"wait_cause_s\":{",
        r->vehicles, r->hours, r->crossings_h, (unsigned long long)r->seed, (unsigned long long)w->asked,
        (unsigned long long)w->done, (unsigned long long)w->withdrawn, f->jobs_waiting, f->jobs_under_way,
        (unsigned long long)w->collisions, (unsigned long long)w->looks, good ? "false" : "true", w->wait_s_mean,
        w->wait_s_p95, w->wait_s_max, f->cycle_s_mean, (unsigned long long)f->moves, f->driven_m / 1e3,
        f->driven_m > 0 ? f->laden_m / f->driven_m : 0, w->kwh, (unsigned long long)w->orders,
        (unsigned long long)f->resends, (unsigned long long)f->cancels, (unsigned long long)w->faults, w->cycle_ms_mean,
        w->cycle_ms_p99, w->cycle_ms_max);
    for (uint32_t i = 0, n = 0; i < TRAFFIC_COUNT; i++)
        if (f->wait_cause_s[i] > 0)
            printf("%s\"%s\":%.0f", n++ ? "," : "", TrafficAnswer_names.names[i], f->wait_cause_s[i]);
    puts("}}");
}
static void say(const Run *r, const FleetWorldStats *w, const FleetStats *f, bool good) {
    double hours = r->hours;
    printf("%u vehicles, %u h at %u crossings an hour, seed %llu%s\n", r->vehicles, r->hours, r->crossings_h,
           (unsigned long long)r->seed, r->faults ? ", with faults" : "");
    printf("  boxes       %llu asked, %llu carried (%.1f an hour), %u waiting, %u under way; %s\n",
           (unsigned long long)w->asked, (unsigned long long)w->done, (double)w->done / hours, f->jobs_waiting,
           f->jobs_under_way, good ? "nobody is stuck" : "THEY STAND");
    printf("  waits       asked to carried: mean %.1f min, P95 %.1f, longest %.1f; given to carried: mean %.1f\n",
           w->wait_s_mean / 60, w->wait_s_p95 / 60, w->wait_s_max / 60, f->cycle_s_mean / 60);
    printf("  driven      %.0f km, %.0f %% of it laden; %.0f kWh; %.1f lifts an hour\n", f->driven_m / 1e3,
           f->driven_m > 0 ? 100 * f->laden_m / f->driven_m : 0, w->kwh, (double)f->moves / hours);
    printf("  stood for   ");
    for (uint32_t i = 0; i < TRAFFIC_COUNT; i++)
        if (f->wait_cause_s[i] > 0) printf("%s %.1f h  ", TrafficAnswer_names.names[i], f->wait_cause_s[i] / 3600);
    printf("\n  control     a cycle %.2f ms, P99 %.2f, longest %.2f; %llu orders, %llu sent again, %llu cancelled\n",
           w->cycle_ms_mean, w->cycle_ms_p99, w->cycle_ms_max, (unsigned long long)w->orders,
           (unsigned long long)f->resends, (unsigned long long)f->cancels);
    printf("  bodies      %llu looks, %llu met", (unsigned long long)w->looks, (unsigned long long)w->collisions);
    if (w->collisions)
        printf(", first %u and %u after %.0f s", w->first_a + 1, w->first_b + 1,
               (double)(w->first_ms - START_MS) / 1e3);
    puts("");
}
static int run(const RouteMap *m, const Run *r) {
    uint32_t places = 0;
    for (uint32_t i = 0; i < m->nodes; i++) places += m->node[i].spot != SPOT_NONE;
    if (r->vehicles >= places) {
        fprintf(stderr, "cuakhau: --vehicles %u: the lay-out has %u places; some must stay free\n", r->vehicles,
                places);
        return 2;
    }
    FleetWorldConfig c = {.seed = r->seed,
                          .vehicles = r->vehicles,
                          .start_ms = START_MS,
                          .crossings_h = r->crossings_h,
                          .params = fleet_params_usual,
                          .mixed = true,
                          .check_s = 1};
    c.params.power_cap_kw = 60 * r->vehicles; // what they use when all drive
    if (r->faults) c.faults = fleet_faults_usual;
    FleetWorld *w = fleet_world_new(m, &c);
    fleet_world_clock(w, steady_s);
    for (uint32_t h = 1; h <= r->hours; h++) {
        fleet_world_run(w, START_MS + h * HOUR_MS);
        if (isatty(2)) fprintf(stderr, "\r%u of %u h", h, r->hours);
    }
    FleetWorldStats ws;
    FleetStats fs;
    fleet_world_stats(w, &ws);
    fleet_stats(fleet_world_fleet(w), fleet_world_now(w), &fs);
    bool good = !ws.collisions && fleet_world_now(w) - fs.moved_ms < 10 * MINUTE_MS;
    if (isatty(2)) fputs("\r", stderr);
    if (r->json)
        say_json(r, &ws, &fs, good);
    else
        say(r, &ws, &fs, good);
    fleet_world_free(w);
    return good ? 0 : 1;
}
int app_roads_run(int argc, char **argv) {
    static const char usage[] =
        "roads run FILE --vehicles N --crossings-h N [--hours H] [--seed S] [--faults] [--json]";
    const char *vehicles = NULL, *crossings = NULL, *hours = NULL, *seed = NULL, *faults = NULL, *json = NULL;
    const AppOption options[] = {{"vehicles", &vehicles, false}, {"crossings-h", &crossings, false},
                                 {"hours", &hours, false},       {"seed", &seed, false},
                                 {"faults", &faults, true},      {"json", &json, true}};
    AppArgs rest;
    uint64_t v = 0, x = 0, h = 24, s = 1;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    bool good = rest.n == 1 && vehicles && app_number(vehicles, FLEET_VEHICLES_MAX, &v) && v > 0 && crossings &&
                app_number(crossings, 2000, &x) && x > 0 && (!hours || (app_number(hours, 10000, &h) && h > 0)) &&
                (!seed || app_number(seed, UINT32_MAX, &s));
    if (!good) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    Arena a;
    RouteMap *m;
    arena_init(&a, 256u << 20);
    int status = app_roads_open(rest.arg[0], &a, NULL, &m);
    if (!status) {
        Run r = {(uint32_t)v, (uint32_t)h, (uint32_t)x, s, faults != NULL, json != NULL};
        status = run(m, &r);
        route_map_free(m);
    }
    arena_deinit(&a);
    return status;
}

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
// Where vehicles stood without road: by zone, and the nodes where most.
#define WORST 6u
typedef struct {
    double zone_s[MAP_ZONES_MAX], worst_s[WORST];
    uint32_t worst[WORST], n;
} Stood;
static Stood where_they_stood(const RouteMap *m, const Fleet *f) {
    Stood r = {0};
    for (uint32_t i = 0; i < m->nodes; i++) {
        double s = fleet_stood_s(f, i);
        uint32_t at = r.n;
        r.zone_s[m->node[i].zone] += s;
        if (s < 1 || (at == WORST && s <= r.worst_s[WORST - 1])) continue;
        if (r.n < WORST) r.n++;
        for (at = r.n - 1; at && r.worst_s[at - 1] < s; at--)
            r.worst[at] = r.worst[at - 1], r.worst_s[at] = r.worst_s[at - 1];
        r.worst[at] = i, r.worst_s[at] = s;
    }
    return r;
}
static void say_stood_json(const RouteMap *m, const Stood *x) {
    fputs("},\"stood_s\":{", stdout);
    for (uint32_t i = 0; i < m->zones; i++)
        printf("%s\"" STR_F "\":%.0f", i ? "," : "", STR_A(m->zone[i].id), x->zone_s[i]);
    fputs("},\"stood_most_s\":{", stdout);
    for (uint32_t i = 0; i < x->n; i++)
        printf("%s\"" STR_F "\":%.0f", i ? "," : "", STR_A(m->node[x->worst[i]].id), x->worst_s[i]);
}
static void say_json(const Run *r, const RouteMap *m, const FleetWorldStats *w, const FleetStats *f, const Stood *x,
                     bool good) {
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
    say_stood_json(m, x);
    fputs("},\"vehicle_s\":{", stdout);
    for (uint32_t i = 0, n = 0; i < FLEET_STATUS_COUNT; i++)
        if (f->status_s[i] > 0) printf("%s\"%s\":%.0f", n++ ? "," : "", FleetStatus_names.names[i], f->status_s[i]);
    double done = (double)MAX(f->done, 1u);
    printf("},\"battery_pct_min\":%.1f,\"reefer_off_s_max\":%.0f,\"box\":{\"empty_km\":%.2f,\"laden_km\":%.2f,\"kwh\":%"
           ".2f,\"min\":%.1f}}\n",
           f->battery_pct_min, f->reefer_off_s_max, f->trips.empty_m / 1e3 / done, f->trips.laden_m / 1e3 / done,
           f->trips.kwh / done, f->trips.seconds / 60 / done);
}
static void say_where(const RouteMap *m, const FleetStats *f, const Stood *x) {
    double all = 0;
    for (uint32_t i = 0; i < FLEET_STATUS_COUNT; i++) all += f->status_s[i];
    fputs("\n  stood in    ", stdout);
    for (uint32_t i = 0; i < m->zones; i++)
        if (x->zone_s[i] >= 180) printf(STR_F " %.1f h  ", STR_A(m->zone[i].id), x->zone_s[i] / 3600);
    fputs("\n  stood most  ", stdout);
    for (uint32_t i = 0; i < x->n; i++)
        if (x->worst_s[i] >= 180) printf(STR_F " %.1f h  ", STR_A(m->node[x->worst[i]].id), x->worst_s[i] / 3600);
    fputs("\n  vehicles    ", stdout);
    for (uint32_t i = 0; i < FLEET_STATUS_COUNT; i++)
        if (f->status_s[i] > 0) printf("%s %.1f %%  ", FleetStatus_names.names[i], 100 * f->status_s[i] / all);
    double done = (double)MAX(f->done, 1u);
    printf("\n  a box       %.1f km empty, %.1f km laden, %.1f kWh on its vehicle", f->trips.empty_m / 1e3 / done,
           f->trips.laden_m / 1e3 / done, f->trips.kwh / done);
}
static void say(const Run *r, const RouteMap *m, const FleetWorldStats *w, const FleetStats *f, const Stood *x,
                bool good) {
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
    say_where(m, f, x);
    printf("\n  control     a cycle %.2f ms, P99 %.2f, longest %.2f; %llu orders, %llu sent again, %llu cancelled\n",
           w->cycle_ms_mean, w->cycle_ms_p99, w->cycle_ms_max, (unsigned long long)w->orders,
           (unsigned long long)f->resends, (unsigned long long)f->cancels);
    printf("  power       lowest battery %.0f %%; a reefer without power for %.0f min at most\n", f->battery_pct_min,
           f->reefer_off_s_max / 60);
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
    Stood stood = where_they_stood(m, fleet_world_fleet(w));
    if (r->json)
        say_json(r, m, &ws, &fs, &stood, good);
    else
        say(r, m, &ws, &fs, &stood, good);
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

#include "app_bench.h"
#include <time.h>

double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
double bench_cpu(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}
Err bench_site(const BenchOpts *o, Arena *a, Str *ret_bundle) {
    Str what = STR_EMPTY;
    char dir[4096], tariff[4096];
    if (!app_data_path("sites/huu-nghi/site.json", dir, sizeof dir) ||
        !app_data_path("sites/demo/tariff.json", tariff, sizeof tariff))
        return ERR_NOT_FOUND;
    *strrchr(dir, '/') = 0;
    Err e = app_site_bundle(o->site ? o->site : dir, NULL, o->tariff ? o->tariff : tariff, a, ret_bundle, &what);
    if (e) fprintf(stderr, "cuakhau: " STR_F "\n", STR_A(what));
    return e;
}
static int by_size(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return a < b ? -1 : a > b;
}
static double median(const double *v, int n) {
    double sorted[BENCH_RUNS_MAX];
    memcpy(sorted, v, (size_t)n * sizeof *v);
    qsort(sorted, (size_t)n, sizeof *sorted, by_size);
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
static void print(const Bench *b, bool json) {
    double ratio[BENCH_RUNS_MAX];
    for (int i = 0; i < b->runs; i++) ratio[i] = b->value[i] / b->base[i];
    double v = median(b->value, b->runs), base = median(b->base, b->runs), r = median(ratio, b->runs);
    if (json)
        printf("{\"name\":\"%s\",\"unit\":\"%s\",\"value\":%.3f,\"baseline\":\"%s\",\"baseline_value\":%.3f,\"ratio\":%"
               ".4f,\"runs\":%d%s}\n",
               b->name, b->unit, v, b->baseline, base, r, b->runs, b->extra);
    else
        printf("%-8s %12.2f %s; baseline (%s) %.2f; ratio %.3f; median of %d runs%s\n", b->name, v, b->unit,
               b->baseline, base, r, b->runs, b->extra);
}
int app_bench(int argc, char **argv) {
    static const struct {
        const char *name;
        int (*run)(const BenchOpts *o, Bench *ret);
        int runs;
    } benches[] = {{"kernel", bench_kernel, 7},
                   {"store", bench_store, 5},
                   {"http", bench_http, 3},
                   {"memory", bench_memory, 1},
                   {"start", bench_start, 3},
                   {"des", bench_des, 5},
                   {"hold", bench_hold, 5},
                   {"twin", bench_twin, 3},
                   {"vda", bench_vda, 5},
                   {"vehicle", bench_vehicle, 3},
                   {"route", bench_route, 5},
                   {"route-window", bench_route_window, 3},
                   {"fleet", bench_fleet, 1},
                   {"fleet-messages", bench_fleet_messages, 3},
                   {"link", bench_link, 3},
                   {"link-latency", bench_link_latency, 1},
                   {"link-backlog", bench_link_backlog, 1},
                   {"tree", bench_tree, 5}};
    static const char usage[] =
        "bench kernel|store|http|memory|start|des|hold|twin|route|route-window|vda|vehicle|fleet|fleet-messages|"
        "link|link-latency|link-backlog|tree "
        "[--json] [--runs N] "
        "[--n SIZE] "
        "[--dir DIR] [--site DIR]";
    const char *json = NULL, *runs = NULL, *n = NULL, *dir = NULL, *site = NULL;
    const AppOption options[] = {
        {"json", &json, true}, {"runs", &runs, false}, {"n", &n, false}, {"dir", &dir, false}, {"site", &site, false}};
    AppArgs rest;
    uint64_t count = 0, size = 0;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    bool good = rest.n == 1 && (!runs || (app_number(runs, BENCH_RUNS_MAX, &count) && count)) &&
                (!n || app_number(n, 1u << 30, &size));
    for (size_t i = 0; good && i < ARRAY_LEN(benches); i++) {
        if (strcmp(rest.arg[0], benches[i].name) != 0) continue;
        BenchOpts o = {.site = site, .dir = dir ? dir : ".", .runs = count ? (int)count : benches[i].runs, .n = size};
        Bench *b = calloc(1, sizeof *b);
        CK_ASSERT(b != NULL);
        int status = benches[i].run(&o, b);
        if (b->runs) print(b, json != NULL);
        free(b);
        return status;
    }
    fprintf(stderr, "usage: cuakhau %s\n", usage);
    return 2;
}

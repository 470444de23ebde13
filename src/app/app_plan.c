// cuakhau plan: the cheapest lay-out for a target, with its proof; phases side by side.
#include "app_plan.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include <signal.h>
#include <unistd.h>

static volatile int stop_asked;
static void on_signal(int sig) {
    (void)sig;
    stop_asked = 1;
}
volatile int *plan_stop(void) {
    signal(SIGINT, on_signal), signal(SIGTERM, on_signal);
    return &stop_asked;
}
static void say(void *ctx, const char *what) {
    (void)ctx;
    fprintf(stderr, "\r\033[K%s", what);
}
bool plan_parse_wait(const char *text, double *ret) {
    char *end;
    double v = strtod(text, &end);
    if (end == text || !(v > 0) || v > 1e5) return false;
    if (strcmp(end, "s") == 0)
        v /= 60;
    else if (strcmp(end, "h") == 0)
        v *= 60;
    else if (*end && strcmp(end, "min") != 0 && strcmp(end, "m") != 0)
        return false;
    *ret = v;
    return true;
}
static int find_road(const AppTwin *t, const char *name, uint8_t *ret) {
    *ret = 0;
    if (name) *ret = site_find(t->site, DYN_ROAD, str_c(name));
    if (*ret != DYN_NONE) return 0;
    fprintf(stderr, "cuakhau: --road %s: the site's roads are", name);
    for (uint32_t r = 0; r < t->site->roads; r++) fprintf(stderr, " " STR_F, STR_A(t->site->road[r].id));
    fputs("\n", stderr);
    return 2;
}
static int write_out(const PlanResult *r, bool json, const char *report) {
    Buf b;
    buf_init(&b, 64u << 20);
    if (json) {
        plan_json(r, &b);
        printf(STR_F "\n", STR_A(buf_view(&b)));
    } else {
        plan_text(r, stdout);
    }
    int status = r->a->found ? 0 : 1;
    buf_clear(&b);
    if (report) {
        plan_html(r, &b);
        Err e = b.overflow ? ERR_LIMIT : io_file_write(report, buf_view(&b));
        if (e) status = app_fail(e, "%s", report);
    }
    buf_deinit(&b);
    return status;
}
static int search(const PlanOptions *o, AppTwin *t, PlanGoal *g) {
    PlanAnswer *a = calloc(1, sizeof *a);
    CK_ASSERT(a != NULL);
    Str what = STR_EMPTY;
    bool shows = isatty(2);
    if (shows) g->say = say;
    g->stop = plan_stop();
    int64_t start = io_mono_us();
    Err e = plan_search(g, a, &t->arena, &what);
    if (shows) fputs("\r\033[K", stderr);
    int status;
    if (e) {
        status = app_fail(e, STR_F, STR_A(what));
    } else {
        PlanResult r = {.t = t, .g = g, .a = a, .seconds = (double)(io_mono_us() - start) / 1e6};
        snprintf(r.command, sizeof r.command,
                 "cuakhau plan --site sites/" STR_F " --phase " STR_F " --road " STR_F
                 " --target %u --p95-wait-max %gmin --days %u --seed %llu",
                 STR_A(t->site->doc->id), STR_A(t->site->doc->phase), STR_A(t->site->road[g->road].id), g->target,
                 g->wait_max_min, g->c.days, (unsigned long long)g->c.seed);
        status = write_out(&r, o->json, o->report);
    }
    free(a);
    return status;
}
static const char usage[] =
    "plan [--site DIR] [--phase P] --target VEHICLES-A-DAY [--p95-wait-max 30min] [--road R] [--days N] [--seed S] "
    "[--replications MOST] [--threads N] [--tariff FILE] [--report FILE.html] "
    "[--json]\n"
    "       cuakhau plan --compare [--site DIR] [--phases P,Q,...] [--p95-wait-max 30min] [--days N] [--seed S] "
    "[--replications N] [--report "
    "FILE.html] [--json]\n"
    "       cuakhau plan --from JOURNAL [--hours N] [--with STATION[:ROAD]=N,...] ...   the next hours from the live "
    "state\n"
    "       cuakhau plan --calibrate JOURNAL [--site DIR] [--hours N] [--seed S] [--report FILE.html] [--json]   "
    "distributions fitted to what the journal saw";
static int target(const PlanOptions *o) {
    uint64_t n = 0, days = 4, seed = 1, most = 32, threads = 0;
    double wait = 30;
    bool good = o->target && app_number(o->target, 50000, &n) && n &&
                (!o->days || (app_number(o->days, 365, &days) && days)) &&
                (!o->seed || app_number(o->seed, INT64_MAX, &seed)) &&
                (!o->replications || (app_number(o->replications, 512, &most) && most >= 8)) &&
                (!o->threads || app_number(o->threads, 64, &threads));
    if (good && o->wait && !plan_parse_wait(o->wait, &wait)) {
        fprintf(stderr, "cuakhau: --p95-wait-max %s: must be a time like 30min, 90s or 1h\n", o->wait);
        return 2;
    }
    if (!good) {
        fprintf(stderr, "usage: cuakhau %s\n  target 1-50000, days 1-365, replications 8-512\n", usage);
        return 2;
    }
    AppTwin t;
    PlanGoal g = {
        .target = (uint32_t)n, .wait_max_min = wait, .first = 6, .most = (uint32_t)most, .threads = (uint32_t)threads};
    int status = app_twin_open(&t, o->site, o->phase, o->tariff);
    if (!status) status = find_road(&t, o->road, &g.road);
    if (!status) {
        g.c = (PlanCase){.doc = t.site->doc,
                         .twin = t.doc,
                         .seed = seed,
                         .start_ms = SIM_START_MS,
                         .days = (uint32_t)days,
                         .warmup_days = 1,
                         .passages_max = SIM_PASSAGES_MAX};
        status = search(o, &t, &g);
    }
    app_twin_close(&t);
    return status;
}
int app_plan(int argc, char **argv) {
    PlanOptions o = {0};
    const char *json = NULL, *compare = NULL;
    const AppOption options[] = {
        {"site", &o.site, false},       {"phase", &o.phase, false},       {"phases", &o.phases, false},
        {"target", &o.target, false},   {"p95-wait-max", &o.wait, false}, {"road", &o.road, false},
        {"days", &o.days, false},       {"seed", &o.seed, false},         {"replications", &o.replications, false},
        {"threads", &o.threads, false}, {"tariff", &o.tariff, false},     {"report", &o.report, false},
        {"json", &json, true},          {"compare", &compare, true},      {"from", &o.from, false},
        {"hours", &o.hours, false},     {"with", &o.with, false},         {"calibrate", &o.calibrate, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    o.json = json != NULL;
    int ways = (compare != NULL) + (o.from != NULL) + (o.calibrate != NULL) + (o.target != NULL);
    if (rest.n || ways != 1) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    return compare ? plan_compare(&o) : o.from ? plan_forecast_app(&o) : o.calibrate ? plan_calibrate(&o) : target(&o);
}

// cuakhau sim: days of the twin by seed, several replications on all cores.
#include "app_sim.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include <unistd.h>

typedef struct {
    const char *site, *phase, *days, *seed, *replications, *warmup, *per_day, *threads, *json, *report, *tariff,
        *journal, *fleet, *unmanned;
} Options;
static void say(void *ctx, uint32_t done, uint32_t n) {
    (void)ctx;
    fprintf(stderr, "\r%u of %u replications%s", done, n, done == n ? "\n" : "");
}
typedef struct {
    const TwinDoc *d;
    TwinLayout *l;
} Volumes;
static bool set_volume(void *ctx, Str name, uint32_t n) { // other volumes than the site's data has
    const Volumes *v = ctx;
    const TwinFlow *f = v->d->flows.items;
    for (uint32_t i = 0; i < v->d->flows.n; i++)
        if (str_eq(f[i].id, name)) {
            v->l->per_day[i] = n;
            return true;
        }
    return false;
}
static int write_out(const SimResult *r, const Options *o) {
    Buf b;
    buf_init(&b, 64u << 20);
    if (o->json) {
        sim_json(r, &b);
        printf(STR_F "\n", STR_A(buf_view(&b)));
    } else {
        sim_text(r, stdout);
    }
    int status = 0;
    if (o->report) {
        buf_clear(&b);
        sim_html(r, &b);
        Err e = b.overflow ? ERR_LIMIT : io_file_write(o->report, buf_view(&b));
        if (e) status = app_fail(e, "%s", o->report);
    }
    buf_deinit(&b);
    return status;
}
static int run(const Options *o, AppTwin *t, PlanCase *c, uint32_t n, uint32_t threads, const char *command) {
    PlanLayout l;
    plan_layout_init(&l);
    if (o->per_day && !app_pairs(o->per_day, 100000, set_volume, &(Volumes){t->doc, &l.twin})) {
        fprintf(stderr,
                "cuakhau: --per-day %s: must be flow=number, separated by commas; flows are those of twin.json\n",
                o->per_day);
        return 2;
    }
    uint64_t percent = 0;
    if (o->unmanned && !app_number(o->unmanned, 100, &percent)) {
        fprintf(stderr, "cuakhau: --unmanned %s: per cent of the traffic of each road and direction, 0 to 100\n",
                o->unmanned);
        return 2;
    }
    if (o->unmanned) app_twin_unmanned(t, (uint32_t)percent, &l.twin);
    int status = o->fleet ? app_twin_fleet(t, o->fleet, &l.twin) : 0;
    if (status) return status;
    PlanOut *outs = calloc(n, sizeof *outs);
    CK_ASSERT(outs != NULL);
    PlanProgress p = {.say = isatty(2) ? say : NULL, .threads = threads};
    int64_t start = io_mono_us();
    uint32_t done = plan_replicate(c, t->site, &l, 0, n, &p, outs);
    SimResult r = {.t = t,
                   .site = t->site,
                   .c = c,
                   .outs = outs,
                   .n = done,
                   .command = command,
                   .seconds = (double)(io_mono_us() - start) / 1e6};
    status = write_out(&r, o);
    free(outs);
    return status;
}
int app_sim(int argc, char **argv) {
    static const char usage[] =
        "sim [--site DIR] [--phase P] [--days N] [--seed S] [--replications N] [--warmup DAYS] "
        "[--per-day FLOW=N,...] [--unmanned PERCENT] [--fleet site|ROAD=N,...] [--threads N] [--tariff FILE] "
        "[--report FILE.html] [--json] | --journal FILE";
    Options o = {0};
    const AppOption options[] = {{"site", &o.site, false},
                                 {"phase", &o.phase, false},
                                 {"days", &o.days, false},
                                 {"seed", &o.seed, false},
                                 {"replications", &o.replications, false},
                                 {"warmup", &o.warmup, false},
                                 {"per-day", &o.per_day, false},
                                 {"threads", &o.threads, false},
                                 {"tariff", &o.tariff, false},
                                 {"report", &o.report, false},
                                 {"journal", &o.journal, false},
                                 {"fleet", &o.fleet, false},
                                 {"unmanned", &o.unmanned, false},
                                 {"json", &o.json, true}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    uint64_t days = 7, seed = 1, n = 8, warmup = 1, threads = 0;
    bool good = rest.n == 0 && (!o.days || (app_number(o.days, 3660, &days) && days)) &&
                (!o.seed || app_number(o.seed, INT64_MAX, &seed)) &&
                (!o.replications || (app_number(o.replications, 10000, &n) && n)) &&
                (!o.warmup || app_number(o.warmup, 365, &warmup)) &&
                (!o.threads || app_number(o.threads, 64, &threads));
    if (!good) {
        fprintf(
            stderr,
            "usage: cuakhau %s\n  days 1-3660, replications 1-10000, warmup 0-365 days, threads 0 (all cores) - 64\n",
            usage);
        return 2;
    }
    if (o.journal) return app_sim_journal(&(SimJournal){o.journal, o.site, o.phase, o.tariff, (uint32_t)days, seed});
    AppTwin t;
    char command[1024];
    int status = app_twin_open(&t, o.site, o.phase, o.tariff);
    snprintf(command, sizeof command,
             "cuakhau sim --site sites/%s --phase %s --days %llu --seed %llu --replications %llu%s%s%s%s",
             status              ? ""
             : t.site->doc->id.p ? arena_cstr(&t.arena, t.site->doc->id)
                                 : "",
             status ? "" : arena_cstr(&t.arena, t.site->doc->phase), (unsigned long long)days, (unsigned long long)seed,
             (unsigned long long)n, o.unmanned ? " --unmanned " : "", o.unmanned ? o.unmanned : "",
             o.fleet ? " --fleet " : "", o.fleet ? o.fleet : "");
    PlanCase c = {.doc = status ? NULL : t.site->doc,
                  .twin = t.doc,
                  .seed = seed,
                  .start_ms = SIM_START_MS,
                  .days = (uint32_t)days,
                  .warmup_days = (uint32_t)warmup,
                  .passages_max = SIM_PASSAGES_MAX};
    if (!status) status = run(&o, &t, &c, (uint32_t)n, (uint32_t)threads, command);
    app_twin_close(&t);
    return status;
}

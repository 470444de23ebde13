// cuakhau plan --compare: the phases of a site side by side, as their data say; with --p95-wait-max also the cheapest
// lay-out of each road in each phase that carries the phase's own vehicles.
#include "app_plan.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "report/report.h"
#include <unistd.h>

#define PHASES_MAX 6
typedef struct {
    AppTwin t;
    PlanCase c;
    PlanOut *outs;
    uint32_t n, stations, lanes[ROADS_MAX], servers;
    PlanGoal goal[ROADS_MAX];
    PlanAnswer *answer[ROADS_MAX]; // NULL: not asked for
    char name[32];
} Phase;
typedef struct {
    Phase phase[PHASES_MAX];
    uint32_t phases;
    const PlanOptions *o;
    double wait_max;
    char command[512];
} Compare;
typedef struct {
    char name[96], cell[PHASES_MAX][48];
} Row;
typedef void RowFn(void *ctx, const Row *row, uint32_t phases);

// ---- the rows: one list for text and HTML
static DesInterval at(const Phase *p, size_t offset) {
    return plan_interval(p->outs, p->n, offset);
}
static void put(char to[48], DesInterval v, int digits) {
    if (isfinite(v.half) && v.half > 0)
        snprintf(to, 48, "%.*f ± %.*f", digits, v.mean, digits, v.half);
    else
        snprintf(to, 48, "%.*f", digits, v.mean);
}
static void figure(const Compare *k, size_t offset, int digits, const char *name, RowFn *fn, void *ctx) {
    Row r = {0};
    snprintf(r.name, sizeof r.name, "%s", name);
    for (uint32_t i = 0; i < k->phases; i++) put(r.cell[i], at(&k->phase[i], offset), digits);
    fn(ctx, &r, k->phases);
}
static uint32_t busiest(const Phase *p) {
    uint32_t best = 0;
    double most = -1;
    for (uint32_t i = 0; i < p->stations; i++) {
        double u = at(p, PLAN_AT(station) + i * sizeof(PlanStation) + offsetof(PlanStation, utilisation)).mean;
        if (u > most) most = u, best = i;
    }
    return best;
}
static void road_rows(const Compare *k, uint8_t road, RowFn *fn, void *ctx) {
    static const struct {
        const char *name;
        size_t at;
        int digits;
    } of[] = {{"vehicles a day", offsetof(PlanFlow, passed), 1},
              {"wait mean, min", offsetof(PlanFlow, wait_mean), 1},
              {"wait P95, min", offsetof(PlanFlow, wait_p95), 1},
              {"wait P99, min", offsetof(PlanFlow, wait_p99), 1},
              {"stay mean, min", offsetof(PlanFlow, stay_mean), 1}};
    char name[96];
    Str id = k->phase[0].t.site->road[road].id;
    Row lanes = {0};
    for (uint32_t i = 0; i < ARRAY_LEN(of); i++) {
        snprintf(name, sizeof name, STR_F ": %s", STR_A(id), of[i].name);
        figure(k, PLAN_AT(road) + road * sizeof(PlanFlow) + of[i].at, of[i].digits, name, fn, ctx);
    }
    snprintf(lanes.name, sizeof lanes.name, STR_F ": lanes", STR_A(id));
    for (uint32_t i = 0; i < k->phases; i++) snprintf(lanes.cell[i], 48, "%u", k->phase[i].lanes[road]);
    fn(ctx, &lanes, k->phases);
}
static void site_rows(const Compare *k, RowFn *fn, void *ctx) {
    static const struct {
        const char *name;
        size_t at;
        int digits;
    } of[] = {{"vehicles a day, all roads", PLAN_AT(all) + offsetof(PlanFlow, passed), 1},
              {"wait P95, min, all roads", PLAN_AT(all) + offsetof(PlanFlow, wait_p95), 1},
              {"turned back a day", PLAN_AT(turned_back), 1},
              {"cost, thousand VND a day", PLAN_AT(cost_day), 0},
              {"CO2 of idling, kg a day", PLAN_AT(co2_idle_kg), 0},
              {"CO2 of moving, kg a day", PLAN_AT(co2_move_kg), 0},
              {"CO2 of unmanned vehicles, kg a day", PLAN_AT(co2_igv_kg), 1},
              {"NOx, kg a day", PLAN_AT(nox_kg), 1}};
    Row r = {.name = "busiest station"};
    for (uint32_t i = 0; i < ARRAY_LEN(of); i++) figure(k, of[i].at, of[i].digits, of[i].name, fn, ctx);
    for (uint32_t i = 0; i < k->phases; i++) {
        const Phase *p = &k->phase[i];
        SimResult s = {.t = &p->t, .site = p->t.site};
        char name[40];
        uint32_t b = busiest(p);
        sim_station_name(&s, b, name, sizeof name);
        snprintf(r.cell[i], 48, "%.30s, %.0f %%", name,
                 at(p, PLAN_AT(station) + b * sizeof(PlanStation) + offsetof(PlanStation, utilisation)).mean * 100);
    }
    fn(ctx, &r, k->phases);
}
static void answer_rows(const Compare *k, uint8_t road, RowFn *fn, void *ctx) { // the cheapest lay-out, by resource
    Str id = k->phase[0].t.site->road[road].id;
    static const char *const names[] = {"P95 wait proved, min", "cost, thousand VND a day", "bottleneck"};
    Row r[3] = {0};
    for (int n = 0; n < 3; n++) snprintf(r[n].name, sizeof r[n].name, STR_F " planned: %s", STR_A(id), names[n]);
    for (uint32_t i = 0; i < k->phases; i++) {
        const PlanAnswer *a = k->phase[i].answer[road];
        if (!a) continue;
        put(r[0].cell[i], a->best.p95, 1);
        if (!a->found) snprintf(r[0].cell[i], 48, "not met: %.1f", a->best.p95.mean);
        snprintf(r[1].cell[i], 48, "%.0f", a->best.cost);
        snprintf(r[2].cell[i], 48, "%s", a->var[a->bottleneck].name);
    }
    for (int n = 0; n < 3; n++) fn(ctx, &r[n], k->phases);
    const PlanAnswer *first = k->phase[0].answer[road];
    for (uint32_t v = 0; first && v < first->vars; v++) {
        Row n = {0};
        snprintf(n.name, sizeof n.name, STR_F " planned: %s", STR_A(id), first->var[v].name);
        for (uint32_t i = 0; i < k->phases; i++) {
            const PlanAnswer *a = k->phase[i].answer[road];
            for (uint32_t w = 0; a && w < a->vars; w++)
                if (strcmp(a->var[w].name, first->var[v].name) == 0)
                    snprintf(n.cell[i], 48, "%u", plan_var_get(&a->var[w], &a->best.layout));
        }
        fn(ctx, &n, k->phases);
    }
}
static void all_rows(const Compare *k, RowFn *fn, void *ctx) {
    site_rows(k, fn, ctx);
    for (uint8_t r = 0; r < k->phase[0].t.site->roads; r++) road_rows(k, r, fn, ctx);
    for (uint8_t r = 0; r < k->phase[0].t.site->roads && k->wait_max > 0; r++) answer_rows(k, r, fn, ctx);
}

// ---- saying it
static void text_row(void *ctx, const Row *r, uint32_t phases) {
    fprintf(ctx, "%-38s", r->name);
    for (uint32_t i = 0; i < phases; i++) { // ± takes two bytes
        int wide = strstr(r->cell[i], "±") ? 27 : 26;
        fprintf(ctx, " %*s", wide, r->cell[i]);
    }
    fprintf(ctx, "\n");
}
static void text(const Compare *k) {
    const Phase *p = &k->phase[0];
    printf(
        STR_F
        ", phases side by side: %u replications of %u days (after 1 to warm up), seed %llu; intervals 95 %%\n\n%-38s",
        STR_A(p->t.site->doc->id), p->n, p->c.days, (unsigned long long)p->c.seed, "");
    for (uint32_t i = 0; i < k->phases; i++) printf(" %26s", k->phase[i].name);
    printf("\n");
    all_rows(k, text_row, stdout);
    printf("\nagain: %s\n", k->command);
}
static void json_row(void *ctx, const Row *r, uint32_t phases) {
    Buf *b = ctx;
    json_open(b, '{'), json_key(b, "what"), json_c(b, r->name), json_key(b, "phases"), json_open(b, '[');
    for (uint32_t i = 0; i < phases; i++) json_c(b, r->cell[i]);
    json_close(b, ']'), json_close(b, '}');
}
static void json(const Compare *k, Buf *b) {
    json_open(b, '{'), json_key(b, "site"), json_str(b, k->phase[0].t.site->doc->id), json_key(b, "phases"),
        json_open(b, '[');
    for (uint32_t i = 0; i < k->phases; i++) json_c(b, k->phase[i].name);
    json_close(b, ']'), json_key(b, "rows"), json_open(b, '[');
    all_rows(k, json_row, b);
    json_close(b, ']'), json_key(b, "command"), json_c(b, k->command), json_close(b, '}');
}
static void html_row(void *ctx, const Row *r, uint32_t phases) {
    const char *cells[PHASES_MAX + 1] = {r->name};
    for (uint32_t i = 0; i < phases; i++) cells[i + 1] = r->cell[i];
    report_row(ctx, cells, phases + 1);
}
static void bars(const Compare *k, size_t member, const char *title, const char *unit, double bound, Buf *b) {
    double y[ROADS_MAX][PHASES_MAX], half[ROADS_MAX][PHASES_MAX];
    char name[ROADS_MAX][48];
    const char *label[PHASES_MAX];
    ReportSeries s[ROADS_MAX];
    uint8_t roads = (uint8_t)k->phase[0].t.site->roads;
    for (uint32_t i = 0; i < k->phases; i++) label[i] = k->phase[i].name;
    for (uint8_t r = 0; r < roads; r++) {
        for (uint32_t i = 0; i < k->phases; i++) {
            DesInterval v = at(&k->phase[i], PLAN_AT(road) + r * sizeof(PlanFlow) + member);
            y[r][i] = v.mean, half[r][i] = v.half;
        }
        snprintf(name[r], sizeof name[r], "road " STR_F, STR_A(k->phase[0].t.site->road[r].id));
        s[r] = (ReportSeries){name[r], y[r], half[r]};
    }
    report_bars(b,
                &(ReportAxes){.title = title,
                              .x_name = "phase",
                              .y_name = unit,
                              .x_label = label,
                              .n = k->phases,
                              .bound = bound,
                              .bound_name = bound > 0 ? "wanted" : NULL},
                s, roads);
}
static void html(const Compare *k, Buf *b) {
    const char *columns[PHASES_MAX + 1] = {""};
    char title[128];
    const Phase *p = &k->phase[0];
    snprintf(title, sizeof title, "Phases side by side: " STR_F, STR_A(p->t.site->doc->id));
    for (uint32_t i = 0; i < k->phases; i++) columns[i + 1] = k->phase[i].name;
    report_begin(b, title);
    report_text(b, "%u replications of %u days each (after 1 to warm up), seed %llu; intervals 95 %%. Made again by",
                p->n, p->c.days, (unsigned long long)p->c.seed);
    report_code(b, k->command);
    bars(k, offsetof(PlanFlow, passed), "Vehicles that pass", "vehicles a day", 0, b);
    bars(k, offsetof(PlanFlow, wait_p95), "P95 wait", "minutes", k->wait_max, b);
    report_table_begin(b, columns, k->phases + 1);
    all_rows(k, html_row, b);
    report_table_end(b);
    report_end(b);
}
static int write_out(const Compare *k) {
    Buf b;
    int status = 0;
    buf_init(&b, 64u << 20);
    if (k->o->json)
        json(k, &b), printf(STR_F "\n", STR_A(buf_view(&b)));
    else
        text(k);
    buf_clear(&b);
    if (k->o->report) {
        html(k, &b);
        Err e = b.overflow ? ERR_LIMIT : io_file_write(k->o->report, buf_view(&b));
        if (e) status = app_fail(e, "%s", k->o->report);
    }
    buf_deinit(&b);
    return status;
}

// ---- doing it
static void say(void *ctx, uint32_t done, uint32_t n) {
    fprintf(stderr, "\r\033[Kphase %s: %u of %u replications", (const char *)ctx, done, n);
}
static void say_search(void *ctx, const char *what) {
    fprintf(stderr, "\r\033[Kphase %s: %s", (const char *)ctx, what);
}
static int plan_roads(const Compare *k, Phase *p, uint32_t threads) {
    for (uint8_t r = 0; r < p->t.site->roads; r++) {
        Str what = STR_EMPTY;
        PlanGoal *g = &p->goal[r];
        *g = (PlanGoal){.c = p->c,
                        .road = r,
                        .target =
                            (uint32_t)at(p, PLAN_AT(road) + r * sizeof(PlanFlow) + offsetof(PlanFlow, arrived)).mean,
                        .wait_max_min = k->wait_max,
                        .first = 6,
                        .most = 32,
                        .threads = threads,
                        .stop = plan_stop(),
                        .say = isatty(2) ? say_search : NULL,
                        .ctx = p->name};
        if (!g->target) continue;
        p->answer[r] = calloc(1, sizeof *p->answer[r]);
        CK_ASSERT(p->answer[r] != NULL);
        Err e = plan_search(g, p->answer[r], &p->t.arena, &what);
        if (e) return app_fail(e, STR_F, STR_A(what));
    }
    return 0;
}
static int run_phase(const Compare *k, Phase *p, uint32_t n, uint32_t days, uint64_t seed, uint32_t threads) {
    int status = app_twin_open(&p->t, k->o->site, p->name, k->o->tariff);
    if (status) return app_twin_close(&p->t), status;
    p->c = (PlanCase){.doc = p->t.site->doc,
                      .twin = p->t.doc,
                      .seed = seed,
                      .start_ms = SIM_START_MS,
                      .days = days,
                      .warmup_days = 1,
                      .passages_max = SIM_PASSAGES_MAX};
    PlanLayout l;
    PlanProgress progress = {.say = isatty(2) ? say : NULL, .ctx = p->name, .threads = threads, .stop = plan_stop()};
    plan_layout_init(&l);
    p->outs = calloc(n, sizeof *p->outs);
    CK_ASSERT(p->outs != NULL);
    p->n = plan_replicate(&p->c, p->t.site, &l, 0, n, &progress, p->outs);
    SimResult s = {.t = &p->t, .site = p->t.site};
    p->stations = sim_stations(&s);
    for (uint8_t i = 0; i < p->t.site->lanes; i++) p->lanes[p->t.site->lane_road[i]] += p->t.site->lane_built[i];
    return k->wait_max > 0 && p->n ? plan_roads(k, p, threads) : 0;
}
static bool split_phases(Compare *k, const char *text) {
    for (const char *at_ = text; *at_;) {
        const char *end = strchr(at_, ',');
        if (!end) end = at_ + strlen(at_);
        if (k->phases == PHASES_MAX || end == at_ || (size_t)(end - at_) >= sizeof k->phase[0].name) return false;
        memcpy(k->phase[k->phases++].name, at_, (size_t)(end - at_));
        at_ = *end ? end + 1 : end;
    }
    return k->phases > 0;
}
static int find_phases(Compare *k) {
    if (k->o->phases) {
        if (split_phases(k, k->o->phases)) return 0;
        fprintf(stderr, "cuakhau: --phases %s: must be one to %d phases of the site, separated by commas\n",
                k->o->phases, PHASES_MAX);
        return 2;
    }
    AppTwin t; // all that the site has
    int status = app_twin_open(&t, k->o->site, NULL, k->o->tariff);
    for (uint32_t i = 0; !status && i < t.site->doc->phases.n && k->phases < PHASES_MAX; i++)
        snprintf(k->phase[k->phases++].name, sizeof k->phase[0].name, STR_F, STR_A(t.site->doc->phases.items[i]));
    app_twin_close(&t);
    return status;
}
int plan_compare(const PlanOptions *o) {
    uint64_t days = 7, seed = 1, n = 8, threads = 0;
    double wait = 0;
    bool good = (!o->days || (app_number(o->days, 365, &days) && days)) &&
                (!o->seed || app_number(o->seed, INT64_MAX, &seed)) &&
                (!o->replications || (app_number(o->replications, 512, &n) && n >= 2)) &&
                (!o->threads || app_number(o->threads, 64, &threads)) && (!o->wait || plan_parse_wait(o->wait, &wait));
    if (!good) {
        fprintf(stderr,
                "cuakhau: plan --compare: days 1-365, replications 2-512, threads 0-64, --p95-wait-max a time like "
                "30min\n");
        return 2;
    }
    Compare *k = calloc(1, sizeof *k);
    CK_ASSERT(k != NULL);
    k->o = o, k->wait_max = wait;
    int status = find_phases(k);
    for (uint32_t i = 0; i < k->phases && !status && !*plan_stop(); i++)
        status = run_phase(k, &k->phase[i], (uint32_t)n, (uint32_t)days, seed, (uint32_t)threads);
    if (isatty(2)) fputs("\r\033[K", stderr);
    while (k->phases && !k->phase[k->phases - 1].n) k->phases--; // stopped: those that there are
    if (!status && k->phases) {
        int len = snprintf(k->command, sizeof k->command, "cuakhau plan --compare --site sites/" STR_F " --phases ",
                           STR_A(k->phase[0].t.site->doc->id));
        for (uint32_t i = 0; i < k->phases; i++)
            len += snprintf(k->command + len, sizeof k->command - (size_t)len, "%s%s", i ? "," : "", k->phase[i].name);
        len +=
            snprintf(k->command + len, sizeof k->command - (size_t)len, " --days %llu --seed %llu --replications %llu",
                     (unsigned long long)days, (unsigned long long)seed, (unsigned long long)n);
        if (wait > 0) snprintf(k->command + len, sizeof k->command - (size_t)len, " --p95-wait-max %gmin", wait);
        status = write_out(k);
    }
    for (uint32_t i = 0; i < PHASES_MAX; i++) {
        for (int r = 0; r < ROADS_MAX; r++) free(k->phase[i].answer[r]);
        free(k->phase[i].outs);
        if (k->phase[i].outs) app_twin_close(&k->phase[i].t);
    }
    free(k);
    return status;
}

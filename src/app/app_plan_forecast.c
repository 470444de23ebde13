// cuakhau plan --from JOURNAL: the next hours from the live state, and what more or fewer of a resource would change.
#include "app_plan.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "plan/plan_forecast.h"
#include "report/report.h"
#include <unistd.h>

#define PASSAGES_MAX     100000u
#define REPLICATIONS_MAX 1000u
typedef struct {
    AppTwin t;
    Ledger *ledger;
    Buf state;
    PlanForecast f;
    TwinLayout layout, other; // other: with what was asked for
    uint32_t n, stations;
    PlanAhead *outs, *others; // others: NULL without a question
    const char *with, *journal;
    double seconds;
} Forecast;

// ---- the live state
static int open_journal(Forecast *c) {
    LedgerOpts o = {.store = {.path = c->journal}, .limits = {.passages_max = PASSAGES_MAX}};
    Err e = ledger_open_reader(&o, &c->ledger);
    if (e == ERR_CORRUPT)
        return app_fail(e, "--from %s: it is no journal; give the file that serve --store sqlite:FILE writes",
                        c->journal);
    if (e) return app_fail(e, "--from %s", c->journal);
    const Gate *g = ledger_gate(c->ledger);
    if (!gate_site(g))
        return app_fail(ERR_INVALID, "--from %s: the journal has no site yet; start serve once", c->journal);
    Str have = c->t.site->doc->id, is = gate_site(g)->doc->id;
    if (!str_eq(have, is))
        return app_fail(ERR_INVALID,
                        "--from %s: the journal is of the gate " STR_F "; give its folder: --site sites/" STR_F,
                        c->journal, STR_A(is), STR_A(is));
    gate_save(g, &c->state);
    return c->state.overflow ? app_fail(ERR_LIMIT, "--from %s", c->journal) : 0;
}
static int check_data(Forecast *c) { // the site in force in the journal may be another than that of the files
    TwinProblem p[TWIN_PROBLEMS_MAX];
    const Site *s = gate_site(ledger_gate(c->ledger));
    uint32_t n = twin_check(s, c->t.doc, &c->t.arena, p);
    for (uint32_t i = 0; i < n; i++)
        fprintf(stderr, "cuakhau: %s/twin.json and the site in force in the journal: " STR_F ": " STR_F "\n", c->t.dir,
                STR_A(p[i].where), STR_A(p[i].what));
    c->stations = c->t.doc->stations.n;
    for (uint8_t l = 0; l < s->lanes; l++) c->stations += s->lane_built[l];
    c->stations = MIN(c->stations, (uint32_t)PLAN_STATIONS_MAX);
    return n ? 2 : 0;
}
static bool set_station(void *ctx, Str name, uint32_t n) { // "booth:hn", or "booth" of every road
    Forecast *c = ctx;
    const TwinStation *s = c->t.doc->stations.items;
    bool any = false;
    for (uint32_t i = 0; i < c->t.doc->stations.n; i++) {
        char full[128];
        int len = snprintf(full, sizeof full, STR_F ":" STR_F, STR_A(s[i].id), STR_A(s[i].road));
        if (!str_eq(name, s[i].id) && !str_eq(name, (Str){full, (size_t)len})) continue;
        c->other.servers[i] = n, any = true;
    }
    return any;
}
static void station_name(const Forecast *c, uint32_t i, char *to, size_t max) {
    SimResult r = {.t = &c->t, .site = c->f.site};
    sim_station_name(&r, i, to, max);
}

// ---- figures over the replications
static int by_size(const void *x, const void *y) {
    double a = *(const double *)x, b = *(const double *)y;
    return (a > b) - (a < b);
}
typedef struct {
    double mean, low, high; // 5 % and 95 % of the replications
} Spread;
static Spread spread(const PlanAhead *outs, uint32_t n, size_t offset) {
    double x[REPLICATIONS_MAX], sum = 0;
    for (uint32_t i = 0; i < n; i++) memcpy(&x[i], (const char *)&outs[i] + offset, sizeof x[i]), sum += x[i];
    qsort(x, n, sizeof *x, by_size);
    return (Spread){sum / n, des_quantile_sorted(x, n, 0.05), des_quantile_sorted(x, n, 0.95)};
}
static DesInterval change(const Forecast *c, size_t offset) { // paired: the same trucks in both
    double d[REPLICATIONS_MAX], a, b;
    for (uint32_t i = 0; i < c->n; i++) {
        memcpy(&a, (const char *)&c->outs[i] + offset, sizeof a),
            memcpy(&b, (const char *)&c->others[i] + offset, sizeof b);
        d[i] = b - a;
    }
    return des_interval(d, c->n, 0.95);
}
#define AT(member)           offsetof(PlanAhead, member)
#define HOUR_AT(h, r, field) (AT(hour) + ((h)*ROADS_MAX + (r)) * sizeof(PlanHour) + offsetof(PlanHour, field))
static void hour_name(const Forecast *c, uint32_t h, char to[8]) {
    char iso[ISO8601_LEN + 1];
    iso8601_format(c->f.start_ms + (int64_t)(h + 1) * HOUR_MS + c->t.doc->params->utc_offset_min * MINUTE_MS, iso);
    memcpy(to, iso + 11, 5), to[5] = 0;
}
static uint32_t neck(const Forecast *c) { // what most vehicles wait for
    uint32_t best = 0;
    double most = -1;
    for (uint32_t i = 0; i < c->stations; i++) {
        double q = spread(c->outs, c->n, AT(queue) + i * sizeof(double)).mean;
        if (q > most) most = q, best = i;
    }
    return best;
}

// ---- saying it
static void text(const Forecast *c) {
    char iso[ISO8601_LEN + 1], name[64], at[8];
    iso8601_format(c->f.start_ms, iso);
    printf(STR_F
           ", from %s at %s: %u passages open; the next %u hours, %u replications, seed %llu; mean [5 %% .. 95 %% of "
           "the replications]\n",
           STR_A(c->f.site->doc->id), c->journal, iso, gate_open_count(ledger_gate(c->ledger)), c->f.hours, c->n,
           (unsigned long long)c->f.seed);
    for (uint8_t r = 0; r < c->f.site->roads; r++) {
        printf("\nroad " STR_F ": %.0f waiting now\n%-6s %26s %22s %26s\n", STR_A(c->f.site->road[r].id),
               c->outs[0].begun[r], "until", "waiting then", "passed in the hour", "P95 wait of these (min)");
        for (uint32_t h = 0; h < c->f.hours; h++) {
            Spread w = spread(c->outs, c->n, HOUR_AT(h, r, waiting)), p = spread(c->outs, c->n, HOUR_AT(h, r, passed)),
                   q = spread(c->outs, c->n, HOUR_AT(h, r, wait_p95));
            hour_name(c, h, at);
            printf("%-6s %10.1f [%5.0f ..%5.0f] %8.1f [%4.0f ..%4.0f] %10.1f [%5.1f ..%5.1f]\n", at, w.mean, w.low,
                   w.high, p.mean, p.low, p.high, q.mean, q.low, q.high);
        }
    }
    uint32_t k = neck(c);
    station_name(c, k, name, sizeof name);
    printf("\nmost is waited for: %s (%.1f vehicles on average, used %.0f %%)\n", name,
           spread(c->outs, c->n, AT(queue) + k * sizeof(double)).mean,
           spread(c->outs, c->n, AT(used) + k * sizeof(double)).mean * 100);
    for (uint8_t r = 0; r < c->f.site->roads && c->others; r++) {
        DesInterval p = change(c, AT(passed) + r * sizeof(double)), w = change(c, AT(wait_p95) + r * sizeof(double)),
                    q = change(c, HOUR_AT(c->f.hours - 1, r, waiting));
        printf("with %s, road " STR_F
               ": passed %+.1f ± %.1f, P95 wait %+.2f ± %.2f min, waiting at the end %+.1f ± %.1f\n",
               c->with, STR_A(c->f.site->road[r].id), p.mean, p.half, w.mean, w.half, q.mean, q.half);
    }
    fprintf(stderr, "%.2f s\n", c->seconds);
}
static void num(Buf *b, const char *key, double v) {
    char t[40];
    int n = isfinite(v) ? snprintf(t, sizeof t, "%.8g", v) : snprintf(t, sizeof t, "null");
    json_key(b, key), json_raw(b, (Str){t, (size_t)n});
}
static void json_spread(Buf *b, const char *key, Spread s) {
    json_key(b, key), json_open(b, '{'), num(b, "mean", s.mean), num(b, "p5", s.low), num(b, "p95", s.high),
        json_close(b, '}');
}
static void json_hours(const Forecast *c, uint8_t r, Buf *b) {
    char iso[ISO8601_LEN + 1];
    json_key(b, "hours"), json_open(b, '[');
    for (uint32_t h = 0; h < c->f.hours; h++) {
        iso8601_format(c->f.start_ms + (int64_t)(h + 1) * HOUR_MS, iso);
        json_open(b, '{'), json_key(b, "until"), json_c(b, iso);
        json_spread(b, "waiting", spread(c->outs, c->n, HOUR_AT(h, r, waiting)));
        json_spread(b, "passed", spread(c->outs, c->n, HOUR_AT(h, r, passed)));
        json_spread(b, "p95_wait_min", spread(c->outs, c->n, HOUR_AT(h, r, wait_p95)));
        json_close(b, '}');
    }
    json_close(b, ']');
}
static void json_change(const Forecast *c, uint8_t r, Buf *b) {
    const struct {
        const char *key;
        size_t at;
    } of[] = {{"passed", AT(passed) + r * sizeof(double)},
              {"p95_wait_min", AT(wait_p95) + r * sizeof(double)},
              {"waiting_at_the_end", HOUR_AT(c->f.hours - 1, r, waiting)}};
    json_key(b, "change"), json_open(b, '{');
    for (uint32_t i = 0; i < ARRAY_LEN(of); i++) {
        DesInterval v = change(c, of[i].at);
        json_key(b, of[i].key), json_open(b, '{'), num(b, "mean", v.mean), num(b, "half", v.half), json_close(b, '}');
    }
    json_close(b, '}');
}
static void json(const Forecast *c, Buf *b) {
    char iso[ISO8601_LEN + 1], name[64];
    iso8601_format(c->f.start_ms, iso);
    json_open(b, '{'), json_key(b, "site"), json_str(b, c->f.site->doc->id), json_key(b, "from"), json_c(b, iso);
    json_key(b, "open"), json_int(b, gate_open_count(ledger_gate(c->ledger)));
    json_key(b, "replications"), json_int(b, c->n), json_key(b, "seed"), json_int(b, (int64_t)c->f.seed);
    station_name(c, neck(c), name, sizeof name);
    json_key(b, "most_waited_for"), json_c(b, name), json_key(b, "with"), json_c(b, c->with ? c->with : "");
    json_key(b, "roads"), json_open(b, '[');
    for (uint8_t r = 0; r < c->f.site->roads; r++) {
        json_open(b, '{'), json_key(b, "road"), json_str(b, c->f.site->road[r].id);
        num(b, "waiting_now", c->outs[0].begun[r]), json_hours(c, r, b);
        if (c->others) json_change(c, r, b);
        json_close(b, '}');
    }
    json_close(b, ']'), json_close(b, '}');
}
static void html_road(const Forecast *c, uint8_t r, Buf *b) {
    static const char *const names[] = {"mean", "5 %", "95 %", "mean with the change"};
    double y[4][PLAN_HOURS_MAX];
    char label[PLAN_HOURS_MAX][8], title[128];
    const char *labels[PLAN_HOURS_MAX];
    for (uint32_t h = 0; h < c->f.hours; h++) {
        Spread w = spread(c->outs, c->n, HOUR_AT(h, r, waiting));
        y[0][h] = w.mean, y[1][h] = w.low, y[2][h] = w.high;
        if (c->others) y[3][h] = spread(c->others, c->n, HOUR_AT(h, r, waiting)).mean;
        hour_name(c, h, label[h]), labels[h] = label[h];
    }
    ReportSeries s[4];
    for (int i = 0; i < 4; i++) s[i] = (ReportSeries){names[i], y[i], NULL};
    snprintf(title, sizeof title, "Vehicles that wait, road " STR_F, STR_A(c->f.site->road[r].id));
    report_lines(b,
                 &(ReportAxes){.title = title,
                               .x_name = "at the end of the hour (local time)",
                               .y_name = "vehicles",
                               .x_label = labels,
                               .n = c->f.hours},
                 s, c->others ? 4 : 3);
}
static void html(const Forecast *c, Buf *b) {
    char iso[ISO8601_LEN + 1], title[128], name[64];
    iso8601_format(c->f.start_ms, iso);
    snprintf(title, sizeof title, "Forecast: " STR_F ", the next %u hours", STR_A(c->f.site->doc->id), c->f.hours);
    report_begin(b, title);
    report_text(b, "From the live state at %s, %u passages open; %u replications, seed %llu.", iso,
                gate_open_count(ledger_gate(c->ledger)), c->n, (unsigned long long)c->f.seed);
    for (uint8_t r = 0; r < c->f.site->roads; r++) html_road(c, r, b);
    station_name(c, neck(c), name, sizeof name);
    report_text(b, "Most is waited for: %s.", name);
    for (uint8_t r = 0; r < c->f.site->roads && c->others; r++) {
        DesInterval p = change(c, AT(passed) + r * sizeof(double)), w = change(c, AT(wait_p95) + r * sizeof(double));
        report_text(b, "With %s, road " STR_F ": passed %+.1f ± %.1f, P95 wait %+.2f ± %.2f min.", c->with,
                    STR_A(c->f.site->road[r].id), p.mean, p.half, w.mean, w.half);
    }
    report_end(b);
}
static int write_out(const Forecast *c, const PlanOptions *o) {
    Buf b;
    int status = 0;
    buf_init(&b, 64u << 20);
    if (o->json)
        json(c, &b), printf(STR_F "\n", STR_A(buf_view(&b)));
    else
        text(c);
    buf_clear(&b);
    if (o->report) {
        html(c, &b);
        Err e = b.overflow ? ERR_LIMIT : io_file_write(o->report, buf_view(&b));
        if (e) status = app_fail(e, "%s", o->report);
    }
    buf_deinit(&b);
    return status;
}

// ---- doing it
static void say(void *ctx, uint32_t done, uint32_t n) {
    fprintf(stderr, "\r%s: %u of %u replications%s", (const char *)ctx, done, n, done == n ? "\n" : "");
}
static int run(Forecast *c, const PlanOptions *o, uint32_t threads) {
    static char plain[] = "forecast", changed[] = "with the change";
    PlanProgress p = {.say = isatty(2) ? say : NULL, .ctx = plain, .threads = threads};
    int64_t start = io_mono_us();
    c->outs = calloc(c->n, sizeof *c->outs);
    CK_ASSERT(c->outs != NULL);
    uint32_t asked = c->n;
    c->n = plan_forecast(&c->f, asked, &p, c->outs);
    if (c->with) {
        p.ctx = changed;
        c->others = calloc(asked, sizeof *c->others);
        CK_ASSERT(c->others != NULL);
        c->f.layout = &c->other;
        c->n = MIN(c->n, plan_forecast(&c->f, asked, &p, c->others));
    }
    c->seconds = (double)(io_mono_us() - start) / 1e6;
    return write_out(c, o);
}
static int prepare(Forecast *c, const PlanOptions *o) {
    int status = app_twin_open(&c->t, o->site, o->phase, o->tariff);
    if (!status) status = open_journal(c);
    if (!status) status = check_data(c);
    if (status) return status;
    twin_layout_init(&c->layout);
    c->other = c->layout;
    if (o->with && !app_pairs(o->with, 10000, set_station, c)) {
        fprintf(stderr,
                "cuakhau: --with %s: must be station=number or station:road=number, separated by commas; stations "
                "are those of twin.json\n",
                o->with);
        return 2;
    }
    c->with = o->with;
    return 0;
}
int plan_forecast_app(const PlanOptions *o) {
    uint64_t hours = 6, seed = 1, n = 40, threads = 0;
    bool good = (!o->hours || (app_number(o->hours, PLAN_HOURS_MAX, &hours) && hours)) &&
                (!o->seed || app_number(o->seed, INT64_MAX, &seed)) &&
                (!o->replications || (app_number(o->replications, REPLICATIONS_MAX, &n) && n >= 2)) &&
                (!o->threads || app_number(o->threads, 64, &threads));
    if (!good) {
        fprintf(stderr, "cuakhau: plan --from: hours 1-%d, replications 2-%u, threads 0 (all cores) - 64\n",
                PLAN_HOURS_MAX, REPLICATIONS_MAX);
        return 2;
    }
    Forecast c = {.journal = o->from, .n = (uint32_t)n};
    buf_init(&c.state, 1u << 30);
    int status = prepare(&c, o);
    if (!status) {
        const Gate *g = ledger_gate(c.ledger);
        c.f = (PlanForecast){.site = gate_site(g),
                             .twin = c.t.doc,
                             .state = buf_view(&c.state),
                             .layout = &c.layout,
                             .seed = seed,
                             .first_id = (uint64_t)gate_last_no(g) * 16,
                             .start_ms = gate_now(g),
                             .hours = (uint32_t)hours,
                             .passages_max = PASSAGES_MAX};
        status = run(&c, o, (uint32_t)threads);
    }
    free(c.outs), free(c.others);
    buf_deinit(&c.state);
    ledger_close(c.ledger);
    app_twin_close(&c.t);
    return status;
}

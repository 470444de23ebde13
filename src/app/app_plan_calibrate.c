// cuakhau plan --calibrate: times and arrivals of a journal, as distributions for the twin.
#include "app_plan_calibrate.h"
#include "io/io_file.h"

#define CALIBRATE_PASSAGES_MAX 100000u
const char *const cal_param_names[CAL_PARAMS] = {"resolve", "amend", "pay", "repair"};
const char *const cal_measure_names[CAL_MEASURES] = {"service", "delay", "demand"};
const char *const cal_stream_names[CAL_STREAMS] = {"declared", "arrived"};

static double time_mean(const TwinTime *t) { // seconds
    if (!t) return 0;
    if (t->is == TWIN_UNIFORM) return (t->min_s + t->max_s) / 2.0;
    if (t->is == TWIN_TRIANGULAR) return (t->min_s + t->mode_s + t->max_s) / 3.0;
    return t->mean_s;
}
double cal_data_mean(const CalGroup *g) {
    if (g->param) return time_mean(g->param);
    double sum = 0;
    if (!g->work) return NAN;
    for (uint32_t i = 0; i < g->work->steps.n; i++) sum += time_mean(((const TwinStep *)g->work->steps.items)[i].time);
    return sum;
}
bool cal_pure(const CalGroup *g) {
    bool single = g->param || (g->work && g->work->steps.n == 1);
    return single && g->fitted && g->measure != CAL_DEMAND && g->n >= PLAN_FIT_FEW && g->open * 20u <= g->n &&
           g->zero * 20u <= g->n;
}
static void prepare(Calibration *c) {
    const TwinDoc *d = c->t.doc;
    const TwinTime *const params[CAL_PARAMS] = {d->params->resolve, d->params->amend, d->params->pay,
                                                d->params->repair};
    c->groups = d->works.n * CAL_MEASURES + CAL_PARAMS + TASKS_MAX * CAL_MEASURES;
    c->group = calloc(c->groups, sizeof *c->group);
    c->truck = calloc(CALIBRATE_PASSAGES_MAX + CLOSED_RING, sizeof *c->truck);
    CK_ASSERT(c->group && c->truck);
    for (uint32_t i = 0; i < d->works.n * CAL_MEASURES; i++)
        c->group[i].work = (const TwinWork *)d->works.items + i / CAL_MEASURES,
        c->group[i].measure = (CalMeasure)(i % CAL_MEASURES);
    for (uint32_t i = 0; i < CAL_PARAMS; i++) {
        CalGroup *g = &c->group[d->works.n * CAL_MEASURES + i];
        g->param = params[i], g->measure = CAL_DELAY;
        snprintf(g->name, sizeof g->name, "%s", cal_param_names[i]);
    }
    c->streams = d->flows.n;
    for (uint32_t i = 0; i < c->streams; i++)
        for (int k = 0; k < CAL_STREAMS; k++) c->stream[i][k].flow = (const TwinFlow *)d->flows.items + i;
}
static int read_journal(Calibration *c) {
    Store *s;
    StoreOpts so = {.path = c->journal};
    Err e = store_open_reader(&so, &s);
    if (e == ERR_CORRUPT)
        return app_fail(e, "--calibrate %s: it is no journal; give the file that serve --store sqlite:FILE writes",
                        c->journal);
    if (e) return app_fail(e, "--calibrate %s", c->journal);
    c->events = store_head(s).seq;
    e = ledger_replay_each(s, (GateLimits){CALIBRATE_PASSAGES_MAX}, cal_sink, c);
    store_close(s);
    if (e) return app_fail(e, "--calibrate %s", c->journal);
    if (c->declared) return 0;
    fprintf(stderr,
            "cuakhau: --calibrate %s: the journal has no declaration in it (%llu events); let the gate work first\n",
            c->journal, (unsigned long long)c->events);
    return err_exit(ERR_INVALID);
}
static int check_site(const Calibration *c) {
    Str have = c->t.site->doc->id;
    if (str_eq_c(have, c->site)) return 0;
    fprintf(stderr,
            "cuakhau: --site %s: the journal is of the gate %s, these data are of " STR_F "; give the folder of %s\n",
            c->t.dir, c->site, STR_A(have), c->site);
    return err_exit(ERR_INVALID);
}
static Err fit_stream(const Calibration *c, CalStream *s) {
    int64_t from = c->last_hours ? MAX(c->from_ms, c->to_ms - (int64_t)c->last_hours * HOUR_MS) : c->from_ms;
    while (s->skip < s->n && s->at[s->skip] < from) s->skip++;
    return plan_arrivals(s->at + s->skip, s->n - s->skip, from, c->to_ms, (int32_t)c->t.doc->params->utc_offset_min,
                         &s->fit);
}
static Err fit_all(Calibration *c) {
    for (uint32_t i = 0; i < c->groups; i++) {
        CalGroup *g = &c->group[i];
        PlanFitOptions o = {
            .resolution = 0.002, .dependent = g->measure == CAL_DEMAND, .seed = c->seed, .stream = 64 + i};
        if (g->n < PLAN_FIT_MIN) continue;
        Err e = plan_fit(g->x, g->n, &o, &g->fit);
        if (e) return e;
        g->fitted = true;
    }
    for (uint32_t i = 0; i < c->streams; i++)
        for (int k = 0; k < CAL_STREAMS; k++) {
            Err e = fit_stream(c, &c->stream[i][k]);
            if (e) return e;
        }
    return OK;
}
static int write_out(Calibration *c, const PlanOptions *o) {
    Buf b;
    buf_init(&b, 64u << 20);
    Err e = OK;
    if (o->json) {
        e = cal_json(c, &b);
        if (!e && b.overflow) e = ERR_LIMIT;
        if (!e) printf(STR_F "\n", STR_A(buf_view(&b)));
    } else {
        cal_text(c, stdout);
    }
    int status = e ? app_fail(e, "--calibrate %s: the result", c->journal) : 0;
    buf_clear(&b);
    if (o->report && !status) {
        cal_html(c, &b);
        e = b.overflow ? ERR_LIMIT : io_file_write(o->report, buf_view(&b));
        if (e) status = app_fail(e, "--report %s", o->report);
    }
    buf_deinit(&b);
    return status;
}
static void free_all(Calibration *c) {
    for (uint32_t i = 0; i < c->groups; i++) free(c->group[i].x);
    for (uint32_t i = 0; i < c->streams; i++)
        for (int k = 0; k < CAL_STREAMS; k++) free(c->stream[i][k].at);
    free(c->group), free(c->truck);
    app_twin_close(&c->t);
    free(c);
}
int plan_calibrate(const PlanOptions *o) {
    uint64_t seed = 1, hours = 0;
    if (o->seed && !app_number(o->seed, INT64_MAX, &seed)) {
        fprintf(stderr, "cuakhau: --seed %s: must be a whole number\n", o->seed);
        return 2;
    }
    if (o->hours && (!app_number(o->hours, 876000, &hours) || !hours)) {
        fprintf(stderr, "cuakhau: --hours %s: must be a whole number of at least 1: so many of the last hours\n",
                o->hours);
        return 2;
    }
    Calibration *c = calloc(1, sizeof *c);
    CK_ASSERT(c != NULL);
    c->journal = strncmp(o->calibrate, "sqlite:", 7) == 0 ? o->calibrate + 7 : o->calibrate;
    c->seed = seed, c->last_hours = (uint32_t)hours;
    int status = app_twin_open(&c->t, o->site, o->phase, o->tariff);
    if (!status) {
        prepare(c);
        status = read_journal(c);
    }
    if (!status) status = check_site(c);
    if (!status) {
        Err e = fit_all(c);
        status = e ? app_fail(e, "--calibrate %s", c->journal) : write_out(c, o);
    }
    free_all(c);
    return status;
}

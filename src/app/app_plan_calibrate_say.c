// A calibration as text and JSON.
#include "app_plan_calibrate.h"

#define WEEKDAYS "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"
static const char *family(const PlanFit *f) {
    return f->candidate[0].dist.kind == DES_DET ? "fixed" : DesDistKind_names.names[f->candidate[0].dist.kind];
}
void cal_dist(const DesDist *d, char *ret, size_t max) {
    switch ((DesDistKind)d->kind) {
    case DES_DET: snprintf(ret, max, "fixed %.4g", d->a); break;
    case DES_EXP: snprintf(ret, max, "exponential, mean %.4g", d->a); break;
    case DES_ERLANG: snprintf(ret, max, "erlang, mean %.4g, k %.0f", d->a, d->b); break;
    case DES_GAMMA: snprintf(ret, max, "gamma, mean %.4g, cv %.3f", d->a, d->b); break;
    case DES_LOGNORMAL: snprintf(ret, max, "lognormal, mean %.4g, cv %.3f", d->a, d->b); break;
    case DES_UNIFORM: snprintf(ret, max, "uniform, %.4g to %.4g", d->a, d->b); break;
    case DES_TRIANGULAR:
    case DES_EMPIRICAL:
    case DES_DIST_COUNT: CK_ASSERT(!"a family that is fitted");
    }
}
static const char *const verdict_words[] = {
    [PLAN_FITS] = "fits",
    [PLAN_NEAR] = "not exactly, but no share is off by more than",
    [PLAN_HEAVY_TAIL] = "does not fit: heavier tail than",
    [PLAN_LIGHT_TAIL] = "does not fit: lighter tail than",
    [PLAN_OTHER_SHAPE] = "does not fit: another shape than",
};
void cal_verdict(const CalGroup *g, char *ret, size_t max) {
    const PlanFit *f = &g->fit;
    int n = 0;
    if (!g->fitted) {
        snprintf(ret, max, "too few to fit (< %d)", PLAN_FIT_MIN);
        return;
    }
    PlanVerdict v = plan_fit_verdict(f);
    const char *words = verdict_words[v];
    if (v == PLAN_FITS)
        n = snprintf(ret, max, "%s", words);
    else if (v == PLAN_NEAR)
        n = snprintf(ret, max, "%s %.1f %%", words, f->good.d * 100);
    else if (v == PLAN_OTHER_SHAPE)
        n = snprintf(ret, max, "%s %s, most at %.4g s", words, family(f), f->good.gap_at);
    else
        n = snprintf(ret, max, "%s %s", words, family(f));
    if (g->n < PLAN_FIT_FEW) n += snprintf(ret + n, max - (size_t)n, "; too few (< %d)", PLAN_FIT_FEW);
    if (g->open * 20u > g->n)
        snprintf(ret + n, max - (size_t)n, "; %u still under way at the end, so the longest are missing", g->open);
}
const char *cal_arrival_verdict(const PlanArrivals *a) {
    switch (plan_arrivals_verdict(a)) {
    case PLAN_POISSON: return "Poisson fits";
    case PLAN_BUNCHED: return "in bunches, or days differ: more than Poisson";
    case PLAN_EVEN: return "more even than Poisson";
    case PLAN_UNTESTED: return "no hour of the day came twice: not to be tested";
    }
    return "";
}

// ---- text
static void group_line(const CalGroup *g, FILE *to) {
    char dist[64] = "-", verdict[160], data[24] = "-";
    const PlanFit *f = &g->fit;
    cal_verdict(g, verdict, sizeof verdict);
    if (isfinite(cal_data_mean(g))) snprintf(data, sizeof data, "%.1f", cal_data_mean(g));
    if (!g->fitted) {
        fprintf(to, "%-7s %-41s %6u %8s   %-8s %8s  %s\n", cal_measure_names[g->measure], g->name, g->n, "-", "-", data,
                verdict);
        return;
    }
    cal_dist(&f->candidate[0].dist, dist, sizeof dist);
    fprintf(to, "%-7s %-41s %6u %8.1f ± %-8.1f %8s  %-32s %5.3f %5.3f %7.2f %5.3f  %s\n", cal_measure_names[g->measure],
            g->name, g->n, f->mean.mean, f->mean.half, data, dist, f->good.d, f->good.d_p, f->good.a2, f->good.a2_p,
            verdict);
}
static void groups_text(const Calibration *c, FILE *to) {
    uint32_t left_out = 0, zero = 0;
    fprintf(to,
            "service: taken by an officer to decided. delay: begun to ended, no station in the twin's data. demand: "
            "could begin to ended,\nwaiting and service together (its values depend on each other: p is too small). "
            "Seconds; data: service by the twin's data.\n\n");
    fprintf(to, "%-7s %-41s %6s %8s   %-8s %8s  %-32s %5s %5s %7s %5s\n", "what", "work", "n", "mean", "95 %", "data",
            "best by AIC", "KS D", "p", "AD A2", "p");
    for (int m = 0; m < CAL_MEASURES; m++)
        for (uint32_t i = 0; i < c->groups; i++) {
            const CalGroup *g = &c->group[i];
            if (g->measure == (CalMeasure)m && g->n) group_line(g, to);
            if (g->measure == (CalMeasure)m) left_out += g->left_out, zero += g->zero;
        }
    fprintf(to, "\nleft out: %u broken off by refusals or incidents, %u that took no time\n", left_out, zero);
}
static void streams_text(const Calibration *c, FILE *to) {
    static const char *const weekdays[] = {WEEKDAYS};
    fprintf(to, "\n%-9s %-16s %7s %20s %22s %6s\n", "", "flow", "n", "a day", "variance to mean (df)", "p");
    for (uint32_t i = 0; i < c->streams; i++)
        for (int k = 0; k < CAL_STREAMS; k++) {
            const CalStream *s = &c->stream[i][k];
            char day[40] = "not a whole day", disp[40] = "-", p[16] = "-";
            if (!s->fit.n) continue;
            if (s->fit.whole) snprintf(day, sizeof day, "%.1f ± %.1f", s->fit.per_day, s->fit.per_day_half);
            if (s->fit.df) {
                snprintf(disp, sizeof disp, "%.2f (%u)", s->fit.dispersion, s->fit.df);
                snprintf(p, sizeof p, "%.3f", s->fit.dispersion_p);
            }
            fprintf(to, "%-9s %-16.*s %7u %20s %22s %6s  %s\n", cal_stream_names[k], STR_A(s->flow->id), s->fit.n, day,
                    disp, p, cal_arrival_verdict(&s->fit));
        }
    fputs("\narrivals an hour by hour of the day (local time), with 95 % limits\n", to);
    for (uint32_t i = 0; i < c->streams; i++) {
        const PlanArrivals *a = &c->stream[i][CAL_ARRIVED].fit;
        if (!a->n) continue;
        fprintf(to, "%-16.*s", STR_A(c->stream[i][CAL_ARRIVED].flow->id));
        for (uint32_t h = 0; h < 24; h++) {
            if (h && h % 6 == 0) fprintf(to, "\n%-16s", "");
            if (isfinite(a->rate[h]))
                fprintf(to, "  %02u: %5.1f [%5.1f, %5.1f]", h, a->rate[h], a->lo[h], a->hi[h]);
            else
                fprintf(to, "  %02u: %-20s", h, "    -");
        }
        fputs("\n", to);
        for (uint32_t w = 0; a->by_weekday && w < 7; w++)
            fprintf(to, "%s%s %.2f", w ? "  " : "                  ", weekdays[w], a->weekday[w]);
        if (a->by_weekday) fputs("\n", to);
    }
}
void cal_text(const Calibration *c, FILE *to) {
    char from[ISO8601_LEN + 1], end[ISO8601_LEN + 1];
    iso8601_format(c->from_ms, from), iso8601_format(c->to_ms, end);
    fprintf(to, "%s: gate %s, phase %s, %s to %s, %llu events, %u declarations\n", c->journal, c->site, c->phase, from,
            end, (unsigned long long)c->events, c->declared);
    groups_text(c, to);
    streams_text(c, to);
    fputs("\n--json gives the same with a fragment for twin.json\n", to);
}

// ---- JSON
static void num(Buf *b, const char *key, double v) {
    char t[40];
    int n = isfinite(v) ? snprintf(t, sizeof t, "%.8g", v) : snprintf(t, sizeof t, "null");
    if (key) json_key(b, key);
    json_raw(b, (Str){t, (size_t)n});
}
static void whole(Buf *b, const char *key, int64_t v) {
    json_key(b, key), json_int(b, v);
}
static void text(Buf *b, const char *key, const char *v) {
    json_key(b, key), json_c(b, v);
}
static void fit_json(Buf *b, const CalGroup *g) {
    const PlanFit *f = &g->fit;
    json_key(b, "mean_s"), json_open(b, '{'), num(b, "mean", f->mean.mean), num(b, "half", f->mean.half);
    json_close(b, '}');
    num(b, "sd_s", f->sd), num(b, "min_s", f->min), num(b, "max_s", f->max);
    json_key(b, "best"), cal_time_json(b, &f->candidate[0].dist);
    json_key(b, "candidates"), json_open(b, '[');
    for (uint32_t i = 0; i < f->candidates; i++) {
        const PlanCandidate *k = &f->candidate[i];
        json_open(b, '{'), text(b, "is", DesDistKind_names.names[k->dist.kind]), num(b, "a", k->dist.a);
        num(b, "b", k->dist.b), num(b, "loglik", k->loglik), num(b, "aic", k->aic), json_close(b, '}');
    }
    json_close(b, ']');
    json_key(b, "ks"), json_open(b, '{'), num(b, "d", f->good.d), num(b, "p", f->good.d_p), json_close(b, '}');
    json_key(b, "ad"), json_open(b, '{'), num(b, "a2", f->good.a2), num(b, "p", f->good.a2_p), json_close(b, '}');
    whole(b, "tested", f->good.tested), whole(b, "resamples", f->good.resamples);
}
static void group_json(Buf *b, const CalGroup *g) {
    char verdict[160];
    cal_verdict(g, verdict, sizeof verdict);
    json_open(b, '{'), text(b, "name", g->name), text(b, "measure", cal_measure_names[g->measure]);
    if (g->work && g->work->task.n) json_key(b, "task"), json_str(b, g->work->task);
    if (g->work && !g->work->task.n) text(b, "move", Move_names.names[g->work->move]);
    if (g->param) text(b, "param", g->name);
    whole(b, "n", g->n), whole(b, "left_out", g->left_out), whole(b, "zero", g->zero), whole(b, "open", g->open);
    num(b, "data_mean_s", cal_data_mean(g));
    if (g->fitted) fit_json(b, g);
    json_key(b, "fits"), json_bool(b, g->fitted && plan_fit_verdict(&g->fit) == PLAN_FITS);
    text(b, "verdict", verdict);
    json_key(b, "for_the_twin"), json_bool(b, cal_pure(g)), json_close(b, '}');
}
static void numbers(Buf *b, const char *key, const double *v, uint32_t n) {
    json_key(b, key), json_open(b, '[');
    for (uint32_t i = 0; i < n; i++) num(b, NULL, v[i]);
    json_close(b, ']');
}
static void stream_json(Buf *b, const CalStream *s, const char *what) {
    const PlanArrivals *a = &s->fit;
    json_open(b, '{'), json_key(b, "flow"), json_str(b, s->flow->id), text(b, "what", what), whole(b, "n", a->n);
    num(b, "per_day", a->whole ? a->per_day : NAN), num(b, "per_day_half", a->per_day_half);
    num(b, "dispersion", a->dispersion), num(b, "dispersion_p", a->dispersion_p), whole(b, "df", a->df);
    numbers(b, "rate_hour", a->rate, 24), numbers(b, "rate_low", a->lo, 24), numbers(b, "rate_high", a->hi, 24);
    numbers(b, "hours", a->hours, 24);
    if (a->by_weekday) numbers(b, "weekday", a->weekday, 7);
    text(b, "verdict", cal_arrival_verdict(a)), json_close(b, '}');
}
Err cal_json(Calibration *c, Buf *b) {
    json_open(b, '{'), text(b, "journal", c->journal), text(b, "site", c->site), text(b, "phase", c->phase);
    json_key(b, "from"), json_time(b, c->from_ms), json_key(b, "to"), json_time(b, c->to_ms);
    whole(b, "events", (int64_t)c->events), whole(b, "declarations", c->declared), whole(b, "seed", (int64_t)c->seed);
    json_key(b, "times"), json_open(b, '[');
    for (uint32_t i = 0; i < c->groups; i++)
        if (c->group[i].n) group_json(b, &c->group[i]);
    json_close(b, ']'), json_key(b, "arrivals"), json_open(b, '[');
    for (uint32_t i = 0; i < c->streams; i++)
        for (int k = 0; k < CAL_STREAMS; k++)
            if (c->stream[i][k].fit.n) stream_json(b, &c->stream[i][k], cal_stream_names[k]);
    json_close(b, ']'), json_key(b, "twin");
    Err e = cal_fragment(c, b);
    json_close(b, '}');
    return e;
}

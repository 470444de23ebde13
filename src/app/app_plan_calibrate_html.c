// The report of a calibration: each kind of work with its histogram beside what the fitted distribution would give, and
// the arrivals by hour of the day.
#include "app_plan_calibrate.h"
#include "report/report.h"

#define BINS 20
static void table(const Calibration *c, Buf *b) {
    static const char *const columns[] = {"work",    "what", "n", "mean, s", "data, s", "best by AIC",
                                          "verdict", "KS D", "p", "AD A²",   "p"};
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < c->groups; i++) {
        const CalGroup *g = &c->group[i];
        const PlanFit *f = &g->fit;
        char n[16], mean[48] = "-", data[24] = "-", dist[64] = "-", t[4][16] = {"-", "-", "-", "-"}, verdict[160];
        if (!g->n) continue;
        cal_verdict(g, verdict, sizeof verdict);
        snprintf(n, sizeof n, "%u", g->n);
        if (isfinite(cal_data_mean(g))) snprintf(data, sizeof data, "%.1f", cal_data_mean(g));
        if (g->fitted) {
            snprintf(mean, sizeof mean, "%.1f ± %.1f", f->mean.mean, f->mean.half);
            cal_dist(&f->candidate[0].dist, dist, sizeof dist);
            snprintf(t[0], 16, "%.3f", f->good.d), snprintf(t[1], 16, "%.3f", f->good.d_p);
            snprintf(t[2], 16, "%.2f", f->good.a2), snprintf(t[3], 16, "%.3f", f->good.a2_p);
        }
        report_row(b,
                   (const char *const[]){g->name, cal_measure_names[g->measure], n, mean, data, dist, verdict, t[0],
                                         t[1], t[2], t[3]},
                   ARRAY_LEN(columns));
    }
    report_table_end(b);
}
static void histogram(const CalGroup *g, Buf *b) {
    const PlanFit *f = &g->fit;
    const DesDist *d = &f->candidate[0].dist;
    double seen[BINS] = {0}, half[BINS], fitted[BINS], top = MIN(f->max, f->mean.mean + 4 * f->sd);
    double low = f->min > top / 2 ? f->min : 0, width = (top - low) / BINS;
    char label[BINS][24], dist[64], title[256];
    const char *labels[BINS];
    for (uint32_t i = 0; i < g->n; i++) {
        double at = (g->x[i] - low) / width;
        if (at >= 0 && at <= BINS) seen[MIN((uint32_t)at, BINS - 1u)] += 100.0 / g->n;
    }
    for (uint32_t i = 0; i < BINS; i++) {
        double share = seen[i] / 100;
        half[i] = MIN(seen[i], 196 * sqrt(share * (1 - share) / g->n)); // not below 0
        fitted[i] = 100 * (des_dist_cdf(d, low + (i + 1) * width) - des_dist_cdf(d, low + i * width));
        snprintf(label[i], sizeof label[i], "%.3g", low + i * width), labels[i] = label[i];
    }
    cal_dist(d, dist, sizeof dist);
    snprintf(title, sizeof title, "%s (%s): %s", g->name, cal_measure_names[g->measure], dist);
    report_bars(b, &(ReportAxes){title, "from, seconds", "% of the times", labels, BINS},
                (const ReportSeries[]){{"seen", seen, half}, {"fitted", fitted, NULL}}, 2);
}
static void arrivals(const Calibration *c, Buf *b) {
    static const char *const columns[] = {"flow", "", "n", "a day", "variance to mean", "p", "verdict"};
    report_heading(b, "Arrivals");
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < c->streams; i++)
        for (int k = 0; k < CAL_STREAMS; k++) {
            const PlanArrivals *a = &c->stream[i][k].fit;
            char id[64], n[16], day[48] = "not a whole day", disp[16] = "-", p[16] = "-";
            if (!a->n) continue;
            snprintf(id, sizeof id, STR_F, STR_A(c->stream[i][k].flow->id)), snprintf(n, sizeof n, "%u", a->n);
            if (a->whole) snprintf(day, sizeof day, "%.1f ± %.1f", a->per_day, a->per_day_half);
            if (a->df)
                snprintf(disp, sizeof disp, "%.2f", a->dispersion), snprintf(p, sizeof p, "%.3f", a->dispersion_p);
            report_row(b, (const char *const[]){id, cal_stream_names[k], n, day, disp, p, cal_arrival_verdict(a)},
                       ARRAY_LEN(columns));
        }
    report_table_end(b);
    for (uint32_t i = 0; i < c->streams; i++) {
        const PlanArrivals *a = &c->stream[i][CAL_ARRIVED].fit;
        double half[24];
        char title[128];
        if (!a->n) continue;
        for (uint32_t h = 0; h < 24; h++) half[h] = (a->hi[h] - a->lo[h]) / 2;
        snprintf(title, sizeof title, "Arrivals of " STR_F, STR_A(c->stream[i][CAL_ARRIVED].flow->id));
        report_lines(b,
                     &(ReportAxes){.title = title,
                                   .x_name = "hour of the day (local time)",
                                   .y_name = "vehicles an hour",
                                   .n = 24,
                                   .note = "The band is half as wide as the exact 95 % interval to either side."},
                     (const ReportSeries[]){{"arrived", a->rate, half}}, 1);
    }
}
void cal_html(const Calibration *c, Buf *b) {
    char title[200], from[ISO8601_LEN + 1], to[ISO8601_LEN + 1];
    iso8601_format(c->from_ms, from), iso8601_format(c->to_ms, to);
    snprintf(title, sizeof title, "Calibration: %s, phase %s", c->site, c->phase);
    report_begin(b, title);
    report_text(b, "%llu events from %s to %s, %u declarations.", (unsigned long long)c->events, from, to, c->declared);
    report_text(b, "service: from taken by an officer to decided. delay: from begun to ended, with no station in the "
                   "twin's data. demand: from when it could begin to its end; the journal cannot tell waiting from "
                   "service there, and its values depend on each other, which makes p too small.");
    report_heading(b, "Times");
    table(c, b);
    for (uint32_t i = 0; i < c->groups; i++)
        if (c->group[i].fitted && c->group[i].fit.sd > 0) histogram(&c->group[i], b);
    arrivals(c, b);
    report_end(b);
}

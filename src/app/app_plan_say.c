// A plan as text, JSON and HTML.
#include "app_plan.h"
#include "report/report.h"

static const char *verdict(const PlanResult *r) {
    if (r->a->found) return "met";
    if (r->a->stopped) return "stopped before it was proved";
    return r->a->hopeless ? "no lay-out within the ranges of the site's data meets it"
                          : "not proved; more --replications may do, or a longer wait";
}
static void interval(char *to, size_t max, const DesInterval *v, int digits) {
    if (v->n >= 2 && isfinite(v->half))
        (void)snprintf(to, max, "%+.*f ± %.*f", digits, v->mean, digits, v->half);
    else
        (void)snprintf(to, max, "-");
}
static const char *bottleneck(const PlanResult *r, char *to, size_t max) {
    uint32_t v = r->a->bottleneck;
    const PlanSensitivity *s = &r->a->sensitivity[v];
    int n = snprintf(to, max, "%s, used %.0f %%, %.1f wait for it on average", r->a->var[v].name,
                     r->a->best.used[v] * 100, r->a->best.queue[v]);
    if (r->a->sure)
        (void)snprintf(to + n, max - (size_t)n,
                       "; one more changes the P95 wait by %+.2f ± %.2f min, more than any other", s->more.mean,
                       s->more.half);
    else
        (void)snprintf(to + n, max - (size_t)n, "; one more of no single resource changes the P95 wait for sure");
    return to;
}
static void used(char to[48], const PlanResult *r, uint32_t v) { // a shift or a yard has no figure of its own
    if (r->a->var[v].kind > PLAN_VAR_LANE)
        (void)snprintf(to, 48, "-");
    else
        (void)snprintf(to, 48, "%.0f %%", r->a->best.used[v] * 100);
}
void plan_text(const PlanResult *r, FILE *to) {
    const PlanPoint *p = &r->a->best;
    fprintf(to,
            STR_F ", phase " STR_F ", road " STR_F
                  ": %u vehicles a day with a P95 wait of at most %g min, with 95 %% confidence: %s\n",
            STR_A(r->t->site->doc->id), STR_A(r->t->site->doc->phase), STR_A(r->t->site->road[r->g->road].id),
            r->g->target, r->g->wait_max_min, verdict(r));
    fprintf(to, "%s lay-out: %.1f of %.1f vehicles a day pass, P95 wait %.2f ± %.2f min",
            r->a->found ? "cheapest" : "best found", p->passed.mean, p->arrived.mean, p->p95.mean, p->p95.half);
    if (isfinite(p->p95_bound)) fprintf(to, " (at most %.2f with all looks at it counted)", p->p95_bound);
    fprintf(
        to,
        ", %u replications of %u days\ncost %.0f thousand VND a day; %u lay-outs, %u replications in all, %.1f s\n\n",
        p->replications, r->g->c.days, p->cost, r->a->lay_outs, r->a->evaluations, r->seconds);
    fprintf(to, "%-20s %5s %6s %8s   %-24s %-24s\n", "resource", "n", "used", "cost", "P95 with one more (min)",
            "with one fewer");
    for (uint32_t v = 0; v < r->a->vars; v++) {
        const PlanVar *var = &r->a->var[v];
        const PlanSensitivity *s = &r->a->sensitivity[v];
        char more[48], fewer[48], use[48];
        interval(more, sizeof more, &s->more, 2), interval(fewer, sizeof fewer, &s->fewer, 2);
        used(use, r, v);
        fprintf(to, "%-20s %5u %6s %8.0f   %-24s %-24s\n", var->name, plan_var_get(var, &p->layout), use, var->cost,
                more, fewer);
    }
    char text[256];
    fprintf(to, "\nbottleneck: %s\n", bottleneck(r, text, sizeof text));
    if (r->a->tide)
        fprintf(to, "tidal lanes: %s (KN selection, %u of %u timetables left after %u replications)\n", r->a->tide,
                r->a->tide_choice.left, 5u, r->a->tide_choice.replications);
    fprintf(to, "again: %s\n", r->command);
}
static void num(Buf *b, const char *key, double v) {
    char t[40];
    int n = isfinite(v) ? snprintf(t, sizeof t, "%.8g", v) : snprintf(t, sizeof t, "null");
    json_key(b, key), json_raw(b, (Str){t, (size_t)n});
}
static void num_interval(Buf *b, const char *key, const DesInterval *v) {
    json_key(b, key), json_open(b, '{'), num(b, "mean", v->mean), num(b, "half", v->half), json_close(b, '}');
}
void plan_json(const PlanResult *r, Buf *b) {
    const PlanPoint *p = &r->a->best;
    json_open(b, '{'), json_key(b, "site"), json_str(b, r->t->site->doc->id), json_key(b, "phase"),
        json_str(b, r->t->site->doc->phase);
    json_key(b, "road"), json_str(b, r->t->site->road[r->g->road].id), json_key(b, "target"), json_int(b, r->g->target);
    num(b, "p95_wait_max_min", r->g->wait_max_min), json_key(b, "met"), json_bool(b, r->a->found),
        json_key(b, "stopped"), json_bool(b, r->a->stopped);
    json_key(b, "seed"), json_int(b, (int64_t)r->g->c.seed), json_key(b, "days"), json_int(b, r->g->c.days),
        json_key(b, "replications"), json_int(b, p->replications);
    num_interval(b, "p95_wait_min", &p->p95), num(b, "p95_wait_bound_min", p->p95_bound),
        num_interval(b, "vehicles_day", &p->passed), num_interval(b, "arrived_day", &p->arrived);
    num(b, "cost_day_thousand_vnd", p->cost);
    json_key(b, "bottleneck"), json_c(b, r->a->var[r->a->bottleneck].name), json_key(b, "bottleneck_sure"),
        json_bool(b, r->a->sure), json_key(b, "tidal"), json_c(b, r->a->tide ? r->a->tide : "");
    json_key(b, "resources"), json_open(b, '[');
    for (uint32_t v = 0; v < r->a->vars; v++) {
        const PlanSensitivity *s = &r->a->sensitivity[v];
        json_open(b, '{'), json_key(b, "name"), json_c(b, r->a->var[v].name), json_key(b, "n"),
            json_int(b, plan_var_get(&r->a->var[v], &p->layout));
        num(b, "used", p->used[v]), num(b, "queue", p->queue[v]), num(b, "cost_thousand_vnd", r->a->var[v].cost);
        if (s->more.n >= 2) num_interval(b, "one_more_p95_min", &s->more);
        if (s->fewer.n >= 2) num_interval(b, "one_fewer_p95_min", &s->fewer);
        json_close(b, '}');
    }
    json_close(b, ']'), json_key(b, "command"), json_c(b, r->command), json_close(b, '}');
}
void plan_html(const PlanResult *r, Buf *b) {
    const PlanPoint *p = &r->a->best;
    double more[PLAN_VARS_MAX], fewer[PLAN_VARS_MAX], more_half[PLAN_VARS_MAX], fewer_half[PLAN_VARS_MAX];
    const char *label[PLAN_VARS_MAX];
    char title[256], text[256];
    snprintf(title, sizeof title, "Plan: " STR_F ", phase " STR_F ", road " STR_F ", %u vehicles a day",
             STR_A(r->t->site->doc->id), STR_A(r->t->site->doc->phase), STR_A(r->t->site->road[r->g->road].id),
             r->g->target);
    report_begin(b, title);
    report_text(b, "P95 wait of at most %g minutes with 95 %% confidence: %s.", r->g->wait_max_min, verdict(r));
    report_text(b,
                "%.1f of %.1f vehicles a day pass; P95 wait %.2f ± %.2f min over %u replications of %u days; cost %.0f "
                "thousand VND a day. %u lay-outs were looked at.",
                p->passed.mean, p->arrived.mean, p->p95.mean, p->p95.half, p->replications, r->g->c.days, p->cost,
                r->a->lay_outs);
    report_code(b, r->command);
    report_heading(b, "Resources");
    static const char *const columns[] = {
        "resource", "number", "used", "cost of one, thousand VND", "P95 with one more, min", "with one fewer"};
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t v = 0; v < r->a->vars; v++) {
        const PlanSensitivity *s = &r->a->sensitivity[v];
        char t[5][48];
        label[v] = r->a->var[v].name;
        snprintf(t[0], 48, "%u", plan_var_get(&r->a->var[v], &p->layout)), used(t[1], r, v),
            snprintf(t[2], 48, "%.0f", r->a->var[v].cost);
        interval(t[3], 48, &s->more, 2), interval(t[4], 48, &s->fewer, 2);
        report_row(b, (const char *const[]){label[v], t[0], t[1], t[2], t[3], t[4]}, 6);
        more[v] = s->more.n ? s->more.mean : NAN, fewer[v] = s->fewer.n ? s->fewer.mean : NAN,
        more_half[v] = s->more.half, fewer_half[v] = s->fewer.half;
    }
    report_table_end(b);
    report_tornado(b,
                   &(ReportAxes){.title = "What one more and one fewer does",
                                 .x_name = "resource",
                                 .y_name = "change of the P95 wait, min",
                                 .x_label = label,
                                 .n = r->a->vars},
                   (const ReportSeries[]){{"one more", more, more_half}, {"one fewer", fewer, fewer_half}}, 2);
    report_text(b, "Bottleneck: %s.", bottleneck(r, text, sizeof text));
    if (r->a->tide) report_text(b, "Tidal lanes: %s, chosen by KN selection among five timetables.", r->a->tide);
    report_end(b);
}

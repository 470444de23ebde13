// What was fitted in the form of sites/common/twin.json and sites/<gate>/twin.json: whole entries, to be put in the
// place of those with the same name.
#include "app_plan_calibrate.h"

#define SOURCE_MAX 400
static int64_t seconds(double v, int64_t least) {
    return MAX((int64_t)llround(v), least);
}
static void member(Buf *b, const char *key, int64_t v) {
    json_key(b, key), json_int(b, v);
}
void cal_time_json(Buf *b, const DesDist *d) {
    bool fixed = d->kind == DES_DET, uniform = d->kind == DES_UNIFORM;
    json_open(b, '{'), json_key(b, "is"), json_c(b, fixed ? "fixed" : DesDistKind_names.names[d->kind]);
    if (uniform) {
        int64_t min = seconds(d->a, 0);
        member(b, "min_s", min), member(b, "max_s", seconds(d->b, min + 1));
    } else {
        member(b, "mean_s", seconds(d->a, fixed ? 0 : 1));
    }
    if (d->kind == DES_ERLANG) member(b, "k", (int64_t)d->b);
    if (d->kind == DES_GAMMA || d->kind == DES_LOGNORMAL) member(b, "cv_permille", MAX(1, llround(d->b * 1000)));
    json_close(b, '}');
}
static void source(const Calibration *c, const char *verdict, uint32_t n, char ret[SOURCE_MAX]) {
    char from[ISO8601_LEN + 1], to[ISO8601_LEN + 1];
    const char *file = strrchr(c->journal, '/');
    iso8601_format(c->from_ms, from), iso8601_format(c->to_ms, to);
    snprintf(ret, SOURCE_MAX, "[S] journal %.100s, %.10s to %.10s, n %u: %s", file ? file + 1 : c->journal, from, to, n,
             verdict);
}
static Err put_text(Arena *a, Json *obj, Str key, const char *text) {
    Str s = arena_str(a, str_c(text));
    Json v = {.type = JN_TEXT, .p = s.p, .n = (uint32_t)s.n};
    return s.p && jn_put(a, obj, key, &v) ? OK : ERR_LIMIT;
}
static Err put_json(Arena *a, Json *obj, Str key, const Buf *text) {
    Json *v = NULL;
    Str why, s = arena_str(a, buf_view(text));
    Err e = s.p ? wire_parse_json(s, 8, a, &v, &why) : ERR_LIMIT;
    return e ? e : jn_put(a, obj, key, v) ? OK : ERR_LIMIT;
}
static Err put_time(Arena *a, Json *obj, Str key, const DesDist *d) {
    Buf b;
    buf_init(&b, 1000);
    cal_time_json(&b, d);
    Err e = put_json(a, obj, key, &b);
    buf_deinit(&b);
    return e;
}

// ---- works and params
static const CalGroup *pure_of(const Calibration *c, uint32_t work) { // the one that was seen more often
    const CalGroup *best = NULL;
    for (int m = 0; m < CAL_DEMAND; m++) {
        const CalGroup *g = &c->group[work * CAL_MEASURES + (uint32_t)m];
        if (cal_pure(g) && (!best || g->n > best->n)) best = g;
    }
    return best;
}
static Err works(const Calibration *c, Arena *a, const Json *twin, Buf *b) {
    Err e = OK;
    json_key(b, "works"), json_open(b, '[');
    for (uint32_t i = 0; i < c->t.doc->works.n && !e; i++) {
        const CalGroup *g = pure_of(c, i);
        if (!g) continue;
        char verdict[160], from[SOURCE_MAX];
        Json *work = jn_entry(jn_get(twin, "works"), i), *step = jn_entry(jn_get(work, "steps"), 0);
        cal_verdict(g, verdict, sizeof verdict), source(c, verdict, g->n, from);
        e = put_time(a, step, STR("time"), &g->fit.candidate[0].dist);
        if (!e) e = put_text(a, work, STR("source"), from);
        if (!e) jn_write(b, work);
    }
    json_close(b, ']');
    return e;
}
static Err params(const Calibration *c, Arena *a, const Json *twin, Buf *b) {
    Json *p = jn_get(twin, "params");
    Err e = OK;
    for (uint32_t i = 0; i < CAL_PARAMS && !e; i++) {
        const CalGroup *g = &c->group[c->t.doc->works.n * CAL_MEASURES + i];
        if (cal_pure(g)) e = put_time(a, p, str_c(cal_param_names[i]), &g->fit.candidate[0].dist);
    }
    json_key(b, "params");
    if (!e) jn_write(b, p);
    return e;
}

// ---- arrivals
static bool usable(const CalStream *s) {
    return s->fit.whole && s->fit.n >= PLAN_FIT_FEW && s->fit.per_day > 0;
}
static void profile(const Calibration *c, const CalStream *s, Buf *b) {
    const PlanArrivals *a = &s->fit;
    char from[SOURCE_MAX];
    source(c, cal_arrival_verdict(a), a->n, from);
    json_open(b, '{'), json_key(b, "id");
    Buf id;
    buf_init(&id, 200);
    buf_printf(&id, "journal-" STR_F, STR_A(s->flow->id)), json_str(b, buf_view(&id));
    buf_deinit(&id);
    json_key(b, "hours"), json_open(b, '[');
    for (uint32_t h = 0; h < 24; h++) {
        json_open(b, '{'), member(b, "from", h), member(b, "to", h + 1);
        member(b, "permille", llround(a->rate[h] * 24 / a->per_day * 1000)), json_close(b, '}');
    }
    json_close(b, ']');
    if (a->by_weekday) json_key(b, "weekdays"), json_open(b, '[');
    for (uint32_t w = 0; a->by_weekday && w < 7; w++) {
        json_open(b, '{'), member(b, "from", w + 1), member(b, "to", w + 1);
        member(b, "permille", llround(a->weekday[w] * 1000)), json_close(b, '}');
    }
    if (a->by_weekday) json_close(b, ']');
    json_key(b, "source"), json_c(b, from), json_close(b, '}');
}
static Err flow(const Calibration *c, Arena *a, Json *f, const CalStream *s, Buf *b) {
    Json *per_day = jn_get(f, "per_day"), *at = per_day && per_day->type == JN_ARRAY ? per_day->first : NULL;
    Json n = {.type = JN_INT, .i = llround(s->fit.per_day)};
    char name[200];
    snprintf(name, sizeof name, "journal-" STR_F, STR_A(s->flow->id));
    while (at && !str_eq_c(jn_text(jn_get(at, "phase")), c->phase)) at = at->next;
    if (!at) {
        if (!per_day || !(at = jn_new(a, JN_OBJECT))) return ERR_LIMIT;
        jn_append(per_day, at);
        Err e = put_text(a, at, STR("phase"), c->phase);
        if (e) return e;
    }
    Err e = jn_put(a, at, STR("n"), &n) ? put_text(a, at, STR("profile"), name) : ERR_LIMIT;
    if (!e) jn_write(b, f);
    return e;
}
static Err flows(const Calibration *c, Arena *a, const Json *twin, Buf *b) {
    Err e = OK;
    json_key(b, "profiles"), json_open(b, '[');
    for (uint32_t i = 0; i < c->streams; i++)
        if (usable(&c->stream[i][CAL_ARRIVED])) profile(c, &c->stream[i][CAL_ARRIVED], b);
    json_close(b, ']'), json_key(b, "flows"), json_open(b, '[');
    for (uint32_t i = 0; i < c->streams && !e; i++) {
        const CalStream *s = &c->stream[i][CAL_ARRIVED];
        if (usable(s)) e = flow(c, a, jn_entry(jn_get(twin, "flows"), i), s, b);
    }
    json_close(b, ']');
    return e;
}
Err cal_fragment(Calibration *c, Buf *b) {
    Json *twin = NULL;
    Str what = STR_EMPTY;
    Err e = app_json_files(c->t.dir, "twin.json", NULL, &c->t.arena, &twin, &what);
    json_open(b, '{');
    if (!e) e = params(c, &c->t.arena, twin, b);
    if (!e) e = flows(c, &c->t.arena, twin, b);
    if (!e) e = works(c, &c->t.arena, twin, b);
    json_close(b, '}');
    return e;
}

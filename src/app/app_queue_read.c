#include "app_queue.h"

#define TINY        1e-9
#define HUGE_NUMBER 1e12
typedef struct {
    QueueFile *f;
    Arena *a;
    bool good;
} Reader;
static bool bad(Reader *r, const char *pointer, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static bool bad(Reader *r, const char *pointer, const char *fmt, ...) {
    if (!r->good) return false; // the first one counts
    r->good = false;
    va_list ap;
    va_start(ap, fmt);
    snprintf(r->f->pointer, sizeof r->f->pointer, "%s", pointer);
    (void)vsnprintf(r->f->what, sizeof r->f->what, fmt, ap);
    va_end(ap);
    return false;
}
static const char *path(Reader *r, const char *at, const char *key) {
    char t[300];
    int n = snprintf(t, sizeof t, "%s/%s", at, key);
    const char *z = arena_cstr(r->a, (Str){t, MIN((size_t)n, sizeof t - 1)});
    return z ? z : at;
}
static const char *path_n(Reader *r, const char *at, uint32_t i) {
    char t[16];
    snprintf(t, sizeof t, "%u", i);
    return path(r, at, t);
}
static bool known(Reader *r, const Json *j, const char *at, const char *const *keys) {
    if (!j || j->type != JN_OBJECT) return bad(r, at, "must be an object");
    for (const Json *m = j->first; m; m = m->next) {
        bool found = false;
        for (const char *const *k = keys; *k; k++) found |= str_eq_c(jn_key(m), *k);
        if (!found) {
            char t[64];
            snprintf(t, sizeof t, "%.*s", (int)MIN(m->key_n, 60u), m->key);
            return bad(r, path(r, at, t), "unknown member");
        }
    }
    return true;
}
static bool number(Reader *r, const Json *obj, const char *at, const char *key, double low, double high,
                   double otherwise, double *ret) {
    const Json *j = jn_get(obj, key);
    *ret = otherwise;
    if (!j) return isnan(otherwise) ? bad(r, path(r, at, key), "is needed") : true;
    char t[64];
    if (j->type == JN_INT)
        *ret = (double)j->i;
    else if (j->type == JN_REAL && j->n < sizeof t)
        memcpy(t, j->p, j->n), t[j->n] = 0, *ret = strtod(t, NULL);
    else
        return bad(r, path(r, at, key), "must be a number");
    if (*ret >= low && *ret <= high) return true;
    if (*ret > high) return bad(r, path(r, at, key), "must be at most %.12g", high);
    if (low == 0) return bad(r, path(r, at, key), "must not be negative");
    if (low == TINY) return bad(r, path(r, at, key), "must be over 0");
    return bad(r, path(r, at, key), "must be at least %.12g", low);
}
static bool whole(Reader *r, const Json *obj, const char *at, const char *key, double low, double high,
                  double otherwise, double *ret) {
    if (!number(r, obj, at, key, low, high, otherwise, ret)) return false;
    return *ret == floor(*ret) || bad(r, path(r, at, key), "must be a whole number");
}
static bool flag(Reader *r, const Json *obj, const char *at, const char *key) {
    const Json *j = jn_get(obj, key);
    if (!j) return false;
    if (j->type != JN_BOOL) return bad(r, path(r, at, key), "must be true or false");
    return j->b;
}
static const char *text(Reader *r, const Json *obj, const char *at, const char *key) {
    const Json *j = jn_get(obj, key);
    if (!j || j->type != JN_TEXT || !j->n || j->n > 40) {
        bad(r, path(r, at, key), "is needed: a text of 1 to 40 bytes");
        return "";
    }
    return arena_cstr(r->a, jn_text(j));
}
static int rising(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static bool dist(Reader *r, const Json *j, const char *at, DesDist *d) {
    static const char *const keys[] = {"is", "mean", "k", "cv", "min", "mode", "max", "values", NULL};
    if (!known(r, j, at, keys)) return false;
    Str is = jn_text(jn_get(j, "is"));
    uint8_t kind = 0;
    while (kind < DES_DIST_COUNT && !str_eq_c(is, DesDistKind_names.names[kind])) kind++;
    if (kind == DES_DIST_COUNT)
        return bad(r, path(r, at, "is"),
                   "unknown distribution: must be one of deterministic, exponential, erlang, gamma, lognormal, "
                   "uniform, triangular, empirical");
    *d = (DesDist){.kind = kind};
    bool good = true;
    if (kind <= DES_LOGNORMAL) good = number(r, j, at, "mean", kind == DES_DET ? 0 : TINY, HUGE_NUMBER, NAN, &d->a);
    if (kind == DES_ERLANG) good &= whole(r, j, at, "k", 1, 1000, NAN, &d->b);
    if (kind == DES_GAMMA || kind == DES_LOGNORMAL) good &= number(r, j, at, "cv", TINY, 100, NAN, &d->b);
    if (kind == DES_UNIFORM)
        good =
            number(r, j, at, "min", 0, HUGE_NUMBER, NAN, &d->a) && number(r, j, at, "max", 0, HUGE_NUMBER, NAN, &d->b);
    if (kind == DES_TRIANGULAR)
        good = number(r, j, at, "min", 0, HUGE_NUMBER, NAN, &d->a) &&
               number(r, j, at, "mode", 0, HUGE_NUMBER, NAN, &d->b) &&
               number(r, j, at, "max", 0, HUGE_NUMBER, NAN, &d->c);
    if (kind == DES_EMPIRICAL) {
        const Json *v = jn_get(j, "values");
        if (!v || v->type != JN_ARRAY || !v->n || v->n > 100000)
            return bad(r, path(r, at, "values"), "must be a list of 1 to 100000 numbers");
        double *x = arena_alloc(r->a, v->n * sizeof *x);
        if (!x) return bad(r, at, "too large");
        Json one = {.type = JN_OBJECT};
        for (const Json *e = v->first; e; e = e->next) {
            Json m = *e;
            m.key = "v", m.key_n = 1, m.next = NULL, one.first = &m, one.n = 1;
            if (!number(r, &one, path(r, at, "values"), "v", 0, HUGE_NUMBER, NAN, &x[d->n++])) return false;
        }
        qsort(x, d->n, sizeof *x, rising);
        d->values = x;
    }
    const char *why = good ? des_dist_check(d) : NULL;
    return why ? bad(r, at, "%s", why) : good;
}
static bool pieces(Reader *r, const Json *list, const char *at, const char *value, double period, const NetPiece **ret,
                   uint32_t *ret_n) {
    const char *const keys[] = {"from", "to", value, NULL};
    if (list->type != JN_ARRAY || !list->n || list->n > 1000) return bad(r, at, "must be a list of 1 to 1000 pieces");
    NetPiece *p = arena_alloc(r->a, list->n * sizeof *p);
    if (!p) return bad(r, at, "too large");
    uint32_t n = 0;
    for (const Json *j = list->first; j; j = j->next, n++) {
        const char *here = path_n(r, at, n);
        if (!known(r, j, here, keys) || !number(r, j, here, "from", 0, period, NAN, &p[n].from) ||
            !number(r, j, here, "to", 0, period, NAN, &p[n].to) || !number(r, j, here, value, 0, 1e9, NAN, &p[n].value))
            return false;
        if (p[n].to <= p[n].from) return bad(r, here, "`to` must be after `from`");
        for (uint32_t i = 0; i < n; i++)
            if (p[i].from < p[n].to && p[n].from < p[i].to) return bad(r, here, "overlaps piece %u", i);
    }
    *ret = p, *ret_n = n;
    return true;
}
static bool station_aging(Reader *r, const Json *aging, const char *at, NetStation *s) {
    s->aging = true;
    if (aging->type != JN_ARRAY || aging->n > NET_CLASSES_MAX)
        return bad(r, at, "must be a list of at most 8 times, by priority");
    uint32_t i = 0;
    for (const Json *e = aging->first; e; e = e->next, i++) {
        if (e->type != JN_INT) return bad(r, path_n(r, at, i), "must be a whole number");
        s->bonus[i] = (double)e->i;
    }
    return true;
}
static double capacity(const NetStation *s) { // servers in the mean; outside the calendar's pieces all are there
    double c = s->servers;
    for (uint32_t i = 0; i < s->calendar_n; i++)
        c += (s->calendar[i].value - s->servers) * (s->calendar[i].to - s->calendar[i].from) / s->period;
    return s->up > 0 ? c * s->up / (s->up + s->down) : c;
}
static bool station_calendar(Reader *r, const Json *j, const char *at, NetStation *s) {
    if (!pieces(r, j, at, "servers", s->period, &s->calendar, &s->calendar_n)) return false;
    for (uint32_t i = 0; i < s->calendar_n; i++)
        if (s->calendar[i].value != floor(s->calendar[i].value))
            return bad(r, path(r, path_n(r, at, i), "servers"), "must be a whole number");
    return capacity(s) > 0 || bad(r, at, "there is never a server");
}
static bool twice(const Reader *r, const char *id) {
    for (uint32_t i = 0; i < r->f->net.stations; i++)
        if (!strcmp(id, r->f->net.station[i].id)) return true;
    return false;
}
static bool station(Reader *r, const Json *j, const char *at, NetStation *s) {
    static const char *const keys[] = {"id",    "servers",  "capacity", "when_full", "service",   "preempt", "restart",
                                       "aging", "patience", "calendar", "period",    "breakdown", NULL};
    double v, most;
    if (!known(r, j, at, keys)) return false;
    s->id = text(r, j, at, "id");
    if (r->good && twice(r, s->id)) return bad(r, path(r, at, "id"), "is the id of a station before");
    const Json *servers = jn_get(j, "servers");
    if (servers && servers->type == JN_TEXT && str_eq_c(jn_text(servers), "infinite"))
        s->servers = NET_INFINITE;
    else if (whole(r, j, at, "servers", 1, 100000, 1, &v))
        s->servers = (uint32_t)v;
    s->room = DES_NO_LIMIT;
    if (jn_get(j, "capacity") && whole(r, j, at, "capacity", 0, 1e9, 0, &v)) s->room = (uint32_t)v;
    Str full = jn_text(jn_get(j, "when_full"));
    if (jn_get(j, "when_full") && !str_eq_c(full, "lost") && !str_eq_c(full, "block"))
        return bad(r, path(r, at, "when_full"), "must be lost or block");
    s->block = str_eq_c(full, "block");
    s->preempt = flag(r, j, at, "preempt"), s->restart = flag(r, j, at, "restart");
    const Json *aging = jn_get(j, "aging"), *shifts = jn_get(j, "calendar");
    if (aging && !station_aging(r, aging, path(r, at, "aging"), s)) return false;
    if (!dist(r, jn_get(j, "service"), path(r, at, "service"), &s->service)) return false;
    if (jn_get(j, "patience")) s->reneges = dist(r, jn_get(j, "patience"), path(r, at, "patience"), &s->patience);
    if (!number(r, j, at, "period", TINY, HUGE_NUMBER, 24, &s->period)) return false;
    if (shifts && !station_calendar(r, shifts, path(r, at, "calendar"), s)) return false;
    const Json *b = jn_get(j, "breakdown");
    if (b) {
        static const char *const bkeys[] = {"between", "repair", NULL};
        const char *here = path(r, at, "breakdown");
        if (!known(r, b, here, bkeys) || !number(r, b, here, "between", TINY, HUGE_NUMBER, NAN, &s->up) ||
            !number(r, b, here, "repair", TINY, HUGE_NUMBER, NAN, &most))
            return false;
        s->down = most;
    }
    return r->good;
}
static bool find_station(Reader *r, const Json *obj, const char *at, const char *key, uint32_t *ret) {
    Str id = jn_text(jn_get(obj, key));
    for (uint32_t i = 0; i < r->f->net.stations; i++)
        if (str_eq_c(id, r->f->net.station[i].id)) {
            *ret = i;
            return true;
        }
    return bad(r, path(r, at, key), "unknown station: must be the id of one of /stations");
}
static bool arrivals(Reader *r, const Json *j, const char *at, NetClass *k) {
    static const char *const keys[] = {"rate", "between", "table", "period", "formula", NULL};
    if (!known(r, j, at, keys)) return false;
    double v;
    int ways = (jn_get(j, "rate") != NULL) + (jn_get(j, "between") != NULL) + (jn_get(j, "table") != NULL) +
               (jn_get(j, "formula") != NULL);
    if (ways != 1) return bad(r, at, "needs one of rate, between, table, formula");
    if (!number(r, j, at, "period", TINY, HUGE_NUMBER, 24, &k->period)) return false;
    k->arrivals = NET_RENEWAL;
    if (jn_get(j, "rate")) {
        if (!number(r, j, at, "rate", TINY, 1e9, NAN, &v)) return false;
        k->gap = (DesDist){.kind = DES_EXP, .a = 1 / v};
    } else if (jn_get(j, "between")) {
        if (!dist(r, jn_get(j, "between"), path(r, at, "between"), &k->gap)) return false;
        if (des_dist_mean(&k->gap) <= 0)
            return bad(r, path(r, at, "between"), "the mean time between arrivals must be over 0");
    } else if (jn_get(j, "table")) {
        k->arrivals = NET_TABLE;
        if (!pieces(r, jn_get(j, "table"), path(r, at, "table"), "rate", k->period, &k->table, &k->table_n))
            return false;
        if (net_rate(k) <= 0) return bad(r, path(r, at, "table"), "some rate must be over 0");
    } else {
        static const char *const fkeys[] = {"mean", "amplitude", "shift", "period", NULL};
        const Json *f = jn_get(j, "formula");
        const char *here = path(r, at, "formula");
        k->arrivals = NET_FORMULA;
        return known(r, f, here, fkeys) && number(r, f, here, "mean", TINY, 1e9, NAN, &k->mean) &&
               number(r, f, here, "amplitude", 0, 1, 0, &k->amplitude) &&
               number(r, f, here, "shift", -1e9, 1e9, 0, &k->shift) &&
               number(r, f, here, "period", TINY, HUGE_NUMBER, 24, &k->period);
    }
    return true;
}
static bool routes(Reader *r, const Json *list, const char *at, NetClass *k) {
    static const char *const keys[] = {"from", "to", "probability", NULL};
    if (list->type != JN_ARRAY) return bad(r, at, "must be a list");
    uint32_t i = 0;
    for (const Json *j = list->first; j; j = j->next, i++) {
        const char *here = path_n(r, at, i);
        uint32_t from, to;
        double p;
        if (!known(r, j, here, keys) || !find_station(r, j, here, "from", &from) ||
            !find_station(r, j, here, "to", &to) || !number(r, j, here, "probability", 0, 1, 1, &p))
            return false;
        k->route[from][to] += p;
    }
    for (uint32_t s = 0; s < r->f->net.stations; s++) {
        double sum = 0;
        for (uint32_t t = 0; t < r->f->net.stations; t++) sum += k->route[s][t];
        if (sum > 1 + 1e-9)
            return bad(r, at, "the probabilities from station '%s' add up to %g: at most 1; what is left leaves",
                       r->f->net.station[s].id, sum);
        if (k->circulating && fabs(sum - 1) > 1e-9)
            return bad(r, at,
                       "the probabilities from station '%s' add up to %g: in a closed network they must add up to 1",
                       r->f->net.station[s].id, sum);
    }
    return true;
}
static bool klass(Reader *r, const Json *j, const char *at, NetClass *k) {
    static const char *const keys[] = {"id",    "priority", "arrivals", "circulating",
                                       "start", "routing",  "service",  NULL};
    double v;
    if (!known(r, j, at, keys)) return false;
    k->id = text(r, j, at, "id");
    if (whole(r, j, at, "priority", 0, NET_CLASSES_MAX - 1, 0, &v)) k->priority = (uint8_t)v;
    if (whole(r, j, at, "circulating", 0, 1000000, 0, &v)) k->circulating = (uint32_t)v;
    if (!jn_get(j, "arrivals") == !k->circulating) return bad(r, at, "needs either arrivals or circulating");
    if (jn_get(j, "start") && !find_station(r, j, at, "start", &k->first)) return false;
    if (jn_get(j, "arrivals") && !arrivals(r, jn_get(j, "arrivals"), path(r, at, "arrivals"), k)) return false;
    const Json *own = jn_get(j, "service");
    if (own) {
        DesDist *d = arena_alloc(r->a, r->f->net.stations * sizeof *d);
        if (!d || own->type != JN_OBJECT)
            return bad(r, path(r, at, "service"), "must be an object: a distribution by station");
        for (uint32_t s = 0; s < r->f->net.stations; s++) d[s] = r->f->net.station[s].service;
        for (const Json *m = own->first; m; m = m->next) {
            uint32_t s = 0;
            while (s < r->f->net.stations && !str_eq_c(jn_key(m), r->f->net.station[s].id)) s++;
            if (s == r->f->net.stations) return bad(r, path(r, at, "service"), "names an unknown station");
            if (!dist(r, m, path(r, path(r, at, "service"), r->f->net.station[s].id), &d[s])) return false;
        }
        k->service = d;
    }
    const Json *routing = jn_get(j, "routing"), none = {.type = JN_ARRAY};
    return routes(r, routing ? routing : &none, path(r, at, "routing"), k) && r->good;
}
static bool bounded(const Net *n, uint32_t s) { // cannot grow without end
    return n->station[s].room != DES_NO_LIMIT || n->station[s].reneges || n->station[s].servers >= NET_INFINITE;
}
static bool stable(Reader *r) {
    Net *n = &r->f->net;
    double load[NET_STATIONS_MAX] = {0}, lambda[NET_STATIONS_MAX];
    for (uint32_t k = 0; k < n->classes; k++) {
        if (!n->klass[k].arrivals) continue;
        if (!net_traffic(n, k, net_rate(&n->klass[k]), lambda))
            return bad(r, "/classes", "class '%s' never leaves: some probability must lead out", n->klass[k].id);
        for (uint32_t s = 0; s < n->stations; s++)
            load[s] +=
                lambda[s] * des_dist_mean(n->klass[k].service ? &n->klass[k].service[s] : &n->station[s].service);
    }
    bool ends = n->first_customers || (n->length > 0 && n->warmup <= 0); // a transient may be asked for on purpose
    for (uint32_t s = 0; s < n->stations && !ends; s++)
        if (!bounded(n, s) && load[s] >= capacity(&n->station[s]))
            return bad(r, path_n(r, "/stations", s),
                       "unstable: station '%s' would be used %.2f times its capacity; add servers or slow the arrivals",
                       n->station[s].id, load[s] / capacity(&n->station[s]));
    return true;
}
static bool run_part(Reader *r, const Json *j) {
    static const char *const keys[] = {"warmup", "length", "customers", "first_customers", "replications", NULL};
    Net *n = &r->f->net;
    double v;
    Json none = {.type = JN_OBJECT};
    if (j && !known(r, j, "/run", keys)) return false;
    const Json *o = j ? j : &none, *w = jn_get(o, "warmup");
    if (w && w->type == JN_TEXT && str_eq_c(jn_text(w), "mser-5"))
        r->f->mser = true;
    else if (!number(r, o, "/run", "warmup", 0, HUGE_NUMBER, 0, &n->warmup))
        return false;
    if (!number(r, o, "/run", "length", 0, HUGE_NUMBER, 0, &n->length)) return false;
    if (!whole(r, o, "/run", "customers", 0, 1e10, 0, &v)) return false;
    n->customers = (uint64_t)v;
    if (!whole(r, o, "/run", "first_customers", 0, 1e8, 0, &v)) return false;
    n->first_customers = (uint64_t)v;
    if (!whole(r, o, "/run", "replications", 2, 100000, 10, &v)) return false;
    r->f->replications = (uint32_t)v;
    for (uint32_t k = 0; k < n->classes; k++)
        if (n->klass[k].circulating && n->length <= 0)
            return bad(r, "/run/length", "is needed: the circulating ones never leave");
    if (n->length <= 0 && !n->customers && !n->first_customers) n->customers = 100000;
    return true;
}
bool queue_read(const Json *j, Arena *a, QueueFile *f) {
    static const char *const keys[] = {"$schema", "name", "time_unit", "stations", "classes", "run", NULL};
    Reader r = {f, a, true};
    memset(f, 0, sizeof *f);
    if (!known(&r, j, "", keys)) return false;
    const Json *st = jn_get(j, "stations"), *cl = jn_get(j, "classes");
    if (!st || st->type != JN_ARRAY || !st->n || st->n > NET_STATIONS_MAX)
        return bad(&r, "/stations", "must be a list of 1 to %d stations", NET_STATIONS_MAX);
    if (!cl || cl->type != JN_ARRAY || !cl->n || cl->n > NET_CLASSES_MAX)
        return bad(&r, "/classes", "must be a list of 1 to %d classes", NET_CLASSES_MAX);
    f->unit = jn_get(j, "time_unit") ? text(&r, j, "", "time_unit") : "time units";
    f->net.station = arena_alloc(a, st->n * sizeof *f->net.station),
    f->net.klass = arena_alloc(a, cl->n * sizeof *f->net.klass);
    if (!f->net.station || !f->net.klass) return bad(&r, "", "too large");
    for (const Json *e = st->first; e; e = e->next, f->net.stations++)
        if (!station(&r, e, path_n(&r, "/stations", f->net.stations), &f->net.station[f->net.stations])) return false;
    for (const Json *e = cl->first; e; e = e->next, f->net.classes++)
        if (!klass(&r, e, path_n(&r, "/classes", f->net.classes), &f->net.klass[f->net.classes])) return false;
    return run_part(&r, jn_get(j, "run")) && stable(&r) && r.good;
}

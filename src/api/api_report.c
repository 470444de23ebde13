// The time release study and the figures for Prometheus.
#include "api_internal.h"

#define STUDY_MS (24 * HOUR_MS) // of /metrics: the last day; the whole journal is for /v1/report

static const double bucket_s[API_LATENCY_BUCKETS] = {0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5};

void api_count(Api *api, const ApiCall *c, int status) {
    ApiCounters *k = &api->counters;
    if (!c->route) {
        atomic_fetch_add_explicit(&k->unrouted, 1, memory_order_relaxed);
        return;
    }
    atomic_fetch_add_explicit(&k->requests[c->route->op][MIN(status / 100, 5)], 1, memory_order_relaxed);
    if (c->route->input == IN_NONE) return;
    int64_t took = io_mono_us() - c->begun_us;
    size_t i = 0;
    while (i < API_LATENCY_BUCKETS && (double)took > bucket_s[i] * 1e6) i++;
    atomic_fetch_add_explicit(&k->latency[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&k->latency_us, (uint64_t)took, memory_order_relaxed);
}

// ---- report
typedef struct {
    const char *name;
    Str text;
} Word;
static void words_of(const StoreReportLine *l, Word ret[5]) {
    ret[0] = (Word){"stage", l->stage};
    ret[1] = (Word){"agency", l->agency};
    ret[2] = (Word){"direction", l->direction};
    ret[3] = (Word){"goods", l->goods};
    ret[4] = (Word){"mode", l->mode};
}
typedef struct {
    const char *name;
    int64_t ms;
} Figure;
#define FIGURES 9
static void figures_of(const StoreReportLine *l, Figure ret[FIGURES]) {
    const Figure all[FIGURES] = {{"p50", l->p50_ms},
                                 {"p90", l->p90_ms},
                                 {"p95", l->p95_ms},
                                 {"mean", l->mean_ms},
                                 {"waiting_mean", l->waiting_mean_ms},
                                 {"working_mean", l->working_mean_ms},
                                 {"waiting_p50", l->waiting_p50_ms},
                                 {"waiting_p90", l->waiting_p90_ms},
                                 {"waiting_p95", l->waiting_p95_ms}};
    memcpy(ret, all, sizeof all);
}
static bool json_line(void *ctx, const StoreReportLine *l) {
    Buf *b = ctx;
    Word w[5];
    Figure f[FIGURES];
    words_of(l, w);
    figures_of(l, f);
    json_open(b, '{');
    for (size_t i = 0; i < 5; i++) {
        if (!w[i].text.n) continue;
        json_key(b, w[i].name);
        json_str(b, w[i].text);
    }
    json_key(b, "count");
    json_int(b, (int64_t)l->count);
    for (size_t i = 0; i < FIGURES; i++) {
        char key[32];
        (void)snprintf(key, sizeof key, "%s_s", f[i].name);
        json_key(b, key);
        buf_printf(b, "%lld.%03d", (long long)(f[i].ms / 1000), (int)(f[i].ms % 1000));
    }
    json_close(b, '}');
    return true;
}
static bool csv_line(void *ctx, const StoreReportLine *l) {
    Buf *b = ctx;
    Word w[5];
    Figure f[FIGURES];
    words_of(l, w);
    figures_of(l, f);
    for (size_t i = 0; i < 5; i++) buf_printf(b, STR_F ",", STR_A(w[i].text)); // ids of the site: no commas in them
    buf_u64(b, l->count);
    for (size_t i = 0; i < FIGURES; i++)
        buf_printf(b, ",%lld.%03d", (long long)(f[i].ms / 1000), (int)(f[i].ms % 1000));
    buf_c(b, "\r\n");
    return true;
}
static bool parse_by(Str by, StoreReportQuery *q) {
    while (by.n) {
        const char *comma = memchr(by.p, ',', by.n);
        Str word = {by.p, comma ? (size_t)(comma - by.p) : by.n};
        size_t skip = MIN(word.n + 1, by.n);
        by = (Str){by.p + skip, by.n - skip};
        if (str_eq_c(word, "direction"))
            q->by_direction = true;
        else if (str_eq_c(word, "goods"))
            q->by_goods = true;
        else if (str_eq_c(word, "mode"))
            q->by_mode = true;
        else
            return false;
    }
    return true;
}
void api_report(ApiCall *c, Store *s) {
    StoreReportQuery q = {.from_ms = 0, .to_ms = TIME_NEVER};
    Str from = api_param(c, "from"), to = api_param(c, "to");
    if (from.n) CK_ASSERT(iso8601_parse(from, &q.from_ms)); // the schema has checked them
    if (to.n) CK_ASSERT(iso8601_parse(to, &q.to_ms));
    if (!parse_by(api_param(c, "by"), &q)) return api_query_fail(c, API_BODY_INVALID, STR_EMPTY);
    bool csv = str_eq_c(api_param(c, "format"), "csv");
    if (csv) {
        c->content_type = "text/csv; charset=utf-8; header=present";
        buf_c(&c->out, "stage,agency,direction,goods,mode,count,p50_s,p90_s,p95_s,mean_s,waiting_mean_s,working_mean_s,"
                       "waiting_p50_s,"
                       "waiting_p90_s,waiting_p95_s\r\n");
    } else {
        buf_c(&c->out, "{\"items\":[");
    }
    Err e = store_each_report(s, &q, csv ? csv_line : json_line, &c->out);
    if (!csv) buf_c(&c->out, "]}");
    if (e != OK) api_query_fail(c, api_code_of(e), str_c(err_text(e)));
}

// ---- metrics (text exposition format 0.0.4)
static void head(Buf *b, const char *name, const char *type, const char *help) {
    buf_printf(b, "# HELP cuakhau_%s %s\n# TYPE cuakhau_%s %s\n", name, help, name, type);
}
static void one(Buf *b, const char *name, const char *type, const char *help, uint64_t v) {
    head(b, name, type, help);
    buf_printf(b, "cuakhau_%s %llu\n", name, (unsigned long long)v);
}
static void requests(Buf *b, ApiCounters *k) {
    head(b, "http_requests_total", "counter", "Requests by operation and class of status");
    for (int op = 0; op < OP_COUNT; op++)
        for (int s = 1; s < 6; s++) {
            uint64_t n = atomic_load(&k->requests[op][s]);
            if (n)
                buf_printf(b, "cuakhau_http_requests_total{operation=\"%s\",status=\"%dxx\"} %llu\n", api_routes[op].id,
                           s, (unsigned long long)n);
        }
    one(b, "http_unrouted_total", "counter", "Requests to no known address", atomic_load(&k->unrouted));
}
static void latency(Buf *b, ApiCounters *k) {
    uint64_t sum = 0;
    head(b, "command_seconds", "histogram", "Time from a command's receipt to its answer");
    for (size_t i = 0; i <= API_LATENCY_BUCKETS; i++) {
        sum += atomic_load(&k->latency[i]);
        if (i < API_LATENCY_BUCKETS)
            buf_printf(b, "cuakhau_command_seconds_bucket{le=\"%g\"} %llu\n", bucket_s[i], (unsigned long long)sum);
        else
            buf_printf(b, "cuakhau_command_seconds_bucket{le=\"+Inf\"} %llu\n", (unsigned long long)sum);
    }
    buf_printf(b, "cuakhau_command_seconds_sum %g\ncuakhau_command_seconds_count %llu\n",
               (double)atomic_load(&k->latency_us) / 1e6, (unsigned long long)sum);
}
typedef struct {
    Buf *out, parts; // the lines of one metric must stand together: the second one's wait
} Study;
static bool study_line(void *ctx, const StoreReportLine *l) {
    Study *st = ctx;
    Buf *b = st->out;
    const struct {
        const char *q;
        int64_t ms;
    } all[] = {{"0.5", l->p50_ms}, {"0.9", l->p90_ms}, {"0.95", l->p95_ms}};
    char labels[256];
    (void)snprintf(labels, sizeof labels, "stage=\"" STR_F "\",agency=\"" STR_F "\",direction=\"" STR_F "\"",
                   STR_A(l->stage), STR_A(l->agency), STR_A(l->direction));
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        buf_printf(b, "cuakhau_release_seconds{%s,quantile=\"%s\"} %.3f\n", labels, all[i].q, (double)all[i].ms / 1000);
    buf_printf(b, "cuakhau_release_seconds_sum{%s} %.3f\ncuakhau_release_seconds_count{%s} %llu\n", labels,
               (double)l->mean_ms * (double)l->count / 1000, labels, (unsigned long long)l->count);
    buf_printf(&st->parts,
               "cuakhau_release_part_seconds{%s,part=\"waiting\"} "
               "%.3f\ncuakhau_release_part_seconds{%s,part=\"working\"} %.3f\n",
               labels, (double)l->waiting_mean_ms / 1000, labels, (double)l->working_mean_ms / 1000);
    return true;
}
void api_metrics(ApiCall *c, Store *s) {
    ApiCounters *k = &c->api->counters;
    Buf *b = &c->out;
    StoreCounts n;
    Err e = store_counts(s, &n);
    if (e != OK) return api_query_fail(c, api_code_of(e), str_c(err_text(e)));
    c->content_type = "text/plain; version=0.0.4; charset=utf-8";
    one(b, "passages", "gauge", "Passages ever declared", n.passages);
    one(b, "passages_open", "gauge", "Open passages", n.open);
    one(b, "tasks_open", "gauge", "Open tasks", n.tasks);
    one(b, "queued", "gauge", "Passages in a queue", n.queued);
    one(b, "alarms", "gauge", "Alarms", n.alarms);
    one(b, "effects_pending", "gauge", "Effects not yet confirmed", n.effects);
    one(b, "journal_seq", "counter", "Last committed event", atomic_load(&k->seq));
    one(b, "commits_total", "counter", "Batches committed", atomic_load(&k->commits));
    one(b, "inputs_total", "counter", "Inputs committed", atomic_load(&k->committed_inputs));
    one(b, "commits_failed_total", "counter", "Batches that failed", atomic_load(&k->failed_commits));
    one(b, "refusals_total", "counter", "Commands the gate refused", atomic_load(&k->refused));
    one(b, "overloaded_total", "counter", "Commands turned away by a full queue", atomic_load(&k->overloaded));
    one(b, "writer_queue", "gauge", "Commands waiting for the writer", api_writer_depth(c->api->writer));
    one(b, "connections", "gauge", "Open connections", io_http_connections(c->api->http));
    one(b, "event_streams", "gauge", "Open event streams", atomic_load(&k->streams));
    one(b, "events_sent_total", "counter", "Events sent on streams", atomic_load(&k->events_sent));
    api_peer_metrics(c->api, b, s);
    requests(b, k);
    latency(b, k);
    head(b, "release_seconds", "summary", "Time release study of the last 24 h: waiting and working");
    StoreReportQuery q = {.from_ms = io_now_ms() - STUDY_MS, .to_ms = TIME_NEVER, .by_direction = true};
    Study study = {.out = b};
    buf_init(&study.parts, 4u << 20);
    e = store_each_report(s, &q, study_line, &study);
    head(b, "release_part_seconds", "gauge", "Means of the same study: waiting against working");
    buf_str(b, buf_view(&study.parts));
    buf_deinit(&study.parts);
    if (e != OK) api_query_fail(c, api_code_of(e), str_c(err_text(e)));
}

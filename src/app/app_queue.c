// cuakhau queue: any queueing network, simulated beside what theory knows of it.
#include "app_queue.h"
#include "des/des_run.h"
#include "io/io_file.h"
#include <unistd.h>

typedef struct {
    const QueueFile *f;
    uint64_t seed;
    NetOut *outs;
    double *x; // one figure of each of the n
    uint32_t n;
    NetOut known;
    bool json;
} Result;
static void one(void *ctx, uint32_t replication, void *out) {
    const Result *r = ctx;
    net_run(&r->f->net, r->seed, replication, out);
}
static void say(void *ctx, uint32_t done, uint32_t n) {
    (void)ctx;
    fprintf(stderr, "\r%u of %u replications%s", done, n, done == n ? "\n" : "");
}
static DesInterval at(const Result *r, size_t offset) {
    for (uint32_t i = 0; i < r->n; i++) memcpy(&r->x[i], (const char *)&r->outs[i] + offset, sizeof *r->x);
    return des_interval(r->x, r->n, 0.95);
}
#define FIGURE(name, member)                                                                                           \
    { name, offsetof(NetFigures, member) }
static const struct {
    const char *name;
    size_t at;
} figures[] = {FIGURE("wait_mean", wait),     FIGURE("wait_p50", wait_q[0]), FIGURE("wait_p90", wait_q[1]),
               FIGURE("wait_p95", wait_q[2]), FIGURE("wait_p99", wait_q[3]), FIGURE("time_mean", time),
               FIGURE("time_p50", time_q[0]), FIGURE("time_p90", time_q[1]), FIGURE("time_p95", time_q[2]),
               FIGURE("time_p99", time_q[3]), FIGURE("number_mean", number), FIGURE("queue_mean", queue),
               FIGURE("utilisation", used),   FIGURE("loss", loss),          FIGURE("reneged", reneged),
               FIGURE("throughput", through)};
static double known_at(const Result *r, size_t base, size_t i) {
    double v;
    memcpy(&v, (const char *)&r->known + base + figures[i].at, sizeof v);
    return v;
}
static void block_text(const Result *r, const char *name, size_t base, bool station) {
    printf("\n%s\n", name);
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        bool of_station = figures[i].at == offsetof(NetFigures, queue) || figures[i].at == offsetof(NetFigures, used);
        if (of_station && !station) continue;
        DesInterval v = at(r, base + figures[i].at);
        double k = known_at(r, base, i);
        printf("  %-12s %14.6g ± %-12.4g", figures[i].name, v.mean, v.half);
        if (isfinite(k)) printf(" exact %.8g%s", k, fabs(v.mean - k) <= v.half ? "" : " (outside the interval)");
        printf("\n");
    }
}
static void text(const Result *r) {
    const Net *n = &r->f->net;
    char name[128];
    printf("%u replications, seed %llu, 95 %% intervals; time in %s; exact: from queueing theory, where it has an "
           "answer\n",
           r->n, (unsigned long long)r->seed, r->f->unit);
    for (uint32_t s = 0; s < n->stations; s++) {
        snprintf(name, sizeof name,
                 n->station[s].servers >= NET_INFINITE ? "station %s (infinite servers)" : "station %s (%u servers)",
                 n->station[s].id, n->station[s].servers);
        block_text(r, name, offsetof(NetOut, station) + s * sizeof(NetFigures), true);
    }
    for (uint32_t k = 0; k < n->classes && n->classes > 1; k++) {
        snprintf(name, sizeof name, "class %s", n->klass[k].id);
        block_text(r, name, offsetof(NetOut, klass) + k * sizeof(NetFigures), false);
    }
    block_text(r, "in total", offsetof(NetOut, total), false);
}
static void num(Buf *b, const char *key, double v) {
    char t[40];
    int n = isfinite(v) ? snprintf(t, sizeof t, "%.12g", v) : snprintf(t, sizeof t, "null");
    json_key(b, key), json_raw(b, (Str){t, (size_t)n});
}
static void block_json(Buf *b, const Result *r, const char *id, size_t base, bool station) {
    json_open(b, '{');
    if (id) json_key(b, "id"), json_c(b, id);
    for (size_t i = 0; i < ARRAY_LEN(figures); i++) {
        bool of_station = figures[i].at == offsetof(NetFigures, queue) || figures[i].at == offsetof(NetFigures, used);
        if (of_station && !station) continue;
        DesInterval v = at(r, base + figures[i].at);
        double k = known_at(r, base, i);
        json_key(b, figures[i].name), json_open(b, '{'), num(b, "mean", v.mean), num(b, "half", v.half);
        if (isfinite(k)) num(b, "analytic", k);
        json_close(b, '}');
    }
    json_close(b, '}');
}
static void json(const Result *r) {
    const Net *n = &r->f->net;
    Buf b;
    buf_init(&b, 16u << 20);
    json_open(&b, '{'), json_key(&b, "replications"), json_int(&b, r->n), json_key(&b, "seed"),
        json_int(&b, (int64_t)r->seed), json_key(&b, "confidence_percent"), json_int(&b, 95), json_key(&b, "time_unit"),
        json_c(&b, r->f->unit);
    num(&b, "warmup", n->warmup);
    json_key(&b, "stations"), json_open(&b, '[');
    for (uint32_t s = 0; s < n->stations; s++)
        block_json(&b, r, n->station[s].id, offsetof(NetOut, station) + s * sizeof(NetFigures), true);
    json_close(&b, ']'), json_key(&b, "classes"), json_open(&b, '[');
    for (uint32_t k = 0; k < n->classes; k++)
        block_json(&b, r, n->klass[k].id, offsetof(NetOut, klass) + k * sizeof(NetFigures), false);
    json_close(&b, ']'), json_key(&b, "total"), block_json(&b, r, NULL, offsetof(NetOut, total), false),
        json_close(&b, '}');
    printf(STR_F "\n", STR_A(buf_view(&b)));
    buf_deinit(&b);
}
// The warm-up by MSER-5: pilot runs measured window by window, averaged over replications (Welch), then cut.
static void find_warmup(QueueFile *f, uint64_t seed) {
    enum { WINDOWS = 200, PILOTS = 5 };
    double rate = 0, x[WINDOWS] = {0};
    for (uint32_t k = 0; k < f->net.classes; k++)
        rate += f->net.klass[k].arrivals ? net_rate(&f->net.klass[k])
                                         : 1 / des_dist_mean(&f->net.station[f->net.klass[k].first].service);
    double length = f->net.length > 0 ? f->net.length : (double)f->net.customers / rate, step = length / WINDOWS;
    NetOut *o = calloc(1, sizeof *o);
    CK_ASSERT(o != NULL);
    for (uint32_t p = 0; p < PILOTS; p++) {
        double before = 0;
        for (uint32_t i = 0; i < WINDOWS; i += 10) { // the mean number up to here gives that within the window
            Net n = f->net;
            n.length = step * (i + 10), n.customers = 0;
            net_run(&n, seed + 1000003, p, o);
            double area = o->total.number * n.length, here = (area - before) / (10 * step);
            for (uint32_t k = i; k < i + 10; k++) x[k] += here / PILOTS;
            before = area;
        }
    }
    f->net.warmup = des_mser5(x, WINDOWS) * step;
    free(o);
}
static int run(Result *r, QueueFile *f, uint32_t threads) {
    if (f->mser) find_warmup(f, r->seed);
    DesReplicate d = {.n = f->replications,
                      .threads = threads,
                      .one = one,
                      .ctx = r,
                      .outs = r->outs,
                      .out_size = sizeof *r->outs,
                      .progress = isatty(2) ? say : NULL};
    r->n = des_replicate(&d);
    for (uint32_t i = 0; i < r->n; i++)
        if (r->outs[i].deadlock) {
            fprintf(stderr,
                    "cuakhau: deadlock in replication %u after %g %s: each of these stations is full of jobs that wait "
                    "for another of them: %s\n",
                    i, r->outs[i].time, f->unit, r->outs[i].cycle);
            return 1;
        }
    net_analytic(&f->net, &r->known);
    if (r->json)
        json(r);
    else
        text(r);
    return 0;
}
int app_queue(int argc, char **argv) {
    static const char usage[] = "queue NETWORK.json [--replications N] [--seed S] [--threads N] [--json]";
    const char *replications = NULL, *seed = NULL, *threads = NULL, *as_json = NULL;
    const AppOption options[] = {{"replications", &replications, false},
                                 {"seed", &seed, false},
                                 {"threads", &threads, false},
                                 {"json", &as_json, true}};
    AppArgs rest;
    uint64_t n = 0, sd = 1, th = 0;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    bool good = rest.n == 1 && (!replications || (app_number(replications, 4096, &n) && n >= 2)) &&
                (!seed || app_number(seed, INT64_MAX, &sd)) && (!threads || app_number(threads, 64, &th));
    if (!good) {
        fprintf(stderr, "usage: cuakhau %s\n  replications 2-4096, threads 0 (all cores) - 64\n", usage);
        return 2;
    }
    Arena a;
    arena_init(&a, 256u << 20);
    Str file, what = STR_EMPTY;
    Json *j = NULL;
    static QueueFile f;
    int status = 2;
    Err e = io_file_read(rest.arg[0], 16u << 20, &a, &file);
    if (!e) e = wire_parse_json(file, 16, &a, &j, &what);
    if (e) {
        fprintf(stderr, "cuakhau: %s: %.*s\n", rest.arg[0], what.n ? (int)what.n : (int)strlen(err_text(e)),
                what.n ? what.p : err_text(e));
    } else if (!queue_read(j, &a, &f)) {
        fprintf(stderr, "cuakhau: %s: %s: %s\n", rest.arg[0], *f.pointer ? f.pointer : "/", f.what);
    } else {
        if (n) f.replications = (uint32_t)n;
        Result r = {.f = &f, .seed = sd, .json = as_json != NULL, .outs = calloc(f.replications, sizeof(NetOut))};
        r.x = calloc(f.replications, sizeof *r.x);
        CK_ASSERT(r.outs != NULL && r.x != NULL);
        status = run(&r, &f, (uint32_t)th);
        free(r.outs), free(r.x);
    }
    arena_deinit(&a);
    return status;
}

// The daemon: opens the journal, adopts the site, serves HTTP until SIGTERM or SIGINT. SIGHUP reads the site files
// again.
#include "app_serve.h"
#include "app_serve_peer.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "wire/wire_json.h"
#include <signal.h>
#include <unistd.h>

typedef struct {
    const char *site, *phase, *extra, *store, *listen, *tokens, *passages, *port_file, *twin, *fleet;
    FleetArgs air;
    PeerArgs peer;
} ServeOpts;
typedef struct { // what acts on the gate from within
    ServeTwin *twin;
    ServeFleet *fleet;
    ServePeer *peer;
    const ApiActor *twin_actor;
} Inside;
static const char usage[] =
    "serve --site DIR [--phase P] [--tariff FILE] [--store sqlite:FILE] [--listen HOST:PORT] [--tokens FILE] "
    "[--passages-max N] [--port-file FILE] [--twin SPEED [--fleet site|ROAD=N,...]] "
    "[--fleet ROAD --broker HOST:PORT --vehicles MANUFACTURER/SERIAL[@VERSION],... [--roads FILE] [--interface uagv] "
    "[--epoch MS] [--user NAME --password-file FILE] [--ca FILE [--cert FILE --key FILE]]] " PEER_USAGE;

static bool split_listen(const char *text, char *host, size_t max, uint16_t *ret_port) {
    const char *colon = strrchr(text, ':');
    uint64_t port;
    if (!colon || (size_t)(colon - text) >= max || !app_number(colon + 1, 65535, &port)) return false;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    *ret_port = (uint16_t)port;
    return true;
}
static void tell_site(const SiteReply *r, Str prefix, Err e, Str what) {
    if (what.n) log_line(LOG_ERROR, "site", STR_F, STR_A(what));
    for (uint32_t i = 0; i < r->problems; i++)
        log_line(LOG_ERROR, "site", STR_F ": " STR_F, STR_A(r->problem[i].where), STR_A(r->problem[i].what));
    if (e)
        log_line(LOG_ERROR, "site", "not adopted: %s; the site in force stays", err_text(e));
    else
        log_line(LOG_INFO, "site", "%s; open passages affected: %u", r->changed ? "adopted" : "unchanged", r->affected);
    Buf b;
    buf_init(&b, 4096);
    for (uint32_t i = 0; i < MIN(r->affected, (uint32_t)SITE_AFFECTED_MAX); i++) {
        char ref[PASS_REF_MAX];
        pass_ref_format(prefix, r->passage[i], ref);
        buf_printf(&b, "%s%s", b.n ? " " : "", ref);
    }
    if (b.n)
        log_line(LOG_INFO, "site", "affected: " STR_F "%s", STR_A(buf_view(&b)),
                 r->affected > SITE_AFFECTED_MAX ? " ..." : "");
    buf_deinit(&b);
}
static Str prefix_of(Str bundle, Arena *a) { // of pass references
    Json *j = NULL;
    Str what;
    return wire_parse_json(bundle, 16, a, &j, &what) == OK ? jn_text(jn_get(j, "prefix")) : STR_EMPTY;
}
static void reload(Api *api, const ServeOpts *o) {
    Arena a;
    arena_init(&a, 64u << 20);
    SiteReply r = {0};
    Str bundle = STR_EMPTY, what = STR_EMPTY;
    Err e = app_site_bundle(o->site, o->phase, o->extra, &a, &bundle, &what);
    if (!e) e = api_reload_site(api, bundle, &a, &r);
    tell_site(&r, prefix_of(bundle, &a), e, what);
    arena_deinit(&a);
}
static Err write_port(const char *path, uint16_t port) { // for scripts that asked for a free port
    if (!path) return OK;
    FILE *f = fopen(path, "w");
    if (!f) return ERR_IO;
    int n = fprintf(f, "%u\n", port);
    return fclose(f) == 0 && n > 0 ? OK : ERR_IO;
}
static int run(Ledger *l, const ServeOpts *o, const HsSet *hs, const char *file, const sigset_t *signals,
               const ApiActor *actor, ServePeer *peer) {
    char host[64];
    ApiLink link = {peer, serve_peer_command, serve_peer_show, serve_peer_metrics};
    ApiOpts opts = {.ledger = l, .host = host, .tokens = o->tokens, .store = file, .hs = hs, .actor = actor};
    opts.link = peer ? &link : NULL;
    if (!split_listen(o->listen, host, sizeof host, &opts.port)) {
        fprintf(stderr, "cuakhau: --listen wants HOST:PORT, for example 127.0.0.1:8080\n");
        return 2;
    }
    Api *api;
    Err e = api_start(&opts, &api);
    if (e) return app_fail(e, "cannot listen on %s", o->listen);
    if ((e = write_port(o->port_file, api_port(api))) != OK) return app_fail(e, "%s", o->port_file);
    log_line(LOG_INFO, "serve", "listening on http://%s:%u", host, api_port(api));
    if (peer) serve_peer_api(peer, api);
    for (int sig = 0; sig != SIGTERM && sig != SIGINT;) {
        sigwait(signals, &sig);
        if (sig == SIGHUP) reload(api, o);
        if (sig == SIGHUP && peer) serve_peer_reload(peer);
    }
    log_line(LOG_INFO, "serve", "stopping");
    if (peer) serve_peer_api(peer, NULL);
    api_stop(api);
    return 0;
}
static int64_t inside_next(void *ctx) {
    const Inside *in = ctx;
    int64_t twin = in->twin_actor ? in->twin_actor->next_ms(in->twin_actor->ctx) : TIME_NEVER;
    int64_t fleet = in->fleet ? serve_fleet_next(in->fleet) : TIME_NEVER;
    return MIN(MIN(twin, fleet), in->peer ? serve_peer_next(in->peer) : TIME_NEVER);
}
static Err inside_run(void *ctx, int64_t now_ms) {
    const Inside *in = ctx;
    Err e = in->twin_actor ? in->twin_actor->run(in->twin_actor->ctx, now_ms) : OK;
    if (!e && in->fleet) e = serve_fleet_run(in->fleet, now_ms);
    return e || !in->peer ? e : serve_peer_run(in->peer, now_ms);
}
static Err inside_last(void *ctx, int64_t now_ms) {
    const Inside *in = ctx;
    return in->peer ? serve_peer_last(in->peer, now_ms) : OK;
}
static void inside_durable(void *ctx) {
    const Inside *in = ctx;
    if (in->peer) serve_peer_durable(in->peer);
}
// Trucks that the other side has signed back and that are not home yet: the world drives them.
static void one_back(void *ctx, uint32_t passage) {
    serve_twin_coming_back(ctx, passage);
}
static void tell_back(const Inside *in) {
    if (in->peer && in->twin) serve_peer_each_back(in->peer, one_back, in->twin);
}
static void inside_lost(void *ctx) {
    const Inside *in = ctx;
    if (in->twin_actor) in->twin_actor->lost(in->twin_actor->ctx);
    if (in->fleet) serve_fleet_lost(in->fleet);
    if (in->peer) serve_peer_lost(in->peer);
    tell_back(in);
}
static void observe_fleet(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq) {
    (void)g, (void)seq;
    if (after) serve_fleet_event(ctx, e);
}
static void observe_peer(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq) {
    (void)g, (void)seq;
    if (after) serve_peer_event(ctx, e);
}
static int start_fleet(const Inside *in, const char *road_id, Ledger *l) {
    const Site *site = gate_site(ledger_gate(l));
    uint8_t road = site_find(site, DYN_ROAD, str_c(road_id));
    if (road == DYN_NONE) {
        fprintf(stderr, "cuakhau: --fleet %s: the site has no such road\n", road_id);
        return 2;
    }
    Err e = serve_fleet_start(in->fleet, l, road);
    if (e) return app_fail(e, "--broker");
    if (in->twin)
        serve_twin_beside(in->twin, road, in->fleet);
    else
        ledger_observe(l, observe_fleet, in->fleet);
    return 0;
}
static int come_alive(Ledger *l, const ServeOpts *o, Inside *in, uint64_t passages_max, int64_t start, int64_t now,
                      uint32_t speed) {
    int status = in->fleet ? start_fleet(in, o->fleet, l) : 0;
    if (status || !in->twin) return status;
    in->twin_actor = serve_twin_start(in->twin, l, (uint32_t)passages_max, start, io_random_u64() >> 1);
    Err e = serve_twin_attach(in->twin, now);
    tell_back(in);
    log_line(LOG_INFO, "twin", "the world runs %u times as fast as the clock", speed);
    return e ? err_exit(e) : 0;
}
static void close_inside(Inside *in) { // again is nothing
    serve_peer_close(&in->peer), serve_twin_close(&in->twin), serve_fleet_close(&in->fleet);
}
// With an epoch two programs whose clocks run fast show the same time.
static void scale_clock(const ServeOpts *o, uint32_t speed, int64_t at_least_ms) {
    uint64_t epoch = 0;
    int64_t now = io_now_ms();
    if (o->air.epoch && app_number(o->air.epoch, (uint64_t)now, &epoch))
        at_least_ms = MAX(at_least_ms, (int64_t)epoch + (now - (int64_t)epoch) * speed);
    io_clock_scale(speed, at_least_ms);
}
static int open_and_run(const ServeOpts *o, const char *file, uint64_t passages_max, const sigset_t *signals, Arena *a,
                        Inside *in, uint32_t speed) {
    HsSet *hs = NULL;
    Ledger *l;
    SiteReply r = {0};
    Str bundle = STR_EMPTY, what = STR_EMPTY;
    Err e = app_site_bundle(o->site, o->phase, o->extra, a, &bundle, &what);
    if (e) return tell_site(&r, STR_EMPTY, e, what), err_exit(e);
    if ((e = app_load_hs(&hs)) != OK) return app_fail(e, "schema/hs2022.txt");
    LedgerOpts lo = {.store = {.path = file}, .limits = {.passages_max = (uint32_t)passages_max}};
    if ((e = ledger_open(&lo, &l)) != OK) {
        hs_free(hs);
        return app_fail(e, "%s", file);
    }
    if (in->twin && !in->fleet) scale_clock(o, speed, gate_now(ledger_gate(l)) + 1);
    int64_t now = io_now_ms(), start = now;
    if (in->twin && !gate_site(ledger_gate(l))) start -= serve_twin_warm_ms(in->twin, in->fleet != NULL);
    e = ledger_adopt_site(l, bundle, start, a, &r);
    tell_site(&r, prefix_of(bundle, a), e, what);
    int status = e ? err_exit(e) : in->peer ? serve_peer_start(in->peer, l, file) : 0;
    if (!status && in->peer) ledger_observe(l, observe_peer, in->peer);
    if (!status) status = come_alive(l, o, in, passages_max, start, now, speed);
    ApiActor actor = {in, inside_next, inside_run, inside_last, inside_durable, inside_lost};
    bool acts = in->twin || in->fleet || in->peer;
    if (!status) status = run(l, o, hs, file, signals, acts ? &actor : NULL, in->peer);
    ledger_unobserve(l);
    close_inside(in);
    ledger_close(l);
    hs_free(hs);
    return status;
}
// With a broker --fleet names the road whose boxes go over it; without, the twin's own vehicles.
static int open_inside(ServeOpts *o, const char *speed, Inside *ret) {
    int status = o->twin ? serve_twin_open(o->site, o->phase, o->extra, &ret->twin) : 0;
    if (!status && o->peer.url) status = serve_peer_open(&o->peer, o->site, &ret->peer);
    if (!status && ret->peer && ret->twin) serve_twin_peer(ret->twin);
    if (status || !o->fleet) return status;
    if (!o->air.broker && ret->twin) return serve_twin_fleet(ret->twin, o->fleet);
    if (!o->air.broker) {
        fprintf(stderr, "cuakhau: --fleet wants --twin, or --broker and --vehicles\n");
        return 2;
    }
    o->air.speed_up = o->twin ? speed : NULL;
    return serve_fleet_open(o->fleet, o->site, &o->air, &ret->fleet);
}
int app_serve(int argc, char **argv) {
    ServeOpts o = {.listen = "127.0.0.1:8080", .store = "sqlite:cuakhau.db", .tokens = "tokens", .passages = "20000"};
    const AppOption options[] = {{"site", &o.site, false},
                                 {"phase", &o.phase, false},
                                 {"tariff", &o.extra, false},
                                 {"store", &o.store, false},
                                 {"listen", &o.listen, false},
                                 {"tokens", &o.tokens, false},
                                 {"passages-max", &o.passages, false},
                                 {"port-file", &o.port_file, false},
                                 {"twin", &o.twin, false},
                                 {"fleet", &o.fleet, false},
                                 PEER_ARGS(o.peer),
                                 FLEET_AIR_ARGS(o.air)};
    AppArgs rest;
    uint64_t passages_max, speed = 0;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    bool good = o.site && rest.n == 0 && strncmp(o.store, "sqlite:", 7) == 0 &&
                app_number(o.passages, 1000000, &passages_max) && passages_max;
    if (!good) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    if (o.twin && (!app_number(o.twin, 3600, &speed) || !speed)) {
        fprintf(stderr,
                "cuakhau: --twin %s: must be a whole number from 1 to 3600: how many times as fast as the clock\n",
                o.twin);
        return 2;
    }
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM), sigaddset(&signals, SIGINT), sigaddset(&signals, SIGHUP);
    sigprocmask(SIG_BLOCK, &signals, NULL); // all threads inherit this: only sigwait takes them
    signal(SIGPIPE, SIG_IGN);
    Arena a;
    arena_init(&a, 64u << 20);
    Inside inside = {0};
    int status = open_inside(&o, o.twin, &inside);
    if (!status) status = open_and_run(&o, o.store + 7, passages_max, &signals, &a, &inside, (uint32_t)speed);
    close_inside(&inside);
    arena_deinit(&a);
    return status;
}

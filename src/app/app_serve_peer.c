#include "app_serve_peer.h"
#include "app.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "peer/peer_ask.h"
#include <pthread.h>
#include <stdatomic.h>

typedef struct { // what was read, one behind the other: old ones stay, others may still look at them
    Arena a;
    PeerFiles f;
} Read;
#define READS_MAX 64
struct ServePeer {
    PeerArgs args;
    char agreement[4200], host[64];
    uint16_t port;
    uint64_t shift_s; // of the reconciliation; 0: as agreed
    Read *read[READS_MAX];
    uint32_t reads;
    Peer *peer;
    PeerLink *link;
    _Atomic(Api *) api;
    _Atomic bool reload;
    _Atomic(const PeerFiles *) shown; // in force; old ones stay
    bool down;                        // told
};
static int read_files(ServePeer *s) {
    Str what = STR_EMPTY;
    if (s->reads == READS_MAX) return app_fail(ERR_LIMIT, "the link's files were read %d times: start anew", READS_MAX);
    Read *r = calloc(1, sizeof *r);
    CK_ASSERT(r != NULL);
    arena_init(&r->a, 8u << 20);
    Err e = peer_files_read(s->args.files, s->agreement, &r->a, &r->f, &what);
    if (e) {
        log_line(LOG_ERROR, "peer", STR_F, STR_A(what));
        int status = app_fail(e, "--peer-files");
        arena_deinit(&r->a);
        free(r);
        return status;
    }
    s->read[s->reads++] = r;
    return 0;
}
static const PeerFiles *files_of(const ServePeer *s) {
    return &s->read[s->reads - 1]->f;
}
int serve_peer_open(const PeerArgs *args, const char *site_dir, ServePeer **ret) {
    ServePeer *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    *ret = s;
    s->args = *args;
    const char *listen = args->listen ? args->listen : "127.0.0.1:8443", *colon = strrchr(listen, ':');
    uint64_t port;
    if (!args->files || !colon || (size_t)(colon - listen) >= sizeof s->host || !app_number(colon + 1, 65535, &port)) {
        fprintf(
            stderr,
            "cuakhau: --peer wants --peer-files DIR (make it with: cuakhau peer init), and --peer-listen HOST:PORT\n");
        return 2;
    }
    if (args->shift && (!app_number(args->shift, 86400, &s->shift_s) || !s->shift_s)) {
        fprintf(stderr,
                "cuakhau: --peer-shift %s: must be a whole number of seconds from 1 to 86400, the same on both sides\n",
                args->shift);
        return 2;
    }
    memcpy(s->host, listen, (size_t)(colon - listen));
    s->port = (uint16_t)port;
    (void)snprintf(s->agreement, sizeof s->agreement, "%s%s", args->agreement ? args->agreement : site_dir,
                   args->agreement ? "" : "/agreement.json");
    int status = read_files(s);
    if (status) return status;
    if (!files_of(s)->tls.certificate.n || !files_of(s)->tls.key.n || !files_of(s)->tls.authority.n) {
        fprintf(stderr,
                "cuakhau: %s/peer.json: certificate, private_key and authority must name PEM files "
                "(tools/peer-certificates.sh makes some for trials)\n",
                args->files);
        return 2;
    }
    return 0;
}
static void wake(void *ctx) {
    Api *api = atomic_load(&((ServePeer *)ctx)->api);
    if (api) api_wake(api);
}
static uint64_t draw(void *ctx) {
    (void)ctx;
    return io_random_u64();
}
int serve_peer_start(ServePeer *s, Ledger *l, const char *store) {
    PeerOpts o = {.files = files_of(s), .draw = draw, .shift_ms = (int64_t)s->shift_s * SECOND_MS};
    Err e = peer_new(&o, l, &s->peer);
    if (e) return app_fail(e, "the link's state");
    PeerLinkOpts k = {
        .url = s->args.url, .listen_host = s->host, .listen_port = s->port, .store = store, .wake = wake, .ctx = s};
    if ((e = peer_link_start(&k, s->peer, files_of(s), &s->link)) != OK)
        return app_fail(e, "--peer-listen %s:%u, --peer %s", s->host, s->port, s->args.url);
    char text[16];
    int n = snprintf(text, sizeof text, "%u\n", peer_link_port(s->link));
    if (s->args.port_file && (e = io_file_write(s->args.port_file, (Str){text, (size_t)n})) != OK)
        return app_fail(e, "%s", s->args.port_file);
    const PeerFiles *f = files_of(s);
    atomic_store(&s->shown, f);
    log_line(LOG_INFO, "peer", "%s: messages for %s at https://%s:%u", f->side, f->agreement.side[1 - f->me], s->host,
             peer_link_port(s->link));
    return 0;
}
void serve_peer_api(ServePeer *s, Api *api) {
    atomic_store(&s->api, api);
    if (api) api_wake(api); // what the restart left to do
}
void serve_peer_event(ServePeer *s, const Event *e) {
    if (s->peer) peer_observe(s->peer, e);
}
int64_t serve_peer_next(const ServePeer *s) {
    if (peer_link_waiting(s->link) || atomic_load(&s->reload)) return 0;
    return peer_next(s->peer);
}
static void take_reload(ServePeer *s) {
    if (!atomic_exchange(&s->reload, false) || read_files(s) != 0) return;
    if (!peer_reload(s->peer, files_of(s))) {
        log_line(LOG_ERROR, "peer",
                 "not taken over: open hand-overs keep the terms that they began with, and the side stays the same");
        Read *r = s->read[--s->reads];
        arena_deinit(&r->a);
        free(r);
        return;
    }
    peer_link_reload(s->link, files_of(s));
    atomic_store(&s->shown, files_of(s));
    log_line(LOG_INFO, "peer", "keys, revoked certificates and agreement are read again");
}
static bool is_down(const PeerLinkStats *k) {
    return k->failed_ms && io_mono_us() / 1000 - k->failed_ms > PEER_DOWN_MS;
}
// The link is silent for long: said once, and again when it is back.
static Err watch(ServePeer *s, int64_t now_ms) {
    PeerLinkStats k;
    peer_link_stats(s->link, &k);
    bool down = s->args.url && is_down(&k);
    if (down == s->down) return OK;
    s->down = down;
    log_line(down ? LOG_WARN : LOG_INFO, "peer",
             down ? "no answer from the other side: %s" : "the other side answers again%s", down ? k.why : "");
    return peer_link_change(s->peer, down, now_ms);
}
Err serve_peer_run(ServePeer *s, int64_t now_ms) {
    take_reload(s);
    Err e = watch(s, now_ms);
    if (!e) e = peer_link_hear(s->link, now_ms);
    return e ? e : peer_run(s->peer, now_ms);
}
Err serve_peer_last(ServePeer *s, int64_t now_ms) {
    return peer_settle(s->peer, now_ms);
}
void serve_peer_durable(ServePeer *s) {
    peer_link_durable(s->link, io_now_ms());
}
void serve_peer_lost(ServePeer *s) {
    peer_link_lost(s->link);
    peer_lost(s->peer);
}
void serve_peer_each_back(const ServePeer *s, void (*fn)(void *ctx, uint32_t passage), void *ctx) {
    const CustodyBook *b = &peer_side(s->peer)->book;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        const HandOver *h = &b->h[i];
        bool back = h->state == HS_ARRIVED && h->role == CUSTODY_TAKER && b->item[h->item].kind == ITEM_TRUCK;
        if (back && h->passage) fn(ctx, h->passage);
    }
}
Err serve_peer_command(void *peer, const char *operation, const Json *body, const LedgerRequest *rq, Arena *a,
                       LedgerReply *ret) {
    return peer_ask(((ServePeer *)peer)->peer, operation, body, rq, a, ret);
}
static void member(Buf *b, const char *key, const char *text) {
    json_key(b, key), json_c(b, text);
}
static void member_since(Buf *b, const char *key, int64_t mono_ms) { // the link counts on the steady clock
    if (!mono_ms) return;
    json_key(b, key), json_time(b, io_now_ms() - (io_mono_us() / 1000 - mono_ms) * io_clock_speed());
}
static void show_keys(Buf *b, const PeerFiles *f, int64_t now_ms) {
    json_key(b, "keys"), json_open(b, '{');
    json_key(b, "own"), json_open(b, '[');
    for (uint32_t i = 0; i < f->own_n; i++)
        if (!f->own[i].revoked && now_ms >= f->own[i].from_ms && now_ms < f->own[i].until_ms) json_c(b, f->own[i].id);
    json_close(b, ']');
    json_key(b, "other_side"), json_open(b, '[');
    for (uint32_t i = 0; i < f->peer_n; i++)
        if (!f->peer[i].revoked && now_ms >= f->peer[i].from_ms && now_ms < f->peer[i].until_ms)
            json_c(b, f->peer[i].id);
    json_close(b, ']'), json_close(b, '}');
}
void serve_peer_show(void *peer, Buf *b) {
    ServePeer *s = peer;
    const PeerFiles *f = atomic_load(&s->shown);
    int64_t now = io_now_ms();
    int32_t version = custody_version_at(&f->agreement, now);
    PeerLinkStats k;
    peer_link_stats(s->link, &k);
    member(b, "side", f->side), member(b, "other_side", f->agreement.side[1 - f->me]);
    member(b, "agreement", f->agreement.name);
    if (version >= 0) member(b, "version", f->agreement.version[version].version);
    json_key(b, "down"), json_bool(b, is_down(&k));
    member_since(b, "last_answer", k.heard_ms), member_since(b, "no_answer_since", k.failed_ms);
    if (k.failed_ms) member(b, "why", k.why);
    show_keys(b, f, now);
}
void serve_peer_metrics(void *peer, Buf *b) {
    ServePeer *s = peer;
    PeerLinkStats k;
    peer_link_stats(s->link, &k);
    buf_printf(b,
               "# HELP cuakhau_peer_down Whether the other side has not answered for long\n"
               "# TYPE cuakhau_peer_down gauge\ncuakhau_peer_down %d\n"
               "# HELP cuakhau_peer_requests_total Requests to the other side\n"
               "# TYPE cuakhau_peer_requests_total counter\n"
               "cuakhau_peer_requests_total{taken=\"yes\"} %llu\ncuakhau_peer_requests_total{taken=\"no\"} %llu\n"
               "# HELP cuakhau_peer_refusals_total Messages refused, by reason, here or there\n"
               "# TYPE cuakhau_peer_refusals_total counter\n",
               is_down(&k), (unsigned long long)(k.posts - k.failures), (unsigned long long)k.failures);
    for (int there = 0; there < 2; there++)
        for (uint32_t r = 1; r < REASON_COUNT; r++) {
            uint64_t n = peer_refusals(s->peer, there, (CustodyReason)r);
            if (n)
                buf_printf(b, "cuakhau_peer_refusals_total{reason=\"%s\",by=\"%s\"} %llu\n",
                           CustodyReason_names.names[r], there ? "other_side" : "own", (unsigned long long)n);
        }
}
void serve_peer_reload(ServePeer *s) {
    atomic_store(&s->reload, true);
    wake(s);
}
void serve_peer_close(ServePeer **peer) {
    ServePeer *s = *peer;
    *peer = NULL;
    if (!s) return;
    peer_link_stop(s->link);
    peer_free(s->peer);
    for (uint32_t i = 0; i < s->reads; i++) {
        arena_deinit(&s->read[i]->a);
        free(s->read[i]);
    }
    free(s);
}

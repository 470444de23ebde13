#include "app_serve_peer.h"
#include "app.h"
#include "io/io_clock.h"
#include "io/io_file.h"
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
    Read *read[READS_MAX];
    uint32_t reads;
    Peer *peer;
    PeerLink *link;
    _Atomic(Api *) api;
    _Atomic bool reload;
    bool down; // told
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
    PeerOpts o = {.files = files_of(s), .draw = draw};
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
    log_line(LOG_INFO, "peer", "keys, revoked certificates and agreement are read again");
}
// The link is silent for long: said once, and again when it is back.
static Err watch(ServePeer *s, int64_t now_ms) {
    PeerLinkStats k;
    peer_link_stats(s->link, &k);
    bool down = s->args.url && k.failed_ms && io_mono_us() / 1000 - k.failed_ms > PEER_DOWN_MS;
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

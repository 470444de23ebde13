#include "peer_link.h"
#include "io/io_clock.h"
#include "io/io_post.h"
#include <pthread.h>
#include <time.h>

typedef struct Post Post;
struct Post { // a request of the other side, or (rq NULL) the answer to one of ours
    Post *next;
    IoRequest *rq;
    PeerLink *link;
    Str frames; // of the request's arena, or `own`
    Buf own;
    CustodyReason why; // decided without looking at it, then: of its last message
    bool lost;
    Buf answer;
};
struct PeerLink {
    PeerLinkOpts opts;
    Peer *peer;
    IoHttp *http;
    pthread_mutex_t lock;
    pthread_cond_t cond; // the sender waits on it
    // under the lock
    const PeerFiles *files;
    Post *first, *last;
    uint32_t waiting;
    bool stopping, fresh; // fresh: who is trusted may have changed, open connections do not count
    int64_t out_seq, acked;
    PeerLinkStats stats;
    // the owner's
    Post *heard;
    // the sender's
    bool sending;
    pthread_t sender;
    IoPost *post;
    char url[600], name[CUSTODY_SIDE_MAX + 1];
    Store *reader;
    CustodyOpenssl *crypto;
    char key_id[CUSTODY_ID_MAX + 1];
    CustodySide issuer; // signs what the outbox holds
    Buf core;
    int64_t core_seq;
    int64_t sent; // up to this the other side has all; -1: it is to be asked
};

// ---- the inbox
static bool put(PeerLink *l, Post *p) { // false: full
    pthread_mutex_lock(&l->lock);
    bool room = !l->stopping && (l->waiting < PEER_POSTS_MAX || !p->rq);
    if (room) {
        p->next = NULL;
        if (l->last)
            l->last->next = p;
        else
            l->first = p;
        l->last = p;
        l->waiting++;
    }
    pthread_mutex_unlock(&l->lock);
    if (room) l->opts.wake(l->opts.ctx);
    return room;
}
bool peer_link_waiting(PeerLink *l) {
    pthread_mutex_lock(&l->lock);
    bool some = l->first != NULL;
    pthread_mutex_unlock(&l->lock);
    return some;
}
static Post *take(PeerLink *l) {
    pthread_mutex_lock(&l->lock);
    Post *p = l->first;
    if (p) {
        l->first = p->next;
        if (!l->first) l->last = NULL;
        l->waiting--;
    }
    pthread_mutex_unlock(&l->lock);
    return p;
}
static void post_free(Post *p) {
    buf_deinit(&p->own), buf_deinit(&p->answer);
    free(p);
}
Err peer_link_hear(PeerLink *l, int64_t now_ms) {
    Err e = OK;
    uint32_t n = 0;
    Post **end = &l->heard;
    while (*end) end = &(*end)->next;
    for (Post *p; e == OK && n < PEER_POSTS_MAX && (p = take(l)) != NULL; n++) {
        p->next = NULL;
        *end = p, end = &p->next;
        e = p->why ? peer_refused(l->peer, p->why, now_ms) : peer_hear(l->peer, p->frames, now_ms, &p->why);
    }
    return e;
}

// ---- answers
static void reply(IoRequest *rq, int status, const char *type, Buf *body) {
    IoReply r = {.status = status, .content_type = type};
    io_http_reply(rq, &r, body);
}
static void reply_text(IoRequest *rq, int status, const char *text) {
    Buf b;
    buf_init(&b, 512);
    buf_c(&b, text), buf_char(&b, '\n');
    reply(rq, status, "text/plain", &b);
}
static void answer(void *ctx, IoRequest *rq) { // in the server's thread
    Post *p = ctx;
    if (p->lost)
        reply_text(rq, 503, custody_reason_text(REASON_BUSY));
    else
        reply(rq, 200, PEER_LINK_TYPE, &p->answer);
    post_free(p);
}
void peer_link_durable(PeerLink *l, int64_t now_ms) {
    for (Post *p = l->heard, *next; p; p = next) {
        next = p->next;
        if (!p->rq) {
            post_free(p);
            continue;
        }
        buf_init(&p->answer, 2 * CUSTODY_TEXT_MAX);
        peer_receipt(l->peer, p->why, now_ms, &p->answer);
        io_http_resume(p->rq, answer, p);
    }
    l->heard = NULL;
    pthread_mutex_lock(&l->lock);
    l->out_seq = peer_out_seq(l->peer), l->acked = peer_out_acked(l->peer);
    pthread_cond_signal(&l->cond);
    pthread_mutex_unlock(&l->lock);
}
static void give_up(PeerLink *l, Post *list) {
    (void)l;
    for (Post *p = list, *next; p; p = next) {
        next = p->next;
        p->lost = true;
        if (p->rq)
            io_http_resume(p->rq, answer, p);
        else
            post_free(p);
    }
}
void peer_link_lost(PeerLink *l) {
    give_up(l, l->heard);
    l->heard = NULL;
}

// ---- the server
static CustodyReason check_connection(PeerLink *l, const IoRequest *rq) {
    uint8_t digest[IO_DIGEST_LEN];
    if (!io_http_certificate(rq, l->name, digest)) return REASON_CERTIFICATE;
    pthread_mutex_lock(&l->lock);
    bool revoked = peer_certificate_revoked(l->files, digest);
    pthread_mutex_unlock(&l->lock);
    if (revoked) return REASON_CERTIFICATE;
    return io_http_body_too_big(rq) ? REASON_OVERSIZED : REASON_NONE;
}
static void handle(void *ctx, IoRequest *rq) {
    PeerLink *l = ctx;
    if (!str_eq_c(io_http_path(rq), PEER_LINK_PATH)) return reply_text(rq, 404, "this is " PEER_LINK_PATH " only");
    if (!str_eq_c(io_http_method(rq), "POST")) return reply_text(rq, 405, "POST messages");
    CustodyReason why = check_connection(l, rq);
    Post *p = calloc(1, sizeof *p);
    CK_ASSERT(p != NULL);
    p->link = l, p->frames = io_http_body(rq), p->why = why;
    if (why) { // journalled by the owner, answered at once
        p->frames = STR_EMPTY;
        if (!put(l, p)) post_free(p);
        return reply_text(rq, why == REASON_OVERSIZED ? 413 : 403, custody_reason_text(why));
    }
    p->rq = rq;
    io_http_defer(rq);
    if (put(l, p)) return;
    p->lost = true;
    io_http_resume(rq, answer, p);
}

// ---- the sender
static bool one_core(void *ctx, const StoreResource *r) {
    PeerLink *l = ctx;
    int64_t seq = 0;
    for (size_t i = 0; i < r->id.n; i++) seq = seq * 10 + (r->id.p[i] - '0');
    buf_clear(&l->core);
    buf_str(&l->core, r->body);
    l->core_seq = seq;
    return true;
}
static bool issuer_get(void *ctx, int64_t seq, Buf *core) { // what one_core has just read
    PeerLink *l = ctx;
    if (seq != l->core_seq) return false;
    buf_str(core, buf_view(&l->core));
    return true;
}
static void choose_key(PeerLink *l, int64_t now_ms) {
    pthread_mutex_lock(&l->lock);
    const PeerOwnKey *k = peer_own_key(l->files, now_ms);
    PeerOwnKey key = k ? *k : (PeerOwnKey){0};
    l->issuer.agreement = &l->files->agreement;
    pthread_mutex_unlock(&l->lock);
    if (!k || strcmp(key.id, l->key_id) == 0) return;
    custody_openssl_free(l->crypto);
    l->crypto = custody_openssl_new(key.seed);
    CK_ASSERT(l->crypto != NULL);
    l->issuer.crypto = custody_openssl_port(l->crypto);
    memcpy(l->key_id, key.id, sizeof key.id), memcpy(l->issuer.key_id, key.id, sizeof key.id);
}
typedef struct {
    PeerLink *l;
    Buf *body;
    int64_t now_ms, upto;
    uint32_t n;
} Batch;
static bool add_frame(void *ctx, const StoreResource *r) {
    Batch *b = ctx;
    uint8_t sig[CUSTODY_SIG_LEN];
    Buf message;
    (void)one_core(b->l, r);
    if (b->l->core_seq != b->upto + 1) return false; // a hole: never, numbers have none
    buf_init(&message, CUSTODY_TEXT_MAX);
    bool made = custody_side_message(&b->l->issuer, b->l->core_seq, b->now_ms, &message, sig);
    if (made) custody_frame_write(b->body, buf_view(&message), sig), b->upto = b->l->core_seq, b->n++;
    buf_deinit(&message);
    return made && b->body->n < IO_BODY_MAX - 2 * CUSTODY_TEXT_MAX;
}
static void make_batch(PeerLink *l, Buf *body, int64_t now_ms) {
    Batch b = {l, body, now_ms, l->sent, 0};
    char after[24];
    choose_key(l, now_ms);
    if (l->sent < 0 || !l->crypto) return; // an empty one asks
    (void)snprintf(after, sizeof after, "%020lld", (long long)l->sent);
    if (store_refresh(l->reader) != OK) return;
    (void)!store_each_resource_after(l->reader, STR("peer_out"), str_c(after), PEER_BATCH_MAX, add_frame, &b);
}
// The receipt tells from where to go on. Whether it is true is for the owner to see: a lie costs only messages sent
// again.
static bool read_receipt(PeerLink *l, Str frame) {
    Str rest = frame, bytes;
    uint8_t sig[CUSTODY_SIG_LEN];
    CustodyEnvelope e;
    Arena a;
    arena_init(&a, 256u << 10);
    bool good = custody_frame_next(&rest, &bytes, sig) == REASON_NONE &&
                custody_envelope_read(bytes, &a, &e) == REASON_NONE && e.kind == MSG_RECEIPT && !e.content;
    bool taken = good && !e.body.reason;
    if (good) l->sent = e.body.upto;
    if (good && e.body.reason)
        log_line(LOG_WARN, "peer", "the other side refuses: %s", custody_reason_text((CustodyReason)e.body.reason));
    arena_deinit(&a);
    if (!good) return false;
    Post *p = calloc(1, sizeof *p);
    CK_ASSERT(p != NULL);
    buf_init(&p->own, frame.n);
    buf_str(&p->own, frame);
    p->frames = buf_view(&p->own);
    if (!put(l, p)) post_free(p);
    return taken;
}
static void reconnect(PeerLink *l) { // the next connection shows its certificate to those who know what is revoked now
    pthread_mutex_lock(&l->lock);
    bool fresh = l->fresh;
    l->fresh = false;
    pthread_mutex_unlock(&l->lock);
    if (fresh) io_post_reconnect(l->post);
}
static bool waits(PeerLink *l) { // something is to be sent now
    pthread_mutex_lock(&l->lock);
    bool some = l->sent >= 0 && l->out_seq > l->sent;
    pthread_mutex_unlock(&l->lock);
    return some;
}
static bool post_batch(PeerLink *l) { // false: not taken, wait a while
    Buf body, got;
    int status = 0;
    const char *why = "";
    buf_init(&body, IO_BODY_MAX), buf_init(&got, 4 * CUSTODY_TEXT_MAX);
    make_batch(l, &body, io_now_ms());
    if (!body.n && waits(l)) { // no key was ever in force: nothing is said
        buf_deinit(&body), buf_deinit(&got);
        return false;
    }
    reconnect(l);
    Err e = io_post(l->post, PEER_LINK_TYPE, buf_view(&body), &got, &status, &why);
    bool taken = !e && status == 200 && read_receipt(l, buf_view(&got));
    if (!taken) l->sent = -1;
    pthread_mutex_lock(&l->lock);
    l->stats.posts++, l->stats.failures += !taken;
    bool reached = !e && status == 200;
    if (reached) l->stats.heard_ms = io_mono_us() / 1000, l->stats.failed_ms = 0;
    if (!reached && !l->stats.failed_ms) l->stats.failed_ms = io_mono_us() / 1000;
    if (e)
        (void)snprintf(l->stats.why, sizeof l->stats.why, "%s", why);
    else if (!reached)
        (void)snprintf(l->stats.why, sizeof l->stats.why, "HTTP status %d", status);
    pthread_mutex_unlock(&l->lock);
    buf_deinit(&body), buf_deinit(&got);
    return taken;
}
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS   5000
#define ASK_MS         10000                    // an idle link is asked so often: is it there?
static void wait_for(PeerLink *l, int64_t ms) { // at most; the lock is held
    struct timespec t;
    int64_t us = io_mono_us() + ms * 1000;
    t.tv_sec = us / 1000000, t.tv_nsec = us % 1000000 * 1000;
    (void)pthread_cond_timedwait(&l->cond, &l->lock, &t);
}
static void *sender_main(void *arg) {
    PeerLink *l = arg;
    int64_t pause = 0;
    (void)pthread_setname_np(pthread_self(), "peer sender");
    pthread_mutex_lock(&l->lock);
    while (!l->stopping) {
        int64_t until = io_mono_us() / 1000 + (pause ? pause : ASK_MS);
        while (!l->stopping && io_mono_us() / 1000 < until && (pause || (l->sent >= 0 && l->out_seq <= l->sent)))
            wait_for(l, MAX(until - io_mono_us() / 1000, 1));
        if (l->stopping) break;
        pthread_mutex_unlock(&l->lock);
        bool taken = post_batch(l);
        pause = taken ? 0 : MIN(MAX(pause * 2, PAUSE_FIRST_MS), PAUSE_MAX_MS);
        pthread_mutex_lock(&l->lock);
    }
    pthread_mutex_unlock(&l->lock);
    return NULL;
}
static bool trusted(void *ctx, const uint8_t digest[IO_DIGEST_LEN]) {
    PeerLink *l = ctx;
    pthread_mutex_lock(&l->lock);
    bool good = !peer_certificate_revoked(l->files, digest);
    pthread_mutex_unlock(&l->lock);
    return good;
}
static Err start_sender(PeerLink *l) {
    int n = snprintf(l->url, sizeof l->url, "%s%s", l->opts.url, PEER_LINK_PATH);
    if (n < 0 || (size_t)n >= sizeof l->url) return ERR_INVALID;
    IoPostOpts o = {.url = l->url,
                    .name = l->name,
                    .tls = l->files->tls,
                    .trusted = trusted,
                    .ctx = l,
                    .connect_ms = 3000,
                    .timeout_ms = 15000};
    Err e = io_post_new(&o, &l->post);
    if (!e) e = store_open_reader(&(StoreOpts){.path = l->opts.store}, &l->reader);
    if (e) return e;
    l->issuer = (CustodySide){.me = l->files->me, .disk = {.ctx = l, .get = issuer_get}};
    l->sending = pthread_create(&l->sender, NULL, sender_main, l) == 0;
    CK_ASSERT(l->sending);
    return OK;
}

// ---- life
static void free_all(PeerLink *l) {
    if (l->reader) store_close(l->reader);
    io_post_free(l->post);
    custody_openssl_free(l->crypto);
    buf_deinit(&l->core);
    pthread_cond_destroy(&l->cond);
    pthread_mutex_destroy(&l->lock);
    free(l);
}
Err peer_link_start(const PeerLinkOpts *opts, Peer *p, const PeerFiles *files, PeerLink **ret) {
    PeerLink *l = calloc(1, sizeof *l);
    pthread_condattr_t steady;
    CK_ASSERT(l != NULL);
    l->opts = *opts, l->peer = p, l->files = files, l->sent = -1;
    memcpy(l->name, files->agreement.side[1 - files->me], sizeof l->name);
    buf_init(&l->core, CUSTODY_TEXT_MAX);
    CK_ASSERT(pthread_condattr_init(&steady) == 0 && pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CK_ASSERT(pthread_mutex_init(&l->lock, NULL) == 0 && pthread_cond_init(&l->cond, &steady) == 0);
    pthread_condattr_destroy(&steady);
    l->out_seq = peer_out_seq(p), l->acked = peer_out_acked(p);
    IoHttpOpts h = {.host = opts->listen_host,
                    .port = opts->listen_port,
                    .tls = &files->tls,
                    .handler = handle,
                    .ctx = l,
                    .connections_max = 64};
    Err e = io_http_start(&h, &l->http);
    if (!e && opts->url) e = start_sender(l);
    if (e) {
        if (l->http) io_http_stop(l->http);
        free_all(l);
        return e;
    }
    *ret = l;
    return OK;
}
uint16_t peer_link_port(const PeerLink *l) {
    return io_http_port(l->http);
}
void peer_link_stop(PeerLink *l) {
    if (!l) return;
    pthread_mutex_lock(&l->lock);
    l->stopping = true;
    pthread_cond_broadcast(&l->cond);
    Post *left = l->first;
    l->first = l->last = NULL;
    pthread_mutex_unlock(&l->lock);
    if (l->post) io_post_stop(l->post);
    if (l->sending) pthread_join(l->sender, NULL);
    io_http_refuse(l->http);
    give_up(l, left), peer_link_lost(l);
    while (io_http_busy(l->http)) (void)nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    io_http_stop(l->http);
    free_all(l);
}
void peer_link_reload(PeerLink *l, const PeerFiles *files) {
    pthread_mutex_lock(&l->lock);
    l->files = files, l->fresh = true;
    pthread_mutex_unlock(&l->lock);
}
void peer_link_stats(PeerLink *l, PeerLinkStats *ret) {
    pthread_mutex_lock(&l->lock);
    *ret = l->stats;
    ret->out_seq = l->out_seq, ret->acked = l->acked;
    pthread_mutex_unlock(&l->lock);
}

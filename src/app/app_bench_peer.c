// The cross-border link, whole: two sides with a journal on disk each, joined by HTTPS with mutual TLS on loopback,
// every message signed, durable before it leaves and before it is answered. Hand-overs run from OFFER to CLOSED, five
// messages.
//   link          as fast as it goes: messages a second, against signing and verifying alone
//   link-latency  2,000 messages a second: from durable here to durable there, 99 of 100 within
//   link-backlog  what was said during a cut goes over when it is back
#include "app_bench_peer.h"
#include "custody/custody_openssl.h"
#include "io/io_clock.h"
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define SEQ_MAX  400000
#define TODO_MAX 65536
#define GAP_US   2000 // between two batches of a side, as the server's writer has one
typedef struct {
    char key[CUSTODY_KEY_MAX + 1];
    uint8_t act;
} Todo;
typedef struct End End;
struct End {
    Ledger *ledger;
    Peer *peer;
    PeerLink *link;
    PeerFiles *files;
    End *other;
    char path[4200], url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool woken;
    _Atomic bool stop;
    Todo *todo;
    uint32_t todo_first, todo_n;
    int64_t begin_us;
    double per_s;             // hand-overs begun; 0: none
    uint32_t open_max, begun; // under way at once
    _Atomic uint32_t closed;
    _Atomic int64_t *made_us, *heard_us; // by number of the message
    int64_t made, heard;
    Err err;
};
static void wake(void *ctx) {
    End *s = ctx;
    pthread_mutex_lock(&s->lock);
    s->woken = true;
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->lock);
}
static void on_event(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq) {
    static const struct {
        const char *state;
        uint8_t act;
    } next[] = {{"considering", ACT_ACCEPT}, {"agreed", ACT_CROSS}, {"arrived", ACT_RECEIVE}, {"reported", ACT_CLOSE}};
    End *s = ctx;
    (void)g, (void)seq;
    if (!after || e->kind != EV_LINK || !e->u.link.handover.n) return;
    if (str_eq_c(e->u.link.state, "closed") && str_eq_c(e->u.link.role, "taker")) atomic_fetch_add(&s->closed, 1);
    for (uint32_t i = 0; i < ARRAY_LEN(next); i++) {
        if (!str_eq_c(e->u.link.state, next[i].state)) continue;
        CK_ASSERT(s->todo_n < TODO_MAX);
        Todo *t = &s->todo[(s->todo_first + s->todo_n++) % TODO_MAX];
        memcpy(t->key, e->u.link.handover.p, e->u.link.handover.n);
        t->key[e->u.link.handover.n] = 0;
        t->act = next[i].act;
    }
}
static void act(End *s, const CustodyAct *a, int64_t now_ms) {
    CustodyReason why = REASON_NONE;
    s->err = peer_act(s->peer, a, ROLE_YARD, STR("bench"), now_ms, &why);
    CK_ASSERT(s->err || why == REASON_NONE);
}
static void begin_some(End *s, int64_t now_ms) { // hand-overs of new containers
    uint32_t closed = atomic_load(&s->other->closed);
    double due = s->per_s * (double)(io_mono_us() - s->begin_us) / 1e6;
    while (s->begun < due && s->begun - closed < s->open_max && !s->err) {
        char id[16];
        bool held;
        int n = snprintf(id, sizeof id, "CKHU%07u", s->begun++);
        CustodyAct a = {.act = ACT_OFFER,
                        .say = {.item_kind = ITEM_CONTAINER, .item = {id, (size_t)n}, .weight_kg = 24000}};
        s->err = peer_item_in(s->peer, ITEM_CONTAINER, a.say.item, 0, now_ms, &held);
        if (!s->err) act(s, &a, now_ms);
    }
}
static void work(End *s, int64_t now_ms) {
    s->err = peer_link_hear(s->link, now_ms);
    for (uint32_t n = s->todo_n; n > 0 && !s->err; n--) {
        Todo t = s->todo[s->todo_first];
        s->todo_first = (s->todo_first + 1) % TODO_MAX, s->todo_n--;
        act(s, &(CustodyAct){.act = t.act, .handover = str_c(t.key), .say = {.weight_kg = 24000}}, now_ms);
    }
    if (s->per_s > 0 && !s->err) begin_some(s, now_ms);
}
static void stamp(End *s) {
    int64_t now = io_mono_us(), out = peer_out_seq(s->peer), in = peer_side(s->peer)->link.in_seq;
    CK_ASSERT(out < SEQ_MAX && in < SEQ_MAX);
    while (s->made < out) atomic_store(&s->made_us[++s->made], now);
    while (s->heard < in) atomic_store(&s->heard_us[++s->heard], now);
}
static void await(End *s) {
    struct timespec t;
    int64_t until = io_mono_us() + (s->per_s > 0 ? GAP_US : 50000);
    t.tv_sec = until / 1000000, t.tv_nsec = until % 1000000 * 1000;
    pthread_mutex_lock(&s->lock);
    while (!s->woken && !s->todo_n && io_mono_us() < until) (void)pthread_cond_timedwait(&s->cond, &s->lock, &t);
    s->woken = false;
    pthread_mutex_unlock(&s->lock);
}
static void *owner(void *arg) {
    End *s = arg;
    while (!atomic_load(&s->stop) && !s->err) {
        await(s);
        int64_t now_ms = io_now_ms();
        if ((s->err = ledger_begin(s->ledger)) != OK) break;
        work(s, now_ms);
        if (!s->err) s->err = ledger_commit(s->ledger);
        if (s->err) break;
        stamp(s);
        peer_link_durable(s->link, now_ms);
        (void)nanosleep(&(struct timespec){.tv_nsec = GAP_US * 1000}, NULL);
    }
    return NULL;
}

// ---- set-up
static int open_side(const BenchOpts *o, End *s, uint32_t me, Arena *a) {
    Str bundle;
    SiteReply site;
    pthread_condattr_t steady;
    (void)snprintf(s->path, sizeof s->path, "%s/bench-link-%u.db", o->dir, me);
    bench_unlink(s->path);
    LedgerOpts lo = {.store = {.path = s->path}, .limits = {.passages_max = 100}, .snapshot_every = 1u << 30};
    Err e = bench_site(o, a, &bundle);
    if (!e) e = ledger_open(&lo, &s->ledger);
    if (!e) e = ledger_adopt_site(s->ledger, bundle, io_now_ms(), a, &site);
    if (!e) e = peer_new(&(PeerOpts){.files = s->files}, s->ledger, &s->peer);
    if (e) return app_fail(e, "%s", s->path);
    ledger_observe(s->ledger, on_event, s);
    CK_ASSERT(pthread_condattr_init(&steady) == 0 && pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CK_ASSERT(pthread_mutex_init(&s->lock, NULL) == 0 && pthread_cond_init(&s->cond, &steady) == 0);
    s->todo = calloc(TODO_MAX, sizeof *s->todo);
    s->made_us = calloc(SEQ_MAX, sizeof *s->made_us), s->heard_us = calloc(SEQ_MAX, sizeof *s->heard_us);
    CK_ASSERT(s->todo && s->made_us && s->heard_us);
    return 0;
}
// The ports are known only when both listen, so each side first listens without sending.
static int start_links(End s[2]) {
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < 2; i++) {
            uint16_t port = round ? peer_link_port(s[i].link) : 0;
            if (round) peer_link_stop(s[i].link);
            PeerLinkOpts k = {.url = round ? s[i].url : NULL,
                              .listen_host = "127.0.0.1",
                              .listen_port = port,
                              .store = s[i].path,
                              .wake = wake,
                              .ctx = &s[i]};
            Err e = peer_link_start(&k, s[i].peer, s[i].files, &s[i].link);
            if (e) return app_fail(e, "the link on loopback");
            if (!round)
                (void)snprintf(s[1 - i].url, sizeof s[i].url, "https://127.0.0.1:%u", peer_link_port(s[i].link));
        }
    for (uint32_t i = 0; i < 2; i++) {
        s[i].begin_us = io_mono_us();
        CK_ASSERT(pthread_create(&s[i].thread, NULL, owner, &s[i]) == 0);
    }
    return 0;
}
static Err stop(End s[2]) {
    for (uint32_t i = 0; i < 2; i++) {
        atomic_store(&s[i].stop, true);
        wake(&s[i]);
        pthread_join(s[i].thread, NULL);
    }
    Err e = s[0].err ? s[0].err : s[1].err;
    for (uint32_t i = 0; i < 2; i++) {
        peer_link_stop(s[i].link);
        peer_free(s[i].peer);
        ledger_close(s[i].ledger);
        bench_unlink(s[i].path);
        pthread_cond_destroy(&s[i].cond), pthread_mutex_destroy(&s[i].lock);
        free(s[i].todo), free((void *)s[i].made_us), free((void *)s[i].heard_us);
    }
    return e;
}
static double sign_and_verify(void) { // a second of one core
    uint8_t seed[32] = {7}, pub[CUSTODY_PUB_LEN], sig[CUSTODY_SIG_LEN];
    static char text[600];
    CustodyOpenssl *o = custody_openssl_new(seed);
    CK_ASSERT(o != NULL);
    CustodyCrypto c = custody_openssl_port(o);
    custody_openssl_public(o, pub);
    uint32_t n = 0;
    double start = bench_cpu();
    for (; n < 2000; n++) {
        text[0] = (char)n;
        c.sign(c.ctx, (Str){text, sizeof text}, sig);
        CK_ASSERT(c.verify(c.ctx, pub, (Str){text, sizeof text}, sig));
    }
    double took = bench_cpu() - start;
    custody_openssl_free(o);
    return n / took;
}
static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
// Of all messages of both directions, in ms: the share p of them within.
static double latency(End s[2], double p, uint32_t *ret_n) {
    uint32_t n = 0;
    double *all = malloc(2 * SEQ_MAX * sizeof *all);
    CK_ASSERT(all != NULL);
    for (uint32_t i = 0; i < 2; i++)
        for (int64_t q = 1; q <= s[1 - i].heard; q++)
            all[n++] = (double)(atomic_load(&s[1 - i].heard_us[q]) - atomic_load(&s[i].made_us[q])) / 1e3;
    qsort(all, n, sizeof *all, by_value);
    double v = n ? all[(uint32_t)(p * (n - 1))] : 0;
    free(all);
    *ret_n = n;
    return v;
}
static int run_link(const BenchOpts *o, double per_s, uint32_t handovers, double *ret_per_s, double ret_ms[2],
                    uint32_t *ret_n) {
    End s[2] = {{0}, {0}};
    Arena a;
    arena_init(&a, 256u << 20);
    int status = bench_link_files(o, &a, &s[0].files, &s[1].files);
    for (uint32_t i = 0; i < 2 && !status; i++) s[i].other = &s[1 - i], status = open_side(o, &s[i], i, &a);
    s[0].open_max = 4096, s[0].per_s = per_s;
    if (!status) status = start_links(s);
    if (status) return status;
    double start = bench_now();
    while (atomic_load(&s[1].closed) < handovers && !s[0].err && !s[1].err && bench_now() - start < 120) usleep(1000);
    double took = bench_now() - start;
    uint32_t done = atomic_load(&s[1].closed);
    for (uint32_t i = 0; i < 2; i++) atomic_store(&s[i].stop, true);
    for (uint32_t i = 0; i < 2; i++) wake(&s[i]);
    *ret_per_s = 5.0 * done / took;
    usleep(100000);
    ret_ms[0] = latency(s, 0.5, ret_n), ret_ms[1] = latency(s, 0.99, ret_n);
    Err e = stop(s);
    arena_deinit(&a);
    return e ? app_fail(e, "the link") : 0;
}
int bench_link(const BenchOpts *o, Bench *b) {
    uint32_t n = 0;
    double ms[2] = {0};
    b->name = "link", b->unit = "signed messages/s", b->baseline = "Ed25519 signing and verifying alone, one core";
    b->runs = MIN(o->runs, 3);
    for (int i = 0; i < b->runs; i++) {
        b->base[i] = sign_and_verify();
        int status = run_link(o, 1e9, o->n ? (uint32_t)o->n : 4000, &b->value[i], ms, &n);
        if (status) return status;
    }
    (void)snprintf(b->extra, sizeof b->extra, ",\"messages\":%u,\"p99_ms_saturated\":%.1f", n, ms[1]);
    return 0;
}
int bench_link_latency(const BenchOpts *o, Bench *b) {
    uint32_t n = 0;
    double ms[2] = {0}, per_s = 0;
    b->name = "link-latency", b->unit = "ms, 99 of 100 messages at 2,000/s", b->baseline = "bound: 50 ms";
    b->runs = MIN(o->runs, 3);
    for (int i = 0; i < b->runs; i++) {
        int status = run_link(o, 400, o->n ? (uint32_t)o->n : 2000, &per_s, ms, &n);
        if (status) return status;
        b->value[i] = ms[1], b->base[i] = 50;
    }
    (void)snprintf(b->extra, sizeof b->extra, ",\"messages\":%u,\"messages_per_s\":%.0f,\"p50_ms\":%.1f", n, per_s,
                   ms[0]);
    return 0;
}

// ---- after a cut
static int fill(End *s, uint64_t n) { // said while nobody listens: every fifth an offer, the others notices
    CustodyReason why = REASON_NONE;
    for (uint64_t i = 0; i < n && !s->err;) {
        if ((s->err = ledger_begin(s->ledger)) != OK) break;
        int64_t now_ms = io_now_ms();
        for (uint32_t k = 0; k < 256 && i < n && !s->err; k++, i++) {
            CustodyBody say = {.reference = STR("HN-000042-7"), .at = now_ms, .plate = STR("12C12345")};
            if (i % 5 == 0)
                s->per_s = 1e12, s->open_max = s->begun + 1, begin_some(s, now_ms);
            else
                s->err = peer_tell(s->peer, MSG_EXITED, &say, 0, now_ms, &why);
            CK_ASSERT(why == REASON_NONE);
        }
        if (!s->err) s->err = ledger_commit(s->ledger);
    }
    s->per_s = 0;
    return s->err ? app_fail(s->err, "%s", s->path) : 0;
}
int bench_link_backlog(const BenchOpts *o, Bench *b) {
    uint64_t n = o->n ? o->n : 100000;
    End s[2] = {{0}, {0}};
    Arena a;
    arena_init(&a, 256u << 20);
    b->name = "link-backlog", b->unit = "s to drain", b->baseline = "bound: 60 s at 100,000 messages", b->runs = 1;
    int status = bench_link_files(o, &a, &s[0].files, &s[1].files);
    for (uint32_t i = 0; i < 2 && !status; i++) s[i].other = &s[1 - i], status = open_side(o, &s[i], i, &a);
    s[0].begin_us = io_mono_us();
    if (!status) status = fill(&s[0], n);
    if (status) return status;
    s[0].todo_n = 0, s[0].made = peer_out_seq(s[0].peer);
    double start = bench_now();
    if ((status = start_links(s)) != 0) return status;
    PeerLinkStats k = {0};
    while (k.acked < (int64_t)n && !s[0].err && !s[1].err && bench_now() - start < 300) {
        usleep(2000);
        peer_link_stats(s[0].link, &k);
    }
    b->value[0] = bench_now() - start, b->base[0] = 60.0 * (double)n / 100000;
    (void)snprintf(b->extra, sizeof b->extra, ",\"messages\":%llu,\"acked\":%lld", (unsigned long long)n,
                   (long long)k.acked);
    Err e = stop(s);
    arena_deinit(&a);
    return e ? app_fail(e, "the link") : 0;
}

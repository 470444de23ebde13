// Live events (server-sent events). The id is the journal sequence: a client that comes back with Last-Event-ID goes on
// without gap or repeat. Recent events wait in a ring; what is older is read from the store. A client is fed when it
// has taken what it had: a slow one costs one buffer and is closed by the HTTP server's limits, and loses nothing by
// it.
#include "api_internal.h"

#define RING_MAX     8192
#define FEED_MAX     (64u << 10) // bytes made for a client at once
#define FEED_EVENTS  512         // events looked at for a client at once
#define CLIENTS_MAX  2048
#define HEARTBEAT_MS 15000

typedef struct {
    uint64_t seq;
    uint32_t passage;
    Str kind, body, trader; // one allocation, owned by `memory`
    char *memory;
} RingEvent;
typedef struct Client {
    struct Client *next;
    ApiEvents *events;
    ApiCall *call;
    IoRequest *rq;
    ApiIdentity who; // strings live in the token table
    uint32_t view, passage;
    bool tailing; // reads committed events only from now on: its start is behind it
    uint64_t pos; // last sequence dealt with
    // under the lock:
    bool dead, ended;
    bool feeding; // the feeder works on `out`; then nobody else may
    bool hungry;  // has sent all of `out`
    Buf out;
    size_t sent;
    int64_t fed_us;
} Client;
struct ApiEvents {
    Api *api;
    Store *store;
    pthread_t thread;
    bool joined;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool stopping, work;
    Client *clients;
    uint32_t clients_n;
    uint64_t head;            // last committed sequence
    uint64_t ring_from;       // first sequence in the ring; head + 1 when empty
    RingEvent ring[RING_MAX]; // event s at s % RING_MAX
    int64_t heartbeat_us;
};

// ---- from the writer
static void ring_drop(RingEvent *r) {
    free(r->memory);
    *r = (RingEvent){0};
}
static void ring_fill(RingEvent *r, const StoreEvent *e, Str trader) {
    ring_drop(r);
    r->memory = malloc(e->kind.n + e->body.n + trader.n + 1);
    CK_ASSERT(r->memory != NULL);
    char *p = r->memory;
    r->kind = (Str){p, e->kind.n};
    memcpy(p, e->kind.p, e->kind.n);
    r->body = (Str){p += e->kind.n, e->body.n};
    memcpy(p, e->body.p, e->body.n);
    r->trader = (Str){p += e->body.n, trader.n};
    if (trader.n) memcpy(p, trader.p, trader.n);
    r->seq = e->seq;
    r->passage = e->passage;
}
void api_events_push(void *events, const StoreEvent *e, Str trader) {
    ApiEvents *ev = events;
    atomic_store(&ev->api->counters.seq, e->seq);
    pthread_mutex_lock(&ev->lock);
    CK_ASSERT(e->seq == ev->head + 1);
    ev->head = e->seq;
    if (ev->clients) {
        ring_fill(&ev->ring[e->seq % RING_MAX], e, trader);
        if (e->seq >= ev->ring_from + RING_MAX) ev->ring_from = e->seq - RING_MAX + 1;
        if (!ev->work) pthread_cond_signal(&ev->cond);
        ev->work = true;
    } else { // nobody listens: who comes later reads from the store
        ev->ring_from = e->seq + 1;
    }
    pthread_mutex_unlock(&ev->lock);
}

// ---- what a client gets
static bool wanted(const Client *c, uint32_t passage, Str trader) {
    if (c->passage && passage != c->passage) return false;
    return c->who.role != ROLE_TRADER || (passage && api_auth_trader(&c->who, trader));
}
static void write_event(Client *c, const StoreEvent *e) {
    Buf *b = &c->out;
    buf_c(b, "id: ");
    buf_u64(b, e->seq);
    buf_c(b, "\nevent: ");
    buf_str(b, e->kind);
    buf_c(b, "\ndata: ");
    size_t before = b->n;
    Buf body;
    buf_init(&body, 1u << 20);
    api_view_event(&body, c->view, e);
    buf_str(b, body.overflow ? STR("{\"too_large\":true}") : buf_view(&body));
    buf_deinit(&body);
    for (size_t i = before; i < b->n;
         i++) // a line break would end the field; in JSON it is only space (a site's bundle has some)
        if (b->p[i] == '\n' || b->p[i] == '\r') b->p[i] = ' ';
    buf_c(b, "\n\n");
    atomic_fetch_add_explicit(&c->events->api->counters.events_sent, 1, memory_order_relaxed);
}
// Under the lock: from the ring, as far as the buffer takes it.
static void feed_from_ring(ApiEvents *ev, Client *c) {
    for (uint32_t n = 0; c->pos < ev->head && n < FEED_EVENTS && c->out.n < FEED_MAX; n++) {
        const RingEvent *r = &ev->ring[(c->pos + 1) % RING_MAX];
        CK_ASSERT(r->seq == c->pos + 1);
        c->pos = r->seq;
        if (!wanted(c, r->passage, r->trader)) continue;
        write_event(c, &(StoreEvent){.seq = r->seq, .passage = r->passage, .kind = r->kind, .body = r->body});
    }
}
typedef struct {
    Client *c;
    uint32_t n;
    uint64_t until;
} StoreFeed;
static bool store_event(void *ctx, const StoreEvent *e) {
    StoreFeed *f = ctx;
    if (e->seq > f->until) return false;
    f->c->pos = e->seq;
    f->n++;
    write_event(f->c, e);
    return f->c->out.n < FEED_MAX;
}
// Not under the lock. The store may show more than what listeners have been told of; `until` keeps the two in step.
static Err feed_from_store(ApiEvents *ev, Client *c, uint64_t until) {
    StoreFeed f = {c, 0, until};
    Err e = store_refresh(ev->store);
    uint64_t from = c->pos + 1;
    if (e != OK) return e;
    if (c->passage)
        e = store_each_passage_event(ev->store, c->passage, from, FEED_EVENTS, store_event, &f);
    else if (c->who.role == ROLE_TRADER)
        e = store_each_trader_event(ev->store, c->who.actor, from, FEED_EVENTS, store_event, &f);
    else
        e = store_each_event(ev->store, from, FEED_EVENTS, store_event, &f);
    if (e == OK && f.n < FEED_EVENTS && c->out.n < FEED_MAX) c->pos = until; // there is no more up to there
    return e;
}
// The passage asked for must be the caller's own.
static bool may_listen(ApiEvents *ev, Client *c) {
    if (!c->passage) return true;
    Arena a;
    arena_init(&a, 1u << 20);
    StorePassage p;
    ApiCall probe = {.api = ev->api, .who = &c->who};
    Err e = store_refresh(ev->store);
    if (e == OK) e = store_get_passage(ev->store, c->passage, &a, &p);
    bool may = e == OK && api_view_may_see(&probe, &p);
    arena_deinit(&a);
    return may;
}
static void write_end(Client *c, const char *why) {
    buf_c(&c->out, "event: error\ndata: {\"code\":\"");
    buf_c(&c->out, why);
    buf_c(&c->out, "\"}\n\n");
}

// ---- the feeder
static void feed_outside(ApiEvents *ev, Client *c, uint64_t until) {
    pthread_mutex_unlock(&ev->lock);
    const char *why = NULL;
    if (!c->tailing && !may_listen(ev, c))
        why = "NOT_FOUND";
    else if (c->pos < until && feed_from_store(ev, c, until) != OK)
        why = "INTERNAL";
    if (why) write_end(c, why);
    pthread_mutex_lock(&ev->lock);
    c->tailing = true;
    c->ended = c->ended || why != NULL;
}
// Under the lock; may leave it for the store. Afterwards the client has something to send, or nothing is due.
static void feed(ApiEvents *ev, Client *c, int64_t now) {
    c->feeding = true;
    buf_clear(&c->out);
    c->sent = 0;
    bool first = !c->tailing;
    if (first || c->pos + 1 < ev->ring_from) feed_outside(ev, c, ev->ring_from - 1);
    if (!c->ended && c->pos + 1 >= ev->ring_from) feed_from_ring(ev, c);
    if (c->out.n == 0 && (first || now - c->fed_us >= ev->heartbeat_us))
        buf_c(&c->out, first ? ": here\n\n" : ": still here\n\n");
    c->feeding = false;
    if (c->out.n == 0 && !c->ended) return;
    c->hungry = c->out.n == 0;
    c->fed_us = now;
    if (!c->dead) io_http_wake(c->rq);
}
static void free_client(ApiEvents *ev, Client *c) {
    buf_deinit(&c->out);
    free(c);
    ev->clients_n--;
    atomic_store(&ev->api->counters.streams, ev->clients_n);
}
static bool feed_all(ApiEvents *ev) {
    bool again = false;
    int64_t now = io_mono_us();
    for (Client **at = &ev->clients; *at;) {
        Client *c = *at;
        if (c->dead) {
            *at = c->next;
            free_client(ev, c);
            continue;
        }
        bool due = !c->tailing || c->pos < ev->head || now - c->fed_us >= ev->heartbeat_us || ev->stopping;
        if (c->hungry && !c->ended && due) feed(ev, c, now); // new clients come in at the front only: `at` stays good
        again = again || (c->hungry && !c->ended && c->pos < ev->head);
        at = &c->next;
    }
    return again;
}
static void *feeder_main(void *arg) {
    (void)pthread_setname_np(pthread_self(), "events");
    ApiEvents *ev = arg;
    pthread_mutex_lock(&ev->lock);
    while (!ev->stopping) {
        ev->work = false;
        if (feed_all(ev) || ev->work) continue;
        int64_t until = io_mono_us() + MIN(ev->heartbeat_us / 4, 1000000);
        struct timespec t = {until / 1000000, (until % 1000000) * 1000};
        (void)pthread_cond_timedwait(&ev->cond, &ev->lock, &t);
    }
    for (Client *c = ev->clients; c; c = c->next) {
        c->ended = true;
        if (!c->dead) io_http_wake(c->rq);
    }
    pthread_mutex_unlock(&ev->lock);
    return NULL;
}

// ---- from the HTTP thread
static int64_t pull(void *ctx, char *to, size_t max) {
    Client *c = ctx;
    ApiEvents *ev = c->events;
    pthread_mutex_lock(&ev->lock);
    int64_t n = 0;
    if (!c->feeding && c->sent < c->out.n) {
        n = (int64_t)MIN(max, c->out.n - c->sent);
        memcpy(to, c->out.p + c->sent, (size_t)n);
        c->sent += (size_t)n;
    } else if (!c->feeding && c->ended) {
        n = -1;
    } else if (!c->hungry) {
        c->hungry = true;
        if (!ev->work) pthread_cond_signal(&ev->cond);
        ev->work = true;
    }
    pthread_mutex_unlock(&ev->lock);
    return n;
}
static void closed(void *ctx) {
    Client *c = ctx;
    ApiEvents *ev = c->events;
    pthread_mutex_lock(&ev->lock);
    c->dead = true;
    ev->work = true;
    pthread_cond_signal(&ev->cond);
    pthread_mutex_unlock(&ev->lock);
}
static uint64_t start_of(const ApiCall *c, uint64_t head) {
    Str last = api_param(c, "Last-Event-ID");
    if (last.n) return MIN((uint64_t)strtoull(last.p, NULL, 10), head);
    int64_t after = api_param_int(c, "after", -1);
    return after < 0 ? head : MIN((uint64_t)after, head);
}
// A driver has one passage, and a forwarder no stream of all its traders: they name a passage.
static bool must_name_passage(const ApiIdentity *who) {
    return who->role == ROLE_DRIVER || (who->role == ROLE_TRADER && who->traders_n);
}
void api_events_open(ApiCall *call) {
    ApiEvents *ev = call->api->events;
    Str ref = api_param(call, "passage");
    if (!ref.n && must_name_passage(call->who)) {
        ApiIssues issues = {.arena = io_http_arena(call->rq)};
        ApiIssue *is = api_issue_add(&issues, API_REQUIRED);
        if (is) is->parameter = STR("passage");
        return api_fail(call, API_BODY_INVALID, STR_EMPTY, &issues);
    }
    Client *c = calloc(1, sizeof *c);
    CK_ASSERT(c != NULL);
    c->events = ev;
    c->rq = call->rq;
    c->who = *call->who;
    c->view = api_view_of((Role)c->who.role);
    buf_init(&c->out, FEED_MAX + (2u << 20));
    if (ref.n)
        CK_ASSERT(call->site &&
                  pass_ref_parse(call->site->site->dyn.ref_prefix, ref, &c->passage)); // the schema has checked it
    pthread_mutex_lock(&ev->lock);
    bool room = !ev->stopping && ev->clients_n < CLIENTS_MAX;
    if (room) {
        c->pos = start_of(call, ev->head);
        c->next = ev->clients;
        ev->clients = c;
        ev->clients_n++;
        atomic_store(&ev->api->counters.streams, ev->clients_n);
    }
    pthread_mutex_unlock(&ev->lock);
    if (!room) {
        buf_deinit(&c->out);
        free(c);
        return api_fail(call, API_OVERLOADED, STR_EMPTY, NULL);
    }
    api_count(call->api, call, 200);
    IoReply reply = {.status = 200, .content_type = "text/event-stream"};
    reply.headers[reply.headers_n++] = (IoHeader){"Cache-Control", STR("no-store")};
    reply.headers[reply.headers_n++] = (IoHeader){"X-Accel-Buffering", STR("no")};
    io_http_stream(call->rq, &reply, pull, closed, c);
}
Err api_events_start(Api *api, ApiEvents **ret) {
    ApiEvents *ev = calloc(1, sizeof *ev);
    CK_ASSERT(ev != NULL);
    ev->api = api;
    Err e = store_open_reader(&(StoreOpts){.path = api->opts.store}, &ev->store);
    if (e != OK) {
        free(ev);
        return e;
    }
    ev->heartbeat_us = (int64_t)(api->opts.heartbeat_ms ? api->opts.heartbeat_ms : HEARTBEAT_MS) * 1000;
    ev->head = store_head(ledger_store(api->opts.ledger)).seq;
    ev->ring_from = ev->head + 1;
    pthread_condattr_t steady;
    CK_ASSERT(pthread_condattr_init(&steady) == 0 && pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CK_ASSERT(pthread_mutex_init(&ev->lock, NULL) == 0 && pthread_cond_init(&ev->cond, &steady) == 0);
    pthread_condattr_destroy(&steady);
    CK_ASSERT(pthread_create(&ev->thread, NULL, feeder_main, ev) == 0);
    *ret = ev;
    return OK;
}
void api_events_stop(ApiEvents *ev) {
    pthread_mutex_lock(&ev->lock);
    ev->stopping = true;
    pthread_cond_signal(&ev->cond);
    pthread_mutex_unlock(&ev->lock);
    if (!ev->joined) pthread_join(ev->thread, NULL);
    ev->joined = true;
}
void api_events_free(ApiEvents *ev) {
    CK_ASSERT(ev->joined);
    for (Client *c = ev->clients, *next; c; c = next) {
        next = c->next;
        CK_ASSERT(c->dead);
        free_client(ev, c);
    }
    for (size_t i = 0; i < RING_MAX; i++) ring_drop(&ev->ring[i]);
    pthread_cond_destroy(&ev->cond);
    pthread_mutex_destroy(&ev->lock);
    store_close(ev->store);
    free(ev);
}

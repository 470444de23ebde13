// The writer: the one thread that owns the ledger. Takes what is queued, commits it as one batch, then lets the replies
// go.
#include "api_internal.h"

#define QUEUE_MAX     1024
#define BATCH_MAX     256
#define LINGER_US     1000  // at most this long for a batch that promises to grow
#define TICK_GAP_US   20000 // between two ticks that find the same deadline still due
#define FAILED_GAP_US 1000000
#define ACTOR_GAP_US  5000 // commits of what happens within, no oftener
#define EVENTS_MAX    (8u << 20)

// ---- the queue
void api_queue_init(ApiQueue *q, uint32_t max) {
    pthread_condattr_t steady;
    *q = (ApiQueue){.max = max, .wake_at = 1};
    CK_ASSERT(pthread_condattr_init(&steady) == 0 && pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CK_ASSERT(pthread_mutex_init(&q->lock, NULL) == 0 && pthread_cond_init(&q->cond, &steady) == 0);
    pthread_condattr_destroy(&steady);
}
void api_queue_deinit(ApiQueue *q) {
    CK_ASSERT(q->n == 0);
    pthread_cond_destroy(&q->cond);
    pthread_mutex_destroy(&q->lock);
}
bool api_queue_put(ApiQueue *q, ApiCall *c) {
    pthread_mutex_lock(&q->lock);
    bool room = q->n < q->max && !q->stopping;
    if (room) {
        c->next = NULL;
        if (q->last)
            q->last->next = c;
        else
            q->first = c;
        q->last = c;
        q->n++;
        if (q->n >= q->wake_at) pthread_cond_signal(&q->cond);
    }
    pthread_mutex_unlock(&q->lock);
    return room;
}
void api_queue_stop(ApiQueue *q) {
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    pthread_cond_broadcast(&q->cond);
    pthread_mutex_unlock(&q->lock);
}
static void wait_until(ApiQueue *q, int64_t mono_us) {
    struct timespec t = {mono_us / 1000000, (mono_us % 1000000) * 1000};
    (void)pthread_cond_timedwait(&q->cond, &q->lock, &t);
}

// ---- the writer
typedef struct {
    Str bundle;
    Arena *arena;
    SiteReply *reply;
    Err err;
    bool done;
} SiteJob;
struct ApiWriter {
    Api *api;
    Ledger *ledger;
    ApiQueue queue;
    pthread_t thread;
    bool joined;
    SiteJob *site_job; // under the queue's lock
    pthread_cond_t site_done;
    uint32_t batch_before;
    int64_t ticked_us, ticked_deadline, acted_us;
    Arena tick_arena;
};

static int64_t tick_due_us(const ApiWriter *w) {
    int64_t deadline = gate_next_deadline(ledger_gate(w->ledger));
    if (deadline == TIME_NEVER) return INT64_MAX;
    int64_t in_ms = MAX(deadline - io_now_ms(), 0), due = io_mono_us() + MIN(in_ms, DAY_MS) * 1000 / io_clock_speed();
    return deadline == w->ticked_deadline ? MAX(due, w->ticked_us + TICK_GAP_US) : due;
}
static int64_t actor_due_us(const ApiWriter *w) {
    const ApiActor *a = w->api->opts.actor;
    int64_t next = a ? a->next_ms(a->ctx) : TIME_NEVER;
    if (next == TIME_NEVER) return INT64_MAX;
    int64_t due = io_mono_us() + MIN(MAX(next - io_now_ms(), 0), DAY_MS) * 1000 / io_clock_speed();
    return MAX(due, w->acted_us + ACTOR_GAP_US);
}
static ApiCall *take(ApiQueue *q, uint32_t *ret_n) {
    ApiCall *first = q->first, *last = NULL;
    uint32_t n = 0;
    for (ApiCall *c = first; c && n < BATCH_MAX; c = c->next, n++) last = c;
    if (last) {
        q->first = last->next;
        last->next = NULL;
    }
    if (!q->first) q->last = NULL;
    q->n -= n;
    *ret_n = n;
    return first;
}
// Waits for work: calls, a new site, the next deadline, or the end. With fewer calls than half of the batch before, the
// rest of those clients are just being answered: they get a moment to come again.
static ApiCall *await_batch(ApiWriter *w, uint32_t *ret_n, bool *ret_tick, bool *ret_act, SiteJob **ret_site) {
    ApiQueue *q = &w->queue;
    pthread_mutex_lock(&q->lock);
    int64_t due = tick_due_us(w), act = actor_due_us(w), wake = MIN(due, act);
    while (q->n == 0 && !q->stopping && !w->site_job && !q->woken && io_mono_us() < wake)
        wait_until(q, MIN(wake, io_mono_us() + 60000000));
    int64_t linger = io_mono_us() + LINGER_US;
    q->wake_at = MAX(1u, w->batch_before / 2);
    while (q->n && q->n < w->batch_before / 2 && !q->stopping && !w->site_job && io_mono_us() < linger)
        wait_until(q, linger);
    q->wake_at = 1;
    ApiCall *first = take(q, ret_n);
    if (*ret_n) w->batch_before = *ret_n;
    if (q->woken) act = actor_due_us(w);
    q->woken = false;
    *ret_tick = io_mono_us() >= due, *ret_act = io_mono_us() >= act;
    *ret_site = w->site_job;
    w->site_job = NULL;
    pthread_mutex_unlock(&q->lock);
    return first;
}
// What a command of the link was about stands in its first event, also when the answer is a repeated one.
static bool of_link(void *ctx, const StoreEvent *e) {
    ApiCall *c = ctx;
    Json *j;
    Str what;
    Arena *a = io_http_arena(c->rq);
    Str body = arena_str(a, e->body);
    if (!body.p || wire_parse_json(body, 32, a, &j, &what) != OK) return false;
    const Json *data = jn_get(j, "data");
    c->handover = jn_text(jn_get(data, "handover")), c->status = jn_text(jn_get(data, "state"));
    return false;
}
static Err step_link(ApiWriter *w, ApiCall *c) {
    const ApiLink *k = w->api->opts.link;
    Arena *a = io_http_arena(c->rq);
    bool seen;
    Err e = ledger_seen(w->ledger, &c->request, a, &c->reply, &seen);
    if (!e && !seen) e = k->command(k->ctx, c->route->id, c->body, &c->request, a, &c->reply);
    if (e || c->reply.refused || c->reply.key_reused || !c->reply.first_seq) return e;
    return store_each_event(ledger_store(w->ledger), c->reply.first_seq, 1, of_link, c);
}
static Err step(ApiWriter *w, ApiCall *c) {
    Arena *a = io_http_arena(c->rq);
    c->request.in.t_ms = io_now_ms();
    if (c->route->input == IN_LINK) return step_link(w, c);
    Err e = ledger_step(w->ledger, &c->request, a, &c->reply);
    if (e != OK || c->reply.passage == 0) return e;
    const Gate *g = ledger_gate(w->ledger);
    const Passage *p = gate_find(g, c->reply.passage);
    Side side = p ? gate_side(p) : SIDE_NONE;
    if (p) c->status = side != SIDE_NONE ? str_c(Side_names.names[side]) : arena_str(a, gate_step(gate_site(g), p));
    return OK;
}
static Err tick(ApiWriter *w) {
    LedgerRequest rq = {.in = {.t_ms = io_now_ms(),
                               .kind = IN_TICK,
                               .role = ROLE_SYSTEM,
                               .actor = STR("gate"),
                               .random = io_random_u64()}};
    LedgerReply reply = {0};
    arena_reset(&w->tick_arena);
    w->ticked_us = io_mono_us();
    w->ticked_deadline = gate_next_deadline(ledger_gate(w->ledger));
    return ledger_step(w->ledger, &rq, &w->tick_arena, &reply);
}
static Err run(ApiWriter *w, ApiCall *calls, bool with_tick, bool with_actor) {
    const ApiActor *a = w->api->opts.actor;
    Err e = ledger_begin(w->ledger);
    if (e != OK) return e;
    if (with_tick) e = tick(w);
    if (with_actor && e == OK) w->acted_us = io_mono_us(), e = a->run(a->ctx, io_now_ms());
    for (ApiCall *c = calls; c && e == OK; c = c->next) e = step(w, c);
    if (a && a->last && e == OK) e = a->last(a->ctx, io_now_ms());
    return e != OK ? e : ledger_commit(w->ledger); // a failed step has taken the whole batch back
}
static void run_batch(ApiWriter *w, ApiCall *calls, uint32_t n, bool with_tick, bool with_actor) {
    if (!calls && !with_tick && !with_actor) return;
    Err e = run(w, calls, with_tick, with_actor);
    ApiCounters *k = &w->api->counters;
    if (e == OK) {
        atomic_fetch_add(&k->commits, 1);
        atomic_fetch_add(&k->committed_inputs, n);
        if (w->api->opts.actor && w->api->opts.actor->durable) w->api->opts.actor->durable(w->api->opts.actor->ctx);
    } else {
        atomic_fetch_add(&k->failed_commits, 1);
        w->ticked_us = w->acted_us = io_mono_us() + FAILED_GAP_US; // a full disk is not asked fifty times a second
        const ApiActor *a = w->api->opts.actor;
        if (a) a->lost(a->ctx);
        log_line(LOG_ERROR, "api", "a batch of %u inputs failed: %s", n, err_text(e));
    }
    if (ledger_fatal(w->ledger)) { // what the disk holds is unknown: end, and recover from the journal
        log_line(LOG_ERROR, "api", "the journal cannot go on: ending");
        _Exit(err_exit(ERR_IO));
    }
    for (ApiCall *c = calls, *next; c; c = next) {
        next = c->next;
        c->err = e;
        io_http_resume(c->rq, api_command_answer, c); // from here on the call belongs to the HTTP thread
    }
}
static void run_site(ApiWriter *w, SiteJob *job) {
    if (!job) return;
    Err e = ledger_adopt_site(w->ledger, job->bundle, io_now_ms(), job->arena, job->reply);
    if (e == OK && job->reply->changed) e = api_site_take(w->api, gate_site(ledger_gate(w->ledger)));
    pthread_mutex_lock(&w->queue.lock);
    job->err = e;
    job->done = true;
    pthread_cond_broadcast(&w->site_done);
    pthread_mutex_unlock(&w->queue.lock);
}
static void *writer_main(void *arg) {
    (void)pthread_setname_np(pthread_self(), "writer");
    ApiWriter *w = arg;
    for (;;) {
        uint32_t n;
        bool with_tick, with_actor;
        SiteJob *job;
        ApiCall *calls = await_batch(w, &n, &with_tick, &with_actor, &job);
        run_batch(w, calls, n, with_tick, with_actor);
        run_site(w, job);
        pthread_mutex_lock(&w->queue.lock);
        bool end = w->queue.stopping && w->queue.n == 0 && !w->site_job;
        pthread_mutex_unlock(&w->queue.lock);
        if (end) return NULL;
    }
}
Err api_writer_start(Api *api, Ledger *ledger, ApiWriter **ret) {
    ApiWriter *w = calloc(1, sizeof *w);
    CK_ASSERT(w != NULL);
    w->api = api;
    w->ledger = ledger;
    w->ticked_deadline = TIME_NEVER;
    arena_init(&w->tick_arena, EVENTS_MAX);
    api_queue_init(&w->queue, QUEUE_MAX);
    CK_ASSERT(pthread_cond_init(&w->site_done, NULL) == 0);
    ledger_listen(ledger, api_events_push, api->events);
    atomic_store(&api->counters.seq, store_head(ledger_store(ledger)).seq);
    CK_ASSERT(pthread_create(&w->thread, NULL, writer_main, w) == 0);
    *ret = w;
    return OK;
}
void api_writer_stop(ApiWriter *w) {
    api_queue_stop(&w->queue);
    if (!w->joined) pthread_join(w->thread, NULL);
    w->joined = true;
}
void api_writer_free(ApiWriter *w) {
    CK_ASSERT(w->joined);
    arena_deinit(&w->tick_arena);
    pthread_cond_destroy(&w->site_done);
    api_queue_deinit(&w->queue);
    free(w);
}
bool api_writer_put(ApiWriter *w, ApiCall *c) {
    return api_queue_put(&w->queue, c);
}
void api_writer_wake(ApiWriter *w) {
    pthread_mutex_lock(&w->queue.lock);
    w->queue.woken = true;
    pthread_cond_signal(&w->queue.cond);
    pthread_mutex_unlock(&w->queue.lock);
}
uint32_t api_writer_depth(ApiWriter *w) {
    pthread_mutex_lock(&w->queue.lock);
    uint32_t n = w->queue.n;
    pthread_mutex_unlock(&w->queue.lock);
    return n;
}
Err api_writer_site(ApiWriter *w, Str bundle, Arena *a, SiteReply *ret) {
    SiteJob job = {.bundle = bundle, .arena = a, .reply = ret};
    pthread_mutex_lock(&w->queue.lock);
    bool taken = !w->queue.stopping && !w->site_job;
    if (taken) {
        w->site_job = &job;
        pthread_cond_signal(&w->queue.cond);
    }
    while (taken && !job.done) pthread_cond_wait(&w->site_done, &w->queue.lock);
    pthread_mutex_unlock(&w->queue.lock);
    return taken ? job.err : ERR_BUSY;
}

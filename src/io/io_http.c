// Requests and replies of the HTTP server.
#include "io_http_internal.h"

// ---- what a request says
Str io_http_method(const IoRequest *rq) {
    return str_c(rq->method);
}
Str io_http_path(const IoRequest *rq) {
    return str_c(rq->path);
}
Str io_http_body(const IoRequest *rq) {
    return buf_view(&rq->body);
}
bool io_http_body_too_big(const IoRequest *rq) {
    return rq->too_big;
}
Arena *io_http_arena(IoRequest *rq) {
    return &rq->arena;
}
void io_http_on_end(IoRequest *rq, IoEnded *fn, void *ctx) {
    rq->ended = fn;
    rq->ended_ctx = ctx;
}
static bool lookup(const IoRequest *rq, enum MHD_ValueKind kind, const char *name, Str *ret) {
    const char *v = NULL;
    size_t n = 0;
    if (MHD_lookup_connection_value_n(rq->mhd, kind, name, strlen(name), &v, &n) != MHD_YES) return false;
    *ret = v ? (Str){v, n} : STR_EMPTY;
    return true;
}
bool io_http_header(const IoRequest *rq, const char *name, Str *ret) {
    return lookup(rq, MHD_HEADER_KIND, name, ret);
}
bool io_http_query(const IoRequest *rq, const char *name, Str *ret) {
    return lookup(rq, MHD_GET_ARGUMENT_KIND, name, ret);
}
typedef struct {
    IoQueryFn *fn;
    void *ctx;
} QueryWalk;
static enum MHD_Result each_query(void *cls, enum MHD_ValueKind kind, const char *key, size_t key_n, const char *value,
                                  size_t value_n) {
    (void)kind;
    const QueryWalk *w = cls;
    w->fn(w->ctx, (Str){key, key_n}, value ? (Str){value, value_n} : STR_EMPTY);
    return MHD_YES;
}
void io_http_each_query(const IoRequest *rq, IoQueryFn *fn, void *ctx) {
    QueryWalk w = {fn, ctx};
    MHD_get_connection_values_n(rq->mhd, MHD_GET_ARGUMENT_KIND, each_query, &w);
}

// ---- replies
static void add_headers(struct MHD_Response *r, IoRequest *rq, const IoReply *reply) {
    if (reply->content_type) MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, reply->content_type);
    for (uint32_t i = 0; i < reply->headers_n; i++) {
        char *value = arena_cstr(&rq->arena, reply->headers[i].value);
        if (value) MHD_add_response_header(r, reply->headers[i].name, value);
    }
}
// READY before the suspension is certain: then the access handler sees it and goes on by itself.
static void make_ready(IoRequest *rq) {
    int was = atomic_exchange(&rq->state, RQ_READY);
    CK_ASSERT(was == RQ_HANDLING || was == RQ_DEFERRED);
    if (was == RQ_DEFERRED) MHD_resume_connection(rq->mhd);
}
void io_http_reply(IoRequest *rq, const IoReply *reply, Buf *body) {
    CK_ASSERT(rq->response == NULL && reply->headers_n <= IO_HEADERS_MAX);
    if (body->n == 0) {
        buf_deinit(body);
        rq->response = MHD_create_response_from_buffer(0, "", MHD_RESPMEM_PERSISTENT);
    } else {
        rq->response = MHD_create_response_from_buffer(body->n, body->p, MHD_RESPMEM_MUST_FREE);
    }
    CK_ASSERT(rq->response != NULL);
    buf_init(body, body->ceiling);
    add_headers(rq->response, rq, reply);
    rq->status = (unsigned)reply->status;
    make_ready(rq);
}
void io_http_defer(IoRequest *rq) {
    CK_ASSERT(!rq->counted);
    rq->counted = true;
    atomic_fetch_add(&rq->http->busy, 1);
}
void io_http_resume(IoRequest *rq, IoResumed *fn, void *ctx) {
    rq->resumed = fn;
    rq->resumed_ctx = ctx;
    make_ready(rq);
}

// ---- streams
static ssize_t stream_read(void *cls, uint64_t pos, char *to, size_t max) {
    (void)pos;
    IoRequest *rq = cls;
    for (;;) {
        int64_t n = rq->pull(rq->stream_ctx, to, max);
        if (n < 0) return MHD_CONTENT_READER_END_OF_STREAM;
        if (n > 0) return (ssize_t)n;
        pthread_mutex_lock(&rq->wake_lock);
        bool again = rq->kicked;
        rq->kicked = false;
        if (!again) {
            rq->asleep = true;
            MHD_suspend_connection(rq->mhd);
        }
        pthread_mutex_unlock(&rq->wake_lock);
        if (!again) return 0;
    }
}
void io_http_wake(IoRequest *rq) {
    pthread_mutex_lock(&rq->wake_lock);
    if (rq->asleep) {
        rq->asleep = false;
        MHD_resume_connection(rq->mhd);
    } else {
        rq->kicked = true;
    }
    pthread_mutex_unlock(&rq->wake_lock);
}
void io_http_stream(IoRequest *rq, const IoReply *reply, IoPull *pull, IoClosed *closed, void *ctx) {
    CK_ASSERT(rq->response == NULL);
    rq->pull = pull;
    rq->closed = closed;
    rq->stream_ctx = ctx;
    atomic_fetch_add(&rq->http->busy, 1);
    rq->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, IO_STREAM_BLOCK, stream_read, rq, NULL);
    CK_ASSERT(rq->response != NULL);
    add_headers(rq->response, rq, reply);
    rq->status = (unsigned)reply->status;
    make_ready(rq);
}

// ---- the life of a request in the daemon's thread
static IoRequest *take_spare(IoHttp *h) {
    IoRequest *rq = h->spare;
    if (rq) {
        h->spare = rq->next_spare;
        h->spare_n--;
        return rq;
    }
    rq = calloc(1, sizeof *rq);
    CK_ASSERT(rq != NULL);
    arena_init(&rq->arena, IO_ARENA_MAX);
    buf_init(&rq->body, IO_BODY_MAX);
    return rq;
}
void io_request_free(IoRequest *rq) {
    buf_deinit(&rq->body);
    arena_deinit(&rq->arena);
    free(rq);
}
static void keep_spare(IoHttp *h, IoRequest *rq) {
    if (h->spare_n == IO_SPARE_MAX || rq->arena.used > IO_SPARE_BYTES || rq->body.cap > IO_SPARE_BYTES) {
        io_request_free(rq);
        return;
    }
    arena_reset(&rq->arena);
    buf_clear(&rq->body);
    *rq = (IoRequest){.arena = rq->arena, .body = rq->body, .next_spare = h->spare};
    h->spare = rq;
    h->spare_n++;
}
static IoRequest *request_new(IoHttp *h, struct MHD_Connection *c, const char *url, const char *method) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    CK_ASSERT(info != NULL);
    IoRequest *rq = take_spare(h);
    rq->http = h;
    rq->mhd = c;
    rq->connection = info->socket_context;
    rq->method = method;
    rq->path = url;
    pthread_mutex_init(&rq->wake_lock, NULL);
    Str length;
    if (io_http_header(rq, "Content-Length", &length) && (length.n > 19 || strtoull(length.p, NULL, 10) > IO_BODY_MAX))
        rq->too_big = true;
    io_connection_phase(rq->connection, h->opts.request_ms);
    return rq;
}
static enum MHD_Result queue_reply(IoRequest *rq) {
    CK_ASSERT(rq->response != NULL && !rq->queued);
    rq->queued = true;
    io_connection_phase(rq->connection, rq->pull ? 0 : rq->http->opts.request_ms);
    return MHD_queue_response(rq->mhd, rq->status, rq->response);
}
static enum MHD_Result go_on(IoRequest *rq) {
    IoResumed *fn = rq->resumed;
    if (fn) {
        rq->resumed = NULL;
        atomic_store(&rq->state, RQ_HANDLING);
        fn(rq->resumed_ctx, rq);
        CK_ASSERT(atomic_load(&rq->state) == RQ_READY && !rq->resumed);
    }
    return queue_reply(rq);
}
static enum MHD_Result handle(IoRequest *rq) {
    atomic_store(&rq->state, RQ_HANDLING);
    io_connection_phase(rq->connection, 0);
    rq->http->opts.handler(rq->http->opts.ctx, rq);
    if (atomic_load(&rq->state) == RQ_READY) return go_on(rq);
    // Suspend first, then say so: whoever replies in between finds HANDLING and leaves the resuming to us.
    MHD_suspend_connection(rq->mhd);
    int expected = RQ_HANDLING;
    if (!atomic_compare_exchange_strong(&rq->state, &expected, RQ_DEFERRED)) MHD_resume_connection(rq->mhd);
    return MHD_YES;
}
static enum MHD_Result take_body(IoRequest *rq, const char *upload, size_t *upload_n) {
    size_t n = *upload_n;
    *upload_n = 0;
    if (!rq->too_big) buf_put(&rq->body, upload, n);
    if (rq->body.overflow) rq->too_big = true;
    if (!rq->too_big) return MHD_YES;
    buf_deinit(&rq->body);
    rq->swallowed += n;
    return rq->swallowed > IO_SWALLOW_MAX ? MHD_NO : MHD_YES;
}
// A client that waits for leave to send a body over the limit, or announces an absurd one, is answered before the body.
static bool refuse_at_once(const IoRequest *rq) {
    Str v;
    if (!rq->too_big) return false;
    if (io_http_header(rq, "Expect", &v)) return true;
    return io_http_header(rq, "Content-Length", &v) && strtoull(v.p, NULL, 10) > IO_SWALLOW_MAX;
}
enum MHD_Result io_http_access(void *cls, struct MHD_Connection *c, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_n, void **con_cls) {
    (void)version;
    IoRequest *rq = *con_cls;
    if (!rq) {
        rq = *con_cls = request_new(cls, c, url, method);
        return refuse_at_once(rq) ? handle(rq) : MHD_YES;
    }
    switch ((RequestState)atomic_load(&rq->state)) {
    case RQ_RECEIVING: return *upload_n ? take_body(rq, upload, upload_n) : handle(rq);
    case RQ_READY: return rq->queued ? MHD_YES : go_on(rq);
    case RQ_HANDLING:
    case RQ_DEFERRED: break;
    }
    ck_panic("a request in the handler's hands came again", __FILE__, __LINE__);
}
void io_http_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode why) {
    (void)c;
    (void)why;
    IoHttp *h = cls;
    IoRequest *rq = *con_cls;
    *con_cls = NULL;
    if (!rq) return;
    if (rq->closed) rq->closed(rq->stream_ctx);
    if (rq->ended) rq->ended(rq->ended_ctx);
    if (rq->closed || rq->counted) atomic_fetch_sub(&h->busy, 1);
    io_connection_phase(rq->connection, h->opts.idle_ms);
    if (rq->response) MHD_destroy_response(rq->response);
    pthread_mutex_destroy(&rq->wake_lock);
    keep_spare(h, rq);
}

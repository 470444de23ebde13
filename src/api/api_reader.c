// The reader: queries run here, on a read connection of their own, so that a long report never stands in a command's
// way.
#include "api_internal.h"

#define QUEUE_MAX 1024
struct ApiReader {
    Api *api;
    ApiQueue queue;
    Store *store;
    pthread_t thread;
    bool joined;
};

static ApiCall *next_call(ApiQueue *q) {
    pthread_mutex_lock(&q->lock);
    while (!q->first && !q->stopping) pthread_cond_wait(&q->cond, &q->lock);
    ApiCall *c = q->first;
    if (c) {
        q->first = c->next;
        if (!q->first) q->last = NULL;
        q->n--;
    }
    pthread_mutex_unlock(&q->lock);
    return c;
}
static void answer(void *call, IoRequest *rq) {
    ApiCall *c = call;
    CK_ASSERT(c->rq == rq);
    Buf out = c->out;
    c->out = (Buf){0};
    api_answer(c, c->http, c->content_type, &out);
}
static void *reader_main(void *arg) {
    (void)pthread_setname_np(pthread_self(), "reader");
    ApiReader *r = arg;
    for (ApiCall *c = next_call(&r->queue); c; c = next_call(&r->queue)) {
        Err e = store_refresh(r->store);
        if (e == OK)
            api_query(c, r->store);
        else
            api_query_fail(c, api_code_of(e), str_c(err_text(e)));
        io_http_resume(c->rq, answer, c);
    }
    return NULL;
}
Err api_reader_start(Api *api, ApiReader **ret) {
    ApiReader *r = calloc(1, sizeof *r);
    CK_ASSERT(r != NULL);
    r->api = api;
    Err e = store_open_reader(&(StoreOpts){.path = api->opts.store}, &r->store);
    if (e != OK) {
        free(r);
        return e;
    }
    api_queue_init(&r->queue, QUEUE_MAX);
    CK_ASSERT(pthread_create(&r->thread, NULL, reader_main, r) == 0);
    *ret = r;
    return OK;
}
void api_reader_stop(ApiReader *r) {
    api_queue_stop(&r->queue);
    if (!r->joined) pthread_join(r->thread, NULL);
    r->joined = true;
}
void api_reader_free(ApiReader *r) {
    CK_ASSERT(r->joined);
    api_queue_deinit(&r->queue);
    store_close(r->store);
    free(r);
}
bool api_reader_put(ApiReader *r, ApiCall *c) {
    return api_queue_put(&r->queue, c);
}

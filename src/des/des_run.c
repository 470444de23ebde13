#include "des_run.h"
#include <pthread.h>
#include <unistd.h>

#define THREADS_MAX 64
typedef struct {
    const DesReplicate *r;
    pthread_mutex_t lock;
    uint32_t next, done;
} Crew;
static void *work(void *arg) {
    Crew *c = arg;
    const DesReplicate *r = c->r;
    for (;;) {
        pthread_mutex_lock(&c->lock);
        bool stop = c->next >= r->n || (r->stop && *r->stop);
        uint32_t i = stop ? 0 : c->next++;
        pthread_mutex_unlock(&c->lock);
        if (stop) return NULL;
        r->one(r->ctx, r->first + i, (char *)r->outs + i * r->out_size);
        pthread_mutex_lock(&c->lock);
        c->done++;
        if (r->progress) r->progress(r->ctx, c->done, r->n);
        pthread_mutex_unlock(&c->lock);
    }
}
uint32_t des_replicate(const DesReplicate *r) {
    Crew c = {.r = r};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint32_t threads = r->threads ? r->threads : cores > 0 ? (uint32_t)cores : 1, started = 0;
    pthread_t thread[THREADS_MAX];
    pthread_mutex_init(&c.lock, NULL);
    threads = MIN(MIN(threads, (uint32_t)THREADS_MAX), r->n);
    for (uint32_t i = 1; i < threads; i++) started += pthread_create(&thread[started], NULL, work, &c) == 0;
    work(&c);
    for (uint32_t i = 0; i < started; i++) pthread_join(thread[i], NULL);
    pthread_mutex_destroy(&c.lock);
    return c.next;
}

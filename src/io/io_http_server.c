// The daemon, its connections, and the sweeper that closes those which take too long.
#include "io_http_internal.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define SWEEP_US        200000
#define HEAD_MEMORY     32768
#define PER_ADDRESS_MAX 0 // a trader's proxy brings many; the total is what is bounded

void io_connection_phase(IoConnection *c, uint32_t ms) {
    atomic_store_explicit(&c->due_us, ms ? io_mono_us() + (int64_t)ms * 1000 : 0, memory_order_relaxed);
}
static void connection_opened(IoHttp *h, struct MHD_Connection *mhd, void **socket_context) {
    IoConnection *c = calloc(1, sizeof *c);
    CK_ASSERT(c != NULL);
    c->fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    int one = 1;
    (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    io_connection_phase(c, h->opts.idle_ms);
    pthread_mutex_lock(&h->lock);
    c->next = h->connections;
    if (c->next) c->next->prev = c;
    h->connections = c;
    pthread_mutex_unlock(&h->lock);
    atomic_fetch_add(&h->connections_n, 1);
    *socket_context = c;
}
static void connection_closed(IoHttp *h, void **socket_context) {
    IoConnection *c = *socket_context;
    *socket_context = NULL;
    pthread_mutex_lock(&h->lock);
    if (c->prev) c->prev->next = c->next;
    if (c->next) c->next->prev = c->prev;
    if (h->connections == c) h->connections = c->next;
    pthread_mutex_unlock(&h->lock);
    atomic_fetch_sub(&h->connections_n, 1);
    free(c);
}
static void connection_notice(void *cls, struct MHD_Connection *mhd, void **socket_context,
                              enum MHD_ConnectionNotificationCode what) {
    if (what == MHD_CONNECTION_NOTIFY_STARTED)
        connection_opened(cls, mhd, socket_context);
    else
        connection_closed(cls, socket_context);
}

// Inactivity alone would let a client drip one byte a minute for ever: every phase of a request has its own end.
static void sweep(IoHttp *h) {
    int64_t now = io_mono_us();
    for (IoConnection *c = h->connections; c; c = c->next) {
        int64_t due = atomic_load_explicit(&c->due_us, memory_order_relaxed);
        if (due && due < now) (void)shutdown(c->fd, SHUT_RDWR); // the daemon sees the end and closes it
    }
}
static void *sweeper_main(void *arg) {
    (void)pthread_setname_np(pthread_self(), "http sweeper");
    IoHttp *h = arg;
    pthread_mutex_lock(&h->lock);
    while (!h->stopping) {
        struct timespec until;
        CK_ASSERT(clock_gettime(CLOCK_MONOTONIC, &until) == 0);
        until.tv_nsec += SWEEP_US * 1000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
        (void)pthread_cond_timedwait(&h->stop_cond, &h->lock, &until);
        sweep(h);
    }
    pthread_mutex_unlock(&h->lock);
    return NULL;
}

static Err listen_on(const char *host, uint16_t port, int *ret_fd, uint16_t *ret_port) {
    struct sockaddr_storage ss = {0};
    struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
    socklen_t n;
    if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        n = sizeof *v4;
    } else if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        n = sizeof *v6;
    } else {
        return ERR_INVALID;
    }
    int one = 1, fd = socket(ss.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) return ERR_NET;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    struct sockaddr_storage got = {0};
    socklen_t got_n = sizeof got;
    if (bind(fd, (struct sockaddr *)&ss, n) != 0 || listen(fd, 1024) != 0 ||
        getsockname(fd, (struct sockaddr *)&got, &got_n) != 0) {
        log_line(LOG_ERROR, "io", "cannot listen on %s port %u: %s", host, port, strerror(errno));
        (void)close(fd);
        return ERR_NET;
    }
    *ret_port = ntohs(got.ss_family == AF_INET ? ((struct sockaddr_in *)&got)->sin_port
                                               : ((struct sockaddr_in6 *)&got)->sin6_port);
    *ret_fd = fd;
    return OK;
}
static struct MHD_Daemon *start_daemon(IoHttp *h) {
    const IoTls *tls = h->opts.tls;
    struct MHD_OptionItem secure[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, tls ? (void *)(uintptr_t)tls->certificate.p : NULL},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, tls ? (void *)(uintptr_t)tls->key.p : NULL},
        {MHD_OPTION_HTTPS_MEM_TRUST, 0, tls ? (void *)(uintptr_t)tls->authority.p : NULL},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t) "SECURE128:-VERS-ALL:+VERS-TLS1.3"},
        {MHD_OPTION_END, 0, NULL}};
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    return MHD_start_daemon(
        flags | (tls ? (unsigned)MHD_USE_TLS : 0), 0, NULL, NULL, io_http_access, h, MHD_OPTION_ARRAY,
        tls ? secure : secure + ARRAY_LEN(secure) - 1, MHD_OPTION_LISTEN_SOCKET, h->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, h->opts.connections_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (h->opts.idle_ms + 999) / 1000, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        (unsigned)PER_ADDRESS_MAX, MHD_OPTION_NOTIFY_COMPLETED, io_http_completed, h, MHD_OPTION_NOTIFY_CONNECTION,
        connection_notice, h, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_END);
}
static void init_locks(IoHttp *h) {
    pthread_condattr_t steady;
    CK_ASSERT(pthread_condattr_init(&steady) == 0 && pthread_condattr_setclock(&steady, CLOCK_MONOTONIC) == 0);
    CK_ASSERT(pthread_mutex_init(&h->lock, NULL) == 0 && pthread_cond_init(&h->stop_cond, &steady) == 0);
    pthread_condattr_destroy(&steady);
}
Err io_http_start(const IoHttpOpts *opts, IoHttp **ret) {
    CK_ASSERT(opts->handler != NULL);
    IoHttp *h = calloc(1, sizeof *h);
    CK_ASSERT(h != NULL);
    h->opts = *opts;
    if (!h->opts.connections_max) h->opts.connections_max = 4096;
    if (!h->opts.idle_ms) h->opts.idle_ms = 60000;
    if (!h->opts.request_ms) h->opts.request_ms = 30000;
    Err e = listen_on(opts->host, opts->port, &h->listen_fd, &h->port);
    if (e != OK) {
        free(h);
        return e;
    }
    init_locks(h);
    h->daemon = start_daemon(h);
    if (!h->daemon) {
        (void)close(h->listen_fd);
        free(h);
        return ERR_NET;
    }
    CK_ASSERT(pthread_create(&h->sweeper, NULL, sweeper_main, h) == 0);
    *ret = h;
    return OK;
}
uint16_t io_http_port(const IoHttp *h) {
    return h->port;
}
uint32_t io_http_busy(IoHttp *h) {
    return atomic_load(&h->busy);
}
uint64_t io_http_connections(IoHttp *h) {
    return atomic_load(&h->connections_n);
}
void io_http_refuse(IoHttp *h) {
    int fd = MHD_quiesce_daemon(h->daemon);
    if (fd >= 0) (void)close(fd);
}
void io_http_stop(IoHttp *h) {
    pthread_mutex_lock(&h->lock);
    h->stopping = true;
    pthread_cond_broadcast(&h->stop_cond);
    pthread_mutex_unlock(&h->lock);
    pthread_join(h->sweeper, NULL);
    MHD_stop_daemon(h->daemon);
    for (IoRequest *rq = h->spare, *next; rq; rq = next) {
        next = rq->next_spare;
        io_request_free(rq);
    }
    pthread_cond_destroy(&h->stop_cond);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

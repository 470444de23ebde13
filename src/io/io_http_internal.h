// What io_http.c (requests and replies) and io_http_server.c (daemon and connections) share.
#pragma once
#include "io_clock.h"
#include "io_http.h"
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#define IO_SWALLOW_MAX  (8u << 20) // of a body over the limit: read and thrown away so that the client sees the answer
#define IO_ARENA_MAX    (8u << 20)
#define IO_STREAM_BLOCK 16384
#define IO_SPARE_MAX    256
#define IO_SPARE_BYTES  (64u << 10) // a request that used more gives its memory back

// A connection, with the moment by which its present phase must be over.
typedef struct IoConnection {
    struct IoConnection *next, *prev;
    int fd;
    _Atomic int64_t due_us; // 0 = no limit
} IoConnection;

struct IoHttp {
    struct MHD_Daemon *daemon;
    IoHttpOpts opts;
    uint16_t port;
    int listen_fd;
    pthread_t sweeper;
    pthread_mutex_t lock;
    pthread_cond_t stop_cond;
    bool stopping;
    IoConnection *connections; // under lock
    _Atomic uint64_t connections_n;
    _Atomic uint32_t busy;
    IoRequest *spare; // finished requests with their first memory, for the next ones; the daemon's thread only
    uint32_t spare_n;
};

typedef enum {
    RQ_RECEIVING,
    RQ_HANDLING, // the handler has it
    RQ_DEFERRED, // suspended, or about to be
    RQ_READY     // there is a reply or a function to call
} RequestState;

struct IoRequest {
    IoRequest *next_spare;
    IoHttp *http;
    struct MHD_Connection *mhd;
    IoConnection *connection;
    const char *method, *path;
    Arena arena;
    Buf body;
    size_t swallowed;
    bool too_big, counted, queued;
    _Atomic int state; // RequestState
    struct MHD_Response *response;
    unsigned status;
    IoResumed *resumed;
    void *resumed_ctx;
    IoEnded *ended;
    void *ended_ctx;
    // stream
    IoPull *pull;
    IoClosed *closed;
    void *stream_ctx;
    pthread_mutex_t wake_lock;
    bool kicked, asleep;
};

enum MHD_Result io_http_access(void *cls, struct MHD_Connection *c, const char *url, const char *method,
                               const char *version, const char *upload, size_t *upload_n, void **con_cls);
void io_http_completed(void *cls, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode why);
void io_request_free(IoRequest *rq);
void io_connection_phase(IoConnection *c, uint32_t ms); // starts a phase that may take `ms`; 0 = no limit

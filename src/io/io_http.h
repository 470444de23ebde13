// HTTP server: whole requests in, whole replies or streams out. One thread runs the handler; a reply may come from any
// thread.
//
// Bounds: body 1 MiB (413), head 32 KiB, connections, time to send a request, time to take a reply. HEAD is answered as
// GET without body.
#pragma once
#include "base/base.h"

#define IO_BODY_MAX    (1u << 20)
#define IO_HEADERS_MAX 8

typedef struct IoHttp IoHttp;
typedef struct IoRequest IoRequest;

typedef struct {
    const char *name;
    Str value; // no control characters
} IoHeader;
typedef struct {
    int status;
    const char *content_type; // NULL: no body
    IoHeader headers[IO_HEADERS_MAX];
    uint32_t headers_n;
} IoReply;

// Mutual TLS 1.3 with one authority of certificates that both sides trust, and no other. PEM texts, NUL behind them.
typedef struct {
    Str certificate, key, authority;
} IoTls;
#define IO_DIGEST_LEN 32 // SHA-256 of a certificate as DER

// The request is complete. The handler calls exactly one of io_http_reply, io_http_stream, io_http_defer on it.
typedef void IoHandler(void *ctx, IoRequest *rq);
typedef struct {
    const char *host; // numeric address
    uint16_t port;    // 0: a free one
    const IoTls *tls; // NULL: plain HTTP. Borrowed.
    IoHandler *handler;
    void *ctx;
    uint32_t connections_max; // 0 = 4096
    uint32_t idle_ms;         // an idle or head-sending connection is closed after this; 0 = 60 s
    uint32_t request_ms;      // time for a body, and for taking a reply; 0 = 30 s
} IoHttpOpts;
Err io_http_start(const IoHttpOpts *opts, IoHttp **ret) MUST_USE;
uint16_t io_http_port(const IoHttp *h);
// Whether the client showed a certificate of the authority, in its time, for this name; its digest when it did.
bool io_http_certificate(const IoRequest *rq, const char *name, uint8_t ret_digest[IO_DIGEST_LEN]);
void io_http_refuse(IoHttp *h); // takes no new connections from now on; those open go on
// No deferred request and no sleeping stream may be left: answer and end them first (io_http_busy tells).
uint32_t io_http_busy(IoHttp *h);
void io_http_stop(IoHttp *h);
uint64_t io_http_connections(IoHttp *h);

Str io_http_method(const IoRequest *rq);
Str io_http_path(const IoRequest *rq); // percent-decoded, without the query
Str io_http_body(const IoRequest *rq);
bool io_http_body_too_big(const IoRequest *rq); // then the body is empty
bool io_http_header(const IoRequest *rq, const char *name, Str *ret);
bool io_http_query(const IoRequest *rq, const char *name, Str *ret); // false when absent; "?a" gives the empty string
typedef void IoQueryFn(void *ctx, Str name, Str value);
void io_http_each_query(const IoRequest *rq, IoQueryFn *fn, void *ctx);
Arena *io_http_arena(IoRequest *rq); // lives as long as the request; one thread at a time
// Called once in the handler's thread when the request is over, answered or not (a client may vanish); the arena is
// still there.
typedef void IoEnded(void *ctx);
void io_http_on_end(IoRequest *rq, IoEnded *fn, void *ctx);

// Takes the buffer's memory over. From any thread.
void io_http_reply(IoRequest *rq, const IoReply *reply, Buf *body);
// Puts the request aside. io_http_resume, from any thread, then has `fn` called in the handler's thread, which must
// reply.
typedef void IoResumed(void *ctx, IoRequest *rq);
void io_http_defer(IoRequest *rq);
void io_http_resume(IoRequest *rq, IoResumed *fn, void *ctx);

// A reply without a known end. `pull` fills at most `max` bytes: > 0 that many, 0 nothing now (sleeps until
// io_http_wake), -1 the end. Both callbacks run in the handler's thread; after `closed` the request must not be
// touched.
typedef int64_t IoPull(void *ctx, char *to, size_t max);
typedef void IoClosed(void *ctx);
void io_http_stream(IoRequest *rq, const IoReply *reply, IoPull *pull, IoClosed *closed, void *ctx);
// From any thread. The caller holds a lock that its `closed` takes, too, and knows that `closed` has not run: else the
// request may be gone.
void io_http_wake(IoRequest *rq);

// A client of one HTTPS service with mutual TLS 1.3: posts a body, waits for the answer. One thread at a time, but
// io_post_stop may come from another.
#pragma once
#include "io_http.h"

typedef struct {
    const char *url;  // https://host:port/path
    const char *name; // that the server's certificate must be for, whatever the address
    IoTls tls;        // borrowed
    // Called with the digest of the server's certificate before anything is sent: false ends it.
    bool (*trusted)(void *ctx, const uint8_t digest[IO_DIGEST_LEN]);
    void *ctx;
    uint32_t connect_ms, timeout_ms;
} IoPostOpts;
typedef struct IoPost IoPost;
Err io_post_new(const IoPostOpts *opts, IoPost **ret) MUST_USE; // ERR_INVALID: URL, certificate or key
void io_post_free(IoPost *p);
// ERR_NET: no answer; *ret_why says why, for people, borrowed until the next call. `answer` is filled up to its
// ceiling.
Err io_post(IoPost *p, const char *content_type, Str body, Buf *answer, int *ret_status, const char **ret_why) MUST_USE;
void io_post_reconnect(IoPost *p); // the next call opens a new connection
void io_post_stop(IoPost *p);      // the call under way ends soon, later ones at once

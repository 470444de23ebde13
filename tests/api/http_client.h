// A small HTTP client for tests: plain sockets, so that broken requests can be sent, too.
#pragma once
#include "base/base.h"

typedef struct {
    int status;
    char *head, *body; // owned by `memory`; body is NUL-terminated
    size_t body_n;
    char *memory;
} HttpReply;

int http_connect(uint16_t port); // fails the test when it cannot
void http_send(int fd, const void *p, size_t n);
// Reads one reply (Content-Length or chunked or until the end). no_body: an answer to HEAD. status 0: the server
// closed.
HttpReply http_read(int fd, bool no_body);
void http_free(HttpReply *r);
// One request on a connection of its own. extra: header lines, each with \r\n; NULL = none. body NULL = none.
HttpReply http_call(uint16_t port, const char *method, const char *path, const char *token, const char *extra,
                    const char *body);
bool http_header_of(const HttpReply *r, const char *name, char *ret, size_t size);

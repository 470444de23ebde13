#include "http_client.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define READ_MAX (32u << 20)

int http_connect(uint16_t port) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {20, 0};
    int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    CK_ASSERT(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0);
    CK_ASSERT(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0);
    CK_ASSERT(connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}
void http_send(int fd, const void *p, size_t n) {
    const char *at = p;
    while (n) {
        ssize_t k = send(fd, at, n, MSG_NOSIGNAL);
        if (k <= 0) return; // the server closed: the reply tells
        at += k;
        n -= (size_t)k;
    }
}
static bool more(int fd, Buf *b) {
    char chunk[16384];
    ssize_t n = recv(fd, chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    buf_put(b, chunk, (size_t)n);
    return true;
}
static char *find_end(const Buf *b, size_t from, const char *what) {
    return b->n < from ? NULL : memmem(b->p + from, b->n - from, what, strlen(what));
}
static bool header(const char *head, const char *name, char *ret, size_t size) {
    size_t n = strlen(name);
    for (const char *l = strstr(head, "\r\n"); l; l = strstr(l + 2, "\r\n")) {
        if (strncasecmp(l + 2, name, n) != 0 || l[2 + n] != ':') continue;
        const char *v = l + 3 + n, *end;
        while (*v == ' ') v++;
        end = strstr(v, "\r\n");
        size_t len = end ? (size_t)(end - v) : strlen(v);
        (void)snprintf(ret, size, "%.*s", (int)len, v);
        return true;
    }
    return false;
}
bool http_header_of(const HttpReply *r, const char *name, char *ret, size_t size) {
    return header(r->head, name, ret, size);
}
// One byte at a time up to the end of the head: what follows belongs to the next reply on the connection.
static bool read_head(int fd, Buf *b) {
    char c;
    while (!(b->n >= 4 && memcmp(b->p + b->n - 4, "\r\n\r\n", 4) == 0)) {
        if (recv(fd, &c, 1, 0) != 1) return false;
        buf_put(b, &c, 1);
    }
    return true;
}
static void read_exactly(int fd, Buf *b, size_t n) {
    char chunk[16384];
    while (n) {
        ssize_t k = recv(fd, chunk, MIN(n, sizeof chunk), 0);
        if (k <= 0) return;
        buf_put(b, chunk, (size_t)k);
        n -= (size_t)k;
    }
}
HttpReply http_read(int fd, bool no_body) {
    Buf b;
    buf_init(&b, READ_MAX);
    HttpReply r = {0};
    if (!read_head(fd, &b)) {
        buf_deinit(&b);
        return r;
    }
    char length[32];
    size_t head_n = b.n;
    buf_char(&b, 0);
    bool sized = header(b.p, "Content-Length", length, sizeof length);
    if (!no_body) {
        if (sized)
            read_exactly(fd, &b, strtoull(length, NULL, 10));
        else
            while (more(fd, &b) && !find_end(&b, head_n, "0\r\n\r\n")) {
            }
    }
    buf_char(&b, 0);
    r.memory = r.head = b.p;
    r.body = b.p + head_n + 1;
    r.body_n = b.n - head_n - 2;
    r.status = (int)strtol(b.p + 9, NULL, 10);
    return r;
}
void http_free(HttpReply *r) {
    free(r->memory);
    *r = (HttpReply){0};
}
HttpReply http_call(uint16_t port, const char *method, const char *path, const char *token, const char *extra,
                    const char *body) {
    int fd = http_connect(port);
    Buf b;
    buf_init(&b, READ_MAX);
    buf_printf(&b, "%s %s HTTP/1.1\r\nHost: test\r\nConnection: close\r\n", method, path);
    if (token) buf_printf(&b, "Authorization: Bearer %s\r\n", token);
    if (extra) buf_c(&b, extra);
    if (body) {
        if (!extra || !strcasestr(extra, "content-type:")) buf_c(&b, "Content-Type: application/json\r\n");
        buf_printf(&b, "Content-Length: %zu\r\n", strlen(body));
    }
    buf_c(&b, "\r\n");
    if (body) buf_c(&b, body);
    http_send(fd, b.p, b.n);
    buf_deinit(&b);
    HttpReply r = http_read(fd, strcmp(method, "HEAD") == 0);
    close(fd);
    return r;
}

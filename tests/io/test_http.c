// The HTTP server by itself: replies from other threads, resumed requests, streams, pipelining, limits, the end.
#include "io/io_clock.h"
#include "io/io_http.h"
#include "../api/http_client.h"
#include "../prop.h"
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct {
    IoHttp *http;
    _Atomic uint32_t ended, closed, pulled;
} Server;
static Server sv;

static void reply_text(IoRequest *rq, int status, Str text) {
    Buf b;
    buf_init(&b, 4u << 20);
    buf_str(&b, text);
    IoReply r = {.status = status, .content_type = "text/plain"};
    r.headers[r.headers_n++] = (IoHeader){"X-Test", STR("yes")};
    io_http_reply(rq, &r, &b);
}
static void *answer_later(void *arg) {
    IoRequest *rq = arg;
    usleep(2000 + (useconds_t)(io_random_u64() % 5000));
    reply_text(rq, 200, io_http_body(rq));
    return NULL;
}
static void *answer_now(void *arg) { // may well run before the handler has returned
    reply_text(arg, 200, STR("quick"));
    return NULL;
}
static void on_resumed(void *ctx, IoRequest *rq) {
    reply_text(rq, 201, str_c(ctx));
}
static void *resume_later(void *arg) {
    usleep(1000);
    io_http_resume(arg, on_resumed, "resumed");
    return NULL;
}
static void spawn(IoRequest *rq, void *(*fn)(void *)) {
    pthread_t t;
    io_http_defer(rq);
    CK_ASSERT(pthread_create(&t, NULL, fn, rq) == 0 && pthread_detach(t) == 0);
}
// A stream of five lines; sleeps before each until it is woken.
typedef struct {
    IoRequest *rq;
    _Atomic int ready, sent;
} Lines;
static int64_t pull_line(void *ctx, char *to, size_t max) {
    Lines *l = ctx;
    atomic_fetch_add(&sv.pulled, 1);
    int sent = atomic_load(&l->sent);
    if (sent == 5) return -1;
    if (sent >= atomic_load(&l->ready)) return 0;
    atomic_store(&l->sent, sent + 1);
    return snprintf(to, max, "line %d\n", sent);
}
static pthread_mutex_t lines_lock = PTHREAD_MUTEX_INITIALIZER; // keeps the stream open while it is woken
static void lines_closed(void *ctx) {
    pthread_mutex_lock(&lines_lock);
    ((Lines *)ctx)->rq = NULL;
    pthread_mutex_unlock(&lines_lock);
    atomic_fetch_add(&sv.closed, 1);
}
static Lines lines;
static void *wake_lines(void *arg) {
    (void)arg;
    for (int i = 0; i < 5; i++) {
        usleep(3000);
        pthread_mutex_lock(&lines_lock);
        atomic_fetch_add(&lines.ready, 1);
        if (lines.rq) io_http_wake(lines.rq);
        pthread_mutex_unlock(&lines_lock);
    }
    return NULL;
}
static void on_ended(void *ctx) {
    atomic_fetch_add(&((Server *)ctx)->ended, 1);
}
static void handler(void *ctx, IoRequest *rq) {
    Str path = io_http_path(rq), q;
    io_http_on_end(rq, on_ended, ctx);
    if (io_http_body_too_big(rq)) return reply_text(rq, 413, STR("too big"));
    if (str_eq_c(path, "/later")) return spawn(rq, answer_later);
    if (str_eq_c(path, "/now")) return spawn(rq, answer_now);
    if (str_eq_c(path, "/resume")) return spawn(rq, resume_later);
    if (str_eq_c(path, "/query")) return reply_text(rq, 200, io_http_query(rq, "a", &q) ? q : STR("none"));
    if (str_eq_c(path, "/lines")) {
        lines = (Lines){.rq = rq};
        io_http_stream(rq, &(IoReply){.status = 200, .content_type = "text/plain"}, pull_line, lines_closed, &lines);
        pthread_t t;
        CK_ASSERT(pthread_create(&t, NULL, wake_lines, NULL) == 0 && pthread_detach(t) == 0);
        return;
    }
    reply_text(rq, 200, io_http_method(rq));
}
static uint16_t port(void) {
    return io_http_port(sv.http);
}
static void expect(const char *method, const char *path, const char *body, int status, const char *text) {
    HttpReply r = http_call(port(), method, path, NULL, NULL, body);
    assert_int_equal(r.status, status);
    assert_string_equal(r.body, text);
    http_free(&r);
}
static void replies(void **state) {
    (void)state;
    expect("GET", "/", NULL, 200, "GET");
    expect("HEAD", "/", NULL, 200, "");
    expect("PUT", "/x", "body", 200, "PUT");
    expect("POST", "/later", "hello", 200, "hello");
    expect("POST", "/resume", "x", 201, "resumed");
    expect("GET", "/query?a=b%20c", NULL, 200, "b c");
    expect("GET", "/query?a", NULL, 200, "");
    expect("GET", "/query?b=1", NULL, 200, "none");
    for (int i = 0; i < 200; i++) expect("GET", "/now", NULL, 200, "quick");
}
static void bodies_up_to_the_limit(void **state) {
    (void)state;
    char *big = malloc(IO_BODY_MAX + 2);
    memset(big, 'x', IO_BODY_MAX + 1);
    big[IO_BODY_MAX] = 0;
    HttpReply r = http_call(port(), "POST", "/later", NULL, NULL, big);
    assert_int_equal(r.status, 200);
    assert_int_equal(r.body_n, IO_BODY_MAX);
    http_free(&r);
    big[IO_BODY_MAX] = 'x';
    big[IO_BODY_MAX + 1] = 0;
    expect("POST", "/later", big, 413, "too big");
    free(big);
}
static void pipelined_replies_keep_their_order(void **state) {
    (void)state;
    int fd = http_connect(port());
    Buf b;
    buf_init(&b, 65536);
    for (int i = 0; i < 30; i++)
        buf_printf(&b, "POST /%s HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\n%03d", i % 3 ? "later" : "echo", i);
    http_send(fd, b.p, b.n);
    for (int i = 0; i < 30; i++) {
        HttpReply r = http_read(fd, false);
        char want[8];
        (void)snprintf(want, sizeof want, "%03d", i);
        assert_int_equal(r.status, 200);
        assert_string_equal(r.body, i % 3 ? want : "POST");
        http_free(&r);
    }
    close(fd);
    buf_deinit(&b);
}
static void a_stream_sleeps_and_wakes(void **state) {
    (void)state;
    uint32_t before = atomic_load(&sv.closed);
    atomic_store(&sv.pulled, 0);
    int fd = http_connect(port());
    const char *rq = "GET /lines HTTP/1.0\r\nHost: t\r\n\r\n";
    http_send(fd, rq, strlen(rq));
    Buf b;
    buf_init(&b, 65536);
    char chunk[512];
    for (ssize_t n; (n = recv(fd, chunk, sizeof chunk, 0)) > 0;) buf_put(&b, chunk, (size_t)n);
    buf_char(&b, 0);
    assert_non_null(strstr(b.p, "line 0\nline 1\nline 2\nline 3\nline 4\n"));
    assert_true(atomic_load(&sv.pulled) < 30); // it slept, it did not spin
    for (int i = 0; i < 500 && atomic_load(&sv.closed) == before; i++) usleep(2000);
    assert_int_equal(atomic_load(&sv.closed), before + 1);
    buf_deinit(&b);
    close(fd);
}
static bool is_closed_within(int fd, int ms) {
    char c[256];
    struct timeval t = {ms / 1000, (ms % 1000) * 1000};
    CK_ASSERT(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t) == 0);
    ssize_t n;
    while ((n = recv(fd, c, sizeof c, 0)) > 0) {
    }
    return n == 0 || errno == ECONNRESET;
}
static void every_phase_has_its_end(void **state) {
    (void)state;
    static const char *const starts[] = {"", "GET / HTT", "POST / HTTP/1.1\r\nHost: t\r\n",
                                         "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 50\r\n\r\nx"};
    int fd[ARRAY_LEN(starts)];
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        fd[i] = http_connect(port());
        http_send(fd[i], starts[i], strlen(starts[i]));
    }
    for (int k = 0; k < 8; k++) {
        usleep(250000);
        for (size_t i = 1; i < ARRAY_LEN(starts); i++) http_send(fd[i], "x", 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(starts); i++) {
        assert_true(is_closed_within(fd[i], 1000));
        close(fd[i]);
    }
}
static void heads_are_bounded(void **state) {
    (void)state;
    int fd = http_connect(port());
    const char *start = "GET / HTTP/1.1\r\nHost: t\r\n";
    http_send(fd, start, strlen(start));
    for (int i = 0; i < 2000; i++) http_send(fd, "X-A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", 45);
    HttpReply r = http_read(fd, false);
    assert_true(r.status == 431 || r.status == 413 || r.status == 0);
    http_free(&r);
    close(fd);
    expect("GET", "/", NULL, 200, "GET");
}
// Whatever comes in, the server lives and closes every request once.
static void noise(void **state) {
    (void)state;
    static const char *const parts[] = {"GET / HTTP/1.1\r\n",
                                        "POST /later HTTP/1.1\r\n",
                                        "Host: t\r\n",
                                        "Content-Length: 5\r\n",
                                        "Content-Length: -1\r\n",
                                        "\r\n",
                                        "hello",
                                        "Transfer-Encoding: chunked\r\n",
                                        "5\r\n",
                                        "0\r\n\r\n",
                                        "\0\xff\x01",
                                        "GET ",
                                        "%zz",
                                        "?a=b&&=",
                                        " HTTP/1.1\r\n",
                                        "\n\n\n",
                                        "Expect: 100-continue\r\n"};
    uint64_t seeds = prop_seeds(150);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        Prng r = {seed};
        int fd = http_connect(port());
        for (uint64_t n = prng_below(&r, 12); n; n--) {
            const char *p = parts[prng_below(&r, ARRAY_LEN(parts))];
            http_send(fd, p, strlen(p));
        }
        if (prng_chance(&r, 50)) (void)shutdown(fd, SHUT_WR);
        if (prng_chance(&r, 50)) (void)is_closed_within(fd, 5);
        close(fd);
    }
    expect("POST", "/later", "still here", 200, "still here");
}
static void clock_and_random(void **state) {
    (void)state;
    assert_true(io_now_ms() > 1700000000000LL);
    int64_t a = io_mono_us();
    assert_true(io_mono_us() >= a);
    uint64_t seen[256], ones = 0;
    for (int i = 0; i < 256; i++) {
        seen[i] = io_random_u64();
        ones += (uint64_t)__builtin_popcountll(seen[i]);
        for (int k = 0; k < i; k++) assert_true(seen[k] != seen[i]);
    }
    assert_in_range(ones, 7500, 8900); // of 16384 bits
}
static void bad_addresses(void **state) {
    (void)state;
    IoHttp *h;
    assert_int_equal(io_http_start(&(IoHttpOpts){.host = "nowhere", .handler = handler}, &h), ERR_INVALID);
    assert_int_equal(io_http_start(&(IoHttpOpts){.host = "127.0.0.1", .port = port(), .handler = handler}, &h),
                     ERR_NET);
}
static int start(void **state) {
    (void)state;
    IoHttpOpts o = {.host = "127.0.0.1", .handler = handler, .ctx = &sv, .idle_ms = 1500, .request_ms = 1000};
    return io_http_start(&o, &sv.http) != OK;
}
static int stop(void **state) {
    (void)state;
    for (int i = 0; i < 1000 && io_http_busy(sv.http); i++) usleep(2000);
    io_http_stop(sv.http);
    return 0;
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(replies),
                                       cmocka_unit_test(bodies_up_to_the_limit),
                                       cmocka_unit_test(pipelined_replies_keep_their_order),
                                       cmocka_unit_test(a_stream_sleeps_and_wakes),
                                       cmocka_unit_test(every_phase_has_its_end),
                                       cmocka_unit_test(heads_are_bounded),
                                       cmocka_unit_test(noise),
                                       cmocka_unit_test(clock_and_random),
                                       cmocka_unit_test(bad_addresses)};
    return cmocka_run_group_tests(tests, start, stop);
}

// Live events: a client that comes back goes on without gap or repeat, under load, from the ring and from the store.
#include "api_fixture.h"
#include "../prop.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static Fixture fx;

typedef struct {
    int fd;
    Buf text; // bytes not yet looked at, without the chunk framing
    size_t at;
    uint64_t last; // id of the last event
    uint32_t events, beats;
    char data[8192]; // of the last event
} Stream;
static int open_stream(Stream *s, const char *token, const char *query, uint64_t last) {
    char head[512], id[64] = "";
    *s = (Stream){.fd = http_connect(fx.port), .last = last};
    if (last) (void)snprintf(id, sizeof id, "Last-Event-ID: %llu\r\n", (unsigned long long)last);
    // HTTP/1.0: the body comes as it is, to the end of the connection
    int n = snprintf(head, sizeof head, "GET /v1/events%s HTTP/1.0\r\nHost: t\r\nAuthorization: Bearer %s\r\n%s\r\n",
                     query, token, id);
    http_send(s->fd, head, (size_t)n);
    buf_init(&s->text, 64u << 20);
    char c, tail[5] = "";
    int status = 0;
    Buf h;
    buf_init(&h, 4096);
    while (strcmp(tail, "\r\n\r\n") != 0 && recv(s->fd, &c, 1, 0) == 1) {
        buf_char(&h, c);
        memmove(tail, tail + 1, 3);
        tail[3] = c;
    }
    if (h.n > 12) status = (int)strtol(h.p + 9, NULL, 10);
    buf_deinit(&h);
    return status;
}
static void close_stream(Stream *s) {
    close(s->fd);
    buf_deinit(&s->text);
}
// Takes one block ("id: .. event: .. data: .." or a comment). False at the end of the stream.
static bool next_block(Stream *s) {
    for (;;) {
        char *from = s->text.p ? s->text.p + s->at : NULL;
        char *end = from ? memmem(from, s->text.n - s->at, "\n\n", 2) : NULL;
        if (end) {
            *end = 0;
            s->at += (size_t)(end - from) + 2;
            if (*from == ':') {
                s->beats++;
                return true;
            }
            unsigned long long id = 0;
            char *data = strstr(from, "data: ");
            assert_int_equal(sscanf(from, "id: %llu", &id), 1);
            assert_non_null(data);
            (void)snprintf(s->data, sizeof s->data, "%s", data + 6);
            s->last = id;
            s->events++;
            return true;
        }
        char chunk[65536];
        ssize_t n = recv(s->fd, chunk, sizeof chunk, 0);
        if (n <= 0) return false;
        if (s->at == s->text.n) buf_clear(&s->text), s->at = 0;
        buf_put(&s->text, chunk, (size_t)n);
    }
}
static uint64_t head_now(void) {
    HttpReply r = http_call(fx.port, "GET", "/healthz", NULL, NULL, NULL);
    json_t *j = reply_json(&r);
    uint64_t seq = (uint64_t)json_integer_value(json_object_get(j, "seq"));
    json_decref(j);
    http_free(&r);
    return seq;
}
static _Atomic bool loading;
static _Atomic uint32_t number = 100;
static void *load_main(void *arg) {
    (void)arg;
    int fd = http_connect(fx.port);
    while (atomic_load(&loading)) {
        char *body = fixture_declaration(atomic_fetch_add(&number, 1)), head[256];
        int n = snprintf(head, sizeof head,
                         "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer t-trader\r\nContent-Type: "
                         "application/json\r\nContent-Length: %zu\r\n\r\n",
                         strlen(body));
        http_send(fd, head, (size_t)n);
        http_send(fd, body, strlen(body));
        HttpReply r = http_read(fd, false);
        CK_ASSERT(r.status == 201);
        http_free(&r);
        free(body);
    }
    close(fd);
    return NULL;
}
static void no_gap_and_no_repeat_under_load(void **state) {
    (void)state;
    enum { LOADERS = 4 };
    pthread_t t[LOADERS];
    atomic_store(&loading, true);
    for (int i = 0; i < LOADERS; i++) pthread_create(&t[i], NULL, load_main, NULL);
    Prng rng = {42};
    uint64_t last = 0;
    uint32_t connections = 0, seen = 0;
    while (seen < 12000) {
        Stream s;
        assert_int_equal(open_stream(&s, "t-auditor", last ? "" : "?after=0", last), 200);
        connections++;
        uint32_t take = 1 + (uint32_t)prng_below(&rng, 900);
        while (s.events < take) {
            uint64_t before = s.last;
            uint32_t had = s.events;
            assert_true(next_block(&s));
            if (s.events > had) assert_int_equal(s.last, before + 1);
        }
        last = s.last;
        seen += s.events;
        if (prng_chance(&rng, 20)) usleep(50000); // fall behind: the ring is empty of clients then, the store fills in
        close_stream(&s);
    }
    atomic_store(&loading, false);
    for (int i = 0; i < LOADERS; i++) pthread_join(t[i], NULL);
    uint64_t head = head_now();
    Stream s;
    assert_int_equal(open_stream(&s, "t-auditor", "", last), 200);
    while (s.last < head) {
        uint64_t before = s.last;
        uint32_t had = s.events;
        assert_true(next_block(&s));
        if (s.events > had) assert_int_equal(s.last, before + 1);
    }
    close_stream(&s);
    print_message("events: %u over %u connections, head %llu\n", seen, connections, (unsigned long long)head);
    assert_true(connections > 10);
}
static void a_client_that_does_not_read_loses_nothing(void **state) {
    (void)state;
    uint64_t from = head_now();
    Stream s;
    assert_int_equal(open_stream(&s, "t-auditor", "", from ? from : 0), 200);
    pthread_t t[2];
    atomic_store(&loading, true);
    for (int i = 0; i < 2; i++) pthread_create(&t[i], NULL, load_main, NULL);
    usleep(1000000); // nothing is read meanwhile
    atomic_store(&loading, false);
    for (int i = 0; i < 2; i++) pthread_join(t[i], NULL);
    uint64_t head = head_now(), expected = from;
    assert_true(head > from);
    while (s.last < head) {
        uint32_t had = s.events;
        assert_true(next_block(&s));
        if (s.events > had) assert_int_equal(s.last, ++expected);
    }
    close_stream(&s);
}
static void heartbeats_come(void **state) {
    (void)state;
    Stream s;
    assert_int_equal(open_stream(&s, "t-auditor", "", 0), 200);
    while (s.beats < 4) assert_true(next_block(&s)); // every 0.4 s here
    close_stream(&s);
}
static void who_gets_which(void **state) {
    (void)state;
    Stream all, own, one, health;
    char *ref = fixture_declare(&fx), query[64], path[96];
    (void)snprintf(query, sizeof query, "?after=0&passage=%s", ref);
    (void)snprintf(path, sizeof path, "/v1/passages/%s/moves", ref);
    HttpReply r = http_call(fx.port, "POST", path, "t-driver", NULL, "{\"move\":\"depart\"}");
    assert_int_equal(r.status, 200);
    http_free(&r);
    assert_int_equal(open_stream(&all, "t-auditor", "?after=0", 0), 200);
    assert_int_equal(open_stream(&own, "t-trader", "?after=0", 0), 200);
    assert_int_equal(open_stream(&one, "t-driver", query, 0), 200);
    assert_int_equal(open_stream(&health, "t-health", query, 0), 200);
    while (all.events < 1) assert_true(next_block(&all));
    assert_non_null(strstr(all.data, "SITE_ADOPTED"));
    while (own.events < 1) assert_true(next_block(&own)); // the site's event is nobody's passage
    assert_non_null(strstr(own.data, "DECLARED"));
    while (one.events < 2) {
        uint32_t had = one.events;
        assert_true(next_block(&one));
        if (one.events > had) assert_non_null(strstr(one.data, ref));
    }
    while (health.events < 1) assert_true(next_block(&health));
    assert_non_null(strstr(health.data, "driver_name"));
    assert_null(strstr(health.data, "a-trader\",\"direction"));
    assert_null(strstr(health.data, "\"lrn\""));
    close_stream(&all), close_stream(&own), close_stream(&one), close_stream(&health);
    Stream bad;
    assert_int_equal(open_stream(&bad, "t-driver", "", 0), 422);
    close_stream(&bad);
    assert_int_equal(open_stream(&bad, "t-auditor", "?passage=HN-1", 0), 422);
    close_stream(&bad);
    free(ref);
}
static void streams_end_with_the_server(void **state) {
    (void)state;
    Fixture other;
    Fixture keep = fx;
    fixture_start(&other);
    fx = other; // the helpers talk to this one
    Stream s;
    assert_int_equal(open_stream(&s, "t-auditor", "?after=0", 0), 200);
    while (s.events < 1) assert_true(next_block(&s));
    fixture_stop(&other);
    while (next_block(&s)) {
    }
    close_stream(&s);
    fx = keep;
}
static int start(void **state) {
    (void)state;
    fixture_start(&fx);
    return 0;
}
static int stop(void **state) {
    (void)state;
    fixture_stop(&fx);
    return 0;
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_gap_and_no_repeat_under_load),
                                       cmocka_unit_test(a_client_that_does_not_read_loses_nothing),
                                       cmocka_unit_test(heartbeats_come), cmocka_unit_test(who_gets_which),
                                       cmocka_unit_test(streams_end_with_the_server)};
    return cmocka_run_group_tests(tests, start, stop);
}

// The API over real sockets: commands, views, bad input.
#include "api_fixture.h"
#include <setjmp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

static Fixture fx;

static void expect(const char *method, const char *path, const char *token, const char *extra, const char *body,
                   int status, const char *code) {
    HttpReply r = http_call(fx.port, method, path, token, extra, body);
    if (r.status != status)
        fail_msg("%s %s: %d instead of %d\n%s", method, path, r.status, status, r.body ? r.body : "");
    if (code) {
        json_t *p = reply_json(&r);
        if (strcmp(json_text(p, "code"), code) != 0) fail_msg("%s %s: %s", method, path, r.body);
        assert_int_equal(json_integer_value(json_object_get(p, "status")), status);
        json_decref(p);
    }
    http_free(&r);
}
static json_t *get(const char *path, const char *token) {
    HttpReply r = http_call(fx.port, "GET", path, token, NULL, NULL);
    if (r.status != 200) fail_msg("GET %s: %d %s", path, r.status, r.body);
    json_t *j = reply_json(&r);
    http_free(&r);
    return j;
}
static char *sub(const char *ref, const char *rest) {
    Buf b;
    buf_init(&b, 1024);
    buf_printf(&b, "/v1/passages/%s%s", ref, rest);
    buf_char(&b, 0);
    return b.p;
}

// ---- commands
static void declare_and_look(void **state) {
    (void)state;
    char *ref = fixture_declare(&fx), *path = sub(ref, ""), *pass = sub(ref, "/pass"), *svg = sub(ref, "/pass.svg"),
         *hist = sub(ref, "/history");
    json_t *p = get(path, "t-trader");
    assert_string_equal(json_text(p, "passage"), ref);
    assert_string_equal(json_text(p, "trader"), "a-trader");
    assert_string_equal(json_text(json_object_get(p, "declaration"), "driver_name"), "Nguyễn Văn A");
    assert_true(json_array_size(json_object_get(p, "tasks")) > 0);
    json_decref(p);
    p = get(pass, "t-driver");
    assert_string_equal(json_text(json_object_get(p, "next"), "move"), "depart");
    assert_true(json_array_size(json_object_get(json_object_get(p, "next"), "who")) > 0);
    assert_true(json_array_size(json_object_get(p, "deadlines")) >= 2);
    assert_true(*json_text(p, "since") != 0);
    json_decref(p);
    p = get(hist, "t-customs");
    assert_string_equal(json_text(json_object_get(json_array_get(json_object_get(p, "items"), 0), "event"), "kind"),
                        "DECLARED");
    json_decref(p);
    HttpReply r = http_call(fx.port, "GET", svg, "t-driver", NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, "<svg"));
    assert_non_null(strstr(r.body, ref));
    http_free(&r);
    free(ref), free(path), free(pass), free(svg), free(hist);
}
static void location_and_move(void **state) {
    (void)state;
    char *body = fixture_declaration(++fx.declared), where[128];
    HttpReply r = http_call(fx.port, "POST", "/v1/declarations", "t-trader", NULL, body);
    assert_int_equal(r.status, 201);
    assert_true(http_header_of(&r, "Location", where, sizeof where));
    http_free(&r);
    json_t *p = get(where, "t-board");
    assert_string_equal(json_text(p, "place"), "declared");
    json_decref(p);
    char *moves = sub(where + strlen("/v1/passages/"), "/moves");
    expect("POST", moves, "t-driver", NULL, "{\"move\":\"depart\"}", 200, NULL);
    expect("POST", moves, "t-driver", NULL, "{\"move\":\"depart\"}", 409, "OUT_OF_ORDER");
    expect("POST", moves, "t-yard", NULL, "{\"move\":\"cross_out\"}", 409, "OUT_OF_ORDER");
    p = get(where, "t-board");
    assert_string_equal(json_text(p, "place"), "en_route");
    json_decref(p);
    free(moves), free(body);
}
static void refusals_are_explained_in_the_readers_language(void **state) {
    (void)state;
    char *body = fixture_declaration(++fx.declared);
    expect("POST", "/v1/declarations", "t-trader", NULL, body, 201, NULL);
    static const char *const langs[] = {"en", "vi", "zh"};
    char texts[3][400];
    for (int i = 0; i < 3; i++) {
        char accept[64];
        (void)snprintf(accept, sizeof accept, "Accept-Language: %s\r\n", langs[i]);
        HttpReply r = http_call(fx.port, "POST", "/v1/declarations", "t-trader", accept, body);
        assert_int_equal(r.status, 409);
        json_t *p = reply_json(&r);
        const json_t *e = json_array_get(json_object_get(p, "errors"), 0);
        (void)snprintf(texts[i], sizeof texts[i], "%s", json_text(e, "detail"));
        assert_true(*json_text(e, "cure") && *json_text(e, "pointer") == '/');
        assert_true(json_array_size(json_object_get(p, "errors")) >= 2); // vehicle and reference, both told
        json_decref(p);
        http_free(&r);
    }
    assert_string_not_equal(texts[0], texts[1]);
    assert_string_not_equal(texts[1], texts[2]);
    free(body);
}
static void idempotency(void **state) {
    (void)state;
    char *body = fixture_declaration(++fx.declared), *other = fixture_declaration(++fx.declared), replay[16];
    const char *key = "Idempotency-Key: k-1\r\n";
    HttpReply first = http_call(fx.port, "POST", "/v1/declarations", "t-trader", key, body);
    HttpReply again = http_call(fx.port, "POST", "/v1/declarations", "t-trader", key, body);
    assert_int_equal(first.status, 201);
    assert_int_equal(again.status, 201);
    json_t *a = reply_json(&first), *b = reply_json(&again);
    assert_string_equal(json_text(a, "passage"), json_text(b, "passage"));
    assert_true(json_equal(json_object_get(a, "events"), json_object_get(b, "events")));
    assert_int_equal(json_integer_value(json_object_get(a, "seq")), json_integer_value(json_object_get(b, "seq")));
    assert_false(http_header_of(&first, "Idempotent-Replay", replay, sizeof replay));
    assert_true(http_header_of(&again, "Idempotent-Replay", replay, sizeof replay));
    expect("POST", "/v1/declarations", "t-trader", key, other, 422, "IDEMPOTENCY_KEY_REUSED");
    char *moves = sub(json_text(a, "passage"), "/moves"); // the same key on another address is another request, too
    expect("POST", moves, "t-trader", key, body, 422, "BODY_INVALID");
    expect("POST", moves, "t-trader", key, "{\"move\":\"depart\"}", 422, "IDEMPOTENCY_KEY_REUSED");
    // a refusal is repeated as a refusal
    const char *key2 = "Idempotency-Key: k-2\r\n";
    for (int i = 0; i < 2; i++) {
        HttpReply r = http_call(fx.port, "POST", "/v1/declarations", "t-trader", key2, body);
        assert_int_equal(r.status, 409);
        assert_int_equal(http_header_of(&r, "Idempotent-Replay", replay, sizeof replay), i);
        json_t *p = reply_json(&r);
        assert_true(json_array_size(json_object_get(p, "errors")) >= 1);
        json_decref(p);
        http_free(&r);
    }
    json_decref(a), json_decref(b);
    http_free(&first), http_free(&again);
    free(body), free(other), free(moves);
}

// ---- who sees what
static void views_are_derived(void **state) {
    (void)state;
    char *ref = fixture_declare(&fx), *path = sub(ref, ""), *hist = sub(ref, "/history");
    static const struct {
        const char *token;
        bool driver, plate, trader;
    } all[] = {{"t-customs", true, true, true},       {"t-health", true, true, false}, {"t-board", false, true, true},
               {"t-border_guard", true, true, false}, {"t-peer", false, true, false},  {"t-auditor", true, true, true}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        json_t *p = get(path, all[i].token), *h = get(hist, all[i].token);
        const json_t *d = json_object_get(p, "declaration");
        const json_t *ed = json_object_get(
            json_object_get(json_object_get(json_array_get(json_object_get(h, "items"), 0), "event"), "data"),
            "declaration");
        const json_t *docs[] = {d, ed};
        for (int k = 0; k < 2; k++) {
            assert_true(json_is_object(docs[k]));
            assert_int_equal(json_object_get(docs[k], "driver_name") != NULL, all[i].driver);
            assert_int_equal(json_object_get(docs[k], "plate") != NULL, all[i].plate);
            assert_int_equal(json_object_get(docs[k], "trader") != NULL, all[i].trader);
        }
        json_decref(p), json_decref(h);
    }
    free(ref), free(path), free(hist);
}
static void lists(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) free(fixture_declare(&fx));
    json_t *p = get("/v1/passages?max=2&open=true", "t-centre");
    assert_int_equal(json_array_size(json_object_get(p, "items")), 2);
    char next[200];
    (void)snprintf(next, sizeof next, "/v1/passages?max=2&cursor=%s", json_text(p, "next"));
    json_t *q = get(next, "t-centre");
    assert_string_not_equal(json_text(json_array_get(json_object_get(p, "items"), 1), "passage"),
                            json_text(json_array_get(json_object_get(q, "items"), 0), "passage"));
    json_decref(p), json_decref(q);
    expect("GET", "/v1/passages?trader=somebody", "t-trader", NULL, NULL, 403, "NOT_ACTING_FOR");
    expect("GET", "/v1/passages?max=0", "t-centre", NULL, NULL, 422, "BODY_INVALID");
    expect("GET", "/v1/passages?colour=red", "t-centre", NULL, NULL, 422, "BODY_INVALID");
    expect("GET", "/v1/passages?cursor=zero", "t-centre", NULL, NULL, 422, "BODY_INVALID");
    p = get("/v1/lanes", "t-device");
    assert_true(json_array_size(json_object_get(p, "items")) > 4);
    json_decref(p);
    expect("POST", "/v1/lanes/H1", "t-board", NULL, "{\"open\":false,\"cause\":\"storm\",\"reason\":\"storm warning\"}",
           200, NULL);
    p = get("/v1/lanes", "t-device");
    assert_true(json_is_false(json_object_get(json_array_get(json_object_get(p, "items"), 0), "open")));
    assert_true(json_is_true(json_object_get(json_array_get(json_object_get(p, "items"), 1), "open")));
    json_decref(p);
    expect("POST", "/v1/lanes/H1", "t-board", NULL, "{\"open\":true,\"reason\":\"over\"}", 200, NULL);
    static const char *const paths[] = {"/v1/roads",     "/v1/yards",  "/v1/quotas",
                                        "/v1/embargoes", "/v1/tasks",  "/v1/tasks?agency=yard&max=1",
                                        "/v1/alarms",    "/v1/report", "/v1/report?by=direction,goods,mode"};
    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        p = get(paths[i], "t-centre");
        assert_true(json_is_array(json_object_get(p, "items")));
        json_decref(p);
    }
    expect("GET", "/v1/report?by=colour", "t-centre", NULL, NULL, 422, "BODY_INVALID");
    expect("GET", "/v1/queue", NULL, NULL, NULL, 422, "BODY_INVALID");
    expect("GET", "/v1/queue?road=nowhere", NULL, NULL, NULL, 404, "NOT_FOUND");
}
static void queue_is_public_and_explained(void **state) {
    (void)state;
    char *ref = fixture_declare(&fx), *moves = sub(ref, "/moves"), *position = sub(ref, "/queue");
    expect("GET", position, "t-trader", NULL, NULL, 404, "NOT_FOUND");
    expect("POST", "/v1/roads/hn", "t-board", NULL, "{\"open\":false,\"cause\":\"storm\",\"reason\":\"storm\"}", 200,
           NULL);
    expect("POST", moves, "t-yard", NULL, "{\"move\":\"arrive_inland\"}", 200, NULL);
    json_t *p = get(position, "t-trader");
    assert_int_equal(json_integer_value(json_object_get(p, "position")), 1);
    assert_true(json_is_object(json_object_get(p, "why")));
    json_decref(p);
    HttpReply r = http_call(fx.port, "GET", "/v1/queue?road=hn", NULL, NULL, NULL);
    assert_int_equal(r.status, 200);
    assert_non_null(strstr(r.body, ref));
    assert_null(strstr(r.body, "12C1")); // no plates in public
    assert_null(strstr(r.body, "a-trader"));
    http_free(&r);
    expect("POST", "/v1/roads/hn", "t-board", NULL, "{\"open\":true,\"reason\":\"over\"}", 200, NULL);
    free(ref), free(moves), free(position);
}
static void public_pages(void **state) {
    (void)state;
    static const struct {
        const char *path, *has;
    } all[] = {{"/", "openapi.json"},
               {"/healthz", "\"ok\""},
               {"/metrics", "cuakhau_passages_open"},
               {"/v1/openapi.json", "\"3.1.0\""},
               {"/v1/site", "huu-nghi"}};
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        HttpReply r = http_call(fx.port, "GET", all[i].path, NULL, NULL, NULL),
                  h = http_call(fx.port, "HEAD", all[i].path, NULL, NULL, NULL);
        assert_int_equal(r.status, 200);
        assert_non_null(strstr(r.body, all[i].has));
        assert_int_equal(h.status, 200);
        assert_int_equal(h.body_n, 0);
        http_free(&r), http_free(&h);
    }
}

// ---- bad input
static void bad_bodies(void **state) {
    (void)state;
    const char *d = "/v1/declarations", *t = "t-trader";
    expect("POST", d, t, NULL, "{\"lrn\":", 400, "BODY_PARSE");
    expect("POST", d, t, NULL, "{\"lrn\":\"a\",\"lrn\":\"b\"}", 400, "BODY_PARSE");
    expect("POST", d, t, NULL, "{\"lrn\":\"\xc3\x28\"}", 400, "BODY_PARSE");
    expect("POST", d, t, NULL, "{\"lrn\":\"\\ud800\"}", 400, "BODY_PARSE");
    expect("POST", d, t, NULL, "{} {}", 400, "BODY_PARSE");
    expect("POST", d, t, NULL, "", 400, "BODY_MISSING");
    expect("POST", d, t, NULL, "[]", 422, "BODY_INVALID");
    expect("POST", d, t, "Content-Type: text/plain\r\n", "{}", 415, "BODY_TYPE");
    expect("POST", d, t, "Content-Type: application/jsonx\r\n", "{}", 415, "BODY_TYPE");
    char deep[20001];
    memset(deep, '[', 10000);
    memset(deep + 10000, ']', 10000);
    deep[20000] = 0;
    expect("POST", d, t, NULL, deep, 400, "BODY_PARSE");
    HttpReply r = http_call(
        fx.port, "POST", d, t, NULL,
        "{\"lrn\":\"x\",\"direction\":\"up\",\"mode\":\"through\",\"regime\":\"ordinary\",\"container\":"
        "\"CSQU3054384\",\"plate\":\"??\","
        "\"tare_kg\":-1,\"goods\":[{\"hs\":\"999999\",\"description\":\"d\",\"origin\":\"VN\",\"net_kg\":1}]}");
    assert_int_equal(r.status, 422);
    json_t *p = reply_json(&r);
    static const char *const wanted[] = {"/direction", "/container",  "/plate",
                                         "/tare_kg",   "/goods/0/hs", "/goods/0/gross_kg"};
    const json_t *errors = json_object_get(p, "errors");
    assert_int_equal(json_array_size(errors), ARRAY_LEN(wanted));
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        assert_string_equal(json_text(json_array_get(errors, i), "pointer"), wanted[i]);
    json_decref(p);
    http_free(&r);
}
static void two_megabytes(void **state) {
    (void)state;
    char *big = malloc((2u << 20) + 1);
    memset(big, ' ', 2u << 20);
    big[2u << 20] = 0;
    expect("POST", "/v1/declarations", "t-trader", NULL, big, 413, "BODY_TOO_LARGE");
    expect("POST", "/v1/declarations", NULL, NULL, big, 401, "UNAUTHENTICATED");
    // one that waits for leave is answered before it sends
    int fd = http_connect(fx.port);
    const char *head = "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer t-trader\r\nContent-Length: "
                       "2097152\r\nExpect: 100-continue\r\n\r\n";
    http_send(fd, head, strlen(head));
    HttpReply r = http_read(fd, false);
    assert_int_equal(r.status, 413);
    http_free(&r);
    close(fd);
    // chunked: no length is announced
    fd = http_connect(fx.port);
    head = "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer t-trader\r\nTransfer-Encoding: "
           "chunked\r\n\r\n200000\r\n";
    http_send(fd, head, strlen(head));
    http_send(fd, big, 2u << 20);
    http_send(fd, "\r\n0\r\n\r\n", 7);
    r = http_read(fd, false);
    assert_int_equal(r.status, 413);
    http_free(&r);
    close(fd);
    free(big);
}
static void addresses_and_methods(void **state) {
    (void)state;
    char allow[64];
    expect("GET", "/nowhere", "t-centre", NULL, NULL, 404, "ROUTE_UNKNOWN");
    expect("GET", "/v1/passages/", "t-centre", NULL, NULL, 404, "ROUTE_UNKNOWN");
    expect("GET", "//", "t-centre", NULL, NULL, 404, "ROUTE_UNKNOWN");
    expect("GET", "/v1/a/b/c/d/e/f/g/h/i/j/k", "t-centre", NULL, NULL, 404, "ROUTE_UNKNOWN");
    expect("GET", "/v1/passages/HN-000001-0", "t-centre", NULL, NULL, 404, "PASS_REF_INVALID");
    expect("GET", "/v1/passages/%ff%fe", "t-centre", NULL, NULL, 404, "PASS_REF_INVALID");
    expect("POST", "/v1/passages/HN-999999-9/moves", "t-yard", NULL, "{\"move\":\"gate_in\"}", 404, NULL);
    HttpReply r = http_call(fx.port, "DELETE", "/v1/quotas", "t-centre", NULL, NULL);
    assert_int_equal(r.status, 405);
    assert_true(http_header_of(&r, "Allow", allow, sizeof allow));
    assert_string_equal(allow, "GET, HEAD, POST");
    http_free(&r);
    r = http_call(fx.port, "BREW", "/v1/declarations", "t-centre", NULL, NULL);
    assert_int_equal(r.status, 405);
    assert_true(http_header_of(&r, "Allow", allow, sizeof allow));
    assert_string_equal(allow, "POST");
    http_free(&r);
}
static void pipelining(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 1u << 20);
    enum { N = 20 };
    for (int i = 0; i < N; i++) {
        char *body = fixture_declaration(++fx.declared);
        buf_printf(&b,
                   "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer t-trader\r\nContent-Type: "
                   "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(body), body);
        free(body);
    }
    int fd = http_connect(fx.port);
    http_send(fd, b.p, b.n);
    char before[32] = "";
    for (int i = 0; i < N; i++) {
        HttpReply r = http_read(fd, false);
        assert_int_equal(r.status, 201);
        json_t *p = reply_json(&r);
        assert_true(strcmp(json_text(p, "passage"), before) > 0); // answered in the order asked
        (void)snprintf(before, sizeof before, "%s", json_text(p, "passage"));
        json_decref(p);
        http_free(&r);
    }
    close(fd);
    buf_deinit(&b);
}
static void slow_clients_are_closed_and_others_served(void **state) {
    (void)state;
    enum { N = 30 };
    int slow[N];
    const char *head = "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nContent-Length: 100\r\n\r\n{";
    for (int i = 0; i < N; i++) {
        slow[i] = http_connect(fx.port);
        http_send(slow[i], head, i % 2 ? strlen(head) : 20); // half stop in the head, half in the body
    }
    for (int k = 0; k < 8; k++) { // a byte now and then does not help them
        usleep(500000);
        for (int i = 0; i < N; i++) http_send(slow[i], "x", 1);
        expect("GET", "/healthz", NULL, NULL, NULL, 200, NULL);
    }
    for (int i = 0; i < N; i++) {
        char c[512];
        ssize_t n = recv(slow[i], c, sizeof c, 0);
        if (n > 0) n = recv(slow[i], c, sizeof c, 0); // a timeout may be told before the end
        assert_true(n <= 0);
        close(slow[i]);
    }
}
static void clients_that_vanish(void **state) {
    (void)state;
    for (int i = 0; i < 50; i++) {
        char *body = fixture_declaration(++fx.declared);
        Buf b;
        buf_init(&b, 65536);
        buf_printf(&b,
                   "POST /v1/declarations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer t-trader\r\nContent-Type: "
                   "application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   strlen(body), body);
        int fd = http_connect(fx.port);
        http_send(fd, b.p, b.n);
        close(fd); // the reply meets nobody
        buf_deinit(&b);
        free(body);
    }
    expect("GET", "/healthz", NULL, NULL, NULL, 200, NULL);
}
static void a_site_is_reloaded_while_serving(void **state) {
    (void)state;
    char *bundle = fixture_bundle("huu-nghi");
    json_error_t why;
    json_t *site = json_loads(bundle, 0, &why);
    json_object_set_new(json_object_get(site, "params"), "validity_h", json_integer(24));
    char *changed = json_dumps(site, JSON_COMPACT);
    Arena a;
    arena_init(&a, 64u << 20);
    SiteReply *reply = calloc(1, sizeof *reply);
    assert_int_equal(api_reload_site(fx.api, str_c(bundle), &a, reply), OK);
    assert_false(reply->changed);
    assert_int_equal(api_reload_site(fx.api, str_c(changed), &a, reply), OK);
    assert_true(reply->changed);
    json_t *now = get("/v1/site", NULL);
    assert_int_equal(json_integer_value(json_object_get(json_object_get(now, "params"), "validity_h")), 24);
    assert_int_not_equal(api_reload_site(fx.api, STR("{\"id\":1}"), &a, reply), OK);
    assert_true(reply->problems > 0);
    free(fixture_declare(&fx));
    json_decref(now), json_decref(site);
    free(bundle), free(changed), free(reply);
    arena_deinit(&a);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(declare_and_look),
                                       cmocka_unit_test(location_and_move),
                                       cmocka_unit_test(refusals_are_explained_in_the_readers_language),
                                       cmocka_unit_test(idempotency),
                                       cmocka_unit_test(views_are_derived),
                                       cmocka_unit_test(lists),
                                       cmocka_unit_test(queue_is_public_and_explained),
                                       cmocka_unit_test(public_pages),
                                       cmocka_unit_test(bad_bodies),
                                       cmocka_unit_test(two_megabytes),
                                       cmocka_unit_test(addresses_and_methods),
                                       cmocka_unit_test(pipelining),
                                       cmocka_unit_test(slow_clients_are_closed_and_others_served),
                                       cmocka_unit_test(clients_that_vanish),
                                       cmocka_unit_test(a_site_is_reloaded_while_serving)};
    return cmocka_run_group_tests(tests, start, stop);
}

// Every operation with every role, and without a token: the OpenAPI file decides, nothing else lets anybody in.
#include "api/api_route.h"
#include "api_fixture.h"
#include <setjmp.h>
#include <cmocka.h>

static Fixture fx;

static void fill(Buf *b, const char *name) {
    char ref[PASS_REF_MAX];
    if (strcmp(name, "ref") == 0)
        buf_put(b, ref, pass_ref_format(STR("HN"), 999999, ref));
    else if (strcmp(name, "alarm") == 0)
        buf_c(b, "expired");
    else if (strcmp(name, "effect") == 0)
        buf_c(b, "1");
    else if (strcmp(name, "task") == 0)
        buf_c(b, "documents");
    else if (strcmp(name, "road") == 0)
        buf_c(b, "hn");
    else
        buf_c(b, "H1");
}
static char *path_of(const ApiRoute *r) {
    Buf b;
    buf_init(&b, 1024);
    for (uint32_t i = 0; i < r->segments_n; i++) {
        buf_char(&b, '/');
        if (r->segments[i].text)
            buf_c(&b, r->segments[i].text);
        else
            fill(&b, api_params[r->params_from + r->segments[i].param].name);
    }
    if (r->segments_n == 0) buf_char(&b, '/');
    buf_char(&b, 0);
    return b.p;
}
static int status_of(const ApiRoute *r, const char *path, const char *token, char *code, size_t code_size) {
    bool stream = r->op == OP_EVENTS; // its GET would not end
    const char *method = stream ? "HEAD" : api_method_name((ApiMethod)r->method);
    HttpReply reply = http_call(fx.port, method, path, token, NULL, r->input == IN_NONE ? NULL : "{}");
    int status = reply.status;
    code[0] = 0;
    if (status >= 400 && !stream) {
        json_t *p = reply_json(&reply);
        (void)snprintf(code, code_size, "%s", json_text(p, "code"));
        json_decref(p);
    }
    http_free(&reply);
    return status;
}
static void every_operation_and_role(void **state) {
    (void)state;
    uint32_t allowed = 0, denied = 0;
    for (int op = 0; op < OP_COUNT; op++) {
        const ApiRoute *r = &api_routes[op];
        char *path = path_of(r), code[64];
        int none = status_of(r, path, NULL, code, sizeof code);
        if (r->is_public ? none >= 400 && none != 422 : none != 401) fail_msg("%s without a token: %d", r->id, none);
        if (!r->is_public && r->op != OP_EVENTS) assert_string_equal(code, "UNAUTHENTICATED");
        for (int role = ROLE_TRADER; role < ROLE_COUNT; role++) {
            int s = status_of(r, path, fixture_token((Role)role), code, sizeof code);
            bool may = r->is_public || (r->roles >> role & 1);
            bool refused = s == 401 || s == 403;
            if (may == refused || s == 0 || s >= 500)
                fail_msg("%s as %s: %d %s", r->id, Role_names.names[role], s, code);
            allowed += may;
            denied += !may;
        }
        free(path);
    }
    print_message("roles: %u pairs allowed, %u denied\n", allowed, denied);
    assert_true(denied > 150);
}
static void bad_tokens(void **state) {
    (void)state;
    static const char *const bad[] = {"x", "t-trader ", "T-TRADER", "t-trade", "t-system", ""};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (strcmp(bad[i], "t-trader ") == 0) continue; // a header's outer space is not part of it (RFC 9110 5.5)
        HttpReply r = http_call(fx.port, "GET", "/v1/passages", bad[i], NULL, NULL);
        assert_int_equal(r.status, 401);
        http_free(&r);
    }
    HttpReply r = http_call(fx.port, "GET", "/v1/passages", NULL, "Authorization: Basic dC10cmFkZXI6\r\n", NULL);
    char value[64];
    assert_int_equal(r.status, 401);
    assert_true(http_header_of(&r, "WWW-Authenticate", value, sizeof value));
    http_free(&r);
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_operation_and_role), cmocka_unit_test(bad_tokens)};
    return cmocka_run_group_tests(tests, start, stop);
}

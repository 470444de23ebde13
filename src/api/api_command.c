// Commands: the validated body becomes the kernel's input; after the commit the reply is written.
#include "api_internal.h"
#include "wire/wire_bind.h"

#define BODY_DEPTH_MAX 8
#define REPLY_MAX      (4u << 20)

// ---- the body
static bool is_json_type(const IoRequest *rq) {
    Str t, want = STR("application/json");
    if (!io_http_header(rq, "Content-Type", &t)) return false;
    return t.n >= want.n && strncasecmp(t.p, want.p, want.n) == 0 &&
           (t.n == want.n || t.p[want.n] == ';' || t.p[want.n] == ' ');
}
static bool parse_body(ApiCall *c) {
    Str text = io_http_body(c->rq), what = STR_EMPTY;
    if (text.n == 0) {
        if (c->route->body_required) {
            api_fail(c, API_BODY_MISSING, STR_EMPTY, NULL);
            return false;
        }
        c->body = jn_new(io_http_arena(c->rq), JN_OBJECT);
        return c->body != NULL;
    }
    if (!is_json_type(c->rq)) {
        api_fail(c, API_BODY_TYPE, STR_EMPTY, NULL);
        return false;
    }
    Err e = wire_parse_json(text, BODY_DEPTH_MAX, io_http_arena(c->rq), &c->body, &what);
    if (e != OK) api_fail(c, e == ERR_LIMIT ? API_BODY_TOO_LARGE : API_BODY_PARSE, what, NULL);
    return e == OK;
}
static bool check_body(ApiCall *c) {
    ApiIssues issues = {.arena = io_http_arena(c->rq)};
    SchemaSet set = api_schema_set(c);
    schema_check(&set, (uint32_t)c->route->body, c->body, &issues);
    if (issues.n) api_fail(c, API_BODY_INVALID, STR_EMPTY, &issues);
    return issues.n == 0;
}
static bool put_member(ApiCall *c, Str key, const Json *value) {
    if (jn_put(io_http_arena(c->rq), c->body, key, value)) return true;
    api_fail(c, API_BODY_TOO_LARGE, STR_EMPTY, NULL);
    return false;
}
// What the path says goes where the input has it: {task} is the member "task".
static bool add_path_params(ApiCall *c) {
    for (uint32_t i = 0; i < c->route->params_n; i++) {
        const ApiParam *p = &api_params[c->route->params_from + i];
        if (p->place != API_IN_PATH || strcmp(p->name, "ref") == 0) continue;
        const Json *v = api_param_get(c, p->name);
        CK_ASSERT(v != NULL); // a path has all its parameters, and they were checked
        if (!put_member(c, (Str){p->name, p->n}, v)) return false;
    }
    return true;
}

// ---- who acts: a forwarder's token names the traders it may act for
static bool set_actor(ApiCall *c) {
    Input *in = &c->request.in;
    in->role = c->who->role;
    in->actor = c->who->actor;
    if (c->who->role != ROLE_TRADER) return true;
    bool declares = c->route->input == IN_DECLARE || c->route->input == IN_AMEND;
    Str wanted = api_param(c, "Acting-For");
    const Json *named = declares ? jn_get(c->body, "trader") : NULL;
    if (wanted.n == 0) wanted = jn_text(named);
    if (wanted.n == 0) wanted = c->who->actor;
    if (!api_auth_trader(c->who, wanted)) {
        api_fail(c, API_NOT_ACTING_FOR, wanted, NULL);
        return false;
    }
    in->actor = arena_str(io_http_arena(c->rq), wanted);
    Json trader = {.type = JN_TEXT, .p = in->actor.p, .n = (uint32_t)in->actor.n};
    return !declares || named || put_member(c, STR("trader"), &trader);
}

// ---- to the kernel's input
static bool bind(ApiCall *c) {
    BindProblems bad; // the binder begins with none
    InputKind kind = (InputKind)c->route->input;
    Err e =
        wire_bind(c->body, gate_input_fields(kind), &c->site->site->dyn, io_http_arena(c->rq), &c->request.in.u, &bad);
    if (e == OK) return true;
    ApiIssues issues = {.arena = io_http_arena(c->rq)};
    for (uint32_t i = 0; i < MIN(bad.n, (uint32_t)BIND_PROBLEMS_MAX); i++) {
        ApiIssue *is = api_issue_add(&issues, API_NOT_BOUND);
        if (!is) break;
        is->pointer = bad.p[i].pointer;
        is->args[0] = bad.p[i].what;
    }
    if (e == ERR_INVALID)
        api_fail(c, API_BODY_INVALID, STR_EMPTY, &issues);
    else
        api_fail(c, e == ERR_LIMIT ? API_BODY_TOO_LARGE : API_INTERNAL, STR_EMPTY, NULL);
    return false;
}
// The same key must mean the same request: method and path count, too.
static void set_idempotency(ApiCall *c) {
    c->request.idem = api_param(c, "Idempotency-Key");
    if (c->request.idem.n == 0) return;
    Str method = io_http_method(c->rq), path = io_http_path(c->rq);
    const Str parts[] = {
        {method.p, method.n + 1}, {path.p, path.n + 1}, io_http_body(c->rq)}; // with their NULs between
    api_auth_digest(c->api->auth, parts, ARRAY_LEN(parts), c->request.body_hash);
}
static bool has_link(ApiCall *c) { // it binds the body itself
    if (c->api->opts.link) return true;
    api_fail(c, API_NO_LINK, STR_EMPTY, NULL);
    return false;
}
void api_command(ApiCall *c) {
    if (!c->site) return api_fail(c, API_SITE_MISSING, STR_EMPTY, NULL);
    if (!parse_body(c) || !check_body(c) || !set_actor(c) || !add_path_params(c)) return;
    if (c->route->input == IN_LINK ? !has_link(c) : !bind(c)) return;
    set_idempotency(c);
    Input *in = &c->request.in;
    in->kind = c->route->input;
    in->passage = c->passage;
    in->random = io_random_u64();
    io_http_defer(c->rq);
    if (api_writer_put(c->api->writer, c)) return;
    atomic_fetch_add(&c->api->counters.overloaded, 1);
    api_fail(c, API_OVERLOADED, STR_EMPTY, NULL);
}

// ---- after the commit
static void write_done(ApiCall *c, Buf *b) {
    json_open(b, '{');
    json_key(b, "passage");
    api_ref_json(b, c, c->reply.passage);
    json_key(b, "status");
    if (c->status.n)
        json_str(b, c->status);
    else
        json_raw(b, STR("null"));
    if (c->handover.n) json_key(b, "handover"), json_str(b, c->handover);
    json_key(b, "seq");
    json_int(b, (int64_t)c->reply.last_seq);
    json_key(b, "events");
    json_raw(b, c->reply.events.n ? c->reply.events : STR("[]"));
    json_close(b, '}');
}
static void common_headers(const ApiCall *c, IoReply *reply) {
    reply->headers[reply->headers_n++] = (IoHeader){"Cache-Control", STR("no-store")};
    if (c->reply.replayed) reply->headers[reply->headers_n++] = (IoHeader){"Idempotent-Replay", STR("true")};
}
static const json_t *refused_event(const json_t *events) { // an alarm of the clock may stand before it
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i);
        const char *kind = json_string_value(json_object_get(e, "kind"));
        if (kind && strcmp(kind, EventKind_names.names[EV_REFUSED]) == 0) return e;
    }
    return NULL;
}
static void answer_refused(ApiCall *c, Buf *b) {
    json_error_t why;
    json_t *events = json_loadb(c->reply.events.p, c->reply.events.n, 0, &why);
    atomic_fetch_add(&c->api->counters.refused, 1);
    int status =
        api_problem_refused(b, refused_event(events), c->site ? c->site->site : NULL, c->lang, io_http_path(c->rq));
    json_decref(events);
    IoReply reply = {.status = status, .content_type = "application/problem+json"};
    common_headers(c, &reply);
    reply.headers[reply.headers_n++] = (IoHeader){"Content-Language", str_c(api_lang_name(c->lang))};
    if (status == 503) reply.headers[reply.headers_n++] = (IoHeader){"Retry-After", STR("60")};
    api_answer_with(c, &reply, b);
}
void api_command_answer(void *call, IoRequest *rq) {
    ApiCall *c = call;
    CK_ASSERT(c->rq == rq);
    if (c->err != OK) return api_fail(c, api_code_of(c->err), str_c(err_text(c->err)), NULL);
    if (c->reply.key_reused) return api_fail(c, API_IDEMPOTENCY_KEY_REUSED, STR_EMPTY, NULL);
    Buf b;
    buf_init(&b, REPLY_MAX);
    if (c->reply.refused) return answer_refused(c, &b);
    write_done(c, &b);
    bool made = c->route->op == OP_DECLARE || c->route->op == OP_HANDOVER_OFFER;
    IoReply reply = {.status = made ? 201 : 200, .content_type = "application/json"};
    common_headers(c, &reply);
    Buf where;
    buf_init(&where, 128);
    if (c->route->op == OP_HANDOVER_OFFER) {
        buf_printf(&where, "/v1/handovers/" STR_F, STR_A(c->handover));
        reply.headers[reply.headers_n++] = (IoHeader){"Location", buf_view(&where)};
    }
    if (c->route->op == OP_DECLARE) {
        char ref[PASS_REF_MAX];
        buf_c(&where, "/v1/passages/");
        buf_str(&where, (Str){ref, pass_ref_format(c->site->site->dyn.ref_prefix, c->reply.passage, ref)});
        reply.headers[reply.headers_n++] = (IoHeader){"Location", buf_view(&where)};
    }
    api_answer_with(c, &reply, &b);
    buf_deinit(&where);
}

#include "api_internal.h"
#include "wire/wire_bind.h"
#include <time.h>
#include <unistd.h>

#define SITE_ARENA_MAX (64u << 20)
#define SITE_DEPTH_MAX 12
#define STOP_WAIT_MS   10000
#define JSON_TYPE      "application/json"

// ---- answers
void api_answer_with(ApiCall *c, IoReply *reply, Buf *body) {
    api_count(c->api, c, reply->status);
    if (body->overflow) { // an answer over its ceiling is a fault of ours, never a cut one
        buf_clear(body);
        reply->status = 500;
        reply->content_type = "application/problem+json";
        api_problem(body, API_INTERNAL, c->lang, STR_EMPTY, STR("answer too large"), NULL);
    }
    io_http_reply(c->rq, reply, body);
}
void api_answer(ApiCall *c, int status, const char *content_type, Buf *body) {
    IoReply reply = {.status = status, .content_type = content_type};
    reply.headers[reply.headers_n++] = (IoHeader){"Cache-Control", STR("no-store")};
    reply.headers[reply.headers_n++] = (IoHeader){"X-Content-Type-Options", STR("nosniff")};
    api_answer_with(c, &reply, body);
}
void api_fail(ApiCall *c, ApiCode code, Str arg, const ApiIssues *issues) {
    Buf b;
    buf_init(&b, 256u << 10);
    Str path = io_http_path(c->rq);
    api_problem(&b, code, c->lang, path, utf8_valid(arg) ? arg : STR_EMPTY, issues);
    IoReply reply = {.status = api_code_http(code), .content_type = "application/problem+json"};
    reply.headers[reply.headers_n++] = (IoHeader){"Content-Language", str_c(api_lang_name(c->lang))};
    if (reply.status == 401)
        reply.headers[reply.headers_n++] = (IoHeader){"WWW-Authenticate", STR("Bearer realm=\"gate\"")};
    if (reply.status == 503) reply.headers[reply.headers_n++] = (IoHeader){"Retry-After", STR("1")};
    if (code == API_METHOD_UNKNOWN && issues == NULL && c->out.n)
        reply.headers[reply.headers_n++] = (IoHeader){"Allow", arena_str(io_http_arena(c->rq), buf_view(&c->out))};
    buf_deinit(&c->out);
    api_answer_with(c, &reply, &b);
}
ApiCode api_code_of(Err e) {
    if (e == ERR_FULL) return API_DISK_FULL;
    if (e == ERR_BUSY || e == ERR_LOCKED) return API_OVERLOADED;
    if (e == ERR_NOT_FOUND) return API_NOT_FOUND;
    return API_INTERNAL;
}

// ---- parameters
const Json *api_param_get(const ApiCall *c, const char *name) {
    return jn_get(c->params, name);
}
Str api_param(const ApiCall *c, const char *name) {
    return jn_text(api_param_get(c, name));
}
int64_t api_param_int(const ApiCall *c, const char *name, int64_t otherwise) {
    const Json *v = api_param_get(c, name);
    return v && v->type == JN_INT ? v->i : otherwise;
}
SchemaSet api_schema_set(const ApiCall *c) {
    return (SchemaSet){.nodes = schema_nodes,
                       .props = schema_props,
                       .words = schema_words,
                       .patterns = schema_patterns,
                       .hs = c->api->opts.hs,
                       .ref_prefix = c->site ? c->site->site->dyn.ref_prefix : STR("")};
}
typedef struct {
    ApiCall *c;
    ApiIssues *issues;
} QueryCheck;
static void known_query(void *ctx, Str name, Str value) {
    (void)value;
    QueryCheck *q = ctx;
    const ApiRoute *r = q->c->route;
    for (uint32_t i = 0; i < r->params_n; i++) {
        const ApiParam *p = &api_params[r->params_from + i];
        if (p->place == API_IN_QUERY && str_eq_c(name, p->name)) return;
    }
    ApiIssue *is = api_issue_add(q->issues, API_UNKNOWN_MEMBER);
    if (is) is->parameter = utf8_valid(name) ? arena_str(q->issues->arena, name) : STR("?");
}
static void check_params(ApiCall *c, const Str *path_params, ApiIssues *issues) {
    SchemaSet set = api_schema_set(c);
    c->params = jn_new(issues->arena, JN_OBJECT);
    CK_ASSERT(c->params != NULL); // the request's arena is still fresh
    for (uint32_t i = 0; i < c->route->params_n; i++) {
        const ApiParam *p = &api_params[c->route->params_from + i];
        Str text = STR_EMPTY;
        bool there = true;
        if (p->place == API_IN_PATH)
            text = path_params[i];
        else
            there =
                p->place == API_IN_QUERY ? io_http_query(c->rq, p->name, &text) : io_http_header(c->rq, p->name, &text);
        if (there) {
            Json v = {.type = JN_NULL};
            schema_check_text(&set, p->node, text, str_c(p->name), issues, &v);
            if (v.type != JN_NULL) CK_ASSERT(jn_put(issues->arena, c->params, (Str){p->name, p->n}, &v));
        } else if (p->required) {
            ApiIssue *is = api_issue_add(issues, API_REQUIRED);
            if (is) is->parameter = str_c(p->name);
        }
    }
    io_http_each_query(c->rq, known_query, &(QueryCheck){c, issues});
}
// The reference in the path: a wrong digit is told as such.
static bool find_ref(ApiCall *c, const Str *path_params) {
    for (uint32_t i = 0; i < c->route->params_n; i++) {
        const ApiParam *p = &api_params[c->route->params_from + i];
        if (p->place != API_IN_PATH || strcmp(p->name, "ref") != 0) continue;
        if (!c->site) {
            api_fail(c, API_SITE_MISSING, STR_EMPTY, NULL);
            return false;
        }
        if (pass_ref_parse(c->site->site->dyn.ref_prefix, path_params[i], &c->passage)) return true;
        api_fail(c, API_PASS_REF_INVALID, path_params[i], NULL);
        return false;
    }
    return true;
}

// ---- one request: route, identity, role, size, parameters; then to its worker
static void answer_page(ApiCall *c) {
    static const char page[] =
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>cuakhau</title><h1>cuakhau</h1>"
        "<p>Software of a smart land border gate: one declaration serves every agency, the queue is fair and public, "
        "every decision is "
        "journalled with who, when and why.</p><ul><li><a href=\"/v1/openapi.json\">The API (OpenAPI 3.1)</a>"
        "<li><a href=\"/v1/site\">The site: roads, lanes, yards, rules, tariff</a><li><a href=\"/metrics\">Figures "
        "(Prometheus)</a>"
        "<li><a href=\"/healthz\">Health</a></ul><p>The public queue of a road: "
        "<code>/v1/queue?road=ID</code></p></html>\n";
    Buf b;
    buf_init(&b, sizeof page);
    buf_put(&b, page, sizeof page - 1);
    api_answer(c, 200, "text/html; charset=utf-8", &b);
}
static void answer_health(ApiCall *c) {
    Buf b;
    buf_init(&b, 1024);
    json_open(&b, '{');
    json_key(&b, "status");
    json_c(&b, c->site ? "ok" : "no site");
    json_key(&b, "seq");
    json_int(&b, (int64_t)atomic_load(&c->api->counters.seq));
    json_key(&b, "time");
    json_time(&b, io_now_ms());
    json_close(&b, '}');
    api_answer(c, 200, JSON_TYPE, &b);
}
static void answer_fixed(ApiCall *c, Str text) {
    Buf b;
    buf_init(&b, text.n);
    buf_str(&b, text);
    api_answer(c, 200, JSON_TYPE, &b);
}
static void answer_openapi(ApiCall *c) {
    answer_fixed(c, (Str){api_openapi_json, api_openapi_json_n});
}
static void answer_site(ApiCall *c) {
    if (c->site)
        answer_fixed(c, c->site->bundle);
    else
        api_fail(c, API_SITE_MISSING, STR_EMPTY, NULL);
}
// What is answered here at once; commands go to the writer, all other queries to the reader.
static void (*const at_once[OP_COUNT])(ApiCall *c) = {[OP_HOME] = answer_page,
                                                      [OP_HEALTH] = answer_health,
                                                      [OP_OPENAPI] = answer_openapi,
                                                      [OP_SITE] = answer_site,
                                                      [OP_EVENTS] = api_events_open};
static void dispatch(ApiCall *c) {
    if (at_once[c->route->op]) return at_once[c->route->op](c);
    if (c->route->input != IN_NONE) return api_command(c);
    io_http_defer(c->rq);
    if (!api_reader_put(c->api->reader, c)) api_fail(c, API_OVERLOADED, STR_EMPTY, NULL);
}
static bool admitted(ApiCall *c) {
    const ApiRoute *r = c->route;
    if (r->is_public) return true;
    Str auth;
    c->who = io_http_header(c->rq, "Authorization", &auth) ? api_auth_find(c->api->auth, auth) : NULL;
    if (!c->who) {
        api_fail(c, API_UNAUTHENTICATED, STR_EMPTY, NULL);
        return false;
    }
    if (r->roles >> c->who->role & 1) return true;
    api_fail(c, API_FORBIDDEN, str_c(Role_names.names[c->who->role]), NULL);
    return false;
}
static void no_route(ApiCall *c, Str method, uint32_t allowed) {
    if (!allowed) return api_fail(c, API_ROUTE_UNKNOWN, STR_EMPTY, NULL);
    buf_init(&c->out, 256);
    for (int m = 0; m < API_METHOD_COUNT; m++) {
        if (!(allowed >> m & 1)) continue;
        if (c->out.n) buf_c(&c->out, ", ");
        buf_c(&c->out, m == API_GET ? "GET, HEAD" : api_method_name((ApiMethod)m));
    }
    api_fail(c, API_METHOD_UNKNOWN, method, NULL);
}
static void on_end(void *call) {
    ApiCall *c = call;
    buf_deinit(&c->out);
}
static void on_request(void *ctx, IoRequest *rq) {
    ApiCall *c = arena_alloc(io_http_arena(rq), sizeof *c);
    CK_ASSERT(c != NULL);
    c->api = ctx;
    c->rq = rq;
    io_http_on_end(rq, on_end, c);
    c->begun_us = io_mono_us();
    c->site = atomic_load(&c->api->site);
    Str languages, params[API_PARAMS_MAX] = {{NULL, 0}};
    c->lang = io_http_header(rq, "Accept-Language", &languages) ? api_lang(languages) : LANG_EN;
    uint32_t allowed;
    c->route = api_route_find(io_http_method(rq), io_http_path(rq), params, &allowed);
    if (!c->route) return no_route(c, io_http_method(rq), allowed);
    if (!admitted(c)) return;
    if (io_http_body_too_big(rq)) return api_fail(c, API_BODY_TOO_LARGE, STR_EMPTY, NULL);
    if (!find_ref(c, params)) return;
    ApiIssues issues = {.arena = io_http_arena(rq)};
    check_params(c, params, &issues);
    if (issues.n) return api_fail(c, API_BODY_INVALID, STR_EMPTY, &issues);
    dispatch(c);
}

// ---- the site copy
static void site_free(ApiSite *s) {
    arena_deinit(&s->arena);
    free(s);
}
static Err site_copy(ApiSite *s, Str bundle) {
    SiteProblem problems[SITE_PROBLEMS_MAX];
    uint32_t n = 0;
    Str what;
    Json *json;
    s->bundle = arena_str(&s->arena, bundle);
    SiteDoc *doc = arena_alloc(&s->arena, sizeof *doc);
    BindProblems *bad = arena_alloc(&s->arena, sizeof *bad);
    if (!s->bundle.p || !doc || !bad) return ERR_LIMIT;
    Err e = wire_parse_json(s->bundle, SITE_DEPTH_MAX, &s->arena, &json, &what);
    s->json = e == OK ? json : NULL;
    if (e == OK) e = wire_bind(json, &site_doc_fields, NULL, &s->arena, doc, bad);
    if (e == OK) e = site_compile(doc, s->bundle, &s->arena, &s->site, problems, &n);
    return e;
}
Err api_site_take(Api *api, const Site *in_force) {
    if (!in_force) return OK;
    ApiSite *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    arena_init(&s->arena, SITE_ARENA_MAX);
    Err e = site_copy(s, in_force->json);
    if (e != OK) {
        site_free(s);
        return e;
    }
    s->earlier = atomic_load(&api->site);
    atomic_store(&api->site, s);
    return OK;
}
Err api_reload_site(Api *api, Str bundle, Arena *a, SiteReply *ret) {
    return api_writer_site(api->writer, bundle, a, ret);
}

// ---- start and stop
static void dispose(Api *api) {
    if (api->http) io_http_stop(api->http);
    if (api->writer) api_writer_free(api->writer);
    if (api->reader) api_reader_free(api->reader);
    if (api->events) api_events_free(api->events);
    if (api->auth) api_auth_free(api->auth);
    for (ApiSite *s = atomic_load(&api->site), *next; s; s = next) {
        next = s->earlier;
        site_free(s);
    }
    free(api);
}
static Err start_parts(Api *api) {
    Err e = api_auth_load(api->opts.tokens, &api->auth);
    if (e == OK) e = api_site_take(api, gate_site(ledger_gate(api->opts.ledger)));
    if (e == OK) e = api_events_start(api, &api->events);
    if (e == OK) e = api_reader_start(api, &api->reader);
    if (e == OK) e = api_writer_start(api, api->opts.ledger, &api->writer);
    IoHttpOpts http = {.host = api->opts.host,
                       .port = api->opts.port,
                       .handler = on_request,
                       .ctx = api,
                       .request_ms = api->opts.request_ms,
                       .idle_ms = api->opts.idle_ms,
                       .connections_max = api->opts.connections_max};
    if (e == OK) e = io_http_start(&http, &api->http);
    return e;
}
Err api_start(const ApiOpts *opts, Api **ret) {
    Api *api = calloc(1, sizeof *api);
    CK_ASSERT(api != NULL);
    api->opts = *opts;
    Err e = start_parts(api);
    if (e == OK) {
        *ret = api;
        return OK;
    }
    if (api->writer) api_writer_stop(api->writer);
    if (api->reader) api_reader_stop(api->reader);
    if (api->events) api_events_stop(api->events);
    dispose(api);
    return e;
}
uint16_t api_port(const Api *api) {
    return io_http_port(api->http);
}
void api_wake(Api *api) {
    api_writer_wake(api->writer);
}
void api_stop(Api *api) {
    io_http_refuse(api->http);
    api_writer_stop(api->writer);
    api_reader_stop(api->reader);
    api_events_stop(api->events);
    for (int waited = 0; io_http_busy(api->http) && waited < STOP_WAIT_MS; waited += 2) {
        struct timespec t = {0, 2000000};
        (void)nanosleep(&t, NULL);
    }
    dispose(api);
}

// Queries: pages of passages, tasks, queues, alarms, places and effects. They run in the reader thread.
#include "api_internal.h"

#define OUT_MAX      (16u << 20)
#define PAGE_DEFAULT 100
#define JSON_TYPE    "application/json"

void api_query_fail(ApiCall *c, ApiCode code, Str arg) {
    buf_clear(&c->out);
    c->http = api_code_http(code);
    c->content_type = "application/problem+json";
    api_problem(&c->out, code, c->lang, io_http_path(c->rq), arg, NULL);
}

// ---- pages
ApiPage api_page_open(ApiCall *c) {
    ApiPage p = {.c = c, .max = (uint32_t)api_param_int(c, "max", PAGE_DEFAULT)};
    json_open(&c->out, '{');
    json_key(&c->out, "items");
    json_open(&c->out, '[');
    return p;
}
void api_page_close(ApiPage *p, Err e) {
    Buf *b = &p->c->out;
    if (e != OK) return api_query_fail(p->c, api_code_of(e), str_c(err_text(e)));
    json_close(b, ']');
    json_key(b, "next");
    if (p->n == p->max && p->next[0])
        json_c(b, p->next);
    else
        json_raw(b, STR("null"));
    json_close(b, '}');
}
void api_page_next(ApiPage *p, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(p->next, sizeof p->next, fmt, ap);
    va_end(ap);
    p->n++;
}
bool api_bad_cursor(ApiCall *c) {
    ApiIssues issues = {.arena = io_http_arena(c->rq)};
    ApiIssue *is = api_issue_add(&issues, API_WRONG_FORMAT);
    if (is) *is = (ApiIssue){.code = API_WRONG_FORMAT, .parameter = STR("cursor"), .args = {STR("cursor"), STR_EMPTY}};
    buf_clear(&c->out);
    c->http = api_code_http(API_BODY_INVALID);
    c->content_type = "application/problem+json";
    api_problem(&c->out, API_BODY_INVALID, c->lang, io_http_path(c->rq), STR_EMPTY, &issues);
    return false;
}
static void member(Buf *b, const char *key, Str v) {
    if (v.n == 0) return;
    json_key(b, key);
    json_str(b, v);
}
static void member_time(Buf *b, const char *key, int64_t t) {
    json_key(b, key);
    json_time(b, t);
}
// The passage of {ref}, when this caller may see it. What it may not see it is not told of.
static bool get_passage(ApiCall *c, Store *s, StorePassage *ret) {
    Err e = store_get_passage(s, c->passage, io_http_arena(c->rq), ret);
    if (e == OK && api_view_may_see(c, ret)) return true;
    api_query_fail(c, e == OK ? API_NOT_FOUND : api_code_of(e), STR_EMPTY);
    return false;
}

// ---- passages
static bool passage_item(void *ctx, const StorePassage *p) {
    ApiPage *pg = ctx;
    json_open(&pg->c->out, '{');
    api_view_row(&pg->c->out, pg->c, p);
    json_close(&pg->c->out, '}');
    api_page_next(pg, "%u", p->no);
    return true;
}
static void q_passages(ApiCall *c, Store *s) {
    Str cursor = api_param(c, "cursor");
    const Json *open = api_param_get(c, "open");
    StorePassageFilter f = {.trader = api_param(c, "trader"),
                            .direction = api_param(c, "direction"),
                            .mode = api_param(c, "mode"),
                            .status = api_param(c, "status"),
                            .place = api_param(c, "place"),
                            .text = api_param(c, "text"),
                            .open = open ? open->b : -1};
    if (c->who->role == ROLE_TRADER) {
        if (f.trader.n == 0) f.trader = c->who->actor;
        if (!api_auth_trader(c->who, f.trader)) return api_query_fail(c, API_NOT_ACTING_FOR, f.trader);
    }
    if (cursor.n) {
        f.before_no = (uint32_t)strtoul(cursor.p, NULL, 10);
        if (f.before_no == 0) return (void)api_bad_cursor(c);
    }
    ApiPage pg = api_page_open(c);
    f.max = pg.max;
    api_page_close(&pg, store_each_passage(s, &f, passage_item, &pg));
}
static void q_passage(ApiCall *c, Store *s) {
    StorePassage p;
    if (get_passage(c, s, &p)) api_view_passage(c, &p);
}
static void q_pass(ApiCall *c, Store *s) {
    StorePassage p;
    if (get_passage(c, s, &p)) api_view_pass(c, &p);
}
static void q_pass_svg(ApiCall *c, Store *s) {
    StorePassage p;
    if (get_passage(c, s, &p)) api_view_svg(c);
}
static bool event_item(void *ctx, const StoreEvent *e) {
    ApiPage *pg = ctx;
    Buf *b = &pg->c->out;
    json_open(b, '{');
    json_key(b, "seq");
    json_int(b, (int64_t)e->seq);
    json_key(b, "event");
    api_view_event(b, api_view_of(pg->c->who->role), e);
    json_close(b, '}');
    api_page_next(pg, "%llu", (unsigned long long)e->seq);
    return true;
}
static void q_history(ApiCall *c, Store *s) {
    StorePassage p;
    if (!get_passage(c, s, &p)) return;
    ApiPage pg = api_page_open(c);
    uint64_t from = (uint64_t)api_param_int(c, "after", 0) + 1;
    api_page_close(&pg, store_each_passage_event(s, c->passage, from, pg.max, event_item, &pg));
}

// ---- queue
static void queue_members(Buf *b, const ApiCall *c, const StoreQueue *q, uint32_t position) {
    json_key(b, "position");
    json_int(b, (int64_t)position);
    json_key(b, "passage");
    api_ref_json(b, c, q->passage);
    member(b, "road", q->road);
    member_time(b, "counts_from", q->key_ms);
    json_key(b, "why");
    json_raw(b, q->why.n ? q->why : STR("null"));
}
typedef struct {
    ApiPage page;
    uint32_t position;
} QueuePage;
static bool queue_item(void *ctx, const StoreQueue *q, const StorePassage *p) {
    QueuePage *qp = ctx;
    Buf *b = &qp->page.c->out;
    json_open(b, '{');
    queue_members(b, qp->page.c, q, ++qp->position);
    member(b, "goods", p->goods);
    json_close(b, '}');
    api_page_next(&qp->page, "%u", qp->position);
    return true;
}
static void q_queue_board(ApiCall *c, Store *s) {
    Str road = api_param(c, "road");
    if (!c->site || site_find(c->site->site, DYN_ROAD, road) == DYN_NONE)
        return api_query_fail(c, API_NOT_FOUND, STR_EMPTY);
    uint32_t offset = (uint32_t)api_param_int(c, "offset", 0);
    QueuePage qp = {.page = api_page_open(c), .position = offset};
    api_page_close(&qp.page, store_each_queue(s, road, offset, qp.page.max, queue_item, &qp));
}
static void q_queue_position(ApiCall *c, Store *s) {
    StorePassage p;
    StoreQueue q;
    uint32_t position, length;
    if (!get_passage(c, s, &p)) return;
    Err e = store_get_queue(s, c->passage, io_http_arena(c->rq), &q, &position, &length);
    if (e != OK) return api_query_fail(c, api_code_of(e), STR_EMPTY);
    json_open(&c->out, '{');
    queue_members(&c->out, c, &q, position);
    json_key(&c->out, "length");
    json_int(&c->out, length);
    json_close(&c->out, '}');
}

// ---- worklists and alarms
static bool task_item(void *ctx, const StoreTask *t, const StorePassage *p) {
    ApiPage *pg = ctx;
    Buf *b = &pg->c->out;
    json_open(b, '{');
    member(b, "task", t->name);
    member(b, "agency", t->agency);
    member_time(b, "since", t->since_ms);
    member_time(b, "due", t->due_ms);
    json_key(b, "remaining_s");
    if (t->due_ms == TIME_NEVER)
        json_raw(b, STR("null"));
    else
        json_int(b, (t->due_ms - io_now_ms()) / SECOND_MS);
    member(b, "taken_by", t->taken_by);
    api_view_row(b, pg->c, p);
    json_close(b, '}');
    api_page_next(pg, "%lld.%u.%u", (long long)t->due_ms, t->passage, t->task);
    return true;
}
static bool officer(Role r) {
    return r != ROLE_CENTRE && r != ROLE_AUDITOR;
}
static void q_tasks(ApiCall *c, Store *s) {
    Str agency = api_param(c, "agency"), cursor = api_param(c, "cursor");
    StoreTask after = {0};
    bool own = c->who->role == ROLE_PEER || (agency.n == 0 && officer(c->who->role));
    if (own) agency = str_c(Role_names.names[c->who->role]);
    if (cursor.n) {
        long long due;
        unsigned passage, task;
        if (sscanf(cursor.p, "%lld.%u.%u", &due, &passage, &task) != 3 || task > 255) return (void)api_bad_cursor(c);
        after = (StoreTask){.due_ms = due, .passage = passage, .task = (uint8_t)task};
    }
    ApiPage pg = api_page_open(c);
    api_page_close(&pg, store_each_task(s, agency, cursor.n ? &after : NULL, pg.max, task_item, &pg));
}
static bool alarm_item(void *ctx, const StoreAlarm *a) {
    ApiPage *pg = ctx;
    Buf *b = &pg->c->out;
    json_open(b, '{');
    member(b, "alarm", a->kind);
    json_key(b, "passage");
    api_ref_json(b, pg->c, a->passage);
    member_time(b, "since", a->since_ms);
    member(b, "acked_by", a->acked_by);
    json_key(b, "what");
    json_raw(b, a->body.n ? a->body : STR("null"));
    json_close(b, '}');
    api_page_next(pg, "%lld.%u." STR_F, (long long)a->since_ms, a->passage, STR_A(a->kind));
    return true;
}
static void q_alarms(ApiCall *c, Store *s) {
    Str cursor = api_param(c, "cursor");
    StoreAlarm after = {0};
    if (cursor.n) {
        long long since;
        unsigned passage;
        int used = 0;
        if (sscanf(cursor.p, "%lld.%u.%n", &since, &passage, &used) != 2 || !used) return (void)api_bad_cursor(c);
        after = (StoreAlarm){.since_ms = since, .passage = passage, .kind = {cursor.p + used, cursor.n - (size_t)used}};
    }
    ApiPage pg = api_page_open(c);
    api_page_close(&pg, store_each_alarm(s, cursor.n ? &after : NULL, pg.max, alarm_item, &pg));
}

// ---- places and rules: what the site says, with the last order and the load beside it
typedef struct {
    Arena *arena;
    Buf rows; // StoreResource after StoreResource, strings in the arena
} Resources;
static bool keep_resource(void *ctx, const StoreResource *r) {
    Resources *all = ctx;
    StoreResource copy = {arena_str(all->arena, r->kind), arena_str(all->arena, r->id), arena_str(all->arena, r->body)};
    buf_put(&all->rows, &copy, sizeof copy);
    return true;
}
static Str state_of(const Resources *all, const char *kind, Str id) {
    StoreResource r;
    for (size_t at = 0; at < all->rows.n; at += sizeof r) {
        memcpy(&r, all->rows.p + at, sizeof r);
        if (str_eq_c(r.kind, kind) && str_eq(r.id, id)) return r.body;
    }
    return STR_EMPTY;
}
static Str load_of(const Resources *all, const char *kind, Str id) {
    Buf key;
    buf_init(&key, 256);
    buf_printf(&key, "%s:" STR_F, kind, STR_A(id));
    Str load = state_of(all, "load", buf_view(&key));
    buf_deinit(&key);
    return load;
}
static void raw(Buf *b, const char *key, Str json) {
    json_key(b, key);
    json_raw(b, json.n ? json : STR("null"));
}
// The last order says "open" only when it opened; without an order it is as built.
static bool is_open(Str state, bool built) {
    return state.n ? memmem(state.p, state.n, "\"open\":true", 11) != NULL : built;
}
static void lane_item(Buf *b, const Site *s, const Resources *all, uint32_t i) {
    const SiteLane *l = &s->lane[i];
    Str state = state_of(all, "lane", l->id);
    member(b, "id", l->id);
    member(b, "road", l->road);
    member(b, "kind", str_c(LaneKind_names.names[l->kind]));
    member(b, "way", str_c(LaneWay_names.names[l->way]));
    json_key(b, "open");
    json_bool(b, is_open(state, s->lane_built[i]));
    raw(b, "order", state);
    raw(b, "load", load_of(all, "lane", l->id));
}
static void road_item(Buf *b, const Site *s, const Resources *all, uint32_t i) {
    const SiteRoad *r = &s->road[i];
    Str state = state_of(all, "road", r->id);
    member(b, "id", r->id);
    member(b, "markers", r->markers);
    member(b, "peer", r->peer);
    json_key(b, "open");
    json_bool(b, is_open(state, true));
    raw(b, "order", state);
    raw(b, "load", load_of(all, "road", r->id));
}
static void yard_item(Buf *b, const Site *s, const Resources *all, uint32_t i) {
    const SiteYard *y = &s->yard[i];
    member(b, "id", y->id);
    member(b, "road", y->road);
    member(b, "kind", str_c(YardKind_names.names[y->kind]));
    json_key(b, "places");
    json_int(b, s->yard_built[i] ? y->places : 0);
    raw(b, "order", state_of(all, "yard", y->id));
    raw(b, "load", load_of(all, "yard", y->id));
}
static void site_items(ApiCall *c, const Resources *all, uint32_t n,
                       void (*item)(Buf *, const Site *, const Resources *, uint32_t)) {
    for (uint32_t i = 0; i < n; i++) {
        json_open(&c->out, '{');
        item(&c->out, c->site->site, all, i);
        json_close(&c->out, '}');
    }
}
// Quotas and embargoes: those of the site's rules, and those that were ordered.
static void rule_items(ApiCall *c, const Resources *all, const char *kind, const char *list) {
    Buf *b = &c->out;
    const Json *rules = jn_get(c->site->json, list);
    for (const Json *rule = rules && rules->type == JN_ARRAY ? rules->first : NULL; rule; rule = rule->next) {
        json_open(b, '{');
        json_key(b, "from_site");
        json_bool(b, true);
        json_key(b, "rule");
        jn_write(b, rule);
        json_close(b, '}');
    }
    StoreResource r;
    for (size_t at = 0; at < all->rows.n; at += sizeof r) {
        memcpy(&r, all->rows.p + at, sizeof r);
        if (!str_eq_c(r.kind, kind)) continue;
        json_open(b, '{');
        member(b, "id", r.id);
        json_key(b, "from_site");
        json_bool(b, false);
        raw(b, "rule", r.body);
        json_close(b, '}');
    }
}
static void q_resources(ApiCall *c, Store *s) {
    if (!c->site) return api_query_fail(c, API_SITE_MISSING, STR_EMPTY);
    Resources all = {.arena = io_http_arena(c->rq)};
    buf_init(&all.rows, 4u << 20);
    static const char *const kinds[] = {"lane", "road", "yard", "quota", "embargo", "load"};
    Err e = OK;
    for (uint32_t i = 0; i < ARRAY_LEN(kinds) && !e; i++)
        e = store_each_resource(s, str_c(kinds[i]), keep_resource, &all);
    const Site *site = c->site->site;
    ApiPage pg = api_page_open(c);
    pg.max = UINT32_MAX; // at most LANES_MAX, EMBARGOES_MAX ...: one page
    if (c->route->op == OP_LANES)
        site_items(c, &all, site->lanes, lane_item);
    else if (c->route->op == OP_ROADS)
        site_items(c, &all, site->roads, road_item);
    else if (c->route->op == OP_YARDS)
        site_items(c, &all, site->yards, yard_item);
    else if (c->route->op == OP_QUOTAS)
        rule_items(c, &all, "quota", "quotas");
    else
        rule_items(c, &all, "embargo", "embargoes");
    buf_deinit(&all.rows);
    api_page_close(&pg, e);
}
static bool effect_item(void *ctx, const StoreEffect *e) {
    ApiPage *pg = ctx;
    Buf *b = &pg->c->out;
    json_open(b, '{');
    json_key(b, "effect");
    json_int(b, (int64_t)e->id);
    member(b, "kind", e->kind);
    member(b, "target", e->target);
    json_key(b, "passage");
    api_ref_json(b, pg->c, e->passage);
    member_time(b, "since", e->t_ms);
    json_key(b, "what");
    json_raw(b, e->body.n ? e->body : STR("null"));
    json_close(b, '}');
    api_page_next(pg, "%llu", (unsigned long long)e->id);
    return true;
}
static void q_effects(ApiCall *c, Store *s) {
    Str target = api_param(c, "target");
    if (c->who->role == ROLE_PEER) target = STR("peer"); // the other side sees what is meant for it
    ApiPage pg = api_page_open(c);
    uint64_t from = (uint64_t)api_param_int(c, "after", 0) + 1;
    api_page_close(&pg, store_each_effect(s, from, pg.max, target, effect_item, &pg));
}

static void (*const queries[OP_COUNT])(ApiCall *c, Store *s) = {[OP_PASSAGES] = q_passages,
                                                                [OP_PASSAGE] = q_passage,
                                                                [OP_HISTORY] = q_history,
                                                                [OP_PASS] = q_pass,
                                                                [OP_PASS_SVG] = q_pass_svg,
                                                                [OP_QUEUE_BOARD] = q_queue_board,
                                                                [OP_QUEUE_POSITION] = q_queue_position,
                                                                [OP_TASKS] = q_tasks,
                                                                [OP_ALARMS] = q_alarms,
                                                                [OP_LANES] = q_resources,
                                                                [OP_ROADS] = q_resources,
                                                                [OP_YARDS] = q_resources,
                                                                [OP_QUOTAS] = q_resources,
                                                                [OP_EMBARGOES] = q_resources,
                                                                [OP_EFFECTS] = q_effects,
                                                                [OP_REPORT] = api_report,
                                                                [OP_METRICS] = api_metrics,
                                                                [OP_HANDOVERS] = api_handovers,
                                                                [OP_HANDOVER] = api_handover,
                                                                [OP_CUSTODY] = api_custody,
                                                                [OP_PEER] = api_peer,
                                                                [OP_SHIFTS] = api_shifts};
void api_query(ApiCall *c, Store *s) {
    buf_init(&c->out, OUT_MAX);
    c->http = 200;
    c->content_type = JSON_TYPE;
    CK_ASSERT(queries[c->route->op] != NULL);
    queries[c->route->op](c, s);
}

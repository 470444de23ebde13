// What people see of the link to the other side: hand-overs with their messages, who holds what, the link itself. Read
// from the rows that the ledger keeps of each step (ledger_project.c) and from the events that they point at.
#include "api_internal.h"
#include <openssl/evp.h>

#define ROW_ARENA (256u << 10) // of one row or event

// ---- one row
static void copy(Buf *b, const Json *from, const char *name) {
    const Json *v = jn_get(from, name);
    if (!v) return;
    json_key(b, name);
    jn_write(b, v);
}
static bool is(const Json *row, const char *name, const char *word) {
    return str_eq_c(jn_text(jn_get(row, name)), word);
}
static int64_t number(const Json *row, const char *name) {
    const Json *v = jn_get(row, name);
    return v && v->type == JN_INT ? v->i : 0;
}
static bool is_over(const Json *row) { // states of custody.def that end a hand-over
    return is(row, "state", "rejected") || is(row, "state", "withdrawn") || is(row, "state", "closed") ||
           is(row, "state", "returned");
}
static void write_handover(Buf *b, const ApiCall *c, const Json *row) {
    static const char *const words[] = {"handover", "state", "role", "item_kind", "item"};
    static const char *const more[] = {"version",  "weight_kg", "seal",  "differences", "answer_by",
                                       "cross_by", "due",       "since", "crossed",     "back"};
    for (size_t i = 0; i < ARRAY_LEN(words); i++) copy(b, row, words[i]);
    json_key(b, "open");
    json_bool(b, !is_over(row));
    json_key(b, "passage");
    api_ref_json(b, c, (uint32_t)number(row, "passage"));
    for (size_t i = 0; i < ARRAY_LEN(more); i++) copy(b, row, more[i]);
}

// ---- lists
typedef struct {
    ApiPage page;
    Arena a;
    Str state, item;
    int open; // -1 any
} Chosen;
static bool fits(const Chosen *l, const Json *row) {
    if (l->state.n && !str_eq(jn_text(jn_get(row, "state")), l->state)) return false;
    if (l->item.n && !str_eq(jn_text(jn_get(row, "item")), l->item)) return false;
    return l->open < 0 || l->open == !is_over(row);
}
static bool one_handover(void *ctx, const StoreResource *r) {
    Chosen *l = ctx;
    Json *row;
    Str what;
    Buf *b = &l->page.c->out;
    arena_reset(&l->a);
    if (wire_parse_json(r->body, 4, &l->a, &row, &what) != OK || !fits(l, row)) return true;
    json_open(b, '{');
    write_handover(b, l->page.c, row);
    json_close(b, '}');
    api_page_next(&l->page, STR_F, STR_A(r->id));
    return l->page.n < l->page.max;
}
void api_handovers(ApiCall *c, Store *s) {
    const Json *open = api_param_get(c, "open");
    Chosen l = {.state = api_param(c, "state"), .item = api_param(c, "item"), .open = open ? open->b : -1};
    arena_init(&l.a, ROW_ARENA);
    l.page = api_page_open(c);
    Err e = store_each_resource_after(s, STR("handover"), api_param(c, "cursor"), UINT32_MAX, one_handover, &l);
    api_page_close(&l.page, e);
    arena_deinit(&l.a);
}

// ---- messages
typedef struct {
    Store *s;
    Buf *b;
    Arena a;
    Err err;
} Messages;
static void write_message(Messages *m, Str core, const Json *event, uint64_t seq, bool heard) {
    static const char *const names[] = {"from", "to", "kind", "version"};
    uint8_t d[32];
    char hex[65];
    size_t n = sizeof d;
    Json *j;
    Str what;
    if (wire_parse_json(core, 8, &m->a, &j, &what) != OK) return;
    CK_ASSERT(EVP_Q_digest(NULL, "SHA256", NULL, core.p, core.n, d, &n) == 1);
    for (int i = 0; i < 32; i++) (void)snprintf(hex + 2 * i, 3, "%02x", d[i]);
    json_open(m->b, '{');
    json_key(m->b, "seq"), json_int(m->b, (int64_t)seq);
    copy(m->b, event, "at");
    json_key(m->b, "heard"), json_bool(m->b, heard);
    if (!heard) copy(m->b, event, "by"), copy(m->b, jn_get(event, "data"), "act");
    for (size_t i = 0; i < ARRAY_LEN(names); i++) copy(m->b, j, names[i]);
    json_key(m->b, "number"), json_int(m->b, number(j, "seq"));
    json_key(m->b, "hash"), json_str(m->b, (Str){hex, 64});
    copy(m->b, jn_get(event, "data"), "state");
    copy(m->b, j, "body");
    json_close(m->b, '}');
}
static bool one_event(void *ctx, const StoreEvent *e) { // what was heard, then what was said in answer
    Messages *m = ctx;
    Json *j;
    Str what;
    arena_reset(&m->a);
    if (wire_parse_json(e->body, 32, &m->a, &j, &what) != OK) return false;
    Str heard = jn_text(jn_get(jn_get(j, "data"), "heard")), out = jn_text(jn_get(jn_get(j, "data"), "out"));
    const char *line = heard.n ? memchr(heard.p, '\n', heard.n) : NULL;
    if (line) write_message(m, (Str){line + 1, heard.n - (size_t)(line + 1 - heard.p)}, j, e->seq, true);
    if (out.n) write_message(m, out, j, e->seq, false);
    return false;
}
static bool one_step(void *ctx, const StoreResource *r) {
    Messages *m = ctx;
    m->err = store_each_event(m->s, strtoull(r->id.p, NULL, 10), 1, one_event, m);
    return !m->err;
}
static Err write_messages(Buf *b, Store *s, Str key) {
    Messages m = {.s = s, .b = b};
    char kind[64];
    int n = snprintf(kind, sizeof kind, "link " STR_F, STR_A(key));
    arena_init(&m.a, ROW_ARENA);
    json_key(b, "messages");
    json_open(b, '[');
    Err e = store_each_resource(s, (Str){kind, MIN((size_t)n, sizeof kind - 1)}, one_step, &m);
    json_close(b, ']');
    arena_deinit(&m.a);
    return e ? e : m.err;
}

// ---- one of them
typedef struct {
    Str id;
    Arena *a;
    Str body;
} Find;
static bool found(void *ctx, const StoreResource *r) {
    Find *f = ctx;
    if (str_eq(r->id, f->id)) f->body = arena_str(f->a, r->body);
    return f->body.n == 0;
}
static bool find_row(ApiCall *c, Store *s, const char *kind, Str id, const Json **ret) { // false: answered
    Find f = {.id = id, .a = io_http_arena(c->rq)};
    Json *j;
    Str what;
    Str after = {id.p, id.n ? id.n - 1 : 0}; // the few before it begin alike
    Err e = store_each_resource_after(s, str_c(kind), after, UINT32_MAX, found, &f);
    if (!e && !f.body.n) e = ERR_NOT_FOUND;
    if (!e) e = wire_parse_json(f.body, 4, f.a, &j, &what);
    if (e)
        api_query_fail(c, api_code_of(e), STR_EMPTY);
    else
        *ret = j;
    return !e;
}
void api_handover(ApiCall *c, Store *s) {
    const Json *row;
    if (!find_row(c, s, "handover", api_param(c, "key"), &row)) return;
    json_open(&c->out, '{');
    write_handover(&c->out, c, row);
    Err e = write_messages(&c->out, s, api_param(c, "key"));
    json_close(&c->out, '}');
    if (e) api_query_fail(c, api_code_of(e), str_c(err_text(e)));
}

// ---- who holds an item: the last hand-over of it says how it came to be there
typedef struct {
    Arena a;
    Str kind, item;
    char key[64], state[32], since[ISO8601_LEN + 1];
} Last;
static void keep(char *to, size_t room, Str s) {
    size_t n = MIN(s.n, room - 1);
    if (n) memcpy(to, s.p, n);
    to[n] = 0;
}
static bool one_last(void *ctx, const StoreResource *r) {
    Last *l = ctx;
    Json *row;
    Str what;
    arena_reset(&l->a);
    if (wire_parse_json(r->body, 4, &l->a, &row, &what) != OK) return true;
    Str since = jn_text(jn_get(row, "since")); // RFC 3339 in UTC sorts as text
    bool mine = str_eq(jn_text(jn_get(row, "item")), l->item) && str_eq(jn_text(jn_get(row, "item_kind")), l->kind);
    if (!mine || since.n != ISO8601_LEN || memcmp(since.p, l->since, since.n) < 0) return true;
    keep(l->key, sizeof l->key, r->id);
    keep(l->state, sizeof l->state, jn_text(jn_get(row, "state")));
    keep(l->since, sizeof l->since, since);
    return true;
}
static const char *holder_of(const Json *item, const Last *l) {
    const Json *holds = jn_get(item, "holds");
    if (holds && holds->b) return "own";
    bool under_way = strcmp(l->state, "away") == 0 || strcmp(l->state, "returning") == 0;
    return under_way ? "on_the_way" : "other_side";
}
void api_custody(ApiCall *c, Store *s) {
    Last l = {.kind = api_param(c, "kind"), .item = api_param(c, "item")};
    const Json *item;
    char id[128];
    Buf *b = &c->out;
    int n = snprintf(id, sizeof id, STR_F " " STR_F, STR_A(l.kind), STR_A(l.item));
    if (!find_row(c, s, "custody", (Str){id, MIN((size_t)n, sizeof id - 1)}, &item)) return;
    arena_init(&l.a, ROW_ARENA);
    Err e = store_each_resource(s, STR("handover"), one_last, &l);
    json_open(b, '{');
    json_key(b, "item_kind"), json_str(b, l.kind);
    json_key(b, "item"), json_str(b, l.item);
    json_key(b, "holder"), json_c(b, holder_of(item, &l));
    copy(b, item, "since");
    copy(b, item, "open");
    json_key(b, "handover");
    if (l.key[0])
        json_c(b, l.key);
    else
        json_raw(b, STR("null"));
    if (l.key[0]) json_key(b, "state"), json_c(b, l.state);
    if (!e && l.key[0]) e = write_messages(b, s, str_c(l.key));
    json_close(b, '}');
    arena_deinit(&l.a);
    if (e) api_query_fail(c, api_code_of(e), str_c(err_text(e)));
}

// ---- the link
typedef struct {
    int64_t made, acknowledged, heard;
} Position;
static bool one_position(void *ctx, const StoreResource *r) {
    Position *p = ctx;
    Arena a;
    Json *j;
    Str what;
    arena_init(&a, ROW_ARENA);
    if (str_eq_c(r->id, "link") && wire_parse_json(r->body, 4, &a, &j, &what) == OK)
        p->made = number(j, "out_seq"), p->acknowledged = number(j, "out_acked"), p->heard = number(j, "in_seq");
    arena_deinit(&a);
    return true;
}
static bool one_head(void *ctx, const StoreResource *r) { // tree heads: this side's last told, the other's last seen
    static const char *const names[] = {"size", "root", "at"};
    Buf *b = ctx;
    Arena a;
    Json *j;
    Str what;
    arena_init(&a, ROW_ARENA);
    if (wire_parse_json(r->body, 4, &a, &j, &what) == OK) {
        json_key(b, str_eq_c(r->id, "told") ? "told" : "seen");
        json_open(b, '{');
        for (size_t i = 0; i < ARRAY_LEN(names); i++) copy(b, j, names[i]);
        json_close(b, '}');
    }
    arena_deinit(&a);
    return true;
}
void api_peer(ApiCall *c, Store *s) {
    const ApiLink *k = c->api->opts.link;
    Position p = {0};
    Buf *b = &c->out;
    Err e = store_each_resource(s, STR("peer"), one_position, &p);
    json_open(b, '{');
    json_key(b, "configured"), json_bool(b, k != NULL);
    if (k) k->show(k->ctx, b);
    json_key(b, "messages");
    json_open(b, '{');
    json_key(b, "made"), json_int(b, p.made);
    json_key(b, "acknowledged"), json_int(b, p.acknowledged);
    json_key(b, "heard"), json_int(b, p.heard);
    json_close(b, '}');
    json_key(b, "tree_heads");
    json_open(b, '{');
    if (!e) e = store_each_resource(s, STR("peer_head"), one_head, b);
    json_close(b, '}'), json_close(b, '}');
    if (e) api_query_fail(c, api_code_of(e), str_c(err_text(e)));
}
void api_peer_metrics(const Api *api, Buf *b, Store *s) {
    const ApiLink *k = api->opts.link;
    Position p = {0};
    if (!k || store_each_resource(s, STR("peer"), one_position, &p) != OK) return;
    buf_printf(b,
               "# HELP cuakhau_peer_messages_total Messages of the link to the other side\n"
               "# TYPE cuakhau_peer_messages_total counter\n"
               "cuakhau_peer_messages_total{way=\"out\"} %lld\ncuakhau_peer_messages_total{way=\"in\"} %lld\n"
               "# HELP cuakhau_peer_unacknowledged Messages that no receipt covers yet\n"
               "# TYPE cuakhau_peer_unacknowledged gauge\ncuakhau_peer_unacknowledged %lld\n",
               (long long)p.made, (long long)p.heard, (long long)(p.made - p.acknowledged));
    k->metrics(k->ctx, b);
}

// ---- reconciliation
typedef struct {
    ApiPage page;
    Store *s;
    Arena a;
    Err err;
} Shifts;
static bool one_difference(void *ctx, const StoreResource *r) {
    Buf *b = ctx;
    if (b->n && b->p[b->n - 1] != '[') buf_char(b, ',');
    buf_str(b, r->body);
    return true;
}
static bool one_shift(void *ctx, const StoreResource *r) {
    static const char *const names[] = {"state", "from",        "until",      "lines",
                                        "hash",  "other_lines", "other_hash", "differences_hash"};
    static const char *const decisions[] = {"decision",       "decided",       "note",
                                            "other_decision", "other_decided", "other_note"};
    Shifts *p = ctx;
    Json *row;
    Str what;
    char kind[96];
    Buf *b = &p->page.c->out;
    arena_reset(&p->a);
    if (wire_parse_json(r->body, 4, &p->a, &row, &what) != OK) return true;
    json_open(b, '{');
    json_key(b, "shift"), json_str(b, r->id);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) copy(b, row, names[i]);
    json_key(b, "differences_n"), json_int(b, number(row, "differences"));
    json_key(b, "differences"), json_open(b, '[');
    int n = snprintf(kind, sizeof kind, "shift_difference " STR_F, STR_A(r->id));
    p->err = store_each_resource(p->s, (Str){kind, (size_t)n}, one_difference, b);
    json_close(b, ']');
    for (size_t i = 0; i < ARRAY_LEN(decisions); i++) copy(b, row, decisions[i]);
    json_close(b, '}');
    api_page_next(&p->page, STR_F, STR_A(r->id));
    return !p->err && p->page.n < p->page.max;
}
void api_shifts(ApiCall *c, Store *s) {
    Shifts p = {.s = s};
    arena_init(&p.a, ROW_ARENA);
    p.page = api_page_open(c);
    Err e = store_each_resource_after(s, STR("shift"), api_param(c, "cursor"), UINT32_MAX, one_shift, &p);
    api_page_close(&p.page, e ? e : p.err);
    arena_deinit(&p.a);
}

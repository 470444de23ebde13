// The messages of a hand-over, for a difference that people have to settle: side, number, kind.
#include "peer_internal.h"
#include "wire/wire_json.h"

typedef struct {
    Store *store;
    Buf *b;
    Arena a;
} Messages;
static void write_one(Messages *m, Str core) {
    Json *j;
    Str what;
    if (!core.n || wire_parse_json(core, 8, &m->a, &j, &what) != OK) return;
    const Json *seq = jn_get(j, "seq");
    json_open(m->b, '{');
    json_key(m->b, "from"), json_str(m->b, jn_text(jn_get(j, "from")));
    json_key(m->b, "number"), json_int(m->b, seq && seq->type == JN_INT ? seq->i : 0);
    json_key(m->b, "kind"), json_str(m->b, jn_text(jn_get(j, "kind")));
    json_close(m->b, '}');
}
static bool one_event(void *ctx, const StoreEvent *e) {
    Messages *m = ctx;
    Json *j;
    Str what;
    arena_reset(&m->a);
    if (wire_parse_json(e->body, 32, &m->a, &j, &what) != OK) return false;
    Str heard = jn_text(jn_get(jn_get(j, "data"), "heard"));
    const char *line = heard.n ? memchr(heard.p, '\n', heard.n) : NULL;
    if (line) write_one(m, (Str){line + 1, heard.n - (size_t)(line + 1 - heard.p)});
    write_one(m, jn_text(jn_get(jn_get(j, "data"), "out")));
    return false;
}
static bool one_step(void *ctx, const StoreResource *r) {
    Messages *m = ctx;
    return store_each_event(m->store, strtoull(r->id.p, NULL, 10), 1, one_event, m) == OK;
}
void peer_shift_messages(Store *s, Str handover, Buf *b) {
    Messages m = {.store = s, .b = b};
    char kind[64];
    int n = snprintf(kind, sizeof kind, "link " STR_F, STR_A(handover));
    arena_init(&m.a, 256u << 10);
    json_key(b, "messages");
    json_open(b, '[');
    Err e = store_each_resource(s, (Str){kind, MIN((size_t)n, sizeof kind - 1)}, one_step, &m);
    if (e) log_line(LOG_WARN, "peer", "the messages of " STR_F ": %s", STR_A(handover), err_text(e));
    json_close(b, ']');
    arena_deinit(&m.a);
}

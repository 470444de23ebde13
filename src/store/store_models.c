// Read models of the passages, the outbox, the resources; dropping, counting and digesting all of them.
#include "store_internal.h"

// ---- outbox
Err store_put_effect(Store *s, const StoreEffect *e) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_EFFECT);
    stmt_uint(&q, e->id);
    stmt_int(&q, e->t_ms);
    stmt_str(&q, e->kind);
    stmt_str(&q, e->target);
    stmt_int(&q, e->passage);
    stmt_str(&q, e->body);
    return stmt_run(&q);
}
Err store_drop_effect(Store *s, uint64_t id) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_DROP_EFFECT);
    stmt_uint(&q, id);
    return stmt_run(&q);
}
Err store_each_effect(Store *s, uint64_t from_id, uint64_t max, Str target, StoreEffectFn *fn, void *ctx) {
    Stmt q = stmt_open(s, target.n ? SQL_EACH_EFFECT_TARGET : SQL_EACH_EFFECT);
    if (target.n) stmt_str(&q, target);
    stmt_uint(&q, MIN(from_id, (uint64_t)INT64_MAX));
    stmt_int(&q, max == 0 || max > INT64_MAX ? -1 : (int64_t)max);
    while (stmt_next(&q)) {
        StoreEffect row = {.id = col_uint(&q, 0),
                           .t_ms = col_int(&q, 1),
                           .kind = col_str(&q, 2),
                           .target = col_str(&q, 3),
                           .passage = col_u32(&q, 4),
                           .body = col_str(&q, 5)};
        if (!fn(ctx, &row)) break;
    }
    return stmt_close(&q);
}

// ---- passages
Err store_put_passage(Store *s, const StorePassage *p) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_PASSAGE);
    stmt_int(&q, p->no);
    const Str texts[] = {p->trader,    p->plate, p->trailer, p->container, p->customs_no,
                         p->direction, p->kind,  p->mode,    p->goods};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) stmt_str(&q, texts[i]);
    stmt_int(&q, p->declared_ms);
    stmt_str(&q, p->place);
    stmt_str(&q, p->status);
    stmt_int(&q, p->open);
    stmt_uint(&q, p->changed_seq);
    stmt_blob(&q, p->state);
    Err e = stmt_run(&q);
    if (e) return e;
    q = stmt_open(s, SQL_PUT_DOC);
    stmt_int(&q, p->no);
    stmt_str(&q, p->doc);
    return stmt_run(&q);
}
Err store_update_passage(Store *s, const StorePassage *p) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_UPDATE_PASSAGE);
    stmt_str(&q, p->place);
    stmt_str(&q, p->status);
    stmt_int(&q, p->open);
    stmt_uint(&q, p->changed_seq);
    stmt_blob(&q, p->state);
    stmt_int(&q, p->no);
    Err e = stmt_run(&q);
    if (e) return e;
    return sqlite3_changes(s->db) == 1 ? OK : ERR_NOT_FOUND;
}
void row_passage(const Stmt *q, int first, StorePassage *ret) {
    int i = first;
    StorePassage p = {.no = col_u32(q, i++)};
    Str *texts[] = {&p.trader,    &p.plate, &p.trailer, &p.container, &p.customs_no,
                    &p.direction, &p.kind,  &p.mode,    &p.goods};
    for (size_t k = 0; k < ARRAY_LEN(texts); k++) *texts[k] = col_str(q, i++);
    p.declared_ms = col_int(q, i++);
    p.place = col_str(q, i++);
    p.status = col_str(q, i++);
    p.open = col_int(q, i++) != 0;
    p.changed_seq = col_uint(q, i++);
    CK_ASSERT(i - first == STORE_PASSAGE_COLUMN_COUNT);
    p.state = p.doc = STR_EMPTY;
    *ret = p;
}
static void row_passage_full(const Stmt *q, StorePassage *ret) {
    row_passage(q, 0, ret);
    ret->state = col_str(q, STORE_PASSAGE_COLUMN_COUNT);
    ret->doc = col_str(q, STORE_PASSAGE_COLUMN_COUNT + 1);
}
static bool copy_passage(Arena *a, StorePassage *p) {
    Str *texts[] = {&p->trader, &p->plate, &p->trailer, &p->container, &p->customs_no, &p->direction, &p->kind,
                    &p->mode,   &p->goods, &p->doc,     &p->place,     &p->status,     &p->state};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (!copy_str(a, texts[i])) return false;
    return true;
}
Err store_get_passage(Store *s, uint32_t no, Arena *a, StorePassage *ret) {
    Stmt q = stmt_open(s, SQL_GET_PASSAGE);
    stmt_int(&q, no);
    Err e = ERR_NOT_FOUND;
    StorePassage p;
    if (stmt_next(&q)) {
        row_passage_full(&q, &p);
        e = copy_passage(a, &p) ? OK : ERR_LIMIT;
    }
    Err closed = stmt_close(&q);
    if (closed) return closed;
    if (!e) *ret = p;
    return e;
}

// ---- passages by filter: the statement is put together from the parts that are asked for
static bool prefix_end(Str prefix, char *buf, size_t cap, Str *ret) { // the first string behind all with this prefix
    size_t n = prefix.n;
    while (n > 0 && (unsigned char)prefix.p[n - 1] == 0xff) n--;
    if (n == 0 || n > cap) return false;
    memcpy(buf, prefix.p, n);
    buf[n - 1] = (char)((unsigned char)buf[n - 1] + 1);
    *ret = (Str){buf, n};
    return true;
}
static void filter_sql(const StorePassageFilter *f, Buf *b) {
    // A set of numbers by the search indexes, then the newest of them: never a walk through all passages.
    static const char *const searched[] = {"plate", "trailer", "container", "customs_no", "trader"};
    static const char *const exact[] = {"trader", "direction", "mode", "status", "place"};
    const Str wanted[] = {f->trader, f->direction, f->mode, f->status, f->place};
    buf_c(b, "SELECT " STORE_PASSAGE_FULL " FROM passage p LEFT JOIN passage_doc d ON d.no=p.no WHERE p.no<?1");
    for (size_t i = 0; i < ARRAY_LEN(exact); i++)
        if (wanted[i].n) buf_printf(b, " AND p.%s=?%zu", exact[i], i + 5);
    // as written, not bound: only so the index of the open ones is taken
    if (f->open >= 0) buf_c(b, f->open ? " AND p.open=1" : " AND p.open=0");
    if (f->text.n) {
        buf_c(b, " AND p.no IN (");
        for (size_t i = 0; i < ARRAY_LEN(searched); i++)
            buf_printf(b, "%sSELECT no FROM passage WHERE %s>=?3 AND %s<?4 AND %s<>''", i ? " UNION " : "", searched[i],
                       searched[i], searched[i]);
        buf_c(b, ")");
    }
    buf_c(b, " ORDER BY p.no DESC LIMIT ?2");
}
static void filter_bind(Stmt *q, const StorePassageFilter *f, Str text_end) {
    const Str wanted[] = {f->trader, f->direction, f->mode, f->status, f->place};
    stmt_int(q, f->before_no ? f->before_no : INT64_MAX);
    stmt_int(q, f->max);
    // a statement without text has no third and fourth parameter unless a later one is named
    int params = sqlite3_bind_parameter_count(q->p);
    if (params >= 3) stmt_str(q, f->text);
    if (params >= 4) stmt_str(q, text_end);
    for (int i = 0; i < (int)ARRAY_LEN(wanted) && i + 5 <= params; i++) stmt_str(q, wanted[i]);
}
Err store_each_passage(Store *s, const StorePassageFilter *f, StorePassageFn *fn, void *ctx) {
    if (f->max < 1 || f->max > 1000) return ERR_INVALID;
    char end[256];
    Str text_end = STR_EMPTY;
    if (f->text.n && !prefix_end(f->text, end, sizeof end, &text_end)) return ERR_INVALID;
    Buf b;
    buf_init(&b, 4096);
    filter_sql(f, &b);
    CK_ASSERT(!b.overflow);
    Stmt q = stmt_text(s, buf_view(&b));
    buf_deinit(&b);
    if (q.rc == SQLITE_OK) filter_bind(&q, f, text_end);
    while (stmt_next(&q)) {
        StorePassage p;
        row_passage_full(&q, &p);
        if (!fn(ctx, &p)) break;
    }
    return stmt_close(&q);
}

// ---- resources
Err store_put_resource(Store *s, const StoreResource *r) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_RESOURCE);
    stmt_str(&q, r->kind);
    stmt_str(&q, r->id);
    stmt_str(&q, r->body);
    return stmt_run(&q);
}
Err store_drop_resource(Store *s, Str kind, Str id) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_DROP_RESOURCE);
    stmt_str(&q, kind);
    stmt_str(&q, id);
    return stmt_run(&q);
}
Err store_drop_resources(Store *s, Str kind, Str upto) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_DROP_RESOURCES);
    stmt_str(&q, kind);
    stmt_str(&q, upto);
    return stmt_run(&q);
}
static Err each_resource(Stmt *q, StoreResourceFn *fn, void *ctx) {
    while (stmt_next(q)) {
        StoreResource r = {.kind = col_str(q, 0), .id = col_str(q, 1), .body = col_str(q, 2)};
        if (!fn(ctx, &r)) break;
    }
    return stmt_close(q);
}
Err store_each_resource(Store *s, Str kind, StoreResourceFn *fn, void *ctx) {
    Stmt q = stmt_open(s, kind.n ? SQL_EACH_RESOURCE_KIND : SQL_EACH_RESOURCE);
    if (kind.n) stmt_str(&q, kind);
    return each_resource(&q, fn, ctx);
}
Err store_each_resource_after(Store *s, Str kind, Str after, uint32_t max, StoreResourceFn *fn, void *ctx) {
    Stmt q = stmt_open(s, SQL_EACH_RESOURCE_AFTER);
    stmt_str(&q, kind);
    stmt_str(&q, after);
    stmt_int(&q, max);
    return each_resource(&q, fn, ctx);
}

// ---- all of them
static const struct {
    const char *name, *key;
} models[] = {{"effect", "id"},     {"passage", "no"},         {"passage_doc", "no"}, {"task", "passage,task"},
              {"queue", "passage"}, {"alarm", "passage,kind"}, {"stage", "id"},       {"resource", "kind,id"}};

Err store_drop_read_models(Store *s) {
    STORE_WRITE_GUARD(s);
    for (size_t i = 0; i < ARRAY_LEN(models); i++) {
        char sql[64];
        int n = snprintf(sql, sizeof sql, "DELETE FROM %s", models[i].name);
        Stmt q = stmt_text(s, (Str){sql, (size_t)n});
        Err e = stmt_run(&q);
        if (e) return e;
    }
    return OK;
}
static void hash_column(Hasher *h, const Stmt *q, int i) {
    char type = (char)sqlite3_column_type(q->p, i);
    hash_raw(h, &type, 1);
    if (type == SQLITE_INTEGER)
        hash_int(h, col_int(q, i));
    else
        hash_str(h, col_str(q, i));
}
static Err digest_model(Store *s, size_t model) {
    char sql[96];
    int n = snprintf(sql, sizeof sql, "SELECT * FROM %s ORDER BY %s", models[model].name, models[model].key);
    Stmt q = stmt_text(s, (Str){sql, (size_t)n});
    hash_str(&s->hash, str_c(models[model].name));
    int columns = q.p ? sqlite3_column_count(q.p) : 0;
    while (stmt_next(&q)) {
        hash_raw(&s->hash, "R", 1);
        for (int i = 0; i < columns; i++) hash_column(&s->hash, &q, i);
    }
    return stmt_close(&q);
}
Err store_read_model_digest(Store *s, uint8_t ret[STORE_HASH_LEN]) {
    bool own_tx = sqlite3_get_autocommit(s->db) != 0; // all tables of the same moment
    Err e = own_tx ? store_map(s, sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL)) : OK;
    if (e) return e;
    hash_start(&s->hash);
    for (size_t i = 0; i < ARRAY_LEN(models) && !e; i++) e = digest_model(s, i);
    if (own_tx && !sqlite3_get_autocommit(s->db)) (void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    if (!e) hash_end(&s->hash, ret);
    return e;
}
Err store_counts(Store *s, StoreCounts *ret) {
    Stmt q = stmt_open(s, SQL_COUNTS);
    StoreCounts c = {.passages = 0};
    if (stmt_next(&q))
        c = (StoreCounts){.passages = col_uint(&q, 0),
                          .open = col_uint(&q, 1),
                          .tasks = col_uint(&q, 2),
                          .queued = col_uint(&q, 3),
                          .alarms = col_uint(&q, 4),
                          .effects = col_uint(&q, 5)};
    Err e = stmt_close(&q);
    if (!e) *ret = c;
    return e;
}

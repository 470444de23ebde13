// The read models against plain loops over what was written: filters, orders, cursors, positions, counts, digest.
#include "store_fixture.h"

static Place place;
static int setup(void **state) {
    place_make(&place);
    Store *s = place_open(&place);
    assert_ok(store_begin(s));
    *state = s;
    return 0;
}
static int teardown(void **state) {
    store_close(*state);
    place_remove(&place);
    return 0;
}
static void restart(void **state) {
    assert_ok(store_commit(*state));
    store_close(*state);
    Store *s = place_open(&place);
    assert_ok(store_begin(s));
    *state = s;
}
static Str pick(Prng *r, const char *const *words, size_t n) {
    return str_c(words[prng_below(r, n)]);
}

// ---- passages
enum { PASSAGES = 300 };
static StorePassage passages[PASSAGES + 1]; // by number
static Arena texts;
static void passages_put(Store *s, Prng *r) {
    static const char *const traders[] = {"VN01", "VN02", "CN77"}, *const plates[] = {"29C1", "29C12", "30F9", ""},
                             *const containers[] = {"", "MSKU1", "MSKU2", "29C9"},
                             *const words[] = {"export", "import"}, *const places[] = {"road", "gate", "bay"};
    arena_init(&texts, 1 << 22);
    for (uint32_t no = 1; no <= PASSAGES; no++) {
        char doc[64], customs[16];
        snprintf(doc, sizeof doc, "{\"no\":%u}", no);
        snprintf(customs, sizeof customs, "30%u", no % 50);
        passages[no] = (StorePassage){.no = no,
                                      .trader = pick(r, traders, 3),
                                      .plate = pick(r, plates, 4),
                                      .trailer = pick(r, plates, 4),
                                      .container = pick(r, containers, 4),
                                      .customs_no = arena_str(&texts, str_c(customs)),
                                      .direction = pick(r, words, 2),
                                      .kind = STR("truck"),
                                      .mode = pick(r, words, 2),
                                      .goods = STR("fruit"),
                                      .declared_ms = -(int64_t)no,
                                      .doc = arena_str(&texts, str_c(doc)),
                                      .place = pick(r, places, 3),
                                      .status = pick(r, words, 2),
                                      .open = prng_chance(r, 40),
                                      .changed_seq = no * 2,
                                      .state = {"\0\1\2", 3}};
        assert_ok(store_put_passage(s, &passages[no]));
    }
}
static void assert_passage(const StorePassage *a, const StorePassage *b, bool full) {
    const Str x[] = {a->trader, a->plate, a->trailer, a->container, a->customs_no, a->direction, a->kind,
                     a->mode,   a->goods, a->place,   a->status,    a->doc,        a->state};
    const Str y[] = {b->trader, b->plate, b->trailer, b->container, b->customs_no, b->direction, b->kind,
                     b->mode,   b->goods, b->place,   b->status,    b->doc,        b->state};
    for (size_t i = 0; i < ARRAY_LEN(x) - (full ? 0 : 2); i++) assert_true(str_eq(x[i], y[i]));
    if (!full) assert_int_equal(a->doc.n + a->state.n, 0);
    assert_int_equal(a->no, b->no);
    assert_int_equal(a->declared_ms, b->declared_ms);
    assert_int_equal(a->open, b->open);
    assert_int_equal(a->changed_seq, b->changed_seq);
}
static void a_passage_is_put_changed_and_read(void **state) {
    Prng r = {1};
    passages_put(*state, &r);
    Arena a;
    arena_init(&a, 1 << 20);
    StorePassage got = {.no = 4711};
    assert_int_equal(store_get_passage(*state, PASSAGES + 1, &a, &got), ERR_NOT_FOUND);
    assert_int_equal(got.no, 4711);
    StorePassage *p = &passages[5], change = {.no = 5,
                                              .place = STR("bay"),
                                              .status = STR("inspected"),
                                              .open = !p->open,
                                              .changed_seq = 999,
                                              .state = STR("new"),
                                              .trader = STR("ignored"),
                                              .doc = STR("x")};
    assert_ok(store_update_passage(*state, &change));
    p->place = change.place, p->status = change.status, p->open = change.open;
    p->changed_seq = 999, p->state = change.state;
    change.no = PASSAGES + 1;
    assert_int_equal(store_update_passage(*state, &change), ERR_NOT_FOUND);
    passages[6].plate = STR("NEW1");
    passages[6].doc = STR("{}");
    assert_ok(store_put_passage(*state, &passages[6])); // replaces all columns
    restart(state);
    for (uint32_t no = 1; no <= PASSAGES; no++) {
        assert_ok(store_get_passage(*state, no, &a, &got));
        assert_passage(&got, &passages[no], true);
    }
    Arena small;
    arena_init(&small, 16);
    got.no = 4711;
    assert_int_equal(store_get_passage(*state, 1, &small, &got), ERR_LIMIT);
    assert_int_equal(got.no, 4711);
    arena_deinit(&a);
    arena_deinit(&small);
    arena_deinit(&texts);
}
static bool matches(const StorePassageFilter *f, const StorePassage *p) {
    const Str want[] = {f->trader, f->direction, f->mode, f->status, f->place};
    const Str have[] = {p->trader, p->direction, p->mode, p->status, p->place};
    for (size_t i = 0; i < ARRAY_LEN(want); i++)
        if (want[i].n && !str_eq(want[i], have[i])) return false;
    const Str searched[] = {p->plate, p->trailer, p->container, p->customs_no, p->trader};
    bool hit = f->text.n == 0;
    for (size_t i = 0; i < ARRAY_LEN(searched); i++) hit = hit || str_starts(searched[i], f->text);
    return hit && (f->open < 0 || p->open == (f->open == 1)) && (f->before_no == 0 || p->no < f->before_no);
}
typedef struct {
    uint32_t numbers[PASSAGES + 1], n, stop_after;
} Found;
static bool on_passage(void *ctx, const StorePassage *p) {
    Found *found = ctx;
    assert_passage(p, &passages[p->no], true);
    found->numbers[found->n++] = p->no;
    return found->n != found->stop_after;
}
static void filters_find_what_a_loop_finds(void **state) {
    static const char *const any[] = {"", "", "export"}, *const traders[] = {"", "", "VN01", "nobody"},
                             *const prefixes[] = {"", "29C1", "29C", "30", "MSKU2", "VN0", "zzz", "3049"},
                             *const places[] = {"", "", "gate"};
    Prng r = {2};
    passages_put(*state, &r);
    unsigned hits = 0;
    for (int i = 0; i < 600; i++) {
        StorePassageFilter f = {.trader = pick(&r, traders, 4),
                                .direction = pick(&r, any, 3),
                                .mode = pick(&r, any, 3),
                                .status = pick(&r, any, 3),
                                .place = pick(&r, places, 3),
                                .text = pick(&r, prefixes, 8),
                                .open = (int)prng_below(&r, 3) - 1,
                                .before_no = (uint32_t)prng_below(&r, 2) * 200,
                                .max = 1 + (uint32_t)prng_below(&r, 40)};
        Found found = {.n = 0};
        assert_ok(store_each_passage(*state, &f, on_passage, &found));
        uint32_t want = 0;
        for (uint32_t no = PASSAGES; no >= 1 && want < f.max; no--) {
            if (!matches(&f, &passages[no])) continue;
            assert_true(want < found.n);
            assert_int_equal(found.numbers[want++], no);
        }
        assert_int_equal(found.n, want);
        hits += want;
    }
    assert_true(hits > 1000);
    Found found = {.stop_after = 3};
    StorePassageFilter f = {.open = -1, .max = 1000};
    assert_ok(store_each_passage(*state, &f, on_passage, &found));
    assert_int_equal(found.n, 3);
    f.max = 0;
    assert_int_equal(store_each_passage(*state, &f, on_passage, &found), ERR_INVALID);
    f.max = 1001;
    assert_int_equal(store_each_passage(*state, &f, on_passage, &found), ERR_INVALID);
    arena_deinit(&texts);
}
// What matters at a million passages: the lists go by an index, not through the table.
static void filters_use_their_indexes(void **state) {
    Store *s = *state;
    static const struct {
        const char *sql, *want;
    } plans[] = {
        {"SELECT * FROM passage p WHERE p.no<9 AND p.open=1 ORDER BY p.no DESC", "passage_open"},
        {"SELECT * FROM passage p WHERE p.no<9 AND p.trader='a' ORDER BY p.no DESC", "passage_trader"},
        {"SELECT no FROM passage WHERE plate>=?3 AND plate<?4 AND plate<>''", "passage_plate"},
        {"SELECT no FROM passage WHERE container>=?3 AND container<?4 AND container<>''", "passage_container"},
    };
    for (size_t i = 0; i < ARRAY_LEN(plans) + SQL_TEXTS; i++) {
        const char *text = i < ARRAY_LEN(plans) ? plans[i].sql : store_sql[i - ARRAY_LEN(plans)];
        char sql[1200];
        snprintf(sql, sizeof sql, "EXPLAIN QUERY PLAN %s", text);
        sqlite3_stmt *st = NULL;
        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &st, NULL), SQLITE_OK);
        bool found = i >= ARRAY_LEN(plans);
        while (sqlite3_step(st) == SQLITE_ROW) {
            const char *line = (const char *)sqlite3_column_text(st, 3);
            if (i < ARRAY_LEN(plans)) found = found || strstr(line, plans[i].want);
            // cached statements never sort a whole table; the trader's far search sorts row numbers only
            else if (i - ARRAY_LEN(plans) != SQL_EACH_TRADER_EVENT_SORT && strstr(line, "TEMP B-TREE"))
                fail_msg("%s: %s", text, line);
        }
        if (!found) fail_msg("no index: %s", text);
        sqlite3_finalize(st);
    }
}

// ---- tasks, by cursor
typedef struct {
    StoreTask last;
    uint32_t n, page;
    uint64_t order_broken, wrong_agency;
    Str agency;
} Tasks;
static bool on_task(void *ctx, const StoreTask *t, const StorePassage *p) {
    Tasks *w = ctx;
    bool after = t->due_ms > w->last.due_ms ||
                 (t->due_ms == w->last.due_ms &&
                  (t->passage > w->last.passage || (t->passage == w->last.passage && t->task > w->last.task)));
    if (w->n > 0 && !after) w->order_broken++;
    if (w->agency.n && !str_eq(t->agency, w->agency)) w->wrong_agency++;
    if (t->passage <= PASSAGES) assert_passage(p, &passages[t->passage], false);
    assert_int_equal(p->no, t->passage);
    assert_true(str_eq_c(t->name, "weigh") && str_eq_c(t->taken_by, "an"));
    w->last = *t; // only its numbers are used as the cursor
    w->n++, w->page++;
    return true;
}
static void worklist_by_urgency_and_cursor(void **state) {
    Prng r = {3};
    passages_put(*state, &r);
    uint32_t total = 0, customs = 0;
    for (uint32_t no = 1; no <= 100; no++)
        for (uint8_t bit = 0; bit < 2; bit++) {
            StoreTask t = {.passage = no == 100 ? PASSAGES + 5 : no, // the last without a passage row
                           .task = bit,
                           .name = STR("weigh"),
                           .agency = no % 3 ? STR("customs") : STR("guard"),
                           .since_ms = 5,
                           .due_ms = prng_chance(&r, 20) ? TIME_NEVER : (int64_t)prng_below(&r, 20),
                           .taken_by = STR("an")};
            assert_ok(store_put_task(*state, &t));
            total++;
            customs += no % 3 != 0;
        }
    assert_ok(store_drop_task(*state, 1, 0)); // customs
    assert_ok(store_drop_task(*state, 1, 0)); // absent: also fine
    total--, customs--;
    for (int by_agency = 0; by_agency < 2; by_agency++) {
        Tasks w = {.agency = by_agency ? STR("customs") : STR_EMPTY};
        do {
            StoreTask cursor = w.last;
            w.page = 0;
            assert_ok(store_each_task(*state, w.agency, w.n ? &cursor : NULL, 7, on_task, &w));
        } while (w.page == 7);
        assert_int_equal(w.n, by_agency ? customs : total);
        assert_int_equal(w.order_broken + w.wrong_agency, 0);
        assert_true(w.last.due_ms == TIME_NEVER);
    }
    arena_deinit(&texts);
}

// ---- queues
typedef struct {
    uint32_t order[64], n;
} Order;
static bool on_queue(void *ctx, const StoreQueue *q, const StorePassage *p) {
    Order *o = ctx;
    assert_int_equal(p->no, q->passage);
    o->order[o->n++] = q->passage;
    return true;
}
static void queue_positions(void **state) {
    static const int64_t keys[] = {50, 10, 30, 10, 20, 40, 10};
    for (uint32_t i = 0; i < ARRAY_LEN(keys); i++) {
        StoreQueue q = {
            .passage = i + 1, .road = i == 5 ? STR("hn-2") : STR("hn-1"), .key_ms = keys[i], .why = STR("{\"k\":1}")};
        assert_ok(store_put_queue(*state, &q));
    }
    static const uint32_t want[] = {2, 4, 7, 5, 3, 1};
    Order o = {.n = 0};
    assert_ok(store_each_queue(*state, STR("hn-1"), 0, 0, on_queue, &o));
    assert_int_equal(o.n, ARRAY_LEN(want));
    assert_memory_equal(o.order, want, sizeof want);
    o.n = 0;
    assert_ok(store_each_queue(*state, STR("hn-1"), 2, 3, on_queue, &o));
    assert_int_equal(o.n, 3);
    assert_memory_equal(o.order, want + 2, 3 * sizeof want[0]);
    Arena a;
    arena_init(&a, 4096);
    StoreQueue got;
    uint32_t position = 77, length = 77;
    assert_int_equal(store_get_queue(*state, 99, &a, &got, &position, &length), ERR_NOT_FOUND);
    assert_int_equal(position + length, 154);
    for (uint32_t i = 0; i < ARRAY_LEN(want); i++) {
        assert_ok(store_get_queue(*state, want[i], &a, &got, &position, &length));
        assert_int_equal(position, i + 1);
        assert_int_equal(length, 6);
        assert_int_equal(got.key_ms, keys[want[i] - 1]);
        assert_true(str_eq_c(got.road, "hn-1") && str_eq_c(got.why, "{\"k\":1}"));
    }
    StoreQueue moved = {.passage = 2, .road = STR("hn-2"), .key_ms = 1, .why = STR("{}")};
    assert_ok(store_put_queue(*state, &moved));
    assert_ok(store_drop_queue(*state, 4));
    assert_ok(store_drop_queue(*state, 4));
    assert_ok(store_get_queue(*state, 7, &a, &got, &position, &length));
    assert_int_equal(position * 10 + length, 14);
    assert_ok(store_get_queue(*state, 2, &a, &got, &position, &length));
    assert_int_equal(position * 10 + length, 12);
    arena_deinit(&a);
}

// ---- alarms, outbox, resources
typedef struct {
    char text[512];
    size_t n;
    StoreAlarm last;
    char last_kind[16];
} Trace;
static void trace(Trace *t, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->text + t->n, sizeof t->text - t->n, fmt, ap);
    va_end(ap);
    t->n += (size_t)n;
    assert_true(t->n < sizeof t->text);
}
static bool on_alarm(void *ctx, const StoreAlarm *a) {
    Trace *t = ctx;
    trace(t, "%lld/%u/" STR_F "/" STR_F "/" STR_F " ", (long long)a->since_ms, a->passage, STR_A(a->kind),
          STR_A(a->acked_by), STR_A(a->body));
    snprintf(t->last_kind, sizeof t->last_kind, STR_F, STR_A(a->kind));
    t->last = *a;
    t->last.kind = str_c(t->last_kind);
    return true;
}
static void alarms_oldest_first(void **state) {
    const StoreAlarm alarms[] = {
        {.passage = 4, .kind = STR("late"), .since_ms = 30, .body = STR("{}")},
        {.passage = 0, .kind = STR("power"), .since_ms = 10, .body = STR("1")},
        {.passage = 4, .kind = STR("door"), .since_ms = 10, .body = STR("{}")},
        {.passage = 4, .kind = STR("late"), .since_ms = 20, .acked_by = STR("an"), .body = STR("2")}};
    for (size_t i = 0; i < ARRAY_LEN(alarms); i++) assert_ok(store_put_alarm(*state, &alarms[i]));
    Trace t = {.n = 0};
    assert_ok(store_each_alarm(*state, NULL, 2, on_alarm, &t));
    assert_string_equal(t.text, "10/0/power//1 10/4/door//{} ");
    StoreAlarm after = t.last;
    assert_ok(store_each_alarm(*state, &after, 2, on_alarm, &t));
    assert_string_equal(t.text, "10/0/power//1 10/4/door//{} 20/4/late/an/2 ");
    assert_ok(store_drop_alarm(*state, 4, STR("door")));
    assert_ok(store_drop_alarm(*state, 4, STR("door")));
    t = (Trace){.n = 0};
    assert_ok(store_each_alarm(*state, NULL, 0, on_alarm, &t));
    assert_string_equal(t.text, "10/0/power//1 20/4/late/an/2 ");
}
static bool on_effect(void *ctx, const StoreEffect *e) {
    trace(ctx, "%llu/%lld/" STR_F "/" STR_F "/%u/" STR_F " ", (unsigned long long)e->id, (long long)e->t_ms,
          STR_A(e->kind), STR_A(e->target), e->passage, STR_A(e->body));
    return true;
}
static void outbox_until_confirmed(void **state) {
    for (uint64_t id = 16; id <= 19; id++) {
        StoreEffect e = {.id = id,
                         .t_ms = 5,
                         .kind = STR("open"),
                         .target = id % 2 ? STR("B1") : STR("L1"),
                         .passage = 3,
                         .body = STR("{}")};
        assert_ok(store_put_effect(*state, &e));
        assert_int_equal(store_put_effect(*state, &e), ERR_EXISTS);
    }
    restart(state);
    Trace t = {.n = 0};
    assert_ok(store_each_effect(*state, 17, 0, STR("B1"), on_effect, &t));
    assert_string_equal(t.text, "17/5/open/B1/3/{} 19/5/open/B1/3/{} ");
    assert_ok(store_drop_effect(*state, 16));
    assert_ok(store_drop_effect(*state, 16));
    t = (Trace){.n = 0};
    assert_ok(store_each_effect(*state, 0, 2, STR_EMPTY, on_effect, &t));
    assert_string_equal(t.text, "17/5/open/B1/3/{} 18/5/open/L1/3/{} ");
}
static bool on_resource(void *ctx, const StoreResource *r) {
    trace(ctx, STR_F "/" STR_F "/" STR_F " ", STR_A(r->kind), STR_A(r->id), STR_A(r->body));
    return true;
}
static void resources_by_kind(void **state) {
    static const char *const rows[][3] = {
        {"lane", "L2", "a"}, {"bay", "B1", "b"}, {"lane", "L1", "c"}, {"lane", "L2", "d"}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        StoreResource r = {.kind = str_c(rows[i][0]), .id = str_c(rows[i][1]), .body = str_c(rows[i][2])};
        assert_ok(store_put_resource(*state, &r));
    }
    Trace t = {.n = 0};
    assert_ok(store_each_resource(*state, STR_EMPTY, on_resource, &t));
    assert_ok(store_drop_resource(*state, STR("lane"), STR("L1")));
    assert_ok(store_each_resource(*state, STR("lane"), on_resource, &t));
    assert_string_equal(t.text, "bay/B1/b lane/L1/c lane/L2/d lane/L2/d ");
}

// ---- all together
static void counts_digest_and_drop(void **state) {
    Store *s = *state;
    uint8_t empty[STORE_HASH_LEN], full[STORE_HASH_LEN], again[STORE_HASH_LEN];
    assert_ok(store_read_model_digest(s, empty));
    Prng r = {8};
    assert_ok(store_commit(s));
    work_commit(s, &r, 200);
    assert_ok(store_read_model_digest(s, full));
    assert_memory_not_equal(full, empty, STORE_HASH_LEN);
    StoreCounts c;
    assert_ok(store_counts(s, &c));
    static const char *const sqls[] = {"passage", "passage WHERE open<>0", "task", "queue", "alarm", "effect"};
    const uint64_t got[] = {c.passages, c.open, c.tasks, c.queued, c.alarms, c.effects};
    for (size_t i = 0; i < ARRAY_LEN(sqls); i++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT * FROM %s", sqls[i]);
        sqlite3_stmt *st = NULL;
        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &st, NULL), SQLITE_OK);
        uint64_t n = 0;
        while (sqlite3_step(st) == SQLITE_ROW) n++;
        sqlite3_finalize(st);
        assert_int_equal(got[i], n);
        assert_true(n > 0);
    }
    store_close(s);
    *state = s = place_open(&place);
    assert_ok(store_read_model_digest(s, again));
    assert_memory_equal(full, again, STORE_HASH_LEN);
    StoreHead h = store_head(s);
    assert_ok(store_begin(s));
    assert_ok(store_drop_read_models(s));
    assert_ok(store_read_model_digest(s, again));
    assert_memory_equal(empty, again, STORE_HASH_LEN);
    store_rollback(s); // and it was only a transaction
    assert_ok(store_read_model_digest(s, again));
    assert_memory_equal(full, again, STORE_HASH_LEN);
    assert_int_equal(store_head(s).seq, h.seq);
}
static void the_digest_sees_every_column(void **state) {
    Store *s = *state;
    assert_ok(store_commit(s));
    Prng r = {9};
    work_commit(s, &r, 300);
    static const char *const tables[] = {"effect", "passage", "passage_doc", "task",
                                         "queue",  "alarm",   "stage",       "resource"};
    uint8_t was[STORE_HASH_LEN], now[STORE_HASH_LEN];
    assert_ok(store_read_model_digest(s, was));
    for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
        char sql[256];
        snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
        sqlite3_stmt *st = NULL;
        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(st), SQLITE_ROW);
        int columns = sqlite3_column_count(st);
        for (int k = 0; k < columns; k++) {
            int type = sqlite3_column_type(st, k);
            const char *name = sqlite3_column_name(st, k), *key = sqlite3_column_name(st, 0);
            assert_ok(store_begin(s));
            snprintf(sql, sizeof sql,
                     type == SQLITE_INTEGER ? "UPDATE %s SET %s=%s+100000 WHERE %s=(SELECT max(%s) FROM %s)"
                     : type == SQLITE_BLOB  ? "UPDATE %s SET %s=zeroblob(length(%s)) WHERE %s=(SELECT max(%s) FROM %s)"
                                            : "UPDATE %s SET %s=%s||'x' WHERE %s=(SELECT max(%s) FROM %s)",
                     tables[i], name, name, key, key, tables[i]);
            raw_exec(s->db, sql);
            assert_ok(store_read_model_digest(s, now));
            if (memcmp(was, now, sizeof was) == 0) fail_msg("%s.%s is not in the digest", tables[i], name);
            store_rollback(s);
        }
        sqlite3_finalize(st);
    }
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_passage_is_put_changed_and_read),
        T(filters_find_what_a_loop_finds),
        T(filters_use_their_indexes),
        T(worklist_by_urgency_and_cursor),
        T(queue_positions),
        T(alarms_oldest_first),
        T(outbox_until_confirmed),
        T(resources_by_kind),
        T(counts_digest_and_drop),
        T(the_digest_sees_every_column),
    };
    return cmocka_run_group_tests_name("store_models", tests, NULL, NULL);
}

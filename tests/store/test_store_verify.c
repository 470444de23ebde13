// Verification finds every change: each byte of each column of each row, missing and swapped rows, a cut-off tail, the
// head.
#include "store_fixture.h"

typedef struct {
    Place place;
    sqlite3 *raw; // somebody with a plain SQLite shell
    Store *reader;
} Case;
static Case *setup(void) {
    static Case c;
    place_make(&c.place);
    Store *s = place_open(&c.place);
    Prng r = {11};
    assert_ok(store_begin(s));
    for (uint32_t i = 0; i < 6; i++) assert_ok(work_journal(s, &r, i == 0 ? 0 : i % 4));
    assert_ok(store_commit(s));
    store_close(s);
    assert_int_equal(sqlite3_open(c.place.path, &c.raw), SQLITE_OK);
    raw_exec(c.raw, "PRAGMA synchronous=OFF");
    StoreOpts o = {.path = c.place.path};
    assert_ok(store_open_reader(&o, &c.reader));
    StoreVerdict v;
    assert_ok(store_verify(c.reader, NULL, NULL, &v));
    assert_int_equal(v.inputs, 6);
    assert_int_equal(v.events, store_head(c.reader).seq);
    assert_int_equal(v.bad_input + v.bad_seq, 0);
    assert_memory_equal(v.head, store_head(c.reader).hash, STORE_HASH_LEN);
    return &c;
}
static void teardown(Case *c) {
    store_close(c->reader);
    assert_int_equal(sqlite3_close(c->raw), SQLITE_OK);
    place_remove(&c->place);
}
static void assert_whole(Case *c) {
    StoreVerdict v;
    assert_ok(store_verify(c->reader, NULL, NULL, &v));
}
static StoreVerdict assert_found(Case *c, const char *what) {
    StoreVerdict v = {.inputs = 0};
    Err e = store_verify(c->reader, NULL, NULL, &v);
    if (e != ERR_CORRUPT) fail_msg("not found: %s", what);
    assert_true(strlen(v.reason) > 0);
    return v;
}

typedef struct {
    Case *c;
    const char *table, *key, *column;
    int64_t row;
    unsigned changes;
} Cell;
static void cell_set(const Cell *cell, int type, int64_t number, const void *p, int n) {
    char sql[160];
    snprintf(sql, sizeof sql, "UPDATE %s SET %s=?1 WHERE rowid=?2", cell->table, cell->column);
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(cell->c->raw, sql, -1, &st, NULL), SQLITE_OK);
    if (type == SQLITE_INTEGER)
        sqlite3_bind_int64(st, 1, number);
    else if (type == SQLITE_TEXT)
        sqlite3_bind_text(st, 1, p, n, SQLITE_STATIC);
    else if (type == SQLITE_BLOB)
        sqlite3_bind_blob(st, 1, p, n, SQLITE_STATIC);
    sqlite3_bind_int64(st, 2, cell->row);
    assert_int_equal(sqlite3_step(st), SQLITE_DONE);
    assert_int_equal(sqlite3_changes(cell->c->raw), 1);
    sqlite3_finalize(st);
}
static void cell_expect(Cell *cell) {
    char what[160];
    snprintf(what, sizeof what, "%s.%s row %lld", cell->table, cell->column, (long long)cell->row);
    StoreVerdict v = assert_found(cell->c, what);
    if (strcmp(cell->table, "input") == 0)
        assert_true(v.bad_input > 0 && v.bad_input <= (uint64_t)cell->row);
    else if (strcmp(cell->table, "journal") == 0)
        assert_true(v.bad_seq > 0 && v.bad_seq <= (uint64_t)cell->row);
    cell->changes++;
}
static void cell_numbers(Cell *cell, int64_t was) {
    static const int64_t steps[] = {1000, -1000, INT64_C(1) << 40, 1, -1};
    bool key = strcmp(cell->column, cell->key) == 0;
    for (size_t i = 0; i < (key ? 3 : ARRAY_LEN(steps)); i++) { // a key next door is taken
        int64_t now = was + steps[i];
        cell_set(cell, SQLITE_INTEGER, now, NULL, 0);
        Cell moved = *cell;
        if (key) moved.row = now;
        cell_expect(cell);
        cell_set(&moved, SQLITE_INTEGER, was, NULL, 0);
    }
}
static void cell_bytes(Cell *cell, int type, const char *was, int n) {
    char *now = malloc((size_t)n + 1);
    assert_non_null(now);
    memcpy(now, was, (size_t)n);
    for (int i = 0; i < n; i++) {
        now[i] = (char)(was[i] ^ (1 << (i % 8)));
        cell_set(cell, type, 0, now, n);
        cell_expect(cell);
        now[i] = was[i];
    }
    now[n] = 'x';
    cell_set(cell, type, 0, now, n + 1); // longer
    cell_expect(cell);
    if (n > 0) {
        cell_set(cell, type, 0, now, n - 1); // shorter
        cell_expect(cell);
    }
    cell_set(cell, type, 0, was, n);
    free(now);
}
static void cell_attack(Cell *cell) {
    char sql[160];
    snprintf(sql, sizeof sql, "SELECT %s FROM %s WHERE rowid=%lld", cell->column, cell->table, (long long)cell->row);
    sqlite3_stmt *st = NULL;
    assert_int_equal(sqlite3_prepare_v2(cell->c->raw, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    int type = sqlite3_column_type(st, 0), n = sqlite3_column_bytes(st, 0);
    int64_t number = sqlite3_column_int64(st, 0);
    char *was = malloc((size_t)n + 1);
    assert_non_null(was);
    if (n) memcpy(was, sqlite3_column_blob(st, 0), (size_t)n);
    sqlite3_finalize(st);
    if (type == SQLITE_INTEGER)
        cell_numbers(cell, number);
    else if (type != SQLITE_NULL)
        cell_bytes(cell, type, was, n);
    if (strcmp(cell->column, "idem") == 0) { // to and from NULL; an empty key is none, and so is no row of ours
        if (type == SQLITE_NULL)
            cell_set(cell, SQLITE_TEXT, 0, "k", 1);
        else
            cell_set(cell, SQLITE_NULL, 0, NULL, 0);
        cell_expect(cell);
        cell_set(cell, SQLITE_TEXT, 0, "", 0);
        cell_expect(cell);
        cell_set(cell, type, 0, was, n);
    }
    free(was);
    assert_whole(cell->c);
}
static void every_byte_of_every_column(void **state) {
    (void)state;
    static const struct {
        const char *table, *key;
        int columns;
    } tables[] = {{"input", "no", 12}, {"journal", "seq", 7}, {"meta", "-", 5}};
    Case *c = setup();
    for (size_t t = 0; t < ARRAY_LEN(tables); t++) {
        char sql[80];
        snprintf(sql, sizeof sql, "SELECT rowid,* FROM %s", tables[t].table);
        sqlite3_stmt *st = NULL;
        int64_t rows[64];
        size_t n = 0;
        assert_int_equal(sqlite3_prepare_v2(c->raw, sql, -1, &st, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_column_count(st), tables[t].columns + 1); // a new column needs a thought here
        while (sqlite3_step(st) == SQLITE_ROW && n < ARRAY_LEN(rows)) rows[n++] = sqlite3_column_int64(st, 0);
        assert_true(n > 0);
        unsigned changes = 0;
        for (int i = 1; i <= tables[t].columns; i++) {
            const char *column = sqlite3_column_name(st, i);
            if (strcmp(column, "id") == 0) continue; // meta has one row, held by a constraint
            for (size_t k = 0; k < n; k++) {
                sqlite3_reset(st);
                Cell cell = {.c = c, .table = tables[t].table, .key = tables[t].key, .column = column, .row = rows[k]};
                cell_attack(&cell);
                assert_true(cell.changes > 0);
                changes += cell.changes;
            }
        }
        sqlite3_finalize(st);
        print_message("%s: %u changes found\n", tables[t].table, changes);
    }
    teardown(c);
}

static void rows_deleted_added_swapped(void **state) {
    (void)state;
    static const char *const attacks[] = {
        "DELETE FROM journal WHERE seq=3",
        "DELETE FROM input WHERE no=3",
        "DELETE FROM input WHERE no=1", // has no events
        "DELETE FROM journal WHERE seq=(SELECT max(seq) FROM journal)",
        "DELETE FROM input WHERE no=6",
        "DELETE FROM journal WHERE input_no=6; DELETE FROM input WHERE no=6",
        "DELETE FROM journal; DELETE FROM input",
        "DELETE FROM meta",
        "UPDATE journal SET seq=-seq WHERE seq IN (3,4); UPDATE journal SET seq=7+seq WHERE seq<0",
        "UPDATE input SET no=-no WHERE no IN (3,4); UPDATE input SET no=7+no WHERE no<0",
        "INSERT INTO journal SELECT max(seq)+1,input_no,t_ms,kind,passage,body,hash FROM journal",
        "INSERT INTO journal SELECT -1,input_no,t_ms,kind,passage,body,hash FROM journal WHERE seq=1",
        "INSERT INTO input SELECT 7,t_ms,role,actor,kind,NULL,body_hash,first_seq,0,passage,body,hash FROM input WHERE "
        "no=6",
        "INSERT INTO input SELECT 0,t_ms,role,actor,kind,NULL,body_hash,first_seq,0,passage,body,hash FROM input WHERE "
        "no=1",
        "UPDATE meta SET seq=0,input_no=0,t_ms=0,hash=zeroblob(32)",
        "UPDATE meta SET hash=(SELECT hash FROM input WHERE no=6)",
        "UPDATE input SET events=events+1 WHERE no=2; UPDATE input SET events=events-1,first_seq=first_seq+1 WHERE "
        "no=3",
        "UPDATE journal SET input_no=2 WHERE seq=2",
    };
    Case *c = setup();
    raw_exec(
        c->raw,
        "ATTACH ':memory:' AS kept; CREATE TABLE kept.input AS SELECT * FROM main.input;"
        "CREATE TABLE kept.journal AS SELECT * FROM main.journal; CREATE TABLE kept.meta AS SELECT * FROM main.meta");
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        raw_exec(c->raw, attacks[i]);
        assert_found(c, attacks[i]);
        raw_exec(c->raw,
                 "DELETE FROM main.input; DELETE FROM main.journal; DELETE FROM main.meta;"
                 "INSERT INTO main.input SELECT * FROM kept.input;"
                 "INSERT INTO main.journal SELECT * FROM kept.journal; INSERT INTO main.meta SELECT * FROM kept.meta");
        assert_whole(c);
    }
    teardown(c);
}
// The tables are STRICT; whoever takes that away and stores the same bytes as another type is found as well.
static void other_storage_classes(void **state) {
    (void)state;
    static const char *const attacks[] = {
        "UPDATE input SET actor=CAST(actor AS BLOB) WHERE no=2",
        "UPDATE input SET body_hash=CAST(body_hash AS TEXT) WHERE no=2",
        "UPDATE input SET t_ms=CAST(t_ms||'x' AS TEXT) WHERE no=2",
        "UPDATE input SET first_seq=first_seq+0.5 WHERE no=2",
        "UPDATE input SET events=CAST(CAST(events AS TEXT) AS BLOB) WHERE no=2",
        "UPDATE journal SET body=CAST(body AS BLOB) WHERE seq=2",
        "UPDATE journal SET passage=passage+0.5 WHERE seq=2",
        "UPDATE journal SET passage=passage+4294967296 WHERE seq=2",
        "UPDATE journal SET hash=CAST(hash AS TEXT) WHERE seq=2",
    };
    Case *c = setup();
    assert_int_not_equal(sqlite3_exec(c->raw, attacks[0], NULL, NULL, NULL), SQLITE_OK); // refused while STRICT
    raw_exec(c->raw, "PRAGMA writable_schema=ON; UPDATE sqlite_schema SET sql=replace(sql,' STRICT','');"
                     "PRAGMA writable_schema=RESET");
    sqlite3_close(c->raw);
    store_close(c->reader);
    assert_int_equal(sqlite3_open(c->place.path, &c->raw), SQLITE_OK);
    StoreOpts o = {.path = c->place.path};
    assert_ok(store_open_reader(&o, &c->reader));
    raw_exec(c->raw, "ATTACH ':memory:' AS kept; CREATE TABLE kept.input AS SELECT * FROM main.input;"
                     "CREATE TABLE kept.journal AS SELECT * FROM main.journal");
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        raw_exec(c->raw, attacks[i]);
        assert_found(c, attacks[i]);
        raw_exec(c->raw,
                 "DELETE FROM main.input; DELETE FROM main.journal; INSERT INTO main.input SELECT * FROM kept.input;"
                 "INSERT INTO main.journal SELECT * FROM kept.journal");
        assert_whole(c);
    }
    teardown(c);
}

// ---- bytes of the file itself
static char *file_read(const char *path, size_t *ret_n) {
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    *ret_n = (size_t)ftell(f);
    rewind(f);
    char *p = malloc(*ret_n);
    assert_non_null(p);
    assert_int_equal(fread(p, 1, *ret_n, f), *ret_n);
    fclose(f);
    return p;
}
static void file_write(const char *path, const char *p, size_t n) {
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    fclose(f);
}
// Everything the chain protects, as a plain reader of the tables sees it; false when it cannot be read.
static bool content(const char *path, Buf *ret) {
    static const char *const sqls[] = {"SELECT * FROM input ORDER BY no", "SELECT * FROM journal ORDER BY seq",
                                       "SELECT * FROM meta"};
    sqlite3 *db = NULL;
    bool good = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK;
    for (size_t i = 0; i < ARRAY_LEN(sqls) && good; i++) {
        sqlite3_stmt *st = NULL;
        good = sqlite3_prepare_v2(db, sqls[i], -1, &st, NULL) == SQLITE_OK;
        int rc = SQLITE_DONE;
        while (good && (rc = sqlite3_step(st)) == SQLITE_ROW)
            for (int k = 0; k < sqlite3_column_count(st); k++) {
                buf_printf(ret, "|%d:%d:", sqlite3_column_type(st, k), sqlite3_column_bytes(st, k));
                buf_put(ret, sqlite3_column_blob(st, k), (size_t)sqlite3_column_bytes(st, k));
            }
        good = good && rc == SQLITE_DONE;
        sqlite3_finalize(st);
    }
    sqlite3_close(db);
    return good;
}
static void random_bytes_of_the_file(void **state) {
    (void)state;
    Case *c = setup();
    raw_exec(c->raw, "PRAGMA wal_checkpoint(TRUNCATE)");
    char copy[160];
    snprintf(copy, sizeof copy, "%s.copy", c->place.path);
    size_t n = 0;
    char *bytes = file_read(c->place.path, &n);
    Buf was, now;
    buf_init(&was, 1 << 22);
    buf_init(&now, 1 << 22);
    assert_true(content(c->place.path, &was));
    Prng r = {21};
    unsigned found = 0, harmless = 0;
    for (int i = 0; i < 1500; i++) {
        size_t at = prng_below(&r, n);
        char old = bytes[at];
        bytes[at] = (char)(old ^ (1 << prng_below(&r, 8)));
        file_write(copy, bytes, n);
        bytes[at] = old;
        Store *s = NULL;
        StoreOpts o = {.path = copy};
        StoreVerdict v;
        bool whole = store_open_reader(&o, &s) == OK && store_verify(s, NULL, NULL, &v) == OK;
        store_close(s);
        buf_clear(&now);
        bool same = content(copy, &now) && str_eq(buf_view(&was), buf_view(&now));
        if (whole && !same) fail_msg("the changed byte %zu was not found", at);
        found += !whole;
        harmless += whole;
    }
    print_message("%u changed bytes found, %u outside of the journal\n", found, harmless);
    assert_true(found > 50 && harmless > 50);
    free(bytes);
    buf_deinit(&was);
    buf_deinit(&now);
    teardown(c);
}
static void the_writer_looks_at_the_tail(void **state) {
    (void)state;
    static const char *const attacks[] = {
        "DELETE FROM journal WHERE input_no=6", "DELETE FROM input WHERE no=6",           "UPDATE meta SET seq=seq-1",
        "UPDATE meta SET hash=zeroblob(32)",    "DELETE FROM journal; DELETE FROM input", "DELETE FROM meta"};
    for (size_t i = 0; i < ARRAY_LEN(attacks); i++) {
        Case *c = setup();
        raw_exec(c->raw, attacks[i]);
        Store *s = NULL;
        StoreOpts o = {.path = c->place.path};
        assert_int_equal(store_open(&o, &s), ERR_CORRUPT);
        assert_null(s);
        teardown(c);
    }
}
typedef struct {
    uint64_t calls, done, total;
} Seen;
static void on_progress(void *ctx, uint64_t done, uint64_t total) {
    Seen *seen = ctx;
    assert_true(done >= seen->done && total >= done);
    *seen = (Seen){seen->calls + 1, done, total};
}
static void progress_reaches_the_end(void **state) {
    (void)state;
    Case *c = setup();
    Store *s = place_open(&c->place);
    Prng r = {31};
    assert_ok(store_begin(s));
    for (int i = 0; i < 3000; i++) assert_ok(work_journal(s, &r, 2));
    assert_ok(store_commit(s));
    Seen seen = {0};
    StoreVerdict v;
    assert_ok(store_verify(s, on_progress, &seen, &v)); // the writer can verify as well
    assert_true(seen.calls >= 3);
    assert_int_equal(seen.done, v.inputs + v.events);
    assert_int_equal(seen.total, seen.done);
    store_close(s);
    teardown(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_of_every_column),   cmocka_unit_test(rows_deleted_added_swapped),
        cmocka_unit_test(other_storage_classes),        cmocka_unit_test(random_bytes_of_the_file),
        cmocka_unit_test(the_writer_looks_at_the_tail), cmocka_unit_test(progress_reaches_the_end),
    };
    return cmocka_run_group_tests_name("store_verify", tests, NULL, NULL);
}

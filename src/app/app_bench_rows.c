#include "app_bench_rows.h"
#include <unistd.h>

static const struct {
    const char *select, *insert;
    int columns;
} tables[ROWS_TABLES] = {
    [ROWS_INPUT] = {"SELECT no,* FROM input", "INSERT INTO input VALUES(?,?,?,?,?,?,?,?,?,?,?,?)", 12},
    [ROWS_JOURNAL] = {"SELECT input_no,* FROM journal", "INSERT INTO journal VALUES(?,?,?,?,?,?,?)", 7},
    [ROWS_PASSAGE] = {"SELECT i.no,p.* FROM passage p JOIN input i ON i.passage=p.no",
                      "INSERT INTO passage VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)", 16},
    [ROWS_DOC] = {"SELECT i.no,p.* FROM passage_doc p JOIN input i ON i.passage=p.no",
                  "INSERT INTO passage_doc VALUES(?,?)", 2},
    [ROWS_TASK] = {"SELECT i.no,t.* FROM task t JOIN input i ON i.passage=t.passage",
                   "INSERT INTO task VALUES(?,?,?,?,?,?,?)", 7},
};
static int by_input(const void *x, const void *y) {
    const BenchRow *a = x, *b = y;
    if (a->input != b->input) return a->input < b->input ? -1 : 1;
    if (a->table != b->table) return a->table - b->table;
    int64_t ka = sqlite3_value_int64(a->v[0]), kb = sqlite3_value_int64(b->v[0]);
    return ka < kb ? -1 : ka > kb;
}
static void load_table(sqlite3 *db, int t, BenchRows *r) {
    sqlite3_stmt *st;
    CK_ASSERT(sqlite3_prepare_v2(db, tables[t].select, -1, &st, NULL) == SQLITE_OK);
    while (sqlite3_step(st) == SQLITE_ROW) {
        if (r->n == r->cap) {
            r->cap = MAX((size_t)4096, r->cap * 2);
            r->row = realloc(r->row, r->cap * sizeof *r->row);
            CK_ASSERT(r->row != NULL);
        }
        BenchRow *row = &r->row[r->n++];
        *row = (BenchRow){.input = (uint64_t)sqlite3_column_int64(st, 0), .table = t};
        CK_ASSERT(sqlite3_column_count(st) == tables[t].columns + 1);
        for (int i = 0; i < tables[t].columns; i++) row->v[i] = sqlite3_value_dup(sqlite3_column_value(st, i + 1));
    }
    sqlite3_finalize(st);
}
Err bench_rows_load(const char *path, BenchRows *ret) {
    sqlite3 *db;
    *ret = (BenchRows){0};
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) != SQLITE_OK) return ERR_IO;
    for (int t = 0; t < ROWS_TABLES; t++) {
        size_t before = ret->n;
        load_table(db, t, ret);
        if (t == ROWS_INPUT) ret->inputs = ret->n - before;
        if (t == ROWS_JOURNAL) ret->events = ret->n - before;
    }
    sqlite3_close(db);
    qsort(ret->row, ret->n, sizeof *ret->row, by_input);
    return ret->n ? OK : ERR_NOT_FOUND;
}
void bench_rows_free(BenchRows *r) {
    for (size_t i = 0; i < r->n; i++)
        for (int c = 0; c < ROWS_COLUMNS_MAX; c++) sqlite3_value_free(r->row[i].v[c]);
    free(r->row);
    *r = (BenchRows){0};
}
void bench_unlink(const char *path) {
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    char name[4200];
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
}
static sqlite3_stmt *prepare(BareWriter *w, const char *sql) {
    sqlite3_stmt *st = NULL;
    CK_ASSERT(sqlite3_prepare_v3(w->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &st, NULL) == SQLITE_OK);
    return st;
}
static void step(sqlite3_stmt *st) {
    CK_ASSERT(sqlite3_step(st) == SQLITE_DONE);
    sqlite3_reset(st);
}
Err bare_open(const char *path, BareWriter *ret) {
    Store *s;
    StoreOpts o = {.path = path};
    bench_unlink(path);
    Err e = store_open(&o, &s); // for the schema
    if (e) return e;
    store_close(s);
    BareWriter w = {0};
    static const char settings[] =
        "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-16384;PRAGMA wal_autocheckpoint=4000";
    if (sqlite3_open(path, &w.db) != SQLITE_OK || sqlite3_exec(w.db, settings, NULL, NULL, NULL) != SQLITE_OK)
        return ERR_IO;
    for (int t = 0; t < ROWS_TABLES; t++) w.put[t] = prepare(&w, tables[t].insert);
    w.begin = prepare(&w, "BEGIN IMMEDIATE"), w.commit = prepare(&w, "COMMIT"),
    w.meta = prepare(&w, "UPDATE meta SET seq=seq+1");
    *ret = w;
    return OK;
}
void bare_begin(BareWriter *w) {
    step(w->begin);
}
size_t bare_put_input(BareWriter *w, const BenchRows *r, size_t at) {
    uint64_t input = r->row[at].input;
    for (; at < r->n && r->row[at].input == input; at++) {
        const BenchRow *row = &r->row[at];
        sqlite3_stmt *st = w->put[row->table];
        for (int i = 0; i < tables[row->table].columns; i++) sqlite3_bind_value(st, i + 1, row->v[i]);
        step(st);
    }
    return at;
}
void bare_commit(BareWriter *w) {
    step(w->meta); // the head, once a batch
    step(w->commit);
}
void bare_close(BareWriter *w) {
    for (int t = 0; t < ROWS_TABLES; t++) sqlite3_finalize(w->put[t]);
    sqlite3_finalize(w->begin), sqlite3_finalize(w->commit), sqlite3_finalize(w->meta);
    sqlite3_close(w->db);
}

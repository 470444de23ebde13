// The rows that a run of the gate has written, read back from its file, and a bare SQLite loop that writes the same
// rows again.
#pragma once
#include "app_bench.h"
#include <sqlite3.h>

enum { ROWS_INPUT, ROWS_JOURNAL, ROWS_PASSAGE, ROWS_DOC, ROWS_TASK, ROWS_TABLES };
#define ROWS_COLUMNS_MAX 16
typedef struct {
    uint64_t input; // number of the input that wrote it
    int table;
    sqlite3_value *v[ROWS_COLUMNS_MAX];
} BenchRow;
typedef struct {
    BenchRow *row; // by input, then by table
    size_t n, cap;
    uint64_t inputs, events;
} BenchRows;
typedef struct {
    sqlite3 *db;
    sqlite3_stmt *put[ROWS_TABLES], *begin, *commit, *meta;
} BareWriter;
Err bench_rows_load(const char *path,
                    BenchRows *ret) MUST_USE; // a file of declarations only: nothing in it was updated
void bench_rows_free(BenchRows *r);
Err bare_open(const char *path, BareWriter *ret) MUST_USE; // fresh file, same schema and settings as the gate's
void bare_begin(BareWriter *w);
size_t bare_put_input(BareWriter *w, const BenchRows *r,
                      size_t at); // all rows of the input that begins at `at`; returns the next
void bare_commit(BareWriter *w);
void bare_close(BareWriter *w);
void bench_unlink(const char *path); // the file and what SQLite and the lock put beside it

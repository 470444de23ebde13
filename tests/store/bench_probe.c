// Rows a second of the journal in batches of 64 inputs (an input, two events, a passage), against bare SQLite that
// inserts the same rows into the same tables without hashing. Takes the two in turn; prints one line a round.
// Arguments: file, rounds, batches.
#include "store/store_internal.h"
#include <time.h>
#include <unistd.h>

enum { BATCH = 64 };
static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
static const char input_body[] =
    "{\"passage\":123456,\"to\":\"bay\",\"bay\":\"B12\",\"weight_kg\":38420,\"seal\":\"VN0012345\","
    "\"plate\":\"29C12345\",\"note\":\"second weighing after the rain, axle two repeated\"}";
static const char event_body[] =
    "{\"passage\":123456,\"from\":\"gate\",\"to\":\"bay\",\"bay\":\"B12\",\"weight_kg\":38420,\"seal\":\"VN0012345\"}";
static const char doc[] =
    "{\"trader\":\"VN0101234567\",\"plate\":\"29C12345\",\"trailer\":\"29R00123\",\"goods\":[{\"hs\":\"081060\","
    "\"text\":\"durian, fresh\",\"kg\":18200,\"origin\":\"VN\",\"packages\":980},{\"hs\":\"081090\",\"text\":"
    "\"jackfruit\",\"kg\":2400,\"origin\":\"VN\",\"packages\":120}],\"driver\":\"D-4411\"}";

typedef struct {
    char trader[16], plate[16], customs[16];
    StoreInput in;
    StoreEvent ev[2];
    StorePassage p;
} Row;
static void row_make(Row *r, uint64_t no) {
    uint64_t mixed = str_hash(no, STR_EMPTY);
    snprintf(r->trader, sizeof r->trader, "VN%010llu", (unsigned long long)(mixed % 500));
    snprintf(r->plate, sizeof r->plate, "29C%05llu", (unsigned long long)(mixed / 500 % 100000));
    snprintf(r->customs, sizeof r->customs, "30%010llu", (unsigned long long)no);
    r->in = (StoreInput){.no = no,
                         .t_ms = (int64_t)no * 10,
                         .role = STR("operator"),
                         .actor = STR("gate-desk-3"),
                         .kind = STR("passage.declare"),
                         .first_seq = no * 2 - 1,
                         .events = 2,
                         .passage = (uint32_t)no,
                         .body = str_c(input_body),
                         .idem = str_c(r->customs)};
    for (uint64_t i = 0; i < 2; i++)
        r->ev[i] = (StoreEvent){.seq = no * 2 - 1 + i,
                                .input_no = no,
                                .t_ms = r->in.t_ms,
                                .kind = STR("passage.moved"),
                                .passage = (uint32_t)no,
                                .body = str_c(event_body)};
    r->p = (StorePassage){.no = (uint32_t)no,
                          .trader = str_c(r->trader),
                          .plate = str_c(r->plate),
                          .trailer = STR_EMPTY,
                          .container = STR_EMPTY,
                          .customs_no = str_c(r->customs),
                          .direction = STR("export"),
                          .kind = STR("truck"),
                          .mode = STR("trade"),
                          .goods = STR("fruit"),
                          .declared_ms = r->in.t_ms,
                          .doc = str_c(doc),
                          .place = STR("declared"),
                          .status = STR("waiting"),
                          .open = true,
                          .changed_seq = no * 2,
                          .state = STR("0123456789012345678901234567890123456789")};
}
static void must(bool ok, const char *what) {
    if (ok) return;
    fprintf(stderr, "bench: %s failed\n", what);
    exit(3);
}
static Store *fresh(const char *path) {
    static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[256];
        snprintf(name, sizeof name, "%s%s", path, ends[i]);
        unlink(name);
    }
    Store *s = NULL;
    must(store_open(&(StoreOpts){.path = path}, &s) == OK, "open");
    return s;
}
static double run_store(const char *path, uint64_t batches) {
    Store *s = fresh(path);
    double start = now_s();
    uint64_t no = 0;
    for (uint64_t b = 0; b < batches; b++) {
        must(store_begin(s) == OK, "begin");
        for (int i = 0; i < BATCH; i++) {
            Row r;
            row_make(&r, ++no);
            must(store_put_input(s, &r.in) == OK && store_put_event(s, &r.ev[0]) == OK &&
                     store_put_event(s, &r.ev[1]) == OK && store_put_passage(s, &r.p) == OK,
                 "put");
        }
        must(store_commit(s) == OK, "commit");
    }
    double took = now_s() - start;
    store_close(s);
    return took;
}

// ---- the bare loop: same schema, same statements and settings, a constant where the hash stands
static void bind_text(sqlite3_stmt *st, int at, Str s) {
    sqlite3_bind_text(st, at, s.p, (int)s.n, SQLITE_STATIC);
}
static void step(sqlite3_stmt *st) {
    must(sqlite3_step(st) == SQLITE_DONE, "step");
    sqlite3_reset(st);
}
static void bare_input(sqlite3_stmt *st, const StoreInput *r) {
    static const char zero[STORE_HASH_LEN];
    sqlite3_bind_int64(st, 1, (int64_t)r->no);
    sqlite3_bind_int64(st, 2, r->t_ms);
    bind_text(st, 3, r->role), bind_text(st, 4, r->actor), bind_text(st, 5, r->kind), bind_text(st, 6, r->idem);
    sqlite3_bind_blob(st, 7, r->body_hash, STORE_HASH_LEN, SQLITE_STATIC);
    sqlite3_bind_int64(st, 8, (int64_t)r->first_seq);
    sqlite3_bind_int64(st, 9, r->events);
    sqlite3_bind_int64(st, 10, r->passage);
    bind_text(st, 11, r->body);
    sqlite3_bind_blob(st, 12, zero, STORE_HASH_LEN, SQLITE_STATIC);
    step(st);
}
static void bare_event(sqlite3_stmt *st, const StoreEvent *r) {
    static const char zero[STORE_HASH_LEN];
    sqlite3_bind_int64(st, 1, (int64_t)r->seq);
    sqlite3_bind_int64(st, 2, (int64_t)r->input_no);
    sqlite3_bind_int64(st, 3, r->t_ms);
    bind_text(st, 4, r->kind);
    sqlite3_bind_int64(st, 5, r->passage);
    bind_text(st, 6, r->body);
    sqlite3_bind_blob(st, 7, zero, STORE_HASH_LEN, SQLITE_STATIC);
    step(st);
}
static void bare_passage(sqlite3_stmt *st, sqlite3_stmt *st_doc, const StorePassage *p) {
    const Str texts[] = {p->trader,    p->plate, p->trailer, p->container, p->customs_no,
                         p->direction, p->kind,  p->mode,    p->goods};
    sqlite3_bind_int64(st, 1, p->no);
    for (int i = 0; i < (int)ARRAY_LEN(texts); i++) bind_text(st, 2 + i, texts[i]);
    sqlite3_bind_int64(st, 11, p->declared_ms);
    bind_text(st, 12, p->place), bind_text(st, 13, p->status);
    sqlite3_bind_int64(st, 14, p->open);
    sqlite3_bind_int64(st, 15, (int64_t)p->changed_seq);
    sqlite3_bind_blob(st, 16, p->state.p, (int)p->state.n, SQLITE_STATIC);
    step(st);
    sqlite3_bind_int64(st_doc, 1, p->no);
    bind_text(st_doc, 2, p->doc);
    step(st_doc);
}
static double run_bare(const char *path, uint64_t batches) {
    store_close(fresh(path)); // the same schema
    sqlite3 *db = NULL;
    must(sqlite3_open(path, &db) == SQLITE_OK, "open");
    must(sqlite3_exec(db,
                      "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;PRAGMA cache_size=-16384;"
                      "PRAGMA wal_autocheckpoint=4000",
                      NULL, NULL, NULL) == SQLITE_OK,
         "pragma");
    static const SqlId ids[] = {SQL_PUT_INPUT, SQL_PUT_EVENT, SQL_PUT_PASSAGE, SQL_PUT_DOC, SQL_BEGIN, SQL_COMMIT};
    sqlite3_stmt *st[ARRAY_LEN(ids)];
    for (size_t i = 0; i < ARRAY_LEN(ids); i++)
        must(sqlite3_prepare_v3(db, store_sql[ids[i]], -1, SQLITE_PREPARE_PERSISTENT, &st[i], NULL) == SQLITE_OK,
             "prepare");
    double start = now_s();
    uint64_t no = 0;
    for (uint64_t b = 0; b < batches; b++) {
        step(st[4]);
        for (int i = 0; i < BATCH; i++) {
            Row r;
            row_make(&r, ++no);
            bare_input(st[0], &r.in);
            bare_event(st[1], &r.ev[0]);
            bare_event(st[1], &r.ev[1]);
            bare_passage(st[2], st[3], &r.p);
        }
        step(st[5]);
    }
    double took = now_s() - start;
    for (size_t i = 0; i < ARRAY_LEN(ids); i++) sqlite3_finalize(st[i]);
    sqlite3_close(db);
    return took;
}

int main(int argc, char **argv) {
    const char *path = argc > 1 ? argv[1] : "bench.db";
    uint64_t rounds = argc > 2 ? strtoull(argv[2], NULL, 10) : 5,
             batches = argc > 3 ? strtoull(argv[3], NULL, 10) : 500;
    double rows = (double)(batches * BATCH * 4), best_bare = 1e9, best_store = 1e9;
    for (uint64_t i = 0; i < rounds; i++) {
        double bare = run_bare(path, batches), store = run_store(path, batches);
        best_bare = MIN(best_bare, bare);
        best_store = MIN(best_store, store);
        printf("bare %.0f rows/s, store %.0f rows/s, ratio %.3f\n", rows / bare, rows / store, bare / store);
    }
    printf("best of %llu: bare %.0f, store %.0f, ratio %.3f\n", (unsigned long long)rounds, rows / best_bare,
           rows / best_store, best_bare / best_store);
    store_close(fresh(path));
    return 0;
}

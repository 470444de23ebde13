// Shared by the store's tests: a directory of its own, a quiet log, and a random workload over every writing function.
#pragma once
#include "prop.h"
#include "store/store.h"
#include "store/store_internal.h"
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>
#include <cmocka.h>

#define assert_ok(expr) assert_int_equal((expr), OK)

typedef struct {
    char dir[64], path[128];
} Place;
static inline void place_make(Place *p) {
    log_level = (LogLevel)(LOG_ERROR + 1); // the failures here are wanted
    snprintf(p->dir, sizeof p->dir, "store-test-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof p->path, "%s/gate.db", p->dir);
}
static inline void place_remove(Place *p) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock", ".copy", ".copy-wal", ".copy-shm"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[160];
        snprintf(name, sizeof name, "%s%s", p->path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(p->dir), 0);
}
static inline Store *place_open(const Place *p) {
    Store *s = NULL;
    StoreOpts o = {.path = p->path};
    assert_ok(store_open(&o, &s));
    return s;
}
static inline void raw_exec(sqlite3 *db, const char *sql) {
    char *text = NULL;
    int rc = sqlite3_exec(db, sql, NULL, NULL, &text);
    if (rc != SQLITE_OK) print_error("%s: %s\n", sql, text);
    sqlite3_free(text);
    assert_int_equal(rc, SQLITE_OK);
}

// A text of random length that lives until eight others were made.
static inline Str some_text(Prng *r, const char *word, uint64_t n_max) {
    static char ring[8][8192];
    static unsigned next;
    char *p = ring[next++ % ARRAY_LEN(ring)];
    int n = snprintf(p, sizeof ring[0], "%s%llu", word, (unsigned long long)prng_below(r, 1000));
    size_t want = (size_t)n + prng_below(r, n_max + 1);
    CK_ASSERT(n > 0 && want < sizeof ring[0]);
    for (size_t i = (size_t)n; i < want; i++) p[i] = (char)('a' + prng_below(r, 26));
    return (Str){p, want};
}
static inline uint64_t body_size(Prng *r) {
    return prng_chance(r, 5) ? 6000 : 200;
}

// One input with its events, as the kernel would write it. The first error.
static inline Err work_journal(Store *s, Prng *r, uint32_t events) {
    StoreHead h = store_head(s);
    uint32_t passage = (uint32_t)prng_below(r, 40);
    char idem[32];
    snprintf(idem, sizeof idem, "key-%llu", (unsigned long long)h.input_no);
    StoreInput in = {.no = h.input_no + 1,
                     .t_ms = h.t_ms + (int64_t)prng_below(r, 5000),
                     .role = STR("officer"),
                     .actor = some_text(r, "actor", 4),
                     .kind = STR("passage.move"),
                     .idem = prng_chance(r, 50) ? str_c(idem) : STR_EMPTY,
                     .first_seq = h.seq + 1,
                     .events = events,
                     .passage = passage,
                     .body = some_text(r, "{}", body_size(r))};
    for (size_t i = 0; i < STORE_HASH_LEN; i++) in.body_hash[i] = (uint8_t)prng_next(r);
    Err e = store_put_input(s, &in);
    for (uint32_t i = 0; i < events && !e; i++) {
        StoreEvent ev = {.seq = in.first_seq + i,
                         .input_no = in.no,
                         .t_ms = in.t_ms,
                         .kind = STR("moved"),
                         .passage = passage,
                         .body = some_text(r, "{}", body_size(r))};
        e = store_put_event(s, &ev);
    }
    return e;
}
static inline StorePassage some_passage(Prng *r) {
    static const char *const places[] = {"road", "gate", "bay", "line"};
    return (StorePassage){.no = 1 + (uint32_t)prng_below(r, 40),
                          .trader = some_text(r, "T", 0),
                          .plate = some_text(r, "29C", 3),
                          .container = prng_chance(r, 50) ? some_text(r, "MSKU", 3) : STR_EMPTY,
                          .customs_no = some_text(r, "30", 0),
                          .direction = STR("export"),
                          .kind = STR("truck"),
                          .mode = STR("trade"),
                          .goods = STR("fruit"),
                          .declared_ms = (int64_t)prng_below(r, 100000),
                          .doc = some_text(r, "{}", body_size(r)),
                          .place = str_c(places[prng_below(r, 4)]),
                          .status = STR("waiting"),
                          .open = prng_chance(r, 60),
                          .changed_seq = prng_below(r, 1000),
                          .state = some_text(r, "s", 50)};
}
static inline Err work_passage(Store *s, Prng *r) {
    StorePassage p = some_passage(r);
    if (prng_chance(r, 50)) return store_put_passage(s, &p);
    Err e = store_update_passage(s, &p);
    return e == ERR_NOT_FOUND ? OK : e;
}
static inline Err work_task(Store *s, Prng *r) {
    StoreTask t = {.passage = 1 + (uint32_t)prng_below(r, 40),
                   .task = (uint8_t)prng_below(r, 8),
                   .name = STR("weigh"),
                   .agency = some_text(r, "agency", 0),
                   .since_ms = 5,
                   .due_ms = (int64_t)prng_below(r, 1000)};
    return prng_chance(r, 60) ? store_put_task(s, &t) : store_drop_task(s, t.passage, t.task);
}
static inline Err work_queue(Store *s, Prng *r) {
    StoreQueue q = {.passage = 1 + (uint32_t)prng_below(r, 40),
                    .road = prng_chance(r, 50) ? STR("hn-1") : STR("hn-2"),
                    .key_ms = (int64_t)prng_below(r, 100),
                    .why = STR("{}")};
    return prng_chance(r, 60) ? store_put_queue(s, &q) : store_drop_queue(s, q.passage);
}
static inline Err work_alarm(Store *s, Prng *r) {
    StoreAlarm a = {.passage = (uint32_t)prng_below(r, 10),
                    .kind = prng_chance(r, 50) ? STR("overdue") : STR("intruder"),
                    .since_ms = (int64_t)prng_below(r, 100),
                    .body = STR("{}")};
    return prng_chance(r, 60) ? store_put_alarm(s, &a) : store_drop_alarm(s, a.passage, a.kind);
}
static inline Err work_effect(Store *s, Prng *r) {
    StoreEffect f = {
        .id = prng_below(r, 60), .kind = STR("barrier"), .target = STR("L1"), .body = STR("{\"up\":true}")};
    Err e = prng_chance(r, 60) ? store_put_effect(s, &f) : store_drop_effect(s, f.id);
    return e == ERR_EXISTS ? OK : e;
}
static inline Err work_rest(Store *s, Prng *r) {
    StoreStage st = {
        .passage = 3, .stage = STR("customs"), .agency = STR("hq"), .waiting_ms = (int64_t)prng_below(r, 99)};
    StoreResource res = {.kind = STR("lane"), .id = some_text(r, "L", 0), .body = some_text(r, "{}", 20)};
    StoreHead h = store_head(s);
    StoreSnapshot snap = {.seq = h.seq, .input_no = h.input_no, .state = some_text(r, "state", 5000)};
    switch (prng_below(r, 4)) {
    case 0: return store_put_stage(s, &st);
    case 1: return store_put_resource(s, &res);
    case 2: return store_drop_resource(s, res.kind, res.id);
    default: return store_put_snapshot(s, &snap);
    }
}
// A random step of a batch: always a whole input with its events and a few read model rows.
static inline Err work_step(Store *s, Prng *r) {
    static Err (*const works[])(Store *, Prng *) = {work_passage, work_passage, work_task, work_queue,
                                                    work_alarm,   work_effect,  work_rest};
    Err e = work_journal(s, r, (uint32_t)prng_below(r, 4));
    for (uint64_t i = prng_below(r, 4); i > 0 && !e; i--) e = works[prng_below(r, ARRAY_LEN(works))](s, r);
    return e;
}
static inline void work_commit(Store *s, Prng *r, int steps) {
    assert_ok(store_begin(s));
    for (int i = 0; i < steps; i++) assert_ok(work_step(s, r));
    assert_ok(store_commit(s));
}

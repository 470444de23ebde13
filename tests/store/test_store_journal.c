// The journal's contract: transactions, numbers, idempotency keys, reading, readers beside the writer, the lock,
// snapshots.
#include "store_fixture.h"

static Place place;
static int setup(void **state) {
    place_make(&place);
    *state = place_open(&place);
    return 0;
}
static int teardown(void **state) {
    store_close(*state);
    place_remove(&place);
    return 0;
}

typedef struct {
    uint64_t n, stop_after, first, last;
    int64_t sum;
    StoreEvent events[64];
    Arena arena;
} Rows;
static bool on_event(void *ctx, const StoreEvent *row) {
    Rows *r = ctx;
    assert_true(r->n < ARRAY_LEN(r->events));
    if (r->n)
        assert_true(row->seq > r->last);
    else
        r->first = row->seq;
    r->last = row->seq;
    r->events[r->n] = *row;
    r->events[r->n].kind = arena_str(&r->arena, row->kind);
    r->events[r->n].body = arena_str(&r->arena, row->body);
    return ++r->n != r->stop_after;
}
static void rows_init(Rows *r, uint64_t stop_after) {
    *r = (Rows){.stop_after = stop_after};
    arena_init(&r->arena, 1 << 20);
}

static void put(Store *s, Str actor, Str idem, uint32_t passage, uint32_t events) {
    StoreHead h = store_head(s);
    StoreInput in = {.no = h.input_no + 1,
                     .t_ms = 1000 + (int64_t)h.input_no,
                     .role = STR("officer"),
                     .actor = actor,
                     .kind = STR("move"),
                     .idem = idem,
                     .body_hash = {1, 2, 3},
                     .first_seq = h.seq + 1,
                     .events = events,
                     .passage = passage,
                     .body = STR("{\"a\":1}")};
    assert_ok(store_put_input(s, &in));
    for (uint32_t i = 0; i < events; i++) {
        StoreEvent ev = {.seq = h.seq + 1 + i,
                         .input_no = in.no,
                         .t_ms = in.t_ms,
                         .kind = STR("moved"),
                         .passage = passage,
                         .body = STR("{\"b\":\"\xc3\xa9\"}")};
        assert_ok(store_put_event(s, &ev));
    }
}
static void a_new_file_is_empty(void **state) {
    Store *s = *state;
    StoreHead h = store_head(s);
    assert_int_equal(h.seq + h.input_no, 0);
    assert_memory_equal(h.hash, (uint8_t[STORE_HASH_LEN]){0}, STORE_HASH_LEN);
    Rows r;
    rows_init(&r, 0);
    assert_ok(store_each_event(s, 0, 0, on_event, &r));
    assert_int_equal(r.n, 0);
    StoreVerdict v;
    assert_ok(store_verify(s, NULL, NULL, &v));
    assert_int_equal(v.inputs + v.events, 0);
    arena_deinit(&r.arena);
}
static void rows_come_back_as_written(void **state) {
    Store *s = *state;
    assert_ok(store_begin(s));
    put(s, STR("an"), STR_EMPTY, 7, 2);
    put(s, STR("an"), STR_EMPTY, 8, 0);
    put(s, STR("binh"), STR_EMPTY, 7, 3);
    assert_ok(store_commit(s));
    StoreHead h = store_head(s);
    assert_int_equal(h.seq, 5);
    assert_int_equal(h.input_no, 3);
    assert_int_equal(h.t_ms, 1002);
    store_close(s);
    *state = s = place_open(&place);
    assert_memory_equal(store_head(s).hash, h.hash, STORE_HASH_LEN);
    Rows r;
    rows_init(&r, 0);
    assert_ok(store_each_event(s, 0, 0, on_event, &r));
    assert_int_equal(r.n, 5);
    assert_int_equal(r.events[2].seq, 3);
    assert_int_equal(r.events[2].input_no, 3);
    assert_int_equal(r.events[2].t_ms, 1002);
    assert_int_equal(r.events[2].passage, 7);
    assert_true(str_eq_c(r.events[2].kind, "moved"));
    assert_true(str_eq_c(r.events[2].body, "{\"b\":\"\xc3\xa9\"}"));
    arena_deinit(&r.arena);
}
static void ranges_and_stops(void **state) {
    Store *s = *state;
    assert_ok(store_begin(s));
    for (uint32_t i = 0; i < 10; i++) put(s, STR("an"), STR_EMPTY, i % 3, 2);
    assert_ok(store_commit(s));
    static const struct {
        uint64_t from, max, stop, want_n, want_first;
    } cases[] = {{0, 0, 0, 20, 1}, {1, 5, 0, 5, 1},  {11, 0, 0, 10, 11},
                 {4, 8, 3, 3, 4},  {21, 0, 0, 0, 0}, {UINT64_MAX, 0, 0, 0, 0}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Rows r;
        rows_init(&r, cases[i].stop);
        assert_ok(store_each_event(s, cases[i].from, cases[i].max, on_event, &r));
        assert_int_equal(r.n, cases[i].want_n);
        assert_int_equal(r.first, cases[i].want_first);
        arena_deinit(&r.arena);
    }
    Rows r; // passage 1: inputs 2, 5, 8 and with them the events 3, 4, 9, 10, 15, 16
    rows_init(&r, 0);
    assert_ok(store_each_passage_event(s, 1, 4, 0, on_event, &r));
    assert_int_equal(r.n, 5);
    assert_int_equal(r.first, 4);
    assert_int_equal(r.last, 16);
    arena_deinit(&r.arena);
    rows_init(&r, 0);
    assert_ok(store_each_passage_event(s, 2, 0, 3, on_event, &r));
    assert_int_equal(r.n, 3);
    arena_deinit(&r.arena);
}
static bool on_input(void *ctx, const StoreInput *row) {
    Rows *r = ctx;
    r->sum += (int64_t)row->no * 100 + (int64_t)row->first_seq;
    assert_true(str_eq_c(row->role, "officer") && str_eq_c(row->kind, "move") && str_eq_c(row->body, "{\"a\":1}"));
    assert_int_equal(row->body_hash[1], 2);
    assert_int_equal(row->t_ms, 999 + (int64_t)row->no);
    assert_int_equal(row->events, 2);
    return ++r->n != r->stop_after;
}
static void inputs_in_order(void **state) {
    Store *s = *state;
    assert_ok(store_begin(s));
    for (uint32_t i = 0; i < 5; i++) put(s, STR("an"), STR_EMPTY, 1, 2);
    assert_ok(store_commit(s));
    Rows r;
    rows_init(&r, 0);
    assert_ok(store_each_input(s, 2, 3, on_input, &r));
    assert_int_equal(r.n, 3);
    assert_int_equal(r.sum, 203 + 305 + 407);
    rows_init(&r, 2);
    assert_ok(store_each_input(s, 0, 0, on_input, &r));
    assert_int_equal(r.n, 2);
}
// Both ways of finding a trader's events, against a filter by hand.
static void trader_events_far_and_near(void **state) {
    Store *s = *state;
    assert_ok(store_begin(s));
    for (uint32_t no = 1; no <= 4; no++) {
        StorePassage p = {.no = no, .trader = no % 2 ? STR("odd") : STR("even")};
        assert_ok(store_put_passage(s, &p));
    }
    for (uint32_t i = 0; i < 6; i++) put(s, STR("an"), STR_EMPTY, i % 5, 2); // passages 0 1 2 3 4 0
    assert_ok(store_commit(s));
    Rows near, far;
    rows_init(&near, 0);
    rows_init(&far, 0);
    assert_ok(store_each_trader_event(s, STR("odd"), 4, 2, on_event, &near));
    s->head.seq += 1000000; // as if the journal were long: the other statement
    assert_ok(store_each_trader_event(s, STR("odd"), 4, 2, on_event, &far));
    s->head.seq -= 1000000;
    assert_int_equal(near.n, 2);
    assert_int_equal(far.n, 2);
    assert_int_equal(near.first, 4); // of passage 1: 3, 4; of passage 3: 7, 8
    assert_int_equal(near.last, 7);
    assert_int_equal(far.first, 4);
    assert_int_equal(far.last, 7);
    arena_deinit(&near.arena);
    arena_deinit(&far.arena);
    rows_init(&near, 0);
    assert_ok(store_each_trader_event(s, STR("nobody"), 0, 0, on_event, &near));
    assert_int_equal(near.n, 0);
}
static void rollback_and_close_forget(void **state) {
    Store *s = *state;
    assert_ok(store_begin(s));
    put(s, STR("an"), STR("k1"), 1, 2);
    assert_ok(store_commit(s));
    StoreHead h = store_head(s);
    assert_ok(store_begin(s));
    put(s, STR("an"), STR("k2"), 1, 2);
    assert_int_equal(store_head(s).seq, 4); // the open transaction shows
    store_rollback(s);
    assert_int_equal(store_head(s).seq, 2);
    assert_memory_equal(store_head(s).hash, h.hash, STORE_HASH_LEN);
    assert_ok(store_begin(s));
    put(s, STR("an"), STR("k3"), 1, 1);
    store_close(s);
    *state = s = place_open(&place);
    assert_int_equal(store_head(s).seq, 2);
    assert_ok(store_begin(s)); // an empty transaction
    assert_ok(store_commit(s));
    assert_int_equal(store_head(s).seq, 2);
}
static void idempotency_key_is_per_actor(void **state) {
    Store *s = *state;
    Arena a;
    arena_init(&a, 1 << 16);
    StoreInput found = {.no = 99};
    assert_ok(store_begin(s));
    assert_int_equal(store_find_idem(s, STR("an"), STR("k"), &a, &found), ERR_NOT_FOUND);
    assert_int_equal(found.no, 99);
    put(s, STR("an"), STR("k"), 5, 1);
    assert_ok(store_find_idem(s, STR("an"), STR("k"), &a, &found)); // sees the open transaction
    assert_int_equal(found.no, 1);
    assert_int_equal(found.passage, 5);
    assert_int_equal(found.first_seq, 1);
    assert_int_equal(found.events, 1);
    assert_int_equal(found.body_hash[2], 3);
    assert_true(str_eq_c(found.idem, "k") && str_eq_c(found.actor, "an") && str_eq_c(found.body, "{\"a\":1}"));
    put(s, STR("binh"), STR("k"), 5, 1); // another's key
    put(s, STR("an"), STR_EMPTY, 5, 1);  // none, as often as one likes
    put(s, STR("an"), STR_EMPTY, 5, 1);
    StoreHead h = store_head(s);
    StoreInput again = {.no = h.input_no + 1, .actor = STR("an"), .idem = STR("k"), .first_seq = h.seq + 1};
    assert_int_equal(store_put_input(s, &again), ERR_EXISTS);
    assert_int_equal(store_head(s).input_no, h.input_no);
    put(s, STR("an"), STR("k2"), 5, 1); // the transaction is whole
    assert_ok(store_commit(s));
    StoreVerdict v;
    assert_ok(store_verify(s, NULL, NULL, &v));
    assert_int_equal(v.inputs, 5);
    assert_int_equal(store_find_idem(s, STR("an"), STR_EMPTY, &a, &found), ERR_NOT_FOUND);
    Arena small;
    arena_init(&small, 8);
    found.no = 99;
    assert_int_equal(store_find_idem(s, STR("an"), STR("k"), &small, &found), ERR_LIMIT);
    assert_int_equal(found.no, 99);
    arena_deinit(&small);
    arena_deinit(&a);
}
static void a_second_writer_is_locked_out(void **state) {
    Store *s = *state, *other = NULL;
    StoreOpts o = {.path = place.path};
    assert_int_equal(store_open(&o, &other), ERR_LOCKED);
    o.exclusive = true;
    assert_int_equal(store_open(&o, &other), ERR_LOCKED);
    assert_null(other);
    store_close(s);
    assert_ok(store_open(&o, &other)); // free again; this one alone
    Store *reader = NULL;
    assert_int_equal(store_open_reader(&(StoreOpts){.path = place.path}, &reader), ERR_LOCKED);
    *state = other;
}
static void a_reader_sees_what_is_committed(void **state) {
    Store *s = *state, *reader = NULL;
    StoreOpts o = {.path = place.path};
    assert_ok(store_begin(s));
    put(s, STR("an"), STR_EMPTY, 1, 2);
    assert_ok(store_commit(s));
    assert_ok(store_open_reader(&o, &reader));
    assert_int_equal(store_head(reader).seq, 2);
    assert_ok(store_begin(s));
    put(s, STR("an"), STR_EMPTY, 1, 3);
    assert_ok(store_refresh(reader));
    assert_int_equal(store_head(reader).seq, 2);
    Rows r;
    rows_init(&r, 0);
    assert_ok(store_each_event(reader, 1, 0, on_event, &r));
    assert_int_equal(r.n, 2);
    arena_deinit(&r.arena);
    assert_ok(store_commit(s));
    assert_int_equal(store_head(reader).seq, 2); // until it asks
    assert_ok(store_refresh(reader));
    assert_int_equal(store_head(reader).seq, 5);
    assert_memory_equal(store_head(reader).hash, store_head(s).hash, STORE_HASH_LEN);
    StoreVerdict v;
    assert_ok(store_verify(reader, NULL, NULL, &v));
    store_close(reader);
}
static bool on_event_nested(void *ctx, const StoreEvent *row) {
    Store *s = ctx;
    Rows inner;
    rows_init(&inner, 0);
    assert_ok(store_each_event(s, row->seq, 1, on_event, &inner)); // the same statement is under way outside
    assert_int_equal(inner.first, row->seq);
    arena_deinit(&inner.arena);
    return true;
}
static void callbacks_may_ask_again(void **state) {
    Store *s = *state;
    assert_ok(store_begin(s));
    put(s, STR("an"), STR_EMPTY, 1, 3);
    assert_ok(store_commit(s));
    assert_ok(store_each_event(s, 1, 0, on_event_nested, s));
}
static void foreign_files_are_refused(void **state) {
    (void)state;
    char path[160];
    snprintf(path, sizeof path, "%s.copy", place.path);
    StoreOpts o = {.path = path};
    Store *s = NULL;
    assert_int_equal(store_open_reader(&o, &s), ERR_NOT_FOUND);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    for (int i = 0; i < 1000; i++) fputs("this is no database ", f);
    fclose(f);
    assert_int_equal(store_open_reader(&o, &s), ERR_CORRUPT);
    assert_int_equal(store_open(&o, &s), ERR_CORRUPT);
    unlink(path);
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    raw_exec(db, "CREATE TABLE other(a)");
    assert_int_equal(store_open(&o, &s), ERR_CORRUPT); // somebody else's tables stay as they are
    raw_exec(db, "DROP TABLE other; PRAGMA application_id=0x434b4855; PRAGMA user_version=2");
    assert_int_equal(store_open(&o, &s), ERR_INVALID); // of a later program
    sqlite3_close(db);
    assert_null(s);
    char lock[176];
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    o.path = "no-such-directory/gate.db";
    assert_int_equal(store_open(&o, &s), ERR_IO);
}
static void snapshots_keep_the_newest_two_good_ones(void **state) {
    Store *s = *state;
    Arena a;
    arena_init(&a, 1 << 20);
    StoreSnapshot got = {.seq = 77};
    assert_int_equal(store_get_snapshot(s, &a, &got), ERR_NOT_FOUND);
    assert_int_equal(got.seq, 77);
    for (uint64_t i = 1; i <= 4; i++) {
        char state_bytes[3] = {'\0', (char)i, '\xff'};
        assert_ok(store_begin(s));
        put(s, STR("an"), STR_EMPTY, 1, 1);
        StoreSnapshot snap = {.seq = i, .input_no = i, .state = {state_bytes, 3}};
        assert_ok(store_put_snapshot(s, &snap));
        assert_ok(store_commit(s));
    }
    assert_ok(store_get_snapshot(s, &a, &got));
    assert_int_equal(got.seq, 4);
    assert_int_equal(got.input_no, 4);
    assert_int_equal(got.state.n, 3);
    assert_memory_equal(got.state.p, "\0\x04\xff", 3);
    static const char *const spoil[] = {"UPDATE snapshot SET state=x'000401' WHERE seq=4",
                                        "UPDATE snapshot SET input_no=2 WHERE seq=3"};
    raw_exec(s->db, spoil[0]);
    assert_ok(store_get_snapshot(s, &a, &got));
    assert_int_equal(got.seq, 3);
    raw_exec(s->db, spoil[1]);
    assert_int_equal(store_get_snapshot(s, &a, &got), ERR_NOT_FOUND); // 1 and 2 are gone, 3 and 4 are spoilt
    assert_int_equal(got.seq, 3);
    arena_deinit(&a);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_new_file_is_empty),
        T(rows_come_back_as_written),
        T(ranges_and_stops),
        T(inputs_in_order),
        T(trader_events_far_and_near),
        T(rollback_and_close_forget),
        T(idempotency_key_is_per_actor),
        T(a_second_writer_is_locked_out),
        T(a_reader_sees_what_is_committed),
        T(callbacks_may_ask_again),
        T(foreign_files_are_refused),
        T(snapshots_keep_the_newest_two_good_ones),
    };
    return cmocka_run_group_tests_name("store_journal", tests, NULL, NULL);
}

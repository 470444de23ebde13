// The ledger over real files: what a step answers, idempotency keys, events that read back, replay, snapshots, read
// models, the outbox, a site that changes, and what a damaged journal does.
#include "ledger_ops.h"
#include <jansson.h>
#include <sqlite3.h>

#define RUN_INPUTS 900
static void quiet(void) {
    log_level = (LogLevel)(LOG_ERROR + 1);
} // the failures here are wanted
static void digest_now(Ledger *l, uint8_t ret[STORE_HASH_LEN]) {
    ledger_digest(ledger_gate(l), ret);
}
static void assert_whole(Ledger *l, Seen *seen) {
    const char *wrong = ledger_wrong(l, seen);
    if (!wrong) wrong = ledger_models_wrong(l);
    if (wrong) fail_msg("%s", wrong);
}
typedef struct {
    Home home;
    Ledger *l;
    Ops ops;
    Arena a; // replies
} Test;
static void start(Test *t, uint32_t snapshot_every) {
    quiet();
    *t = (Test){.l = NULL};
    home_make(&t->home);
    ops_init(&t->ops, 1);
    arena_init(&t->a, 256u << 20);
    t->l = home_open(&t->home, snapshot_every);
    assert_ok(ledger_adopt(t->l, 0, OPS_START, NULL));
}
static void reopen(Test *t, uint32_t snapshot_every) {
    ledger_close(t->l);
    t->l = home_open(&t->home, snapshot_every);
}
static void stop(Test *t) {
    ledger_close(t->l);
    ops_deinit(&t->ops);
    arena_deinit(&t->a);
    home_remove(&t->home);
}
static LedgerReply one(Test *t, LedgerRequest rq) { // a batch of its own
    LedgerReply r;
    assert_ok(ledger_begin(t->l));
    assert_ok(ledger_step(t->l, &rq, &t->a, &r));
    assert_ok(ledger_commit(t->l));
    return r;
}
static LedgerRequest request(Test *t, InputKind kind, Role role, uint32_t no) {
    LedgerRequest rq = {.in = {.t_ms = t->ops.now += 1000,
                               .random = 7,
                               .kind = (uint8_t)kind,
                               .role = (uint8_t)role,
                               .actor = STR("officer 1"),
                               .passage = no}};
    if (role == ROLE_TRADER) rq.in.actor = STR("trader 1");
    ops_key(&t->ops, &rq);
    return rq;
}
static LedgerRequest declaration(Test *t, int serial) { // an empty truck going out
    LedgerRequest rq = request(t, IN_DECLARE, ROLE_TRADER, 0);
    char lrn[16], plate[16];
    int n = snprintf(lrn, sizeof lrn, "L-%d", serial), m = snprintf(plate, sizeof plate, "12C%05d", serial);
    rq.in.u.declare = (Declaration){.lrn = arena_str(&t->a, (Str){lrn, (size_t)n}),
                                    .plate = arena_str(&t->a, (Str){plate, (size_t)m}),
                                    .vehicle_country = STR("VN"),
                                    .driver_id = STR("driver 1"),
                                    .direction = DIRECTION_EXPORT,
                                    .mode = MODE_THROUGH,
                                    .tare_kg = 12000,
                                    .empty = true};
    return rq;
}
static LedgerRequest move(Test *t, uint32_t no, Role role, Move m) {
    LedgerRequest rq = request(t, IN_MOVE, role, no);
    rq.in.u.move = (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE};
    return rq;
}
// Many interleaved passages. Batches of random size; now and then another site. NULL or what was wrong.
static void live_through(Test *t, uint32_t inputs) {
    uint32_t left = 0;
    for (uint32_t i = 0; i < inputs; i++) {
        if (!left) assert_ok(ledger_begin(t->l)), left = 1 + (uint32_t)prng_below(&t->ops.r, 12);
        LedgerRequest rq;
        LedgerReply r;
        if (prng_chance(&t->ops.r, 9))
            rq = ops_tick(&t->ops, ledger_gate(t->l));
        else if (!ops_next(&t->ops, ledger_gate(t->l), ledger_store(t->l), &rq))
            continue;
        assert_ok(ledger_step(t->l, &rq, &t->a, &r));
        if (--left == 0) assert_ok(ledger_commit(t->l));
        if (!left && prng_chance(&t->ops.r, 3))
            assert_ok(ledger_adopt(t->l, (int)prng_below(&t->ops.r, OPS_SITES), t->ops.now, NULL));
    }
    if (left) assert_ok(ledger_commit(t->l));
}

// ---- what a step answers
static json_t *events_of(const LedgerReply *r) {
    json_t *j = json_loadb(r->events.p, r->events.n, 0, NULL);
    assert_true(json_is_array(j));
    return j;
}
static void replies_tell_what_happened(void **state) {
    (void)state;
    Test t;
    start(&t, 0);
    LedgerReply r = one(&t, declaration(&t, 1));
    assert_false(r.replayed || r.key_reused || r.refused);
    assert_int_equal(r.passage, 1);
    assert_true(r.first_seq == 2 && r.last_seq >= r.first_seq); // 1 is the site
    json_t *j = events_of(&r);
    assert_int_equal(json_array_size(j), r.last_seq - r.first_seq + 1);
    for (size_t i = 0; i < json_array_size(j); i++)
        assert_int_equal(json_integer_value(json_object_get(json_array_get(j, i), "seq")), r.first_seq + i);
    assert_string_equal(json_string_value(json_object_get(json_array_get(j, 0), "kind")), "DECLARED");
    json_decref(j);
    r = one(&t, move(&t, 1, ROLE_GUARD, MOVE_CROSS_OUT)); // out of order
    assert_true(r.refused && r.code == REFUSE_OUT_OF_ORDER && r.passage == 1 && r.first_seq == r.last_seq);
    j = events_of(&r);
    assert_string_equal(json_string_value(json_object_get(json_array_get(j, 0), "kind")), "REFUSED");
    json_decref(j);
    r = one(&t, move(&t, 77, ROLE_BOARD, MOVE_DEPART));
    assert_true(r.refused && r.code == REFUSE_UNKNOWN_PASSAGE);
    LedgerRequest idle = {.in = {.t_ms = t.ops.now, .kind = IN_TICK, .role = ROLE_SYSTEM, .actor = STR("gate")}};
    StoreHead before = store_head(ledger_store(t.l));
    r = one(&t, idle);
    assert_true(r.first_seq == 0 && r.last_seq == 0 && store_head(ledger_store(t.l)).input_no == before.input_no);
    assert_whole(t.l, NULL);
    stop(&t);
}
static void without_a_site_everything_is_refused(void **state) {
    (void)state;
    Test t = {.l = NULL};
    quiet();
    home_make(&t.home);
    ops_init(&t.ops, 1);
    arena_init(&t.a, 16u << 20);
    t.l = home_open(&t.home, 0);
    assert_null(gate_site(ledger_gate(t.l)));
    LedgerRequest rq = declaration(&t, 1);
    LedgerReply r = one(&t, rq), again = one(&t, rq);
    assert_true(r.refused && r.code == REFUSE_NO_SITE && again.replayed && again.refused &&
                again.code == REFUSE_NO_SITE);
    assert_ok(ledger_adopt(t.l, 0, t.ops.now, NULL));
    again = one(&t, rq); // still the first answer
    assert_true(again.replayed && again.refused);
    assert_false(one(&t, declaration(&t, 1)).refused);
    reopen(&t, 0);
    assert_whole(t.l, NULL);
    stop(&t);
}

// ---- idempotency
static void assert_same_answer(const LedgerReply *a, const LedgerReply *b) {
    assert_true(b->replayed && !b->key_reused);
    assert_true(a->refused == b->refused && a->code == b->code && a->passage == b->passage &&
                a->first_seq == b->first_seq && a->last_seq == b->last_seq);
    assert_int_equal(a->events.n, b->events.n);
    assert_memory_equal(a->events.p, b->events.p, a->events.n);
}
static void a_key_is_answered_again_and_done_once(void **state) {
    (void)state;
    Test t;
    start(&t, 0);
    LedgerRequest rq[3] = {declaration(&t, 1), move(&t, 1, ROLE_GUARD, MOVE_CROSS_OUT),
                           move(&t, 1, ROLE_YARD, MOVE_ARRIVE)};
    LedgerReply first[3], again;
    uint8_t before[STORE_HASH_LEN], after[STORE_HASH_LEN];
    assert_ok(ledger_begin(t.l));
    for (int i = 0; i < 3; i++) {
        assert_ok(ledger_step(t.l, &rq[i], &t.a, &first[i]));
        assert_ok(ledger_step(t.l, &rq[i], &t.a, &again)); // also within the batch
        assert_same_answer(&first[i], &again);
    }
    assert_ok(ledger_commit(t.l));
    assert_true(first[1].refused && !first[2].refused);
    StoreHead head = store_head(ledger_store(t.l));
    digest_now(t.l, before);
    for (int life = 0; life < 3; life++) {
        for (int i = 0; i < 3; i++) {
            LedgerRequest late = rq[i];
            late.in.t_ms += DAY_MS, late.in.random = 99;
            again = one(&t, late);
            assert_same_answer(&first[i], &again);
            late.body_hash[5] ^= 1;
            again = one(&t, late);
            assert_true(again.key_reused && !again.refused && !again.replayed && again.first_seq == 0);
        }
        digest_now(t.l, after);
        assert_memory_equal(before, after, sizeof before);
        assert_int_equal(store_head(ledger_store(t.l)).input_no, head.input_no);
        reopen(&t, 0);
    }
    LedgerRequest other = rq[0];
    other.in.actor = STR("trader 2"); // a key belongs to its actor
    again = one(&t, other);
    assert_true(!again.replayed && !again.key_reused && again.refused);
    assert_whole(t.l, NULL);
    stop(&t);
}

// One input that touches more passages than an answer names or the projection keeps at once.
static void a_long_answer_is_repeated_as_it_was(void **state) {
    (void)state;
    Test t;
    start(&t, 100);
    ledger_close(t.l);
    LedgerOpts o = {.store = {.path = t.home.path}, .limits = {200}, .snapshot_every = 100};
    assert_ok(ledger_open(&o, &t.l));
    static GoodsLine line = {.hs = {"847130", 6}, .net_kg = 900, .gross_kg = 1000};
    for (int i = 1; i <= 90; i++) {
        LedgerRequest rq = declaration(&t, i);
        Declaration *d = &rq.in.u.declare;
        d->empty = false, d->goods = (List){&line, 1}, d->customs_no = d->lrn, d->regime = REGIME_ORDINARY;
        LedgerReply r = one(&t, rq);
        if (r.refused) fail_msg(STR_F, STR_A(r.events));
    }
    static const Embargo embargo = {.id = {"e9", 2}, .basis = {"notice", 6}, .reason = {"feast", 5}, .hs = {"84", 2}};
    LedgerRequest rq = request(&t, IN_EMBARGO, ROLE_BOARD, 0);
    rq.in.u.embargo.embargo = &embargo;
    LedgerReply r = one(&t, rq), again = one(&t, rq);
    assert_int_equal(r.last_seq - r.first_seq + 1, 91); // the embargo, and a mark on each passage
    assert_same_answer(&r, &again);
    json_t *j = events_of(&r);
    assert_int_equal(json_array_size(j), 64);
    json_decref(j);
    assert_whole(t.l, NULL);
    ledger_close(t.l);
    assert_ok(ledger_open(&o, &t.l));
    again = one(&t, rq);
    assert_same_answer(&r, &again);
    assert_whole(t.l, NULL);
    stop(&t);
}
// More passages end than the kernel keeps in its ring of the closed: places are used again, the oldest are only in the
// read models.
static void places_of_closed_passages_are_used_again(void **state) {
    (void)state;
    Test t;
    uint8_t a[STORE_HASH_LEN], b[STORE_HASH_LEN];
    start(&t, 200);
    LedgerReply r;
    for (int i = 1; i <= 300; i++) {
        if (i % 10 == 1) assert_ok(ledger_begin(t.l));
        LedgerRequest in = declaration(&t, i), out = move(&t, (uint32_t)i, ROLE_BOARD, MOVE_TURN_BACK);
        out.in.u.move.reason = STR("by the test");
        assert_ok(ledger_step(t.l, &in, &t.a, &r));
        assert_true(!r.refused && r.passage == (uint32_t)i);
        assert_ok(ledger_step(t.l, &out, &t.a, &r));
        assert_false(r.refused);
        if (i % 10 == 0) assert_ok(ledger_commit(t.l));
    }
    assert_null(gate_find(ledger_gate(t.l), 20));
    StorePassage p;
    assert_ok(store_get_passage(ledger_store(t.l), 20, &t.a, &p));
    assert_false(p.open);
    live_through(&t, 400);
    digest_now(t.l, a);
    reopen(&t, 200);
    digest_now(t.l, b);
    assert_memory_equal(a, b, sizeof a);
    assert_whole(t.l, NULL);
    r = one(&t, move(&t, 20, ROLE_BOARD, MOVE_DEPART));
    assert_true(r.refused && r.code == REFUSE_UNKNOWN_PASSAGE);
    assert_whole(t.l, NULL);
    stop(&t);
}

static void too_small_a_gate_is_an_error(void **state) {
    (void)state;
    for (int with_snapshot = 0; with_snapshot < 2; with_snapshot++) {
        Test t;
        start(&t, 0);
        ledger_close(t.l);
        LedgerOpts o = {.store = {.path = t.home.path}, .limits = {400}, .snapshot_every = with_snapshot ? 330 : 0};
        assert_ok(ledger_open(&o, &t.l));
        assert_ok(ledger_begin(t.l));
        for (int i = 1; i <= 400; i++) {
            LedgerRequest rq = declaration(&t, i);
            LedgerReply r;
            assert_ok(ledger_step(t.l, &rq, &t.a, &r));
            assert_false(r.refused);
        }
        LedgerRequest rq = declaration(&t, 401);
        LedgerReply r;
        assert_ok(ledger_step(t.l, &rq, &t.a, &r));
        assert_true(r.refused && r.code == REFUSE_GATE_FULL);
        assert_ok(ledger_commit(t.l));
        ledger_close(t.l);
        t.l = NULL;
        o.limits.passages_max = 10;
        assert_int_equal(ledger_open(&o, &t.l), ERR_LIMIT);
        Store *s;
        ReplayReply reply;
        assert_ok(store_open_reader(&o.store, &s));
        assert_int_equal(ledger_replay(s, o.limits, &reply), ERR_LIMIT);
        store_close(s);
        o.limits.passages_max = 400;
        assert_ok(ledger_open(&o, &t.l));
        assert_whole(t.l, NULL);
        stop(&t);
    }
}

// ---- whole stories
static void stories_read_back_replay_and_rebuild(void **state) {
    (void)state;
    Seen all = {.effects = 0};
    uint64_t seeds = MAX(1, prop_seeds(200) / 16);
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        Test t;
        Seen seen;
        uint8_t a[STORE_HASH_LEN], b[STORE_HASH_LEN];
        start(&t, 150);
        t.ops.r.s = seed * 7919;
        live_through(&t, RUN_INPUTS);
        const char *wrong = ledger_wrong(t.l, &seen);
        if (!wrong) wrong = ledger_models_wrong(t.l);
        if (wrong) fail_msg("seed %llu: %s", (unsigned long long)seed, wrong);
        digest_now(t.l, a);
        reopen(&t, 150); // from the snapshot and the tail
        digest_now(t.l, b);
        assert_memory_equal(a, b, sizeof a);
        live_through(&t, 60);
        assert_whole(t.l, &seen);
        for (int k = 0; k < EVENT_COUNT; k++) all.kinds[k] += seen.kinds[k];
        all.effects += seen.effects, all.closed += seen.closed;
        stop(&t);
    }
    print_message("%llu seeds, %llu passages closed, %llu effects; events:", (unsigned long long)seeds,
                  (unsigned long long)all.closed, (unsigned long long)all.effects);
    for (int k = 1; k < EVENT_COUNT; k++)
        print_message(" %s %llu", EventKind_names.names[k], (unsigned long long)all.kinds[k]);
    print_message("\n");
    assert_true(seeds < 12 || all.closed > 100);
    for (int k = 1; k < EVENT_COUNT && seeds >= 12; k++) assert_true(all.kinds[k] > 0); // every kind was read back
}

// ---- snapshots
static void run_sql(const Home *h, const char *sql) {
    sqlite3 *db = NULL;
    char *text = NULL;
    assert_int_equal(sqlite3_open(h->path, &db), SQLITE_OK);
    int rc = sqlite3_exec(db, sql, NULL, NULL, &text);
    if (rc != SQLITE_OK) print_error("%s: %s\n", sql, text);
    assert_int_equal(rc, SQLITE_OK);
    sqlite3_free(text);
    sqlite3_close(db);
}
static void damaged_snapshots_are_passed_over(void **state) {
    (void)state;
    static const char *const damage[] = {
        "UPDATE snapshot SET state = zeroblob(length(state)) WHERE seq = (SELECT max(seq) FROM snapshot)",
        "UPDATE snapshot SET state = substr(state, 1, length(state) / 2)", "UPDATE snapshot SET state = x''",
        "DELETE FROM snapshot"};
    Test t;
    uint8_t a[STORE_HASH_LEN], b[STORE_HASH_LEN];
    start(&t, 40);
    for (size_t i = 0; i < ARRAY_LEN(damage); i++) {
        live_through(&t, 300);
        digest_now(t.l, a);
        ledger_close(t.l);
        run_sql(&t.home, damage[i]);
        t.l = home_open(&t.home, 40);
        digest_now(t.l, b);
        assert_memory_equal(a, b, sizeof a);
    }
    assert_whole(t.l, NULL);
    stop(&t);
}
// Bytes that carry a good hash but are no state of this program: as if an older one had written them.
static void a_foreign_snapshot_is_passed_over(void **state) {
    (void)state;
    static const char *const texts[] = {"", "12345678", "\xff\xff\xff\xff\xff\xff\xff\xff", "\1\0\0\0\0\0\0\0{",
                                        "\2\0\0\0\0\0\0\0{}and more"};
    static const size_t sizes[] = {0, 8, 8, 9, 18};
    Test t;
    uint8_t a[STORE_HASH_LEN], b[STORE_HASH_LEN];
    start(&t, 1000000);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        live_through(&t, 100);
        digest_now(t.l, a);
        StoreHead h = store_head(ledger_store(t.l));
        StoreSnapshot snap = {.seq = h.seq, .input_no = h.input_no, .state = {texts[i], sizes[i]}};
        assert_ok(store_begin(ledger_store(t.l)));
        assert_ok(store_put_snapshot(ledger_store(t.l), &snap));
        assert_ok(store_commit(ledger_store(t.l)));
        reopen(&t, 1000000);
        digest_now(t.l, b);
        assert_memory_equal(a, b, sizeof a);
    }
    assert_whole(t.l, NULL);
    stop(&t);
}

// ---- a journal that cannot be read
static void an_unreadable_event_is_an_error(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "''",
        "'{'",
        "'[]'",
        "'{\"kind\":\"MOVED\"}'",
        "'{\"kind\":\"WALKED\",\"at\":\"2026-11-30T00:00:00.000Z\",\"role\":\"board\",\"data\":{}}'",
        "replace(body, '\"data\":{', '\"data\":{\"surprise\":1,')",
        "replace(body, '\"role\":\"', '\"role\":\"x')",
        "CAST(x'ff01ff' AS TEXT)"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        Test t;
        char sql[400];
        start(&t, 0);
        live_through(&t, 60);
        ledger_close(t.l);
        snprintf(sql, sizeof sql, "UPDATE journal SET body = %s WHERE seq = 5", bodies[i]);
        run_sql(&t.home, sql);
        LedgerOpts o = {.store = {.path = t.home.path}, .limits = {OPS_PASSAGES}};
        t.l = NULL;
        assert_int_equal(ledger_open(&o, &t.l), ERR_CORRUPT);
        assert_null(t.l);
        Store *s;
        ReplayReply r;
        assert_ok(store_open_reader(&o.store, &s));
        assert_int_equal(ledger_replay(s, o.limits, &r), ERR_CORRUPT);
        store_close(s);
        stop(&t);
    }
}

// ---- the site changes
static void a_new_site_says_whom_it_touches(void **state) {
    (void)state;
    Test t;
    SiteReply r;
    start(&t, 0);
    for (int i = 1; i <= 5; i++) {
        LedgerRequest rq = declaration(&t, i);
        if (i <= 2) rq.in.u.declare.direction = DIRECTION_IMPORT;
        assert_false(one(&t, rq).refused);
    }
    uint64_t head = store_head(ledger_store(t.l)).seq;
    assert_ok(ledger_adopt(t.l, 0, t.ops.now, &r)); // the same again
    assert_true(!r.changed && r.affected == 0 && store_head(ledger_store(t.l)).seq == head);
    assert_ok(ledger_adopt(t.l, 3, t.ops.now, &r));
    assert_true(r.changed);
    assert_int_equal(r.affected, 3); // the exports
    assert_whole(t.l, NULL);
    SiteReply *bad = calloc(1, sizeof *bad);
    Arena a;
    arena_init(&a, 16u << 20);
    head = store_head(ledger_store(t.l)).seq;
    assert_int_not_equal(ledger_adopt_site(t.l, STR("{\"id\":1}"), t.ops.now, &a, bad), OK);
    assert_true(bad->problems > 0);
    json_t *j = json_loadb(ops_site(0).p, ops_site(0).n, 0, NULL);
    json_array_remove(json_object_get(j, "lanes"), 0); // a lane that the journal may speak of
    char *text = json_dumps(j, JSON_COMPACT);
    assert_int_equal(ledger_adopt_site(t.l, str_c(text), t.ops.now, &a, bad), ERR_INVALID);
    assert_true(bad->problems > 0 && store_head(ledger_store(t.l)).seq == head);
    free(text), json_decref(j), free(bad);
    arena_deinit(&a);
    assert_whole(t.l, NULL);
    stop(&t);
}

// ---- the outbox
typedef struct {
    uint64_t id[32];
    uint32_t n;
} Effects;
static bool collect(void *ctx, const StoreEffect *e) {
    Effects *f = ctx;
    if (str_eq_c(e->kind, "open_barrier") && f->n < ARRAY_LEN(f->id)) f->id[f->n++] = e->id;
    return true;
}
static Effects barriers(Test *t) {
    Effects f = {.n = 0};
    assert_ok(store_each_effect(ledger_store(t->l), 0, 0, STR_EMPTY, collect, &f));
    return f;
}
static void confirm(Test *t, uint64_t id, bool failed) {
    LedgerRequest rq = request(t, IN_EFFECT_DONE, ROLE_DEVICE, 0);
    rq.in.u.effect_done = (InEffectDone){.effect = (int64_t)id, .failed = failed};
    LedgerReply r = one(t, rq), again = one(t, rq);
    assert_false(r.refused);
    assert_same_answer(&r, &again);
}
static void a_barrier_is_asked_for_once_and_until_confirmed(void **state) {
    (void)state;
    Test t;
    start(&t, 0);
    LedgerRequest box = declaration(&t, 1);
    box.in.u.declare.mode = MODE_UNMANNED, box.in.u.declare.plate = STR_EMPTY,
    box.in.u.declare.container = STR("MSKU0000017"), box.in.u.declare.container_type = STR("45G1");
    uint32_t no = one(&t, box).passage;
    assert_int_equal(barriers(&t).n, 0);
    LedgerRequest match = request(&t, IN_DECIDE, ROLE_CENTRE, no);
    match.in.u.decide = (InDecide){.task = site_find(gate_site(ledger_gate(t.l)), DYN_TASK, STR("data_match")),
                                   .outcome = OUTCOME_GRANT};
    assert_false(one(&t, match).refused);
    LedgerRequest in = move(&t, no, ROLE_YARD, MOVE_GATE_IN);
    LedgerReply r = one(&t, in);
    assert_false(r.refused);
    Effects f = barriers(&t);
    assert_int_equal(f.n, 1);
    assert_true(f.id[0] / 16 >= r.first_seq && f.id[0] / 16 <= r.last_seq);
    one(&t, in); // a repeated request asks for nothing
    assert_int_equal(barriers(&t).n, 1);
    confirm(&t, f.id[0], true); // the device could not: it stays
    assert_int_equal(barriers(&t).n, 1);
    reopen(&t, 0);
    assert_int_equal(barriers(&t).n, 1);
    assert_whole(t.l, NULL);
    confirm(&t, f.id[0], false);
    confirm(&t, f.id[0], false); // by another message: no harm
    assert_int_equal(barriers(&t).n, 0);
    assert_whole(t.l, NULL);
    assert_int_equal(barriers(&t).n, 0);
    stop(&t);
}

// ---- time
static void the_clock_goes_back(void **state) {
    (void)state;
    Test t;
    start(&t, 0);
    one(&t, declaration(&t, 1));
    int64_t was = gate_now(ledger_gate(t.l));
    LedgerRequest rq = declaration(&t, 2);
    rq.in.t_ms = was - HOUR_MS;
    LedgerReply r = one(&t, rq);
    assert_true(!r.refused && r.passage == 2); // it is carried out, at the time of the last event
    json_t *j = events_of(&r);
    assert_string_equal(json_string_value(json_object_get(json_array_get(j, 0), "kind")), "ALARM");
    assert_string_equal(json_string_value(json_object_get(json_object_get(json_array_get(j, 0), "data"), "alarm")),
                        "clock");
    json_decref(j);
    assert_int_equal(gate_now(ledger_gate(t.l)), was);
    assert_int_equal(gate_find(ledger_gate(t.l), 2)->declared_ms, was);
    rq = move(&t, 1, ROLE_GUARD, MOVE_CROSS_OUT); // a refusal with the clock still behind: no second alarm
    rq.in.t_ms = was - 2 * HOUR_MS;
    r = one(&t, rq);
    assert_true(r.refused && r.first_seq == r.last_seq);
    rq = request(&t, IN_ALARM_ACK, ROLE_CENTRE, 0);
    rq.in.u.alarm_ack.alarm = ALARM_CLOCK;
    rq.in.t_ms = was;
    assert_false(one(&t, rq).refused);
    rq =
        move(&t, 1, ROLE_GUARD, MOVE_CROSS_OUT); // acknowledged, then it happens again: alarm and refusal in one answer
    rq.in.t_ms = was - 2 * HOUR_MS;
    r = one(&t, rq);
    LedgerReply again = one(&t, rq);
    assert_true(r.refused && r.code == REFUSE_OUT_OF_ORDER && r.last_seq == r.first_seq + 1);
    assert_same_answer(&r, &again);
    int64_t last = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open_v2(t.home.path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT t_ms FROM journal ORDER BY seq", -1, &q, NULL), SQLITE_OK);
    for (; sqlite3_step(q) == SQLITE_ROW; last = sqlite3_column_int64(q, 0))
        assert_true(sqlite3_column_int64(q, 0) >= last);
    sqlite3_finalize(q), sqlite3_close(db);
    assert_whole(t.l, NULL);
    stop(&t);
}

// ---- a step that fails
static void a_failed_step_takes_the_whole_batch_back(void **state) {
    (void)state;
    Test t;
    uint8_t before[2][STORE_HASH_LEN], after[STORE_HASH_LEN];
    start(&t, 0);
    live_through(&t, 200);
    StoreHead head = store_head(ledger_store(t.l));
    digest_now(t.l, before[0]);
    assert_ok(store_read_model_digest(ledger_store(t.l), before[1]));
    static char huge[70u << 20]; // a reason that no event has room for
    memset(huge, 'x', sizeof huge);
    LedgerRequest good = declaration(&t, 90001), bad = request(&t, IN_ROAD, ROLE_BOARD, 0);
    bad.in.u.road = (InRoad){.open = true, .reason = {huge, sizeof huge}};
    LedgerReply r;
    assert_ok(ledger_begin(t.l));
    assert_ok(ledger_step(t.l, &good, &t.a, &r));
    assert_false(r.refused);
    uint32_t no = r.passage;
    assert_int_equal(ledger_step(t.l, &bad, &t.a, &r), ERR_LIMIT);
    assert_false(ledger_fatal(t.l));
    assert_null(gate_find(ledger_gate(t.l), no));
    assert_int_equal(store_head(ledger_store(t.l)).seq, head.seq);
    assert_memory_equal(store_head(ledger_store(t.l)).hash, head.hash, STORE_HASH_LEN);
    digest_now(t.l, after);
    assert_memory_equal(before[0], after, sizeof after);
    assert_ok(store_read_model_digest(ledger_store(t.l), after));
    assert_memory_equal(before[1], after, sizeof after);
    r = one(&t, good); // its key was not used up
    assert_true(!r.replayed && !r.refused && r.passage == no);
    live_through(&t, 50);
    assert_whole(t.l, NULL);
    stop(&t);
}

// ---- listeners
typedef struct {
    uint64_t last;
    uint32_t lost_owner;
    Ledger *l;
} Heard;
static void hear(void *ctx, const StoreEvent *e, Str trader) {
    Heard *h = ctx;
    assert_int_equal(e->seq, h->last + 1);
    h->last = e->seq;
    bool known = e->passage && e->passage <= gate_last_no(ledger_gate(h->l));
    if (known && !str_eq_c(trader, "trader 1")) h->lost_owner++;
    if (!known && trader.n) h->lost_owner++;
}
static void listeners_hear_all_of_it_in_order(void **state) {
    (void)state;
    Test t;
    start(&t, 0);
    Heard h = {.last = store_head(ledger_store(t.l)).seq, .l = t.l};
    ledger_listen(t.l, hear, &h);
    live_through(&t, 30);
    assert_int_equal(h.last, store_head(ledger_store(t.l)).seq);
    LedgerReply r;
    LedgerRequest lost = declaration(&t, 90002);
    assert_ok(ledger_begin(t.l)); // a batch that fails is not heard, and leaves no owner behind
    assert_ok(ledger_step(t.l, &lost, &t.a, &r));
    assert_false(r.refused);
    static char huge[70u << 20];
    memset(huge, 'x', sizeof huge);
    LedgerRequest bad = request(&t, IN_ROAD, ROLE_BOARD, 0);
    bad.in.u.road = (InRoad){.open = true, .reason = {huge, sizeof huge}};
    uint32_t no = r.passage;
    assert_int_equal(ledger_step(t.l, &bad, &t.a, &r), ERR_LIMIT);
    assert_true(one(&t, move(&t, no, ROLE_BOARD, MOVE_DEPART)).refused);
    assert_int_equal(h.last, store_head(ledger_store(t.l)).seq);
    live_through(&t, 400);
    assert_int_equal(h.last, store_head(ledger_store(t.l)).seq);
    assert_int_equal(h.lost_owner, 0);
    stop(&t);
}
int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_tell_what_happened),
        cmocka_unit_test(without_a_site_everything_is_refused),
        cmocka_unit_test(a_key_is_answered_again_and_done_once),
        cmocka_unit_test(a_long_answer_is_repeated_as_it_was),
        cmocka_unit_test(too_small_a_gate_is_an_error),
        cmocka_unit_test(the_clock_goes_back),
        cmocka_unit_test(a_barrier_is_asked_for_once_and_until_confirmed),
        cmocka_unit_test(a_new_site_says_whom_it_touches),
        cmocka_unit_test(a_failed_step_takes_the_whole_batch_back),
        cmocka_unit_test(listeners_hear_all_of_it_in_order),
        cmocka_unit_test(places_of_closed_passages_are_used_again),
        cmocka_unit_test(damaged_snapshots_are_passed_over),
        cmocka_unit_test(a_foreign_snapshot_is_passed_over),
        cmocka_unit_test(an_unreadable_event_is_an_error),
        cmocka_unit_test(stories_read_back_replay_and_rebuild),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}

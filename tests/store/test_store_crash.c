// Crashes and failures of the disk, by seed: what store_commit() acknowledged is there, nothing is half, the chain
// holds. Mutants prove that the property can fail: a disk that lies about its fsync, and a store that does not ask for
// one.
#include "store_fixture.h"
#include "store/store_fault.h"

typedef struct { // a state the file may be found in
    StoreHead head;
    uint8_t digest[STORE_HASH_LEN];
} Mark;
typedef struct {
    FaultDisk *disk;
    Store *store;
    Prng rng;
    Mark acked, pending;
    bool has_pending; // a commit failed or the power went: its batch may be there or not, as a whole
    bool sync_off;    // mutant
    const char *wrong;
    uint64_t commits, errors;
} Run;
static const StoreOpts opts = {.path = "gate.db", .vfs = "crash", .exclusive = true, .cache_kib = 64};

static bool wrong(Run *r, const char *what) {
    if (!r->wrong) r->wrong = what;
    return false;
}
static bool mark_take(Store *s, Mark *ret) {
    ret->head = store_head(s);
    return store_read_model_digest(s, ret->digest) == OK;
}
static bool mark_equal(const Mark *a, const Mark *b) {
    return a->head.seq == b->head.seq && a->head.input_no == b->head.input_no && a->head.t_ms == b->head.t_ms &&
           memcmp(a->head.hash, b->head.hash, STORE_HASH_LEN) == 0 && memcmp(a->digest, b->digest, STORE_HASH_LEN) == 0;
}
static void store_abandon(Run *r) { // the handle only: its connection sees errors since the crash or the kill
    if (r->store) store_close(r->store);
    r->store = NULL;
}

// Opens, with a fault under way in some runs; the last try is without one and must succeed.
static bool reopen(Run *r) {
    if (prng_chance(&r->rng, 25)) {
        FaultKind kind = (FaultKind)prng_below(&r->rng, FAULT_KINDS);
        fault_disk_fail(r->disk, kind, 1 + prng_below(&r->rng, 30));
        Err e = store_open(&opts, &r->store);
        if (e && e != ERR_IO && e != ERR_FULL) return wrong(r, "opening with a fault gave a wrong error");
        bool cut = fault_disk_dead(r->disk) || (e && prng_chance(&r->rng, 50));
        for (int k = 0; k < FAULT_KINDS; k++) fault_disk_fail(r->disk, (FaultKind)k, 0);
        if (cut) {
            fault_disk_crash(r->disk, prng_next(&r->rng));
            store_abandon(r);
        }
        if (r->store && store_fatal(r->store)) {
            store_close(r->store);
            r->store = NULL;
        }
        r->errors += e != OK;
    }
    if (!r->store && store_open(&opts, &r->store) != OK) return wrong(r, "the file does not open");
    Mark found;
    if (!mark_take(r->store, &found)) return wrong(r, "the read models cannot be read");
    StoreVerdict v = {.inputs = 0};
    if (store_verify(r->store, NULL, NULL, &v) != OK) return wrong(r, "the chain does not verify");
    if (v.inputs != found.head.input_no || v.events != found.head.seq) return wrong(r, "rows and head differ");
    bool known = mark_equal(&found, &r->acked) || (r->has_pending && mark_equal(&found, &r->pending));
    if (!known) return wrong(r, "the content is neither the acknowledged one nor with the batch under way");
    r->acked = found;
    r->has_pending = false;
    return true;
}
static void plan_faults(Run *r) {
    uint64_t n = 1 + prng_below(&r->rng, 120);
    switch (prng_below(&r->rng, 7)) {
    case 0: fault_disk_fail(r->disk, FAULT_WRITE, n); break;
    case 1: fault_disk_fail(r->disk, FAULT_SYNC, 1 + n / 8); break;
    case 2: fault_disk_fail(r->disk, FAULT_TRUNCATE, 1); break;
    case 3: fault_disk_limit(r->disk, fault_disk_bytes(r->disk) + 1 + prng_below(&r->rng, 60000)); break;
    case 4: break;
    default: fault_disk_fail(r->disk, FAULT_POWER, n); break;
    }
}
// After an error that is not fatal the store goes on from the acknowledged state.
static bool after_error(Run *r, Err e) {
    r->errors++;
    if (e != ERR_IO && e != ERR_FULL) return wrong(r, "a failing disk gave a wrong error");
    StoreHead h = store_head(r->store);
    if (h.seq != r->acked.head.seq || h.input_no != r->acked.head.input_no ||
        memcmp(h.hash, r->acked.head.hash, STORE_HASH_LEN) != 0)
        return wrong(r, "the head was not restored");
    if (fault_disk_dead(r->disk)) return true;
    if (store_fatal(r->store)) {
        if (store_begin(r->store) != ERR_IO) return wrong(r, "a write after a failed fsync was not refused");
        return true;
    }
    fault_disk_limit(r->disk, 0);
    Mark now;
    if (!mark_take(r->store, &now)) return wrong(r, "the store cannot be read after an error");
    return mark_equal(&now, &r->acked) || wrong(r, "an error left something behind");
}
static bool batch(Run *r) {
    Err e = store_begin(r->store);
    if (e) return after_error(r, e);
    for (uint64_t i = 1 + prng_below(&r->rng, 4); i > 0 && !e; i--) e = work_step(r->store, &r->rng);
    Mark next;
    if (!e && !mark_take(r->store, &next)) e = ERR_IO;
    if (e || prng_chance(&r->rng, 5)) {
        store_rollback(r->store);
        return e ? after_error(r, e) : true;
    }
    e = store_commit(r->store);
    if (e) {
        r->pending = next;
        r->has_pending = true;
        return after_error(r, e);
    }
    r->commits++;
    r->acked = next;
    r->has_pending = false;
    return true;
}
static bool life(Run *r) {
    static const int frames[] = {5, 20, 100};
    if (!reopen(r)) return false;
    r->store->checkpoint_frames = frames[prng_below(&r->rng, ARRAY_LEN(frames))];
    if (r->sync_off && sqlite3_exec(r->store->db, "PRAGMA synchronous=OFF", NULL, NULL, NULL) != SQLITE_OK)
        return wrong(r, "the mutant cannot be planted");
    plan_faults(r);
    for (uint64_t n = 1 + prng_below(&r->rng, 25); n > 0; n--) {
        if (fault_disk_dead(r->disk) || store_fatal(r->store)) break;
        if (!batch(r)) return false;
    }
    if (!fault_disk_dead(r->disk) && !store_fatal(r->store) && prng_chance(&r->rng, 30)) { // in the middle of a batch
        if (store_begin(r->store) == OK) (void)!work_step(r->store, &r->rng);
    }
    uint64_t end = prng_below(&r->rng, 10);
    if (fault_disk_dead(r->disk) || end < 7)
        fault_disk_crash(r->disk, prng_next(&r->rng));
    else if (end < 9)
        fault_disk_kill(r->disk);
    store_abandon(r);
    for (int k = 0; k < FAULT_KINDS; k++) fault_disk_fail(r->disk, (FaultKind)k, 0);
    fault_disk_limit(r->disk, 0);
    // a clean end that failed on the way (the power went while closing) is a crash too
    if (fault_disk_dead(r->disk)) fault_disk_crash(r->disk, prng_next(&r->rng));
    return true;
}

typedef enum { MUTANT_NONE, MUTANT_LYING_DISK, MUTANT_SYNC_OFF } Mutant;
static Run run_seed(uint64_t seed, Mutant mutant) {
    Run r = {.rng = {seed}, .sync_off = mutant == MUTANT_SYNC_OFF};
    r.disk = fault_disk_new("crash", seed);
    Store *first = NULL; // the empty state is the first acknowledged one
    if (store_open(&opts, &first) != OK || !mark_take(first, &r.acked)) wrong(&r, "a new file does not open");
    store_close(first);
    fault_disk_lie(r.disk, mutant == MUTANT_LYING_DISK);
    for (uint64_t lives = 2 + prng_below(&r.rng, 4); lives > 0 && !r.wrong; lives--) life(&r);
    if (!r.wrong && reopen(&r)) store_abandon(&r);
    if (r.store) store_close(r.store);
    fault_disk_free(r.disk);
    return r;
}

static void crashes_lose_nothing(void **state) {
    (void)state;
    uint64_t seeds = prop_seeds(300), commits = 0, errors = 0;
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        Run r = run_seed(seed, MUTANT_NONE);
        if (r.wrong) fail_msg("seed %llu: %s", (unsigned long long)seed, r.wrong);
        commits += r.commits;
        errors += r.errors;
    }
    print_message("%llu seeds, %llu commits, %llu errors met\n", (unsigned long long)seeds, (unsigned long long)commits,
                  (unsigned long long)errors);
    assert_true(seeds < 50 || (commits > seeds * 5 && errors > seeds / 4)); // the property is not empty
}
static void mutant_is_caught(Mutant mutant, const char *name) {
    enum { SEEDS = 60 };
    unsigned caught = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) caught += run_seed(seed, mutant).wrong != NULL;
    print_message("%s: caught in %u of %d seeds\n", name, caught, SEEDS);
    assert_true(caught > 0);
}
static void lying_disk_is_caught(void **state) {
    (void)state;
    mutant_is_caught(MUTANT_LYING_DISK, "a disk that lies");
}
static void missing_fsync_is_caught(void **state) {
    (void)state;
    mutant_is_caught(MUTANT_SYNC_OFF, "synchronous=OFF");
}

// ---- single failures, one by one
static Store *fresh(FaultDisk **ret_disk) {
    Store *s = NULL;
    *ret_disk = fault_disk_new("crash", 7);
    assert_ok(store_open(&opts, &s));
    return s;
}
static void full_disk_keeps_what_was_acknowledged(void **state) {
    (void)state;
    FaultDisk *disk;
    Store *s = fresh(&disk);
    Prng r = {3};
    work_commit(s, &r, 5);
    StoreHead before = store_head(s);
    fault_disk_limit(disk, fault_disk_bytes(disk) + 6000);
    Err e = OK;
    for (int i = 0; i < 100 && !e; i++) {
        before = store_head(s);
        assert_ok(store_begin(s));
        for (int k = 0; k < 3 && !e; k++) e = work_step(s, &r);
        if (e)
            store_rollback(s);
        else
            e = store_commit(s);
    }
    assert_int_equal(e, ERR_FULL);
    assert_false(store_fatal(s));
    assert_int_equal(store_head(s).seq, before.seq);
    StoreVerdict v;
    assert_ok(store_verify(s, NULL, NULL, &v));
    assert_int_equal(v.inputs, before.input_no);
    fault_disk_limit(disk, 0); // room again: it goes on
    work_commit(s, &r, 3);
    assert_ok(store_verify(s, NULL, NULL, &v));
    assert_int_equal(v.inputs, before.input_no + 3);
    store_close(s);
    fault_disk_free(disk);
}
static void failed_fsync_is_fatal(void **state) {
    (void)state;
    FaultDisk *disk;
    Store *s = fresh(&disk);
    Prng r = {4};
    work_commit(s, &r, 5);
    StoreHead before = store_head(s);
    assert_ok(store_begin(s));
    assert_ok(work_step(s, &r));
    fault_disk_fail(disk, FAULT_SYNC, 1);
    assert_int_equal(store_commit(s), ERR_IO);
    assert_true(store_fatal(s));
    assert_int_equal(store_head(s).seq, before.seq);
    assert_int_equal(store_begin(s), ERR_IO);
    store_close(s);
    fault_disk_free(disk);
}
// The process ends after the failed fsync but the machine goes on: the next process sees in the page cache what the
// disk never got, builds on it, and then the power goes.
static void failed_fsync_then_a_new_process_then_a_crash(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        FaultDisk *disk;
        Store *s = fresh(&disk);
        Prng r = {seed};
        work_commit(s, &r, 2);
        assert_ok(store_begin(s));
        assert_ok(work_step(s, &r));
        fault_disk_fail(disk, FAULT_SYNC, 1);
        assert_int_equal(store_commit(s), ERR_IO);
        fault_disk_kill(disk);
        store_close(s);
        assert_ok(store_open(&opts, &s));
        work_commit(s, &r, 2);
        StoreHead h = store_head(s);
        fault_disk_crash(disk, seed);
        store_close(s);
        assert_ok(store_open(&opts, &s));
        assert_int_equal(store_head(s).seq, h.seq);
        assert_memory_equal(store_head(s).hash, h.hash, STORE_HASH_LEN);
        StoreVerdict v;
        assert_ok(store_verify(s, NULL, NULL, &v));
        store_close(s);
        fault_disk_free(disk);
    }
}
static void failed_fsync_of_a_checkpoint_is_seen(void **state) {
    (void)state;
    FaultDisk *disk;
    Store *s = fresh(&disk);
    Prng r = {5};
    s->checkpoint_frames = 1;
    assert_ok(store_begin(s));
    assert_ok(work_step(s, &r));
    fault_disk_fail(disk, FAULT_SYNC, 3); // header of the log, commit, then the checkpoint's own
    assert_ok(store_commit(s));           // it is durable in the log
    assert_true(store_fatal(s));
    StoreHead h = store_head(s);
    fault_disk_crash(disk, 9);
    store_close(s);
    assert_ok(store_open(&opts, &s));
    assert_int_equal(store_head(s).input_no, h.input_no);
    store_close(s);
    fault_disk_free(disk);
}
static void second_connection_is_locked_out(void **state) {
    (void)state;
    FaultDisk *disk;
    Store *s = fresh(&disk), *other = NULL;
    assert_int_equal(store_open(&opts, &other), ERR_LOCKED);
    assert_null(other);
    store_close(s);
    fault_disk_free(disk);
}

int main(void) {
    log_level = (LogLevel)(LOG_ERROR + 1);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_disk_keeps_what_was_acknowledged),
        cmocka_unit_test(failed_fsync_is_fatal),
        cmocka_unit_test(failed_fsync_then_a_new_process_then_a_crash),
        cmocka_unit_test(failed_fsync_of_a_checkpoint_is_seen),
        cmocka_unit_test(second_connection_is_locked_out),
        cmocka_unit_test(crashes_lose_nothing),
        cmocka_unit_test(lying_disk_is_caught),
        cmocka_unit_test(missing_fsync_is_caught),
    };
    return cmocka_run_group_tests_name("store_crash", tests, NULL, NULL);
}

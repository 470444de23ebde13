// Crashes and failures of the disk under the whole ledger, by seed. Clients send requests of many interleaved passages
// with idempotency keys; the power goes, writes and syncs fail, the disk fills. What was acknowledged is in the journal
// once, what was not is there whole or not at all, and a repeated request is carried out exactly once. Mutants planted
// under the ledger prove that the property can fail.
#include "ledger_ops.h"
#include "gate/gate_internal.h"
#include "store/store_fault.h"

#define SENT_MAX 2000
typedef enum { UNKNOWN, FOUND, ACKED } Fate; // FOUND: seen in the journal after a crash, from then on it must stay
typedef struct {
    LedgerRequest rq;
    LedgerReply reply; // the first one, when ACKED
    Fate fate;
    uint64_t batch; // the last one that took it as new
    uint32_t times; // in the journal, at the last look
    bool same;      // as sent and as answered
} Sent;
typedef struct {
    FaultDisk *disk;
    Ledger *l;
    Ops ops;
    Arena replies;
    Sent *sent;
    uint32_t sent_n;
    uint32_t in_batch[64], in_batch_n; // of the batch under way
    LedgerReply got[64];
    uint64_t batch, fresh; // number of the last batch, and how many of it were new
    uint64_t seq;          // acknowledged head
    char wrong[500];
    uint64_t commits, errors, crashes, replays, effects;
} Run;
static const GateLimits limits = {OPS_PASSAGES};

static bool wrong(Run *r, const char *what) {
    if (!r->wrong[0]) snprintf(r->wrong, sizeof r->wrong, "%s", what);
    return false;
}

// ---- mutants, planted between ledger and store by the linker
typedef enum {
    MUTANT_NONE,
    MUTANT_EARLY_ACK,
    MUTANT_NO_KEY,
    MUTANT_BAD_SNAPSHOT,
    MUTANT_EFFECT_LOST,
    MUTANT_EFFECT_STAYS,
    MUTANT_TASK_STAYS,
    MUTANTS
} Mutant;
static Mutant mutant;
static bool owed; // a commit that was answered but not made
Err __real_store_begin(Store *s);
Err __wrap_store_begin(Store *s);
Err __real_store_commit(Store *s);
Err __wrap_store_commit(Store *s);
Err __real_store_put_input(Store *s, const StoreInput *row);
Err __wrap_store_put_input(Store *s, const StoreInput *row);
Err __real_store_put_snapshot(Store *s, const StoreSnapshot *snap);
Err __wrap_store_put_snapshot(Store *s, const StoreSnapshot *snap);
Err __real_store_put_effect(Store *s, const StoreEffect *e);
Err __wrap_store_put_effect(Store *s, const StoreEffect *e);
Err __real_store_drop_effect(Store *s, uint64_t id);
Err __wrap_store_drop_effect(Store *s, uint64_t id);
Err __real_store_drop_task(Store *s, uint32_t passage, uint8_t task);
Err __wrap_store_drop_task(Store *s, uint32_t passage, uint8_t task);
Err __wrap_store_begin(Store *s) {
    if (owed) {
        owed = false;
        Err e = __real_store_commit(s);
        if (e) return e;
    }
    return __real_store_begin(s);
}
Err __wrap_store_commit(Store *s) {
    if (mutant != MUTANT_EARLY_ACK) return __real_store_commit(s);
    owed = true;
    return OK;
}
Err __wrap_store_put_input(Store *s, const StoreInput *row) {
    StoreInput copy = *row;
    if (mutant == MUTANT_NO_KEY && row->no % 8 == 0) copy.idem = STR_EMPTY;
    return __real_store_put_input(s, &copy);
}
Err __wrap_store_put_snapshot(Store *s, const StoreSnapshot *snap) {
    if (mutant != MUTANT_BAD_SNAPSHOT) return __real_store_put_snapshot(s, snap);
    char *p = malloc(snap->state.n);
    CK_ASSERT(p != NULL);
    memcpy(p, snap->state.p, snap->state.n);
    uint64_t site;
    memcpy(&site, p, sizeof site);
    p[sizeof site + site + 3 * sizeof(uint64_t) + sizeof(Small) - 1] ^=
        1; // behind head and site: a receipt that nobody used yet
    StoreSnapshot bad = *snap;
    bad.state.p = p;
    Err e = __real_store_put_snapshot(s, &bad);
    free(p);
    return e;
}
Err __wrap_store_put_effect(Store *s, const StoreEffect *e) {
    return mutant == MUTANT_EFFECT_LOST && e->id / 16 % 8 == 0 ? OK : __real_store_put_effect(s, e);
}
Err __wrap_store_drop_effect(Store *s, uint64_t id) {
    return mutant == MUTANT_EFFECT_STAYS ? OK : __real_store_drop_effect(s, id);
}
static bool rebuilding;
Err __wrap_store_drop_task(Store *s, uint32_t passage,
                           uint8_t task) { // the live projection forgets, the rebuilding one does not
    return mutant == MUTANT_TASK_STAYS && !rebuilding && passage % 8 == 0 ? OK
                                                                          : __real_store_drop_task(s, passage, task);
}

// ---- what the journal holds, against what was sent
static bool see_input(void *ctx, const StoreInput *in) {
    Run *r = ctx;
    if (!in->idem.n)
        return str_eq(in->kind, STR("tick")) || str_eq(in->kind, STR("site")) || wrong(r, "an input without its key");
    char key[32];
    snprintf(key, sizeof key, STR_F, STR_A(in->idem));
    uint64_t n = strtoull(key + 2, NULL, 10);
    if (n >= r->sent_n) return wrong(r, "an input that nobody sent");
    Sent *s = &r->sent[n];
    s->times++;
    s->same = str_eq(in->actor, s->rq.in.actor) && memcmp(in->body_hash, s->rq.body_hash, STORE_HASH_LEN) == 0 &&
              in->events > 0;
    if (s->fate == ACKED)
        s->same &= in->first_seq == s->reply.first_seq && in->first_seq + in->events - 1 == s->reply.last_seq;
    return true;
}
static bool look(Run *r) {
    uint64_t of_last = 0;
    for (uint32_t i = 0; i < r->sent_n; i++) r->sent[i].times = 0;
    if (store_each_input(ledger_store(r->l), 1, 0, see_input, r) != OK) return wrong(r, "the inputs cannot be read");
    for (uint32_t i = 0; i < r->sent_n; i++) {
        Sent *s = &r->sent[i];
        if (s->times > 1) return wrong(r, "a request was carried out twice");
        if (s->times && !s->same) return wrong(r, "a request is not in the journal as it was sent and answered");
        if (!s->times && s->fate == ACKED) return wrong(r, "an acknowledged request is lost");
        if (!s->times && s->fate == FOUND) return wrong(r, "a request that was there after a restart is lost");
        if (!s->times || s->fate != UNKNOWN) continue;
        if (s->batch != r->batch) return wrong(r, "a request of a failed batch is there");
        s->fate = FOUND;
        of_last++;
    }
    if (of_last && of_last != r->fresh) return wrong(r, "a batch is there in part");
    if (store_head(ledger_store(r->l)).seq < r->seq) return wrong(r, "acknowledged events are lost");
    r->fresh = 0;
    r->seq = store_head(ledger_store(r->l)).seq;
    return !r->wrong[0];
}
static bool models(Run *r) {
    rebuilding = true;
    const char *w = ledger_models_wrong(r->l);
    rebuilding = false;
    return !w || wrong(r, w);
}
static bool inspect(Run *r, bool deep) {
    if (!look(r)) return false;
    Seen seen;
    const char *w = ledger_wrong(r->l, &seen);
    if (w) return wrong(r, w);
    r->effects = seen.effects;
    return !deep || models(r);
}

// ---- opening, with a fault under way in some runs; the last try is without one and must succeed
static Err open_ledger(Run *r) {
    LedgerOpts o = {.store = {.path = "gate.db", .vfs = "ledger", .exclusive = true, .cache_kib = 256},
                    .limits = limits};
    o.snapshot_every = 30 + (uint32_t)prng_below(&r->ops.r, 60);
    return ledger_open(&o, &r->l);
}
static void drop_ledger(Run *r) { // the process is gone
    ledger_close(r->l);
    r->l = NULL;
    owed = false;
}
static void faults_off(Run *r) {
    for (int k = 0; k < FAULT_KINDS; k++) fault_disk_fail(r->disk, (FaultKind)k, 0);
    fault_disk_limit(r->disk, 0);
}
static bool reopen(Run *r) {
    Prng *p = &r->ops.r;
    if (prng_chance(p, 25)) {
        fault_disk_fail(r->disk, (FaultKind)prng_below(p, FAULT_KINDS), 1 + prng_below(p, 30));
        Err e = open_ledger(r);
        if (e && e != ERR_IO && e != ERR_FULL) return wrong(r, "opening with a fault gave a wrong error");
        faults_off(r);
        r->errors += e != OK;
        if (fault_disk_dead(r->disk) || prng_chance(p, 30)) {
            fault_disk_crash(r->disk, prng_next(p));
            drop_ledger(r);
        } else if (r->l && store_fatal(ledger_store(r->l))) {
            drop_ledger(r);
        }
    }
    Err last = r->l ? OK : open_ledger(r);
    if (last) {
        print_message("opening: %s, %s\n", err_name(last), err_text(last));
        return wrong(r, "the file does not open");
    }
    return inspect(r, prng_chance(p, 50));
}

// ---- work
static bool after_error(Run *r, Err e) {
    r->errors++;
    if (e != ERR_IO && e != ERR_FULL) return wrong(r, "a failing disk gave a wrong error");
    if (ledger_fatal(r->l)) return ledger_begin(r->l) == ERR_IO || wrong(r, "a ledger that must end went on");
    if (fault_disk_dead(r->disk)) return true;
    r->fresh = 0;
    fault_disk_limit(r->disk, 0);
    if (store_head(ledger_store(r->l)).seq != r->seq) return wrong(r, "a failed batch left something behind");
    const char *w = ledger_wrong(r->l, NULL);
    return !w || wrong(r, w);
}
static bool check_reply(Run *r, const Sent *s, const LedgerReply *got, bool again) {
    const LedgerReply *was = &s->reply;
    if (got->key_reused) return wrong(r, "an equal request was taken for another one");
    if (got->replayed != again)
        return wrong(r, again ? "a repeated request was carried out again"
                              : "a new request was answered as a repeated one");
    if (s->fate != ACKED) return true;
    bool same = was->refused == got->refused && was->code == got->code && was->passage == got->passage &&
                was->first_seq == got->first_seq && was->last_seq == got->last_seq && str_eq(was->events, got->events);
    return same || wrong(r, "a repeated request was answered differently");
}
static Err send(Run *r, uint32_t i) {
    Sent *s = &r->sent[i];
    bool in_this = false;
    for (uint32_t k = 0; k < r->in_batch_n; k++) in_this |= r->in_batch[k] == i;
    LedgerRequest rq = s->rq;
    if (s->fate != UNKNOWN || in_this) rq.in.t_ms = r->ops.now; // a retry comes later
    LedgerReply got;
    Err e = ledger_step(r->l, &rq, &r->replies, &got);
    if (e) return e;
    if (!check_reply(r, s, &got, s->fate != UNKNOWN || in_this)) return OK;
    r->replays += got.replayed;
    if (s->fate == ACKED || in_this) return OK;
    if (s->fate == UNKNOWN) s->batch = r->batch, r->fresh++;
    got.replayed = false;
    r->got[r->in_batch_n] = got;
    r->in_batch[r->in_batch_n++] = i;
    return OK;
}
static Err send_other_body(Run *r, const Sent *s) {
    LedgerRequest rq = s->rq;
    LedgerReply got;
    rq.body_hash[0] ^= 1;
    Err e = ledger_step(r->l, &rq, &r->replies, &got);
    if (!e && !got.key_reused) wrong(r, "another request under the same key was not noticed");
    return e;
}
static int32_t unanswered(Run *r) { // a request whose client still waits
    uint32_t from = (uint32_t)prng_below(&r->ops.r, r->sent_n + 1);
    for (uint32_t k = 0; k < r->sent_n; k++) {
        uint32_t i = (from + k) % r->sent_n;
        if (r->sent[i].fate != ACKED) return (int32_t)i;
    }
    return -1;
}
static Err step(Run *r) {
    Prng *p = &r->ops.r;
    uint64_t what = prng_below(p, 100);
    int32_t waiting = what < 25 ? unanswered(r) : -1;
    if (waiting >= 0) return send(r, (uint32_t)waiting);
    uint32_t old = r->sent_n ? (uint32_t)prng_below(p, r->sent_n) : 0;
    if (what < 30 && r->sent_n) return send(r, old);
    if (what < 33 && r->sent_n && r->sent[old].fate != UNKNOWN) return send_other_body(r, &r->sent[old]);
    if (what < 40) {
        LedgerReply got;
        LedgerRequest rq = ops_tick(&r->ops, ledger_gate(r->l));
        return ledger_step(r->l, &rq, &r->replies, &got);
    }
    if (r->sent_n == SENT_MAX) return OK;
    Sent *s = &r->sent[r->sent_n];
    if (!ops_next(&r->ops, ledger_gate(r->l), ledger_store(r->l), &s->rq)) return OK;
    s->fate = UNKNOWN;
    return send(r, r->sent_n++);
}
static bool acknowledge(Run *r) {
    r->commits++;
    for (uint32_t k = 0; k < r->in_batch_n; k++) {
        Sent *s = &r->sent[r->in_batch[k]];
        s->fate = ACKED;
        s->reply = r->got[k];
    }
    r->seq = store_head(ledger_store(r->l)).seq;
    r->fresh = 0;
    return true;
}
static bool batch(Run *r) {
    r->in_batch_n = 0, r->fresh = 0, r->batch++;
    Prng *p = &r->ops.r;
    if (!gate_site(ledger_gate(r->l)) || prng_chance(p, 2)) {
        Err e = ledger_adopt(r->l, (int)prng_below(p, OPS_SITES), r->ops.now, NULL);
        return e ? after_error(r, e) : acknowledge(r);
    }
    if (prng_chance(p, 2)) { // an operator rebuilds the read models
        uint8_t digest[STORE_HASH_LEN];
        rebuilding = true;
        Err e = ledger_rebuild(r->l, digest);
        rebuilding = false;
        return e ? after_error(r, e) : acknowledge(r);
    }
    Err e = ledger_begin(r->l);
    for (uint64_t n = 1 + prng_below(p, 8); n > 0 && !e; n--) e = step(r);
    if (r->wrong[0]) return false;
    if (!e) e = ledger_commit(r->l);
    return e ? after_error(r, e) : acknowledge(r);
}
static void plan_faults(Run *r) {
    Prng *p = &r->ops.r;
    uint64_t n = 1 + prng_below(p, prng_chance(p, 60) ? 300 : 3000);
    switch (prng_below(p, 7)) {
    case 0: fault_disk_fail(r->disk, FAULT_WRITE, n); break;
    case 1: fault_disk_fail(r->disk, FAULT_SYNC, 1 + n / 20); break;
    case 2: fault_disk_fail(r->disk, FAULT_TRUNCATE, 1); break;
    case 3: fault_disk_limit(r->disk, fault_disk_bytes(r->disk) + 1 + prng_below(p, 600000)); break;
    case 4: break;
    default: fault_disk_fail(r->disk, FAULT_POWER, n); break;
    }
}
static bool life(Run *r) {
    Prng *p = &r->ops.r;
    if (!reopen(r)) return false;
    r->ops.now += (int64_t)prng_below(p, 5 * MINUTE_MS);
    plan_faults(r);
    for (uint64_t n = 3 + prng_below(p, 25); n > 0; n--) {
        if (fault_disk_dead(r->disk) || ledger_fatal(r->l)) break;
        if (!batch(r)) return false;
    }
    if (!fault_disk_dead(r->disk) && !ledger_fatal(r->l) && prng_chance(p, 30)) { // in the middle of a batch
        r->in_batch_n = 0, r->fresh = 0, r->batch++;
        if (ledger_begin(r->l) == OK && gate_site(ledger_gate(r->l))) (void)!step(r);
        r->fresh = 0; // it may not be there
        if (r->wrong[0]) return false;
    }
    uint64_t end = prng_below(p, 10);
    if (fault_disk_dead(r->disk) || end < 6)
        fault_disk_crash(r->disk, prng_next(p)), r->crashes++;
    else if (end < 8)
        fault_disk_kill(r->disk), r->crashes++;
    drop_ledger(r);
    faults_off(r);
    if (fault_disk_dead(r->disk)) fault_disk_crash(r->disk, prng_next(p)); // the power went while closing
    return true;
}
static bool last_life(Run *r) { // no faults: everybody asks again and is answered
    if (!reopen(r)) return false;
    while (unanswered(r) >= 0) {
        r->in_batch_n = 0, r->fresh = 0, r->batch++;
        if (ledger_begin(r->l) != OK) return wrong(r, "a good disk gave an error");
        for (int k = 0; k < 8 && unanswered(r) >= 0; k++)
            if (send(r, (uint32_t)unanswered(r)) != OK || r->wrong[0]) return wrong(r, "a good disk gave an error");
        if (ledger_commit(r->l) != OK) return wrong(r, "a good disk gave an error");
        acknowledge(r);
    }
    if (!inspect(r, true)) return false;
    for (uint32_t i = 0; i < r->sent_n; i++)
        if (r->sent[i].times != 1) return wrong(r, "a request is not in the journal");
    return true;
}
typedef struct {
    uint64_t requests, commits, errors, crashes, replays, effects;
} Sum;
static void run_seed(uint64_t seed, Mutant m, char why[500], Sum *sum) {
    static Sent sent[SENT_MAX];
    memset(sent, 0, sizeof sent);
    mutant = m, owed = false;
    Run r = {.disk = fault_disk_new("ledger", seed), .sent = sent};
    ops_init(&r.ops, seed * 1000003);
    arena_init(&r.replies, 512u << 20);
    bool good = true;
    for (int n = 0; n < 6 && good; n++) good = life(&r);
    if (good) last_life(&r);
    if (r.l) drop_ledger(&r);
    fault_disk_free(r.disk);
    ops_deinit(&r.ops);
    arena_deinit(&r.replies);
    mutant = MUTANT_NONE;
    snprintf(why, 500, "%s", r.wrong);
    if (!sum) return;
    sum->requests += r.sent_n, sum->commits += r.commits, sum->errors += r.errors, sum->crashes += r.crashes,
        sum->replays += r.replays, sum->effects += r.effects;
}
static void crashes_lose_nothing_and_double_nothing(void **state) {
    (void)state;
    const char *from = getenv("CUAKHAU_SEED");
    uint64_t first = from ? strtoull(from, NULL, 10) : 1, seeds = from ? 1 : prop_seeds(200);
    Sum sum = {.requests = 0};
    for (uint64_t seed = first; seed < first + seeds; seed++) {
        char why[500];
        run_seed(seed, MUTANT_NONE, why, &sum);
        if (why[0]) fail_msg("seed %llu: %s", (unsigned long long)seed, why);
    }
    print_message("%llu seeds: %llu requests, %llu commits, %llu crashes, %llu errors of the disk, %llu repeated "
                  "requests, %llu effects; lost 0, doubled 0\n",
                  (unsigned long long)seeds, (unsigned long long)sum.requests, (unsigned long long)sum.commits,
                  (unsigned long long)sum.crashes, (unsigned long long)sum.errors, (unsigned long long)sum.replays,
                  (unsigned long long)sum.effects);
    assert_true(seeds < 50 || (sum.commits > seeds * 20 && sum.errors > seeds && sum.replays > seeds * 10 &&
                               sum.crashes > seeds * 3)); // it is not empty
}
static void mutants_are_caught(void **state) {
    (void)state;
    static const char *const names[MUTANTS] = {"",
                                               "acknowledged before the commit",
                                               "key dropped",
                                               "snapshot of another state",
                                               "effect lost",
                                               "confirmed effect stays",
                                               "done task stays"};
    for (int m = 1; m < MUTANTS; m++) {
        enum { SEEDS = 8 };
        unsigned caught = 0;
        char why[500], first[500] = "";
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            run_seed(seed, (Mutant)m, why, NULL);
            if (why[0] && !caught++) snprintf(first, sizeof first, "%s", why);
        }
        print_message("%s: caught in %u of %d seeds (%s)\n", names[m], caught, SEEDS, first);
        assert_true(caught > 0);
    }
}
int main(void) {
    log_level = (LogLevel)(LOG_ERROR + 1); // the failures here are wanted
    const struct CMUnitTest tests[] = {cmocka_unit_test(crashes_lose_nothing_and_double_nothing),
                                       cmocka_unit_test(mutants_are_caught)};
    return cmocka_run_group_tests_name("ledger_crash", tests, NULL, NULL);
}

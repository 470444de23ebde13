// Ledger: joins the kernel (gate) with the journal (store). One input goes in; its events are decided, evolved,
// journalled, projected into the read models and the outbox, all in one transaction with the other inputs of the batch.
// Not thread-safe: one owner.
//
//   ledger_begin; ledger_step x N; ledger_commit   -> only now may replies go out
//
// After a failed commit the kernel's state is rebuilt from the journal, as after a restart; ERR_IO with ledger_fatal()
// means the process must end.
#pragma once
#include "gate/gate.h"
#include "store/store.h"

typedef struct Ledger Ledger;
typedef struct {
    StoreOpts store;
    GateLimits limits;
    uint32_t snapshot_every; // events between snapshots; 0 = 20000
} LedgerOpts;
// Opens the journal, loads the newest snapshot, replays the rest. The gate may be without a site yet (fresh file).
Err ledger_open(const LedgerOpts *opts, Ledger **ret) MUST_USE;
// The state of a journal that another process may be writing: to look at, ledger_begin is not for it.
Err ledger_open_reader(const LedgerOpts *opts, Ledger **ret) MUST_USE;
void ledger_close(Ledger *l);
const Gate *ledger_gate(const Ledger *l);
Store *ledger_store(Ledger *l);
bool ledger_fatal(const Ledger *l);

#define SITE_AFFECTED_MAX 100
// Compiles a site bundle and, when it differs from the one in force, runs it as an input. In a batch of its own. `a`
// holds problems.
typedef struct {
    bool changed;
    uint32_t affected;                   // open passages whose tasks changed or that a rule now stops
    uint32_t passage[SITE_AFFECTED_MAX]; // the first of them; all are in the journal as events of this input
    uint32_t problems;
    SiteProblem problem[SITE_PROBLEMS_MAX];
} SiteReply;
Err ledger_adopt_site(Ledger *l, Str bundle, int64_t t_ms, Arena *a, SiteReply *ret) MUST_USE;

typedef struct {
    Input in; // in.t_ms: the wall clock; the ledger keeps journal time from going backwards and raises an alarm
    Str idem; // Idempotency-Key, empty = none; unique per actor
    uint8_t body_hash[STORE_HASH_LEN];
} LedgerRequest;
typedef struct {
    bool replayed;                // the same key came before: this is the first answer again, nothing was done
    bool key_reused;              // the same key came with another body: nothing was done
    bool refused;                 // the gate said no: the first event is REFUSED
    uint8_t code;                 // Refuse, when refused
    uint32_t passage;             // named or made, 0 = none
    uint64_t first_seq, last_seq; // 0 = no event (an idle tick)
    Str events;                   // JSON array of event bodies; lives in `a`
} LedgerReply;
Err ledger_begin(Ledger *l) MUST_USE;
// `a` holds the reply; it must live until the reply is sent. After an error here or at the commit the whole batch is
// gone and the kernel stands as before ledger_begin: every request of the batch failed.
Err ledger_step(Ledger *l, const LedgerRequest *rq, Arena *a, LedgerReply *ret) MUST_USE;
Err ledger_commit(Ledger *l) MUST_USE;
// For who decides before it steps: *ret_seen when this key came before, then `ret` is what ledger_step would say.
Err ledger_seen(Ledger *l, const LedgerRequest *rq, Arena *a, LedgerReply *ret, bool *ret_seen) MUST_USE;

// Events of the committed batch for live listeners; called by ledger_commit after it is durable, in order.
typedef void LedgerListener(void *ctx, const StoreEvent *e, Str trader); // trader: owner of the passage, empty = none
void ledger_listen(Ledger *l, LedgerListener *fn, void *ctx);

// Every event of every input as it happens, before it is durable, as a GateSink sees it (seq: when after): for who acts
// on the gate from within (the live twin) and is told of a lost batch. Not for anything that leaves the process.
typedef void LedgerObserver(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq);
void ledger_observe(Ledger *l, LedgerObserver *fn, void *ctx); // at most 3, called in their order
void ledger_unobserve(Ledger *l);                              // none any more

// Offline work on a journal file.
typedef struct {
    uint64_t events, inputs;
    uint8_t digest[STORE_HASH_LEN]; // of the kernel's state: equal on every run
    uint32_t open;
} ReplayReply;
Err ledger_replay(Store *s, GateLimits limits, ReplayReply *ret) MUST_USE; // from genesis, snapshots not used
// As ledger_replay, and the sink is given every event before and after it is evolved. Events and their texts: borrowed
// for the call.
Err ledger_replay_each(Store *s, GateLimits limits, GateSink *sink, void *ctx) MUST_USE;
Err ledger_rebuild(Ledger *l, uint8_t ret_digest[STORE_HASH_LEN]) MUST_USE; // drops and rebuilds the read models
void ledger_digest(const Gate *g, uint8_t ret[STORE_HASH_LEN]);

// Event bodies as journalled: {"kind":"MOVED","at":"...","role":"yard","by":"officer-7",
// "passage":"HN-000042-7","data":{fields of the kind}}
void ledger_event_json(Buf *b, const Gate *after, const Event *e);

// A bundle bound, checked and compiled. The site and the texts of the reply live as long as the list (NULL at first).
typedef struct SiteHold SiteHold;
Err ledger_site_new(SiteHold **list, Str bundle, Site **ret, SiteReply *ret_reply) MUST_USE;
void ledger_sites_free(SiteHold **list);

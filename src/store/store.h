// Store: the journal (hash-chained inputs and events), the snapshots, the outbox and the read models, all in one SQLite
// file. One writer; any number of readers (WAL). Nothing written is durable before store_commit() returned OK.
//
// Chain: every input row and every event row carries hash = SHA-256(previous hash || its columns, each
// length-prefixed). The order of the chain is: input, its events, next input, its events ... Genesis hash: 32 zero
// bytes. The head (last event sequence, last input number, hash) is kept in `meta` in the same transaction, so that a
// cut-off tail shows.
#pragma once
#include "base/base.h"

#define STORE_HASH_LEN 32
typedef struct Store Store;

typedef struct {
    const char *path; // file; created when absent (writer only)
    const char *vfs;  // NULL: the system's; tests name the fault VFS
    bool exclusive;   // writer: PRAGMA locking_mode=EXCLUSIVE, no shared memory, no readers (tests, offline commands)
    int cache_kib;    // page cache; 0 = default 16384
} StoreOpts;

typedef struct {
    uint64_t seq;      // last event sequence, 0 = none
    uint64_t input_no; // last input number, 0 = none
    uint8_t hash[STORE_HASH_LEN];
    int64_t t_ms; // time of the last input
} StoreHead;

// Writer: takes an advisory lock on FILE.lock (ERR_LOCKED when another server holds it), migrates the schema, checks
// the head against the last rows. ERR_CORRUPT (also a foreign file), ERR_INVALID (of a later program), ERR_IO, ERR_FULL
// as they are. A VFS of one's own has no lock file; it locks by itself.
Err store_open(const StoreOpts *opts, Store **ret) MUST_USE;
// Reader: read-only connection, sees committed data only; safe in another thread than the writer's. One per thread.
// ERR_NOT_FOUND when there is no file.
Err store_open_reader(const StoreOpts *opts, Store **ret) MUST_USE;
void store_close(Store *s); // rolls back an open transaction
// Writer: including the open transaction. Reader: as of the last call of store_refresh.
StoreHead store_head(const Store *s);
Err store_refresh(Store *s) MUST_USE;

Err store_begin(Store *s) MUST_USE; // BEGIN IMMEDIATE
// Durable when OK. On an error the transaction is rolled back, the head is as before begin.
Err store_commit(Store *s) MUST_USE;
void store_rollback(Store *s); // of the open transaction; needed also after a failed put, unless store_commit() does it
// An fsync failed: what the disk holds is unknown, every write from now on gives ERR_IO, the process must end and
// recover. The batch whose commit failed may then be there, as a whole. A checkpoint can set it too, after a
// store_commit() that is OK.
bool store_fatal(const Store *s);

// ---- journal, written inside a transaction. Strings are borrowed for the call. `no` and `seq` are the head's plus one
// (asserted): numbers have no gap.
typedef struct {
    uint64_t no;
    int64_t t_ms;
    Str role, actor, kind;
    Str idem;                          // idempotency key, unique per actor; empty = none
    uint8_t body_hash[STORE_HASH_LEN]; // of the request body as received, for comparing a repeated key
    uint64_t first_seq; // first event of this input: the head's plus one, also when it has none (asserted)
    uint32_t events;    // exactly as many store_put_event() follow before the next input or the commit (asserted)
    uint32_t passage;   // the passage named or made; 0 = none
    Str body;           // JSON, normalised input
} StoreInput;
typedef struct {
    uint64_t seq, input_no;
    int64_t t_ms;
    Str kind;
    uint32_t passage;
    Str body; // JSON object
} StoreEvent;
// ERR_EXISTS: the actor used this key before; nothing was written and the transaction is whole. After any other error
// it can only be rolled back: later puts and store_commit() repeat the error.
Err store_put_input(Store *s, const StoreInput *row) MUST_USE;
Err store_put_event(Store *s, const StoreEvent *row) MUST_USE;

// Finds the input that carried this actor's idempotency key. ERR_NOT_FOUND when none. Sees the open transaction.
// Strings live in `a`.
Err store_find_idem(Store *s, Str actor, Str idem, Arena *a, StoreInput *ret) MUST_USE;

// Calls `fn` for each row from `from` on, at most `max` (0 = all), in order, until it returns false. Rows are borrowed
// for the call.
typedef bool StoreEventFn(void *ctx, const StoreEvent *row);
typedef bool StoreInputFn(void *ctx, const StoreInput *row);
Err store_each_event(Store *s, uint64_t from_seq, uint64_t max, StoreEventFn *fn, void *ctx) MUST_USE;
Err store_each_passage_event(Store *s, uint32_t passage, uint64_t from_seq, uint64_t max, StoreEventFn *fn,
                             void *ctx) MUST_USE;
Err store_each_input(Store *s, uint64_t from_no, uint64_t max, StoreInputFn *fn, void *ctx) MUST_USE;
// As store_each_event, only events of passages whose trader is `trader`; events without a passage are left out.
Err store_each_trader_event(Store *s, Str trader, uint64_t from_seq, uint64_t max, StoreEventFn *fn,
                            void *ctx) MUST_USE;

// ---- verification: walks the chain from genesis. OK, or ERR_CORRUPT with the first bad row and the reason. Outside of
// a transaction; on a reader it also refreshes the head. `ret` is set for OK and ERR_CORRUPT.
typedef struct {
    uint64_t inputs, events;
    uint64_t bad_input, bad_seq; // 0 = none
    char reason[160];
    uint8_t head[STORE_HASH_LEN];
} StoreVerdict;
Err store_verify(Store *s, void (*progress)(void *ctx, uint64_t done, uint64_t total), void *ctx,
                 StoreVerdict *ret) MUST_USE;

// As they stand in the chain: an input, its events, the next input; hashes as they are stored, nothing is checked. One
// of `in` and `e` is NULL. Rows that no input's numbers cover are not among them.
typedef bool StoreChainFn(void *ctx, const StoreInput *in, const StoreEvent *e, const uint8_t hash[STORE_HASH_LEN]);
Err store_each_chained(Store *s, uint64_t from_no, uint64_t to_no, StoreChainFn *fn, void *ctx) MUST_USE;
// The number of the input that event `seq` belongs to; ERR_NOT_FOUND.
Err store_input_of(Store *s, uint64_t seq, uint64_t *ret) MUST_USE;

// ---- snapshots: the newest two are kept; a snapshot whose hash does not match is passed over for the older one.
typedef struct {
    uint64_t seq, input_no;
    Str state; // opaque bytes
} StoreSnapshot;
Err store_put_snapshot(Store *s, const StoreSnapshot *snap) MUST_USE;    // inside a transaction
Err store_get_snapshot(Store *s, Arena *a, StoreSnapshot *ret) MUST_USE; // newest good one; ERR_NOT_FOUND

// ---- outbox: an effect stays until its receiver confirmed it. id = event sequence * 16 + number within the event.
typedef struct {
    uint64_t id;
    int64_t t_ms;
    Str kind, target; // what to do, to which device or party
    uint32_t passage;
    Str body; // JSON
} StoreEffect;
Err store_put_effect(Store *s, const StoreEffect *e) MUST_USE; // ERR_EXISTS: the id is there already
Err store_drop_effect(Store *s, uint64_t id) MUST_USE;         // OK also when absent
typedef bool StoreEffectFn(void *ctx, const StoreEffect *e);
Err store_each_effect(Store *s, uint64_t from_id, uint64_t max, Str target, StoreEffectFn *fn,
                      void *ctx) MUST_USE; // target empty = all

// ---- read models: written in the same transaction as the journal, can be dropped and rebuilt from it.
typedef struct {
    uint32_t no;
    Str trader, plate, trailer, container, customs_no; // from the declaration; plates normalised
    Str direction, kind, mode, goods;                  // words as in the API
    int64_t declared_ms;
    Str doc; // declaration, JSON
    // changing part
    Str place, status;
    bool open;
    uint64_t changed_seq;
    Str state; // opaque bytes of the kernel
} StorePassage;
Err store_put_passage(Store *s, const StorePassage *p) MUST_USE;    // insert or replace, all columns
Err store_update_passage(Store *s, const StorePassage *p) MUST_USE; // only the changing part, by no; ERR_NOT_FOUND
Err store_get_passage(Store *s, uint32_t no, Arena *a, StorePassage *ret) MUST_USE; // ERR_NOT_FOUND
typedef struct {
    Str trader, direction, mode, status, place; // empty = any
    Str text;           // prefix match on plate, trailer, container, customs_no, trader; empty = any
    int open;           // -1 any, 0 closed, 1 open
    uint32_t before_no; // cursor: only no < before_no; 0 = from the newest
    uint32_t max;       // 1..1000
} StorePassageFilter;
typedef bool StorePassageFn(void *ctx, const StorePassage *p);
Err store_each_passage(Store *s, const StorePassageFilter *f, StorePassageFn *fn, void *ctx) MUST_USE; // newest first

typedef struct {
    uint32_t passage;
    uint8_t task; // bit number; key is (passage, task)
    Str name, agency;
    int64_t since_ms, due_ms; // due TIME_NEVER = no limit
    Str taken_by;
} StoreTask;
Err store_put_task(Store *s, const StoreTask *t) MUST_USE;
Err store_drop_task(Store *s, uint32_t passage, uint8_t task) MUST_USE;
typedef bool StoreTaskFn(void *ctx, const StoreTask *t, const StorePassage *p);
// Worklist: most urgent first; cursor = the last row's (due_ms, passage, task); agency empty = all. p without doc and
// state.
Err store_each_task(Store *s, Str agency, const StoreTask *after, uint32_t max, StoreTaskFn *fn, void *ctx) MUST_USE;

typedef struct {
    uint32_t passage;
    Str road;
    int64_t key_ms; // order: key, then passage number
    Str why;        // JSON: the parts of the key
} StoreQueue;
// Position: 1 is next.
Err store_put_queue(Store *s, const StoreQueue *q) MUST_USE;
Err store_drop_queue(Store *s, uint32_t passage) MUST_USE;
Err store_get_queue(Store *s, uint32_t passage, Arena *a, StoreQueue *ret, uint32_t *ret_position,
                    uint32_t *ret_length) MUST_USE;
typedef bool StoreQueueFn(void *ctx, const StoreQueue *q, const StorePassage *p); // p without doc and state
Err store_each_queue(Store *s, Str road, uint32_t offset, uint32_t max, StoreQueueFn *fn, void *ctx) MUST_USE;

typedef struct {
    uint32_t passage; // 0: of the whole gate
    Str kind;         // key is (passage, kind)
    int64_t since_ms;
    Str acked_by;
    Str body; // JSON
} StoreAlarm;
Err store_put_alarm(Store *s, const StoreAlarm *a) MUST_USE;
Err store_drop_alarm(Store *s, uint32_t passage, Str kind) MUST_USE;
typedef bool StoreAlarmFn(void *ctx, const StoreAlarm *a);
Err store_each_alarm(Store *s, const StoreAlarm *after, uint32_t max, StoreAlarmFn *fn,
                     void *ctx) MUST_USE; // oldest first

typedef struct { // one finished stage of the time release study
    uint32_t passage;
    Str stage, agency, direction, goods, mode;
    int64_t waiting_ms, working_ms, ended_ms;
} StoreStage;
Err store_put_stage(Store *s, const StoreStage *st) MUST_USE;
typedef struct {                               // one line of the report
    Str stage, agency, direction, goods, mode; // empty = all (as asked)
    uint64_t count;
    int64_t p50_ms, p90_ms, p95_ms, mean_ms; // of waiting + working; nearest rank
    int64_t waiting_mean_ms, working_mean_ms, waiting_p50_ms, waiting_p90_ms, waiting_p95_ms;
} StoreReportLine;
typedef struct {
    int64_t from_ms, to_ms;               // ended in [from, to)
    bool by_direction, by_goods, by_mode; // always by stage and agency
} StoreReportQuery;
typedef bool StoreReportFn(void *ctx, const StoreReportLine *l);
// Means are cut to whole milliseconds.
Err store_each_report(Store *s, const StoreReportQuery *q, StoreReportFn *fn, void *ctx) MUST_USE;

typedef struct {
    Str kind, id; // "lane" L1, "road" hn-1, "bay" B1, "quota" .., "embargo" ..
    Str body;     // JSON
} StoreResource;
Err store_put_resource(Store *s, const StoreResource *r) MUST_USE;
Err store_drop_resource(Store *s, Str kind, Str id) MUST_USE;
Err store_drop_resources(Store *s, Str kind, Str upto) MUST_USE; // ids up to this one, in the order of bytes
typedef bool StoreResourceFn(void *ctx, const StoreResource *r);
Err store_each_resource(Store *s, Str kind, StoreResourceFn *fn, void *ctx) MUST_USE; // kind empty = all
Err store_each_resource_after(Store *s, Str kind, Str after, uint32_t max, StoreResourceFn *fn, void *ctx) MUST_USE;

typedef struct {
    uint64_t passages, open, tasks, queued, alarms, effects;
} StoreCounts;
Err store_counts(Store *s, StoreCounts *ret) MUST_USE;

Err store_drop_read_models(Store *s) MUST_USE; // inside a transaction; the outbox too: it is rebuilt from the events
// SHA-256 over all rows in key order, outbox included
Err store_read_model_digest(Store *s, uint8_t ret[STORE_HASH_LEN]) MUST_USE;

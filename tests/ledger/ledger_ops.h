// Inputs as life brings them, by seed: several passages at once, exports and imports, boxes, holds, amendments, queue
// shifts, lanes, yards, embargoes, quotas, alarms, payments, confirmed effects, ticks and a good share of nonsense that
// must be refused. Each request carries an idempotency key "k-N".
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "ledger/ledger_internal.h"
#include "prop.h"

#define OPS_PASSAGES 24
#define OPS_SITES    4
#define OPS_START    1795996800000LL // 2026-11-30

typedef struct {
    Prng r;
    Arena keep; // what requests point to; as long as the Ops
    const Gate *g;
    Store *store; // for its outbox
    int64_t now;
    int serial, receipt;
    uint64_t keys; // handed out so far
    LedgerRequest rq;
    bool made;
} Ops;
void ops_init(Ops *x, uint64_t seed);
void ops_deinit(Ops *x);
// The next request against the gate as it stands. False: there is nothing to do for what was drawn.
bool ops_next(Ops *x, const Gate *g, Store *s, LedgerRequest *ret);
LedgerRequest ops_tick(Ops *x, const Gate *g); // time goes on; without a key
void ops_key(Ops *x, LedgerRequest *rq);       // the next key, and a hash that belongs to it

// Bundles of one site: 0 as shipped with the demonstration tariff and few places; 1 without tariff and other warning
// times; 2 the phase of 2024 with a quota and an embargo; 3 another procedure for exports, one task less and one more.
Str ops_site(int n); // lives to the end of the program

#define assert_ok(expr) assert_int_equal((expr), OK)
typedef struct { // a journal in a folder of its own
    char dir[64], path[96];
} Home;
void home_make(Home *h);
void home_remove(Home *h);
Ledger *home_open(const Home *h, uint32_t snapshot_every);
Err ledger_adopt(Ledger *l, int site, int64_t t_ms, SiteReply *ret); // ret may be NULL

// ---- ledger_check.c: what must hold of every ledger between two batches. NULL, or what is wrong (good until the next
// call).
typedef struct {
    uint64_t kinds[EVENT_COUNT]; // events seen of each kind
    uint64_t effects, effects_open, closed;
} Seen;
// The chain; every event reads back and is written again to the same bytes; a gate that only read the journal has the
// same digest, and so has ledger_replay(); the outbox is what the events asked for without what was confirmed; lanes,
// yards, roads and queues add up. seen may be NULL.
const char *ledger_wrong(Ledger *l, Seen *seen);
const char *ledger_models_wrong(Ledger *l); // dropped and rebuilt they are the same, and the kernel is

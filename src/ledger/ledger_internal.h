#pragma once
#include "ledger.h"
#include "wire/wire_bind.h"

#define LEDGER_ARENA_MAX (512u << 20) // one input, all that follows from it
#define LEDGER_BODY_MAX  (64u << 20)
#define TOUCHED_MAX      16
#define SNAPSHOT_EVERY   20000u

struct SiteHold {
    SiteHold *next;
    Arena arena;
    Site *site;
};
typedef struct {
    Passage before;
    bool fresh; // made by this input
} Touched;
typedef struct {
    size_t at, n; // of its body in Ledger.bodies
    uint16_t kind;
    uint32_t passage;
    int64_t t_ms;
} LedgerRow;

#define OWNERS 1024
typedef struct { // who owns a passage, for the live listeners; direct-mapped by its number
    uint32_t no;
    uint8_t n;
    char trader[64];
} PassageOwner;

struct Ledger {
    LedgerOpts opts;
    Store *store;
    Gate *gate;
    void *memory;
    SiteHold *sites;
    struct {
        LedgerObserver *fn;
        void *ctx;
    } observer[3];
    uint32_t observers;
    Arena work;       // of one step
    Buf bodies;       // events of one step
    Buf scratch, doc; // one JSON text at a time; the declaration of one step
    PassageOwner owner[OWNERS];
    LedgerRow *rows;
    uint32_t rows_n, rows_cap;
    Touched touched[TOUCHED_MAX];
    uint32_t touched_n;
    bool projecting; // false while only the kernel is rebuilt
    Err err;         // first error of the step
    bool fatal;
    uint64_t seq, snapshot_seq;
    LedgerListener *listener;
    void *listener_ctx;
    Buf published; // events of the batch, for the listener
};

// ledger_site.c
// ledger_event.c: a journal row back to the event. Strings live in `a` and in the row's body.
Err ledger_event_parse(SiteHold **sites, const Gate *g, const StoreEvent *row, Arena *a, Event *ret) MUST_USE;
// ledger.c: the same for the ledger's own gate, strings in l->work. ERR_LIMIT: the journal holds more open passages
// than the gate has places for.
Err ledger_event_read(Ledger *l, const StoreEvent *row, Event *ret) MUST_USE;
// ledger_project.c
void project_before(Ledger *l, const Event *e);
void project_after(Ledger *l, const Event *e, uint64_t seq);
void project_finish(Ledger *l); // passages touched since the last call
// ledger.c
void ledger_owner_keep(Ledger *l, uint32_t passage, Str trader);
Err ledger_reload(Ledger *l) MUST_USE;
Err ledger_lost(Ledger *l, Err e); // the store's transaction is gone: the kernel follows the journal again; returns e
Err ledger_fail(Ledger *l, Err e); // the same, rolling it back first
Err ledger_replay_all(Ledger *l) MUST_USE; // from the first event into a fresh gate, nothing projected

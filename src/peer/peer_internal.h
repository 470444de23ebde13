#pragma once
#include "custody/custody_record.h"
#include "peer.h"

typedef struct PeerGate PeerGate;     // peer_gate.c
typedef struct PeerHeads PeerHeads;   // peer_head.c
typedef struct PeerShifts PeerShifts; // peer_shift_run.c
typedef struct {
    int64_t since_ms;
    uint32_t n;
} PeerRefusals;
typedef struct { // what a person asks (peer_ask.c): its first step carries the key that it came with, and is the answer
    const LedgerRequest *rq;
    Arena *a;
    LedgerReply *reply;
} PeerAsked;
struct Peer {
    const PeerFiles *files;
    Ledger *ledger;
    CustodySide side;
    CustodyOpenssl *crypto;
    char key_id[CUSTODY_ID_MAX + 1]; // of `crypto`
    uint32_t handovers_max, items_max;
    uint64_t (*draw)(void *ctx);
    void *draw_ctx;
    int64_t now_ms;    // of the call in work
    Arena arena, step; // the book; one step
    PeerRefusals refused[REASON_COUNT], refused_there[REASON_COUNT];
    Err err;      // of the ledger, in the batch
    bool keyless; // no own key is in force, and that was said
    // of the act in work
    uint8_t role;
    Str actor;
    uint32_t passage;
    const PeerAsked *asked; // NULL: nobody asks, or it is answered
    _Atomic uint64_t refusals[2][REASON_COUNT];
    PeerGate *gate;
    PeerHeads *heads;
    PeerShifts *shifts;
};
Err peer_submit(Peer *p, Input *in, LedgerReply *ret); // sets p->err
Err peer_load(Peer *p);
bool peer_put(void *ctx, const CustodyChange *c); // the disk's port: peer_disk.c
bool peer_get(void *ctx, int64_t seq, Buf *core);
Str peer_other(const Peer *p); // the other side's name

// peer_head.c
#define PEER_HEAD_MS (10 * MINUTE_MS) // a head so often, when something happened
PeerHeads *peer_heads_new(void);
void peer_heads_free(PeerHeads *h);
Err peer_heads_load(Peer *p);
Err peer_heads_run(Peer *p, int64_t now_ms); // sets p->err
int64_t peer_heads_next(const PeerHeads *h);
Err peer_heads_hear(Peer *p, const CustodyBody *b, int64_t now_ms);

// peer_shift_run.c, peer_shift_say.c
PeerShifts *peer_shifts_new(int64_t length_ms); // 0: PEER_SHIFT_MS
void peer_shifts_free(PeerShifts *s);
Err peer_shifts_load(Peer *p);
Err peer_shifts_run(Peer *p, int64_t now_ms); // sets p->err
int64_t peer_shifts_next(const PeerShifts *s);
void peer_shifts_link(PeerShifts *s, bool down, int64_t now_ms);
Err peer_shifts_hear(Peer *p, CustodyMsg kind, const CustodyBody *b, int64_t now_ms);
// People decide about the differences with this hash: NULL, or a word why not. The role and actor are those of `p`.
const char *peer_shift_decide(Peer *p, Str id, Str hash, Str note, int64_t now_ms, Err *ret);
void peer_shift_messages(Store *s, Str handover, Buf *b); // a JSON member "messages"

// peer_gate.c
PeerGate *peer_gate_new(void);
void peer_gate_free(PeerGate *g);
void peer_gate_event(PeerGate *g, const Event *e);
void peer_gate_forget(PeerGate *g); // after a lost batch or a restart: everything is looked at again
void peer_gate_told(Peer *p, CustodyMsg kind, const CustodyBody *body);
bool peer_gate_full(const PeerGate *g); // no more can be told before peer_settle

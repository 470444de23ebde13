// The link to the other side's command centre: custody (pure) with its state in the gate's one journal.
//
// Who owns the ledger calls it: within a batch peer_hear (what came in), peer_run (time-outs), peer_settle (what the
// gate's events mean for the link, and the link's for the gate); after the commit peer_receipt. Nothing leaves before:
// messages out are read from the journal's outbox. After a lost batch peer_lost reads the side's state again.
//
// Each step is one event LINK (gate.h, InLink). Refusals of the connection, the signature, the time or the order are
// events too, at most PEER_REFUSALS_MINUTE of a kind in a minute: the rest is counted.
//
// Time comes only in `now_ms`, randomness only from PeerOpts.draw: the same calls do the same.
#pragma once
#include "ledger/ledger.h"
#include "peer_files.h"

#define PEER_HANDOVERS_MAX   32768
#define PEER_ITEMS_MAX       131072
#define PEER_REFUSALS_MINUTE 20
typedef struct Peer Peer;
typedef struct {
    const PeerFiles *files;            // borrowed
    uint32_t handovers_max, items_max; // 0: the limits above
    int64_t shift_ms;                  // of the reconciliation, alike on both sides; 0: PEER_SHIFT_MS
    uint64_t (*draw)(void *ctx);       // for what the gate draws from the inputs made here (samples); NULL: 0
    void *ctx;
} PeerOpts;
// ERR_CORRUPT: the journal holds what custody cannot have written; ERR_LIMIT: more than fits. No agreement or key in
// force is no error: then nothing can be said, and an alarm says so.
Err peer_new(const PeerOpts *opts, Ledger *l, Peer **ret) MUST_USE;
void peer_free(Peer *p);
// Other keys, another agreement (borrowed) from now on. False, and nothing changes: it drops or changes the terms of an
// open hand-over.
bool peer_reload(Peer *p, const PeerFiles *files) MUST_USE;

// ---- within a batch of the ledger. After an error the batch is lost.
// Messages one behind the other (custody_frame_write). *ret_why: why the last one was not taken; what stands behind it
// was not looked at.
Err peer_hear(Peer *p, Str frames, int64_t now_ms, CustodyReason *ret_why) MUST_USE;
// A connection was refused: journalled, with an alarm.
Err peer_refused(Peer *p, CustodyReason why, int64_t now_ms) MUST_USE;
Err peer_link_change(Peer *p, bool down, int64_t now_ms) MUST_USE; // no answer from the other side for long; it is back
Err peer_run(Peer *p, int64_t now_ms) MUST_USE;                    // time-outs
int64_t peer_next(const Peer *p);                                  // when peer_run has something to do; TIME_NEVER
Err peer_settle(Peer *p, int64_t now_ms) MUST_USE;                 // last in the batch: peer_gate.c
void peer_lost(Peer *p);
void peer_observe(Peer *p, const Event *e); // each event of the gate, after it was evolved
// The ledger's errors of these stay with the peer until peer_lost, too: each later call of the batch gives them again.
// Somebody does it here, for the passage (0: as the hand-over has it). *ret_why: REASON_NONE, or why not.
Err peer_act(Peer *p, const CustodyAct *act, Role role, Str actor, int64_t now_ms, CustodyReason *ret_why) MUST_USE;
Err peer_tell(Peer *p, CustodyMsg kind, const CustodyBody *say, uint32_t passage, int64_t now_ms,
              CustodyReason *ret_why);
// The item is here and this side's; nothing when it is known already. *ret_held: whether this side holds it now.
Err peer_item_in(Peer *p, CustodyItemKind kind, Str id, uint32_t passage, int64_t now_ms, bool *ret_held) MUST_USE;
Err peer_item_out(Peer *p, CustodyItemKind kind, Str id, uint32_t passage, int64_t now_ms);

// It went over the line at `at_ms`, whatever the other side has said: signed away when that is agreed to.
Err peer_item_gone(Peer *p, CustodyItemKind kind, Str id, int64_t at_ms, uint32_t passage, int64_t now_ms);

// ---- of what is durable
void peer_receipt(Peer *p, CustodyReason why, int64_t now_ms, Buf *frame);
int64_t peer_out_seq(const Peer *p);
int64_t peer_out_acked(const Peer *p);
const CustodySide *peer_side(const Peer *p);
// Messages refused since the start, here or (their receipts say so) there; from any thread.
uint64_t peer_refusals(const Peer *p, bool there, CustodyReason why);

// One end of the link: sequence numbers, hash chain, signatures, outbox, receipts, and behind them the book. No
// sockets, no clock, no files: those are the ports below. docs/protocol.md
//
// A message is two lines of JSON: header {"key","issued","expires"} and core
// {"from","to","agreement","version","seq","prev","kind","body"}. The signature is over all bytes; the chain's hash is
// over the bytes of the core, so that what was not delivered in its time is issued again with a new header. One commit
// makes durable what a message did, its number, and what is said in answer; only then may anything leave.
#pragma once
#include "custody_book.h"

#define CUSTODY_TEXT_MAX 4096 // bytes of a message
#define CUSTODY_SIG_LEN  64   // Ed25519
#define CUSTODY_PUB_LEN  32
#define CUSTODY_KEYS_MAX 8
#define CUSTODY_ID_MAX   32

typedef struct { // port: custody_openssl.h
    void *ctx;
    void (*hash)(void *ctx, Str bytes, uint8_t ret[CUSTODY_HASH_LEN]); // SHA-256
    void (*sign)(void *ctx, Str bytes, uint8_t ret[CUSTODY_SIG_LEN]);
    bool (*verify)(void *ctx, const uint8_t pub[CUSTODY_PUB_LEN], Str bytes, const uint8_t sig[CUSTODY_SIG_LEN]);
} CustodyCrypto;

typedef struct {
    int64_t out_seq, out_acked, in_seq; // last made, last that a receipt covers, last taken
    uint8_t out_hash[CUSTODY_HASH_LEN]; // of core out_seq; zero before the first
    uint8_t in_hash[CUSTODY_HASH_LEN];  // of core in_seq
    int64_t alarms;                     // content refusals of the other side's messages, for the operators
} CustodyLink;
typedef struct { // what one commit makes durable, all or nothing
    const CustodyLink *link;
    const CustodyStep *step; // NULL: the book is as it was
    int64_t put_seq;         // 0: nothing new in the outbox
    Str put_core;
    int64_t drop_upto;       // outbox messages that may go
    uint8_t kind;            // CustodyMsg of the message taken, MSG_NONE
    uint8_t why;             // CustodyReason of its content's refusal
    const CustodyBody *told; // of a notice taken, NULL
    Str in_bytes;            // the message that was taken, to keep as proof; empty: none
    const uint8_t *in_sig;
} CustodyChange;
typedef struct { // port
    void *ctx;
    // False: nothing of it is durable. A port that gathers changes to one batch may say true before that, if it lets
    // nothing leave and reloads the side when the batch is lost.
    bool (*commit)(void *ctx, const CustodyChange *change);
    bool (*get)(void *ctx, int64_t seq, Buf *core); // from the outbox
    void (*refused)(void *ctx, CustodyReason why);  // a good receipt says so; NULL: nobody asks
} CustodyDisk;

typedef struct {
    char id[CUSTODY_ID_MAX + 1];
    uint8_t pub[CUSTODY_PUB_LEN];
    int64_t from_ms, until_ms;
    bool revoked;
} CustodyKey;
typedef struct {
    const Agreement *agreement; // borrowed; set by custody_side_agree
    char terms[CUSTODY_VERSIONS_MAX][CUSTODY_HEX_MAX + 1];
    uint32_t me; // index of this side
    CustodyBook book;
    CustodyLink link;
    char key_id[CUSTODY_ID_MAX + 1]; // this side's key
    CustodyKey peer_key[CUSTODY_KEYS_MAX];
    uint32_t peer_keys;
    CustodyCrypto crypto;
    CustodyDisk disk;
} CustodySide;

// The agreement holds from now on (borrowed). False, and all stays as it was, when it drops or changes the terms of a
// hand-over that is open: those are kept to its end.
bool custody_side_agree(CustodySide *s, const Agreement *agreement) MUST_USE;
// Something is done here. REASON_NONE: durable, the message is in the outbox.
CustodyReason custody_side_act(CustodySide *s, const CustodyAct *act, int64_t now_ms) MUST_USE;
// A notice (custody_is_notice) is told to the other side. REASON_NONE: durable, in the outbox.
CustodyReason custody_side_tell(CustodySide *s, CustodyMsg kind, const CustodyBody *say, int64_t now_ms) MUST_USE;
// Fires the time-outs that are due; how many.
uint32_t custody_side_tick(CustodySide *s, int64_t now_ms);
// A message has come. REASON_NONE: taken. Class LINK: not taken. Class CONTENT: taken and refused, a REFUSED is in the
// outbox. In all three cases custody_side_receipt says so to the other side, unless it was a receipt itself
// (*ret_receipt).
CustodyReason custody_side_hear(CustodySide *s, Str bytes, const uint8_t sig[CUSTODY_SIG_LEN], int64_t now_ms,
                                bool *ret_receipt) MUST_USE;
// Outbox message `seq`, issued now. False: it is not there.
bool custody_side_message(CustodySide *s, int64_t seq, int64_t now_ms, Buf *bytes,
                          uint8_t ret_sig[CUSTODY_SIG_LEN]) MUST_USE;
// What has been taken so far, and why the last one was not.
void custody_side_receipt(CustodySide *s, CustodyReason reason, int64_t now_ms, Buf *bytes,
                          uint8_t ret_sig[CUSTODY_SIG_LEN]);

// Messages one behind the other, as they travel: signature as 128 hexadecimal digits, line feed, the message's two
// lines, line feed.
void custody_frame_write(Buf *b, Str bytes, const uint8_t sig[CUSTODY_SIG_LEN]);
// The next one of `rest`, which moves on. REASON_NONE; REASON_OVERSIZED, REASON_MALFORMED: rest is as it was.
CustodyReason custody_frame_next(Str *rest, Str *ret_bytes, uint8_t ret_sig[CUSTODY_SIG_LEN]) MUST_USE;
bool custody_unhex(Str hex, uint8_t *ret, size_t n); // exactly 2 n digits

// ---- the envelope, for tests, fuzzing and other implementers
typedef struct {
    Str key;
    int64_t issued, expires;
    Str from, to, agreement, version, prev, core; // core: exact bytes
    int64_t seq;
    uint8_t kind;
    CustodyBody body;
    CustodyReason content; // what is wrong with kind or body, though all else could be read
} CustodyEnvelope;
// REASON_NONE, REASON_OVERSIZED, REASON_MALFORMED. Texts are borrowed from `bytes` and `a`.
CustodyReason custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret) MUST_USE;
void custody_envelope_core(Buf *b, const CustodyEnvelope *e);
void custody_envelope_write(Buf *b, Str key, int64_t issued_ms, int64_t expires_ms, Str core);

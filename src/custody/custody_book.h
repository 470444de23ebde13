// One side's book: which items it holds, which hand-overs are open. Pure: custody_act and custody_hear decide from the
// table (custody.def) and change nothing; custody_evolve is the only writer and cannot fail. The same code plays both
// roles on both sides.
//
// Custody: the holder signs a release (CROSSED by the giver, RETURN by the taker) that names the other's signed consent
// (ACCEPT; the OFFER, which undertakes to take back). The item is the other's from the moment the release is durable.
// docs/adr/0005-custody.md
#pragma once
#include "custody_agreement.h"

#define CUSTODY_HASH_LEN 32
typedef struct {
    bool used;
    uint8_t role, state, version; // CustodyRole, CustodyState, index of the agreement's version
    uint32_t item;                // its place in the book
    uint32_t passage;             // of this side's gate, 0: none known; kept for whom it serves, means nothing here
    char key[CUSTODY_KEY_MAX + 1];
    char item_id[CUSTODY_KEY_MAX + 1]; // what was handed over, also when its place in the book serves another by now
    uint8_t item_kind;
    int64_t answer_by, cross_by, due_ms, since_ms; // due: of the state's time-out, TIME_NEVER without
    int64_t crossed_ms, back_ms;                   // `at` of CROSSED and of RETURN, alike on both sides; 0: not yet
    uint32_t weight_kg, differences;               // as offered; as reported
    char seal[CUSTODY_KEY_MAX + 1];                // as offered
    uint8_t own_consent[CUSTODY_HASH_LEN];         // hash of this side's OFFER or ACCEPT
    uint8_t peer_consent[CUSTODY_HASH_LEN];        // of the other's
} HandOver;
typedef struct {
    bool used, holds, open; // open: a hand-over of it is under way; neither: it is with the other side, as far as known
    uint8_t kind;           // CustodyItemKind
    uint32_t handover;      // place of its last hand-over plus one, 0: none; that place may serve another by now
    int64_t since_ms;       // when `holds` became what it is, as far as this side knows; 0: not known
    int64_t gone_ms;  // it went over the line then, and is still held here: the crossing waits for the consent; 0: no
    uint32_t passage; // of gone_ms
    char id[CUSTODY_KEY_MAX + 1];
} CustodyItem;
typedef struct {
    uint32_t *at, first, n, size;
} CustodyRing;
typedef struct {
    HandOver *h; // limits.handovers of them
    CustodyItem *item;
    struct {
        uint32_t handovers, items;
    } limits;
    uint32_t own_no, peer_no;      // last number of a hand-over offered by this side, by the other
    struct {                       // derived: custody_index.c
        uint32_t *handover, *item; // maps
        uint32_t handover_mask, item_mask, handovers_n, items_n;
        CustodyRing over, away; // hand-overs that are over, items that are with the other side: the oldest make place
        uint32_t *free_items, free_items_n;
    } index;
} CustodyBook;

typedef struct {
    uint8_t act;      // CustodyActKind
    Str handover;     // all but ACT_OFFER
    CustodyBody say;  // what the message may carry: item of an offer; reason, note, evidence; weight, seal, ocr as seen
    bool not_seen;    // ACT_RECEIVE: nothing came
    uint32_t passage; // 0: as it was
} CustodyAct;

// What is decided. refused: nothing changes. Otherwise the new values, and the message that goes out with them.
typedef struct {
    CustodyReason refused;
    CustodyGuard failed; // the guard that said no, ANY when there is no row
    uint8_t role, from, to, on_msg, on_act;
    bool record; // slot and item are written
    uint32_t slot, item_slot, own_no, peer_no;
    HandOver h;
    CustodyItem item;
    CustodyMsg send; // MSG_NONE: none
    uint8_t version;
    CustodyBody say; // of the message out; texts are borrowed from the step and from what was decided on
    char consent[CUSTODY_HEX_MAX + 1], key[CUSTODY_KEY_MAX + 1];
} CustodyStep;

Err custody_book_init(CustodyBook *b, uint32_t handovers, uint32_t items, Arena *a) MUST_USE;
void custody_book_index(
    CustodyBook *b); // after h and item were filled from elsewhere; hand-overs from the first place on
// The item is here: from inland, or made. False: it is known already (with the other side, too: only a hand-over brings
// it back), or there is no place.
bool custody_item_in(CustodyBook *b, CustodyItemKind kind, Str id) MUST_USE;
bool custody_item_out(CustodyBook *b, CustodyItemKind kind, Str id) MUST_USE; // it leaves inland; not while it is open
// It went over the line without consent yet. False: it is not held here, or that is known.
bool custody_item_gone(CustodyBook *b, CustodyItemKind kind, Str id, int64_t at_ms, uint32_t passage) MUST_USE;
const CustodyItem *custody_item_find(const CustodyBook *b, CustodyItemKind kind, Str id); // NULL: unknown here
const HandOver *custody_find(const CustodyBook *b, Str key);                              // NULL: no record

typedef struct {
    const Agreement *agreement;
    uint32_t me; // index of this side
    int64_t now_ms;
    const char (*terms)[CUSTODY_HEX_MAX + 1]; // hash of custody_terms_text, for each version
} CustodyContext;
// ret->send's consent hash must be put in own_consent before custody_evolve when the message is OFFER or ACCEPT.
void custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret);
// A message that link and agreement found good. `version`: index of the one it names; `hash` of its bytes.
void custody_hear(const CustodyBook *b, const CustodyContext *c, CustodyMsg kind, uint32_t version,
                  const CustodyBody *body, const uint8_t hash[CUSTODY_HASH_LEN], CustodyStep *ret);
void custody_evolve(CustodyBook *b, const CustodyStep *step);
// Earliest deadline that ACT_TIMEOUT waits for, with its key (borrowed); TIME_NEVER: none.
int64_t custody_next_due(const CustodyBook *b, Str *ret_key);

void custody_hex(const uint8_t hash[CUSTODY_HASH_LEN], char ret[CUSTODY_HEX_MAX + 1]);
void custody_hex_n(const uint8_t *p, size_t n, char *ret); // 2 n digits and the end; back: custody_unhex

// ---- the table, for tests and tools
typedef struct {
    uint8_t role, from, on, guard, to, send; // on: CustodyMsg when heard, CustodyActKind when done
} CustodyRow;
extern const CustodyRow custody_heard_rows[], custody_done_rows[];
extern const uint32_t custody_heard_rows_n, custody_done_rows_n;

// Reconciliation: both ledgers compared shift by shift. Pure: lines of a shift, their hash, what differs between two
// sides' lines. docs/protocol.md
//
// A hand-over belongs to the shift in which its CROSSED says that it went over the line, on both sides alike. Its line
// says who held the item when the shift ended, so that what comes back later changes no shift that is over.
#pragma once
#include "custody/custody_side.h"

#define PEER_SHIFT_MS      (8 * HOUR_MS) // from midnight UTC on [I]; the bilateral agreement may say otherwise one day
#define PEER_SHIFT_WAIT_MS (5 * MINUTE_MS) // after its end, for what was under way
#define PEER_SHIFT_ID      20              // "2027-01-01T08:00:00Z": when it begins
#define PEER_SHIFT_PAGES   1024            // more lines than a full book has

int64_t peer_shift_begin(int64_t t_ms, int64_t length_ms); // of the shift that t_ms is in
void peer_shift_id(int64_t from_ms, char ret[PEER_SHIFT_ID + 1]);
// "KEY ITEM_KIND ITEM HOLDER\n" for each hand-over of [from, until), sorted by key; how many.
uint32_t peer_shift_lines(const CustodySide *s, int64_t from_ms, int64_t until_ms, Buf *lines);
void peer_shift_hash(const CustodySide *s, Str lines, char ret[CUSTODY_HEX_MAX + 1]);
// The next page of what is left: whole lines, at most CUSTODY_PATH_MAX bytes; empty at the end.
Str peer_shift_page(Str *rest);
typedef struct {
    Str key, own, other; // a line without its key, empty: this side knows of no such hand-over in the shift
} PeerShiftDiffers;
typedef bool PeerShiftFn(void *ctx, const PeerShiftDiffers *d); // false: enough
void peer_shift_compare(Str own, Str other, PeerShiftFn *fn, void *ctx);
// What both sides hash when they decide: "KEY", then what the agreement's first side and its second say, parted by
// tabs.
void peer_shift_differs_line(Buf *b, uint32_t me, const PeerShiftDiffers *d);

// A side's state as JSON and back: what the journal keeps of each step and a restart reads again. One object for a
// hand-over, one for an item, one for the link's numbers. Versions of the agreement are named, not numbered.
#pragma once
#include "custody_side.h"

void custody_write_handover(Buf *b, const Agreement *ag, const HandOver *h, uint32_t slot, uint32_t item_slot);
void custody_write_item(Buf *b, const CustodyItem *item, uint32_t slot);
void custody_write_link(Buf *b, const CustodyLink *link, uint32_t own_no, uint32_t peer_no);

// Back into a side that is fresh from custody_book_init; custody_book_index when all are in. ERR_CORRUPT: not written
// by these; ERR_LIMIT: more places than the book has.
Err custody_read_handover(CustodySide *s, Str json, Arena *a) MUST_USE;
Err custody_read_item(CustodySide *s, Str json, Arena *a) MUST_USE;
Err custody_read_link(CustodySide *s, Str json, Arena *a) MUST_USE;

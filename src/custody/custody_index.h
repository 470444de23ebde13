// Where a hand-over or an item of the book is: open addressing over its arrays, which stay the only truth. For
// custody_book.c.
#pragma once
#include "custody_book.h"

uint32_t index_handover(const CustodyBook *b, Str key);                  // limits.handovers: none
uint32_t index_item(const CustodyBook *b, CustodyItemKind kind, Str id); // limits.items: none
uint32_t index_free_item(const CustodyBook *b);                          // the same
uint32_t index_free_handover(const CustodyBook *b); // never used, or over for longest; limits.handovers: none
// The only ways to write the arrays.
void index_put_handover(CustodyBook *b, uint32_t slot, const HandOver *h);
void index_put_item(CustodyBook *b, uint32_t slot, const CustodyItem *item);

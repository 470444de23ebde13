// The book: what an outsider knows who reads the events only. It keeps its own list of passages, places, clearances,
// fees, lanes and yards, and says what is wrong as soon as an event or the state contradicts it.
#pragma once
#include "gate_fixture.h"

#ifndef BOOK_MAX
#define BOOK_MAX 600
#endif
typedef struct {
    bool known, ended, foreign, paid, shifted;
    uint8_t kind, place, road, mode, lane, yard;
    uint32_t attrs, needed, granted, refused, held, rework, incidents, mission;
    int64_t fee, key, arrived, slot, stay_from, valid_until;
} Entry;
typedef struct {
    Entry e[BOOK_MAX];
    uint32_t last;
    int64_t rules_ms;
    char receipts[BOOK_MAX][24];
    uint32_t receipts_n, paid, closed, calls, refusals;
    char why[300]; // the first contradiction; empty = none
} Book;
void book_watch(World *w, const Event *e, bool after); // World.watch, with World.watcher = Book
void book_check(World *w, Book *b, bool was_tick, bool deep);
void book_wrong(Book *b, const char *f, ...) __attribute__((format(printf, 2, 3)));

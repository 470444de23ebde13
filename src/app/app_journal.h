// Inside of `cuakhau journal`: its options, and the parts that have a file of their own.
#pragma once
#include "app.h"
#include "store/store_tree.h"

typedef struct {
    const char *what, *file, *json, *csv, *from, *to, *seq, *size, *side, *passages, *by, *since, *until;
} JournalOpts;
// All return the exit status. docs/verify.md: what they print.
int journal_head(Store *s, const JournalOpts *o);
int journal_prove(Store *s, const JournalOpts *o);
int journal_export(Store *s, const JournalOpts *o);
// A number of an event in [least, most]; `text` NULL: `normal`. False after saying what is wrong and what would be
// right.
bool journal_number(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t normal,
                    uint64_t *ret);
void journal_hex(Buf *b, const char *key, const uint8_t hash[STORE_HASH_LEN]); // a member
int journal_out(Buf *b); // to stdout, and freed; 3 when that fails

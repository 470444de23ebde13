// One end of the cross-border link over a real journal, without a network: for benchmarks and tests, which carry the
// messages themselves. Every step of custody is one input of kind link, as the server writes it.
#pragma once
#include "custody/custody_openssl.h"
#include "ledger/ledger.h"

typedef struct {
    CustodySide s;
    Ledger *l;
    int64_t now_ms; // of the inputs
    CustodyOpenssl *keys;
    Arena book, step;
    char **core; // outbox by number - 1; nothing is dropped
    size_t cores, cap;
    uint64_t steps; // since the last commit
} LinkEnd;
typedef struct {
    const char *path;
    Str bundle;
    const Agreement *agreement;
    uint32_t me, handovers, items, passages;
    const char *key_id;
    uint8_t seed; // of the key: 32 times this byte
    int64_t t_ms;
} LinkEndOpts;
Err link_end_open(LinkEnd *e, const LinkEndOpts *o) MUST_USE;
void link_end_meet(LinkEnd *a, LinkEnd *b); // they know each other's keys
Err link_end_commit(LinkEnd *e) MUST_USE;   // what was done since; a new batch begins
Err link_end_close(LinkEnd *e) MUST_USE;    // commits
// Message `seq` of `from` is heard by `to`, at its time; then the receipt of `to` by `from`, if it is wanted.
CustodyReason link_end_carry(LinkEnd *from, LinkEnd *to, int64_t seq);
void link_end_receipt(LinkEnd *from, LinkEnd *to);

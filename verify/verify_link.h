// Inside of `cuakhau-verify ledger`: the messages of both journals, the hand-overs that they make, who held what.
#pragma once
#include "verify.h"

#define NAME_LEN    24 // of hand-overs, items, words (docs/custody.md)
#define SIDE_LEN    12
#define KEY_ID_LEN  32
#define MESSAGE_MAX 4096
typedef enum {
    KIND_OTHER, // notices: they change no hand-over
    KIND_OFFER,
    KIND_ACCEPT,
    KIND_REJECT,
    KIND_WITHDRAW,
    KIND_WITHDRAWN,
    KIND_REVOKE,
    KIND_CROSSED,
    KIND_RECEIVED,
    KIND_RETURN,
    KIND_CLOSED,
    KIND_DISPUTE,
    KIND_SETTLE,
    KIND_REFUSED,
    KIND_RECEIPT,
    KIND_TREE_HEAD
} Kind;
typedef struct {
    Hash hash; // SHA-256 of the core
    Kind kind;
    char word[NAME_LEN + 1];
    char from[SIDE_LEN + 1], to[SIDE_LEN + 1];
    int64_t number; // seq; 0: a receipt
    Hash prev;
    char *bytes; // as heard, owned; NULL: known from its maker only
    size_t bytes_n;
    uint8_t signature[64];
    char key[KEY_ID_LEN + 1];
    const struct PublicKey *signer; // NULL: the sender has no such key
    bool checked, genuine;          // its signature
    int64_t issued, expires;
    // body
    char handover[NAME_LEN + 1], item_kind[NAME_LEN + 1], item[NAME_LEN + 1], reason[NAME_LEN + 1];
    Hash consent, head; // head: `hash` of a receipt, of a tree head
    bool has_consent, differs;
    int64_t at, cross_by, upto;
    char *proof;                                        // owned, may be NULL
    int64_t made_event, made_ms, heard_event, heard_ms; // in the journals; 0: not there
} Message;
// NULL, or what is wrong. `heard`: two lines, with a header.
const char *message_read(Sha *s, Text bytes, bool heard, Message *ret);
void message_free(Message *m);

typedef struct { // one event LINK
    int64_t event, t_ms;
    Message *heard, *made; // owned by the link
    bool refused;          // the content of what was heard was refused
    char handover[NAME_LEN + 1], state[NAME_LEN + 1];
} Step;
typedef struct PublicKey {
    char id[KEY_ID_LEN + 1];
    int side;
    uint8_t bytes[32];
    int64_t from, until, revoked;
} PublicKey;
typedef struct {
    Message **at; // by number - 1
    size_t n, cap;
} Numbered;
typedef struct {
    char name[2][SIDE_LEN + 1];
    PublicKey *key;
    size_t keys;
    int64_t skew_ms;
    Log log[2];
    Step *step[2];
    size_t steps[2];
    Message **message; // all, owned
    size_t messages, messages_cap;
    Numbered made[2], heard[2]; // by who made them: in their maker's journal, in the other's
    Findings found;
    uint64_t witnessed[2]; // heads of this side that the other has heard
    uint64_t receipts;
} Link;
int keys_read(const char *file, Link *l);
int link_load(Link *l, const char *a, const char *b); // reads both journals and their messages
void link_free(Link *l);
// Looks at the signatures of what was heard in these steps, where that was not done yet.
void link_signatures(const Link *l, const Step *step, size_t n, bool all_cores);
void link_check(Link *l);  // signatures, numbers, chains, both journals against each other
void heads_check(Link *l); // tree heads as the other side witnessed them
Finding *link_find(Link *l, const char *code, const Message *m, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

// ---- the hand-overs by the rules of docs/protocol.md
typedef struct {
    char key[NAME_LEN + 1];
    int giver;
    uint8_t state[2];
    const Message *offer, *accept, *reject, *crossed, *back;
    int64_t order[2]; // event of its first message in each journal
} HandOver;
typedef struct {
    int64_t from_ms;
    int holder;
    const Message *release, *consent; // what proves it; release: the first OFFER says it of its sender
    int64_t heard_ms;                 // when the new holder had the release; 0: it is still on the way
    bool claimed;                     // by an offer (and its acceptance), not by a release
} Interval;
typedef struct {
    char kind[NAME_LEN + 1], id[NAME_LEN + 1];
    Interval *at;
    size_t n, cap;
} Item;
typedef struct {
    HandOver **handover;
    size_t handovers, handovers_cap;
    Item **item;
    size_t items, items_cap;
} Ledger;
void ledger_replay(Link *l, Ledger *ret);
void ledger_build(Link *l, Ledger *g); // the intervals
void ledger_free(Ledger *g);

typedef struct {
    const char *who;
    int64_t at_ms;
    bool json, quiet;
} Ask;
int ledger_say(const Link *l, const Ledger *g, const Ask *ask); // exit status

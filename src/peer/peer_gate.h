// Shared by peer_gate.c (passages and hand-overs) and peer_notice.c (what one side tells the other).
#pragma once
#include "peer_internal.h"

#define PEER_TOUCHED_MAX 4096
#define PEER_TOLD_MAX    1024
typedef struct {
    CustodyItemKind kind;
    Str id;
} Thing;
typedef struct {  // a notice to tell, from an event of the gate
    uint8_t kind; // CustodyMsg
    uint32_t passage;
    uint8_t task;
    int64_t at_ms, until_ms;
    Str text, note, hs; // live in PeerGate.keep
} PeerNote;
typedef struct { // a notice heard
    uint8_t kind;
    CustodyBody body; // texts live in PeerGate.keep
} PeerTold;
struct PeerGate {
    Arena ask, keep; // one question to the gate; what notes and told hold
    EventList list;
    bool all; // look at everything
    uint32_t passage[PEER_TOUCHED_MAX], n;
    char key[PEER_TOUCHED_MAX][CUSTODY_KEY_MAX + 1];
    uint32_t keys_n;
    PeerNote note[PEER_TOLD_MAX];
    PeerTold told[PEER_TOLD_MAX];
    uint32_t notes_n, told_n;
    int64_t later_ms;    // 0: none
    int64_t capacity_ms; // when the next hours were told last
};
bool peer_would(Peer *p, const Input *in);
bool peer_input(Peer *p, Input *in); // false: the gate says no, or the batch is lost
bool peer_move(Peer *p, const Passage *x, Move m, int64_t now_ms);
void peer_gate_later(PeerGate *g, int64_t at_ms);
int64_t peer_gate_next(const PeerGate *g);

// peer_notice.c
void peer_notice_event(PeerGate *g, const Event *e);
void peer_notice_run(Peer *p, int64_t now_ms);
uint32_t peer_notice_passage(const Peer *p, CustodyMsg kind, const CustodyBody *b);
void peer_notice_recognise(Peer *p, const Passage *x, int64_t now_ms);
void peer_notice_delivered(Peer *p, const HandOver *h, const Passage *x, int64_t now_ms);

/* Two command centres hand one item over, and back, by the very table of the C code (custody.def). Each side decides on a volatile state,
   commits it now and then (a batch), and can crash to what it committed. The network brings any message ever made durable, at any time, as
   often as it likes: loss is a message that comes late, duplication one that comes again, reordering one that comes too soon; the link refuses
   all but the next number. Time is not modelled: a time-out may fire in any state that has one, so no clock and no skew is relied on.
     - never two holders, never none: claims + signed releases under way == 1, after every step and every commit;
     - honest sides never hear what the table has no row for;
     - when nothing more can happen, every hand-over is over and both have heard all (nothing lost, nothing stuck);
     - no cycle (checked apart with -DNP): so that end is always reached once the faults are over. */
#ifndef OFFERS
#define OFFERS 2
#endif
#ifndef CRASHES
#define CRASHES 2
#endif
#ifndef SETTLES
#define SETTLES 1
#endif
#define ROOM_FOR 24 /* messages of one side */
#define GIVER    1
#define TAKER    2
#define HOLDS    1
#define NOT      0

#define STATE(sym, word, giver, taker, end) sym,
mtype = {
#include "custody.def"
}
#define MESSAGE(sym, word, needs, may) sym,
mtype = { MSG_NONE,
#include "custody.def"
}

typedef Side {
    mtype st;
    byte role;   /* in the hand-over that is its last */
    byte no;     /* of that hand-over */
    bool holds;
    byte out;    /* messages made */
    byte in;     /* messages heard, in order */
    byte settles;
    byte offers;
    byte sent;   /* releases signed */
    byte got     /* releases heard */
}
Side v[2]; /* in memory */
Side d[2]; /* on disk */
mtype what[48]; /* what[side * ROOM_FOR + number] */
byte which[48];
bool differs[48];
byte crashes;

#define ME    v[me]
#define PEER  (1 - me)
/* ---- the rules of link and disk; mutants change them */
#define PICK       s = ME.in + 1 /* the link takes the next number only */
#define CARRIED(x) (d[x].out)    /* nothing leaves before it is durable */
#define IS(f)      (which[PEER * ROOM_FOR + s] == ME.no -> ME.st == f : HS_START == f)

#define CAN_ANY     true
#define CAN_FREE    (ME.holds && v[0].offers + v[1].offers < OFFERS)
#define CAN_ROOM    (!ME.holds)
#define CAN_NO_ROOM true
#define CAN_IN_TIME true
#define CAN_LATE    true
#define CAN_CONSENT true
#define HEAR_CLEAN   !differs[PEER * ROOM_FOR + s]
#define HEAR_DIFFERS differs[PEER * ROOM_FOR + s]
#define CAN_CLEAN    true
#define CAN_DIFFERS  true
#define HEAR_ANY     CAN_ANY
#define HEAR_ROOM    CAN_ROOM
#define HEAR_NO_ROOM CAN_NO_ROOM
#define HEAR_CONSENT CAN_CONSENT
#define DIF_CLEAN    false
#define DIF_DIFFERS  true
#define DIF_ANY      false
#define DIF_FREE     false
#define DIF_IN_TIME  false
#define DIF_LATE     false
#define DIF_ROOM     false
#define DIF_NO_ROOM  false
#define DIF_CONSENT  false

#define END(x) (x == HS_START || x == HS_REJECTED || x == HS_WITHDRAWN || x == HS_CLOSED || x == HS_RETURNED)

inline send(a_m, a_d, a_n) {
    if
    :: a_m != MSG_NONE ->
        assert(ME.out < ROOM_FOR - 1);
        ME.out++;
        what[me * ROOM_FOR + ME.out] = a_m;
        which[me * ROOM_FOR + ME.out] = a_n;
        differs[me * ROOM_FOR + ME.out] = a_d;
        if
        :: a_m == MSG_CROSSED || a_m == MSG_RETURN -> ME.sent++
        :: else
        fi
    :: else
    fi
}
inline go(a_r, a_to) {
    if
    :: a_to != HS_START ->
        ME.st = a_to;
        ME.role = a_r;
        ME.holds = (false
#define STATE(sym, word, giver, taker, end) || (a_to == sym && ((a_r == GIVER && giver == HOLDS) || (a_r == TAKER && taker == HOLDS)))
#include "custody.def"
        )
    :: else
    fi
}
inline one_holder() {
    assert(d[0].holds + d[1].holds + (d[0].sent - d[1].got) + (d[1].sent - d[0].got) == 1)
}
inline copy(a_t, a_f) {
    a_t.st = a_f.st; a_t.role = a_f.role; a_t.no = a_f.no; a_t.holds = a_f.holds; a_t.out = a_f.out; a_t.in = a_f.in;
    a_t.settles = a_f.settles; a_t.offers = a_f.offers; a_t.sent = a_f.sent; a_t.got = a_f.got
}
inline take() {
    ME.in = s;
    if
    :: what[PEER * ROOM_FOR + s] == MSG_CROSSED || what[PEER * ROOM_FOR + s] == MSG_RETURN -> ME.got++
    :: else
    fi
}

proctype side(byte me) {
    byte s;
    do
    /* what is done here */
#define DONE(r, from, act, guard, next, m) \
    :: atomic { ((from == HS_START && END(ME.st)) || (from != HS_START && ME.st == from && ME.role == r)) && CAN_##guard && MAY_##act -> \
        OF_##act; send(m, DIF_##guard, ME.no); go(r, next) }
#define MAY_ACT_OFFER    true
#define MAY_ACT_ACCEPT   true
#define MAY_ACT_REJECT   true
#define MAY_ACT_WITHDRAW true
#define MAY_ACT_REVOKE   true
#define MAY_ACT_CROSS    true
#define MAY_ACT_RECEIVE  true
#define MAY_ACT_RETURN   true
#define MAY_ACT_CLOSE    true
#define MAY_ACT_DISPUTE  (ME.settles < SETTLES)
#define MAY_ACT_SETTLE   true
#define MAY_ACT_TIMEOUT  true
#define OF_ACT_OFFER     ME.no = 2 * (v[0].offers + v[1].offers) + me + 1; ME.offers++; ME.settles = 0
#define OF_ACT_ACCEPT    skip
#define OF_ACT_REJECT    skip
#define OF_ACT_WITHDRAW  skip
#define OF_ACT_REVOKE    skip
#define OF_ACT_CROSS     skip
#define OF_ACT_RECEIVE   skip
#define OF_ACT_RETURN    skip
#define OF_ACT_CLOSE     skip
#define OF_ACT_DISPUTE   ME.settles++
#define OF_ACT_SETTLE    skip
#define OF_ACT_TIMEOUT   skip
#include "custody.def"
    /* what is heard */
    :: atomic { ME.in < CARRIED(PEER) ->
        PICK;
        if
#define HEARD(r, from, m, guard, next, reply) \
        :: what[PEER * ROOM_FOR + s] == m && IS(from) && (from == HS_START || ME.role == r) && HEAR_##guard -> \
            take(); if :: next != HS_START -> ME.no = which[PEER * ROOM_FOR + s] :: else fi; \
            send(reply, DIF_##guard, which[PEER * ROOM_FOR + s]); go(r, next)
#include "custody.def"
        :: what[PEER * ROOM_FOR + s] == MSG_OFFER -> take(); send(MSG_REFUSED, false, which[PEER * ROOM_FOR + s]) /* its content */
        :: else -> assert(false) /* an honest side said what has no row */
        fi }
    :: atomic { ME.out != d[me].out || ME.in != d[me].in -> copy(d[me], v[me]); one_holder() }
    :: atomic { crashes < CRASHES && (ME.out != d[me].out || ME.in != d[me].in) -> crashes++; copy(v[me], d[me]) }
    :: atomic { timeout ->
        assert(END(d[0].st) && END(d[1].st) && d[0].in == d[1].out && d[1].in == d[0].out && d[0].holds + d[1].holds == 1); break }
    od
}
init {
    atomic {
        v[0].st = HS_START; v[1].st = HS_START; v[0].holds = true;
        copy(d[0], v[0]); copy(d[1], v[1]);
        run side(0); run side(1)
    }
}

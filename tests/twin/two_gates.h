// Two whole gates (or one) in one process and one virtual time, and what joins them: a link that sees their events and
// sends them inputs. The simulated link stands where the real one will.
#pragma once
#include "app/app_twin.h"
#include "twin/twin.h"

typedef struct {
    void *ctx;
    void (*event)(void *ctx, int side, const Gate *g, const Event *e); // it has happened there; no input from within
    int64_t (*next)(void *ctx);                                        // when the link has something to do
    void (*run)(void *ctx, int64_t now_ms);                            // does it, by two_gates_submit
    void (*restarted)(void *ctx,
                      int side); // that side's world knows no more than its gate: tell it what is coming back
} GateLink;
typedef struct {
    TwinConfig c;
    void *memory;
    Gate *gate;
    Twin *twin;
    struct TwoGates *all;
    int at;
    uint64_t digest; // of all that happened there
} GateSide;
typedef struct TwoGates {
    GateSide side[2];
    int sides;
    GateLink link;
    Arena arena;
    bool linking, refused; // within an input of the link; what came of it
    uint8_t refusal;
    Str rule;
    uint32_t declared;
    int64_t now_ms;
} TwoGates;
void two_gates_start(TwoGates *t, const TwinConfig *c, int sides, GateLink link);
void two_gates_end(TwoGates *t);
void two_gates_run(TwoGates *t, int64_t until_ms);
bool two_gates_submit(TwoGates *t, int side, Input *in);    // of the link
void two_gates_restart(TwoGates *t, int side);              // the same gate in a new process, with a new world
void two_gates_take_back(TwoGates *t, int side, Str saved); // the gate is as it was; its world has lived on
void two_gates_quiet(TwoGates *t);                          // nobody new comes

// ---- a link in memory with delays, for trucks
typedef struct LooseLink LooseLink;
typedef struct {
    uint32_t notices, crossed, back, home, given_up, refused, bounced;
} LooseStats;
LooseLink *loose_link_new(TwoGates *t, uint64_t seed, int64_t start_ms);
void loose_link_free(LooseLink *l);
GateLink loose_link_port(LooseLink *l);
void loose_link_cut(LooseLink *l, int64_t until_ms); // nothing gets through before
void loose_link_stats(const LooseLink *l, LooseStats *ret);
uint32_t loose_link_stuck(const LooseLink *l, bool tell); // trips that have not come to their end

// ---- the other side of one gate, played: it announces trucks, lets them go, receives what comes, signs it back
typedef struct FarSide FarSide;
typedef struct {
    uint32_t announced, entered, closed, turned_back; // imports
    uint32_t crossed, signed_back, returned, bounced; // exports
    uint64_t trucks;                                  // of the world's own exports, as one number
    uint32_t own[DIRECTION_COUNT];                    // declared by the world itself
} FarStats;
FarSide *far_side_new(TwoGates *t, uint64_t seed, int64_t start_ms, uint32_t imports); // of them, over a day
void far_side_free(FarSide *f);
GateLink far_side_port(FarSide *f);
void far_side_stats(const FarSide *f, FarStats *ret);

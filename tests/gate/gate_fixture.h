// A gate with a shipped site in it, inputs built by hand, and the events of the last input kept for looking at.
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <jansson.h>
#include "gate/gate_internal.h"
#include "ledger/ledger_internal.h"
#include "prop.h"

#define WORLD_EVENTS_MAX 8192
typedef struct World World;
struct World {
    Arena a;    // of the last input
    Arena keep; // as long as the world
    SiteHold *sites;
    const Site *site;
    Str bundle;
    void *memory;
    Gate *g;
    int64_t now;
    uint64_t random;
    uint32_t n; // events of the last input
    Event ev[WORLD_EVENTS_MAX];
    uint32_t findings;
    const Finding *finding;                    // of the last input
    void (*before)(World *w, const Input *in); // called by run() ahead of the gate
    void (*watch)(World *w, const Event *e, bool after);
    void *watcher;
};
extern bool refuse_seen[REFUSE_COUNT];

Str bundle_of(Arena *a, const char *site, const char *phase, bool demo_tariff);
Err site_from(World *w, Str bundle, Site **ret, SiteReply *reply);
World *world_new(const char *site, const char *phase, uint32_t passages_max); // the site is adopted
void world_free(World *w);
void world_adopt(World *w, Str bundle); // as an input; must be accepted or refused by the gate

// Runs the input at w->now. Returns the first refusal, REFUSE_REASON_NONE when accepted.
Refuse run(World *w, Input in);
Input input(const World *w, InputKind kind, Role role, uint32_t no);
Refuse refused_rule(const World *w,
                    const char *rule); // the code of the finding that names this rule; NONE when there is none
bool refused_with(const World *w, Refuse code);
const Event *event_of(const World *w, EventKind kind, uint32_t no); // the first of the last input
uint32_t events_of(const World *w, EventKind kind);

const char *task_id(World *w, uint8_t t); // a copy that ends with NUL
uint8_t task(const World *w, const char *id);
const Passage *passage(const World *w, uint32_t no); // must be there
Refuse move_by(World *w, Role role, uint32_t no, Move move);
void go(World *w, Role role, uint32_t no, Move move); // must be accepted
Refuse decide_by(World *w, Role role, uint32_t no, const char *id, Outcome o);
void grant(World *w, uint32_t no, const char *id); // by its agency, with the declared weight, green channel, a plate
Refuse weigh_by(World *w, Role role, uint32_t no, int64_t kg);
Refuse pay(World *w, uint32_t no, const char *receipt); // what is due
Refuse tick(World *w, int64_t t_ms);
uint32_t declare(World *w, const Declaration *d);  // number, 0 when refused
uint32_t declared(World *w, const Declaration *d); // must be accepted

// Declarations that the site accepts; `serial` makes plate, numbers and references its own.
Declaration durian(World *w, int serial); // export of fresh durian, through-drive
Declaration machines(World *w, int serial, Direction direction);
Declaration box(World *w, int serial, Direction direction);
Str fmt(World *w, const char *f, int serial);
#define HOURS(n)   ((n)*HOUR_MS)
#define MINUTES(n) ((n)*MINUTE_MS)
#define START      1795996800000LL // 2026-11-30

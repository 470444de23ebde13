// A morning at the gate, played against its HTTP API only: traders, drivers, officers, devices and the other side.
// Private to app_drive*.c.
#pragma once
#include "app.h"
#include "app_client.h"
#include "gate/gate_words.h"
#include "wire/wire_declaration.h"

#define PERSONS_MAX  256
#define TASKS_KNOWN  32
#define REFUSALS_MAX 128
#define ROADS_KNOWN  8

typedef struct {
    uint8_t role;
    char id[44], secret[128];
} Person;

// What goes wrong on purpose. X(symbol, text)
#define SLIP_TABLE(X)                                                                                                  \
    X(SLIP_NONE, "")                                                                                                   \
    X(SLIP_CHECK_DIGIT, "container number with a wrong check digit")                                                   \
    X(SLIP_CERTIFICATE, "certificate left out")                                                                        \
    X(SLIP_HS, "HS code that does not exist")                                                                          \
    X(SLIP_MASS, "net mass of 0 kg")                                                                                   \
    X(SLIP_TWICE, "declared twice")                                                                                    \
    X(SLIP_SAME_KEY, "the same request sent twice")                                                                    \
    X(SLIP_ROLE, "officer of the wrong agency")                                                                        \
    X(SLIP_ORDER, "movement out of order")                                                                             \
    X(SLIP_CLEARANCE, "lined up without clearances")                                                                   \
    X(SLIP_PLATE, "plate misread at the barrier")                                                                      \
    X(SLIP_AMOUNT, "wrong amount paid")                                                                                \
    X(SLIP_WEIGHT, "mass other than declared")
typedef enum {
#define X(sym, text) sym,
    SLIP_TABLE(X)
#undef X
        SLIP_COUNT
} Slip;

// How it ended. X(symbol, name in JSON, text)
#define END_TABLE(X)                                                                                                   \
    X(END_NONE, "open", "still on its way")                                                                            \
    X(END_CLOSED, "CLOSED", "closed")                                                                                  \
    X(END_TURNED_BACK, "TURNED_BACK", "turned back")                                                                   \
    X(END_REFUSED, "refused", "refused at the declaration, with the reason")                                           \
    X(END_STANDING, "standing", "standing at an explained hold or refusal")                                            \
    X(END_STUCK, "stuck", "standing without an explanation")
typedef enum {
#define X(sym, name, text) sym,
    END_TABLE(X)
#undef X
        END_COUNT
} End;

typedef struct World World;
typedef struct Truck Truck;
struct Truck {
    World *w;
    uint32_t i, line;
    const char *file;              // NULL: of its own making
    json_t *doc, *wrong;           // as declared; what is sent first by mistake
    const Person *trader, *driver; // driver NULL: the trader reports for it
    Truck *first, *second;         // legs of a two-way trip
    char ref[24], place[16], status[20], next[16], waits_for[64];
    uint8_t end, slip;
    bool slip_done, counted, looking, look_again, dangerous, inside, fee_unknown, mass_fixed;
    uint32_t working, fixing;      // bits of tasks
    int64_t freed_us[TASKS_KNOWN]; // when work on a task last ended: lists asked for before then are stale
    uint32_t busy;                 // commands on their way
    uint32_t move_tries, reworks;
    int64_t fee_vnd, gross_kg, tare_kg, true_kg; // true_kg: of the loaded vehicle on the scale
    uint64_t seen_seq;
    char *why; // owned sentence: why it ended so
};
typedef struct {
    char code[40];
    uint32_t times;
    char *example; // owned
} Refusal;
typedef struct {
    uint8_t role;       // whose token reads
    const char *agency; // whose tasks
    bool polling;
    int64_t next_us, asked_us;
} Desk;

struct World {
    Client *client;
    uint64_t seed;
    double speed; // 0: as fast as it goes; otherwise times real time
    uint32_t window, mistakes_percent;
    Person person[PERSONS_MAX];
    uint32_t persons;
    const Person *by_role[ROLE_COUNT][PERSONS_MAX];
    uint32_t role_n[ROLE_COUNT];
    json_t *site, *refs, *lrns; // refs: reference -> number of the truck; lrns: used in this run
    char road[ROADS_KNOWN][44], task[TASKS_KNOWN][44];
    uint32_t roads, tasks, danger_inside;
    bool unmanned;
    Truck **truck;
    uint32_t n, cap, declared, first_waiting, open, standing, ended[END_COUNT];
    uint32_t doubled, slips[SLIP_COUNT], slips_passed;
    Refusal refusal[REFUSALS_MAX];
    uint32_t refusals, refused_answers, effects_done, decisions, moves, payments, replays;
    uint32_t rows_bad, rows_other, rows_good, files, bad_examples_n;
    char *bad_example[8];
    Desk desk[16];
    uint32_t desks;
    bool watching, effects_polling[2], down;
    uint64_t effect_after[2];
    int64_t watch_us, effects_us[2], progress_us, started_us, shown_us;
    bool terminal, quiet;
};

// ---- app_drive_make.c: declarations of its own making
uint64_t drive_random(const World *w, uint32_t truck, uint32_t salt);
Truck *drive_add(World *w, json_t *doc); // takes the reference; chooses trader, mistakes and the truth on the scale
void drive_make_morning(World *w, uint32_t trucks);
json_t *drive_fill(void *world, size_t row);            // ImportDefaults.fill
void drive_complete(World *w, json_t *doc, uint32_t i); // what the source lacks, by direction and goods
void drive_site(World *w, json_t *site);

// ---- app_drive_play.c
void drive_play(World *w); // until everything has ended
void drive_truck_free(Truck *t);

// ---- app_drive_show.c
void drive_show(World *w, bool last);
void drive_report(const World *w);
json_t *drive_report_json(const World *w);

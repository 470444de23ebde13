// The gate's state: one block of memory, arrays sized at start, indices instead of pointers.
#pragma once
#include "gate.h"

#define NO_SLOT UINT32_MAX
#define USED    UINT32_MAX // passage number of a key that was used by a closed passage

// Kinds of keys in the map from hash to passage.
enum {
    KEY_PLATE = 1,
    KEY_TRAILER,
    KEY_CONTAINER,
    KEY_CUSTOMS_NO,
    KEY_LRN,
    KEY_TRANSFER,
    KEY_RECEIPT,
    KEY_TRADER,
    KEY_ACTOR,
    KEY_SEAL
};
// Passage.keys[] in this order
enum { PK_PLATE, PK_TRAILER, PK_CONTAINER, PK_CUSTOMS_NO, PK_LRN, PK_TRANSFER };

typedef struct {
    uint64_t key;
    uint32_t no; // 0 = empty
    uint32_t slot;
} MapEntry;

typedef struct {
    int64_t key_ms;
    uint32_t no;
    uint32_t slot;
} QueueItem;

typedef struct {
    char id[32], basis[96], hs[16];
    uint8_t direction, from_site, unused[6];
    int64_t from_ms, to_ms;
} EmbargoState;
typedef struct {
    char id[32];
    uint8_t road, from_site, unused[6];
    uint32_t attrs, releases, used, unused2;
    int64_t window_ms, from_ms, to_ms, window_start_ms;
} QuotaState;

typedef struct {              // everything small; saved as it is
    int64_t now_ms, rules_ms; // rules_ms: the time whose procedures and embargoes are in force
    uint32_t last_no, open, slots_used, free_head, heap_n, queue_n[ROADS_MAX];
    uint32_t closed_n, used_n, embargo_n, quota_n, alarms, unused;
    LaneState lane[LANES_MAX];
    RoadState road[ROADS_MAX];
    YardState yard[YARDS_MAX];
    EmbargoState embargo[EMBARGOES_MAX];
    QuotaState quota[QUOTAS_MAX];
    uint32_t closed[CLOSED_RING]; // slots of the passages closed last
    uint64_t used[USED_RING];
} Small;

struct Gate {
    GateLimits limits;
    const Site *site;
    const CompiledProcedure *procedure[KIND_COUNT]; // in force
    int64_t next_change_ms;                         // of procedures, tariffs and embargoes
    Small s;
    uint32_t slots; // of the pool
    uint32_t map_mask;
    Passage *slot;
    uint32_t *heap; // slots by deadline, a 4-ary heap
    QueueItem *queue[ROADS_MAX];
    MapEntry *map;
    uint32_t *by_no, no_mask; // passage number to slot + 1
};

// ---- gate_state.c
uint64_t key_of(int kind, Str s); // 0 for the empty string
void map_add(Gate *g, uint64_t key, uint32_t no, uint32_t slot);
void map_remove(Gate *g, uint64_t key, uint32_t no);
const MapEntry *map_first(const Gate *g, uint64_t key, uint32_t *ret_at);
const MapEntry *map_next(const Gate *g, uint64_t key, uint32_t *at);
Passage *passage_of(Gate *g, uint32_t no);
Passage *passage_new(Gate *g, uint32_t no);
void passage_close(Gate *g, Passage *p); // to the ring of the closed; frees the oldest of them
uint32_t slot_of(const Gate *g, const Passage *p);
void used_add(Gate *g, uint64_t key);
void timer_set(Gate *g, Passage *p, int64_t t_ms); // TIME_NEVER = none
uint32_t offset_of(const Passage *p, int64_t t_ms);
void rules_choose(Gate *g, int64_t t_ms);
int64_t rules_next_change(const Gate *g);
void rules_look_ahead(Gate *g); // when they change next: after the rules in force or the embargoes changed
void take_declaration(Passage *p, const Declaration *d); // what a passage has straight from its declaration
void copy_text(char *to, size_t size, Str from);         // cuts at size - 1, pads with zeros

// ---- gate_queue.c
void queue_put(Gate *g, Passage *p, int64_t key_ms);
void queue_drop(Gate *g, Passage *p);
EvQueued queue_reckon(const Gate *g, const Passage *p, int64_t arrived_ms, int64_t slot_ms, int64_t shift_ms);
void queue_call(const Gate *g, uint8_t road, int64_t t_ms, Arena *a, EventList *out); // at most one call
bool queue_waits(const Gate *g); // somebody waits whom time alone may free

// ---- gate_task.c
// By the conditions. random NULL: sampling is not drawn again, p->needed says what was drawn.
uint32_t tasks_asked(const CompiledProcedure *pr, const Passage *p, const uint64_t *random);
uint32_t tasks_open(const CompiledProcedure *pr, const Passage *p);
void tasks_refresh(Gate *g, Passage *p, int64_t t_ms); // open set, due times, alarms, timer
void timers_refresh(Gate *g);                          // the site's warning times may have changed
bool before_border(const Passage *p);
void decide_take(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out);
void decide_decide(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out);
void decide_pay(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out);

// ---- gate_declare.c, gate_move.c, gate_resource.c
void decide_declare(const Gate *g, const Input *in, const Passage *old, Arena *a, EventList *out);
void decide_move(const Gate *g, const Input *in, const Passage *p, Arena *a, EventList *out);
void decide_mission(const Input *in, const Passage *p, Arena *a, EventList *out);
void evolve_mission(Passage *p, const InMission *m);
void decide_lane(const Gate *g, const Input *in, Arena *a, EventList *out);
void decide_road(const Gate *g, const Input *in, Arena *a, EventList *out);
void decide_yard(const Gate *g, const Input *in, Arena *a, EventList *out);
void decide_quota(const Gate *g, const Input *in, Arena *a, EventList *out);
void decide_embargo(const Gate *g, const Input *in, Arena *a, EventList *out);
const EmbargoState *embargo_on(const Gate *g, Str hs, uint8_t direction, int64_t t_ms);
const EmbargoState *embargo_hits(const Gate *g, const Passage *p, int64_t t_ms);
FeeQuestion fee_question(const Passage *p);
Event *event_add(EventList *out, const Input *in, EventKind kind, uint32_t passage);
Event *event_system(EventList *out, int64_t t_ms, EventKind kind, uint32_t passage);

// ---- refusals: findings collected, one REFUSED event at the end
typedef struct {
    Finding f[FINDINGS_MAX];
    uint32_t n;
    Arena *a;
} Findings;
// args: texts in the order of the message's {0} {1} ...; END ends
#define END ((Str){NULL, 0})
void find_add(Findings *f, Refuse code, const char *field, Str rule, Str basis, ...);
Str text_int(Arena *a, int64_t v);
Str text_time(Arena *a, int64_t t_ms);
Str text_fmt(Arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool refuse_all(const Findings *f, const Input *in, EventList *out); // adds the event when there are findings
void refuse_one(const Input *in, Arena *a, EventList *out, Refuse code, Str rule);

// Gate: the kernel. Pure: time, identity and randomness arrive in the Input; what happened leaves as Events; what must
// be done leaves as Effects. No clock, socket, file or floating point in here; the state is one block of memory sized
// at start.
//
//   gate_decide(state, input) -> events     never changes the state
//   gate_follow(state, ...)   -> events     what policies decide next: call-forward, fees, closing, deadlines
//   gate_evolve(state, event)               the only writer; cannot fail
//   gate_apply                              the three in a loop, as daemon, replay, simulator and tests run it
//
// Movement (where something is) and clearances (who agreed) are kept apart; they meet at gate points only.
#pragma once
#include "gate_site.h"

// ---- limits
#define EVENTS_PER_STEP_MAX 32
#define FINDINGS_MAX        16
#define FOLLOW_ROUNDS_MAX   4096
#define SEALS_MAX           8
#define KEYS_MAX            6
#define LANE_VEHICLES_MAX   100    // between the two barriers of one lane
#define HS_MAX              8      // distinct HS numbers kept exactly; beyond, rules made later match by chapter
#define CLOSED_RING         256    // passages just closed stay readable for that many closings
#define USED_RING           262144 // keys (customs numbers, receipts) of closed passages that may not come again

// ---- declaration, as the trader sends it
typedef struct {
    Str hs, description;
    Str origin, currency;
    int64_t net_kg, gross_kg, value, packages;
    Str growing_area, packing_house;
} GoodsLine;
typedef struct {
    uint8_t kind; // Cert
    Str number;
    int64_t valid_until;
} Certificate;
typedef struct {
    Str lrn, trader, plate, trailer, vehicle_country, driver_id, driver_name, driver_country;
    Str container, container_type, customs_no, road; // container_type: ISO 6346 size and type, "45G1"
    uint8_t direction, mode, regime, destination, channel;
    bool empty;
    int64_t tare_kg, slot;
    uint32_t two_way_of;
    StrList seals;
    List certificates, goods;
    Str json; // the same as JSON, if the caller has it at hand (not a member of the JSON itself)
} Declaration;
extern const FieldTable declaration_fields;

// ---- inputs. X(symbol, name, payload type, member, fields)
#define INPUT_TABLE(X)                                                                                                 \
    X(IN_NONE, "", InTick, tick)                                                                                       \
    X(IN_SITE, "site", InSite, site)                                                                                   \
    X(IN_TICK, "tick", InTick, tick)                                                                                   \
    X(IN_DECLARE, "declare", Declaration, declare)                                                                     \
    X(IN_AMEND, "amend", Declaration, declare)                                                                         \
    X(IN_RENEW, "renew", InReason, reason)                                                                             \
    X(IN_SLOT, "slot", InSlot, slot)                                                                                   \
    X(IN_MOVE, "move", InMove, move)                                                                                   \
    X(IN_TAKE, "take", InTake, take)                                                                                   \
    X(IN_DECIDE, "decide", InDecide, decide)                                                                           \
    X(IN_PAY, "pay", InPay, pay)                                                                                       \
    X(IN_INCIDENT, "incident", InIncident, incident)                                                                   \
    X(IN_MISSION, "mission", InMission, mission)                                                                       \
    X(IN_LANE, "lane", InLane, lane)                                                                                   \
    X(IN_ROAD, "road", InRoad, road)                                                                                   \
    X(IN_YARD, "yard", InYard, yard)                                                                                   \
    X(IN_QUOTA, "quota", Quota, quota)                                                                                 \
    X(IN_EMBARGO, "embargo", InEmbargo, embargo)                                                                       \
    X(IN_QUEUE_SHIFT, "queue_shift", InQueueShift, queue_shift)                                                        \
    X(IN_ALARM_ACK, "alarm_ack", InAlarmAck, alarm_ack)                                                                \
    X(IN_EFFECT_DONE, "effect_done", InEffectDone, effect_done)                                                        \
    X(IN_LINK, "link", InLink, link)
typedef enum {
#define X(sym, name, T, m) sym,
    INPUT_TABLE(X)
#undef X
        INPUT_COUNT
} InputKind;
extern const Names InputKind_names;

typedef struct {
    uint8_t unused;
} InTick;
typedef struct {
    Str bundle;       // JSON of the effective site, phase chosen
    const Site *site; // compiled from it by the caller
} InSite;
typedef struct {
    Str reason;
} InReason;
typedef struct {
    int64_t slot;
    Str reason;
} InSlot;
typedef struct {
    uint8_t move, lane, yard; // lane, yard: DYN_NONE = the gate assigns
    Str plate, seal, vehicle, position,
        reason;       // as read by the device or officer; plate and seal are compared when given
    StrList evidence; // SHA-256 in hex of images and readings
} InMove;
typedef struct {
    uint8_t task;
} InTake;
typedef struct {
    uint8_t task, outcome, channel;
    int64_t weight_kg; // gross mass of the whole vehicle as weighed
    Str reason, basis, plate, driver_id;
    StrList evidence;
} InDecide;
typedef struct {
    int64_t vnd;
    Str receipt, method;
} InPay;
typedef struct {
    uint8_t incident;
    bool clear;
    Str reason;
    StrList evidence;
} InIncident;
typedef struct {
    uint8_t step;               // Mission
    Str vehicle, place, reason; // the unmanned vehicle (at most 15 bytes), where it is, why it goes back a step
} InMission;
typedef struct {
    uint8_t lane, way, cause;
    bool open;
    int64_t until; // announced end of a closure, for people; 0 = unknown
    Str reason;
} InLane;
typedef struct {
    uint8_t road, cause;
    bool open;
    int64_t until;
    Str reason;
} InRoad;
typedef struct {
    uint8_t yard;
    uint32_t places; // usable places from now on
    Str reason;
} InYard;
typedef struct {
    const Embargo *embargo;
    bool lift; // ends the embargo of this id
} InEmbargo;
typedef struct {
    bool earlier; // else later
    uint32_t minutes;
    Str reason;
} InQueueShift;
typedef struct {
    uint8_t alarm;
    Str note;
} InAlarmAck;
typedef struct {
    int64_t effect;
    bool failed;
    Str note;
} InEffectDone;
// A step of the link to the other side that src/custody has decided: the kernel keeps it in the one journal and shows
// it on the passage. Words of custody.def; `record` and `position` are JSON that only custody reads.
typedef struct {
    Str act, message, reason; // what was done here; the message that was heard; why it was refused
    Str handover, item_kind, item, role, state;
    int64_t acked;              // up to this message the other side has signed for all
    int64_t out_seq;            // number of `out`
    Str heard, signature, out;  // exact bytes and signature of a message taken; core of a message made
    Str record, gone, position; // the hand-over as it is now; key of one that is forgotten; the link's numbers
    Str gone_item;              // "kind id" of an item that is forgotten
    Str holding;                // the item as it is now
    bool left, alarm;           // the item is not this side's any more; for the operators
    bool refused;               // of an input only: what a person asked for was not possible, for this reason
    Str shift, shift_record;    // its begin; the reconciliation as it is now
    bool listed;                // its lines are compared: they may go
    Str shift_page, difference; // lines of the other side; one hand-over of which the two say different things
    Str told, seen;             // tree heads: this side's last one, the other's
} InLink;

typedef struct {
    int64_t t_ms;
    uint64_t random; // for draws (sampling)
    uint8_t kind;    // InputKind
    uint8_t role;    // Role
    Str actor;       // officer, trader or device id
    uint32_t passage;
    union {
        InTick tick;
        InSite site;
        Declaration declare;
        InReason reason;
        InSlot slot;
        InMove move;
        InTake take;
        InDecide decide;
        InPay pay;
        InIncident incident;
        InMission mission;
        InLane lane;
        InRoad road;
        InYard yard;
        Quota quota;
        InEmbargo embargo;
        InQueueShift queue_shift;
        InAlarmAck alarm_ack;
        InEffectDone effect_done;
        InLink link;
    } u;
} Input;
const FieldTable *gate_input_fields(InputKind kind);

// ---- refusals
typedef enum {
#define REASON(sym, http, title) REFUSE_##sym,
#include "gate_reason.def"
#undef REASON
    REFUSE_COUNT
} Refuse;
extern const Names Refuse_names;
int refuse_http(Refuse r);
const char *refuse_title(Refuse r);
typedef struct {
    uint8_t code; // Refuse
    Str field;    // JSON Pointer into the request, or empty
    Str rule;     // id of the rule, task, lane, requirement ... that says no
    Str basis;    // its legal basis
    StrList args; // what was found and what was needed, for the message
} Finding;

// ---- events: the facts. X(symbol, name, payload type, member)
#define EVENT_TABLE(X)                                                                                                 \
    X(EV_NONE, "", EvClock, clock)                                                                                     \
    X(EV_SITE_ADOPTED, "SITE_ADOPTED", InSite, site)                                                                   \
    X(EV_RULES_CHANGED, "RULES_CHANGED", EvClock, clock)                                                               \
    X(EV_DECLARED, "DECLARED", EvDeclared, declared)                                                                   \
    X(EV_AMENDED, "AMENDED", EvDeclared, declared)                                                                     \
    X(EV_REPLANNED, "REPLANNED", EvReplanned, replanned)                                                               \
    X(EV_RENEWED, "RENEWED", EvRenewed, renewed)                                                                       \
    X(EV_MOVED, "MOVED", EvMoved, moved)                                                                               \
    X(EV_QUEUED, "QUEUED", EvQueued, queued)                                                                           \
    X(EV_TASK_TAKEN, "TASK_TAKEN", InTake, taken)                                                                      \
    X(EV_TASK_DECIDED, "TASK_DECIDED", EvDecided, decided)                                                             \
    X(EV_FEE_ASSESSED, "FEE_ASSESSED", EvFee, fee)                                                                     \
    X(EV_FEE_PAID, "FEE_PAID", EvPaid, paid)                                                                           \
    X(EV_INCIDENT, "INCIDENT", InIncident, incident)                                                                   \
    X(EV_MISSION, "MISSION", InMission, mission)                                                                       \
    X(EV_ALARM, "ALARM", EvAlarm, alarm)                                                                               \
    X(EV_ALARM_ACKED, "ALARM_ACKED", InAlarmAck, alarm_ack)                                                            \
    X(EV_LANE, "LANE", InLane, lane)                                                                                   \
    X(EV_ROAD, "ROAD", InRoad, road)                                                                                   \
    X(EV_YARD, "YARD", InYard, yard)                                                                                   \
    X(EV_QUOTA, "QUOTA", Quota, quota)                                                                                 \
    X(EV_EMBARGO, "EMBARGO", InEmbargo, embargo)                                                                       \
    X(EV_EFFECT_DONE, "EFFECT_DONE", InEffectDone, effect_done)                                                        \
    X(EV_LINK, "LINK", InLink, link)                                                                                   \
    X(EV_REFUSED, "REFUSED", EvRefused, refused)
typedef enum {
#define X(sym, name, T, m) sym,
    EVENT_TABLE(X)
#undef X
        EVENT_COUNT
} EventKind;
extern const Names EventKind_names;

typedef struct {
    int64_t behind_ms;
} EvClock;
typedef struct {
    Doc doc; // Declaration
    uint8_t kind, road;
    uint32_t attrs, goods, needed, granted; // bits of Attr, goods kinds, tasks
    int64_t gross_kg, valid_until;
    Str procedure, basis;
} EvDeclared;
typedef struct {
    uint32_t added, removed;
    Str procedure, basis;
} EvReplanned;
typedef struct {
    int64_t valid_until;
    Str reason, basis;
} EvRenewed;
typedef struct {
    uint8_t move, from, to, point;
    uint8_t lane, yard;
    int64_t since; // when it came to `from`
    Str plate, seal, vehicle, position, reason, basis;
    StrList evidence;
} EvMoved;
typedef struct {
    int64_t key, arrived, slot; // key: the virtual time of arrival that orders the queue
    uint8_t road, klass;        // klass: the attribute whose bonus counted
    bool later;                 // of the shift
    uint32_t bonus_min, no_slot_min, shift_min;
    Str reason, basis;
} EvQueued;
typedef struct {
    uint8_t task, outcome, channel, code; // code: Refuse, when the gate itself holds
    int64_t weight_kg, declared_kg;
    int64_t since, taken; // when the task opened, and when the officer took it (0 = not taken)
    uint32_t added;       // tasks that the outcome asks for (by channel)
    Str reason, basis, plate, driver_id;
    StrList evidence;
} EvDecided;
typedef struct {
    int64_t vnd;
    Str cell, factors, basis;
} EvFee;
typedef struct {
    int64_t vnd;
    Str receipt, method;
    uint8_t task;
    int64_t since; // when the fee task opened
} EvPaid;
typedef struct {
    uint8_t alarm, task; // task: DYN_NONE when the alarm is not about one
    int64_t due;
} EvAlarm;
typedef struct {
    uint8_t input; // InputKind
    uint8_t task, move;
    List findings; // Finding
} EvRefused;

typedef struct {
    uint16_t kind; // EventKind
    uint8_t role;
    int64_t t_ms;
    uint32_t passage;
    Str actor;
    union {
        InSite site;
        EvClock clock;
        EvDeclared declared;
        EvReplanned replanned;
        EvRenewed renewed;
        EvMoved moved;
        EvQueued queued;
        InTake taken;
        EvDecided decided;
        EvFee fee;
        EvPaid paid;
        InIncident incident;
        InMission mission;
        EvAlarm alarm;
        InAlarmAck alarm_ack;
        InLane lane;
        InRoad road;
        InYard yard;
        Quota quota;
        InEmbargo embargo;
        InEffectDone effect_done;
        InLink link;
        EvRefused refused;
    } u;
} Event;
const FieldTable *gate_event_fields(EventKind kind);

// ---- effects: what the world must do after the events are durable. Derived from the event and the state after it.
#define EFFECTS_MAX     4
#define EFFECT_TABLE(X) X(EFFECT_NONE, "") X(EFFECT_OPEN_BARRIER, "open_barrier") X(EFFECT_PEER_NOTICE, "peer_notice")
ENUM_DECLARE(EffectKind, EFFECT_TABLE, EFFECT_COUNT)
typedef struct {
    uint8_t kind;
    Str target; // lane or gate point of a barrier; "peer"
    Str what;   // the move that asked for it
} Effect;

// ---- one passage, as the kernel keeps it: fixed size, no pointers, all padding zero. Copied as it is into snapshots
// and read models.
typedef struct {
    uint32_t no;
    uint8_t kind, place, mode, direction, regime, destination, road, channel;
    uint8_t lane, yard, seals_n, mission;
    uint8_t expired, overstay, fee_known, fee_paid, lapses, foreign, queued, klass;
    uint32_t attrs, goods, container_ft;
    uint32_t needed, granted, held, rework, refused, open, taken; // bits of tasks
    uint32_t incidents, alarms, late;                             // bits of Incident, Alarm, tasks
    uint32_t linked;                                              // the other leg of a two-way trip
    // milliseconds since declared_ms plus one; 0 = none; at most 49 days, then they stay at the maximum
    uint32_t opened_at[TASKS_MAX], due_at[TASKS_MAX], taken_at[TASKS_MAX], decided_at[TASKS_MAX];
    uint32_t taken_by[TASKS_MAX]; // hash of the officer's id
    int64_t declared_ms, place_since_ms, valid_until_ms, stay_until_ms, call_until_ms, slot_ms;
    int64_t queue_key_ms, arrived_ms, queue_shift_ms;
    int64_t gross_kg, tare_kg, weighed_kg, fee_vnd;
    uint64_t keys[KEYS_MAX], trader_key, driver_key,
        seals[SEALS_MAX]; // hashes of what identifies it, see gate_internal.h
    uint32_t hs[HS_MAX];  // six-digit numbers of its goods; more than fit: also by chapter
    uint64_t chapters[2];
    uint32_t hs_n;
    uint32_t places_seen; // bits of Place
    uint32_t unused;
    uint32_t timer_at; // its place in the deadline heap + 1, 0 = none
    int64_t timer_ms;
    char vehicle[16]; // of its last mission; ends with 0
} Passage;
// Absolute time of one of the offsets above; 0 = none.
int64_t passage_time(const Passage *p, uint32_t at);

typedef struct Gate Gate;
typedef struct {
    uint32_t passages_max;
} GateLimits;
size_t gate_size(GateLimits limits);              // bytes of memory the gate needs
Gate *gate_init(void *memory, GateLimits limits); // memory: gate_size() bytes, 64-aligned, owned by the caller

typedef struct {
    Event ev[EVENTS_PER_STEP_MAX];
    uint32_t n;
} EventList;
void gate_decide(const Gate *g, const Input *in, Arena *a, EventList *out);
void gate_evolve(Gate *g, const Event *e);
typedef struct { // what the events of this input have touched so far
    const Input *in;
    uint32_t passage[8];
    uint32_t passages;
    uint32_t roads;       // bits: a place may have come free
    uint32_t replan_from; // slot to go on from when procedures changed; UINT32_MAX = nothing to do
} GateTrace;
void gate_trace(GateTrace *t, const Gate *g, const Event *e); // after gate_evolve
void gate_follow(const Gate *g, GateTrace *t, Arena *a, EventList *out);
// Called twice for each event: before it is evolved (after = false) and after.
typedef void GateSink(void *ctx, const Gate *g, const Event *e, bool after);
// Runs an input to its end. Events live in `a` until its next reset. Returns how many events there were.
uint32_t gate_apply(Gate *g, const Input *in, Arena *a, GateSink *sink, void *ctx);
uint32_t gate_effects(const Gate *g, const Event *e, Effect ret[EFFECTS_MAX]);

// ---- reading
const Site *gate_site(const Gate *g);
int64_t gate_now(const Gate *g);                      // time of the last event
int64_t gate_next_deadline(const Gate *g);            // feed a tick then; TIME_NEVER when none
const Passage *gate_find(const Gate *g, uint32_t no); // open or just closed; NULL otherwise
// Open passages with this plate, trailer or container: at most the two legs of one trip. How many.
typedef enum { GATE_BY_PLATE, GATE_BY_TRAILER, GATE_BY_CONTAINER } GateBy;
uint32_t gate_by(const Gate *g, GateBy by, Str text, uint32_t ret_no[2]);
uint32_t gate_open_count(const Gate *g);
uint32_t gate_last_no(const Gate *g);
uint32_t gate_queue_length(const Gate *g, uint8_t road);
uint32_t gate_queue_at(const Gate *g, uint8_t road, uint32_t position); // passage number; position from 0
uint32_t gate_passages(const Gate *g, uint32_t from_slot,
                       const Passage **ret); // walks open passages: returns the next slot to ask, 0 = end
typedef struct {
    uint8_t open, way, cause, occupied;
    int64_t until_ms;
} LaneState;
typedef struct {
    uint8_t open, cause;
    uint32_t inside;
    int64_t until_ms;
} RoadState;
typedef struct {
    uint32_t places, used;
} YardState;
uint32_t
gate_slot(const Gate *g,
          const Passage *p); // its place in the pool: below passages_max + CLOSED_RING, kept while it can be found
const Passage *gate_at(const Gate *g, uint32_t slot); // what is in that place; its number 0 = nothing
LaneState gate_lane(const Gate *g, uint8_t lane);
RoadState gate_road(const Gate *g, uint8_t road);
YardState gate_yard(const Gate *g, uint8_t yard);

const CompiledProcedure *gate_procedure_of(const Gate *g, const Passage *p);
// The step people see, derived from movement and clearances; and the side state on top of it.
Str gate_step(const Site *s, const Passage *p);
Side gate_side(const Passage *p);
// Bits of the tasks missing at a gate point.
uint32_t gate_missing(const Site *s, const CompiledProcedure *pr, const Passage *p, Point point);

// ---- movement
typedef struct {
    uint8_t kind, from, move, to, point, condition;
    uint32_t roles;
} MovementRow;
extern const MovementRow movement_rows[];
extern const uint32_t movement_rows_n;
const MovementRow *movement_find(const Passage *p, Move move); // NULL when it does not follow

// ---- snapshot: bytes that gate_load() takes back into an equal gate (with the site that was in force)
void gate_save(const Gate *g, Buf *b);
Err gate_load(Gate *g, Str bytes, const Site *site) MUST_USE; // g fresh from gate_init; ERR_CORRUPT, ERR_LIMIT

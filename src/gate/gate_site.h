// Site: what one gate is and which rules hold there. Data with validity periods, bound from the site's JSON files
// (schema/site.schema.json) by field tables, checked and compiled once by site_compile(), constant from then on.
//
// Lists whose members the journal's state refers to by index (roads, lanes, yards, goods kinds, tasks) only grow: a
// later version of the site keeps every earlier member at its place; what is gone is closed or no longer asked for.
#pragma once
#include "gate_words.h"

#define ROADS_MAX      4
#define LANES_MAX      32
#define YARDS_MAX      16
#define TASKS_MAX      24
#define GOODS_MAX      32
#define PROCEDURES_MAX 32
#define HS_RANGES_MAX  512
#define EMBARGOES_MAX  64
#define QUOTAS_MAX     16

enum { DYN_TASK, DYN_ROAD, DYN_LANE, DYN_YARD, DYN_GOODS };

typedef struct {
    Str vi, zh, en;
} Text;
typedef struct {
    Str id;
    Text *name;
    Str markers;         // border markers, "1119-1120"
    Str peer;            // the gate on the other side
    uint32_t inside_max; // trucks called forward or in the export yard at once
} SiteRoad;
typedef struct {
    Str id, road;
    uint8_t kind, way; // LaneKind, LaneWay
    StrList phases;    // of the site in which it exists; empty = all
} SiteLane;
typedef struct {
    Str id, road;
    uint8_t kind; // YardKind
    uint32_t places;
    StrList phases;
} SiteYard;
typedef struct {
    Str id;
    uint8_t agency;   // Role
    uint8_t kind;     // TaskKind
    uint32_t held_by; // bits of Role that may also decide it while it is held; 0 = its agency only
    Str step;         // the status people see when it is granted
    Text *name;
} SiteTask;
typedef struct {
    Str id;
    StrList hs;     // prefixes "07" or ranges "0801-0810"; the narrowest match over all goods kinds wins
    uint32_t attrs; // bits of Attr
    Text *name;
} SiteGoods;
typedef struct {
    uint32_t attrs_any, attrs_none, modes, channels, regimes; // zero = not asked
    uint32_t sample_permille; // with attrs etc. true: asked of this share, drawn at random
} Condition;
typedef struct {
    Str task;
    Str basis;          // law, decision or circular
    StrList after;      // tasks that come before it
    uint32_t at;        // bits of Place where it can be done; 0 = anywhere
    uint32_t limit_min; // from open to decided; 0 = none
    Condition *when;    // NULL = always
} ProcedureTask;
typedef struct {
    uint8_t point;
    StrList needs;
    Str basis;
} ProcedurePoint;
typedef struct {
    Str id, basis;
    uint32_t kinds;                     // bits of Kind
    int64_t valid_from_ms, valid_to_ms; // to 0 = open
    List tasks;                         // ProcedureTask
    List points;                        // ProcedurePoint
} Procedure;
typedef struct {
    Str id, basis;
    uint8_t direction; // DIRECTION_NONE = both
    StrList hs;        // empty: by attrs
    uint32_t attrs_any;
    uint32_t attrs_all;
    uint32_t certificates; // bits of Cert, all needed
    bool growing_area, packing_house, one_commodity, seal;
    int64_t valid_from_ms, valid_to_ms;
    Text *cure; // what to do; NULL: the text of the refusal's code
} Requirement;
typedef struct {
    Str id, basis, reason, hs; // prefix or range
    uint8_t direction;
    int64_t from_ms, to_ms; // to 0 = until lifted
} Embargo;
typedef struct {
    Str id, road, reason;
    uint32_t attrs_any; // 0 = every truck
    uint32_t releases, window_min;
    int64_t from_ms, to_ms;
} Quota;
typedef struct {
    Str id;
    uint32_t up_to_kg;     // upper end, exclusive; 0 = no end
    uint32_t container_ft; // 20, 40, 45: for containers; 0: by weight
} TariffBand;
typedef struct {
    uint8_t direction, regime;
    Str goods, band;
    int64_t vnd;
    Str basis;
} TariffCell;
typedef struct {
    Str id, basis;
    uint8_t direction, destination;
    uint32_t regimes, percent;
} TariffFactor;
typedef struct {
    Str id, basis;
    int64_t valid_from_ms, valid_to_ms;
    List bands, cells, factors;
} Tariff;
typedef struct {
    uint8_t attr;
    uint32_t minutes;
    Str basis;
} QueueBonus;
typedef struct {
    uint32_t validity_h, validity_warn_min, stay_h, stay_two_way_h, stay_warn_min, call_window_min;
    uint32_t weight_tolerance_permille, weight_tolerance_kg;
    uint32_t slot_early_min,
        no_slot_min; // a truck with a slot counts from slot - early; one without waits no_slot longer
    Str validity_basis, stay_basis, queue_basis, weight_basis;
    List bonuses; // QueueBonus
} SiteParams;
typedef struct {
    Str id, prefix, phase, country, peer_country; // countries: 2 letters
    Text *name;
    StrList phases;
    SiteParams *params;
    List roads, lanes, yards, goods, tasks, procedures, requirements, embargoes, quotas, tariffs;
} SiteDoc;
extern const FieldTable site_doc_fields;

// ---- compiled
typedef struct {
    uint32_t from, to; // six-digit HS numbers, inclusive
    uint8_t goods;
} HsRange;
typedef struct {
    bool used;
    uint32_t after, at;
    int64_t limit_ms;
    const ProcedureTask *src;
} CompiledTask;
typedef struct {
    const Procedure *src;
    uint32_t tasks; // bits of all tasks it can ask for
    CompiledTask task[TASKS_MAX];
    uint32_t needs[POINT_COUNT];
    Str point_basis[POINT_COUNT];
} CompiledProcedure;
typedef struct Site {
    const SiteDoc *doc;
    Str json; // the bundle it came from, as journalled
    DynNames dyn;
    uint32_t roads, lanes, yards, goods, tasks, procedures;
    const SiteRoad *road;
    const SiteLane *lane;
    const SiteYard *yard;
    const SiteGoods *good;
    const SiteTask *task;
    const SiteParams *params;
    uint8_t lane_road[LANES_MAX], yard_road[YARDS_MAX];
    bool lane_built[LANES_MAX], yard_built[YARDS_MAX];
    CompiledProcedure procedure[PROCEDURES_MAX];
    uint32_t ranges;
    HsRange range[HS_RANGES_MAX]; // sorted by chapter, narrowest first within
    uint16_t chapter_from[101];
} Site;

typedef struct {
    Str where, what;
} SiteProblem;
#define SITE_PROBLEMS_MAX 32
// Checks and compiles. The Site and all it points to live in `a` (and in the doc's memory). On ERR_INVALID the problems
// are filled.
Err site_compile(const SiteDoc *doc, Str json, Arena *a, Site **ret, SiteProblem problems[SITE_PROBLEMS_MAX],
                 uint32_t *ret_n) MUST_USE;
// True when `next` keeps every member of `old`'s growing lists at its place; else names the first that moved.
bool site_extends(const Site *old, const Site *next, Arena *a, Str *ret_why);

uint8_t site_find(const Site *s, int dyn_set, Str id); // DYN_NONE when absent
// The goods kind of an HS code (6 digits or more), DYN_NONE when no kind of this site covers it.
uint8_t site_goods_of(const Site *s, Str hs);
bool site_hs_matches(Str pattern, Str hs);
// The procedure of a kind at a time; NULL when none is valid.
const CompiledProcedure *site_procedure(const Site *s, Kind kind, int64_t t_ms);
int64_t site_next_change(const Site *s,
                         int64_t after_ms); // next validity boundary of a procedure or tariff, TIME_NEVER when none

typedef struct {
    int64_t vnd; // 0 with known = false
    bool known;
    Str cell;    // "tariff/direction/regime/goods/band"
    Str factors; // "x1.30 inland (basis)"
    Str basis;
} Fee;
typedef struct {
    uint8_t direction, regime, destination;
    uint32_t goods; // bits of goods kinds; the highest rate among them is paid
    uint32_t gross_kg, container_ft;
} FeeQuestion;
Fee site_fee(const Site *s, const FeeQuestion *q, int64_t t_ms, Arena *a);

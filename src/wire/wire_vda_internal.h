// Tables behind wire_vda.h: one row a member, its place in the struct beside what each version says about it.
#pragma once
#include "base/field.h"
#include "wire_json.h"
#include "wire_vda.h"

typedef enum {
    VT_BOOL,    // bool
    VT_FLAG,    // VdaFlag
    VT_U32,     // uint32_t
    VT_INT,     // VdaInt
    VT_REAL,    // double
    VT_NUM,     // VdaNum
    VT_STR,     // Str
    VT_VERSION, // Str; the written version when it is empty
    VT_WORD,    // Str, one of the words in .more
    VT_ENUM,    // enum of one byte, words in .more
    VT_SET,     // VdaSet, words in .more
    VT_TIME,    // int64_t milliseconds
    VT_STRS,    // list of Str; words in .more, or any
    VT_REALS,   // list of double
    VT_VALUE,   // VdaValue
    VT_OBJECT,  // Str: a JSON object as text
    VT_IN,      // struct, table in .more
    VT_PART,    // pointer to a struct, table in .more
    VT_LIST     // list of structs, table in .more
} VdaType;

// X(symbol, least, most, text)
#define VDA_RANGES(X)                                                                                                  \
    X(ANY, -INFINITY, INFINITY, "")                                                                                    \
    X(COORD, -VDA_COORD_MAX, VDA_COORD_MAX, "from -1e9 to 1e9")                                                        \
    X(GE0, 0, INFINITY, "0 or more")                                                                                   \
    X(GE1, 1, INFINITY, "1 or more")                                                                                   \
    X(UNIT, 0, 1, "from 0 to 1")                                                                                       \
    X(PERCENT, 0, 100, "from 0 to 100")                                                                                \
    X(PI, -3.14159265359, 3.14159265359, "from -3.14159265359 to 3.14159265359")                                       \
    X(PI_9, -3.141592654, 3.141592654, "from -3.141592654 to 3.141592654")                                             \
    X(PI_UP, 0, 3.141592654, "from 0 to 3.141592654")                                                                  \
    X(HALF_PI, -1.570796327, 1.570796327, "from -1.570796327 to 1.570796327")
typedef enum {
#define X(sym, least, most, text) VR_##sym,
    VDA_RANGES(X)
#undef X
        VR_COUNT
} VdaRange;

// Words of an enum: word[i][v] is what i + 1 is called in version v, NULL when the version does not have it.
typedef struct {
    uint32_t n;
    const char *const (*word)[VDA_VERSION_COUNT];
} VdaWords;
typedef struct {
    const char *name;
    uint8_t name_n, type, range;
    char need[VDA_VERSION_COUNT]; // R required, O optional, - not there: 2.0, 2.1, 3.0
    uint16_t when;                // bits of the tag's words; 0: always
    uint16_t offset;
    const void *more; // VdaWords or VdaTable
} VdaField;
typedef struct {
    const VdaField *fields;
    uint16_t n, size, least; // least: entries that a list of these must have
    uint16_t tag;            // 1 + index of the member that says which of the others count (VdaField.when); 0: none
} VdaTable;

// type, struct, member, name, need, range, more; VROW_WHEN: rows for some words of the tag only
#define VROW(type_, S, member_, name_, need_, range_, more_)                                                           \
    { name_, sizeof(name_) - 1, type_, VR_##range_, need_, 0, offsetof(S, member_), more_ }
#define VROW_WHEN(type_, S, member_, name_, need_, range_, more_, when_)                                               \
    { name_, sizeof(name_) - 1, type_, VR_##range_, need_, when_, offsetof(S, member_), more_ }
#define VTABLE(sym, S, rows) const VdaTable sym = {rows, ARRAY_LEN(rows), sizeof(S), 0, 0}
#define VHEADER(S, need_id, need_names)                                                                                \
    VROW(VT_U32, S, h.header_id, "headerId", need_id, ANY, NULL),                                                      \
        VROW(VT_TIME, S, h.timestamp_ms, "timestamp", need_id, ANY, NULL),                                             \
        VROW(VT_VERSION, S, h.version, "version", need_names, ANY, NULL),                                              \
        VROW(VT_STR, S, h.manufacturer, "manufacturer", need_names, ANY, NULL),                                        \
        VROW(VT_STR, S, h.serial, "serialNumber", need_names, ANY, NULL)

extern const VdaTable vda_order_table, vda_instant_actions_table, vda_state_table, vda_visualization_table;
extern const VdaTable vda_connection_table, vda_factsheet_table, vda_responses_table, vda_zone_set_table;
extern const VdaTable vda_parameter_table, vda_point_table, vda_box_table;
extern const VdaTable lif_table; // wire_lif.c
extern const VdaWords vda_blocking_words, vda_instant_blocking_words, vda_action_status_words, vda_mode_words;
extern const VdaWords vda_error_level_words, vda_info_level_words, vda_e_stop_words, vda_connection_words;
extern const VdaWords vda_enabled_words, vda_corridor_ref_words, vda_corridor_loss_words, vda_zone_loss_words;
extern const VdaWords vda_grant_words, vda_zone_request_words, vda_edge_request_words, vda_request_status_words;
extern const VdaWords vda_zone_type_words, vda_directed_words, vda_bidirected_words, vda_support_words;
extern const VdaWords vda_scope_words, vda_orientation_words, vda_kinematics_words, vda_class_words;
extern const VdaWords vda_localization_words, vda_navigation_words, vda_data_type_words, vda_wheel_words;

static inline bool vda_field_in(const VdaField *f, VdaVersion v, uint32_t tag_bit) {
    return f->need[v] != '-' && (f->when == 0 || f->when & tag_bit);
}
const VdaTable *vda_table(VdaTopic t);
// The walk behind vda_decode and vda_encode, for LIF too (wire_lif.c), which is described by tables of the same kind.
// `ret` is zeroed; problems are added. ERR_INVALID when there are some, ERR_LIMIT when the arena is full.
Err vda_read_table(VdaVersion v, const VdaTable *t, const Json *json, Arena *a, void *ret,
                   VdaProblems *problems) MUST_USE;
void vda_write_table(Buf *b, VdaVersion v, const VdaTable *t, const void *obj);

// Field tables: one description of a struct serves its JSON reader (wire_bind.h), its JSON writer (field_write) and the
// docs.
#pragma once
#include "base.h"

typedef enum {
    FIELD_BOOL,
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_I64,
    FIELD_TIME, // int64_t milliseconds in the struct, RFC 3339 text in JSON
    FIELD_STR,
    FIELD_STRS, // StrList
    FIELD_ENUM, // uint8_t; names in .more (const Names *)
    FIELD_SET,  // uint32_t of bits; JSON array of names
    FIELD_DYN,  // uint8_t; names known only at run time: .set picks from DynNames; 255 = none
    FIELD_DYNS, // uint32_t of bits over a run-time set; JSON array of names
    FIELD_LIST, // List of structs described by .more (const FieldTable *)
    FIELD_OBJ,  // pointer to a struct described by .more
    FIELD_DOC,  // Doc: as FIELD_OBJ, written from its JSON text where that is at hand
    FIELD_RAW,  // Str holding JSON text as it is (must be valid JSON)
    FIELD_REF,  // uint32_t passage number; JSON is the pass reference
} FieldType;

typedef struct {
    const char *const *names;
    uint32_t n;
} Names;
typedef struct {
    Str *items;
    uint32_t n;
} StrList;
typedef struct {
    void *items;
    uint32_t n;
} List;

// A struct with, perhaps, the JSON object that says the same: made once, written in several places.
typedef struct {
    const void *obj;
    Str json; // the whole object with its braces, or empty
} Doc;

typedef struct {
    const char *name;
    FieldType type;
    uint8_t set; // FIELD_DYN, FIELD_DYNS: index into DynNames
    size_t offset;
    const void *more;
} Field;
typedef struct {
    const char *name;
    size_t size;
    uint32_t n;
    const Field *fields;
} FieldTable;

#define DYN_SETS 5
#define DYN_NONE 255
typedef struct {
    struct {
        const Str *names;
        uint32_t n;
    } set[DYN_SETS];
    Str ref_prefix; // of pass references
} DynNames;

// Writes the members (not the braces). Members that hold zero, empty or none are left out.
void field_write(Buf *b, const FieldTable *t, const void *obj, const DynNames *dyn);

// Pass reference: prefix, at least six digits, hyphen, check digit (Damm 2004: finds every single wrong digit and
// every swap of neighbours). "HN-000042-7".
#define PASS_REF_MAX 24
size_t pass_ref_format(Str prefix, uint32_t no, char ret[PASS_REF_MAX]);
bool pass_ref_parse(Str prefix, Str ref, uint32_t *ret_no); // hyphens and case do not matter

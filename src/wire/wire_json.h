// JSON text to a tree in an arena, in one pass (docs/adr/0002). Strict RFC 8259: invalid UTF-8, duplicate member names,
// \u0000, lone surrogates, whole numbers beyond 64 bits, nesting deeper than asked for and anything behind the value
// are refused.
#pragma once
#include "base/base.h"

typedef enum { JN_NULL, JN_BOOL, JN_INT, JN_REAL, JN_TEXT, JN_ARRAY, JN_OBJECT } JsonType;
typedef struct Json Json;
struct Json {
    const char *key; // of a member; not NUL-terminated
    Json *next;      // the next member or entry
    union {
        bool b;
        int64_t i;
        const char *p; // text decoded; a real number as it was written
        Json *first;
    };
    uint32_t key_n, n; // n: bytes of the text, or members or entries
    uint8_t type;      // JsonType
};

#define JSON_DEPTH_MAX 64
// The value must be an object or an array. Texts without escapes are borrowed from `text`, all else lives in `a`, of
// which at most half of what is left is used. ERR_LIMIT when that does not do, ERR_PARSE; both say line, column (in
// characters) and reason in `a`.
Err wire_parse_json(Str text, int depth_max, Arena *a, Json **ret, Str *ret_what) MUST_USE;

Json *jn_new(Arena *a, JsonType type);          // NULL over the arena's ceiling
Json *jn_get(const Json *obj, const char *key); // NULL when there is none, or obj is no object (NULL too)
Json *jn_entry(const Json *array, uint32_t i);  // likewise
Str jn_text(const Json *v);                     // empty unless it is a text
static inline Str jn_key(const Json *member) {
    return (Str){member->key, member->key_n};
}
void jn_take_out(Json *obj, const char *key);
void jn_append(Json *list, Json *v);     // to an object (v has its key, which must be new) or an array
void jn_extend(Json *array, Json *with); // takes the entries of `with` over
// The member `key` (borrowed) becomes a copy of `value`, below which both share. False over the arena's ceiling.
bool jn_put(Arena *a, Json *obj, Str key, const Json *value) MUST_USE;
void jn_write(Buf *b, const Json *v); // compact; reading it gives the same tree

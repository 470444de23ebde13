// JSON to structs by field tables (base/field.h). Strict: an unknown member, a wrong type, a number out of range is a problem with its
// JSON Pointer; all problems of one object are reported. Members left out are zero, empty or none.
#pragma once
#include "base/field.h"
#include <jansson.h>

#define BIND_PROBLEMS_MAX 32
typedef struct {
    Str pointer; // RFC 6901
    Str what;    // "must be a whole number"
} BindProblem;
typedef struct {
    BindProblem p[BIND_PROBLEMS_MAX];
    uint32_t n; // may exceed the maximum: then the rest was dropped
} BindProblems;

// Strings are borrowed from `json`, lists live in `a`; both must outlive `ret`. `ret` (t->size bytes) is written even on an error.
// ERR_INVALID with problems, ERR_LIMIT when the arena is full.
Err wire_bind(const json_t *json, const FieldTable *t, const DynNames *dyn, Arena *a, void *ret, BindProblems *problems) MUST_USE;
// Parses text (RFC 8259; invalid UTF-8, duplicate keys and nesting deeper than `depth_max` are refused). *ret is owned by the caller (json_decref).
// On ERR_PARSE `ret_what` says line, column and reason, in `a`.
Err wire_parse_json(Str text, int depth_max, Arena *a, json_t **ret, Str *ret_what) MUST_USE;

// Lets jansson keep its freed nodes by size and thread instead of giving them back one by one: parsing is then mostly taking from a list. All blocks
// stay ordinary malloc blocks. Once, before other threads start; bounded a thread.
void wire_json_pool_use(void);

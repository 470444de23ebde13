// JSON to structs by field tables (base/field.h). Strict: an unknown member, a wrong type, a number out of range is a
// problem with its JSON Pointer; all problems of one object are reported. Members left out are zero, empty or none.
#pragma once
#include "base/field.h"
#include "wire_json.h"

#define BIND_PROBLEMS_MAX 32
typedef struct {
    Str pointer; // RFC 6901
    Str what;    // "must be a whole number"
} BindProblem;
typedef struct {
    BindProblem p[BIND_PROBLEMS_MAX];
    uint32_t n; // may exceed the maximum: then the rest was dropped
} BindProblems;

// Strings are borrowed from `json` and what it borrows from, lists live in `a`; all must outlive `ret`. `ret` (t->size
// bytes) is written even on an error. ERR_INVALID with problems, ERR_LIMIT when the arena is full.
Err wire_bind(const Json *json, const FieldTable *t, const DynNames *dyn, Arena *a, void *ret,
              BindProblems *problems) MUST_USE;

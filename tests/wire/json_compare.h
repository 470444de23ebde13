// wire_json.h against jansson, which has read JSON for the world since 2009.
#pragma once
#include "wire/wire_json.h"
#include <jansson.h>

#define COMPARE_DEPTH 24

static int depth_in(Str s) { // of brackets outside texts; jansson's own limit is far away
    int depth = 0, max = 0;
    bool inside = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else if (!inside && (c == '{' || c == '['))
            depth++;
        else if (!inside && (c == '}' || c == ']'))
            depth--;
        max = MAX(max, depth);
    }
    return max;
}
static bool same_tree(const Json *a, const json_t *b) {
    switch (json_typeof(b)) {
    case JSON_NULL: return a->type == JN_NULL;
    case JSON_TRUE: return a->type == JN_BOOL && a->b;
    case JSON_FALSE: return a->type == JN_BOOL && !a->b;
    case JSON_INTEGER: return a->type == JN_INT && a->i == json_integer_value(b);
    case JSON_REAL: return a->type == JN_REAL && strtod(a->p, NULL) == json_real_value(b);
    case JSON_STRING:
        return a->type == JN_TEXT && str_eq(jn_text(a), (Str){json_string_value(b), json_string_length(b)});
    case JSON_ARRAY: {
        size_t i = 0;
        if (a->type != JN_ARRAY || a->n != json_array_size(b)) return false;
        for (const Json *e = a->first; e; e = e->next)
            if (!same_tree(e, json_array_get(b, i++))) return false;
        return i == a->n;
    }
    case JSON_OBJECT: {
        size_t i = 0;
        if (a->type != JN_OBJECT || a->n != json_object_size(b)) return false;
        for (const Json *m = a->first; m; m = m->next, i++) {
            const json_t *v = json_object_getn(b, m->key, m->key_n);
            if (!v || !same_tree(m, v)) return false;
        }
        return i == a->n;
    }
    }
    return false;
}
static bool written_again(const Json *a, Arena *arena, const json_t *b) {
    Buf text;
    Json *again;
    Str what;
    buf_init(&text, 64u << 20);
    jn_write(&text, a);
    bool same = wire_parse_json(buf_view(&text), COMPARE_DEPTH, arena, &again, &what) == OK && same_tree(again, b);
    buf_deinit(&text);
    return same;
}
// Both refuse it, or both take it and mean the same. Otherwise ret_what says what differs.
static bool json_compare(Str text, char ret_what[256]) {
    Arena a;
    json_error_t e = {.text = ""};
    Json *mine = NULL;
    Str what = STR_EMPTY;
    arena_init(&a, 64u << 20);
    Err err = wire_parse_json(text, COMPARE_DEPTH, &a, &mine, &what);
    bool nul =
        text.n && memchr(text.p, 0, text.n); // jansson 2.14 overlooks a NUL behind a number; no JSON text has one
    json_t *theirs =
        nul || depth_in(text) > COMPARE_DEPTH ? NULL : json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &e);
    bool same = (err == OK) == (theirs != NULL);
    const char *which = "one takes it, the other does not";
    if (err == OK && theirs) same = same_tree(mine, theirs), which = "the trees differ";
    if (err == OK && theirs && same)
        same = written_again(mine, &a, theirs), which = "written and read again, it differs";
    if (err != OK && (!what.n || !utf8_valid(what) || !str_starts(what, STR("line "))))
        same = false, which = "no good reason";
    if (!same)
        snprintf(ret_what, 256, "%s; jansson: %s; reader: " STR_F, which, theirs ? "taken" : e.text, STR_A(what));
    json_decref(theirs);
    arena_deinit(&a);
    return same;
}

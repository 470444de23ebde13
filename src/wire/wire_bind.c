#include "wire_bind.h"

typedef struct {
    const DynNames *dyn;
    Arena *a;
    BindProblems *problems;
    char path[256];
    size_t n;
    bool full; // the arena
} Bind;

static void problem(Bind *b, const char *what) {
    if (b->problems->n < BIND_PROBLEMS_MAX) {
        Str pointer = arena_str(b->a, (Str){b->path, b->n});
        b->problems->p[b->problems->n] = (BindProblem){pointer.p ? pointer : STR_EMPTY, str_c(what)};
    }
    b->problems->n++;
}
static size_t path_add(Bind *b, const char *key) { // RFC 6901: ~ and / escaped
    size_t before = b->n;
    if (b->n + 1 < sizeof b->path) b->path[b->n++] = '/';
    for (; *key && b->n + 2 < sizeof b->path; key++) {
        if (*key == '~' || *key == '/') {
            b->path[b->n++] = '~';
            b->path[b->n++] = *key == '~' ? '0' : '1';
        } else {
            b->path[b->n++] = *key;
        }
    }
    return before;
}
static size_t path_index(Bind *b, size_t i) {
    char t[24];
    snprintf(t, sizeof t, "%zu", i);
    return path_add(b, t);
}
static void bind_object(Bind *b, const json_t *json, const FieldTable *t, void *ret);

static Str text_of(const json_t *v) {
    return (Str){json_string_value(v), json_string_length(v)};
}
static bool want_string(Bind *b, const json_t *v, Str *ret) {
    if (!json_is_string(v)) {
        problem(b, "must be a string");
        return false;
    }
    *ret = text_of(v);
    return true;
}
static bool want_int(Bind *b, const json_t *v, int64_t min, int64_t max, int64_t *ret) {
    if (!json_is_integer(v)) {
        problem(b, "must be a whole number");
        return false;
    }
    int64_t i = json_integer_value(v);
    if (i < min || i > max) {
        problem(b, "is out of range");
        return false;
    }
    *ret = i;
    return true;
}
static bool find_name(Bind *b, const Field *f, Str s, uint8_t *ret) {
    if (f->type == FIELD_ENUM || f->type == FIELD_SET) {
        const Names *names = f->more;
        for (uint32_t i = 0; i < names->n; i++)
            if (s.n && str_eq_c(s, names->names[i])) {
                *ret = (uint8_t)i;
                return true;
            }
    } else if (b->dyn) {
        for (uint32_t i = 0; i < b->dyn->set[f->set].n; i++)
            if (str_eq(s, b->dyn->set[f->set].names[i])) {
                *ret = (uint8_t)i;
                return true;
            }
    }
    problem(b, "is not one of the known names");
    return false;
}
static void bind_bits(Bind *b, const json_t *v, const Field *f, uint32_t *ret) {
    uint32_t bits = 0;
    if (!json_is_array(v)) {
        problem(b, "must be an array of names");
        return;
    }
    for (size_t i = 0; i < json_array_size(v); i++) {
        size_t at = path_index(b, i);
        Str s;
        uint8_t bit;
        if (want_string(b, json_array_get(v, i), &s) && find_name(b, f, s, &bit)) bits |= 1u << (bit & 31);
        b->n = at;
    }
    *ret = bits;
}
static void bind_strings(Bind *b, const json_t *v, StrList *ret) {
    if (!json_is_array(v)) {
        problem(b, "must be an array of strings");
        return;
    }
    size_t n = json_array_size(v);
    Str *items = n ? arena_alloc(b->a, n * sizeof *items) : NULL;
    if (n && !items) {
        b->full = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = path_index(b, i);
        want_string(b, json_array_get(v, i), &items[i]);
        b->n = at;
    }
    *ret = (StrList){items, (uint32_t)n};
}
static void bind_list(Bind *b, const json_t *v, const FieldTable *t, List *ret) {
    if (!json_is_array(v)) {
        problem(b, "must be an array of objects");
        return;
    }
    size_t n = json_array_size(v);
    char *items = n ? arena_alloc(b->a, n * t->size) : NULL;
    if (n && !items) {
        b->full = true;
        return;
    }
    for (size_t i = 0; i < n; i++) {
        size_t at = path_index(b, i);
        bind_object(b, json_array_get(v, i), t, items + i * t->size);
        b->n = at;
    }
    *ret = (List){items, (uint32_t)n};
}
static void bind_child(Bind *b, const json_t *v, const FieldTable *t, void **ret) {
    void *child = arena_alloc(b->a, t->size);
    if (!child) {
        b->full = true;
        return;
    }
    bind_object(b, v, t, child);
    *ret = child;
}
static void bind_text(Bind *b, const json_t *v, const Field *f, void *p) { // everything that is a JSON string
    Str s;
    if (!want_string(b, v, &s)) return;
    if (f->type == FIELD_STR) {
        *(Str *)p = s;
    } else if (f->type == FIELD_TIME) {
        if (!iso8601_parse(s, p)) problem(b, "must be an RFC 3339 time such as 2026-11-22T08:30:00+07:00");
    } else if (f->type == FIELD_REF) {
        if (!b->dyn || !pass_ref_parse(b->dyn->ref_prefix, s, p)) problem(b, "is not a pass reference, or its check digit is wrong");
    } else {
        find_name(b, f, s, p);
    }
}
static void bind_raw(Bind *b, const json_t *v, Str *ret) {
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    Str s = text ? arena_str(b->a, str_c(text)) : (Str){NULL, 0};
    free(text);
    if (!s.p) b->full = true;
    else *ret = s;
}
static void bind_field(Bind *b, const json_t *v, const Field *f, void *p) {
    int64_t i;
    switch (f->type) {
    case FIELD_BOOL:
        if (json_is_boolean(v)) *(bool *)p = json_is_true(v);
        else problem(b, "must be true or false");
        break;
    case FIELD_U8:
        if (want_int(b, v, 0, UINT8_MAX, &i)) *(uint8_t *)p = (uint8_t)i;
        break;
    case FIELD_U16:
        if (want_int(b, v, 0, UINT16_MAX, &i)) *(uint16_t *)p = (uint16_t)i;
        break;
    case FIELD_U32:
        if (want_int(b, v, 0, UINT32_MAX, &i)) *(uint32_t *)p = (uint32_t)i;
        break;
    case FIELD_I64:
        if (want_int(b, v, -9007199254740991, 9007199254740991, &i)) *(int64_t *)p = i; // exact in every JSON reader
        break;
    case FIELD_STR:
    case FIELD_TIME:
    case FIELD_REF:
    case FIELD_ENUM:
    case FIELD_DYN: bind_text(b, v, f, p); break;
    case FIELD_STRS: bind_strings(b, v, p); break;
    case FIELD_SET:
    case FIELD_DYNS: bind_bits(b, v, f, p); break;
    case FIELD_LIST: bind_list(b, v, f->more, p); break;
    case FIELD_OBJ: bind_child(b, v, f->more, p); break;
    case FIELD_DOC: bind_child(b, v, f->more, (void **)(uintptr_t)&((Doc *)p)->obj); break;
    case FIELD_RAW: bind_raw(b, v, p); break;
    }
}
static void bind_object(Bind *b, const json_t *json, const FieldTable *t, void *ret) {
    memset(ret, 0, t->size);
    for (uint32_t i = 0; i < t->n; i++)
        if (t->fields[i].type == FIELD_DYN) *((uint8_t *)ret + t->fields[i].offset) = DYN_NONE;
    if (!json_is_object(json)) {
        problem(b, "must be an object");
        return;
    }
    const char *key;
    json_t *v;
    uint32_t hint = 0; // members mostly come in the table's order
    json_object_foreach((json_t *)(uintptr_t)json, key, v) {
        const Field *f = NULL;
        for (uint32_t k = 0; k < t->n && !f; k++) {
            uint32_t i = (hint + k) % t->n;
            if (strcmp(t->fields[i].name, key) == 0) f = &t->fields[i], hint = i + 1;
        }
        size_t at = path_add(b, key);
        if (!f) problem(b, "is not known here");
        else if (!json_is_null(v)) bind_field(b, v, f, (char *)ret + f->offset);
        b->n = at;
    }
}
Err wire_bind(const json_t *json, const FieldTable *t, const DynNames *dyn, Arena *a, void *ret, BindProblems *problems) {
    Bind b = {.dyn = dyn, .a = a, .problems = problems};
    problems->n = 0;
    bind_object(&b, json, t, ret);
    return b.full ? ERR_LIMIT : problems->n ? ERR_INVALID : OK;
}

static int depth_of(Str s) { // of brackets outside strings; jansson's own limit is fixed when it is built
    int depth = 0, max = 0;
    bool in_string = false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (in_string) {
            if (c == '\\') i++;
            else if (c == '"') in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            depth++;
            max = MAX(max, depth);
        } else if (c == '}' || c == ']') {
            depth--;
        }
    }
    return max;
}
Err wire_parse_json(Str text, int depth_max, Arena *a, json_t **ret, Str *ret_what) {
    char what[JSON_ERROR_TEXT_LENGTH + 64];
    json_error_t e;
    if (depth_of(text) > depth_max) {
        int n = snprintf(what, sizeof what, "nested deeper than %d", depth_max);
        *ret_what = arena_str(a, (Str){what, (size_t)n});
        return ERR_PARSE;
    }
    json_t *j = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES, &e);
    if (j) {
        *ret = j;
        return OK;
    }
    int n = snprintf(what, sizeof what, "line %d, column %d: %s", e.line, e.column, e.text);
    *ret_what = arena_str(a, (Str){what, MIN((size_t)n, sizeof what - 1)});
    if (!utf8_valid(*ret_what)) *ret_what = STR("invalid UTF-8");
    return ERR_PARSE;
}

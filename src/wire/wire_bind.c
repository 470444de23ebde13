#include "wire_bind.h"

// Where the walk is: links on the stack, written out only for a problem.
typedef struct Place {
    const struct Place *up;
    const Json *member; // NULL: entry i of an array
    uint32_t i;
} Place;
typedef struct {
    const DynNames *dyn;
    Arena *a;
    BindProblems *problems;
    const Place *at;
    bool full; // the arena
} Bind;

static void write_place(Buf *b, const Place *p) {
    if (!p) return;
    write_place(b, p->up);
    buf_char(b, '/');
    if (!p->member) {
        buf_u64(b, p->i);
        return;
    }
    for (uint32_t i = 0; i < p->member->key_n; i++) { // RFC 6901 3
        char c = p->member->key[i];
        if (c == '~')
            buf_c(b, "~0");
        else if (c == '/')
            buf_c(b, "~1");
        else
            buf_char(b, c);
    }
}
static void problem(Bind *b, const char *what) {
    if (b->problems->n < BIND_PROBLEMS_MAX) {
        Buf text;
        buf_init(&text, 65536);
        write_place(&text, b->at);
        Str pointer = text.overflow ? STR_EMPTY : arena_str(b->a, buf_view(&text));
        b->problems->p[b->problems->n] = (BindProblem){pointer.p ? pointer : STR_EMPTY, str_c(what)};
        buf_deinit(&text);
    }
    b->problems->n++;
}
static void bind_object(Bind *b, const Json *json, const FieldTable *t, void *ret);

static bool want_string(Bind *b, const Json *v, Str *ret) {
    if (v->type != JN_TEXT) {
        problem(b, "must be a string");
        return false;
    }
    *ret = (Str){v->p, v->n};
    return true;
}
static bool want_int(Bind *b, const Json *v, int64_t min, int64_t max, int64_t *ret) {
    if (v->type != JN_INT) {
        problem(b, "must be a whole number");
        return false;
    }
    if (v->i < min || v->i > max) {
        problem(b, "is out of range");
        return false;
    }
    *ret = v->i;
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
static void bind_bits(Bind *b, const Json *v, const Field *f, uint32_t *ret) {
    uint32_t bits = 0;
    if (v->type != JN_ARRAY) {
        problem(b, "must be an array of names");
        return;
    }
    Place here = {b->at, NULL, 0};
    b->at = &here;
    for (const Json *e = v->first; e; e = e->next, here.i++) {
        Str s;
        uint8_t bit;
        if (want_string(b, e, &s) && find_name(b, f, s, &bit)) bits |= 1u << (bit & 31);
    }
    b->at = here.up;
    *ret = bits;
}
static void bind_strings(Bind *b, const Json *v, StrList *ret) {
    if (v->type != JN_ARRAY) {
        problem(b, "must be an array of strings");
        return;
    }
    Str *items = v->n ? arena_alloc(b->a, v->n * sizeof *items) : NULL;
    if (v->n && !items) {
        b->full = true;
        return;
    }
    Place here = {b->at, NULL, 0};
    b->at = &here;
    for (const Json *e = v->first; e; e = e->next, here.i++) want_string(b, e, &items[here.i]);
    b->at = here.up;
    *ret = (StrList){items, v->n};
}
static void bind_list(Bind *b, const Json *v, const FieldTable *t, List *ret) {
    if (v->type != JN_ARRAY) {
        problem(b, "must be an array of objects");
        return;
    }
    char *items = v->n ? arena_alloc(b->a, v->n * t->size) : NULL;
    if (v->n && !items) {
        b->full = true;
        return;
    }
    Place here = {b->at, NULL, 0};
    b->at = &here;
    for (const Json *e = v->first; e; e = e->next, here.i++) bind_object(b, e, t, items + here.i * t->size);
    b->at = here.up;
    *ret = (List){items, v->n};
}
static void bind_child(Bind *b, const Json *v, const FieldTable *t, void **ret) {
    void *child = arena_alloc(b->a, t->size);
    if (!child) {
        b->full = true;
        return;
    }
    bind_object(b, v, t, child);
    *ret = child;
}
static void bind_text(Bind *b, const Json *v, const Field *f, void *p) { // everything that is a JSON string
    Str s;
    if (!want_string(b, v, &s)) return;
    if (f->type == FIELD_STR) {
        *(Str *)p = s;
    } else if (f->type == FIELD_TIME) {
        if (!iso8601_parse(s, p)) problem(b, "must be an RFC 3339 time such as 2026-11-22T08:30:00+07:00");
    } else if (f->type == FIELD_REF) {
        if (!b->dyn || !pass_ref_parse(b->dyn->ref_prefix, s, p))
            problem(b, "is not a pass reference, or its check digit is wrong");
    } else {
        find_name(b, f, s, p);
    }
}
static void bind_raw(Bind *b, const Json *v, Str *ret) {
    Buf text;
    buf_init(&text, b->a->ceiling);
    jn_write(&text, v);
    Str s = text.overflow ? (Str){NULL, 0} : arena_str(b->a, buf_view(&text));
    buf_deinit(&text);
    if (!s.p)
        b->full = true;
    else
        *ret = s;
}
static void bind_field(Bind *b, const Json *v, const Field *f, void *p) {
    int64_t i;
    switch (f->type) {
    case FIELD_BOOL:
        if (v->type == JN_BOOL)
            *(bool *)p = v->b;
        else
            problem(b, "must be true or false");
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
    case FIELD_DOC: bind_child(b, v, f->more, (void **)(uintptr_t) & ((Doc *)p)->obj); break;
    case FIELD_RAW: bind_raw(b, v, p); break;
    }
}
static const Field *find_field(const FieldTable *t, const Json *m, uint32_t *hint) {
    for (uint32_t k = 0, i = *hint; k < t->n; k++, i++) {
        if (i >= t->n) i = 0;
        const Field *f = &t->fields[i];
        if (strncmp(f->name, m->key, m->key_n) != 0 || f->name[m->key_n] != 0) continue;
        *hint = i + 1;
        return f;
    }
    return NULL;
}
static void bind_object(Bind *b, const Json *json, const FieldTable *t, void *ret) {
    memset(ret, 0, t->size);
    for (uint32_t i = 0; i < t->n; i++)
        if (t->fields[i].type == FIELD_DYN) *((uint8_t *)ret + t->fields[i].offset) = DYN_NONE;
    if (!json || json->type != JN_OBJECT) {
        problem(b, "must be an object");
        return;
    }
    Place here = {b->at, NULL, 0};
    b->at = &here;
    uint32_t hint = 0; // members mostly come in the table's order
    for (const Json *m = json->first; m; m = m->next) {
        here.member = m;
        const Field *f = find_field(t, m, &hint);
        if (!f)
            problem(b, "is not known here");
        else if (m->type != JN_NULL)
            bind_field(b, m, f, (char *)ret + f->offset);
    }
    b->at = here.up;
}
Err wire_bind(const Json *json, const FieldTable *t, const DynNames *dyn, Arena *a, void *ret, BindProblems *problems) {
    Bind b = {.dyn = dyn, .a = a, .problems = problems};
    problems->n = 0;
    bind_object(&b, json, t, ret);
    return b.full ? ERR_LIMIT : problems->n ? ERR_INVALID : OK;
}

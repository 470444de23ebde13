// JSON to structs by the tables. All problems of a message are told, each with its place and its cure.
#include "wire_vda_internal.h"
#include <math.h>

static const struct {
    double least, most;
    const char *text;
} ranges[VR_COUNT] = {
#define X(sym, least, most, text) {least, most, text},
    VDA_RANGES(X)
#undef X
};

// Where the walk is: links on the stack, written out only for a problem.
typedef struct Place {
    const struct Place *up;
    Str name; // of a member; p NULL: entry i of an array
    uint32_t i;
} Place;
typedef struct {
    VdaVersion v;
    Arena *a;
    VdaProblems *problems;
    const Place *at;
    bool full; // the arena
} Decode;

static void read_struct(Decode *d, const Json *json, const VdaTable *t, void *ret);

static void write_place(Buf *b, const Place *p) {
    if (!p) return;
    write_place(b, p->up);
    buf_char(b, '/');
    if (!p->name.p) buf_u64(b, p->i);
    for (size_t i = 0; p->name.p && i < p->name.n; i++) { // RFC 6901 3
        char c = p->name.p[i];
        if (c == '~' || c == '/')
            buf_c(b, c == '~' ? "~0" : "~1");
        else
            buf_char(b, c);
    }
}
static void problem(Decode *d, Str what, const char *cure) {
    if (d->problems->n < VDA_PROBLEMS_MAX) {
        Buf text;
        buf_init(&text, 4096);
        write_place(&text, d->at);
        Str pointer = text.overflow ? STR_EMPTY : arena_str(d->a, buf_view(&text));
        d->problems->p[d->problems->n] = (VdaProblem){pointer.p ? pointer : STR_EMPTY, what, str_c(cure)};
        buf_deinit(&text);
    }
    d->problems->n++;
}
static void problem_c(Decode *d, const char *what, const char *cure) {
    problem(d, str_c(what), cure);
}
static void problem_of(Decode *d, const char *lead, const char *text, const char *cure) {
    char line[512];
    int n = snprintf(line, sizeof line, "%s%s", lead, text);
    Str what = arena_str(d->a, (Str){line, MIN((size_t)n, sizeof line - 1)});
    problem(d, what.p ? what : str_c(lead), cure);
}
static void *take(Decode *d, size_t n) {
    void *p = arena_alloc(d->a, n);
    d->full |= p == NULL;
    return p;
}

// ---- numbers
// Fifteen digits and a power of ten are exact in a double, and so is their quotient to the last bit; others are
// strtod's.
static double real_of(const char *z, size_t n) {
    static const double power[] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                   1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    uint64_t digits = 0;
    uint32_t count = 0, behind = 0;
    bool point = false, minus = *z == '-';
    for (size_t i = minus; i < n; i++) {
        if (z[i] == '.') {
            point = true;
            continue;
        }
        if (z[i] < '0' || z[i] > '9' || ++count > 15) return strtod(z, NULL);
        digits = digits * 10 + (uint64_t)(z[i] - '0');
        behind += point;
    }
    double v = (double)digits / power[behind];
    return minus ? -v : v;
}
static bool want_real(Decode *d, const Json *v, uint8_t range, double *ret) {
    if (v->type != JN_INT && v->type != JN_REAL) {
        problem_c(d, "must be a number", "send it without quotes");
        return false;
    }
    double x = v->type == JN_INT ? (double)v->i : real_of(v->p, v->n);
    if (!(x >= ranges[range].least && x <= ranges[range].most)) {
        problem_of(d, "must be ", ranges[range].text, "check the unit: m, rad, s, per cent");
        return false;
    }
    *ret = x;
    return true;
}
static bool want_int(Decode *d, const Json *v, double least, double most, int64_t *ret) {
    double x = v->type == JN_REAL ? real_of(v->p, v->n) : 0; // 2.0 is whole: JSON knows only numbers
    bool whole = v->type == JN_INT || (v->type == JN_REAL && x == trunc(x) && fabs(x) <= 9007199254740992.0);
    if (!whole) {
        problem_c(d, "must be a whole number", "send it without quotes and without decimals");
        return false;
    }
    int64_t i = v->type == JN_INT ? v->i : (int64_t)x;
    if ((double)i < least || (double)i > most) {
        problem_c(d, least >= 0 && most < 5e9 ? "must be from 0 to 4294967295" : "is out of range", "check the number");
        return false;
    }
    *ret = i;
    return true;
}

// ---- texts and words
static bool want_text(Decode *d, const Json *v, Str *ret) {
    if (v->type != JN_TEXT) {
        problem_c(d, "must be a string", "put it in quotes; leave the member out if there is nothing to say");
        return false;
    }
    *ret = (Str){v->p, v->n};
    return true;
}
static uint32_t find_word(const VdaWords *w, VdaVersion v, Str s) { // 0: none
    for (uint32_t i = 0; i < w->n; i++)
        if (w->word[i][v] && str_eq_c(s, w->word[i][v])) return i + 1;
    return 0;
}
static bool want_word(Decode *d, const Json *v, const VdaWords *w, Str *ret_text, uint32_t *ret) {
    Str s;
    if (!want_text(d, v, &s)) return false;
    uint32_t found = find_word(w, d->v, s);
    if (!found) {
        Buf text;
        buf_init(&text, 400);
        for (uint32_t i = 0; i < w->n; i++) {
            if (!w->word[i][d->v] || find_word(w, d->v, str_c(w->word[i][d->v])) != i + 1) continue;
            if (text.n) buf_c(&text, ", ");
            buf_c(&text, w->word[i][d->v]);
        }
        buf_char(&text, 0);
        problem_of(d, "must be one of ", text.overflow ? "the known words" : text.p, "use one of these words as it is");
        buf_deinit(&text);
        return false;
    }
    *ret_text = s;
    *ret = found;
    return true;
}
static void read_time(Decode *d, const Json *v, int64_t *ret) {
    Str s;
    if (!want_text(d, v, &s)) return;
    if (s.n < 19 || !iso8601_parse(s, ret)) // a bare date is none
        problem_c(d, "must be a time", "send it as 2026-11-22T08:30:00.000Z");
}
static bool json_text(Decode *d, const Json *v, Str *ret) {
    Buf text;
    buf_init(&text, VDA_TEXT_MAX);
    jn_write(&text, v);
    Str s = text.overflow ? (Str){NULL, 0} : arena_str(d->a, buf_view(&text));
    buf_deinit(&text);
    d->full |= s.p == NULL;
    *ret = s;
    return s.p != NULL;
}
static void read_value(Decode *d, const Json *v, VdaValue *ret) {
    VdaValue x = {0};
    switch ((JsonType)v->type) {
    case JN_NULL: problem_c(d, "must not be null", "leave the parameter out"); return;
    case JN_BOOL: x = (VdaValue){.type = VDA_VALUE_BOOL, .flag = v->b}; break;
    case JN_INT: x = (VdaValue){.type = VDA_VALUE_NUMBER, .number = (double)v->i}; break;
    case JN_REAL: x = (VdaValue){.type = VDA_VALUE_NUMBER, .number = real_of(v->p, v->n)}; break;
    case JN_TEXT: x = (VdaValue){.type = VDA_VALUE_TEXT, .text = {v->p, v->n}}; break;
    case JN_ARRAY:
    case JN_OBJECT:
        x.type = VDA_VALUE_JSON;
        if (!json_text(d, v, &x.text)) return;
        break;
    }
    *ret = x;
}

// ---- lists
static size_t entry_size(const VdaField *f) {
    if (f->type == VT_STRS) return sizeof(Str);
    if (f->type == VT_REALS) return sizeof(double);
    return ((const VdaTable *)f->more)->size;
}
static void read_entry(Decode *d, const Json *e, const VdaField *f, void *p) {
    Str s;
    uint32_t word;
    if (f->type == VT_REALS) {
        want_real(d, e, f->range, p);
    } else if (f->type == VT_LIST) {
        read_struct(d, e, f->more, p);
    } else if (!f->more) {
        want_text(d, e, p);
    } else if (want_word(d, e, f->more, &s, &word)) {
        *(Str *)p = s;
    }
}
static bool want_array(Decode *d, const Json *v) {
    if (v->type == JN_ARRAY) return true;
    problem_c(d, "must be an array", "send [] if there is none");
    return false;
}
static void read_list(Decode *d, const Json *v, const VdaField *f, List *ret) {
    static max_align_t none; // what an empty list that is there points at
    if (!want_array(d, v)) return;
    size_t size = entry_size(f);
    char *items = v->n ? take(d, v->n * size) : (char *)&none;
    if (!items) return;
    if (f->type == VT_LIST && v->n < ((const VdaTable *)f->more)->least)
        problem_c(d, "has too few entries",
                  ((const VdaTable *)f->more)->least > 1 ? "a polygon needs three corners" : "it must not be empty");
    Place here = {d->at, {NULL, 0}, 0};
    d->at = &here;
    for (const Json *e = v->first; e; e = e->next, here.i++) read_entry(d, e, f, items + here.i * size);
    d->at = here.up;
    *ret = (List){items, v->n};
}
static void read_set(Decode *d, const Json *v, const VdaWords *w, VdaSet *ret) {
    if (!want_array(d, v)) return;
    VdaSet set = 0;
    Place here = {d->at, {NULL, 0}, 0};
    d->at = &here;
    for (const Json *e = v->first; e; e = e->next, here.i++) {
        Str s;
        uint32_t word;
        if (want_word(d, e, w, &s, &word)) set |= 1u << word;
    }
    d->at = here.up;
    *ret = set;
}

// ---- structs
static void read_part(Decode *d, const Json *v, const VdaTable *t, void **ret) {
    void *part = take(d, t->size);
    if (!part) return;
    read_struct(d, v, t, part);
    *ret = part;
}
static void read_text(Decode *d, const Json *v, const VdaField *f, void *p) {
    Str s;
    uint32_t word;
    if (f->type == VT_STR || f->type == VT_VERSION) {
        want_text(d, v, p);
    } else if (f->type == VT_OBJECT) {
        if (v->type != JN_OBJECT)
            problem_c(d, "must be an object", "put its members in braces");
        else
            (void)json_text(d, v, p);
    } else if (want_word(d, v, f->more, &s, &word)) {
        if (f->type == VT_ENUM)
            *(uint8_t *)p = (uint8_t)word;
        else
            *(Str *)p = s;
    }
}
static void read_number(Decode *d, const Json *v, const VdaField *f, void *p) {
    int64_t i;
    double x;
    if (f->type == VT_U32) {
        if (want_int(d, v, 0, UINT32_MAX, &i)) *(uint32_t *)p = (uint32_t)i;
    } else if (f->type == VT_INT) {
        if (want_int(d, v, ranges[f->range].least, ranges[f->range].most, &i)) *(VdaInt *)p = VDA_INT(i);
    } else if (f->type == VT_REAL) {
        want_real(d, v, f->range, p);
    } else if (want_real(d, v, f->range, &x)) {
        *(VdaNum *)p = VDA_NUM(x);
    }
}
static void read_bool(Decode *d, const Json *v, const VdaField *f, void *p) {
    if (v->type != JN_BOOL)
        problem_c(d, "must be true or false", "send it without quotes");
    else if (f->type == VT_BOOL)
        *(bool *)p = v->b;
    else
        *(uint8_t *)p = VDA_FLAG(v->b);
}
static void read_field(Decode *d, const Json *v, const VdaField *f, void *p) {
    switch ((VdaType)f->type) {
    case VT_BOOL:
    case VT_FLAG: read_bool(d, v, f, p); break;
    case VT_U32:
    case VT_INT:
    case VT_REAL:
    case VT_NUM: read_number(d, v, f, p); break;
    case VT_STR:
    case VT_VERSION:
    case VT_WORD:
    case VT_ENUM:
    case VT_OBJECT: read_text(d, v, f, p); break;
    case VT_SET: read_set(d, v, f->more, p); break;
    case VT_TIME: read_time(d, v, p); break;
    case VT_VALUE: read_value(d, v, p); break;
    case VT_STRS:
    case VT_REALS:
    case VT_LIST: read_list(d, v, f, p); break;
    case VT_IN: read_struct(d, v, f->more, p); break;
    case VT_PART: read_part(d, v, f->more, p); break;
    }
}
static uint32_t find_field(const Decode *d, const VdaTable *t, const Json *m, uint32_t tag, uint32_t *hint) {
    for (uint32_t k = 0, i = *hint; k < t->n; k++, i++) { // members mostly come in the table's order
        if (i >= t->n) i = 0;
        const VdaField *f = &t->fields[i];
        if (f->name_n != m->key_n || memcmp(f->name, m->key, m->key_n) != 0 || !vda_field_in(f, d->v, tag)) continue;
        *hint = i + 1;
        return i;
    }
    return t->n;
}
static uint32_t read_tag(const Decode *d, const VdaTable *t, const Json *json) {
    if (!t->tag) return 0;
    const VdaField *f = &t->fields[t->tag - 1];
    return 1u << find_word(f->more, d->v, jn_text(jn_get(json, f->name)));
}
static void read_struct(Decode *d, const Json *json, const VdaTable *t, void *ret) { // ret is zeroed
    if (json->type != JN_OBJECT) {
        problem_c(d, "must be an object", "put its members in braces");
        return;
    }
    CK_ASSERT(t->n <= 64);
    uint32_t hint = 0, tag = read_tag(d, t, json);
    uint64_t seen = 0;
    Place here = {d->at, {NULL, 0}, 0};
    d->at = &here;
    for (const Json *m = json->first; m; m = m->next) {
        uint32_t i = find_field(d, t, m, tag, &hint);
        if (i == t->n) {
            d->problems->unknown++;
            continue;
        }
        here.name = jn_key(m);
        seen |= 1ull << i;
        read_field(d, m, &t->fields[i], (char *)ret + t->fields[i].offset);
    }
    for (uint32_t i = 0; i < t->n; i++) {
        const VdaField *f = &t->fields[i];
        if (f->need[d->v] != 'R' || seen & 1ull << i || !vda_field_in(f, d->v, tag)) continue;
        here.name = (Str){f->name, f->name_n};
        problem_c(d, "is required", "add this member");
    }
    d->at = here.up;
}

static Err outcome(Decode *d) {
    if (d->full) {
        d->at = NULL;
        d->problems->n = 0;
        problem_c(d, "holds more than there is room for", "send less at once");
        return ERR_LIMIT;
    }
    return d->problems->n ? ERR_INVALID : OK;
}
Err vda_read_table(VdaVersion v, const VdaTable *t, const Json *json, Arena *a, void *ret, VdaProblems *problems) {
    Decode d = {.v = v, .a = a, .problems = problems};
    read_struct(&d, json, t, ret);
    return outcome(&d);
}
Err vda_decode(VdaVersion v, VdaTopic t, Str json, Arena *a, void *ret, VdaProblems *ret_problems) {
    Decode d = {.v = v, .a = a, .problems = ret_problems};
    const VdaTable *table = vda_table(t);
    Json *root;
    Str what;
    CK_ASSERT(vda_has_topic(v, t));
    ret_problems->n = ret_problems->unknown = 0;
    if (json.n > VDA_TEXT_MAX) {
        problem_c(&d, "the message is longer than 1 MiB", "send less at once");
        return ERR_LIMIT;
    }
    Err e = wire_parse_json(json, VDA_DEPTH_MAX, a, &root, &what);
    if (e) {
        problem(&d, what, e == ERR_LIMIT ? "send less at once" : "send one JSON object, whole");
        return e;
    }
    void *msg = take(&d, table->size);
    if (msg) read_struct(&d, root, table, msg);
    if (msg && t == VDA_INSTANT_ACTIONS && v == VDA_2_0 && root->type == JN_OBJECT && !jn_get(root, "actions") &&
        !jn_get(root, "instantActions")) {
        Place here = {NULL, STR("actions"), 0};
        d.at = &here;
        problem_c(&d, "is required", "add this member, or instantActions");
    }
    if (!(e = outcome(&d))) memcpy(ret, msg, table->size);
    return e;
}

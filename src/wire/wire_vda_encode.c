// Structs to JSON by the tables.
#include "wire_vda_internal.h"
#include <math.h>

static void put_struct(Buf *b, VdaVersion v, const VdaTable *t, const void *obj);

// The shortest text that reads back to the same number. A number of at most four decimals, as most are, is exact as a
// quotient of two whole ones, so no search is needed.
static void put_real(Buf *b, double x) {
    CK_ASSERT(isfinite(x));
    double scaled = fabs(x) < 1e11 ? (double)(int64_t)(x * 1e4 + (x < 0 ? -0.5 : 0.5)) : 0;
    if (scaled / 1e4 == x) {
        uint64_t k = (uint64_t)fabs(scaled), whole = k / 10000, rest = k % 10000;
        char t[32];
        uint32_t n = 0;
        if (scaled < 0) t[n++] = '-';
        char digits[20];
        uint32_t d = 0;
        do digits[d++] = (char)('0' + whole % 10);
        while (whole /= 10);
        while (d) t[n++] = digits[--d];
        if (rest) t[n++] = '.';
        for (uint64_t unit = 1000; rest; unit /= 10) {
            t[n++] = (char)('0' + rest / unit);
            rest %= unit;
        }
        json_raw(b, (Str){t, n});
        return;
    }
    char t[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(t, sizeof t, "%.*g", digits, x);
        if (strtod(t, NULL) == x) break;
    }
    json_raw(b, str_c(t));
}
static const char *word_of(const VdaWords *w, VdaVersion v, uint32_t value) {
    CK_ASSERT(value >= 1 && value <= w->n && w->word[value - 1][v] != NULL);
    return w->word[value - 1][v];
}
static void put_set(Buf *b, VdaVersion v, const VdaWords *w, VdaSet set) {
    json_open(b, '[');
    for (uint32_t i = 1; i <= w->n; i++) {
        if (!(set & 1u << i) || !w->word[i - 1][v]) continue;
        bool before = false; // two values that this version calls the same
        for (uint32_t k = 1; k < i; k++)
            before |= set & 1u << k && w->word[k - 1][v] && strcmp(w->word[k - 1][v], w->word[i - 1][v]) == 0;
        if (!before) json_c(b, w->word[i - 1][v]);
    }
    json_close(b, ']');
}
static void put_value(Buf *b, const VdaValue *x) {
    switch (x->type) {
    case VDA_VALUE_NUMBER: put_real(b, x->number); break;
    case VDA_VALUE_BOOL: json_bool(b, x->flag); break;
    case VDA_VALUE_JSON: json_raw(b, x->text); break;
    case VDA_VALUE_TEXT:
    default: json_str(b, x->text);
    }
}
static void put_time(Buf *b, int64_t t_ms) {
    char t[ISO8601_LEN + 1];
    iso8601_format(t_ms, t);
    json_str(b, (Str){t, ISO8601_LEN});
}
static void put_list(Buf *b, VdaVersion v, const VdaField *f, const List *list) {
    json_open(b, '[');
    for (uint32_t i = 0; i < list->n; i++) {
        if (f->type == VT_STRS)
            json_str(b, ((const Str *)list->items)[i]);
        else if (f->type == VT_REALS)
            put_real(b, ((const double *)list->items)[i]);
        else
            put_struct(b, v, f->more, (const char *)list->items + i * ((const VdaTable *)f->more)->size);
    }
    json_close(b, ']');
}

static bool is_there(const VdaField *f, const void *p) {
    switch ((VdaType)f->type) {
    case VT_FLAG:
    case VT_ENUM: return *(const uint8_t *)p != 0;
    case VT_INT: return ((const VdaInt *)p)->has;
    case VT_NUM: return ((const VdaNum *)p)->has;
    case VT_STR:
    case VT_WORD:
    case VT_OBJECT: return ((const Str *)p)->p != NULL;
    case VT_SET: return *(const VdaSet *)p != 0;
    case VT_TIME: return *(const int64_t *)p != 0;
    case VT_STRS:
    case VT_REALS:
    case VT_LIST: return ((const List *)p)->items != NULL || ((const List *)p)->n != 0;
    case VT_PART: return *(void *const *)p != NULL;
    case VT_VALUE: return ((const VdaValue *)p)->type != 0;
    case VT_BOOL:
    case VT_U32:
    case VT_REAL:
    case VT_VERSION:
    case VT_IN: break;
    }
    return true;
}
static void put_part(Buf *b, VdaVersion v, const VdaTable *t, const void *part) {
    static const max_align_t empty[32]; // what is required and not there is written as zeros
    CK_ASSERT(part || t->size <= sizeof empty);
    put_struct(b, v, t, part ? part : (const void *)empty);
}
static void put_field(Buf *b, VdaVersion v, const VdaField *f, const void *p) {
    switch ((VdaType)f->type) {
    case VT_BOOL: json_bool(b, *(const bool *)p); break;
    case VT_FLAG:
        CK_ASSERT(*(const uint8_t *)p != VDA_UNSET);
        json_bool(b, *(const uint8_t *)p == VDA_TRUE);
        break;
    case VT_U32: json_int(b, *(const uint32_t *)p); break;
    case VT_INT:
        CK_ASSERT(((const VdaInt *)p)->has);
        json_int(b, ((const VdaInt *)p)->v);
        break;
    case VT_REAL: put_real(b, *(const double *)p); break;
    case VT_NUM:
        CK_ASSERT(((const VdaNum *)p)->has);
        put_real(b, ((const VdaNum *)p)->v);
        break;
    case VT_STR:
    case VT_WORD: json_str(b, *(const Str *)p); break;
    case VT_VERSION:
        if (((const Str *)p)->n)
            json_str(b, *(const Str *)p);
        else
            json_c(b, vda_version_text(v));
        break;
    case VT_ENUM: json_c(b, word_of(f->more, v, *(const uint8_t *)p)); break;
    case VT_SET: put_set(b, v, f->more, *(const VdaSet *)p); break;
    case VT_TIME: put_time(b, *(const int64_t *)p); break;
    case VT_VALUE: put_value(b, p); break;
    case VT_OBJECT: json_raw(b, *(const Str *)p); break;
    case VT_STRS:
    case VT_REALS:
    case VT_LIST: put_list(b, v, f, p); break;
    case VT_IN: put_struct(b, v, f->more, p); break;
    case VT_PART: put_part(b, v, f->more, *(void *const *)p); break;
    }
}
static void put_struct(Buf *b, VdaVersion v, const VdaTable *t, const void *obj) {
    uint32_t tag = t->tag ? 1u << *((const uint8_t *)obj + t->fields[t->tag - 1].offset) : 0;
    json_open(b, '{');
    for (uint32_t i = 0; i < t->n; i++) {
        const VdaField *f = &t->fields[i];
        const void *p = (const char *)obj + f->offset;
        if (!vda_field_in(f, v, tag) || (f->need[v] == 'O' && !is_there(f, p))) continue;
        json_key(b, f->name);
        put_field(b, v, f, p);
    }
    json_close(b, '}');
}
void vda_write_table(Buf *b, VdaVersion v, const VdaTable *t, const void *obj) {
    put_struct(b, v, t, obj);
}
void vda_encode(Buf *b, VdaVersion v, VdaTopic t, const void *msg) {
    CK_ASSERT(vda_has_topic(v, t));
    put_struct(b, v, vda_table(t), msg);
}

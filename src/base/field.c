#include "field.h"

static const uint8_t damm[10][10] = {
    // The totally anti-symmetric quasigroup of order 10 from H. M. Damm's thesis (Marburg, 2004)
    {0, 3, 1, 7, 5, 9, 8, 6, 4, 2}, {7, 0, 9, 2, 1, 5, 4, 8, 6, 3}, {4, 2, 0, 6, 8, 7, 1, 3, 5, 9},
    {1, 7, 5, 0, 9, 8, 3, 4, 2, 6}, {6, 1, 2, 3, 0, 4, 5, 9, 7, 8}, {3, 6, 7, 4, 2, 0, 9, 5, 8, 1},
    {5, 8, 6, 9, 7, 2, 0, 1, 3, 4}, {8, 9, 4, 5, 3, 6, 2, 0, 1, 7}, {9, 4, 3, 8, 6, 1, 7, 2, 0, 5},
    {2, 5, 8, 1, 4, 3, 6, 7, 9, 0}};

size_t pass_ref_format(Str prefix, uint32_t no, char ret[PASS_REF_MAX]) {
    char digits[10];
    size_t nd = 0;
    for (uint32_t v = no; v || nd < 6; v /= 10) digits[nd++] = (char)('0' + v % 10);
    size_t n = MIN(prefix.n, (size_t)8);
    if (n) memcpy(ret, prefix.p, n);
    ret[n++] = '-';
    uint8_t check = 0;
    while (nd) {
        char d = digits[--nd];
        check = damm[check][d - '0'];
        ret[n++] = d;
    }
    ret[n++] = '-';
    ret[n++] = (char)('0' + check);
    ret[n] = 0;
    return n;
}
bool pass_ref_parse(Str prefix, Str ref, uint32_t *ret_no) {
    if (ref.n < prefix.n || ref.n > 40) return false;
    for (size_t i = 0; i < prefix.n; i++)
        if ((ref.p[i] & ~0x20) != (prefix.p[i] & ~0x20)) return false;
    uint64_t no = 0;
    uint8_t check = 0;
    int n = 0, last = -1;
    for (size_t i = prefix.n; i < ref.n; i++) {
        char c = ref.p[i];
        if (c == '-' || c == ' ') continue;
        if (c < '0' || c > '9' || ++n > 11) return false;
        if (last >= 0) no = no * 10 + (unsigned)last;
        last = c - '0';
        check = damm[check][last];
    }
    if (n < 7 || check != 0 || no == 0 || no > UINT32_MAX) return false;
    *ret_no = (uint32_t)no;
    return true;
}

static void write_object(Buf *b, const FieldTable *t, const void *obj, const DynNames *dyn) {
    json_open(b, '{');
    field_write(b, t, obj, dyn);
    json_close(b, '}');
}
static void write_list(Buf *b, const Field *f, const List *l, const DynNames *dyn) {
    const FieldTable *t = f->more;
    json_open(b, '[');
    for (uint32_t i = 0; i < l->n; i++) write_object(b, t, (const char *)l->items + i * t->size, dyn);
    json_close(b, ']');
}
static void write_bits(Buf *b, const Field *f, uint32_t bits, const DynNames *dyn) {
    json_open(b, '[');
    for (uint8_t i = 0; bits; i++, bits >>= 1) {
        if (!(bits & 1)) continue;
        if (f->type == FIELD_SET) {
            json_c(b, ((const Names *)f->more)->names[i]);
        } else {
            CK_ASSERT(i < dyn->set[f->set].n);
            json_str(b, dyn->set[f->set].names[i]);
        }
    }
    json_close(b, ']');
}
static bool is_empty(const Field *f, const void *p) {
    switch (f->type) {
    case FIELD_BOOL: return !*(const bool *)p;
    case FIELD_U8:
    case FIELD_ENUM: return *(const uint8_t *)p == 0;
    case FIELD_DYN: return *(const uint8_t *)p == DYN_NONE;
    case FIELD_U16: return *(const uint16_t *)p == 0;
    case FIELD_U32:
    case FIELD_SET:
    case FIELD_DYNS:
    case FIELD_REF: return *(const uint32_t *)p == 0;
    case FIELD_I64:
    case FIELD_TIME: return *(const int64_t *)p == 0;
    case FIELD_STR:
    case FIELD_RAW: return ((const Str *)p)->n == 0;
    case FIELD_STRS: return ((const StrList *)p)->n == 0;
    case FIELD_LIST: return ((const List *)p)->n == 0;
    case FIELD_OBJ: return *(void *const *)p == NULL;
    case FIELD_DOC: return ((const Doc *)p)->obj == NULL;
    }
    return true;
}
static void write_value(Buf *b, const Field *f, const void *p, const DynNames *dyn) {
    char ref[PASS_REF_MAX];
    switch (f->type) {
    case FIELD_BOOL: json_bool(b, true); break;
    case FIELD_U8: json_int(b, *(const uint8_t *)p); break;
    case FIELD_U16: json_int(b, *(const uint16_t *)p); break;
    case FIELD_U32: json_int(b, *(const uint32_t *)p); break;
    case FIELD_I64: json_int(b, *(const int64_t *)p); break;
    case FIELD_TIME: json_time(b, *(const int64_t *)p); break;
    case FIELD_STR: json_str(b, *(const Str *)p); break;
    case FIELD_RAW: json_raw(b, *(const Str *)p); break;
    case FIELD_ENUM: json_c(b, ((const Names *)f->more)->names[*(const uint8_t *)p]); break;
    case FIELD_DYN:
        CK_ASSERT(*(const uint8_t *)p < dyn->set[f->set].n);
        json_str(b, dyn->set[f->set].names[*(const uint8_t *)p]);
        break;
    case FIELD_SET:
    case FIELD_DYNS: write_bits(b, f, *(const uint32_t *)p, dyn); break;
    case FIELD_LIST: write_list(b, f, p, dyn); break;
    case FIELD_OBJ: write_object(b, f->more, *(void *const *)p, dyn); break;
    case FIELD_DOC:
        if (((const Doc *)p)->json.n)
            json_raw(b, ((const Doc *)p)->json);
        else
            write_object(b, f->more, ((const Doc *)p)->obj, dyn);
        break;
    case FIELD_REF: json_str(b, (Str){ref, pass_ref_format(dyn->ref_prefix, *(const uint32_t *)p, ref)}); break;
    case FIELD_STRS:
        json_open(b, '[');
        for (uint32_t i = 0; i < ((const StrList *)p)->n; i++) json_str(b, ((const StrList *)p)->items[i]);
        json_close(b, ']');
        break;
    }
}
void field_write(Buf *b, const FieldTable *t, const void *obj, const DynNames *dyn) {
    for (uint32_t i = 0; i < t->n; i++) {
        const Field *f = &t->fields[i];
        const void *p = (const char *)obj + f->offset;
        if (is_empty(f, p)) continue;
        json_key(b, f->name);
        write_value(b, f, p, dyn);
    }
}

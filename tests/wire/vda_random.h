// Random messages by the tables: whatever a version can say, with every word, range and option.
#pragma once
#include "prop.h"
#include "wire/wire_vda_internal.h"
#include <math.h>

typedef struct {
    Prng *r;
    Arena *a;
    VdaVersion v;
} VdaRandom;

static inline void random_struct(VdaRandom *x, const VdaTable *t, void *ret, int depth);

static inline void *random_room(VdaRandom *x, size_t n) {
    void *p = arena_alloc(x->a, n ? n : 1);
    CK_ASSERT(p != NULL);
    return p;
}
static inline Str random_text(VdaRandom *x) {
    static const char *const some[] = {"",       "a",          "CRANE-1", "x\"y\\z",
                                       "t\tn\n", "Bằng Tường", "\x7f",    "mission-000042",
                                       "0",      "a/b~c",      "😀",       "longer than one word of eight bytes"};
    return str_c(some[prng_below(x->r, ARRAY_LEN(some))]);
}
static inline double random_real(VdaRandom *x, uint8_t range) {
    static const double least[] = {
#define X(sym, lo, hi, text) lo,
        VDA_RANGES(X)
#undef X
    };
    static const double most[] = {
#define X(sym, lo, hi, text) hi,
        VDA_RANGES(X)
#undef X
    };
    double lo = MAX(least[range], -1e6), hi = MIN(most[range], 1e6);
    switch (prng_below(x->r, 5)) {
    case 0: return lo;
    case 1: return hi;
    case 2: return ceil(lo);
    case 3: return lo + floor((hi - lo) * (double)prng_below(x->r, 1000)) / 1000;
    default: return lo + (hi - lo) * ((double)(prng_next(x->r) >> 11) / 9007199254740992.0);
    }
}
static inline uint32_t random_word(VdaRandom *x, const VdaWords *w) {
    for (;;) {
        uint32_t i = (uint32_t)prng_below(x->r, w->n);
        if (w->word[i][x->v]) return i + 1;
    }
}
static inline Str random_word_text(VdaRandom *x, const VdaWords *w) {
    return w ? str_c(w->word[random_word(x, w) - 1][x->v]) : random_text(x);
}
static inline VdaValue random_value(VdaRandom *x) {
    switch (prng_below(x->r, 5)) {
    case 0: return (VdaValue){.type = VDA_VALUE_NUMBER, .number = random_real(x, VR_ANY)};
    case 1: return (VdaValue){.type = VDA_VALUE_BOOL, .flag = prng_chance(x->r, 50)};
    case 2: return (VdaValue){.type = VDA_VALUE_JSON, .text = STR("[1,\"two\",{\"three\":3.5}]")};
    case 3: return (VdaValue){.type = VDA_VALUE_JSON, .text = STR("{\"a\":[],\"b\":{}}")};
    default: return (VdaValue){.type = VDA_VALUE_TEXT, .text = random_text(x)};
    }
}
static inline List random_list(VdaRandom *x, const VdaField *f, int depth) {
    uint32_t least = f->type == VT_LIST ? ((const VdaTable *)f->more)->least : 0;
    uint32_t n = least + (uint32_t)prng_below(x->r, depth > 2 ? 2 : 4);
    size_t size = f->type == VT_STRS    ? sizeof(Str)
                  : f->type == VT_REALS ? sizeof(double)
                                        : ((const VdaTable *)f->more)->size;
    char *items = random_room(x, n * size);
    for (uint32_t i = 0; i < n; i++) {
        if (f->type == VT_STRS)
            ((Str *)(void *)items)[i] = random_word_text(x, f->more);
        else if (f->type == VT_REALS)
            ((double *)(void *)items)[i] = random_real(x, f->range);
        else
            random_struct(x, f->more, items + i * size, depth + 1);
    }
    return (List){items, n};
}
static inline void random_field(VdaRandom *x, const VdaField *f, void *p, int depth) {
    switch ((VdaType)f->type) {
    case VT_BOOL: *(bool *)p = prng_chance(x->r, 50); break;
    case VT_FLAG: *(uint8_t *)p = VDA_FLAG(prng_chance(x->r, 50)); break;
    case VT_U32: *(uint32_t *)p = prng_chance(x->r, 20) ? UINT32_MAX : (uint32_t)prng_below(x->r, 100); break;
    case VT_INT: *(VdaInt *)p = VDA_INT((int64_t)prng_below(x->r, 100000) + 1); break;
    case VT_REAL: *(double *)p = random_real(x, f->range); break;
    case VT_NUM: *(VdaNum *)p = VDA_NUM(random_real(x, f->range)); break;
    case VT_STR:
    case VT_VERSION: *(Str *)p = random_text(x); break;
    case VT_WORD: *(Str *)p = random_word_text(x, f->more); break;
    case VT_ENUM: *(uint8_t *)p = (uint8_t)random_word(x, f->more); break;
    case VT_SET: *(VdaSet *)p = 1u << random_word(x, f->more) | 1u << random_word(x, f->more); break;
    case VT_TIME: *(int64_t *)p = 1 + (int64_t)prng_below(x->r, 4000000000000); break;
    case VT_STRS:
    case VT_REALS:
    case VT_LIST: *(List *)p = random_list(x, f, depth); break;
    case VT_VALUE: *(VdaValue *)p = random_value(x); break;
    case VT_OBJECT: *(Str *)p = STR("{\"k\":[1,2]}"); break;
    case VT_IN: random_struct(x, f->more, p, depth); break;
    case VT_PART: {
        void *part = random_room(x, ((const VdaTable *)f->more)->size);
        random_struct(x, f->more, part, depth + 1);
        *(void **)p = part;
        break;
    }
    }
}
static inline void random_struct(VdaRandom *x, const VdaTable *t, void *ret, int depth) {
    uint32_t tag = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        const VdaField *f = &t->fields[i];
        void *p = (char *)ret + f->offset;
        if (!vda_field_in(f, x->v, tag) || (f->need[x->v] == 'O' && prng_chance(x->r, 40))) continue;
        random_field(x, f, p, depth);
        if (i + 1 == t->tag) tag = 1u << *(uint8_t *)p;
    }
}
// A message of topic `t`; 2.0's instant actions always have a list.
static inline void *random_message(VdaVersion v, VdaTopic t, Prng *r, Arena *a) {
    VdaRandom x = {r, a, v};
    void *msg = random_room(&x, vda_size(t));
    random_struct(&x, vda_table(t), msg, 0);
    if (t == VDA_INSTANT_ACTIONS && !((VdaInstantActions *)msg)->actions.items)
        ((VdaInstantActions *)msg)->actions.items = random_room(&x, sizeof(VdaAction));
    return msg;
}

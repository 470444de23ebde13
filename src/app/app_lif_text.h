// "cuakhau: key=value; key=value,value; key": what LIF has no member for, in its descriptions (app_lif.h).
#pragma once
#include "base/base.h"

typedef struct {
    Arena *a;
    Buf b;
    bool valued; // the last key has a value
    bool full;   // the arena, once and for all
} LifText;
void lif_text_init(LifText *t, Arena *a); // one for many texts
void lif_text_deinit(LifText *t);
void lif_text_key(LifText *t, const char *key);
void lif_text_value(LifText *t, Str value); // of the last key
void lif_text_number(LifText *t, uint32_t value);
Str lif_text_take(LifText *t); // and begins anew; p NULL: no key was written

#define LIF_VALUES_MAX 8u
typedef struct {
    Str key, value[LIF_VALUES_MAX];
    uint32_t n; // values
} LifPair;
typedef struct {
    Arena *a;
    Str rest;
    bool bad; // what came was no pair; nothing comes behind it
} LifReader;
bool lif_text_ours(Str description, Arena *a, LifReader *ret); // false: it is another's
bool lif_text_next(LifReader *r, LifPair *ret);                // false at the end
bool lif_text_u32(Str value, uint32_t *ret);

// Random streams: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC11). Key =
// (seed, stream), counter = (draw, entity, replication, seed): the n-th draw of entity e is the same whatever else
// happens, so scenarios see common random numbers. A stream is a value; copying it copies its place.
// Exponential and normal draws are by inversion: one uniform each, monotone in it.
#pragma once
#include "base/base.h"
#include <math.h>

#define DES_AHEAD 8
typedef struct {
    uint32_t key[2], ctr[4];
    uint64_t out[DES_AHEAD * 2]; // drawn ahead: one block at first, later several at once
    uint32_t left;
} DesStream;
void des_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t ret[4]);
DesStream des_stream(uint64_t seed, uint32_t stream, uint32_t replication, uint32_t entity);
void des_refill(DesStream *s);
static inline uint64_t des_u64(DesStream *s) {
    if (s->left == 0) des_refill(s);
    return s->out[--s->left];
}
static inline double des_uniform(DesStream *s) { // in (0, 1), 52 bits
    return ((double)(des_u64(s) >> 12) + 0.5) * 0x1p-52;
}
// Mean 1: -log(des_uniform) to 1e-15, from a table of 128 reciprocals and a polynomial (Tang 1990), a third of libm's
// time.
typedef struct {
    double inverse, log; // of 1 + (i + 1/2) / 128
} DesLogRow;
extern const DesLogRow des_log_table[128];
static inline double des_exp(DesStream *s) {
    double v = (double)((des_u64(s) >> 12) * 2 + 1); // the uniform times 2^53, exact
    uint64_t bits, mantissa;
    memcpy(&bits, &v, 8);
    mantissa = (bits & 0xfffffffffffff) | (uint64_t)1023 << 52;
    memcpy(&v, &mantissa, 8); // 1 <= v < 2
    const DesLogRow *row = &des_log_table[bits >> 45 & 127];
    double r = v * row->inverse - 1, r2 = r * r;
    double log1p = r - r2 * (0.5 - r * (1.0 / 3)) - r2 * r2 * (0.25 - r * 0.2);
    double x = (double)(1023 + 53 - (int)(bits >> 52)) * 0.69314718055994530942 - row->log - log1p;
    return x > 0 ? x : 0;
}
double des_normal(DesStream *s);
static inline uint32_t des_below(DesStream *s, uint32_t n) { // Lemire 2019 without rejection: bias below n / 2^64
    return (uint32_t)(((unsigned __int128)des_u64(s) * n) >> 64);
}

// Random streams: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3, SC11). Key =
// (seed, stream), counter = (draw, entity, replication, seed): the n-th draw of entity e is the same whatever else
// happens, so scenarios see common random numbers. A stream is a value; copying it copies its place.
// Exponential and normal draws are by inversion: one uniform each, monotone in it.
#pragma once
#include "base/base.h"
#include <math.h>

typedef struct {
    uint32_t key[2], ctr[4];
    uint64_t out[2];
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
static inline double des_exp(DesStream *s) { // mean 1
    return -log(des_uniform(s));
}
double des_normal(DesStream *s);
static inline uint32_t des_below(DesStream *s, uint32_t n) { // Lemire 2019 without rejection: bias below n / 2^64
    return (uint32_t)(((unsigned __int128)des_u64(s) * n) >> 64);
}

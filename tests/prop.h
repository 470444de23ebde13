// Seeded helper for property tests: SplitMix64, one seed reproduces a run. CUAKHAU_SEEDS sets how many seeds a property
// takes.
#pragma once
#include "base/base.h"

typedef struct {
    uint64_t s;
} Prng;
static inline uint64_t prng_next(Prng *r) {
    uint64_t x = (r->s += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline uint64_t prng_below(Prng *r, uint64_t n) {
    return prng_next(r) % n;
}
static inline bool prng_chance(Prng *r, unsigned percent) {
    return prng_below(r, 100) < percent;
}
static inline uint64_t prop_seeds(uint64_t normal) {
    const char *e = getenv("CUAKHAU_SEEDS");
    return e ? strtoull(e, NULL, 10) : normal;
}

// Replications over all cores. Each writes its own slot of `outs`, so the result is the same for any number of threads.
#pragma once
#include "base/base.h"

typedef void DesReplication(void *ctx, uint32_t replication, void *out);
typedef struct {
    uint32_t first, n; // replications first .. first + n - 1
    uint32_t threads;  // 0 = as many as there are cores
    DesReplication *one;
    void *ctx;  // shared by all: only read in `one`
    void *outs; // n slots
    size_t out_size;
    void (*progress)(void *ctx, uint32_t done, uint32_t n); // may be NULL; called from one thread at a time
    volatile int *stop;                                     // may be NULL; set from outside: no further ones are begun
} DesReplicate;
uint32_t des_replicate(const DesReplicate *r); // how many were run: the slots 0 .. result - 1 are filled

#include "io_clock.h"
#include <sys/random.h>
#include <time.h>

static uint32_t speed = 1;
static int64_t scaled_from_ms, scaled_mono_us;
static int64_t wall_ms(void) {
    struct timespec t;
    CK_ASSERT(clock_gettime(CLOCK_REALTIME, &t) == 0);
    return (int64_t)t.tv_sec * SECOND_MS + t.tv_nsec / 1000000;
}
int64_t io_now_ms(void) {
    return scaled_mono_us ? scaled_from_ms + (io_mono_us() - scaled_mono_us) * speed / 1000 : wall_ms();
}
void io_clock_scale(uint32_t times, int64_t at_least_ms) {
    CK_ASSERT(times >= 1);
    scaled_from_ms = MAX(wall_ms(), at_least_ms);
    scaled_mono_us = io_mono_us();
    speed = times;
}
uint32_t io_clock_speed(void) {
    return speed;
}
int64_t io_mono_us(void) {
    struct timespec t;
    CK_ASSERT(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
// One system call for 64 numbers: each thread keeps its own stock.
uint64_t io_random_u64(void) {
    static _Thread_local uint64_t stock[64];
    static _Thread_local size_t left;
    if (left == 0) {
        size_t have = 0;
        while (have < sizeof stock) {
            ssize_t n = getrandom((char *)stock + have, sizeof stock - have, 0);
            if (n > 0) have += (size_t)n;
        }
        left = ARRAY_LEN(stock);
    }
    uint64_t r = stock[--left];
    stock[left] = 0;
    return r;
}

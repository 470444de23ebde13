// The machine's clocks and randomness: the only place that asks for them.
#pragma once
#include "base/base.h"

int64_t io_now_ms(void);  // wall clock, since 1970; of a live twin: see below
int64_t io_mono_us(void); // steady clock, from an arbitrary start
uint64_t io_random_u64(void);
// From now on io_now_ms() runs `speed` times as fast, from the later of now and `at_least_ms`. Once, before any thread.
void io_clock_scale(uint32_t speed, int64_t at_least_ms);
uint32_t io_clock_speed(void); // 1 unless scaled

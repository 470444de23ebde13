// The machine's clocks and randomness: the only place that asks for them.
#pragma once
#include "base/base.h"

int64_t io_now_ms(void);  // wall clock, since 1970
int64_t io_mono_us(void); // steady clock, from an arbitrary start
uint64_t io_random_u64(void);

// The live twin of cuakhau serve --twin.
#pragma once
#include "api/api.h"
#include "app_twin.h"

typedef struct ServeTwin ServeTwin;
int serve_twin_open(const char *dir, const char *phase, const char *tariff, ServeTwin **ret); // an exit status
// start_ms: when the world begins; it has caught up with until_ms when serve_twin_attach returns.
const ApiActor *serve_twin_start(ServeTwin *s, Ledger *l, uint32_t passages_max,
                                 int64_t start_ms);             // the clock is scaled already
Err serve_twin_attach(ServeTwin *s, int64_t until_ms) MUST_USE; // before the API starts
void serve_twin_close(ServeTwin **twin); // after it has stopped, before the ledger closes; again is nothing

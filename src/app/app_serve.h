// The live twin of cuakhau serve --twin.
#pragma once
#include "api/api.h"
#include "app_twin.h"

typedef struct ServeTwin ServeTwin;
int serve_twin_open(const char *dir, const char *phase, const char *tariff, ServeTwin **ret); // an exit status
// start_ms: when the world begins; it has caught up with until_ms when serve_twin_attach returns.
const ApiActor *serve_twin_start(ServeTwin *s, Ledger *l, uint32_t passages_max, int64_t start_ms,
                                 uint64_t seed);                  // the clock is scaled already
Err serve_twin_attach(ServeTwin *s, int64_t until_ms) MUST_USE;   // before the API starts
Err serve_twin_catch_up(ServeTwin *s, int64_t until_ms) MUST_USE; // as fast as it goes, each batch durable
const Site *serve_twin_site(const ServeTwin *s);                  // of the files
void serve_twin_stop(ServeTwin *s);                               // before the ledger closes
void serve_twin_close(ServeTwin **twin);                          // stops it and all; again is nothing

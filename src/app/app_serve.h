// The live twin of cuakhau serve --twin.
#pragma once
#include "api/api.h"
#include "app_twin.h"

typedef struct ServeTwin ServeTwin;
int serve_twin_open(const char *dir, const char *phase, const char *tariff, ServeTwin **ret); // an exit status
const ApiActor *serve_twin_start(ServeTwin *s, Ledger *l, uint32_t passages_max); // the clock is scaled already
Err serve_twin_attach(ServeTwin *s) MUST_USE;                                     // before the API starts
void serve_twin_close(ServeTwin **twin); // after it has stopped, before the ledger closes; again is nothing

// The live twin of cuakhau serve --twin.
#pragma once
#include "api/api.h"
#include "app_fleet.h"
#include "app_twin.h"

// The fleet control of one road's boxes over a broker.
typedef struct ServeFleet ServeFleet;
// Roads: those of the options, else SITE/roads-ROAD.json. An exit status; the clock runs as --speed-up says.
int serve_fleet_open(const char *road, const char *site_dir, const FleetArgs *args, ServeFleet **ret);
Err serve_fleet_start(ServeFleet *s, Ledger *l, uint8_t road) MUST_USE; // the site is adopted
void serve_fleet_event(ServeFleet *s, const Event *e);                  // of the ledger's observer
int64_t serve_fleet_next(const ServeFleet *s);
Err serve_fleet_run(ServeFleet *s, int64_t now_ms); // as ApiActor.run
void serve_fleet_lost(ServeFleet *s);
void serve_fleet_close(ServeFleet **fleet);

typedef struct ServeTwin ServeTwin;
int serve_twin_open(const char *dir, const char *phase, const char *tariff, ServeTwin **ret); // an exit status
int serve_twin_fleet(ServeTwin *s, const char *text);              // as app_twin_fleet; before serve_twin_start
void serve_twin_beside(ServeTwin *s, uint8_t road, ServeFleet *f); // f carries this road's boxes and is told of events
// The other side is a real centre behind the link (TwinConfig.peer); before serve_twin_start. Then the link says, live
// and again after each attach and each ApiActor.lost, which trucks it has signed back (twin_coming_back).
void serve_twin_peer(ServeTwin *s);
void serve_twin_coming_back(ServeTwin *s, uint32_t passage);
// So long a new gate has been at work when it opens; nothing with a peer, which would hear of it afterwards. air: its
// vehicles are behind a broker.
int64_t serve_twin_warm_ms(const ServeTwin *s, bool air);
// start_ms: when the world begins; it has caught up with until_ms when serve_twin_attach returns.
const ApiActor *serve_twin_start(ServeTwin *s, Ledger *l, uint32_t passages_max, int64_t start_ms,
                                 uint64_t seed);                  // the clock is scaled already
Err serve_twin_attach(ServeTwin *s, int64_t until_ms) MUST_USE;   // before the API starts
Err serve_twin_catch_up(ServeTwin *s, int64_t until_ms) MUST_USE; // as fast as it goes, each batch durable
const Site *serve_twin_site(const ServeTwin *s);                  // of the files
void serve_twin_stop(ServeTwin *s);                               // before the ledger closes
void serve_twin_close(ServeTwin **twin);                          // stops it and all; again is nothing

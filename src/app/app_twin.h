// The twin's files opened and checked, for sim, plan, bench and serve.
#pragma once
#include "app.h"
#include "ledger/ledger.h"
#include "twin/twin.h"

typedef struct {
    Arena arena;
    SiteHold *holds;
    Site *site;
    TwinDoc *doc;
    char dir[4096], tariff[4096];
    RouteMap *map[ROADS_MAX]; // of app_twin_fleet
} AppTwin;
// DIR/twin.json and what it uses: the data of the twin. Not yet checked against the site (twin_check).
Err app_twin_doc(const char *dir, Arena *a, TwinDoc **ret, Str *ret_what) MUST_USE;
// dir NULL: sites/huu-nghi; phase NULL: the site's; tariff NULL: sites/demo/tariff.json. Prints what is wrong. Returns
// the exit status; app_twin_close in any case.
int app_twin_open(AppTwin *t, const char *dir, const char *phase, const char *tariff);
void app_twin_close(AppTwin *t);
// "site": as many unmanned vehicles as the data's stations igv have, or "hn=14,tt=10", under the real fleet control on
// DIR/roads-ROAD.json. An exit status.
int app_twin_fleet(AppTwin *t, const char *text, TwinLayout *l);
void app_twin_unmanned(const AppTwin *t, uint32_t percent, TwinLayout *l); // their share of the traffic

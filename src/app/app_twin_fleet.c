// Unmanned vehicles under the real fleet control in runs of the twin, and their share of the traffic.
#include "app_roads.h"
#include "app_twin.h"

typedef struct {
    AppTwin *t;
    TwinLayout *l;
} Ask;
static uint32_t places(const RouteMap *m) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < m->nodes; i++) n += m->node[i].spot != SPOT_NONE;
    return n;
}
static int open_road(AppTwin *t, TwinLayout *l, uint8_t road, uint32_t vehicles) {
    char file[4300];
    snprintf(file, sizeof file, "%s/roads-" STR_F ".json", t->dir, STR_A(t->site->road[road].id));
    if (t->map[road]) route_map_free(t->map[road]);
    t->map[road] = NULL;
    int status = app_roads_open(file, &t->arena, NULL, &t->map[road]);
    if (status) return status;
    if (!vehicles || vehicles >= places(t->map[road]) * 9 / 10) {
        fprintf(stderr, "cuakhau: --fleet " STR_F "=%u: 1 to %u vehicles; some of the %u places of %s must stay free\n",
                STR_A(t->site->road[road].id), vehicles, places(t->map[road]) * 9 / 10 - 1, places(t->map[road]), file);
        return 2;
    }
    l->fleet[road].map = t->map[road], l->fleet[road].vehicles = vehicles;
    return 0;
}
static int as_data(AppTwin *t, TwinLayout *l) { // as many as the station igv has
    const TwinStation *st = t->doc->stations.items;
    int status = 0, found = 0;
    for (uint32_t i = 0; i < t->doc->stations.n && !status; i++) {
        uint8_t road = str_eq_c(st[i].id, "igv") ? site_find(t->site, DYN_ROAD, st[i].road) : DYN_NONE;
        uint32_t n = twin_phase_number(st[i].servers, t->site->doc->phase, 0);
        if (road != DYN_NONE && n) status = open_road(t, l, road, n), found++;
    }
    if (!status && !found)
        status = 2, fputs("cuakhau: --fleet site: no road of this phase has a station igv\n", stderr);
    return status;
}
static bool set_fleet(void *ctx, Str name, uint32_t n) {
    Ask *a = ctx;
    uint8_t road = site_find(a->t->site, DYN_ROAD, name);
    return road != DYN_NONE && open_road(a->t, a->l, road, n) == 0;
}
int app_twin_fleet(AppTwin *t, const char *text, TwinLayout *l) {
    Ask a = {t, l};
    if (strcmp(text, "site") == 0) return as_data(t, l);
    if (app_pairs(text, 512, set_fleet, &a)) return 0;
    fprintf(stderr, "cuakhau: --fleet %s: must be \"site\" or road=vehicles, separated by commas\n", text);
    return 2;
}
// Of all that goes on a road in a direction, so many per cent in boxes on unmanned vehicles.
static uint32_t per_day(const AppTwin *t, const TwinLayout *l, uint32_t flow) {
    const TwinFlow *f = (const TwinFlow *)t->doc->flows.items + flow;
    uint32_t asked = l->per_day[flow];
    return asked == TWIN_AS_DATA ? twin_phase_number(f->per_day, t->site->doc->phase, 0) : asked;
}
void app_twin_unmanned(const AppTwin *t, uint32_t percent, TwinLayout *l) {
    const TwinFlow *f = t->doc->flows.items;
    for (uint32_t i = 0; i < t->doc->flows.n; i++)
        for (uint32_t k = 0; k < t->doc->flows.n; k++) {
            if (f[i].unmanned || !f[k].unmanned || !str_eq(f[i].road, f[k].road) || f[i].direction != f[k].direction)
                continue;
            uint32_t all = per_day(t, l, i) + per_day(t, l, k);
            l->per_day[k] = (all * percent + 50) / 100, l->per_day[i] = all - l->per_day[k];
        }
}

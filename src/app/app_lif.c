// Roads to LIF; and what the way back (app_lif_import.c) says about itself.
#include "app_lif.h"
#include "app_lif_text.h"

const char *const lif_note_text[LIF_NOTE_COUNT] = {
#define X(sym, text) text,
    LIF_NOTE_TABLE(X)
#undef X
};

#define ACTION(name)                                                                                                   \
    { .type = STR(name), .requirement = LIF_CONDITIONAL, .blocking = VDA_BLOCK_HARD }
static LifAction crane_actions[] = {ACTION("pick"), ACTION("drop")};
static LifAction charger_actions[] = {ACTION("startCharging"), ACTION("stopCharging")};
static LifActions actions_of(uint8_t spot) {
    if (spot == SPOT_CRANE) return (LifActions){crane_actions, ARRAY_LEN(crane_actions)};
    if (spot == SPOT_CHARGER) return (LifActions){charger_actions, ARRAY_LEN(charger_actions)};
    return (LifActions){NULL, 0};
}

static Str layout_text(const MapDoc *d, LifText *t) {
    const MapZoneDoc *z = d->zones.items;
    const MapStretchDoc *s = d->stretches.items;
    if (d->road.n) lif_text_key(t, "road"), lif_text_value(t, d->road);
    lif_text_key(t, "vehicle");
    lif_text_number(t, d->vehicle->length_mm), lif_text_number(t, d->vehicle->width_mm);
    lif_text_number(t, d->vehicle->margin_mm);
    for (uint32_t i = 0; i < d->zones.n; i++) {
        lif_text_key(t, "zone");
        lif_text_value(t, z[i].id), lif_text_value(t, str_c(Owner_names.names[z[i].owner]));
        lif_text_number(t, z[i].speed_mm_s);
    }
    for (uint32_t i = 0; i < d->stretches.n; i++) {
        lif_text_key(t, "stretch");
        lif_text_value(t, s[i].id), lif_text_number(t, s[i].batch);
    }
    if (d->source.n) lif_text_key(t, "source"), lif_text_value(t, d->source);
    return lif_text_take(t);
}
static bool put_nodes(const MapDoc *d, const LifExport *o, LifText *t, LifLayout *y) {
    const MapNodeDoc *n = d->nodes.items;
    LifNode *to = arena_alloc(t->a, d->nodes.n * sizeof *to);
    LifNodeProperty *p = arena_alloc(t->a, d->nodes.n * sizeof *p);
    if (!to || !p) return false;
    for (uint32_t i = 0; i < d->nodes.n; i++) {
        p[i] = (LifNodeProperty){.vehicle_type = o->vehicle_type, .actions = actions_of(n[i].spot)};
        lif_text_key(t, "zone"), lif_text_value(t, n[i].zone);
        if (n[i].fit) lif_text_key(t, "fit");
        for (uint32_t f = 0; f < FIT_COUNT; f++)
            if (n[i].fit & 1u << f) lif_text_value(t, str_c(Fit_names.names[f]));
        to[i] = (LifNode){.id = n[i].id,
                          .description = lif_text_take(t),
                          .map_id = d->id.n ? d->id : (Str){NULL, 0},
                          .position = {(double)n[i].x_mm / 1e3, (double)n[i].y_mm / 1e3},
                          .properties = {&p[i], 1}};
    }
    y->nodes.items = to, y->nodes.n = d->nodes.n;
    return true;
}
static bool put_edges(const MapDoc *d, const RouteMap *m, const LifExport *o, LifText *t, LifLayout *y) {
    const MapEdgeDoc *e = d->edges.items;
    const MapZoneDoc *z = d->zones.items;
    LifEdge *to = arena_alloc(t->a, d->edges.n * sizeof *to + 1);
    LifEdgeProperty *p = arena_alloc(t->a, d->edges.n * sizeof *p + 1);
    if (!to || !p) return false;
    for (uint32_t i = 0; i < d->edges.n; i++) {
        uint32_t zone = z[m->edge[i].zone].speed_mm_s, own = e[i].speed_mm_s;
        p[i] = (LifEdgeProperty){.vehicle_type = o->vehicle_type,
                                 .orientation = VDA_NUM(0),
                                 .orientation_type = STR("TANGENTIAL"),
                                 .max_speed = VDA_NUM((own ? MIN(own, zone) : zone) / 1e3)};
        if (own >= zone) lif_text_key(t, "speed"), lif_text_number(t, own);
        if (e[i].width_mm) lif_text_key(t, "width"), lif_text_number(t, e[i].width_mm);
        if (e[i].stretch.n) lif_text_key(t, "stretch"), lif_text_value(t, e[i].stretch);
        if (e[i].back) lif_text_key(t, "back");
        to[i] = (LifEdge){.id = e[i].id,
                          .description = lif_text_take(t),
                          .start_id = e[i].from,
                          .end_id = e[i].to,
                          .properties = {&p[i], 1}};
    }
    y->edges.items = to, y->edges.n = d->edges.n;
    return true;
}
static bool put_stations(const MapDoc *d, LifText *t, LifLayout *y) {
    const MapNodeDoc *n = d->nodes.items;
    LifStation *to = arena_alloc(t->a, d->nodes.n * sizeof *to);
    LifStationPosition *at = arena_alloc(t->a, d->nodes.n * sizeof *at);
    Str *served = arena_alloc(t->a, d->nodes.n * sizeof *served);
    uint32_t count = 0;
    if (!to || !at || !served) return false;
    for (uint32_t i = 0; i < d->nodes.n; i++) {
        if (!n[i].spot) continue;
        lif_text_key(t, "spot"), lif_text_value(t, str_c(Spot_names.names[n[i].spot]));
        served[count] = n[i].id;
        at[count] = (LifStationPosition){(double)n[i].x_mm / 1e3, (double)n[i].y_mm / 1e3, {0}};
        to[count] = (LifStation){
            .id = n[i].id, .nodes = {&served[count], 1}, .description = lif_text_take(t), .position = &at[count]};
        count++;
    }
    y->stations.items = to, y->stations.n = count;
    return true;
}
Err app_lif_export(const MapDoc *d, const RouteMap *m, const LifExport *o, Arena *a, Lif *ret) {
    LifText t;
    LifLayout *y = arena_alloc(a, sizeof *y);
    CK_ASSERT(m->nodes == d->nodes.n && m->edges == d->edges.n);
    if (!y) return ERR_LIMIT;
    lif_text_init(&t, a);
    *y = (LifLayout){.id = d->id, .version = STR("1"), .description = layout_text(d, &t)};
    bool good = put_nodes(d, o, &t, y) && put_edges(d, m, o, &t, y) && put_stations(d, &t, y) && !t.full;
    lif_text_deinit(&t);
    if (!good) return ERR_LIMIT;
    *ret = (Lif){.meta = {d->id, STR("cuakhau"), o->exported_ms, STR(LIF_VERSION)}, .layouts = {y, 1}};
    return OK;
}

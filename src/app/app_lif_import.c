// LIF to roads.
#include "app_lif.h"
#include "app_lif_text.h"
#include <math.h>

#define SPEED_NO_LIMIT 5600u // mm/s, where a file limits nothing
#define FAR_M          1e5
#define ACROSS         0.05 // radians from forwards or backwards
static const MapVehicleDoc vehicle_usual = {16000, 3000, 800};

typedef struct {
    const LifLayout *y;
    uint32_t l;
    const LifImport *o;
    Arena *a;
    MapDoc *d;
    LifImported *im;
    VdaProblems *ps;
    bool full; // the arena
    MapZoneDoc zone[MAP_ZONES_MAX];
    MapStretchDoc stretch[MAP_STRETCHES_MAX];
    const LifNode **lif;  // by taken node
    uint32_t *slot, mask; // taken nodes by id, 1 more; 0: none
    Str map_id;           // of the first
    MapNodeDoc *node;     // the one that is read
    MapEdgeDoc *edge;     // likewise, and where in the file
    uint32_t edge_i, property_i;
    uint8_t spot; // of the station that is read
} Import;
static void problem(Import *k, const char *cure, Str where, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static void problem(Import *k, const char *cure, Str where, const char *fmt, ...) {
    char what[200];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    if (k->ps->n++ >= VDA_PROBLEMS_MAX) return;
    size_t len = MIN((size_t)n, sizeof what - 1);
    while (len && !utf8_valid((Str){what, len})) len--; // cut in a character
    Str text = arena_str(k->a, (Str){what, len});
    k->full |= !text.p || !where.p;
    k->ps->p[k->ps->n - 1] = (VdaProblem){where.p ? where : STR_EMPTY, text.p ? text : STR_EMPTY, str_c(cure)};
}
static Str at(Import *k, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static Str at(Import *k, const char *fmt, ...) { // a JSON Pointer into the lay-out
    char where[128];
    int n = snprintf(where, sizeof where, "/layouts/%u", k->l);
    va_list ap;
    va_start(ap, fmt);
    n += vsnprintf(where + n, sizeof where - (size_t)n, fmt, ap);
    va_end(ap);
    CK_ASSERT((size_t)n < sizeof where);
    return arena_str(k->a, (Str){where, (size_t)n});
}
static void *take(Import *k, size_t n) {
    void *p = arena_alloc(k->a, n + 1);
    k->full |= p == NULL;
    return p;
}
static uint32_t word_of(const Names *names, Str word) { // names->n: none of them
    uint32_t i = 0;
    while (i < names->n && !str_eq_c(word, names->names[i])) i++;
    return i;
}

// ---- what is taken
static bool choose(Import *k, const Lif *lif) {
    k->im->layouts = lif->layouts.n;
    for (k->l = 0; k->l < lif->layouts.n; k->l++)
        if (!k->o->layout.n || str_eq(lif->layouts.items[k->l].id, k->o->layout)) break;
    if (k->l == lif->layouts.n) {
        problem(k, "name one of the file's layoutId", STR("/layouts"), "there is no lay-out " STR_F,
                STR_A(k->o->layout));
        return false;
    }
    k->y = &lif->layouts.items[k->l];
    k->im->layout = k->y->id;
    k->im->vehicle_type = k->o->vehicle_type;
    if (!k->o->vehicle_type.n && k->y->edges.n)
        k->im->vehicle_type = k->y->edges.items[0].properties.items[0].vehicle_type;
    else if (!k->o->vehicle_type.n && k->y->nodes.n)
        k->im->vehicle_type = k->y->nodes.items[0].properties.items[0].vehicle_type;
    return true;
}
static const LifNodeProperty *node_for(const Import *k, const LifNode *n) { // NULL: not for this type of vehicle
    for (uint32_t i = 0; i < n->properties.n; i++)
        if (str_eq(n->properties.items[i].vehicle_type, k->im->vehicle_type)) return &n->properties.items[i];
    return NULL;
}
static const LifEdgeProperty *edge_for(const Import *k, const LifEdge *e) {
    for (uint32_t i = 0; i < e->properties.n; i++)
        if (str_eq(e->properties.items[i].vehicle_type, k->im->vehicle_type)) return &e->properties.items[i];
    return NULL;
}

// ---- our text of the whole lay-out
static bool read_zone(Import *k, const LifPair *p) {
    MapZoneDoc z = {.id = p->value[0]};
    uint32_t owner = p->n == 3 ? word_of(&Owner_names, p->value[1]) : OWNER_COUNT;
    if (owner == OWNER_COUNT || k->d->zones.n == MAP_ZONES_MAX || !lif_text_u32(p->value[2], &z.speed_mm_s))
        return false;
    z.owner = (uint8_t)owner;
    k->zone[k->d->zones.n++] = z;
    return true;
}
static bool read_stretch(Import *k, const LifPair *p) {
    MapStretchDoc s = {.id = p->value[0]};
    if (p->n != 2 || k->d->stretches.n == MAP_STRETCHES_MAX || !lif_text_u32(p->value[1], &s.batch)) return false;
    k->stretch[k->d->stretches.n++] = s;
    return true;
}
static bool read_vehicle(Import *k, const LifPair *p) {
    MapVehicleDoc *v = k->d->vehicle;
    return p->n == 3 && lif_text_u32(p->value[0], &v->length_mm) && lif_text_u32(p->value[1], &v->width_mm) &&
           lif_text_u32(p->value[2], &v->margin_mm);
}
static bool read_layout_pair(Import *k, const LifPair *p) {
    if (str_eq_c(p->key, "zone")) return read_zone(k, p);
    if (str_eq_c(p->key, "stretch")) return read_stretch(k, p);
    if (str_eq_c(p->key, "vehicle")) return read_vehicle(k, p);
    if (str_eq_c(p->key, "road") && p->n == 1) return k->d->road = p->value[0], true;
    return str_eq_c(p->key, "source") && p->n == 1 ? (k->d->source = p->value[0], true) : false;
}
// Reads a description of ours pair by pair. False: it is another's. *ret_bad: what was not understood, p NULL if all
// was.
static bool read_text(Import *k, Str description, bool (*read)(Import *k, const LifPair *p), Str *ret_bad) {
    LifReader r;
    LifPair p = {0};
    bool good = true;
    *ret_bad = (Str){NULL, 0};
    if (!lif_text_ours(description, k->a, &r)) return false;
    while (good && lif_text_next(&r, &p)) good = read(k, &p);
    if (!good) *ret_bad = p.key;
    if (r.bad) *ret_bad = STR("what is no key=value");
    return true;
}
static void not_understood(Import *k, Str where, Str bad) {
    problem(k, "correct it as docs/fleet.md says, or take our whole text out", where, "not understood: " STR_F,
            STR_A(bad));
}
// What a file of others does not say: one zone of our own side, as fast as the fastest limit.
static void zone_of_others(Import *k) {
    double most = 0;
    bool no_limit = false;
    for (uint32_t i = 0; i < k->y->edges.n; i++) {
        const LifEdgeProperty *p = edge_for(k, &k->y->edges.items[i]);
        if (!p) continue;
        no_limit |= !p->max_speed.has;
        if (p->max_speed.has) most = fmax(most, p->max_speed.v * 1e3);
    }
    if (no_limit || most <= 0) most = fmax(most, SPEED_NO_LIMIT);
    k->zone[0] = (MapZoneDoc){STR("own"), OWNER_OWN, (uint32_t)lround(fmin(fmax(most, 100), 40000))};
    k->d->zones.n = 1;
}
static void source_of_others(Import *k, const LifMeta *m) {
    char when[ISO8601_LEN + 1];
    Buf b;
    iso8601_format(m->exported_ms, when);
    buf_init(&b, 4096);
    buf_printf(&b, "LIF of " STR_F ", project " STR_F ", lay-out " STR_F ", %s", STR_A(m->creator), STR_A(m->project),
               STR_A(k->y->id), when);
    Str s = b.overflow ? STR("a LIF file") : arena_str(k->a, buf_view(&b));
    k->full |= s.p == NULL;
    k->d->source = s;
    buf_deinit(&b);
}
static void take_layout(Import *k, const LifMeta *meta) {
    MapVehicleDoc *v = k->d->vehicle;
    Str bad;
    *v = vehicle_usual;
    if (!read_text(k, k->y->description, read_layout_pair, &bad)) source_of_others(k, meta);
    if (bad.p) not_understood(k, at(k, "/layoutDescription"), bad);
    if (!k->d->zones.n) zone_of_others(k);
    if (k->o->length_mm) v->length_mm = k->o->length_mm;
    if (k->o->width_mm) v->width_mm = k->o->width_mm;
    if (k->o->margin_mm) v->margin_mm = k->o->margin_mm;
    if (k->o->road.n) k->d->road = k->o->road;
}

// ---- nodes
static uint32_t *slot_of(const Import *k, Str id) {
    const MapNodeDoc *n = k->d->nodes.items;
    uint32_t i = (uint32_t)str_hash(1, id) & k->mask;
    while (k->slot[i] && !str_eq(n[k->slot[i] - 1].id, id)) i = (i + 1) & k->mask;
    return &k->slot[i];
}
static bool read_node_pair(Import *k, const LifPair *p) {
    if (str_eq_c(p->key, "zone") && p->n == 1) return k->node->zone = p->value[0], true;
    if (!str_eq_c(p->key, "fit")) return false;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t fit = word_of(&Fit_names, p->value[i]);
        if (fit == FIT_COUNT) return false;
        k->node->fit |= 1u << fit;
    }
    return true;
}
static void check_zone(Import *k, uint32_t i) {
    for (uint32_t z = 0; z < k->d->zones.n; z++)
        if (str_eq(k->zone[z].id, k->node->zone)) return;
    problem(k, "layoutDescription names the zones", at(k, "/nodes/%u/nodeDescription", i), "there is no zone " STR_F,
            STR_A(k->node->zone));
}
static bool millimetres(Import *k, double m, uint32_t i, const char *axis, int64_t *ret) {
    if (fabs(m) > FAR_M) {
        problem(k, "coordinates are metres; take an origin near the gate", at(k, "/nodes/%u/nodePosition/%s", i, axis),
                "more than 100 km from the origin");
        return false;
    }
    *ret = llround(m * 1e3);
    return true;
}
static void note_actions(Import *k, const LifActions *a) {
    static const char *const known[] = {"pick", "drop", "startCharging", "stopCharging"};
    for (uint32_t i = 0; i < a->n; i++) {
        bool is_known = false;
        for (size_t w = 0; w < ARRAY_LEN(known); w++) is_known |= str_eq_c(a->items[i].type, known[w]);
        if (is_known || a->items[i].requirement != LIF_REQUIRED) continue;
        k->im->notes[LIF_NOTE_ACTIONS]++;
        return;
    }
}
static Str zone_of_ours(const Import *k) { // where a node does not say it
    for (uint32_t z = 0; z < k->d->zones.n; z++)
        if (k->zone[z].owner == OWNER_OWN) return k->zone[z].id;
    return k->zone[0].id;
}
static void take_node(Import *k, uint32_t i) {
    const LifNode *n = &k->y->nodes.items[i];
    const LifNodeProperty *p = node_for(k, n);
    Str bad;
    if (!p) {
        k->im->notes[LIF_NOTE_OTHER_TYPE]++;
        return;
    }
    k->node = (MapNodeDoc *)k->d->nodes.items + k->d->nodes.n;
    *k->node = (MapNodeDoc){.id = n->id, .zone = zone_of_ours(k)};
    (void)read_text(k, n->description, read_node_pair, &bad);
    if (bad.p) not_understood(k, at(k, "/nodes/%u/nodeDescription", i), bad);
    check_zone(k, i);
    (void)millimetres(k, n->position.x, i, "x", &k->node->x_mm);
    (void)millimetres(k, n->position.y, i, "y", &k->node->y_mm);
    note_actions(k, &p->actions);
    if (!k->d->nodes.n) k->map_id = n->map_id;
    k->im->notes[LIF_NOTE_MAP] += !str_eq(k->map_id, n->map_id);
    k->lif[k->d->nodes.n] = n;
    *slot_of(k, n->id) = k->d->nodes.n + 1;
    k->d->nodes.n++;
}
static bool take_nodes(Import *k) {
    uint32_t n = k->y->nodes.n;
    for (k->mask = 64; k->mask < n * 2; k->mask *= 2) {
    }
    k->slot = take(k, k->mask * sizeof *k->slot);
    k->mask--;
    k->d->nodes.items = take(k, n * sizeof(MapNodeDoc)), k->lif = take(k, n * sizeof *k->lif);
    if (k->full) return false;
    for (uint32_t i = 0; i < n && !k->full; i++) take_node(k, i);
    if (k->d->nodes.n > MAP_NODES_MAX)
        problem(k, "make lay-outs of its parts", at(k, "/nodes"), "%u nodes, at most %u", k->d->nodes.n, MAP_NODES_MAX);
    if (!k->d->nodes.n)
        problem(k, "name a vehicleTypeId of the file (--vehicle-type)", at(k, "/nodes"),
                "no node is for vehicles of type " STR_F, STR_A(k->im->vehicle_type));
    k->d->id = k->o->id.n ? k->o->id : k->map_id.n ? k->map_id : k->y->id;
    return k->d->nodes.n > 0 && k->d->nodes.n <= MAP_NODES_MAX;
}

// ---- places
static bool read_station_pair(Import *k, const LifPair *p) {
    if (!str_eq_c(p->key, "spot") || p->n != 1) return false;
    k->spot = (uint8_t)word_of(&Spot_names, p->value[0]);
    return k->spot != SPOT_NONE && k->spot < SPOT_COUNT;
}
static uint8_t guess(const LifNodeProperty *p) { // what is done there tells what it is
    uint8_t spot = SPOT_PARK;
    for (uint32_t i = 0; p && i < p->actions.n; i++) {
        Str type = p->actions.items[i].type;
        if (str_eq_c(type, "pick") || str_eq_c(type, "drop")) return SPOT_CRANE;
        if (str_eq_c(type, "startCharging")) spot = SPOT_CHARGER;
    }
    return spot;
}
static uint8_t more_than(uint8_t a, uint8_t b) { // of two stations on one node
    static const uint8_t rank[SPOT_COUNT] = {[SPOT_PARK] = 1, [SPOT_CHARGER] = 2, [SPOT_CRANE] = 3};
    return rank[a] >= rank[b] ? a : b;
}
static void take_station(Import *k, uint32_t i) {
    const LifStation *s = &k->y->stations.items[i];
    Str bad;
    k->spot = SPOT_NONE;
    (void)read_text(k, s->description, read_station_pair, &bad);
    if (bad.p) {
        not_understood(k, at(k, "/stations/%u/stationDescription", i), bad);
        return;
    }
    for (uint32_t v = 0; v < s->nodes.n; v++) {
        uint32_t node = *slot_of(k, s->nodes.items[v]);
        if (!node) continue;
        MapNodeDoc *n = (MapNodeDoc *)k->d->nodes.items + node - 1;
        n->spot = more_than(n->spot, k->spot ? k->spot : guess(node_for(k, k->lif[node - 1])));
    }
}

// ---- edges
#define AT_EDGE(k, member) at(k, "/edges/%u/vehicleTypeEdgeProperties/%u/" member, (k)->edge_i, (k)->property_i)
static bool read_edge_pair(Import *k, const LifPair *p) {
    if (str_eq_c(p->key, "speed")) return p->n == 1 && lif_text_u32(p->value[0], &k->edge->speed_mm_s);
    if (str_eq_c(p->key, "width")) return p->n == 1 && lif_text_u32(p->value[0], &k->edge->width_mm);
    if (str_eq_c(p->key, "stretch") && p->n == 1) return k->edge->stretch = p->value[0], true;
    if (!str_eq_c(p->key, "back") || p->n) return false;
    return k->edge->back = true;
}
static void edge_speed(Import *k, const LifEdgeProperty *p, Str zone) {
    uint32_t most = 0, said = k->edge->speed_mm_s;
    for (uint32_t z = 0; z < k->d->zones.n; z++)
        if (str_eq(k->zone[z].id, zone)) most = k->zone[z].speed_mm_s;
    if (!p->max_speed.has) return;
    double limit = p->max_speed.v * 1e3;
    if (limit < 1)
        problem(k, "metres a second; leave it out for no limit", AT_EDGE(k, "maxSpeed"), "less than 0.001 m/s");
    uint32_t mm_s = limit < most ? (uint32_t)lround(limit) : most;
    if (!said || MIN(said, most) != mm_s) k->edge->speed_mm_s = mm_s < most ? mm_s : 0; // LIF's own member wins
}
static void edge_stretch(Import *k) {
    bool known = k->edge->stretch.n == 0;
    for (uint32_t s = 0; s < k->d->stretches.n; s++) known |= str_eq(k->stretch[s].id, k->edge->stretch);
    if (!known)
        problem(k, "layoutDescription names the stretches", at(k, "/edges/%u/edgeDescription", k->edge_i),
                "there is no stretch " STR_F, STR_A(k->edge->stretch));
}
static double from_line(LifPoint a, LifPoint b, double x, double y) { // metres from the straight line between a and b
    double dx = b.x - a.x, dy = b.y - a.y, n = dx * dx + dy * dy;
    double t = n > 0 ? fmin(fmax(((x - a.x) * dx + (y - a.y) * dy) / n, 0), 1) : 0;
    return hypot(x - a.x - t * dx, y - a.y - t * dy);
}
// The curve is within the hull of its control points (weights are not negative), so these tell how far it goes.
static void edge_curve(Import *k, const VdaTrajectory *t, LifPoint a, LifPoint b) {
    double far = 0, most = k->d->vehicle->margin_mm / 1e3 * LIF_CURVE_SHARE;
    for (uint32_t i = 0; i < t->points.n; i++)
        far = fmax(far, from_line(a, b, t->points.items[i].x, t->points.items[i].y));
    if (far > most + 1e-6)
        problem(k, "put nodes along the curve, or take a wider margin (--with margin=MM)", AT_EDGE(k, "trajectory"),
                "the curve leaves the straight line by %.2f m, more than half of the margin", far);
}
static void edge_heading(Import *k, const LifEdgeProperty *p, LifPoint a, LifPoint b) {
    if (!p->orientation.has) {
        k->im->notes[LIF_NOTE_ANYHOW]++;
        return;
    }
    bool global = str_eq_c(p->orientation_type, "GLOBAL");
    double turned = remainder(p->orientation.v - (global ? atan2(b.y - a.y, b.x - a.x) : 0), 2 * M_PI);
    if (fabs(turned) <= ACROSS) return;
    if (M_PI - fabs(turned) <= ACROSS)
        k->im->notes[LIF_NOTE_BACKWARDS]++;
    else
        problem(k, "only forwards and backwards are known here; radians", AT_EDGE(k, "vehicleOrientation"),
                "the vehicle would stand across its way, turned by %.2f rad", turned);
}
static void edge_notes(Import *k, const LifEdgeProperty *p) {
    k->im->notes[LIF_NOTE_LOAD] += p->load && !(p->load->loaded && p->load->unloaded);
    k->im->notes[LIF_NOTE_HEIGHT] += p->max_height.has || p->min_height.has;
    k->im->notes[LIF_NOTE_TURNS] += p->rotation_allowed;
    k->im->notes[LIF_NOTE_REENTRY] += p->reentry_allowed == VDA_FALSE;
    note_actions(k, &p->actions);
}
static void take_edge(Import *k, uint32_t i) {
    const LifEdge *e = &k->y->edges.items[i];
    const LifEdgeProperty *p = edge_for(k, e);
    uint32_t from = *slot_of(k, e->start_id), to = *slot_of(k, e->end_id);
    Str bad;
    if (!p || !from || !to) {
        k->im->notes[p ? LIF_NOTE_LEAVES : LIF_NOTE_OTHER_TYPE]++;
        return;
    }
    const LifNode *a = k->lif[from - 1], *b = k->lif[to - 1];
    k->edge_i = i, k->property_i = (uint32_t)(p - e->properties.items);
    k->edge = (MapEdgeDoc *)k->d->edges.items + k->d->edges.n++;
    *k->edge = (MapEdgeDoc){.id = e->id, .from = e->start_id, .to = e->end_id};
    (void)read_text(k, e->description, read_edge_pair, &bad);
    if (bad.p) not_understood(k, at(k, "/edges/%u/edgeDescription", i), bad);
    edge_speed(k, p, ((MapNodeDoc *)k->d->nodes.items)[to - 1].zone);
    edge_stretch(k);
    edge_heading(k, p, a->position, b->position);
    if (p->trajectory) edge_curve(k, p->trajectory, a->position, b->position);
    edge_notes(k, p);
}
static void take_edges(Import *k) {
    k->d->edges.items = take(k, k->y->edges.n * sizeof(MapEdgeDoc));
    for (uint32_t i = 0; i < k->y->edges.n && !k->full; i++) take_edge(k, i);
    if (k->d->edges.n > MAP_EDGES_MAX)
        problem(k, "make lay-outs of its parts", at(k, "/edges"), "%u edges, at most %u", k->d->edges.n, MAP_EDGES_MAX);
}
Err app_lif_import(const Lif *lif, const LifImport *o, Arena *a, MapDoc *ret, LifImported *im, VdaProblems *ps) {
    Import *k = arena_alloc(a, sizeof *k);
    MapDoc *d = arena_alloc(a, sizeof *d);
    MapVehicleDoc *v = arena_alloc(a, sizeof *v);
    *im = (LifImported){0};
    ps->n = ps->unknown = 0;
    if (!k || !d || !v) return ERR_LIMIT;
    *k = (Import){.o = o, .a = a, .d = d, .im = im, .ps = ps};
    d->vehicle = v, d->zones.items = k->zone, d->stretches.items = k->stretch;
    if (choose(k, lif)) {
        take_layout(k, &lif->meta);
        if (take_nodes(k)) {
            for (uint32_t i = 0; i < k->y->stations.n && !k->full; i++) take_station(k, i);
            take_edges(k);
        }
    }
    if (k->full) return ERR_LIMIT;
    if (ps->n) return ERR_INVALID;
    *ret = *d;
    return OK;
}

// Tables of LIF 1.0.0 (guideline clause 8.3) and the rules between its parts. The columns of need are all alike: LIF
// has one version here.
#include "wire_lif.h"
#include "wire_vda_internal.h"

#define LROW(type_, S, member_, name_, need_, range_, more_)                                                           \
    VROW(type_, S, member_, name_, (need_ need_ need_), range_, more_)
#define WORD(word)                                                                                                     \
    { word, word, word }
#define WORDS(name, ...)                                                                                               \
    static const char *const name##_rows[][VDA_VERSION_COUNT] = {__VA_ARGS__};                                         \
    static const VdaWords name##_words = {ARRAY_LEN(name##_rows), name##_rows}
WORDS(requirement, WORD("REQUIRED"), WORD("CONDITIONAL"), WORD("OPTIONAL"));
WORDS(rotation, WORD("NONE"), WORD("CCW"), WORD("CW"), WORD("BOTH"));
WORDS(orientation, WORD("GLOBAL"), WORD("TANGENTIAL"));
WORDS(blocking, WORD("NONE"), WORD("SOFT"), WORD("HARD"));

static const VdaField action_rows[] = {
    LROW(VT_STR, LifAction, type, "actionType", "R", ANY, NULL),
    LROW(VT_STR, LifAction, description, "actionDescription", "O", ANY, NULL),
    LROW(VT_ENUM, LifAction, requirement, "requirementType", "O", ANY, &requirement_words),
    LROW(VT_ENUM, LifAction, blocking, "blockingType", "R", ANY, &blocking_words),
    LROW(VT_LIST, LifAction, parameters, "actionParameters", "O", ANY, &vda_parameter_table),
};
static VTABLE(action_table, LifAction, action_rows);

static const VdaField point_rows[] = {
    LROW(VT_REAL, LifPoint, x, "x", "R", COORD, NULL),
    LROW(VT_REAL, LifPoint, y, "y", "R", COORD, NULL),
};
static VTABLE(point_table, LifPoint, point_rows);
static const VdaField node_property_rows[] = {
    LROW(VT_STR, LifNodeProperty, vehicle_type, "vehicleTypeId", "R", ANY, NULL),
    LROW(VT_NUM, LifNodeProperty, theta, "theta", "O", PI, NULL),
    LROW(VT_LIST, LifNodeProperty, actions, "actions", "O", ANY, &action_table),
};
static const VdaTable node_property_table = {node_property_rows, ARRAY_LEN(node_property_rows), sizeof(LifNodeProperty),
                                             1, 0};
static const VdaField node_rows[] = {
    LROW(VT_STR, LifNode, id, "nodeId", "R", ANY, NULL),
    LROW(VT_STR, LifNode, name, "nodeName", "O", ANY, NULL),
    LROW(VT_STR, LifNode, description, "nodeDescription", "O", ANY, NULL),
    LROW(VT_STR, LifNode, map_id, "mapId", "O", ANY, NULL),
    LROW(VT_IN, LifNode, position, "nodePosition", "R", ANY, &point_table),
    LROW(VT_LIST, LifNode, properties, "vehicleTypeNodeProperties", "R", ANY, &node_property_table),
};
static VTABLE(node_table, LifNode, node_rows);

static const VdaField control_point_rows[] = {
    LROW(VT_REAL, VdaControlPoint, x, "x", "R", COORD, NULL),
    LROW(VT_REAL, VdaControlPoint, y, "y", "R", COORD, NULL),
    LROW(VT_NUM, VdaControlPoint, weight, "weight", "O", GE0, NULL),
};
static VTABLE(control_point_table, VdaControlPoint, control_point_rows);
static const VdaField trajectory_rows[] = {
    LROW(VT_INT, VdaTrajectory, degree, "degree", "O", GE1, NULL),
    LROW(VT_REALS, VdaTrajectory, knots, "knotVector", "R", UNIT, NULL),
    LROW(VT_LIST, VdaTrajectory, points, "controlPoints", "R", ANY, &control_point_table),
};
static VTABLE(trajectory_table, VdaTrajectory, trajectory_rows);
static const VdaField load_rows[] = {
    LROW(VT_BOOL, LifLoadRestriction, unloaded, "unloaded", "R", ANY, NULL),
    LROW(VT_BOOL, LifLoadRestriction, loaded, "loaded", "R", ANY, NULL),
    LROW(VT_STRS, LifLoadRestriction, load_sets, "loadSetNames", "O", ANY, NULL),
};
static VTABLE(load_table, LifLoadRestriction, load_rows);
static const VdaField edge_property_rows[] = {
    LROW(VT_STR, LifEdgeProperty, vehicle_type, "vehicleTypeId", "R", ANY, NULL),
    LROW(VT_NUM, LifEdgeProperty, orientation, "vehicleOrientation", "O", COORD, NULL),
    LROW(VT_WORD, LifEdgeProperty, orientation_type, "orientationType", "O", ANY, &orientation_words),
    LROW(VT_BOOL, LifEdgeProperty, rotation_allowed, "rotationAllowed", "R", ANY, NULL),
    LROW(VT_WORD, LifEdgeProperty, rotation_at_start, "rotationAtStartNodeAllowed", "O", ANY, &rotation_words),
    LROW(VT_WORD, LifEdgeProperty, rotation_at_end, "rotationAtEndNodeAllowed", "O", ANY, &rotation_words),
    LROW(VT_NUM, LifEdgeProperty, max_speed, "maxSpeed", "O", GE0, NULL),
    LROW(VT_NUM, LifEdgeProperty, max_rotation_speed, "maxRotationSpeed", "O", GE0, NULL),
    LROW(VT_NUM, LifEdgeProperty, min_height, "minHeight", "O", GE0, NULL),
    LROW(VT_NUM, LifEdgeProperty, max_height, "maxHeight", "O", GE0, NULL),
    LROW(VT_PART, LifEdgeProperty, load, "loadRestriction", "O", ANY, &load_table),
    LROW(VT_LIST, LifEdgeProperty, actions, "actions", "O", ANY, &action_table),
    LROW(VT_PART, LifEdgeProperty, trajectory, "trajectory", "O", ANY, &trajectory_table),
    LROW(VT_FLAG, LifEdgeProperty, reentry_allowed, "reentryAllowed", "O", ANY, NULL),
};
static const VdaTable edge_property_table = {edge_property_rows, ARRAY_LEN(edge_property_rows), sizeof(LifEdgeProperty),
                                             1, 0};
static const VdaField edge_rows[] = {
    LROW(VT_STR, LifEdge, id, "edgeId", "R", ANY, NULL),
    LROW(VT_STR, LifEdge, name, "edgeName", "O", ANY, NULL),
    LROW(VT_STR, LifEdge, description, "edgeDescription", "O", ANY, NULL),
    LROW(VT_STR, LifEdge, start_id, "startNodeId", "R", ANY, NULL),
    LROW(VT_STR, LifEdge, end_id, "endNodeId", "R", ANY, NULL),
    LROW(VT_LIST, LifEdge, properties, "vehicleTypeEdgeProperties", "R", ANY, &edge_property_table),
};
static VTABLE(edge_table, LifEdge, edge_rows);

static const VdaField station_position_rows[] = {
    LROW(VT_REAL, LifStationPosition, x, "x", "R", COORD, NULL),
    LROW(VT_REAL, LifStationPosition, y, "y", "R", COORD, NULL),
    LROW(VT_NUM, LifStationPosition, theta, "theta", "O", PI, NULL),
};
static VTABLE(station_position_table, LifStationPosition, station_position_rows);
static const VdaField station_rows[] = {
    LROW(VT_STR, LifStation, id, "stationId", "R", ANY, NULL),
    LROW(VT_STRS, LifStation, nodes, "interactionNodeIds", "R", ANY, NULL),
    LROW(VT_STR, LifStation, name, "stationName", "O", ANY, NULL),
    LROW(VT_STR, LifStation, description, "stationDescription", "O", ANY, NULL),
    LROW(VT_VALUE, LifStation, height, "stationHeight", "O", ANY, NULL),
    LROW(VT_PART, LifStation, position, "stationPosition", "O", ANY, &station_position_table),
};
static VTABLE(station_table, LifStation, station_rows);

static const VdaField layout_rows[] = {
    LROW(VT_STR, LifLayout, id, "layoutId", "R", ANY, NULL),
    LROW(VT_STR, LifLayout, name, "layoutName", "O", ANY, NULL),
    LROW(VT_STR, LifLayout, version, "layoutVersion", "R", ANY, NULL),
    LROW(VT_STR, LifLayout, level_id, "layoutLevelId", "O", ANY, NULL),
    LROW(VT_STR, LifLayout, description, "layoutDescription", "O", ANY, NULL),
    LROW(VT_LIST, LifLayout, nodes, "nodes", "R", ANY, &node_table),
    LROW(VT_LIST, LifLayout, edges, "edges", "R", ANY, &edge_table),
    LROW(VT_LIST, LifLayout, stations, "stations", "O", ANY, &station_table),
};
static const VdaTable layout_table = {layout_rows, ARRAY_LEN(layout_rows), sizeof(LifLayout), 1, 0};
static const VdaField meta_rows[] = {
    LROW(VT_STR, LifMeta, project, "projectIdentification", "R", ANY, NULL),
    LROW(VT_STR, LifMeta, creator, "creator", "R", ANY, NULL),
    LROW(VT_TIME, LifMeta, exported_ms, "exportTimestamp", "R", ANY, NULL),
    LROW(VT_STR, LifMeta, version, "lifVersion", "R", ANY, NULL),
};
static VTABLE(meta_table, LifMeta, meta_rows);
static const VdaField lif_rows[] = {
    LROW(VT_IN, Lif, meta, "metaInformation", "R", ANY, &meta_table),
    LROW(VT_LIST, Lif, layouts, "layouts", "R", ANY, &layout_table),
};
VTABLE(lif_table, Lif, lif_rows);

// ---- between the parts
typedef struct {
    Str id;
    uint32_t layout, i;
} Known;
typedef struct {
    Arena *a;
    VdaProblems *problems;
    Known *node; // of all lay-outs, by id
    uint32_t nodes;
} Check;
static void problem(Check *c, const char *what, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
static void problem(Check *c, const char *what, const char *cure, const char *fmt, ...) {
    char where[128];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(where, sizeof where, fmt, ap);
    va_end(ap);
    if (c->problems->n < VDA_PROBLEMS_MAX) {
        Str pointer = arena_str(c->a, (Str){where, MIN((size_t)n, sizeof where - 1)});
        c->problems->p[c->problems->n] = (VdaProblem){pointer.p ? pointer : STR_EMPTY, str_c(what), str_c(cure)};
    }
    c->problems->n++;
}
static int by_id(const void *x, const void *y) { // equal ids in the order of the file
    const Known *a = x, *b = y;
    size_t n = MIN(a->id.n, b->id.n);
    int d = n ? memcmp(a->id.p, b->id.p, n) : 0;
    if (d) return d;
    if (a->id.n != b->id.n) return a->id.n < b->id.n ? -1 : 1;
    if (a->layout != b->layout) return a->layout < b->layout ? -1 : 1;
    return a->i < b->i ? -1 : a->i > b->i;
}
typedef struct {
    const char *list, *member;
    size_t offset, size; // of the list in a LifLayout; of an entry, whose id comes first
} Kind;
_Static_assert(offsetof(LifNode, id) == 0 && offsetof(LifEdge, id) == 0 && offsetof(LifStation, id) == 0,
               "an entry begins with its id");
static const Kind node_kind = {"nodes", "nodeId", offsetof(LifLayout, nodes), sizeof(LifNode)};
static const Kind edge_kind = {"edges", "edgeId", offsetof(LifLayout, edges), sizeof(LifEdge)};
static const Kind station_kind = {"stations", "stationId", offsetof(LifLayout, stations), sizeof(LifStation)};

// All ids of a kind, sorted; tells those that are there twice or empty. NULL over the arena's ceiling or the limit.
static Known *ids(Check *c, const Lif *lif, const Kind *k, uint32_t *ret_n) {
    uint64_t n = 0;
    for (uint32_t l = 0; l < lif->layouts.n; l++)
        n += ((const List *)(const void *)((const char *)&lif->layouts.items[l] + k->offset))->n;
    Known *all = n <= LIF_ITEMS_MAX ? arena_alloc(c->a, n * sizeof *all + 1) : NULL;
    if (!all) {
        problem(c, "there are too many in all lay-outs together", "export one lay-out at a time", "/layouts/0/%s",
                k->list);
        return NULL;
    }
    uint32_t at = 0;
    for (uint32_t l = 0; l < lif->layouts.n; l++) {
        const List *list = (const void *)((const char *)&lif->layouts.items[l] + k->offset);
        for (uint32_t i = 0; i < list->n; i++)
            all[at++] = (Known){*(const Str *)(const void *)((const char *)list->items + i * k->size), l, i};
    }
    qsort(all, at, sizeof *all, by_id);
    for (uint32_t i = 0; i < at; i++) {
        if (!all[i].id.n)
            problem(c, "must not be empty", "give it an id", "/layouts/%u/%s/%u/%s", all[i].layout, k->list, all[i].i,
                    k->member);
        else if (i && str_eq(all[i].id, all[i - 1].id))
            problem(c, "is there twice", "ids must differ in all lay-outs of the file", "/layouts/%u/%s/%u/%s",
                    all[i].layout, k->list, all[i].i, k->member);
    }
    *ret_n = at;
    return all;
}
// Whether there is such a node; in one lay-out only unless `layout` is UINT32_MAX.
static bool node_is(const Check *c, Str id, uint32_t layout) {
    uint32_t lo = 0, hi = c->nodes;
    Known key = {id, 0, 0};
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (by_id(&c->node[mid], &key) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (; lo < c->nodes && str_eq(c->node[lo].id, id); lo++)
        if (layout == UINT32_MAX || c->node[lo].layout == layout) return true;
    return false;
}
_Static_assert(offsetof(LifNodeProperty, vehicle_type) == 0 && offsetof(LifEdgeProperty, vehicle_type) == 0,
               "a property begins with its type of vehicle");
static void check_types(Check *c, const void *properties, uint32_t n, size_t size, const char *list, const char *of,
                        uint32_t l, uint32_t i) {
    const char *p = properties;
    if (n > LIF_TYPES_MAX)
        problem(c, "there are more than 64", "export fewer types of vehicles",
                "/layouts/%u/%s/%u/vehicleType%sProperties", l, list, i, of);
    for (uint32_t k = 0; k < MIN(n, LIF_TYPES_MAX); k++)
        for (uint32_t m = 0; m < k; m++)
            if (str_eq(*(const Str *)(const void *)(p + k * size), *(const Str *)(const void *)(p + m * size)))
                problem(c, "is there twice", "one entry a type of vehicle",
                        "/layouts/%u/%s/%u/vehicleType%sProperties/%u/vehicleTypeId", l, list, i, of, k);
}
static void check_trajectory(Check *c, const VdaTrajectory *t, uint32_t l, uint32_t i, uint32_t k) {
    int64_t degree = t->degree.has ? t->degree.v : 1;
    if (degree >= t->points.n || t->knots.n != t->points.n + (uint64_t)degree + 1)
        problem(c, "must have as many entries as control points + degree + 1", "or leave the trajectory out",
                "/layouts/%u/edges/%u/vehicleTypeEdgeProperties/%u/trajectory/knotVector", l, i, k);
}
static void check_edge(Check *c, const LifEdge *e, uint32_t l, uint32_t i) {
    if (!node_is(c, e->start_id, l))
        problem(c, "there is no such node in this lay-out", "add the node or take the edge out",
                "/layouts/%u/edges/%u/startNodeId", l, i);
    if (!node_is(c, e->end_id, UINT32_MAX))
        problem(c, "there is no such node", "add the node or take the edge out", "/layouts/%u/edges/%u/endNodeId", l,
                i);
    for (uint32_t k = 0; k < e->properties.n; k++) {
        const LifEdgeProperty *p = &e->properties.items[k];
        if (p->trajectory) check_trajectory(c, p->trajectory, l, i, k);
    }
    check_types(c, e->properties.items, e->properties.n, sizeof *e->properties.items, "edges", "Edge", l, i);
}
static void check_layout(Check *c, const LifLayout *y, uint32_t l) {
    for (uint32_t i = 0; i < y->nodes.n; i++) {
        const LifNode *n = &y->nodes.items[i];
        check_types(c, n->properties.items, n->properties.n, sizeof *n->properties.items, "nodes", "Node", l, i);
    }
    for (uint32_t i = 0; i < y->edges.n; i++) check_edge(c, &y->edges.items[i], l, i);
    for (uint32_t i = 0; i < y->stations.n; i++) {
        const LifStation *s = &y->stations.items[i];
        if (!s->nodes.n)
            problem(c, "must not be empty", "name the node from which it is served",
                    "/layouts/%u/stations/%u/interactionNodeIds", l, i);
        for (uint32_t k = 0; k < s->nodes.n; k++)
            if (!node_is(c, s->nodes.items[k], UINT32_MAX))
                problem(c, "there is no such node", "add the node or take it out of the station",
                        "/layouts/%u/stations/%u/interactionNodeIds/%u", l, i, k);
        if (s->height.type && s->height.type != VDA_VALUE_NUMBER && s->height.type != VDA_VALUE_TEXT)
            problem(c, "must be a number", "metres, without quotes", "/layouts/%u/stations/%u/stationHeight", l, i);
    }
}
static Err check(const Lif *lif, Arena *a, VdaProblems *problems) {
    Check c = {.a = a, .problems = problems};
    uint32_t n;
    if (lif->layouts.n > LIF_LAYOUTS_MAX) {
        problem(&c, "there are too many lay-outs", "export one lay-out at a time", "/layouts");
        return ERR_LIMIT;
    }
    for (uint32_t l = 0; l < lif->layouts.n; l++)
        for (uint32_t m = 0; m < l; m++)
            if (str_eq(lif->layouts.items[l].id, lif->layouts.items[m].id))
                problem(&c, "is there twice", "lay-outs need ids that differ", "/layouts/%u/layoutId", l);
    c.node = ids(&c, lif, &node_kind, &c.nodes);
    if (!c.node || !ids(&c, lif, &edge_kind, &n) || !ids(&c, lif, &station_kind, &n)) return ERR_LIMIT;
    for (uint32_t l = 0; l < lif->layouts.n; l++) check_layout(&c, &lif->layouts.items[l], l);
    return problems->n ? ERR_INVALID : OK;
}

// ---- whole files
static bool is_v1(Str version) {
    return version.n >= 5 && str_starts(version, STR("1.")); // later 1.x only add members
}
Err lif_decode(Str json, Arena *a, Lif *ret, VdaProblems *problems) {
    Check c = {.a = a, .problems = problems};
    Json *root;
    Str what = STR_EMPTY;
    Lif lif = {0};
    problems->n = problems->unknown = 0;
    Err e = json.n > LIF_TEXT_MAX ? ERR_LIMIT : wire_parse_json(json, VDA_DEPTH_MAX, a, &root, &what);
    if (e) {
        problem(&c, "the file is longer than 16 MiB", "export one lay-out at a time", "%s", "");
        if (what.n) problems->p[0].what = what;
        if (e == ERR_PARSE) problems->p[0].cure = STR("the file must be one JSON object, whole");
        return e;
    }
    const Json *version = jn_get(jn_get(root, "metaInformation"), "lifVersion");
    if (version && version->type == JN_TEXT && !is_v1(jn_text(version))) {
        problem(&c, "this version of LIF is not known", "export it as LIF 1.0.0", "/metaInformation/lifVersion");
        return ERR_INVALID;
    }
    e = vda_read_table(VDA_2_0, &lif_table, root, a, &lif, problems);
    if (!e) e = check(&lif, a, problems);
    if (!e) *ret = lif;
    return e;
}
void lif_encode(Buf *b, const Lif *lif) {
    vda_write_table(b, VDA_2_0, &lif_table, lif);
}

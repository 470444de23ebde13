// cuakhau roads: makes lay-outs from a few numbers, checks them, draws them.
#include "app_roads.h"
#include "io/io_file.h"
#include "wire/wire_bind.h"
#include <math.h>

int app_roads_problems(const char *file, const MapProblems *ps) {
    for (uint32_t i = 0; i < MIN(ps->n, MAP_PROBLEMS_MAX); i++)
        fprintf(stderr, "cuakhau: %s: %s: %s\n", file, ps->p[i].where, ps->p[i].what);
    if (ps->n > MAP_PROBLEMS_MAX) fprintf(stderr, "cuakhau: %s: and %u more\n", file, ps->n - MAP_PROBLEMS_MAX);
    return 2;
}
int app_roads_open(const char *file, Arena *a, MapDoc **ret_doc, RouteMap **ret) {
    Str text, what = STR_EMPTY;
    Json *j = NULL;
    MapDoc *d = arena_alloc(a, sizeof *d);
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    MapProblems *mp = arena_alloc(a, sizeof *mp);
    if (!d || !bp || !mp) return app_fail(ERR_LIMIT, "%s", file);
    Err e = io_file_read(file, ROADS_TEXT_MAX, a, &text);
    if (e) return MAX(app_fail(e, "%s", file), 2);
    e = wire_parse_json(text, 8, a, &j, &what);
    if (!e) e = wire_bind(j, &map_doc_fields, NULL, a, d, bp);
    if (e == ERR_INVALID)
        fprintf(stderr, "cuakhau: %s: " STR_F ": " STR_F "\n", file, STR_A(bp->p[0].pointer), STR_A(bp->p[0].what));
    else if (e)
        fprintf(stderr, "cuakhau: %s: " STR_F "\n", file, STR_A(what));
    if (e) return 2;
    if (route_map_new(d, ret, mp)) return app_roads_problems(file, mp);
    if (ret_doc) *ret_doc = d;
    return 0;
}
static bool set(void *ctx, Str name, uint32_t n) {
    MapPlan *p = ctx;
    const struct {
        const char *name;
        uint32_t *to;
    } known[] = {{"lanes", &p->lanes},        {"cranes", &p->cranes},       {"parks", &p->parks},
                 {"chargers", &p->chargers},  {"corridor", &p->corridor_m}, {"line", &p->line_m},
                 {"vehicle", &p->vehicle_mm}, {"aisles", &p->aisles}};
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq_c(name, known[i].name)) {
            *known[i].to = n;
            return true;
        }
    return false;
}
bool app_roads_plan(const char *text, MapPlan *ret) {
    *ret = map_plan_usual;
    return !text || app_pairs(text, 1000000, set, ret);
}
void app_roads_lines(Str json, uint32_t commas, uint32_t bracket, Buf *b) {
    bool text = false;
    for (size_t i = 0, depth = 0; i < json.n; i++) {
        char c = json.p[i];
        buf_char(b, c);
        if (text && c == '\\') buf_char(b, json.p[++i]);
        if (c == '"') text = !text;
        if (text) continue;
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        if ((c == ',' && depth < 32 && commas & 1u << depth) || (c == '[' && depth == bracket)) buf_char(b, '\n');
    }
    buf_char(b, '\n');
}
void app_roads_write(const MapDoc *d, Buf *b) {
    Buf flat;
    buf_init(&flat, ROADS_TEXT_MAX);
    json_open(&flat, '{');
    field_write(&flat, &map_doc_fields, d, NULL);
    json_close(&flat, '}');
    app_roads_lines(buf_view(&flat), 1u << 1 | 1u << 2, 2, b);
    b->overflow |= flat.overflow;
    buf_deinit(&flat);
}
static int make(const char *with, const char *id, const char *road) {
    Arena a;
    Buf b;
    MapPlan p;
    MapDoc *d;
    const char *why = "";
    RouteMap *m;
    MapProblems ps;
    if (!app_roads_plan(with, &p)) {
        fputs("cuakhau: --with lanes=N,aisles=N,cranes=N,parks=N,chargers=N,corridor=M,line=M,vehicle=MM\n", stderr);
        return 2;
    }
    arena_init(&a, 64u << 20);
    buf_init(&b, ROADS_TEXT_MAX);
    int status = 0;
    if (route_map_make(&p, str_c(id ? id : "roads"), str_c(road ? road : "hn"), &a, &d, &why)) {
        fprintf(stderr, "cuakhau: such a lay-out cannot be made: %s\n", why);
        status = 2;
    } else if (route_map_new(d, &m, &ps)) {
        status = app_roads_problems("the lay-out", &ps);
    } else {
        app_roads_write(d, &b);
        CK_ASSERT(!b.overflow);
        fwrite(b.p, 1, b.n, stdout);
        route_map_free(m);
    }
    buf_deinit(&b);
    arena_deinit(&a);
    return status;
}

// ---- a picture: roads, places, directions; the line in red
static void draw(const RouteMap *m) {
    double west = INFINITY, east = -INFINITY, south = INFINITY, north = -INFINITY;
    static const char *const colour[SPOT_COUNT] = {"", "#c60", "#888", "#283"};
    for (uint32_t i = 0; i < m->nodes; i++) {
        west = fmin(west, m->node[i].x), east = fmax(east, m->node[i].x);
        south = fmin(south, m->node[i].y), north = fmax(north, m->node[i].y);
    }
    printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%.0f %.0f %.0f %.0f\" font-family=\"sans-serif\">\n"
           "<title>" STR_F "</title><rect x=\"%.0f\" y=\"%.0f\" width=\"%.0f\" height=\"%.0f\" fill=\"#fff\"/>\n",
           west - 30, -north - 30, east - west + 60, north - south + 60, STR_A(m->id), west - 30, -north - 30,
           east - west + 60, north - south + 60);
    for (uint32_t i = 0; i < m->edges; i++) {
        const MapEdge *e = &m->edge[i];
        const MapNode *a = &m->node[e->from], *b = &m->node[e->to];
        bool line = b->owner == OWNER_LINE;
        printf("<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\" stroke-width=\"%.1f\" stroke-linecap=\"round\"/>\n",
               a->x, -a->y, b->x, -b->y, line ? "#c22" : "#9ab", line ? 4.0 : 2.0);
    }
    for (uint32_t i = 0; i < m->nodes; i++)
        if (m->node[i].spot) {
            const MapEdge *e = &m->edge[m->out[m->out_begin[i]]];
            printf("<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" "
                   "transform=\"translate(%.1f %.1f) rotate(%.1f)\"/>\n",
                   -m->length_m / 2, -m->width_m / 2, m->length_m, m->width_m, colour[m->node[i].spot], m->node[i].x,
                   -m->node[i].y, -e->heading * 180 / M_PI);
        }
    puts("</svg>");
}
static int check(const RouteMap *m) {
    uint32_t spots[SPOT_COUNT] = {0};
    double length = 0;
    for (uint32_t i = 0; i < m->nodes; i++) spots[m->node[i].spot]++;
    for (uint32_t i = 0; i < m->edges; i++) length += m->edge[i].length_m;
    printf(STR_F
           ": sound. %u nodes, %u edges, %.1f km; %u crane places, %u parking places, %u chargers; vehicles of %.1f m; "
           "each cell excludes %.1f others\n",
           STR_A(m->id), m->nodes, m->edges, length / 1e3, spots[SPOT_CRANE], spots[SPOT_PARK], spots[SPOT_CHARGER],
           m->length_m, (double)m->conf_begin[m->cells] / m->cells);
    return 0;
}
int app_roads(int argc, char **argv) {
    static const char usage[] = "roads run FILE ... | roads make [--with lanes=2,cranes=8,...] [--id ID] [--road ROAD] "
                                "| roads check FILE | roads svg FILE | roads export FILE ... | roads import LIF ...";
    const char *with = NULL, *id = NULL, *road = NULL;
    const AppOption options[] = {{"with", &with, false}, {"id", &id, false}, {"road", &road, false}};
    AppArgs rest;
    if (argc > 1 && strcmp(argv[1], "run") == 0) return app_roads_run(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "export") == 0) return app_roads_export(argc - 1, argv + 1);
    if (argc > 1 && strcmp(argv[1], "import") == 0) return app_roads_import(argc - 1, argv + 1);
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    if (rest.n == 1 && strcmp(rest.arg[0], "make") == 0) return make(with, id, road);
    bool svg = rest.n == 2 && strcmp(rest.arg[0], "svg") == 0;
    if (rest.n != 2 || (!svg && strcmp(rest.arg[0], "check") != 0)) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    Arena a;
    RouteMap *m;
    arena_init(&a, 256u << 20);
    int status = app_roads_open(rest.arg[1], &a, NULL, &m);
    if (!status && svg) draw(m);
    if (!status && !svg) status = check(m);
    if (!status) route_map_free(m);
    arena_deinit(&a);
    return status;
}

#include "route_grid.h"

// ---- lines
typedef struct {
    Str rest, line;
    uint32_t no;
} Lines;
static bool next_line(Lines *l) {
    if (!l->rest.n) return false;
    const char *end = memchr(l->rest.p, '\n', l->rest.n);
    size_t n = end ? (size_t)(end - l->rest.p) : l->rest.n, used = n + (end != NULL);
    l->line = (Str){l->rest.p, n && l->rest.p[n - 1] == '\r' ? n - 1 : n};
    l->rest = (Str){l->rest.p + used, l->rest.n - used};
    l->no++;
    return true;
}
static Err fault(RouteFault *f, uint32_t line, Err e, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static Err fault(RouteFault *f, uint32_t line, Err e, const char *fmt, ...) {
    va_list ap;
    f->line = line;
    va_start(ap, fmt);
    vsnprintf(f->what, sizeof f->what, fmt, ap);
    va_end(ap);
    return e;
}
static bool number(Str s, uint32_t max, uint32_t *ret) {
    uint64_t v = 0;
    if (!s.n || s.n > 9) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        v = v * 10 + (uint64_t)(s.p[i] - '0');
    }
    *ret = (uint32_t)v;
    return v <= max;
}
// At most 40 bytes of the input that can be shown.
static const char *shown(Str s, char ret[48]) {
    size_t n = MIN(s.n, (size_t)40);
    for (size_t i = 0; i < n; i++) ret[i] = s.p[i] >= ' ' && s.p[i] < 127 ? s.p[i] : '?';
    snprintf(ret + n, 48 - n, "%s", s.n > n ? "..." : "");
    return ret;
}

// ---- the map
static Err header(Lines *l, RouteGrid *g, RouteFault *f) {
    char text[48];
    if (!next_line(l))
        return fault(f, 1, ERR_PARSE, "type: the file is empty; give a map that begins with 'type octile'");
    if (!str_eq(l->line, STR("type octile")))
        return fault(f, 1, ERR_PARSE, "type: '%s'; only 'type octile' is known", shown(l->line, text));
    while (next_line(l)) {
        if (str_eq(l->line, STR("map"))) {
            if (g->width && g->height) return OK;
            return fault(f, l->no, ERR_PARSE, "%s: missing before 'map'; add it", g->height ? "width" : "height");
        }
        bool high = str_starts(l->line, STR("height ")), wide = str_starts(l->line, STR("width "));
        if (!high && !wide)
            return fault(f, l->no, ERR_PARSE, "'%s': expected 'height N', 'width N' or 'map'", shown(l->line, text));
        size_t skip = high ? 7 : 6;
        uint32_t *to = high ? &g->height : &g->width;
        if (!number((Str){l->line.p + skip, l->line.n - skip}, ROUTE_SIDE_MAX, to) || !*to)
            return fault(f, l->no, ERR_PARSE, "%s: must be a number from 1 to %u", high ? "height" : "width",
                         ROUTE_SIDE_MAX);
        if ((uint64_t)g->width * g->height > ROUTE_NODES_MAX)
            return fault(f, l->no, ERR_PARSE, "width and height: more than %u cells; cut the map", ROUTE_NODES_MAX);
    }
    return fault(f, l->no, ERR_PARSE, "map: the file ends before it; it is cut off");
}
static Err rows(Lines *l, RouteGrid *g, RouteFault *f) {
    char text[48];
    for (uint32_t y = 0; y < g->height; y++) {
        if (!next_line(l))
            return fault(f, l->no + 1, ERR_PARSE, "row %u: missing, height says %u; the file is cut off", y + 1,
                         g->height);
        if (l->line.n != g->width)
            return fault(f, l->no, ERR_PARSE, "row %u: %zu characters, width says %u", y + 1, l->line.n, g->width);
        for (uint32_t x = 0; x < g->width; x++) {
            char c = l->line.p[x];
            bool open = c && strchr(".GS", c);
            if (!open && (!c || !strchr("@TOW", c)))
                return fault(f, l->no, ERR_PARSE, "row %u, column %u: '%s' is none of . G S @ T O W", y + 1, x + 1,
                             shown((Str){l->line.p + x, 1}, text));
            g->open[y * g->width + x] = open, g->open_n += open;
        }
    }
    while (next_line(l))
        if (l->line.n) return fault(f, l->no, ERR_PARSE, "a line after the last row; height says %u rows", g->height);
    if (!g->open_n) return fault(f, 0, ERR_PARSE, "map: no cell may be entered");
    return OK;
}
static void edges(RouteGrid *g) {
    uint32_t n = 0;
    for (uint32_t u = 0; u < g->graph.n; u++) {
        uint32_t c = u, x = c % g->width, y = c / g->width;
        uint32_t to[4] = {x ? c - 1 : UINT32_MAX, x + 1 < g->width ? c + 1 : UINT32_MAX, y ? c - g->width : UINT32_MAX,
                          y + 1 < g->height ? c + g->width : UINT32_MAX};
        g->out_begin[u] = n;
        for (int i = 0; i < 4; i++)
            if (g->open[u] && to[i] != UINT32_MAX && g->open[to[i]]) g->out[n++] = to[i];
    }
    g->out_begin[g->graph.n] = n;
}
Err route_grid_parse(Str text, RouteGrid *ret, RouteFault *ret_fault) {
    RouteGrid g = {0};
    Lines l = {.rest = text};
    Err e = header(&l, &g, ret_fault);
    if (e) return e;
    size_t cells = (size_t)g.width * g.height;
    if (l.rest.n < cells) // before anything of that size is set aside
        return fault(ret_fault, l.no, ERR_PARSE, "map: %zu bytes follow for %zu cells; the file is cut off", l.rest.n,
                     cells);
    g.graph.n = (uint32_t)cells, g.open = malloc(cells);
    e = g.open ? rows(&l, &g, ret_fault) : fault(ret_fault, 0, ERR_LIMIT, "map: not enough memory");
    if (!e) {
        g.out_begin = calloc(g.graph.n + 1u, sizeof *g.out_begin), g.out = calloc(4u * g.graph.n, sizeof *g.out);
        if (!g.out_begin || !g.out) e = fault(ret_fault, 0, ERR_LIMIT, "map: not enough memory");
    }
    if (e) {
        route_grid_deinit(&g);
        return e;
    }
    edges(&g);
    g.graph = (RouteGraph){.n = g.graph.n, .out_begin = g.out_begin, .out = g.out, .follow = true};
    *ret = g;
    return OK;
}
void route_grid_deinit(RouteGrid *g) {
    free(g->open), free(g->out_begin), free(g->out);
    *g = (RouteGrid){0};
}

// ---- the scenario
static const char *const field_names[9] = {"bucket",  "map",    "width",  "height", "start x",
                                           "start y", "goal x", "goal y", "length"};
static uint32_t split(Str line, Str ret[9]) { // returns how many there are
    bool tabs = memchr(line.p, '\t', line.n) != NULL;
    uint32_t n = 0;
    for (size_t i = 0; i < line.n;) {
        size_t from = i;
        while (i < line.n && line.p[i] != '\t' && (tabs || line.p[i] != ' ')) i++;
        if (tabs || i > from) {
            if (n < 9) ret[n] = (Str){line.p + from, i - from};
            n++;
        }
        i++;
    }
    return n;
}
static Err place(const RouteGrid *g, const Str *field, uint32_t first, uint32_t line, uint32_t *ret, RouteFault *f) {
    uint32_t v[2];
    for (uint32_t i = 0; i < 2; i++) {
        uint32_t side = i ? g->height : g->width;
        char text[48];
        if (!number(field[first + i], side - 1, &v[i]))
            return fault(f, line, ERR_INVALID, "%s: '%s' must be a number from 0 to %u on this map",
                         field_names[first + i], shown(field[first + i], text), side - 1);
    }
    *ret = v[1] * g->width + v[0];
    if (!g->open[*ret])
        return fault(f, line, ERR_INVALID,
                     "%.5s: (%u,%u) is an obstacle; choose a free cell or the map of this scenario", field_names[first],
                     v[0], v[1]);
    return OK;
}
static Err agent(Str line, uint32_t no, const RouteGrid *g, uint32_t *ret_start, uint32_t *ret_goal, RouteFault *f) {
    Str field[9];
    uint32_t n = split(line, field), side;
    char text[48];
    if (n != 9)
        return fault(f, no, ERR_PARSE, "%u fields, must be 9: bucket map width height sx sy gx gy length%s", n,
                     n < 9 ? "; the file may be cut off" : "");
    if (!number(field[0], 999999999, &side))
        return fault(f, no, ERR_PARSE, "bucket: '%s' is no number", shown(field[0], text));
    for (uint32_t i = 2; i < 4; i++)
        if (!number(field[i], ROUTE_SIDE_MAX, &side) || side != (i == 2 ? g->width : g->height))
            return fault(f, no, ERR_INVALID, "%s: '%s', but the map has %u; take the scenario of this map",
                         field_names[i], shown(field[i], text), i == 2 ? g->width : g->height);
    for (size_t i = 0; i < field[8].n; i++)
        if (!strchr("0123456789.eE+-", field[8].p[i]) || !field[8].p[i])
            return fault(f, no, ERR_PARSE, "length: '%s' is no number", shown(field[8], text));
    Err e = place(g, field, 4, no, ret_start, f);
    return e ? e : place(g, field, 6, no, ret_goal, f);
}
Err route_scenario_parse(Str text, const RouteGrid *g, uint32_t agents, uint32_t *ret_starts, uint32_t *ret_goals,
                         RouteFault *f) {
    Lines l = {.rest = text};
    uint32_t n = 0, *line_of = calloc((size_t)g->graph.n * 2, sizeof *line_of); // by node: of a start, of a goal
    Err e = line_of ? OK : fault(f, 0, ERR_LIMIT, "not enough memory");
    if (!e && (!next_line(&l) || !(str_eq(l.line, STR("version 1")) || str_eq(l.line, STR("version 1.0")))))
        e = fault(f, 1, ERR_PARSE, "version: the first line must be 'version 1'");
    for (uint32_t s, t; !e && n < agents && next_line(&l); n++) {
        if (!l.line.n) {
            n--;
            continue;
        }
        if ((e = agent(l.line, l.no, g, &s, &t, f))) break;
        if (line_of[s * 2] || line_of[t * 2 + 1]) {
            bool start = line_of[s * 2] != 0;
            e = fault(f, l.no, ERR_INVALID, "%s: the same as in line %u; every agent needs its own",
                      start ? "start" : "goal", start ? line_of[s * 2] : line_of[t * 2 + 1]);
            break;
        }
        line_of[s * 2] = line_of[t * 2 + 1] = l.no;
        ret_starts[n] = s, ret_goals[n] = t;
    }
    if (!e && n < agents)
        e = fault(f, l.no, ERR_LIMIT, "the scenario ends after %u agents, %u are asked for; give --agents %u or less",
                  n, agents, n);
    free(line_of);
    return e;
}

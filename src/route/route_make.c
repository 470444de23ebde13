#include "route_make.h"
#include "route_internal.h"

// ---- grids
static uint32_t fill(const RouteGraph *g, uint32_t from, uint32_t *label, uint32_t no, uint32_t *queue) {
    uint32_t head = 0, tail = 0;
    queue[tail++] = from, label[from] = no;
    while (head < tail) {
        uint32_t v = queue[head++];
        for (uint32_t e = g->out_begin[v]; e < g->out_begin[v + 1]; e++)
            if (!label[g->out[e]]) label[g->out[e]] = no, queue[tail++] = g->out[e];
    }
    return tail;
}
// The nodes of the largest part; 0: no memory.
static uint32_t largest(const RouteGrid *g, uint32_t *ret) {
    uint32_t n = g->graph.n, best = 0, best_no = 0, no = 0, count = 0;
    uint32_t *label = calloc(n, sizeof *label);
    for (uint32_t v = 0; label && v < n; v++)
        if (g->open[v] && !label[v]) {
            uint32_t size = fill(&g->graph, v, label, ++no, ret);
            if (size > best) best = size, best_no = no;
        }
    for (uint32_t v = 0; label && v < n; v++)
        if (label[v] == best_no) ret[count++] = v;
    free(label);
    return best ? count : 0;
}
Err route_make_grid(uint64_t seed, uint32_t width, uint32_t height, uint32_t percent, uint32_t agents, RouteGrid *ret,
                    uint32_t *ret_starts, uint32_t *ret_goals) {
    RouteRng r = {seed};
    RouteFault f;
    RouteGrid g;
    Buf b;
    buf_init(&b, (size_t)(width + 1) * height + 64);
    buf_printf(&b, "type octile\nheight %u\nwidth %u\nmap\n", height, width);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x <= width; x++)
            buf_char(&b, x == width ? '\n' : rng_below(&r, 100) < percent ? '@' : '.');
    Err e = b.overflow ? ERR_LIMIT : route_grid_parse(buf_view(&b), &g, &f);
    buf_deinit(&b);
    if (e) return e;
    uint32_t *node = calloc(g.graph.n, sizeof *node), n = node ? largest(&g, node) : 0;
    if (n < agents) e = ERR_LIMIT;
    for (int goals = 0; !e && goals < 2; goals++) {
        rng_shuffle(&r, node, n);
        memcpy(goals ? ret_goals : ret_starts, node, agents * sizeof *node);
    }
    free(node);
    if (e)
        route_grid_deinit(&g);
    else
        *ret = g;
    return e;
}

// ---- roads
#define STEP_M     20.0f // between nodes of a lane
#define CLEAR_M    15.0f // nearer nodes exclude each other
#define AISLE_M    40.0f // between aisles
#define BAY_M      18.0f // from its aisle
#define LANE_STEPS 20u   // of a lane between the yards
typedef struct {
    RouteRoads r;
    uint32_t n, max, edges;
    uint32_t (*edge)[2];
} Draft;
static uint32_t node(Draft *d, float x, float y) {
    CK_ASSERT(d->n < d->max);
    d->r.x[d->n] = x, d->r.y[d->n] = y;
    return d->n++;
}
static void join(Draft *d, uint32_t u, uint32_t v, bool both) {
    CK_ASSERT(d->edges + 2 <= d->max * 4);
    d->edge[d->edges][0] = u, d->edge[d->edges++][1] = v;
    if (both) d->edge[d->edges][0] = v, d->edge[d->edges++][1] = u;
}
// A road of nodes from x, y on, `dx`, `dy` apart; joined from each to the next, or to the one before.
static uint32_t road(Draft *d, float x, float y, float dx, float dy, uint32_t n, bool forth) {
    uint32_t first = d->n;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t v = node(d, x + dx * (float)i, y + dy * (float)i);
        if (i) join(d, forth ? v - 1 : v, forth ? v : v - 1, false);
    }
    return first;
}
typedef struct {
    uint32_t up[2], down[2]; // the first nodes of the roads at the left and at the right
    uint32_t rows;           // nodes in each
} Yard;
static Yard yard(Draft *d, float x, uint32_t aisles, uint32_t bays) {
    uint32_t rows = aisles * 2;
    float length = STEP_M * (float)(bays - 1), far = x + length + 12;
    Yard y = {.rows = rows};
    for (uint32_t s = 0; s < 2; s++) { // two rows of nodes an aisle; the pair is joined at both ends and at each aisle
        y.up[s] = road(d, s ? far : x - 12, 0, 0, AISLE_M / 2, rows, true);
        y.down[s] = road(d, s ? far + STEP_M : x - 12 - STEP_M, 0, 0, AISLE_M / 2, rows, false);
        for (uint32_t i = 0; i < rows; i++)
            if (i % 2 == 0 || i + 1 == rows) join(d, y.up[s] + i, y.down[s] + i, true);
    }
    uint32_t before = 0;
    for (uint32_t a = 0; a < aisles; a++) {
        bool right = a % 2 == 0;
        uint32_t lane = road(d, x, AISLE_M * (float)a, STEP_M, 0, bays, right), last = lane + bays - 1;
        join(d, right ? y.up[0] + a * 2 : lane, right ? lane : y.up[0] + a * 2, false);
        join(d, right ? last : y.up[1] + a * 2, right ? y.up[1] + a * 2 : last, false);
        for (uint32_t b = 0; b < bays; b++) {
            if (b == 0 || b == bays / 2 || b + 1 == bays) continue; // room for the short cut and for the roads
            uint32_t v = node(d, x + STEP_M * (float)b, AISLE_M * (float)a + BAY_M);
            join(d, lane + b, v, true);
            d->r.bay[d->r.bays++] = v;
        }
        if (a) {
            uint32_t v = node(d, x + STEP_M * (float)(bays / 2), AISLE_M * ((float)a - 0.5f));
            join(d, before + bays / 2, v, true), join(d, v, lane + bays / 2, true);
        }
        before = lane;
    }
    return y;
}
static void lanes(Draft *d, const Yard *a, const Yard *b) {
    for (uint32_t l = 0; l < 4; l++) {
        uint32_t row = a->rows * (l * 2 + 1) / 8, from = a->down[1] + row, to = b->down[0] + row;
        float x = d->r.x[from] + STEP_M, step = (d->r.x[to] - x) / (float)LANE_STEPS;
        bool east = l % 2 == 0;
        uint32_t first = road(d, x, d->r.y[from], step, 0, LANE_STEPS, east), last = first + LANE_STEPS - 1;
        join(d, east ? from : first, east ? first : from, false), join(d, east ? last : to, east ? to : last, false);
    }
}
static bool near(const RouteRoads *r, uint32_t u, uint32_t v) {
    float dx = r->x[u] - r->x[v], dy = r->y[u] - r->y[v];
    return u != v && dx * dx + dy * dy < CLEAR_M * CLEAR_M;
}
static Err finish(Draft *d, RouteRoads *ret) {
    RouteRoads *r = &d->r;
    uint32_t n = d->n, conf = 0;
    r->out_begin = calloc(n + 2u, sizeof(uint32_t)), r->out = calloc(d->edges + 1u, sizeof(uint32_t));
    r->conf_begin = calloc(n + 1u, sizeof(uint32_t));
    for (uint32_t u = 0; u < n; u++)
        for (uint32_t v = 0; v < n; v++) conf += near(r, u, v);
    r->conf = calloc(conf + 1u, sizeof(uint32_t));
    if (!r->out_begin || !r->out || !r->conf_begin || !r->conf) return ERR_LIMIT;
    for (uint32_t e = 0; e < d->edges; e++) r->out_begin[d->edge[e][0] + 2]++;
    for (uint32_t u = 2; u < n + 2; u++) r->out_begin[u] += r->out_begin[u - 1];
    for (uint32_t e = 0; e < d->edges; e++) r->out[r->out_begin[d->edge[e][0] + 1]++] = d->edge[e][1];
    conf = 0;
    for (uint32_t u = 0; u < n; u++) {
        for (uint32_t v = 0; v < n; v++)
            if (near(r, u, v)) r->conf[conf++] = v;
        r->conf_begin[u + 1] = conf;
    }
    r->graph =
        (RouteGraph){.n = n, .out_begin = r->out_begin, .out = r->out, .conf_begin = r->conf_begin, .conf = r->conf};
    CK_ASSERT(!route_graph_fault(&r->graph));
    *ret = *r;
    return OK;
}
Err route_make_roads(uint32_t aisles, uint32_t bays, RouteRoads *ret) {
    if (aisles < 2 || aisles > 64 || bays < 5 || bays > 64) return ERR_LIMIT;
    Draft d = {.max = 2 * (aisles * (2 * bays + 1) + 4 * aisles * 2) + 4 * LANE_STEPS};
    d.r.x = calloc(d.max, sizeof(float)), d.r.y = calloc(d.max, sizeof(float));
    d.r.bay = calloc(d.max, sizeof(uint32_t)), d.edge = calloc(d.max * 4u, sizeof *d.edge);
    Err e = d.r.x && d.r.y && d.r.bay && d.edge ? OK : ERR_LIMIT;
    if (!e) {
        Yard a = yard(&d, 0, aisles, bays), b = yard(&d, STEP_M * (float)(bays + LANE_STEPS + 6), aisles, bays);
        lanes(&d, &a, &b);
        e = finish(&d, ret);
    }
    free(d.edge);
    if (e) route_roads_deinit(&d.r);
    return e;
}
void route_roads_deinit(RouteRoads *r) {
    free(r->x), free(r->y), free(r->bay), free(r->out_begin), free(r->out), free(r->conf_begin), free(r->conf);
    *r = (RouteRoads){0};
}

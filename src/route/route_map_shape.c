// Envelopes: the ground that a vehicle sweeps on an edge and on a node, and which of them meet.
#include "route_map_internal.h"
#include <math.h>

typedef struct {
    double x, y, ux, uy, half_l, half_w; // centre, unit vector along, halves
} Box;
#define TURN_STEP 0.26 // radians between the bodies that stand for a turn, about 15 degrees

static bool apart(const Box *a, const Box *b) { // an axis of `a` separates them (Gottschalk 1996)
    double dx = b->x - a->x, dy = b->y - a->y;
    double c = fabs(a->ux * b->ux + a->uy * b->uy), s = fabs(a->ux * b->uy - a->uy * b->ux);
    return fabs(dx * a->ux + dy * a->uy) >= a->half_l + b->half_l * c + b->half_w * s ||
           fabs(dy * a->ux - dx * a->uy) >= a->half_w + b->half_l * s + b->half_w * c;
}
static bool meet(const Box *a, const Box *b) {
    return !apart(a, b) && !apart(b, a);
}
static Box body(const RouteMap *m, double x, double y, double heading, double widen) {
    return (Box){x, y, cos(heading), sin(heading), m->length_m / 2 + widen, m->width_m / 2 + widen};
}
bool route_bodies_meet(const RouteMap *m, const double a[3], const double b[3], double gap) {
    Box p = body(m, a[0], a[1], a[2], gap / 2), q = body(m, b[0], b[1], b[2], gap / 2);
    return meet(&p, &q);
}

typedef struct {
    Box *box;
    uint32_t n, cap;
    uint32_t *begin; // by cell
} Shapes;
static void add(Shapes *s, Box b) {
    if (s->n == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1024;
        s->box = realloc(s->box, s->cap * sizeof *s->box);
        CK_ASSERT(s->box != NULL);
    }
    s->box[s->n++] = b;
}
static double turned(double from, double to) { // by the shorter way
    double d = fmod(to - from, 2 * M_PI);
    return d > M_PI ? d - 2 * M_PI : d < -M_PI ? d + 2 * M_PI : d;
}
static void shape_node(const RouteMap *m, uint32_t v, Shapes *s) {
    const MapNode *n = &m->node[v];
    double widen = m->margin_m / 2;
    uint32_t ins = m->in_begin[v + 1] - m->in_begin[v], outs = m->out_begin[v + 1] - m->out_begin[v];
    for (uint32_t i = 0; i < ins; i++) add(s, body(m, n->x, n->y, m->edge[m->in[m->in_begin[v] + i]].heading, widen));
    for (uint32_t i = 0; i < outs; i++)
        add(s, body(m, n->x, n->y, m->edge[m->out[m->out_begin[v] + i]].heading, widen));
    for (uint32_t i = 0; i < ins; i++)
        for (uint32_t o = 0; o < outs; o++) {
            const MapEdge *a = &m->edge[m->in[m->in_begin[v] + i]], *b = &m->edge[m->out[m->out_begin[v] + o]];
            if (a->from == b->to && m->nodes > 2) continue; // nobody turns back on the spot
            double turn = turned(a->heading, b->heading);
            int steps = (int)(fabs(turn) / TURN_STEP);
            for (int k = 1; k <= steps; k++) add(s, body(m, n->x, n->y, a->heading + turn * k / (steps + 1), widen));
        }
}
static void shape_edge(const RouteMap *m, uint32_t e, Shapes *s) {
    const MapEdge *g = &m->edge[e];
    const MapNode *a = &m->node[g->from], *b = &m->node[g->to];
    Box x = body(m, (a->x + b->x) / 2, (a->y + b->y) / 2, g->heading, m->margin_m / 2);
    x.half_l += g->length_m / 2;
    add(s, x);
}
static bool cells_meet(const Shapes *s, uint32_t a, uint32_t b) {
    for (uint32_t i = s->begin[a]; i < s->begin[a + 1]; i++)
        for (uint32_t k = s->begin[b]; k < s->begin[b + 1]; k++)
            if (meet(&s->box[i], &s->box[k])) return true;
    return false;
}

// ---- who is near whom: cells sorted by their western end
typedef struct {
    double west, east, south, north;
    uint16_t cell;
} Extent;
static int by_west(const void *x, const void *y) {
    double a = ((const Extent *)x)->west, b = ((const Extent *)y)->west;
    return (a > b) - (a < b);
}
static Extent extent(const Shapes *s, uint32_t cell) {
    Extent e = {INFINITY, -INFINITY, INFINITY, -INFINITY, (uint16_t)cell};
    for (uint32_t i = s->begin[cell]; i < s->begin[cell + 1]; i++) {
        const Box *b = &s->box[i];
        double w = b->half_l * fabs(b->ux) + b->half_w * fabs(b->uy);
        double h = b->half_l * fabs(b->uy) + b->half_w * fabs(b->ux);
        e.west = fmin(e.west, b->x - w), e.east = fmax(e.east, b->x + w);
        e.south = fmin(e.south, b->y - h), e.north = fmax(e.north, b->y + h);
    }
    return e;
}
typedef struct {
    uint16_t a, b;
} Pair;
static uint32_t pairs_of(const RouteMap *m, const Shapes *s, Pair **ret) {
    Extent *x = calloc(m->cells, sizeof *x);
    Pair *p = NULL;
    uint32_t n = 0, cap = 0;
    CK_ASSERT(x != NULL);
    for (uint32_t i = 0; i < m->cells; i++) x[i] = extent(s, i);
    qsort(x, m->cells, sizeof *x, by_west);
    for (uint32_t i = 0; i < m->cells; i++)
        for (uint32_t k = i + 1; k < m->cells && x[k].west < x[i].east; k++) {
            if (x[k].south >= x[i].north || x[k].north <= x[i].south || !cells_meet(s, x[i].cell, x[k].cell)) continue;
            if (n == cap) {
                cap = cap ? cap * 2 : 4096;
                p = realloc(p, cap * sizeof *p);
                CK_ASSERT(p != NULL);
            }
            p[n++] = (Pair){x[i].cell, x[k].cell};
        }
    free(x);
    *ret = p;
    return n;
}
void map_shape(RouteMap *m) {
    Shapes s = {.begin = calloc(m->cells + 1, sizeof *s.begin)};
    Pair *p;
    CK_ASSERT(s.begin != NULL);
    for (uint32_t i = 0; i < m->cells; i++) {
        s.begin[i] = s.n;
        if (i < m->nodes)
            shape_node(m, i, &s);
        else
            shape_edge(m, i - m->nodes, &s);
    }
    s.begin[m->cells] = s.n;
    uint32_t n = pairs_of(m, &s, &p);
    m->conf_begin = calloc(m->cells + 2, sizeof *m->conf_begin);
    m->conf = calloc(2 * (size_t)n + 1, sizeof *m->conf);
    CK_ASSERT(m->conf_begin && m->conf);
    for (uint32_t i = 0; i < n; i++) m->conf_begin[p[i].a + 2]++, m->conf_begin[p[i].b + 2]++;
    for (uint32_t i = 0; i < m->cells; i++) m->conf_begin[i + 2] += m->conf_begin[i + 1];
    for (uint32_t i = 0; i < n; i++) {
        m->conf[m->conf_begin[p[i].a + 1]++] = p[i].b;
        m->conf[m->conf_begin[p[i].b + 1]++] = p[i].a;
    }
    free(p), free(s.box), free(s.begin);
}
bool route_map_conflict(const RouteMap *m, uint32_t cell, uint32_t other) {
    if (cell == other) return true;
    for (uint32_t i = m->conf_begin[cell]; i < m->conf_begin[cell + 1]; i++)
        if (m->conf[i] == other) return true;
    return false;
}

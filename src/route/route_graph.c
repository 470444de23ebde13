#include "route_internal.h"

void rng_shuffle(RouteRng *r, uint32_t *v, uint32_t n) {
    for (uint32_t i = n; i > 1; i--) {
        uint32_t k = rng_below(r, i), x = v[k];
        v[k] = v[i - 1], v[i - 1] = x;
    }
}
bool route_past(const RouteDeadline *d) {
    return (d->stop && *d->stop) || (d->now_us && d->now_us(d->ctx) >= d->until_us);
}

// ---- is it sound
static bool csr_sound(const uint32_t *begin, const uint32_t *to, uint32_t n, uint32_t degree_max) {
    if (begin[0] != 0) return false;
    for (uint32_t u = 0; u < n; u++) {
        if (begin[u + 1] < begin[u] || begin[u + 1] - begin[u] > degree_max) return false;
        for (uint32_t e = begin[u]; e < begin[u + 1]; e++)
            if (to[e] >= n || to[e] == u) return false;
    }
    return true;
}
static bool csr_has(const uint32_t *begin, const uint32_t *to, uint32_t u, uint32_t v) {
    for (uint32_t e = begin[u]; e < begin[u + 1]; e++)
        if (to[e] == v) return true;
    return false;
}
const char *route_graph_fault(const RouteGraph *g) {
    if (!g->n || g->n > ROUTE_NODES_MAX) return "the number of nodes is 0 or too large";
    if (!csr_sound(g->out_begin, g->out, g->n, DEGREE_MAX))
        return "an edge leads to no node or to itself, or a node has more than 16 edges out";
    for (uint32_t e = 0; g->cost && e < g->out_begin[g->n]; e++)
        if (!g->cost[e]) return "an edge costs nothing";
    if (!g->conf_begin) return NULL;
    if (!csr_sound(g->conf_begin, g->conf, g->n, UINT8_MAX))
        return "a node excludes itself, one that is none, or more than 255";
    for (uint32_t u = 0; u < g->n; u++)
        for (uint32_t e = g->conf_begin[u]; e < g->conf_begin[u + 1]; e++)
            if (!csr_has(g->conf_begin, g->conf, g->conf[e], u)) return "one node excludes another but not the reverse";
    return NULL;
}

// ---- distances
bool route_back_init(RouteBack *b, const RouteGraph *g) {
    uint32_t edges = g->out_begin[g->n];
    *b = (RouteBack){.g = g, .in_begin = calloc(g->n + 2, sizeof(uint32_t)), .in = calloc(edges + 1, sizeof(uint32_t))};
    if (g->cost) {
        b->in_cost = calloc(edges + 1, sizeof *b->in_cost);
        b->heap = malloc((edges + 2) * sizeof *b->heap);
    } else {
        b->queue = malloc((g->n + 1) * sizeof *b->queue);
    }
    if (!b->in_begin || !b->in || (g->cost ? !b->in_cost || !b->heap : !b->queue)) {
        route_back_deinit(b);
        return false;
    }
    uint32_t *at = b->in_begin + 1; // at[v] ends as the end of v's list, which is the begin of the next
    for (uint32_t e = 0; e < edges; e++) at[g->out[e] + 1]++;
    for (uint32_t v = 0; v < g->n; v++) at[v + 1] += at[v];
    for (uint32_t u = 0; u < g->n; u++)
        for (uint32_t e = g->out_begin[u]; e < g->out_begin[u + 1]; e++) {
            uint32_t to = at[g->out[e]]++;
            b->in[to] = u;
            if (g->cost) b->in_cost[to] = g->cost[e];
        }
    return true;
}
void route_back_deinit(RouteBack *b) {
    free(b->in_begin), free(b->in), free(b->in_cost), free(b->queue), free(b->heap);
    *b = (RouteBack){0};
}
static void breadth_first(RouteBack *b, uint32_t goal, uint16_t *row) {
    uint32_t head = 0, tail = 0;
    row[goal] = 0, b->queue[tail++] = goal;
    while (head < tail) {
        uint32_t v = b->queue[head++];
        uint16_t d = (uint16_t)MIN(row[v] + 1, NO_WAY - 1);
        for (uint32_t e = b->in_begin[v]; e < b->in_begin[v + 1]; e++)
            if (row[b->in[e]] == NO_WAY) row[b->in[e]] = d, b->queue[tail++] = b->in[e];
    }
}
static void heap_push(uint64_t *heap, uint32_t *n, uint64_t key) {
    uint32_t at = (*n)++;
    for (; at && heap[(at - 1) / 2] > key; at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = key;
}
static uint64_t heap_pop(uint64_t *heap, uint32_t *n) {
    uint64_t top = heap[0], last = heap[--*n];
    uint32_t at = 0;
    for (uint32_t c; (c = at * 2 + 1) < *n; at = c) {
        if (c + 1 < *n && heap[c + 1] < heap[c]) c++;
        if (heap[c] >= last) break;
        heap[at] = heap[c];
    }
    heap[at] = last;
    return top;
}
void route_back_from(RouteBack *b, uint32_t goal, uint16_t *row) {
    for (uint32_t v = 0; v < b->g->n; v++) row[v] = NO_WAY;
    if (!b->in_cost) {
        breadth_first(b, goal, row);
        return;
    }
    uint32_t n = 0;
    row[goal] = 0, heap_push(b->heap, &n, goal);
    while (n) {
        uint64_t top = heap_pop(b->heap, &n);
        uint32_t v = (uint32_t)top;
        if (top >> 32 != row[v]) continue;
        for (uint32_t e = b->in_begin[v]; e < b->in_begin[v + 1]; e++) {
            uint32_t d = (uint32_t)MIN((top >> 32) + b->in_cost[e], NO_WAY - 1u);
            if (d >= row[b->in[e]]) continue;
            row[b->in[e]] = (uint16_t)d;
            heap_push(b->heap, &n, (uint64_t)d << 32 | b->in[e]);
        }
    }
}

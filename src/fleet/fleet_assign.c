// The assignment problem by shortest augmenting paths: O(rows^2 cols) with rows <= cols.
#include "fleet.h"
#include <math.h>

#define NEVER 1e15 // a pair that must not be; chosen only when a row has no other, and dropped at the end
typedef struct {
    const double *cost;
    uint32_t rows, cols, n, m; // n <= m
    bool turned;
} Problem;
static double cost_at(const Problem *p, uint32_t i, uint32_t j) {
    double c = p->turned ? p->cost[j * p->cols + i] : p->cost[i * p->cols + j];
    return c < NEVER ? c : NEVER;
}
// One more row into the matching: Dijkstra over columns by reduced cost.
static void augment(const Problem *p, uint32_t row, double *u, double *v, uint32_t *row_of, uint32_t *way,
                    double *least, bool *used) {
    uint32_t j0 = 0;
    row_of[0] = row;
    for (uint32_t j = 0; j <= p->m; j++) least[j] = INFINITY, used[j] = false;
    do {
        used[j0] = true;
        uint32_t i0 = row_of[j0], j1 = 0;
        double delta = INFINITY;
        for (uint32_t j = 1; j <= p->m; j++) {
            if (used[j]) continue;
            double c = cost_at(p, i0 - 1, j - 1) - u[i0] - v[j];
            if (c < least[j]) least[j] = c, way[j] = j0;
            if (least[j] < delta) delta = least[j], j1 = j;
        }
        for (uint32_t j = 0; j <= p->m; j++)
            if (used[j])
                u[row_of[j]] += delta, v[j] -= delta;
            else
                least[j] -= delta;
        j0 = j1;
    } while (row_of[j0]);
    do {
        uint32_t j1 = way[j0];
        row_of[j0] = row_of[j1];
        j0 = j1;
    } while (j0);
}
void fleet_assign(const double *cost, uint32_t rows, uint32_t cols, uint32_t *ret) {
    for (uint32_t i = 0; i < rows; i++) ret[i] = UINT32_MAX;
    if (!rows || !cols) return;
    Problem p = {cost, rows, cols, MIN(rows, cols), MAX(rows, cols), rows > cols};
    double *u = calloc(p.n + 1, sizeof *u), *v = calloc(p.m + 1, sizeof *v), *least = calloc(p.m + 1, sizeof *least);
    uint32_t *row_of = calloc(p.m + 1, sizeof *row_of), *way = calloc(p.m + 1, sizeof *way);
    bool *used = calloc(p.m + 1, sizeof *used);
    CK_ASSERT(u && v && least && row_of && way && used);
    for (uint32_t i = 1; i <= p.n; i++) augment(&p, i, u, v, row_of, way, least, used);
    for (uint32_t j = 1; j <= p.m; j++) {
        if (!row_of[j] || cost_at(&p, row_of[j] - 1, j - 1) >= NEVER) continue;
        if (p.turned)
            ret[j - 1] = row_of[j] - 1;
        else
            ret[row_of[j] - 1] = j - 1;
    }
    free(u), free(v), free(least), free(row_of), free(way), free(used);
}

#include "route_window_internal.h"

#define ROWS_BYTES_MAX   ((size_t)256 << 20)
#define TABLES_BYTES_MAX ((size_t)1 << 30)
#define AT_GOAL          (INT64_MIN / 2)
#define WEIGHT           16u // of one that has just started

// ---- life
RoutePlanner *route_planner_new(const RouteGraph *g, uint32_t agents_max, uint64_t seed) {
    RoutePlanner *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    size_t n = g->n, m = MAX(agents_max, 1u);
    CK_ASSERT(agents_max <= ROUTE_AGENTS_MAX);
    p->g = g, p->agents_max = agents_max, p->rng.s = seed;
    p->slots_max = (uint32_t)MIN(n, MAX(m + 64, ROWS_BYTES_MAX / (n * sizeof(uint16_t))));
    p->row = calloc(p->slots_max, sizeof *p->row), p->node_of = calloc(p->slots_max, sizeof *p->node_of);
    p->used = calloc(p->slots_max, sizeof *p->used), p->slot_of = calloc(n, sizeof *p->slot_of);
    p->memory = calloc(m, sizeof *p->memory), p->dist = calloc(m, sizeof *p->dist);
    p->weight = calloc(m, sizeof *p->weight), p->key = calloc(m, sizeof *p->key);
    p->order = calloc(m, sizeof *p->order), p->score = calloc(m, sizeof *p->score);
    p->seen = calloc(m, sizeof *p->seen), p->mark = calloc(n, sizeof *p->mark);
    p->now = malloc(n * sizeof *p->now), p->next = malloc(n * sizeof *p->next);
    p->list[0] = calloc(n, sizeof(uint32_t)), p->list[1] = calloc(n, sizeof(uint32_t));
    bool back = route_back_init(&p->back, g);
    if (!p->row || !p->node_of || !p->used || !p->slot_of || !p->memory || !p->dist || !p->weight || !p->key ||
        !p->order || !p->score || !p->seen || !p->mark || !p->now || !p->next || !p->list[0] || !p->list[1] || !back) {
        route_planner_free(p);
        return NULL;
    }
    memset(p->now, 0xff, n * sizeof *p->now), memset(p->next, 0xff, n * sizeof *p->next);
    for (size_t i = 0; i < m; i++) p->memory[i].goal = NO_NODE;
    return p;
}
static void tables_free(RoutePlanner *p) {
    free(p->work), free(p->last), free(p->block), free(p->at), free(p->prev), free(p->cost), free(p->saved);
    p->work = p->last = NULL, p->last_n = 0, p->block = NULL, p->at = NULL, p->prev = p->cost = p->saved = NULL;
}
void route_planner_free(RoutePlanner *p) {
    if (!p) return;
    for (uint32_t s = 0; p->row && s < p->slots; s++) free(p->row[s]);
    free(p->row), free(p->node_of), free(p->used), free(p->slot_of), free(p->memory), free(p->dist), free(p->weight);
    free(p->key), free(p->order), free(p->score), free(p->seen), free(p->mark), free(p->now), free(p->next);
    free(p->list[0]), free(p->list[1]);
    route_back_deinit(&p->back);
    tables_free(p);
    free(p);
}
void route_planner_deadline(RoutePlanner *p, RouteDeadline d) {
    p->deadline = d;
}
static bool tables_init(RoutePlanner *p, uint32_t window) { // they grow with the window
    if (p->work && p->window_max >= window) return true;
    tables_free(p);
    size_t row = (size_t)window + 1, cells = row * p->g->n;
    if (cells * 11 > TABLES_BYTES_MAX) return false;
    p->work = malloc(row * MAX(p->agents_max, 1u) * sizeof *p->work);
    p->last = malloc(row * MAX(p->agents_max, 1u) * sizeof *p->last);
    p->block = malloc(cells), p->at = malloc(cells * sizeof *p->at);
    p->prev = malloc(cells * sizeof *p->prev), p->cost = malloc(cells * sizeof *p->cost);
    p->saved = malloc(row * WINDOW_GROUP_MAX * sizeof *p->saved);
    p->window_max = window;
    if (p->work && p->last && p->block && p->at && p->prev && p->cost && p->saved) return true;
    tables_free(p);
    return false;
}

// ---- distances
static const uint16_t *row_of(RoutePlanner *p, uint32_t goal) { // NULL: no memory
    uint32_t s = p->slot_of[goal];
    if (s) {
        p->used[s - 1] = p->call;
        return p->row[s - 1];
    }
    if (p->slots < p->slots_max) {
        p->row[p->slots] = malloc(p->g->n * sizeof(uint16_t));
        if (!p->row[p->slots]) return NULL;
        s = ++p->slots;
    } else { // the one that was not needed for the longest time; those of this call stay
        s = 1;
        for (uint32_t i = 1; i < p->slots; i++)
            if (p->used[i] < p->used[s - 1]) s = i + 1;
        p->slot_of[p->node_of[s - 1]] = 0;
    }
    p->slot_of[goal] = s, p->node_of[s - 1] = goal, p->used[s - 1] = p->call;
    route_back_from(&p->back, goal, p->row[s - 1]);
    return p->row[s - 1];
}
uint32_t route_distance(RoutePlanner *p, uint32_t from, uint32_t to) {
    CK_ASSERT(from < p->g->n && to < p->g->n);
    p->call++;
    const uint16_t *row = row_of(p, to);
    return !row || row[from] == NO_WAY ? ROUTE_FAR : row[from];
}

// ---- one window
static Err look(RoutePlanner *p, const RouteAgent *agents, uint32_t n) {
    Err e = OK;
    for (uint32_t i = 0; i < n && !e; i++) {
        if (agents[i].at >= p->g->n || agents[i].goal >= p->g->n || p->now[agents[i].at] != NO_AGENT)
            e = ERR_INVALID;
        else
            p->now[agents[i].at] = (uint16_t)i;
    }
    for (uint32_t i = 0; i < n && !e; i++)
        for (uint32_t k = 1; k <= blocked_end(p->g, agents[i].at); k++)
            if (p->now[blocked_by(p->g, agents[i].at, k)] != NO_AGENT) e = ERR_INVALID;
    for (uint32_t i = 0; i < n; i++)
        if (agents[i].at < p->g->n) p->now[agents[i].at] = NO_AGENT;
    return e;
}
static int64_t base_key(const RoutePlanner *p, uint32_t i) {
    int64_t urgency = MAX(MIN(p->agents[i].urgency, 1000000), -1000000);
    return urgency * (1 << 24) + (int64_t)MIN(p->memory[i].age, 1u << 19) * 16 + p->memory[i].lift;
}
static Err remember(RoutePlanner *p) {
    for (uint32_t i = 0; i < p->n; i++) {
        const RouteAgent *a = &p->agents[i];
        WindowMemory *m = &p->memory[i];
        p->dist[i] = row_of(p, a->goal);
        if (!p->dist[i]) return ERR_LIMIT;
        if (m->goal != a->goal || a->at == a->goal) *m = (WindowMemory){.goal = a->goal};
        if (a->at != a->goal) m->age++;
        uint32_t more = (uint32_t)MAX(MIN(a->urgency, 15), 0);
        p->weight[i] = (1 + more) * (WEIGHT + MIN(m->age / 2, 15 * WEIGHT));
        p->order[i] = i;
    }
    return OK;
}
static void rekey(RoutePlanner *p, const uint32_t *at) {
    for (uint32_t i = 0; i < p->n; i++)
        if (p->dist[i][at[i]] == 0)
            p->key[i] = AT_GOAL;
        else if (p->key[i] == AT_GOAL)
            p->key[i] = base_key(p, i);
}
// Steps from t on, by priority.
static void roll(RoutePlanner *p, uint32_t *steps, uint32_t t) {
    for (; t < p->window; t++) {
        uint32_t *at = steps + (size_t)t * p->n;
        rekey(p, at);
        window_sort(p);
        window_step(p, at, at + p->n);
        p->remember = false;
    }
}
static bool take_if_better(RoutePlanner *p) { // work instead of best
    uint64_t total = 0;
    for (uint32_t i = 0; i < p->n; i++) total += window_score(p, i, p->work);
    if (total >= p->total) return false;
    memcpy(p->best, p->work, ((size_t)p->window + 1) * p->n * sizeof *p->work);
    window_tables(p);
    return true;
}
static bool anybody_late(const RoutePlanner *p, uint32_t t) {
    for (uint32_t i = 0; i < p->n; i++)
        if (window_late(p, i, t)) return true;
    return false;
}
// The steps of best up to some time, then once more with one of the late in front.
static bool roll_again(RoutePlanner *p) {
    uint32_t n = p->n, t = rng_below(&p->rng, p->window), late[8], count = 0;
    if (rng_below(&p->rng, 2)) t = 0;
    if (!anybody_late(p, t)) return false;
    for (uint32_t i = 0; i < n; i++) p->key[i] = base_key(p, i);
    for (uint32_t k = 0, from = rng_below(&p->rng, n); k < n && count < 4; k++)
        if (window_late(p, (from + k) % n, t)) late[count++] = (from + k) % n;
    for (uint32_t k = 0; k < count; k++) p->key[late[k]] = INT64_MAX / 4 - k;
    memcpy(p->work, p->best, ((size_t)t + 1) * n * sizeof *p->work);
    roll(p, p->work, t);
    return take_if_better(p);
}
static uint32_t stuck(const RoutePlanner *p) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t t = 1;
        while (t <= p->window && p->best[(size_t)t * p->n + i] == p->best[i]) t++;
        count += t > p->window && p->dist[i][p->best[i]] != 0;
    }
    return count;
}
static bool holds_still(const RoutePlanner *p, const uint32_t *steps) { // the fixed ones
    for (uint32_t i = 0; i < p->n; i++)
        for (uint32_t t = 1; p->agents[i].fixed && t <= p->window; t++)
            if (steps[(size_t)t * p->n + i] != p->agents[i].at) return false;
    return true;
}
// The plan of the call before, where all are where it has them after one of its first steps: its rest, gone on with.
static void go_on(RoutePlanner *p) {
    size_t n = p->n, row = n * sizeof *p->last;
    if (p->last_n != n || p->last_window != p->window) return;
    for (uint32_t t = 0; t <= MIN(p->window - 1, 4u); t++) {
        if (memcmp(p->last + t * n, p->best, row) != 0) continue;
        memcpy(p->work, p->last + t * n, row * (p->window - t + 1));
        for (uint32_t i = 0; i < n; i++) p->key[i] = base_key(p, i);
        roll(p, p->work, p->window - t);
        if (holds_still(p, p->work)) (void)take_if_better(p);
        return;
    }
}
static void plan(RoutePlanner *p, uint32_t iterations, RouteWindowInfo *info) {
    for (uint32_t i = 0; i < p->n; i++) p->best[i] = p->agents[i].at, p->key[i] = base_key(p, i);
    p->remember = true;
    roll(p, p->best, 0);
    window_tables(p);
    info->score_first = p->total;
    go_on(p);
    for (; info->iterations < iterations; info->iterations++) {
        if (route_past(&p->deadline)) {
            info->deadline = true;
            break;
        }
        info->accepted += info->iterations % 32 == 31 ? roll_again(p) : window_improve(p);
    }
    info->score = p->total, info->stuck = stuck(p);
    memcpy(p->last, p->best, ((size_t)p->window + 1) * p->n * sizeof *p->last);
    p->last_n = p->n, p->last_window = p->window;
}
Err route_window(RoutePlanner *p, const RouteAgent *agents, uint32_t n, uint32_t window, uint32_t iterations,
                 uint32_t *ret_steps, RouteWindowInfo *ret_info) {
    if (n > p->agents_max || !window || window > ROUTE_WINDOW_MAX || !tables_init(p, window)) return ERR_LIMIT;
    Err e = look(p, agents, n);
    if (e) return e;
    p->call++, p->agents = agents, p->n = n, p->window = window, p->best = ret_steps;
    e = remember(p);
    if (e) return e;
    RouteWindowInfo info = {0};
    if (n) plan(p, iterations, &info);
    p->best = NULL, p->agents = NULL;
    if (ret_info) *ret_info = info;
    return OK;
}

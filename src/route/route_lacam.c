// LaCAM (Okumura, AAAI 2023; Engineering LaCAM*, AAMAS 2024): depth-first over configurations of all agents. Each knows
// which constraints ("agent a goes to v") it has yet to try, breadth-first over agents in order of priority, so that
// the search is complete: an empty stack means that there is no plan.
#include "route_internal.h"

typedef struct Constraint {
    struct Constraint *up, *next; // the one before it in the chain; the next to try
    uint32_t where, depth;        // depth 0: no constraint
    uint16_t who;
} Constraint;
typedef struct Config {
    struct Config *parent, *bucket;
    Constraint *head, *tail; // to try
    uint64_t hash;
    float *priority;
    uint16_t *order;
    uint32_t *at;
} Config;
typedef struct {
    const RouteTask *k;
    Pibt *p;
    const RouteDeadline *deadline;
    RouteRng rng;
    Arena memory;
    Config **table;
    uint32_t table_bits;
    uint64_t configs, steps, steps_max;
    Config **stack;
    size_t depth, stack_cap;
    uint16_t *who; // scratch
    uint32_t *where, *to;
} Lacam;
#define RUNS          16u
#define RUN_STEPS     4096u
#define PUT_BACK_ROOT 1000 // one of so many known configurations met again sends the search back to the start

static uint64_t hash_of(const uint32_t *at, uint32_t n) {
    uint64_t h = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint64_t x = ((uint64_t)i << 32 | at[i]) * 0x9e3779b97f4a7c15u;
        h += (x ^ (x >> 29)) * 0xbf58476d1ce4e5b9u;
    }
    return h ^ (h >> 32);
}
static Config *known(const Lacam *l, uint64_t hash, const uint32_t *at) {
    Config *c = l->table[hash >> (64 - l->table_bits)];
    for (; c; c = c->bucket)
        if (c->hash == hash && memcmp(c->at, at, l->k->n * sizeof *at) == 0) return c;
    return NULL;
}
static bool stack_push(Lacam *l, Config *c) {
    if (l->depth == l->stack_cap) {
        size_t cap = l->stack_cap ? l->stack_cap * 2 : 1024;
        Config **grown = realloc(l->stack, cap * sizeof(Config *));
        if (!grown) return false;
        l->stack = grown, l->stack_cap = cap;
    }
    l->stack[l->depth++] = c;
    return true;
}
// Stable insertion from the parent's order: priorities change little from step to step.
static void sort_order(uint16_t *order, const float *priority, uint32_t n) {
    for (uint32_t o = 1; o < n; o++) {
        uint16_t i = order[o];
        uint32_t at = o;
        for (; at && priority[order[at - 1]] < priority[i]; at--) order[at] = order[at - 1];
        order[at] = i;
    }
}
static void prioritise(const Lacam *l, Config *c) {
    uint32_t n = l->k->n;
    for (uint32_t i = 0; i < n; i++) {
        uint16_t d = task_dist(l->k, i, c->at[i]);
        if (!c->parent)
            c->priority[i] = (float)d / 65536.0f, c->order[i] = (uint16_t)i;
        else if (d)
            c->priority[i] = c->parent->priority[i] + 1;
        else
            c->priority[i] = c->parent->priority[i] - (float)(uint32_t)c->parent->priority[i];
    }
    if (c->parent) memcpy(c->order, c->parent->order, n * sizeof *c->order);
    sort_order(c->order, c->priority, n);
}
static Config *config_new(Lacam *l, Config *parent, const uint32_t *at, uint64_t hash) {
    uint32_t n = l->k->n;
    Config *c = arena_alloc(&l->memory, sizeof *c + sizeof(Constraint) + n * (sizeof(float) + 4 + 2));
    if (!c) return NULL;
    Constraint *none = (Constraint *)(c + 1);
    c->priority = (float *)(none + 1), c->at = (uint32_t *)(c->priority + n), c->order = (uint16_t *)(c->at + n);
    c->head = c->tail = none;
    c->parent = parent, c->hash = hash;
    memcpy(c->at, at, n * sizeof *at);
    prioritise(l, c);
    Config **bucket = &l->table[hash >> (64 - l->table_bits)];
    c->bucket = *bucket, *bucket = c;
    l->configs++;
    return stack_push(l, c) ? c : NULL;
}
// The constraints below `c`: where the next agent in order may go.
static bool constraints_below(Lacam *l, Config *from, Constraint *c) {
    const RouteGraph *g = l->k->g;
    uint32_t i = from->order[c->depth], at = from->at[i], n = degree(g, at) + 1, where[DEGREE_MAX + 1];
    memcpy(where, g->out + g->out_begin[at], (n - 1) * sizeof *where);
    where[n - 1] = at;
    rng_shuffle(&l->rng, where, n);
    for (uint32_t e = 0; e < n; e++) {
        Constraint *b = arena_alloc(&l->memory, sizeof *b);
        if (!b) return false;
        *b = (Constraint){.up = c, .where = where[e], .depth = c->depth + 1, .who = (uint16_t)i};
        if (from->tail)
            from->tail->next = b;
        else
            from->head = b;
        from->tail = b;
    }
    return true;
}
static bool arrived(const Lacam *l, const uint32_t *at) {
    return memcmp(at, l->k->goals, l->k->n * sizeof *at) == 0;
}
typedef enum { GO_ON, OUT_OF_MEMORY, FOUND } Step;
static Step step(Lacam *l) {
    Config *c = l->stack[l->depth - 1];
    Constraint *q = c->head;
    if (!q) {
        l->depth--;
        return GO_ON;
    }
    c->head = q->next;
    if (!c->head) c->tail = NULL;
    if (q->depth < l->k->n && !constraints_below(l, c, q)) return OUT_OF_MEMORY;
    uint32_t fixed = q->depth;
    for (const Constraint *x = q; x->depth; x = x->up) l->who[x->depth - 1] = x->who, l->where[x->depth - 1] = x->where;
    if (!pibt_step(l->p, c->at, c->order, l->who, l->where, fixed, l->to)) return GO_ON;
    uint64_t hash = hash_of(l->to, l->k->n);
    Config *old = known(l, hash, l->to);
    if (old) {
        if (rng_below(&l->rng, PUT_BACK_ROOT) == 0) old = l->stack[0];
        return stack_push(l, old) ? GO_ON : OUT_OF_MEMORY;
    }
    if (!config_new(l, c, l->to, hash)) return OUT_OF_MEMORY;
    return arrived(l, l->to) ? FOUND : GO_ON;
}
static bool walk_back(const Lacam *l, RouteSteps *ret) {
    uint32_t n = l->k->n, t = 0;
    const Config *last = l->stack[l->depth - 1];
    for (const Config *c = last; c->parent; c = c->parent) t++;
    uint32_t *steps = malloc(((size_t)t + 1) * n * sizeof *steps);
    if (!steps) return false;
    *ret = (RouteSteps){steps, t, l->configs};
    for (const Config *c = last; c; c = c->parent, t--) memcpy(steps + (size_t)t * n, c->at, n * sizeof *steps);
    return true;
}
static RouteOutcome search(Lacam *l, RouteSteps *ret) {
    const uint32_t *starts = l->k->starts;
    Step s = config_new(l, NULL, starts, hash_of(starts, l->k->n)) ? GO_ON : OUT_OF_MEMORY;
    if (s == GO_ON && arrived(l, starts)) s = FOUND;
    while (s == GO_ON && l->depth) {
        if (l->steps++ == l->steps_max || route_past(l->deadline)) return ROUTE_NONE_FOUND;
        s = step(l);
    }
    if (s == FOUND && walk_back(l, ret)) return ROUTE_SOLVED;
    return s == GO_ON ? ROUTE_NONE_EXISTS : ROUTE_NONE_FOUND;
}
static RouteOutcome one_run(const RouteTask *k, Pibt *p, size_t memory_max, const RouteDeadline *d, uint64_t seed,
                            uint64_t steps_max, RouteSteps *ret) {
    Lacam l = {.k = k, .p = p, .deadline = d, .rng = {seed}, .table_bits = 18, .steps_max = steps_max};
    arena_init(&l.memory, memory_max);
    l.table = calloc((size_t)1 << l.table_bits, sizeof(Config *));
    l.who = calloc(k->n, sizeof *l.who), l.where = calloc(k->n, sizeof *l.where), l.to = calloc(k->n, sizeof *l.to);
    RouteOutcome outcome = l.table && l.who && l.where && l.to ? search(&l, ret) : ROUTE_NONE_FOUND;
    arena_deinit(&l.memory);
    free(l.table), free(l.stack), free(l.who), free(l.where), free(l.to);
    return outcome;
}
// How long a search takes varies by orders of magnitude with the seed: short runs first, two of a length, then two
// twice as long; the last one goes on to the end of memory. Any that ends by itself tells that there is no plan.
RouteOutcome lacam_find(const RouteTask *k, Pibt *p, size_t memory_max, const RouteDeadline *d, uint64_t seed,
                        RouteSteps *ret) {
    RouteRng r = {seed};
    for (uint32_t run = 0;; run++) {
        uint64_t steps_max = run < RUNS ? (uint64_t)RUN_STEPS << run / 2 : UINT64_MAX;
        RouteOutcome o = one_run(k, p, memory_max, d, rng_next(&r), steps_max, ret);
        if (o != ROUTE_NONE_FOUND || run >= RUNS || route_past(d)) return o;
    }
}
uint64_t route_loss(const RouteTask *k, const uint32_t *steps, uint32_t makespan) {
    uint64_t loss = 0;
    for (uint32_t t = 0; t < makespan; t++)
        for (uint32_t i = 0; i < k->n; i++) {
            const uint32_t *at = steps + (size_t)t * k->n + i;
            loss += at[0] != k->goals[i] || at[k->n] != k->goals[i];
        }
    return loss;
}

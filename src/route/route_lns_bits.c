// The search for one agent on small maps: sets of nodes as bits, one step of time for all of them at once. A set holds
// what can be reached at a time with so many free waits at the goal; more of them is better, so a node stays in the
// best set only. Moves are shifts, because on a grid an edge is one of a few differences of indices.
#include "route_lns_internal.h"

#define SETS_PER_STEP 16u
static inline bool bit(const uint64_t *set, uint32_t v) {
    return set[v / 64] >> (v % 64) & 1;
}
static inline void flip(uint64_t *set, uint32_t v) {
    set[v / 64] ^= (uint64_t)1 << (v % 64);
}
static inline uint64_t *taken(const LnsBits *b, uint32_t t) {
    return b->rows + 1 + (size_t)t * (1 + b->dirs) * b->words;
}
static inline uint64_t *may_move(const LnsBits *b, uint32_t t, uint32_t dir) {
    return taken(b, t) + (1 + dir) * (size_t)b->words;
}
static uint32_t dir_of(const LnsBits *b, uint32_t from, uint32_t to) {
    int32_t diff = (int32_t)to - (int32_t)from;
    uint32_t d = 0;
    while (d < b->dirs && b->offset[d] != diff) d++;
    return d;
}

// ---- life
static bool find_dirs(LnsBits *b, const RouteGraph *g) {
    for (uint32_t u = 0; u < g->n; u++)
        for (uint32_t e = g->out_begin[u]; e < g->out_begin[u + 1]; e++)
            if (dir_of(b, u, g->out[e]) == b->dirs) {
                if (b->dirs == LNS_DIRS_MAX) return false;
                b->offset[b->dirs++] = (int32_t)g->out[e] - (int32_t)u;
            }
    for (uint32_t i = 1; i < b->dirs; i++)
        for (uint32_t d = i; d && b->offset[d - 1] > b->offset[d]; d--) {
            int32_t x = b->offset[d];
            b->offset[d] = b->offset[d - 1], b->offset[d - 1] = x;
        }
    const int32_t *o = b->offset;
    b->near = b->dirs == 4 && o[1] == -1 && o[2] == 1 && o[3] > 1 && o[3] < 64 && o[0] == -o[3];
    return true;
}
static uint32_t radii_of(const RouteTask *k) {
    uint32_t most = 0;
    for (size_t i = 0; i < (size_t)k->n * k->g->n; i++)
        if (k->dist[i] != NO_WAY && k->dist[i] > most) most = k->dist[i];
    return most + 1;
}
static void balls(LnsBits *b, const RouteTask *k) {
    for (uint32_t i = 0; i < k->n; i++) {
        uint64_t *ball = b->ball + (size_t)i * b->radii * b->words;
        for (uint32_t v = 0; v < k->g->n; v++)
            if (task_dist(k, i, v) != NO_WAY) ball[task_dist(k, i, v) * b->words + v / 64] |= (uint64_t)1 << (v % 64);
        for (size_t w = b->words; w < (size_t)b->radii * b->words; w++) ball[w] |= ball[w - b->words];
    }
}
static bool shape(const RouteTask *k, LnsBits *ret) {
    *ret = (LnsBits){.words = (k->g->n + 63) / 64};
    return k->g->n <= LNS_BITS_NODES_MAX && find_dirs(ret, k->g);
}
LnsBits *lns_bits_new(const RouteTask *k, uint32_t horizon, LnsBits *ball_of) {
    LnsBits *b = calloc(1, sizeof *b), *ok = NULL;
    if (!b || !shape(k, b)) {
        free(b);
        return NULL;
    }
    b->radii = ball_of ? ball_of->radii : radii_of(k), b->borrowed = ball_of != NULL;
    size_t row = (b->words + 2u) * sizeof(uint64_t);
    if (row * ((size_t)k->n * b->radii + (size_t)(horizon + 1) * (1 + b->dirs + SETS_PER_STEP)) > LNS_BITS_BYTES_MAX) {
        free(b);
        return NULL;
    }
    b->horizon = horizon, b->sets_max = (horizon + 1) * SETS_PER_STEP;
    b->pad = 2;
    for (uint32_t d = 0; d < b->dirs; d++) b->pad = MAX(b->pad, (uint32_t)abs(b->offset[d]) / 64 + 2);
    b->rows = calloc((size_t)(horizon + 1) * (1 + b->dirs) * b->words + 2, 8);
    b->edge = calloc((size_t)(b->dirs + 1) * b->words, 8);
    b->sets = calloc((size_t)(b->sets_max + 1) * (b->words + 2u), 8);
    b->layers = malloc(b->sets_max * sizeof *b->layers), b->first = malloc((horizon + 2) * sizeof *b->first);
    b->scratch = calloc(b->words * 2u + 2u * b->pad, 8);
    b->ball = ball_of ? ball_of->ball : calloc((size_t)k->n * b->radii * b->words, 8);
    if (b->rows && b->edge && b->sets && b->layers && b->first && b->scratch && b->ball) ok = b;
    if (!ok) {
        lns_bits_free(b);
        return NULL;
    }
    for (uint32_t u = 0; u < k->g->n; u++)
        for (uint32_t e = k->g->out_begin[u]; e < k->g->out_begin[u + 1]; e++)
            flip(b->edge + dir_of(b, u, k->g->out[e]) * (size_t)b->words, u);
    if (!ball_of) balls(b, k);
    lns_bits_clear(b);
    return b;
}
void lns_bits_free(LnsBits *b) {
    if (!b) return;
    if (!b->borrowed) free(b->ball);
    free(b->rows), free(b->edge), free(b->sets), free(b->layers), free(b->first), free(b->scratch), free(b);
}
void lns_bits_clear(LnsBits *b) {
    size_t words = b->words;
    for (uint32_t t = 0; t <= b->horizon; t++) {
        memset(taken(b, t), 0, words * 8);
        memcpy(may_move(b, t, 0), b->edge, b->dirs * words * 8);
    }
}
// Puts a path in or takes it out again: it is the same.
void lns_bits_flip(LnsBits *b, const uint32_t *path) {
    for (uint32_t t = 0; t < b->horizon; t++) {
        flip(taken(b, t), path[t]);
        if (path[t] != path[t + 1]) flip(may_move(b, t, dir_of(b, path[t + 1], path[t])), path[t + 1]);
    }
    flip(taken(b, b->horizon), path[b->horizon]);
}

// ---- one step for a set
typedef struct {
    uint32_t agent, goal, free_t;
    int32_t limit;
} Want;
static uint64_t *set_of(const LnsBits *b, uint32_t layer) {
    return b->sets + (size_t)layer * (b->words + 2u) + 1; // a word of zeros on both sides
}
static inline void shift_or(uint64_t *restrict to, const uint64_t *restrict from, uint32_t lo, uint32_t hi,
                            int32_t by) {
    int32_t words = by >= 0 ? by / 64 : -((-by + 63) / 64);
    uint32_t bits = (uint32_t)(by - words * 64);
    const uint64_t *a = from - words;
    if (bits == 0)
        for (uint32_t i = lo; i <= hi; i++) to[i] |= a[i];
    else
        for (uint32_t i = lo; i <= hi; i++) to[i] |= a[i] << bits | a[(int32_t)i - 1] >> (64 - bits);
}
typedef struct {
    uint32_t lo, hi;
    const uint64_t *next, *ball, *from;
    uint64_t *seen, *to;
} Spread;
// On a grid less than 64 wide, where the four ways are -w, -1, 1 and w.
static void spread_near(const LnsBits *b, uint32_t t, const Spread *s) {
    const uint64_t *restrict up = may_move(b, t, 0), *restrict left = may_move(b, t, 1), *restrict f = s->from;
    const uint64_t *restrict right = may_move(b, t, 2), *restrict down = may_move(b, t, 3);
    const uint64_t *restrict next = s->next, *restrict ball = s->ball;
    uint64_t *restrict seen = s->seen, *restrict to = s->to;
    uint32_t w = (uint32_t)b->offset[3], rest = 64 - w;
    for (int64_t i = s->lo; i <= s->hi; i++) {
        uint64_t x = f[i];
        x |= (f[i] & up[i]) >> w | (f[i + 1] & up[i + 1]) << rest;
        x |= (f[i] & left[i]) >> 1 | (f[i + 1] & left[i + 1]) << 63;
        x |= (f[i] & right[i]) << 1 | (f[i - 1] & right[i - 1]) >> 63;
        x |= (f[i] & down[i]) << w | (f[i - 1] & down[i - 1]) >> rest;
        to[i] = x & ~next[i] & ball[i] & ~seen[i];
    }
}
static void spread_far(const LnsBits *b, uint32_t t, const LnsLayer *l, const Spread *s) {
    uint64_t *part = b->scratch + b->words + b->pad, *to = s->to; // zeros on both sides of part
    for (uint32_t i = l->lo; i <= l->hi; i++) to[i] = s->from[i];
    for (uint32_t d = 0; d < b->dirs; d++) {
        const uint64_t *may = may_move(b, t, d);
        for (uint32_t i = l->lo; i <= l->hi; i++) part[i] = s->from[i] & may[i];
        shift_or(to, part, s->lo, s->hi, b->offset[d]);
    }
    for (uint32_t i = l->lo; i <= l->hi; i++) part[i] = 0;
    for (uint32_t i = s->lo; i <= s->hi; i++) to[i] &= ~s->next[i] & s->ball[i] & ~s->seen[i];
}
// Whether the goal is entered at t + 1 and not only waited at.
static bool entered(const LnsBits *b, uint32_t t, uint32_t goal, const uint64_t *from) {
    for (uint32_t d = 0; d < b->dirs; d++) {
        int64_t u = (int64_t)goal - b->offset[d];
        if (u >= 0 && u < (int64_t)b->words * 64 && bit(from, (uint32_t)u) && bit(may_move(b, t, d), (uint32_t)u))
            return true;
    }
    return false;
}
// What can be reached from `l` at t + 1; false: nothing of use.
static bool spread(LnsBits *b, const Want *w, uint32_t t, const LnsLayer *l, const uint64_t *from, uint64_t *seen,
                   LnsLayer *ret, uint64_t *to) {
    int32_t r = MIN(w->limit - (int32_t)(t + 1 - l->waits), (int32_t)(b->horizon - t - 1));
    if (r < 0) return false;
    uint32_t radius = MIN((uint32_t)r, b->radii - 1), n = b->words, grow = b->pad - 1;
    uint32_t lo = l->lo > grow ? l->lo - grow : 0, hi = MIN(l->hi + grow, n - 1);
    Spread s = {.lo = lo, .hi = hi, .from = from, .seen = seen, .to = to, .next = taken(b, t + 1)};
    s.ball = b->ball + ((size_t)w->agent * b->radii + radius) * n;
    memset(to, 0, n * 8);
    if (b->near)
        spread_near(b, t, &s);
    else
        spread_far(b, t, l, &s);
    // a wait at the goal goes to the next set
    if (bit(from, w->goal) && bit(to, w->goal) && !entered(b, t, w->goal, from)) flip(to, w->goal);
    for (uint32_t i = lo; i <= hi; i++) seen[i] |= to[i];
    while (lo <= hi && !to[lo]) lo++;
    if (lo > hi) return false;
    while (!to[hi]) hi--;
    *ret = (LnsLayer){l->waits, (uint16_t)lo, (uint16_t)hi};
    return true;
}
// All sets of t + 1 from those of t, most waits first; false: no room.
static bool advance(LnsBits *b, const Want *w, uint32_t t) {
    uint32_t n = b->first[t + 1];
    uint64_t *seen = b->scratch, goal_bit = (uint64_t)1 << (w->goal % 64);
    uint16_t gw = (uint16_t)(w->goal / 64);
    memset(seen, 0, b->words * 8);
    for (uint32_t i = b->first[t]; i < b->first[t + 1]; i++) {
        const LnsLayer l = b->layers[i];
        if (n + 2 > b->sets_max) return false;
        if (bit(set_of(b, i), w->goal) && !bit(taken(b, t + 1), w->goal) && !bit(seen, w->goal) &&
            (int32_t)(t - l.waits) <= w->limit) {
            bool there = n > b->first[t + 1] && b->layers[n - 1].waits == l.waits + 1;
            if (!there) {
                memset(set_of(b, n), 0, b->words * 8);
                b->layers[n++] = (LnsLayer){(uint16_t)(l.waits + 1), gw, gw};
            }
            LnsLayer *y = &b->layers[n - 1];
            y->lo = MIN(y->lo, gw), y->hi = MAX(y->hi, gw);
            set_of(b, n - 1)[gw] |= goal_bit, seen[gw] |= goal_bit;
        }
        if (spread(b, w, t, &l, set_of(b, i), seen, &b->layers[n], set_of(b, n))) n++;
    }
    b->first[t + 2] = n;
    return true;
}
// Back from `at` in set `i` of time t, through any of the predecessors.
static void walk_back(const LnsBits *b, const Want *w, RouteRng *r, uint32_t t, uint32_t i, uint32_t *ret) {
    uint32_t at = w->goal, waits = b->layers[i].waits;
    for (uint32_t z = t; z <= b->horizon; z++) ret[z] = at;
    for (; t; t--) {
        uint32_t n = 0, pick = at, pick_waits = waits;
        for (uint32_t k = b->first[t - 1]; k < b->first[t]; k++) {
            const uint64_t *set = set_of(b, k);
            uint32_t had = b->layers[k].waits;
            if (at == w->goal && had + 1 == waits && bit(set, at) && rng_below(r, ++n) == 0)
                pick = at, pick_waits = had;
            if (had != waits) continue;
            if (at != w->goal && bit(set, at) && rng_below(r, ++n) == 0) pick = at, pick_waits = had;
            for (uint32_t d = 0; d < b->dirs; d++) {
                int64_t u = (int64_t)at - b->offset[d];
                if (u < 0 || u >= (int64_t)b->words * 64) continue;
                uint32_t v = (uint32_t)u;
                if (bit(set, v) && bit(may_move(b, t - 1, d), v) && rng_below(r, ++n) == 0) pick = v, pick_waits = had;
            }
        }
        CK_ASSERT(n > 0);
        ret[t - 1] = at = pick, waits = pick_waits;
    }
}
bool lns_bits_search(LnsBits *b, const RouteTask *k, RouteRng *r, uint32_t agent, uint32_t limit, uint32_t free_t,
                     uint32_t *ret) {
    Want w = {agent, k->goals[agent], free_t, (int32_t)MIN(limit, b->horizon)};
    uint32_t start = k->starts[agent], best_t = 0, best = UINT32_MAX;
    if (task_dist(k, agent, start) > w.limit) return false;
    b->first[0] = 0, b->first[1] = 1;
    b->layers[0] = (LnsLayer){0, (uint16_t)(start / 64), (uint16_t)(start / 64)};
    memset(set_of(b, 0), 0, b->words * 8);
    flip(set_of(b, 0), start);
    for (uint32_t t = 0; t <= b->horizon && b->first[t] < b->first[t + 1]; t++) {
        for (uint32_t i = b->first[t]; t >= free_t && i < b->first[t + 1]; i++)
            if (bit(set_of(b, i), w.goal) && (int32_t)(t - b->layers[i].waits) <= w.limit)
                best = i, best_t = t, w.limit = (int32_t)(t - b->layers[i].waits) - 1;
        if (t == b->horizon) break;
        if (!advance(b, &w, t)) break;
    }
    if (best == UINT32_MAX) return false;
    walk_back(b, &w, r, best_t, best, ret);
    return true;
}

#include "des.h"

typedef struct {
    double t;
    uint32_t order, slot;
} Node;
typedef struct {
    DesFn *fn; // NULL: cancelled
    void *ctx;
    uint64_t arg;
    uint32_t generation, next_free;
} Slot;
struct Des {
    DesClock clock;
    Node *node;
    Slot *slot;
    uint32_t n, cap, order, free_head, stale, events_max;
    bool hole; // the root has happened and waits to be replaced
    bool halt;
};
#define NO_SLOT UINT32_MAX

static inline bool before(Node a, Node b) {
    return a.t < b.t || (a.t == b.t && (int32_t)(a.order - b.order) < 0);
}
static void sift_down(Des *d, uint32_t at, Node v) {
    Node *h = d->node;
    uint32_t n = d->n;
    for (;;) {
        uint32_t c = at * 4 + 1, best = c;
        if (c >= n) break;
        uint32_t end = MIN(c + 4, n);
        for (c++; c < end; c++)
            if (before(h[c], h[best])) best = c;
        if (!before(h[best], v)) break;
        h[at] = h[best];
        at = best;
    }
    h[at] = v;
}
static void sift_up(Des *d, uint32_t at, Node v) {
    Node *h = d->node;
    while (at) {
        uint32_t up = (at - 1) / 4;
        if (!before(v, h[up])) break;
        h[at] = h[up];
        at = up;
    }
    h[at] = v;
}
static void fill_hole(Des *d) {
    if (!d->hole) return;
    d->hole = false;
    if (--d->n) sift_down(d, 0, d->node[d->n]);
}
static void grow(Des *d) {
    uint32_t cap = d->cap ? d->cap * 2 : 64;
    CK_ASSERT(d->cap < d->events_max);
    cap = MIN(cap, d->events_max);
    d->node = realloc(d->node, cap * sizeof *d->node);
    d->slot = realloc(d->slot, cap * sizeof *d->slot);
    CK_ASSERT(d->node && d->slot);
    for (uint32_t i = cap; i-- > d->cap;)
        d->slot[i] = (Slot){.generation = 1, .next_free = d->free_head}, d->free_head = i;
    d->cap = cap;
}
Des *des_new(uint32_t events_max) {
    Des *d = calloc(1, sizeof *d);
    CK_ASSERT(d != NULL && events_max > 0 && events_max < NO_SLOT);
    d->events_max = MAX(events_max, 4u), d->free_head = NO_SLOT;
    grow(d);
    return d;
}
void des_free(Des *d) {
    if (!d) return;
    free(d->node), free(d->slot), free(d);
}
uint32_t des_pending(const Des *d) {
    return d->n - d->hole - d->stale;
}
DesEvent des_at(Des *d, double t, DesFn *fn, void *ctx, uint64_t arg) {
    CK_ASSERT(t >= d->clock.now && fn != NULL);
    if (d->free_head == NO_SLOT) fill_hole(d), grow(d);
    uint32_t i = d->free_head;
    Slot *s = &d->slot[i];
    d->free_head = s->next_free;
    s->fn = fn, s->ctx = ctx, s->arg = arg;
    Node v = {t, d->order++, i};
    if (d->hole)
        d->hole = false, sift_down(d, 0, v);
    else
        sift_up(d, d->n++, v);
    return (uint64_t)s->generation << 32 | i;
}
static void slot_free(Des *d, uint32_t i) {
    Slot *s = &d->slot[i];
    if (++s->generation == 0) s->generation = 1;
    s->fn = NULL, s->next_free = d->free_head;
    d->free_head = i;
}
static Slot *live(const Des *d, DesEvent e) {
    uint32_t i = (uint32_t)e;
    if (!e || i >= d->cap || d->slot[i].generation != (uint32_t)(e >> 32) || !d->slot[i].fn) return NULL;
    return &d->slot[i];
}
static void sweep(Des *d) { // throws out what was cancelled and makes a heap of the rest
    fill_hole(d);
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n; i++)
        if (d->slot[d->node[i].slot].fn)
            d->node[n++] = d->node[i];
        else
            slot_free(d, d->node[i].slot);
    d->n = n, d->stale = 0;
    for (uint32_t i = n / 4 + 1; i-- > 0;)
        if (i < n) sift_down(d, i, d->node[i]);
}
bool des_cancel(Des *d, DesEvent e) {
    Slot *s = live(d, e);
    if (!s) return false;
    s->fn = NULL;
    if (++d->stale > 64 && d->stale > d->n / 2) sweep(d);
    return true;
}
DesEvent des_move(Des *d, DesEvent e, double t) {
    Slot *s = live(d, e);
    if (!s) return 0;
    Slot copy = *s;
    des_cancel(d, e);
    return des_at(d, t, copy.fn, copy.ctx, copy.arg);
}
static bool settle(Des *d) { // a live event at the root; false when there is none
    fill_hole(d);
    while (d->n && !d->slot[d->node[0].slot].fn) {
        slot_free(d, d->node[0].slot);
        d->stale--;
        d->hole = true;
        fill_hole(d);
    }
    return d->n > 0;
}
double des_next(const Des *d) {
    Des *m = (Des *)(uintptr_t)d; // tidying up does not change what is pending
    return settle(m) ? d->node[0].t : INFINITY;
}
static inline void run_root(Des *d) {
    Node top = d->node[0];
    Slot s = d->slot[top.slot];
    d->clock.now = top.t;
    d->hole = true;
    slot_free(d, top.slot);
    s.fn(d, s.ctx, s.arg);
}
bool des_step(Des *d) {
    if (!settle(d)) return false;
    run_root(d);
    return true;
}
void des_halt(Des *d) {
    d->halt = true;
}
uint64_t des_run(Des *d, double until) {
    uint64_t n = 0;
    d->halt = false;
    while (!d->halt) {
        fill_hole(d);
        if (!d->n || d->node[0].t > until) break;
        if (d->slot[d->node[0].slot].fn)
            run_root(d), n++;
        else if (!settle(d))
            break;
    }
    if (!d->halt && until > d->clock.now && until < INFINITY) d->clock.now = until;
    return n;
}

#include "gate_internal.h"

// ---- memory
static size_t up64(size_t n) {
    return (n + 63) & ~(size_t)63;
}
static uint32_t map_cap(GateLimits l) {
    uint64_t want = ((uint64_t)l.passages_max + CLOSED_RING) * KEYS_MAX + USED_RING, cap = 1024;
    while (cap * 7 < want * 10) cap *= 2;
    CK_ASSERT(cap <= UINT32_MAX);
    return (uint32_t)cap;
}
static uint32_t no_cap(GateLimits l) { // at least twice as many as there are passages
    uint32_t cap = 1024;
    while (cap < 2 * (l.passages_max + CLOSED_RING)) cap *= 2;
    return cap;
}
size_t gate_size(GateLimits l) {
    size_t slots = (size_t)l.passages_max + CLOSED_RING;
    return up64(sizeof(Gate)) + up64(slots * sizeof(Passage)) + up64(slots * sizeof(uint32_t)) +
           up64(no_cap(l) * sizeof(uint32_t)) + ROADS_MAX * up64(slots * sizeof(QueueItem)) +
           up64(map_cap(l) * sizeof(MapEntry));
}
Gate *gate_init(void *memory, GateLimits l) {
    CK_ASSERT(((uintptr_t)memory & 63) == 0 && l.passages_max > 0 && l.passages_max < 4000000);
    char *m = memory;
    Gate *g = memory;
    uint32_t slots = l.passages_max + CLOSED_RING;
    memset(g, 0, sizeof *g);
    g->limits = l, g->slots = slots;
    m += up64(sizeof(Gate));
    g->slot = (Passage *)m, m += up64(slots * sizeof(Passage));
    g->heap = (uint32_t *)m, m += up64(slots * sizeof(uint32_t));
    g->by_no = (uint32_t *)m, m += up64(no_cap(l) * sizeof(uint32_t));
    g->no_mask = no_cap(l) - 1;
    memset(g->by_no, 0, no_cap(l) * sizeof *g->by_no);
    for (int r = 0; r < ROADS_MAX; r++) g->queue[r] = (QueueItem *)m, m += up64(slots * sizeof(QueueItem));
    g->map = (MapEntry *)m;
    g->map_mask = map_cap(l) - 1;
    memset(g->map, 0, map_cap(l) * sizeof(MapEntry));
    g->s.free_head = NO_SLOT;
    return g;
}

// ---- map: open addressing, several passages may share a key
uint64_t key_of(int kind, Str s) {
    if (s.n == 0) return 0;
    uint64_t h = str_hash((uint64_t)kind + 1, s);
    return h ? h : 1;
}
void map_add(Gate *g, uint64_t key, uint32_t no, uint32_t slot) {
    if (!key) return;
    uint32_t i = (uint32_t)key & g->map_mask;
    while (g->map[i].no) i = (i + 1) & g->map_mask;
    g->map[i] = (MapEntry){key, no, slot};
}
const MapEntry *map_next(const Gate *g, uint64_t key, uint32_t *at) {
    for (uint32_t i = *at; g->map[i].no; i = (i + 1) & g->map_mask)
        if (g->map[i].key == key) {
            *at = (i + 1) & g->map_mask;
            return &g->map[i];
        }
    return NULL;
}
const MapEntry *map_first(const Gate *g, uint64_t key, uint32_t *ret_at) {
    *ret_at = (uint32_t)key & g->map_mask;
    return key ? map_next(g, key, ret_at) : NULL;
}
void map_remove(Gate *g, uint64_t key, uint32_t no) {
    if (!key) return;
    uint32_t i = (uint32_t)key & g->map_mask, mask = g->map_mask;
    while (g->map[i].no && (g->map[i].key != key || g->map[i].no != no)) i = (i + 1) & mask;
    if (!g->map[i].no) return;
    for (uint32_t k = (i + 1) & mask; g->map[k].no; k = (k + 1) & mask) { // Knuth 6.4, algorithm R
        uint32_t home = (uint32_t)g->map[k].key & mask;
        if (((k - home) & mask) >= ((k - i) & mask)) {
            g->map[i] = g->map[k];
            i = k;
        }
    }
    g->map[i] = (MapEntry){0};
}

// ---- passages
uint32_t slot_of(const Gate *g, const Passage *p) {
    return (uint32_t)(p - g->slot);
}
// By number: slot + 1 at the number itself, or behind it. Open passages have numbers close together, so have their
// entries.
static uint32_t no_at(const Gate *g, uint32_t no) { // where it is, or the empty entry behind
    uint32_t i = no & g->no_mask;
    while (g->by_no[i] && g->slot[g->by_no[i] - 1].no != no) i = (i + 1) & g->no_mask;
    return i;
}
static void no_add(Gate *g, uint32_t no, uint32_t slot) {
    g->by_no[no_at(g, no)] = slot + 1;
}
static void no_remove(Gate *g, uint32_t no) {
    uint32_t i = no_at(g, no), mask = g->no_mask;
    CK_ASSERT(g->by_no[i] != 0);
    for (uint32_t k = (i + 1) & mask; g->by_no[k]; k = (k + 1) & mask) { // Knuth 6.4, algorithm R
        uint32_t home = g->slot[g->by_no[k] - 1].no & mask;
        if (((k - home) & mask) >= ((k - i) & mask)) {
            g->by_no[i] = g->by_no[k];
            i = k;
        }
    }
    g->by_no[i] = 0;
}
const Passage *gate_find(const Gate *g, uint32_t no) {
    uint32_t at = no ? g->by_no[no_at(g, no)] : 0;
    return at ? &g->slot[at - 1] : NULL;
}
uint32_t gate_by(const Gate *g, GateBy by, Str text, uint32_t ret_no[2]) {
    static const int kind[] = {
        [GATE_BY_PLATE] = KEY_PLATE, [GATE_BY_TRAILER] = KEY_TRAILER, [GATE_BY_CONTAINER] = KEY_CONTAINER};
    uint32_t at, n = 0;
    for (const MapEntry *e = map_first(g, key_of(kind[by], text), &at); e && n < 2; e = map_next(g, e->key, &at)) {
        const Passage *p = gate_find(g, e->no); // NULL: a number that was used and may not come again
        if (p && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK) ret_no[n++] = e->no;
    }
    return n;
}
Passage *passage_of(Gate *g, uint32_t no) {
    return (Passage *)(uintptr_t)gate_find(g, no);
}
Passage *passage_new(Gate *g, uint32_t no) {
    CK_ASSERT(no == g->s.last_no + 1);
    uint32_t i = g->s.free_head;
    if (i != NO_SLOT) {
        g->s.free_head = g->slot[i].linked; // free slots are chained through .linked
    } else {
        CK_ASSERT(g->s.slots_used < g->slots);
        i = g->s.slots_used++;
    }
    memset(&g->slot[i], 0, sizeof(Passage));
    g->slot[i].no = no;
    g->slot[i].lane = g->slot[i].yard = DYN_NONE;
    g->s.last_no = no;
    g->s.open++;
    no_add(g, no, i);
    return &g->slot[i];
}
void used_add(Gate *g, uint64_t key) {
    if (!key) return;
    uint64_t *at = &g->s.used[g->s.used_n++ % USED_RING];
    map_remove(g, *at, USED);
    *at = key;
    map_add(g, key, USED, NO_SLOT);
}
void passage_close(Gate *g, Passage *p) {
    CK_ASSERT(g->s.open > 0 && !p->queued);
    timer_set(g, p, TIME_NEVER);
    for (int k = 0; k < KEYS_MAX; k++) map_remove(g, p->keys[k], p->no);
    if (p->place == PLACE_CLOSED) used_add(g, p->keys[PK_CUSTOMS_NO]); // a number turned back may come again
    g->s.open--;
    uint32_t *ring = &g->s.closed[g->s.closed_n % CLOSED_RING];
    if (g->s.closed_n++ >= CLOSED_RING) {
        Passage *old = &g->slot[*ring];
        no_remove(g, old->no);
        memset(old, 0, sizeof *old);
        old->linked = g->s.free_head;
        g->s.free_head = *ring;
    }
    *ring = slot_of(g, p);
}
int64_t passage_time(const Passage *p, uint32_t at) {
    return at ? p->declared_ms + at - 1 : 0;
}
uint32_t offset_of(const Passage *p, int64_t t_ms) {
    if (t_ms == 0 || t_ms == TIME_NEVER) return 0;
    int64_t d = t_ms - p->declared_ms + 1;
    return d < 1 ? 1 : d > UINT32_MAX ? UINT32_MAX : (uint32_t)d;
}

// ---- deadlines: a 4-ary heap of slots by (timer_ms, no)
static bool earlier(const Gate *g, uint32_t x, uint32_t y) {
    const Passage *a = &g->slot[x], *b = &g->slot[y];
    return a->timer_ms != b->timer_ms ? a->timer_ms < b->timer_ms : a->no < b->no;
}
static void heap_place(Gate *g, uint32_t at, uint32_t slot) {
    g->heap[at] = slot;
    g->slot[slot].timer_at = at + 1;
}
static void heap_up(Gate *g, uint32_t at) {
    uint32_t slot = g->heap[at];
    while (at && earlier(g, slot, g->heap[(at - 1) / 4])) {
        heap_place(g, at, g->heap[(at - 1) / 4]);
        at = (at - 1) / 4;
    }
    heap_place(g, at, slot);
}
static void heap_down(Gate *g, uint32_t at) {
    uint32_t slot = g->heap[at];
    for (;;) {
        uint32_t best = at, first = at * 4 + 1;
        for (uint32_t c = first; c < first + 4 && c < g->s.heap_n; c++)
            if (earlier(g, g->heap[c], best == at ? slot : g->heap[best])) best = c;
        if (best == at) break;
        heap_place(g, at, g->heap[best]);
        at = best;
    }
    heap_place(g, at, slot);
}
void timer_set(Gate *g, Passage *p, int64_t t_ms) {
    if (t_ms == TIME_NEVER) {
        if (!p->timer_at) return;
        uint32_t at = p->timer_at - 1, last = g->heap[--g->s.heap_n];
        p->timer_at = 0, p->timer_ms = 0;
        if (at == g->s.heap_n) return;
        heap_place(g, at, last);
        heap_up(g, at);
        heap_down(g, g->slot[last].timer_at - 1);
        return;
    }
    if (p->timer_at && p->timer_ms == t_ms) return;
    p->timer_ms = t_ms;
    if (!p->timer_at) heap_place(g, g->s.heap_n++, slot_of(g, p));
    heap_up(g, p->timer_at - 1);
    heap_down(g, p->timer_at - 1);
}
int64_t gate_next_deadline(const Gate *g) {
    if (!g->site) return TIME_NEVER;
    int64_t t = g->s.heap_n ? g->slot[g->heap[0]].timer_ms : TIME_NEVER;
    t = MIN(t, rules_next_change(g));
    if (queue_waits(g)) t = MIN(t, (g->s.now_ms / MINUTE_MS + 1) * MINUTE_MS);
    return t;
}
void rules_choose(Gate *g, int64_t t_ms) {
    g->s.rules_ms = t_ms;
    for (int k = 0; k < KIND_COUNT; k++) g->procedure[k] = site_procedure(g->site, (Kind)k, t_ms);
    rules_look_ahead(g);
}
int64_t rules_next_change(const Gate *g) {
    return g->next_change_ms;
}
void rules_look_ahead(Gate *g) {
    int64_t t = site_next_change(g->site, g->s.rules_ms);
    for (uint32_t i = 0; i < g->s.embargo_n; i++) {
        const EmbargoState *e = &g->s.embargo[i];
        if (e->from_ms > g->s.rules_ms) t = MIN(t, e->from_ms);
        if (e->to_ms > g->s.rules_ms) t = MIN(t, e->to_ms);
    }
    g->next_change_ms = t;
}
void copy_text(char *to, size_t size, Str from) {
    memset(to, 0, size);
    if (from.n) memcpy(to, from.p, MIN(from.n, size - 1));
}

// ---- reading
const Site *gate_site(const Gate *g) {
    return g->site;
}
int64_t gate_now(const Gate *g) {
    return g->s.now_ms;
}
uint32_t gate_open_count(const Gate *g) {
    return g->s.open;
}
uint32_t gate_last_no(const Gate *g) {
    return g->s.last_no;
}
uint32_t gate_queue_length(const Gate *g, uint8_t road) {
    return road < ROADS_MAX ? g->s.queue_n[road] : 0;
}
uint32_t gate_queue_at(const Gate *g, uint8_t road, uint32_t position) {
    return position < gate_queue_length(g, road) ? g->queue[road][position].no : 0;
}
uint32_t gate_slot(const Gate *g, const Passage *p) {
    return slot_of(g, p);
}
const Passage *gate_at(const Gate *g, uint32_t slot) {
    CK_ASSERT(slot < g->slots);
    return &g->slot[slot];
}
static bool is_open(const Passage *p) {
    return p->no && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK;
}
uint32_t gate_passages(const Gate *g, uint32_t from, const Passage **ret) {
    for (uint32_t i = from; i < g->s.slots_used; i++)
        if (is_open(&g->slot[i])) {
            *ret = &g->slot[i];
            return i + 1;
        }
    *ret = NULL;
    return 0;
}
LaneState gate_lane(const Gate *g, uint8_t lane) {
    CK_ASSERT(lane < LANES_MAX);
    return g->s.lane[lane];
}
RoadState gate_road(const Gate *g, uint8_t road) {
    CK_ASSERT(road < ROADS_MAX);
    return g->s.road[road];
}
YardState gate_yard(const Gate *g, uint8_t yard) {
    CK_ASSERT(yard < YARDS_MAX);
    return g->s.yard[yard];
}
const CompiledProcedure *gate_procedure_of(const Gate *g, const Passage *p) {
    return g->procedure[p->kind];
}

// ---- snapshot: magic, sizes, the small part, the slots in use, heap, queues. The map and the choice of procedures are
// rebuilt.
#define SNAPSHOT_MAGIC 0x0001746573616b63ull
typedef struct {
    uint64_t magic, small_size, passage_size;
} SnapshotHead;
void gate_save(const Gate *g, Buf *b) {
    SnapshotHead h = {SNAPSHOT_MAGIC, sizeof(Small), sizeof(Passage)};
    buf_put(b, &h, sizeof h);
    buf_put(b, &g->s, sizeof g->s);
    buf_put(b, g->slot, g->s.slots_used * sizeof(Passage));
    buf_put(b, g->heap, g->s.heap_n * sizeof *g->heap);
    for (int r = 0; r < ROADS_MAX; r++) buf_put(b, g->queue[r], g->s.queue_n[r] * sizeof(QueueItem));
}
static bool take(Str *s, void *to, size_t n) {
    if (s->n < n) return false;
    if (n) memcpy(to, s->p, n);
    s->p += n, s->n -= n;
    return true;
}
static void index_all(Gate *g) {
    for (uint32_t i = 0; i < g->s.slots_used; i++) {
        Passage *p = &g->slot[i];
        if (!p->no) continue;
        no_add(g, p->no, i);
        if (!is_open(p)) continue;
        for (int k = 0; k < KEYS_MAX; k++) map_add(g, p->keys[k], p->no, i);
    }
    for (uint32_t i = 0; i < MIN(g->s.used_n, USED_RING); i++) map_add(g, g->s.used[i], USED, NO_SLOT);
}
Err gate_load(Gate *g, Str b, const Site *site) {
    SnapshotHead h;
    if (!take(&b, &h, sizeof h) || h.magic != SNAPSHOT_MAGIC || h.small_size != sizeof(Small) ||
        h.passage_size != sizeof(Passage))
        return ERR_CORRUPT;
    if (!take(&b, &g->s, sizeof g->s)) return ERR_CORRUPT;
    if (g->s.slots_used > g->slots) return ERR_LIMIT;
    if (g->s.heap_n > g->slots || !take(&b, g->slot, g->s.slots_used * sizeof(Passage)) ||
        !take(&b, g->heap, g->s.heap_n * sizeof *g->heap))
        return ERR_CORRUPT;
    for (int r = 0; r < ROADS_MAX; r++)
        if (g->s.queue_n[r] > g->slots || !take(&b, g->queue[r], g->s.queue_n[r] * sizeof(QueueItem)))
            return ERR_CORRUPT;
    if (b.n) return ERR_CORRUPT;
    g->site = site;
    if (site) rules_choose(g, g->s.rules_ms);
    index_all(g);
    return OK;
}

// Ground by cells, the banker's check, turns on one-lane stretches.
#include "route_traffic.h"
#include <math.h>

static const char *const answer_list[] = {TRAFFIC_TABLE(MAP_ENUM_NAME)};
const Names TrafficAnswer_names = {answer_list, ARRAY_LEN(answer_list)};

#define AFTER_MAX 8u
typedef struct {
    uint16_t node, of;
    uint32_t first;
} After;
typedef struct {
    bool here, stopped;
    uint16_t place;                    // where it goes or stands; MAP_NONE
    uint16_t came;                     // the edge granted last; MAP_NONE
    uint32_t inside;                   // bits of the stretches that it is in
    uint16_t trail[TRAFFIC_TRAIL_MAX]; // nodes held, from the last passed to the base end
    uint16_t edges[TRAFFIC_TRAIL_MAX]; // edges[i] leads from trail[i] to trail[i + 1]
    uint32_t trail_n, path_n, path_at;
    uint16_t path[TRAFFIC_PATH_MAX];
    After after[AFTER_MAX];
    uint32_t afters;
} Vehicle;
typedef struct {
    bool back;              // the direction whose turn it is
    uint32_t inside, batch; // vehicles in it; that went since the turn changed
    uint64_t asked[2];      // by direction: when somebody was last refused, in asks; 0: nobody waits
} Turn;
struct RouteTraffic {
    const RouteMap *map;
    uint32_t max;
    Vehicle *v;
    uint32_t *holder;  // by cell: vehicle + 1
    uint16_t *block;   // by cell: cells held that meet it or are it
    uint16_t *scratch; // the same while a check runs
    uint32_t *booked;  // by node: vehicle + 1
    uint16_t *use;     // by edge: ways that still lead over it
    uint8_t *done;     // by vehicle, while a check runs
    uint32_t *order, order_n;
    bool unsafe; // by what happened, not by what was granted: a vehicle appeared, or lost its way
    bool closed[MAP_ZONES_MAX];
    Turn turn[MAP_STRETCHES_MAX];
    uint64_t asks, checks;
    double *dist; // of a search for a way
    uint16_t *via;
    uint32_t *heap, heap_n, *heap_at;
};

static const uint16_t *conf(const RouteMap *m, uint32_t cell, uint32_t *ret_n) {
    *ret_n = m->conf_begin[cell + 1] - m->conf_begin[cell];
    return m->conf + m->conf_begin[cell];
}
static void count(const RouteMap *m, uint16_t *block, uint32_t cell, int by) {
    uint32_t n;
    const uint16_t *c = conf(m, cell, &n);
    block[cell] = (uint16_t)(block[cell] + by);
    for (uint32_t i = 0; i < n; i++) block[c[i]] = (uint16_t)(block[c[i]] + by);
}
static void count_trail(const RouteMap *m, uint16_t *block, const Vehicle *v, int by) {
    for (uint32_t i = 0; i < v->trail_n; i++) {
        count(m, block, v->trail[i], by);
        if (i + 1 < v->trail_n) count(m, block, map_cell_of_edge(m, v->edges[i]), by);
    }
}
static void hold(RouteTraffic *t, uint32_t v, uint32_t cell) {
    CK_ASSERT(t->holder[cell] == 0);
    t->holder[cell] = v + 1;
    count(t->map, t->block, cell, 1);
}
static void let_go(RouteTraffic *t, uint32_t v, uint32_t cell) {
    CK_ASSERT(t->holder[cell] == v + 1);
    t->holder[cell] = 0;
    count(t->map, t->block, cell, -1);
}
// Somebody else on ground that meets the cell; TRAFFIC_NOBODY.
static uint32_t other_on(const RouteTraffic *t, uint32_t v, uint32_t cell) {
    uint32_t n, h = t->holder[cell];
    if (h && h != v + 1) return h - 1;
    const uint16_t *c = conf(t->map, cell, &n);
    for (uint32_t i = 0; i < n; i++)
        if (t->holder[c[i]] && t->holder[c[i]] != v + 1) return t->holder[c[i]] - 1;
    return TRAFFIC_NOBODY;
}
static uint32_t base_end(const Vehicle *v) {
    return v->trail[v->trail_n - 1];
}
static TrafficReason say(TrafficAnswer a, uint32_t vehicle, uint32_t cell) {
    return (TrafficReason){a, vehicle, cell};
}

// ---- life
RouteTraffic *traffic_new(const RouteMap *m, uint32_t vehicles_max) {
    RouteTraffic *t = calloc(1, sizeof *t);
    CK_ASSERT(t && vehicles_max > 0 && m->cells < UINT16_MAX);
    *t = (RouteTraffic){.map = m, .max = vehicles_max};
    t->v = calloc(vehicles_max, sizeof *t->v);
    t->holder = calloc(m->cells, sizeof *t->holder), t->block = calloc(m->cells, sizeof *t->block);
    t->scratch = calloc(m->cells, sizeof *t->scratch), t->booked = calloc(m->nodes, sizeof *t->booked);
    t->use = calloc(m->edges + 1, sizeof *t->use);
    t->done = calloc(vehicles_max, 1), t->order = calloc(vehicles_max, sizeof *t->order);
    t->dist = calloc(m->nodes, sizeof *t->dist), t->via = calloc(m->nodes, sizeof *t->via);
    t->heap = calloc(m->nodes + 1, sizeof *t->heap), t->heap_at = calloc(m->nodes, sizeof *t->heap_at);
    CK_ASSERT(t->v && t->holder && t->block && t->scratch && t->booked && t->done && t->order);
    CK_ASSERT(t->use && t->dist && t->via && t->heap && t->heap_at);
    for (uint32_t i = 0; i < vehicles_max; i++) t->v[i].place = MAP_NONE;
    return t;
}
void traffic_free(RouteTraffic *t) {
    if (!t) return;
    free(t->v), free(t->holder), free(t->block), free(t->scratch), free(t->booked), free(t->done), free(t->order);
    free(t->use), free(t->dist), free(t->via), free(t->heap), free(t->heap_at), free(t);
}
const RouteMap *traffic_map(const RouteTraffic *t) {
    return t->map;
}
static Vehicle *at(const RouteTraffic *t, uint32_t v) {
    CK_ASSERT(v < t->max);
    return &t->v[v];
}
// The stretch that the edge at `i` of its way belongs to or leads to: who waits for his turn waits before its mouth.
static uint32_t stretch_at(const RouteTraffic *t, const Vehicle *k, uint32_t i, bool *ret_back) {
    for (uint32_t end = MIN(i + 2, k->path_n); i < end; i++) {
        const MapEdge *e = &t->map->edge[k->path[i]];
        *ret_back = e->back;
        if (e->stretch != MAP_NO_STRETCH) return e->stretch;
    }
    return MAP_NO_STRETCH;
}
static void leave_stretches(RouteTraffic *t, Vehicle *k) { // those of which it holds no edge, and where it does not end
    bool back;
    for (uint32_t left = k->inside; left; left &= left - 1) {
        uint32_t s = (uint32_t)__builtin_ctz(left);
        bool in =
            (k->came != MAP_NONE && t->map->edge[k->came].stretch == s) || stretch_at(t, k, k->path_at, &back) == s;
        for (uint32_t i = 0; i + 1 < k->trail_n; i++) in |= t->map->edge[k->edges[i]].stretch == s;
        if (in) continue;
        CK_ASSERT(t->turn[s].inside > 0);
        t->turn[s].inside--, k->inside &= ~(1u << s);
    }
}
static void drop_first(RouteTraffic *t, uint32_t v, Vehicle *k) { // the last node passed, and the edge behind it
    let_go(t, v, k->trail[0]);
    let_go(t, v, map_cell_of_edge(t->map, k->edges[0]));
    k->trail_n--;
    memmove(k->trail, k->trail + 1, k->trail_n * sizeof k->trail[0]);
    memmove(k->edges, k->edges + 1, k->trail_n * sizeof k->edges[0]);
    leave_stretches(t, k);
}
static void count_use(RouteTraffic *t, const Vehicle *k, int by) {
    for (uint32_t i = k->path_at; i < k->path_n; i++) t->use[k->path[i]] = (uint16_t)(t->use[k->path[i]] + by);
}
TrafficReason traffic_enter(RouteTraffic *t, uint32_t v, uint32_t node) {
    Vehicle *k = at(t, v);
    CK_ASSERT(!k->here && node < t->map->nodes);
    uint32_t other = other_on(t, v, node), booker = t->booked[node];
    if (other != TRAFFIC_NOBODY) return say(TRAFFIC_HELD, other, node);
    if (booker && booker != v + 1) { // who stands there has it; the other must go elsewhere
        Vehicle *b = at(t, booker - 1);
        count_use(t, b, -1);
        b->place = MAP_NONE, b->path_n = b->path_at = 0;
        leave_stretches(t, b);
    }
    hold(t, v, node);
    *k = (Vehicle){.here = true, .place = MAP_NONE, .came = MAP_NONE, .trail = {(uint16_t)node}, .trail_n = 1};
    if (t->map->node[node].spot) t->booked[node] = v + 1, k->place = (uint16_t)node;
    return say(TRAFFIC_GRANTED, TRAFFIC_NOBODY, node);
}
void traffic_leave(RouteTraffic *t, uint32_t v) {
    Vehicle *k = at(t, v);
    if (!k->here) return;
    while (k->trail_n > 1) drop_first(t, v, k);
    let_go(t, v, k->trail[0]);
    k->came = MAP_NONE, k->trail_n = 0;
    leave_stretches(t, k);
    count_use(t, k, -1);
    if (k->place != MAP_NONE) t->booked[k->place] = 0;
    *k = (Vehicle){.place = MAP_NONE};
}
bool traffic_here(const RouteTraffic *t, uint32_t v) {
    return at(t, v)->here;
}
uint32_t traffic_base_end(const RouteTraffic *t, uint32_t v) {
    return at(t, v)->here ? base_end(at(t, v)) : MAP_NONE;
}
uint32_t traffic_last(const RouteTraffic *t, uint32_t v) {
    return at(t, v)->here ? at(t, v)->trail[0] : MAP_NONE;
}
uint32_t traffic_trail(const RouteTraffic *t, uint32_t v, uint16_t ret[TRAFFIC_TRAIL_MAX]) {
    const Vehicle *k = at(t, v);
    memcpy(ret, k->trail, k->trail_n * sizeof *ret);
    return k->here ? k->trail_n : 0;
}
void traffic_stop(RouteTraffic *t, uint32_t v, bool stopped) {
    at(t, v)->stopped = stopped;
}
void traffic_close(RouteTraffic *t, uint32_t zone, bool closed) {
    CK_ASSERT(zone < t->map->zones);
    t->closed[zone] = closed;
}
bool traffic_closed(const RouteTraffic *t, uint32_t zone) {
    return t->closed[zone];
}
uint32_t traffic_holder(const RouteTraffic *t, uint32_t cell) {
    return t->holder[cell] ? t->holder[cell] - 1 : TRAFFIC_NOBODY;
}
uint64_t traffic_checks(const RouteTraffic *t) {
    return t->checks;
}

// ---- places. Who has been given a way has given up the place where he still stands: he will come away from it.
static bool stands_on(const Vehicle *k, uint32_t node) {
    for (uint32_t i = 0; i < k->trail_n; i++)
        if (k->trail[i] == node) return true;
    return false;
}
uint32_t traffic_booked(const RouteTraffic *t, uint32_t v) {
    return at(t, v)->place;
}
uint32_t traffic_booker(const RouteTraffic *t, uint32_t place) {
    return t->booked[place] ? t->booked[place] - 1 : TRAFFIC_NOBODY;
}

// ---- the banker's check
static bool way_free(const RouteTraffic *t, const uint16_t *block, const Vehicle *k) {
    const RouteMap *m = t->map;
    for (uint32_t i = k->path_at; i < k->path_n; i++)
        if (block[map_cell_of_edge(m, k->path[i])] || block[m->edge[k->path[i]].to]) return false;
    return true;
}
static bool must_come_home(const RouteTraffic *t, const Vehicle *k) { // not standing at its place with nothing to do
    return k->here && !(k->path_at == k->path_n && k->trail_n == 1 && t->map->node[k->trail[0]].spot);
}
static bool can_come_home(const Vehicle *k) {
    return !k->stopped && k->place != MAP_NONE && (k->path_at < k->path_n || base_end(k) == k->place);
}
static bool try_home(RouteTraffic *t, const Vehicle *k) { // in the scratch: it comes to its place, if its way is free
    count_trail(t->map, t->scratch, k, -1);
    if (way_free(t, t->scratch, k)) {
        count(t->map, t->scratch, k->place, 1);
        return true;
    }
    count_trail(t->map, t->scratch, k, 1);
    return false;
}
static bool in_doubt(const RouteTraffic *t, const Vehicle *k) { // must come home and cannot, whatever the others do
    return must_come_home(t, k) && !can_come_home(k);
}
// Fills t->done: who can come home. Returns how many cannot. `without`: as if those in doubt had been taken off the
// road; they will go on one day, and then the others must not stand against each other. The order that worked last time
// is tried first.
static uint32_t who_is_stuck(RouteTraffic *t, bool without) {
    uint32_t left = 0, n = 0;
    t->checks++;
    memcpy(t->scratch, t->block, t->map->cells * sizeof *t->scratch);
    for (uint32_t i = 0; i < t->max; i++) {
        bool gone = without && in_doubt(t, &t->v[i]);
        if (gone) count_trail(t->map, t->scratch, &t->v[i], -1);
        t->done[i] = gone || !must_come_home(t, &t->v[i]);
        left += !t->done[i];
    }
    if (!t->order_n)
        for (; t->order_n < t->max; t->order_n++) t->order[t->order_n] = t->order_n;
    for (uint32_t before = 0; left && before != left;) {
        before = left;
        for (uint32_t i = n; i < t->max; i++) {
            uint32_t v = t->order[i];
            if (t->done[v] || !can_come_home(&t->v[v]) || !try_home(t, &t->v[v])) continue;
            t->done[v] = 1, left--;
            memmove(t->order + n + 1, t->order + n, (i - n) * sizeof *t->order);
            t->order[n++] = v;
        }
    }
    return left;
}
bool traffic_safe(RouteTraffic *t) {
    return who_is_stuck(t, false) == 0;
}
// Who was stuck before a change, with those in doubt on the road and without them. It must not leave anybody stuck who
// was not. In good order nobody is, and nothing is asked of the road as it was.
typedef struct {
    bool doubt;
    uint8_t *done[2];
} Before;
static void look(RouteTraffic *t, Before *b) {
    for (int without = 0; without < 2; without++) {
        (void)who_is_stuck(t, without == 1);
        b->done[without] = malloc(t->max);
        CK_ASSERT(b->done[without] != NULL);
        memcpy(b->done[without], t->done, t->max);
    }
}
static Before before_change(RouteTraffic *t) {
    Before b = {.doubt = t->unsafe};
    for (uint32_t i = 0; i < t->max && !b.doubt; i++) b.doubt = in_doubt(t, &t->v[i]);
    if (b.doubt) look(t, &b);
    return b;
}
static void before_free(Before *b) {
    free(b->done[0]), free(b->done[1]);
}
static bool still_safe(RouteTraffic *t, const Vehicle *k, const Before *b) {
    count_trail(t->map, t->block, k, -1);
    bool home = can_come_home(k) && way_free(t, t->block, k);
    count_trail(t->map, t->block, k, 1);
    if (home) return true; // it comes home first; the others are as safe as they were
    if (!b->doubt) return who_is_stuck(t, false) == 0;
    for (int without = 0; without < 2; without++) {
        (void)who_is_stuck(t, without == 1);
        for (uint32_t i = 0; i < t->max; i++)
            if (!t->done[i] && b->done[without][i]) return false;
    }
    return true;
}
static void take_way(RouteTraffic *t, uint32_t v, Vehicle *k, uint32_t place, const uint16_t *edges, uint32_t n) {
    if (k->place != MAP_NONE && k->place != place) t->booked[k->place] = 0;
    t->booked[place] = v + 1, k->place = (uint16_t)place;
    count_use(t, k, -1);
    memmove(k->path, edges, n * sizeof *edges);
    k->path_n = n, k->path_at = 0;
    count_use(t, k, 1);
}
TrafficReason traffic_send(RouteTraffic *t, uint32_t v, uint32_t place, const uint16_t *edges, uint32_t n) {
    Vehicle *k = at(t, v);
    const RouteMap *m = t->map;
    uint32_t node = k->here ? base_end(k) : MAP_NONE;
    if (!k->here || n > TRAFFIC_PATH_MAX) return say(TRAFFIC_NO_WAY, TRAFFIC_NOBODY, 0);
    for (uint32_t i = 0; i < n; i++) {
        if (edges[i] >= m->edges || m->edge[edges[i]].from != node) return say(TRAFFIC_NO_WAY, TRAFFIC_NOBODY, node);
        node = m->edge[edges[i]].to;
    }
    if (node != place || !m->node[place].spot) return say(TRAFFIC_NO_WAY, TRAFFIC_NOBODY, node);
    if (t->booked[place] && t->booked[place] != v + 1) return say(TRAFFIC_BOOKED, t->booked[place] - 1, place);
    Before before = before_change(t);
    static _Thread_local Vehicle old;
    old = *k;
    take_way(t, v, k, place, edges, n);
    bool safe = still_safe(t, k, &before);
    before_free(&before);
    if (safe) return say(TRAFFIC_GRANTED, TRAFFIC_NOBODY, node);
    if (place != old.place) t->booked[place] = 0;
    count_use(t, k, -1);
    *k = old;
    count_use(t, k, 1);
    if (k->place != MAP_NONE) t->booked[k->place] = v + 1;
    return say(TRAFFIC_UNSAFE, TRAFFIC_NOBODY, node);
}
uint32_t traffic_path(const RouteTraffic *t, uint32_t v, const uint16_t **ret) {
    const Vehicle *k = at(t, v);
    *ret = k->path + k->path_at;
    return k->path_n - k->path_at;
}

// ---- turns on one-lane stretches
static bool waits(const RouteTraffic *t, const Turn *u, bool back) { // refused not long ago
    return u->asked[back] && t->asks - u->asked[back] < 16 * (uint64_t)t->max + 64;
}
static bool my_turn(RouteTraffic *t, const Vehicle *k) {
    bool back;
    uint32_t s = stretch_at(t, k, k->path_at, &back);
    if (s == MAP_NO_STRETCH || (k->inside & 1u << s)) return true;
    Turn *u = &t->turn[s];
    bool full = u->batch >= t->map->stretch[s].batch;
    if (u->back == back ? !full || !waits(t, u, !back) : !u->inside && (full || !waits(t, u, u->back))) return true;
    u->asked[back] = t->asks;
    return false;
}
static void enter_stretch(RouteTraffic *t, Vehicle *k) {
    bool back;
    uint32_t s = stretch_at(t, k, k->path_at, &back);
    if (s == MAP_NO_STRETCH || (k->inside & 1u << s)) return;
    Turn *u = &t->turn[s];
    if (u->back != back) u->back = back, u->batch = 0;
    u->inside++, u->batch++, u->asked[back] = 0;
    k->inside |= 1u << s;
}

// ---- driving
#define AHEAD 24u // a plan looks no further
static bool still_to_pass(const Vehicle *k, const RouteMap *m, uint32_t node) {
    if (!k->here || k->stopped) return false;
    for (uint32_t i = k->path_at; i < MIN(k->path_n, k->path_at + AHEAD); i++)
        if (m->edge[k->path[i]].to == node) return true;
    return stands_on(k, node);
}
static TrafficReason first_no(RouteTraffic *t, uint32_t v, const Vehicle *k, uint32_t edge) {
    const RouteMap *m = t->map;
    const MapEdge *e = &m->edge[edge];
    uint32_t cell = map_cell_of_edge(m, edge);
    if (t->closed[e->zone] && m->node[e->from].zone != e->zone) return say(TRAFFIC_CLOSED, TRAFFIC_NOBODY, cell);
    for (uint32_t i = 0; i < k->afters; i++)
        if (k->after[i].node == e->to && still_to_pass(&t->v[k->after[i].first], m, k->after[i].of))
            return say(TRAFFIC_ORDER, k->after[i].first, e->to);
    if (!my_turn(t, k)) return say(TRAFFIC_TURN, TRAFFIC_NOBODY, cell);
    uint32_t other = other_on(t, v, cell);
    if (other == TRAFFIC_NOBODY) cell = e->to, other = other_on(t, v, cell);
    if (other != TRAFFIC_NOBODY) return say(TRAFFIC_HELD, other, cell);
    return say(TRAFFIC_GRANTED, TRAFFIC_NOBODY, cell);
}
TrafficReason traffic_extend(RouteTraffic *t, uint32_t v) {
    Vehicle *k = at(t, v);
    const RouteMap *m = t->map;
    t->asks++;
    if (!k->here || k->path_at == k->path_n) return say(TRAFFIC_AT_END, TRAFFIC_NOBODY, k->here ? base_end(k) : 0);
    if (k->stopped) return say(TRAFFIC_STOPPED, TRAFFIC_NOBODY, base_end(k));
    if (k->trail_n == TRAFFIC_TRAIL_MAX) return say(TRAFFIC_TRAIL, TRAFFIC_NOBODY, base_end(k));
    uint32_t edge = k->path[k->path_at], to = m->edge[edge].to;
    TrafficReason r = first_no(t, v, k, edge);
    if (r.answer != TRAFFIC_GRANTED) return r;
    if (t->holder[to] || t->holder[map_cell_of_edge(m, edge)]) return say(TRAFFIC_TRAIL, v, to); // its own tail
    Before before = before_change(t);
    bool back;
    uint32_t stretch = stretch_at(t, k, k->path_at, &back), inside = k->inside;
    Turn turn = t->turn[stretch == MAP_NO_STRETCH ? 0 : stretch];
    uint16_t came = k->came;
    enter_stretch(t, k);
    hold(t, v, map_cell_of_edge(m, edge)), hold(t, v, to);
    k->edges[k->trail_n - 1] = (uint16_t)edge, k->trail[k->trail_n++] = (uint16_t)to, k->path_at++;
    k->came = (uint16_t)edge;
    bool safe = still_safe(t, k, &before);
    before_free(&before);
    if (safe) {
        t->use[edge]--;
        leave_stretches(t, k);
        return r;
    }
    k->trail_n--, k->path_at--, k->came = came, k->inside = inside;
    if (stretch != MAP_NO_STRETCH) t->turn[stretch] = turn;
    let_go(t, v, to), let_go(t, v, map_cell_of_edge(m, edge));
    return say(TRAFFIC_UNSAFE, TRAFFIC_NOBODY, to);
}
bool traffic_passed(RouteTraffic *t, uint32_t v, uint32_t node) {
    Vehicle *k = at(t, v);
    uint32_t i = 0;
    while (i < k->trail_n && k->trail[i] != node) i++;
    if (!k->here || i == k->trail_n) return false;
    for (; i; i--) drop_first(t, v, k);
    return true;
}
static void forget_way(RouteTraffic *t, uint32_t v, Vehicle *k) {
    count_use(t, k, -1);
    k->path_n = k->path_at = 0;
    if (k->place != MAP_NONE) t->booked[k->place] = 0, k->place = MAP_NONE;
    uint32_t here = base_end(k);
    if (t->map->node[here].spot && (!t->booked[here] || t->booked[here] == v + 1))
        t->booked[here] = v + 1, k->place = (uint16_t)here;
}
void traffic_retract(RouteTraffic *t, uint32_t v) {
    Vehicle *k = at(t, v);
    CK_ASSERT(k->here);
    for (; k->trail_n > 1; k->trail_n--) {
        let_go(t, v, k->trail[k->trail_n - 1]);
        let_go(t, v, map_cell_of_edge(t->map, k->edges[k->trail_n - 2]));
    }
    forget_way(t, v, k);
    k->came = MAP_NONE;
    leave_stretches(t, k);
}
TrafficReason traffic_force(RouteTraffic *t, uint32_t v, uint32_t node) {
    Vehicle *k = at(t, v);
    CK_ASSERT(k->here && node < t->map->nodes);
    uint32_t edge = route_map_edge(t->map, base_end(k), node);
    if (edge == MAP_NONE || k->trail_n == TRAFFIC_TRAIL_MAX) return say(TRAFFIC_NO_WAY, TRAFFIC_NOBODY, node);
    uint32_t cell = map_cell_of_edge(t->map, edge), other = other_on(t, v, cell);
    if (other == TRAFFIC_NOBODY) other = other_on(t, v, node);
    if (t->holder[cell] || t->holder[node]) return say(TRAFFIC_HELD, other == TRAFFIC_NOBODY ? v : other, node);
    hold(t, v, cell), hold(t, v, node);
    k->edges[k->trail_n - 1] = (uint16_t)edge, k->trail[k->trail_n++] = (uint16_t)node, k->came = (uint16_t)edge;
    uint32_t s = t->map->edge[edge].stretch;
    if (s != MAP_NO_STRETCH && !(k->inside & 1u << s)) {
        k->inside |= 1u << s, t->turn[s].inside++;
        if (t->turn[s].inside == 1) t->turn[s].back = t->map->edge[edge].back, t->turn[s].batch = 0;
    }
    forget_way(t, v, k);
    return say(other == TRAFFIC_NOBODY ? TRAFFIC_GRANTED : TRAFFIC_HELD, other, node);
}
void traffic_settle(RouteTraffic *t) {
    t->unsafe = who_is_stuck(t, false) > 0;
}
void traffic_after_clear(RouteTraffic *t) {
    for (uint32_t i = 0; i < t->max; i++) t->v[i].afters = 0;
}
void traffic_after(RouteTraffic *t, uint32_t v, uint32_t node, uint32_t first, uint32_t of) {
    Vehicle *k = at(t, v);
    if (k->afters < AFTER_MAX) k->after[k->afters++] = (After){(uint16_t)node, (uint16_t)of, first};
}

// ---- ways: Dijkstra's search with a binary heap, by seconds and by who else is on it
#define STOPPED_S 900.0 // behind somebody who stands
#define CLOSED_S  1800.0
static void heap_fix(RouteTraffic *t, uint32_t i, uint32_t node) { // up from i
    while (i && t->dist[t->heap[(i - 1) / 2]] > t->dist[node]) {
        t->heap[i] = t->heap[(i - 1) / 2], t->heap_at[t->heap[i]] = i + 1;
        i = (i - 1) / 2;
    }
    t->heap[i] = node, t->heap_at[node] = i + 1;
}
static uint32_t heap_pop(RouteTraffic *t) {
    uint32_t top = t->heap[0], last = t->heap[--t->heap_n], i = 0;
    t->heap_at[top] = 0;
    if (!t->heap_n) return top;
    for (;;) {
        uint32_t c = 2 * i + 1;
        if (c >= t->heap_n) break;
        if (c + 1 < t->heap_n && t->dist[t->heap[c + 1]] < t->dist[t->heap[c]]) c++;
        if (t->dist[t->heap[c]] >= t->dist[last]) break;
        t->heap[i] = t->heap[c], t->heap_at[t->heap[i]] = i + 1;
        i = c;
    }
    t->heap[i] = last, t->heap_at[last] = i + 1;
    return top;
}
static double edge_seconds(const RouteTraffic *t, uint32_t v, uint32_t edge, uint32_t avoid) {
    const RouteMap *m = t->map;
    const MapEdge *e = &m->edge[edge];
    double s = e->length_m / e->speed_mps;
    if (v == TRAFFIC_NOBODY) return s;
    if (map_cell_of_edge(m, edge) == avoid || e->to == avoid) return INFINITY;
    uint32_t who = t->holder[e->to] ? t->holder[e->to] : t->holder[map_cell_of_edge(m, edge)];
    if (who && who != v + 1 && (t->v[who - 1].stopped || t->v[who - 1].path_at == t->v[who - 1].path_n)) s += STOPPED_S;
    if (t->closed[e->zone] && m->node[e->from].zone != e->zone) s += CLOSED_S;
    return s * (1 + 0.1 * t->use[edge]);
}
static bool search(RouteTraffic *t, uint32_t v, uint32_t from, uint32_t to, uint32_t avoid) {
    const RouteMap *m = t->map;
    for (uint32_t i = 0; i < m->nodes; i++) t->dist[i] = INFINITY;
    memset(t->heap_at, 0, m->nodes * sizeof *t->heap_at);
    t->heap_n = 1, t->dist[from] = 0;
    heap_fix(t, 0, from);
    while (t->heap_n) {
        uint32_t u = heap_pop(t);
        if (u == to) return true;
        if (u != from && m->node[u].spot) continue;
        for (uint32_t i = m->out_begin[u]; i < m->out_begin[u + 1]; i++) {
            uint32_t w = m->edge[m->out[i]].to;
            double d = t->dist[u] + edge_seconds(t, v, m->out[i], avoid);
            if (!(d < t->dist[w])) continue;
            t->dist[w] = d, t->via[w] = m->out[i];
            heap_fix(t, t->heap_at[w] ? t->heap_at[w] - 1 : t->heap_n++, w);
        }
    }
    return false;
}
uint32_t traffic_find(RouteTraffic *t, uint32_t v, uint32_t from, uint32_t to, uint32_t avoid, uint16_t *ret) {
    uint32_t n = 0;
    if (from == to || !search(t, v, from, to, avoid)) return 0;
    for (uint32_t w = to; w != from; w = t->map->edge[t->via[w]].from)
        if (++n > TRAFFIC_PATH_MAX) return 0;
    uint32_t at_edge = n;
    for (uint32_t w = to; w != from; w = t->map->edge[t->via[w]].from) ret[--at_edge] = t->via[w];
    return n;
}
double traffic_seconds(RouteTraffic *t, uint32_t from, uint32_t to) {
    return from == to ? 0 : search(t, TRAFFIC_NOBODY, from, to, MAP_NONE) ? t->dist[to] : INFINITY;
}

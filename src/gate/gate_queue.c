// The queue of a road: ordered by virtual time of arrival. A priority class moves the arrival forward by a fixed bonus,
// a missing booking moves it back; since everybody's wait then grows at the same rate, a truck can only be overtaken by
// trucks that come within the bonus after it: nobody starves, and the order can be explained by three numbers.
#include "gate_internal.h"

static uint32_t rank_of(const Gate *g, uint8_t road, int64_t key_ms, uint32_t no) {
    uint32_t lo = 0, hi = g->s.queue_n[road];
    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        const QueueItem *q = &g->queue[road][mid];
        if (q->key_ms < key_ms || (q->key_ms == key_ms && q->no < no))
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}
void queue_put(Gate *g, Passage *p, int64_t key_ms) {
    CK_ASSERT(!p->queued && g->s.queue_n[p->road] < g->slots);
    uint32_t at = rank_of(g, p->road, key_ms, p->no);
    QueueItem *q = g->queue[p->road];
    memmove(q + at + 1, q + at, (g->s.queue_n[p->road] - at) * sizeof *q);
    q[at] = (QueueItem){key_ms, p->no, slot_of(g, p)};
    g->s.queue_n[p->road]++;
    p->queue_key_ms = key_ms;
    p->queued = 1;
}
void queue_drop(Gate *g, Passage *p) {
    if (!p->queued) return;
    uint32_t at = rank_of(g, p->road, p->queue_key_ms, p->no);
    QueueItem *q = g->queue[p->road];
    CK_ASSERT(at < g->s.queue_n[p->road] && q[at].no == p->no);
    g->s.queue_n[p->road]--;
    memmove(q + at, q + at + 1, (g->s.queue_n[p->road] - at) * sizeof *q);
    p->queued = 0;
}
EvQueued queue_reckon(const Gate *g, const Passage *p, int64_t arrived_ms, int64_t slot_ms, int64_t shift_ms) {
    const SiteParams *sp = g->site->params;
    EvQueued q = {.arrived = arrived_ms, .slot = slot_ms, .road = p->road, .basis = sp->queue_basis};
    const QueueBonus *b = sp->bonuses.items;
    for (uint32_t i = 0; i < sp->bonuses.n; i++)
        if ((p->attrs & BIT(b[i].attr)) && b[i].minutes > q.bonus_min) {
            q.bonus_min = b[i].minutes, q.klass = b[i].attr;
            if (b[i].basis.n) q.basis = b[i].basis;
        }
    q.no_slot_min = slot_ms ? 0 : sp->no_slot_min;
    int64_t from = slot_ms ? MAX(arrived_ms, slot_ms - sp->slot_early_min * MINUTE_MS) : arrived_ms;
    q.later = shift_ms > 0;
    q.shift_min = (uint32_t)((shift_ms < 0 ? -shift_ms : shift_ms) / MINUTE_MS);
    q.key = from + (q.no_slot_min - (int64_t)q.bonus_min) * MINUTE_MS + shift_ms;
    return q;
}
bool queue_waits(const Gate *g) {
    for (uint8_t r = 0; r < ROADS_MAX; r++)
        if (g->s.queue_n[r]) return true;
    return false;
}

// ---- call-forward
static bool quota_left(const Gate *g, const Passage *p, int64_t t_ms) {
    for (uint32_t i = 0; i < g->s.quota_n; i++) {
        const QuotaState *q = &g->s.quota[i];
        if (q->road != p->road || (q->attrs && !(p->attrs & q->attrs))) continue;
        if (t_ms < q->from_ms || (q->to_ms && t_ms >= q->to_ms)) continue;
        uint32_t used = t_ms < q->window_start_ms + q->window_ms ? q->used : 0;
        if (used >= q->releases) return false;
    }
    return true;
}
static bool way_out(const Gate *g, uint8_t road) {
    for (uint8_t l = 0; l < g->site->lanes; l++)
        if (g->site->lane_road[l] == road && g->s.lane[l].open && g->s.lane[l].way == LANE_WAY_OUT &&
            g->site->lane[l].kind == LANE_TRUCK)
            return true;
    return false;
}
static const char *why_not_yet(const Gate *g, const Passage *p, int64_t t_ms) { // NULL: it may be called
    if (p->refused || p->held || p->rework) return "held";
    if (p->incidents) return "incident";
    if (p->expired) return "expired";
    if (gate_missing(g->site, gate_procedure_of(g, p), p, POINT_CALL) || !gate_procedure_of(g, p)) return "clearance";
    if (p->slot_ms && t_ms < p->slot_ms - g->site->params->slot_early_min * MINUTE_MS) return "slot";
    if (!quota_left(g, p, t_ms)) return "quota";
    return NULL;
}
#define CALL_SCAN_MAX 1024
void queue_call(const Gate *g, uint8_t road, int64_t t_ms, Arena *a, EventList *out) {
    const RoadState *r = &g->s.road[road];
    if (!g->s.queue_n[road] || !r->open || r->inside >= g->site->road[road].inside_max || !way_out(g, road)) return;
    const char *first_why = NULL;
    for (uint32_t i = 0; i < MIN(g->s.queue_n[road], CALL_SCAN_MAX); i++) {
        const Passage *p = &g->slot[g->queue[road][i].slot];
        const char *why = why_not_yet(g, p, t_ms);
        if (why) {
            if (!first_why) first_why = why;
            continue;
        }
        Event *e = event_system(out, t_ms, EV_MOVED, p->no);
        e->u.moved =
            (EvMoved){.move = MOVE_CALL,
                      .from = PLACE_INLAND,
                      .to = PLACE_CALLED,
                      .point = POINT_CALL,
                      .lane = DYN_NONE,
                      .yard = DYN_NONE,
                      .since = p->place_since_ms,
                      .basis = g->site->params->queue_basis,
                      .reason = i == 0 ? STR("first in the queue")
                                       : text_fmt(a, "%u ahead may not be called yet (the first: %s)", i, first_why)};
        return;
    }
}

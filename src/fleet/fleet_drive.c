// More road for those who have a way; what they are told about it; what got lost is told again.
#include "fleet_internal.h"
#include <math.h>

#define REACTION_S  4.0 // a cycle, a message, and the time to take it
#define BRAKE       0.5 // m/s^2: laden and wet
#define CANCEL_MS   5000
#define RESENDS_MAX 5

static double road_ahead(const Fleet *f, uint32_t v) { // of its base, metres
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    uint32_t n = traffic_trail(f->traffic, v, trail);
    double m = -f->v[v].since_m;
    for (uint32_t i = 0; i + 1 < n; i++) m += f->map->edge[route_map_edge(f->map, trail[i], trail[i + 1])].length_m;
    return m;
}
static double road_needed(const Fleet *f, const Unit *k, uint32_t edge) {
    double s = f->map->edge[edge].speed_mps * f->p.speed_permille / 1e3;
    if (k->speed_max > 0) s = fmin(s, k->speed_max);
    return s * s / (2 * BRAKE) + s * REACTION_S;
}
// ---- dangerous goods: segregated on the border stretch, where nobody could turn aside
static bool on_line(const Fleet *f, uint32_t v) { // with any of its ground
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    uint32_t n = traffic_here(f->traffic, v) ? traffic_trail(f->traffic, v, trail) : 0;
    for (uint32_t i = 0; i < n; i++)
        if (f->map->node[trail[i]].owner == OWNER_LINE) return true;
    return false;
}
static bool dangerous(const Fleet *f, uint32_t v) {
    const Unit *k = &f->v[v];
    return f->p.dangerous_alone && k->job != FLEET_NONE && f->job[k->job].step == STEP_CARRYING &&
           (f->job[k->job].j.fit & 1u << FIT_DANGEROUS);
}
static bool must_wait(Fleet *f, uint32_t v) { // before the line
    if (f->alone == FLEET_NONE && dangerous(f, v)) f->alone = v;
    if (f->alone != v) return f->alone != FLEET_NONE;
    for (uint32_t i = 0; i < f->vehicles; i++)
        if (i != v && on_line(f, i)) return true; // those there clear it first
    return false;
}
static void line_free_again(Fleet *f) {
    uint32_t v = f->alone;
    if (v == FLEET_NONE || on_line(f, v)) return;
    const uint16_t *path;
    bool before = dangerous(f, v) && may_be_sent(f, &f->v[v]) && traffic_path(f->traffic, v, &path) > 0 &&
                  f->map->node[f->map->edge[path[0]].to].owner == OWNER_LINE;
    if (!before) f->alone = FLEET_NONE;
}
// Laden over the line only when the gate said so.
static bool line_forbids(Fleet *f, uint32_t v, uint32_t edge) {
    Unit *k = &f->v[v];
    const MapEdge *e = &f->map->edge[edge];
    if (f->map->node[e->to].owner != OWNER_LINE || f->map->node[e->from].owner == OWNER_LINE) return false;
    if (k->job == FLEET_NONE || f->job[k->job].step != STEP_CARRYING) return must_wait(f, v);
    Job *j = &f->job[k->job];
    if (j->cross) return must_wait(f, v);
    if (j->withdrawn)
        alarm_set(f, v, FLEET_ALARM_HANDOVER, true, STR("withdrawn with no way back before the line: tow it"));
    if (!j->cross_asked) {
        j->cross_asked = true;
        f->port.event(
            f->port.ctx,
            &(FleetEvent){
                .kind = FLEET_EVENT_ASK_LINE, .job = j->j.id, .vehicle = v, .step = j->step, .node = e->from});
    }
    return !j->cross || must_wait(f, v); // the answer may have come at once
}
static void more_road(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    const uint16_t *path;
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    while (traffic_path(f->traffic, v, &path) > 0 && road_ahead(f, v) < road_needed(f, k, path[0])) {
        if (traffic_trail(f->traffic, v, trail) + 2 >= MIN(k->nodes_max, TRAFFIC_TRAIL_MAX)) break;
        TrafficReason r = {TRAFFIC_CLOSED, TRAFFIC_NOBODY, map_cell_of_edge(f->map, path[0])};
        if (!line_forbids(f, v, path[0])) r = traffic_extend(f->traffic, v);
        if (r.answer != k->waits.answer || r.vehicle != k->waits.vehicle) k->waits_since_ms = now_ms;
        k->waits = r;
        if (r.answer != TRAFFIC_GRANTED) break;
        f->moved_ms = now_ms;
    }
}
static uint32_t granted_seq(const Fleet *f, uint32_t v) { // of its base end by traffic
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    return f->v[v].seq_last + 2 * (traffic_trail(f->traffic, v, trail) - 1);
}
static void tell(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    uint32_t sent_end = k->sent.first_seq + 2 * (k->sent.base - 1);
    if (!k->acked) {
        if (now_ms - k->sent_ms < (int64_t)f->p.resend_ms) return;
        if (k->resends == RESENDS_MAX)
            alarm_set(f, v, FLEET_ALARM_REJECTED, true, STR("it does not take up its order"));
        if (k->resends >= 2 * RESENDS_MAX) { // it will not: from anew
            order_cancel(f, v, now_ms);
            job_leg_failed(f, v, STR("it does not take up its order"), now_ms);
            return;
        }
        order_resend(f, v, now_ms);
    } else if (granted_seq(f, v) > sent_end) {
        if (now_ms - k->sent_ms >= (int64_t)(k->interval_min_s * 1e3)) order_update(f, v, now_ms);
    }
}
// A new place for one that stands, or that drives to park: the base stays, the way beyond it is another.
bool drive_to(Fleet *f, uint32_t v, uint32_t place, Leg leg, int64_t now_ms) {
    Unit *k = &f->v[v];
    uint16_t way[TRAFFIC_PATH_MAX];
    uint32_t end = traffic_base_end(f->traffic, v), n = traffic_find(f->traffic, v, end, place, MAP_NONE, way);
    if (!n && (end != place || k->ordered)) return false;
    TrafficReason r = traffic_send(f->traffic, v, place, way, n);
    if (r.answer != TRAFFIC_GRANTED) return false;
    if (k->ordered) {
        k->leg = leg, k->action = 0, k->crane_asked = k->crane_done = false;
    } else {
        order_begin(f, v, leg, now_ms);
    }
    return true;
}
void drive_all(Fleet *f, int64_t now_ms) {
    line_free_again(f);
    uint32_t first = f->vehicles ? (uint32_t)(now_ms / 1000 % f->vehicles) : 0;
    for (uint32_t i = 0; i < f->vehicles; i++) {
        uint32_t v = (first + i) % f->vehicles;
        Unit *k = &f->v[v];
        if (!f->broker_up || !traffic_here(f->traffic, v)) continue;
        FleetStatus s = status_of(f, k);
        if (k->cancelling && now_ms - k->cancel_ms > CANCEL_MS && s != FLEET_LOST) order_cancel(f, v, now_ms);
        if (!k->ordered || !may_be_sent(f, k)) continue;
        more_road(f, v, now_ms);
        tell(f, v, now_ms);
    }
}

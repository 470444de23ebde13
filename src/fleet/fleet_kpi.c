// What is counted of vehicles and boxes: ways, energy, who stood for what.
#include "fleet_internal.h"

static void took(Fleet *f, Unit *k, double m, double s) {
    bool laden = k->laden;
    double kwh = m * (laden ? f->p.laden_wh_km : f->p.empty_wh_km) / 1e6 + s * f->p.idle_w / 3.6e6;
    f->stats.kwh += kwh;
    if (k->job == FLEET_NONE) return;
    FleetTrip *t = &f->job[k->job].trip;
    *(laden ? &t->laden_m : &t->empty_m) += m;
    t->seconds += s, t->kwh += kwh;
}
void kpi_moved(Fleet *f, uint32_t v, double m) {
    Unit *k = &f->v[v];
    k->driven_m += m, k->km_service += m / 1e3;
    if (k->laden) k->laden_m += m;
    took(f, k, m, 0);
}
void kpi_seconds(Fleet *f, uint32_t v, double s) {
    Unit *k = &f->v[v];
    const uint16_t *path;
    bool wants = traffic_here(f->traffic, v) && traffic_path(f->traffic, v, &path) > 0;
    f->stats.status_s[status_of(f, k)] += s;
    took(f, k, 0, s);
    if (!wants || k->driving || k->waits.answer == TRAFFIC_GRANTED) return;
    f->stats.wait_cause_s[k->waits.answer] += s;
    f->stood_s[traffic_last(f->traffic, v)] += s;
}
// On the vehicle a reefer has power only at a place with a plug.
void kpi_reefer(Fleet *f, uint32_t v, double s) {
    Unit *k = &f->v[v];
    Job *j = k->job == FLEET_NONE ? NULL : &f->job[k->job];
    bool reefer = j && k->laden && (j->j.fit & 1u << FIT_REEFER);
    if (reefer) {
        const MapNode *n = traffic_here(f->traffic, v) ? &f->map->node[traffic_last(f->traffic, v)] : NULL;
        bool plugged = n && !k->driving && n->spot && (n->fit & 1u << FIT_REEFER);
        j->off_s = plugged ? 0 : j->off_s + s;
        f->stats.reefer_off_s_max = MAX(f->stats.reefer_off_s_max, j->off_s);
    }
    alarm_set(f, v, FLEET_ALARM_REEFER, reefer && j->off_s > f->p.reefer_off_min * 60.0,
              STR("its reefer has been without power for too long"));
}
void kpi_carried(Fleet *f, const FleetTrip *t) {
    FleetTrip *sum = &f->stats.trips;
    sum->empty_m += t->empty_m, sum->laden_m += t->laden_m, sum->seconds += t->seconds, sum->kwh += t->kwh;
}
double fleet_stood_s(const Fleet *f, uint32_t node) {
    CK_ASSERT(node < f->map->nodes);
    return f->stood_s[node];
}

// What was seen: waits, stays, stages, queues by the hour, alarms, fees, emissions; a record for each day.
#include "twin_internal.h"

#define MIN_MS 60e3
static DesTally *tallies(uint32_t n) {
    DesTally *t = calloc(n, sizeof *t);
    CK_ASSERT(t != NULL);
    return t;
}
void stat_init(Twin *w) {
    w->task_wait = tallies(TASKS_MAX), w->task_time = tallies(TASKS_MAX);
    w->place_time = tallies(KIND_COUNT * PLACE_COUNT);
    w->flow_wait = tallies(TWIN_FLOWS_MAX), w->flow_stay = tallies(TWIN_FLOWS_MAX);
    w->day_wait = tallies(TWIN_FLOWS_MAX), w->day_stay = tallies(TWIN_FLOWS_MAX);
    w->day_since = w->c.start_ms;
}
void stat_deinit(Twin *w) {
    free(w->task_wait), free(w->task_time), free(w->place_time), free(w->flow_wait), free(w->flow_stay),
        free(w->day_wait), free(w->day_stay), free(w->day);
}
void stat_event(Twin *w, const Gate *g, const Event *e) {
    const Passage *p;
    switch ((EventKind)e->kind) {
    case EV_MOVED:
        p = gate_find(g, e->passage);
        if (p)
            des_tally_add(&w->place_time[p->kind * PLACE_COUNT + e->u.moved.from],
                          (double)(e->t_ms - e->u.moved.since) / MIN_MS);
        if (e->u.moved.to == PLACE_CLOSED) w->total.closed++;
        break;
    case EV_TASK_DECIDED:
        if (e->u.decided.since)
            des_tally_add(&w->task_time[e->u.decided.task], (double)(e->t_ms - e->u.decided.since) / MIN_MS);
        if (e->u.decided.since && e->u.decided.taken)
            des_tally_add(&w->task_wait[e->u.decided.task], (double)(e->u.decided.taken - e->u.decided.since) / MIN_MS);
        break;
    case EV_FEE_PAID:
        if (e->u.paid.since) des_tally_add(&w->task_time[e->u.paid.task], (double)(e->t_ms - e->u.paid.since) / MIN_MS);
        w->today.fees_vnd += e->u.paid.vnd;
        break;
    case EV_ALARM: w->total.alarms[e->u.alarm.alarm]++, w->today.alarms++; break;
    case EV_NONE:
    case EV_SITE_ADOPTED:
    case EV_RULES_CHANGED:
    case EV_DECLARED:
    case EV_AMENDED:
    case EV_REPLANNED:
    case EV_RENEWED:
    case EV_QUEUED:
    case EV_TASK_TAKEN:
    case EV_FEE_ASSESSED:
    case EV_INCIDENT:
    case EV_MISSION:
    case EV_ALARM_ACKED:
    case EV_LANE:
    case EV_ROAD:
    case EV_YARD:
    case EV_QUOTA:
    case EV_EMBARGO:
    case EV_EFFECT_DONE:
    case EV_LINK:
    case EV_REFUSED:
    case EVENT_COUNT: break;
    }
}
void stat_waiting(Twin *w, const Truck *t, int by) {
    DesLevel *l = &w->waiting_level[w->flow[t->flow].road];
    des_level_add(l, twin_ms(w), by);
}
static void idle(Twin *w, double ms) {
    const TwinEmission *e = w->emission;
    double hours = ms / (double)HOUR_MS * e->idling_permille / 1e3;
    w->today.co2_idle_kg += hours * e->idle_co2_g_h / 1e3, w->today.nox_kg += hours * e->idle_nox_g_h / 1e3;
    w->today.fuel_idle_l += hours * e->idle_fuel_ml_h / 1e3;
}
void stat_energy(Twin *w, double kwh) {
    w->today.igv_kwh += kwh, w->today.co2_igv_kg += kwh * w->emission->grid_g_kwh / 1e3;
}
void stat_driven(Twin *w, uint32_t m, bool box) {
    const TwinEmission *e = w->emission;
    double km = m / 1e3;
    if (box) {
        stat_energy(w, km * e->igv_wh_km / 1e3);
        return;
    }
    w->today.co2_move_kg += km * e->co2_g_km / 1e3, w->today.nox_kg += km * e->nox_mg_km / 1e6,
        w->today.pm_kg += km * e->pm_mg_km / 1e6;
}
void stat_arrived(Twin *w, const Truck *t) {
    w->today.flow[t->flow].arrived++, w->today.all.arrived++;
}
void stat_turned_back(Twin *w, const Truck *t) {
    if (t->flow >= w->flows) return;
    w->total.turned_back++, w->today.all.turned_back++, w->today.flow[t->flow].turned_back++;
    if (t->flags & TRUCK_NO_SHOW) w->today.all.no_show++, w->today.flow[t->flow].no_show++;
}
void stat_passed(Twin *w, const Truck *t, double waited_ms, double stay_ms) {
    double wait = waited_ms / MIN_MS, stay = stay_ms / MIN_MS;
    bool box = w->flow[t->flow].src->unmanned;
    w->today.flow[t->flow].passed++, w->today.all.passed++;
    des_tally_add(&w->wait, wait), des_tally_add(&w->stay, stay);
    des_tally_add(&w->flow_wait[t->flow], wait), des_tally_add(&w->flow_stay[t->flow], stay);
    des_tally_add(&w->day_wait[t->flow], wait), des_tally_add(&w->day_stay[t->flow], stay);
    des_tally_add(&w->day_all_wait, wait), des_tally_add(&w->day_all_stay, stay);
    if (!box) idle(w, waited_ms); // a box has no engine; its vehicle's way is counted as it drives
}
static void close_flow(TwinDayFlow *f, DesTally *wait, DesTally *stay) {
    f->wait_mean = wait->mean, f->wait_p50 = des_tally_quantile(wait, 0.5),
    f->wait_p95 = des_tally_quantile(wait, 0.95);
    f->wait_p99 = des_tally_quantile(wait, 0.99), f->stay_mean = stay->mean,
    f->stay_p95 = des_tally_quantile(stay, 0.95);
    des_tally_reset(wait), des_tally_reset(stay);
}
static void stat_day(Twin *w) {
    for (uint32_t i = 0; i < w->flows; i++) close_flow(&w->today.flow[i], &w->day_wait[i], &w->day_stay[i]);
    close_flow(&w->today.all, &w->day_all_wait, &w->day_all_stay);
    if (w->days == w->days_cap) {
        w->days_cap = w->days_cap ? w->days_cap * 2 : 32;
        w->day = realloc(w->day, w->days_cap * sizeof *w->day);
        CK_ASSERT(w->day != NULL);
    }
    w->day[w->days++] = w->today;
    w->today = (TwinDay){0};
    w->day_since = twin_wall(w);
}
void stat_hour(Twin *w) { // of the hour that has just ended
    double now = twin_ms(w);
    uint32_t hour = (twin_hour(w, twin_wall(w)) + 23) % 24;
    w->hour_time[hour] += now - w->hour_since;
    w->hour_since = now;
    carry_hour(w);
    for (uint32_t r = 0; r < w->c.site->roads; r++) {
        DesLevel *l = &w->waiting_level[r];
        w->hour_area[r][hour] += des_level_area(l, now);
        w->today.queue_max[r] = MAX(w->today.queue_max[r], l->max);
        des_level_reset(l, now);
    }
    if (hour == 23) stat_day(w);
}
void twin_stats_restart(Twin *w) {
    carry_restart(w);
    for (uint32_t i = 0; i < TASKS_MAX; i++) des_tally_reset(&w->task_wait[i]), des_tally_reset(&w->task_time[i]);
    for (uint32_t i = 0; i < KIND_COUNT * PLACE_COUNT; i++) des_tally_reset(&w->place_time[i]);
    for (uint32_t i = 0; i < TWIN_FLOWS_MAX; i++)
        des_tally_reset(&w->flow_wait[i]), des_tally_reset(&w->flow_stay[i]), des_tally_reset(&w->day_wait[i]),
            des_tally_reset(&w->day_stay[i]);
    des_tally_reset(&w->wait), des_tally_reset(&w->stay), des_tally_reset(&w->day_all_wait),
        des_tally_reset(&w->day_all_stay);
    w->days = 0, w->today = (TwinDay){0}, w->day_since = twin_wall(w);
    memset(w->hour_area, 0, sizeof w->hour_area), memset(w->hour_time, 0, sizeof w->hour_time);
    for (uint32_t r = 0; r < ROADS_MAX; r++) des_level_reset(&w->waiting_level[r], twin_ms(w));
    w->hour_since = twin_ms(w);
    for (uint32_t i = 0; i < w->stations; i++) des_station_stats_reset(w->station[i].st);
    uint64_t inputs = w->total.inputs; // names the draws of the inputs: goes on
    w->total = (TwinStats){.inputs = inputs};
}
void twin_stats(const Twin *w, TwinStats *ret) {
    *ret = w->total;
    ret->days = w->days, ret->day = w->day;
    ret->task_wait = w->task_wait, ret->task_time = w->task_time, ret->place_time = w->place_time;
    ret->wait = &w->wait, ret->stay = &w->stay, ret->flow_wait = w->flow_wait, ret->flow_stay = w->flow_stay;
    ret->open = gate_open_count(w->gate);
    for (uint32_t r = 0; r < ROADS_MAX; r++) ret->waiting[r] = w->waiting_level[r].value;
    for (uint32_t r = 0; r < ROADS_MAX; r++)
        for (uint32_t h = 0; h < 24; h++)
            ret->hour_queue[r][h] = w->hour_time[h] > 0 ? w->hour_area[r][h] / w->hour_time[h] : 0;
}
uint32_t twin_stations(const Twin *w) {
    return w->stations;
}
void twin_station(const Twin *w, uint32_t i, TwinStationStats *ret) {
    CK_ASSERT(i < w->stations);
    const Station *s = &w->station[i];
    DesStationStats st;
    des_station_stats(s->st, &st);
    double now = twin_ms(w);
    *ret = (TwinStationStats){.id = s->id,
                              .kind = s->src ? s->src->kind : TWIN_PLACE,
                              .servers = s->servers,
                              .road = s->lane != DYN_NONE ? w->c.site->road[w->c.site->lane_road[s->lane]].id
                                                          : s->src->road,
                              .wait_mean = st.wait->mean / MIN_MS,
                              .wait_p95 = des_tally_quantile(st.wait, 0.95) / MIN_MS,
                              .wait_p99 = des_tally_quantile(st.wait, 0.99) / MIN_MS,
                              .queue_mean = des_level_mean(&st.queue, now),
                              .queue_max = st.queue.max,
                              .utilisation = des_station_utilisation(s->st),
                              .served = (double)st.served};
}

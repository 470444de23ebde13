// Life of the virtual vehicle: made, advanced event by event, troubled.
#include "fleet_vehicle_internal.h"

VehicleConfig vehicle_config(VdaVersion v, Str serial) {
    return (VehicleConfig){.version = v,
                           .manufacturer = STR("cuakhau"),
                           .serial = serial,
                           .map_id = STR("site"),
                           .speed_max = 6,
                           .acceleration = 0.4,
                           .deceleration = 0.8,
                           .length = 15,
                           .width = 3,
                           .height = 2,
                           .deviation = 1,
                           .base_request = 40,
                           .battery_kwh = 180,
                           .charge = 80,
                           .low_charge = 20,
                           .drive_kwh_km = 1.6,
                           .idle_kw = 1.2,
                           .charge_kw = 150,
                           .loads_max = 1,
                           .pick_ms = 60000,
                           .drop_ms = 60000,
                           .other_ms = 5000,
                           .state_ms = 30000};
}
VirtualVehicle *vehicle_new(const VehicleConfig *c, VehicleSend send, void *ctx, int64_t now_ms) {
    CK_ASSERT(c->speed_max > 0 && c->acceleration > 0 && c->deceleration > 0 && c->battery_kwh > 0 && c->state_ms > 0);
    CK_ASSERT(c->loads_max >= 1 && c->loads_max <= VEHICLE_LOADS_MAX && c->charge_kw > c->idle_kw && send);
    VirtualVehicle *v = calloc(1, sizeof *v);
    CK_ASSERT(v != NULL);
    v->c = *c, v->send = send, v->ctx = ctx, v->now = now_ms;
    CK_ASSERT(id_set(&v->manufacturer, c->manufacturer) && id_set(&v->serial, c->serial) &&
              id_set(&v->map_id, c->map_id));
    CK_ASSERT(id_set(&v->last_node_id, c->node_id));
    if (c->laden) CK_ASSERT(id_set(&v->loads[v->loads_n++], c->load));
    v->c.load = STR_EMPTY;
    v->c.manufacturer = id_str(&v->manufacturer), v->c.serial = id_str(&v->serial);
    v->c.map_id = id_str(&v->map_id), v->c.node_id = STR_EMPTY;
    v->mode = VDA_MODE_AUTOMATIC, v->e_stop = VDA_ESTOP_NONE;
    v->x = c->x, v->y = c->y, v->theta = c->theta, v->localized = c->node_id.n > 0;
    v->slow = 1, v->kwh = c->battery_kwh * c->charge / 100;
    v->t0 = (double)now_ms, v->t1 = v->next = v->state_due = NEVER;
    v->visualization_due = NEVER;
    return v;
}
void vehicle_free(VirtualVehicle *v) {
    free(v);
}

// ---- time
static double full_at(const VirtualVehicle *v) {
    if (!v->charging) return NEVER;
    double missing = MAX(0, v->c.battery_kwh - v->kwh);
    return v->t0 + missing / (v->c.charge_kw - v->c.idle_kw) * 3600e3 + 1;
}
static void set_next(VirtualVehicle *v) {
    double next = NEVER;
    if (!v->dead) {
        next = MIN(MIN(v->t1, vehicle_timer_next(v)), full_at(v));
        if (v->obstacle_until > v->t0) next = MIN(next, v->obstacle_until);
        if (v->online) next = MIN(next, MIN(v->state_due, v->visualization_due));
    }
    v->next = next;
}
static void watch_battery(VirtualVehicle *v) {
    double charge = 100 * v->kwh / v->c.battery_kwh;
    const char *low = vehicle_word(v, "batteryLow", "BATTERY_LOW"),
               *empty = vehicle_word(v, "batteryEmpty", "BATTERY_EMPTY");
    bool is_low = false;
    for (uint32_t i = 0; i < v->faults_n; i++) is_low |= strcmp(v->fault[i].type, low) == 0;
    if (charge < v->c.low_charge && !is_low)
        vehicle_fault(v, low, VDA_LEVEL_URGENT, "the battery is low", NULL, STR_EMPTY);
    if (charge > v->c.low_charge + 1 && is_low) vehicle_fault_clear(v, low);
    if (v->kwh <= 0 && !v->flat) vehicle_fault(v, empty, VDA_LEVEL_FATAL, "the battery is empty", NULL, STR_EMPTY);
    if (v->kwh > 0 && v->flat) vehicle_fault_clear(v, empty);
    v->flat = v->kwh <= 0;
    if (v->charging && v->kwh >= v->c.battery_kwh * (1 - 1e-9)) v->charging = false, v->dirty = true;
}
void vehicle_after(VirtualVehicle *v, double t) {
    watch_battery(v);
    vehicle_think(v);
    vehicle_plan(v);
    if (v->driving && v->charging) v->charging = false, v->dirty = true; // it unplugs before it drives off
    if (v->online && t >= v->visualization_due) {
        v->visualization_due = t + v->c.visualization_ms;
        vehicle_say(v, VDA_VISUALIZATION, t);
    }
    if (v->dirty || t >= v->state_due) vehicle_say(v, VDA_STATE, t);
    set_next(v);
}
static void set_obstacle(VirtualVehicle *v, double until) {
    const char *type = vehicle_word(v, "pathBlocked", "PATH_BLOCKED");
    vehicle_fault_clear(v, type);
    v->dirty |= v->obstacle_until > 0;
    v->obstacle_until = until;
    if (until > v->t0) vehicle_fault(v, type, VDA_LEVEL_WARNING, "something is in the way", NULL, STR_EMPTY);
}
static void step(VirtualVehicle *v, double t) {
    bool ended = v->t1 <= t;
    vehicle_settle(v, t);
    if (ended && v->has_order && v->at + 1 < v->stops_n && v->s0 >= v->leg[v->at].length - EPS_M) vehicle_pass(v);
    vehicle_timers(v, t);
    if (v->obstacle_until > 0 && v->obstacle_until <= t) set_obstacle(v, 0);
    vehicle_after(v, t);
}
void vehicle_advance(VirtualVehicle *v, int64_t now_ms) {
    CK_ASSERT(now_ms >= v->now);
    uint32_t still = 0; // events at one and the same time: as many as nodes at most
    while (v->next <= (double)now_ms) {
        double t = MAX(v->next, v->t0);
        still = t > v->t0 ? 0 : still + 1;
        CK_ASSERT(still < 1000);
        step(v, t);
    }
    v->now = now_ms;
}
int64_t vehicle_next_ms(const VirtualVehicle *v) {
    return v->next >= NEVER ? TIME_NEVER : MAX((int64_t)ceil(v->next), v->now);
}

// ---- messages in
void vehicle_malformed(VirtualVehicle *v, Str what, int64_t now_ms) {
    vehicle_advance(v, now_ms);
    if (v->dead) return;
    vehicle_settle(v, (double)now_ms);
    vehicle_fault(v, vehicle_word(v, "validationError", "VALIDATION_FAILURE"), VDA_LEVEL_WARNING,
                  "a message could not be read", "what", what);
    vehicle_after(v, (double)now_ms);
}
void vehicle_receive(VirtualVehicle *v, VdaTopic t, Str json, Arena *scratch, int64_t now_ms) {
    VdaProblems problems;
    VdaOrder order;
    VdaInstantActions instant;
    CK_ASSERT(t == VDA_ORDER || t == VDA_INSTANT_ACTIONS);
    Err e = t == VDA_ORDER ? vda_decode_order(v->c.version, json, scratch, &order, &problems)
                           : vda_decode_instant_actions(v->c.version, json, scratch, &instant, &problems);
    if (e)
        vehicle_malformed(v, problems.p[0].pointer.n ? problems.p[0].pointer : problems.p[0].what, now_ms);
    else if (t == VDA_ORDER)
        vehicle_order(v, &order, now_ms);
    else
        vehicle_instant(v, &instant, now_ms);
}

// ---- what happens to it. Between begin and after, t0 is now.
static bool begin(VirtualVehicle *v, int64_t now_ms) { // false: it is dead
    vehicle_advance(v, now_ms);
    if (v->dead) return false;
    vehicle_settle(v, (double)now_ms);
    return true;
}
void vehicle_connect(VirtualVehicle *v, int64_t now_ms) {
    if (!begin(v, now_ms) || v->online) return;
    v->online = true, v->dirty = true;
    v->state_due = NEVER; // the state below sets it
    v->visualization_due = v->c.visualization_ms ? v->t0 + v->c.visualization_ms : NEVER;
    vehicle_say_connection(v, VDA_ONLINE, v->t0);
    vehicle_say(v, VDA_FACTSHEET, v->t0);
    vehicle_after(v, v->t0);
}
static void go_silent(VirtualVehicle *v, VdaConnectionState s, int64_t now_ms) {
    if (!begin(v, now_ms) || !v->online) return;
    vehicle_say_connection(v, s, v->t0);
    v->online = false;
    vehicle_after(v, v->t0);
}
void vehicle_disconnect(VirtualVehicle *v, int64_t now_ms) {
    go_silent(v, VDA_OFFLINE, now_ms);
}
void vehicle_break(VirtualVehicle *v, int64_t now_ms) {
    go_silent(v, VDA_CONNECTION_BROKEN, now_ms);
}
static void end_order(VirtualVehicle *v) { // at once, wherever it is
    bool between = vehicle_under_way(v);
    for (uint32_t i = 0; i < v->actions_n; i++) {
        Action *a = &v->action[i];
        a->until = NEVER;
        if (!is_over(a->status)) a->status = VDA_ACTION_FAILED, a->result = "the order was cleared";
    }
    for (uint32_t i = 0; i < v->instants_n; i++)
        if (!is_over(v->instant[i].status)) v->instant[i].status = VDA_ACTION_FAILED;
    v->cancelling = v->pausing = v->paused = false;
    if (between) v->last_node_id.n = 0;
    vehicle_clear(v);
}
void vehicle_kill(VirtualVehicle *v, int64_t now_ms) {
    if (!begin(v, now_ms)) return;
    v->v0 = v->v1 = v->acc = 0, v->s1 = v->s0, v->t1 = NEVER;
    v->dead = true, v->online = v->driving = v->charging = false;
    set_next(v);
}
void vehicle_revive(VirtualVehicle *v, int64_t now_ms) {
    vehicle_advance(v, now_ms);
    if (!v->dead) return;
    v->dead = false, v->t0 = (double)now_ms;
    end_order(v);
    v->order_id.n = 0, v->update_id = 0, v->has_order = false; // its memory is empty
    v->actions_n = v->instants_n = v->faults_n = 0;
    v->localized = v->last_node_id.n > 0;
    vehicle_connect(v, now_ms);
}
bool vehicle_mode(VirtualVehicle *v, VdaMode m, int64_t now_ms) {
    if (v->c.version < VDA_3_0 && (m == VDA_MODE_STARTUP || m == VDA_MODE_INTERVENED)) return false;
    if (!begin(v, now_ms) || v->mode == m) return true;
    v->mode = m, v->dirty = true;
    if (m != VDA_MODE_AUTOMATIC && m != VDA_MODE_SEMIAUTOMATIC && m != VDA_MODE_INTERVENED) {
        end_order(v);
        if (m != VDA_MODE_MANUAL) v->last_node_id.n = 0;
    }
    vehicle_after(v, v->t0);
    return true;
}
void vehicle_fail_next(VirtualVehicle *v, Str action_type, int64_t now_ms) {
    vehicle_advance(v, now_ms);
    CK_ASSERT(id_set(&v->fail_next, action_type));
}
void vehicle_obstacle(VirtualVehicle *v, int64_t until_ms, int64_t now_ms) {
    if (!begin(v, now_ms)) return;
    set_obstacle(v, until_ms > now_ms ? (double)until_ms : 0);
    vehicle_after(v, v->t0);
}
void vehicle_slow(VirtualVehicle *v, double factor, int64_t now_ms) {
    CK_ASSERT(factor > 0 && factor <= 1);
    if (!begin(v, now_ms)) return;
    v->slow = factor;
    vehicle_after(v, v->t0);
}
void vehicle_charge(VirtualVehicle *v, double per_cent, int64_t now_ms) {
    CK_ASSERT(per_cent >= 0 && per_cent <= 100);
    if (!begin(v, now_ms)) return;
    v->kwh = v->c.battery_kwh * per_cent / 100, v->dirty = true;
    vehicle_after(v, v->t0);
}
void vehicle_lose_position(VirtualVehicle *v, int64_t now_ms) {
    if (!begin(v, now_ms) || !v->localized) return;
    v->localized = false, v->last_node_id.n = 0;
    vehicle_fault(v, vehicle_word(v, "localizationError", "LOCALIZATION_ERROR"), VDA_LEVEL_FATAL,
                  "it does not know where it is", NULL, STR_EMPTY);
    vehicle_after(v, v->t0);
}
void vehicle_e_stop(VirtualVehicle *v, VdaEStop kind, int64_t now_ms) {
    CK_ASSERT(kind >= VDA_ESTOP_NONE && kind <= VDA_ESTOP_AUTOACK);
    if (!begin(v, now_ms)) return;
    v->dirty |= v->e_stop != kind;
    v->e_stop = kind;
    vehicle_after(v, v->t0);
}
void vehicle_brake(VirtualVehicle *v, int64_t now_ms) {
    if (!begin(v, now_ms)) return;
    v->pausing = !v->paused;
    vehicle_after(v, v->t0);
}
void vehicle_go(VirtualVehicle *v, int64_t now_ms) {
    if (!begin(v, now_ms)) return;
    vehicle_pause(v, false);
    vehicle_after(v, v->t0);
}

VehicleView vehicle_view(const VirtualVehicle *v, int64_t now_ms) {
    double t = MAX((double)now_ms, v->t0);
    VehicleView w = {.speed = vehicle_speed_at(v, t),
                     .charge = 100 * v->kwh / v->c.battery_kwh,
                     .odometer_m = v->odometer + vehicle_s_at(v, t) - v->s0,
                     .order_id = id_str(&v->order_id),
                     .last_node_id = id_str(&v->last_node_id),
                     .update_id = v->update_id,
                     .last_sequence_id = v->last_seq,
                     .nodes_left = v->stops_n > v->at + 1 ? v->stops_n - v->at - 1 : 0,
                     .loads = v->loads_n,
                     .driving = v->driving,
                     .charging = v->charging,
                     .idle = !vehicle_active(v) && !v->cancelling,
                     .mode = v->mode};
    vehicle_place_at(v, t, &w.x, &w.y, &w.theta);
    return w;
}

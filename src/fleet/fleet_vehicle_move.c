// Motion: from one event to the next with constant acceleration. The plan looks ahead over the released legs, so that
// the vehicle can always brake to their speeds and to the end of its base.
#include "fleet_vehicle_internal.h"

// ---- where it is between two events
static double moved(const VirtualVehicle *v, double t) {
    double dt = (t - v->t0) / 1000;
    if (t >= v->t1) return v->s1 - v->s0;
    return MAX(0, v->v0 * dt + v->acc * dt * dt / 2);
}
double vehicle_s_at(const VirtualVehicle *v, double t) {
    return v->s0 + moved(v, t);
}
double vehicle_speed_at(const VirtualVehicle *v, double t) {
    if (t >= v->t1) return v->v1;
    return MAX(0, v->v0 + v->acc * (t - v->t0) / 1000);
}
bool vehicle_under_way(const VirtualVehicle *v) {
    return v->has_order && v->at + 1 < v->stops_n && v->s0 > EPS_M;
}
void vehicle_place_at(const VirtualVehicle *v, double t, double *ret_x, double *ret_y, double *ret_theta) {
    double s = vehicle_s_at(v, t);
    *ret_x = v->x, *ret_y = v->y, *ret_theta = v->theta;
    if (!v->has_order || v->at + 1 >= v->stops_n || s <= EPS_M) return;
    const Stop *from = &v->stop[v->at], *to = from + 1;
    if (!to->placed) return;
    double x0 = v->x, y0 = v->y, part = MIN(1, s / v->leg[v->at].length);
    *ret_x = x0 + (to->x - x0) * part, *ret_y = y0 + (to->y - y0) * part;
    if (hypot(to->x - x0, to->y - y0) > EPS_M) *ret_theta = atan2(to->y - y0, to->x - x0);
}
void vehicle_settle(VirtualVehicle *v, double t) {
    if (t <= v->t0) return;
    double ds = moved(v, t), hours = (t - v->t0) / 3600e3, speed = vehicle_speed_at(v, t);
    v->odometer += ds;
    if (!v->dead) v->kwh -= ds / 1000 * v->c.drive_kwh_km + hours * v->c.idle_kw;
    if (v->charging) v->kwh = MIN(v->c.battery_kwh, v->kwh + hours * v->c.charge_kw);
    v->kwh = MAX(0, v->kwh);
    if (t >= v->t1) v->t1 = NEVER, v->acc = 0; // what comes next is to be planned
    v->s0 += ds, v->v0 = speed, v->t0 = t;
}

// ---- how it goes on
static bool hard_action_at(const VirtualVehicle *v, uint32_t seq) {
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (v->action[i].seq == seq && stands_for(&v->action[i]) && !is_over(v->action[i].status)) return true;
    return false;
}
// It stops at stop i: the end of its base, an action that needs it to stand there, an order to be cancelled.
static bool stops_at(const VirtualVehicle *v, uint32_t i) {
    if (i + 1 >= v->stops_n || !v->stop[i + 1].released) return true;
    if (v->cancelling && v->stop[i].seq >= v->cancel_seq) return true;
    return v->actions_n && (hard_action_at(v, v->stop[i].seq) || hard_action_at(v, v->leg[i].seq));
}
bool vehicle_may_move(const VirtualVehicle *v) {
    if (v->dead || v->flat || v->stuck || v->paused || v->pausing || !v->localized) return false;
    if (v->e_stop != VDA_ESTOP_NONE || v->obstacle_until > v->t0) return false;
    if (v->mode != VDA_MODE_AUTOMATIC && v->mode != VDA_MODE_SEMIAUTOMATIC) return false;
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (v->action[i].triggered && stands_for(&v->action[i]) && !is_over(v->action[i].status)) return false;
    return true;
}

typedef struct {
    double cap;              // of speed now
    double brake, brake_x;   // the hardest braking that is needed, and for how far
    double rise_x, cruise_x; // how far it may speed up, or go on as now
} Ahead;
// From here on the speed must be at most u at distance x.
static void look(const VirtualVehicle *v, Ahead *a, double x, double u) {
    double d = v->c.deceleration, vv = v->v0 * v->v0, uu = u * u;
    if (vv > uu) {
        double need = (vv - uu) / (2 * MAX(x, EPS_M));
        if (u > 0) need = MIN(need, d); // told too late: it is over the speed for a while
        if (need > a->brake) a->brake = need, a->brake_x = x;
        a->cruise_x = MIN(a->cruise_x, x - (vv - uu) / (2 * d));
    }
    a->rise_x = MIN(a->rise_x, (uu + 2 * d * x - vv) / (2 * (v->c.acceleration + d)));
}
static double cap_of(const VirtualVehicle *v, const Leg *l) {
    return MAX(0.01, MIN(l->cap, v->c.speed_max) * v->slow);
}
// Fills `a`; returns how far the base reaches.
static double look_ahead(const VirtualVehicle *v, Ahead *a) {
    double x = v->leg[v->at].length - v->s0, base = x;
    double far = x + v->c.speed_max * v->c.speed_max / (2 * v->c.deceleration); // no phase and its braking go farther
    bool stop = false;
    *a = (Ahead){.cap = cap_of(v, &v->leg[v->at]), .rise_x = NEVER, .cruise_x = NEVER};
    for (uint32_t i = v->at + 1;; i++) {
        if (!stop && stops_at(v, i)) look(v, a, x, 0), stop = true;
        if (i + 1 >= v->stops_n || !v->stop[i + 1].released) break;
        if (!stop && x <= far) look(v, a, x, cap_of(v, &v->leg[i]));
        x += v->leg[i].length;
        base = x;
        if (base > far + v->c.base_request) break;
    }
    return base;
}
static void go(VirtualVehicle *v, double acc, double x) { // for x metres from now
    double end = sqrt(MAX(0, v->v0 * v->v0 + 2 * acc * x)), sum = v->v0 + end;
    v->acc = acc, v->s1 = v->s0 + x, v->v1 = end < 1e-5 ? 0 : end;
    v->t1 = sum > 0 ? v->t0 + 2000 * x / sum : NEVER;
}
static void stand(VirtualVehicle *v) {
    v->v0 = v->v1 = v->acc = 0, v->s1 = v->s0, v->t1 = NEVER;
}
static bool more_to_come(const VirtualVehicle *v) { // the order has a horizon behind the base
    return v->stops_n > 0 && !v->stop[v->stops_n - 1].released;
}
static void set_base_request(VirtualVehicle *v, bool on) {
    v->dirty |= v->base_request != on;
    v->base_request = on;
}
static void set_driving(VirtualVehicle *v) {
    bool driving = v->v0 > 0 || v->acc > 0;
    v->dirty |= v->driving != driving;
    v->driving = driving;
}
static void plan_halt(VirtualVehicle *v, double left) { // as fast as it brakes, wherever that is
    double d = v->c.deceleration * (v->e_stop != VDA_ESTOP_NONE ? 2 : 1), x = v->v0 * v->v0 / (2 * d);
    if (v->v0 <= 0)
        stand(v);
    else
        go(v, -d, MIN(x, left));
}
static void plan_run(VirtualVehicle *v, double left, const Ahead *a, double base) {
    double acc = 0, x = left, d = v->c.deceleration;
    if (a->brake > d * 0.999999 || (a->brake > 0 && a->cruise_x < EPS_M)) {
        acc = -a->brake, x = MIN(left, a->brake_x);
    } else if (v->v0 > a->cap * 1.000001) {
        acc = -d, x = MIN(left, (v->v0 * v->v0 - a->cap * a->cap) / (2 * d));
    } else if (v->v0 < a->cap * 0.999999 && a->rise_x > 1e-9) {
        acc = v->c.acceleration;
        x = MIN(MIN(left, a->rise_x), (a->cap * a->cap - v->v0 * v->v0) / (2 * acc));
    } else {
        x = MIN(left, MAX(a->cruise_x, EPS_M));
    }
    if (more_to_come(v) && !v->base_request) x = MIN(x, MAX(base - v->c.base_request, EPS_M));
    if (v->v0 <= 0 && acc <= 0)
        stand(v);
    else
        go(v, acc, x);
}
void vehicle_plan(VirtualVehicle *v) {
    bool leg = v->has_order && v->at + 1 < v->stops_n && v->stop[v->at + 1].released;
    if (!leg) {
        set_base_request(v, v->has_order && v->at + 1 < v->stops_n && more_to_come(v));
        stand(v);
        set_driving(v);
        return;
    }
    Ahead a;
    double left = MAX(v->leg[v->at].length - v->s0, 0), base = look_ahead(v, &a);
    set_base_request(v, more_to_come(v) && base <= v->c.base_request + 2 * EPS_M);
    if (!vehicle_may_move(v) || (v->s0 <= EPS_M && v->v0 <= 0 && stops_at(v, v->at)))
        plan_halt(v, left);
    else if (left <= EPS_M)
        v->t1 = v->t0, v->s1 = v->s0 + left, v->v1 = v->v0; // the next node is where it stands
    else
        plan_run(v, left, &a, base);
    set_driving(v);
}

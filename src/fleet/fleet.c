// Life of the fleet, what people see, what operators do.
#include "base/field_def.h"
#include "fleet_internal.h"
#include <math.h>

static const char *const status_list[] = {FLEET_STATUS_TABLE(MAP_ENUM_NAME)};
const Names FleetStatus_names = {status_list, ARRAY_LEN(status_list)};
static const char *const alarm_list[] = {FLEET_ALARM_TABLE(MAP_ENUM_NAME)};
const Names FleetAlarm_names = {alarm_list, ARRAY_LEN(alarm_list)};
static const char *const step_list[] = {FLEET_STEP_TABLE(MAP_ENUM_NAME)};
const Names FleetStep_names = {step_list, ARRAY_LEN(step_list)};

const FleetParams fleet_params_usual = {.low_pct = 40,
                                        .critical_pct = 20,
                                        .full_pct = 85,
                                        .power_cap_kw = 2000,
                                        .charger_kw = 120,
                                        .resend_ms = 3000,
                                        .silent_ms = 65000, // twice the 30 s at which a vehicle must speak, and some
                                        .relieve_s = 300,
                                        .wait_max_s = 1800,
                                        .tries_max = 4,
                                        .service_km = 5000,
                                        .service_h = 500,
                                        .service_errors = 200,
                                        .speed_permille = 1000,
                                        .plan_window = 20,
                                        .plan_iterations = 20,
                                        .reefer_off_min = 60,
                                        .dangerous_alone = true,
                                        .empty_wh_km = 1400,
                                        .laden_wh_km = 1700,
                                        .idle_w = 1200};
static const Field params_f[] = {F(FleetParams, low_pct, FIELD_U32),        F(FleetParams, critical_pct, FIELD_U32),
                                 F(FleetParams, full_pct, FIELD_U32),       F(FleetParams, power_cap_kw, FIELD_U32),
                                 F(FleetParams, charger_kw, FIELD_U32),     F(FleetParams, resend_ms, FIELD_U32),
                                 F(FleetParams, silent_ms, FIELD_U32),      F(FleetParams, wait_max_s, FIELD_U32),
                                 F(FleetParams, relieve_s, FIELD_U32),      F(FleetParams, tries_max, FIELD_U32),
                                 F(FleetParams, service_km, FIELD_U32),     F(FleetParams, service_h, FIELD_U32),
                                 F(FleetParams, service_errors, FIELD_U32), F(FleetParams, speed_permille, FIELD_U32),
                                 F(FleetParams, plan_window, FIELD_U32),    F(FleetParams, plan_iterations, FIELD_U32),
                                 F(FleetParams, reefer_off_min, FIELD_U32), F(FleetParams, dangerous_alone, FIELD_BOOL),
                                 F(FleetParams, empty_wh_km, FIELD_U32),    F(FleetParams, laden_wh_km, FIELD_U32),
                                 F(FleetParams, idle_w, FIELD_U32)};
const FieldTable fleet_params_fields = TABLE(FleetParams, "fleet parameters", params_f);

Fleet *fleet_new(const RouteMap *m, const FleetParams *p, FleetPort port) {
    Fleet *f = calloc(1, sizeof *f);
    CK_ASSERT(f != NULL);
    f->map = m, f->p = *p, f->port = port, f->broker_up = true;
    f->x0 = f->y0 = INFINITY, f->x1 = f->y1 = -INFINITY;
    for (uint32_t i = 0; i < m->nodes; i++) {
        f->x0 = fmin(f->x0, m->node[i].x), f->x1 = fmax(f->x1, m->node[i].x);
        f->y0 = fmin(f->y0, m->node[i].y), f->y1 = fmax(f->y1, m->node[i].y);
    }
    f->traffic = traffic_new(m, FLEET_VEHICLES_MAX);
    f->job = calloc(FLEET_JOBS_MAX, sizeof *f->job), f->stood_s = calloc(m->nodes, sizeof *f->stood_s);
    CK_ASSERT(f->job && f->stood_s);
    f->alone = FLEET_NONE;
    f->stats.battery_pct_min = 100;
    arena_init(&f->arena, 1u << 20);
    return f;
}
void fleet_free(Fleet *f) {
    if (!f) return;
    plan_free(f);
    traffic_free(f->traffic);
    arena_deinit(&f->arena);
    free(f->seconds), free(f->place), free(f->next_crane), free(f->aisle), free(f->stood_s), free(f->job), free(f);
}
static bool copy(char *to, size_t size, Str s) {
    if (!s.n || s.n >= size) return false;
    memcpy(to, s.p, s.n);
    return true;
}
uint32_t fleet_find(const Fleet *f, Str manufacturer, Str serial) {
    for (uint32_t i = 0; i < f->vehicles; i++)
        if (str_eq_c(serial, f->v[i].serial) && str_eq_c(manufacturer, f->v[i].manufacturer)) return i;
    return FLEET_NONE;
}
uint32_t fleet_named(const Fleet *f, Str name) {
    for (uint32_t i = 0; i < f->vehicles; i++)
        if (str_eq_c(name, f->v[i].name)) return i;
    return FLEET_NONE;
}
uint32_t fleet_add(Fleet *f, Str name, Str manufacturer, Str serial, VdaVersion version) {
    if (f->vehicles == FLEET_VEHICLES_MAX || fleet_find(f, manufacturer, serial) != FLEET_NONE ||
        fleet_named(f, name) != FLEET_NONE)
        return FLEET_NONE;
    Unit *k = &f->v[f->vehicles];
    *k = (Unit){.version = version, .job = FLEET_NONE, .nodes_max = SENT_MAX, .battery_pct = 100};
    if (!copy(k->name, sizeof k->name, name) || !copy(k->manufacturer, sizeof k->manufacturer, manufacturer) ||
        !copy(k->serial, sizeof k->serial, serial) || !vda_topic_part(manufacturer) || !vda_topic_part(serial)) {
        *k = (Unit){0};
        return FLEET_NONE;
    }
    return f->vehicles++;
}

// ---- alarms: once when they come, once when they go
void alarm_set(Fleet *f, uint32_t v, FleetAlarm a, bool on, Str what) {
    Unit *k = &f->v[v];
    uint32_t bit = 1u << a;
    if (!(k->alarms & bit) == !on) return;
    k->alarms ^= bit;
    if (on) k->errors++, k->errors_service++;
    f->port.event(f->port.ctx, &(FleetEvent){.kind = FLEET_EVENT_ALARM,
                                             .job = k->job == FLEET_NONE ? FLEET_NONE : f->job[k->job].j.id,
                                             .vehicle = v,
                                             .alarm = (uint8_t)a,
                                             .on = on,
                                             .node = (uint16_t)traffic_last(f->traffic, v),
                                             .reason = what});
}
FleetStatus status_of(const Fleet *f, const Unit *k) {
    uint32_t v = (uint32_t)(k - f->v);
    if (k->isolated) return FLEET_ISOLATED;
    if (!k->seen) return FLEET_UNSEEN;
    if (!k->online || (k->alarms & 1u << FLEET_ALARM_LOST)) return FLEET_LOST;
    if (k->fatal || k->e_stop) return FLEET_BROKEN;
    if (k->mode != VDA_MODE_AUTOMATIC && k->mode != VDA_MODE_SEMIAUTOMATIC) return FLEET_MANUAL;
    if (k->nowhere || !traffic_here(f->traffic, v)) return FLEET_ASTRAY;
    if (k->charging) return FLEET_CHARGING;
    if (k->leg == LEG_NONE) return FLEET_IDLE;
    bool there = traffic_last(f->traffic, v) == traffic_booked(f->traffic, v);
    return there && (k->leg == LEG_PICK || k->leg == LEG_DROP) ? FLEET_HANDLING : FLEET_DRIVING;
}
#define ON_NODE_M 1.0
bool off_node(const Fleet *f, const Unit *k, uint32_t node, double *ret_m) {
    const MapNode *n = &f->map->node[node];
    double m = fmax(k->since_m, k->localized ? hypot(k->x - n->x, k->y - n->y) : 0);
    if (ret_m) *ret_m = m;
    return m > ON_NODE_M;
}
#define BESIDE_M 3.0
uint32_t edge_at(const Fleet *f, const Unit *k, uint32_t from) {
    const RouteMap *m = f->map;
    double least = BESIDE_M;
    uint32_t ret = MAP_NONE;
    for (uint32_t e = 0; e < m->edges; e++) {
        const MapNode *a = &m->node[m->edge[e].from], *b = &m->node[m->edge[e].to];
        double dx = b->x - a->x, dy = b->y - a->y, d = hypot(dx, dy);
        if (d <= 0 || (from != MAP_NONE && m->edge[e].from != from)) continue;
        double along = ((k->x - a->x) * dx + (k->y - a->y) * dy) / d;
        double beside = fabs((k->x - a->x) * dy - (k->y - a->y) * dx) / d;
        if (along >= 0 && along < d + ON_NODE_M && beside < least) least = beside, ret = e;
    }
    return ret;
}
static uint32_t node_at(const Fleet *f, const Unit *k) { // on which it stands; MAP_NONE
    double least = ON_NODE_M;
    uint32_t ret = MAP_NONE;
    for (uint32_t i = 0; i < f->map->nodes; i++) {
        double m = hypot(k->x - f->map->node[i].x, k->y - f->map->node[i].y);
        if (m < least) least = m, ret = i;
    }
    return ret;
}
uint32_t fleet_node_behind(const Fleet *f, uint32_t v) {
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    CK_ASSERT(v < f->vehicles);
    if (traffic_here(f->traffic, v) && traffic_trail(f->traffic, v, trail)) return trail[0];
    uint32_t node = node_at(f, &f->v[v]); // the road that comes there and the one that leaves are both beside it
    if (node != MAP_NONE) return node;
    uint32_t e = edge_at(f, &f->v[v], MAP_NONE);
    return e == MAP_NONE ? MAP_NONE : f->map->edge[e].from;
}
bool may_be_sent(const Fleet *f, const Unit *k) {
    FleetStatus s = status_of(f, k);
    return f->broker_up && f->known && !k->held && !k->cancelling &&
           (s == FLEET_IDLE || s == FLEET_DRIVING || s == FLEET_HANDLING || s == FLEET_CHARGING);
}

// ---- operators
static bool in_zone(const Fleet *f, uint32_t v, uint32_t zone) {
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    uint32_t n = traffic_trail(f->traffic, v, trail);
    if (zone == MAP_NONE) return true;
    for (uint32_t i = 0; i < n; i++)
        if (f->map->node[trail[i]].zone == zone) return true;
    return false;
}
static void hold(Fleet *f, uint32_t v, bool on, int64_t now_ms) {
    Unit *k = &f->v[v];
    k->held = on, k->resuming = !on, k->pause_ms = now_ms;
    order_instant(f, v, on ? "startPause" : "stopPause", now_ms);
}
static bool zone_holds(const Fleet *f, uint32_t v) {
    bool ret = f->zone_stopped == UINT32_MAX;
    for (uint32_t z = 0; z < f->map->zones && !ret; z++) ret = (f->zone_stopped & 1u << z) && in_zone(f, v, z);
    return ret;
}
// A vehicle that comes into a stopped zone or is seen later is held, too. QoS 0 loses these as well: said again until
// it shows it.
static void keep_held(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    if (!k->seen || !k->online) return;
    if (!k->held && zone_holds(f, v)) hold(f, v, true, now_ms);
    k->resuming &= k->paused != VDA_FALSE;
    bool unheard = k->held ? k->paused == VDA_FALSE : k->resuming && k->paused == VDA_TRUE;
    if (unheard && now_ms - k->pause_ms >= (int64_t)f->p.resend_ms) hold(f, v, k->held, now_ms);
}
void fleet_pause(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    k->alone = PAUSED_ALONE;
    if (!k->held) hold(f, v, true, now_ms);
}
bool fleet_go_on(Fleet *f, uint32_t v, Str who, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    if (!who.n || zone_holds(f, v)) return false;
    k->alone = NOT_ALONE;
    hold(f, v, false, now_ms); // who was stopped by hand goes on, too
    return true;
}
void fleet_stop_zone(Fleet *f, uint32_t zone, int64_t now_ms) {
    if (zone == MAP_NONE)
        f->zone_stopped = UINT32_MAX;
    else
        f->zone_stopped |= 1u << zone;
    for (uint32_t v = 0; v < f->vehicles; v++)
        if (f->v[v].seen && in_zone(f, v, zone) && !f->v[v].held) hold(f, v, true, now_ms);
}
bool fleet_resume(Fleet *f, uint32_t zone, Str who, int64_t now_ms) {
    if (!who.n) return false;
    if (zone == MAP_NONE)
        f->zone_stopped = 0;
    else
        f->zone_stopped &= ~(1u << zone);
    for (uint32_t v = 0; v < f->vehicles; v++) {
        if (zone == MAP_NONE && f->v[v].alone == FOUND_PAUSED) f->v[v].alone = NOT_ALONE;
        if (f->v[v].held && !f->v[v].alone && !zone_holds(f, v)) hold(f, v, false, now_ms);
    }
    return true;
}
void fleet_close_zone(Fleet *f, uint32_t zone, bool closed) {
    traffic_close(f->traffic, zone, closed);
}
void fleet_weather(Fleet *f, uint32_t speed_permille) {
    f->p.speed_permille = MAX(MIN(speed_permille, 1000u), 50u);
}
bool fleet_accept(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    if (!k->isolated) return false;
    k->isolated = false, k->header_id = 0;
    alarm_set(f, v, FLEET_ALARM_MESSAGE, false, STR_EMPTY);
    alarm_set(f, v, FLEET_ALARM_VERSION, false, STR_EMPTY);
    alarm_set(f, v, FLEET_ALARM_DUPLICATE, false, STR_EMPTY);
    alarm_set(f, v, FLEET_ALARM_UNKNOWN_ORDER, false, STR_EMPTY);
    order_instant(f, v, "stateRequest", now_ms);
    return true;
}
void fleet_localise(Fleet *f, uint32_t v, uint32_t node, int64_t now_ms) {
    const RouteMap *m = f->map;
    CK_ASSERT(v < f->vehicles && node < m->nodes);
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    uint32_t n = traffic_trail(f->traffic, v, trail), edge = m->out[m->out_begin[node]];
    for (uint32_t i = 0; i + 1 < n; i++)
        if (trail[i] == node) edge = route_map_edge(m, trail[i], trail[i + 1]);
    order_localise(f, v, node, m->edge[edge].heading, now_ms);
}
void fleet_serviced(Fleet *f, uint32_t v) {
    Unit *k = vehicle_at(f, v);
    k->service_due = false, k->km_service = k->h_service = 0, k->errors_service = 0;
    alarm_set(f, v, FLEET_ALARM_SERVICE, false, STR_EMPTY);
}

// ---- seeing
uint32_t fleet_vehicles(const Fleet *f) {
    return f->vehicles;
}
const RouteTraffic *fleet_traffic(const Fleet *f) {
    return f->traffic;
}
void fleet_view(const Fleet *f, uint32_t v, FleetView *ret) {
    CK_ASSERT(v < f->vehicles);
    const Unit *k = &f->v[v];
    *ret = (FleetView){.name = vehicle_name(k),
                       .manufacturer = str_c(k->manufacturer),
                       .serial = str_c(k->serial),
                       .version = k->version,
                       .status = (uint8_t)status_of(f, k),
                       .x = k->x,
                       .y = k->y,
                       .theta = k->theta,
                       .battery_pct = k->battery_pct,
                       .node = (uint16_t)traffic_last(f->traffic, v),
                       .goal = (uint16_t)traffic_booked(f->traffic, v),
                       .job = k->job == FLEET_NONE ? FLEET_NONE : f->job[k->job].j.id,
                       .laden = k->laden,
                       .waits = k->waits,
                       .waits_since_ms = k->waits_since_ms,
                       .state_ms = k->state_ms,
                       .alarms = k->alarms,
                       .driven_m = k->driven_m,
                       .laden_m = k->laden_m,
                       .errors = k->errors};
}
void fleet_stats(const Fleet *f, int64_t now_ms, FleetStats *ret) {
    *ret = f->stats;
    ret->jobs_waiting = ret->jobs_under_way = 0;
    for (uint32_t i = 0; i < f->jobs_used; i++) {
        const Job *j = &f->job[i];
        if (!j->used) continue;
        if (j->step == STEP_WAITING)
            ret->jobs_waiting++, ret->longest_ms = MAX(ret->longest_ms, now_ms - j->asked_ms);
        else
            ret->jobs_under_way++;
    }
    ret->moved_ms = f->moved_ms;
    ret->driven_m = ret->laden_m = 0;
    for (uint32_t v = 0; v < f->vehicles; v++) ret->driven_m += f->v[v].driven_m, ret->laden_m += f->v[v].laden_m;
    if (f->stats.done) ret->cycle_s_mean = f->cycle_sum / (double)f->stats.done;
    if (f->stats.done) ret->wait_s_mean = f->wait_sum / (double)f->stats.done;
}

// ---- the cycle
// A control that begins does not know who stands where, and gives no ground before it does: who lives must speak every
// 30 s. Who was there once and does not speak may stand anywhere: he comes back, or is taken off by somebody.
static bool placed(const Fleet *f, uint32_t v, bool late) {
    const Unit *k = &f->v[v];
    return traffic_here(f->traffic, v) || k->off || (late && !k->seen && !k->heard);
}
static void look_round(Fleet *f, int64_t now_ms) {
    if (!f->start_ms) f->start_ms = now_ms;
    bool all = true, late = now_ms - f->start_ms > (int64_t)f->p.silent_ms;
    for (uint32_t v = 0; v < f->vehicles; v++) all &= placed(f, v, late);
    f->known = all;
    for (uint32_t v = 0; v < f->vehicles && (late || all); v++)
        alarm_set(f, v, FLEET_ALARM_UNPLACED, !placed(f, v, late),
                  STR("nobody drives before it is known where it stands"));
}
static void look_after(Fleet *f, uint32_t v, int64_t now_ms) { // silence, service
    Unit *k = &f->v[v];
    bool silent = k->seen && now_ms - k->state_ms > (int64_t)f->p.silent_ms;
    alarm_set(f, v, FLEET_ALARM_LOST, k->seen && (silent || !k->online), STR("no message from the vehicle"));
    keep_held(f, v, now_ms);
    if (k->seen && traffic_here(f->traffic, v)) {
        FleetStatus s = status_of(f, k);
        traffic_stop(f->traffic, v, s <= FLEET_BROKEN || k->held);
    }
    bool due =
        k->km_service >= f->p.service_km || k->h_service >= f->p.service_h || k->errors_service >= f->p.service_errors;
    if (due && !k->service_due)
        k->service_due = true, alarm_set(f, v, FLEET_ALARM_SERVICE, true, STR("service is due"));
    if (k->cycle_ms && k->seen) {
        double s = (double)(now_ms - k->cycle_ms) / 1e3;
        if (k->driving) k->h_service += s / 3600;
        kpi_seconds(f, v, s), kpi_reefer(f, v, s);
    }
    k->cycle_ms = now_ms;
}
void fleet_cycle(Fleet *f, int64_t now_ms) {
    if (!f->known && f->broker_up) look_round(f, now_ms);
    for (uint32_t v = 0; v < f->vehicles; v++) look_after(f, v, now_ms);
    jobs_assign(f, now_ms);
    plan_cycle(f, now_ms);
    drive_all(f, now_ms);
}
void fleet_broker(Fleet *f, bool up, int64_t now_ms) {
    f->broker_up = up;
    for (uint32_t v = 0; v < f->vehicles && up; v++) { // what was said meanwhile is lost, ours and theirs
        f->v[v].sent_ms = 0, f->v[v].state_ms = MAX(f->v[v].state_ms, now_ms - (int64_t)f->p.silent_ms / 2);
        if (f->v[v].seen) order_instant(f, v, "stateRequest", now_ms);
    }
}

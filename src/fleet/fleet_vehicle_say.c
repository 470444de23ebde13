// Messages out, from what the vehicle is.
#include "fleet_vehicle_internal.h"

static VdaHeader header(VirtualVehicle *v, VdaTopic t, double now) {
    return (VdaHeader){v->header_id[t]++, (int64_t)ceil(now), str_c(vda_version_text(v->c.version)),
                       id_str(&v->manufacturer), id_str(&v->serial)};
}
static VdaPosition position(const VirtualVehicle *v, double now) {
    VdaPosition p = {.map_id = id_str(&v->map_id), .initialized = v->localized};
    vehicle_place_at(v, now, &p.x, &p.y, &p.theta);
    return p;
}

// ---- state
typedef struct {
    VdaNodeState node[VEHICLE_NODES_MAX];
    VdaEdgeState edge[VEHICLE_NODES_MAX];
    VdaActionState action[VEHICLE_ACTIONS_MAX + VEHICLE_INSTANT_MAX];
    VdaError error[VEHICLE_ERRORS_MAX];
    VdaReference reference[VEHICLE_ERRORS_MAX][2];
    VdaLoad load[VEHICLE_LOADS_MAX];
    VdaPosition position;
    VdaVelocity velocity;
} StateRoom;

static void add_path(const VirtualVehicle *v, StateRoom *r, VdaState *s) {
    uint32_t n = 0;
    for (uint32_t i = v->at + 1; i < v->stops_n; i++, n++) {
        r->node[n] = (VdaNodeState){
            .id = id_str(&v->stop[i].id), .sequence_id = v->stop[i].seq, .released = v->stop[i].released};
        r->edge[n] = (VdaEdgeState){
            .id = id_str(&v->leg[i - 1].id), .sequence_id = v->leg[i - 1].seq, .released = v->stop[i].released};
    }
    s->node_states.items = r->node, s->node_states.n = n;
    s->edge_states.items = r->edge, s->edge_states.n = n;
}
static Str text_of(const char *z) {
    return z ? str_c(z) : (Str){NULL, 0};
}
static void add_actions(const VirtualVehicle *v, StateRoom *r, VdaState *s) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->actions_n; i++, n++) {
        const Action *a = &v->action[i];
        r->action[n] = (VdaActionState){
            .id = id_str(&a->id), .type = id_str(&a->type), .result = text_of(a->result), .status = a->status};
    }
    for (uint32_t i = 0; i < v->instants_n; i++, n++) {
        const Instant *a = &v->instant[i];
        r->action[n] = (VdaActionState){
            .id = id_str(&a->id), .type = id_str(&a->type), .result = text_of(a->result), .status = a->status};
    }
    bool apart = v->c.version >= VDA_3_0;
    s->action_states.items = r->action, s->action_states.n = apart ? v->actions_n : n;
    s->instant_action_states.items = r->action + v->actions_n, s->instant_action_states.n = v->instants_n;
}
static void add_errors(const VirtualVehicle *v, StateRoom *r, VdaState *s) {
    for (uint32_t i = 0; i < v->faults_n; i++) {
        const Fault *f = &v->fault[i];
        VdaError *e = &r->error[i];
        *e = (VdaError){.type = str_c(f->type), .description = str_c(f->text), .level = f->level};
        for (uint32_t k = 0; k < 2 && f->key[k]; k++) {
            r->reference[i][k] = (VdaReference){str_c(f->key[k]), id_str(&f->value[k])};
            e->references.items = r->reference[i], e->references.n = k + 1;
        }
    }
    s->errors.items = r->error, s->errors.n = v->faults_n;
}
static void say_state(VirtualVehicle *v, double now) {
    StateRoom r;
    double s_now = vehicle_s_at(v, now);
    r.position = position(v, now);
    r.velocity = (VdaVelocity){.vx = VDA_NUM(vehicle_speed_at(v, now)), .vy = VDA_NUM(0), .omega = VDA_NUM(0)};
    for (uint32_t i = 0; i < v->loads_n; i++) r.load[i] = (VdaLoad){.id = id_str(&v->loads[i])};
    VdaState s = {.h = header(v, VDA_STATE, now),
                  .order_id = id_str(&v->order_id),
                  .update_id = v->update_id,
                  .last_node_id = id_str(&v->last_node_id),
                  .last_node_sequence_id = v->last_seq,
                  .driving = v->driving,
                  .paused = VDA_FLAG(v->paused),
                  .new_base_request = VDA_FLAG(v->base_request),
                  .distance_since_last_node = VDA_NUM(v->at + 1 < v->stops_n ? s_now : 0),
                  .mode = v->mode,
                  .position = &r.position,
                  .velocity = &r.velocity,
                  .loads = {r.load, v->loads_n},
                  .battery = {.charge = MIN(100, 100 * v->kwh / v->c.battery_kwh), .charging = v->charging},
                  .safety = {.e_stop = v->e_stop, .field_violation = v->obstacle_until > now}};
    add_path(v, &r, &s);
    add_actions(v, &r, &s);
    add_errors(v, &r, &s);
    v->dirty = false;
    v->state_due = now + v->c.state_ms;
    v->send(v->ctx, v, VDA_STATE, &s);
}
static void say_visualization(VirtualVehicle *v, double now) {
    VdaPosition p = position(v, now);
    VdaVelocity velocity = {.vx = VDA_NUM(vehicle_speed_at(v, now))};
    VdaVisualization m = {.h = header(v, VDA_VISUALIZATION, now), .position = &p, .velocity = &velocity};
    m.reference_state_header_id = v->header_id[VDA_STATE] ? v->header_id[VDA_STATE] - 1 : 0;
    v->send(v->ctx, v, VDA_VISUALIZATION, &m);
}

// ---- factsheet
static void say_factsheet(VirtualVehicle *v, double now) {
#define AT_NODE (1u << VDA_SCOPE_NODE | 1u << VDA_SCOPE_EDGE)
#define AT_ONCE (1u << VDA_SCOPE_INSTANT)
#define SPEC(name, scopes_, blocking_)                                                                                 \
    { .type = STR(name), .scopes = scopes_, .blocking = 1u << blocking_, .cancel_allowed = false }
    static VdaActionSpec actions[] = {SPEC("pick", AT_NODE, VDA_BLOCK_HARD),
                                      SPEC("drop", AT_NODE, VDA_BLOCK_HARD),
                                      SPEC("startCharging", AT_NODE | AT_ONCE, VDA_BLOCK_HARD),
                                      SPEC("stopCharging", AT_NODE | AT_ONCE, VDA_BLOCK_HARD),
                                      SPEC("finePositioning", AT_NODE, VDA_BLOCK_HARD),
                                      SPEC("detectObject", AT_NODE, VDA_BLOCK_SOFT),
                                      SPEC("horn", AT_NODE, VDA_BLOCK_NONE),
                                      SPEC("cancelOrder", AT_ONCE, VDA_BLOCK_NONE),
                                      SPEC("startPause", AT_ONCE, VDA_BLOCK_NONE),
                                      SPEC("stopPause", AT_ONCE, VDA_BLOCK_NONE),
                                      SPEC("stateRequest", AT_ONCE, VDA_BLOCK_NONE),
                                      SPEC("factsheetRequest", AT_ONCE, VDA_BLOCK_NONE),
                                      SPEC("initPosition", AT_ONCE, VDA_BLOCK_NONE),
                                      SPEC("retry", AT_ONCE, VDA_BLOCK_NONE), // the last two from 3.0
                                      SPEC("skipRetry", AT_ONCE, VDA_BLOCK_NONE)};
    static Str natural[] = {STR("NATURAL")}, lines[] = {STR("VIRTUAL_LINE_GUIDED")};
    VdaTypeSpecification type = {.series_name = STR("cuakhau virtual vehicle"),
                                 .kinematics = STR("OMNI"),
                                 .robot_class = STR("CARRIER"),
                                 .load_mass_max = 35000,
                                 .localization_types = {natural, 1},
                                 .navigation_types = {lines, 1}};
    VdaPhysical physical = {.speed_min = 0,
                            .speed_max = v->c.speed_max,
                            .acceleration_max = v->c.acceleration,
                            .deceleration_max = v->c.deceleration,
                            .height_min = VDA_NUM(v->c.height),
                            .height_max = v->c.height,
                            .width = v->c.width,
                            .length = v->c.length};
    VdaLimits limits = {.strings = {.id = VDA_INT(VEHICLE_ID_MAX)},
                        .arrays = {.order_nodes = VDA_INT(VEHICLE_NODES_MAX),
                                   .order_edges = VDA_INT(VEHICLE_NODES_MAX - 1),
                                   .instant_actions = VDA_INT(VEHICLE_INSTANT_MAX),
                                   .action_states = VDA_INT(VEHICLE_ACTIONS_MAX)},
                        .timing = {.order_interval_min = 0,
                                   .state_interval_min = 0,
                                   .state_interval_default = VDA_NUM(v->c.state_ms / 1e3)}};
    double l = v->c.length / 2, w = v->c.width / 2;
    VdaPoint corners[] = {{l, w}, {-l, w}, {-l, -w}, {l, -w}};
    VdaEnvelope2d envelope = {.set = STR("whole"), .points = {corners, 4}};
    VdaGeometry geometry = {.envelopes_2d = {&envelope, 1}};
    VdaFeatures features = {.actions = {actions, ARRAY_LEN(actions) - (v->c.version >= VDA_3_0 ? 0 : 2)}};
    VdaLoadSpecification loads = {0};
    VdaFactsheet f = {.h = header(v, VDA_FACTSHEET, now),
                      .type = &type,
                      .physical = &physical,
                      .limits = &limits,
                      .features = &features,
                      .geometry = &geometry,
                      .loads = &loads};
    v->send(v->ctx, v, VDA_FACTSHEET, &f);
}
void vehicle_say_connection(VirtualVehicle *v, VdaConnectionState s, double now) {
    VdaConnection m = {.h = header(v, VDA_CONNECTION, now), .state = s};
    v->send(v->ctx, v, VDA_CONNECTION, &m);
}
void vehicle_say(VirtualVehicle *v, VdaTopic t, double now) {
    if (!v->online || v->dead) return;
    if (t == VDA_STATE)
        say_state(v, now);
    else if (t == VDA_VISUALIZATION)
        say_visualization(v, now);
    else if (t == VDA_FACTSHEET)
        say_factsheet(v, now);
}

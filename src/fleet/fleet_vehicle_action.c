// Actions of the order and instant actions: blocking types, times, results.
#include "fleet_vehicle_internal.h"

// ---- what it can do
static const struct {
    const char *type;
    bool fast; // its time is other_ms
} can[] = {{"pick", false},           {"drop", false},        {"startCharging", true}, {"stopCharging", true},
           {"finePositioning", true}, {"detectObject", true}, {"horn", true}};
bool vehicle_knows_action(Str type) {
    for (size_t i = 0; i < ARRAY_LEN(can); i++)
        if (str_eq_c(type, can[i].type)) return true;
    return false;
}
static double duration(const VirtualVehicle *v, const Action *a) {
    if (id_is(&a->type, STR("pick"))) return v->c.pick_ms;
    if (id_is(&a->type, STR("drop"))) return v->c.drop_ms;
    return v->c.other_ms;
}
static void set_status(VirtualVehicle *v, Action *a, VdaActionStatus s) {
    CK_ASSERT(!is_over(a->status) || a->status == s);
    v->dirty |= a->status != s;
    a->status = s;
}

// ---- results
static const char *pick(VirtualVehicle *v, const Action *a) {
    if (v->loads_n == MIN(v->c.loads_max, VEHICLE_LOADS_MAX)) return "there is no room for a load";
    v->loads[v->loads_n++] = a->load;
    return NULL;
}
static const char *drop(VirtualVehicle *v, const Action *a) {
    for (uint32_t i = 0; i < v->loads_n; i++) {
        if (a->load.n && !id_is(&v->loads[i], id_str(&a->load))) continue;
        memmove(&v->loads[i], &v->loads[i + 1], (v->loads_n - i - 1) * sizeof *v->loads);
        v->loads_n--;
        return NULL;
    }
    return v->loads_n ? "this load is not on the vehicle" : "there is no load";
}
static void set_charging(VirtualVehicle *v, bool on) {
    v->dirty |= v->charging != on;
    v->charging = on;
}
static const char *effect(VirtualVehicle *v, const Action *a) { // NULL: done; otherwise why not
    if (v->fail_next.n && id_is(&a->type, id_str(&v->fail_next))) {
        v->fail_next.n = 0;
        return "it did not succeed";
    }
    if (id_is(&a->type, STR("pick"))) return pick(v, a);
    if (id_is(&a->type, STR("drop"))) return drop(v, a);
    if (id_is(&a->type, STR("startCharging"))) set_charging(v, true);
    if (id_is(&a->type, STR("stopCharging"))) set_charging(v, false);
    return NULL;
}
static void fail(VirtualVehicle *v, Action *a, const char *why) {
    a->result = why;
    set_status(v, a, VDA_ACTION_FAILED);
    v->stuck = !v->cancelling; // it cannot go on with its order until the master cancels
    VdaErrorLevel level = v->c.version >= VDA_3_0 ? VDA_LEVEL_CRITICAL : VDA_LEVEL_WARNING; // new orders are welcome
    vehicle_fault(v, vehicle_word(v, "actionError", "ACTION_FAILED"), level, why, "actionId", id_str(&a->id));
}
static void finish(VirtualVehicle *v, Action *a) {
    const char *why = effect(v, a);
    a->until = NEVER;
    if (!why) {
        set_status(v, a, VDA_ACTION_FINISHED);
    } else if (a->retriable && v->c.version >= VDA_3_0 && !v->cancelling) {
        a->result = why;
        set_status(v, a, VDA_ACTION_RETRIABLE);
        vehicle_fault(v, "ACTION_FAILED", VDA_LEVEL_URGENT, why, "actionId", id_str(&a->id));
    } else {
        fail(v, a, why);
    }
}
static void start(VirtualVehicle *v, Action *a, double t) {
    set_status(v, a, v->c.init_ms ? VDA_ACTION_INITIALIZING : VDA_ACTION_RUNNING);
    a->until = t + (v->c.init_ms ? v->c.init_ms : duration(v, a));
}

// ---- time
double vehicle_timer_next(const VirtualVehicle *v) {
    double next = NEVER;
    for (uint32_t i = 0; i < v->actions_n; i++) next = MIN(next, v->action[i].until);
    return next;
}
void vehicle_timers(VirtualVehicle *v, double t) {
    for (uint32_t i = 0; i < v->actions_n; i++) {
        Action *a = &v->action[i];
        if (a->until > t) continue;
        if (a->status == VDA_ACTION_INITIALIZING) {
            set_status(v, a, VDA_ACTION_RUNNING);
            a->until = t + duration(v, a);
        }
        if (a->until <= t) finish(v, a);
    }
}
void vehicle_trigger(VirtualVehicle *v, uint32_t seq) {
    for (uint32_t i = 0; i < v->actions_n; i++) v->action[i].triggered |= v->action[i].seq == seq;
}
void vehicle_end_edge(VirtualVehicle *v, uint32_t seq) {
    for (uint32_t i = 0; i < v->actions_n; i++) {
        Action *a = &v->action[i];
        if (a->seq != seq || is_over(a->status)) continue;
        a->until = NEVER;
        set_status(v, a, VDA_ACTION_FINISHED);
    }
}
void vehicle_pause(VirtualVehicle *v, bool on) { // actions that run stop with it and go on with it
    for (uint32_t i = 0; i < v->actions_n; i++) {
        Action *a = &v->action[i];
        if (on && a->status == VDA_ACTION_RUNNING) {
            a->left = a->until - v->t0, a->until = NEVER;
            set_status(v, a, VDA_ACTION_PAUSED);
        } else if (!on && a->status == VDA_ACTION_PAUSED) {
            a->until = v->t0 + a->left;
            set_status(v, a, VDA_ACTION_RUNNING);
        }
    }
    v->dirty |= v->paused != on;
    v->paused = on, v->pausing = false;
}

// ---- what may start (2.0.0 6.11.1: in their order; HARD alone; SOFT and HARD standing)
static bool busy(const Action *a) {
    return a->status == VDA_ACTION_INITIALIZING || a->status == VDA_ACTION_RUNNING || a->status == VDA_ACTION_PAUSED ||
           a->status == VDA_ACTION_RETRIABLE;
}
static bool alone(const Action *a) {
    return a->blocking == VDA_BLOCK_HARD || a->blocking == VDA_BLOCK_SINGLE;
}
static void start_actions(VirtualVehicle *v) {
    uint32_t running = 0;
    for (uint32_t i = 0; i < v->actions_n; i++) {
        if (!busy(&v->action[i])) continue;
        if (alone(&v->action[i])) return;
        running++;
    }
    for (uint32_t i = 0; i < v->actions_n; i++) {
        Action *a = &v->action[i];
        if (!a->triggered || a->status != VDA_ACTION_WAITING) continue;
        if (alone(a) && running) return;
        if (stands_for(a) && v->v0 > 0) return;
        start(v, a, v->t0);
        running++;
        if (alone(a)) return;
    }
}
// Edge actions begin when the edge does: after the actions of its node.
static void enter_edge(VirtualVehicle *v) {
    if (!v->has_order || v->at + 1 >= v->stops_n || !v->stop[v->at + 1].released || v->cancelling) return;
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (v->action[i].seq == v->stop[v->at].seq && stands_for(&v->action[i]) && !is_over(v->action[i].status))
            return;
    vehicle_trigger(v, v->leg[v->at].seq);
}

// ---- instant actions
static Instant *find_instant(VirtualVehicle *v, Str id) {
    for (uint32_t i = 0; i < v->instants_n; i++)
        if (id_is(&v->instant[i].id, id)) return &v->instant[i];
    return NULL;
}
static Instant *new_instant(VirtualVehicle *v, const VdaAction *a) {
    Instant in = {.status = VDA_ACTION_RUNNING};
    if (!id_set(&in.id, a->id) || !id_set(&in.type, a->type)) return NULL;
    if (v->instants_n == VEHICLE_INSTANT_MAX) { // the oldest that is over goes
        uint32_t i = 0;
        while (i + 1 < v->instants_n && !is_over(v->instant[i].status)) i++;
        memmove(&v->instant[i], &v->instant[i + 1], (v->instants_n - i - 1) * sizeof *v->instant);
        v->instants_n--;
    }
    v->instant[v->instants_n] = in;
    v->dirty = true;
    return &v->instant[v->instants_n++];
}
static void end_instant(VirtualVehicle *v, Instant *in, const char *why) { // NULL: done
    in->status = why ? VDA_ACTION_FAILED : VDA_ACTION_FINISHED;
    in->result = why;
    v->dirty = true;
}
static void end_all(VirtualVehicle *v, const char *type, const char *why) {
    for (uint32_t i = 0; i < v->instants_n; i++)
        if (!is_over(v->instant[i].status) && id_is(&v->instant[i].type, str_c(type)))
            end_instant(v, &v->instant[i], why);
}
static double number_of(const VdaAction *a, const char *key, double otherwise) {
    const VdaValue *x = vda_parameter(a, key);
    return x && x->type == VDA_VALUE_NUMBER ? x->number : otherwise;
}
static const char *init_position(VirtualVehicle *v, const VdaAction *a) {
    const VdaValue *node = vda_parameter(a, "lastNodeId"), *map = vda_parameter(a, "mapId");
    if (v->v0 > 0 || vehicle_active(v)) return "not while an order is active";
    if (map && !(map->type == VDA_VALUE_TEXT && id_is(&v->map_id, map->text))) return "this map is not known";
    Id id = {0};
    if (!node || node->type != VDA_VALUE_TEXT || !id_set(&id, node->text)) return "lastNodeId is needed";
    v->x = number_of(a, "x", v->x), v->y = number_of(a, "y", v->y), v->theta = number_of(a, "theta", v->theta);
    v->last_node_id = id, v->last_seq = 0;
    v->localized = true;
    vehicle_fault_clear(v, vehicle_word(v, "localizationError", "LOCALIZATION_ERROR"));
    v->dirty = true;
    return NULL;
}
static void cancel(VirtualVehicle *v, Instant *in) {
    if (!vehicle_active(v) || v->cancelling) {
        vehicle_fault(v, vehicle_word(v, "noOrderToCancel", "NO_ORDER_TO_CANCEL"), VDA_LEVEL_WARNING,
                      "there is no order to cancel", "actionId", id_str(&in->id));
        end_instant(v, in, "there is no order to cancel");
        return;
    }
    v->cancelling = true, v->cancel_id = in->id, v->stuck = false;
    // the first node at which it can stop: the next one, if it is far enough
    uint32_t i = vehicle_under_way(v) ? v->at + 1 : v->at;
    double x = i > v->at ? v->leg[v->at].length - v->s0 : 0, need = v->v0 * v->v0 / (2 * v->c.deceleration);
    for (; x < need - EPS_M && i + 1 < v->stops_n && v->stop[i + 1].released; i++) x += v->leg[i].length;
    v->cancel_seq = v->stop[i].seq;
    for (uint32_t k = 0; k < v->actions_n; k++) { // what has not begun does not begin; what runs comes to its end
        Action *a = &v->action[k];
        if (a->status != VDA_ACTION_WAITING && a->status != VDA_ACTION_RETRIABLE) continue;
        a->result = "cancelled";
        set_status(v, a, VDA_ACTION_FAILED);
    }
}
// It stops at a node; where it cannot get to one, where it stands (2.0.0 6.6.3).
static void finish_cancel(VirtualVehicle *v) {
    if (!v->cancelling || v->v0 > 0) return;
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (busy(&v->action[i]) && v->action[i].status != VDA_ACTION_PAUSED) return;
    if (vehicle_under_way(v) && v->localized && !v->flat) return;
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (!is_over(v->action[i].status))
            v->action[i].result = "cancelled", set_status(v, &v->action[i], VDA_ACTION_FAILED);
    if (vehicle_under_way(v)) v->last_node_id.n = 0; // between nodes: where it is must be told anew
    vehicle_clear(v);
    Instant *in = find_instant(v, id_str(&v->cancel_id));
    v->cancelling = false;
    if (in) end_instant(v, in, NULL);
}
static const char *retry(VirtualVehicle *v, const VdaAction *in, bool again) {
    const VdaValue *id = vda_parameter(in, "actionId");
    for (uint32_t i = 0; id && i < v->actions_n; i++) {
        Action *a = &v->action[i];
        if (a->status != VDA_ACTION_RETRIABLE || !id_is(&a->id, id->text)) continue;
        vehicle_fault_clear(v, "ACTION_FAILED");
        a->result = NULL;
        if (again)
            start(v, a, v->t0);
        else
            fail(v, a, "given up");
        return NULL;
    }
    return "no such action waits to be retried";
}
static void do_instant(VirtualVehicle *v, const VdaAction *a, Instant *in) {
    bool three = v->c.version >= VDA_3_0;
    if (str_eq_c(a->type, "cancelOrder")) {
        cancel(v, in);
    } else if (str_eq_c(a->type, "startPause")) {
        if (v->paused) end_instant(v, in, NULL);
        v->pausing = !v->paused;
    } else if (str_eq_c(a->type, "stopPause")) {
        end_all(v, "startPause", "stopPause came first");
        vehicle_pause(v, false);
        end_instant(v, in, NULL);
    } else if (str_eq_c(a->type, "stateRequest")) {
        end_instant(v, in, NULL);
    } else if (str_eq_c(a->type, "factsheetRequest")) {
        end_instant(v, in, NULL);
        vehicle_say(v, VDA_FACTSHEET, v->t0);
    } else if (str_eq_c(a->type, "initPosition")) {
        end_instant(v, in, init_position(v, a));
    } else if (str_eq_c(a->type, "startCharging") || str_eq_c(a->type, "stopCharging")) {
        bool on = str_eq_c(a->type, "startCharging");
        if (!on || !v->driving) set_charging(v, on);
        end_instant(v, in, on && v->driving ? "not while driving" : NULL);
    } else if (three && (str_eq_c(a->type, "retry") || str_eq_c(a->type, "skipRetry"))) {
        end_instant(v, in, retry(v, a, str_eq_c(a->type, "retry")));
    } else {
        vehicle_fault(v, vehicle_word(v, "instantActionError", "INVALID_INSTANT_ACTION"), VDA_LEVEL_WARNING,
                      "this vehicle does not know the instant action", "actionId", a->id);
        end_instant(v, in, "not known");
    }
}
void vehicle_instant(VirtualVehicle *v, const VdaInstantActions *list, int64_t now_ms) {
    vehicle_advance(v, now_ms);
    if (v->dead) return;
    vehicle_settle(v, (double)now_ms);
    for (uint32_t i = 0; i < list->actions.n; i++) {
        const VdaAction *a = &list->actions.items[i];
        Instant *in = find_instant(v, a->id) ? NULL : new_instant(v, a);
        if (in) do_instant(v, a, in);
    }
    v->dirty = true;
    vehicle_after(v, (double)now_ms);
}

void vehicle_think(VirtualVehicle *v) {
    enter_edge(v);
    if (!v->paused && !v->pausing && !v->stuck && !v->cancelling) start_actions(v);
    if (v->pausing && v->v0 <= 0) {
        vehicle_pause(v, true);
        end_all(v, "startPause", NULL);
    }
    finish_cancel(v);
    if (v->driving && v->charging) set_charging(v, false);
}

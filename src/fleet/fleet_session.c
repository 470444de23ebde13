// What vehicles say. Nothing is believed that cannot be: a message that is old, doubled or absurd changes nothing but
// an alarm; a vehicle whose place is not known is not on the road; one that breaks the protocol is isolated, and what
// it holds stays held.
#include "fleet_internal.h"
#include <math.h>

#define CLOCK_MS 60000
#define STRIKES  3

static void isolate(Fleet *f, uint32_t v, FleetAlarm a, Str why) {
    f->v[v].isolated = true;
    if (traffic_here(f->traffic, v)) traffic_stop(f->traffic, v, true);
    alarm_set(f, v, a, true, why);
}
void fleet_nonsense(Fleet *f, uint32_t v, Str what, int64_t now_ms) {
    (void)now_ms;
    f->stats.messages_in++;
    isolate(f, v, FLEET_ALARM_MESSAGE, what);
}
void fleet_other_version(Fleet *f, uint32_t v, int64_t now_ms) {
    (void)now_ms;
    f->stats.messages_in++;
    isolate(f, v, FLEET_ALARM_VERSION, STR("it speaks another version than the site says"));
}
void fleet_connection(Fleet *f, uint32_t v, const VdaConnection *c, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    f->stats.messages_in++;
    bool was = k->online;
    k->heard = true;
    k->online = c->state == VDA_ONLINE; // a last will carries an old time: never ordered by it (2.0.0 6.14)
    if (k->online && !was) {
        k->restarted = true;
        order_instant(f, v, "stateRequest", now_ms);
        if (!k->speed_max) order_instant(f, v, "factsheetRequest", now_ms);
    }
}
void fleet_factsheet(Fleet *f, uint32_t v, const VdaFactsheet *s, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    (void)now_ms;
    f->stats.messages_in++;
    if (s->physical) k->speed_max = s->physical->speed_max;
    if (!s->limits) return;
    if (s->limits->arrays.order_nodes.has && s->limits->arrays.order_nodes.v > 1)
        k->nodes_max = (uint32_t)MIN(s->limits->arrays.order_nodes.v, (int64_t)SENT_MAX);
    if (s->limits->timing.order_interval_min > 0 && s->limits->timing.order_interval_min < 60)
        k->interval_min_s = s->limits->timing.order_interval_min;
}

// ---- the parts of a state
static bool in_order(Fleet *f, uint32_t v, const VdaState *s, int64_t now_ms) { // false: not to be believed
    Unit *k = &f->v[v];
    int64_t off = s->h.timestamp_ms - now_ms;
    alarm_set(f, v, FLEET_ALARM_CLOCK, off > CLOCK_MS || off < -CLOCK_MS, STR("its clock is more than a minute off"));
    if (k->seen && !k->restarted && s->h.header_id <= k->header_id) {
        if (s->h.header_id == k->header_id) return false; // doubled on its way
        if (now_ms - k->state_ms < 500) return false;     // overtaken on its way
        k->strike_ms = now_ms;
        if (++k->strikes < STRIKES) return false;
        isolate(f, v, FLEET_ALARM_DUPLICATE, STR("header ids go back: two vehicles with one serial number?"));
        return false;
    }
    if (k->restarted || now_ms - k->strike_ms > MINUTE_MS) k->strikes = 0;
    k->restarted = false, k->header_id = s->h.header_id;
    return true;
}
static void take_battery(Fleet *f, uint32_t v, const VdaState *s, int64_t now_ms) {
    Unit *k = &f->v[v];
    double pct = s->battery.charge;
    bool absurd = !(pct >= 0 && pct <= 100) ||
                  (k->battery_ms && now_ms - k->battery_ms < 60000 && fabs(pct - k->battery_was) > 30);
    bool reserve = !absurd && pct < f->p.critical_pct / 2.0;
    alarm_set(f, v, FLEET_ALARM_BATTERY, absurd || reserve,
              absurd ? STR("the battery's charge cannot be") : STR("the battery is below its reserve"));
    k->charging = s->battery.charging;
    if (absurd) return;
    k->battery_pct = k->battery_was = pct, k->battery_ms = now_ms;
    f->stats.battery_pct_min = MIN(f->stats.battery_pct_min, pct);
}
static bool refuses(const VdaState *s, Str order, Str *ret_why) { // errors that name our order
    static const char *const words[] = {"orderError",         "orderUpdateError",     "validationError",
                                        "noRouteError",       "VALIDATION_FAILURE",   "INVALID_ORDER",
                                        "NO_ROUTE_TO_TARGET", "ORDER_UPDATE_FAILURE", "INVALID_ORDER_ACTION"};
    for (uint32_t i = 0; i < s->errors.n; i++) {
        const VdaError *e = &s->errors.items[i];
        bool known = false, ours = e->references.n == 0;
        for (uint32_t w = 0; w < ARRAY_LEN(words); w++) known |= str_eq_c(e->type, words[w]);
        for (uint32_t r = 0; r < e->references.n; r++)
            ours |= str_eq_c(e->references.items[r].key, "orderId") && str_eq(e->references.items[r].value, order);
        if (known && ours) {
            *ret_why = e->description.n ? e->description : e->type;
            return true;
        }
    }
    return false;
}
static void take_troubles(Fleet *f, uint32_t v, const VdaState *s) {
    Unit *k = &f->v[v];
    Str what = STR("a fatal error");
    k->fatal = false;
    for (uint32_t i = 0; i < s->errors.n; i++)
        if (s->errors.items[i].level == VDA_LEVEL_FATAL) k->fatal = true, what = s->errors.items[i].type;
    k->e_stop = s->safety.e_stop && s->safety.e_stop != VDA_ESTOP_NONE;
    alarm_set(f, v, FLEET_ALARM_FATAL, k->fatal, what);
    alarm_set(f, v, FLEET_ALARM_ESTOP, k->e_stop, STR("emergency stop"));
}
static int64_t number_before(Str s, size_t *end) { // the digits that end there
    int64_t n = 0;
    size_t i = *end;
    for (int64_t ten = 1; i > 0 && s.p[i - 1] >= '0' && s.p[i - 1] <= '9' && ten < 1000000000000000; i--, ten *= 10)
        n += (s.p[i - 1] - '0') * ten;
    *end = i ? i - 1 : 0;
    return n;
}
static bool told_before(const Unit *k, Str id) { // a cancelOrder of before, still shown; "i<seconds>-<number>"
    size_t end = id.n;
    int64_t n = number_before(id, &end), s = number_before(id, &end);
    return s < k->cancel_s || (s == k->cancel_s && n < k->cancel_no);
}
static void take_actions(Fleet *f, uint32_t v, const VdaState *s) {
    Unit *k = &f->v[v];
    char order[64];
    order_id_format(k, order);
    size_t n = strlen(order);
    const VdaActionStates *all[] = {&s->action_states, &s->instant_action_states};
    k->cancel = 0;
    for (uint32_t l = 0; l < ARRAY_LEN(all); l++)
        for (uint32_t i = 0; i < all[l]->n; i++) {
            const VdaActionState *a = &all[l]->items[i];
            // some vehicles show a finished action as waiting again behind an update: finished stays finished
            if (a->id.n > n && !memcmp(a->id.p, order, n) && a->id.p[n] == '-' && k->action != VDA_ACTION_FINISHED)
                k->action = a->status;
            if (!str_eq_c(a->type, "cancelOrder") || !k->cancelling || told_before(k, a->id)) continue;
            // a repeated one is refused while the first is still being done
            bool busy = a->status != VDA_ACTION_FINISHED && a->status != VDA_ACTION_FAILED;
            if (k->cancel != VDA_ACTION_RUNNING) k->cancel = busy ? VDA_ACTION_RUNNING : a->status;
        }
}
static void take_motion(Fleet *f, uint32_t v, const VdaState *s, int64_t now_ms) {
    Unit *k = &f->v[v];
    double x = k->x, y = k->y;
    bool had = k->localized;
    k->driving = s->driving, k->paused = (uint8_t)s->paused;
    k->since_m = s->distance_since_last_node.has ? s->distance_since_last_node.v : 0;
    k->localized = s->position && s->position->initialized;
    if (s->position) k->x = s->position->x, k->y = s->position->y, k->theta = s->position->theta;
    double moved = had && s->position ? hypot(k->x - x, k->y - y) : 0;
    if (moved > 0.01 && moved < 500) {
        kpi_moved(f, v, moved);
        f->moved_ms = now_ms;
    }
    if (s->loads.items) k->loads_known = true, k->laden = s->loads.n > 0;
}

// ---- where it is
#define OUTSIDE_M 200.0
static bool outside(const Fleet *f, const VdaState *s) { // of the ground that the map shows
    if (!s->position || !s->position->initialized) return false;
    double x = s->position->x, y = s->position->y;
    return !(x > f->x0 - OUTSIDE_M && x < f->x1 + OUTSIDE_M && y > f->y0 - OUTSIDE_M && y < f->y1 + OUTSIDE_M);
}
// Who was switched off on the way stands between two nodes: the ground up to the next one is its own, too.
static bool stand_between(Fleet *f, uint32_t v, uint32_t node) { // false: it is off the road
    const Unit *k = &f->v[v];
    if (!k->localized || !off_node(f, k, node, NULL)) return true;
    uint32_t edge = edge_at(f, k, node);
    return edge != MAP_NONE && traffic_force(f->traffic, v, f->map->edge[edge].to).answer == TRAFFIC_GRANTED;
}
static void enter_road(Fleet *f, uint32_t v, const VdaState *s, uint32_t node, int64_t now_ms) {
    TrafficReason r = traffic_enter(f->traffic, v, node);
    if (r.answer != TRAFFIC_GRANTED) {
        alarm_set(f, v, FLEET_ALARM_POSITION, true, STR("it says that it is where another is"));
        if (r.vehicle < f->vehicles && f->v[r.vehicle].ordered && !f->v[r.vehicle].cancelling &&
            !f->v[r.vehicle].crane_asked)
            order_cancel(f, r.vehicle, now_ms); // who was sent there stops
        return;
    }
    alarm_set(f, v, FLEET_ALARM_POSITION, false, STR_EMPTY);
    for (uint32_t i = 0; i < s->node_states.n; i++) { // an order from before a restart: its base stays its own
        uint32_t next = route_map_node(f->map, s->node_states.items[i].id);
        if (!s->node_states.items[i].released || next == MAP_NONE) break;
        r = traffic_force(f->traffic, v, next);
        if (r.answer != TRAFFIC_GRANTED) alarm_set(f, v, FLEET_ALARM_POSITION, true, STR("its base meets another's"));
    }
    if (!s->node_states.n && !stand_between(f, v, node))
        alarm_set(f, v, FLEET_ALARM_POSITION, true, STR("it stands neither on its last node nor on a road from it"));
    if (s->node_states.n) order_cancel(f, v, now_ms); // one without a base of its own would refuse another order, too
}
static void off_road(Fleet *f, uint32_t v) { // nothing that it was told holds any longer
    Unit *k = &f->v[v];
    traffic_leave(f->traffic, v);
    k->ordered = k->cancelling = false, k->leg = LEG_NONE;
}
static bool on_its_way(Fleet *f, uint32_t v, const VdaState *s) { // within our order
    Unit *k = &f->v[v];
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    uint32_t n = traffic_trail(f->traffic, v, trail), seq = s->last_node_sequence_id;
    if (seq & 1 || seq < k->seq_last) return seq < k->seq_last;
    uint32_t i = (seq - k->seq_last) / 2;
    bool still =
        str_eq(f->map->node[trail[0]].id, s->last_node_id); // some show the old order's sequence id for a while
    if (i >= n || !str_eq(f->map->node[trail[i]].id, s->last_node_id)) return still;
    uint32_t sent_end = k->sent.first_seq + 2 * (k->sent.base - 1);
    if (seq > sent_end) return still;
    if (i) CK_ASSERT(traffic_passed(f->traffic, v, trail[i]));
    k->seq_last = seq;
    return true;
}
static void take_place(Fleet *f, uint32_t v, const VdaState *s, bool ours, int64_t now_ms) {
    Unit *k = &f->v[v];
    bool manual = s->mode != VDA_MODE_AUTOMATIC && s->mode != VDA_MODE_SEMIAUTOMATIC;
    uint32_t node = s->last_node_id.n ? route_map_node(f->map, s->last_node_id) : MAP_NONE;
    if (node == MAP_NONE) { // it must be localised again before anything else
        alarm_set(f, v, FLEET_ALARM_POSITION, s->last_node_id.n > 0, STR("its last node is not on the map"));
        if (traffic_here(f->traffic, v)) traffic_stop(f->traffic, v, true);
        return;
    }
    if (!traffic_here(f->traffic, v)) {
        enter_road(f, v, s, node, now_ms);
        return;
    }
    if (ours && k->ordered) {
        alarm_set(f, v, FLEET_ALARM_POSITION, !on_its_way(f, v, s), STR("it is not on the way that it was given"));
        return;
    }
    uint32_t last = traffic_last(f->traffic, v);
    if (node == last) { // where it should be, or again
        alarm_set(f, v, FLEET_ALARM_POSITION, false, STR_EMPTY);
        return;
    }
    if (k->cancelling && traffic_passed(f->traffic, v, node)) return; // the base from before a restart
    if (!manual) {
        alarm_set(f, v, FLEET_ALARM_POSITION, true, STR("it moved without an order"));
        if (s->driving) return;
    }
    off_road(f, v); // driven by hand: it is where it says
    enter_road(f, v, s, node, now_ms);
}

// ---- how far it is with what it was told
static void take_cancel(Fleet *f, uint32_t v, const VdaState *s) {
    Unit *k = &f->v[v];
    bool standing = !s->driving && !s->node_states.n && !s->edge_states.n;
    bool refused = false; // noOrderToCancel: there is none
    for (uint32_t i = 0; i < s->errors.n; i++)
        refused |= str_eq_c(s->errors.items[i].type, "noOrderToCancel") ||
                   str_eq_c(s->errors.items[i].type, "NO_ORDER_TO_CANCEL");
    if (k->cancel == VDA_ACTION_RUNNING) return;
    if (!standing || !(refused || k->cancel == VDA_ACTION_FINISHED || k->cancel == VDA_ACTION_FAILED)) return;
    k->cancelling = k->ordered = false, k->cancel = 0;
    if (!traffic_here(f->traffic, v)) return;
    uint32_t node = s->last_node_id.n ? route_map_node(f->map, s->last_node_id) : MAP_NONE;
    if (node != MAP_NONE) (void)traffic_passed(f->traffic, v, node);
    if (node != traffic_last(f->traffic, v)) return;
    if (off_node(f, k, node, NULL)) return; // between nodes: its ground ahead stays its own
    traffic_retract(f->traffic, v);
}
static bool handed_over(const Fleet *f, const Unit *k) { // as far as the vehicle can feel
    if (k->job == FLEET_NONE || !k->loads_known || !k->crane_asked) return false;
    uint8_t step = f->job[k->job].step;
    return (k->leg == LEG_PICK && step == STEP_PICKING && k->laden) ||
           (k->leg == LEG_DROP && step == STEP_SETTING && !k->laden);
}
static uint32_t order_number(const Unit *k, Str id) { // UINT32_MAX: not one of ours
    uint32_t n = 0;
    size_t i = strlen(k->name) + 1;
    if (i >= id.n) return UINT32_MAX;
    for (; i < id.n; i++) {
        uint32_t digit = (uint32_t)(id.p[i] - '0');
        if (digit > 9 || n > (UINT32_MAX - 1 - digit) / 10) return UINT32_MAX;
        n = n * 10 + digit;
    }
    return n;
}
// A vehicle that stands under a crane when the controller starts again: the hand-over may be going on or over, so its
// order is taken over as our own and the crane is asked again. A new one would pick twice. The same when it was told to
// stop on its way there and came to it first: what runs comes to its end, and then the box is where it should be.
static bool acts(const VdaState *s, const char *type, bool *ret_finished) { // in its order, and it has not failed
    for (uint32_t i = 0; i < s->action_states.n; i++) {
        const VdaActionState *a = &s->action_states.items[i];
        if (a->id.n <= s->order_id.n || memcmp(a->id.p, s->order_id.p, s->order_id.n) ||
            a->id.p[s->order_id.n] != '-' || !str_eq_c(a->type, type))
            continue;
        *ret_finished = a->status == VDA_ACTION_FINISHED;
        return a->status != VDA_ACTION_FAILED;
    }
    return false;
}
static bool adopt_order(Fleet *f, uint32_t v, const VdaState *s) {
    Unit *k = &f->v[v];
    if (k->ordered || k->cancelling || k->job == FLEET_NONE) return false;
    Job *j = &f->job[k->job];
    uint32_t node = traffic_last(f->traffic, v), number = order_number(k, s->order_id);
    uint8_t owner = f->map->node[node].owner;
    bool pick = j->step == STEP_ASSIGNED, back = !pick && j->withdrawn, finished = false;
    if ((!pick && j->step != STEP_CARRYING) || (!j->adopted && pick && j->withdrawn)) return false;
    if (s->driving || s->node_states.n || f->map->node[node].spot != SPOT_CRANE ||
        (owner != (pick ? j->j.from : j->side) && !back) || !str_eq(s->last_node_id, f->map->node[node].id))
        return false;
    bool action = number != UINT32_MAX && acts(s, pick ? "pick" : "drop", &finished);
    bool over = k->loads_known && k->laden == pick;
    if (!j->adopted && !(action && finished && over)) return false;
    if (!action && !over) return false; // over without an order: it was switched off, too
    if (number != UINT32_MAX) k->orders = number;
    k->update_id = s->update_id, k->seq_last = s->last_node_sequence_id, k->leg = pick ? LEG_PICK : LEG_DROP;
    k->ordered = k->acked = true, k->leg_ms = k->sent_ms = k->state_ms, k->resends = 0;
    k->action = action ? 0 : VDA_ACTION_FINISHED, k->crane_asked = k->crane_done = false;
    k->sent = (Sent){.first_seq = k->seq_last, .n = 1, .base = 1, .node = {(uint16_t)node}, .action = (Leg)k->leg};
    j->adopted = false;
    if (back) j->side = owner;
    if (action) take_actions(f, v, s);
    return true;
}
static void take_progress(Fleet *f, uint32_t v, const VdaState *s, bool ours, int64_t now_ms) {
    Unit *k = &f->v[v];
    Str why;
    if (k->cancelling) {
        take_cancel(f, v, s);
        if (k->cancelling || !traffic_here(f->traffic, v) || !adopt_order(f, v, s)) return;
        ours = true;
    }
    if (!k->ordered) return;
    char id[64];
    order_id_format(k, id);
    if (refuses(s, str_c(id), &why) && !(ours && s->update_id >= k->update_id)) {
        alarm_set(f, v, FLEET_ALARM_REJECTED, true, why);
        order_cancel(f, v, now_ms); // and begin anew where it stands
        job_leg_failed(f, v, why, now_ms);
        return;
    }
    if (!ours && k->acked &&
        handed_over(f, k)) { // switched off meanwhile: what it feels counts, and what the crane says
        k->action = VDA_ACTION_FINISHED;
        job_arrived(f, v, now_ms);
        return;
    }
    if (!ours && k->acked) { // it had it and has it no longer: it was switched off
        k->ordered = false;
        job_leg_failed(f, v, STR("it lost its order"), now_ms);
    }
    if (!ours) return;
    if (s->update_id >= k->update_id) {
        k->acked = true;
        alarm_set(f, v, FLEET_ALARM_REJECTED, false, STR_EMPTY);
    }
    bool end = k->acked && !s->node_states.n && !s->driving &&
               traffic_last(f->traffic, v) == traffic_base_end(f->traffic, v) &&
               traffic_last(f->traffic, v) == traffic_booked(f->traffic, v);
    if (end) job_arrived(f, v, now_ms);
}
static bool order_known(Unit *k, const VdaState *s, bool *ret_ours) {
    char id[64];
    order_id_format(k, id);
    *ret_ours = str_eq_c(s->order_id, id);
    // an order of ours from before, or none, or one from before a restart of the controller: all named after the
    // vehicle
    size_t n = strlen(k->name);
    bool named = s->order_id.n > n && !memcmp(s->order_id.p, k->name, n) && s->order_id.p[n] == '-';
    uint32_t number = named ? order_number(k, s->order_id) : 0;
    if (!k->ordered && number < UINT32_MAX / 2) k->orders = MAX(k->orders, number); // the next one is another
    return !s->order_id.n || named;
}
static void see_line(Fleet *f, uint32_t v) { // over the line: from one side's ground to the other's
    Unit *k = &f->v[v];
    uint32_t node = traffic_last(f->traffic, v);
    if (node == MAP_NONE) return;
    uint8_t owner = f->map->node[node].owner;
    if (owner == OWNER_LINE) return;
    if (k->over && owner != k->over_from && k->job != FLEET_NONE && f->job[k->job].step == STEP_CARRYING)
        f->port.event(f->port.ctx, &(FleetEvent){.kind = FLEET_EVENT_OVER,
                                                 .job = f->job[k->job].j.id,
                                                 .vehicle = v,
                                                 .step = STEP_CARRYING,
                                                 .node = (uint16_t)node});
    k->over_from = owner, k->over = true;
}
void fleet_state(Fleet *f, uint32_t v, const VdaState *s, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    bool ours;
    f->stats.messages_in++;
    if (k->isolated || !in_order(f, v, s, now_ms)) return;
    if (outside(f, s)) {
        isolate(f, v, FLEET_ALARM_POSITION, STR("it says that it is where the map shows nothing"));
        return;
    }
    k->off = false, k->state_ms = now_ms, k->mode = s->mode, k->node_states = s->node_states.n;
    bool first = !k->seen;
    if (first) k->seen = k->online = true;
    take_battery(f, v, s, now_ms);
    take_troubles(f, v, s);
    take_motion(f, v, s, now_ms);
    if (first && k->paused == VDA_TRUE) k->held = true, k->alone = FOUND_PAUSED; // somebody had a reason
    if (!order_known(k, s, &ours) && s->node_states.n) {
        isolate(f, v, FLEET_ALARM_UNKNOWN_ORDER, STR("it drives an order that is not ours"));
        return;
    }
    take_actions(f, v, s);
    bool manual = k->mode != VDA_MODE_AUTOMATIC && k->mode != VDA_MODE_SEMIAUTOMATIC;
    k->nowhere = !s->last_node_id.n;
    if ((manual || k->nowhere) && (k->ordered || k->cancelling)) { // that clears the order (2.0.0 6.10.2)
        k->ordered = k->cancelling = false, k->cancel = 0;
        job_leg_failed(f, v, manual ? STR("taken over by hand") : STR("it does not know where it is"), now_ms);
    }
    take_place(f, v, s, ours, now_ms);
    if (traffic_here(f->traffic, v)) ours |= adopt_order(f, v, s);
    if (traffic_here(f->traffic, v)) take_progress(f, v, s, ours, now_ms), see_line(f, v);
}
void fleet_take_off(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = vehicle_at(f, v);
    if (k->leg != LEG_NONE || k->job != FLEET_NONE) job_leg_failed(f, v, STR("towed away"), now_ms);
    off_road(f, v);
    k->seen = k->online = false, k->restarted = k->off = true;
}

// Orders: taken, stitched, refused with the errors of the standard, passed node by node, cancelled, cleared.
#include "fleet_vehicle_internal.h"

const char *vehicle_word(const VirtualVehicle *v, const char *before_3, const char *from_3) {
    return v->c.version >= VDA_3_0 ? from_3 : before_3;
}
bool vehicle_active(const VirtualVehicle *v) {
    if (!v->has_order) return false;
    if (v->at + 1 < v->stops_n) return true;
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (!is_over(v->action[i].status)) return true;
    return false;
}

// ---- errors of its state
void vehicle_fault(VirtualVehicle *v, const char *type, VdaErrorLevel level, const char *text, const char *key,
                   Str value) {
    if (v->faults_n == VEHICLE_ERRORS_MAX) {
        memmove(v->fault, v->fault + 1, sizeof v->fault - sizeof *v->fault);
        v->faults_n--;
    }
    Fault f = {.type = type, .level = level, .text = text, .key = {key}, .lasting = key == NULL};
    if (key) id_set(&f.value[0], (Str){value.p, MIN(value.n, VEHICLE_ID_MAX)});
    v->fault[v->faults_n++] = f;
    v->dirty = true;
}
void vehicle_fault_clear(VirtualVehicle *v, const char *type) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->faults_n; i++) {
        const Fault *f = &v->fault[i];
        if (type ? strcmp(f->type, type) != 0 : f->lasting) v->fault[n++] = *f;
    }
    v->dirty |= n != v->faults_n;
    v->faults_n = n;
}
static void refuse(VirtualVehicle *v, const VdaOrder *o, const char *type, const char *text) {
    vehicle_fault(v, type, VDA_LEVEL_WARNING, text, "orderId", o->order_id);
    Fault *f = &v->fault[v->faults_n - 1];
    char update[16];
    int n = snprintf(update, sizeof update, "%u", o->update_id);
    f->key[1] = "orderUpdateId";
    id_set(&f->value[1], (Str){update, (size_t)n});
}
static void refuse_fault(VirtualVehicle *v, const VdaOrder *o, VdaFault f) {
    refuse(v, o, vda_fault_type(f, v->c.version), vda_fault_text(f));
}

// ---- into its own memory
static uint64_t hash_of(const VdaAction *a) {
    uint64_t h = str_hash((uint64_t)a->blocking, a->type);
    for (uint32_t i = 0; i < a->parameters.n; i++) {
        const VdaParameter *p = &a->parameters.items[i];
        uint64_t bits;
        memcpy(&bits, &p->value.number, 8);
        h = str_hash(h ^ bits ^ (uint64_t)p->value.type << 8 ^ p->value.flag, p->key);
        h = str_hash(h, p->value.text);
    }
    return h;
}
static bool keep_actions(VirtualVehicle *v, const VdaActions *list, uint32_t seq) {
    for (uint32_t i = 0; i < list->n; i++) {
        const VdaAction *from = &list->items[i];
        const VdaValue *load = vda_parameter(from, "loadId");
        if (v->actions_n == VEHICLE_ACTIONS_MAX) return false;
        Action *a = &v->action[v->actions_n];
        *a = (Action){.seq = seq,
                      .blocking = from->blocking,
                      .status = VDA_ACTION_WAITING,
                      .hash = hash_of(from),
                      .retriable = from->retriable == VDA_TRUE,
                      .until = NEVER};
        if (!id_set(&a->id, from->id) || !id_set(&a->type, from->type)) return false;
        if (load && load->type == VDA_VALUE_TEXT && !id_set(&a->load, load->text)) return false;
        v->actions_n++;
    }
    return true;
}
static bool keep_stop(VirtualVehicle *v, const VdaNode *n) {
    if (v->stops_n == VEHICLE_NODES_MAX) return false;
    Stop *s = &v->stop[v->stops_n];
    *s = (Stop){.seq = n->sequence_id, .released = n->released};
    if (n->position) s->placed = true, s->x = n->position->x, s->y = n->position->y;
    if (!id_set(&s->id, n->id)) return false;
    v->stops_n++;
    return true;
}
static void set_leg(VirtualVehicle *v, uint32_t i, const VdaEdge *e) {
    const Stop *a = &v->stop[i], *b = a + 1;
    Leg *l = &v->leg[i];
    *l = (Leg){.seq = e->sequence_id, .cap = e->max_speed.has && e->max_speed.v > 0 ? e->max_speed.v : NEVER};
    if (e->length.has && e->length.v >= 0)
        l->length = e->length.v;
    else if (a->placed && b->placed)
        l->length = hypot(b->x - a->x, b->y - a->y);
}
// Nodes from o->nodes[1] on, edges and actions, behind stop `end`. False: more than it can hold.
static bool append(VirtualVehicle *v, const VdaOrder *o, uint32_t end) {
    v->stops_n = end + 1;
    for (uint32_t i = 0; i + 1 < o->nodes.n; i++) {
        const VdaEdge *e = &o->edges.items[i];
        if (!keep_stop(v, &o->nodes.items[i + 1])) return false;
        set_leg(v, end + i, e);
        if (!id_set(&v->leg[end + i].id, e->id) || !keep_actions(v, &e->actions, e->sequence_id)) return false;
        if (!keep_actions(v, &o->nodes.items[i + 1].actions, o->nodes.items[i + 1].sequence_id)) return false;
    }
    return true;
}

// ---- checks
static const char *unable(const VirtualVehicle *v, const VdaOrder *o) { // NULL: it can do all that is asked
    for (uint32_t i = 0; i < o->nodes.n; i++) {
        const VdaActions *a = &o->nodes.items[i].actions;
        for (uint32_t k = 0; k < a->n; k++)
            if (!vehicle_knows_action(a->items[k].type)) return "an action that this vehicle cannot do at a node";
    }
    for (uint32_t i = 0; i < o->edges.n; i++) {
        const VdaActions *a = &o->edges.items[i].actions;
        for (uint32_t k = 0; k < a->n; k++)
            if (!vehicle_knows_action(a->items[k].type)) return "an action that this vehicle cannot do on an edge";
    }
    (void)v;
    return NULL;
}
static bool lengths_known(const VdaOrder *o) {
    for (uint32_t i = 0; i < o->edges.n; i++) {
        const VdaEdge *e = &o->edges.items[i];
        if (!(e->length.has && e->length.v >= 0) && !(o->nodes.items[i].position && o->nodes.items[i + 1].position))
            return false;
    }
    return true;
}
static bool map_known(const VirtualVehicle *v, const VdaOrder *o) {
    for (uint32_t i = 0; i < o->nodes.n; i++)
        if (o->nodes.items[i].position && !id_is(&v->map_id, o->nodes.items[i].position->map_id)) return false;
    return true;
}
static bool near_start(const VirtualVehicle *v, const VdaNode *n) {
    if (v->last_node_id.n && id_is(&v->last_node_id, n->id) && !vehicle_under_way(v)) return true;
    if (!n->position || !v->last_node_id.n) return false;
    const VdaNodePosition *p = n->position;
    double reach = v->c.deviation;
    if (p->deviation_xy.has) reach = MAX(reach, p->deviation_xy.v);
    if (p->deviation_ellipse) reach = MAX(reach, MIN(p->deviation_ellipse->a, p->deviation_ellipse->b));
    double x, y, theta;
    vehicle_place_at(v, v->t0, &x, &y, &theta);
    return hypot(p->x - x, p->y - y) <= reach;
}
static bool good(VirtualVehicle *v, const VdaOrder *o) { // rules for new orders and updates alike
    VdaFault f = vda_check_order(v->c.version, o, NULL);
    const char *what = NULL;
    if (v->mode != VDA_MODE_AUTOMATIC && v->mode != VDA_MODE_SEMIAUTOMATIC && v->mode != VDA_MODE_INTERVENED)
        refuse(v, o, vehicle_word(v, "orderError", "MOBILE_ROBOT_NOT_AVAILABLE"), "the operating mode takes no orders");
    else if (f)
        refuse_fault(v, o, f);
    else if ((what = unable(v, o)) != NULL)
        refuse(v, o, vehicle_word(v, "orderError", "INVALID_ORDER_ACTION"), what);
    else if (!map_known(v, o))
        refuse(v, o, vehicle_word(v, "noRouteError", "UNKNOWN_MAP_ID"), "a map that this vehicle does not have");
    else if (!lengths_known(o))
        refuse(v, o, vehicle_word(v, "noRouteError", "NO_ROUTE_TO_TARGET"),
               "an edge without length between nodes without position");
    else
        return true;
    return false;
}

// ---- a new order
static uint32_t count_actions(const VdaOrder *o, uint32_t from) { // of nodes from this one on, and all edges
    uint32_t n = 0;
    for (uint32_t i = from; i < o->nodes.n; i++) n += o->nodes.items[i].actions.n;
    for (uint32_t i = 0; i < o->edges.n; i++) n += o->edges.items[i].actions.n;
    return n;
}
static void take_new(VirtualVehicle *v, const VdaOrder *o) {
    if (vehicle_active(v) || v->cancelling) {
        refuse_fault(v, o, VDA_FAULT_OTHER_ORDER);
        return;
    }
    if (!v->localized || !near_start(v, &o->nodes.items[0])) {
        refuse(v, o, vehicle_word(v, "noRouteError", "START_NODE_OUT_OF_RANGE"),
               "the order does not begin where the vehicle is");
        return;
    }
    bool fits = o->nodes.n <= VEHICLE_NODES_MAX && o->order_id.n <= VEHICLE_ID_MAX &&
                count_actions(o, 0) <= VEHICLE_ACTIONS_MAX;
    if (fits) { // all or nothing: an id may still be too long
        VirtualVehicle *was = malloc(sizeof *was);
        CK_ASSERT(was != NULL);
        *was = *v;
        v->stops_n = v->actions_n = v->at = 0;
        fits = keep_stop(v, &o->nodes.items[0]) &&
               keep_actions(v, &o->nodes.items[0].actions, o->nodes.items[0].sequence_id) && append(v, o, 0);
        if (!fits) *v = *was;
        free(was);
    }
    if (!fits) {
        refuse_fault(v, o, VDA_FAULT_TOO_LONG);
        return;
    }
    vehicle_fault_clear(v, NULL);
    id_set(&v->order_id, o->order_id);
    v->update_id = o->update_id, v->has_order = true, v->cancelled = v->stuck = false, v->s0 = v->v0 = 0;
    v->last_node_id = v->stop[0].id, v->last_seq = v->stop[0].seq;
    vehicle_trigger(v, v->stop[0].seq);
}

// ---- an update
static bool same_actions(const VirtualVehicle *v, const VdaNode *n) {
    uint32_t mine = 0;
    for (uint32_t i = 0; i < v->actions_n; i++) mine += v->action[i].seq == n->sequence_id;
    if (mine != n->actions.n) return false;
    for (uint32_t k = 0; k < n->actions.n; k++) {
        const VdaAction *a = &n->actions.items[k];
        bool found = false;
        for (uint32_t i = 0; i < v->actions_n; i++)
            found |=
                v->action[i].seq == n->sequence_id && id_is(&v->action[i].id, a->id) && v->action[i].hash == hash_of(a);
        if (!found) return false;
    }
    return true;
}
static bool known_actions(const VirtualVehicle *v, const VdaActions *a,
                          uint32_t base_seq) { // an id of the base comes again
    for (uint32_t k = 0; k < a->n; k++)
        for (uint32_t i = 0; i < v->actions_n; i++)
            if (v->action[i].seq <= base_seq && id_is(&v->action[i].id, a->items[k].id)) return true;
    return false;
}
static VdaFault update_fault(const VirtualVehicle *v, const VdaOrder *o, uint32_t end) {
    const VdaNode *first = &o->nodes.items[0];
    if (o->update_id < v->update_id) return VDA_FAULT_OLD_UPDATE;
    if (o->update_id == v->update_id) return VDA_FAULT_SAME_UPDATE;
    if (!id_is(&v->stop[end].id, first->id) || v->stop[end].seq != first->sequence_id) return VDA_FAULT_STITCH;
    if (!same_actions(v, first)) return VDA_FAULT_STITCH_CHANGED;
    for (uint32_t i = 0; i + 1 < o->nodes.n; i++)
        if (known_actions(v, &o->edges.items[i].actions, first->sequence_id) ||
            known_actions(v, &o->nodes.items[i + 1].actions, first->sequence_id))
            return VDA_FAULT_ACTION_ID;
    return VDA_FAULT_NONE;
}
// What was passed needs no room; actions that are over stay known (2.0.0 6.10) while there is some.
static void drop_behind(VirtualVehicle *v, uint32_t more_actions) {
    memmove(v->stop, v->stop + v->at, (v->stops_n - v->at) * sizeof *v->stop);
    memmove(v->leg, v->leg + v->at, (v->stops_n - v->at) * sizeof *v->leg);
    v->stops_n -= v->at, v->at = 0;
    if (v->actions_n + more_actions <= VEHICLE_ACTIONS_MAX) return;
    uint32_t n = 0;
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (!is_over(v->action[i].status) || v->action[i].seq >= v->stop[0].seq) v->action[n++] = v->action[i];
    v->actions_n = n;
}
static void take_update(VirtualVehicle *v, const VdaOrder *o) {
    uint32_t end = v->at;
    while (end + 1 < v->stops_n && v->stop[end + 1].released) end++;
    if (v->cancelled || v->cancelling) {
        refuse(v, o, vehicle_word(v, "orderUpdateError", "ORDER_UPDATE_FOLLOWING_CANCEL"), "the order was cancelled");
        return;
    }
    VdaFault f = update_fault(v, o, end);
    if (f == VDA_FAULT_SAME_UPDATE && v->c.version < VDA_3_0)
        return; // dropped; the state that follows says what is known
    if (f) {
        refuse_fault(v, o, f);
        return;
    }
    VirtualVehicle *was = malloc(sizeof *was);
    CK_ASSERT(was != NULL);
    *was = *v;
    uint32_t n = 0; // the horizon goes, with its actions
    for (uint32_t i = 0; i < v->actions_n; i++)
        if (v->action[i].seq <= v->stop[end].seq) v->action[n++] = v->action[i];
    v->actions_n = n, v->stops_n = end + 1;
    end -= v->at;
    drop_behind(v, count_actions(o, 1));
    if (!append(v, o, end)) {
        *v = *was;
        refuse_fault(v, o, VDA_FAULT_TOO_LONG);
    } else {
        vehicle_fault_clear(v, NULL);
        v->update_id = o->update_id;
    }
    free(was);
}
void vehicle_order(VirtualVehicle *v, const VdaOrder *o, int64_t now_ms) {
    vehicle_advance(v, now_ms);
    if (v->dead) return;
    vehicle_settle(v, (double)now_ms);
    if (good(v, o)) {
        if (v->has_order && id_is(&v->order_id, o->order_id))
            take_update(v, o);
        else
            take_new(v, o);
    }
    v->dirty = true; // each order is answered by a state (2.0.0 6.10)
    vehicle_after(v, (double)now_ms);
}

// ---- on the way
void vehicle_pass(VirtualVehicle *v) {
    const Stop *s = &v->stop[v->at + 1];
    uint32_t edge = v->leg[v->at].seq;
    double x, y, theta;
    v->s0 = v->leg[v->at].length;
    vehicle_place_at(v, v->t0, &x, &y, &theta);
    v->x = x, v->y = y, v->theta = theta;
    v->at++, v->s0 = 0;
    if (v->localized) v->last_node_id = s->id, v->last_seq = s->seq;
    v->dirty = true;
    vehicle_end_edge(v, edge);
    vehicle_trigger(v, s->seq);
}
void vehicle_clear(VirtualVehicle *v) {
    double x, y, theta;
    vehicle_place_at(v, v->t0, &x, &y, &theta);
    v->x = x, v->y = y, v->theta = theta;
    v->stops_n = v->at = 0;
    v->has_order = v->order_id.n > 0; // its id stays known (2.0.0 6.10.6)
    v->s0 = v->v0 = 0, v->stuck = false, v->cancelled = true;
    v->stops_n = 1;
    v->stop[0] = (Stop){.id = v->last_node_id, .seq = v->last_seq, .released = true};
    v->dirty = true;
}

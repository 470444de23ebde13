// A vehicle on a line of nodes 100 m apart (N0 at x = 0), a master that makes orders for it, and its last messages.
// Each message goes through the codec of its version both ways, so none can be against the schema.
#pragma once
#include "fleet/fleet_vehicle.h"

#define T0 1795000000000
typedef struct {
    VirtualVehicle *v;
    VdaVersion version;
    Arena arena, scratch; // of the last state; of orders and other messages
    VdaState state;
    uint32_t sent[VDA_TOPIC_COUNT];
    uint64_t digest; // of all messages
    VdaConnectionState connection;
    int64_t now, state_ms, gap_max;
    bool keep_digest;
} Rig;

static inline void rig_send(void *ctx, VirtualVehicle *v, VdaTopic t, const void *msg) {
    Rig *r = ctx;
    Buf b;
    VdaProblems p;
    (void)v;
    buf_init(&b, VDA_TEXT_MAX);
    vda_encode(&b, r->version, t, msg);
    r->sent[t]++;
    r->digest = str_hash(r->digest, buf_view(&b));
    void *back;
    if (t == VDA_STATE) {
        arena_reset(&r->arena);
        Str text = arena_str(&r->arena, buf_view(&b));
        Err e = vda_decode_state(r->version, text, &r->arena, &r->state, &p);
        if (e) fprintf(stderr, STR_F ": " STR_F "\n%s\n", STR_A(p.p[0].pointer), STR_A(p.p[0].what), text.p);
        CK_ASSERT(e == OK && p.unknown == 0);
        if (r->state_ms) r->gap_max = MAX(r->gap_max, r->state.h.timestamp_ms - r->state_ms);
        r->state_ms = r->state.h.timestamp_ms;
    } else {
        Arena a;
        arena_init(&a, 4u << 20);
        back = arena_alloc(&a, vda_size(t));
        Err e = vda_decode(r->version, t, buf_view(&b), &a, back, &p);
        if (e) fprintf(stderr, STR_F ": " STR_F "\n", STR_A(p.p[0].pointer), STR_A(p.p[0].what));
        CK_ASSERT(e == OK && p.unknown == 0);
        if (t == VDA_CONNECTION) r->connection = ((const VdaConnection *)back)->state;
        arena_deinit(&a);
    }
    buf_deinit(&b);
}
static inline VehicleConfig rig_config(VdaVersion version) {
    VehicleConfig c = vehicle_config(version, STR("0007"));
    c.node_id = STR("N0");
    c.speed_max = 5, c.acceleration = 0.5, c.deceleration = 1, c.pick_ms = 20000, c.drop_ms = 10000, c.other_ms = 3000;
    return c;
}
static inline void rig_init(Rig *r, const VehicleConfig *c) {
    memset(r, 0, sizeof *r);
    r->version = c->version, r->now = T0;
    arena_init(&r->arena, 4u << 20), arena_init(&r->scratch, 16u << 20);
    r->v = vehicle_new(c, rig_send, r, T0);
    vehicle_connect(r->v, T0);
}
static inline void rig_deinit(Rig *r) {
    vehicle_free(r->v);
    arena_deinit(&r->arena), arena_deinit(&r->scratch);
}
static inline void rig_run(Rig *r, double seconds) {
    r->now += (int64_t)(seconds * 1000);
    vehicle_advance(r->v, r->now);
}

// ---- orders: nodes N<first> .. N<last> of the line, released up to N<base>; N<i> has sequenceId 2 i
static inline Str rig_text(Rig *r, const char *fmt, uint32_t i) {
    char t[32];
    int n = snprintf(t, sizeof t, fmt, i);
    return arena_str(&r->scratch, (Str){t, (size_t)n});
}
static inline VdaOrder rig_order(Rig *r, const char *id, uint32_t update, uint32_t first, uint32_t base,
                                 uint32_t last) {
    VdaOrder o = {.h = {.timestamp_ms = r->now}, .order_id = str_c(id), .update_id = update};
    o.nodes.n = last - first + 1, o.edges.n = last - first;
    o.nodes.items = arena_alloc(&r->scratch, o.nodes.n * sizeof(VdaNode));
    o.edges.items = arena_alloc(&r->scratch, (o.edges.n + 1) * sizeof(VdaEdge));
    for (uint32_t i = first; i <= last; i++) {
        VdaNode *n = &o.nodes.items[i - first];
        *n = (VdaNode){.id = rig_text(r, "N%u", i), .sequence_id = 2 * i, .released = i <= base};
        n->position = arena_alloc(&r->scratch, sizeof(VdaNodePosition));
        *n->position = (VdaNodePosition){.x = 100.0 * i, .map_id = STR("site")};
        if (i == first) continue;
        o.edges.items[i - first - 1] = (VdaEdge){.id = rig_text(r, "E%u", i),
                                                 .sequence_id = 2 * i - 1,
                                                 .released = i <= base,
                                                 .start_node_id = n[-1].id,
                                                 .end_node_id = n->id};
    }
    return o;
}
static inline VdaAction *rig_add(Rig *r, VdaActions *list, const char *type, const char *id, VdaBlocking blocking) {
    VdaAction *all = arena_alloc(&r->scratch, (list->n + 1) * sizeof *all);
    if (list->n) memcpy(all, list->items, list->n * sizeof *all);
    all[list->n] = (VdaAction){.type = str_c(type), .id = str_c(id), .blocking = blocking};
    list->items = all, list->n++;
    return &all[list->n - 1];
}
static inline void rig_send_order(Rig *r, const VdaOrder *o) { // as text, as it comes from the wire
    Buf b;
    buf_init(&b, VDA_TEXT_MAX);
    vda_encode_order(&b, r->version, o);
    Str text = arena_str(&r->scratch, buf_view(&b));
    vehicle_receive(r->v, VDA_ORDER, text, &r->scratch, r->now);
    buf_deinit(&b);
}
static inline void rig_go(Rig *r, const char *id, uint32_t update, uint32_t first, uint32_t base, uint32_t last) {
    VdaOrder o = rig_order(r, id, update, first, base, last);
    rig_send_order(r, &o);
}
static inline void rig_instant_action(Rig *r, const VdaAction *a) {
    VdaAction copy = *a;
    VdaInstantActions ia = {.h = {.timestamp_ms = r->now}, .actions = {&copy, 1}};
    Buf b;
    buf_init(&b, VDA_TEXT_MAX);
    vda_encode_instant_actions(&b, r->version, &ia);
    Str text = arena_str(&r->scratch, buf_view(&b));
    vehicle_receive(r->v, VDA_INSTANT_ACTIONS, text, &r->scratch, r->now);
    buf_deinit(&b);
}
static inline void rig_instant(Rig *r, const char *type, const char *id) {
    VdaAction a = {.type = str_c(type), .id = str_c(id), .blocking = VDA_BLOCK_NONE};
    rig_instant_action(r, &a);
}
static inline const VdaActionState *rig_find(const VdaActionStates *list, const char *id) {
    for (uint32_t i = 0; i < list->n; i++)
        if (str_eq_c(list->items[i].id, id)) return &list->items[i];
    return NULL;
}
static inline VdaActionStatus rig_status(const Rig *r, const char *id) { // 0: not in the state
    const VdaActionState *a = rig_find(&r->state.action_states, id);
    if (!a) a = rig_find(&r->state.instant_action_states, id);
    return a ? a->status : 0;
}
static inline bool rig_error(const Rig *r, const char *before_3, const char *from_3) {
    for (uint32_t i = 0; i < r->state.errors.n; i++)
        if (str_eq_c(r->state.errors.items[i].type, r->version >= VDA_3_0 ? from_3 : before_3)) return true;
    return false;
}
static inline bool rig_at(const Rig *r, const char *node) { // as its state says
    return str_eq_c(r->state.last_node_id, node);
}
static inline double rig_x(const Rig *r) {
    return vehicle_view(r->v, r->now).x;
}

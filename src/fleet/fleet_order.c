// Orders out: the base is what traffic granted, the horizon the way beyond it. An update begins with the last base node
// of the order before (VDA 5050 2.0.0 6.6.2), only one is under way at a time, and what got lost is sent again to the
// letter (QoS 0 loses messages).
#include "fleet_internal.h"
#include <math.h>

void order_id_format(const Unit *k, char ret[64]) {
    snprintf(ret, 64, "%s-%u", k->name, k->orders);
}
static VdaHeader header(Unit *k, uint32_t topic, int64_t now_ms) {
    return (VdaHeader){.header_id = k->header_out[topic]++,
                       .timestamp_ms = now_ms,
                       .manufacturer = str_c(k->manufacturer),
                       .serial = str_c(k->serial)};
}
static const char *action_type(Leg leg) {
    return leg == LEG_PICK ? "pick" : leg == LEG_DROP ? "drop" : leg == LEG_CHARGE ? "startCharging" : NULL;
}
static void put_action(Fleet *f, const Unit *k, Leg leg, VdaActions *ret) {
    const char *type = action_type(leg);
    VdaAction *a = arena_alloc(&f->arena, sizeof *a);
    VdaParameter *p = arena_alloc(&f->arena, 3 * sizeof *p);
    char id[80], order[64];
    CK_ASSERT(a && p && type);
    order_id_format(k, order);
    int n = snprintf(id, sizeof id, "%s-%s", order, type);
    *a = (VdaAction){.type = str_c(type), .id = arena_str(&f->arena, (Str){id, (size_t)n}), .blocking = VDA_BLOCK_HARD};
    if (leg != LEG_CHARGE) {
        p[0] = (VdaParameter){STR("stationType"), {.type = VDA_VALUE_TEXT, .text = STR("crane")}};
        p[1] = (VdaParameter){STR("loadType"), {.type = VDA_VALUE_TEXT, .text = STR("container")}};
        p[2] = (VdaParameter){STR("loadId"), {.type = VDA_VALUE_TEXT, .text = str_c(f->job[k->job].box)}};
        a->parameters.items = p, a->parameters.n = f->job[k->job].box[0] ? 3 : 2;
    }
    ret->items = a, ret->n = 1;
}
// An order begins at the last node. Who stopped between it and the next is within reach of it (6.6.1), if we say so.
static void reach(Fleet *f, const Unit *k, VdaNodePosition *p) {
    double off;
    if (!off_node(f, k, k->sent.node[0], &off)) return;
    p->deviation_xy = VDA_NUM(ceil(off) + 1);
    VdaEllipse *e = arena_alloc(&f->arena, sizeof *e);
    CK_ASSERT(e != NULL);
    *e = (VdaEllipse){ceil(off) + 1, ceil(off) + 1, 0};
    p->deviation_ellipse = e;
}
static void put_node(Fleet *f, const Unit *k, uint32_t i, VdaNode *ret) {
    const MapNode *n = &f->map->node[k->sent.node[i]];
    VdaNodePosition *p = arena_alloc(&f->arena, sizeof *p);
    CK_ASSERT(p != NULL);
    *p = (VdaNodePosition){.x = n->x, .y = n->y, .map_id = f->map->id};
    if (i == 0 && k->update_id == 0) reach(f, k, p);
    *ret =
        (VdaNode){.id = n->id, .sequence_id = k->sent.first_seq + 2 * i, .released = i < k->sent.base, .position = p};
    static VdaAction none;
    ret->actions.items = &none, ret->actions.n = 0;
    if (k->sent.action && i + 1 == k->sent.n) put_action(f, k, k->sent.action, &ret->actions);
}
static void put_edge(Fleet *f, const Unit *k, uint32_t i, VdaEdge *ret) { // from node i to node i + 1
    const MapEdge *e = &f->map->edge[k->sent.edge[i]];
    double speed = e->speed_mps * f->p.speed_permille / 1e3;
    static VdaAction none;
    *ret = (VdaEdge){.id = e->id,
                     .sequence_id = k->sent.first_seq + 2 * i + 1,
                     .released = i + 1 < k->sent.base,
                     .start_node_id = f->map->node[e->from].id,
                     .end_node_id = f->map->node[e->to].id,
                     .max_speed = VDA_NUM(k->speed_max > 0 ? MIN(speed, k->speed_max) : speed)};
    ret->actions.items = &none, ret->actions.n = 0;
}
static void send(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    char id[64];
    arena_reset(&f->arena);
    order_id_format(k, id);
    VdaOrder o = {.h = header(k, 0, now_ms), .order_id = str_c(id), .update_id = k->update_id};
    o.nodes.items = arena_alloc(&f->arena, k->sent.n * sizeof *o.nodes.items), o.nodes.n = k->sent.n;
    o.edges.items = arena_alloc(&f->arena, k->sent.n * sizeof *o.edges.items), o.edges.n = k->sent.n - 1;
    CK_ASSERT(o.nodes.items && o.edges.items && k->sent.n);
    for (uint32_t i = 0; i < k->sent.n; i++) {
        put_node(f, k, i, &o.nodes.items[i]);
        if (i + 1 < k->sent.n) put_edge(f, k, i, &o.edges.items[i]);
    }
    k->sent_ms = now_ms;
    f->port.send(f->port.ctx, v, VDA_ORDER, &o);
}
// What is to be said from the node with sequence id `from` on.
static void compose(Fleet *f, uint32_t v, uint32_t from) {
    Unit *k = &f->v[v];
    uint16_t trail[TRAFFIC_TRAIL_MAX];
    const uint16_t *path;
    uint32_t n = traffic_trail(f->traffic, v, trail), left = traffic_path(f->traffic, v, &path);
    uint32_t skip = (from - k->seq_last) / 2;
    Sent *s = &k->sent;
    CK_ASSERT(from >= k->seq_last && skip < n);
    *s = (Sent){.first_seq = from, .n = n - skip, .base = n - skip};
    for (uint32_t i = skip; i < n; i++) {
        s->node[i - skip] = trail[i];
        if (i + 1 < n) s->edge[i - skip] = (uint16_t)route_map_edge(f->map, trail[i], trail[i + 1]);
    }
    uint32_t room = MIN(SENT_MAX, k->nodes_max), used = 0;
    for (; used < left && used < HORIZON && s->n < room; used++) {
        s->edge[s->n - 1] = path[used];
        s->node[s->n++] = f->map->edge[path[used]].to;
    }
    if (used == left && action_type(k->leg)) s->action = k->leg;
}
void order_begin(Fleet *f, uint32_t v, Leg leg, int64_t now_ms) {
    Unit *k = &f->v[v];
    CK_ASSERT(!k->ordered);
    // unlike any before, after a restart too: quarters of a second since 2020, and above what the vehicle showed last
    k->orders = MAX(k->orders + 1, (uint32_t)(MAX(now_ms - 1577836800000, 0) / 250));
    k->update_id = 0, k->seq_last = 0, k->ordered = true, k->acked = false, k->leg = leg, k->leg_ms = now_ms;
    k->resends = 0, k->action = 0, k->crane_asked = k->crane_done = false;
    if (k->job != FLEET_NONE) f->job[k->job].adopted = false;
    f->stats.orders++;
    compose(f, v, 0);
    send(f, v, now_ms);
}
void order_update(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    CK_ASSERT(k->ordered && k->acked);
    k->update_id++, k->acked = false, k->resends = 0;
    f->stats.updates++;
    compose(f, v, k->sent.first_seq + 2 * (k->sent.base - 1));
    send(f, v, now_ms);
}
void order_resend(Fleet *f, uint32_t v, int64_t now_ms) {
    f->v[v].resends++, f->stats.resends++;
    send(f, v, now_ms);
}
static void instant(Fleet *f, uint32_t v, const char *type, VdaParameter *p, uint32_t n, int64_t now_ms) {
    Unit *k = &f->v[v];
    char id[32];
    int len = snprintf(id, sizeof id, "i%lld-%u", (long long)(now_ms / 1000), f->actions++);
    bool asks = strcmp(type, "stateRequest") == 0 || strcmp(type, "factsheetRequest") == 0;
    VdaAction a = {.type = str_c(type), .id = {id, (size_t)len}, .blocking = asks ? VDA_BLOCK_NONE : VDA_BLOCK_HARD};
    a.parameters.items = p, a.parameters.n = n;
    VdaInstantActions m = {.h = header(k, 1, now_ms)};
    m.actions.items = &a, m.actions.n = 1;
    f->port.send(f->port.ctx, v, VDA_INSTANT_ACTIONS, &m);
}
void order_instant(Fleet *f, uint32_t v, const char *type, int64_t now_ms) {
    instant(f, v, type, NULL, 0, now_ms);
}
void order_localise(Fleet *f, uint32_t v, uint32_t node, double theta, int64_t now_ms) {
    const MapNode *n = &f->map->node[node];
    VdaParameter p[] = {{STR("x"), {.type = VDA_VALUE_NUMBER, .number = n->x}},
                        {STR("y"), {.type = VDA_VALUE_NUMBER, .number = n->y}},
                        {STR("theta"), {.type = VDA_VALUE_NUMBER, .number = theta}},
                        {STR("mapId"), {.type = VDA_VALUE_TEXT, .text = f->map->id}},
                        {STR("lastNodeId"), {.type = VDA_VALUE_TEXT, .text = n->id}}};
    instant(f, v, "initPosition", p, ARRAY_LEN(p), now_ms);
}
void order_cancel(Fleet *f, uint32_t v, int64_t now_ms) {
    if (!f->v[v].cancelling) f->v[v].cancel_no = f->actions, f->v[v].cancel_s = now_ms / 1000, f->v[v].cancel = 0;
    f->v[v].cancelling = true, f->v[v].cancel_ms = now_ms, f->stats.cancels++;
    order_instant(f, v, "cancelOrder", now_ms);
}

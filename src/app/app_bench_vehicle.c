// Virtual VDA 5050 vehicles: how many times faster than life 500 of them run, each on missions of ten nodes with a pick
// or a drop at the end, its base extended two nodes at a time. Baseline: the same with every message written as text.
#include "app_bench.h"
#include "fleet/fleet_vehicle.h"

#define VEHICLES 500u
#define NODES    10u
#define AHEAD    2u
typedef struct {
    VirtualVehicle *v;
    Buf text;
    bool write, wants, pick;
    VdaVersion version;
    uint32_t mission, update, base; // base: node index up to which it is released
    uint64_t messages;
    VdaNode node[NODES + 1];
    VdaEdge edge[NODES];
    VdaNodePosition place[NODES + 1];
    VdaAction action;
    char name[NODES + 1][8], edge_name[NODES][8], order_id[16], action_id[16];
} Master;

static void hear(void *ctx, VirtualVehicle *v, VdaTopic t, const void *msg) {
    Master *m = ctx;
    (void)v;
    m->messages++;
    if (t == VDA_STATE) m->wants |= ((const VdaState *)msg)->new_base_request == VDA_TRUE;
    if (!m->write) return;
    buf_clear(&m->text);
    vda_encode(&m->text, m->version, t, msg);
}
static void lay(Master *m) { // ten nodes 60 m apart, to be driven there and back
    for (uint32_t i = 0; i <= NODES; i++) {
        m->place[i] = (VdaNodePosition){.x = 60.0 * (m->pick ? i : NODES - i), .map_id = STR("site")};
        snprintf(m->name[i], sizeof m->name[i], "n%u", m->pick ? i : NODES - i);
        m->node[i] = (VdaNode){.id = str_c(m->name[i]), .sequence_id = 2 * i, .position = &m->place[i]};
    }
    for (uint32_t i = 0; i < NODES; i++) {
        snprintf(m->edge_name[i], sizeof m->edge_name[i], "e%u", i);
        m->edge[i] = (VdaEdge){.id = str_c(m->edge_name[i]),
                               .sequence_id = 2 * i + 1,
                               .start_node_id = m->node[i].id,
                               .end_node_id = m->node[i + 1].id};
    }
    snprintf(m->order_id, sizeof m->order_id, "m%u", ++m->mission);
    snprintf(m->action_id, sizeof m->action_id, "a%u", m->mission);
    m->action =
        (VdaAction){.type = m->pick ? STR("pick") : STR("drop"), .id = str_c(m->action_id), .blocking = VDA_BLOCK_HARD};
    m->node[NODES].actions.items = &m->action, m->node[NODES].actions.n = 1;
}
static void release(Master *m, uint32_t first, int64_t now) {
    VdaOrder o = {.order_id = str_c(m->order_id), .update_id = m->update};
    m->base = MIN(first + AHEAD, NODES);
    for (uint32_t i = 0; i <= NODES; i++) m->node[i].released = i <= m->base;
    for (uint32_t i = 0; i < NODES; i++) m->edge[i].released = i < m->base;
    o.nodes.items = m->node + first, o.nodes.n = NODES + 1 - first;
    o.edges.items = m->edge + first, o.edges.n = NODES - first;
    vehicle_order(m->v, &o, now);
}
static void command(Master *m, int64_t now) {
    VehicleView w = vehicle_view(m->v, now);
    if (w.idle && w.charge < 30) vehicle_charge(m->v, 90, now);
    if (w.idle) {
        m->pick = !m->pick, m->update = 0;
        lay(m);
        release(m, 0, now);
    } else if (m->wants && m->base < NODES) {
        m->update++;
        release(m, m->base, now);
    }
    m->wants = false;
}
static uint64_t drive(VdaVersion version, bool write, int64_t until_ms) {
    Master *m = calloc(1, sizeof *m);
    CK_ASSERT(m != NULL);
    int64_t t0 = 1795000000000;
    VehicleConfig c = vehicle_config(version, STR("0007"));
    c.node_id = STR("n0");
    m->version = version, m->write = write;
    buf_init(&m->text, VDA_TEXT_MAX);
    m->v = vehicle_new(&c, hear, m, t0);
    vehicle_connect(m->v, t0);
    for (int64_t now = t0; now < t0 + until_ms; now = vehicle_next_ms(m->v)) {
        vehicle_advance(m->v, now);
        command(m, now);
    }
    CK_ASSERT(m->mission > 3 && vehicle_view(m->v, t0 + until_ms).odometer_m > 1000);
    uint64_t messages = m->messages;
    vehicle_free(m->v);
    buf_deinit(&m->text);
    free(m);
    return messages;
}
int bench_vehicle(const BenchOpts *o, Bench *ret) {
    uint64_t hours = o->n ? o->n : 2, messages = 0;
    for (int run = 0; run < o->runs; run++) {
        double at[3] = {bench_now()};
        for (int write = 0; write < 2; write++) {
            messages = 0;
            for (uint32_t i = 0; i < VEHICLES; i++)
                messages += drive((VdaVersion)(i % VDA_VERSION_COUNT), write, (int64_t)hours * HOUR_MS);
            at[write + 1] = bench_now();
        }
        ret->value[run] = (double)hours * 3600 / (at[1] - at[0]);
        ret->base[run] = (double)hours * 3600 / (at[2] - at[1]);
    }
    ret->name = "vehicle", ret->unit = "x real time, 500 vehicles", ret->baseline = "with all messages as text";
    ret->runs = o->runs;
    snprintf(ret->extra, sizeof ret->extra, ",\"messages\":%llu", (unsigned long long)messages);
    return 0;
}

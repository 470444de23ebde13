// The fleets of the twin's unmanned vehicles: the real fleet control and the real link to the gate, with virtual
// vehicles in virtual time. The world's own clock leads; each fleet follows it second by second.
#include "fleet/fleet_gate.h"
#include "twin_fleet.h"
#include "twin_internal.h"

#define FOLLOW_MS 1000.0
typedef struct Carrier Carrier;
struct Carrier {
    Twin *twin;
    FleetWorld *world;
    FleetGate *link;
    double kwh;      // up to the last full hour
    FleetStats base; // at the last restart of the statistics
    FleetWorldStats base_w;
};
static void heard(void *ctx, const FleetEvent *e) {
    fleet_gate_heard(((Carrier *)ctx)->link, e);
}
static bool to_gate(void *ctx, Input *in) {
    return twin_submit(((Carrier *)ctx)->twin, in);
}
static void begin_crane(void *ctx, uint32_t job, uint32_t vehicle, bool lift) {
    fleet_world_crane(((Carrier *)ctx)->world, job, vehicle, lift);
}
static void follow(Des *d, void *ctx, uint64_t arg) {
    Twin *w = ctx;
    Carrier *k = w->carrier[arg];
    int64_t now = twin_wall(w);
    fleet_world_run(k->world, now);
    if (!w->halted) fleet_gate_run(k->link, w->gate, now);
    des_at(d, twin_ms(w) + FOLLOW_MS, follow, w, arg);
}
// Boxes that are on a vehicle when the world comes to life.
static void find_laden(const Twin *w, uint8_t road, uint32_t n, bool *ret) {
    const Passage *p;
    for (uint32_t at = gate_passages(w->gate, 0, &p); p; at = gate_passages(w->gate, at, &p)) {
        uint32_t no = 0;
        if (p->road != road || (p->mission != MISSION_CARRYING && p->mission != MISSION_SETTING)) continue;
        if (sscanf(p->vehicle, "igv-%u", &no) == 1 && no >= 1 && no <= n) ret[no - 1] = true;
    }
}
static Carrier *carrier_new(Twin *w, uint8_t road) {
    const RouteMap *m = w->c.layout.fleet[road].map;
    bool laden[FLEET_VEHICLES_MAX] = {0};
    FleetWorldConfig c = {.seed = w->c.seed,
                          .replication = w->c.replication * ROADS_MAX + road,
                          .vehicles = w->c.layout.fleet[road].vehicles,
                          .start_ms = twin_wall(w),
                          .params = fleet_params_usual,
                          .laden = laden,
                          .check_s = 5};
    Carrier *k = calloc(1, sizeof *k);
    CK_ASSERT(k && c.vehicles && c.vehicles <= FLEET_VEHICLES_MAX);
    find_laden(w, road, c.vehicles, laden);
    if (w->c.layout.fleet[road].faults) c.faults = fleet_faults_usual, c.mixed = true;
    c.params.power_cap_kw = 60 * c.vehicles + c.params.charger_kw; // what they use when all drive
    k->twin = w;
    k->world = fleet_world_new(m, &c);
    k->link = fleet_gate_new(fleet_world_fleet(k->world), m, road, (FleetGatePort){k, to_gate, begin_crane});
    fleet_world_listen(k->world, heard, k);
    fleet_gate_adopt(k->link, w->gate, c.start_ms);
    return k;
}
void carry_start(Twin *w) {
    for (uint8_t r = 0; r < w->c.site->roads; r++) {
        w->carried[r] = w->c.layout.fleet[r].map || w->c.layout.fleet[r].outside;
        if (!w->c.layout.fleet[r].map) continue;
        w->carrier[r] = carrier_new(w, r);
        des_at(w->des, twin_ms(w) + FOLLOW_MS, follow, w, r);
    }
}
void carry_free(Twin *w) {
    for (uint32_t r = 0; r < ROADS_MAX; r++) {
        if (!w->carrier[r]) continue;
        fleet_gate_free(w->carrier[r]->link);
        fleet_world_free(w->carrier[r]->world);
        free(w->carrier[r]);
    }
}
void carry_event(Twin *w, const Event *e) {
    for (uint32_t r = 0; r < ROADS_MAX; r++)
        if (w->carrier[r]) fleet_gate_event(w->carrier[r]->link, e);
}
void carry_lost(Twin *w) {
    for (uint32_t r = 0; r < ROADS_MAX; r++)
        if (w->carrier[r]) fleet_gate_touch(w->carrier[r]->link, 0);
}
bool carry_does(const Twin *w, const Passage *p, Move m) {
    bool box = p->kind == KIND_BOX_EXPORT || p->kind == KIND_BOX_IMPORT;
    uint32_t moves = BIT(MOVE_LIFT_ON) | BIT(MOVE_DISPATCH) | BIT(MOVE_CROSS_OUT) | BIT(MOVE_PEER_GATE) |
                     BIT(MOVE_LIFT_OFF) | BIT(MOVE_PEER_EXIT) | BIT(MOVE_ENTER) | BIT(MOVE_RECALL);
    return box && w->carried[p->road] && (moves & BIT(m));
}

// ---- what was seen
void carry_hour(Twin *w) {
    for (uint32_t r = 0; r < ROADS_MAX; r++) {
        Carrier *k = w->carrier[r];
        if (!k) continue;
        FleetWorldStats s;
        fleet_world_stats(k->world, &s);
        stat_energy(w, s.kwh - k->kwh);
        k->kwh = s.kwh;
    }
}
void carry_restart(Twin *w) {
    carry_hour(w);
    for (uint32_t r = 0; r < ROADS_MAX; r++) {
        Carrier *k = w->carrier[r];
        if (!k) continue;
        fleet_stats(fleet_world_fleet(k->world), twin_wall(w), &k->base);
        fleet_world_stats(k->world, &k->base_w);
    }
}
static double mean_since(double mean, uint64_t n, double base_mean, uint64_t base_n) {
    return n > base_n ? (mean * (double)n - base_mean * (double)base_n) / (double)(n - base_n) : 0;
}
bool twin_fleet(const Twin *w, uint8_t road, TwinFleetStats *ret) {
    const Carrier *k = w->carrier[road];
    if (!k) return false;
    FleetStats f;
    FleetWorldStats s;
    FleetGateStats g;
    fleet_stats(fleet_world_fleet(k->world), twin_wall(w), &f);
    fleet_world_stats(k->world, &s);
    fleet_gate_stats(k->link, &g);
    *ret =
        (TwinFleetStats){.vehicles = w->c.layout.fleet[road].vehicles,
                         .done = f.done - k->base.done,
                         .withdrawn = f.withdrawn - k->base.withdrawn,
                         .collisions = s.collisions,
                         .cycle_min_mean = mean_since(f.cycle_s_mean, f.done, k->base.cycle_s_mean, k->base.done) / 60,
                         .wait_min_mean = mean_since(f.wait_s_mean, f.done, k->base.wait_s_mean, k->base.done) / 60,
                         .longest_min = (double)f.longest_ms / 60e3,
                         .driven_km = (f.driven_m - k->base.driven_m) / 1e3,
                         .laden_km = (f.laden_m - k->base.laden_m) / 1e3,
                         .kwh = s.kwh - k->base_w.kwh,
                         .inputs = g.inputs,
                         .refused = g.refused};
    return true;
}

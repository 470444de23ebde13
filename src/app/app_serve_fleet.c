// The fleet control inside the daemon: it runs in the writer's batches, as the twin does, so that a step of a mission
// is in the journal before the order that rests on it leaves. Vehicles are behind a broker.
#include "app_fleet_air.h"
#include "app_serve.h"
#include "fleet/fleet_gate.h"
#include "io/io_clock.h"

#define POLL_MS  15     // of the wall clock between looks at the broker
#define CYCLE_MS 1000   // of the control, by the gate's clock
#define CRANE_MS 162000 // 2.4 to 3 min a move [K]; until cranes report by themselves (device port)
typedef struct {
    int64_t due_ms;
    uint32_t job;
} Crane;
struct ServeFleet {
    AppFleet a;
    Fleet *fleet;
    FleetGate *link;
    FleetAir *air;
    Ledger *ledger;
    Arena arena;
    Crane crane[FLEET_VEHICLES_MAX];
    uint32_t cranes;
    int64_t ran_ms, cycle_due_ms;
    Err err;
    bool refused; // by the broker: said once
};
static void on_send(void *ctx, uint32_t v, VdaTopic topic, const void *msg) {
    fleet_air_send(((ServeFleet *)ctx)->air, v, topic, msg);
}
static void on_event(void *ctx, const FleetEvent *e) {
    const ServeFleet *s = ctx;
    fleet_gate_heard(s->link, e);
    if (e->kind == FLEET_EVENT_ALARM)
        log_line(e->on ? LOG_WARN : LOG_INFO, "fleet", STR_F ": alarm %s %s%s" STR_F,
                 STR_A(s->a.who[e->vehicle].serial), FleetAlarm_names.names[e->alarm], e->on ? "on" : "off",
                 e->reason.n ? ": " : "", STR_A(e->reason));
}
static bool to_gate(void *ctx, Input *in) {
    ServeFleet *s = ctx;
    LedgerRequest rq = {.in = *in};
    LedgerReply reply = {0};
    if (s->err) return false;
    rq.in.t_ms = MAX(io_now_ms(), gate_now(ledger_gate(s->ledger))), rq.in.random = io_random_u64();
    arena_reset(&s->arena);
    s->err = ledger_step(s->ledger, &rq, &s->arena, &reply);
    return !s->err && !reply.refused;
}
static void begin_crane(void *ctx, uint32_t job, uint32_t vehicle, bool lift) {
    ServeFleet *s = ctx;
    (void)vehicle, (void)lift;
    CK_ASSERT(s->cranes < FLEET_VEHICLES_MAX);
    s->crane[s->cranes++] = (Crane){io_now_ms() + CRANE_MS, job};
}
int serve_fleet_open(const char *road, const char *site_dir, const FleetArgs *args, ServeFleet **ret) {
    ServeFleet *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    *ret = s;
    char file[4300];
    FleetArgs a = *args;
    arena_init(&s->arena, 64u << 20);
    snprintf(file, sizeof file, "%s/roads-%s.json", site_dir, road);
    if (!a.roads && !a.make) a.roads = file;
    return app_fleet_open(&s->a, &a);
}
Err serve_fleet_start(ServeFleet *s, Ledger *l, uint8_t road) {
    s->ledger = l;
    s->fleet = app_fleet_control(&s->a, (FleetPort){s, on_send, on_event});
    s->link = fleet_gate_new(s->fleet, s->a.map, road, (FleetGatePort){s, to_gate, begin_crane});
    Err e = fleet_air_new(&s->a, s->fleet, NULL, NULL, &s->air);
    if (e) return e;
    fleet_gate_adopt(s->link, ledger_gate(l), io_now_ms());
    log_line(LOG_INFO, "fleet", "%u unmanned vehicles at %s:%u", s->a.n, s->a.mqtt.host, s->a.mqtt.port);
    return OK;
}
void serve_fleet_event(ServeFleet *s, const Event *e) {
    if (s->link) fleet_gate_event(s->link, e);
}
int64_t serve_fleet_next(const ServeFleet *s) {
    return s->ran_ms + POLL_MS * (int64_t)io_clock_speed();
}
static void timers(ServeFleet *s, int64_t now_ms) {
    for (uint32_t i = 0; i < s->cranes; i++) {
        if (s->crane[i].due_ms > now_ms) continue;
        uint32_t job = s->crane[i].job;
        s->crane[i--] = s->crane[--s->cranes];
        fleet_crane(s->fleet, job, CRANE_DONE, now_ms);
    }
    if (now_ms < s->cycle_due_ms) return;
    fleet_cycle(s->fleet, now_ms);
    s->cycle_due_ms = now_ms + CYCLE_MS;
}
Err serve_fleet_run(ServeFleet *s, int64_t now_ms) {
    s->err = OK, s->ran_ms = now_ms;
    fleet_air_post(s->air); // what was said in the last batch rests on what is durable now
    fleet_air_step(s->air, 0);
    if (!s->refused) s->refused = !fleet_air_link(s->air);
    timers(s, now_ms);
    fleet_gate_run(s->link, ledger_gate(s->ledger), now_ms);
    return s->err;
}
void serve_fleet_lost(ServeFleet *s) { // the gate went back to what the journal holds
    fleet_air_drop(s->air);
    fleet_gate_touch(s->link, 0);
}
void serve_fleet_close(ServeFleet **fleet) {
    ServeFleet *s = *fleet;
    *fleet = NULL;
    if (!s) return;
    fleet_air_free(s->air);
    fleet_gate_free(s->link);
    fleet_free(s->fleet);
    app_fleet_close(&s->a);
    arena_deinit(&s->arena);
    free(s);
}

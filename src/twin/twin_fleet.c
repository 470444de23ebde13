// Vehicles, cranes and messages as events of one calendar. Times inside are milliseconds since the start.
#include "twin_fleet.h"
#include "des/des.h"
#include "des/des_stat.h"
#include "fleet/fleet_vehicle.h"

#define BOOK_MAX 16384u // jobs; kills of the controller need it
#define TOLD_MAX 8192u

typedef struct {
    FleetWorld *world;
    uint32_t no;
    VirtualVehicle *v;
    DesEvent wake;
    bool dead;
    int64_t by_hand_ms;
    double x, y, theta;
    VdaConnection said; // last, as the broker keeps it
    bool connected;     // ever
    uint32_t loads;
} Unit;
typedef struct Letter Letter;
struct Letter { // on its way through the air
    Letter *next, *before;
    Str text;
    uint32_t v;
    uint8_t topic;
    bool to_vehicle;
    double born;
};
struct FleetWorld {
    const RouteMap *map;
    FleetWorldConfig c;
    Des *des;
    Fleet *fleet;
    Unit *unit;
    Letter *letters;
    DesStream air, cranes, arrivals, luck;
    DesDist crane;
    double kwh_km;
    bool jobs_off, calm;
    uint32_t jobs;
    double *asked; // by job, ms since the start
    uint32_t asked_cap;
    DesTally wait, cycle;
    FleetWorldStats s;
    void (*listener)(void *ctx, const FleetEvent *e);
    void *listener_ctx;
    void (*tap)(void *ctx, VdaTopic topic, Str text);
    void *tap_ctx;
    double (*cpu_s)(void);
    uint32_t *by_x;
    Arena scratch;
    FleetBook book;
    struct {
        uint32_t job, vehicle;
        uint8_t step;
    } * told; // steps that the book does not know yet
    uint32_t told_n;
    bool kill_due, deaf; // deaf: no control is there
};
const FleetFaults fleet_faults_usual = {.loss_permille = 20,
                                        .twice_permille = 20,
                                        .delay_min_ms = 20,
                                        .delay_max_ms = 400,
                                        .obstacle_h = 3,
                                        .dead_h = 20,
                                        .manual_h = 20,
                                        .silent_h = 10,
                                        .estop_h = 20,
                                        .slow_h = 5,
                                        .crane_fail_permille = 10};
static int64_t wall(const FleetWorld *w) {
    return w->c.start_ms + (int64_t)des_now(w->des);
}
int64_t fleet_world_now(const FleetWorld *w) {
    return wall(w);
}
Fleet *fleet_world_fleet(FleetWorld *w) {
    return w->fleet;
}
static void later(FleetWorld *w, double ms, DesFn *fn, uint64_t arg) {
    des_at(w->des, des_now(w->des) + ms, fn, w, arg);
}

// ---- the air
static bool chance(DesStream *s, uint32_t permille) {
    return permille && des_below(s, 1000) < permille;
}
static VdaVersion version_of(const FleetWorld *w, uint32_t v) {
    return w->c.mixed ? (VdaVersion)(v % VDA_VERSION_COUNT) : VDA_2_1;
}
static void settle(FleetWorld *w);
static void give(FleetWorld *w, uint32_t v, VdaTopic topic, const void *msg) { // to the fleet control
    if (w->deaf) return;
    if (topic == VDA_STATE) fleet_state(w->fleet, v, msg, wall(w));
    if (topic == VDA_CONNECTION) fleet_connection(w->fleet, v, msg, wall(w));
    if (topic == VDA_FACTSHEET) fleet_factsheet(w->fleet, v, msg, wall(w));
    settle(w);
}
static void on_wake(Des *d, void *ctx, uint64_t arg);
static void plan_wake(FleetWorld *w, Unit *u) {
    int64_t t = vehicle_next_ms(u->v);
    des_cancel(w->des, u->wake);
    u->wake = 0;
    if (t != TIME_NEVER) u->wake = des_at(w->des, MAX((double)(t - w->c.start_ms), des_now(w->des)), on_wake, w, u->no);
}
static void on_wake(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    FleetWorld *w = ctx;
    w->unit[arg].wake = 0;
    vehicle_advance(w->unit[arg].v, wall(w));
    plan_wake(w, &w->unit[arg]);
}
static void deliver(FleetWorld *w, const Letter *l) {
    if (l->topic == VDA_TOPIC_COUNT || (w->deaf && !l->to_vehicle)) return;
    if (l->to_vehicle) {
        vehicle_receive(w->unit[l->v].v, (VdaTopic)l->topic, l->text, &w->scratch, wall(w));
        plan_wake(w, &w->unit[l->v]);
        return;
    }
    if (w->tap) w->tap(w->tap_ctx, (VdaTopic)l->topic, l->text);
    double start = w->cpu_s ? w->cpu_s() : 0;
    VdaProblems ps;
    void *msg = arena_alloc(&w->scratch, vda_size((VdaTopic)l->topic));
    CK_ASSERT(msg != NULL);
    if (vda_decode(version_of(w, l->v), (VdaTopic)l->topic, l->text, &w->scratch, msg, &ps) == OK)
        give(w, l->v, (VdaTopic)l->topic, msg);
    else
        fleet_nonsense(w->fleet, l->v, ps.p[0].what, wall(w));
    if (w->cpu_s) w->s.messages_s += w->cpu_s() - start;
}
static void unlink_letter(FleetWorld *w, Letter *l) {
    if (l->before) l->before->next = l->next;
    if (l->next) l->next->before = l->before;
    if (w->letters == l) w->letters = l->next;
    free(l);
}
static void on_letter(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    FleetWorld *w = ctx;
    Letter *l = (Letter *)(uintptr_t)arg;
    arena_reset(&w->scratch);
    deliver(w, l);
    unlink_letter(w, l);
}
static void fly(FleetWorld *w, uint32_t v, VdaTopic topic, bool to_vehicle, Str text) {
    Letter *l = calloc(1, sizeof *l + text.n);
    CK_ASSERT(l != NULL);
    memcpy(l + 1, text.p, text.n);
    *l = (Letter){w->letters, NULL, {(const char *)(l + 1), text.n}, v, (uint8_t)topic, to_vehicle, des_now(w->des)};
    if (l->next) l->next->before = l;
    w->letters = l;
    uint32_t least = w->c.faults.delay_min_ms, most = w->c.faults.delay_max_ms;
    double ms = most > least ? least + des_below(&w->air, most - least) : least;
    later(w, MAX(ms, 1.0), on_letter, (uint64_t)(uintptr_t)l);
}
static void post(FleetWorld *w, uint32_t v, VdaTopic topic, bool to_vehicle, const void *msg) {
    if (topic != VDA_CONNECTION && chance(&w->air, w->c.faults.loss_permille)) return; // that one is QoS 1
    Buf b;
    buf_init(&b, VDA_TEXT_MAX);
    vda_encode(&b, version_of(w, v), topic, msg);
    fly(w, v, topic, to_vehicle, buf_view(&b));
    if (chance(&w->air, w->c.faults.twice_permille)) fly(w, v, topic, to_vehicle, buf_view(&b));
    buf_deinit(&b);
}
static void fleet_sends(void *ctx, uint32_t v, VdaTopic topic, const void *msg) {
    FleetWorld *w = ctx;
    w->s.orders += topic == VDA_ORDER;
    post(w, v, topic, true, msg);
}
static void feel(FleetWorld *w, Unit *u, uint32_t loads) {
    w->s.picked += loads > u->loads, w->s.set_down += loads < u->loads;
    u->loads = loads;
}
static void vehicle_sends(void *ctx, VirtualVehicle *vehicle, VdaTopic topic, const void *msg) {
    (void)vehicle;
    Unit *u = ctx;
    FleetWorld *w = u->world;
    w->s.states += topic == VDA_STATE;
    if (topic == VDA_STATE) feel(w, u, ((const VdaState *)msg)->loads.n);
    if (topic == VDA_CONNECTION) u->said = *(const VdaConnection *)msg, u->connected = true;
    if (w->c.faults.delay_max_ms)
        post(w, u->no, topic, false, msg);
    else
        give(w, u->no, topic, msg);
}

// ---- cranes and the gate's answers
static void on_crane(Des *d, void *ctx, uint64_t arg) { // arg: job, lift in bit 32, vehicle from bit 40
    (void)d;
    FleetWorld *w = ctx;
    bool fails = chance(&w->cranes, w->c.faults.crane_fail_permille), lift = arg >> 32 & 1;
    FleetCrane how = !fails ? CRANE_DONE : lift ? CRANE_CANNOT_LIFT : CRANE_CANNOT_SET;
    if (fails && fleet_step_of(w->fleet, (uint32_t)arg) == (lift ? STEP_PICKING : STEP_SETTING)) {
        Unit *u = &w->unit[arg >> 40];
        vehicle_fail_next(u->v, lift ? STR("pick") : STR("drop"), wall(w));
        plan_wake(w, u);
    }
    w->s.faults += fails;
    if (w->deaf) return;
    fleet_crane(w->fleet, (uint32_t)arg, how, wall(w));
    settle(w);
}
enum { ANSWER_GO = 1, ANSWER_CROSS };
static void on_answer(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    FleetWorld *w = ctx;
    if (w->deaf) return;
    if (arg >> 32 == ANSWER_GO)
        fleet_go(w->fleet, (uint32_t)arg);
    else
        fleet_cross(w->fleet, (uint32_t)arg);
}
static void job_over(FleetWorld *w, const FleetEvent *e) {
    w->s.done += e->step == STEP_DONE, w->s.withdrawn += e->step == STEP_WITHDRAWN;
    if (e->step == STEP_DONE && e->job < w->asked_cap)
        des_tally_add(&w->wait, (des_now(w->des) - w->asked[e->job]) / 1e3);
}
void fleet_world_crane(FleetWorld *w, uint32_t job, uint32_t vehicle, bool lift) {
    later(w, des_draw(&w->crane, &w->cranes), on_crane, job | (uint64_t)lift << 32 | (uint64_t)vehicle << 40);
}
static void fleet_says(void *ctx, const FleetEvent *e) {
    FleetWorld *w = ctx;
    if (e->kind == FLEET_EVENT_STEP) {
        CK_ASSERT(w->told_n < TOLD_MAX);
        w->told[w->told_n].job = e->job, w->told[w->told_n].vehicle = e->vehicle, w->told[w->told_n++].step = e->step;
    }
    if (w->listener) {
        w->listener(w->listener_ctx, e);
    } else {
        if (e->kind == FLEET_EVENT_CRANE) fleet_world_crane(w, e->job, e->vehicle, e->lift);
        if (e->kind == FLEET_EVENT_STEP) job_over(w, e);
        if (e->kind == FLEET_EVENT_ASK_GO) later(w, 500, on_answer, (uint64_t)ANSWER_GO << 32 | e->job);
        if (e->kind == FLEET_EVENT_ASK_LINE) later(w, 500, on_answer, (uint64_t)ANSWER_CROSS << 32 | e->job);
    }
}
void fleet_world_listen(FleetWorld *w, void (*event)(void *ctx, const FleetEvent *e), void *ctx) {
    w->listener = event, w->listener_ctx = ctx;
}

// ---- boxes
static void on_box(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    if (w->jobs_off) return;
    if (w->deaf) {
        later(w, 1000, on_box, 0);
        return;
    }
    uint32_t id = ++w->jobs;
    if (id >= w->asked_cap) {
        w->asked_cap = MAX(w->asked_cap * 2, 4096u);
        w->asked = realloc(w->asked, w->asked_cap * sizeof *w->asked);
        CK_ASSERT(w->asked != NULL);
    }
    w->asked[id] = des_now(w->des);
    FleetJob j = {.id = id, .from = des_below(&w->arrivals, 2) ? OWNER_OWN : OWNER_PEER, .priority = 1};
    if (des_below(&w->arrivals, 10) == 0) j.fit = 1u << FIT_REEFER, j.priority = 2;
    if (fleet_job(w->fleet, &j, wall(w)) == FLEET_OK)
        w->s.asked++, CK_ASSERT(fleet_book_job(&w->book, &j, wall(w)) || w->c.faults.controller_h <= 0);
    later(w, des_exp(&w->arrivals) * 3.6e6 / w->c.crossings_h, on_box, 0);
}
void fleet_world_tap(FleetWorld *w, void (*tap)(void *ctx, VdaTopic topic, Str text), void *ctx) {
    w->tap = tap, w->tap_ctx = ctx;
}
void fleet_world_stop_jobs(FleetWorld *w) {
    w->jobs_off = true;
}

// ---- bad luck, by vehicle
void fleet_world_calm(FleetWorld *w) {
    w->calm = true, w->kill_due = false;
    w->c.faults.crane_fail_permille = w->c.faults.loss_permille = w->c.faults.twice_permille = 0;
}
enum { LUCK_OBSTACLE, LUCK_DEAD, LUCK_MANUAL, LUCK_SILENT, LUCK_ESTOP, LUCK_SLOW, LUCK_ACTION, LUCKS };
static double luck_hours(const FleetWorld *w, uint32_t kind) {
    const FleetFaults *f = &w->c.faults;
    const double h[LUCKS] = {f->obstacle_h,
                             f->dead_h,
                             f->manual_h,
                             f->silent_h,
                             f->estop_h,
                             f->slow_h,
                             f->action_fail_permille ? 20.0 / f->action_fail_permille : 0};
    return h[kind];
}
static void on_luck_over(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    FleetWorld *w = ctx;
    Unit *u = &w->unit[arg & 0xffff];
    int64_t now = wall(w);
    switch (arg >> 16) {
    case LUCK_DEAD: // whoever switches it on again releases its emergency stop, too
        vehicle_revive(u->v, now), vehicle_e_stop(u->v, VDA_ESTOP_NONE, now), u->dead = false;
        break;
    case LUCK_MANUAL: (void)vehicle_mode(u->v, VDA_MODE_AUTOMATIC, now); break;
    case LUCK_SILENT: vehicle_connect(u->v, now); break;
    case LUCK_ESTOP: vehicle_e_stop(u->v, VDA_ESTOP_NONE, now); break;
    case LUCK_SLOW: vehicle_slow(u->v, 1, now); break;
    default: break;
    }
    plan_wake(w, u);
}
static void strike(FleetWorld *w, Unit *u, uint32_t kind) {
    int64_t now = wall(w);
    double minutes = 1 + des_exp(&w->luck) * 5;
    switch (kind) {
    case LUCK_OBSTACLE: vehicle_obstacle(u->v, now + (int64_t)(minutes * 20000), now); break;
    case LUCK_DEAD: vehicle_kill(u->v, now), u->dead = true; break;
    case LUCK_MANUAL: (void)vehicle_mode(u->v, VDA_MODE_MANUAL, now), u->by_hand_ms = now; break;
    case LUCK_SILENT: vehicle_break(u->v, now); break;
    case LUCK_ESTOP: vehicle_e_stop(u->v, VDA_ESTOP_MANUAL, now); break;
    case LUCK_SLOW: vehicle_slow(u->v, 0.3, now); break;
    default: vehicle_fail_next(u->v, des_below(&w->luck, 2) ? STR("pick") : STR("drop"), now); break;
    }
    if (kind != LUCK_OBSTACLE && kind != LUCK_ACTION)
        later(w, minutes * 6e4, on_luck_over, (uint64_t)kind << 16 | u->no);
    w->s.faults++;
    plan_wake(w, u);
}
static void on_luck(Des *d, void *ctx, uint64_t arg) { // arg: kind
    (void)d;
    FleetWorld *w = ctx;
    if (w->calm) return;
    Unit *u = &w->unit[des_below(&w->luck, w->c.vehicles)];
    if (!u->dead) strike(w, u, (uint32_t)arg);
    later(w, des_exp(&w->luck) * luck_hours(w, (uint32_t)arg) * 3.6e6 / w->c.vehicles, on_luck, arg);
}

// ---- operators: who does not know where it is is told on which node of its own road it stands; who was isolated is
// looked at and trusted again
#define WATCH_MS 60000
static void on_watch(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    for (uint32_t v = 0; v < w->c.vehicles && !w->deaf; v++) {
        FleetView view;
        fleet_view(w->fleet, v, &view);
        uint32_t behind = fleet_node_behind(w->fleet, v);
        if (view.status == FLEET_ASTRAY && behind != MAP_NONE) fleet_localise(w->fleet, v, behind, wall(w));
        bool astray_box = view.alarms & (1u << FLEET_ALARM_HANDOVER | 1u << FLEET_ALARM_LOAD) &&
                          view.job != FLEET_NONE && !view.laden && fleet_step_of(w->fleet, view.job) >= STEP_CARRYING;
        if (astray_box && view.node != MAP_NONE && view.waits_since_ms < wall(w) - 20 * MINUTE_MS)
            w->s.found += fleet_box_found(w->fleet, view.job, w->map->node[view.node].owner, wall(w));
        if (view.alarms & 1u << FLEET_ALARM_LOAD && view.job != FLEET_NONE)
            (void)fleet_box_on(w->fleet, view.job, wall(w));                                   // if it feels one
        if (view.status == FLEET_MANUAL && wall(w) - w->unit[v].by_hand_ms > 30 * MINUTE_MS) { // somebody forgot it
            (void)vehicle_mode(w->unit[v].v, VDA_MODE_AUTOMATIC, wall(w));
            plan_wake(w, &w->unit[v]);
        }
        if (view.status == FLEET_ISOLATED) (void)fleet_accept(w->fleet, v, wall(w));
        settle(w);
    }
    later(w, WATCH_MS, on_watch, 0);
}

// ---- the checker: bodies as they stand, sorted by x
static _Thread_local const FleetWorld *sorting;
static int by_x(const void *a, const void *b) {
    double x = sorting->unit[*(const uint32_t *)a].x, y = sorting->unit[*(const uint32_t *)b].x;
    return (x > y) - (x < y);
}
static void on_check(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    uint32_t n = w->c.vehicles;
    for (uint32_t i = 0; i < n; i++) {
        VehicleView view = vehicle_view(w->unit[i].v, MIN(wall(w), vehicle_next_ms(w->unit[i].v)));
        w->unit[i].x = view.x, w->unit[i].y = view.y, w->unit[i].theta = view.theta;
    }
    sorting = w;
    qsort(w->by_x, n, sizeof *w->by_x, by_x);
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = i + 1; k < n; k++) {
            const Unit *a = &w->unit[w->by_x[i]], *b = &w->unit[w->by_x[k]];
            if (b->x - a->x > w->map->length_m + w->map->width_m) break;
            if (!route_bodies_meet(w->map, (double[]){a->x, a->y, a->theta}, (double[]){b->x, b->y, b->theta}, 0))
                continue;
            if (!w->s.collisions++) w->s.first_a = a->no, w->s.first_b = b->no, w->s.first_ms = wall(w);
        }
    w->s.looks++;
    later(w, w->c.check_s * 1e3, on_check, 0);
}

// ---- the control
static void on_cycle(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    double start = w->cpu_s ? w->cpu_s() : 0;
    if (!w->deaf) fleet_cycle(w->fleet, wall(w));
    if (w->cpu_s) des_tally_add(&w->cycle, (w->cpu_s() - start) * 1e3);
    settle(w);
    later(w, (w->c.faults.cycle_s > 0 ? w->c.faults.cycle_s : 1) * 1e3, on_cycle, 0);
}
static Fleet *control_new(FleetWorld *w) {
    Fleet *f = fleet_new(w->map, &w->c.params, (FleetPort){w, fleet_sends, fleet_says});
    for (uint32_t i = 0; i < w->c.vehicles; i++) {
        char name[FLEET_ID_MAX];
        int n = snprintf(name, sizeof name, "igv-%u", i + 1);
        Str s = {name, (size_t)n};
        CK_ASSERT(fleet_add(f, s, STR("cuakhau"), s, version_of(w, i)) == i);
    }
    return f;
}
// ---- kills of the controller
static void on_up(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    const FleetEntry *e;
    FleetRefusal r;
    w->deaf = false;
    fleet_free(w->fleet);
    w->fleet = control_new(w);
    CK_ASSERT(fleet_book_give(&w->book, w->fleet, wall(w), &e, &r));
    for (uint32_t v = 0; v < w->c.vehicles; v++)
        if (w->unit[v].connected) give(w, v, VDA_CONNECTION, &w->unit[v].said);
}
static void on_down(Des *d, void *ctx, uint64_t arg) { // of its own, when no call into the control is under way
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    fleet_free(w->fleet);
    w->fleet = control_new(w); // what people see meanwhile: nothing
    w->deaf = true, w->s.restarts++;
    later(w, 1e3 + des_below(&w->luck, 20000), on_up, 0);
}
static void settle(FleetWorld *w) { // after each call into the control
    uint32_t n = w->told_n;
    for (uint32_t i = 0; i < n; i++) {
        FleetEvent e = {.job = w->told[i].job, .step = w->told[i].step};
        uint32_t v = w->told[i].vehicle;
        FleetView view = {.name = STR_EMPTY};
        if (v < w->c.vehicles) fleet_view(w->fleet, v, &view);
        (void)fleet_book_step(&w->book, e.job, fleet_book_told(w->fleet, &e), view.name);
    }
    w->told_n = 0;
    if (!n || !w->kill_due || w->deaf) return;
    w->kill_due = false, w->deaf = true;
    for (Letter *l = w->letters; l; l = l->next) // they never left
        if (l->to_vehicle && l->born >= des_now(w->des)) l->topic = VDA_TOPIC_COUNT;
    later(w, 0, on_down, 0);
}
static void on_kill(Des *d, void *ctx, uint64_t arg) {
    (void)d, (void)arg;
    FleetWorld *w = ctx;
    if (w->calm) return;
    w->kill_due = true;
    later(w, des_exp(&w->luck) * w->c.faults.controller_h * 3.6e6, on_kill, 0);
}
static void put_vehicle(FleetWorld *w, uint32_t i, uint32_t p) {
    const MapNode *n = &w->map->node[p];
    char name[FLEET_ID_MAX];
    int k = snprintf(name, sizeof name, "igv-%u", i + 1);
    VehicleConfig c = vehicle_config(version_of(w, i), (Str){name, (size_t)k});
    c.manufacturer = STR("cuakhau"), c.map_id = w->map->id, c.node_id = n->id, c.x = n->x, c.y = n->y;
    c.theta = w->map->edge[w->map->out[w->map->out_begin[p]]].heading;
    c.length = w->map->length_m, c.width = w->map->width_m;
    c.pick_ms = c.drop_ms = 181000; // it feels the box when the crane is done, or not at all
    c.charge = 50 + des_below(&w->luck, 40), c.visualization_ms = 0;
    if (w->c.state_ms) c.state_ms = w->c.state_ms;
    c.laden = w->c.laden && w->c.laden[i];
    w->kwh_km = c.drive_kwh_km;
    Unit *u = &w->unit[i];
    *u = (Unit){.world = w, .no = i};
    u->v = vehicle_new(&c, vehicle_sends, u, w->c.start_ms);
    CK_ASSERT(u->v != NULL);
}
static void put_vehicles(FleetWorld *w) { // evenly on the parking places, the rest under cranes
    uint32_t spots[2] = {0}, i = 0;
    for (uint32_t p = 0; p < w->map->nodes; p++)
        if (w->map->node[p].spot) spots[w->map->node[p].spot == SPOT_CRANE]++;
    for (int crane = 0; crane < 2; crane++) {
        uint32_t n = spots[crane], k = MIN(w->c.vehicles - i, n), at = 0;
        for (uint32_t p = 0; p < w->map->nodes && k; p++) {
            if (!w->map->node[p].spot || (w->map->node[p].spot == SPOT_CRANE) != (crane == 1)) continue;
            if ((at + 1) * k / n > at * k / n) put_vehicle(w, i++, p);
            at++;
        }
    }
    CK_ASSERT(i == w->c.vehicles);
}
FleetWorld *fleet_world_new(const RouteMap *m, const FleetWorldConfig *c) {
    FleetWorld *w = calloc(1, sizeof *w);
    CK_ASSERT(w && c->vehicles <= FLEET_VEHICLES_MAX);
    w->map = m, w->c = *c;
    w->des = des_new(1u << 20);
    w->unit = calloc(c->vehicles + 1, sizeof *w->unit), w->by_x = calloc(c->vehicles + 1, sizeof *w->by_x);
    CK_ASSERT(w->unit && w->by_x);
    for (uint32_t i = 0; i < c->vehicles; i++) w->by_x[i] = i;
    w->air = des_stream(c->seed, 1, c->replication, 0), w->cranes = des_stream(c->seed, 2, c->replication, 0);
    w->arrivals = des_stream(c->seed, 3, c->replication, 0), w->luck = des_stream(c->seed, 4, c->replication, 0);
    w->crane = (DesDist){.kind = DES_TRIANGULAR, .a = 144e3, .b = 162e3, .c = 180e3}; // 2.4 to 3 min a move [K]
    arena_init(&w->scratch, 8u << 20);
    fleet_book_init(&w->book, BOOK_MAX);
    w->told = calloc(TOLD_MAX, sizeof *w->told);
    CK_ASSERT(w->told != NULL);
    w->fleet = control_new(w);
    put_vehicles(w);
    for (uint32_t i = 0; i < c->vehicles; i++) vehicle_connect(w->unit[i].v, c->start_ms), plan_wake(w, &w->unit[i]);
    later(w, 1000, on_cycle, 0);
    later(w, WATCH_MS, on_watch, 0);
    if (c->check_s > 0) later(w, c->check_s * 1e3, on_check, 0);
    if (c->crossings_h > 0) later(w, des_exp(&w->arrivals) * 3.6e6 / c->crossings_h, on_box, 0);
    if (c->faults.controller_h > 0) later(w, des_exp(&w->luck) * c->faults.controller_h * 3.6e6, on_kill, 0);
    for (uint32_t k = 0; k < LUCKS; k++)
        if (luck_hours(w, k) > 0) later(w, des_exp(&w->luck) * luck_hours(w, k) * 3.6e6 / c->vehicles, on_luck, k);
    return w;
}
void fleet_world_free(FleetWorld *w) {
    if (!w) return;
    fleet_free(w->fleet);
    for (uint32_t i = 0; i < w->c.vehicles; i++) vehicle_free(w->unit[i].v);
    while (w->letters) unlink_letter(w, w->letters);

    fleet_book_deinit(&w->book);
    free(w->told);
    des_free(w->des);
    arena_deinit(&w->scratch);
    free(w->unit), free(w->by_x), free(w->asked), free(w);
}
void fleet_world_clock(FleetWorld *w, double (*cpu_s)(void)) {
    w->cpu_s = cpu_s;
}
void fleet_world_run(FleetWorld *w, int64_t until_ms) {
    w->s.events += des_run(w->des, (double)(until_ms - w->c.start_ms));
}
int64_t fleet_world_next(const FleetWorld *w) {
    double t = des_next(w->des);
    return t > 9e15 ? TIME_NEVER : w->c.start_ms + (int64_t)t;
}
void fleet_world_stats(const FleetWorld *w, FleetWorldStats *ret) {
    *ret = w->s;
    for (uint32_t i = 0; i < w->c.vehicles; i++) {
        int64_t t = MIN(wall(w), vehicle_next_ms(w->unit[i].v));
        ret->kwh += vehicle_view(w->unit[i].v, t).odometer_m / 1e3 * w->kwh_km;
    }
    ret->wait_s_mean = w->wait.mean, ret->wait_s_max = w->wait.max;
    ret->wait_s_p95 = des_tally_quantile(&w->wait, 0.95);
    ret->cycle_ms_mean = w->cycle.mean, ret->cycle_ms_max = w->cycle.max;
    ret->cycle_ms_p99 = des_tally_quantile(&w->cycle, 0.99);
}

// cuakhau vehicles: virtual VDA 5050 vehicles over a broker, each with a connection and a last will of its own, as real
// ones have. With --state they stand after a kill where they stood; who stood between two nodes does not know where it
// is until somebody tells it.
#include "app_fleet.h"
#include "base/field_def.h"
#include "fleet/fleet_vehicle.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "wire/wire_bind.h"
#include <math.h>

#define WAIT_MS  10u
#define CHECK_MS 1000 // between looks at the bodies
#define ON_NODE  0.5  // m

typedef struct Yard Yard;
typedef struct {
    Yard *yard;
    const FleetWho *who;
    VirtualVehicle *v;
    IoMqtt *mqtt;
    uint32_t loads;
    bool said; // a state: its loads are known
    char load[VEHICLE_ID_MAX + 1];
} Unit;
struct Yard {
    AppFleet a;
    Unit unit[FLEET_VEHICLES_MAX];
    const char *file;
    Arena scratch, texts;
    uint64_t looks, met, picked, set_down;
    int64_t now_ms, check_due_ms, save_due_ms;
    bool changed, good;
};
static int64_t now(Yard *y) { // never back
    return y->now_ms = MAX(y->now_ms, io_now_ms());
}

// ---- what they remember: a line each
typedef struct {
    Str serial, node, load;
    int64_t x_mm, y_mm, theta_mrad;
    uint32_t charge_permille;
    bool laden;
} Memory;
static const Field memory_f[] = {F(Memory, serial, FIELD_STR),
                                 F(Memory, node, FIELD_STR),
                                 F(Memory, load, FIELD_STR),
                                 F(Memory, x_mm, FIELD_I64),
                                 F(Memory, y_mm, FIELD_I64),
                                 F(Memory, theta_mrad, FIELD_I64),
                                 F(Memory, charge_permille, FIELD_U32),
                                 F(Memory, laden, FIELD_BOOL)};
static const FieldTable memory_fields = TABLE(Memory, "memory", memory_f);
static bool save(Yard *y) {
    Buf b;
    char beside[4096];
    buf_init(&b, 1u << 20);
    for (uint32_t i = 0; i < y->a.n; i++) {
        Unit *u = &y->unit[i];
        VehicleView w = vehicle_view(u->v, now(y));
        uint32_t node = route_map_node(y->a.map, w.last_node_id);
        const MapNode *n = node == MAP_NONE ? NULL : &y->a.map->node[node];
        bool there = n && hypot(n->x - w.x, n->y - w.y) < ON_NODE;
        Memory m = {u->who->serial,
                    there ? w.last_node_id : STR_EMPTY,
                    str_c(u->load),
                    llround(w.x * 1e3),
                    llround(w.y * 1e3),
                    (int64_t)(w.theta * 1e3),
                    (uint32_t)(w.charge * 10),
                    w.loads > 0};
        json_open(&b, '{'), field_write(&b, &memory_fields, &m, NULL), json_close(&b, '}');
        buf_char(&b, '\n');
    }
    int n = snprintf(beside, sizeof beside, "%s.new", y->file);
    bool good = n > 0 && (size_t)n < sizeof beside && !b.overflow && io_file_write(beside, buf_view(&b)) == OK &&
                rename(beside, y->file) == 0;
    buf_deinit(&b);
    return good;
}
static bool remember(Yard *y, Str text, Str serial, Memory *ret) {
    for (size_t i = 0, from = 0; i < text.n; i++) {
        Json *j;
        Str what;
        BindProblems bp = {0};
        if (text.p[i] != '\n') continue;
        Str line = {text.p + from, i - from};
        from = i + 1;
        if (wire_parse_json(line, 4, &y->texts, &j, &what) || wire_bind(j, &memory_fields, NULL, &y->texts, ret, &bp))
            continue;
        if (str_eq(ret->serial, serial)) return true;
    }
    return false;
}

// ---- messages
static void look_at_loads(Yard *y, Unit *u, const VdaState *s) {
    uint32_t was = u->loads;
    u->loads = s->loads.n;
    u->load[0] = 0;
    if (s->loads.n) snprintf(u->load, sizeof u->load, STR_F, STR_A(s->loads.items[0].id));
    if (!u->said || was == u->loads) {
        u->said = true;
        return;
    }
    y->picked += u->loads > was, y->set_down += u->loads < was;
    if (y->a.json)
        printf("{\"event\":\"load\",\"vehicle\":\"" STR_F "\",\"loads\":%u,\"node\":\"" STR_F "\"}\n",
               STR_A(u->who->serial), u->loads, STR_A(s->last_node_id));
    else
        printf(STR_F " %s at " STR_F "\n", STR_A(u->who->serial), u->loads > was ? "took a box" : "set its box down",
               STR_A(s->last_node_id));
}
static void on_send(void *ctx, VirtualVehicle *v, VdaTopic t, const void *msg) {
    Unit *u = ctx;
    char topic[VDA_TOPIC_MAX];
    Buf b;
    (void)v;
    if (t == VDA_STATE) look_at_loads(u->yard, u, msg), u->yard->changed = true;
    if (!io_mqtt_up(u->mqtt)) return;
    buf_init(&b, VDA_TEXT_MAX);
    vda_encode(&b, u->who->version, t, msg);
    app_fleet_topic(&u->yard->a, u->who, t, false, topic);
    (void)io_mqtt_publish(u->mqtt, topic, buf_view(&b), t == VDA_CONNECTION ? 1 : 0,
                          t == VDA_CONNECTION || t == VDA_FACTSHEET);
    buf_deinit(&b);
}
static void on_link(void *ctx, bool up) {
    Unit *u = ctx;
    static const VdaTopic topics[] = {VDA_ORDER, VDA_INSTANT_ACTIONS};
    char topic[VDA_TOPIC_MAX];
    for (size_t t = 0; t < ARRAY_LEN(topics) && up; t++) {
        app_fleet_topic(&u->yard->a, u->who, topics[t], false, topic);
        (void)io_mqtt_subscribe(u->mqtt, topic, 0);
    }
    if (up)
        vehicle_connect(u->v, now(u->yard));
    else
        vehicle_break(u->v, now(u->yard)); // it drives on; nobody hears it
}
static void on_message(void *ctx, Str topic, Str payload, bool retained) {
    Unit *u = ctx;
    VdaTopicAddress at;
    if (retained || !vda_topic_parse(topic, &at) || (at.topic != VDA_ORDER && at.topic != VDA_INSTANT_ACTIONS)) return;
    arena_reset(&u->yard->scratch);
    vehicle_receive(u->v, at.topic, payload, &u->yard->scratch, now(u->yard));
}

// ---- begin
static const MapNode *place_no(const RouteMap *m, uint64_t no) { // parking places first, then chargers, then cranes
    static const Spot order[] = {SPOT_PARK, SPOT_CHARGER, SPOT_CRANE};
    for (size_t k = 0; k < ARRAY_LEN(order); k++)
        for (uint32_t p = 0; p < m->nodes; p++)
            if (m->node[p].spot == (uint8_t)order[k] && no-- == 0) return &m->node[p];
    return NULL;
}
static bool configure(Yard *y, const Unit *u, const MapNode *n, Str memory, VehicleConfig *c) {
    const RouteMap *m = y->a.map;
    Memory was = {0};
    *c = vehicle_config(u->who->version, u->who->serial);
    c->manufacturer = u->who->manufacturer, c->map_id = m->id;
    c->length = m->length_m, c->width = m->width_m;
    if (remember(y, memory, u->who->serial, &was)) {
        c->x = (double)was.x_mm / 1e3, c->y = (double)was.y_mm / 1e3, c->theta = (double)was.theta_mrad / 1e3;
        c->node_id = was.node, c->charge = was.charge_permille / 10.0, c->laden = was.laden, c->load = was.load;
        return true;
    }
    if (!n) return false;
    uint32_t p = (uint32_t)(n - m->node);
    c->x = n->x, c->y = n->y, c->node_id = n->id, c->theta = m->edge[m->out[m->out_begin[p]]].heading;
    return true;
}
static Err plug_in(Yard *y, Unit *u) {
    IoMqttOpts o = y->a.mqtt;
    char topic[VDA_TOPIC_MAX];
    Buf b;
    VdaConnection will = {.h = {.timestamp_ms = now(y), .manufacturer = u->who->manufacturer, .serial = u->who->serial},
                          .state = VDA_CONNECTION_BROKEN};
    buf_init(&b, 4096);
    vda_encode_connection(&b, u->who->version, &will);
    app_fleet_topic(&y->a, u->who, VDA_CONNECTION, false, topic);
    o.will_topic = topic, o.will = buf_view(&b), o.message = on_message, o.link = on_link, o.ctx = u;
    Err e = io_mqtt_new(&o, &u->mqtt);
    buf_deinit(&b);
    return e;
}
static int begin(Yard *y, uint64_t place, uint64_t handle_ms, uint64_t charge) {
    Str memory = STR_EMPTY;
    Err e = y->file ? io_file_read(y->file, 1u << 20, &y->texts, &memory) : OK;
    if (e && e != ERR_NOT_FOUND) return app_fail(e, "%s", y->file);
    for (uint32_t i = 0; i < y->a.n; i++) {
        Unit *u = &y->unit[i];
        VehicleConfig c;
        *u = (Unit){.yard = y, .who = &y->a.who[i]};
        if (!configure(y, u, place_no(y->a.map, place + i), memory, &c)) {
            fprintf(stderr, "cuakhau: the lay-out has fewer places than vehicles\n");
            return 2;
        }
        if (!memory.n) c.charge = (double)charge;
        c.pick_ms = c.drop_ms = (uint32_t)handle_ms;
        if (c.load.n) snprintf(u->load, sizeof u->load, STR_F, STR_A(c.load));
        u->v = vehicle_new(&c, on_send, u, now(y));
        e = plug_in(y, u);
        if (e) return app_fail(e, "--broker");
    }
    return 0;
}

// ---- the loop
static void check_bodies(Yard *y) { // an independent look
    double at[FLEET_VEHICLES_MAX][3];
    for (uint32_t i = 0; i < y->a.n; i++) {
        VehicleView w = vehicle_view(y->unit[i].v, y->now_ms);
        at[i][0] = w.x, at[i][1] = w.y, at[i][2] = w.theta;
    }
    for (uint32_t i = 0; i < y->a.n; i++)
        for (uint32_t k = i + 1; k < y->a.n; k++)
            if (fabs(at[i][0] - at[k][0]) < 40 && route_bodies_meet(y->a.map, at[i], at[k], 0)) y->met++;
    y->looks++;
}
static void loop(Yard *y) {
    static IoMqtt *all[FLEET_VEHICLES_MAX];
    for (uint32_t i = 0; i < y->a.n; i++) all[i] = y->unit[i].mqtt;
    while (!app_fleet_stop && io_mono_us() < y->a.end_us && (y->good = app_fleet_link(&y->a, all[0]))) {
        int64_t next = now(y) + WAIT_MS * (int64_t)io_clock_speed();
        for (uint32_t i = 0; i < y->a.n; i++) next = MIN(next, vehicle_next_ms(y->unit[i].v));
        int64_t wait = (next - now(y)) / (int64_t)io_clock_speed();
        io_mqtt_steps(all, y->a.n, (uint32_t)MAX(MIN(wait, (int64_t)WAIT_MS), 0));
        for (uint32_t i = 0; i < y->a.n; i++) vehicle_advance(y->unit[i].v, now(y));
        if (y->now_ms >= y->check_due_ms) y->check_due_ms = y->now_ms + CHECK_MS, check_bodies(y);
        if (y->file && (y->changed || y->now_ms >= y->save_due_ms)) {
            y->changed = false, y->save_due_ms = y->now_ms + 1000;
            if (!save(y)) log_line(LOG_WARN, "vehicles", "the file of what they remember cannot be written");
        }
    }
}
static void end(Yard *y) {
    double m = 0;
    for (uint32_t i = 0; i < y->a.n; i++) {
        Unit *u = &y->unit[i];
        if (!u->v) continue;
        if (u->mqtt) vehicle_disconnect(u->v, now(y));
        m += vehicle_view(u->v, y->now_ms).odometer_m;
        io_mqtt_free(u->mqtt);
        vehicle_free(u->v);
    }
    if (y->a.json)
        printf("{\"event\":\"summary\",\"picked\":%llu,\"set_down\":%llu,\"km\":%.2f,\"looks\":%llu,\"met\":%llu}\n",
               (unsigned long long)y->picked, (unsigned long long)y->set_down, m / 1e3, (unsigned long long)y->looks,
               (unsigned long long)y->met);
    else
        printf("%llu boxes taken, %llu set down, %.1f km; %llu looks at the bodies, %llu met\n",
               (unsigned long long)y->picked, (unsigned long long)y->set_down, m / 1e3, (unsigned long long)y->looks,
               (unsigned long long)y->met);
}
int app_vehicles(int argc, char **argv) {
    static const char usage[] =
        "vehicles " FLEET_USAGE " [--place N] [--handle-ms MS] [--charge PER-CENT] [--state FILE]";
    static Yard y;
    FleetArgs args = {0};
    const char *place = NULL, *handle = NULL, *charge = NULL;
    const AppOption options[] = {FLEET_ARGS(args),
                                 {"place", &place, false},
                                 {"handle-ms", &handle, false},
                                 {"charge", &charge, false},
                                 {"state", &y.file, false}};
    AppArgs rest;
    uint64_t first = 0, handle_ms = 151000, per_cent = 80;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    if (rest.n || (place && !app_number(place, 4096, &first)) || (handle && !app_number(handle, 3600000, &handle_ms)) ||
        (charge && !app_number(charge, 100, &per_cent))) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    y.good = true;
    arena_init(&y.scratch, 8u << 20), arena_init(&y.texts, 64u << 20);
    int status = app_fleet_open(&y.a, &args);
    if (!status) status = begin(&y, first, handle_ms, per_cent);
    if (!status) loop(&y);
    if (!status && y.file) (void)save(&y);
    if (!status || y.unit[0].v) end(&y);
    if (!status && !y.good) status = 3;
    app_fleet_close(&y.a);
    arena_deinit(&y.scratch), arena_deinit(&y.texts);
    return status;
}

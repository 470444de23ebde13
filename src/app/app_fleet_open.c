// What both ends of the broker are told on the command line.
#include "app_fleet.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include <signal.h>
#include <unistd.h>

volatile int app_fleet_stop;
static void on_signal(int sig) {
    (void)sig;
    app_fleet_stop = 1;
}
static int bad(const char *what, const char *text) {
    fprintf(stderr, "cuakhau: %s: %s\n", what, text);
    return 2;
}
static int open_roads(AppFleet *a, const FleetArgs *args) {
    MapPlan p;
    MapDoc *d;
    const char *why = "";
    MapProblems ps;
    if (!args->roads == !args->make) return bad("usage", FLEET_USAGE);
    if (args->roads) return app_roads_open(args->roads, &a->arena, NULL, &a->map);
    if (!app_roads_plan(args->make, &p)) return bad("--make", "lanes=N,cranes=N,parks=N,chargers=N,corridor=M,line=M");
    if (route_map_make(&p, STR("roads"), STR("hn"), &a->arena, &d, &why)) return bad("--make", why);
    return route_map_new(d, &a->map, &ps) ? bad("--make", ps.p[0].what) : 0;
}
static int open_broker(AppFleet *a, const FleetArgs *args) {
    const char *colon = args->broker ? strrchr(args->broker, ':') : NULL;
    uint64_t port;
    if (!colon || colon == args->broker || !app_number(colon + 1, 65535, &port) || !port)
        return bad("--broker", "HOST:PORT");
    a->mqtt.host = arena_cstr(&a->arena, (Str){args->broker, (size_t)(colon - args->broker)});
    a->mqtt.port = (uint16_t)port;
    a->mqtt.user = args->user, a->mqtt.ca_file = args->ca, a->mqtt.cert_file = args->cert, a->mqtt.key_file = args->key;
    a->mqtt.retry_ms_min = 100, a->mqtt.retry_ms_max = 5000;
    const char *files[] = {args->ca, args->cert, args->key, args->password},
               *words[] = {"--ca", "--cert", "--key", "--password-file"};
    for (size_t i = 0; i < ARRAY_LEN(files); i++)
        if (files[i] && access(files[i], R_OK)) return bad(words[i], "the file cannot be read");
    if (!args->cert != !args->key || (args->cert && !args->ca)) return bad("--cert", "goes with --key and --ca");
    if (!args->user && args->password) return bad("--password-file", "goes with --user");
    a->mqtt.password = args->user ? getenv("CUAKHAU_MQTT_PASSWORD") : NULL; // not on the command line, where all see it
    if (args->password) {
        Str s;
        Err e = io_file_read(args->password, 4096, &a->arena, &s);
        if (e) return MAX(app_fail(e, "%s", args->password), 2);
        while (s.n && (s.p[s.n - 1] == '\n' || s.p[s.n - 1] == '\r')) s.n--;
        a->mqtt.password = arena_cstr(&a->arena, s);
    }
    a->interface_name = str_c(args->interface_name ? args->interface_name : "uagv");
    return vda_topic_part(a->interface_name) ? 0 : bad("--interface", "one level of a topic");
}
static bool parse_who(Str s, FleetWho *ret) {
    const char *slash = memchr(s.p, '/', s.n);
    if (!slash) return false;
    ret->manufacturer = (Str){s.p, (size_t)(slash - s.p)};
    ret->serial = (Str){slash + 1, s.n - ret->manufacturer.n - 1};
    ret->version = VDA_2_1;
    const char *at = memchr(ret->serial.p, '@', ret->serial.n);
    if (at) {
        Str v = {at + 1, (size_t)(ret->serial.p + ret->serial.n - at - 1)};
        ret->serial.n = (size_t)(at - ret->serial.p);
        if (!vda_version_of(v, &ret->version)) return false;
    }
    return ret->serial.n < FLEET_ID_MAX && vda_topic_part(ret->serial) && vda_topic_part(ret->manufacturer);
}
static int open_vehicles(AppFleet *a, const FleetArgs *args) {
    const char *p = args->vehicles ? args->vehicles : "";
    for (bool more = *p; more; a->n++) {
        const char *end = strchr(p, ',');
        Str s = {p, end ? (size_t)(end - p) : strlen(p)};
        if (a->n == FLEET_VEHICLES_MAX || !parse_who(s, &a->who[a->n]))
            return bad("--vehicles", "MANUFACTURER/SERIAL[@2.0|2.1|3.0],... with serial numbers of 15 bytes at most");
        for (uint32_t i = 0; i < a->n; i++)
            if (str_eq(a->who[i].serial, a->who[a->n].serial))
                return bad("--vehicles", "a serial number is there twice");
        more = end != NULL, p = end ? end + 1 : p;
    }
    return a->n ? 0 : bad("--vehicles", "none");
}
static int open_clock(AppFleet *a, const FleetArgs *args) {
    uint64_t seconds = 0, speed = 1, epoch = (uint64_t)(io_now_ms() / DAY_MS * DAY_MS);
    if (args->seconds && !app_number(args->seconds, 1000000000, &seconds)) return bad("--seconds", "a number");
    if (args->speed_up && (!app_number(args->speed_up, 1000, &speed) || !speed)) return bad("--speed-up", "1 to 1000");
    if (args->epoch && !app_number(args->epoch, (uint64_t)io_now_ms(), &epoch)) return bad("--epoch", "ms since 1970");
    int64_t now = io_now_ms();
    if (speed > 1) io_clock_scale((uint32_t)speed, (int64_t)epoch + (now - (int64_t)epoch) * (int64_t)speed);
    a->end_us = args->seconds ? io_mono_us() + (int64_t)seconds * 1000000 : TIME_NEVER;
    signal(SIGINT, on_signal), signal(SIGTERM, on_signal), signal(SIGPIPE, SIG_IGN);
    return 0;
}
int app_fleet_open(AppFleet *a, const FleetArgs *args) {
    memset(a, 0, sizeof *a);
    arena_init(&a->arena, 256u << 20);
    a->json = args->json != NULL;
    int status = open_broker(a, args);
    if (!status) status = open_vehicles(a, args);
    if (!status) status = open_roads(a, args);
    if (!status) status = open_clock(a, args);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return status;
}
bool app_fleet_link(AppFleet *a, const IoMqtt *m) {
    IoMqttStats s = io_mqtt_stats(m);
    if (s.refused && !s.connects) {
        fprintf(stderr,
                "cuakhau: the broker %s:%u refuses: " STR_F
                "; see --user and --password-file (or CUAKHAU_MQTT_PASSWORD) "
                "for who we are, --ca, --cert and --key for TLS\n",
                a->mqtt.host, a->mqtt.port, STR_A(s.trouble));
        return false;
    }
    if (!io_mqtt_up(m) && s.trouble.n && !str_eq_c(s.trouble, "not tried yet") && !str_eq(s.trouble, a->trouble))
        log_line(LOG_WARN, "fleet", "no connection to the broker: " STR_F, STR_A(s.trouble));
    a->trouble = s.trouble;
    return true;
}
Fleet *app_fleet_control(const AppFleet *a, FleetPort port) {
    FleetParams p = fleet_params_usual;
    p.power_cap_kw = 60 * a->n + p.charger_kw; // what they use when all drive
    Fleet *f = fleet_new(a->map, &p, port);
    for (uint32_t i = 0; i < a->n; i++) {
        const FleetWho *w = &a->who[i];
        CK_ASSERT(fleet_add(f, w->serial, w->manufacturer, w->serial, w->version) == i);
    }
    fleet_broker(f, false, io_now_ms());
    return f;
}
void app_fleet_close(AppFleet *a) {
    route_map_free(a->map);
    arena_deinit(&a->arena);
}
void app_fleet_topic(const AppFleet *a, const FleetWho *w, VdaTopic t, bool any, char ret[VDA_TOPIC_MAX]) {
    if (any) {
        snprintf(ret, VDA_TOPIC_MAX, STR_F "/+/" STR_F "/" STR_F "/%s", STR_A(a->interface_name),
                 STR_A(w->manufacturer), STR_A(w->serial), vda_topic_text(t));
        return;
    }
    Buf b;
    buf_init(&b, VDA_TOPIC_MAX - 1);
    vda_topic_name(&b, a->interface_name, w->version, w->manufacturer, w->serial, t);
    CK_ASSERT(!b.overflow);
    memcpy(ret, b.p, b.n), ret[b.n] = 0;
    buf_deinit(&b);
}

// What operators tell the fleet control on standard input, a line of JSON each, one command a line.
#include "app_fleet.h"
#include "base/field_def.h"
#include "wire/wire_bind.h"

typedef struct {
    Str stop, resume, close, open, pause, trust, localise, take_off,
        serviced;                         // zone or "fleet"; from pause on a vehicle
    uint32_t withdraw, box_on, box_found; // jobs
    uint32_t weather;                     // permille of the roads' speeds
    Str by, node, side, reason;           // what some need besides
} Command;
static const Field command_f[] = {
    F(Command, stop, FIELD_STR),     F(Command, resume, FIELD_STR),   F(Command, close, FIELD_STR),
    F(Command, open, FIELD_STR),     F(Command, pause, FIELD_STR),    F(Command, trust, FIELD_STR),
    F(Command, localise, FIELD_STR), F(Command, take_off, FIELD_STR), F(Command, serviced, FIELD_STR),
    F(Command, withdraw, FIELD_U32), F(Command, box_on, FIELD_U32),   F(Command, box_found, FIELD_U32),
    F(Command, weather, FIELD_U32),  F(Command, by, FIELD_STR),       F(Command, node, FIELD_STR),
    F(Command, side, FIELD_STR),     F(Command, reason, FIELD_STR)};
static const FieldTable command_fields = TABLE(Command, "command", command_f);
typedef struct {
    Fleet *fleet;
    const RouteMap *map;
    FleetFile *file;
    Command c;
    int64_t now_ms;
    FleetAnswer *a;
} Tell;

static void no(Tell *t, const char *field, const char *why) {
    t->a->field = field, t->a->why = why;
}
static bool vehicle(Tell *t, Str name, uint32_t *ret) {
    *ret = fleet_named(t->fleet, name);
    if (*ret != FLEET_NONE) return true;
    no(t, t->a->word, "no such vehicle: a serial number of --vehicles");
    return false;
}
static bool zone(Tell *t, Str id, bool all, uint32_t *ret) { // all: "fleet" is MAP_NONE
    *ret = MAP_NONE;
    for (uint32_t z = 0; z < t->map->zones; z++)
        if (str_eq(t->map->zone[z].id, id)) *ret = z;
    if (*ret != MAP_NONE || (all && str_eq_c(id, "fleet"))) return true;
    no(t, t->a->word, all ? "no such zone: one of the roads, or \"fleet\"" : "no such zone: one of the roads");
    return false;
}

// ---- zones
static void do_stop(Tell *t) {
    uint32_t z;
    if (zone(t, t->c.stop, true, &z)) fleet_stop_zone(t->fleet, z, t->now_ms);
}
static void do_resume(Tell *t) {
    uint32_t z, v;
    if (!t->c.by.n) {
        no(t, "by", "needed: the name of who has looked and lets it go on");
    } else if (vehicle(t, t->c.resume, &v)) {
        if (!fleet_go_on(t->fleet, v, t->c.by, t->now_ms)) no(t, "resume", "its zone is stopped: resume that");
    } else if (zone(t, t->c.resume, true, &z)) {
        t->a->field = NULL;
        (void)fleet_resume(t->fleet, z, t->c.by, t->now_ms);
    } else {
        no(t, "resume", "neither a vehicle of --vehicles nor a zone of the roads nor \"fleet\"");
    }
}
static void do_close(Tell *t) {
    uint32_t z;
    if (zone(t, t->c.close, false, &z)) fleet_close_zone(t->fleet, z, true);
}
static void do_open(Tell *t) {
    uint32_t z;
    if (zone(t, t->c.open, false, &z)) fleet_close_zone(t->fleet, z, false);
}
static void do_weather(Tell *t) {
    if (t->c.weather < 50 || t->c.weather > 1000)
        no(t, "weather", "from 50 to 1000 permille of the roads' speeds");
    else
        fleet_weather(t->fleet, t->c.weather);
}

// ---- vehicles
static void do_pause(Tell *t) {
    uint32_t v;
    if (vehicle(t, t->c.pause, &v)) fleet_pause(t->fleet, v, t->now_ms);
}
static void do_trust(Tell *t) {
    uint32_t v;
    if (vehicle(t, t->c.trust, &v) && !fleet_accept(t->fleet, v, t->now_ms))
        no(t, "trust", "it is trusted: only an isolated one is not");
}
static void do_localise(Tell *t) {
    uint32_t v, node = route_map_node(t->map, t->c.node);
    if (!vehicle(t, t->c.localise, &v)) return;
    if (node == MAP_NONE)
        no(t, "node", "needed: the node of the roads on which it stands");
    else
        fleet_localise(t->fleet, v, node, t->now_ms);
}
static void do_take_off(Tell *t) {
    uint32_t v;
    if (vehicle(t, t->c.take_off, &v)) fleet_take_off(t->fleet, v, t->now_ms);
}
static void do_serviced(Tell *t) {
    uint32_t v;
    if (vehicle(t, t->c.serviced, &v)) fleet_serviced(t->fleet, v);
}

// ---- jobs
static void do_withdraw(Tell *t) {
    Str why = t->c.reason.n ? t->c.reason : STR("asked for");
    if (fleet_step_of(t->fleet, t->c.withdraw) == STEP_COUNT) {
        no(t, "withdraw", "no such job is under way");
        return;
    }
    fleet_file_withdraw(t->file, t->c.withdraw, t->now_ms);
    t->a->failed = fleet_file_sync(t->file);
    if (!t->a->failed) CK_ASSERT(fleet_withdraw(t->fleet, t->c.withdraw, why, t->now_ms));
}
static void do_box_on(Tell *t) {
    if (!fleet_box_on(t->fleet, t->c.box_on, t->now_ms))
        no(t, "box_on", "not a job that a vehicle fetches, or the vehicle feels no box: look again, or box_found");
}
static void do_box_found(Tell *t) {
    bool own = str_eq_c(t->c.side, "own");
    if (!own && !str_eq_c(t->c.side, "peer"))
        no(t, "side", "needed: own or peer, the yard where the box stands");
    else if (!fleet_box_found(t->fleet, t->c.box_found, own ? OWNER_OWN : OWNER_PEER, t->now_ms))
        no(t, "box_found", "not a job in the hand of a vehicle");
}
static const struct {
    const char *word;
    void (*run)(Tell *t);
} command[] = {{"stop", do_stop},         {"resume", do_resume},     {"close", do_close},
               {"open", do_open},         {"pause", do_pause},       {"trust", do_trust},
               {"localise", do_localise}, {"take_off", do_take_off}, {"serviced", do_serviced},
               {"withdraw", do_withdraw}, {"box_on", do_box_on},     {"box_found", do_box_found},
               {"weather", do_weather}};

bool fleet_tell(Fleet *f, const RouteMap *m, FleetFile *file, const Json *json, Arena *a, int64_t now_ms,
                FleetAnswer *ret) {
    Tell t = {f, m, file, .now_ms = now_ms, .a = ret};
    BindProblems bp = {0};
    uint32_t words = 0, which = 0;
    for (uint32_t i = 0; i < ARRAY_LEN(command); i++)
        if (jn_get(json, command[i].word)) words++, which = i;
    if (!words) return false;
    *ret = (FleetAnswer){.word = command[which].word};
    if (words > 1) {
        no(&t, command[which].word, "one command a line: the others on lines of their own");
    } else if (wire_bind(json, &command_fields, NULL, a, &t.c, &bp)) {
        Str at = bp.n ? bp.p[0].pointer : STR_EMPTY;
        ret->field = at.n ? arena_cstr(a, (Str){at.p + 1, at.n - 1}) : ret->word;
        ret->why = bp.n ? arena_cstr(a, bp.p[0].what) : "too long";
    } else {
        command[which].run(&t);
    }
    return true;
}

// cuakhau fleet: the fleet control over a broker. What the fleet says is first written to the file and synced, then
// sent, shown, and begun: a controller that is killed at any instant loses no job and begins nothing twice. Cranes and
// the gate's answers are made here; in the product they come from the gate.
#include "app_fleet_air.h"
#include "io/io_clock.h"
#include "wire/wire_bind.h"
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <unistd.h>

#define EVENTS_MAX 16384u
#define STEP_MS    10u // of waiting at most
#define WATCH_MS   60000

typedef struct {
    FleetEvent e;
    char reason[96];
} Event;
typedef struct {
    int64_t due_ms;
    uint32_t job;
} Crane;
typedef struct {
    AppFleet a;
    Fleet *fleet;
    FleetAir *air;
    FleetFile *file;
    Arena scratch;
    Event *event;
    uint32_t events;
    Crane crane[FLEET_VEHICLES_MAX];
    uint32_t cranes;
    // ---- options
    uint64_t crane_ms, cycle_ms, crossings_h;
    bool until_done, attended, input;
    char line[4096];
    size_t line_n;
    // ---- time of the next
    int64_t cycle_due_ms, watch_due_ms, box_due_ms;
    uint64_t refused, cycles;
    double cycle_ms_max, cycle_ms_sum;
    Err failed;
} Shell;

// ---- what the fleet says is put aside until the file knows it
static void on_send(void *ctx, uint32_t v, VdaTopic topic, const void *msg) {
    fleet_air_send(((Shell *)ctx)->air, v, topic, msg);
}
static void on_event(void *ctx, const FleetEvent *e) {
    Shell *s = ctx;
    CK_ASSERT(s->events < EVENTS_MAX);
    Event *k = &s->event[s->events++];
    k->e = *e;
    snprintf(k->reason, sizeof k->reason, STR_F, STR_A(e->reason));
    k->e.reason = str_c(k->reason);
}
static Str name_of(const Shell *s, uint32_t v) {
    return v < s->a.n ? s->a.who[v].serial : STR_EMPTY;
}
static FleetStep step_of(const Shell *s, const FleetEvent *e) {
    return fleet_book_told(s->fleet, e);
}
static const char *const kind_word[] = {"step", "ask_go", "ask_line", "over", "crane", "alarm"};
static void show_json(const Shell *s, const FleetEvent *e, int64_t now_ms) {
    Buf b;
    buf_init(&b, 4096);
    json_open(&b, '{');
    json_key(&b, "at"), json_time(&b, now_ms);
    json_key(&b, "event"), json_c(&b, kind_word[e->kind]);
    if (e->job != FLEET_NONE) json_key(&b, "job"), json_int(&b, e->job);
    if (e->vehicle < s->a.n) json_key(&b, "vehicle"), json_str(&b, name_of(s, e->vehicle));
    if (e->kind == FLEET_EVENT_STEP) json_key(&b, "step"), json_c(&b, FleetStep_names.names[step_of(s, e)]);
    if (e->kind == FLEET_EVENT_STEP && e->trip.seconds > 0) {
        json_key(&b, "empty_m"), json_int(&b, (int64_t)e->trip.empty_m);
        json_key(&b, "laden_m"), json_int(&b, (int64_t)e->trip.laden_m);
        json_key(&b, "wh"), json_int(&b, (int64_t)(e->trip.kwh * 1e3));
    }
    if (e->kind == FLEET_EVENT_CRANE) json_key(&b, "lift"), json_bool(&b, e->lift);
    if (e->kind == FLEET_EVENT_ALARM) json_key(&b, "alarm"), json_c(&b, FleetAlarm_names.names[e->alarm]);
    if (e->kind == FLEET_EVENT_ALARM) json_key(&b, "on"), json_bool(&b, e->on);
    if (e->node < s->a.map->nodes) json_key(&b, "node"), json_str(&b, s->a.map->node[e->node].id);
    if (e->reason.n && utf8_valid(e->reason)) json_key(&b, "reason"), json_str(&b, e->reason);
    json_close(&b, '}');
    printf(STR_F "\n", STR_A(buf_view(&b)));
    buf_deinit(&b);
}
static void show(const Shell *s, const FleetEvent *e, int64_t now_ms) {
    char at[ISO8601_LEN + 1];
    if (s->a.json) {
        show_json(s, e, now_ms);
        return;
    }
    if (e->kind != FLEET_EVENT_STEP && e->kind != FLEET_EVENT_ALARM) return;
    iso8601_format(now_ms, at);
    printf("%.8s  %-15.*s ", at + 11, STR_A(name_of(s, e->vehicle)));
    if (e->job != FLEET_NONE) printf("job %u ", e->job);
    if (e->kind == FLEET_EVENT_STEP)
        printf("%s", FleetStep_names.names[step_of(s, e)]);
    else
        printf("alarm %s %s", FleetAlarm_names.names[e->alarm], e->on ? "on" : "off");
    if (e->node < s->a.map->nodes) printf(" at " STR_F, STR_A(s->a.map->node[e->node].id));
    if (e->reason.n) printf(": " STR_F, STR_A(e->reason));
    puts("");
}
static void crane_begins(Shell *s, uint32_t job, int64_t now_ms) {
    CK_ASSERT(s->cranes < FLEET_VEHICLES_MAX);
    s->crane[s->cranes++] = (Crane){now_ms + (int64_t)s->crane_ms, job};
}
static void carry_out(Shell *s, const FleetEvent *e, int64_t now_ms) {
    show(s, e, now_ms);
    if (e->kind == FLEET_EVENT_ASK_GO) fleet_go(s->fleet, e->job);
    if (e->kind == FLEET_EVENT_ASK_LINE) fleet_cross(s->fleet, e->job);
    if (e->kind == FLEET_EVENT_CRANE) crane_begins(s, e->job, now_ms);
}
static void settle(Shell *s, int64_t now_ms) { // after anything was said to the fleet
    for (uint32_t i = 0; i < s->events; i++) {
        const FleetEvent *e = &s->event[i].e;
        if (e->kind == FLEET_EVENT_STEP)
            fleet_file_step(s->file, e->job, step_of(s, e), name_of(s, e->vehicle), now_ms);
    }
    if (!s->failed) s->failed = fleet_file_sync(s->file);
    if (s->failed) return; // nothing leaves any more
    for (uint32_t i = 0; i < s->events; i++) carry_out(s, &s->event[i].e, now_ms);
    s->events = 0;
    fleet_air_post(s->air);
}

// ---- what the broker brings
static void on_news(void *ctx) {
    settle(ctx, io_now_ms());
}

// ---- boxes: asked for on stdin, or by chance
static void answer(const Shell *s, uint32_t job, const char *refused) {
    if (!s->a.json) {
        if (refused) printf("job %u refused: %s\n", job, refused);
        return;
    }
    printf("{\"event\":\"asked\",\"job\":%u,\"taken\":%s", job, refused ? "false" : "true");
    if (refused) printf(",\"reason\":\"%s\"", refused);
    puts("}");
}
static void ask(Shell *s, const FleetJob *j, int64_t now_ms) {
    static const char *const why[] = {NULL, "it is there already", "too many jobs", "no place is fit for it",
                                      "unknown"};
    const char *refused = NULL;
    if (!j->id || j->id == FLEET_NONE)
        refused = "an id is a number from 1";
    else if (fleet_book_find(fleet_file_book(s->file), j->id))
        refused = why[FLEET_REFUSE_TWICE];
    else if (fleet_file_book(s->file)->n == fleet_file_book(s->file)->max)
        refused = why[FLEET_REFUSE_FULL];
    else
        refused = why[fleet_job(s->fleet, j, now_ms)];
    s->refused += refused != NULL;
    if (!refused) {
        fleet_file_job(s->file, j, now_ms);
        s->failed = fleet_file_sync(s->file);
    }
    if (!s->failed) answer(s, j->id, refused);
}
static void say_told(const FleetAnswer *a) {
    Buf b;
    buf_init(&b, 4096);
    json_open(&b, '{');
    json_key(&b, "event"), json_c(&b, "told");
    json_key(&b, "command"), json_c(&b, a->word);
    json_key(&b, "taken"), json_bool(&b, !a->field);
    if (a->field) json_key(&b, "field"), json_c(&b, a->field);
    if (a->field) json_key(&b, "reason"), json_c(&b, a->why);
    json_close(&b, '}');
    printf(STR_F "\n", STR_A(buf_view(&b)));
    buf_deinit(&b);
}
static bool told(Shell *s, const Json *json, int64_t now_ms) { // by an operator
    FleetAnswer a;
    if (!fleet_tell(s->fleet, s->a.map, s->file, json, &s->scratch, now_ms, &a)) return false;
    s->failed = a.failed;
    s->refused += a.field != NULL;
    if (s->a.json)
        say_told(&a);
    else
        printf("%s: %s%s%s\n", a.word, a.field ? a.field : "done", a.field ? ": " : "", a.field ? a.why : "");
    settle(s, now_ms);
    return true;
}
static void ask_text(Shell *s, Str text, int64_t now_ms) {
    Json *json;
    Str what = STR_EMPTY;
    FleetJob j = {0};
    BindProblems bp = {0};
    arena_reset(&s->scratch);
    Err e = wire_parse_json(text, 4, &s->scratch, &json, &what);
    if (!e && told(s, json, now_ms)) return;
    if (!e) e = wire_bind(json, &fleet_job_fields, NULL, &s->scratch, &j, &bp);
    if (e == ERR_INVALID)
        fprintf(stderr, "cuakhau: stdin: " STR_F ": " STR_F "\n", STR_A(bp.p[0].pointer), STR_A(bp.p[0].what));
    else if (e)
        fprintf(stderr, "cuakhau: stdin: " STR_F "\n", STR_A(what));
    if (e)
        s->refused++;
    else
        ask(s, &j, now_ms);
}
static void read_input(Shell *s) {
    struct pollfd p = {.fd = 0, .events = POLLIN};
    char *nl;
    if (!s->input || poll(&p, 1, 0) <= 0) return;
    ssize_t n = read(0, s->line + s->line_n, sizeof s->line - s->line_n);
    if (n > 0) s->line_n += (size_t)n;
    if (n <= 0 || (s->line_n == sizeof s->line && !memchr(s->line, '\n', s->line_n))) s->input = false;
    while ((nl = memchr(s->line, '\n', s->line_n)) != NULL && !s->failed) {
        size_t len = (size_t)(nl - s->line);
        if (len) ask_text(s, (Str){s->line, len}, io_now_ms());
        s->line_n -= len + 1;
        memmove(s->line, nl + 1, s->line_n);
    }
}
static void by_chance(Shell *s, int64_t now_ms) {
    while (s->crossings_h && now_ms >= s->box_due_ms && !s->failed) {
        double u = ((double)(io_random_u64() >> 11) + 1) / 9007199254740993.0;
        if (s->box_due_ms) {
            FleetJob j = {.id = fleet_file_book(s->file)->last + 1,
                          .from = io_random_u64() & 1 ? OWNER_OWN : OWNER_PEER,
                          .priority = 1};
            ask(s, &j, now_ms);
        }
        s->box_due_ms = (s->box_due_ms ? s->box_due_ms : now_ms) + (int64_t)(-log(u) * 3.6e6 / (double)s->crossings_h);
    }
}

// ---- somebody who looks after vehicles (--attended), as in the twin: who does not know where it is is told, who was
// isolated is trusted again
static void watch(Shell *s, int64_t now_ms) {
    for (uint32_t v = 0; v < s->a.n; v++) {
        FleetView view;
        fleet_view(s->fleet, v, &view);
        uint32_t behind = fleet_node_behind(s->fleet, v);
        if (view.status == FLEET_ASTRAY && behind != MAP_NONE) fleet_localise(s->fleet, v, behind, now_ms);
        if (view.alarms & 1u << FLEET_ALARM_LOAD && view.job != FLEET_NONE)
            (void)fleet_box_on(s->fleet, view.job, now_ms);
        if (view.status == FLEET_ISOLATED) (void)fleet_accept(s->fleet, v, now_ms);
    }
    settle(s, now_ms);
}

// ---- the loop
static void timers(Shell *s, int64_t now_ms) {
    for (uint32_t i = 0; i < s->cranes; i++) {
        if (s->crane[i].due_ms > now_ms) continue;
        uint32_t job = s->crane[i].job;
        s->crane[i--] = s->crane[--s->cranes];
        fleet_crane(s->fleet, job, CRANE_DONE, now_ms);
        settle(s, now_ms);
    }
    if (now_ms >= s->cycle_due_ms) {
        int64_t start = io_mono_us();
        fleet_cycle(s->fleet, now_ms);
        double ms = (double)(io_mono_us() - start) / 1e3;
        s->cycles++, s->cycle_ms_sum += ms, s->cycle_ms_max = fmax(s->cycle_ms_max, ms);
        s->cycle_due_ms = now_ms + (int64_t)s->cycle_ms;
        settle(s, now_ms);
    }
    if (s->attended && now_ms >= s->watch_due_ms) {
        s->watch_due_ms = now_ms + WATCH_MS;
        watch(s, now_ms);
    }
}
static bool all_over(const Shell *s) {
    return s->until_done && !s->input && !s->crossings_h && !fleet_file_book(s->file)->open;
}
static void loop(Shell *s) {
    while (!app_fleet_stop && !s->failed && io_mono_us() < s->a.end_us && !all_over(s)) {
        fleet_air_step(s->air, STEP_MS);
        if (!fleet_air_link(s->air)) {
            s->failed = ERR_NET;
            break;
        }
        read_input(s);
        int64_t now = io_now_ms();
        by_chance(s, now);
        timers(s, now);
    }
}
static void summary(const Shell *s) {
    FleetStats f;
    fleet_stats(s->fleet, io_now_ms(), &f);
    IoMqttStats q = fleet_air_stats(s->air);
    unsigned long long n[] = {f.done,     f.withdrawn,   f.moves,
                              f.orders,   f.updates,     f.resends,
                              f.cancels,  f.messages_in, (unsigned long long)fleet_air_nonsense(s->air),
                              s->refused, q.connects,    q.breaks,
                              q.dropped};
    if (s->a.json)
        printf("{\"event\":\"summary\",\"done\":%llu,\"withdrawn\":%llu,\"waiting\":%u,\"under_way\":%u,\"moves\":%llu,"
               "\"orders\":%llu,\"updates\":%llu,\"resends\":%llu,\"cancels\":%llu,\"messages_in\":%llu,"
               "\"nonsense\":%llu,\"refused\":%llu,\"connects\":%llu,\"breaks\":%llu,\"unsent\":%llu,"
               "\"cycle_s_mean\":%.0f,\"km\":%.2f,\"control_ms_mean\":%.3f,\"control_ms_max\":%.3f}\n",
               n[0], n[1], f.jobs_waiting, f.jobs_under_way, n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], n[10],
               n[11], n[12], f.cycle_s_mean, f.driven_m / 1e3, s->cycles ? s->cycle_ms_sum / (double)s->cycles : 0,
               s->cycle_ms_max);
    else
        printf("%llu carried, %u waiting, %u under way; %llu lifts, %llu orders, %llu updates, %llu sent again, "
               "%llu cancelled; %llu messages in, %llu nonsense; broker lost %llu times\n",
               n[0], f.jobs_waiting, f.jobs_under_way, n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[11]);
}
static int run(Shell *s, const char *path) {
    Str what = STR_EMPTY;
    int64_t now = io_now_ms();
    s->fleet = app_fleet_control(&s->a, (FleetPort){s, on_send, on_event});
    Err e = fleet_file_open(path, s->fleet, &s->a.arena, now, &s->file, &what);
    if (e) {
        if (what.n) fprintf(stderr, "cuakhau: %s: " STR_F "\n", path, STR_A(what));
        return app_fail(e, "%s", path);
    }
    e = fleet_air_new(&s->a, s->fleet, on_news, s, &s->air);
    if (e) return app_fail(e, "--broker");
    loop(s);
    summary(s);
    if (s->failed) return app_fail(s->failed, "%s", s->failed == ERR_NET ? "--broker" : path);
    return s->until_done && !app_fleet_stop && !all_over(s) ? 1 : 0;
}
int app_fleet(int argc, char **argv) {
    static const char usage[] = "fleet " FLEET_USAGE " [--state FILE] [--crossings-h N] [--crane-ms MS] "
                                "[--cycle-ms MS] [--until-done] [--attended] < JOBS";
    static Shell s;
    FleetArgs args = {0};
    const char *state = NULL, *crossings = NULL, *crane = NULL, *cycle = NULL, *until = NULL, *attended = NULL;
    const AppOption options[] = {FLEET_ARGS(args),
                                 {"state", &state, false},
                                 {"crossings-h", &crossings, false},
                                 {"crane-ms", &crane, false},
                                 {"cycle-ms", &cycle, false},
                                 {"until-done", &until, true},
                                 {"attended", &attended, true}};
    AppArgs rest;
    s.crane_ms = 150000, s.cycle_ms = 1000;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    if (rest.n || (crossings && !app_number(crossings, 2000, &s.crossings_h)) ||
        (crane && !app_number(crane, 3600000, &s.crane_ms)) || (cycle && !app_number(cycle, 10000, &s.cycle_ms))) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    s.until_done = until != NULL, s.attended = attended != NULL, s.input = !isatty(0);
    arena_init(&s.scratch, 8u << 20);
    s.event = calloc(EVENTS_MAX, sizeof *s.event);
    CK_ASSERT(s.event != NULL);
    int status = app_fleet_open(&s.a, &args);
    if (!status) status = run(&s, state);
    fleet_air_free(s.air);
    fleet_file_close(s.file);
    fleet_free(s.fleet);
    app_fleet_close(&s.a);
    arena_deinit(&s.scratch);
    free(s.event);
    return status;
}

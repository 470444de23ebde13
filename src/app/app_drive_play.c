// Everybody at work. A truck is moved by what its pass says comes next; officers work off their agency's list; devices
// do what they are told.
#include "app_drive.h"
#include "io/io_clock.h"

#define DESK_EVERY_US   25000
#define WATCH_EVERY_US  500000
#define EFFECT_EVERY_US 60000
#define QUIET_US        8000000 // nothing moved and nothing is on its way: who still stands, stands
#define MOVE_TRIES_MAX  12
#define YARD_TRIES_MAX  400
#define RETRY_MS        150
#define STANDING_MAX    60 // trucks that may keep a place in the yard while the tariff is mended; the others turn back
#define DANGER_MAX      5  // trucks with dangerous goods between gate and lane: their yards are small
#define AGENCY_MAX_PAGE 400

static void look(Truck *t);
static void declare(Truck *t);
static void turn_back(Truck *t, const char *reason);

// ---- small things
static uint32_t chance(const Truck *t, const char *what, uint32_t below) {
    return (uint32_t)(drive_random(t->w, t->i, (uint32_t)str_hash(t->reworks, str_c(what))) % below);
}
static const Person *person(const World *w, Role role, uint32_t at) {
    return w->role_n[role] ? w->by_role[role][at % w->role_n[role]] : NULL;
}
static int64_t takes(const World *w, double seconds) { // how long work takes, in the morning's time
    return w->speed > 0 ? (int64_t)(seconds * 1000 / w->speed + 0.5) : 0;
}
static uint32_t task_of(World *w, const char *name) {
    for (uint32_t i = 0; i < w->tasks; i++)
        if (strcmp(w->task[i], name) == 0) return i;
    CK_ASSERT(w->tasks < TASKS_KNOWN);
    (void)snprintf(w->task[w->tasks], sizeof w->task[0], "%s", name);
    return w->tasks++;
}
static Truck *truck_of(const World *w, const char *ref) {
    const json_t *at = json_object_get(w->refs, ref);
    return at ? w->truck[json_integer_value(at)] : NULL;
}
static char *text_owned(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static char *text_owned(const char *fmt, ...) {
    char *text = NULL;
    va_list ap;
    va_start(ap, fmt);
    CK_ASSERT(vasprintf(&text, fmt, ap) >= 0);
    va_end(ap);
    return text;
}
static void count_refusal(World *w, const char *code, const char *example) {
    w->refused_answers++;
    uint32_t i = 0;
    while (i < w->refusals && strcmp(w->refusal[i].code, code) != 0) i++;
    if (i == REFUSALS_MAX) return;
    if (i == w->refusals) {
        w->refusals++;
        (void)snprintf(w->refusal[i].code, sizeof w->refusal[i].code, "%s", code);
        w->refusal[i].example = text_owned("%s", example);
    }
    w->refusal[i].times++;
}
static char *sentence_owned(const ClientAnswer *a) {
    Buf b;
    buf_init(&b, 4096);
    client_sentence(&b, a);
    char *z = text_owned(STR_F, STR_A(buf_view(&b)));
    buf_deinit(&b);
    return z;
}
// Every answer that is a no is counted with its sentence; an unreachable gate ends the morning.
static bool good(World *w, const ClientAnswer *a) {
    if (client_good(a)) {
        w->replays += a->replayed;
        return true;
    }
    if (a->err != OK || a->status == 401) w->down = true;
    char *s = sentence_owned(a);
    count_refusal(w, client_code(a), s);
    free(s);
    return false;
}
static void ends(Truck *t, End end, char *why_owned) {
    World *w = t->w;
    if (t->end == END_STANDING && end != END_STANDING)
        w->ended[END_STANDING]--, w->standing--; // it went on after all
    else if (t->end) {
        free(why_owned);
        return;
    }
    if (t->counted) w->open--, t->counted = false;
    free(t->why);
    t->why = why_owned;
    t->end = (uint8_t)end;
    w->ended[end]++;
    w->standing += end == END_STANDING;
    w->progress_us = io_mono_us();
    if (t->dangerous && t->inside && end != END_STANDING) w->danger_inside--, t->inside = false;
    if (t->second && t->second->end == END_NONE && !*t->second->ref)
        ends(t->second, END_REFUSED, text_owned("its first trip ended before: %s", t->status));
    if (t->first && t->first->end == END_NONE) t->first->second = NULL, look(t->first); // then it comes home alone
}
static void send(Truck *t, const char *method, const Person *p, json_t *body, int64_t delay_ms, ClientFn *fn,
                 uint64_t tag, const char *path_fmt, ...) __attribute__((format(printf, 8, 9)));
static void send(Truck *t, const char *method, const Person *p, json_t *body, int64_t delay_ms, ClientFn *fn,
                 uint64_t tag, const char *path_fmt, ...) {
    char path[200];
    va_list ap;
    va_start(ap, path_fmt);
    (void)vsnprintf(path, sizeof path, path_fmt, ap);
    va_end(ap);
    t->busy++;
    ClientCall call = {
        .method = method, .path = path, .token = p ? p->secret : NULL, .body = body, .delay_ms = delay_ms};
    client_send(t->w->client, &call, fn, t, tag);
}
static json_t *evidence(const Truck *t, const char *what) { // the hash of an image that a camera would have taken
    char hex[65];
    uint64_t h = drive_random(t->w, t->i, (uint32_t)str_hash(1, str_c(what)));
    (void)snprintf(hex, sizeof hex, "%016llx%016llx%016llx%016llx", (unsigned long long)h, (unsigned long long)~h,
                   (unsigned long long)(h * 31), (unsigned long long)(h ^ 0x5a5a));
    return json_pack("[s]", hex);
}
static void on_probe(void *ctx, uint64_t tag, const ClientAnswer *a) { // a mistake that must be refused
    Truck *t = ctx;
    (void)tag;
    t->busy--;
    if (good(t->w, a)) t->w->slips_passed++;
    look(t);
}

// ---- what events say
static void plan_fix(Truck *t, const char *task, const char *outcome, const char *code, const char *reason);
static void on_moved_event(Truck *t, const json_t *data) {
    (void)snprintf(t->place, sizeof t->place, "%s", client_text(data, "to"));
    t->move_tries = 0;
    bool out = strcmp(t->place, "closed") == 0 || strcmp(t->place, "turned_back") == 0 ||
               strcmp(t->place, "left") == 0 || strcmp(t->place, "abroad") == 0;
    if (t->dangerous && t->inside && out) t->w->danger_inside--, t->inside = false;
}
static void scan_events(World *w, const json_t *answer) {
    const json_t *events = json_object_get(answer, "events");
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *e = json_array_get(events, i), *data = json_object_get(e, "data");
        Truck *t = truck_of(w, client_text(e, "passage"));
        const char *kind = client_text(e, "kind");
        if (!t) continue;
        t->seen_seq = MAX(t->seen_seq, (uint64_t)json_integer_value(json_object_get(e, "seq")));
        if (strcmp(kind, "MOVED") == 0) on_moved_event(t, data);
        if (strcmp(kind, "FEE_ASSESSED") == 0) t->fee_vnd = json_integer_value(json_object_get(data, "vnd"));
        const char *outcome = client_text(data, "outcome");
        if (strcmp(kind, "TASK_DECIDED") == 0 && strcmp(outcome, "grant") != 0)
            plan_fix(t, client_text(data, "task"), outcome, client_text(data, "code"), client_text(data, "reason"));
        if (!t->busy) look(t);
    }
    w->progress_us = io_mono_us();
}

// ---- holds, rework, refusals
static void on_fixed(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Truck *t = ctx;
    t->busy--;
    t->fixing &= ~(uint32_t)tag;
    t->freed_us[__builtin_ctz((uint32_t)tag)] = io_mono_us();
    if (good(t->w, a)) scan_events(t->w, a->body);
    look(t);
}
static void override_hold(Truck *t, uint32_t task, Role role, const char *reason) {
    const Person *p = person(t->w, role, t->i + task);
    t->fixing |= BIT(task);
    t->w->decisions++;
    send(t, "POST", p, json_pack("{s:s, s:s}", "outcome", "grant", "reason", reason), takes(t->w, 900), on_fixed,
         BIT(task), "/v1/passages/%s/tasks/%s/decision", t->ref, t->w->task[task]);
}
static void decide_hold(Truck *t, uint32_t task, Role role, const char *outcome, const char *reason) {
    const Person *p = person(t->w, role, t->i + task);
    t->fixing |= BIT(task);
    t->w->decisions++;
    send(t, "POST", p, json_pack("{s:s, s:s}", "outcome", outcome, "reason", reason), takes(t->w, 900), on_fixed,
         BIT(task), "/v1/passages/%s/tasks/%s/decision", t->ref, t->w->task[task]);
}
static void correct_mass(Truck *t) { // the trader declares what was weighed
    json_t *goods = json_array_get(json_object_get(t->doc, "goods"), 0);
    int64_t more = t->true_kg - t->tare_kg - t->gross_kg;
    if (t->mass_fixed || t->slip != SLIP_WEIGHT || !goods) return;
    const char *const keys[] = {"gross_kg", "net_kg"};
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        json_object_set_new(goods, keys[i], json_integer(json_integer_value(json_object_get(goods, keys[i])) + more));
    t->gross_kg += more;
    t->mass_fixed = true;
}
static void amend(Truck *t, uint32_t task) {
    t->fixing |= BIT(task);
    t->reworks++;
    if (strcmp(t->w->task[task], "weight") == 0) correct_mass(t);
    json_object_del(t->doc, "slot"); // it may be over by now
    send(t, "PUT", t->trader, json_deep_copy(t->doc), takes(t->w, 1800), on_fixed, BIT(task),
         "/v1/passages/%s/declaration", t->ref);
}
static void fix_weight(Truck *t, uint32_t task) {
    uint32_t x = chance(t, "scale", 100);
    if (x < 45)
        override_hold(t, task, ROLE_CUSTOMS, "weighed twice, goods counted: the difference is packing, accepted");
    else if (x < 85)
        decide_hold(t, task, ROLE_CUSTOMS, "rework", "declare the mass as weighed");
    else
        decide_hold(t, task, ROLE_CUSTOMS, "refuse", "goods not declared were found on the vehicle");
}
static void fee_unknown(Truck *t, const char *cell) {
    t->fee_unknown = true;
    if (!t->dangerous && t->w->standing < STANDING_MAX)
        ends(t, END_STANDING,
             text_owned("FEE_CELL_UNKNOWN: the tariff has no cell %s; the Management Board must complete it", cell));
    else {
        char reason[200];
        (void)snprintf(reason, sizeof reason, "the tariff has no cell %.120s: the goods go back", cell);
        turn_back(t, reason);
    }
}
static Role agency_role(const World *w, const char *task) {
    const json_t *list = json_object_get(w->site, "tasks");
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *e = json_array_get(list, i);
        if (strcmp(client_text(e, "id"), task) != 0) continue;
        for (uint32_t r = 0; r < Role_names.n; r++)
            if (strcmp(Role_names.names[r], client_text(e, "agency")) == 0) return (Role)r;
    }
    return ROLE_CENTRE;
}
static void plan_fix(Truck *t, const char *name, const char *outcome, const char *code, const char *reason) {
    uint32_t task = task_of(t->w, name);
    if (*code && strcmp(outcome, "hold") == 0) {
        char text[400];
        (void)snprintf(text, sizeof text, "%s: %s", name, reason);
        count_refusal(t->w, code, text);
    }
    if (strcmp(outcome, "refuse") == 0)
        turn_back(t, reason);
    else if (t->fixing & BIT(task) && strcmp(outcome, "rework") != 0)
        return;
    else if (strcmp(outcome, "rework") == 0)
        amend(t, task);
    else if (strcmp(code, "FEE_CELL_UNKNOWN") == 0)
        fee_unknown(t, reason);
    else if (strcmp(code, "WEIGHT_MISMATCH") == 0)
        fix_weight(t, task);
    else
        override_hold(t, task, agency_role(t->w, name), "checked again with a colleague: in order");
}

// ---- movements
static const struct {
    const char *move, *role; // whom the morning lets do it; NULL: who the pass names
    double seconds;          // of the road and the manoeuvre
} movers[] = {
    {"depart", NULL, 600},          {"arrive_inland", NULL, 3600},     {"gate_in", "device", 240},
    {"line_up", "yard", 180},       {"cross_out", "border_guard", 60}, {"peer_receive", "peer", 300},
    {"deliver", "peer", 3600},      {"return", "border_guard", 1800},  {"peer_exit", "peer", 300},
    {"enter", "border_guard", 120}, {"yard_in", "device", 240},        {"yard_out", "device", 120},
    {"lift_on", "yard", 180},       {"dispatch", "centre", 60},        {"peer_gate", "peer", 600},
    {"turn_back", "board", 60},
};
static bool names_role(const json_t *who, Role role) {
    for (size_t i = 0; i < json_array_size(who); i++)
        if (strcmp(json_string_value(json_array_get(who, i)), Role_names.names[role]) == 0) return true;
    return false;
}
static const Person *mover(const Truck *t, const char *move, const json_t *who, double *ret_s) {
    const World *w = t->w;
    *ret_s = 120;
    for (size_t i = 0; i < ARRAY_LEN(movers); i++) {
        if (strcmp(movers[i].move, move) != 0) continue;
        *ret_s = movers[i].seconds;
        for (uint32_t r = 0; movers[i].role && r < Role_names.n; r++)
            if (strcmp(Role_names.names[r], movers[i].role) == 0 && w->role_n[r]) return person(w, (Role)r, t->i);
    }
    if (names_role(who, ROLE_DRIVER) && t->driver) return t->driver;
    if (names_role(who, ROLE_TRADER)) return t->trader;
    static const Role order[] = {ROLE_DEVICE, ROLE_YARD, ROLE_PEER, ROLE_GUARD, ROLE_BOARD, ROLE_CUSTOMS, ROLE_CENTRE};
    for (size_t i = 0; i < ARRAY_LEN(order); i++)
        if (names_role(who, order[i]) && w->role_n[order[i]]) return person(w, order[i], t->i);
    return NULL;
}
static void on_move(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Truck *t = ctx;
    (void)tag;
    t->busy--;
    if (good(t->w, a)) {
        t->w->moves++;
        scan_events(t->w, a->body);
    } else {
        t->move_tries++;
        bool yard = strcmp(client_code(a), "YARD_FULL") == 0;
        if (t->move_tries >= (yard ? YARD_TRIES_MAX : MOVE_TRIES_MAX)) {
            char *s = sentence_owned(a);
            ends(t, END_STANDING, text_owned("%s: %s", client_code(a), s));
            free(s);
            return;
        }
    }
    look(t);
}
static void move(Truck *t, const char *name, const json_t *who) {
    double seconds;
    const Person *p = mover(t, name, who, &seconds);
    if (!p) return;
    json_t *body = json_pack("{s:s}", "move", name);
    bool barrier = strcmp(name, "gate_in") == 0 || strcmp(name, "enter") == 0 || strcmp(name, "yard_in") == 0 ||
                   strcmp(name, "cross_out") == 0;
    const char *plate = client_text(t->doc, "plate");
    if (barrier) json_object_set_new(body, "evidence", evidence(t, name));
    if (barrier && *plate) json_object_set_new(body, "plate", json_string(plate));
    if (strcmp(name, "lift_on") == 0) json_object_set_new(body, "vehicle", json_sprintf("IGV-%02u", t->i % 12 + 1));
    if (strcmp(name, "arrive_inland") == 0) json_object_set_new(body, "position", json_string("inland zone, lane 2"));
    if (barrier && *plate && t->slip == SLIP_PLATE && !t->slip_done) {
        t->slip_done = true; // a digit is misread, then read again
        json_t *misread = json_deep_copy(body);
        json_object_set_new(misread, "plate", json_string("12C99998"));
        send(t, "POST", p, misread, 0, on_probe, 0, "/v1/passages/%s/moves", t->ref);
        json_decref(body);
        return;
    }
    if (t->dangerous && !t->inside &&
        (strcmp(name, "gate_in") == 0 || strcmp(name, "yard_in") == 0 || strcmp(name, "lift_off") == 0))
        t->inside = true, t->w->danger_inside++;
    double wait = t->move_tries ? RETRY_MS * (1 + MIN(t->move_tries, 6u)) : 0;
    send(t, "POST", p, body, takes(t->w, seconds) + (int64_t)wait, on_move, 0, "/v1/passages/%s/moves", t->ref);
}
static void turn_back(Truck *t, const char *reason) {
    const Person *p = person(t->w, ROLE_BOARD, t->i);
    send(t, "POST", p,
         json_pack("{s:s, s:s}", "move", "turn_back", "reason", *reason ? reason : "an agency refused it"),
         takes(t->w, 300), on_move, 0, "/v1/passages/%s/moves", t->ref);
}
static void move_wrongly(Truck *t, const char *name, Role role) {
    t->slip_done = true;
    send(t, "POST", person(t->w, role, 0), json_pack("{s:s}", "move", name), 0, on_probe, 0, "/v1/passages/%s/moves",
         t->ref);
}

// ---- the pass says what comes next
static void wait_for(Truck *t, const json_t *next) {
    const json_t *missing = json_object_get(next, "missing"), *first = json_array_get(missing, 0);
    (void)snprintf(t->next, sizeof t->next, "%s", client_text(next, "move"));
    (void)snprintf(t->waits_for, sizeof t->waits_for, "%.30s (%.30s)", client_text(first, "task"),
                   client_text(first, "agency"));
}
// Backup for what was decided out of sight; what is in hand is left alone.
static void see_states(Truck *t, const json_t *missing) {
    for (size_t i = 0; i < json_array_size(missing) && !t->busy; i++) {
        const json_t *m = json_array_get(missing, i);
        const char *state = client_text(m, "state");
        bool off = strcmp(state, "held") == 0 || strcmp(state, "rework") == 0 || strcmp(state, "refused") == 0;
        if (!off || t->fixing & BIT(task_of(t->w, client_text(m, "task"))) || t->fee_unknown) continue;
        plan_fix(t, client_text(m, "task"),
                 strcmp(state, "held") == 0     ? "hold"
                 : strcmp(state, "rework") == 0 ? "rework"
                                                : "refuse",
                 "", "an agency refused it");
    }
}
static void act(Truck *t, const json_t *pass) {
    const json_t *next = json_object_get(pass, "next"), *missing = json_object_get(next, "missing");
    const char *name = client_text(next, "move");
    if (strcmp(t->place, "closed") == 0) return ends(t, END_CLOSED, NULL);
    if (strcmp(t->place, "turned_back") == 0) return ends(t, END_TURNED_BACK, NULL);
    wait_for(t, next);
    if (t->busy || t->end) return;
    if (t->slip == SLIP_ORDER && !t->slip_done)
        return move_wrongly(t, strcmp(client_text(t->doc, "direction"), "export") == 0 ? "cross_out" : "yard_out",
                            ROLE_DEVICE);
    if (json_array_size(missing)) {
        bool line = strcmp(name, "line_up") == 0 || strcmp(name, "yard_out") == 0 || strcmp(name, "lift_on") == 0;
        if (t->slip == SLIP_CLEARANCE && !t->slip_done && line) return move_wrongly(t, name, ROLE_YARD);
        return see_states(t, missing);
    }
    if (!*name || strcmp(name, "call") == 0 || strcmp(name, "close") == 0) return; // the gate's own
    if (strcmp(name, "return") == 0 && t->second) {
        if (!*t->second->ref && !t->second->busy) {
            json_object_set_new(t->second->doc, "two_way_of", json_string(t->ref));
            declare(t->second);
        }
        return; // it comes home with the other load
    }
    bool goes_in = strcmp(name, "gate_in") == 0 || strcmp(name, "yard_in") == 0;
    if (t->dangerous && !t->inside && goes_in && t->w->danger_inside >= DANGER_MAX) return; // the watch looks again
    move(t, name, json_object_get(next, "who"));
}
static void on_pass(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Truck *t = ctx;
    (void)tag;
    t->looking = false;
    if (!client_good(a)) {
        (void)good(t->w, a);
        return;
    }
    (void)snprintf(t->place, sizeof t->place, "%s", client_text(a->body, "place"));
    (void)snprintf(t->status, sizeof t->status, "%s", client_text(a->body, "status"));
    if (json_object_get(a->body, "fee_vnd")) t->fee_vnd = json_integer_value(json_object_get(a->body, "fee_vnd"));
    if (t->look_again) {
        t->look_again = false;
        return look(t);
    }
    act(t, a->body);
}
static void look(Truck *t) {
    if (!*t->ref || (t->end && t->end != END_STANDING)) return;
    if (t->looking) {
        t->look_again = true;
        return;
    }
    t->looking = true;
    char path[100];
    const Person *p = t->driver ? t->driver : t->trader;
    (void)snprintf(path, sizeof path, "/v1/passages/%s/pass", t->ref);
    client_send(t->w->client, &(ClientCall){.method = "GET", .path = path, .token = p->secret}, on_pass, t, 0);
}

// ---- declaring
static void on_again(void *ctx, uint64_t tag, const ClientAnswer *a) { // tag 1: the same key, must be the same passage
    Truck *t = ctx;
    t->busy--;
    bool done = good(t->w, a);
    if (tag == 1 && (!done || !a->replayed || strcmp(client_text(a->body, "passage"), t->ref) != 0)) t->w->doubled++;
    if (tag == 0 && done) t->w->doubled++;
    look(t);
}
static void declare_again(Truck *t, const char *key) {
    t->busy++;
    ClientCall call = {.method = "POST",
                       .path = "/v1/declarations",
                       .token = t->trader->secret,
                       .body = json_incref(t->doc),
                       .key = *key ? key : NULL};
    client_send(t->w->client, &call, on_again, t, *key != 0);
}
typedef struct {
    Truck *t;
    char key[CLIENT_KEY_MAX];
} Declaring;
static void on_declared(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Declaring *d = ctx;
    Truck *t = d->t;
    World *w = t->w;
    bool was_wrong = tag == 1, done = good(w, a);
    t->busy--;
    if (done) {
        w->slips_passed += was_wrong;
        w->declared++;
        (void)snprintf(t->ref, sizeof t->ref, "%s", client_text(a->body, "passage"));
        (void)snprintf(t->place, sizeof t->place, "declared");
        json_object_set_new(w->refs, t->ref, json_integer(t->i));
        if (t->slip == SLIP_TWICE) declare_again(t, "");
        if (t->slip == SLIP_SAME_KEY) declare_again(t, d->key);
        scan_events(w, a->body);
    } else if (was_wrong) {
        json_decref(t->wrong);
        t->wrong = NULL;
        declare(t); // corrected
    } else if (a->err == OK) {
        char *s = sentence_owned(a);
        ends(t, END_REFUSED, text_owned("%s: %s", client_code(a), s));
        free(s);
    }
    free(d);
}
static void declare(Truck *t) {
    Declaring *d = calloc(1, sizeof *d);
    CK_ASSERT(d != NULL);
    d->t = t;
    if (!t->counted) t->w->open++, t->counted = true;
    client_make_key(t->w->client, d->key);
    t->busy++;
    ClientCall call = {.method = "POST",
                       .path = "/v1/declarations",
                       .token = t->trader->secret,
                       .body = json_incref(t->wrong ? t->wrong : t->doc),
                       .key = d->key};
    client_send(t->w->client, &call, on_declared, d, t->wrong != NULL);
}

// ---- officers
static double work_seconds(const char *task) {
    static const struct {
        const char *task;
        double s;
    } table[] = {{"weight", 60},          {"health", 120},       {"plant", 600},
                 {"plant_sample", 1200},  {"animal", 600},       {"channel", 20},
                 {"document_check", 480}, {"scan", 180},         {"physical", 2400},
                 {"release", 90},         {"fee", 60},           {"transfer", 1800},
                 {"border_guard", 90},    {"disinfection", 180}, {"entry_check", 90},
                 {"data_match", 30},      {"peer", 60}};
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (strcmp(table[i].task, task) == 0) return table[i].s;
    return 120;
}
static void free_task(Truck *t, uint64_t task) {
    t->working &= ~BIT(task);
    t->freed_us[task] = io_mono_us();
}
static void on_decision(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Truck *t = ctx;
    t->busy--;
    free_task(t, tag);
    if (good(t->w, a)) {
        t->w->decisions++;
        scan_events(t->w, a->body);
    }
    look(t);
}
static void on_payment(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Truck *t = ctx;
    t->busy--;
    free_task(t, tag);
    if (good(t->w, a)) {
        t->w->payments++;
        scan_events(t->w, a->body);
    }
    look(t);
}
static void pay(Truck *t, uint32_t task, const Person *officer) {
    const Person *p = chance(t, "payer", 10) < 3 ? t->trader : officer;
    bool wrong = t->slip == SLIP_AMOUNT && !t->slip_done;
    t->slip_done |= wrong;
    json_t *body = json_pack("{s:I, s:o, s:s}", "vnd", (json_int_t)(t->fee_vnd + (wrong ? 1000 : 0)), "receipt",
                             json_sprintf("R%llu-%06u", (unsigned long long)(t->w->seed % 1000000), t->i), "method",
                             p == officer ? "card" : "transfer");
    send(t, "POST", p, body, 0, on_payment, task, "/v1/passages/%s/payments", t->ref);
}
static json_t *grant_body(Truck *t, const char *task) {
    json_t *b = json_pack("{s:s}", "outcome", "grant");
    bool out = strcmp(client_text(t->doc, "direction"), "export") == 0;
    if (strcmp(task, "weight") == 0)
        json_object_set_new(b, "weight_kg", json_integer(t->true_kg)),
            json_object_set_new(b, "evidence", evidence(t, "scale"));
    if (strcmp(task, "scan") == 0) json_object_set_new(b, "evidence", evidence(t, "image"));
    if (strcmp(task, "channel") == 0) {
        uint32_t x = chance(t, "channel", 100);
        json_object_set_new(b, "channel", json_string(x < 70 ? "green" : x < 90 ? "yellow" : "red"));
    }
    bool driver = strcmp(client_text(t->doc, "mode"), "driver_change") == 0;
    if (strcmp(task, "transfer") == 0 && driver)
        json_object_set_new(b, "driver_id", json_sprintf("%s-%06u", out ? "CN" : "VN", t->i));
    if (strcmp(task, "transfer") == 0 && !driver)
        json_object_set_new(b, "plate", json_sprintf("%s%05u", out ? "\u6842A" : "12H", (t->i * 41 + 7) % 100000));
    return b;
}
static json_t *decision_body(Truck *t, const char *task) {
    static const char *const judged[] = {"health",   "plant", "animal",  "document_check",
                                         "physical", "scan",  "release", "entry_check"};
    bool may = false;
    for (size_t i = 0; i < ARRAY_LEN(judged); i++) may |= strcmp(judged[i], task) == 0;
    uint32_t x = chance(t, task, 1000);
    if (!may || t->reworks || x >= 34) return grant_body(t, task);
    if (x < 16)
        return json_pack("{s:s, s:s}", "outcome", "hold", "reason", "the seal photograph is not clear: look again");
    bool papers = strcmp(task, "plant") == 0 || strcmp(task, "animal") == 0 || strcmp(task, "document_check") == 0;
    if (x < 28 && papers)
        return json_pack("{s:s, s:s}", "outcome", "rework", "reason",
                         "the packing list and the declaration do not agree: amend the declaration");
    if (x < 30 && strcmp(task, "scan") != 0 && strcmp(task, "entry_check") != 0)
        return json_pack("{s:s, s:s}", "outcome", "refuse", "reason",
                         strcmp(task, "plant") == 0 ? "living pests were found" : "the goods are not those declared");
    return grant_body(t, task);
}
static void decide(Truck *t, uint32_t task, const Person *p, int64_t delay_ms) {
    const char *name = t->w->task[task];
    if (t->slip == SLIP_ROLE && !t->slip_done) {
        t->slip_done = true;
        const Person *other = person(t->w, p->role == ROLE_HEALTH ? ROLE_CUSTOMS : ROLE_HEALTH, t->i);
        if (other)
            send(t, "POST", other, json_pack("{s:s}", "outcome", "grant"), 0, on_probe, 0,
                 "/v1/passages/%s/tasks/%s/decision", t->ref, name);
    }
    if (strcmp(name, "fee") == 0) return pay(t, task, p);
    send(t, "POST", p, decision_body(t, name), delay_ms, on_decision, task, "/v1/passages/%s/tasks/%s/decision", t->ref,
         name);
}
static const Person *officer_for(const Truck *t, uint32_t task) {
    const World *w = t->w;
    return person(w, agency_role(w, w->task[task]), t->i * 7 + task);
}
static void on_taken(void *ctx, uint64_t tag, const ClientAnswer *a) {
    Truck *t = ctx;
    uint32_t task = (uint32_t)tag;
    t->busy--;
    if (!good(t->w, a)) {
        free_task(t, task);
        return look(t);
    }
    scan_events(t->w, a->body);
    decide(t, task, officer_for(t, task),
           takes(t->w, work_seconds(t->w->task[task]) * (60 + chance(t, t->w->task[task], 80)) / 100));
}
static void on_tasks(void *ctx, uint64_t tag, const ClientAnswer *a) {
    World *w = ctx;
    Desk *desk = &w->desk[tag];
    desk->polling = false;
    desk->next_us = io_mono_us() + DESK_EVERY_US;
    if (!good(w, a)) return;
    const json_t *items = json_object_get(a->body, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *it = json_array_get(items, i);
        Truck *t = truck_of(w, client_text(it, "passage"));
        uint32_t task = task_of(w, client_text(it, "task"));
        if (!t || t->end || (t->working | t->fixing) & BIT(task) || t->freed_us[task] >= desk->asked_us) continue;
        const Person *p = officer_for(t, task);
        bool fee = strcmp(w->task[task], "fee") == 0;
        if (!p || (fee && t->fee_vnd == 0)) {
            if (p) look(t); // what is due stands on the pass
            continue;
        }
        t->working |= BIT(task);
        if (p->role == ROLE_PEER)
            decide(t, task, p, 0);
        else
            send(t, "POST", p, NULL, 0, on_taken, task, "/v1/passages/%s/tasks/%s/take", t->ref, w->task[task]);
    }
}
static void poll_desks(World *w) {
    int64_t now = io_mono_us();
    for (uint32_t i = 0; i < w->desks; i++) {
        Desk *d = &w->desk[i];
        const Person *p = person(w, (Role)d->role, 0);
        if (d->polling || now < d->next_us || !p) continue;
        char path[80];
        (void)snprintf(path, sizeof path, "/v1/tasks?agency=%s&max=%u", d->agency, AGENCY_MAX_PAGE);
        d->polling = true;
        d->asked_us = now;
        client_send(w->client, &(ClientCall){.method = "GET", .path = path, .token = p->secret}, on_tasks, w, i);
    }
}

// ---- devices and the other side confirm what they were told to do
static void on_effect_done(void *ctx, uint64_t tag, const ClientAnswer *a) {
    World *w = ctx;
    (void)tag;
    w->effects_done += good(w, a);
}
static void on_effects(void *ctx, uint64_t tag, const ClientAnswer *a) {
    World *w = ctx;
    w->effects_polling[tag] = false;
    w->effects_us[tag] = io_mono_us() + EFFECT_EVERY_US;
    if (!good(w, a)) return;
    const json_t *items = json_object_get(a->body, "items");
    const Person *p = person(w, tag ? ROLE_PEER : ROLE_DEVICE, 0);
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *e = json_array_get(items, i);
        uint64_t id = (uint64_t)json_integer_value(json_object_get(e, "effect"));
        w->effect_after[tag] = MAX(w->effect_after[tag], id);
        if (tag == 0 && strcmp(client_text(e, "target"), "peer") == 0) continue; // that is for the other side
        char path[80];
        (void)snprintf(path, sizeof path, "/v1/effects/%llu/done", (unsigned long long)id);
        client_send(w->client, &(ClientCall){.method = "POST", .path = path, .token = p->secret, .body = json_object()},
                    on_effect_done, w, 0);
    }
}
static void poll_effects(World *w) {
    for (uint32_t i = 0; i < 2; i++) {
        const Person *p = person(w, i ? ROLE_PEER : ROLE_DEVICE, 0);
        if (w->effects_polling[i] || io_mono_us() < w->effects_us[i] || !p) continue;
        char path[80];
        (void)snprintf(path, sizeof path, "/v1/effects?after=%llu&max=500", (unsigned long long)w->effect_after[i]);
        w->effects_polling[i] = true;
        client_send(w->client, &(ClientCall){.method = "GET", .path = path, .token = p->secret}, on_effects, w, i);
    }
}

// ---- the watch: whoever has nothing on its way is looked at again
static void watch(World *w) {
    if (io_mono_us() < w->watch_us) return;
    w->watch_us = io_mono_us() + WATCH_EVERY_US;
    for (uint32_t i = 0; i < w->n; i++) {
        Truck *t = w->truck[i];
        if (*t->ref && !t->end && !t->busy && !t->looking) look(t);
    }
}
static void call_in(World *w) {
    for (; w->first_waiting < w->n && w->open < w->window; w->first_waiting++) {
        Truck *t = w->truck[w->first_waiting];
        if (t->first || t->end) continue; // the second trip is declared when the first is over the border
        declare(t);
    }
}
static bool all_ended(const World *w) {
    uint32_t n = 0;
    for (uint32_t e = 1; e < END_COUNT; e++) n += w->ended[e];
    return n == w->n;
}
static bool commands_wait(const World *w) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->truck[i]->busy) return true;
    return false;
}
static void leave_standing(World *w) { // nothing moves any more: say what each waits for
    for (uint32_t i = 0; i < w->n; i++) {
        Truck *t = w->truck[i];
        if (!t->end)
            ends(t, END_STUCK,
                 text_owned("%s at %s, next %s, waits for %s", *t->status ? t->status : "not declared", t->place,
                            t->next, t->waits_for));
    }
}
void drive_play(World *w) {
    static const struct {
        Role reader;
        const char *agency;
    } desks[] = {{ROLE_HEALTH, "health"},   {ROLE_PLANT, "plant_quarantine"}, {ROLE_ANIMAL, "animal_quarantine"},
                 {ROLE_CUSTOMS, "customs"}, {ROLE_GUARD, "border_guard"},     {ROLE_YARD, "yard"},
                 {ROLE_BOARD, "board"},     {ROLE_CENTRE, "centre"},          {ROLE_CENTRE, "peer"}};
    for (; w->desks < ARRAY_LEN(desks); w->desks++)
        w->desk[w->desks] = (Desk){.role = (uint8_t)desks[w->desks].reader, .agency = desks[w->desks].agency};
    w->started_us = w->progress_us = w->shown_us = io_mono_us();
    while (!all_ended(w) && !w->down) {
        call_in(w);
        poll_desks(w);
        poll_effects(w);
        watch(w);
        client_step(w->client, 10);
        drive_show(w, false);
        if (io_mono_us() - w->progress_us > QUIET_US && !commands_wait(w)) leave_standing(w);
    }
    int64_t until = io_mono_us() + 3000000; // the last effects are confirmed
    for (w->effects_us[0] = w->effects_us[1] = 0; io_mono_us() < until && !w->down;) {
        bool idle = w->effects_us[0] && w->effects_us[1] && !client_pending(w->client);
        if (idle) break;
        for (uint32_t i = 0; i < 2; i++)
            if (w->effects_us[i] == 0 && !w->effects_polling[i]) poll_effects(w);
        client_step(w->client, 10);
    }
    drive_show(w, true);
}
void drive_truck_free(Truck *t) {
    json_decref(t->doc);
    json_decref(t->wrong);
    free(t->why);
    free(t);
}

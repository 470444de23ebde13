// Random operations by seed against the book. Each run is done twice: once straight through, once saved and loaded into
// a fresh gate half-way; both must end in the same bytes. A failure prints its seed and the shortest list of operations
// found by deletion.
#include "book.h"
#include <signal.h>
#include <unistd.h>

#define OPS      400
#define PASSAGES 24
#define VARIANTS 5
typedef struct {
    uint8_t what;
    uint64_t r;
} Op;
static const Site *variant[VARIANTS];
static World *sites; // holds the compiled sites

// ---- sites that a run switches between: other tariff and warning times, another phase with quota and embargo, a
// procedure that begins later
static json_t *member(json_t *o, const char *key, size_t i) {
    return json_array_get(json_object_get(o, key), i);
}
static const Site *compile(json_t *j) {
    char *text = json_dumps(j, JSON_COMPACT);
    Site *s = NULL;
    SiteReply reply;
    assert_int_equal(site_from(sites, str_c(text), &s, &reply), OK);
    free(text);
    json_decref(j);
    return s;
}
static json_t *base_json(const char *phase, bool demo) {
    json_t *j = json_loads(bundle_of(&sites->keep, "huu-nghi", phase, demo).p, 0, NULL);
    for (size_t r = 0; r < 2; r++) json_object_set_new(member(j, "roads", r), "inside_max", json_integer(4));
    for (size_t y = 0; y < 7; y++)
        json_object_set_new(member(j, "yards", y), "places", json_integer(y % 3 == 0 ? 5 : 2));
    return j;
}
static void make_variants(void) {
    sites = world_new("huu-nghi", "2027", 1);
    variant[0] = compile(base_json("2027", true));
    json_t *j = base_json("2027", false);
    json_object_set_new(json_object_get(j, "params"), "validity_warn_min", json_integer(30));
    json_object_set_new(json_object_get(j, "params"), "stay_warn_min", json_integer(600));
    variant[1] = compile(j);
    j = base_json("2024", true);
    json_object_set_new(j, "quotas",
                        json_pack("[{s:s,s:s,s:i,s:i,s:s}]", "id", "q1", "road", "hn", "releases", 2, "window_min", 60,
                                  "reason", "other side"));
    json_object_set_new(j, "embargoes",
                        json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "id", "e1", "hs", "0810", "direction", "export", "basis",
                                  "notice", "reason", "feast"));
    variant[2] = compile(j);
    j = base_json("2030-14", true);
    json_t *p = json_deep_copy(member(j, "procedures", 0));
    json_object_set_new(p, "id", json_string("truck-export-later")),
        json_object_set_new(p, "valid_from", json_string("2026-12-02"));
    json_array_remove(json_object_get(p, "tasks"), 2); // health is no longer asked for
    for (size_t i = 0; i < json_array_size(json_object_get(p, "tasks")); i++) {
        json_t *after = json_object_get(member(p, "tasks", i), "after");
        for (size_t k = json_array_size(after); k-- > 0;)
            if (strcmp(json_string_value(json_array_get(after, k)), "health") == 0) json_array_remove(after, k);
    }
    json_array_append_new(json_object_get(p, "tasks"), json_pack("{s:s,s:s,s:[s],s:i}", "task", "peer", "basis", "new",
                                                                 "after", "documents", "limit_min", 90));
    json_array_append_new(json_object_get(member(p, "points", 3), "needs"), json_string("peer"));
    json_array_append_new(json_object_get(j, "procedures"), p);
    variant[3] = compile(j);
    j = base_json("2027", true);
    json_object_set_new(json_object_get(j, "params"), "validity_warn_min", json_integer(2000));
    variant[4] = compile(j);
}

// ---- one run
typedef struct {
    World *w;
    Book *b;
    Prng r;
    int serial, receipt;
    bool ticked;
} Run;
static uint64_t below(Run *x, uint64_t n) {
    return prng_below(&x->r, n);
}
static bool chance(Run *x, unsigned percent) {
    return prng_chance(&x->r, percent);
}
static const Passage *pick(Run *x) {
    const Passage *list[PASSAGES], *p;
    uint32_t n = 0, at = 0;
    while ((at = gate_passages(x->w->g, at, &p)) != 0) list[n++] = p;
    return n ? list[below(x, chance(x, 60) ? MIN(n, 5) : n)] : NULL; // mostly the same few, so that they come to an end
}
static Declaration random_declaration(Run *x) {
    static const char *const hs[] = {"081060", "847130", "847130", "030617", "270900", "940360"};
    World *w = x->w;
    Direction dir = chance(x, 50) ? DIRECTION_EXPORT : DIRECTION_IMPORT;
    int serial = chance(x, 4) ? (int)below(x, (uint64_t)x->serial + 1) : ++x->serial;
    Declaration d = chance(x, 25) ? box(w, serial, dir) : chance(x, 50) ? durian(w, serial) : machines(w, serial, dir);
    Certificate *c = arena_alloc(&w->keep, 3 * sizeof *c);
    static const uint8_t kinds[] = {CERT_PHYTO, CERT_ANIMAL, CERT_DANGEROUS};
    for (int i = 0; i < 3; i++) c[i] = (Certificate){.kind = kinds[i], .number = STR("C-1")};
    d.certificates = (List){c, 3};
    GoodsLine *l = d.goods.items;
    l->hs = str_c(hs[below(x, ARRAY_LEN(hs))]);
    l->gross_kg = l->net_kg = 1000 + (int64_t)below(x, 24000);
    if (d.mode != MODE_UNMANNED) d.mode = (uint8_t)(MODE_THROUGH + below(x, 4));
    if (chance(x, 50)) d.vehicle_country = STR("CN");
    if (d.mode != MODE_UNMANNED && chance(x, 10)) d.empty = true, d.goods.n = 0;
    if (chance(x, 25)) d.road = STR("tt");
    if (chance(x, 15)) d.slot = w->now + (int64_t)below(x, HOURS(20));
    if (chance(x, 10)) d.destination = DESTINATION_YARD;
    if (chance(x, 5)) d.tare_kg = 0;
    return d;
}
static void op_declare(Run *x) {
    Declaration d = random_declaration(x);
    const Passage *first = chance(x, 20) ? pick(x) : NULL;
    Input in = input(x->w, IN_DECLARE, ROLE_TRADER, 0);
    if (first && first->kind <= KIND_TRUCK_IMPORT && d.mode != MODE_UNMANNED &&
        !first->linked) { // the way back of the same vehicle
        char plate[16];
        for (int s = 1; s <= x->serial; s++) {
            snprintf(plate, sizeof plate, "12C%05d", s);
            if (key_of(KEY_PLATE, str_c(plate)) == first->keys[PK_PLATE]) d.plate = fmt(x->w, "12C%05d", s);
        }
        d.direction = first->direction == DIRECTION_EXPORT ? DIRECTION_IMPORT : DIRECTION_EXPORT;
        d.two_way_of = first->no, d.vehicle_country = first->foreign ? STR("CN") : STR("VN");
    }
    in.u.declare = d;
    run(x->w, in);
}
static void op_amend(Run *x) {
    const Passage *p = pick(x);
    if (!p) return;
    for (int k = 0; k < 6 && !(p->held | p->rework); k++) p = pick(x);
    Input in = input(x->w, IN_AMEND, ROLE_TRADER, p->no);
    Declaration d = random_declaration(x);
    if (chance(x, 85))
        d.direction = p->direction, d.mode = p->kind >= KIND_BOX_EXPORT ? MODE_UNMANNED
                                             : d.mode == MODE_UNMANNED  ? MODE_THROUGH
                                                                        : d.mode;
    if (chance(x, 85)) d.road = p->road ? STR("tt") : STR("hn");
    in.u.declare = d;
    run(x->w, in);
}
static void do_move(Run *x, const Passage *p, Move move, Role role) {
    Input in = input(x->w, IN_MOVE, role, p->no);
    in.u.move = (InMove){.move = (uint8_t)move, .lane = DYN_NONE, .yard = DYN_NONE};
    if (chance(x, 80)) in.u.move.reason = STR("by the test");
    if (chance(x, 8)) in.u.move.lane = (uint8_t)below(x, 24);
    if (chance(x, 8)) in.u.move.yard = (uint8_t)below(x, 9);
    if (chance(x, 2)) in.u.move.plate = STR("99X99999");
    run(x->w, in);
}
static void op_move(Run *x) { // any move, any role, mostly ones that the table knows
    const Passage *p = pick(x);
    if (!p) return;
    uint32_t from = (uint32_t)below(x, movement_rows_n);
    for (uint32_t i = 0; i < movement_rows_n && chance(x, 97); i++) {
        const MovementRow *r = &movement_rows[(from + i) % movement_rows_n];
        if (r->kind != p->kind || r->from != p->place || (r->move == MOVE_TURN_BACK && chance(x, 80))) continue;
        do_move(x, p, (Move)r->move, chance(x, 90) ? (Role)__builtin_ctz(r->roles) : (Role)below(x, ROLE_COUNT));
        return;
    }
    do_move(x, p, (Move)below(x, MOVE_COUNT), (Role)below(x, ROLE_COUNT));
}
static void do_pay(Run *x, const Passage *p) {
    Input in = input(x->w, IN_PAY, ROLE_BOARD, p->no);
    int receipt = chance(x, 10) && x->receipt ? (int)below(x, (uint64_t)x->receipt) : ++x->receipt;
    in.u.pay = (InPay){.vnd = p->fee_vnd + (chance(x, 10) ? 1 : 0), .receipt = fmt(x->w, "R%06d", receipt)};
    run(x->w, in);
}
static void do_decide(Run *x, const Passage *p, uint8_t t, Role role, Outcome o) {
    Input in = input(x->w, IN_DECIDE, role, p->no);
    InDecide *d = &in.u.decide;
    *d = (InDecide){.task = t, .outcome = (uint8_t)o, .channel = (uint8_t)below(x, 4)};
    if (chance(x, 85)) d->reason = STR("by the test");
    if (chance(x, 85)) d->weight_kg = p->gross_kg + p->tare_kg + (int64_t)below(x, 800) - 300;
    if (chance(x, 10)) d->weight_kg += 3000;
    if (chance(x, 80)) d->plate = STR("桂F00001");
    run(x->w, in);
}
static void op_decide(Run *x) {
    const Passage *p = pick(x);
    if (!p) return;
    uint32_t bits = chance(x, 70)   ? p->open | p->held
                    : chance(x, 50) ? p->granted
                                    : p->needed,
             skip = (uint32_t)below(x, 4);
    for (; skip && (bits & (bits - 1)); skip--) bits &= bits - 1;
    uint8_t t = bits ? (uint8_t)__builtin_ctz(bits) : (uint8_t)below(x, 20);
    Role role = chance(x, 85) && t < x->w->site->tasks ? (Role)x->w->site->task[t].agency : (Role)below(x, ROLE_COUNT);
    Outcome o = chance(x, 70)   ? OUTCOME_GRANT
                : chance(x, 60) ? OUTCOME_HOLD
                : chance(x, 70) ? OUTCOME_REWORK
                                : OUTCOME_REFUSE;
    do_decide(x, p, t, role, o);
}
static void op_take(Run *x) {
    const Passage *p = pick(x);
    if (!p || !(p->open | p->held)) return;
    uint8_t t = (uint8_t)__builtin_ctz(p->open | p->held);
    Input in = input(x->w, IN_TAKE, (Role)x->w->site->task[t].agency, p->no);
    in.actor = chance(x, 50) ? STR("officer 1") : STR("officer 2");
    in.u.take.task = t;
    run(x->w, in);
}
static void op_help(Run *x) { // what an honest gate would do next
    const Passage *p = pick(x);
    if (!p) return;
    uint32_t todo = p->open | p->held;
    if (todo && chance(x, 75)) {
        uint8_t t = (uint8_t)__builtin_ctz(todo);
        const SiteTask *st = &x->w->site->task[t];
        bool over = (p->held & BIT(t)) && st->held_by;
        if (st->kind == TASK_FEE)
            do_pay(x, p);
        else
            do_decide(x, p, t, over ? (Role)__builtin_ctz(st->held_by) : (Role)st->agency, OUTCOME_GRANT);
        return;
    }
    uint32_t back = BIT(MOVE_TURN_BACK) | BIT(MOVE_LINE_BACK) | BIT(MOVE_RECALL) | BIT(MOVE_PEER_RETURN) |
                    BIT(MOVE_CALL) | BIT(MOVE_CALL_LAPSE);
    for (uint32_t i = 0; i < movement_rows_n; i++) {
        const MovementRow *r = &movement_rows[i];
        if (r->kind != p->kind || r->from != p->place || (back & BIT(r->move)) || !movement_find(p, (Move)r->move))
            continue;
        if (r->from == PLACE_ON_VEHICLE && r->move == MOVE_LIFT_OFF) continue;
        do_move(x, p, (Move)r->move, (Role)__builtin_ctz(r->roles));
        return;
    }
}
static void op_tick(Run *x) {
    World *w = x->w;
    int64_t due = gate_next_deadline(w->g);
    if (chance(x, 50) && due != TIME_NEVER && due < w->now + HOURS(30))
        w->now = MAX(w->now, due);
    else
        w->now += chance(x, 80) ? (int64_t)below(x, MINUTES(20)) : (int64_t)below(x, HOURS(9));
    run(w, input(w, IN_TICK, ROLE_SYSTEM, 0));
    x->ticked = true;
}
static void op_mission(Run *x, const Passage *p) {
    Input in = input(x->w, IN_MISSION, ROLE_DEVICE, p->no);
    Str two[] = {STR("IGV-1"), STR("IGV-2")}, vehicle = p->mission ? str_c(p->vehicle) : two[below(x, 2)];
    if (chance(x, 10)) vehicle = two[below(x, 2)];
    in.u.mission = (InMission){.step = (uint8_t)below(x, MISSION_COUNT), .vehicle = vehicle, .place = STR("P1")};
    if (chance(x, 50)) in.u.mission.reason = STR("by the test");
    run(x->w, in);
}
static void op_incident(Run *x) {
    const Passage *p = pick(x);
    if (!p) return;
    if (chance(x, 50)) {
        op_mission(x, p);
        return;
    }
    Input in = input(x->w, IN_INCIDENT, ROLE_CENTRE, p->no);
    in.u.incident = (InIncident){.incident = (uint8_t)(1 + below(x, INCIDENT_COUNT - 1)), .reason = STR("by the test")};
    if (p->incidents && chance(x, 80))
        in.u.incident.incident = (uint8_t)__builtin_ctz(p->incidents), in.u.incident.clear = true;
    run(x->w, in);
}
static void op_resource(Run *x) {
    Input in = input(x->w, IN_LANE, ROLE_BOARD, 0);
    Str why = STR("by the test");
    switch (below(x, 3)) {
    case 0:
        in.u.lane = (InLane){.lane = (uint8_t)below(x, 23),
                             .way = (uint8_t)below(x, 3),
                             .cause = CAUSE_STORM,
                             .open = chance(x, 80),
                             .reason = why};
        break;
    case 1:
        in.kind = IN_ROAD;
        in.u.road =
            (InRoad){.road = (uint8_t)below(x, 2), .cause = CAUSE_OTHER_SIDE, .open = chance(x, 80), .reason = why};
        break;
    default:
        in.kind = IN_YARD;
        in.u.yard = (InYard){.yard = (uint8_t)below(x, 8), .places = (uint32_t)below(x, 6), .reason = why};
    }
    run(x->w, in);
}
static void op_rules(Run *x) {
    World *w = x->w;
    Input in = input(w, IN_SITE, ROLE_SYSTEM, 0);
    Embargo e = {.id = fmt(w, "em%d", (int)below(x, 3)),
                 .basis = STR("notice"),
                 .reason = STR("feast"),
                 .hs = chance(x, 50) ? STR("0801-0810") : STR("84")};
    switch (below(x, 3)) {
    case 0: {
        const Site *s = variant[below(x, VARIANTS)];
        in.u.site = (InSite){.bundle = s->json, .site = s};
        break;
    }
    case 1:
        in.kind = IN_EMBARGO;
        e.from_ms = chance(x, 50) ? 0 : w->now + (int64_t)below(x, HOURS(10)),
        e.to_ms = chance(x, 80) ? w->now + HOURS(5) + (int64_t)below(x, HOURS(10)) : 0;
        in.u.embargo = (InEmbargo){.embargo = &e, .lift = chance(x, 50)};
        break;
    default:
        in.kind = IN_QUOTA;
        in.u.quota = (Quota){.id = STR("q2"),
                             .road = STR("hn"),
                             .reason = STR("feast"),
                             .releases = (uint32_t)below(x, 3),
                             .window_min = 30,
                             .to_ms = w->now + HOURS(2)};
    }
    run(w, in);
}
static void op_paper(Run *x) { // renew, slot, shift
    const Passage *p = pick(x);
    if (!p) return;
    Input in = input(x->w, IN_RENEW, ROLE_TRADER, p->no);
    in.u.reason.reason = STR("by the test");
    if (chance(x, 60)) {
        in.kind = IN_SLOT;
        in.u.slot = (InSlot){.slot = chance(x, 30) ? 0 : x->w->now + (int64_t)below(x, HOURS(10)),
                             .reason = STR("by the test")};
    } else if (chance(x, 60)) {
        in.kind = IN_QUEUE_SHIFT, in.role = ROLE_BOARD;
        in.u.queue_shift =
            (InQueueShift){.earlier = chance(x, 50), .minutes = (uint32_t)below(x, 300), .reason = STR("by the test")};
    }
    run(x->w, in);
}
static void op_odd(Run *x) { // a clock behind, an acknowledgement, an effect done
    World *w = x->w;
    Input in = input(w, chance(x, 50) ? IN_ALARM_ACK : IN_EFFECT_DONE, ROLE_CENTRE, 0);
    if (in.kind == IN_ALARM_ACK)
        in.u.alarm_ack.alarm = ALARM_CLOCK;
    else
        in.u.effect_done = (InEffectDone){.effect = 1};
    if (chance(x, 60)) in.t_ms -= HOURS(2);
    run(w, in);
}
typedef void OpFn(Run *x);
static OpFn *const op_fn[] = {op_help,    op_help,    op_help,     op_help,     op_help,   op_help,   op_help, op_help,
                              op_declare, op_declare, op_decide,   op_move,     op_tick,   op_tick,   op_tick, op_amend,
                              op_take,    op_paper,   op_incident, op_resource, op_rules,  op_odd,    op_help, op_help,
                              op_help,    op_help,    op_help,     op_help,     op_decide, op_declare};

static void world_reset(World *w) {
    arena_reset(&w->keep);
    GateLimits limits = {.passages_max = PASSAGES};
    w->g = gate_init(w->memory, limits);
    w->now = START, w->random = 7;
    w->site = variant[0];
    Input in = input(w, IN_SITE, ROLE_SYSTEM, 0);
    in.u.site = (InSite){.bundle = variant[0]->json, .site = variant[0]};
    run(w, in);
}
// Deciding must leave the state as it is. Compared on every fourth input: all but the map and the ring of used keys,
// which are large.
static void state_bytes(const Gate *g, Buf *b) {
    buf_clear(b);
    buf_put(b, &g->s, offsetof(Small, used));
    buf_put(b, g->slot, g->s.slots_used * sizeof(Passage));
    buf_put(b, g->heap, g->s.heap_n * sizeof *g->heap);
    for (int r = 0; r < ROADS_MAX; r++) buf_put(b, g->queue[r], g->s.queue_n[r] * sizeof(QueueItem));
}
static void check_decide_is_pure(World *w, const Input *in) {
    static EventList list;
    static Buf before = {.ceiling = 4u << 20}, after = {.ceiling = 4u << 20};
    if (in->random % 4 || in->t_ms < gate_now(w->g)) return;
    state_bytes(w->g, &before);
    list.n = 0;
    gate_decide(w->g, in, &w->a, &list);
    state_bytes(w->g, &after);
    if (!str_eq(buf_view(&before), buf_view(&after)))
        book_wrong(w->watcher, "deciding %s changed the state", InputKind_names.names[in->kind]);
}
static void save_and_load(World *w, Book *b) {
    Buf x, y;
    buf_init(&x, 64u << 20), buf_init(&y, 64u << 20);
    gate_save(w->g, &x);
    const Site *site = gate_site(w->g);
    GateLimits limits = {.passages_max = PASSAGES};
    w->g = gate_init(w->memory, limits);
    if (gate_load(w->g, buf_view(&x), site) != OK) book_wrong(b, "a saved state was not taken back");
    gate_save(w->g, &y);
    if (!str_eq(buf_view(&x), buf_view(&y))) book_wrong(b, "saved, loaded, saved again: other bytes");
    buf_deinit(&x), buf_deinit(&y);
}
static uint64_t digest(const World *w) {
    Buf b;
    buf_init(&b, 64u << 20);
    gate_save(w->g, &b);
    uint64_t h = str_hash(1, buf_view(&b));
    buf_deinit(&b);
    return h;
}
static uint64_t run_ops(World *w, Book *b, const Op *ops, uint32_t n, uint32_t reload_at, bool check) {
    Run x = {.w = w, .b = b};
    memset(b, 0, sizeof *b);
    w->watch = check ? book_watch : NULL, w->watcher = b;
    w->before = check ? check_decide_is_pure : NULL;
    world_reset(w);
    for (uint32_t i = 0; i < n && !b->why[0]; i++) {
        x.r.s = ops[i].r, x.ticked = false;
        w->random = ops[i].r;
        if (i == reload_at) save_and_load(w, b);
        op_fn[ops[i].what](&x);
        w->site = gate_site(w->g);
        if (check) book_check(w, b, x.ticked, i % 64 == 63 || i + 1 == n);
    }
    return digest(w);
}

// ---- seeds, shrinking
static uint64_t seed_now;
static void on_abort(int sig) { // an assertion of the kernel: say which seed it was
    char t[64];
    int n = snprintf(t, sizeof t, "seed %llu ended by a panic\n", (unsigned long long)seed_now);
    if (n > 0 && write(STDERR_FILENO, t, (size_t)n) > 0) signal(sig, SIG_DFL);
    raise(sig);
}
static bool fails(World *w, Book *b, const Op *ops, uint32_t n, uint32_t reload_at) {
    uint64_t straight = run_ops(w, b, ops, n, UINT32_MAX, true);
    if (b->why[0]) return true;
    uint64_t again = run_ops(w, b, ops, n, reload_at, false);
    if (!b->why[0] && straight != again) book_wrong(b, "saved and loaded at step %u it came to another end", reload_at);
    return b->why[0] != 0;
}
static void shrink(World *w, Book *b, Op *ops, uint32_t n) {
    static const char *const names[] = {
        "help",   "help", "help", "help", "help", "help",  "help", "help",  "declare",  "declare",
        "decide", "move", "tick", "tick", "tick", "amend", "take", "paper", "incident", "resource",
        "rules",  "odd",  "help", "help", "help", "help",  "help", "help",  "decide",   "declare"};
    for (uint32_t chunk = n / 2; chunk; chunk /= 2)
        for (uint32_t at = 0; at + chunk <= n;) {
            Op less[OPS];
            memcpy(less, ops, at * sizeof *ops);
            memcpy(less + at, ops + at + chunk, (n - at - chunk) * sizeof *ops);
            if (fails(w, b, less, n - chunk, (n - chunk) / 2))
                n -= chunk, memcpy(ops, less, n * sizeof *ops);
            else
                at += chunk;
        }
    fails(w, b, ops, n, n / 2);
    print_message("after %u operations: %s\n", n, b->why);
    for (uint32_t i = 0; i < n; i++) print_message("  %s %016llx\n", names[ops[i].what], (unsigned long long)ops[i].r);
}
static void random_operations(void **state) {
    (void)state;
    World *w = world_new("huu-nghi", "2027", PASSAGES);
    Book *b = calloc(1, sizeof *b);
    uint64_t closed = 0, paid = 0, calls = 0, refusals = 0,
             first = getenv("CUAKHAU_SEED") ? strtoull(getenv("CUAKHAU_SEED"), NULL, 10) : 1;
    uint64_t seeds = getenv("CUAKHAU_SEED") ? 1 : prop_seeds(300);
    bool bad = false;
    signal(SIGABRT, on_abort);
    for (uint64_t s = first; s < first + seeds && !bad; s++) {
        Op ops[OPS];
        Prng r = {s * 1000003};
        seed_now = s;
        for (uint32_t i = 0; i < OPS; i++) ops[i] = (Op){(uint8_t)prng_below(&r, ARRAY_LEN(op_fn)), prng_next(&r)};
        bad = fails(w, b, ops, OPS, OPS / 2);
        if (bad) print_message("seed %llu: %s\n", (unsigned long long)s, b->why), shrink(w, b, ops, OPS);
    }
    // a second, counted pass over a few seeds: the operations must really carry passages through
    for (uint64_t s = first; s < first + 20 && !bad; s++) {
        Op ops[OPS];
        Prng r = {s * 1000003};
        for (uint32_t i = 0; i < OPS; i++) ops[i] = (Op){(uint8_t)prng_below(&r, ARRAY_LEN(op_fn)), prng_next(&r)};
        run_ops(w, b, ops, OPS, UINT32_MAX, true);
        closed += b->closed, paid += b->paid, calls += b->calls, refusals += b->refusals;
    }
    print_message("%llu seeds; 20 of them: %llu closed, %llu fees, %llu calls, %llu refusals\n",
                  (unsigned long long)seeds, (unsigned long long)closed, (unsigned long long)paid,
                  (unsigned long long)calls, (unsigned long long)refusals);
    free(b);
    world_free(w);
    assert_false(bad);
    assert_true(getenv("CUAKHAU_SEED") || (closed > 20 && paid > 20 && calls > 20));
}
int main(void) {
    make_variants();
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_operations)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    world_free(sites);
    return failed;
}

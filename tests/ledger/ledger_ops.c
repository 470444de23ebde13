#include "ledger_ops.h"
#include <jansson.h>
#include "app/app.h"
#include "gate/gate_internal.h"
#include <unistd.h>

// ---- sites
static json_t *member(json_t *o, const char *key, size_t i) {
    return json_array_get(json_object_get(o, key), i);
}
static json_t *base_json(const char *phase, bool demo) {
    Arena a;
    arena_init(&a, 64u << 20);
    Str bundle = STR_EMPTY, what = STR_EMPTY;
    Err e = app_site_bundle(CK_SITES_DIR "/huu-nghi", phase, demo ? CK_SITES_DIR "/demo/tariff.json" : NULL, &a,
                            &bundle, &what);
    if (e) fprintf(stderr, STR_F "\n", STR_A(what));
    CK_ASSERT(e == OK);
    json_t *j = json_loadb(bundle.p, bundle.n, 0, NULL);
    arena_deinit(&a);
    size_t i;
    json_t *o;
    json_array_foreach(json_object_get(j, "roads"), i, o) json_object_set_new(o, "inside_max", json_integer(4));
    json_array_foreach(json_object_get(j, "yards"), i, o)
        json_object_set_new(o, "places", json_integer(i % 3 == 0 ? 5 : 2));
    return j;
}
static json_t *other_procedure(void) {
    json_t *j = base_json("2030-14", true), *p = member(j, "procedures", 0), *o;
    size_t i, k;
    json_array_remove(json_object_get(p, "tasks"), 2); // health is no longer asked for
    json_array_foreach(json_object_get(p, "tasks"), i, o) {
        json_t *after = json_object_get(o, "after");
        for (k = json_array_size(after); k-- > 0;)
            if (strcmp(json_string_value(json_array_get(after, k)), "health") == 0) json_array_remove(after, k);
    }
    json_array_append_new(json_object_get(p, "tasks"), json_pack("{s:s,s:s,s:[s],s:i}", "task", "peer", "basis", "new",
                                                                 "after", "documents", "limit_min", 90));
    json_array_append_new(json_object_get(member(p, "points", 3), "needs"), json_string("peer"));
    return j;
}
Str ops_site(int n) {
    static char *text[OPS_SITES];
    CK_ASSERT(n >= 0 && n < OPS_SITES);
    if (text[n]) return str_c(text[n]);
    json_t *j = n == 3 ? other_procedure() : base_json(n == 2 ? "2024" : "2027", n != 1);
    if (n == 1) {
        json_object_set_new(json_object_get(j, "params"), "validity_warn_min", json_integer(30));
        json_object_set_new(json_object_get(j, "params"), "stay_warn_min", json_integer(600));
    }
    if (n == 2) {
        json_object_set_new(j, "quotas",
                            json_pack("[{s:s,s:s,s:i,s:i,s:s}]", "id", "q1", "road", "hn", "releases", 2, "window_min",
                                      60, "reason", "other side"));
        json_object_set_new(j, "embargoes",
                            json_pack("[{s:s,s:s,s:s,s:s,s:s}]", "id", "e1", "hs", "0810", "direction", "export",
                                      "basis", "notice", "reason", "feast"));
    }
    text[n] = json_dumps(j, JSON_COMPACT);
    json_decref(j);
    return str_c(text[n]);
}

// ---- making a request
static uint64_t below(Ops *x, uint64_t n) {
    return prng_below(&x->r, n);
}
static bool chance(Ops *x, unsigned percent) {
    return prng_chance(&x->r, percent);
}
static Str fmt(Ops *x, const char *f, int serial) {
    char t[64];
    int n = snprintf(t, sizeof t, f, serial);
    return arena_str(&x->keep, (Str){t, (size_t)n});
}
static Input *make(Ops *x, InputKind kind, Role role, uint32_t no) {
    x->made = true;
    x->rq = (LedgerRequest){.in = {.t_ms = x->now,
                                   .random = prng_next(&x->r),
                                   .kind = (uint8_t)kind,
                                   .role = (uint8_t)role,
                                   .actor = STR("officer 1"),
                                   .passage = no}};
    if (role == ROLE_TRADER) x->rq.in.actor = STR("trader 1");
    if (role == ROLE_DRIVER) x->rq.in.actor = STR("driver 1");
    return &x->rq.in;
}
static const Passage *pick(Ops *x) {
    const Passage *list[OPS_PASSAGES + 1], *p;
    uint32_t n = 0, at = 0;
    while ((at = gate_passages(x->g, at, &p)) != 0) list[n++] = p;
    return n ? list[below(x, chance(x, 60) ? MIN(n, 5) : n)] : NULL; // mostly the same few, so that they come to an end
}
static Declaration some_declaration(Ops *x) {
    static const char *const hs[] = {"081060", "847130", "847130", "030617", "270900", "940360"};
    static const uint8_t kinds[] = {CERT_PHYTO, CERT_ANIMAL, CERT_DANGEROUS};
    int serial = chance(x, 4) ? (int)below(x, (uint64_t)x->serial + 1) : ++x->serial;
    int64_t kg = 1000 + (int64_t)below(x, 24000);
    GoodsLine *l = arena_alloc(&x->keep, sizeof *l);
    Certificate *c = arena_alloc(&x->keep, 3 * sizeof *c);
    Str *seals = arena_alloc(&x->keep, sizeof *seals);
    CK_ASSERT(l && c && seals);
    for (int i = 0; i < 3; i++) c[i] = (Certificate){.kind = kinds[i], .number = STR("C-1")};
    seals[0] = STR("VN123456");
    *l = (GoodsLine){.hs = str_c(hs[below(x, ARRAY_LEN(hs))]),
                     .description = STR("fresh \"Ri6\" sầu riêng"),
                     .net_kg = kg,
                     .gross_kg = kg,
                     .growing_area = STR("VN-DLOR-0031"),
                     .packing_house = STR("VN-DLPH-007")};
    Declaration d = {.lrn = fmt(x, "LRN-%06d", serial),
                     .trader = STR("trader 1"),
                     .plate = fmt(x, "12C%05d", serial),
                     .vehicle_country = STR("VN"),
                     .driver_id = STR("driver 1"),
                     .direction = chance(x, 50) ? DIRECTION_EXPORT : DIRECTION_IMPORT,
                     .regime = REGIME_ORDINARY,
                     .mode = (uint8_t)(MODE_THROUGH + below(x, 4)),
                     .customs_no = fmt(x, "3065%08d", serial),
                     .tare_kg = 15000,
                     .seals = {seals, 1},
                     .certificates = {c, 3},
                     .goods = {l, 1}};
    if (chance(x, 25)) {
        d.mode = MODE_UNMANNED, d.plate = STR_EMPTY, d.tare_kg = 3900;
        d.container = fmt(x, "MSKU%07d", serial), d.container_type = STR("45G1");
    }
    if (chance(x, 50)) d.vehicle_country = STR("CN");
    if (d.mode != MODE_UNMANNED && chance(x, 10)) d.empty = true, d.goods.n = 0;
    if (chance(x, 25)) d.road = STR("tt");
    if (chance(x, 15)) d.slot = x->now + (int64_t)below(x, 20 * HOUR_MS);
    if (chance(x, 10)) d.destination = DESTINATION_YARD;
    if (chance(x, 5)) d.tare_kg = 0;
    if (chance(x, 20)) d.trader = STR_EMPTY; // the actor's own
    return d;
}
static void op_declare(Ops *x) {
    Declaration d = some_declaration(x);
    const Passage *first = chance(x, 20) ? pick(x) : NULL;
    if (first && first->kind <= KIND_TRUCK_IMPORT && d.mode != MODE_UNMANNED &&
        !first->linked) { // the way back of the same vehicle
        for (int s = 1; s <= x->serial; s++) {
            char plate[16];
            snprintf(plate, sizeof plate, "12C%05d", s);
            if (key_of(KEY_PLATE, str_c(plate)) == first->keys[PK_PLATE]) d.plate = fmt(x, "12C%05d", s);
        }
        d.direction = first->direction == DIRECTION_EXPORT ? DIRECTION_IMPORT : DIRECTION_EXPORT;
        d.two_way_of = first->no, d.vehicle_country = first->foreign ? STR("CN") : STR("VN");
    }
    make(x, IN_DECLARE, ROLE_TRADER, 0)->u.declare = d;
}
static void op_amend(Ops *x) {
    const Passage *p = pick(x);
    if (!p) return;
    for (int k = 0; k < 6 && !(p->held | p->rework); k++) p = pick(x);
    Declaration d = some_declaration(x);
    bool box = p->kind >= KIND_BOX_EXPORT;
    if (chance(x, 85))
        d.direction = p->direction, d.mode = box ? MODE_UNMANNED : d.mode == MODE_UNMANNED ? MODE_THROUGH : d.mode;
    if (d.mode == MODE_UNMANNED && !d.container.n) d.container = fmt(x, "MSKU%07d", ++x->serial), d.empty = false;
    if (d.mode != MODE_UNMANNED && !d.plate.n) d.plate = fmt(x, "12C%05d", ++x->serial);
    if (chance(x, 85)) d.road = p->road ? STR("tt") : STR("hn");
    make(x, IN_AMEND, ROLE_TRADER, p->no)->u.declare = d;
}
static void do_move(Ops *x, const Passage *p, Move move, Role role) {
    Input *in = make(x, IN_MOVE, role, p->no);
    in->u.move = (InMove){.move = (uint8_t)move, .lane = DYN_NONE, .yard = DYN_NONE};
    if (chance(x, 80)) in->u.move.reason = STR("by the test");
    if (chance(x, 8)) in->u.move.lane = (uint8_t)below(x, gate_site(x->g)->lanes);
    if (chance(x, 8)) in->u.move.yard = (uint8_t)below(x, gate_site(x->g)->yards);
    if (chance(x, 2)) in->u.move.plate = STR("99X99999");
}
static void op_move(Ops *x) { // any move, any role, mostly ones that the table knows
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
static void do_pay(Ops *x, const Passage *p) {
    int receipt = chance(x, 10) && x->receipt ? (int)below(x, (uint64_t)x->receipt) : ++x->receipt;
    make(x, IN_PAY, ROLE_BOARD, p->no)->u.pay = (InPay){
        .vnd = p->fee_vnd + (chance(x, 10) ? 1 : 0), .receipt = fmt(x, "R%06d", receipt), .method = STR("bank")};
}
static void do_decide(Ops *x, const Passage *p, uint8_t t, Role role, Outcome o) {
    static Str evidence[1] = {{"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", 64}};
    InDecide *d = &make(x, IN_DECIDE, role, p->no)->u.decide;
    *d = (InDecide){.task = t, .outcome = (uint8_t)o, .channel = (uint8_t)below(x, 4)};
    if (chance(x, 85)) d->reason = STR("by the \"test\"\n");
    if (chance(x, 85)) d->weight_kg = p->gross_kg + p->tare_kg + (int64_t)below(x, 800) - 300;
    if (chance(x, 10)) d->weight_kg += 3000;
    if (chance(x, 80)) d->plate = STR("桂F00001"), d->driver_id = STR("driver 2");
    if (chance(x, 20)) d->evidence = (StrList){evidence, 1};
}
static void op_decide(Ops *x) {
    const Passage *p = pick(x);
    if (!p) return;
    const Site *s = gate_site(x->g);
    uint32_t bits = chance(x, 70)   ? p->open | p->held
                    : chance(x, 50) ? p->granted
                                    : p->needed,
             skip = (uint32_t)below(x, 4);
    for (; skip && (bits & (bits - 1)); skip--) bits &= bits - 1;
    uint8_t t = bits ? (uint8_t)__builtin_ctz(bits) : (uint8_t)below(x, s->tasks);
    Role role = chance(x, 85) ? (Role)s->task[t].agency : (Role)below(x, ROLE_COUNT);
    do_decide(x, p, t, role,
              chance(x, 70)   ? OUTCOME_GRANT
              : chance(x, 60) ? OUTCOME_HOLD
              : chance(x, 70) ? OUTCOME_REWORK
                              : OUTCOME_REFUSE);
}
static void op_take(Ops *x) {
    const Passage *p = pick(x);
    if (!p || !(p->open | p->held)) return;
    uint8_t t = (uint8_t)__builtin_ctz(p->open | p->held);
    Input *in = make(x, IN_TAKE, (Role)gate_site(x->g)->task[t].agency, p->no);
    if (chance(x, 50)) in->actor = STR("officer 2");
    in->u.take.task = t;
}
static void op_help(Ops *x) { // what an honest gate would do next
    const Passage *p = pick(x);
    if (!p) return;
    uint32_t todo = p->open | p->held, wrongs = p->incidents & ~BIT(INCIDENT_EMBARGO);
    if (wrongs && chance(x, 60)) {
        InIncident i = {.incident = (uint8_t)__builtin_ctz(wrongs), .clear = true, .reason = STR("over")};
        make(x, IN_INCIDENT, ROLE_CENTRE, p->no)->u.incident = i;
        return;
    }
    if (p->expired && chance(x, 30)) {
        make(x, IN_RENEW, ROLE_TRADER, p->no)->u.reason.reason = STR("late");
        return;
    }
    if (p->refused || (p->incidents && chance(x, 20))) {
        do_move(x, p, MOVE_TURN_BACK, ROLE_BOARD);
        return;
    }
    if (todo && chance(x, 75)) {
        uint8_t t = (uint8_t)__builtin_ctz(todo);
        const SiteTask *st = &gate_site(x->g)->task[t];
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
static void op_mission(Ops *x, const Passage *p) {
    // the request outlives the kernel's memory: its texts are constants
    Str why = chance(x, 60) ? STR("by the test") : STR_EMPTY;
    InMission m = {.step = (uint8_t)below(x, MISSION_COUNT),
                   .vehicle = p->vehicle[0] && chance(x, 10) ? STR("IGV-2") : STR("IGV-1"),
                   .place = STR("P1"),
                   .reason = why};
    make(x, IN_MISSION, ROLE_DEVICE, p->no)->u.mission = m;
}
static void op_incident(Ops *x) {
    const Passage *p = pick(x);
    if (!p) return;
    if (p->kind >= KIND_BOX_EXPORT && chance(x, 60)) {
        op_mission(x, p);
        return;
    }
    InIncident i = {.incident = (uint8_t)(1 + below(x, INCIDENT_COUNT - 1)), .reason = STR("by the test")};
    if (p->incidents && chance(x, 80)) i.incident = (uint8_t)__builtin_ctz(p->incidents), i.clear = true;
    make(x, IN_INCIDENT, ROLE_CENTRE, p->no)->u.incident = i;
}
static void op_resource(Ops *x) {
    Str why = STR("by the test");
    const Site *s = gate_site(x->g);
    switch (below(x, 3)) {
    case 0:
        make(x, IN_LANE, ROLE_BOARD, 0)->u.lane = (InLane){.lane = (uint8_t)below(x, s->lanes),
                                                           .way = (uint8_t)below(x, 3),
                                                           .cause = CAUSE_STORM,
                                                           .open = chance(x, 80),
                                                           .reason = why};
        break;
    case 1:
        make(x, IN_ROAD, ROLE_BOARD, 0)->u.road = (InRoad){.road = (uint8_t)below(x, s->roads),
                                                           .cause = CAUSE_OTHER_SIDE,
                                                           .open = chance(x, 80),
                                                           .until = x->now + HOUR_MS,
                                                           .reason = why};
        break;
    default:
        make(x, IN_YARD, ROLE_BOARD, 0)->u.yard =
            (InYard){.yard = (uint8_t)below(x, s->yards), .places = (uint32_t)below(x, 6), .reason = why};
    }
}
static void op_rules(Ops *x) {
    if (chance(x, 50)) {
        make(x, IN_QUOTA, ROLE_BOARD, 0)->u.quota = (Quota){.id = STR("q2"),
                                                            .road = STR("hn"),
                                                            .reason = STR("feast"),
                                                            .releases = (uint32_t)below(x, 6),
                                                            .window_min = 30,
                                                            .to_ms = x->now + 2 * HOUR_MS};
        return;
    }
    Embargo *e = arena_alloc(&x->keep, sizeof *e);
    CK_ASSERT(e != NULL);
    *e = (Embargo){.id = fmt(x, "em%d", (int)below(x, 3)),
                   .basis = STR("notice"),
                   .reason = STR("feast"),
                   .hs = chance(x, 50) ? STR("0801-0810") : STR("84")};
    e->from_ms = chance(x, 50) ? 0 : x->now + (int64_t)below(x, 10 * HOUR_MS);
    e->to_ms = chance(x, 80) ? x->now + 5 * HOUR_MS + (int64_t)below(x, 10 * HOUR_MS) : 0;
    make(x, IN_EMBARGO, ROLE_BOARD, 0)->u.embargo = (InEmbargo){.embargo = e, .lift = chance(x, 75)};
}
static void op_paper(Ops *x) { // renew, slot, shift
    const Passage *p = pick(x);
    if (!p) return;
    if (chance(x, 40)) {
        make(x, IN_RENEW, ROLE_TRADER, p->no)->u.reason.reason = STR("by the test");
    } else if (chance(x, 60)) {
        InQueueShift q = {.earlier = chance(x, 50), .minutes = (uint32_t)below(x, 300), .reason = STR("by the test")};
        make(x, IN_QUEUE_SHIFT, ROLE_BOARD, p->no)->u.queue_shift = q;
    } else {
        InSlot s = {.slot = chance(x, 30) ? 0 : x->now + (int64_t)below(x, 10 * HOUR_MS), .reason = STR("by the test")};
        make(x, IN_SLOT, ROLE_TRADER, p->no)->u.slot = s;
    }
}
typedef struct {
    uint64_t id[64];
    uint32_t n;
} Waiting;
static bool one_effect(void *ctx, const StoreEffect *e) {
    Waiting *w = ctx;
    w->id[w->n++] = e->id;
    return w->n < ARRAY_LEN(w->id);
}
static void op_effect(Ops *x) {
    Waiting w = {.n = 0};
    if (store_each_effect(x->store, 0, 64, STR_EMPTY, one_effect, &w) != OK || !w.n) return;
    InEffectDone d = {.effect = (int64_t)w.id[below(x, w.n)],
                      .failed = chance(x, 15),
                      .note = chance(x, 20) ? STR("seen by the camera") : STR_EMPTY};
    if (chance(x, 5)) d.effect = 7; // nobody's
    make(x, IN_EFFECT_DONE, ROLE_DEVICE, 0)->u.effect_done = d;
}
static void op_alarm(Ops *x) {
    const Passage *p = pick(x);
    uint32_t no = p && p->alarms && chance(x, 80) ? p->no : 0;
    Input *in = make(x, IN_ALARM_ACK, ROLE_CENTRE, no);
    in->u.alarm_ack = (InAlarmAck){.alarm = no ? (uint8_t)__builtin_ctz(p->alarms) : ALARM_CLOCK, .note = STR("seen")};
    if (chance(x, 40)) in->t_ms -= 2 * HOUR_MS; // a clock that goes backwards
}
static void op_link(Ops *x) { // steps of the link to the other side, as src/peer hands them in
    static const char *const state[] = {"offered", "agreed", "away", "closed"};
    const Passage *p = pick(x);
    char key[24], body[96];
    int n = snprintf(key, sizeof key, "vn-hn-%u", 1 + (unsigned)below(x, 9));
    Input *in = make(x, IN_LINK, chance(x, 50) ? ROLE_PEER : ROLE_YARD, p ? p->no : 0);
    InLink *k = &in->u.link;
    k->handover = arena_str(&x->keep, (Str){key, (size_t)n});
    k->item_kind = STR("truck"), k->item = chance(x, 50) ? STR("12C12345") : STR("12C54321");
    k->role = STR("giver"), k->state = str_c(state[below(x, 4)]);
    n = snprintf(body, sizeof body, "{\"handover\":\"%s\",\"place\":%u}", key, 1 + (unsigned)below(x, 9));
    k->record = k->holding = arena_str(&x->keep, (Str){body, (size_t)n});
    k->position = arena_str(&x->keep, (Str){body, (size_t)n});
    k->message = STR("ACCEPT"), k->heard = STR("{\"key\":\"a\"}\n{\"seq\":1}"), k->signature = STR("00ff");
    k->out_seq = (int64_t)x->keys + 1, k->out = k->heard, k->acked = chance(x, 30) ? (int64_t)x->keys : 0;
    k->left = chance(x, 20), k->alarm = chance(x, 20);
    if (chance(x, 20)) k->gone = STR("vn-hn-3"), k->reason = STR("gap");
    if (k->left) k->holding = STR_EMPTY;
}
typedef void OpFn(Ops *x);
static OpFn *const op_fn[] = {
    op_help,    op_help,    op_help,     op_help,     op_help,   op_help,  op_help,   op_help,   op_help,
    op_help,    op_help,    op_help,     op_help,     op_help,   op_help,  op_help,   op_help,   op_help,
    op_help,    op_help,    op_help,     op_help,     op_help,   op_help,  op_help,   op_help,   op_help,
    op_declare, op_declare, op_declare,  op_decide,   op_decide, op_move,  op_effect, op_effect, op_amend,
    op_take,    op_paper,   op_incident, op_resource, op_rules,  op_alarm, op_link};
void ops_init(Ops *x, uint64_t seed) {
    *x = (Ops){.r = {seed}, .now = OPS_START};
    arena_init(&x->keep, 512u << 20);
}
void ops_deinit(Ops *x) {
    arena_deinit(&x->keep);
}
void ops_key(Ops *x, LedgerRequest *rq) {
    char key[32];
    Prng h = {x->keys * 77 + 1};
    int n = snprintf(key, sizeof key, "k-%llu", (unsigned long long)x->keys++);
    rq->idem = arena_str(&x->keep, (Str){key, (size_t)n});
    for (int i = 0; i < STORE_HASH_LEN; i++) rq->body_hash[i] = (uint8_t)prng_next(&h);
}
bool ops_next(Ops *x, const Gate *g, Store *s, LedgerRequest *ret) {
    x->g = g, x->store = s, x->made = false;
    x->now += (int64_t)below(x, 20000);
    op_fn[below(x, ARRAY_LEN(op_fn))](x);
    if (!x->made) return false;
    ops_key(x, &x->rq);
    *ret = x->rq;
    return true;
}
LedgerRequest ops_tick(Ops *x, const Gate *g) {
    int64_t due = gate_next_deadline(g);
    if (chance(x, 50) && due != TIME_NEVER && due < x->now + 30 * HOUR_MS)
        x->now = MAX(x->now, due);
    else
        x->now += chance(x, 80) ? (int64_t)below(x, 20 * MINUTE_MS) : (int64_t)below(x, 9 * HOUR_MS);
    return (LedgerRequest){
        .in = {.t_ms = x->now, .random = prng_next(&x->r), .kind = IN_TICK, .role = ROLE_SYSTEM, .actor = STR("gate")}};
}

// ---- journals in a folder
void home_make(Home *h) {
    snprintf(h->dir, sizeof h->dir, "ledger-test-XXXXXX");
    assert_non_null(mkdtemp(h->dir));
    snprintf(h->path, sizeof h->path, "%s/gate.db", h->dir);
}
void home_remove(Home *h) {
    static const char *const ends[] = {"", "-wal", "-shm", "-journal", ".lock"};
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        char name[128];
        snprintf(name, sizeof name, "%s%s", h->path, ends[i]);
        unlink(name);
    }
    assert_int_equal(rmdir(h->dir), 0);
}
Ledger *home_open(const Home *h, uint32_t snapshot_every) {
    Ledger *l = NULL;
    LedgerOpts o = {.store = {.path = h->path}, .limits = {OPS_PASSAGES}, .snapshot_every = snapshot_every};
    assert_ok(ledger_open(&o, &l));
    return l;
}
Err ledger_adopt(Ledger *l, int site, int64_t t_ms, SiteReply *ret) {
    Arena a;
    SiteReply *reply = calloc(1, sizeof *reply);
    CK_ASSERT(reply != NULL);
    arena_init(&a, 64u << 20);
    Err e = ledger_adopt_site(l, ops_site(site), t_ms, &a, reply);
    for (uint32_t i = 0; i < reply->problems; i++)
        fprintf(stderr, STR_F ": " STR_F "\n", STR_A(reply->problem[i].where), STR_A(reply->problem[i].what));
    if (ret) *ret = *reply;
    free(reply);
    arena_deinit(&a);
    return e;
}

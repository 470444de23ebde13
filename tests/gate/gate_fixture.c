#include "gate_fixture.h"
#include "app/app.h"

bool refuse_seen[REFUSE_COUNT];

Str bundle_of(Arena *a, const char *site, const char *phase, bool demo_tariff) {
    char dir[1024];
    Str bundle = STR_EMPTY, what = STR_EMPTY;
    snprintf(dir, sizeof dir, "%s/%s", CK_SITES_DIR, site);
    Err e = app_site_bundle(dir, phase, demo_tariff ? CK_SITES_DIR "/demo/tariff.json" : NULL, a, &bundle, &what);
    if (e) print_message(STR_F "\n", STR_A(what));
    assert_int_equal(e, OK);
    return bundle;
}
Err site_from(World *w, Str bundle, Site **ret, SiteReply *reply) {
    *reply = (SiteReply){0};
    return ledger_site_new(&w->sites, bundle, ret, reply);
}
void world_adopt(World *w, Str bundle) {
    SiteReply reply;
    Site *site = NULL;
    Err e = site_from(w, bundle, &site, &reply);
    for (uint32_t i = 0; i < reply.problems; i++)
        print_message(STR_F ": " STR_F "\n", STR_A(reply.problem[i].where), STR_A(reply.problem[i].what));
    assert_int_equal(e, OK);
    Input in = input(w, IN_SITE, ROLE_SYSTEM, 0);
    in.u.site = (InSite){.bundle = site->json, .site = site};
    if (run(w, in) == REFUSE_REASON_NONE) w->site = site;
}
World *world_new(const char *site, const char *phase, uint32_t passages_max) {
    World *w = calloc(1, sizeof *w);
    assert_non_null(w);
    arena_init(&w->a, 64u << 20);
    arena_init(&w->keep, 64u << 20);
    w->now = START;
    GateLimits limits = {.passages_max = passages_max};
    w->memory = aligned_alloc(64, gate_size(limits));
    assert_non_null(w->memory);
    w->g = gate_init(w->memory, limits);
    w->bundle = bundle_of(&w->keep, site, phase, true);
    world_adopt(w, w->bundle);
    return w;
}
void world_free(World *w) {
    ledger_sites_free(&w->sites);
    arena_deinit(&w->a);
    arena_deinit(&w->keep);
    free(w->memory);
    free(w);
}

static void sink(void *ctx, const Gate *g, const Event *e, bool after) {
    World *w = ctx;
    (void)g;
    if (w->watch) w->watch(w, e, after);
    if (!after) return;
    assert_true(w->n < WORLD_EVENTS_MAX);
    w->ev[w->n++] = *e;
    if (e->kind != EV_REFUSED) return;
    w->finding = e->u.refused.findings.items;
    w->findings = e->u.refused.findings.n;
    for (uint32_t i = 0; i < w->findings; i++) refuse_seen[w->finding[i].code] = true;
}
Refuse run(World *w, Input in) {
    arena_reset(&w->a);
    w->n = w->findings = 0;
    if (w->before) w->before(w, &in);
    gate_apply(w->g, &in, &w->a, sink, w);
    for (uint32_t i = 0; i < w->n; i++)
        if (w->ev[i].kind == EV_TASK_DECIDED && w->ev[i].u.decided.code) refuse_seen[w->ev[i].u.decided.code] = true;
    return w->findings ? (Refuse)w->finding[0].code : REFUSE_REASON_NONE;
}
Input input(const World *w, InputKind kind, Role role, uint32_t no) {
    Input in = {.t_ms = w->now,
                .random = w->random,
                .kind = (uint8_t)kind,
                .role = (uint8_t)role,
                .actor = STR("officer 1"),
                .passage = no};
    if (role == ROLE_TRADER) in.actor = STR("trader 1");
    if (role == ROLE_DRIVER) in.actor = STR("driver 1");
    return in;
}
Refuse refused_rule(const World *w, const char *rule) {
    for (uint32_t i = 0; i < w->findings; i++)
        if (str_eq_c(w->finding[i].rule, rule)) return (Refuse)w->finding[i].code;
    return REFUSE_REASON_NONE;
}
bool refused_with(const World *w, Refuse code) {
    for (uint32_t i = 0; i < w->findings; i++)
        if (w->finding[i].code == code) return true;
    return false;
}
const Event *event_of(const World *w, EventKind kind, uint32_t no) {
    for (uint32_t i = 0; i < w->n; i++)
        if (w->ev[i].kind == kind && (!no || w->ev[i].passage == no)) return &w->ev[i];
    return NULL;
}
uint32_t events_of(const World *w, EventKind kind) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++) n += w->ev[i].kind == kind;
    return n;
}

const char *task_id(World *w, uint8_t t) {
    const char *id = arena_cstr(&w->keep, w->site->task[t].id);
    assert_non_null(id);
    return id;
}
uint8_t task(const World *w, const char *id) {
    uint8_t t = site_find(w->site, DYN_TASK, str_c(id));
    assert_int_not_equal(t, DYN_NONE);
    return t;
}
const Passage *passage(const World *w, uint32_t no) {
    const Passage *p = gate_find(w->g, no);
    assert_non_null(p);
    return p;
}
static Input move_input(const World *w, Role role, uint32_t no, Move move) {
    Input in = input(w, IN_MOVE, role, no);
    in.u.move = (InMove){.move = (uint8_t)move, .lane = DYN_NONE, .yard = DYN_NONE, .reason = STR("by the test")};
    return in;
}
Refuse move_by(World *w, Role role, uint32_t no, Move move) {
    return run(w, move_input(w, role, no, move));
}
void go(World *w, Role role, uint32_t no, Move move) {
    w->now += SECOND_MS;
    Refuse r = move_by(w, role, no, move);
    for (uint32_t i = 0; r && i < w->findings; i++)
        print_message("%s: %s " STR_F "\n", Move_names.names[move], Refuse_names.names[w->finding[i].code],
                      STR_A(w->finding[i].rule));
    assert_int_equal(r, REFUSE_REASON_NONE);
}
static Input decide_input(const World *w, Role role, uint32_t no, const char *id, Outcome o) {
    Input in = input(w, IN_DECIDE, role, no);
    const Passage *p = passage(w, no);
    in.u.decide = (InDecide){.task = task(w, id), .outcome = (uint8_t)o};
    if (o != OUTCOME_GRANT) in.u.decide.reason = STR("by the test");
    uint8_t kind = w->site->task[in.u.decide.task].kind;
    if (o == OUTCOME_GRANT && kind == TASK_WEIGH) in.u.decide.weight_kg = p->gross_kg + p->tare_kg;
    if (o == OUTCOME_GRANT && kind == TASK_CHANNEL) in.u.decide.channel = CHANNEL_GREEN;
    if (o == OUTCOME_GRANT && kind == TASK_TRANSFER)
        in.u.decide.plate = STR("桂F99999"), in.u.decide.driver_id = STR("driver 2");
    return in;
}
Refuse decide_by(World *w, Role role, uint32_t no, const char *id, Outcome o) {
    return run(w, decide_input(w, role, no, id, o));
}
void grant(World *w, uint32_t no, const char *id) {
    Refuse r = decide_by(w, (Role)w->site->task[task(w, id)].agency, no, id, OUTCOME_GRANT);
    if (r) print_message("%s: %s\n", id, Refuse_names.names[r]);
    assert_int_equal(r, REFUSE_REASON_NONE);
    assert_true(passage(w, no)->granted & BIT(task(w, id)));
}
Refuse weigh_by(World *w, Role role, uint32_t no, int64_t kg) {
    Input in = decide_input(w, role, no, "weight", OUTCOME_GRANT);
    in.u.decide.weight_kg = kg;
    return run(w, in);
}
Refuse pay(World *w, uint32_t no, const char *receipt) {
    Input in = input(w, IN_PAY, ROLE_BOARD, no);
    in.u.pay = (InPay){.vnd = passage(w, no)->fee_vnd, .receipt = str_c(receipt), .method = STR("transfer")};
    return run(w, in);
}
Refuse tick(World *w, int64_t t_ms) {
    w->now = t_ms;
    return run(w, input(w, IN_TICK, ROLE_SYSTEM, 0));
}
uint32_t declare(World *w, const Declaration *d) {
    Input in = input(w, IN_DECLARE, ROLE_TRADER, 0);
    in.u.declare = *d;
    return run(w, in) ? 0 : gate_last_no(w->g);
}
uint32_t declared(World *w, const Declaration *d) {
    uint32_t no = declare(w, d);
    for (uint32_t i = 0; !no && i < w->findings; i++)
        print_message("%s " STR_F "\n", Refuse_names.names[w->finding[i].code], STR_A(w->finding[i].field));
    assert_int_not_equal(no, 0);
    return no;
}

Str fmt(World *w, const char *f, int serial) {
    char t[64];
    int n = snprintf(t, sizeof t, f, serial);
    return arena_str(&w->keep, (Str){t, (size_t)n});
}
static Declaration basic(World *w, int serial, Direction direction, const char *hs, int64_t kg) {
    GoodsLine *l = arena_alloc(&w->keep, sizeof *l);
    Certificate *c = arena_alloc(&w->keep, sizeof *c);
    Str *seals = arena_alloc(&w->keep, sizeof *seals);
    assert_true(l && c && seals);
    seals[0] = STR("VN123456");
    *l = (GoodsLine){.hs = str_c(hs),
                     .net_kg = kg - kg / 20,
                     .gross_kg = kg,
                     .growing_area = STR("VN-DLOR-0031"),
                     .packing_house = STR("VN-DLPH-007")};
    *c = (Certificate){.kind = CERT_PHYTO, .number = STR("PC-1"), .valid_until = 0};
    return (Declaration){.lrn = fmt(w, "LRN-%06d", serial),
                         .trader = STR("trader 1"),
                         .plate = fmt(w, "12C%05d", serial),
                         .vehicle_country = STR("VN"),
                         .driver_id = STR("driver 1"),
                         .direction = (uint8_t)direction,
                         .mode = MODE_THROUGH,
                         .regime = REGIME_ORDINARY,
                         .customs_no = fmt(w, "3065%08d", serial),
                         .tare_kg = 15000,
                         .seals = {seals, 1},
                         .certificates = {c, 1},
                         .goods = {l, 1}};
}
Declaration durian(World *w, int serial) {
    return basic(w, serial, DIRECTION_EXPORT, "081060", 20000);
}
Declaration machines(World *w, int serial, Direction direction) {
    return basic(w, serial, direction, "847130", 12000);
}
Declaration box(World *w, int serial, Direction direction) {
    Declaration d = basic(w, serial, direction, "847130", 20000);
    d.mode = MODE_UNMANNED, d.plate = STR_EMPTY, d.tare_kg = 3900;
    d.container = fmt(w, "MSKU%07d", serial), d.container_type = STR("45G1");
    return d;
}

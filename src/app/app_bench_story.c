// One passage after another for the benchmarks: a truck with fruit going out, a truck with machinery coming in, every step of every agency.
#include "app_bench.h"

static Str fmt(Arena *a, const char *f, unsigned long long n) {
    char t[64];
    int len = snprintf(t, sizeof t, f, n);
    return arena_str(a, (Str){t, (size_t)len});
}
typedef struct {
    const Site *s;
    Input *in;
    uint32_t n, no;
    int64_t t_ms;
} Story;
static Input *add(Story *st, InputKind kind, Role role, const char *actor) {
    CK_ASSERT(st->n < STORY_MAX);
    Input *in = &st->in[st->n++];
    memset(in, 0, sizeof *in);
    in->kind = (uint8_t)kind, in->role = (uint8_t)role, in->actor = str_c(actor), in->t_ms = st->t_ms++;
    if (kind != IN_DECLARE) in->passage = st->no;
    return in;
}
static void move(Story *st, Role role, Move m) {
    add(st, IN_MOVE, role, "m1")->u.move = (InMove){.move = (uint8_t)m, .lane = DYN_NONE, .yard = DYN_NONE};
}
static void grant(Story *st, Role role, const char *task, int64_t kg, Channel channel) {
    InDecide d = {.task = site_find(st->s, DYN_TASK, str_c(task)), .outcome = OUTCOME_GRANT, .weight_kg = kg, .channel = (uint8_t)channel};
    add(st, IN_DECIDE, role, "o1")->u.decide = d;
}
static void declare(Story *st, Arena *a, bool import) {
    Declaration *d = &add(st, IN_DECLARE, ROLE_TRADER, "trader-1")->u.declare;
    GoodsLine *l = arena_alloc(a, 2 * sizeof *l);
    Certificate *c = arena_alloc(a, sizeof *c);
    Str *seals = arena_alloc(a, sizeof *seals);
    CK_ASSERT(l && c && seals);
    unsigned long long no = st->no;
    seals[0] = fmt(a, "SL%09llu", no);
    *c = (Certificate){.kind = CERT_PHYTO, .number = fmt(a, "PQ-%010llu", no)};
    for (int i = 0; i < 2; i++)
        l[i] = (GoodsLine){.hs = import ? STR("84713020") : STR("08106000"), .description = import ? STR("laptop computers") : STR("fresh durian, whole"),
                           .origin = import ? STR("CN") : STR("VN"), .currency = STR("VND"), .net_kg = 8000, .gross_kg = 8500,
                           .value = 650000000, .packages = 400, .growing_area = fmt(a, "VN-LSOR-%04llu", no % 9999),
                           .packing_house = fmt(a, "VN-LSPH-%03llu", no % 999)};
    *d = (Declaration){.lrn = fmt(a, "LRN-%08llu", no), .direction = import ? DIRECTION_IMPORT : DIRECTION_EXPORT, .mode = MODE_THROUGH,
                       .regime = REGIME_ORDINARY, .plate = fmt(a, import ? "桂F%05llu" : "12C%05llu", no % 100000),
                       .trailer = fmt(a, import ? "桂F%04llu挂" : "12R%05llu", no % (import ? 10000 : 100000)),
                       .vehicle_country = import ? STR("CN") : STR("VN"), .driver_id = fmt(a, "B%07llu", no),
                       .driver_name = STR("Nguyễn Văn An"), .driver_country = STR("VN"), .customs_no = fmt(a, "%012llu", 307000000000ull + no),
                       .tare_kg = 15500, .seals = {seals, 1}, .certificates = {c, 1}, .goods = {l, 2}};
}
uint32_t bench_story(const Site *s, Arena *a, uint32_t no, bool import, int64_t t_ms, Input ret[STORY_MAX]) {
    Story st = {.s = s, .in = ret, .no = no, .t_ms = t_ms};
    declare(&st, a, import);
    if (import) {
        move(&st, ROLE_PEER, MOVE_PEER_EXIT), move(&st, ROLE_GUARD, MOVE_ENTER);
        grant(&st, ROLE_GUARD, "entry_check", 0, CHANNEL_NONE), grant(&st, ROLE_HEALTH, "disinfection", 0, CHANNEL_NONE);
        move(&st, ROLE_YARD, MOVE_YARD_IN);
    } else {
        move(&st, ROLE_DRIVER, MOVE_DEPART), move(&st, ROLE_YARD, MOVE_ARRIVE), move(&st, ROLE_YARD, MOVE_GATE_IN);
        st.in[1].role = ROLE_BOARD;
    }
    grant(&st, ROLE_YARD, "weight", 15500 + 17000 + no % 200, CHANNEL_NONE);
    if (!import) grant(&st, ROLE_HEALTH, "health", 0, CHANNEL_NONE), grant(&st, ROLE_PLANT, "plant", 0, CHANNEL_NONE);
    grant(&st, ROLE_CUSTOMS, "channel", 0, CHANNEL_GREEN);
    add(&st, IN_TAKE, ROLE_CUSTOMS, "o1")->u.take.task = site_find(s, DYN_TASK, STR("release"));
    grant(&st, ROLE_CUSTOMS, "release", 0, CHANNEL_NONE);
    while (str_hash(ret[0].random + site_find(s, DYN_TASK, STR("plant_sample")), (Str){(const char *)&no, sizeof no}) % 1000 < 20)
        ret[0].random++; // the draw that spares it the sampling
    int64_t fee = import ? 780000 : 300000; // sites/demo/tariff.json, 10 to 18 t
    add(&st, IN_PAY, ROLE_BOARD, "cash-1")->u.pay = (InPay){.vnd = fee, .receipt = fmt(a, "R%010llu", no), .method = STR("bank")};
    if (import) {
        move(&st, ROLE_CUSTOMS, MOVE_YARD_OUT), move(&st, ROLE_GUARD, MOVE_RETURN);
        return st.n;
    }
    grant(&st, ROLE_GUARD, "border_guard", 0, CHANNEL_NONE);
    move(&st, ROLE_YARD, MOVE_LINE_UP), move(&st, ROLE_GUARD, MOVE_CROSS_OUT), move(&st, ROLE_PEER, MOVE_PEER_RECEIVE);
    move(&st, ROLE_PEER, MOVE_DELIVER), move(&st, ROLE_GUARD, MOVE_RETURN);
    return st.n;
}

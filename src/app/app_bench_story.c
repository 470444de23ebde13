// One passage after another for the benchmarks: a truck with fruit going out, a truck with machinery coming in, every
// step of every agency.
#include "app_bench.h"

static Str fmt(Arena *a, const char *f, unsigned long long n) {
    char t[64];
    int len = snprintf(t, sizeof t, f, n);
    return arena_str(a, (Str){t, (size_t)len});
}
static Str trailer_cn(Arena *a, unsigned long long no) {
    char t[32];
    int len = snprintf(t, sizeof t, "桂%c%04llu挂", "ABCDEFGHJK"[no / 10000 % 10], no % 10000);
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
    InDecide d = {.task = site_find(st->s, DYN_TASK, str_c(task)),
                  .outcome = OUTCOME_GRANT,
                  .weight_kg = kg,
                  .channel = (uint8_t)channel};
    add(st, IN_DECIDE, role, "o1")->u.decide = d;
}
static Str container_no(Arena *a, unsigned long long no) { // ISO 6346: owner TEX, category U, serial, check digit
    static const int letters[] = {31, 15, 36, 32};         // T E X U: values from 10 on without the multiples of 11
    char t[16];
    int sum = 0, n = snprintf(t, sizeof t, "TEXU%06llu", no % 1000000);
    for (int i = 0; i < n; i++) sum += (i < 4 ? letters[i] : t[i] - '0') << i;
    t[n] = (char)('0' + sum % 11 % 10);
    return arena_str(a, (Str){t, (size_t)n + 1});
}
static void fill_goods(Arena *a, GoodsLine *l, uint32_t n, bool import, unsigned long long no) {
    static const char *const hs_out[] = {"08106000", "08109050", "08045020"}, *const hs_in[] = {"84713020", "84733090",
                                                                                                "85176221"};
    static const char *const what_out[] = {"fresh durian, whole, Ri6", "fresh jackfruit", "fresh mangoes"},
                             *const what_in[] = {"laptop computers 14 inch", "parts of computers", "wireless routers"};
    for (uint32_t i = 0; i < n; i++)
        l[i] = (GoodsLine){.hs = str_c((import ? hs_in : hs_out)[i]),
                           .description = str_c((import ? what_in : what_out)[i]),
                           .origin = import ? STR("CN") : STR("VN"),
                           .currency = STR("VND"),
                           .net_kg = 5400,
                           .gross_kg = 5700,
                           .value = 450000000 + (int64_t)i * 1000000,
                           .packages = 300 + i,
                           .growing_area = fmt(a, "VN-LSOR-%04llu", no % 9999),
                           .packing_house = fmt(a, "VN-LSPH-%03llu", no % 999)};
}
static void declare(Story *st, Arena *a, bool import) {
    Declaration *d = &add(st, IN_DECLARE, ROLE_TRADER, "trader-1")->u.declare;
    GoodsLine *l = arena_alloc(a, 3 * sizeof *l);
    Certificate *c = arena_alloc(a, 2 * sizeof *c);
    Str *seals = arena_alloc(a, 2 * sizeof *seals);
    CK_ASSERT(l && c && seals);
    unsigned long long no = st->no;
    fill_goods(a, l, 3, import, no);
    seals[0] = fmt(a, "SLVN%09llu", no), seals[1] = fmt(a, "HQ%08llu", no);
    c[0] = (Certificate){.kind = CERT_PHYTO, .number = fmt(a, "PQ-26-%010llu", no), .valid_until = 1830000000000};
    c[1] = (Certificate){.kind = CERT_ORIGIN, .number = fmt(a, "CO-E-%08llu", no), .valid_until = 1830000000000};
    *d = (Declaration){.lrn = fmt(a, "LRN-%08llu", no),
                       .direction = import ? DIRECTION_IMPORT : DIRECTION_EXPORT,
                       .mode = MODE_THROUGH,
                       .regime = REGIME_ORDINARY,
                       .destination = DESTINATION_INLAND,
                       .plate = fmt(a, import ? "桂F%05llu" : "12C%05llu", no % 100000),
                       .trailer = import ? trailer_cn(a, no) : fmt(a, "12R%05llu", no % 100000),
                       .vehicle_country = import ? STR("CN") : STR("VN"),
                       .driver_id = fmt(a, "B%07llu", no),
                       .driver_name = STR("Nguyễn Văn An"),
                       .driver_country = import ? STR("CN") : STR("VN"),
                       .customs_no = fmt(a, "%012llu", 307000000000ull + no),
                       .channel = CHANNEL_GREEN,
                       .container = container_no(a, no),
                       .container_type = STR("22G1"),
                       .tare_kg = 15500,
                       .seals = {seals, 2},
                       .certificates = {c, 2},
                       .goods = {l, 3}};
}
uint32_t bench_story(const Site *s, Arena *a, uint32_t no, bool import, int64_t t_ms, Input ret[STORY_MAX]) {
    Story st = {.s = s, .in = ret, .no = no, .t_ms = t_ms};
    declare(&st, a, import);
    if (import) {
        move(&st, ROLE_PEER, MOVE_PEER_EXIT), move(&st, ROLE_GUARD, MOVE_ENTER);
        grant(&st, ROLE_GUARD, "entry_check", 0, CHANNEL_NONE),
            grant(&st, ROLE_HEALTH, "disinfection", 0, CHANNEL_NONE);
        move(&st, ROLE_YARD, MOVE_YARD_IN);
    } else {
        move(&st, ROLE_DRIVER, MOVE_DEPART), move(&st, ROLE_YARD, MOVE_ARRIVE), move(&st, ROLE_YARD, MOVE_GATE_IN);
        st.in[1].role = ROLE_BOARD;
    }
    grant(&st, ROLE_YARD, "weight", 15500 + 17100 + no % 200, CHANNEL_NONE);
    if (!import) grant(&st, ROLE_HEALTH, "health", 0, CHANNEL_NONE), grant(&st, ROLE_PLANT, "plant", 0, CHANNEL_NONE);
    grant(&st, ROLE_CUSTOMS, "channel", 0, CHANNEL_GREEN);
    add(&st, IN_TAKE, ROLE_CUSTOMS, "o1")->u.take.task = site_find(s, DYN_TASK, STR("release"));
    grant(&st, ROLE_CUSTOMS, "release", 0, CHANNEL_NONE);
    while (str_hash(ret[0].random + site_find(s, DYN_TASK, STR("plant_sample")), (Str){(const char *)&no, sizeof no}) %
               1000 <
           20)
        ret[0].random++;                     // the draw that spares it the sampling
    int64_t fee = import ? 1560000 : 600000; // sites/demo/tariff.json, 20-foot container, import inland 130 %
    add(&st, IN_PAY, ROLE_BOARD, "cash-1")->u.pay =
        (InPay){.vnd = fee, .receipt = fmt(a, "R%010llu", no), .method = STR("bank")};
    if (import) {
        move(&st, ROLE_CUSTOMS, MOVE_YARD_OUT), move(&st, ROLE_GUARD, MOVE_RETURN);
        return st.n;
    }
    grant(&st, ROLE_GUARD, "border_guard", 0, CHANNEL_NONE);
    move(&st, ROLE_YARD, MOVE_LINE_UP), move(&st, ROLE_GUARD, MOVE_CROSS_OUT), move(&st, ROLE_PEER, MOVE_PEER_RECEIVE);
    move(&st, ROLE_PEER, MOVE_DELIVER), move(&st, ROLE_GUARD, MOVE_RETURN);
    return st.n;
}

// Who comes: arrivals at the border as a non-homogeneous Poisson process a flow, each truck drawn from its own stream,
// so that the same trucks come whatever the lay-out (common random numbers).
#include "twin_internal.h"

#define STREAM_FLOW  16   // + flow: the arrivals
#define STREAM_TRUCK 48   // + flow: what each is like
#define STREAM_DELAY 8192 // + what: how long it takes to pay, to mend, to try again; beyond the streams of the works

// ---- arrivals: the time at which the integrated rate has grown by an exponential of mean one
static double rate_at(const Twin *w, const Flow *f, int64_t t_ms, int64_t *ret_until) {
    int64_t l = t_ms + w->c.doc->params->utc_offset_min * MINUTE_MS, days = l / DAY_MS;
    char iso[ISO8601_LEN + 1];
    iso8601_format(l, iso);
    int month = (iso[5] - '0') * 10 + iso[6] - '0';
    *ret_until = t_ms + HOUR_MS - l % HOUR_MS;
    return f->per_ms[l / HOUR_MS % 24] * f->weekday[(days + 3) % 7] * f->month[month - 1]; // day 0 was a Thursday
}
#define FAR_MS (400 * DAY_MS)
static int64_t next_arrival(const Twin *w, const Flow *f, int64_t from_ms, DesStream *s) {
    double need = des_exp(s);
    int64_t t = from_ms, until;
    while (t < from_ms + FAR_MS) {
        double rate = rate_at(w, f, t, &until);
        if (rate * (double)(until - t) >= need) return t + (int64_t)(need / rate);
        need -= rate * (double)(until - t);
        t = until;
    }
    return TIME_NEVER;
}

// ---- one truck
static uint32_t pick(uint64_t draw, const uint32_t *share, uint32_t n) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++) sum += share[i];
    uint64_t at = sum ? draw % sum : 0;
    for (uint32_t i = 0; i < n; i++) {
        if (at < share[i]) return i;
        at -= share[i];
    }
    return 0;
}
static uint32_t season(const TwinCargo *k, int month) {
    uint32_t permille = 1000;
    const TwinPiece *p = k->months.items;
    for (uint32_t i = 0; i < k->months.n; i++)
        if (month >= (int)p[i].from && month <= (int)p[i].to) permille = p[i].permille;
    return k->permille * permille;
}
static uint8_t draw_cargo(const Twin *w, const Flow *f, int64_t at_ms, uint64_t draw) {
    uint32_t share[TWIN_CARGO_MAX];
    const TwinCargo *all = w->c.doc->cargo.items;
    char iso[ISO8601_LEN + 1];
    iso8601_format(at_ms, iso);
    for (uint32_t i = 0; i < f->cargo_n; i++) share[i] = season(&all[f->cargo[i]], (iso[5] - '0') * 10 + iso[6] - '0');
    return (uint8_t)f->cargo[pick(draw, share, f->cargo_n)];
}
static bool chance(DesStream *s, uint32_t permille) {
    return des_below(s, 1000) < permille;
}
static void draw_rest(const TwinFlow *f, DesStream *s, TruckPlan *p) {
    uint32_t channel = des_below(s, 1000);
    p->channel = channel < f->green_permille                        ? CHANNEL_GREEN
                 : channel < f->green_permille + f->yellow_permille ? CHANNEL_YELLOW
                                                                    : CHANNEL_RED;
    p->foreign = chance(s, f->foreign_permille), p->empty = chance(s, f->empty_permille);
    p->to_yard = chance(s, f->to_yard_permille);
    p->no_show = chance(s, f->no_show_permille), p->late = chance(s, f->late_permille);
    p->paper_error = chance(s, f->paper_error_permille), p->breaks = chance(s, f->breakdown_permille);
    bool wrong = chance(s, f->weight_error_permille);
    int off = (int)des_below(s, 161) - 80; // a scale agrees within 0.8 %, a wrong declaration is 6 to 14 % off
    p->weight_permille = (int16_t)(wrong ? (off < 0 ? -60 + off : 60 + off) : off / 10);
}
void truck_plan(const Twin *w, uint8_t flow, uint32_t entity, int64_t at_ms, TruckPlan *ret) {
    const Flow *f = &w->flow[flow];
    DesStream s = twin_stream(w, STREAM_TRUCK + flow, entity);
    TruckPlan p = {.lead = des_draw(&f->lead, &s), .run_up = des_draw(&f->run_up, &s)};
    p.cargo = draw_cargo(w, f, at_ms, des_u64(&s));
    const TwinCargo *k = (const TwinCargo *)w->c.doc->cargo.items + p.cargo;
    uint32_t share[16];
    const TwinModeShare *m = f->src->modes.items;
    uint32_t n = MIN(f->src->modes.n, (uint32_t)ARRAY_LEN(share));
    for (uint32_t i = 0; i < n; i++) share[i] = m[i].permille;
    uint64_t mode = des_u64(&s);
    p.mode = f->src->unmanned ? MODE_UNMANNED : m[pick(mode, share, n)].mode;
    p.container = f->src->unmanned || chance(&s, k->container_permille);
    p.net_kg = k->net_kg_min + des_below(&s, k->net_kg_max - k->net_kg_min + 1);
    p.tare_kg = f->src->unmanned ? 3800 : 14000 + des_below(&s, 3000);
    draw_rest(f->src, &s, &p);
    if (f->src->unmanned) p.empty = false;
    if (p.empty) p.mode = MODE_THROUGH; // nothing to hand over
    *ret = p;
}

// ---- its declaration
typedef struct {
    Declaration d;
    GoodsLine line;
    Certificate cert[CERT_COUNT];
    Str seal;
    char text[12][32];
    uint32_t texts;
} Papers;
static Str number(Papers *p, const char *prefix, uint64_t v, int digits, const char *suffix) {
    char *t = p->text[p->texts++];
    size_t n = strlen(prefix), s = strlen(suffix);
    CK_ASSERT(n + (size_t)digits + s < sizeof p->text[0]);
    memcpy(t, prefix, n);
    for (int i = digits - 1; i >= 0; i--, v /= 10) t[n + (size_t)i] = (char)('0' + v % 10);
    memcpy(t + n + digits, suffix, s);
    return (Str){t, n + (size_t)digits + s};
}
// Of its own making, right in form. Two worlds on the two sides of one border make no plate and no box twice: a Chinese
// one has its home trucks from Chongzuo, its Vietnamese ones from Quang Ninh.
static Str plate_of(Papers *p, bool vn, bool cn_site, uint64_t id) {
    static const char *const letters = "ABCDEFGHKLMNPSTUVXYZ";
    char prefix[8];
    if (cn_site && !vn) {
        (void)snprintf(prefix, sizeof prefix, "桂F%c", letters[id / 10000 % 20]);
        return number(p, prefix, id % 10000, 4, "");
    }
    if (vn)
        (void)snprintf(prefix, sizeof prefix, "%s%c", cn_site ? "14" : "12", letters[id / 100000 % 20]);
    else
        (void)snprintf(prefix, sizeof prefix, "桂%c", "ABCDEFGHJK"[id / 100000 % 10]);
    return number(p, prefix, id % 100000, 5, "");
}
static Str container_of(Papers *p, bool cn_site, uint64_t id) { // ISO 6346: owners of its own making, category U
    static const int letter[26] = {10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24,
                                   25, 26, 27, 28, 29, 30, 31, 32, 34, 35, 36, 37, 38};
    char owner[5] = {'Q', cn_site ? 'L' : 'K', (char)('A' + id / 1000000 % 26), 'U', 0};
    Str s = number(p, owner, id % 1000000, 6, "0");
    int sum = 0;
    for (int i = 0; i < 10; i++) sum += (i < 4 ? letter[s.p[i] - 'A'] : s.p[i] - '0') << i;
    p->text[p->texts - 1][10] = (char)('0' + sum % 11 % 10);
    return s;
}
static void goods_of(Papers *p, const TwinCargo *k, const TruckPlan *t, Str origin, uint64_t id, bool good) {
    p->line = (GoodsLine){.hs = k->hs,
                          .description = k->description,
                          .origin = origin,
                          .currency = STR("VND"),
                          .net_kg = t->net_kg,
                          .gross_kg = t->net_kg + t->net_kg / 30,
                          .value = (int64_t)t->net_kg * k->vnd_kg,
                          .packages = 1 + t->net_kg / 20};
    if (k->growing_area)
        p->line.growing_area = number(p, "VN-LSOR-", id % 9000 + 1000, 4, ""),
        p->line.packing_house = number(p, "VN-LSPH-", id % 900 + 100, 3, "");
    p->d.goods = (List){&p->line, 1};
    uint32_t n = 0;
    for (uint32_t left = k->certificates; left; left &= left - 1)
        p->cert[n++] = (Certificate){.kind = (uint8_t)__builtin_ctz(left), .number = number(p, "C-", id, 9, "")};
    p->d.certificates = (List){p->cert, good ? n : 0};
    if (!good && !n) p->line.net_kg = 0; // the other slip that people make
}
double truck_delay(const Twin *w, uint8_t flow, uint32_t entity, uint8_t what, uint8_t n, const DesDist *d) {
    DesStream s = twin_stream(w, STREAM_DELAY + what, entity * TWIN_FLOWS_MAX + flow + n * 0x9e3779b9u);
    return des_draw(d, &s);
}
static uint64_t truck_id(const Twin *w, uint8_t flow, uint32_t entity) { // unique over all flows
    return (uint64_t)w->c.first_id + (uint64_t)entity * w->flows + flow;
}
bool truck_declare(Twin *w, uint8_t flow, uint32_t entity, const TruckPlan *plan, uint32_t amends, bool good) {
    const Flow *f = &w->flow[flow];
    const TruckPlan t = *plan;
    const TwinCargo *k = (const TwinCargo *)w->c.doc->cargo.items + t.cargo;
    uint64_t id = truck_id(w, flow, entity);
    Papers p = {0};
    const SiteDoc *site = w->c.site->doc;
    bool out = f->src->direction == DIRECTION_EXPORT, cn_site = str_eq_c(site->country, "CN");
    Str country = t.foreign ? site->peer_country : site->country;
    p.d = (Declaration){.direction = f->src->direction,
                        .mode = t.mode,
                        .regime = REGIME_ORDINARY,
                        .road = f->src->road,
                        .destination = out         ? DESTINATION_NONE
                                       : t.to_yard ? DESTINATION_YARD
                                                   : DESTINATION_INLAND,
                        .empty = t.empty,
                        .tare_kg = t.tare_kg,
                        .channel = CHANNEL_NONE,
                        .lrn = number(&p, "TW", id, 12, ""),
                        .customs_no = number(&p, out ? "3" : "1", id, 11, ""),
                        .driver_id = number(&p, "D", id, 9, ""),
                        .driver_country = country,
                        .vehicle_country = country,
                        .driver_name = cn_site ? STR("司机") : STR("Tài xế")};
    if (!f->src->unmanned) p.d.plate = plate_of(&p, str_eq_c(country, "VN"), cn_site, id);
    if (t.container) {
        p.d.container = container_of(&p, cn_site, id),
        p.d.container_type = k->container_type.n ? k->container_type : STR("45G1");
        p.seal = number(&p, "SL", id, 9, "");
        if (!t.empty) p.d.seals = (StrList){&p.seal, 1};
    }
    if (!t.empty) goods_of(&p, k, &t, out ? site->country : site->peer_country, id, good);
    Input in = {.kind = amends ? IN_AMEND : IN_DECLARE,
                .role = ROLE_TRADER,
                .actor = number(&p, "trader-", id % 997, 3, ""),
                .passage = amends};
    in.u.declare = p.d;
    return twin_submit(w, &in);
}

// ---- events of a flow. arg: flow in the low byte, entity above; the arrival is recomputed from nothing but the clock
static void on_declare(Des *d, void *ctx, uint64_t arg);
static void declared(Twin *w, uint8_t flow, uint32_t entity, const TruckPlan *p) {
    const Passage *pg = gate_find(w->gate, w->declared);
    CK_ASSERT(pg != NULL);
    Truck *t = truck_at(w, gate_slot(w->gate, pg));
    CK_ASSERT(t->no == pg->no);
    t->flow = flow, t->entity = entity, t->channel = p->channel, t->weight_permille = p->weight_permille;
    t->flags |=
        (uint8_t)((p->no_show ? TRUCK_NO_SHOW : 0) | (p->late ? TRUCK_LATE : 0) | (p->breaks ? TRUCK_BREAKS : 0));
    w->total.declared++;
    if (w->fresh_n == FRESH_MAX) w->fresh_n = 0; // nobody says when it is durable: a kernel in memory
    w->fresh[w->fresh_n].no = pg->no, w->fresh[w->fresh_n].entity = entity, w->fresh[w->fresh_n++].flow = flow;
    twin_touch(w, pg);
}
static void try_declare(Twin *w, uint8_t flow, uint32_t entity, const TruckPlan *p, bool good) {
    if (!w->halted && gate_open_count(w->gate) + 1 >= w->c.passages_max) { // the gate's own limit: it would refuse
        w->total.turned_away++;
    } else if (truck_declare(w, flow, entity, p, 0, good)) {
        declared(w, flow, entity, p);
    } else {
        double again = truck_delay(w, flow, entity, WHAT_AMEND, 0, &w->amend);
        des_at(w->des, twin_ms(w) + again, on_declare, w, (uint64_t)entity << 9 | 1u << 8 | flow);
    }
}
static void on_declare(Des *d, void *ctx, uint64_t arg) {
    (void)d;
    Twin *w = ctx;
    uint8_t flow = (uint8_t)arg;
    uint32_t entity = (uint32_t)(arg >> 9);
    bool again = arg >> 8 & 1;
    TruckPlan p;
    truck_plan(w, flow, entity, twin_wall(w), &p);
    try_declare(w, flow, entity, &p, again || !p.paper_error);
}
void truck_again(Twin *w, uint8_t flow, uint32_t entity) {
    des_at(w->des, twin_ms(w) + truck_delay(w, flow, entity, WHAT_BREAK, 0, &w->retry), on_declare, w,
           (uint64_t)entity << 9 | 1u << 8 | flow);
}
static void on_generate(Des *d, void *ctx, uint64_t arg) { // runs ahead of the border by the longest time a truck needs
    Twin *w = ctx;
    Flow *f = &w->flow[arg];
    if (w->arrivals_off) return;
    DesStream s = twin_stream(w, STREAM_FLOW + (uint32_t)arg, f->made);
    int64_t at = next_arrival(w, f, f->next_ms, &s);
    if (at == TIME_NEVER) return;
    f->next_ms = at;
    uint32_t entity = f->made++;
    TruckPlan p;
    truck_plan(w, (uint8_t)arg, entity, at, &p);
    double now = twin_ms(w), border = (double)(at - w->c.start_ms), declares = border - p.lead - p.run_up;
    if (declares >= 0) // else before the world began: it is among those that were found at the gate
        des_at(d, MAX(now, declares), on_declare, w, (uint64_t)entity << 9 | arg);
    des_at(d, MAX(now, border - f->ahead_ms), on_generate, w, arg);
}
void flows_start(Twin *w) {
    for (uint32_t i = 0; i < w->flows; i++) {
        w->flow[i].next_ms = w->c.start_ms;
        if (w->flow[i].per_day && !peer_sends(w, &w->flow[i])) des_at(w->des, 0, on_generate, w, i);
    }
}
// A passage that the world finds at the gate when it comes to life: after a restart, or a forecast from the live state.
void truck_adopt(Twin *w, Truck *t, const Passage *p) {
    bool unmanned = p->mode == MODE_UNMANNED;
    t->flow = 0;
    for (uint32_t i = 0; i < w->flows; i++)
        if (w->flow[i].road == p->road && w->flow[i].src->direction == p->direction &&
            w->flow[i].src->unmanned == unmanned)
            t->flow = (uint8_t)i;
    t->entity = ENTITY_ADOPTED | (p->no & 0x7fffffff);
    TruckPlan plan;
    truck_plan(w, t->flow, t->entity, twin_wall(w), &plan);
    t->channel = plan.channel, t->weight_permille = 0;
    if (BIT(p->place) & (BIT(PLACE_DECLARED) | BIT(PLACE_EN_ROUTE) | BIT(PLACE_APPROACHING) | BIT(PLACE_PEER_YARD)))
        return;
    t->arrived = twin_ms(w) - (double)(twin_wall(w) - (p->arrived_ms ? p->arrived_ms : p->place_since_ms));
    t->idle_since = twin_ms(w);
    if (!(p->place == PLACE_ABROAD || p->place == PLACE_WITH_PEER || p->place == PLACE_DELIVERED ||
          p->place == PLACE_LEFT || p->place == PLACE_RETURNED || p->place == PLACE_GOODS_IN_YARD))
        stat_waiting(w, t, 1);
    else
        t->flags |= TRUCK_SEEN;
}

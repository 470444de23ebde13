// Declaration and amendment: everything that can be known to be wrong is said at once, with the rule, its basis and the
// cure.
#include "gate_internal.h"

typedef struct {
    const Gate *g;
    const Input *in;
    const Declaration *d;
    const Passage *old; // when amending
    Findings *f;
    int64_t at_ms; // when it wants to pass: the slot, or now
    Passage p;     // what it would become, for conditions
} Case;

static Kind kind_of(const Declaration *d) {
    if (d->mode == MODE_UNMANNED) return d->direction == DIRECTION_EXPORT ? KIND_BOX_EXPORT : KIND_BOX_IMPORT;
    return d->direction == DIRECTION_EXPORT ? KIND_TRUCK_EXPORT : KIND_TRUCK_IMPORT;
}
static const char *line_field(Arena *a, uint32_t i, const char *member) {
    return text_fmt(a, "/goods/%u/%s", i, member).p;
}
static void check_line(Case *c, uint32_t i, const GoodsLine *l) {
    const Site *s = c->g->site;
    Arena *a = c->f->a;
    uint8_t kind = site_goods_of(s, l->hs);
    if (kind == DYN_NONE) {
        find_add(c->f, REFUSE_GOODS_NOT_LISTED, line_field(a, i, "hs"), STR("goods"), STR_EMPTY, l->hs, END);
    } else {
        c->p.goods |= BIT(kind);
        c->p.attrs |= s->good[kind].attrs;
    }
    if (l->net_kg <= 0) find_add(c->f, REFUSE_MASS_ZERO, line_field(a, i, "net_kg"), STR("mass"), STR_EMPTY, END);
    int64_t gross = l->gross_kg ? l->gross_kg : l->net_kg;
    if (gross < l->net_kg)
        find_add(c->f, REFUSE_MASS_ORDER, line_field(a, i, "gross_kg"), STR("mass"), STR_EMPTY, text_int(a, gross),
                 text_int(a, l->net_kg), END);
    c->p.gross_kg += MAX(gross, 0);
}
static void describe(Case *c) {
    const Declaration *d = c->d;
    const Site *s = c->g->site;
    Passage *p = &c->p;
    take_declaration(p, d);
    p->kind = (uint8_t)kind_of(d);
    p->road = d->road.n ? site_find(s, DYN_ROAD, d->road) : c->old ? c->old->road : 0;
    p->place = c->old ? c->old->place : PLACE_DECLARED;
    p->channel = c->old ? c->old->channel : CHANNEL_NONE; // conditions on the channel wait for customs to give it
    p->no = c->old ? c->old->no : c->g->s.last_no + 1;
    p->needed = c->old ? c->old->needed : 0;
    p->foreign = d->vehicle_country.n && !str_eq(d->vehicle_country, s->doc->country);
    if (p->foreign) p->attrs |= BIT(ATTR_FOREIGN);
    if (d->container.n) p->attrs |= BIT(ATTR_CONTAINER);
    if (d->two_way_of || (c->old && c->old->linked)) p->attrs |= BIT(ATTR_TWO_WAY);
    p->attrs |= d->empty ? BIT(ATTR_EMPTY) : BIT(ATTR_LOADED);
    for (uint32_t i = 0; i < d->goods.n; i++) check_line(c, i, (const GoodsLine *)d->goods.items + i);
}
// The pre-arrival notice of the other side is the declaration here: of what comes in, never of what goes out.
static void check_declarant(Case *c) {
    if (c->in->role == ROLE_PEER && c->d->direction == DIRECTION_EXPORT)
        find_add(c->f, REFUSE_WRONG_ROLE, "/direction", STR("declare"), STR_EMPTY, str_c(Role_names.names[ROLE_PEER]),
                 str_c(Role_names.names[ROLE_TRADER]), END);
}
static void check_shape(Case *c) {
    const Declaration *d = c->d;
    const Site *s = c->g->site;
    Findings *f = c->f;
    if (d->goods.n == 0 && !d->empty) find_add(f, REFUSE_GOODS_MISSING, "/goods", STR("goods"), STR_EMPTY, END);
    if (d->goods.n && d->empty) find_add(f, REFUSE_GOODS_ON_EMPTY, "/goods", STR("goods"), STR_EMPTY, END);
    if (d->mode == MODE_UNMANNED && !d->container.n)
        find_add(f, REFUSE_CONTAINER_MISSING, "/container", STR("unmanned"), STR_EMPTY, END);
    if (d->mode != MODE_UNMANNED && !d->plate.n)
        find_add(f, REFUSE_VEHICLE_MISSING, "/plate", STR("vehicle"), STR_EMPTY, END);
    if (d->tare_kg <= 0) find_add(f, REFUSE_MASS_ZERO, "/tare_kg", STR("mass"), s->params->weight_basis, END);
    if (c->p.road == DYN_NONE) find_add(f, REFUSE_ROAD_UNKNOWN, "/road", d->road, STR_EMPTY, d->road, END);
    if (d->slot && d->slot < c->in->t_ms && !(c->old && c->old->slot_ms == d->slot))
        find_add(f, REFUSE_SLOT_PAST, "/slot", STR("slot"), s->params->queue_basis, text_time(f->a, d->slot), END);
    const Certificate *ct = d->certificates.items;
    for (uint32_t i = 0; i < d->certificates.n; i++)
        if (ct[i].valid_until && ct[i].valid_until < c->at_ms)
            find_add(f, REFUSE_CERTIFICATE_EXPIRED, text_fmt(f->a, "/certificates/%u/valid_until", i).p,
                     STR("certificates"), STR_EMPTY, ct[i].number, text_time(f->a, ct[i].valid_until), END);
}

// ---- the same thing twice
static void check_key(Case *c, int kind, Str value, Refuse code, const char *field) {
    uint32_t at;
    uint64_t key = key_of(kind, value);
    char ref[PASS_REF_MAX] = "";
    for (const MapEntry *e = map_first(c->g, key, &at); e; e = map_next(c->g, key, &at)) {
        if (c->old && e->no == c->old->no) continue;
        bool vehicle = kind == KEY_PLATE || kind == KEY_TRAILER;
        if (vehicle && (c->d->two_way_of == e->no || (c->old && c->old->linked == e->no)))
            continue; // the other leg of the same trip
        if (e->no != USED) pass_ref_format(c->g->site->dyn.ref_prefix, e->no, ref);
        find_add(c->f, code, field, STR("duplicates"), STR_EMPTY, value, arena_str(c->f->a, str_c(ref)), END);
        return;
    }
}
static Str trader_of(const Case *c) {
    return c->d->trader.n ? c->d->trader : c->in->actor;
}
static Str lrn_text(const Case *c) {
    Str t = trader_of(c);
    return text_fmt(c->f->a, STR_F "\n" STR_F, STR_A(t), STR_A(c->d->lrn));
}
static void check_duplicates(Case *c) {
    const Declaration *d = c->d;
    check_key(c, KEY_PLATE, d->plate, REFUSE_DUPLICATE_VEHICLE, "/plate");
    check_key(c, KEY_TRAILER, d->trailer, REFUSE_DUPLICATE_VEHICLE, "/trailer");
    check_key(c, KEY_CONTAINER, d->container, REFUSE_DUPLICATE_CONTAINER, "/container");
    check_key(c, KEY_CUSTOMS_NO, d->customs_no, REFUSE_DUPLICATE_CUSTOMS_NO, "/customs_no");
    if (d->lrn.n) check_key(c, KEY_LRN, lrn_text(c), REFUSE_DUPLICATE_LRN, "/lrn");
}
static void check_two_way(Case *c) {
    const Declaration *d = c->d;
    if (!d->two_way_of) return;
    const Passage *first = gate_find(c->g, d->two_way_of);
    bool good = first && first->place != PLACE_CLOSED && first->place != PLACE_TURNED_BACK &&
                first->direction != d->direction && first->keys[PK_PLATE] == key_of(KEY_PLATE, d->plate) &&
                (!first->linked || (c->old && first->linked == c->old->no));
    if (good) return;
    char ref[PASS_REF_MAX];
    size_t n = pass_ref_format(c->g->site->dyn.ref_prefix, d->two_way_of, ref);
    find_add(c->f, REFUSE_TWO_WAY_LINK, "/two_way_of", STR("two_way"), c->g->site->params->stay_basis,
             arena_str(c->f->a, (Str){ref, n}), END);
}

// ---- requirements of the goods, as the site's data has them
static bool applies(const Case *c, const Requirement *r, const GoodsLine *l) {
    if (r->direction && r->direction != c->d->direction) return false;
    if (r->valid_from_ms > c->at_ms || (r->valid_to_ms && r->valid_to_ms <= c->at_ms)) return false;
    if (r->attrs_all && (c->p.attrs & r->attrs_all) != r->attrs_all) return false;
    uint8_t kind = l ? site_goods_of(c->g->site, l->hs) : DYN_NONE;
    if (r->attrs_any) {
        uint32_t attrs = (kind == DYN_NONE ? 0 : c->g->site->good[kind].attrs) | (l ? 0 : c->p.attrs);
        return (attrs & r->attrs_any) != 0;
    }
    if (!r->hs.n) return true;
    for (uint32_t i = 0; l && i < r->hs.n; i++)
        if (site_hs_matches(r->hs.items[i], l->hs)) return true;
    return false;
}
static bool has_certificate(const Declaration *d, uint32_t kind) {
    const Certificate *ct = d->certificates.items;
    for (uint32_t i = 0; i < d->certificates.n; i++)
        if (ct[i].kind == kind && ct[i].number.n) return true;
    return false;
}
static bool same_heading(Str x, Str y) {
    return str_eq((Str){x.p, MIN(x.n, (size_t)4)}, (Str){y.p, MIN(y.n, (size_t)4)});
}
static void check_papers(Case *c, const Requirement *r) {
    for (uint32_t bits = r->certificates; bits; bits &= bits - 1) {
        uint32_t kind = (uint32_t)__builtin_ctz(bits);
        if (!has_certificate(c->d, kind))
            find_add(c->f, REFUSE_MISSING_CERTIFICATE, "/certificates", r->id, r->basis, str_c(Cert_names.names[kind]),
                     END);
    }
    if (r->seal && c->d->seals.n == 0) find_add(c->f, REFUSE_MISSING_SEAL, "/seals", r->id, r->basis, END);
    bool mixed = false;
    const GoodsLine *l = c->d->goods.items;
    for (uint32_t i = 1; i < c->d->goods.n; i++) mixed |= !same_heading(l[i].hs, l[0].hs);
    if (r->one_commodity && mixed) find_add(c->f, REFUSE_MIXED_GOODS, "/goods", r->id, r->basis, END);
}
static void check_requirements(Case *c) {
    const Requirement *r = c->g->site->doc->requirements.items;
    const GoodsLine *l = c->d->goods.items;
    Arena *a = c->f->a;
    for (uint32_t k = 0; k < c->g->site->doc->requirements.n; k++) {
        bool any = c->d->goods.n == 0 && !r[k].hs.n && applies(c, &r[k], NULL);
        for (uint32_t i = 0; i < c->d->goods.n; i++) {
            if (!applies(c, &r[k], &l[i])) continue;
            any = true;
            if (r[k].growing_area && !l[i].growing_area.n)
                find_add(c->f, REFUSE_MISSING_GROWING_AREA, line_field(a, i, "growing_area"), r[k].id, r[k].basis,
                         l[i].hs, END);
            if (r[k].packing_house && !l[i].packing_house.n)
                find_add(c->f, REFUSE_MISSING_PACKING_HOUSE, line_field(a, i, "packing_house"), r[k].id, r[k].basis,
                         l[i].hs, END);
        }
        if (any) check_papers(c, &r[k]);
    }
}
const EmbargoState *embargo_on(const Gate *g, Str hs, uint8_t direction, int64_t t_ms) {
    for (uint32_t i = 0; i < g->s.embargo_n; i++) {
        const EmbargoState *e = &g->s.embargo[i];
        if (e->direction && e->direction != direction) continue;
        if (t_ms < e->from_ms || (e->to_ms && t_ms >= e->to_ms)) continue;
        if (site_hs_matches(str_c(e->hs), hs)) return e;
    }
    return NULL;
}
static uint32_t chapter_of(const char *hs) {
    return (uint32_t)(hs[0] - '0') * 10 + (uint32_t)(hs[1] - '0');
}
// By the numbers kept with the passage: exact for the first HS_MAX, by chapter beyond.
const EmbargoState *embargo_hits(const Gate *g, const Passage *p, int64_t t_ms) {
    if (!g->s.embargo_n) return NULL;
    for (uint32_t i = 0; i < MIN(p->hs_n, HS_MAX); i++) {
        char hs[8];
        snprintf(hs, sizeof hs, "%06u", p->hs[i] % 1000000);
        const EmbargoState *e = embargo_on(g, str_c(hs), p->direction, t_ms);
        if (e) return e;
    }
    for (uint32_t i = 0; p->hs_n > HS_MAX && i < g->s.embargo_n; i++) {
        const EmbargoState *e = &g->s.embargo[i];
        const char *dash = strchr(e->hs, '-');
        bool now =
            t_ms >= e->from_ms && (!e->to_ms || t_ms < e->to_ms) && (!e->direction || e->direction == p->direction);
        for (uint32_t ch = chapter_of(e->hs); now && ch <= chapter_of(dash ? dash + 1 : e->hs); ch++)
            if (p->chapters[ch / 64 & 1] >> (ch % 64) & 1) return e;
    }
    return NULL;
}
static void check_embargoes(Case *c) {
    const GoodsLine *l = c->d->goods.items;
    Arena *a = c->f->a;
    for (uint32_t i = 0; i < c->d->goods.n && c->g->s.embargo_n; i++) {
        const EmbargoState *e = embargo_on(c->g, l[i].hs, c->d->direction, c->at_ms);
        if (e)
            find_add(c->f, REFUSE_EMBARGO, line_field(a, i, "hs"), arena_str(a, str_c(e->id)),
                     arena_str(a, str_c(e->basis)), l[i].hs, e->to_ms ? text_time(a, e->to_ms) : STR("-"), END);
    }
}

// After an amendment the decisions on what was sent back are open again, with all that come after them; when goods,
// mass or vehicle changed, every decision made by people is.
static uint32_t granted_after_amend(const Case *c, const CompiledProcedure *pr) {
    const Passage *o = c->old, *p = &c->p;
    uint32_t reset = o->rework | o->held, autos = 0;
    for (uint32_t t = 0; t < c->g->site->tasks; t++)
        if (c->g->site->task[t].kind == TASK_AUTO) autos |= BIT(t);
    bool goods = o->goods != p->goods || o->hs_n != p->hs_n || memcmp(o->hs, p->hs, sizeof o->hs) != 0 ||
                 memcmp(o->chapters, p->chapters, sizeof o->chapters) != 0;
    bool changed = goods || o->gross_kg != p->gross_kg || o->tare_kg != p->tare_kg || o->attrs != p->attrs ||
                   o->keys[PK_PLATE] != key_of(KEY_PLATE, c->d->plate) ||
                   o->keys[PK_TRAILER] != key_of(KEY_TRAILER, c->d->trailer) ||
                   o->keys[PK_CONTAINER] != key_of(KEY_CONTAINER, c->d->container);
    if (changed) reset = ~autos;
    for (uint32_t round = 0; round < TASKS_MAX; round++)
        for (uint32_t t = 0; t < TASKS_MAX; t++)
            if (pr->task[t].used && (pr->task[t].after & reset)) reset |= BIT(t);
    uint32_t paid = 0;
    for (uint32_t t = 0; t < c->g->site->tasks; t++)
        if (c->g->site->task[t].kind == TASK_FEE && o->fee_paid) paid |= BIT(t); // a fee is paid once
    return (o->granted & ~reset) | paid;
}
// What an amendment may not change: the table that its movement follows, and the road it already stands on.
static void check_amend(Case *c) {
    const Passage *o = c->old;
    Str place = str_c(Place_names.names[o->place]);
    uint32_t away = BIT(PLACE_DECLARED) | BIT(PLACE_EN_ROUTE) | BIT(PLACE_APPROACHING) | BIT(PLACE_PEER_YARD);
    if (!o->rework && !o->held) find_add(c->f, REFUSE_NOT_REWORK, "", STR_EMPTY, STR_EMPTY, END);
    if (c->d->direction != o->direction)
        find_add(c->f, REFUSE_OUT_OF_ORDER, "/direction", STR("amend"), STR_EMPTY, place, STR("amend"), STR_EMPTY, END);
    else if (c->p.kind != o->kind)
        find_add(c->f, REFUSE_OUT_OF_ORDER, "/mode", STR("amend"), STR_EMPTY, place, STR("amend"), STR_EMPTY, END);
    if (c->p.road != o->road && !(away & BIT(o->place)))
        find_add(c->f, REFUSE_OUT_OF_ORDER, "/road", STR("amend"), STR_EMPTY, place, STR("amend"), STR_EMPTY, END);
}
static void queue_again(const Case *c, EventList *out) { // by what it carries now
    Passage as = *c->old;
    as.attrs = c->p.attrs;
    event_add(out, c->in, EV_QUEUED, as.no)->u.queued =
        queue_reckon(c->g, &as, as.arrived_ms, c->d->slot, as.queue_shift_ms);
}
static uint32_t auto_tasks(const Site *s, uint32_t needed) {
    uint32_t bits = 0;
    for (uint32_t t = 0; t < s->tasks; t++)
        if (s->task[t].kind == TASK_AUTO) bits |= BIT(t);
    return bits & needed;
}
void decide_declare(const Gate *g, const Input *in, const Passage *old, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const Declaration *d = &in->u.declare;
    Case c = {.g = g, .in = in, .d = d, .old = old, .f = &f, .at_ms = MAX(in->t_ms, d->slot)};
    if (!old && g->s.open >= g->limits.passages_max) find_add(&f, REFUSE_GATE_FULL, "", STR_EMPTY, STR_EMPTY, END);
    describe(&c);
    if (old) check_amend(&c);
    const CompiledProcedure *pr = g->procedure[c.p.kind];
    if (!pr)
        find_add(&f, REFUSE_NO_PROCEDURE, "/mode", str_c(Kind_names.names[c.p.kind]), STR_EMPTY,
                 str_c(Kind_names.names[c.p.kind]), END);
    check_declarant(&c);
    check_shape(&c);
    check_duplicates(&c);
    check_two_way(&c);
    check_requirements(&c);
    check_embargoes(&c);
    if (refuse_all(&f, in, out)) return;
    Declaration *doc = arena_alloc(a, sizeof *doc);
    CK_ASSERT(doc != NULL);
    *doc = *d;
    doc->trader = trader_of(&c);
    EvDeclared *e = &event_add(out, in, old ? EV_AMENDED : EV_DECLARED, c.p.no)->u.declared;
    uint32_t needed = tasks_asked(pr, &c.p, old ? NULL : &in->random);
    if (old && old->goods != c.p.goods) needed |= tasks_asked(pr, &c.p, &in->random); // other goods are drawn for, too
    *e = (EvDeclared){.doc = {doc, d->trader.n ? d->json : STR_EMPTY},
                      .kind = c.p.kind,
                      .road = c.p.road,
                      .attrs = c.p.attrs,
                      .goods = c.p.goods,
                      .needed = needed,
                      .gross_kg = c.p.gross_kg,
                      .procedure = pr->src->id,
                      .basis = pr->src->basis,
                      .granted = (old ? granted_after_amend(&c, pr) & needed : 0) |
                                 auto_tasks(g->site, needed), // checked just now
                      .valid_until = old ? old->valid_until_ms : in->t_ms + g->site->params->validity_h * HOUR_MS};
    if (old && old->queued) queue_again(&c, out);
}
FeeQuestion fee_question(const Passage *p) {
    int64_t gross = p->weighed_kg ? p->weighed_kg - p->tare_kg : p->gross_kg;
    return (FeeQuestion){.direction = p->direction,
                         .regime = p->regime,
                         .destination = p->destination,
                         .goods = p->goods,
                         .gross_kg = (uint32_t)MIN(MAX(gross, 0), UINT32_MAX),
                         .container_ft = p->container_ft};
}

// Where each truck really is. The two worlds are apart; a truck that one of them drives over the line must have been
// driven there by the other. What a lost batch did has not been.
#include "peer_sim.h"

static uint32_t body_find(Sim *s, Str plate, uint8_t where) {
    for (uint32_t i = 0; i < s->bodies; i++)
        if (str_eq_c(plate, s->body[i].plate)) return i;
    CK_ASSERT(s->bodies < SIM_BODIES && plate.n <= CUSTODY_KEY_MAX);
    Body *b = &s->body[s->bodies];
    *b = (Body){.where = where, .durable = where};
    memcpy(b->plate, plate.p, plate.n);
    return s->bodies++;
}
static Body *body_of(Centre *d, uint32_t passage) {
    if (!passage || passage >= SIM_PASSAGES || !d->body_of[passage]) return NULL;
    return &d->sim->body[d->body_of[passage] - 1];
}
static void put(Centre *d, Body *b, uint8_t from, uint8_t to, const char *what) {
    if (b->where != from) sim_broke(d->sim, "side %u: %s %s, but it is at %u", d->me, b->plate, what, b->where);
    b->where = to;
    if (d->body_n < SIM_BODIES) d->body_touched[d->body_n++] = (uint32_t)(b - d->sim->body);
}
static void moved_out(Centre *d, Body *b, const EvMoved *m) { // this side's own truck
    uint8_t me = (uint8_t)d->me;
    switch ((int)m->move) {
    case MOVE_CROSS_OUT: put(d, b, me, SIM_ON_LINE, "goes out"); break;
    case MOVE_PEER_RETURN: put(d, b, SIM_ON_LINE, me, "comes back from the line"); break;
    case MOVE_RETURN: put(d, b, SIM_ON_LINE, me, "comes home"); break;
    default: break;
    }
}
static void moved_in(Centre *d, Body *b, const EvMoved *m) { // the other side's
    uint8_t me = (uint8_t)d->me;
    if (m->move == MOVE_ENTER) put(d, b, SIM_ON_LINE, me, "comes in");
    if (m->move == MOVE_RETURN) put(d, b, me, SIM_ON_LINE, "goes home");
    if (m->to == PLACE_TURNED_BACK && b->where == me) put(d, b, me, SIM_ON_LINE, "is turned back");
}
static Item *item_of(Sim *s, Str kind, Str id) {
    uint8_t k = 0;
    while (k < ITEM_KIND_COUNT && !str_eq_c(kind, CustodyItem_names.names[k])) k++;
    for (uint32_t i = 0; i < s->items; i++)
        if (s->item[i].kind == k && str_eq_c(id, s->item[i].id)) return &s->item[i];
    CK_ASSERT(s->items < SIM_ITEMS && id.n <= CUSTODY_KEY_MAX);
    Item *x = &s->item[s->items++];
    *x = (Item){.kind = k, .body = SIM_BODIES};
    memcpy(x->id, id.p, id.n);
    for (uint32_t i = 0; i < s->bodies && k == ITEM_TRUCK; i++)
        if (strcmp(s->body[i].plate, x->id) == 0) x->body = i;
    return x;
}
static void linked(Centre *d, const InLink *k) {
    if (str_eq_c(k->reason, CustodyReason_names.names[REASON_TREE_HEAD])) {
        d->sim->heads_refused++;
        if (!d->sim->lying) sim_broke(d->sim, "side %u: an honest tree head was refused", d->me);
    }
    bool in = str_eq_c(k->act, "in"), out = str_eq_c(k->act, "out");
    if (!in && !out) return;
    Item *x = item_of(d->sim, k->item_kind, k->item);
    if (x->inside == in) sim_broke(d->sim, "side %u: %s goes %s and is there", d->me, x->id, in ? "in" : "out");
    x->inside = in;
    if (d->item_n < SIM_ITEMS) d->item_touched[d->item_n++] = (uint32_t)(x - d->sim->item);
}
void world_event(Centre *d, const Gate *g, const Event *e) {
    const Passage *p = e->passage ? gate_find(g, e->passage) : NULL;
    if (e->kind == EV_LINK) linked(d, &e->u.link);
    if (!p || (p->kind != KIND_TRUCK_EXPORT && p->kind != KIND_TRUCK_IMPORT)) return;
    bool out = p->kind == KIND_TRUCK_EXPORT;
    if (e->kind == EV_DECLARED) {
        CK_ASSERT(e->passage < SIM_PASSAGES);
        const Declaration *doc = e->u.declared.doc.obj;
        d->body_of[e->passage] = body_find(d->sim, doc->plate, (uint8_t)(out ? d->me : 1 - d->me)) + 1;
    }
    Body *b = body_of(d, e->passage);
    if (e->kind != EV_MOVED || !b) return;
    if (out)
        moved_out(d, b, &e->u.moved);
    else
        moved_in(d, b, &e->u.moved);
}
bool world_stops(Centre *d, const Input *in) {
    if (in->kind != IN_MOVE || plant == PLANT_RECEIVE_EARLY) return false;
    const Passage *p = gate_find(ledger_gate(d->l), in->passage);
    const Body *b = body_of(d, in->passage);
    bool comes = in->u.move.move == MOVE_ENTER || (in->u.move.move == MOVE_RETURN && p && p->kind == KIND_TRUCK_EXPORT);
    return p && b && comes && b->where != SIM_ON_LINE;
}
void world_keep(Centre *d) {
    Sim *s = d->sim;
    for (uint32_t i = 0; i < d->body_n; i++) s->body[d->body_touched[i]].durable = s->body[d->body_touched[i]].where;
    for (uint32_t i = 0; i < d->item_n; i++) s->item[d->item_touched[i]].durable = s->item[d->item_touched[i]].inside;
    d->body_n = d->item_n = 0;
}
void world_take_back(Centre *d) {
    Sim *s = d->sim;
    for (uint32_t i = 0; i < d->body_n; i++) s->body[d->body_touched[i]].where = s->body[d->body_touched[i]].durable;
    for (uint32_t i = 0; i < d->item_n; i++) s->item[d->item_touched[i]].inside = s->item[d->item_touched[i]].durable;
    d->body_n = d->item_n = 0;
}

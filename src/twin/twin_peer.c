// A real other side behind the link (TwinConfig.peer): what is its business is left alone, what it announces is taken
// into the world.
#include "twin_internal.h"

void peer_start(Twin *w) {
    for (uint8_t t = 0; t < w->c.site->tasks && w->c.peer; t++)
        if (w->c.site->task[t].agency == ROLE_PEER) w->peer_tasks |= BIT(t);
}
bool peer_does(const Twin *w, const MovementRow *r) {
    return w->c.peer && r->roles == BIT(ROLE_PEER);
}
bool peer_sends(const Twin *w, const Flow *f) {
    return w->c.peer && (f->src->direction == DIRECTION_IMPORT || f->src->unmanned);
}
void twin_coming_back(Twin *w, uint32_t passage) {
    CK_ASSERT(w->gate != NULL);
    const Passage *p = gate_find(w->gate, passage);
    if (!p || p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK) return;
    twin_touch(w, p);
    truck_at(w, gate_slot(w->gate, p))->flags |= TRUCK_COMING;
}
void peer_event(Twin *w, const Event *e) { // words of custody.def
    const InLink *k = &e->u.link;
    bool back = str_eq_c(k->item_kind, "truck") && str_eq_c(k->role, "taker") && str_eq_c(k->state, "arrived");
    if (back && w->c.peer && e->passage) twin_coming_back(w, e->passage);
}
// The world knows nothing of it but the passage: what else there is to a truck is drawn by its number.
void peer_adopt(Twin *w, Truck *t, const Passage *p) {
    truck_adopt(w, t, p);
    TruckPlan plan;
    truck_plan(w, t->flow, t->entity, twin_wall(w), &plan);
    t->weight_permille = plan.weight_permille;
    if (plan.breaks) t->flags |= TRUCK_BREAKS;
    w->total.declared++;
}
bool peer_sent_back(const Twin *w, const Passage *p) {
    return w->c.peer && p->kind == KIND_TRUCK_EXPORT && p->place == PLACE_YARD && (p->places_seen & BIT(PLACE_ABROAD));
}
double peer_corridor(const Twin *w, DesStream *s) { // as long as for those who come in
    uint32_t what = WHAT_MOVE + MOVE_ENTER;
    if (!w->work_n[KIND_TRUCK_IMPORT][what]) return 0;
    const Work *k = &w->work[w->work_at[KIND_TRUCK_IMPORT][what][0]];
    return k->steps && k->step[0].timed ? des_draw(&k->step[0].time, s) : 0;
}

// The loop: the next thing of the world or the kernel's next deadline, whichever comes first.
#include "twin_internal.h"

void twin_layout_init(TwinLayout *l) {
    *l = (TwinLayout){0};
    for (uint32_t i = 0; i < TWIN_STATIONS_MAX; i++) l->servers[i] = TWIN_AS_DATA;
    for (uint32_t i = 0; i < TWIN_FLOWS_MAX; i++) l->per_day[i] = TWIN_AS_DATA;
    for (uint32_t i = 0; i < TWIN_STATIONS_MAX; i++)
        for (uint32_t k = 0; k < TWIN_SHIFTS_MAX; k++) l->staff[i][k] = TWIN_AS_DATA;
}
double twin_ms(const Twin *w) {
    return des_now(w->des);
}
int64_t twin_wall(const Twin *w) {
    return w->c.start_ms + (int64_t)des_now(w->des);
}
int64_t twin_now(const Twin *w) {
    return twin_wall(w);
}
static int64_t local(const Twin *w, int64_t t_ms) {
    return t_ms + w->c.doc->params->utc_offset_min * MINUTE_MS;
}
uint32_t twin_hour(const Twin *w, int64_t t_ms) {
    return (uint32_t)(local(w, t_ms) / HOUR_MS % 24);
}
int64_t twin_midnight(const Twin *w, int64_t t_ms) {
    int64_t l = local(w, t_ms);
    return t_ms - l % DAY_MS;
}
DesStream twin_stream(const Twin *w, uint32_t stream, uint32_t entity) {
    return des_stream(w->c.seed, stream, w->c.replication, entity);
}
DesDist twin_dist(const TwinTime *t) {
    DesDist d = {.kind = DES_DET};
    if (!t) return d;
    double mean = t->mean_s * 1e3, cv = t->cv_permille / 1e3;
    switch ((TwinDistKind)t->is) {
    case TWIN_FIXED: return (DesDist){.kind = DES_DET, .a = mean};
    case TWIN_EXPONENTIAL: return (DesDist){.kind = DES_EXP, .a = mean};
    case TWIN_ERLANG: return (DesDist){.kind = DES_ERLANG, .a = mean, .b = t->k};
    case TWIN_GAMMA: return (DesDist){.kind = DES_GAMMA, .a = mean, .b = cv};
    case TWIN_LOGNORMAL: return (DesDist){.kind = DES_LOGNORMAL, .a = mean, .b = cv};
    case TWIN_UNIFORM: return (DesDist){.kind = DES_UNIFORM, .a = t->min_s * 1e3, .b = t->max_s * 1e3};
    case TWIN_TRIANGULAR:
        return (DesDist){.kind = DES_TRIANGULAR, .a = t->min_s * 1e3, .b = t->mode_s * 1e3, .c = t->max_s * 1e3};
    case TWIN_DIST_COUNT: break;
    }
    return d;
}

// ---- inputs and events
void twin_touch(Twin *w, const Passage *p) {
    uint32_t slot = gate_slot(w->gate, p);
    CK_ASSERT(slot < w->trucks);
    Truck *t = &w->truck[slot];
    bool over = p->place == PLACE_CLOSED || p->place == PLACE_TURNED_BACK;
    if (t->no != p->no && over) return; // its truck has left the world; the link still speaks of it
    if (t->no != p->no) {               // the kernel gave the place to a new passage
        *t = (Truck){.no = p->no, .kept = STATION_NONE, .arrived = NOT_YET, .flow = 255};
    }
    if (t->flags & TRUCK_DIRTY) return;
    t->flags |= TRUCK_DIRTY;
    w->dirty[w->dirty_n++] = slot;
}
void twin_sink(void *ctx, const Gate *g, const Event *e, bool after) {
    Twin *w = ctx;
    if (!after) return;
    w->total.events++;
    if (e->kind == EV_REFUSED) {
        const Finding *f = e->u.refused.findings.items;
        w->refused = true;
        w->refusal = e->u.refused.findings.n ? f->code : 0;
    }
    if (e->kind == EV_DECLARED) w->declared = e->passage;
    const Passage *p = e->passage ? gate_find(g, e->passage) : NULL;
    stat_event(w, g, e);
    if (e->kind == EV_LINK) peer_event(w, e);
    if (p && e->kind != EV_REFUSED) twin_touch(w, p);
    if (e->kind == EV_ROAD && e->u.road.open) day_road_opened(w, e->u.road.road);
    carry_event(w, e);
    Effect effects[EFFECTS_MAX];
    w->total.effects += gate_effects(g, e, effects);
}
bool twin_submit(Twin *w, Input *in) {
    w->refused = false, w->refusal = 0, w->declared = 0;
    in->t_ms = twin_wall(w);
    DesStream s = twin_stream(w, 2, (uint32_t)w->total.inputs);
    in->random = des_u64(&s);
    w->total.inputs++;
    if (w->halted) {
        w->refused = true;
        return false;
    }
    w->port.submit(w->port.ctx, in);
    if (w->refused) w->total.refusals[w->refusal]++;
    return !w->refused;
}
Truck *truck_at(Twin *w, uint32_t slot) {
    return &w->truck[slot];
}
const Passage *truck_passage(const Twin *w, const Truck *t) {
    const Passage *p = gate_at(w->gate, (uint32_t)(t - w->truck));
    return p && p->no == t->no ? p : NULL;
}
void twin_react_all(Twin *w) {
    while (w->dirty_n && !w->halted) {
        uint32_t slot = w->dirty[--w->dirty_n];
        w->truck[slot].flags &= (uint16_t)~TRUCK_DIRTY;
        people_react(w, slot);
    }
}

// ---- life
Twin *twin_new(const TwinConfig *c, TwinPort port) {
    Twin *w = calloc(1, sizeof *w);
    CK_ASSERT(w != NULL);
    w->c = *c, w->port = port;
    w->des = des_new(1u << 22);
    arena_init(&w->arena, 256u << 20);
    w->trucks = c->passages_max + CLOSED_RING;
    w->truck = calloc(w->trucks, sizeof *w->truck);
    w->dirty = calloc(w->trucks, sizeof *w->dirty);
    CK_ASSERT(w->truck && w->dirty);
    const TwinParams *p = c->doc->params;
    w->retry = twin_dist(p->retry), w->resolve = twin_dist(p->resolve), w->amend = twin_dist(p->amend);
    w->pay = twin_dist(p->pay), w->repair = twin_dist(p->repair);
    stat_init(w);
    twin_build(w);
    peer_start(w);
    return w;
}
void twin_free(Twin *w) {
    if (!w) return;
    carry_free(w);
    stat_deinit(w);
    for (uint32_t i = 0; i < w->stations; i++) des_station_free(w->station[i].st);
    des_free(w->des);
    arena_deinit(&w->arena);
    free(w->truck), free(w->dirty), free(w->work), free(w);
}
void twin_no_answer(Twin *w) {
    w->refused = true, w->refusal = REFUSE_REASON_NONE;
}
void twin_halt(Twin *w) {
    w->halted = true;
    twin_no_answer(w);
}
void twin_committed(Twin *w) {
    w->fresh_n = 0;
}
// After a restart nobody knows which of the last inputs the journal holds: everybody looks at the gate and begins anew.
static void begin_anew(Twin *w) {
    w->epoch++;
    for (uint32_t i = 0; i < w->trucks; i++) {
        Truck *t = &w->truck[i];
        if (!t->no) continue;
        const Passage *p = truck_passage(w, t);
        work_give_back(w, t);
        if (t->busy && truck_arrived(t) && !(t->flags & TRUCK_SEEN)) t->idle_since = twin_ms(w), stat_waiting(w, t, 1);
        des_cancel(w->des, t->patience);
        t->patience = 0;
        t->busy = 0, t->working = t->put_off = 0;
        t->flags &= (uint16_t) ~(TRUCK_MOVING | TRUCK_STUCK | TRUCK_LEAVING | TRUCK_RENEWING | TRUCK_DIRTY |
                                 TRUCK_REPAIRING | TRUCK_CARRIED | TRUCK_COMING);
        if (p && p->place != PLACE_CLOSED && p->place != PLACE_TURNED_BACK) continue;
        if (truck_arrived(t) && !(t->flags & TRUCK_SEEN)) stat_waiting(w, t, -1);
        t->no = 0;
    }
    w->dirty_n = 0;
    for (uint32_t i = 0; i < w->fresh_n; i++)
        if (!gate_find(w->gate, w->fresh[i].no)) truck_again(w, w->fresh[i].flow, w->fresh[i].entity);
    w->fresh_n = 0;
}
void twin_attach(Twin *w, const Gate *g) {
    bool first = w->gate == NULL;
    w->gate = g, w->halted = false;
    if (first) {
        day_start(w);
        flows_start(w);
        carry_start(w);
    } else {
        begin_anew(w);
        carry_lost(w);
    }
    const Passage *p;
    for (uint32_t at = gate_passages(g, 0, &p); p; at = gate_passages(g, at, &p)) {
        twin_touch(w, p);
        Truck *t = &w->truck[gate_slot(g, p)];
        if (t->flow == 255) truck_adopt(w, t, p);
    }
    twin_react_all(w);
}
void twin_stop_arrivals(Twin *w) {
    w->arrivals_off = true;
}
// A tick that found nothing to do leaves the deadline where it was (a queue that time alone may free): asked again a
// minute later.
static int64_t deadline(const Twin *w) {
    int64_t t = gate_next_deadline(w->gate);
    return t <= w->ticked_ms ? w->ticked_ms + MINUTE_MS : t;
}
int64_t twin_next(const Twin *w) {
    if (w->dirty_n || w->halted) return twin_wall(w);
    double d = des_next(w->des);
    int64_t world = d > 9e15 ? TIME_NEVER : w->c.start_ms + (int64_t)d;
    return MIN(world, deadline(w));
}
static void tick(Twin *w, int64_t t_ms) {
    des_run(w->des, (double)(t_ms - w->c.start_ms)); // nothing is due before it
    Input in = {.kind = IN_TICK, .role = ROLE_SYSTEM, .actor = STR("clock")};
    twin_submit(w, &in);
    w->ticked_ms = t_ms;
}
// What others did is seen when it happened: the world's clock may still stand at the last thing that happened in it.
static void others_acted(Twin *w) {
    if (w->halted || !w->dirty_n) return;
    if (gate_now(w->gate) > twin_wall(w)) des_run(w->des, (double)(gate_now(w->gate) - w->c.start_ms));
    twin_react_all(w);
}
void twin_run(Twin *w, int64_t until_ms) {
    others_acted(w);
    while (!w->halted) {
        double d = des_next(w->des);
        int64_t world = d > 9e15 ? TIME_NEVER : w->c.start_ms + (int64_t)d;
        int64_t kernel = deadline(w);
        if (kernel != TIME_NEVER) kernel = MAX(kernel, twin_wall(w));
        if (MIN(world, kernel) > until_ms) break;
        if (kernel < world)
            tick(w, kernel);
        else
            des_step(w->des);
        twin_react_all(w);
    }
    if (!w->halted) des_run(w->des, (double)(until_ms - w->c.start_ms));
}

// ---- the kernel in memory
static void gate_port(void *ctx, const Input *in) {
    TwinGate *tg = ctx;
    arena_reset(&tg->arena);
    tg->inputs++;
    tg->events += gate_apply(tg->gate, in, &tg->arena, twin_sink, tg->twin);
}
Twin *twin_gate_new(TwinGate *tg, const TwinConfig *c) {
    GateLimits l = {.passages_max = c->passages_max};
    *tg = (TwinGate){.memory = block_alloc(gate_size(l))};
    tg->gate = gate_init(tg->memory, l);
    arena_init(&tg->arena, 64u << 20);
    tg->twin = twin_new(c, (TwinPort){tg, gate_port});
    tg->twin->gate = NULL;
    Input in = {.t_ms = c->start_ms, .kind = IN_SITE, .role = ROLE_SYSTEM, .actor = STR("site")};
    in.u.site = (InSite){.bundle = c->site->json, .site = c->site};
    if (c->from.n)
        CK_ASSERT(gate_load(tg->gate, c->from, c->site) == OK); // who has it has loaded it before
    else
        gate_apply(tg->gate, &in, &tg->arena, NULL, NULL);
    twin_attach(tg->twin, tg->gate);
    return tg->twin;
}
void twin_gate_free(TwinGate *tg) {
    twin_free(tg->twin);
    arena_deinit(&tg->arena);
    free(tg->memory);
}

// Jobs: which vehicle goes for which box, what it does next, and what is done when it cannot be done.
#include "fleet_internal.h"
#include <math.h>

#define LOOKED_AT 64u // jobs compared in one cycle: the most urgent ones

// ---- time between nodes and places, by the empty road: one search against the edges for each place
static void seconds_to(Fleet *f, uint32_t place, float *ret) {
    const RouteMap *m = f->map;
    uint16_t *queue = calloc(m->nodes * 8, sizeof *queue);
    uint32_t head = 0, tail = 0, cap = m->nodes * 8;
    CK_ASSERT(queue != NULL);
    for (uint32_t i = 0; i < m->nodes; i++) ret[i] = INFINITY;
    ret[place] = 0, queue[tail++] = (uint16_t)place;
    while (head != tail) { // label correcting: the graph is small and nearly a tree
        uint32_t u = queue[head++ % cap];
        if (u != place && m->node[u].spot) continue;
        for (uint32_t i = m->in_begin[u]; i < m->in_begin[u + 1]; i++) {
            const MapEdge *e = &m->edge[m->in[i]];
            float s = ret[u] + (float)(e->length_m / e->speed_mps);
            if (s >= ret[e->from]) continue;
            ret[e->from] = s;
            CK_ASSERT(tail - head < cap);
            queue[tail++ % cap] = e->from;
        }
    }
    free(queue);
}
// A side's places may lie in several zones, its aisles. Who is in one or comes to one stays there while it has room:
// those who change over are in the way of both.
#define OTHER_AISLE_S 600
#define PLUG_S        120 // a charger is not for parking while there is room elsewhere
static uint8_t aisle_of(const Fleet *f, uint32_t from, uint8_t owner) { // zone of that side's nearest place
    const RouteMap *m = f->map;
    uint8_t zone = m->node[from].zone;
    float least = INFINITY;
    for (uint32_t i = 0; i < f->places; i++) {
        const MapNode *n = &m->node[f->place[i]];
        float s = f->seconds[(size_t)f->place[i] * m->nodes + from];
        if (n->owner == owner && s < least) least = s, zone = n->zone;
    }
    return zone;
}
static double extra_s(const Fleet *f, const MapNode *n, uint32_t from, uint32_t spots) {
    bool plug = n->spot == SPOT_CHARGER && (spots & 1u << SPOT_PARK);
    return (n->zone == f->aisle[from * OWNER_COUNT + n->owner] ? 0 : OTHER_AISLE_S) + (plug ? PLUG_S : 0);
}
static void find_places(Fleet *f) {
    const RouteMap *m = f->map;
    f->seconds = calloc((size_t)m->nodes * m->nodes, sizeof *f->seconds);
    f->place = calloc(m->nodes, sizeof *f->place), f->next_crane = calloc(m->nodes, sizeof *f->next_crane);
    f->aisle = calloc(m->nodes * OWNER_COUNT, sizeof *f->aisle);
    CK_ASSERT(f->seconds && f->place && f->next_crane && f->aisle);
    for (uint32_t p = 0; p < m->nodes; p++) {
        if (!m->node[p].spot) continue;
        seconds_to(f, p, f->seconds + (size_t)p * m->nodes);
        f->place[f->places++] = (uint16_t)p;
    }
    for (uint32_t i = 0; i < m->nodes; i++)
        for (uint8_t o = 0; o < OWNER_COUNT; o++) f->aisle[i * OWNER_COUNT + o] = aisle_of(f, i, o);
    for (uint32_t i = 0; i < f->places; i++)
        f->next_crane[i] =
            (uint16_t)place_for(f, FLEET_NONE, f->place[i], m->node[f->place[i]].owner, 1u << SPOT_CRANE, 0, MAP_NONE);
}
double seconds_between(Fleet *f, uint32_t from, uint32_t to) {
    if (!f->seconds) find_places(f);
    return f->seconds[(size_t)to * f->map->nodes + from];
}
// The nearest place of these spots on this side that nobody but v has; v FLEET_NONE: of all. MAP_NONE: none.
uint32_t place_for(Fleet *f, uint32_t v, uint32_t from, uint8_t owner, uint32_t spots, uint32_t fit, uint16_t avoid) {
    const RouteMap *m = f->map;
    uint32_t best = MAP_NONE;
    double least = INFINITY;
    if (!f->seconds) find_places(f);
    for (uint32_t i = 0; i < f->places; i++) {
        uint32_t p = f->place[i];
        const MapNode *n = &m->node[p];
        if (!(spots & 1u << n->spot) || n->owner != owner || (n->fit & fit) != fit || p == avoid) continue;
        if (v != FLEET_NONE) {
            uint32_t who = traffic_booker(f->traffic, p);
            if (who != TRAFFIC_NOBODY && who != v) continue;
        }
        double s = seconds_between(f, from, p) + extra_s(f, n, from, spots);
        if (n->fit & ~fit) s += 30; // what is rare is kept for those who need it
        if (s < least) least = s, best = p;
    }
    return best;
}

// ---- jobs in and out
static Job *job_find(const Fleet *f, uint32_t id) {
    for (uint32_t i = 0; i < f->jobs_used; i++)
        if (f->job[i].used && f->job[i].j.id == id) return &f->job[i];
    return NULL;
}
FleetStep fleet_step_of(const Fleet *f, uint32_t id) {
    const Job *j = job_find(f, id);
    return j ? (FleetStep)j->step : STEP_COUNT;
}
static bool place_exists(const Fleet *f, uint8_t owner, uint32_t fit) {
    for (uint32_t p = 0; p < f->map->nodes; p++)
        if (f->map->node[p].spot == SPOT_CRANE && f->map->node[p].owner == owner && (f->map->node[p].fit & fit) == fit)
            return true;
    return false;
}
static uint8_t other(uint8_t owner) {
    return owner == OWNER_OWN ? OWNER_PEER : OWNER_OWN;
}
static FleetRefusal job_new(Fleet *f, const FleetJob *j, int64_t now_ms, Job **ret) {
    uint32_t i = 0;
    if (job_find(f, j->id)) return FLEET_REFUSE_TWICE;
    if (j->from == OWNER_LINE || !place_exists(f, j->from, j->fit) || !place_exists(f, other(j->from), j->fit))
        return FLEET_REFUSE_NO_PLACE;
    while (i < FLEET_JOBS_MAX && f->job[i].used) i++;
    if (i == FLEET_JOBS_MAX) return FLEET_REFUSE_FULL;
    f->jobs_used = MAX(f->jobs_used, i + 1);
    Job *n = &f->job[i];
    *n = (Job){.used = true, .j = *j, .side = j->from, .vehicle = FLEET_NONE, .avoid = MAP_NONE, .asked_ms = now_ms};
    if (j->box.n) memcpy(n->box, j->box.p, MIN(j->box.n, sizeof n->box - 1));
    n->j.box = str_c(n->box);
    *ret = n;
    return FLEET_OK;
}
FleetRefusal fleet_job(Fleet *f, const FleetJob *j, int64_t now_ms) {
    Job *n;
    return job_new(f, j, now_ms, &n);
}
void job_step(Fleet *f, Job *j, FleetStep step, uint16_t node, Str reason) {
    j->step = (uint8_t)step;
    f->port.event(f->port.ctx, &(FleetEvent){.kind = FLEET_EVENT_STEP,
                                             .job = j->j.id,
                                             .vehicle = j->vehicle,
                                             .step = (uint8_t)step,
                                             .node = node,
                                             .reason = reason,
                                             .trip = j->trip});
}
static void job_end(Fleet *f, Job *j) {
    if (j->vehicle != FLEET_NONE) f->v[j->vehicle].job = FLEET_NONE;
    j->used = false;
    while (f->jobs_used && !f->job[f->jobs_used - 1].used) f->jobs_used--;
}
FleetRefusal fleet_job_again(Fleet *f, const FleetJob *j, uint32_t v, FleetStep step, int64_t now_ms) {
    Job *n;
    bool in_hand = step > STEP_WAITING && step < STEP_DONE;
    if (in_hand && v >= f->vehicles) return FLEET_REFUSE_UNKNOWN;
    if (in_hand && f->v[v].job != FLEET_NONE) return FLEET_REFUSE_TWICE;
    FleetRefusal r = job_new(f, j, now_ms, &n);
    if (r != FLEET_OK) return r;
    n->adopted = true, n->step = (uint8_t)step;
    if (in_hand) {
        n->vehicle = v, f->v[v].job = (uint32_t)(n - f->job), n->assigned_ms = now_ms;
        if (step >= STEP_CARRYING) f->v[v].laden = true, n->step = STEP_CARRYING, n->side = other(j->from);
        if (step < STEP_CARRYING) n->step = STEP_ASSIGNED;
    } else {
        n->step = STEP_WAITING;
    }
    return FLEET_OK;
}
static void carries(Fleet *f, Job *j, Str reason) { // its vehicle has the box
    Unit *k = &f->v[j->vehicle];
    alarm_set(f, j->vehicle, FLEET_ALARM_LOAD, false, STR_EMPTY);
    alarm_set(f, j->vehicle, FLEET_ALARM_HANDOVER, false, STR_EMPTY);
    k->leg = LEG_NONE, k->laden = true, k->crane_asked = k->crane_done = false;
    j->side = other(j->j.from), j->tries = 0, j->avoid = MAP_NONE;
    job_step(f, j, STEP_CARRYING, (uint16_t)traffic_last(f->traffic, j->vehicle), reason);
}
static bool may_have_it(const Unit *k) { // of the vehicle of a job that is to be fetched
    return k && (k->cancelling || (k->ordered && k->leg == LEG_PICK) || !k->seen || (k->loads_known && k->laden));
}
static void withdrawn(Fleet *f, Job *j, Str reason) {
    Unit *k = j->vehicle == FLEET_NONE ? NULL : &f->v[j->vehicle];
    job_step(f, j, STEP_WITHDRAWN, MAP_NONE, reason);
    f->stats.withdrawn++;
    if (k && !k->ordered) k->leg = LEG_NONE;
    job_end(f, j);
}
// Withdrawn on the way to the box: over when the vehicle has said that it stands, and whether it has it.
static void end_withdrawn(Fleet *f) {
    for (uint32_t i = 0; i < f->jobs_used; i++) {
        Job *j = &f->job[i];
        if (!j->used || !j->withdrawn || j->step > STEP_ASSIGNED) continue;
        const Unit *k = j->vehicle == FLEET_NONE ? NULL : &f->v[j->vehicle];
        if (!may_have_it(k))
            withdrawn(f, j, STR("withdrawn on the way to the box"));
        else if (k->seen && !k->cancelling && !k->ordered)
            carries(f, j, STR("withdrawn when it had the box already"));
    }
}
bool fleet_withdraw(Fleet *f, uint32_t id, Str reason, int64_t now_ms) {
    Job *j = job_find(f, id);
    if (!j) return false;
    if (j->withdrawn) return true; // asked again: what was begun goes on
    Unit *k = j->vehicle == FLEET_NONE ? NULL : &f->v[j->vehicle];
    j->withdrawn = true; // a box in hand has to be set down somewhere first: where it came from
    if (j->step == STEP_ASSIGNED && k->ordered && k->leg == LEG_PICK) {
        if (!k->cancelling) order_cancel(f, j->vehicle, now_ms);
    } else if (j->step <= STEP_ASSIGNED && !may_have_it(k)) {
        withdrawn(f, j, reason);
    } else if (j->step == STEP_CARRYING && k->ordered && k->leg == LEG_DROP && !j->cross && !k->cancelling) {
        order_cancel(f, j->vehicle, now_ms); // not over the line: to a crane on this side
        k->leg = LEG_NONE;
    }
    return true;
}
bool fleet_box_on(Fleet *f, uint32_t id, int64_t now_ms) {
    Job *j = job_find(f, id);
    if (!j || j->vehicle == FLEET_NONE || (j->step != STEP_ASSIGNED && j->step != STEP_PICKING)) return false;
    Unit *k = &f->v[j->vehicle];
    if (k->loads_known && !k->laden) return false;
    if (k->ordered && !k->cancelling) order_cancel(f, j->vehicle, now_ms);
    carries(f, j, STR("somebody saw it there"));
    return true;
}
void fleet_go(Fleet *f, uint32_t id) {
    Job *j = job_find(f, id);
    if (j) j->go = true;
}
void fleet_cross(Fleet *f, uint32_t id) {
    Job *j = job_find(f, id);
    if (j) j->cross = true;
}

// ---- hand-over at the crane: the vehicle stands, its action runs, the crane is asked; both must say that it is done
void fleet_crane(Fleet *f, uint32_t job, FleetCrane result, int64_t now_ms) {
    const Job *j = job_find(f, job);
    uint32_t v = j ? j->vehicle : FLEET_NONE;
    if (v == FLEET_NONE || !f->v[v].crane_asked || f->v[v].crane_done) return; // nobody asks any longer
    Unit *k = &f->v[v];
    if (result == CRANE_DONE) {
        k->crane_done = true;
        f->stats.moves++;
        job_arrived(f, v, now_ms);
        return;
    }
    static const char *const why[] = {"", "the crane cannot lift it", "the crane cannot set it down",
                                      "the place is blocked"};
    alarm_set(f, v, FLEET_ALARM_HANDOVER, true, str_c(why[result]));
    order_cancel(f, v, now_ms);
    job_leg_failed(f, v, str_c(why[result]), now_ms);
}
// The leg cannot be done as it was begun: another place, or the job goes back.
void job_leg_failed(Fleet *f, uint32_t v, Str why, int64_t now_ms) {
    Unit *k = &f->v[v];
    Leg leg = k->leg;
    (void)now_ms;
    k->leg = LEG_NONE, k->crane_asked = k->crane_done = false;
    if (k->job == FLEET_NONE || (leg != LEG_PICK && leg != LEG_DROP)) return;
    Job *j = &f->job[k->job];
    uint16_t node = (uint16_t)traffic_last(f->traffic, v);
    if (traffic_here(f->traffic, v) && node == traffic_booked(f->traffic, v)) j->avoid = node;
    j->tries++;
    if (j->step == STEP_PICKING) job_step(f, j, STEP_ASSIGNED, node, why);
    if (j->step == STEP_SETTING) job_step(f, j, STEP_CARRYING, node, why);
    FleetStatus s = status_of(f, k);
    bool hopeless = s == FLEET_MANUAL || s == FLEET_BROKEN || s == FLEET_ISOLATED || j->tries >= f->p.tries_max;
    if (j->step == STEP_ASSIGNED && k->loads_known && k->laden) { // nobody else may go for it: there is but one box
        alarm_set(f, v, FLEET_ALARM_LOAD, true, STR("the hand-over failed and it has a box"));
    } else if (j->step == STEP_ASSIGNED && hopeless) { // the box has not moved: another vehicle
        job_step(f, j, STEP_WITHDRAWN, node, why);
        k->job = FLEET_NONE;
        j->vehicle = FLEET_NONE, j->step = STEP_WAITING, j->tries = 0;
    }
}
static void begin_handling(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    Job *j = &f->job[k->job];
    uint16_t node = (uint16_t)traffic_last(f->traffic, v);
    if (k->crane_asked || k->action < VDA_ACTION_INITIALIZING || k->action == VDA_ACTION_FAILED) return;
    k->crane_asked = true, k->crane_ms = now_ms;
    job_step(f, j, k->leg == LEG_PICK ? STEP_PICKING : STEP_SETTING, node, STR_EMPTY);
    f->port.event(f->port.ctx, &(FleetEvent){.kind = FLEET_EVENT_CRANE,
                                             .job = j->j.id,
                                             .vehicle = v,
                                             .step = j->step,
                                             .lift = k->leg == LEG_PICK,
                                             .node = node});
}
static void picked(Fleet *f, uint32_t v) {
    Unit *k = &f->v[v];
    Job *j = &f->job[k->job];
    if (k->loads_known && !k->laden) {
        alarm_set(f, v, FLEET_ALARM_LOAD, true, STR("the crane set a box on it and it feels none"));
        return;
    }
    k->ordered = false;
    carries(f, j, STR_EMPTY);
}
static void dropped(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    Job *j = &f->job[k->job];
    if (k->loads_known && k->laden) {
        alarm_set(f, v, FLEET_ALARM_LOAD, true, STR("the crane took the box off and it still feels one"));
        return;
    }
    alarm_set(f, v, FLEET_ALARM_LOAD, false, STR_EMPTY);
    alarm_set(f, v, FLEET_ALARM_HANDOVER, false, STR_EMPTY);
    k->ordered = false, k->leg = LEG_NONE, k->laden = false;
    double cycle = (double)(now_ms - j->assigned_ms) / 1e3, wait = (double)(j->assigned_ms - j->asked_ms) / 1e3;
    if (j->withdrawn) {
        f->stats.withdrawn++;
    } else {
        f->stats.done++, f->cycle_sum += cycle, f->wait_sum += wait;
        kpi_carried(f, &j->trip);
        f->stats.cycle_s_max = fmax(f->stats.cycle_s_max, cycle), f->stats.wait_s_max = fmax(f->stats.wait_s_max, wait);
    }
    job_step(f, j, j->withdrawn ? STEP_WITHDRAWN : STEP_DONE, (uint16_t)traffic_last(f->traffic, v),
             j->withdrawn ? STR("brought back") : STR_EMPTY);
    job_end(f, j);
}
bool fleet_box_found(Fleet *f, uint32_t job, uint8_t owner, int64_t now_ms) {
    Job *j = job_find(f, job);
    if (!j || j->vehicle == FLEET_NONE) return false;
    uint32_t v = j->vehicle;
    Unit *k = &f->v[v];
    if (k->ordered && !k->cancelling) order_cancel(f, v, now_ms);
    k->leg = LEG_NONE, k->crane_asked = k->crane_done = false;
    alarm_set(f, v, FLEET_ALARM_LOAD, false, STR_EMPTY);
    alarm_set(f, v, FLEET_ALARM_HANDOVER, false, STR_EMPTY);
    if (owner == other(j->j.from) && !j->withdrawn) {
        f->stats.done++;
        job_step(f, j, STEP_DONE, MAP_NONE, STR("found where it should be"));
        job_end(f, j);
    } else {
        job_step(f, j, STEP_WITHDRAWN, MAP_NONE, STR("found where it came from"));
        k->job = FLEET_NONE;
        j->vehicle = FLEET_NONE, j->step = STEP_WAITING, j->tries = 0,
        j->go = j->go_asked = j->cross = j->cross_asked = false;
    }
    return true;
}
#define CRANE_SILENT_MS (15 * MINUTE_MS)
void job_arrived(Fleet *f, uint32_t v, int64_t now_ms) { // at the end of its leg, standing; called until it is over
    Unit *k = &f->v[v];
    bool crane = k->leg == LEG_PICK || k->leg == LEG_DROP;
    if (crane && k->job != FLEET_NONE) {
        if (k->action == VDA_ACTION_FAILED) {
            alarm_set(f, v, FLEET_ALARM_HANDOVER, true, STR("the vehicle could not take part in the hand-over"));
            k->ordered = false;
            job_leg_failed(f, v, STR("the vehicle's action failed"), now_ms);
            return;
        }
        begin_handling(f, v, now_ms);
        if (k->crane_asked && !k->crane_done && now_ms - k->crane_ms > CRANE_SILENT_MS)
            alarm_set(f, v, FLEET_ALARM_HANDOVER, true, STR("the crane does not say that it is done"));
        if (!k->crane_done || k->action != VDA_ACTION_FINISHED) return;
        if (k->leg == LEG_PICK)
            picked(f, v);
        else
            dropped(f, v, now_ms);
    } else if (k->leg == LEG_CHARGE) {
        if (k->action != VDA_ACTION_FINISHED && !k->charging) return;
        k->ordered = false, k->leg = LEG_NONE;
    } else {
        k->ordered = false, k->leg = LEG_NONE;
    }
}

// ---- what each vehicle that has a job does next
static bool ready(const Fleet *f, uint32_t v) { // stands and may be told something new
    const Unit *k = &f->v[v];
    return may_be_sent(f, k) && !k->ordered && !k->driving;
}
static bool unplug(Fleet *f, uint32_t v, int64_t now_ms) { // false: still at the plug
    Unit *k = &f->v[v];
    if (!k->charging) return true;
    if (now_ms - k->asked_ms > 5000) order_instant(f, v, "stopCharging", now_ms), k->asked_ms = now_ms;
    return false;
}
static bool movable(const Fleet *f, uint32_t v) { // ready, or on its way to a parking place
    const Unit *k = &f->v[v];
    return ready(f, v) || (may_be_sent(f, k) && k->ordered && k->leg == LEG_PARK && k->acked);
}
// A crane place is booked late, so that it does not stand empty while somebody drives up; until then one goes to wait
// before it.
#define NEAR_S        120.0
#define AISLE_WAIT_MS HOUR_MS // then any crane of this side
static bool to_crane(Fleet *f, uint32_t v, uint8_t side, Leg leg, int64_t now_ms) {
    const Job *j = &f->job[f->v[v].job];
    uint32_t from = traffic_base_end(f->traffic, v);
    uint32_t p = place_for(f, v, from, side, 1u << SPOT_CRANE, j->j.fit, j->avoid);
    if (p == MAP_NONE) return false;
    bool near = seconds_between(f, from, p) <= NEAR_S;
    if (!near && ready(f, v) && f->map->node[from].owner == side) { // it waits for the cranes of its aisle
        uint32_t one = place_for(f, FLEET_NONE, from, side, 1u << SPOT_CRANE, j->j.fit, j->avoid);
        near = f->map->node[one].zone == f->map->node[p].zone || now_ms - j->assigned_ms > AISLE_WAIT_MS;
    }
    return near && drive_to(f, v, p, leg, now_ms);
}
// Where to wait for a crane: as near before them as there is room; a reefer at a plug.
#define NO_PLUG_S 300
static double reefer_s(const Fleet *f, uint32_t v, const MapNode *n) {
    const Unit *k = &f->v[v];
    bool has = n->fit & 1u << FIT_REEFER,
         reefer = k->laden && k->job != FLEET_NONE && (f->job[k->job].j.fit & 1u << FIT_REEFER);
    return reefer && !has ? NO_PLUG_S : !reefer && has ? 30 : 0;
}
static uint32_t buffer_for(Fleet *f, uint32_t v, uint32_t from, uint8_t side, uint32_t spots) {
    const RouteMap *m = f->map;
    uint32_t best = MAP_NONE;
    double least = INFINITY;
    for (uint32_t i = 0; i < f->places; i++) {
        uint32_t p = f->place[i], who = traffic_booker(f->traffic, p);
        if (!(spots & 1u << m->node[p].spot) || m->node[p].owner != side || (who != TRAFFIC_NOBODY && who != v))
            continue;
        uint32_t crane = f->next_crane[i];
        double s = seconds_between(f, from, p) + (crane == MAP_NONE ? 0 : 2 * seconds_between(f, p, crane)) +
                   extra_s(f, &m->node[p], from, spots) + reefer_s(f, v, &m->node[p]);
        if (s < least) least = s, best = p;
    }
    return best;
}
static bool to_buffer(Fleet *f, uint32_t v, uint8_t side, int64_t now_ms) {
    const RouteMap *m = f->map;
    uint32_t goal = traffic_booked(f->traffic, v), from = traffic_base_end(f->traffic, v);
    bool under_way = f->v[v].ordered || goal == traffic_last(f->traffic, v);
    if (under_way && goal != MAP_NONE && m->node[goal].owner == side && m->node[goal].spot != SPOT_CRANE) return true;
    uint32_t p = buffer_for(f, v, from, side, 1u << SPOT_PARK | 1u << SPOT_CHARGER);
    if (p == MAP_NONE) f->crowded[side] = now_ms;
    return p != MAP_NONE && drive_to(f, v, p, LEG_PARK, now_ms);
}
// It lost its order and everywhere else would be unsafe: on, on the way that it still has.
static void keep_on(Fleet *f, uint32_t v, int64_t now_ms) {
    const uint16_t *path;
    if (ready(f, v) && traffic_path(f->traffic, v, &path) > 0) order_begin(f, v, LEG_PARK, now_ms);
}
#define GO_WAIT_MS 30000 // then it makes room under the crane
static void go_on(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    Job *j = &f->job[k->job];
    uint32_t here = traffic_last(f->traffic, v);
    if (!movable(f, v) || (!k->ordered && !unplug(f, v, now_ms))) return;
    if (j->step == STEP_ASSIGNED) {
        if (!to_crane(f, v, j->j.from, LEG_PICK, now_ms) && !to_buffer(f, v, j->j.from, now_ms)) keep_on(f, v, now_ms);
        return;
    }
    if (j->step != STEP_CARRYING) return;
    uint8_t here_side = f->map->node[here].owner;
    if (j->withdrawn && here_side != OWNER_LINE) j->side = here_side;
    if (!j->go && !j->withdrawn) {
        if (!j->go_asked) {
            j->go_asked = true, k->leg_ms = now_ms;
            f->port.event(
                f->port.ctx,
                &(FleetEvent){
                    .kind = FLEET_EVENT_ASK_GO, .job = j->j.id, .vehicle = v, .step = j->step, .node = (uint16_t)here});
        }
        if (!j->go) {
            if (now_ms - k->leg_ms > GO_WAIT_MS && here_side != OWNER_LINE) (void)to_buffer(f, v, here_side, now_ms);
            return;
        }
    }
    if (!to_crane(f, v, j->side, LEG_DROP, now_ms) && !to_buffer(f, v, j->side, now_ms)) keep_on(f, v, now_ms);
}

// Nobody knows when who is broken, silent or in other hands will come: another vehicle fetches the box. Not while the
// first may have it, or come to the crane on the base that it has.
static void relieve(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    FleetStatus s = status_of(f, k);
    if (s >= FLEET_IDLE || !k->seen) k->away_ms = 0;
    if (s >= FLEET_IDLE || !k->seen || k->job == FLEET_NONE) return;
    if (!k->away_ms) k->away_ms = now_ms;
    Job *j = &f->job[k->job];
    bool comes = k->ordered && k->leg == LEG_PICK && traffic_base_end(f->traffic, v) == traffic_booked(f->traffic, v),
         has = comes || (k->loads_known && k->laden);
    if (j->step != STEP_ASSIGNED || j->adopted || j->withdrawn || has ||
        now_ms - k->away_ms < f->p.relieve_s * SECOND_MS)
        return;
    if (k->ordered && !k->cancelling) order_cancel(f, v, now_ms);
    k->leg = LEG_NONE, k->job = FLEET_NONE;
    job_step(f, j, STEP_WITHDRAWN, MAP_NONE, STR("its vehicle cannot be reached: another one"));
    j->vehicle = FLEET_NONE, j->step = STEP_WAITING, j->tries = 0;
}

// ---- assignment
static bool available(const Fleet *f, uint32_t v) {
    const Unit *k = &f->v[v];
    if (k->job != FLEET_NONE || !may_be_sent(f, k) || k->service_due || k->laden) return false;
    if (k->alarms & (1u << FLEET_ALARM_BATTERY | 1u << FLEET_ALARM_POSITION)) return false;
    if (k->leg != LEG_NONE && (k->leg != LEG_PARK || !k->acked)) return false;
    double enough = k->charging ? MIN(f->p.full_pct, f->p.low_pct + 20) : f->p.low_pct;
    return k->battery_pct >= enough;
}
static _Thread_local const Fleet *sorting; // qsort has no context
static _Thread_local int64_t now_sorting;
static int by_urgency(const void *x, const void *y) {
    const Job *a = &sorting->job[*(const uint32_t *)x], *b = &sorting->job[*(const uint32_t *)y];
    int64_t bound = sorting->p.wait_max_s * SECOND_MS;
    bool old_a = now_sorting - a->asked_ms > bound, old_b = now_sorting - b->asked_ms > bound;
    if (old_a != old_b) return old_a ? -1 : 1;
    if (!old_a && a->j.priority != b->j.priority) return a->j.priority > b->j.priority ? -1 : 1;
    int64_t da = a->j.deadline_ms ? a->j.deadline_ms : INT64_MAX, db = b->j.deadline_ms ? b->j.deadline_ms : INT64_MAX;
    if (!old_a && da != db) return da < db ? -1 : 1;
    return a->asked_ms != b->asked_ms ? (a->asked_ms < b->asked_ms ? -1 : 1)
                                      : (a->j.id > b->j.id) - (a->j.id < b->j.id);
}
static uint32_t jobs_by_urgency(const Fleet *f, int64_t now_ms, bool given, uint32_t ret[FLEET_JOBS_MAX]) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < f->jobs_used; i++)
        if (f->job[i].used && (f->job[i].vehicle != FLEET_NONE) == given) ret[n++] = i;
    sorting = f, now_sorting = now_ms;
    qsort(ret, n, sizeof *ret, by_urgency);
    return n;
}
static void give(Fleet *f, uint32_t v, Job *j, int64_t now_ms) {
    Unit *k = &f->v[v];
    if (k->leg == LEG_NONE && !unplug(f, v, now_ms)) return;
    k->job = (uint32_t)(j - f->job), j->vehicle = v;
    if (!to_crane(f, v, j->j.from, LEG_PICK, now_ms) && !to_buffer(f, v, j->j.from, now_ms)) {
        k->job = FLEET_NONE, j->vehicle = FLEET_NONE;
        return;
    }
    j->assigned_ms = now_ms;
    job_step(f, j, STEP_ASSIGNED, (uint16_t)traffic_booked(f->traffic, v), STR_EMPTY);
}
static void match(Fleet *f, const uint32_t *jobs, uint32_t n, int64_t now_ms) {
    static _Thread_local double cost[LOOKED_AT * FLEET_VEHICLES_MAX];
    static _Thread_local uint32_t who[FLEET_VEHICLES_MAX], ret[LOOKED_AT];
    uint32_t free_n = 0;
    for (uint32_t v = 0; v < f->vehicles; v++)
        if (available(f, v)) who[free_n++] = v;
    n = MIN(MIN(n, LOOKED_AT), free_n);
    if (!n) return;
    for (uint32_t k = 0; k < free_n; k++) {
        uint32_t from = traffic_base_end(f->traffic, who[k]), near[OWNER_COUNT];
        for (uint8_t o = 0; o < OWNER_COUNT; o++)
            near[o] = place_for(f, FLEET_NONE, from, o, 1u << SPOT_CRANE, 0, MAP_NONE);
        for (uint32_t i = 0; i < n; i++) { // who is on the aisle to the parking places comes to no crane before
            uint32_t p = near[f->job[jobs[i]].j.from];
            cost[i * free_n + k] = p == MAP_NONE ? INFINITY : seconds_between(f, from, p);
        }
    }
    fleet_assign(cost, n, free_n, ret);
    for (uint32_t i = 0; i < n; i++)
        if (ret[i] != UINT32_MAX) give(f, who[ret[i]], &f->job[jobs[i]], now_ms);
}
// ---- who has nothing to do makes room under the cranes, and charges
static void rest(Fleet *f, uint32_t v, uint32_t *charging, int64_t now_ms) {
    Unit *k = &f->v[v];
    if (!ready(f, v) || k->job != FLEET_NONE) return;
    uint32_t here = traffic_base_end(f->traffic, v); // it may stand before the end of a base that it was given
    const MapNode *n = &f->map->node[here];
    uint8_t side = n->owner == OWNER_LINE ? OWNER_OWN : n->owner;
    uint32_t most = f->p.charger_kw ? f->p.power_cap_kw / f->p.charger_kw : UINT32_MAX, p = MAP_NONE;
    if (k->charging) {
        if (k->battery_pct >= f->p.full_pct) (void)unplug(f, v, now_ms);
        return;
    }
    bool hungry = k->battery_pct < (n->spot == SPOT_CHARGER ? f->p.full_pct - 5 : f->p.low_pct + 20);
    if (hungry && *charging < most) {
        p = n->spot == SPOT_CHARGER ? here : place_for(f, v, here, side, 1u << SPOT_CHARGER, 0, MAP_NONE);
        if (p == MAP_NONE && k->battery_pct < f->p.low_pct)
            p = place_for(f, v, here, side == OWNER_OWN ? OWNER_PEER : OWNER_OWN, 1u << SPOT_CHARGER, 0, MAP_NONE);
        if (p != MAP_NONE && drive_to(f, v, p, LEG_CHARGE, now_ms)) {
            ++*charging;
            return;
        }
    }
    if (f->crowded[side] && now_ms - f->crowded[side] < 10000) { // others need the room: to the other side
        f->crowded[side] = 0;
        if (to_buffer(f, v, side == OWNER_OWN ? OWNER_PEER : OWNER_OWN, now_ms)) return;
    }
    if (n->spot == SPOT_PARK || n->spot == SPOT_CHARGER) {
        if (here != traffic_last(f->traffic, v)) (void)drive_to(f, v, here, LEG_PARK, now_ms);
        return;
    }
    p = place_for(f, v, here, side, 1u << SPOT_PARK | 1u << SPOT_CHARGER, 0, MAP_NONE);
    if (p == MAP_NONE)
        p = place_for(f, v, here, side == OWNER_OWN ? OWNER_PEER : OWNER_OWN, 1u << SPOT_PARK | 1u << SPOT_CHARGER, 0,
                      MAP_NONE);
    if (p == MAP_NONE || !drive_to(f, v, p, LEG_PARK, now_ms)) keep_on(f, v, now_ms);
}
// Against each other after something went wrong: whoever finds a free way to any free place takes it.
#define ESCAPE_MS 60000
static void escape(Fleet *f, uint32_t v, int64_t now_ms) {
    Unit *k = &f->v[v];
    bool stands = k->waits.answer == TRAFFIC_UNSAFE && now_ms - k->waits_since_ms > ESCAPE_MS;
    if (!stands || !k->ordered || !k->acked || !may_be_sent(f, k)) return;
    uint32_t from = traffic_base_end(f->traffic, v), tries = 0;
    k->waits_since_ms = now_ms;
    for (uint32_t i = 0; i < f->places && tries < 16; i++) {
        uint32_t p = f->place[(i + (uint32_t)(now_ms / 1000)) % f->places];
        if (traffic_booker(f->traffic, p) != TRAFFIC_NOBODY || !isfinite(seconds_between(f, from, p))) continue;
        tries++;
        if (drive_to(f, v, p, LEG_PARK, now_ms)) return;
    }
}
// Somebody stands on the place that it had booked: another one.
static void rehouse(Fleet *f, uint32_t v, int64_t now_ms) {
    const Unit *k = &f->v[v];
    if (!traffic_here(f->traffic, v) || traffic_booked(f->traffic, v) != MAP_NONE || !may_be_sent(f, k)) return;
    if (k->ordered ? !k->acked : k->driving) return;
    uint8_t side = f->map->node[traffic_base_end(f->traffic, v)].owner;
    if (to_buffer(f, v, side == OWNER_LINE ? OWNER_OWN : side, now_ms)) return;
    (void)to_buffer(f, v, side == OWNER_PEER ? OWNER_OWN : OWNER_PEER, now_ms);
}
void jobs_assign(Fleet *f, int64_t now_ms) {
    static _Thread_local uint32_t jobs[FLEET_JOBS_MAX];
    uint32_t charging = 0;
    for (uint32_t v = 0; v < f->vehicles; v++) charging += f->v[v].charging || f->v[v].leg == LEG_CHARGE;
    end_withdrawn(f);
    traffic_settle(f->traffic);
    for (uint32_t v = 0; v < f->vehicles; v++) relieve(f, v, now_ms), rehouse(f, v, now_ms), escape(f, v, now_ms);
    uint32_t n = jobs_by_urgency(f, now_ms, true, jobs);
    for (uint32_t i = 0; i < n; i++) go_on(f, f->job[jobs[i]].vehicle, now_ms);
    n = jobs_by_urgency(f, now_ms, false, jobs);
    match(f, jobs, n, now_ms);
    for (uint32_t v = 0; v < f->vehicles; v++)
        if (f->v[v].job == FLEET_NONE) rest(f, v, &charging, now_ms);
}

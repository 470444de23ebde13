// Lanes, roads, yards, quotas, embargoes: what the Board and the command centre set. Every change says why.
#include "gate_internal.h"

static void need_reason(const char *field, Str reason, Findings *f) {
    if (!reason.n) find_add(f, REFUSE_REASON_REQUIRED, field, STR_EMPTY, STR_EMPTY, STR("change"), END);
}
void decide_lane(const Gate *g, const Input *in, Arena *a, EventList *out) {
    Findings f = {.a = a};
    InLane l = in->u.lane;
    if (l.lane >= g->site->lanes) {
        refuse_one(in, a, out, REFUSE_LANE_UNKNOWN, STR_EMPTY);
        return;
    }
    const SiteLane *sl = &g->site->lane[l.lane];
    const LaneState *now = &g->s.lane[l.lane];
    if (!l.way) l.way = now->way;
    bool turns = l.way != now->way;
    need_reason("/reason", l.reason, &f);
    if (turns && sl->way != LANE_WAY_TIDAL) find_add(&f, REFUSE_LANE_FIXED, "/way", sl->id, STR_EMPTY, sl->id, END);
    if (l.way == LANE_WAY_TIDAL) find_add(&f, REFUSE_LANE_FIXED, "/way", sl->id, STR_EMPTY, sl->id, END);
    if (turns && now->occupied)
        find_add(&f, REFUSE_LANE_OCCUPIED, "/way", sl->id, STR_EMPTY, sl->id, text_int(a, now->occupied), END);
    if (!g->site->lane_built[l.lane])
        find_add(&f, REFUSE_LANE_CLOSED, "/lane", sl->id, STR_EMPTY, sl->id, STR("not_built"), END);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_LANE, 0)->u.lane = l;
}
void decide_road(const Gate *g, const Input *in, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InRoad *r = &in->u.road;
    if (r->road >= g->site->roads) find_add(&f, REFUSE_ROAD_UNKNOWN, "/road", STR_EMPTY, STR_EMPTY, STR("?"), END);
    need_reason("/reason", r->reason, &f);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_ROAD, 0)->u.road = *r;
}
void decide_yard(const Gate *g, const Input *in, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const InYard *y = &in->u.yard;
    if (y->yard >= g->site->yards)
        find_add(&f, REFUSE_YARD_UNKNOWN, "/yard", STR_EMPTY, STR_EMPTY, END);
    else if (y->places > (g->site->yard_built[y->yard] ? g->site->yard[y->yard].places : 0))
        find_add(&f, REFUSE_YARD_FULL, "/places", g->site->yard[y->yard].id, STR_EMPTY, END);
    need_reason("/reason", y->reason, &f);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_YARD, 0)->u.yard = *y;
}
void decide_quota(const Gate *g, const Input *in, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const Quota *q = &in->u.quota;
    bool known = false;
    for (uint32_t i = 0; i < g->s.quota_n; i++) known |= str_eq_c(q->id, g->s.quota[i].id);
    if (!known && g->s.quota_n == QUOTAS_MAX)
        find_add(&f, REFUSE_LIST_FULL, "/id", STR_EMPTY, STR_EMPTY, text_int(a, QUOTAS_MAX), END);
    if (site_find(g->site, DYN_ROAD, q->road) == DYN_NONE)
        find_add(&f, REFUSE_ROAD_UNKNOWN, "/road", q->road, STR_EMPTY, q->road, END);
    if (!q->id.n || q->id.n > 31) find_add(&f, REFUSE_REASON_REQUIRED, "/id", STR_EMPTY, STR_EMPTY, STR("id"), END);
    if (!q->window_min)
        find_add(&f, REFUSE_REASON_REQUIRED, "/window_min", STR_EMPTY, STR_EMPTY, STR("window_min"), END);
    need_reason("/reason", q->reason, &f);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_QUOTA, 0)->u.quota = *q;
}
void decide_embargo(const Gate *g, const Input *in, Arena *a, EventList *out) {
    Findings f = {.a = a};
    const Embargo *e = in->u.embargo.embargo;
    bool known = false;
    if (!e || !e->id.n || e->id.n > 31) {
        find_add(&f, REFUSE_REASON_REQUIRED, "/embargo/id", STR_EMPTY, STR_EMPTY, STR("id"), END);
        refuse_all(&f, in, out);
        return;
    }
    for (uint32_t i = 0; i < g->s.embargo_n; i++) known |= str_eq_c(e->id, g->s.embargo[i].id);
    if (in->u.embargo.lift && !known) find_add(&f, REFUSE_NOT_OPEN, "/embargo/id", e->id, STR_EMPTY, e->id, END);
    if (!known && g->s.embargo_n == EMBARGOES_MAX)
        find_add(&f, REFUSE_LIST_FULL, "/embargo/id", STR_EMPTY, STR_EMPTY, text_int(a, EMBARGOES_MAX), END);
    if (!in->u.embargo.lift) {
        need_reason("/embargo/basis", e->basis, &f);
        char low[] = "000000"; // the first number that the pattern would match, when it is one
        for (size_t i = 0; i < MIN(e->hs.n, (size_t)6) && e->hs.p[i] != '-'; i++) low[i] = e->hs.p[i];
        if (!site_hs_matches(e->hs, str_c(low)))
            find_add(&f, REFUSE_GOODS_NOT_LISTED, "/embargo/hs", STR_EMPTY, STR_EMPTY, e->hs, END);
        if (e->to_ms && e->to_ms <= MAX(e->from_ms, in->t_ms))
            find_add(&f, REFUSE_SLOT_PAST, "/embargo/to", STR_EMPTY, STR_EMPTY, text_time(a, e->to_ms), END);
    }
    need_reason("/embargo/reason", e->reason, &f);
    if (!refuse_all(&f, in, out)) event_add(out, in, EV_EMBARGO, 0)->u.embargo = in->u.embargo;
}

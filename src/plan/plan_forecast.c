#include "plan_forecast.h"

typedef struct {
    const PlanForecast *f;
    const PlanProgress *p;
} Crew;
static void merge_road(const PlanForecast *f, const TwinStats *s, uint8_t road, DesTally *to) {
    const TwinFlow *flow = f->twin->flows.items;
    for (uint32_t i = 0; i < f->twin->flows.n; i++)
        if (str_eq(flow[i].road, f->site->road[road].id)) des_tally_merge(to, &s->flow_wait[i]);
}
static void one(void *ctx, uint32_t replication, void *out) {
    const PlanForecast *f = ((const Crew *)ctx)->f;
    PlanAhead *a = out;
    memset(a, 0, sizeof *a);
    TwinConfig c = {.site = f->site,
                    .doc = f->twin,
                    .layout = *f->layout,
                    .seed = f->seed,
                    .replication = replication,
                    .start_ms = f->start_ms,
                    .passages_max = f->passages_max,
                    .first_id = f->first_id,
                    .from = f->state};
    TwinGate tg;
    TwinStats s;
    Twin *w = twin_gate_new(&tg, &c);
    DesTally *wait = calloc(ROADS_MAX + 1, sizeof *wait), *hour = wait + ROADS_MAX;
    CK_ASSERT(wait != NULL);
    twin_run(w, f->start_ms + MINUTE_MS); // whoever is at work again does not wait
    twin_stats(w, &s);
    memcpy(a->begun, s.waiting, sizeof a->begun);
    for (uint32_t h = 0; h < f->hours; h++) {
        twin_stats_restart(w);
        twin_run(w, f->start_ms + (int64_t)(h + 1) * HOUR_MS);
        twin_stats(w, &s);
        for (uint8_t r = 0; r < f->site->roads; r++) {
            des_tally_reset(hour);
            merge_road(f, &s, r, hour), merge_road(f, &s, r, &wait[r]);
            a->hour[h][r] =
                (PlanHour){s.waiting[r], (double)hour->n, hour->mean, hour->n ? des_tally_quantile(hour, 0.95) : 0};
        }
        for (uint32_t i = 0; i < twin_stations(w) && i < PLAN_STATIONS_MAX; i++) {
            TwinStationStats st;
            twin_station(w, i, &st);
            a->used[i] += st.utilisation / f->hours, a->queue[i] += st.queue_mean / f->hours;
        }
    }
    for (uint8_t r = 0; r < f->site->roads; r++)
        a->passed[r] = (double)wait[r].n, a->wait_p95[r] = wait[r].n ? des_tally_quantile(&wait[r], 0.95) : 0;
    free(wait);
    twin_gate_free(&tg);
}
static void progress(void *ctx, uint32_t done, uint32_t n) {
    const Crew *k = ctx;
    if (k->p && k->p->say) k->p->say(k->p->ctx, done, n);
}
uint32_t plan_forecast(const PlanForecast *f, uint32_t n, const PlanProgress *p, PlanAhead *outs) {
    CK_ASSERT(f->hours >= 1 && f->hours <= PLAN_HOURS_MAX);
    Crew k = {.f = f, .p = p};
    DesReplicate r = {.n = n,
                      .one = one,
                      .ctx = &k,
                      .outs = outs,
                      .out_size = sizeof *outs,
                      .progress = progress,
                      .stop = p ? p->stop : NULL,
                      .threads = p ? p->threads : 0};
    return des_replicate(&r);
}

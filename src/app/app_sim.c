#include "app_twin.h"
#include "io/io_clock.h"

int app_sim(int argc, char **argv) {
    const char *site = NULL, *phase = NULL, *days = NULL, *seed = NULL;
    const AppOption options[] = {
        {"site", &site, false}, {"phase", &phase, false}, {"days", &days, false}, {"seed", &seed, false}};
    AppArgs rest;
    uint64_t n = 3, sd = 1;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), "sim", &rest)) return 2;
    if (days) app_number(days, 100000, &n);
    if (seed) app_number(seed, UINT64_MAX, &sd);
    AppTwin t;
    int status = app_twin_open(&t, site, phase, NULL);
    if (status) return status;
    TwinConfig c = {.site = t.site,
                    .doc = t.doc,
                    .seed = sd,
                    .start_ms = 1795000000000 / DAY_MS * DAY_MS - 7 * HOUR_MS,
                    .passages_max = 60000};
    twin_layout_init(&c.layout);
    TwinGate tg;
    Twin *w = twin_gate_new(&tg, &c);
    int64_t t0 = (io_mono_us() / 1000);
    twin_run(w, c.start_ms + DAY_MS);
    twin_stats_restart(w);
    twin_run(w, c.start_ms + (int64_t)(n + 1) * DAY_MS);
    TwinStats s;
    twin_stats(w, &s);
    printf("%.3f s, %llu inputs %llu events, declared %llu closed %llu back %llu open %u away %llu\n",
           (double)((io_mono_us() / 1000) - t0) / 1e3, (unsigned long long)tg.inputs, (unsigned long long)tg.events,
           (unsigned long long)s.declared, (unsigned long long)s.closed, (unsigned long long)s.turned_back, s.open,
           (unsigned long long)s.turned_away);
    for (uint32_t d = 0; d < s.days; d++) {
        printf("day %u: all arr %u pass %u wait %.1f p95 %.1f |", d, s.day[d].all.arrived, s.day[d].all.passed,
               s.day[d].all.wait_mean, s.day[d].all.wait_p95);
        for (int i = 0; i < 8; i++)
            printf(" %u/%u p95 %.0f stay %.0f;", s.day[d].flow[i].arrived, s.day[d].flow[i].passed,
                   s.day[d].flow[i].wait_p95, s.day[d].flow[i].stay_mean);
        printf("\n");
    }
    for (uint32_t i = 0; i < twin_stations(w); i++) {
        TwinStationStats st;
        twin_station(w, i, &st);
        printf("%-14.*s %-3.*s n %2u util %.2f wait %.1f p95 %.1f queue %.1f max %.0f served %.0f\n", STR_A(st.id),
               STR_A(st.road), st.servers, st.utilisation, st.wait_mean, st.wait_p95, st.queue_mean, st.queue_max,
               st.served);
    }
    for (int i = 0; i < REFUSE_COUNT; i++)
        if (s.refusals[i]) printf("refused %s %llu\n", Refuse_names.names[i], (unsigned long long)s.refusals[i]);
    for (int i = 0; i < ALARM_COUNT; i++)
        if (s.alarms[i]) printf("alarm %s %llu\n", Alarm_names.names[i], (unsigned long long)s.alarms[i]);
    for (int k = 0; k < KIND_COUNT; k++)
        for (int p = 0; p < PLACE_COUNT; p++) {
            const DesTally *y = &s.place_time[k * PLACE_COUNT + p];
            if (y->n)
                printf("%s %s n %llu mean %.1f p95 %.1f\n", Kind_names.names[k], Place_names.names[p],
                       (unsigned long long)y->n, y->mean, des_tally_quantile(y, .95));
        }
    const Passage *p;
    uint32_t cnt[KIND_COUNT][PLACE_COUNT] = {0};
    for (uint32_t at = gate_passages(tg.gate, 0, &p); p; at = gate_passages(tg.gate, at, &p)) cnt[p->kind][p->place]++;
    for (int k = 0; k < KIND_COUNT; k++)
        for (int q = 0; q < PLACE_COUNT; q++)
            if (cnt[k][q]) printf("open %s %s %u\n", Kind_names.names[k], Place_names.names[q], cnt[k][q]);
    twin_gate_free(&tg);
    app_twin_close(&t);
    return 0;
}

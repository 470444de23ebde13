// The twin with the real kernel under it: domain events (the kernel's) a CPU second of one core over days of both roads
// at the volume of 2030, and whether memory stays as it was after the first ten days. Bound: 1,000,000 events/s on a
// machine where the bare heap loop does 17,000,000 customers/s.
#include "app_bench.h"
#include "app_twin.h"

#define WARM_DAYS 10
static double resident_mb(void) {
    unsigned long size = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f) return 0;
    if (fscanf(f, "%lu %lu", &size, &pages) != 2) pages = 0;
    fclose(f);
    return (double)pages * 4096 / (1 << 20);
}
int bench_twin(const BenchOpts *o, Bench *ret) {
    AppTwin t;
    uint64_t days = MAX(o->n ? o->n : 30, WARM_DAYS + 1), warm_open = 0, open = 0;
    double day_s = 0, warm_mb = 0, mb = 0, passed = 0;
    int status = app_twin_open(&t, o->site, "2030", o->tariff);
    *ret = (Bench){.name = "twin", .unit = "events/CPU-s", .baseline = "customers of an M/M/1 on a bare 4-ary heap"};
    for (; !status && ret->runs < o->runs; ret->runs++) {
        TwinConfig c = {.site = t.site,
                        .doc = t.doc,
                        .seed = 1,
                        .replication = (uint32_t)ret->runs,
                        .start_ms = 1794762000000,
                        .passages_max = 20000};
        TwinGate g;
        TwinStats s;
        twin_layout_init(&c.layout);
        ret->base[ret->runs] = bench_bare_mm1(2000000);
        double start = bench_cpu();
        Twin *w = twin_gate_new(&g, &c);
        twin_run(w, c.start_ms + WARM_DAYS * DAY_MS);
        warm_mb = resident_mb(), warm_open = gate_open_count(g.gate);
        twin_run(w, c.start_ms + (int64_t)days * DAY_MS);
        double spent = bench_cpu() - start;
        mb = resident_mb(), open = gate_open_count(g.gate);
        twin_stats(w, &s);
        ret->value[ret->runs] = (double)s.events / spent;
        day_s = spent / (double)days, passed = (double)s.wait->n / (double)days;
        twin_gate_free(&g);
    }
    snprintf(ret->extra, sizeof ret->extra,
             ",\"days\":%llu,\"vehicles_a_day\":%.0f,\"cpu_s_a_day\":%.3f,\"cpu_s_a_year\":%.1f,\"mb_day_%d\":%.1f,"
             "\"mb_end\":%.1f,\"open_day_%d\":%llu,\"open_end\":%llu",
             (unsigned long long)days, passed, day_s, day_s * 365, WARM_DAYS, warm_mb, mb, WARM_DAYS,
             (unsigned long long)warm_open, (unsigned long long)open);
    app_twin_close(&t);
    return status ? status : mb > warm_mb + 4 ? 1 : 0; // flat: nothing grows with time but a row a day
}

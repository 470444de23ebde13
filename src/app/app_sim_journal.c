// cuakhau sim --journal FILE: the days of one seed through a real ledger, as fast as they go: a journal to learn with,
// to calibrate against, to try reports on. What is in it went the same way as what a live gate writes.
#include "app_serve.h"
#include "app_sim.h"
#include <unistd.h>

static Err days_of(ServeTwin *s, Ledger *l, const SimJournal *j) {
    Err e = OK;
    bool tell = isatty(2);
    (void)serve_twin_start(s, l, SIM_PASSAGES_MAX, SIM_START_MS, j->seed);
    for (uint32_t hour = 0; !e && hour <= j->days * 24; hour++) {
        int64_t until = SIM_START_MS + hour * HOUR_MS;
        e = hour ? serve_twin_catch_up(s, until) : serve_twin_attach(s, until);
        if (tell) fprintf(stderr, "\rday %u of %u, hour %02u", hour / 24, j->days, hour % 24);
    }
    if (tell) fputc('\n', stderr);
    return e;
}
static int write_journal(ServeTwin *s, const SimJournal *j, Arena *a) {
    Ledger *l;
    LedgerOpts lo = {.store = {.path = j->file}, .limits = {.passages_max = SIM_PASSAGES_MAX}};
    Err e = ledger_open(&lo, &l);
    if (e) return app_fail(e, "%s", j->file);
    SiteReply r = {0};
    e = ledger_adopt_site(l, serve_twin_site(s)->json, SIM_START_MS, a, &r);
    if (!e) e = days_of(s, l, j);
    if (!e) {
        StoreHead h = store_head(ledger_store(l));
        printf("%s: %u day%s by seed %llu, %llu events, %u passages open at the end\n", j->file, j->days,
               j->days == 1 ? "" : "s", (unsigned long long)j->seed, (unsigned long long)h.seq,
               gate_open_count(ledger_gate(l)));
    }
    serve_twin_stop(s);
    ledger_close(l);
    return e ? app_fail(e, "%s", j->file) : 0;
}
int app_sim_journal(const SimJournal *j) {
    if (access(j->file, F_OK) == 0) {
        fprintf(stderr, "cuakhau: --journal %s: the file exists; name a new one, a journal is never overwritten\n",
                j->file);
        return 2;
    }
    Arena a;
    ServeTwin *s;
    arena_init(&a, 64u << 20);
    int status = serve_twin_open(j->site, j->phase, j->tariff, &s);
    if (!status) status = write_journal(s, j, &a);
    serve_twin_close(&s);
    arena_deinit(&a);
    return status;
}

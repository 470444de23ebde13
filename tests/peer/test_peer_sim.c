// Two whole gates, Huu Nghi and Youyiguan, one seed after another: each with its journal on a disk of faults, its world
// of people and trucks, its link. Between them a network that loses, doubles, reorders, delays, spoils, cuts one way or
// both; clocks apart; power cuts and failing commits; a hostile peer that forges, replays, keeps back. After every
// batch: exactly one holder of each item, each truck on one side, what was heard is what was made. When the faults end
// everything comes home.
//   test_peer_sim [--seed S] [--from S] [--seeds N] [--hours H] [--plant NAME|all] [--verbose 1]
// A failing seed prints the command that shows it again. --plant all: one bug after another, each must be found.
#include "peer_sim.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

const char *const plant_names[PLANTS] = {
#define X(sym, word) word,
    PLANT_TABLE(X)
#undef X
};
Plant plant;
AppTwin sim_data[2];
TwinDoc sim_doc[2];
Agreement sim_agreement;
Sim *sim_running;

void sim_broke(Sim *s, const char *fmt, ...) {
    va_list ap;
    if (s->wrong[0]) return;
    va_start(ap, fmt);
    (void)vsnprintf(s->wrong, sizeof s->wrong, fmt, ap);
    va_end(ap);
}

// ---- signatures: seven seeds of eight use a keyed hash instead of Ed25519, with the same refusals
static void (*real_hash)(void *ctx, Str bytes, uint8_t ret[CUSTODY_HASH_LEN]);
static bool (*real_verify)(void *ctx, const uint8_t *pub, Str bytes, const uint8_t *sig);
static void tag(void *ctx, const uint8_t *pub, Str bytes, uint8_t *ret) {
    static char room[CUSTODY_PUB_LEN + 65536];
    CK_ASSERT(bytes.n <= sizeof room - CUSTODY_PUB_LEN);
    memcpy(room, pub, CUSTODY_PUB_LEN), memcpy(room + CUSTODY_PUB_LEN, bytes.p, bytes.n);
    real_hash(ctx, (Str){room, CUSTODY_PUB_LEN + bytes.n}, ret);
    memcpy(ret + CUSTODY_HASH_LEN, ret, CUSTODY_HASH_LEN);
}
static void quick_sign(void *ctx, Str bytes, uint8_t *ret) {
    uint8_t pub[CUSTODY_PUB_LEN];
    custody_openssl_public(ctx, pub);
    tag(ctx, pub, bytes, ret);
}
static bool verify(void *ctx, const uint8_t *pub, Str bytes, const uint8_t *sig) {
    uint8_t right[CUSTODY_SIG_LEN];
    if (plant == PLANT_ANY_SIGNATURE) return true;
    if (sim_running->seed % 8 == 0) return real_verify(ctx, pub, bytes, sig);
    tag(ctx, pub, bytes, right);
    return memcmp(right, sig, sizeof right) == 0;
}
CustodyCrypto __wrap_custody_openssl_port(CustodyOpenssl *o);
CustodyCrypto __wrap_custody_openssl_port(CustodyOpenssl *o) {
    CustodyCrypto c = __real_custody_openssl_port(o);
    real_hash = c.hash, real_verify = c.verify;
    if (sim_running->seed % 8) c.sign = quick_sign;
    c.verify = verify;
    return c;
}

// ---- one seed
static int64_t due_of(Sim *s) {
    return MIN(net_due(s), MIN(side_due(&s->side[0]), side_due(&s->side[1])));
}
static void weather(Sim *s) { // cuts, clocks, forgeries
    uint32_t k = (uint32_t)prng_below(&s->p, 2);
    Centre *d = &s->side[k];
    if (prng_below(&s->p, 250) == 0) {
        int64_t until =
            s->now_ms + (int64_t)prng_below(&s->p, (uint64_t)(prng_chance(&s->p, 25) ? 150 : 15) * (uint64_t)MINUTE_MS);
        d->cut_until = until, s->stats.cuts++;
        if (prng_chance(&s->p, 50)) s->side[1 - k].cut_until = until; // both ways
    }
    if (prng_below(&s->p, 400) == 0) d->skew_ms = (int64_t)prng_below(&s->p, 100000) - 50000; // as agreed
    if (prng_below(&s->p, 2500) == 0) d->skew_ms = 8 * MINUTE_MS;                             // beyond it
    if (prng_chance(&s->p, 6)) net_hostile(s);
}
static void live(Sim *s, int64_t until_ms) {
    while (!s->wrong[0]) {
        int64_t at = due_of(s);
        if (at > until_ms) break;
        s->now_ms = MAX(at, s->now_ms);
        s->stats.steps++;
        if (!s->calm) weather(s);
        net_deliver(s);
        for (uint32_t i = 0; i < 2 && !s->wrong[0]; i++)
            if (side_due(&s->side[i]) <= s->now_ms) side_batch(&s->side[i]);
    }
    s->now_ms = MAX(s->now_ms, until_ms);
}
static bool quiet(Sim *s) {
    for (uint32_t i = 0; i < 2; i++) {
        const Centre *d = &s->side[i];
        const CustodyBook *b = &d->peer->side.book;
        if (gate_open_count(ledger_gate(d->l)) || d->peer->side.link.out_acked != d->made_n) return false;
        for (uint32_t k = 0; k < b->limits.handovers; k++)
            if (b->h[k].used && !custody_over((CustodyState)b->h[k].state)) return false;
    }
    return true;
}
static void run_empty(Sim *s) {
    s->calm = true;
    net_clear(s);
    for (uint32_t i = 0; i < 2; i++) {
        Centre *d = &s->side[i];
        d->skew_ms = 0, d->cut_until = 0, d->sent = -1, d->pause_ms = 30000, d->people_ms = s->now_ms;
        for (uint32_t k = 0; k < FAULT_KINDS; k++) fault_disk_fail(d->disk, (FaultKind)k, 0);
        twin_stop_arrivals(d->w);
    }
    int64_t end = s->now_ms + 8 * DAY_MS; // an odd step: tree heads are told at full ten minutes
    while (s->now_ms < end && !s->wrong[0] && !quiet(s)) live(s, s->now_ms + 23 * MINUTE_MS);
    if (!s->wrong[0]) check_end(s);
    if (!s->wrong[0]) net_liar(s);
}
static void begin(Sim *s, uint64_t seed) {
    s->seed = seed, s->p.s = seed * 7919 + 3, s->now_ms = SIM_START_MS;
    bool bad = seed % 3 != 0;
    s->loss = bad ? (uint32_t)prng_below(&s->p, 40) : 2, s->doubles = bad ? 15 : 3;
    s->delay_ms = bad && seed % 5 == 0 ? 60000 : 4000, s->harm = seed % 4 == 1 ? 5 : 0;
    s->crash_one_in = seed % 4 == 2 ? 0 : 60 + (uint32_t)prng_below(&s->p, 200);
    for (uint32_t i = 0; i < 2 && !s->wrong[0]; i++) (void)side_open(&s->side[i], s, i);
}
static void add(SimStats *to, const SimStats *from) {
    const uint64_t *f = (const uint64_t *)from;
    uint64_t *t = (uint64_t *)to;
    for (size_t i = 0; i < offsetof(SimStats, reasons) / sizeof *t; i++) t[i] += f[i];
    to->reasons |= from->reasons, to->virtual_ms += from->virtual_ms;
}
static bool seed_run(uint64_t seed, double hours, bool tell, SimStats *total) {
    Sim *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    sim_running = s;
    begin(s, seed);
    if (!s->wrong[0]) live(s, SIM_START_MS + (int64_t)(hours * (double)HOUR_MS));
    if (!s->wrong[0]) run_empty(s);
    bool good = !s->wrong[0];
    if (!good && tell)
        printf("seed %llu, step %llu: %s\n  again: test_peer_sim --seed %llu --hours %g%s%s\n",
               (unsigned long long)seed, (unsigned long long)s->stats.steps, s->wrong, (unsigned long long)seed, hours,
               plant ? " --plant " : "", plant ? plant_names[plant] : "");
    s->stats.trucks = s->bodies, s->stats.virtual_ms = (double)(s->now_ms - SIM_START_MS);
    add(total, &s->stats);
    for (uint32_t i = 0; i < 2; i++) side_close(&s->side[i]);
    for (uint32_t i = 0; i < SIM_PACKETS; i++) buf_deinit(&s->packet[i].bytes);
    free(s);
    sim_running = NULL;
    return good;
}
static bool seed_apart(uint64_t seed, double hours) { // in a process of its own: an assertion finds bugs too
    pid_t child = fork();
    if (child == 0) {
        SimStats total = {0};
        struct rlimit no_core = {0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        _exit(seed_run(seed, hours, false, &total) ? 0 : 1);
    }
    int status = 1;
    CK_ASSERT(child > 0 && waitpid(child, &status, 0) == child);
    return status == 0;
}
static int planted(double hours) {
    int missed = 0;
    for (int p = 1; p < PLANTS; p++) {
        uint64_t seed = 1;
        plant = (Plant)p;
        while (seed <= 60 && seed_apart(seed, hours)) seed++;
        if (seed <= 60)
            printf("%-16s found by seed %llu\n", plant_names[p], (unsigned long long)seed);
        else
            printf("%-16s NOT FOUND in 60 seeds\n", plant_names[p]), missed++;
        fflush(stdout);
    }
    return missed ? 1 : 0;
}

// ---- data
static void make_busy(TwinDoc *to, const TwinDoc *from) { // the same people; everybody lives near
    static TwinTime soon = {.is = TWIN_UNIFORM, .min_s = 60, .max_s = 1200};
    *to = *from;
    TwinFlow *f = calloc(to->flows.n, sizeof *f);
    CK_ASSERT(f != NULL);
    memcpy(f, to->flows.items, to->flows.n * sizeof *f);
    for (uint32_t i = 0; i < to->flows.n; i++)
        f[i].lead = f[i].run_up = &soon, f[i].weight_error_permille = 60, f[i].no_show_permille = 0;
    to->flows.items = f;
}
static bool open_data(Arena *a) {
    static const char *const dir[2] = {CK_SITES_DIR "/huu-nghi", CK_SITES_DIR "/youyiguan"};
    Str what, text;
    for (uint32_t i = 0; i < 2; i++) {
        if (app_twin_open(&sim_data[i], dir[i], "2027", CK_SITES_DIR "/demo/tariff.json")) return false;
        make_busy(&sim_doc[i], sim_data[i].doc);
    }
    return io_file_read(CK_SITES_DIR "/huu-nghi/agreement.json", 1u << 20, a, &text) == OK &&
           custody_agreement_parse(text, a, &sim_agreement, &what) == OK;
}
static void tell(uint64_t n, uint64_t first, double hours, uint64_t bad, const SimStats *t) {
    printf("%llu seeds of %g hours from seed %llu: %.1f days, %llu steps, %llu commits, %llu events, %llu trucks; %llu "
           "packets, %llu refused, %llu hostile, %llu cuts; %llu power cuts, %llu batches lost, %llu moves too early; "
           "%llu crossed, %llu signed back, %llu disputes settled; %llu "
           "failed\nrefusals seen:",
           (unsigned long long)n, hours, (unsigned long long)first, t->virtual_ms / (double)DAY_MS,
           (unsigned long long)t->steps, (unsigned long long)t->commits, (unsigned long long)t->events,
           (unsigned long long)t->trucks, (unsigned long long)t->packets, (unsigned long long)t->refused,
           (unsigned long long)t->hostile, (unsigned long long)t->cuts, (unsigned long long)t->crashes,
           (unsigned long long)t->lost, (unsigned long long)t->early, (unsigned long long)t->crossed,
           (unsigned long long)t->returned, (unsigned long long)t->disputes, (unsigned long long)bad);
    for (uint32_t i = 1; i < REASON_COUNT; i++)
        if (t->reasons >> i & 1) printf(" %s", CustodyReason_names.names[i]);
    printf("\n");
}
int main(int argc, char **argv) {
    uint64_t first = 1, n = prop_seeds(20), bad = 0;
    double hours = 2.5;
    const char *what = NULL;
    Arena a;
    SimStats total = {0};
    log_level = (LogLevel)(LOG_ERROR + 1); // the failures here are wanted
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) first = strtoull(argv[i + 1], NULL, 10), n = 1;
        if (strcmp(argv[i], "--from") == 0) first = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seeds") == 0) n = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--hours") == 0) hours = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--plant") == 0) what = argv[i + 1];
        if (strcmp(argv[i], "--verbose") == 0) log_level = LOG_INFO;
    }
    arena_init(&a, 8u << 20);
    if (!open_data(&a)) return 3;
    int missed = what && strcmp(what, "all") == 0 ? planted(hours) : -1;
    for (int p = 1; what && missed < 0 && p < PLANTS; p++)
        if (strcmp(what, plant_names[p]) == 0) plant = (Plant)p;
    for (uint64_t s = first; missed < 0 && s < first + n && bad < 5; s++) bad += !seed_run(s, hours, true, &total);
    if (missed < 0) tell(n, first, hours, bad, &total);
    for (uint32_t i = 0; i < 2; i++) free(sim_doc[i].flows.items), app_twin_close(&sim_data[i]);
    arena_deinit(&a);
    return missed < 0 ? bad > 0 : missed;
}

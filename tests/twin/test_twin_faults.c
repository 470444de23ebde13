// The twin over a real ledger on a disk of faults, one seed after another: inputs lost and repeated, power cuts, kills
// and restarts from the journal, clock steps, failing devices, a closed other side, storms. After every event the book
// (tests/gate/book.c), which knows only the events and the text of the site, compares; custody is kept beside it.
//   test_twin_faults [--seed S] [--from S] [--seeds N] [--hours H] [--plant NAME]
// A failing seed prints the command that shows it again. --plant all: plants one bug after another, each must be found.
#include "../gate/book.h"
#include "app/app_roads.h"
#include "app/app_twin.h"
#include "store/store_fault.h"
#include "twin/twin.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- planted bugs, put between the kernel's, the ledger's and the store's files by the linker
typedef enum {
    PLANT_NONE,
    PLANT_EVENT_DROPPED,
    PLANT_EVENT_TWICE,
    PLANT_EARLY_ACK,
    PLANT_QUEUE_ORDER,
    PLANT_YARD_LEAK,
    PLANT_TIMER_LOST,
    PLANT_WRONG_ROW,
    PLANT_STALE_SNAPSHOT,
    PLANTS
} Plant;
static const char *const plant_names[] = {"none",      "event-dropped", "event-twice", "early-ack",     "queue-order",
                                          "yard-leak", "timer-lost",    "wrong-row",   "stale-snapshot"};
static const uint32_t plant_within[] = {0, 5, 5, 20, 10, 5, 20, 20, 60}; // seeds in which it must be found
static Plant plant;
static Prng dice;
static bool armed; // not while the journal is replayed
static bool strikes(Plant p, uint64_t one_in) {
    return plant == p && armed && prng_below(&dice, one_in) == 0;
}
void __real_gate_evolve(Gate *g, const Event *e);
void __wrap_gate_evolve(Gate *g, const Event *e);
void __real_queue_put(Gate *g, Passage *p, int64_t key_ms);
void __wrap_queue_put(Gate *g, Passage *p, int64_t key_ms);
void __real_passage_close(Gate *g, Passage *p);
void __wrap_passage_close(Gate *g, Passage *p);
void __real_timer_set(Gate *g, Passage *p, int64_t t_ms);
void __wrap_timer_set(Gate *g, Passage *p, int64_t t_ms);
Err __real_store_commit(Store *s);
Err __wrap_store_commit(Store *s);
Err __real_store_put_event(Store *s, const StoreEvent *e);
Err __wrap_store_put_event(Store *s, const StoreEvent *e);
Err __real_store_put_snapshot(Store *s, const StoreSnapshot *snap);
Err __wrap_store_put_snapshot(Store *s, const StoreSnapshot *snap);
void __wrap_gate_evolve(Gate *g, const Event *e) {
    if (e->kind == EV_TASK_DECIDED && strikes(PLANT_EVENT_DROPPED, 100)) return;
    __real_gate_evolve(g, e);
    if (e->kind == EV_TASK_DECIDED && e->u.decided.outcome == OUTCOME_HOLD && strikes(PLANT_EVENT_TWICE, 1)) {
        Event again = *e;
        again.u.decided.outcome = OUTCOME_GRANT;
        __real_gate_evolve(g, &again);
    }
}
void __wrap_queue_put(Gate *g, Passage *p, int64_t key_ms) {
    __real_queue_put(g, p, strikes(PLANT_QUEUE_ORDER, 20) ? key_ms - HOUR_MS : key_ms);
}
void __wrap_passage_close(Gate *g, Passage *p) {
    if (strikes(PLANT_YARD_LEAK, 10)) g->s.yard[0].used++;
    __real_passage_close(g, p);
}
void __wrap_timer_set(Gate *g, Passage *p, int64_t t_ms) {
    if (t_ms != TIME_NEVER && strikes(PLANT_TIMER_LOST, 50)) return;
    __real_timer_set(g, p, t_ms);
}
Err __wrap_store_commit(Store *s) {
    if (!strikes(PLANT_EARLY_ACK, 200)) return __real_store_commit(s);
    store_rollback(s);
    return OK;
}
Err __wrap_store_put_event(Store *s, const StoreEvent *e) {
    StoreEvent other = *e;
    if (e->passage > 1 && str_eq_c(e->kind, "TASK_DECIDED") && strikes(PLANT_WRONG_ROW, 300))
        other.body = STR("{\"kind\":\"TASK_DECIDED\",\"data\":{\"task\":\"health\",\"outcome\":\"grant\"}}");
    return __real_store_put_event(s, &other);
}
Err __wrap_store_put_snapshot(Store *s, const StoreSnapshot *snap) {
    StoreSnapshot other = *snap;
    char *copy = malloc(snap->state.n);
    memcpy(copy, snap->state.p, snap->state.n);
    if (strikes(PLANT_STALE_SNAPSHOT, 1)) copy[snap->state.n / 2] ^= 1, other.state.p = copy;
    Err e = __real_store_put_snapshot(s, &other);
    free(copy);
    return e;
}

// ---- one run
typedef struct {
    uint64_t seed;
    Prng p;
    FaultDisk *disk;
    Ledger *l;
    Twin *w;
    Arena arena;
    World world;                                    // as the book wants it
    Book *book, *durable;                           // now; at the last commit
    uint8_t side[BOOK_MAX], side_durable[BOOK_MAX]; // custody: 1 ours, 2 the other side's
    uint32_t touched[BOOK_MAX], touched_n;          // passages since the last commit, some more than once
    bool in_batch, down;
    uint32_t in_this_batch, batch_size, down_kind;
    uint64_t missions;
    uint64_t acked, inputs, events, lost, repeated, crashes, commits;
    int64_t skew_ms;
    char wrong[400];
} Run;
static AppTwin files;
static RouteMap *roads[ROADS_MAX];
static TwinDoc rougher; // and the other side refuses boxes that are on their way
static TwinDoc rough;   // the data with more trouble in it
static const char *vfs = "twinfault";

static void broke(Run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void broke(Run *r, const char *fmt, ...) {
    va_list ap;
    if (r->wrong[0]) return;
    va_start(ap, fmt);
    (void)vsnprintf(r->wrong, sizeof r->wrong, fmt, ap);
    va_end(ap);
}
static void custody(Run *r, const Event *e) { // by the points that it passes, from a table of its own
    if (e->passage >= BOOK_MAX) return;
    uint8_t *side = &r->side[e->passage];
    if (e->kind == EV_DECLARED) {
        const Declaration *d = e->u.declared.doc.obj;
        *side = d->direction == DIRECTION_EXPORT ? 1 : 2;
    }
    if (e->kind != EV_MOVED) return;
    const EvMoved *m = &e->u.moved;
    uint8_t before = 0, after = 0;
    if (m->point == POINT_KM0_OUT) before = 1, after = 2;
    if (m->point == POINT_KM0_IN) before = 2, after = 1;
    if (m->point == POINT_KM0_BACK)
        before = r->book->e[e->passage].kind == KIND_TRUCK_EXPORT ? 2 : 1, after = before == 2 ? 1 : 2;
    if (m->move == MOVE_PEER_RETURN) before = 2, after = 1;
    if (!before) return;
    if (*side != before)
        broke(r, "custody of passage %u: it crosses from side %u, but side %u has it", e->passage, before, *side);
    *side = after;
}
// One vehicle has one box in hand; a box moves on a vehicle only while that vehicle carries it.
static void missions(Run *r, const Gate *g, const Event *e) {
    const Passage *p = gate_find(g, e->passage), *q;
    if (e->kind == EV_MOVED && p && p->vehicle[0]) {
        bool by_fleet = e->u.moved.point == POINT_DISPATCH || e->u.moved.point == POINT_KM0_OUT ||
                        (p->kind == KIND_BOX_IMPORT && e->u.moved.point == POINT_KM0_IN);
        if (by_fleet && p->mission != MISSION_CARRYING && p->mission != MISSION_SETTING && p->mission != MISSION_DONE)
            broke(r, "passage %u: %s although its mission is %s", p->no, Move_names.names[e->u.moved.move],
                  Mission_names.names[p->mission]);
    }
    if (e->kind != EV_MISSION || e->u.mission.step < MISSION_PICKING || e->u.mission.step > MISSION_SETTING) return;
    r->missions++;
    for (uint32_t at = gate_passages(g, 0, &q); q; at = gate_passages(g, at, &q))
        if (q != p && q->road == p->road && q->mission >= MISSION_PICKING && q->mission <= MISSION_SETTING &&
            strcmp(q->vehicle, p->vehicle) == 0)
            broke(r, "passages %u and %u are both in the hand of %s", p->no, q->no, p->vehicle);
}
static void observe(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq) {
    Run *r = ctx;
    (void)seq;
    r->world.g = (Gate *)(uintptr_t)g;
    book_watch(&r->world, e, after);
    if (!after) return;
    r->events++;
    if (e->passage && e->passage < BOOK_MAX && r->touched_n < BOOK_MAX) r->touched[r->touched_n++] = e->passage;
    custody(r, e);
    missions(r, g, e);
    if (r->book->why[0]) broke(r, "the book: %s", r->book->why);
    twin_sink(r->w, g, e, true);
}
static void copy_touched(Run *r, Book *to, const Book *from, uint8_t *side_to, const uint8_t *side_from) {
    if (r->touched_n == BOOK_MAX) { // too many to know
        *to = *from;
        memcpy(side_to, side_from, sizeof r->side);
    }
    for (uint32_t i = 0; i < r->touched_n; i++)
        to->e[r->touched[i]] = from->e[r->touched[i]], side_to[r->touched[i]] = side_from[r->touched[i]];
    uint32_t least = MIN(to->receipts_n, from->receipts_n);
    memcpy(to->receipts[least], from->receipts[least],
           (MAX(to->receipts_n, from->receipts_n) - least) * sizeof to->receipts[0]);
    memcpy(&to->receipts_n, &from->receipts_n, sizeof *to - offsetof(Book, receipts_n));
    to->last = from->last, to->rules_ms = from->rules_ms;
    r->touched_n = 0;
}
static void keep_durable(Run *r) {
    copy_touched(r, r->durable, r->book, r->side_durable, r->side);
    r->acked = store_head(ledger_store(r->l)).seq;
    r->commits++;
    twin_committed(r->w);
}
static void end_batch(Run *r) {
    if (!r->in_batch) return;
    r->in_batch = false;
    if (r->down) return;
    if (ledger_commit(r->l) != OK)
        r->down = true, twin_halt(r->w);
    else
        keep_durable(r);
}
static void plan_crash(Run *r) { // somewhere in the next batch, or between two
    r->down_kind = (uint32_t)prng_below(&r->p, 4);
    if (r->down_kind == 0) fault_disk_fail(r->disk, FAULT_POWER, 1 + prng_below(&r->p, 12));
    if (r->down_kind == 1) fault_disk_fail(r->disk, FAULT_SYNC, 1);
    if (r->down_kind == 2) fault_disk_fail(r->disk, FAULT_WRITE, 1 + prng_below(&r->p, 6));
    if (r->down_kind == 3) r->down = true, fault_disk_kill(r->disk);
}
static void submit(void *ctx, const Input *in) {
    Run *r = ctx;
    if (r->down || r->wrong[0]) {
        twin_halt(r->w);
        return;
    }
    if (in->kind != IN_TICK && prng_below(&r->p, 80) == 0) {
        r->lost++;
        twin_no_answer(r->w);
        return;
    }
    if (!r->in_batch) {
        if (ledger_begin(r->l) != OK) {
            r->down = true;
            twin_halt(r->w);
            return;
        }
        r->in_batch = true, r->in_this_batch = 0, r->batch_size = 1 + (uint32_t)prng_below(&r->p, 8);
    }
    char key[32];
    int n = snprintf(key, sizeof key, "k%llu", (unsigned long long)r->inputs);
    LedgerRequest rq = {.in = *in, .idem = in->kind == IN_TICK ? STR_EMPTY : (Str){key, (size_t)n}};
    LedgerReply reply, second;
    rq.in.t_ms += r->skew_ms;
    arena_reset(&r->arena);
    r->inputs++;
    Err e = ledger_step(r->l, &rq, &r->arena, &reply);
    if (!e && rq.idem.n && reply.first_seq && prng_below(&r->p, 60) == 0) { // the network delivers it twice
        uint64_t before = r->events;
        e = ledger_step(r->l, &rq, &r->arena, &second);
        r->repeated++;
        if (!e && (!second.replayed || r->events != before)) broke(r, "a repeated input was carried out again");
    }
    if (e) {
        r->down = true, r->in_batch = false;
        twin_halt(r->w);
        return;
    }
    if (r->inputs % 16 == 0 || in->kind == IN_TICK) book_check(&r->world, r->book, false, r->inputs % 1024 == 0);
    if (r->book->why[0]) broke(r, "the book: %s", r->book->why);
    if (++r->in_this_batch >= r->batch_size) end_batch(r);
}
static bool open_ledger(Run *r) {
    LedgerOpts o = {.store = {.path = "gate.db", .vfs = vfs, .exclusive = true},
                    .limits = {.passages_max = 1000},
                    .snapshot_every = 400};
    armed = false;
    Err e = ledger_open(&o, &r->l);
    armed = true;
    if (e) broke(r, "the journal does not open: %s", err_text(e));
    return e == OK;
}
static void restart(Run *r) {
    r->crashes++;
    ledger_close(r->l);
    fault_disk_crash(r->disk, prng_next(&r->p));
    r->down = r->in_batch = false;
    if (!open_ledger(r)) return;
    uint64_t seq = store_head(ledger_store(r->l)).seq;
    if (seq < r->acked)
        broke(r, "acknowledged up to event %llu, the journal ends at %llu", (unsigned long long)r->acked,
              (unsigned long long)seq);
    if (seq == r->acked) { // the batch under way is gone, as a whole
        copy_touched(r, r->book, r->durable, r->side, r->side_durable);
    } else {
        keep_durable(r); // it is there, though nobody was told
    }
    ledger_observe(r->l, observe, r);
    r->world.g = (Gate *)(uintptr_t)ledger_gate(r->l), r->world.site = gate_site(r->world.g);
    if (!r->wrong[0]) book_check(&r->world, r->book, false, true);
    if (r->book->why[0]) broke(r, "after the restart: %s", r->book->why);
    if (!r->wrong[0]) twin_attach(r->w, ledger_gate(r->l));
    end_batch(r);
}
static void trouble(Run *r) {
    if (prng_below(&r->p, 900) == 0) plan_crash(r);
    if (prng_below(&r->p, 1500) == 0) r->skew_ms = r->skew_ms ? 0 : (int64_t)prng_below(&r->p, 600000) - 300000;
}
static void live(Run *r, int64_t until_ms, bool calm) {
    while (!r->wrong[0]) {
        int64_t t = MAX(twin_next(r->w), twin_now(r->w));
        if (t > until_ms) break;
        if (!calm) trouble(r);
        if (!r->down) twin_run(r->w, t);
        if (prng_below(&r->p, 4) == 0) end_batch(r);
        if (r->down) restart(r);
    }
    end_batch(r);
    if (r->down && !r->wrong[0]) restart(r);
}
static void at_the_end(Run *r) { // everybody has come out, and the journal alone says the same
    uint32_t open = gate_open_count(ledger_gate(r->l));
    const Passage *p;
    gate_passages(ledger_gate(r->l), 0, &p);
    if (open)
        broke(r,
              "%u passages never came out; passage %u stands at %s, open %x held %x rework %x refused %x incidents %x, "
              "mission %s %s",
              open, p->no, Place_names.names[p->place], p->open, p->held, p->rework, p->refused, p->incidents,
              Mission_names.names[p->mission], p->vehicle);
    uint8_t here[STORE_HASH_LEN];
    ReplayReply replay;
    ledger_digest(ledger_gate(r->l), here);
    armed = false;
    Err e = ledger_replay(ledger_store(r->l), (GateLimits){1000}, &replay);
    if (e || memcmp(here, replay.digest, sizeof here) != 0) broke(r, "the journal replays to another state");
    StoreVerdict v;
    if (store_verify(ledger_store(r->l), NULL, NULL, &v)) broke(r, "the journal does not verify: %s", v.reason);
}
static void begin(Run *r, uint64_t seed, double hours) {
    *r = (Run){.seed = seed, .p = {seed * 77 + 5}, .disk = fault_disk_new(vfs, seed)};
    dice = (Prng){seed * 31 + 1};
    arena_init(&r->arena, 64u << 20);
    r->book = calloc(1, sizeof *r->book), r->durable = calloc(1, sizeof *r->durable);
    r->world.site = files.site, r->world.watcher = r->book;
    TwinConfig c = {.site = files.site,
                    .doc = seed % 8 == 3 ? &rougher : &rough,
                    .seed = seed,
                    .start_ms = 1794762000000 + (int64_t)(seed % 24) * HOUR_MS,
                    .passages_max = 1000};
    twin_layout_init(&c.layout);
    for (uint32_t i = 0; i < rough.flows.n; i++)
        c.layout.per_day[i] = (i % 4 < 2 ? 180 : 60) * (uint32_t)(8 / MAX(hours, 1));
    bool carried = seed % 8 == 3; // boxes under the real fleet control, on a bad day
    for (uint32_t i = 0; i < files.site->roads && carried; i++)
        c.layout.fleet[i].map = roads[i], c.layout.fleet[i].vehicles = 4, c.layout.fleet[i].faults = true;
    r->w = twin_new(&c, (TwinPort){r, submit});
    if (!open_ledger(r)) return;
    ledger_observe(r->l, observe, r);
    SiteReply site = {0};
    r->world.g = (Gate *)(uintptr_t)ledger_gate(r->l);
    if (ledger_adopt_site(r->l, files.site->json, c.start_ms, &r->arena, &site) != OK)
        broke(r, "the site is not adopted");
    r->world.site = gate_site(ledger_gate(r->l));
    keep_durable(r);
    if (!r->wrong[0]) twin_attach(r->w, ledger_gate(r->l));
    end_batch(r);
}
static bool seed_run(uint64_t seed, double hours, bool tell, uint64_t total[6]) {
    Run *r = malloc(sizeof *r);
    begin(r, seed, hours);
    int64_t start = twin_now(r->w);
    if (!r->wrong[0]) live(r, start + (int64_t)(hours * (double)HOUR_MS), false);
    if (!r->wrong[0]) {
        twin_stop_arrivals(r->w);
        r->skew_ms = 0;
        live(r, twin_now(r->w) + 150 * HOUR_MS, true);
    }
    if (!r->wrong[0]) at_the_end(r);
    for (uint8_t i = 0; i < files.site->roads; i++) {
        TwinFleetStats f;
        if (!twin_fleet(r->w, i, &f)) continue;
        if (f.collisions) broke(r, "bodies of unmanned vehicles met %llu times", (unsigned long long)f.collisions);
        if (!f.done || !r->missions) broke(r, "the fleet carried nothing");
        total[5] += f.done;
    }
    bool good = !r->wrong[0];
    if (!good && tell)
        printf("seed %llu: %s\n  again: test_twin_faults --seed %llu --hours %g%s%s\n", (unsigned long long)seed,
               r->wrong, (unsigned long long)seed, hours, plant ? " --plant " : "", plant ? plant_names[plant] : "");
    total[4] += (uint64_t)(twin_now(r->w) - start) / MINUTE_MS;
    total[0] += r->events, total[1] += r->crashes, total[2] += r->lost, total[3] += r->repeated;
    if (r->l) ledger_close(r->l);
    twin_free(r->w);
    fault_disk_free(r->disk);
    arena_deinit(&r->arena);
    free(r->book), free(r->durable), free(r);
    return good;
}
static void make_rough(void) { // the same data, ten times the trouble
    rough = *files.doc;
    TwinClosure *c = calloc(rough.closures.n, sizeof *c);
    memcpy(c, rough.closures.items, rough.closures.n * sizeof *c);
    for (uint32_t i = 0; i < rough.closures.n; i++)
        if (c[i].every_h) c[i].every_h = MAX(c[i].every_h / 60, 5u);
    rough.closures.items = c;
    TwinStation *s = calloc(rough.stations.n, sizeof *s);
    memcpy(s, rough.stations.items, rough.stations.n * sizeof *s);
    for (uint32_t i = 0; i < rough.stations.n; i++)
        if (s[i].mtbf_h) s[i].mtbf_h = MAX(s[i].mtbf_h / 30, 4u);
    rough.stations.items = s;
    TwinFlow *f = calloc(rough.flows.n, sizeof *f);
    memcpy(f, rough.flows.items, rough.flows.n * sizeof *f);
    for (uint32_t i = 0; i < rough.flows.n; i++)
        f[i].breakdown_permille = f[i].unmanned ? 0 : 60, f[i].late_permille = f[i].unmanned ? 0 : 60,
        f[i].no_show_permille = f[i].unmanned ? 0 : 40, f[i].weight_error_permille = 60;
    rough.flows.items = f;
}
static void make_rougher(void) {
    rougher = rough;
    TwinWork *k = calloc(rough.works.n, sizeof *k);
    memcpy(k, rough.works.items, rough.works.n * sizeof *k);
    for (uint32_t i = 0; i < rough.works.n; i++)
        if (str_eq_c(k[i].task, "peer")) k[i].refuse_permille = 150, k[i].hold_permille = 100;
    rougher.works.items = k;
}
static bool seed_apart(uint64_t seed, double hours) { // in a process of its own: an assertion finds bugs too
    pid_t child = fork();
    if (child == 0) {
        uint64_t total[6] = {0};
        struct rlimit no_core = {0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        _exit(seed_run(seed, hours, false, total) ? 0 : 1);
    }
    int status = 1;
    CK_ASSERT(child > 0 && waitpid(child, &status, 0) == child);
    return status == 0;
}
static int planted(double hours) {
    int missed = 0;
    printf("%-16s %s\n", "planted bug", "found by seed");
    for (int p = 1; p < PLANTS; p++) {
        uint32_t seed = 1;
        plant = (Plant)p;
        while (seed <= plant_within[p] && seed_apart(seed, hours)) seed++;
        if (seed <= plant_within[p])
            printf("%-16s %u (within %u)\n", plant_names[p], seed, plant_within[p]);
        else
            printf("%-16s NOT FOUND in %u seeds\n", plant_names[p], plant_within[p]), missed++;
        fflush(stdout);
    }
    return missed ? 1 : 0;
}
int main(int argc, char **argv) {
    uint64_t first = 1, n = prop_seeds(20), total[6] = {0}, bad = 0;
    double hours = 8;
    log_level = (LogLevel)(LOG_ERROR + 1); // the failures here are wanted
    const char *what = NULL;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) first = strtoull(argv[i + 1], NULL, 10), n = 1;
        if (strcmp(argv[i], "--from") == 0) first = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--seeds") == 0) n = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--hours") == 0) hours = strtod(argv[i + 1], NULL);
        if (strcmp(argv[i], "--plant") == 0) what = argv[i + 1];
    }
    if (app_twin_open(&files, CK_SITES_DIR "/huu-nghi", "2030", CK_SITES_DIR "/demo/tariff.json")) return 3;
    make_rough(), make_rougher();
    for (uint32_t i = 0; i < files.site->roads; i++) {
        char file[512];
        (void)snprintf(file, sizeof file, CK_SITES_DIR "/huu-nghi/roads-" STR_F ".json", STR_A(files.site->road[i].id));
        if (app_roads_open(file, &files.arena, NULL, &roads[i])) return 3;
    }
    if (what && strcmp(what, "all") == 0) return planted(hours);
    for (int p = 1; what && p < PLANTS; p++)
        if (strcmp(what, plant_names[p]) == 0) plant = (Plant)p;
    for (uint64_t s = first; s < first + n && bad < 5; s++) bad += !seed_run(s, hours, true, total);
    printf(
        "%llu seeds of %g hours from seed %llu: %.1f days, %llu events, %llu crashes, %llu inputs lost, %llu repeated, "
        "%llu boxes carried by fleets; %llu failed\n",
        (unsigned long long)n, hours, (unsigned long long)first, (double)total[4] / 1440, (unsigned long long)total[0],
        (unsigned long long)total[1], (unsigned long long)total[2], (unsigned long long)total[3],
        (unsigned long long)total[5], (unsigned long long)bad);
    return bad ? 1 : 0;
}

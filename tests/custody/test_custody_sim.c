// Two sides, one seed after another: items handed over and back through a network that loses, doubles, reorders, cuts
// one way or both; clocks apart; crashes between and in commits; a hostile peer that replays, forges, spoils, skips
// numbers. After every step: exactly one holder of each item.
//   test_custody_sim [--seed S] [--seeds N] [--plant NAME|all]
// A failing seed prints the command that shows it again. --plant all: one bug after another, each must be found.
#include "custody_fixture.h"
#include "prop.h"
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

typedef enum {
    P_NONE,
    P_EARLY_ACK,
    P_ANY_SIGNATURE,
    P_REPLAY,
    P_GAP,
    P_TIMEOUT_FREES,
    P_TAKE_BACK,
    P_NO_CONSENT,
    P_EXPIRY,
    PLANTS
} Plant;
static const char *const plant_names[] = {"none",          "early-ack", "any-signature", "replay",   "gap",
                                          "timeout-frees", "take-back", "no-consent",    "no-expiry"};
static Plant plant;

#define ITEMS 4
#define WIRE  64
typedef struct {
    uint8_t to;
    int64_t at_ms;
    size_t n;
    char bytes[CUSTODY_TEXT_MAX + 64];
    uint8_t sig[CUSTODY_SIG_LEN];
    bool hostile, stale;
} Frame;
typedef struct {
    uint64_t seed;
    Prng p;
    FixSide f[2];
    Frame wire[WIRE];
    uint32_t wire_n;
    int64_t now_ms, skew_ms[2], cut_until[2]; // cut: nothing reaches side i
    bool calm;
    uint64_t steps, heard, refused, crashes, hostile, crossed, returned;
    uint64_t reasons[REASON_COUNT];
    char wrong[200];
} Run;
static Agreement agreement;
static char item_id[ITEMS][12];
static Run *running;

static void broke(Run *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void broke(Run *r, const char *fmt, ...) {
    va_list ap;
    if (r->wrong[0]) return;
    va_start(ap, fmt);
    (void)vsnprintf(r->wrong, sizeof r->wrong, fmt, ap);
    va_end(ap);
}

// ---- planted bugs, put between the files by the linker
void __real_custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret);
void __wrap_custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret);
void __real_custody_hear(const CustodyBook *b, const CustodyContext *c, CustodyMsg kind, uint32_t version,
                         const CustodyBody *body, const uint8_t *hash, CustodyStep *ret);
void __wrap_custody_hear(const CustodyBook *b, const CustodyContext *c, CustodyMsg kind, uint32_t version,
                         const CustodyBody *body, const uint8_t *hash, CustodyStep *ret);
CustodyReason __real_custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret);
CustodyReason __wrap_custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret);
void __wrap_custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret) {
    __real_custody_act(b, c, act, ret);
    if (plant == P_TIMEOUT_FREES && act->act == ACT_TIMEOUT && ret->from == HS_BOUND &&
        !ret->refused) { // forgets that it is bound
        ret->send = MSG_NONE, ret->to = ret->h.state = HS_REJECTED, ret->h.due_ms = TIME_NEVER;
        ret->item = (CustodyItem){0};
    }
    const HandOver *h = custody_find(b, act->handover);
    if (plant == P_TAKE_BACK && act->act == ACT_WITHDRAW && h &&
        h->state == HS_AWAY) { // the giver takes back what has crossed
        CustodyBook other = *b;
        HandOver copy[FIX_SLOTS];
        memcpy(copy, b->h, sizeof copy);
        other.h = copy, copy[h - b->h].state = HS_AGREED;
        __real_custody_act(&other, c, act, ret);
        ret->from = HS_AWAY;
    }
}
void __wrap_custody_hear(const CustodyBook *b, const CustodyContext *c, CustodyMsg kind, uint32_t version,
                         const CustodyBody *body, const uint8_t *hash, CustodyStep *ret) {
    CustodyBody other = *body;
    char own[CUSTODY_HEX_MAX + 1];
    const HandOver *h = custody_find(b, body->handover);
    if (plant == P_NO_CONSENT && h) custody_hex(h->own_consent, own), other.consent = str_c(own);
    __real_custody_hear(b, c, kind, version, &other, hash, ret);
}
static bool (*real_verify)(void *ctx, const uint8_t *pub, Str bytes, const uint8_t *sig);
static bool any_signature(void *ctx, const uint8_t *pub, Str bytes, const uint8_t *sig) {
    (void)real_verify(ctx, pub, bytes, sig);
    return true;
}
CustodyReason __wrap_custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret) {
    CustodyReason r = __real_custody_envelope_read(bytes, a, ret);
    if (r || !running) return r;
    FixSide *me = &running->f[str_eq_c(ret->to, agreement.side[1])];
    bool next = ret->seq == me->s.link.in_seq + 1;
    if (ret->seq && ((plant == P_REPLAY && ret->seq <= me->s.link.in_seq) ||
                     (plant == P_GAP && !next && ret->seq > me->s.link.in_seq))) {
        static char prev[CUSTODY_HEX_MAX + 1];
        custody_hex(me->s.link.in_hash, prev);
        ret->prev = str_c(prev), ret->seq = me->s.link.in_seq + 1; // as if it were the next
    }
    if (plant == P_EXPIRY) ret->expires = ret->issued + 40 * DAY_MS, ret->issued = MIN(ret->issued, running->now_ms);
    return r;
}

// ---- exactly one holder, by what is durable: claims and signed releases that were not taken yet
static uint32_t releases(const Run *r, uint32_t from, Str item) { // under way from one side to the other
    uint32_t n = 0;
    for (int64_t q = r->f[1 - from].disk.link.in_seq + 1; q <= r->f[from].disk.link.out_seq; q++) {
        const char *core = r->f[from].disk.core[q];
        bool release = core && (strstr(core, "\"kind\":\"CROSSED\"") || strstr(core, "\"kind\":\"RETURN\""));
        if (!release) continue;
        const char *at = strstr(core, "\"handover\":\"") + 12;
        Str key = {at, strcspn(at, "\"")};
        const FixDisk *d = &r->f[from].disk;
        const HandOver *h = custody_find(&d->book, key);
        n += h && str_eq_c(item, d->book.item[h->item].id);
    }
    return n;
}
static void one_holder(Run *r) {
    for (uint32_t i = 0; i < ITEMS && !r->wrong[0]; i++) {
        uint32_t claims = 0, under_way = 0;
        for (uint32_t s = 0; s < 2; s++) {
            const CustodyItem *x = custody_item_find(&r->f[s].disk.book, ITEM_CONTAINER, str_c(item_id[i]));
            claims += x && x->holds;
            under_way += releases(r, s, str_c(item_id[i]));
        }
        if (claims + under_way != 1) broke(r, "%s: %u claims, %u releases under way", item_id[i], claims, under_way);
    }
    for (uint32_t s = 0; s < 2; s++)
        if (memcmp(&r->f[s].s.link, &r->f[s].disk.link, sizeof(CustodyLink)) != 0 ||
            memcmp(r->f[s].s.book.h, r->f[s].disk.h, sizeof r->f[s].disk.h) != 0)
            broke(r, "side %u acts on what is not durable", s);
}

// ---- the network
static int64_t clock_of(const Run *r, uint32_t side) {
    return r->now_ms + r->skew_ms[side];
}
static Frame *post(Run *r, uint32_t to) {
    Frame *f = &r->wire[r->wire_n < WIRE ? r->wire_n++ : prng_below(&r->p, WIRE)]; // full: one is lost
    *f = (Frame){.to = (uint8_t)to, .at_ms = r->now_ms + (int64_t)prng_below(&r->p, r->calm ? 100 : 20000)};
    return f;
}
static void put(Frame *f, const Buf *b) {
    CK_ASSERT(b->n <= sizeof f->bytes);
    memcpy(f->bytes, b->p, b->n), f->n = b->n;
}
static void send_some(Run *r, uint32_t side) { // what no receipt covers, some of it
    CustodySide *s = &r->f[side].s;
    for (int64_t q = s->link.out_acked + 1; q <= s->link.out_seq && q <= s->link.out_acked + 4; q++) {
        Buf b;
        if (!r->calm && prng_chance(&r->p, 50)) continue;
        buf_init(&b, CUSTODY_TEXT_MAX);
        Frame *f = post(r, 1 - side);
        if (!custody_side_message(s, q, clock_of(r, side), &b, f->sig))
            broke(r, "message %lld is gone from the outbox", (long long)q);
        put(f, &b);
        buf_deinit(&b);
    }
}
static void answer(Run *r, uint32_t side, CustodyReason why) {
    Buf b;
    buf_init(&b, CUSTODY_TEXT_MAX);
    Frame *f = post(r, 1 - side);
    custody_side_receipt(&r->f[side].s, why, clock_of(r, side), &b, f->sig);
    put(f, &b);
    buf_deinit(&b);
}
static void maybe_crash(Run *r, uint32_t side) {
    if (r->calm || prng_below(&r->p, 60)) return;
    r->crashes++;
    fix_restart(&r->f[side]);
}
static void deliver(Run *r, uint32_t i) {
    Frame f = r->wire[i];
    bool receipt;
    bool again = !r->calm && prng_chance(&r->p, 25); // doubled: it stays on the wire
    if (!again) r->wire[i] = r->wire[--r->wire_n];
    if (r->now_ms < r->cut_until[f.to] || (!r->calm && !f.hostile && prng_chance(&r->p, 15))) return;
    if (!r->calm && prng_chance(&r->p, 5)) r->f[f.to].disk.fail = 1;
    int64_t taken = r->f[f.to].s.link.in_seq;
    bool dies = !r->calm && prng_chance(&r->p, 3);
    r->f[f.to].disk.dies = dies;
    CustodyReason why = custody_side_hear(&r->f[f.to].s, (Str){f.bytes, f.n}, f.sig, clock_of(r, f.to), &receipt);
    r->f[f.to].disk.dies = false;
    if (dies) fix_restart(&r->f[f.to]), r->crashes++;
    r->f[f.to].disk.fail = 0;
    r->heard++, r->refused += why != REASON_NONE, r->reasons[why]++;
    if (f.hostile && r->f[f.to].s.link.in_seq != taken) broke(r, "a forged message was taken: %.60s", f.bytes);
    if (f.stale && why == REASON_NONE) broke(r, "a message after its time was taken");
    if (!f.hostile && custody_reason_class(why) == CUSTODY_CLASS_CONTENT &&
        !(why == REASON_FIELD_VALUE && memmem(f.bytes, f.n, "OFFER", 5))) // made by a clock that was minutes ahead
        broke(r, "an honest message was refused: %s: %.*s", CustodyReason_names.names[why], (int)MIN(f.n, (size_t)300),
              f.bytes);
    if (!receipt) answer(r, f.to, why);
    maybe_crash(r, f.to);
}
static void forge(Run *r) { // the hostile peer: from what it has seen on the wire
    if (!r->wire_n) return;
    const Frame from = r->wire[prng_below(&r->p, r->wire_n)];
    if (from.hostile || from.stale || !from.n) return;
    Frame *f = post(r, from.to);
    uint8_t to = f->to;
    int64_t at = f->at_ms;
    *f = from;
    f->to = to, f->at_ms = at, r->hostile++;
    switch (prng_below(&r->p, 6)) {
    case 0: f->bytes[prng_below(&r->p, f->n)] ^= 1, f->hostile = true; break;
    case 1: f->sig[prng_below(&r->p, sizeof f->sig)] ^= 1, f->hostile = true; break;
    case 2: memset(f->bytes + f->n, ' ', sizeof f->bytes - f->n), f->n = sizeof f->bytes, f->hostile = true; break;
    case 3: // another number, signed by a key that is not the peer's
    {
        char *at_seq = memmem(f->bytes, f->n, "\"seq\":", 6);
        if (at_seq) at_seq[6] = (char)('1' + prng_below(&r->p, 9));
        running->f[to].s.crypto.sign(running->f[to].s.crypto.ctx, (Str){f->bytes, f->n}, f->sig);
        f->hostile = true;
        break;
    }
    case 4: f->to = (uint8_t)(1 - to), f->hostile = true; break; // back to its sender
    default:                                                     // kept, and brought when its time is over
        f->at_ms = r->now_ms + agreement.version[0].ttl_ms + 2 * agreement.version[0].skew_ms + 10 * MINUTE_MS,
        f->stale = true;
    }
}

// ---- people and devices
static void act(Run *r, uint32_t side, const CustodyAct *a) {
    if (!r->calm && prng_chance(&r->p, 5)) r->f[side].disk.fail = 1;
    if (plant == P_EARLY_ACK && prng_chance(&r->p, 10)) r->f[side].disk.lies = true;
    bool dies = !r->calm && prng_chance(&r->p, 3); // power fails when it is durable and nobody was told
    r->f[side].disk.dies = dies;
    CustodyReason why = custody_side_act(&r->f[side].s, a, clock_of(r, side));
    r->f[side].disk.dies = false;
    if (dies) fix_restart(&r->f[side]), r->crashes++;
    r->f[side].disk.lies = false, r->f[side].disk.fail = 0;
    r->crossed += !why && a->act == ACT_CROSS, r->returned += !why && a->act == ACT_RETURN;
    maybe_crash(r, side);
}
static uint8_t usual(uint8_t state) { // what leads on
    static const uint8_t next[HS_COUNT] = {
        [HS_AGREED] = ACT_CROSS,       [HS_REPORTED] = ACT_CLOSE,  [HS_ASKED] = ACT_CLOSE,    [HS_BACK] = ACT_CLOSE,
        [HS_CONSIDERING] = ACT_ACCEPT, [HS_ARRIVED] = ACT_RECEIVE, [HS_DISPUTED] = ACT_SETTLE};
    return next[state] ? next[state] : ACT_TIMEOUT;
}
static void people(Run *r, uint32_t side) {
    CustodyBook *b = &r->f[side].s.book;
    const HandOver h = b->h[prng_below(&r->p, FIX_SLOTS)];
    CustodyAct a = {.say = {.note = STR("by the test"), .reason = REASON_INCIDENT}};
    const CustodyItem item = b->item[prng_below(&r->p, FIX_ITEMS)];
    if (!r->calm && item.used && item.holds && !item.open && r->f[side].s.link.out_seq < FIX_OUTBOX - 120) {
        a.act = ACT_OFFER;
        a.say.item = str_c(item.id), a.say.item_kind = item.kind, a.say.weight_kg = 20000, a.say.seal = STR("S1");
        act(r, side, &a);
    } else if (h.used && !custody_over((CustodyState)h.state)) {
        a.handover = str_c(h.key);
        a.act = prng_chance(&r->p, 85) ? usual(h.state) : (uint8_t)(1 + prng_below(&r->p, ACT_COUNT - 1));
        if (r->calm && a.act == ACT_DISPUTE) a.act = ACT_CLOSE;
        a.say.weight_kg = prng_chance(&r->p, 80) ? 20000 : 15000, a.say.seal = STR("S1"),
        a.not_seen = prng_chance(&r->p, 3);
        if (a.act != ACT_OFFER) act(r, side, &a);
    }
}
static bool quiet(const Run *r) {
    for (uint32_t s = 0; s < 2; s++) {
        if (r->f[s].s.link.in_seq != r->f[1 - s].s.link.out_seq) return false;
        for (uint32_t i = 0; i < FIX_SLOTS; i++)
            if (r->f[s].s.book.h[i].used && !custody_over((CustodyState)r->f[s].s.book.h[i].state)) return false;
    }
    return true;
}
static void step(Run *r) {
    uint32_t side = (uint32_t)prng_below(&r->p, 2);
    r->steps++;
    r->now_ms += (int64_t)prng_below(&r->p, 4000);
    if (!r->calm && prng_below(&r->p, 300) == 0)
        r->cut_until[side] = r->now_ms + (int64_t)prng_below(&r->p, (prng_chance(&r->p, 20) ? 120 : 10) * MINUTE_MS);
    if (!r->calm && prng_below(&r->p, 400) == 0) r->skew_ms[side] = (int64_t)prng_below(&r->p, 200000) - 100000;
    if (!r->calm && prng_below(&r->p, 900) == 0) r->skew_ms[side] = 10 * MINUTE_MS; // beyond what the agreement allows
    if (!r->calm && prng_below(&r->p, 500) == 0) r->now_ms += (int64_t)prng_below(&r->p, 3 * HOUR_MS);
    if (!r->calm && prng_chance(&r->p, 8)) forge(r);
    if (prng_chance(&r->p, 30)) people(r, side);
    if (prng_chance(&r->p, 30)) send_some(r, side);
    if (prng_chance(&r->p, 10)) (void)custody_side_tick(&r->f[side].s, clock_of(r, side));
    if (r->wire_n && prng_chance(&r->p, 80)) {
        uint32_t i = (uint32_t)prng_below(&r->p, r->wire_n);
        if (r->wire[i].at_ms <= r->now_ms) deliver(r, i);
    }
    one_holder(r);
}
// Seven seeds of eight sign with a keyed hash instead of Ed25519: the same refusals, ten times faster.
static void tag(const uint8_t *pub, Str bytes, uint8_t *ret) {
    static char room[CUSTODY_PUB_LEN + CUSTODY_TEXT_MAX + 64];
    CK_ASSERT(bytes.n <= sizeof room - CUSTODY_PUB_LEN);
    memcpy(room, pub, CUSTODY_PUB_LEN), memcpy(room + CUSTODY_PUB_LEN, bytes.p, bytes.n);
    running->f[0].s.crypto.hash(NULL, (Str){room, CUSTODY_PUB_LEN + bytes.n}, ret);
    memcpy(ret + CUSTODY_HASH_LEN, ret, CUSTODY_HASH_LEN);
}
static void quick_sign(void *ctx, Str bytes, uint8_t *ret) {
    uint8_t pub[CUSTODY_PUB_LEN];
    custody_openssl_public(((FixSide *)ctx)->keys, pub);
    tag(pub, bytes, ret);
}
static bool quick_verify(void *ctx, const uint8_t *pub, Str bytes, const uint8_t *sig) {
    uint8_t right[CUSTODY_SIG_LEN];
    (void)ctx;
    tag(pub, bytes, right);
    return memcmp(right, sig, sizeof right) == 0;
}
// Side 0 turns liar, with its true key: a crossing that names no consent of side 1. Side 1 must not become the holder
// by it.
static void liar(Run *r) {
    const CustodyItem *x = NULL;
    bool receipt;
    uint8_t sig[CUSTODY_SIG_LEN];
    Buf b;
    for (uint32_t i = 0; i < FIX_ITEMS; i++)
        if (r->f[0].s.book.item[i].holds) x = &r->f[0].s.book.item[i];
    if (!x || r->wrong[0]) return;
    CustodyAct a = {.act = ACT_OFFER, .say = {.item = str_c(x->id), .item_kind = x->kind}};
    if (custody_side_act(&r->f[0].s, &a, r->now_ms)) broke(r, "an offer was refused");
    (void)fix_flow(r->f, r->now_ms);
    char key[CUSTODY_KEY_MAX + 1];
    (void)snprintf(key, sizeof key, "%s-%u", agreement.side[0], r->f[0].s.book.own_no);
    a = (CustodyAct){.act = ACT_ACCEPT, .handover = str_c(key)};
    if (custody_side_act(&r->f[1].s, &a, r->now_ms)) broke(r, "an acceptance was refused");
    CustodyBody body = {.handover = str_c(key),
                        .at = r->now_ms,
                        .consent = STR("00000000000000000000000000000000000000000000000000000000000000ff")};
    fix_forge(&r->f[0], MSG_CROSSED, &body, r->now_ms, &(FixForge){0}, &b, sig);
    CustodyReason why = custody_side_hear(&r->f[1].s, buf_view(&b), sig, r->now_ms, &receipt);
    r->reasons[why]++;
    if (why != REASON_CONSENT) broke(r, "a release without consent: %s", CustodyReason_names.names[why]);
    if (custody_find(&r->f[1].s.book, str_c(key))->state != HS_BOUND)
        broke(r, "a release without consent moved custody");
    buf_deinit(&b);
}
static bool seed_run(uint64_t seed, bool tell, uint64_t total[8]) {
    Run *r = calloc(1, sizeof *r);
    running = r;
    r->seed = seed, r->p.s = seed * 7919 + 3, r->now_ms = FIX_START_MS;
    fix_open(r->f, &agreement);
    for (uint32_t s = 0; s < 2 && seed % 8; s++)
        r->f[s].s.crypto.ctx = &r->f[s], r->f[s].s.crypto.sign = quick_sign, r->f[s].s.crypto.verify = quick_verify;
    real_verify = r->f[0].s.crypto.verify;
    for (uint32_t s = 0; s < 2 && plant == P_ANY_SIGNATURE; s++) r->f[s].s.crypto.verify = any_signature;
    for (uint32_t i = 0; i < ITEMS; i++) fix_item(&r->f[i % 2], ITEM_CONTAINER, str_c(item_id[i]));
    for (uint32_t k = 0; k < 1000 && !r->wrong[0]; k++) step(r);
    r->calm = true, r->skew_ms[0] = r->skew_ms[1] = 0, r->wire_n = 0;
    r->now_ms = MAX(r->now_ms, MAX(r->cut_until[0], r->cut_until[1]));
    uint32_t k = 0;
    while (!r->wrong[0] && !quiet(r) && k++ < 20000) step(r);
    if (!r->wrong[0] && !quiet(r)) broke(r, "the faults are over, and a hand-over is still open or a message untaken");
    liar(r);
    bool good = !r->wrong[0];
    if (!good && tell)
        printf("seed %llu, step %llu: %s\n  again: test_custody_sim --seed %llu%s%s\n", (unsigned long long)seed,
               (unsigned long long)r->steps, r->wrong, (unsigned long long)seed, plant ? " --plant " : "",
               plant ? plant_names[plant] : "");
    uint64_t add[8] = {r->steps, r->heard, r->refused, r->crashes, r->hostile, r->crossed, r->returned, 0};
    for (uint32_t i = 0; i < REASON_COUNT; i++) add[7] |= r->reasons[i] ? 1ull << i : 0;
    for (uint32_t i = 0; i < 7; i++) total[i] += add[i];
    total[7] |= add[7];
    fix_close(r->f);
    free(r);
    running = NULL;
    return good;
}
static bool seed_apart(uint64_t seed) { // in a process of its own: an assertion finds bugs too
    pid_t child = fork();
    if (child == 0) {
        uint64_t total[8] = {0};
        struct rlimit no_core = {0};
        (void)setrlimit(RLIMIT_CORE, &no_core);
        if (!freopen("/dev/null", "w", stderr)) _exit(1);
        _exit(seed_run(seed, false, total) ? 0 : 1);
    }
    int status = 1;
    CK_ASSERT(child > 0 && waitpid(child, &status, 0) == child);
    return status == 0;
}
static int planted(void) {
    int missed = 0;
    for (int p = 1; p < PLANTS; p++) {
        uint64_t seed = 1;
        plant = (Plant)p;
        while (seed <= 60 && seed_apart(seed)) seed++;
        if (seed <= 60)
            printf("%-16s found by seed %llu\n", plant_names[p], (unsigned long long)seed);
        else
            printf("%-16s NOT FOUND in 60 seeds\n", plant_names[p]), missed++;
    }
    return missed ? 1 : 0;
}
int main(int argc, char **argv) {
    uint64_t first = 1, n = prop_seeds(300), total[8] = {0}, bad = 0;
    const char *what_plant = NULL;
    Arena a;
    Str what;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--seed") == 0) first = strtoull(argv[i + 1], NULL, 10), n = 1;
        if (strcmp(argv[i], "--seeds") == 0) n = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--plant") == 0) what_plant = argv[i + 1];
    }
    arena_init(&a, 1u << 20);
    for (int i = 0; i < ITEMS; i++) (void)snprintf(item_id[i], sizeof item_id[i], "MSKU%07d", i);
    CK_ASSERT(custody_agreement_parse(fix_file(CK_SITES_DIR "/huu-nghi/agreement.json", &a), &a, &agreement, &what) ==
              OK);
    if (what_plant && strcmp(what_plant, "all") == 0) {
        int missed = planted();
        arena_deinit(&a);
        return missed;
    }
    for (int p = 1; what_plant && p < PLANTS; p++)
        if (strcmp(what_plant, plant_names[p]) == 0) plant = (Plant)p;
    for (uint64_t s = first; s < first + n && bad < 5; s++) bad += !seed_run(s, true, total);
    printf("%llu seeds: %llu steps, %llu messages heard, %llu refused, %llu crashes, %llu hostile, %llu crossed, %llu "
           "returned; %llu failed\nrefusals seen:",
           (unsigned long long)n, (unsigned long long)total[0], (unsigned long long)total[1],
           (unsigned long long)total[2], (unsigned long long)total[3], (unsigned long long)total[4],
           (unsigned long long)total[5], (unsigned long long)total[6], (unsigned long long)bad);
    for (uint32_t i = 1; i < REASON_COUNT; i++)
        if (total[7] >> i & 1) printf(" %s", CustodyReason_names.names[i]);
    printf("\n");
    arena_deinit(&a);
    return bad ? 1 : 0;
}

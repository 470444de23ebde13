// Two sides, one seed: both journals, the keys, and what really happened (the test's own truth, kept beside the program
// that is tested). With a wish for a lie, one side lies by its true key.
//   make_journals DIR SEED STEPS [head|story|liar]
// DIR/vn.db, DIR/cn.db, DIR/keys.json, DIR/truth.jsonl
#include "app/app.h"
#include "app/app_bench_link.h"
#include "prop.h"
#include "store/store_tree.h"

enum { ITEMS = 12, HANDOVERS = 40, START_S = 1798761600 };
static const char *const sides[2] = {"vn-hn", "cn-yyg"};
typedef struct {
    LinkEnd e[2];
    Prng p;
    int64_t now;
    Arena a;
    Agreement ag;
    FILE *truth;
    MerkleFrontier told[2];
    Merkle *m;
    char item[ITEMS][CUSTODY_KEY_MAX + 1];
    struct { // of a hand-over's offer, until it is accepted
        char key[CUSTODY_KEY_MAX + 1], item[CUSTODY_KEY_MAX + 1];
        int64_t made;
    } offer[4096];
    size_t offers;
    char holder_known[ITEMS]; // told once; who: 'v', 'c'
} World;

static void set_time(World *w, int64_t now) {
    w->now = now;
    for (int i = 0; i < 2; i++) w->e[i].now_ms = now;
}
static size_t item_no(const World *w, const char *id) {
    for (size_t i = 0; i < ITEMS; i++)
        if (strcmp(w->item[i], id) == 0) return i;
    CK_ASSERT(!"item");
}
static void tell(World *w, const char *item, int64_t at, int holder, const char *by, const char *key) {
    fprintf(w->truth, "{\"item\":\"%s\",\"at\":%lld,\"holder\":\"%s\",\"by\":\"%s\",\"handover\":\"%s\"}\n", item,
            (long long)at, sides[holder], by, key);
    w->holder_known[item_no(w, item)] = (char)('0' + holder);
}
static void heard(World *w, const char *key, const char *kind) {
    fprintf(w->truth, "{\"heard\":\"%s\",\"handover\":\"%s\",\"at\":%lld}\n", kind, key, (long long)w->now);
}

// ---- what the people do
static const char *item_of(World *w, const char *key, int64_t *ret_made) {
    for (size_t i = 0; i < w->offers; i++)
        if (strcmp(w->offer[i].key, key) == 0) {
            *ret_made = w->offer[i].made;
            return w->offer[i].item;
        }
    CK_ASSERT(!"hand-over");
}
static void offer(World *w, int s, const CustodyItem *x) {
    CustodyAct a = {.act = ACT_OFFER, .say = {.item = str_c(x->id), .item_kind = x->kind, .weight_kg = 20000}};
    a.say.seal = STR("S1");
    if (custody_side_act(&w->e[s].s, &a, w->now)) return;
    CK_ASSERT(w->offers < ARRAY_LEN(w->offer));
    char key[sizeof w->offer[0].key];
    int n = snprintf(key, sizeof key, "%s-%u", sides[s], w->e[s].s.book.own_no);
    CK_ASSERT(n > 0 && (size_t)n < sizeof key);
    memcpy(w->offer[w->offers].key, key, sizeof key);
    memcpy(w->offer[w->offers].item, x->id, sizeof x->id);
    w->offer[w->offers++].made = w->now;
    if (!w->holder_known[item_no(w, x->id)]) tell(w, x->id, w->now, s, "offer", key);
}
static uint8_t usual(World *w, uint8_t state) {
    static const uint8_t next[HS_COUNT] = {
        [HS_AGREED] = ACT_CROSS,       [HS_REPORTED] = ACT_CLOSE,  [HS_ASKED] = ACT_CLOSE,    [HS_BACK] = ACT_CLOSE,
        [HS_CONSIDERING] = ACT_ACCEPT, [HS_ARRIVED] = ACT_RECEIVE, [HS_DISPUTED] = ACT_SETTLE};
    if ((state == HS_ARRIVED || state == HS_DISPUTED) && prng_chance(&w->p, 15)) return ACT_RETURN;
    return next[state] && !prng_chance(&w->p, 15) ? next[state] : (uint8_t)(2 + prng_below(&w->p, ACT_COUNT - 2));
}
static void act(World *w, int s, const HandOver *h) {
    CustodyAct a = {.act = usual(w, h->state), .handover = str_c(h->key), .say = {.reason = REASON_INCIDENT}};
    int64_t made;
    char key[sizeof h->key]; // the book's place may be another hand-over's after the act
    memcpy(key, h->key, sizeof key);
    const char *item = item_of(w, key, &made);
    int giver = h->key[0] == 'v' ? 0 : 1, holder = w->holder_known[item_no(w, item)] - '0';
    a.say.weight_kg = prng_chance(&w->p, 80) ? 20000 : 15000, a.say.seal = STR("S1");
    a.say.note = STR("\"\xe7\xae\xb1\" \\ h\xc3\xa0ng");
    if (custody_side_act(&w->e[s].s, &a, w->now)) return;
    if (a.act == ACT_CROSS) tell(w, item, w->now, 1 - giver, "CROSSED", key);
    if (a.act == ACT_RETURN) tell(w, item, w->now, giver, "RETURN", key);
    if (a.act == ACT_ACCEPT && holder != giver) tell(w, item, made, giver, "offer", key); // it had left another way
}
static void people(World *w, int s) {
    CustodyBook *b = &w->e[s].s.book;
    const CustodyItem x = b->item[prng_below(&w->p, b->limits.items)];
    const HandOver h = b->h[prng_below(&w->p, b->limits.handovers)];
    if (x.used && x.holds && !x.open && prng_chance(&w->p, 4)) { // inland, and on the other side again, unseen
        CK_ASSERT(custody_item_out(b, (CustodyItemKind)x.kind, str_c(x.id)));
        if (!custody_item_in(&w->e[1 - s].s.book, (CustodyItemKind)x.kind, str_c(x.id)))
            CK_ASSERT(custody_item_in(b, (CustodyItemKind)x.kind, str_c(x.id)));
    } else if (x.used && x.holds && !x.open && prng_chance(&w->p, 60)) {
        offer(w, s, &x);
    }
    if (h.used && !custody_over((CustodyState)h.state)) act(w, s, &h);
}

// ---- what the link does
static void carry(World *w, int from) {
    LinkEnd *a = &w->e[from], *b = &w->e[1 - from];
    int64_t seq = b->s.link.in_seq + 1;
    if (seq > a->s.link.out_seq) return;
    CustodyReason r = link_end_carry(a, b, seq);
    CK_ASSERT(r == REASON_NONE);
    CustodyEnvelope e;
    Buf t;
    buf_init(&t, CUSTODY_TEXT_MAX);
    custody_envelope_write(&t, STR("k"), 1, 2, str_c(a->core[seq - 1]));
    CK_ASSERT(custody_envelope_read(buf_view(&t), &w->a, &e) == REASON_NONE);
    char key[CUSTODY_KEY_MAX + 1];
    (void)snprintf(key, sizeof key, STR_F, STR_A(e.body.handover));
    if (e.kind == MSG_CROSSED || e.kind == MSG_RETURN) heard(w, key, e.kind == MSG_CROSSED ? "CROSSED" : "RETURN");
    buf_deinit(&t);
    arena_reset(&w->a);
    if (prng_chance(&w->p, 30)) link_end_receipt(a, b);
}
static void tell_head(World *w, int s, bool lie) {
    LinkEnd *e = &w->e[s];
    CK_ASSERT(link_end_commit(e) == OK);
    MerkleFrontier f = w->told[s];
    MerklePath path = {.n = 0};
    MerkleHash root;
    char hex[CUSTODY_HEX_MAX + 1], proof[CUSTODY_PATH_MAX + 1];
    Store *st = ledger_store(e->l);
    uint64_t size = store_head(st).seq;
    if (f.size == size) return;
    if (f.size) CK_ASSERT(store_tree_consistency(st, w->m, &f, size, &path) == OK);
    CK_ASSERT(store_tree_extend(st, w->m, &f, size) == OK);
    merkle_root(w->m, &f, root);
    if (lie) root[7] ^= 1;
    custody_hex(root, hex);
    for (uint32_t i = 0; i < path.n; i++) custody_hex(path.hash[i], proof + i * CUSTODY_HEX_MAX);
    CustodyBody say = {
        .upto = (int64_t)size, .hash = str_c(hex), .at = w->now, .proof = {proof, path.n * CUSTODY_HEX_MAX}};
    CK_ASSERT(custody_side_tell(&e->s, MSG_TREE_HEAD, &say, w->now) == REASON_NONE);
    w->told[s] = f;
}
static void finish(World *w) { // all is heard, with receipts
    for (int round = 0; round < 200; round++)
        for (int s = 0; s < 2; s++) carry(w, s);
    for (int s = 0; s < 2; s++) link_end_receipt(&w->e[s], &w->e[1 - s]);
}

// ---- lies, told with the true key of side 0
static void say_signed(World *w, CustodyMsg kind, const CustodyBody *body) { // not in its own journal
    CustodySide *s = &w->e[0].s;
    char prev[CUSTODY_HEX_MAX + 1];
    uint8_t sig[CUSTODY_SIG_LEN];
    bool receipt;
    Buf core, b;
    buf_init(&core, CUSTODY_TEXT_MAX), buf_init(&b, CUSTODY_TEXT_MAX);
    custody_hex(w->e[1].s.link.in_hash, prev);
    CustodyEnvelope e = {.from = str_c(sides[0]),
                         .to = str_c(sides[1]),
                         .agreement = str_c(w->ag.name),
                         .version = str_c(w->ag.version[0].version),
                         .prev = str_c(prev),
                         .seq = w->e[1].s.link.in_seq + 1,
                         .kind = (uint8_t)kind,
                         .body = *body};
    custody_envelope_core(&core, &e);
    custody_envelope_write(&b, str_c(s->key_id), w->now, w->now + MINUTE_MS, buf_view(&core));
    s->crypto.sign(s->crypto.ctx, buf_view(&b), sig);
    CustodyReason r = custody_side_hear(&w->e[1].s, buf_view(&b), sig, w->now, &receipt);
    CK_ASSERT(r == REASON_NONE || custody_reason_class(r) == CUSTODY_CLASS_CONTENT);
    buf_deinit(&core), buf_deinit(&b);
}
static void lie(World *w, const char *what) {
    if (strcmp(what, "head") == 0) {
        tell_head(w, 0, false);
        tell_head(w, 0, true);
        finish(w);
    } else if (strcmp(what, "story") == 0) { // one number, two contents
        CustodyBody a = {.road = STR("hn"), .from = w->now, .note = STR("open")}, b = a;
        b.note = STR("open till ten");
        CK_ASSERT(custody_side_tell(&w->e[0].s, MSG_OPENING, &a, w->now) == REASON_NONE);
        say_signed(w, MSG_OPENING, &b);
    } else if (strcmp(what, "liar") == 0) { // a release that no consent of side 1 stands behind
        CustodyBody b = {.handover = str_c(w->offer[0].key), .at = w->now};
        b.consent = STR("00000000000000000000000000000000000000000000000000000000000000ff");
        say_signed(w, MSG_CROSSED, &b);
    }
}

static void open_world(World *w, const char *dir) {
    Str bundle, what;
    static char path[2][512];
    static const char *const file[2] = {"vn.db", "cn.db"}, *const key[2] = {"vn-2026-a", "cn-2026-a"};
    char text[65536], name[512];
    FILE *f = fopen(CK_SITES_DIR "/huu-nghi/agreement.json", "rb");
    CK_ASSERT(f);
    size_t n = fread(text, 1, sizeof text, f);
    (void)fclose(f);
    CK_ASSERT(custody_agreement_parse((Str){text, n}, &w->a, &w->ag, &what) == OK);
    CK_ASSERT(
        app_site_bundle(CK_SITES_DIR "/huu-nghi", NULL, CK_SITES_DIR "/demo/tariff.json", &w->a, &bundle, &what) == OK);
    (void)snprintf(name, sizeof name, "%s/keys.json", dir);
    FILE *keys = fopen(name, "w");
    (void)snprintf(name, sizeof name, "%s/truth.jsonl", dir);
    w->truth = fopen(name, "w");
    CK_ASSERT(keys && w->truth);
    fputs("{\"skew_s\":120,\"keys\":[", keys);
    for (uint32_t i = 0; i < 2; i++) {
        (void)snprintf(path[i], sizeof path[i], "%s/%s", dir, file[i]);
        LinkEndOpts o = {path[i], bundle, &w->ag, i, HANDOVERS, ITEMS, 100, key[i], (uint8_t)(1 + i), w->now};
        CK_ASSERT(link_end_open(&w->e[i], &o) == OK);
        uint8_t pub[CUSTODY_PUB_LEN];
        char hex[CUSTODY_HEX_MAX + 1];
        custody_openssl_public(w->e[i].keys, pub);
        custody_hex(pub, hex);
        fprintf(keys, "%s{\"side\":\"%s\",\"id\":\"%s\",\"public\":\"%s\",\"from\":\"2026-10-01T00:00:00Z\"}",
                i ? "," : "", sides[i], key[i], hex);
    }
    fputs("]}\n", keys);
    CK_ASSERT(fclose(keys) == 0);
    link_end_meet(&w->e[0], &w->e[1]);
}
int main(int argc, char **argv) {
    if (argc < 4) return 2;
    World *w = calloc(1, sizeof *w);
    CK_ASSERT(w);
    w->p.s = strtoull(argv[2], NULL, 10) * 7919 + 1;
    arena_init(&w->a, 64u << 20);
    w->m = merkle_new();
    w->now = START_S * 1000LL;
    open_world(w, argv[1]);
    arena_reset(&w->a);
    for (int i = 0; i < ITEMS; i++) {
        (void)snprintf(w->item[i], sizeof w->item[i], "MSKU%07d", i);
        CK_ASSERT(custody_item_in(&w->e[i % 2].s.book, ITEM_CONTAINER, str_c(w->item[i])));
    }
    for (int64_t k = strtoll(argv[3], NULL, 10); k > 0; k--) {
        int s = (int)prng_below(&w->p, 2);
        set_time(w, w->now + 100 + (int64_t)prng_below(&w->p, 20000));
        people(w, s);
        if (prng_chance(&w->p, 70)) carry(w, (int)prng_below(&w->p, 2));
        if (prng_below(&w->p, 150) == 0) tell_head(w, s, false);
        if (prng_chance(&w->p, 5)) (void)custody_side_tick(&w->e[s].s, w->now);
    }
    if (argc > 4) {
        finish(w);
        lie(w, argv[4]);
    }
    for (int i = 0; i < 2; i++) CK_ASSERT(link_end_close(&w->e[i]) == OK);
    CK_ASSERT(fclose(w->truth) == 0);
    merkle_free(w->m);
    arena_deinit(&w->a);
    free(w);
    return 0;
}

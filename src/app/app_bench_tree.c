// Tree: an auditor's look at a day: the journal of a busy gate (350,000 events, both roads) and the other side's of the
// same hand-overs, exported, then checked by cuakhau-verify: chain, tree, signatures, both ledgers. Baseline: SHA-256
// over the bytes of the same files.
#include "app_bench.h"
#include "app_bench_link.h"
#include "app_bench_rows.h"
#include "store/store_tree.h"
#include <fcntl.h>
#include <openssl/evp.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_START_MS 1798761600000 // 2027-01-01
enum { EVENTS = 350000, HANDOVERS_A_DAY = 3500, BATCH = 512, RECEIPT_EVERY = 10, HEADS = 1440, PATH_MAX_LEN = 4096 };
typedef struct {
    LinkEnd end[2];
    Agreement agreement;
    Arena a;
    Merkle *m;
    MerkleFrontier told;
    uint64_t events, passages, handovers, heads;
    int64_t now;
    Err err;
} Day;

// ---- making it
static void flow(Day *d) { // all that was said is heard; one receipt for some
    for (int s = 0; s < 2; s++) {
        LinkEnd *from = &d->end[s], *to = &d->end[1 - s];
        while (to->s.link.in_seq < from->s.link.out_seq) {
            CustodyReason r = link_end_carry(from, to, to->s.link.in_seq + 1);
            CK_ASSERT(r == REASON_NONE);
        }
        if (from->s.link.out_seq >= from->s.link.out_acked + RECEIPT_EVERY) link_end_receipt(from, to);
    }
}
static void act(Day *d, int side, uint8_t what, Str key, const char *item) {
    CustodyAct a = {.act = what, .handover = key, .say = {.weight_kg = 24150, .seal = STR("VN4471093")}};
    if (what == ACT_OFFER) a.say.item = str_c(item), a.say.item_kind = ITEM_CONTAINER;
    CustodyReason r = custody_side_act(&d->end[side].s, &a, d->now);
    CK_ASSERT(r == REASON_NONE);
    flow(d);
}
static void hand_over(Day *d) { // OFFER, ACCEPT, CROSSED, RECEIVED, CLOSED
    static const char *const name[2] = {"vn-hn", "cn-yyg"};
    char item[CUSTODY_KEY_MAX + 1], text[CUSTODY_KEY_MAX + 1];
    int giver = (int)(d->handovers % 2);
    (void)snprintf(item, sizeof item, "CSQU%07llu", (unsigned long long)d->handovers++);
    CustodyBook *book = &d->end[giver].s.book;
    bool in = custody_item_in(book, ITEM_CONTAINER, str_c(item));
    CK_ASSERT(in);
    act(d, giver, ACT_OFFER, STR_EMPTY, item);
    (void)snprintf(text, sizeof text, "%s-%u", name[giver], book->own_no);
    Str key = str_c(text);
    act(d, 1 - giver, ACT_ACCEPT, key, item), act(d, giver, ACT_CROSS, key, item);
    act(d, 1 - giver, ACT_RECEIVE, key, item), act(d, giver, ACT_CLOSE, key, item);
    bool out = custody_item_out(&d->end[1 - giver].s.book, ITEM_CONTAINER, str_c(item));
    CK_ASSERT(out);
}
static void tell_head(Day *d) { // as a server that lets its journal be witnessed does
    Store *s = ledger_store(d->end[0].l);
    MerkleFrontier f = d->told;
    MerklePath path = {.n = 0};
    MerkleHash root;
    char hex[CUSTODY_HEX_MAX + 1], proof[CUSTODY_PATH_MAX + 1];
    uint64_t size = store_head(s).seq;
    if (f.size && !d->err) d->err = store_tree_consistency(s, d->m, &f, size, &path);
    if (!d->err) d->err = store_tree_extend(s, d->m, &f, size);
    if (d->err) return;
    merkle_root(d->m, &f, root);
    custody_hex(root, hex);
    for (uint32_t i = 0; i < path.n; i++) custody_hex(path.hash[i], proof + i * CUSTODY_HEX_MAX);
    CustodyBody say = {
        .upto = (int64_t)size, .hash = str_c(hex), .at = d->now, .proof = {proof, path.n * CUSTODY_HEX_MAX}};
    CustodyReason r = custody_side_tell(&d->end[0].s, MSG_TREE_HEAD, &say, d->now);
    CK_ASSERT(r == REASON_NONE);
    d->told = f, d->heads++;
    flow(d);
}
static void passage(Day *d) {
    Input story[STORY_MAX];
    Arena step;
    arena_init(&step, 16u << 20);
    uint32_t no = (uint32_t)++d->passages;
    uint32_t n = bench_story(gate_site(ledger_gate(d->end[0].l)), &step, no, no % 2, d->now, story);
    for (uint32_t i = 0; i < n && !d->err; i++) {
        LedgerReply reply;
        LedgerRequest rq = {.in = story[i]};
        d->err = ledger_step(d->end[0].l, &rq, &step, &reply);
        CK_ASSERT(d->err || !reply.refused);
    }
    arena_deinit(&step);
}
static void make_day(Day *d, uint64_t events) {
    uint64_t handovers = HANDOVERS_A_DAY * events / EVENTS, heads = HEADS * events / EVENTS;
    while (!d->err && (d->events = store_head(ledger_store(d->end[0].l)).seq) < events) {
        d->now = DAY_START_MS + (int64_t)(d->events * (uint64_t)DAY_MS / events);
        for (int s = 0; s < 2; s++) d->end[s].now_ms = d->now;
        passage(d);
        if (d->handovers * events < handovers * d->events) hand_over(d);
        bool due = d->heads * events < heads * d->events;
        for (int s = 0; s < 2 && !d->err; s++)
            if (due || d->passages % BATCH == 0) d->err = link_end_commit(&d->end[s]);
        if (due && !d->err) tell_head(d);
    }
    flow(d);
}

// ---- files
typedef struct {
    char db[2][PATH_MAX_LEN], out[2][PATH_MAX_LEN], keys[PATH_MAX_LEN], self[PATH_MAX_LEN], verify[PATH_MAX_LEN],
        answer[PATH_MAX_LEN];
} Files;
static bool name(char ret[PATH_MAX_LEN], const char *dir, const char *file) {
    int n = snprintf(ret, PATH_MAX_LEN, "%s/%s", dir, file);
    return n > 0 && n < PATH_MAX_LEN;
}
static bool names(const char *dir, Files *f) {
    ssize_t n = readlink("/proc/self/exe", f->self, sizeof f->self - 1);
    if (n <= 0) return false;
    f->self[n] = 0;
    char own[PATH_MAX_LEN];
    memcpy(own, f->self, sizeof own);
    *strrchr(own, '/') = 0;
    return name(f->verify, own, "cuakhau-verify") && name(f->db[0], dir, "bench-tree-a.db") &&
           name(f->db[1], dir, "bench-tree-b.db") && name(f->out[0], dir, "bench-tree-a.jsonl") &&
           name(f->out[1], dir, "bench-tree-b.jsonl") && name(f->keys, dir, "bench-tree-keys.json") &&
           name(f->answer, dir, "bench-tree-answer.json");
}
static void remove_all(const Files *f) {
    for (int s = 0; s < 2; s++) bench_unlink(f->db[s]), (void)unlink(f->out[s]);
    (void)unlink(f->keys), (void)unlink(f->answer);
}
static bool run(const char *program, const char *const argv[], const char *out) { // exit status 0
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status = 1;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    bool good = posix_spawn(&pid, program, &files, NULL, (char **)(uintptr_t)argv, environ) == 0 &&
                waitpid(pid, &status, 0) == pid && status == 0;
    posix_spawn_file_actions_destroy(&files);
    return good;
}
static Err write_keys(const Day *d, const char *path) {
    FILE *f = fopen(path, "w");
    if (!f) return ERR_IO;
    fputs("{\"keys\":[", f);
    for (int s = 0; s < 2; s++) {
        uint8_t pub[CUSTODY_PUB_LEN];
        char hex[CUSTODY_HEX_MAX + 1];
        custody_openssl_public(d->end[s].keys, pub);
        custody_hex(pub, hex);
        fprintf(f, "%s{\"side\":\"%s\",\"id\":\"%s\",\"public\":\"%s\",\"from\":\"2026-10-01T00:00:00Z\"}",
                s ? "," : "", d->agreement.side[s], d->end[s].s.key_id, hex);
    }
    fputs("]}\n", f);
    return fclose(f) == 0 ? OK : ERR_IO;
}
static Err open_day(Day *d, const BenchOpts *o, const Files *f) {
    char text[65536], path[PATH_MAX_LEN];
    Str bundle, what;
    static const char *const key[2] = {"vn-2026-a", "cn-2026-a"};
    if (!app_data_path("sites/huu-nghi/agreement.json", path, sizeof path)) return ERR_NOT_FOUND;
    FILE *in = fopen(path, "rb");
    if (!in) return ERR_IO;
    size_t n = fread(text, 1, sizeof text, in);
    (void)fclose(in);
    Err e = custody_agreement_parse((Str){text, n}, &d->a, &d->agreement, &what);
    if (!e) e = bench_site(o, &d->a, &bundle);
    for (uint32_t s = 0; s < 2 && !e; s++) {
        LinkEndOpts lo = {f->db[s], bundle, &d->agreement,    s,           4096, 4096,
                          100000,   key[s], (uint8_t)(1 + s), DAY_START_MS};
        e = link_end_open(&d->end[s], &lo);
    }
    if (!e) link_end_meet(&d->end[0], &d->end[1]);
    return e;
}
static Err make_files(Day *d, const BenchOpts *o, const Files *f) {
    d->err = open_day(d, o, f);
    if (!d->err) make_day(d, o->n ? o->n : EVENTS);
    Err keys = d->err ? OK : write_keys(d, f->keys);
    for (int s = 0; s < 2; s++) {
        Err e = d->end[s].l ? link_end_close(&d->end[s]) : OK;
        if (!d->err) d->err = e ? e : keys;
    }
    for (int s = 0; s < 2 && !d->err; s++) {
        const char *argv[] = {"cuakhau", "journal", "export", f->db[s], "--side", d->agreement.side[s], NULL};
        if (!run(f->self, argv, f->out[s])) d->err = ERR_IO;
    }
    return d->err;
}

static bool bare_hash(const Files *f, uint64_t *ret_bytes) {
    static uint8_t buf[1 << 20], md[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
    *ret_bytes = 0;
    for (int s = 0; s < 2 && good; s++) {
        FILE *in = fopen(f->out[s], "rb");
        good = in != NULL;
        for (size_t n; good && (n = fread(buf, 1, sizeof buf, in)) > 0; *ret_bytes += n)
            good = EVP_DigestUpdate(ctx, buf, n) == 1;
        if (in) (void)fclose(in);
    }
    good = good && EVP_DigestFinal_ex(ctx, md, NULL) == 1;
    EVP_MD_CTX_free(ctx);
    return good;
}
static Err measure(const Files *f, const Day *d, const BenchOpts *o, Bench *ret) {
    const char *argv[] = {"cuakhau-verify", "ledger",  "--keys", f->keys, f->out[0],
                          f->out[1],        "--quiet", "--json", NULL};
    uint64_t bytes = 0;
    double best = 1e9;
    for (int i = 0; i < o->runs; i++) {
        double start = bench_now();
        if (!run(f->verify, argv, f->answer)) return ERR_INVALID;
        double middle = bench_now();
        if (!bare_hash(f, &bytes)) return ERR_IO;
        double end = bench_now();
        best = MIN(best, middle - start);
        ret->value[ret->runs] = (double)d->events / (middle - start);
        ret->base[ret->runs++] = (double)d->events / (end - middle);
    }
    (void)snprintf(
        ret->extra, sizeof ret->extra,
        ",\"seconds\":%.3f,\"events\":%llu,\"megabytes\":%.0f,\"handovers\":%llu,\"messages\":%lld,\"heads\":%llu",
        best, (unsigned long long)d->events, (double)bytes / 1e6, (unsigned long long)d->handovers,
        (long long)(d->end[0].s.link.out_seq + d->end[1].s.link.out_seq), (unsigned long long)d->heads);
    return OK;
}
int bench_tree(const BenchOpts *o, Bench *ret) {
    Files f;
    Day *d = calloc(1, sizeof *d);
    CK_ASSERT(d);
    arena_init(&d->a, 64u << 20);
    d->m = merkle_new();
    ret->name = "tree", ret->unit = "events/s", ret->baseline = "SHA-256 over the same files";
    Err e = names(o->dir, &f) ? OK : ERR_LIMIT;
    if (!e && access(f.verify, X_OK) != 0) e = ERR_NOT_FOUND;
    if (e) fprintf(stderr, "cuakhau: bench tree wants cuakhau-verify beside cuakhau\n");
    if (!e) {
        remove_all(&f);
        e = make_files(d, o, &f);
        if (!e) e = measure(&f, d, o, ret);
        remove_all(&f);
    }
    merkle_free(d->m);
    arena_deinit(&d->a);
    free(d);
    return e ? app_fail(e, "bench tree") : 0;
}

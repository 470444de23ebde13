// Tree heads (RFC 6962): now and then each side tells the other the root over its whole journal, with the proof that
// the tree of the head before begins it. The other keeps it as a witness, in its own journal: who rewrites history
// later has to forge the other's journal, too. A head that does not continue the last one is refused by name, with an
// alarm.
#include "peer_gate.h"
#include "store/store_tree.h"
#include "wire/wire_json.h"

#define CHUNK     200000u // events read at once where no frontier was kept: a first start on an old journal
#define PROOF_MAX (CUSTODY_PATH_MAX / CUSTODY_HEX_MAX)
struct PeerHeads {
    Merkle *merkle;
    MerkleFrontier mine, told; // as far as read; of the head told last
    uint64_t seen_size;        // of the other side's last head
    MerkleHash seen_root;
    int64_t next_ms;
};

PeerHeads *peer_heads_new(void) {
    PeerHeads *h = calloc(1, sizeof *h);
    CK_ASSERT(h != NULL);
    h->merkle = merkle_new();
    return h;
}
void peer_heads_free(PeerHeads *h) {
    merkle_free(h->merkle);
    free(h);
}

// ---- kept with the link: the frontier of the head told last, and the other side's last head
static void put_frontier(Buf *b, const MerkleFrontier *f) {
    char hex[CUSTODY_HEX_MAX + 1];
    json_open(b, '{');
    json_key(b, "size"), json_int(b, (int64_t)f->size);
    json_key(b, "peaks"), json_open(b, '[');
    for (uint32_t k = 0; k < MERKLE_LEVELS; k++) {
        if (!(f->size >> k & 1)) continue;
        custody_hex(f->peak[k], hex);
        json_str(b, (Str){hex, CUSTODY_HEX_MAX});
    }
    json_close(b, ']'), json_close(b, '}');
}
static bool take_frontier(const Json *j, MerkleFrontier *ret) {
    const Json *size = jn_get(j, "size"), *peaks = jn_get(j, "peaks");
    uint32_t at = 0;
    memset(ret, 0, sizeof *ret);
    if (!size || size->type != JN_INT || size->i < 0 || !peaks || peaks->type != JN_ARRAY) return false;
    ret->size = (uint64_t)size->i;
    for (uint32_t k = 0; k < MERKLE_LEVELS; k++) {
        if (!(ret->size >> k & 1)) continue;
        const Json *x = jn_entry(peaks, at++);
        if (!x || x->type != JN_TEXT || !custody_unhex(jn_text(x), ret->peak[k], MERKLE_HASH_LEN)) return false;
    }
    return true;
}
typedef struct {
    PeerHeads *h;
    bool bad;
} Load;
static bool load_one(void *ctx, const StoreResource *r) {
    Load *l = ctx;
    Arena a;
    Json *j;
    Str what;
    bool told = str_eq_c(r->id, "told"), seen = str_eq_c(r->id, "seen");
    if (!told && !seen) return true;
    arena_init(&a, 256u << 10);
    bool good = wire_parse_json(r->body, 4, &a, &j, &what) == OK;
    if (good && told) good = take_frontier(j, &l->h->told), l->h->mine = l->h->told;
    if (good && seen) {
        const Json *size = jn_get(j, "size");
        good = size && size->type == JN_INT && size->i >= 0 &&
               custody_unhex(jn_text(jn_get(j, "root")), l->h->seen_root, MERKLE_HASH_LEN);
        if (good) l->h->seen_size = (uint64_t)size->i;
    }
    l->bad |= !good;
    arena_deinit(&a);
    return good;
}
Err peer_heads_load(Peer *p) {
    PeerHeads *h = p->heads;
    Load l = {h, false};
    memset(&h->mine, 0, sizeof h->mine), memset(&h->told, 0, sizeof h->told);
    h->seen_size = 0, h->next_ms = 0;
    Err e = store_each_resource(ledger_store(p->ledger), STR("peer_head"), load_one, &l);
    return e ? e : l.bad ? ERR_CORRUPT : OK;
}

// ---- telling
static void hex_path(const MerklePath *path, Buf *b) {
    char hex[CUSTODY_HEX_MAX + 1];
    for (uint32_t i = 0; i < path->n; i++) {
        custody_hex(path->hash[i], hex);
        buf_c(b, hex);
    }
}
static Err keep(Peer *p, const char *act, Str told, Str seen, int64_t now_ms) {
    Input in = {.t_ms = now_ms, .kind = IN_LINK, .role = ROLE_SYSTEM, .actor = STR("link")};
    in.u.link.act = str_c(act), in.u.link.told = told, in.u.link.seen = seen;
    return peer_submit(p, &in, NULL);
}
static Err tell(Peer *p, uint64_t size, int64_t now_ms) {
    PeerHeads *h = p->heads;
    MerkleFrontier old = h->told;
    MerklePath path = {.n = 0};
    MerkleHash root;
    CustodyReason why = REASON_NONE;
    char hex[CUSTODY_HEX_MAX + 1];
    Buf proof, frontier;
    if (old.size) {
        Err e = store_tree_consistency(ledger_store(p->ledger), h->merkle, &old, size, &path);
        if (e) return e;
    }
    CK_ASSERT(path.n <= PROOF_MAX);
    merkle_root(h->merkle, &h->mine, root);
    custody_hex(root, hex);
    buf_init(&proof, CUSTODY_PATH_MAX), buf_init(&frontier, 16384);
    hex_path(&path, &proof);
    CustodyBody say = {.upto = (int64_t)size, .hash = {hex, CUSTODY_HEX_MAX}, .at = now_ms, .proof = buf_view(&proof)};
    Err e = peer_tell(p, MSG_TREE_HEAD, &say, 0, now_ms, &why);
    if (!e && !why) {
        put_frontier(&frontier, &h->mine);
        e = keep(p, "head told", buf_view(&frontier), STR_EMPTY, now_ms);
        h->told = h->mine;
    }
    buf_deinit(&proof), buf_deinit(&frontier);
    return e;
}
static bool agreed(const Peer *p, int64_t now_ms) {
    int32_t v = custody_version_at(p->side.agreement, now_ms);
    return v >= 0 && p->side.agreement->version[v].listed[p->side.me][MSG_TREE_HEAD];
}
Err peer_heads_run(Peer *p, int64_t now_ms) {
    PeerHeads *h = p->heads;
    uint64_t size = store_head(ledger_store(p->ledger)).seq;
    if (now_ms < h->next_ms || p->err) return p->err;
    uint64_t upto = MIN(size, h->mine.size + CHUNK);
    Err e = store_tree_extend(ledger_store(p->ledger), h->merkle, &h->mine, upto);
    if (e) return p->err = e;
    if (upto < size) return OK; // the rest at the next look
    h->next_ms = (now_ms / PEER_HEAD_MS + 1) * PEER_HEAD_MS;
    return size > h->told.size && agreed(p, now_ms) ? tell(p, size, now_ms) : OK;
}
int64_t peer_heads_next(const PeerHeads *h) {
    return h->next_ms;
}

// ---- heard
static bool continues(const PeerHeads *h, const CustodyBody *b, const MerkleHash root) {
    MerklePath path = {.n = (uint32_t)(b->proof.n / CUSTODY_HEX_MAX)};
    if (b->proof.n % CUSTODY_HEX_MAX || path.n > MERKLE_PATH_MAX) return false;
    for (uint32_t i = 0; i < path.n; i++)
        if (!custody_unhex((Str){b->proof.p + i * CUSTODY_HEX_MAX, CUSTODY_HEX_MAX}, path.hash[i], MERKLE_HASH_LEN))
            return false;
    return h->seen_size == 0 ||
           merkle_consistent(h->merkle, h->seen_size, h->seen_root, (uint64_t)b->upto, root, &path);
}
Err peer_heads_hear(Peer *p, const CustodyBody *b, int64_t now_ms) {
    PeerHeads *h = p->heads;
    MerkleHash root;
    Buf seen;
    if (b->upto <= 0 || !custody_unhex(b->hash, root, sizeof root) || !continues(h, b, root))
        return peer_refused(p, REASON_TREE_HEAD, now_ms);
    buf_init(&seen, 4096);
    json_open(&seen, '{');
    json_key(&seen, "size"), json_int(&seen, b->upto);
    json_key(&seen, "root"), json_str(&seen, b->hash);
    json_key(&seen, "at"), json_time(&seen, b->at);
    json_close(&seen, '}');
    Err e = keep(p, "head seen", STR_EMPTY, buf_view(&seen), now_ms);
    if (!e) h->seen_size = (uint64_t)b->upto, memcpy(h->seen_root, root, sizeof root);
    buf_deinit(&seen);
    return e;
}

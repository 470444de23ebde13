#include "store_merkle.h"
#include "store_internal.h"

_Static_assert(MERKLE_HASH_LEN == STORE_HASH_LEN, "the chain's hash and the tree's are both SHA-256");
struct Merkle {
    Hasher h;
};
Merkle *merkle_new(void) {
    Merkle *m = malloc(sizeof *m);
    CK_ASSERT(m);
    hash_init(&m->h);
    return m;
}
void merkle_free(Merkle *m) {
    if (m) hash_deinit(&m->h);
    free(m);
}
void merkle_leaf(Merkle *m, Str data, MerkleHash ret) {
    hash_start(&m->h);
    hash_raw(&m->h, "\0", 1);
    hash_raw(&m->h, data.p, data.n);
    hash_end(&m->h, ret);
}
static void node(Merkle *m, const MerkleHash left, const MerkleHash right, MerkleHash ret) {
    hash_start(&m->h);
    hash_raw(&m->h, "\1", 1);
    hash_raw(&m->h, left, MERKLE_HASH_LEN);
    hash_raw(&m->h, right, MERKLE_HASH_LEN);
    hash_end(&m->h, ret);
}

// ---- the tree as it grows
void merkle_add(Merkle *m, MerkleFrontier *f, const MerkleHash leaf) {
    MerkleHash up;
    uint32_t k = 0;
    memcpy(up, leaf, sizeof up);
    for (; f->size >> k & 1; k++) node(m, f->peak[k], up, up); // as in counting: a carry joins two of a size
    CK_ASSERT(k < MERKLE_LEVELS);
    memcpy(f->peak[k], up, sizeof up);
    f->size++;
}
// The split of MTH(D[n]) at the largest power of two below n puts the greatest peak left of all others: folding from
// the least one up gives the root.
void merkle_root(Merkle *m, const MerkleFrontier *f, MerkleHash ret) {
    bool any = false;
    for (uint32_t k = 0; k < MERKLE_LEVELS; k++) {
        if (!(f->size >> k & 1)) continue;
        if (any)
            node(m, f->peak[k], ret, ret);
        else
            memcpy(ret, f->peak[k], MERKLE_HASH_LEN);
        any = true;
    }
    if (any) return;
    hash_start(&m->h);
    hash_end(&m->h, ret);
}

// ---- paths
typedef struct {
    uint64_t from, n; // leaves [from, from + n)
} Span;
typedef struct {
    Span at[MERKLE_PATH_MAX];
    uint32_t n;
} Spans;
static uint64_t split_of(uint64_t n) { // the largest power of two below n; n > 1
    return 1ull << (63 - __builtin_clzll(n - 1));
}
static void push(Spans *s, uint64_t from, uint64_t n) {
    CK_ASSERT(s->n < MERKLE_PATH_MAX);
    s->at[s->n++] = (Span){from, n};
}
// Both definitions go down from the root to where the old tree ends (inclusion: to the leaf) and take the other branch
// at each step. Here the branches come from the root down; a path has them from below up.
static void branches(uint64_t at, uint64_t size, bool whole_left, Spans *ret) {
    uint64_t from = 0, n = size;
    while (n > 1 && !(whole_left && at - from == n)) {
        uint64_t k = split_of(n);
        bool left = whole_left ? at - from <= k : at - from < k;
        if (left)
            push(ret, from + k, n - k), n = k;
        else
            push(ret, from, k), from += k, n -= k;
    }
    // The verifier knows the old root: it is not said again when it is a node of the new tree (the b of SUBPROOF).
    if (whole_left && from > 0) push(ret, from, n);
}
static void known(const MerkleFrontier *old, Span s, MerkleHash ret) { // a full subtree of the old tree
    uint32_t k = (uint32_t)__builtin_ctzll(s.n);
    CK_ASSERT(s.n == 1ull << k && (old->size >> k & 1) && s.from == old->size >> (k + 1) << (k + 1));
    memcpy(ret, old->peak[k], MERKLE_HASH_LEN);
}
static Err fill(Merkle *m, const Spans *s, const MerkleFrontier *old, MerkleRead *read, void *ctx, MerklePath *ret) {
    MerklePath path = {.n = s->n};
    uint64_t done = old ? old->size : 0;
    // The leaves in order: the least branch that was not read yet comes next.
    for (uint32_t left = s->n; left > 0;) {
        uint32_t best = s->n;
        left = 0;
        for (uint32_t i = 0; i < s->n; i++) {
            if (s->at[i].from < done) continue;
            left++;
            if (best == s->n || s->at[i].from < s->at[best].from) best = i;
        }
        if (!left) break;
        MerkleFrontier f = {.size = 0};
        Err e = read(ctx, m, s->at[best].from, s->at[best].n, &f);
        if (e) return e;
        CK_ASSERT(f.size == s->at[best].n);
        merkle_root(m, &f, path.hash[s->n - 1 - best]);
        done = s->at[best].from + s->at[best].n;
    }
    for (uint32_t i = 0; old && i < s->n; i++)
        if (s->at[i].from < old->size) known(old, s->at[i], path.hash[s->n - 1 - i]);
    *ret = path;
    return OK;
}
Err merkle_inclusion(Merkle *m, uint64_t index, uint64_t size, MerkleRead *read, void *ctx, MerklePath *ret) {
    CK_ASSERT(index < size && size >> MERKLE_LEVELS == 0);
    Spans s = {.n = 0};
    branches(index, size, false, &s);
    return fill(m, &s, NULL, read, ctx, ret);
}
Err merkle_consistency(Merkle *m, const MerkleFrontier *old, uint64_t size, MerkleRead *read, void *ctx,
                       MerklePath *ret) {
    CK_ASSERT(old->size > 0 && old->size <= size && size >> MERKLE_LEVELS == 0);
    Spans s = {.n = 0};
    branches(old->size, size, true, &s);
    return fill(m, &s, old, read, ctx, ret);
}

// ---- checking them (the order of the steps: RFC 9162 sections 2.1.3.2 and 2.1.4.2)
typedef struct {
    uint64_t at, last; // numbers of the node on the way and of the last one, on the same level
} Climb;
// The path's next hash stands left of the node on the way.
static bool from_left(const Climb *c) {
    return (c->at & 1) || c->at == c->last;
}
static void up(Climb *c, bool left) {
    // A last node without a neighbour is its own parent: such levels have no hash in the path.
    while (left && !(c->at & 1) && c->at != 0) c->at >>= 1, c->last >>= 1;
    c->at >>= 1, c->last >>= 1;
}
bool merkle_included(Merkle *m, uint64_t index, uint64_t size, const MerkleHash leaf, const MerklePath *path,
                     const MerkleHash root) {
    MerkleHash h;
    if (index >= size || path->n > MERKLE_PATH_MAX) return false;
    Climb c = {index, size - 1};
    memcpy(h, leaf, sizeof h);
    for (uint32_t i = 0; i < path->n; i++) {
        if (c.last == 0) return false;
        bool left = from_left(&c);
        node(m, left ? path->hash[i] : h, left ? h : path->hash[i], h);
        up(&c, left);
    }
    return c.last == 0 && memcmp(h, root, sizeof h) == 0;
}
bool merkle_consistent(Merkle *m, uint64_t old_size, const MerkleHash old_root, uint64_t size, const MerkleHash root,
                       const MerklePath *path) {
    MerkleHash was, is;
    if (old_size > size || path->n > MERKLE_PATH_MAX) return false;
    if (old_size == size) return path->n == 0 && memcmp(old_root, root, MERKLE_HASH_LEN) == 0;
    if (old_size == 0) return path->n == 0;
    Climb c = {old_size - 1, size - 1};
    while (c.at & 1) c.at >>= 1, c.last >>= 1;
    bool node_of_both = (old_size & (old_size - 1)) == 0; // then the path does not say it
    if (!node_of_both && path->n == 0) return false;
    memcpy(was, node_of_both ? old_root : path->hash[0], sizeof was);
    memcpy(is, was, sizeof is);
    for (uint32_t i = node_of_both ? 0 : 1; i < path->n; i++) {
        if (c.last == 0) return false;
        bool left = from_left(&c);
        if (left) node(m, path->hash[i], was, was);
        node(m, left ? path->hash[i] : is, left ? is : path->hash[i], is);
        up(&c, left);
    }
    return c.last == 0 && memcmp(was, old_root, sizeof was) == 0 && memcmp(is, root, sizeof is) == 0;
}

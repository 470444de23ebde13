#include "store_tree.h"
#include "store_internal.h"

// Leaves [from, from + n): events from + 1 to from + n.
static Err read_rows(void *ctx, Merkle *m, uint64_t from, uint64_t n, MerkleFrontier *to) {
    Stmt q = stmt_open(ctx, SQL_EACH_HASH);
    uint64_t seq = from;
    bool good = true;
    MerkleHash leaf;
    stmt_uint(&q, from + 1);
    stmt_uint(&q, n);
    while (good && stmt_next(&q)) {
        Str data = col_str(&q, 1);
        good = col_uint(&q, 0) == ++seq && data.n == STORE_HASH_LEN;
        if (!good) break;
        merkle_leaf(m, data, leaf);
        merkle_add(m, to, leaf);
    }
    Err e = stmt_close(&q);
    if (e) return e;
    return good && seq == from + n ? OK : ERR_CORRUPT;
}
Err store_tree_extend(Store *s, Merkle *m, MerkleFrontier *f, uint64_t size) {
    if (size > store_head(s).seq || f->size > size) return ERR_INVALID;
    if (f->size == size) return OK;
    MerkleFrontier next = *f;
    Err e = read_rows(s, m, f->size, size - f->size, &next);
    if (!e) *f = next;
    return e;
}
static Err chain_hash(Store *s, uint64_t seq, MerkleHash ret) {
    Stmt q = stmt_open(s, SQL_EACH_HASH);
    stmt_uint(&q, seq);
    stmt_uint(&q, 1);
    bool good = stmt_next(&q) && col_uint(&q, 0) == seq && col_str(&q, 1).n == STORE_HASH_LEN;
    if (good) memcpy(ret, col_str(&q, 1).p, STORE_HASH_LEN);
    Err e = stmt_close(&q);
    return !e && !good ? ERR_CORRUPT : e;
}
Err store_tree_inclusion(Store *s, Merkle *m, uint64_t seq, uint64_t size, MerkleHash ret_leaf, MerklePath *ret) {
    MerkleHash leaf;
    if (seq == 0 || seq > size || size > store_head(s).seq) return ERR_INVALID;
    Err e = chain_hash(s, seq, leaf);
    if (!e) e = merkle_inclusion(m, seq - 1, size, read_rows, s, ret);
    if (!e) memcpy(ret_leaf, leaf, sizeof leaf);
    return e;
}
Err store_tree_consistency(Store *s, Merkle *m, const MerkleFrontier *old, uint64_t size, MerklePath *ret) {
    if (old->size == 0 || old->size > size || size > store_head(s).seq) return ERR_INVALID;
    return merkle_consistency(m, old, size, read_rows, s, ret);
}

// RFC 6962 section 2.1, written down as it is defined: by the split at the largest power of two below the size.
#include "verify.h"

void tree_leaf(Sha *s, const Hash *data, Hash *ret) {
    uint8_t b[1 + sizeof data->b] = {0};
    memcpy(b + 1, data->b, sizeof data->b);
    sha_of(s, b, sizeof b, ret);
}
static Hash join(Sha *s, Hash left, Hash right) {
    uint8_t b[1 + 2 * sizeof left.b] = {1};
    Hash ret;
    memcpy(b + 1, left.b, sizeof left.b);
    memcpy(b + 1 + sizeof left.b, right.b, sizeof right.b);
    sha_of(s, b, sizeof b, &ret);
    return ret;
}
void tree_add(Sha *s, Tree *t, const Hash *leaf) {
    Hash h = *leaf;
    unsigned k = 0;
    for (uint64_t full = t->size; full & 1; full >>= 1) h = join(s, t->peak[k++], h);
    t->peak[k] = h;
    t->size++;
}
void tree_root(Sha *s, const Tree *t, Hash *ret) {
    if (t->size == 0) {
        sha_of(s, "", 0, ret);
        return;
    }
    unsigned k = (unsigned)__builtin_ctzll(t->size);
    Hash h = t->peak[k];
    for (k++; k < 64; k++)
        if (t->size >> k & 1) h = join(s, t->peak[k], h);
    *ret = h;
}

typedef struct {
    const Hash *at;
    size_t n;
    bool short_of; // the path had too few hashes
} Path;
static Hash last(Path *p) {
    if (p->n == 0) {
        p->short_of = true;
        return (Hash){{0}};
    }
    return p->at[--p->n];
}
static uint64_t split(uint64_t n) {
    uint64_t k = 1;
    while (k < n - k) k *= 2;
    return k;
}
// The path's last hash is the one nearest to the root: what is taken first from its end belongs to the first split.
static Hash root_over(Sha *s, uint64_t index, uint64_t n, Hash leaf, Path *p) {
    if (n == 1) return leaf;
    uint64_t k = split(n);
    Hash other = last(p);
    if (p->short_of) return leaf;
    if (index < k) return join(s, root_over(s, index, k, leaf, p), other);
    return join(s, other, root_over(s, index - k, n - k, leaf, p));
}
bool tree_included(Sha *s, uint64_t index, uint64_t size, const Hash *leaf, const Hash *path, size_t n,
                   const Hash *root) {
    if (index >= size || size >> 62) return false;
    Path p = {path, n, false};
    Hash h = root_over(s, index, size, *leaf, &p);
    return !p.short_of && p.n == 0 && hash_is(&h, root);
}

typedef struct {
    Hash was, is;
} Roots;
// SUBPROOF(m, D[n], known) of section 2.1.2 read backwards.
static Roots roots_over(Sha *s, uint64_t m, uint64_t n, bool known, Hash old_root, Path *p) {
    if (m == n) {
        Hash h = known ? old_root : last(p);
        return (Roots){h, h};
    }
    uint64_t k = split(n);
    Hash other = last(p);
    if (p->short_of) return (Roots){other, other};
    if (m <= k) {
        Roots left = roots_over(s, m, k, known, old_root, p);
        return (Roots){left.was, join(s, left.is, other)};
    }
    Roots right = roots_over(s, m - k, n - k, false, old_root, p);
    return (Roots){join(s, other, right.was), join(s, other, right.is)};
}
bool tree_consistent(Sha *s, uint64_t old_size, const Hash *old_root, uint64_t size, const Hash *root, const Hash *path,
                     size_t n) {
    if (old_size > size || size >> 62) return false;
    if (old_size == 0) return n == 0;
    Path p = {path, n, false};
    Roots r = roots_over(s, old_size, size, true, *old_root, &p);
    return !p.short_of && p.n == 0 && hash_is(&r.was, old_root) && hash_is(&r.is, root);
}

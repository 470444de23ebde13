// The tree of RFC 6962: the figures that the Certificate Transparency project publishes for its eight leaves, then
// every tree of up to 70 leaves against the definitions of section 2.1 written down literally, and every changed bit.
#include "prop.h"
#include "store/store_merkle.h"
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

enum { LEAVES = 70 };
static Merkle *m;
static MerkleHash leaves[LEAVES];
static void unhex(const char *hex, MerkleHash ret) {
    assert_int_equal(strlen(hex), 64);
    for (int i = 0; i < MERKLE_HASH_LEN; i++) {
        unsigned v = 0;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &v), 1);
        ret[i] = (uint8_t)v;
    }
}
static void assert_hash(const MerkleHash h, const char *hex) {
    MerkleHash want;
    unhex(hex, want);
    assert_memory_equal(h, want, sizeof want);
}
static Err from_array(void *ctx, Merkle *mm, uint64_t from, uint64_t n, MerkleFrontier *to) {
    uint64_t *next = ctx; // the promise: in order, no leaf twice
    assert_true(from >= *next);
    *next = from + n;
    for (uint64_t i = 0; i < n; i++) merkle_add(mm, to, leaves[from + i]);
    return OK;
}
static MerkleFrontier grown(uint64_t n) {
    MerkleFrontier f = {.size = 0};
    for (uint64_t i = 0; i < n; i++) merkle_add(m, &f, leaves[i]);
    return f;
}
static void root_of(uint64_t n, MerkleHash ret) {
    MerkleFrontier f = grown(n);
    merkle_root(m, &f, ret);
}
static MerklePath inclusion(uint64_t index, uint64_t size) {
    uint64_t next = 0;
    MerklePath p;
    assert_int_equal(merkle_inclusion(m, index, size, from_array, &next, &p), OK);
    return p;
}
static MerklePath consistency(uint64_t old, uint64_t size) {
    uint64_t next = old; // nothing of the old tree is read
    MerklePath p;
    MerkleFrontier f = grown(old);
    assert_int_equal(merkle_consistency(m, &f, size, from_array, &next, &p), OK);
    return p;
}
static void assert_path(const MerklePath *p, const char *const *hex) {
    uint32_t n = 0;
    for (; hex[n]; n++) {
        assert_true(n < p->n);
        assert_hash(p->hash[n], hex[n]);
    }
    assert_int_equal(p->n, n);
}

static void test_published(void **state) {
    (void)state;
    static const struct {
        size_t n;
        const char *bytes;
    } data[8] = {{0, ""},
                 {1, "\x00"},
                 {1, "\x10"},
                 {2, "\x20\x21"},
                 {2, "\x30\x31"},
                 {4, "\x40\x41\x42\x43"},
                 {8, "\x50\x51\x52\x53\x54\x55\x56\x57"},
                 {16, "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f"}};
    static const char *const roots[9] = {"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                                         "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                         "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
                                         "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
                                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
                                         "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
                                         "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
                                         "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
                                         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
    for (int i = 0; i < 8; i++) merkle_leaf(m, (Str){data[i].bytes, data[i].n}, leaves[i]);
    for (uint64_t n = 0; n <= 8; n++) {
        MerkleHash root;
        root_of(n, root);
        assert_hash(root, roots[n]);
    }
    static const char *const first[] = {"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                                        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", NULL};
    static const char *const sixth[] = {"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                                        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", NULL};
    static const char *const second_of_5[] = {"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
                                              "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                              "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", NULL};
    static const char *const from_6[] = {"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                                         "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                                         "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", NULL};
    static const char *const from_2[] = {"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                                         "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", NULL};
    MerklePath p = inclusion(0, 8);
    assert_path(&p, first);
    p = inclusion(5, 8), assert_path(&p, sixth);
    p = inclusion(1, 5), assert_path(&p, second_of_5);
    p = consistency(1, 8), assert_path(&p, first);
    p = consistency(6, 8), assert_path(&p, from_6);
    p = consistency(2, 5), assert_path(&p, from_2);
}

// ---- section 2.1 as it is written
static void mth(uint64_t from, uint64_t n, MerkleHash ret) {
    uint8_t both[1 + 2 * MERKLE_HASH_LEN] = {1};
    uint64_t k = 1;
    if (n == 1) {
        memcpy(ret, leaves[from], MERKLE_HASH_LEN);
        return;
    }
    while (k * 2 < n) k *= 2;
    mth(from, k, both + 1), mth(from + k, n - k, both + 1 + MERKLE_HASH_LEN);
    size_t len = 0;
    unsigned char *out = ret;
    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, both, sizeof both, out, &len), 1);
}
static void path(uint64_t at, uint64_t from, uint64_t n, MerklePath *ret) {
    uint64_t k = 1;
    if (n == 1) return;
    while (k * 2 < n) k *= 2;
    if (at < k)
        path(at, from, k, ret), mth(from + k, n - k, ret->hash[ret->n++]);
    else
        path(at - k, from + k, n - k, ret), mth(from, k, ret->hash[ret->n++]);
}
static void subproof(uint64_t at, uint64_t from, uint64_t n, bool b, MerklePath *ret) {
    uint64_t k = 1;
    if (at == n) {
        if (!b) mth(from, n, ret->hash[ret->n++]);
        return;
    }
    while (k * 2 < n) k *= 2;
    if (at <= k)
        subproof(at, from, k, b, ret), mth(from + k, n - k, ret->hash[ret->n++]);
    else
        subproof(at - k, from + k, n - k, false, ret), mth(from, k, ret->hash[ret->n++]);
}
static void some_leaves(void) {
    for (int i = 0; i < LEAVES; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "leaf %d", i);
        merkle_leaf(m, (Str){text, (size_t)n}, leaves[i]);
    }
}
static void same_path(const MerklePath *a, const MerklePath *b) {
    assert_int_equal(a->n, b->n);
    assert_memory_equal(a->hash, b->hash, a->n * sizeof a->hash[0]);
}
static void test_definitions(void **state) {
    (void)state;
    some_leaves();
    for (uint64_t n = 1; n <= LEAVES; n++) {
        MerkleHash root, want;
        root_of(n, root), mth(0, n, want);
        assert_memory_equal(root, want, sizeof want);
        for (uint64_t i = 0; i < n; i++) {
            MerklePath p = inclusion(i, n), w = {.n = 0};
            path(i, 0, n, &w);
            same_path(&p, &w);
            for (uint64_t k = 0; k < n + 2; k++) // at its own place only
                assert_int_equal(merkle_included(m, k, n, leaves[i], &p, root), k == i);
        }
        for (uint64_t old = 1; old <= n; old++) {
            MerklePath p = consistency(old, n), w = {.n = 0};
            MerkleHash old_root;
            subproof(old, 0, n, true, &w);
            same_path(&p, &w);
            root_of(old, old_root);
            assert_true(merkle_consistent(m, old, old_root, n, root, &p));
        }
    }
}

// ---- nothing else is taken for a proof
static void flip(void *p, size_t bit) {
    ((uint8_t *)p)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}
static void test_changed_bits(void **state) {
    (void)state;
    enum { BITS = MERKLE_HASH_LEN * 8 };
    some_leaves();
    for (uint64_t n = 1; n <= LEAVES; n++) {
        MerkleHash root;
        root_of(n, root);
        // All bits of the small trees; of the others a different bit each time.
        size_t step = n <= 9 ? 1 : 53;
        for (uint64_t i = 0; i < n; i++) {
            MerklePath p = inclusion(i, n);
            MerkleHash leaf;
            memcpy(leaf, leaves[i], sizeof leaf);
            for (size_t b = (i * 7 + n) % step; b < BITS; b += step) {
                flip(root, b), assert_false(merkle_included(m, i, n, leaf, &p, root)), flip(root, b);
                flip(leaf, b), assert_false(merkle_included(m, i, n, leaf, &p, root)), flip(leaf, b);
                for (uint32_t k = 0; k < p.n; k++)
                    flip(p.hash[k], b), assert_false(merkle_included(m, i, n, leaf, &p, root)), flip(p.hash[k], b);
            }
            if (p.n) p.n--, assert_false(merkle_included(m, i, n, leaf, &p, root)), p.n++;
            p.n++, assert_false(merkle_included(m, i, n, leaf, &p, root));
        }
        for (uint64_t old = 1; old < n; old++) {
            MerklePath p = consistency(old, n);
            MerkleHash was;
            root_of(old, was);
            for (size_t b = (old * 7 + n) % step; b < BITS; b += step) {
                flip(root, b), assert_false(merkle_consistent(m, old, was, n, root, &p)), flip(root, b);
                flip(was, b), assert_false(merkle_consistent(m, old, was, n, root, &p)), flip(was, b);
                for (uint32_t k = 0; k < p.n; k++)
                    flip(p.hash[k], b), assert_false(merkle_consistent(m, old, was, n, root, &p)), flip(p.hash[k], b);
            }
            if (p.n) p.n--, assert_false(merkle_consistent(m, old, was, n, root, &p)), p.n++;
            p.n++, assert_false(merkle_consistent(m, old, was, n, root, &p));
        }
    }
}
static void test_edges(void **state) {
    (void)state;
    MerklePath none = {.n = 0}, long_one = {.n = MERKLE_PATH_MAX + 1};
    MerkleHash a, b;
    some_leaves();
    root_of(5, a), root_of(6, b);
    assert_true(merkle_consistent(m, 0, b, 6, a, &none)); // nothing is said about an empty tree
    assert_true(merkle_consistent(m, 6, b, 6, b, &none));
    assert_false(merkle_consistent(m, 6, a, 6, b, &none));
    assert_false(merkle_consistent(m, 6, b, 5, a, &none));
    assert_false(merkle_consistent(m, 5, a, 6, b, &none));
    assert_false(merkle_consistent(m, 5, a, 6, b, &long_one));
    assert_false(merkle_included(m, 0, 0, a, &none, a));
    assert_false(merkle_included(m, UINT64_MAX, UINT64_MAX, a, &long_one, a));
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_published), cmocka_unit_test(test_definitions),
                                       cmocka_unit_test(test_changed_bits), cmocka_unit_test(test_edges)};
    m = merkle_new();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    merkle_free(m);
    return failed;
}

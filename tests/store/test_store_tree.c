// The tree of a journal: leaves are the chain's hashes of the events, whatever inputs stand between them; grown in
// steps it is the same; proofs fit; what the file does not hold is said.
#include "store/store_tree.h"
#include "store_fixture.h"

typedef struct {
    Place place;
    Store *s;
    Merkle *m;
} Case;
static Case *setup(void) {
    static Case c;
    place_make(&c.place);
    c.s = place_open(&c.place);
    c.m = merkle_new();
    Prng r = {5};
    for (int batch = 0; batch < 12; batch++) work_commit(c.s, &r, 8);
    assert_true(store_head(c.s).seq > 60);
    return &c;
}
static void teardown(Case *c) {
    merkle_free(c->m);
    store_close(c->s);
    place_remove(&c->place);
}
static void root_at(Case *c, uint64_t size, MerkleHash ret) {
    MerkleFrontier f = {.size = 0};
    assert_ok(store_tree_extend(c->s, c->m, &f, size));
    assert_int_equal(f.size, size);
    merkle_root(c->m, &f, ret);
}
static void test_leaves_are_the_chain(void **state) {
    (void)state;
    Case *c = setup();
    MerkleFrontier want = {.size = 0};
    MerkleHash leaf, a, b;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_prepare_v2(c->s->db, "SELECT hash FROM journal ORDER BY seq", -1, &q, NULL), SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        merkle_leaf(c->m, (Str){sqlite3_column_blob(q, 0), STORE_HASH_LEN}, leaf);
        merkle_add(c->m, &want, leaf);
        merkle_root(c->m, &want, a), root_at(c, want.size, b);
        assert_memory_equal(a, b, sizeof a);
    }
    sqlite3_finalize(q);
    assert_int_equal(want.size, store_head(c->s).seq);
    teardown(c);
}
static void test_grows_in_steps(void **state) {
    (void)state;
    Case *c = setup();
    Prng r = {8};
    MerkleFrontier f = {.size = 0};
    MerkleHash a, b, before;
    MerklePath p;
    for (int k = 0; k < 30; k++) {
        MerkleFrontier old = f;
        merkle_root(c->m, &f, before);
        work_commit(c->s, &r, (int)prng_below(&r, 4));
        uint64_t size = store_head(c->s).seq;
        assert_ok(store_tree_extend(c->s, c->m, &f, size));
        merkle_root(c->m, &f, a), root_at(c, size, b);
        assert_memory_equal(a, b, sizeof a);
        if (!old.size) continue;
        assert_ok(store_tree_consistency(c->s, c->m, &old, size, &p));
        assert_true(merkle_consistent(c->m, old.size, before, size, a, &p));
    }
    teardown(c);
}
static void test_proofs(void **state) {
    (void)state;
    Case *c = setup();
    uint64_t size = store_head(c->s).seq;
    MerkleHash root, leaf, data;
    MerklePath p;
    for (uint64_t n = size - 20; n <= size; n++) {
        root_at(c, n, root);
        for (uint64_t seq = 1; seq <= n; seq += 7) {
            assert_ok(store_tree_inclusion(c->s, c->m, seq, n, data, &p));
            merkle_leaf(c->m, (Str){(const char *)data, sizeof data}, leaf);
            assert_true(merkle_included(c->m, seq - 1, n, leaf, &p, root));
        }
    }
    teardown(c);
}
static void test_what_is_not_there(void **state) {
    (void)state;
    Case *c = setup();
    uint64_t size = store_head(c->s).seq;
    MerkleFrontier f = {.size = 0}, none = {.size = 0};
    MerkleHash leaf;
    MerklePath p;
    assert_int_equal(store_tree_extend(c->s, c->m, &f, size + 1), ERR_INVALID);
    assert_int_equal(store_tree_inclusion(c->s, c->m, 0, size, leaf, &p), ERR_INVALID);
    assert_int_equal(store_tree_inclusion(c->s, c->m, size, size - 1, leaf, &p), ERR_INVALID);
    assert_int_equal(store_tree_inclusion(c->s, c->m, 1, size + 1, leaf, &p), ERR_INVALID);
    assert_int_equal(store_tree_consistency(c->s, c->m, &none, size, &p), ERR_INVALID);
    assert_ok(store_tree_extend(c->s, c->m, &f, 10));
    assert_int_equal(store_tree_extend(c->s, c->m, &f, 9), ERR_INVALID);
    raw_exec(c->s->db, "DELETE FROM journal WHERE seq=20");
    MerkleFrontier was = f;
    assert_int_equal(store_tree_extend(c->s, c->m, &f, size), ERR_CORRUPT);
    assert_memory_equal(&f, &was, sizeof f); // as it was
    assert_int_equal(store_tree_inclusion(c->s, c->m, 20, size, leaf, &p), ERR_CORRUPT);
    assert_ok(store_tree_extend(c->s, c->m, &f, 19));
    raw_exec(c->s->db, "UPDATE journal SET hash=x'00' WHERE seq=15");
    assert_int_equal(store_tree_inclusion(c->s, c->m, 3, 19, leaf, &p), ERR_CORRUPT);
    teardown(c);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_leaves_are_the_chain),
                                       cmocka_unit_test(test_grows_in_steps), cmocka_unit_test(test_proofs),
                                       cmocka_unit_test(test_what_is_not_there)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

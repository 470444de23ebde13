// A Merkle tree that only grows (RFC 6962 section 2.1; the same in RFC 9162): who has its root of yesterday can be
// shown that today's tree begins with the same leaves, and that one leaf stands at its place. Leaf: SHA-256(0x00 ||
// data). Node: SHA-256(0x01 || left || right). The root of no leaves: SHA-256 of nothing.
#pragma once
#include "base/base.h"

#define MERKLE_HASH_LEN 32
#define MERKLE_LEVELS   63 // of a tree of less than 2^63 leaves
#define MERKLE_PATH_MAX (MERKLE_LEVELS + 1)
typedef uint8_t MerkleHash[MERKLE_HASH_LEN];
typedef struct Merkle Merkle; // the hash function at work; one a thread
Merkle *merkle_new(void);
void merkle_free(Merkle *m);
void merkle_leaf(Merkle *m, Str data, MerkleHash ret);

// The roots of the full subtrees that the tree is made of: peak[k] of 2^k leaves is there when bit k of `size` is set.
// Enough to go on from, whatever the size. All zero: no leaves.
typedef struct {
    uint64_t size;
    MerkleHash peak[MERKLE_LEVELS];
} MerkleFrontier;
void merkle_add(Merkle *m, MerkleFrontier *f, const MerkleHash leaf);
void merkle_root(Merkle *m, const MerkleFrontier *f, MerkleHash ret);

// ---- paths. The reader adds the leaves [from, from + n) to a frontier of its caller's; it is asked in the order of
// the leaves' numbers, for each leaf at most once.
typedef struct {
    uint32_t n;
    MerkleHash hash[MERKLE_PATH_MAX];
} MerklePath;
typedef Err MerkleRead(void *ctx, Merkle *m, uint64_t from, uint64_t n, MerkleFrontier *to);
// PATH(index, D[size]) of section 2.1.1; index < size.
Err merkle_inclusion(Merkle *m, uint64_t index, uint64_t size, MerkleRead *read, void *ctx, MerklePath *ret) MUST_USE;
// PROOF(old->size, D[size]) of section 2.1.2, 0 < old->size <= size. What it needs of the old tree is in its frontier:
// only leaves from old->size on are read.
Err merkle_consistency(Merkle *m, const MerkleFrontier *old, uint64_t size, MerkleRead *read, void *ctx,
                       MerklePath *ret) MUST_USE;
bool merkle_included(Merkle *m, uint64_t index, uint64_t size, const MerkleHash leaf, const MerklePath *path,
                     const MerkleHash root);
// An empty tree begins every other; equal sizes ask for equal roots and an empty path.
bool merkle_consistent(Merkle *m, uint64_t old_size, const MerkleHash old_root, uint64_t size, const MerkleHash root,
                       const MerklePath *path);

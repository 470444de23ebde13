// The Merkle tree of a journal: leaf i (from 0) is the chain hash of event i + 1, so a root stands for every input and
// event up to there. Nothing is kept for it: it is read from the journal's own column, by a reader's connection as well
// as the writer's, and never inside of a commit. A server that tells a head every minute keeps a frontier and extends
// it by the new rows.
#pragma once
#include "store.h"
#include "store_merkle.h"

// Adds the leaves up to `size` to the frontier. ERR_INVALID: the journal is shorter (as of the last store_refresh), or
// the frontier longer; ERR_CORRUPT: a row is missing or its hash has a wrong length. The frontier stays as it was then.
Err store_tree_extend(Store *s, Merkle *m, MerkleFrontier *f, uint64_t size) MUST_USE;
// That event `seq` stands in the tree of the first `size` events; `ret_leaf`: its chain hash, the leaf's data.
Err store_tree_inclusion(Store *s, Merkle *m, uint64_t seq, uint64_t size, MerkleHash ret_leaf,
                         MerklePath *ret) MUST_USE;
// That the tree of `old` begins the one of `size` events; 0 < old->size <= size, else ERR_INVALID.
Err store_tree_consistency(Store *s, Merkle *m, const MerkleFrontier *old, uint64_t size, MerklePath *ret) MUST_USE;

#!/usr/bin/env bash
# Bugs planted in cuakhau-verify, one at a time, each taking one of its looks away: the tests must miss it.
# mutants.sh ROOT CUAKHAU MAKE_JOURNALS
set -euo pipefail
root=$1 cuakhau=$2 make=$3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
missed=0 n=0
flags="-std=gnu11 -O1 -D_GNU_SOURCE $(pkg-config --cflags libcrypto libsodium jansson)"
libs="$(pkg-config --libs libcrypto libsodium jansson) -pthread"
plant() { # NAME FILE SED
    n=$((n + 1))
    rm -rf "$work/src"
    cp -r "$root/verify" "$work/src"
    sed -i "$3" "$work/src/$2"
    if cmp -s "$root/verify/$2" "$work/src/$2"; then
        echo "$1: the place in $2 is not there any more"
        missed=$((missed + 1))
        return
    fi
    # shellcheck disable=SC2086
    gcc $flags -o "$work/verify" "$work"/src/*.c $libs || { echo "$1: does not compile"; missed=$((missed + 1)); return; }
    if CUAKHAU_SEEDS=1 timeout 280 python3 "$root/tests/verify/test_verify.py" "$cuakhau" "$work/verify" "$make" >"$work/out" 2>&1; then
        echo "NOT FOUND: $1"
        missed=$((missed + 1))
    else
        echo "found: $1"
    fi
}
plant "hashes of rows are not compared" verify_log.c 's/if (fits \&\& !hash_is(&h, &x->hash))/if (false)/'
plant "the root is not compared" verify_log.c 's/else if (!hash_is(&root, &l->root))/else if (false)/'
plant "signatures are not looked at" verify_check.c 's/    if (!m->genuine)/    if (false)/'
plant "a revoked key is good" verify_check.c 's/if (m->heard_ms >= k->revoked)/if (false)/'
plant "a key is good for ever" verify_check.c 's/|| m->heard_ms >= k->until)/)/'
plant "both stories are taken" verify_check.c 's/else if (!hash_is(&h->hash, &m->hash))/else if (false)/'
plant "what was never made is taken" verify_check.c 's/^        if (!m)$/        if (false)/'
plant "receipts prove nothing" verify_check.c 's/if (furthest \&\& furthest->upto/if (false \&\& furthest->upto/'
plant "heads are not compared with the journal" verify_check.c 's/        if (!hash_is(&root, &m->head))/        if (false)/'
plant "heads are not compared with each other" verify_check.c 's/else if (h->last \&\& !follows(h, m))/else if (false)/'
plant "the time of RETURN is not its own" verify_ledger.c 's/from_ms = h->back->at/from_ms = h->back->made_ms + 1/'
plant "what was heard late is not on the way" verify_say.c 's/return !v->claimed \&\& .*/return false;/'
plant "who took a leaf into the proof from the wrong side" verify_tree.c 's/if (index < k) return join/if (index <= k) return join/'
plant "the state that was written down is believed" verify_replay.c 's/if (strcmp(is, s->state) == 0) return;/return;/'
echo "$n planted, $missed not found"
[ "$missed" = 0 ]

#!/bin/sh
# The hand-over under spin: model.sh SOURCE_ROOT check|mutants. check: no error and no cycle. mutants: every planted bug, in the table or in the
# rules of link and disk, must be found. Skips (77) without spin.
set -eu
root=$(cd "$1" && pwd)
command -v spin >/dev/null || { echo "skipped: spin is not installed"; exit 77; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: "${CC:=cc}"

prepare() { # DIR: a copy of model and table
    mkdir -p "$1"
    cp "$root/tests/custody/custody.pml" "$root/src/custody/custody.def" "$1"
}
run() { # DIR COMPILER-FLAGS RUN-FLAGS SPIN-FLAGS...: true when nothing was found; the verdict is in DIR/log
    dir=$1 cflags=$2 rflags=$3
    shift 3
    # shellcheck disable=SC2086
    (cd "$dir" && spin -a "$@" custody.pml >log 2>&1 && $CC -O0 -w -DVECTORSZ=2048 $cflags -o pan pan.c >>log 2>&1 &&
        timeout 50 ./pan -m500000 -n $rflags >log 2>&1) || { cat "$dir/log" >&2; exit 3; }
    grep -q 'errors: 0' "$dir/log" && ! grep -q 'max search depth too small' "$dir/log"
}

if [ "$2" = check ]; then
    prepare "$tmp/m"
    run "$tmp/m" "-DSAFETY -DCOLLAPSE" "" || { cat "$tmp/m/log"; exit 1; }
    states=$(sed -n 's/^ *\([0-9]*\) states, stored.*/\1/p' "$tmp/m/log")
    run "$tmp/m" "-DNP -DCOLLAPSE" "-l" -DCRASHES=1 || { cat "$tmp/m/log"; exit 1; }
    echo "$states states: one holder in each, none stuck; no cycle"
    exit 0
fi
total=0 missed=0
while IFS='|' read -r name file patch; do
    total=$((total + 1))
    d="$tmp/m$total"
    prepare "$d"
    sed -i "$patch" "$d/$file"
    if cmp -s "$d/custody.pml" "$root/tests/custody/custody.pml" && cmp -s "$d/custody.def" "$root/src/custody/custody.def"; then
        echo "$name: the patch no longer fits $file"
        exit 1
    fi
    if run "$d" "-DSAFETY -DCOLLAPSE" "" -DCRASHES=1; then
        missed=$((missed + 1))
        by="NOBODY"
    else
        case $(grep -m 1 '^pan:' "$d/log") in
        *"violated 0 "*) by="a message that nobody waits for" ;;
        *"d[0].st=="*) by="lost or stuck at the end" ;;
        *holds+d*) by="two holders or none" ;;
        *) by=$(grep -E -m 1 '^pan:|error' "$d/log" | cut -c1-60) ;;
        esac
    fi
    printf '%-52s %s\n' "$name" "$by"
done <<'LIST'
giver crosses without an acceptance|custody.def|s/^DONE(GIVER, HS_AGREED, ACT_CROSS/DONE(GIVER, HS_OFFERED, ACT_CROSS/
giver crosses after it withdrew|custody.def|s/^DONE(GIVER, HS_BACK, ACT_CLOSE.*/&\nDONE(GIVER, HS_WITHDRAWING, ACT_CROSS, IN_TIME, HS_AWAY, MSG_CROSSED)/
giver takes back by time-out what has crossed|custody.def|s/^DONE(GIVER, HS_BACK, ACT_CLOSE.*/&\nDONE(GIVER, HS_AWAY, ACT_TIMEOUT, LATE, HS_WITHDRAWING, MSG_WITHDRAW)/
taker's time-out frees it from its acceptance|custody.def|s/^DONE(TAKER, HS_BOUND, ACT_TIMEOUT.*/DONE(TAKER, HS_BOUND, ACT_TIMEOUT, LATE, HS_REJECTED, MSG_REJECT)/
taker takes its acceptance back without being asked|custody.def|s/^DONE(TAKER, HS_BOUND, ACT_REVOKE.*/DONE(TAKER, HS_BOUND, ACT_REVOKE, ANY, HS_WITHDRAWN, MSG_WITHDRAWN)/
withdrawal is not answered|custody.def|s/^HEARD(TAKER, HS_BOUND, MSG_WITHDRAW.*/HEARD(TAKER, HS_BOUND, MSG_WITHDRAW, ANY, HS_WITHDRAWN, MSG_NONE)/
taker holds as soon as it accepts|custody.def|s/^STATE(HS_BOUND, "bound", NOT, NOT, 0)/STATE(HS_BOUND, "bound", NOT, HOLDS, 0)/
giver holds until it hears of the reception|custody.def|s/^STATE(HS_AWAY, "away", NOT, NOT, 0)/STATE(HS_AWAY, "away", HOLDS, NOT, 0)/
taker sends back what it has reported|custody.def|s/^HEARD(TAKER, HS_RECEIVED, MSG_CLOSED.*/&\nDONE(TAKER, HS_RECEIVED, ACT_RETURN, ANY, HS_RETURNING, MSG_RETURN)/
taker settles alone|custody.def|s/^DONE(TAKER, HS_DISPUTED, ACT_SETTLE.*/DONE(TAKER, HS_DISPUTED, ACT_SETTLE, ANY, HS_CLOSED, MSG_SETTLE)/
offer of what the other side holds is considered|custody.def|s/^DONE(GIVER, HS_START, ACT_OFFER, FREE/DONE(GIVER, HS_START, ACT_OFFER, ANY/
messages leave before they are durable|custody.pml|s/^#define CARRIED(x) (d\[x\]/#define CARRIED(x) (v[x]/
link takes a message beyond a gap|custody.pml|s/^#define PICK .*/#define PICK if :: s = ME.in + 1 :: ME.in + 2 <= CARRIED(PEER) -> s = ME.in + 2 fi/
link takes a message again|custody.pml|s/^#define PICK .*/#define PICK if :: s = ME.in + 1 :: ME.in > 0 -> s = ME.in fi/
inbox position is durable before what it did|custody.pml|s/crashes++; copy(v\[me\], d\[me\])/crashes++; s = ME.in; copy(v[me], d[me]); ME.in = s/
LIST
echo "$((total - missed)) of $total found"
[ "$missed" -eq 0 ]

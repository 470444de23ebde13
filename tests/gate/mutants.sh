#!/bin/sh
# Plants bugs in a copy of the kernel, one at a time, and asks the tests of the kernel to find them. Not part of the default tests.
# Usage: mutants.sh SOURCE_ROOT BUILD_DIR
set -eu
root=$(cd "$1" && pwd)
build=$(cd "$2" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
: "${CC:=cc}"
flags="-std=gnu11 -O1 -w -D_GNU_SOURCE -I$root/src -I$root/src/gate -I$root/tests -DCK_SITES_DIR=\"$root/sites\" $(pkg-config --cflags jansson libxml-2.0)"
libs="$build/src/ledger/libledger.a $build/src/store/libstore.a $build/src/io/libio.a $build/src/wire/libwire.a $build/src/base/libbase.a
    $(pkg-config --libs jansson sqlite3 libcrypto libxml-2.0 libmicrohttpd cmocka) -lpthread"
tests="passage movement site properties"
mkdir "$tmp/good" "$tmp/test"

compile() { # source object
    # shellcheck disable=SC2086
    $CC $flags -c "$1" -o "$2"
}
# shellcheck disable=SC2086
link_and_run() { # name of the test, folder of the kernel's objects; true when the test fails
    extra=""
    [ "$1" = properties ] && extra="$tmp/test/book.o"
    $CC -o "$2/run_$1" "$tmp/test/test_$1.o" $extra "$tmp/test/gate_fixture.o" "$tmp/test/app_site.o" "$2"/*.o $libs || kill $$
    ! (ulimit -c 0; CUAKHAU_SEEDS=100 timeout 60 "$2/run_$1") > "$2/$1.log" 2>&1
}
for f in "$root"/src/gate/*.c; do compile "$f" "$tmp/good/$(basename "$f" .c).o"; done
for f in gate_fixture book test_passage test_movement test_site test_properties; do compile "$root/tests/gate/$f.c" "$tmp/test/$f.o"; done
compile "$root/src/app/app_site.c" "$tmp/test/app_site.o"
for t in $tests; do
    if link_and_run "$t" "$tmp/good"; then
        echo "$t fails without any mutant:"
        tail -n 5 "$tmp/good/$t.log"
        exit 1
    fi
done

total=0 missed=0
printf '%-44s %s\n' "planted bug" "found by"
while IFS='|' read -r name file patch; do
    [ -n "$name" ] || continue
    total=$((total + 1))
    d="$tmp/m$total"
    mkdir "$d"
    cp "$tmp/good"/*.o "$d"
    sed "$patch" "$root/src/gate/$file.c" > "$d/$file.c"
    if cmp -s "$root/src/gate/$file.c" "$d/$file.c"; then
        echo "$name: the patch no longer fits $file.c"
        exit 1
    fi
    compile "$d/$file.c" "$d/$file.o"
    found=""
    for t in $tests; do { link_and_run "$t" "$d" && found="$found $t"; } 2> /dev/null; done
    [ -n "$found" ] || missed=$((missed + 1))
    printf '%-44s %s\n' "$name" "${found:- NOBODY}"
    rm -rf "$d"
done << 'LIST'
clearances not asked for at gate points|gate_move|s/^    check_clearances(g, p, (Point)r->point, f);//
roles of movement not checked|gate_move|s/if (!(r->roles \& BIT(in->role)))/if (0)/
agency of a task not checked|gate_task|s/if (!own \&\& !device)/if (0)/
payment not marked|gate_evolve|s/^    p->fee_paid = 1;//
receipt may pay twice|gate_evolve|s/^    used_add(g, key_of(KEY_RECEIPT, x->receipt));//
moved truck stays in the queue|gate_evolve|s/^    queue_drop(g, p);//
bonus added instead of taken off|gate_queue|s/q.no_slot_min - (int64_t)q.bonus_min/q.no_slot_min + (int64_t)q.bonus_min/
quota not counted|gate_evolve|s/^        q->used++;//
stay limit not cleared on return|gate_evolve|s/p->stay_until_ms = 0, p->overstay = 0;/;/
yard place not freed|gate_evolve|s/g->s.yard\[p->yard\].used--;//
lane not freed|gate_evolve|s/g->s.lane\[p->lane\].occupied--;//
weight tolerance ignored|gate_task|s/if (diff <= allow) return;/return;/
timers not set|gate_task|s/^    timer_set(g, p, ended ? TIME_NEVER : next_timer(g, p));//
hold counted as granted|gate_evolve|s/== OUTCOME_HOLD) p->held/== OUTCOME_HOLD) p->granted/
taken task stays taken when it opens anew|gate_task|s/p->taken \&= ~BIT(t), p->late/p->late/
map loses the neighbours of what is removed|gate_state|s/if (((k - home) \& mask) >= ((k - i) \& mask))/if (0)/
used keys forgotten when loaded|gate_state|s/^    for (uint32_t i = 0; i < MIN(g->s.used_n.*//
embargo does not mark what waits|gate_decide|s/follow_embargo(g, p, [a-z_]*, out);//
deciding writes|gate_decide|s/^    const InQueueShift \*q = /((Passage *)(uintptr_t)p)->lapses++; &/
factor may round to nothing|gate_fee|s/MAX(1, \(.*\));/\1;/
LIST
echo "$((total - missed)) of $total found"
[ "$missed" -eq 0 ]

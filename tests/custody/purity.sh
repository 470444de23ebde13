#!/bin/sh
# The hand-over is pure: no clock, file, socket, randomness or crypto library; only memory and text functions, src/base and src/wire.
# Usage: purity.sh libcustody.a
set -eu
list=$(mktemp)
trap 'rm -f "$list"' EXIT
allowed='^(mem(cpy|move|set|cmp|chr)|str(len|cmp)|v?snprintf|ck_panic|arena_.*|buf_.*|str_(c|eq|eq_c)|json_(open|close|key|str|c|int|time|raw)|field_write'
allowed="$allowed"'|iso8601_format|jn_(get|take_out|key|text)|wire_(bind|parse_json)|_GLOBAL_OFFSET_TABLE_|__(mem|str)[a-z]*_chk|__v?snprintf_chk|__stack_chk_fail|__(asan|ubsan|sanitizer)_.*)$'
nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u > "$list"
bad=$(nm -u "$1" | awk '$1 == "U" { print $2 }' | sort -u | grep -vxFf "$list" | grep -vE "$allowed" || true)
if [ -n "$bad" ]; then
    echo "the hand-over uses:" $bad
    exit 1
fi
n=$(nm "$1" 2>/dev/null | grep -c ' T ')
[ "$n" -gt 20 ] || { echo "only $n functions found: wrong archive?"; exit 1; }
echo "$n functions, no symbol from outside"

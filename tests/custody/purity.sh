#!/bin/sh
# The hand-over is pure: no clock, file, socket, randomness or crypto library; only memory and text functions, src/base and src/wire.
# Usage: purity.sh libcustody.a
set -eu
allowed='^(mem(cpy|move|set|cmp|chr)|str(len|cmp)|v?snprintf|ck_panic|arena_.*|buf_.*|str_(c|eq|eq_c)|json_(open|close|key|str|c|int|time|raw)|field_write'
allowed="$allowed"'|iso8601_format|jn_(get|take_out|key|text)|wire_(bind|parse_json)|_GLOBAL_OFFSET_TABLE_|__(mem|str)[a-z]*_chk|__v?snprintf_chk|__stack_chk_fail|__(asan|ubsan|sanitizer)_.*)$'
"$(dirname "$0")/../purity.sh" "$1" "the hand-over" 20 "$allowed"

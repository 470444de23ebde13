#!/bin/sh
# The kernel is pure: no symbol from outside but memory and text functions and src/base; no floating-point arithmetic.
# Usage: purity.sh libgate.a
set -eu
allowed='^(mem(cpy|move|set|cmp)|str(len|chr|cmp|ncmp)|v?snprintf|qsort|ck_panic|arena_(alloc|str|cstr)|buf_(init|deinit|clear|put|str|c|char|u64|i64|printf|view)'
allowed="$allowed"'|str_(c|eq|eq_c|starts|hash)|iso8601_format|pass_ref_format|_GLOBAL_OFFSET_TABLE_|__(mem|str)[a-z]*_chk|__v?snprintf_chk|__stack_chk_fail|__(asan|ubsan|sanitizer)_.*)$'
"$(dirname "$0")/../purity.sh" "$1" "the kernel" 30 "$allowed"
floats=$(objdump -d --no-show-raw-insn "$1" | grep -E '[[:space:]](v?(add|sub|mul|div|sqrt|cvt[a-z0-9]*)(s|p)[sd]|cvt(t?s[sd]2si|si2s[sd])[lq]?|f(add|sub|mul|div|ild|ist|ld|st)p?[a-z]*)[[:space:]]' || true)
if [ -n "$floats" ]; then
    echo "floating point in the kernel:"
    echo "$floats" | head
    exit 1
fi
echo "no floating point"

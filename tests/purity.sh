#!/bin/sh
# A pure library: no symbol from outside but those allowed, and not the wrong archive.
# Usage: purity.sh ARCHIVE WHAT LEAST-FUNCTIONS ALLOWED-SYMBOLS (an extended regular expression)
set -eu
list=$(mktemp)
trap 'rm -f "$list"' EXIT
nm --defined-only "$1" | awk 'NF == 3 { print $3 }' | sort -u > "$list"
bad=$(nm -u "$1" | awk '$1 == "U" { print $2 }' | sort -u | grep -vxFf "$list" | grep -vE "$4" || true)
if [ -n "$bad" ]; then
    echo "$2 uses:" $bad
    exit 1
fi
n=$(nm "$1" 2>/dev/null | grep -c ' T ')
[ "$n" -gt "$3" ] || { echo "only $n functions found: wrong archive?"; exit 1; }
echo "$n functions, no symbol from outside"

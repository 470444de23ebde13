#!/bin/sh
# An adapter only translates: no clock, file, socket or randomness; memory and text functions, libxml2's tree, src/base,
# src/wire and the words of src/custody.
# Usage: purity.sh libpartner.a
set -eu
allowed='^(mem(cpy|move|set|cmp|chr)|str(len|cmp|str|cspn)|v?snprintf|ck_panic|arena_.*|buf_.*|str_(c|eq|eq_c)|json_(open|close)|field_write|utf8_valid'
allowed="$allowed"'|edi_.*|wire_(xml_.*|bind|parse_json)|xmlFreeDoc|xmlDocGetRootElement|custody_.*|Custody[A-Za-z]*_names'
allowed="$allowed"'|_GLOBAL_OFFSET_TABLE_|__(mem|str)[a-z]*_chk|__v?snprintf_chk|__stack_chk_fail|__(asan|ubsan|sanitizer)_.*)$'
"$(dirname "$0")/../purity.sh" "$1" "the partner adapters" 15 "$allowed"

#!/usr/bin/env bash
# A private authority and one certificate a side, for trials and tests: real ones come from the two centres' own authority.
# Usage: tools/peer-certificates.sh FOLDER SIDE=DIR [SIDE=DIR ...]     FOLDER keeps the authority's key; DIR gets ca.crt, tls.crt, tls.key
set -euo pipefail
[ $# -ge 2 ] || { sed -n '2,3s/^# //p' "$0" >&2; exit 2; }
authority=$1
shift
mkdir -p "$authority"
umask 077
if [ ! -e "$authority/ca.crt" ]; then
  openssl ecparam -name prime256v1 -genkey -noout -out "$authority/ca.key"
  openssl req -x509 -new -key "$authority/ca.key" -sha256 -days 730 -subj "/CN=cuakhau link authority" -out "$authority/ca.crt" \
    -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
fi
for pair in "$@"; do
  side=${pair%%=*} dir=${pair#*=}
  mkdir -p "$dir"
  openssl ecparam -name prime256v1 -genkey -noout -out "$dir/tls.key"
  openssl req -new -key "$dir/tls.key" -subj "/CN=$side" -out "$dir/tls.csr"
  printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\nkeyUsage=digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\n' "$side" > "$dir/tls.ext"
  openssl x509 -req -in "$dir/tls.csr" -CA "$authority/ca.crt" -CAkey "$authority/ca.key" -CAcreateserial -sha256 -days "${DAYS:-365}" -extfile "$dir/tls.ext" \
    -out "$dir/tls.crt" 2> /dev/null
  cp "$authority/ca.crt" "$dir/ca.crt"
  rm "$dir/tls.csr" "$dir/tls.ext"
done

#!/usr/bin/env bash
# Says which Debian packages are missing for a purpose, and installs them where it may.
#   tools/install.sh build   what ./demo needs to build and run
#   tools/install.sh check   the same, and what ./check needs
# Ends with 0 when everything is there, 3 when something is missing that it may not install: then it prints the one command to run.
set -euo pipefail

build_packages=(gcc libc6-dev make meson ninja-build pkg-config python3 python3-yaml libmicrohttpd-dev libjansson-dev libsqlite3-dev libssl-dev libxml2-dev
  libqrencode-dev libcurl4-openssl-dev libgnutls28-dev openssl libmosquitto-dev mosquitto curl libsodium-dev)
check_packages=(libcmocka-dev clang-format-14 clang-14 libclang-rt-14-dev python3-jsonschema binutils git procps spin)

case "${1:-}" in
  build) packages=("${build_packages[@]}") ;;
  check) packages=("${build_packages[@]}" "${check_packages[@]}") ;;
  -h | --help) sed -n '2,5s/^# //p' "$0"; exit 0 ;;
  *) echo "usage: tools/install.sh build|check" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian system. Install what these Debian 12 packages hold, by your system's own means: ${packages[*]}" >&2
  exit 3
fi
missing=()
for p in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || true)" = installed ] || missing+=("$p")
done
[ ${#missing[@]} -eq 0 ] && exit 0

install_them() { # "$@": how to become root, or nothing
  echo "Installing: ${missing[*]}" >&2
  "$@" env DEBIAN_FRONTEND=noninteractive apt-get -qq update &&
    "$@" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends "${missing[@]}" >&2
}
if [ "$(id -u)" -eq 0 ]; then
  install_them && exit 0
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  install_them sudo -n && exit 0
fi
cat >&2 <<EOF
Some packages are missing and could not be installed from here. Run this once, then start again:

  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}
EOF
exit 3

#!/bin/sh
# Sets up what `make demo`, `make test` and `make bench` need: system packages where they are
# missing and we may install them, a virtual environment, and the package in it.
#
#   setup.sh VENV demo|dev|bench
set -eu

venv=$1
kind=$2
python=${PYTHON:-python3}

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    fail "Python 3.11 or newer is needed, as $python; set PYTHON=... to use another"

# What is missing, by what it is for.
missing=""
want() { missing="$missing $1"; }
command -v fusermount3 >/dev/null || want fuse3
command -v pkg-config >/dev/null || want pkg-config
pkg-config --exists fuse3 2>/dev/null || want libfuse3-dev
command -v gcc >/dev/null || want gcc
"$python" -c 'import ensurepip, venv' 2>/dev/null || want python3-venv
header=$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')/Python.h
[ -e "$header" ] || want python3-dev
[ -e /usr/include/linux/fuse.h ] || [ -e /usr/include/stdio.h ] || want libc6-dev
if [ "$kind" != demo ]; then
    command -v git >/dev/null || want git
    command -v rsync >/dev/null || want rsync
    command -v vim >/dev/null || command -v vim.tiny >/dev/null || want vim-tiny
fi

if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ]; then as_root=""
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo -n"
    else as_root=none
    fi
    if [ "$as_root" = none ] || ! command -v apt-get >/dev/null; then
        fail "these system packages are missing; install them and try again:$missing"
    fi
    say "installing system packages:$missing"
    log=$(mktemp)
    { $as_root apt-get update && DEBIAN_FRONTEND=noninteractive \
        $as_root apt-get install -y --no-install-recommends $missing; } >"$log" 2>&1 ||
        { tail -20 "$log" >&2; fail "apt-get failed; install these yourself:$missing"; }
    rm -f "$log"
fi

if [ ! -x "$venv/bin/python" ] || ! "$venv/bin/python" -c '' 2>/dev/null; then
    say "making the virtual environment $venv"
    rm -rf "$venv"
    "$python" -m venv "$venv"
fi
extra=emulators
[ "$kind" = demo ] || extra=$kind
say "installing cloudfs and what it needs"
log=$(mktemp)
"$venv/bin/python" -m pip install --disable-pip-version-check -q -e ".[$extra]" >"$log" 2>&1 ||
    { tail -20 "$log" >&2; fail "pip could not install the package"; }
rm -f "$log"
touch "$venv/.demo"
[ "$kind" = demo ] || touch "$venv/.dev"
[ "$kind" != bench ] || touch "$venv/.bench"
exit 0

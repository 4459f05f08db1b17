#!/bin/sh
# No warning from clang.
env -u MAKEFLAGS make -j"$(nproc)" --no-print-directory CC=clang CFLAGS=-O2 WERROR=1 BUILD="$BUILD/clang" \
    all units replays >"$BUILD/clang.log"

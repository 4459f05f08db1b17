#!/bin/sh
# Reading and writing a million candidate records.
set -eu
msgpack=$(pkg-config --cflags --libs msgpack-c 2>/dev/null || pkg-config --cflags --libs msgpack)
# shellcheck disable=SC2086 # words on purpose
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -o "$SCRATCH/records" \
    tests/perf/records.c "$BUILD/libnax.a" $msgpack -lcsv -fopenmp -lm
"$SCRATCH/records" "$SCRATCH/candidates"

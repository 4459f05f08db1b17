#!/bin/sh
# Reading and writing a million candidate records.
set -eu
# shellcheck disable=SC2046 # words on purpose
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -o "$SCRATCH/records" \
    tests/perf/records.c "$BUILD/libnax.a" $(pkg-config --cflags --libs msgpack) -lcsv -fopenmp -lm
"$SCRATCH/records" "$SCRATCH/candidates"

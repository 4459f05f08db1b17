#!/bin/sh
# What each engine of convolutions takes, beside the one that the table has. ROUNDS: how often.
set -eu
# shellcheck disable=SC2086 # words on purpose
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -fopenmp \
    -o "$SCRATCH/tune" tests/perf/tune.c "$BUILD/libnax.a" $LIBS
"$SCRATCH/tune" "${ROUNDS:-5}"

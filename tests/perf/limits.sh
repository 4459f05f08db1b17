#!/bin/sh
# What this processor can do at most.
set -eu
for what in fp32:float fp64:double; do
    program=$SCRATCH/limits-${what%:*}
    [ -x "$program" ] || "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O3 -march=native -Wall -Wextra -Iinclude -fopenmp \
        -DLIMIT_REAL="${what#*:}" -o "$program" tests/perf/limits.c "$BUILD/libnax.a" -lm
    "$program" "${what%:*}"
done

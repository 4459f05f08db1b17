#!/bin/sh
# Crossbar circuits against CHOLMOD and ngspice. NAX_BENCH_FULL=1: ngspice at 128 too (minutes).
set -eu
[ -e /usr/include/suitesparse/cholmod.h ] || {
    echo "crossbar: libsuitesparse-dev is needed for the comparison" >&2
    exit 1
}
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -o "$SCRATCH/crossbar" \
    tests/perf/crossbar.c "$BUILD/libnax.a" -lcholmod -fopenmp -lm
"$SCRATCH/crossbar" "$SCRATCH" ${NAX_BENCH_FULL:+full}

#!/bin/sh
# Networks on crossbars: images a second of each fidelity, and full products against one GEMM a stream. NAX_BENCH_FULL=1:
# ResNet-18 too, whose circuits take minutes.
set -eu
# shellcheck disable=SC2086 # words on purpose
[ -x "$SCRATCH/mapping" ] || "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O3 -march=native -Wall -Wextra -Iinclude -fopenmp \
    -o "$SCRATCH/mapping" tests/perf/mapping.c "$BUILD/libnax.a" $LIBS
each=$(awk -v ms="$EACH_MS" 'BEGIN { print ms / 1000 }')
export GOMP_SPINCOUNT=1000
if [ "$EACH_MS" -ge 500 ]; then
    "$SCRATCH/mapping" resnet20 resnet20 64 "$each" 16 32 64 128
    [ -z "${NAX_BENCH_FULL:-}" ] || "$SCRATCH/mapping" resnet18-tiny resnet18 0 "$each" 64 128
else
    "$SCRATCH/mapping" resnet20 resnet20 64 "$each" 64
fi

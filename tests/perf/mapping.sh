#!/bin/sh
# ResNet-20 on crossbars: images a second of each fidelity, and full products against one GEMM a stream.
set -eu
# shellcheck disable=SC2086 # words on purpose
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O3 -march=native -Wall -Wextra -Iinclude -fopenmp -o "$SCRATCH/mapping" \
    tests/perf/mapping.c "$BUILD/libnax.a" $LIBS
GOMP_SPINCOUNT=1000 "$SCRATCH/mapping"

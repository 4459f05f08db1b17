#!/bin/sh
# ResNet-20 at batch 128: training steps and evaluation, kernels 3, 5 and 7, on synthetic images.
set -eu
# shellcheck disable=SC2046 # words on purpose
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -fopenmp -o "$SCRATCH/train" \
    tests/perf/train.c "$BUILD/libnax.a" \
    $(pkg-config --libs openblas msgpack libcyaml yaml-0.1 jansson libjpeg libpng) -ldnnl -lcsv -lm
GOMP_SPINCOUNT=1000 "$SCRATCH/train"

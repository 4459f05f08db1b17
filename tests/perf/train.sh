#!/bin/sh
# Training steps and evaluation, in turns with PyTorch at its best (all threads, freed memory kept, huge pages); and what a
# step consists of.
set -eu
[ -x "$SCRATCH/train" ] || for program in train roofline; do
    # shellcheck disable=SC2086 # words on purpose
    "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -march=native -Wall -Wextra -Iinclude -fopenmp \
        -o "$SCRATCH/$program" "tests/perf/$program.c" "$BUILD/libnax.a" $LIBS
done
each=$(awk -v ms="$EACH_MS" 'BEGIN { print ms / 1000 }')

peer() { # KERNEL PRECISION
    MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_MMAP_MAX_=0 MALLOC_TOP_PAD_=268435456 \
        GLIBC_TUNABLES=glibc.malloc.hugetlb=1 OMP_NUM_THREADS="$(nproc)" \
        /usr/bin/python3 tests/perf/train_torch.py "$1" "$2" "$each"
}

export GOMP_SPINCOUNT=1000
kernels='3 5 7' has_torch=
[ "$EACH_MS" -ge 500 ] || kernels=3
if /usr/bin/python3 -c 'import torch' 2>/dev/null; then has_torch=1; else echo 'absent torch is not installed'; fi
for kernel in $kernels; do
    for precision in fp32 bf16; do
        "$SCRATCH/train" resnet20 "${kernel}x$kernel" "$kernel" $precision "$each"
        [ -z "$has_torch" ] || peer "$kernel" $precision
    done
done
[ "$EACH_MS" -lt 500 ] || "$SCRATCH/train" resnet18-tiny resnet18 0 bf16 "$each"
for precision in fp32 bf16; do
    [ -f "$SCRATCH/roofline_$precision" ] || "$SCRATCH/roofline" 3 $precision | tee "$SCRATCH/roofline_$precision"
done

#!/bin/sh
# ResNet-20 at batch 128, one kernel size everywhere: training steps and evaluation on synthetic images,
# in turns with PyTorch at its best (two threads, freed memory kept, huge pages) where it is installed.
set -eu
# shellcheck disable=SC2046 # words on purpose
"${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -fopenmp -o "$SCRATCH/train" \
    tests/perf/train.c "$BUILD/libnax.a" \
    $(pkg-config --libs openblas msgpack libcyaml yaml-0.1 jansson libjpeg libpng) -ldnnl -lcsv -lm

peer() {
    ! /usr/bin/python3 -c 'import torch' 2>/dev/null ||
        MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_MMAP_MAX_=0 MALLOC_TOP_PAD_=268435456 \
            GLIBC_TUNABLES=glibc.malloc.hugetlb=1 OMP_NUM_THREADS="$(nproc)" \
            /usr/bin/python3 tests/perf/train_torch.py "$1" "$seconds"
}

rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-4}
for kernel in 3 5 7; do
    round=0
    while [ "$round" -lt "$rounds" ]; do
        for precision in fp32 bf16; do
            GOMP_SPINCOUNT=1000 "$SCRATCH/train" "$kernel" "$precision" "$seconds"
        done
        peer "$kernel"
        round=$((round + 1))
    done
done | sort -k2,2 -k1,1 -k3,3n | awk '
    { if ($1 " " $2 != key) emit(); key = $1 " " $2; time[++n] = $3 }
    function emit() {
        if (n) { median[key] = time[int((n + 1) / 2)]; split(key, part, " "); seen[part[2]] }
        n = 0
    }
    END {
        emit()
        for (what in seen) {
            for (i = split("fp32 bf16", name, " "); i; i--) {
                own = median[name[i] " " what]; peer = median["torch " what]
                printf "%s_%s: %.1f ms for 128 images, %.0f images/s", what, name[i], own, 128e3 / own
                printf peer ? " (%.2f times torch with %.1f ms)\n" : "\n", peer / own, peer
            }
        }
    }' | sort

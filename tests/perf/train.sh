#!/bin/sh
# ResNet-20 at batch 128, one kernel size everywhere: training steps and evaluation on synthetic images,
# in turns with PyTorch at its best (two threads, freed memory kept, huge pages) where it is installed;
# and what a step consists of.
set -eu
rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-4}
for program in train roofline; do
    # shellcheck disable=SC2086 # words on purpose
    "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -march=native -Wall -Wextra -Iinclude -fopenmp \
        -o "$SCRATCH/$program" "tests/perf/$program.c" "$BUILD/libnax.a" $LIBS
done

peer() {
    ! /usr/bin/python3 -c 'import torch' 2>/dev/null ||
        MALLOC_TRIM_THRESHOLD_=8589934592 MALLOC_MMAP_MAX_=0 MALLOC_TOP_PAD_=268435456 \
            GLIBC_TUNABLES=glibc.malloc.hugetlb=1 OMP_NUM_THREADS="$(nproc)" \
            /usr/bin/python3 tests/perf/train_torch.py "$1" "$seconds"
}

# stdin: lines "who what milliseconds"; medians, and ratios to torch's
ratios() {
    sort -k2,2 -k1,1 -k3,3n | awk '
        $1 " " $2 != key { keep(); key = $1 " " $2; what[$2]; n = 0 }
        { time[++n] = $3 }
        function keep() { if (n) median[key] = time[int((n + 1) / 2)] }
        END {
            keep()
            split("fp32 bf16", name, " ")
            for (w in what)
                for (i = 1; i <= 2; i++) {
                    own = median[name[i] " " w]; peer = median["torch " w]
                    if (!own) continue
                    printf "%s_%s: %.1f ms for 128 images, %.0f images/s", w, name[i], own, 128e3 / own
                    printf peer ? " (%.2f times torch with %.1f ms)\n" : "\n", peer / own, peer
                }
        }' | sort
}

export GOMP_SPINCOUNT=1000
for kernel in 3 5 7; do
    round=0
    while [ "$round" -lt "$rounds" ]; do
        "$SCRATCH/train" "$kernel" fp32 "$seconds"
        "$SCRATCH/train" "$kernel" bf16 "$seconds"
        peer "$kernel"
        round=$((round + 1))
    done
done | ratios
NAX_ISA=avx2 "$SCRATCH/train" 3 fp32 "$seconds" | sed 's/^fp32/avx2 fp32/; s/$/ ms for 128 images/'
"$SCRATCH/roofline" 3 fp32
"$SCRATCH/roofline" 3 bf16

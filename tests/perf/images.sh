#!/bin/bash
# Import of the 60,000 CIFAR-10 images as PNG, beside plainly reading their files; the synthetic set.
set -eu
archive=${NAX_DATA:-../shared/data}/cifar10-png.tar.zst
n=$((EACH_MS * 10)) # about EACH_MS
used "$SCRATCH/synth" nax-data synth -q --n-train "$n" --n-test 0 -o "$SCRATCH/b.safetensors"
awk -v n="$n" '{ printf "synth nax %.0f\n", n / $1 }' "$SCRATCH/synth"
if [ ! -f "$archive" ]; then
    echo "absent cat (no images: NAX_DATA is no folder with ${archive##*/})"
elif [ "$EACH_MS" -ge 500 ]; then
    [ -d "$SCRATCH/cifar10" ] || {
        mkdir "$SCRATCH/cifar10"
        tar -C "$SCRATCH/cifar10" -I 'zstd -d --long=27' -xf "$archive"
    }
    used "$SCRATCH/cat" find "$SCRATCH/cifar10" -name '*.png' -exec cat {} + >/dev/null
    used "$SCRATCH/import" nax-data import folder -q -o "$SCRATCH/a.safetensors" "$SCRATCH/cifar10"
    awk '{ printf "import cat %.2f\n", $2 }' "$SCRATCH/cat"
    awk '{ printf "import nax %.2f\n", $2 }' "$SCRATCH/import"
fi

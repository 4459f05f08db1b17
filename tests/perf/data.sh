#!/bin/bash
# Import of the 60,000 CIFAR-10 images, beside plainly reading their files; the synthetic set.
set -eu
archive=${NAX_DATA:-../shared/data}/cifar10-png.tar.zst
# wall COMMAND..., cpu COMMAND...: seconds that pass, seconds of processors in user mode
wall() { TIMEFORMAT=%R && { time "$@" >/dev/null; } 2>&1; }
cpu() { TIMEFORMAT=%U && { time "$@" >/dev/null; } 2>&1; }
at_most() { awk -v x="$1" -v limit="$2" 'BEGIN { exit !(x <= limit) }'; }

status=0
if [ -f "$archive" ]; then
    mkdir "$SCRATCH/cifar10"
    tar -C "$SCRATCH/cifar10" -I 'zstd -d --long=27' -xf "$archive"
    read=$(wall find "$SCRATCH/cifar10" -name '*.png' -exec cat {} +)
    import=$(wall nax-data import folder -q -o "$SCRATCH/a.safetensors" "$SCRATCH/cifar10")
    echo "import of 60000 PNGs: $import s (reading them with cat: $read s; at most 20 s)"
    at_most "$import" 20 || status=1
else
    echo "import of 60000 PNGs: set NAX_DATA to a folder that has ${archive##*/}: see CONTRIBUTING.md"
fi
synth=$(cpu nax-data synth -q --n-train 100000 --n-test 0 -o "$SCRATCH/b.safetensors")
echo "100000 synthetic images: $synth processor seconds (at most 10: 10000 images/s a core)"
at_most "$synth" 10 || status=1
exit $status

#!/bin/sh
# Import of the 60,000 CIFAR-10 images, beside plainly reading their files; the synthetic set.
set -eu
archive=${NAX_DATA:-../shared/data}/cifar10-png.tar.zst
seconds() { # seconds COMMAND...
    begin=$(date +%s.%N)
    "$@" >/dev/null
    date +%s.%N | awk -v begin="$begin" '{ printf "%.2f", $1 - begin }'
}
at_most() { awk -v x="$1" -v limit="$2" 'BEGIN { exit !(x <= limit) }'; }

status=0
if [ -f "$archive" ]; then
    mkdir "$SCRATCH/cifar10"
    tar -C "$SCRATCH/cifar10" -I 'zstd -d --long=27' -xf "$archive"
    read=$(seconds find "$SCRATCH/cifar10" -name '*.png' -exec cat {} +)
    import=$(seconds nax-data import folder -q -o "$SCRATCH/a.safetensors" "$SCRATCH/cifar10")
    echo "import of 60000 PNGs: $import s (reading them with cat: $read s; at most 20 s)"
    at_most "$import" 20 || status=1
else
    echo "import of 60000 PNGs: no archive $archive"
fi
synth=$(seconds nax-data synth -q --n-train 100000 --n-test 0 -o "$SCRATCH/b.safetensors")
echo "100000 synthetic images, written: $synth s (at most 5 s)"
at_most "$synth" 5 || status=1
exit $status

#!/bin/sh
# nax-map --arrays of a trained ResNet-20; its lines through Miller, which does no more than read and write them.
set -eu
cd "$SCRATCH"
[ -f trained.csv ] || {
    nax-data synth -q --n-train 256 --n-test 64 -o set.safetensors
    nax-sample --homogeneous -n 1 |
        nax-train -q --data set.safetensors --epochs 1 --fidelity ideal --checkpoint weights --format csv >trained.csv
}
used own nax-map --arrays --format csv trained.csv >arrays.csv
awk '{ printf "arrays nax %.2f\n", $1 }' own
if command -v mlr >/dev/null; then
    used peer mlr --icsv --allow-ragged-csv-input --ocsv cat arrays.csv >/dev/null
    awk '{ printf "arrays miller %.2f\n", $1 }' peer
else
    echo 'absent miller is not installed'
fi
rm arrays.csv

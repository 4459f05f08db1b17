#!/bin/sh
# Counting: VGG-8 on CIFAR-10, whose layers a simulator counts without their padding where it counts energy.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

homogeneous vgg8 128 5 | nax-map --layers --format csv >out/vgg8.csv
check "VGG-8, multiply-accumulates, 10^6" "sum over layers of k^2 C_in C_out H W" 615.9 "$(calc "$(cells macs <out/vgg8.csv | sum) / 1e6")" digits
layer=0
for vectors in 1024 1024 256 256 64 64 1 1; do
    layer=$((layer + 1))
    check "VGG-8, input vectors of layer $layer" "pixels of the output, padding included" $vectors \
        "$(cells positions <out/vgg8.csv | sed -n ${layer}p)" exact
done

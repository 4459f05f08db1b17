#!/bin/sh
# ISAAC-CE (Shafiee et al., ISCA 2016): Table I from an IMA up to the chip, its throughput, and its rule for the bits of an ADC.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

table="Shafiee 2016, Table I"
nax-cost --components --hardware isaac --crossbar 128 --format csv >out/isaac.csv

# total FIELD LEVEL; rounded VALUE DIGITS: as the paper rounds before it divides
total() { cells "$1" "level=$2" component=total <out/isaac.csv; }
rounded() { awk -v x="$1" -v d="$2" 'BEGIN { printf "%.*f", d, x }'; }

check "IMA, mW" "$table" 24.08 "$(total power_mw core)" digits
check "tile, mW" "$table" 330 "$(total power_mw tile)" digits
check "tile, mm2" "$table" 0.372 "$(total area_mm2 tile)" digits
check "168 tiles, W" "$table" 55.4 "$(calc "168 * $(total power_mw tile) / 1000")" digits
check "168 tiles, mm2" "$table" 62.5 "$(calc "168 * $(total area_mm2 tile)")" digits
check "chip, W" "$table" 65.8 "$(calc "$(total power_mw node) / 1000")" digits
check "chip, mm2" "$table" 85.4 "$(total area_mm2 node)" digits
check "chip, TOPS" "168 x 12 x 8 arrays of 128 x 128 every 16 x 100 ns" 41.288 "$(total tops node)" digits
watt=$(rounded "$(calc "$(total power_mw node) / 1000")" 1)
check "chip, GOPS/W, from W as printed" "Shafiee 2016" 627.5 "$(calc "1000 * $(total tops node) / $watt")" digits
check "chip, GOPS/s/mm2" "Shafiee 2016; its 478.95 is not 41.288 TOPS on 85.4 mm2" 478.95 "$(calc "1000 * $(total tops node) / $(total area_mm2 node)")" 0.01

# log2(rows) + cell bits + input bits, one less where either is 1; an ADC of 1 pJ a bit tells its bits
bits() { # bits N CELL_BITS INPUT_BITS
    nax-cost --components --hardware nax-reram --crossbar "$1" --set "precision.slice_bits=$2" --set "precision.stream_bits=$3" \
        --set adc.bits=auto --set adc.law=linear --set adc.energy_pj=8 --set adc.leakage_frac=0 --format csv | cells energy_pj component=adc | head -n 1
}
for case in '128 1 1 8' '128 2 1 9' '64 2 1 8' '128 2 2 11'; do
    # shellcheck disable=SC2086 # words on purpose
    set -- $case
    check "bits for $1 rows, cells of $2, inputs of $3" "Shafiee 2016, section IV" "$4" "$(bits "$1" "$2" "$3")" exact
done

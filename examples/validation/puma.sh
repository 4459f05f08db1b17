#!/bin/sh
# PUMA's machine (Ankit et al., ASPLOS 2019, with the constants and golden results of its public simulator), and what NAX (Negi et
# al., DAC 2022) counts on it.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

puma="Ankit 2019, simulator"
nax="Negi 2022"

# sheet CROSSBAR FIELD LEVEL COMPONENT [OPTION ...]: of nax-cost --components
sheet() {
    crossbar=$1 field=$2 level=$3 component=$4
    shift 4
    nax-cost --components --hardware puma --crossbar "$crossbar" --format csv "$@" | cells "$field" "level=$level" "component=$component"
}

# --- the machine, at crossbars of 128
for total in 'core 0.0363719532947' 'tile 0.497468728781' 'node 108.428746435'; do
    level=${total% *}
    check "area of a $level, mm2" "$puma" "${total#* }" "$(sheet 128 area_mm2 "$level" total)" digits
done
# a tile and its part of a router, one for four tiles: what leaks, and the power with all at work; at 256 still two units a core
with_router() { # N FIELD
    two=hierarchy.units_crossbar=$1
    calc "$(sheet "$1" "$2" tile total --set "$two") + $(sheet "$1" "$2" node router --set "$two") / 168"
}
check "leakage of a tile at N = 128, mW" "$puma" 35.2134024326 "$(with_router 128 leakage_mw)" digits
for peak in '128 378.828896352' '256 504.650'; do
    n=${peak% *}
    check "peak power of a tile at N = $n, mW" "$puma" "${peak#* }" "$(calc "$(with_router "$n" power_mw) + $(with_router "$n" leakage_mw)")" digits
done
check "time of a product, ns" "$puma" 2304 "$(sheet 128 latency_ns unit total)" exact

# Accesses that the simulator counts in the fifth layer of VGG-16, and their energy in all: times what nax-cost says of an access. A read of
# an array is one of all its cells.
nax-cost --components --hardware puma --crossbar 128 --format csv >out/puma.csv
while read -r component accesses; do
    echo "$accesses $(cells energy_pj "component=$component" <out/puma.csv | head -n 1)" \
        "$([ "$component" != array ] || cells count "level=array" "component=array" <out/puma.csv)"
done <<END | awk 'NF < 2 { exit } { s += $1 * $2 * (NF > 2 ? $3 : 1); n++ } END { if (n == 21) printf "%.17g", s * 1e-12 }' >out/energy
adc 1769472
router 88903
edram 80896
array 13824
bus 80896
shift_add 1990656
output_register 462336
core_control 178136
edram_control 80360
tile_control 716053
data_memory 74632
receive_buffer 688
alu 12288
input_register 1728
input_register_write 13824
edram_counters 1568
activation 6144
instruction_memory 730
dac 221184
tile_instruction_memory 69
sample_hold 1769472
END
check "dynamic energy of conv5 of VGG-16, J" "$puma" 6.29817800087e-6 "$(cat out/energy)" digits

# What leaks in three of its runs: cores, tiles and routers, each over the cycles that the simulator counted for it
core=$(sheet 128 leakage_mw core total)
tile="($(sheet 128 leakage_mw tile total) - $(sheet 128 leakage_mw tile core))"
router="($(sheet 128 leakage_mw node router) / $(sheet 128 count node router))"
while read -r layer cores tiles routers joule; do
    check "leakage of $layer of VGG-16, J" "$puma" "$joule" "$(calc "($core * $cores + $tile * $tiles + $router * $routers) * 1e-12")" digits
done <<END
conv1 54370 54380 49539 3.5838689691e-7
conv5 716053 178136 88903 3.3643503317e-6
conv9 7209021 1114938 180287 3.21602007462e-5
END

# --- NAX: ADCs of ceil(log2(3 N)) bits and 12.5 ns a bit, linear in the bits; weights with an offset; the ADC alone decides the time
law='--set adc.bits=auto --set adc.law=linear --set adc.latency_per_bit_ns=12.5 --set adc.latency_per_col_ns=0'
law="$law --set array.read_time=constant --set components.array.latency_ns=1"
for n in 16 32 64 128; do
    homogeneous resnet20 $n 18 >out/resnet20-$n.csv
    nax-map --layers out/resnet20-$n.csv >out/layers-$n.csv
    # shellcheck disable=SC2086 # words on purpose
    nax-cost --breakdown --hardware puma $law out/resnet20-$n.csv >out/parts-$n.csv
done

# size LIST N: the number of a list for 16, 32, 64, 128 that is N's
size() {
    echo "$1" | awk -v n="$2" '{ print $(n == 16 ? 1 : n == 32 ? 2 : n == 64 ? 3 : 4) }'
}
# body FIELD N: summed over stem and convolutions of ResNet-20, of 3 x 3 kernels
body() {
    for role in stem body shortcut; do
        cells "$1" role=$role <out/layers-"$2".csv
    done | sum
}
for n in 16 32 64 128; do
    # shellcheck disable=SC2086 # words on purpose
    check "N = $n: time of a product, ns" "$nax" "$(size '1350 1575 1800 2025' $n)" "$(sheet $n latency_ns unit total $law)" exact
done
for n in 16 32 64 128; do
    # shellcheck disable=SC2086 # words on purpose
    pj=$(sheet $n energy_pj array adc $law)
    conversions=$(cells n_events layer=s1b2c1 component=adc <out/parts-$n.csv)
    products=$(cells products layer=s1b2c1 <out/layers-$n.csv)
    check "N = $n: energy of the ADCs in a product, nJ" "$nax" "$(size '2.765 6.451 14.746 33.178' $n)" \
        "$(calc "$pj * $conversions / $products / 1000")" digits
done
for n in 16 32 64 128; do
    check "N = $n: matrix-vector units of ResNet-20" "$nax" "$(size '1046 279 97 58' $n)" "$(body n_units $n)" exact
done
for n in 16 32 64 128; do
    check "N = $n: products of ResNet-20" "$nax" "$(size '158720 57216 29824 19456' $n)" "$(body products $n)" exact
done
for layer in 's1b2c1 16 100.0 45.0 18.8 7.0' 's3b2c1 64 100.0 100.0 100.0 45.0'; do
    channels=$(echo "$layer" | awk '{ print $2 }')
    for n in 16 32 64 128; do
        check "N = $n: utilisation of $channels channels to $channels, %" "$nax" "$(size "$(echo "$layer" | awk '{ print $3, $4, $5, $6 }')" $n)" \
            "$(calc "100 * $(cells utilization "layer=${layer%% *}" <out/layers-$n.csv)")" digits
    done
done

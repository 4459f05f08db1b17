#!/bin/sh
# Statistics of programmed cells: mean and deviation against the published polynomials, drift, faults, measured cells.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

# Arrays of random levels, once exact and once programmed with errors: the same seed gives the same levels, so that cells can be
# held against their targets one by one. Bounds are four standard errors.
side=256
seed=0

# draw NAME R_ON R_OFF SLICE_BITS KEY=VALUE ...: out/NAME.cells, a line for each cell: its target, and its conductance after programming and
# after drift, in S
draw() {
    name=$1
    device="--set device.r_on_ohm=$2 --set device.r_off_ohm=$3 --set precision.slice_bits=$4"
    seed=$((seed + 1)) errors='' drift=''
    shift 4
    for key; do
        case $key in
        drift* | time*) drift="$drift --set device.programming.$key" ;;
        *) errors="$errors --set device.programming.$key" ;;
        esac
    done
    arrays "$device" --set device.programming.error=exact >"out/$name.targets"
    arrays "$device" "$errors" >"out/$name.programmed"
    arrays "$device" "$errors" "$drift" | paste "out/$name.targets" "out/$name.programmed" - >"out/$name.cells"
    rm "out/$name.targets" "out/$name.programmed"
}
arrays() {
    # shellcheck disable=SC2048,SC2086 # words on purpose
    nax-xbar --random $side --seed $seed $* --format csv | cells g_siemens | tr ' ' '\n'
}

# moments NAME QUANTITY: a line for each target of out/NAME.cells: target in uS, number of cells, mean and deviation of a quantity, an
# expression of awk in target g, programmed p and drifted x, in uS
moments() {
    awk "{ g = 1e6 * \$1; p = 1e6 * \$2; x = 1e6 * \$3; y = $2"'; n[$1]++; s[$1] += y; q[$1] += y * y }
        END { for (g in n) { mean = s[g] / n[g]; printf "%.10g %d %.17g %.17g\n", 1e6 * g, n[g], mean, sqrt(q[g] / n[g] - mean * mean) } }' \
        "out/$1.cells" | sort -g
}

# law NAME SOURCE QUANTITY MEAN DEVIATION TARGET ...: for each target, in uS, mean and deviation of the quantity against expressions in g; of
# means that are to be 0 the one that is furthest from it, in standard errors
law() {
    name=$1 source=$2 mean=$4 deviation=$5
    moments "$name" "$3" >"out/$name.moments"
    shift 5
    for g; do
        # shellcheck disable=SC2046 # words on purpose
        set -- $(awk -v g="$g" '$1 > g * (1 - 1e-6) && $1 < g * (1 + 1e-6)' "out/$name.moments")
        [ "$mean" = 0 ] || check "$name: mean at $g uS" "$source" "$(calc "$mean" "$g")" "${3-}" \
            "$(calc "4 * ${4:-1} / sqrt(${2:-1}) / sqrt(($mean) ^ 2)" "$g")"
        check "$name: deviation at $g uS" "$source" "$(calc "$deviation" "$g")" "${4-}" "$(calc "4 / sqrt(2 * ${2:-1})")"
        calc "${3-} / ${4-} * sqrt(${2-})" >&3
        echo >&3
    done 3>"out/$name.off"
    [ "$mean" != 0 ] || check "$name: means, the furthest off in standard errors" "$source" 0 \
        "$(awk 'NF == 0 { n = 0; exit } { n++ } $1 * $1 >= worst * worst { worst = $1 } END { if (n) printf "%.3g", worst }' "out/$name.off")" 4
}

# --- programming: four levels each, within the range of the law
draw pcm 40000 160000 2 error=pcm
law pcm "Joshi 2020" "p - g" 0 "0.26348 + 1.9650 * g / 25 - 1.1731 * (g / 25) ^ 2" 6.25 12.5 18.75 25
draw rram-milo 4444.444444444444 20000 2 error=rram-milo
law rram-milo "Milo 2021" "p - g" 0 "4.782321 - 0.009107 * g" 50 108.333333 166.666667 225
draw rram-wan 25471.217524197657 62500 2 error=rram-wan
law rram-wan "Wan 2022" "p - g" 0 "1.536e-4 * g ^ 3 - 1.167e-2 * g ^ 2 + 0.2374 * g + 1.053" 16 23.7533333 31.5066667 39.26
draw normal 100000 600000 1 error=normal error_frac=0.0237
law normal "0.0237 of G_on" "p - g" 0 0.237 1.66666667 10
draw lognormal 100000 600000 1 error=lognormal error_frac=0.31
law lognormal "0.31 of the logarithm" "log(p / g)" 0 0.31 1.66666667 10

# --- faults, of cells that are on a quarter of the time: parts of all, by their standard errors
draw stuck 100000 600000 2 stuck_on_frac=0.013 stuck_off_frac=0.04
for end in 'on 0.013' 'off 0.04'; do
    part=${end#* }
    check "cells stuck ${end% *}, part of those with another target" "$part as set" "$part" \
        "$(awk -v end="${end% *}" 'BEGIN { g = end == "on" ? 1e-5 : 1e-5 / 6 }
            function is(x) { return x > g * (1 - 1e-9) && x < g * (1 + 1e-9) }
            !is($1) { n++; stuck += is($2) } END { if (n) printf "%.17g", stuck / n }' out/stuck.cells)" \
        "$(calc "4 * sqrt((1 - $part) / $part / (0.75 * $side ^ 2))")"
done

# --- drift: exponents of G ~ (t / t0)^-nu after a day; those of pcm go by the target, whatever was programmed
draw drift-power 100000 600000 2 error=exact drift=power drift_nu=0.043 drift_nu_sd=0.007 drift_start_seconds=2.5 time_seconds=86400
law drift-power "nu of 0.043, 0.007 as set" "-log(x / p) / log(86400 / 2.5)" 0.043 0.007 1.66666667 10
draw drift-pcm 40000 640000 3 error=pcm drift=pcm time_seconds=86400
clamp() { echo "(($1) < $2 ? $2 : ($1) > $3 ? $3 : ($1))"; }
law drift-pcm "Joshi 2020, nu" "-log(x / p) / log(86400 / 20)" "$(clamp '-0.0155 * log(g / 25) + 0.0244' 0.049 0.1)" \
    "$(clamp '-0.0125 * log(g / 25) - 0.0059' 0.008 0.045)" 1.5625 4.91071429 14.9553571 25

# --- measured cells: a table of four, drawn from; and those of Levy et al., 1 s after programming
printf 'g_siemens,target_siemens\n1.5e-05,1e-05\n0.9e-05,1e-05\n3e-05,4e-05\n4e-05,4e-05\n' >out/table.csv
draw measured 100000 200000 1 error=measured table=out/table.csv
law measured "four cells by hand: off by 5, -1, -10, 0 uS of 40" "p - g" -0.375 "sqrt(29.25) / 4" 5

source="Levy et al., 16,292 cells"
if [ -e "$NAX_DATA/rram/techC-relaxdata.min.tsv.gz" ]; then
    gzip -dc "$NAX_DATA/rram/techC-relaxdata.min.tsv.gz" | nax-xbar --import-cells 1 >out/cells.csv
    tr -d '\r' <out/cells.csv | awk -F, 'NR > 1 { b = int($1 / 5e-6); d = ($2 - $1) * 1e6; n[b]++; s[b] += d; q[b] += d * d }
        END { for (b = 0; b < 8; b++) if (n[b]) printf "%.17g %.17g\n", s[b] / n[b], sqrt(q[b] / n[b] - (s[b] / n[b]) ^ 2) }' >out/bins
fi
bin=0
for moment in '0.26 1.54' '0.07 2.30' '-0.20 2.38' '-0.40 2.24' '-0.47 2.23' '-0.50 1.95' '-0.49 1.81' '-0.39 1.55'; do
    bin=$((bin + 1))
    name="measured cells after 1 s, $((5 * bin - 5)) to $((5 * bin)) uS"
    if [ -e "$NAX_DATA/rram/techC-relaxdata.min.tsv.gz" ]; then
        check "$name: mean offset, uS" "$source" "${moment% *}" "$(awk -v b=$bin 'NR == b { print $1 }' out/bins)" digits
        check "$name: deviation, uS" "$source" "${moment#* }" "$(awk -v b=$bin 'NR == b { print $2 }' out/bins)" digits
    else
        not_run "$name: mean offset, uS" "$source" "no data"
        not_run "$name: deviation, uS" "$source" "no data"
    fi
done

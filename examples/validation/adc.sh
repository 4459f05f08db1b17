#!/bin/sh
# Laws of ADCs: the converter of Saberi et al. 2011 scaled to ISAAC's, and Murmann's survey as Accelergy's plug-in fits it.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

# adc FIELD BITS LAW [OPTION ...]: of one ADC that does not leak
adc() {
    field=$1 bits=$2 law=$3
    shift 3
    nax-cost --components --crossbar 128 --set "adc.bits=$bits" --set "adc.law=$law" --set adc.leakage_frac=0 --format csv "$@" |
        cells "$field" component=adc | head -n 1
}

while read -r bits pj um2; do
    check "Saberi, $bits bits, pJ" "Saberi 2011, Shafiee 2016" "$pj" "$(adc energy_pj "$bits" saberi)" digits
    check "Saberi, $bits bits, um2" "Saberi 2011, Shafiee 2016" "$um2" "$(calc "1e6 * $(adc area_mm2 "$bits" saberi)")" digits
done <<END
4 0.79 361
5 0.99 477
6 1.20 627
7 1.42 845
8 1.67 1200
9 1.97 1828
10 2.38 3002
END

# The fit: a figure of merit that falls with the sample rate and ends at what so many bits allow, energy in pJ from it and from the
# signal-to-noise ratio of the bits, 6.0206 b + 1.761 dB, area in um2 from that.
fit() { # fit pj|um2 BITS GHZ NM
    awk -v which="$1" -v b="$2" -v f="$3" -v tech="$4" 'BEGIN {
        f *= 1e9
        merit = 213.78067 - 2.871903 * log(f)
        most = 128.3068 + 3.22051 * b
        if (most < merit)
            merit = most
        pj = exp(26.0496216 + 1.8800369 * log(tech) - 2.8291256 * log(b) - 1.4702022 - log(10) / 10 * (merit - 6.0206 * b - 1.761)) / 2
        um2 = exp(1.3461916 + 0.9932795 * log(tech) + 0.1807154 * log(f) + 0.2991243 * log(pj))
        printf "%.17g", (which == "pj" ? pj : um2) }'
}
survey="Murmann's survey, Accelergy's fit"
check "survey, 8 bits, 1.28 GS/s, 32 nm, pJ" "$survey" 1.929 "$(adc energy_pj 8 survey --set adc.sample_rate_ghz=1.28)" digits
check "survey, 8 bits, 1.28 GS/s, 32 nm, um2" "$survey" 6469 \
    "$(calc "1e6 * $(adc area_mm2 8 survey --set adc.sample_rate_ghz=1.28)")" digits
while read -r bits ghz nm; do
    at="--set adc.sample_rate_ghz=$ghz --set adc.technology_nm=$nm"
    # shellcheck disable=SC2086 # words on purpose
    pj=$(adc energy_pj "$bits" survey $at) mm2=$(adc area_mm2 "$bits" survey $at)
    check "survey, $bits bits, $ghz GS/s, $nm nm, pJ" "$survey" "$(fit pj "$bits" "$ghz" "$nm")" "$pj" 1e-9
    check "survey, $bits bits, $ghz GS/s, $nm nm, um2" "$survey" "$(fit um2 "$bits" "$ghz" "$nm")" "$(calc "1e6 * $mm2")" 1e-9
done <<END
4 0.01 32
4 1 32
5 0.1 65
6 1 32
7 2.5 22
9 0.05 45
10 1.28 32
12 0.001 130
END

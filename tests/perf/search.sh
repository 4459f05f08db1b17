#!/bin/sh
# nax-search on the hardware: what comes before its first step, which solves circuits and measures noise, and a step of the
# weights with one of the choices, from two runs of one epoch. That takes minutes: without NAX_BENCH_FULL=1 a small network is tried, and nothing told.
set -eu
cd "$SCRATCH"
search() { # IMAGES OPTION ...: half of the images train weights, the others choices, 128 a step
    n=$1
    shift
    [ -f "set$n" ] || nax-data synth -q --n-train "$n" --n-test 64 -o "set$n"
    used "time$n" nax-search -q --data "set$n" --validation 0.5 --warm-epochs 0 --epochs 1 --alpha-every 1 "$@" >policy
}
if [ -z "${NAX_BENCH_FULL:-}" ] || [ "$EACH_MS" -lt 500 ]; then
    search 256 --network lenet --ideal
    exit
fi
search 512
search 3072
awk 'NR == 1 { first = $2; next }
    { pair = ($2 - first) / 10; printf "search_pair nax %.0f\nsearch_start nax %.2f\n", 1e3 * pair, first - 2 * pair }' time512 time3072

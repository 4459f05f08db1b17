#!/bin/bash
# Random designs through the filters: processor seconds of ten millions, and memory; then all of them ranked. A large network by itself.
set -eu -o pipefail
objectives=energy_pj:min,area_mm2:min,latency_ns:min
n=$((EACH_MS * 200)) # about EACH_MS of processor
[ "$n" -le 2000000 ] || n=2000000
[ "$n" -ge 50000 ] || n=50000
cd "$SCRATCH"
used sample nax-sample --random "$n" --seed 1 | used cost nax-cost | used pareto nax-pareto -o "$objectives" >front
awk -v n="$n" '{ s += $1; if ($2 > passed) passed = $2; if ($3 > most) most = $3 }
    END { printf "candidates nax %.2f\ncandidates_passed nax %.2f\ncandidates_memory nax %.1f\n", s / n * 1e7, passed / n * 1e7, most }' \
    sample cost pareto

n=50000
nax-sample --random $n --seed 1 | nax-cost >records
nax-sample | nax-cost | used few nax-pareto --rank -o "$objectives" >ranked
used many nax-pareto --rank -o "$objectives" records >ranked
awk -v n=$n 'FILENAME == "few" { few = $3; next }
    { printf "rank nax %.2f\nrank_memory nax %.0f\n", $1 / n * 1e6, ($3 - few) * 1048576 / n }' few many
stat -c %s records | awk -v n=$n '{ printf "rank_memory its-bytes %.0f\n", $1 / n }'
rm records ranked front

nax-sample --homogeneous --network resnet50 >large
used cost nax-cost large >costed
used map nax-map --layers large >mapped
awk '{ printf "resnet50_%s nax %.3f\n", FILENAME, $2 }' cost map
rm large costed mapped

#!/bin/bash
# A million random designs through the filters, and the memory that each takes.
set -eu
objectives=energy_pj:min,area_mm2:min,latency_ns:min

# peak PID: the most memory that the process has had resident, in MiB, or nothing once it is gone
peak() { awk '/^VmHWM/ { print int($2 / 1024) }' "/proc/$1/status" 2>/dev/null || true; }

mkfifo "$SCRATCH/a" "$SCRATCH/b"
start=$(date +%s.%N)
nax-sample --random 1000000 --seed 1 >"$SCRATCH/a" &
sample=$!
nax-cost <"$SCRATCH/a" >"$SCRATCH/b" &
cost=$!
nax-pareto --objectives "$objectives" <"$SCRATCH/b" >"$SCRATCH/front" &
pareto=$!
most=0
while kill -0 $pareto 2>/dev/null; do
    for pid in $sample $cost $pareto; do
        now=$(peak "$pid")
        [ "${now:-0}" -le "$most" ] || most=$now
    done
    sleep 0.1
done
wait $sample $cost $pareto
seconds=$(date +%s.%N | awk -v start="$start" '{ printf "%.1f", $1 - start }')
echo "1000000 designs sampled, costed, filtered: $seconds s (at most 15 s)"
echo "largest of the three processes: $most MiB resident (at most 200 MiB)"
awk -v s="$seconds" -v m="$most" 'BEGIN { exit !(s <= 15 && m > 0 && m <= 200) }'

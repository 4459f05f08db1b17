#!/bin/sh
# Reading and writing candidate records; as CSV, beside Miller.
set -eu
n=$((EACH_MS * 200)) # about EACH_MS for each of the ways
[ "$n" -le 1000000 ] || n=1000000
msgpack=$(pkg-config --cflags --libs msgpack-c 2>/dev/null || pkg-config --cflags --libs msgpack)
# shellcheck disable=SC2086 # words on purpose
[ -x "$SCRATCH/records" ] || "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -o "$SCRATCH/records" \
    tests/perf/records.c "$BUILD/libnax.a" $msgpack $LIBS -fopenmp
"$SCRATCH/records" "$SCRATCH/candidates" "$n"
if command -v mlr >/dev/null; then
    used "$SCRATCH/miller" mlr --icsv --ocsv cat "$SCRATCH/candidates.csv" >/dev/null
    awk -v n="$n" '{ printf "csv miller %.3f\n", $1 / n * 1e6 }' "$SCRATCH/miller"
else
    echo 'absent miller is not installed'
fi

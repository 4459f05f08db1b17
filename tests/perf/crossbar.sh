#!/bin/sh
# Crossbar circuits against CHOLMOD and ngspice.
set -eu
cholmod='-DHAS_CHOLMOD -lcholmod'
[ -e /usr/include/suitesparse/cholmod.h ] || {
    cholmod=
    echo 'absent cholmod is not installed (libsuitesparse-dev)'
}
# shellcheck disable=SC2086 # words on purpose
[ -x "$SCRATCH/crossbar" ] || "${CC:-cc}" -std=gnu11 -D_GNU_SOURCE -O2 -Wall -Wextra -Iinclude -o "$SCRATCH/crossbar" \
    tests/perf/crossbar.c "$BUILD/libnax.a" $cholmod $LIBS -fopenmp
"$SCRATCH/crossbar" "$SCRATCH" "$(awk -v ms="$EACH_MS" 'BEGIN { print ms / 1000 }')"

#!/bin/sh
# No warning from gcc, in the benchmarks either, which only `make bench` builds. Nothing in the library prints or ends
# the program, and what it defines for others begins with nax_, so that a program that links it may use any other name.
tests/lint/objects gcc || exit 1
nm -A --undefined-only "$BUILD/gcc/libnax.a" |
    awk '$NF ~ /^(v?printf|puts|putchar|perror|exit|_exit|abort|stdout|stderr|__assert_fail)$/ {
        print $1 " uses " $NF ": the library never prints and never exits"
    }'
nm -A -g --defined-only "$BUILD/gcc/libnax.a" |
    awk '$NF !~ /^(nax_|\.gomp_critical_user_nax_)/ && NF > 2 { print $1 " defines " $NF ": it needs the prefix nax_" }'
cholmod=
[ ! -e /usr/include/suitesparse ] || cholmod=-DHAS_CHOLMOD
for bench in tests/perf/*.c; do
    gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Iinclude -fopenmp ${cholmod:+"$cholmod"} -fsyntax-only "$bench"
done
exit 0

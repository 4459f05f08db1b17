#!/bin/sh
# No warning from gcc; and nothing in the library prints or ends the program.
env -u MAKEFLAGS make -j"$(nproc)" --no-print-directory CC=gcc CFLAGS=-O2 WERROR=1 BUILD="$BUILD/gcc" \
    all units >"$BUILD/gcc.log" || exit 1
nm -A --undefined-only "$BUILD/gcc/libnax.a" |
    awk '$NF ~ /^(v?printf|puts|putchar|perror|exit|_exit|abort|stdout|stderr|__assert_fail)$/ {
        print $1 " uses " $NF ": the library never prints and never exits"
    }'

#!/bin/sh
# No warning from clang. All are its front end's, but for what it says of loops that a pragma wants vectorised: only files
# with such a pragma are compiled to the end.
set -u
own=$BUILD/clang
make_clang() { env -u MAKEFLAGS make --no-print-directory CC=clang CFLAGS=-O2 WERROR=1 BUILD="$own" "$@"; }
make_clang "$own/builtin.c" "$own/powers.c" "$own/pages.c" "$own/onnx.pb-c.c" "$own/report_files.c" >"$own.log" || exit 1
loops=$(grep -rlE '# *pragma +(omp .*simd|clang loop|GCC (unroll|ivdep)|unroll)' lib tools tests/unit tests/fuzz | paste -sd'|')
make_clang -nB V=1 all units replays | grep -- ' -MMD -MP -c -o ' >"$own.commands"
[ "$(wc -l <"$own.commands")" -gt 200 ] || echo 'no commands of a whole build found'
sed -E "\\: (${loops:-none})\$: !s: -MMD -MP -c -o [^ ]+ : -fsyntax-only :; s: -o [^ ]+ : -o /dev/null :" "$own.commands" |
    xargs -d '\n' -P "$(nproc)" -n 1 sh -c

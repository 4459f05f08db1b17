#!/bin/sh
# Shell scripts and bats suites pass shellcheck.
tests/lint/files | grep -zvE '\.bats$' | xargs -0 grep -lZE '^#!.*[/ ](ba)?sh$' |
    xargs -0 -P "$(nproc)" -n 8 shellcheck -x
shellcheck tools/completion.bash
# bats: status and output come from its run, every test is a subshell on purpose, and so are words
# split; a format called array is not a file called array
find tests -name '*.bats' -print0 |
    xargs -0 -P "$(nproc)" -n 4 shellcheck -x -s bats -e SC2086,SC2094,SC2030,SC2031,SC2154

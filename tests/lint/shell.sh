#!/bin/sh
# Shell scripts and bats suites pass shellcheck.
find . -path ./.git -prune -o -path './build*' -prune -o -type f ! -name '*.bats' \
    -exec grep -qE '^#!.*[/ ](ba)?sh$' {} \; -exec shellcheck {} +
# bats: status and output come from its run, and every test is a subshell on purpose
find tests -name '*.bats' -exec shellcheck -s bats -e SC2030,SC2031,SC2154,SC2314,SC2315 {} +

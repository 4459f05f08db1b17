#!/bin/sh
# Shell scripts and bats suites pass shellcheck.
tests/lint/files | grep -zvE '\.bats$' | xargs -0 grep -lZE '^#!.*[/ ](ba)?sh$' | xargs -0 shellcheck
# bats: status and output come from its run, and every test is a subshell on purpose
find tests -name '*.bats' -exec shellcheck -x -s bats -e SC2030,SC2031,SC2154,SC2314,SC2315 {} +

#!/bin/sh
# Text files: no blanks at line ends, no carriage returns, a newline at the end, no tabs in C.
texts() { tests/lint/files | grep -zvE '^tests/golden/|\.svg$' | xargs -0 "$@"; }
texts grep -nE '[[:blank:]]+$'
texts grep -l "$(printf '\r')"
# shellcheck disable=SC2016 # the inner shell's variable
texts sh -c 'for f; do [ -z "$(tail -c 1 "$f")" ] || echo "$f: no newline at the end"; done' sh
grep -rn "$(printf '\t')" include lib tools --include='*.[ch]'
exit 0

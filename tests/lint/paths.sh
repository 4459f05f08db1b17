#!/bin/sh
# No paths of somebody's machine; /tmp by name only where README or manual show a command.
find . -path ./.git -prune -o -path './build*' -prune -o -type f \
    -exec grep -nIE '/(home|root|work|farm|Users)/[A-Za-z]' {} +
find . -path ./.git -prune -o -path './build*' -prune -o -path ./man -prune -o -path ./tests/lint -prune -o \
    -type f ! -name README.md -exec grep -nIE '(^|[^A-Za-z}])/tmp/[A-Za-z]' {} +
exit 0

#!/bin/sh
# Scripts that read or sort numbers do so in a locale of their own: in the user's, 0.5 may be 0.
tests/lint/files pipelines examples tests/*/run tests/run | xargs -0 grep -lE '(^|[^-.[:alnum:]])(awk|sort|gnuplot) ' |
    grep -vE '\.(md|awk|gp|gnuplot)$' | xargs grep -L 'LC_ALL' | sed 's/$/: sets no LC_ALL, and calls awk, sort or gnuplot/'
exit 0

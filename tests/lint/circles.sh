#!/bin/sh
# The files of a room stand one above the other: none needs one that needs it, be it by others.
set -u
tests/lint/objects gcc || exit 1
for room in lib/*/; do
    # pairs for tsort: a file, and one that defines what it needs
    nm -A "$BUILD/gcc/$room"*.o | awk '
        {
            file = $1
            sub(/.*\//, "", file)
            sub(/(\.(baseline|avx2|avx512))?\.o:.*/, "", file)
            if ($(NF - 1) ~ /^[TDRB]$/) defines[$NF] = file
            if ($(NF - 1) == "U") uses[file, $NF]
        }
        END {
            for (pair in uses) {
                split(pair, part, SUBSEP)
                if (part[2] in defines && defines[part[2]] != part[1]) print part[1], defines[part[2]]
            }
        }' | sort -u | tsort 2>&1 >/dev/null | sed "s|^tsort: |$room: |"
done
exit 0

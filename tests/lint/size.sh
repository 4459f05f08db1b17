#!/bin/sh
# A tool is one verb: at most 300 lines. A library file has one reason to change: at most 600.
# A room's README has at most 40 lines, and every room has one.
set -u
limit() {
    lines=$(wc -l <"$2")
    [ "$lines" -le "$1" ] || echo "$2: $lines lines, more than $1"
}
for file in tools/*.[ch]; do limit 300 "$file"; done
for file in lib/*/*.[ch] include/nax/*.h; do limit 600 "$file"; done
for room in lib/*/; do
    if [ -f "${room}README.md" ]; then limit 40 "${room}README.md"; else echo "${room}README.md is missing"; fi
done

#!/bin/sh
# A room includes only its own headers and those that lib/LAYERS grants it; every room has its line
# there, and a room may use only rooms that stand above it.
set -eu
for room in lib/*/; do
    room=$(basename "$room")
    grep -q "^$room:" lib/LAYERS || echo "lib/LAYERS has no line for room '$room'"
done
find lib include -name '*.[ch]' -exec awk -f tests/lint/layers.awk lib/LAYERS {} +

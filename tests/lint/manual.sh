#!/bin/sh
# Manual pages are correct mdoc; every tool has one and a line in the README; no page is left over.
set -u
for page in man/*.[1-9]; do
    [ -e "$page" ] && mandoc -T lint -W warning "$page"
done
for source in tools/nax*.c; do
    tool=$(basename "$source" .c)
    [ -e "$source" ] || continue
    [ -f "man/$tool.1" ] || echo "no manual page: man/$tool.1"
    grep -q "^| \[*\`$tool\`" README.md || echo "README.md: no line in the table of tools: $tool"
    grep -q "$tool" man/nax.7 || echo "man/nax.7 does not name $tool"
done
for page in man/*.1; do
    [ ! -e "$page" ] || [ -f "tools/$(basename "$page" .1).c" ] || echo "$page: no such tool"
done
exit 0

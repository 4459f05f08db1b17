#!/bin/sh
# Every public header compiles by itself and stands guarded by its name.
set -u
for header in include/nax/*.h; do
    name=NAX_$(basename "$header" .h | tr '[:lower:]' '[:upper:]')_H
    grep -q "^#ifndef $name\$" "$header" || echo "$header: no guard $name"
    ${CC:-cc} -std=gnu11 -Wall -Wextra -fsyntax-only -Iinclude -x c "$header" 2>&1 |
        grep -v 'pragma once in main file'
done
exit 0

#!/bin/sh
# Every public header compiles by itself, in C and in C++, and stands guarded by its name; what it
# declares links from C++ under its C name.
set -u
source=$BUILD/headers.cc object=$BUILD/headers.o
for header in include/nax/*.h; do
    name=NAX_$(basename "$header" .h | tr '[:lower:]' '[:upper:]')_H
    grep -q "^#ifndef $name\$" "$header" || echo "$header: no guard $name"
    ${CC:-cc} -std=gnu11 -Wall -Wextra -fsyntax-only -Iinclude -x c "$header" 2>&1 |
        grep -v 'pragma once in main file'
    g++ -Wall -Wextra -fsyntax-only -Iinclude -x c++ "$header" 2>&1 | grep -v 'pragma once in main file'
done

# the address of every function that the headers declare, taken in C++
{
    for header in include/nax/*.h; do echo "#include \"nax/$(basename "$header")\""; done
    echo 'const void *const functions[] = {'
    sed -nE 's/^[a-z].*[ *](nax_[a-z0-9_]+)\(.*/    (const void *)\1,/p' include/nax/*.h
    echo '};'
} >"$source"
g++ -Iinclude -c -o "$object" "$source" && nm -u "$object" | sed -n 's/^ *U \(_Z.*\)/\1: no C name/p'

#!/bin/sh
# The glossary of nax(7): a word is explained once, and what it has a word for goes by no other.
set -u
sed -n '/^\.Sh GLOSSARY/,/^\.Sh ENVIRONMENT/ s/^\.It Sy //p' man/nax.7 | sed 's/ , /\n/g' | sort |
    uniq -d | sed 's/^/man\/nax.7 explains a word twice: /'

# pattern, the word in its place, where it is looked for
stray() {
    pattern="(^|[^a-z])($1)([^a-z]|\$)" word=$2
    shift 2
    tests/lint/files "$@" | xargs -0 grep -niE "$pattern" /dev/null | sed "s/\$/    ($word)/"
}
stray 'rungs?' fidelity lib include tools tests/unit tests/*.bats man examples pipelines '*.md'
stray 'tiles?|chunks?' submatrix lib/tiling lib/crossbar include/nax/tiling.h include/nax/crossbar.h
stray 'tiles?' submatrix lib/mapping include/nax/mapping.h
stray 'chunks?' submatrix lib/cost include/nax/cost.h man/nax-map.1 man/nax-cost.1
stray 'rooms?' memory tools/*.c tools/*.h
exit 0

#!/bin/sh
# VERSION's word is that of the Debian package, of the citation and of the newest news.
version=$(cat VERSION)
is() { [ "$2" = "$version" ] || echo "$1 says version '$2', VERSION says '$version'"; }
is debian/changelog "$(sed -nE '1s/^nax \((.*)\) .*/\1/p' debian/changelog)"
is CITATION.cff "$(sed -n 's/^version: //p' CITATION.cff)"
is NEWS.md "$(sed -n 's/^## //p' NEWS.md | head -n 1)"

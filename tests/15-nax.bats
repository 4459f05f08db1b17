#!/usr/bin/env bats
# nax: the list of tools, the tools by their last names, the pages of the manual.

# shellcheck source=tests/docs.sh
load docs.sh

setup() {
  root=$BATS_TEST_DIRNAME/..
  cd "$BATS_TEST_TMPDIR" || return 1
  mapfile -t tools < <(basename -s .c "$root"/tools/nax-*.c)
}

# A program of this name in a folder, which prints its name and its arguments.
echoing() {
  mkdir -p "$(dirname "$1")"
  printf '#!/bin/sh\necho "%s $*"\n' "$1" >"$1"
  chmod +x "$1"
}

@test "lists the tools and the other pages, in the words of nax(7)" {
  section "$root/man/nax.7" DESCRIPTION |
    sed -nE 's/^ *nax-([a-z]+)\(([0-9])\) +([^ ].*)/\1 \3/p' >page.txt
  nax | sed -nE 's/^  ([a-z]+) +([^ ].*)/\1 \2/p' | grep -v '^nax ' >list.txt
  [ "$(wc -l <list.txt)" -gt "${#tools[@]}" ]
  diff page.txt list.txt
  for tool in "${tools[@]}"; do
    grep -q "^${tool#nax-} " list.txt
  done
  diff <(nax) <(nax -h)
  diff <(nax) <(nax help)
}

@test "runs every tool, with its arguments, input and exit status" {
  for tool in "${tools[@]}"; do
    [ "$(nax "${tool#nax-}" -V)" = "$("$tool" -V)" ]
  done
  diff <(nax-sample --random 3 --seed 7 | nax-cost --format json) \
    <(nax sample --random 3 --seed 7 | nax cost --format json)
  run nax cost --hardware 'no such' </dev/null
  [ "$status" -eq 1 ]
  [[ $output == "nax-cost: "*"'no such'"* ]]
  run nax cost --no-such-option
  [ "$status" -eq 2 ]
}

@test "a tool beside nax comes before one on PATH, and that before none" {
  mkdir here
  cp "$(command -v nax)" here
  echoing here/nax-cost
  echoing there/nax-cost
  echoing there/nax-mine
  PATH=$PWD/there:$PATH
  [ "$(here/nax cost -l 'a  b')" = "here/nax-cost -l a  b" ]
  ln -s here/nax link
  [ "$(./link cost)" = "here/nax-cost " ]
  [ "$(here/nax mine -x)" = "there/nax-mine -x" ]
  rm here/nax-cost
  [ "$(here/nax cost)" = "there/nax-cost " ]
  rm there/nax-cost
  PATH=$PWD/there run here/nax cost
  [ "$status" -eq 1 ]
  [ "$output" = "nax: cannot run: 'nax-cost': No such file or directory" ]
}

@test "an unknown tool or page: the nearest one, exit status 2" {
  long=$(printf 'a%.0s' {1..5000})
  while read -r words nearest; do
    words=${words//+/ }
    run nax $words
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == "nax: no such "*": '${words##* }'; did you mean '$nearest'?" ]]
  done <<END
trian train
paret pareto
nax-cost cost
help+recrod record
help+nax-samples sample
END
  run nax "$long"
  [ "$status" -eq 2 ]
  run nax ''
  [ "$status" -eq 2 ]
  run nax help cost map
  [ "$status" -eq 2 ]
  [ "${lines[0]}" = "nax: help opens one page: 'map'" ]
}

@test "help: the page that was built or installed with nax, by man or else by mandoc" {
  mkdir -p at/bin at/share/man/man1 at/share/man/man5
  cp "$(command -v nax)" at/bin
  touch at/share/man/man1/nax-cost.1 at/share/man/man5/nax-record.5.gz
  echoing man/man
  echoing mandoc/mandoc
  at=$PWD/at/bin/../share/man
  [ "$(PATH=man:mandoc at/bin/nax help cost)" = "man/man $at/man1/nax-cost.1" ]
  [ "$(PATH=man:mandoc at/bin/nax help nax-record)" = "man/man $at/man5/nax-record.5.gz" ]
  [ "$(PATH=man:mandoc at/bin/nax help nax)" = "man/man 7 nax" ]
  [ "$(PATH=mandoc at/bin/nax help cost)" = "mandoc/mandoc -a $at/man1/nax-cost.1" ]
}

@test "help without man and mandoc: a tool's options; what to install" {
  PATH=$(dirname "$(command -v nax)") nax help cost >out.txt 2>err.txt
  diff out.txt <(nax-cost -h)
  [ "$(cat err.txt)" = "nax: cannot open: 'nax-cost(1)': needs man-db or mandoc; its options are" ]
  PATH=$(dirname "$(command -v nax)") run nax help record
  [ "$status" -eq 1 ]
  [ "$output" = "nax: cannot open: 'nax-record(5)': needs man-db or mandoc" ]
}

@test "help shows the pages themselves" {
  mkdir only
  ln -s "$(command -v mandoc)" only
  for page in "$root"/man/*.[1-9]; do
    name=$(basename "${page%.[1-9]}")
    [ "$name.${page##*.}" = nax.1 ] || # under its name is nax(7)
      diff <(PATH=only "$(command -v nax)" help "$name") <(mandoc "$page")
  done
}

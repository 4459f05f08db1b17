#!/usr/bin/env bats
# Record streams on the command line: formats, joining, provenance, and input that is broken.
# shellcheck disable=SC2154 # stderr and stderr_lines are set by bats

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return 1
  nax-sample --random 5 --seed 3 >five
}

# A filter that passes every record on: each has another seed.
pass() {
  nax-pareto --rank --objectives seed:min "$@"
}

# The command fails with status 1 and says this in one line, after the tool's name.
fails_with() {
  local text=$1
  shift
  run --separate-stderr "$@"
  echo "status $status: $stderr"
  [ "$status" -eq 1 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  # shellcheck disable=SC2254 # a pattern on purpose
  case $stderr in nax-*": "$text) ;; *) return 1 ;; esac
}

@test "msgpack to CSV to msgpack to CSV loses nothing" {
  pass five >a
  pass --format csv five >a.csv
  pass --format msgpack a.csv >b
  pass --format csv b >b.csv
  cmp a.csv b.csv
  pass --format json a >a.json
  pass --format json b >b.json
  cmp a.json b.json
  [ "$(wc -l <a.csv)" -eq 6 ]
}

@test "the output has the input's format, and --format chooses another" {
  [ "$(head -c 5 five | tail -c 4)" = $'\xa3nax' ]
  pass five | head -c 5 | grep -qaF $'\xa3nax'
  nax-sample --random 1 --format csv | pass | head -n 1 | grep -q '^id,'
  pass --format json five | head -n 1 | grep -q '^{"id":"'
  run pass --format xml five
  [ "$status" -eq 2 ]
}

@test "JSON in the middle of a pipe, on a line each or on several" {
  pass five >a
  pass --format json five >a.json
  pass --format csv a.json | cmp - <(pass --format csv a)
  [ "$(pass a.json | head -c 6)" = '{"id":' ]
  sed 's/,/,\n  /g; s/}/\n}\n/' a.json >lines.json # as jq prints without -c
  pass --format csv lines.json | cmp - <(pass --format csv a)
  cat a.json lines.json | pass --format csv | sed 1d >twice
  [ "$(wc -l <twice)" -eq 10 ]
}

@test "tables of other programs: what is wrong with them, and the way out" {
  printf '%s\n' ,id,seed 0,a,1 >index.csv
  fails_with "index.csv: record 1: line 1: column 1: an empty name: ''; a column of row numbers? *index=False)" pass index.csv
  printf '%s\n' id,seed, a,1,0 >end.csv
  fails_with "end.csv: record 1: line 1: column 3: an empty name: ''" pass end.csv
  printf '%s\n' 'id;seed' 'a;1' >semicolons.csv
  fails_with "semicolons.csv: record 1: field 'seed': missing; the only field is 'id;seed': commas separate cells, not semicolons" pass semicolons.csv
  printf 'id\tseed\na\t1\n' >tabs.csv
  fails_with "tabs.csv: record 1: line 1: *; commas separate cells, not tabs" pass tabs.csv
  printf '%s\n' 'seed,kernel' '1,"[3, 3]"' >list.csv
  fails_with "list.csv: record 1: line 2: field 'kernel': not integers: '[[]3, 3]'; numbers separated by spaces, without brackets" pass list.csv
  printf '%s\n' sede 1 >misspelt.csv
  fails_with "misspelt.csv: record 1: field 'seed': missing; did you mean 'sede'?" pass misspelt.csv
}

@test "cat joins streams of both formats" {
  nax-sample --random 4 --seed 9 >four
  [ "$(cat five four | pass --format csv | wc -l)" -eq 10 ]
  [ "$(pass --format csv five four | wc -l)" -eq 10 ]
  pass --format csv five >five.csv
  pass --format csv four >four.csv
  [ "$(cat five.csv four.csv | pass | wc -l)" -eq 10 ]
  [ "$(pass --format csv five - <four.csv | grep -c '^[0-9a-f]')" -eq 9 ]
}

@test "a stream names every program that it went through, once" {
  nax-sample --random 4 --seed 9 >four
  cat five four five | pass >all
  [ "$(grep -ao 'nax-sample --random' all | wc -l)" -eq 2 ]
  [ "$(grep -ao 'nax-pareto --rank' all | wc -l)" -eq 1 ]
}

@test "unknown fields and numbers that are not finite pass through" {
  printf 'seed,x,y,z,"quoted ""name"\n1,nan,-inf,1e999,"a,\nb"\n' |
    pass --format msgpack | pass --format json >out
  grep -qF '{"seed":1,"x":"nan","y":"-inf","z":"inf","quoted \"name":"a,\u000ab",' out
  printf 'seed,x\n1,nan\n2,0.5\n' >nan.csv
  fails_with "nan.csv: record 1: *x*" nax-pareto --objectives x:min nan.csv
}

@test "a truncated stream is an error wherever it is cut" {
  size=$(wc -c <five)
  for cut in 1 7 40 $((size / 2)) $((size - 9)) $((size - 1)); do
    head -c "$cut" five >part
    fails_with "part: record *: byte *: the file ends *" pass part
  done
  head -c $((size - 9)) five >part
  fails_with "part: record 6: byte $((size - 9)): the file ends without a trailer; --unfinished takes the whole records of a file" pass part
}

@test "garbage is an error" {
  { cat five; echo garbage; } >rest
  fails_with "rest: record 6: byte *: no map where a header should be" pass rest
  printf '\x83\xff\x00rubbish' >rubbish
  fails_with "rubbish: record 1: byte *" pass rubbish
  head -c 1000 /dev/zero >zeros
  fails_with "zeros: neither msgpack, CSV nor JSON: first byte 0x00" pass zeros
  printf 'id,seed\na,1\nb\n' >short.csv
  fails_with "short.csv: record 2: line 3: 1 cells for 2 names" pass short.csv
  printf 'id,seed\na,1\nb,"2\n' >quote.csv
  fails_with "quote.csv: record 2: line 3: the file ends inside quotes; *" pass quote.csv
  printf 'id,seed\na,one\n' >word.csv
  fails_with "word.csv: record 1: line 2: field 'seed': not an integer: 'one'" pass word.csv
  echo '{"seed":1} [' >json
  fails_with "json: record 2: line 1: a list of records: one object a line, as jq -c '.[]' makes it" pass json
}

@test "lengths that a stream claims take no memory" {
  header='\x81\xa3nax\x01'
  printf '%b' "$header"'\x81\xa1a\xdb\x40\x00\x00\x00abc' >string
  fails_with "string: record 1: byte 13: a record larger than the limit of 64 MiB" pass string
  printf '%b' "$header"'\x81\xa1a\xdd\x40\x00\x00\x00\x01' >array
  fails_with "array: record 1: byte *: a record larger than the limit of 64 MiB" pass array
  printf '%b' "$header"'\xdf\x40\x00\x00\x00\xa1a\x01' >map
  fails_with "map: record 1: byte *: more than 1024 fields" pass map
  { printf 'x\n"'; head -c 3000000 /dev/zero | tr '\0' a; } >cell.csv
  fails_with "cell.csv: record 1: line 2: a record larger than the limit of 1 MiB" \
    pass --max-record 1 cell.csv
}

@test "empty input and files that cannot be read are errors" {
  fails_with "standard input: empty input" pass </dev/null
  fails_with "cannot open: 'none': No such file or directory" pass none
  mkdir folder
  fails_with "cannot read: 'folder': Is a directory" pass folder
}

@test "a full disk is an error" {
  for format in msgpack csv json; do
    run --separate-stderr bash -c "nax-sample --random 9 --format $format >/dev/full"
    [ "$status" -eq 1 ]
    [ "$stderr" = "nax-sample: cannot write: 'standard output': No space left on device" ]
  done
}

@test "a reader that leaves ends the writer quietly" {
  nax-sample --random 100000 --format csv 2>err | head -n 1 >line
  statuses=("${PIPESTATUS[@]}")
  [ "${statuses[0]}" -eq 141 ]
  [ ! -s err ]
  grep -q '^id,' line
}

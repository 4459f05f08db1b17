#!/usr/bin/env bats
# Streams that are read while they are written, or that were cut off.
# shellcheck disable=SC2154 # stderr and stderr_lines are set by bats

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  nax-sample --random 7 --seed 3 --format json >seven.json
}

teardown() {
  exec 5>&-
  [ -z "${writer-}" ] || kill -9 "$writer" 2>/dev/null || true
}

ids() (
  set -o pipefail
  nax-view --format csv -f id "$@" | sed 1d
)

# hold FORMAT [COMMAND]: one that writes the file grown, and gets what is written to descriptor 5
hold() {
  rm -f feed
  mkfifo feed
  ${2-nax-cost} --format "$1" <feed >grown 3>&- 5>&- &
  writer=$!
  exec 5>feed
}

# has N: before long there are as many records in grown
has() {
  local _
  for _ in $(seq 100); do
    [ "$(ids -q --unfinished grown | wc -l)" -ne "$1" ] || return 0
    sleep 0.1
  done
  echo "no $1 records after 10 seconds"
  return 1
}

refuses() { # FILE WHY: with the way out
  run --separate-stderr ids "$1"
  [ "$stderr" = "nax-view: $1: $2; --unfinished takes the whole records of a file" ]
  run nax-view "$1"
  [ "$status" -eq 1 ]
}

@test "records are in the file before more is waited for, and are seen there in every format" {
  nax-cost --format csv seven.json >whole.csv
  for format in msgpack csv json; do
    hold $format
    head -n 3 seven.json >&5
    has 3
    sed -n 4p seven.json >&5
    has 4
    run --separate-stderr nax-pareto --unfinished --format csv --rank -o energy_pj:min -f id grown
    [ "$status" -eq 0 ]
    [ "${#lines[@]}" -eq 5 ]
    case $format in
    msgpack)
      [ "$stderr" = "nax-pareto: unfinished after: 'grown: record 4'" ]
      refuses grown "record 5: byte $(wc -c <grown): the file ends without a trailer"
      nax-plot front -q --unfinished --objectives energy_pj:min,area_mm2:min -o front.gp grown
      grep -q plot front.gp
      ;;
    *) [ -z "$stderr" ] ;;
    esac
    sed 1,4d seven.json >&5
    exec 5>&-
    wait "$writer"
    run --separate-stderr nax-view --unfinished --format csv grown
    [ -z "$stderr" ]
    [ "$output" = "$(cat whole.csv)" ]
  done
}

@test "a writer that was killed leaves a file that is an error, but for who takes what there is" {
  hold msgpack
  head -n 5 seven.json >&5
  has 5
  kill -9 "$writer"
  wait "$writer" 2>/dev/null || [ $? -eq 137 ]
  refuses grown "record 6: byte $(wc -c <grown): the file ends without a trailer"
  [ "$(ids -q --unfinished grown | wc -l)" -eq 5 ]
}

@test "filters behind one another pass on what they have" {
  # shellcheck disable=SC2317 # called by hold
  chain() { nax-map "$@" | nax-cost | nax-view --format json --where 'seed>=0'; }
  hold msgpack chain
  head -n 2 seven.json >&5
  has 2
}

@test "wherever a file is cut, the records before are there" {
  for format in msgpack csv json; do
    nax-view --format $format -f id,seed,kernel seven.json >whole
    ids whole >ids
    size=$(wc -c <whole)
    n_before=0
    for cut in $(seq 0 $((size / 13)) $((size - 2))) $((size - 1)); do
      head -c "$cut" whole >part
      run --separate-stderr ids --unfinished part
      [ "$status" -eq 0 ]
      n=${#lines[@]}
      [ "$output" = "$(head -n "$n" ids)" ]
      [ "$n" -ge "$n_before" ]
      n_before=$n
      case $format in
      csv) [ "$n" -eq "$(tail -n +2 part | wc -l)" ] ;;
      json) [ "$n" -eq "$(grep -c '}$' part)" ] ;;
      msgpack) [ "$stderr" = "nax-view: unfinished after: 'part: record $n'" ] ;;
      esac
    done
    [ "$n_before" -ge 6 ]
    [ -n "$stderr" ] || [ $format = json ]
  done
}

@test "the files behind one that is not whole are read, of whatever format; what is broken stays an error" {
  nax-cost --format msgpack seven.json >whole
  head -c -30 whole >part
  head -n 4 seven.json | nax-cost --format csv | head -c -9 >cut.csv
  head -n 2 seven.json | nax-cost --format json | head -c -9 >cut.json
  : >empty
  run --separate-stderr ids --unfinished part empty cut.csv whole cut.json empty
  [ "${#lines[@]}" -eq $((6 + 3 + 7 + 1)) ]
  [ "${#stderr_lines[@]}" -eq 5 ]
  [ "${stderr_lines[1]}" = "nax-view: unfinished after: 'empty: record 0'" ]
  [ "${stderr_lines[4]}" = "nax-view: unfinished after: 'empty: record 0'" ]
  run --separate-stderr nax-pareto -q --unfinished --distinct -o energy_pj:min --rank --format csv -f id part cut.csv whole
  [ "${#lines[@]}" -eq 8 ]
  # a whole stream of what is there, for the next one
  nax-cost -q --unfinished --part 1/2 part empty part >half
  [ "$(ids half | wc -l)" -eq 6 ]
  refuses empty 'empty input'
  nax-view --unfinished --format msgpack empty >none
  [ -z "$(ids none)" ]
  printf 'id,seed\na,1\nb\n' >short.csv
  head -c 100 /dev/zero >zeros
  for file in short.csv zeros; do
    run --separate-stderr nax-view --unfinished "$file"
    [ "$status" -eq 1 ]
    [[ $stderr == "nax-view: $file: "* ]]
  done
  # of a pipe its source speaks
  run --separate-stderr nax-view <part
  [ "$stderr" = "nax-view: standard input: record 7: byte $(wc -c <part): the file ends inside a record" ]
  run --separate-stderr nax-view --unfinished </dev/null # which may have failed
  [ "$status" -eq 1 ]
  [ "$stderr" = 'nax-view: standard input: empty input' ]
}

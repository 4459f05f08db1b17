#!/usr/bin/env bats
# nax-view, and tables of all tools: what is shown, in which order, and what cannot be.
# shellcheck disable=SC2154 # stderr is set by bats

setup() {
  bats_require_minimum_version 1.5.0
  unset COLUMNS
  cd "$BATS_TEST_TMPDIR" || return 1
}

designs() {
  printf '%s\n' id,accuracy,energy_pj,note,rank a,0.91,7500000,x,0 b,0.885,200,y,1 c,,2.5e6,z,1 d,0.95,30250000.5,,0
}

# The first column without head and rule.
ids() { sed 1,3d | cut -d ' ' -f 1 | tr '\n' ' '; }

fails_with() {
  local text=$1
  shift
  run -1 --separate-stderr "$@"
  echo "$stderr"
  [ "$stderr" = "$1: $text" ]
}

@test "a table: units in the head, numbers to the right, what is missing a dash" {
  designs | nax-view >table
  diff - table <<'END'
id  accuracy     energy  note  rank
                     uJ
--  --------  ---------  ----  ----
a     0.9100      7.500  x        0
b     0.8850  0.0002000  y        1
c          -      2.500  z        1
d     0.9500      30.25  -        0
END
  designs | nax-view --format md -f id,energy | head -n 3 | diff - <(
    printf '%s\n' '| id  | energy (uJ) |' '| --- | ----------: |' '| a   |       7.500 |'
  )
}

@test "order, conditions and number" {
  designs >designs.csv
  [ "$(nax-view --sort accuracy designs.csv | ids)" = "b a d c " ]
  [ "$(nax-view --sort accuracy:max designs.csv | ids)" = "d a b c " ]
  [ "$(nax-view --sort note:max designs.csv | ids)" = "c b a d " ]
  [ "$(nax-view --sort energy_pj -n 2 designs.csv | ids)" = "b c " ]
  [ "$(nax-view -n 2 designs.csv | ids)" = "a b " ]
  [ "$(nax-view --where rank=0 --sort energy_pj:max designs.csv | ids)" = "d a " ]
  run -0 --separate-stderr nax-view --where 'rank = 7' --where 'id = a' designs.csv
  [ "$stderr" = "nax-view: --where keeps none of 4 records: 'rank = 7' and others" ]
  [ -z "$output" ]
}

@test "fields of all tools: names, patterns, names without their unit, in the order asked for" {
  [ "$(designs | nax-pareto --rank -o energy_pj:min -f 'r*,energy,id' --format csv | head -n 2)" = "rank,energy_pj,id
2,7500000.0,a" ]
  nax-sample --random 3 | nax-cost -f id,area_mm2 >costs
  [ "$(nax-view --format csv costs | head -n 1)" = id,area_mm2 ]
  nax-sample --random 3 -f 'ker*,width*' --format json | grep -q '^{"kernel":\[[0-9,]*\]}$'
  designs >designs.csv
  fails_with "no such field: 'acuracy'; did you mean 'accuracy'? there are id, accuracy, energy_pj, note, rank" nax-view -f acuracy designs.csv
  fails_with "no such field: 'zebra'; there are id, accuracy, energy_pj, note, rank" nax-view -f zebra designs.csv
  fails_with "no record has such a field: 'area_mm2'" nax-view -f area_mm2,id designs.csv
  fails_with "no record has such a field: 'x*'" nax-view -f 'x*' designs.csv
  nax-view -f 'x*,id' designs.csv
}

@test "a table fits the terminal: lists and texts are shortened, columns named that have no place" {
  nax-sample --random 30 --seed 2 | nax-cost >costs
  for width in 40 60 100 200; do
    COLUMNS=$width nax-view costs >table
    [ "$(wc -L <table)" -le "$width" ]
    [ "$(grep -c '^[0-9a-f]\{16\} ' table)" -eq 30 ]
    [ "$width" -eq 200 ] || grep -q '^not shown: ' table
  done
  grep -qE ' [0-9]+( [0-9]+)* \.\. \[18\] ' table
  nax-view costs >whole
  if grep -q 'not shown' whole; then false; fi
  # a field stands in the head or below the table
  COLUMNS=60 nax-view costs >table
  {
    head -n 1 table
    sed -n '/^not shown/,$p' table | sed 's/(-f chooses)//; s/not shown://; s/\(energy\|latency\|area\|edap\)_[a-z0-9_]*/\1/g'
  } | tr -d , | xargs -n 1 | sort >places
  head -n 1 whole | xargs -n 1 | sort | diff - places
}

@test "on a terminal every tool prints a table, and elsewhere what it did" {
  zsh -fc 'zmodload zsh/zpty && zpty pseudo true' 2>/dev/null || skip "no pseudo terminal can be had here"
  # shellcheck disable=SC2016 # the inner shell's variables
  for command in 'nax-sample --random 2' 'nax-sample --random 2 | nax-cost' 'nax-cost -c'; do
    timeout 60 zsh -f -c 'zmodload zsh/zpty; zpty tool "stty cols 70; $1"; while zpty -r tool line; do print -r -- $line; done' \
      zsh "$command" | tr -d '\r' >table
    grep -qE '^-+(  -+)+$' table
    [ "$(grep -v '^$' table | wc -L)" -le 70 ]
  done
  [ "$(nax-sample --random 2 | head -c 5 | tail -c 4)" = $'\xa3nax' ]
}

@test "a broken stream: the records before it, and the error" {
  { designs; echo e,1; } >broken.csv
  run -1 --separate-stderr nax-view broken.csv
  [ "$(ids <<<"$output")" = "a b c d " ]
  [ "$stderr" = "nax-view: broken.csv: record 5: line 6: 2 cells for 5 names" ]
}

@test "texts are shown, not obeyed" {
  printf 'id,note\na,\033[31mred\033[0m\x9b|\n' | iconv -f latin1 -t utf8 | nax-view >table
  grep -qF 'a   ?[31mred?[0m?|' table
  if LC_ALL=C grep -q $'\033' table; then false; fi
}

@test "what is in data sets and checkpoints" {
  nax-data synth -q --n-train 20 --n-test 10 -o synth.safetensors
  nax-view synth.safetensors >table
  grep -qE '^train_images +U8 +20 32 32 3 +61440$' table
  grep -qE '^name +synth' table
  [ "$(nax-view --format csv -f shape,tensor --where 'tensor = test_labels' synth.safetensors)" = $'shape,tensor\n10,test_labels' ]
  fails_with "field 'tenor': missing; did you mean 'tensor'?" nax-view --where tenor=x synth.safetensors
  nax-view --sort bytes:max -n 1 -f tensor synth.safetensors | grep -q '^train_images$'
  head -c 300 synth.safetensors >half.safetensors
  run -1 nax-view half.safetensors
  [[ $output == *"'half.safetensors'"* ]]
}

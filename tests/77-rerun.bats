#!/usr/bin/env bats
# What streams say of their making, and nax-rerun, which makes them again.
# shellcheck disable=SC2154 # stderr is set by bats

setup() {
  bats_require_minimum_version 1.5.0
  cd "$BATS_TEST_TMPDIR" || return 1
}

# Runs nax-rerun, which has to fail: the words that stderr has to hold, --, arguments.
refused() {
  local words=()
  while [ "$1" != -- ]; do
    words+=("$1")
    shift
  done
  shift
  run -1 --separate-stderr nax-rerun "$@"
  echo "$stderr"
  [ -z "$output" ]
  for word in "${words[@]}"; do
    grep -qF -- "$word" <<<"$stderr"
  done
}

# Makes the stream again, here and by its script elsewhere: the same bytes.
made_again() {
  run -0 --separate-stderr nax-rerun --run again "$1"
  echo "$stderr"
  grep -qxF "nax-rerun: the same bytes as '$1': 'again'" <<<"$stderr"
  cmp "$1" again
  mkdir elsewhere
  nax-rerun -q "$1" >elsewhere/script
  (cd elsewhere && sh script >"$1")
  cmp "$1" "elsewhere/$1"
  rm -r elsewhere again
}

@test "a pipeline comes out again, byte for byte" {
  nax-sample --random 9 --seed 7 | nax-cost --set 'timing.leakage=always' |
    nax-pareto --rank -o energy_pj:min,area_mm2:min --where 'area_mm2 < 900' >front
  made_again front
  run -0 nax-rerun front
  diff - <(echo "$output") <<'END'
#!/bin/sh
set -e
nax-sample --random 9 --seed 7 |
    nax-cost --set timing.leakage=always |
    nax-pareto --rank -o energy_pj:min,area_mm2:min --where 'area_mm2 < 900'
END
  # from standard input, and where a program is called by its path
  cp "$(command -v nax-cost)" "it's"
  nax-sample --random 2 | "./it's" >costs
  nax-rerun <costs | sh >again
  cmp costs again
}

@test "streams that were joined: of each its own program, in order" {
  { nax-sample --random 3; nax-sample --random 2 --seed 5; } | nax-cost >costs
  made_again costs
  nax-rerun costs | grep -qF '{ nax-sample --random 3; nax-sample --random 2 --seed 5; } |'
  # by a program that reads all first, and one that reads what has gone through several
  { nax-sample --random 3; nax-sample --random 2 --seed 5; nax-sample --random 2 --seed 6; } | nax-cost |
    nax-pareto --rank -o energy_pj:min | nax-view --format msgpack >ranked
  made_again ranked
  # of which some have no record
  { nax-sample --random 3 | nax-cost --part 4/4; nax-sample --random 2; } | nax-cost >costs
  made_again costs
  { nax-sample --random 2; nax-sample --random 2 | nax-cost --part 4/4; nax-sample --random 1 --seed 4; } >both
  made_again both
  # or none in the share
  { nax-sample --random 1; nax-sample --random 3 --seed 2; } | nax-cost --part 2/2 >costs
  made_again costs
  { nax-sample --random 3; nax-sample --random 2; nax-sample --random 4; } | nax-cost --distinct >costs
  made_again costs
  # after the last program
  { nax-sample --random 3 | nax-cost; nax-sample --homogeneous | nax-cost -l; } >both
  made_again both
}

@test "files of records that lie between are made again where they are missing, and read where they are the same" {
  nax-sample --random 3 >'a b'
  nax-sample --random 2 --seed 4 | nax-cost >other
  nax-cost 'a b' >costs
  nax-pareto --rank -o energy_pj:min costs other >ranked
  run -0 --separate-stderr nax-rerun --run again ranked
  cmp ranked again
  [ "$(grep -c "^nax-rerun: same: " <<<"$stderr")" -eq 3 ]
  rm 'a b' costs
  made_again ranked # elsewhere, without any
  run -0 --separate-stderr nax-rerun --run again ranked
  [ "$(grep -c "^nax-rerun: missing, and made by the commands: " <<<"$stderr")" -eq 0 ] # they are there again
  cmp ranked again
  rm 'a b'
  run -0 --separate-stderr nax-rerun ranked
  [ "$stderr" = "nax-rerun: same: 'costs'
nax-rerun: missing, and made by the commands: 'a b'
nax-rerun: same: 'other'" ] || { echo "$stderr"; false; }
  grep -qxF "[ -e 'a b' ] || nax-sample --random 3 > 'a b'" <<<"$output"
}

@test "inputs by hash: the same, changed, missing" {
  nax-data synth -q --n-train 60 --n-test 20 -o set.safetensors
  sed 's/^name: .*/name: mine/' "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >mine.yaml
  printf 'network: ./net.yaml\nkernels: [1, 3]\ncrossbars: [32, 64]\n' >space.yaml
  cp "$BATS_TEST_DIRNAME/../examples/networks/lenet-mnist.yaml" net.yaml
  nax-data info --format msgpack set.safetensors >splits
  mkdir -p path/hardware
  sed 's/^name: .*/name: other/' mine.yaml >path/hardware/other.yaml
  nax-sample --space ./space.yaml --random 2 >drawn
  NAX_PATH=$PWD/path nax-cost --hardware ./mine.yaml,other drawn >costs
  nax-rerun splits 2>&1 | grep -qxF "nax-rerun: same: 'set.safetensors'"
  run -0 --separate-stderr nax-rerun costs
  for file in ./mine.yaml "$PWD/path/hardware/other.yaml" drawn ./space.yaml ./net.yaml; do
    grep -qxF "nax-rerun: same: '$file'" <<<"$stderr" || { echo "$file: $stderr"; false; }
  done

  echo '# more' >>mine.yaml
  rm space.yaml
  refused "changed since nax-cost read it: './mine.yaml'" "missing, which nax-sample read: './space.yaml'" \
    "2 of 5 inputs are not as they were; --force to go on" -- costs
  refused "2 of 5 inputs are not as they were" -- --run again costs
  [ ! -e again ]
  run -0 --separate-stderr nax-rerun --force costs
  grep -q '^nax-cost --hardware ./mine.yaml,other drawn$' <<<"$output"
  # a data set with one other byte
  printf '\1' | dd of=set.safetensors bs=1 seek=4000 conv=notrunc status=none
  refused "changed since nax-data read it: 'set.safetensors'" -- splits
  # what is built in goes by its name
  nax-sample --space cifar10 | nax-cost --hardware puma,isaac >plain
  run -0 --separate-stderr nax-rerun plain
  [ -z "$stderr" ]
}

@test "data, hardware and a start of training and of evaluation are among the inputs" {
  nax-data synth -q --n-train 160 --n-test 20 -o set.safetensors
  cp "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" mine.yaml
  nax-sample --random 1 --network resnet20 |
    nax-train -q --data set.safetensors --epochs 1 --fidelity ideal --checkpoint weights >trained
  nax-eval --data set.safetensors --hardware ./mine.yaml --fidelity ideal --images 10 trained >measured
  run -0 --separate-stderr nax-rerun measured
  echo "$stderr"
  for file in set.safetensors ./mine.yaml trained; do
    grep -qxF "nax-rerun: same: '$file'" <<<"$stderr"
  done
  start=$(ls weights/*.safetensors)
  nax-sample --random 1 --network resnet20 | nax-train -q --data set.safetensors --epochs 0 --fidelity ideal --init "$start" >tuned
  nax-rerun tuned 2>&1 | grep -qxF "nax-rerun: same: '$start'"
  printf 'x' | dd of="$start" bs=1 seek=90000 conv=notrunc status=none
  refused "changed since nax-train read it: '$start'" -- tuned
}

@test "what cannot be made again is refused, and says why" {
  nax-sample --random 2 --format csv >designs.csv
  refused "no provenance, which CSV and JSON do not hold: 'designs.csv'" -- designs.csv
  nax-cost --format msgpack <designs.csv >costs
  refused "no file, what nax-cost read from it is not known: 'standard input'" -- costs
  nax-rerun --force costs >script
  sh script <designs.csv | cmp - costs
  nax-cost --format msgpack <(cat designs.csv) >piped
  refused "what nax-cost read from it is not known: '/dev/fd/" -- piped
  # of a version that did not say what it read
  printf '\x82\xa3nax\1\xa4prog\x91\x84\xa4name\xa8nax-cost\xa7version\xa30.0\xa4argv\xa8nax-cost\xa4seed\0\x82\xa3end\xc3\xa1n\0' >old
  refused "old: made by a version that did not say what it read: 'nax-cost 0.0'" -- old
  nax-view --format json old
  # by strangers
  stream() { # NAME ARGV INPUTS
    printf '\x82\xa3nax\1\xa4prog\x91\x83'
    for text in name "$1" argv "$2" inputs "$3"; do
      # shellcheck disable=SC2059 # the length of a string of msgpack
      printf "\\xd9\\x$(printf %02x "${#text}")%s" "$text"
    done
    printf '\x82\xa3end\xc3\xa1n\0'
  }
  stream rm 'rm -rf /' '' >foreign
  refused "foreign: made by no tool of nax: 'rm'" -- foreign
  stream nax-sample "nax-sample \$(touch gone)" '' >expanded
  refused "expanded: no command line: 'nax-sample \$(touch gone)'" -- expanded
  stream nax-sample "nax-sample '; touch gone'" '' >quoted
  [ "$(nax-rerun -q quoted | tail -n 1)" = "nax-sample '; touch gone'" ]
  stream nax-cost bin/nax-cost '@0123456789abcdef -' >orphan
  refused "orphan: made by a program that the stream does not name" -- orphan
  stream nax-cost nax-cost 'word' >odd
  refused "odd: inputs that are no pairs: 'nax-cost'" -- odd
  nax-sample --random 2 | head -c 300 >short
  refused "short: record" -- short
  [ ! -e gone ]
  run -2 nax-rerun old old
}

@test "named pipes, whose writers wait, are opened by the reader alone" {
  mkfifo one two
  nax-sample --random 3 >first
  nax-sample --random 2 --seed 4 >second
  { timeout 20 sh -c 'sleep 0.5; cat first' >one; } 3>&- &
  { timeout 20 cat second >two; } 3>&- &
  sleep 0.3
  timeout 20 nax-cost --format msgpack one two >costs
  wait
  nax-view --format csv costs >piped
  nax-cost first second | nax-view --format csv | diff - piped
}

@test "a script longer than an argument may be runs, too" {
  mapfile -t words < <(yes -- -q | head -n 10000)
  for seed in 1 2 3 4 5; do nax-sample --random 1 --seed "$seed" "${words[@]}"; done >long
  nax-rerun -q long >script
  [ "$(wc -c <script)" -gt 131072 ]
  run -0 --separate-stderr nax-rerun --run again long
  cmp long again
}

@test "a command that fails leaves no file" {
  nax-sample --random 2 | nax-cost >costs
  nax-cost costs >again
  rm costs
  nax-sample --random 3 >costs
  refused "changed since nax-cost read it: 'costs'" -- again
  printf '\1' >costs
  refused "a command failed" -- --force --run out again
  [ ! -e out ]
}

#!/usr/bin/env bats
# Every tool against every fault: closed streams, signals, kills, files that are none.
# KILLS: how often each program is killed at a random moment (10; make soak: 100).

bats_require_minimum_version 1.5.0
load helpers/data
load helpers/faults

@test "closed streams: an error where one is needed, and no file gets what was meant for it" {
  exits() { # STATUS COMMAND...
    local expected=$1 status=0
    shift
    bash -c "$*" 2>err || status=$?
    [ "$status" -eq "$expected" ] || { echo "$*: $status"; cat err; false; }
  }
  exits 1 'nax-sample --random 3 >&-'
  exits 1 'nax-cost <&- >out'
  grep -q "cannot read: 'standard input': Bad file descriptor" err
  for tool in nax-cost nax-map nax-pareto 'nax-plot curves -o x.svg'; do
    exits 1 "$tool - <&- >out"
  done
  exits 1 "nax-cost $files/costs >&-"
  exits 1 "nax-eval -q --data $files/small.safetensors --fidelity ideal $files/trained.csv >&-"
  exits 1 "$train -q --epochs 1 --log log.csv $files/c.csv >&-"
  [ "$(head -n 1 log.csv | cut -d, -f 1-2)" = id,epoch ] && [ "$(wc -l <log.csv)" -eq 2 ]
  exits 0 "$train --epochs 1 --log log.csv $files/c.csv 2>&- >out"
  [ "$(wc -l <log.csv)" -eq 2 ]
  exits 0 "nax-plot curves -q -o x.svg log.csv >&- <&-"
  exits 0 "nax-data synth --n-train 20 --n-test 10 -o x.safetensors >&- <&- 2>&-"
  nax-data info x.safetensors >out
  # who reads has gone, and the signal for that is ignored
  exits 1 "trap '' PIPE; { nax-sample --random 100000; echo \$? >status; } | true; exit \$(cat status)"
  grep -q "cannot write: 'standard output': Broken pipe" err
}

# ends SIGNAL COMMAND...: upon it within a second or two of a busy machine, by it, and with one line
ends() {
  local signal=$1 start status=0
  shift
  env --default-signal=INT "$@" >out 2>err <input 9>&- &
  pid=$!
  sleep "0.$((RANDOM % 6 + 2))"
  start=$(date +%s%N)
  kill -"$signal" $pid
  wait $pid || status=$?
  if [ "$status" -ne $((128 + $(kill -l "$signal"))) ] || [ $(($(date +%s%N) - start)) -gt 3000000000 ] ||
    ! grep -q "^nax-[a-z]*: interrupted" err; then
    echo "$*: $status, $((($(date +%s%N) - start) / 1000000)) ms"
    cat err
    return 1
  fi
  none_left
}

@test "signals end a tool whatever it is at" {
  mkfifo input
  exec 9<>input # whose end never comes
  for tool in nax-sample\ --evolve nax-cost nax-map nax-pareto 'nax-plot curves -o x.svg' nax-xbar \
    "nax-train --data $files/small.safetensors" "nax-eval --data $files/small.safetensors"; do
    # shellcheck disable=SC2086 # words
    ends TERM $tool -
  done
  ends INT nax-sample --random 1000000000
  ends HUP nax-xbar --random 900 --count 100000
  ends TERM nax-data synth --n-train 3000000 -o x.safetensors
  [ ! -e x.safetensors ]
  for signal in INT TERM HUP; do
    # shellcheck disable=SC2086
    ends $signal $train --epochs 100000 "$files/c.csv"
    ends $signal $search --epochs 100000
  done
  ends TERM nax-train --data "$files/small.safetensors" --epochs 3 --noise-aware 3 --fidelity full --images 0 --batch 20 "$files/c.csv"
  ends TERM nax-eval --data "$files/small.safetensors" --chips 10000 "$files/trained.csv"
  ends TERM nax-eval -l --circuit 100000 --data "$files/small.safetensors" "$files/trained.csv"
  # what was done is kept
  nax-sample --random 100000000 --format csv >out &
  pid=$!
  sleep 0.5
  kill -TERM $pid
  wait $pid || [ $? -eq 143 ]
  [ "$(awk -F, '{ print NF }' out | sort -u | wc -l)" -eq 1 ] && [ "$(wc -l <out)" -gt 100 ]
  [ "$(tail -c 1 out | od -An -c | tr -d ' ')" = '\n' ]
}

@test "a signal that was ignored stays so, and a reader that stopped reading holds nobody" {
  (
    trap '' INT TERM HUP
    exec nax-cost <(sleep 1; cat "$files/costs") >out
  ) &
  pid=$!
  for signal in INT TERM HUP; do
    sleep 0.1
    kill -$signal $pid
  done
  wait $pid
  nax-pareto -o energy_pj:min out >/dev/null
  mkfifo stuck
  exec 8<>stuck # which nobody reads
  nax-sample --random 100000000 >stuck 8>&- &
  pid=$!
  sleep 0.5
  kill -TERM $pid
  status=0
  wait $pid || status=$?
  [ "$status" -eq 143 ]
}

@test "a data set that shrinks while it is read is an error" {
  cp "$files/small.safetensors" shrinks.safetensors
  nax-train --data shrinks.safetensors --epochs 100000 --batch 20 "$files/c.csv" >out 2>err &
  pid=$!
  for _ in $(seq 1000); do
    grep -q epoch err && break
    sleep 0.01
  done
  truncate -s 3000 shrinks.safetensors
  status=0
  wait $pid || status=$?
  [ "$status" -eq 1 ]
  [ "$(tail -n 1 err)" = "nax-train: cannot read, shorter than it was when it was opened: 'shrinks.safetensors'" ]
}

@test "what is no regular file is refused at once where one is needed" {
  mkfifo fifo.yaml fifo
  for path in fifo /dev/zero; do
    yaml=./fifo.yaml
    [ $path = fifo ] || yaml=/dev/../dev/zero
    for command in "nax-sample --space $yaml" "nax-sample --network $yaml" "nax-cost --hardware $yaml $files/costs" \
      "nax-data info $path" "nax-train --data $path $files/c.csv" "nax-search --data $path" \
      "nax-train --init $path $files/c.csv" "nax-map --set device.programming.table=$path $files/costs --set device.programming.error=measured"; do
      status=0
      # shellcheck disable=SC2086 # words
      timeout 10 $command >out 2>err || status=$?
      [ "$status" -eq 1 ] && grep -q 'not a regular file' err || { echo "$command: $status"; cat err; false; }
    done
  done
}

@test "folders on the way to checkpoints and caches are made" {
  # shellcheck disable=SC2086 # words
  $train -q --epochs 1 --checkpoint a/b/c --cache d/e "$files/c.csv" >out
  [ -n "$(ls a/b/c)" ] && [ -n "$(ls d/e)" ]
  # shellcheck disable=SC2086
  $search -q --epochs 1 --checkpoint f/g >out
  [ -e f/g/search.safetensors ]
}

# killed WORDS...: kills it at random moments and, every second time, at a write, an fsync or a rename
killed() {
  local calls=(write fsync rename) fault
  for i in $(seq "${KILLS:-10}"); do
    fault=
    [ $((i % 2)) -eq 0 ] || [[ $BUILD == *sanitize* ]] || fault="${calls[RANDOM % 3]} $((RANDOM % 4 + 1)) 0"
    LD_PRELOAD=${fault:+$files/faults.so} FAULT=$fault setsid "$@" >cut.out 2>/dev/null &
    pid=$!
    [ -n "$fault" ] || sleep "0.$((RANDOM % 30 + 10))"
    [ -n "$fault" ] || kill -KILL -$pid 2>/dev/null || true
    wait $pid || true
  done
}

@test "killed at random moments, training ends in the same bytes" {
  for more in '' '--noise-aware 2 --refresh 5 --fidelity adc'; do
    # shellcheck disable=SC2086 # words
    command="$train -q --epochs 5 --seed 3 --save-every 0 $more $files/c.csv"
    $command --checkpoint whole --log whole.csv >whole.out
    killed $command --checkpoint cut --cache cache --log cut.csv --resume
    $command --checkpoint cut --cache cache --log cut.csv --resume >cut.out
    diff -r whole cut
    [ "$(cut -d, -f 1-7 whole.csv)" = "$(cut -d, -f 1-7 cut.csv)" ]
    diff <(seconds_out whole.out) <(seconds_out cut.out)
    none_left
    rm -r whole cut cache ./*.csv
  done
}

# A record without what a clock and a folder say
seconds_out() {
  nax-pareto --rank --format json -o accuracy:max "$1" | sed 's/"train_seconds":[^,}]*//; s/"checkpoint":[^,}]*//'
}

@test "killed at random moments, a search ends in the same bytes" {
  # shellcheck disable=SC2086 # words
  $search -q --epochs 4 --checkpoint whole --log whole.csv >whole.out
  # shellcheck disable=SC2086
  killed $search -q --epochs 4 --checkpoint cut --log cut.csv --resume
  # shellcheck disable=SC2086
  $search -q --epochs 4 --checkpoint cut --log cut.csv --resume >cut.out
  cmp whole/search.safetensors cut/search.safetensors
  [ "$(cut -d, -f 1-11 whole.csv)" = "$(cut -d, -f 1-11 cut.csv)" ]
  none_left
}

@test "killed at random moments, a pipeline ends in the same designs" {
  export DATA=$files/small.safetensors NETWORK=lenet EPOCHS=2 N=3
  random=$BATS_TEST_DIRNAME/../pipelines/random
  "$random" whole
  killed "$random" cut
  "$random" cut
  diff <(seconds_out whole/random) <(seconds_out cut/random)
  none_left
  [ "$(cd whole && find . -type f ! -name '*.now.*' | sort)" = "$(cd cut && find . -type f ! -name '*.now.*' | sort)" ]
}

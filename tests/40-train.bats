#!/usr/bin/env bats
# nax-train: what it learns, that it can be stopped at any moment, and what it refuses.

bats_require_minimum_version 1.5.0
load helpers/colours
load helpers/data

# Waits half a minute at most until a checkpoint stands in a folder: wait_for FOLDER
wait_for() {
  for _ in $(seq 3000); do
    [ -n "$(find "$1" -name '*.safetensors' 2> /dev/null)" ] && return
    sleep 0.01
  done
  return 1
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# Learnt: the loss of a batch of ten classes is 2.303 by chance
learnt=0.5 unlearnt=1.5
# Losses of an epoch by other kernels: in fp32, and where every product rounds its factors to bf16
tolerance_fp32=1e-4 tolerance_bf16=1e-2

# One candidate of a network as CSV: candidate NETWORK KERNEL CROSSBAR
candidate() {
  printf 'network,kernel,crossbar\n%s,%s,%s\n' "$1" "$2" "$3"
}

# ./little.yaml, whose circuits are solved in a moment
little() {
  printf '%s\n' 'name: little' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - conv: {out: 4, kernel: 3, stride: 2}' \
    '  - conv: {out: 8, kernel: 3, stride: 2}' '  - pool: {kind: mean}' '  - linear: {role: classifier}' > little.yaml
}

# The value of a column of CSV on stdin: column NAME [ROW]
column() {
  awk -F, -v name="$1" -v row="${2:-1}" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
    NR == row + 1 { print $c }'
}

# The losses of the epochs that a log on stderr tells
losses() { awk '{ for (i = 1; i < NF; i++) if ($i == "loss") print $(i + 1) + 0 }'; }

# refused MESSAGE COMMAND...: fails with status 1, and says so
refused() {
  local message="$1"
  shift
  run --separate-stderr "$@"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"$message"* ]]
}

# A checkpoint on stdin, to stdout, with another value in its metadata: meta KEY VALUE
meta() {
  perl -e '
    my ($key, $value) = @ARGV;
    binmode STDIN; binmode STDOUT;
    local $/;
    my $all = <STDIN>;
    my $length = unpack "Q<", $all;
    my $header = substr $all, 8, $length;
    $header =~ s/("\Q$key\E": ?)"[^"]*"/$1"$value"/ or die;
    $header =~ s/ +$//;
    $header .= " " while (8 + length $header) % 64;
    print pack("Q<", length $header), $header, substr $all, 8 + $length;' "$1" "$2"
}

small() {
  nax-data synth -q --n-train 300 --n-test 60 --seed 5 -o small.safetensors
}

@test "loss falls, with every field there" {
  colours colours.safetensors 700 200
  candidate lenet '5 5' '32 32' > c.csv
  nax-train --data colours.safetensors --epochs 5 --batch 50 --rate 0.05 c.csv > out.csv 2> log
  [ "$(grep -c 'epoch . of 5' log)" -eq 5 ]
  losses < log | awk -v low=$learnt -v high=$unlearnt '{ loss[NR] = $1 } END { exit !(loss[1] > high && loss[5] < low) }'
  for field in accuracy accuracy_ideal accuracy_validation epochs train_seconds data status; do
    [ -n "$(column "$field" < out.csv)" ]
  done
  awk -v a="$(column accuracy < out.csv)" 'BEGIN { exit !(a > 0.5) }'
  [ "$(column status < out.csv)" = ok ]
  [ "$(column data < out.csv)" = cifar10 ]
}

@test "the same bits for any number of threads" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  for j in 1 2 5; do
    nax-train -q -j $j --data small.safetensors --epochs 1 --batch 48 --checkpoint run$j c.csv > out$j.csv
  done
  cmp run1/*.safetensors run2/*.safetensors
  cmp run1/*.safetensors run5/*.safetensors
  [ "$(column accuracy < out1.csv)" = "$(column accuracy < out5.csv)" ]
}

@test "killed at any moment and resumed, it ends in the same bits" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  train="nax-train -q --data small.safetensors --epochs 12 --batch 20 --seed 3"
  $train --checkpoint whole c.csv > whole.csv
  for delay in 0.0 0.05 0.2; do
    $train --checkpoint cut --resume c.csv > cut.csv &
    pid=$!
    wait_for cut
    sleep $delay
    kill -KILL $pid
    wait $pid || true
  done
  $train --checkpoint cut --resume c.csv > cut.csv
  cmp whole/*.safetensors cut/*.safetensors
  [ "$(column accuracy < whole.csv)" = "$(column accuracy < cut.csv)" ]
}

@test "an interrupt ends the step, says how to go on, and loses nothing" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  train="nax-train --data small.safetensors --epochs 40 --batch 20"
  $train -q --checkpoint whole c.csv > whole.csv
  mkfifo input
  exec 9<> input # whose end never comes: the program is there when the signal is
  for signal in INT TERM HUP; do
    rm -f log
    env --default-signal=INT $train --checkpoint cut --save-every 0 --resume < input > cut.csv 2> log 9>&- &
    pid=$!
    cat c.csv >&9
    for _ in $(seq 3000); do
      grep -q epoch log && break
      sleep 0.01
    done
    kill -$signal $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq $((128 + $(kill -l $signal))) ]
    grep -q 'interrupted: to continue, add --resume' log
  done
  $train -q --checkpoint cut --resume c.csv > cut.csv
  cmp whole/*.safetensors cut/*.safetensors
  [ "$(column accuracy < whole.csv)" = "$(column accuracy < cut.csv)" ]
}

@test "a checkpoint that cannot be written is an error, and the last one stays" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  run --separate-stderr nax-train -q --data small.safetensors --epochs 1 --checkpoint /proc/none c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"cannot make folder: '/proc/none'"* ]]
  nax-train -q --data small.safetensors --epochs 1 --checkpoint run c.csv > /dev/null
  cp run/*.safetensors before
  # a limit on the size of files stands for a full disk
  run --separate-stderr bash -c 'trap "" XFSZ; ulimit -f 20
    nax-train -q --data small.safetensors --epochs 1 --seed 1 --checkpoint run c.csv'
  [ "$status" -eq 1 ]
  [[ "$stderr" == *".safetensors"* ]]
  cmp before run/*.safetensors
}

@test "a run that diverges passes on and the stream goes on" {
  small
  { candidate lenet '5 5' '32 32'; echo 'lenet,3 3,16 16'; } > c.csv
  nax-train -q --data small.safetensors --epochs 1 --batch 20 --rate 1e9 c.csv > out.csv
  [ "$(column status 1 < out.csv)" = diverged ]
  [ "$(column status 2 < out.csv)" = diverged ]
  [ -z "$(column accuracy 1 < out.csv)" ]
}

@test "a design that is trained again keeps nothing of the weights that it had" {
  small
  little
  candidate ./little.yaml '3 3' '16 16' > c.csv
  fit="nax-train -q --data small.safetensors --batch 20 --epochs 2"
  $fit --fidelity linear --checkpoint run c.csv | nax-eval -q --data small.safetensors --chips 2 --calibrate 20 |
    nax-eval -q --data small.safetensors --chips 2 --split validation |
    awk -F, 'NR == 1 { print $0 ",accuracy,accuracy_sd,accuracy_difference,n_seeds,epochs_stopped,label_of_mine" }
      NR > 1 { print $0 ",0.9,0.1,0.3,2,1,7" }' > before.csv
  [ -n "$(column accuracy_hardware_validation_sd < before.csv)" ]
  $fit --fidelity ideal --seed 1 before.csv > out.csv
  $fit --fidelity ideal --seed 1 c.csv > fresh.csv
  $fit --fidelity ideal --rate 1e9 before.csv > wild.csv
  for field in accuracy accuracy_se accuracy_ideal accuracy_validation weights weights_hash fidelity status; do
    [ "$(column $field < out.csv)" = "$(column $field < fresh.csv)" ]
  done
  [ "$(column label_of_mine < out.csv)" = 7 ]
  for field in accuracy_sd accuracy_difference accuracy_hardware_validation accuracy_hardware_validation_sd n_seeds chips \
    epochs_stopped checkpoint; do
    [[ ",$(head -n 1 out.csv)," != *,$field,* ]]
    [[ ",$(head -n 1 wild.csv)," != *,$field,* ]]
  done
  [ "$(column status < wild.csv)" = diverged ]
  [ -z "$(column accuracy < wild.csv)" ]
  for field in accuracy_se accuracy_ideal accuracy_validation weights_hash fidelity; do
    [[ ",$(head -n 1 wild.csv)," != *,$field,* ]]
  done
}

@test "what diverges leaves no checkpoint that cannot be resumed, and passes on again" {
  small
  little
  { candidate ./little.yaml '3 3' '16 16'; echo './little.yaml,3 3,32 32'; } > c.csv
  wild="nax-train -q --data small.safetensors --fidelity ideal --batch 20 --epochs 3 --rate 1e9 --decay 1 --muon 0 --warmup 0"
  for _ in 1 2; do
    $wild --save-every 0 --checkpoint run --resume c.csv > out.csv
    [ "$(column status 1 < out.csv)" = diverged ]
    [ "$(column status 2 < out.csv)" = diverged ]
  done
  # without an epoch: images that the start's statistics make infinite
  candidate ./little.yaml '3 3' '16 16' | nax-train -q --data small.safetensors --fidelity ideal --epochs 1 --checkpoint kept > kept.csv
  meta pixel_sd '1e-300 1e-300 1e-300' < "$(column checkpoint < kept.csv)" > start
  for keep in '' '--checkpoint zero'; do
    # shellcheck disable=SC2086 # words on purpose
    nax-train -q --data small.safetensors --fidelity ideal --epochs 0 --init start $keep c.csv > out.csv
    [ "$(column status 1 < out.csv)" = diverged ]
    [ "$(column status 2 < out.csv)" = diverged ]
  done
  [ -z "$(ls -A zero)" ]
}

@test "bad candidates: a line that names file, record and field; those before are written" {
  small
  train=(nax-train -q --data small.safetensors --epochs 1)
  { candidate lenet '5 5' '32 32'; echo 'lenet,5 5 5,32 32 32'; } > c.csv
  run --separate-stderr "${train[@]}" c.csv
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 2 ]
  [[ "$stderr" == *"c.csv: record 2"*"'kernel'"* ]]
  candidate lenet '4 5' '32 32' > c.csv
  run --separate-stderr "${train[@]}" c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"record 1"* ]]
  candidate nosuch '5 5' '32 32' > c.csv
  run --separate-stderr "${train[@]}" c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"'nosuch'"* ]]
  printf 'network,kernel\nlenet,5 5\n' > c.csv
  run --separate-stderr "${train[@]}" c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"'crossbar'"* ]]
}

@test "data and checkpoints that do not fit" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  run --separate-stderr nax-train -q --data none.safetensors c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"none.safetensors"* ]]
  candidate resnet18-tiny '3 3 3 3 3 3 3 3 3 3 3 3 3 3 3 3' \
    '64 64 64 64 64 64 64 64 64 64 64 64 64 64 64 64' > big.csv
  run --separate-stderr nax-train -q --data small.safetensors big.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"32x32x3"* ]]
  nax-train -q --data small.safetensors --epochs 1 --checkpoint run c.csv > /dev/null
  run --separate-stderr nax-train -q --data small.safetensors --epochs 2 --checkpoint run --resume c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"checkpoint of another run: 'run/"*": epochs is 1 there and 2 here"*"--init 'run/"*".safetensors' to start from its weights, and --extend to go on with them"* ]]
  head -c 1000 run/*.safetensors > truncated
  mv truncated run/"$(ls run)"
  run --separate-stderr nax-train -q --data small.safetensors --epochs 1 --checkpoint run --resume c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *".safetensors"* ]]
}

@test "candidates side by side: the same results in the same order" {
  small
  { candidate lenet '5 5' '32 32'; echo 'lenet,3 3,16 16'; echo 'lenet,3 5,64 16'; } > c.csv
  fit="nax-train -q --data small.safetensors --epochs 1 --batch 50 --images 50 --fidelity linear"
  $fit --checkpoint one c.csv > one.csv
  $fit --parallel 2 -j 3 --checkpoint two c.csv > two.csv
  for field in kernel accuracy accuracy_ideal accuracy_validation status; do
    for row in 1 2 3; do
      [ "$(column $field $row < one.csv)" = "$(column $field $row < two.csv)" ]
    done
  done
  for file in one/*; do
    cmp "$file" "two/${file#one/}"
  done
  # those before a bad record are written, though it is read while they are at work
  { cat c.csv; echo 'lenet,4 5,32 32'; } > bad.csv
  run --separate-stderr $fit --parallel 3 bad.csv
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 4 ]
  [[ "$stderr" == *"bad.csv: record 4"* ]]
}

@test "candidates side by side leave while input is waited for" {
  small
  little
  mkfifo input
  exec 9<> input # whose end never comes
  nax-train -q --data small.safetensors --epochs 1 --batch 50 --fidelity ideal --parallel 3 < input > out.csv 9>&- &
  pid=$!
  { candidate ./little.yaml '3 3' '16 16'; echo './little.yaml,5 5,16 16'; } >&9
  for _ in $(seq 3000); do
    [ "$(wc -l < out.csv)" -lt 3 ] || break
    sleep 0.01
  done
  kill $pid
  wait $pid || true
  [ "$(wc -l < out.csv)" -eq 3 ]
  [ "$(column kernel 1 < out.csv)" = '3 3' ]
}

@test "a cache repeats nothing, and tells a damaged entry and another run" {
  small
  { candidate lenet '5 5' '32 32'; echo 'lenet,3 3,16 16'; } > c.csv
  fit="nax-train --data small.safetensors --batch 50 --images 50 --fidelity linear --cache cache"
  head -n 2 c.csv > first.csv
  $fit --epochs 1 first.csv > first-out.csv 2> log
  [ "$(grep -c epoch log)" -eq 1 ]
  $fit --epochs 1 c.csv > out.csv 2> log
  [ "$(grep -c epoch log)" -eq 1 ]
  [ "$(head -n 2 out.csv)" = "$(cat first-out.csv)" ]
  $fit --epochs 1 c.csv > again.csv 2> log
  [ ! -s log ]
  cmp out.csv again.csv
  for other in '--epochs 2' '--epochs 1 --seed 1' '--epochs 1 --rate 0.2' '--epochs 1 --muon 0.1' '--epochs 1 --cutout 5' \
    '--epochs 1 --set device.r_on_ohm=50000' '--epochs 1 --noise-aware 1'; do
    # shellcheck disable=SC2086 # words on purpose
    $fit $other first.csv 2> log > other.csv
    grep -q epoch log
  done
  # half an entry, and one with a bit turned over
  for entry in cache/*; do
    head -c 100 "$entry" > half
    cp half "$entry"
  done
  $fit --epochs 1 c.csv > again.csv 2> log
  [ "$(grep -c epoch log)" -eq 2 ]
  for entry in cache/*; do
    sed -i 's/synth/sinth/' "$entry"
  done
  $fit --epochs 1 c.csv > again.csv 2> log
  [ "$(grep -c epoch log)" -eq 2 ]
  [ "$(column accuracy 2 < out.csv)" = "$(column accuracy 2 < again.csv)" ]
  # a result whose weights are wanted but not there
  $fit --epochs 1 --checkpoint run first.csv > again.csv 2> log
  grep -q epoch log
  $fit --epochs 1 --checkpoint run first.csv > again.csv 2> log
  [ ! -s log ]
  [ -e "$(column checkpoint < again.csv)" ]
}

@test "a cached result is of the weights that the folder has" {
  small
  little
  candidate ./little.yaml '3 3' '16 16' > c.csv
  fit="nax-train --data small.safetensors --batch 50 --fidelity ideal --epochs 1 --cache cache"
  $fit -q --checkpoint one c.csv > one.csv
  mkdir two # the same name, as another processor would make it
  meta pixel_sd '0.3 0.2 0.4' < "$(column checkpoint < one.csv)" > "two/$(column weights < one.csv).safetensors"
  for folder in two one; do
    $fit --checkpoint $folder c.csv > out.csv 2> log
    grep -q 'trained before' log
    nax-eval -q --data small.safetensors --fidelity ideal out.csv > eval.csv
    [ "$(column accuracy < eval.csv)" = "$(column accuracy < out.csv)" ]
    $fit --checkpoint $folder c.csv 2> log | cmp out.csv -
    [ ! -s log ]
  done
}

@test "two processes share a cache" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  echo 'lenet,3 3,16 16' >> c.csv
  fit="nax-train --data small.safetensors --batch 50 --images 50 --fidelity ideal --epochs 1 --cache cache"
  $fit -q c.csv > one.csv &
  pid=$!
  $fit -q c.csv > two.csv
  wait $pid
  for column in accuracy accuracy_validation; do
    [ "$(column $column 2 < one.csv)" = "$(column $column 2 < two.csv)" ]
  done
  $fit c.csv > three.csv 2> log
  [ ! -s log ]
  [ "$(find cache -type f | wc -l)" -eq 2 ]
}

@test "a log of epochs, which a resumed run continues" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  fit="nax-train -q --data small.safetensors --epochs 2 --batch 50 --images 50 --fidelity linear --log log.csv"
  $fit --checkpoint run c.csv > out.csv
  [ "$(cut -d, -f 2 log.csv | paste -s -d ' ')" = 'epoch 1 2' ]
  [ "$(column accuracy_validation 2 < log.csv)" = "$(column accuracy_validation < out.csv)" ]
  $fit --checkpoint run --resume c.csv > out.csv
  [ "$(cut -d, -f 2 log.csv | paste -s -d ' ')" = 'epoch 1 2' ]
  # killed after an epoch was told and before it was kept: what is trained again is told once
  { cat log.csv; echo 'torn,1'; } > torn.csv
  mv torn.csv log.csv
  $fit --checkpoint other --resume c.csv > out.csv
  [ "$(cut -d, -f 2 log.csv | paste -s -d ' ')" = 'epoch 1 2' ]
  # what others told stays
  sed -i '2,$s/^[^,]*/another/' log.csv
  $fit --validation 0 --seed 1 --checkpoint third --resume c.csv > out.csv
  [ "$(cut -d, -f 2 log.csv | paste -s -d ' ')" = 'epoch 1 2 1 2' ]
  # a run that is not continued begins a log of its own
  $fit c.csv > out.csv
  [ "$(cut -d, -f 2 log.csv | paste -s -d ' ')" = 'epoch 1 2' ]
  # a device is told once what is told
  $fit --log /dev/stderr c.csv 2> log.csv > out.csv
  [ "$(cut -d, -f 2 log.csv | paste -s -d ' ')" = 'epoch 1 2' ]
  run --separate-stderr nax-train -q --epochs 1 --log /dev/full c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"'/dev/full'"* ]]
  run --separate-stderr nax-train -q --log none/log.csv c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"cannot write: 'none/log.csv'"* ]]
}

@test "a log stays where a run is refused, or trains nothing" {
  small
  little
  candidate ./little.yaml '3 3' '16 16' > c.csv
  fit="nax-train -q --data small.safetensors --epochs 1 --batch 50 --fidelity ideal --cache cache --log log.csv"
  $fit c.csv > out.csv
  cp log.csv before
  sed 's/,3 3,/,4 3,/' c.csv > bad.csv
  run -1 $fit --seed 1 bad.csv
  cmp before log.csv
  $fit c.csv > again.csv # by the cache
  cmp before log.csv
  $fit --seed 1 c.csv > out.csv
  run -1 cmp before log.csv
  [ "$(wc -l < log.csv)" -eq 2 ]
}

@test "from a checkpoint, of a file or a folder" {
  small
  { candidate lenet '5 5' '32 32'; echo 'lenet,5 5,64 16'; } > c.csv
  fit="nax-train -q --data small.safetensors --epochs 1 --batch 50 --images 50 --fidelity linear"
  head -n 2 c.csv | $fit --checkpoint run > first.csv
  file=$(column checkpoint < first.csv)
  # so small a rate changes nothing that counts
  $fit --rate 1e-9 --init "$file" c.csv > out.csv
  [ "$(column accuracy_validation 1 < out.csv)" = "$(column accuracy_validation 2 < out.csv)" ]
  $fit --rate 1e-9 --init run first.csv > folder.csv
  [ "$(column accuracy_ideal < folder.csv)" = "$(column accuracy_ideal < out.csv)" ]
  run --separate-stderr $fit --init run c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"record 1: no field 'weights' that names a file in the folder; give --init the file: 'run'" ]]
  sed "s/,$(column weights < first.csv),/,..\/0123456789abc,/" first.csv > outside.csv
  run --separate-stderr $fit --init run outside.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"no field 'weights'"* ]]
  candidate lenet '3 3' '32 32' > c.csv
  run --separate-stderr $fit --init "$file" c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"another shape"* ]]
}

@test "a log is of one process: another is refused while it writes" {
  small
  little
  candidate ./little.yaml '3 3' '16 16' > c.csv
  fit="nax-train -q --data small.safetensors --batch 50 --fidelity ideal --epochs 1 --log log.csv"
  mkfifo input
  exec 9<> input # whose end never comes
  $fit < input > out.csv 9>&- &
  pid=$!
  cat c.csv >&9
  for _ in $(seq 3000); do
    [ ! -s out.csv ] || break
    sleep 0.01
  done
  cp log.csv before
  refused "another process writes it; give each a --log of its own: 'log.csv'" $fit --seed 1 c.csv
  cmp before log.csv
  kill $pid
  wait $pid || true
  $fit --seed 1 c.csv > out.csv
  run -1 cmp before log.csv
}

@test "resumed from a folder: a design with weights of several seeds" {
  small
  little
  candidate ./little.yaml '3 3' '16 16' > c.csv
  fit="nax-train -q --data small.safetensors --batch 50 --fidelity ideal"
  for seed in 1 2; do $fit --epochs 1 --seed $seed --checkpoint base c.csv > $seed.csv; done
  { cat 1.csv; sed 1d 2.csv; } > seeds.csv
  for _ in 1 2; do
    $fit --epochs 2 --init base --checkpoint tuned --resume seeds.csv > out.csv
    [ "$(column weights 1 < out.csv)" != "$(column weights 2 < out.csv)" ]
  done
  refused ': rate is 0.1 there and 0.2 here' $fit --epochs 2 --init base --checkpoint tuned --resume --rate 0.2 seeds.csv
}

@test "from a folder: what diverged passes on, and what is not finished is told" {
  small
  little
  { candidate ./little.yaml '3 3' '16 16'; echo './little.yaml,5 5,16 16'; } > c.csv
  fit="nax-train -q --data small.safetensors --batch 50 --fidelity ideal"
  head -n 2 c.csv | $fit --epochs 1 --checkpoint base --rate 1e9 > wild.csv
  $fit --epochs 1 --checkpoint base c.csv > good.csv
  nax-view -q --format json wild.csv good.csv > both.json
  for words in '' '--checkpoint tuned --resume --halving 1'; do
    # shellcheck disable=SC2086 # words on purpose
    $fit --epochs 2 --init base $words --format json both.json > out.json
    cmp <(sed -n 1p out.json) <(sed -n 1p both.json)
    [ "$(grep -c '"status":"ok"' out.json)" -eq 2 ]
  done
  file=$(column checkpoint 1 < good.csv)
  mv "$file" "${file%.safetensors}.part.safetensors"
  refused "record 2: weights that are not finished; leave the design out, or train them on by --resume: 'base/" \
    $fit --epochs 2 --init base both.json
}

@test "finished weights go on for more epochs, by the rest of their schedule" {
  colours colours.safetensors 700 20
  candidate lenet '5 5' '32 32' > c.csv
  fit="nax-train --data colours.safetensors --batch 50 --fidelity ideal --schedule cosine --rate 0.05 --checkpoint run"
  $fit -q --epochs 2 c.csv > out.csv
  short=$(column checkpoint < out.csv)
  $fit --epochs 5 --init "$short" --extend --log rest.csv c.csv > longer.csv 2> log
  [ "$(grep -c 'epoch [345] of 5' log)" -eq 3 ]
  [ "$(grep -c 'epoch . of 5' log)" -eq 3 ]
  [ "$(column epochs < longer.csv)" = 5 ]
  [ "$(column weights < longer.csv)" != "$(column weights < out.csv)" ]
  # rates are those of the longer schedule, and what was learnt is not lost
  $fit -q --epochs 5 --log whole.csv c.csv > whole
  [ "$(column learning_rate 1 < rest.csv)" = "$(column learning_rate 3 < whole.csv)" ]
  [ "$(column learning_rate 3 < rest.csv)" = "$(column learning_rate 5 < whole.csv)" ]
  awk -v rest="$(column loss_train 1 < rest.csv)" -v start="$(column loss_train 1 < whole.csv)" 'BEGIN { exit !(rest < start) }'
  run --separate-stderr $fit -q --epochs 2 --init "$short" --extend c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *" is no more than it has, "* ]]
  run --separate-stderr $fit -q --extend c.csv
  [ "$status" -eq 2 ]
}

@test "the first step starts from the checkpoint" {
  colours colours.safetensors 700 10
  candidate lenet '5 5' '32 32' > c.csv
  fit="nax-train -q --data colours.safetensors --fidelity ideal"
  $fit --epochs 5 --batch 50 --rate 0.05 --checkpoint run c.csv > out.csv
  for init in '' "--init $(echo run/*)"; do # one step an epoch: its loss is that of the weights at the start
    # shellcheck disable=SC2086 # words on purpose
    $fit --epochs 1 --batch 630 --log log.csv $init c.csv > out.csv
    column loss_train < log.csv
  done | awk -v low=$learnt -v high=$unlearnt '{ loss[NR] = $1 } END { exit !(loss[1] > high && loss[2] < low) }'
}

@test "weights from other images keep their pixels' statistics: for all designs that share them" {
  small
  little
  nax-data synth -q --n-train 60 --n-test 20 --seed 9 -o others.safetensors
  { candidate ./little.yaml '3 3' '16 16'; echo './little.yaml,3 3,32 32'; } > c.csv
  fit="nax-train -q --batch 20 --fidelity ideal --epochs 1"
  head -n 2 c.csv | $fit --data others.safetensors --checkpoint run > first.csv
  $fit --data small.safetensors --init run/*.safetensors c.csv > out.csv
  for field in weights weights_hash accuracy accuracy_validation; do
    [ "$(column $field 1 < out.csv)" = "$(column $field 2 < out.csv)" ]
  done
  [ "$(column train_seconds 2 < out.csv)" = 0.0 ]
}

@test "weights that designs share, scored without training" {
  colours colours.safetensors 700 100
  printf '%s\n' 'name: small' 'network: lenet' 'kernels: [3, 5]' 'crossbars: [16, 64]' > small.yaml
  nax-search -q --space ./small.yaml --data colours.safetensors --batch 50 --rate 0.02 --epochs 12 --warm-epochs 12 \
    --checkpoint warm > policy
  score="nax-train -q --data colours.safetensors --fidelity ideal --init warm/search.safetensors --epochs 0 --batch 50"
  nax-sample --space ./small.yaml --grid -n 8 | $score --checkpoint run --format csv > out.csv
  [ "$(wc -l < out.csv)" -eq 9 ]
  [ "$(column epochs < out.csv)" = 0 ]
  for row in 1 2 3 4 5 6 7 8; do
    awk -v a="$(column accuracy_validation $row < out.csv)" 'BEGIN { exit !(a > 0.5) }' # of ten classes
  done
  # kernels have weights of their own in the search, whatever their crossbars; other layers one for all
  for row in 1 2 3; do
    file=$(column checkpoint $row < out.csv)
    # shellcheck disable=SC2086 # kernels of two layers
    # shellcheck disable=SC2046 # words on purpose
    set -- $(column kernel $row < out.csv)
    cmp <(tensor conv1.weight "$file") <(tensor "conv1.k$1.weight" warm/search.safetensors)
    cmp <(tensor conv2.weight "$file") <(tensor "conv2.k$2.weight" warm/search.safetensors)
    cmp <(tensor fc3.weight "$file") <(tensor fc3.weight warm/search.safetensors)
  done
  [ "$(column kernel 1 < out.csv)" = "$(column kernel 2 < out.csv)" ]
  [ "$(column kernel 1 < out.csv)" != "$(column kernel 3 < out.csv)" ]
  [ "$(column accuracy_ideal 1 < out.csv)" = "$(column accuracy_ideal 2 < out.csv)" ]
  nax-eval -q --data colours.safetensors --fidelity ideal out.csv --format csv > again.csv
  [ "$(column accuracy_ideal 8 < again.csv)" = "$(column accuracy_ideal 8 < out.csv)" ]
  run --separate-stderr nax-train --epochs 0 out.csv
  [ "$status" -eq 2 ]
  [[ "$stderr" == *"--epochs 0 needs --init"* ]]
}

@test "epochs on the hardware: stopped, resumed, side by side, the same bits" {
  small
  little
  { candidate ./little.yaml '5 5' '32 32'; echo './little.yaml,3 3,16 16'; } > c.csv
  fit="nax-train --data small.safetensors --epochs 8 --noise-aware 7 --refresh 4 --batch 70 --images 50
    --set device.programming.error=normal --set device.programming.error_frac=0.05"
  $fit -q --checkpoint whole c.csv > whole.csv
  mkfifo input
  exec 9<> input # whose end never comes: the program is there when the signal is
  for signal in KILL TERM; do
    rm -f log
    $fit --checkpoint cut --resume < input > cut.csv 2> log 9>&- &
    pid=$!
    cat c.csv >&9
    for _ in $(seq 3000); do
      grep -q epoch log && break
      sleep 0.01
    done
    kill -$signal $pid
    status=0
    wait $pid || status=$?
    [ "$status" -eq $((128 + $(kill -l $signal))) ]
    run -1 grep 'design 2.*epoch 8 of 8' log # which would be the end
  done
  grep -q 'to continue, add --resume' log
  $fit -q -j 1 --parallel 2 --checkpoint cut --resume c.csv > cut.csv
  for file in whole/*; do
    cmp "$file" "cut/${file#whole/}"
  done
  for row in 1 2; do
    [ "$(column accuracy $row < whole.csv)" = "$(column accuracy $row < cut.csv)" ]
  done
  run --separate-stderr $fit -q --refresh 5 --checkpoint cut --resume c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *": refresh is 4 there and 5 here; "* ]]
}

# Names that -h of nax-train lists between two others: the options of the recipe.
recipe_options() {
  nax-train -h | sed -n '/--data /,/--hardware /s/^      --\([a-z-]*\).*/\1/p' | sed '1d;$d'
}

# differs WORDS...: nax-train with these trains again what is in the cache, and says why it does not resume
tiny="nax-train --epochs 1 --batch 20 --fidelity ideal --precision fp32"
differs() {
  # shellcheck disable=SC2086 # words on purpose
  $tiny --data "$data" --cache cache $base "$@" c.csv >out.csv 2>log
  grep -q epoch log || { echo "found in the cache: $*"; return 1; }
}
refuses() { # MESSAGE WORDS...
  local message="$1" extend=''
  [[ $message != epochs* ]] || extend=', and --extend to go on with them' # of more epochs
  shift
  # shellcheck disable=SC2086
  run --separate-stderr $tiny --data "$data" --checkpoint run --resume $base "$@" c.csv
  echo "status $status: $stderr"
  [ "$status" -eq 1 ]
  [[ $stderr == *": $message"*"; leave out --resume to begin anew beside it, with --init 'run/"*"' to start from its weights$extend" ]]
}

@test "whatever decides a run is told: every option of the recipe, the hardware, the start" {
  nax-data synth -q --n-train 60 --n-test 20 -o tiny.safetensors
  nax-data synth -q --n-train 60 --n-test 20 --seed 1 -o others.safetensors
  data=tiny.safetensors base=''
  candidate lenet '3 3' '32 32' > c.csv
  # shellcheck disable=SC2086
  $tiny --data $data --checkpoint run --cache cache c.csv > out.csv
  cp run/*.safetensors start
  # each option, what it was and what it becomes
  while read -r option there here words; do
    differs $words
    refuses "$option is $there there and $here here" $words
    echo "$option" >> walked
  done <<'ROWS'
epochs 1 2 --epochs 2
batch 20 21 --batch 21
rate 0.1 0.2 --rate 0.2
schedule onecycle cosine --schedule cosine
warmup 0.2 0.1 --warmup 0.1
momentum 0.9 0.8 --momentum 0.8
decay 0.0005 0.001 --decay 1e-3
muon 0.2 0 --muon 0
smoothing 0 0.1 --smoothing 0.1
crop 4 3 --crop 3
flip yes no --no-flip
cutout 0 2 --cutout 2
trivial no yes --trivial
mixup 0 0.2 --mixup 0.2
cutmix 0 1 --cutmix 1
average 0 0.99 --average 0.99
validation 0.1 0.2 --validation 0.2
precision fp32 bf16 --precision bf16
ROWS
  diff <(sed 's/^flip/no-flip/' walked | sort) <(recipe_options | sort)
  differs --seed 1
  refuses 'seed is 0 there and 1 here' --seed 1
  differs --init start
  run --separate-stderr $tiny --data $data --checkpoint run --resume --init start c.csv
  [[ "$stderr" == *": init is nothing there and "*" here; "* ]]
  data=others.safetensors
  differs
  run --separate-stderr $tiny --data $data --checkpoint run --resume c.csv
  [[ "$stderr" == *": data is "*" there and "*" here; "* ]]
  data=tiny.safetensors
  # those of epochs on the hardware do depend on it, on the contents of a table of cells too
  printf 'target_siemens,g_siemens\n1e-6,2e-6\n1e-5,0.9e-5\n' > cells.csv
  table='--set device.programming.error=measured --set device.programming.table=cells.csv'
  base="--noise-aware 1 --refresh 2 $table"
  rm -r run
  little
  candidate ./little.yaml '3 3' '32 32' > c.csv
  # shellcheck disable=SC2086
  $tiny --data $data --checkpoint run --cache cache $base c.csv > out.csv
  while read -r key there here words; do
    # shellcheck disable=SC2086
    differs $words
    # shellcheck disable=SC2086
    refuses "$key is $there there and $here here" $words
  done <<'KEYS'
device.r_wire_row_ohm 2.5 3 --set device.r_wire_row_ohm=3
device.programming.levels 0 4 --set device.programming.levels=4
adc.bits auto 5 --set adc.bits=5
signs differential offset --set signs=offset
refresh 2 3 --refresh 3
gradient straight adjoint --gradient adjoint
noise-fidelity adc linear --fidelity linear
KEYS
  printf 'target_siemens,g_siemens\n1e-6,2e-6\n1e-5,1.1e-5\n' > cells.csv
  differs
  # shellcheck disable=SC2086
  run --separate-stderr $tiny --data $data --checkpoint run --resume $base c.csv
  [[ "$stderr" == *": device.programming.table is "*" there and "*" here; "* ]]
  # other crossbars: weights of their own, beside the first
  candidate ./little.yaml '3 3' '32 16' > other.csv
  # shellcheck disable=SC2086
  $tiny --data $data --checkpoint run --resume $base other.csv > out.csv
  [ "$(find run -name '*.safetensors' | wc -l)" -eq 2 ]
  base=''
  rm -r run
  $tiny --data $data --checkpoint run c.csv > out.csv
  # weights do not depend on what they are measured with
  for words in '--fidelity linear' '--images 10' '--fidelity full' '--fidelity full --set adc.bits=5' \
    '--fidelity linear --set device.r_on_ohm=50000' '--fidelity linear --hardware isaac'; do
    # shellcheck disable=SC2086
    differs $words
    # shellcheck disable=SC2086
    $tiny --data $data --checkpoint run --resume $words c.csv > out.csv
  done
}

@test "weights that designs share are trained once: in a stream, side by side, by two processes" {
  small
  { candidate lenet '5 5' '32 32'; echo 'lenet,5 5,64 16'; echo 'lenet,3 5,16 16'; echo 'lenet,5 5,16 16'; } > c.csv
  fit="nax-train --data small.safetensors --epochs 2 --batch 50 --images 50 --fidelity linear"
  for words in '' '--checkpoint run' '--parallel 4 -j 4' '--parallel 4 -j 4 --checkpoint side' '--cache cache'; do
    # shellcheck disable=SC2086 # words on purpose
    $fit $words c.csv > out.csv 2> log
    [ "$(grep -c 'epoch 2 of 2' log)" -eq 2 ]
    [ "$(grep -c ': trained before: weights ' log)" -eq 2 ]
    [ "$(column weights 1 < out.csv)" = "$(column weights 4 < out.csv)" ]
    [ "$(column weights 1 < out.csv)" != "$(column weights 3 < out.csv)" ]
    [ "$(column weights_hash 1 < out.csv)" = "$(column weights_hash 2 < out.csv)" ]
    for row in 1 2 3 4; do
      for field in weights weights_hash accuracy accuracy_validation; do
        column $field $row < out.csv >> results
      done
    done
  done
  [ "$(split -l 16 --filter 'md5sum' results | sort -u | wc -l)" -eq 1 ]
  [ "$(find run side -type f | wc -l)" -eq 4 ] # and no lock
  $fit --checkpoint both c.csv > one.csv 2> one.log &
  pid=$!
  $fit --checkpoint both c.csv > two.csv 2> two.log
  wait $pid
  [ "$(cat one.log two.log | grep -c 'epoch 2 of 2')" -eq 2 ]
  for file in run/*; do
    cmp "$file" "both/${file#run/}"
  done
  # one that diverges diverges once
  $fit --rate 1e9 c.csv > out.csv 2> log
  [ "$(grep -c diverged log)" -eq 2 ]
  [ "$(column status 4 < out.csv)" = diverged ]
}

@test "widths: another network, trained and measured; the network's own are no other" {
  small
  { printf 'network,kernel,crossbar,width\n'; printf 'lenet,5 5,32 32,%s\n' '6 16' '4 7' ''; } > c.csv
  nax-train -q --data small.safetensors --epochs 1 --batch 50 --images 50 --fidelity full --checkpoint run c.csv > out.csv
  [ "$(column weights_hash 1 < out.csv)" = "$(column weights_hash 3 < out.csv)" ]
  [ "$(column weights 1 < out.csv)" = "$(column weights 3 < out.csv)" ]
  [ "$(column weights 1 < out.csv)" != "$(column weights 2 < out.csv)" ]
  nax-eval -q --data small.safetensors --images 50 out.csv > eval.csv
  [ "$(column accuracy 2 < eval.csv)" = "$(column accuracy 2 < out.csv)" ]
  sed '3s/,4 7,/,4 8,/' out.csv > other.csv
  refused "record 2: " nax-eval -q --data small.safetensors --images 50 other.csv
}

@test "converters by convolution: the same weights, unless they are trained on" {
  small
  { printf 'network,kernel,crossbar,adc_bits\n'; printf 'lenet,5 5,32 32,%s\n' '' '4 4'; } > c.csv
  fit="nax-train -q --data small.safetensors --epochs 2 --batch 50 --images 60"
  $fit --fidelity full c.csv > out.csv
  [ "$(column weights 1 < out.csv)" = "$(column weights 2 < out.csv)" ]
  sed 's/,4 4$/,/' c.csv | $fit --fidelity full --set adc.bits=4 > four.csv
  [ "$(column accuracy 2 < out.csv)" = "$(column accuracy 1 < four.csv)" ]
  $fit --fidelity adc --noise-aware 1 c.csv > noise.csv
  [ "$(column weights 1 < noise.csv)" != "$(column weights 2 < noise.csv)" ]
}

@test "bits of a design: trained on as hardware has them, and worth it" {
  colours small.safetensors 300 100
  { printf 'network,kernel,crossbar,slice_bits,weight_bits\n'; printf 'lenet,5 5,32 32,%s\n' , 1,1; } > c.csv
  fit="nax-train -q --data small.safetensors --epochs 8 --batch 30 --rate 0.05 --fidelity linear"
  $fit c.csv > plain.csv
  $fit --noise-aware 3 --refresh 4 c.csv > aware.csv
  [ "$(column weights 1 < plain.csv)" = "$(column weights 2 < plain.csv)" ]
  head -n 2 c.csv | $fit --noise-aware 3 --refresh 4 --set precision.slice_bits=1 --set precision.weight_bits=1 > set.csv
  for field in weights accuracy; do
    [ "$(column $field 2 < aware.csv)" = "$(column $field 1 < set.csv)" ]
  done
  awk -v plain="$(column accuracy 2 < plain.csv)" -v aware="$(column accuracy 2 < aware.csv)" 'BEGIN { exit !(aware > plain + 0.1) }'
}

@test "weights are those that the record names, or it is an error" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  fit="nax-train -q --data small.safetensors --batch 50 --images 50 --fidelity linear --checkpoint run --cache cache"
  for epochs in 1 3 1; do # each its own, none replaced
    $fit --epochs $epochs c.csv > $epochs.csv
  done
  [ "$(column checkpoint < 1.csv)" != "$(column checkpoint < 3.csv)" ]
  eval="nax-eval -q --data small.safetensors --fidelity linear"
  $eval 1.csv > out.csv
  # from another folder: a path from the stream's own
  (mkdir other && cd other && nax-eval -q --data ../small.safetensors --fidelity linear ../1.csv) | cmp out.csv -
  one=$(column checkpoint < 1.csv) three=$(column checkpoint < 3.csv)
  cp "$one" kept
  cp "$three" "$one"
  refused 'which holds other weights' $eval 1.csv
  # a bit turned over in the weights, behind the header
  cp kept "$one"
  printf '\377' | dd of="$one" bs=1 seek=$(($(stat -c %s kept) - 99)) conv=notrunc status=none
  refused 'damaged, its content has another checksum' $eval 1.csv
  refused 'damaged' $fit --epochs 1 --init "$one" c.csv
  # a place that no run comes to
  for position in '-1 0 0 0' '99999 0 0 0' '1 0 nan 0' '0 5 -2 0' '1 3 0 0'; do
    meta position "$position" < kept > "$one"
    refused "metadata 'position' is missing or broken" $fit --epochs 1 --resume --cache none c.csv
  done
  # colours that no pixel can be scaled by
  for sd in '1 nan 1' '1 1' '1 0 1' '1 1 1x' '1 1 1 1'; do
    meta pixel_sd "$sd" < kept > "$one"
    refused "metadata 'pixel_sd' is missing or broken" $fit --epochs 1 --init "$one" c.csv
  done
  meta pixel_mean '0 inf 0' < kept > "$one"
  refused "metadata 'pixel_mean' is missing or broken" $fit --epochs 1 --init "$one" c.csv
  cp kept "$one"
  # another network: of other layers, or with tensors that this one has no place for
  sed 's/kind: max/kind: mean/' "$BATS_TEST_DIRNAME/../examples/networks/lenet.yaml" > own.yaml
  sed 's/^lenet,/.\/own.yaml,/' 1.csv > own.csv
  refused "weights of another network: '$one': layer.pool1 is max" $eval own.csv
  $fit --epochs 1 --init "$one" own.csv > out.csv # but may start it
}

@test "what a stream names is read, never written" {
  small
  cp small.safetensors data.safetensors
  md5sum small.safetensors > sum
  fit="nax-train -q --data data.safetensors --epochs 1 --batch 50 --images 50 --fidelity ideal"
  for id in ../small ./../small "$PWD/none" "$PWD/small" '' '..' 'a/b'; do
    printf 'id,network,kernel,crossbar,checkpoint,weights\n%s,lenet,5 5,32 32,%s,%s\n' "$id" "$PWD/small.safetensors" ../small > c.csv
    $fit --checkpoint run --cache cache c.csv > out.csv 2> err || grep -q "record 1: field 'id'" err
    md5sum -c --quiet sum
  done
  [ "$(ls)" = "$(printf '%s\n' c.csv cache data.safetensors err out.csv run small.safetensors sum)" ]
  run --separate-stderr nax-eval -q --data data.safetensors c.csv # a data set is no checkpoint
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"no tensor 'conv1.weight'"* ]]
}

@test "what can be known before training is told before" {
  synth() { nax-data synth -q --n-train "$1" --n-test 20 -o "$2"; }
  synth 4 few.safetensors
  synth 40 some.safetensors
  candidate lenet '3 3' '32 32' > c.csv
  tiny="nax-train -q --epochs 1 --batch 2 --checkpoint run"
  refused "--validation 0.1 holds none of 4 training images out, 0 holds none out on purpose: 'synth'" $tiny --data few.safetensors c.csv
  refused "--crop 32 moves images of 32x32 pixels out of sight: 'synth'" $tiny --data some.safetensors --crop 32 c.csv
  refused "adc.layers: network 'lenet' has no layer that multiplies of this name: 'conv7'; did you mean 'conv1'?" \
    $tiny --data some.safetensors --set adc.layers.conv7.range=ideal c.csv
  candidate lenet '3 3' '5000 5000' > large.csv
  refused "layer 'conv1': crossbar size 5000 is not between 1 and 4096" $tiny --data some.safetensors large.csv
  [ -z "$(ls -A run)" ] # of none of them
  # a tenth of all, though a tenth of each class of four is none
  $tiny --data some.safetensors --log log.csv c.csv > out.csv
  awk -v a="$(column accuracy_validation < log.csv)" 'BEGIN { a *= 4; exit !(a == int(a)) }'
  # outputs that no image is of
  sed 's/classes: 10/classes: 12/' "$BATS_TEST_DIRNAME/../examples/networks/lenet.yaml" > twelve.yaml
  candidate ./twelve.yaml '3 3' '32 32' > c.csv
  nax-train --epochs 1 --batch 2 --data some.safetensors c.csv > out.csv 2> log
  [ "$(grep -c "10 classes in the data for the 12 outputs of network 'lenet'" log)" -eq 1 ]
}

@test "measured cells: a loss of their own, and a table that cannot be read is told before training" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  measured=(--set device.programming.error=measured --set device.programming.table=cells.csv)
  run ! nax-train --data small.safetensors --epochs 1 --checkpoint run "${measured[@]}" c.csv
  [ "$output" = "nax-train: cannot open: 'cells.csv': No such file or directory: 'device.programming.table=cells.csv'" ]
  [ ! -e run ]
  printf '%s\r\n' target_siemens,g_siemens 1e-06,3e-06 1e-05,6e-06 1e-05,13e-06 > cells.csv
  nax-train -q --data small.safetensors --epochs 1 --batch 50 --noise-aware 1 --log measured.csv "${measured[@]}" c.csv > /dev/null
  nax-train -q --data small.safetensors --epochs 1 --batch 50 --noise-aware 1 --log exact.csv c.csv > /dev/null
  [ "$(column loss_train < measured.csv)" != "$(column loss_train < exact.csv)" ]
}

@test "gradients through the wires: another network, the same for any number of threads" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  fit="nax-train -q --data small.safetensors --epochs 1 --noise-aware 1 --batch 100 --images 50 --fidelity linear"
  $fit --checkpoint straight c.csv > straight.csv
  $fit --gradient adjoint -j 1 --checkpoint one c.csv > one.csv
  $fit --gradient adjoint -j 2 --checkpoint two c.csv > two.csv
  cmp one/*.safetensors two/*.safetensors
  run cmp one/*.safetensors straight/*.safetensors
  [ "$status" -eq 1 ]
  run --separate-stderr $fit --checkpoint one --resume c.csv
  [ "$status" -eq 1 ]
  [[ "$stderr" == *": gradient is adjoint there and straight here; "* ]]
}

@test "misuse" {
  for bad in '--epochs 0' '--epochs x' '--rate nan' '--schedule sine' '--resume' '--momentum 1' \
    '--noise-aware 21' '--refresh 0' '--gradient steep' '--parallel 0' '--fidelity exact'; do
    # shellcheck disable=SC2086 # words on purpose
    run --separate-stderr nax-train $bad < /dev/null
    [ "$status" -eq 2 ]
  done
}

@test "what is kept under a name of the program's own is a regular file, or an error before the training" {
  small
  candidate lenet '3 3' '32 32' > c.csv
  nax-train -q --data small.safetensors --fidelity ideal --epochs 1 --cache kept c.csv > first.csv
  entry=$(echo kept/*.nax)
  rm "$entry"
  mkfifo "$entry"
  run timeout 20 nax-train -q --data small.safetensors --fidelity ideal --epochs 1 --cache kept c.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"not a regular file: '$entry'" ]]
}

@test "explain: options that nothing is left for" {
  candidate lenet '3 3' '32 32' > c.csv
  for words in '--checkpoint x' '--cache x' '--init x' '--parallel 2' '--log x' '--epochs 2' '--data x'; do
    # shellcheck disable=SC2086
    run nax-train --explain $words c.csv
    [ "$status" -eq 2 ]
    [[ "${lines[0]}" == *"--explain trains nothing: '${words% *}'" ]]
  done
  nax-train --explain --precision fp32 --format csv -j 1 -q c.csv | grep -q fp32
}

@test "a mean of weights: designs that share weights have the same accuracies, kept or not" {
  small
  candidate lenet '3 3' '32 32' > c.csv
  candidate lenet '3 3' '16 64' | sed 1d >> c.csv
  for keep in '' '--checkpoint kept'; do
    # shellcheck disable=SC2086
    nax-train -q --data small.safetensors --fidelity ideal --epochs 2 --average 0.9 $keep --format csv c.csv > out.csv
    for row in 1 2; do echo "$(column accuracy_validation "$row" < out.csv) $(column accuracy_ideal "$row" < out.csv)"; done
  done > accuracies
  [ "$(wc -l < accuracies)" -eq 4 ]
  [ "$(sort -u accuracies | wc -l)" -eq 1 ]
  run nax-train -q --data small.safetensors --batch 1 --cutmix 1 c.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"mix images of a batch, and it has one: 'batch 1'" ]]
}

@test "cutout blanks a part of every image, or all of it" {
  colours colours.safetensors 700 10
  candidate lenet '5 5' '32 32' > c.csv
  for side in 0 7 64; do
    nax-train --data colours.safetensors --fidelity ideal --epochs 5 --batch 50 --rate 0.05 --cutout $side c.csv \
      2>&1 > /dev/null | losses | tail -n 1
  done > out
  # blank images are all alike: nothing to learn beyond how frequent the classes are
  awk -v low=$learnt '{ loss[NR] = $1 }
    END { exit !(loss[1] < low && loss[2] < low && loss[1] != loss[2] && loss[3] > 2.2) }' out
}

@test "a word in the environment that is none is named, with those that are" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  NAX_ISA=avx3 run nax-train --data small.safetensors --epochs 1 c.csv
  [ "$status" -eq 1 ]
  [[ $output == "nax-train: NAX_ISA knows baseline"*": 'avx3'" ]]
  NAX_CONV=fft run nax-train --data small.safetensors --epochs 1 c.csv
  [ "$status" -eq 1 ]
  [[ $output == *": NAX_CONV knows winograd, onednn, blas, direct: 'fft'" ]]
  NAX_ISA='' NAX_CONV='' nax-train -q --data small.safetensors --epochs 1 --fidelity ideal c.csv > /dev/null
}

# A candidate of a ResNet-20 whose kernels are all of one size: resnet20 KERNEL
resnet20() {
  local kernels crossbars
  kernels=$(yes "$1" | head -n 18 | xargs)
  crossbars=$(yes 64 | head -n 18 | xargs)
  candidate resnet20 "$kernels" "$crossbars"
}

# The engines of all convolutions on stdin, each once, on one line
engines() {
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) is_engine[i] = $i ~ /^engine_/; next }
    { for (i = 1; i <= NF; i++) if (is_engine[i]) print $i }' | sort -u | xargs
}

@test "explain: which engine computes each convolution, as NAX_CONV says where it can" {
  resnet20 5 > c.csv
  nax-train --explain c.csv > out.csv 2> err.txt
  [ ! -s err.txt ]
  [ "$(wc -l < out.csv)" -eq 20 ]
  [ "$(column layer < out.csv)" = stem ]
  [ "$(column kernel_size 2 < out.csv)" -eq 5 ]
  [ -z "$(column engine_backward_data < out.csv)" ]
  for engine in $(engines < out.csv); do
    [[ winograd,onednn,blas == *"$engine"* ]]
  done
  for precision in fp32 bf16; do
    [ "$(NAX_CONV=blas nax-train --explain --precision $precision c.csv | engines)" = blas ]
    NAX_CONV=winograd nax-train --explain --precision $precision c.csv > winograd.csv
    [ "$(column precision < winograd.csv)" = $precision ]
    [ "$(column engine_forward < winograd.csv)" != winograd ] # three channels
    [ "$(column engine_forward 2 < winograd.csv)" = winograd ]
    [ "$(column engine_backward_weights 2 < winograd.csv)" = winograd ]
  done
}

@test "explain: the same every time, and by no later instructions than NAX_ISA says" {
  resnet20 3 > c.csv
  own=$(NAX_ISA='' nax-train --explain c.csv | column instructions)
  most=
  for isa in baseline avx2 avx512 avx512-bf16 amx; do
    NAX_ISA=$isa nax-train --explain c.csv > out.csv
    [ "$(column instructions < out.csv)" = "${most:-$isa}" ]
    NAX_ISA=$isa nax-train --explain -j 3 c.csv | diff out.csv -
    [ $isa != "$own" ] || most=$own
  done
}

@test "convolutions by OpenBLAS and narrower vectors learn the same" {
  small
  candidate lenet '5 5' '32 32' > c.csv
  for precision in fp32 bf16; do
    for how in NAX_CONV=blas NAX_CONV=onednn NAX_CONV=winograd NAX_ISA=avx2 NAX_ISA=baseline NAX_ISA=avx512 \
      NAX_ISA=avx512-bf16 NAX_ISA=amx; do
      env "$how" nax-train -q --data small.safetensors --fidelity ideal --precision $precision --epochs 1 --batch 50 \
        --rate 0.05 --log log.csv c.csv > out.csv
      column loss_train < log.csv
    done > loss-$precision
  done
  apart() {
    awk -v bound="$1" 'NR == 1 || $1 < least { least = $1 } $1 > most { most = $1 }
      END { exit !(NR == 8 && most - least <= bound) }' "$2"
  }
  apart $tolerance_fp32 loss-fp32
  apart $tolerance_bf16 loss-bf16
}

@test "real images: LeNet learns CIFAR-10 in an epoch" {
  need_cifar10
  data=$(cifar10_file)
  candidate lenet '5 5' '64 64' > c.csv
  nax-train --data "$data" --epochs 1 --rate 0.1 --images 1000 c.csv > out.csv 2> log
  cat log
  # 0.51 to 0.55 by four seeds; a broken gradient stays near 0.1
  awk -v a="$(column accuracy < out.csv)" 'BEGIN { exit !(a > 0.4) }'
}

@test "split validation: measured on the images that were held out, by names of their own" {
  nax-data synth -q --n-train 400 --n-test 60 --seed 5 -o small.safetensors
  fit=(nax-train -q --data small.safetensors --epochs 1 --batch 20 --fidelity ideal --precision fp32 --cache cache --format csv)
  candidate lenet '5 5' '32 32' > c.csv
  "${fit[@]}" c.csv > test.csv
  "${fit[@]}" --split validation test.csv > out.csv
  for field in accuracy accuracy_se accuracy_ideal; do
    [ -n "$(column $field < test.csv)" ]
    [[ ",$(head -n 1 out.csv)," != *,$field,* ]]
  done
  [ "$(column accuracy_validation < out.csv)" = "$(column accuracy_validation < test.csv)" ]
  [ "$(column accuracy_hardware_validation < out.csv)" = "$(column accuracy_validation < out.csv)" ]
  awk -v a="$(column accuracy_validation < out.csv)" -v se="$(column accuracy_hardware_validation_se < out.csv)" \
    'BEGIN { d = se - sqrt(a * (1 - a) / 40); exit !(d < 1e-12 && d > -1e-12) }'
  run --separate-stderr "${fit[@]}" --split validation --validation 0 c.csv
  [ "$status" -eq 2 ]
  [[ $stderr == 'nax-train: --split validation needs images held out: --validation above 0'* ]]
  # such a run needs no test images
  nax-data synth -q --n-train 400 --n-test 0 --seed 5 -o none.safetensors
  nax-train -q --data none.safetensors --epochs 1 --batch 20 --fidelity ideal --split validation c.csv > none.csv
}

@test "progress: which of how many designs, its name, what is done, and the time left for all" {
  printf '%s\n' network,kernel,crossbar 'lenet,3 3,16 16' 'lenet,5 5,32 32' > two
  data=small.safetensors
  nax-data synth -q --n-train 100 --n-test 20 -o "$data"
  nax-train --epochs 1 --batch 32 --validation 0.2 --data "$data" --images 20 two > trained 2> log
  [ "$(sed -nE 's/^nax-train: (.*): epoch 1 of 1, loss .*, [0-9.]+ (s|min|h) left$/\1/p' log)" = \
    "design 1 of 2, 3x3 on 16
design 2 of 2, 5x5 on 32" ]
  [ "$(nax-train --epochs 1 --batch 32 --data "$data" --images 20 < two 2>&1 >/dev/null | grep -c '^nax-train: design [12] of 2, ')" -eq 2 ]
  # a pipe does not tell how many will come
  nax-train --epochs 1 --batch 32 --data "$data" --images 20 < <(cat two) 2>&1 >/dev/null | grep -q '^nax-train: design 2, 5x5 on 32: epoch'
  zsh -fc 'zmodload zsh/zpty && zpty pseudo true' 2>/dev/null || skip "no pseudo terminal can be had here"
  # shellcheck disable=SC2016 # the inner shell's variables
  timeout 60 zsh -f -c 'zmodload zsh/zpty; zpty tool "$1"; while zpty -r tool line; do print -r -- $line; done' zsh \
    "nax-train --epochs 1 --batch 32 --data $data --images 20 two > $PWD/out" | tr '\r' '\n' > shown
  grep -q 'design 1 of 2, 3x3 on 16: epoch 1 of 1, step [0-9]* of [0-9]*, loss [0-9.]*, [0-9.]* s left; [0-9.]* s for all' shown
  grep -q 'design 2 of 2, 5x5 on 32: solving its crossbars and measuring, fidelity adc; 0 s for all' shown
  nax-train -q --epochs 1 --batch 32 --data "$data" --images 20 --checkpoint nets two > trained
  # shellcheck disable=SC2016 # the inner shell's variables
  timeout 60 zsh -f -c 'zmodload zsh/zpty; zpty tool "$1"; while zpty -r tool line; do print -r -- $line; done' zsh \
    "nax-eval --data $data trained > $PWD/out" | tr '\r' '\n' > shown
  grep -q 'nax-eval: design 1 of 2, 3x3 on 16: chip 1 of 1, solving its crossbars' shown
}

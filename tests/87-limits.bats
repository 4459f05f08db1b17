#!/usr/bin/env bats
# Full disks and little memory: not under sanitizers, which have loading and memory of their own.

bats_require_minimum_version 1.5.0
load helpers/data
load helpers/faults
load helpers/elsewhere

# a network of PyTorch's for the rows below
theirs() {
  cat >"$files/theirs.yaml" <<'YAML'
name: theirs
input: {height: 32, width: 32, channels: 3}
classes: 2
layers:
  - pool: {kind: mean}
  - linear: {role: classifier, name: fc}
YAML
  python3 - "$files/theirs.safetensors" <<'END'
import json, struct, sys
header = json.dumps({'fc.weight': {'dtype': 'F32', 'shape': [2, 3], 'data_offsets': [0, 24]},
                     'fc.bias': {'dtype': 'F32', 'shape': [2], 'data_offsets': [24, 32]}}).encode()
open(sys.argv[1], 'wb').write(struct.pack('<Q', len(header)) + header + struct.pack('<8f', *range(1, 9)))
END
}

# Writers: what they write, and the command
writers() {
  cat <<ROWS
x.safetensors nax-data synth -q --n-train 20 --n-test 10 -o x.safetensors
x.gp nax-plot curves -q -o x.gp $files/log.csv
x.svg nax-plot curves -q -o x.svg $files/log.csv
x.png nax-plot curves -q -o x.png $files/log.csv
x.pdf nax-plot curves -q -o x.pdf $files/log.csv
x.eps nax-plot curves -q -o x.eps $files/log.csv
x.html nax-plot report -q -o x.html $files/log.csv
x.svg nax-xbar --heatmap x.svg $files/array
x/ $train -q --epochs 1 --checkpoint x $files/c.csv
x.csv $train -q --epochs 1 --log x.csv $files/c.csv
x/ $train -q --epochs 1 --cache x $files/c.csv
x.onnx nax-import export -q -o x.onnx $files/trained.csv
x.safetensors nax-import torch -q --network $files/theirs.yaml -o x.safetensors $files/theirs.safetensors
x nax-rerun -q --run x $files/costs
x/ $search -q --epochs 1 --checkpoint x
x.csv $search -q --epochs 1 --log x.csv
x/ $search -q --epochs 1 --warm-epochs 0 --fidelity adc --noise x
ROWS
}

@test "a full or failing disk: the file and the reason in one line, nothing at its name, nothing beside it" {
  theirs
  while read -r target command; do
    while read -r fault reason; do
      status=0
      LD_PRELOAD=$files/faults.so FAULT=${fault//:/ } $command >out 2>err </dev/null || status=$?
      [ "$status" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "cannot write: '$target.*': $reason\$" err ||
        { echo "$command: $fault: $status"; cat err; false; }
      # a record is not lost for its cache
      [[ $command != *--cache* ]] || [ "$(wc -l <out)" -eq 2 ]
      none_left
      [ -z "$(find . -path "./${target%/}*" -type f ! -name '*.lock')" ] || { find .; false; }
      rm -rf ./x*
    done <<<'write:1:28 No space left on device
fsync:1:5 Input/output error
rename:1:5 Input/output error'
  done < <(writers)
}

@test "an imported network: both files or neither, whichever fails" {
  PYTHONPATH=$BATS_TEST_DIRNAME/helpers PYTHONDONTWRITEBYTECODE=1 python3 - <<'END'
from onnx import *
write('net.onnx', [node('Flatten', 'x', 'f'), node('Gemm', 'f w', 'y', transB=1)], {'w': ([2, 192], numbers(384, 1))})
END
  # write, fsync and rename: the first of each is of the weights, and they have a second fsync, of their folder
  while read -r target fault; do
    status=0
    LD_PRELOAD=$files/faults.so FAULT=$fault nax-import onnx -q -o x.yaml -w x.safetensors net.onnx >out 2>err || status=$?
    [ "$status" -eq 1 ] && [ ! -s out ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "cannot write: '$target': Input/output error\$" err ||
      { echo "$fault: $status"; cat err; false; }
    none_left
    [ -z "$(find . -name 'x*')" ] || { find .; false; }
  done <<'END'
x.safetensors rename 1 5
x.yaml rename 2 5
x.safetensors fsync 1 5
x.yaml fsync 3 5
END
  # what the weights are written straight to is not taken away
  mkfifo x.pipe
  cat x.pipe >whole &
  status=0
  LD_PRELOAD=$files/faults.so FAULT='rename 1 5' nax-import onnx -q -o x.yaml -w x.pipe net.onnx 2>err || status=$?
  wait $!
  [ "$status" -eq 1 ] && [ -p x.pipe ] && [ ! -e x.yaml ] && grep -q "cannot write: 'x.yaml'" err
}

@test "what designs came to on the way: an entry that is not written ends the run, and is made by the next one" {
  halve() { $train -q --epochs 2 --resume --halving 1 --checkpoint x "$files/c.csv"; }
  # the first of each is of the checkpoint, whose folder is synced, too
  for fault in 'rename 2 28' 'fsync 3 28'; do
    status=0
    LD_PRELOAD=$files/faults.so FAULT=$fault halve >out 2>err || status=$?
    [ "$status" -eq 1 ] && [ "$(wc -l <err)" -eq 1 ] && grep -q "cannot write: 'x/halving-.*': No space left on device\$" err ||
      { echo "$fault: $status"; cat err; false; }
    none_left
    [ -z "$(find x/halving-* -type f)" ]
    halve | nax-view --format csv -q -f epochs_stopped | grep -qx 0
    [ "$(find x/halving-* -name '*.nax' | wc -l)" -eq 2 ] # that it arrived, and went on
    rm -r x
  done
}

@test "under a limit of memory a tool ends soon, with one line" {
  for mib in 110 300 $(seq 430 25 530) 1500; do
    for command in "nax-train -q -j 1 --data $files/small.safetensors --epochs 1 $files/c.csv" \
      "$search -q -j 1 --epochs 1" "nax-eval -q -j 1 --data $files/small.safetensors $files/trained.csv" \
      "nax-train -q -j 2 --data $files/small.safetensors --epochs 1 $files/c.csv"; do
      status=0
      # shellcheck disable=SC2086 # words
      (ulimit -v $((mib * 1024)) && exec timeout 30 $command) >out 2>err || status=$?
      case $status in
      0) [ ! -s err ] ;;
      1) [ "$(wc -l <err)" -eq 1 ] && grep -q 'out of memory' err ;;
      *) false ;;
      esac || { echo "$command: $mib MiB: $status"; cat err; false; }
    done
  done
  [ "$status" -eq 0 ] # of 1500 MiB
}

@test "a set larger than memory stays in its file" {
  elsewhere large.safetensors 30000 I64 8
  (
    ulimit -d 150000 # KiB, of memory that is not a file's
    nax-data info -j 1 --format json large.safetensors >info.json
    run -1 nax-data synth -q -j 1 --n-train 100000 -o x
    [[ $output == *memory* ]]
  )
  grep -q '"n_images":30000' info.json
}

@test "a stream of any length is shown in bounded memory" {
  nax-sample --random 60000 | (ulimit -v 200000; nax-view >table)
  [ "$(grep -c '^[0-9a-f]\{16\} ' table)" -eq 60000 ]
}

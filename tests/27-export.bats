#!/usr/bin/env bats
# nax-import export: what it writes computes the same again, in nax and in OpenCV.

bats_require_minimum_version 1.5.0

setup() {
  export PYTHONPATH=$BATS_TEST_DIRNAME/helpers PYTHONDONTWRITEBYTECODE=1
  cd "$BATS_TEST_TMPDIR" || return 1
}

# network NAME < LAYERS: NAME.yaml for images of few.safetensors, and the record of its training, NAME.csv
network() {
  { printf '%s\n' "name: $1" 'input: {height: 8, width: 8, channels: 3}' 'classes: 2' 'layers:' && cat; } >"$1.yaml"
  python3 -c "from onnx import *; images('few.safetensors', 27, 3, 8, 8)"
  nax-sample --network "./$1.yaml" --random 1 --seed 4 |
    nax-train -q --data few.safetensors --batch 9 --validation 0 --epochs 2 --checkpoint nets --format csv >"$1.csv"
}

logits() { nax-eval -q --data few.safetensors --logits --format json "$@"; }

# back FILE: the logits of an ONNX file that comes in again
back() { nax-import onnx -q -o back.yaml -w back.safetensors "$1" | logits --fidelity ideal; }

# same A B: files of logits of 27 images, some of them alike, to 1e-5
same() {
  python3 - "$@" <<'END'
import json, sys
a, b = [[json.loads(line)['logits'] for line in open(path)] for path in sys.argv[1:]]
assert len(a) == len(b) == 27 and len(set(map(str, a))) > 3, (len(a), len(b))
worst = max(abs(p - q) for r, s in zip(a, b) for p, q in zip(r, s)) / max(abs(p) for r in a for p in r)
assert worst < 1e-5, worst
END
}

# there_and_back NAME: exported, imported, and evaluated in OpenCV where that is there
there_and_back() {
  nax-import export -q --format csv -o "$1.onnx" "$1.csv" >passed
  diff <(grep -v '^#' "$1.csv") <(grep -v '^#' passed)
  logits --fidelity ideal "$1.csv" >ours
  back "$1.onnx" >theirs
  same ours theirs
  if /usr/bin/python3 -c 'import cv2' 2>none; then
    /usr/bin/python3 "$BATS_TEST_DIRNAME/../examples/import/opencv.py" "$1.onnx" few.safetensors ours >told
    awk -F , '!($2 < 1e-5) { is_off = 1 } END { exit is_off || NR != 1 }' told
  fi
}

@test "a LeNet: a flattened image, linear layers one after another" {
  network lenet <<'END'
  - conv: {out: 4, kernel: 5, pad: 0, batch_norm: false, bias: true, activation: tanh}
  - pool: {kind: mean, kernel: 2}
  - linear: {out: 12, activation: sigmoid}
  - linear: {role: classifier}
END
  there_and_back lenet
}

@test "a residual network: shortcuts that are padded stay so" {
  network resnet <<'END'
  - conv: {out: 4, kernel: 3, role: stem}
  - stage: {blocks: 2, out: 4, kernel: 3}
  - stage: {blocks: 2, out: 6, kernel: 3, stride: 2}
  - stage: {blocks: 1, out: 8, kernel: 3, stride: 2, shortcut: conv}
  - pool: {kind: mean}
  - linear: {role: classifier}
END
  there_and_back resnet
  grep -q 'name: s2b1c2, .*add: s1b2c2, shortcut: pad' back.yaml
  grep -q 'name: s3b1c2, .*add: s3b1sc}' back.yaml
  # and once more: the same file
  nax-import onnx -q -o back.yaml -w back.safetensors resnet.onnx | nax-import export -q -o again.onnx >passed
  nax-import onnx -q -o again.yaml -w again.safetensors again.onnx >passed
  diff <(sed 1d back.yaml) <(sed 1d again.yaml)
  back again.onnx >theirs
  same ours theirs
}

@test "a DenseNet: joined channels, batch norm by itself, windows beyond the image" {
  network densenet <<'END'
  - conv: {name: stem, out: 4, kernel: 3, batch_norm: false, activation: none, role: stem}
  - batch_norm: {name: n1, activation: relu, epsilon: 0.001}
  - conv: {name: c-1, out: 3, kernel: 3, batch_norm: false, activation: none}
  - concat: {name: j__1, from: [stem, c-1]}
  - batch_norm: {name: n2, activation: leaky-relu, slope: 0.2}
  - conv: {name: 2nd, out: 3, kernel: [3, 5], dilation: [2, 1], pad: [2, 2, 2, 2], batch_norm: false, activation: none}
  - concat: {name: j2, from: [stem, c-1, 2nd]}
  - pool: {kind: mean, kernel: 3, stride: 2, pad: 1, ceil: true, count_pad: false}
  - pool: {kind: max, kernel: 2, stride: 2, pad: [0, 0, 1, 1]}
  - linear: {role: classifier}
END
  there_and_back densenet
  # with the same names, '_' for the point of a part
  sed -n 's/.*{name: \([^,]*\),.*/\1/p' back.yaml | paste -sd ' ' >names
  [ "$(cat names)" = 'stem n1 c-1 j__1 n2 2nd j2_1 j2 pool1 pool2 fc' ]
}

@test "a MobileNet: groups, inverted blocks, all other activations, batch norm between linear layers" {
  network mobilenet <<'END'
  - conv: {out: 4, kernel: 3, stride: 2, role: stem, activation: hard-swish}
  - stage: {blocks: 2, out: 4, kernel: 3, block: inverted, expand: 2}
  - stage: {blocks: 1, out: 8, kernel: 3, stride: 2, block: bottleneck, expand: 2, shortcut: conv}
  - conv: {name: a, out: 8, kernel: 1, activation: silu}
  - conv: {name: g, out: 8, kernel: 3, groups: 2, activation: hard-sigmoid}
  - add: {from: [a, g], activation: relu}
  - pool: {kind: max}
  - linear: {out: 6, activation: none}
  - batch_norm: {activation: relu6}
  - linear: {role: classifier}
END
  there_and_back mobilenet
}

@test "linear layers without bias: products alone, which come back so" {
  network plain <<'END'
  - linear: {out: 6, bias: false}
  - linear: {name: n, out: 5, bias: false, activation: none}
  - batch_norm: {activation: relu}
  - linear: {out: 5}
  - linear: {role: classifier, bias: false}
END
  there_and_back plain
  [ "$(grep -c 'linear: .*bias: false' back.yaml)" -eq 3 ]
  [ "$(grep -c 'linear: ' back.yaml)" -eq 4 ]
  # Gemm, of which one is left, has its bias
  python3 - <<'END'
data = open('plain.onnx', 'rb').read()
assert data.count(b'\x04Gemm') == 1 and data.count(b'\x06MatMul') == 3
END
}

@test "a chip's weights: what the fidelity linear computes; another chip has others" {
  network chip <<'END'
  - conv: {out: 4, kernel: 3, role: stem}
  - conv: {out: 6, kernel: 3, stride: 2}
  - linear: {role: classifier}
END
  logits --fidelity linear --seed 3 chip.csv >ours
  logits --fidelity ideal chip.csv >ideal
  for chip in 0 1; do
    nax-import export -q --seed 3 --chip "$chip" -o chip.onnx chip.csv >passed
    back chip.onnx >"chip$chip"
  done
  same ours chip0
  run -1 same ours ideal
  cmp chip0 chip1 # cells are exact on the built-in hardware
  nax-import export -q --seed 3 --chip 1 --set device.programming.error=normal --set device.programming.error_frac=0.1 -o chip.onnx chip.csv >passed
  back chip.onnx >chip1
  run -1 same chip0 chip1
  # bits of the design's own stand before those of the hardware
  nax-view --format csv -f network,kernel,crossbar,checkpoint chip.csv | sed '1s/$/,slice_bits,weight_bits,input_bits/; 2s/$/,1,4,5/' >few.csv
  logits --fidelity linear --seed 3 few.csv >ours
  nax-import export -q --seed 3 --chip 0 -o few.onnx few.csv >passed
  back few.onnx >few
  same ours few
  run -1 same chip0 few
}

@test "the hardware of a chip is among what a stream says that it was made of" {
  network lin <<'END'
  - linear: {role: classifier}
END
  sed 's/^name: .*/name: mine/' "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >mine.yaml
  nax-import export -q --chip 0 --hardware ./mine.yaml -o lin.onnx --format msgpack lin.csv >passed
  nax-rerun passed 2>said >script
  for file in lin.csv ./mine.yaml; do
    grep -qxF "nax-rerun: same: '$file'" said || { cat said; false; }
  done
}

@test "the file written is none that is read" {
  network lin <<'END'
  - linear: {role: classifier}
END
  awk '{ print } /v0_v:/ { print "  programming:\n    error: measured\n    table: cells.csv" }' \
    "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >mine.yaml
  printf '%s\n' target_siemens,g_siemens 1e-6,1.1e-6 1e-5,1.2e-5 >cells.csv
  weights=$(nax-view --format csv -f checkpoint lin.csv | sed -n 2p)
  refused() { # FILE COMMAND...: which names this one, and leaves it
    local file=$1
    shift
    cp "$file" before
    run -1 "$@"
    [[ $output == "nax-import: "*"this file is written and needed besides; write to another: '"*"'" ]]
    [ "${#lines[@]}" -eq 1 ]
    cmp "$file" before
  }
  refused "$weights" nax-import export -q -o "./$weights" lin.csv
  [[ $output == "nax-import: lin.csv: record 1: "*": '$weights'" ]]
  refused lin.yaml nax-import export -q -o lin.yaml lin.csv
  [[ $output == "nax-import: lin.csv: record 1: "*": './lin.yaml'" ]]
  refused lin.csv nax-import export -q -o lin.csv lin.csv
  refused lin.csv bash -c 'nax-import export -q -o lin.csv <lin.csv'
  for file in mine.yaml cells.csv; do
    refused $file nax-import export -q --chip 0 --hardware ./mine.yaml -o $file lin.csv
  done
}

@test "what cannot be exported is said, and nothing is written" {
  printf '%s\n' 'name: no' 'input: {height: 8, width: 8, channels: 3}' 'classes: 2' 'layers:' '  - linear: {role: classifier}' >no.yaml
  nax-sample --network ./no.yaml --homogeneous --format csv >two.csv
  nax-sample --network ./no.yaml --random 1 --format csv >no.csv
  while IFS='|' read -r text arguments; do
    # shellcheck disable=SC2086 # words
    run -1 nax-import export -q -o none.onnx $arguments
    [[ $output == "nax-import: "*"$text"* ]] && [ ! -e none.onnx ] || { echo "$arguments: $output"; false; }
  done <<'END'
no.csv: record 1: field 'checkpoint' is missing|no.csv
a second design, and one file: 'none.onnx'|two.csv
cannot open|absent
END
  while IFS='|' read -r text arguments; do
    # shellcheck disable=SC2086 # words
    run -2 nax-import $arguments
    [[ $output == "nax-import: "*"$text"* ]] || { echo "$arguments: $output"; false; }
  done <<'END'
no file to write|export no.csv
one word too many|export -o x no.csv no.csv
--hardware and --set need --chip|export -o x --hardware isaac no.csv
--mean belongs to 'onnx', 'torch'|export -o x --mean 1,1,1 no.csv
--chip belongs to 'export'|onnx -o x -w y --chip 1 z
--weights belongs to 'onnx'|export -o x -w y no.csv
END
}

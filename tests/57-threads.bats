#!/usr/bin/env bats
# Whole tools with several threads and several designs at a time: the results of one, and, in a build with
# SANITIZE=thread, no access that another thread races with.

setup() {
  set -o pipefail # a race is told by the status
  cd "$BATS_TEST_TMPDIR" || return 1
  nax-data synth -q --n-train 300 --n-test 20 -o tiny.safetensors
  cat > tiny.yaml <<'END'
name: tiny
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 2, kernel: 3, stride: 2}
  - conv: {out: 3, kernel: 3, stride: 2}
  - pool: {kind: mean}
  - linear: {role: classifier}
END
  printf '%s\n' 'name: tiny' 'network: ./tiny.yaml' 'kernels: [1, 3]' 'crossbars: [16, 64]' > space.yaml
}

# train OPTION ...: trains four designs, whose results but for the time come as CSV
train() {
  nax-sample --space ./space.yaml --random 4 | nax-train -q --data tiny.safetensors --epochs 1 --batch 20 "$@" --format csv |
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "id" || $i ~ /accuracy|loss/) at[++n] = i }
      { for (i = 1; i <= n; i++) printf "%s%s", $at[i], i < n ? "," : "\n" }'
}

@test "designs that are trained side by side come out as one after the other" {
  train -j 1 > one.csv
  [ "$(wc -l < one.csv)" -eq 5 ]
  train --parallel 2 -j 2 > two.csv
  cmp one.csv two.csv
  train --parallel 2 -j 4 --checkpoint nets --cache cache --log log > kept.csv
  cmp one.csv kept.csv
  train --parallel 2 --noise-aware 1 -j 1 > noisy.csv
  [ "$(wc -l < noisy.csv)" -eq 5 ]
}

@test "a search with two threads and a calibration of chips between two epochs" {
  for j in 1 2; do
    nax-search -q -j "$j" --space ./space.yaml --data tiny.safetensors --batch 20 --epochs 2 --warm-epochs 1 \
      --edap 0.1 --checkpoint "run$j" --format csv > "policy$j.csv"
  done
  cmp run1/search.safetensors run2/search.safetensors
}

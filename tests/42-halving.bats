#!/usr/bin/env bats
# nax-train --halving: only the best go on, alone and where several processes share a folder.
# shellcheck disable=SC2154 # stderr and stderr_lines are set by bats

bats_require_minimum_version 1.5.0

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  nax-data synth -q --n-train 400 --n-test 60 -o set.safetensors
  nax-sample --network lenet --random 9 --seed 2 >nine
  train --checkpoint nets --log log.csv nine >halved
}

setup() { cd "$BATS_FILE_TMPDIR" || return 1; }

train() {
  nax-train -q --data "$BATS_FILE_TMPDIR/set.safetensors" --batch 64 --epochs 9 --fidelity ideal --split validation --resume --halving 1,3 "$@"
}

columns() { nax-view --format csv -q -f "$@" | sed 1d; }
# all but how long it took, and where it lies
same() { nax-view --format csv -q -f 'id,accuracy*,epochs,epochs_stopped,status,weights,weights_hash' "$1"; }

@test "of n that arrive go on the best n r / R: as many epochs a hurdle" {
  columns id,weights halved | sort -u >names
  columns id,epoch,accuracy_validation log.csv >epochs
  [ "$(columns weights halved | sort -u | wc -l)" -eq 7 ] # two pairs share theirs
  for hurdle in '1 3' '3 9'; do
    awk -F, -v here="${hurdle% *}" -v there="${hurdle#* }" '
      $2 == here { accuracy[$1] = $3; n++ }
      $2 == there { went[$1] = 1 }
      END {
        want = int(n * here / there)
        if (want < 1) want = 1
        for (id in accuracy) if (id in went) { n_went++; if (least == "" || accuracy[id] < least) least = accuracy[id] }
        for (id in accuracy) if (!(id in went) && accuracy[id] > least) exit 1
        exit n_went != want || n < 1
      }' epochs
  done
  # what they came to is in the input's order, with the epochs they were stopped after
  cmp <(columns id nine) <(columns id halved)
  awk -F, '{ if ($2 == 9 ? $3 != 0 : $3 != $2) exit 1; n[$2]++ } END { exit n[1] < 1 || n[3] < 1 || n[9] < 1 }' \
    <(columns id,epochs,epochs_stopped halved)
  [ "$(nax-view --format csv -w 'epochs_stopped = 0' halved | sed 1d | wc -l)" -ge 1 ]
}

@test "who is not stopped has the bits of a run that stops nobody, and the rest goes on where it is" {
  id=$(nax-view -q --format csv -f id -w 'epochs_stopped = 0' -n 1 halved | sed 1d)
  nax-view -q --format msgpack -w "id = $id" nine >winner
  nax-train -q --data set.safetensors --batch 64 --epochs 9 --fidelity ideal --split validation --checkpoint alone winner >whole
  fields='id,accuracy*,epochs,weights,weights_hash'
  cmp <(columns "$fields" whole) <(columns "$fields" <(nax-view --format msgpack -w "id = $id" halved))
  cp -r nets went
  nax-train -q --data set.safetensors --batch 64 --epochs 9 --fidelity ideal --split validation --checkpoint went --resume nine >all
  nax-train -q --data set.safetensors --batch 64 --epochs 9 --fidelity ideal --split validation --checkpoint anew nine >never
  cmp <(columns "$fields" all) <(columns "$fields" never)
}

@test "the same for any --parallel, stopped by signals and resumed" {
  train --checkpoint side --parallel 3 nine >parallel
  cmp <(same halved) <(same parallel)
  # as soon as something new is kept: by then it listens
  local status=1 n_hit=0 pid
  while [ "$status" -ne 0 ] && [ "$n_hit" -lt 8 ]; do
    find hit -type f 2>/dev/null | sort >kept.before || true
    nax-train -q --data set.safetensors --batch 64 --epochs 9 --fidelity ideal --split validation --resume \
      --halving 1,3 --checkpoint hit nine >hit.out 2>err &
    pid=$!
    while kill -0 $pid 2>/dev/null && cmp -s kept.before <(find hit -type f 2>/dev/null | sort); do sleep 0.02; done
    kill -TERM $pid 2>/dev/null || true
    status=0
    wait $pid || status=$?
    [ "$status" -eq 0 ] || { grep -q interrupted err && n_hit=$((n_hit + 1)); }
  done
  [ "$n_hit" -ge 1 ]
  [ "$status" -eq 0 ] || train --checkpoint hit nine >hit.out
  cmp <(same halved) <(same hit.out)
  # from a cache, without training
  train --checkpoint nets --cache kept nine >once
  train --checkpoint nets --cache kept nine >twice
  cmp once twice
  cmp <(same halved) <(same twice)
}

@test "processes that share a folder count each other's, and wait for nobody" {
  for folder in shared again; do
    for i in 2 1; do train --checkpoint $folder --part $i/2 nine >$folder.$i; done
    cmp <(columns id nine | sort) <(columns id $folder.1 $folder.2 | sort)
  done
  # the same arrivals
  cmp <(same shared.1) <(same again.1)
  cmp <(same shared.2) <(same again.2)
  # the second one's are held against the first one's: two of seven go on, and the best of all is among them
  [ "$(find shared -name '1-*.nax' | wc -l)" -eq 7 ]
  join -t, <(columns id,weights halved | sort) <(columns id,epoch,accuracy_validation log.csv | awk -F, '$2 == 1' | sort) |
    cut -d, -f2,4 | sort -u -t, -k2,2gr -k1,1 >first # weights and accuracy after an epoch, the best first
  [ "$(wc -l <first)" -eq 7 ]
  went() { columns weights,epochs "$1" | awk -F, '$2 > 1 { print $1 }' | sort -u; }
  [ "$(went shared.1 | grep -cvxF -f <(head -n 2 first | cut -d, -f1))" -eq 0 ]
  { went shared.1; went shared.2; } | grep -qxF "$(head -n 1 first | cut -d, -f1)"
  train --checkpoint both --part 1/2 nine >both.1 &
  train --checkpoint both --part 2/2 nine >both.2
  wait $!
  cmp <(columns id nine | sort) <(columns id both.1 both.2 | sort)
  [ "$(columns epochs_stopped both.1 both.2 | grep -cx 0)" -ge 1 ]
}

@test "with a mean of weights, a design that is stopped is measured by it" {
  train --average 0.9 --checkpoint mean --log mean.csv nine >mean.out
  columns id,epoch,accuracy_validation mean.csv | sort >epochs
  columns id,epochs,accuracy_validation mean.out | sort >stopped
  join <(tr , / <epochs | sed 's:/\([^/]*\)$: \1:') <(tr , / <stopped | sed 's:/\([^/]*\)$: \1:') >pairs
  [ "$(wc -l <pairs)" -ge 7 ]
  awk '$2 != $3 { exit 1 }' pairs
}

@test "trained on other hardware, designs are not held against each other; a run that is refused leaves nothing" {
  cat >tiny.yaml <<'YAML'
name: tiny
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 2, kernel: 3, stride: 4}
  - pool: {kind: mean}
  - linear: {role: classifier}
YAML
  printf '%s\n' 'network,kernel,crossbar' './tiny.yaml,1,16' >one.csv
  printf '%s\n' 'network,kernel,crossbar' './tiny.yaml,3,16' >other.csv
  pools() { find "$1" -type d -name 'halving-*' | wc -l; }
  on() { # FOLDER DESIGNS OPTION...
    nax-train -q --data set.safetensors --batch 64 --epochs 2 --fidelity ideal --split validation --resume --halving 1 --checkpoint "$@"
  }
  on same one.csv --noise-aware 1 >one
  on same other.csv --noise-aware 1 >other
  [ "$(pools same)" -eq 1 ]
  on apart one.csv --noise-aware 1 >one
  on apart other.csv --noise-aware 1 --set device.r_on_ohm=52000 >other
  [ "$(pools apart)" -eq 2 ]
  on linear one.csv --noise-aware 1 >one
  on linear other.csv --noise-aware 1 --fidelity linear >other
  [ "$(pools linear)" -eq 2 ]
  # without these epochs hardware decides nothing
  on ideal one.csv >one
  on ideal other.csv --fidelity adc --set device.r_on_ohm=52000 >other
  [ "$(pools ideal)" -eq 1 ]
  run --separate-stderr on ideal one.csv --rate 0.0123
  [ "$status" -eq 1 ]
  [[ $stderr == *"checkpoint of another run: "*"; take another --checkpoint to begin anew, with --init 'ideal/"*"' to start from its weights" ]]
  [ "$(pools ideal)" -eq 1 ]
}

@test "designs that diverge are beaten by all others" {
  train --rate 1e9 --checkpoint wild nine >wild.out
  [ "$(columns status,epochs_stopped wild.out | sort -u)" = 'diverged,0' ]
}

@test "a cache that cannot be written loses no record, and is told in the end" {
  run --separate-stderr train --format csv --checkpoint nets --cache /proc/self nine
  [ "$status" -eq 1 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ $stderr == *"nine: record "*"'/proc/self/"* ]]
  cmp <(printf '%s\n' "$output" | columns id) <(columns id halved)
}

@test "what is no list of epochs" {
  for list in 3,1 1,1 0 1,9 12 1,,3 '1,' x '' ,1 1-3; do
    run --separate-stderr train --checkpoint nets --halving "$list" nine
    [ "$status" -eq 2 ]
    [ "${stderr_lines[0]}" = "nax-train: --halving takes rising numbers below the 9 of --epochs: '$list'" ]
  done
  run --separate-stderr train --checkpoint nets --validation 0 --split test nine
  [ "$status" -eq 2 ]
  [ "${stderr_lines[0]}" = 'nax-train: --halving needs images held out: --validation above 0' ]
  run --separate-stderr nax-train --checkpoint nets --halving 1,3 nine
  [ "$status" -eq 2 ]
  [ "${stderr_lines[0]}" = 'nax-train: --halving needs --resume' ]
}

#!/usr/bin/env bats
# nax-search: where it goes, that it can be killed and continued, and what it refuses.

bats_require_minimum_version 1.5.0
load helpers/colours

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  nax-data synth -q --n-train 300 --n-test 50 --seed 5 -o small.safetensors
  printf '%s\n' 'name: small' 'network: lenet' 'kernels: [1, 3]' 'crossbars: [16, 64]' > small.yaml
}

# A short search: small [OPTION ...]
small() {
  nax-search -q --space ./small.yaml --data small.safetensors --batch 30 --rate 0.05 --warm-epochs 1 "$@"
}

# The value of a column of CSV on stdin: column NAME [ROW]
column() {
  awk -F, -v name="$1" -v row="${2:-1}" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
    NR == row + 1 { print $c }'
}

@test "noise: a folder that takes no files is refused before the first epoch" {
  run timeout 20 nax-search -q --noise /proc/none
  [ "$status" -eq 1 ]
  [[ "$output" == *"'/proc/none"* ]]
  [[ "$output" != *epoch* ]]
}

@test "a large weight of cost leads to the cheapest design of all" {
  for term in edap latency-area energy; do
    small --epochs 6 --ideal --$term 1000000 --alpha-rate 1 --alpha-every 1 > policy
    [ "$term" = latency-area ] && field=latency_area || field="$term"
    nax-sample --grid --space ./small.yaml | nax-cost --format csv > all.csv
    nax-sample --policy policy --space ./small.yaml -n 1 | nax-cost --format csv > best.csv
    awk -F, -v field="$field" 'FNR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
      { cost = field == "energy" ? $at["energy_pj"] : $at["latency_ns"] * $at["area_mm2"]
        if (field == "edap") cost *= $at["energy_pj"]
        if (FILENAME == "all.csv") { if (!least || cost < least) least = cost }
        else found = cost }
      # draws decide what nearly ties
      END { exit !(least > 0 && found <= least * 1.002) }' all.csv best.csv
  done
}

@test "one policy record, with probabilities for every choice, and a record of every epoch" {
  small --epochs 2 --edap 0.1 --log log.csv --checkpoint run --format csv > policy.csv
  [ "$(wc -l < policy.csv)" -eq 2 ]
  [ "$(column kernels < policy.csv)" = '1 3' ]
  [ "$(column crossbars < policy.csv)" = '16 64' ]
  [ "$(column network < policy.csv)" = lenet ]
  [ "$(column checkpoint < policy.csv)" = run/search.safetensors ]
  column policy < policy.csv | awk '{ for (i = 1; i <= NF; i++) sum[int((i - 1) / 5)] += $i }
    END { exit !(NF == 10 && sum[0] > 0.999999 && sum[0] < 1.000001 && sum[1] > 0.999999 && sum[1] < 1.000001) }'
  [ "$(wc -l < log.csv)" -eq 3 ]
  [ -z "$(column loss_search < log.csv)" ]
  for field in loss_train loss_validation loss_search loss_cost accuracy_train accuracy_validation \
    entropy energy_pj latency_ns area_mm2 edap_pj_ns_mm2 train_seconds; do
    [ -n "$(column $field 2 < log.csv)" ]
  done
}

@test "the same bits for any number of threads" {
  for j in 1 2 5; do
    small -j $j --epochs 2 --edap 0.1 --checkpoint run$j > policy$j
  done
  cmp run1/search.safetensors run2/search.safetensors
  cmp run1/search.safetensors run5/search.safetensors
}

@test "killed at any moment and resumed, it ends in the same bits" {
  search='nax-search -q --space ./small.yaml --data small.safetensors --batch 30 --rate 0.05
    --warm-epochs 1 --epochs 5 --edap 0.1 --seed 3'
  $search --checkpoint whole --log whole.csv > whole_policy
  for delay in 0.0 0.1 0.3; do
    $search --checkpoint cut --resume --log cut.csv > cut_policy &
    pid=$!
    for _ in $(seq 3000); do
      [ -e cut/search.safetensors ] && break
      sleep 0.01
    done
    sleep $delay
    kill -KILL $pid
    wait $pid || true
  done
  $search --checkpoint cut --resume --log cut.csv > cut_policy
  cmp whole/search.safetensors cut/search.safetensors
  [ "$(cut -d, -f1-6 whole.csv)" = "$(cut -d, -f1-6 cut.csv)" ]
}

@test "each fidelity moves the probabilities in its own way" {
  for fidelity in ideal linear adc; do
    small --epochs 2 --fidelity $fidelity --format csv > $fidelity.csv
  done
  small --epochs 2 --ideal --format csv > short.csv
  cmp ideal.csv short.csv
  [ "$(column policy < ideal.csv)" != "$(column policy < linear.csv)" ]
  [ "$(column policy < linear.csv)" != "$(column policy < adc.csv)" ]
}

@test "a search that has not settled says so, and what to do" {
  unsettled="nax-search: not settled: entropy is *, not 0.2; raise --epochs (2), lower --alpha-every or --alpha-rate (1e-05)"
  search=(nax-search --space ./small.yaml --data small.safetensors --batch 30 --ideal --edap 1000 --format csv)
  run -0 --separate-stderr "${search[@]}" --epochs 2 --warm-epochs 1 --alpha-rate 1e-5
  # shellcheck disable=SC2053 # a pattern
  [[ "${stderr_lines[-1]}" == $unsettled ]]
  column entropy <<<"$output" | awk '{ exit !($1 > 1) }'
  run -0 --separate-stderr "${search[@]}" --epochs 2 --warm-epochs 2 # which weighs nothing
  [[ "$stderr" != *settled* ]]
  run -0 --separate-stderr "${search[@]}" --epochs 3 --warm-epochs 1 --alpha-rate 2 --alpha-every 1
  [[ "$stderr" != *settled* ]]
  column entropy <<<"$output" | awk '{ exit !($1 < 0.2) }'
}

@test "other draws, and the same ones" {
  for draws in 0 1; do
    small --epochs 2 --draws $draws --checkpoint $draws > policy-$draws
  done
  run ! cmp -s 0/search.safetensors 1/search.safetensors
  run ! small --epochs 2 --draws 0 --checkpoint 1 --resume
  [[ "$output" = *": draws is 1 there and 0 here; "* ]]
  nax-sample --agreement --space ./small.yaml --format csv policy-0 policy-1 | column agreement | grep -qE '^(0.0|0.5|1.0)$'
}

@test "a search starts from the weights of another one" {
  colours small.safetensors 300 10
  small --epochs 12 --warm-epochs 12 --rate 0.02 --checkpoint warm > /dev/null
  still='--epochs 1 --rate 1e-4' # weights stay what they are
  small $still --log drawn.csv > /dev/null
  move="$still --warm-epochs 0 --alpha-rate 0.1"
  for edap in 0 10; do
    small $move --init warm/search.safetensors --edap $edap --log $edap.csv --checkpoint $edap > /dev/null
  done
  awk -v drawn="$(column loss_train < drawn.csv)" -v warm="$(column loss_train < 0.csv)" 'BEGIN { exit !(drawn > 1.5 && warm < 1) }'
  awk -v free="$(column edap_pj_ns_mm2 < 0.csv)" -v dear="$(column edap_pj_ns_mm2 < 10.csv)" 'BEGIN { exit !(dear < free) }'

  run ! small $move --init 0/search.safetensors --edap 10 --checkpoint 10 --resume
  [[ "$output" = *": init is "*" there and "*" here"* ]]
  run -1 small --epochs 1 --init nowhere.safetensors
  [[ "$output" = *"nowhere.safetensors"* ]]
}

# A trained lenet: own.safetensors, and by the log its training loss; its design in `own`
own_network() {
  nax-sample --homogeneous --network lenet -n 1 > own
  nax-train -q --data small.safetensors --epochs 6 --batch 30 --rate 0.02 --checkpoint net --log own.csv own > /dev/null
  mv net/*.safetensors own.safetensors
}

@test "a trained network is searched by gradients, and designs start from what comes of it" {
  colours small.safetensors 300 10
  own_network
  printf '%s\n' 'network: lenet' 'kernels: [5, 7]' 'crossbars: [16, 64]' > small.yaml
  small --init own.safetensors --epochs 1 --rate 1e-4 --log still.csv --checkpoint run > policy
  small --epochs 1 --rate 1e-4 --log drawn.csv > /dev/null
  awk -v own="$(column loss_train 6 < own.csv)" -v still="$(column loss_train < still.csv)" -v drawn="$(column loss_train < drawn.csv)" \
    'BEGIN { exit !(still < own + 0.3 && drawn > still + 0.5) }'
  nax-sample --policy --space ./small.yaml -n 1 policy |
    nax-train -q --data small.safetensors --init run/search.safetensors --epochs 1 --rate 1e-4 --batch 30 --log tuned.csv > /dev/null
  awk -v drawn="$(column loss_train < drawn.csv)" -v tuned="$(column loss_train < tuned.csv)" 'BEGIN { exit !(drawn > tuned + 0.5) }'
}

@test "an evolution has a trained network as it is, and is resumed without training" {
  own_network
  printf '%s\n' 'network: lenet' 'kernels: [5, 7]' 'crossbars: [64]' 'stages: [{widths: [6, 9]}, {widths: [16]}]' > larger.yaml
  evolve=(nax-search -q --evolve --space ./larger.yaml --data small.safetensors --init own.safetensors --epochs 0 --batch 30
    --population 4 --images 0 --statistics 40 --fidelity ideal)
  "${evolve[@]}" --designs 8 --inherit parts > front
  # all compute the same, and its own is the cheapest
  accuracies front > found
  [ "$(wc -l < found)" -eq 1 ]
  nax-train -q --data small.safetensors --epochs 6 --batch 30 --rate 0.02 --split validation --fidelity ideal own |
    accuracies - | cut -d' ' -f2 > wanted
  cut -d' ' -f2 found | cmp wanted -
  for of in conv1.weight conv1.mean conv2.variance conv2.gamma fc2.weight fc3.bias; do
    tensor $of own.safetensors > wanted
    tensor $of parts/*.safetensors | cmp wanted -
    [ -s wanted ]
  done
  "${evolve[@]}" --designs 3 --checkpoint run > /dev/null
  "${evolve[@]}" --designs 8 --checkpoint run --resume > resumed
  accuracies resumed | cmp - found
  run -1 "${evolve[@]}" --designs 8 --checkpoint run
  [[ "$output" = *"add --resume"* ]]
  # the same weights out of a supernet have statistics of their own designs, and are another start
  cp run/search.safetensors copy.safetensors
  run -1 "${evolve[@]}" --designs 8 --checkpoint run --resume --init copy.safetensors
  [[ "$output" = *"own_statistics is kept there and nothing here"* ]]
}

@test "weights of another network are no start, and the first difference is named" {
  own_network
  for way in --ideal --evolve; do
    run -1 nax-search -q $way --network vgg8 --data small.safetensors --init own.safetensors
    [[ "$output" = "nax-search: own.safetensors: no tensor 'stem.weight' for network 'vgg8'"* ]]
    sed 's/kernel: 2}/kernel: 2, stride: 2, pad: 0, kind: mean}/; s/kind: max, //' "$BATS_TEST_DIRNAME/../examples/networks/lenet.yaml" > mean.yaml
    run -1 nax-search -q $way --network ./mean.yaml --data small.safetensors --init own.safetensors
    [[ "$output" = "nax-search: weights of another network: 'own.safetensors': layer.pool"*" there and "*" here"* ]]
  done
}

@test "a supernet of another network is no start" {
  sed 's/kernel: 2}/kernel: 2, stride: 2, pad: 0, kind: mean}/; s/kind: max, //' "$BATS_TEST_DIRNAME/../examples/networks/lenet.yaml" > mean.yaml
  options=(--data small.safetensors --batch 30 --images 20 --statistics 20 --population 4 --designs 4 --fidelity ideal)
  small --ideal --epochs 1 --checkpoint gradients > /dev/null
  nax-search -q --evolve --network lenet --epochs 1 --checkpoint slices "${options[@]}" > /dev/null
  sed 's:lenet:./mean.yaml:' small.yaml > mean-space.yaml
  run -1 nax-search -q --space ./mean-space.yaml --ideal --data small.safetensors --batch 30 --init gradients/search.safetensors
  [[ "$output" = "nax-search: weights of another network: 'gradients/search.safetensors': layer.pool"*" there and "*" here"* ]]
  run -1 nax-search -q --evolve --network ./mean.yaml --epochs 0 --init slices/search.safetensors "${options[@]}"
  [[ "$output" = "nax-search: weights of another network: 'slices/search.safetensors': layer.pool"*" there and "*" here"* ]]
}

@test "crossbars of linear layers are searched: those of least cost are found" {
  printf '%s\n' 'name: mlp' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - pool: {kind: mean, kernel: 4}' \
    '  - linear: {out: 40, search: true}' '  - linear: {role: classifier, search: true}' > mlp.yaml
  printf '%s\n' 'network: ./mlp.yaml' 'kernels: [3]' 'crossbars: [16, 64]' > mlps.yaml
  nax-search -q --space ./mlps.yaml --data small.safetensors --batch 30 --rate 0.05 --warm-epochs 1 --epochs 4 \
    --edap 1000000 --alpha-rate 1 --alpha-every 1 > policy
  nax-sample --grid --space ./mlps.yaml | nax-cost | nax-pareto -o edap_pj_ns_mm2:min -f crossbar --format csv > cheapest
  nax-sample --policy policy --space ./mlps.yaml -n 1 -f crossbar --format csv | cmp - cheapest
  nax-plot policy -q -o policy.svg policy
  grep -q 'fc1, own kernel' policy.svg
}

@test "layers of many channels are searched, and have noise" {
  printf '%s\n' 'name: wide' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - pool: {kind: mean, kernel: 16, stride: 16}' \
    '  - linear: {out: 5000, search: true}' '  - linear: {role: classifier}' > wide.yaml
  printf '%s\n' 'network: ./wide.yaml' 'kernels: [3]' 'crossbars: [16, 64]' > wides.yaml
  for fidelity in linear adc; do
    nax-search -q --space ./wides.yaml --data small.safetensors --batch 30 --rate 0.01 --warm-epochs 0 --epochs 1 --fidelity $fidelity --log $fidelity.csv > policy
    nax-sample --policy policy --space ./wides.yaml -n 1 > design
  done
  run -1 cmp -s linear.csv adc.csv
}

@test "noise that is kept: the same searches, measured once, and anew for other weights" {
  small --epochs 1 --ideal --checkpoint warm > /dev/null
  find=(small --epochs 1 --warm-epochs 0 --init warm/search.safetensors)
  "${find[@]}" --edap 0.1 --checkpoint alone > /dev/null
  "${find[@]}" --edap 0.1 --checkpoint first --noise kept/here > /dev/null
  [ "$(find kept -type f | wc -l)" -eq 1 ]
  stat -c %Y.%i kept/here/* > before
  "${find[@]}" --edap 0.1 --checkpoint second --noise kept/here > /dev/null
  "${find[@]}" --edap 3 --checkpoint third --noise kept/here > /dev/null
  stat -c %Y.%i kept/here/* | cmp - before
  cmp alone/search.safetensors first/search.safetensors
  cmp alone/search.safetensors second/search.safetensors
  "${find[@]}" --noise kept/here --seed 8 > /dev/null
  [ "$(find kept -type f | wc -l)" -eq 2 ]
  run -2 "${find[@]}" --noise kept/here --fidelity linear
  [[ "$output" = "nax-search: --noise keeps what the fidelity adc measures: 'fidelity linear'"* ]]
}

@test "a checkpoint of another search is refused" {
  small --epochs 1 --checkpoint run --log run/log.csv > /dev/null
  # what was logged stays, and the way out is one
  cp run/log.csv log.csv
  for way in small 'nax-search -q --evolve --space ./small.yaml --data small.safetensors'; do
    # shellcheck disable=SC2086 # words on purpose
    run -1 $way --epochs 1 --checkpoint run --log run/log.csv
    [ "$output" = "nax-search: there is a search in the folder: 'run/search.safetensors'; add --resume, or take another folder" ]
    cmp run/log.csv log.csv
  done
  small --epochs 1 --edap 0.3 --init run/search.safetensors --checkpoint other > /dev/null
  run ! small --epochs 1 --checkpoint run --resume --edap 0.3
  [ "$output" = "nax-search: checkpoint of another run: 'run/search.safetensors': edap is 0 there and 0.3 here; to start from its weights, leave out --resume, add --init 'run/search.safetensors' and take another --checkpoint" ]
  run ! small --epochs 1 --checkpoint run --resume --calibrated
  [[ "$output" = *": calibrated is no there and yes here; "* ]]
  # the costs stay, and the search differs
  run ! small --epochs 1 --checkpoint run --resume --set device.programming.levels=4
  [[ "$output" = *": device.programming.levels is 0 there and 4 here; "* ]]
  # one whose choices were moved otherwise
  mkdir before
  LC_ALL=C sed 's/search_model=2/search_model=1/' run/search.safetensors >before/search.safetensors
  run ! small --epochs 1 --checkpoint before --resume
  [[ "$output" = *": search_model is 1 there and 2 here; to start from its weights, leave out --resume, add --init 'before/search.safetensors' and take another --checkpoint" ]]
  # one of before the costs of today
  mkdir old
  LC_ALL=C sed 's/cost_model=2/cost_model=1/' run/search.safetensors >old/search.safetensors
  run ! small --epochs 1 --checkpoint old --resume
  [[ "$output" = "nax-search: checkpoint of another run: 'old/search.safetensors': cost_model is 1 (read "*") there and 2 (read "*") here; to start from its weights, leave out --resume, add --init 'old/search.safetensors' and take another --checkpoint" ]]
  small --epochs 1 --init old/search.safetensors > /dev/null
  run ! small --epochs 1 --checkpoint run --resume --seed 3
  [[ "$output" = *": seed is "*" there and 3 here"* ]]
  nax-sample --homogeneous --network lenet -n 1 |
    nax-train -q --data small.safetensors --epochs 1 --batch 30 --checkpoint train > /dev/null
  mv train/*.safetensors run/search.safetensors
  run ! small --epochs 1 --checkpoint run --resume
  [[ "$output" = "nax-search: not a checkpoint of a search: 'run/search.safetensors'"* ]]
}

@test "measured cells: another policy, and a table that cannot be read is told before training" {
  measured=(--set device.programming.error=measured --set device.programming.table=cells.csv)
  run ! nax-search --space ./small.yaml --data small.safetensors --epochs 2 "${measured[@]}"
  [ "$output" = "nax-search: cannot open: 'cells.csv': No such file or directory: 'device.programming.table=cells.csv'" ]
  printf '%s\n' target_siemens,g_siemens 1e-06,3e-06 1e-05,2e-06 1e-05,9e-06 > cells.csv
  small --epochs 2 --alpha-rate 1 --format csv "${measured[@]}" > measured.csv
  small --epochs 2 --alpha-rate 1 --format csv > exact.csv
  [ "$(column policy < measured.csv)" != "$(column policy < exact.csv)" ]
}

@test "number formats decide costs, on ideal crossbars too" {
  small --epochs 1 --ideal --checkpoint run > /dev/null
  run -1 small --epochs 1 --ideal --checkpoint run --resume --set precision.slice_bits=1
  [[ "$output" = *"precision.slice_bits is 2 there and 1 here"* ]]
  small --epochs 1 --ideal --checkpoint cells --set array.energy=device > /dev/null
  run -1 small --epochs 1 --ideal --checkpoint cells --resume --set array.energy=device --set device.r_on_ohm=1e4
  [[ "$output" = *"device.r_on_ohm is 1e+05 there and 1e+04 here"* ]]
  run -2 small --epochs 1 --ideal --set device.r_on_ohm=1e4
  [[ "$output" = *"device.r_on_ohm has no effect while array.energy is table"* ]]
}

@test "what cannot be searched is refused" {
  printf '%s\n' 'name: plain' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - linear: {role: classifier}' > plain.yaml
  run -1 nax-search -q --network ./plain.yaml --data small.safetensors
  [[ "$output" = *"no searched layers: give some 'search: true'"*"network: './plain.yaml'"* ]]
  run -2 nax-search --resume
  [[ "$output" = *"--resume needs --checkpoint"* ]]
  run -2 nax-search file
  [[ "$output" = *"takes no files: 'file'"* ]]
  run -2 nax-search --edap -1
  run -2 nax-search --fidelity full
  [[ "$output" = *"--fidelity takes ideal, linear or adc: 'full'"* ]]
  run -1 small --epochs 2 --validation 0.05
  [ "$output" = "nax-search: fewer validation images (15) than a batch takes, 30 by --batch: 'synth'" ]
  run -1 small --batch 1000
  [[ "$output" = *"fewer training images"* ]]
  printf '%s\n' 'name: other' 'network: nowhere' 'kernels: [3]' 'crossbars: [16]' > other.yaml
  run -1 nax-search --space ./other.yaml
  [[ "$output" = *"nowhere"* ]]
  printf '%s\n' 'network: lenet' 'kernels: [3]' 'crossbars: [16]' 'stages: [{widths: [6, 8]}, {}]' > wide.yaml
  run -1 nax-search --space ./wide.yaml
  [[ "$output" = *"widths are not searched by gradients"*"nax-sample --evolve: './wide.yaml'" ]]
  printf '%s\n' 'network: lenet' 'kernels: [3]' 'crossbars: [16]' 'adc_bits: [6, 8]' > bits.yaml
  run -1 nax-search --space ./bits.yaml
  [[ "$output" = *"converters are not searched by gradients"*"nax-sample --evolve: './bits.yaml'" ]]
}

# A short evolution, of ADCs of $bits: evolve [OPTION ...]
evolve() {
  printf '%s\n' 'name: open' 'network: lenet' 'kernels: [1, 3]' 'crossbars: [16, 64]' "adc_bits: [${bits:-6, 8}]" \
    'stages: [{widths: [4, 6]}, {widths: [8, 16]}]' > open.yaml
  nax-search -q --evolve --space ./open.yaml --data small.safetensors --batch 30 --rate 0.05 --epochs 2 \
    --population 6 --designs 12 --images 0 --statistics 40 "$@"
}

# A field of every design of a stream, by id: by_design FIELD FILE
by_design() {
  nax-pareto -q --rank --objectives "$1:max" --format csv "$2" |
    awk -F, -v field="$1" 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next } { print $at["id"], $at[field] }' | sort
}

# Accuracies of a stream, by id: accuracies FILE
accuracies() {
  by_design accuracy_hardware_validation "$1"
}

@test "designs that evolved have the accuracy of their networks alone, are tuned and ranked" {
  for fidelity in ideal linear; do
    evolve --fidelity $fidelity --inherit weights > front
    accuracies front > inherited
    [ "$(wc -l < inherited)" -ge 1 ]
    nax-eval -q --data small.safetensors --split validation --fidelity $fidelity front > alone
    accuracies alone | cmp - inherited
  done
  by_design edap_pj_ns_mm2 front > own
  nax-cost front > priced
  by_design edap_pj_ns_mm2 priced | cmp - own
  nax-train -q --data small.safetensors --batch 30 --init weights --epochs 1 --split validation front > tuned
  [ "$(accuracies tuned | wc -l)" -eq "$(wc -l < inherited)" ]
  nax-pareto -q --objectives accuracy_hardware_validation:max,edap_pj_ns_mm2:min tuned |
    nax-plot front -q -o front.svg --objectives accuracy_hardware_validation:max,edap_pj_ns_mm2:min
  [ -s front.svg ]
}

@test "an evolution: the same bits for any number of threads, and when it was stopped" {
  evolve -j 1 --checkpoint one > one.front
  evolve -j 3 --designs 5 --checkpoint two > /dev/null # in the middle of the first generation
  evolve -j 3 --designs 8 --checkpoint two --resume > /dev/null # and of the second
  evolve -j 2 --checkpoint two --resume > two.front
  cmp one/search.safetensors two/search.safetensors
  cmp one/designs.safetensors two/designs.safetensors
  accuracies one.front > a
  accuracies two.front | cmp - a
  run -1 evolve --checkpoint one --resume --statistics 41
  [[ "$output" = *"statistics is 40 there and 41 here"* ]]
  bits='6, 7' run -1 evolve --checkpoint one --resume
  [[ "$output" = *"checkpoint of another evolution"*": adc_bits is 6 8 there and 6 7 here; "* ]]
  run -1 evolve --checkpoint one
  [[ "$output" = *"add --resume"* ]]
  evolve --epochs 0 --init one/search.safetensors > again.front
  accuracies again.front | cmp - a
}

@test "an evolution of bits: accuracies and costs of hardware that has them, each combination looked at" {
  printf '%s\n' 'network: lenet' 'kernels: [3]' 'crossbars: [32, 64]' 'slice_bits: [1, 2]' 'weight_bits: [2, 6]' 'input_bits: [4]' > few.yaml
  few() { nax-search -q --evolve --space ./few.yaml --data small.safetensors --batch 30 --rate 0.05 --epochs 2 --population 4 --designs 12 --images 0 --statistics 40 "$@"; }
  few --fidelity linear --inherit weights > front
  by_design accuracy_hardware_validation front > inherited
  nax-eval -q --data small.safetensors --split validation --fidelity linear front > alone
  by_design accuracy_hardware_validation alone | cmp - inherited
  by_design edap_pj_ns_mm2 front > own
  nax-cost front > priced
  by_design edap_pj_ns_mm2 priced | cmp - own
  few --checkpoint one > one.front
  few --checkpoint one --resume > two.front
  accuracies two.front | cmp - <(accuracies one.front)
  run -1 few --designs 7
  [[ "$output" = *"than combinations of crossbar, converters and bits (8)"* ]]
  run -1 few --set precision.stream_bits=5 --set precision.input_bits=8
  [[ "$output" = *"space './few.yaml': stream_bits 5 is more than input_bits 4: 'hardware/nax-reram.yaml'" ]]
  run -1 nax-search --space ./few.yaml
  [[ "$output" = *"bits are not searched by gradients; leave out the key 'slice_bits', or add --evolve: './few.yaml'"* ]]
}

@test "test images have no say in an evolution" {
  evolve --fidelity ideal > front
  accuracies front > before
  nax-data synth -q --n-train 300 --n-test 5 --seed 5 -o small.safetensors
  evolve --fidelity ideal > front
  accuracies front | cmp - before
}

@test "an evolution says how far it is as other tools do" {
  zsh -fc 'zmodload zsh/zpty && zpty pseudo true' 2>/dev/null || skip "no pseudo terminal can be had here"
  printf '%s\n' 'name: small' 'network: lenet' 'kernels: [1, 3]' 'crossbars: [16]' > little.yaml
  # shellcheck disable=SC2016 # the inner shell's variables
  timeout 60 zsh -f -c 'zmodload zsh/zpty; zpty tool "$1"; while zpty -r tool line; do print -r -- $line; done' zsh \
    "nax-search --evolve --space ./little.yaml --data small.safetensors --batch 30 --epochs 1 --population 4 --designs 4 \
      --images 20 --statistics 40 --fidelity ideal > $PWD/out" | tr '\r' '\n' > shown
  grep -qE 'nax-search: supernet: epoch 1 of 1, step [0-9]+ of [0-9]+, loss [0-9.]+, [0-9.]+ (s|min) left' shown
  grep -qE 'nax-search: supernet: epoch 1 of 1, loss [0-9.]+, validation of the widest [0-9.]+, [0-9]+ s, 0 s left' shown
  grep -qE 'nax-search: design [1-4] of 4, [1-3x-]+ on 16( #[0-9a-f]{4})?: accuracy [0-9.]+, EDAP [0-9.e+]+ pJ ns mm2; [0-9.]+ s for all' shown
}

@test "designs of the input are judged as those that evolve, and keep their fields" {
  evolve --fidelity linear --checkpoint run > front
  judge() {
    nax-search -q --evolve --fidelity linear --space ./open.yaml --data small.safetensors --batch 30 --rate 0.05 --epochs 2 --images 0 --statistics 40 \
      --resume --checkpoint run --judge "$@"
  }
  nax-view --format json front | sed 's/^{/{"note":"mine",/; s/"\(accuracy[a-z_]*\|edap_pj_ns_mm2\)":[0-9.e+-]*/"\1":0/g' > known.json
  grep -q '"note":"mine",.*"edap_pj_ns_mm2":0[,}]' known.json
  judge < known.json > judged
  accuracies judged | cmp - <(accuracies front)
  by_design edap_pj_ns_mm2 judged | cmp - <(by_design edap_pj_ns_mm2 front)
  [ "$(nax-view --format csv -f note judged | sed -n 2p)" = mine ]
  # beside its own what a record said of other weights is gone
  nax-train -q --data small.safetensors --epochs 1 --checkpoint nets front | nax-eval -q --data small.safetensors | judge > after
  accuracies after | cmp - <(accuracies front)
  run -1 grep -Ex 'accuracy|weights.*|checkpoint|epochs|status' <(nax-view --format csv after | sed -n 1p | tr , '\n')
  nax-train -q --data small.safetensors --epochs 1 --checkpoint nets --resume front |
    nax-eval -q --data small.safetensors --split validation --chips 2 --calibrate 20 | judge > after
  nax-view --format csv after | sed -n 1p | tr , '\n' | grep '^accuracy' | sort | xargs > names
  [ "$(cat names)" = 'accuracy_hardware_validation accuracy_hardware_validation_se' ]
  # converters of the hardware, weights to start from
  printf '%s\n' 'network,kernel,crossbar' 'lenet,3 3,16 64' > own.csv
  judge --inherit parts own.csv > own
  [ "$(nax-view --format csv -f id own | wc -l)" -eq 2 ]
  nax-train -q --data small.safetensors --batch 30 --init parts --epochs 1 --split validation own > tuned
  printf '%s\n' 'network,kernel,crossbar' 'lenet,5 3,16 64' > odd.csv
  run -1 judge odd.csv
  [ "$output" = "nax-search: odd.csv: record 1: layer 'conv1': kernel 5 on crossbar 16 is not in space './open.yaml'" ]
  # before the supernet is trained
  run -1 judge --epochs 3 --checkpoint other odd.csv
  [ "$output" = "nax-search: odd.csv: record 1: layer 'conv1': kernel 5 on crossbar 16 is not in space './open.yaml'" ]
  [ ! -e other/search.safetensors ]
  run -1 judge < /dev/null
  [ "$output" = 'nax-search: standard input: empty input' ]
  run -2 judge --population 4 own.csv
  [[ "$output" = *"--population is of designs that evolve: '--judge'"* ]]
}

@test "channel products are an objective where that is asked for" {
  evolve --fidelity ideal --checkpoint run > two
  evolve --fidelity ideal --channels --checkpoint large > three
  nax-pareto -q -o accuracy_hardware_validation:max,edap_pj_ns_mm2:min,channel_products:max --format msgpack three > front
  by_design channel_products front | cmp - <(by_design channel_products three)
  by_design channel_products three | cut -d' ' -f2 | cmp - <(nax-map -q -l --format csv -f id,macs,kernel_size three | awk -F, 'NR > 1 { n[$1] += $2 / $3 / $3 } END { for (id in n) print id, n[id] }' | sort | cut -d' ' -f2)
  run -1 cmp -s <(by_design channel_products two) <(by_design channel_products three)
  # what the checkpoint holds was ranked otherwise
  run -1 evolve --fidelity ideal --channels --checkpoint run --resume
  [[ "$output" = *"'run/designs.safetensors': channels is no there and yes here; to evolve anew with the same supernet, remove the file"* ]]
}

@test "what cannot be evolved is refused" {
  run -2 nax-search --designs 3
  [[ "$output" = *"--designs needs --evolve"* ]]
  run -2 evolve --edap 1
  [[ "$output" = *"--edap is of the search by gradients: '--evolve'"* ]]
  run -2 evolve --epochs 0
  [[ "$output" = *"--epochs 0 takes the weights of --init"* ]]
  run -1 evolve --designs 3
  [[ "$output" = *"fewer designs (3 by --designs) than combinations of crossbar, converters and bits (4)"*"'space ./open.yaml'" ]]
  printf '%s\n' 'name: joined' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - conv: {name: a, out: 6, kernel: 3}' \
    '  - conv: {name: b, out: 6, kernel: 3}' '  - concat: {name: j, from: [a, b]}' '  - pool: {kind: mean, kernel: 0}' \
    '  - linear: {role: classifier}' > joined.yaml
  printf '%s\n' 'network: ./joined.yaml' 'kernels: [3]' 'crossbars: [16]' 'stages: [{widths: [4, 6]}, {}]' > joins.yaml
  run -1 nax-search --evolve --space ./joins.yaml --data small.safetensors
  [ "$output" = "nax-search: channels that are joined cannot be sliced; leave out the key 'stages': 'j' of network 'joined'" ]
  run -1 evolve --validation 0
  [[ "$output" = *"no images were held out for validation"* ]]
  run -1 evolve --statistics 290
  [[ "$output" = *"fewer training images (270) than statistics are taken of (290)"* ]]
  printf '%s\n' 'network: resnet20' 'kernels: [3]' 'crossbars: [16]' \
    'stages: [{widths: [16, 48]}, {widths: [32]}, {}]' > narrow.yaml
  run -1 nax-search --evolve --space ./narrow.yaml
  [[ "$output" = *"space './narrow.yaml' has no network of widths 48 32 64: "*"cannot lose channels"* ]]
}

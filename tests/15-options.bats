#!/usr/bin/env bats
# Options of all tools: what is wrong is named, with what there is instead.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# misused MESSAGE COMMAND...: exit 2, the message, and where to look, nothing on stdout
misused() {
  local message=$1
  shift
  run --separate-stderr "$@" </dev/null
  echo "# exit status $status: $stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${stderr_lines[0]}" = "$1: $message" ]
  [ "${stderr_lines[1]}" = "see $1 -h" ]
  [ "${#stderr_lines[@]}" -eq 2 ]
}

@test "a name that is not known, and the one that is nearest" {
  misused "no such option: '--epocs'; did you mean '--epochs'?" nax-train --epocs 3
  misused "no such option: '--no-flp'; did you mean '--no-flip'?" nax-train --no-flp
  misused "no such option: '--crossbars'; did you mean '--crossbar'?" nax-cost --crossbars=3
  misused "no such option: '--zebra'" nax-map --zebra
  misused "no such option: '-x'" nax-map -x
  misused "several options begin so: '--e'" nax-search --e 3
}

@test "what all tools take is taken by each, and listed where it does something" {
  declare -A idle=([nax-view]='seed threads' [nax-pareto]='seed threads' [nax-cost]='seed threads' [nax-import]=''
    [nax-search]='' [nax-map]=threads [nax-data]=max-record [nax-plot]='format seed threads' [nax-sample]=threads
    [nax-rerun]='fields format seed threads' [nax-train]='' [nax-eval]='' [nax-xbar]='')
  for tool in "${!idle[@]}"; do
    "$tool" --fields id --format csv --seed 7 --threads 1 --max-record 2 --quiet -h >help.txt
    listed=$(sed -nE 's/^  (-.,|   ) --(fields|format|seed|threads|max-record|quiet)( .*|$)/\2/p' help.txt | sort)
    all=$(printf '%s\n' fields format seed threads max-record quiet ${idle[$tool]} | sort | uniq -u)
    echo "# $tool: $listed"
    [ "$listed" = "$all" ] || return 1
  done
}

@test "a value that is missing, or one too many" {
  misused "no value: '--epochs N'" nax-train --epochs
  misused "no value: '--output FILE'" nax-data synth -o
  misused "takes no value: '--resume'" nax-train --resume=yes
}

@test "a value out of range, and what there is" {
  misused "--epochs takes an integer from 0 to 100000: '-1'" nax-search --epochs -1
  misused "--rate takes a number from 1e-09 to 1e+09: 'fast'" nax-train --rate fast
  misused "--threads takes an integer from 1 to 4096: '0'" nax-pareto -j 0
  misused "--format takes msgpack, csv, json, table, md or tsv: 'xml'" nax-sample --format xml
  misused "--schedule takes onecycle or cosine: 'sine'; did you mean 'cosine'?" nax-train --schedule sine
  misused "--precision takes auto, fp32 or bf16: 'fp16'; did you mean 'fp32'?" nax-train --precision fp16
  misused "--gradient takes straight or adjoint: 'steep'" nax-train --gradient steep
  misused "--fidelity takes ideal, quantized, linear, adc or full: 'exact'" nax-eval --fidelity exact
  misused "--fidelity takes ideal, linear or adc: 'full'" nax-search --fidelity full
  misused "--method takes auto, relax or block: 'newton'" nax-xbar --method newton
  mapfile -t sets < <(yes -- --set=name=x | head -n 65)
  misused "--set may come at most 64 times: 'name=x'" nax-map "${sets[@]}"
}

@test "options that need or exclude one another" {
  misused "--resume needs --checkpoint" nax-train --resume
  misused "--save-every needs --checkpoint" nax-train --save-every 3
  misused "--gradient needs --noise-aware" nax-train --gradient adjoint
  misused "--explain trains nothing: '--cutout'" nax-train --cutout 3 --explain
  misused "--explain trains nothing: '--no-flip'" nax-train --explain --no-flip --precision bf16
  misused "--chip needs --arrays" nax-map --chip 1
  misused "--cols needs --random" nax-xbar --cols 3
  misused "--circuit needs --layers" nax-eval --circuit 3
  misused "only one of --layers, --arrays, --tiles" nax-map -la
  misused "only one of --random, --spice, --import-cells" nax-xbar --spice --random 3
  misused "only one of --rank, --knee, --hypervolume" nax-pareto --rank --knee
}

@test "the last of two values counts, and names may be cut" {
  [ "$(nax-sample --rand 9 --random 3 --form json --format csv | wc -l)" -eq 4 ]
}

# fails MESSAGE COMMAND...: exit 1, this line alone; the input of the test is the command's
fails() {
  local message=$1
  shift
  run --separate-stderr "$@"
  echo "# exit status $status: $stderr"
  [ "$status" -eq 1 ]
  [ "$stderr" = "$1: $message" ]
}

@test "misspelt networks, spaces, hardware, words, keys and fields: what there is, and what was meant" {
  there_are() { (cd "$BATS_TEST_DIRNAME/../examples/$1" && LC_ALL=C && printf '%s, ' *.yaml | sed 's/\.yaml//g; s/, $//'); }
  networks=$(there_are networks) spaces=$(there_are spaces) hardware=$(there_are hardware)
  fails "no such file among networks: 'resnt20'; did you mean 'resnet20'? there are $networks" nax-sample --network resnt20
  fails "no such file among networks: 'zebra'; there are $networks" nax-sample --network zebra
  fails "no such file among spaces: 'cifar1'; did you mean 'cifar10'? there are $spaces" nax-sample --space cifar1
  fails "no such file among hardware: 'pumma'; did you mean 'puma'? there are $hardware" nax-cost --hardware pumma
  fails "no such file among hardware: 'nax'; did you mean 'nax-reram'? there are $hardware" nax-cost --hardware nax
  misused "--fidelity takes ideal, quantized, linear, adc or full: 'quantised'; did you mean 'quantized'?" nax-eval --fidelity quantised
  misused "--format takes msgpack, csv, json, table, md or tsv: 'jsno'; did you mean 'json'?" nax-view --format jsno
  misused "--list takes spaces, networks or hardware: 'network'; did you mean 'networks'?" nax-sample --list network
  fails "no such key: 'adc.bit=8'; did you mean 'adc.bits'? nax-hardware(5) lists them" nax-cost --set adc.bit=8
  fails "no such key: 'zebra=8'; nax-hardware(5) lists them" nax-cost --set zebra=8
  nax-sample --random 2 | nax-cost >costs
  fails "costs: record 1: field 'edap': missing; did you mean 'edap_pj_ns_mm2'?" nax-pareto -o edap:min costs
}

@test "what is missing, and which tool or option makes it" {
  nax-sample --random 2 --seed 1 | nax-cost >costs
  fails "costs: record 1: field 'accuracy': missing; train first (nax-train), or choose --objectives" nax-pareto costs
  printf '%s\n' id,accuracy_ideal,edap_pj_ns_mm2 a,0.5,2 >ideal.csv
  fails "ideal.csv: record 1: field 'accuracy': missing; did you mean 'accuracy_ideal'? measure it (nax-eval), or choose --objectives, as of accuracy_ideal" nax-pareto ideal.csv
  fails "costs: record 1: field 'component': missing; costs are drawn of what nax-cost --breakdown writes" nax-plot costs -o x.svg costs
  nax-data synth -q --n-train 300 --n-test 10 -o few.safetensors
  fails "costs: record 1: field 'checkpoint' is missing or no text; nax-train writes it, given --checkpoint DIR" \
    nax-eval --data few.safetensors costs
  printf '%s\n' 'network: lenet' 'kernels: [3]' 'crossbars: [16]' >small.yaml
  fails "fewer validation images (30) than a batch takes, 128 by --batch: 'synth'" \
    nax-search -q --data few.safetensors --space ./small.yaml --ideal
}

@test "of filters behind a source that failed the source alone speaks" {
  run bash -o pipefail -c 'nax-sample --network zebra | nax-cost | nax-pareto --rank | nax-view'
  [ "$status" -eq 1 ]
  [ "${#lines[@]}" -eq 1 ]
  [[ ${lines[0]} == "nax-sample: no such file among networks: 'zebra'; "* ]]
  run nax-view /dev/null
  [ "$output" = "nax-view: /dev/null: empty input; --unfinished takes the whole records of a file" ]
}

@test "-h begins with what a tool is for, and ends with two examples" {
  for source in "$BATS_TEST_DIRNAME"/../tools/nax-*.c; do
    tool=$(basename "$source" .c)
    "$tool" -h >help
    [ "$(head -n 1 help)" = "$tool $(nax | sed -n "s/^  ${tool#nax-}  *//p")" ]
    [[ $(sed -n 2p help) == "usage: $tool "* ]]
    [ "$(tail -n 3 help | sed -n 1p)" = "examples, more in the manual (nax help ${tool#nax-}):" ]
    [ "$(tail -n 2 help | grep -c "^  .*$tool")" -eq 2 ]
  done
}

@test "hardware is changed in every tool that reads it" {
  for tool in train eval search map cost xbar; do
    run -1 --separate-stderr "nax-$tool" --hardware nax-reram --set adc.lore=1 </dev/null
    [[ "$stderr" == "nax-$tool: "*"adc.lore=1"* ]]
  done
}

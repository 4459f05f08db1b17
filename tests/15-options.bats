#!/usr/bin/env bats
# Options of all tools: what is wrong is named, with what there is instead.

bats_require_minimum_version 1.5.0

# misused MESSAGE COMMAND...: exit 2, the message first, then the synopsis, nothing on stdout
misused() {
  local message=$1
  shift
  run --separate-stderr "$@" </dev/null
  echo "# exit status $status: $stderr"
  [ "$status" -eq 2 ]
  [ -z "$output" ]
  [ "${stderr_lines[0]}" = "$1: $message" ]
  [[ "${stderr_lines[1]}" == "usage: $1 "* ]]
}

@test "a name that is not known, and the one that is nearest" {
  misused "no such option: '--epocs'; the nearest is '--epochs'" nax-train --epocs 3
  misused "no such option: '--no-flp'; the nearest is '--no-flip'" nax-train --no-flp
  misused "no such option: '--crossbars'; the nearest is '--crossbar'" nax-cost --crossbars=3
  misused "no such option: '--zebra'" nax-map --zebra
  misused "no such option: '-x'" nax-map -x
  misused "several options begin so: '--e'" nax-search --e 3
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
  misused "--schedule takes onecycle or cosine: 'sine'" nax-train --schedule sine
  misused "--precision takes auto, fp32 or bf16: 'fp16'" nax-train --precision fp16
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

@test "hardware is changed in every tool that reads it" {
  for tool in train eval search map cost xbar; do
    run -1 --separate-stderr "nax-$tool" --hardware nax-reram --set adc.lore=1 </dev/null
    [[ "$stderr" == "nax-$tool: "*"adc.lore=1"* ]]
  done
}

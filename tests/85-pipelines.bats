#!/usr/bin/env bats
# The pipelines: each leaves its result, takes up what is there, and the report compares them.

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  pipelines=$BATS_TEST_DIRNAME/../pipelines
}

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  nax-data synth --n-train 1300 --n-test 60 -o set.safetensors
  export DATA=$BATS_FILE_TMPDIR/set.safetensors
  # few bits, so few arrays to solve
  sed 's/\(weight\|input\)_bits: .*/\1_bits: 4/' "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >few.yaml
  export HARDWARE=$BATS_FILE_TMPDIR/few.yaml
  export NETWORK=lenet EPOCHS=1 N=2 GENERATIONS=1
}

objectives=accuracy_hardware_validation:max,edap_pj_ns_mm2:min
count() { nax-pareto --rank -o $objectives --format csv "$1" | sed 1d | wc -l; }

@test "baselines, random, evolve: ranked designs; a second run makes nothing again" {
  "$pipelines/baselines" out
  "$pipelines/random" out
  "$pipelines/evolve" out
  [ "$(count out/baselines)" = 4 ]
  [ "$(count out/random)" = 2 ]
  [ "$(count out/generation-0)" = 2 ]
  [ "$(count out/evolve)" = 4 ]
  touch -d 2001-01-01 out/baselines out/generation-1
  "$pipelines/baselines" out
  "$pipelines/evolve" out
  [ "$(date -r out/baselines +%Y)" = 2001 ]
  [ "$(date -r out/generation-1 +%Y)" = 2001 ]
  # a lost result is made of the checkpoints, without training
  cp out/random before
  rm out/random
  "$pipelines/random" out 2>log
  if grep epoch log; then false; fi
  for result in before out/random; do
    nax-pareto -o $objectives --format csv $result >front.csv
    cut -d, -f1-6 front.csv >$result.front
    [ "$(wc -l <$result.front)" -ge 2 ]
  done
  cmp before.front out/random.front
  # none has looked at test images
  for result in baselines random evolve; do
    nax-pareto --rank -o $objectives --format json out/$result >records
    [ "$(grep -c accuracy_hardware_validation records)" -ge 2 ]
    if grep '"accuracy":\|accuracy_ideal' records; then false; fi
  done
}

@test "a folder holds results of one setting; another is refused, with what differs" {
  NETWORK=lenet EPOCHS=1 N=1 "$pipelines/random" out
  refused() { # MESSAGE COMMAND...
    local message="$1"
    shift
    run --separate-stderr "$@"
    [ "$status" -eq 1 ]
    [[ $stderr == *"results of other settings in 'out': $message"*"; take another folder" ]]
  }
  bats_require_minimum_version 1.5.0
  cp out/random before
  refused 'EPOCHS=1 there,EPOCHS=3 here' env EPOCHS=3 N=1 "$pipelines/random" out
  refused 'EPOCHS=1 there,EPOCHS=3 here' env EPOCHS=3 "$pipelines/baselines" out
  refused 'N=1 there,N=5 here' env N=5 "$pipelines/random" out
  refused 'SEED=0 there,SEED=1 here' env SEED=1 N=1 "$pipelines/random" out
  refused 'NETWORK=lenet there,NETWORK=resnet20 here' env NETWORK=resnet20 N=1 "$pipelines/random" out
  cp "$HARDWARE" few.yaml # the same by what is in it
  HARDWARE=$PWD/few.yaml N=1 "$pipelines/random" out
  sed -i 's/r_sink_ohm: .*/r_sink_ohm: 50/' few.yaml
  refused 'HARDWARE=few.yaml, checksum ' env HARDWARE="$PWD/few.yaml" N=1 "$pipelines/random" out
  cmp before out/random
  rm out/settings
  run env N=1 "$pipelines/random" out
  [ "$status" -eq 1 ]
  [[ $output == *"results without their settings: 'out/random'; take another folder" ]]
  for script in baselines random evolve cosearch oneshot demo report; do
    for words in -x '--folder out' 'out more'; do
      # shellcheck disable=SC2086 # words on purpose
      run "$pipelines/$script" $words
      [ "$status" -eq 2 ]
      [[ $output == "$script: "* ]]
    done
    [[ $("$pipelines/$script" -h) == *'Usage: '*"pipelines/$script"* ]]
  done
}

@test "settings are also the files that a space and a hardware name" {
  small_space
  awk '{ print } /v0_v:/ { print "  programming:\n    error: measured\n    table: cells.csv" }' "$HARDWARE" >mine.yaml
  printf '%s\n' target_siemens,g_siemens 1e-6,1.1e-6 1e-5,1.2e-5 >cells.csv
  export HARDWARE=./mine.yaml N=1
  "$pipelines/random" out
  cp -r out before
  for file in cells.csv net.yaml; do
    cp $file kept
    case $file in
    cells.csv) echo 1e-5,1.1e-5 >>$file ;;
    net.yaml) sed -i 's/out: 8/out: 7/' $file ;;
    esac
    run "$pipelines/baselines" out
    [ "$status" -eq 1 ]
    [[ $output == "baselines: results of other settings in 'out': file=$file, checksum "*,file=$file", checksum "*"; take another folder" ]]
    mv kept $file
  done
  "$pipelines/random" out
  cmp before/random out/random
}

@test "a first run that is refused binds no later one" {
  bats_require_minimum_version 1.5.0
  run -1 env SPACE=cifra10 "$pipelines/random" out
  run -1 env DATA=none N=3 "$pipelines/cosearch" out
  [ -e out/settings ] && [ -e out/cosearch.settings ] # so that they are of a run that kept nothing
  mkdir bin
  for program in sh dirname basename sed sort find head grep mkdir mv awk cat; do ln -s "$(command -v $program)" bin; done
  run -127 env PATH="$PWD/bin" "$pipelines/random" bare
  [ ! -e bare/settings ]
  N=1 "$pipelines/random" out
  # what a run has kept does, its result or not
  rm out/random
  run -1 env EPOCHS=3 N=1 "$pipelines/random" out
  [[ $output == "random: results of other settings in 'out': EPOCHS=1 there,EPOCHS=3 here; take another folder" ]]
  run -2 env SEARCH_EPOCHS=0 N=2 "$pipelines/cosearch" out
  [[ $output != *"other settings"* ]]
  grep -qx N=2 out/cosearch.settings
}

@test "evolution never loses the best" {
  GENERATIONS=2 "$pipelines/evolve" out
  volume() {
    nax-pareto --hypervolume -o $objectives --reference 0,1e18 --format csv "$1" | sed -n 2p | cut -d, -f1
  }
  for g in 0 1 2; do
    awk -v a="$(volume out/generation-$g)" -v b="$(volume out/evolve)" 'BEGIN { exit !(b >= a) }'
  done
}

@test "cosearch: a policy and designs of it; report: tables and pictures" {
  "$pipelines/cosearch" out
  "$pipelines/baselines" out
  [ "$(count out/cosearch)" = 2 ]
  [ -s out/policy ] && [ -s out/search.csv ]
  # an awk that refuses the user's locale, whose decimal point may be a comma
  mkdir fake
  # shellcheck disable=SC2016 # the script's
  printf '%s\n' '#!/bin/sh' '[ "$LC_ALL" = C ] || { echo "in $LC_ALL" >&2; exit 1; }' "exec $(command -v awk)"' "$@"' >fake/awk
  chmod +x fake/awk
  PATH=$PWD/fake:$PATH LC_ALL=de_DE.UTF-8 "$pipelines/report" out >table
  grep -q '^hypervolume above' table
  [ "$(grep -c '^baselines \|^cosearch ' table)" = 2 ]
  for picture in front layers policy search; do
    grep -q '</svg>' "out/$picture.svg"
  done
}

@test "oneshot: designs of a front, trained on; the page and the table have its seconds" {
  export SPACE=$PWD/few.space.yaml DESIGNS=4
  printf '%s\n' 'network: lenet' 'kernels: [1, 5]' 'crossbars: [64]' >"$SPACE"
  "$pipelines/oneshot" out
  "$pipelines/random" out
  [ "$(count out/oneshot)" -ge 1 ] && [ "$(count out/oneshot)" -le 2 ]
  [ -s out/supernet/front ] && [ "$(sed 1d out/oneshot.csv | wc -l)" -eq 1 ]
  nax-view --format json out/oneshot >records # none has looked at test images
  if grep -q '"accuracy":' records; then false; fi
  before=$(cat out/oneshot.seconds)
  "$pipelines/oneshot" out # there is nothing left to do
  awk -v a="$before" -v b="$(cat out/oneshot.seconds)" 'BEGIN { exit !(a > 0.5 && b >= a && b < a + 1) }'
  "$pipelines/report" out >table
  grep -qE "^oneshot +[0-9.e+]+ +[12] +$(cat out/oneshot.seconds)$" table
  grep -q '"name":"oneshot"' out/report.html
  if grep -q '"name":"front"' out/report.html; then false; fi
}

@test "report: spaces with open converters and widths, networks named from where it was started" {
  cat >net.yaml <<'YAML'
name: small
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 8, kernel: 3, stride: 4}
  - conv: {out: 8, kernel: 3, stride: 4}
  - linear: {role: classifier}
YAML
  printf '%s\n' 'network: ./net.yaml' 'kernels: [3]' 'crossbars: [32]' 'adc_bits: [6, 8]' 'stages:' '  - widths: [8, 16]' '  - {}' >open.yaml
  export SPACE=./open.yaml N=2
  unset NETWORK
  "$pipelines/baselines" out
  "$pipelines/random" out
  "$pipelines/report" out >table
  grep -q 'width  *adc_bits' table
  grep -qE '^hypervolume above [0-9.e-]+,[0-9.e+]+$' table
  [ "$(grep -cE '^(baselines|random) +[0-9]' table)" = 2 ]
  [ "$(grep -c '^ *rank' table)" = 2 ]
}

@test "an engine that there is not, and one that is not installed; shares that are no number" {
  run env ENGINE=mpi "$pipelines/random" out
  [ "$status" -eq 2 ]
  [ "$output" = "random: ENGINE is local, parallel or slurm: 'mpi'" ]
  for shares in 0 -1 2.5 x 08; do
    SHARES=$shares ENGINE=parallel run "$pipelines/random" out
    [ "$status" -eq 2 ]
    [ "$output" = "random: SHARES counts from 1: '$shares'" ]
  done
  mkdir none
  printf '%s\n' '#!/bin/sh' 'exit 1' >none/sbatch
  chmod +x none/sbatch
  PATH=$PWD/none:$PATH ENGINE=slurm run "$pipelines/random" out
  [ "$status" -eq 1 ]
  [[ $output == *"random: a share has failed: 'out/shares'; to go on, run it again" ]]
  [ ! -e out/random ]
}

# cluster FOLDER: puts a scheduler of one machine into it. sbatch runs a task for each number of --array, and a job that depends on
# others is cancelled where one of these has failed, which squeue alone tells, and tells of them as in a federation; parallel runs its
# command for each line.
cluster() {
  mkdir "$1"
  cat >"$1/sbatch" <<'END'
#!/bin/sh
output=/dev/null tasks='' dependency='' is_waited=''
while [ $# -gt 0 ]; do
  case $1 in
  --parsable | --requeue) ;;
  --wait) is_waited=yes ;;
  --array) tasks=$2; shift ;;
  --dependency) dependency=$2; shift ;;
  --output) output=$2; shift ;;
  --wrap) wrap=$2; shift ;;
  --job-name | --signal | --open-mode | --kill-on-invalid-dep) shift ;;
  *) echo "sbatch: $1" >&2; exit 1 ;;
  esac
  shift
done
if [ "$tasks" ]; then
  rm -f "$0.failed"
  for i in $(seq "${tasks%-*}" "${tasks#*-}"); do
    SLURM_ARRAY_TASK_ID=$i sh -c "$wrap" >>"$(echo "$output" | sed "s/%%/\n/g; s/%a/$i/g; s/\n/%/g")" 2>&1 || echo "$i" >>"$0.failed"
  done
  echo '4711;here'
else
  echo '4712;here'
  [ "$is_waited$dependency" = yesafterok:4711 ] && { [ -e "$0.failed" ] || sh -c "$wrap"; }
fi
END
  cat >"$1/squeue" <<'END'
#!/bin/sh
[ "$*" = '--noheader --states all --format %T --jobs 4712' ] || exit 1
[ -e "$(dirname "$0")/sbatch.failed" ] && echo CANCELLED || echo COMPLETED
END
  cat >"$1/parallel" <<'END'
#!/bin/sh
[ "$1 $2 $3 $4 $5 $6" = "-q -j 1 --sshlogin : --joblog" ] && [ "$8 $9 ${10} ${12} ${14} ${15}" = 'sh {1} {2} ::: :::: -' ] || exit 1
export PARALLEL_SSHLOGIN=:
while read -r line; do
  sh "${13}" "$line" "${11}" </dev/null || exit 1
done
END
  chmod +x "$1/sbatch" "$1/squeue" "$1/parallel"
}

small_space() { # designs that are trained within a second
  cat >net.yaml <<'YAML'
name: small
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 8, kernel: 3, stride: 4}
  - linear: {role: classifier}
YAML
  printf '%s\n' 'network: ./net.yaml' 'kernels: [1, 3]' 'crossbars: [16, 32]' >small.yaml
  export SPACE=./small.yaml
  unset NETWORK
}

@test "designs that engines train in shares are those of one process; seconds are those of all" {
  small_space
  cluster bin
  records() { # all but where and for how long
    nax-view --format csv "$1" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) is_left[i] = $i == "train_seconds" || $i == "checkpoint" }
      { for (i = 1; i <= NF; i++) if (!is_left[i]) printf "%s,", $i; print "" }'
  }
  "$pipelines/random" local
  records local/random >one
  [ "$(wc -l <one)" -eq 3 ]
  for engine in slurm parallel; do
    PATH=$PWD/bin:$PATH ENGINE=$engine SHARES=9 "$pipelines/random" $engine 2>told
    cmp one <(records $engine/random)
    # the shares have trained, not the script; no more of them than designs
    if grep epoch told; then false; fi
    grep -q epoch $engine/shares/random.1.log
    grep -q epoch $engine/shares/random.2.log
    [ ! -e $engine/shares/random.3.log ]
    [ "$(nax-cost --unfinished $engine/shares/random.*.trained | nax-view --format csv -f energy_pj | sed 1d | wc -l)" -eq 2 ]
    before=$(cat $engine/random.seconds)
    case $engine in
    slurm) grep -q '^0m.*s 0m.*s$' $engine/shares/random.1.times ;;
    parallel) [ ! -e $engine/shares/random.1.times ] ;; # its jobs here are descendants, whose times the script has
    esac
    echo '1m2.385s 0m0.250s' >>$engine/shares/random.2.times # a share that was started again
    "$pipelines/random" $engine
    awk -v a="$before" -v b="$(cat $engine/random.seconds)" 'BEGIN { exit !(a > 0 && b > a + 62.5 && b < a + 72) }'
    "$pipelines/report" $engine >table
    grep -qE "^random +[0-9.e+]+ +2 +$(cat $engine/random.seconds)$" table
  done
  [ "$(echo local/random* local/.r*)" = 'local/random local/random.seconds local/random.settings local/.random.times' ]
  # a folder whose name a shell, Slurm or GNU parallel would take apart
  for engine in slurm parallel; do
    PATH=$PWD/bin:$PATH ENGINE=$engine "$pipelines/random" "$engine's %a{}" 2>told
    if grep epoch told; then false; fi
    cmp one <(records "$engine's %a{}/random")
  done
  # fronts while they grow, as manuals have them
  mkdir -p out/shares
  cp slurm/shares/random.1.trained trained.1
  cp slurm/shares/random.1.trained out/shares/evolve.1.trained
  cat "$BATS_TEST_DIRNAME"/../man/nax.7 "$BATS_TEST_DIRNAME"/../man/nax-cluster.7 | sed -n 's/^\.Ql \(nax-cost --unfinished .*nax-pareto\)/\1/p' >fronts
  [ "$(wc -l <fronts)" -eq 3 ]
  while read -r front; do
    eval "$front" >front
    [ "$(nax-view -f id --format csv front | sed 1d | wc -l)" -eq 1 ]
  done <fronts
  # its designs are there, with their costs, before the last one
  mkdir dies
  printf '%s\n' '#!/bin/sh' "PATH=$PATH" 'nax-train "$@" | head -c -99' >dies/nax-train
  chmod +x dies/nax-train
  PATH=$PWD/dies:$PATH run "$pipelines/random" part
  [ "$status" -eq 1 ]
  [ ! -e part/random ]
  run nax-plot report --objectives $objectives -o page.html part
  [ "${lines[0]}" = 'nax-plot: random.part is not whole: 1 records of it are shown' ]
  # a task that fails
  printf '%s\n' '#!/bin/sh' "PATH=$PATH" 'case "$*" in *--part\ 2/2*) exit 1 ;; esac' 'exec nax-train "$@"' >bin/nax-train
  chmod +x bin/nax-train
  for engine in slurm parallel; do
    PATH=$PWD/bin:$PATH ENGINE=$engine SHARES=2 run "$pipelines/random" failed-$engine
    [ "$status" -eq 1 ]
    [[ $output == *"random: a share has failed: 'failed-$engine/shares'; to go on, run it again" ]]
    [ ! -e failed-$engine/random ]
    PATH=$PATH ENGINE=local "$pipelines/random" failed-$engine
    cmp one <(records failed-$engine/random)
  done
}

@test "two methods in one folder, one while the other trains, and while it ranks: each has its own designs" {
  small_space
  cluster bin
  export N=1
  id() { nax-view --format csv -f id "$1" | sed 1d; }
  "$pipelines/random" alone
  "$pipelines/evolve" alone
  for program in parallel nax-pareto; do
    # in the first call of it by random evolve runs, from its start to its end
    mkdir $program
    # shellcheck disable=SC2016 # the script's
    printf '%s\n' '#!/bin/sh' "PATH=$PWD/bin:$PATH" '[ -e out/evolve ] || "$EVOLVE" out || exit' 'exec "${0##*/}" "$@"' >$program/$program
    chmod +x $program/$program
    PATH=$PWD/$program:$PWD/bin:$PATH ENGINE=parallel EVOLVE=$pipelines/evolve "$pipelines/random" out
    for result in random generation-0 generation-1 evolve; do
      cmp <(id alone/$result) <(id out/$result)
    done
    rm -r out
  done
}

@test "job.slurm: told to end as soon as it has begun it is started again" {
  mkdir bin
  printf '%s\n' '#!/bin/sh' 'exec sleep 60' >bin/nax-train
  printf '%s\n' '#!/bin/sh' 'echo RUNNING' >bin/squeue
  printf '%s\n' '#!/bin/sh' 'echo "$@" >told' >bin/scontrol
  chmod +x bin/*
  # before the first command after it
  echo 'trap '\''[ -z "$!" ] || { trap - DEBUG; kill -TERM $$; }'\'' DEBUG' >begun
  run env PATH="$PWD/bin:$PATH" BASH_ENV=begun SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=8 \
    bash "$BATS_TEST_DIRNAME/../examples/cluster/job.slurm"
  [ "$status" -eq 143 ]
  [ "$(cat told)" = 'requeue 7_2' ]
}

@test "report: a folder without results" {
  mkdir empty
  run "$pipelines/report" empty
  [ "$status" = 1 ]
  [ "$output" = "report: no results in 'empty'" ]
}

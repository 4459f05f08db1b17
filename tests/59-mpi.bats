#!/usr/bin/env bats
# The work of one network dealt to ranks of MPI: the bits of one process, and one rank that tells and keeps.
# Ranks share few processors here: for correctness alone. A minute on two of them.

setup_file() {
  [[ $BUILD != *sanitize* ]] || return 0
  if ! command -v mpirun >/dev/null || ! pkg-config --exists mpi-c; then return; fi
  # what does not depend on MPI is built already, and all but one file does not
  local own=$BATS_FILE_TMPDIR/build root=$BATS_TEST_DIRNAME/..
  mkdir "$own"
  cp -a "$BUILD"/lib "$BUILD"/tools "$BUILD"/*.c "$BUILD"/*.o "$BUILD"/*.h "$own"
  rm "$own/lib/base/ranks.o"
  unset MAKEFLAGS MFLAGS MAKELEVEL # this suite may itself run under make
  make --no-print-directory -C "$root" MPI=1 BUILD="$own" "$own"/bin/nax-{train,eval,search} >"$own/log" 2>&1 ||
    { cat "$own/log" && return 1; }
  export MPI_BIN=$own/bin
}

setup() {
  [[ $BUILD != *sanitize* ]] || skip "what MPI keeps to its end is a leak to sanitizers"
  [ -n "${MPI_BIN-}" ] || skip "no MPI: make deps MPI=1"
  set -o pipefail
  PATH=$MPI_BIN:$PATH
  # Open MPI as root, with more ranks than processors, and where containers keep ranks from each other's memory
  export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1
  export OMPI_MCA_mpi_yield_when_idle=1 OMPI_MCA_hwloc_base_binding_policy=none OMPI_MCA_btl_vader_single_copy_mechanism=none
  # the same for version 5
  export PRTE_ALLOW_RUN_AS_ROOT=1 PRTE_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_btl_sm_single_copy_mechanism=none
  export PRTE_MCA_rmaps_default_mapping_policy=:oversubscribe PRTE_MCA_hwloc_default_binding_policy=none
  # a shell's start in which $rank is the rank's number, by Open MPI or MPICH
  # shellcheck disable=SC2016 # the ranks' shells expand it
  with_rank='rank=${OMPI_COMM_WORLD_RANK:-${PMI_RANK:?}};'
  cd "$BATS_TEST_TMPDIR" || return 1
  nax-data synth -q --n-train 200 --n-test 40 -o tiny.safetensors
  cat > tiny.yaml <<'YAML'
name: tiny
input: {height: 32, width: 32, channels: 3}
classes: 10
layers:
  - conv: {out: 4, kernel: 3, stride: 2}
  - conv: {out: 5, kernel: 3, stride: 2}
  - pool: {kind: mean}
  - linear: {role: classifier}
YAML
  printf '%s\n' 'name: tiny' 'network: ./tiny.yaml' 'kernels: [1, 3]' 'crossbars: [16, 64]' > space.yaml
  nax-sample --space ./space.yaml --random 2 > designs
  options=(-q -j 1 --data tiny.safetensors)
}

# Records as JSON, without what differs from run to run.
plain() { sed -E 's/"(train_seconds|checkpoint)":[^,}]*,?//g'; }

# train N OPTION ...: of N ranks, 1: without mpirun, into the folder netsN and records.N
train() {
  local n=$1 mpi=()
  shift
  [ "$n" -eq 1 ] || mpi=(mpirun -n "$n")
  "${mpi[@]}" nax-train "${options[@]}" --epochs 2 --checkpoint "nets$n" --format json "$@" < designs | plain > "records.$n"
}

# same N: what N ranks came to, and one process
same() {
  cmp records.1 "records.$1"
  [ "$(ls nets1)" = "$(ls "nets$1")" ]
  for file in nets1/*; do cmp "$file" "nets$1/${file#*/}"; done
}

@test "weights and results are those of one process" {
  train 1 --batch 80
  [ "$(wc -l < records.1)" -eq 2 ]
  for n in 2 4; do
    train $n --batch 80
    same $n
  done
}

@test "chunks that are no power of two, and fewer of them than ranks; on hardware, by Muon, with a mean" {
  train 1 --batch 36 --muon 0.1 --average 0.9 --mixup 0.4 --noise-aware 1
  train 2 --batch 36 --muon 0.1 --average 0.9 --mixup 0.4 --noise-aware 1 -j 3
  same 2
  train 4 --batch 36 --muon 0.1 --average 0.9 --mixup 0.4 --noise-aware 1
  same 4
}

@test "fields that rank 0 alone has are written, trained or from the cache" {
  local network=(mpirun -n 2 nax-train -j 1 --data tiny.safetensors --epochs 1 --batch 80 --checkpoint nets --cache cache)
  "${network[@]}" -f id,accuracy,checkpoint --format json designs > first 2> told
  grep -q 'epoch 1 of 1' told
  [ "$(grep -c '"accuracy":.*"checkpoint":"nets/' first)" -eq 2 ]
  "${network[@]}" -f id,accuracy,checkpoint --format json designs > second 2> told
  cmp first second
  if grep 'epoch 1 of 1' told; then false; fi
  run "${network[@]}" -f id,nosuch designs
  [ "$status" -eq 1 ]
  [ "$(grep -c '^nax-train: .*nosuch' <<<"$output")" -eq 1 ]
}

@test "a rank that dies ends the run, which another number of ranks resumes" {
  local longer=("${options[@]}" --epochs 100 --batch 80) # so that it dies early
  nax-train "${longer[@]}" --checkpoint nets designs > whole
  # shellcheck disable=SC2016 # the ranks' shells expand it
  mpirun -n 2 sh -c "$with_rank"'echo $$ > pid.$rank && exec "$@"' sh \
    nax-train "${longer[@]}" --checkpoint kept --save-every 0 --log log designs > first 2>/dev/null 3>&- &
  local run=$!
  until ls kept/*.part.safetensors >/dev/null 2>&1; do
    kill -0 $run
    sleep 0.02
  done
  kill -KILL "$(cat pid.1)"
  if wait $run; then false; fi
  [ -z "$(find kept -name '*.safetensors' ! -name '*.part.*')" ]
  mpirun -n 3 nax-train "${longer[@]}" --checkpoint kept --resume --log log designs > second
  for file in nets/*; do cmp "$file" "kept/${file#*/}"; done
}

@test "an error is one line and status 1, on every rank or one; misuse is 2" {
  run mpirun -n 2 nax-train --data nosuch designs
  [ "$status" -eq 1 ]
  [ "$(grep -c '^nax-' <<<"$output")" -eq 1 ]
  [[ $output == *"nax-train: cannot open: 'nosuch'"* ]]
  # shellcheck disable=SC2016 # the ranks' shells expand it
  run mpirun -n 2 sh -c "$with_rank"'[ $rank = 0 ] || set -- nosuch; exec nax-train -q --data "$1" designs' sh tiny.safetensors
  [ "$status" -eq 1 ]
  [ "$(grep -c '^nax-' <<<"$output")" -eq 1 ]
  [[ $output == *"nax-train: rank 1: cannot open: 'nosuch'"* ]]
  run mpirun -n 2 nax-train --parallel 2 designs
  [ "$status" -eq 2 ]
  [ "$(grep -c '^nax-' <<<"$output")" -eq 1 ]
  [[ $output == *"ranks of MPI share one design; --part deals designs to processes: '--parallel'"* ]]
  # shellcheck disable=SC2016
  run mpirun -n 2 sh -c "$with_rank"'[ $rank = 0 ] || set -- "$@" --parallel 2; exec "$@"' sh nax-train "${options[@]}" designs
  [ "$status" -eq 2 ]
  [[ $output == *"nax-train: rank 1: ranks of MPI share one design; "* ]]
}

@test "ranks that would compute differently are told" {
  if [ "${NAX_ISA-}" = baseline ] || ! grep -q avx2 /proc/cpuinfo; then
    skip "one kind of processor alone: no AVX2"
  fi
  # shellcheck disable=SC2016 # the ranks' shells expand it
  local own="$with_rank"'[ $rank = 0 ] || export "$1"; shift; exec "$@"'
  run mpirun -n 2 sh -c "$own" sh NAX_ISA=baseline nax-train "${options[@]}" designs
  [ "$status" -eq 1 ]
  [[ $output == *"nax-train: processors of several kinds, "*" on rank 0; NAX_ISA="* ]]
  NAX_CONV=blas run mpirun -n 2 sh -c "$own" sh OPENBLAS_CORETYPE=Prescott nax-train "${options[@]}" --epochs 1 --batch 40 designs
  [ "$status" -eq 1 ]
  [[ $output == *": ranks have come to different weights, on processors of several kinds; "* ]]
}

@test "a search by gradients, and one by evolution, go on from what other ranks have kept" {
  local by_gradients=(nax-search -q -j 1 --space ./space.yaml --data tiny.safetensors --batch 20 --epochs 2 --warm-epochs 1 --edap 0.1)
  "${by_gradients[@]}" --checkpoint one --log one.log --format json | plain > one.json
  mpirun -n 2 "${by_gradients[@]}" --checkpoint two --log two.log --format json | plain > two.json
  cmp one/search.safetensors two/search.safetensors
  cmp one.json two.json
  cmp <(plain < one.log) <(plain < two.log)
  local evolve=(nax-search -q -j 1 --evolve --space ./space.yaml --data tiny.safetensors --batch 20 --epochs 1 --images 20 --statistics 20)
  "${evolve[@]}" --population 4 --designs 6 --checkpoint three --inherit nets3 --format json | plain > three.json
  mpirun -n 3 "${evolve[@]}" --population 4 --designs 4 --checkpoint four > first
  mpirun -n 2 "${evolve[@]}" --population 4 --designs 6 --checkpoint four --resume --inherit nets4 --format json | plain > four.json
  cmp three.json four.json
  [ -n "$(ls nets3)" ]
  for file in nets3/*; do cmp "$file" "nets4/${file#*/}"; done
  "${evolve[@]}" --checkpoint three --resume --judge --format json designs > judged
  mpirun -n 2 "${evolve[@]}" --checkpoint four --resume --judge --format json designs | cmp judged
}

@test "images of an evaluation are dealt to ranks" {
  nax-train "${options[@]}" --epochs 1 --batch 40 --checkpoint nets designs > trained
  for more in "--fidelity full --chips 2 --calibrate 16" "--logits --images 37"; do
    # shellcheck disable=SC2086 # words on purpose
    nax-eval "${options[@]}" $more --format json trained > one
    # shellcheck disable=SC2086
    mpirun -n 3 nax-eval "${options[@]}" $more --format json < trained > three
    [ "$(wc -l < one)" -ge 2 ]
    cmp one three
  done
}

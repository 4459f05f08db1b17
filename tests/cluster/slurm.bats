#!/usr/bin/env bats
# Pipelines and the example on a Slurm of two nodes on this machine, of which one dies.
load common

setup_file() {
  small_search 3 20 # 2 s a design where nothing else runs: it is to be met in the middle
  export SLURM_CONF=$PWD/slurm/slurm.conf
  "$BATS_TEST_DIRNAME/slurm" start slurm
}

setup() { cd "$BATS_FILE_TMPDIR" || return 1; }

# what a test that failed has left would hold the next one up
teardown() {
  squeue
  scancel --user root
  await is_idle
}

teardown_file() { "$BATS_TEST_DIRNAME/slurm" stop "$BATS_FILE_TMPDIR/slurm"; }

# until COMMAND succeeds
await() {
  for _ in $(seq 600); do
    ! "$@" || return 0
    sleep 0.1
  done
  echo "never: $*"
  false
}

# deals PIPELINE FOLDER N: to Slurm, in the background; goes on when task N of its first array is in the middle
deals() {
  ENGINE=slurm "$pipelines/$1" "$2" 2>"$2.told" 3>&- &
  script=$!
  await grep -q 'epoch 1 of' "$2/shares/$1.$3.log" 2>/dev/null
  array=$(squeue --noheader --name "nax-$1" --format %F | sort -n | head -n 1)
  [ "$array" ]
}

restarts() { scontrol --oneliner show job "$1" | grep -o 'Restarts=[0-9]*'; }
is_idle() { [ -z "$(squeue --noheader)" ]; }

@test "Slurm: a task that is told to end goes on from its checkpoint, on another start" {
  deals random told 3
  scancel --signal=TERM --batch "${array}_3" # whose SLURM_JOB_ID is that of the array

  # meanwhile, the example
  mkdir example
  small job.slurm >example/job.slurm
  nax-sample --network lenet --random 2 >example/designs
  job=$(sbatch --parsable --chdir example --array=1-2 --cpus-per-task=1 example/job.slurm)
  await grep -q 'epoch 1 of' example/share-2.log
  scancel --signal=TERM --batch "${job}_2"

  wait "$script"
  same local/generation-0 told/random
  [ "$(restarts "${array}_3")" = Restarts=1 ]
  [ "$(restarts "$array" | grep -c Restarts=0)" -eq 2 ]
  grep interrupted told/shares/random.3.log
  for epoch in $(seq "$EPOCHS"); do
    [ "$(grep -c "epoch $epoch of $EPOCHS" told/shares/random.3.log)" -eq 1 ]
  done

  await is_idle
  cd example
  [ "$(restarts "${job}_2")" = Restarts=1 ]
  [ "$(grep -c 'epoch 1 of' share-2.log)" -eq 1 ]
  eval "$(sed -n '$s/^# then: //p' job.slurm)"
  is_front front
}

@test "Slurm: what is cancelled does not start again; the pipeline says so, and goes on when it is run again" {
  N=1 deals random cancelled 1
  scancel "$array"
  wait "$script" && status=0 || status=$?
  [ "$status" -eq 1 ]
  grep "a share has failed: 'cancelled/shares'; to go on, run it again" cancelled.told
  await is_idle
  [ "$(restarts "${array}_1")" = Restarts=0 ]
  [ ! -e cancelled/random ]
  N=1 "$pipelines/random" cancelled 2>told-again
  is_front cancelled/random
  grep "epoch $EPOCHS of $EPOCHS" told-again
  if grep "epoch 1 of $EPOCHS" told-again; then false; fi
}

@test "Slurm: one of two nodes dies in the middle of evolve, which ends with the bytes of one process" {
  deals evolve dying 3
  node=$(squeue --noheader --jobs "${array}_3" --format %N)
  [ "$node" ]
  "$BATS_TEST_DIRNAME/slurm" die "${node#node}" slurm
  scontrol update nodename="$node" state=down reason=dead # as Slurm finds out itself after SlurmdTimeout, or those who watch it
  wait "$script"
  same_evolution dying
  [ "$(restarts "${array}_3")" = Restarts=1 ]
}

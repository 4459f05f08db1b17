# What the suites of clusters share: a small search, what it comes to in one process, and how results are compared.

bats_require_minimum_version 1.8.0 # BATS_TEST_TIMEOUT

pipelines=$BATS_TEST_DIRNAME/../../pipelines examples=$BATS_TEST_DIRNAME/../../examples

# small_search N EPOCHS: in the suite's folder, whose results all tests see
small_search() {
  cd "$BATS_FILE_TMPDIR" || return 1
  nax-data synth -q --n-train 500 --n-test 20 -o set.safetensors
  # few bits, so few arrays to solve
  sed 's/\(weight\|input\)_bits: .*/\1_bits: 2/' "$examples/hardware/nax-reram.yaml" >few.yaml
  export DATA=$PWD/set.safetensors HARDWARE=$PWD/few.yaml NETWORK=lenet N=$1 EPOCHS=$2 GENERATIONS=1 OMP_NUM_THREADS=1
  "$pipelines/evolve" local
}

# same ONE SEVERAL: the records of two results, all of them but how long training took and where weights lie
same() {
  local fields='rank,crowding,id,kernel,crossbar,accuracy*,energy*,latency*,area*,edap*,epochs,train_seed,status,weights,weights_hash'
  nax-view --format csv -f "$fields" "$1" >one
  nax-view --format csv -f "$fields" "$2" >several
  [ "$(wc -l <one)" -gt "$N" ]
  cmp one several
}
same_evolution() {
  for result in generation-0 generation-1 evolve; do
    same "local/$result" "$1/$result"
  done
}

# small EXAMPLE: it with less to do, on the data set here
small() {
  sed "s|--random 40|--network lenet --random 2|; s|--epochs 20|--epochs $EPOCHS --data $DATA --hardware $HARDWARE|
    s|seq 8|seq 2|; s|{}/8|{}/2|; s|SHARES = 8|SHARES = 2|" "$examples/cluster/$1"
}

is_front() { [ "$(nax-view -f id --format csv "$1" | sed 1d | wc -l)" -ge 1 ]; }

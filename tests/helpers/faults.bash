# What the suites of faults share: small files to work on, two programs that train, and what must not be left

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  ${CC:-cc} -shared -fPIC -o faults.so "$BATS_TEST_DIRNAME/helpers/faults.c" -ldl
  nax-data synth -q --n-train 300 --n-test 60 --seed 5 -o small.safetensors
  printf '%s\n' network,kernel,crossbar 'lenet,5 5,32 32' >c.csv
  printf '%s\n' 'name: small' 'network: lenet' 'kernels: [3, 5]' 'crossbars: [16, 32]' >small.yaml
  nax-train -q --data small.safetensors --epochs 1 --checkpoint trained --log log.csv c.csv >trained.csv
  nax-sample --random 3 | nax-cost >costs
  nax-xbar --random 12 >array
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  files=$BATS_FILE_TMPDIR
  train="nax-train --data $files/small.safetensors --batch 20 --images 50 --fidelity ideal"
  search="nax-search --data $files/small.safetensors --space $files/small.yaml --batch 10 --warm-epochs 1 --alpha-every 5 --fidelity ideal"
}

none_left() { [ -z "$(find . -name '.nax-*')" ] || { find . -name '.nax-*'; return 1; }; }

#!/usr/bin/env bats
# nax-sample: what it draws, and what it refuses.
bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# One column of the CSV on stdin, without its name.
column() {
  awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }'
}

# A space on lenet, whose two convolutions cannot be skipped: 2·3 choices each.
small_space() {
  printf '%s\n' 'network: lenet' 'kernels: [3, 5]' 'crossbars: [16, 32, 64]' 'skip: true' >small.yaml
}

@test "without options: four random candidates of cifar10" {
  nax-sample --format csv >out.csv
  [ "$(head -n 1 out.csv)" = id,space,network,kernel,crossbar,crossbar_fixed,seed ]
  [ "$(wc -l <out.csv)" -eq 5 ]
  [ "$(column space <out.csv | sort -u)" = cifar10 ]
  [ "$(column network <out.csv | sort -u)" = resnet20 ]
  nax-sample --random 4 --format csv | cmp - out.csv
}

@test "msgpack goes into a pipe, and says who made it" {
  nax-sample --seed 5 | nax-pareto --rank --objectives seed:min --format json >out.json
  [ "$(wc -l <out.json)" -eq 4 ]
  nax-sample --seed 5 | head -c 300 | grep -aq 'nax-sample --seed 5'
}

@test "a seed is a sequence: shorter runs are its beginning" {
  nax-sample --random 50 --seed 9 --format csv >long.csv
  nax-sample --random 20 --seed 9 --format csv | cmp - <(head -n 21 long.csv)
  nax-sample --random 50 --seed 9 -n 20 --format csv | cmp - <(head -n 21 long.csv)
  nax-sample --random 50 --seed 9 -j 2 --format csv | cmp - long.csv
  if nax-sample --random 50 --seed 10 --format csv | cmp -s - long.csv; then false; fi
  [ "$(column seed <long.csv | sort -u)" = 9 ]
}

@test "ten thousand random designs are all different, legal and use every choice" {
  nax-sample --random 10000 --format csv >out.csv
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 10000 ]
  column kernel <out.csv | tr ' ' '\n' | sort -n | uniq | tr '\n' ' ' >kernels
  column crossbar <out.csv | tr ' ' '\n' | sort -n | uniq | tr '\n' ' ' >crossbars
  [ "$(cat kernels)" = "0 3 5 7 " ]
  [ "$(cat crossbars)" = "0 16 32 64 128 " ]
  # skipped in one is skipped in the other; the two convolutions that change the shape never are
  awk -F, 'NR > 1 { n = split($4, k, " "); m = split($5, c, " ")
    if (n != 18 || m != 18 || k[7] == 0 || k[13] == 0) exit 1
    for (i = 1; i <= n; i++) if ((k[i] == 0) != (c[i] == 0)) exit 1 }' out.csv
}

@test "a space smaller than asked for is listed once, with a note" {
  small_space
  nax-sample --space small.yaml --random 50 --seed 3 --format csv >out.csv 2>err.txt
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 36 ]
  [ "$(wc -l <out.csv)" -eq 37 ]
  [ "$(cat err.txt)" = "nax-sample: only 36 designs in space: 'small.yaml'" ]
  nax-sample --space small.yaml --random 50 -q 2>&1 >/dev/null | cmp - /dev/null
}

@test "the grid is complete and in order" {
  small_space
  nax-sample --space small.yaml --grid --format csv >out.csv
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 36 ]
  [ "$(sed -n 2p out.csv | cut -d, -f 4,5)" = "3 3,16 16" ]
  [ "$(sed -n 3p out.csv | cut -d, -f 4,5)" = "3 3,16 32" ]
  [ "$(sed -n 5p out.csv | cut -d, -f 4,5)" = "3 5,16 16" ]
  [ "$(sed -n 37p out.csv | cut -d, -f 4,5)" = "5 5,64 64" ]
  nax-sample --space small.yaml --random 36 --format csv | column id | sort | cmp - <(column id <out.csv | sort)
}

@test "a grid too large is refused, unless -n bounds it" {
  run nax-sample --grid
  [ "$status" -eq 1 ]
  [ "${lines[-1]}" = "nax-sample: more than 2^63 designs, and no -n, in space: 'cifar10'" ]
  nax-sample --grid -n 3 --format csv >out.csv
  [ "$(wc -l <out.csv)" -eq 4 ]
  [ "$(sed -n 2p out.csv | cut -d, -f 4)" = "0 0 0 0 0 0 3 0 0 0 0 0 3 0 0 0 0 0" ]
}

# Widths of the stages of resnet20: 2 · 3 · 1, and one kernel on two crossbars
wide_space() {
  printf '%s\n' 'network: resnet20' 'kernels: [3]' 'crossbars: [32, 64]' 'skip: true' 'stages:' \
    '  - widths: [16, 24]' '  - widths: [32, 48, 64]' '  - {}' >wide.yaml
}

@test "widths: drawn, absent where they are the network's own, and part of the id" {
  wide_space
  nax-sample --space wide.yaml --random 300 --format json >out.json
  [ "$(sed -n 's/.*"width":\[\([^]]*\).*/\1/p' out.json | sort -u | tr '\n' ' ')" = "16,48,64 16,64,64 24,32,64 24,48,64 24,64,64 " ]
  [ "$(grep -vc width out.json)" -gt 20 ]
  # a network that is its own whatever the space says
  [ "$(nax-sample --space wide.yaml --homogeneous --format csv | sed 's/wide.yaml/cifar10/')" = \
    "$(nax-sample --homogeneous --format csv | sed '2d; 5d')" ]
  # widths decide the id, a width that is the network's own does not
  printf '%s\n' network,kernel,crossbar,width 'lenet,5 5,32 32,6 16' 'lenet,5 5,32 32,6 17' 'lenet,5 5,32 32,' >in.csv
  nax-map -l in.csv | column id | uniq >ids
  [ "$(wc -l <ids)" -eq 3 ]
  [ "$(sed -n 1p ids)" = "$(sed -n 3p ids)" ]
  [ "$(sed -n 1p ids)" = "$(nax-map -l <(sed 's/,6 1[67]$//; s/,$//; s/,width//' in.csv) | column id | uniq)" ]
}

@test "widths: a convolution is left out only where shapes agree for all of them" {
  printf '%s\n' 'name: two' 'input: {height: 8, width: 8, channels: 4}' 'classes: 2' 'layers:' \
    '  - conv: {out: 4, kernel: 3}' '  - conv: {out: 4, kernel: 3}' '  - linear: {role: classifier}' >two.yaml
  printf '%s\n' 'network: two.yaml' 'kernels: [3]' 'crossbars: [16]' 'skip: true' 'fixed: {crossbar: 16}' >one.yaml
  { cat one.yaml; printf '%s\n' 'stages:' '  - widths: [4, 6]' '  - widths: [4, 6]'; } >space.yaml
  [ "$(nax-sample --space one.yaml --grid --format csv | wc -l)" -eq 5 ]
  nax-sample --space space.yaml --grid --format json >out.json
  [ "$(wc -l <out.json)" -eq 4 ]
  if grep -q '"kernel":\[[^]]*0' out.json; then false; fi
  nax-sample --space space.yaml --grid | nax-cost >costed
}

@test "converters: drawn for every convolution that is there, and part of the id" {
  small_space
  { cat small.yaml; printf '%s\n' 'adc_bits: [5, 8]' 'adc_ranges: [0.25]'; } >open.yaml
  nax-sample --space open.yaml --grid --format csv >out.csv
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 144 ]
  [ "$(column adc_bits <out.csv | sort -u | tr '\n' ';')" = "5 5;5 8;8 5;8 8;" ]
  [ "$(column adc_range <out.csv | sort -u)" = "0.25 0.25" ]
  # what is skipped has none
  sed 's/lenet/resnet20/' open.yaml >skips.yaml
  nax-sample --space skips.yaml --random 50 --format csv |
    awk -F, 'NR > 1 { n = split($4, k, " "); m = split($6, b, " "); if (n != 18 || m != 18) exit 1
      for (i = 1; i <= n; i++) if ((k[i] == 0) != (b[i] == 0)) exit 1 }'
  [ "$(nax-sample --space open.yaml --homogeneous --format csv | column id)" = "$(nax-sample --space small.yaml --homogeneous --format csv | column id)" ]
  nax-sample --space open.yaml --random 12 | nax-cost | nax-pareto --rank -o energy_pj:min,area_mm2:min >ranked
  nax-sample --evolve -n 8 --elite 0 ranked --format csv >next.csv
  [ "$(column id <next.csv | sort -u | wc -l)" -eq 8 ]
  run nax-sample --evolve --space small.yaml ranked
  [ "$status" -eq 1 ]
  [[ "$output" == *"record 1: layer 'conv1': "*" bits of ADCs are not in space 'small.yaml'" ]]
}

@test "bits: drawn for the whole design, and part of the id" {
  small_space
  { cat small.yaml; printf '%s\n' 'slice_bits: [1, 2]' 'weight_bits: [4, 7, 8]' 'input_bits: [5]'; } >open.yaml
  nax-sample --space open.yaml --grid --format csv >out.csv
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 216 ]
  [ "$(paste -d ' ' <(column slice_bits <out.csv) <(column weight_bits <out.csv) <(column input_bits <out.csv) | sort | uniq -c | tr -s ' ' | tr '\n' ';')" = \
    " 36 1 4 5; 36 1 7 5; 36 1 8 5; 36 2 4 5; 36 2 7 5; 36 2 8 5;" ]
  nax-sample --space open.yaml --grid | nax-cost --format csv | column id | cmp - <(column id <out.csv)
  [ "$(nax-sample --space open.yaml --homogeneous --format csv | column id)" = "$(nax-sample --space small.yaml --homogeneous --format csv | column id)" ]
  nax-sample --space open.yaml --random 12 | nax-cost | nax-pareto --rank -o energy_pj:min,area_mm2:min >ranked
  nax-sample --evolve -n 8 --elite 0 ranked --format csv >next.csv
  [ "$(column id <next.csv | sort -u | wc -l)" -eq 8 ]
  nax-sample --evolve --keep-kernels -n 8 --elite 0 ranked --format csv | column slice_bits | sort -u | wc -l | grep -qx 2
  run nax-sample --evolve --space small.yaml ranked
  [ "$status" -eq 1 ]
  [[ "$output" == *"record 1: field 'slice_bits': "[12]" is not in space 'small.yaml'" ]]
  nax-sample --space small.yaml --random 3 | nax-cost | nax-pareto --rank -o energy_pj:min >ranked
  run nax-sample --evolve --space open.yaml ranked
  [ "$status" -eq 1 ]
  [[ "$output" == *"record 1: field 'slice_bits' is missing, which space 'open.yaml' leaves open" ]]
  policy '1 0 0 0 0 0 0 1 0 0 0 0 0 0'
  run nax-sample --policy --space open.yaml policy.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"a policy says nothing of bits; give 'slice_bits', 'weight_bits' and 'input_bits' one in space 'open.yaml'" ]]
  sed 's/\[1, 2\]/[1, 5]/' open.yaml >none.yaml
  run nax-sample --space none.yaml
  [ "$status" -eq 1 ]
  [[ "$output" == *"none.yaml: line "*"key 'slice_bits.1': 5 is more than the least of weight_bits, and every combination has to be a design"* ]] || echo "$output"
  [[ "$output" == *": 5 is more than the least of weight_bits, and every combination has to be a design"* ]]
  sed 's/\[5\]/[25]/' open.yaml >none.yaml
  run nax-sample --space none.yaml
  [ "$status" -eq 1 ]
  [[ "$output" == *"25 is not between 1 and 24"* ]]
}

@test "widths that cannot be: the space, the stage, the combination" {
  wide_space
  sed 's/16, 24/16, 40/' wide.yaml >bad.yaml
  run nax-sample --space bad.yaml
  [ "$status" -eq 1 ]
  [ "$output" = "nax-sample: space 'bad.yaml' has no network of widths 40 32 64: a padded shortcut cannot lose channels: 's2b1' of network 'resnet20'" ]
  sed '$d' wide.yaml >bad.yaml
  run nax-sample --space bad.yaml
  [ "$output" = "nax-sample: key 'stages': 2 entries for the 3 stages of network 'resnet20': 'bad.yaml'" ]
  nax-sample --random 3 --space wide.yaml | nax-cost | nax-pareto --rank -o energy_pj:min >ranked
  sed 's/16, 24/16, 25/; s/32, 48, 64/32, 49, 65/; s/- {}/- widths: [65, 128]/' wide.yaml >other.yaml
  run nax-sample --evolve --space other.yaml ranked
  [ "$status" -eq 1 ]
  [[ "$output" == *"stage 's"*" is not in space 'other.yaml'"* ]]
}

@test "homogeneous baselines: every crossbar size with the network's kernels" {
  nax-sample --homogeneous --format csv >out.csv
  [ "$(column crossbar <out.csv | tr ' ' '\n' | uniq -c | awk '{ print $1 "x" $2 }' | tr '\n' ' ')" = \
    "18x16 18x32 18x64 18x128 " ]
  [ "$(column kernel <out.csv | tr ' ' '\n' | sort -u)" = 3 ]
  nax-sample --homogeneous --network vgg8 --format csv | column kernel | sort -u | grep -qx '3 3 3 3 3'
}

@test "every built-in space and network is drawn from" {
  nax-sample --list spaces --format csv >spaces.csv
  [ "$(column space <spaces.csv | head -n 1)" = cifar10 ]
  [ "$(column n_searched <spaces.csv | head -n 1)" = 18 ]
  for space in $(column space <spaces.csv); do
    [ "$(nax-sample --space "$space" --format csv | wc -l)" -eq 5 ]
  done
  [ "$(nax-sample --list networks --format csv | column network | sort | xargs)" = \
    "$(basename -s .yaml "$BATS_TEST_DIRNAME"/../examples/networks/*.yaml | LC_ALL=C sort | xargs)" ]
  [ "$(nax-sample --list networks --format csv | grep ^lenet,)" = "lenet,5 5,6 16,2" ]
  [ "$(nax-sample --list hardware --format csv | grep ^puma,)" = "puma,16,16,2,1,100000.0,600000.0" ]
  for network in resnet20 resnet32 resnet18-tiny vgg8 lenet mlp-mnist lenet-mnist vgg11 vgg16; do
    [ "$(nax-sample --network $network -n 2 --format csv | column network | sort -u)" = $network ]
  done
}

@test "ids of one name take the network's layers in; those of built-in networks stay" {
  mkdir -p a/networks b/networks
  layers="$BATS_TEST_DIRNAME/../examples/networks/lenet.yaml"
  cp "$layers" a/networks/mine.yaml
  sed 's/kind: max/kind: mean/' "$layers" >b/networks/mine.yaml
  design() { nax-sample --network "$1" --homogeneous -n 1 --format csv | sed -n '2s/,.*//p'; }
  [ "$(NAX_PATH=a design mine)" != "$(NAX_PATH=b design mine)" ]
  [ "$(NAX_PATH=a design mine)" = "$(NAX_PATH=a design mine)" ]
  # a copy of a built-in network, under its name, is that network
  cp "$layers" a/networks/lenet.yaml
  [ "$(NAX_PATH=a design lenet)" = "$(design lenet)" ]
  [ "$(design lenet)" = b22652ba117667a1 ]
  [ "$(design resnet20)" = d9e52b74f88538b5 ]
  # tools that compute a missing id agree
  NAX_PATH=b nax-sample --network mine --homogeneous -n 1 --format csv | cut -d, -f3-6 >noid.csv
  [ "$(NAX_PATH=b nax-map -l noid.csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "id") c = i } NR == 2 { print $c }')" = "$(NAX_PATH=b design mine)" ]
}

@test "linear layers alone: the crossbar of all, or of each that is searched" {
  printf '%s\n' 'name: mlp' 'input: {height: 8, width: 8, channels: 3}' 'classes: 4' 'layers:' \
    '  - linear: {out: 30}' '  - linear: {out: 20}' '  - linear: {role: classifier}' >mlp.yaml
  printf '%s\n' 'network: mlp.yaml' 'kernels: [3]' 'crossbars: [16, 64]' >space.yaml
  nax-sample --space space.yaml --homogeneous --format csv >all.csv
  [ "$(sed 1d all.csv | cut -d, -f 3-6 | tr '\n' ' ')" = 'mlp.yaml,"","",16 mlp.yaml,"","",64 ' ]
  for how in --grid '--random 2 --seed 3'; do # shellcheck disable=SC2086
    diff <(nax-sample --space space.yaml $how --format csv | column id | sort) <(column id <all.csv | sort)
  done
  # a spreadsheet leaves empty what is nothing
  printf 'network,kernel,crossbar,crossbar_fixed\nmlp.yaml,,,64\n' >by_hand.csv
  diff <(nax-cost --format csv <by_hand.csv | column energy_pj) <(nax-cost --format csv <all.csv | column energy_pj | sed -n 2p)
  printf 'network,kernel,crossbar\nlenet,,\n' >none.csv
  run nax-cost none.csv
  [ "$output" = "nax-cost: none.csv: record 1: field 'kernel': missing" ]
  printf 'network,kernel,crossbar\nmlp.yaml,,\n' >none.csv
  run nax-cost none.csv
  [ "$output" = "nax-cost: none.csv: record 1: no searched layer gives the crossbar size of 'fc1', nor does 'crossbar_fixed', in network 'mlp'" ]
  nax-sample --network mlp-mnist --grid --format csv >grid.csv
  [ "$(column kernel <grid.csv | sort -u)" = "1 1 1" ]
  [ "$(column crossbar <grid.csv | sort -u | wc -l)" -eq 64 ] # four sizes each
  nax-cost -l --format csv <grid.csv 2>err.txt | column array_size | sort -u >sizes
  [ "$(tr '\n' ' ' <sizes)" = "0 128 16 32 64 " ] # 0: what no layer fills
  awk 'BEGIN { OFS = FS = "," } NR == 1 { print $0, "rank", "crowding" } NR > 1 { print $0, 0, NR }' grid.csv | sed 5q |
    nax-sample --network mlp-mnist --evolve --mutation 1 -n 8 --format csv >evolved.csv
  [ "$(column kernel <evolved.csv | sort -u)" = "1 1 1" ]
}

@test "NAX_PATH comes before what is built in" {
  mkdir spaces
  printf '%s\n' 'network: lenet' 'kernels: [7]' 'crossbars: [256]' 'fixed: {crossbar: 64}' >spaces/cifar10.yaml
  NAX_PATH=/nonexistent:$PWD nax-sample --format csv 2>/dev/null >out.csv
  [ "$(sed 1d out.csv | cut -d, -f 2-)" = "cifar10,lenet,7 7,256 256,64,0" ]
}

@test "names in folders of NAX_PATH are among those that there are, once" {
  mkdir -p a/hardware b/hardware
  touch a/hardware/mine.yaml a/hardware/notes.txt b/hardware/{mine,pum,puma,zinc}.yaml
  NAX_PATH=a:/nonexistent:b run nax-cost --hardware mien
  [ "$status" -eq 1 ]
  [ "$output" = "nax-cost: no such file among hardware: 'mien'; did you mean 'mine'? there are mine, pum, puma, zinc, isaac, nax-reram" ]
}

@test "where all could be skipped, something is left" {
  printf '%s\n' 'name: all' 'input: {height: 8, width: 8, channels: 4}' 'classes: 2' 'layers:' \
    '  - stage: {blocks: 1, out: 4, kernel: 3}' '  - linear: {role: classifier}' >all.yaml
  printf '%s\n' 'network: all.yaml' 'kernels: [3]' 'crossbars: [16]' 'skip: true' >space.yaml
  [ "$(nax-sample --space space.yaml --grid --format csv | column kernel | tr '\n' ';')" = "0 3;3 0;3 3;" ]
  echo 'fixed: {crossbar: 16}' >>space.yaml
  [ "$(nax-sample --space space.yaml --grid --format csv | wc -l)" -eq 5 ]
}

@test "nothing asked for is an empty stream that is whole" {
  nax-sample --random 0 | nax-pareto --format csv >out.csv
  [ ! -s out.csv ]
}

# Ranked by cost, which needs no training.
ranked() { nax-cost | nax-pareto --rank --objectives energy_pj:min,area_mm2:min; }

@test "evolution: new legal designs, the same for a seed and any order of the population" {
  nax-sample --random 20 --seed 1 | ranked >population
  nax-sample --evolve -n 30 --elite 0 --seed 4 --format csv population >out.csv
  [ "$(wc -l <out.csv)" -eq 31 ]
  [ "$(head -n 1 out.csv)" = id,space,network,kernel,crossbar,crossbar_fixed,seed ]
  { nax-pareto --rank --format csv -o seed:min population | column id; column id <out.csv; } | sort | uniq -d | cmp - /dev/null
  nax-sample --evolve -n 30 --elite 0 --seed 4 --format csv population | cmp - out.csv
  nax-pareto --rank --sort rank -o energy_pj:max,area_mm2:max population |
    nax-pareto --rank -o energy_pj:min,area_mm2:min >turned
  nax-sample --evolve -n 30 --elite 0 --seed 4 --format csv turned | cmp - out.csv
  if nax-sample --evolve -n 30 --elite 0 --seed 5 --format csv population | cmp -s - out.csv; then false; fi
  nax-sample --evolve -n 30 --elite 0 --format csv population | nax-cost >/dev/null
}

@test "evolution of crossbars alone keeps kernels, and what is left out" {
  nax-sample --random 2 --seed 3 | ranked >population
  nax-sample --evolve --keep-kernels -n 40 --elite 0 --format csv population >out.csv
  [ "$(wc -l <out.csv)" -eq 41 ]
  column kernel <out.csv | sort -u >kernels
  nax-pareto --rank -o seed:min --format csv population | column kernel | sort -u | cmp - kernels
  [ "$(column crossbar <out.csv | sort -u | wc -l)" -gt 30 ]
  nax-cost out.csv >/dev/null
}

@test "evolution never loses the best, and goes on as a loop" {
  nax-sample --random 16 --seed 2 | ranked >population
  last=0
  for _ in 1 2 3 4; do
    nax-pareto --where 'rank = 0' -o energy_pj:min,area_mm2:min --format csv population | column id | sort >front
    nax-sample --evolve -n 16 population | ranked >next
    [ "$(nax-pareto --rank --format csv -o seed:min next | sed 1d | wc -l)" -eq 16 ]
    nax-pareto --rank --format csv -o seed:min next | column id | sort | comm -23 front - | cmp - /dev/null
    volume=$(nax-pareto -o energy_pj:min,area_mm2:min -H --reference 1e12,1e4 --format csv next | sed -n '2s/,.*//p')
    awk -v a="$volume" -v b="$last" 'BEGIN { exit !(a >= b) }'
    last=$volume
    mv next population
  done
}

@test "without mutation offspring are made of their parents; elites come as they were read" {
  small_space
  printf '%s\n' space,network,kernel,crossbar,rank,crowding,note \
    'small.yaml,lenet,3 3,16 16,0,inf,x' 'small.yaml,lenet,5 5,64 64,0,inf,y' 'small.yaml,lenet,3 5,32 32,1,inf,z' >in.csv
  nax-sample --evolve -n 3 --mutation 0 --elite 1 in.csv >out.csv # two parents left have two children
  grep -q '^small.yaml,lenet,.*,[xy]' out.csv
  nax-sample --evolve -n 2 --mutation 0 --elite 0 in.csv --format csv | column kernel | sort | tr '\n' ';' >kernels
  [ "$(cat kernels)" = "3 5;5 3;" ]
}

@test "a small space is exhausted with a note" {
  small_space
  nax-sample --space small.yaml --random 10 | ranked >population
  nax-sample --evolve -n 100 --elite 0 --format csv population >out.csv 2>err.txt
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 26 ]
  [ "$(cat err.txt)" = "nax-sample: no more new designs found after: '26'" ]
}

@test "populations that do not fit: file, record, layer" {
  small_space
  check() { # ROW MESSAGE
    printf '%s\n' space,network,kernel,crossbar,rank,crowding "$1" >in.csv
    run nax-sample --evolve in.csv
    [ "$status" -eq 1 ]
    [ "$output" = "nax-sample: in.csv: record 1: $2" ] || echo "$output"
    [ "$output" = "nax-sample: in.csv: record 1: $2" ]
  }
  check 'small.yaml,lenet,3 7,16 16,0,inf' "layer 'conv2': kernel 7 on crossbar 16 is not in space 'small.yaml'"
  check 'small.yaml,lenet,0 3,0 16,0,inf' "layer 'conv1': cannot be skipped in space 'small.yaml'"
  check 'small.yaml,lenet,3 3 3,16 16 16,0,inf' "field 'kernel': 3 values for the 2 searched convolutions of 'lenet'"
  check 'small.yaml,lenet,3 3,16 16,,inf' "field 'rank': missing"
  check 'small.yaml,lenet,3 3,16 16,0,nan' "field 'crowding': not a number"
  check 'none.yaml,lenet,3 3,16 16,0,inf' "cannot open: 'none.yaml': No such file or directory"
}

# A policy over kernels 3, 5 × crossbars 16, 32, 64 and skipping, for the two convolutions of lenet.
policy() { printf '%s\n' space,network,kernels,crossbars,policy "small.yaml,lenet,3 5,16 32 64,$1" >policy.csv; }

@test "a policy: the most probable design, then draws by its probabilities, none twice" {
  small_space
  policy '0.5 0 0 0.25 0 0.25 0 0 0.125 0.875 0 0 0 0'
  nax-sample --policy policy.csv --format csv -n 10 >out.csv 2>err.txt
  [ "$(sed -n 2p out.csv | cut -d, -f 2-5)" = "small.yaml,lenet,3 3,16 64" ] || cat out.csv
  [ "$(column id <out.csv | sort -u | wc -l)" -eq 6 ] # 3 × 2
  [ "$(cat err.txt)" = "nax-sample: no more new designs found after: '6'" ]
  nax-sample --policy -n 1 <policy.csv | nax-cost --format csv | column id | cmp - <(sed -n 2p out.csv | cut -d, -f 1)
}

@test "policies after the first agree with it by so many convolutions, and by so many at random" {
  small_space
  policy '0.5 0 0 0.5 0 0 0 0 0 0 0 1 0 0'
  cp policy.csv first.csv
  policy '0.25 0 0 0.75 0 0 0 0 0 0 0 1 0 0'
  nax-sample --agreement --format csv first.csv policy.csv first.csv > out.csv
  [ "$(cat out.csv)" = "space,network,agreement,agreement_chance,agreement_shuffled
small.yaml,lenet,0.5,0.16666666666666666,0.25
small.yaml,lenet,1.0,0.16666666666666666,0.5" ]
  run nax-sample --agreement -n 3 first.csv
  [ "$status" -eq 2 ]
  [[ "$output" == *"-n counts candidates"* ]]
  run nax-sample --agreement first.csv
  [ "$status" -eq 2 ]
  [[ "$output" == *"--agreement takes two policies or more, and was given one"* ]]
  head -n 1 first.csv > none.csv
  run nax-sample --agreement none.csv
  [ "$status" -eq 2 ]
  [[ "$output" == *"--agreement takes two policies or more, and was given none"* ]]
  policy '1 0 0 0 0 0 0'
  run nax-sample --agreement first.csv policy.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"field 'policy': 7 values for 2 layers of 7 choices" ]]
}

@test "policies that do not fit the space name the layer" {
  small_space
  check() { # POLICY MESSAGE
    policy "$1"
    run nax-sample --policy policy.csv
    [ "$status" -eq 1 ]
    [ "$output" = "nax-sample: policy.csv: record 1: $2" ] || echo "$output"
    [ "$output" = "nax-sample: policy.csv: record 1: $2" ]
  }
  check '1 0 0 0 0 0 0' "field 'policy': 7 values for 2 layers of 7 choices"
  check '1 0 0 0 0 0 0 0.5 0 0 0 0 0 0.5' "layer 'conv2': cannot be skipped in space 'small.yaml'"
  check '1 0 0 0 0 0 0 0.5 0 0 0.25 0 0 0' "layer 'conv2': probabilities add up to 0.75, not 1"
  check '1.5 -0.5 0 0 0 0 0 1 0 0 0 0 0 0' "layer 'conv1': not a probability: 1.5"
  policy '1 0 0 0 0 0 0 1 0 0 0 0 0 0'
  sed -i 's/,3 5,/,3 7,/; s/1 0 0 0 0 0 0$/0 0 0 0 1 0 0/' policy.csv
  run nax-sample --policy policy.csv
  [ "$output" = "nax-sample: policy.csv: record 1: layer 'conv2': kernel 7 on crossbar 32 is not in space 'small.yaml'" ]
  nax-sample | head -c 100000 >candidates
  run nax-sample --policy candidates
  [ "$status" -eq 1 ]
  [[ "$output" == *"record 1: field 'kernels': missing; did you mean 'kernel'?" ]]
}

@test "misuse: exit 2 and the usage" {
  for options in "--random" "--random x" "--random -1" "--random 2x" "--random 99999999999999999999" \
    "-n -1" "--grid --homogeneous" "--random 2 --grid" "--seed -3" "--format yaml" "file" "--list spaces --grid" "--list" "--list zebras" \
    "--elite 3" "--mutation 0.1 --random 2" "--keep-kernels" "--evolve --mutation 2" "--evolve --policy"; do
    # shellcheck disable=SC2086
    run nax-sample $options
    [ "$status" -eq 2 ] || echo "accepted: $options"
    [ "$status" -eq 2 ]
    [ "${lines[*]:1}" = "see nax-sample -h" ]
  done
}

@test "broken files: exit 1 with file, line and key" {
  check() { # TEXT MESSAGE
    printf '%s' "$1" >bad.yaml
    run nax-sample --space ./bad.yaml
    [ "$status" -eq 1 ]
    [ "$output" = "nax-sample: $2" ] || echo "$output"
    [ "$output" = "nax-sample: $2" ]
  }
  check $'network: lenet\nkernels: [3]\ncrossbars: [16]\ncolour: red\n' "./bad.yaml:4: key 'colour': unexpected key"
  check $'network: lenet\nkernels: [3]\ncrossbars: [16, many]\n' "./bad.yaml:3: key 'crossbars': not an integer: 'many'"
  check $'network: lenet\nkernels: [3, 6]\ncrossbars: [16]\n' "./bad.yaml:2: key 'kernels.1': 6 is not an odd number from 1 to 31"
  check $'network: nothing\nkernels: [3]\ncrossbars: [16]\n' "no such file among networks: 'nothing'; there are $(
    cd "$BATS_TEST_DIRNAME/../examples/networks" && LC_ALL=C && printf '%s, ' *.yaml | sed 's/\.yaml//g; s/, $//')"
  check $'network: lenet\nkernels: [3\ncrossbars: [16]\n' "./bad.yaml:3: did not find expected ',' or ']'"
  check '' "./bad.yaml: empty"
  run nax-sample --space ./none.yaml
  [ "$status" -eq 1 ]
  [ "$output" = "nax-sample: cannot open: './none.yaml': No such file or directory" ]
  head -c 2000000 /dev/zero >bad.yaml
  run nax-sample --space bad.yaml
  [ "$status" -eq 1 ]
  for bytes in '[' '{' '? ' '- ' 'a: ' '[a, ' ': ' '&a ' '"' "!" '|' '%'; do # nests, in quadratic time if all goes wrong
    yes "$bytes" | tr -d '\n' | head -c 1000000 >bad.yaml
    run timeout 20 nax-sample --space bad.yaml
    [ "$status" -eq 1 ] || echo "status $status: $bytes"
    [ "$status" -eq 1 ]
  done
  head -c 100000 /dev/urandom >bad.yaml
  run nax-sample --space bad.yaml
  [ "$status" -eq 1 ]
}

@test "many entries that are read many times are found at once" {
  awk 'BEGIN {
    print "name: many\ninput: {height: 8, width: 8, channels: 1}\nclasses: 2\nlayers:"
    for (i = 0; i < 800; i++) printf "  - activation: {name: %060d, kind: relu}\n", i
    print "  - activation: {name: z, kind: relu}"
    for (i = 0; i < 200; i++) { printf "  - concat: {from: [z"; for (k = 1; k < 1000; k++) printf ",z"; print "]}" }
    print "  - linear: {role: classifier}" }' >many.yaml
  run -1 nax-sample --network ./many.yaml
  [ "$output" = "nax-sample: ./many.yaml:806: key 'layers.801': more than 1024 layers: 'concat1.224' of network 'many'" ]
}

@test "a full disk is an error, a closed pipe is not reported" {
  run bash -c 'nax-sample --random 10000 >/dev/full'
  [ "$status" -eq 1 ]
  [[ "$output" == "nax-sample: cannot write: 'standard output'"* ]]
  run bash -c 'nax-sample --random 1000000 --format csv | head -n 1'
  [ "$status" -eq 0 ]
  [ "${#lines[@]}" -eq 1 ]
}

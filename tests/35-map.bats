#!/usr/bin/env bats
# nax-map: counts per candidate and per layer, and what it refuses.
bats_require_minimum_version 1.5.0

# One small network, trained once for the tests of arrays.
setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  nax-data synth -q --n-train 300 --n-test 50 --seed 5 -o small.safetensors
  printf 'network,kernel,crossbar\nlenet,3 3,16 32\n' |
    nax-train -q --data small.safetensors --epochs 1 --batch 32 --fidelity ideal --checkpoint "$PWD/run" --format csv >trained.csv
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  trained=$BATS_FILE_TMPDIR/trained.csv
  wires=(--set device.r_wire_row_ohm=0 --set device.r_wire_col_ohm=0 --set device.r_source_ohm=0
    --set device.r_sink_ohm=0)
  {
    echo network,kernel,crossbar
    for n in 16 32 64 128; do echo "resnet20,$(ints 3 18),$(ints "$n" 18)"; done
  } >homogeneous.csv
}

# ints VALUE COUNT: a cell of equal integers
ints() { printf "%$2s" '' | sed -e "s/ /$1 /g" -e 's/ $//'; }

# column NAME FILE
column() { awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }' "$2"; }

refused() { # refused MESSAGE COMMAND...
  local message=$1 code=0
  shift
  "$@" >out.txt 2>err.txt || code=$?
  echo "exit status $code: $(cat err.txt)"
  [ "$code" -eq 1 ] && grep -qF -- "$message" err.txt && [ "$(wc -l <err.txt)" -eq 1 ]
}

@test "a candidate is passed on with units, crossbars and utilization" {
  nax-map homogeneous.csv >out.csv
  [ "$(head -n 1 out.csv)" = network,kernel,crossbar,n_units,n_crossbars,utilization ]
  [ "$(column n_units out.csv | tr '\n' ' ')" = '1050 281 98 59 ' ]
  [ "$(column n_crossbars out.csv | tr '\n' ' ')" = '16800 4496 1568 944 ' ]
}

# published for the convolutions with the stem, without the classifier
@test "units and products of ResNet-20, layer by layer" {
  nax-map --layers homogeneous.csv >out.csv
  for n in 16 32 64 128; do
    awk -F, -v n=$n 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
      $c["array_size"] == n && $c["role"] != "classifier" { u += $c["n_units"]; p += $c["products"] }
      END { print n, u, p }' out.csv
  done >sums.txt
  printf '%s\n' '16 1046 158720' '32 279 57216' '64 97 29824' '128 58 19456' | diff - sums.txt
}

@test "the layers of VGG-8 take 615.9 million multiply-accumulates" {
  echo network,kernel,crossbar,crossbar_fixed >vgg8.csv
  echo "vgg8,$(ints 3 5),$(ints 128 5),128" >>vgg8.csv
  nax-map -l vgg8.csv >out.csv
  [ "$(column positions out.csv | tr '\n' ' ')" = '1024 1024 256 256 64 64 1 1 ' ]
  [ "$(column macs out.csv | awk '{ s += $1 } END { printf "%.1f", s / 1e6 }')" = 615.9 ]
}

@test "groups lie together where they fit, a depthwise convolution of 3 by 3 in sevens on 64 rows" {
  printf '%s\n' 'name: apart' 'input: {height: 8, width: 6, channels: 37}' 'classes: 5' 'layers:' \
    '  - conv: {kernel: 3, groups: 37}' '  - pool: {kind: mean}' '  - linear: {role: classifier}' >apart.yaml
  printf '%s\n' network,kernel,crossbar apart.yaml,3,64 apart.yaml,5,64 apart.yaml,3,8 >apart.csv
  nax-map --layers --format csv apart.csv | grep ',conv,' | cut -d, -f 6-11 >out.csv
  printf '%s\n' 37,7,333,37,6,96 37,2,925,37,19,304 37,1,333,37,74,1184 | diff - out.csv
}

@test "offset weights take half the crossbars" {
  nax-map --hardware puma homogeneous.csv >out.csv
  [ "$(column n_crossbars out.csv | tr '\n' ' ')" = '8400 2248 784 472 ' ]
}

@test "msgpack in, msgpack out; CSV and JSON on request" {
  nax-map --format msgpack homogeneous.csv >a.nax
  nax-map a.nax >b.nax
  nax-map --format csv b.nax | cut -d, -f4- >b.csv
  nax-map homogeneous.csv | cut -d, -f4- | diff - b.csv
  nax-map --format json b.nax | head -n 1 | grep -q '"n_units": *1050'
}

@test "skipped convolutions take nothing" {
  echo network,kernel,crossbar >skip.csv
  echo "resnet20,0 $(ints 3 17),0 $(ints 64 17)" >>skip.csv
  nax-map -l skip.csv >out.csv
  [ "$(column layer out.csv | wc -l)" -eq 19 ]
  [ "$(column layer out.csv | grep -cx s1b1c1)" -eq 0 ]
  [ "$(column array_size out.csv | sort -u)" = 64 ]
}

@test "broken candidates are refused, with the record's number" {
  head -n 2 homogeneous.csv >bad.csv
  echo "resnet20,3 3,16 16" >>bad.csv
  refused "bad.csv: record 2: field 'kernel': 2 values for the 18 searched convolutions of 'resnet20'" nax-map bad.csv
  [ "$(wc -l <out.txt)" -eq 2 ]
  printf 'network,kernel,crossbar\nnone,3,16\n' >bad.csv
  refused "no such file among networks: 'none'" nax-map bad.csv
  printf 'network,kernel,crossbar\nresnet20,%s,%s\n' "$(ints 3 18)" "$(ints 70000 18)" >bad.csv
  refused "crossbar size 70000 is not between 1 and 4096" nax-map bad.csv
  printf 'network,kernel,crossbar\nresnet20,%s,%s\n' "$(ints 4 18)" "$(ints 64 18)" >bad.csv
  refused 'record 1' nax-map bad.csv
  printf 'network,kernel\nresnet20,3\n' >bad.csv
  refused "field 'crossbar'" nax-map bad.csv
}

@test "hardware that cannot be is refused with file, line and key" {
  refused "no such file among hardware: 'none'" nax-map --hardware none homogeneous.csv
  printf 'name: x\nwings: 2\n' >x.yaml
  refused "x.yaml:2: key 'wings': unexpected key" nax-map --hardware ./x.yaml homogeneous.csv
}

@test "keys that change no count are told" {
  nax-sample --format csv >designs.csv
  nax-map --format csv designs.csv >own.csv
  for set in precision.weight_bits=8 precision.slice_bits=4 signs=offset; do
    nax-map --format csv --set "$set" designs.csv >other.csv
    run ! cmp -s own.csv other.csv
  done
  for set in precision.input_bits=4 precision.stream_bits=2 input_signs=two-passes unused=open adc.zero=reference adc.bits=4 \
    device.r_on_ohm=5e4 device.r_source_ohm=700 device.v0_v=0.3 device.v_read_v=0.4 timing.clock_ghz=2; do
    status=0
    nax-map --set "$set" designs.csv >out 2>err || status=$?
    [ "$status" -eq 2 ] || { echo "takes $set"; false; }
    [ "$(head -n 1 err)" = "nax-map: ${set%=*} has no effect on counts of arrays: '$set'" ]
  done
}

@test "empty input is an error; a full disk and a closed pipe are seen" {
  : >empty
  refused 'empty: empty input; --unfinished takes the whole records of a file' nax-map empty
  refused 'standard output' sh -c 'nax-map homogeneous.csv >/dev/full'
  nax-map -l homogeneous.csv | head -n 1
}

@test "a stream of no records passes" {
  head -n 1 homogeneous.csv | nax-map --format msgpack >none.nax
  nax-map none.nax >out.nax
  [ -s out.nax ]
}

# same COLUMN COLUMN FILE: numbers of two columns agree to 1e-9 of the largest in their record
same() {
  paste -d, <(column "$1" "$3") <(column "$2" "$3") | awk -F, '
    { n = split($1, x, " "); if (n < 2 || split($2, y, " ") != n) exit 1; worst = top = 0
      for (i = 1; i <= n; i++) {
        d = x[i] - y[i]; if (d < 0) d = -d; if (d > worst) worst = d; if (x[i] > top) top = x[i]
      }
      if (worst > 1e-9 * top) { print "record", NR, "differs by", worst / top; exit 1 } }'
}

@test "arrays: every array of a trained network, and nax-xbar solves them" {
  nax-map --arrays "$trained" >arrays.csv
  nax-map --tiles --chip 0 "$trained" | cmp - arrays.csv # the former name
  nax-map "$trained" >counts.csv
  [ "$(($(wc -l <arrays.csv) - 1))" -eq "$(column n_crossbars counts.csv)" ]
  [ "$(column layer arrays.csv | sort -u | wc -l)" -eq 5 ]
  [ "$(column slice arrays.csv | sort -nu | tail -n 1)" -eq 7 ]
  [ "$(column sign arrays.csv | sort -nu | tr '\n' ' ')" = '-1 1 ' ]
  head -n 30 arrays.csv | nax-xbar --matrix >solved.csv
  [ "$(column rows solved.csv | sort -u)" = 16 ]
  [ "$(column cols solved.csv | sort -u)" = 17 ]
  awk -v w="$(column w_eff_siemens solved.csv | head -n 1)" -v g="$(column g_siemens solved.csv | head -n 1)" 'BEGIN {
    n = split(w, x, " "); split(g, y, " "); if (n != 16 * 17) exit 1
    for (i = 1; i <= n; i++) if (!(x[i] > 0 && x[i] < y[i])) exit 1 }'
  nax-map --arrays "${wires[@]}" "$trained" | head -n 60 | nax-xbar --matrix >ideal.csv
  same g_siemens w_eff_siemens ideal.csv
}

@test "arrays: a chip is a function of seed and chip; hardware is as told" {
  noisy=(--arrays --set precision.weight_bits=4 --set device.programming.error=normal --set device.programming.error_frac=0.03)
  for options in '' '--seed 1' '--chip 1' '--set signs=offset' '--set adc.zero=digital' '--set unused=open'; do
    # shellcheck disable=SC2086 # words on purpose
    nax-map "${noisy[@]}" $options "$trained" | md5sum
  done >sums.txt
  nax-map "${noisy[@]}" -j 3 "$trained" | md5sum >>sums.txt
  [ "$(sort -u sums.txt | wc -l)" -eq 6 ]
  [ "$(sed -n 1p sums.txt)" = "$(sed -n 7p sums.txt)" ]
  nax-map --arrays --set device.programming.drift=power --set device.programming.drift_nu=0.1 \
    --set device.programming.drift_start_seconds=1 --time 1000 "$trained" | head -n 2 >late.csv
  nax-map --arrays "$trained" | head -n 2 >fresh.csv
  awk -v a="$(column g_siemens late.csv | head -n 1)" -v b="$(column g_siemens fresh.csv | head -n 1)" 'BEGIN {
    split(a, x, " "); split(b, y, " "); d = x[1] / y[1] - 1000 ^ -0.1; exit !(d < 1e-9 && d > -1e-9) }'
}

@test "arrays: what cannot be mapped is refused" {
  refused "record 1: field 'checkpoint' is missing or no text" nax-map --arrays homogeneous.csv
  sed 's/run[^,]*safetensors/none/' "$trained" >lost.csv
  refused "record 1: cannot open" nax-map --arrays lost.csv
  sed 's/3 3,16 32/5 5,16 32/' "$trained" >other.csv
  refused 'record 1: ' nax-map --arrays other.csv
  : >empty
  refused 'empty: empty input; --unfinished takes the whole records of a file' nax-map --arrays empty
  nax-map --format msgpack "$trained" >whole.nax
  head -c -9 whole.nax >cut.nax
  refused 'cut.nax: ' nax-map --arrays cut.nax
  head -c 2000 "$BATS_FILE_TMPDIR"/run/*.safetensors >short.safetensors
  sed "s|[^,]*/run/[^,]*safetensors|$PWD/short.safetensors|" "$trained" >short.csv
  refused 'short.safetensors' nax-map --arrays short.csv
  code=0
  nax-map --layers --arrays "$trained" 2>err.txt || code=$?
  [ "$code" -eq 2 ]
  code=0
  nax-map --chip 2 "$trained" 2>err.txt || code=$?
  [ "$code" -eq 2 ]
}

#!/usr/bin/env bats
# nax-eval: accuracy of trained networks on hardware, and what it refuses.

bats_require_minimum_version 1.5.0

# One small network, trained once for all tests.
setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  nax-data synth -q --n-train 700 --n-test 200 --seed 5 -o small.safetensors
  printf 'network,kernel,crossbar\nlenet,5 5,32 64\n' |
    nax-train -q --data small.safetensors --epochs 2 --batch 32 --rate 0.05 --checkpoint "$PWD/run" --format csv > trained.csv
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  trained=$BATS_FILE_TMPDIR/trained.csv
  eval=(nax-eval -q --data "$BATS_FILE_TMPDIR/small.safetensors")
  wires=(--set device.r_wire_row_ohm=0 --set device.r_wire_col_ohm=0 --set device.r_source_ohm=0
    --set device.r_sink_ohm=0)
  few=(--set precision.weight_bits=4 --set precision.input_bits=4) # a fourth of the arrays that 16 bits take
  reads=(--set device.programming.read_noise_frac=0.3)
  noisy=(--set device.programming.error=normal --set device.programming.error_frac=0.03)
}

# The value of a column of CSV on stdin: column NAME [ROW]
column() {
  awk -F, -v name="$1" -v row="${2:-1}" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i }
    NR == row + 1 { print $c }'
}

# refuse WORDS COMMAND...: fails with status 1 and one line that has the words
# shellcheck disable=SC2154
refuse() {
  local words=$1
  shift
  run --separate-stderr "$@"
  [ "$status" -eq 1 ]
  [ "${#stderr_lines[@]}" -eq 1 ]
  [[ "$stderr" == *"$words"* ]]
}

@test "adds its fields and keeps those that it does not know" {
  sed '1s/$/,note/; 2s/$/,kept/' "$trained" > in.csv
  "${eval[@]}" --fidelity linear --calibrate 40 in.csv > out.csv
  for field in accuracy accuracy_ideal accuracy_sd accuracy_worst_decile accuracy_calibrated chips; do
    [ -n "$(column $field < out.csv)" ]
  done
  [ "$(column note < out.csv)" = kept ]
  [ "$(column fidelity < out.csv)" = linear ]
  [ "$(column hardware < out.csv)" = nax-reram ]
  [ "$(column accuracy_ideal < out.csv)" = "$(column accuracy_ideal < "$trained")" ]
  [ "$(column accuracy_sd < out.csv)" = 0 ] || [ "$(column accuracy_sd < out.csv)" = 0.0 ]
}

@test "ideal is ideal; without wires full is quantized" {
  "${eval[@]}" --fidelity ideal "$trained" > ideal.csv
  [ "$(column accuracy < ideal.csv)" = "$(column accuracy_ideal < ideal.csv)" ]
  "${eval[@]}" --fidelity quantized "$trained" > quantized.csv
  "${eval[@]}" --fidelity full "${wires[@]}" "$trained" > full.csv
  [ "$(column accuracy < full.csv)" = "$(column accuracy < quantized.csv)" ]
}

@test "split validation: the images that training held out, and nothing of the test images" {
  [ -n "$(column accuracy < "$trained")" ]
  "${eval[@]}" --split validation --fidelity ideal "$trained" > out.csv
  for field in accuracy accuracy_ideal accuracy_sd accuracy_se; do
    [[ ",$(head -n 1 out.csv)," != *,$field,* ]]
  done
  # what training saw on these images, to the last digit; a tenth of 700 of them
  [ "$(column accuracy_validation < out.csv)" = "$(column accuracy_validation < "$trained")" ]
  [ "$(column accuracy_hardware_validation < out.csv)" = "$(column accuracy_validation < "$trained")" ]
  awk -v a="$(column accuracy_validation < out.csv)" -v se="$(column accuracy_hardware_validation_se < out.csv)" \
    'BEGIN { d = se - sqrt(a * (1 - a) / 70); exit !(a > 0 && a < 1 && d < 1e-12 && d > -1e-12) }'
  # of chips: their deviation, and its part in the error
  "${eval[@]}" "${noisy[@]}" --split validation --fidelity linear --chips 3 --calibrate 40 "$trained" > chips.csv
  awk -v a="$(column accuracy_hardware_validation < chips.csv)" -v sd="$(column accuracy_hardware_validation_sd < chips.csv)" \
    -v se="$(column accuracy_hardware_validation_se < chips.csv)" \
    'BEGIN { d = se - sqrt(a * (1 - a) / 70 + sd * sd / 3); exit !(d < 1e-12 && d > -1e-12) }'
  [ -n "$(column accuracy_hardware_validation_calibrated < chips.csv)" ]
  [ -n "$(column accuracy_hardware_validation_worst_decile < chips.csv)" ]
  # test images again, beside them
  "${eval[@]}" --fidelity ideal out.csv > both.csv
  [ "$(column accuracy < both.csv)" = "$(column accuracy_ideal < "$trained")" ]
  [ "$(column accuracy_hardware_validation < both.csv)" = "$(column accuracy_hardware_validation < out.csv)" ]
  awk -v a="$(column accuracy < both.csv)" -v se="$(column accuracy_se < both.csv)" \
    'BEGIN { d = se - sqrt(a * (1 - a) / 200); exit !(se > 0 && d < 1e-12 && d > -1e-12) }'
}

@test "split validation: weights that do not say what was held out, or of other images" {
  nax-data synth -q --n-train 700 --n-test 200 --seed 6 -o other.safetensors
  refuse "trained on other images than 'synth'" nax-eval -q --data other.safetensors --split validation "$trained"
  cut -d, -f1-3 "$trained" | nax-train -q --data "$BATS_FILE_TMPDIR/small.safetensors" --epochs 1 --validation 0 \
    --fidelity ideal --checkpoint all --format csv > all.csv
  refuse 'no images were held out for validation' "${eval[@]}" --split validation --fidelity ideal all.csv
}

@test "layers: nothing lost on ideal hardware, a gain below 1 with wires, less to lose after gains" {
  "${eval[@]}" -l --fidelity ideal "$trained" > ideal.csv
  [ "$(wc -l < ideal.csv)" -eq 6 ]
  "${eval[@]}" -l --fidelity linear "$trained" > out.csv
  [ "$(column layer 1 < out.csv)" = conv1 ]
  for row in 1 2 3 4 5; do
    awk -v a="$(column snr_db $row < ideal.csv)" 'BEGIN { exit !(a > 100) }' # rounding of floats
  done
  for row in 1 2 3 4 5; do
    awk -v g="$(column gain $row < out.csv)" 'BEGIN { exit !(g > 0.5 && g < 1) }'
    awk -v a="$(column snr_after_gains_db $row < out.csv)" -v b="$(column snr_db $row < out.csv)" \
      'BEGIN { exit !(a > b + 3) }'
  done
}

@test "circuits: nonlinear cells conduct less behind wires; linear ones, or no wires, are what full computes" {
  "${eval[@]}" -l --circuit 2 "${few[@]}" "$trained" > sinh.csv
  for row in 1 2 3 4 5; do
    awk -v g="$(column gain_circuit $row < sinh.csv)" -v snr="$(column snr_circuit_db $row < sinh.csv)" \
      'BEGIN { exit !(g > 0.8 && g < 1.1 && (snr == "" || snr > 5 && snr < 60)) }'
  done
  [ -n "$(column snr_circuit_db 2 < sinh.csv)" ]
  "${eval[@]}" -l --circuit 2 "${few[@]}" "${wires[@]}" "$trained" > perfect.csv
  for row in 1 2 3 4 5; do
    [ -z "$(column snr_circuit_db $row < perfect.csv)" ]
    awk -v g="$(column gain_circuit $row < perfect.csv)" 'BEGIN { exit !(g > 0.999999 && g < 1.000001) }'
  done
  run -2 "${eval[@]}" --circuit 1 "$trained"
}

@test "read noise: the same for any number of threads, another for another seed, and it costs accuracy" {
  for j in 1 2; do
    "${eval[@]}" -j $j --images 40 "${few[@]}" "${reads[@]}" "$trained" > reads$j.csv
  done
  cmp reads1.csv reads2.csv
  "${eval[@]}" -l "${few[@]}" "${reads[@]}" "$trained" > noisy.csv
  "${eval[@]}" -l --seed 1 "${few[@]}" "${reads[@]}" "$trained" > other.csv
  run ! cmp -s noisy.csv other.csv
  "${eval[@]}" -l "${few[@]}" "$trained" > quiet.csv
  for row in 1 2 3 4 5; do
    awk -v a="$(column snr_after_gains_db $row < noisy.csv)" -v b="$(column snr_after_gains_db $row < quiet.csv)" \
      'BEGIN { exit !(a < b - 3) }'
  done
}

@test "what cannot act in this run is misuse; what a file has and the fidelity leaves out is said" {
  idle() { # MESSAGE OPTION ...
    local message="$1"
    shift
    run --separate-stderr "${eval[@]}" --images 9 "$@" "$trained"
    [ "$status" -eq 2 ]
    [[ "$stderr" == *"$message"* ]]
  }
  p=device.programming
  idle "$p.error_frac has no effect while $p.error is exact: '$p.error_frac=0.3'" --fidelity linear --set $p.error_frac=0.3
  idle "$p.time_seconds has no effect while $p.drift is none" --fidelity linear --time 1e9
  idle "$p.drift_nu has no effect while $p.drift is none" --fidelity linear --set $p.drift_nu=0.3
  idle "$p.read_noise_frac has no effect on the fidelity linear" --fidelity linear --set $p.read_noise_frac=0.9
  idle "$p.stuck_off_frac has no effect on the fidelity quantized" --fidelity quantized --set $p.stuck_off_frac=0.9
  idle 'adc.bits has no effect on the fidelity ideal' --fidelity ideal --set adc.bits=5
  idle 'timing.clock_ghz has no effect on the fidelity linear' --fidelity linear --set timing.clock_ghz=2
  idle 'adc.range_frac has no effect while adc.range is calibrated' --fidelity quantized --set adc.range_frac=0.5
  sed 's/^  v0_v: .*/&\n  programming: {error: normal, error_frac: 0.1, read_noise_frac: 0.1}/' \
    "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >bad.yaml
  nax-eval --data "$BATS_FILE_TMPDIR/small.safetensors" --hardware ./bad.yaml --images 9 --fidelity quantized "$trained" >out.csv 2>err
  grep -q "the fidelity quantized leaves out how cells are programmed: './bad.yaml'" err
  nax-eval --data "$BATS_FILE_TMPDIR/small.safetensors" --hardware ./bad.yaml --images 9 --fidelity linear "$trained" >out.csv 2>err
  grep -q "the fidelity linear leaves out read noise: './bad.yaml'" err
  nax-map --hardware ./bad.yaml "$trained" >out.csv 2>err # which counts arrays, whatever is in them
  [ ! -s err ]
}

@test "chips: deviation, worst tenth, the same for any number of threads" {
  for j in 1 2 3; do
    "${eval[@]}" -j $j --fidelity linear --chips 8 --images 100 "${few[@]:0:2}" "${noisy[@]}" "$trained" > out$j.csv
  done
  cmp out1.csv out2.csv
  cmp out1.csv out3.csv
  awk -v sd="$(column accuracy_sd < out1.csv)" 'BEGIN { exit !(sd > 0) }'
  awk -v a="$(column accuracy_worst_decile < out1.csv)" -v b="$(column accuracy < out1.csv)" \
    'BEGIN { exit !(a <= b) }'
  # chips that are alike: the same accuracy, and no deviation at all
  "${eval[@]}" --fidelity linear --chips 7 --images 99 "${few[@]:0:2}" "$trained" > seven.csv
  "${eval[@]}" --fidelity linear --images 99 "${few[@]:0:2}" "$trained" > one.csv
  [ "$(column accuracy < seven.csv)" = "$(column accuracy < one.csv)" ]
  [ "$(column accuracy_worst_decile < seven.csv)" = "$(column accuracy < one.csv)" ]
  [[ "$(column accuracy_sd < seven.csv)" =~ ^0(\.0)?$ ]]
  "${eval[@]}" -l --fidelity linear "${noisy[@]}" "$trained" > a.csv
  "${eval[@]}" -l --fidelity linear "${noisy[@]}" --seed 1 "$trained" > b.csv
  "${eval[@]}" -l --fidelity linear "${noisy[@]}" "$trained" > c.csv
  cmp a.csv c.csv
  run ! cmp -s a.csv b.csv
}

@test "drift: the longer the time, the smaller the gain" {
  drift=(--set device.programming.drift=power --set device.programming.drift_nu=0.05
    --set device.programming.drift_start_seconds=1)
  last=2
  for time in 0 1e3 1e6; do
    "${eval[@]}" -l --fidelity linear "${drift[@]}" --time $time "$trained" > out.csv
    gain=$(column gain 3 < out.csv)
    awk -v a="$gain" -v b="$last" 'BEGIN { exit !(a < b - 0.05) }'
    last=$gain
  done
}

@test "narrow ADCs cost accuracy of products" {
  "${eval[@]}" -l --fidelity quantized "$trained" > auto.csv
  "${eval[@]}" -l --fidelity quantized --set adc.bits=2 "$trained" > narrow.csv
  awk -v a="$(column snr_db 2 < narrow.csv)" -v b="$(column snr_db 2 < auto.csv)" \
    'BEGIN { exit !(a < b - 10) }'
}

@test "converters of few bits: the full scale of least error beats levels that clamp, layer by layer" {
  # 64 rows: 192 levels on ideal arrays
  sed 's/,32 64,/,64 64,/' "$trained" > wide.csv
  for bits in 4 5 6; do
    for range in ideal least-error; do
      "${eval[@]}" -l --set adc.bits=$bits --set adc.range=$range wide.csv > $range.csv
    done
    gained=0
    for row in 1 2 3 4 5; do
      gained=$(awk -v a="$(column snr_db $row < least-error.csv)" -v b="$(column snr_db $row < ideal.csv)" -v g="$gained" \
        'BEGIN { if (a < b - 0.5) exit 1; print g + a - b }')
    done
    awk -v gained="$gained" 'BEGIN { exit !(gained > 5 * 3) }' # 3 dB a layer
  done
}

@test "a range that is measured is the same for any number of threads, and coarse where it is not" {
  for range in percentile least-error; do
    for j in 1 2; do
      "${eval[@]}" -l -j $j "${few[@]}" --set adc.bits=5 --set adc.range=$range "$trained" > $range$j.csv
    done
    cmp ${range}1.csv ${range}2.csv
  done
  run ! cmp -s percentile1.csv least-error1.csv
  for bits in 4 6 8; do # a bit more is 6 dB where converters round and do not clamp
    "${eval[@]}" -l --fidelity quantized --set adc.bits=$bits --set adc.range=fraction --set adc.range_frac=0.5 "$trained" |
      column snr_db 2
  done > snr.txt
  awk 'NR > 1 && $1 < last + 8 { exit 1 } { last = $1 }' snr.txt
}

@test "a layer's own range: it alone changes; other networks do not have it" {
  "${eval[@]}" -l --fidelity quantized --set adc.bits=4 "$trained" > all.csv
  "${eval[@]}" -l --fidelity quantized --set adc.bits=4 --set adc.layers.fc2.range=fraction --set adc.layers.fc2.range_frac=0.3 \
    "$trained" > own.csv
  [ "$(column layer 4 < own.csv)" = fc2 ]
  for row in 1 2 3; do [ "$(column snr_db $row < own.csv)" = "$(column snr_db $row < all.csv)" ]; done
  [ "$(column snr_db 4 < own.csv)" != "$(column snr_db 4 < all.csv)" ]
  run --separate-stderr "${eval[@]}" --set adc.layers.conv9.range=ideal "$trained"
  [ "$status" -eq 1 ]
  [[ "$stderr" == *"adc.layers: network 'lenet' has no layer that multiplies of this name: 'conv9'; did you mean 'conv1'?" ]] ||
    [[ "$stderr" == *"did you mean 'conv2'?" ]]
}

@test "bits of a design: what hardware has that has these" {
  sed '1s/$/,slice_bits,weight_bits,input_bits/; 2s/$/,1,4,5/' "$trained" > few.csv
  few=(--set precision.slice_bits=1 --set precision.weight_bits=4 --set precision.input_bits=5)
  weights=("${few[@]:0:4}") # the fidelity linear has no bits of inputs, arrays have none either
  for fidelity in linear adc full; do
    [ $fidelity = linear ] && sets=("${weights[@]}") || sets=("${few[@]}")
    "${eval[@]}" -l --fidelity $fidelity "${sets[@]}" "$trained" > uniform_layers.csv
    "${eval[@]}" -l --fidelity $fidelity few.csv > layers.csv
    "${eval[@]}" -l --fidelity $fidelity "$trained" > own_layers.csv
    [ "$(column snr_db < layers.csv)" = "$(column snr_db < uniform_layers.csv)" ]
    for row in 1 2 3 4 5; do
      [ "$(column snr_db $row < layers.csv)" != "$(column snr_db $row < own_layers.csv)" ]
    done
  done
  "${eval[@]}" --images 60 --fidelity full "${few[@]}" "$trained" > uniform.csv
  "${eval[@]}" --images 60 --fidelity full few.csv > out.csv
  [ "$(column accuracy < out.csv)" = "$(column accuracy < uniform.csv)" ]
  nax-map -a "${weights[@]}" "$trained" --format csv | sed 's/^[^,]*,//' > uniform.csv
  nax-map -a few.csv --format csv | sed 's/^[^,]*,//' | cmp - uniform.csv
}

@test "converters by convolution: where all are equal, what hardware has that has these" {
  sed '1s/$/,adc_bits,adc_range/; 2s/$/,5 5,0.3 0.3/' "$trained" > five.csv
  sed '1s/$/,adc_bits,adc_range/; 2s/$/,0 5,/' "$trained" > one.csv
  few=(--set adc.bits=5 --set adc.range=fraction --set adc.range_frac=0.3)
  for fidelity in adc full; do
    "${eval[@]}" --images 60 --fidelity $fidelity "${few[@]}" "$trained" > uniform.csv
    "${eval[@]}" --images 60 --fidelity $fidelity five.csv > out.csv
    "${eval[@]}" -l --fidelity $fidelity "${few[@]}" "$trained" > uniform_layers.csv
    "${eval[@]}" -l --fidelity $fidelity five.csv > layers.csv
    "${eval[@]}" -l --fidelity $fidelity one.csv > one_layers.csv
    "${eval[@]}" -l --fidelity $fidelity "$trained" > own_layers.csv
    [ "$(column accuracy < out.csv)" = "$(column accuracy < uniform.csv)" ]
    for row in 1 2 3 4 5; do
      [ "$(column snr_db $row < layers.csv)" = "$(column snr_db $row < uniform_layers.csv)" ]
      [ "$(column snr_db $row < layers.csv)" != "$(column snr_db $row < own_layers.csv)" ]
    done
    [ "$(column snr_db 1 < one_layers.csv)" = "$(column snr_db 1 < own_layers.csv)" ]
    [ "$(column snr_db 2 < one_layers.csv)" != "$(column snr_db 2 < own_layers.csv)" ]
  done
}

# A data set whose training images are all gray, and whose test images are not.
gray() {
  local set=$BATS_FILE_TMPDIR/small.safetensors n begin end
  n=$(od -An -tu8 -N8 "$set" | tr -d ' ')
  IFS=, read -r begin end < <(head -c $((n + 8)) "$set" | grep -aoE '"train_images":\{[^}]*data_offsets":\[[0-9]+,[0-9]+' | grep -oE '[0-9]+,[0-9]+$')
  head -c $((n + 8)) "$set" | LC_ALL=C sed 's/"checksum"/"unsummed"/' # as of another writer
  tail -c +$((n + 9)) "$set" | head -c "$begin"
  head -c $((end - begin)) /dev/zero | tr '\0' '\200'
  tail -c +$((8 + n + end + 1)) "$set"
}

@test "a line says where conversions clamp, or inputs: which layer, how many, what helps" {
  loud=(nax-eval --images 20 "${few[@]}")
  run --separate-stderr "${loud[@]}" --data "$BATS_FILE_TMPDIR/small.safetensors" "$trained"
  [[ "$stderr" != *clamp* && "$stderr" != *beyond* ]]
  run --separate-stderr "${loud[@]}" --data "$BATS_FILE_TMPDIR/small.safetensors" --set adc.bits=2 "$trained"
  [ "$status" -eq 0 ]
  [ "$(grep -c 'conversions clamp' <<< "$stderr")" -eq 1 ]
  [[ "$stderr" =~ conversions\ clamp,\ [0-9.]+\ %\ in\ layer\ \'[a-z0-9]+\',\ above\ 1\ %\ in\ [0-9]\ others:\ more\ adc.bits\ or\ another\ adc.range\ help ]]
  run --separate-stderr "${loud[@]}" -q --data "$BATS_FILE_TMPDIR/small.safetensors" --set adc.bits=2 "$trained"
  [ -z "$stderr" ]
  gray > gray.safetensors
  run --separate-stderr "${loud[@]}" --data gray.safetensors "$trained"
  [[ "$stderr" == *"inputs are beyond the range of the training images, "*" % in layer 'conv1'"* ]]
}

@test "layers: the part of conversions and of inputs that is clamped" {
  "${eval[@]}" -l "${few[@]}" "$trained" > auto.csv
  "${eval[@]}" -l "${few[@]}" --set adc.bits=2 "$trained" > narrow.csv
  "${eval[@]}" -l "${few[@]}" --set adc.bits=2 --set device.programming.read_noise_frac=1e-6 "$trained" > reads.csv
  for row in 1 2 3 4 5; do
    awk -v a="$(column clamped_frac $row < auto.csv)" -v b="$(column clamped_frac $row < narrow.csv)" \
      -v c="$(column clamped_frac $row < reads.csv)" 'BEGIN { exit !(a == 0 && b > 0.01 && b < 1 && c > 0.9 * b && c < 1.1 * b) }'
    awk -v a="$(column clamped_inputs_frac $row < auto.csv)" 'BEGIN { exit !(a != "" && a < 0.001) }'
  done
  "${eval[@]}" -l --fidelity linear "$trained" > linear.csv
  [ -z "$(column clamped_frac 2 < linear.csv)" ]
  gray > gray.safetensors
  nax-eval -q -l "${few[@]}" --data gray.safetensors "$trained" > gray.csv
  awk -v a="$(column clamped_inputs_frac 1 < gray.csv)" 'BEGIN { exit !(a > 0.5) }'
}

@test "a diverged candidate passes on" {
  printf 'network,kernel,crossbar,status\nlenet,5 5,32 32,diverged\n' > in.csv
  "${eval[@]}" in.csv > out.csv
  cmp in.csv out.csv
}

@test "what cannot be: a line that names file, record and field" {
  printf 'network,kernel,crossbar\nlenet,5 5,32 32\n' > none.csv
  refuse "none.csv: record 1: field 'checkpoint'" "${eval[@]}" none.csv
  printf 'network,kernel,crossbar,checkpoint\nlenet,5 5,32 32,nosuch.safetensors\n' > gone.csv
  refuse 'nosuch.safetensors' "${eval[@]}" gone.csv
  sed 's/5 5/3 5/' "$trained" > other.csv
  refuse '.weight' "${eval[@]}" other.csv
  refuse "device.r_wire_row_ohm" "${eval[@]}" --set device.r_wire_row_ohm=-1 "$trained"
  refuse "device.r_off_ohm" "${eval[@]}" --set device.r_off_ohm=10 "$trained"
  refuse "device.programming.levels" "${eval[@]}" --set device.programming.levels=-1 "$trained"
  refuse "nosuch" "${eval[@]}" --hardware nosuch "$trained"
  refuse "nosuch.safetensors" nax-eval -q --data nosuch.safetensors "$trained"
  head -c 300 "$(column checkpoint < "$trained")" > cut.safetensors
  sed "s|[^,]*\.safetensors|$PWD/cut.safetensors|" "$trained" > cut.csv
  refuse 'cut.safetensors' "${eval[@]}" cut.csv
}

@test "misuse: exit 2" {
  for bad in '--fidelity perfect' '--chips 0' '--chips x' '--time -1' '--calibrate 0' '--images -3' '--split train'; do
    # shellcheck disable=SC2086
    run --separate-stderr nax-eval $bad "$trained"
    [ "$status" -eq 2 ]
    [ -z "$output" ]
  done
}

@test "a full disk is an error" {
  run --separate-stderr bash -c '"$@" > /dev/full' - "${eval[@]}" --fidelity ideal "$trained"
  [ "$status" -eq 1 ]
}

@test "layers whose groups lie together: what a conversion cuts off, and levels, are of cells that hold weights" {
  printf '%s\n' 'name: apart' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - conv: {out: 16, kernel: 3, stride: 4}' \
    '  - conv: {kernel: 3, groups: 16, out: 16}' '  - pool: {kind: mean}' '  - linear: {role: classifier}' > apart.yaml
  printf '%s\n' network,kernel,crossbar './apart.yaml,3 3,64 64' |
    nax-train -q --data "$BATS_FILE_TMPDIR/small.safetensors" --epochs 1 --images 20 --fidelity ideal --checkpoint net --format csv > apart.csv
  "${eval[@]}" --images 20 --layers --fidelity adc --format csv apart.csv > adc.csv
  [ "$(nax-view --format csv -f layer adc.csv | sed 1d | wc -l)" -eq 3 ]
  run -1 grep -q '[0-9]' <(nax-view --format csv -f 'clamped*' adc.csv | sed 1d)
  # of all layers about alike, since levels are of the largest weight: a 16th of the cells has weights
  "${eval[@]}" --images 20 --layers --fidelity full --circuit 1 --set device.v0_v=0 "${few[@]}" --format csv apart.csv > full.csv
  nax-view --format csv -f level_frac full.csv |
    awk 'NR > 1 { n++; if (!first) first = $1; if (!($1 > first / 2 && $1 < 2 * first)) bad = 1 } END { exit bad || n != 3 || !(first > 0) }'
}

@test "signs by an offset take two bits" {
  run -1 "${eval[@]}" --fidelity quantized --set signs=offset --set precision.weight_bits=1 --set precision.slice_bits=1 "$trained"
  [ "$output" = "nax-eval: signs by an offset take 2 bits and more, not 1: 'precision.weight_bits=1'" ]
}

#!/usr/bin/env bats
# nax-cost: costs per candidate and per layer, and what it refuses.

costs=energy_pj,latency_ns,area_mm2,edap_pj_ns_mm2,images_per_second,tops_per_w,tops_per_mm2

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  {
    echo network,kernel,crossbar,accuracy
    for n in 16 32 64 128; do echo "resnet20,$(ints 3 18),$(ints "$n" 18),0.9"; done
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

@test "a candidate is passed on with its costs" {
  nax-cost homogeneous.csv >out.csv
  [ "$(head -n 1 out.csv)" = network,kernel,crossbar,accuracy,$costs,hardware ]
  [ "$(column hardware out.csv | sort -u)" = nax-reram ]
  [ "$(column accuracy out.csv | sort -u)" = 0.9 ]
  awk -F, 'NR > 1 { d = $5 * $6 * $7 / $8 - 1; if (d * d > 1e-24 || $5 <= 0) exit 1 }' out.csv
}

# 9088 positions of the convolutions and one of the classifier, at 18 stages a product
@test "layers run one after the other, a stage as long as the slower of read and conversion" {
  per_product() { # options
    nax-cost "$@" homogeneous.csv >out.csv
    column latency_ns out.csv | awk '{ print $1 / 9089 }' | tr '\n' ' '
  }
  [ "$(per_product)" = '1800 1800 1800 2025 ' ]
  [ "$(per_product --set components.array.latency_ns=1)" = '1350 1575 1800 2025 ' ]
  [ "$(per_product --set components.array.latency_ns=1000)" = '18000 18000 18000 18000 ' ]
  [ "$(per_product --set adc.bits=1)" = '1800 1800 1800 1800 ' ]
  [ "$(per_product --set adc.bits=1 --set array.read_time=linear)" = '225 450 900 1800 ' ]
  [ "$(per_product --set adc.bits=1 --set array.read_time=rc)" = '225 225 225 225 ' ]
  refused "'rc' needs array.c_wire_ff: 'array.read_time=rc'" \
    nax-cost --set array.read_time=rc --set array.c_wire_ff=0 homogeneous.csv
}

@test "designs of a network file that has changed are refused, unless it is said that they are meant" {
  printf '%s\n' 'name: net' 'input: {height: 8, width: 8, channels: 3}' 'classes: 2' 'layers:' '  - conv: {out: 4, kernel: 3}' \
    '  - pool: {kind: mean, kernel: 0}' '  - linear: {role: classifier}' >net.yaml
  nax-sample --homogeneous --network ./net.yaml --format csv >designs.csv
  nax-cost --format csv designs.csv >before.csv
  sed -i 's/out: 4/out: 40/' net.yaml
  refused "by what network, kernels and crossbars are now; the file or the record has changed since: draw the designs anew, or leave the field out: './net.yaml'" \
    nax-cost designs.csv
  refused "field 'id': $(column id designs.csv | head -n 1) is " nax-map designs.csv
  nax-view -f network,kernel,crossbar,crossbar_fixed --format csv designs.csv | nax-cost --format csv >after.csv
  [ "$(column energy_pj after.csv)" != "$(column energy_pj before.csv)" ]
  sed 's/^[0-9a-f]*,/mine,/' designs.csv | nax-cost --format csv >named.csv # a name that somebody gave
  [ "$(column energy_pj named.csv)" = "$(column energy_pj after.csv)" ]
  sed -i 's/out: 40/out: 4/' net.yaml
  nax-cost --format csv designs.csv | cmp - before.csv
}

@test "what cannot change a cost is misuse" {
  misused 'components.edram.latency_ns has no effect on costs' nax-cost --set components.edram.latency_ns=3 homogeneous.csv
  misused 'components.array.energy_pj has no effect on costs' nax-cost --set array.energy=device --set components.array.energy_pj=1 homogeneous.csv
  misused 'components.array.latency_ns has no effect on costs' nax-cost --set array.read_time=rc --set components.array.latency_ns=1 homogeneous.csv
  nax-cost --set components.array.energy_pj=1 --set components.array.latency_ns=90 homogeneous.csv >out.csv
  misused 'components.dac.power_mw has no effect on costs' nax-cost --set components.dac.power_mw=3 homogeneous.csv
  misused 'adc.technology_nm has no effect while adc.law is saberi' nax-cost --set adc.technology_nm=22 homogeneous.csv
  misused 'adc.range has no effect on costs' nax-cost --set adc.range=ideal homogeneous.csv
  misused 'hierarchy.copies has no effect while hierarchy.replicate_mm2 is 0' nax-cost --set hierarchy.copies=most homogeneous.csv
  misused 'device.v_read_v has no effect while array.energy is table' nax-cost --set device.v_read_v=1 homogeneous.csv
  nax-cost -c --set components.edram.latency_ns=3 --set components.dac.power_mw=3 >out.csv
  nax-cost --set device.v_read_v=1 --set array.energy=device homogeneous.csv >out.csv
  # of several machines one has to look at it
  nax-cost --hardware nax-reram,puma --set adc.energy_pj=1 homogeneous.csv >out.csv
}

@test "a survey of ADCs from 4 bits up is not asked for fewer" {
  nax-cost --set adc.law=survey --set adc.bits=4 homogeneous.csv >out.csv
  refused "law 'survey' is of 4 bits and more, an ADC has 3 at crossbar size 16; set adc.law or adc.bits" \
    nax-cost --set adc.law=survey --set adc.bits=3 homogeneous.csv
}

@test "drivers of several bits cost more than those of one" {
  for bits in 1 2 4; do
    nax-cost --breakdown --set adc.bits=8 --set precision.stream_bits=$bits homogeneous.csv |
      awk -F, -v bits=$bits 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
        $c["component"] == "dac" && $c["array_size"] == 64 && $c["layer"] != "stem" { n += $c["n_events"]; e += $c["energy_pj"] - $c["energy_leakage_pj"] }
        END { printf "%.6g\n", e / n / 0.00350625 / (2 ^ bits - 1) }' >>ratio.txt
  done
  [ "$(tr '\n' ' ' <ratio.txt)" = '1 1 1 ' ]
}

# Energy of all arrays of the design on 128, pJ.
arrays_pj() {
  nax-cost --breakdown "$@" homogeneous.csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $c["component"] == "array" && $c["array_size"] == 128 { e += $c["energy_pj"] - $c["energy_leakage_pj"] }
    END { printf "%.12g\n", e }'
}

@test "cells take what the device says, where the hardware asks it" {
  local device=(--set array.energy=device)
  misused 'device.r_on_ohm has no effect while array.energy is table' \
    nax-cost --set array.energy=table --set device.r_on_ohm=1e4 homogeneous.csv
  # all cells ten times the conductance; four times the voltage; reads of half the time
  for set in 'device.r_on_ohm=1e4 device.r_off_ohm=6e4' device.v_read_v=1 components.array.latency_ns=50; do
    local sets=()
    for key in $set; do sets+=(--set "$key"); done
    awk -v a="$(arrays_pj "${device[@]}" "${sets[@]}")" -v b="$(arrays_pj "${device[@]}")" 'BEGIN { printf "%.9g\n", a / b }' >>ratio.txt
  done
  [ "$(tr '\n' ' ' <ratio.txt)" = '10 16 0.5 ' ]
  refused "'device' needs array.level_frac" nax-cost "${device[@]}" --set array.level_frac=0 homogeneous.csv
  refused "'device' needs array.input_frac" nax-cost "${device[@]}" --set array.input_frac=0 homogeneous.csv
}

@test "the layers add up to the candidate" {
  nax-cost homogeneous.csv >sums.csv
  nax-cost --layers homogeneous.csv >layers.csv
  [ "$(column layer layers.csv | grep -cx unfilled)" -eq 4 ]
  for field in energy_pj latency_ns area_mm2; do
    column $field sums.csv >a.txt
    awk -F, -v name=$field 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
      { s += $c[name] } $c["layer"] == "unfilled" { printf "%.17g\n", s; s = 0 }' layers.csv >b.txt
    paste a.txt b.txt | awk '{ d = $1 / $2 - 1; if (d * d > 1e-22) { print; bad = 1 } } END { exit bad }'
  done
}

@test "designs of other widths: the costs of the network that has them written" {
  { echo network,kernel,crossbar,width
    for width in '24 64 64' '16 32 64' '16 48 80' '24 64 64'; do echo "resnet20,$(ints 3 18),$(ints 64 18),$width"; done
  } >widths.csv
  sed 's/out: 16/out: 24/; s/out: 32/out: 64/' "$BATS_TEST_DIRNAME/../examples/networks/resnet20.yaml" >wide.yaml
  sed 's/resnet20/.\/wide.yaml/; s/,width//; s/,24 64 64$//; 3,$d' widths.csv >written.csv
  nax-cost widths.csv >out.csv
  nax-cost written.csv >wide.csv
  for field in ${costs//,/ }; do
    [ "$(column $field out.csv | sed -n 1p)" = "$(column $field wide.csv)" ]
    [ "$(column $field out.csv | sed -n 4p)" = "$(column $field wide.csv)" ]
    [ "$(column $field out.csv | sed -n 2p)" = "$(nax-cost homogeneous.csv | column $field /dev/stdin | sed -n 3p)" ]
  done
  # whatever came before, and under every convention; the area for copies is of the network, not of its widths
  nax-cost --conventions widths.csv >all.csv
  for row in 2 3 4; do
    sed -n "1p; ${row}p" widths.csv | nax-cost --conventions | tail -n 1 | cmp - <(sed -n "${row}p" all.csv)
  done
  head -n 4 widths.csv | nax-cost --layers >layers.csv
  paste -d ' ' <(column id layers.csv) <(column energy_pj layers.csv) |
    awk '$1 != id { if (id) printf "%.9g\n", sum; sum = 0 } { id = $1; sum += $2 } END { printf "%.9g\n", sum }' >sums
  column energy_pj out.csv | awk 'NR < 4 { printf "%.9g\n", $1 }' | cmp - sums
}

@test "bits of a design: the costs, and the arrays, of hardware that has these" {
  echo network,kernel,crossbar >plain.csv
  echo "resnet20,$(ints 3 18),$(ints 64 18)" >>plain.csv
  { echo network,kernel,crossbar,slice_bits,weight_bits,input_bits; echo "resnet20,$(ints 3 18),$(ints 64 18),1,7,5"
    echo "resnet20,$(ints 3 18),$(ints 64 18),,9,"; echo "resnet20,$(ints 3 18),$(ints 64 18),,,"; } >bits.csv
  few=(--set precision.slice_bits=1 --set precision.weight_bits=7 --set precision.input_bits=5)
  for table in --quiet --layers --breakdown; do
    sed -n 1,2p bits.csv | nax-cost $table >out.csv
    nax-cost $table "${few[@]}" plain.csv >uniform.csv
    for field in energy_pj area_mm2; do
      [ "$(column $field out.csv)" = "$(column $field uniform.csv)" ]
    done
  done
  nax-cost bits.csv >out.csv
  for sets in "${few[*]}" '--set precision.weight_bits=9' ''; do
    # shellcheck disable=SC2086
    nax-cost $sets plain.csv | column edap_pj_ns_mm2 /dev/stdin
  done | cmp - <(column edap_pj_ns_mm2 out.csv)
  [ "$(column edap_pj_ns_mm2 out.csv | sort -u | wc -l)" -eq 3 ]
  nax-cost --conventions bits.csv >out.csv
  nax-cost --conventions plain.csv >uniform.csv
  [ "$(tail -n 1 out.csv | tr , '\n' | tail -n 20)" = "$(tail -n 1 uniform.csv | tr , '\n' | tail -n 20)" ]
  for table in --quiet --layers; do
    sed -n 1,2p bits.csv | nax-map $table --format csv >out.csv
    nax-map $table "${few[@]:0:4}" --format csv plain.csv >uniform.csv
    for field in n_crossbars n_units; do
      [ "$(column $field out.csv)" = "$(column $field uniform.csv)" ]
    done
  done
}

@test "converters by convolution: where all are equal, the costs of hardware that has these" {
  { echo network,kernel,crossbar,adc_bits; echo "resnet20,$(ints 3 18),$(ints 64 18),$(ints 6 18)"; } >six.csv
  cut -d, -f 1-3 six.csv >plain.csv
  for table in --quiet --layers --breakdown; do
    nax-cost $table --set adc.bits=6 plain.csv >uniform.csv
    nax-cost $table six.csv >out.csv
    for field in energy_pj area_mm2; do
      [ "$(column $field out.csv)" = "$(column $field uniform.csv)" ]
    done
  done
  [ "$(nax-cost six.csv | column edap_pj_ns_mm2 /dev/stdin)" = "$(nax-cost --set adc.bits=6 plain.csv | column edap_pj_ns_mm2 /dev/stdin)" ]
  # one layer of others is a layer of adc.layers; layers of a fixed size keep the hardware's
  sed "2s/,[^,]*\$/,$(ints 0 17) 6/; 1s/\$/,crossbar_fixed/; 2s/\$/,64/" six.csv >one.csv
  [ "$(nax-cost one.csv | column edap_pj_ns_mm2 /dev/stdin)" = "$(nax-cost --set adc.layers.s3b3c2.bits=6 plain.csv | column edap_pj_ns_mm2 /dev/stdin)" ]
  [ "$(nax-cost one.csv | column edap_pj_ns_mm2 /dev/stdin)" != "$(nax-cost plain.csv | column edap_pj_ns_mm2 /dev/stdin)" ]
  misused 'adc.layers.stem.range has no effect on costs' nax-cost --set adc.layers.stem.range=ideal plain.csv
  # the layers' parts still add up
  nax-cost --layers one.csv | column energy_pj /dev/stdin | awk '{ sum += $1 } END { printf "%.9g\n", sum }' >sum
  nax-cost one.csv | column energy_pj /dev/stdin | awk '{ printf "%.9g\n", $1 }' | cmp - sum
}

@test "converters that cannot be are refused, with record and field" {
  check() { # FIELD VALUE MESSAGE
    printf '%s\n' "network,kernel,crossbar,$1" "lenet,5 5,64 64,$2" >bad.csv
    refused "nax-cost: bad.csv: record 1: $3" nax-cost bad.csv
  }
  check weight_bits 25 "field 'weight_bits': more than 24: 25"
  check input_bits -1 "field 'input_bits': negative: -1"
  check slice_bits 2.5 "line 2: field 'slice_bits': not an integer: '2.5'"
  check weight_bits 1 "slice_bits 2 is more than weight_bits 1: 'hardware/nax-reram.yaml'"
  check adc_bits '6' "field 'adc_bits': 1 values for 2 kernels"
  check adc_bits '6 -1' "field 'adc_bits': not between 0 and 24: -1"
  check adc_bits '6 1000000000' "field 'adc_bits': not between 0 and 24: 1000000000"
  check adc_bits '6 5.5' "line 2: field 'adc_bits': not integers: '6 5.5'"
  check adc_range '0.5 1.5' "field 'adc_range': not between 0 and 1: 1.5"
  check adc_range '0.5 nan' "field 'adc_range': not between 0 and 1: nan"
}

@test "widths that cannot be are refused, with record and field" {
  check() { # WIDTH MESSAGE
    printf '%s\n' network,kernel,crossbar,width "resnet20,$(ints 3 18),$(ints 64 18),$1" >bad.csv
    refused "nax-cost: bad.csv: record 1: $2" nax-cost bad.csv
  }
  check '24 64' "field 'width': 2 values for the 3 stages of 'resnet20'"
  check '24 64 64 64' "field 'width': 4 values for the 3 stages of 'resnet20'"
  check '0 64 64' "field 'width': not between 1 and 65536: 0"
  check '24 -64 64' "field 'width': not between 1 and 65536: -64"
  check '24 64 1000000000' "field 'width': not between 1 and 65536: 1000000000"
  check '24 64 65536' "field 'width': more than 2^30 weights: 's3b1c2' of network 'resnet20'"
  check '24 16 64' "field 'width': a padded shortcut cannot lose channels: 's2b1' of network 'resnet20'"
  check '24 x 64' "line 2: field 'width': not integers: '24 x 64'"
}

@test "three machines, three costs" {
  for h in nax-reram puma isaac; do
    nax-cost --hardware $h homogeneous.csv >$h.csv
    [ "$(column hardware $h.csv | sort -u)" = $h ]
  done
  for h in nax-reram puma isaac; do column energy_pj $h.csv; done | sort -u | wc -l >n.txt
  [ "$(cat n.txt)" -eq 12 ]
}

@test "a network without a searched convolution's size takes the fixed one" {
  printf 'network,kernel,crossbar,crossbar_fixed\nvgg8,%s,%s,64\n' "$(ints 3 5)" "$(ints 128 5)" >vgg8.csv
  nax-cost -l vgg8.csv >out.csv
  [ "$(column array_size out.csv | sort -n | uniq -c | awk '{ print $2 ":" $1 }' | tr '\n' ' ')" = '0:4 64:3 128:5 ' ]
}

@test "several machines at once give what each gives alone" {
  nax-cost --hardware nax-reram,puma,isaac homogeneous.csv >all.csv
  [ "$(head -n 1 all.csv)" = "network,kernel,crossbar,accuracy,$costs,${costs//,/.puma,}.puma,${costs//,/.isaac,}.isaac,hardware" ]
  for h in puma isaac; do
    nax-cost --hardware $h homogeneous.csv >one.csv
    for field in ${costs//,/ }; do diff <(column "$field" one.csv) <(column "$field.$h" all.csv); done
  done
  diff <(nax-cost homogeneous.csv | column energy_pj -) <(column energy_pj all.csv)
}

@test "--conventions adds what each row's settings give, under the row's name" {
  nax-cost --conventions homogeneous.csv >all.csv
  names=(working always pipelined puma isaac)
  header=network,kernel,crossbar,accuracy,$costs
  for name in "${names[@]}"; do header+=,${costs//,/.$name,}.$name; done
  [ "$(head -n 1 all.csv)" = "$header,hardware" ]
  nax-cost homogeneous.csv >plain.csv
  area=$(column area_mm2 plain.csv | awk 'NR == 2 { printf "%.17g", 16 * $1 }') # 3x3 on 32
  pipelined=(--schedule pipelined --replicate "$area" --set timing.leakage=always --set hierarchy.copies=least-edap)
  nax-cost --set timing.leakage=working homogeneous.csv >working.csv
  nax-cost --set timing.leakage=always homogeneous.csv >always.csv
  nax-cost "${pipelined[@]}" homogeneous.csv >pipelined.csv
  nax-cost --hardware puma homogeneous.csv >puma.csv
  nax-cost --hardware isaac homogeneous.csv >isaac.csv
  for field in ${costs//,/ }; do
    diff <(column "$field" plain.csv) <(column "$field" all.csv)
    for name in "${names[@]}"; do diff <(column "$field" "$name.csv") <(column "$field.$name" all.csv); done
  done
  cmp plain.csv working.csv
  for name in working always pipelined puma isaac; do column edap_pj_ns_mm2 $name.csv; done | sort -u | wc -l >n.txt
  [ "$(cat n.txt)" -eq 20 ]
}

@test "--set is of every convention, but for what the convention itself sets" {
  set -- --set adc.law=constant --set timing.leakage=always
  nax-cost --conventions "$@" homogeneous.csv >all.csv
  for name in working always; do
    nax-cost --set adc.law=constant --set timing.leakage=$name homogeneous.csv | column energy_pj - | diff - <(column energy_pj.$name all.csv)
  done
  diff <(column energy_pj all.csv) <(column energy_pj.always all.csv)
  nax-cost --hardware puma "$@" homogeneous.csv | column energy_pj - | diff - <(column energy_pj.puma all.csv)
}

@test "--set changes the hardware, --schedule and --replicate are short for it" {
  nax-cost --set adc.law=constant --set adc.bits=8 homogeneous.csv >a.csv
  nax-cost homogeneous.csv >b.csv
  [ "$(column latency_ns a.csv | awk '{ print $1 / 9089 }' | sort -u)" = 1800 ]
  paste <(column energy_pj a.csv) <(column energy_pj b.csv) | awk '$1 == $2 { exit 1 }'
  nax-cost --schedule pipelined --replicate 12.5 homogeneous.csv >a.csv
  nax-cost --set timing.schedule=pipelined --set hierarchy.replicate_mm2=12.5 homogeneous.csv | diff a.csv -
  paste <(column latency_ns a.csv) <(column latency_ns b.csv) | awk '$1 >= $2 { exit 1 }'
}

@test "layers and components add up to the candidate" {
  for options in '' '--schedule pipelined --replicate 25' '--set hierarchy.packing=layer-tiles'; do
    # shellcheck disable=SC2086
    nax-cost $options homogeneous.csv >sums.csv
    # shellcheck disable=SC2086
    nax-cost $options --breakdown homogeneous.csv >parts.csv
    for field in energy_pj area_mm2; do
      column $field sums.csv >a.txt
      awk -F, -v name=$field 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
        { s += $c[name] } $c["layer"] == "unfilled" && $c["component"] == "adc" { printf "%.17g\n", s; s = 0 }' parts.csv >b.txt
      [ "$(wc -l <b.txt)" -eq 4 ]
      paste a.txt b.txt | awk '{ d = $1 / $2 - 1; if (d * d > 1e-20) { print; bad = 1 } } END { exit bad }'
    done
  done
}

# ISAAC, ISCA 2016, Table I
@test "--components is ISAAC's table" {
  nax-cost --components --hardware isaac --format csv >out.csv
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next } $c["component"] == "total" {
    printf "%s %.2f %.5f\n", $c["level"], $c["power_mw"], $c["area_mm2"] }' out.csv >totals.txt
  grep -qx 'core 24.08 0.01312' totals.txt
  grep -qx 'tile 329.81 0.37229' totals.txt
  grep -q '^node 65808.08 85.42' totals.txt
  [ "$(column tops out.csv | tail -n 1 | cut -c 1-6)" = 41.287 ]
  [ "$(column source out.csv | grep -cx '')" -eq 0 ]
}

@test "an ADC of binary cells has a bit for the full column: 8 for 128 rows, 6 for 32" {
  for n in 128:8 32:6; do
    nax-cost --components --crossbar ${n%:*} --set precision.slice_bits=1 --set adc.latency_per_bit_ns=12.5 --format csv >binary.csv
    nax-cost --components --crossbar ${n%:*} --set precision.slice_bits=1 --set adc.latency_per_bit_ns=12.5 \
      --set adc.bits=${n#*:} --format csv | diff binary.csv -
  done
}

# PUMA's core of two units of 128x128, its tile of 8 cores, its node of 168 tiles
@test "--components is PUMA's area" {
  nax-cost -c --hardware puma --format csv | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i; next }
    $c["component"] == "total" { printf "%s %.12g\n", $c["level"], $c["area_mm2"] }' >totals.txt
  grep -qx 'core 0.0363719532947' totals.txt
  grep -qx 'tile 0.497468728781' totals.txt
  grep -qx 'node 108.428746435' totals.txt
}

misused() { # misused MESSAGE COMMAND...
  local message=$1 code=0
  shift
  "$@" >out.txt 2>err.txt || code=$?
  echo "exit status $code: $(cat err.txt)"
  [ "$code" -eq 2 ] && grep -qF -- "$message" err.txt && [ ! -s out.txt ]
}

@test "keys that nothing reads any more are accepted, and told" {
  sed '/weight_bits:/a\  weight_fraction_bits: 12' "$BATS_TEST_DIRNAME/../examples/hardware/puma.yaml" >old.yaml
  nax-cost -c --hardware ./old.yaml --format csv >old.csv 2>err.txt
  line=$(grep -n weight_fraction_bits old.yaml | cut -d: -f1)
  [ "$(cat err.txt)" = "nax-cost: ./old.yaml:$line: key 'weight_fraction_bits': nothing reads this key any more, leave it out" ]
  nax-cost -c -q --hardware puma --set precision.input_fraction_bits=12 --format csv >new.csv 2>err.txt
  cmp old.csv new.csv
  [ ! -s err.txt ]
}

@test "misuse" {
  misused 'only one of --layers, --breakdown, --conventions, --components' nax-cost -b -l homogeneous.csv
  misused 'only one of --layers, --breakdown, --conventions, --components' nax-cost -l --conventions homogeneous.csv
  misused "two machines of one name: 'puma'" nax-cost --hardware nax-reram,puma --conventions homogeneous.csv
  misused '--crossbar needs --components' nax-cost --crossbar 64 homogeneous.csv
  misused "takes no files: 'homogeneous.csv'" nax-cost -c homogeneous.csv
  misused "--hardware takes 1 to 16 names: 'puma,'" nax-cost --hardware puma, homogeneous.csv
  misused "two hardware files of one name: 'puma'" nax-cost --hardware puma,puma homogeneous.csv
  refused "no such key: 'adc.lor=1'; did you mean 'adc.law'? nax-hardware(5) lists them" nax-cost --set adc.lor=1 homogeneous.csv
  refused "neither sequential nor pipelined: 'timing.schedule=never'" nax-cost --schedule never homogeneous.csv
  refused "has no values for crossbar size 8" nax-cost -c --crossbar 8
}

@test "broken candidates are refused, with the record's number" {
  head -n 2 homogeneous.csv >bad.csv
  echo "resnet20,3 3,16 16,0.9" >>bad.csv
  refused "bad.csv: record 2: field 'kernel': 2 values for the 18 searched convolutions of 'resnet20'" nax-cost bad.csv
  [ "$(wc -l <out.txt)" -eq 2 ]
  printf 'network,kernel,crossbar\nresnet20,%s,%s\n' "$(ints 3 18)" "$(ints 8 18)" >bad.csv
  refused "component 'input_register' has no values for crossbar size 8, only 16 to 256" nax-cost bad.csv
  printf 'network,kernel,crossbar\nresnet20,%s,%s\n' "$(ints 35 18)" "$(ints 64 18)" >bad.csv
  refused 'record 1' nax-cost bad.csv
  printf 'network,kernel,crossbar\nresnet20,%s 0,%s\n' "$(ints 0 17)" "$(ints 64 18)" >bad.csv
  refused 'record 1' nax-cost bad.csv
}

@test "hardware that cannot be is refused with file, line and key" {
  refused "no such file among hardware: 'none'" nax-cost --hardware none homogeneous.csv
  printf 'name: x\nwings: 2\n' >x.yaml
  refused "x.yaml:2: key 'wings': unexpected key" nax-cost --hardware ./x.yaml homogeneous.csv
}

@test "empty input is an error; a full disk and a closed pipe are seen" {
  : >empty
  refused 'empty: empty input; --unfinished takes the whole records of a file' nax-cost empty
  refused 'standard output' sh -c 'nax-cost homogeneous.csv >/dev/full'
  nax-cost -b homogeneous.csv | head -n 1
}

@test "a stream of no records passes" {
  head -n 1 homogeneous.csv | nax-cost --format msgpack >none.nax
  nax-cost none.nax >out.nax
  [ -s out.nax ]
}

@test "what designs cost under every convention is what the examples say" {
  cp -R "$BATS_TEST_DIRNAME/../examples" .
  for study in cost-models/conventions cifar10/costs; do
    folder=examples/${study%/*}
    mv "$folder/results/conventions.csv" said.csv
    make -s -C "$folder" "${study#*/}" >/dev/null
    diff said.csv "$folder/results/conventions.csv"
  done
  awk -v base=none -f examples/cost-models/relative.awk said.csv 2>err.txt && return 1
  grep -qx "relative.awk: no design 'none', or no conventions" err.txt
}

@test "the study of cost models runs" {
  cp -R "$BATS_TEST_DIRNAME/../examples" .
  make -s -C examples/cost-models clean
  make -s -C examples/cost-models study N=60 OUT=out/small
  cd examples/cost-models/out/small
  [ "$(wc -l <pairs.csv)" -eq 82 ]
  awk -F, 'NR > 1 && $1 == $2 && ($6 != 1 || $9 != 1 || $10 != 1 || $12 != 1) { exit 1 }
    NR > 1 && ($6 < -1 || $6 > 1 || $10 < 1 || $12 < 1) { exit 1 }' pairs.csv
  grep -q '^least rank correlation' summary.txt
  grep -q '</svg>' pairs.svg
  grep -q '</svg>' fronts.svg
  # settings are part of what has been made
  cd ../..
  make -q study N=60 OUT=out/small
  run make -n study N=61 OUT=out/small
  [[ $output == *'settings now: N=61'*'nax-sample --space cifar10 --random 61'* ]]
  run make -q study N=61 OUT=out/small
  [ "$status" -eq 1 ]
}

@test "a network of one layer pays the chip's links once" {
  printf '%s\n' 'name: one' 'input: {height: 8, width: 8, channels: 1}' 'classes: 10' 'layers:' '  - linear: {role: classifier}' >one.yaml
  printf '%s\n' 'network,kernel,crossbar,crossbar_fixed' './one.yaml,"","",64' >one.csv
  nax-cost --format csv one.csv >whole.csv
  nax-cost --layers --format csv one.csv >layers.csv
  awk -v whole="$(column energy_pj whole.csv)" '{ sum += $1 } END { d = sum / whole - 1; exit !(sum > 0 && d * d < 1e-18) }' <(column energy_pj layers.csv)
}

@test "hierarchies of any size, and more sizes of units than one space has" {
  nax-sample --homogeneous -n 1 --network lenet |
    nax-cost --set hierarchy.units_per_core=1048576 --set hierarchy.units_crossbar=65536 --set hierarchy.cores_per_tile=1048576 --format csv >out.csv
  [ "$(column area_mm2 out.csv | awk '$1 > 0' | wc -l)" -eq 1 ]
  { echo network,kernel,crossbar,crossbar_fixed; for n in $(seq 300); do echo "lenet,3 3,$n $n,0"; done; } >sizes.csv
  sed -n '1p;301p' sizes.csv >last.csv
  for mode in '' --layers; do
    nax-cost --hardware isaac $mode --format csv sizes.csv >out.csv
    nax-cost --hardware isaac $mode --format csv last.csv >alone.csv
    [ "$(sed 1d out.csv | wc -l)" -ge 300 ]
    tail -n "$(sed 1d alone.csv | wc -l)" out.csv | cmp - <(sed 1d alone.csv)
  done
}

@test "adc.layers names layers of the network" {
  sed 1q homogeneous.csv >one.csv
  sed -n 2p homogeneous.csv >>one.csv
  refused "one.csv: record 1: adc.layers: network 'resnet20' has no layer that multiplies of this name: 's1b1c9'" nax-cost --set adc.layers.s1b1c9.bits=4 one.csv
  refused "has no layer that multiplies of this name: 's1b1c9'" nax-cost --layers --set adc.layers.s1b1c9.bits=4 one.csv
  nax-cost --set adc.layers.s1b1c1.bits=4 one.csv >out.csv
}

@test "energy by the device: of whole arrays as of cells, and gated it is no more" {
  sed '/name: array,/s/per: cell, //' "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >whole.yaml
  parts() { nax-cost --breakdown --set array.energy=device --format csv "$@" | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) c[$i] = i } $c["component"] == "array" { sum += $c["energy_pj"] } END { printf "%.9g\n", sum }'; }
  sed 1q homogeneous.csv >one.csv
  sed -n 5p homogeneous.csv >>one.csv
  for r in 1e5 1e4; do
    [ "$(parts --hardware ./whole.yaml --set device.r_on_ohm=$r one.csv)" = "$(parts --set device.r_on_ohm=$r one.csv)" ]
  done
  printf '%s\n' 'name: apart' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' '  - conv: {out: 16, kernel: 3, stride: 4}' \
    '  - conv: {kernel: 3, groups: 16, out: 16}' '  - pool: {kind: mean}' '  - linear: {role: classifier}' >apart.yaml
  printf '%s\n' network,kernel,crossbar './apart.yaml,3 3,64 64' >apart.csv
  awk -v gated="$(parts --set unused=open --set counting.idle=gated apart.csv)" -v paid="$(parts --set unused=open apart.csv)" \
    'BEGIN { exit !(gated > 0 && gated <= paid * (1 + 1e-9)) }'
}

#!/usr/bin/env bats
# nax-cost: costs per candidate and per layer, and what it refuses.

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
  [ "$(head -n 1 out.csv)" = network,kernel,crossbar,accuracy,energy_pj,latency_ns,area_mm2,edap_pj_ns_mm2,hardware ]
  [ "$(column hardware out.csv | sort -u)" = nax-reram ]
  [ "$(column accuracy out.csv | sort -u)" = 0.9 ]
  awk -F, 'NR > 1 { d = $5 * $6 * $7 / $8 - 1; if (d * d > 1e-24 || $5 <= 0) exit 1 }' out.csv
}

# 9088 positions of the convolutions and one of the classifier, at 1350 to 2025 ns a product
@test "layers run one after the other" {
  nax-cost homogeneous.csv >out.csv
  column latency_ns out.csv | awk '{ print $1 / 9089 }' >per_product.txt
  printf '%s\n' 1350 1575 1800 2025 | diff - per_product.txt
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
  refused 'empty: empty input' nax-cost empty
  refused 'standard output' sh -c 'nax-cost homogeneous.csv >/dev/full'
  nax-cost -l homogeneous.csv | head -n 1
}

@test "a stream of no records passes" {
  head -n 1 homogeneous.csv | nax-cost --format msgpack >none.nax
  nax-cost none.nax >out.nax
  [ -s out.nax ]
}

#!/usr/bin/env bats
# nax-map: counts per candidate and per layer, and what it refuses.

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
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
  refused 'crossbar size 70000 is not between 1 and 65536' nax-map bad.csv
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

@test "empty input is an error; a full disk and a closed pipe are seen" {
  : >empty
  refused 'empty: empty input' nax-map empty
  refused 'standard output' sh -c 'nax-map homogeneous.csv >/dev/full'
  nax-map -l homogeneous.csv | head -n 1
}

@test "a stream of no records passes" {
  head -n 1 homogeneous.csv | nax-map --format msgpack >none.nax
  nax-map none.nax >out.nax
  [ -s out.nax ]
}

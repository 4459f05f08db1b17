#!/usr/bin/env bats
# nax-xbar: circuits solved, checked against ngspice; random arrays, tables of cells, refusals.

bats_require_minimum_version 1.5.0
load helpers/data

# linear.yaml: the default hardware with linear cells.
setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  sed 's/v0_v: [0-9.]*/v0_v: 0/' "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >linear.yaml
}

# One column of the CSV on stdin, without its name.
column() {
  awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next } { print $c }'
}

# Currents of ngspice for the netlist named, one line.
spice_currents() {
  ngspice -b "$1" 2>/dev/null </dev/null | awk '/^i\(vsense/ { printf "%s%s", s, $3; s = " " } END { print "" }'
}

# Largest difference of two lines of numbers, over the largest number of the second, below a bound.
close_to() {
  printf '%s\n%s\n' "$1" "$2" | awk -v bound="$3" '
    NR == 1 { n = split($0, a, " "); next }
    { m = split($0, b, " ")
      for (i = 1; i <= n; i++) {
        d = a[i] - b[i]; if (d < 0) d = -d; if (d > worst) worst = d
        s = b[i] < 0 ? -b[i] : b[i]; if (s > scale) scale = s
      }
      if (!(n > 0 && n == m && worst < bound * scale)) { print "differ by", worst / scale; exit 1 } }'
}

refuse() { # record fields as CSV lines, then what the message must say
  printf '%s\n' "$1" "$2" >bad.csv
  status=0
  nax-xbar bad.csv >out 2>err || status=$?
  [ "$status" -eq 1 ]
  [ "$(wc -l <err)" -eq 1 ]
  grep -q "^nax-xbar: .*bad.csv.*record 1.*$3" err || { cat err; return 1; }
}

@test "perfect wires: currents are the matrix product" {
  printf '%s\n' rows,cols,g_siemens,v_v,r_wire_row_ohm,r_wire_col_ohm,r_source_ohm,r_sink_ohm,v0_v \
    '2,3,1e-5 2e-5 3e-5 4e-5 5e-5 6e-5,0.5 0.25,0,0,0,0,0' | nax-xbar --matrix >out.csv
  close_to "$(column i_a <out.csv)" "1.5e-5 2.25e-5 3e-5" 1e-14
  close_to "$(column w_eff_siemens <out.csv)" "1e-5 2e-5 3e-5 4e-5 5e-5 6e-5" 1e-14
  close_to "1 $(column nf_max <out.csv)" "1 0" 1e-14
}

@test "a single cell is a divider" {
  printf '%s\n' rows,cols,g_siemens,v_v,r_source_ohm,r_sink_ohm '1,1,1e-4,2.5,700,300' |
    nax-xbar --hardware ./linear.yaml --node-voltages >out.csv
  close_to "$(column i_a <out.csv) $(column word_v <out.csv) $(column bit_v <out.csv)" \
    "0.000227272727272727 2.34090909090909 0.0681818181818182" 1e-12
}

@test "linear cells: currents of ngspice, 5 x 9 to 64 x 64" {
  command -v ngspice || skip "ngspice is not installed"
  for size in '5 9' '33 17' '64 64'; do
    read -r rows cols <<<"$size"
    nax-xbar --random "$rows" --cols "$cols" --seed "$rows" --hardware ./linear.yaml >array
    nax-xbar --format csv array | column i_a >ours
    nax-xbar --matrix --method block --format csv array | column i_a >eliminated
    nax-xbar --spice array >array.cir
    close_to "$(cat ours)" "$(spice_currents array.cir)" 1e-8
    close_to "$(cat eliminated)" "$(cat ours)" 1e-8
  done
}

@test "power: what ngspice's drivers give, of linear cells and of sinh" {
  command -v ngspice || skip "ngspice is not installed"
  for v0 in 0 0.1; do
    nax-xbar --random 33 --cols 17 --seed 5 --format csv | awk -F, -v OFS=, -v v0=$v0 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "v0_v") c = i } NR > 1 { $c = v0 } 1' >array.csv
    nax-xbar --spice array.csv >array.cir
    ngspice -b array.cir 2>/dev/null </dev/null | awk '/^i\(vdriver/ { print $3 }' >drivers
    [ "$(wc -l <drivers)" -eq 33 ]
    tr ' ' '\n' <<<"$(column v_v <array.csv)" | paste - drivers | awk '{ p -= 1e3 * $1 * $2 } END { printf "%.12g\n", p }' >theirs
    close_to "$(nax-xbar --format csv array.csv | column read_power_mw)" "$(cat theirs)" 1e-7
  done
}

@test "sinh cells and odd resistances: currents of ngspice" {
  command -v ngspice || skip "ngspice is not installed"
  nax-xbar --random 12 --cols 7 --format csv >plain.csv
  for set in '2.5 2.5 500 100 0.25' '0.37 1000 0 0 0.1' '0 2.5 500 0 0.5' '1000 0 0 100 0.05' '0 0 0 0 1'; do
    awk -F, -v OFS=, -v set="$set" 'NR > 1 { split(set, v, " "); for (i = 1; i <= 5; i++) $(3 + i) = v[i] } 1' plain.csv >array.csv
    nax-xbar --tolerance 1e-11 array.csv | column i_a >ours
    nax-xbar --spice array.csv >array.cir
    close_to "$(cat ours)" "$(spice_currents array.cir)" 1e-7
  done
  nax-xbar --random 48 --format csv | awk -F, -v OFS=, 'NR > 1 { $8 = 0.12 } 1' >array.csv
  nax-xbar array.csv --format json | grep -q '"method":"newton"'
  nax-xbar --spice array.csv >array.cir
  close_to "$(nax-xbar array.csv | column i_a)" "$(spice_currents array.cir)" 1e-7
}

@test "currents follow from the matrix, and do not depend on threads or format" {
  nax-xbar --random 40 --cols 23 --count 3 --seed 8 --hardware ./linear.yaml >arrays
  nax-xbar -j 1 --matrix --format csv arrays >one.csv
  nax-xbar -j 3 --matrix --format csv arrays | cmp - one.csv
  nax-xbar --matrix arrays | nax-pareto --objectives array:min --format csv >back.csv
  [ "$(column w_eff_siemens <back.csv)" = "$(column w_eff_siemens <one.csv | head -n 1)" ]
  nax-xbar --format csv arrays >vector.csv
  for k in 1 2 3; do
    close_to "$(column i_a <one.csv | sed -n ${k}p)" "$(column i_a <vector.csv | sed -n ${k}p)" 1e-8
  done
  awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "residual") c = i; next } !($c >= 0 && $c < 1e-6) { exit 1 }' one.csv
}

@test "unknown fields pass through, and results replace those that were there" {
  nax-xbar --random 3 --format csv | sed -e '1s/$/,layer/' -e '2s/$/,s1b1c1/' | nax-xbar | nax-xbar --format csv >out.csv
  [ "$(column layer <out.csv)" = s1b1c1 ]
  [ "$(head -n 1 out.csv | tr , '\n' | grep -c '^i_a$')" -eq 1 ]
}

@test "random arrays: levels of the device, one seed one array" {
  nax-xbar --random 30 --count 2 --seed 3 --format csv >a.csv
  nax-xbar --random 30 --count 3 --seed 3 --format csv | head -n 3 | cmp - a.csv
  if nax-xbar --random 30 --count 2 --seed 4 --format csv | cmp -s - a.csv; then false; fi
  [ "$(column g_siemens <a.csv | tr ' ' '\n' | sort -u | wc -l)" -eq 4 ]
  [ "$(column v_v <a.csv | tr ' ' '\n' | sort -u | tr '\n' ' ')" = "0.0 0.25 " ]
}

@test "a noisy device is programmed with its errors" {
  nax-xbar --random 1 >/dev/null
  for error in normal lognormal pcm rram-milo rram-wan; do
    awk -v e="$error" '{ print } /v0_v:/ { print "  programming:\n    error: " e "\n    error_frac: 0.03" }' \
      "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >noisy.yaml
    nax-xbar --random 20 --hardware ./noisy.yaml --format csv >a.csv
    [ "$(column g_siemens <a.csv | tr ' ' '\n' | sort -u | wc -l)" -gt 300 ]
  done
}

@test "measured cells: imported, checked, drawn from" {
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' 1 0.0 1e5 1e-05 1e-05 0 0.0 1 1.1 1e5 1.1e-05 1e-05 0 1.0 \
    2 1.2 1e5 3.5e-05 4e-05 1 1.0 >cells.tsv
  nax-xbar --import-cells 1 <cells.tsv >cells.csv
  [ "$(tr '\n' ' ' <cells.csv | tr -d '\r')" = "target_siemens,g_siemens 1e-05,1.1e-05 4e-05,3.5e-05 " ]
  awk '{ print } /v0_v:/ { print "  programming:\n    error: measured\n    table: cells.csv" }' \
    "$BATS_TEST_DIRNAME/../examples/hardware/nax-reram.yaml" >measured.yaml
  nax-xbar --random 8 --hardware ./measured.yaml --format csv | column g_siemens | tr ' ' '\n' | sort -u >g
  [ "$(wc -l <g)" -eq 8 ] # four levels, two deviations
  run ! nax-xbar --import-cells 7 <cells.tsv
  [[ "$output" == *"no cell was measured at 7 s"* ]]
  echo 1 2 3 >broken.tsv
  run ! nax-xbar --import-cells 1 <broken.tsv
  [[ "$output" == *"line 1 is not 7 numbers"* ]]
}

@test "the published measurements have their published moments" {
  need "$cells"
  zcat "$(data "$cells")" | nax-xbar --import-cells 1 >cells.csv
  awk -F, 'NR > 1 { b = int($1 / 5e-6); if (b > 7) b = 7; d = ($2 - $1) * 1e6; n[b]++; s[b] += d; q[b] += d * d }
    END { for (b = 0; b < 8; b++) printf "%.2f %.2f ", s[b] / n[b], sqrt(q[b] / n[b] - (s[b] / n[b])^2) }' cells.csv >moments
  close_to "$(cat moments)" ".26 1.54 .07 2.30 -.20 2.38 -.40 2.24 -.47 2.23 -.50 1.95 -.49 1.81 -.41 1.56" 0.002
}

@test "a heat map is drawn, of the first array" {
  nax-xbar --random 9 --cols 14 --count 2 | nax-xbar --heatmap map.svg >/dev/null
  [ "$(grep -c '<rect' map.svg)" -eq $((9 * 14 + 64 + 2)) ]
  tail -n 1 map.svg | grep -q '</svg>'
  nax-xbar --random 9 >array
  run ! nax-xbar --heatmap /no/such/map.svg array
  [[ "$output" == *"cannot write: '/no/such/map.svg'"* ]]
  run ! nax-xbar --heatmap /dev/full array
  [[ "$output" == *"cannot write"* ]]
}

@test "what an array cannot be is refused, with record and field" {
  refuse rows,cols,g_siemens '0,1,1e-5' "'rows'"
  refuse rows,cols,g_siemens '1000000000,1,1e-5' "'rows'"
  refuse rows,cols,g_siemens '1,-3,1e-5' "'cols'"
  refuse rows,cols,g_siemens '2,2,1e-5 1e-5 1e-5' "'g_siemens'.*3 numbers, not 4"
  refuse rows,cols,g_siemens '1,2,1e-5 -1e-5' "'g_siemens'.*row 0, column 1"
  refuse rows,cols,g_siemens '1,2,1e-5 nan' "'g_siemens'"
  refuse rows,cols,g_siemens,v_v '2,1,1e-5 1e-5,1' "'v_v'.*1 numbers, not 2"
  refuse rows,cols,g_siemens,v_v '1,1,1e-5,inf' "'v_v'"
  refuse rows,cols,g_siemens,r_sink_ohm '1,1,1e-5,-1' "'r_sink_ohm'"
  refuse rows,cols,g_siemens,v0_v '1,1,1e-5,-0.1' "'v0_v'"
  refuse cols,g_siemens '1,1e-5' "'rows'"
  refuse rows,cols,g_siemens 'x,1,1e-5' "'rows'"
}

@test "records before a broken one come out, and the stream stays open-ended" {
  nax-xbar --random 3 --count 3 --format csv | sed '3s/^1,3,3/1,3,4/' >broken.csv
  status=0
  nax-xbar --format csv broken.csv >out.csv 2>err || status=$?
  [ "$status" -eq 1 ]
  [ "$(wc -l <out.csv)" -eq 2 ]
  grep -q 'record 2' err
  nax-xbar --random 3 --count 0 | nax-xbar --format json | cmp - /dev/null
}

@test "keys of the hardware changed: the device of random arrays, and the wires that they are solved with" {
  nax-xbar --random 4 --set device.r_on_ohm=50000 --set device.programming.error=exact --format csv >arrays.csv
  column g_siemens <arrays.csv | tr ' ' '\n' | sort -g | tail -n 1 | awk '{ exit !($1 > 1.999e-5 && $1 < 2.001e-5) }'
  printf 'rows,cols,g_siemens,v_v\n2,2,1e-5 2e-5 3e-5 4e-5,0.2 0.1\n' >plain.csv
  nax-xbar plain.csv >short.csv
  nax-xbar --set device.r_wire_row_ohm=300 plain.csv >long.csv
  awk -v a="$(column nf_mean <short.csv)" -v b="$(column nf_mean <long.csv)" 'BEGIN { exit !(b > a + 1e-4) }'
}

@test "keys that change nothing are told, in every mode" {
  nax-xbar --random 4 --format csv >arrays.csv
  local solved='device.r_source_ohm=700 device.r_wire_row_ohm=3 device.v0_v=0.3'
  local drawn="$solved device.r_on_ohm=5e4 device.r_off_ohm=5e5 device.v_read_v=0.4 precision.slice_bits=4"
  # Each mode with the keys that act there; --spice prints what records lack as they are solved.
  while IFS=: read -r mode acting; do
    for set in device.r_source_ohm=700 device.r_wire_row_ohm=3 device.v0_v=0.3 device.r_on_ohm=5e4 device.r_off_ohm=5e5 \
      device.v_read_v=0.4 device.programming.error=normal precision.slice_bits=4 precision.weight_bits=8 precision.input_bits=4 \
      precision.stream_bits=2 unused=open signs=offset input_signs=two-passes adc.zero=reference adc.bits=4 timing.clock_ghz=2; do
      [[ " $acting " != *" $set "* ]] || continue
      [ "$mode,$set" != "--random 4,device.programming.error=normal" ] || continue # of 0 %, by a law of its own
      status=0
      # shellcheck disable=SC2086 # words on purpose
      nax-xbar --set "$set" $mode >out 2>err </dev/null || status=$?
      [ "$status" -eq 2 ] || { echo "$mode takes $set"; false; }
      grep -q "^nax-xbar: ${set%=*} has no effect on " err
    done
  done <<<"arrays.csv:$solved
--spice arrays.csv:$solved
--random 4:$drawn
--import-cells 1:"
  printf 'rows,cols,g_siemens,v_v\n2,2,1e-5 2e-5 3e-5 4e-5,0.2 0.1\n' >plain.csv
  for set in $solved; do
    nax-xbar --set "$set" plain.csv >other.csv
    run ! cmp -s other.csv <(nax-xbar plain.csv)
  done
  for set in $drawn; do
    nax-xbar --random 4 --set "$set" --format csv >other.csv
    run ! cmp -s other.csv arrays.csv
  done
}

@test "misuse" {
  for words in '--method newton' '--method x' '--tolerance 0' '--random 0' '--random 5000' '--random 3 --spice' \
    '--random 3 file' '--count -1 --random 2' '--random 3 --heatmap x.svg' '--random 3 --matrix' '--spice --node-voltages' \
    '--spice --tolerance 1e-3' '--import-cells 1 --hardware isaac'; do
    status=0
    # shellcheck disable=SC2086 # words on purpose
    nax-xbar $words >out 2>err </dev/null || status=$?
    [ "$status" -eq 2 ]
    grep -q '^see nax-xbar -h$' err
  done
}

@test "a full disk and a closed pipe" {
  nax-xbar --random 20 --count 20 >arrays
  run ! bash -c 'nax-xbar --matrix arrays >/dev/full'
  [[ "$output" == *"cannot write"* ]]
  nax-xbar --matrix --format csv arrays | head -n 1 >/dev/null
  run ! bash -c 'nax-xbar --spice arrays >/dev/full'
}

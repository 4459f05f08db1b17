#!/usr/bin/env bats
# nax-plot: pictures and their scripts, and what it refuses.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# Designs with accuracies made up: two files, the second of baselines.
designs() {
  nax-sample --random 6 --seed 1 | nax-cost --format csv |
    awk -F, -v OFS=, '{ print $0, NR == 1 ? "accuracy" : 0.5 + NR / 30 }' >random.csv
  nax-sample --homogeneous | nax-cost --format csv |
    awk -F, -v OFS=, '{ print $0, NR == 1 ? "accuracy" : 0.8 - NR / 30 }' >same.csv
}

# A data block of a script: block NAME FILE
block() { awk -v name="\$$1" '/^EOD$/ { is_in = 0 } is_in; $1 == name && $2 == "<<" { is_in = 1 }' "$2"; }

@test "every chart in every format" {
  designs
  nax-sample --random 2 | nax-cost --breakdown >parts
  printf '%s\n' id,epoch,loss,accuracy_train a,1,2.5,0.1 a,2,1.25,0.5 b,1,2.25,0.25 >log.csv
  printf '%s\n' network,kernels,crossbars,policy 'lenet,3 5,16,0.25 0.75 0 1 0 0' >policy.csv
  for suffix in svg png pdf eps; do
    nax-plot front -o front.$suffix random.csv same.csv
    nax-plot layers -o layers.$suffix random.csv
    nax-plot costs -o costs.$suffix parts
    nax-plot curves -o curves.$suffix log.csv
    nax-plot policy -o policy.$suffix <policy.csv
  done >out.txt 2>err.txt
  [ ! -s out.txt ] && [ ! -s err.txt ] || { cat err.txt; false; }
  for chart in front layers costs curves policy; do
    grep -q '<svg' $chart.svg && grep -q '</svg>' $chart.svg
    [ "$(head -c 4 $chart.png | tail -c 3)" = PNG ]
    [ "$(head -c 5 $chart.pdf)" = %PDF- ]
    grep -q '^%!PS-Adobe-.*EPSF' $chart.eps
  done
  [ -z "$(find . -name '.nax-*')" ]
}

# A gnuplot of these lines instead, first on PATH: fake_gnuplot LINE...
fake_gnuplot() {
  mkdir -p fake
  printf '%s\n' '#!/bin/sh' "$@" >fake/gnuplot
  chmod +x fake/gnuplot
  PATH=$PWD/fake:$PATH
}

@test "in an empty environment, and in a user's own: a locale of UTF-8 and no word" {
  designs
  for suffix in svg png; do
    env -i PATH="$PATH" nax-plot front -o empty.$suffix random.csv
    LC_ALL=C nax-plot front -o c.$suffix random.csv
    LANG=de_DE LC_NUMERIC=de_DE.UTF-8 nax-plot front -o de.$suffix random.csv
    cmp empty.$suffix c.$suffix
    cmp empty.$suffix de.$suffix
  done >out.txt 2>&1
  [ ! -s out.txt ] || { cat out.txt; false; }
  # shellcheck disable=SC2016 # the script's
  fake_gnuplot 'echo "$LC_ALL"'
  LC_ALL=de_DE nax-plot front -o locale.svg random.csv
  grep -qx '[a-zA-Z_]*\.UTF-8' locale.svg
}

@test "values that are all alike, or not finite, are no reason to warn" {
  designs
  head -n 2 random.csv >single.csv
  printf '%s\n' id,epoch,loss,accuracy_train a,3,2.385,0 >single-epoch.csv
  printf '%s\n' id,epoch,loss,accuracy_train a,3,2.385,0 a,4,2.385,0 a,5,inf,0 a,6,nan,0 >flat.csv
  printf '%s\n' id,layer,component,energy_pj,area_mm2 a,conv1,adc,0,0 a,conv2,adc,0,0 >free.csv
  {
    nax-plot front -o front.svg single.csv
    nax-plot curves -o single.svg single-epoch.csv
    nax-plot curves -o flat.svg flat.csv
    nax-plot costs -o costs.svg free.csv
  } >out.txt 2>&1
  [ ! -s out.txt ] || { cat out.txt; false; }
  nax-plot curves -o flat.gp flat.csv
  [ "$(block f0r0 flat.gp)" = "3 2.385"$'\n'"4 2.385" ]
}

@test "gnuplot's warnings are passed on, but not to the quiet; its first error is the reason" {
  designs
  fake_gnuplot 'echo "<svg></svg>"' 'printf "\n         line 0: warning: no such font\n\n" >&2'
  run nax-plot front -o x.svg random.csv
  [ "$status" -eq 0 ]
  [ "$output" = "nax-plot: gnuplot: line 0: warning: no such font" ]
  run nax-plot front -q -o x.svg random.csv
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  rm x.svg
  fake_gnuplot 'printf "\n   ^\n   line 1: unknown terminal\nWARNING: no output\n   line 9: no plot\n" >&2' 'exit 1'
  run nax-plot front -q -o x.svg random.csv
  [ "$status" -eq 1 ]
  [ "$output" = "nax-plot: gnuplot failed: 'x.svg': unknown terminal" ]
  fake_gnuplot 'exit 1'
  run nax-plot front -q -o x.svg random.csv
  [ "$output" = "nax-plot: gnuplot failed: 'x.svg'" ]
  [ -z "$(find . -name 'x.svg*')" ]
}

@test "front: the front that nax-pareto finds, baselines marked, a series a file" {
  designs
  nax-plot front -o front.gp random.csv same.csv
  [ "$(block front0 front.gp | wc -l)" -eq "$(nax-pareto random.csv same.csv | grep -c '^[0-9a-f]\{16\},')" ]
  [ "$(block baselines0 front.gp | awk '{ print $3 }' | sort -n | tr '\n' ' ')" = "16 32 64 128 " ]
  [ "$(block series0 front.gp | wc -l)" -eq 6 ]
  grep -q "title 'random'" front.gp
  cp random.csv random-0.05
  nax-plot front -o numbers.gp random-0.05 same.csv
  grep -q "title 'random-0.05'" numbers.gp
  grep -q "set logscale x" front.gp
  grep -q "set label 3 'accuracy on the hardware (%)'" front.gp
  nax-plot front --objectives energy_pj:min,area_mm2:min -o front.gp random.csv
  grep -q "set label 2 'area (mm²)'" front.gp
  grep -q "title 'designs'" front.gp
}

@test "front: designs with converters of their own are no baselines" {
  nax-sample --homogeneous -n 2 | nax-cost --format csv |
    awk -F, -v OFS=, '{ print $0, NR == 1 ? "accuracy" : NR / 10, NR == 1 ? "adc_bits" : NR == 2 ? "" : "6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6 6" }' >own.csv
  nax-plot front -o own.gp own.csv
  [ "$(block baselines0 own.gp | wc -l)" -eq 1 ]
  [ "$(block series0 own.gp | wc -l)" -eq 1 ]
}

@test "front: bars of one standard error, of what has one; no lower half that would reach 0" {
  printf '%s\n' id,accuracy,accuracy_se,cost a,0.75,0.125,10 b,0.5,0.5,20 c,0.25,,30 d,0.875,0,40 >errors.csv
  nax-plot front --objectives accuracy:max,cost:min -o errors.gp errors.csv
  [ "$(block errors0 errors.gp)" = "10 75 10 10 62.5 87.5"$'\n'"20 50 20 20 50 100" ]
  grep -q "xyerrorbars.*'standard error'" errors.gp
  nax-plot front --objectives accuracy:max,cost:min -o errors.svg errors.csv 2>&1 | diff - /dev/null
  cut -d, -f1,2,4 errors.csv | nax-plot front --objectives accuracy:max,cost:min -o none.gp
  if grep -q 'errors0' none.gp; then false; fi
  sed s/0.125/-1/ errors.csv >below.csv
  run --separate-stderr nax-plot front --objectives accuracy:max,cost:min -o below.svg below.csv
  [ "$status" -eq 1 ]
  [ "$stderr" = "nax-plot: below.csv: record 1: field 'accuracy_se' is below 0: '-1'" ]
  [ ! -e below.svg ]
}

# Width and height of a PNG, px.
png_size() { od -An -tu1 -j16 -N8 "$1" | awk '{ print ($1 * 256 + $2) * 65536 + $3 * 256 + $4, ($5 * 256 + $6) * 65536 + $7 * 256 + $8 }'; }

@test "a picture is as large as it is asked to be, in its letters and its title, too" {
  designs
  plot() { nax-plot front "$@" random.csv; }
  plot -o size.svg --size 8.5x6cm
  grep -q '^ width="321" height="227"' size.svg
  plot -o size.png --size 8.5x6cm --dpi 300
  [ "$(png_size size.png)" = "1004 709" ]
  plot -o size.png --size 85mmx60mm --dpi 300
  [ "$(png_size size.png)" = "1004 709" ]
  plot -o size.png --size 640x400px --dpi 300
  [ "$(png_size size.png)" = "640 400" ]
  plot -o size.png --size 4in
  [ "$(png_size size.png)" = "384 262" ]
  plot -o size.eps --size 4x3in
  grep -q '^%%BoundingBox: 0 0 288 216' size.eps
  plot -o size.svg --size 8cm --font Times,7 --title 'a <b> & "c"'
  grep -q 'font-family="Times".*font-size="9.33' size.svg
  grep -q 'a &lt;b> &amp; "c"' size.svg
  nax-plot layers -o small.svg --size 8.5cm random.csv
  grep -q '^ width="321" height="' small.svg
}

@test "axes are as long as their numbers take, or as they are asked to be" {
  printf '%s\n' id,accuracy,energy_pj a,0.86,5.6e9 b,0.91,95e9 >wide.csv
  printf '%s\n' id,accuracy,energy_pj a,0.86,5.6e9 b,0.91,9.5e9 >narrow.csv
  plot() { nax-plot front --objectives accuracy:max,energy_pj:min -o axes.gp "$@"; }
  within() { # AXIS LEAST LOW HIGH MOST: as a range from LEAST..LOW to HIGH..MOST
    sed -n "s/^set $1range \[\(.*\):\(.*\)\]/\1 \2/p" axes.gp |
      awk -v a="$2" -v b="$3" -v c="$4" -v d="$5" '{ print; exit !($1 >= a && $1 <= b && $2 >= c && $2 <= d) }'
  }
  plot wide.csv
  within x 4 5.6 95 130
  within y 85 86 91 92
  grep -q '^set logscale x' axes.gp
  grep -q "'5' 5, '7' 7, '10' 10,.* '100' 100)" axes.gp || grep -q "'10' 10, '20' 20,.* '100' 100)" axes.gp
  plot narrow.csv
  within x 5 5.6 9.5 10
  if grep -q '^set logscale' axes.gp; then false; fi
  plot --x-range 1e9:4e11 --y-range 0.5: wide.csv
  within x 1 1 400 400
  within y 50 50 91 95
  run nax-plot front --objectives accuracy:max,energy_pj:min --y-range 0.95: -o none.svg wide.csv
  [ "$status" -eq 1 ]
  [ "$output" = "nax-plot: no value is in the range that was asked for: 'accuracy on the hardware (%)'" ]
  [ ! -e none.svg ]
}

@test "front: points that coincide are all seen, labels of a field where they fit" {
  designs
  cp random.csv again.csv
  nax-plot front -o both.gp random.csv again.csv
  sizes=$(sed -n "s/.*\$series.*pointtype \([0-9]*\) pointsize \([0-9.]*\) linecolor '#[0-9A-E].*/\1 \2/p" both.gp)
  [ "$(printf '%s\n' "$sizes" | sort -u | wc -l)" -eq 2 ]
  [ "$(printf '%s\n' "$sizes" | awk 'NR == 1 { a = $2 } END { print ($2 < a) }')" = 1 ]
  nax-plot front --label name -o names.gp same.csv
  for size in 16 32 64 128; do grep -q "^set label '3x3 on $size' at " names.gp; done
  nax-plot front --label id -o ids.gp random.csv
  n=$(grep -c '^set label .[0-9a-f]\{16\}' ids.gp)
  [ "$n" -gt 2 ]
  # on one spot there is no place for all, and what is left out is said
  awk -F, -v OFS=, 'NR == 2 { first = $0 } NR > 2 { $0 = first } { print }' random.csv | head -n 40 >spot.csv
  for _ in 1 2 3 4; do tail -n +2 spot.csv; done >more.csv
  cat more.csv >>spot.csv
  run nax-plot front --label id -o spot.gp spot.csv
  [ "$status" -eq 0 ]
  [[ "$output" =~ "no place for "[0-9]+" of 30 labels: a larger --size has more" ]]
  run nax-plot front --label no_such -o none.svg random.csv
  [ "$status" -eq 1 ]
  [ "$output" = "nax-plot: no record has the field of --label: 'no_such'" ]
}

@test "curves: whole epochs, one legend for all panels, files told apart" {
  printf '%s\n' id,epoch,loss_train,loss_validation,accuracy_train a,1,2.5,2.6,0.1 a,2,1.25,1.5,0.5 a,3,1,1.2,0.6 >one.csv
  sed 's/^a,3.*/a,4,0.5,0.7,0.8/' one.csv >two.csv
  nax-plot curves -o one.gp one.csv
  grep -q '^set xtics 1,1' one.gp
  [ "$(grep -c 'keyentry' one.gp)" -eq 2 ]
  [ "$(grep -c 'unset key' one.gp)" -eq 2 ]
  grep -q "title 'validation'" one.gp
  nax-plot curves -o two.gp one.csv two.csv
  [ "$(block f0r0 two.gp | tail -n 1)" = "3 1" ]
  [ "$(block f0r1 two.gp | tail -n 1)" = "4 0.5" ]
  grep -q "title 'one'" two.gp
  grep -q "title 'two'" two.gp
  nax-plot curves --fields loss_train --x-range 2: --y-range :3 -o range.gp one.csv
  grep -q '^set xrange \[2:' range.gp
  grep -q '^set yrange \[.*:3\]' range.gp
  run nax-plot curves --y-range :3 -o none.svg one.csv
  [ "$status" -eq 2 ]
  [[ "$output" == "nax-plot: --y-range is of one panel, and --fields chooses it: ':3'"* ]]
}

@test "layers: kernels by crossbar size, skipped ones apart" {
  printf '%s\n' network,kernel,crossbar 'resnet20,3 0 5 3 3 3 7 3 3 3 3 3 5 3 3 3 3 3,16 0 64 16 16 16 64 16 16 16 16 16 16 16 16 16 16 16' >in.csv
  nax-plot layers -o layers.gp in.csv
  [ "$(block p0s1 layers.gp)" = "3 5"$'\n'"7 7" ]
  [ "$(block p0s0 layers.gp | wc -l)" -eq 15 ]
  [ "$(block p0s2 layers.gp)" = "2 0" ]
  grep -q "'s1b1c2' 2" layers.gp
  if grep -q "resnet20 [0-9]" layers.gp; then false; fi
  nax-plot layers -o wide.gp <(sed '1s/$/,width/; 2s/$/,24 64 64/' in.csv)
  grep -q "resnet20 24-64-64'" wide.gp
  [ -z "$(block p0a wide.gp)" ]
  nax-plot layers -o bits.gp <(sed '1s/$/,adc_bits/; 2s/$/,0 0 6 0 0 5 0 0 0 0 0 0 0 0 0 0 0 0/' in.csv)
  [ "$(block p0a bits.gp)" = "3 5 6"$'\n'"6 3 5" ]
  nax-plot layers -o bits.svg <(sed '1s/$/,adc_bits/; 2s/$/,0 0 6 0 0 5 0 0 0 0 0 0 0 0 0 0 0 0/' in.csv)
  grep -q '6 b' bits.svg
  cp in.csv edap-0.05
  nax-plot layers -o layers.gp in.csv edap-0.05
  grep -q "set title 'in  " layers.gp
  grep -q "set title 'edap-0.05  " layers.gp
}

@test "costs: bars add up to what nax-cost says" {
  nax-sample --random 1 >design
  nax-cost --breakdown design | nax-plot costs -o costs.gp
  block cost0 costs.gp | awk '{ for (i = 1; i <= NF; i++) sum += $i } END { printf "%.6g\n", sum }' >sum
  case $(grep -o 'energy [^"'"'"']*' costs.gp) in
  *mJ*) unit=1e9 ;;
  *µJ* | *uJ*) unit=1e6 ;;
  *) grep energy costs.gp; false ;;
  esac
  nax-cost --format csv design | awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "energy_pj") c = i; next }
    { printf "%.6g\n", $c }' >energy
  awk -v a="$(cat sum)" -v b="$(cat energy)" -v unit=$unit 'BEGIN { r = a * unit / b; exit !(r > 0.9999 && r < 1.0001) }' ||
    { cat sum energy; false; }
  nax-sample --random 3 | nax-cost --breakdown | nax-plot costs -o costs.gp
  [ "$(block cost0 costs.gp | wc -l)" -eq 3 ]
  nax-sample --homogeneous | nax-cost --breakdown | nax-plot costs -o costs.gp
  grep -q "'3x3 on 16' 0, '3x3 on 32' 1, '3x3 on 64' 2, '3x3 on 128' 3" costs.gp
}

@test "costs of several machines are not added up" {
  nax-sample --homogeneous -n 1 --network lenet | nax-cost --breakdown --hardware nax-reram,puma > two
  run -1 nax-plot costs -o costs.gp two
  [[ $output == *"costs of several machines: 'hardware puma'; draw those of one, by nax-view --where 'hardware = nax-reram'" ]]
  nax-view --where 'hardware = puma' --format msgpack two | nax-plot costs -o costs.gp
}

@test "curves: a field that no record has leaves the picture that was there" {
  printf '%s\n' epoch,loss 1,2.1 2,1.7 > log.csv
  nax-plot curves -o curves.svg log.csv
  cp curves.svg before.svg
  run -1 nax-plot curves -f loss,accuracy -o curves.svg log.csv
  [[ $output == *"no record has such a field: 'accuracy'" ]]
  cmp curves.svg before.svg
}

@test "curves: a panel for each first word, a line for each run" {
  printf '%s\n' id,epoch,loss,loss_cost,accuracy_train,rate a,1,2.5,1,0.1,3 a,2,1.25,1,0.5,3 b,1,2.25,1,0.25,3 >log.csv
  nax-plot curves -o curves.gp log.csv
  grep -q 'multiplot layout 2,1' curves.gp
  [ "$(block f0r0 curves.gp)" = "1 2.5"$'\n'"2 1.25" ]
  [ "$(block f2r1 curves.gp)" = "1 25" ]
  nax-plot curves --fields rate,loss -o curves.gp log.csv
  [ "$(block f0r1 curves.gp)" = "1 3" ]
  if grep -q accuracy curves.gp; then false; fi
}

@test "names from records are text, whatever they hold" {
  # shellcheck disable=SC2016 # not to be run here either
  printf '%s\n' 'id,epoch,loss' "'; system 'touch x' #,1,2.5" '`touch x`,1,2.25' 'a_b^{c}@d\n,1,2.0' >log.csv
  nax-plot curves -o curves.svg log.csv
  [ ! -e x ]
  grep -q 'a_b^{c}@d' curves.svg
}

@test "what cannot be drawn: file, record and field; no picture" {
  designs
  check() { # MESSAGE ARGUMENTS...
    message=$1
    shift
    run nax-plot "$@"
    [ "$status" -eq 1 ]
    [ "$output" = "nax-plot: $message" ] || echo "$output"
    [ "$output" = "nax-plot: $message" ]
    [ ! -e out.svg ]
  }
  nax-sample --random 13 | nax-cost --format csv >many.csv
  head -n 1 many.csv >none.csv
  printf '%s\n' network,kernel,crossbar,status,accuracy,edap_pj_ns_mm2 'lenet,3 3,16 16,diverged,,' >diverged.csv
  printf '%s\n' epoch,loss 1,nan 2,inf >nan.csv
  check "many.csv: record 1: field 'accuracy': missing" front -o out.svg many.csv
  check "more than 12 designs to draw: 13" layers -o out.svg many.csv
  check "many.csv: record 1: no field that begins with loss or accuracy" curves -o out.svg many.csv
  check "many.csv: record 2: more than one policy" policy -o out.svg many.csv
  check "nothing to draw: no records" front -o out.svg none.csv
  check "nothing to draw: all candidates diverged" front -o out.svg diverged.csv
  check "nothing to draw: no finite value of 'loss'" curves -o out.svg nan.csv
  check "cannot write: './none/out.svg': No such file or directory" front -o ./none/out.svg random.csv
  PATH=$(dirname "$(command -v nax-plot)") check "cannot run: 'gnuplot': No such file or directory" front -o out.svg random.csv
}

@test "misuse: exit 2 and the usage" {
  for options in "" "-o x.svg" "pie -o x.svg" "front" "front -o x" "front -o x.gif"; do
    run nax-plot $options </dev/null
    [ "$status" -eq 2 ] || echo "accepted: $options"
    [ "$status" -eq 2 ]
    [ "${lines[*]:1}" = "see nax-plot -h" ]
  done
  designs
  for options in "--objectives accuracy" "--objectives a:min,b:min,c:min" "--objectives accuracy:max"; do
    run nax-plot front -o x.svg $options random.csv
    [ "$status" -eq 2 ]
  done
  refused() { # MESSAGE ARGUMENTS...
    message=$1
    shift
    run nax-plot "$@" -o x.png random.csv
    [ "$status" -eq 2 ] || echo "accepted: $*"
    [ "$status" -eq 2 ]
    [ "${lines[0]}" = "nax-plot: $message" ] || echo "${lines[0]}"
    [ "${lines[0]}" = "nax-plot: $message" ]
  }
  for size in 8.5 x6cm 8.5cmx 8cm+ 8.5km 8x6cmm nan; do
    case $size in
    8.5) refused "--size takes sides from 1 to 100 inches (96 px here): '8.5'" front --size 8.5 ;;
    *) refused "--size takes WIDTH or WIDTHxHEIGHT, with cm, mm, in or px: '$size'" front --size $size ;;
    esac
  done
  refused "--size takes sides from 1 to 100 inches (300 px here): '16x1cm'" front --size 16x1cm --dpi 300
  for font in "" Times,2 Times,9pt ",x" "a'b"; do
    refused "--font takes NAME,POINTS, either may be left out, 3 to 72: '$font'" front --font "$font"
  done
  for range in 1 : 2:1 a:b 1:2:3 1:inf; do
    refused "--x-range takes FROM:TO in the field's unit, either may be left out: '$range'" front --x-range $range
  done
  refused "--label is of front: 'layers'" layers --label id
  refused "--objectives is of front: 'curves'" curves --objectives a:min,b:min
  refused "--x-range is of front: 'policy'" policy --x-range 1:2
  run nax-plot front --dpi 300 -o x.pdf random.csv
  [ "$status" -eq 2 ]
  [ "${lines[0]}" = "nax-plot: --dpi is of .png, others have no pixels: 'x.pdf'" ]
}

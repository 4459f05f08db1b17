#!/usr/bin/env bats
# nax-plot report: what a page holds, and what cannot be one. How it looks and acts: tests/page.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

folder() { "$BATS_TEST_DIRNAME"/page/folder "$@"; }
# The page's data, and its designs, one a line
data() { sed -n '/id="data"/,/<\/script>/p' "${1:-page.html}" | sed '1d;$d'; }
designs() { data "$@" | grep '^{"m":'; }

@test "a page of a whole folder: every design, method, curve, policy, and what made them" {
  folder out 6
  run nax-plot report -o page.html out
  [ "$status" -eq 0 ]
  [ -z "$output" ]
  [ "$(designs | wc -l)" -eq $((4 + 6 + 10 + 10 + 8)) ]
  data | grep -q '^"methods":\[{"name":"baselines",.*"groups":\[4\]'
  data | grep -q '"name":"evolve","unordered":false,"seconds":0,"groups":\[10,10\]'
  [ "$(designs | grep -c '"b":true')" -eq 4 ]
  [ "$(designs | grep -c '"n":"3x3 on [0-9]*"')" -eq 4 ]
  [ "$(designs | grep -c '"se":\[0\.00')" -eq 38 ]
  # designs of the same weights were trained once
  [ "$(designs | grep '"b":true' | grep -o '"wi":[0-9]*' | sort -u | wc -l)" -eq 1 ]
  data | grep -q '"curves":\[{"name":"search.csv 5f0c2a99","x":\[1,2,'
  data | grep -q '"loss_search":\['
  data | grep -q '"policies":\[{"net":0,"name":"policy","kernels":\[3,5,7\]'
  data | grep -q 'nax-cost --format msgpack'
  grep -q "<title>nax report</title>" page.html
  [ "$(tail -n 1 page.html)" = "</html>" ]
  [ -z "$(find . -name '.nax-*')" ]
}

@test "the seconds of a one-shot search are those of its log and of its designs" {
  mkdir out
  nax-data synth -q --n-train 200 --n-test 20 -o set.safetensors
  printf '%s\n' 'network: lenet' 'kernels: [3]' 'crossbars: [32, 64]' >space.yaml
  nax-search -q --evolve --space ./space.yaml --data set.safetensors --epochs 1 --batch 20 --fidelity ideal --designs 4 --population 2 \
    --images 20 --statistics 20 --log out/oneshot.csv >front
  nax-train -q --data set.safetensors --epochs 1 --batch 20 --fidelity ideal --split validation front | nax-cost >out/oneshot
  nax-plot report -o page.html out
  data | sed -n 's/.*"name":"oneshot",.*"seconds":\([^,]*\),.*/\1/p' | awk -v logged="$(sed -n '2s/.*,//p' out/oneshot.csv)" \
    '{ n++; exit !($1 > 0 && $1 < 1.001 * logged && $1 > 0.999 * logged) } END { if (!n) exit 1 }'
}

@test "shares of layers add up, and are of the record's own costs or not there" {
  folder out 4
  nax-plot report -o page.html out
  designs | sed 's/null,//g; s/.*"L":\[\(.*\)\]}.*/\1/' | tr -d '[' | tr ']' '\n' | sed 's/^,//' |
    awk -F, 'NF >= 3 { e += $1; l += $2; a += $3; n++ } END { print e, l, a, n; exit !(n > 600 && e > 995 * 36 && e < 1005 * 36 && l > 995 * 36 && l < 1005 * 36 && a > 990 * 36 && a < 1010 * 36) }'
  nax-cost --set adc.bits=7 --format csv out/random >other.csv
  run nax-plot report -o other.html other.csv
  [ "$status" -eq 0 ]
  [[ "$output" == "nax-plot: costs by layer are missing of 4 designs: "* ]]
  [ "$(designs other.html | wc -l)" -eq 4 ]
  if designs other.html | grep -q '"L":'; then false; fi
}

@test "nothing on the page is fetched, and nothing from outside is markup" {
  folder out 3
  printf '%s\n' 'id,epoch,loss_train' '</script><b>,1,2.5' '</script><b>,2,1.5' >'out/<i>&.csv'
  nax-plot report --title '</title><script>alert(1)</script>' -o page.html out
  if grep -v 'http://www.w3.org/2000/svg' page.html | grep -E '(https?:)?//[a-z]|@import|<link[^>]*href="[^d]|src='; then false; fi
  grep -q "default-src 'none'" page.html
  [ "$(data | grep -c '<')" -eq 0 ]
  [ "$(grep -c '<script' page.html)" -eq 2 ]
  data | grep -qF '\u003c/script\u003e\u003cb\u003e\u0026\"' || data | grep -qF 'SPACE=\u003c/script\u003e\u003cb\u003e\u0026\u0022'
  data | grep -qF '"title":"\u003c/title\u003e'
}

@test "a search that is running: whole records, and it is said which file is not whole" {
  folder out 6
  size=$(wc -c <out/cosearch)
  head -c $((size - 200)) out/cosearch >part
  mv part out/cosearch
  rm out/generation-1
  mv out/random out/random.part
  : >out/evolve.part
  run nax-plot report -o page.html out
  [ "$status" -eq 0 ]
  [ "$output" = "nax-plot: cosearch is not whole: 7 records of it are shown" ]
  [ "$(designs | wc -l)" -eq $((4 + 6 + 10 + 7)) ]
  data | grep -q '"name":"random","unordered"'
  data | grep -q '{"name":"cosearch","n":7,"open":true'
  run nax-plot report -q -o page.html out
  [ -z "$output" ]
  # before the first design
  mkdir early
  head -n 4 out/search.csv >early/search.csv
  nax-plot report -o early.html early
  data early.html | grep -q '"designs":\['
  [ -z "$(designs early.html)" ]
}

@test "generations stand for the file of them all; sorted files have no order; designs without objectives are left out" {
  folder out 3
  cat out/generation-0 out/generation-1 >out/evolve
  nax-pareto --rank --sort rank -o energy_pj:min --format msgpack out/random >sorted
  mv sorted out/random
  nax-sample --random 5 >out/candidates
  run nax-plot report -o page.html out
  [ "$status" -eq 0 ]
  [ "$output" = "nax-plot: 5 designs are left out: they lack accuracy_hardware_validation or edap_pj_ns_mm2, or diverged" ]
  data | grep -q '"name":"evolve".*"groups":\[10,10\]'
  data | grep -q '"name":"random","unordered":true'
  run nax-plot report -o page.html --objectives energy_pj:min,area_mm2:min out
  [ "$status" -eq 0 ]
  data | grep -q '"objectives":\[{"field":"energy_pj","max":false,"unit":"pJ"},{"field":"area_mm2"'
  nax-cost out/candidates | nax-cost --format csv | sed '1s/$/,accuracy/; 2,$s/$/,0.9/' >costs.csv
  nax-plot report -o page.html costs.csv
  data | grep -q '"objectives":\[{"field":"accuracy","max":true,"unit":"fraction"}'
}

@test "losses of layers that nax-eval measured stand beside the layers" {
  folder out 2
  id=$(nax-cost --format csv out/baselines | awk -F, 'NR == 2 { print $1 }')
  other=$(nax-cost --format csv out/baselines | awk -F, 'NR == 4 { print $1 }')
  # in any order; of what is said twice the last word counts
  printf '%s\n' id,layer,role,snr_db "$id,s1b1c1,body,18.25" "$other,s1b1c1,body,17.5" "$id,stem,stem,20.75" "$id,stem,stem,21.5" none,stem,stem,3 >out/losses.csv
  nax-plot report -o page.html out
  [ "$(designs | grep -c '"db":')" -eq 2 ]
  [ "$(designs | grep "\"id\":\"$id\"" | grep -c '"db":\[21.5,18.25,null')" -eq 1 ]
  [ "$(designs | grep "\"id\":\"$other\"" | grep -c '"db":\[null,17.5,null')" -eq 1 ]
}

@test "2,000 designs are a page of less than 1.5 MB" {
  folder out 1968
  nax-plot report -q -o page.html out
  [ "$(designs | wc -l)" -eq 2000 ]
  [ "$(designs | grep -c '"L":')" -eq 2000 ]
  [ "$(wc -c <page.html)" -lt 1500000 ]
}

@test "what is no page: the file, and the way out" {
  mkdir empty
  folder out 3
  fails() { # STATUS MESSAGE ARGUMENTS...
    local wanted=$1 message=$2
    shift 2
    run nax-plot report "$@"
    [ "$status" -eq "$wanted" ] || echo "$status: $*"
    [ "$status" -eq "$wanted" ]
    [ "${lines[0]}" = "nax-plot: $message" ] || echo "${lines[0]}"
    [ "${lines[0]}" = "nax-plot: $message" ]
    [ ! -e none.html ]
  }
  fails 2 "report takes the folder of a search, or files of records" -o none.html
  fails 2 "a page's name ends in .html: 'page.svg'" -o page.svg out
  fails 2 "--size is of front: 'report'" -o none.html --size 8cm out
  fails 2 "two objectives, for two axes: 'energy_pj:min'" -o none.html --objectives energy_pj:min out
  fails 1 "no records of designs, epochs or policies: 'empty'; name the folder of a search, as pipelines/ makes it, or files of records" -o none.html empty
  fails 1 "cannot open: 'missing': No such file or directory" -o none.html missing
  fails 1 "cannot write: './none/page.html': No such file or directory" -o ./none/page.html out
  nax-sample --random 5001 >many
  fails 1 "more than 5000 designs: name fewer files, or choose by nax-pareto: 'many'" -o none.html many
}

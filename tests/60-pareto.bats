#!/usr/bin/env bats
# nax-pareto: fronts, ranks, and what it refuses.

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

table() {
  printf '%s\n' id,accuracy,edap_pj_ns_mm2,note "$@" >table.csv
}

ids() { sed 1d | cut -d, -f 1 | tr '\n' ' '; }

@test "the front, in the order of the input, with fields it does not know" {
  table a,0.91,7.5,x b,0.88,2,y c,0.87,2.5,z d,0.95,30.25,w e,0.88,7.5,v
  nax-pareto table.csv >out.csv
  [ "$(ids <out.csv)" = "a b d " ]
  [ "$(sed -n 2p out.csv)" = a,0.91,7.5,x ]
  [ "$(nax-pareto --sort rank table.csv | ids)" = "d a b " ]
  [ "$(nax-pareto <table.csv | ids)" = "a b d " ]
  [ "$(nax-pareto --sort edap_pj_ns_mm2 table.csv | ids)" = "b a d " ]
  [ "$(nax-pareto --rank --sort note:max table.csv | ids)" = "c b a d e " ]
  # what --sort was before it took a field
  for old in '--sort -q' '--sort table.csv'; do
    # shellcheck disable=SC2086 # words
    run nax-pareto $old
    [ "$status" -eq 2 ]
    [[ ${lines[0]} == "nax-pareto: --sort takes a field: '"*"'; by rank is --sort rank" ]]
  done
  run nax-pareto table.csv --sort
  [ "$status" -eq 2 ]
  [ "${lines[0]}" = "nax-pareto: no value: '--sort FIELD'" ]
}

@test "ties and duplicates stay, for any number of objectives" {
  table a,0.9,5,x b,0.9,5,y c,0.9,6,z d,0.8,5,w e,0.9,5.0,v
  [ "$(nax-pareto table.csv | ids)" = "a b e " ]
  [ "$(nax-pareto -o accuracy:max table.csv | ids)" = "a b c e " ]
  [ "$(nax-pareto -o accuracy:min table.csv | ids)" = "d " ]
  [ "$(nax-pareto -o accuracy:min,edap_pj_ns_mm2:max table.csv | ids)" = "c d " ]
}

@test "ranks and crowding distances" {
  table a,0.90,4,x b,0.80,1,x c,0.85,2,x d,0.79,1.5,x e,0.60,9,x f,0.70,1.75,x
  nax-pareto --rank table.csv >out.csv
  [ "$(head -n 1 out.csv)" = id,accuracy,edap_pj_ns_mm2,note,rank,crowding ]
  [ "$(sed 1d out.csv | cut -d, -f 1,5 | tr '\n' ' ')" = "a,0 b,0 c,0 d,1 e,3 f,2 " ]
  [ "$(grep -c ',inf$' out.csv)" -eq 5 ]
  [ "$(grep ^c out.csv | cut -d, -f 6)" = 2.0 ] # 0.1 of 0.1, and 3 of 3
  [ "$(nax-pareto --rank --sort rank table.csv | ids)" = "a c b d f e " ]
  nax-pareto --rank --format msgpack out.csv | nax-pareto --rank --format csv | cmp - out.csv
}

# Records whose objectives are digits of a generator: many ties.
awk_table() { # RECORDS
  awk -v n="$1" 'BEGIN { srand(7); print "id,a,b,c"
    for (i = 0; i < n; i++) printf "%d,%d,%d,%d\n", i, rand() * 40, rand() * 40, rand() * 40 }'
}

# Fronts by the definition, peeled off one after another: id,rank
peel() { # COLUMNS
  awk -F, -v columns="$1" 'NR > 1 { n++; id[n] = $1; x[n, 1] = $2; x[n, 2] = $3; x[n, 3] = $4 }
    END {
      for (left = n; left; front++) {
        m = 0
        for (i = 1; i <= n; i++) {
          if (i in done) continue
          is_free = 1
          for (k = 1; k <= n && is_free; k++) {
            if (k in done) continue
            worse = better = 0
            for (j = 1; j <= columns; j++) { worse += x[k, j] > x[i, j]; better += x[k, j] < x[i, j] }
            if (!worse && better) is_free = 0
          }
          if (is_free) found[++m] = i
        }
        for (i = 1; i <= m; i++) { done[found[i]]; rank[found[i]] = front; left-- }
      }
      for (i = 1; i <= n; i++) print id[i] "," rank[i] + 0
    }'
}

@test "integers that a double does not tell apart are refused" {
  printf 'a,b\n9007199254740992,1\n-9007199254740992,2\n' >in.csv
  nax-pareto -o a:min,b:min in.csv >out.csv
  [ "$(wc -l <out.csv)" -eq 3 ]
  echo 9007199254740993,1 >>in.csv
  run nax-pareto -o a:min,b:min in.csv
  [ "$status" -eq 1 ]
  [[ $output == *"record 3: field 'a': 9007199254740993 is beyond 2^53, where numbers compare as equal"* ]]
}

@test "ranks are those of the definition on records with many ties" {
  awk_table 250 >in.csv
  for columns in 1 2 3; do
    objectives=$(echo a:min,b:min,c:min | cut -d, -f 1-$columns)
    nax-pareto --rank -o "$objectives" in.csv | sed 1d | cut -d, -f 1,5 | cmp - <(peel $columns <in.csv)
    nax-pareto -o "$objectives" in.csv | ids | cmp - <(peel $columns <in.csv | grep ',0$' | cut -d, -f 1 | tr '\n' ' ')
  done
}

@test "streams one after another, and who made them" {
  nax-sample --random 3 --seed 1 >a
  nax-sample --random 2 --seed 2 >b
  [ "$(cat a b | nax-pareto -o seed:min --format json | wc -l)" -eq 3 ]
  [ "$(nax-pareto -o seed:max --format json a b | wc -l)" -eq 2 ]
  nax-pareto -o seed:max a b >out
  grep -aq 'nax-sample --random 3' out
  grep -aq 'nax-sample --random 2' out
  grep -aq 'nax-pareto -o seed:max a b' out
  nax-pareto -o seed:max --format json out >/dev/null
}

@test "conditions: all have to hold, before anything is compared" {
  table a,0.91,7.5,x b,0.88,2,y c,0.87,2.5,z d,0.95,30.25,y
  [ "$(nax-pareto --where 'accuracy >= 0.88' --where 'note = y' table.csv | ids)" = "b d " ]
  [ "$(nax-pareto -w 'edap_pj_ns_mm2>2' table.csv | ids)" = "a c d " ] # b would beat c
  [ "$(nax-pareto --rank -w 'note!=y' table.csv | cut -d, -f 1,5 | sed 1d | tr '\n' ' ')" = "a,0 c,0 " ]
  run -0 --separate-stderr nax-pareto -w 'accuracy > 1' table.csv
  [ -z "$output" ]
  run nax-pareto -w 'latency_ns < 3' table.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"nax-pareto: table.csv: record 1: field 'latency_ns': missing" ]]
  printf '%s\n' id,accuracy,edap_pj_ns_mm2,status a,0.9,5,ok b,,4,diverged >in.csv
  [ "$(nax-pareto -w 'accuracy > 0.5' in.csv 2>&1 >out.csv)" = "nax-pareto: diverged and left out: '1 record'" ]
  [ "$(nax-pareto -w 'status = ok' in.csv 2>&1 | ids)" = "a " ] # and no note
}

@test "the knee is the compromise between the ends of the front" {
  table a,0.91,7.5,x b,0.88,2,y c,0.87,2.5,z d,0.95,30.25,w
  [ "$(nax-pareto --knee table.csv)" = "$(printf '%s\n' id,accuracy,edap_pj_ns_mm2,note a,0.91,7.5,x)" ]
  [ "$(nax-pareto --knee -w 'accuracy < 0.9' table.csv | ids)" = "b " ]
  run -0 --separate-stderr nax-pareto --knee -w 'accuracy > 1' table.csv
  [ -z "$output" ]
}

@test "the hypervolume of a front by hand" {
  table a,0.75,4,x b,0.5,2,y c,0.5,3,z d,0.1,1,w
  nax-pareto --hypervolume --reference 0.25,8 table.csv >out.csv
  [ "$(cat out.csv)" = "$(printf '%s\n' hypervolume,n_front,objectives,reference \
    '2.5,3,"accuracy:max,edap_pj_ns_mm2:min",0.25 8.0')" ] # 0.5 · 4 + 0.25 · 2
  nax-pareto -H --reference 0.25,8 --format msgpack table.csv >out
  grep -aq hypervolume out
  [ "$(nax-pareto -H --reference 0,0 table.csv | sed -n '2s/,.*//p')" = 0.0 ]
}

@test "diverged candidates without accuracy are left out with a note" {
  printf '%s\n' id,accuracy,edap_pj_ns_mm2,status a,0.9,5,ok b,,4,diverged c,0.1,3,diverged d,,2,diverged >in.csv
  nax-pareto in.csv >out.csv 2>err.txt
  [ "$(ids <out.csv)" = "a c " ]
  [ "$(cat err.txt)" = "nax-pareto: diverged and left out: '2 records'" ]
  nax-pareto -q in.csv 2>&1 >/dev/null | cmp - /dev/null
  printf '%s\n' id,accuracy,edap_pj_ns_mm2,status a,,5,ok >in.csv
  run nax-pareto in.csv
  [ "$status" -eq 1 ]
}

@test "a missing field, NaN and infinities: file, record and field" {
  for value in nan inf -inf ''; do
    table a,0.91,7.5,x b,0.88,2,y "c,$value,2.5,z" d,0.95,30.25,w
    status=0
    nax-pareto table.csv >out.csv 2>err.txt || status=$?
    [ "$status" -eq 1 ]
    grep -q "^nax-pareto: table.csv: record 3: field 'accuracy': " err.txt
    [ "$(ids <out.csv)" = "a b " ] # what came before is written
  done
  run nax-pareto -o latency_ns:min table.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"nax-pareto: table.csv: record 1: field 'latency_ns': missing" ]]
  run nax-pareto -o note:min table.csv
  [ "$status" -eq 1 ]
  [[ "$output" == *"nax-pareto: table.csv: record 1: field 'note': not a number" ]]
}

@test "a truncated stream: what came before, no trailer, exit 1" {
  nax-sample --random 20 >whole
  head -c -100 whole >broken
  status=0
  nax-pareto -o seed:min broken >out 2>err.txt || status=$?
  [ "$status" -eq 1 ]
  grep -q '^nax-pareto: broken: record ' err.txt
  status=0
  nax-pareto -o seed:min --format csv out >out.csv 2>err.txt || status=$?
  [ "$status" -eq 1 ]
  [ "$(sed 1d out.csv | wc -l)" -ge 18 ]
}

@test "hostile streams fail without harm" {
  head -c 100000 /dev/urandom >garbage
  for input in garbage /dev/null; do
    run nax-pareto $input
    [ "$status" -eq 1 ]
  done
  printf '\x83\xa3nax\x01\xa4kind\xa1x\xa4prog\xdd\x40\x00\x00\x00' >huge
  run nax-pareto huge
  [ "$status" -eq 1 ]
  run nax-pareto ./none
  [ "$status" -eq 1 ]
}

@test "misuse: exit 2 and the usage" {
  for options in "-o accuracy" "-o accuracy:up" "-o :min" "-o a:min,a:max" "-o a:min," "--objectives" "--bad" \
    "--where accuracy" "--rank --knee" "--hypervolume" "--reference 1,2" "-H --reference 1" "-H --reference 1,2,3" \
    "-H --reference 1,nan" "-H --reference 1,2x"; do
    # shellcheck disable=SC2086
    run nax-pareto $options
    [ "$status" -eq 2 ]
    [ "${lines[*]:1}" = "see nax-pareto -h" ]
  done
}

@test "a full disk is an error, a closed pipe is not reported" {
  awk_table 3000 >in.csv
  run bash -c 'nax-pareto --rank -o a:min in.csv >/dev/full'
  [ "$status" -eq 1 ]
  [[ "$output" == "nax-pareto: cannot write: 'standard output'"* ]]
  run bash -c 'nax-pareto --rank -o a:min in.csv | head -n 1'
  [ "${#lines[@]}" -eq 1 ]
}

@test "the front of many records takes memory for the front only, ranks little more than their bytes" {
  awk 'BEGIN { srand(3); print "id,a,b,c"
    for (i = 0; i < 200000; i++) printf "%d,%.9f,%.9f,%.9f\n", i, rand(), rand(), rand() }' >in.csv
  limit='ulimit -v 60000;'
  [[ $BUILD != *sanitize* && $BUILD != *qemu* ]] || limit= # which reserve more for themselves
  bash -c "$limit"' nax-pareto -o a:min,b:min,c:min in.csv' >out.csv
  bash -c "$limit"' nax-pareto --rank -o a:min,b:min,c:min in.csv' | awk -F, 'NR > 1 && $5 == 0 { print $1 }' | cmp - <(sed 1d out.csv | cut -d, -f 1)
}

# Two seeds of designs a and b, one of c, in no order
seeds() {
  printf '%s\n' id,train_seed,accuracy,accuracy_se,edap_pj_ns_mm2,weights,kernel c,0,0.5,0.01,9.5,v,3 a,1,0.92,0.004,5,y,3 \
    b,0,0.91,0.003,9,z,5 b,1,0.94,0.004,9,w,5 a,0,0.90,0.003,5,x,3 >seeds.csv
}

@test "seeds of a design become one record: means, errors, differences seed by seed" {
  seeds
  nax-pareto --join-seeds --baseline a --rank --format json seeds.csv >out
  [ "$(wc -l <out)" -eq 3 ]
  field() { sed -nE "$2s/.*\"$1\":([^,}]*).*/\\1/p" out; }
  is() { awk -v a="$1" -v b="$2" 'BEGIN { d = a - b; exit !(a != "" && d < 1e-12 && d > -1e-12) }'; }
  [ "$(sed -E 's/.*"id":"(.)".*/\1/' out | tr -d '\n')" = cab ] # in the order of the input
  is "$(field accuracy 2)" 0.91
  # over seeds 0.0002 / 2, over images the mean of 9e-6 and 16e-6, which no seed makes less
  is "$(field accuracy_se 2)" 0.010606601717798213
  is "$(field n_seeds 2)" 2
  is "$(field accuracy_difference 3)" 0.015
  is "$(field accuracy_difference_se 3)" 0.005
  is "$(field accuracy_se 1)" 0.01
  is "$(field accuracy_difference 1)" -0.4
  [ -z "$(field accuracy_difference_se 1)" ] # of one pair
  [ "$(field kernel 3)" = '[5]' ]
  [ -z "$(field weights 2)" ] && [ -n "$(field weights 1)" ]
  # one seed, without errors: nothing changes but for their number
  table a,0.91,7.5,x b,0.88,2,y
  sed '1s/$/,train_seed/; 2,$s/$/,0/' table.csv >one.csv
  [ "$(nax-pareto --join-seeds one.csv)" = "$(nax-pareto one.csv | sed '1s/$/,n_seeds/; 2,$s/$/,1/')" ]
}

@test "what cannot be joined is refused by name" {
  seeds
  refused() { # MESSAGE OPTION... on the input
    local message=$1
    shift
    run nax-pareto --join-seeds "$@" -
    [ "$status" -eq 1 ]
    [[ $output == *"$message"* ]] || { echo "$output"; false; }
  }
  refused "no record of the baseline: 'd'" --baseline d <seeds.csv
  refused "seed 1 of the design twice: 'a'" < <(cat seeds.csv; sed -n 3p seeds.csv)
  refused "record 1 of all: field 'train_seed', which nax-train writes, is missing or no integer: 'c'" < <(cut -d, -f 1,3-5 seeds.csv)
  refused "field 'accuracy_calibrated' is no number in seed 1 of the design: 'a'" \
    < <(sed '1s/$/,accuracy_calibrated/; 2,$s/$/,/; $s/$/0.9/' seeds.csv)
  for bad in '--baseline a' '--confidence 0.4' '--confidence 1' '--confidence 0.9 --rank'; do
    # shellcheck disable=SC2086 # words
    run nax-pareto $bad seeds.csv
    [ "$status" -eq 2 ]
  done
}

@test "with errors, only what is beaten beyond doubt is left out" {
  printf '%s\n' id,accuracy,accuracy_se,edap_pj_ns_mm2 a,0.910,0.003,5 b,0.905,0.003,6 c,0.89,0.003,6 d,0.95,0.01,9 e,0.91,0.003,5 \
    f,0.90,,5.5 >errors.csv
  [ "$(nax-pareto errors.csv | ids)" = "a d e " ]
  [ "$(nax-pareto --confidence 0.5 errors.csv | ids)" = "a d e " ]
  [ "$(nax-pareto --confidence 0.95 errors.csv | ids)" = "a b d e " ] # b is worse by 1.18 errors, c by 4.7, f by 3.3
  [ "$(nax-pareto --confidence 0.9999 errors.csv | ids)" = "a b d e f " ]
  run nax-pareto --confidence 0.95 <(sed 's/0.01,9/-0.01,9/' errors.csv)
  [ "$status" -eq 1 ]
  [[ $output == *"field 'accuracy_se' is below 0: '-0.01'" ]]
}

#!/usr/bin/env bats
# Shares of an input, dealt to programs side by side, and what they write put together again.
# shellcheck disable=SC2154 # stderr and stderr_lines are set by bats

bats_require_minimum_version 1.5.0

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  nax-sample --random 7 --seed 3 >seven
}

ids() { nax-view --format csv -q -f id "$@" | sed 1d; }

@test "every record is in one share, whose turn it is, of all files named, with the bits that it has among all" {
  nax-sample --random 4 --seed 5 >four
  rows() { nax-view --format csv -q "$@" | sed 1d; }
  nax-cost seven four | rows >all
  for n in 1 3 11 13; do
    for i in $(seq "$n"); do
      nax-cost --part "$i/$n" seven four >"cost.$i"
      awk -v i="$i" -v n="$n" '(NR - 1) % n == i - 1' all | cmp - <(rows "cost.$i")
    done
    cmp <(cat cost.* | rows - | sort) <(sort all)
    rm cost.*
  done
}

@test "a share without records is a whole stream that says where it comes from" {
  nax-cost --part 8/9 seven >none
  [ -z "$(ids none)" ]
  nax-cost --part 2/9 seven >one
  for stream in none one; do
    grep -qaF 'nax-sample --random 7 --seed 3' "$stream"
    grep -qaF "nax-cost --part" "$stream"
  done
  [ "$(cat none one none | ids - | wc -l)" -eq 1 ]
  # a broken record is everybody's
  head -c -20 seven >part
  run --separate-stderr nax-cost --part 3/9 part
  [ "$status" -eq 1 ]
  [[ $stderr == "nax-cost: part: record 7: "* ]]
}

@test "every tool that works through records takes shares, and no other" {
  for tool in "$(dirname "$(command -v nax)")"/nax-*; do
    "$tool" -h | grep -q -e '--part ' && echo "${tool##*/nax-}"
  done | xargs >takes || true
  [ "$(cat takes)" = 'cost eval map pareto plot sample train view xbar' ]
  # a whole stream, and one design
  for command in nax-rerun 'nax-import export -o x.onnx'; do
    # shellcheck disable=SC2086 # words on purpose
    run --separate-stderr $command --part 1/2 seven
    [ "$status" -eq 2 ]
    [ "${stderr_lines[0]}" = "${command%% *}: no such option: '--part'" ]
  done
  nax-sample --random 4 --network lenet >lenet
  share() { "$@" | ids - | wc -l; }
  [ "$(share nax-map --part 2/2 lenet)" -eq 2 ]
  [ "$(share nax-cost --part 1/3 lenet)" -eq 2 ]
  [ "$(share nax-view --format msgpack --part 4/4 lenet)" -eq 1 ]
  [ "$(nax-train --explain --part 2/3 lenet | ids - | uniq | wc -l)" -eq 1 ]
  nax-cost lenet >costs
  [ "$(share nax-pareto --rank -o energy_pj:min --part 2/3 costs)" -eq 1 ]
  [ "$(nax-pareto --rank -o energy_pj:min costs | share nax-sample --evolve --part 2/2)" -eq 2 ]
  nax-view --format msgpack --part 2/4 costs >second
  nax-plot front --objectives energy_pj:min,area_mm2:min --part 2/4 -q -o one.gp costs
  nax-plot front --objectives energy_pj:min,area_mm2:min -q -o same.gp second
  cmp <(sed 's/"costs"/"second"/' one.gp) same.gp
  [ "$(nax-xbar --random 4 --count 3 | nax-xbar --part 3/3 --format csv | sed 1d | wc -l)" -eq 1 ]
  for command in 'nax-sample' 'nax-xbar --random 4' 'nax-cost --components' 'nax-plot report -o x.html .'; do
    for option in '--part 1/2' --distinct --unfinished; do
      # shellcheck disable=SC2086 # words on purpose
      run --separate-stderr $command $option
      [ "$status" -eq 2 ]
      [ "${stderr_lines[0]}" = "${command%% *}: no records are read: '${option% *}'" ]
    done
  done
}

@test "what is no share is named, with the array that would be right" {
  for part in 0/4 5/4; do
    run --separate-stderr nax-train --part $part seven
    [ "$status" -eq 2 ]
    [ "${stderr_lines[0]}" = "nax-train: --part counts from 1 to 4, as by Slurm's --array=1-4: '$part'" ]
  done
  for part in 3 1/ /2 1/0 -1/2 ' 1/2' 1/2/3 1/2x 1.0/2 ''; do
    run --separate-stderr nax-train --part "$part" seven
    [ "$status" -eq 2 ]
    [ "${stderr_lines[0]}" = "nax-train: --part takes I/N, such as 2/8: '$part'" ]
  done
}

@test "shares that were done twice: each record once, and how many came again" {
  for i in 1 2 3; do nax-cost --part "$i/3" seven >"cost.$i"; done
  run --separate-stderr ids cost.2 cost.1 cost.2 cost.3
  [ "${#lines[@]}" -eq 9 ]
  cat cost.2 cost.1 cost.2 cost.3 >joined
  run --separate-stderr nax-view --distinct --format csv -f id joined
  [ "${#lines[@]}" -eq 8 ]
  [ "$stderr" = "nax-view: came again and left out: '2 records'" ]
  # by every field, in any order, but for how long it took and where it lies
  printf '%s\n' id,kernel,train_seconds,checkpoint a,3,1.5,x/a.safetensors a,3,0.0,/y/x/a.safetensors a,5,1.5,x '' \
    checkpoint,kernel,id,train_seconds z,3,a,9.0 >runs.csv
  [ "$(nax-view -q --distinct --format csv -f kernel runs.csv | sed 1d | xargs)" = '3 5' ]
  # a field that others have is null in CSV
  printf '%s\n' '{"id":"a","x":1}' '{"id":"b"}' >some.json
  nax-view --format csv some.json >some.csv
  run --separate-stderr ids --distinct some.json some.csv
  [ "${lines[*]}" = 'a b' ]
  # as many as memory grows for
  nax-sample --random 3000 --seed 1 >many
  nax-view --distinct -q --format csv -f id many many >once
  [ "$(wc -l <once)" -eq "$(($(ids many | sort -u | wc -l) + 1))" ]
}

@test "cat of CSV with other columns, in other places: names are no record" {
  nax-cost --format csv -f id,space seven >one.csv
  nax-cost --format csv -f space,id,energy_pj seven >other.csv
  for files in 'one.csv other.csv one.csv' 'other.csv one.csv other.csv'; do
    # shellcheck disable=SC2086 # words on purpose
    cat $files | ids - >ids.cat
    [ "$(sort -u ids.cat)" = "$(ids seven | sort)" ]
    [ "$(wc -l <ids.cat)" -eq 21 ]
  done
}

@test "shares in CSV: cat repeats the names, nax-view has them once" {
  for i in 1 2 3; do nax-cost --part "$i/3" --format csv seven >"cost.$i.csv"; done
  cat cost.*.csv >cat.csv
  [ "$(grep -c ^id, cat.csv)" -eq 3 ]
  [ "$(ids cat.csv | wc -l)" -eq 7 ]
  nax-view --format csv cost.*.csv >all.csv
  [ "$(grep -c ^id, all.csv)" -eq 1 ]
  [ "$(wc -l <all.csv)" -eq 8 ]
  cmp <(sort all.csv) <(nax-cost --format csv seven | sort)
}

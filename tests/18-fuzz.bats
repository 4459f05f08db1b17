#!/usr/bin/env bats
# The harnesses of tests/fuzz over files: those that `make fuzz` begins with, and inputs that once broke a reader.

setup() {
  export OMP_NUM_THREADS=1
  fuzz=$BATS_TEST_DIRNAME/fuzz
  cd "$BATS_TEST_TMPDIR" || return 1
  "$fuzz/seeds" seeds
}

# replay HARNESS FILE ...: what became of each, a line "taken" or "refused" after its name
replay() { "$BUILD/replay/$1" "${@:2}"; }

@test "every harness takes what it begins with" {
  n=0
  for source in "$fuzz"/*.c; do
    harness=$(basename "$source" .c)
    replay "$harness" seeds/"$harness"/* > told
    [ "$(grep -c '^taken$' told)" -eq "$(find seeds/"$harness"/ -type f | wc -l)" ]
    n=$((n + $(grep -c '^taken$' told)))
  done
  [ "$n" -ge 40 ]
}

@test "a binary file that was cut in two is refused" {
  for harness in dataset checkpoint image onnx record; do
    for file in seeds/"$harness"/*; do
      head -c $(($(wc -c < "$file") / 2)) "$file" > half
      [ "$(replay "$harness" half | tail -n 1)" = refused ]
    done
  done
}

@test "what once broke a reader is taken, or refused, as it should be" {
  for known in "$fuzz"/regressions/*; do
    harness=$(basename "$known") number=0
    while IFS= read -r line; do
      number=$((number + 1))
      case $line in '#'* | '') continue ;; esac
      replay "$harness" "seeds/regressions/$harness/$number" > told
      [ "$(tail -n 1 told)" = "${line%% *}" ]
    done < "$known"
  done
}

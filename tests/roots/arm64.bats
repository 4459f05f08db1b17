#!/usr/bin/env bats
# Results of tools for arm64 ($BUILD/bin, which starts them in qemu) beside those of this machine's
# (build/here): the same bytes where no circuit is solved, and circuits to their tolerance.

setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  mkdir here there
  (cd here && PATH=$BATS_TEST_DIRNAME/../../build/here/bin:$PATH && make_results)
  (cd there && make_results)
}

make_results() {
  nax-sample -q --random 1000 --seed 7 >designs
  nax-sample -q --homogeneous >designs-homogeneous
  nax-sample -q --space tiny-imagenet --random 50 --seed 3 >designs-tiny
  nax-map -q --layers designs-tiny >layers
  local hardware objectives=energy_pj:min,latency_ns:min,area_mm2:min
  for hardware in nax-reram puma isaac; do
    nax-cost -q --hardware "$hardware" designs >"costs-$hardware"
    nax-cost -q --hardware "$hardware" --breakdown designs-homogeneous designs-tiny >"breakdown-$hardware"
  done
  nax-pareto -q --objectives "$objectives" costs-nax-reram >front
  nax-pareto -q --objectives "$objectives" --rank --sort rank costs-nax-reram >ranks
  nax-pareto -q --objectives "$objectives" --hypervolume --reference 1e12,1e12,1e6 costs-nax-reram >volume
  nax-sample -q --evolve --seed 9 ranks >designs-evolved
  nax-xbar -q --random 48 --cols 40 --count 3 --seed 5 >arrays
}

@test "designs, costs, fronts and random arrays have the same bytes" {
  cd "$BATS_FILE_TMPDIR"
  [ "$(cat here/* | wc -c)" -gt 10000000 ]
  diff -r here there
}

# same FILE FILE: in two tables of circuits, each current, conductance and voltage to twice 1e-9 (the
# relative accuracy of a solution) of its field's largest
same() {
  awk -F, -v tolerance=2e-9 '
    NR == FNR { here[FNR] = $0; next }
    FNR == 1 { if ($0 != here[1]) exit bad = 1; split($0, name); next }
    {
      split(here[FNR], field)
      for (i in name) {
        if (name[i] !~ /^(i_a|w_eff_siemens|word_v|bit_v)$/) continue
        n = split(field[i], a, " ")
        if (!n || split($i, b, " ") != n) exit bad = 1
        largest = error = 0
        for (k = 1; k <= n; k++) {
          if (a[k] ^ 2 > largest ^ 2) largest = a[k]
          if ((a[k] - b[k]) ^ 2 > error ^ 2) error = a[k] - b[k]
        }
        if (error ^ 2 > (tolerance * largest) ^ 2) {
          print "array " $1 ": " name[i] " differs by " error ", the largest is " largest
          bad = 1
        }
        compared++
      }
    }
    END { exit bad || compared != 12 }' "$1" "$2"
}

@test "circuits agree" {
  cd "$BATS_TEST_TMPDIR"
  for method in relax block; do
    command="nax-xbar -q --method $method --matrix --node-voltages --format csv $BATS_FILE_TMPDIR/here/arrays"
    PATH=$BATS_TEST_DIRNAME/../../build/here/bin:$PATH $command >here
    $command >there
    same here there
  done
}

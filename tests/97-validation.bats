#!/usr/bin/env bats
# examples/validation: figures of the tools against figures from outside. Ten seconds.

load helpers/data

setup() {
  # this suite may itself run under make
  unset MAKEFLAGS MFLAGS MAKELEVEL
  cp -r "$BATS_TEST_DIRNAME/../examples/validation" "$BATS_TEST_TMPDIR/validation"
  cd "$BATS_TEST_TMPDIR/validation" || return 1
  rm -rf out results
}

# The names and sources of the table on stdin.
rows() { awk -F ' [|] ' '/^[|] check [|] source/ { table = 1 } !/^[|]/ { table = 0 } table { sub(/ngspice [0-9.]*/, "ngspice"); print $1, $2 }'; }

@test "what can be compared here holds, in any locale, and is the table of the README" {
  command -v ngspice || skip "ngspice is not installed"
  NAX_DATA=$(data '') LC_ALL=de_DE.UTF-8 make >table 2>notes || { cat notes; return 1; }
  tail -n 1 notes | grep -qE '^[0-9]+ checks: [0-9]+ ok, 0 off, [0-9]+ not run$'
  rows <README.md | diff - <(rows <table)
  [ "$(tail -n +2 results/validation.csv | grep -cE ',(ok|not run: no data)$')" -eq "$(($(rows <table | wc -l) - 2))" ]
}

@test "a figure that is off is named, and fails" {
  sed -i 's/0\.497468728781/0.497468728782/' puma.sh
  status=0
  make CHECKS='puma counts' >table 2>notes || status=$?
  [ "$status" -eq 2 ]
  [ "$(grep '^validation: off' notes | cut -d: -f1-3)" = "validation: off: 'area of a tile, mm2'" ]
  grep -q ' 1 off, ' notes
  [ "$(grep -c '| off |$' table)" -eq 1 ]
}

@test "a tool that says nothing, or another number, is off" {
  mkdir fake
  printf '#!/bin/sh\nexit 1\n' >fake/nax-pareto
  printf '#!/bin/sh\nexec "%s" "$@" --set adc.area_mm2=0.00121\n' "$(command -v nax-cost)" >fake/nax-cost
  chmod +x fake/*
  for case in fronts:8 puma:3; do
    PATH=$PWD/fake:$PATH make CHECKS="${case%:*}" >table 2>notes || true
    [ "$(grep -c '| off |$' table)" -eq "${case#*:}" ]
  done
}

@test "the study's main table: both protocols, names, differences, errors, conventions" {
  costs=edap_pj_ns_mm2,edap_pj_ns_mm2.working,edap_pj_ns_mm2.always,edap_pj_ns_mm2.pipelined,edap_pj_ns_mm2.puma,edap_pj_ns_mm2.isaac
  head=protocol,edap_of_baseline,set,id,n_seeds,accuracy,accuracy_se,accuracy_difference,accuracy_difference_se,accuracy_from_best,accuracy_from_best_se,$costs,kernel,crossbar
  a=2.385e17,2.385e17,5e18,3e15,4e16,5e16,'3 3,64 64' b=9.1e16,9.1e16,6e18,1e15,1e16,1e17,'3 3,64 32'
  printf '%s\n' $head "full-nax,1,baselines,a,3,0.9123,0.0012,0,0,-0.01,0.002,$a" "full-nax,0.3816,cifar10,b,3,0.92385,0.0023,-0.0115,0.001,0,0,$b" \
    $head "full-designer,0.3816,cifar10,b,2,0.93387,0.0023,0.0015,,0.0035,0.0012,$b" "test-designer,1,cifar10,c,3,0.5,0.1,0.1,0.1,0.1,0.1,$a" >test.csv
  mkdir points
  awk -v kind=full -v points=points -f "$BATS_TEST_DIRNAME/../examples/cifar10/main-table.awk" test.csv | tail -n +3 >table
  diff - table <<'END'
| 3×3 on 64 | 3 | – | – | – | 91.23 ± 0.12 | +0.00 ± 0.00 | 1.00 | – |
| cifar10 0.38 | 2 | 93.39 ± 0.23 | +0.15 | +0.35 ± 0.12 | 92.38 ± 0.23 | -1.15 ± 0.10 | 0.38 | always, isaac |
END
  [ "$(ls points)" = cifar10 ]
  diff - points/cifar10 <<<'design,accuracy,accuracy_se,edap_pj_ns_mm2
cifar10 0.38,0.93387,0.0023,9.1e16'
}

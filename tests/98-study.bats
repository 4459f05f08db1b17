#!/usr/bin/env bats
# The study of examples/cifar10, every stage of it, on a network and images of seconds

bats_require_minimum_version 1.5.0

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

@test "the study: searches, choices, trainings of two seeds, tables" {
  cp -R "$BATS_TEST_DIRNAME/../examples" .
  cd examples/cifar10
  rm -rf results out
  nax-data synth -q --n-train 1400 --n-test 40 -o tiny.safetensors
  printf '%s\n' 'name: tiny' 'input: {height: 32, width: 32, channels: 3}' 'classes: 10' 'layers:' \
    '  - conv: {out: 2, kernel: 3, stride: 2}' '  - conv: {out: 3, kernel: 3, stride: 2}' '  - pool: {kind: mean}' '  - linear: {role: classifier}' >tiny.yaml
  printf '%s\n' 'network: ./tiny.yaml' 'kernels: [1, 3]' 'crossbars: [16, 32]' >space.yaml
  { cat space.yaml; echo 'adc_bits: [6, 8]'; } >joint.yaml
  settings=(DATA=tiny.safetensors NETWORK=./tiny.yaml SPACE=./space.yaml JOINT=./joint.yaml SHARES=1 JOINT_SHARES=1 'SEEDS=0 1'
    EPOCHS=1 AWARE=1 SUPERNET_EPOCHS=1 DESIGNS=12 FINALISTS=2 WARM_EPOCHS=1 SEARCH_EPOCHS=1 'EDAPS=0.1 0.2' RANKED=3 RANK_EPOCHS=1 RANDOM_DESIGNS=8 CHIPS=2)
  study=(-f study.mk validation test chips "${settings[@]}")
  make -s "${study[@]}" 2>err || { cat err; false; }
  # both protocols by validation images, by test images on adc, by some of them on full and on adc, and what these three are together; two
  # trainings on chips; of each both baselines (of chips the one), and what was found, what claims are of with both seeds
  for table in validation:2:2 test:8:2 chips:2:1; do
    IFS=: read -r name protocols baselines <<<"$table"
    awk -F, -v protocols="$protocols" -v wanted="$baselines" '$1 == "protocol" { heads++; for (i = 1; i <= NF; i++) c[$i] = i; next }
      { n[$1]++; baselines[$1] += $c["set"] == "baselines"; cheapest[$1] += $c["edap_of_baseline"] == 1; bad += NF != 28 || $c["n_seeds"] != ($c["set"] ~ /^(baselines|joint|evolved)$/ ? 2 : 1) }
      END { for (p in n) bad += n[p] < 1 + wanted || baselines[p] != wanted || cheapest[p] < 1; exit !(heads == protocols && length(n) == protocols && !bad) }' "results/$name.csv"
  done
  grep -Eq '^nax,.*,joint,.*,[68] [68],,,,$' results/validation.csv
  awk -F, '$1 == "protocol" { for (i = 1; i <= NF; i++) c[$i] = i; next } { split($1, part, "-"); at = part[2] " " $c["id"]; mean[part[1] " " at] = $c["accuracy"]; if (part[1] == "every") ats[at] }
    END { for (at in ats) { n++; off = mean["test " at] + mean["full " at] - mean["same " at] - mean["every " at]; bad += off * off > 1e-10 } exit bad || n < 4 }' results/test.csv
  [ "$(wc -l <results/agreement.csv)" -eq 5 ]
  [ "$(head -n 1 results/inherited.csv)" = id,inherited,trained,tau ]
  [ "$(cut -d, -f2 results/parts.csv | xargs)" = 'part baseline kernels skips crossbars adc_bits design' ]
  [ "$(awk -F, '$2 == "design" { print $3 }' results/parts.csv)" = "$(nax-view --format csv -n 1 -f id results/designs/joint.csv | sed 1d)" ]
  [ "$(cut -d, -f3 results/random.csv | sort -u | xargs)" = 'evolved random way' ]
  grep -q '^full-designer,nax .*,joint,' results/runs/joint-1-test.csv
  # finalists are of the front, the largest that is affordable among them, and what is trained is the best of them
  nax-view --format csv -f id results/joint-finalists.csv | sed 1d >finalists
  [ "$(grep -cxFf finalists <(nax-view --format csv -f id results/joint-front.csv))" -eq "$(wc -l <finalists)" ]
  largest=$(nax-view --format csv --sort channel_products:max -n 1 -f channel_products <(./affordable results/runs/baselines-0.csv results/joint-front.csv 1) | sed 1d)
  nax-view --format csv -f channel_products results/joint-finalists.csv | grep -qx "$largest"
  best=$(nax-view --format csv --sort accuracy_hardware_validation:max -n 1 -f accuracy_hardware_validation results/joint-finalists.csv)
  [ "$(nax-view --format csv -f accuracy_hardware_validation results/designs/joint.csv)" = "$best" ]
  # what was measured by a part of the three alone
  sed 's/^same-/other-/' results/runs/baselines-0-test.csv >part.csv
  run -1 --separate-stderr ./join 'none 1' 'none 1' every-nax accuracy part.csv
  [[ ${stderr_lines[0]} == "join: not measured by each of test-nax full-nax same-nax: 'id "*", seed 0': part.csv" ]]
  run -1 --separate-stderr ./choose results/runs/baselines-0.csv results/joint-front.csv 1e-9
  [ "$stderr" = "affordable: no design at 1e-9 of the baseline's EDAP that costs no more by any convention: 'results/joint-front.csv'" ]
  make -q "${study[@]}" # nothing is made again
  run -2 --separate-stderr make -s "${study[@]}" -B
  [[ ${stderr_lines[0]} == "'results/"*"' is there, and is not made again unless it is removed" ]]
  mv results/runs/joint-0.csv joint-0.csv # but for what was taken away
  make -s "${study[@]}" 2>err || { cat err; false; }
  cmp joint-0.csv results/runs/joint-0.csv
  # a table of what there is: all of it is the whole one, where a seed is not whole it is of the other, and says so
  make -s "${study[@]:0:2}" so-far "${settings[@]}"
  cmp results/so-far.csv results/test.csv
  mv results/runs/joint-1-test.csv .
  make -s "${study[@]:0:2}" so-far "${settings[@]}"
  [ "$(awk -F, '$1 != "protocol" { print $5 }' results/so-far.csv | sort -u)" = 1 ]
  make -s table OF=so-far | grep -q '^| joint [0-9.]* | 1 | '
  make -s table | grep -q '^| joint [0-9.]* | 2 | '
  mv results/runs/joint-0-test.csv .
  run -2 --separate-stderr make -s "${study[@]:0:2}" so-far "${settings[@]}"
  [ "${stderr_lines[0]}" = 'no seed has been measured yet with each of baselines joint evolved' ]
  mv joint-?-test.csv results/runs
  # nor are test images looked at with other weights than those that were judged
  sed 's/,[0-9a-f]*,synth,/,0123,synth,/' joint-0.csv >results/runs/joint-0.csv
  run -1 cmp -s joint-0.csv results/runs/joint-0.csv
  mv results/runs/joint-0-test.csv joint-0-test.csv
  run -2 --separate-stderr make -s "${study[@]}"
  [[ $stderr == *"other weights than in 'results/runs/joint-0.csv', which has to be removed: "* ]]
  mv joint-0.csv joint-0-test.csv results/runs
  make -s "${study[@]}" 2>err || { cat err; false; }
  rm -r out # nor on another machine, where weights are not
  make -q "${study[@]}"
  run --separate-stderr make -s "${study[@]}" EPOCHS=2
  [ "$status" -eq 2 ]
  [[ ${stderr_lines[0]} == *"'results' holds a study with EPOCHS=1, asked for is EPOCHS=2: RESULTS=FOLDER keeps it apart"* ]]
  make -s -f ../tiny-imagenet/Makefile predict "${settings[@]}" RESULTS=other >hours
  grep -q '^supernets.[0-9]' hours
}

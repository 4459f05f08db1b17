#!/usr/bin/env bats
# The manual is code: -h equals SYNOPSIS, options are the same in both, EXAMPLES and the README's
# tested blocks run as they stand.

# shellcheck source=tests/docs.sh
load docs.sh

setup() {
  root=$BATS_TEST_DIRNAME/..
  mapfile -t tools < <(basename -s .c "$root"/tools/nax*.c)
  unset CIFAR10
  cd "$BATS_TEST_TMPDIR" || return 1
}

# The complaints collected in $bad fail the test.
judge() {
  printf '%s' "${bad:-}" | sed 's/^/# /'
  [ -z "${bad:-}" ]
}

@test "-h prints the words of the manual's SYNOPSIS" {
  for tool in "${tools[@]}"; do
    page=$(section "$root/man/$tool.1" SYNOPSIS | tr -s ' \n' ' ')
    help=$(help_synopsis "$tool")
    [ -n "$help" ] && [ "${page# }" = "$help" ] ||
      bad+="$tool: SYNOPSIS and -h differ:"$'\n'"  ${page# }"$'\n'"  $help"$'\n'
  done
  judge
}

@test "every option of -h is in the manual, and the other way round" {
  for tool in "${tools[@]}"; do
    help_options "$tool" >help.txt
    page_options "$root/man/$tool.1" >page.txt
    [ -s help.txt ] || bad+="$tool: -h lists no option"$'\n'
    only=$(comm -3 help.txt page.txt | sed -e 's/^\t/only in the manual: /' -e 's/^-/only in -h: -/')
    [ -z "$only" ] || bad+="$tool: $only"$'\n'
  done
  judge
}

@test "-h and -V go to stdout and succeed" {
  for tool in "${tools[@]}"; do
    for option in -h --help -V --version; do
      "$tool" $option >out.txt 2>err.txt </dev/null || bad+="$tool $option: exit status $?"$'\n'
      [ -s out.txt ] && [ ! -s err.txt ] || bad+="$tool $option: not on stdout alone"$'\n'
    done
    [ "$("$tool" -V)" = "$tool $(cat "$root/VERSION")" ] || bad+="$tool -V: $("$tool" -V)"$'\n'
  done
  judge
}

@test "an unknown option is misuse: exit 2, two lines on stderr, nothing on stdout" {
  for tool in "${tools[@]}"; do
    status=0
    "$tool" --no-such-option >out.txt 2>err.txt </dev/null || status=$?
    [ "$status" -eq 2 ] || bad+="$tool: exit status $status"$'\n'
    [ ! -s out.txt ] && grep -q "^see $tool -h\$" err.txt || bad+="$tool: not on stderr alone"$'\n'
  done
  judge
}

@test "a full disk under -h is an error" {
  for tool in "${tools[@]}"; do
    status=0
    "$tool" -h >/dev/full 2>err.txt || status=$?
    [ "$status" -eq 1 ] && [ -s err.txt ] || bad+="$tool: exit status $status"$'\n'
  done
  judge
}

@test "the examples of the manual pages run" {
  for page in "$root"/man/*.[1-9]; do
    name=$(basename "$page")
    mkdir "$name.d"
    while IFS= read -r command; do
      status=0
      # seconds of processor time, so that a busy machine is no failure
      (cd "$name.d" && ulimit -t 30 && timeout 600 bash -o pipefail -c "$command" </dev/null >../out.txt 2>../err.txt) ||
        status=$?
      # 141: a reader such as head has had enough
      [ "$status" -eq 0 ] || [ "$status" -eq 141 ] ||
        bad+="$name: exit status $status: $command: $(tail -n 1 err.txt)"$'\n'
    done < <(examples "$page")
  done
  judge
}

@test "every tool's page has examples that run" {
  for tool in "${tools[@]}"; do
    [ -n "$(examples "$root/man/$tool.1")" ] || bad+="$tool: no line in EXAMPLES starts with '\$ '"$'\n'
  done
  judge
}

@test "the README's tested commands run" {
  readme_commands "$root/README.md" >tour.sh
  [ -s tour.sh ]
  (ulimit -t 30 && timeout 600 bash -e -o pipefail tour.sh </dev/null >out.txt 2>err.txt) || {
    bad="exit status $?: $(tail -n 3 err.txt)"
  }
  judge
}

#!/usr/bin/env bats
# What is looked for before anything is compiled, and what is said when it is missing. Programs that stand
# in for others come first in PATH.
# shellcheck disable=SC2016 # their text is theirs to expand

setup() {
  root=$BATS_TEST_DIRNAME/..
  mkdir "$BATS_TEST_TMPDIR/stub"
  PATH=$BATS_TEST_TMPDIR/stub:$PATH
  # this suite may itself run under make
  unset MAKEFLAGS MFLAGS MAKELEVEL
  cd "$BATS_TEST_TMPDIR" || return 1
}

# stub NAME: a program whose text is on stdin
stub() {
  { echo '#!/bin/sh'; cat; } >"stub/$1"
  chmod +x "stub/$1"
}

# A Debian on which nothing but bash is installed; apt knows the packages named.
debian() {
  stub dpkg-query <<<'for p; do :; done; [ "$p" != bash ] || echo "install ok installed"'
  stub apt-cache <<<"case ' $* ' in *\" \$2 \"*) ;; *) exit 100 ;; esac"
  stub apt-get <<<'echo "apt-get $*" >>calls'
  stub ls <<<'exit 0' # lists of packages
}

ordinary_user() {
  stub id <<<'echo 1000'
  stub sudo <<<'exit 1'
}

make_nax() { make --no-print-directory -C "$root" BUILD="$BATS_TEST_TMPDIR/build" "$@"; }

@test "an ordinary user is told the command, by the names that packages have there" {
  debian old-name other
  ordinary_user
  run "$root/tests/deps" bash new-name/old-name other
  [ "$status" -eq 1 ]
  [ "$output" = "install what is missing with: sudo apt-get install -y --no-install-recommends old-name other" ]
  stub apt-cache <<<'exit 100'
  stub ls <<<'exit 2' # apt has never looked
  run "$root/tests/deps" new-name/old-name
  [ "$status" -eq 1 ]
  [ "${output#*: }" = "sudo apt-get update && sudo apt-get install -y --no-install-recommends old-name" ]
  [ ! -e calls ]
  "$root/tests/deps" bash
}

@test "root's packages are installed, and only told when asked" {
  debian new-name old-name
  stub id <<<'echo 0'
  run "$root/tests/deps" --tell new-name/old-name bash
  [ "$status" -eq 1 ]
  [ "$output" = "install what is missing with: apt-get install -y --no-install-recommends new-name" ]
  [ ! -e calls ]
  "$root/tests/deps" new-name/old-name bash
  [ "$(tail -n 1 calls)" = "apt-get install -y --no-install-recommends new-name" ]
  stub apt-get <<<'echo "no network"; exit 100'
  run "$root/tests/deps" new-name
  [ "$status" -eq 1 ]
  [[ $output == *"no network"*"could not install; try: apt-get install -y --no-install-recommends new-name" ]]
}

@test "a package that a system lacks is named; oneDNN is not needed" {
  debian libcsv-dev
  ordinary_user
  run "$root/tests/deps" libcsv-dev libdnnl-dev
  [ "$status" -eq 3 ]
  [ "${lines[0]}" = "there is no package here called libdnnl-dev" ]
  [ "${lines[1]}" = "make DNNL= builds without libdnnl-dev" ]
}

@test "elsewhere than on Debian the packages are named" {
  ln -s "$(command -v sh)" "$(command -v sed)" stub
  PATH=$PWD/stub run "$root/tests/deps" libcsv-dev new-name/old-name
  [ "$status" -eq 0 ]
  [ "$output" = "not Debian, where the packages are called libcsv-dev new-name" ]
}

@test "make says what is missing and how to get it, and compiles nothing" {
  # shellcheck disable=SC2046 # words on purpose
  debian gcc $(make --no-print-directory -C "$root" -pn help | sed -n 's/^DEPS_RUN := //p' | tr / ' ')
  ordinary_user
  stub pkg-config <<END
case "\$*" in *jansson | *msgpack*) exit 1 ;; *) exec $(PATH=${PATH#*:} command -v pkg-config) "\$@" ;; esac
END
  run make_nax -j2
  [ "$status" -eq 2 ]
  [[ ${lines[-3]} == "missing for "*": msgpack-c, jansson" ]]
  [[ ${lines[-2]} == "install what is missing with: sudo apt-get install "*" libjansson-dev "* ]]
  [[ ${lines[-1]} == *"nax cannot be built yet"* ]]
  [ -z "$(find . -name '*.o')" ]
  run make_nax CC=no-such-compiler PKG_CONFIG=no-such-program
  [ "$status" -eq 2 ]
  [[ $output == *"missing: a compiler (no-such-compiler), no-such-program"$'\n'"install "* ]]
}

@test "libraries are looked for once a compiler, and msgpack-c by both its names" {
  pkg_config=$(PATH=${PATH#*:} command -v pkg-config)
  for name in msgpack msgpack-c; do
    stub pkg-config <<END
case "\$*" in
"--modversion $name") echo 1.2.3 ;;
*" $name") ;;
*msgpack*) exit 1 ;;
*) exec $pkg_config "\$@" ;;
esac
END
    run make_nax -n BUILD="$PWD/$name"
    [ "$status" -eq 0 ]
    [[ ${lines[0]} == *"found "*", $name 1.2.3, openblas "*", jansson "* ]]
    if grep -q msgpack <(sed -n 's/^PKG_LIBS//p' "$name/libs.mk"); then false; fi
  done
  run make_nax -n BUILD="$PWD/$name"
  [[ $output != *"found "* ]]
  run make_nax -n BUILD="$PWD/$name" CC='env cc'
  [[ $output == *"found "* ]]
}

@test "instruction sets are those of the compiler's machine" {
  stub arm-cc <<<'case "$1" in -dumpmachine) echo aarch64-linux-gnu ;; *) exec cc "$@" ;; esac'
  make_nax -n V=1 CC=arm-cc EMULATOR=true all >commands
  grep -q -- '-DNAX_SIMD_ISA=baseline ' commands
  if grep -E -- '-mavx|avx2|avx512' commands; then false; fi
  stub x86-cc <<<'case "$1" in -dumpmachine) echo x86_64-linux-gnu ;; *) exec cc "$@" ;; esac'
  make_nax -n V=1 CC=x86-cc EMULATOR=true all >commands
  for isa in baseline avx2 avx512; do
    grep -q -- "-DNAX_SIMD_ISA=$isa " commands
  done
}

@test "benchmarks: a name that is none is misuse" {
  cd "$root"
  BUILD=${BUILD:-build} run tests/perf/run mapping nosuch
  [ "$status" -eq 2 ]
  [ "$output" = "no such benchmark: 'nosuch'" ]
}

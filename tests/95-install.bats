#!/usr/bin/env bats
# Installation, use of the library from outside, removal, the release archive, and what the tools carry.

setup() {
  root=$BATS_TEST_DIRNAME/..
  stage=$BATS_TEST_TMPDIR/stage
  : "${BUILD:?the build folder}"
  # this suite may itself run under make
  unset MAKEFLAGS MFLAGS MAKELEVEL
}

# What a stage holds, apart from folders.
listing() { (cd "$stage" && find . ! -type d | sort); }

@test "install, use what came, uninstall: exactly what install put there is gone" {
  # what others left in the same places
  mkdir -p "$stage/opt/nax/bin" "$stage/opt/nax/share/nax/spaces" "$stage/opt/nax/share/bash-completion/completions"
  touch "$stage/opt/nax/bin/mine" "$stage/opt/nax/share/nax/spaces/mine.yaml" \
    "$stage/opt/nax/share/bash-completion/completions/mine"
  listing >"$BATS_TEST_TMPDIR/before"
  make -C "$root" install DESTDIR="$stage" prefix=/opt/nax BUILD="$BUILD" >/dev/null
  at=$stage/opt/nax
  for file in "$root"/tools/nax*.c; do
    [ -x "$at/bin/$(basename "$file" .c)" ]
    cmp "$BUILD/completions/nax" "$at/share/bash-completion/completions/$(basename "$file" .c)"
  done
  for file in "$root"/man/*.[1-9]; do
    [ -s "$at/share/man/man${file##*.}/$(basename "$file")" ]
  done
  cmp "$BUILD/completions/_nax" "$at/share/zsh/site-functions/_nax"
  # the examples and the pipelines: all that is the project's, and nothing that they made
  diff <(cd "$root" && tests/lint/files | tr '\0' '\n' | grep -v '/\.' | sed -nE 's,^(examples/|(pipelines/)),\2,p' | sort) \
    <(cd "$at/share/nax" && find . -type f ! -name mine.yaml -printf '%P\n' | sort)

  # what came works by itself
  (
    cd "$at/share/nax"
    PATH=$at/bin:/usr/bin:/bin
    nax sample --space spaces/cifar10.yaml | nax cost --hardware hardware/puma.yaml --format csv |
      nax view -f id,energy_pj | grep -q energy
    nax help cost | grep -q NAX-COST
  )

  make -C "$root" uninstall DESTDIR="$stage" prefix=/opt/nax BUILD="$BUILD" >/dev/null
  diff "$BATS_TEST_TMPDIR/before" <(listing)
  [ ! -e "$at/include/nax" ] && [ ! -e "$at/share/nax/pipelines" ]
}

@test "a program outside, in C or C++, builds against the installed library" {
  make -C "$root" install DESTDIR="$stage" prefix=/opt/nax BUILD="$BUILD" >/dev/null
  cd "$BATS_TEST_TMPDIR"
  cat >outside.c <<'END'
#include <nax/base.h>
#include <nax/network.h>
#include <stdio.h>

int main(void)
{
    struct nax_err err;
    struct nax_network_file *file;
    if (nax_network_file_load(&file, "resnet20", &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    printf("%zu\n", nax_network_file_n_slots(file));
    nax_network_file_free(file);
}
END
  export PKG_CONFIG_PATH=$stage/opt/nax/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=
  flags=$(pkg-config --define-variable=prefix="$stage/opt/nax" --cflags --libs nax)
  # shellcheck disable=SC2086 # words on purpose
  ${CC:-cc} -o outside outside.c $flags ${SANITIZE:+-fsanitize=$SANITIZE}
  run ./outside
  [ "$status" -eq 0 ]
  [ "$output" = 18 ]
  cp outside.c outside.cc
  # shellcheck disable=SC2086 # words on purpose
  ${CXX:-g++} -o outside++ outside.cc $flags ${SANITIZE:+-fsanitize=$SANITIZE}
  [ "$(./outside++)" = 18 ]
}

@test "install again with nothing changed compiles nothing" {
  run make -C "$root" -n install DESTDIR="$stage" BUILD="$BUILD"
  [ "$status" -eq 0 ]
  if grep -qE -- ' -c -o ' <<<"$output"; then false; fi
}

@test "the release archive builds what it was made of, without git" {
  command -v git >/dev/null && git -C "$root" rev-parse HEAD >/dev/null 2>&1 || skip "not in a git clone"
  [ -z "$(git -C "$root" status --porcelain)" ] || skip "changes that are not committed"
  version=$(cat "$root/VERSION")
  make -C "$root" dist distdir="$BATS_TEST_TMPDIR" BUILD="$BUILD" >/dev/null
  cd "$BATS_TEST_TMPDIR"
  tar -xf "nax-$version.tar.gz"
  cd "nax-$version"
  diff <(git -C "$root" ls-files | sort) <(find . ! -type d -printf '%P\n' | sort)
  # Objects of the build under test spare compiling everything again: make still asks for each of their
  # sources and headers, compiles one tool and what is generated, and links all.
  build=$(realpath --relative-to="$root" "$BUILD")
  (cd "$root" && find "$build/lib" "$build/tools" -name '*.[od]' ! -name 'nax-cost.*' -print0 | tar -c --null -T -) |
    tar -xm
  touch unpacked
  make BUILD="$build" >/dev/null
  generated=("$build"/*.c)
  [ -e "${generated[0]}" ]
  diff <(printf '%s\n' nax-cost.o "${generated[@]/%.c/.o}" | sed 's|.*/||' | sort) \
    <(find "$build" -name '*.o' -newer unpacked -printf '%f\n' | sort)
  "$build/bin/nax" sample --random 3 | "$build/bin/nax" cost --format csv | grep -q edap
  for file in tools/nax*.c; do
    tool=$(basename "$file" .c)
    [ "$("$build/bin/$tool" -V)" = "$tool $version" ]
  done
}

@test "what counts, or programs cells, carries neither the trainer nor the circuit solver" {
  cd "$BATS_TEST_TMPDIR"
  libraries='dnnl|openblas|OpenCL|gfortran' functions=' nax_(trainer|model_eval|conv_|convert_|conversions_|.gemm|xbar_matri|relax|vector)'
  for tool in nax-cost nax-map nax-pareto nax-sample; do
    ldd "$BUILD/bin/$tool" >libraries
    nm "$BUILD/bin/$tool" >functions
    grep -q "libc\.so" libraries
    grep -q ' nax_calloc$' functions
    if grep -E "$libraries" libraries || grep -E "$functions" functions; then
      echo "in $tool"
      false
    fi
  done
  # as what trains does
  ldd "$BUILD/bin/nax-train" | grep -qE "$libraries"
  [ "$(nm "$BUILD/bin/nax-train" | grep -cE "$functions")" -gt 10 ]
}

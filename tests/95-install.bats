#!/usr/bin/env bats
# Installation, use of the library from outside, removal, the release archive, and what the tools carry.

setup() {
  root=$BATS_TEST_DIRNAME/..
  stage=$BATS_TEST_TMPDIR/stage
  : "${BUILD:?the build folder}"
  # this suite may itself run under make
  unset MAKEFLAGS MFLAGS MAKELEVEL
}

@test "a program outside builds against the installed library; uninstall leaves nothing" {
  make -C "$root" install DESTDIR="$stage" prefix=/opt/nax BUILD="$BUILD" >/dev/null
  for file in "$root"/tools/nax-*.c; do
    [ -x "$stage/opt/nax/bin/$(basename "$file" .c)" ]
  done
  for file in "$root"/man/*.[1-9]; do
    [ -s "$stage/opt/nax/share/man/man${file##*.}/$(basename "$file")" ]
  done
  [ -s "$stage/opt/nax/share/nax/networks/resnet20.yaml" ]

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
  flags=$(pkg-config --define-variable=prefix="$stage/opt/nax" --cflags --libs --static nax)
  # shellcheck disable=SC2086 # words on purpose
  ${CC:-cc} -o outside outside.c $flags ${SANITIZE:+-fsanitize=$SANITIZE}
  run ./outside
  [ "$status" -eq 0 ]
  [ "$output" = 18 ]

  make -C "$root" uninstall DESTDIR="$stage" prefix=/opt/nax BUILD="$BUILD" >/dev/null
  left=$(find "$stage/opt/nax" -type f -o -mindepth 1 -name nax)
  [ -z "$left" ] || { echo "# left behind: $left"; false; }
}

@test "install again with nothing changed compiles nothing" {
  run make -C "$root" -n install DESTDIR="$stage" BUILD="$BUILD"
  [ "$status" -eq 0 ]
  ! grep -qE -- ' -c -o ' <<<"$output"
}

@test "the release archive holds all that the build needs" {
  command -v git >/dev/null && git -C "$root" rev-parse HEAD >/dev/null 2>&1 || skip "not in a git clone"
  version=$(cat "$root/VERSION")
  make -C "$root" dist distdir="$BATS_TEST_TMPDIR" BUILD="$BUILD" >/dev/null
  tar -xf "$BATS_TEST_TMPDIR/nax-$version.tar.gz" -C "$BATS_TEST_TMPDIR"
  cd "$BATS_TEST_TMPDIR/nax-$version"
  grep -q "$version" NEWS.md
  make -j2 CFLAGS=-O0 BUILD="$BATS_TEST_TMPDIR/build" >/dev/null
  for file in tools/nax-*.c; do
    "$BATS_TEST_TMPDIR/build/bin/$(basename "$file" .c)" -V
  done
}

@test "what counts, or programs cells, carries neither the trainer nor the circuit solver" {
  cd "$BATS_TEST_TMPDIR"
  libraries='dnnl|openblas|OpenCL|gfortran' functions=' nax_(trainer|model_eval|conv|.gemm|xbar_matri|relax|vector)'
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

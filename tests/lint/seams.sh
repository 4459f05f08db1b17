#!/bin/sh
# A library that could be exchanged is included by one file only; formats by a reader and a writer.
set -u
include='^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]([a-z0-9/]*/)?'
check() {
    files=$(grep -rlE "${include}$2[>\"]" include lib tools | sort | tr '\n' ' ')
    count=$(echo "$files" | wc -w)
    [ "$count" -le "$1" ] || echo "$2 is included by $count files, more than $1: $files"
}
check 1 cblas.h
check 1 dnnl.h
check 1 mpi.h
check 1 jpeglib.h
check 1 png.h
check 1 turbojpeg.h
check 1 gif_lib.h
check 1 'webp/[a-z]+.h'
check 1 'libexif/[a-z-]+.h'
check 1 pixman.h
check 1 zlib.h
check 1 'minizip/unzip.h'
check 1 philox.h
check 1 'msgpack(/[a-z_]+)?\.h'
check 2 csv.h
check 2 'onnx.pb-c.h'

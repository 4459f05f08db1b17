# shellcheck shell=bash
# Real images and cells for tests: found in $NAX_DATA (../shared/data beside the repository by default), images
# unpacked and imported once into a cache that later runs use again. CONTRIBUTING.md says where the files come from.
#
# need FILE                   skips the test where the file is absent; data FILE is its path
# need_cifar10                the same, of CIFAR-10 in its binary version or as PNGs
# cifar10_file                prints the imported data set
# cifar10_images, tiny_imagenet_images   print the folder of images
cifar10_binary=cifar-10-binary.tar.gz
cifar10_png=cifar10-png.tar.zst
tiny_imagenet=tiny-imagenet-200-subset.tar.zst
cells=rram/techC-relaxdata.min.tsv.gz

data() { echo "${NAX_DATA:-$BATS_TEST_DIRNAME/../../shared/data}/$1"; }

need() {
    [ -f "$(data "$1")" ] || skip "set NAX_DATA to a folder that has $1: see CONTRIBUTING.md"
}
need_cifar10() { [ -f "$(data $cifar10_png)" ] || need $cifar10_binary; }

data_cache() {
    local cache
    cache=${TMPDIR:-/tmp}/nax-test-data-$(id -u)
    mkdir -p "$cache" && echo "$cache"
}

# unpacked NAME ARCHIVE: unpacks into a temporary folder, which gets its name when it is whole.
unpacked() {
    local cache fresh through=gzip
    cache=$(data_cache) || return 1
    if [ ! -d "$cache/$1" ]; then
        [[ $2 != *.zst ]] || through='zstd --long=27'
        fresh=$(mktemp -d "$cache/$1.XXXXXX") &&
            tar -C "$fresh" -I "$through" -xf "$(data "$2")" &&
            { mv -T "$fresh" "$cache/$1" 2>/dev/null || rm -rf "$fresh"; }
    fi
    [ -d "$cache/$1" ] && echo "$cache/$1"
}
cifar10_images() { unpacked cifar10 $cifar10_png; }
tiny_imagenet_images() { unpacked tiny-imagenet $tiny_imagenet; }

cifar10_file() {
    local cache images
    cache=$(data_cache) || return 1
    if [ ! -f "$cache/cifar10.safetensors" ]; then
        if [ -f "$(data $cifar10_png)" ]; then
            images=$(cifar10_images) && nax-data import folder -q -o "$cache/cifar10.safetensors" "$images"
        else
            images=$(unpacked cifar10-binary $cifar10_binary) &&
                nax-data import cifar10 -q -o "$cache/cifar10.safetensors" "$images"/*
        fi
    fi
    [ -f "$cache/cifar10.safetensors" ] && echo "$cache/cifar10.safetensors"
}

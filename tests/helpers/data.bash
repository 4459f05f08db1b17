# shellcheck shell=bash
# Real images for tests: found in $NAX_DATA (../shared/data beside the repository by default),
# unpacked and imported once into a cache that later runs use again.
#
# need_cifar10, need_tiny_imagenet   skip the test where the archive is absent; call them first
# cifar10_images, tiny_imagenet_images   print the folder of images
# cifar10_file                           prints the imported data set

data_root() { echo "${NAX_DATA:-$BATS_TEST_DIRNAME/../../shared/data}"; }

data_cache() {
    local cache
    cache=${TMPDIR:-/tmp}/nax-test-data-$(id -u)
    mkdir -p "$cache" && echo "$cache"
}

need_archive() {
    [ -f "$(data_root)/$1" ] || skip "no archive $1 in $(data_root)"
}
need_cifar10() { need_archive cifar10-png.tar.zst; }
need_tiny_imagenet() { need_archive tiny-imagenet-200-subset.tar.zst; }

# unpacked NAME ARCHIVE: unpacks into a temporary folder, which gets its name when it is whole.
unpacked() {
    local cache fresh
    cache=$(data_cache) || return 1
    if [ ! -d "$cache/$1" ]; then
        fresh=$(mktemp -d "$cache/$1.XXXXXX") &&
            tar -C "$fresh" -I 'zstd -d --long=27' -xf "$(data_root)/$2" &&
            { mv -T "$fresh" "$cache/$1" 2>/dev/null || rm -rf "$fresh"; }
    fi
    [ -d "$cache/$1" ] && echo "$cache/$1"
}
cifar10_images() { unpacked cifar10 cifar10-png.tar.zst; }
tiny_imagenet_images() { unpacked tiny-imagenet tiny-imagenet-200-subset.tar.zst; }

cifar10_file() {
    local cache images
    cache=$(data_cache) || return 1
    if [ ! -f "$cache/cifar10.safetensors" ]; then
        images=$(cifar10_images) && nax-data import folder -q -o "$cache/cifar10.safetensors" "$images"
    fi
    [ -f "$cache/cifar10.safetensors" ] && echo "$cache/cifar10.safetensors"
}

#!/usr/bin/env bats
# ResNet-18 and Tiny ImageNet: what examples/tiny-imagenet does, on ten classes
load helpers/data

setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

@test "ResNet-18 with a stem of stride 2: crossbars and operations counted by hand" {
  nax-sample --space tiny-imagenet-s2 --homogeneous >designs
  [ "$(nax-view --format csv -f crossbar designs | sed 1d | sort -u | wc -l)" -eq 2 ]
  nax-map -l --format csv -f array_size,n_units,macs,positions designs >layers.csv
  # of N = 64 the blocks of 64 × 64 weights: the stem; 4 · 9; for c = 128, 256, 512 and m = c / 64: (9 / 2 + 3 · 9) m² + m² / 2; the classifier's 8 · 4
  # positions: the stem and 4 convolutions at 32 × 32; 5 each at 16 × 16, 8 × 8, 4 × 4; one
  awk -F, '$1 == 64 { units += $2; macs += $3; positions += $4 } END { exit !(units == 2757 && macs == 555520000 && positions == 6801) }' layers.csv
}

@test "ten classes of Tiny ImageNet: imported, two epochs learn, a search ends" {
  need "$tiny_imagenet"
  images=$(tiny_imagenet_images)/tiny-imagenet-200/train
  for class in $(find "$images" -mindepth 1 -maxdepth 1 | LC_ALL=C sort | sed 10q); do
    mkdir -p "ten/${class##*/}"
    find "$class" -name '*.JPEG' | LC_ALL=C sort | sed 20q | xargs -I{} ln -s {} "ten/${class##*/}"
  done
  nax-data import folder -q --test-fraction 0.1 -o ten.safetensors ten
  [ "$(nax-data info --format csv -f n_images,n_classes ten.safetensors | xargs)" = 'n_images,n_classes 180,10 20,10' ]
  nax-sample --space tiny-imagenet-s2 --homogeneous -n 1 |
    nax-train -q --data ten.safetensors --epochs 2 --batch 15 --fidelity ideal --log log.csv --format csv >trained.csv
  nax-view --format csv -f loss_train log.csv | awk 'NR == 2 { first = $1 } END { exit !(NR == 3 && $1 < first) }'
  nax-search -q --evolve --space joint-tiny-imagenet --data ten.safetensors --epochs 1 --batch 15 --fidelity ideal \
    --designs 6 --population 4 --images 15 --statistics 15 >front
  nax-cost front | nax-view --format csv -f accuracy_hardware_validation,edap_pj_ns_mm2 | awk -F, 'NR > 1 { n += ($1 >= 0 && $2 > 0) } END { exit !(n == NR - 1 && n > 0) }'
}

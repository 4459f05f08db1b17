#!/usr/bin/env bats
# Images of other channels than grey and three colours, from arrays to accuracy on hardware.

bats_require_minimum_version 1.5.0

# Two classes of 8 x 8 pixels of 5 channels, which differ in channels 1 and 4: set.npz, and training pixels alone, raw
setup_file() {
  cd "$BATS_FILE_TMPDIR" || return 1
  python3 - <<'END'
import random, struct, zipfile
draw = random.Random(7).randrange
def array(kind, shape, data):
    head = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b'\x93NUMPY\x01\x00' + struct.pack('<H', len(head)) + head + data
def images(n, channels=5):
    return bytes(min(255, draw(90) + 23 * c + (i % 2) * (70 if c in (1, 4) else 0))
                 for i in range(n) for _ in range(64) for c in range(channels))
def write(name, n_train, n_test, channels=5):
    with zipfile.ZipFile(name, 'w') as zip:
        for split, n in (('train', n_train), ('test', n_test)):
            data = images(n, channels)
            zip.writestr(f'x_{split}.npy', array('|u1', (n, 8, 8, channels), data))
            zip.writestr(f'y_{split}.npy', array('|u1', (n,), bytes(i % 2 for i in range(n))))
            if split == 'train':
                open(name.replace('.npz', '.raw'), 'wb').write(data)
write('set.npz', 160, 60)
write('many.npz', 4, 4, 16)
write('wide.npz', 4, 4, 17)
END
  nax-data import npz -q -o set.safetensors set.npz
  net five 5 >five.yaml
}

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
  files=$BATS_FILE_TMPDIR
  train=(nax-train -q --data "$files/set.safetensors" --epochs 1 --batch 8 --rate 0.05 --crop 1 --format csv)
}

# net NAME CHANNELS
net() {
  printf '%s\n' "name: $1" "input: {height: 8, width: 8, channels: $2}" 'classes: 2' 'layers:' \
    '  - conv: {out: 6, kernel: 3, search: true}' '  - pool: {kind: mean}' '  - linear: {role: classifier}'
}

design() {
  printf 'network,kernel,crossbar\n%s,3,32\n' "$files/five.yaml"
}

column() {
  awk -F, -v name="$1" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i } NR == 2 { print $c }'
}

# fails TEXT COMMAND ...: exit 1, and one line that has the text
# shellcheck disable=SC2154
fails() {
  local text=$1
  shift
  run --separate-stderr "$@"
  [ "$status" -eq 1 ] && [ "${#stderr_lines[@]}" -eq 1 ] && [[ "$stderr" == *"$text"* ]]
}

@test "mean and standard deviation are those of each of five channels" {
  nax-data info --format json "$files/set.safetensors" | sed -n 's/.*"split":"train".*"mean":\[\([^]]*\)\],"sd":\[\([^]]*\)\].*/\1,\2/p' |
    tr , '\n' >got
  od -An -v -tu1 -w5 "$files/set.raw" | awk '
    { for (c = 1; c <= 5; c++) { sum[c] += $c / 255; square[c] += $c / 255 * $c / 255 } }
    END { for (c = 1; c <= 5; c++) print sum[c] / NR
      for (c = 1; c <= 5; c++) print sqrt(square[c] / NR - sum[c] / NR * sum[c] / NR) }' OFMT=%.12g >want
  [ "$(wc -l <got)" -eq 10 ]
  paste got want | awk '{ d = $1 - $2; if (d > 1e-9 || d < -1e-9) { print; bad = 1 } } END { exit bad }'
}

@test "five channels are trained, evaluated on hardware, exported and imported" {
  design | "${train[@]}" --checkpoint "$PWD/run" >trained.csv
  awk -v a="$(column accuracy_ideal <trained.csv)" 'BEGIN { exit !(a > 0.8) }'
  file=$(column checkpoint <trained.csv)
  head -c 4000 "$file" | grep -aoE '"pixel_(mean|sd)":"[^"]*"' >statistics
  [ "$(tr ' ' '\n' <statistics | wc -l)" -eq 10 ]
  nax-eval -q --data "$files/set.safetensors" --fidelity full --set device.programming.error=exact --chips 1 --format csv trained.csv >full.csv
  awk -v a="$(column accuracy <full.csv)" 'BEGIN { exit !(a > 0.8) }'
  nax-import export -q -o net.onnx trained.csv
  nax-import onnx -q -o back.yaml -w back.safetensors --format csv net.onnx >back.csv
  nax-eval -q --data "$files/set.safetensors" --fidelity ideal --format csv back.csv >again.csv
  [ "$(column accuracy <again.csv)" = "$(column accuracy_ideal <trained.csv)" ]
}

@test "augmentation of five channels moves pixels, and mixes images" {
  design | "${train[@]}" --trivial --cutout 2 --cutmix 1 --mixup 0.5 >out.csv
  [ -n "$(column accuracy_ideal <out.csv)" ]
}

@test "sixteen channels are the most; images of others are neither scaled nor made grey" {
  run --separate-stderr nax-data import npz -o many.safetensors "$files/many.npz"
  [ "$status" -eq 0 ]
  [[ "$stderr" == *"8 x 8 pixels of 16 channels, which are behind rows and columns"* ]]
  fails "images are neither [n][height][width] nor have 1 to 16 channels behind or before these: '$files/wide.npz'" \
    nax-data import npz -q -o none.safetensors "$files/wide.npz"
  for option in '--size 4x4' '--channels 3'; do
    # shellcheck disable=SC2086
    fails "--size and --channels are for images of 1 or 3 channels, these have 5: '$files/set.npz'" \
      nax-data import npz -q $option -o none.safetensors "$files/set.npz"
  done
  [ ! -e none.safetensors ]
  design >design.csv
  fails "network 'five' takes images of 8x8x5, the data set has 8x8x16" \
    nax-train -q --data many.safetensors --epochs 1 --batch 2 --crop 1 design.csv
}

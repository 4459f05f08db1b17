#!/usr/bin/env bats
# nax-data: imports, the synthetic set, info, and what they say when something is wrong.

# shellcheck source=tests/helpers/data.bash
load helpers/data.bash
# shellcheck source=tests/helpers/colours.bash
load helpers/colours.bash
load helpers/elsewhere

setup() {
  cd "$BATS_TEST_TMPDIR" || return 1
}

# field SPLIT NAME FILE: a field of nax-data info, or of what it has written (*.json)
field() {
  local show=(nax-data info --format json)
  [[ $3 != *.json ]] || show=(cat)
  "${show[@]}" "$3" | grep "\"split\":\"$1\"" |
    sed -E 's/.*"'"$2"'":("[^"]*"|\[[^]]*\]|[^,}]*).*/\1/'
}

# fails TEXT COMMAND...: exit 1, one line on stderr with this text, nothing on stdout
fails() {
  local text=$1 status=0
  shift
  "$@" >out.txt 2>err.txt || status=$?
  if [ "$status" -ne 1 ] || [ -s out.txt ] || [ "$(wc -l <err.txt)" -ne 1 ] ||
    [[ "$(cat err.txt)" != "nax-data: "*"$text"* ]]; then
    echo "# exit $status: $(cat err.txt)"
    return 1
  fi
}

misused() {
  local text=$1 status=0
  shift
  "$@" >out.txt 2>err.txt || status=$?
  if [ "$status" -ne 2 ] || [ -s out.txt ] || ! grep -q -e "$text" err.txt ||
    ! grep -q '^see nax-data -h$' err.txt; then
    echo "# exit $status: $(cat err.txt)"
    return 1
  fi
}

# png FILE: an image of one red pixel, and the folders on the way to it
png() {
  mkdir -p "$(dirname "$1")"
  base64 -d >"$1" <<<'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC'
}

@test "synth is the same for any number of threads and differs by seed" {
  nax-data synth -q --n-train 301 --n-test 53 --seed 5 -j 1 -o a.safetensors
  nax-data synth -q --n-train 301 --n-test 53 --seed 5 -j 3 -o b.safetensors
  nax-data synth -q --n-train 301 --n-test 53 --seed 6 -o c.safetensors
  cmp a.safetensors b.safetensors
  [ "$(field train data_hash a.safetensors)" != "$(field train data_hash c.safetensors)" ]
  [ "$(field train n_images a.safetensors)" = 301 ]
  [ "$(field test n_images a.safetensors)" = 53 ]
  [ "$(field train n_images_class a.safetensors)" = "[31,30,30,30,30,30,30,30,30,30]" ]
  [ "$(field train classes a.safetensors)" = '"disc,ring,square,triangle,cross,crescent,stripes,checker,dots,target"' ]
}

@test "a summary goes to stderr, unless -q" {
  nax-data synth --n-train 10 --n-test 2 -o a.safetensors >out.txt 2>err.txt
  [ ! -s out.txt ]
  [[ "$(cat err.txt)" == "nax-data: synth: 10 training and 2 test images of 32 x 32, 10 classes, "* ]]
  nax-data synth -q --n-train 10 --n-test 2 -o a.safetensors >out.txt 2>err.txt
  [ ! -s out.txt ] && [ ! -s err.txt ]
}

@test "info tells both splits as records" {
  nax-data synth -q --n-train 20 --n-test 0 --seed 3 -o a.safetensors
  nax-data info --format csv a.safetensors >info.csv
  [ "$(wc -l <info.csv)" -eq 3 ]
  [ "$(head -n 1 info.csv)" = "data,data_hash,split,n_images,height,width,channels,n_classes,mean,sd,n_images_class,classes" ]
  [ "$(field train n_images_class a.safetensors)" = "[2,2,2,2,2,2,2,2,2,2]" ]
  [ "$(field test n_images a.safetensors)" = 0 ]
  nax-data info --format msgpack a.safetensors >info.nax
  nax-view --format csv info.nax | diff info.csv -
}

@test "info on a full disk fails" {
  nax-data synth -q --n-train 10 -o a.safetensors
  run bash -c 'nax-data info a.safetensors 2>&1 >/dev/full'
  [ "$status" -eq 1 ]
  [[ "$output" == *"standard output"* ]]
}

@test "an output that cannot be written leaves nothing, and the old file as it was" {
  mkdir out
  echo old >out/a.safetensors
  fails "'nowhere/a.safetensors'" nax-data synth -q --n-train 10 -o nowhere/a.safetensors
  (
    ulimit -f 100 # blocks of 1 KiB
    trap '' XFSZ
    fails "cannot write: 'out/a.safetensors'" nax-data synth -q --n-train 1000 -o out/a.safetensors
  )
  [ "$(cat out/a.safetensors)" = old ]
  [ "$(ls -A out)" = a.safetensors ]
  mkdir folder.safetensors
  fails "'folder.safetensors'" nax-data synth -q --n-train 10 -o folder.safetensors
  [ "$(ls -d folder.safetensors*)" = folder.safetensors ]
}

@test "misuse" {
  misused "no verb" nax-data
  misused "no such verb: 'find'" nax-data find
  misused "import what" nax-data import -o x
  misused "no such format: 'imagenet'" nax-data import imagenet d -o x
  misused "no file to read" nax-data import npz -o x
  misused "size belongs to 'import folder', 'import mnist', 'import npz'" nax-data import cifar100 --size 8x8 d -o x
  misused "no folder to read" nax-data import folder -o x
  misused "no file to read" nax-data info
  misused "no file to write" nax-data import folder d
  misused "no file to write" nax-data synth
  misused "one word too many: 'd'" nax-data synth d -o x
  misused "one word too many: 'e'" nax-data info d e
  misused "'import folder'" nax-data import cifar10 --train t d -o x
  misused "'synth'" nax-data import folder --n-train 5 d -o x
  for option in '--test a' '--test-fraction 0.1' '--size 8x8' '--channels 1' --skip-bad; do
    # shellcheck disable=SC2086 # an option and its value
    misused "${option%% *} belongs to 'import folder'" nax-data import cifar10 $option d -o x
  done
  misused "channels takes 1 or 3" nax-data import folder --channels 2 d -o x
  misused "channels takes an integer" nax-data import folder --channels 4 d -o x
  for size in 8 8x 0x8 8x0 8x8x8 -8x8 5000x8 8x4097 axb ''; do
    misused "size takes height x width" nax-data import folder --size "$size" d -o x
  done
  misused "'-o'" nax-data info -o x d
  misused "n-train takes an integer" nax-data synth --n-train 0 -o x
  misused "n-test takes an integer" nax-data synth --n-test 2.5 -o x
  [ ! -e x ]
}

@test "info refuses what is no data set" {
  fails "cannot open: 'none'" nax-data info none
  : >empty
  fails "0 bytes long: 'empty'" nax-data info empty
  echo "just a text, long enough for a header" >text
  fails "not a tensor file" nax-data info text
  nax-data synth -q --n-train 10 -o a.safetensors
  head -c 9999 a.safetensors >short
  fails "short" nax-data info short
  fails "not a regular file" nax-data info /dev/zero
  fails "not a regular file" nax-data info .
  mkfifo pipe
  fails "not a regular file: 'pipe'" timeout 10 nax-data info pipe
  printf '\002\000\000\000\000\000\000\000{}' >none.safetensors
  fails "no classes" nax-data info none.safetensors
}

@test "sets made elsewhere: labels of other types, unaligned, one channel" {
  elsewhere wide.safetensors 3 I64 8
  elsewhere bytes.safetensors 3 U8 1
  elsewhere own.safetensors 3 I32 4
  for file in wide bytes own; do
    [ "$(field train n_images_class $file.safetensors)" = "[0,3,0]" ]
    [ "$(field test n_images_class $file.safetensors)" = "[0,0,2]" ]
    [ "$(field train channels $file.safetensors)" = 1 ]
  done
  [ "$(field train data_hash wide.safetensors)" = "$(field train data_hash own.safetensors)" ]
  perl -pe 's/\x02\0\0\0\0\0\0\0/\x02\0\0\0\x01\0\0\0/' wide.safetensors >beyond.safetensors
  fails "label -1 of image 0 is no class: 'test_labels'" nax-data info beyond.safetensors
  sed 's/U8","shape":\[2\]/F8","shape":[2]/' bytes.safetensors >other.safetensors
  fails "unknown dtype F8" nax-data info other.safetensors
}

@test "the manual's program in Python writes a set" {
  # shellcheck source=tests/docs.sh
  source "$BATS_TEST_DIRNAME/docs.sh"
  section "$BATS_TEST_DIRNAME/../man/nax-data.1" PYTHON | sed -n 's/^     //p' |
    sed '/^With NumPy/,$d; /^A set from/d' >make.py
  python3 make.py
  nax-data info --format json mine.safetensors >info.json
  [ "$(field train n_images_class info.json)" = "[10,10]" ]
  [ "$(field test n_images info.json)" = 10 ]
  [ "$(field test classes info.json)" = '"cat,dog"' ]
}

@test "MNIST: files packed and not, scaled for another network" {
  mkdir m
  idx() { perl -e 'print pack("C4N*", 0, 0, 8, $#ARGV, @ARGV[1 .. $#ARGV]), chr($ARGV[0]) x eval join "*", @ARGV[1 .. $#ARGV]' "$@"; }
  fails "cannot open: 'm/train-images-idx3-ubyte'" nax-data import mnist -o x m
  idx 100 6 28 28 | gzip >m/train-images-idx3-ubyte.gz
  idx 1 6 >m/train-labels-idx1-ubyte
  idx 50 2 28 28 >m/t10k-images-idx3-ubyte
  idx 0 2 | gzip >m/t10k-labels-idx1-ubyte.gz
  fails "class 0 has no training images: 'm'" nax-data import mnist -o x m
  idx 1 2 | gzip >m/t10k-labels-idx1-ubyte.gz
  nax-data import mnist -o a.safetensors m 2>told
  grep -q '2 classes, as labels are numbers from 0 on: 1 without an image, the first one 0' told
  nax-data info --format csv a.safetensors | cut -d , -f 1,3-8,11 >info.csv
  printf '%s\n' data,split,n_images,height,width,channels,n_classes,n_images_class \
    'm,train,6,28,28,1,2,0 6' 'm,test,2,28,28,1,2,0 2' | diff - info.csv
  nax-data import mnist -q --size 32x32 --channels 3 -o b.safetensors m
  [ "$(tensor test_images b.safetensors | perl -0777 -ne 'print length, " ", join ",", keys %{{map { $_ => 1 } unpack "C*"}}')" = "6144 50" ]
  idx 1 7 >m/train-labels-idx1-ubyte
  fails "labels are not one for each of 6 images: 'm'" nax-data import mnist -o x m
  gzip -d m/*.gz
  head -c 1000 m/train-images-idx3-ubyte >short && mv short m/train-images-idx3-ubyte
  fails "truncated: 'm/train-images-idx3-ubyte'" nax-data import mnist -o x m
  { idx 100 6 28 28 && echo; } >m/train-images-idx3-ubyte
  fails "longer than it says: 'm/train-images-idx3-ubyte'" nax-data import mnist -o x m
  fails "truncated, or no archive of NumPy's: 'short.npz'" bash -c 'printf "PK\003\004" >short.npz && nax-data import npz -o x short.npz'
  # what is written replaces nothing that is read
  fails "this file is written and needed besides; write to another: 'short.npz'" nax-data import npz -o ./short.npz short.npz
  [ "$(wc -c <short.npz)" -eq 4 ]
}

@test "folders: splits are found, or named" {
  png d/train/b/1.png && png d/train/a/2.png && png d/test/b/3.png && png d/val/a/4.png
  nax-data import folder -q -o a.safetensors d
  [ "$(field train classes a.safetensors)" = '"a,b"' ]
  [ "$(field train data a.safetensors)" = '"d"' ]
  [ "$(field test n_images_class a.safetensors)" = "[0,1]" ]
  nax-data import folder -q --test val -o a.safetensors d
  [ "$(field test n_images_class a.safetensors)" = "[1,0]" ]
  rm -r d/test
  nax-data import folder -q -o a.safetensors d
  [ "$(field test n_images_class a.safetensors)" = "[1,0]" ]
  nax-data import folder -q -o a.safetensors d/train
  [ "$(field train n_images_class a.safetensors)" = "[1,1]" ]
  [ "$(field test n_images a.safetensors)" = 0 ]
  fails "class has no training images: 'd/train/b'" nax-data import folder --train val --test train -o x d
  fails "test images are among the training images of 'd/val'; --test-fraction holds some back: 'd/val/.'" \
    nax-data import folder --train val --test val/. -o x d
  fails "test images are among the training images of 'd/.'; --test-fraction holds some back: 'd/val'" \
    nax-data import folder --train . --test val -o x d
  mkdir d/more && mv d/val d/more/v
  nax-data import folder -q --test more/v -o a.safetensors d
  [ "$(field test n_images_class a.safetensors)" = "[1,0]" ]
}

# bmp FILE WIDTH HEIGHT [RED GREEN BLUE]: an image of one colour, and the folders on the way to it
bmp() {
  mkdir -p "$(dirname "$1")"
  perl -e '
    my ($w, $h, $r, $g, $b) = @ARGV;
    my $row = pack("C3", $b // 30, $g // 20, $r // 10) x $w;
    my $pixels = ($row . "\0" x (-length($row) % 4)) x $h;
    print pack("a2VvvVVVVvvVVVVVV", "BM", 54 + length $pixels, 0, 0, 54, 40, $w, $h, 1, 24, 0, length $pixels, 0, 0, 0, 0), $pixels;' \
    "${@:2}" >"$1"
}

@test "folders: what is found is said" {
  bmp d/train/a/1.bmp 4 3 && bmp d/valid/a/2.bmp 4 3 && mkdir d/extra
  nax-data import folder -o a.safetensors d 2>err.txt
  grep -qxF "nax-data: training images in 'd/train', test images in 'd/valid'; not taken: 'extra'" err.txt
  mv d/valid d/validation
  nax-data import folder -o a.safetensors d 2>err.txt
  grep -qF "test images in 'd/validation'" err.txt
  bmp d/val/a/3.bmp 4 3 && bmp d/test/a/4.bmp 4 3
  nax-data import folder -o a.safetensors d/ 2>err.txt
  grep -qxF "nax-data: training images in 'd/train', test images in 'd/test'; not taken: 'extra', 'val', 'validation'" err.txt
  fails "--test-fraction, but there are test images: 'd/test'" nax-data import folder -q --test-fraction 0.1 -o x d
  nax-data import folder -o a.safetensors d/train 2>err.txt
  grep -qxF "nax-data: training images in 'd/train'" err.txt
  grep -q "no test images, .*--test-fraction 0.1" err.txt
  nax-data import folder -q -o a.safetensors d 2>err.txt
  [ ! -s err.txt ]
}

@test "--test-fraction holds the same part of every class back, by seed" {
  for i in 0 1 2 3 4 5 6 7 8 9; do
    bmp d/a/$i.bmp 4 3 "$i" && bmp d/b/$i.bmp 4 3 "$((i + 10))" && bmp d/b/1$i.bmp 4 3 "$((i + 20))"
  done
  bmp d/c/only.bmp 4 3 99
  nax-data import folder -q --test-fraction 0.3 --seed 1 -o a.safetensors d
  [ "$(field train n_images_class a.safetensors)" = "[7,14,1]" ]
  [ "$(field test n_images_class a.safetensors)" = "[3,6,0]" ]
  nax-data import folder -q --test-fraction 0.3 --seed 1 -j 1 -o b.safetensors d
  cmp a.safetensors b.safetensors
  nax-data import folder -q --test-fraction 0.3 --seed 2 -o b.safetensors d
  [ "$(field test n_images_class b.safetensors)" = "[3,6,0]" ]
  [ "$(field test data_hash a.safetensors)" != "$(field test data_hash b.safetensors)" ]
  # every image is in one of both: red is its number
  for split in train test; do tensor ${split}_images a.safetensors; done |
    perl -0777 -ne 'my @image = unpack "(a36)*"; print join " ", sort { $a <=> $b } map ord, @image' >numbers
  [ "$(cat numbers)" = "$(seq -s ' ' 0 29) 99" ]
  fails "--test-fraction 0.01 holds none of 31 images back" nax-data import folder --test-fraction 0.01 -o x d
}

@test "pictures in one folder a class can be trained" {
  for i in 0 1 2; do bmp pictures/cat/$i.bmp 40 30 && bmp pictures/dog/$i.bmp 31 45 200; done
  nax-data import folder -q --size 32x32 -o none.safetensors pictures
  printf '%s\n' network,kernel,crossbar 'lenet,5 5,32 32' >c.csv
  run nax-train -q --data none.safetensors --epochs 1 --batch 2 c.csv
  [ "$status" -eq 1 ]
  [[ "$output" == "nax-train: no test images, which nax-data import folder --test-fraction 0.1 holds back: 'none.safetensors'" ]]
  nax-data import folder -q --size 32x32 --test-fraction 0.1 -o pictures.safetensors pictures
  nax-train -q --data pictures.safetensors --epochs 1 --batch 2 --validation 0 --format csv c.csv | grep -q accuracy
}

@test "images lie in folders in folders" {
  bmp d/a/1.bmp 4 3 1 && bmp d/a/more/than/2.bmp 4 3 2 && bmp d/a/z.bmp 4 3 3 && bmp d/b/deep/1.bmp 4 3 4 && mkdir d/b/empty
  nax-data import folder -q -o a.safetensors d
  [ "$(field train n_images_class a.safetensors)" = "[3,1]" ]
  [ "$(tensor train_images a.safetensors | perl -0777 -ne 'print join " ", map ord, unpack "(a36)*"')" = "1 2 3 4" ]
  mkdir d/c d/c/empty
  fails "class with no image: 'd/c'" nax-data import folder -o x d
  ln -s .. d/c/empty/up
  fails "more than 16 folders in one another: 'd/c/empty/up/empty/up" nax-data import folder -o x d
}

@test "--skip-bad names and counts what is no whole image" {
  bmp d/a/1.bmp 4 3 && bmp d/a/2.bmp 4 3 && bmp d/b/1.bmp 4 3
  nax-data import folder -q -o whole.safetensors d
  head -c 60 d/a/2.bmp >d/a/0.bmp
  echo text >d/b/notes.txt
  fails "BMP image (Premature end of input file): 'd/a/0.bmp'; --skip-bad leaves such files out" nax-data import folder -q -o x d
  nax-data import folder --skip-bad -o a.safetensors d 2>err.txt
  cmp whole.safetensors a.safetensors
  grep -q "^nax-data: left out: .*'d/a/0.bmp'$" err.txt
  grep -q "^nax-data: left out: neither .*'d/b/notes.txt'$" err.txt
  grep -qx "nax-data: left out 2 of 5 files, which are no whole images" err.txt
  mv d/b/1.bmp d/a/3.bmp
  fails "class of which no image can be read: 'b'" nax-data import folder -q --skip-bad -o x d
  # the size is no fault of an image
  bmp large/a/1.bmp 5000 1
  fails "image larger than 4096 x 4096, which --size scales: 'large/a/1.bmp'" nax-data import folder -q --skip-bad -o x large
  bmp d/b/1.bmp 5 3
  fails "5 x 3 image among images of 4 x 3, --size" nax-data import folder -q --skip-bad -o x d
}

@test "--size and --channels make one kind of all images" {
  bmp d/a/1.bmp 40 30 255 0 0 && bmp d/a/2.bmp 9 50 0 255 0 && bmp d/a/3.bmp 8 6 0 0 255
  nax-data import folder -q --size 6x8 -o a.safetensors d
  nax-data info --format csv a.safetensors | sed 1d | cut -d , -f 4-7,9 | grep -qx '3,6,8,3,.*'
  # of one colour each, scaled or not
  [ "$(tensor train_images a.safetensors | perl -0777 -ne 'print join "\n", unpack "(H288)*"' | sed -E 's/^(ff0000|00ff00|0000ff)\1*$/\1/' | paste -sd ' ')" = "ff0000 00ff00 0000ff" ]
  nax-data import folder -q --size 6x8 --channels 1 -o g.safetensors d
  [ "$(tensor train_images g.safetensors | perl -0777 -ne 'print join "\n", unpack "(H96)*"' | sed -E 's/^(..)\1*$/\1/' | paste -sd ' ')" = "4c 96 1d" ]
  [ "$(field train channels g.safetensors)" = 1 ]
  field train mean g.safetensors | grep -qE '^\[0\.[0-9]+\]$'
  bmp e/a/1.bmp 5000 2
  fails "image larger than 4096 x 4096, which --size scales: 'e/a/1.bmp'" nax-data import folder -q -o x e
  nax-data import folder -q --size 2x2 -o b.safetensors e
}

@test "folders: errors name the file or folder" {
  png d/train/a/1.png && png d/train/b/2.png
  fails "'none'" nax-data import folder -o x none
  fails "'d/other'" nax-data import folder --train other -o x d
  fails "'d/other'" nax-data import folder --test other -o x d
  fails "'d/train/a'" nax-data import folder -o x d/train/a
  mkdir d/train/c
  fails "class with no image: 'd/train/c'" nax-data import folder -o x d
  rmdir d/train/c
  png d/test/c/1.png
  fails "class has no training images: 'd/test/c'" nax-data import folder -o x d
  rm -r d/test/c && mkdir d/test/a
  fails "class with no image: 'd/test/a'" nax-data import folder -o x d
  rmdir d/test/a
  fails "no class folder in: 'd/test'" nax-data import folder -o x d
  rmdir d/test
  echo text >d/train/b/readme.txt
  fails "neither a PNG, JPEG, WebP, GIF nor BMP image: 'd/train/b/readme.txt'" nax-data import folder -o x d
  mv d/train/b/readme.txt d/train
  : >d/train/b/0.png
  fails "neither a PNG, JPEG, WebP, GIF nor BMP image: 'd/train/b/0.png'" nax-data import folder -o x d
  head -c 60 d/train/b/2.png >d/train/b/0.png
  fails "'d/train/b/0.png'" nax-data import folder -o x d
  rm d/train/b/0.png && mkfifo d/train/b/pipe
  fails "not a regular file: 'd/train/b/pipe'" timeout 10 nax-data import folder -o x d
  rm d/train/b/pipe
  png "d/train/$(printf 'latin\344')/1.png"
  fails "not UTF-8" nax-data import folder -q -o x d
  png "$(printf 'bilder\344')/train/a/1.png"
  fails "x: name of the set, which is its folder's or file's, is not UTF-8: '$(printf 'bilder\344')'" nax-data import folder -q -o x "$(printf 'bilder\344')"
  png e/val/a/1.png
  fails "folder 'val' but no folder 'train' in: 'e'" nax-data import folder -o x e
  [ ! -e x ]
}

@test "Tiny ImageNet: errors name what is missing" {
  printf 'n1\nn2\n' >wnids && mkdir -p t/val/images
  fails "'t/wnids.txt'" nax-data import tiny-imagenet -o x t
  cp wnids t/wnids.txt
  fails "'t/val/val_annotations.txt'" nax-data import tiny-imagenet -o x t
  printf 'v0.png\tn2\t0\t0\t1\t1\nv1.png\tn1\t0\t0\t1\t1\n' >t/val/val_annotations.txt
  fails "'t/train/n1/images'" nax-data import tiny-imagenet -o x t
  png t/train/n1/images/a.png && mkdir -p t/train/n2/images
  fails "class with no image: 't/train/n2/images'" nax-data import tiny-imagenet -o x t
  png t/train/n2/images/a.png
  fails "annotation without image: 't/val/images/v0.png'" nax-data import tiny-imagenet -o x t
  png t/val/images/v0.png && png t/val/images/v1.png
  nax-data import tiny-imagenet -q -o a.safetensors t
  [ "$(field train classes a.safetensors)" = '"n1,n2"' ]
  [ "$(field test n_images_class a.safetensors)" = "[1,1]" ]
  bmp t/val/images/v1.png 4 3
  fails "4 x 3 image among images of 1 x 1: 't/val/images/v1.png'" nax-data import tiny-imagenet -o x t
  bmp t/train/n1/images/a.png 5000 1
  fails "image larger than 4096 x 4096: 't/train/n1/images/a.png'" nax-data import tiny-imagenet -o x t
  png t/val/images/v1.png && png t/train/n1/images/a.png
  png t/val/images/v2.png
  fails "image without annotation: 't/val/images/v2.png'" nax-data import tiny-imagenet -o x t
  printf 'v2.png\tn3\n' >>t/val/val_annotations.txt
  fails "(n3) not in wnids.txt: 't/val/images/v2.png'" nax-data import tiny-imagenet -o x t
  printf 'v2.png\n' >>t/val/val_annotations.txt
  fails "line 4: no class of image: 'v2.png'" nax-data import tiny-imagenet -o x t
  sed -i '$d' t/val/val_annotations.txt && printf 'v2.png\tn1\n' >>t/val/val_annotations.txt
  fails "annotated twice: 'v2.png'" nax-data import tiny-imagenet -o x t
  : >t/wnids.txt
  fails "no class in: 't/wnids.txt'" nax-data import tiny-imagenet -o x t
  [ ! -e x ]
}

@test "CIFAR-10: the published mean and deviation of the real images" {
  need_cifar10
  nax-data info --format json "$(cifar10_file)" >info.json
  [ "$(field train n_images info.json)" = 50000 ]
  [ "$(field test n_images info.json)" = 10000 ]
  [ "$(field train n_images_class info.json)" = "[5000,5000,5000,5000,5000,5000,5000,5000,5000,5000]" ]
  [ "$(field train classes info.json)" = '"airplane,automobile,bird,cat,deer,dog,frog,horse,ship,truck"' ]
  rounded() { tr -d '[]' | tr , '\n' | xargs printf '%.6f '; }
  [ "$(field train mean info.json | rounded)" = "0.491400 0.482158 0.446531 " ]
  [ "$(field train sd info.json | rounded)" = "0.247032 0.243485 0.261588 " ]
}

# PNG import → the binary version: label byte, then red, green and blue planes. Five batches and a
# test batch, from a set whose images are 32 × 32.
to_cifar10_binary() {
  perl -e '
    my ($file, $dir) = @ARGV;
    local $/;
    open(my $in, "<:raw", $file) or die;
    my $all = <$in>;
    my $length = unpack("Q<", $all);
    my $header = substr($all, 8, $length);
    sub tensor {
        $header =~ /"$_[0]":\{[^}]*"data_offsets":\[(\d+),(\d+)\]/ or die;
        return substr($all, 8 + $length + $1, $2 - $1);
    }
    sub batch {
        my ($name, $split, $begin, $end) = @_;
        my @label = unpack("l<*", tensor("${split}_labels"));
        my $pixels = tensor("${split}_images");
        open(my $out, ">:raw", "$dir/$name") or die;
        for my $i ($begin * @label .. $end * @label - 1) {
            my $image = substr($pixels, $i * 3072, 3072);
            print $out chr($label[$i]), map { join "", unpack("x$_(ax2)1023a", $image) } 0 .. 2;
        }
    }
    batch("data_batch_$_.bin", "train", ($_ - 1) / 5, $_ / 5) for 1 .. 5;
    batch("test_batch.bin", "test", 0, 1);' "$1" "$2"
}

@test "CIFAR-10: the binary version of real images imports to the same bytes" {
  need "$cifar10_png"
  images=$(cifar10_images)
  for class in "$images"/train/*; do
    mkdir -p "cifar10/train/${class##*/}" "cifar10/test/${class##*/}"
    find "$class" -name '*.png' | sort | head -n 50 | xargs cp -t "cifar10/train/${class##*/}"
    find "$images/test/${class##*/}" -name '*.png' | sort | head -n 10 | xargs cp -t "cifar10/test/${class##*/}"
  done
  nax-data import folder -q -o png.safetensors cifar10
  mkdir batches
  to_cifar10_binary png.safetensors batches
  [ "$(wc -c <batches/data_batch_4.bin)" -eq 307300 ]
  nax-data import cifar10 -q -o binary.safetensors batches
  cmp png.safetensors binary.safetensors
}

@test "a damaged real image is named" {
  need "$cifar10_png"
  images=$(cifar10_images)
  mkdir -p d/cat
  find "$images/train/cat" -name '*.png' | sort | head -n 3 | xargs cp -t d/cat
  victim=$(printf '%s\n' d/cat/* | sed -n 2p)
  nax-data import folder -q -o a.safetensors d
  cp "$victim" whole.png
  head -c -20 whole.png >"$victim"
  fails "'$victim'" nax-data import folder -o x d
  { head -c 200 whole.png && printf 'x' && tail -c +202 whole.png; } >"$victim"
  fails "'$victim'" nax-data import folder -o x d
  png "$victim"
  fails "1 x 1 image among images of 32 x 32, --size makes them one size: '$victim'" nax-data import folder -o x d
  [ ! -e x ]
}

@test "Tiny ImageNet: the real images, greyscale among them" {
  need "$tiny_imagenet"
  images=$(tiny_imagenet_images)
  nax-data import tiny-imagenet -q -o tiny.safetensors "$images"
  nax-data info --format json tiny.safetensors >tiny.json
  [ "$(field train n_images tiny.json)" = 24000 ]
  [ "$(field test n_images tiny.json)" = 10000 ]
  [ "$(field train n_classes tiny.json)" = 200 ]
  [ "$(field train width tiny.json)" = 64 ]
  [[ "$(field train classes tiny.json)" == "\"$(head -n 1 "$images/tiny-imagenet-200/wnids.txt"),"* ]]
  # 50 images of each class in the test split
  [ "$(field test n_images_class tiny.json | tr -d '[]' | tr , '\n' | sort -u)" = 50 ]
  # 120 of 500 training images: near the published mean of all, 0.480 0.448 0.398
  field train mean tiny.json | tr -d '[]' | tr , ' ' | awk '
    { exit !(($1 - .480237)^2 < 4e-6 && ($2 - .448067)^2 < 4e-6 && ($3 - .397504)^2 < 4e-6) }'
}

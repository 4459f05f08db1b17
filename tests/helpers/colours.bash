# shellcheck shell=bash
# colours FILE N_TRAIN N_TEST: images that any network learns in a few epochs, so that what it learns is far from
# what it knows by chance, whatever the processor: each of ten classes has a colour, in noise.
colours() {
  local dir
  dir=$(mktemp -d)
  perl -e '
    my ($dir, $n_train, $n_test) = @ARGV;
    srand 5;
    sub batch {
        my ($name, $n) = @_;
        open(my $out, ">:raw", "$dir/$name") or die;
        for my $i (0 .. $n - 1) {
            my $class = $i % 10;
            print $out chr $class; # and 1024 pixels in red, green and blue: one of three levels each
            for my $digit (1, 3, 9) {
                my $level = 40 + 50 * (int(($class + 1) / $digit) % 3);
                print $out pack "C1024", map { $level + rand 80 } 1 .. 1024;
            }
        }
    }
    batch("data_batch_$_.bin", $n_train / 5) for 1 .. 5;
    batch("test_batch.bin", $n_test);' "$dir" "$2" "$3" &&
    nax-data import cifar10 -q -o "$1" "$dir"
  rm -r "$dir"
}

# tensor NAME FILE: the bytes of a tensor of a safetensors file
tensor() {
  perl -e '
    my ($name, $file) = @ARGV;
    open(my $in, "<:raw", $file) or die;
    local $/;
    my $all = <$in>;
    my $length = unpack "Q<", $all;
    substr($all, 8, $length) =~ /"\Q$name\E":\{[^}]*"data_offsets":\[(\d+),(\d+)\]/ or die;
    print substr $all, 8 + $length + $1, $2 - $1;' "$1" "$2"
}

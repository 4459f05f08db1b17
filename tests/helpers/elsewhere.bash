# shellcheck shell=bash
# elsewhere FILE N LABELS BYTES: a set of N grey images of 100 x 100, all 0, with labels of this type, as others
# write them: data in order of names, unaligned, no checksum; N images are a hole that takes no disk
elsewhere() {
    perl -e '
    my ($file, $n, $type, $bytes) = @ARGV;
    my ($at, @entries) = 0;
    for (["test_images", "U8", "2,100,100,1", 20000], ["test_labels", $type, 2, 2 * $bytes],
         ["train_labels", $type, $n, $n * $bytes], ["train_images", "U8", "$n,100,100,1", $n * 10000]) {
        my ($name, $dtype, $shape, $size) = @$_;
        push @entries, sprintf q("%s":{"dtype":"%s","shape":[%s],"data_offsets":[%d,%d]}), $name, $dtype, $shape, $at, $at + $size;
        $at += $size;
    }
    my $header = sprintf q({"__metadata__":{"classes":"[\"a\",\"b\",\"c\"]"},%s}), join ",", @entries;
    $header .= " " x ((3 - length $header) % 8); # so that wide labels are not aligned
    open(my $out, ">:raw", $file) or die;
    print $out pack("Q<", length $header), $header, "\0" x 20000, (chr(2) . "\0" x ($bytes - 1)) x 2, (chr(1) . "\0" x ($bytes - 1)) x $n;
    close $out;
    truncate $file, 8 + length($header) + $at;' "$@"
}

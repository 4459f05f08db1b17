# One circuit of badcrossbar's tests/qucs, from the bytes of its Python pickle as numbers: a line of CSV for nax-xbar and, last, the
# currents that Qucs found. The pickle holds ten things: arrays of resistances and voltages, the resistances of a segment of a
# row and of a column, and arrays of output currents and of what else was measured. The bytes of an array follow the codes
# 137 67 and their number, lowest first; a number of its own follows 71, highest first.

# the double in eight bytes from at on, in steps of step
function double(at, step,    high, mantissa, exponent, i) {
    high = byte[at]
    exponent = high % 128 * 16 + int(byte[at + step] / 16)
    mantissa = byte[at + step] % 16
    for (i = 2; i < 8; i++)
        mantissa = mantissa * 256 + byte[at + i * step]
    mantissa = exponent ? 1 + mantissa / 2 ^ 52 : 0
    return (high < 128 ? 1 : -1) * mantissa * 2 ^ (exponent - 1023)
}

function joined(list, reciprocal,    s, i, x) {
    for (i = 1; i <= size[list]; i++) {
        x = value[list, i]
        s = s (i > 1 ? " " : "") sprintf("%.17g", reciprocal ? 1 / x : x)
    }
    return s
}

{ for (i = 1; i <= NF; i++) byte[++n] = $i }

END {
    for (at = 1; at <= n; at++)
        if (byte[at] == 137 && byte[at + 1] == 67) {
            size[++lists] = byte[at + 2] / 8
            for (i = 1; i <= size[lists]; i++)
                value[lists, i] = double(at + 3 + 8 * i - 1, -1)
            at += 2 + byte[at + 2]
        } else if (byte[at] == 71 && lists == 2) {
            wire[++wires] = double(at + 1, 1)
            at += 8
        }
    printf "%d,%d,%s,%s,%.17g,%.17g,%.17g,%.17g,0,%s\n", size[2], size[1] / size[2], joined(1, 1), joined(2),
        wire[1], wire[2], wire[1], wire[2], joined(3)
}

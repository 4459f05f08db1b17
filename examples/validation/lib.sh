# shellcheck shell=sh
# What the checks share, which set LC_ALL, run in this folder, and print rows for judge.awk.

# check NAME SOURCE EXPECTED NAX TOLERANCE [SCALE]: one row. TOLERANCE is relative to SCALE (EXPECTED by default), or `exact`, or
# `digits`: half a unit of the last digit that EXPECTED shows. A figure of nax that is missing is off.
check() {
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "${4:-none}" "$5" "${6:-}"
}

# not_run NAME SOURCE WHY: the row of a check that lacks something here
not_run() {
    printf '%s\t%s\t\t\tnot run: %s\t\n' "$1" "$2" "$3"
}

# calc EXPRESSION [G]: its value for g = G, by awk in double precision; nothing where a figure is missing in it
calc() {
    awk -v g="${2-}" "BEGIN { printf \"%.17g\", ($1) }" 2>/dev/null
}

# cells FIELD [NAME=VALUE ...]: a field of the CSV on stdin, of the records that have these values, one a line
cells() {
    awk -v wanted="$*" -f cells.awk
}

# sum: of numbers, one a line
sum() {
    awk '{ s += $1 } END { if (NR) printf "%.17g", s }'
}

# ints VALUE COUNT: a cell of equal integers
ints() {
    awk -v v="$1" -v n="$2" 'BEGIN { while (n-- > 0) printf "%s%s", v, n ? " " : "" }'
}

# homogeneous NETWORK CROSSBAR CONVOLUTIONS: the candidate with 3x3 kernels, its other layers on crossbars of the same size
homogeneous() {
    printf 'network,kernel,crossbar,crossbar_fixed\n%s,%s,%s,%s\n' "$1" "$(ints 3 "$3")" "$(ints "$2" "$3")" "$2"
}

#!/bin/sh
# Circuits whose currents are known: closed forms, and those that Joksas and Mehonic published with badcrossbar, solved by Qucs.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

fields=rows,cols,g_siemens,v_v,r_wire_row_ohm,r_wire_col_ohm,r_source_ohm,r_sink_ohm,v0_v

# current COLUMN RECORD: of a column, from 1, of an array given as CSV
current() {
    printf '%s\n%s\n' "$fields" "$2" | nax-xbar --tolerance 1e-12 --format csv | cells i_a | awk -v c="$1" '{ print $c }'
}

# --- closed forms
check "one cell between source and sink" "V / (R_source + 1/G + R_sink)" \
    "$(calc '2.385 / (700 + 1e4 + 300)')" "$(current 1 '1,1,1e-4,2.385,2.5,2.5,700,300,0')" 1e-12
check "one sinh cell on perfect wires" "G v0 sinh(V / v0)" \
    "$(calc '1e-4 * 0.21 * (exp(0.25 / 0.21) - exp(-0.25 / 0.21)) / 2')" "$(current 1 '1,1,1e-4,0.25,0,0,0,0,0.21')" 1e-12
# 1 V on both rows, all cells and segments 1 kOhm, no source or sink: by hand, 3/2 and 5/6 of 1 V / 1 kOhm
for c in 1 2; do
    check "2 x 2 of equal resistors, column $c" "Kirchhoff by hand" "$(calc "$c == 1 ? 3e-3 / 2 : 5e-3 / 6")" \
        "$(current $c '2,2,1e-3 1e-3 1e-3 1e-3,1 1,1e3,1e3,0,0,0')" 1e-12
done

# A row of n equal cells whose wires, and source, have a cell's resistance: the current of column c is
# V / R F(2 (n - c) + 1) / F(2 n + 1) with Fibonacci's numbers F; a column likewise, from its sink.
fibonacci() { # fibonacci N C
    awk -v n="$1" -v c="$2" 'BEGIN { f[1] = f[2] = 1; for (i = 3; i <= 2 * n + 1; i++) f[i] = f[i - 1] + f[i - 2]
        printf "%.17g", 1e-3 * f[2 * (n - c) + 1] / f[2 * n + 1] }'
}
for c in 1 12; do
    check "row of 12 equal resistors, column $c" "Fibonacci's ladder" "$(fibonacci 12 $c)" \
        "$(current $c "1,12,$(ints 1e-3 12),1,1e3,0,1e3,0,0")" 1e-11
done
check "column of 12 equal resistors, row 1 driven" "Fibonacci's ladder" "$(fibonacci 12 12)" \
    "$(current 1 "12,1,$(ints 1e-3 12),1 $(ints 0 11),0,1e3,0,1e3,0")" 1e-11
# A row of n equal cells G with wires r: with 2 sinh(a/2) = sqrt(r G), column c has V cosh((n - c + 1/2) a) / cosh((n - 1/2) a)
ladder() { # ladder N C: the current of column c of 10 uS, 2.5 ohm, 0.25 V
    awk -v n="$1" -v c="$2" 'function cosh(x) { return (exp(x) + exp(-x)) / 2 }
        BEGIN { s = sqrt(2.5 * 1e-5) / 2; a = 2 * log(s + sqrt(s * s + 1))
        printf "%.17g", 1e-5 * 0.25 * cosh((n - c + 0.5) * a) / cosh((n - 0.5) * a) }'
}
for c in 32 64; do
    check "row of 64 cells of 100 kohm, wires of 2.5 ohm, column $c" "cosh of the ladder" "$(ladder 64 $c)" \
        "$(current $c "1,64,$(ints 1e-5 64),0.25,2.5,0,0,0,0")" 1e-11
done

# --- published circuits: 15 of one cell and 18 of 5 x 4, one file each
name="33 circuits of badcrossbar, the current furthest off"
published="Joksas and Mehonic 2020, by Qucs"
if [ -e "$NAX_DATA/qucs/1x1-a-1.pickle" ]; then
    {
        echo "$fields,published_a"
        for file in "$NAX_DATA"/qucs/[0-9]*.pickle; do
            od -An -v -t u1 "$file" | awk -f pickle.awk
        done
    } >"out/published.csv"
    nax-xbar --tolerance 1e-12 --format csv out/published.csv >out/solved.csv
    cells published_a <out/solved.csv >out/published
    cells i_a <out/solved.csv | paste -d '\t' out/published - | awk -f furthest.awk -v tolerance=1e-12 \
        -v name="$name" -v source="$published" -v arrays=33
else
    not_run "$name" "$published" "no data"
fi

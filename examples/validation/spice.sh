#!/bin/sh
# Arrays that nax-xbar writes as netlists: its currents against those of ngspice.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

source="ngspice"
! command -v ngspice >/dev/null || source="ngspice $(ngspice --version | sed -n 's/.*ngspice-\([0-9.]*\).*/\1/p' | head -n 1)"

# spice NAME TOLERANCE: the array on stdin, as CSV
spice() {
    cat >out/array.csv
    if [ "$source" = ngspice ]; then
        not_run "$1" ngspice "no ngspice"
        return
    fi
    nax-xbar --spice out/array.csv >out/array.cir
    ngspice -b out/array.cir 2>out/ngspice.err </dev/null >out/ngspice
    nax-xbar --tolerance 1e-11 --format csv out/array.csv >out/solved.csv
    awk '/^i\(vsense/ { printf "%s%s", s, $3; s = " " } END { print "" }' out/ngspice >out/spice
    cells i_a <out/solved.csv | paste -d '\t' out/spice - |
        awk -f furthest.awk -v name="$1" -v source="$source" -v tolerance="$2" -v arrays=1
}

# power NAME NAX TOLERANCE [NS]: what the drivers of the array that was solved last give, the sum of V I in mW, or in pJ for so long
power() {
    if [ "$source" = ngspice ]; then
        not_run "$1" ngspice "no ngspice"
        return
    fi
    check "$1" "$source" "$(awk -v ns="${4:-1}" '/^Vdriver/ { volt["i(vdriver" substr($1, 8) ")"] = $5; n++ }
        $1 in volt { mw -= 1e3 * volt[$1] * $3; n-- }
        END { if (mw > 0 && n == 0) printf "%.17g", mw * ns }' out/array.cir out/ngspice)" "$2" "$3"
}

# wires ROW COLUMN SOURCE SINK V0: these instead of the array's own
wires() {
    awk -F, -v OFS=, -v set="$*" 'NR > 1 { split(set, v, " "); for (i = 1; i <= 5; i++) $(3 + i) = v[i] } 1'
}

random() {
    nax-xbar --random "$1" --cols "$2" --seed "$1" --format csv --set device.programming.error=exact
}

random 5 9 | wires 2.5 2.5 500 100 0 | spice "5 x 9, linear" 1e-8
random 33 17 | wires 2.5 2.5 500 100 0 | spice "33 x 17, linear" 1e-8
power "33 x 17, linear: power, mW" "$(cells read_power_mw <out/solved.csv)" 1e-8
random 48 48 | wires 2.5 2.5 500 100 0 | spice "48 x 48, linear" 1e-8
random 12 7 | wires 1000 0.37 0 0 0 | spice "12 x 7, linear, wires of 1 kohm and 0.37 ohm, no source or sink" 1e-8
random 12 7 | wires 0 0 0 0 0 | spice "12 x 7, linear, perfect wires" 1e-8
random 12 7 | wires 2.5 2.5 500 100 0.21 | spice "12 x 7, sinh cells of 0.21 V" 1e-7
random 12 7 | wires 1000 0 0 100 0.05 | spice "12 x 7, sinh cells of 0.05 V, wires of 1 kohm and 0" 1e-7
random 12 7 | wires 0 0 0 0 1 | spice "12 x 7, sinh cells of 1 V, perfect wires" 1e-7
random 32 32 | wires 2.5 2.5 500 100 0.12 | spice "32 x 32, sinh cells of 0.12 V" 1e-7
power "32 x 32, sinh cells of 0.12 V: power, mW" "$(cells read_power_mw <out/solved.csv)" 1e-7

# an array of a trained network as nax-map programs it, with its column of zeros (adc.zero: reference)
homogeneous lenet 16 2 >out/lenet
nax-train -q --epochs 1 --images 50 --checkpoint out/lenet-trained out/lenet >out/trained
nax-map --arrays --set adc.zero=reference --set precision.weight_bits=4 --format csv out/trained |
    awk 'NR == 1 { print $0 ",v_v" }
        NR == 2 { printf "%s,", $0; for (r = 0; r < 16; r++) printf "%s%s", (r % 3 ? 0.25 : 0), (r < 15 ? " " : "\n"); exit }' |
    spice "an array of a trained lenet, 16 x 17 with its column of zeros" 1e-8

# the energy of a read that nax-cost takes from the device: here with all cells on, all rows driven, and the column of zeros
{
    echo rows,cols,r_wire_row_ohm,r_wire_col_ohm,r_source_ohm,r_sink_ohm,v0_v,v_v,g_siemens
    printf '16,17,0,0,0,0,0,%s,%s\n' "$(ints 0.25 16)" "$(ints "$(ints 1e-5 16) $(calc 1e-5/6)" 16)"
} | spice "16 x 17, all cells on but for the column of zeros" 1e-8
device="--set array.energy=device --set array.input_frac=1 --set array.level_frac=1 --set array.read_time=constant"
device="$device --set components.array.latency_ns=100 --set adc.zero=reference"
device="$device --set device.r_on_ohm=1e5 --set device.r_off_ohm=6e5 --set device.v_read_v=0.25"
# shellcheck disable=SC2086 # words on purpose
nax-cost --components --crossbar 16 $device --format csv >out/read.csv
power "16 x 17, all cells on: a read of 100 ns, pJ" \
    "$(calc "$(cells energy_pj level=array component=array <out/read.csv) * $(cells count level=array component=array <out/read.csv)")" 1e-8 100

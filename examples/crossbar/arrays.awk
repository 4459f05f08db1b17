# Arrays as a layer would fill them, as records for nax-xbar: normal weights of 16 bit magnitude in
# 2 bit slices, positive and negative ones in arrays of their own, and one bit of rectified normal
# inputs of 16 bit. A slice and a stream are drawn for each array. Half of the arrays are full, half
# hold the edge of a layer: an eighth, a quarter, half or all of the rows and of the columns. What is
# left over is at G_off or, with unused=open, absent.
# Usage: awk -v n=64 -v count=32 -v seed=1 -v unused=off -f arrays.awk
function normal() { return sqrt(-2 * log(1 - rand())) * cos(6.283185307179586 * rand()) }
# The 16 bit magnitude of a normal number whose 4 deviations are full scale.
function fixed(x) { x = int(x / 4 * 65535 + 0.5); return x > 65535 ? 65535 : x }
function bits(x, shift, base) { return int(x / shift) % base }
BEGIN {
    srand(seed)
    off = 1 / 600e3; step = (1 / 100e3 - 1 / 600e3) / 3
    print "rows,cols,used_cols,slice,stream,v_v,g_siemens"
    for (k = 0; k < count; k++) {
        slice = int(8 * rand()); stream = int(16 * rand())
        rows = k % 2 ? int(n / 2 ^ int(4 * rand())) : n
        cols = k % 2 ? int(n / 2 ^ int(4 * rand())) : n
        g = v = ""; driven = 0
        for (r = 0; r < n; r++) {
            x = normal()
            bit = x > 0 && r < rows ? bits(fixed(x), 2 ^ stream, 2) : 0
            driven += bit
            v = v (r ? " " : "") 0.25 * bit
            for (c = 0; c < n; c++) {
                w = normal()
                level = w > 0 ? bits(fixed(w), 4 ^ slice, 4) : 0
                cell = off + step * level
                if (r >= rows || c >= cols) cell = unused == "open" ? 0 : off
                g = g (r || c ? " " : "") sprintf("%.8g", cell)
            }
        }
        if (!driven) { k--; continue }
        print n "," n "," cols "," slice "," stream "," v "," g
    }
}

# calibration.svg from measured.csv, geniex.csv and fit.csv
set datafile separator ","
set terminal svg size 900,430 font "sans-serif,13" background "#ffffff"
set output "calibration.svg"
set multiplot layout 1,2
set grid ytics lc rgb "#dddddd"
set border 3 lc rgb "#444444"
set tics nomirror

set title "Ranges of f = I_{ideal} / I over all columns (dots: medians)"
set xlabel "array size N"
set ylabel "f"
set xrange [-0.6:3.6]
set yrange [0.75:1.6]
set xtics ("16" 0, "32" 1, "64" 2, "128" 3)
set key top left reverse Left samplen 1.5
position(n) = log(n) / log(2) - 4
# the rows of one use of idle cells and one v0
pick(u, v) = sprintf("<awk -F, '$1 == \"%s\" && $3 == %s' measured.csv", u, v)
plot 1 notitle lw 1 lc rgb "#888888", \
    "geniex.csv" every ::1 using (position($1) - 0.27):2:(0):($3 - $2) with vectors nohead lw 12 lc rgb "#c8c8c8" title "GENIEx, published", \
    pick("open", "0.21") using (position($2) - 0.09):5:(0):($9 - $5) with vectors nohead lw 12 lc rgb "#26828e" title "v_0 = 0.21 V, idle cells absent", \
    pick("off", "0.21") using (position($2) + 0.09):5:(0):($9 - $5) with vectors nohead lw 12 lc rgb "#34548e" title "v_0 = 0.21 V, idle cells at G_{off}", \
    pick("off", "0") using (position($2) + 0.27):5:(0):($9 - $5) with vectors nohead lw 12 lc rgb "#e08214" title "linear cells, idle cells at G_{off}", \
    pick("open", "0.21") using (position($2) - 0.09):7 with points pt 7 ps 0.5 lc rgb "#ffffff" notitle, \
    pick("off", "0.21") using (position($2) + 0.09):7 with points pt 7 ps 0.5 lc rgb "#ffffff" notitle, \
    pick("off", "0") using (position($2) + 0.27):7 with points pt 7 ps 0.5 lc rgb "#ffffff" notitle

set title "Distance from the published ranges"
set xlabel "v_0 (V)"
set ylabel "root mean square of ln(f / published) at the ends"
set xrange [0.11:0.41]
set yrange [0:0.36]
set xtics auto
set key top right noreverse Right
set arrow 1 from 0.21,0 to 0.21,0.36 nohead dt 2 lc rgb "#888888"
set label 1 "0.21 V" at 0.215,0.015 textcolor rgb "#666666"
plot "<awk -F, '$1 == \"open\" && $2 > 0' fit.csv" using 2:3 with linespoints pt 7 ps 0.6 lw 2 lc rgb "#26828e" title "idle cells absent", \
    "<awk -F, '$1 == \"off\" && $2 > 0' fit.csv" using 2:3 with linespoints pt 7 ps 0.6 lw 2 lc rgb "#34548e" title "idle cells at G_{off}"
unset multiplot

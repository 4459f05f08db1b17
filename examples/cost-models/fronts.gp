# The designs and three models' fronts, all costed by the default model.
set terminal svg size 760,560 font "Helvetica,13" background "white"
set datafile separator ","
set logscale xy
set autoscale fix
set offsets graph 0.05, graph 0.05, graph 0.05, graph 0.05
set xtics (1, 2, 5, 10, 20, 50, 100)
set ytics (1, 2, 5, 10, 20, 50, 100)
set xlabel "energy, mJ"
set ylabel "chip area, mm^2"
set key bottom right box
set grid lc rgb "#dddddd"
set title "front designs of other models, costed by the default one (saberi)"
e = "energy_pj.saberi"
a = "area_mm2.saberi"
plot out."/costs.csv" using (column(e)*1e-9):(column(a)) with points pt 7 ps 0.25 lc rgb "#bbbbbb" title "random and homogeneous designs", \
     out."/front-saberi.csv" using (column(e)*1e-9):(column(a)) with points pt 7 ps 0.9 lc rgb "#2166ac" title "front by saberi", \
     out."/front-survey.csv" using (column(e)*1e-9):(column(a)) with points pt 6 ps 1.2 lw 1.5 lc rgb "#d6604d" title "front by survey", \
     out."/front-isaac.csv" using (column(e)*1e-9):(column(a)) with points pt 4 ps 1.0 lw 1.5 lc rgb "#1b7837" title "front by isaac"

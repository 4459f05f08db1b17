# Signal-to-noise ratio of each layer's output, full products, by crossbar size: before and after gains.
# fidelity,layer,array_size,snr_db,gain,snr_after_gains_db
set terminal svg size 1000,430 font "sans,13" background "#ffffff"
set output "layers.svg"
set datafile separator ","
set multiplot layout 1,2
set ylabel "signal to noise (dB)"
set yrange [0:*]
set xtics rotate by 60 right font ",10"
set grid ytics linecolor "#dddddd"
set key tmargin horizontal
rows(size) = sprintf("< awk -F, '$1 == \"full\" && $3 == %s' results/layers.csv", size)
sizes = "16 32 64 128"
colours = "#0072B2 #E69F00 #009E73 #D55E00"
set title "each layer's output, as it is"
plot for [i=1:4] rows(word(sizes, i)) using 0:4:xtic(2) with linespoints pointtype 4 + i linewidth 2 \
    linecolor rgb word(colours, i) title word(sizes, i)
set title "gain and offset of every column taken out"
plot for [i=1:4] rows(word(sizes, i)) using 0:6:xtic(2) with linespoints pointtype 4 + i linewidth 2 \
    linecolor rgb word(colours, i) title word(sizes, i)

# Accuracy against crossbar size: every fidelity on exact chips; full products under every condition.
# condition,fidelity,crossbar,accuracy,accuracy_calibrated,accuracy_ideal
set terminal svg size 1000,430 font "sans,13" background "#ffffff"
set output "accuracy.svg"
set datafile separator ","
set multiplot layout 1,2
set logscale x 2
set xtics (16, 32, 64, 128)
set xrange [14:146]
set yrange [0:100]
set xlabel "crossbar size N"
set ylabel "accuracy on test images (%)"
set grid ytics linecolor "#dddddd"
set key left center
rows(condition, fidelity) = sprintf("< awk -F, '$1 == \"%s\" && $2 == \"%s\"' results/accuracy.csv", condition, fidelity)
fidelities = "ideal linear adc full"
colours = "#000000 #0072B2 #E69F00 #D55E00"
set title "exact chips, as they are"
plot for [i=1:4] rows("exact", word(fidelities, i)) using 3:(100 * $4) with linespoints pointtype 4 + i linewidth 2 \
    linecolor rgb word(colours, i) title word(fidelities, i)
conditions = "exact ideal-range six programming drift"
tones = "#D55E00 #009E73 #F0E442 #56B4E9 #CC79A7"
set title "full products; dashed: corrected"
plot for [i=1:5] rows(word(conditions, i), "full") using 3:(100 * $4) with linespoints pointtype 4 + i linewidth 2 \
    linecolor rgb word(tones, i) title word(conditions, i), \
    for [i=1:5] rows(word(conditions, i), "full") using 3:(100 * $5) with linespoints pointtype 4 + i linewidth 1.5 \
    dashtype 2 linecolor rgb word(tones, i) notitle

# Two matrices: rank correlation of EDAP, and how far one model's front is from another's.
set terminal svg size 1100,520 font "Helvetica,13" background "white"
set datafile separator ","
set multiplot layout 1,2
unset key
set tics nomirror out scale 0
set xtics rotate by 40 right
set border 0
models = system("awk -F, 'NR > 1 && !seen[$1]++ { printf \"%s \", $1 }' ".out."/pairs.csv")
n = words(models)
set xrange [-0.5:n-0.5]
set yrange [n-0.5:-0.5]
do for [i=1:n] { set xtics add (word(models, i) i-1); set ytics add (word(models, i) i-1) }
at(name) = sum [i=1:n] (word(models, i) eq name ? i-1 : 0)
unset colorbox
set palette defined (0 "#b2182b", 0.5 "#f7f7f7", 1 "#2166ac")
set cbrange [0.5:1]
set title "rank correlation of EDAP (Spearman)"
plot out."/pairs.csv" skip 1 using (at(strcol(2))):(at(strcol(1))):6 with image pixels, \
     "" skip 1 using (at(strcol(2))):(at(strcol(1))):(sprintf("%.2f", $6)) with labels
set palette defined (0 "#f7f7f7", 1 "#b2182b")
set cbrange [1:2]
set title "front by the row's model, costed by the column's:\nwithin this factor of the column's own front"
plot out."/pairs.csv" skip 1 using (at(strcol(2))):(at(strcol(1))):10 with image pixels, \
     "" skip 1 using (at(strcol(2))):(at(strcol(1))):(sprintf("%.2f", $10)) with labels
unset multiplot

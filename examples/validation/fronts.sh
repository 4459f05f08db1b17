#!/bin/sh
# Hypervolumes: worked out by hand, printed in the documentation of other programs, and of fronts with a formula.
export LC_ALL=C.UTF-8 # awk reads decimal points
# shellcheck source=examples/validation/lib.sh
. ./lib.sh

# volume OBJECTIVES REFERENCE: of the CSV on stdin
volume() { nax-pareto --hypervolume --objectives "$1" --reference "$2" --format csv | cells hypervolume; }

# points NAMES CELLS: CSV, a record each where CELLS has a blank
points() { echo "$1" && echo "$2" | tr ' ' '\n'; }

check "hypervolume of a staircase with points behind and beyond" "by hand: 4 x 1 + 3 x 1.5 + 1 x 1.5" 10 \
    "$(points a,b '1,4 2,2.5 4,1 3,3 6,0 0,5' | volume a:min,b:min 5,5)" exact
check "hypervolume of three boxes that meet in pairs" "by hand: 3 x 6 - 3 x 2 + 1" 13 \
    "$(points a,b,c '0,1,2 1,2,0 2,0,1' | volume a:min,b:min,c:min 3,3,3)" exact
check "hypervolume, two objectives" "documentation of pygmo" 3.25 "$(points a,b '1,0 0.5,0.5 0,1 1.5,0.75' | volume a:min,b:min 2,2)" exact
check "hypervolume, two objectives" "documentation of moocore" 38 "$(points a,b '5,5 4,6 2,7 7,4' | volume a:min,b:min 10,10)" exact
check "hypervolume, two objectives to be large" "documentation of moocore" 39 "$(points a,b '5,5 4,6 2,7 7,4' | volume a:max,b:max 0,0)" exact
check "hypervolume of ten points of ZDT1, 10 % off" "documentation of pymoo" 0.9631646448182305 \
    "$(awk 'BEGIN { print "a,b"; for (i = 0; i < 100; i += 10) printf "%.17g,%.17g\n", 1.1 * i / 99, 1.1 * (1 - sqrt(i / 99)) }' |
        volume a:min,b:min 1.2,1.2)" 1e-14

# n + 1 points of f2 = 1 - sqrt(f1) below (1, 1): the sum of sqrt(i/n) / n over i < n, by Euler and Maclaurin with zeta(-1/2)
check "hypervolume of 2001 points of ZDT1" "Zitzler et al. 2000: 2/3 less what 2001 points leave" \
    "$(calc '2/3 - 1 / (2 * 2000) - 0.20788622497735457 / 2000 ^ 1.5 + 1 / (24 * 2000 ^ 2)')" \
    "$(awk 'BEGIN { print "a,b"; for (i = 0; i <= 2000; i++) printf "%.17g,%.17g\n", i / 2000, 1 - sqrt(i / 2000) }' |
        volume a:min,b:min 1,1)" 1e-12
# Points of the plane a + b + c = 1 on a grid of n: of the n^3 cubes below (1, 1, 1) they leave those (a, b, c) with a + b + c < n
# uncovered, which are n (n + 1) (n + 2) / 6
check "hypervolume of a simplex, grid of 12" "DTLZ1's front, counted in cubes" "$(calc '1 - (12 + 1) * (12 + 2) / 6 / 12 ^ 2')" \
    "$(awk 'BEGIN { print "a,b,c"; for (i = 0; i <= 12; i++) for (j = 0; i + j <= 12; j++) printf "%.17g,%.17g,%.17g\n", i / 12, j / 12, (12 - i - j) / 12 }' |
        volume a:min,b:min,c:min 1,1,1)" 1e-12

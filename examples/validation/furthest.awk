# Lists of currents, expected and nax's with a tab between, an array a line: the row of the current that is furthest off,
# relative to the largest current of its array. -v name, source, tolerance; -v arrays: how many lines there have to be.
BEGIN { FS = OFS = "\t"; worst = -1 }
{
    n = split($1, expected, " ")
    if (split($2, nax, " ") != n || n == 0)
        exit
    largest = 0
    for (i = 1; i <= n; i++)
        if (expected[i] * expected[i] > largest * largest)
            largest = expected[i]
    for (i = 1; i <= n; i++) {
        d = (expected[i] - nax[i]) / (largest ? largest : 1)
        if (d * d > worst * worst || worst < 0) {
            worst = d < 0 ? -d : d
            at_expected = expected[i]
            at_nax = nax[i]
            scale = largest
        }
    }
    complete++
}
END { print name, source, at_expected, (complete == arrays ? at_nax : "none"), tolerance, scale }

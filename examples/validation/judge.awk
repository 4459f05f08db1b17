# The rows that the checks print, tab between name, source, expected, nax, tolerance and scale: as CSV with error and verdict.
# -v table=FILE gets them as Markdown. Rows that are off are told on standard error, and are failures.

function is_number(s) { return s ~ /^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$/ }
function absolute(x) { return x < 0 ? -x : x }

# half a unit of the last digit of a number as it is written
function half_unit(s,    exponent, digits) {
    exponent = match(s, /[eE]/) ? substr(s, RSTART + 1) + 0 : 0
    sub(/[eE].*/, "", s)
    digits = index(s, ".") ? length(s) - index(s, ".") : 0
    return 0.5 * 10 ^ (exponent - digits)
}

function quoted(s) { return s ~ /[",]/ ? "\"" s "\"" : s }
function shown(s) { return is_number(s) && length(s) > 12 ? sprintf("%.10g", s) : s }
function brief(x) { return x == 0 ? "0" : sprintf("%.1e", x) }

BEGIN {
    FS = "\t"
    print "check,source,expected,nax,error,tolerance,verdict"
    print "| check | source | expected | nax | error | tolerance | verdict |\n|---|---|---|---|---|---|---|" > table
}

{
    error = tolerance = ""
    if ($5 ~ /^not run/) {
        verdict = $5
        not_run++
    } else {
        scale = absolute($6 != "" ? $6 : $3)
        if (scale == 0)
            scale = 1
        # a hair more: a figure that is right to its last digit may differ by half a unit and a rounding
        tolerance = $5 == "exact" ? 0 : $5 == "digits" ? half_unit($3) / scale * (1 + 1e-9) : $5
        verdict = "off"
        if (is_number($3) && is_number($4)) {
            error = absolute($4 - $3) / scale
            if (error <= tolerance + 0)
                verdict = "ok"
        }
        if (verdict == "off") {
            off++
            printf "validation: off: '%s': %s expected, nax says %s\n", $1, $3, $4 | "cat >&2"
        }
        error = error == "" ? "" : brief(error)
        tolerance = brief(tolerance)
    }
    print quoted($1) "," quoted($2) "," $3 "," $4 "," error "," tolerance "," verdict
    print "| " $1 " | " $2 " | " shown($3) " | " shown($4) " | " error " | " tolerance " | " verdict " |" > table
}

END {
    if (NR == 0)
        printf "validation: no checks\n" | "cat >&2"
    printf "%d checks: %d ok, %d off, %d not run\n", NR, NR - off - not_run, off, not_run | "cat >&2"
    exit (off > 0 || NR == 0)
}

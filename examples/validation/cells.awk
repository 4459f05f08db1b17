# Fields of CSV by name. -v wanted='FIELD [NAME=VALUE ...]': FIELD of the records in which each NAME is VALUE, one a line.
# Cells may be quoted and have commas; quotes within quotes do not occur in what nax writes here.

# the cells of a line into cell[1..n]
function split_line(line,    n, length_) {
    for (n = 1; ; n++) {
        if (match(line, /^"[^"]*"/)) {
            cell[n] = substr(line, 2, RLENGTH - 2)
            length_ = RLENGTH
        } else {
            match(line, /^[^,]*/)
            cell[n] = substr(line, 1, RLENGTH)
            length_ = RLENGTH
        }
        if (length_ >= length(line))
            return n
        line = substr(line, length_ + 2)
    }
}

BEGIN {
    n_wanted = split(wanted, want, " ")
    for (i = 2; i <= n_wanted; i++) {
        at = index(want[i], "=")
        name[i] = substr(want[i], 1, at - 1)
        value[i] = substr(want[i], at + 1)
    }
}

{ sub(/\r$/, ""); n = split_line($0) }

NR == 1 {
    for (i = 1; i <= n; i++)
        column[cell[i]] = i
    next
}

{
    for (i = 2; i <= n_wanted; i++)
        if (cell[column[name[i]]] != value[i])
            next
    print cell[column[want[1]]]
}

# Checks the #include lines of the files named after lib/LAYERS. include/nax/X.h and ../X/*.h (what
# rooms share without installing it) belong to room X.
function room_of(header) {
    sub(/^nax\//, "", header)
    sub(/\.h$/, "", header)
    return header ~ /^(rng|simd|option|identity|ranks)$/ ? "base" : header
}

FILENAME == "lib/LAYERS" {
    if (/^#/ || !NF) next
    room = $1
    sub(/:$/, "", room)
    for (i = 2; i <= NF; i++) {
        if (!($i in known)) print "lib/LAYERS: " room " uses " $i ", which is not above it"
        may[room, $i] = 1
    }
    known[room] = 1
    next
}

FNR == 1 {
    n = split(FILENAME, part, "/")
    own = part[1] == "lib" ? part[2] : room_of("nax/" part[n])
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    target = $0
    sub(/^[^"]*"/, "", target)
    sub(/".*$/, "", target)
    if (target ~ /^nax\//) {
        other = room_of(target)
    } else if (split(target, part, "/") == 3 && part[1] == ".." && FILENAME ~ /^lib\//) {
        other = part[2]
    } else {
        other = target ~ /\// ? target : own
    }
    if (other != own && !((own, other) in may))
        print FILENAME ":" FNR ": room " own " may not include " target
}

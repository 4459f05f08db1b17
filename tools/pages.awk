# Turns nax(7) -- its own line and its lists of pages -- into the table of tools/pages.h.
BEGIN { print "#include \"pages.h\"\nconst struct page nax_pages[] = {" }
/^\.Nd / { row("nax", 7, substr($0, 5)) }
/^\.It Xr nax-/ {
    name = $3
    section = $4
    getline
    row(name, section, $0)
}
END { print "    {0, 0, 0}\n};" }

function row(name, section, line) {
    gsub(/["\\]/, "\\\\&", line)
    printf "    {\"%s\", %d, \"%s\"},\n", name, section, line
}

# Turns nax(7) -- its own line and its lists of pages -- and the first examples of each tool's page, which come before
# it, into the table of tools/pages.h.
function name_of(file) {
    sub(/.*\//, "", file)
    sub(/\.[0-9]$/, "", file)
    return file
}
function quote(text) {
    gsub(/["\\]/, "\\\\&", text)
    return text
}
function row(name, section, line) {
    printf "    {\"%s\", %d, \"%s\", \"%s\"},\n", name, section, quote(line), examples[name]
}

BEGIN { print "#include \"pages.h\"\nconst struct page nax_pages[] = {" }
FNR == 1 { is_example = is_more = 0 }
/^\.Sh / { is_example = $2 == "EXAMPLES" }

# commands that name the tool, two of them; lines that end in a backslash joined
is_example && (is_more || /^(\$ |nax-)/) {
    text = $0
    sub(/^\$ /, "", text)
    sub(/^ +/, "", text)
    command = is_more ? command text : text
    is_more = sub(/\\e$/, "", command)
    name = name_of(FILENAME)
    if (!is_more && index(command, name) && n[name]++ < 2) {
        gsub(/\\e/, "\\", command)
        examples[name] = examples[name] "  " quote(command) "\\n"
    }
}

FILENAME !~ /nax\.7$/ { next }
/^\.Nd / { row("nax", 7, substr($0, 5)) }
/^\.It Xr nax-/ {
    name = $3
    section = $4
    getline
    row(name, section, $0)
}
END { print "    {0, 0, 0, 0}\n};" }

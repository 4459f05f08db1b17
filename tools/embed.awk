# Turns the YAML files named as arguments (examples/KIND/NAME.yaml) into the table of lib/base/builtin.h.
BEGIN { print "#include \"builtin.h\"\nconst struct nax_builtin nax_builtin_files[] = {" }
FNR == 1 {
    if (NR > 1) print "    },"
    n = split(FILENAME, part, "/")
    sub(/\.yaml$/, "", part[n])
    printf "    {\"%s\", \"%s\",\n", part[n - 1], part[n]
}
{
    gsub(/\\/, "\\\\"); gsub(/"/, "\\\"")
    printf "     \"%s\\n\"\n", $0
}
END { if (NR) print "    },"; print "    {0, 0, 0}\n};" }

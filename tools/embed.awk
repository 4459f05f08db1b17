# Turns the files named as arguments (DIR/KIND/NAME) into a table of C: rows of -v row='struct …' called -v table=…, declared in
# -v header=…; names of YAML files go without their ending.
BEGIN { printf "#include \"%s\"\nconst %s %s[] = {\n", header, row, table }
FNR == 1 {
    if (NR > 1) print "    },"
    n = split(FILENAME, part, "/")
    sub(/\.yaml$/, "", part[n])
    printf "    {\"%s\", \"%s\",\n", part[n - 1], part[n]
}
{
    gsub(/["\\]/, "\\\\&")
    printf "     \"%s\\n\"\n", $0
}
END { if (NR) print "    },"; print "    {0, 0, 0}\n};" }

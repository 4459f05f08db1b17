# Turns the compiler's lines of `make -n` into compile_commands.json; dir is the project's folder.
BEGIN { print "[" }
/ -c -o [^ ]+ [^ ]+\.c$/ {
    gsub(/\\/, "\\\\")
    gsub(/"/, "\\\"")
    printf "%s{\"directory\": \"%s\", \"file\": \"%s\", \"command\": \"%s\"}", n++ ? ",\n" : "", dir, $NF, $0
}
END { print "\n]" }

# Fills a shell's completion, the second file, from what the tools print with -h, the first: @TOOLS@ with
# their names, @ROWS@ with a function _nax_rows TOOL that sets rows=('WORDS|ARGUMENT|OFFERS|LINE' ...):
#   -o --output|FILE||data set ...          an option, what -h calls its argument, the words to offer for it
#   import cifar10|||                       words that a form of the synopsis begins with
# An argument called WORD is one of the words "a, b or c" of its line; words as in "built in (a, b)" are offered
# for any.
NR == FNR && /^usage: / {
    end_option()
    tool = $2
    tools = tools (tools ? " " : "") tool
    sub(/^usage: /, "")
    is_synopsis = 1
}
NR == FNR && is_synopsis && $1 == tool {
    form = ""
    for (i = 2; i <= NF && $i ~ /^[a-z][a-z0-9-]*$/; i++) form = form (form ? " " : "") $i
    if (form) row(form, "", "", "")
}
NR == FNR && /^$/ {
    is_synopsis = 0
    end_option()
}
# the pages that nax lists
NR == FNR && tool == "nax" && /^  [a-z]/ {
    page[++n_pages] = $1
    sub(/^  [^ ]+ +/, "")
    page_line[n_pages] = $0
    next
}
NR == FNR && !is_synopsis && /^ +-/ {
    end_option()
    sub(/^ +/, "")
    line = $0
    sub(/  .*/, "")
    sub(/^[^ ]+(, [^ ]+)?( [^ ]+)?  +/, "", line)
    n = split($0, part, /,? /)
    for (i = 1; i <= n; i++)
        if (part[i] ~ /^-/) flags = flags (flags ? " " : "") part[i]
        else argument = part[i]
    next
}
NR == FNR && flags {
    sub(/^ +/, "")
    line = line " " $0
}
NR == FNR { next }

FNR == 1 {
    end_option()
    n = split(tools, name_of, " ")
    tool = "nax"
    for (i = 1; i <= n; i++) is_tool[name_of[i]] = 1
    for (i = 1; i <= n_pages; i++) {
        if (("nax-" page[i]) in is_tool) row(page[i], "", "", page_line[i])
        row("help " page[i], "", "", page_line[i])
    }
}
/^@ROWS@$/ {
    print "_nax_rows() {\n    rows=()\n    case $1 in"
    for (i = 1; i <= n; i++) printf "    %s)\n        rows=(\n%s        )\n        ;;\n", name_of[i], rows[name_of[i]]
    print "    esac\n}"
    next
}
{
    gsub(/@TOOLS@/, tools)
    print
}

# Ends the option that is being read.
function end_option() {
    if (flags) row(flags, argument, find_words(), line)
    flags = argument = line = ""
}

function find_words(    list) {
    if (argument == "WORD") {
        if (!match(line, /[a-z0-9-]+(, [a-z0-9-]+)*,? or [a-z0-9-]+/)) {
            print "completion.awk: " tool " -h lists no words: '" line "'" > "/dev/stderr"
            exit 1
        }
        list = substr(line, RSTART, RLENGTH)
        sub(/,? or /, " ", list)
    } else if (match(line, /built in \([^)]+\)/))
        list = substr(line, RSTART + 10, RLENGTH - 11)
    gsub(/,/, "", list)
    return list
}

function row(words, argument, offers, line) {
    line = words "|" argument "|" offers "|" line
    gsub(/'/, "'\\''", line)
    rows[tool] = rows[tool] "            '" line "'\n"
}

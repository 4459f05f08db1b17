# shellcheck shell=bash
# What the docs suite asks of the manual pages and of -h, as plain text.

# A page as plain text, without overstrikes, lines as long as they need to be.
page_text() { mandoc -T ascii -O width=1000 "$1" | sed -e 's/.\x08//g'; }

# One section of a page as plain text: section FILE NAME
section() {
    page_text "$1" | awk -v name="$2" '/^[^ ]/ { is_in = $0 == name; next } is_in'
}

# Commands of a page's EXAMPLES: the lines after "$ ", with lines that end in a backslash joined.
examples() {
    section "$1" EXAMPLES | awk '
        is_more { sub(/^ +/, ""); command = command $0 }
        !is_more && sub(/^ *\$ /, "") { command = $0; is_new = 1 }
        is_new || is_more {
            is_new = 0
            is_more = sub(/\\$/, "", command)
            if (!is_more) print command
        }'
}

# Options that a page documents (.It Fl ...), one a line: -j, --threads
page_options() {
    awk '/^\.It Fl/ {
        for (i = 3; i <= NF; i++) {
            if ($(i - 1) != "Fl" || $i == "Fl") continue
            gsub(/\\/, "", $i)
            if ($i != ",") print "-" ($(i - 2) == "Fl" && $i !~ /^-/ ? "-" : "") $i
        }
    }' "$1" | sort -u
}

# Options that a tool's -h lists, one a line.
help_options() {
    "$1" -h | awk '/^ *-/ {
        sub(/^ */, "")
        sub(/  .*/, "")
        n = split($0, word, /[ ,=\[]+/)
        for (i = 1; i <= n; i++) if (word[i] ~ /^--?[a-zA-Z]/) print word[i]
    }' | sort -u
}

# The synopsis that -h prints, white space made single.
help_synopsis() { "$1" -h | sed -n '/^usage: /,/^$/p' | sed 's/^usage: //' | tr -s ' \n' ' '; }

# Lines of the README blocks that stand between ```sh tested and ```.
readme_commands() { awk '/^```/ { is_in = $0 == "```sh tested"; next } is_in' "$1"; }

#compdef @TOOLS@
# Completion of the nax tools in zsh.

@ROWS@

_nax() {
    local tool=$service row rest flag text several action
    local -a rows fields flags specs
    local -aU forms
    # "nax cost" is nax-cost
    if [[ $tool == nax && $CURRENT -gt 2 && $words[2] != help ]]; then
        shift words
        (( CURRENT-- ))
        tool=nax-$words[1]
    fi
    local typed=${(j: :)words[2,CURRENT-1]}
    typed=${typed:+$typed }
    _nax_rows $tool
    for row in $rows; do
        fields=("${(@s:|:)row}")
        flags=(${=fields[1]})
        text=${row#*\|*\|*\|}
        if [[ $flags[1] != -* ]]; then
            [[ $fields[1] == $typed* ]] || continue
            rest=${fields[1]#$typed}
            [[ $rest != *' '* ]] || text= # the line of a longer form
            forms+=(${rest%% *}:$text)
            continue
        fi
        case $fields[2] in
        '') action= ;;
        ?) action=":$fields[2]: " ;; # a number
        WORD) action=":$fields[2]:($fields[3])" ;;
        *) action=":$fields[2]:{compadd - $fields[3]; _files}" ;;
        esac
        [[ $text == *'several times'* ]] && several='*' || several="($flags)"
        for flag in $flags; do
            # the argument is the next word, or comes after --flag= or -f
            [[ -z $action ]] || { [[ $flag == --* ]] && flag+='=' || flag+='+' }
            specs+=("$several${flag}[${text//(#m)[][\\]/\\$MATCH}]$action")
        done
    done
    if [[ $#forms -gt 0 && $words[CURRENT] != -* ]]; then
        _describe -t commands command forms
    else
        _arguments -s -S : $specs '*:file:_files'
    fi
}

_nax "$@"

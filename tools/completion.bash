# shellcheck shell=bash
# Completion of the nax tools in bash.

@ROWS@

_nax() {
    local tool=${1##*/} word=$2 before=$3 at=1 kind=FILE options='' words='' typed row flags argument offers
    local -a rows
    # "nax cost" is nax-cost
    if [[ $tool == nax && $COMP_CWORD -gt 1 && ${COMP_WORDS[1]} != help ]]; then
        tool=nax-${COMP_WORDS[1]}
        at=2
    fi
    # bash takes "--option=word" for three words
    [[ $before != = ]] || before=${COMP_WORDS[COMP_CWORD - 2]}
    typed=${COMP_WORDS[*]:at:COMP_CWORD-at}
    typed=${typed:+$typed }
    COMPREPLY=()
    _nax_rows "$tool"
    for row in "${rows[@]}"; do
        IFS='|' read -r flags argument offers _ <<<"$row"
        case $flags in
        -*)
            options+=" $flags"
            [[ $argument && " $flags " == *" $before "* ]] || continue
            kind=$argument options='' words=$offers
            break
            ;;
        "$typed"*)
            flags=${flags#"$typed"}
            words+=" ${flags%% *}"
            ;;
        esac
    done
    [[ $word == -* ]] && words=$options
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    # an argument that is called by a letter is a number
    [[ ${COMPREPLY[*]} || $kind == WORD || $kind == ? ]] || compopt -o default
}

complete -F _nax @TOOLS@

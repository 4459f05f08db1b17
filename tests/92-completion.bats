#!/usr/bin/env bats
# Completion in bash and zsh: what it offers is what -h says.

# shellcheck source=tests/docs.sh
load docs.sh

setup() {
  root=$BATS_TEST_DIRNAME/..
  completions=${BUILD:?the build folder}/completions
  mapfile -t tools < <(basename -s .c "$root"/tools/nax*.c)
  cd "$BATS_TEST_TMPDIR" || return 1
  cat >offer.bash <<'END'
compopt() { echo "($*)"; }
source "$1" || exit
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_nax "$1" "${!#}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
END
}

# What bash offers for the last of these words, sorted, on one line; (-o default) stands for files.
offer() { bash --norc --noprofile offer.bash "$completions/nax" "$@" | sort -u | xargs; }

# Words to one line, sorted.
line() { printf '%s\n' "$@" | sort -u | xargs; }

# The complaints collected in $bad fail the test.
judge() {
  printf '%s' "${bad:-}" | sed 's/^/# /'
  [ -z "${bad:-}" ]
}

# "TOOL OPTION LINE" for each option of all tools whose line in -h, with those that go on, matches.
options_like() {
  for tool in "${tools[@]}"; do
    "$tool" -h | awk -v tool="$tool" -v like="$1" '
      function end() { if (text ~ like) print tool, option, text; text = "" }
      /^ *-/ { end(); text = $0; match($0, /--[a-z-]+/); option = substr($0, RSTART, RLENGTH); next }
      text { sub(/^ +/, ""); text = text " " $0 }
      END { end() }'
  done
}

@test "bash: the options of every tool, as a command and as a verb of nax" {
  for tool in "${tools[@]}"; do
    want=$(help_options "$tool" | sort -u | xargs)
    got=$(offer "$tool" -)
    [ "$got" = "$want" ] || bad+="$tool: '$got' is not '$want'"$'\n'
    [ "$tool" = nax ] || got=$(offer nax "${tool#nax-}" x -)
    [ "$got" = "$want" ] || bad+="nax ${tool#nax-}: '$got' is not '$want'"$'\n'
    bash --norc --noprofile -c 'source "$1"; complete -p "$2"' bash "$completions/nax" "$tool" |
      grep -q -- '-F _nax' || bad+="$tool: not registered"$'\n'
  done
  judge
}

@test "bash: words that -h and the manual list" {
  while read -r tool option text; do
    got=$(offer "$tool" "$option" '')
    [ "$(wc -w <<<"$got")" -ge 2 ] || bad+="$tool $option: '$got'"$'\n'
    for word in $got; do
      grep -qw -- "$word" <<<"$text" || bad+="$tool $option: '$word' is not in -h"$'\n'
    done
    # all words of the option's paragraph in the manual
    while read -r word; do
      grep -qw -- "$word" <<<"$got" || bad+="$tool $option: '$word' of the manual is not offered"$'\n'
    done < <(awk -v option="${option#-}" '
      /^\.It / { is_in = $0 ~ "Fl " option " " }
      is_in && $1 == ".Cm" { print $2 }' "$root/man/$tool.1")
    n=$((${n:-0} + 1))
  done < <(options_like ' WORD ')
  [ "$n" -gt "${#tools[@]}" ]
  judge
  [ "$(offer nax-cost --schedule '')" = "pipelined sequential" ]
  [ "$(offer nax-cost --schedule s)" = sequential ]
  [ "$(offer nax-cost --schedule = p)" = pipelined ]
  [ "$(offer nax cost --schedule x)" = "" ]
}

@test "bash: what is built in, by name; files" {
  for kind in space network hardware; do
    want=$(basename -s .yaml "$root/examples/${kind%s}"*/*.yaml | sort | xargs)
    while read -r tool option text; do
      [ "$option" = "--$kind" ] || continue
      got=$(offer "$tool" "$option" '')
      [ "$got" = "$want" ] || bad+="$tool $option: '$got' is not '$want'"$'\n'
      n=$((${n:-0} + 1))
    done < <(options_like .)
  done
  [ "$n" -ge 9 ]
  judge
  [ "$(offer nax-cost --hardware ./)" = "(-o default)" ]
  [ "$(offer nax-train --data '')" = "(-o default)" ]
  [ "$(offer nax-cost -l '')" = "(-o default)" ]
  [ "$(offer nax-train --epochs '')" = "" ]
}

@test "bash: verbs of nax and of tools" {
  pages=$(basename -a "$root"/man/nax-*.[1-9] | sed -E 's/^nax-(.*)\..*/\1/')
  verbs=$(basename -s .c "$root"/tools/nax-*.c | sed 's/^nax-//')
  [ "$(offer nax '')" = "$(line help $verbs)" ]
  [ "$(offer nax help '')" = "$(line nax $pages)" ]
  [ "$(offer nax-data '')" = "import info synth" ]
  [ "$(offer nax data import '')" = "cifar10 cifar100 folder mnist npz tiny-imagenet" ]
  [ "$(offer nax-data import t)" = tiny-imagenet ]
  [ "$(offer nax-plot c)" = "costs curves" ]
}

@test "zsh: the options of every tool, as a command and as a verb of nax" {
  cat >offer.zsh <<'END'
setopt extendedglob
_arguments() { for spec in $@; do [[ $spec != (#b)(\*|\(*\))(-##[a-zA-Z-]#)* ]] || print -r -- $match[2]; done }
completions=$1
shift
words=("$@") CURRENT=$# service=$1
source $completions
END
  for tool in "${tools[@]}"; do
    want=$(help_options "$tool" | xargs)
    got=$(zsh -f offer.zsh "$completions/_nax" "$tool" - | sort -u | xargs)
    [ "$got" = "$want" ] || bad+="$tool: '$got' is not '$want'"$'\n'
    [ "$tool" = nax ] || got=$(zsh -f offer.zsh "$completions/_nax" nax "${tool#nax-}" - | sort -u | xargs)
    [ "$got" = "$want" ] || bad+="nax ${tool#nax-}: '$got' is not '$want'"$'\n'
    grep -Eq "^#compdef .*\<$tool( |$)" "$completions/_nax" || bad+="$tool: not registered"$'\n'
  done
  judge
}

# Types lines with tabs into a shell where nax and nax-cost print their arguments: SHELL SET-UP
type_into() {
  zsh -fc 'zmodload zsh/zpty && zpty pseudo true' 2>/dev/null || skip "no pseudo terminal can be had here"
  : >pictures.safetensors
  # shellcheck disable=SC2016 # the inner shell's variables
  timeout 60 zsh -f -c '
    zmodload zsh/zpty
    zpty shell $1
    zpty -w shell "show() { printf {%s} \"\$@\" e\"nd\"; }; nax() { show \"\$@\"; }; nax-cost() { show \"\$@\"; }"
    zpty -w shell "PS1=; $2; echo rea\"dy\""
    zpty -r shell text "*ready*"
    for line in ${@:3}; do
      zpty -w shell $line
      zpty -r shell text "*{end}"
      print -r -- {${${text%\{end\}}#*\{}
    done' zsh "$@" $'nax-cost --schedule pipe\t' $'nax pare\t--hyp\t' $'nax cost --schedule=pipe\t' \
    $'nax help pare\t' $'nax train --data pict\t' >got.txt
  diff - got.txt <<END
{--schedule}{pipelined}
{pareto}{--hypervolume}
{cost}{--schedule=pipelined}
{help}{pareto}
{train}{--data}{pictures.safetensors}
END
}

@test "bash: lines typed with tabs" {
  type_into "bash --norc --noprofile" "source '$completions/nax'"
}

@test "zsh: lines typed with tabs" {
  # a tab that more follows at once is taken for one that was pasted
  type_into "zsh -f" "zstyle ':completion:*' insert-tab false
    fpath=('$completions' \$fpath); autoload -U compinit; compinit -D"
}

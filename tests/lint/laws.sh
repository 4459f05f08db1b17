#!/bin/sh
# Another law is another row: only lib/hardware names the values of what a hardware file chooses among, all others ask
# the row. Kinds of layers are lib/network's, and lib/nn's and the exporter's, which have a case for each. (Levels of the machine, per and
# events are what cost counts, not laws.)
set -u
values() { # HEADER ENUM ...
    header=$1
    shift
    for enum in "$@"; do
        sed -n "/^enum $enum {/,/}/p" "$header" | sed 's|/\*.*||' | grep -oE 'NAX_[A-Z0-9_]+' | grep -v '_COUNT$'
    done | sort -u | paste -sd'|'
}
enums() { grep -oE '^enum nax_[a-z_]+' "$1" | cut -d' ' -f2 | grep -vE '^nax_(level|per|event)$'; }
# shellcheck disable=SC2046
laws=$(values include/nax/hardware.h $(enums include/nax/hardware.h))
kinds=$(values include/nax/network.h nax_layer_kind)
[ "$(echo "$laws" | tr '|' '\n' | wc -l)" -gt 30 ] || echo "no laws found in include/nax/hardware.h"
[ "$(echo "$kinds" | tr '|' '\n' | wc -l)" -gt 3 ] || echo "no kinds of layers found in include/nax/network.h"
grep -rnwE "$laws" lib tools --include='*.[ch]' | grep -v '^lib/hardware/'
grep -rnwE "$kinds" lib tools --include='*.[ch]' | grep -vE '^lib/(network|nn)/|^lib/import/export\.c:[0-9]+: *case '
exit 0

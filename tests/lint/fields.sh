#!/bin/sh
# Every field of a record that is set by its name is in the table of known fields, which nax-record(5)
# lists, or in the manual page of its tool. "checksum" is a cache's, and never leaves it.
set -u
grep -rhoE 'nax_record_set(_[a-z]+)?\([^,"]+, "[a-z0-9_]+"' lib tools | sed 's/.*"\(.*\)"/\1/' | sort -u |
    while read -r field; do
        grep -q "^    {\"$field\", NAX_" lib/record/fields.c || [ "$field" = checksum ] ||
            grep -qE "^\.(It )?Va (.* )?$field( |$)" man/*.[15] ||
            echo "lib/record/fields.c and the manual pages lack the field '$field'"
    done

#!/bin/sh
# One unit a quantity, as the last suffix of a name: _pj _ns _mm2 _mw _v _ohm _siemens _bits _frac.
# Names with another unit of the same quantity are listed (tv_sec and cfs_..._us are the system's).
other='nj|fj|uj|mj|joules?|us|ps|ms|s|secs?|um2|nm2|uw|nw|watts?|kohm|mohm|ohms|mv|volts?|ks|ma|ua|na|amps?|pct|percent'
grep -rnwE "[A-Za-z][A-Za-z0-9_]*_($other)" include lib tools examples --include='*.[ch]' \
    --include='*.yaml' | grep -vwE "tv_sec|cfs_(quota|period)_us"
exit 0

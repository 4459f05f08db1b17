#!/bin/sh
# C files are laid out as .clang-format says (mend: clang-format -i FILE).
find include lib tools tests -name '*.[ch]' -print0 | xargs -0 -P "$(nproc)" -n 40 clang-format --dry-run -Werror

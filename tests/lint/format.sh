#!/bin/sh
# C files are laid out as .clang-format says (mend: clang-format -i FILE).
find include lib tools tests -name '*.[ch]' -exec clang-format --dry-run -Werror {} +

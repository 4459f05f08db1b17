#!/bin/sh
# Nothing in library and tools that cppcheck takes for an error, a portability or a performance problem.
# Suppressed: it cannot know that a loop over the classes runs, so a logarithm of their sum looks to
# it like one of 0; and workspaces are used as other types on purpose.
mkdir -p "$BUILD/cppcheck"
cppcheck --quiet --std=c11 -j"$(nproc)" --cppcheck-build-dir="$BUILD/cppcheck" \
    --enable=warning,portability,performance --inline-suppr --error-exitcode=1 \
    --suppress=invalidFunctionArg --suppress=invalidPointerCast \
    --suppress=missingIncludeSystem --suppress=unmatchedSuppression -D__x86_64__ -UNAX_SIMD_ISA \
    -DNAX_VERSION='""' -Iinclude lib tools

#!/bin/sh
# No warning from clang.
exec tests/lint/objects clang

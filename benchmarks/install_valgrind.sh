#!/bin/sh
# valgrind counts instructions; without it the numbers that no noise disturbs are left out, so nothing here may fail.
command -v valgrind >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq valgrind >/dev/null
fi
command -v valgrind >/dev/null || echo "Instructions are not counted: install valgrind, for example: sudo apt-get install valgrind" >&2
exit 0

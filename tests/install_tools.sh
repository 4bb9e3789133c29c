#!/bin/sh
# What the tests need from Debian, installed where that may be done: a browser, Node.js for the
# clients in emulator/node, and uWSGI, which is a server unlike gunicorn.
set -eu

missing=
command -v chromium >/dev/null || command -v chromium-browser >/dev/null || missing="chromium fonts-noto-cjk"
command -v uwsgi >/dev/null || missing="$missing uwsgi-core uwsgi-plugin-python3"
command -v npm >/dev/null || missing="$missing nodejs npm"
[ -n "$missing" ] || exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq >/dev/null
  # The names are a list on purpose.
  # shellcheck disable=SC2086
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $missing >/dev/null
else
  echo "The tests need more. Install it, for example: sudo apt-get install $missing" >&2
  exit 1
fi

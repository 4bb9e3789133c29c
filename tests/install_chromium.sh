#!/bin/sh
# The browser tests drive the Chromium that is installed; this installs Debian's where it may.
set -eu

command -v chromium >/dev/null && exit 0
command -v chromium-browser >/dev/null && exit 0
if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
  apt-get update -qq >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk >/dev/null
else
  echo "The browser tests need Chromium. Install it, for example: sudo apt-get install chromium fonts-noto-cjk" >&2
  exit 1
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# tidy_one.sh CLANG_TIDY FILE: checks one translation unit of build/lint with clang-tidy, unless it and all of ours that it
# includes are as they were when it last passed.
set -euo pipefail
tidy=$1
file=$2
passed=build/lint/passed/$file

# The unit's command, from the entry whose "file" line follows its "command" line.
command=$(awk -v file="\"$PWD/$file\"" '/^ *"command":/ { c = $0 } /^ *"file":/ && index($0, file) { print c; exit }' \
  build/lint/compile_commands.json | sed -e 's/^ *"command": "//' -e 's/",*$//' -e 's/\\\(.\)/\1/g')

state() {
  "$tidy" --version
  cat .clang-tidy tests/.clang-tidy
  printf '%s\n' "$command"
  eval "$command -MM -MF /dev/stdout" | sed -e 's/^[^:]*://' -e 's/ \\$//' | xargs cat
}

now=$(state | cksum)
if [ "$(cat "$passed" 2>/dev/null)" = "$now" ]; then
  exit 0
fi
"$tidy" -p build/lint --quiet --header-filter="^$PWD/(include|src|tests|bench|docs)/" "$file"
mkdir -p "$(dirname "$passed")"
printf '%s\n' "$now" >"$passed"

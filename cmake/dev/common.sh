# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the commands of ./dev share. Sourced, with the root of the tree as the working directory.

logs=build/logs

# One line, and the exit status of a request that cannot be served.
die() {
  printf 'dev: %s\n' "$*" >&2
  exit 2
}

say_on_terminal() {
  if [ -t 2 ]; then
    printf '%s\n' "$*" >&2
  fi
}

# refuse_arguments COMMAND [args]
refuse_arguments() {
  if [ $# -gt 1 ]; then
    die "$1 takes no arguments; '$2' is one"
  fi
}

# quietly NAME COMMAND...: runs it with its output in build/logs/NAME.log, which is shown only if it fails.
quietly() {
  local log=$logs/$1.log status=0
  shift
  mkdir -p "$logs"
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    # Without what went well: ninja's progress and ctest's passed tests.
    grep -vE '^\[[0-9]+/[0-9]+\] (Building|Linking|Generating)|^ *Start +[0-9]+: | Passed +[0-9.]+ sec' "$log" >&2 || true
  fi
  return "$status"
}

processors() {
  nproc 2>/dev/null || sysctl -n hw.ncpu
}

# Where the compiler cache is installed, it is used. One object serves several combinations: their build folders differ in the
# debug information only.
if command -v ccache >/dev/null; then
  export CCACHE_NOHASHDIR=1
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

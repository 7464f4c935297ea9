# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# ./dev test: the same tests in several worlds. A combination is a preset of CMakePresets.json.
# shellcheck disable=SC2154 # the lists of packages: packages.sh

first=(gcc)
usual=(gcc gcc-address-undefined clang-thread)
all=("${usual[@]}" clang gcc-shared gcc-debug gcc-newest clang-cxx20 mimalloc-2 mimalloc-3 mimalloc-3-debug catch2-3)

# source_option VARIABLE MARK: the -D option for the first of the source folders in $VARIABLE (separated by colons) that
# has a file with MARK in it: "file:regular expression". Nothing if there is none.
source_option() {
  local folder file=${2%%:*} pattern=${2#*:}
  local IFS=:
  for folder in ${!1-}; do
    if grep -qE "$pattern" "$folder/$file" 2>/dev/null; then
      printf -- '-D%s=%s\n' "$1" "$folder"
      return
    fi
  done
}

# sources_for PRESET: the option that names the sources of what the preset fetches, if the environment gives them.
sources_for() {
  case $1 in
  mimalloc-2*) source_option FETCHCONTENT_SOURCE_DIR_MIMALLOC 'include/mimalloc.h:MI_MALLOC_VERSION +2' ;;
  mimalloc-3*) source_option FETCHCONTENT_SOURCE_DIR_MIMALLOC 'include/mimalloc.h:MI_MALLOC_VERSION +3' ;;
  catch2-3) source_option FETCHCONTENT_SOURCE_DIR_CATCH2 'CMakeLists.txt:VERSION 3\.' ;;
  esac
}

fetches() {
  case $1 in
  mimalloc-* | catch2-*) return 0 ;;
  *) return 1 ;;
  esac
}

github_answers() {
  git ls-remote -q https://github.com/microsoft/mimalloc.git HEAD >/dev/null 2>&1 </dev/null
}

# ThreadSanitizer and older AddressSanitizers cannot live with more random bits in addresses than this.
with_room_for_shadow() {
  local bits=/proc/sys/vm/mmap_rnd_bits
  if [ -r "$bits" ] && [ "$(cat "$bits")" -gt 28 ] && setarch "$(uname -m)" -R true 2>/dev/null; then
    setarch "$(uname -m)" -R "$@"
  else
    "$@"
  fi
}

# test_in PRESET: configures, builds, tests; leaves ctest's output in build/logs/PRESET-ctest.log.
test_in() {
  local preset=$1 sources
  sources=$(sources_for "$preset")
  rm -f "$logs/$preset-ctest.log"
  quietly "$preset-configure" cmake --preset "$preset" ${sources:+"$sources"} &&
    quietly "$preset-build" cmake --build "build/$preset" --parallel "$(processors)" &&
    quietly "$preset-ctest" with_room_for_shadow ctest --test-dir "build/$preset" --output-on-failure \
      --no-tests=error --parallel "$(processors)"
}

# closing_line PRESET: the last word of ctest.
closing_line() {
  grep -hE 'tests passed, [0-9]+ tests failed out of' "$logs/$1-ctest.log" 2>/dev/null || echo "$1: no test ran"
}

run_tests() {
  local presets=("${usual[@]}")
  while [ $# -gt 0 ]; do
    case $1 in
    --quick) presets=("${first[@]}") ;;
    --all) presets=("${all[@]}") ;;
    *) die "test knows --quick and --all; '$1' is neither" ;;
    esac
    shift
  done
  local packages=("${build_packages[@]}" "${test_packages[@]}")
  case "${presets[*]}" in
  *clang*) packages+=("${clang_packages[@]}") ;;
  esac
  case "${presets[*]}" in
  *mimalloc* | *catch2-3*) packages+=(git ca-certificates) ;;
  esac
  need_packages "${packages[@]}"
  # Large: where all is tried, and where nobody waits. The lists of packages are there by now.
  if [ "${CI-}" = true ] || [ "${#presets[@]}" -gt "${#usual[@]}" ]; then
    # Without it one test says that it is skipped.
    # shellcheck disable=SC2046 # no name or one
    (need_packages $(browser_package)) || true
  fi

  local preset result began failures=0 closing=() online=
  for preset in "${presets[@]}"; do
    if fetches "$preset" && [ -z "$(sources_for "$preset")" ]; then
      [ -n "$online" ] || { github_answers && online=yes || online=no; }
      if [ "$online" = no ]; then
        printf '%-24s skipped: no network, and no source folder given\n' "$preset"
        continue
      fi
    fi
    began=$SECONDS
    say_on_terminal "$preset ..."
    result=passed
    test_in "$preset" || {
      result=FAILED
      failures=$((failures + 1))
    }
    printf '%-24s %s in %d s\n' "$preset" "$result" $((SECONDS - began))
    closing+=("$(closing_line "$preset")")
  done
  printf '%s\n' "${closing[@]}"
  [ "$failures" -eq 0 ]
}

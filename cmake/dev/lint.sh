# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# ./dev lint and ./dev format. One version of clang-format and clang-tidy everywhere, so that their verdicts agree.
# shellcheck disable=SC2154 # build_packages, logs: the files sourced before

tools_version=14

our_sources() {
  find include src tests bench docs -type f \( -name '*.hpp' -o -name '*.cpp' -o -name '*.h' -o -name '*.c' \)
}

run_format() {
  need_packages "clang-format-$tools_version"
  our_sources | xargs "clang-format-$tools_version" -i
}

check_format() {
  our_sources | xargs "clang-format-$tools_version" --dry-run -Werror
}

check_shell() {
  shellcheck --external-sources dev .ci/run cmake/dev/*.sh
}

check_layers() {
  cmake -P cmake/check_layers.cmake
}

# Every translation unit of ours that the build knows, and through them the headers. If tidy_leaves_out is empty also what takes
# longer than all the rest: the tests, the examples, and the sweeps and the command, which are full of other people's headers.
check_tidy() {
  cmake --preset lint
  sed -n "s|^ *\"file\": \"$PWD/\(.*\)\",*\$|\1|p" build/lint/compile_commands.json |
    grep -vE "^(build/${tidy_leaves_out:+|$tidy_leaves_out})" | sort -u |
    xargs -P "$(processors)" -n 1 cmake/dev/tidy_one.sh "clang-tidy-$tools_version"
}

run_lint() {
  local tidy_leaves_out="tests/|docs/|src/testing/|src/tool/"
  while [ $# -gt 0 ]; do
    case $1 in
    --all) tidy_leaves_out= ;;
    *) die "lint knows --all; '$1' is something else" ;;
    esac
    shift
  done
  need_packages "${build_packages[@]}" "${test_packages[@]}" clang \
    "clang-format-$tools_version" "clang-tidy-$tools_version" shellcheck
  local check began failures=0
  for check in format layers shell tidy; do
    began=$SECONDS
    if quietly "lint-$check" "check_$check"; then
      printf '%-8s passed in %d s\n' "$check" $((SECONDS - began))
    else
      printf '%-8s FAILED in %d s\n' "$check" $((SECONDS - began))
      failures=$((failures + 1))
    fi
  done
  [ "$failures" -eq 0 ]
}

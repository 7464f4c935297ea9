# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Brings what a command needs onto the machine. The names are those of Debian 12 and Ubuntu 24.04.
# shellcheck disable=SC2086 # lists of names are split on purpose: macOS' bash has no mapfile

# shellcheck disable=SC2034 # all of these are used by the commands
{
  build_packages=(cmake ninja-build g++ libmimalloc-dev nlohmann-json3-dev libcli11-dev libdw-dev)
  demo_packages=(libsqlite3-dev)
  # Programs that the command is tried on, and what looks for processes that it may have left.
  swept_programs=(sqlite3 lua5.4 libxml2-utils jq gawk pigz xz-utils procps groff-base)
  # The tests include the examples, and C libraries that take their memory from outside.
  test_packages=(catch2 pkgconf "${demo_packages[@]}" libexpat1-dev liblua5.4-dev libxml2-dev libcurl4-openssl-dev
    libgtest-dev libjansson-dev libcjson-dev libyajl-dev
    libbenchmark-dev "${swept_programs[@]}")
  clang_packages=(clang clang-sanitizers)
  # The benchmarks' libraries, whole programs to measure, other allocators, and a counter of instructions.
  bench_packages=(libbenchmark-dev liblua5.4-dev libsqlite3-dev
    libjemalloc2 libtcmalloc-minimal4 valgrind heaptrack fiu-utils)
}

# The program that shows that a package is there, however it came; nothing for libraries.
program_of() {
  case $1 in
  ninja-build) echo ninja ;;
  clang) echo clang++ ;;
  libxml2-utils) echo xmllint ;;
  xz-utils) echo xz ;;
  procps) echo pgrep ;;
  groff-base) echo groff ;;
  pkgconf) echo pkg-config ;;
  cmake | git | g++ | valgrind | sqlite3 | lua5.4 | jq | gawk | pigz | chromium | shellcheck | clang-format-* | clang-tidy-*) echo "$1" ;;
  esac
}

is_installed() {
  local program
  program=$(program_of "$1")
  if [ -n "$program" ]; then
    command -v "$program" >/dev/null
  elif command -v dpkg-query >/dev/null; then
    # The builds of libcurl exclude each other; any will do.
    dpkg-query -W -f='${db:Status-Status}\n' "${1/#libcurl4-openssl-dev/libcurl4-*-dev}" 2>/dev/null | grep -qx installed
  fi # elsewhere CMake finds out which libraries are there
}

# The sanitizers' libraries have clang's version in their package's name; "clang-sanitizers" here stands for it.
clang_sanitizers_package() {
  local major
  if command -v clang++ >/dev/null; then
    major=$(clang++ -dumpversion)
    major=${major%%.*}
  else
    major=$(apt-cache depends clang 2>/dev/null | sed -n 's/^ *Depends: clang-\([0-9]*\)$/\1/p')
  fi
  echo "libclang-rt-${major:-VERSION}-dev"
}

# The browser that reports are looked at in, where the distribution has it as a package of its own (Ubuntu has not).
browser_package() {
  if command -v apt-cache >/dev/null && apt-cache show chromium 2>/dev/null | grep -q '^Filename: .*_'; then
    echo chromium
  fi
}

# missing_packages NAME...: those that are not installed, one to a line.
missing_packages() {
  local package
  for package in "$@"; do
    if [ "$package" = clang-sanitizers ]; then
      command -v apt-get >/dev/null || continue # elsewhere they come with clang
      package=$(clang_sanitizers_package)
    fi
    is_installed "$package" || echo "$package"
  done
}

# as_root COMMAND...
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    env DEBIAN_FRONTEND=noninteractive "$@"
  else
    sudo -n env DEBIAN_FRONTEND=noninteractive "$@"
  fi
}

# Asks for a password only where somebody can answer.
may_be_root() {
  [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null && sudo -v; }
}

# need_packages NAME...: installs those that are missing, and says so; silent if none is.
need_packages() {
  local missing
  missing=$(missing_packages "$@")
  if [ -z "$missing" ]; then
    return
  fi
  if ! command -v apt-get >/dev/null; then
    die "these are needed (by their Debian names):" $missing
  fi
  if ! may_be_root; then
    die "these packages are needed, and only root can install them:" $missing
  fi
  echo "dev: installing" $missing >&2
  export PATH=$PATH:/usr/sbin:/sbin # dpkg insists
  # A third party's repository that fails is no reason to stop: the installation shows whether all is there.
  quietly apt-update as_root apt-get update -q -o Acquire::Retries=3 || true
  missing=$(missing_packages "$@") # again: clang's version may be known only now
  quietly apt-install as_root apt-get install -q -y --no-install-recommends \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 $missing ||
    die "these packages are needed, and could not be installed:" $missing
}

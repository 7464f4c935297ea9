// SPDX-License-Identifier: MIT
#include "spies/process/changed_pages.hpp"

#include "support/catch.hpp"

#include <cstring>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using mallocspy::spies::changed_pages;

namespace {

// returns: the exit status of a copy of this process
template <class Function> int in_copy(Function f) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::_exit(f());
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

} // namespace

TEST_CASE("in a copy of a process, pages that it has written to may differ, others do not") {
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* memory = ::mmap(nullptr, 600 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  std::memset(memory, 1, 599 * page);
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const int differing = in_copy([&] {
    static_cast<volatile char*>(memory)[555 * page + 7] = 2;
    changed_pages changed;
    int bits = 0;
    bits |= changed.may_differ(begin + 3 * page, begin + 3 * page + 1) ? 1 : 0;
    bits |= changed.may_differ(begin + 555 * page, begin + 555 * page + 1) ? 2 : 0;
    bits |= changed.may_differ(begin + 554 * page + 17, begin + 555 * page) ? 4 : 0;
    bits |= changed.may_differ(begin + 554 * page + 17, begin + 555 * page + 1) ? 8 : 0;
    bits |= changed.may_differ(begin + 556 * page, begin + 600 * page) ? 16 : 0;
    return bits;
  });
  CHECK(differing == (2 | 8));
  ::munmap(memory, 600 * page);
}

// SPDX-License-Identifier: MIT
// A misuse is told without a single call of malloc: this program's own malloc counts them.
#include "blocks/raw_door.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <mallocspy/blocks/misuse.hpp>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void __libc_free(void* p);
}

namespace {

std::atomic<int> calls{0};

} // namespace

extern "C" {
void* malloc(std::size_t size) noexcept {
  ++calls;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++calls;
  return __libc_calloc(count, size);
}
void* realloc(void* p, std::size_t size) noexcept {
  ++calls;
  return __libc_realloc(p, size);
}
void free(void* p) noexcept {
  calls += p != nullptr;
  __libc_free(p);
}
}

TEST_CASE("the default handler allocates nothing", "[blocks][misuse]") {
  static char foreign[53];
  void* live = raw_door::alloc(119);
  void* freed = raw_door::alloc(27);
  REQUIRE(live != nullptr);
  REQUIRE(freed != nullptr);
  raw_door::free(freed);
  set_abort_on_misuse(false);

  int ends[2];
  REQUIRE(::pipe(ends) == 0);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  const int before = calls.load();
  raw_door::free(freed);
  raw_door::free(static_cast<char*>(live) + 16);
  raw_door::free(foreign);
  raw_door::realloc(foreign, 27);
  const int after = calls.load();
  ::dup2(kept, STDERR_FILENO);
  ::close(ends[1]);
  char text[1024];
  const ssize_t n = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  ::close(kept);

  CHECK(n > 200); // four lines were written
  CHECK(before > 0);
  CHECK(after == before);
  raw_door::free(live);
}

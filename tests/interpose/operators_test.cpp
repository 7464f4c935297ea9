// SPDX-License-Identifier: MIT
// What C++ promises of operator new and operator delete.
#include "family.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/scoped_spy.hpp>
#include <new>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t absurd = static_cast<std::size_t>(PTRDIFF_MAX) + 1;

// Refuses the first requests for 53 bytes.
struct refusing_first : spy_base {
  int refusals = 0;
  SIZE_T PreAlloc(SIZE_T bytes) override {
    return bytes == 53 && refusals-- > 0 ? 0 : bytes;
  }
};

int handled = 0;

struct handler {
  explicit handler(std::new_handler next) : m_before(std::set_new_handler(next)) {}
  ~handler() {
    std::set_new_handler(m_before);
  }
  handler(const handler&) = delete;
  handler& operator=(const handler&) = delete;

private:
  std::new_handler m_before;
};

} // namespace

TEST_CASE("objects are blocks of the task allocator, of exactly their size", "[interpose]") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{53}, std::size_t{5003}}) {
    void* p = family::make(size);
    CHECK(owns(p));
    CHECK(requested_size(p) == size);
    errno = 77;
    family::destroy(p);
    CHECK(errno == 77);
    CHECK_FALSE(owns(p));
  }
  for (std::size_t alignment = 1; alignment <= 8192; alignment *= 2) {
    void* p = family::make_aligned(53, alignment);
    CHECK(reinterpret_cast<std::uintptr_t>(p) % alignment == 0);
    CHECK(requested_size(p) == 53);
    family::destroy_aligned(p, alignment);
    CHECK_FALSE(owns(p));
  }
  family::destroy(nullptr);
  family::destroy_aligned(nullptr, 64);
}

TEST_CASE("without memory operator new throws std::bad_alloc", "[interpose]") {
  CHECK_THROWS_AS(family::make(absurd), std::bad_alloc);
  CHECK_THROWS_AS(family::make_aligned(absurd, 64), std::bad_alloc);
  CHECK_THROWS_AS(family::make_aligned(SIZE_MAX - 27, 64), std::bad_alloc);
  refusing_first spy;
  const scoped_spy registered(&spy);
  spy.refusals = 1;
  CHECK_THROWS_AS(family::make(53), std::bad_alloc);
  spy.refusals = 1;
  CHECK_THROWS_AS(family::make_aligned(53, 64), std::bad_alloc);
}

TEST_CASE("the new_handler is called until there is memory", "[interpose]") {
  refusing_first spy;
  const scoped_spy registered(&spy);
  handled = 0;
  const handler counting([] { ++handled; });
  spy.refusals = 3;
  void* p = family::make(53);
  CHECK(handled == 3);
  CHECK(requested_size(p) == 53);
  family::destroy(p);
  spy.refusals = 2;
  p = family::make_aligned(53, 64);
  CHECK(handled == 5);
  family::destroy_aligned(p, 64);
}

TEST_CASE("a new_handler may give up by an exception or by going away", "[interpose]") {
  refusing_first spy;
  const scoped_spy registered(&spy);
  {
    const handler throwing([] { throw 53; });
    spy.refusals = 1;
    CHECK_THROWS_AS(family::make(53), int);
  }
  handled = 0;
  const handler going([] {
    ++handled;
    std::set_new_handler(nullptr);
  });
  spy.refusals = 9;
  CHECK_THROWS_AS(family::make(53), std::bad_alloc);
  CHECK(handled == 1);
  spy.refusals = 0;
}

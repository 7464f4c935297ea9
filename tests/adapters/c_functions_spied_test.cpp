// SPDX-License-Identifier: MIT
// A spy sees the calls of C like all others, and what they ask for beyond a size.
#include <mallocspy/mallocspy.h>

#include "observing_spy.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

constexpr std::size_t ordinary = 2 * sizeof(void*);

struct spied {
  observing_spy spy;
  scoped_spy registration{&spy};

  // returns: whether the last operation began with this hook, and asked for this
  bool saw(const char* hook, std::size_t size, std::size_t alignment, bool zeroed) const {
    return spy.last.hook == hook && spy.last.size == size && spy.last.request.alignment == alignment &&
           spy.last.request.zeroed == zeroed && spy.last.request.entry == entry_point::c;
  }
};

} // namespace

TEST_CASE("each function asks the spy for what it was asked for", "[adapters][c][spy]") {
  spied s;
  REQUIRE(s.registration);
  void* p = mallocspy_alloc(27);
  CHECK(s.saw("PreAlloc", 27, ordinary, false));
  CHECK(mallocspy_size(p) == 27);
  CHECK(s.saw("PreGetSize", 0, ordinary, false));
  CHECK(mallocspy_owns(p) == 1);
  CHECK(s.saw("PreDidAlloc", 0, ordinary, false));
  p = mallocspy_realloc(p, 5003);
  CHECK(s.saw("PreRealloc", 5003, ordinary, false));
  mallocspy_free(p);
  CHECK(s.saw("PreFree", 0, ordinary, false));

  p = mallocspy_calloc(7, 17);
  CHECK(s.saw("PreAlloc", 119, ordinary, true));
  CHECK(mallocspy_realloc(p, 0) == nullptr);
  CHECK(s.saw("PreFree", 0, ordinary, false));

  p = mallocspy_aligned_alloc(4096, 53);
  CHECK(s.saw("PreAlloc", 53, 4096, false));
  CHECK(reinterpret_cast<std::uintptr_t>(p) % 4096 == 0);
  mallocspy_free(p);
  p = mallocspy_aligned_alloc(2, 53);
  CHECK(s.saw("PreAlloc", 53, ordinary, false));
  mallocspy_free(p);

  p = mallocspy_realloc(nullptr, 53);
  CHECK(s.saw("PreAlloc", 53, ordinary, false));
  mallocspy_free(p);

  char* copy = mallocspy_strdup("twenty-six characters long");
  CHECK(s.saw("PreAlloc", 27, ordinary, false));
  mallocspy_free(copy);

  CHECK(s.spy.allocations == 7);
  CHECK(s.spy.live.empty());
  CHECK(s.registration.revoke() == S_OK);
}

TEST_CASE("null pointers are no news for the spy", "[adapters][c][spy]") {
  spied s;
  mallocspy_free(nullptr);
  CHECK(mallocspy_size(nullptr) == 0);
  CHECK(mallocspy_owns(nullptr) == 0);
  CHECK(s.spy.last.hook == "");
}

TEST_CASE("outside of a request there is none", "[adapters][c][spy]") {
  spied s;
  mallocspy_free(mallocspy_aligned_alloc(256, 27));
  const request_info none = current_request();
  CHECK(none.entry == entry_point::none);
  CHECK(none.alignment == ordinary);
  CHECK_FALSE(none.zeroed);
}

TEST_CASE("what a spy refuses is ENOMEM, and what exists stays", "[adapters][c][spy]") {
  spied s;
  void* p = mallocspy_alloc(53);
  REQUIRE(p != nullptr);
  std::memset(p, 119, 53);
  s.spy.refuses = true;
  const auto refused = [](void* result) {
    const bool told = result == nullptr && errno == ENOMEM;
    errno = 0;
    return told;
  };
  errno = 0;
  CHECK(refused(mallocspy_alloc(27)));
  CHECK(refused(mallocspy_calloc(27, 1)));
  CHECK(refused(mallocspy_realloc(nullptr, 27)));
  CHECK(refused(mallocspy_realloc(p, 27)));
  CHECK(refused(mallocspy_aligned_alloc(64, 27)));
  CHECK(refused(mallocspy_strdup("refused")));
  CHECK(mallocspy_size(p) == 53);
  CHECK(static_cast<char*>(p)[52] == 119);
  // Not even a spy that refuses keeps a block from being freed.
  CHECK(mallocspy_realloc(p, 0) == nullptr);
  CHECK(errno == 0);
  CHECK(s.spy.live.empty());
}

TEST_CASE("spied calloc zeroes used memory", "[adapters][c][spy]") {
  spied s;
  for (int i = 0; i < 1000; ++i) {
    void* dirty = mallocspy_alloc(119);
    REQUIRE(dirty != nullptr);
    std::memset(dirty, 0xA7, 119);
    mallocspy_free(dirty);
    auto* p = static_cast<unsigned char*>(mallocspy_calloc(119, 1));
    REQUIRE(p != nullptr);
    REQUIRE(p[0] == 0);
    REQUIRE(std::memcmp(p, p + 1, 118) == 0);
    mallocspy_free(p);
  }
  CHECK(s.spy.live.empty());
}

// SPDX-License-Identifier: MIT
// What a spy sees of calls that come through the interposed functions, and what its hooks may do.
#include "family.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/blocks/request_info.hpp>
#include <mallocspy/spies/spy_base.hpp>
#include <mallocspy/task/scoped_spy.hpp>
#include <string>
#include <utility>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// Notes what is asked for in odd sizes only, so that what the test framework allocates meanwhile does not matter.
struct noting_spy : spy_base {
  explicit noting_spy(SIZE_T size, spy_calls how = spy_calls::serialised) : spy_base(how), noted(size) {}

  const SIZE_T noted;
  int allocations = 0;
  int reallocations = 0;
  void* freed = nullptr;
  request_info request{};
  request_info request_of_free{};
  bool refuses = false;

  SIZE_T PreAlloc(SIZE_T bytes) override {
    if (bytes == noted) {
      ++allocations;
      request = current_request();
    }
    return refuses && bytes == noted ? 0 : bytes;
  }
  SIZE_T PreRealloc(void* p, SIZE_T bytes, void** same, BOOL spyed) override {
    if (bytes == noted) {
      ++reallocations;
      request = current_request();
    }
    *same = p;
    return (refuses && bytes == noted) || spyed == FALSE ? 0 : bytes;
  }
  void* PreFree(void* p, BOOL) override {
    freed = p;
    request_of_free = current_request();
    return p;
  }
};

// A header in front of each block, as real spies have: client pointers are no raw blocks.
struct header_spy : spy_base {
  SIZE_T PreAlloc(SIZE_T bytes) override {
    return bytes + 16;
  }
  void* PostAlloc(void* p) override {
    return p == nullptr ? p : static_cast<char*>(p) + 16;
  }
  void* PreFree(void* p, BOOL spyed) override {
    return spyed ? static_cast<char*>(p) - 16 : p;
  }
  SIZE_T PreRealloc(void* p, SIZE_T bytes, void** raw, BOOL spyed) override {
    *raw = spyed ? static_cast<char*>(p) - 16 : p;
    m_spyed = spyed;
    return spyed ? bytes + 16 : bytes;
  }
  void* PostRealloc(void* p, BOOL) override {
    return p == nullptr || !m_spyed ? p : static_cast<char*>(p) + 16;
  }
  void* PreGetSize(void* p, BOOL spyed) override {
    return spyed ? static_cast<char*>(p) - 16 : p;
  }
  SIZE_T PostGetSize(SIZE_T size, BOOL spyed) override {
    return spyed ? size - 16 : size;
  }

private:
  BOOL m_spyed = FALSE;
};

// Uses the interposed functions in every hook: a string that grows, blocks that stay and go.
struct allocating_spy : spy_base {
  explicit allocating_spy(spy_calls how) : spy_base(how) {}

  std::string said;
  void* kept = nullptr;
  int hooks = 0;

  void talk(const char* what) {
    ++hooks;
    const std::string longer = said + what + " and a text that does not fit into the string itself";
    said.assign(longer, 0, 119 + static_cast<std::size_t>(hooks % 7) * 53);
    void* p = family::alloc(27);
    p = family::resize(p, 5003);
    said += family::usable_size(p) == 5003 ? '+' : '-';
    family::release(kept);
    kept = p;
  }
  SIZE_T PreAlloc(SIZE_T bytes) override {
    talk("PreAlloc");
    return bytes;
  }
  void* PostAlloc(void* p) override {
    talk("PostAlloc");
    return p;
  }
  void* PreFree(void* p, BOOL) override {
    talk("PreFree");
    return p;
  }
  void PostFree(BOOL) override {
    talk("PostFree");
  }
};

} // namespace

TEST_CASE("a spy is told the entry point, the alignment and whether memory is zeroed", "[interpose][spy]") {
  for (const spy_calls how : {spy_calls::serialised, spy_calls::concurrent}) {
    noting_spy spy(4999, how);
    const scoped_spy registered(&spy);
    void* p = family::alloc(4999);
    CHECK(spy.request == request_info{16, false, entry_point::c_library});
    family::release(p);
    CHECK(spy.freed == p);
    CHECK(spy.request_of_free.entry == entry_point::c_library);
    p = family::zeroed(1, 4999);
    CHECK(spy.request == request_info{16, true, entry_point::c_library});
    family::release(p);
    p = family::memalign(512, 4999);
    CHECK(spy.request == request_info{512, false, entry_point::c_library});
    p = family::resize(p, 4999);
    CHECK(spy.request == request_info{16, false, entry_point::c_library});
    CHECK(spy.reallocations == 1);
    family::release(p);
    p = family::make(4999);
    CHECK(spy.request == request_info{16, false, entry_point::operator_new});
    family::destroy(p);
    CHECK(spy.freed == p);
    CHECK(spy.request_of_free.entry == entry_point::operator_new);
    p = family::make_aligned(4999, 128);
    CHECK(spy.request == request_info{128, false, entry_point::operator_new});
    family::destroy_aligned(p, 128);
    CHECK(spy.allocations == 5);
  }
}

TEST_CASE("a refusal is ENOMEM", "[interpose][spy]") {
  noting_spy spy(4999);
  void* p = family::alloc(27);
  {
    const scoped_spy registered(&spy);
    spy.refuses = true;
    errno = 0;
    CHECK(family::alloc(4999) == nullptr);
    CHECK(errno == ENOMEM);
    errno = 0;
    CHECK(family::resize(p, 4999) == nullptr);
    CHECK(errno == ENOMEM);
    errno = 77;
    void* q = p;
    CHECK(family::posix_aligned(&q, 64, 4999) == ENOMEM);
    CHECK(q == p);
    CHECK(errno == 77);
  }
  CHECK(requested_size(p) == 27);
  family::release(p);
}

TEST_CASE("an absurd size does not reach a spy that would add to it", "[interpose][spy]") {
  header_spy spy;
  const scoped_spy registered(&spy);
  errno = 0;
  CHECK(family::alloc(SIZE_MAX - 7) == nullptr);
  CHECK(errno == ENOMEM);
  void* p = family::alloc(27);
  CHECK(family::resize(p, SIZE_MAX - 7) == nullptr);
  CHECK(family::usable_size(p) == 27);
  family::release(p);
}

TEST_CASE("client pointers that a spy has moved are blocks like all others", "[interpose][spy]") {
  header_spy spy;
  const scoped_spy registered(&spy);
  auto* p = static_cast<char*>(family::alloc(27));
  CHECK_FALSE(owns(p));
  CHECK(owns(p - 16));
  CHECK(family::usable_size(p) == 27);
  std::memset(p, 0x3C, 27);
  p = static_cast<char*>(family::resize(p, 5003));
  CHECK(family::usable_size(p) == 5003);
  CHECK(p[26] == 0x3C);
  family::release(p);
  CHECK_FALSE(owns(p - 16));
}

TEST_CASE("hooks may use strings and blocks of their own", "[interpose][spy]") {
  for (const spy_calls how : {spy_calls::serialised, spy_calls::concurrent}) {
    allocating_spy spy(how);
    {
      const scoped_spy registered(&spy);
      for (std::size_t size : {std::size_t{27}, std::size_t{4999}, std::size_t{0}}) {
        void* p = family::alloc(size);
        REQUIRE(p != nullptr);
        CHECK(requested_size(p) == size);
        // The hooks free this one, which was made outside of them.
        void* mine = family::alloc(53);
        family::release(std::exchange(spy.kept, mine));
        CHECK(spy.kept != mine);
        family::release(p);
      }
    }
    CHECK(spy.hooks >= 24);
    CHECK(spy.said.find('-') == std::string::npos);
    CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG); // nothing of the spy was left behind: the scope's end took it off
    family::release(spy.kept);
  }
}

// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/pass_through_spy.hpp"

#include <cstdint>
#include <cstring>
#include <mallocspy/mallocspy.h>
#include <mallocspy/mallocspy.hpp>
#include <vector>

using namespace mallocspy;

namespace {

constexpr request_info outside{2 * sizeof(void*), false, entry_point::none};

// Notes what current_request() says in each Pre and Post of an allocation.
class asking_spy : public test::pass_through_spy {
public:
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    seen.push_back(current_request());
    return cbRequest;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    seen.push_back(current_request());
    return pActual;
  }
  std::vector<request_info> seen;
};

// A header of `offset` bytes in front of every block.
class offset_spy : public test::pass_through_spy {
public:
  explicit offset_spy(std::size_t bytes) : offset(bytes) {}
  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    ++live;
    return cbRequest + offset;
  }
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    return pActual == nullptr ? nullptr : static_cast<char*>(pActual) + offset;
  }
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
    live -= fSpyed == TRUE ? 1 : 0;
    return fSpyed == TRUE ? static_cast<char*>(pRequest) - offset : pRequest;
  }
  std::size_t offset;
  int live = 0;
};

bool is_aligned(const void* p, std::size_t alignment) {
  return reinterpret_cast<std::uintptr_t>(p) % alignment == 0;
}

} // namespace

TEST_CASE("outside of a request there is none") {
  CHECK(current_request() == outside);
}

TEST_CASE("a spy can ask what was asked for beyond the size") {
  asking_spy spy;
  scoped_spy registered(&spy);
  void* p = CoTaskMemAlloc(27);
  void* q = mallocspy_calloc(3, 9);
  void* r = mallocspy_aligned_alloc(128, 53);
  CoTaskMemFree(p);
  CoTaskMemFree(q);
  CoTaskMemFree(r);
  const request_info task{2 * sizeof(void*), false, entry_point::task};
  const request_info zeroed{2 * sizeof(void*), true, entry_point::c};
  const request_info aligned{128, false, entry_point::c};
  REQUIRE(spy.seen.size() == 6);
  CHECK(spy.seen[0] == task);
  CHECK(spy.seen[1] == task);
  CHECK(spy.seen[2] == zeroed);
  CHECK(spy.seen[3] == zeroed);
  CHECK(spy.seen[4] == aligned);
  CHECK(spy.seen[5] == aligned);
  CHECK(current_request() == outside);
}

TEST_CASE("a nested call has a request of its own, and the outer one comes back") {
  class nesting_spy : public test::pass_through_spy {
  public:
    SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
      if (cbRequest == 53) {
        CoTaskMemFree(CoTaskMemAlloc(19));
        after_nested = current_request();
      } else {
        nested = current_request();
      }
      return cbRequest;
    }
    request_info nested{};
    request_info after_nested{};
  };
  nesting_spy spy;
  scoped_spy registered(&spy);
  mallocspy_free(mallocspy_aligned_alloc(64, 53));
  CHECK(spy.nested == request_info{2 * sizeof(void*), false, entry_point::task});
  CHECK(spy.after_nested == request_info{64, false, entry_point::c});
}

TEST_CASE("a spy that keeps the alignment moves aligned blocks as it likes") {
  offset_spy spy(256);
  scoped_spy registered(&spy);
  void* p = mallocspy_aligned_alloc(256, 119);
  REQUIRE(p != nullptr);
  CHECK(is_aligned(p, 256));
  CHECK(spy.live == 1);
  CHECK(registered.revoke() == E_ACCESSDENIED); // it is a spied block
  mallocspy_free(p);
  CHECK(spy.live == 0);
}

TEST_CASE("a block that a spy moved off its alignment goes back, and the request is served unspied") {
  offset_spy spy(16);
  scoped_spy registered(&spy);
  void* p = mallocspy_aligned_alloc(256, 119);
  REQUIRE(p != nullptr);
  CHECK(is_aligned(p, 256));
  CHECK(requested_size(p) == 119);    // raw: no header
  CHECK(spy.live == 0);               // the spy has been told that its block is gone
  CHECK(registered.revoke() == S_OK); // and nothing of it is left
  mallocspy_free(p);
  CHECK_FALSE(owns(p));
}

TEST_CASE("zeroed memory is zeroed under a spy with a header") {
  offset_spy spy(48);
  for (int round = 0; round < 20; ++round) {
    // Memory that was in use, so that zeroes are not there by themselves.
    void* dirty = CoTaskMemAlloc(97 + 48);
    std::memset(dirty, 0xA5, 97 + 48);
    CoTaskMemFree(dirty);
    scoped_spy registered(&spy);
    auto* p = static_cast<unsigned char*>(mallocspy_calloc(97, 1));
    REQUIRE(p != nullptr);
    CHECK(std::vector<unsigned char>(p, p + 97) == std::vector<unsigned char>(97, 0));
    mallocspy_free(p);
  }
}

// SPDX-License-Identifier: MIT
// A spy that revokes itself in PreAlloc: the end of that allocation decides, whichever way it ends, and each way of the
// library has an end of its own. So: spies with and without the lock, of which one hook is called or both.
#include "support/catch.hpp"

#include <cstdint>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

namespace {

constexpr SIZE_T revoking_size = 53;

enum class ending { block, refused, no_memory, kept_by_spy };

struct plan {
  spy_calls calls;
  ending end;
};

class revoking_spy : public spy_base {
public:
  explicit revoking_spy(const plan& p) : spy_base(p.calls), m_end(p.end) {}

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override {
    if (cbRequest != revoking_size) {
      return cbRequest;
    }
    answer = CoRevokeMallocSpy();
    return m_end == ending::refused ? 0 : m_end == ending::no_memory ? SIZE_MAX / 4 : cbRequest;
  }

  HRESULT answer = S_OK;

protected:
  ending end() const noexcept {
    return m_end;
  }

private:
  const ending m_end;
};

class revoking_spy_with_post final : public revoking_spy {
public:
  using revoking_spy::revoking_spy;

  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
    if (end() == ending::kept_by_spy && answer == E_ACCESSDENIED && kept == nullptr) {
      kept = pActual;
      return nullptr;
    }
    return pActual;
  }

  void* kept = nullptr;
};

template <class Spy> void check_end_decides(Spy& spy, ending end) {
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  for (int i = 0; i < 3; ++i) {
    CoTaskMemFree(CoTaskMemAlloc(27)); // the later ones take the short way
  }
  void* block = CoTaskMemAlloc(revoking_size);
  CHECK(spy.answer == E_ACCESSDENIED);
  if (end == ending::block) {
    REQUIRE(block != nullptr);
    CHECK(spy.references() == 1); // the block is left of it
    CoTaskMemFree(block);
  } else {
    CHECK(block == nullptr);
  }
  CHECK(spy.references() == 0);
  CHECK(CoRevokeMallocSpy() == CO_E_OBJNOTREG);
}

} // namespace

TEST_CASE("a revocation in PreAlloc is over when the allocation ends without a block, or with the free of its block") {
  const auto calls = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  const auto end = GENERATE(ending::block, ending::refused, ending::no_memory);
  CAPTURE(calls == spy_calls::concurrent, end);
  SECTION("under a spy of which PreAlloc alone is called") {
    revoking_spy spy({calls, end});
    check_end_decides(spy, end);
  }
  SECTION("under a spy of which PostAlloc is called too") {
    revoking_spy_with_post spy({calls, end});
    check_end_decides(spy, end);
  }
}

TEST_CASE("a revocation in PreAlloc is over when PostAlloc keeps the block for the spy") {
  const auto calls = GENERATE(spy_calls::serialised, spy_calls::concurrent);
  CAPTURE(calls == spy_calls::concurrent);
  revoking_spy_with_post spy({calls, ending::kept_by_spy});
  check_end_decides(spy, ending::kept_by_spy);
  REQUIRE(spy.kept != nullptr);
  CoTaskMemFree(spy.kept); // it is the heap's again
}

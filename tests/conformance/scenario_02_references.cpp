// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

namespace {

// A hundred operations of all kinds; every block is freed again.
void hundred_operations(subject& s) {
  for (SIZE_T i = 0; i < 14; ++i) {
    void* p = s.Alloc(27 + i);
    p = s.Realloc(p, 119 * i + 1);
    s.GetSize(p);
    s.DidAlloc(p);
    s.Free(p);
    s.Free(s.Realloc(nullptr, 53));
  }
  s.HeapMinimize();
  s.Realloc(s.Alloc(7), 0);
}

} // namespace

TEST_CASE("scenario 2: reference life cycle of a spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const auto spy = make_ref<recording_spy>(header_16);
  REQUIRE(spy->references() == 1);

  REQUIRE(s.register_spy(spy.get()) == S_OK);
  CHECK(spy->queries_for(IID_IMallocSpy) == 1);
  CHECK(spy->queries() <= 2); // one more, for a marker interface
  CHECK(spy->references() == 2);

  const std::size_t queries = spy->queries();
  hundred_operations(s);
  CHECK(spy->references() == 2);
  CHECK(spy->add_refs() == 0);
  CHECK(spy->releases() == 0);
  CHECK(spy->queries() == queries);

  CHECK(s.revoke_spy() == S_OK);
  CHECK(spy->references() == 1);
  CHECK(spy->releases() == 1);
}

// Decision 20 is the last of the three.
TEST_CASE("scenario 2: a spy that does not answer for IMallocSpy is not registered") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const auto spy = make_ref<recording_spy>(no_header);
  SECTION("E_NOINTERFACE") {
    spy->query_result = E_NOINTERFACE;
  }
  SECTION("E_FAIL") {
    spy->query_result = static_cast<HRESULT>(0x80004005U);
  }
  SECTION("decision 20: S_OK with a null pointer") {
    spy->query_yields_null = true;
  }
  CHECK(s.register_spy(spy.get()) == E_INVALIDARG);
  CHECK(spy->queries_for(IID_IMallocSpy) == 1);
  CHECK(spy->references() == 1);
  CHECK(spy->releases() == 0);
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
  s.Free(s.Alloc(27));
  CHECK(spy->take() == no_calls);
}

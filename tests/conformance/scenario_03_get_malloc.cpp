// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

namespace {

IMalloc* garbage() {
  return reinterpret_cast<IMalloc*>(static_cast<std::uintptr_t>(0x5A5A5A5A));
}

} // namespace

TEST_CASE("scenario 3: memory contexts of CoGetMalloc") {
  subject& s = subject_under_test();
  if (lacks(s, ability::process_wide)) {
    return;
  }
  for (const int context : {0, 2, 3, -1, -2}) {
    INFO("context " << context);
    IMalloc* p = garbage();
    CHECK(s.get_malloc(static_cast<DWORD>(context), &p) == E_INVALIDARG);
    CHECK(p == nullptr);
  }
  IMalloc* first = garbage();
  REQUIRE(s.get_malloc(1, &first) == S_OK);
  REQUIRE(first != nullptr);
  IMalloc* second = garbage();
  CHECK(s.get_malloc(1, &second) == S_OK);
  CHECK(second == first);
  first->Release();
  second->Release();
}

TEST_CASE("scenario 3: the object stays the same while spies come and go") {
  subject& s = subject_under_test();
  if (lacks(s, ability::process_wide) || lacks(s, ability::spies)) {
    return;
  }
  IMalloc* before = nullptr;
  IMalloc* during = nullptr;
  IMalloc* after = nullptr;
  REQUIRE(s.get_malloc(1, &before) == S_OK);
  {
    const registered_spy spy(s, no_header);
    CHECK(s.get_malloc(1, &during) == S_OK);
    CHECK(spy->take() == no_calls);
  }
  CHECK(s.get_malloc(1, &after) == S_OK);
  CHECK(during == before);
  CHECK(after == before);
}

TEST_CASE("scenario 3, decision 1: CoGetMalloc without an out pointer") {
  subject& s = subject_under_test();
  if (lacks(s, ability::process_wide) || lacks(s, ability::refuses_null_out)) {
    return;
  }
  CHECK(s.get_malloc(1, nullptr) == E_INVALIDARG);
  CHECK(s.get_malloc(2, nullptr) == E_INVALIDARG);
}

// Decision 3.
TEST_CASE("scenario 3: QueryInterface of the allocator") {
  subject& s = subject_under_test();
  void* p = garbage();
  CHECK(s.object()->QueryInterface(IID_IUnknown, &p) == S_OK);
  CHECK(p == s.object());
  p = garbage();
  CHECK(s.object()->QueryInterface(IID_IMalloc, &p) == S_OK);
  CHECK(p == s.object());
  p = garbage();
  CHECK(s.object()->QueryInterface(IID_IMallocSpy, &p) == E_NOINTERFACE);
  CHECK(p == nullptr);
  if (!lacks(s, ability::refuses_null_out)) {
    CHECK(s.object()->QueryInterface(IID_IMalloc, nullptr) == E_POINTER);
  }
}

TEST_CASE("scenario 3, decision 2: no number of releases destroys the allocator") {
  subject& s = subject_under_test();
  for (int i = 0; i < 1000; ++i) {
    CHECK(s.object()->Release() == 1);
  }
  CHECK(s.object()->AddRef() == 2);
  CHECK(s.object()->AddRef() == 2);
  void* p = s.object()->Alloc(27);
  CHECK(s.object()->GetSize(p) == 27);
  s.object()->Free(p);
}

// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

TEST_CASE("scenario 8: real failure") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_alloc = [](SIZE_T) { return huge; };

  CHECK(s.Alloc(64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreAlloc(64)->huge",
                           "PostAlloc(NULL)->NULL",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("scenario 8, decision 11: a pointer made of nothing is ignored") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  void* const null_plus_16 = reinterpret_cast<void*>(std::uintptr_t{16});
  spy->name("n", null_plus_16, 1);
  spy->script.pre_alloc = [](SIZE_T) { return huge; };
  spy->script.post_alloc = [=](void*) { return null_plus_16; };

  CHECK(s.Alloc(64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreAlloc(64)->huge",
                           "PostAlloc(NULL)->n",
                       });
  CHECK(s.DidAlloc(null_plus_16) == 0); // unspied: nothing was tracked
  CHECK(spy->take() == calls{
                           "PreDidAlloc(n,F)->n",
                           "PostDidAlloc(n,F,0)->0",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

// Wine's defect 2 on real failure.
TEST_CASE("scenario 15: real realloc failure of a spied block") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_realloc = [](void* pv, SIZE_T, void** np, BOOL) {
    *np = pv;
    return huge;
  };

  void* q = s.Alloc(32);
  support::fill(q, 32, 4);
  spy->take();
  CHECK(s.Realloc(q, 64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,64,&np,T)->huge, np=p",
                           "PostRealloc(NULL,T)->NULL",
                       });
  CHECK(support::holds(q, 32, 4));
  CHECK(s.GetSize(q) == 32);
  CHECK(spy->take() == calls{
                           "PreGetSize(p,T)->p",
                           "PostGetSize(32,T)->32",
                       });
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  s.Free(q);
  CHECK(spy->take() == calls{
                           "PreFree(p,T)->p",
                           "PostFree(T)",
                           "Release",
                       });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

TEST_CASE("scenario 15: real realloc failure of an unspied block, with a sloppy header") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(32);
  support::fill(a, 32, 4);
  const registered_spy spy(s, no_header);
  spy->name("a", a, 32);
  void* const null_plus_16 = reinterpret_cast<void*>(std::uintptr_t{16});
  spy->name("n", null_plus_16, 1);
  spy->script.pre_realloc = [](void* pv, SIZE_T, void** np, BOOL) {
    *np = pv;
    return huge;
  };
  spy->script.post_realloc = [=](void*, BOOL) { return null_plus_16; };

  CHECK(s.Realloc(a, 64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreRealloc(a,64,&np,F)->huge, np=a",
                           "PostRealloc(NULL,F)->n",
                       });
  CHECK(support::holds(a, 32, 4));
  CHECK(s.GetSize(a) == 32);
  CHECK(spy->take() == calls{
                           "PreGetSize(a,F)->a",
                           "PostGetSize(32,F)->32",
                       });
  CHECK(s.revoke_spy() == S_OK); // neither a nor n is tracked
  s.Free(a);
}

// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

// Wine's defect 2 on forced failure.
TEST_CASE("scenario 14: forced realloc failure of a spied block") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_realloc = [](void* pv, SIZE_T, void** np, BOOL) {
    *np = pv;
    return SIZE_T{0};
  };

  void* q = s.Alloc(32);
  support::fill(q, 32, 4);
  spy->take();
  CHECK(s.Realloc(q, 64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,64,&np,T)->0, np=p",
                       });
  CHECK(support::holds(q, 32, 4));
  CHECK(s.GetSize(q) == 32);
  CHECK(spy->take() == calls{
                           "PreGetSize(p,T)->p",
                           "PostGetSize(32,T)->32",
                       });
  s.Free(q);
  CHECK(spy->take() == calls{
                           "PreFree(p,T)->p",
                           "PostFree(T)",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("scenario 14: forced realloc failure of an unspied block") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(32);
  support::fill(a, 32, 4);
  const registered_spy spy(s, no_header);
  spy->name("a", a, 32);
  spy->script.pre_realloc = [](void* pv, SIZE_T, void** np, BOOL) {
    *np = pv;
    return SIZE_T{0};
  };
  CHECK(s.Realloc(a, 64) == nullptr);
  CHECK(support::holds(a, 32, 4));
  CHECK(s.GetSize(a) == 32);
  CHECK(spy->take() == calls{
                           "PreRealloc(a,64,&np,F)->0, np=a",
                           "PreGetSize(a,F)->a",
                           "PostGetSize(32,F)->32",
                       });
  CHECK(s.revoke_spy() == S_OK); // still unspied
  s.Free(a);
}

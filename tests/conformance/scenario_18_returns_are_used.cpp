// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

TEST_CASE("scenario 18: return values are used") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.post_get_size = [](SIZE_T, BOOL) { return SIZE_T{1234}; };
  spy->script.post_did_alloc = [](void*, BOOL, int) { return -1; };

  void* p = s.Alloc(119);
  support::fill(p, 119, 6);
  spy->take();
  CHECK(s.GetSize(p) == 1234);
  CHECK(s.DidAlloc(p) == -1);
  CHECK(spy->take() == calls{
                           "PreGetSize(p,T)->p",
                           "PostGetSize(119,T)->1234",
                           "PreDidAlloc(p,T)->p",
                           "PostDidAlloc(p,T,1)->-1",
                       });
  s.HeapMinimize();
  CHECK(spy->take() == calls{
                           "PreHeapMinimize()",
                           "PostHeapMinimize()",
                       });
  CHECK(support::holds(p, 119, 6));
  s.Free(p);
  CHECK(s.revoke_spy() == S_OK);
}

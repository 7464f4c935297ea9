// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

// Decisions 18 and 19: PostDidAlloc gets the client's pointer and the heap's answer.
TEST_CASE("scenario 10: header spy full cycle") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);

  void* q = s.Alloc(27);
  CHECK(h16->name_of(q) == "p+16");
  CHECK(h16->take() == calls{
                           "PreAlloc(27)->43",
                           "PostAlloc(p)->p+16",
                       });
  CHECK(s.GetSize(q) == 27);
  CHECK(h16->take() == calls{
                           "PreGetSize(p+16,T)->p",
                           "PostGetSize(43,T)->27", // 43, not 48: what was requested
                       });
  CHECK(s.DidAlloc(q) == 1);
  CHECK(h16->take() == calls{
                           "PreDidAlloc(p+16,T)->p",
                           "PostDidAlloc(p+16,T,1)->1",
                       });
  s.Free(q);
  CHECK(h16->take() == calls{
                           "PreFree(p+16,T)->p",
                           "PostFree(T)",
                       });
  CHECK(s.revoke_spy() == S_OK);
  CHECK(h16->take() == calls{
                           "Release",
                       });
}

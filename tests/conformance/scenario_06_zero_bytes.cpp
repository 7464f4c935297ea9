// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

TEST_CASE("scenario 6: zero-byte allocation") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);

  void* p = s.Alloc(0);
  REQUIRE(p != nullptr);
  CHECK(echo->name_of(p) == "p");
  CHECK(s.GetSize(p) == 0);
  CHECK(echo->take() == calls{
                            "PreAlloc(0)->0",
                            "PostAlloc(p)->p",
                            "PreGetSize(p,T)->p",
                            "PostGetSize(0,T)->0",
                        });
  s.Free(p);
  CHECK(echo->take() == calls{
                            "PreFree(p,T)->p",
                            "PostFree(T)",
                        });
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("scenario 6: zero-byte allocation under a header spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);

  void* p = s.Alloc(0);
  CHECK(h16->name_of(p) == "p+16");
  CHECK(s.GetSize(p) == 0);
  CHECK(s.DidAlloc(p) == 1);
  s.Free(p);
  CHECK(h16->take() == calls{
                           "PreAlloc(0)->16",
                           "PostAlloc(p)->p+16",
                           "PreGetSize(p+16,T)->p",
                           "PostGetSize(16,T)->0",
                           "PreDidAlloc(p+16,T)->p",
                           "PostDidAlloc(p+16,T,1)->1",
                           "PreFree(p+16,T)->p",
                           "PostFree(T)",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

// Decisions 13 and 14; Wine's defect 3.
TEST_CASE("scenario 16: Realloc of null is Alloc, Realloc to 0 is Free") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);

  void* p = s.Realloc(nullptr, 24);
  CHECK(echo->name_of(p) == "p");
  CHECK(echo->take() == calls{
                            "PreAlloc(24)->24",
                            "PostAlloc(p)->p",
                        });
  CHECK(s.Realloc(p, 0) == nullptr);
  CHECK(echo->take() == calls{
                            "PreFree(p,T)->p",
                            "PostFree(T)",
                        });
  CHECK(s.DidAlloc(p) == 0);
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("scenario 16: Realloc of null to 0 is Alloc of 0") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  void* p = s.Realloc(nullptr, 0);
  CHECK(p != nullptr);
  CHECK(echo->take() == calls{
                            "PreAlloc(0)->0",
                            "PostAlloc(p)->p",
                        });
  s.Free(p);
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("scenario 16: the same under a header spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  void* q = s.Realloc(nullptr, 24);
  CHECK(h16->name_of(q) == "p+16");
  CHECK(s.GetSize(q) == 24);
  CHECK(s.Realloc(q, 0) == nullptr);
  CHECK(h16->take() == calls{
                           "PreAlloc(24)->40",
                           "PostAlloc(p)->p+16",
                           "PreGetSize(p+16,T)->p",
                           "PostGetSize(40,T)->24",
                           "PreFree(p+16,T)->p",
                           "PostFree(T)",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("scenario 16: Realloc to 0 frees an unspied block as unspied") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(119);
  const registered_spy h16(s, header_16);
  h16->name("a", a, 119);
  CHECK(s.Realloc(a, 0) == nullptr);
  CHECK(h16->take() == calls{
                           "PreFree(a,F)->a",
                           "PostFree(F)",
                       });
  CHECK(s.revoke_spy() == S_OK);
  CHECK(s.DidAlloc(a) == 0);
}

// Wine's defect 4: a null pointer was found among the emptied places of the table, and counted down.
TEST_CASE("scenario 16: Realloc of null after spied blocks were freed") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  void* a = s.Alloc(24);
  void* b = s.Alloc(24);
  s.Free(a);
  void* c = s.Realloc(nullptr, 53);
  CHECK(s.GetSize(c) == 53);
  s.Free(b);
  CHECK(s.revoke_spy() == E_ACCESSDENIED); // c is counted
  echo->take();
  s.Free(c);
  const calls freed = echo->take();
  REQUIRE(freed.lines.size() == 3);
  CHECK(freed.lines.at(1) == "PostFree(T)");
  CHECK(freed.lines.at(2) == "Release");
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

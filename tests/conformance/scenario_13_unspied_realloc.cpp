// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

// Decision 15: PostRealloc's fSpyed is PreRealloc's.
TEST_CASE("scenario 13: unspied realloc becomes spied") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(10);
  support::fill(a, 10, 2);
  const registered_spy echo(s, no_header);
  echo->name("a", a, 10);

  void* b = s.Realloc(a, 50);
  CHECK(echo->take() == calls{
                            "PreRealloc(a,50,&np,F)->50, np=a",
                            "PostRealloc(r,F)->r",
                        });
  CHECK(echo->name_of(b) == "r");
  CHECK(support::holds(b, 10, 2));
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  s.Free(b);
  CHECK(echo->take() == calls{
                            "PreFree(r,T)->r",
                            "PostFree(T)",
                            "Release",
                        });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

// In place too, where no new block appears.
TEST_CASE("scenario 13: an unspied block that shrinks by one byte becomes spied") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(1190);
  const registered_spy echo(s, no_header);
  echo->name("a", a, 1190);
  void* b = s.Realloc(a, 1189);
  CHECK(s.GetSize(b) == 1189);
  s.Free(b);
  CHECK(echo->take() == calls{
                            "PreRealloc(a,1189,&np,F)->1189, np=a",
                            "PostRealloc(r,F)->r",
                            "PreGetSize(r,T)->r",
                            "PostGetSize(1189,T)->1189",
                            "PreFree(r,T)->r",
                            "PostFree(T)",
                        });
  CHECK(s.revoke_spy() == S_OK);
}

// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

TEST_CASE("scenario 17: deferred revoke") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  const auto other = make_ref<recording_spy>(no_header);

  void* a = s.Alloc(8);
  void* b = s.Alloc(8);
  CHECK(echo->take() == calls{
                            "PreAlloc(8)->8",
                            "PostAlloc(p)->p",
                            "PreAlloc(8)->8",
                            "PostAlloc(p2)->p2",
                        });
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  CHECK(s.register_spy(other.get()) == CO_E_OBJISREG);
  s.Free(a);
  CHECK(echo->take() == calls{
                            "PreFree(p,T)->p",
                            "PostFree(T)",
                        });
  CHECK(echo->references() == 2);
  s.Free(b);
  CHECK(echo->take() == calls{
                            "PreFree(p2,T)->p2", "PostFree(T)",
                            "Release", // after PostFree, before Free returns
                        });
  CHECK(echo->references() == 1);
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
  s.Free(s.Alloc(8));
  CHECK(echo->take() == no_calls);
  CHECK(other->queries() == 0);
  CHECK(s.register_spy(other.get()) == S_OK);
  CHECK(s.revoke_spy() == S_OK);
}

// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

// Decision 17.
TEST_CASE("scenario 9: null arguments are invisible") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);

  s.Free(nullptr);
  s.object()->Free(nullptr);
  CHECK(s.GetSize(nullptr) == unknown_size);
  CHECK(s.DidAlloc(nullptr) == -1);
  CHECK(echo->take() == no_calls);
  CHECK(s.revoke_spy() == S_OK);
}

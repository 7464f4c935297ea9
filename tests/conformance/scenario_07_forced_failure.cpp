// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

TEST_CASE("scenario 7: forced failure") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_alloc = [](SIZE_T cb) { return cb == 64 ? 0 : cb; };

  CHECK(s.Alloc(64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreAlloc(64)->0",
                       });
  CHECK(s.Realloc(nullptr, 64) == nullptr);
  CHECK(spy->take() == calls{
                           "PreAlloc(64)->0",
                       });
  CHECK(s.revoke_spy() == S_OK); // nothing outstanding
}

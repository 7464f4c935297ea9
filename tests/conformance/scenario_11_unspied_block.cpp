// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

using namespace conformance;

// The spy has not seen an allocation when it is asked: Wine's defect 6.
TEST_CASE("scenario 11: unspied block under a spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(10);
  {
    const registered_spy h16(s, header_16);
    h16->name("a", a, 10);
    CHECK(s.GetSize(a) == 10);
    CHECK(h16->take() == calls{
                             "PreGetSize(a,F)->a",
                             "PostGetSize(10,F)->10",
                         });
    CHECK(s.DidAlloc(a) == 1);
    CHECK(h16->take() == calls{
                             "PreDidAlloc(a,F)->a",
                             "PostDidAlloc(a,F,1)->1",
                         });
    CHECK(s.revoke_spy() == S_OK); // although a lives
  }
  const registered_spy h16(s, header_16);
  h16->name("a", a, 10);
  s.Free(a);
  CHECK(h16->take() == calls{
                           "PreFree(a,F)->a",
                           "PostFree(F)",
                       });
  CHECK(s.revoke_spy() == S_OK);
  CHECK(s.DidAlloc(a) == 0);
}

TEST_CASE("scenario 11: a block of an earlier spy's time is unspied") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = nullptr;
  {
    // A spy may give its blocks away: PostAlloc says null, and the raw block lives on as nobody's.
    const registered_spy giving(s, no_header);
    giving->script.post_alloc = [&a](void* raw) {
      a = raw;
      return nullptr;
    };
    CHECK(s.Alloc(53) == nullptr);
    REQUIRE(s.revoke_spy() == S_OK);
  }
  const registered_spy next(s, no_header);
  next->name("a", a, 53);
  CHECK(s.GetSize(a) == 53);
  s.Free(a);
  CHECK(next->take() == calls{
                            "PreGetSize(a,F)->a",
                            "PostGetSize(53,F)->53",
                            "PreFree(a,F)->a",
                            "PostFree(F)",
                        });
  CHECK(s.revoke_spy() == S_OK);
}

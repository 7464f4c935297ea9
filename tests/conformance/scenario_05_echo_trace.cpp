// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"

#include <thread>

using namespace conformance;

namespace {

const calls alloc_and_free{
    "PreAlloc(40)->40",
    "PostAlloc(p)->p",
    "PreFree(p,T)->p",
    "PostFree(T)",
};

} // namespace

TEST_CASE("scenario 5: echo trace") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  IMalloc* from_before = s.object();
  const registered_spy echo(s, no_header);

  SECTION("through the subject's own door") {
    void* q = s.Alloc(40);
    CHECK(echo->name_of(q) == "p");
    s.Free(q);
    CHECK(echo->take() == alloc_and_free);
  }
  SECTION("through the object from before the registration") {
    void* q = from_before->Alloc(40);
    CHECK(echo->name_of(q) == "p");
    from_before->Free(q);
    CHECK(echo->take() == alloc_and_free);
  }
  SECTION("from another thread") {
    std::thread([&s] { s.Free(s.Alloc(40)); }).join();
    CHECK(echo->take() == alloc_and_free);
  }
  CHECK(s.revoke_spy() == S_OK);
  CHECK(echo->take() == calls{"Release"});
  s.Free(s.Alloc(40));
  CHECK(echo->take() == no_calls);
}

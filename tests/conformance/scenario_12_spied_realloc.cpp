// SPDX-License-Identifier: MIT
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

TEST_CASE("scenario 12: spied realloc with header") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);

  void* q = s.Alloc(20);
  support::fill(q, 20, 5);
  h16->take();
  void* q2 = s.Realloc(q, 100);
  REQUIRE(h16->take() == calls{
                             "PreRealloc(p+16,100,&np,T)->116, np=p",
                             "PostRealloc(r,T)->r+16",
                         });
  CHECK(h16->name_of(q2) == "r+16");
  CHECK(support::holds(q2, 20, 5));
  CHECK(s.GetSize(q2) == 100);
  s.Free(q2);
  CHECK(h16->take() == calls{
                           "PreGetSize(r+16,T)->r",
                           "PostGetSize(116,T)->100",
                           "PreFree(r+16,T)->r",
                           "PostFree(T)",
                       });
  CHECK(s.revoke_spy() == S_OK); // no entry left for q
}

TEST_CASE("scenario 12: spied realloc to every kind of place") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const SIZE_T header = GENERATE(as<SIZE_T>{}, 0, 16);
  const registered_spy spy(s, header);
  CAPTURE(header);
  // Up and down, by one byte and by much: in place and moved.
  SIZE_T size = 53;
  void* q = s.Alloc(size);
  support::fill(q, size, 9);
  constexpr SIZE_T sizes[] = {54, 53, 60, 48, 1190, 1191, 1100, 7, 70001, 70002, 60000, 1 << 21, 119, 1};
  for (const SIZE_T next : sizes) {
    const SIZE_T kept = next < size ? next : size;
    CAPTURE(size, next);
    q = s.Realloc(q, next);
    REQUIRE(q != nullptr);
    CHECK(support::holds(q, kept, 9));
    CHECK(s.GetSize(q) == next);
    CHECK(s.DidAlloc(q) == 1);
    CHECK(s.revoke_spy() == E_ACCESSDENIED); // spied still
    support::fill(q, next, 9, kept);
    size = next;
  }
  spy->take();
  s.Free(q); // the one spied block: the revocation completes
  const calls freed = spy->take();
  REQUIRE(freed.lines.size() == 3);
  CHECK(freed.lines.at(1) == "PostFree(T)");
  CHECK(freed.lines.at(2) == "Release");
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

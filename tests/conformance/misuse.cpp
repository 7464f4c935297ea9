// SPDX-License-Identifier: MIT
// Decision 7: Free and Realloc of what is no live block are reported, once each, and change nothing.
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

namespace {

void* at(void* p, std::size_t offset) {
  return static_cast<char*>(p) + offset;
}

} // namespace

TEST_CASE("misuse: reported once and without effect") {
  subject& s = subject_under_test();
  if (lacks(s, ability::reports_misuse)) {
    return;
  }
  void* p = s.Alloc(1190);
  support::fill(p, 1190, 1);
  void* gone = s.Alloc(53);
  s.Free(gone);
  int on_the_stack[40] = {};
  const std::size_t before = s.misuses();

  void* const wrong[] = {gone,        at(p, 1),          at(p, 16),
                         at(p, 1189), &on_the_stack[16], reinterpret_cast<void*>(std::uintptr_t{1})};
  std::size_t expected = before;
  for (void* w : wrong) {
    s.Free(w);
    CHECK(s.misuses() == ++expected);
    CHECK(s.Realloc(w, 0) == nullptr);
    CHECK(s.misuses() == ++expected);
    CHECK(s.Realloc(w, 119) == nullptr);
    CHECK(s.misuses() == ++expected);
    CHECK(s.GetSize(w) == unknown_size); // asking is no misuse
    CHECK(s.DidAlloc(w) == 0);
    CHECK(s.misuses() == expected);
  }
  CHECK(s.GetSize(p) == 1190);
  CHECK(support::holds(p, 1190, 1));
  s.Free(p);
  s.Free(nullptr);
  CHECK(s.misuses() == expected);
}

TEST_CASE("misuse: under a spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::reports_misuse) || lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  void* p = s.Alloc(1190);
  void* gone = s.Alloc(53);
  s.Free(gone);
  h16->take();
  const std::size_t before = s.misuses();
  s.Free(gone);
  CHECK(h16->take() == calls{
                           "PreFree(p2+16,F)->p2+16",
                           "PostFree(F)",
                       });
  CHECK(s.misuses() == before + 1);
  CHECK(s.Realloc(gone, 27) == nullptr);
  CHECK(h16->take() == calls{
                           "PreRealloc(p2+16,27,&np,F)->27, np=p2+16",
                           "PostRealloc(NULL,F)->NULL",
                       });
  CHECK(s.misuses() == before + 2);
  s.Free(at(p, 32));
  CHECK(s.misuses() == before + 3);
  CHECK(s.revoke_spy() == E_ACCESSDENIED); // p still counts, and nothing was counted twice
  CHECK(s.GetSize(p) == 1190);
  s.Free(p);
  CHECK(s.misuses() == before + 3);
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

// The set is not touched by a Realloc that fails because of what the spy answered.
TEST_CASE("misuse: a spy that gives a wrong pointer to the heap") {
  subject& s = subject_under_test();
  if (lacks(s, ability::reports_misuse) || lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  void* p = s.Alloc(119);
  spy->script.pre_realloc = [](void* pv, SIZE_T cb, void** np, BOOL) {
    *np = static_cast<char*>(pv) + 7;
    return cb;
  };
  const std::size_t before = s.misuses();
  spy->take();
  CHECK(s.Realloc(p, 1190) == nullptr);
  CHECK(s.misuses() == before + 1);
  CHECK(s.GetSize(p) == 119);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,1190,&np,T)->1190, np=p+7",
                           "PostRealloc(NULL,T)->NULL",
                           "PreGetSize(p,T)->p",
                           "PostGetSize(119,T)->119",
                       });
  s.Free(p);
  CHECK(s.revoke_spy() == S_OK);
}

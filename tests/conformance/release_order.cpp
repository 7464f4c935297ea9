// SPDX-License-Identifier: MIT
// Decision 23 and Wine's defect 10: when the spy is released it is off already, and the lock is free, so that its
// destructor may do anything.
#include "conformance/scenario.hpp"
#include "support/on_another_thread.hpp"

#include <optional>

using namespace conformance;

namespace {

constexpr HRESULT not_asked = 1; // S_FALSE: none of the functions returns it

// What a Release finds when it looks around.
struct findings {
  bool looked = false;
  HRESULT revoke = not_asked;
  bool other_thread_got_through = false;
  HRESULT register_next = not_asked;
  HRESULT revoke_next = not_asked;
  std::optional<support::on_another_thread> other; // outlives the Release, in case it waits for its end
};

void look_around_on_release(subject& s, recording_spy& spy, IMallocSpy* next, findings& found) {
  spy.script.release = [&s, next, &found] {
    if (found.looked) {
      return; // the test's own reference
    }
    found.looked = true;
    found.other.emplace([&s, next, &found] {
      found.register_next = s.register_spy(next);
      s.Free(s.Alloc(53));
      found.revoke_next = s.revoke_spy();
    });
    found.other_thread_got_through = found.other->done();
    if (found.other_thread_got_through) { // else this thread would be stuck as well
      found.revoke = s.revoke_spy();
      s.Free(s.Alloc(27));
    }
  };
}

} // namespace

TEST_CASE("release: the spy is off and the lock is free") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  findings found;
  const registered_spy spy(s, no_header);
  const auto next = make_ref<recording_spy>(no_header);

  SECTION("from CoRevokeMallocSpy") {
    look_around_on_release(s, *spy.spy, next.get(), found);
    CHECK(s.revoke_spy() == S_OK);
  }
  SECTION("from the Free that completes a revocation") {
    void* p = s.Alloc(119);
    CHECK(s.revoke_spy() == E_ACCESSDENIED);
    look_around_on_release(s, *spy.spy, next.get(), found);
    spy->take();
    s.Free(p);
  }
  CHECK(found.revoke == CO_E_OBJNOTREG);
  CHECK(found.other_thread_got_through);
  CHECK(found.register_next == S_OK);
  CHECK(found.revoke_next == S_OK);
  const calls seen = spy->take();
  CHECK(seen.lines.back() == "Release"); // and nothing nested in it
  CHECK(next->take() == calls{
                            "PreAlloc(53)->53",
                            "PostAlloc(p)->p",
                            "PreFree(p,T)->p",
                            "PostFree(T)",
                            "Release",
                        });
}

// SPDX-License-Identifier: MIT
// What the allocator makes of unusual answers: sections 5.2 to 5.6 of the contract beyond the numbered scenarios.
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

TEST_CASE("answers, decision 10: a PreAlloc that shrinks the request is obeyed") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_alloc = [](SIZE_T cb) { return cb / 2; };
  void* p = s.Alloc(106);
  REQUIRE(p != nullptr);
  CHECK(s.GetSize(p) == 53);
  CHECK(spy->take() == calls{
                           "PreAlloc(106)->53",
                           "PostAlloc(p)->p",
                           "PreGetSize(p,T)->p",
                           "PostGetSize(53,T)->53",
                       });
  s.Free(p);
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("answers, decision 12: a block that PostAlloc keeps belongs to the spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* kept = nullptr;
  const registered_spy spy(s, no_header);
  spy->script.post_alloc = [&kept](void* raw) {
    kept = raw;
    return nullptr;
  };
  CHECK(s.Alloc(53) == nullptr);
  CHECK(s.GetSize(kept) == 53); // not freed, not tracked
  CHECK(spy->take() == calls{
                           "PreAlloc(53)->53",
                           "PostAlloc(p)->NULL",
                           "PreGetSize(p,F)->p",
                           "PostGetSize(53,F)->53",
                       });
  CHECK(s.revoke_spy() == S_OK);
  CHECK(s.DidAlloc(kept) == 1);
  s.Free(kept);
}

TEST_CASE("answers: a PreFree that returns null quarantines the block") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_free = [](void*, BOOL) -> void* { return nullptr; };
  void* p = s.Alloc(53);
  support::fill(p, 53, 1);
  spy->take();
  s.Free(p);
  CHECK(spy->take() == calls{
                           "PreFree(p,T)->NULL",
                           "PostFree(T)",
                       });
  CHECK(support::holds(p, 53, 1)); // alive in the heap
  CHECK(s.DidAlloc(p) == 1);
  CHECK(spy->take() == calls{
                           "PreDidAlloc(p,F)->p",
                           "PostDidAlloc(p,F,1)->1",
                       });
  CHECK(s.revoke_spy() == S_OK); // it counts as freed
  s.Free(p);
}

// Wine's defect 8.
TEST_CASE("answers: a PreRealloc that forgets to store the pointer resizes the client's") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_realloc = [](void*, SIZE_T cb, void**, BOOL) { return cb; };
  void* p = s.Alloc(53);
  support::fill(p, 53, 1);
  spy->take();
  void* r = s.Realloc(p, 1190);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,1190,&np,T)->1190, np=p",
                           "PostRealloc(r,T)->r",
                       });
  CHECK(support::holds(r, 53, 1));
  s.Free(r);
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("answers: a PreRealloc that stores null takes the old block over") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  SIZE_T answer = 119;
  spy->script.pre_realloc = [&answer](void*, SIZE_T, void** np, BOOL) {
    *np = nullptr;
    return answer;
  };
  void* p = s.Alloc(53);
  support::fill(p, 53, 1);
  spy->take();

  answer = huge; // no memory: nothing has changed
  CHECK(s.Realloc(p, 119) == nullptr);
  CHECK(s.GetSize(p) == 53);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,119,&np,T)->huge, np=NULL",
                           "PostRealloc(NULL,T)->NULL",
                           "PreGetSize(p,T)->p",
                           "PostGetSize(53,T)->53",
                       });

  answer = 119;
  void* r = s.Realloc(p, 119);
  CHECK(r != nullptr);
  CHECK(r != p);
  CHECK(s.GetSize(p) == 53); // lives, unspied: it is the spy's now
  CHECK(support::holds(p, 53, 1));
  CHECK(s.GetSize(r) == 119);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,119,&np,T)->119, np=NULL",
                           "PostRealloc(r,T)->r",
                           "PreGetSize(p,F)->p",
                           "PostGetSize(53,F)->53",
                           "PreGetSize(r,T)->r",
                           "PostGetSize(119,T)->119",
                       });
  s.Free(p);
  s.Free(r);
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("answers: a block that PostRealloc keeps belongs to the spy") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* kept = nullptr;
  const registered_spy spy(s, no_header);
  spy->script.post_realloc = [&kept](void* raw, BOOL) {
    kept = raw;
    return nullptr;
  };
  void* p = s.Alloc(53);
  spy->take();
  CHECK(s.Realloc(p, 1190) == nullptr);
  CHECK(s.GetSize(kept) == 1190);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,1190,&np,T)->1190, np=p",
                           "PostRealloc(r,T)->NULL",
                           "PreGetSize(r,F)->r",
                           "PostGetSize(1190,F)->1190",
                       });
  CHECK(s.revoke_spy() == S_OK); // p has left the set
  s.Free(kept);
}

// Wine's defect 7: it gave the altered pointer to PostDidAlloc, and validated its whole heap when that was null.
TEST_CASE("answers: PreGetSize and PreDidAlloc that return null ask about nothing") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  spy->script.pre_get_size = [](void*, BOOL) -> void* { return nullptr; };
  spy->script.pre_did_alloc = [](void*, BOOL) -> void* { return nullptr; };
  void* p = s.Alloc(53);
  spy->take();
  CHECK(s.GetSize(p) == unknown_size);
  CHECK(s.DidAlloc(p) == -1);
  CHECK(spy->take() == calls{
                           "PreGetSize(p,T)->NULL",
                           "PostGetSize(-1,T)->-1",
                           "PreDidAlloc(p,T)->NULL",
                           "PostDidAlloc(p,T,-1)->-1",
                       });
  s.Free(p);
  CHECK(s.revoke_spy() == S_OK);
}

// Decisions 9 and 19.
TEST_CASE("answers: pointers that are no blocks") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy spy(s, no_header);
  void* p = s.Alloc(53);
  void* inside = static_cast<char*>(p) + 20;
  spy->take();
  CHECK(s.GetSize(inside) == unknown_size);
  CHECK(s.DidAlloc(inside) == 0);
  CHECK(spy->take() == calls{
                           "PreGetSize(p+20,F)->p+20",
                           "PostGetSize(-1,F)->-1",
                           "PreDidAlloc(p+20,F)->p+20",
                           "PostDidAlloc(p+20,F,0)->0",
                       });
  s.Free(p);
  spy->take();
  CHECK(s.GetSize(p) == unknown_size);
  CHECK(s.DidAlloc(p) == 0);
  CHECK(spy->take() == calls{
                           "PreGetSize(p,F)->p",
                           "PostGetSize(-1,F)->-1",
                           "PreDidAlloc(p,F)->p",
                           "PostDidAlloc(p,F,0)->0",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

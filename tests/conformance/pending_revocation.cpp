// SPDX-License-Identifier: MIT
// What happens between a revocation that was refused and its completion: decisions 21 and 22.
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

using namespace conformance;

// Wine's defect 5: it completed the revocation in the middle of the Realloc, and the client got a raw pointer.
TEST_CASE("pending: Realloc of the last spied block") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  void* q = s.Alloc(20);
  support::fill(q, 20, 5);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  h16->take();
  void* q2 = s.Realloc(q, 1190);
  CHECK(h16->take() == calls{
                           "PreRealloc(p+16,1190,&np,T)->1206, np=p",
                           "PostRealloc(r,T)->r+16",
                       });
  CHECK(h16->name_of(q2) == "r+16");
  CHECK(support::holds(q2, 20, 5));
  CHECK(s.GetSize(q2) == 1190);
  h16->take();
  s.Free(q2);
  CHECK(h16->take() == calls{
                           "PreFree(r+16,T)->r",
                           "PostFree(T)",
                           "Release",
                       });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

TEST_CASE("pending: new blocks are spied and prolong it") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  void* q = s.Alloc(20);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  void* q2 = s.Alloc(53);
  h16->take();
  s.Free(q);
  CHECK(s.GetSize(q2) == 53);
  CHECK(h16->take() == calls{
                           "PreFree(p+16,T)->p",
                           "PostFree(T)",
                           "PreGetSize(p2+16,T)->p2",
                           "PostGetSize(69,T)->53",
                       });
  s.Free(q2);
  CHECK(h16->take() == calls{
                           "PreFree(p2+16,T)->p2",
                           "PostFree(T)",
                           "Release",
                       });
}

TEST_CASE("pending: operations on unspied blocks do not complete it while a spied one lives") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(10);
  const registered_spy h16(s, header_16);
  h16->name("a", a, 10);
  void* q = s.Alloc(20);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  h16->take();
  s.Free(a);
  s.HeapMinimize();
  CHECK(h16->take() == calls{
                           "PreFree(a,F)->a",
                           "PostFree(F)",
                           "PreHeapMinimize()",
                           "PostHeapMinimize()",
                       });
  s.Free(q);
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

TEST_CASE("pending: Realloc to 0 of the last spied block completes it") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  void* q = s.Alloc(20);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  h16->take();
  CHECK(s.Realloc(q, 0) == nullptr);
  CHECK(h16->take() == calls{
                           "PreFree(p+16,T)->p",
                           "PostFree(T)",
                           "Release",
                       });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

TEST_CASE("pending: a Realloc whose block the spy keeps completes it") {
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
  void* q = s.Alloc(20);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  spy->take();
  CHECK(s.Realloc(q, 53) == nullptr);
  CHECK(spy->take() == calls{
                           "PreRealloc(p,53,&np,T)->53, np=p",
                           "PostRealloc(r,T)->NULL",
                           "Release",
                       });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
  s.Free(kept);
}

// Every other operation, once it finds nothing spied at its end. The revocation becomes pending inside it.
TEST_CASE("pending: any operation that ends with nothing spied completes it") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(10);
  const registered_spy spy(s, no_header);
  spy->name("a", a, 10);
  HRESULT inside = S_OK;
  const auto revoke = [&] { inside = s.revoke_spy(); };

  SECTION("GetSize") {
    spy->script.pre_get_size = [&](void* pv, BOOL) {
      revoke();
      return pv;
    };
    CHECK(s.GetSize(a) == 10);
    CHECK(spy->take() == calls{
                             "PreGetSize(a,F)->a",
                             "PostGetSize(10,F)->10",
                             "Release",
                         });
  }
  SECTION("DidAlloc") {
    spy->script.post_did_alloc = [&](void*, BOOL, int did) {
      revoke();
      return did;
    };
    CHECK(s.DidAlloc(a) == 1);
    CHECK(spy->take() == calls{
                             "PreDidAlloc(a,F)->a",
                             "PostDidAlloc(a,F,1)->1",
                             "Release",
                         });
  }
  SECTION("HeapMinimize") {
    spy->script.pre_heap_minimize = revoke;
    s.HeapMinimize();
    CHECK(spy->take() == calls{
                             "PreHeapMinimize()",
                             "PostHeapMinimize()",
                             "Release",
                         });
  }
  SECTION("Alloc that fails") {
    spy->script.pre_alloc = [&](SIZE_T) {
      revoke();
      return SIZE_T{0};
    };
    CHECK(s.Alloc(53) == nullptr);
    CHECK(spy->take() == calls{
                             "PreAlloc(53)->0",
                             "Release",
                         });
  }
  SECTION("Realloc that fails") {
    spy->script.pre_realloc = [&](void*, SIZE_T, void**, BOOL) {
      revoke();
      return SIZE_T{0};
    };
    CHECK(s.Realloc(a, 53) == nullptr);
    CHECK(spy->take() == calls{
                             "PreRealloc(a,53,&np,F)->0, np=a",
                             "Release",
                         });
  }
  CHECK(inside == E_ACCESSDENIED);
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
  s.Free(a);
}

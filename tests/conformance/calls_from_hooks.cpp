// SPDX-License-Identifier: MIT
// A spy that calls the allocator, or registers and revokes, from inside its hooks. Nested calls are indented in the traces.
#include "conformance/scenario.hpp"

using namespace conformance;

// Decisions 16 and 25. WIL's spy does this.
TEST_CASE("hooks: GetSize inside PreFree finds the block spied") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  SIZE_T size = 0;
  h16->script.pre_free = [&](void* pv, BOOL) {
    size = s.GetSize(pv);
    return static_cast<char*>(pv) - 16;
  };
  void* q = s.Alloc(27);
  h16->take();
  s.Free(q);
  CHECK(size == 27);
  CHECK(h16->take() == calls{
                           "PreFree(p+16,T)->p",
                           "  PreGetSize(p+16,T)->p",
                           "  PostGetSize(43,T)->27",
                           "PostFree(T)",
                       });
  CHECK(s.revoke_spy() == S_OK);
}

TEST_CASE("hooks: the block is unspied from the end of PreFree on") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  void* q = s.Alloc(27);
  echo->script.post_free = [&](BOOL) { s.DidAlloc(q); };
  echo->take();
  s.Free(q);
  CHECK(echo->take() == calls{
                            "PreFree(p,T)->p",
                            "PostFree(T)",
                            "  PreDidAlloc(p,F)->p",
                            "  PostDidAlloc(p,F,0)->0",
                        });
  CHECK(s.revoke_spy() == S_OK);
}

// Decision 25.
TEST_CASE("hooks: nested allocations are spied and counted") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy h16(s, header_16);
  void* log = nullptr;
  h16->script.post_alloc = [&](void* raw) {
    if (log == nullptr) {
      log = raw; // once
      log = s.Alloc(53);
    }
    return static_cast<char*>(raw) + 16;
  };
  void* q = s.Alloc(27);
  CHECK(h16->take() == calls{
                           "PreAlloc(27)->43",
                           "PostAlloc(p)->p+16",
                           "  PreAlloc(53)->69",
                           "  PostAlloc(p2)->p2+16",
                       });
  CHECK(h16->name_of(log) == "p2+16");
  s.Free(q);
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  s.Free(log);
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

TEST_CASE("hooks: a nested Realloc and Free of another block") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  void* other = s.Alloc(7);
  void* q = s.Alloc(27);
  echo->script.pre_realloc = [&](void* pv, SIZE_T cb, void** np, BOOL) {
    if (pv == q) {
      other = s.Realloc(other, 119);
    }
    *np = pv;
    return cb;
  };
  echo->script.post_realloc = [&](void* raw, BOOL) {
    if (raw != nullptr && other != nullptr && s.GetSize(raw) == 1190) {
      s.Free(other);
      other = nullptr;
    }
    return raw;
  };
  echo->take();
  void* q2 = s.Realloc(q, 1190);
  CHECK(echo->take() == calls{
                            "PreRealloc(p2,1190,&np,T)->1190, np=p2",
                            "  PreRealloc(p,119,&np,T)->119, np=p",
                            "  PostRealloc(r,T)->r",
                            "    PreGetSize(r,F)->r",
                            "    PostGetSize(119,F)->119",
                            "PostRealloc(r2,T)->r2",
                            "  PreGetSize(r2,F)->r2",
                            "  PostGetSize(1190,F)->1190",
                            "  PreFree(r,T)->r",
                            "  PostFree(T)",
                        });
  s.Free(q2);
  CHECK(s.revoke_spy() == S_OK);
}

// Decision 24.
TEST_CASE("hooks: revoking inside a hook is refused and pending") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  HRESULT inside = S_OK;
  echo->script.pre_alloc = [&](SIZE_T cb) {
    inside = s.revoke_spy();
    return cb;
  };
  void* p = s.Alloc(27);
  REQUIRE(p != nullptr);
  CHECK(inside == E_ACCESSDENIED);
  CHECK(echo->take() == calls{
                            "PreAlloc(27)->27",
                            "PostAlloc(p)->p",
                        });
  inside = S_OK;
  echo->script.post_free = [&](BOOL) { inside = s.revoke_spy(); }; // nothing is spied any more, but the call still runs
  s.Free(p);
  CHECK(inside == E_ACCESSDENIED);
  CHECK(echo->take() == calls{
                            "PreFree(p,T)->p",
                            "PostFree(T)",
                            "Release",
                        });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

// Decision 21: the outermost operation completes it, not the nested one that frees the last block.
TEST_CASE("hooks: a pending revocation waits for the outermost operation") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  void* a = s.Alloc(10);
  const registered_spy echo(s, no_header);
  echo->name("a", a, 10);
  void* p = s.Alloc(27);
  echo->script.pre_get_size = [&](void* pv, BOOL) {
    s.Free(p);
    return pv;
  };
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  echo->take();
  CHECK(s.GetSize(a) == 10);
  CHECK(echo->take() == calls{
                            "PreGetSize(a,F)->a",
                            "  PreFree(p,T)->p",
                            "  PostFree(T)",
                            "PostGetSize(10,F)->10",
                            "Release",
                        });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
  s.Free(a);
}

TEST_CASE("hooks: registering inside a hook is refused without a query") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  const auto other = make_ref<recording_spy>(no_header);
  HRESULT inside = S_OK;
  HRESULT null_inside = S_OK;
  echo->script.pre_free = [&](void* pv, BOOL) {
    inside = s.register_spy(other.get());
    null_inside = s.register_spy(nullptr);
    return pv;
  };
  s.Free(s.Alloc(27));
  CHECK(inside == CO_E_OBJISREG);
  CHECK(null_inside == E_INVALIDARG);
  CHECK(other->queries() == 0);
  CHECK(s.revoke_spy() == S_OK);
}

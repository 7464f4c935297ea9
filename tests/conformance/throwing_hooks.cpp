// SPDX-License-Identifier: MIT
// Decision 27: a spy must not throw; if it does, the exception reaches the client, the lock is free, and no block is lost
// to the heap.
#include "conformance/scenario.hpp"
#include "support/on_another_thread.hpp"

#include <functional>

using namespace conformance;

namespace {

struct thrown {};

struct throwing_case {
  const char* hook;
  std::function<void(support::spy_script&)> arm;
  std::function<void(subject&, void*)> operation; // on a spied block
  bool block_stays;                               // the operation had not begun: the block is as it was
};

const throwing_case cases[] = {
    {"PreAlloc", [](auto& script) { script.pre_alloc = [](SIZE_T) -> SIZE_T { throw thrown(); }; },
     [](subject& s, void*) { s.Alloc(53); }, true},
    {"PostAlloc", [](auto& script) { script.post_alloc = [](void*) -> void* { throw thrown(); }; },
     [](subject& s, void*) { s.Alloc(53); }, true},
    {"PreFree", [](auto& script) { script.pre_free = [](void*, BOOL) -> void* { throw thrown(); }; },
     [](subject& s, void* p) { s.Free(p); }, true},
    {"PostFree", [](auto& script) { script.post_free = [](BOOL) { throw thrown(); }; },
     [](subject& s, void* p) { s.Free(p); }, false},
    {"PreRealloc", [](auto& script) { script.pre_realloc = [](void*, SIZE_T, void**, BOOL) -> SIZE_T { throw thrown(); }; },
     [](subject& s, void* p) { s.Realloc(p, 1190); }, true},
    {"PostRealloc, moved", [](auto& script) { script.post_realloc = [](void*, BOOL) -> void* { throw thrown(); }; },
     [](subject& s, void* p) { s.Realloc(p, 1190); }, false},
    {"PostRealloc, in place", [](auto& script) { script.post_realloc = [](void*, BOOL) -> void* { throw thrown(); }; },
     [](subject& s, void* p) { s.Realloc(p, 118); }, false},
    {"PreGetSize", [](auto& script) { script.pre_get_size = [](void*, BOOL) -> void* { throw thrown(); }; },
     [](subject& s, void* p) { s.GetSize(p); }, true},
    {"PostGetSize", [](auto& script) { script.post_get_size = [](SIZE_T, BOOL) -> SIZE_T { throw thrown(); }; },
     [](subject& s, void* p) { s.GetSize(p); }, true},
    {"PreDidAlloc", [](auto& script) { script.pre_did_alloc = [](void*, BOOL) -> void* { throw thrown(); }; },
     [](subject& s, void* p) { s.DidAlloc(p); }, true},
    {"PostDidAlloc", [](auto& script) { script.post_did_alloc = [](void*, BOOL, int) -> int { throw thrown(); }; },
     [](subject& s, void* p) { s.DidAlloc(p); }, true},
    {"PreHeapMinimize", [](auto& script) { script.pre_heap_minimize = [] { throw thrown(); }; },
     [](subject& s, void*) { s.HeapMinimize(); }, true},
    {"PostHeapMinimize", [](auto& script) { script.post_heap_minimize = [] { throw thrown(); }; },
     [](subject& s, void*) { s.HeapMinimize(); }, true},
};

} // namespace

TEST_CASE("throwing hooks: the exception arrives and nothing stays behind") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies) || lacks(s, ability::unwinds)) {
    return;
  }
  const bool counts = s.can(ability::counts_blocks);
  for (const throwing_case& c : cases) {
    INFO(c.hook);
    const std::size_t before = counts ? s.live_blocks() : 0;
    const registered_spy spy(s, no_header);
    void* p = s.Alloc(119);
    c.arm(spy->script);
    CHECK_THROWS_AS(c.operation(s, p), thrown);
    spy->script = {};
    {
      support::on_another_thread other([&s] { s.Free(s.Alloc(27)); });
      REQUIRE(other.done()); // the lock is free
    }
    CHECK((s.DidAlloc(p) == 1) == c.block_stays);
    if (c.block_stays) {
      CHECK(s.GetSize(p) == 119);
      CHECK(s.revoke_spy() == E_ACCESSDENIED); // spied as before
      s.Free(p);
      CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
    } else {
      CHECK(s.revoke_spy() == S_OK);
    }
    if (counts) {
      CHECK(s.live_blocks() == before);
    }
  }
}

TEST_CASE("throwing hooks: a pending revocation completes all the same") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies) || lacks(s, ability::unwinds)) {
    return;
  }
  const registered_spy spy(s, no_header);
  void* p = s.Alloc(119);
  spy->script.post_free = [](BOOL) { throw thrown(); };
  CHECK(s.revoke_spy() == E_ACCESSDENIED);
  spy->take();
  CHECK_THROWS_AS(s.Free(p), thrown);
  CHECK(spy->take() == calls{
                           "PreFree(p,T)->p",
                           "PostFree(T) threw",
                           "Release",
                       });
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

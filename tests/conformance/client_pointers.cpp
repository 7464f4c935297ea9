// SPDX-License-Identifier: MIT
// A client pointer is what the spy says it is: fSpyed must be exact for every value, odd ones and such that do not lie in
// their block included.
#include "conformance/scenario.hpp"
#include "support/pattern.hpp"

#include <map>
#include <vector>

using namespace conformance;

TEST_CASE("client pointers: headers of every size") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  for (SIZE_T header = 0; header <= 64; ++header) {
    INFO("header " << header);
    const registered_spy spy(s, header);
    std::vector<void*> blocks;
    for (SIZE_T size = 0; size < 80; ++size) {
      blocks.push_back(s.Alloc(size));
      support::fill(blocks.back(), size, size);
    }
    for (SIZE_T size = 0; size < 80; ++size) {
      void* q = blocks[size];
      if (size % 3 == 2) {
        q = s.Realloc(q, size * 5);
        CHECK(s.GetSize(q) == size * 5);
      } else {
        CHECK(s.GetSize(q) == size);
      }
      CHECK(support::holds(q, size, size));
      CHECK(s.DidAlloc(q) == 1);
      spy->take();
      s.DidAlloc(static_cast<char*>(q) + 1); // no client pointer
      const calls asked = spy->take();
      CHECK(asked.lines.at(0).find(",F)") != std::string::npos);
      blocks[size] = q;
    }
    CHECK(s.revoke_spy() == E_ACCESSDENIED);
    for (void* q : blocks) {
      spy->take();
      s.Free(q);
      CHECK(spy->take().lines.at(1) == "PostFree(T)");
    }
    CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
  }
}

// A spy may hand out pointers that have nothing to do with the heap.
TEST_CASE("client pointers: handles instead of addresses") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const auto handle = [](std::size_t number) { return reinterpret_cast<void*>(number * 16 + 1000016); };
  std::map<void*, void*> raw_of;
  std::size_t count = 0;
  const registered_spy spy(s, no_header);
  const auto raw = [&](void* client, BOOL) { return raw_of.at(client); };
  spy->script.post_alloc = [&](void* r) {
    void* h = handle(++count);
    raw_of[h] = r;
    return h;
  };
  spy->script.pre_free = raw;
  spy->script.pre_get_size = raw;
  spy->script.pre_did_alloc = [&](void* client, BOOL) { return raw_of.count(client) == 0 ? client : raw_of.at(client); };
  for (SIZE_T size = 1; size <= 100; ++size) {
    CHECK(s.Alloc(size) == handle(size));
  }
  spy->take();
  for (SIZE_T size = 1; size <= 100; ++size) {
    CHECK(s.GetSize(handle(size)) == size);
    CHECK(s.DidAlloc(handle(size)) == 1);
    CHECK(spy->take().lines.at(1) == "PostGetSize(" + std::to_string(size) + ",T)->" + std::to_string(size));
  }
  CHECK(s.DidAlloc(handle(101)) == 0);
  CHECK(spy->take().lines.at(0) == "PreDidAlloc(?,F)->?");
  for (SIZE_T size = 1; size <= 100; ++size) {
    CHECK(s.revoke_spy() == E_ACCESSDENIED);
    s.Free(handle(size));
  }
  CHECK(s.revoke_spy() == CO_E_OBJNOTREG);
}

// The set is a set: a pointer that comes twice is in it once.
TEST_CASE("client pointers: one that is handed out again while it is spied") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  const registered_spy echo(s, no_header);
  void* a = s.Alloc(53);
  void* b = s.Alloc(53);
  echo->script.pre_free = [b](void*, BOOL) { return b; };
  s.Free(a); // b's memory goes back; its client pointer stays spied
  echo->script = {};
  std::vector<void*> others;
  void* again = s.Alloc(53);
  while (again != b && others.size() < 100000) {
    others.push_back(again);
    again = s.Alloc(53);
  }
  for (void* other : others) {
    s.Free(other);
  }
  s.Free(again);
  if (again != b) { // a heap that is slow to give memory out again
    echo->script.pre_free = [](void*, BOOL) -> void* { return nullptr; };
    s.Free(b);
  }
  CHECK(s.revoke_spy() == S_OK);
  s.Free(a);
}

// With a header of 16 a block of 0 bytes begins where its raw block ends. That must not be where another block begins.
TEST_CASE("client pointers: no two live blocks share one") {
  subject& s = subject_under_test();
  if (lacks(s, ability::spies)) {
    return;
  }
  std::vector<void*> unspied;
  unspied.reserve(2000);
  for (int i = 0; i < 2000; ++i) {
    unspied.push_back(s.Alloc(16));
  }
  std::map<void*, SIZE_T> live;
  for (std::size_t i = 0; i < unspied.size(); ++i) {
    if (i % 2 == 0) {
      s.Free(unspied[i]); // leaves room between the others
    } else {
      live[unspied[i]] = 16;
    }
  }
  const registered_spy h16(s, header_16);
  std::size_t shared = 0;
  std::vector<void*> spied;
  spied.reserve(2000);
  for (int i = 0; i < 2000; ++i) {
    void* q = s.Alloc(0);
    shared += live.count(q);
    live[q] = 0;
    spied.push_back(q);
  }
  CHECK(shared == 0);
  for (void* q : spied) {
    s.Free(q);
  }
  CHECK(s.revoke_spy() == S_OK);
  for (std::size_t i = 1; i < unspied.size(); i += 2) {
    s.Free(unspied[i]);
  }
}

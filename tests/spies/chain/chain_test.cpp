// SPDX-License-Identifier: MIT
#include "spies/logging_spy.hpp"

#include "support/catch.hpp"
#include "support/pattern.hpp"

#include <mallocspy/mallocspy.hpp>

using namespace mallocspy;
using lines = std::vector<std::string>;

namespace {

// Two header spies, a before b, around what a test does.
struct two_spies {
  lines log;
  test::logging_spy a{"a", 16, log};
  test::logging_spy b{"b", 32, log};
  chain both{&a, &b};
  scoped_spy registration{&both};

  lines take() {
    return std::exchange(log, {});
  }
  ~two_spies() {
    CHECK(a.wrong_flags == 0);
    CHECK(b.wrong_flags == 0);
  }
};

IMalloc& allocator() {
  IMalloc* found = nullptr;
  CoGetMalloc(MEMCTX_TASK, &found);
  return *found;
}

} // namespace

TEST_CASE("Pre hooks are called in written order and Post hooks in reverse, each with its own sizes") {
  two_spies spies;
  void* block = CoTaskMemAlloc(53);
  CHECK(spies.take() == lines{"a.PreAlloc 53", "b.PreAlloc 69", "b.PostAlloc", "a.PostAlloc"});
  support::fill(block, 53, 1);
  CHECK(allocator().GetSize(block) == 53);
  CHECK(spies.take() == lines{"a.PreGetSize", "b.PreGetSize", "b.PostGetSize 101", "a.PostGetSize 69"});
  CHECK(allocator().DidAlloc(block) == 1);
  CHECK(spies.take() == lines{"a.PreDidAlloc", "b.PreDidAlloc", "b.PostDidAlloc 1", "a.PostDidAlloc 1"});
  block = CoTaskMemRealloc(block, 5003);
  CHECK(spies.take() == lines{"a.PreRealloc 5003", "b.PreRealloc 5019", "b.PostRealloc", "a.PostRealloc"});
  CHECK(support::holds(block, 53, 1));
  CHECK(allocator().GetSize(block) == 5003);
  spies.take();
  allocator().HeapMinimize();
  CHECK(spies.take() == lines{"a.PreHeapMinimize", "b.PreHeapMinimize", "b.PostHeapMinimize", "a.PostHeapMinimize"});
  CoTaskMemFree(block);
  CHECK(spies.take() == lines{"a.PreFree", "b.PreFree", "b.PostFree", "a.PostFree"});
}

TEST_CASE("blocks from before are nobody's") {
  void* block = CoTaskMemAlloc(53);
  two_spies spies;
  CHECK(allocator().GetSize(block) == 53);
  CHECK(allocator().DidAlloc(block) == 1);
  spies.take();
  CoTaskMemFree(block);
  CHECK(spies.take() == lines{"a.PreFree F", "b.PreFree F", "b.PostFree F", "a.PostFree F"});
}

TEST_CASE("a refusal reaches nobody behind, and those before get their Post with null") {
  two_spies spies;
  void* block = CoTaskMemAlloc(53);
  spies.take();
  spies.b.refuses = true;
  CHECK(CoTaskMemAlloc(61) == nullptr);
  CHECK(spies.take() == lines{"a.PreAlloc 61", "b.PreAlloc 77", "a.PostAlloc null"});
  CHECK(CoTaskMemRealloc(block, 61) == nullptr);
  CHECK(spies.take() == lines{"a.PreRealloc 61", "b.PreRealloc 77", "a.PostRealloc null"});
  spies.b.refuses = false;
  spies.a.refuses = true;
  CHECK(CoTaskMemAlloc(61) == nullptr);
  CHECK(CoTaskMemRealloc(block, 61) == nullptr);
  CHECK(spies.take() == lines{"a.PreAlloc 61", "a.PreRealloc 61"});
  CHECK(allocator().GetSize(block) == 53);
  CoTaskMemFree(block);
}

TEST_CASE("where the heap has no memory all get their Post with null") {
  two_spies spies;
  constexpr SIZE_T huge = SIZE_MAX / 2;
  void* block = CoTaskMemAlloc(53);
  spies.take();
  CHECK(CoTaskMemAlloc(huge) == nullptr);
  CHECK(CoTaskMemRealloc(block, huge) == nullptr);
  CHECK(spies.take() == lines{"a.PreAlloc " + std::to_string(huge), "b.PreAlloc " + std::to_string(huge + 16),
                              "b.PostAlloc null", "a.PostAlloc null", "a.PreRealloc " + std::to_string(huge),
                              "b.PreRealloc " + std::to_string(huge + 16), "b.PostRealloc null", "a.PostRealloc null"});
  CHECK(allocator().GetSize(block) == 53);
  CoTaskMemFree(block);
}

TEST_CASE("a client that asks for nothing gets it, whoever refuses") {
  two_spies spies;
  spies.b.refuses = true;
  void* block = CoTaskMemAlloc(0);
  CHECK(spies.take() == lines{"a.PreAlloc 0", "b.PreAlloc 16", "a.PostAlloc"});
  REQUIRE(block != nullptr);
  spies.b.refuses = false;
  CHECK(allocator().GetSize(block) == 0); // the spy that refused does not take the block for its own
  CHECK(allocator().DidAlloc(block) == 1);
  SECTION("and frees it") {
    spies.take();
    CoTaskMemFree(block);
    CHECK(spies.take() == lines{"a.PreFree", "b.PreFree F", "b.PostFree F", "a.PostFree"});
  }
  SECTION("and reallocates it: from then on all know it") {
    spies.take();
    block = CoTaskMemRealloc(block, 53);
    CHECK(spies.take() == lines{"a.PreRealloc 53", "b.PreRealloc F 69", "b.PostRealloc", "a.PostRealloc"});
    spies.take();
    // b took it over without a header, as an unspied block; from here on it must subtract none, which header spies like
    // this one cannot know. The flag is what counts.
    CHECK(spies.b.wrong_flags == 0);
    spies.b.keeps = true;
    CoTaskMemFree(block);
    CHECK(spies.take() == lines{"a.PreFree", "b.PreFree", "b.PostFree", "a.PostFree"});
  }
}

TEST_CASE("a block that one spy keeps is not freed for those behind") {
  two_spies spies;
  void* block = CoTaskMemAlloc(53);
  spies.take();
  spies.a.keeps = true;
  CoTaskMemFree(block);
  CHECK(spies.take() == lines{"a.PreFree", "a.PostFree"});
  CHECK(owns(static_cast<char*>(block) - 48)); // it lives on
  spies.a.keeps = false;
}

TEST_CASE("where one spy asks for a new block, those behind are asked for an allocation") {
  two_spies spies;
  void* block = CoTaskMemAlloc(53);
  spies.take();
  spies.a.moves = true;
  void* moved = CoTaskMemRealloc(block, 61);
  CHECK(spies.take() == lines{"a.PreRealloc 61", "b.PreAlloc 77", "b.PostAlloc", "a.PostRealloc"});
  CHECK(moved != block);
  CHECK(owns(static_cast<char*>(block) - 48));
  spies.b.refuses = true;
  CHECK(CoTaskMemRealloc(moved, 67) == nullptr);
  CHECK(spies.take() == lines{"a.PreRealloc 67", "b.PreAlloc 83", "a.PostRealloc null"});
  CHECK(CoTaskMemRealloc(moved, SIZE_MAX / 2) == nullptr);
  spies.b.refuses = false;
  CHECK(CoTaskMemRealloc(moved, SIZE_MAX / 2) == nullptr);
  spies.take();
  CoTaskMemFree(moved);
  CHECK(spies.take() == lines{"a.PreFree", "b.PreFree", "b.PostFree", "a.PostFree"});
}

TEST_CASE("statistics in front of header spies count what the client asked for") {
  lines log;
  statistics counts;
  test::logging_spy header("h", 48, log);
  statistics inside;
  chain all{&counts, &header, &inside};
  const scoped_spy registration(&all);
  void* a = CoTaskMemAlloc(53);
  void* b = CoTaskMemAlloc(0);
  a = CoTaskMemRealloc(a, 119);
  CHECK(counts.counts().live_bytes == 119);
  CHECK(inside.counts().live_bytes == 119 + 48 + 48);
  CoTaskMemFree(a);
  CoTaskMemFree(b);
  CHECK(counts.counts().live_bytes == 0);
  CHECK(counts.counts().frees == 2);
  CHECK(inside.counts().live_bytes == 0);
  CHECK(counts.peak().bytes == 119);
}

TEST_CASE("a chain holds its spies, and is concurrent if all of them are") {
  spy_base serialised;
  spy_base concurrent(spy_calls::concurrent);
  const auto answers = [](chain& spy, REFIID iid) {
    void* answer = nullptr;
    const bool yes = SUCCEEDED(spy.QueryInterface(iid, &answer));
    if (yes) {
      spy.Release();
    }
    return yes;
  };
  {
    chain mixed{&concurrent, &serialised};
    chain alike{&concurrent, &concurrent};
    chain nothing{};
    CHECK_FALSE(answers(mixed, IID_IConcurrentMallocSpy));
    CHECK(answers(alike, IID_IConcurrentMallocSpy));
    CHECK(answers(nothing, IID_IConcurrentMallocSpy));
    CHECK(answers(mixed, IID_IMallocSpy));
    CHECK(concurrent.references() == 3);
    CHECK(serialised.references() == 1);
    CHECK(CoRegisterMallocSpy(&nothing) == S_OK);
    CoTaskMemFree(CoTaskMemRealloc(CoTaskMemAlloc(53), 61));
    CHECK(CoRevokeMallocSpy() == S_OK);
  }
  CHECK(concurrent.references() == 0);
  CHECK(serialised.references() == 0);
}

TEST_CASE("a chain that cannot be made cannot be registered") {
  spy_base spy;
  {
    chain with_null{&spy, nullptr};
    CHECK(CoRegisterMallocSpy(&with_null) == E_INVALIDARG);
    chain too_long{&spy, &spy, &spy, &spy, &spy, &spy, &spy, &spy, &spy};
    CHECK(CoRegisterMallocSpy(&too_long) == E_INVALIDARG);
  }
  CHECK(spy.references() == 0);
}

TEST_CASE("nested calls from one spy go through the whole chain") {
  lines log;
  lambda_spy nested;
  test::logging_spy watcher("w", 16, log);
  bool inside = false;
  nested.pre_alloc = [&](SIZE_T bytes) {
    if (!inside) {
      inside = true;
      CoTaskMemFree(CoTaskMemAlloc(61));
      inside = false;
    }
    return bytes;
  };
  chain all{&nested, &watcher};
  const scoped_spy registration(&all);
  CoTaskMemFree(CoTaskMemAlloc(53));
  CHECK(log == lines{"w.PreAlloc 61", "w.PostAlloc", "w.PreFree", "w.PostFree", "w.PreAlloc 53", "w.PostAlloc", "w.PreFree",
                     "w.PostFree"});
  CHECK(watcher.wrong_flags == 0);
}

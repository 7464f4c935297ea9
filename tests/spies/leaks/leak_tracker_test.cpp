// SPDX-License-Identifier: MIT
#include <mallocspy/spies/leak_tracker.hpp>

#include "spies/captured_output.hpp"
#include "support/barrier.hpp"
#include "support/catch.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <mallocspy/blocks/ownership.hpp>
#include <mallocspy/mallocspy.h>
#include <mallocspy/spies/chain.hpp>
#include <mallocspy/task/task.hpp>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;
using support::barrier;

namespace {

// The tracker under test, registered until all its blocks are freed.
struct tracked {
  explicit tracked(const leak_options& options = {}) : tracker(options) {
    REQUIRE(CoRegisterMallocSpy(&tracker) == S_OK);
  }
  ~tracked() {
    CHECK(CoRevokeMallocSpy() == S_OK);
  }
  leak_tracker tracker;
};

const leaked_block* find(const leak_report& report, const void* block) {
  for (const leaked_block& b : report) {
    if (b.address == block) {
      return &b;
    }
  }
  return nullptr;
}

__attribute__((noinline)) void* allocate_in_this_function(std::size_t size) {
  void* block = CoTaskMemAlloc(size);
  __asm__ volatile("");
  return block;
}

} // namespace

TEST_CASE("each live block is known with its size, number and thread", "[spies][leak_tracker]") {
  tracked t;
  void* blocks[] = {CoTaskMemAlloc(27), CoTaskMemAlloc(0), CoTaskMemAlloc(5003)};
  CoTaskMemFree(CoTaskMemAlloc(53));
  void* other = nullptr;
  std::thread([&other] { other = CoTaskMemAlloc(119); }).join();

  CHECK(t.tracker.count().blocks == 4);
  CHECK(t.tracker.count().bytes == 27 + 5003 + 119);
  const leak_report report = t.tracker.report();
  REQUIRE(report.size() == 4);
  const leaked_block* b = report.begin();
  CHECK(b[0].address == blocks[0]);
  CHECK(b[0].size == 27);
  CHECK(b[0].number == 1);
  CHECK(b[1].size == 0);
  CHECK(b[1].number == 2);
  CHECK(b[2].size == 5003);
  CHECK(b[2].number == 3);
  CHECK(b[3].size == 119);
  CHECK(b[3].number == 5);
  CHECK(b[0].thread == b[2].thread);
  CHECK(b[0].thread != b[3].thread);
  CHECK(report.untracked() == 0);
  for (void* block : blocks) {
    CoTaskMemFree(block);
  }
  CoTaskMemFree(other);
  CHECK(t.tracker.count().blocks == 0);
  CHECK(t.tracker.report().size() == 0);
}

TEST_CASE("a reallocated block is a new request at its new place", "[spies][leak_tracker]") {
  tracked t;
  void* block = CoTaskMemAlloc(27);
  block = CoTaskMemRealloc(block, 50021);
  REQUIRE(t.tracker.report().size() == 1);
  {
    const leak_report report = t.tracker.report();
    CHECK(report.begin()->address == block);
    CHECK(report.begin()->size == 50021);
    CHECK(report.begin()->number == 2);
  }
  // One that fails leaves all as it was.
  REQUIRE(CoTaskMemRealloc(block, static_cast<SIZE_T>(-1) / 2) == nullptr);
  {
    const leak_report report = t.tracker.report();
    REQUIRE(report.size() == 1);
    CHECK(report.begin()->address == block);
    CHECK(report.begin()->size == 50021);
    CHECK(report.begin()->number == 2);
  }
  CHECK(CoTaskMemRealloc(block, 0) == nullptr);
  CHECK(t.tracker.count().blocks == 0);
}

TEST_CASE("what was allocated before the tracker came is not its business", "[spies][leak_tracker]") {
  void* before = CoTaskMemAlloc(27);
  void* grown = CoTaskMemAlloc(27);
  tracked t;
  CoTaskMemFree(before);
  CHECK(t.tracker.count().blocks == 0);
  grown = CoTaskMemRealloc(grown, 119); // a request of its own
  CHECK(t.tracker.count().blocks == 1);
  CHECK(t.tracker.count().bytes == 119);
  CoTaskMemFree(grown);
}

TEST_CASE("windows", "[spies][leak_tracker]") {
  leak_options options;
  options.recording = false;
  tracked t(options);
  void* outside = CoTaskMemAlloc(27);
  t.tracker.start();
  void* inside = CoTaskMemAlloc(53);
  t.tracker.stop();
  void* later = CoTaskMemAlloc(119);
  inside = CoTaskMemRealloc(inside, 5003); // out of a window it stays the same request
  {
    const leak_report report = t.tracker.report();
    REQUIRE(report.size() == 1);
    CHECK(report.begin()->address == inside);
    CHECK(report.begin()->size == 5003);
    CHECK(report.begin()->number == 1);
  }
  t.tracker.start();
  const std::uint64_t mark = t.tracker.mark();
  void* second = CoTaskMemAlloc(7);
  CHECK(t.tracker.report().size() == 2);
  {
    const leak_report report = t.tracker.report(mark);
    REQUIRE(report.size() == 1);
    CHECK(report.begin()->address == second);
  }
  for (void* block : {outside, inside, later, second}) {
    CoTaskMemFree(block);
  }
  CHECK(t.tracker.count().blocks == 0);
}

TEST_CASE("blocks of one stack are one group, the largest first", "[spies][leak_tracker]") {
  tracked t;
  static std::vector<void*> blocks; // reachable, all of them
  volatile int times = 5;
  for (int i = 0; i < times; ++i) {
    blocks.push_back(allocate_in_this_function(27));
  }
  blocks.push_back(allocate_in_this_function(5003));
  {
    const leak_report report = t.tracker.report();
    REQUIRE(report.group_count() == 2);
    CHECK(report.groups()[0].blocks == 1);
    CHECK(report.groups()[0].bytes == 5003);
    CHECK(report.groups()[1].blocks == 5);
    CHECK(report.groups()[1].bytes == 5 * 27);
    CHECK(report.groups()[1].first.number == 1);
    CHECK(report.groups()[0].stack != report.groups()[1].stack);
  }
  for (void* block : blocks) {
    CoTaskMemFree(block);
  }
}

TEST_CASE("without stacks all blocks are one group", "[spies][leak_tracker]") {
  leak_options options;
  options.depth = 0;
  tracked t(options);
  static void* blocks[2];
  blocks[0] = allocate_in_this_function(27);
  blocks[1] = allocate_in_this_function(53);
  const leak_report report = t.tracker.report();
  CHECK(report.group_count() == 1);
  CHECK(report.begin()->stack == 0);
  CoTaskMemFree(blocks[0]);
  CoTaskMemFree(blocks[1]);
}

TEST_CASE("expected survivors are counted apart", "[spies][leak_tracker]") {
  tracked t;
  void* known = CoTaskMemAlloc(27);
  void* under = allocate_in_this_function(53);
  void* other = CoTaskMemAlloc(119);
  CHECK(t.tracker.expect(known));
  int local = 0;
  CHECK_FALSE(t.tracker.expect(&local));
  CHECK(t.tracker.expect_under("allocate_in_this_function("));
  {
    const leak_report report = t.tracker.report();
    REQUIRE(report.size() == 1);
    CHECK(report.begin()->address == other);
    CHECK(report.expected().blocks == 2);
    CHECK(report.expected().bytes == 27 + 53);
  }
  for (void* block : {known, under, other}) {
    CoTaskMemFree(block);
  }
  // The expectation ended with the block.
  void* again = CoTaskMemAlloc(27);
  CHECK(t.tracker.report().size() == 1);
  CoTaskMemFree(again);
  for (int i = 0; i < 15; ++i) {
    CHECK(t.tracker.expect_under("nothing"));
  }
  CHECK_FALSE(t.tracker.expect_under("one too many"));
}

TEST_CASE("the printed report names functions, files and lines", "[spies][leak_tracker]") {
  tracked t;
  void* volatile lost = allocate_in_this_function(27);
  const auto hidden = reinterpret_cast<std::uintptr_t>(lost) ^ 0x5555;
  lost = nullptr;
  const leak_report report = t.tracker.report();
  const std::string text = captured([&report](int descriptor) { report.print(descriptor, true); });
  INFO(text);
  CHECK(text.find("1 block, 27 bytes; request 1 of 27 bytes on thread ") != std::string::npos);
  CHECK(text.find("#0 (anonymous namespace)::allocate_in_this_function(unsigned long)") != std::string::npos);
#if __has_include(<elfutils/libdwfl.h>)
  CHECK(text.find("leak_tracker_test.cpp:") != std::string::npos);
#endif
  CHECK(text.find("CoTaskMemAlloc") == std::string::npos);
  CHECK(text.find("PostAlloc") == std::string::npos);
  CoTaskMemFree(reinterpret_cast<void*>(hidden ^ 0x5555));
  CHECK(captured([&t](int descriptor) { t.tracker.report().print(descriptor); }) ==
        "mallocspy: leak report\n  lost: 0 blocks, 0 bytes\n");
}

namespace {

// Not ended by a jump, which would take the function off the stack.
template <class Allocate> void* stay_for(Allocate allocate) {
  void* block = allocate();
  __asm__ volatile("");
  return block;
}
__attribute__((noinline)) void* by_alloc() {
  return stay_for([] { return CoTaskMemAlloc(27); });
}
__attribute__((noinline)) void* by_realloc_of_null() {
  return stay_for([] { return CoTaskMemRealloc(nullptr, 27); });
}
__attribute__((noinline)) void* by_realloc() {
  return stay_for([] { return CoTaskMemRealloc(CoTaskMemAlloc(27), 5003); });
}
__attribute__((noinline)) void* by_c_function() {
  return stay_for([] { return mallocspy_alloc(27); });
}
__attribute__((noinline)) void* by_aligned_c_function() {
  return stay_for([] { return mallocspy_aligned_alloc(64, 64); });
}
__attribute__((noinline)) void* by_zeroing_c_function() {
  return stay_for([] { return mallocspy_calloc(3, 9); });
}
__attribute__((noinline)) void* by_object() {
  IMalloc* object = nullptr;
  CoGetMalloc(1, &object);
  return stay_for([object] { return object->Alloc(27); });
}

// Allocates from its own hooks, before and after.
struct allocating_spy : spy_base {
  allocating_spy() : spy_base(spy_calls::concurrent) {}
  SIZE_T PreAlloc(SIZE_T bytes) override {
    work();
    return bytes;
  }
  void* PostAlloc(void* p) override {
    work();
    return p;
  }
  void work() {
    if (!busy) {
      busy = true;
      CoTaskMemFree(CoTaskMemAlloc(7));
      busy = false;
    }
  }
  bool busy = false;
};

} // namespace

TEST_CASE("whichever door is taken, the stack begins with who took it", "[spies][leak_tracker]") {
  leak_tracker tracker;
  allocating_spy noise;
  chain both{&noise, &tracker};
  REQUIRE(CoRegisterMallocSpy(&both) == S_OK);
  struct door {
    const char* name;
    void* (*function)();
  };
  for (const door& d :
       {door{"by_alloc()", by_alloc}, door{"by_realloc_of_null()", by_realloc_of_null}, door{"by_realloc()", by_realloc},
        door{"by_c_function()", by_c_function}, door{"by_aligned_c_function()", by_aligned_c_function},
        door{"by_zeroing_c_function()", by_zeroing_c_function}, door{"by_object()", by_object}}) {
    void* block = d.function();
    const std::string text = captured([&tracker](int descriptor) { tracker.report().print(descriptor, true); });
    INFO(text);
    // Not inlined, the allocating lambda comes first.
    CHECK(text.find(std::string("(anonymous namespace)::") + d.name) != std::string::npos);
    CHECK(text.find("#3 ") > text.find(d.name));
    CHECK(text.find("CoTaskMem") == std::string::npos);
    CoTaskMemFree(block);
  }
  CHECK(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("the program does not hear of the copies that reports are made in", "[spies][leak_tracker]") {
  tracked t;
  static std::atomic<int> heard;
  heard = 0;
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) { ++heard; };
  ::sigaction(SIGCHLD, &action, &before);
  void* block = CoTaskMemAlloc(27);
  captured([&t](int descriptor) { t.tracker.report().print(descriptor, true); });
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
  CHECK(errno == ECHILD);
  CHECK(heard == 0);
  ::sigaction(SIGCHLD, &before, nullptr);
  CoTaskMemFree(block);
}

TEST_CASE("threads allocate, hand over, reallocate and free", "[spies][leak_tracker]") {
  tracked t;
  constexpr std::size_t places = 64;
  static std::atomic<void*> shared[places];
  std::vector<std::thread> threads;
  barrier start(4);
  for (unsigned n = 0; n < 4; ++n) {
    threads.emplace_back([&start, n] {
      start.arrive_and_wait();
      for (unsigned i = 0; i < 5003; ++i) {
        void* block = CoTaskMemAlloc(1 + (i * 7 + n) % 200);
        if (i % 3 == 0) {
          block = CoTaskMemRealloc(block, 1 + i % 500);
        }
        CoTaskMemFree(shared[(i * 13 + n) % places].exchange(block));
      }
    });
  }
  for (int i = 0; i < 3; ++i) {
    CHECK(t.tracker.count().blocks <= places + 8);
    if (i < 2) {
      CHECK(t.tracker.report().size() <= places + 8);
    }
  }
  for (auto& thread : threads) {
    thread.join();
  }
  std::size_t alive = 0;
  std::size_t right = 0;
  const leak_report report = t.tracker.report();
  for (auto& place : shared) {
    void* block = place.load();
    if (block != nullptr) {
      ++alive;
      const leaked_block* b = find(report, block);
      right += b != nullptr && b->size == requested_size(block) && b->state == block_state::reachable ? 1U : 0U;
    }
  }
  CHECK(report.size() == alive);
  CHECK(right == alive);
  for (auto& place : shared) {
    CoTaskMemFree(place.exchange(nullptr));
  }
  CHECK(t.tracker.count().blocks == 0);
}

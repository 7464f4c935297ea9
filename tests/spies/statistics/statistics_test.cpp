// SPDX-License-Identifier: MIT
#include "support/barrier.hpp"
#include "support/catch.hpp"

#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <pthread.h>
#include <thread>
#include <vector>

using namespace mallocspy;

namespace {

std::uint64_t sum(const allocation_counts::histogram& sizes) {
  std::uint64_t all = 0;
  for (const std::uint64_t n : sizes) {
    all += n;
  }
  return all;
}

template <class Work> void on_threads(std::size_t count, Work work) {
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) {
    threads.emplace_back([&work, i] { work(i); });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

} // namespace

TEST_CASE("calls, bytes and live blocks are counted") {
  statistics spy;
  const scoped_spy registration(&spy);
  void* a = CoTaskMemAlloc(53);
  void* b = CoTaskMemAlloc(0);
  a = CoTaskMemRealloc(a, 1019);
  allocation_counts seen = spy.counts();
  CHECK(seen.allocations == 2);
  CHECK(seen.reallocations == 1);
  CHECK(seen.frees == 0);
  CHECK(seen.requested_bytes == 53 + 1019);
  CHECK(seen.live_blocks == 2);
  CHECK(seen.live_bytes == 1019);
  CHECK(seen.sizes[0] == 1);
  CHECK(seen.sizes[6] == 1);  // 32 to 63
  CHECK(seen.sizes[10] == 1); // 512 to 1023
  CHECK(sum(seen.sizes) == 3);
  CoTaskMemFree(a);
  b = CoTaskMemRealloc(b, 0);
  CHECK(b == nullptr);
  seen = spy.counts();
  CHECK(seen.frees == 2);
  CHECK(seen.live_blocks == 0);
  CHECK(seen.live_bytes == 0);
  CHECK(spy.peak().bytes == 1019);
  CHECK(spy.peak().error == 0);
}

TEST_CASE("a shrinking and a growing block leave the right peak") {
  statistics spy;
  const scoped_spy registration(&spy);
  void* a = CoTaskMemAlloc(5003);
  a = CoTaskMemRealloc(a, 53);
  void* b = CoTaskMemAlloc(4909);
  CHECK(spy.peak().bytes == 5003);
  a = CoTaskMemRealloc(a, 119);
  CHECK(spy.peak().bytes == 5028);
  spy.reset_peak();
  CoTaskMemFree(b);
  CHECK(spy.peak().bytes == 5028);
  spy.reset_peak();
  CHECK(spy.peak().bytes == 119);
  CoTaskMemFree(a);
}

TEST_CASE("blocks from before and wrong pointers do not disturb what is alive") {
  void* before = CoTaskMemAlloc(53);
  void* grown = CoTaskMemAlloc(61);
  statistics spy;
  const scoped_spy registration(&spy);
  CoTaskMemFree(before);
  CHECK(spy.counts().frees == 1);
  CHECK(spy.counts().live_blocks == 0);
  grown = CoTaskMemRealloc(grown, 119); // is the spy's now
  CHECK(spy.counts().live_blocks == 1);
  CHECK(spy.counts().live_bytes == 119);
  set_misuse_handler([](const misuse&) { return misuse_action::go_on; });
  CoTaskMemFree(static_cast<char*>(grown) + 16);
  set_misuse_handler(nullptr);
  CHECK(spy.counts().frees == 1);
  CHECK(spy.counts().live_bytes == 119);
  CoTaskMemFree(grown);
  CHECK(spy.counts().live_blocks == 0);
  CHECK(spy.counts().live_bytes == 0);
}

TEST_CASE("requests that find no memory are failures") {
  statistics spy;
  const scoped_spy registration(&spy);
  CHECK(CoTaskMemAlloc(SIZE_MAX / 2) == nullptr);
  void* block = CoTaskMemAlloc(53);
  CHECK(CoTaskMemRealloc(block, SIZE_MAX / 2) == nullptr);
  const allocation_counts seen = spy.counts();
  CHECK(seen.failures == 2);
  CHECK(seen.allocations == 1);
  CHECK(seen.reallocations == 0);
  CHECK(seen.live_bytes == 53);
  CoTaskMemFree(block);
}

TEST_CASE("the difference of two counts is what came in between") {
  statistics spy;
  const scoped_spy registration(&spy);
  void* a = CoTaskMemAlloc(53);
  const allocation_counts start = spy.counts();
  void* b = CoTaskMemAlloc(61);
  CoTaskMemFree(a);
  const allocation_counts between = spy.counts() - start;
  CoTaskMemFree(b);
  CHECK(between.allocations == 1);
  CHECK(between.frees == 1);
  CHECK(between.requested_bytes == 61);
  CHECK(between.live_blocks == 0);
  CHECK(between.live_bytes == 61 - 53);
  CHECK(sum(between.sizes) == 1);
}

TEST_CASE("threads are counted without loss, and blocks that one frees for another are freed") {
  constexpr std::size_t threads = 4;
  constexpr std::size_t blocks = 2000;
  statistics spy;
  const scoped_spy registration(&spy);
  std::vector<std::vector<void*>> made(threads, std::vector<void*>(blocks));
  support::barrier all(threads);
  on_threads(threads, [&](std::size_t me) {
    for (std::size_t i = 0; i < blocks; ++i) {
      made[me][i] = CoTaskMemAlloc(53 + me);
    }
    all.arrive_and_wait();
    for (void* block : made[(me + 1) % threads]) {
      CoTaskMemFree(block);
    }
  });
  const allocation_counts seen = spy.counts();
  CHECK(seen.allocations == threads * blocks);
  CHECK(seen.frees == threads * blocks);
  CHECK(seen.requested_bytes == blocks * (53 + 54 + 55 + 56));
  CHECK(seen.live_blocks == 0);
  CHECK(seen.live_bytes == 0);
}

TEST_CASE("the peak of several threads is within the error that it states, and exact where that is asked") {
  const bool exact = GENERATE(false, true);
  constexpr std::size_t threads = 4;
  statistics_options options;
  options.exact_peak = exact;
  statistics spy(options);
  const scoped_spy registration(&spy);
  support::barrier all(threads);
  on_threads(threads, [&](std::size_t) {
    std::vector<void*> mine(500);
    for (void*& block : mine) {
      block = CoTaskMemAlloc(509);
    }
    all.arrive_and_wait(); // here the peak is
    for (void* block : mine) {
      CoTaskMemFree(block);
    }
  });
  constexpr std::uint64_t most = threads * 500 * 509;
  const peak_bytes peak = spy.peak();
  CAPTURE(exact, peak.bytes, peak.error);
  CHECK(peak.error <= (exact ? 0 : (threads - 1) * 64 * 1024));
  CHECK(peak.bytes + peak.error >= most);
  CHECK(peak.bytes <= most + peak.error);
  CHECK((spy.report().find("give or take") != std::string::npos) == (peak.error != 0));
}

TEST_CASE("threads are kept apart if that is asked, after their end too") {
  statistics_options options;
  options.per_thread = true;
  statistics spy(options);
  const scoped_spy registration(&spy);
  for (std::size_t i = 1; i <= 3; ++i) { // one after another: their numbers would be used again
    on_threads(1, [i](std::size_t) {
      for (std::size_t n = 0; n < i; ++n) {
        CoTaskMemFree(CoTaskMemAlloc(53));
      }
    });
  }
  const std::vector<statistics::thread_counts> seen = spy.threads();
  REQUIRE(seen.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(seen[i].counts.allocations == i + 1);
    CHECK(seen[i].counts.frees == i + 1);
  }
  CHECK(seen[0].thread < seen[1].thread);
  CHECK(seen[1].thread < seen[2].thread);
  CHECK(spy.counts().allocations == 6);
}

TEST_CASE("threads one after another are no more than one") {
  statistics spy;
  const scoped_spy registration(&spy);
  for (int i = 0; i < 200; ++i) {
    on_threads(1, [](std::size_t) { CoTaskMemFree(CoTaskMemAlloc(53)); });
  }
  CHECK(spy.counts().allocations == 200);
  CHECK(spy.peak().bytes == 53);
  CHECK(spy.peak().error == 0);
}

TEST_CASE("what a thread does in its last destructors is counted") {
  statistics spy;
  const scoped_spy registration(&spy);
  CoTaskMemFree(CoTaskMemAlloc(53)); // the spies' own key is made before the one below, so it is destroyed before
  pthread_key_t late{};
  REQUIRE(pthread_key_create(&late, [](void* block) { CoTaskMemFree(block); }) == 0);
  on_threads(2, [&](std::size_t) { pthread_setspecific(late, CoTaskMemAlloc(61)); });
  pthread_key_delete(late);
  CHECK(spy.counts().allocations == 3);
  CHECK(spy.counts().frees == 3);
  CHECK(spy.counts().live_bytes == 0);
}

TEST_CASE("a report names what was counted") {
  statistics spy;
  const scoped_spy registration(&spy);
  void* block = CoTaskMemAlloc(53);
  const std::string text = spy.report();
  CoTaskMemFree(block);
  CHECK(text.find("allocations    1\n") != std::string::npos);
  CHECK(text.find("live           1 blocks, 53 bytes\n") != std::string::npos);
  CHECK(text.find("peak           53 bytes\n") != std::string::npos);
  CHECK(text.find("  up to 63                   1\n") != std::string::npos);
}

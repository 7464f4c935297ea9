// SPDX-License-Identifier: MIT
// The ready-made spies under a host that is none of ours: the reference allocator of the conformance suite, over malloc.
#include "conformance/reference_allocator.hpp"
#include "spies/guard/guard_findings.hpp"
#include "support/catch.hpp"
#include "support/pattern.hpp"

#include <mallocspy/blocks/ownership.hpp>
#include <vector>

using namespace mallocspy;

namespace {

// returns: whether all went right. Frees everything
bool work(IMalloc& allocator) {
  bool right = true;
  std::vector<void*> blocks;
  for (SIZE_T i = 0; i < 100; ++i) {
    void* block = allocator.Alloc(i * 7);
    if (block == nullptr) {
      continue; // refused
    }
    right = right && !owns(block) && allocator.GetSize(block) == i * 7 && allocator.DidAlloc(block) == 1;
    support::fill(block, i * 7, i);
    void* moved = allocator.Realloc(block, i * 11 + 1);
    const SIZE_T kept = i * 7;
    block = moved == nullptr ? block : moved;
    right = right && support::holds(block, kept, i) && allocator.GetSize(block) == (moved == nullptr ? kept : i * 11 + 1);
    blocks.push_back(block);
  }
  for (void* block : blocks) {
    allocator.Free(block);
  }
  return right;
}

} // namespace

TEST_CASE("statistics ask another host for sizes") {
  conformance::reference_allocator host;
  statistics_options options;
  options.host = &host;
  statistics spy(options);
  REQUIRE(host.register_spy(&spy) == S_OK);
  void* kept = host.Alloc(53);
  CHECK(work(host));
  CHECK(spy.counts().allocations == 101);
  CHECK(spy.counts().reallocations == 100);
  CHECK(spy.counts().frees == 100);
  CHECK(spy.counts().live_bytes == 53);
  host.Free(kept);
  CHECK(spy.counts().live_bytes == 0);
  CHECK(host.revoke_spy() == S_OK);
}

TEST_CASE("a budget asks another host for sizes") {
  conformance::reference_allocator host;
  fault_injector spy(fault_plan::budget(1000), &host);
  REQUIRE(host.register_spy(&spy) == S_OK);
  for (int i = 0; i < 10; ++i) {
    void* a = host.Alloc(600);
    CHECK(a != nullptr);
    CHECK(host.Alloc(401) == nullptr);
    host.Free(a);
  }
  CHECK(spy.outcome().failed == 10);
  CHECK(host.revoke_spy() == S_OK);
}

TEST_CASE("a guard works under another host, and gives it everything back") {
  test::guard_findings found;
  conformance::reference_allocator host;
  auto* before = static_cast<char*>(host.Alloc(53));
  support::fill(before, 53, 1);
  {
    guard_options options = test::guard_findings::options();
    options.host = &host;
    options.pages = GENERATE(false, true);
    guard spy(options);
    REQUIRE(host.register_spy(&spy) == S_OK);
    CHECK(work(host));
    before = static_cast<char*>(host.Realloc(before, 119)); // is guarded from now on
    CHECK(support::holds(before, 53, 1));
    before[119] = 1;
    host.Free(before);
    CHECK(found.text() == "overflow at 119 by Free");
    CHECK(host.revoke_spy() == S_OK);
    CHECK(host.heap().live_blocks() > 0); // quarantine
  }
  CHECK(host.heap().live_blocks() == 0);
  CHECK(host.heap().misuses() == 0);
}

TEST_CASE("a chain works under another host") {
  test::guard_findings found;
  conformance::reference_allocator host;
  statistics_options counting;
  counting.host = &host;
  statistics counted(counting);
  leak_tracker leaks;
  fault_injector faults(fault_plan::every(7));
  {
    guard_options options = test::guard_findings::options();
    options.host = &host;
    options.quarantine_blocks = 20;
    guard guarded(options);
    chain all{&counted, &leaks, &faults, &guarded};
    REQUIRE(host.register_spy(&all) == S_OK);
    CHECK(work(host));
    CHECK(faults.outcome().failed > 20);
    CHECK(counted.counts().live_blocks == 0);
    CHECK(counted.counts().live_bytes == 0);
    CHECK(counted.counts().frees == counted.counts().allocations);
    CHECK(leaks.count().blocks == 0);
    CHECK(guarded.check_all() == 0);
    CHECK(host.revoke_spy() == S_OK);
  }
  CHECK(found.text().empty());
  CHECK(host.heap().live_blocks() == 0);
}

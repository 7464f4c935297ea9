// SPDX-License-Identifier: MIT
// Which blocks were lost, and who allocated them?
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>

using namespace mallocspy;

static void* volatile kept = nullptr;

static void forget_a_block() {
  CoTaskMemAlloc(53);
}

int main() {
  const auto tracker = make_spy<leak_tracker>(); // lives as long as the block that is lost
  const scoped_spy registration(tracker.get());
  kept = CoTaskMemAlloc(27);
  forget_a_block();
  const leak_report report = tracker->report();
  report.print(1); // by call stack, with file and line
  const leak_total lost = report.total(block_state::lost);
  const leak_total reachable = report.total(block_state::reachable);
  CoTaskMemFree(kept);
  return lost.blocks == 1 && lost.bytes == 53 && reachable.bytes == 27 ? 0 : 1;
}

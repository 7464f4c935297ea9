// SPDX-License-Identifier: MIT
// What a leak_tracker keeps, and what its reports are made of.
#pragma once

#include "spies/leaks/live_blocks.hpp"
#include "spies/leaks/reachability.hpp"
#include "spies/memory/own_array.hpp"

#include <atomic>
#include <mallocspy/spies/leak_tracker.hpp>

namespace mallocspy {

// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): what is written on every request has a cache line of its own
struct leak_tracker::tables {
  explicit tables(const leak_options& o) noexcept : depth(o.depth), recording(o.recording) {}

  // Read on every request.
  const std::size_t depth;
  std::atomic<bool> recording;
  spies::live_blocks live;
  // Written on every request.
  alignas(64) std::atomic<std::uint64_t> next_number{1};
  std::atomic<std::uint64_t> untracked{0};

  // Parts of names that are expected; set before they are counted.
  static constexpr std::size_t most_parts = 16;
  std::atomic<std::size_t> parts_taken{0};
  std::atomic<const char*> parts[most_parts]{};
};

struct leak_report::contents {
  spies::own_array<leaked_block> blocks;
  spies::own_array<leak_group> groups;
  leak_total expected{};
  std::uint64_t untracked = 0;
};

namespace spies {

// In the upper bit of a record's thread: the block is expected to survive.
inline constexpr std::uint32_t expected_mark = std::uint32_t{1} << 31;

// effects: finds the live blocks with numbers from `from` on, sorted by address, and what holds them
// returns: whether it is known what holds them
MALLOCSPY_API bool find_leaks(const live_blocks& live, std::uint64_t from, const calling_thread& caller,
                              own_array<scanned_block>& found);

// For processes that are about to end anyway: finds the same without a copy of the process.
// hidden: memory in which pointers do not count. from: as above
MALLOCSPY_API bool find_leaks_in_place(const leak_tracker& tracker, std::uint64_t from, hidden_range hidden,
                                       const calling_thread& caller, own_array<scanned_block>& found);

// returns: "lost", "still reachable" ...
MALLOCSPY_API const char* words_for(block_state state) noexcept;

struct leak_access {
  // returns: the tracker's records
  static MALLOCSPY_API const live_blocks& blocks_of(const leak_tracker& tracker) noexcept;
};

} // namespace spies

} // namespace mallocspy

// SPDX-License-Identifier: MIT
// The counters of statistics: one entry for each thread, and what they share for the peak.
// Runs inside hooks: never allocates from what is hooked, takes no lock.
#pragma once

#include "spies/threads/per_thread.hpp"

#include <mallocspy/spies/statistics.hpp>

namespace mallocspy {

struct alignas(64) statistics_entry : spies::thread_entry {
  spies::counter allocations;
  spies::counter reallocations;
  spies::counter frees;
  spies::counter failures;
  spies::counter requested_bytes;
  spies::counter live_blocks; // as two's complement
  spies::counter live_bytes;
  spies::counter unpublished; // of live_bytes, what has not been added to the common sum
  spies::counter peak;        // the highest sum that this thread saw
  spies::counter sizes[65];
};

struct statistics::tables {
  explicit tables(const statistics_options& chosen) noexcept
      : entries(chosen.per_thread ? spies::entries_by::serial : spies::entries_by::index), options(chosen) {}

  using place = spies::per_thread<statistics_entry>::place;

  // A thread adds to the common sum when it has this much to add, so the sum is wrong by less for each other thread.
  static constexpr std::int64_t quantum = std::int64_t{64} * 1024;

  // effects: this thread's live bytes change. The sum that it sees may be a new peak
  void change_live(const place& here, std::int64_t change) noexcept {
    here.entry.live_bytes.add(change, here.shared);
    if (MALLOCSPY_UNLIKELY(options.exact_peak || here.shared)) {
      publish(here, change);
      return;
    }
    here.entry.unpublished.add(change, false);
    const auto mine = static_cast<std::int64_t>(here.entry.unpublished.get());
    if (MALLOCSPY_UNLIKELY(mine >= quantum || mine <= -quantum)) {
      here.entry.unpublished.set(0);
      publish(here, mine);
      return;
    }
    see(here, published.load(std::memory_order_relaxed) + mine);
  }

  void publish(const place& here, std::int64_t change) noexcept {
    see(here, published.fetch_add(change, std::memory_order_relaxed) + change);
  }
  static void see(const place& here, std::int64_t live) noexcept {
    if (live > 0) {
      here.entry.peak.raise(static_cast<std::uint64_t>(live), here.shared);
    }
  }

  spies::per_thread<statistics_entry> entries;
  const statistics_options options;
  std::atomic<std::int64_t> published{0};
};

} // namespace mallocspy

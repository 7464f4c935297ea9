// SPDX-License-Identifier: MIT
// What statistics answers. Not for hooks: reports allocate.
#include "spies/statistics/statistics_tables.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdarg>
#include <cstdio>

namespace mallocspy {

namespace {

void add(allocation_counts& sum, const statistics_entry& entry) {
  sum.allocations += entry.allocations.get();
  sum.reallocations += entry.reallocations.get();
  sum.frees += entry.frees.get();
  sum.failures += entry.failures.get();
  sum.requested_bytes += entry.requested_bytes.get();
  sum.live_blocks += static_cast<std::int64_t>(entry.live_blocks.get());
  sum.live_bytes += static_cast<std::int64_t>(entry.live_bytes.get());
  for (std::size_t i = 0; i < sum.sizes.size(); ++i) {
    sum.sizes[i] += entry.sizes[i].get();
  }
}

__attribute__((format(printf, 2, 3))) void append(std::string& text, const char* format, ...) {
  char buffer[200];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  text += buffer;
}

void append_sizes(std::string& text, const allocation_counts::histogram& sizes) {
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == 0) {
      continue;
    }
    const std::uint64_t largest = i == 64 ? UINT64_MAX : (std::uint64_t{1} << i) - 1;
    append(text, "  up to %-20" PRIu64 " %" PRIu64 "\n", largest, sizes[i]);
  }
}

} // namespace

allocation_counts operator-(const allocation_counts& later, const allocation_counts& earlier) {
  allocation_counts difference = later;
  difference.allocations -= earlier.allocations;
  difference.reallocations -= earlier.reallocations;
  difference.frees -= earlier.frees;
  difference.failures -= earlier.failures;
  difference.requested_bytes -= earlier.requested_bytes;
  difference.live_blocks -= earlier.live_blocks;
  difference.live_bytes -= earlier.live_bytes;
  for (std::size_t i = 0; i < difference.sizes.size(); ++i) {
    difference.sizes[i] -= earlier.sizes[i];
  }
  return difference;
}

allocation_counts statistics::counts() const {
  allocation_counts sum;
  m_tables->entries.for_each([&](const statistics_entry& entry, bool) { add(sum, entry); });
  return sum;
}

peak_bytes statistics::peak() const {
  peak_bytes answer{0, 0};
  std::uint64_t writers = 0;
  m_tables->entries.for_each([&](const statistics_entry& entry, bool shared) {
    answer.bytes = std::max(answer.bytes, entry.peak.get());
    writers += shared ? 0 : 1; // the shared entry publishes at once
  });
  const bool others = writers > 1 || (writers == 1 && m_tables->entries.shared_is_used());
  if (others && !m_tables->options.exact_peak) {
    // Seen from the shared entry all of them are others.
    const std::uint64_t unseen = m_tables->entries.shared_is_used() ? writers : writers - 1;
    answer.error = unseen * static_cast<std::uint64_t>(tables::quantum);
  }
  return answer;
}

void statistics::reset_peak() {
  std::int64_t live = m_tables->published.load(std::memory_order_relaxed);
  m_tables->entries.for_each(
      [&](const statistics_entry& entry, bool) { live += static_cast<std::int64_t>(entry.unpublished.get()); });
  m_tables->entries.for_each(
      [&](statistics_entry& entry, bool) { entry.peak.set(live > 0 ? static_cast<std::uint64_t>(live) : 0); });
}

std::vector<statistics::thread_counts> statistics::threads() const {
  std::vector<thread_counts> all;
  if (m_tables->options.per_thread) {
    m_tables->entries.for_each([&](const statistics_entry& entry, bool shared) {
      all.push_back({shared ? 0 : std::uint64_t{entry.owner.load(std::memory_order_relaxed)}, {}});
      add(all.back().counts, entry);
    });
  }
  return all;
}

std::string statistics::report() const {
  const allocation_counts all = counts();
  const peak_bytes most = peak();
  std::string text;
  append(text,
         "allocations    %" PRIu64 "\nreallocations  %" PRIu64 "\nfrees          %" PRIu64 "\nfailures       %" PRIu64 "\n",
         all.allocations, all.reallocations, all.frees, all.failures);
  append(text, "requested      %" PRIu64 " bytes\nlive           %" PRId64 " blocks, %" PRId64 " bytes\n",
         all.requested_bytes, all.live_blocks, all.live_bytes);
  append(text, "peak           %" PRIu64 " bytes", most.bytes);
  if (most.error != 0) {
    append(text, ", give or take %" PRIu64, most.error);
  }
  text += "\nsizes\n";
  append_sizes(text, all.sizes);
  for (const thread_counts& one : threads()) {
    append(text, "thread %" PRIu64 ": %" PRIu64 " allocations, %" PRIu64 " frees, %" PRIu64 " bytes requested\n",
           one.thread, one.counts.allocations, one.counts.frees, one.counts.requested_bytes);
  }
  return text;
}

} // namespace mallocspy

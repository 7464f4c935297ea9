// SPDX-License-Identifier: MIT
// A spy that counts: calls, bytes, live blocks, the peak, sizes.
// source: ours
#pragma once

#include <array>
#include <cstdint>
#include <mallocspy/spies/spy_base.hpp>
#include <string>
#include <vector>

namespace mallocspy {

// What was counted. Sizes are the bytes that the client asked for. The difference of two is what happened in between.
struct allocation_counts {
  // Sizes by powers of two: [0] counts size 0, [k] sizes from 2^(k-1) up to 2^k - 1.
  using histogram = std::array<std::uint64_t, 65>;

  std::uint64_t allocations = 0;   // that succeeded; a reallocation is not one
  std::uint64_t reallocations = 0; // that succeeded
  std::uint64_t frees = 0;
  std::uint64_t failures = 0;        // requests that were refused inside, or found no memory
  std::uint64_t requested_bytes = 0; // of allocations and reallocations together
  std::int64_t live_blocks = 0;      // allocated under the spy and not freed; of one thread: what it added, maybe negative
  std::int64_t live_bytes = 0;
  histogram sizes{}; // of allocations and reallocations together

  friend allocation_counts operator-(const allocation_counts& later, const allocation_counts& earlier);
};

MALLOCSPY_API allocation_counts operator-(const allocation_counts& later, const allocation_counts& earlier);

struct peak_bytes {
  std::uint64_t bytes; // the most that was alive at one time
  std::uint64_t error; // how much more or less it may have been; 0: exact
};

struct statistics_options {
  // The peak is exact with any number of threads; each operation then writes a word that all threads share.
  bool exact_peak = false;
  // Keeps the counts of each thread apart, of ended ones too.
  bool per_thread = false;
  // Under another host than mallocspy: its IMalloc, which is asked for the sizes of blocks that are freed. Must outlive
  // the spy. Null: mallocspy's exact sizes.
  IMalloc* host = nullptr;
};

// Counts without a lock and without memory of its own on any block: each thread writes its own counters. Concurrent.
// The size of a freed block is asked of whoever knows it: of the spies further inside, where it is one of a chain, and of
// the block map. A block whose size nobody knows is not counted as freed.
// threads: the hooks and the questions may be called from any thread; the answers are exact for what happened before
class MALLOCSPY_API statistics : public spy_base {
public:
  // errors: std::bad_alloc
  explicit statistics(const statistics_options& options = {});
  ~statistics() override;

  // returns: the counts of all threads together
  allocation_counts counts() const;

  // returns: the largest sum of live bytes since the start, or reset_peak(). Exact if one thread did everything, or with
  // exact_peak; else within 64 KiB for each further thread, as `error` says
  peak_bytes peak() const;

  // effects: the peak starts anew from what is alive now. threads: exact while no other thread allocates
  void reset_peak();

  struct thread_counts {
    std::uint64_t thread; // 1 and up, in the order in which threads first met a spy; 0: all that came after many others
    allocation_counts counts;
  };
  // returns: the counts by thread; empty without the option per_thread
  std::vector<thread_counts> threads() const;

  // returns: a table for people
  std::string report() const;

  SIZE_T STDMETHODCALLTYPE PreAlloc(SIZE_T cbRequest) override;
  void* STDMETHODCALLTYPE PostAlloc(void* pActual) override;
  void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override;
  SIZE_T STDMETHODCALLTYPE PreRealloc(void* pRequest, SIZE_T cbRequest, void** ppNewRequest, BOOL fSpyed) override;
  void* STDMETHODCALLTYPE PostRealloc(void* pActual, BOOL fSpyed) override;

private:
  struct tables;
  tables* m_tables;
};

} // namespace mallocspy

// SPDX-License-Identifier: MIT
// Counts what the calling thread allocates within a scope.
// source: ours
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mallocspy/contract/export.h>
#include <mallocspy/spies/call_stack.hpp>
#include <string>

namespace mallocspy {

// What one thread did within a scope. Sizes are the bytes that were asked for.
struct scope_counts {
  std::uint64_t allocations = 0;   // requests for memory, reallocations and failed ones among them
  std::uint64_t reallocations = 0; // of these
  std::uint64_t failures = 0;      // of these: refused, or there was no memory
  std::uint64_t bytes = 0;         // of all that did not fail
  std::uint64_t frees = 0;         // a reallocation is none
  std::int64_t live_blocks = 0;    // made minus freed by this thread; negative if it freed more
  std::int64_t live_bytes = 0;     //
  std::int64_t peak_bytes = 0;     // the most that live_bytes was
};

// Whether a scope remembers the call stacks of its allocations, for its report. That costs time on each of them.
enum class scope_stacks : bool { left_out, kept };

namespace testing_detail {

class use_of_test_spies;

struct allocation_site {
  stack_id stack;
  std::uint64_t allocations;
  std::uint64_t bytes;
};

// What the hooks write for one scope. Its thread's alone.
struct scope_record {
  scope_record* outer = nullptr;
  scope_counts counts;
  bool keeps_stacks = false;
  std::size_t sites_used = 0;
  std::array<allocation_site, 32> sites{};
  allocation_site elsewhere{}; // where there was no room for one more site
};

} // namespace testing_detail

// Counts the requests that the calling thread makes to the task allocator (with mallocspy::interpose: malloc and new as
// well) from its construction on; requests that a sweep refuses are counted too. Scopes may be nested: each counts what the
// inner ones count. What is done under an allow_allocation_scope is not counted.
//
//   allocation_scope scope;
//   parse(text);
//   assert(scope.counts().allocations <= 3);
//
// threads: belongs to the thread that made it, and is destroyed there; may be destroyed in any order
class MALLOCSPY_API allocation_scope {
public:
  // file, line: where the scope stands, for reports; the string must outlive it
  // errors: std::runtime_error if another spy is registered; std::bad_alloc
  explicit allocation_scope(scope_stacks stacks = scope_stacks::left_out, const char* file = __builtin_FILE(),
                            int line = __builtin_LINE());
  ~allocation_scope();
  allocation_scope(const allocation_scope&) = delete;
  allocation_scope& operator=(const allocation_scope&) = delete;

  // returns: what was counted until now
  // errors: std::logic_error on another thread than the scope's
  scope_counts counts() const;

  // returns: the counts in a line, and the call stacks, if they were kept: the first 32 different ones, with their counts
  // errors: as counts
  std::string report() const;

  // returns: where it stands
  const char* file() const noexcept {
    return m_file;
  }
  int line() const noexcept {
    return m_line;
  }

private:
  friend class allocation_budget;
  void must_end_here() const noexcept;

  testing_detail::use_of_test_spies* m_spies;
  const char* m_file;
  int m_line;
  const void* m_thread;
  stack_id m_stack = 0; // of its construction
  testing_detail::scope_record m_record;
};

// What this thread allocates within it is counted by no scope around it, and is no violation and no leak: for logging, test
// assertions and caches. May be nested.
// threads: on the stack of one thread
class MALLOCSPY_API allow_allocation_scope {
public:
  allow_allocation_scope() noexcept;
  ~allow_allocation_scope();
  allow_allocation_scope(const allow_allocation_scope&) = delete;
  allow_allocation_scope& operator=(const allow_allocation_scope&) = delete;
};

} // namespace mallocspy

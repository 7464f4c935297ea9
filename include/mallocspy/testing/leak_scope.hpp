// SPDX-License-Identifier: MIT
// A scope that nothing may be left of.
// source: ours
#pragma once

#include <array>
#include <mallocspy/spies/leak_report.hpp>
#include <mallocspy/testing/scope_violation.hpp>
#include <string>
#include <vector>

namespace mallocspy {

namespace testing_detail {
class use_of_test_spies;
}

// Which blocks count as leaked.
enum class leaks_are : std::uint8_t {
  alive, // all that are not freed
  lost,  // those that the program cannot reach any more (leak_report.hpp); caches that are filled in the scope are none
};

// Knows the blocks that the calling thread allocates within it and that are not freed, by whatever thread. If there are
// any at its end, and nobody has asked, the violation handler is called. Scopes may be nested: an outer one knows the
// blocks of the inner ones. A block that is reallocated counts as allocated by who does that; one that is allocated under
// an allow_allocation_scope is not known. threads: belongs to the thread that made it
class MALLOCSPY_API leak_scope {
public:
  // file, line: where the scope stands, for reports; the string must outlive it
  // errors: std::runtime_error if another spy is registered; std::bad_alloc
  explicit leak_scope(leaks_are what = leaks_are::alive, const char* file = __builtin_FILE(), int line = __builtin_LINE());

  // effects: calls the violation handler for leaks of which nobody was told
  ~leak_scope();
  leak_scope(const leak_scope&) = delete;
  leak_scope& operator=(const leak_scope&) = delete;

  // returns: the leaked blocks, by the number of their request. Who asks is told: the handler is called only if there are
  //   more at the end
  // errors: std::logic_error on another thread; std::bad_alloc
  std::vector<leaked_block> leaks() const;

  // effects: a block that may survive: it is no leak
  // returns: false if the scope does not know it
  bool expect(const void* block) noexcept;

  // effects: blocks that functions of a namespace ask for, themselves or through the standard library, are no leaks: those
  //   of a test framework. The string must outlive the scope; up to 4 of them, more have no effect
  void expect_from(const char* name_space) noexcept;

  // returns: how many blocks and bytes leaked, and the call stacks of their allocation, largest loss first. Who asks is
  // told errors: as leaks
  std::string report() const;

private:
  std::vector<leaked_block> find() const;
  bool is_expected(stack_id stack) const noexcept;
  std::string text(const std::vector<leaked_block>& leaked) const;

  testing_detail::use_of_test_spies* m_spies;
  leaks_are m_what;
  const char* m_file;
  int m_line;
  int m_exceptions; // that were passing when it began
  const void* m_thread;
  stack_id m_stack;      // of its construction
  std::uint64_t m_first; // number of the first request that is its own
  std::array<const char*, 4> m_expected_from{};
  mutable std::size_t m_told = 0;
  // Numbers of the blocks that were found lost once: they stay so, though the answer holds their addresses.
  mutable std::vector<std::uint64_t> m_lost;
};

} // namespace mallocspy

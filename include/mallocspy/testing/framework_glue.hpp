// SPDX-License-Identifier: MIT
// What the glue for all test frameworks has in common.
// source: ours
#pragma once

#include <mallocspy/testing/leak_scope.hpp>
#include <mallocspy/testing/sweep.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace mallocspy::testing_detail {

// returns: the sweep of f; in reports it has the test's name, unless the options name it
template <class Function> sweep_result sweep_in_test(const std::string& test, Function&& f, sweep_options options = {}) {
  if (options.name == sweep_options().name) {
    options.name = test;
  }
  return oom_sweep(std::forward<Function>(f), options);
}

// Where something is in the sources.
struct source_place {
  std::string file;
  int line;
};

// returns: the place of the first frame in a report that has one; else the one given
MALLOCSPY_API source_place first_place(const std::string& report, const char* file, int line);

// effects: overwrites the stack below the caller, where the calls that have ended left pointers: the frames of coming calls
//   would show them to a search for leaks
#if defined(__GNUC__)
__attribute__((noinline))
#endif
MALLOCSPY_API void
clear_dead_stack() noexcept;

// Looks after the blocks of one test at a time.
// threads: one
class leak_check {
public:
  // effects: a test begins. framework: namespace whose own allocations are no leaks
  void begin(const char* framework, const char* file, int line) {
    m_file = file;
    m_line = line;
    m_failure.clear();
    try {
      m_scope.emplace(leaks_are::lost, file, line);
      m_scope->expect_from(framework);
    } catch (const std::exception& failure) {
      m_failure = std::string("no check for leaks: ") + failure.what();
    }
  }

  // effects: the test ends; calls fail(file, line, text) if it has lost blocks: file and line are where the first of them
  //   was allocated, as far as that is known
  template <class Function> void end(Function fail) {
    clear_dead_stack();
    if (m_scope && !m_scope->leaks().empty()) {
      m_failure = m_scope->report();
    }
    m_scope.reset();
    if (!m_failure.empty()) {
      const source_place place = first_place(m_failure, m_file, m_line);
      fail(place.file.c_str(), place.line, m_failure);
    }
  }

private:
  std::optional<leak_scope> m_scope;
  std::string m_failure;
  const char* m_file = "";
  int m_line = 0;
};

} // namespace mallocspy::testing_detail

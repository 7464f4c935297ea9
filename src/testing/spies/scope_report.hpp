// SPDX-License-Identifier: MIT
// The reports of scopes: texts, and where they go.
#pragma once

#include <cstdint>
#include <functional>
#include <mallocspy/spies/call_stack.hpp>
#include <mallocspy/testing/allocation_scope.hpp>
#include <mallocspy/testing/sweep.hpp>
#include <string>
#include <vector>

namespace mallocspy::testing_detail {

class use_of_test_spies;

// returns: a new use of the spies; its memory counts in no scope. errors: std::runtime_error if another spy is registered
use_of_test_spies* use_spies();

struct report_part {
  std::string title; // a line
  stack_id stack;
};

// returns: each title with its stack, with files and lines where they are known. Frames that the scope's own stack has,
//   too, are left out: they say how the scope was reached
// threads: any; not in a hook
std::string with_stacks(const std::vector<report_part>& parts, stack_id scope);

// returns: "1 block", "3 blocks"
std::string amount(std::uint64_t count, const char* one, const char* many);

// returns: "file:line"
std::string place(const char* file, int line);

// For what scopes allocate themselves: it is not their thread's, and no sweep lets it fail.
struct own_allocations {
  allow_allocation_scope not_counted;
  no_fault_scope not_failed;
};

// effects: at the end of a scope: runs end(); what it throws is told in one line on stderr
void end_scope(const char* file, int line, const std::function<void()>& end) noexcept;

// effects: calls the violation handler
void tell_violation(const char* scope, const char* file, int line, std::uint64_t violations, int exceptions_before,
                    const std::string& report);

// effects: a line on stderr, and abort: the other thread's list of scopes cannot be touched
[[noreturn]] void ended_on_another_thread(const char* file, int line) noexcept;

// errors: std::logic_error, unless the calling thread is the one of which this is the scopes_of_this_thread
void must_be_this_thread(const void* scopes, const char* file, int line);

} // namespace mallocspy::testing_detail

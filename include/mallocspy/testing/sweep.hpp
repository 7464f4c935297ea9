// SPDX-License-Identifier: MIT
// Fails every allocation of a function, one after another, and tells what came of it.
// source: ours
#pragma once

#include <functional>
#include <mallocspy/testing/sweep_options.hpp>
#include <mallocspy/testing/sweep_result.hpp>
#include <type_traits>
#include <utility>

namespace mallocspy {

namespace testing_detail {

MALLOCSPY_API sweep_result sweep(const std::function<sweep_outcome()>& body, const sweep_options& options);

template <class Function> std::function<sweep_outcome()> as_body(Function&& f) {
  using result = std::invoke_result_t<Function&>;
  if constexpr (std::is_same_v<result, sweep_outcome>) {
    return std::forward<Function>(f);
  } else if constexpr (std::is_same_v<result, bool>) {
    return
        [f = std::forward<Function>(f)]() mutable { return f() ? sweep_outcome::correct : sweep_outcome::reported_error; };
  } else {
    static_assert(std::is_void_v<result>, "the function under test returns void, bool or sweep_outcome");
    return [f = std::forward<Function>(f)]() mutable {
      f();
      return sweep_outcome::correct;
    };
  }
}

} // namespace testing_detail

// effects: runs `f` without a failure to learn what it does, and then lets it see a failure at each allocation that it
//   makes through the task allocator (with mallocspy::interpose: at each malloc and new as well). Each failure is seen by a
//   child process only, made at that allocation: f's run in this process goes on as if nothing had happened, so f runs a
//   few times, not once for each point. Where that is not possible (f has other threads, talks to other processes, changes
//   files) the child runs f from its beginning. A child that crashes or hangs is a finding, and the sweep goes on.
// f: is called with no arguments, and must be repeatable. It returns
//     void             a failure is reported by an exception of any type
//     bool             or by false
//     sweep_outcome    or by reported_error; wrong: success was reported, and the result is not right
//   Assertions of a test framework are for the unfailed run: look at the result in f, and return what came of it.
// returns: what was found. Nothing is written but error lines, and f's output in this process is what one run writes, as
//   often as it is run
// errors: result.error: no spy can be registered (another one is), no memory, f fails without a failure ...
// threads: one sweep at a time in a process
template <class Function> sweep_result oom_sweep(Function&& f, const sweep_options& options = {}) {
  return testing_detail::sweep(testing_detail::as_body(std::forward<Function>(f)), options);
}

// For code that must not be failed: allocations of this thread within the scope are neither counted nor failed.
// threads: on the stack of one thread
class MALLOCSPY_API no_fault_scope {
public:
  no_fault_scope() noexcept;
  ~no_fault_scope();
  no_fault_scope(const no_fault_scope&) = delete;
  no_fault_scope& operator=(const no_fault_scope&) = delete;
};

// For fuzzing: runs `f` once in this process, while allocations fail that the input decides: the same input fails the same
// ones. About one in `rarity` fails; none for an empty input.
//
//   extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
//     mallocspy::fail_by_input(data, size, [&] { parse(data, size); });
//     return 0;
//   }
//
// returns: how many failed
// errors: std::runtime_error if no spy can be registered. What f throws is thrown on, but for std::bad_alloc
// threads: as oom_sweep; allocations of other threads do not fail
MALLOCSPY_API std::uint64_t fail_by_input(const void* data, std::size_t size, const std::function<void()>& f,
                                          unsigned rarity = 16);

} // namespace mallocspy

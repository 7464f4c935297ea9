// SPDX-License-Identifier: MIT
#include <mallocspy/testing/scope_violation.hpp>

#include "blocks/line.hpp"
#include "testing/spies/scope_report.hpp"

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <mallocspy/testing/allocation_scope.hpp>

namespace mallocspy {

namespace {

void report_and_abort(const scope_violation& violation) {
  std::fputs(violation.report, stderr);
  std::fflush(stderr);
  if (!violation.unwinding) {
    std::abort();
  }
}

std::atomic<scope_violation_handler> handler{report_and_abort};

} // namespace

scope_violation_handler set_scope_violation_handler(scope_violation_handler wanted) noexcept {
  return handler.exchange(wanted == nullptr ? report_and_abort : wanted);
}

namespace testing_detail {

void tell_violation(const char* scope, const char* file, int line, std::uint64_t violations, int exceptions_before,
                    const std::string& report) {
  handler.load()({scope, file, line, violations, std::uncaught_exceptions() > exceptions_before, report.c_str()});
}

void end_scope(const char* file, int line, const std::function<void()>& end) noexcept {
  try {
    end();
  } catch (const std::exception& failure) {
    blocks::line()
        .text("the scope at ")
        .text(file)
        .text(":")
        .number(static_cast<std::size_t>(line))
        .text(" cannot tell whether its promise was kept: ")
        .text(failure.what())
        .write();
  }
}

void ended_on_another_thread(const char* file, int line) noexcept {
  blocks::line()
      .text("the scope at ")
      .text(file)
      .text(":")
      .number(static_cast<std::size_t>(line))
      .text(" was begun by another thread than the one that ends it")
      .write();
  std::abort();
}

} // namespace testing_detail

} // namespace mallocspy

// SPDX-License-Identifier: MIT
// Sweeps and scopes as assertions of GoogleTest, and a listener that finds leaks. Header only.
//
//   EXPECT_OOM_SWEEP([] { return parse("text"); });     // one line: every allocation of it fails once
//   EXPECT_TRUE(survives_oom(oom_sweep(f)));
//   EXPECT_NO_ALLOCATION(queue.push(27));
//
// A failed assertion shows the whole report; more can be streamed to it. Each macro has an EXPECT_ form, after which the
// test goes on, and an ASSERT_ form. source: ours
#pragma once

#include <gtest/gtest.h>
#include <mallocspy/testing/framework_glue.hpp>
#include <mallocspy/testing/scope_verdict.hpp>

namespace mallocspy {

// returns: success if the sweep took place and found nothing; else a failure with its report
inline ::testing::AssertionResult survives_oom(const sweep_result& result) {
  return result.passed() ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << result.text();
}

// returns: success if the promise was kept; else a failure with the report
inline ::testing::AssertionResult keeps_promise(const scope_verdict& verdict) {
  return verdict.kept ? ::testing::AssertionSuccess() : ::testing::AssertionFailure() << verdict.report;
}

namespace gtest_detail {

inline std::string test_name() {
  const ::testing::TestInfo* test = ::testing::UnitTest::GetInstance()->current_test_info();
  return test == nullptr ? "oom_sweep" : std::string(test->test_suite_name()) + "." + test->name();
}

class leak_listener : public ::testing::EmptyTestEventListener {
public:
  void OnTestStart(const ::testing::TestInfo& test) override {
    m_check.begin("testing", test.file(), test.line());
  }
  void OnTestEnd(const ::testing::TestInfo& test) override {
    m_check.end([&test](const char* file, int line, const std::string& text) {
      ADD_FAILURE_AT(file, line) << test.test_suite_name() << "." << test.name() << " (" << test.file() << ":"
                                 << test.line() << ") loses blocks\n"
                                 << text;
    });
  }

private:
  testing_detail::leak_check m_check;
};

} // namespace gtest_detail

// effects: from now on each test fails that loses blocks of the task allocator: blocks that its thread allocated, nobody
//   freed, and the program cannot reach any more (leak_report.hpp). Caches and other lazy state are none, and GoogleTest's
//   own blocks are none. The failure stands at file and line of the first lost block's allocation. To be called before the
//   tests run: in main, or once where a variable is initialised:
//     static const bool leaks_are_found = mallocspy::find_leaks_of_tests();
//   While a test runs, the spies of the testing layer are registered, so it cannot register its own
// returns: true
inline bool find_leaks_of_tests() {
  // Behind the printer: ends are told in reverse order, and it has to see the failure.
  ::testing::UnitTest::GetInstance()->listeners().Append(new gtest_detail::leak_listener);
  return true;
}

} // namespace mallocspy

#define MALLOCSPY_GTEST_ASSERT(fail, what, text, ...)                                                                      \
  GTEST_AMBIGUOUS_ELSE_BLOCKER_                                                                                            \
  if (const ::testing::AssertionResult mallocspy_result = __VA_ARGS__)                                                     \
    ;                                                                                                                      \
  else                                                                                                                     \
    fail() << what "(" text ")\n" << mallocspy_result.message()

// EXPECT_OOM_SWEEP(f) or (f, options): as oom_sweep(f, options), which must pass
#define EXPECT_OOM_SWEEP(...)                                                                                              \
  MALLOCSPY_GTEST_ASSERT(ADD_FAILURE, "EXPECT_OOM_SWEEP", #__VA_ARGS__,                                                    \
                         ::mallocspy::survives_oom(::mallocspy::testing_detail::sweep_in_test(                             \
                             ::mallocspy::gtest_detail::test_name(), __VA_ARGS__)))
#define ASSERT_OOM_SWEEP(...)                                                                                              \
  MALLOCSPY_GTEST_ASSERT(GTEST_FAIL, "ASSERT_OOM_SWEEP", #__VA_ARGS__,                                                     \
                         ::mallocspy::survives_oom(::mallocspy::testing_detail::sweep_in_test(                             \
                             ::mallocspy::gtest_detail::test_name(), __VA_ARGS__)))

// The others take statements: EXPECT_NO_ALLOCATION(a.push(1); a.pop()) or EXPECT_NO_ALLOCATION({ ... })

// no allocation by this thread
#define EXPECT_NO_ALLOCATION(...)                                                                                          \
  MALLOCSPY_GTEST_ASSERT(ADD_FAILURE, "EXPECT_NO_ALLOCATION", #__VA_ARGS__,                                                \
                         ::mallocspy::keeps_promise(::mallocspy::allocates_nothing([&] { __VA_ARGS__; })))
#define ASSERT_NO_ALLOCATION(...)                                                                                          \
  MALLOCSPY_GTEST_ASSERT(GTEST_FAIL, "ASSERT_NO_ALLOCATION", #__VA_ARGS__,                                                 \
                         ::mallocspy::keeps_promise(::mallocspy::allocates_nothing([&] { __VA_ARGS__; })))

// at most n of them
#define EXPECT_ALLOCATIONS_AT_MOST(n, ...)                                                                                 \
  MALLOCSPY_GTEST_ASSERT(ADD_FAILURE, "EXPECT_ALLOCATIONS_AT_MOST", #n ", " #__VA_ARGS__,                                  \
                         ::mallocspy::keeps_promise(::mallocspy::allocates_at_most(n, [&] { __VA_ARGS__; })))
#define ASSERT_ALLOCATIONS_AT_MOST(n, ...)                                                                                 \
  MALLOCSPY_GTEST_ASSERT(GTEST_FAIL, "ASSERT_ALLOCATIONS_AT_MOST", #n ", " #__VA_ARGS__,                                   \
                         ::mallocspy::keeps_promise(::mallocspy::allocates_at_most(n, [&] { __VA_ARGS__; })))

// all that it allocates is freed
#define EXPECT_NO_LEAK(...)                                                                                                \
  MALLOCSPY_GTEST_ASSERT(ADD_FAILURE, "EXPECT_NO_LEAK", #__VA_ARGS__,                                                      \
                         ::mallocspy::keeps_promise(::mallocspy::leaves_nothing([&] { __VA_ARGS__; })))
#define ASSERT_NO_LEAK(...)                                                                                                \
  MALLOCSPY_GTEST_ASSERT(GTEST_FAIL, "ASSERT_NO_LEAK", #__VA_ARGS__,                                                       \
                         ::mallocspy::keeps_promise(::mallocspy::leaves_nothing([&] { __VA_ARGS__; })))

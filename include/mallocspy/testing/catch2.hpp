// SPDX-License-Identifier: MIT
// Sweeps and scopes as assertions of Catch2, version 2.13 or 3. Header only.
//
//   CHECK_OOM_SWEEP([] { return parse("text"); });     // one line: every allocation of it fails once
//   REQUIRE_THAT(oom_sweep(f), survives_oom());
//   CHECK_NO_ALLOCATION(queue.push(27));
//
// A failed assertion shows the whole report. Each macro has a CHECK_ form, after which the test goes on, and a REQUIRE_
// form. Catch2's leak listener is in catch2_leaks.hpp. source: ours
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif

#include <mallocspy/testing/framework_glue.hpp>
#include <mallocspy/testing/scope_verdict.hpp>

namespace mallocspy {

namespace catch2_detail {

#if __has_include(<catch2/catch_all.hpp>)
template <class T> using matcher_base = Catch::Matchers::MatcherBase<T>;
#else
template <class T> using matcher_base = Catch::MatcherBase<T>;
#endif

inline std::string test_name() {
  return std::string(Catch::getResultCapture().getCurrentTestName());
}

template <class Verdict>
void assert_that(const char* macro, const char* text, const Catch::SourceLineInfo& place,
                 Catch::ResultDisposition::Flags disposition, Verdict verdict) {
  Catch::AssertionHandler handler(Catch::StringRef(macro), place, Catch::StringRef(text), disposition);
  try {
    const std::string report = verdict();
    if (report.empty()) {
      handler.handleExpr(Catch::Decomposer() <= true);
    } else {
      handler.handleMessage(Catch::ResultWas::ExplicitFailure, std::string(report));
    }
  } catch (...) {
    handler.handleUnexpectedInflightException();
  }
  handler.complete();
}

inline std::string text_of(const sweep_result& result) {
  return result.passed() ? std::string() : result.text();
}
inline std::string text_of(const scope_verdict& verdict) {
  return verdict.report;
}

} // namespace catch2_detail

// A matcher for REQUIRE_THAT(oom_sweep(f), survives_oom()): holds if the sweep took place and found nothing.
class survives_oom_matcher : public catch2_detail::matcher_base<sweep_result> {
public:
  bool match(const sweep_result& result) const override {
    return result.passed();
  }

protected:
  std::string describe() const override {
    return "survives a lack of memory";
  }
};
inline survives_oom_matcher survives_oom() {
  return {};
}

} // namespace mallocspy

#define MALLOCSPY_CATCH2_ASSERT(macro, disposition, text, ...)                                                             \
  ::mallocspy::catch2_detail::assert_that(macro, text, CATCH_INTERNAL_LINEINFO, ::Catch::ResultDisposition::disposition,   \
                                          [&] { return ::mallocspy::catch2_detail::text_of(__VA_ARGS__); })

// CHECK_OOM_SWEEP(f) or (f, options): as oom_sweep(f, options), which must pass
#define CHECK_OOM_SWEEP(...)                                                                                               \
  MALLOCSPY_CATCH2_ASSERT(                                                                                                 \
      "CHECK_OOM_SWEEP", ContinueOnFailure, #__VA_ARGS__,                                                                  \
      ::mallocspy::testing_detail::sweep_in_test(::mallocspy::catch2_detail::test_name(), __VA_ARGS__))
#define REQUIRE_OOM_SWEEP(...)                                                                                             \
  MALLOCSPY_CATCH2_ASSERT(                                                                                                 \
      "REQUIRE_OOM_SWEEP", Normal, #__VA_ARGS__,                                                                           \
      ::mallocspy::testing_detail::sweep_in_test(::mallocspy::catch2_detail::test_name(), __VA_ARGS__))

// The others take statements: CHECK_NO_ALLOCATION(a.push(1); a.pop()) or CHECK_NO_ALLOCATION({ ... })

// no allocation by this thread
#define CHECK_NO_ALLOCATION(...)                                                                                           \
  MALLOCSPY_CATCH2_ASSERT("CHECK_NO_ALLOCATION", ContinueOnFailure, #__VA_ARGS__,                                          \
                          ::mallocspy::allocates_nothing([&] { __VA_ARGS__; }))
#define REQUIRE_NO_ALLOCATION(...)                                                                                         \
  MALLOCSPY_CATCH2_ASSERT("REQUIRE_NO_ALLOCATION", Normal, #__VA_ARGS__,                                                   \
                          ::mallocspy::allocates_nothing([&] { __VA_ARGS__; }))

// at most n of them
#define CHECK_ALLOCATIONS_AT_MOST(n, ...)                                                                                  \
  MALLOCSPY_CATCH2_ASSERT("CHECK_ALLOCATIONS_AT_MOST", ContinueOnFailure, #n ", " #__VA_ARGS__,                            \
                          ::mallocspy::allocates_at_most(n, [&] { __VA_ARGS__; }))
#define REQUIRE_ALLOCATIONS_AT_MOST(n, ...)                                                                                \
  MALLOCSPY_CATCH2_ASSERT("REQUIRE_ALLOCATIONS_AT_MOST", Normal, #n ", " #__VA_ARGS__,                                     \
                          ::mallocspy::allocates_at_most(n, [&] { __VA_ARGS__; }))

// all that it allocates is freed
#define CHECK_NO_LEAK(...)                                                                                                 \
  MALLOCSPY_CATCH2_ASSERT("CHECK_NO_LEAK", ContinueOnFailure, #__VA_ARGS__,                                                \
                          ::mallocspy::leaves_nothing([&] { __VA_ARGS__; }))
#define REQUIRE_NO_LEAK(...)                                                                                               \
  MALLOCSPY_CATCH2_ASSERT("REQUIRE_NO_LEAK", Normal, #__VA_ARGS__, ::mallocspy::leaves_nothing([&] { __VA_ARGS__; }))

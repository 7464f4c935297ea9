// SPDX-License-Identifier: MIT
#include "support/catch.hpp"
#include "support/dies.hpp"

#include <algorithm>
#include <cerrno>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/spies.hpp>
#include <string>
#include <thread>
#include <vector>

using namespace mallocspy;

namespace {

// returns: which of `count` requests of 53 bytes fail: "..X." if the third does
std::string failures(std::size_t count, SIZE_T bytes = 53) {
  std::string seen;
  for (std::size_t i = 0; i < count; ++i) {
    void* block = CoTaskMemAlloc(bytes);
    seen += block == nullptr ? 'X' : '.';
    CoTaskMemFree(block);
  }
  return seen;
}

std::string failures_of(const fault_plan& plan, std::size_t count) {
  fault_injector spy(plan);
  const scoped_spy registration(&spy);
  (void)spy.outcome(); // a plan that never fires is expected here
  return failures(count);
}

} // namespace

// Callers to be told apart; not inlined, and called from a place behind which something is left to do.
namespace callers {
[[gnu::noinline]] void* parse(SIZE_T bytes) {
  void* volatile block = CoTaskMemAlloc(bytes);
  return block;
}
struct reader {
  [[gnu::noinline]] static void* fetch(SIZE_T bytes) {
    void* volatile block = parse(bytes);
    return block;
  }
};
} // namespace callers

TEST_CASE("each plan fails the requests that it names") {
  CHECK(failures_of(fault_plan::never(), 5) == ".....");
  CHECK(failures_of(fault_plan::nth(1), 5) == "X....");
  CHECK(failures_of(fault_plan::nth(3), 5) == "..X..");
  CHECK(failures_of(fault_plan::nth_and_later(1), 5) == "XXXXX");
  CHECK(failures_of(fault_plan::nth_and_later(4), 5) == "...XX");
  CHECK(failures_of(fault_plan::in_a_row(2, 3), 6) == ".XXX..");
  CHECK(failures_of(fault_plan::in_a_row(2, 0), 3) == "...");
  CHECK(failures_of(fault_plan::every(3), 7) == "..X..X.");
  CHECK(failures_of(fault_plan::every(1), 3) == "XXX");
  CHECK(failures_of(fault_plan::random(0, 7), 50).find('X') == std::string::npos);
  CHECK(failures_of(fault_plan::random(1, 7), 50).find('.') == std::string::npos);
  for (const fault_plan& plan :
       {fault_plan::nth(0), fault_plan::nth_and_later(0), fault_plan::in_a_row(0, 2), fault_plan::every(0)}) {
    CHECK(failures_of(plan, 3) == "...");
  }
}

TEST_CASE("reallocations are counted with allocations, and the block stays as it was") {
  fault_injector spy(fault_plan::nth(2));
  const scoped_spy registration(&spy);
  void* block = CoTaskMemAlloc(53);
  CHECK(CoTaskMemRealloc(block, 119) == nullptr);
  CHECK(requested_size(block) == 53);
  block = CoTaskMemRealloc(block, 61);
  CHECK(requested_size(block) == 61);
  CHECK(CoTaskMemRealloc(block, 0) == nullptr); // a free
  CHECK(spy.outcome().counted == 3);
  CHECK(spy.outcome().failed == 1);
}

TEST_CASE("a request of no bytes neither fails nor counts") {
  fault_injector spy(fault_plan::nth_and_later(1));
  const scoped_spy registration(&spy);
  void* block = CoTaskMemAlloc(0);
  CHECK(block != nullptr);
  CoTaskMemFree(block);
  CHECK(spy.outcome().counted == 0);
  CHECK_FALSE(spy.outcome().fired());
}

TEST_CASE("a failed request sets errno, and only a failed one") {
  fault_injector spy(fault_plan::nth(2));
  const scoped_spy registration(&spy);
  errno = 0;
  CoTaskMemFree(CoTaskMemAlloc(53));
  CHECK(errno == 0);
  CHECK(CoTaskMemAlloc(53) == nullptr);
  CHECK(errno == ENOMEM);
  CHECK(spy.outcome().fired());
}

TEST_CASE("random failures come again from the same seed, and as often as they should") {
  const std::string once = failures_of(fault_plan::random(0.25, 42), 4000);
  CHECK(once == failures_of(fault_plan::random(0.25, 42), 4000));
  CHECK(once != failures_of(fault_plan::random(0.25, 43), 4000));
  const auto failed = std::count(once.begin(), once.end(), 'X');
  CHECK(failed > 850); // of 1000: more than five standard deviations
  CHECK(failed < 1150);
}

TEST_CASE("random failures of one thread do not depend on what another does") {
  const auto with_other = [](std::size_t others) {
    fault_injector spy(fault_plan::random(0.5, 42));
    const scoped_spy registration(&spy);
    std::string seen = failures(1);
    std::thread([&] { failures(others); }).join();
    seen += failures(100);
    (void)spy.outcome();
    return seen;
  };
  CHECK(with_other(1) == with_other(77));
}

TEST_CASE("only requests of the given sizes count") {
  fault_injector spy(fault_plan::nth(2).sizes(54, 61));
  const scoped_spy registration(&spy);
  CHECK(failures(3, 53) == "...");
  CHECK(failures(3, 62) == "...");
  CHECK(failures(1, 61) == ".");
  CHECK(failures(2, 54) == "X.");
  CHECK(spy.outcome().counted == 3);
  spy.arm(fault_plan::nth_and_later(1).sizes(0, 61));
  CHECK(failures(1, 61) == "X");
  CHECK(failures(1, 0) == ".");
}

TEST_CASE("only requests of the thread that armed it count") {
  fault_injector spy(fault_plan::nth_and_later(1).on_this_thread());
  const scoped_spy registration(&spy);
  std::string of_other;
  std::thread([&] { of_other = failures(5); }).join();
  CHECK(of_other == ".....");
  CHECK(spy.outcome().counted == 0);
  CHECK(failures(2) == "XX");
  CHECK(spy.outcome().failed == 2);
}

TEST_CASE("only requests under a caller count, or only those that are not") {
  fault_injector spy(fault_plan::nth_and_later(1).under("callers::parse"));
  const scoped_spy registration(&spy);
  const auto result_of = [](void* block) {
    const bool failed = block == nullptr;
    CoTaskMemFree(block);
    return failed;
  };
  CHECK(result_of(callers::parse(53)));
  CHECK(result_of(callers::reader::fetch(53)));
  CHECK_FALSE(result_of(CoTaskMemAlloc(53)));
  CHECK(spy.outcome().counted == 2);

  spy.arm(fault_plan::nth_and_later(1).not_under("reader::fetch"));
  CHECK(result_of(callers::parse(53)));
  CHECK_FALSE(result_of(callers::reader::fetch(53)));
  CHECK(result_of(CoTaskMemAlloc(53)));
  CHECK(spy.outcome().counted == 2);

  spy.arm(fault_plan::nth_and_later(1).under("parse").not_under("fetch"));
  CHECK(result_of(callers::parse(53)));
  CHECK_FALSE(result_of(callers::reader::fetch(53)));

  spy.arm(fault_plan::nth_and_later(1).under("libnobody.so"));
  CHECK_FALSE(result_of(callers::parse(53)));
  CHECK_FALSE(spy.outcome().fired());
  spy.arm(fault_plan::nth_and_later(1).under("spies_tests")); // this program
  CHECK(result_of(callers::parse(53)));
  CHECK(spy.outcome().fired());
}

TEST_CASE("a plan under a caller can be combined with numbers and sizes") {
  fault_injector spy(fault_plan::every(2).under("callers::parse").sizes(50, 60).on_this_thread());
  const scoped_spy registration(&spy);
  std::string seen;
  for (int i = 0; i < 4; ++i) {
    CoTaskMemFree(CoTaskMemAlloc(53));  // not under it
    CoTaskMemFree(callers::parse(119)); // of another size
    void* block = callers::parse(53);
    seen += block == nullptr ? 'X' : '.';
    CoTaskMemFree(block);
  }
  CHECK(seen == ".X.X");
}

TEST_CASE("a budget limits what is alive at one time") {
  fault_injector spy(fault_plan::budget(1000));
  const scoped_spy registration(&spy);
  void* a = CoTaskMemAlloc(600);
  void* b = CoTaskMemAlloc(400);
  CHECK(a != nullptr);
  CHECK(b != nullptr);
  CHECK(CoTaskMemAlloc(1) == nullptr);
  CHECK(CoTaskMemRealloc(a, 601) == nullptr);
  a = CoTaskMemRealloc(a, 599); // shrinking is always possible
  void* c = CoTaskMemAlloc(1);
  CHECK(c != nullptr);
  CoTaskMemFree(b);
  b = CoTaskMemAlloc(SIZE_MAX / 2); // beyond the budget anyway
  CHECK(b == nullptr);
  b = CoTaskMemAlloc(400);
  CHECK(b != nullptr);
  CHECK(CoTaskMemAlloc(1) == nullptr);
  CHECK(spy.outcome().failed == 4);
  CoTaskMemFree(a);
  CoTaskMemFree(b);
  CoTaskMemFree(c);
}

TEST_CASE("a request that finds no memory is not charged to the budget") {
  fault_injector spy(fault_plan::budget(SIZE_MAX / 2));
  const scoped_spy registration(&spy);
  CHECK(CoTaskMemAlloc(SIZE_MAX / 2 - 100) == nullptr);
  void* block = CoTaskMemAlloc(53);
  CHECK(CoTaskMemRealloc(block, SIZE_MAX / 2 - 100) == nullptr);
  CHECK(spy.outcome().failed == 0);
  CoTaskMemFree(block);
}

TEST_CASE("blocks from before do not count towards a budget") {
  void* before = CoTaskMemAlloc(5003);
  fault_injector spy(fault_plan::budget(1000));
  const scoped_spy registration(&spy);
  void* block = CoTaskMemAlloc(1000);
  CoTaskMemFree(before);
  CHECK(CoTaskMemAlloc(1) == nullptr);
  CoTaskMemFree(block);
  CHECK(spy.outcome().failed == 1);
}

TEST_CASE("threads together fail exactly what the plan names") {
  constexpr std::size_t threads = 4;
  fault_injector spy(fault_plan::in_a_row(1000, 57));
  const scoped_spy registration(&spy);
  std::vector<std::thread> all;
  for (std::size_t i = 0; i < threads; ++i) {
    all.emplace_back([] { failures(2000); });
  }
  for (std::thread& thread : all) {
    thread.join();
  }
  CHECK(spy.outcome().counted == threads * 2000);
  CHECK(spy.outcome().failed == 57);
}

TEST_CASE("an injector is armed again and again, and disarmed") {
  fault_injector spy;
  const scoped_spy registration(&spy);
  for (std::uint64_t k = 1; k <= 3; ++k) {
    spy.arm(fault_plan::nth(k));
    CHECK(failures(3).find('X') == k - 1);
    CHECK(spy.outcome().fired());
  }
  spy.arm(fault_plan::nth_and_later(1));
  spy.disarm();
  CHECK(failures(2) == "..");
  CHECK(spy.outcome().counted == 0);
}

TEST_CASE("an injector that is registered with one plan may get a budget, and the other way round") {
  fault_injector spy(fault_plan::nth(1000));
  const scoped_spy registration(&spy);
  CoTaskMemFree(CoTaskMemAlloc(100));
  spy.arm(fault_plan::budget(250));
  for (int i = 0; i < 3; ++i) { // each time all of it comes back
    void* one = CoTaskMemAlloc(100);
    void* two = CoTaskMemAlloc(100);
    CHECK(two != nullptr);
    CHECK(CoTaskMemAlloc(100) == nullptr);
    CoTaskMemFree(one);
    CoTaskMemFree(two);
  }
  CHECK(spy.outcome().failed == 3);
  spy.arm(fault_plan::nth(2));
  CHECK(failures(3) == ".X.");
  spy.arm(fault_plan::budget(150));
  void* one = CoTaskMemAlloc(100);
  CHECK(CoTaskMemAlloc(100) == nullptr);
  CoTaskMemFree(one);
  CHECK(spy.outcome().failed == 1);
}

TEST_CASE("what derives from an injector gets the calls that it overrides") {
  struct counting : fault_injector {
    using fault_injector::fault_injector;
    void* STDMETHODCALLTYPE PostAlloc(void* pActual) override {
      ++allocations;
      return fault_injector::PostAlloc(pActual);
    }
    void* STDMETHODCALLTYPE PreFree(void* pRequest, BOOL fSpyed) override {
      ++frees;
      return fault_injector::PreFree(pRequest, fSpyed);
    }
    int allocations = 0;
    int frees = 0;
  };
  counting spy(fault_plan::nth(3));
  const scoped_spy registration(&spy);
  CHECK(failures(4) == "..X.");
  CHECK(spy.allocations == 3);
  CHECK(spy.frees == 3);
}

TEST_CASE("a planned failure that never came is told, unless somebody asked") {
  const auto told = [](const fault_plan& plan, bool ask) {
    return support::last_words([&] {
      fault_injector spy(plan);
      const scoped_spy registration(&spy);
      failures(5);
      if (ask) {
        (void)spy.outcome();
      }
    });
  };
  CHECK(told(fault_plan::nth(7), false) ==
        "exit 0: mallocspy: fault_injector: the planned failure never came: request 7; 5 requests were counted\n");
  CHECK(told(fault_plan::nth(7), true) == "exit 0: ");
  CHECK(told(fault_plan::nth(5), false) == "exit 0: ");
  CHECK(told(fault_plan::never(), false) == "exit 0: ");
  CHECK(told(fault_plan::budget(54), false) == "exit 0: mallocspy: fault_injector: the planned failure never came: those "
                                               "beyond 54 bytes; 5 requests were counted\n");
}

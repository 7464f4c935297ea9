// SPDX-License-Identifier: MIT
// leak_tracker and trace work, and report, without a single call of malloc: this program's own malloc counts them.
#include "spies/captured_output.hpp"
#include "spies/trace/temporary_file.hpp"
#include "support/catch.hpp"

#include <mallocspy/spies.hpp>
#include <mallocspy/task/task.hpp>
#include <thread>

using namespace mallocspy;
using namespace mallocspy::tests;

extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* p, std::size_t size);
void __libc_free(void* p);
}

namespace {

// Calls by this thread only: others may start and end meanwhile.
thread_local int calls = 0;

} // namespace

extern "C" {
void* malloc(std::size_t size) noexcept {
  ++calls;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) noexcept {
  ++calls;
  return __libc_calloc(count, size);
}
void* realloc(void* p, std::size_t size) noexcept {
  ++calls;
  return __libc_realloc(p, size);
}
void free(void* p) noexcept {
  calls += p != nullptr;
  __libc_free(p);
}
}

namespace {

// The first of everything is among these: the thread's tables, steps, stacks, modules.
int calls_of_some_work() {
  const int before = calls;
  void* blocks[53];
  for (std::size_t i = 0; i < 53; ++i) {
    blocks[i] = CoTaskMemAlloc(27 * i);
  }
  for (std::size_t i = 0; i < 53; ++i) {
    CoTaskMemFree(CoTaskMemRealloc(blocks[i], 1 + 31 * i));
  }
  return calls - before;
}

} // namespace

TEST_CASE("spies with stacks call no malloc", "[spies][no_allocation]") {
  const temporary_file file;
  trace events(file.path().c_str());
  leak_tracker tracker;
  chain both{&events, &tracker};
  REQUIRE(CoRegisterMallocSpy(&both) == S_OK);
  int on_a_thread = -1;
  std::thread([&on_a_thread] { on_a_thread = calls_of_some_work(); }).join();
  const int here = calls_of_some_work();
  const int before_flush = calls;
  events.flush();
  const int after_flush = calls;
  CHECK(CoRevokeMallocSpy() == S_OK);
  CHECK(on_a_thread == 0);
  CHECK(here == 0);
  CHECK(after_flush == before_flush);
  CHECK(calls > 0);
  CHECK(events.events() > 4 * 53);
}

TEST_CASE("a report and its names call no malloc in the process", "[spies][no_allocation]") {
  leak_tracker tracker;
  tracker.expect_under("nobody");
  REQUIRE(CoRegisterMallocSpy(&tracker) == S_OK);
  void* block = CoTaskMemAlloc(53);
  int during = -1;
  const std::string text = captured([&](int descriptor) {
    const int before = calls;
    {
      const leak_report report = tracker.report();
      report.print(descriptor, true);
    }
    during = calls - before;
  });
  CHECK(during == 0);
  CHECK(text.find("no_allocation_test") != std::string::npos);
  CoTaskMemFree(block);
  CHECK(CoRevokeMallocSpy() == S_OK);
}

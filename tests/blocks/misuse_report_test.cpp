// SPDX-License-Identifier: MIT
#include <mallocspy/blocks/misuse.hpp>

#include "blocks/child_process.hpp"
#include "blocks/raw_door.hpp"
#include "blocks/table_memory.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <cstdio>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

misuse_action go_on(const misuse&) {
  return misuse_action::go_on;
}
misuse_action say_abort(const misuse&) {
  return misuse_action::abort;
}

// A pointer that can be no block: inside this array.
char foreign[53];

std::string hex(const void* p) {
  char text[32];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(reinterpret_cast<std::uintptr_t>(p)));
  return text;
}

// The parent wants to see the abort itself, not Catch2's report of it.
void die_plainly() {
  std::signal(SIGABRT, SIG_DFL);
}

// effects: puts a pipe where stderr was. returns: what was written there during f
template <class F> std::string stderr_during(F f) {
  int ends[2];
  if (::pipe(ends) != 0) {
    return "no pipe";
  }
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(ends[1], STDERR_FILENO);
  ::close(ends[1]);
  f();
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  char text[4096];
  const ssize_t n = ::read(ends[0], text, sizeof text);
  ::close(ends[0]);
  return std::string(text, n > 0 ? static_cast<std::size_t>(n) : 0);
}

} // namespace

TEST_CASE("setting a handler returns the one before, null brings the default back", "[blocks][misuse]") {
  const misuse_handler standard = get_misuse_handler();
  CHECK(standard != nullptr);
  CHECK(set_misuse_handler(&go_on) == standard);
  CHECK(get_misuse_handler() == &go_on);
  CHECK(set_misuse_handler(&say_abort) == &go_on);
  CHECK(set_misuse_handler(nullptr) == &say_abort);
  CHECK(get_misuse_handler() == standard);
  CHECK(set_misuse_handler(nullptr) == standard);
}

TEST_CASE("set_abort_on_misuse returns what was in force", "[blocks][misuse]") {
  const bool before = set_abort_on_misuse(true);
  CHECK_FALSE(before);
  CHECK(set_abort_on_misuse(true));
  CHECK(set_abort_on_misuse(false));
  CHECK_FALSE(set_abort_on_misuse(false));
}

TEST_CASE("the default handler writes one line, word for word, and goes on", "[blocks][misuse]") {
  set_abort_on_misuse(false);
  void* live = raw_door::alloc(119);
  void* freed = raw_door::alloc(27);
  REQUIRE(live != nullptr);
  REQUIRE(freed != nullptr);
  raw_door::free(freed);
  char* inside = static_cast<char*>(live) + 53;

  CHECK(stderr_during([&] { raw_door::free(freed); }) ==
        "mallocspy: Free(" + hex(freed) + "): this block was freed before; nothing was changed\n");
  CHECK(stderr_during([&] { raw_door::free(inside); }) == "mallocspy: Free(" + hex(inside) +
                                                              "): this is 53 bytes inside the live block " + hex(live) +
                                                              " of 119 bytes; nothing was changed\n");
  CHECK(stderr_during([&] { raw_door::free(foreign); }) ==
        "mallocspy: Free(" + hex(foreign) + "): not a live block of this allocator; nothing was changed\n");
  CHECK(stderr_during([&] { CHECK(raw_door::realloc(inside, 5) == nullptr); }) ==
        "mallocspy: Realloc(" + hex(inside) + "): this is 53 bytes inside the live block " + hex(live) +
            " of 119 bytes; nothing was changed\n");
  CHECK(stderr_during([&] { CHECK(raw_door::realloc(freed, 0) == nullptr); }) ==
        "mallocspy: Realloc(" + hex(freed) + "): this block was freed before; nothing was changed\n");
  CHECK(stderr_during([&] { raw_door::free(reinterpret_cast<void*>(~std::uintptr_t{0})); }) ==
        "mallocspy: Free(0xffffffffffffffff): not a live block of this allocator; nothing was changed\n");
  CHECK(stderr_during([&] {
          CHECK_FALSE(owns(inside));
          CHECK(requested_size(freed) == raw_door::no_size);
        }) == "");
  CHECK(raw_door::size(live) == 119);
  raw_door::free(live);
}

TEST_CASE("errno is kept, even if nobody can be told", "[blocks][misuse]") {
  set_abort_on_misuse(false);
  const std::string text = stderr_during([] {
    errno = EDOM;
    raw_door::free(foreign + 1);
    CHECK(errno == EDOM);
  });
  CHECK(text.find("not a live block") != std::string::npos);
  const int kept = ::dup(STDERR_FILENO);
  ::close(STDERR_FILENO);
  errno = EDOM;
  raw_door::free(foreign + 1);
  const int after = errno;
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  CHECK(after == EDOM);
}

TEST_CASE("the line needs none of the library's tables", "[blocks][misuse]") {
  const std::size_t before = blocks::limit_tables(0);
  const std::string text = stderr_during([] { raw_door::free(foreign + 5); });
  blocks::limit_tables(before);
  CHECK(text == "mallocspy: Free(" + hex(foreign + 5) + "): not a live block of this allocator; nothing was changed\n");
}

TEST_CASE("child frees twice", "[.]") {
  die_plainly();
  void* p = raw_door::alloc(53);
  raw_door::free(p);
  raw_door::free(p);
}

TEST_CASE("child has abort switched on", "[.]") {
  die_plainly();
  set_abort_on_misuse(true);
  raw_door::free(foreign);
}

TEST_CASE("child has abort switched off", "[.]") {
  die_plainly();
  set_abort_on_misuse(false);
  raw_door::free(foreign);
}

TEST_CASE("child has a handler that says abort", "[.]") {
  die_plainly();
  set_misuse_handler(&say_abort);
  raw_door::realloc(foreign, 27);
}

TEST_CASE("child has a handler that goes on", "[.]") {
  set_misuse_handler(&go_on);
  raw_door::free(foreign);
}

TEST_CASE("child asks what is in force", "[.]") {
  // Answered through stderr: 1 or 0.
  std::fputs(set_abort_on_misuse(false) ? "1" : "0", stderr);
}

TEST_CASE("child misuses on many threads", "[.]") {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 1000; ++i) {
        raw_door::free(foreign + 1 + t);
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_CASE("a misuse goes on by default", "[blocks][misuse]") {
  const child_result child = run_in_child("child frees twice", {{"MALLOCSPY_ABORT_ON_MISUSE", nullptr}});
  CHECK(child.exited_with(0));
  CHECK(std::regex_match(child.errors, std::regex("mallocspy: Free\\(0x[0-9a-f]+\\): this block was freed before; "
                                                  "nothing was changed\n")));
}

TEST_CASE("the environment makes a misuse abort", "[blocks][misuse]") {
  for (const char* value : {"1", "yes", "00", "01"}) {
    CAPTURE(value);
    const child_result child = run_in_child("child frees twice", {{"MALLOCSPY_ABORT_ON_MISUSE", value}});
    CHECK(child.aborted());
    CHECK(std::regex_match(child.errors, std::regex("mallocspy: Free\\(0x[0-9a-f]+\\): this block was freed before; "
                                                    "aborting\n")));
  }
  for (const char* value : {"", "0"}) {
    CAPTURE(value);
    const child_result child = run_in_child("child frees twice", {{"MALLOCSPY_ABORT_ON_MISUSE", value}});
    CHECK(child.exited_with(0));
    CHECK(child.errors.find("; nothing was changed\n") != std::string::npos);
  }
}

TEST_CASE("the switch makes a misuse abort, and overrides the environment", "[blocks][misuse]") {
  for (const char* value : {static_cast<const char*>(nullptr), "0", "1"}) {
    const child_result on = run_in_child("child has abort switched on", {{"MALLOCSPY_ABORT_ON_MISUSE", value}});
    CHECK(on.aborted());
    CHECK(on.errors.find("not a live block of this allocator; aborting\n") != std::string::npos);
    const child_result off = run_in_child("child has abort switched off", {{"MALLOCSPY_ABORT_ON_MISUSE", value}});
    CHECK(off.exited_with(0));
    CHECK(off.errors.find("not a live block of this allocator; nothing was changed\n") != std::string::npos);
  }
}

TEST_CASE("what the environment says is in force before the first misuse", "[blocks][misuse]") {
  CHECK(run_in_child("child asks what is in force", {{"MALLOCSPY_ABORT_ON_MISUSE", "1"}}).errors == "1");
  CHECK(run_in_child("child asks what is in force", {{"MALLOCSPY_ABORT_ON_MISUSE", "0"}}).errors == "0");
  CHECK(run_in_child("child asks what is in force", {{"MALLOCSPY_ABORT_ON_MISUSE", nullptr}}).errors == "0");
}

TEST_CASE("a handler decides, and writes nothing by itself", "[blocks][misuse]") {
  const child_result aborts = run_in_child("child has a handler that says abort");
  CHECK(aborts.aborted());
  CHECK(aborts.errors == "");
  // The switch is the default handler's alone.
  const child_result goes_on = run_in_child("child has a handler that goes on", {{"MALLOCSPY_ABORT_ON_MISUSE", "1"}});
  CHECK(goes_on.exited_with(0));
  CHECK(goes_on.errors == "");
}

TEST_CASE("lines of several threads do not mix", "[blocks][misuse]") {
  const child_result child = run_in_child("child misuses on many threads", {{"MALLOCSPY_ABORT_ON_MISUSE", nullptr}});
  CHECK(child.exited_with(0));
  const std::regex whole("mallocspy: Free\\(0x[0-9a-f]+\\): not a live block of this allocator; nothing was changed");
  std::istringstream lines(child.errors);
  std::size_t good = 0;
  std::size_t bad = 0;
  for (std::string line; std::getline(lines, line);) {
    std::regex_match(line, whole) ? ++good : ++bad;
  }
  CHECK(good == 4000);
  CHECK(bad == 0);
}

// SPDX-License-Identifier: MIT
#include <mallocspy/spies/trace.hpp>

#include "blocks/child_process.hpp"
#include "spies/trace/temporary_file.hpp"
#include "support/barrier.hpp"
#include "support/catch.hpp"

#include <cerrno>
#include <csignal>
#include <mallocspy/spies/trace_reader.hpp>
#include <mallocspy/task/task.hpp>
#include <map>
#include <set>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace mallocspy;
using namespace mallocspy::tests;

namespace {

// effects: runs f under a trace, and reads what that has written
template <class Function> trace_contents traced(const std::string& path, Function f) {
  {
    trace spy(path.c_str());
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    f();
    REQUIRE(CoRevokeMallocSpy() == S_OK);
  }
  return read_trace(path);
}

// returns: whether the events have the numbers 1, 2, 3 ...
bool has_no_gap(const trace_contents& t) {
  for (std::size_t i = 0; i < t.events.size(); ++i) {
    if (t.events[i].number != i + 1) {
      return false;
    }
  }
  return true;
}

// returns: events that cannot be: a block allocated where one lives, or freed where none does
std::size_t contradictions(const trace_contents& t) {
  std::set<std::uint64_t> live;
  std::size_t count = 0;
  for (const trace_event& e : t.events) {
    switch (e.kind) {
    case trace_event_kind::allocated:
    case trace_event_kind::moved_to:
      count += live.insert(e.address).second ? 0U : 1U;
      break;
    case trace_event_kind::freed:
    case trace_event_kind::moved_from:
      count += live.erase(e.address) == 1 ? 0U : 1U;
      break;
    case trace_event_kind::failed:
      break;
    }
  }
  return count + live.size();
}

std::uint64_t as_number(const void* p) {
  return reinterpret_cast<std::uintptr_t>(p);
}

} // namespace

TEST_CASE("every event is in the file, in order", "[spies][trace]") {
  const temporary_file file;
  void* first = nullptr;
  void* second = nullptr;
  const trace_contents t = traced(file.path(), [&] {
    first = CoTaskMemAlloc(27);
    second = CoTaskMemRealloc(first, 50021);
    CoTaskMemAlloc(static_cast<SIZE_T>(-1) / 2);
    CoTaskMemRealloc(second, static_cast<SIZE_T>(-1) / 2);
    CoTaskMemFree(second);
  });
  CHECK_FALSE(t.cut_off);
  CHECK(t.process == static_cast<std::uint64_t>(::getpid()));
  REQUIRE(t.events.size() == 6);
  CHECK(has_no_gap(t));
  const auto& e = t.events;
  CHECK(e[0].kind == trace_event_kind::allocated);
  CHECK(e[0].address == as_number(first));
  CHECK(e[0].size == 27);
  CHECK(e[1].kind == trace_event_kind::moved_from);
  CHECK(e[1].address == as_number(first));
  CHECK(e[2].kind == trace_event_kind::moved_to);
  CHECK(e[2].address == as_number(second));
  CHECK(e[2].size == 50021);
  CHECK(e[3].kind == trace_event_kind::failed);
  CHECK(e[3].size == static_cast<SIZE_T>(-1) / 2);
  CHECK(e[4].kind == trace_event_kind::failed);
  CHECK(e[5].kind == trace_event_kind::freed);
  CHECK(e[5].address == as_number(second));
  CHECK(contradictions(t) == 0);
  for (const std::size_t i : {0U, 2U, 3U, 4U}) {
    REQUIRE(t.stacks.count(e[i].stack) == 1);
    CHECK(t.stacks.at(e[i].stack).size() > 3);
  }
  CHECK(e[5].stack == 0);
  CHECK(t.modules.size() >= 2);
}

TEST_CASE("no event is lost when threads come and go", "[spies][trace]") {
  const temporary_file file;
  constexpr unsigned count = 3001;
  const trace_contents t = traced(file.path(), [] {
    for (int round = 0; round < 2; ++round) {
      std::vector<std::thread> threads;
      support::barrier start(4);
      for (unsigned n = 0; n < 4; ++n) {
        threads.emplace_back([&start, n] {
          start.arrive_and_wait();
          void* last = nullptr;
          for (unsigned i = 0; i < count; ++i) {
            CoTaskMemFree(last);
            last = CoTaskMemAlloc(1 + (i * 7 + n) % 100);
          }
          CoTaskMemFree(last);
        });
      }
      for (auto& thread : threads) {
        thread.join();
      }
    }
  });
  CHECK(t.events.size() == 2 * 4 * 2 * count);
  CHECK(has_no_gap(t));
  CHECK(contradictions(t) == 0);
  std::map<std::uint32_t, std::size_t> by_thread;
  for (const trace_event& e : t.events) {
    ++by_thread[e.thread];
  }
  CHECK(by_thread.size() == 8);
  for (const auto& [thread, events] : by_thread) {
    CHECK(events == 2 * count);
  }
}

TEST_CASE("the child of a fork writes a file of its own, and nothing twice", "[spies][trace]") {
  const temporary_file file;
  pid_t child = 0;
  const trace_contents t = traced(file.path(), [&child] {
    void* before = CoTaskMemAlloc(27); // still in the buffer when the process forks
    child = ::fork();
    if (child == 0) {
      for (int i = 0; i < 5; ++i) {
        CoTaskMemFree(CoTaskMemAlloc(53));
      }
      CoTaskMemFree(before);
      ::_exit(CoRevokeMallocSpy() == S_OK ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CoTaskMemFree(before);
  });
  REQUIRE(t.events.size() == 2);
  CHECK(t.events[0].size == 27);
  CHECK(contradictions(t) == 0);
  std::remove((file.path() + "." + std::to_string(child)).c_str());
}

TEST_CASE("what the child of a fork did", "[spies][trace]") {
  const temporary_file file;
  std::string child_path;
  {
    trace spy(file.path().c_str());
    REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
    void* before = CoTaskMemAlloc(27);
    const pid_t child = ::fork();
    if (child == 0) {
      void* grown = CoTaskMemRealloc(before, 5003);
      CoTaskMemFree(grown);
      spy.flush();
      ::_exit(spy.error());
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    child_path = file.path() + "." + std::to_string(child);
    CoTaskMemFree(before);
    REQUIRE(CoRevokeMallocSpy() == S_OK);
  }
  const trace_contents t = read_trace(child_path);
  std::remove(child_path.c_str());
  REQUIRE(t.events.size() == 3);
  CHECK(has_no_gap(t));
  CHECK(t.events[0].kind == trace_event_kind::moved_from);
  CHECK(t.events[1].kind == trace_event_kind::moved_to);
  CHECK(t.events[1].size == 5003);
  CHECK(t.stacks.count(t.events[1].stack) == 1);
  CHECK(t.modules.size() >= 2);
  CHECK(read_trace(file.path()).events.size() == 2);
}

TEST_CASE("a process that is killed loses its last buffer at most", "[spies][trace]") {
  const temporary_file file;
  constexpr std::uint64_t count = 20011;
  const pid_t child = ::fork();
  if (child == 0) {
    auto* spy = new trace(file.path().c_str());
    CoRegisterMallocSpy(spy);
    for (std::uint64_t i = 0; i < count; ++i) {
      CoTaskMemFree(CoTaskMemAlloc(27));
    }
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(WTERMSIG(status) == SIGKILL);
  const trace_contents t = read_trace(file.path());
  CHECK(has_no_gap(t));
  CHECK(t.events.size() > 2 * count - 16384 / 32);
  CHECK(t.events.size() < 2 * count);
}

TEST_CASE("a full disk: nothing more is written, and the program goes on", "[.][trace_child]") {
  trace spy("/dev/full");
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  for (int i = 0; i < 5003; ++i) {
    CoTaskMemFree(CoTaskMemAlloc(27));
  }
  CHECK(spy.error() == ENOSPC);
  CHECK(spy.events() == 2 * 5003);
  CHECK(spy.dropped() > 9000);
  spy.flush();
  CHECK(spy.dropped() == 2 * 5003);
  REQUIRE(CoRevokeMallocSpy() == S_OK);
}

TEST_CASE("a file that cannot be made", "[.][trace_child]") {
  trace spy("/no such folder/trace");
  CHECK(spy.error() == ENOENT);
  REQUIRE(CoRegisterMallocSpy(&spy) == S_OK);
  CoTaskMemFree(CoTaskMemAlloc(27));
  REQUIRE(CoRevokeMallocSpy() == S_OK);
  spy.flush();
  CHECK(spy.dropped() == 2);
}

TEST_CASE("a file that fails is told in one line", "[spies][trace]") {
  const child_result full = run_in_child("a full disk: nothing more is written\\, and the program goes on");
  CHECK(full.exited_with(0));
  CHECK(full.errors == "mallocspy: trace: /dev/full: No space left on device; what was written stays, further events are "
                       "dropped\n");
  const child_result missing = run_in_child("a file that cannot be made");
  CHECK(missing.exited_with(0));
  CHECK(missing.errors == "mallocspy: trace: /no such folder/trace: No such file or directory; no events are written\n");
}

TEST_CASE("a trace that was cut off is read up to there", "[spies][trace]") {
  const temporary_file file;
  const trace_contents whole = traced(file.path(), [] {
    for (int i = 0; i < 2003; ++i) {
      CoTaskMemFree(CoTaskMemAlloc(27));
    }
  });
  REQUIRE(whole.events.size() == 4006);
  REQUIRE(::truncate(file.path().c_str(), 32 * 3000 + 8) == 0);
  const trace_contents t = read_trace(file.path());
  CHECK(t.cut_off);
  CHECK(has_no_gap(t));
  CHECK(t.events.size() > 2900);
  CHECK(t.events.size() < 3000);
}

TEST_CASE("what is no trace is told in one line", "[spies][trace]") {
  CHECK_THROWS_WITH(read_trace("/no such folder/trace"), "/no such folder/trace: No such file or directory");
  CHECK_THROWS_WITH(read_trace("/etc/passwd"), "/etc/passwd: this is no trace of mallocspy");
}

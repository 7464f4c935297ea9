// SPDX-License-Identifier: MIT
// Functions with open files and pipes: what each snapshot has of them.
#include "support/catch.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <mallocspy/mallocspy.hpp>
#include <mallocspy/testing.hpp>
#include <string>
#include <unistd.h>

namespace {

using namespace mallocspy;

char* take(std::size_t size) {
  return static_cast<char*>(CoTaskMemAlloc(size));
}

} // namespace

TEST_CASE("a file that the function reads in pieces is read on by each child by itself") {
  char path[] = "/tmp/mallocspy_sweep_XXXXXX";
  const int made = ::mkstemp(path);
  REQUIRE(made >= 0);
  REQUIRE(::write(made, "abcdefghij", 10) == 10);
  ::close(made);
  const sweep_result result = oom_sweep([&] {
    const int file = ::open(path, O_RDONLY);
    std::string all;
    for (int i = 0; i < 5; ++i) {
      char piece[2];
      char* block = take(19);
      CoTaskMemFree(block);
      all.append(piece, static_cast<std::size_t>(::read(file, piece, 2)));
    }
    ::close(file);
    return all == "abcdefghij" ? sweep_outcome::correct : sweep_outcome::wrong;
  });
  ::unlink(path);
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.count(verdict::tolerated) == 5);
  CHECK(result.snapshots == 5);
}

TEST_CASE("a pipe of the function to itself is each child's own") {
  const sweep_result result = oom_sweep([] {
    int ends[2];
    if (::pipe(ends) != 0) {
      return sweep_outcome::wrong;
    }
    char text = 0;
    for (char c = 'a'; c != 'f'; ++c) {
      CoTaskMemFree(take(17));
      const bool passed = ::write(ends[1], &c, 1) == 1 && ::read(ends[0], &text, 1) == 1;
      if (!passed || text != c) {
        return sweep_outcome::wrong;
      }
    }
    ::close(ends[0]);
    ::close(ends[1]);
    return sweep_outcome::correct;
  });
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.count(verdict::tolerated) == 5);
  CHECK(result.snapshots == 5);
}

TEST_CASE("a pipe to somebody else asks for a replay") {
  const sweep_result result = oom_sweep([] {
    int ends[2];
    if (::pipe(ends) != 0) {
      return sweep_outcome::wrong;
    }
    ::close(ends[1]);
    CoTaskMemFree(take(19));
    ::close(ends[0]);
    return sweep_outcome::correct;
  });
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.replays == 1);
}

TEST_CASE("a file that is open for writing is each child's own, and is compared") {
  char path[] = "/tmp/mallocspy_sweep_XXXXXX";
  const int made = ::mkstemp(path);
  REQUIRE(::write(made, "....", 4) == 4);
  ::close(made);
  const sweep_result result = oom_sweep([&] {
    const int file = ::open(path, O_RDWR);
    char* block = take(57);
    const bool written = ::pwrite(file, block == nullptr ? "gap" : "all", 3, 0) == 3;
    CoTaskMemFree(block);
    CoTaskMemFree(take(59));
    ::close(file);
    return written;
  });
  char after[4] = {};
  const int file = ::open(path, O_RDONLY);
  CHECK(::read(file, after, 4) == 4);
  ::close(file);
  ::unlink(path);
  CHECK(std::string(after, 4) == "all.");
  INFO(result.text());
  CHECK(result.injected == 2);
  CHECK(result.replays == 0);
  CHECK(result.count(verdict::silent) == 1);
  CHECK(result.count(verdict::tolerated) == 1);
  REQUIRE(result.findings.size() == 1);
  CHECK(result.findings[0].detail == "a file differs");
}

TEST_CASE("a file that was open before is left alone, and may grow meanwhile") {
  char path[] = "/tmp/mallocspy_sweep_XXXXXX";
  const int log = ::mkstemp(path); // of somebody else, who writes to it while the sweep runs
  const int readable = ::open(path, O_RDONLY);
  const pid_t here = ::getpid();
  const sweep_result result = oom_sweep([&] {
    for (int i = 0; i < 3; ++i) {
      CoTaskMemFree(take(43));
      if (::write(log, ::getpid() == here ? "other\n" : "child\n", 6) != 6) {
        return sweep_outcome::wrong;
      }
    }
    return sweep_outcome::correct;
  });
  std::string text(4096, '\0');
  text.resize(static_cast<std::size_t>(::pread(readable, text.data(), text.size(), 0)));
  ::close(readable);
  ::close(log);
  ::unlink(path);
  INFO(result.text());
  CHECK_FALSE(result.nondeterministic);
  CHECK(result.snapshots == 3);
  CHECK(result.count(verdict::tolerated) == 3);
  CHECK(text.find("other") != std::string::npos);
  CHECK(text.find("child") == std::string::npos);
}

TEST_CASE("a function that changes files is replayed") {
  char path[] = "/tmp/mallocspy_sweep_XXXXXX";
  REQUIRE(::close(::mkstemp(path)) == 0);
  const sweep_result result = oom_sweep([&] {
    char* block = take(29);
    const int file = ::open(path, O_WRONLY | O_TRUNC);
    const bool written = ::write(file, "x", 1) == 1;
    ::close(file);
    CoTaskMemFree(block);
    return written;
  });
  ::unlink(path);
  INFO(result.text());
  CHECK(result.passed());
  CHECK(result.replays == 1);
  CHECK(result.snapshots == 0);
  CHECK(result.unsafe.find("outside") != std::string::npos);
}

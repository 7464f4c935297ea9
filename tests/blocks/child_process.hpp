// SPDX-License-Identifier: MIT
// A test case of this program that runs in a fresh process of its own: this program again, with the name of that test. It
// is hidden (tag [.]) from ordinary runs. What it writes to stderr is caught; Catch2's own report is dropped.
#pragma once

#include "support/read_all.hpp"

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mallocspy::tests {

struct child_result {
  int status = -1;    // as of waitpid
  std::string errors; // its stderr

  bool exited_with(int code) const {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
  }
  bool aborted() const {
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  }
};

using environment = std::vector<std::pair<const char*, const char*>>;

// returns: how the test case `name` of this program ended, run with these variables set (unset where null)
inline child_result run_in_child(const char* name, const environment& variables = {}) {
  child_result result;
  int ends[2];
  if (::pipe(ends) != 0) {
    return result;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    for (const auto& [variable, value] : variables) {
      value == nullptr ? ::unsetenv(variable) : ::setenv(variable, value, 1);
    }
    ::execl("/proc/self/exe", "child", name, static_cast<char*>(nullptr));
    ::_exit(127);
  }
  ::close(ends[1]);
  result.errors = read_all(ends[0]);
  ::close(ends[0]);
  ::waitpid(child, &result.status, 0);
  return result;
}

} // namespace mallocspy::tests

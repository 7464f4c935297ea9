// SPDX-License-Identifier: MIT
// Runs this program again with other arguments, in a process of its own, and catches all that it writes.
#pragma once

#include "support/read_all.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace mallocspy::tests {

inline std::string without_space(std::string text) {
  text.erase(std::remove_if(text.begin(), text.end(), [](char c) { return c == ' ' || c == '\n'; }), text.end());
  return text;
}

struct program_output {
  int status = -1;  // as of waitpid
  std::string text; // stdout and stderr
  bool exited_with(int code) const {
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
  }
  // Catch2 2 ends with 1, Catch2 3 with 42.
  bool failed() const {
    return exited_with(1) || exited_with(42);
  }
  // White space does not count: Catch2 breaks long lines anywhere.
  bool has(const std::string& part) const {
    return without_space(text).find(without_space(part)) != std::string::npos;
  }
};

inline program_output run_this_program(std::vector<std::string> arguments,
                                       const std::vector<std::pair<std::string, std::string>>& environment = {}) {
  program_output result;
  int ends[2];
  if (::pipe(ends) != 0) {
    return result;
  }
  std::vector<char*> argv{const_cast<char*>("child")};
  for (std::string& argument : arguments) {
    argv.push_back(argument.data());
  }
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], STDOUT_FILENO);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    for (const auto& [name, value] : environment) {
      ::setenv(name.c_str(), value.c_str(), 1);
    }
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }
  ::close(ends[1]);
  result.text = read_all(ends[0]);
  ::close(ends[0]);
  ::waitpid(child, &result.status, 0);
  return result;
}

} // namespace mallocspy::tests

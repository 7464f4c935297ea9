// SPDX-License-Identifier: MIT
// What a program says and how it ends, where the end is part of what is tested: runs work in a child process.
#pragma once

#include <csignal>
#include <cstddef>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

// effects: runs the work in a child, which has 30 seconds
// returns: how it ended ("exit 0", "SIGABRT", "SIGSEGV", "SIGALRM", "signal 9"), ": ", and what it wrote to stderr
template <class Work> std::string last_words(Work work) {
  int ends[2];
  if (pipe(ends) != 0) {
    return "no pipe";
  }
  const pid_t child = fork();
  if (child == 0) {
    for (const int number : {SIGABRT, SIGSEGV, SIGALRM, SIGBUS}) {
      std::signal(number, SIG_DFL); // the test framework has handlers of its own
    }
    alarm(30);
    close(ends[0]);
    dup2(ends[1], STDERR_FILENO);
    work();
    _exit(0);
  }
  close(ends[1]);
  std::string said;
  char buffer[512];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) {
    said.append(buffer, static_cast<std::size_t>(n));
  }
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  std::string end = "exit " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    end = number == SIGABRT   ? "SIGABRT"
          : number == SIGSEGV ? "SIGSEGV"
          : number == SIGALRM ? "SIGALRM"
                              : "signal " + std::to_string(number);
  }
  return end + ": " + said;
}

} // namespace support

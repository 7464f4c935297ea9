// SPDX-License-Identifier: MIT
// Runs a command of the shell and sees what came of it. "mallocspy" in front is the command of this build.
#pragma once

#include "support/catch.hpp"
#include "support/temporary_folder.hpp"

#include <cstdlib>
#include <sys/wait.h>

namespace mallocspy::tests {

struct shell_result {
  int status; // exit status; 128 and more: a signal
  std::string out;
  std::string err;
};

inline shell_result shell(std::string command) {
  const std::string name = "mallocspy ";
  for (std::size_t at = command.find(name); at == 0; at = std::string::npos) {
    command = std::string(MALLOCSPY_COMMAND) + command.substr(name.size() - 1);
  }
  const temporary_folder folder;
  const std::string whole = "{ " + command + "\n} >" + (folder / "out") + " 2>" + (folder / "err") + " </dev/null";
  const int status = std::system(whole.c_str()); // NOLINT(cert-env33-c): a shell is what is wanted
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), content_of(folder / "out"),
          content_of(folder / "err")};
}

// returns: whether the program is there. Where the tests run unattended it has to be
inline bool has_program(const std::string& name) {
  const bool found = shell("command -v " + name).status == 0;
  if (!found && std::getenv("CI") != nullptr) {
    FAIL_CHECK(name << " is not installed");
  }
  return found;
}

} // namespace mallocspy::tests

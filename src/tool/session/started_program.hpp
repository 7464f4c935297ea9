// SPDX-License-Identifier: MIT
// A program with the library in it, from its start to its end.
#pragma once

#include "tool/program/launch_plan.hpp"
#include "tool/session/session_folder.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace mallocspy::tool {

struct program_start {
  std::string path;                                             // with a "/" in it
  std::vector<std::string> words;                               // the first one is its name
  std::string preload;                                          // path of the library
  std::string session;                                          // path of the session's folder
  std::string folder;                                           // working directory; empty: this one
  std::vector<std::pair<std::string, std::string>> environment; // set besides
  // Files for its standard descriptors; empty: this command's. They are opened in place: output is not emptied.
  std::string in;
  std::string out;
  std::string err;
  // Whether it is in a group of its own. All of it is ended then, with everything that it has started and left behind.
  bool contained = true;
};

// returns: a start in the foreground: the terminal and its keys are the program's
program_start foreground_start(const launch_plan& launch, const session_folder& folder);

struct program_end {
  int status = 0; // as waitpid tells it
  bool timed_out = false;
  bool interrupted = false;
};

// effects: starts the program and waits for its end. While it waits, `tick` is called some ten times a second. Where it is
//   contained, nothing that it started is left when this returns
// timeout: milliseconds; 0: none
// errors: std::runtime_error with one line: it cannot be started
program_end run_program(const program_start& start, long timeout, const std::function<void()>& tick);

// returns: the exit status that a shell would tell of it
int shell_status(int status) noexcept;

} // namespace mallocspy::tool

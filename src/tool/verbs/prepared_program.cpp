// SPDX-License-Identifier: MIT
#include "tool/verbs/prepared_program.hpp"

#include "tool/program/find_program.hpp"
#include "tool/program/preload_library.hpp"
#include "tool/program/program_check.hpp"

#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/wait.h>

namespace mallocspy::tool {

prepared_program prepare_program(const launched_program& program) {
  prepared_program prepared;
  prepared.path = find_program(program.words.front(), std::getenv("PATH"));
  require_preloadable(prepared.path, this_user());
  prepared.preload = find_preload_library(own_path(), std::getenv("MALLOCSPY_PRELOAD"));
  return prepared;
}

void follow_programs(session& shared, const launched_program& program) {
  std::string names;
  for (const std::string& name : program.follow) {
    // The system keeps 15 letters of a program's name... but this one has all of its base name.
    names += "\n" + name.substr(name.rfind('/') + 1);
  }
  if (names.size() >= sizeof shared.follow) {
    throw std::runtime_error("--follow: too many names");
  }
  std::strcpy(shared.follow, names.c_str());
}

int shell_status(int status) noexcept {
  constexpr int by_signal = 128;
  return WIFSIGNALED(status) ? by_signal + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace mallocspy::tool

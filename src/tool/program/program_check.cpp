// SPDX-License-Identifier: MIT
#include "tool/program/program_check.hpp"

#include "tool/program/find_program.hpp"
#include "tool/program/native_program.hpp"

#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

// The interpreter of a script's first line; empty if it is no script. As much of the line as Linux looks at.
std::string interpreter_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string line(255, '\0');
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(in.gcount()));
  if (line.compare(0, 2, "#!") != 0) {
    return {};
  }
  line = line.substr(2, line.find('\n') - 2);
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string::npos) {
    refuse_program(path, "is a script whose first line names no interpreter");
  }
  return line.substr(begin, line.find_first_of(" \t", begin) - begin);
}

} // namespace

void refuse_program(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": " + why);
}

void require_no_privileges(const std::string& path, const program_user& who) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    refuse_program(path, "cannot be looked at");
  }
  constexpr const char* why = ": the system loads no library into it that a user names";
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != who.user) {
    refuse_program(path, std::string("is set-uid") + why);
  }
  // Without the group's right to execute the bit means something else.
  if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 && status.st_gid != who.group) {
    refuse_program(path, std::string("is set-gid") + why);
  }
}

program_user this_user() noexcept {
  return {::getuid(), ::getgid()};
}

std::string require_preloadable(const std::string& path, const program_user& who) {
  std::string runs = path;
  // The system follows an interpreter that is a script itself, this often.
  for (int depth = 0; depth < 5; ++depth) {
    if (require_native_preloadable(runs, who)) {
      return runs;
    }
    const std::string interpreter = interpreter_of(runs);
    if (interpreter.empty()) {
      refuse_program(runs, "is neither a program nor a script that begins with #!");
    }
    try {
      runs = find_program(interpreter.find('/') == std::string::npos ? "./" + interpreter : interpreter, nullptr);
    } catch (const std::runtime_error& error) {
      refuse_program(runs, std::string("is a script whose interpreter cannot run: ") + error.what());
    }
  }
  refuse_program(path, "is a script, and its interpreter is a script, and so on");
}

} // namespace mallocspy::tool

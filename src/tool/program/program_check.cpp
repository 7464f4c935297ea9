// SPDX-License-Identifier: MIT
#include "tool/program/program_check.hpp"

#include "tool/program/elf_file.hpp"
#include "tool/program/find_program.hpp"

#include <fstream>
#include <stdexcept>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw std::runtime_error(path + ": " + why);
}

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
    refuse(path, "is a script whose first line names no interpreter");
  }
  return line.substr(begin, line.find_first_of(" \t", begin) - begin);
}

void require_no_privileges(const std::string& path, const program_user& who) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    refuse(path, "cannot be looked at");
  }
  constexpr const char* why = ": the system loads no library into it that a user names";
  if ((status.st_mode & S_ISUID) != 0 && status.st_uid != who.user) {
    refuse(path, std::string("is set-uid") + why);
  }
  // Without the group's right to execute the bit means something else.
  if ((status.st_mode & S_ISGID) != 0 && (status.st_mode & S_IXGRP) != 0 && status.st_gid != who.group) {
    refuse(path, std::string("is set-gid") + why);
  }
  if (who.user != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
    refuse(path, std::string("has file capabilities") + why);
  }
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void require_like_us(const std::string& path, const elf_facts& program) {
  const elf_facts us = read_elf("/proc/self/exe").value();
  if (program.width != us.width || program.byte_order != us.byte_order || program.machine != us.machine) {
    refuse(path, "is made for " + machine_name(program) + ", and mallocspy for " + machine_name(us));
  }
  if (program.damaged || !program.executable) {
    refuse(path, "is a damaged program, or none");
  }
  if (program.interpreter.empty()) {
    refuse(path, "is static: it has no dynamic linker that could load the spies; link it dynamically");
  }
  if (!us.interpreter.empty() && base_name(us.interpreter) != base_name(program.interpreter)) {
    refuse(path, "is made for another C library (" + program.interpreter + ") than mallocspy (" + us.interpreter + ")");
  }
}

} // namespace

program_user this_user() noexcept {
  return {::getuid(), ::getgid()};
}

std::string require_preloadable(const std::string& path, const program_user& who) {
  std::string runs = path;
  // Linux follows an interpreter that is a script itself, this often.
  for (int depth = 0; depth < 5; ++depth) {
    const auto program = read_elf(runs);
    if (program) {
      require_no_privileges(runs, who);
      require_like_us(runs, *program);
      return runs;
    }
    const std::string interpreter = interpreter_of(runs);
    if (interpreter.empty()) {
      refuse(runs, "is neither a program nor a script that begins with #!");
    }
    try {
      runs = find_program(interpreter.find('/') == std::string::npos ? "./" + interpreter : interpreter, nullptr);
    } catch (const std::runtime_error& error) {
      refuse(runs, std::string("is a script whose interpreter cannot run: ") + error.what());
    }
  }
  refuse(path, "is a script, and its interpreter is a script, and so on");
}

} // namespace mallocspy::tool

// SPDX-License-Identifier: MIT
// Programs for Linux.
#include "tool/program/elf_file.hpp"
#include "tool/program/native_program.hpp"

#include <sys/xattr.h>

namespace mallocspy::tool {

namespace {

void require_no_capabilities(const std::string& path, const program_user& who) {
  if (who.user != 0 && ::getxattr(path.c_str(), "security.capability", nullptr, 0) > 0) {
    refuse_program(path, "has file capabilities: the system loads no library into it that a user names");
  }
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

void require_like_us(const std::string& path, const elf_facts& program) {
  const elf_facts us = read_elf("/proc/self/exe").value();
  if (program.width != us.width || program.byte_order != us.byte_order || program.machine != us.machine) {
    refuse_program(path, "is made for " + machine_name(program) + ", and mallocspy for " + machine_name(us));
  }
  if (program.damaged || !program.executable) {
    refuse_program(path, "is a damaged program, or none");
  }
  if (program.interpreter.empty()) {
    refuse_program(path, "is static: it has no dynamic linker that could load the spies; link it dynamically");
  }
  if (!us.interpreter.empty() && base_name(us.interpreter) != base_name(program.interpreter)) {
    refuse_program(path,
                   "is made for another C library (" + program.interpreter + ") than mallocspy (" + us.interpreter + ")");
  }
}

} // namespace

bool require_native_preloadable(const std::string& path, const program_user& who) {
  const auto program = read_elf(path);
  if (!program) {
    return false;
  }
  require_no_privileges(path, who);
  require_no_capabilities(path, who);
  require_like_us(path, *program);
  return true;
}

} // namespace mallocspy::tool

// SPDX-License-Identifier: MIT
// Programs for macOS.
#include "tool/program/macho_file.hpp"
#include "tool/program/native_program.hpp"

#include <filesystem>
#include <sys/stat.h>

namespace mallocspy::tool {

namespace {

#if defined(__x86_64__)
constexpr std::uint32_t own_type = macho_x86_64;
#else
constexpr std::uint32_t own_type = macho_arm64;
#endif
#if defined(__arm64e__)
constexpr std::uint32_t own_subtype = macho_arm64e;
#else
constexpr std::uint32_t own_subtype = 0;
#endif

// System Integrity Protection. Its mark is on the file; on the sealed volume of the system the place says it.
bool is_protected(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_flags & SF_RESTRICTED) != 0) {
    return true;
  }
  std::error_code ignored;
  const std::filesystem::path whole = std::filesystem::canonical(path, ignored);
  return is_system_path(ignored ? path : whole.string());
}

} // namespace

bool require_native_preloadable(const std::string& path, const program_user& who) {
  const auto program = read_macho(path);
  if (!program) {
    return false;
  }
  require_no_privileges(path, who);
  if (is_protected(path)) {
    refuse_program(path,
                   "is protected by System Integrity Protection: the system takes DYLD_INSERT_LIBRARIES away from it; "
                   "use a program that did not come with the system");
  }
  const std::string why = macho_refusal(*program, own_type, own_subtype);
  if (!why.empty()) {
    refuse_program(path, why);
  }
  return true;
}

} // namespace mallocspy::tool

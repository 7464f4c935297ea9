// SPDX-License-Identifier: MIT
#include "tool/program/find_program.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace mallocspy::tool {

namespace {

// Why a file cannot be executed; 0 if it can.
int refusal(const std::string& path) noexcept {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    return errno;
  }
  if (S_ISDIR(status.st_mode)) {
    return EISDIR;
  }
  if (!S_ISREG(status.st_mode)) {
    return EACCES; // a device or a pipe, which would wait for somebody if it were opened
  }
  return ::access(path.c_str(), X_OK) == 0 ? 0 : errno;
}

[[noreturn]] void refuse(const std::string& path, int why) {
  throw std::runtime_error(path + ": " +
                           (why == ENOENT || why == ENOTDIR ? "not found"
                            : why == EISDIR                 ? "is a folder, not a program"
                            : why == EACCES                 ? "not executable"
                                                            : std::generic_category().message(why)));
}

std::string system_search_path() {
  std::string path(::confstr(_CS_PATH, nullptr, 0), '\0');
  ::confstr(_CS_PATH, path.data(), path.size());
  path.resize(path.empty() ? 0 : path.size() - 1); // without the terminator
  return path;
}

} // namespace

std::string find_program(const std::string& name, const char* search_path) {
  if (name.find('/') != std::string::npos) {
    const int why = refusal(name);
    if (why != 0) {
      refuse(name, why);
    }
    return name;
  }
  const std::string folders = search_path == nullptr ? system_search_path() : search_path;
  std::string forbidden;
  for (std::size_t at = 0; at <= folders.size();) {
    const std::size_t end = std::min(folders.find(':', at), folders.size());
    std::string candidate = (end == at ? "." : folders.substr(at, end - at)) + "/" + name;
    const int why = refusal(candidate);
    if (why == 0) {
      return candidate;
    }
    // Like execvp: one that is there and may not be executed does not end the search, but is what is told in the end.
    forbidden = forbidden.empty() && why == EACCES ? candidate : forbidden;
    at = end + 1;
  }
  if (!forbidden.empty()) {
    refuse(forbidden, EACCES);
  }
  throw std::runtime_error(name + ": not found in PATH" +
                           (refusal("./" + name) == 0 ? "; ./" + name + " is a program, if that is meant" : ""));
}

} // namespace mallocspy::tool
